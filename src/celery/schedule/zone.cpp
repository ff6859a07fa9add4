// The only file that knows the date library: libstdc++ 12 has no time zones.
#include <elasticbot/celery/schedule/zone.hpp>
#include <elasticbot/lazy/date_tz.hpp>

#include <date/tz.h>
#include <fmt/format.h>

#include <exception>

namespace elasticbot::schedule {

Result<Zone> Zone::find(std::string_view name) {
    if (auto loaded = lazy::load_date_tz(); !loaded) {
        return loaded.error();
    }
    try {
        date::get_tzdb();
    } catch (const std::exception&) {
        return Error{
            Errc::unavailable,
            fmt::format(
                "cannot find time zone {}: there are no zone files (install the package tzdata)",
                name
            )
        };
    }
    try {
        return Zone(date::locate_zone(name));
    } catch (const std::exception&) {
        return Error{
            Errc::not_found, fmt::format("cannot find time zone {}: no zone has this name", name)
        };
    }
}

Period Zone::period_at(std::chrono::sys_seconds instant) const {
    auto info = zone_->get_info(instant);
    return {.begin = info.begin, .end = info.end, .offset = info.offset};
}

std::chrono::local_seconds Zone::to_local(std::chrono::sys_seconds instant) const {
    return std::chrono::local_seconds{instant.time_since_epoch() + period_at(instant).offset};
}

const std::string& Zone::name() const {
    return zone_->name();
}

}  // namespace elasticbot::schedule
