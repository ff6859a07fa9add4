#include "announcer.hpp"

#include "announcement.hpp"

#include <csignal>
#include <utility>

namespace elasticbot::supervise {

Announcer::Announcer(LogPipeline& log, const Processes& processes, Listener listener)
    : log_(log),
      processes_(processes),
      listener_(std::move(listener)),
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
            context.out_of_memory = ended_->out_of_memory;
        }
    } else if (const Process* process = processes_.find(announce.program)) {
        context.pid = process->pid;
    }
    log_.submit(announcement_record(announce, context), now());
    if (listener_) {
        listener_(announce);
    }
}

void Announcer::begin_end_of(const Process& process, const os::WaitStatus& status) {
    bool out_of_memory = false;
    if (status.signal == SIGKILL) {
        const auto kills = out_of_memory_.read().value_or(out_of_memory_kills_);
        out_of_memory = std::exchange(out_of_memory_kills_, kills) < kills;
    }
    ended_ = Ended{
        .program = process.program,
        .pid = process.pid,
        .tail = process.tail,
        .out_of_memory = out_of_memory
    };
}

}  // namespace elasticbot::supervise
