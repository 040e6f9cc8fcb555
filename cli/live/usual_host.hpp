// The host that `./nicosim tap` simulates when nobody describes another one: servers at their usual ports.
#pragma once

#include <string>

namespace nicosim {

// A scenario, as TOML. With two cards the host forwards between 10.77.0.0/24 and 10.78.0.0/24.
std::string usual_host(unsigned nics);

}  // namespace nicosim
