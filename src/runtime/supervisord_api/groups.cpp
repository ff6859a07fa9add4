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

// One that is AUTO has no name to compare.
void forget_paths(Output& one, Output& other) {
    if (one.to == Output::To::automatic || other.to == Output::To::automatic) {
        one.to = other.to;
        one.path = other.path;
    }
}

void forget_places(Process& process) {
    process.at = {};
    process.section.clear();
    for (IniOption& option : process.own) {
        option.at = {};
    }
}

bool same_process(Process one, Process other) {
    forget_places(one);
    forget_places(other);
    forget_paths(one.standard_output, other.standard_output);
    forget_paths(one.standard_error, other.standard_error);
    return one == other;
}

}  // namespace

bool same_group(const Group& one, const Group& other) {
    if (!std::ranges::equal(one.processes, other.processes, same_process)) {
        return false;
    }
    Group first = one;
    Group second = other;
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
