#include "concurrency.hpp"
#include "fingerprint.hpp"
#include "programs.hpp"
#include "raw.hpp"

#include <elasticbot/base/secret.hpp>
#include <elasticbot/base/text.hpp>
#include <elasticbot/config/load.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace elasticbot::config {

namespace {

// A value that was found somewhere, and how messages and `config show` call the place.
struct Found {
    RawValue value;
    std::string label;  // "PORT" or "web.port"
    Location at;
    std::string origin;
    std::string variable;
};

std::string origin_of(const Location& at) {
    return at.line == 0 ? at.source : fmt::format("{}:{}", at.source, at.line);
}

// Passwords of URLs, wherever they stand in it.
std::string redacted(const Key& key, const std::string& text) {
    if (text.empty()) {
        return "";
    }
    const bool is_url = key.type == Type::postgres_url || key.type == Type::redis_url ||
                        key.type == Type::http_url || key.type == Type::result_backend;
    if (!is_url) {
        return key.secret ? "***" : text;
    }
    std::string shown = redact_url(text);
    if (key.secret && text::lower(shown).contains("password=")) {
        shown = shown.substr(0, shown.find('?')) + "?***";
    }
    return shown;
}

class Loader {
public:
    explicit Loader(const Sources& sources) : sources_(sources) {}

    Loaded load() {
        if (sources_.toml) {
            entries_ = read_toml(sources_.toml->text, sources_.toml->name, out_.findings);
        }
        if (sources_.env_file) {
            env_entries_ =
                read_env_file(sources_.env_file->text, sources_.env_file->name, out_.findings);
        }
        check_names();
        config().host = detect_host(sources_.environment);
        if (const auto found = sources_.environment.find("ELASTICBOT_PROGRAM");
            found != sources_.environment.end()) {
            config().program = found->second;
        }
        for (const Key& key : schema()) {
            take(key);
        }
        derive();
        schedules();
        read_fleet(entries_, given("supervision.builtin"), sources_.self, config(), out_.findings);
        choose_roles(roles_at_, config(), out_.findings);
        secret_key(text::lower(config().environment) == "production");
        required();
        fingerprints();
        return std::move(out_);
    }

private:
    Config& config() { return out_.config; }

    bool given(std::string_view key) const { return found_.contains(std::string(key)); }

    // Highest precedence first: flag, environment or NAME_FILE, env file.
    std::optional<Found> find_variable_value(const std::string& name) {
        if (const auto flag = sources_.flags.find(name); flag != sources_.flags.end()) {
            return text_value(flag->second, name, {"command line", 0, 0}, "command line");
        }
        const auto variable = sources_.environment.find(name);
        const bool in_environment =
            variable != sources_.environment.end() && !text::trim(variable->second).empty();
        if (const auto file = sources_.named_files.find(name); file != sources_.named_files.end()) {
            const Location at{"environment", 0, 0};
            if (in_environment) {
                out_.findings.error(
                    at, fmt::format("{}: given twice, also as {}_FILE", name, name)
                );
            } else if (!file->second) {
                out_.findings.error(
                    at, fmt::format("{}_FILE: {}", name, file->second.error().message)
                );
            } else {
                std::string text = *file->second;
                if (text.ends_with('\n')) {
                    text.pop_back();
                }
                if (text.ends_with('\r')) {
                    text.pop_back();
                }
                return text_value(text, name, at, name + "_FILE");
            }
            return std::nullopt;
        }
        if (in_environment) {
            return text_value(variable->second, name, {"environment", 0, 0}, "environment");
        }
        for (const EnvEntry& entry : env_entries_) {
            if (entry.name == name && !text::trim(entry.value).empty()) {
                return text_value(entry.value, name, entry.at, origin_of(entry.at));
            }
        }
        return std::nullopt;
    }

    static std::optional<Found> text_value(
        std::string_view text, const std::string& label, Location at, std::string origin
    ) {
        const std::string trimmed(text::trim(text));
        if (trimmed.empty()) {
            return std::nullopt;
        }
        return Found{
            {RawValue::Form::text, trimmed, {}, {}}, label, std::move(at), std::move(origin), label
        };
    }

    const RawEntry* find_entry(std::string_view name) const {
        const auto found = std::ranges::find(entries_, name, &RawEntry::path);
        return found == entries_.end() ? nullptr : &*found;
    }

