// Takes the escape sequences for colours and the cursor out of what a program writes. Pure.
#pragma once

#include <string>
#include <string_view>

namespace elasticbot::supervise {

// `ESC [` up to one of `H f A B C D R s u J K h l p m`, as supervisord's strip_ansi; a sequence may
// come in pieces. One that does not end with its line is gone, the line's end stays.
class AnsiStripper {
public:
    // Valid until the next call; `bytes` itself where there is nothing to take out.
    std::string_view feed(std::string_view bytes);

    // Nothing more will come: an escape character that began no sequence.
    std::string_view finish();

private:
    enum class Place { text, escape, sequence };

    Place place_ = Place::text;
    std::string text_;
};

}  // namespace elasticbot::supervise
