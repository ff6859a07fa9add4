// Task messages: the envelope as it stands on the wire, and what it says.
#pragma once

#include <elasticbot/base/ids.hpp>
#include <elasticbot/base/json.hpp>
#include <elasticbot/base/result.hpp>
#include <elasticbot/base/time.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace elasticbot::celery {

// One list item or published payload. The whole object is kept, so that what we do not know
// survives a put-back.
struct Envelope {
    Json document = Json::object();

    // Members that may be absent, as in celery-wire.md 3: then {}, "" or 0.
    const Json& headers() const;
    const Json& properties() const;
    std::string delivery_tag() const;
    std::string exchange() const;
    std::string routing_key() const;
    int priority() const;  // Number, numeric text or null; clamped to 0..9.

    bool operator==(const Envelope&) const = default;
};

// Errors: invalid, when the text is no JSON object.
Result<Envelope> decode_envelope(std::string_view text);
std::string encode(const Envelope& envelope);

// The body: base64 and compression undone. At most `limit` bytes come out.
constexpr std::size_t default_body_limit = 64 * 1024 * 1024;
Result<std::string> body_text(const Envelope& envelope, std::size_t limit = default_body_limit);

// A task as protocol 1 or 2 describes it.
struct TaskMessage {
    TaskId id;
    std::string name;
    Json args = Json::array();
    Json kwargs = Json::object();
    Json embed = Json::object();  // callbacks, errbacks, chain, chord
    std::optional<WallTime> eta;
    std::optional<WallTime> expires;
    int retries = 0;
    std::optional<Duration> hard_limit;
    std::optional<Duration> soft_limit;
    bool ignore_result = false;
    std::string root_id;  // Own id, if the sender names none.
    std::optional<std::string> parent_id;
    std::optional<std::string> group;
    std::optional<int> group_index;
    std::string shadow;  // Display name, or empty.
    std::string exchange;
    std::string routing_key;
    int priority = 0;
    bool redelivered = false;
    int losses = 0;               // Executors that died over it: header elasticbot-losses.
    std::optional<WallTime> due;  // Slot: header elasticbot-due.
    std::string periodic_task_name;

    // `shadow` or `name`, for logs.
    const std::string& display_name() const { return shadow.empty() ? name : shadow; }
};

// Why a message is no task of ours, as a Python exception; `id` and `name` as far as they are
// known.
struct Refused {
    std::string id;
    std::string name;
    std::string exception;  // "ContentDisallowed"
    std::string module;     // "kombu.exceptions"
    std::string message;
    Json headers = Json::object();
};

std::variant<TaskMessage, Refused> decode_task(
    const Envelope& envelope, std::size_t body_limit = default_body_limit
);

// What a sender says. Everything random is handed in.
struct NewTask {
    std::string name;
    TaskId id;
    Json args = Json::array();
    Json kwargs = Json::object();
    std::string queue = "celery";
    int priority = 0;
    std::optional<WallTime> eta;
    std::optional<WallTime> expires;
    std::optional<WallTime> due;     // Becomes the header elasticbot-due.
    std::string periodic_task_name;  // Header, when not empty.
    Json headers = Json::object();   // More headers, merged at top level.
    std::string args_repr;           // As people see the arguments; empty: as a Python tuple.
    std::string origin;              // "gen<pid>@<host>"
    std::string reply_to;            // uuid of the sender; may be empty
    std::string delivery_tag;        // fresh uuid
    Json embed = Json();             // callbacks, errbacks, chain, chord; null: none of them.
};

Envelope make_task(const NewTask& task, WallTime now);

// Any other JSON message: control requests and replies (delivery_mode 2 and 1), events (1).
Envelope make_message(
    const Json& body,
    Json headers,
    std::string_view exchange,
    std::string_view routing_key,
    int delivery_mode,
    std::string_view delivery_tag
);

// The same task for its next attempt: retries + 1, new eta and tag, body byte for byte.
// (celery-wire.md 8)
Envelope retry_of(
    const Envelope& envelope,
    int retries,
    WallTime eta,
    std::string_view origin,
    std::string_view delivery_tag
);

// As put back into a list: marked as redelivered; `losses` is written when it is not 0.
Envelope redelivery_of(const Envelope& envelope, int losses = 0);

}  // namespace elasticbot::celery
