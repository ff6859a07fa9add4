#include <elasticbot/adapters/os/made_folders.hpp>

#include <filesystem>
#include <iterator>
#include <ranges>
#include <utility>

#include <unistd.h>

namespace elasticbot::os {

namespace fs = std::filesystem;

MadeFolders::MadeFolders(MadeFolders&& other) noexcept : made_(std::exchange(other.made_, {})) {}

MadeFolders& MadeFolders::operator=(MadeFolders&& other) noexcept {
    std::swap(made_, other.made_);
    return *this;
}

MadeFolders::~MadeFolders() {
    for (const std::string& folder : made_ | std::views::reverse) {
        ::rmdir(folder.c_str());  // Refuses when something is in it.
    }
}

void MadeFolders::expect(const std::string& path) {
    std::error_code ignored;
    std::vector<std::string> missing;
    for (fs::path at = fs::absolute(path, ignored).lexically_normal();
         at.has_relative_path() && !fs::exists(at, ignored);
         at = at.parent_path()) {
        if (at.has_filename()) {
            missing.push_back(at.string());
        }
    }
    made_.insert(made_.end(), missing.rbegin(), missing.rend());
}

}  // namespace elasticbot::os
