// The worker as its surroundings see it: Python clients and workers, killed processes, a restarted
// broker.
#include "support/process.hpp"
#include "support/redis.hpp"

#include <elasticbot/celery/protocol/message.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <memory>

namespace elasticbot {
namespace {

using celery::NewTask;
using testing::Contains;
using testing::HasSubstr;
using testing_support::eventually;
using testing_support::PrivateRedis;
using testing_support::Process;

const std::string python = "/usr/bin/python3";

class WorkerScenario : public testing::Test {
protected:
    void SetUp() override {
        if (!PrivateRedis::is_installed()) {
            GTEST_SKIP() << "redis-server is not installed";
        }
        server = std::make_unique<PrivateRedis>();
    }

    void TearDown() override {
        if (HasFailure() && worker) {
            std::cerr << "--- worker\n" << worker->output();
        }
    }

    std::filesystem::path file(const std::string& name) const { return server->folder() / name; }

    void start_worker(std::vector<std::string> settings = {}, bool await_ready = true) {
        std::vector<std::string> words{
            ELASTICBOT_WORKER_HARNESS, "worker", server->url(), "results=" + server->url(1)
        };
        words.insert(words.end(), settings.begin(), settings.end());
        worker =
            std::make_unique<Process>(words, file("worker-" + std::to_string(++starts) + ".log"));
        if (await_ready) {
            ASSERT_TRUE(worker->says("ready."));
        }
    }

    // Returns the task's id.
    std::string send(
        const std::string& name,
        Json args = Json::array(),
        Json kwargs = Json::object(),
        Json headers = Json::object(),
        std::optional<WallTime> eta = std::nullopt
    ) {
        auto id = "task-" + std::to_string(++sent);
        NewTask task{
            .name = "elasticbot.debug." + name,
            .id = TaskId(id),
            .args = std::move(args),
            .kwargs = std::move(kwargs),
            .eta = eta,
            .headers = std::move(headers),
            .origin = "test",
            .delivery_tag = "tag-" + id
        };
        server->ask({"LPUSH", "celery", celery::encode(celery::make_task(task, wall_now()))});
        return id;
    }

    Json stored(const std::string& id) const {
        // A pipeline of two: the results lie in database 1.
        auto reply = server->ask(
            {"EVAL",
             "redis.call('SELECT', 1) return redis.call('GET', KEYS[1])",
             "1",
             "celery-task-meta-" + id}
        );
        auto text = reply.find("\r\n");
        return reply.starts_with("$-1") || text == std::string::npos
                   ? Json()
                   : Json::parse(reply.substr(text + 2));
    }

    Json result_of(const std::string& id) const {
        Json result;
        eventually([&] {
            result = stored(id);
            return !result.is_null() && result["status"] != "RETRY";
        });
        return result.is_null() ? Json::object() : result;
    }

    int marks() const {
        std::ifstream lines(file("marks"));
        int count = 0;
        for (std::string line; std::getline(lines, line);) {
            ++count;
        }
        return count;
    }

    Json mark() const { return {{"mark", file("marks").string()}}; }

    bool has_python_celery() const {
        return Process({python, "-c", "import celery, redis"}, file("probe.log")).wait() == 0;
    }

    Json python_call(const std::string& task, const std::string& args) {
        return python_client({"call", server->url(), server->url(1), task, args});
    }

    // What a Python client prints: one line of JSON.
    Json python_client(std::vector<std::string> words) {
        words.insert(words.begin(), {python, ELASTICBOT_CELERY_APP});
        Process client(words, file("client.log"));
        EXPECT_EQ(client.wait(), 0) << client.output();
        auto line = client.output();
        std::filesystem::remove(file("client.log"));
        return Json::parse(
            line.substr(line.rfind('{') == std::string::npos ? 0 : line.find('{')), nullptr, false
        );
    }

    bool nothing_is_held() const {
        return eventually([&] {
            return server->number({"HLEN", "unacked"}) == 0 &&
                   server->number({"ZCARD", "unacked_index"}) == 0 &&
                   server->number({"LLEN", "celery"}) == 0;
        });
    }

