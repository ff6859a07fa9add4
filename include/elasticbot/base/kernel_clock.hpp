// The kernel's own wall clock, for timers that the kernel keeps.
#pragma once

#include <elasticbot/base/time.hpp>

namespace elasticbot {

// CLOCK_REALTIME since 1970, whatever ELASTICBOT_CLOCK says. Everything else asks wall_now().
Duration kernel_realtime();

}  // namespace elasticbot
