// Cuts a stream into whole lines, with a name before each where there is one, so that those of
// several programs can share an output. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace elasticbot::supervise {

class WholeLines {
public:
    // A longer line comes in parts, so that memory stays bounded. (hardening C6)
    static constexpr std::size_t longest_line = std::size_t{64} * 1024;

    // `prefix`: "NAME | "; "": lines stay as they are.
    explicit WholeLines(std::string prefix) : prefix_(std::move(prefix)) {}

    // The lines that are complete now, each with its newline. Valid until the next call.
    std::string_view feed(std::string_view bytes);

    // The beginning of a line is held back.
    bool holds() const { return !rest_.empty(); }

    // What is held back: with a prefix as a line of its own, otherwise as it is. Valid until the
    // next call.
    std::string_view finish();

private:
    std::string prefix_;
    std::string rest_;
    std::string text_;
};

}  // namespace elasticbot::supervise
