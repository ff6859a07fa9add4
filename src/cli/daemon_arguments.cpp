#include <elasticbot/cli/daemon_arguments.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

namespace elasticbot::cli {

namespace {

struct Known {
    std::string_view name;
    std::string_view letter;
    bool takes_value;
    std::string_view help;
};

constexpr auto known_options = std::to_array<Known>({
    {"configuration", "c", true, "the file to run"},
    {"nodaemon", "n", false, "stay in the foreground"},
    {"silent", "s", false, "do not show the log of the daemon on standard output"},
    {"help", "h", false, "this text"},
    {"version", "v", false, "the version of supervisor that this behaves as"},
    {"user", "u", true, "run as this user"},
    {"umask", "m", true, "umask of the daemon in the background (022)"},
    {"directory", "d", true, "where the daemon goes in the background"},
    {"logfile", "l", true, "log of the daemon"},
    {"logfile_maxbytes", "y", true, "size at which that log is rotated"},
    {"logfile_backups", "z", true, "how many older ones are kept"},
    {"loglevel", "e", true, "critical, error, warn, info, debug, trace or blather"},
    {"pidfile", "j", true, "file for the number of the process"},
    {"identifier", "i", true, "name of this daemon"},
    {"childlogdir", "q", true, "folder for logs that are AUTO"},
    {"nocleanup", "k", false, "keep old logs that were AUTO"},
    {"minfds", "a", true, "least number of file descriptors"},
    {"strip_ansi", "t", false, "remove escape sequences from the logs of programs"},
    {"minprocs", "", true, "least number of processes"},
    {"profile_options", "", true, "has no effect"},
});

const Known* by_letter(std::string_view letter) {
    if (letter == "?") {
        letter = "h";
    }
    const auto* const found = std::ranges::find(known_options, letter, &Known::letter);
    return found == known_options.end() ? nullptr : &*found;
}

// A long name may be cut, as long as it means one option.
supervisord::Parsed<const Known*> by_name(std::string_view given) {
    std::vector<const Known*> matching;
    for (const Known& option : known_options) {
        if (option.name == given) {
            return &option;
        }
        if (option.name.starts_with(given)) {
            matching.push_back(&option);
        }
    }
    if (matching.empty()) {
        return std::unexpected(fmt::format("option --{} not recognized", given));
    }
    if (matching.size() > 1) {
        return std::unexpected(fmt::format("option --{} not a unique prefix", given));
    }
    return matching.front();
}

class Reader {
public:
    explicit Reader(const std::vector<std::string>& words) : words_(words) {}

    supervisord::Parsed<DaemonArguments> read() {
        while (!error_ && next_ < words_.size()) {
            const std::string& word = words_[next_];
            if (word == "--") {
                ++next_;
                break;
            }
            if (word.size() < 2 || !word.starts_with('-')) {
                break;
            }
            ++next_;
            word.starts_with("--") ? read_name(word.substr(2)) : read_letters(word.substr(1));
        }
        if (!error_ && next_ < words_.size()) {
            refuse_positional();
        }
        if (error_) {
            return std::unexpected(*std::move(error_));
        }
        return std::move(out_);
    }

private:
    void read_name(std::string_view word) {
        const auto equals = word.find('=');
        const auto option = by_name(word.substr(0, equals));
        if (!option) {
            error_ = option.error();
            return;
        }
        const std::string given = fmt::format("--{}", (*option)->name);
        const bool has_value = equals != std::string_view::npos;
        if (has_value && !(*option)->takes_value) {
            error_ = fmt::format("option {} must not have an argument", given);
            return;
        }
        if (has_value) {
            add(**option, given, std::string(word.substr(equals + 1)));
        } else {
            take(**option, given);
        }
    }

    void read_letters(std::string_view letters) {
        while (!error_ && !letters.empty()) {
            const std::string_view letter = letters.substr(0, 1);
            letters.remove_prefix(1);
            const Known* const option = by_letter(letter);
            const std::string given = fmt::format("-{}", letter);
            if (option == nullptr) {
                error_ = fmt::format("option {} not recognized", given);
            } else if (option->takes_value && !letters.empty()) {
                add(*option, given, std::string(letters));
                return;
            } else {
                take(*option, given);
            }
        }
    }

    void take(const Known& option, const std::string& given) {
        if (!option.takes_value) {
            return add(option, given, "");
        }
        if (next_ == words_.size()) {
            error_ = fmt::format("option {} requires argument", given);
            return;
        }
        add(option, given, words_[next_++]);
    }

    void add(const Known& option, const std::string& given, std::string value) {
        if (out_.find(option.name) != nullptr) {
            error_ = fmt::format("conflicting command line option '{}'", given);
            return;
        }
        out_.options.push_back({given, option.name, std::move(value)});
    }

    void refuse_positional() {
        std::string list;
        for (; next_ < words_.size(); ++next_) {
            list += fmt::format("{}'{}'", list.empty() ? "" : ", ", words_[next_]);
        }
        error_ = fmt::format("positional arguments are not supported: [{}]", list);
    }

    const std::vector<std::string>& words_;
    std::size_t next_ = 0;
    DaemonArguments out_;
    std::optional<std::string> error_;
};

}  // namespace

const DaemonArguments::Option* DaemonArguments::find(std::string_view name) const {
    const auto found = std::ranges::find(options, name, &Option::name);
    return found == options.end() ? nullptr : &*found;
}

supervisord::Parsed<DaemonArguments> parse_daemon_arguments(const std::vector<std::string>& words) {
    return Reader(words).read();
}

std::string daemon_usage() {
    std::string text =
        "Runs the programs of a supervisord.conf, as supervisord does.\n\n"
        "Usage: elasticbot supervisord [options]\n\nOptions:\n";
    for (const Known& option : known_options) {
        const std::string letter =
            option.letter.empty() ? "    " : fmt::format("-{}, ", option.letter);
        const std::string name =
            fmt::format("{}--{}{}", letter, option.name, option.takes_value ? " VALUE" : "");
        text += fmt::format("  {:<32}{}\n", name, option.help);
    }
    return text;
}

}  // namespace elasticbot::cli
