// Who the client is behind proxies, and which scheme it used. (decision 37, deploy.md D-HTTP-5)
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace elasticbot::http {

struct ProxyPolicy {
    std::vector<std::string> trusted;  // Addresses or networks ("10.0.0.0/8"); "*": every peer.
    bool trust_private_peers = false;  // On a detected host.
    int proxy_count = 0;               // > 0: the n-th entry of X-Forwarded-For from the right.
    std::string
        client_header;  // "X-Real-IP", "Fly-Client-IP": goes before X-Forwarded-For. Empty: none.
};

struct Forwarded {
    std::string_view peer;             // Numeric address; empty on a unix socket, which is trusted.
    std::string_view forwarded_for;    // X-Forwarded-For
    std::string_view forwarded_proto;  // X-Forwarded-Proto
    std::string_view client_header;    // Value of ProxyPolicy::client_header
};

bool is_trusted_proxy(std::string_view peer, const ProxyPolicy& policy);

// Numeric address of the client. Headers of an untrusted peer do not count. nullopt: a trusted
// proxy sent something that is no address.
std::optional<std::string> client_address(const Forwarded& forwarded, const ProxyPolicy& policy);

// Whether a trusted proxy says https.
bool is_https(const Forwarded& forwarded, const ProxyPolicy& policy);

// 10/8, 172.16/12, 192.168/16, 100.64/10, 169.254/16, fc00::/7, fe80::/10, and loopback.
bool is_private_address(std::string_view address);

}  // namespace elasticbot::http
