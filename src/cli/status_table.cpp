#include <elasticbot/base/text.hpp>
#include <elasticbot/base/time.hpp>
#include <elasticbot/cli/status_table.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <optional>
#include <vector>

namespace elasticbot::cli {

using control::FleetStatus;
using control::ProgramStatus;

namespace {

constexpr int exit_not_healthy = 4;
constexpr std::string_view green = "\x1b[32m";
constexpr std::string_view yellow = "\x1b[33m";
constexpr std::string_view red = "\x1b[31m";
constexpr std::string_view dim = "\x1b[2m";
constexpr std::string_view plain = "\x1b[0m";

// A program's words must not move the cursor or break the table.
std::string printable(std::string_view words) {
    std::string result = text::repair_utf8(words);
    std::erase_if(result, [](char character) {
        return static_cast<unsigned char>(character) < ' ' || character == '\x7f';
    });
    return result;
}

std::string duration(const std::optional<std::int64_t>& milliseconds) {
    return milliseconds ? to_short_string(std::chrono::milliseconds(*milliseconds)) : "";
}

std::string whole_number(const std::optional<std::int64_t>& value) {
    return value ? std::to_string(*value) : "";
}

std::string last_exit(const ProgramStatus& program) {
    if (!program.last_exit) {
        return "";
    }
    const std::string& signal = program.last_exit->signal;
    return signal.empty() ? "code " + whole_number(program.last_exit->code) : printable(signal);
}

std::string memory(const ProgramStatus& program) {
    return program.memory_bytes ? text::format_bytes(*program.memory_bytes) : "";
}

std::string cpu(const ProgramStatus& program) {
    return program.cpu_percent ? fmt::format("{:.1f}%", *program.cpu_percent) : "";
}

// Why it is where it is, and what it waits for.
std::string note(const ProgramStatus& program) {
    std::vector<std::string> parts;
    if (program.took_ms) {
        parts.push_back("took " + duration(program.took_ms));
    }
    if (program.next_start_in_ms) {
        parts.push_back("starts in " + duration(program.next_start_in_ms));
    }
    if (!program.waiting_for.empty()) {
        parts.push_back(fmt::format("waits for {}", fmt::join(program.waiting_for, ", ")));
    }
    for (const std::string* words : {&program.reason, &program.status}) {
        if (!words->empty()) {
            parts.push_back(*words);
        }
    }
    if (parts.empty() && program.state == "starting") {
        parts.emplace_back("not ready yet");
    }
    return printable(fmt::format("{}", fmt::join(parts, "; ")));
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

// The whole in one line, and how to learn more when something is wrong.
std::string summary(const FleetStatus& status, bool colour) {
    std::size_t well = 0;
    std::string troubled;
    std::string stopped;
    for (const ProgramStatus& program : status.programs) {
        const std::string& state = program.state;
        well += state == "running" || state == "completed" ? 1 : 0;
        if (troubled.empty() && (state == "failed" || state == "backoff")) {
            troubled = program.name;
        }
        if (state == "stopped") {
            stopped += " " + program.name;
        }
    }
    std::string line = fmt::format(
        "{}: {} of {} programs are up; elasticbot {}, pid {}, up {}\n",
        coloured(status.overall, colour),
        well,
        status.programs.size(),
        status.version,
        whole_number(status.pid),
        duration(status.uptime_ms)
    );
    if (!troubled.empty()) {
        line += fmt::format("See \"elasticbot logs {}\".\n", printable(troubled));
    }
    if (!stopped.empty() && status.overall != "stopping") {
        line += fmt::format("Start what is stopped: elasticbot start{}\n", printable(stopped));
    }
    return line;
}

}  // namespace

std::string render_status(const FleetStatus& status, bool colour) {
    std::vector<std::vector<std::string>> rows = {
        {"PROGRAM", "STATE", "PID", "UPTIME", "RESTARTS", "LAST EXIT", "MEMORY", "CPU", "NOTE"}
    };
    rows.reserve(1 + status.programs.size());
    for (const ProgramStatus& program : status.programs) {
        std::vector<std::string>& row = rows.emplace_back();
        row.reserve(rows.front().size());
        row.push_back(printable(program.name));
        row.push_back(coloured(printable(program.state), colour));
        row.push_back(whole_number(program.pid));
        row.push_back(duration(program.uptime_ms));
        row.push_back(whole_number(program.restarts));
        row.push_back(last_exit(program));
        row.push_back(memory(program));
        row.push_back(cpu(program));
        for (std::string& cell : row) {
            if (cell.empty()) {
                cell = "-";
            }
        }
        row.push_back(note(program));
    }
    std::string table = text::table(rows);
    if (!table.empty() && !table.ends_with('\n')) {
        table += '\n';
    }
    return table + summary(status, colour);
}

std::string describe_program(const ProgramStatus& program) {
    const std::string pid = program.pid ? fmt::format(" (pid {})", *program.pid) : "";
    const std::string why = program.reason.empty() ? "" : ": " + printable(program.reason);
    return fmt::format("{} is {}{}{}", printable(program.name), printable(program.state), pid, why);
}

int status_exit_code(const FleetStatus& status) {
    return status.overall == "healthy" ? 0 : exit_not_healthy;
}

}  // namespace elasticbot::cli
