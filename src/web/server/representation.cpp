// Times and decimals as answers show them.
#include "representation.hpp"

#include <elasticbot/product/market/decimal.hpp>

namespace elasticbot::web {

namespace {

using namespace std::chrono;

std::string format_time(store::Timestamp time, seconds offset) {
    const auto local = time + offset;
    const auto day = floor<days>(local);
    const year_month_day date(day);
    const hh_mm_ss clock(floor<seconds>(local - day));
    const auto fraction = (local - floor<seconds>(local)).count();
    const auto minutes_off = duration_cast<minutes>(offset).count();
    const auto magnitude = minutes_off < 0 ? -minutes_off : minutes_off;
    return fmt::format(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}{}{:02}:{:02}",
        static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()),
        static_cast<unsigned>(date.day()),
        clock.hours().count(),
        clock.minutes().count(),
        clock.seconds().count(),
        fraction == 0 ? "" : fmt::format(".{:06}", fraction),
        minutes_off < 0 ? '-' : '+',
        magnitude / 60,
        magnitude % 60
    );
}

}  // namespace

std::string local_time(store::Timestamp time, const schedule::Zone& zone) {
    return format_time(time, zone.period_at(floor<seconds>(time)).offset);
}

std::string utc_time(store::Timestamp time) {
    return format_time(time, seconds(0));
}

OrderedJson text_or_null(const std::optional<std::string>& decimal) {
    return decimal ? OrderedJson(*decimal) : OrderedJson();
}

OrderedJson number_or_null(const std::optional<std::string>& decimal) {
    if (!decimal) {
        return {};
    }
    const auto number = market::Decimal::parse(*decimal);
    return number ? OrderedJson(number->to_double()) : OrderedJson();
}

}  // namespace elasticbot::web
