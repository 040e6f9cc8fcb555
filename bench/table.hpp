// The benchmark's table, as Markdown and as JSON, and the verdict on its goals.
#pragma once

#include "bench/callgrind.hpp"

#include <optional>
#include <string>
#include <vector>

namespace nicosim::bench {

struct Row {
  Cell cell;  // with the frames of the native run
  std::optional<Instructions> instructions;
  CellResult native;
};

std::string markdown(const std::vector<Row>& rows);
// One line per goal: met, or missed by how much.
std::string goals(const std::vector<Row>& rows);
std::string json(const std::vector<Row>& rows);

}  // namespace nicosim::bench
