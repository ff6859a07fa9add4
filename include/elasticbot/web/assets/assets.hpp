// The static files that are compiled into the binary.
#pragma once

#include <span>
#include <string_view>

namespace elasticbot::assets {

struct Asset {
    std::string_view path;  // "icon.svg", with '/' between folders
    std::string_view content;
};

// Every asset, by path ascending. A new one is a file in files/ and a line in assets.cpp.
std::span<const Asset> all_assets();

}  // namespace elasticbot::assets
