// What is written as XML-RPC can be read by every client. (supervisord-compat.md 12)
#include <elasticbot/supervisord/xmlrpc/xmlrpc.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace elasticbot::xmlrpc {

namespace {

using ::testing::HasSubstr;

// Through a document and back.
Value returned(const Value& value) {
    const auto response = parse_response(to_text(value));
    if (!response || !std::holds_alternative<Value>(*response)) {
        ADD_FAILURE() << (response ? "a fault" : response.error().message);
        return {};
    }
    return std::get<Value>(*response);
}

}  // namespace

TEST(XmlRpcWriter, WritesAsSupervisordDoes) {
    const Struct state{
        {.name = "statecode", .value = 1}, {.name = "statename", .value = "RUNNING"}
    };

    EXPECT_EQ(
        to_text(Value(state)),
        "<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n<value><struct>\n<member>\n"
        "<name>statecode</name>\n<value><int>1</int></value>\n</member>\n<member>\n"
        "<name>statename</name>\n<value><string>RUNNING</string></value>\n</member>\n"
        "</struct></value>\n</param>\n</params>\n</methodResponse>\n"
    );
    EXPECT_EQ(
        to_text(Fault{.code = 1, .text = "UNKNOWN_METHOD"}),
        "<?xml version='1.0'?>\n<methodResponse>\n<fault>\n<value><struct>\n<member>\n"
        "<name>faultCode</name>\n<value><int>1</int></value>\n</member>\n<member>\n"
        "<name>faultString</name>\n<value><string>UNKNOWN_METHOD</string></value>\n</member>\n"
        "</struct></value>\n</fault>\n</methodResponse>\n"
    );
    EXPECT_EQ(
        to_text(Call{.method = "a.b", .params = {true, Array{}}}),
        "<?xml version='1.0'?>\n<methodCall>\n<methodName>a.b</methodName>\n<params>\n<param>\n"
        "<value><boolean>1</boolean></value>\n</param>\n<param>\n"
        "<value><array><data>\n</data></array></value>\n</param>\n</params>\n</methodCall>\n"
    );
}

TEST(XmlRpcWriter, StreamsWhatAValueWouldSay) {
    std::string streamed;
    Writer write(streamed);
    write.begin_response();
    write.begin_array();
    write.begin_struct();
    write.member("name", "web");
    write.member("pid", 12);
    write.member("inuse", true);
    write.begin_member("exitcodes");
    write.begin_array();
    write.integer(0);
    write.end_array();
    write.end_member();
    write.end_struct();
    write.end_array();
    write.end_response();

    EXPECT_EQ(
        streamed,
        to_text(Value(Array{Struct{
            {.name = "name", .value = "web"},
            {.name = "pid", .value = 12},
            {.name = "inuse", .value = true},
            {.name = "exitcodes", .value = Array{0}}
        }}))
    );
}

TEST(XmlRpcWriter, GivesBackEachValue) {
    const Value all(Array{
        Value(),
        -3,
        false,
        0.1,
        1e300,
        "",
        " <&>\"' \r\n\t h\xc3\xa9 \xf0\x9f\x98\x80 ]]>",
        DateTime{"20261122T15:44:59"},
        Binary{std::string("\0\xff<", 3)},
        Array{},
        Struct{{.name = "<&>", .value = Array{Array{1}}}, {.name = "", .value = 2}}
    });

    EXPECT_EQ(returned(all), all);
}

TEST(XmlRpcWriter, CapsNumbersAtThirtyTwoBits) {
    EXPECT_EQ(returned(std::int64_t{5'000'000'000}), Value(2'147'483'647));
    EXPECT_EQ(returned(std::int64_t{-5'000'000'000}), Value(-2'147'483'648LL));
}

TEST(XmlRpcWriter, ReplacesWhatXmlCannotCarry) {
    const auto text = [](std::string_view bytes) { return *returned(Value(bytes)).text(); };

    EXPECT_EQ(text("\x1b[31mred\x1b[0m"), "\xEF\xBF\xBD[31mred\xEF\xBF\xBD[0m");
    EXPECT_EQ(
        text(std::string_view("a\0b", 3)),
        "a\xEF\xBF\xBD"
        "b"
    );
    EXPECT_EQ(text("caf\xe9!"), "caf\xEF\xBF\xBD!");
    EXPECT_EQ(text("cut \xc3"), "cut \xEF\xBF\xBD");
    EXPECT_EQ(text("\xEF\xBF\xBE\xEF\xBF\xBF\xEF\xBF\xBD"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
    EXPECT_EQ(text("\x7f"), "\x7f");
    EXPECT_EQ(text("\xed\xa0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // A surrogate.
}

TEST(XmlRpcWriter, SurvivesEveryByteAtEveryPlace) {
    for (int byte = 0; byte < 256; ++byte) {
        const char character = static_cast<char>(byte);
        const std::string text{character, 'a', character, character};
        const Value read = returned(Value(text));
        ASSERT_NE(read.text(), nullptr) << byte;
        EXPECT_THAT(*read.text(), HasSubstr("a")) << byte;
    }
}

}  // namespace elasticbot::xmlrpc
