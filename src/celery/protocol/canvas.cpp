// Signatures → messages, as Python's canvas applies them.
#include <elasticbot/celery/protocol/canvas.hpp>
#include <elasticbot/celery/protocol/python_json.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace elasticbot::celery {

namespace {

const Json& member(const Json& object, std::string_view key) {
    static const Json null_value;
    if (!object.is_object()) {
        return null_value;
    }
    auto found = object.find(key);
    return found == object.end() ? null_value : *found;
}

Json list_of(const Json& value) {
    if (value.is_null()) {
        return Json::array();
    }
    return value.is_array() ? value : Json::array({value});
}

enum class Shape { task, chain, group, chord };

Shape shape_of(const Json& signature) {
    const auto& task = member(signature, "task");
    return task == "celery.chain"   ? Shape::chain
           : task == "celery.group" ? Shape::group
           : task == "celery.chord" ? Shape::chord
                                    : Shape::task;
}

Json tasks_of(const Json& signature) {
    return list_of(member(member(signature, "kwargs"), "tasks"));
}

// Its signatures, whether it is a group or a plain list of them.
Json header_tasks(const Json& chord) {
    const auto& header = member(member(chord, "kwargs"), "header");
    return shape_of(header) == Shape::group ? tasks_of(header) : list_of(header);
}

// How many completions a signature adds to a chord around it.
int parts_of(const Json& signature) {
    int count = 0;
    switch (shape_of(signature)) {
        case Shape::task:
            return 1;
        case Shape::group:
            for (const auto& task : tasks_of(signature)) {
                count += parts_of(task);
            }
            return count;
        case Shape::chain: {
            const auto tasks = tasks_of(signature);
            for (auto task = tasks.rbegin(); task != tasks.rend() && count == 0; ++task) {
                count = parts_of(*task);
            }
            return count;
        }
        case Shape::chord:
            return parts_of(member(member(signature, "kwargs"), "body"));
    }
    return count;
}

// `args` in front of the signature's own, unless it is immutable.
Json with_args(const Json& signature, const Json& args) {
    auto all = member(signature, "immutable") == Json(true) ? Json::array() : args;
    for (const auto& one : list_of(member(signature, "args"))) {
        all.push_back(one);
    }
    return all;
}

// Those of the caller win; a group once given stays.
Json merged_options(const Json& signature, const Json& options) {
    const auto& own = member(signature, "options");
    Json merged = own.is_object() ? own : Json::object();
    for (const auto& [key, value] : options.items()) {
        if (!value.is_null() && !(key == "group_id" && merged.contains(key))) {
            merged[key] = value;
        }
    }
    return merged;
}

Json take(Json& options, const char* key) {
    auto found = options.find(key);
    if (found == options.end()) {
        return nullptr;
    }
    Json value = std::move(*found);
    options.erase(found);
    return value;
}

std::string text_or(const Json& value, std::string otherwise) {
    return value.is_string() ? value.get<std::string>() : std::move(otherwise);
}

// Seconds from now, or a time as text: both occur. (celery-wire.md 16)
Json moment(const Json& value, WallTime now) {
    if (value.is_number()) {
        auto after = std::chrono::duration<double>(value.get<double>());
        return to_rfc3339(now + std::chrono::duration_cast<std::chrono::milliseconds>(after));
    }
    return value.is_string() ? value : Json();
}

Json task_tuple(const std::string& id) {
    return Json::array({Json::array({id, nullptr}), nullptr});
}

class Canvas {
public:
    Canvas(const Sender& sender, Following& into) : sender_(sender), into_(into) {}

    // Returns what stands for it among the children of the task that sends it; null for nothing.
    Json apply(const Json& signature, const Json& args, const Json& options) {
        switch (shape_of(signature)) {
            case Shape::task:
                return apply_task(signature, args, options);
            case Shape::chain:
                return apply_chain(signature, args, options);
            case Shape::group:
                return apply_group(signature, args, options);
            case Shape::chord:
                return apply_chord(signature, args, options);
        }
        return nullptr;
    }

