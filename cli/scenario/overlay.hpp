// `--set PATH=VALUE`: changes to a scenario's TOML before it is read, so they pass the same checks as the file.
#pragma once

#include "cli/scenario/toml_reader.hpp"

#include <string>

namespace nicosim {

// VALUE is read as TOML; what is none (10ms, napi) is a text. A path without the instance means all of them:
// `nic.rx_ring`, `peer.pace`, `app.port`; `app.NAME.port` means the app of that name.
void apply_overlay(toml::table& scenario, const std::string& argument, Diagnostics& diagnostics);

// What has to stand after the '=' for a text to be read back as just that: itself, or quoted where it would be TOML.
std::string overlay_value(const std::string& text);
// The other way: such a value as TOML.
std::string toml_of_overlay(const std::string& value);

// A TOML basic string with its quotes.
std::string quoted(std::string_view text);

}  // namespace nicosim