    std::optional<Value> parse(const Key& key, const Found& found) {
        if (const auto reference = unresolved_reference(found.value.text); !reference.empty()) {
            out_.findings.error(
                found.at,
                fmt::format(
                    "{}: still contains {}; the reference was not resolved", found.label, reference
                )
            );
            return std::nullopt;
        }
        auto value = parse_value(key.type, key.range, found.value, key.secret);
        if (!value) {
            out_.findings.error(found.at, fmt::format("{}: {}", found.label, value.error()));
            return std::nullopt;
        }
        return *value;
    }

    void take(const Key& key) {
        std::optional<Found> found;
        for (const std::string_view variable : key.variables) {
            if (!found) {
                found = find_variable_value(std::string(variable));
            }
        }
        if (const RawEntry* entry = find_entry(key.name);
            entry != nullptr &&
            !(entry->value.form == RawValue::Form::text && text::trim(entry->value.text).empty())) {
            Found in_file{
                entry->value, std::string(key.name), entry->value_at, origin_of(entry->value_at), ""
            };
            if (!found) {
                found = std::move(in_file);
            } else {
                parse(
                    key, in_file
                );  // Overruled, yet looked at: a file is right or wrong as a whole.
            }
        }

        Setting setting{
            &key, std::string(key.fallback), "default", {"default", 0, 0}, std::string(key.name)
        };
        if (!key.fallback.empty()) {
            const RawValue fallback{RawValue::Form::text, std::string(key.fallback), {}, {}};
            key.store(config(), parse_value(key.type, key.range, fallback, false).value());
        }
        if (found) {
            if (const auto value = parse(key, *found)) {
                key.store(config(), *value);
                setting = {
                    &key, redacted(key, value->text), found->origin, found->at, found->label
                };
                found_.emplace(key.name, Found(*found));
                values_.emplace(key.name, *value);
            }
            if (key.name == "supervision.roles") {
                roles_at_ = found->at;
            }
        }
        out_.settings.push_back(std::move(setting));
    }

    Setting& setting(std::string_view name) {
        return *std::ranges::find(out_.settings, name, [](const Setting& one) {
            return one.key->name;
        });
    }

    void derived(std::string_view name, std::string text, std::string origin) {
        Setting& row = setting(name);
        row.text = redacted(*row.key, text);
        row.origin = std::move(origin);
    }

    void derive() {
        Config& c = config();
        const bool production_named = text::lower(c.environment) == "production";
        c.production = c.host != Host::none || production_named || (given("debug") && !c.debug);
        if (production_named && c.debug) {
            c.debug = false;
            derived("debug", "false", "ENVIRONMENT=production");
        }
        for (const std::string& name : host_names(sources_.environment)) {
            if (std::ranges::find(c.web.allowed_hosts, name) == c.web.allowed_hosts.end()) {
                c.web.allowed_hosts.push_back(name);
            }
        }
        for (const char* name : {"localhost", "127.0.0.1"}) {
            if (std::ranges::find(c.web.allowed_hosts, name) == c.web.allowed_hosts.end()) {
                c.web.allowed_hosts.emplace_back(name);
            }
        }
        c.web.trust_private_peers = c.host != Host::none;
        if (c.host == Host::kubernetes && !given("web.drain_delay")) {
            c.web.drain_delay = 5s;  // The endpoint is removed while TERM is sent. (deploy.md 2)
            derived("web.drain_delay", "5s", "kubernetes");
        }
        drain_time();
        concurrency();
        redis();
    }

    // deploy.md D-CFG-4: a number that somebody gave stands.
    void concurrency() {
        const auto lower = [&](std::string_view key, int& holds, int fits) {
            if (given(key) || fits >= holds) {
                return;
            }
            holds = fits;
            derived(key, std::to_string(fits), "control group");
        };
        Config& c = config();
        lower(
            "web.database_threads",
            c.web.database_threads,
            database_threads_within(sources_.limits, c.web.database_threads)
        );
        lower(
            "worker.concurrency",
            c.worker.concurrency,
            executors_within(sources_.limits, c.worker.concurrency)
        );
    }

    void fingerprints() {
        Given given;
        for (const auto& [key, value] : values_) {
            given.emplace(key, value.text);
        }
        Variables env_file;
        for (const EnvEntry& entry : env_entries_) {
            env_file.emplace(entry.name, entry.value);
        }
        for (supervisor::Program& program : config().programs) {
            program.settings = fingerprint(program, config(), given, env_file);
        }
    }

