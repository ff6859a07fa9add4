// Why an action could not go on, told as supervisorctl tells it: in Python's words.
#pragma once

#include <elasticbot/supervisord/xmlrpc/xmlrpc.hpp>

#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace elasticbot::cli::ctl {

// Scripts look for "error: <class 'xmlrpc.client.Fault'>, <Fault 6: 'SHUTDOWN_STATE'>" and the
// like. What the reference adds, the file and line of its own source, is left out.
struct Failure {
    std::string exception;  // "xmlrpc.client.Fault"; "" for what only we tell.
    std::string text;
    std::optional<xmlrpc::Fault> fault;
    int error_number = 0;  // The kernel's; 0: none.
    int http_status = 0;   // Of an answer other than 200.
    bool is_interrupted = false;

    // The line that is printed, without its end.
    std::string line() const;

    // Whether the server answered with this fault.
    bool is_fault(std::int64_t code) const { return fault && fault->code == code; }
};

template <class T = void>
using Outcome = std::expected<T, Failure>;

std::unexpected<Failure> fault_failure(xmlrpc::Fault fault);
std::unexpected<Failure> http_failure(int status, std::string_view reason);
std::unexpected<Failure> system_failure(int error_number);
// getaddrinfo()'s number.
std::unexpected<Failure> lookup_failure(int code);
std::unexpected<Failure> python_failure(std::string_view exception, std::string text);
std::unexpected<Failure> own_failure(std::string text);
std::unexpected<Failure> interrupted();

}  // namespace elasticbot::cli::ctl
