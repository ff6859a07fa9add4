#include "self_description.hpp"

#include <elasticbot/adapters/redis/url.hpp>

#include <nlohmann/json.hpp>

#include <string>

#include <sys/resource.h>

namespace elasticbot::worker {

Json resource_usage() {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return {
        {"utime", seconds(used.ru_utime)},
        {"stime", seconds(used.ru_stime)},
        {"maxrss", used.ru_maxrss},
        {"ixrss", used.ru_ixrss},
        {"idrss", used.ru_idrss},
        {"isrss", used.ru_isrss},
        {"minflt", used.ru_minflt},
        {"majflt", used.ru_majflt},
        {"nswap", used.ru_nswap},
        {"inblock", used.ru_inblock},
        {"oublock", used.ru_oublock},
        {"msgsnd", used.ru_msgsnd},
        {"msgrcv", used.ru_msgrcv},
        {"nsignals", used.ru_nsignals},
        {"nvcsw", used.ru_nvcsw},
        {"nivcsw", used.ru_nivcsw}
    };
}

Json broker_info(const Secret& url) {
    auto targets = redis::parse_url(url);
    auto target = targets && !targets->empty() ? targets->front() : redis::Target{};
    return {
        {"hostname", target.socket_path.empty() ? target.host : target.socket_path},
        {"userid", target.user.empty() ? Json() : Json(target.user)},
        {"virtual_host", std::to_string(target.database)},
        {"port", target.socket_path.empty() ? Json(target.port) : Json()},
        {"insist", false},
        {"ssl", target.tls},
        {"transport", "redis"},
        {"connect_timeout", 3},
        {"transport_options", Json::object()},
        {"login_method", nullptr},
        {"uri_prefix", nullptr},
        {"heartbeat", 0},
        {"failover_strategy", "round-robin"},
        {"alternates", Json::array()}
    };
}

}  // namespace elasticbot::worker
