// At the level debug the log of the daemon shows what programs write. (supervisord-compat.md 3,
// loglevel)
#pragma once

#include "activity_log.hpp"

#include <elasticbot/supervisor/driver/output_filter.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace elasticbot::supervisord {

// Around another filter, or nullptr for none.
class OutputEcho : public supervise::OutputFilter {
public:
    // `log` outlives this.
    OutputEcho(
        std::unique_ptr<OutputFilter> inner,
        ActivityLog& log,
        std::string process,
        supervise::Channel channel
    );

    std::string_view feed(std::string_view bytes) override;
    std::string_view finish() override;

    bool is_dialogue() const override { return inner_ && inner_->is_dialogue(); }

private:
    void show(std::string_view bytes);

    std::unique_ptr<OutputFilter> inner_;
    ActivityLog& log_;
    std::string process_;
    supervise::Channel channel_;
};

}  // namespace elasticbot::supervisord
