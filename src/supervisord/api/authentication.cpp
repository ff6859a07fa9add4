#include "authentication.hpp"

#include <elasticbot/base/base64.hpp>
#include <elasticbot/base/text.hpp>

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstddef>

namespace elasticbot::supervisord {

namespace {

constexpr std::string_view hash_prefix = "{SHA}";

std::string sha1_hex(std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr) != 1) {
        return "";
    }
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    for (std::size_t i = 0; i < size; ++i) {
        hex += digits[digest.at(i) >> 4U];
        hex += digits[digest.at(i) & 0xFU];
    }
    return hex;
}

// Looks at every byte of what was sent, and tells nothing by the time that it takes.
bool equal(std::string_view sent, std::string_view expected) {
    unsigned difference = sent.size() == expected.size() ? 0 : 1;
    for (std::size_t i = 0; i < sent.size(); ++i) {
        const char other = expected.empty() ? '\0' : expected[i % expected.size()];
        difference |= static_cast<unsigned char>(sent[i]) ^ static_cast<unsigned char>(other);
    }
    return difference == 0;
}

}  // namespace

bool is_authorised(
    std::string_view authorization, const std::string& username, const Secret& password
) {
    const auto blank = authorization.find(' ');
    if (blank == std::string_view::npos || text::lower(authorization.substr(0, blank)) != "basic") {
        return false;
    }
    const auto decoded = base64::decode(authorization.substr(blank + 1));
    if (!decoded) {
        return false;
    }
    const auto colon = decoded->find(':');
    if (colon == std::string::npos) {
        return false;
    }
    const std::string_view sent = *decoded;
    std::string_view expected = password.reveal();
    std::string sent_password(sent.substr(colon + 1));
    std::string expected_password(expected);
    if (expected.starts_with(hash_prefix)) {
        expected_password = text::lower(expected.substr(hash_prefix.size()));
        sent_password = sha1_hex(sent_password);
    }
    // Both are compared in any case.
    const bool same_name = equal(sent.substr(0, colon), username);
    const bool same_password = equal(sent_password, expected_password);
    return same_name && same_password;
}

}  // namespace elasticbot::supervisord
