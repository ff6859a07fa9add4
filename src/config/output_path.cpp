#include <elasticbot/config/output_path.hpp>

#include <algorithm>
#include <array>

namespace elasticbot::config {

supervisor::Output::To destination_of(std::string_view path) {
    using To = supervisor::Output::To;
    constexpr std::array<std::string_view, 3> outputs{
        "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"
    };
    constexpr std::array<std::string_view, 3> errors{"/dev/stderr", "/dev/fd/2", "/proc/self/fd/2"};
    if (std::ranges::find(outputs, path) != outputs.end()) {
        return To::standard_output;
    }
    return std::ranges::find(errors, path) != errors.end() ? To::standard_error : To::file;
}

}  // namespace elasticbot::config
