// The promise of exactness, timer by timer: each of the card's deadlines runs and expires, and how the card is
// evaluated does not show. Autonegotiation is in exactness_test.cpp (HoldsWhenTheCableGoesAndComes).
#include "regmap/regmap.hpp"
#include "sc_model/host/pci_bus.hpp"
#include "tb/system/scenes.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <utility>
#include <vector>

namespace nicosim {
namespace {

using namespace packets;
using namespace scenes;

using Settings = std::vector<std::pair<std::uint32_t, std::uint32_t>>;  // register, value

constexpr auto kEngines = {kOneCycle, kThousand, kNoSkip, Engine{"check skip", 1'000'000, true, 0, true},
                           Engine{"random reset", 1'000'000, true, 3}};

void wait_for_the_wires(Rig& rig, Posix& os, SimTime after) {
  while (rig.sim->wire_start() == SimTime::never()) os.nanosleep(SimTime::us(50));
  os.nanosleep(rig.sim->wire_start() + after - os.clock());
}

// The driver's settings, changed by a program before the wires come to life.
Scene with_settings(Settings settings) {
  return [settings = std::move(settings)](Rig& rig) {
    one_card(rig);
    rig.setup.apps.push_back({"settings", [&rig, settings](Posix&) {
                                for (const auto& [offset, value] : settings) rig.sim->bus(0).write32(offset, value);
                                return 0;
                              }});
  };
}

// The log must tell that the timer runs: without it, by the same accesses, it is another.
void expect_each_matters(const Settings& settings) {
  const std::string expected = log_of(with_settings(settings), kDefault);
  for (std::size_t i = 0; i < settings.size(); ++i) {
    Settings without = settings;
    without[i].second = 0;
    EXPECT_TRUE(log_of(with_settings(without), kDefault) != expected)
        << "register " << std::hex << settings[i].first << " = 0 does not show";
  }
}

TEST(ExactnessOfTimers, HoldsWhileInterruptsAreDelayedAndThrottled) {
  const Settings settings = {{regs::RDTR, 3}, {regs::RADV, 6}, {regs::TIDV, 8}, {regs::TADV, 5}, {regs::ITR, 25}};
  expect_each_matters(settings);
  expect_same(with_settings(settings), kEngines);
}

Packet pause_frame(std::uint16_t quanta) {
  Packet payload(46);
  store_be16(payload, 0, 1);
  store_be16(payload, 2, quanta);
  return ethernet(payload, {.to = MacAddress{{0x01, 0x80, 0xc2, 0, 0, 1}}, .from = kPeerMac, .type = 0x8808});
}

void paused(Rig& rig, bool obeyed) {
  one_card(rig);
  rig.setup.apps.push_back({"flow control", [&rig, obeyed](Posix&) {
                              PciBus& bus = rig.sim->bus(0);
                              bus.write32(regs::FCAL, 0x00c2'8001);
                              bus.write32(regs::FCAH, 0x0100);
                              bus.write32(regs::FCT, 0x8808);
                              const std::uint32_t ctrl = bus.read32(regs::CTRL);
                              bus.write32(regs::CTRL, obeyed ? ctrl | field::CTRL_RFCE.mask() : ctrl);
                              return 0;
                            }});
  // One that runs out, one that is called off, one renewed while it runs
  for (const auto& [at, quanta] : {std::pair{20, 600}, {80, 0xffff}, {110, 0}, {150, 400}, {165, 200}, {250, 1}})
    rig.peers[0].send(SimTime::us(at), pause_frame(static_cast<std::uint16_t>(quanta)));
}

TEST(ExactnessOfTimers, HoldsWhileThePartnerAsksForPauses) {
  const Scene scene = [](Rig& rig) { paused(rig, true); };
  EXPECT_TRUE(log_of([](Rig& rig) { paused(rig, false); }, kDefault) != log_of(scene, kDefault)) << "nothing paused";
  expect_same(scene, kEngines);
}

// A program that did not come to its turn would make the logs equal for a bad reason.
void expect_notes(Rig& rig, long at_least) {
  rig.epilogue = [&rig, at_least] {
    EXPECT_GE(std::ranges::count(rig.notes, '\n'), at_least);
    return std::string{};
  };
}

// How long each access to PHY and EEPROM took belongs to the log.
void reads_phy_and_eeprom(Rig& rig) {
  one_card(rig);
  rig.setup.apps.push_back({"serial", [&rig](Posix& os) {
                              PciBus& bus = rig.sim->bus(0);
                              wait_for_the_wires(rig, os, SimTime::us(3));
                              const auto access = [&](std::uint32_t offset, std::uint32_t command, std::uint32_t done) {
                                bus.write32(offset, command);
                                const SimTime start = os.clock();
                                unsigned polls = 0;
                                while ((bus.read32(offset) & done) == 0) ++polls;
                                rig.notes += std::to_string(os.clock().in_ps()) + " " + std::to_string(polls) + " " +
                                             std::to_string(bus.read32(offset)) + "\n";
                                EXPECT_GE(os.clock() - start, SimTime::us(25));
                              };
                              for (std::uint32_t word = 0; word < 4; ++word) {
                                access(regs::EERD, field::EERD_START.mask() | field::EERD_ADDR.put(word),
                                       field::EERD_DONE.mask());
                                access(regs::MDIC,
                                       field::MDIC_OP.put(2) | field::MDIC_PHYADD.put(1) |
                                           field::MDIC_REGADD.put(word) | field::MDIC_INT_EN.mask(),
                                       field::MDIC_READY.mask());
                                os.nanosleep(SimTime::ns(7'777));
                              }
                              return 0;
                            }});
  expect_notes(rig, 2);
}

TEST(ExactnessOfTimers, HoldsWhileSoftwareReadsPhyAndEeprom) { expect_same(reads_phy_and_eeprom, kEngines); }

// A read takes longer than 0.8 us here. With 4 us the time-out runs all the time and none is late; with 256 ns none is
// in time, and both engines stop when they have used what they have fetched before.
Scene with_time_out(std::uint32_t limit, unsigned stopped) {
  return [=](Rig& rig) {
    with_settings({{regs::DMA_TIMEOUT, limit}})(rig);
    rig.epilogue = [&rig, stopped] {
      EXPECT_EQ(rig.sim->engine(0).read_after_end(regs::DMA_STATUS), stopped);
      return std::string{};
    };
  };
}

TEST(ExactnessOfTimers, HoldsWhenReadsOfTheCardTimeOut) { expect_same(with_time_out(1, 3), kEngines, {"dma", "poll"}); }
TEST(ExactnessOfTimers, HoldsWhileTheCompletionTimeOutRuns) { expect_same(with_time_out(16, 0), kEngines); }

// A program reads the first frames out of the card, then the driver's ring has them again.
void reads_the_window(Rig& rig) {
  one_card(rig);
  rig.setup.apps.push_back({"window", [&rig](Posix& os) {
                              PciBus& bus = rig.sim->bus(0);
                              wait_for_the_wires(rig, os, SimTime::us(3));
                              bus.write32(regs::RXW_CTRL, field::RXW_CTRL_EN.mask());
                              const SimTime until = os.clock() + SimTime::us(100);
                              for (bool enabled = true;;) {
                                const std::uint32_t status = bus.read32(regs::RXW_STATUS);
                                if (field::RXW_STATUS_VALID.in(status)) {
                                  std::uint32_t sum = 0;
                                  for (std::uint32_t at = 0; at < field::RXW_STATUS_LENGTH.get(status); at += 64)
                                    sum = sum * 31 + bus.read32(regs::RXW_DATA);
                                  rig.notes += std::to_string(os.clock().in_ps()) + " " + std::to_string(status) + " " +
                                               std::to_string(sum) + "\n";
                                  const FrameId id = rig.sim->ledger().claim_window(0);
                                  EXPECT_TRUE(id.valid());
                                  rig.sim->ledger().close(id, Fate::consumed, Station::dma, os.clock());
                                  bus.write32(regs::RXW_NEXT, field::RXW_NEXT_DONE.mask());
                                } else if (!enabled) {
                                  break;
                                }
                                if (enabled && os.clock() >= until) {
                                  bus.write32(regs::RXW_CTRL, 0);
                                  enabled = false;
                                }
                              }
                              return 0;
                            }});
  expect_notes(rig, 5);
}

TEST(ExactnessOfTimers, HoldsWhileFramesAreReadThroughTheWindow) { expect_same(reads_the_window, kEngines); }

}  // namespace
}  // namespace nicosim
