// How deep a TOML text nests by dotted keys, before the parser builds it.
//
// toml++ limits arrays and inline tables, but a key of a million parts makes tables a million deep, and freeing them
// recursively ends the stack.
#pragma once

#include <cstdint>
#include <string_view>

namespace nicosim {

// The line (from 1) of the first key with more than `most` dots; 0 when there is none. Broken TOML is looked at up to
// the place where it breaks; the parser complains about the rest.
std::uint32_t line_of_deep_key(std::string_view toml, unsigned most);

}  // namespace nicosim