    std::unique_ptr<PrivateRedis> server;
    std::unique_ptr<Process> worker;
    int starts = 0;
    int sent = 0;
};

TEST_F(WorkerScenario, RunsTasksAndStoresWhatBecameOfThem) {
    start_worker();

    auto sum = send("add", {2, 3});
    auto failed = send("fail");
    auto retried = send("retry", {2});
    auto unknown = send("no_such_task");

    EXPECT_EQ(result_of(sum)["result"], 5);
    EXPECT_EQ(result_of(failed)["result"]["exc_type"], "ValueError");
    EXPECT_EQ(result_of(failed)["result"]["exc_message"], Json::array({"boom ż"}));
    EXPECT_EQ(result_of(retried)["result"], 2);
    EXPECT_EQ(result_of(unknown)["result"]["exc_type"], "NotRegistered");
    EXPECT_TRUE(nothing_is_held());
    EXPECT_TRUE(worker->says("Task elasticbot.debug.add[" + sum + "] succeeded in"));
    EXPECT_TRUE(worker->says("[INFO] celery@harness ready."));
}

TEST_F(WorkerScenario, ServesPythonClients) {
    if (!has_python_celery()) {
        GTEST_SKIP() << "Python Celery is not installed";
    }
    start_worker();

    EXPECT_EQ(python_call("elasticbot.debug.add", "[40, 2]")["result"], 42);
    EXPECT_EQ(
        python_call("elasticbot.debug.echo", R"(["ż", null, 1.5])")["result"]["args"],
        Json::array({"ż", nullptr, 1.5})
    );
    auto error = python_call("elasticbot.debug.fail", "[]");
    EXPECT_EQ(error["error"], "ValueError");
    EXPECT_EQ(error["state"], "FAILURE");
    EXPECT_EQ(python_call("elasticbot.debug.no_such_task", "[]")["error"], "NotRegistered");
}

// celery-wire.md 10
TEST_F(WorkerScenario, CarriesOnChainsChordsAndCallbacksOfPythonClients) {
    if (!has_python_celery()) {
        GTEST_SKIP() << "Python Celery is not installed";
    }
    start_worker();

    auto came_to = python_client({"canvas", server->url(), server->url(1)});

    EXPECT_EQ(came_to["chain"], 10);
    EXPECT_EQ(came_to["immutable"], 20);
    EXPECT_EQ(came_to["link"], 102);
    EXPECT_EQ(came_to["children"], Json::array({true}));
    EXPECT_EQ(came_to["group"], Json::array({12, 22}));
    EXPECT_EQ(came_to["chord"], Json::parse("[[2, 4, 6]]"));
    EXPECT_EQ(came_to["chord in a chain"], Json::parse("[[12, 22]]"));
    EXPECT_EQ(came_to["chain in a chord"], Json::parse("[[7, 4]]"));
    EXPECT_EQ(came_to["failed chain"][0], "ValueError");
    EXPECT_EQ(came_to["failed chord"], "ChordError");
    EXPECT_EQ(came_to["link_error"], nullptr);
    EXPECT_EQ(came_to["parent"], true);
    EXPECT_TRUE(nothing_is_held());
    EXPECT_EQ(
        server->ask({"EVAL", "redis.call('SELECT', 1) return #redis.call('KEYS', '*.j')", "0"}),
        ":0\r\n"
    ) << "a chord that is done leaves nothing";
}

// celery-wire.md 8 and 11.3: the limit holds from the next start on, and is lifted again.
TEST_F(WorkerScenario, KeepsTheRateLimitsAndTimeLimitsThatRemoteControlSets) {
    if (!has_python_celery()) {
        GTEST_SKIP() << "Python Celery is not installed";
    }
    start_worker({"prefetch=10"});
    auto control = [&](std::vector<std::string> words) {
        words.insert(
            words.begin(),
            {python,
             "-m",
             "celery",
             "-b",
             server->url(),
             "control",
             "-t",
             "10",
             "-d",
             "celery@harness"}
        );
        Process client(words, file("control.log"));
        EXPECT_EQ(client.wait(), 0) << client.output();
        std::filesystem::remove(file("control.log"));
    };

    control({"rate_limit", "elasticbot.debug.add", "1/h"});
    auto first = send("add", {1, 1});
    auto second = send("add", {2, 2});
    auto other = send("noop");
    EXPECT_EQ(result_of(first)["result"], 2);
    EXPECT_EQ(result_of(other)["status"], "SUCCESS") << "others pass";
    EXPECT_TRUE(stored(second).is_null());

    control({"rate_limit", "elasticbot.debug.add", "0"});
    EXPECT_EQ(result_of(second)["result"], 4);

    control({"time_limit", "elasticbot.debug.work", "0.2", "60"});
    EXPECT_EQ(result_of(send("work"))["result"]["exc_type"], "SoftTimeLimitExceeded");
}

// celery-wire.md 13: a revocation outlives the worker that heard it, from ours to ours and from
// ours to Python.
TEST_F(WorkerScenario, TellsWorkersThatStartLaterWhatIsRevoked) {
    if (!has_python_celery()) {
        GTEST_SKIP() << "Python Celery is not installed";
    }
    auto celery = [&](std::vector<std::string> words) {
        words.insert(words.begin(), {python, "-m", "celery", "-b", server->url()});
        Process client(words, file("celery.log"));
        EXPECT_EQ(client.wait(), 0) << client.output();
        auto text = client.output();
        std::filesystem::remove(file("celery.log"));
        return text;
    };
    start_worker({"node=celery@first"});
    celery({"control", "-t", "10", "-d", "celery@first", "revoke", "unwanted"});
    auto first = std::move(worker);

    start_worker({"node=celery@second"});
    Process third(
        {python,
         "-m",
         "celery",
         "-b",
         server->url(),
         "worker",
         "-n",
         "third@python",
         "-c",
         "1",
         "-P",
         "solo",
         "-l",
         "info"},
        file("third.log")
    );

    auto knows = [&](const std::string& node) {
        return eventually([&] {
            return celery({"inspect", "-j", "-t", "10", "-d", node, "revoked"})
                .contains("unwanted");
        });
    };
    EXPECT_TRUE(knows("celery@second"));
    ASSERT_TRUE(third.says("ready.")) << third.output();
    EXPECT_TRUE(knows("third@python")) << third.output();
}

TEST_F(WorkerScenario, AnswersPythonsRemoteControl) {
    if (!has_python_celery()) {
        GTEST_SKIP() << "Python Celery is not installed";
    }
    start_worker();
    auto inspect = [&](const std::string& command) {
        Process client(
            {python,
             "-m",
             "celery",
             "-b",
             server->url(),
             "inspect",
             "-j",
             "-t",
             "10",
             "-d",
             "celery@harness",
             command},
            file(command + ".log")
        );
        EXPECT_EQ(client.wait(), 0) << client.output();
        auto text = client.output();
        return Json::parse(text.substr(std::min(text.find('{'), text.size())), nullptr, false);
    };

    EXPECT_EQ(inspect("ping")["celery@harness"]["ok"], "pong");
    EXPECT_THAT(inspect("registered")["celery@harness"].dump(), HasSubstr("elasticbot.debug.add"));
    EXPECT_EQ(inspect("stats")["celery@harness"]["pool"]["max-concurrency"], 2);
    EXPECT_EQ(inspect("active_queues")["celery@harness"][0]["name"], "celery");
}

// celery-wire.md 9.2: STARTED carries who runs it, has no date_done, and gives way to the result.
TEST_F(WorkerScenario, StoresThatATaskHasStartedWhenAsked) {
    if (!has_python_celery()) {
        GTEST_SKIP() << "Python Celery is not installed";
    }
    start_worker({"concurrency=1", "track_started=1"});
    auto id = send("wait_for", {file("go").string()});
    ASSERT_TRUE(eventually([&] { return stored(id).is_object(); }));

    auto started = python_client({"state", server->url(), server->url(1), id});
    auto date_done = stored(id)["date_done"];
    std::ofstream(file("go")) << "now";

    EXPECT_EQ(started["state"], "STARTED");
    EXPECT_EQ(started["info"]["hostname"], "celery@harness");
    EXPECT_THAT(worker->children(), Contains(started["info"]["pid"].get<pid_t>()));
    EXPECT_EQ(date_done, nullptr);
    EXPECT_TRUE(eventually([&] { return stored(id)["status"] == "SUCCESS"; }));
}

TEST_F(WorkerScenario, SendsWhatPythonWorkersRun) {
    if (!has_python_celery()) {
        GTEST_SKIP() << "Python Celery is not installed";
    }
    Process python_worker(
        {python, ELASTICBOT_CELERY_APP, "worker", server->url(), server->url(1)}, file("python.log")
    );

    auto id = send("add", {20, 22});

    EXPECT_EQ(result_of(id)["result"], 42) << python_worker.output();
}

TEST_F(WorkerScenario, RunsATaskAgainWhenItsExecutorIsKilled) {
    start_worker({"concurrency=1"});
    auto id = send("sleep", {0.5}, mark());
    ASSERT_TRUE(eventually([&] { return marks() == 1; }));

    for (auto executor : worker->children()) {
        ::kill(executor, SIGKILL);
    }

    EXPECT_EQ(result_of(id)["status"], "SUCCESS");
    EXPECT_EQ(marks(), 2);
    EXPECT_TRUE(nothing_is_held());
}

TEST_F(WorkerScenario, GivesUpATaskThatKillsEveryExecutor) {
    start_worker({"concurrency=1"});

    auto poison = send("crash", Json::array(), mark());
    EXPECT_EQ(result_of(poison)["result"]["exc_type"], "WorkerLostError");
    EXPECT_EQ(marks(), 4);
    EXPECT_EQ(server->number({"LLEN", "elasticbot.dead-letter"}), 1);
    EXPECT_EQ(result_of(send("add", {1, 1}))["result"], 2);
    EXPECT_TRUE(nothing_is_held());
}

TEST_F(WorkerScenario, PutsBackAtOnceWhatAKilledPredecessorHeld) {
    start_worker({"concurrency=1"});
    auto id = send("sleep", {1}, mark());
    ASSERT_TRUE(eventually([&] { return marks() == 1; }));
    worker->end(SIGKILL);
    EXPECT_EQ(server->number({"HLEN", "unacked"}), 1);

    start_worker({"concurrency=1"});

    EXPECT_EQ(result_of(id)["status"], "SUCCESS");
    EXPECT_EQ(marks(), 2);
    EXPECT_TRUE(nothing_is_held());
}

// celery-wire.md 8: held in memory, yet never out of the broker's books.
TEST_F(WorkerScenario, KeepsATaskForLaterThroughItsOwnDeath) {
    start_worker();
    auto soon = send("add", {1, 1}, Json::object(), Json::object(), wall_now() + 4s);
    auto far = send("add", {2, 2}, Json::object(), Json::object(), wall_now() + 24h);
    ASSERT_TRUE(worker->says("Task elasticbot.debug.add[" + far + "] received"));
    worker->end(SIGKILL);
    EXPECT_EQ(server->number({"HLEN", "unacked"}), 2);

    start_worker();

    EXPECT_EQ(result_of(soon)["result"], 2);
    EXPECT_TRUE(stored(far).is_null());
    EXPECT_TRUE(eventually([&] { return server->number({"HLEN", "unacked"}) == 1; }));
    worker->signal(SIGTERM);
    EXPECT_EQ(worker->wait(), 0);
    EXPECT_THAT(server->ask({"LRANGE", "celery", "0", "-1"}), HasSubstr(far))
        << "a stop puts it back for another worker";
    EXPECT_EQ(server->number({"HLEN", "unacked"}), 0);
}

// celery-wire.md 9.2: RETRY is stored with its cause, without date_done.
TEST_F(WorkerScenario, StoresTheRetryAndKeepsTheNextAttemptThroughItsOwnDeath) {
    start_worker();
    auto id = send("retry", {1, 3600});
    ASSERT_TRUE(eventually([&] {
        auto result = stored(id);
        return !result.is_null() && result["status"] == "RETRY";
    }));
    const auto result = stored(id);
    EXPECT_EQ(result["result"]["exc_message"], Json::array({"again"}));
    EXPECT_EQ(result["date_done"], nullptr);
    ASSERT_TRUE(worker->says("Task elasticbot.debug.retry[" + id + "] received", 2));

    worker->end(SIGKILL);
    start_worker();

    ASSERT_TRUE(worker->says("Task elasticbot.debug.retry[" + id + "] received", 1));
    EXPECT_EQ(server->number({"HLEN", "unacked"}), 1);
    EXPECT_THAT(server->ask({"HVALS", "unacked"}), HasSubstr("\"retries\":1"));
}

// celery-wire.md 14: the second signal is the cold stop, and what ran goes back.
TEST_F(WorkerScenario, PutsRunningTasksBackAtOnceOnASecondTerm) {
    start_worker({"concurrency=1", "stop_time=600"});
    auto id = send("sleep", {600}, mark());
    ASSERT_TRUE(eventually([&] { return marks() == 1; }));

    worker->signal(SIGTERM);
    ASSERT_TRUE(worker->says("role.stopping"));
    worker->signal(SIGTERM);

    EXPECT_EQ(worker->wait(), 0);
    EXPECT_THAT(server->ask({"LRANGE", "celery", "-1", "-1"}), HasSubstr(id));
    EXPECT_EQ(server->number({"HLEN", "unacked"}), 0);
}

// celery-wire.md 7.5: what others put into our queue is kept for people, and holds up nobody.
TEST_F(WorkerScenario, KeepsForeignMessagesAsideAndGoesOn) {
    start_worker({"concurrency=1"});
    const std::string deep(5000, '[');
    const std::vector<std::string> foreign = {
        std::string("\xff\x00\xfe", 3),
        "",
        "[]",
        "42",
        deep,
        R"({"headers": 7, "properties": "x", "body": []})",
        R"({"headers": {"task": 5, "id": {}}, "properties": {"delivery_tag": 9}, "body": ""})",
        R"({"headers": {"task": "t", "id": "yaml"}, "content-type": "application/x-yaml", )"
        R"("properties": {}, "body": "YTogMQ=="})",
        R"({"headers": {"task": "t", "id": "zipped", "compression": "application/x-nothing"}, )"
        R"("content-type": "application/json", "properties": {}, "body": "W10="})"
    };
    for (const auto& text : foreign) {
        server->ask({"LPUSH", "celery", text});
    }

    EXPECT_EQ(result_of(send("add", {1, 2}))["result"], 3);
    EXPECT_EQ(result_of("yaml")["result"]["exc_type"], "ContentDisallowed");
    EXPECT_EQ(result_of("zipped")["status"], "FAILURE");
    EXPECT_TRUE(eventually([&] {
        return server->number({"LLEN", "elasticbot.dead-letter"}) ==
               static_cast<long>(foreign.size());
    }));
    EXPECT_TRUE(nothing_is_held());
}

// celery-wire.md 16, 11: tags are the sender's, and not always unique.
TEST_F(WorkerScenario, RunsBothOfTwoMessagesWithOneDeliveryTag) {
    auto message = [](const std::string& id) {
        return celery::encode(celery::make_task(
            {.name = "elasticbot.debug.add",
             .id = TaskId(id),
             .args = {1, 2},
             .origin = "test",
             .delivery_tag = "the-same"},
            wall_now()
        ));
    };
    server->ask({"LPUSH", "celery", message("first")});
    server->ask({"LPUSH", "celery", message("second")});

    start_worker();

    EXPECT_EQ(result_of("first")["result"], 3);
    EXPECT_EQ(result_of("second")["result"], 3);
    EXPECT_TRUE(nothing_is_held());
}

TEST_F(WorkerScenario, KeepsRunningTasksWhileTheBrokerRestartsAndAcknowledgesThemAfterwards) {
    start_worker({"concurrency=1"});
    auto id = send("sleep", {1}, mark());
    ASSERT_TRUE(eventually([&] { return marks() == 1; }));

    server->restart();

    EXPECT_EQ(result_of(id)["status"], "SUCCESS");
    EXPECT_EQ(marks(), 1);
    EXPECT_EQ(result_of(send("add", {1, 2}))["result"], 3);
    EXPECT_TRUE(nothing_is_held());
}

// A result that the database refuses for what it is holds up nobody: its message is kept aside.
TEST_F(WorkerScenario, KeepsAsideAMessageWhoseResultCanNeverBeStored) {
    start_worker({"results=", "concurrency=2"});
    const std::string id(300, 'y');
    for (int copy = 0; copy < 2; ++copy) {
        server->ask(
            {"LPUSH",
             "celery",
             celery::encode(celery::make_task(
                 {.name = "elasticbot.debug.noop",
                  .id = TaskId(id),
                  .origin = "test",
                  .delivery_tag = "tag-" + std::to_string(copy)},
                 wall_now()
             ))}
        );
    }
    send("noop", Json::array(), mark());

    EXPECT_TRUE(eventually([&] { return marks() == 1; }));
    EXPECT_TRUE(eventually([&] { return server->number({"LLEN", "elasticbot.dead-letter"}) == 2; })
    );
    EXPECT_THAT(server->ask({"LRANGE", "elasticbot.dead-letter", "0", "0"}), HasSubstr("22001"));
    EXPECT_TRUE(nothing_is_held());
}

// A script that fails keeps what it has done: so it looks at its keys before it takes a message.
TEST_F(WorkerScenario, LosesNoMessageToAKeyOfTheWrongType) {
    start_worker({"concurrency=1"});
    const std::vector<std::vector<std::string>> foreign = {
        {"SET", "", "text"},
        {"LPUSH", "", "element"},
        {"SADD", "", "member"},
        {"ZADD", "", "1", "member"},
        {"HSET", "", "field", "value"},
        {"XADD", "", "*", "field", "value"}
    };
    int number = 0;
    for (const std::string key : {"unacked", "unacked_index", "elasticbot.dead-letter"}) {
        for (auto command : foreign) {
            server->ask({"DEL", key});
            command[1] = key;
            server->ask(command);
            auto id = send("add", {number, 1});
            // Taken, where the key has its type; else the worker says that it cannot take it.
            EXPECT_TRUE(eventually([&] {
                return !stored(id).is_null() ||
                       worker->output().contains("WRONGTYPE " + key + " holds");
            }));
            server->ask({"DEL", key});
            EXPECT_EQ(result_of(id)["result"], number + 1) << key << " after " << command[0];
            ++number;
        }
    }
}

TEST_F(WorkerScenario, KillsATaskAtItsHardLimit) {
    start_worker({"hard_limit=1"});

    auto id = send("sleep", {600});

    EXPECT_EQ(result_of(id)["result"]["exc_type"], "TimeLimitExceeded");
    EXPECT_EQ(result_of(id)["result"]["exc_message"], Json::array({1}));
    EXPECT_TRUE(nothing_is_held());
}

// celery-wire.md 8: what escapes from the task is Python's own exception, without arguments.
TEST_F(WorkerScenario, EndsATaskAtItsSoftLimit) {
    start_worker({"concurrency=1", "soft_limit=600"});

    auto id = send("work", Json::array(), Json::object(), {{"timelimit", {nullptr, 0.2}}});

    EXPECT_EQ(
        result_of(id)["result"],
        (Json{
            {"exc_type", "SoftTimeLimitExceeded"},
            {"exc_message", Json::array()},
            {"exc_module", "billiard.exceptions"}
        })
    );
    EXPECT_TRUE(worker->says("raised unexpected: SoftTimeLimitExceeded()"));
    if (has_python_celery()) {
        auto seen = python_client(
            {"call",
             server->url(),
             server->url(1),
             "elasticbot.debug.work",
             "[]",
             R"({"soft_time_limit": 0.2, "time_limit": 60})"}
        );
        EXPECT_EQ(seen["error"], "SoftTimeLimitExceeded");
    }
    EXPECT_TRUE(nothing_is_held());
}

TEST_F(WorkerScenario, PutsBackWhatStillRunsWhenItsTimeToStopIsOver) {
    start_worker({"stop_time=1", "concurrency=1", "prefetch=2"});
    auto running = send("sleep", {600}, mark());
    ASSERT_TRUE(eventually([&] { return marks() == 1; }));
    auto next = send("noop");

    worker->signal(SIGTERM);

    EXPECT_EQ(worker->wait(), 0);
    EXPECT_EQ(server->number({"LLEN", "celery"}), 2);
    EXPECT_EQ(server->number({"HLEN", "unacked"}), 0);
    EXPECT_THAT(server->ask({"LRANGE", "celery", "-1", "-1"}), HasSubstr(running));
    EXPECT_THAT(server->ask({"LRANGE", "celery", "-1", "-1"}), HasSubstr("\"redelivered\":true"));
    EXPECT_EQ(server->ask({"SMEMBERS", "_kombu.binding.celery.pidbox"}), "*0\r\n");
    EXPECT_EQ(server->ask({"SMEMBERS", "elasticbot.consumers"}), "*0\r\n");
}

TEST_F(WorkerScenario, GoesOnAfterMessagesThatNobodyCanRead) {
    start_worker();

    server->ask({"LPUSH", "celery", "not json"});
    server->ask(
        {"LPUSH",
         "celery",
         R"({"body": "[1", "headers": {"task": "t", "id": "broken"}, "properties": {}})"}
    );
    server->ask({"LPUSH", "celery", R"({"headers": {}})"});

    EXPECT_EQ(result_of(send("add", {1, 2}))["result"], 3);
    EXPECT_EQ(result_of("broken")["result"]["exc_type"], "DecodeError");
    EXPECT_TRUE(eventually([&] { return server->number({"LLEN", "elasticbot.dead-letter"}) == 3; })
    );
    EXPECT_TRUE(nothing_is_held());
}

TEST_F(WorkerScenario, WaitsForABrokerThatIsAwayAtStart) {
    server->stop();
    start_worker({}, false);
    ASSERT_TRUE(worker->says("cannot start to consume"));

    server->start();

    EXPECT_TRUE(worker->says("ready."));
    EXPECT_EQ(result_of(send("add", {1, 2}))["result"], 3);
}

// deploy.md D-EXIT, decision 24: a service that stays away ends a role with 69.
TEST_F(WorkerScenario, EndsWith69WhenTheBrokerStaysAway) {
    server->stop();

    start_worker({"startup_timeout=1"}, false);

    EXPECT_EQ(worker->wait(), 69);
    EXPECT_THAT(worker->output(), HasSubstr("cannot start to consume within 1s: cannot connect"));
}

TEST_F(WorkerScenario, CanBeStoppedWhileTheBrokerIsAway) {
    server->stop();
    start_worker({}, false);
    ASSERT_TRUE(worker->says("cannot start to consume"));

    worker->signal(SIGTERM);

    EXPECT_EQ(worker->wait(), 0);
}

TEST_F(WorkerScenario, ReplacesAnExecutorThatHasRunItsNumberOfTasks) {
    start_worker({"concurrency=1", "max_tasks=2"});
    auto first = worker->children();

    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(result_of(send("add", {i, 1}))["result"], i + 1);
    }

    EXPECT_NE(worker->children(), first);
}

}  // namespace
}  // namespace elasticbot
