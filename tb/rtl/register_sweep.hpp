// Checks every row of the register table against a design behind a bus: anything with read(offset) and
// write(offset, value). Call it with the receiver and transmitter off and no bus mastering.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <set>

#include "regmap/regmap.hpp"

namespace nicosim::tb::sweep {

// Bits that the card drives, so that a plain comparison would be wrong.
inline std::uint32_t live_bits(const RegisterInfo& r) {
  std::uint32_t bits = 0;
  for (const FieldInfo& f : r.fields) {
    if (f.access == Access::Live) bits |= f.bits.mask();
  }
  return bits;
}

inline bool is_storage(const RegisterInfo& r) { return r.access == Access::Rw && r.alias_of.empty(); }

// RA[0] starts as the station address (first octet in bits 47:40); everything else as in the table.
inline std::uint32_t reset_value(const RegisterInfo& r, unsigned element, std::uint64_t station) {
  const auto octet = [&](unsigned i) { return static_cast<std::uint32_t>(station >> (40 - 8 * i)) & 0xffU; };
  if (r.name == "RAL" && element == 0) return octet(0) | octet(1) << 8 | octet(2) << 16 | octet(3) << 24;
  if (r.name == "RAH" && element == 0) return octet(4) | octet(5) << 8 | field::RAH_AV.mask();
  return r.reset;
}

template <typename Bus>
void expect_reset_values(Bus& bus, std::uint64_t station) {
  for (const RegisterInfo& r : all_registers()) {
    for (unsigned i = 0; i < r.count; ++i) {
      EXPECT_EQ(bus.read(r.offset_of(i)), reset_value(r, i, station)) << r.name << '[' << i << ']';
    }
  }
}

template <typename Bus>
void reset_card(Bus& bus) {
  bus.write(regs::CTRL, field::CTRL_RST.mask());
}

// Writes patterns to every storage register: writable bits keep them, all others keep what they were.
template <typename Bus>
void expect_writable_bits(Bus& bus, std::uint64_t station) {
  for (const RegisterInfo& r : all_registers()) {
    if (!is_storage(r)) continue;
    const std::uint32_t no_reset = r.name == "CTRL" ? field::CTRL_RST.mask() : 0;
    for (unsigned i = 0; i < r.count; ++i) {
      const std::uint32_t fixed = reset_value(r, i, station) & ~r.writable;
      for (const std::uint32_t pattern : {0xffff'ffffU, 0x0000'0000U, 0x5555'5555U, 0xaaaa'aaaaU}) {
        bus.write(r.offset_of(i), pattern & ~no_reset);
        EXPECT_EQ(bus.read(r.offset_of(i)) & ~live_bits(r), (pattern & r.writable) | (fixed & ~live_bits(r)))
            << r.name << '[' << i << "] after " << std::hex << pattern;
      }
    }
    reset_card(bus);  // enables and ring lengths must not act on the next register's test
  }
}

// A value of its own in each storage register, then all are read: no two share a flop.
template <typename Bus>
void expect_separate_storage(Bus& bus) {
  const auto value = [](const RegisterInfo& r, std::uint32_t offset) {
    std::uint32_t v = (offset * 0x9e37'79b1U ^ offset << 7) & r.writable;
    if (r.name == "RCTL") v &= ~field::RCTL_EN.mask();
    if (r.name == "TCTL") v &= ~field::TCTL_EN.mask();
    return v;
  };
  for (const RegisterInfo& r : all_registers()) {
    if (!is_storage(r)) continue;
    for (unsigned i = 0; i < r.count; ++i) bus.write(r.offset_of(i), value(r, r.offset_of(i)));
  }
  for (const RegisterInfo& r : all_registers()) {
    if (!is_storage(r)) continue;
    for (unsigned i = 0; i < r.count; ++i) {
      EXPECT_EQ(bus.read(r.offset_of(i)) & r.writable & ~live_bits(r), value(r, r.offset_of(i)))
          << r.name << '[' << i << ']';
    }
  }
}

// Writes change nothing in registers that only report.
template <typename Bus>
void expect_read_only(Bus& bus) {
  for (const RegisterInfo& r : all_registers()) {
    if (r.access != Access::Ro) continue;
    const std::uint32_t before = bus.read(r.offset);
    bus.write(r.offset, ~before);
    EXPECT_EQ(bus.read(r.offset), before) << r.name;
  }
}

// Where the table has nothing, reads give 0 and writes are swallowed: the whole of BAR0, word by word.
template <typename Bus>
void expect_holes_read_zero(Bus& bus) {
  std::set<std::uint32_t> taken;
  for (const RegisterInfo& r : all_registers()) {
    for (unsigned i = 0; i < r.count; ++i) taken.insert(r.offset_of(i));
  }
  for (std::uint32_t offset = 0; offset < regs::kBytes; offset += 4) {
    if (taken.contains(offset)) continue;
    bus.write(offset, 0xffff'ffffU);
    EXPECT_EQ(bus.read(offset), 0U) << std::hex << offset;
  }
}

}  // namespace nicosim::tb::sweep
