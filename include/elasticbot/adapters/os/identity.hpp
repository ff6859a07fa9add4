// Users by name or number, for processes that run as somebody else.
#pragma once

#include <elasticbot/base/result.hpp>

#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace elasticbot::os {

struct Identity {
    uid_t uid = 0;
    gid_t gid = 0;
    std::vector<gid_t> groups;  // All supplementary groups; those of the supervisor are dropped.
    std::string name;           // Empty when the number has no entry.
    std::string home;
};

// "nobody", "nobody:www-data", "1000", "1000:1000". A number needs no entry in /etc/passwd:
// platforms run images under arbitrary ones; its group is then the same number.
Result<Identity> find_identity(std::string_view user);

}  // namespace elasticbot::os
