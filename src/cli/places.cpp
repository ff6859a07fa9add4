#include "places.hpp"

#include "private_services.hpp"
#include "state_dir.hpp"

#include <fmt/format.h>

#include <filesystem>

#include <unistd.h>

namespace elasticbot::cli {

Result<Places> choose_places(
    const Invocation& invocation, const config::Config& config, os::MadeFolders& for_sockets
) {
    Places places;
    places.control_socket = config.supervision.control_socket;
    const bool has_private =
        config.supervision.private_postgres || config.supervision.private_redis;
    const bool was_named = config.supervision.state_dir != ".elasticbot";

    // A container keeps nothing unless it was told where; by hand the working folder remembers its
    // `up`. (D-CFG-5)
    if (has_private || was_named || !config.production) {
        std::error_code ignored;
        places.state_dir = std::filesystem::absolute(config.supervision.state_dir, ignored)
                               .lexically_normal()
                               .string();
        auto made = make_folder(places.state_dir, 0755);
        if (made && (has_private || places.control_socket.empty())) {
            places.socket_dir = short_dir(invocation, places.state_dir);
            // Others may pass: the private servers have users of their own.
            for_sockets.expect(places.socket_dir);
            made = make_folder(places.socket_dir, 0711);
        }
        if (!made && has_private) {
            return made.error();
        }
        if (!made) {
            places.state_dir.clear();
        }
    }
    if (!places.control_socket.empty()) {
        return places;
    }
    if (!places.state_dir.empty()) {
        places.control_socket = places.socket_dir + "/control.sock";
        return places;
    }
    for (const std::string& folder :
         {std::string("/run/elasticbot"), fmt::format("/tmp/elasticbot-{}", geteuid())}) {
        if (folder.starts_with("/run") && geteuid() != 0) {
            continue;
        }
        for_sockets.expect(folder);
        if (make_folder(folder, 0711)) {
            places.control_socket = folder + "/control.sock";
            return places;
        }
    }
    return places;  // No writable folder at all: it runs without a control socket.
}

std::vector<std::string> places_of_next_start(
    const config::Supervision& at_start, const config::Supervision& wanted
) {
    std::vector<std::string> lines;
    const auto compare = [&](std::string_view key, const std::string& now, const std::string& next
                         ) {
        if (now == next) {
            return;
        }
        const auto value = [](const std::string& text) {
            return text.empty() ? std::string("the default") : fmt::format("\"{}\"", text);
        };
        lines.push_back(fmt::format(
            "{}: {} takes effect only when elasticbot is started anew, until then it is {}",
            key,
            value(next),
            value(now)
        ));
    };
    compare("supervision.state_dir", at_start.state_dir, wanted.state_dir);
    compare("supervision.control_socket", at_start.control_socket, wanted.control_socket);
    return lines;
}

}  // namespace elasticbot::cli
