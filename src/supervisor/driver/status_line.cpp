#include "status_line.hpp"

#include <elasticbot/base/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace elasticbot::supervise {

namespace {

using supervisor::ProgramView;
using supervisor::State;

struct Mark {
    std::string_view sign;
    int colour;
};

// Shape and colour both tell the state, for those who cannot see one of them.
Mark mark_of(const ProgramView& program) {
    constexpr int green = 32;
    constexpr int yellow = 33;
    constexpr int red = 31;
    constexpr int grey = 90;
    switch (program.state) {
        case State::running:
            return program.ready ? Mark{"●", green} : Mark{"◐", yellow};
        case State::starting:
            return {"◐", yellow};
        case State::waiting:
            return {"○", grey};
        case State::backoff:
            return {"↻", red};
        case State::stopping:
        case State::killing:
            return {"◌", yellow};
        case State::failed:
            return {"✗", red};
        case State::stopped:
        case State::completed:
            return {"○", grey};
    }
    return {"?", grey};
}

// Every character here takes one column: what programs say is cut to printable characters.
std::size_t columns(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    }));
}

std::string words_of(const ProgramView& program) {
    if (program.state == State::running || program.state == State::starting) {
        std::string text = text::repair_utf8(program.status_text);
        std::erase_if(text, [](char c) {
            return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
        });
        return text;
    }
    return std::string(to_string(program.state));
}

}  // namespace

std::string status_line(const supervisor::FleetView& view, std::size_t width, bool colour) {
    std::string line;
    std::size_t used = 0;
    for (const auto& program : view.programs) {
        if (program.state == State::completed) {
            continue;
        }
        const Mark mark = mark_of(program);
        const std::string words = words_of(program);
        const std::string gap = line.empty() ? "" : "  ";
        const std::string name = program.name.value();
        const std::size_t wanted =
            gap.size() + columns(name) + 2 + (words.empty() ? 0 : 1 + columns(words));
        // The last column stays free: a full line would wrap, and could not be erased.
        if (used + wanted + 2 > width) {
            return used + 2 < width ? line + " …" : line;
        }
        used += wanted;
        line += gap + name + ' ';
        line += colour ? fmt::format("\x1b[{}m{}\x1b[0m", mark.colour, mark.sign)
                       : std::string(mark.sign);
        line += words.empty() ? "" : ' ' + words;
    }
    return line;
}

}  // namespace elasticbot::supervise
