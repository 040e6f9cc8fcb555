// [[host.route]], [host.netfilter.policy] and [[host.netfilter.rule]] of a scenario: read strictly, written back.
#pragma once

#include "cli/scenario/scenario.hpp"
#include "cli/scenario/toml_reader.hpp"

#include <span>
#include <string>

namespace nicosim {

// `t` is [host.netfilter]; rules may name only these cards. What is wrong goes to the reader's diagnostics.
NetfilterConfig read_netfilter(TableReader t, std::span<const Scenario::Nic> nics);
// `t` is one [[host.route]]. Without `dev` the card on whose network the gateway is.
Scenario::Route read_route(TableReader t, std::span<const Scenario::Nic> nics);

std::string write_netfilter(const NetfilterConfig& config);  // empty without rules and policies
std::string write_route(const Scenario::Route& route);

}  // namespace nicosim
