// A million random events against the supervisor's core, every promise checked after every step.
//
// Each run makes a random fleet, lets it live through crashes, slow starts, ignored TERM, lost
// execs, sleeps of the supervisor, wishes of people and reloads at any moment, and ends with a stop
// of everything (if the fleet has not ended by itself before). ELASTICBOT_SEED repeats a run,
// ELASTICBOT_EVENTS sets the number of events.
#include "fleet_invariants.hpp"
#include "simulated_host.hpp"

#include <elasticbot/supervisor/fleet/effect_queue.hpp>
#include <elasticbot/supervisor/fleet/fleet.hpp>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <deque>
#include <random>

namespace elasticbot::supervisor {
namespace {

std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): one thread.
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

template <class T>
T pick(Chance& chance, std::initializer_list<T> choices) {
    return choices.begin()[chance.below(choices.size())];
}

Program random_program(
    Chance& chance, const std::vector<Program>& earlier, const std::string& name
) {
    Program program;
    program.name = ProgramName(name);
    program.kind = chance.one_in(4) ? Kind::one_shot : Kind::service;
    program.autostart = !chance.one_in(8);
    program.essential = chance.one_in(3);
    program.restart = pick(
        chance,
        {RestartPolicy::always,
         RestartPolicy::always,
         RestartPolicy::on_failure,
         RestartPolicy::never}
    );
    program.expected_exit_codes = chance.one_in(4) ? std::vector{0, 6} : std::vector{0};
    program.backoff = {
        .first = pick<Duration>(chance, {0ms, 10ms, 500ms}),
        .limit = pick<Duration>(chance, {1s, 30s}),
        .healthy_after = pick<Duration>(chance, {5s, 60s}),
        .jitter = pick(chance, {0.0, 0.1, 1.0}),
    };
    program.budget = {
        .max_restarts = pick(chance, {0, 0, 1, 5}),
        .window = pick<Duration>(chance, {1s, 60s}),
    };
    if (chance.one_in(2)) {
        program.readiness = readiness::Notify{};
    }
    program.start_seconds = pick<Duration>(chance, {0ms, 1s});
    program.ready_timeout = pick<Duration>(chance, {0s, 10s, 60s});
    program.heartbeat_timeout = pick<Duration>(chance, {0s, 0s, 3s, 30s});
    program.stop_signal = pick(chance, {SIGTERM, SIGINT});
    program.stop_whole_group = chance.one_in(2);
    program.kill_whole_group = program.stop_whole_group || chance.one_in(2);
    if (chance.one_in(2)) {
        program.start_retries = StartRetries{
            .most = pick(chance, {0, 1, 3}), .step = pick<Duration>(chance, {0ms, 1s})
        };
    }
    program.grace_period = pick<Duration>(chance, {0ms, 500ms, 10s});
    for (const Program& other : earlier) {
        if (chance.one_in(4)) {
            program.after.push_back(other.name);
        }
        if (chance.one_in(4)) {
            program.stop_after.push_back(other.name);
        }
    }
    return program;
}

std::vector<Program> random_programs(Chance& chance) {
    std::vector<Program> programs;
    for (std::uint64_t count = 1 + chance.below(6); count > 0; --count) {
        programs.push_back(random_program(chance, programs, fmt::format("p{}", programs.size())));
    }
    return programs;
}

// What somebody made of the configuration: programs removed, changed, added (or back again), in
// another order.
std::vector<Program> edited(Chance& chance, const std::vector<Program>& before) {
    std::vector<Program> programs;
    const auto has = [&](const ProgramName& name) {
        return std::ranges::find(programs, name, &Program::name) != programs.end();
    };
    std::vector<Program> pool = before;
    for (std::size_t left = pool.size(); left > 1 && chance.one_in(2); --left) {
        std::swap(pool[left - 1], pool[chance.below(left)]);
    }
    for (const Program& program : pool) {
        const bool can_stay =
            std::ranges::all_of(program.after, has) && std::ranges::all_of(program.stop_after, has);
        if (chance.one_in(5)) {
            continue;
        }
        const bool stays = can_stay && !chance.one_in(4);
        programs.push_back(
            stays ? program : random_program(chance, programs, program.name.value())
        );
    }
    for (std::uint64_t count = chance.below(3); count > 0; --count) {
        const std::string name = fmt::format("p{}", chance.below(8));
        if (!has(ProgramName(name))) {
            programs.push_back(random_program(chance, programs, name));
        }
    }
    return programs;
}

// "Exited p1 3"
std::string describe(const Event& event) {
    constexpr std::array names{
        "StartRequested",
        "StopRequested",
        "RestartRequested",
        "StopAll",
        "HurryRequested",
        "Spawned",
        "SpawnFailed",
        "ReadyReported",
        "HeartbeatReceived",
        "StatusReported",
        "SignalRefused",
        "Exited"
    };
    static_assert(names.size() == std::variant_size_v<Event>);
    std::string text = names.at(event.index());
    std::visit(
        [&](const auto& happened) {
            if constexpr (requires { happened.program; }) {
                text += " " + happened.program.value();
            }
            if constexpr (requires { happened.generation; }) {
                text += fmt::format(" {}", happened.generation.value());
            }
        },
        event
    );
    return text;
}

struct EffectWords {
    std::string operator()(const effect::Spawn& spawn) const {
        return fmt::format("Spawn {} {}", spawn.program.value(), spawn.generation.value());
    }

