// The HTTP client against a server of raw sockets that misbehaves as told.
#include "raw_server.hpp"

#include <elasticbot/adapters/http/client.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace elasticbot::http {
namespace {

using test::answer_with;
using test::RawServer;
using test::send_text;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(HttpClient, PostsABodyAndReturnsStatusHeadersAndBody) {
    std::string seen;
    RawServer server([&](int descriptor, const std::string& request) {
        seen = request;
        send_text(descriptor, answer_with("201 Created", "X-Thing:  a value \r\n", "hello"));
    });

    const auto response = fetch(
        {.method = "POST",
         .url = server.url("/search"),
         .headers = {{"Content-Type", "application/json"}, {"User-Agent", "test/1"}},
         .body = R"({"page":1})"}
    );

    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->status, 201);
    EXPECT_EQ(response->body, "hello");
    EXPECT_EQ(net::find_header(response->headers, "x-thing"), "a value");
    EXPECT_THAT(seen, StartsWith("POST /search HTTP/1.1\r\n"));
    EXPECT_THAT(
        seen,
        AllOf(HasSubstr("Content-Type: application/json\r\n"), HasSubstr("User-Agent: test/1\r\n"))
    );
    EXPECT_THAT(seen, AllOf(HasSubstr("\r\n\r\n{\"page\":1}"), Not(HasSubstr("Expect:"))));
}

TEST(HttpClient, TakesAnErrorStatusAsAnAnswer) {
    RawServer server([](int descriptor, const std::string&) {
        send_text(
            descriptor, answer_with("429 Too Many Requests", "Retry-After: 7\r\n", "slow down")
        );
    });

    const auto response = fetch({.url = server.url()});

    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 429);
    EXPECT_EQ(retry_after(response->headers, WallTime()), Duration(7s));
}

TEST(HttpClient, FollowsRedirectsAndKeepsTheHeadersOfTheLastAnswerOnly) {
    RawServer server([](int descriptor, const std::string& request) {
        const bool is_old = request.starts_with("GET /old ");
        send_text(
            descriptor,
            is_old ? answer_with("302 Found", "Location: /new\r\nX-Hop: first\r\n", "")
                   : answer_with("200 OK", "", "there")
        );
    });

    const auto response = fetch({.url = server.url("/old")});

    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->body, "there");
    EXPECT_EQ(net::find_header(response->headers, "X-Hop"), "");
    EXPECT_THAT(response->effective_url, ::testing::EndsWith("/new"));
}

TEST(HttpClient, GivesUpOnARedirectLoopAndOnAnotherScheme) {
    RawServer loop([](int descriptor, const std::string&) {
        send_text(descriptor, answer_with("302 Found", "Location: /again\r\n", ""));
    });
    RawServer escape([](int descriptor, const std::string&) {
        send_text(descriptor, answer_with("302 Found", "Location: file:///etc/passwd\r\n", ""));
    });

    EXPECT_EQ(fetch({.url = loop.url()}).error().code, Errc::invalid);
    EXPECT_EQ(fetch({.url = escape.url()}).error().code, Errc::invalid);
}

TEST(HttpClient, ReturnsTheRedirectItselfWhenItIsNotToFollow) {
    RawServer server([](int descriptor, const std::string&) {
        send_text(descriptor, answer_with("302 Found", "Location: /new\r\n", ""));
    });

    EXPECT_EQ(fetch({.url = server.url(), .follow_redirects = false})->status, 302);
}

TEST(HttpClient, CutsABodyThatDripsBeyondTheTimeOut) {
    RawServer* self = nullptr;
    RawServer server([&](int descriptor, const std::string&) {
        send_text(descriptor, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx");
        self->wait_for_hang_up(descriptor);
    });
    self = &server;

    const auto response = fetch({.url = server.url(), .timeout = 200ms});

    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, Errc::timeout);
    EXPECT_THAT(response.error().message, StartsWith("cannot fetch from 127.0.0.1:"));
}

TEST(HttpClient, RefusesABodyAboveTheLimit) {
    RawServer server([](int descriptor, const std::string&) {
        send_text(descriptor, answer_with("200 OK", "", std::string(2000, 'x')));
    });

    EXPECT_EQ(fetch({.url = server.url(), .max_body_bytes = 2000})->body.size(), 2000U);
    const auto response = fetch({.url = server.url(), .max_body_bytes = 1999});

    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, Errc::exhausted);
    EXPECT_THAT(response.error().message, HasSubstr("larger than"));
}

TEST(HttpClient, CallsADroppedConnectionAndATruncatedBodyUnavailable) {
    RawServer dropped([](int, const std::string&) {});
    RawServer truncated([](int descriptor, const std::string&) {
        send_text(descriptor, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort");
    });

    EXPECT_EQ(fetch({.url = dropped.url()}).error().code, Errc::unavailable);
    EXPECT_EQ(fetch({.url = truncated.url()}).error().code, Errc::unavailable);
}

TEST(HttpClient, NamesTheHostAndNeverThePasswordWhenNobodyListens) {
    const auto response = fetch({.url = "http://user:hunter2@127.0.0.1:1/secret?token=abc"});

    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, Errc::unavailable);
    EXPECT_THAT(response.error().message, HasSubstr("127.0.0.1:1"));
    EXPECT_THAT(response.error().message, AllOf(Not(HasSubstr("hunter2")), Not(HasSubstr("abc"))));
}

TEST(HttpClient, RefusesWhatIsNotAnHttpUrl) {
    EXPECT_EQ(fetch({.url = "ftp://127.0.0.1/"}).error().code, Errc::invalid);
    EXPECT_EQ(fetch({.url = ""}).error().code, Errc::invalid);
}

TEST(RetryAfter, IsSecondsOrADateAndNothingElse) {
    const auto now = parse_rfc3339("2015-10-21T07:27:30Z").value();
    const auto header = [](std::string value) {
        return net::Headers{{"retry-after", std::move(value)}};
    };

    EXPECT_EQ(retry_after(header("120"), now), Duration(120s));
    EXPECT_EQ(retry_after(header("Wed, 21 Oct 2015 07:28:00 GMT"), now), Duration(30s));
    EXPECT_EQ(retry_after(header("Wed, 21 Oct 2015 07:00:00 GMT"), now), Duration(0s)) << "past";
    EXPECT_FALSE(retry_after(header("-5"), now).has_value());
    EXPECT_FALSE(retry_after(header("soon"), now).has_value());
    EXPECT_FALSE(retry_after({}, now).has_value());
}

TEST(HostOf, LeavesOutSchemeCredentialsAndPath) {
    EXPECT_EQ(host_of("https://a:b@example.org:8443/x?y#z"), "example.org:8443");
    EXPECT_EQ(host_of("http://[::1]:80/"), "[::1]:80");
}

}  // namespace
}  // namespace elasticbot::http
