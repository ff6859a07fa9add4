#include "shell_words.hpp"
#include "url.hpp"

#include <elasticbot/base/text.hpp>
#include <elasticbot/config/value.hpp>
#include <elasticbot/supervisord/file/values.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <limits>

namespace elasticbot::config {

namespace {

using Parsed = std::expected<Value, std::string>;

// Wraps reasons: what was expected, and, unless it is a secret, what was found.
class Reader {
public:
    Reader(const Range& range, const RawValue& raw, bool secret)
        : range_(range), raw_(raw), secret_(secret) {
        value_.text = raw.text;
    }

    Parsed read(Type type);

private:
    std::unexpected<std::string> expected(std::string_view what) const {
        if (secret_) {
            return std::unexpected(fmt::format("expected {}", what));
        }
        const std::string_view shown =
            raw_.form == RawValue::Form::table ? "a table" : std::string_view(raw_.text);
        return std::unexpected(fmt::format("expected {}, got \"{}\"", what, shown));
    }

    bool is_scalar() const {
        return raw_.form == RawValue::Form::text || raw_.form == RawValue::Form::number ||
               raw_.form == RawValue::Form::boolean;
    }

    std::string range_words() const {
        if (range_.least != INT64_MIN && range_.most != INT64_MAX) {
            return fmt::format(" from {} to {}", range_.least, range_.most);
        }
        if (range_.least != INT64_MIN) {
            return fmt::format(" of at least {}", range_.least);
        }
        return "";
    }

    Parsed text() {
        if (!is_scalar()) {
            return expected("a text");
        }
        return value_;
    }

    Parsed boolean() {
        const auto parsed = text::to_bool(raw_.text);
        if (!is_scalar() || !parsed) {
            return expected("true or false");
        }
        value_.boolean = *parsed;
        return value_;
    }

    Parsed integer() {
        const auto number = text::to_integer(raw_.text);
        if (!is_scalar() || !number || *number < range_.least || *number > range_.most) {
            return expected("a whole number" + range_words());
        }
        value_.integer = *number;
        return value_;
    }

    Parsed real() {
        double number = 0;
        const char* const end = raw_.text.data() + raw_.text.size();
        const auto result = std::from_chars(raw_.text.data(), end, number);
        // Also refuses NaN, which is in no range.
        const bool fits = number >= static_cast<double>(range_.least) &&
                          number <= static_cast<double>(range_.most);
        if (!is_scalar() || result.ec != std::errc() || result.ptr != end || !fits) {
            return expected("a number" + range_words());
        }
        value_.real = number;
        return value_;
    }

    Parsed duration() {
        const auto parsed = is_scalar() && raw_.form != RawValue::Form::boolean
                                ? parse_duration(raw_.text)
                                : Result<Duration>(Error{Errc::invalid, ""});
        if (!parsed) {
            return expected("a duration such as \"10s\"");
        }
        const auto least = std::chrono::milliseconds(range_.least == INT64_MIN ? 0 : range_.least);
        // A hundred years: what is added to a point in time does not overflow.
        const auto most =
            std::chrono::milliseconds(std::min<std::int64_t>(range_.most, 3'155'760'000'000));
        if (*parsed < least || *parsed > most) {
            if (range_.most == INT64_MAX) {
                return expected(fmt::format("a duration of at least {}", to_string(least)));
            }
            return expected(fmt::format(
                "a duration from {} to {}", to_string(Duration(least)), to_string(Duration(most))
            ));
        }
        value_.duration = *parsed;
        value_.text = to_string(*parsed);
        return value_;
    }

    Parsed size() {
        const auto parsed = text::parse_size(raw_.text);
        if (!is_scalar() || !parsed || *parsed < range_.least || *parsed > range_.most) {
            return expected("a size such as \"16MB\"");
        }
        value_.integer = *parsed;
        return value_;
    }

    Parsed list() {
        if (raw_.form == RawValue::Form::list) {
            value_.items = raw_.items;
        } else if (is_scalar()) {
            value_.items = text::split_list(raw_.text);
        } else {
            return expected("a list");
        }
        value_.text = fmt::format("{}", fmt::join(value_.items, ","));
        return value_;
    }

    Parsed integers() {
        auto parsed = list();
        if (!parsed) {
            return parsed;
        }
        for (const std::string& item : value_.items) {
            const auto number = text::to_integer(item);
            if (!number || *number < range_.least || *number > range_.most) {
                return expected("a list of whole numbers" + range_words());
            }
        }
        return value_;
    }

