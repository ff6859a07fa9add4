#include <elasticbot/supervisord/events/pools.hpp>

#include <algorithm>
#include <utility>

namespace elasticbot::supervisord {

void Pools::add(PoolConfig config) {
    remove(config.name);
    pools_.emplace_back(std::move(config), identifier_);
}

void Pools::remove(std::string_view name) {
    std::erase_if(pools_, [name](const Pool& pool) { return pool.name() == name; });
}

bool Pools::is_listener(const ProgramName& program) const {
    return std::ranges::any_of(pools_, [&](const Pool& pool) { return pool.has(program); });
}

bool Pools::wants(EventType type) const {
    return std::ranges::any_of(pools_, [type](const Pool& pool) { return pool.wants(type); });
}

void Pools::raise(const Event& event) {
    if (!wants(event.type)) {
        return;
    }
    const std::uint64_t serial = next_serial_++;
    for (Pool& pool : pools_) {
        if (pool.wants(event.type)) {
            pool.add(event, serial);
        }
    }
}

void Pools::started(const ProgramName& program) {
    if (Pool* pool = find(program)) {
        pool->started(program);
    }
}

void Pools::running(const ProgramName& program) {
    if (Pool* pool = find(program)) {
        pool->running(program);
    }
}

void Pools::stopping(const ProgramName& program) {
    if (Pool* pool = find(program)) {
        pool->stopping(program);
    }
}

void Pools::gone(const ProgramName& program) {
    if (Pool* pool = find(program)) {
        pool->gone(program);
    }
}

void Pools::heard(const ProgramName& program, std::string_view bytes) {
    if (Pool* pool = find(program)) {
        pool->heard(program, bytes);
    }
}

std::optional<Delivery> Pools::next() const {
    for (const Pool& pool : pools_) {
        if (auto delivery = pool.next()) {
            return delivery;
        }
    }
    return std::nullopt;
}

void Pools::delivered(const ProgramName& program) {
    if (Pool* pool = find(program)) {
        pool->delivered(program);
    }
}

void Pools::refused(const ProgramName& program) {
    if (Pool* pool = find(program)) {
        pool->refused(program);
    }
}

std::vector<EventLogLine> Pools::take_log() {
    std::vector<EventLogLine> all;
    for (Pool& pool : pools_) {
        for (EventLogLine& line : pool.take_log()) {
            all.push_back(std::move(line));
        }
    }
    return all;
}

Pool* Pools::find(const ProgramName& program) {
    const auto found =
        std::ranges::find_if(pools_, [&](const Pool& pool) { return pool.has(program); });
    return found == pools_.end() ? nullptr : &*found;
}

}  // namespace elasticbot::supervisord
