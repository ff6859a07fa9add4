#include "method_functions.hpp"
#include "method_values.hpp"

#include <elasticbot/supervisor/driver/log_text.hpp>

namespace elasticbot::supervisord::methods {

namespace {

using LogOf = std::string Entry::*;

std::optional<Fault> read_process_log(
    const Methods& methods, const Array& given, LogOf log, Writer& out
) {
    const std::string& name = text_at(given, 0);
    const auto found = methods.backend().commands->find(name);
    if (!found || *found == nullptr) {
        return bad_name(name);
    }
    return write_part((**found).*log, given, 1, out);
}

std::optional<Fault> tail_process_log(
    const Methods& methods, const Array& given, LogOf log, Writer& out
) {
    const std::string& name = text_at(given, 0);
    const auto found = methods.backend().commands->find(name);
    if (!found || *found == nullptr) {
        return bad_name(name);
    }
    // No file is no fault here.
    const auto read =
        supervise::tail_log((**found).*log, integer_at(given, 1), integer_at(given, 2));
    const supervise::LogTail tail = read.value_or(supervise::LogTail{});
    out.begin_array();
    out.string(tail.bytes);
    out.integer(tail.offset);
    out.boolean(tail.overflow);
    out.end_array();
    return std::nullopt;
}

}  // namespace

Task read_stdout_log(const Methods& methods, const Array& given, Writer& out) {
    co_return read_process_log(methods, given, &Entry::standard_output, out);
}

Task read_stderr_log(const Methods& methods, const Array& given, Writer& out) {
    co_return read_process_log(methods, given, &Entry::standard_error, out);
}

Task tail_stdout_log(const Methods& methods, const Array& given, Writer& out) {
    co_return tail_process_log(methods, given, &Entry::standard_output, out);
}

Task tail_stderr_log(const Methods& methods, const Array& given, Writer& out) {
    co_return tail_process_log(methods, given, &Entry::standard_error, out);
}

Task clear_process_logs(const Methods& methods, const Array& given, Writer& out) {
    co_return write_true(methods.backend().commands->clear_logs(text_at(given, 0)), out);
}

Task clear_all_process_logs(const Methods& methods, const Array& /*given*/, Writer& out) {
    write_statuses(methods.backend().commands->clear_all_logs(), out);
    co_return std::nullopt;
}

Task send_process_stdin(const Methods& methods, const Array& given, Writer& out) {
    co_return write_true(
        methods.backend().commands->write_input(text_at(given, 0), text_at(given, 1)), out
    );
}

Task send_remote_event(const Methods& methods, const Array& given, Writer& out) {
    methods.backend().remote_event(text_at(given, 0), text_at(given, 1));
    out.boolean(true);
    co_return std::nullopt;
}

}  // namespace elasticbot::supervisord::methods
