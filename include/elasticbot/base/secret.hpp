// A string that prints as ***: passwords, tokens, URLs with credentials.
#pragma once

#include <fmt/core.h>

#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace elasticbot {

class Secret {
public:
    Secret() = default;

    explicit Secret(std::string value) : value_(std::move(value)) {}

    // The value itself. Every call is a place where it could leak.
    const std::string& reveal() const { return value_; }

    bool empty() const { return value_.empty(); }

    // What may be printed: "***", or "" for the empty one.
    std::string_view redacted() const { return value_.empty() ? "" : "***"; }

    bool operator==(const Secret&) const = default;

    friend std::ostream& operator<<(std::ostream& out, const Secret& secret) {
        return out << secret.redacted();
    }

private:
    std::string value_;
};

// The URL with its password as ***: "postgres://app:***@db:5432/app". What is not a URL with a
// password comes back as it is.
std::string redact_url(std::string_view url);

// Whether a variable of this name usually holds a secret: *SECRET*, *TOKEN*, *PASSWORD*, *_KEY, in
// any case.
bool is_secret_name(std::string_view name);

// The value of the variable `name` as it may be printed: "***" for a secret name, else as
// redact_url() says.
std::string redact(std::string_view name, std::string_view value);

}  // namespace elasticbot

template <>
struct fmt::formatter<elasticbot::Secret> : fmt::formatter<std::string_view> {
    template <class Context>
    auto format(const elasticbot::Secret& secret, Context& context) const {
        return fmt::formatter<std::string_view>::format(secret.redacted(), context);
    }
};
