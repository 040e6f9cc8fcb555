// The address filter: docs/rx_filter.md's truth table against the card and against QEMU, for every setting of RCTL.UPE,
// MPE, BAM and MO, with addresses in every receive address register.
#include "regmap/descriptors.hpp"
#include "regmap/regmap.hpp"
#include "tb/oracle/card_device.hpp"
#include "tb/oracle/need_qemu.hpp"
#include "tb/oracle/qemu_device.hpp"
#include "tb/oracle/waivers.hpp"
#include "tb/system/run_in_child.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace nicosim {
namespace {

constexpr unsigned kSettings = 8, kOffsets = 4;  // of UPE, MPE, BAM; of MO
constexpr unsigned kRing = 64;
constexpr std::uint64_t kBuffers = kTestMemory + 0x1'0000;
constexpr std::array kShift{4U, 3U, 2U, 0U};  // by MO

// ---- the table

struct Row {
  std::array<bool, kSettings> accepted{};
  std::string waiver;
};

// Rows by kind of address, from the page.
std::map<std::string, Row> read_table() {
  std::map<std::string, Row> table;
  std::ifstream in{"docs/rx_filter.md"};
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("| address | 000 |")) inside = true;
    if (line.empty()) inside = false;
    if (!inside || line.starts_with("|---") || line.starts_with("| address")) continue;
    std::vector<std::string> cells;
    std::istringstream row{line.substr(1)};
    for (std::string cell; std::getline(row, cell, '|');) {
      const std::size_t first = cell.find_first_not_of(' ');
      cells.push_back(first == std::string::npos ? "" : cell.substr(first, cell.find_last_not_of(' ') - first + 1));
    }
    if (cells.size() != kSettings + 2) {
      ADD_FAILURE() << "docs/rx_filter.md: not a row of the table: " << line;
      continue;
    }
    Row& entry = table[cells[0]];
    for (unsigned i = 0; i < kSettings; ++i) {
      EXPECT_TRUE(cells[1 + i] == "0" || cells[1 + i] == "1") << line;
      entry.accepted[i] = cells[1 + i] == "1";
    }
    entry.waiver = cells.back();
  }
  return table;
}

bool upe(unsigned setting) { return (setting & 4U) != 0; }
bool mpe(unsigned setting) { return (setting & 2U) != 0; }

// Whether QEMU accepts what the table rejects.
bool waived(const std::string& waiver, unsigned setting) {
  if (waiver == "BroadcastByMpe") return mpe(setting);
  return waiver == "UnicastByHash" || waiver == "BroadcastByHash";
}

Waiver waiver_called(const std::string& name) {
  const auto all = all_waivers();
  const auto entry = std::ranges::find(all, name, &WaiverText::name);
  if (entry == all.end()) throw std::runtime_error("docs/rx_filter.md names an unknown waiver: " + name);
  return entry->id;
}

// ---- one setting of the filter

struct Probe {
  std::string kind;  // as in the table
  MacAddress address;
};

struct Scene {
  std::map<unsigned, std::pair<MacAddress, bool>> receive_addresses;  // with AV
  std::set<unsigned> hashes;                                          // bits set in MTA
  std::vector<Probe> probes;
};

unsigned hash_of(const MacAddress& a, unsigned mo) {
  return ((a.octets[5] << 8U | a.octets[4]) >> kShift[mo]) & 0xfffU;
}

MacAddress numbered(std::uint8_t first, unsigned n) {
  return {{first, 0x11, 0x22, 0x33, static_cast<std::uint8_t>(0x10 + n), static_cast<std::uint8_t>(0x80 + 3 * n)}};
}

Scene usual_scene(unsigned mo) {
  Scene scene;
  scene.probes.push_back({"unicast in RA", kStation});
  for (unsigned i = 1; i < regs::RAL_COUNT; ++i) {
    const bool group = i % 3 == 0, valid = i % 5 != 0;
    const MacAddress address = numbered(group ? 0x03 : 0x02, i);
    scene.receive_addresses[i] = {address, valid};
    scene.probes.push_back(
        {fmt::format("{} in RA{}", group ? "multicast" : "unicast", valid ? "" : " without AV"), address});
  }
  const MacAddress unicast_hash{{0x02, 1, 2, 3, 0x5a, 0x1c}}, group_hash{{0x01, 0x00, 0x5e, 3, 0x4b, 0x2d}};
  scene.hashes = {hash_of(unicast_hash, mo), hash_of(group_hash, mo)};
  scene.probes.push_back({"unicast with its hash in MTA", unicast_hash});
  scene.probes.push_back({"multicast with its hash in MTA", group_hash});
  scene.probes.push_back({"unicast nowhere", {{0x02, 9, 9, 9, 9, 9}}});
  scene.probes.push_back({"multicast nowhere", {{0x03, 9, 9, 9, 9, 9}}});
  // Its hash would be that of the group above under another offset.
  const unsigned other = (mo + 1) % kOffsets, bits = hash_of(group_hash, mo) << kShift[other];
  scene.probes.push_back(
      {"multicast nowhere", {{0x03, 9, 9, 9, static_cast<std::uint8_t>(bits), static_cast<std::uint8_t>(bits >> 8U)}}});
  scene.probes.push_back({"broadcast nowhere", MacAddress::broadcast()});
  return scene;
}

