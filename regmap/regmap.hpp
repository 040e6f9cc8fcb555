// The registers of the card: offsets (regs::RCTL), fields (field::RCTL_EN), and a table for sweeps and documentation.
//
// Everything comes from table.def. Offsets are bytes from the start of BAR0; registers are 32 bits wide and aligned.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace nicosim {

struct Field {
  unsigned lsb = 0;
  unsigned width = 0;  // 1..32

  constexpr std::uint32_t mask() const { return (width >= 32 ? ~0U : (1U << width) - 1U) << lsb; }
  constexpr std::uint32_t get(std::uint32_t reg) const { return (reg & mask()) >> lsb; }
  constexpr bool in(std::uint32_t reg) const { return (reg & mask()) != 0; }
  constexpr std::uint32_t put(std::uint32_t value) const { return (value << lsb) & mask(); }  // others 0
  constexpr std::uint32_t replace(std::uint32_t reg, std::uint32_t value) const { return (reg & ~mask()) | put(value); }
};

enum class Access {
  Rw,
  Ro,
  Live,          // driven by the card; writes have no effect on what is read
  SelfClearing,  // writing 1 acts; reads 0
  ReadClears,    // a read returns the value and clears it
  W1s,           // writing 1 sets
  W1c,           // writing 1 clears
};

enum class Behaviour {
  Real,      // does what the manual says
  Storage,   // kept and read back, no effect
  Constant,  // what it would report cannot happen here
};

std::string_view to_string(Access access);
std::string_view to_string(Behaviour behaviour);

struct FieldInfo {
  std::string_view reg;
  std::string_view name;
  Field bits;
  Access access = Access::Rw;
  std::string_view text;
};

struct RegisterInfo {
  std::string_view name;
  std::string_view group;
  std::uint32_t offset = 0;
  unsigned count = 1;   // elements; 1 unless an array
  unsigned stride = 4;  // bytes from one element to the next
  Access access = Access::Rw;
  std::uint32_t reset = 0;     // Live fields: as they are with the link down and nothing going on
  std::uint32_t writable = 0;  // bits that a write can change (ICS, IMS, IMC, ICR: the causes there are)
  Behaviour behaviour = Behaviour::Real;
  std::string_view section;  // of the manual
  std::string_view text;
  std::string_view alias_of;  // empty unless a second address of that register
  std::span<const FieldInfo> fields;

  constexpr std::uint32_t offset_of(unsigned element) const { return offset + element * stride; }
};

// In the order of table.def. Static storage.
std::span<const RegisterInfo> all_registers();
// By name ("RCTL", "MTA"); nullptr if there is none.
const RegisterInfo* find_register(std::string_view name);

namespace regs {
// BAR0 is 128 KiB.
inline constexpr std::uint32_t kBytes = 0x20000;

#define REGISTER(name, offset, access, reset, behaviour, section, text) inline constexpr std::uint32_t name = offset;
#define ALIAS(name, offset, of, section, text) inline constexpr std::uint32_t name = offset;
#define REGISTER_ARRAY(name, offset, count, stride, access, reset, behaviour, section, text) \
  inline constexpr unsigned name##_COUNT = count;                                            \
  constexpr std::uint32_t name(unsigned n) { return (offset) + n * (stride); }
#include "regmap/table.def"
}  // namespace regs

namespace field {
#define FIELD(reg, name, lsb, width, access, text) inline constexpr Field reg##_##name{lsb, width};
#include "regmap/table.def"
}  // namespace field

}  // namespace nicosim
