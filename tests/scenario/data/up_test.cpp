// Whole starts of the product: chosen roles, and the private services with their users and folders.
// (decisions 8 and 22)
#include "support/postgres.hpp"
#include "support/process.hpp"
#include "support/redis.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <sys/stat.h>
#include <unistd.h>

namespace elasticbot {
namespace {

namespace fs = std::filesystem;
using elasticbot::testing::PrivatePostgres;
using elasticbot::testing::ScratchFolder;
using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;
using testing_support::eventually;
using testing_support::PrivateRedis;
using testing_support::Process;

constexpr uid_t nobody = 65534;

// One `elasticbot up` in a folder of its own; web listens on a unix socket there.
class WholeStart : public ::testing::Test {
protected:
    void TearDown() override {
        if (HasFailure() && up) {
            std::cerr << "--- up\n" << up->output();
        }
    }

    std::string path(const std::string& name) const { return (folder.path() / name).string(); }

    std::vector<std::string> command(const std::vector<std::string>& words) const {
        std::vector<std::string> all = wrapper;
        all.insert(
            all.end(),
            {"env",
             "-i",
             "-C",
             folder.path().string(),
             "PATH=/usr/bin:/bin",
             "HOME=" + folder.path().string(),
             "ELASTICBOT_BIND=" + path("web.sock"),
             "ELASTICBOT_STATE_DIR=" + path("state")}
        );
        all.insert(all.end(), variables.begin(), variables.end());
        all.push_back(binary);
        all.insert(all.end(), words.begin(), words.end());
        return all;
    }

    void start(const std::vector<std::string>& words) {
        auto all = words;
        all.insert(all.begin(), "up");
        up = std::make_unique<Process>(command(all), folder.path() / "up.log");
    }

    json status() const {
        const fs::path file = folder.path() / "status.json";
        fs::remove(file);
        Process asked(command({"status", "--json"}), file);
        asked.wait();
        return json::parse(asked.output(), nullptr, false);
    }

    bool is_healthy() const {
        return eventually([&] {
            const json now = status();
            return now.is_object() && now.value("overall", "") == "healthy";
        });
    }

    std::vector<std::string> services() const {
        std::vector<std::string> names;
        for (const auto& program : status()["programs"]) {
            if (program["kind"] == "service") {
                names.push_back(program["name"]);
            }
        }
        return names;
    }

    // Of the running instance.
    uid_t user_of(const std::string& name) const {
        for (const auto& program : status()["programs"]) {
            if (program["name"] == name) {
                struct stat status{};
                ::stat(fmt::format("/proc/{}", program["pid"].get<int>()).c_str(), &status);
                return status.st_uid;
            }
        }
        return static_cast<uid_t>(-1);
    }

    int stop() { return up->end(SIGTERM); }

