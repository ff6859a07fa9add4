#include "ask_supervisor.hpp"

#include "state_dir.hpp"

#include <nlohmann/json.hpp>

namespace elasticbot::cli {

Result<Json> ask_supervisor(const Invocation& invocation, const control::Request& request) {
    return control::send_json(control_socket(invocation), request);
}

int complain_about_supervisor(const Error& error) {
    if (error.code == Errc::unavailable) {
        complain(
            error.message + "; start it with \"elasticbot up\", or name its socket by --socket"
        );
        return exit_code::not_running;
    }
    return fail(error);
}

}  // namespace elasticbot::cli
