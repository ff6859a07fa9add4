#include "supervisord_daemon.hpp"

#include "background.hpp"
#include "private_services.hpp"
#include "state_dir.hpp"
#include "supervisord_file.hpp"

#include <elasticbot/adapters/os/identity.hpp>
#include <elasticbot/adapters/os/made_folders.hpp>
#include <elasticbot/supervisor/driver/supervisor.hpp>
#include <elasticbot/supervisord/api/daemon.hpp>
#include <elasticbot/supervisord/file/overrides.hpp>

#include <fmt/ranges.h>

#include <cerrno>
#include <iostream>
#include <optional>
#include <utility>

#include <grp.h>
#include <sys/resource.h>
#include <unistd.h>

namespace elasticbot::cli {

namespace {

using supervisord::File;

// The file with what the command line says in place of it.
Result<File> read(
    const Invocation& invocation, const std::string& path, const DaemonArguments& arguments
) {
    auto read = read_supervisord_file(invocation, path);
    if (!read) {
        return Error{Errc::not_found, fmt::format("could not find config file {}", path)};
    }
    if (read->error) {
        return Error{Errc::invalid, *read->error};
    }
    if (const auto problem = problem_with_own_keys(*read)) {
        return Error{Errc::invalid, *problem};
    }
    std::vector<supervisord::Override> overrides;
    overrides.reserve(arguments.options.size());
    for (const auto& option : arguments.options) {
        overrides.push_back({option.given, option.name, option.value});
    }
    if (const auto problem =
            supervisord::apply(overrides, surroundings_of(invocation), read->file)) {
        return Error{Errc::invalid, *problem};
    }
    return std::move(read->file);
}

// Raises a limit to `least`; the hard one too, where that is allowed.
bool raise(__rlimit_resource resource, std::int64_t least) {
    rlimit limit{};
    const auto wanted = static_cast<rlim_t>(std::max<std::int64_t>(least, 0));
    if (::getrlimit(resource, &limit) != 0 || limit.rlim_cur >= wanted) {
        return true;
    }
    limit.rlim_cur = wanted;
    limit.rlim_max = std::max(limit.rlim_max, wanted);
    return ::setrlimit(resource, &limit) == 0;
}

// What cannot be had of the limits that the file asks for, or "".
std::string raise_limits(const supervisord::Supervisord& daemon) {
    constexpr std::string_view text =
        "The minimum number of {0} required to run this {1} is {2} as per the \"{3}\" command-line "
        "argument or config file setting. The current environment will only allow you to open {4} "
        "{5}.  Either raise the number of usable {5} in your environment (see README.rst) or lower "
        "the {3} setting in the config file to allow the {1} to start.";
    const auto hard = [](__rlimit_resource resource) {
        rlimit limit{};
        ::getrlimit(resource, &limit);
        return limit.rlim_max;
    };
    if (!raise(RLIMIT_NOFILE, daemon.min_descriptors)) {
        return fmt::format(
            text,
            "file descriptors",
            "process",
            daemon.min_descriptors,
            "minfds",
            hard(RLIMIT_NOFILE),
            "file descriptors"
        );
    }
    if (!raise(RLIMIT_NPROC, daemon.min_processes)) {
        return fmt::format(
            text,
            "available processes",
            "program",
            daemon.min_processes,
            "minprocs",
            hard(RLIMIT_NPROC),
            "processes"
        );
    }
    return "";
}

// What keeps us from being `user`, or "".
std::string become(const std::string& user) {
    const auto identity = os::find_identity(user);
    if (!identity) {
        return fmt::format("Invalid user name {}", user);
    }
    if (identity->uid == ::geteuid()) {
        return "";
    }
    if (::geteuid() != 0) {
        return "Can't drop privilege as nonroot user";
    }
    if (::setgroups(identity->groups.size(), identity->groups.data()) != 0) {
        return "Could not set groups of effective user";
    }
    if (::setgid(identity->gid) != 0) {
        return "Could not set group id of effective user";
    }
    if (::setuid(identity->uid) != 0) {
        return "Could not set user id of effective user";
    }
    return "";
}

// The first of the places where supervisord looks. (supervisord-compat.md 4)
Result<std::string> find_file(const Invocation& invocation) {
    const auto places = default_supervisord_files(invocation.self);
    for (const std::string& place : places) {
        if (::access(place.c_str(), F_OK) == 0) {
            return place;
        }
    }
    return Error{
        Errc::not_found,
        fmt::format(
            "No config file found at default paths ({}); use the -c option to specify a config "
            "file at a different path",
            fmt::join(places, ", ")
        )
    };
}

// One life of the daemon: from its start to its end, or to a restart.
enum class Ended { for_good, to_restart };

// An error: nothing was started.
Result<Ended> live(
    const Invocation& invocation,
    const std::string& control_socket,
    supervisord::DaemonOptions daemon_options
) {
    supervisord::Daemon daemon(std::move(daemon_options));
    auto config = daemon.prepare();
    if (!config) {
        return config.error();
    }
    config->supervision.control_socket = control_socket;
    supervise::SupervisorOptions options;
    options.config = *std::move(config);
    options.version = ELASTICBOT_VERSION;
    options.control_socket = control_socket;
    options.syslog_name = supervisord::syslog_name;
    options.environment = invocation.environment;
    options.extension = &daemon.extension();
    const auto result = supervise::Supervisor(std::move(options)).run();
    if (!result) {
        return result.error();
    }
    return daemon.wants_restart() ? Ended::to_restart : Ended::for_good;
}

}  // namespace

int refuse_as_supervisord(std::string_view text) {
    std::cerr << "Error: " << text << "\nFor help, use elasticbot -h\n" << std::flush;
    return exit_code::usage;
}

int run_supervisord_file(
    Invocation& invocation, const std::string& path, const DaemonArguments& arguments
) {
    const auto found = path.empty() ? find_file(invocation) : Result<std::string>(path);
    if (!found) {
        return refuse_as_supervisord(found.error().message);
    }
    auto file = read(invocation, *found, arguments);
    if (!file) {
        return refuse_as_supervisord(file.error().message);
    }
    // By its whole name from now on: the daemon goes elsewhere.
    const std::string absolute = absolute_path(*found);
    const supervisord::Supervisord& settings = file->supervisord;
    const bool goes_to_background = !settings.nodaemon;

    if (const std::string problem = raise_limits(settings); !problem.empty()) {
        return refuse_as_supervisord(problem);
    }
    if (!settings.user.empty()) {
        if (const std::string problem = become(settings.user); !problem.empty()) {
            return refuse_as_supervisord(problem);
        }
    }
    std::optional<Departure> departure;
    if (goes_to_background) {
        auto left = Departure::leave(settings.directory.value_or(""), settings.umask);
        if (!left) {
            return refuse_as_supervisord(left.error().message);
        }
        if (const auto code = left->exit_code()) {
            return *code;  // Of the process that people see.
        }
        departure.emplace(*std::move(left));
    }

    const std::string control_socket = !invocation.socket.empty()
                                           ? invocation.socket
                                           : supervisord_control_socket(invocation, absolute);
    os::MadeFolders made;
    const std::string folder = control_socket.substr(0, control_socket.rfind('/'));
    made.expect(folder);
    const bool has_folder = make_folder(folder, 0711).has_value();
    std::vector<std::string> first_lines;
    if (goes_to_background) {
        first_lines.emplace_back("daemonizing the supervisord process");
        if (settings.directory) {
            first_lines.push_back(fmt::format("set current directory: '{}'", *settings.directory));
        }
    }
    while (true) {
        supervisord::DaemonOptions options;
        options.first_lines = std::exchange(first_lines, {});
        options.file = *file;
        options.read_again = [&] { return read(invocation, absolute, arguments); };
        options.environment = invocation.environment;
        options.product = "elasticbot " ELASTICBOT_VERSION;
        options.in_foreground = !goes_to_background;
        options.on_started = [&] {
            if (departure) {
                departure->arrive();
            }
        };
        const auto ended = live(invocation, has_folder ? control_socket : "", std::move(options));
        if (!ended) {
            if (departure) {
                departure->fail();
            }
            return refuse_as_supervisord(ended.error().message);
        }
        if (*ended == Ended::for_good) {
            return exit_code::ok;  // Whatever the programs did. (supervisord-compat.md 4)
        }
        auto again = read(invocation, absolute, arguments);
        if (!again) {
            return refuse_as_supervisord(again.error().message);
        }
        file = std::move(again);
    }
}

}  // namespace elasticbot::cli