    // deploy.md D-SIG-6
    void drain_time() {
        const auto variable = sources_.environment.find("RAILWAY_DEPLOYMENT_DRAINING_SECONDS");
        if (variable == sources_.environment.end() || given("supervision.shutdown_timeout")) {
            return;
        }
        const auto seconds = text::to_integer(text::trim(variable->second));
        if (!seconds || *seconds < 1 || *seconds > 3600) {
            return;
        }
        config().supervision.shutdown_timeout =
            std::chrono::seconds(std::max<std::int64_t>(*seconds - 2, 1));
        derived(
            "supervision.shutdown_timeout",
            elasticbot::to_string(config().supervision.shutdown_timeout),
            "RAILWAY_DEPLOYMENT_DRAINING_SECONDS"
        );
    }

    std::string text_of(std::string_view key) const {
        const auto found = values_.find(std::string(key));
        return found == values_.end() ? std::string() : found->second.text;
    }

    void redis() {
        Config& c = config();
        if (c.redis.url.empty() && given("redis.host")) {
            const std::string user =
                text_of("redis.user").empty() ? "default" : text_of("redis.user");
            const std::string password = text_of("redis.password");
            std::string host = text_of("redis.host");
            if (host.contains(':') && !host.starts_with('[')) {
                host = "[" + host + "]";
            }
            const std::string port = text_of("redis.port").empty() ? "6379" : text_of("redis.port");
            const std::string credentials =
                password.empty()
                    ? ""
                    : fmt::format(
                          "{}:{}@", text::percent_encode(user), text::percent_encode(password)
                      );
            c.redis.url = Secret(fmt::format("redis://{}{}:{}/0", credentials, host, port));
            derived("redis.url", c.redis.url.reveal(), "redis.host");
        }
        if (c.redis.broker_url.empty() && !c.redis.url.empty()) {
            c.redis.broker_url = c.redis.url;
            derived("redis.broker_url", c.redis.url.reveal(), "redis.url");
        }
        if (c.redis.url.empty()) {
            c.redis.url = c.redis.broker_url;
        }

        // decision 33
        const bool is_url =
            given("redis.result_backend") && text_of("redis.result_backend") != "django-db";
        if (is_url) {
            c.redis.result_url = Secret(text_of("redis.result_backend"));
            c.redis.result_backend = "redis";
        } else if (!given("redis.result_backend")) {
            const bool in_database =
                !c.database.url.empty() || c.redis.broker_url.empty() || sources_.for_up;
            c.redis.result_backend = in_database ? "django-db" : "redis";
            if (!in_database) {
                c.redis.result_url = c.redis.broker_url;
            }
            derived("redis.result_backend", c.redis.result_backend, "default");
        }
    }

    // SCHEDULE_<NAME> and the keys of [schedule], which are not in the table: their names are those
    // of the schedules.
    void schedules() {
        for (const RawEntry& entry : entries_) {
            if (entry.section != "schedule") {
                continue;
            }
            if (entry.value.form != RawValue::Form::text || text::trim(entry.value.text).empty()) {
                out_.findings.error(
                    entry.value_at,
                    fmt::format(
                        "{}: expected a text such as \"*/30 * * * *\", \"every 5s\" or \"off\"",
                        entry.path()
                    )
                );
            } else {
                config().schedule_overrides[entry.key] = entry.value.text;
            }
        }
        const auto add = [&](const std::string& name, const std::string& value) {
            if (name.starts_with("SCHEDULE_") && name.size() > 9 && !text::trim(value).empty()) {
                config()
                    .schedule_overrides[text::replace_all(text::lower(name.substr(9)), "_", "-")] =
                    text::trim(value);
            }
        };
        for (const EnvEntry& entry : env_entries_) {
            add(entry.name, entry.value);
        }
        for (const auto& [name, value] : sources_.environment) {
            add(name, value);
        }
    }

