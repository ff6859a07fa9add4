#include <elasticbot/cli/ctl/options.hpp>
#include <elasticbot/supervisord/file/python_text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

namespace elasticbot::cli::ctl {

namespace {

using supervisord::python::repr;
using Text = std::optional<std::string>;

struct Known {
    char letter;
    std::string_view name;
    bool has_value;
    Text Options::* value = nullptr;
};

constexpr auto known_options = std::to_array<Known>({
    {'h', "help", false},
    {'?', "", false},
    {'c', "configuration", true, &Options::configuration},
    {'i', "interactive", false},
    {'s', "serverurl", true, &Options::server_url},
    {'u', "username", true, &Options::username},
    {'p', "password", true, &Options::password},
    {'r', "history_file", true, &Options::history_file},
});

// One option of the command line.
struct Given {
    const Known* option;
    std::string written;  // "-c", "--configuration"
    std::string value;
};

using Unit = std::expected<void, std::string>;

std::unexpected<std::string> refused(std::string text) {
    return std::unexpected(std::move(text));
}

class Getopt {
public:
    explicit Getopt(std::span<const std::string> words) : words_(words) {}

    Unit read() {
        while (!words_.empty() && words_.front().size() > 1 && words_.front().starts_with('-')) {
            const std::string& word = words_.front();
            words_ = words_.subspan(1);
            if (word == "--") {
                break;
            }
            auto taken = word.starts_with("--") ? take_long(word.substr(2)) : take_short(word);
            if (!taken) {
                return taken;
            }
        }
        return {};
    }

    const std::vector<Given>& given() const { return given_; }

    std::span<const std::string> rest() const { return words_; }

private:
    Unit take_long(std::string_view text) {
        const std::size_t equals = text.find('=');
        std::string name(text.substr(0, equals));
        std::ranges::replace(name, '-', '_');  // The help of supervisorctl says --history-file.
        std::vector<const Known*> matches;
        for (const Known& known : known_options) {
            if (known.name == name) {
                matches = {&known};
                break;
            }
            if (!known.name.empty() && known.name.starts_with(name)) {
                matches.push_back(&known);
            }
        }
        if (matches.empty()) {
            return refused(fmt::format("option --{} not recognized", text.substr(0, equals)));
        }
        if (matches.size() > 1) {
            return refused(fmt::format("option --{} not a unique prefix", name));
        }
        const Known& option = *matches.front();
        const std::string written = fmt::format("--{}", option.name);
        if (!option.has_value) {
            if (equals != std::string_view::npos) {
                return refused(fmt::format("option {} must not have an argument", written));
            }
            given_.push_back({.option = &option, .written = written, .value = ""});
            return {};
        }
        if (equals != std::string_view::npos) {
            return take_value(option, written, std::string(text.substr(equals + 1)));
        }
        return take_value(option, written, std::nullopt);
    }

    // "-is" may be two options, "-sURL" is one with its value.
    Unit take_short(std::string_view word) {
        for (std::size_t at = 1; at < word.size(); ++at) {
            const std::string written{'-', word[at]};
            const auto* const option = std::ranges::find(known_options, word[at], &Known::letter);
            if (option == known_options.end()) {
                return refused(fmt::format("option {} not recognized", written));
            }
            if (option->has_value) {
                const std::string_view value = word.substr(at + 1);
                return take_value(*option, written, value.empty() ? Text() : Text(value));
            }
            given_.push_back({.option = option, .written = written, .value = ""});
        }
        return {};
    }

    Unit take_value(const Known& option, const std::string& written, Text value) {
        if (!value) {
            if (words_.empty()) {
                return refused(fmt::format("option {} requires argument", written));
            }
            value = words_.front();
            words_ = words_.subspan(1);
        }
        given_.push_back({.option = &option, .written = written, .value = *std::move(value)});
        return {};
    }

    std::span<const std::string> words_;
    std::vector<Given> given_;
};

// A scheme, and something behind it.
bool is_url(std::string_view text) {
    const std::size_t colon = text.find(':');
    const std::string_view scheme = text.substr(0, colon);
    const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    const auto may_follow = [&](char c) {
        return is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
    };
    return colon != std::string_view::npos && colon > 0 && is_letter(scheme.front()) &&
           std::ranges::all_of(scheme, may_follow) && !text.substr(colon + 1).empty() &&
           text.substr(colon + 1) != "//";
}

}  // namespace

std::expected<Options, std::string> parse_options(const std::vector<std::string>& words) {
    Getopt getopt(words);
    if (auto read = getopt.read(); !read) {
        return refused(read.error());
    }
    Options options;
    for (const Given& given : getopt.given()) {
        const auto conflict = [&] {
            return refused(fmt::format("conflicting command line option {}", repr(given.written)));
        };
        if (given.option->value != nullptr) {
            Text& value = options.*(given.option->value);
            if (given.option->value == &Options::server_url && !is_url(given.value)) {
                return refused(fmt::format(
                    "invalid value for {} {}: value {} is not a URL",
                    given.written,
                    repr(given.value),
                    repr(given.value)
                ));
            }
            if (value) {
                return conflict();
            }
            value = given.value;
        } else if (given.option->letter == 'i') {
            if (options.is_interactive) {
                return conflict();
            }
            options.is_interactive = true;
        } else {
            options.wants_help = true;
            return options;
        }
    }
    options.action.assign(getopt.rest().begin(), getopt.rest().end());
    return options;
}

std::string usage(std::string_view program) {
    return fmt::format(
        "{0} -- control programs that supervisord, or elasticbot in its place, runs.\n"
        "\n"
        "Usage: {0} [options] [action [arguments]]\n"
        "\n"
        "Options:\n"
        "-c/--configuration FILENAME -- configuration file path (searches if not given)\n"
        "-h/--help -- print usage message and exit\n"
        "-i/--interactive -- ask before shutdown and reload, and for a password\n"
        "-s/--serverurl URL -- URL on which the server is listening\n"
        "     (default \"http://localhost:9001\").\n"
        "-u/--username USERNAME -- username to use for authentication with server\n"
        "-p/--password PASSWORD -- password to use for authentication with server\n"
        "-r/--history-file -- accepted; no history is kept\n"
        "\n"
        "action [arguments] -- see below\n"
        "\n"
        "Actions are commands like \"tail\" or \"stop\".  Without one, lines of actions are read\n"
        "from a prompt.  Use the action \"help\" to find out about available actions.\n"
        "\n",
        program
    );
}

}  // namespace elasticbot::cli::ctl
