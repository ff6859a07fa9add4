#include "banner.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

namespace elasticbot::cli {

namespace {

const std::string rule(60, '=');

bool runs(const config::Config& config, std::string_view role) {
    return std::ranges::any_of(config.programs, [&](const supervisor::Program& program) {
        const std::string& name = program.name.value();
        return program.own && name.substr(0, name.find(':')) == role;
    });
}

}  // namespace

std::vector<std::string> banner_head(WallTime now) {
    const auto seconds = std::chrono::time_point_cast<std::chrono::seconds>(now);
    return {
        rule,
        "🚀 ElasticBot Backend - Multi-Process Startup",
        rule,
        fmt::format(
            "Time: {:%a %b %e %H:%M:%S} UTC {:%Y}", fmt::gmtime(seconds), fmt::gmtime(seconds)
        ),
        rule,
    };
}

std::vector<std::string> banner_processes(const config::Config& config) {
    // Two blanks behind the gear, as the guide has it: the sign is drawn two columns wide.
    const std::pair<std::string_view, std::string_view> known[] = {
        {"web", "🌐 Web (Gunicorn) - HTTP API server"},
        {"worker", "⚙️  Worker (Celery) - Async task processor"},
        {"beat", "⏰ Beat (Celery Beat) - Scheduled task sender"},
    };
    std::vector<std::string> roles;
    for (const auto& [role, text] : known) {
        if (runs(config, role)) {
            roles.push_back(fmt::format("   {}. {}", roles.size() + 1, text));
        }
    }
    if (roles.empty()) {
        return {};
    }

    const std::string level = config.worker.log_level == log::Level::warn
                                  ? "warning"
                                  : std::string(log::to_string(config.worker.log_level));
    std::vector<std::string> lines{
        rule,
        "📋 Configuration:",
        fmt::format("   PORT: {}", config.web.port),
        fmt::format("   GUNICORN_WORKERS: {}", config.web.database_threads),
        fmt::format("   CELERY_CONCURRENCY: {}", config.worker.concurrency),
        fmt::format("   CELERY_LOG_LEVEL: {}", level),
        rule,
        rule,
        fmt::format(
            "🎬 Starting supervisord with {} process{}:",
            roles.size(),
            roles.size() == 1 ? "" : "es"
        ),
    };
    lines.insert(lines.end(), roles.begin(), roles.end());
    if (runs(config, "beat")) {
        lines.insert(
            lines.end(),
            {
                "📅 Scheduled Tasks:",
                "   - P2P Scrape: Every 30 min (XX:00, XX:30)",
                "   - BCB Rate: Daily at 8:00 AM Bolivia",
                "   - Cleanup: Weekly on Sundays",
            }
        );
    }
    lines.push_back(rule);
    return lines;
}

}  // namespace elasticbot::cli
