// All pools of event listeners, and the count of events that they share. (supervisord-compat.md 14)
#pragma once

#include <elasticbot/supervisord/events/pool.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace elasticbot::supervisord {

// Programs that belong to no pool are accepted everywhere, and passed over.
class Pools {
public:
    explicit Pools(std::string identifier) : identifier_(std::move(identifier)) {}

    // Begins with an empty queue. One of the same name is replaced.
    void add(PoolConfig config);
    // What is queued for it is lost.
    void remove(std::string_view name);

    bool is_listener(const ProgramName& program) const;
    bool wants(EventType type) const;

    // To every pool that wants it; counted once, and only if there is one.
    void raise(const Event& event);

    void started(const ProgramName& program);
    void running(const ProgramName& program);
    void stopping(const ProgramName& program);
    void gone(const ProgramName& program);
    void heard(const ProgramName& program, std::string_view bytes);

    // As those of Pool.
    std::optional<Delivery> next() const;
    void delivered(const ProgramName& program);
    void refused(const ProgramName& program);
    std::vector<EventLogLine> take_log();

private:
    Pool* find(const ProgramName& program);

    std::string identifier_;
    std::vector<Pool> pools_;
    std::uint64_t next_serial_ = 0;
};

}  // namespace elasticbot::supervisord
