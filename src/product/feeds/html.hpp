// A lenient HTML (or SVG) page as a plain tree of elements and text.
#pragma once

#include <elasticbot/base/result.hpp>

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace elasticbot::feeds::html {

struct Node {
    std::string name;  // Lower case; empty: a piece of text.
    std::string text;  // Of a piece of text: UTF-8.
    std::map<std::string, std::string> attributes;
    std::vector<Node> children;
};

// Bytes in any encoding: as declared in `content_type` ("text/html; charset=…") or in the page,
// else UTF-8 if valid, else Windows-1252. Tag soup is repaired as libxml2 does; nesting below 200
// levels is dropped. An empty page is an empty tree. Error: libxml2 is not installed.
Result<Node> parse(std::string_view bytes, std::string_view content_type);

bool has_class(const Node& node, std::string_view name);

// All text below, document order, runs of blanks (no-break spaces too) as one blank, trimmed.
std::string text_of(const Node& node);

using Predicate = std::function<bool(const Node&)>;
// Matching elements below `root` in document order; below a match too, unless `outermost`.
std::vector<const Node*> find_all(
    const Node& root, const Predicate& matches, bool outermost = false
);
const Node* find_first(const Node& root, const Predicate& matches);

Predicate with_class(std::string name);
Predicate with_name(std::string name);

}  // namespace elasticbot::feeds::html