    Parsed table() {
        if (raw_.form != RawValue::Form::table) {
            return expected("a table of names and texts");
        }
        value_.pairs = raw_.pairs;
        return value_;
    }

    Parsed command() {
        if (raw_.form == RawValue::Form::list) {
            value_.items = raw_.items;
        } else if (raw_.form == RawValue::Form::text) {
            auto words = shell_words(raw_.text);
            if (!words) {
                return std::unexpected("the command " + words.error());
            }
            value_.items = std::move(*words);
        } else {
            return expected("a command line or an array of words");
        }
        if (value_.items.empty() || value_.items.front().empty()) {
            return expected("a command");
        }
        value_.text = fmt::format("{}", fmt::join(value_.items, " "));
        return value_;
    }

    Parsed one_of(std::initializer_list<std::string_view> words) {
        value_.text = text::lower(raw_.text);
        if (!is_scalar() || std::ranges::find(words, value_.text) == words.end()) {
            return expected(fmt::format("one of {}", fmt::join(words, ", ")));
        }
        return value_;
    }

    Parsed log_level() {
        const auto level = log::parse_level(raw_.text);
        if (!is_scalar() || !level) {
            return expected("one of debug, info, warning, error, critical");
        }
        value_.level = *level;
        return value_;
    }

    Parsed log_levels() {
        auto parsed = list();
        if (!parsed) {
            return parsed;
        }
        for (const std::string& item : value_.items) {
            const std::size_t equals = item.find('=');
            const bool is_exception = equals != std::string::npos;
            const auto level = log::parse_level(
                text::trim(is_exception ? std::string_view(item).substr(equals + 1) : item)
            );
            if (!level || equals == 0) {
                return expected("levels such as \"info,worker=debug\"");
            }
            if (is_exception) {
                value_.role_levels[std::string(text::trim(item.substr(0, equals)))] = *level;
            } else {
                value_.level = *level;
            }
        }
        return value_;
    }

    Parsed address() {
        if (!is_scalar() || !(is_numeric_address(raw_.text) || raw_.text.starts_with('/'))) {
            return expected(
                "a numeric address such as \"127.0.0.1\" or \"::1\", or the path of a unix socket"
            );
        }
        return value_;
    }

    // `problem` gives whole reasons, which never repeat the URL.
    Parsed url(std::string (*problem)(std::string_view)) {
        if (!is_scalar()) {
            return expected("a URL");
        }
        if (std::string reason = problem(raw_.text); !reason.empty()) {
            return std::unexpected(std::move(reason));
        }
        return value_;
    }

    Parsed price_window() {
        const auto parts = text::split(raw_.text, ':');
        double ends[2] = {};
        bool good = is_scalar() && parts.size() == 2;
        for (std::size_t i = 0; good && i < 2; ++i) {
            const std::string_view part = parts[i];
            const auto result = std::from_chars(part.data(), part.data() + part.size(), ends[i]);
            good =
                result.ec == std::errc() && result.ptr == part.data() + part.size() && ends[i] > 0;
        }
        if (!good || !(ends[0] < ends[1]) || ends[1] > std::numeric_limits<float>::max()) {
            return expected("two prices such as \"5:15\"");
        }
        return value_;
    }

    Parsed leadership() {
        static constexpr std::string_view words[] = {"auto", "advisory", "lease", "none"};
        const std::string word = text::lower(raw_.text);
        if (word == "redis") {
            return std::unexpected(
                "a leader is not found over Redis; use \"lease\", which holds behind a pooler too"
            );
        }
        if (!is_scalar() || std::ranges::find(words, word) == std::ranges::end(words)) {
            return expected("auto, advisory, lease or none");
        }
        value_.text = word;
        return value_;
    }

    Parsed signal() {
        const auto number = supervisord::parse_signal(raw_.text);
        if (!is_scalar() || !number) {
            return expected("a signal such as TERM, SIGQUIT or 12");
        }
        value_.integer = *number;
        value_.text = supervisord::signal_name(*number);
        return value_;
    }

    Parsed octal() {
        std::string_view digits = raw_.text;
        if (digits.starts_with("0o")) {
            digits.remove_prefix(2);
        }
        unsigned number = 0;
        const auto result =
            std::from_chars(digits.data(), digits.data() + digits.size(), number, 8);
        // A bare TOML number is decimal, and 22 in place of 022 would be another mask.
        if (raw_.form != RawValue::Form::text || result.ec != std::errc() ||
            result.ptr != digits.data() + digits.size() || number > 0777) {
            return expected("a file mode in octal digits as a text, such as \"022\"");
        }
        value_.integer = number;
        return value_;
    }

