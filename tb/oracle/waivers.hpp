// The known differences between card and QEMU: what they explain, and how often each was needed.
#pragma once

#include "tb/oracle/player.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nicosim {

enum class Waiver : std::uint8_t {
#define WAIVER(id, test, who, does, manual, section) id,
#include "tb/oracle/waivers.def"
#undef WAIVER
};

struct WaiverText {
  Waiver id;
  std::string_view name, test, who, does, manual, section;
};
std::vector<WaiverText> all_waivers();  // in the order of waivers.def

class WaiverUse {
 public:
  void count(Waiver id) { ++uses_[static_cast<std::size_t>(id)]; }
  std::uint64_t of(Waiver id) const { return uses_[static_cast<std::size_t>(id)]; }

 private:
  std::array<std::uint64_t, 64> uses_{};
};

// Fails the running test for every waiver of `test` ("sequences", ...) that was not needed.
void expect_all_needed(const WaiverUse& uses, std::string_view test);

// Whether card and QEMU saw the same, as far as waivers do not explain it (those are counted). Nothing: agreed;
// otherwise what differs, for people.
std::optional<std::string> difference(const Observation& card, const Observation& qemu, WaiverUse& uses);

struct Difference {
  std::size_t operation = 0;
  std::string text;
};
std::optional<Difference> first_difference(const Log& card, const Log& qemu, WaiverUse& uses);

}  // namespace nicosim
