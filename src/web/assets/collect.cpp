// Names, files and manifest of the collected assets.
#include <elasticbot/base/json.hpp>
#include <elasticbot/web/assets/collect.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <openssl/evp.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>

#include <unistd.h>

namespace elasticbot::assets {

namespace fs = std::filesystem;

namespace {

std::string short_hash(std::string_view content) {
    constexpr std::size_t hash_bytes = 6;
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    EVP_Digest(content.data(), content.size(), digest.data(), &size, EVP_sha256(), nullptr);
    std::string text;
    for (std::size_t i = 0; i < hash_bytes; ++i) {
        text += fmt::format("{:02x}", digest[i]);
    }
    return text;
}

std::optional<std::string> read_file(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        return std::nullopt;
    }
    return std::string(std::istreambuf_iterator<char>(file), {});
}

class Writer {
public:
    explicit Writer(fs::path root) : root_(std::move(root)) {}

    Result<> write(std::string_view name, std::string_view content) {
        const fs::path path = root_ / name;
        if (read_file(path) == content) {
            ++collected.unchanged;
            return {};
        }
        std::error_code error;
        fs::create_directories(path.parent_path(), error);
        if (error) {
            return system_error(
                fmt::format("create {} (STATIC_ROOT)", path.parent_path().string()), error.value()
            );
        }
        // Several instances may collect into one folder at once: each has a name of its own to
        // write under.
        const fs::path part = fmt::format("{}.{}.part", path.string(), getpid());
        errno = 0;
        std::ofstream file(part, std::ios::binary | std::ios::trunc);
        file.write(content.data(), static_cast<std::streamsize>(content.size()));
        file.close();
        if (!file) {
            const int reason = errno == 0 ? EIO : errno;
            fs::remove(part, error);
            return system_error(fmt::format("write {} (STATIC_ROOT)", path.string()), reason);
        }
        fs::rename(part, path, error);
        if (error) {
            return system_error(
                fmt::format("write {} (STATIC_ROOT)", path.string()), error.value()
            );
        }
        ++collected.written;
        return {};
    }

    // The file itself and what is smaller of its compressed forms.
    Result<> write_all(std::string_view name, std::string_view content) {
        const std::array forms{std::pair(".gz", gzip(content)), std::pair(".br", brotli(content))};
        for (const auto& [suffix, packed] : forms) {
            if (!packed) {
                return packed.error();
            }
            if (packed->size() < content.size()) {
                if (auto done = write(fmt::format("{}{}", name, suffix), *packed); !done) {
                    return done;
                }
            }
        }
        return write(name, content);
    }

    Collected collected;

private:
    fs::path root_;
};

}  // namespace

std::string hashed_name(std::string_view path, std::string_view content) {
    const std::size_t folder = path.rfind('/') == std::string_view::npos ? 0 : path.rfind('/') + 1;
    const std::size_t dot = path.find('.', folder + 1);  // A leading dot is part of the name.
    const std::size_t end = dot == std::string_view::npos ? path.size() : dot;
    return fmt::format("{}.{}{}", path.substr(0, end), short_hash(content), path.substr(end));
}

Result<Collected> collect(const fs::path& root, std::span<const Asset> assets) {
    Writer writer(root);
    OrderedJson paths = OrderedJson::object();
    std::string all;
    for (const Asset& asset : assets) {
        const std::string hashed = hashed_name(asset.path, asset.content);
        for (const std::string_view name : {std::string_view(hashed), asset.path}) {
            if (auto done = writer.write_all(name, asset.content); !done) {
                return done.error();
            }
        }
        paths[std::string(asset.path)] = hashed;
        all += hashed;
    }
    // The form of Django's manifest, so that tools which read that one read ours.
    const OrderedJson manifest{{"paths", paths}, {"version", "1.1"}, {"hash", short_hash(all)}};
    if (auto done = writer.write("staticfiles.json", json::dump(manifest) + "\n"); !done) {
        return done.error();
    }
    return writer.collected;
}

}  // namespace elasticbot::assets
