#include "lines.hpp"

#include <array>
#include <iostream>

#include <termios.h>
#include <unistd.h>

namespace elasticbot::cli::ctl {

namespace {

// A terminal that does not show what is typed.
class WithoutEcho {
public:
    WithoutEcho() : is_terminal_(::tcgetattr(STDIN_FILENO, &before_) == 0) {
        if (is_terminal_) {
            termios silent = before_;
            silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
            ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
        }
    }

    ~WithoutEcho() {
        if (is_terminal_) {
            ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
            std::cout << '\n' << std::flush;
        }
    }

    WithoutEcho(const WithoutEcho&) = delete;
    WithoutEcho& operator=(const WithoutEcho&) = delete;

private:
    termios before_{};
    bool is_terminal_;
};

}  // namespace

Lines::Lines() : input_(STDIN_FILENO) {}

Lines::~Lines() {
    static_cast<void>(input_.release());
}

Outcome<std::string> Lines::ask(std::string_view prompt, Interrupts* interrupts) {
    std::cout << prompt << std::flush;
    while (!has_line()) {
        if (!wait_readable({&input_}, interrupts)) {
            return interrupted();
        }
        if (!read()) {
            return python_failure("EOFError", "EOF when reading a line");
        }
    }
    return take();
}

Outcome<std::string> Lines::ask_secretly(std::string_view prompt, Interrupts* interrupts) {
    const WithoutEcho quiet;
    return ask(prompt, interrupts);
}

bool Lines::read() {
    std::array<char, std::size_t{4} * 1024> piece{};
    const ssize_t size = ::read(input_.get(), piece.data(), piece.size());
    if (size > 0) {
        text_.append(piece.data(), static_cast<std::size_t>(size));
        return true;
    }
    if (!text_.empty() && !text_.ends_with('\n')) {
        text_ += '\n';
        return true;
    }
    return false;
}

std::string Lines::take() {
    const std::size_t end = text_.find('\n');
    std::string line = text_.substr(0, end);
    text_.erase(0, end + 1);
    return line;
}

}  // namespace elasticbot::cli::ctl
