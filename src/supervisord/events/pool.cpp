#include <elasticbot/base/assert.hpp>
#include <elasticbot/supervisord/events/pool.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace elasticbot::supervisord {

Pool::Pool(PoolConfig config, std::string identifier)
    : config_(std::move(config)), identifier_(std::move(identifier)) {
    ELASTICBOT_ASSERT(config_.buffer_size > 0);
    for (const PoolProcess& process : config_.processes) {
        processes_.push_back({.is = process, .listener = {}, .in_work = {}});
    }
}

bool Pool::has(const ProgramName& program) const {
    return std::ranges::any_of(config_.processes, [&](const PoolProcess& process) {
        return process.program == program;
    });
}

bool Pool::wants(EventType type) const {
    return std::ranges::any_of(config_.events, [type](EventType wanted) {
        return includes(wanted, type);
    });
}

void Pool::add(const Event& event, std::uint64_t serial) {
    make_room();
    queue_.push_back({.event = event, .serial = serial, .pool_serial = next_serial_++});
    for (Process& process : processes_) {
        process.takes_input = true;
    }
}

void Pool::started(const ProgramName& program) {
    Process& process = find(program);
    take_back(process);
    process.listener = {};
    process.is_running = false;
    process.takes_input = true;
}

void Pool::running(const ProgramName& program) {
    find(program).is_running = true;
}

void Pool::stopping(const ProgramName& program) {
    find(program).is_running = false;
}

void Pool::gone(const ProgramName& program) {
    started(program);
}

void Pool::heard(const ProgramName& program, std::string_view bytes) {
    using enum Listener::Heard::What;
    Process& process = find(program);
    for (const Listener::Heard& heard : process.listener.feed(bytes)) {
        switch (heard.what) {
            case ready:
                break;
            case accepted:
                process.in_work.reset();
                break;
            case rejected:
                say(log::Level::warn, fmt::format("{}: event was rejected", process.is.name));
                take_back(process);
                break;
            case bad_result_line:
                say(log::Level::warn,
                    fmt::format("{}: bad result line: '{}'", process.is.name, heard.line));
                break;
            case violation:
                say(log::Level::warn,
                    fmt::format(
                        "{}: has entered the UNKNOWN state and will no longer receive events, this "
                        "usually indicates the process violated the eventlistener protocol",
                        process.is.name
                    ));
                take_back(process);
                break;
        }
    }
}

std::optional<Delivery> Pool::next() const {
    if (queue_.empty()) {
        return std::nullopt;
    }
    const auto process = std::ranges::find_if(processes_, [](const Process& candidate) {
        return candidate.is_running && candidate.takes_input &&
               candidate.listener.state() == Listener::State::ready;
    });
    if (process == processes_.end()) {
        return std::nullopt;
    }
    const Queued& oldest = queue_.front();
    return Delivery{
        .to = process->is.program,
        .message = to_message(
            oldest.event,
            {.identifier = identifier_,
             .serial = oldest.serial,
             .pool = config_.name,
             .pool_serial = oldest.pool_serial,
             .unit = config_.unit}
        ),
    };
}

void Pool::delivered(const ProgramName& program) {
    Process& process = find(program);
    process.listener.sent();
    process.in_work = std::move(queue_.front());
    queue_.pop_front();
}

void Pool::refused(const ProgramName& program) {
    find(program).takes_input = false;
}

std::vector<EventLogLine> Pool::take_log() {
    return std::exchange(log_, {});
}

Pool::Process& Pool::find(const ProgramName& program) {
    const auto found = std::ranges::find(processes_, program, [](const Process& process) {
        return process.is.program;
    });
    ELASTICBOT_ASSERT(found != processes_.end());
    return *found;
}

void Pool::make_room() {
    if (queue_.size() < config_.buffer_size) {
        return;
    }
    say(log::Level::error,
        fmt::format(
            "pool {} event buffer overflowed, discarding event {}",
            config_.name,
            queue_.front().serial
        ));
    queue_.pop_front();
}

void Pool::take_back(Process& process) {
    if (!process.in_work) {
        return;
    }
    // It counts as one more: with a full queue the oldest of the others goes. (14.2)
    make_room();
    queue_.push_front(*std::exchange(process.in_work, std::nullopt));
}

void Pool::say(log::Level level, std::string text) {
    log_.push_back({.level = level, .text = std::move(text)});
}

}  // namespace elasticbot::supervisord
