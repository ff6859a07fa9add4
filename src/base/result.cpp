#include <elasticbot/base/result.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <system_error>

namespace elasticbot {

std::string_view to_string(Errc code) {
    switch (code) {
        case Errc::invalid:
            return "invalid";
        case Errc::not_found:
            return "not_found";
        case Errc::unavailable:
            return "unavailable";
        case Errc::timeout:
            return "timeout";
        case Errc::denied:
            return "denied";
        case Errc::conflict:
            return "conflict";
        case Errc::exhausted:
            return "exhausted";
        case Errc::internal:
            return "internal";
    }
    return "internal";
}

Error Error::while_doing(std::string_view what) const {
    return {.code = code, .message = fmt::format("cannot {}: {}", what, message)};
}

static Errc code_of(int error_number) {
    switch (error_number) {
        case EINVAL:
        case ENAMETOOLONG:
        case ENOTDIR:
        case EISDIR:
        case ELOOP:
        case ENOEXEC:
        case E2BIG:
            return Errc::invalid;
        case ENOENT:
        case ESRCH:
        case ENODEV:
        case ENXIO:
            return Errc::not_found;
        case ECONNREFUSED:
        case ECONNRESET:
        case ECONNABORTED:
        case ENETUNREACH:
        case EHOSTUNREACH:
        case EPIPE:
        case EAGAIN:
        case EINTR:
            return Errc::unavailable;
        case ETIMEDOUT:
            return Errc::timeout;
        case EACCES:
        case EPERM:
        case EROFS:
            return Errc::denied;
        case EEXIST:
        case EADDRINUSE:
        case EBUSY:
        case ETXTBSY:
        case ENOTEMPTY:
            return Errc::conflict;
        case ENOMEM:
        case EMFILE:
        case ENFILE:
        case ENOSPC:
        case EDQUOT:
        case ENOBUFS:
            return Errc::exhausted;
        default:
            return Errc::internal;
    }
}

Error system_error(std::string_view what, int error_number) {
    // std::generic_category: strerror that may be called from any thread.
    return {
        .code = code_of(error_number),
        .message =
            fmt::format("cannot {}: {}", what, std::generic_category().message(error_number)),
    };
}

}  // namespace elasticbot
