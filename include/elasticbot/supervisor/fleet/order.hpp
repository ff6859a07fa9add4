// Start order from `after`, stop order from `stop_after`; unknown names and cycles.
#pragma once

#include <elasticbot/base/result.hpp>
#include <elasticbot/supervisor/fleet/program.hpp>

#include <vector>

namespace elasticbot::supervisor {

// Indices into `programs` such that each comes behind all it is `after`; file order among equals.
// An unknown name, a program after itself, or a cycle ("a after b after a") is an error that names
// the programs.
Result<std::vector<std::size_t>> start_order(const std::vector<Program>& programs);

// The same by `stop_after`, except that among equals the last in the file comes first.
Result<std::vector<std::size_t>> stop_order(const std::vector<Program>& programs);

}  // namespace elasticbot::supervisor
