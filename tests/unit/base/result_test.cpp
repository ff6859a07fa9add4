#include <elasticbot/base/ids.hpp>
#include <elasticbot/base/result.hpp>

#include <gtest/gtest.h>

#include <cerrno>
#include <unordered_set>

namespace elasticbot {

TEST(Error, GetsItsContextInFront) {
    const Error refused{Errc::unavailable, "connection refused"};

    EXPECT_EQ(
        refused.while_doing("reach Redis"),
        (Error{Errc::unavailable, "cannot reach Redis: connection refused"})
    );
    EXPECT_EQ(
        refused.while_doing("reach Redis").while_doing("publish a task").message,
        "cannot publish a task: cannot reach Redis: connection refused"
    );
}

TEST(SystemError, HasTheCodeThatFitsTheNumber) {
    EXPECT_EQ(
        system_error("open a.toml", ENOENT),
        (Error{Errc::not_found, "cannot open a.toml: No such file or directory"})
    );
    EXPECT_EQ(system_error("bind", EADDRINUSE).code, Errc::conflict);
    EXPECT_EQ(system_error("open", EACCES).code, Errc::denied);
    EXPECT_EQ(system_error("fork", ENOMEM).code, Errc::exhausted);
}

TEST(Result, IsAValueOrAnError) {
    const auto half = [](int number) -> Result<int> {
        if (number % 2 != 0) {
            return Error{Errc::invalid, "cannot halve an odd number"};
        }
        return number / 2;
    };

    EXPECT_EQ(half(4).value(), 2);
    ASSERT_FALSE(half(3));
    EXPECT_EQ(half(3).error().code, Errc::invalid);
}

TEST(Result, MayHaveNoValue) {
    const Result<> done;
    const Result<> failed = Error{Errc::timeout, "cannot wait any longer"};

    EXPECT_TRUE(done);
    EXPECT_FALSE(failed);
}

TEST(Strong, ComparesAndHashes) {
    const std::unordered_set<ProgramName> names{ProgramName("web"), ProgramName("worker")};

    EXPECT_TRUE(names.contains(ProgramName("web")));
    EXPECT_LT(Generation(1), Generation(2));
    EXPECT_EQ(Pid(), Pid(0));
}

}  // namespace elasticbot
