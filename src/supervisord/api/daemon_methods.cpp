#include "method_functions.hpp"
#include "method_values.hpp"

#include <filesystem>

#include <unistd.h>

namespace elasticbot::supervisord::methods {

Task get_version(const Methods& /*methods*/, const Array& /*given*/, Writer& out) {
    out.string("3.0");
    co_return std::nullopt;
}

Task get_supervisor_version(const Methods& methods, const Array& /*given*/, Writer& out) {
    out.string(methods.backend().version);
    co_return std::nullopt;
}

Task get_identification(const Methods& methods, const Array& /*given*/, Writer& out) {
    out.string(methods.backend().identifier);
    co_return std::nullopt;
}

Task get_state(const Methods& methods, const Array& /*given*/, Writer& out) {
    const Mood mood = methods.backend().commands->mood();
    out.begin_struct();
    out.member("statecode", static_cast<int>(mood));
    out.member("statename", to_string(mood));
    out.end_struct();
    co_return std::nullopt;
}

Task get_pid(const Methods& /*methods*/, const Array& /*given*/, Writer& out) {
    out.integer(::getpid());
    co_return std::nullopt;
}

Task read_log(const Methods& methods, const Array& given, Writer& out) {
    co_return write_part(methods.backend().main_log, given, 0, out);
}

Task clear_log(const Methods& methods, const Array& /*given*/, Writer& out) {
    std::error_code ignored;
    const std::string& path = methods.backend().main_log;
    if (path.empty() || !std::filesystem::exists(path, ignored)) {
        co_return Fault{FaultCode::no_file, {}};
    }
    if (auto cleared = methods.backend().clear_main_log(); !cleared) {
        co_return Fault{FaultCode::failed, {}};
    }
    out.boolean(true);
    co_return std::nullopt;
}

Task shutdown(const Methods& methods, const Array& /*given*/, Writer& out) {
    methods.backend().shutdown();
    out.boolean(true);
    co_return std::nullopt;
}

Task restart(const Methods& methods, const Array& /*given*/, Writer& out) {
    methods.backend().restart();
    out.boolean(true);
    co_return std::nullopt;
}

// -------------------------------------------------------------------------------------------------
// groups

Task reload_config(const Methods& methods, const Array& /*given*/, Writer& out) {
    const auto difference = methods.backend().commands->reload_config();
    if (!difference) {
        co_return difference.error();
    }
    out.begin_array();
    out.begin_array();
    write_names(difference->added, out);
    write_names(difference->changed, out);
    write_names(difference->removed, out);
    out.end_array();
    out.end_array();
    co_return std::nullopt;
}

Task add_process_group(const Methods& methods, const Array& given, Writer& out) {
    co_return write_true(methods.backend().commands->add_group(text_at(given, 0)), out);
}

Task remove_process_group(const Methods& methods, const Array& given, Writer& out) {
    co_return write_true(methods.backend().commands->remove_group(text_at(given, 0)), out);
}

}  // namespace elasticbot::supervisord::methods
