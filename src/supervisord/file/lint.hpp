// What supervisord accepts without a word and its author hardly meant. (supervisord-compat.md 15)
#pragma once

#include <elasticbot/base/diagnostics.hpp>
#include <elasticbot/supervisord/file/file.hpp>

namespace elasticbot::supervisord {

void find_traps(const File& file, const Ini& ini, Diagnostics& findings);

}  // namespace elasticbot::supervisord