    Json apply_group(const Json& signature, const Json& args, const Json& options) {
        auto merged = merged_options(signature, options);
        const auto id = text_or(take(merged, "task_id"), "");
        return send_group(
            id.empty() ? sender_.new_id() : id,
            tasks_of(signature),
            with_args(signature, args),
            std::move(merged)
        );
    }

private:
    Json apply_task(const Json& signature, const Json& args, const Json& options) {
        const auto merged = merged_options(signature, options);
        const auto id = text_or(member(merged, "task_id"), sender_.new_id());
        auto queue = text_or(
            member(merged, "queue"), text_or(member(merged, "routing_key"), sender_.default_queue)
        );
        NewTask task{
            .name = text_or(member(signature, "task"), ""),
            .id = TaskId(id),
            .args = with_args(signature, args),
            .kwargs = member(signature, "kwargs").is_object() ? member(signature, "kwargs")
                                                              : Json::object(),
            .queue = queue,
            .priority = member(merged, "priority").is_number_integer()
                            ? member(merged, "priority").get<int>()
                            : 0,
            .headers = headers_of(merged, id),
            .origin = sender_.origin,
            .reply_to = text_or(member(merged, "reply_to"), ""),
            .delivery_tag = sender_.new_id(),
            .embed =
                {{"callbacks", merged.contains("link") ? list_of(merged["link"]) : Json()},
                 {"errbacks", merged.contains("link_error") ? list_of(merged["link_error"]) : Json()
                 },
                 {"chain", member(merged, "chain")},
                 {"chord", member(merged, "chord")}}
        };
        into_.messages.push_back({std::move(queue), make_task(task, sender_.now)});
        return task_tuple(id);
    }

    Json headers_of(const Json& options, const std::string& id) const {
        auto given = [&](const char* key) { return member(options, key); };
        Json headers = given("headers").is_object() ? given("headers") : Json::object();
        const auto countdown = given("countdown");
        headers.update(
            {{"eta", moment(countdown.is_number() ? countdown : given("eta"), sender_.now)},
             {"expires", moment(given("expires"), sender_.now)},
             {"group", given("group_id")},
             {"group_index", given("group_index")},
             {"retries", given("retries").is_number_integer() ? given("retries") : Json(0)},
             {"timelimit", {given("time_limit"), given("soft_time_limit")}},
             {"root_id", text_or(given("root_id"), id)},
             {"parent_id", given("parent_id")},
             {"shadow", given("shadow")},
             {"ignore_result", given("ignore_result") == Json(true)}}
        );
        return headers;
    }

    // The first is sent; it carries the others with it, the next one last.
    Json apply_chain(const Json& signature, const Json& args, const Json& options) {
        auto merged = merged_options(signature, options);
        Json last = Json::object();  // For what ends the chain.
        for (const char* key : {"task_id", "group_id", "group_index", "chord"}) {
            last[key] = take(merged, key);
        }
        const auto errbacks = list_of(take(merged, "link_error"));
        take(merged, "link");
        auto steps = prepared_steps(tasks_of(signature), last, errbacks);
        if (steps.empty()) {
            return nullptr;
        }
        const Json first = std::move(steps.back());
        steps.erase(steps.size() - 1);
        auto rest = list_of(take(merged, "chain"));
        rest.insert(rest.end(), steps.begin(), steps.end());
        if (!rest.empty()) {
            merged["chain"] = std::move(rest);
        }
        return apply(first, with_args(signature, args), merged);
    }

    // In the order of the wire, the last first; chains inside are taken apart, and a group with
    // something behind it has become a chord.
    Json prepared_steps(const Json& tasks, const Json& last, const Json& errbacks) {
        Json forward = Json::array();
        splice(tasks, forward);
        Json steps = Json::array();
        for (auto step = forward.rbegin(); step != forward.rend(); ++step) {
            Json task = *step;
            if (shape_of(task) == Shape::group && !steps.empty()) {
                Json body = std::move(steps.back());
                steps.erase(steps.size() - 1);
                task = {
                    {"task", "celery.chord"},
                    {"args", Json::array()},
                    {"kwargs", {{"header", std::move(task)}, {"body", std::move(body)}}},
                    {"options", Json::object()},
                    {"subtask_type", "chord"},
                    {"immutable", false}
                };
            }
            auto given = step == forward.rbegin() ? last : Json::object();
            if (member(member(task, "options"), "task_id").is_string()) {
                given.erase("task_id");  // An id once given stays: somebody may wait for it.
            }
            task["options"] = merged_options(task, given);
            if (!task["options"].contains("task_id")) {
                task["options"]["task_id"] = sender_.new_id();
            }
            if (!errbacks.empty() && shape_of(task) == Shape::task) {
                auto all = list_of(member(task["options"], "link_error"));
                all.insert(all.end(), errbacks.begin(), errbacks.end());
                task["options"]["link_error"] = std::move(all);
            }
            steps.push_back(std::move(task));
        }
        return steps;
    }

    static void splice(const Json& tasks, Json& into) {
        for (const auto& task : tasks) {
            if (shape_of(task) == Shape::chain) {
                splice(tasks_of(task), into);
            } else {
                into.push_back(task);
            }
        }
    }

