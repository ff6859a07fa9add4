#include <elasticbot/cli/old_names.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace elasticbot::cli {

namespace {

// An option of an old program. Without a variable it is accepted and has no effect here.
struct OldOption {
    std::string_view name;
    std::string_view short_name = "";
    bool has_value = true;
    std::string_view variable = "";
};

constexpr auto gunicorn_options = std::to_array<OldOption>({
    {"--bind", "-b", true, "bind"},
    {"--workers", "-w", true, "GUNICORN_WORKERS"},
    {"--timeout", "-t", true, "GUNICORN_TIMEOUT"},
    {"--log-level", "", true, "LOG_LEVEL"},
    {"--threads"},
    {"--config", "-c"},
    {"--worker-class", "-k"},
    {"--worker-connections"},
    {"--worker-tmp-dir"},
    {"--max-requests"},
    {"--max-requests-jitter"},
    {"--graceful-timeout"},
    {"--keep-alive"},
    {"--access-logfile"},
    {"--access-logformat"},
    {"--error-logfile"},
    {"--log-file"},
    {"--name", "-n"},
    {"--chdir"},
    {"--forwarded-allow-ips", "", true, "FORWARDED_ALLOW_IPS"},
    {"--preload", "", false},
    {"--reload", "", false},
    {"--capture-output", "", false},
});

constexpr auto celery_options = std::to_array<OldOption>({
    {"--app", "-A"},
    {"--broker", "-b", true, "CELERY_BROKER_URL"},
    {"--result-backend", "", true, "CELERY_RESULT_BACKEND"},
    {"--workdir"},
    {"--no-color", "-C", false},
    {"--quiet", "-q", false},
});

constexpr auto celery_worker_options = std::to_array<OldOption>({
    {"--loglevel", "-l", true, "CELERY_LOG_LEVEL"},
    {"--concurrency", "-c", true, "CELERY_CONCURRENCY"},
    {"--queues", "-Q", true, "CELERY_QUEUES"},
    {"--prefetch-multiplier", "", true, "CELERY_PREFETCH_MULTIPLIER"},
    {"--max-tasks-per-child", "", true, "CELERY_MAX_TASKS_PER_CHILD"},
    {"--time-limit", "", true, "CELERY_TASK_TIME_LIMIT"},
    {"--soft-time-limit", "", true, "CELERY_TASK_SOFT_TIME_LIMIT"},
    {"--pool", "-P"},
    {"--hostname", "-n", true, "CELERY_NODE_NAME"},
    {"--logfile", "-f"},
    {"--pidfile"},
    {"--task-events", "-E", false},
    {"--events", "", false},
    {"--without-gossip", "", false},
    {"--without-mingle", "", false},
    {"--without-heartbeat", "", false},
    {"-O"},
});

constexpr auto celery_beat_options = std::to_array<OldOption>({
    {"--loglevel", "-l", true, "CELERY_LOG_LEVEL"},
    {"--scheduler", "-S"},
    {"--schedule", "-s"},
    {"--max-interval"},
    {"--logfile", "-f"},
    {"--pidfile"},
});

std::string_view base_name(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

Error refused(std::string_view program, std::string_view what, std::string_view instead) {
    return {
        Errc::invalid,
        fmt::format(
            "cannot take \"{}\" from a command line of {}: use \"{}\"", what, program, instead
        )
    };
}

// "0.0.0.0:8000", ":8000", "[::]:8000", "unix:/run/web.sock" → ELASTICBOT_BIND and PORT.
void set_bind(std::string_view address, std::map<std::string, std::string>& settings) {
    if (address.starts_with("unix:")) {
        settings["ELASTICBOT_BIND"] = std::string(address.substr(5));
        return;
    }
    const std::size_t colon = address.rfind(':');
    if (colon == std::string_view::npos) {
        settings["ELASTICBOT_BIND"] = std::string(address);
        return;
    }
    std::string_view host = address.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    }
    // Every IPv4 address: our default, which takes IPv6 too.
    if (!host.empty() && host != "0.0.0.0" && host != "::") {
        settings["ELASTICBOT_BIND"] = std::string(host);
    }
    settings["PORT"] = std::string(address.substr(colon + 1));
}

// Takes the options at the front of `words`; stops at the first other word.
class OptionReader {
public:
    OptionReader(std::string_view program, std::string_view instead, OldCommand& into)
        : program_(program), instead_(instead), into_(into) {}

    Result<> read(std::span<const std::string>& words, std::span<const OldOption> known) {
        while (!words.empty() && words.front().starts_with('-')) {
            const std::string& word = words.front();
            words = words.subspan(1);
            auto taken = take(word, words, known);
            if (!taken) {
                return taken;
            }
        }
        return {};
    }

private:
    Result<> take(
        const std::string& word,
        std::span<const std::string>& rest,
        std::span<const OldOption> known
    ) {
        const bool is_long = word.starts_with("--");
        const std::size_t equals = is_long ? word.find('=') : std::string::npos;
        const std::string name = is_long ? word.substr(0, equals) : word.substr(0, 2);
        const auto option = std::ranges::find_if(known, [&](const OldOption& candidate) {
            return candidate.name == name || (!is_long && candidate.short_name == name);
        });
        if (option == known.end()) {
            return refused(program_, word, instead_);
        }
        if (!option->has_value) {
            return {};
        }

        std::string value;
        if (equals != std::string::npos) {
            value = word.substr(equals + 1);
        } else if (!is_long && word.size() > 2) {
            value = word.substr(2);  // -c2
        } else if (!rest.empty()) {
            value = rest.front();
            rest = rest.subspan(1);
        } else {
            return refused(program_, word + " without a value", instead_);
        }
        set(*option, value);
        return {};
    }

