// What the container's control group allows decides about the defaults of concurrency. (deploy.md
// D-CFG-4)
#include "running.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include <unistd.h>

namespace elasticbot::scenario {
namespace {

using testing::ContainsRegex;

// Half a processor for this process and its children (version 1), given back at the end.
class HalfAProcessor {
public:
    HalfAProcessor() {
        std::error_code failed;
        is_held_ = std::filesystem::create_directory(folder_, failed) &&
                   write(folder_ + "/cpu.cfs_period_us", "100000") &&
                   write(folder_ + "/cpu.cfs_quota_us", "50000") &&
                   write(folder_ + "/cgroup.procs", std::to_string(::getpid()));
    }

    ~HalfAProcessor() {
        write(root_ + "/cgroup.procs", std::to_string(::getpid()));
        ::rmdir(folder_.c_str());
    }

    HalfAProcessor(const HalfAProcessor&) = delete;
    HalfAProcessor& operator=(const HalfAProcessor&) = delete;

    bool is_held() const { return is_held_; }

private:
    static bool write(const std::string& path, const std::string& text) {
        std::ofstream file(path);
        file << text << std::flush;
        return file.good();
    }

    std::string root_ = "/sys/fs/cgroup/cpu";
    std::string folder_ = fmt::format("{}/elasticbot-test-{}", root_, ::getpid());
    bool is_held_ = false;
};

TEST(Limits, OfTheControlGroupLowerTheDefaultsAndAreShown) {
    const HalfAProcessor half;
    if (!half.is_held()) {
        GTEST_SKIP() << "needs root and a writable control group of version 1";
    }
    const Folder folder;

    const Outcome usual = folder.run({"config", "show", "--origin"});
    EXPECT_THAT(usual.out, ContainsRegex("worker.concurrency +1 +control group"));
    EXPECT_THAT(usual.out, ContainsRegex("web.database_threads +2 +control group"));

    const Outcome given = folder.run({"config", "show", "--origin"}, {{"CELERY_CONCURRENCY", "3"}});
    EXPECT_THAT(given.out, ContainsRegex("worker.concurrency +3 +environment"));

    folder.write("elasticbot.toml", "[program.job]\ncommand = [\"true\"]\nkind = \"one_shot\"\n");
    EXPECT_THAT(folder.run({"up"}).out, testing::HasSubstr(R"("executors":1,"cpu_limit":"0.5")"));
}

}  // namespace
}  // namespace elasticbot::scenario
