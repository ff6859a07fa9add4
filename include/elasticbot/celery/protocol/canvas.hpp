// What follows a task: callbacks, the rest of its chain, error callbacks, chords.
// (celery-wire.md 10)
#pragma once

#include <elasticbot/base/json.hpp>
#include <elasticbot/base/time.hpp>
#include <elasticbot/celery/protocol/message.hpp>
#include <elasticbot/celery/protocol/result.hpp>

#include <nlohmann/json.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace elasticbot::celery {

// What a sender adds to a signature.
struct Sender {
    std::function<std::string()> new_id;
    std::string origin;  // "gen<pid>@<host>"
    std::string default_queue = "celery";
    WallTime now;
};

struct Outgoing {
    std::string queue;
    Envelope message;
};

// How many parts a chord has; known before the last of them is sent.
struct ChordSize {
    std::string group;
    int size = 0;
};

// A result for a task that will never run, because one before it failed.
struct Inherited {
    TaskMessage task;
    TaskResult result;
};

// What a task that belongs to a chord adds to it.
struct ChordPart {
    std::string group;
    std::optional<int> index;
    std::string text;  // [1, id, state, value]
    Json body;         // The signature that runs when all parts are there.
};

// What is to be done besides storing the task's own result, in this order.
struct Following {
    std::vector<ChordSize> sizes;
    std::vector<Outgoing> messages;
    std::vector<Inherited> inherited;
    std::vector<ChordPart> parts;
    Json children = Json::array();  // Of the task's result: what was sent for it.
};

// `result`: SUCCESS, FAILURE or REVOKED of `task`; what comes after other states is nothing.
Following following(const TaskMessage& task, const TaskResult& result, const Sender& sender);

// All parts of a chord, when the last has come.
struct ChordParts {
    std::vector<std::string> texts;  // In order.
    Json nested;  // Result tuples, where the parts are groups themselves; otherwise null.
};

// The body is sent with the values of all parts, or, if one of them has no value, fails itself.
// `task` is the last part.
Following chord_complete(
    const TaskMessage& task, const Json& body, const ChordParts& parts, const Sender& sender
);

// Whether anything but storing the result follows `task` at its end.
bool has_following(const TaskMessage& task);

}  // namespace elasticbot::celery
