// String building only.
#include <elasticbot/celery/protocol/keys.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace elasticbot::celery::keys {

namespace {

constexpr std::array steps{0, 3, 6, 9};

}  // namespace

int priority_step(int priority) {
    int wanted = std::clamp(priority, 0, 9);
    return wanted - wanted % 3;
}

std::string queue(std::string_view name, int priority) {
    int step = priority_step(priority);
    return step == 0 ? std::string(name) : fmt::format("{}{}{}", name, separator, step);
}

std::vector<std::string> queue_lists(const std::vector<std::string>& queues) {
    std::vector<std::string> lists;
    for (int step : steps) {
        for (const auto& name : queues) {
            lists.push_back(queue(name, step));
        }
    }
    return lists;
}

std::string_view queue_of_list(std::string_view list) {
    return list.substr(0, list.rfind(separator));
}

std::string fanout_channel(int database, std::string_view exchange, std::string_view routing_key) {
    return routing_key.empty() ? fmt::format("/{}.{}", database, exchange)
                               : fmt::format("/{}.{}/{}", database, exchange, routing_key);
}

std::string binding(std::string_view exchange) {
    return fmt::format("_kombu.binding.{}", exchange);
}

std::string binding_member(std::string_view routing_key, std::string_view queue) {
    return fmt::format("{}{}{}{}", routing_key, separator, separator, queue);
}

std::string_view bound_queue(std::string_view member, std::string_view routing_key) {
    auto first = member.find(separator);
    auto last = member.rfind(separator);
    if (first == std::string_view::npos || first == last ||
        member.substr(0, first) != routing_key) {
        return {};
    }
    return member.substr(last + separator.size());
}

std::string result(std::string_view task_id) {
    return fmt::format("celery-task-meta-{}", task_id);
}

std::string group(std::string_view id, std::string_view suffix) {
    return fmt::format("celery-taskset-meta-{}{}", id, suffix);
}

std::string pidbox_queue(std::string_view node) {
    return fmt::format("{}.celery.pidbox", node);
}

std::string consumer_held(std::string_view consumer) {
    return fmt::format("elasticbot.consumer.{}.held", consumer);
}

std::string consumer_alive(std::string_view consumer) {
    return fmt::format("elasticbot.consumer.{}.alive", consumer);
}

}  // namespace elasticbot::celery::keys
