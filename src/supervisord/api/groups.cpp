#include "groups.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace elasticbot::supervisord {

namespace {

const Group* find(const File& file, std::string_view name) {
    const auto found = std::ranges::find(file.groups, name, &Group::name);
    return found == file.groups.end() ? nullptr : &*found;
}

// A file that is to be AUTO has no name to compare; one that is in force has been given one.
void forget_paths(const Output& in_force, Output& wanted) {
    if (wanted.to == Output::To::automatic) {
        wanted.to = in_force.to;
        wanted.path = in_force.path;
    }
}

void forget_places(Process& process) {
    process.at = {};
    process.section.clear();
    for (IniOption& option : process.own) {
        option.at = {};
    }
}

bool same_process(Process in_force, Process wanted) {
    forget_places(in_force);
    forget_places(wanted);
    forget_paths(in_force.standard_output, wanted.standard_output);
    forget_paths(in_force.standard_error, wanted.standard_error);
    return in_force == wanted;
}

// As a table by names would: in the place of the first, what the last one says.
void drop_doubles(File& file) {
    for (Group& group : file.groups) {
        std::vector<Process> processes;
        for (Process& process : group.processes) {
            const auto before = std::ranges::find(processes, process.name, &Process::name);
            if (before == processes.end()) {
                processes.push_back(std::move(process));
            } else {
                *before = std::move(process);
            }
        }
        group.processes = std::move(processes);
    }
}

}  // namespace

Groups::Groups(File file) : active_(std::move(file)) {
    drop_doubles(active_);
    last_read_ = active_;
}

void Groups::read_again(File file) {
    drop_doubles(file);
    last_read_ = std::move(file);
    was_read_again_ = true;
}

bool same_group(const Group& in_force, const Group& wanted) {
    if (!std::ranges::equal(in_force.processes, wanted.processes, same_process)) {
        return false;
    }
    Group first = in_force;
    Group second = wanted;
    for (Group* group : {&first, &second}) {
        group->processes.clear();
        group->at = {};
        group->section.clear();
    }
    return first == second;
}

GroupDifference Groups::difference() const {
    GroupDifference difference;
    for (const Group& group : last_read_.groups) {
        const Group* const before = find(active_, group.name);
        if (before == nullptr) {
            difference.added.push_back(group.name);
        } else if (!same_group(*before, group)) {
            difference.changed.push_back(group.name);
        }
    }
    for (const Group& group : active_.groups) {
        if (find(last_read_, group.name) == nullptr) {
            difference.removed.push_back(group.name);
        }
    }
    return difference;
}

bool Groups::is_active(std::string_view name) const {
    return find(active_, name) != nullptr;
}

bool Groups::is_readable(std::string_view name) const {
    return find(last_read_, name) != nullptr;
}

File Groups::with(std::string_view name) const {
    File file = active_;
    const Group& group = *find(last_read_, name);
    const auto order = [](const Group& each) { return std::tie(each.priority, each.name); };
    const auto place = std::ranges::upper_bound(file.groups, order(group), {}, order);
    file.groups.insert(place, group);
    return file;
}

File Groups::without(std::string_view name) const {
    File file = active_;
    std::erase_if(file.groups, [&](const Group& group) { return group.name == name; });
    return file;
}

NameSpec parse_name_spec(std::string_view text) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) {
        return {std::string(text), std::string(text)};
    }
    NameSpec spec{std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
    if (spec.process->empty() || *spec.process == "*") {
        spec.process.reset();
    }
    return spec;
}

}  // namespace elasticbot::supervisord
