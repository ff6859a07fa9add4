// The pools decide; here is what they need of the outside: a way to write, a timer for ticks, and
// the outputs of processes.
#include "output_events.hpp"

#include <elasticbot/base/time.hpp>
#include <elasticbot/supervisord/events/pools.hpp>
#include <elasticbot/supervisord/events/ticks.hpp>
#include <elasticbot/supervisord/listeners/event_listeners.hpp>

#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

namespace elasticbot::supervisord {

namespace {

EventType type_of(ProcessState state) {
    switch (state) {
        case ProcessState::stopped:
            return EventType::process_state_stopped;
        case ProcessState::starting:
            return EventType::process_state_starting;
        case ProcessState::running:
            return EventType::process_state_running;
        case ProcessState::backoff:
            return EventType::process_state_backoff;
        case ProcessState::stopping:
            return EventType::process_state_stopping;
        case ProcessState::exited:
            return EventType::process_state_exited;
        case ProcessState::fatal:
            return EventType::process_state_fatal;
        case ProcessState::unknown:
            break;
    }
    return EventType::process_state_unknown;
}

std::size_t to_size(std::int64_t number) {
    return static_cast<std::size_t>(std::max<std::int64_t>(number, 0));
}

// A process of a group, as far as events come of it.
struct Source {
    ProcessNames names;
    Output standard_output;
    Output standard_error;
    bool is_listener = false;
};

}  // namespace

// Shared with the timer and with the filters, which hold it weakly.
class EventListeners::Impl : public std::enable_shared_from_this<Impl> {
public:
    Impl(const boost::asio::any_io_executor& executor, EventListenersOptions options)
        : options_(std::move(options)),
          pools_(options_.identifier),
          timer_(executor),
          ticks_(wall_now()) {}

    void add_group(const Group& group, const std::vector<ProgramName>& programs);
    void remove_group(const std::string& name);
    void raise(const Event& event);
    void changed(const ProgramName& program, const Transition& transition);
    std::unique_ptr<supervise::OutputFilter> filter(
        const ProgramName& program, supervise::Channel channel, Pid pid
    );
    void heard(const ProgramName& program, Pid pid, std::string_view bytes);

    bool wants(EventType type) const { return pools_.wants(type); }

    void close() {
        is_closed_ = true;
        timer_.cancel();
    }

private:
    void add_pool(const Group& group, const std::vector<ProgramName>& programs);
    void went(const ProgramName& program, Pid pid);
    // Writes what can be written, and says what there is to say.
    void dispatch();
    void say_all();
    void await_tick();

    EventListenersOptions options_;
    Pools pools_;
    std::map<std::string, std::vector<ProgramName>, std::less<>> groups_;
    std::unordered_map<ProgramName, Source> sources_;
    // The process whose output counts: an older one's may still come when it is gone.
    std::unordered_map<ProgramName, Pid> listeners_;
    boost::asio::steady_timer timer_;
    Ticks ticks_;
    bool awaits_tick_ = false;
    bool is_closed_ = false;
};

namespace {

// Standard output of a listener: its side of the conversation, and a log like any other.
class ListenerOutput final : public supervise::OutputFilter {
public:
    using Hear = std::function<void(std::string_view)>;

    explicit ListenerOutput(Hear hear) : hear_(std::move(hear)) {}

    std::string_view feed(std::string_view bytes) override {
        hear_(bytes);
        return bytes;
    }

    std::string_view finish() override { return {}; }

