#include <elasticbot/adapters/os/identity.hpp>
#include <elasticbot/base/text.hpp>

#include <fmt/format.h>

#include <optional>

#include <grp.h>
#include <pwd.h>

namespace elasticbot::os {

namespace {

Error unknown(std::string_view kind, std::string_view name) {
    return Error{Errc::not_found, fmt::format("cannot find {} \"{}\": no such entry", kind, name)};
}

// The supervisor has one thread, so the plain functions are safe.
// NOLINTBEGIN(concurrency-mt-unsafe)
Result<gid_t> find_group(std::string_view group) {
    if (const auto number = text::to_integer(group)) {
        return static_cast<gid_t>(*number);
    }
    const struct group* entry = ::getgrnam(std::string(group).c_str());
    if (entry == nullptr) {
        return unknown("group", group);
    }
    return entry->gr_gid;
}

std::vector<gid_t> groups_of(const std::string& name, gid_t gid) {
    std::vector<gid_t> groups(64);
    int count = static_cast<int>(groups.size());
    if (::getgrouplist(name.c_str(), gid, groups.data(), &count) < 0) {
        groups.resize(static_cast<std::size_t>(count));
        ::getgrouplist(name.c_str(), gid, groups.data(), &count);
    }
    groups.resize(static_cast<std::size_t>(count));
    return groups;
}

}  // namespace

Result<Identity> find_identity(std::string_view user) {
    const auto colon = user.find(':');
    const std::string_view name = user.substr(0, colon);
    const auto number = text::to_integer(name);
    const passwd* entry =
        number ? ::getpwuid(static_cast<uid_t>(*number)) : ::getpwnam(std::string(name).c_str());
    if (entry == nullptr && !number) {
        return unknown("user", name);
    }

    Identity identity;
    if (entry != nullptr) {
        identity = {
            .uid = entry->pw_uid,
            .gid = entry->pw_gid,
            .name = entry->pw_name,
            .home = entry->pw_dir
        };
    } else {
        identity.uid = static_cast<uid_t>(*number);
        identity.gid = static_cast<gid_t>(*number);
    }
    if (colon != std::string_view::npos) {
        auto gid = find_group(user.substr(colon + 1));
        if (!gid) {
            return gid.error();
        }
        identity.gid = *gid;
    }
    identity.groups =
        identity.name.empty() ? std::vector{identity.gid} : groups_of(identity.name, identity.gid);
    return identity;
}

// NOLINTEND(concurrency-mt-unsafe)

}  // namespace elasticbot::os
