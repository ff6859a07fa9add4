// Start commands of the older deployments. (decision 41)
#include <elasticbot/cli/old_names.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace elasticbot::cli {
namespace {

using testing::HasSubstr;

OldCommand translated(std::string_view program, std::vector<std::string> words) {
    const auto result = translate_old_command(program, words);
    if (!result || !*result) {
        ADD_FAILURE() << program << ": " << (result ? result->error().message : "not an old name");
        return {};
    }
    return **result;
}

std::string refusal(std::string_view program, std::vector<std::string> words) {
    const auto result = translate_old_command(program, words);
    return result && !*result ? result->error().message : "";
}

TEST(OldNames, LeaveOurOwnNameAlone) {
    EXPECT_FALSE(translate_old_command("/usr/bin/elasticbot", {"up"}).has_value());
    EXPECT_FALSE(translate_old_command("ebot", {"manage.py"}).has_value());
}

TEST(OldNames, RunManagementCommandsOfPython) {
    const OldCommand migrate{{"migrate", "--noinput"}, {}};
    EXPECT_EQ(translated("python", {"manage.py", "migrate", "--noinput"}), migrate);
    EXPECT_EQ(
        translated("/usr/bin/python3", {"-u", "./manage.py", "migrate", "--noinput"}), migrate
    );
    EXPECT_EQ(translated("./manage.py", {"migrate", "--noinput"}), migrate);
}

TEST(OldNames, PassEveryWordOfSupervisorctlOn) {
    const OldCommand status{{"supervisorctl", "-c", "s.conf", "status"}, {}};
    EXPECT_EQ(translated("/usr/bin/supervisorctl", {"-c", "s.conf", "status"}), status);
    EXPECT_EQ(translated("supervisorctl", {}), (OldCommand{{"supervisorctl"}, {}}));
}

TEST(OldNames, RefuseOtherPythonWithTheCommandToUse) {
    EXPECT_THAT(refusal("python", {"-c", "print(1)"}), HasSubstr("elasticbot --help"));
    EXPECT_THAT(refusal("python", {"script.py"}), HasSubstr("script.py"));
    EXPECT_THAT(refusal("python3", {}), HasSubstr("elasticbot"));
}

TEST(OldNames, TurnGunicornIntoWebWithItsOptions) {
    const OldCommand command = translated(
        "gunicorn",
        {"config.wsgi:application",
         "--bind",
         "0.0.0.0:8080",
         "--workers=3",
         "-t",
         "60",
         "--access-logfile",
         "-"}
    );

    EXPECT_EQ(command.words, std::vector<std::string>{"web"});
    EXPECT_EQ(
        command.settings,
        (std::map<std::string, std::string>{
            {"PORT", "8080"}, {"GUNICORN_WORKERS", "3"}, {"GUNICORN_TIMEOUT", "60"}
        })
    );
}

TEST(OldNames, KeepAnAddressThatIsNotEveryInterface) {
    EXPECT_EQ(
        translated("gunicorn", {"-b", "127.0.0.1:9000", "app"}).settings,
        (std::map<std::string, std::string>{{"PORT", "9000"}, {"ELASTICBOT_BIND", "127.0.0.1"}})
    );
    EXPECT_EQ(
        translated("gunicorn", {"-b", "[::1]:9000", "app"}).settings,
        (std::map<std::string, std::string>{{"PORT", "9000"}, {"ELASTICBOT_BIND", "::1"}})
    );
}

TEST(OldNames, TurnCeleryIntoWorkerOrBeat) {
    const OldCommand worker = translated(
        "celery", {"-A", "config", "worker", "--loglevel=info", "-c2", "-Q", "a,b", "-E"}
    );
    EXPECT_EQ(worker.words, std::vector<std::string>{"worker"});
    EXPECT_EQ(
        worker.settings,
        (std::map<std::string, std::string>{
            {"CELERY_LOG_LEVEL", "info"}, {"CELERY_CONCURRENCY", "2"}, {"CELERY_QUEUES", "a,b"}
        })
    );

    const OldCommand beat = translated(
        "celery",
        {"--app=config",
         "beat",
         "-l",
         "info",
         "--scheduler",
         "django_celery_beat.schedulers:DatabaseScheduler"}
    );
    EXPECT_EQ(beat.words, std::vector<std::string>{"beat"});
    EXPECT_EQ(beat.settings, (std::map<std::string, std::string>{{"CELERY_LOG_LEVEL", "info"}}));
}

TEST(OldNames, RunGunicornAndCeleryAsPythonModules) {
    EXPECT_EQ(
        translated("python", {"-m", "celery", "-A", "x", "beat"}).words,
        std::vector<std::string>{"beat"}
    );
    EXPECT_EQ(
        translated("python3", {"-m", "gunicorn", "x"}).words, std::vector<std::string>{"web"}
    );
}

TEST(OldNames, RefuseUnknownOptionsAndCommandsWithTheNewCommand) {
    EXPECT_THAT(refusal("gunicorn", {"--paste", "x.ini"}), HasSubstr("elasticbot web"));
    EXPECT_THAT(refusal("celery", {"-A", "x", "flower"}), HasSubstr("elasticbot status"));
    EXPECT_THAT(
        refusal("celery", {"-A", "x", "worker", "--autoscale=3,1"}), HasSubstr("elasticbot worker")
    );
    EXPECT_THAT(refusal("celery", {}), HasSubstr("elasticbot worker"));
    EXPECT_THAT(refusal("gunicorn", {"--bind"}), HasSubstr("without a value"));
}

}  // namespace
}  // namespace elasticbot::cli
