// A shared library that is loaded when it is first needed, not when the program starts.
#pragma once

#include <elasticbot/base/result.hpp>

#include <cstdint>
#include <mutex>

namespace elasticbot {

// One function or variable of the library, as the generated assembler file lays it out.
struct LazySymbol {
    const char* name;
    void* target;  // Of a function: where calls go. Of a variable: its value.
    std::uint64_t is_variable;
};

// Made by cmake/LazyLibrary.cmake, one for each library; may be used from any thread.
class LazyLibrary {
public:
    // `package`: the Debian package that holds the library, for the error message.
    LazyLibrary(const char* soname, const char* package, LazySymbol* first, LazySymbol* last);

    // Loads the library and points all symbols to it. Once it has succeeded, it does nothing; after
    // an error it may be tried again.
    Result<> load();

    // For calls that cannot report an error: one line to standard error and exit code 69.
    void load_or_exit();

private:
    Result<> open_and_resolve();

    const char* soname_;
    const char* package_;
    LazySymbol* first_;
    LazySymbol* last_;
    std::mutex mutex_;
    bool is_loaded_ = false;
};

}  // namespace elasticbot
