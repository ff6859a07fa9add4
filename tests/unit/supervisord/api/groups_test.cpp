// What reread, add and remove make of groups, and what names mean. (supervisord-compat.md 12, 13)
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <supervisord/api/groups.hpp>

namespace elasticbot::supervisord {

namespace {

using testing::ElementsAre;

Group group_of(const std::string& name, const std::string& command, std::int64_t priority = 999) {
    Process process;
    process.name = name;
    process.section = "program:" + name;
    process.command = command;
    Group group;
    group.name = name;
    group.section = process.section;
    group.priority = priority;
    group.processes = {process};
    return group;
}

File file_of(std::vector<Group> groups) {
    File file;
    file.groups = std::move(groups);
    return file;
}

std::vector<std::string> names(const File& file) {
    std::vector<std::string> all;
    for (const Group& group : file.groups) {
        all.push_back(group.name);
    }
    return all;
}

}  // namespace

TEST(Groups, TellWhatAFileHasAddedChangedAndRemovedUntilItIsApplied) {  // 12, reloadConfig
    Groups groups(file_of({group_of("a", "cat"), group_of("b", "cat"), group_of("gone", "cat")}));
    groups.read_again(file_of({group_of("a", "tac"), group_of("b", "cat"), group_of("new", "cat")})
    );
    const GroupDifference expected{.added = {"new"}, .changed = {"a"}, .removed = {"gone"}};

    EXPECT_EQ(groups.difference(), expected);
    EXPECT_EQ(groups.difference(), expected);

    groups.take_over(groups.with("new"));
    EXPECT_THAT(groups.difference().added, ElementsAre());
    groups.take_over(groups.without("gone"));
    groups.take_over(groups.without("a"));
    groups.take_over(groups.with("a"));
    EXPECT_EQ(groups.difference(), GroupDifference{});
}

TEST(Groups, StandInTheOrderOfPriorityAndName) {  // 7
    Groups groups(file_of({group_of("first", "x", 1), group_of("m", "x"), group_of("z", "x")}));
    groups.read_again(file_of({group_of("n", "x"), group_of("last", "x", 1000)}));

    groups.take_over(groups.with("n"));
    groups.take_over(groups.with("last"));

    EXPECT_THAT(names(groups.active()), ElementsAre("first", "m", "n", "z", "last"));
}

TEST(Groups, AreTheSameWhereverTheyStandInTheFile) {
    Group moved = group_of("a", "cat");
    moved.at.line = 40;
    moved.processes[0].at.line = 40;
    moved.processes[0].at.source = "conf.d/a.conf";

    EXPECT_TRUE(same_group(group_of("a", "cat"), moved));
}

TEST(Groups, ChangeWithAnyOptionOfAnyProcess) {  // 13, what counts as changed
    const Group before = group_of("a", "cat");
    Group other_priority = before;
    other_priority.priority = 1;
    Group other_environment = before;
    other_environment.processes[0].environment = {{"A", "1"}};
    Group more_processes = before;
    more_processes.processes.push_back(before.processes[0]);
    Group other_buffer = before;
    other_buffer.buffer_size = 11;

    EXPECT_FALSE(same_group(before, other_priority));
    EXPECT_FALSE(same_group(before, other_environment));
    EXPECT_FALSE(same_group(before, more_processes));
    EXPECT_FALSE(same_group(before, other_buffer));
}

TEST(Groups, CompareLogPathsUnlessTheWantedOneIsAuto) {  // 13, as observed
    Group automatic = group_of("a", "cat");
    Group named = automatic;
    named.processes[0].standard_output = {.to = Output::To::file, .path = "/tmp/a.log"};
    Group elsewhere = automatic;
    elsewhere.processes[0].standard_output = {.to = Output::To::file, .path = "/tmp/b.log"};

    EXPECT_TRUE(same_group(named, automatic));
    EXPECT_TRUE(same_group(automatic, automatic));
    EXPECT_FALSE(same_group(automatic, named));  // It has been given a name by then.
    EXPECT_FALSE(same_group(named, elsewhere));
}

TEST(NameSpec, MeansAProcessOrAllOfAGroup) {  // 7
    EXPECT_EQ(parse_name_spec("x").group, "x");
    EXPECT_EQ(parse_name_spec("x").process, "x");
    EXPECT_EQ(parse_name_spec("g:p").group, "g");
    EXPECT_EQ(parse_name_spec("g:p").process, "p");
    EXPECT_EQ(parse_name_spec("g:*").process, std::nullopt);
    EXPECT_EQ(parse_name_spec("g:").process, std::nullopt);
    EXPECT_EQ(parse_name_spec("g:a:b").process, "a:b");
}

}  // namespace elasticbot::supervisord
