// Which frames the card shall take: its own address, groups, everything (e1000_set_rx_mode).
#include "driver/driver.hpp"

#include "regmap/regmap.hpp"

#include <algorithm>
#include <array>

namespace nicosim {
namespace {

constexpr std::uint32_t low_word(const MacAddress& a) {
  return a.octets[0] | (a.octets[1] << 8U) | (a.octets[2] << 16U) | (std::uint32_t{a.octets[3]} << 24U);
}
constexpr std::uint32_t high_word(const MacAddress& a) {
  return a.octets[4] | (a.octets[5] << 8U) | field::RAH_AV.mask();
}

// The bit of the multicast table for this address: bits 47:36 of it, the last byte of the wire being the highest
// (manual, "Multicast Table Array", RCTL.MO = 0).
constexpr unsigned multicast_hash(const MacAddress& a) { return (a.octets[4] >> 4U) | (a.octets[5] << 4U); }

}  // namespace

void Driver::set_rx_mode(bool promiscuous, bool all_multicast, std::span<const MacAddress> groups) {
  promiscuous_ = promiscuous;
  all_multicast_ = all_multicast;
  groups_.assign(groups.begin(), groups.end());
  if (!up_) return;  // open() writes it
  rctl_ = (rctl_ & ~(field::RCTL_UPE.mask() | field::RCTL_MPE.mask())) | rctl_filters();
  bus_.write32(regs::RCTL, rctl_);
  write_receive_addresses();
}

std::uint32_t Driver::rctl_filters() const {
  const bool everything = promiscuous_ || config_.promiscuous;
  return field::RCTL_UPE.put(everything) | field::RCTL_MPE.put(everything || all_multicast_);
}

// RA[0] is the station's. The first groups get an exact entry each, the others a bit in the hash table, which lets some
// more through (the stack sorts those out).
void Driver::write_receive_addresses() {
  const std::size_t exact = std::min<std::size_t>(groups_.size(), regs::RAL_COUNT - 1);
  bus_.write32(regs::RAL(0), low_word(address_));
  bus_.write32(regs::RAH(0), high_word(address_));
  for (unsigned i = 1; i < regs::RAL_COUNT; ++i) {
    bus_.write32(regs::RAL(i), i <= exact ? low_word(groups_[i - 1]) : 0);
    bus_.write32(regs::RAH(i), i <= exact ? high_word(groups_[i - 1]) : 0);
  }
  std::array<std::uint32_t, regs::MTA_COUNT> table{};
  for (std::size_t i = exact; i < groups_.size(); ++i) {
    const unsigned hash = multicast_hash(groups_[i]);
    table[hash >> 5U] |= 1U << (hash & 31U);
  }
  for (unsigned i = 0; i < regs::MTA_COUNT; ++i) bus_.write32(regs::MTA(i), table[i]);
  flush();
}

}  // namespace nicosim
