#include <elasticbot/base/lazy_library.hpp>

#include <fmt/format.h>

#include <cstdio>
#include <span>
#include <vector>

#include <dlfcn.h>
#include <unistd.h>

namespace elasticbot {

LazyLibrary::LazyLibrary(
    const char* soname, const char* package, LazySymbol* first, LazySymbol* last
)
    : soname_(soname), package_(package), first_(first), last_(last) {}

Result<> LazyLibrary::load() {
    const std::scoped_lock lock(mutex_);
    if (is_loaded_) {
        return {};
    }
    auto loaded = open_and_resolve();
    is_loaded_ = loaded.has_value();
    return loaded;
}

Result<> LazyLibrary::open_and_resolve() {
    // Never closed: its functions may be in use until the process ends.
    void* handle = ::dlopen(soname_, RTLD_LAZY | RTLD_LOCAL);
    if (handle == nullptr) {
        // dlerror() is per thread.
        return Error{
            Errc::not_found,
            fmt::format(
                "cannot load {}: {} (Debian package {})",
                soname_,
                ::dlerror(),  // NOLINT(concurrency-mt-unsafe)
                package_
            )
        };
    }
    const std::span symbols(first_, last_);
    std::vector<void*> addresses;
    for (const LazySymbol& symbol : symbols) {
        void* address = ::dlsym(handle, symbol.name);
        if (address == nullptr) {
            return Error{
                Errc::not_found,
                fmt::format(
                    "cannot load {}: it lacks {}, so it is too old (Debian package {})",
                    soname_,
                    symbol.name,
                    package_
                )
            };
        }
        addresses.push_back(symbol.is_variable != 0 ? *static_cast<void**>(address) : address);
    }
    // Atomic: the trampolines of other threads read the targets without the lock.
    for (std::size_t i = 0; i < symbols.size(); ++i) {
        __atomic_store_n(&symbols[i].target, addresses[i], __ATOMIC_RELEASE);
    }
    return {};
}

void LazyLibrary::load_or_exit() {
    const auto loaded = load();
    if (loaded) {
        return;
    }
    std::fprintf(stderr, "elasticbot: %s\n", loaded.error().message.c_str());
    ::_exit(69);
}

}  // namespace elasticbot
