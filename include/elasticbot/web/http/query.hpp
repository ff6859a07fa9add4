// Query strings: parsed, looked up, and encoded again for the links between pages.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace elasticbot::http {

// Parameters in ascending order of key; of a repeated key all values, the last one counts.
class Query {
public:
    // "page=2&ordering=-id". Broken escapes stay as they are, as browsers and frameworks have it.
    static Query parse(std::string_view text);

    // The last value of that key.
    std::optional<std::string> find(std::string_view key) const;

    void set(std::string_view key, std::string value);
    void remove(std::string_view key);

    // "?a=1+2&page=3", keys ascending, blanks as '+', everything unsafe percent-encoded; "" when
    // empty. (elasticbot-api.md 1.5)
    std::string encode() const;

private:
    std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

}  // namespace elasticbot::http
