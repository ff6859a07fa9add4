// Which programs count as changed when the configuration is read again: those whose own definition,
// settings, sockets or variables are others. (architecture.md 7, Reload)
#include "load_harness.hpp"

#include <gtest/gtest.h>

namespace elasticbot::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

// Names of the programs that are in both and differ.
std::vector<std::string> changed(const Sources& before, const Sources& after) {
    const Config old = accepted(before);
    std::vector<std::string> names;
    for (const supervisor::Program& program : accepted(after).programs) {
        const auto same = std::ranges::find(old.programs, program.name, &supervisor::Program::name);
        if (same != old.programs.end() && *same != program) {
            names.push_back(program.name.value());
        }
    }
    return names;
}

std::vector<std::string> changed_by(const std::string& before, const std::string& after) {
    return changed(with_toml(before), with_toml(after));
}

TEST(Changes, AreNoneWhenTheSameIsReadAgain) {
    const std::string file = "[web]\nport = 8123\n[program.extra]\ncommand = \"sleep 1\"\n";

    EXPECT_THAT(changed_by(file, file), IsEmpty());
    EXPECT_THAT(changed_by("[web]\nport = 8000\n", "[web]\nport =   8000 # same\n"), IsEmpty());
}

TEST(Changes, OfASettingConcernTheRoleThatReadsIt) {
    EXPECT_THAT(changed_by("", "[worker]\nprefetch_multiplier = 3\n"), ElementsAre("worker"));
    EXPECT_THAT(
        changed_by("", "[web]\nrequest_timeout = \"30s\"\n"),
        UnorderedElementsAre("web", "collectstatic")
    );
    EXPECT_THAT(changed_by("", "[schedule]\nscrape = \"*/5 * * * *\"\n"), ElementsAre("beat"));
    EXPECT_THAT(
        changed_by("", "[market]\nprice_window = \"5:15\"\n"),
        UnorderedElementsAre("preflight", "migrate", "collectstatic", "worker", "beat", "web")
    );
}

TEST(Changes, OfASettingOfTheSupervisorItselfConcernNobody) {
    EXPECT_THAT(changed_by("", "[supervision]\nstate_dir = \"elsewhere\"\n"), IsEmpty());
}

TEST(Changes, OfAPasswordAreSeen) {
    const auto url = [](const std::string& password) {
        return with_environment({{"REDIS_URL", "redis://:" + password + "@cache:6379/0"}});
    };

    EXPECT_THAT(changed(url("one"), url("two")), testing::Contains("worker"));
}

TEST(Changes, OfAnAddressConcernThoseThatInheritTheSocket) {
    const auto fleet = [](int port) {
        return "[socket.http]\naddress = \"127.0.0.1\"\nport = " + std::to_string(port) +
               "\n[program.server]\ncommand = \"serve\"\nsockets = [\"http\"]\n"
               "[program.other]\ncommand = \"sleep 1\"\n";
    };

    EXPECT_THAT(changed_by(fleet(8081), fleet(8082)), ElementsAre("server"));
}

TEST(Changes, OfAVariableConcernThoseThatItIsPassedTo) {
    const auto sources = [](const std::string& env_file) {
        Sources sources = with_toml(
            "[program.one]\ncommand = \"a\"\npass_environment = [\"COLOUR\"]\n"
            "[program.all]\ncommand = \"b\"\npass_environment = [\"*\"]\n"
            "[program.none]\ncommand = \"c\"\n"
        );
        sources.env_file = File{".env", env_file};
        return sources;
    };

    EXPECT_THAT(
        changed(sources("COLOUR=red\n"), sources("COLOUR=blue\n")),
        UnorderedElementsAre("one", "all")
    );
    EXPECT_THAT(
        changed(sources("COLOUR=red\n"), sources("COLOUR=red\nSIZE=1\n")), ElementsAre("all")
    );
}

TEST(Changes, OfADefinitionConcernThatProgram) {
    EXPECT_THAT(
        changed_by(
            "[program.a]\ncommand = \"sleep 1\"\n[program.b]\ncommand = \"sleep 1\"\n",
            "[program.a]\ncommand = \"sleep 2\"\n[program.b]\ncommand = \"sleep 1\"\n"
        ),
        ElementsAre("a")
    );
    EXPECT_THAT(
        changed_by(
            "[program.a]\ncommand = \"sleep 1\"\n",
            "[program.a]\ncommand = \"sleep 1\"\nready = \"tcp://127.0.0.1:1\"\n"
        ),
        ElementsAre("a")
    );
}

}  // namespace
}  // namespace elasticbot::config
