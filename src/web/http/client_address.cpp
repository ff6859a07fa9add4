// Addresses are compared as 128-bit numbers, IPv4 mapped into IPv6.
#include <elasticbot/base/text.hpp>
#include <elasticbot/web/http/client_address.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace elasticbot::http {

namespace {

using Bytes = std::array<std::uint8_t, 16>;

std::optional<Bytes> parse_v4(std::string_view text) {
    Bytes bytes{};
    bytes[10] = bytes[11] = 0xff;
    const auto parts = text::split(text, '.');
    if (parts.size() != 4) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < 4; ++i) {
        const auto part = parts[i];
        const bool digits = part.find_first_not_of("0123456789") == std::string_view::npos;
        const auto number = text::to_integer(part);
        if (!digits || part.size() > 3 || !number || *number > 255) {
            return std::nullopt;
        }
        bytes.at(12 + i) = static_cast<std::uint8_t>(*number);
    }
    return bytes;
}

// Groups of one side of "::" as bytes; nullopt when one is no group.
std::optional<std::vector<std::uint8_t>> parse_groups(std::string_view text) {
    std::vector<std::uint8_t> bytes;
    if (text.empty()) {
        return bytes;
    }
    const auto groups = text::split(text, ':');
    for (std::size_t i = 0; i < groups.size(); ++i) {
        const auto group = groups[i];
        if (i + 1 == groups.size() && group.find('.') != std::string_view::npos) {
            const auto v4 = parse_v4(group);
            if (!v4) {
                return std::nullopt;
            }
            bytes.insert(bytes.end(), v4->begin() + 12, v4->end());
            continue;
        }
        std::uint16_t value = 0;
        const auto* end = group.data() + group.size();
        const auto parsed = std::from_chars(group.data(), end, value, 16);
        if (group.empty() || group.size() > 4 || parsed.ec != std::errc{} || parsed.ptr != end) {
            return std::nullopt;
        }
        bytes.push_back(static_cast<std::uint8_t>(value >> 8));
        bytes.push_back(static_cast<std::uint8_t>(value & 0xff));
    }
    return bytes;
}

std::optional<Bytes> parse_address(std::string_view text) {
    if (text.find(':') == std::string_view::npos) {
        return parse_v4(text);
    }
    text = text.substr(0, text.find('%'));  // A zone such as fe80::1%eth0.
    const auto gap = text.find("::");
    const auto left = parse_groups(text.substr(0, gap));
    const auto right =
        parse_groups(gap == std::string_view::npos ? std::string_view() : text.substr(gap + 2));
    if (!left || !right) {
        return std::nullopt;
    }
    const auto given = left->size() + right->size();
    if (gap == std::string_view::npos ? given != 16 : given > 14) {
        return std::nullopt;
    }
    Bytes bytes{};
    std::copy(left->begin(), left->end(), bytes.begin());
    std::copy(right->rbegin(), right->rend(), bytes.rbegin());
    return bytes;
}

struct Network {
    Bytes address{};
    int bits = 128;
};

std::optional<Network> parse_network(std::string_view text) {
    const auto slash = text.find('/');
    const auto address = parse_address(text.substr(0, slash));
    if (!address) {
        return std::nullopt;
    }
    Network network{*address, 128};
    if (slash != std::string_view::npos) {
        const bool is_v4 = text.find(':') == std::string_view::npos;
        const auto bits = text::to_integer(text.substr(slash + 1));
        if (!bits || *bits < 0 || *bits > (is_v4 ? 32 : 128)) {
            return std::nullopt;
        }
        network.bits = static_cast<int>(*bits) + (is_v4 ? 96 : 0);
    }
    return network;
}

bool contains(const Network& network, const Bytes& address) {
    for (int bit = 0; bit < network.bits; bit += 8) {
        const auto i = static_cast<std::size_t>(bit / 8);
        const int left = network.bits - bit;
        const auto mask = left >= 8 ? 0xffU : (0xff00U >> left) & 0xffU;
        if ((network.address.at(i) & mask) != (address.at(i) & mask)) {
            return false;
        }
    }
    return true;
}

bool is_in(std::string_view address, std::string_view network) {
    const auto bytes = parse_address(address);
    const auto range = parse_network(network);
    return bytes && range && contains(*range, *bytes);
}

// "203.0.113.7:4711", "[2001:db8::1]:4711", " 203.0.113.7 " → the address alone; "" when it is
// none.
std::string address_of(std::string_view entry) {
    entry = text::trim(entry);
    if (entry.starts_with('[')) {
        entry = entry.substr(1, entry.find(']') - 1);
    } else if (std::ranges::count(entry, ':') == 1) {  // More than one: IPv6 without a port.
        entry = entry.substr(0, entry.find(':'));
    }
    return parse_address(entry) ? std::string(entry) : std::string();
}

}  // namespace

bool is_private_address(std::string_view address) {
    constexpr std::array<std::string_view, 9> networks = {
        "127.0.0.0/8",
        "::1/128",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "169.254.0.0/16",
        "fc00::/7",
        "fe80::/10"
    };
    return std::ranges::any_of(networks, [&](auto network) { return is_in(address, network); });
}

bool is_trusted_proxy(std::string_view peer, const ProxyPolicy& policy) {
    if (peer.empty() || (policy.trust_private_peers && is_private_address(peer))) {
        return true;
    }
    return std::ranges::any_of(policy.trusted, [&](const auto& entry) {
        return entry == "*" || is_in(peer, entry);
    });
}

std::optional<std::string> client_address(const Forwarded& forwarded, const ProxyPolicy& policy) {
    if (!is_trusted_proxy(forwarded.peer, policy)) {
        return std::string(forwarded.peer);
    }
    if (!forwarded.client_header.empty()) {
        auto address = address_of(forwarded.client_header);
        return address.empty() ? std::nullopt : std::optional(std::move(address));
    }
    const auto hops = text::split_list(forwarded.forwarded_for);
    if (hops.empty()) {
        return std::string(forwarded.peer);
    }
    if (policy.proxy_count > 0) {
        const auto behind = std::min(hops.size(), static_cast<std::size_t>(policy.proxy_count));
        auto address = address_of(hops[hops.size() - behind]);
        return address.empty() ? std::nullopt : std::optional(std::move(address));
    }
    // From the right: every hop that a trusted proxy could have added is dropped.
    for (auto hop = hops.rbegin(); hop != hops.rend(); ++hop) {
        auto address = address_of(*hop);
        if (address.empty()) {
            return std::nullopt;
        }
        const bool is_last = std::next(hop) == hops.rend();
        const bool is_hop = is_private_address(address) ||
                            std::ranges::any_of(policy.trusted, [&](const auto& entry) {
                                return is_in(address, entry);
                            });
        if (!is_hop || is_last) {
            return address;
        }
    }
    return std::string(forwarded.peer);
}

bool is_https(const Forwarded& forwarded, const ProxyPolicy& policy) {
    const auto first = text::trim(text::split(forwarded.forwarded_proto, ',').front());
    return text::iequals(first, "https") && is_trusted_proxy(forwarded.peer, policy);
}

}  // namespace elasticbot::http