    Json send_group(const std::string& id, const Json& tasks, const Json& args, Json options) {
        Json all = Json::array();
        unroll(tasks, all);
        int size = 0;
        bool is_chord = options.contains("chord");
        for (const auto& task : all) {
            size += parts_of(task);
            is_chord = is_chord || !member(member(task, "options"), "chord").is_null();
        }
        if (is_chord) {
            into_.sizes.push_back({id, size});
        }
        options.erase("group_index");
        options["group_id"] = id;
        Json children = Json::array();
        int index = 0;
        for (const auto& task : all) {
            auto own = options;
            if (member(member(task, "options"), "group_index").is_null()) {
                own["group_index"] = index;
            }
            ++index;
            children.push_back(apply(task, args, own));
        }
        return Json::array({Json::array({id, nullptr}), std::move(children)});
    }

    static void unroll(const Json& tasks, Json& into) {
        for (const auto& task : tasks) {
            if (shape_of(task) == Shape::group) {
                unroll(tasks_of(task), into);
            } else {
                into.push_back(task);
            }
        }
    }

    // The header's tasks carry the body with them; what was to come behind the chord comes behind
    // its body.
    Json apply_chord(const Json& signature, const Json& args, const Json& options) {
        auto merged = merged_options(signature, options);
        const auto id = take(merged, "task_id");
        Json body = member(member(signature, "kwargs"), "body");
        body["options"] = merged_options(body, merged);
        // The client may wait for an id that the body has already, or the last task inside it.
        if (!body["options"].contains("task_id")) {
            if (id.is_string()) {
                body["options"]["task_id"] = id;
            } else if (shape_of(body) == Shape::task) {
                body["options"]["task_id"] = sender_.new_id();
            }
        }
        const auto tasks = header_tasks(signature);
        const Json plain = {
            {"parent_id", member(merged, "parent_id")}, {"root_id", member(merged, "root_id")}
        };
        if (tasks.empty()) {
            return apply(body, Json::array({Json::array()}), plain);
        }
        const auto& header = member(member(signature, "kwargs"), "header");
        auto to_header = plain;
        to_header["chord"] = std::move(body);
        return send_group(
            text_or(member(member(header, "options"), "task_id"), sender_.new_id()),
            tasks,
            with_args(signature, args),
            std::move(to_header)
        );
    }

