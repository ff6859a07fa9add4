// Structs ↔ JSON ↔ bytes.
#include <elasticbot/celery/protocol/python_json.hpp>
#include <elasticbot/celery/worker/wire.hpp>

#include <fmt/format.h>

#include <utility>

namespace elasticbot::worker {

namespace {

Json optional_json(const std::optional<std::string>& text) {
    return text ? Json(*text) : Json();
}

Json to_json(const Job& job) {
    return {
        {"type", "run"},
        {"id", job.id.value()},
        {"task", job.task},
        {"args", job.args},
        {"kwargs", job.kwargs},
        {"attempt", job.attempt},
        {"max_retries", job.max_retries},
        {"soft_limit_ns", job.soft_limit ? Json(job.soft_limit->count()) : Json()},
        {"due", job.due ? Json(to_rfc3339(*job.due)) : Json()},
        {"periodic_task_name", job.periodic_task_name},
        {"stores_result", job.stores_result},
        {"stores_start_of", job.stores_start_of}
    };
}

Json to_json(const StoredResult& result) {
    return {
        {"type", "store"},
        {"id", result.id.value()},
        {"status", result.status},
        {"result", result.result},
        {"traceback", optional_json(result.traceback)},
        {"meta", result.meta}
    };
}

constexpr std::string_view kind_names[] = {"success", "retry", "failure"};

Json to_json(const Outcome& outcome) {
    return {
        {"type", "outcome"},
        {"kind", kind_names[static_cast<std::size_t>(outcome.kind)]},
        {"result", outcome.result},
        {"message", outcome.message},
        {"exception", outcome.exception},
        {"module", outcome.module},
        {"countdown_ns", outcome.countdown.count()},
        {"runtime_ns", outcome.runtime.count()},
        {"stored", outcome.stored}
    };
}

Json to_json(const Ready&) {
    return {{"type", "ready"}};
}

Json to_json(const Stored& stored) {
    return {{"type", "stored"}, {"error", stored.error}, {"final", stored.is_final}};
}

// Both ends are the same binary: what does not fit is a bug or a foreign writer, and ends the
// conversation.
template <class F>
auto read(std::string_view payload, F&& convert)
    -> decltype(convert(std::declval<const Json&>(), "")) {
    auto value = celery::python_json::parse(payload);
    if (!value) {
        return value.error().while_doing("read a frame");
    }
    try {
        return convert(*value, value->at("type").get<std::string>());
    } catch (const Json::exception& error) {
        return Error{Errc::internal, fmt::format("cannot read a frame: {}", error.what())};
    }
}

Error unknown_type(std::string_view type) {
    return {Errc::internal, fmt::format("cannot read a frame: unknown type '{}'", type)};
}

}  // namespace

std::string encode(const ToExecutor& message) {
    return celery::python_json::dump(
        std::visit([](const auto& one) { return to_json(one); }, message)
    );
}

std::string encode(const ToWorker& message) {
    return celery::python_json::dump(
        std::visit([](const auto& one) { return to_json(one); }, message)
    );
}

Result<ToExecutor> decode_to_executor(std::string_view payload) {
    return read(payload, [](const Json& value, std::string_view type) -> Result<ToExecutor> {
        if (type == "run") {
            Job job;
            job.id = TaskId(value.at("id").get<std::string>());
            job.task = value.at("task").get<std::string>();
            job.args = value.at("args");
            job.kwargs = value.at("kwargs");
            job.attempt = value.at("attempt").get<int>();
            job.max_retries = value.at("max_retries").get<int>();
            if (value.at("soft_limit_ns").is_number_integer()) {
                job.soft_limit = Duration(value.at("soft_limit_ns").get<std::int64_t>());
            }
            if (value.at("due").is_string()) {
                auto due = parse_rfc3339(value.at("due").get_ref<const std::string&>());
                if (!due) {
                    return due.error();
                }
                job.due = *due;
            }
            job.periodic_task_name = value.at("periodic_task_name").get<std::string>();
            job.stores_result = value.at("stores_result").get<bool>();
            job.stores_start_of = value.at("stores_start_of").get<std::string>();
            return ToExecutor{std::move(job)};
        }
        if (type == "store") {
            StoredResult result;
            result.id = TaskId(value.at("id").get<std::string>());
            result.status = value.at("status").get<std::string>();
            result.result = value.at("result").get<std::string>();
            if (value.at("traceback").is_string()) {
                result.traceback = value.at("traceback").get<std::string>();
            }
            result.meta = value.at("meta").get<std::string>();
            return ToExecutor{std::move(result)};
        }
        return unknown_type(type);
    });
}

Result<ToWorker> decode_to_worker(std::string_view payload) {
    return read(payload, [](const Json& value, std::string_view type) -> Result<ToWorker> {
        if (type == "ready") {
            return ToWorker{Ready{}};
        }
        if (type == "stored") {
            return ToWorker{
                Stored{value.at("error").get<std::string>(), value.at("final").get<bool>()}
            };
        }
        if (type != "outcome") {
            return unknown_type(type);
        }
        Outcome outcome;
        auto kind = value.at("kind").get<std::string>();
        outcome.kind = kind == kind_names[0]   ? Outcome::Kind::success
                       : kind == kind_names[1] ? Outcome::Kind::retry
                                               : Outcome::Kind::failure;
        outcome.result = value.at("result");
        outcome.message = value.at("message").get<std::string>();
        outcome.exception = value.at("exception").get<std::string>();
        outcome.module = value.at("module").get<std::string>();
        outcome.countdown = Duration(value.at("countdown_ns").get<std::int64_t>());
        outcome.runtime = Duration(value.at("runtime_ns").get<std::int64_t>());
        outcome.stored = value.at("stored").get<bool>();
        return ToWorker{std::move(outcome)};
    });
}

std::string frame(std::string_view payload) {
    auto size = static_cast<std::uint32_t>(payload.size());
    std::string bytes;
    bytes.reserve(frame_header_size + payload.size());
    for (int shift = 24; shift >= 0; shift -= 8) {
        bytes += static_cast<char>(size >> shift & 0xFFU);
    }
    bytes += payload;
    return bytes;
}

Result<std::size_t> payload_size(std::string_view header) {
    std::size_t size = 0;
    for (char c : header.substr(0, frame_header_size)) {
        size = size << 8U | static_cast<unsigned char>(c);
    }
    if (size > max_frame_size) {
        return Error{
            Errc::invalid, fmt::format("cannot read a frame: {} bytes are too many", size)
        };
    }
    return size;
}

}  // namespace elasticbot::worker
