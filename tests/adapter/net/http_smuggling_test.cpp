// Published ways to smuggle a request past a proxy: each is answered 400, and what stands behind it
// is not read as a request.
#include <elasticbot/adapters/net/http_server.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include <sys/socket.h>
#include <unistd.h>

namespace elasticbot::net {
namespace {

struct Answer {
    std::string text;
    std::vector<std::string> served;  // Targets that the handler has seen.
    std::string trailing;             // What the handler found in the header X-Behind.
};

// Sends `bytes` and ends the sending side; everything that comes back.
Answer answer_to(std::string_view bytes) {
    Answer answer;
    boost::asio::io_context io{1};
    HttpServer server(io.get_executor(), {}, [&](HttpRequest request) -> awaitable<HttpResponse> {
        answer.served.push_back(request.target);
        answer.trailing += find_header(request.headers, "X-Behind");
        co_return HttpResponse{};
    });
    const auto path = fmt::format("{}smuggling-{}", ::testing::TempDir(), ::getpid());
    auto bound = listen_unix(path);
    EXPECT_TRUE(bound);
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    ::getsockname(bound->get(), reinterpret_cast<sockaddr*>(&address), &length);
    const os::Fd client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::connect(client.get(), reinterpret_cast<sockaddr*>(&address), length), 0);
    server.listen(*std::move(bound));
    std::thread loop([&] { io.run(); });
    ::send(client.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    ::shutdown(client.get(), SHUT_WR);
    std::array<char, 4096> buffer{};
    for (;;) {
        const auto got = ::recv(client.get(), buffer.data(), buffer.size(), 0);
        if (got <= 0) {
            break;
        }
        answer.text.append(buffer.data(), static_cast<std::size_t>(got));
    }
    boost::asio::co_spawn(io, server.stop(now()), [](std::exception_ptr) {});
    loop.join();
    ::unlink(path.c_str());
    return answer;
}

struct Case {
    const char* name;
    std::string bytes;
};

void PrintTo(const Case& each, std::ostream* out) {
    *out << each.name;
}

constexpr std::string_view hidden = "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n";

// `fields` in a request whose body, for one who reads them otherwise, is the hidden request.
std::string post(std::string_view fields, std::string_view version = "1.1") {
    return fmt::format("POST / HTTP/{}\r\nHost: a\r\n{}\r\n0\r\n\r\n{}", version, fields, hidden);
}

class Smuggling : public ::testing::TestWithParam<Case> {};

TEST_P(Smuggling, IsABadRequestAndEndsTheConnection) {
    const auto answer = answer_to(GetParam().bytes);

    EXPECT_THAT(answer.text, ::testing::StartsWith("HTTP/1.1 400 "));
    EXPECT_THAT(answer.text, ::testing::HasSubstr("Connection: close\r\n"));
    EXPECT_THAT(answer.served, ::testing::IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    Published,
    Smuggling,
    ::testing::Values(
        Case{"UnknownCoding", post("Transfer-Encoding: xchunked\r\n")},
        Case{"Identity", post("Transfer-Encoding: identity\r\n")},
        Case{"Gzip", post("Transfer-Encoding: gzip\r\n")},
        Case{"GzipThenChunked", post("Transfer-Encoding: gzip, chunked\r\n")},
        Case{"ChunkedThenIdentity", post("Transfer-Encoding: chunked, identity\r\n")},
        Case{"EmptyCoding", post("Transfer-Encoding:\r\n")},
        Case{"QuotedCoding", post("Transfer-Encoding: \"chunked\"\r\n")},
        Case{"ChunkedTwice", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")},
        Case{"ChunkedAndOther", post("Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n")},
        Case{"LengthThenCoding", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")},
        Case{"CodingThenLength", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")},
        Case{"LengthAndUnknownCoding", post("Content-Length: 5\r\nTransfer-Encoding: x\r\n")},
        Case{"ChunkedInHttp10", post("Transfer-Encoding: chunked\r\n", "1.0")},
        Case{"DifferentLengths", post("Content-Length: 0\r\nContent-Length: 5\r\n")},
        Case{"ListOfLengths", post("Content-Length: 0, 5\r\n")},
        Case{"LengthWithPlus", post("Content-Length: +5\r\n")},
        Case{"LengthWithMinus", post("Content-Length: -5\r\n")},
        Case{"LengthWithBlank", post("Content-Length: 5 0\r\n")},
        Case{"LengthInHex", post("Content-Length: 0x5\r\n")},
        Case{"LengthTooLarge", post("Content-Length: 99999999999999999999\r\n")},
        Case{"EmptyLength", post("Content-Length:\r\n")},
        Case{"BlankBeforeColon", post("Transfer-Encoding : chunked\r\n")},
        Case{"TwoHosts", post("Host: b\r\nContent-Length: 5\r\n")},
        Case{
            "ChunkSizeOverflow",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            "10000000000000005\r\nhello\r\n0\r\n\r\n"
        },
        Case{
            "ChunkSizeWithSign",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            "+5\r\nhello\r\n0\r\n\r\n"
        },
        Case{"BareLineFeedInAField", post("X: y\nTransfer-Encoding: chunked\r\n")},
        Case{"NoColon", post("Transfer-Encoding chunked\r\n")}
    ),
    [](const auto& info) { return std::string(info.param.name); }
);

TEST(Framing, AChunkedBodyIsReadAndTheNextRequestServed) {
    const auto answer = answer_to(fmt::format(
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n{}",
        hidden
    ));

    EXPECT_THAT(answer.served, ::testing::ElementsAre("/", "/hidden"));
}

TEST(Framing, AFieldBehindTheLastChunkIsNoHeader) {
    const auto answer = answer_to(
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Behind: x\r\n\r\n"
    );

    EXPECT_THAT(answer.served, ::testing::ElementsAre("/"));
    EXPECT_EQ(answer.trailing, "");
}

}  // namespace
}  // namespace elasticbot::net
