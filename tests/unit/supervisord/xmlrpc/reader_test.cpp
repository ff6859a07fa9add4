// XML-RPC documents: what they say, and why others are refused. (supervisord-compat.md 11, 12)
#include <elasticbot/supervisord/xmlrpc/xmlrpc.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace elasticbot::xmlrpc {

namespace {

using ::testing::HasSubstr;

std::string call_with(std::string_view param) {
    return fmt::format(
        "<?xml version='1.0'?>\n<methodCall>\n<methodName>a.b</methodName>\n<params>\n<param>\n{}"
        "</param>\n</params>\n</methodCall>\n",
        param
    );
}

// The one parameter of a call whose `<value>` is given.
Value read_value(std::string_view value) {
    const auto call = parse_call(call_with(value));
    if (!call || call->params.size() != 1) {
        ADD_FAILURE() << value << ": " << (call ? "no parameter" : call.error().message);
        return {};
    }
    return call->params.front();
}

std::string refusal(std::string_view document, const Limits& limits = {}) {
    const auto call = parse_call(document, limits);
    return call ? "accepted" : call.error().message;
}

std::string refused_value(std::string_view value) {
    return refusal(call_with(value));
}

}  // namespace

TEST(XmlRpcReader, ReadsACallWithItsParameters) {
    const auto call = parse_call(
        "<?xml version='1.0'?>\n<methodCall>\n<methodName>supervisor.startProcess</methodName>\n"
        "<params>\n<param>\n<value><string>g:*</string></value>\n</param>\n<param>\n"
        "<value><boolean>0</boolean></value>\n</param>\n</params>\n</methodCall>\n"
    );

    ASSERT_TRUE(call) << call.error().message;
    EXPECT_EQ(*call, (Call{.method = "supervisor.startProcess", .params = {"g:*", false}}));
}

TEST(XmlRpcReader, NeedsNoParamsWhereThereAreNone) {
    for (const std::string_view params :
         {"", "<params/>", "<params></params>", "<params>\n </params>"}) {
        const auto call = parse_call(
            fmt::format("<methodCall><methodName>a.b</methodName>{}</methodCall>", params)
        );
        ASSERT_TRUE(call) << params << ": " << call.error().message;
        EXPECT_EQ(*call, (Call{.method = "a.b", .params = {}}));
    }
}

