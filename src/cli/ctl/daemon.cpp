// Actions on the server itself: shutdown, reload, open.
#include "actions.hpp"
#include "faults.hpp"

#include <elasticbot/base/text.hpp>

#include <fmt/format.h>

#include <cerrno>

namespace elasticbot::cli::ctl {

namespace {

// Asks where somebody can answer.
Outcome<bool> is_meant(Session& session, std::string_view what) {
    if (!session.is_interactive) {
        return true;
    }
    const auto answer = session.lines.ask(
        fmt::format(
            "Really {} the remote supervisord process {}y/N? ", what, what == "shut" ? "down " : ""
        ),
        session.interrupts
    );
    if (!answer) {
        return std::unexpected(answer.error());
    }
    return answer->starts_with('y') || answer->starts_with('Y');
}

}  // namespace

Outcome<> do_shutdown(Session& session, const std::string& argument) {
    if (!argument.empty()) {
        refuse(session, "Error: shutdown accepts no arguments", "shutdown");
        return {};
    }
    const auto meant = is_meant(session, "shut");
    if (!meant || !*meant) {
        return meant ? Outcome<>() : std::unexpected(meant.error());
    }
    const auto done = session.server.call("shutdown");
    if (done) {
        Session::print("Shut down");
        return {};
    }
    const Failure& failure = done.error();
    if (failure.is_fault(fault::shutdown_state)) {
        Session::print("ERROR: already shutting down");
        return {};
    }
    session.exit_status = status::generic;
    if (failure.error_number == ECONNREFUSED || failure.error_number == ENOENT) {
        Session::print(fmt::format(
            "ERROR: {} {} (already shut down?)",
            session.server.url(),
            failure.error_number == ENOENT ? "no such file" : "refused connection"
        ));
        return {};
    }
    return std::unexpected(failure);
}

Outcome<> do_reload(Session& session, const std::string& argument) {
    if (!argument.empty()) {
        refuse(session, "Error: reload accepts no arguments", "reload");
        return {};
    }
    const auto meant = is_meant(session, "restart");
    if (!meant || !*meant) {
        return meant ? Outcome<>() : std::unexpected(meant.error());
    }
    const auto done = session.server.call("restart");
    if (done) {
        Session::print("Restarted supervisord");
        return {};
    }
    session.exit_status = status::generic;
    if (done.error().is_fault(fault::shutdown_state)) {
        Session::print("ERROR: already shutting down");
        return {};
    }
    return std::unexpected(done.error());
}

Outcome<> do_open(Session& session, const std::string& argument) {
    const std::string scheme = text::lower(argument.substr(0, argument.find(':')));
    if (!argument.contains(':') || (scheme != "unix" && scheme != "http")) {
        Session::print("ERROR: url must be http:// or unix://");
        session.exit_status = status::generic;
        return {};
    }
    session.server.set_url(argument);
    // The status of what is shown is not that of opening it.
    const int before = session.exit_status;
    auto shown = do_status(session, "");
    session.exit_status = before;
    return shown;
}

}  // namespace elasticbot::cli::ctl
