// A time zone by its IANA name: instant to local time, and the stretches of constant offset.
#pragma once

#include <elasticbot/base/result.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace date {
class time_zone;
}

namespace elasticbot::schedule {

// Instants between two changes of a zone's offset. Local time is linear within.
struct Period {
    std::chrono::sys_seconds begin;
    std::chrono::sys_seconds end;  // The first instant that is not in it any more.
    std::chrono::seconds offset;   // Local time is UTC plus this.
};

// A small value; the data it refers to live as long as the process. Reads the system's zone files.
class Zone {
public:
    // "America/La_Paz". Errors: the name is unknown (not_found), or there are no zone files
    // (unavailable, with the package to install).
    static Result<Zone> find(std::string_view name);

    Period period_at(std::chrono::sys_seconds instant) const;
    std::chrono::local_seconds to_local(std::chrono::sys_seconds instant) const;
    const std::string& name() const;

    bool operator==(const Zone&) const = default;

private:
    explicit Zone(const date::time_zone* zone) : zone_(zone) {}

    const date::time_zone* zone_;
};

}  // namespace elasticbot::schedule
