// LPUSH and PUBLISH.
#include <elasticbot/celery/broker/publisher.hpp>
#include <elasticbot/celery/protocol/keys.hpp>

#include <fmt/format.h>

#include <array>
#include <utility>

#include <unistd.h>

namespace elasticbot::broker {

using boost::asio::awaitable;

namespace {

Result<> without_value(const Result<redis::Reply>& reply) {
    return reply ? Result<>{} : reply.error();
}

}  // namespace

awaitable<Result<>> Publisher::send(std::string queue, celery::Envelope message) {
    redis::Command push{
        "LPUSH", celery::keys::queue(queue, message.priority()), celery::encode(message)
    };
    co_return without_value(co_await connection_.command(std::move(push)));
}

awaitable<Result<>> Publisher::send_text(std::string queue, std::string message) {
    auto envelope = celery::decode_envelope(message);
    if (!envelope) {
        co_return envelope.error().while_doing("send a message");
    }
    redis::Command push{
        "LPUSH", celery::keys::queue(queue, envelope->priority()), std::move(message)
    };
    co_return without_value(co_await connection_.command(std::move(push)));
}

awaitable<Result<>> Publisher::broadcast(std::string channel, celery::Envelope message) {
    redis::Command publish{"PUBLISH", std::move(channel), celery::encode(message)};
    co_return without_value(co_await connection_.command(std::move(publish)));
}

std::string host_name() {
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

std::string message_origin() {
    return fmt::format("gen{}@{}", ::getpid(), host_name());
}

}  // namespace elasticbot::broker
