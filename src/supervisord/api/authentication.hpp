// Who may use a server: HTTP's basic authentication with a plain or a hashed password. Pure.
#pragma once

#include <elasticbot/base/secret.hpp>

#include <string>
#include <string_view>

namespace elasticbot::supervisord {

// Whether the header `authorization` ("Basic ZGVtbzpzZWNyZXQ=") holds this name and password. A
// password "{SHA}" and 40 hexadecimal digits is the SHA-1 of the one that has to be sent. Takes the
// same time wherever they differ. (supervisord-compat.md 3 and 11, hardening F7)
bool is_authorised(
    std::string_view authorization, const std::string& username, const Secret& password
);

}  // namespace elasticbot::supervisord
