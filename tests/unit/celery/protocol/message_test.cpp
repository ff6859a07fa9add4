// What a reader must accept, and what it must refuse. (celery-wire.md 3 to 6)
#include <elasticbot/base/base64.hpp>
#include <elasticbot/celery/protocol/compression.hpp>
#include <elasticbot/celery/protocol/keys.hpp>
#include <elasticbot/celery/protocol/message.hpp>
#include <elasticbot/celery/protocol/python_json.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace elasticbot::celery {
namespace {

// An envelope around a plain body text.
Envelope with_body(std::string body, Json headers = {{"task", "t"}, {"id", "i"}}) {
    return {Json{
        {"body", std::move(body)}, {"headers", std::move(headers)}, {"properties", Json::object()}
    }};
}

TEST(PythonJson, AcceptsTheTokensThatPythonWrites) {
    auto value =
        python_json::parse(R"({"a": NaN, "b": [Infinity, -Infinity], "c": "NaN, -Infinity"})")
            .value();

    EXPECT_TRUE(std::isnan(value["a"].get<double>()));
    EXPECT_GT(value["b"][0].get<double>(), 1e308);
    EXPECT_LT(value["b"][1].get<double>(), -1e308);
    EXPECT_EQ(value["c"], "NaN, -Infinity");
    EXPECT_EQ(
        python_json::dump(value), R"({"a":NaN,"b":[Infinity,-Infinity],"c":"NaN, -Infinity"})"
    );
}

TEST(PythonJson, RefusesIntegersThatItCannotKeep) {
    EXPECT_EQ(
        python_json::parse("[18446744073709551615, -9223372036854775808]").value()[0],
        18446744073709551615U
    );
    EXPECT_THAT(
        python_json::parse("[18446744073709551616]").error().message,
        testing::HasSubstr("does not fit 64 bits")
    );
    EXPECT_FALSE(python_json::parse("[-9223372036854775809]"));
    EXPECT_TRUE(python_json::parse("[12345678901234567890123.5]"));
}

TEST(PythonJson, ReplacesLoneSurrogatesAndKeepsPairs) {
    EXPECT_EQ(python_json::parse(R"("a\ud800b")").value(), "a\uFFFDb");
    EXPECT_EQ(python_json::parse(R"("\udc00")").value(), "\uFFFD");
    EXPECT_EQ(python_json::parse(R"("\ud83d\ude80 \\ud800")").value(), "\U0001F680 \\ud800");
}

TEST(PythonJson, RefusesWhatIsNoJson) {
    for (const char* text : {"", "{", "nan", "[1,]", "\"\\ud8", "\"", "NaN NaN"}) {
        EXPECT_FALSE(python_json::parse(text)) << text;
    }
}

TEST(PythonRepr, LooksAsInPython) {
    EXPECT_EQ(python_json::tuple_repr({2, 3}), "(2, 3)");
    EXPECT_EQ(python_json::tuple_repr(Json::array({17})), "(17,)");
    EXPECT_EQ(python_json::tuple_repr(Json::array()), "()");
    EXPECT_EQ(
        python_json::repr({{"a", nullptr}, {"b", true}, {"c", 1.0}}),
        "{'a': None, 'b': True, 'c': 1.0}"
    );
    EXPECT_EQ(python_json::repr("it's"), "\"it's\"");
    EXPECT_EQ(python_json::repr(std::string(2000, 'x')).size(), 1024U);
}

TEST(Base64, GivesBackWhatWentIn) {
    std::string bytes;
    for (int i = 0; i < 300; ++i) {
        EXPECT_EQ(base64::decode(base64::encode(bytes)).value(), bytes);
        bytes += static_cast<char>(i * 7);
    }
    EXPECT_EQ(base64::encode("any carnal pleas"), "YW55IGNhcm5hbCBwbGVhcw==");
    EXPECT_FALSE(base64::decode("a*b="));
}

TEST(Message, WithoutHeadersPropertiesOrBodyIsNoTaskAndNoCrash) {
    for (const char* text :
         {"{}",
          R"({"headers":null,"properties":[]})",
          R"({"body":5})",
          R"({"body":"%%","properties":{"body_encoding":"base64"}})"}) {
        auto envelope = decode_envelope(text);
        ASSERT_TRUE(envelope) << text;
        EXPECT_TRUE(std::holds_alternative<Refused>(decode_task(*envelope))) << text;
    }
    EXPECT_FALSE(decode_envelope("[]"));
    EXPECT_FALSE(decode_envelope("not json"));
}

TEST(Message, IsReadAsPlainTextWithoutBodyEncoding) {
    auto task = std::get<TaskMessage>(decode_task(with_body(R"([[1], {"k": 2}, {}])")));

    EXPECT_EQ(task.args, Json::array({1}));
    EXPECT_EQ(task.kwargs["k"], 2);
    EXPECT_EQ(task.root_id, "i");
}

TEST(Message, ReadsPriorityAsNumberTextOrNull) {
    auto priority = [](Json value) {
        return Envelope{Json{{"properties", {{"priority", std::move(value)}}}}}.priority();
    };
    EXPECT_EQ(priority(5), 5);
    EXPECT_EQ(priority("7"), 7);
    EXPECT_EQ(priority(nullptr), 0);
    EXPECT_EQ(priority("high"), 0);
    EXPECT_EQ(priority(99), 9);
    EXPECT_EQ(priority(-3), 0);
}

TEST(Message, ReadsTheHardLimitFirst) {
    auto task = std::get<TaskMessage>(
        decode_task(with_body("[[],{},{}]", {{"task", "t"}, {"id", "i"}, {"timelimit", {10, 4.5}}}))
    );

    EXPECT_EQ(task.hard_limit, 10s);
    EXPECT_EQ(task.soft_limit, 4500ms);
}

TEST(Message, WithATimeThatCannotBeReadIsRefusedWithItsId) {
    auto refused = std::get<Refused>(
        decode_task(with_body("[[],{},{}]", {{"task", "t"}, {"id", "i"}, {"eta", "tomorrow"}}))
    );

    EXPECT_EQ(refused.id, "i");
    EXPECT_EQ(refused.exception, "InvalidTaskError");
    EXPECT_THAT(refused.message, testing::HasSubstr("eta"));
}

TEST(Message, WithArgumentsOfTheWrongShapeIsRefused) {
    for (const char* body :
         {R"([[], [], {}])", R"([5, {}, {}])", R"([])", R"("text")", R"({"args": []})"}) {
        Json headers = {{"id", "i"}};
        EXPECT_TRUE(std::holds_alternative<Refused>(decode_task(with_body(body, headers)))) << body;
    }
}

TEST(Message, OfBothProtocolsAtOnceTakesTheHeadersWord) {
    auto task = std::get<TaskMessage>(decode_task(with_body(
        R"({"task": "old", "id": "x", "args": [1], "kwargs": {}, "retries": 1})",
        {{"task", "new"}, {"id", "i"}, {"retries", 2}}
    )));

    EXPECT_EQ(task.name, "new");
    EXPECT_EQ(task.id.value(), "i");
    EXPECT_EQ(task.retries, 2);
    EXPECT_EQ(task.args, Json::array({1}));
}

TEST(Message, CarriesTheDueTimeOfItsSlot) {
    NewTask task{
        .name = "t",
        .id = TaskId("i"),
        .due = parse_rfc3339("2026-11-22T14:30:00Z").value(),
        .periodic_task_name = "scrape"
    };

    auto decoded = std::get<TaskMessage>(decode_task(make_task(task, WallTime{})));

    EXPECT_EQ(decoded.due, task.due);
    EXPECT_EQ(decoded.periodic_task_name, "scrape");
}

TEST(Message, BodiesAreOpenedOnlyUpToTheLimit) {
    auto envelope = with_body(
        "eJxLTBwFo2AUDHcAADHqXqE=",
        {{"task", "t"}, {"id", "i"}, {"compression", "application/x-gzip"}}
    );
    envelope.document["properties"]["body_encoding"] = "base64";

    EXPECT_FALSE(body_text(envelope, 10));
    EXPECT_EQ(decompress("application/x-bz2", "", 10).error().code, Errc::invalid);
    EXPECT_EQ(decompress("gzip", "garbage", 10).error().code, Errc::invalid);
}

TEST(Keys, AreThoseOfKombu) {
    EXPECT_EQ(
        keys::queue("celery", 5),
        "celery\x06\x16"
        "3"
    );
    EXPECT_EQ(keys::queue("celery", 0), "celery");
    EXPECT_EQ(
        keys::queue_of_list("a\x06\x16"
                            "b\x06\x16"
                            "9"),
        "a\x06\x16"
        "b"
    );
    EXPECT_EQ(
        keys::fanout_channel(0, "celeryev", "worker.heartbeat"), "/0.celeryev/worker.heartbeat"
    );
    EXPECT_EQ(
        keys::binding_member("celery", "celery"),
        "celery\x06\x16\x06\x16"
        "celery"
    );
    EXPECT_EQ(keys::bound_queue("key\x06\x16\x06\x16queue", "key"), "queue");
    EXPECT_EQ(keys::bound_queue("key\x06\x16\x06\x16queue", "other"), "");
    EXPECT_THAT(
        keys::queue_lists({"a", "b"}),
        testing::ElementsAre(
            "a",
            "b",
            "a\x06\x16"
            "3",
            "b\x06\x16"
            "3",
            "a\x06\x16"
            "6",
            "b\x06\x16"
            "6",
            "a\x06\x16"
            "9",
            "b\x06\x16"
            "9"
        )
    );
}

}  // namespace
}  // namespace elasticbot::celery
