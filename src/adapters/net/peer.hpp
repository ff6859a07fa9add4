// Who is at the other end of a connected socket.
#pragma once

#include <elasticbot/adapters/net/http_server.hpp>

namespace elasticbot::net {

// Address of a TCP peer (IPv4 in IPv6 as IPv4), or the uid behind a unix socket.
Peer peer_of(int socket);

// Whether the other end has closed its side, without reading what it may have sent.
bool is_closed_by_peer(int socket);

}  // namespace elasticbot::net
