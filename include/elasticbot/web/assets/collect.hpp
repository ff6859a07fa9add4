// Writes assets to a folder as a web server wants them: under content-hashed names, compressed,
// with a manifest.
#pragma once

#include <elasticbot/base/result.hpp>
#include <elasticbot/web/assets/assets.hpp>

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace elasticbot::assets {

// "css/page.css" → "css/page.0f3a5c77be12.css": twelve hexadecimal digits of the content's SHA-256.
std::string hashed_name(std::string_view path, std::string_view content);

// Deterministic, at the highest level: the same bytes give the same bytes.
Result<std::string> gzip(std::string_view content);
Result<std::string> brotli(std::string_view content);

struct Collected {
    int written = 0;
    int unchanged = 0;
};

// Each asset as itself and under its hashed name, both also as .gz and .br where that is smaller,
// and staticfiles.json, which maps names to hashed names and is written last. A file appears whole
// or not at all; one that has the right content already is left alone. Nothing is deleted: pages of
// the version before may still ask for its files.
Result<Collected> collect(const std::filesystem::path& root, std::span<const Asset> assets);

}  // namespace elasticbot::assets
