// Railway ignores keys that it does not know and values of another type, silently: so they are
// checked here.
#include <elasticbot/config/toml_library.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <string>

namespace elasticbot {

// The keys of Railway's reference (docs.railway.com/reference/config-as-code) that a Dockerfile
// build may have.
static const std::map<std::string, toml::node_type> known_keys{
    {"build.builder", toml::node_type::string},
    {"build.dockerfilePath", toml::node_type::string},
    {"build.watchPatterns", toml::node_type::array},
    {"deploy.preDeployCommand", toml::node_type::array},
    {"deploy.healthcheckPath", toml::node_type::string},
    {"deploy.healthcheckTimeout", toml::node_type::integer},
    {"deploy.restartPolicyType", toml::node_type::string},
    {"deploy.restartPolicyMaxRetries", toml::node_type::integer},
    {"deploy.multiRegionConfig", toml::node_type::table},
    {"deploy.numReplicas", toml::node_type::integer},
    {"deploy.sleepApplication", toml::node_type::boolean},
    {"deploy.overlapSeconds", toml::node_type::integer},
    {"deploy.drainingSeconds", toml::node_type::integer},
};

static std::string text_of(const std::string& path) {
    std::ifstream file(std::string(ELASTICBOT_SOURCE_DIR) + "/" + path);
    return {std::istreambuf_iterator<char>(file), {}};
}

static toml::table railway() {
    const toml::parse_result file = toml::parse(text_of("railway.toml"));
    EXPECT_TRUE(file) << "railway.toml is not TOML";
    return file ? file.table() : toml::table();
}

static void expect_known_keys(const toml::table& environment) {
    for (const auto& [section, keys] : environment) {
        if (section == "environments") {
            continue;
        }
        ASSERT_TRUE(keys.is_table()) << section.str();
        for (const auto& [key, value] : *keys.as_table()) {
            const std::string name = std::string(section.str()) + "." + std::string(key.str());
            const auto known = known_keys.find(name);
            ASSERT_NE(known, known_keys.end()) << name << " is not a key that Railway knows";
            EXPECT_EQ(value.type(), known->second) << name;
        }
    }
}

TEST(RailwayToml, HasOnlyKeysThatRailwayKnows) {
    const toml::table file = railway();

    expect_known_keys(file);
    const toml::table* environments = file["environments"].as_table();
    ASSERT_NE(environments, nullptr);
    for (const auto& [name, environment] : *environments) {
        ASSERT_TRUE(environment.is_table()) << name.str();
        expect_known_keys(*environment.as_table());
    }
}

TEST(RailwayToml, SaysWhatTheImageNeeds) {
    const toml::table file = railway();

    EXPECT_EQ(file["build"]["builder"].value<std::string>(), "DOCKERFILE");
    EXPECT_EQ(file["deploy"]["healthcheckPath"].value<std::string>(), "/health/");
    EXPECT_EQ(file["deploy"]["healthcheckTimeout"].value<int>(), 120);
    EXPECT_EQ(file["deploy"]["restartPolicyType"].value<std::string>(), "ON_FAILURE");
    EXPECT_EQ(file["deploy"]["restartPolicyMaxRetries"].value<int>(), 10);
    EXPECT_EQ(file["deploy"]["overlapSeconds"].value<int>(), 10);
    EXPECT_EQ(file["deploy"]["sleepApplication"].value<bool>(), false);
    EXPECT_EQ(file["environments"]["pr"]["deploy"]["numReplicas"].value<int>(), 1);
    const toml::array* commands = file["deploy"]["preDeployCommand"].as_array();
    ASSERT_NE(commands, nullptr);
    ASSERT_EQ(commands->size(), 1U);
    EXPECT_EQ(commands->get(0)->value<std::string>(), "elasticbot migrate --wait 300s");
}

// `up` stops within 25 s; whoever kills it has to wait longer.
TEST(DeployFiles, LeaveTheTimeToStop) {
    constexpr int shutdown_seconds = 25;
    EXPECT_GT(railway()["deploy"]["drainingSeconds"].value<int>(), shutdown_seconds);

    const std::string compose = text_of("deploy/compose.yaml");
    const std::regex period("stop_grace_period: ([0-9]+)s");
    auto found = std::sregex_iterator(compose.begin(), compose.end(), period);
    ASSERT_NE(found, std::sregex_iterator());
    for (; found != std::sregex_iterator(); ++found) {
        EXPECT_GT(std::stoi((*found)[1]), shutdown_seconds);
    }
}

TEST(Dockerfile, NeedsNoNewBuilder) {
    const std::string dockerfile = text_of("Dockerfile");

    EXPECT_THAT(dockerfile, testing::Not(testing::HasSubstr("RUN --mount")));
    EXPECT_THAT(dockerfile, testing::Not(testing::HasSubstr("<<")));
    EXPECT_THAT(dockerfile, testing::HasSubstr("\nUSER 10001:10001\n"));
    EXPECT_THAT(dockerfile, testing::HasSubstr("\nSTOPSIGNAL SIGTERM\n"));
    EXPECT_THAT(
        dockerfile, testing::EndsWith("ENTRYPOINT [\"/usr/bin/elasticbot\"]\nCMD [\"up\"]\n")
    );
}

}  // namespace elasticbot
