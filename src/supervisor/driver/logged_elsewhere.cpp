#include "logged_elsewhere.hpp"

#include <elasticbot/base/log.hpp>
#include <elasticbot/base/time.hpp>
#include <elasticbot/supervisor/driver/log_text.hpp>

#include <algorithm>
#include <string_view>

#include <sys/stat.h>

namespace elasticbot::supervise {

namespace {

// Looked at, at most, of a file that may be large.
constexpr std::int64_t most_bytes = std::int64_t{1024} * 1024;

WallTime last_change(const std::string& path) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) {
        return wall_now();
    }
    return WallTime{
        std::chrono::seconds(status.st_mtim.tv_sec) +
        std::chrono::milliseconds(status.st_mtim.tv_nsec / 1'000'000)
    };
}

// Where the last `lines` begin.
std::size_t begin_of_last(std::string_view text, std::size_t lines) {
    std::size_t begin = text.size();
    for (; lines > 0 && begin > 0; --lines) {
        // The newline before `begin` ends the line that is added.
        const std::size_t newline =
            begin < 2 ? std::string_view::npos : text.rfind('\n', begin - 2);
        begin = newline == std::string_view::npos ? 0 : newline + 1;
    }
    return begin;
}

}  // namespace

std::string log_path(const supervisor::Program& program) {
    using To = supervisor::Output::To;
    for (const auto* output : {&program.standard_output, &program.standard_error}) {
        if (output->to == To::file) {
            return output->path;
        }
    }
    return "";
}

Result<std::string> last_records(
    const supervisor::Program& program, const std::string& path, std::size_t lines
) {
    const auto tail = tail_log(path, 0, most_bytes);
    if (!tail) {
        return tail.error();
    }
    const WallTime time = last_change(path);
    std::string_view text = tail->bytes;
    text.remove_prefix(begin_of_last(text, lines));
    std::string records;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        records +=
            log::format_json(log::parse_line(text.substr(0, end), program.name.value(), time));
        records += '\n';
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return records;
}

}  // namespace elasticbot::supervise
