// The types of values in supervisord.conf, with the words of the reference for each that is wrong.
// (supervisord-compat.md 2)
#include <elasticbot/supervisord/file/values.hpp>

#include <gmock/gmock.h>

#include <limits>

namespace elasticbot::supervisord {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(SupervisordValues, ReadBooleansInAnyCase) {
    for (const char* word : {"yes", "TRUE", "On", "1"}) {
        EXPECT_EQ(parse_boolean(word), true) << word;
    }
    for (const char* word : {"no", "False", "OFF", "0"}) {
        EXPECT_EQ(parse_boolean(word), false) << word;
    }
    EXPECT_EQ(parse_boolean("maybe").error(), "not a valid boolean value: 'maybe'");
    EXPECT_EQ(parse_boolean("y").error(), "not a valid boolean value: 'y'");
    EXPECT_EQ(parse_boolean("").error(), "not a valid boolean value: ''");
    EXPECT_EQ(parse_boolean("it's").error(), "not a valid boolean value: \"it's\"");
}

TEST(SupervisordValues, ReadIntegersAsPythonDoes) {
    EXPECT_EQ(parse_integer("10"), 10);
    EXPECT_EQ(parse_integer(" +007 "), 7);
    EXPECT_EQ(parse_integer("-1"), -1);
    EXPECT_EQ(parse_integer("1_000"), 1000);
    for (const char* wrong : {"x", "", "1.5", "1__0", "_1", "1_", "- 1", "0x10", "--1", "10s"}) {
        EXPECT_EQ(
            parse_integer(wrong).error(),
            "invalid literal for int() with base 10: '" + std::string(wrong) + "'"
        );
    }
    EXPECT_EQ(parse_integer("99999999999999999999"), std::numeric_limits<std::int64_t>::max());
}

TEST(SupervisordValues, ReadOctalDigits) {
    EXPECT_EQ(parse_octal("022"), 022U);
    EXPECT_EQ(parse_octal("0o700"), 0700U);
    EXPECT_EQ(parse_octal("0o_7"), 7U);
    EXPECT_EQ(parse_octal("9").error(), "9 can not be converted to an octal type");
    EXPECT_EQ(parse_octal("").error(), " can not be converted to an octal type");
    EXPECT_EQ(parse_octal("0o").error(), "0o can not be converted to an octal type");
    EXPECT_EQ(parse_octal("-1").error(), "-1 can not be converted to an octal type");
}

TEST(SupervisordValues, ReadSizesInPowersOf1024) {
    EXPECT_EQ(parse_byte_size("0"), 0);
    EXPECT_EQ(parse_byte_size("512"), 512);
    EXPECT_EQ(parse_byte_size("1KB"), 1024);
    EXPECT_EQ(parse_byte_size("50 mb"), 50 * 1024 * 1024);
    EXPECT_EQ(parse_byte_size("2Gb"), std::int64_t{2} * 1024 * 1024 * 1024);
    EXPECT_EQ(parse_byte_size("1M").error(), "invalid literal for int() with base 10: '1m'");
    EXPECT_EQ(parse_byte_size("1.5MB").error(), "invalid literal for int() with base 10: '1.5'");
    EXPECT_EQ(parse_byte_size("MB").error(), "invalid literal for int() with base 10: ''");
    EXPECT_GT(*parse_byte_size("99999999999999GB"), std::int64_t{1} << 61);
}

TEST(SupervisordValues, ReadSignalsByNameAndNumber) {
    EXPECT_EQ(parse_signal("TERM"), 15);
    EXPECT_EQ(parse_signal(" sigusr1 "), 10);
    EXPECT_EQ(parse_signal("RTMIN"), 34);
    EXPECT_EQ(parse_signal("0"), 0);
    EXPECT_EQ(parse_signal("9"), 9);
    EXPECT_EQ(parse_signal("FOO").error(), "value 'FOO' is not a valid signal name");
    EXPECT_EQ(parse_signal("").error(), "value '' is not a valid signal name");
    EXPECT_EQ(parse_signal("RTMIN+1").error(), "value 'RTMIN+1' is not a valid signal name");
    EXPECT_EQ(parse_signal("32").error(), "value '32' is not a valid signal number");
    EXPECT_EQ(parse_signal("-1").error(), "value '-1' is not a valid signal number");
    EXPECT_EQ(signal_name(15), "TERM");
    EXPECT_EQ(signal_name(0), "0");
}

TEST(SupervisordValues, ReadListsOfExitCodes) {
    EXPECT_THAT(*parse_exit_codes("0"), ElementsAre(0));
    EXPECT_THAT(*parse_exit_codes("0, 2 ,255"), ElementsAre(0, 2, 255));
    EXPECT_THAT(*parse_exit_codes(""), IsEmpty());
    EXPECT_EQ(parse_exit_codes("300").error(), "not a valid list of exit codes: '300'");
    EXPECT_EQ(parse_exit_codes("-1").error(), "not a valid list of exit codes: '-1'");
    EXPECT_EQ(parse_exit_codes("0,").error(), "not a valid list of exit codes: '0,'");
    EXPECT_EQ(parse_exit_codes("0;2").error(), "not a valid list of exit codes: '0;2'");
}

TEST(SupervisordValues, ReadAutoRestart) {
    EXPECT_EQ(parse_auto_restart("true"), AutoRestart::always);
    EXPECT_EQ(parse_auto_restart("Off"), AutoRestart::never);
    EXPECT_EQ(parse_auto_restart("Unexpected"), AutoRestart::unexpected);
    EXPECT_EQ(parse_auto_restart("Always").error(), "invalid 'autorestart' value 'always'");
}

TEST(SupervisordValues, ReadLogLevels) {
    EXPECT_EQ(parse_log_level("INFO"), LogLevel::info);
    EXPECT_EQ(parse_log_level("blather"), LogLevel::blather);
    EXPECT_EQ(parse_log_level("warning").error(), "bad logging level name 'warning'");
}

TEST(SupervisordValues, ReadAddressesSplitAtTheLastColon) {
    EXPECT_EQ(parse_inet_address("9001"), (InetAddress{"", 9001}));
    EXPECT_EQ(parse_inet_address(":9001"), (InetAddress{"", 9001}));
    EXPECT_EQ(parse_inet_address("*:9001"), (InetAddress{"", 9001}));
    EXPECT_EQ(parse_inet_address("LocalHost:1"), (InetAddress{"localhost", 1}));
    EXPECT_EQ(parse_inet_address("::1:80"), (InetAddress{"::1", 80}));
    EXPECT_EQ(parse_inet_address("foo").error(), "not a valid port number: 'foo' ");
    EXPECT_EQ(parse_inet_address("70000").error(), "not a valid port number: '70000' ");
    EXPECT_EQ(parse_inet_address("h:70000").error(), "70000 is above upper bound (65535)");
    EXPECT_EQ(parse_inet_address("h:0").error(), "0 is below lower bound (1)");
    EXPECT_EQ(parse_inet_address("h:x").error(), "invalid literal for int() with base 10: 'x'");
    EXPECT_EQ(parse_inet_address("h:").error(), "no port number specified in ''");
}

TEST(SupervisordValues, ReadSocketsOfFcgiPrograms) {  // 3, [fcgi-program:x]
    EXPECT_EQ(parse_fcgi_socket("unix:///run/../run/x.sock")->url(), "unix:///run/x.sock");
    EXPECT_EQ(parse_fcgi_socket("tcp://LocalHost:9000")->url(), "tcp://localhost:9000");
    EXPECT_EQ(parse_fcgi_socket("unix://x").error(), "Unix socket path x is not an absolute path");
    for (const char* wrong :
         {"x", "tcp://h", "tcp://:1", "tcp://h:", "tcp://h:1x", "tcp://a b:1"}) {
        EXPECT_EQ(parse_fcgi_socket(wrong).error(), "Bad socket format " + std::string(wrong));
    }
    EXPECT_EQ(parse_fcgi_socket("tcp://h:70000").error(), "70000 is above upper bound (65535)");
}

TEST(SupervisordValues, ReadNamesWithoutWhatSeparatesThem) {
    EXPECT_EQ(parse_name(" a@b "), "a@b");
    EXPECT_EQ(parse_name(""), "");
    EXPECT_EQ(parse_name("a b").error(), "Invalid name: 'a b' because of character: ' '");
    EXPECT_EQ(parse_name("a:b").error(), "Invalid name: 'a:b' because of character: ':'");
    EXPECT_EQ(parse_name("a/b").error(), "Invalid name: 'a/b' because of character: '/'");
}

TEST(SupervisordValues, KeepEmptyItemsOfLists) {
    EXPECT_THAT(parse_list("a, b,,c"), ElementsAre("a", "b", "", "c"));
    EXPECT_THAT(parse_list(""), IsEmpty());
}

TEST(SupervisordValues, NormalisePathsAsPythonDoes) {
    EXPECT_EQ(normal_path("/a/./b//../c/"), "/a/c");
    EXPECT_EQ(normal_path("/../a"), "/a");
    EXPECT_EQ(normal_path("//a"), "//a");
    EXPECT_EQ(normal_path("///a"), "/a");
    EXPECT_EQ(normal_path("../a/.."), "..");
    EXPECT_EQ(normal_path(""), ".");
}

}  // namespace elasticbot::supervisord