    ScratchFolder folder{"elasticbot-up"};
    std::vector<std::string> wrapper;
    std::vector<std::string> variables;
    std::string binary = ELASTICBOT_BINARY;
    std::unique_ptr<Process> up;
};

TEST_F(WholeStart, RunsTheChosenRolesAndWhatTheyNeed) {
    const PrivateRedis redis;
    variables = {
        "DATABASE_URL=" + PrivatePostgres::instance().fresh_database().reveal(),
        "REDIS_URL=" + redis.url()
    };

    start({"--only", "web,worker=2"});

    ASSERT_TRUE(is_healthy());
    EXPECT_THAT(services(), UnorderedElementsAre("web", "worker:1", "worker:2"));
    EXPECT_THAT(up->output(), HasSubstr("[INFO] celery1@"));
    EXPECT_EQ(stop(), 0);
}

// celery-wire.md 11.1: a node is addressed by its name, so each needs one of its own.
TEST_F(WholeStart, GivesEachWorkerANameThatRemoteControlSees) {
    const std::string python = "/usr/bin/python3";
    if (Process({python, "-c", "import celery, redis"}, folder.path() / "probe.log").wait() != 0) {
        GTEST_SKIP() << "Python Celery is not installed";
    }
    const PrivateRedis redis;
    variables = {
        "DATABASE_URL=" + PrivatePostgres::instance().fresh_database().reveal(),
        "REDIS_URL=" + redis.url()
    };
    start({"--only", "worker=2"});
    ASSERT_TRUE(is_healthy());

    std::array<char, 256> host{};
    ::gethostname(host.data(), host.size() - 1);
    const auto name = [&](int instance) {
        return fmt::format("celery{}@{}", instance, host.data());
    };
    Process asked(
        {python,
         "-m",
         "celery",
         "-b",
         redis.url(),
         "inspect",
         "-j",
         "-t",
         "10",
         "-d",
         name(1) + "," + name(2),
         "ping"},
        folder.path() / "ping.log"
    );

    EXPECT_EQ(asked.wait(), 0) << asked.output();
    const std::string said = asked.output();
    const json answer =
        json::parse(said.substr(std::min(said.find('{'), said.size())), nullptr, false);
    EXPECT_EQ(answer, (json{{name(1), {{"ok", "pong"}}}, {name(2), {{"ok", "pong"}}}}));
    EXPECT_THAT(up->output(), HasSubstr("[INFO] " + name(2) + " ready."));
    EXPECT_EQ(stop(), 0);
}

TEST_F(WholeStart, TakesTheRolesFromTheEnvironment) {
    const PrivateRedis redis;
    variables = {
        "DATABASE_URL=" + PrivatePostgres::instance().fresh_database().reveal(),
        "REDIS_URL=" + redis.url(),
        "ELASTICBOT_ROLES=beat"
    };

    start({});

    ASSERT_TRUE(is_healthy());
    EXPECT_THAT(services(), UnorderedElementsAre("beat"));
    EXPECT_EQ(stop(), 0);
}

TEST_F(WholeStart, KeepsThePrivateServicesOfAnOrdinaryUserInItsStateFolder) {
    if (::geteuid() == 0) {
        wrapper = {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"};
        // That user may not be able to reach the build folder.
        binary = path("elasticbot");
        fs::copy_file(ELASTICBOT_BINARY, binary);
        ASSERT_EQ(::chown(folder.path().c_str(), nobody, nobody), 0);
    }
    start({"--only", "beat"});
    ASSERT_TRUE(is_healthy());

    EXPECT_THAT(
        up->output(),
        HasSubstr(
            "no DATABASE_URL and REDIS_URL: private PostgreSQL and Redis, data in " + path("state")
        )
    );
    EXPECT_TRUE(fs::exists(path("state") + "/postgres/data/PG_VERSION"));
    EXPECT_EQ(user_of("postgres"), user_of("beat"));
    EXPECT_EQ(user_of("redis"), user_of("beat"));
    EXPECT_NE(user_of("beat"), 0U);
    EXPECT_EQ(stop(), 0);
}

// The folder of this test is its owner's alone, as a home folder is.
TEST_F(WholeStart, AsRootKeepsDataWhereTheServersUsersCanReachThem) {
    if (::geteuid() != 0) {
        GTEST_SKIP() << "not root";
    }
    fs::permissions(folder.path(), fs::perms::owner_all);
    start({"--only", "beat"});
    ASSERT_TRUE(is_healthy());
    const std::string said = up->output();
    const auto begin = said.find("/var/lib/elasticbot/");
    ASSERT_NE(begin, std::string::npos);
    const std::string data = said.substr(begin, said.find(',', begin) - begin);

    EXPECT_TRUE(fs::exists(data + "/postgres/data/PG_VERSION"));
    EXPECT_FALSE(fs::exists(path("state") + "/postgres"));
    EXPECT_NE(user_of("postgres"), 0U);
    EXPECT_NE(user_of("redis"), 0U);
    EXPECT_NE(user_of("redis"), user_of("postgres"));
    EXPECT_EQ(stop(), 0);

    // A second start finds the same data.
    start({"--only", "beat"});
    ASSERT_TRUE(is_healthy());
    EXPECT_EQ(
        up->output().find("private database created"),
        up->output().rfind("private database created")
    );
    EXPECT_EQ(stop(), 0);
    fs::remove_all(data);
}

}  // namespace
}  // namespace elasticbot
