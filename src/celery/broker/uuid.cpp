// getrandom(2) and the version bits of RFC 4122.
#include <elasticbot/base/assert.hpp>
#include <elasticbot/celery/broker/uuid.hpp>

#include <fmt/format.h>

#include <array>

#include <sys/random.h>

namespace elasticbot::broker {

std::string new_uuid() {
    std::array<unsigned char, 16> bytes{};
    // Up to 256 bytes come whole once the pool is initialised. (getrandom(2))
    ELASTICBOT_ASSERT(
        getrandom(bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size())
    );
    bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0fU) | 0x40U);
    bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3fU) | 0x80U);
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        text += i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "";
        text += fmt::format("{:02x}", bytes[i]);
    }
    return text;
}

}  // namespace elasticbot::broker
