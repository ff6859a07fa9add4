// The processes that the clients see: what each is configured as and what has become of it.
#pragma once

#include <elasticbot/base/ids.hpp>
#include <elasticbot/supervisor/fleet/program.hpp>
#include <elasticbot/supervisord/file/file.hpp>
#include <elasticbot/supervisord/states/process_record.hpp>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace elasticbot::supervisord {

struct Entry {
    Process process;
    std::string group;
    Group::Kind kind = Group::Kind::program;
    ProgramName program;
    std::string standard_output;  // Path of its log; "": none.
    std::string standard_error;
    ProcessRecord record;
    int times_running = 0;  // How often it has entered RUNNING.

    // "group:process", or the one name that both have.
    std::string full_name() const;
};

class ProcessTable {
public:
    // The processes of `file`, run as `programs` (by the same names). Those that were there keep
    // what is known of them, unless `anew` names their group.
    void assign(
        const File& file, const std::vector<supervisor::Program>& programs, std::string_view anew
    );

    // nullptr when there is none.
    Entry* find(const ProgramName& program) const;
    Entry* find(std::string_view group, std::string_view process) const;

    bool has_group(std::string_view group) const { return by_group_.contains(std::string(group)); }

    // By name of group and process.
    const std::vector<Entry*>& by_name() const { return by_name_; }

    // By priority and name of the group, then by priority and place in the file: the order of
    // starting by request.
    const std::vector<Entry*>& in_order() const { return in_order_; }

    // In that order; empty when there is no such group.
    std::vector<Entry*> of_group(std::string_view group) const;

private:
    std::unordered_map<ProgramName, std::unique_ptr<Entry>> entries_;
    std::map<std::string, std::vector<Entry*>, std::less<>> by_group_;
    std::vector<Entry*> by_name_;
    std::vector<Entry*> in_order_;
};

}  // namespace elasticbot::supervisord
