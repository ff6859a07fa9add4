// Entry of the program: collects what the kernel gave, hands over to the command line.
#include "command.hpp"

#include <climits>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>

#include <unistd.h>

namespace {

std::string own_path(const char* fallback) {
    char path[PATH_MAX];
    const ssize_t size = readlink("/proc/self/exe", path, sizeof(path));
    return size > 0 ? std::string(path, static_cast<std::size_t>(size)) : fallback;
}

// What is written out, and no destructor of a static: the kernel takes the memory back faster than
// they do. The leak sanitizer looks at the end of `main`, so a build with it goes on to there.
void end([[maybe_unused]] int exit_code) {
#if !__has_feature(address_sanitizer)
    std::cout.flush();
    std::fflush(nullptr);
    std::_Exit(exit_code);
#endif
}

}  // namespace

int main(int argc, char** argv) {
    try {
        elasticbot::cli::Invocation invocation;
        invocation.self = own_path(argc > 0 ? argv[0] : "elasticbot");
        for (int i = 1; i < argc; ++i) {
            invocation.words.emplace_back(argv[i]);
        }
        for (char** entry = environ; *entry != nullptr; ++entry) {
            const std::string text = *entry;
            const std::size_t equals = text.find('=');
            if (equals != std::string::npos) {
                invocation.environment.emplace(text.substr(0, equals), text.substr(equals + 1));
            }
        }
        const int exit_code = elasticbot::cli::run(argc > 0 ? argv[0] : "elasticbot", invocation);
        end(exit_code);
        return exit_code;
    } catch (const std::exception& error) {
        elasticbot::cli::complain(std::string("cannot go on: ") + error.what());
        return elasticbot::cli::exit_code::error;
    }
}
