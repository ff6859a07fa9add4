#include "option_reader.hpp"

#include <elasticbot/supervisord/file/overrides.hpp>
#include <elasticbot/supervisord/file/python_text.hpp>

#include <fmt/format.h>

#include <utility>

namespace elasticbot::supervisord {

namespace {

class Overriding {
public:
    Overriding(const Surroundings& surroundings, Supervisord& out)
        : reader_(ini_, surroundings, findings_), out_(out) {}

    // What is wrong with the value, or "".
    std::string take(const Override& given) {
        const std::string& value = given.value;
        const std::string_view name = given.name;
        if (name == "nodaemon") {
            out_.nodaemon = true;
        } else if (name == "silent") {
            out_.silent = true;
        } else if (name == "nocleanup") {
            out_.nocleanup = true;
        } else if (name == "strip_ansi") {
            out_.strip_ansi = true;
        } else if (name == "user") {
            out_.user = value;
        } else if (name == "identifier") {
            out_.identifier = value;
        } else if (name == "umask") {
            return put(parse_octal(value), out_.umask);
        } else if (name == "logfile_maxbytes") {
            return put(parse_byte_size(value), out_.log_max_bytes);
        } else if (name == "logfile_backups") {
            return put(parse_integer(value), out_.log_backups);
        } else if (name == "loglevel") {
            return put(parse_log_level(value), out_.log_level);
        } else if (name == "minfds") {
            return put(parse_integer(value), out_.min_descriptors);
        } else if (name == "minprocs") {
            return put(parse_integer(value), out_.min_processes);
        } else if (name == "directory") {
            return put(reader_.existing_directory(value), out_.directory);
        } else if (name == "childlogdir") {
            return put(reader_.existing_directory(value), out_.child_log_directory);
        } else if (name == "logfile") {
            return put_file(value, out_.log_file);
        } else if (name == "pidfile") {
            return put_file(value, out_.pid_file);
        }
        return "";
    }

private:
    template <class T, class U>
    static std::string put(Parsed<T> parsed, U& out) {
        if (!parsed) {
            return parsed.error();
        }
        out = *std::move(parsed);
        return "";
    }

    std::string put_file(const std::string& value, std::string& out) {
        std::string problem = put(reader_.file_in_directory(value), out);
        if (problem.empty() && out != "syslog") {
            out = reader_.absolute(out);
        }
        return problem;
    }

    Ini ini_;
    Diagnostics findings_;
    OptionReader reader_;
    Supervisord& out_;
};

}  // namespace

std::optional<std::string> apply(
    std::span<const Override> overrides, const Surroundings& surroundings, File& file
) {
    Overriding overriding(surroundings, file.supervisord);
    for (const Override& given : overrides) {
        if (const std::string problem = overriding.take(given); !problem.empty()) {
            return fmt::format(
                "invalid value for {} {}: {}", given.given, python::repr(given.value), problem
            );
        }
    }
    return std::nullopt;
}

}  // namespace elasticbot::supervisord
