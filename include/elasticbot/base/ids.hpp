// Numbers and names that mean something get a type of their own.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace elasticbot {

// A T that converts to nothing else. `Tag` is an incomplete struct named after the meaning.
template <class Tag, class T>
class Strong {
public:
    Strong() = default;

    explicit Strong(T value) : value_(std::move(value)) {}

    const T& value() const { return value_; }

    auto operator<=>(const Strong&) const = default;

private:
    T value_{};
};

using Pid = Strong<struct PidTag, std::int32_t>;
// Name of a configured program: [A-Za-z0-9_.-]+, with an instance number behind a colon where there
// are several.
using ProgramName = Strong<struct ProgramNameTag, std::string>;
// Counts the spawns of one program; events of an older generation are ignored. Pids are reused,
// generations are not.
using Generation = Strong<struct GenerationTag, std::uint64_t>;
// Celery's task id: any string up to 255 bytes, usually a uuid.
using TaskId = Strong<struct TaskIdTag, std::string>;

}  // namespace elasticbot

template <class Tag, class T>
struct std::hash<elasticbot::Strong<Tag, T>> {
    std::size_t operator()(const elasticbot::Strong<Tag, T>& id) const {
        return std::hash<T>{}(id.value());
    }
};