    void check_names() {
        std::set<std::string_view> sections{"program", "socket", "schedule"};
        std::vector<std::string_view> keys;
        std::vector<std::string_view> ours;
        for (const Key& key : schema()) {
            keys.push_back(key.name);
            sections.insert(section_of(key.name));
            ours.insert(ours.end(), key.variables.begin(), key.variables.end());
        }
        for (const RawEntry& entry : entries_) {
            const std::string_view section =
                section_of(entry.section).empty() ? entry.section : section_of(entry.section);
            if (section == "program" || section == "socket" || section == "schedule") {
                continue;
            }
            if (find_key(entry.path()) != nullptr) {
                continue;
            }
            unknown_key(entry, sections, keys);
        }

        // A variable of ours that nothing reads is a typo that would stay unseen.
        ours.insert(
            ours.end(),
            {"ELASTICBOT_ENV_FILE", "ELASTICBOT_CONFIG", "ELASTICBOT_CLOCK", "ELASTICBOT_PROGRAM"}
        );
        for (const auto& [name, value] : sources_.environment) {
            std::string_view plain = name;
            if (plain.ends_with("_FILE") && std::ranges::find(ours, plain) == ours.end()) {
                plain.remove_suffix(5);
            }
            if (!plain.starts_with("ELASTICBOT_") || std::ranges::find(ours, plain) != ours.end()) {
                continue;
            }
            const std::string nearest = nearest_name(plain, ours);
            if (nearest.empty()) {
                continue;
            }
            out_.findings.warning(
                {"environment", 0, 0},
                fmt::format("{}: is not known (did you mean \"{}\"?)", name, nearest)
            );
        }
    }

    void unknown_key(
        const RawEntry& entry,
        const std::set<std::string_view>& sections,
        const std::vector<std::string_view>& keys
    ) {
        if (!entry.section.empty() && !sections.contains(entry.section)) {
            const std::string nearest =
                nearest_name(entry.section, {sections.begin(), sections.end()});
            const std::string hint =
                nearest.empty() ? "" : fmt::format(" (did you mean [{}]?)", nearest);
            out_.findings.error(
                entry.key_at,
                fmt::format("{}: unknown section [{}]{}", entry.path(), entry.section, hint)
            );
            return;
        }
        std::vector<std::string_view> siblings;
        for (std::string_view key : keys) {
            if (section_of(key) != entry.section) {
                continue;
            }
            siblings.push_back(entry.section.empty() ? key : key.substr(entry.section.size() + 1));
        }
        const std::string nearest = nearest_name(entry.key, siblings);
        const std::string hint =
            nearest.empty() ? "" : fmt::format(" (did you mean \"{}\"?)", nearest);
        const std::string where = entry.section.empty() ? "" : entry.section + ": ";
        out_.findings.error(
            entry.key_at, fmt::format("{}unknown key \"{}\"{}", where, entry.key, hint)
        );
    }

    // decision 25
    void secret_key(bool production_named) {
        if (!sources_.for_up || !config().supervision.builtin || !config().secret_key.empty()) {
            return;
        }
        if (production_named) {
            out_.findings.error(
                {"environment", 0, 0},
                "SECRET_KEY: required with ENVIRONMENT=production, at least 32 random characters"
            );
        } else {
            out_.findings.warning(
                {"environment", 0, 0}, "SECRET_KEY: not given; required with ENVIRONMENT=production"
            );
        }
    }

    // decisions 8 and 34
    void required() {
        if (!sources_.for_up || out_.findings.has_errors()) {
            return;
        }
        const auto runs = [&](std::string_view name) {
            return std::ranges::any_of(config().programs, [&](const supervisor::Program& program) {
                const std::string& full = program.name.value();
                return program.own && full.substr(0, full.find(':')) == name;
            });
        };
        const Location at{"environment", 0, 0};
        const std::string why =
            config().host != Host::none
                ? fmt::format("required on {}", to_string(config().host))
                : std::string("required in production (ENVIRONMENT=production or DEBUG=false)");

        const bool needs_database =
            runs("web") || runs("worker") || runs("beat") || runs("migrate");
        if (needs_database && config().database.url.empty()) {
            if (config().production) {
                out_.findings.error(
                    at,
                    fmt::format(
                        "DATABASE_URL: {}, such as \"postgresql://user:password@host:5432/name\"",
                        why
                    )
                );
            } else {
                config().supervision.private_postgres = true;
            }
        }
        const bool needs_redis = runs("worker") || runs("beat");
        if (needs_redis && config().redis.broker_url.empty()) {
            if (config().production) {
                out_.findings.error(
                    at,
                    fmt::format(
                        "REDIS_URL: {} for worker and beat, such as "
                        "\"redis://:password@host:6379/0\"",
                        why
                    )
                );
            } else {
                config().supervision.private_redis = true;
            }
        }
    }

    const Sources& sources_;
    Loaded out_;
    std::vector<RawEntry> entries_;
    std::vector<EnvEntry> env_entries_;
    std::map<std::string, Found> found_;
    std::map<std::string, Value> values_;
    Location roles_at_{"environment", 0, 0};
};

}  // namespace

Loaded load(const Sources& sources) {
    return Loader(sources).load();
}

}  // namespace elasticbot::config
