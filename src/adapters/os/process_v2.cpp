// The one place where Boost.Process v2 is compiled; its header-only form of 1.81 does not link.
// (BOOST_PROCESS_V2_SEPARATE_COMPILATION)

// clang-format off: src.hpp of 1.81 does not include what it uses.
#include <algorithm>
#include <limits>

#include <boost/process/v2/src.hpp>
// clang-format on
