#include <elasticbot/base/diagnostics.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <numeric>
#include <tuple>
#include <utility>

namespace elasticbot {

void Diagnostics::error(Location location, std::string message) {
    findings_.push_back({Severity::error, std::move(location), std::move(message)});
}

void Diagnostics::warning(Location location, std::string message) {
    findings_.push_back({Severity::warning, std::move(location), std::move(message)});
}

void Diagnostics::note(Location location, std::string message) {
    findings_.push_back({Severity::note, std::move(location), std::move(message)});
}

bool Diagnostics::has_errors() const {
    return std::ranges::any_of(findings_, [](const Diagnostic& finding) {
        return finding.severity == Severity::error;
    });
}

void Diagnostics::append(Diagnostics other) {
    std::ranges::move(other.findings_, std::back_inserter(findings_));
}

static std::string_view word_for(Severity severity) {
    switch (severity) {
        case Severity::note:
            return "note";
        case Severity::warning:
            return "warning";
        case Severity::error:
            return "error";
    }
    return "error";
}

std::string to_string(const Diagnostic& diagnostic) {
    const Location& at = diagnostic.location;
    std::string place = at.source;
    if (at.line > 0) {
        place += fmt::format(":{}", at.line);
    }
    if (at.line > 0 && at.column > 0) {
        place += fmt::format(":{}", at.column);
    }
    if (!place.empty()) {
        place += ": ";
    }
    return fmt::format("{}{}: {}", place, word_for(diagnostic.severity), diagnostic.message);
}

std::string to_string(const Diagnostics& diagnostics) {
    std::vector<Diagnostic> sorted = diagnostics.findings();
    std::ranges::stable_sort(sorted, {}, [](const Diagnostic& finding) {
        return std::tie(finding.location.source, finding.location.line);
    });
    std::string lines;
    for (const Diagnostic& finding : sorted) {
        lines += to_string(finding) + "\n";
    }
    return lines;
}

// Levenshtein's distance: insertions, deletions and replacements of one byte.
static std::size_t edit_distance(std::string_view left, std::string_view right) {
    std::vector<std::size_t> row(right.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= left.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= right.size(); ++j) {
            const std::size_t replaced = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row.back();
}

std::string nearest_name(std::string_view word, const std::vector<std::string_view>& known) {
    // A swap of neighbours counts two, so short words get at least that much.
    const std::size_t limit = std::max<std::size_t>(word.size() / 3, word.size() >= 3 ? 2 : 1);
    std::string_view nearest;
    std::size_t smallest = limit + 1;
    for (std::string_view candidate : known) {
        const std::size_t distance = edit_distance(word, candidate);
        if (distance < smallest) {
            smallest = distance;
            nearest = candidate;
        }
    }
    return std::string(nearest);
}

}  // namespace elasticbot
