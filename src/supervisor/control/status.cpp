#include <elasticbot/supervisor/control/status.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <utility>

namespace elasticbot::control {

namespace {

template <class Owner, class Member>
struct Field {
    std::string_view key;
    Member Owner::* member;
};

// Where a value goes that stands under `key`; null: it is not one of those we read.
template <class Owner, class Member, std::size_t size>
Member* find(Owner& owner, const Field<Owner, Member> (&fields)[size], std::string_view key) {
    for (const auto& field : fields) {
        if (field.key == key) {
            return &(owner.*field.member);
        }
    }
    return nullptr;
}

using Number = std::optional<std::int64_t>;

constexpr Field<ProgramStatus, std::string> program_texts[] = {
    {"name", &ProgramStatus::name},
    {"state", &ProgramStatus::state},
    {"status", &ProgramStatus::status},
    {"reason", &ProgramStatus::reason},
};
constexpr Field<ProgramStatus, Number> program_numbers[] = {
    {"pid", &ProgramStatus::pid},
    {"uptime_ms", &ProgramStatus::uptime_ms},
    {"restarts", &ProgramStatus::restarts},
    {"took_ms", &ProgramStatus::took_ms},
    {"next_start_in_ms", &ProgramStatus::next_start_in_ms},
    {"memory_bytes", &ProgramStatus::memory_bytes},
};
constexpr Field<FleetStatus, std::string> fleet_texts[] = {
    {"overall", &FleetStatus::overall},
    {"version", &FleetStatus::version},
};
constexpr Field<FleetStatus, Number> fleet_numbers[] = {
    {"pid", &FleetStatus::pid},
    {"uptime_ms", &FleetStatus::uptime_ms},
};

enum class Place { nowhere, fleet, programs, program, last_exit, waiting_for };

// Follows the parser through the text. `outermost` is what the text itself is.
class Reader : public nlohmann::json_sax<nlohmann::json> {
public:
    explicit Reader(Place outermost) : outermost_(outermost) {}

    FleetStatus take_fleet() { return std::move(fleet_); }

    ProgramStatus take_program() { return std::move(program_); }

    const std::string& error() const { return error_; }

    bool key(string_t& key) override {
        key_.assign(key);
        return true;
    }

    bool string(string_t& value) override {
        switch (place()) {
            case Place::fleet:
                put(find(fleet_, fleet_texts, key_), std::move(value));
                break;
            case Place::program:
                put(find(program_, program_texts, key_), std::move(value));
                break;
            case Place::last_exit:
                if (key_ == "signal" && program_.last_exit) {
                    program_.last_exit->signal = std::move(value);
                }
                break;
            case Place::waiting_for:
                program_.waiting_for.push_back(std::move(value));
                break;
            default:
                break;
        }
        return true;
    }

    bool number_integer(number_integer_t value) override {
        switch (place()) {
            case Place::fleet:
                put(find(fleet_, fleet_numbers, key_), value);
                break;
            case Place::program:
                put(find(program_, program_numbers, key_), value);
                if (key_ == "cpu_percent") {
                    program_.cpu_percent = static_cast<double>(value);
                }
                break;
            case Place::last_exit:
                if (key_ == "code" && program_.last_exit) {
                    program_.last_exit->code = value;
                }
                break;
            default:
                break;
        }
        return true;
    }

    bool number_unsigned(number_unsigned_t value) override {
        return !std::in_range<std::int64_t>(value) ||
               number_integer(static_cast<std::int64_t>(value));
    }

    bool number_float(number_float_t value, const string_t& /*text*/) override {
        if (place() == Place::program && key_ == "cpu_percent") {
            program_.cpu_percent = value;
        }
        return true;
    }

    bool start_object(std::size_t /*size*/) override {
        const Place next = place_of_object();
        if (next == Place::program) {
            program_ = {};
        } else if (next == Place::last_exit) {
            program_.last_exit.emplace();
        }
        places_.push_back(next);
        return true;
    }

    bool end_object() override {
        if (place() == Place::program && places_.size() > 1) {
            fleet_.programs.push_back(std::move(program_));
        }
        places_.pop_back();
        return true;
    }

    bool start_array(std::size_t /*size*/) override {
        Place next = Place::nowhere;
        if (place() == Place::fleet && key_ == "programs") {
            next = Place::programs;
        } else if (place() == Place::program && key_ == "waiting_for") {
            next = Place::waiting_for;
        }
        places_.push_back(next);
        return true;
    }

    bool end_array() override {
        places_.pop_back();
        return true;
    }

    bool null() override { return true; }

    bool boolean(bool /*value*/) override { return true; }

    bool binary(binary_t& /*value*/) override { return true; }

    bool parse_error(
        std::size_t position,
        const std::string& /*last*/,
        const nlohmann::json::exception& /*error*/
    ) override {
        error_ = fmt::format("not JSON from byte {} on", position);
        return false;
    }

private:
    Place place() const { return places_.empty() ? Place::nowhere : places_.back(); }

    Place place_of_object() const {
        if (places_.empty()) {
            return outermost_;
        }
        if (place() == Place::programs) {
            return Place::program;
        }
        return place() == Place::program && key_ == "last_exit" ? Place::last_exit : Place::nowhere;
    }

    template <class Target, class Value>
    static void put(Target* target, Value&& value) {
        if (target != nullptr) {
            *target = std::forward<Value>(value);
        }
    }

    Place outermost_;
    std::vector<Place> places_;
    std::string key_;
    FleetStatus fleet_;
    ProgramStatus program_;
    std::string error_;
};

Result<Reader> read(std::string_view json, Place outermost) {
    Reader reader(outermost);
    if (!nlohmann::json::sax_parse(json, &reader)) {
        return Error{
            Errc::invalid, fmt::format("cannot understand the supervisor: {}", reader.error())
        };
    }
    return reader;
}

}  // namespace

Result<FleetStatus> read_fleet_status(std::string_view json) {
    auto reader = read(json, Place::fleet);
    if (!reader) {
        return reader.error();
    }
    return reader->take_fleet();
}

Result<ProgramStatus> read_program_status(std::string_view json) {
    auto reader = read(json, Place::program);
    if (!reader) {
        return reader.error();
    }
    return reader->take_program();
}

}  // namespace elasticbot::control
