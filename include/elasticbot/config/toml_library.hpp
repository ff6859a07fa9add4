// The TOML library, as every source that needs it includes it: one program cannot hold two kinds.
#pragma once

#include <stdexcept>

// A header whose name begins with no character of a name ("[=]") breaks a precondition of toml++
// 3.3, which it asserts, or takes for granted where assertions are off. Here it throws
// std::logic_error, always.
#pragma push_macro("NDEBUG")
#undef NDEBUG
#define TOML_ASSERT(condition) \
    static_cast<void>((condition) ? 0 : throw std::logic_error("unexpected character"))
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 1
#include <toml++/toml.h>
#pragma pop_macro("NDEBUG")