    std::string operator()(const effect::Signal& signal) const {
        return fmt::format("Signal {} {}", signal.program.value(), signal.signal);
    }

    std::string operator()(const effect::Announce& record) const {
        return fmt::format(
            "Announce {} {} {} {}",
            record.program.value(),
            to_string(record.what),
            to_string(record.state),
            record.reason
        );
    }

    std::string operator()(const effect::Finish& finish) const {
        return fmt::format("Finish {} {}", finish.exit_code, finish.reason);
    }
};

std::string describe(const Effect& effect) {
    return std::visit(EffectWords{}, effect);
}

// One fleet from its start to its end.
class RandomRun {
public:
    explicit RandomRun(std::uint64_t seed)
        : chance_(seed),
          programs_(random_programs(chance_)),
          stop_timeout_(pick<Duration>(chance_, {3s, 25s})),
          fleet_(programs_, seed, {.stop_timeout = stop_timeout_}),
          replay_(programs_, seed, {.stop_timeout = stop_timeout_}),
          host_(chance_, beginning),
          invariants_(programs_, stop_timeout_, host_) {}

    // The number of events, or nothing when a promise was broken.
    std::uint64_t live(std::uint64_t most_events) {
        stop_at_ = 1 + chance_.below(most_events);
        perform(fleet_.start(host_.now()), replay_.start(host_.now()));
        plan_next_wish();
        while (!is_over_ && broken_.empty()) {
            step();
        }
        if (broken_.empty() && events_ < 1) {
            broken_ = "the run saw no event";
        }
        return events_;
    }

    const std::string& broken() const { return broken_; }

    std::string trace() const { return fmt::format("{}\n", fmt::join(trace_, "\n")); }

private:
    static constexpr TimePoint beginning{1000h};

    void step() {
        host_.advance_to(wake_up_time());
        // What waits in descriptors comes before what is due. (fleet.hpp)
        while (const auto event = host_.take_event()) {
            handle(*event);
        }
        if (next_wish_ <= host_.now()) {
            if (events_ < stop_at_ && chance_.one_in(12)) {
                reload();
            } else {
                handle(wish());
            }
            plan_next_wish();
        }
        const auto due = fleet_.next_deadline();
        if (due && *due <= host_.now()) {
            tick();
        }
        // Asked too early, it does nothing.
        if (chance_.one_in(16)) {
            tick();
        }
    }

    // The earliest that something is to do; late by a little now and then, and rarely by minutes:
    // the supervisor was stopped, or the machine slept.
    TimePoint wake_up_time() {
        TimePoint time = next_wish_;
        if (const auto event = host_.next_event_at()) {
            time = std::min(time, *event);
        }
        if (const auto due = fleet_.next_deadline()) {
            time = std::min(time, *due);
        }
        time = std::max(time, host_.now());
        if (chance_.one_in(500)) {
            return time + chance_.duration(10min);
        }
        return chance_.one_in(10) ? time + chance_.duration(100ms) : time;
    }

    void plan_next_wish() { next_wish_ = host_.now() + chance_.duration(60s); }

    Event wish() {
        // Sometimes of a program that is not there (any more).
        const std::size_t chosen = chance_.below(programs_.size() + 1);
        const ProgramName name =
            chosen < programs_.size() ? programs_[chosen].name : ProgramName("p7");
        if (events_ >= stop_at_) {
            return event::StopAll{pick<Duration>(chance_, {200ms, 3s, 25s}), "SIGTERM"};
        }
        switch (chance_.below(10)) {
            case 0:
                return event::HurryRequested{};
            case 1:
            case 2:
            case 3:
                return event::RestartRequested{name};
            case 4:
            case 5:
                return event::StopRequested{name};
            default:
                return event::StartRequested{name};
        }
    }

