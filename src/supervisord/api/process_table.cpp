#include "process_table.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace elasticbot::supervisord {

namespace {

std::string log_path(const supervisor::Output& output) {
    switch (output.to) {
        case supervisor::Output::To::file:
            return output.path;
        case supervisor::Output::To::standard_output:
            return "/dev/stdout";
        case supervisor::Output::To::standard_error:
            return "/dev/stderr";
        case supervisor::Output::To::records:
        case supervisor::Output::To::nothing:
            return "";
    }
    return "";
}

}  // namespace

std::string Entry::full_name() const {
    return group == process.name ? group : group + ":" + process.name;
}

void ProcessTable::assign(
    const File& file, const std::vector<supervisor::Program>& programs, std::string_view anew
) {
    auto before = std::exchange(entries_, {});
    by_group_.clear();
    by_name_.clear();
    in_order_.clear();
    std::unordered_map<std::string_view, const supervisor::Program*> by_program;
    for (const supervisor::Program& program : programs) {
        by_program.emplace(program.name.value(), &program);
    }
    for (const Group& group : file.groups) {
        auto& members = by_group_[group.name];
        for (const Process& process : group.processes) {
            const ProgramName name{supervisord::full_name(group, process)};
            const auto program = by_program.find(name.value());
            if (program == by_program.end() || entries_.contains(name)) {
                continue;
            }
            std::unique_ptr<Entry> entry;
            if (auto old = before.find(name); old != before.end() && group.name != anew) {
                entry = std::move(old->second);
            } else {
                entry = std::make_unique<Entry>(Entry{
                    .process = process,
                    .group = group.name,
                    .kind = group.kind,
                    .program = name,
                    .standard_output = log_path(program->second->standard_output),
                    .standard_error = log_path(program->second->standard_error),
                    .record = ProcessRecord(process.name, group.name, *program->second)
                });
            }
            members.push_back(entry.get());
            entries_.emplace(name, std::move(entry));
        }
        std::ranges::stable_sort(members, {}, [](const Entry* entry) {
            return entry->process.priority;
        });
        in_order_.insert(in_order_.end(), members.begin(), members.end());
    }
    by_name_ = in_order_;
    std::ranges::sort(by_name_, {}, [](const Entry* entry) {
        return std::tie(entry->group, entry->process.name);
    });
}

Entry* ProcessTable::find(const ProgramName& program) const {
    const auto found = entries_.find(program);
    return found == entries_.end() ? nullptr : found->second.get();
}

Entry* ProcessTable::find(std::string_view group, std::string_view process) const {
    const auto members = by_group_.find(group);
    if (members == by_group_.end()) {
        return nullptr;
    }
    const auto found = std::ranges::find(members->second, process, [](const Entry* entry) {
        return std::string_view(entry->process.name);
    });
    return found == members->second.end() ? nullptr : *found;
}

std::vector<Entry*> ProcessTable::of_group(std::string_view group) const {
    const auto members = by_group_.find(group);
    return members == by_group_.end() ? std::vector<Entry*>{} : members->second;
}

}  // namespace elasticbot::supervisord
