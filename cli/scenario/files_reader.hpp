// [disk], [[file]] and host.page_cache of a scenario: read strictly, written back.
#pragma once

#include "cli/scenario/scenario.hpp"
#include "cli/scenario/toml_reader.hpp"

#include <string>

namespace nicosim {

// `t` is [disk]. What is wrong goes to the reader's diagnostics.
Scenario::Disk read_disk(TableReader t, unsigned cores);
// `t` is one [[file]] of a scenario that has these files already.
Scenario::File read_file(TableReader t, const Scenario& scenario);

std::string write_files(const Scenario& scenario);  // [disk] and every [[file]]

}  // namespace nicosim