TEST(XmlRpcReader, ReadsEachType) {
    EXPECT_EQ(read_value("<value><int>-12</int></value>"), Value(-12));
    EXPECT_EQ(read_value("<value><i4> +7\n</i4></value>"), Value(7));
    EXPECT_EQ(read_value("<value><i8>5000000000</i8></value>"), Value(5'000'000'000));
    EXPECT_EQ(read_value("<value><boolean>1</boolean></value>"), Value(true));
    EXPECT_EQ(read_value("<value><double>-1.5e3</double></value>"), Value(-1500.0));
    EXPECT_EQ(read_value("<value><string>a &lt; b</string></value>"), Value("a < b"));
    EXPECT_EQ(read_value("<value><string/></value>"), Value(""));
    EXPECT_EQ(
        read_value("<value><dateTime.iso8601> 20261122T15:44:59 </dateTime.iso8601></value>"),
        Value(DateTime{"20261122T15:44:59"})
    );
    EXPECT_EQ(read_value("<value><base64>\naGVs\nbG8=\n</base64></value>"), Value(Binary{"hello"}));
    EXPECT_EQ(read_value("<value><nil/></value>"), Value());
    EXPECT_EQ(read_value("<value><ex:nil xmlns:ex='x'/></value>"), Value());
    EXPECT_EQ(
        read_value(
            "<value>\n <array>\n <data> <value><int>1</int></value> <value>two</value> </data>\n"
            "</array> </value>"
        ),
        Value(Array{1, "two"})
    );
    EXPECT_EQ(read_value("<value><array><data/></array></value>"), Value(Array{}));
    EXPECT_EQ(
        read_value(
            "<value><struct>\n<member>\n<name>b</name>\n<value><int>1</int></value>\n</member>"
            "<member><name>a</name><value><struct/></value></member></struct></value>"
        ),
        Value(Struct{{.name = "b", .value = 1}, {.name = "a", .value = Struct{}}})
    );
}

TEST(XmlRpcReader, TakesAValueWithoutATypeForAString) {
    EXPECT_EQ(
        read_value("<value>plain &amp; <!-- not this --> simple</value>"), Value("plain &  simple")
    );
    EXPECT_EQ(read_value("<value> </value>"), Value(" "));
    EXPECT_EQ(read_value("<value/>"), Value(""));
    EXPECT_EQ(read_value("<value><![CDATA[<int>]]></value>"), Value("<int>"));
}

TEST(XmlRpcReader, FindsTheLastOfRepeatedMembers) {
    const Value value = read_value(
        "<value><struct><member><name>a</name><value>1</value></member>"
        "<member><name>a</name><value>2</value></member></struct></value>"
    );

    ASSERT_NE(value.find("a"), nullptr);
    EXPECT_EQ(*value.find("a"), Value("2"));
    EXPECT_EQ(value.find("b"), nullptr);
    EXPECT_EQ(Value(1).find("a"), nullptr);
}

TEST(XmlRpcReader, ReadsUtf8WhateverIsDeclaredAndOtherEncodingsAsDeclared) {
    const auto text_of = [](std::string_view declaration, std::string_view text) {
        const auto call = parse_call(
            fmt::format("{}<methodCall><methodName>{}</methodName></methodCall>", declaration, text)
        );
        return call ? call->method : call.error().message;
    };

    EXPECT_EQ(text_of("", "h\xc3\xa9llo"), "h\xc3\xa9llo");
    EXPECT_EQ(
        text_of("<?xml version='1.0' encoding='iso-8859-1'?>", "h\xc3\xa9llo"), "h\xc3\xa9llo"
    );
    EXPECT_EQ(text_of("<?xml version='1.0' encoding='iso-8859-1'?>", "h\xe9llo"), "h\xc3\xa9llo");
    EXPECT_EQ(text_of("<?xml version='1.0' encoding='windows-1252'?>", "hello"), "hello");
    EXPECT_THAT(
        text_of("<?xml version='1.0' encoding='windows-1252'?>", "h\xe9llo"),
        HasSubstr("unknown encoding")
    );
    EXPECT_THAT(text_of("", "h\xe9llo"), HasSubstr("not well-formed"));
}

TEST(XmlRpcReader, ReadsResultsAndFaults) {
    const auto result = parse_response(to_text(Value(Array{1, "x"})));
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(*result, Response(Value(Array{1, "x"})));

    const Fault bad_name{.code = 10, .text = "BAD_NAME: zz"};
    const auto fault = parse_response(to_text(bad_name));
    ASSERT_TRUE(fault) << fault.error().message;
    EXPECT_EQ(*fault, Response(bad_name));

    const auto none = parse_response("<methodResponse><params/></methodResponse>");
    ASSERT_FALSE(none);
    EXPECT_THAT(none.error().message, HasSubstr("0 results in place of one"));
    EXPECT_FALSE(parse_response("<methodResponse><fault><value>5</value></fault></methodResponse>")
    );
    EXPECT_FALSE(parse_response(to_text(Call{.method = "a.b", .params = {}})));
}

TEST(XmlRpcReader, SaysWhatIsWrongAndWhere) {
    EXPECT_EQ(
        refusal("<methodCall>\n  <oops"),
        "cannot read the XML-RPC methodCall: unclosed token (line 2, column 3)"
    );
    EXPECT_THAT(refusal(""), HasSubstr("no element found"));
    EXPECT_THAT(refusal("garbage"), HasSubstr("syntax error"));
    EXPECT_THAT(refusal("<methodCall/>"), HasSubstr("no method name"));
    EXPECT_THAT(
        refusal("<methodCall><methodName></methodName></methodCall>"), HasSubstr("no method name")
    );
    EXPECT_THAT(refusal("<html/>"), HasSubstr("unknown element \"html\""));
    EXPECT_THAT(refusal("<params/>"), HasSubstr("the element \"params\" in its place"));
    EXPECT_THAT(refusal("<methodCall>x</methodCall>"), HasSubstr("text \"x\" within <methodCall>"));
    EXPECT_THAT(
        refusal("<methodCall><methodName>a</methodName><methodName>b</methodName></methodCall>"),
        HasSubstr("a second element in <methodCall>")
    );
    EXPECT_THAT(refused_value(""), HasSubstr("<param> without a value"));
    EXPECT_THAT(refused_value("<int>1</int>"), HasSubstr("\"int\" within <param>"));
    EXPECT_THAT(refused_value("<value/><value/>"), HasSubstr("a second element in <param>"));
    EXPECT_THAT(
        refused_value("<value><int>1</int><int>2</int></value>"), HasSubstr("a second element")
    );
    EXPECT_THAT(refused_value("<value>x<int>1</int></value>"), HasSubstr("a text and a type"));
    EXPECT_THAT(
        refused_value("<value><int>1</int>x</value>"), HasSubstr("text \"x\" within <value>")
    );
    EXPECT_THAT(
        refused_value("<value><int><int>1</int></int></value>"), HasSubstr("\"int\" within <int>")
    );
    EXPECT_THAT(refused_value("<value><int>x</int></value>"), HasSubstr("\"x\" is no <int>"));
    EXPECT_THAT(
        refused_value("<value><int>99999999999999999999</int></value>"), HasSubstr("is no <int>")
    );
    EXPECT_THAT(
        refused_value("<value><boolean>true</boolean></value>"), HasSubstr("is no <boolean>")
    );
    EXPECT_THAT(refused_value("<value><double>1,5</double></value>"), HasSubstr("is no <double>"));
    EXPECT_THAT(refused_value("<value><base64>a*b</base64></value>"), HasSubstr("is no <base64>"));
    EXPECT_THAT(
        refused_value("<value><struct><member><value/></member></struct></value>"),
        HasSubstr("stands before its name")
    );
    EXPECT_THAT(
        refused_value("<value><struct><member><name>a</name></member></struct></value>"),
        HasSubstr("<member> without a value")
    );
}

TEST(XmlRpcReader, ExpandsNoEntities) {
    EXPECT_THAT(
        refusal(
            "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>]>"
            "<methodCall><methodName>&b;</methodName></methodCall>"
        ),
        HasSubstr("a document type is not allowed")
    );
    EXPECT_THAT(
        refusal("<!DOCTYPE x SYSTEM 'file:///etc/passwd'><methodCall/>"),
        HasSubstr("a document type is not allowed")
    );
    EXPECT_THAT(
        refusal("<methodCall><methodName>&a;</methodName></methodCall>"),
        HasSubstr("undefined entity")
    );
}

TEST(XmlRpcReader, BoundsDepthNumberAndSize) {
    const auto nested = [](std::size_t depth) {
        std::string value = "<value/>";
        for (std::size_t i = 0; i < depth; ++i) {
            value = "<value><array><data>" + value + "</data></array></value>";
        }
        return call_with(value);
    };
    const Limits limits{.bytes = 3000, .values = 20, .depth = 5};
    EXPECT_EQ(refusal(nested(5), limits), "accepted");
    EXPECT_THAT(refusal(nested(6), limits), HasSubstr("values nested more than 5 deep"));
    EXPECT_THAT(refusal(nested(40), limits), HasSubstr("values nested more than 5 deep"));

    const auto wide = [](std::size_t count) {
        std::string value = "<value><array><data>";
        for (std::size_t i = 0; i < count; ++i) {
            value += "<value/>";
        }
        return call_with(value + "</data></array></value>");
    };
    EXPECT_EQ(refusal(wide(19), limits), "accepted");
    EXPECT_THAT(refusal(wide(20), limits), HasSubstr("more than 20 values"));
    EXPECT_THAT(refusal(wide(400), limits), HasSubstr("more than 3000 bytes"));
}

}  // namespace elasticbot::xmlrpc