    Parsed readiness() {
        if (raw_.form == RawValue::Form::list) {
            return command();
        }
        if (raw_.text == "notify" || raw_.text == "start") {
            return value_;
        }
        if (raw_.form == RawValue::Form::text && raw_.text.starts_with("unix:/")) {
            return value_;
        }
        constexpr std::string_view forms =
            R"("notify", "start", "http://127.0.0.1:PORT/PATH", "tcp://127.0.0.1:PORT", "unix:/PATH" or an array with a command)";
        const auto url = split_url(raw_.text);
        if (!url || (url->scheme != "http" && url->scheme != "tcp")) {
            return expected(forms);
        }
        if (!is_numeric_address(url->host)) {
            return std::unexpected(fmt::format(
                "the host \"{}\" has to be a numeric address, since the supervisor resolves no "
                "names",
                url->host
            ));
        }
        if (url->scheme == "tcp" && url->port == 0) {
            return expected(forms);
        }
        return value_;
    }

    Range range_;
    const RawValue& raw_;
    bool secret_;
    Value value_;
};

Parsed Reader::read(Type type) {
    switch (type) {
        case Type::text:
            return text();
        case Type::boolean:
            return boolean();
        case Type::integer:
            return integer();
        case Type::real:
            return real();
        case Type::duration:
            return duration();
        case Type::size:
            return size();
        case Type::list:
            return list();
        case Type::integers:
            return integers();
        case Type::table:
            return table();
        case Type::command:
            return command();
        case Type::log_format:
            return one_of({"auto", "human", "json", "logfmt"});
        case Type::log_level:
            return log_level();
        case Type::log_levels:
            return log_levels();
        case Type::address:
            return address();
        case Type::postgres_url:
            return url(postgres_url_problem);
        case Type::redis_url:
            return url(redis_url_problem);
        case Type::result_backend:
            return raw_.text == "django-db" ? Parsed(value_) : url(redis_url_problem);
        case Type::http_url:
            return url(http_url_problem);
        case Type::price_window:
            return price_window();
        case Type::leadership:
            return leadership();
        case Type::signal:
            return signal();
        case Type::octal:
            return octal();
        case Type::restart:
            return one_of({"always", "on-failure", "never"});
        case Type::kind:
            return one_of({"service", "one_shot"});
        case Type::readiness:
            return readiness();
    }
    return text();
}

}  // namespace

Parsed parse_value(Type type, const Range& range, const RawValue& raw, bool secret) {
    Parsed parsed = Reader(range, raw, secret).read(type);
    if (parsed) {
        parsed->is_list = raw.form == RawValue::Form::list;
    }
    return parsed;
}

std::string describe(Type type, const Range& range) {
    const bool bounded = range.least != INT64_MIN && range.most != INT64_MAX;
    switch (type) {
        case Type::text:
            return "text";
        case Type::boolean:
            return "boolean";
        case Type::integer:
            return bounded ? fmt::format("whole number, {} to {}", range.least, range.most)
                           : "whole number";
        case Type::real:
            return bounded ? fmt::format("number, {} to {}", range.least, range.most) : "number";
        case Type::duration:
            return "duration";
        case Type::size:
            return "size";
        case Type::list:
            return "list";
        case Type::integers:
            return "list of whole numbers";
        case Type::table:
            return "table";
        case Type::command:
            return "command line or array";
        case Type::log_format:
            return "`auto`, `human`, `json` or `logfmt`";
        case Type::log_level:
            return "`debug`, `info`, `warning`, `error` or `critical`";
        case Type::log_levels:
            return "levels, as `info,worker=debug`";
        case Type::address:
            return "numeric address, or path of a unix socket";
        case Type::postgres_url:
            return "PostgreSQL URL";
        case Type::redis_url:
            return "Redis URL";
        case Type::result_backend:
            return "`django-db` or a Redis URL";
        case Type::http_url:
            return "http or https URL";
        case Type::leadership:
            return "`auto`, `advisory`, `lease` or `none`";
        case Type::price_window:
            return "two prices, as `5:15`";
        case Type::signal:
            return "signal";
        case Type::octal:
            return "octal digits as a text";
        case Type::restart:
            return "`always`, `on-failure` or `never`";
        case Type::kind:
            return "`service` or `one_shot`";
        case Type::readiness:
            return "see below";
    }
    return "text";
}

}  // namespace elasticbot::config
