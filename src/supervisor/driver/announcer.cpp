#include "announcer.hpp"

#include "announcement.hpp"

#include <csignal>
#include <utility>

namespace elasticbot::supervise {

Announcer::Announcer(
    LogPipeline& log, const Processes& processes, Listener listener, Extension* extension
)
    : log_(log),
      processes_(processes),
      listener_(std::move(listener)),
      extension_(extension),
      out_of_memory_kills_(out_of_memory_.read().value_or(0)) {}

void Announcer::announce(const supervisor::effect::Announce& announce) {
    using What = supervisor::effect::Announce::What;
    AnnouncementContext context{.time = wall_now(), .pid = {}, .last_output = {}};
    const bool tells_an_end = announce.what == What::crashed || announce.what == What::failed ||
                              announce.what == What::stopped || announce.what == What::completed;
    if (tells_an_end && ended_ && ended_->program == announce.program) {
        context.pid = ended_->pid;
        if (announce.what == What::crashed) {
            context.last_output = ended_->tail->text();
            context.out_of_memory = ended_->was_killed && memory_ran_out();
        }
    } else if (const Process* process = processes_.find(announce.program, announce.generation)) {
        context.pid = process->pid;
    }
    std::erase_if(given_up_, [&](const GivenUp& lost) {
        const bool is_it =
            lost.program == announce.program && lost.generation == announce.generation;
        if (is_it) {
            context.pid = lost.pid;
        }
        return is_it;
    });
    if (extension_ != nullptr) {
        extension_->on_announce(announce, context.pid);
    } else {
        log_.submit(announcement_record(announce, context), now());
    }
    if (listener_) {
        listener_(announce);
    }
}

void Announcer::begin_end_of(const Process& process, const os::WaitStatus& status) {
    ended_ = Ended{
        .program = process.program,
        .pid = process.pid,
        .tail = process.tail,
        .was_killed = status.signal == SIGKILL
    };
}

void Announcer::end_is_told() {
    if (ended_ && ended_->was_killed) {
        // Also when no crash was told: the next one is not blamed for this.
        static_cast<void>(memory_ran_out());
    }
    ended_.reset();
}

void Announcer::given_up(const Process& process) {
    given_up_.push_back(
        {.program = process.program, .generation = process.generation, .pid = process.pid}
    );
}

// Whether the kernel has killed for want of memory since the last question.
bool Announcer::memory_ran_out() {
    const auto kills = out_of_memory_.read().value_or(out_of_memory_kills_);
    return std::exchange(out_of_memory_kills_, kills) < kills;
}

}  // namespace elasticbot::supervise
