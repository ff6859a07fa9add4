// Folders that are made for as long as a process needs them, and then taken away again.
#pragma once

#include <string>
#include <vector>

namespace elasticbot::os {

// Removes only what was not there before, and of that only what is empty.
class MadeFolders {
public:
    MadeFolders() = default;
    ~MadeFolders();
    MadeFolders(MadeFolders&& other) noexcept;
    MadeFolders& operator=(MadeFolders&& other) noexcept;
    MadeFolders(const MadeFolders&) = delete;
    MadeFolders& operator=(const MadeFolders&) = delete;

    // To be called before somebody makes the folder `path`: whatever is missing of it, parents
    // included, goes with this object.
    void expect(const std::string& path);

private:
    std::vector<std::string> made_;  // Parents first.
};

}  // namespace elasticbot::os
