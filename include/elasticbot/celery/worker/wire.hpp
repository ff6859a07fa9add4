// What worker and executor say to each other: length-prefixed JSON frames over a socket pair.
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

namespace elasticbot::worker {

// A result for the database, written by the executor: the worker has no connection to it.
struct StoredResult {
    TaskId id;
    std::string status;  // SUCCESS, FAILURE, RETRY, REVOKED
    std::string result;  // JSON text
    std::optional<std::string> traceback;
    std::string meta = R"({"children": []})";  // JSON text

    bool operator==(const StoredResult&) const = default;
};

// One attempt at a task.
struct Job {
    TaskId id;
    std::string task;
    Json args = Json::array();
    Json kwargs = Json::object();
    int attempt = 0;
    int max_retries = 0;
    std::optional<Duration> soft_limit;
    std::optional<WallTime> due;
    std::string periodic_task_name;
    bool stores_result = false;   // The executor writes the result of a success or failure itself.
    std::string stores_start_of;  // Node that the executor names in the state STARTED; empty: none.

    bool operator==(const Job&) const = default;
};

// How it ended.
struct Outcome {
    enum class Kind { success, retry, failure };
    Kind kind = Kind::success;
    Json result;          // success
    std::string message;  // retry, failure: the cause
    std::string exception = "RuntimeError";
    std::string module = "builtins";
    Duration countdown{};  // retry
    Duration runtime{};
    bool stored = false;  // The result stands in the database.

    bool operator==(const Outcome&) const = default;
};

// Frames to the executor: a Job or a StoredResult. Frames to the worker: Ready once, then an
// Outcome for each Job and a Stored for each StoredResult.
struct Ready {
    bool operator==(const Ready&) const = default;
};

struct Stored {
    std::string error;      // Empty: written.
    bool is_final = false;  // Waiting does not help: this result can never be written.

    bool operator==(const Stored&) const = default;
};

using ToExecutor = std::variant<Job, StoredResult>;
using ToWorker = std::variant<Ready, Outcome, Stored>;

// The payload of a frame.
std::string encode(const ToExecutor& message);
std::string encode(const ToWorker& message);
Result<ToExecutor> decode_to_executor(std::string_view payload);
Result<ToWorker> decode_to_worker(std::string_view payload);

// Four bytes, big endian, in front of each payload.
constexpr std::size_t frame_header_size = 4;
constexpr std::size_t max_frame_size = 256 * 1024 * 1024;
std::string frame(std::string_view payload);
// Error: invalid, above max_frame_size.
Result<std::size_t> payload_size(std::string_view header);

}  // namespace elasticbot::worker
