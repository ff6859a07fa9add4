// What is told where a process never became its program. (supervisord-compat.md 8)
#include <gtest/gtest.h>

#include <supervisord/api/child_failure.hpp>

namespace elasticbot::supervisord {

TEST(ChildFailure, IsToldInTheWordsOfTheReference) {  // 8
    EXPECT_EQ(
        child_failure("cannot change to the directory /nope: No such file or directory"),
        "couldn't chdir to /nope: ENOENT"
    );
    EXPECT_EQ(
        child_failure("cannot execute /srv/script: Exec format error"),
        "couldn't exec /srv/script: ENOEXEC"
    );
    EXPECT_EQ(
        child_failure("cannot become user nobody (uid 65534, gid 65534): Operation not permitted"),
        "couldn't setuid to 65534: Can't drop privilege as nonroot user"
    );
}

TEST(ChildFailure, IsNoneWhereThereWasNoProcess) {
    EXPECT_EQ(
        child_failure("cannot create a process: Resource temporarily unavailable"), std::nullopt
    );
    EXPECT_EQ(child_failure("command is empty"), std::nullopt);
    EXPECT_EQ(child_failure(""), std::nullopt);
}

}  // namespace elasticbot::supervisord
