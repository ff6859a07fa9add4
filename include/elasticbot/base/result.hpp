// Value or error: the return type of everything that can be expected to go wrong.
#pragma once

#include <concepts>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace elasticbot {

// What kind of thing went wrong, for callers that act on it. The message is for people.
enum class Errc {
    invalid,      // The input is not what it should be.
    not_found,    // The thing asked for does not exist.
    unavailable,  // A service or resource cannot be reached now; trying again may help.
    timeout,      // No answer within the deadline.
    denied,       // Not permitted: credentials, file mode, policy.
    conflict,     // Somebody else has it, or it exists already.
    exhausted,    // Out of memory, descriptors, processes or space.
    internal,     // A reply or state that nobody should see.
};

// One word for logs and JSON: "not_found".
std::string_view to_string(Errc code);

// `message` starts with 'cannot' and names the thing, the reason and, if known, the remedy. No full
// stop.
struct Error {
    Errc code = Errc::internal;
    std::string message;

    // The same error with its context in front: error("connection refused").while_doing("reach
    // Redis") reads "cannot reach Redis: connection refused". A leading "cannot " of the inner
    // message is kept.
    [[nodiscard]] Error while_doing(std::string_view what) const;

    bool operator==(const Error&) const = default;
};

// std::expected that insists on being looked at. `T` may be void.
template <class T = void>
class [[nodiscard]] Result : public std::expected<T, Error> {
    using Base = std::expected<T, Error>;

public:
    using Base::Base;
    using Base::operator=;

    // NOLINTNEXTLINE(google-explicit-constructor): `return Error{...};` is how every function
    // reports an error.
    Result(Error error) : Base(std::unexpect, std::move(error)) {}
};

// Error{code, "cannot <what>: <strerror(error_number)>"}; the code fits the number (ENOENT:
// not_found, …).
Error system_error(std::string_view what, int error_number);

}  // namespace elasticbot
