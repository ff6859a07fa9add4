// One run of the real binary, in a folder and an environment of its own: what it said and how it
// ended.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace elasticbot::scenario {

struct Outcome {
    int exit_code = -1;  // 128 + number for a signal.
    std::string out;
    std::string err;
};

// A scratch folder, removed at the end; runs start in it.
class Folder {
public:
    Folder();
    ~Folder();
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    const std::string& path() const { return path_; }

    void write(const std::string& name, const std::string& text) const;

    // Runs `elasticbot <arguments>` with these variables and PATH alone. After `limit` it is killed
    // and the test fails.
    Outcome run(
        const std::vector<std::string>& arguments,
        std::map<std::string, std::string> environment = {},
        const std::string& program_name = "elasticbot",
        std::chrono::seconds limit = std::chrono::seconds(60)
    ) const;

private:
    std::string path_;
};

}  // namespace elasticbot::scenario
