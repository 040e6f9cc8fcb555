#include "regmap/regmap.hpp"

#include <algorithm>
#include <array>

namespace nicosim {
namespace {

constexpr FieldInfo kFields[] = {
#define FIELD(reg, name, lsb, width, access, text) {#reg, #name, Field{lsb, width}, Access::access, text},
#include "regmap/table.def"
};

constexpr std::span<const FieldInfo> fields_of(std::string_view reg) {
  const auto* const first = std::ranges::find(kFields, reg, &FieldInfo::reg);
  const auto* const last = std::find_if(first, std::end(kFields), [&](const FieldInfo& f) { return f.reg != reg; });
  return {first, last};
}

// The bits that a write can change; counters, which a read clears, have no fields and no such bits.
constexpr std::uint32_t writable_bits(std::span<const FieldInfo> fields, Access access) {
  if (access == Access::Ro) return 0;
  if (fields.empty()) return access == Access::ReadClears ? 0 : ~0U;
  std::uint32_t bits = 0;
  for (const FieldInfo& f : fields) {
    if (f.access == Access::Rw || f.access == Access::W1s || f.access == Access::W1c) bits |= f.bits.mask();
  }
  return bits;
}

constexpr RegisterInfo row(std::string_view name, std::uint32_t offset, unsigned count, unsigned stride, Access access,
                           std::uint32_t reset, Behaviour behaviour, std::string_view section, std::string_view text) {
  const std::span<const FieldInfo> fields = fields_of(name);
  return {.name = name,
          .group = {},
          .offset = offset,
          .count = count,
          .stride = stride,
          .access = access,
          .reset = reset,
          .writable = writable_bits(fields, access),
          .behaviour = behaviour,
          .section = section,
          .text = text,
          .alias_of = {},
          .fields = fields};
}

constexpr RegisterInfo group_row(std::string_view title) {
  RegisterInfo r{};
  r.group = title;
  return r;
}

constexpr RegisterInfo alias_row(std::string_view name, std::uint32_t offset, std::string_view of,
                                 std::string_view section, std::string_view text) {
  RegisterInfo r = row(name, offset, 1, 4, Access::Rw, 0, Behaviour::Real, section, text);
  r.alias_of = of;
  return r;
}

// The table as written: group headings are rows without a name.
constexpr RegisterInfo kRows[] = {
#define GROUP(title) group_row(title),
#define REGISTER(name, offset, access, reset, behaviour, section, text) \
  row(#name, offset, 1, 4, Access::access, reset, Behaviour::behaviour, section, text),
#define REGISTER_ARRAY(name, offset, count, stride, access, reset, behaviour, section, text) \
  row(#name, offset, count, stride, Access::access, reset, Behaviour::behaviour, section, text),
#define ALIAS(name, offset, of, section, text) alias_row(#name, offset, #of, section, text),
#include "regmap/table.def"
};

constexpr std::size_t kCount =
    static_cast<std::size_t>(std::ranges::count_if(kRows, [](const RegisterInfo& r) { return !r.name.empty(); }));

constexpr std::array<RegisterInfo, kCount> registers() {
  std::array<RegisterInfo, kCount> out{};
  std::size_t n = 0;
  std::string_view group;
  for (const RegisterInfo& r : kRows) {
    if (r.name.empty()) {
      group = r.group;
      continue;
    }
    out[n] = r;
    out[n].group = group;
    if (!r.alias_of.empty()) {
      const RegisterInfo& of = *std::ranges::find(kRows, r.alias_of, &RegisterInfo::name);
      out[n].access = of.access;
      out[n].reset = of.reset;
      out[n].writable = of.writable;
      out[n].behaviour = of.behaviour;
    }
    ++n;
  }
  return out;
}

constexpr std::array<RegisterInfo, kCount> kRegisters = registers();

}  // namespace

std::span<const RegisterInfo> all_registers() { return kRegisters; }

const RegisterInfo* find_register(std::string_view name) {
  const auto* const it = std::ranges::find(kRegisters, name, &RegisterInfo::name);
  return it == kRegisters.end() ? nullptr : it;
}

std::string_view to_string(Access access) {
  switch (access) {
    case Access::Rw:
      return "rw";
    case Access::Ro:
      return "ro";
    case Access::Live:
      return "live";
    case Access::SelfClearing:
      return "self-clearing";
    case Access::ReadClears:
      return "read clears";
    case Access::W1s:
      return "write 1 sets";
    case Access::W1c:
      return "write 1 clears";
  }
  return "?";
}

std::string_view to_string(Behaviour behaviour) {
  switch (behaviour) {
    case Behaviour::Real:
      return "real";
    case Behaviour::Storage:
      return "storage";
    case Behaviour::Constant:
      return "constant";
  }
  return "?";
}

}  // namespace nicosim
