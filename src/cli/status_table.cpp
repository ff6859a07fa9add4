#include <elasticbot/base/text.hpp>
#include <elasticbot/base/time.hpp>
#include <elasticbot/cli/status_table.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <optional>
#include <vector>

namespace elasticbot::cli {

namespace {

constexpr int exit_not_healthy = 4;
constexpr std::string_view green = "\x1b[32m";
constexpr std::string_view yellow = "\x1b[33m";
constexpr std::string_view red = "\x1b[31m";
constexpr std::string_view dim = "\x1b[2m";
constexpr std::string_view plain = "\x1b[0m";

std::optional<double> number(const Json& object, std::string_view key) {
    const auto found = object.find(key);
    if (found == object.end() || !found->is_number()) {
        return std::nullopt;
    }
    return found->get<double>();
}

std::string duration(const Json& object, std::string_view key) {
    const auto milliseconds = number(object, key);
    if (!milliseconds) {
        return "";
    }
    return to_short_string(std::chrono::milliseconds(static_cast<std::int64_t>(*milliseconds)));
}

std::string whole_number(const Json& object, std::string_view key) {
    const auto value = number(object, key);
    return value ? fmt::format("{:.0f}", *value) : "";
}

std::string last_exit(const Json& program) {
    const auto found = program.find("last_exit");
    if (found == program.end() || !found->is_object()) {
        return "";
    }
    const std::string signal = json::string_or_empty(*found, "signal");
    return signal.empty() ? "code " + whole_number(*found, "code") : signal;
}

std::string memory(const Json& program) {
    const auto bytes = number(program, "memory_bytes");
    return bytes ? text::format_bytes(static_cast<std::int64_t>(*bytes)) : "";
}

std::string cpu(const Json& program) {
    const auto percent = number(program, "cpu_percent");
    return percent ? fmt::format("{:.1f}%", *percent) : "";
}

// Why it is where it is, and what it waits for.
std::string note(const Json& program) {
    std::vector<std::string> parts;
    if (const std::string took = duration(program, "took_ms"); !took.empty()) {
        parts.push_back("took " + took);
    }
    if (const std::string next = duration(program, "next_start_in_ms"); !next.empty()) {
        parts.push_back("starts in " + next);
    }
    if (const auto others = program.find("waiting_for");
        others != program.end() && others->is_array() && !others->empty()) {
        std::vector<std::string> names;
        for (const Json& name : *others) {
            names.push_back(name.is_string() ? name.get<std::string>() : "?");
        }
        parts.push_back(fmt::format("waits for {}", fmt::join(names, ", ")));
    }
    for (const std::string_view key : {"reason", "status"}) {
        if (const std::string words = json::string_or_empty(program, key); !words.empty()) {
            parts.push_back(words);
        }
    }
    const bool is_starting = json::string_or_empty(program, "state") == "starting";
    if (parts.empty() && is_starting) {
        parts.emplace_back("not ready yet");
    }
    return fmt::format("{}", fmt::join(parts, "; "));
}

std::string_view colour_of(std::string_view state) {
    if (state == "running" || state == "completed" || state == "healthy") {
        return green;
    }
    if (state == "failed" || state == "backoff" || state == "killing") {
        return red;
    }
    return state == "stopped" ? dim : yellow;
}

std::string coloured(const std::string& word, bool colour) {
    return colour ? fmt::format("{}{}{}", colour_of(word), word, plain) : word;
}

const Json& programs_of(const Json& status) {
    static const Json none = Json::array();
    const auto found = status.find("programs");
    return found != status.end() && found->is_array() ? *found : none;
}

// A program's words must not move the cursor or break the table.
std::string printable(std::string_view words) {
    std::string result = text::repair_utf8(words);
    std::erase_if(result, [](char character) {
        return static_cast<unsigned char>(character) < ' ' || character == '\x7f';
    });
    return result;
}

// The whole in one line, and how to learn more when something is wrong.
std::string summary(const Json& status, bool colour) {
    std::size_t well = 0;
    std::string troubled;
    std::string stopped;
    for (const Json& program : programs_of(status)) {
        const std::string state = json::string_or_empty(program, "state");
        const bool is_well = state == "running" || state == "completed";
        well += is_well ? 1 : 0;
        if (troubled.empty() && (state == "failed" || state == "backoff")) {
            troubled = json::string_or_empty(program, "name");
        }
        if (state == "stopped") {
            stopped += " " + json::string_or_empty(program, "name");
        }
    }
    std::string line = fmt::format(
        "{}: {} of {} programs are up; elasticbot {}, pid {}, up {}\n",
        coloured(json::string_or_empty(status, "overall"), colour),
        well,
        programs_of(status).size(),
        json::string_or_empty(status, "version"),
        whole_number(status, "pid"),
        duration(status, "uptime_ms")
    );
    if (!troubled.empty()) {
        line += fmt::format("See \"elasticbot logs {}\".\n", printable(troubled));
    }
    if (!stopped.empty() && json::string_or_empty(status, "overall") != "stopping") {
        line += fmt::format("Start what is stopped: elasticbot start{}\n", printable(stopped));
    }
    return line;
}

}  // namespace

std::string render_status(const Json& status, bool colour) {
    std::vector<std::vector<std::string>> rows = {
        {"PROGRAM", "STATE", "PID", "UPTIME", "RESTARTS", "LAST EXIT", "MEMORY", "CPU", "NOTE"}
    };
    for (const Json& program : programs_of(status)) {
        std::vector<std::string> row = {
            printable(json::string_or_empty(program, "name")),
            coloured(json::string_or_empty(program, "state"), colour),
            whole_number(program, "pid"),
            duration(program, "uptime_ms"),
            whole_number(program, "restarts"),
            last_exit(program),
            memory(program),
            cpu(program),
        };
        for (std::string& cell : row) {
            if (cell.empty()) {
                cell = "-";
            }
        }
        row.push_back(printable(note(program)));
        rows.push_back(std::move(row));
    }
    std::string table = text::table(rows);
    if (!table.empty() && !table.ends_with('\n')) {
        table += '\n';
    }
    return table + summary(status, colour);
}

std::string describe_program(const Json& program) {
    const std::string name = printable(json::string_or_empty(program, "name"));
    const std::string state = json::string_or_empty(program, "state");
    const std::string pid = whole_number(program, "pid");
    const std::string reason = printable(json::string_or_empty(program, "reason"));
    const std::string why = reason.empty() ? "" : ": " + reason;
    if (!pid.empty()) {
        return fmt::format("{} is {} (pid {}){}", name, state, pid, why);
    }
    return fmt::format("{} is {}{}", name, state, why);
}

int status_exit_code(const Json& status) {
    return json::string_or_empty(status, "overall") == "healthy" ? 0 : exit_not_healthy;
}

}  // namespace elasticbot::cli
