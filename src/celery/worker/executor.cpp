// A blocking loop: read a frame, do it, write the answer.
#include <elasticbot/base/log.hpp>
#include <elasticbot/celery/protocol/python_json.hpp>
#include <elasticbot/celery/protocol/result.hpp>
#include <elasticbot/celery/worker/executor.hpp>
#include <elasticbot/product/tasks/soft_limit.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <exception>
#include <optional>
#include <utility>

#include <sys/socket.h>
#include <unistd.h>

namespace elasticbot::worker {

namespace {

// False: the other end is gone.
bool read_exactly(int fd, std::string& bytes, std::size_t size) {
    bytes.resize(size);
    for (std::size_t done = 0; done < size;) {
        auto count = ::read(fd, bytes.data() + done, size - done);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            return false;
        }
        done += static_cast<std::size_t>(count);
    }
    return true;
}

bool write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        auto count = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            return false;
        }
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

bool store(const ExecutorHooks& hooks, const StoredResult& result) {
    auto stored = hooks.store(result);
    if (!stored && passes_by_waiting(stored.error())) {  // Else the worker hears it, and says so.
        log::warn(
            "task.unstored",
            fmt::format("{} not stored yet", result.status),
            {{"id", result.id.value()}, {"error", stored.error().message}}
        );
    }
    return stored.has_value();
}

Outcome run_job(const ExecutorHooks& hooks, const Job& job) {
    if (!job.stores_start_of.empty()) {
        auto start = celery::started(Pid(::getpid()), job.stores_start_of);
        store(
            hooks,
            {.id = job.id,
             .status = start.status,
             .result = celery::python_json::dump(start.value),
             .traceback = std::nullopt}
        );
    }
    auto started = now();
    Outcome outcome;
    try {
        outcome = hooks.run(job);
    } catch (const tasks::SoftTimeLimitExceeded&) {
        outcome = {
            .kind = Outcome::Kind::failure,
            .exception = "SoftTimeLimitExceeded",
            .module = "billiard.exceptions"
        };
    } catch (const std::exception& error) {
        outcome = {.kind = Outcome::Kind::failure, .message = error.what()};
    }
    outcome.runtime = now() - started;
    bool is_last = outcome.kind != Outcome::Kind::retry || job.attempt >= job.max_retries;
    if (job.stores_result && is_last) {
        outcome.stored = store(hooks, stored_result(job, outcome));
    }
    return outcome;
}

}  // namespace

int run_executor(os::Fd socket, const ExecutorHooks& hooks) {
    std::signal(SIGINT, SIG_IGN);
    if (!write_all(socket.get(), frame(encode(ToWorker{Ready{}})))) {
        return 0;
    }
    std::string bytes;
    while (read_exactly(socket.get(), bytes, frame_header_size)) {
        auto size = payload_size(bytes);
        if (!size || !read_exactly(socket.get(), bytes, *size)) {
            break;
        }
        auto message = decode_to_executor(bytes);
        if (!message) {
            log::error(
                "executor.frame", "frame not understood", {{"error", message.error().message}}
            );
            return 1;
        }
        ToWorker answer;
        if (const auto* job = std::get_if<Job>(&*message)) {
            answer = run_job(hooks, *job);
        } else {
            auto stored = hooks.store(std::get<StoredResult>(*message));
            answer = stored ? Stored{}
                            : Stored{stored.error().message, !passes_by_waiting(stored.error())};
        }
        if (!write_all(socket.get(), frame(encode(answer)))) {
            break;
        }
    }
    return 0;
}

bool passes_by_waiting(const Error& error) {
    switch (error.code) {
        case Errc::unavailable:
        case Errc::timeout:
        case Errc::conflict:
        case Errc::exhausted:
            return true;
        case Errc::invalid:
        case Errc::not_found:
        case Errc::denied:
        case Errc::internal:
            return false;
    }
    return false;
}

StoredResult stored_result(const Job& job, const Outcome& outcome) {
    auto result = outcome.kind == Outcome::Kind::success
                      ? celery::success(outcome.result)
                      : celery::failure(outcome.exception, outcome.module, outcome.message);
    return {
        .id = job.id,
        .status = result.status,
        .result = celery::python_json::dump(result.value),
        .traceback = result.traceback
    };
}

}  // namespace elasticbot::worker
