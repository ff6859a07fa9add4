// A string that prints as ***: passwords, tokens, URLs with credentials.
#pragma once

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

    bool operator==(const Secret&) const = default;

private:
    std::string value_;
};

// "***" for fmt and for streams; "" stays "".
inline std::string_view format_as(const Secret& secret) {
    return secret.empty() ? "" : "***";
}

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
