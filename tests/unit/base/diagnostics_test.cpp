#include <elasticbot/base/diagnostics.hpp>

#include <gtest/gtest.h>

namespace elasticbot {

TEST(Diagnostics, PrintsPlaceSeverityAndMessage) {
    EXPECT_EQ(
        to_string(Diagnostic{Severity::error, {"elasticbot.toml", 14, 9}, "unknown key"}),
        "elasticbot.toml:14:9: error: unknown key"
    );
    EXPECT_EQ(
        to_string(Diagnostic{Severity::note, {"supervisord.conf", 7}, "no effect here"}),
        "supervisord.conf:7: note: no effect here"
    );
    EXPECT_EQ(
        to_string(Diagnostic{Severity::error, {"environment"}, "PORT: expected a number"}),
        "environment: error: PORT: expected a number"
    );
}

TEST(Diagnostics, PrintsAllInOrderOfSourceAndLine) {
    Diagnostics diagnostics;
    diagnostics.warning({"b.toml", 1}, "third");
    diagnostics.error({"a.toml", 10}, "second");
    diagnostics.note({"a.toml", 9}, "first");

    EXPECT_EQ(
        to_string(diagnostics),
        "a.toml:9: note: first\na.toml:10: error: second\nb.toml:1: warning: third\n"
    );
}

TEST(Diagnostics, OnlyErrorsAreErrors) {
    Diagnostics diagnostics;
    diagnostics.warning({}, "careful");
    EXPECT_FALSE(diagnostics.has_errors());

    Diagnostics others;
    others.error({}, "wrong");
    diagnostics.append(std::move(others));
    EXPECT_TRUE(diagnostics.has_errors());
}

TEST(NearestName, FindsWhatWasProbablyMeant) {
    EXPECT_EQ(
        nearest_name("autorestrat", {"autostart", "autorestart", "startsecs"}), "autorestart"
    );
    EXPECT_EQ(nearest_name("prot", {"port", "path"}), "port");
    EXPECT_EQ(nearest_name("colour", {"command", "user"}), "");
    EXPECT_EQ(nearest_name("x", {}), "");
}

}  // namespace elasticbot
