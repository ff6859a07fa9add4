// The committed reference is the one that the schema gives.
#include "load_harness.hpp"

#include <elasticbot/config/reference.hpp>

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace elasticbot::config {
namespace {

std::string committed(const std::string& path) {
    std::ifstream file(std::string(ELASTICBOT_SOURCE_DIR) + "/" + path);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

TEST(Reference, IsTheCommittedPage) {
    EXPECT_EQ(committed("docs/configuration.md"), reference_page())
        << "run: elasticbot config reference > docs/configuration.md";
}

TEST(Reference, IsTheCommittedExampleFile) {
    EXPECT_EQ(committed("config/elasticbot.toml"), example_file())
        << "run: elasticbot config reference --toml > config/elasticbot.toml";
}

TEST(Reference, GivesAnExampleFileThatCanBeUsedAsItIs) {
    EXPECT_EQ(errors_of(with_toml(example_file())), "");
}

TEST(Reference, GivesAnExampleFileWhoseKeysAreAllAccepted) {
    std::string active;
    std::istringstream lines(example_file());
    for (std::string line; std::getline(lines, line);) {
        if (line == "# [program.NAME]") {
            break;  // Its keys without a value would not be a program.
        }
        if (line.starts_with("# ") && line.contains(" = ")) {
            line = line.substr(2);
        }
        active += line + "\n";
    }
    EXPECT_EQ(errors_of(with_toml(active)), "");
}

}  // namespace
}  // namespace elasticbot::config
