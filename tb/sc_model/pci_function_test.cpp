// The configuration space as an operating system probes it.
#include "sc_model/pci_function.hpp"

#include <gtest/gtest.h>
#include <vector>

namespace nicosim {
namespace {

TEST(PciFunction, ShowsItsIdsAndTheSizesOfItsBars) {
  PciFunction pci{[](bool) {}};
  EXPECT_EQ(pci.read32(0x00), 0x100e'8086U);
  EXPECT_EQ(pci.read32(0x08) >> 8U, 0x02'0000U) << "Ethernet controller";
  EXPECT_EQ(pci.read32(0x3c) >> 8U & 0xffU, 1U) << "INTA#";
  pci.write32(0x10, 0xffff'ffff);
  EXPECT_EQ(~(pci.read32(0x10) & ~0xfU) + 1, 128U * 1024U);
  pci.write32(PciFunction::kBar2, 0xffff'ffff);
  EXPECT_EQ(pci.read32(PciFunction::kBar2) & 1U, 1U) << "I/O";
  EXPECT_EQ(~(pci.read32(PciFunction::kBar2) & ~0x3U) + 1, 64U);
  for (const unsigned offset : {0x14U, 0x1cU, 0x20U, 0x24U, PciFunction::kRom, 0x34U}) {
    pci.write32(offset, 0xffff'ffff);
    EXPECT_EQ(pci.read32(offset), 0U) << "no BAR, ROM or capability at " << offset;
  }
  pci.write32(PciFunction::kBar2, 0xc040);
  EXPECT_EQ(pci.io_base(), 0xc040U);
  pci.write32(0x10, 0xf000'0000);
  EXPECT_EQ(pci.bar0(), 0xf000'0000U);
  pci.write32(0x00, 0);
  EXPECT_EQ(pci.read32(0x00), 0x100e'8086U) << "ids cannot be written";
}

TEST(PciFunction, TellsTheCardWhenBusMasteringChangesAndOnlyThen) {
  std::vector<bool> told;
  PciFunction pci{[&told](bool on) { told.push_back(on); }};
  pci.write32(0x04, PciFunction::kCommandMemory);
  EXPECT_TRUE(pci.memory_enabled());
  EXPECT_TRUE(told.empty());
  pci.write32(0x04, PciFunction::kCommandMemory | PciFunction::kCommandBusMaster);
  pci.write32(0x04, PciFunction::kCommandMemory | PciFunction::kCommandBusMaster);
  pci.write32(0x04, 0);
  EXPECT_EQ(told, (std::vector<bool>{true, false}));
}

TEST(PciFunction, TheCommandRegisterKeepsWhatItHasAndStatusIsReadOnly) {
  PciFunction pci{[](bool) {}};
  EXPECT_FALSE(pci.memory_enabled() || pci.io_enabled() || pci.bus_master());
  pci.write32(PciFunction::kCommand, 0xffff'ffff);
  EXPECT_EQ(pci.read32(PciFunction::kCommand) & 0xffffU, 7U);
  EXPECT_TRUE(pci.memory_enabled() && pci.io_enabled() && pci.bus_master());
  const std::uint32_t status = pci.read32(PciFunction::kCommand) >> 16U;
  EXPECT_EQ(status & 1U << 4U, 0U) << "no capability list";
  pci.write32(PciFunction::kCommand, 0);
  EXPECT_EQ(pci.read32(PciFunction::kCommand), status << 16U);
}

TEST(PciFunction, TheInterruptLineIsKeptAndThePinIsNot) {
  PciFunction pci{[](bool) {}};
  pci.write32(0x3c, 0xffff'ff0b);
  EXPECT_EQ(pci.read32(0x3c) & 0xffffU, 0x010bU);
}

}  // namespace
}  // namespace nicosim
