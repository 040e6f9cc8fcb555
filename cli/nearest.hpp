// What a person probably meant.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace nicosim {

// "; did you mean 'rx_ring'?", or nothing when no name is near (edit distance).
std::string did_you_mean(std::string_view wrong, std::span<const std::string> names);

}  // namespace nicosim