    void set(const OldOption& option, const std::string& value) {
        if (option.variable == "bind") {
            set_bind(value, into_.settings);
        } else if (!option.variable.empty()) {
            into_.settings[std::string(option.variable)] = value;
        }
    }

    std::string_view program_;
    std::string_view instead_;
    OldCommand& into_;
};

Result<OldCommand> from_gunicorn(std::span<const std::string> words) {
    OldCommand command{{"web"}, {}};
    OptionReader reader("gunicorn", "elasticbot web", command);
    if (auto read = reader.read(words, gunicorn_options); !read) {
        return read.error();
    }
    if (!words.empty()) {
        words = words.subspan(1);  // config.wsgi:application
    }
    if (auto read = reader.read(words, gunicorn_options); !read) {
        return read.error();
    }
    if (!words.empty()) {
        return refused("gunicorn", words.front(), "elasticbot web");
    }
    return command;
}

Result<OldCommand> from_celery(std::span<const std::string> words) {
    OldCommand command;
    OptionReader global("celery", "elasticbot worker", command);
    if (auto read = global.read(words, celery_options); !read) {
        return read.error();
    }
    if (words.empty()) {
        return refused("celery", "(nothing)", "elasticbot worker\" or \"elasticbot beat");
    }

    const std::string name = words.front();
    words = words.subspan(1);
    std::vector<OldOption> known(celery_options.begin(), celery_options.end());
    if (name == "worker") {
        std::erase_if(known, [](const OldOption& option) { return option.short_name == "-b"; });
        known.insert(known.end(), celery_worker_options.begin(), celery_worker_options.end());
    } else if (name == "beat") {
        known.insert(known.end(), celery_beat_options.begin(), celery_beat_options.end());
    } else {
        return refused(
            "celery", name, "elasticbot status\", \"elasticbot worker\" or \"elasticbot beat"
        );
    }
    command.words = {name};
    const std::string instead = "elasticbot " + name;
    OptionReader own("celery", instead, command);
    if (auto read = own.read(words, known); !read) {
        return read.error();
    }
    if (!words.empty()) {
        return refused("celery", words.front(), instead);
    }
    return command;
}

Result<OldCommand> from_python(std::span<const std::string> words) {
    while (!words.empty() &&
           (words.front() == "-u" || words.front() == "-B" || words.front() == "-O")) {
        words = words.subspan(1);
    }
    if (words.empty()) {
        return refused("python", "(nothing)", "elasticbot --help");
    }
    if (words.front() == "-m" && words.size() > 1) {
        if (words[1] == "gunicorn") {
            return from_gunicorn(words.subspan(2));
        }
        if (words[1] == "celery") {
            return from_celery(words.subspan(2));
        }
        return refused("python", "-m " + words[1], "elasticbot --help");
    }
    if (base_name(words.front()) != "manage.py") {
        return refused("python", words.front(), "elasticbot --help");
    }
    return OldCommand{{words.begin() + 1, words.end()}, {}};
}

}  // namespace

std::optional<Result<OldCommand>> translate_old_command(
    std::string_view program, const std::vector<std::string>& words
) {
    const std::string_view name = base_name(program);
    if (name == "manage.py") {
        return OldCommand{words, {}};
    }
    if (name == "python" || name == "python3") {
        return from_python(words);
    }
    if (name == "gunicorn") {
        return from_gunicorn(words);
    }
    if (name == "celery") {
        return from_celery(words);
    }
    if (name == "supervisord" || name == "supervisorctl") {
        std::vector<std::string> all{std::string(name)};
        all.insert(all.end(), words.begin(), words.end());
        return OldCommand{std::move(all), {}};
    }
    return std::nullopt;
}

std::string_view retired_command(std::string_view name) {
    static constexpr auto retired = std::to_array<std::pair<std::string_view, std::string_view>>({
        {"makemigrations", "migrations are part of the binary; \"elasticbot migrate\" applies them"
        },
        {"createsuperuser", "there are no user accounts; ADMIN_TOKEN opens /admin/"},
        {"changepassword", "there are no user accounts; ADMIN_TOKEN opens /admin/"},
        {"shell", "there is no Python here; for SQL use psql with DATABASE_URL"},
        {"dbshell", "use psql with DATABASE_URL"},
        {"runserver", "use \"elasticbot up\" for everything or \"elasticbot web\" for the API alone"
        },
        {"flush", "it would delete the market history; use psql with DATABASE_URL"},
        {"test", "the tests are no part of the product; tests/run.sh in the source tree runs them"},
    });
    const auto* const found =
        std::ranges::find(retired, name, &std::pair<std::string_view, std::string_view>::first);
    return found == retired.end() ? std::string_view() : found->second;
}

}  // namespace elasticbot::cli
