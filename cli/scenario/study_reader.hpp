// [study] of a scenario, and what its expectations say about the study's points.
#pragma once

#include "cli/scenario/scenario.hpp"
#include "cli/scenario/toml_reader.hpp"

#include <vector>

namespace nicosim {

// What is wrong goes to the reader's diagnostics.
Scenario::Study read_study(TableReader t);

// { "nic.rx_usecs" = 0, "host.mode" = "napi" } as --set would have it.
Scenario::Settings settings_of(const toml::table& table);

// An expectation's `where` may name only axes of the study, and only values they take. `places` has that of each
// expectation.
void check_where(const Scenario& scenario, Diagnostics& diagnostics, const std::vector<toml::source_region>& places);

}  // namespace nicosim
