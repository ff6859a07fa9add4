// Envelope access, protocols 2 and 1, and building of messages.
#include <elasticbot/base/base64.hpp>
#include <elasticbot/base/text.hpp>
#include <elasticbot/celery/protocol/compression.hpp>
#include <elasticbot/celery/protocol/message.hpp>
#include <elasticbot/celery/protocol/python_json.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace elasticbot::celery {

namespace {

const Json empty_object = Json::object();
const Json null_value;

const Json& member(const Json& object, std::string_view key) {
    if (!object.is_object()) {
        return null_value;
    }
    auto found = object.find(key);
    return found == object.end() ? null_value : *found;
}

const Json& object_member(const Json& object, std::string_view key) {
    const auto& found = member(object, key);
    return found.is_object() ? found : empty_object;
}

std::string text_member(const Json& object, std::string_view key) {
    return json::string_or_empty(object, key);
}

int whole_number(const Json& value, int otherwise) {
    if (value.is_number_integer()) {
        return static_cast<int>(
            std::clamp<std::int64_t>(value.get<std::int64_t>(), -1'000'000, 1'000'000)
        );
    }
    if (value.is_number_float() && std::abs(value.get<double>()) < 1e6) {
        return static_cast<int>(value.get<double>());
    }
    if (value.is_string()) {
        auto number = text::to_integer(value.get_ref<const std::string&>());
        return number ? static_cast<int>(std::clamp<std::int64_t>(*number, -1'000'000, 1'000'000))
                      : otherwise;
    }
    return otherwise;
}

std::optional<std::string> optional_text(const Json& value) {
    return value.is_string() ? std::optional(value.get<std::string>()) : std::nullopt;
}

std::optional<Duration> optional_seconds(const Json& value) {
    if (!value.is_number()) {
        return std::nullopt;
    }
    auto seconds = value.get<double>();
    if (!(seconds > 0) || seconds > 1e9) {
        return std::nullopt;
    }
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

// Header values win over body values: hybrids of both protocols exist. (celery-wire.md 6)
struct Fields {
    const Json& headers;
    const Json& body;  // Protocol 1 object, else anything.

    const Json& operator[](std::string_view key) const {
        const auto& in_header = member(headers, key);
        return in_header.is_null() ? member(body, key) : in_header;
    }
};

// Empty result: no such time. A time that cannot be read is an error.
Result<std::optional<WallTime>> optional_time(const Fields& fields, std::string_view key) {
    const auto& value = fields[key];
    if (value.is_null() || (value.is_string() && value.get_ref<const std::string&>().empty())) {
        return std::optional<WallTime>{};
    }
    if (!value.is_string()) {
        return Error{Errc::invalid, fmt::format("cannot read {}: expected an ISO 8601 time", key)};
    }
    auto time = parse_rfc3339(value.get_ref<const std::string&>());
    if (!time) {
        return time.error().while_doing(fmt::format("read {}", key));
    }
    return std::optional(*time);
}

// A copy with an object under each of the two keys.
Json with_objects(const Json& document) {
    Json copy = document.is_object() ? document : Json::object();
    for (const char* key : {"headers", "properties"}) {
        if (!member(copy, key).is_object()) {
            copy[key] = Json::object();
        }
    }
    return copy;
}

bool accepts(std::string_view content_type) {
    return content_type == "application/json";
}

Refused refusal(
    const Envelope& envelope, std::string exception, std::string module, std::string message
) {
    auto id = text_member(envelope.headers(), "id");
    if (id.empty()) {
        id = text_member(envelope.properties(), "correlation_id");
    }
    return {
        std::move(id),
        text_member(envelope.headers(), "task"),
        std::move(exception),
        std::move(module),
        std::move(message),
        envelope.headers()
    };
}

// [args, kwargs, embed] or the object of protocol 1, into `task`. Returns what is wrong, or "".
std::string read_body(const Json& body, bool has_task_header, TaskMessage& task) {
    if (body.is_array()) {
        if (body.size() < 2) {
            return "body is not [args, kwargs, embed]";
        }
        task.args = body[0];
        task.kwargs = body[1];
        task.embed = body.size() > 2 && body[2].is_object() ? body[2] : Json::object();
    } else if (body.is_object() && (has_task_header || body.contains("task"))) {
        task.args = member(body, "args");
        task.kwargs = member(body, "kwargs");
        for (const char* key : {"callbacks", "errbacks", "chain", "chord"}) {
            task.embed[key] = member(body, key);
        }
    } else {
        return "body has no task";
    }
    task.args = task.args.is_null() ? Json::array() : std::move(task.args);
    task.kwargs = task.kwargs.is_null() ? Json::object() : std::move(task.kwargs);
    if (!task.args.is_array()) {
        return "args is not a list";
    }
    return task.kwargs.is_object() ? "" : "kwargs is not a mapping";
}

}  // namespace

const Json& Envelope::headers() const {
    return object_member(document, "headers");
}

const Json& Envelope::properties() const {
    return object_member(document, "properties");
}

std::string Envelope::delivery_tag() const {
    return text_member(properties(), "delivery_tag");
}

std::string Envelope::exchange() const {
    return text_member(object_member(properties(), "delivery_info"), "exchange");
}

std::string Envelope::routing_key() const {
    return text_member(object_member(properties(), "delivery_info"), "routing_key");
}

int Envelope::priority() const {
    return std::clamp(whole_number(member(properties(), "priority"), 0), 0, 9);
}

Result<Envelope> decode_envelope(std::string_view text) {
    auto document = python_json::parse(text);
    if (!document) {
        return document.error().while_doing("decode a message");
    }
    if (!document->is_object()) {
        return Error{Errc::invalid, "cannot decode a message: expected a JSON object"};
    }
    return Envelope{std::move(*document)};
}

std::string encode(const Envelope& envelope) {
    return python_json::dump(envelope.document);
}

Result<std::string> body_text(const Envelope& envelope, std::size_t limit) {
    const auto& body = member(envelope.document, "body");
    if (body.is_null()) {
        return std::string();
    }
    if (!body.is_string()) {
        return Error{Errc::invalid, "cannot read the body: expected a string"};
    }
    auto bytes = body.get<std::string>();
    auto encoding = text_member(envelope.properties(), "body_encoding");
    if (encoding == "base64") {
        auto decoded = base64::decode(bytes);
        if (!decoded) {
            return decoded.error().while_doing("read the body");
        }
        bytes = std::move(*decoded);
    } else if (!encoding.empty()) {
        return Error{
            Errc::invalid, fmt::format("cannot read the body: unknown body_encoding '{}'", encoding)
        };
    }
    auto method = text_member(envelope.headers(), "compression");
    if (!method.empty()) {
        return decompress(method, bytes, limit);
    }
    if (bytes.size() > limit) {
        return Error{
            Errc::exhausted, fmt::format("cannot read the body: more than {} bytes", limit)
        };
    }
    return bytes;
}

std::variant<TaskMessage, Refused> decode_task(const Envelope& envelope, std::size_t body_limit) {
    auto content_type = text_member(envelope.document, "content-type");
    if (!content_type.empty() && !accepts(content_type)) {
        return refusal(
            envelope,
            "ContentDisallowed",
            "kombu.exceptions",
            fmt::format("Refusing to deserialize disabled content of type {}", content_type)
        );
    }
    auto text = body_text(envelope, body_limit);
    if (!text) {
        return refusal(envelope, "DecodeError", "kombu.exceptions", text.error().message);
    }
    auto body = python_json::parse(*text);
    if (!body) {
        return refusal(envelope, "DecodeError", "kombu.exceptions", body.error().message);
    }

    Fields fields{envelope.headers(), *body};
    TaskMessage task;
    task.id = TaskId(text_member(envelope.headers(), "id"));
    if (task.id.value().empty()) {
        task.id = TaskId(json::string_or_empty(*body, "id"));
    }
    task.name = fields["task"].is_string() ? fields["task"].get<std::string>() : "";
    auto invalid = [&](std::string what) {
        auto refused = refusal(envelope, "InvalidTaskError", "celery.exceptions", std::move(what));
        refused.id = task.id.value().empty() ? refused.id : task.id.value();
        refused.name = task.name;
        return refused;
    };
    if (auto wrong = read_body(*body, envelope.headers().contains("task"), task); !wrong.empty()) {
        return invalid(wrong);
    }
    if (task.name.empty() || task.id.value().empty()) {
        return invalid("message has no task name or id");
    }
    auto eta = optional_time(fields, "eta");
    auto expires = optional_time(fields, "expires");
    if (!eta || !expires) {
        return invalid(!eta ? eta.error().message : expires.error().message);
    }
    task.eta = *eta;
    task.expires = *expires;

    task.retries = std::max(0, whole_number(fields["retries"], 0));
    const auto& limits = fields["timelimit"];  // Hard first. (celery-wire.md 16)
    if (limits.is_array() && limits.size() == 2) {
        task.hard_limit = optional_seconds(limits[0]);
        task.soft_limit = optional_seconds(limits[1]);
    }
    task.ignore_result = fields["ignore_result"] == Json(true);
    task.root_id = optional_text(fields["root_id"]).value_or(task.id.value());
    task.parent_id = optional_text(fields["parent_id"]);
    task.group = optional_text(fields["group"]);
    if (!task.group) {
        task.group = optional_text(fields["taskset"]);
    }
    if (fields["group_index"].is_number_integer()) {
        task.group_index = whole_number(fields["group_index"], 0);
    }
    task.shadow = optional_text(fields["shadow"]).value_or("");
    task.exchange = envelope.exchange();
    task.routing_key = envelope.routing_key();
    task.priority = envelope.priority();
    task.redelivered = member(envelope.headers(), "redelivered") == Json(true);
    task.losses = std::max(0, whole_number(member(envelope.headers(), "elasticbot-losses"), 0));
    if (auto due = parse_rfc3339(text_member(envelope.headers(), "elasticbot-due"))) {
        task.due = *due;
    }
    task.periodic_task_name = text_member(envelope.headers(), "periodic_task_name");
    return task;
}

Envelope make_task(const NewTask& task, WallTime now) {
    auto time_or_null = [](const std::optional<WallTime>& time) {
        return time ? Json(to_rfc3339(*time)) : Json();
    };
    Json headers = {
        {"lang", "cpp"},
        {"task", task.name},
        {"id", task.id.value()},
        {"shadow", nullptr},
        {"eta", time_or_null(task.eta)},
        {"expires", time_or_null(task.expires)},
        {"group", nullptr},
        {"group_index", nullptr},
        {"retries", 0},
        {"timelimit", Json::array({nullptr, nullptr})},
        {"root_id", task.id.value()},
        {"parent_id", nullptr},
        {"argsrepr", task.args_repr.empty() ? python_json::tuple_repr(task.args) : task.args_repr},
        {"kwargsrepr", python_json::repr(task.kwargs)},
        {"origin", task.origin},
        {"ignore_result", false},
    };
    if (task.due) {
        headers["elasticbot-due"] = to_rfc3339(*task.due);
    }
    if (!task.periodic_task_name.empty()) {
        headers["periodic_task_name"] = task.periodic_task_name;
    }
    headers.update(task.headers);
    Json embed = {
        {"callbacks", nullptr}, {"errbacks", nullptr}, {"chain", nullptr}, {"chord", nullptr}
    };
    if (task.embed.is_object()) {
        embed.update(task.embed);
    }
    auto envelope = make_message(
        Json::array({task.args, task.kwargs, std::move(embed)}),
        std::move(headers),
        "",
        task.queue,
        2,
        task.delivery_tag
    );
    auto& properties = envelope.document["properties"];
    properties["correlation_id"] = task.id.value();
    if (!task.reply_to.empty()) {
        properties["reply_to"] = task.reply_to;
    }
    properties["priority"] = std::clamp(task.priority, 0, 9);
    if (task.expires) {
        properties["expiration"] =
            std::to_string(std::max<std::int64_t>(0, (*task.expires - now).count()));
    }
    return envelope;
}

Envelope make_message(
    const Json& body,
    Json headers,
    std::string_view exchange,
    std::string_view routing_key,
    int delivery_mode,
    std::string_view delivery_tag
) {
    return {Json{
        {"body", base64::encode(python_json::dump(body))},
        {"content-encoding", "utf-8"},
        {"content-type", "application/json"},
        {"headers", std::move(headers)},
        {"properties",
         {{"delivery_mode", delivery_mode},
          {"delivery_info", {{"exchange", exchange}, {"routing_key", routing_key}}},
          {"priority", 0},
          {"body_encoding", "base64"},
          {"delivery_tag", delivery_tag}}}
    }};
}

Envelope retry_of(
    const Envelope& envelope,
    int retries,
    WallTime eta,
    std::string_view origin,
    std::string_view delivery_tag
) {
    Envelope next{with_objects(envelope.document)};
    auto& headers = next.document["headers"];
    headers["retries"] = retries;
    headers["eta"] = to_rfc3339(eta);
    headers["origin"] = origin;
    headers.erase("redelivered");
    headers.erase("elasticbot-losses");
    auto& properties = next.document["properties"];
    properties["delivery_tag"] = delivery_tag;
    if (properties.contains("delivery_info") && properties["delivery_info"].is_object()) {
        properties["delivery_info"].erase("redelivered");
    }
    return next;
}

Envelope redelivery_of(const Envelope& envelope, int losses) {
    Envelope next{with_objects(envelope.document)};
    auto& headers = next.document["headers"];
    headers["redelivered"] = true;
    if (losses > 0) {
        headers["elasticbot-losses"] = losses;
    }
    auto& info = next.document["properties"]["delivery_info"];
    if (!info.is_object()) {
        info = Json::object();
    }
    info["redelivered"] = true;
    return next;
}

}  // namespace elasticbot::celery
