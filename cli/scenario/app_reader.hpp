// The parts of an [[app]] that say how a server waits and how a client loads it.
#pragma once

#include "cli/scenario/scenario.hpp"
#include "cli/scenario/toml_reader.hpp"

namespace nicosim {

// backlog, model, timeout, edge, work_unit. `ends`: the run has a time at which it ends.
void read_model(TableReader& t, Scenario::App& app, bool ends);
// requests, active, think, ask_from of an http_load.
void read_pattern(TableReader& t, Scenario::App& app, bool ends);
// rate, size of a tcp_send.
void read_stream(TableReader& t, Scenario::App& app, bool ends);
// What differs from the defaults, as lines of an [[app]].
std::string write_model(const Scenario::App& app);
std::string write_pattern(const Scenario::App& app);
std::string write_stream(const Scenario::App& app);

}  // namespace nicosim
