// Peer address and credentials by getpeername and SO_PEERCRED.
#include "peer.hpp"

#include <array>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace elasticbot::net {

namespace {

std::string text_of(int family, const void* address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    return ::inet_ntop(family, address, text.data(), text.size()) != nullptr ? text.data() : "";
}

}  // namespace

Peer peer_of(int socket) {
    Peer peer;
    sockaddr_storage storage{};
    socklen_t length = sizeof storage;
    if (::getpeername(socket, reinterpret_cast<sockaddr*>(&storage), &length) != 0) {
        return peer;
    }
    if (storage.ss_family == AF_INET) {
        peer.address = text_of(AF_INET, &reinterpret_cast<const sockaddr_in*>(&storage)->sin_addr);
    } else if (storage.ss_family == AF_INET6) {
        const auto& address = reinterpret_cast<const sockaddr_in6*>(&storage)->sin6_addr;
        peer.address = IN6_IS_ADDR_V4MAPPED(&address) ? text_of(AF_INET, &address.s6_addr[12])
                                                      : text_of(AF_INET6, &address);
    } else if (storage.ss_family == AF_UNIX) {
        ucred credentials{};
        length = sizeof credentials;
        if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0) {
            peer.uid = credentials.uid;
        }
    }
    return peer;
}

bool is_closed_by_peer(int socket) {
    char byte = 0;
    return ::recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

}  // namespace elasticbot::net
