#include "auto_logs.hpp"

#include <elasticbot/adapters/os/fd.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <filesystem>
#include <random>

#include <fcntl.h>

namespace elasticbot::supervisord {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t longest_number = 4;  // Of a rotated file.

std::string random_letters() {
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789_";
    std::random_device random;
    std::uniform_int_distribution<std::size_t> any(0, letters.size() - 1);
    std::string text;
    for (int i = 0; i < 8; ++i) {
        text += letters[any(random)];
    }
    return text;
}

// Without ".3" of a rotated file, and without the dot that may stand alone.
std::string_view without_number(std::string_view name) {
    std::size_t digits = 0;
    while (digits < longest_number && digits < name.size() &&
           name[name.size() - 1 - digits] >= '0' && name[name.size() - 1 - digits] <= '9') {
        ++digits;
    }
    name.remove_suffix(digits);
    return name.ends_with('.') ? name.substr(0, name.size() - 1) : name;
}

}  // namespace

bool is_auto_log(std::string_view file_name, std::string_view identifier) {
    const std::string mark = fmt::format("---{}-", identifier);
    const auto at = file_name.find(mark, 1);  // Behind at least one letter of the process's name.
    if (at == std::string_view::npos) {
        return false;
    }
    const std::string_view rest = without_number(file_name.substr(at + mark.size()));
    constexpr std::string_view end = ".log";
    return rest.size() > end.size() && rest.ends_with(end) && !rest.contains(' ');
}

void AutoLogs::remove_old() const {
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator(folder_, failed)) {
        if (is_auto_log(entry.path().filename().string(), identifier_)) {
            std::error_code ignored;
            fs::remove(entry.path(), ignored);
        }
    }
}

Result<std::string> AutoLogs::path_of(const std::string& process, std::string_view channel) {
    std::string& path = paths_[{process, std::string(channel)}];
    while (path.empty()) {
        std::string made = fmt::format(
            "{}/{}-{}---{}-{}.log", folder_, process, channel, identifier_, random_letters()
        );
        const os::Fd file{::open(made.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
        if (file) {
            path = std::move(made);
        } else if (errno != EEXIST) {
            return system_error(fmt::format("make the log file {}", made), errno);
        }
    }
    return path;
}

Result<> AutoLogs::make_all(const File& file, std::vector<supervisor::Program>& programs) {
    std::map<std::string, std::string> process_names;
    for (const Group& group : file.groups) {
        for (const Process& process : group.processes) {
            process_names.emplace(full_name(group, process), process.name);
        }
    }
    for (supervisor::Program& program : programs) {
        const auto make = [&](supervisor::Output& output, std::string_view channel) -> Result<> {
            if (output.to != supervisor::Output::To::file || !output.path.empty()) {
                return {};
            }
            auto path = path_of(process_names[program.name.value()], channel);
            if (!path) {
                return path.error();
            }
            output.path = *std::move(path);
            return {};
        };
        if (auto made = make(program.standard_output, "stdout"); !made) {
            return made.error();
        }
        if (program.join_outputs) {
            continue;
        }
        if (auto made = make(program.standard_error, "stderr"); !made) {
            return made.error();
        }
    }
    return {};
}

}  // namespace elasticbot::supervisord
