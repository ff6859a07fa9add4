// What may stand between a process and its log.
#pragma once

#include <string_view>

namespace elasticbot::supervise {

enum class Channel { standard_output, standard_error };

// Sees every byte of one output, and says what of it is logged.
class OutputFilter {
public:
    virtual ~OutputFilter() = default;

    // Valid until the next call. `bytes` itself where nothing is changed.
    virtual std::string_view feed(std::string_view bytes) = 0;

    // Who writes waits for what it is answered, so each piece is read at once.
    virtual bool is_dialogue() const { return false; }

    // Nothing more will come: what was held back.
    virtual std::string_view finish() = 0;
};

}  // namespace elasticbot::supervise
