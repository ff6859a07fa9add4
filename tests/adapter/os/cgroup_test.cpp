// Limits of control groups, over trees written as the kernel writes them.
#include <elasticbot/adapters/os/cgroup.hpp>

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

namespace elasticbot::os {
namespace {

class CgroupTest : public ::testing::Test {
protected:
    ~CgroupTest() override { std::filesystem::remove_all(folder_); }

    void write(const std::string& path, const std::string& content) {
        const std::string file = folder_ + "/" + path;
        std::filesystem::create_directories(std::filesystem::path(file).parent_path());
        std::ofstream(file) << content;
    }

    CgroupFiles files() const {
        return {.root = folder_ + "/fs", .membership = folder_ + "/membership"};
    }

    std::string folder_ = ::testing::TempDir() + "cgroup-" +
                          ::testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(CgroupTest, TakesTheStrictestLimitOnTheWayUpInVersionTwo) {
    write("membership", "0::/app/worker\n");
    write("fs/cgroup.controllers", "cpu memory pids\n");
    write("fs/app/cpu.max", "150000 100000\n");
    write("fs/app/memory.max", "268435456\n");
    write("fs/app/worker/cpu.max", "max 100000\n");
    write("fs/app/worker/memory.max", "536870912\n");
    write("fs/app/worker/pids.max", "100\n");

    EXPECT_EQ(
        read_cgroup_limits(files()),
        (CgroupLimits{.cpus = 1.5, .memory_bytes = 268435456, .processes = 100})
    );
}

TEST_F(CgroupTest, ReadsTheMountsRootWhenThePathIsTheHosts) {
    write("membership", "0::/system.slice/docker-0123.scope\n");
    write("fs/cgroup.controllers", "cpu memory\n");
    write("fs/cpu.max", "50000 100000\n");
    write("fs/memory.max", "max\n");

    EXPECT_EQ(read_cgroup_limits(files()), CgroupLimits{.cpus = 0.5});
}

TEST_F(CgroupTest, ReadsVersionOne) {
    write("membership", "5:pids:/docker/x\n4:memory:/docker/x\n3:cpu,cpuacct:/docker/x\n");
    write("fs/cpu/docker/x/cpu.cfs_quota_us", "-1\n");
    write("fs/cpu/docker/x/cpu.cfs_period_us", "100000\n");
    write("fs/cpu/docker/cpu.cfs_quota_us", "200000\n");
    write("fs/cpu/docker/cpu.cfs_period_us", "100000\n");
    write("fs/memory/docker/x/memory.limit_in_bytes", "134217728\n");
    write("fs/memory/memory.limit_in_bytes", "9223372036854771712\n");
    write("fs/pids/docker/x/pids.max", "max\n");

    EXPECT_EQ(read_cgroup_limits(files()), (CgroupLimits{.cpus = 2.0, .memory_bytes = 134217728}));
}

TEST_F(CgroupTest, CountsProcessesKilledForMemory) {
    write("membership", "0::/app\n");
    write("fs/cgroup.controllers", "memory\n");
    write("fs/app/memory.events", "low 0\nhigh 0\nmax 7\noom 2\noom_kill 2\noom_group_kill 0\n");
    EXPECT_EQ(OutOfMemoryCounter(files()).read(), 2U);

    write("membership", "4:memory:/app\n");
    write("fs/memory/app/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n");
    EXPECT_EQ(OutOfMemoryCounter(files()).read(), 3U);
}

TEST_F(CgroupTest, FindsNoLimitWhereThereIsNothingToRead) {
    EXPECT_EQ(read_cgroup_limits(files()), CgroupLimits{});
    EXPECT_EQ(OutOfMemoryCounter(files()).read(), std::nullopt);

    write("membership", "garbage\n1\n0::\n");
    write("fs/cgroup.controllers", "");
    write("fs/cpu.max", "x y z");
    write("fs/memory.max", "");
    EXPECT_EQ(read_cgroup_limits(files()), CgroupLimits{});
}

}  // namespace
}  // namespace elasticbot::os
