// Client address behind proxies. (decision 37)
#include <elasticbot/web/http/client_address.hpp>

#include <gtest/gtest.h>

namespace elasticbot::http {
namespace {

const ProxyPolicy loopback{.trusted = {"127.0.0.1", "::1"}};

TEST(ClientAddress, HeadersOfAnUntrustedPeerDoNotCount) {
    EXPECT_EQ(
        client_address({.peer = "198.51.100.9", .forwarded_for = "192.0.2.1"}, loopback),
        "198.51.100.9"
    );
    EXPECT_FALSE(is_https({.peer = "198.51.100.9", .forwarded_proto = "https"}, loopback));
}

TEST(ClientAddress, TrustedHopsAreDroppedFromTheRight) {
    EXPECT_EQ(
        client_address(
            {.peer = "127.0.0.1", .forwarded_for = "6.6.6.6, 192.0.2.1, 10.0.0.2"}, loopback
        ),
        "192.0.2.1"
    );
}

TEST(ClientAddress, WhenEveryHopIsTrustedTheFirstIsTheClient) {
    EXPECT_EQ(
        client_address({.peer = "127.0.0.1", .forwarded_for = "10.0.0.3, 10.0.0.2"}, loopback),
        "10.0.0.3"
    );
}

TEST(ClientAddress, WithoutTheHeaderThePeerIsTheClient) {
    EXPECT_EQ(client_address({.peer = "127.0.0.1"}, loopback), "127.0.0.1");
}

TEST(ClientAddress, APortBehindTheAddressIsCutOff) {
    EXPECT_EQ(
        client_address({.peer = "::1", .forwarded_for = "192.0.2.1:4711"}, loopback), "192.0.2.1"
    );
    EXPECT_EQ(
        client_address({.peer = "::1", .forwarded_for = "[2001:db8::7]:4711"}, loopback),
        "2001:db8::7"
    );
}

TEST(ClientAddress, AMalformedHeaderGivesNoAddress) {  // elasticbot-api.md A-XFF
    EXPECT_EQ(
        client_address({.peer = "127.0.0.1", .forwarded_for = "unknown"}, loopback), std::nullopt
    );
    EXPECT_EQ(
        client_address({.peer = "127.0.0.1", .forwarded_for = "1.2.3.4.5"}, loopback), std::nullopt
    );
}

TEST(ClientAddress, AProxyCountTakesThatEntryFromTheRight) {
    const ProxyPolicy policy{.trusted = {"*"}, .proxy_count = 2};

    EXPECT_EQ(
        client_address(
            {.peer = "8.8.8.8", .forwarded_for = "6.6.6.6, 192.0.2.1, 192.0.2.2"}, policy
        ),
        "192.0.2.1"
    );
    EXPECT_EQ(
        client_address({.peer = "8.8.8.8", .forwarded_for = "192.0.2.2"}, policy), "192.0.2.2"
    );
}

TEST(ClientAddress, ThePlatformsOwnHeaderGoesFirst) {  // deploy.md D-HTTP-5
    const ProxyPolicy policy{.trust_private_peers = true, .client_header = "X-Real-IP"};

    EXPECT_EQ(
        client_address(
            {.peer = "10.1.2.3", .forwarded_for = "6.6.6.6", .client_header = "192.0.2.9"}, policy
        ),
        "192.0.2.9"
    );
}

TEST(TrustedProxy, NetworksOfBothFamiliesAreUnderstood) {
    const ProxyPolicy policy{.trusted = {"10.0.0.0/8", "fd12::/16"}};

    EXPECT_TRUE(is_trusted_proxy("10.255.0.1", policy));
    EXPECT_FALSE(is_trusted_proxy("11.0.0.1", policy));
    EXPECT_TRUE(is_trusted_proxy("fd12:3456::1", policy));
    EXPECT_FALSE(is_trusted_proxy("fd13::1", policy));
}

TEST(TrustedProxy, PrivatePeersCountWhereTheHostIsKnown) {
    EXPECT_TRUE(is_trusted_proxy("192.168.1.4", {.trust_private_peers = true}));
    EXPECT_FALSE(is_trusted_proxy("8.8.8.8", {.trust_private_peers = true}));
}

TEST(PrivateAddress, KnowsTheRanges) {
    for (const auto* address :
         {"127.8.8.8",
          "10.0.0.1",
          "172.31.0.1",
          "192.168.0.1",
          "100.64.0.1",
          "::1",
          "fd00::1",
          "fe80::1"}) {
        EXPECT_TRUE(is_private_address(address)) << address;
    }
    for (const auto* address : {"172.32.0.1", "8.8.8.8", "2001:db8::1", "", "localhost"}) {
        EXPECT_FALSE(is_private_address(address)) << address;
    }
}

}  // namespace
}  // namespace elasticbot::http
