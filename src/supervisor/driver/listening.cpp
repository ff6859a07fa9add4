#include "listening.hpp"

#include <elasticbot/adapters/net/http_server.hpp>

#include <algorithm>
#include <utility>

namespace elasticbot::supervise {

namespace {

Result<os::Fd> listen_on(const config::ListenSocket& socket, const Listening& present) {
    const auto same = std::ranges::find_if(present.configured, [&](const auto& other) {
        return other.address == socket.address && other.port == socket.port;
    });
    if (same != present.configured.end()) {
        return present.descriptors.at(same->name).duplicate();
    }
    return socket.address.starts_with('/') ? net::listen_unix(socket.address)
                                           : net::listen_tcp(socket.address, socket.port);
}

}  // namespace

Result<Listening> listen_on(
    const std::vector<config::ListenSocket>& wanted, const Listening& present
) {
    Listening listening{.configured = wanted, .descriptors = {}};
    for (const auto& socket : wanted) {
        auto descriptor = listen_on(socket, present);
        if (!descriptor) {
            return descriptor.error();
        }
        listening.descriptors.insert_or_assign(socket.name, *std::move(descriptor));
    }
    return listening;
}

}  // namespace elasticbot::supervise
