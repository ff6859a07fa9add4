// The files of outputs whose log is AUTO: made anew at the start, found again by their names.
// (supervisord-compat.md 9)
#pragma once

#include <elasticbot/base/result.hpp>
#include <elasticbot/supervisor/fleet/program.hpp>
#include <elasticbot/supervisord/file/file.hpp>

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace elasticbot::supervisord {

// Whether a file's name is one that a daemon with this identifier has given:
// "x-stdout---supervisor-ab12cd34.log", with a rotated one's number behind it.
bool is_auto_log(std::string_view file_name, std::string_view identifier);

class AutoLogs {
public:
    // `folder` and `identifier` are those of [supervisord].
    AutoLogs(std::string folder, std::string identifier)
        : folder_(std::move(folder)), identifier_(std::move(identifier)) {}

    // Deletes what earlier daemons left, which is told by its name alone.
    void remove_old() const;

    // The file of `channel` ("stdout") of a process: made now, or at an earlier question.
    Result<std::string> path_of(const std::string& process, std::string_view channel);

    // The same for each program of `file` that has such an output: it gets the path.
    Result<> make_all(const File& file, std::vector<supervisor::Program>& programs);

private:
    std::string folder_;
    std::string identifier_;
    std::map<std::pair<std::string, std::string>, std::string, std::less<>> paths_;
};

}  // namespace elasticbot::supervisord
