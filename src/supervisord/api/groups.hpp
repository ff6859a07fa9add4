// The groups of programs that are in force, beside those of the file as it was read last. Pure.
// (supervisord-compat.md 12 and 13: reread, add, remove, update)
#pragma once

#include <elasticbot/supervisord/file/file.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace elasticbot::supervisord {

// Names of groups, in the order of their files.
struct GroupDifference {
    std::vector<std::string> added;
    std::vector<std::string> changed;
    std::vector<std::string> removed;

    bool operator==(const GroupDifference&) const = default;
};

// Whether a group that is in force is what the file says now. A log file that is to be AUTO is the
// same as any; where a line stands in the file does not count.
bool same_group(const Group& in_force, const Group& wanted);

class Groups {
public:
    // Of processes that have the same name in a group, the last one counts.
    explicit Groups(File file);

    // What runs, as a file: with the groups that are in force alone.
    const File& active() const { return active_; }

    // What addProcessGroup takes from, and avail shows.
    const File& last_read() const { return last_read_; }

    void read_again(File file);

    bool was_read_again() const { return was_read_again_; }

    GroupDifference difference() const;

    bool is_active(std::string_view name) const;
    bool is_readable(std::string_view name) const;

    // `active()` with that group of the last read file, or without a group of that name.
    // Preconditions: is_readable(name) and not is_active(name), is_active(name).
    File with(std::string_view name) const;
    File without(std::string_view name) const;

    void take_over(File active) { active_ = std::move(active); }

private:
    File active_;
    File last_read_;
    bool was_read_again_ = false;
};

// What a name given by a client means: a process, or a whole group ("g:*", "g:").
struct NameSpec {
    std::string group;
    std::optional<std::string> process;  // Nothing: all of the group.
};

NameSpec parse_name_spec(std::string_view text);

}  // namespace elasticbot::supervisord
