// The URL forms of celery-wire.md 1.1.
#include <elasticbot/adapters/redis/url.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace elasticbot::redis {
namespace {

Target only(std::string_view url) {
    auto targets = parse_url(Secret(std::string(url)));
    if (!targets || targets->size() != 1) {
        ADD_FAILURE() << url << ": " << (targets ? "several targets" : targets.error().message);
        return {};
    }
    return targets->front();
}

std::string refusal(std::string_view url) {
    auto targets = parse_url(Secret(std::string(url)));
    return targets ? "" : targets.error().message;
}

TEST(RedisUrl, OfTcpHasDefaultsForEverything) {
    EXPECT_EQ(only("redis://"), Target{});
    EXPECT_EQ(only("redis://h").host, "h");
    EXPECT_EQ(only("redis://:6380").port, 6380);
    EXPECT_EQ(only("redis://h/").database, 0);
    EXPECT_EQ(only("redis://h:1/7").database, 7);
    EXPECT_EQ(only("redis://h:1//7").database, 7);
    EXPECT_EQ(only("redis://[::1]:6380/2").host, "::1");
    EXPECT_TRUE(only("rediss://h").tls);
}

TEST(RedisUrl, PartsArePercentDecoded) {
    auto target = only("redis://us%40er:p%2Fw%3A@h/1");

    EXPECT_EQ(target.user, "us@er");
    EXPECT_EQ(target.password.reveal(), "p/w:");
    EXPECT_EQ(only("redis://:pw@h").password.reveal(), "pw");
    EXPECT_EQ(only("redis://:pw@h").user, "");
}

TEST(RedisUrl, OfASocketTakesItsDatabaseFromTheQuery) {
    EXPECT_EQ(only("redis+socket:///run/r.sock?virtual_host=2").socket_path, "/run/r.sock");
    EXPECT_EQ(only("redis+socket:///run/r.sock?virtual_host=2").database, 2);
    EXPECT_EQ(only("socket:///run/r.sock?db=3").database, 3);
    EXPECT_EQ(only("unix:///run/r%20s.sock").socket_path, "/run/r s.sock");
}

TEST(RedisUrl, ListsKeepTheirOrder) {
    auto targets = parse_url(Secret("redis://a/0;redis://b:7/1")).value();

    ASSERT_EQ(targets.size(), 2U);
    EXPECT_EQ(to_string(targets[0]), "a:6379");
    EXPECT_EQ(to_string(targets[1]), "b:7");
    EXPECT_TRUE(parse_url(Secret("sentinel://s1:26379/0;sentinel://s2")).value()[1].is_sentinel);
    EXPECT_EQ(parse_url(Secret("sentinel://s1")).value()[0].port, 26379);
}

TEST(RedisUrl, ThatCannotBeUsedIsRefusedWithTheReason) {
    using testing::HasSubstr;
    EXPECT_THAT(refusal(""), HasSubstr("empty"));
    EXPECT_THAT(refusal("localhost:6379"), HasSubstr("redis://host:6379/0"));
    EXPECT_THAT(refusal("http://h"), HasSubstr("unknown scheme 'http'"));
    EXPECT_THAT(refusal("redis+cluster://h"), HasSubstr("cluster"));
    EXPECT_THAT(refusal("redis://h:port"), HasSubstr("port 'port'"));
    EXPECT_THAT(refusal("redis://h:70000"), HasSubstr("port '70000'"));
    EXPECT_THAT(refusal("redis://h/main"), HasSubstr("database 'main'"));
    EXPECT_THAT(refusal("${{Redis.REDIS_URL}}"), HasSubstr("not resolved"));
    EXPECT_THAT(refusal("redis://[::1"), HasSubstr("']'"));
    EXPECT_THAT(refusal("redis+socket://relative"), HasSubstr("absolute path"));
}

TEST(RedisUrl, ErrorsNeverShowThePassword) {
    for (const char* url :
         {"redis://:sesame%zz@h",
          "redis://u:sesame@h:port",
          "foo://u:sesame@h",
          "redis://:sesame@h/x"}) {
        EXPECT_THAT(refusal(url), testing::Not(testing::HasSubstr("sesame"))) << url;
        EXPECT_NE(refusal(url), "");
    }
}

}  // namespace
}  // namespace elasticbot::redis
