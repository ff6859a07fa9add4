// A list item of the queue: never a crash, and what can be read survives being put back and
// retried.
#include "fuzz.hpp"

#include <elasticbot/celery/protocol/message.hpp>

#include <nlohmann/json.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace elasticbot;
    constexpr std::size_t body_limit = 1024 * 1024;

    const auto envelope = celery::decode_envelope(fuzz::as_text(data, size));
    if (!envelope) {
        ELASTICBOT_ASSERT(!envelope.error().message.empty());
        return 0;
    }
    const std::string written = celery::encode(*envelope);
    const auto again = celery::decode_envelope(written);
    ELASTICBOT_ASSERT(again && celery::encode(*again) == written);
    ELASTICBOT_ASSERT(envelope->priority() >= 0 && envelope->priority() <= 9);

    const auto decoded = celery::decode_task(*envelope, body_limit);
    if (const auto* refused = std::get_if<celery::Refused>(&decoded)) {
        ELASTICBOT_ASSERT(!refused->exception.empty() && !refused->message.empty());
        return 0;
    }
    const auto& task = std::get<celery::TaskMessage>(decoded);
    ELASTICBOT_ASSERT(task.args.is_array() && task.kwargs.is_object());

    const auto put_back = celery::decode_task(celery::redelivery_of(*envelope, 1), body_limit);
    ELASTICBOT_ASSERT(std::get<celery::TaskMessage>(put_back).id == task.id);
    const auto retried = celery::decode_task(
        celery::retry_of(*envelope, 1, WallTime{}, "gen1@host", "tag"), body_limit
    );
    ELASTICBOT_ASSERT(std::get<celery::TaskMessage>(retried).args == task.args);
    return 0;
}