    const Sender& sender_;
    Following& into_;
};

Json lineage(const TaskMessage& task) {
    return {{"parent_id", task.id.value()}, {"root_id", task.root_id}};
}

// All of them in one group, with the failed task's id: as Python calls those that it does not know.
void call_errbacks(
    const Json& errbacks,
    const std::string& failed,
    const std::string& root,
    const Sender& sender,
    Following& into
) {
    if (errbacks.empty()) {
        return;
    }
    const Json group = {{"task", "celery.group"}, {"kwargs", {{"tasks", errbacks}}}};
    Canvas(sender, into)
        .apply_group(group, Json::array({failed}), {{"parent_id", failed}, {"root_id", root}});
}

std::optional<ChordPart> part_of(
    const Json& chord,
    const std::optional<std::string>& group,
    std::optional<int> index,
    const std::string& id,
    const TaskResult& result
) {
    if (!chord.is_object() || !group) {
        return std::nullopt;
    }
    return ChordPart{
        *group, index, python_json::dump(Json::array({1, id, result.status, result.value})), chord
    };
}

// The tasks of a chain that wait for one that failed: each that has an id gets its result.
void inherit(const Json& chain, const TaskResult& result, Following& into) {
    for (const auto& element : chain) {
        const auto& options = member(element, "options");
        const auto& id = member(options, "task_id");
        if (!id.is_string()) {
            continue;
        }
        Inherited heir{.task = {}, .result = result};
        heir.task.id = TaskId(id.get<std::string>());
        heir.task.name = text_or(member(element, "task"), "");
        if (const auto& group = member(options, "group_id"); group.is_string()) {
            heir.task.group = group.get<std::string>();
        }
        if (const auto& index = member(options, "group_index"); index.is_number_integer()) {
            heir.task.group_index = index.get<int>();
        }
        if (auto part = part_of(
                member(options, "chord"),
                heir.task.group,
                heir.task.group_index,
                heir.task.id.value(),
                result
            )) {
            into.parts.push_back(std::move(*part));
        }
        into.inherited.push_back(std::move(heir));
    }
}

void send_callbacks(
    const TaskMessage& task, const Json& value, const Sender& sender, Following& into
) {
    const auto callbacks = list_of(member(task.embed, "callbacks"));
    const auto args = Json::array({value});
    Canvas canvas(sender, into);
    auto send = [&](const Json& signature) {
        if (auto child = canvas.apply(signature, args, lineage(task)); !child.is_null()) {
            into.children.push_back(std::move(child));
        }
    };
    if (callbacks.size() == 1) {
        send(callbacks[0]);
    } else {
        Json plain = Json::array();
        for (const auto& callback : callbacks) {
            if (shape_of(callback) == Shape::group) {
                send(callback);
            } else {
                plain.push_back(callback);
            }
        }
        if (!plain.empty()) {
            send({{"task", "celery.group"}, {"kwargs", {{"tasks", std::move(plain)}}}});
        }
    }

    auto chain = list_of(member(task.embed, "chain"));
    if (!chain.empty()) {
        const Json next = std::move(chain.back());
        chain.erase(chain.size() - 1);
        auto options = lineage(task);
        options["chain"] = std::move(chain);
        if (auto child = canvas.apply(next, args, options); !child.is_null()) {
            into.children.push_back(std::move(child));
        }
    }
}

// RuntimeError('part'), of a stored exception.
std::string repr_of(const Json& exception) {
    std::string arguments;
    for (const auto& one : list_of(member(exception, "exc_message"))) {
        arguments += (arguments.empty() ? "" : ", ") + python_json::repr(one);
    }
    return fmt::format("{}({})", text_or(member(exception, "exc_type"), "Exception"), arguments);
}

// What waits for the body gets the error as well.
void fail_body(
    const TaskMessage& task,
    const Json& body,
    const std::string& why,
    const Sender& sender,
    Following& into
) {
    const auto error = failure("ChordError", "celery.exceptions", why);
    inherit(shape_of(body) == Shape::chain ? tasks_of(body) : list_of(body), error, into);
    const auto& options = member(body, "options");
    inherit(list_of(member(options, "chain")), error, into);
    call_errbacks(
        list_of(member(options, "link_error")),
        text_or(member(options, "task_id"), ""),
        text_or(member(options, "root_id"), task.root_id),
        sender,
        into
    );
}

// [[[id, parent], null], …], with a list of such in place of null for a group.
Json nested_values(const Json& tuples, const Json& value_of) {
    Json values = Json::array();
    for (const auto& tuple : tuples) {
        if (!tuple.is_array() || tuple.size() != 2 || list_of(tuple[0]).empty()) {
            continue;
        }
        values.push_back(
            tuple[1].is_array() ? nested_values(tuple[1], value_of)
                                : member(value_of, text_or(list_of(tuple[0])[0], ""))
        );
    }
    return values;
}

}  // namespace

Following following(const TaskMessage& task, const TaskResult& result, const Sender& sender) {
    Following all;
    const bool failed = result.status == "FAILURE";
    if (result.status == "SUCCESS") {
        send_callbacks(task, result.value, sender, all);
    } else if (!failed && result.status != "REVOKED") {
        return all;
    }
    if (auto part = part_of(
            member(task.embed, "chord"), task.group, task.group_index, task.id.value(), result
        )) {
        all.parts.push_back(std::move(*part));
    }
    if (failed) {
        inherit(list_of(member(task.embed, "chain")), result, all);
        call_errbacks(
            list_of(member(task.embed, "errbacks")), task.id.value(), task.root_id, sender, all
        );
    }
    return all;
}

Following chord_complete(
    const TaskMessage& task, const Json& body, const ChordParts& parts, const Sender& sender
) {
    Following all;
    Json values = Json::array();
    Json value_of = Json::object();  // By task id.
    for (const auto& text : parts.texts) {
        auto part = python_json::parse(text);
        if (!part || !part->is_array() || part->size() != 4) {
            continue;  // Nobody of ours wrote it.
        }
        const auto id = text_or((*part)[1], "");
        const auto& state = (*part)[2];
        if (state == "FAILURE" || state == "REVOKED") {
            const auto why = fmt::format("Dependency {} raised {}", id, repr_of((*part)[3]));
            fail_body(task, body, why, sender, all);
            return all;
        }
        values.push_back((*part)[3]);
        value_of[id] = std::move((*part)[3]);
    }
    if (parts.nested.is_array()) {
        values = nested_values(parts.nested, value_of);
    }
    auto options = lineage(task);
    if (member(member(body, "options"), "root_id").is_string()) {
        options.erase("root_id");
    }
    Canvas(sender, all).apply(body, Json::array({std::move(values)}), options);
    return all;
}

bool has_following(const TaskMessage& task) {
    return std::ranges::any_of(
        std::array{"callbacks", "errbacks", "chain", "chord"},
        [&](const char* key) {
            const auto& value = member(task.embed, key);
            return !value.is_null() && !value.empty();
        }
    );
}

}  // namespace elasticbot::celery
