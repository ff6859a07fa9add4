// UUIDs by OpenSSL's SHA-1 and random numbers.
#include "uuid.hpp"

#include <elasticbot/base/assert.hpp>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>

namespace elasticbot::beat {
namespace {

using Bytes = std::array<unsigned char, 20>;

std::string format_uuid(Bytes bytes, unsigned version) {
    bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0FU) | (version << 4U));
    bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3FU) | 0x80U);
    std::string text;
    for (std::size_t index = 0; index < 16; ++index) {
        text += fmt::format(
            "{}{:02x}",
            index == 4 || index == 6 || index == 8 || index == 10 ? "-" : "",
            bytes[index]
        );
    }
    return text;
}

// Of elasticbot's own; drawn once.
constexpr std::string_view own_namespace =
    "\x5b\x0d\x7c\x31\x9e\x46\x4f\x1a\x8c\x22\xe7\x60\x13\xb4\xd9\x58";

}  // namespace

std::string repeatable_uuid(std::string_view name_space, std::string_view name) {
    std::string text = fmt::format("{}{}\n{}", own_namespace, name_space, name);
    Bytes digest{};
    unsigned size = 0;
    ELASTICBOT_ASSERT(
        EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr) == 1
    );
    return format_uuid(digest, 5);
}

std::string fresh_uuid() {
    Bytes bytes{};
    ELASTICBOT_ASSERT(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1);
    return format_uuid(bytes, 4);
}

}  // namespace elasticbot::beat
