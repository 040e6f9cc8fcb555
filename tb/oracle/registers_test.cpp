// Every register of the table on card and QEMU: after power-on, and after writing two patterns to its writable bits.
// Differences are in tb/oracle/data/qemu-registers.txt, each with its reason; an entry that explains nothing fails.
#include "regmap/regmap.hpp"
#include "tb/oracle/card_device.hpp"
#include "tb/oracle/need_qemu.hpp"
#include "tb/oracle/qemu_device.hpp"
#include "tb/oracle/sequence.hpp"
#include "tb/system/run_in_child.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

namespace nicosim {
namespace {

constexpr SimTime kSerial = SimTime::us(30);  // an MDIC or EERD access takes 25.6 us on the card
constexpr std::uint32_t kPatterns[] = {0x5555'5555, 0xaaaa'aaaa};

// What is read: after power-on, then after each pattern.
std::vector<std::uint32_t> values_of(OracleDevice& device, const RegisterInfo& reg, std::uint32_t offset) {
  device.power_on();
  std::vector<std::uint32_t> values{device.read32(offset)};
  if (reg.access != Access::Rw) return values;
  for (const std::uint32_t pattern : kPatterns) {
    device.write32(offset, pattern & reg.writable);
    device.advance(kSerial);
    values.push_back(device.read32(offset));
  }
  return values;
}

struct Exception {
  std::uint32_t reset_mask = 0, kept_mask = 0;  // bits that may differ
  bool used = false;
};

std::map<std::string, Exception> read_exceptions() {
  std::ifstream in{"tb/oracle/data/qemu-registers.txt"};
  EXPECT_TRUE(in);
  std::map<std::string, Exception> table;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line.front() == '#') continue;
    std::istringstream words{line};
    std::string name, why;
    Exception e;
    EXPECT_TRUE(words >> name >> std::hex >> e.reset_mask >> e.kept_mask >> why) << line;
    table[name] = e;
  }
  return table;
}

TEST(Registers, StartWithTheSameValuesAndKeepTheSameBitsInCardAndQemu) {
  NEED_QEMU();
  in_child([] {
    auto exceptions = read_exceptions();
    with_card([&](CardDevice& card) {
      QemuDevice qemu;
      for (const RegisterInfo& reg : all_registers()) {
        if (reg.group == "Statistics") continue;  // the sequences read those
        for (const unsigned element : {0U, reg.count - 1}) {
          const std::uint32_t offset = reg.offset_of(element);
          const auto ours = values_of(card, reg, offset), theirs = values_of(qemu, reg, offset);
          Exception& e = exceptions[std::string{reg.name}];
          for (std::size_t i = 0; i < ours.size(); ++i) {
            const std::uint32_t differs = ours[i] ^ theirs[i], may = i == 0 ? e.reset_mask : e.kept_mask;
            e.used = e.used || (differs & may) != 0;
            EXPECT_EQ(differs & ~may, 0U) << fmt::format(
                "{} {}: card {:08x}, QEMU {:08x}", register_name(offset),
                i == 0 ? "after power-on" : fmt::format("after writing {:08x}", kPatterns[i - 1] & reg.writable),
                ours[i], theirs[i]);
          }
          if (reg.count == 1) break;
        }
      }
    });
    for (const auto& [name, e] : exceptions)
      EXPECT_TRUE(e.used || (e.reset_mask | e.kept_mask) == 0) << "nothing needs the entry " << name;
  });
}

}  // namespace
}  // namespace nicosim
