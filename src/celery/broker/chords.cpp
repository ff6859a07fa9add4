// A sorted set of parts beside the number of parts.
#include <elasticbot/base/text.hpp>
#include <elasticbot/celery/broker/chords.hpp>
#include <elasticbot/celery/protocol/keys.hpp>
#include <elasticbot/celery/protocol/python_json.hpp>

#include <utility>
#include <vector>

namespace elasticbot::broker {

namespace keys = celery::keys;
using boost::asio::awaitable;

namespace {

std::int64_t number(const redis::Reply& reply) {
    if (const auto* integer = reply.integer()) {
        return *integer;
    }
    const auto* text = reply.text();
    return text == nullptr ? 0 : text::to_integer(*text).value_or(0);
}

}  // namespace

Chords::Chords(
    boost::asio::any_io_executor executor, redis::ConnectOptions connect, Duration expires
)
    : connection_(std::move(executor), std::move(connect)), expires_(expires) {}

awaitable<Result<>> Chords::set_size(celery::ChordSize size) {
    auto key = keys::group(size.group, ".s");
    auto text = std::to_string(size.size);
    std::vector<redis::Command> commands;
    commands.push_back({"SETEX", key, std::to_string(expires_ / 1s), text});
    commands.push_back({"PUBLISH", key, text});
    auto done = co_await connection_.transaction(std::move(commands));
    co_return done ? Result<>{} : done.error();
}

awaitable<Result<std::optional<celery::ChordParts>>> Chords::add(celery::ChordPart part) {
    const auto parts = keys::group(part.group, ".j");
    const auto extra = keys::group(part.group, ".t");
    const auto size = keys::group(part.group, ".s");
    const auto seconds = std::to_string(expires_ / 1s);
    std::vector<redis::Command> commands;
    commands.push_back(
        {"ZADD", parts, part.index ? std::to_string(*part.index) : "+inf", std::move(part.text)}
    );
    commands.push_back({"ZCOUNT", parts, "-inf", "+inf"});
    commands.push_back({"GET", extra});
    commands.push_back({"GET", size});
    commands.push_back({"EXPIRE", parts, seconds});
    commands.push_back({"EXPIRE", extra, seconds});
    commands.push_back({"EXPIRE", size, seconds});
    auto replies = co_await connection_.transaction(std::move(commands));
    if (!replies) {
        co_return replies.error().while_doing("count a part of a chord");
    }
    const auto& found = *replies;
    // Without a size the sender has not sent all of them: the last is still to come.
    if (found.size() < 4 || found[3].is_nil() ||
        number(found[1]) != number(found[3]) + number(found[2])) {
        co_return std::optional<celery::ChordParts>{};
    }
    auto all = co_await parts_of(std::move(part.group));
    if (!all) {
        co_return all.error();
    }
    co_return std::optional(std::move(*all));
}

awaitable<Result<celery::ChordParts>> Chords::parts_of(std::string group) {
    std::vector<redis::Command> commands;
    commands.push_back({"ZRANGE", keys::group(group, ".j"), "0", "-1"});
    commands.push_back({"GET", keys::group(group)});
    auto replies = co_await connection_.transaction(std::move(commands));
    if (!replies) {
        co_return replies.error().while_doing("read the parts of a chord");
    }
    celery::ChordParts parts;
    if (const auto* items = replies->at(0).array()) {
        for (const auto& item : *items) {
            parts.texts.push_back(item.text() == nullptr ? "" : *item.text());
        }
    }
    if (const auto* nested = replies->at(1).text()) {
        auto document = celery::python_json::parse(*nested);
        if (document && document->is_object() && document->contains("result") &&
            (*document)["result"].is_array() && (*document)["result"].size() == 2) {
            parts.nested = (*document)["result"][1];
        }
    }
    co_return parts;
}

awaitable<Result<>> Chords::forget(std::string group) {
    redis::Command remove{
        "DEL", keys::group(group, ".j"), keys::group(group, ".t"), keys::group(group, ".s")
    };
    auto done = co_await connection_.command(std::move(remove));
    co_return done ? Result<>{} : done.error();
}

}  // namespace elasticbot::broker
