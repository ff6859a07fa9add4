#include <elasticbot/base/text.hpp>
#include <elasticbot/config/environment.hpp>
#include <elasticbot/config/schema.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace elasticbot::config {

namespace {

bool is_name_start(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

bool is_name(std::string_view text) {
    return !text.empty() && is_name_start(text.front()) && std::ranges::all_of(text, [](char c) {
        return is_name_start(c) || (c >= '0' && c <= '9');
    });
}

class EnvReader {
public:
    EnvReader(std::string_view text, std::string source, Diagnostics& findings)
        : text_(text), source_(std::move(source)), findings_(findings) {}

    std::vector<EnvEntry> read() {
        if (text_.starts_with("\xEF\xBB\xBF")) {
            text_.remove_prefix(3);  // A byte order mark, as some editors write.
        }
        while (at_ < text_.size()) {
            assignment();
        }
        return std::move(entries_);
    }

private:
    Location here() const { return {source_, line_, static_cast<int>(at_ - line_start_) + 1}; }

    char peek() const { return at_ < text_.size() ? text_[at_] : '\n'; }

    void advance() {
        if (at_ < text_.size() && text_[at_] == '\n') {
            ++line_;
            line_start_ = at_ + 1;
        }
        ++at_;
    }

    void skip_blanks() {
        while (peek() == ' ' || peek() == '\t' || peek() == '\r') {
            advance();
        }
    }

    void skip_line() {
        while (peek() != '\n') {
            advance();
        }
        if (at_ < text_.size()) {
            advance();
        }
    }

    void complain(const Location& at, std::string message) {
        findings_.error(at, std::move(message));
        skip_line();
    }

    void assignment() {
        skip_blanks();
        if (peek() == '\n' || peek() == '#') {
            return skip_line();
        }
        if (text_.substr(at_).starts_with("export ") || text_.substr(at_).starts_with("export\t")) {
            at_ += 7;
            skip_blanks();
        }
        const Location start = here();
        const std::size_t end = std::min(text_.find_first_of("=\n", at_), text_.size());
        const std::string_view name = text::trim(text_.substr(at_, end - at_));
        if (end == text_.size() || text_[end] == '\n') {
            return complain(
                start, "expected NAME=value"
            );  // The line may be half of a secret: it is not shown.
        }
        if (!is_name(name)) {
            return complain(start, "expected a name of letters, digits and '_' before the '='");
        }
        at_ = end + 1;
        skip_blanks();

        std::string value;
        if (peek() == '"' || peek() == '\'') {
            if (!quoted(name, value)) {
                return;
            }
        } else {
            value = bare();
        }
        if (std::ranges::find(entries_, name, &EnvEntry::name) != entries_.end()) {
            findings_.warning(start, fmt::format("{}: given twice; the last one counts", name));
            std::erase_if(entries_, [&](const EnvEntry& entry) { return entry.name == name; });
        }
        entries_.push_back({std::string(name), std::move(value), start});
    }

    std::string bare() {
        const std::size_t start = at_;
        while (peek() != '\n' && !(peek() == '#' && (at_ == start || text_[at_ - 1] == ' ' ||
                                                     text_[at_ - 1] == '\t'))) {
            advance();
        }
        const std::string value(text::trim(text_.substr(start, at_ - start)));
        skip_line();
        return value;
    }

    bool quoted(std::string_view name, std::string& value) {
        const Location start = here();
        const char quote = peek();
        advance();
        while (at_ < text_.size() && peek() != quote) {
            if (quote == '"' && peek() == '\\' && at_ + 1 < text_.size()) {
                advance();
                escape(value);
            } else {
                value += peek();
            }
            advance();
        }
        if (at_ >= text_.size()) {
            findings_.error(
                start, fmt::format("{}: the opening {} has no closing one", name, quote)
            );
            return false;
        }
        advance();
        skip_blanks();
        if (peek() != '\n' && peek() != '#') {
            complain(here(), fmt::format("{}: something follows the closing {}", name, quote));
            return false;
        }
        skip_line();
        return true;
    }

    void escape(std::string& value) const {
        switch (peek()) {
            case 'n':
                value += '\n';
                break;
            case 't':
                value += '\t';
                break;
            case 'r':
                value += '\r';
                break;
            case '"':
            case '\\':
            case '$':
                value += peek();
                break;
            default:
                value += '\\';
                value += peek();
        }
    }

    std::string_view text_;
    std::string source_;
    Diagnostics& findings_;
    std::vector<EnvEntry> entries_;
    std::size_t at_ = 0;
    std::size_t line_start_ = 0;
    int line_ = 1;
};

bool has(const Variables& environment, const std::string& name) {
    const auto found = environment.find(name);
    return found != environment.end() && !found->second.empty();
}

}  // namespace

std::vector<EnvEntry> read_env_file(
    std::string_view text, const std::string& source, Diagnostics& findings
) {
    return EnvReader(text, source, findings).read();
}

std::vector<std::pair<std::string, std::string>> files_named(const Variables& environment) {
    std::vector<std::pair<std::string, std::string>> files;
    for (const auto& [name, path] : environment) {
        if (!name.ends_with("_FILE") || path.empty()) {
            continue;
        }
        const std::string variable = name.substr(0, name.size() - 5);
        if (find_variable(variable) != nullptr) {
            files.emplace_back(variable, path);
        }
    }
    return files;
}

std::string_view unresolved_reference(std::string_view value) {
    const std::size_t start = value.find("${{");
    if (start == std::string_view::npos) {
        return {};
    }
    const std::size_t end = value.find("}}", start);
    // Without its end the rest could be anything, a password too.
    return end == std::string_view::npos ? value.substr(start, 3)
                                         : value.substr(start, end + 2 - start);
}

Host detect_host(const Variables& environment) {
    // RAILWAY_ENVIRONMENT alone is what older deployments had.
    for (const char* name :
         {"RAILWAY_ENVIRONMENT_ID",
          "RAILWAY_SERVICE_ID",
          "RAILWAY_PROJECT_ID",
          "RAILWAY_ENVIRONMENT"}) {
        if (has(environment, name)) {
            return Host::railway;
        }
    }
    if (has(environment, "RENDER")) {
        return Host::render;
    }
    if (has(environment, "FLY_APP_NAME")) {
        return Host::fly;
    }
    if (has(environment, "DYNO")) {
        return Host::heroku;
    }
    if (has(environment, "K_SERVICE") || has(environment, "CLOUD_RUN_JOB")) {
        return Host::cloud_run;
    }
    if (has(environment, "KUBERNETES_SERVICE_HOST")) {
        return Host::kubernetes;
    }
    return Host::none;
}

std::string_view to_string(Host host) {
    switch (host) {
        case Host::none:
            return "";
        case Host::railway:
            return "railway";
        case Host::render:
            return "render";
        case Host::fly:
            return "fly";
        case Host::heroku:
            return "heroku";
        case Host::cloud_run:
            return "cloud_run";
        case Host::kubernetes:
            return "kubernetes";
    }
    return "";
}

std::vector<std::string> host_names(const Variables& environment) {
    std::vector<std::string> names;
    for (const char* name :
         {"RAILWAY_PUBLIC_DOMAIN", "RAILWAY_PRIVATE_DOMAIN", "RENDER_EXTERNAL_HOSTNAME"}) {
        if (has(environment, name)) {
            names.push_back(environment.at(name));
        }
    }
    if (has(environment, "FLY_APP_NAME")) {
        names.push_back(environment.at("FLY_APP_NAME") + ".fly.dev");
    }
    return names;
}

}  // namespace elasticbot::config
