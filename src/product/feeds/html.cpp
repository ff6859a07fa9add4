// libxml2's HTML parser behind a value: no libxml2 type leaves this file.
#include "html.hpp"

#include <elasticbot/base/text.hpp>
#include <elasticbot/lazy/xml2.hpp>

#include <libxml/HTMLparser.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>

namespace elasticbot::feeds::html {

namespace {

constexpr int max_depth = 200;

void append_utf8(std::string& out, std::uint32_t code_point) {
    if (code_point < 0x80) {
        out.push_back(static_cast<char>(code_point));
    } else if (code_point < 0x800) {
        out.push_back(static_cast<char>(0xC0 | (code_point >> 6)));
        out.push_back(static_cast<char>(0x80 | (code_point & 0x3F)));
    } else {
        out.push_back(static_cast<char>(0xE0 | (code_point >> 12)));
        out.push_back(static_cast<char>(0x80 | ((code_point >> 6) & 0x3F)));
        out.push_back(static_cast<char>(0x80 | (code_point & 0x3F)));
    }
}

// Also for ISO 8859-1 and US-ASCII, which pages mean by it. (WHATWG Encoding, windows-1252)
std::string from_windows_1252(std::string_view bytes) {
    static constexpr std::array<std::uint16_t, 32> high = {
        0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
        0x2039, 0x0152, 0x8D,   0x017D, 0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
        0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178,
    };
    std::string out;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        append_utf8(out, byte >= 0x80 && byte < 0xA0 ? high[byte - 0x80U] : byte);
    }
    return out;
}

// The name behind "charset=" in a header or in the first kilobytes of a page, lower case.
std::string declared_charset(std::string_view text) {
    const std::string lowered = text::lower(text);
    const auto at = lowered.find("charset=");
    if (at == std::string::npos) {
        return "";
    }
    std::size_t begin = at + 8;
    while (begin < lowered.size() &&
           (lowered[begin] == '"' || lowered[begin] == '\'' || lowered[begin] == ' ')) {
        ++begin;
    }
    const auto end = lowered.find_first_of("\"' ;>/\r\n\t", begin);
    return lowered.substr(begin, end == std::string::npos ? end : end - begin);
}

std::string to_utf8(std::string_view bytes, std::string_view content_type) {
    std::string charset = declared_charset(content_type);
    if (charset.empty()) {
        charset = declared_charset(bytes.substr(0, 4096));
    }
    std::string repaired = text::repair_utf8(bytes);
    const bool is_valid_utf8 = repaired == bytes;
    const bool is_single_byte = charset == "iso-8859-1" || charset == "latin1" ||
                                charset == "windows-1252" || charset == "cp1252" ||
                                charset == "us-ascii" || charset == "iso-8859-15";
    if (is_single_byte || (charset.empty() && !is_valid_utf8)) {
        return from_windows_1252(bytes);
    }
    return repaired;
}

Node convert(const xmlNode& source, int depth) {
    Node node;
    if (source.type == XML_TEXT_NODE || source.type == XML_CDATA_SECTION_NODE) {
        if (source.content != nullptr) {
            // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): xmlChar is unsigned
            // char.
            node.text = reinterpret_cast<const char*>(source.content);
        }
        return node;
    }
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): xmlChar is unsigned char.
    node.name = text::lower(reinterpret_cast<const char*>(source.name));
    for (const xmlAttr* attribute = source.properties; attribute != nullptr;
         attribute = attribute->next) {
        std::string value;
        for (const xmlNode* part = attribute->children; part != nullptr; part = part->next) {
            if (part->content != nullptr) {
                // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): xmlChar is unsigned
                // char.
                value += reinterpret_cast<const char*>(part->content);
            }
        }
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): xmlChar is unsigned char.
        node.attributes[text::lower(reinterpret_cast<const char*>(attribute->name))] = value;
    }
    if (depth < max_depth) {
        for (const xmlNode* child = source.children; child != nullptr; child = child->next) {
            if (child->type == XML_ELEMENT_NODE || child->type == XML_TEXT_NODE ||
                child->type == XML_CDATA_SECTION_NODE) {
                node.children.push_back(convert(*child, depth + 1));
            }
        }
    }
    return node;
}

void collect_text(const Node& node, std::string& out) {
    if (node.name == "script" || node.name == "style") {
        return;
    }
    out += node.text;
    if (!node.name.empty()) {
        out.push_back(' ');
    }
    for (const auto& child : node.children) {
        collect_text(child, out);
    }
    if (!node.name.empty()) {
        out.push_back(' ');
    }
}

void collect(
    const Node& root, const Predicate& matches, bool outermost, std::vector<const Node*>& found
) {
    for (const auto& child : root.children) {
        if (child.name.empty()) {
            continue;
        }
        const bool match = matches(child);
        if (match) {
            found.push_back(&child);
        }
        if (!match || !outermost) {
            collect(child, matches, outermost, found);
        }
    }
}

}  // namespace

Result<Node> parse(std::string_view bytes, std::string_view content_type) {
    const std::string utf8 = to_utf8(bytes, content_type);
    Node root{.name = "document", .text = {}, .attributes = {}, .children = {}};
    if (text::trim(utf8).empty()) {
        return root;
    }

    if (auto loaded = lazy::load_xml2(); !loaded) {
        return loaded.error().while_doing("read an HTML page");
    }

    struct Free {
        void operator()(xmlDoc* doc) const { xmlFreeDoc(doc); }
    };

    const int options =
        HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET;
    const std::unique_ptr<xmlDoc, Free> document(
        htmlReadMemory(utf8.data(), static_cast<int>(utf8.size()), nullptr, "UTF-8", options)
    );
    if (document) {
        for (const xmlNode* child = document->children; child != nullptr; child = child->next) {
            if (child->type == XML_ELEMENT_NODE) {
                root.children.push_back(convert(*child, 0));
            }
        }
    }
    return root;
}

bool has_class(const Node& node, std::string_view name) {
    const auto classes = node.attributes.find("class");
    if (classes == node.attributes.end()) {
        return false;
    }
    return std::ranges::any_of(text::split(classes->second, ' '), [&](std::string_view one) {
        return text::trim(one) == name;
    });
}

std::string text_of(const Node& node) {
    std::string raw;
    collect_text(node, raw);
    raw = text::replace_all(raw, "\u00a0", " ");
    std::string out;
    for (const char c : raw) {
        const bool is_blank = c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
        if (!is_blank) {
            out.push_back(c);
        } else if (!out.empty() && out.back() != ' ') {
            out.push_back(' ');
        }
    }
    return std::string(text::trim(out));
}

std::vector<const Node*> find_all(const Node& root, const Predicate& matches, bool outermost) {
    std::vector<const Node*> found;
    collect(root, matches, outermost, found);
    return found;
}

const Node* find_first(const Node& root, const Predicate& matches) {
    const auto found = find_all(root, matches, true);
    return found.empty() ? nullptr : found.front();
}

Predicate with_class(std::string name) {
    return [name = std::move(name)](const Node& node) { return has_class(node, name); };
}

Predicate with_name(std::string name) {
    return [name = std::move(name)](const Node& node) { return node.name == name; };
}

}  // namespace elasticbot::feeds::html