Scene broadcast_scene(bool hash, bool receive_address) {
  Scene scene;
  if (hash) scene.hashes = {0xfff};
  if (receive_address) scene.receive_addresses[3] = {MacAddress::broadcast(), true};
  scene.probes.push_back({hash ? "broadcast with its hash in MTA" : "broadcast in RA", MacAddress::broadcast()});
  scene.probes.push_back({"unicast nowhere", {{0x02, 9, 9, 9, 9, 9}}});
  return scene;
}

void write_receive_address(OracleDevice& device, unsigned entry, const MacAddress& a, bool valid) {
  const auto& o = a.octets;
  device.write32(regs::RAL(entry), o[0] | (o[1] << 8U) | (o[2] << 16U) | (std::uint32_t{o[3]} << 24U));
  device.write32(regs::RAH(entry), o[4] | (o[5] << 8U) | field::RAH_AV.put(valid ? 1 : 0));
}

// Which of the scene's probes the device accepts, by index.
std::set<unsigned> accepted(OracleDevice& device, const Scene& scene, unsigned setting, unsigned mo) {
  device.power_on();
  device.write32(regs::CTRL, field::CTRL_SLU.mask() | field::CTRL_FD.mask());
  for (const auto& [entry, address] : scene.receive_addresses)
    write_receive_address(device, entry, address.first, address.second);
  std::map<unsigned, std::uint32_t> words;
  for (const unsigned hash : scene.hashes) words[hash >> 5U] |= 1U << (hash & 31U);
  for (const auto& [word, bits] : words) device.write32(regs::MTA(word), bits);
  for (unsigned i = 0; i < kRing; ++i) {
    RxDescriptor fresh{};
    fresh.address = kBuffers + i * 2048;
    device.store(kTestMemory + i * kDescriptorBytes, fresh.encode());
  }
  device.write32(regs::RDBAL, static_cast<std::uint32_t>(kTestMemory));
  device.write32(regs::RDLEN, kRing * kDescriptorBytes);
  device.write32(regs::RDT, kRing - 1);
  device.write32(regs::RCTL, field::RCTL_EN.mask() | field::RCTL_MO.put(mo) | field::RCTL_UPE.put(upe(setting)) |
                                 field::RCTL_MPE.put(mpe(setting)) | field::RCTL_BAM.put(setting & 1U));
  device.settle();
  for (unsigned i = 0; i < scene.probes.size(); ++i) {
    ByteVector frame(60);
    scene.probes[i].address.store(frame);
    store_be16(frame, 12, 0x88b5);
    store8(frame, 14, static_cast<std::uint8_t>(i));
    device.inject(frame);
  }
  device.settle();
  std::set<unsigned> stored;
  const std::uint32_t head = device.read32(regs::RDH);
  for (unsigned i = 0; i < head; ++i) {
    ByteVector frame(60);
    device.load(kBuffers + i * 2048, frame);
    stored.insert(load8(frame, 14));
  }
  EXPECT_EQ(stored.size(), head) << device.name() << " stored a frame twice";
  return stored;
}

void hold_against_table(OracleDevice& device, bool is_qemu, const std::map<std::string, Row>& table, WaiverUse& uses,
                        std::set<std::string>& asked) {
  for (unsigned mo = 0; mo < kOffsets; ++mo) {
    for (unsigned setting = 0; setting < kSettings; ++setting) {
      for (const Scene& scene : {usual_scene(mo), broadcast_scene(true, false), broadcast_scene(false, true)}) {
        const std::set<unsigned> stored = accepted(device, scene, setting, mo);
        for (unsigned i = 0; i < scene.probes.size(); ++i) {
          const Probe& probe = scene.probes[i];
          const auto row = table.find(probe.kind);
          ASSERT_NE(row, table.end()) << "docs/rx_filter.md has no row for " << probe.kind;
          asked.insert(probe.kind);
          bool expected = row->second.accepted[setting];
          if (is_qemu && !expected && waived(row->second.waiver, setting)) {
            expected = true;
            if (stored.contains(i)) uses.count(waiver_called(row->second.waiver));
          }
          EXPECT_EQ(stored.contains(i), expected)
              << fmt::format("{}: {} ({}), UPE {} MPE {} BAM {} MO {}", device.name(), probe.kind, probe.address.text(),
                             upe(setting), mpe(setting), setting & 1U, mo);
        }
      }
    }
  }
}

void expect_all_rows_asked(const std::map<std::string, Row>& table, const std::set<std::string>& asked) {
  for (const auto& [kind, row] : table) EXPECT_TRUE(asked.contains(kind)) << "no probe for the row " << kind;
}

TEST(AddressFilter, OfTheCardDecidesAsTheTableOfThePageSays) {
  in_child([] {
    const auto table = read_table();
    WaiverUse none;
    std::set<std::string> asked;
    with_card([&](CardDevice& card) { hold_against_table(card, false, table, none, asked); });
    expect_all_rows_asked(table, asked);
  });
}

TEST(AddressFilter, OfQemuDecidesAsTheTableSaysButForTheWaiversItNames) {
  NEED_QEMU();
  const auto table = read_table();
  WaiverUse uses;
  std::set<std::string> asked;
  QemuDevice qemu;
  hold_against_table(qemu, true, table, uses, asked);
  expect_all_rows_asked(table, asked);
  expect_all_needed(uses, "filter");
}

}  // namespace
}  // namespace nicosim