    void handle(const Event& event) {
        if (is_over_ || !broken_.empty()) {
            return;
        }
        ++events_;
        note(describe(event));
        invariants_.heard(event, host_.now());
        perform(fleet_.handle(event, host_.now()), replay_.handle(event, host_.now()));
    }

    void reload() {
        if (is_over_ || !broken_.empty()) {
            return;
        }
        ++events_;
        note("reload");
        auto programs = edited(chance_, programs_);
        auto reload = fleet_.reload(programs, host_.now());
        auto again = replay_.reload(programs, host_.now());
        if (!reload || !again) {
            return expect(fleet_.is_stopping() ? "" : "a reload is refused without a reason");
        }
        expect(invariants_.reloaded(programs, reload->changes));
        programs_ = std::move(programs);
        perform(reload->effects, again->effects);
    }

    void tick() {
        if (is_over_ || !broken_.empty()) {
            return;
        }
        ++events_;
        note("tick");
        const auto effects = fleet_.tick(host_.now());
        check(effects, replay_.tick(host_.now()));
        expect(invariants_.check_after_tick(fleet_.next_deadline(), host_.now()));
        if (!fleet_.tick(host_.now()).empty() || !replay_.tick(host_.now()).empty()) {
            expect("a second tick at the same moment does something");
        }
        carry_out(effects);
    }

    void perform(const std::vector<Effect>& effects, const std::vector<Effect>& again) {
        check(effects, again);
        carry_out(effects);
    }

    // Promises hold for what is decided; the driver performs it in an order of its own.
    void check(const std::vector<Effect>& effects, const std::vector<Effect>& again) {
        if (effects != again) {
            expect("the same events give other effects");
        }
        for (const Effect& effect : effects) {
            note("    " + describe(effect));
            expect(invariants_.check(effect, host_.now()));
        }
        expect(invariants_.check(fleet_.view(), host_.now()));
    }

    void carry_out(const std::vector<Effect>& effects) {
        queue_.add(effects);
        queue_.perform_all([this](const Effect& effect) { perform(effect); });
    }

    void perform(const Effect& effect) {
        if (const auto* spawn = std::get_if<effect::Spawn>(&effect)) {
            const Program* expected = invariants_.definition(spawn->program);
            const Program* found = fleet_.find(spawn->program);
            if (expected == nullptr || found == nullptr || *expected != *found) {
                return expect(spawn->program.value() + " is spawned as another program");
            }
            if (host_.has_process(spawn->program)) {
                return expect(spawn->program.value() + " is spawned beside its process");
            }
            host_.spawn(*found, spawn->generation);
        } else if (const auto* signal = std::get_if<effect::Signal>(&effect)) {
            if (const auto refused = host_.signal(*signal)) {
                handle(*refused);
            }
        } else if (std::holds_alternative<effect::Finish>(effect)) {
            is_over_ = true;
        }
    }

    void expect(const std::string& broken) {
        if (broken_.empty() && !broken.empty()) {
            broken_ = fmt::format("{} (event {})", broken, events_);
        }
    }

    void note(const std::string& line) {
        trace_.push_back(line);
        if (trace_.size() > 40) {
            trace_.pop_front();
        }
    }

    Chance chance_;
    std::vector<Program> programs_;
    Duration stop_timeout_;
    Fleet fleet_;
    Fleet replay_;
    SimulatedHost host_;
    FleetInvariants invariants_;
    EffectQueue queue_;
    std::uint64_t events_ = 0;
    std::uint64_t stop_at_ = 0;
    TimePoint next_wish_;
    bool is_over_ = false;
    std::string broken_;
    std::deque<std::string> trace_;  // The last events and effects, for whoever reads a failure.
};

TEST(FleetSimulation, KeepsEveryPromiseThroughAMillionRandomEvents) {
    const std::uint64_t seed = number_from_environment("ELASTICBOT_SEED", std::random_device{}());
    const std::uint64_t wanted = number_from_environment("ELASTICBOT_EVENTS", 1'000'000);
    fmt::print("seed {}\n", seed);
    RecordProperty("seed", std::to_string(seed));

    std::uint64_t events = 0;
    std::uint64_t runs = 0;
    while (events < wanted) {
        RandomRun run(seed + runs);
        events += run.live(4'000);
        ASSERT_EQ(run.broken(), "")
            << "repeat with ELASTICBOT_SEED=" << seed + runs << " ELASTICBOT_EVENTS=1\n"
            << run.trace();
        ++runs;
    }
    fmt::print("{} events in {} runs\n", events, runs);
}

}  // namespace
}  // namespace elasticbot::supervisor
