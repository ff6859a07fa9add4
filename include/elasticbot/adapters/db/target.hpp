// Reads database URLs without libpq, so that messages can name host and user and never the
// password.
#pragma once

#include <elasticbot/base/result.hpp>
#include <elasticbot/base/secret.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace elasticbot::db {

// libpq parameters in the order given; a later one of the same name replaces an earlier one.
class Target {
public:
    void set(std::string_view key, std::string value);
    // Only if it is not there yet.
    void set_default(std::string_view key, std::string value);
    std::string_view get(std::string_view key) const;  // "" when absent

    // "db.example:5432", "/run/postgresql", "a:5432,b:5433": where it points, with libpq's
    // defaults.
    std::string address() const;
    // "db.example:5432 as user app, database app": for messages.
    std::string description() const;
    // libpq's key='value' text, passwords included.
    Secret conninfo() const;
    // `text` in one line, every secret of the target in it (plain or percent-encoded) replaced by
    // ***.
    std::string redact(std::string_view text) const;

private:
    std::vector<std::pair<std::string, std::string>> parameters_;
};

// postgres:// or postgresql:// URL, or key=value text as libpq reads it. Errors say what is wrong
// and never quote the text itself.
Result<Target> parse_target(const Secret& url);

}  // namespace elasticbot::db
