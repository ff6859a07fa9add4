// All findings about one input at once, each with its place and what to do.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace elasticbot {

// Where something stands. `source` is a file name, "environment" or "command line"; line 0: no
// line.
struct Location {
    std::string source;
    int line = 0;
    int column = 0;

    bool operator==(const Location&) const = default;
};

enum class Severity { note, warning, error };

struct Diagnostic {
    Severity severity = Severity::error;
    Location location;
    std::string
        message;  // "program.worker.grace_period: expected a duration such as \"10s\", got \"ten\""

    bool operator==(const Diagnostic&) const = default;
};

class Diagnostics {
public:
    void error(Location location, std::string message);
    void warning(Location location, std::string message);
    void note(Location location, std::string message);

    bool has_errors() const;

    bool empty() const { return findings_.empty(); }

    const std::vector<Diagnostic>& findings() const { return findings_; }

    void append(Diagnostics other);

private:
    std::vector<Diagnostic> findings_;
};

// "elasticbot.toml:14:9: error: …", "environment: error: …"
std::string to_string(const Diagnostic& diagnostic);

// One line each, in order of source and line.
std::string to_string(const Diagnostics& diagnostics);

// The nearest of `known` within a third of the length of `word`, or "": for 'did you mean'.
std::string nearest_name(std::string_view word, const std::vector<std::string_view>& known);

}  // namespace elasticbot
