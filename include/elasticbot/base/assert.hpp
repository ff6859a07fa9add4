// Broken preconditions and impossible states end the process, in release builds too.
#pragma once

namespace elasticbot {

// Writes the condition and its place to standard error and aborts.
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

}  // namespace elasticbot

#define ELASTICBOT_ASSERT(condition)    \
    ((condition) ? static_cast<void>(0) \
                 : ::elasticbot::assertion_failed(#condition, __FILE__, __LINE__))
