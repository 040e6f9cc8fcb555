// Holds [[expect]] against a report.
#pragma once

#include "cli/report/report.hpp"
#include "cli/scenario/scenario.hpp"
#include "common/result.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nicosim {

// The number at a path such as "stations.read.p99_ns". Keys may hold dots themselves ("ledger.drop.filter.MAC_FILTER");
// a '*' at the end sums all numbers whose path starts so ("ledger.drop.*"). A fate that no frame met counts 0, any
// other path that leads nowhere is an error. "A / B" is the quotient of two of them.
Result<double, std::string> metric(const Json& report, std::string_view path);

// One line per expectation that does not hold, "FILE:LINE: metric is VALUE; expected LIMIT". A miss is exit code 1.
std::vector<std::string> check_expectations(const Json& report, std::span<const Scenario::Expect> expects,
                                            std::string_view file);

}  // namespace nicosim