    bool is_dialogue() const override { return true; }

private:
    Hear hear_;
};

}  // namespace

void EventListeners::Impl::add_group(const Group& group, const std::vector<ProgramName>& programs) {
    const bool is_pool = group.kind == Group::Kind::event_listener;
    const std::size_t count = std::min(group.processes.size(), programs.size());
    for (std::size_t i = 0; i < count; ++i) {
        const Process& process = group.processes[i];
        sources_[programs[i]] = {
            .names = {.process = process.name, .group = group.name},
            .standard_output = process.standard_output,
            .standard_error = process.standard_error,
            .is_listener = is_pool,
        };
    }
    groups_[group.name] = programs;
    if (is_pool) {
        add_pool(group, programs);
    }
    // After its own pool, which hears of it.
    raise(process_group(EventType::process_group_added, group.name));
}

void EventListeners::Impl::add_pool(const Group& group, const std::vector<ProgramName>& programs) {
    PoolConfig pool{
        .name = group.name,
        .events = {},
        .buffer_size = std::max<std::size_t>(to_size(group.buffer_size), 1),
        .unit = group.event_length_in_bytes ? LengthUnit::bytes : LengthUnit::characters,
        .processes = {},
    };
    for (const std::string& event : group.events) {
        if (const auto type = parse_event_type(event)) {
            pool.events.push_back(*type);
        }
    }
    for (const ProgramName& program : programs) {
        if (const auto source = sources_.find(program); source != sources_.end()) {
            pool.processes.push_back({.program = program, .name = source->second.names.process});
        }
    }
    pools_.add(std::move(pool));
    if (!awaits_tick_) {
        ticks_ = Ticks(wall_now());
        await_tick();
    }
}

void EventListeners::Impl::remove_group(const std::string& name) {
    const auto group = groups_.extract(name);
    if (group.empty()) {
        return;
    }
    pools_.remove(name);
    for (const ProgramName& program : group.mapped()) {
        sources_.erase(program);
        listeners_.erase(program);
    }
    raise(process_group(EventType::process_group_removed, name));
}

void EventListeners::Impl::raise(const Event& event) {
    if (is_closed_) {
        return;
    }
    pools_.raise(event);
    dispatch();
}

void EventListeners::Impl::changed(const ProgramName& program, const Transition& transition) {
    const auto source = sources_.find(program);
    if (source == sources_.end()) {
        return;
    }
    switch (transition.to) {
        case ProcessState::running:
            pools_.running(program);
            break;
        case ProcessState::stopping:
        case ProcessState::unknown:
            pools_.stopping(program);
            break;
        case ProcessState::starting:
            break;
        case ProcessState::stopped:
        case ProcessState::backoff:
        case ProcessState::exited:
        case ProcessState::fatal:
            went(program, transition.pid);
            break;
    }
    raise(process_state(
        source->second.names,
        {.type = type_of(transition.to),
         .from_state = to_string(transition.from),
         .tries = transition.tries,
         .pid = transition.pid.value(),
         .expected = transition.expected}
    ));
}

std::unique_ptr<supervise::OutputFilter> EventListeners::Impl::filter(
    const ProgramName& program, supervise::Channel channel, Pid pid
) {
    const auto found = sources_.find(program);
    if (found == sources_.end()) {
        return nullptr;
    }
    const Source& source = found->second;
    const bool is_output = channel == supervise::Channel::standard_output;
    if (source.is_listener && is_output) {
        listeners_.insert_or_assign(program, pid);
        pools_.started(program);
        return std::make_unique<ListenerOutput>(
            [weak = weak_from_this(), program, pid](std::string_view bytes) {
                if (const auto self = weak.lock()) {
                    self->heard(program, pid, bytes);
                }
            }
        );
    }
    const Output& output = is_output ? source.standard_output : source.standard_error;
    if (!output.has_events && output.capture_max_bytes <= 0) {
        return nullptr;
    }
    return std::make_unique<OutputEvents>(
        OutputEventsOptions{
            .names = source.names,
            .channel = channel,
            .pid = pid.value(),
            .has_log_events = output.has_events,
            .capture_max_bytes = to_size(output.capture_max_bytes),
            .strip_ansi = options_.strip_ansi,
        },
        [weak = weak_from_this()](EventType type) {
            const auto self = weak.lock();
            return self && self->wants(type);
        },
        [weak = weak_from_this()](const Event& event) {
            if (const auto self = weak.lock()) {
                self->raise(event);
            }
        }
    );
}

// The supervisor starts a successor before it tells of the end.
void EventListeners::Impl::went(const ProgramName& program, Pid pid) {
    const auto present = listeners_.find(program);
    if (present != listeners_.end() && pid != Pid() && present->second != pid) {
        return;
    }
    listeners_.erase(program);
    pools_.gone(program);
}

void EventListeners::Impl::heard(const ProgramName& program, Pid pid, std::string_view bytes) {
    const auto present = listeners_.find(program);
    if (is_closed_ || present == listeners_.end() || present->second != pid) {
        return;
    }
    pools_.heard(program, bytes);
    dispatch();
}

void EventListeners::Impl::dispatch() {
    say_all();
    while (const auto delivery = pools_.next()) {
        if (options_.write(delivery->to, delivery->message)) {
            pools_.delivered(delivery->to);
        } else {
            pools_.refused(delivery->to);
        }
    }
    say_all();
}

void EventListeners::Impl::say_all() {
    for (const EventLogLine& line : pools_.take_log()) {
        options_.say(line.level, line.text);
    }
}

// Nobody wants ticks: nothing wakes the process.
void EventListeners::Impl::await_tick() {
    const bool is_wanted = pools_.wants(EventType::tick_5) || pools_.wants(EventType::tick_60) ||
                           pools_.wants(EventType::tick_3600);
    if (!is_wanted || is_closed_) {
        return;
    }
    awaits_tick_ = true;
    timer_.expires_after(Ticks::until_next(wall_now()));
    timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
        const auto self = weak.lock();
        if (error || !self) {
            return;
        }
        self->awaits_tick_ = false;
        for (const Event& event : self->ticks_.due(wall_now())) {
            self->raise(event);
        }
        self->await_tick();
    });
}

EventListeners::EventListeners(
    const boost::asio::any_io_executor& executor, EventListenersOptions options
)
    : impl_(std::make_shared<Impl>(executor, std::move(options))) {}

EventListeners::~EventListeners() {
    impl_->close();
}

void EventListeners::close() {
    impl_->close();
}

void EventListeners::add_group(const Group& group, const std::vector<ProgramName>& programs) {
    impl_->add_group(group, programs);
}

void EventListeners::remove_group(const std::string& name) {
    impl_->remove_group(name);
}

void EventListeners::raise(const Event& event) {
    impl_->raise(event);
}

void EventListeners::changed(const ProgramName& program, const Transition& transition) {
    impl_->changed(program, transition);
}

std::unique_ptr<supervise::OutputFilter> EventListeners::filter(
    const ProgramName& program, supervise::Channel channel, Pid pid
) {
    return impl_->filter(program, channel, pid);
}

}  // namespace elasticbot::supervisord
