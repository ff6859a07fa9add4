// Answers of the control socket, in one piece and byte by byte.
#include <elasticbot/supervisor/control/http_reply.hpp>

#include <gtest/gtest.h>

#include <string>

namespace elasticbot::control {
namespace {

// Byte by byte: a reader that holds for this holds for every split.
HttpReply fed(std::string_view bytes) {
    HttpReply reply;
    for (const char byte : bytes) {
        EXPECT_TRUE(reply.feed(std::string_view(&byte, 1)));
    }
    return reply;
}

TEST(HttpReply, ReadsABodyOfFixedLength) {
    HttpReply reply = fed("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\nhello");

    EXPECT_TRUE(reply.is_complete());
    EXPECT_EQ(reply.status(), 200);
    EXPECT_EQ(reply.take_body(), "hello");
}

TEST(HttpReply, ReadsAnEmptyBody) {
    HttpReply reply = fed("HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n");

    EXPECT_TRUE(reply.is_complete());
    EXPECT_EQ(reply.take_body(), "");
}

TEST(HttpReply, ReadsChunksWithExtensionsAndTrailers) {
    HttpReply reply =
        fed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            "5;x=y\r\nhello\r\nA\r\n, world..!\r\n0\r\nX-End: 1\r\n\r\n");

    EXPECT_TRUE(reply.is_complete());
    EXPECT_EQ(reply.take_body(), "hello, world..!");
}

TEST(HttpReply, HandsOverWhatHasComeSoFar) {
    HttpReply reply = fed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n");

    EXPECT_EQ(reply.take_body(), "one");
    EXPECT_EQ(reply.take_body(), "");
    EXPECT_FALSE(reply.is_complete());
}

TEST(HttpReply, ReadsUntilTheEndWithoutALength) {
    HttpReply reply = fed("HTTP/1.1 200 OK\r\n\r\nhello");
    EXPECT_FALSE(reply.is_complete());

    EXPECT_TRUE(reply.end());
    EXPECT_EQ(reply.take_body(), "hello");
}

TEST(HttpReply, SkipsAnInterimAnswer) {
    HttpReply reply =
        fed("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");

    EXPECT_EQ(reply.status(), 404);
    EXPECT_TRUE(reply.is_complete());
}

TEST(HttpReply, IsAnErrorWhenTheConnectionEndsInside) {
    EXPECT_FALSE(fed("").end());
    EXPECT_FALSE(fed("HTTP/1.1 200 OK\r\n").end());
    EXPECT_FALSE(fed("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell").end());
}

TEST(HttpReply, RefusesWhatIsNotHttp) {
    EXPECT_FALSE(HttpReply().feed("SSH-2.0-OpenSSH_9.2\r\n"));
    EXPECT_FALSE(HttpReply().feed("HTTP/1.1 OK\r\n"));
    EXPECT_FALSE(HttpReply().feed("HTTP/1.1 200 OK\r\nno colon\r\n"));
    EXPECT_FALSE(HttpReply().feed("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n"));
    EXPECT_FALSE(HttpReply().feed("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n"));
    EXPECT_FALSE(HttpReply().feed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"));
    EXPECT_FALSE(HttpReply().feed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n"
    ));
}

TEST(HttpReply, RefusesALineWithoutEnd) {
    EXPECT_FALSE(HttpReply().feed(std::string(100'000, 'x')));
}

}  // namespace
}  // namespace elasticbot::control
