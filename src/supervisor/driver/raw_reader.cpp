#include "raw_reader.hpp"

#include <algorithm>
#include <utility>

namespace elasticbot::supervise {

namespace {

// Per turn of the loop.
constexpr std::size_t largest_splice = std::size_t{1024} * 1024;

}  // namespace

RawReader::RawReader(
    boost::asio::io_context& io,
    ReadBuffer& buffer,
    os::Fd pipe,
    RawRoute route,
    std::function<void()> on_hold
)
    : OutputReader(io, std::move(pipe)),
      buffer_(buffer),
      route_(std::move(route)),
      on_hold_(std::move(on_hold)),
      is_plain_(route_.file && !route_.strip_ansi && !route_.on_line && !route_.filter),
      lines_(route_.prefix) {
    if (route_.filter && route_.filter->is_dialogue()) {
        read_at_once();
    }
}

OutputReader::Taken RawReader::take(int pipe) {
    if (route_.sink != nullptr && !route_.sink->has_room()) {
        route_.sink->await_room([self = shared_from_this(), this] { resume(); });
        return {.outcome = Taken::Outcome::no_room};
    }
    if (is_plain_) {
        if (const auto moved = splice(pipe)) {
            return *moved;
        }
    }
    const Taken taken = read_into(buffer_, pipe);
    if (taken.bytes > 0) {
        const std::string_view bytes{buffer_.data(), taken.bytes};
        pass_on(route_.filter ? route_.filter->feed(bytes) : bytes);
    }
    return taken;
}

// Nothing: the bytes have to be read.
std::optional<OutputReader::Taken> RawReader::splice(int pipe) {
    const auto [outcome, bytes] = route_.file->splice_from(pipe, largest_splice);
    switch (outcome) {
        case LogFile::Splice::moved:
            return Taken{.outcome = Taken::Outcome::more, .bytes = bytes};
        case LogFile::Splice::empty:
            return Taken{.outcome = Taken::Outcome::empty};
        case LogFile::Splice::end:
            return Taken{.outcome = Taken::Outcome::end};
        case LogFile::Splice::refused:
            return std::nullopt;
    }
    std::unreachable();
}

void RawReader::pass_on(std::string_view bytes) {
    write(route_.strip_ansi ? stripper_.feed(bytes) : bytes);
}

void RawReader::write(std::string_view bytes) {
    if (bytes.empty()) {
        return;
    }
    if (route_.on_line) {
        tell_lines(told_.feed(bytes));
    }
    if (route_.file) {
        route_.file->write(bytes);
        return;
    }
    if (const std::string_view lines = lines_.feed(bytes); !lines.empty()) {
        route_.sink->write_raw(lines);
        held_until_.reset();
    }
    // With a prefix the rest of the line could not follow it later.
    if (lines_.holds() && route_.prefix.empty() && !held_until_) {
        held_until_ = now() + longest_hold;
        on_hold_();
    }
}

void RawReader::tell_lines(std::string_view bytes) {
    while (!bytes.empty()) {
        const std::size_t end = std::min(bytes.find('\n'), bytes.size());
        route_.on_line(bytes.substr(0, end));
        bytes.remove_prefix(std::min(end + 1, bytes.size()));
    }
}

void RawReader::tick(TimePoint now) {
    if (held_until_ && *held_until_ <= now) {
        // Where others wait, the end of the line may not come right behind its beginning.
        if (!route_.sink->is_idle()) {
            held_until_ = now + longest_hold;
            return;
        }
        held_until_.reset();
        route_.sink->write_raw(lines_.finish());
    }
}

void RawReader::finish() {
    if (route_.filter) {
        pass_on(route_.filter->finish());
    }
    if (route_.strip_ansi) {
        write(stripper_.finish());
    }
    held_until_.reset();
    tell_lines(told_.finish());
    if (route_.sink != nullptr) {
        route_.sink->write_raw(lines_.finish());
    }
}

}  // namespace elasticbot::supervise
