// Lines of standard input, with a prompt in front of each.
#pragma once

#include "failure.hpp"
#include "interrupts.hpp"

#include <elasticbot/adapters/os/fd.hpp>

#include <string>
#include <string_view>

namespace elasticbot::cli::ctl {

class Lines {
public:
    Lines();
    ~Lines();

    Lines(const Lines&) = delete;
    Lines& operator=(const Lines&) = delete;

    // Shows the prompt on standard output and waits for a line, which comes without its end. The
    // failure is the end of the input, or an interrupt.
    Outcome<std::string> ask(std::string_view prompt, Interrupts* interrupts);

    // The same; what is typed at a terminal is not shown.
    Outcome<std::string> ask_secretly(std::string_view prompt, Interrupts* interrupts);

    // For waiting on more than lines: readable when take() has something to read.
    const os::Fd& descriptor() const { return input_; }

    // Whether a line can be had by take() without reading.
    bool has_line() const { return text_.find('\n') != std::string::npos; }

    // Reads what has come; false at the end of the input. A last line without an end gets one.
    bool read();

    // The next line, of which there is one.
    std::string take();

private:
    os::Fd input_;  // Standard input: not closed here.
    std::string text_;
};

}  // namespace elasticbot::cli::ctl
