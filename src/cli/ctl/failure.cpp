#include "failure.hpp"

#include <elasticbot/supervisord/file/python_text.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <system_error>

#include <netdb.h>

namespace elasticbot::cli::ctl {

namespace {

std::string_view exception_of(int error_number) {
    switch (error_number) {
        case ENOENT:
            return "FileNotFoundError";
        case ECONNREFUSED:
            return "ConnectionRefusedError";
        case EACCES:
        case EPERM:
            return "PermissionError";
        case ECONNRESET:
            return "ConnectionResetError";
        case EPIPE:
            return "BrokenPipeError";
        case ETIMEDOUT:
            return "TimeoutError";
        default:
            return "OSError";
    }
}

}  // namespace

std::string Failure::line() const {
    return exception.empty() ? fmt::format("error: {}", text)
                             : fmt::format("error: <class '{}'>, {}", exception, text);
}

std::unexpected<Failure> fault_failure(xmlrpc::Fault fault) {
    Failure failure{
        .exception = "xmlrpc.client.Fault",
        .text = fmt::format("<Fault {}: {}>", fault.code, supervisord::python::repr(fault.text)),
        .fault = {}
    };
    failure.fault = std::move(fault);
    return std::unexpected(std::move(failure));
}

std::unexpected<Failure> http_failure(int status, std::string_view reason) {
    return std::unexpected(Failure{
        .exception = "xmlrpc.client.ProtocolError",
        .text = fmt::format("<ProtocolError for 127.0.0.1/RPC2: {} {}>", status, reason),
        .fault = {},
        .http_status = status
    });
}

std::unexpected<Failure> system_failure(int error_number) {
    return std::unexpected(Failure{
        .exception = std::string(exception_of(error_number)),
        .text = fmt::format(
            "[Errno {}] {}", error_number, std::generic_category().message(error_number)
        ),
        .fault = {},
        .error_number = error_number
    });
}

std::unexpected<Failure> lookup_failure(int code) {
    return python_failure(
        "socket.gaierror", fmt::format("[Errno {}] {}", code, ::gai_strerror(code))
    );
}

std::unexpected<Failure> python_failure(std::string_view exception, std::string text) {
    return std::unexpected(
        Failure{.exception = std::string(exception), .text = std::move(text), .fault = {}}
    );
}

std::unexpected<Failure> own_failure(std::string text) {
    return std::unexpected(Failure{.exception = "", .text = std::move(text), .fault = {}});
}

std::unexpected<Failure> interrupted() {
    return std::unexpected(
        Failure{.exception = "KeyboardInterrupt", .text = "", .fault = {}, .is_interrupted = true}
    );
}

}  // namespace elasticbot::cli::ctl
