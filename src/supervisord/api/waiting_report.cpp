#include "waiting_report.hpp"

#include <elasticbot/base/time.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>
#include <vector>

namespace elasticbot::supervisord {

namespace {

constexpr Duration while_it_runs = 2s;
constexpr Duration at_the_end = 3s;

}  // namespace

WaitingReport::WaitingReport(boost::asio::io_context& io, const ProcessTable& table, Say say)
    : table_(table), say_(std::move(say)), timer_(io) {}

void WaitingReport::stopping(const Entry& entry) {
    if (is_shutdown_) {
        return;
    }
    say_(fmt::format("waiting for {} to stop", entry.process.name));
    if (!is_armed_) {
        arm();
    }
}

void WaitingReport::begin_shutdown() {
    is_shutdown_ = true;
    tell();
}

void WaitingReport::cancel() {
    timer_.cancel();
}

void WaitingReport::tell() {
    std::vector<std::string> names;
    for (const Entry* const entry : table_.in_order()) {
        const ProcessState state = entry->record.state();
        if (is_shutdown_ ? !counts_as_stopped(state) : state == ProcessState::stopping) {
            names.push_back(entry->process.name);
        }
    }
    if (names.empty()) {
        return;
    }
    if (is_shutdown_) {
        say_(fmt::format("waiting for {} to die", fmt::join(names, ", ")));
    } else {
        for (const std::string& name : names) {
            say_(fmt::format("waiting for {} to stop", name));
        }
    }
    arm();
}

void WaitingReport::arm() {
    is_armed_ = true;
    timer_.expires_after(is_shutdown_ ? at_the_end : while_it_runs);
    timer_.async_wait([this](const boost::system::error_code& error) {
        is_armed_ = false;
        if (!error) {
            tell();
        }
    });
}

}  // namespace elasticbot::supervisord
