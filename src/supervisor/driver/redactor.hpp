// Takes the values of secrets out of whatever is printed. Pure. (deploy.md D-LOG-7)
#pragma once

#include <elasticbot/base/log.hpp>

#include <map>
#include <string>
#include <vector>

namespace elasticbot::supervise {

class Redactor {
public:
    // Shorter values ("1", "true", "test") occur everywhere and are not replaced.
    static constexpr std::size_t shortest_secret = 6;

    // The secrets among the variables: those of a telling name, and passwords in URLs.
    void learn(const std::map<std::string, std::string>& environment);

    // Every occurrence becomes ***, in the message and in the fields.
    void apply(log::Record& record) const;
    void apply(std::string& text) const;

private:
    void add(std::string secret);

    std::vector<std::string> secrets_;  // Longest first: one may hold another.
};

}  // namespace elasticbot::supervise
