// The listening sockets of [fcgi-program:x], which their processes have as standard input.
// (supervisord-compat.md 3, [fcgi-program:x])
#pragma once

#include <elasticbot/adapters/os/fd.hpp>
#include <elasticbot/base/ids.hpp>
#include <elasticbot/base/log.hpp>
#include <elasticbot/base/result.hpp>
#include <elasticbot/supervisord/file/file.hpp>
#include <elasticbot/supervisord/states/process_record.hpp>

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <netinet/in.h>

namespace elasticbot::supervisord {

// A socket exists while a process of its group does. Its path stays behind, and is removed before
// the next bind.
class FcgiSockets {
public:
    using Say = std::function<void(log::Level, const std::string&)>;

    explicit FcgiSockets(Say say) : say_(std::move(say)) {}

    // Groups of other kinds are passed over. The socket is made and closed again: whether it can be
    // had is known before anything is started; after an error it is tried again with each start.
    // `programs`: what the group's processes are called by the supervisor. This resolves the
    // host's name.
    Result<> add_group(const Group& group, const std::vector<ProgramName>& programs);
    void remove_group(const std::string& name);

    // A process is about to be started: what becomes its standard input. Nothing: it belongs to no
    // such group.
    Result<std::optional<int>> before_start(const ProgramName& program);
    // Tells of its end, or that it could not be started.
    void changed(const ProgramName& program, const Transition& transition);

private:
    struct Shared {
        Group group;
        std::optional<sockaddr_in> address;  // For TCP, once the host's name is resolved.
        std::set<ProgramName> programs;
        // Processes by program: two, where the end of one is told after its successor's start.
        std::map<ProgramName, int> users;
        os::Fd socket;  // While there are any.
    };

    Result<> create(Shared& shared) const;
    void close(Shared& shared) const;
    Shared* find(const ProgramName& program);

    Say say_;
    std::map<std::string, Shared, std::less<>> groups_;
};

}  // namespace elasticbot::supervisord
