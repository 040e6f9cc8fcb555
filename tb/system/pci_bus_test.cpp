// Memory and I/O accesses to a card as a program on its host makes them: windows, the command register, odd accesses.
#include "sc_model/host/pci_bus.hpp"
#include "regmap/regmap.hpp"
#include "sc_model/pci_function.hpp"
#include "tb/system/rig.hpp"
#include "tb/system/run_in_child.hpp"

#include <gtest/gtest.h>

namespace nicosim {
namespace {

constexpr std::uint32_t kIoAddr = 0, kIoDataPort = 4, kAbort = 0xffff'ffff;
constexpr std::uint32_t kOpen = PciFunction::kCommandIo | PciFunction::kCommandMemory | PciFunction::kCommandBusMaster;

// Runs `use` in a process on a host whose card is up.
void on_a_host(const std::function<void(PciBus&, PciFunction&, Simulation&)>& use) {
  in_child([&] {
    Rig& rig = *new Rig;  // as long as the process
    bool ran = false;
    rig.setup.apps.push_back({"test", [&](Posix&) {
                                use(rig.sim->bus(0), rig.sim->pci(0), *rig.sim);
                                ran = true;
                                return 0;
                              }});
    rig.run();
    EXPECT_TRUE(ran);
  });
}

TEST(PciBus, TheIoWindowReachesEveryRegister) {
  on_a_host([](PciBus& bus, PciFunction&, Simulation&) {
    bus.io_write32(kIoAddr, regs::FCTTV);
    bus.io_write32(kIoDataPort, 0x1234);
    EXPECT_EQ(bus.read32(regs::FCTTV), 0x1234U);
    EXPECT_EQ(bus.io_read32(kIoAddr), regs::FCTTV);
    EXPECT_EQ(bus.io_read32(kIoDataPort), 0x1234U);
    bus.io_write32(kIoAddr, regs::STATUS);
    EXPECT_EQ(bus.io_read32(kIoDataPort), bus.read32(regs::STATUS));
  });
}

TEST(PciBus, AnIoAddressThatIsNoRegisterReadsZeroAndSwallowsWrites) {
  on_a_host([](PciBus& bus, PciFunction& pci, Simulation&) {
    for (const std::uint32_t address : {regs::FCTTV + 1, 0x2'0000U, 0x2'0004U, 0x2'0008U, 0xffff'fffcU}) {
      bus.io_write32(kIoAddr, address);
      bus.io_write32(kIoDataPort, 0);  // at 20000h in the model stands the bus-master bit: not from here
      EXPECT_EQ(bus.io_read32(kIoDataPort), 0U) << address;
      EXPECT_EQ(bus.io_read32(kIoAddr), address);
    }
    EXPECT_TRUE(pci.bus_master());
  });
}

TEST(PciBus, AnIoWriteIsNotPosted) {
  on_a_host([](PciBus& bus, PciFunction&, Simulation& sim) {
    const SimTime before = sim.now();
    bus.io_write32(kIoAddr, regs::CTRL);
    EXPECT_GE(sim.now() - before, SimTime::ns(800)) << "a round trip over the link";
  });
}

TEST(PciBus, CtrlRstThroughTheWindowResetsTheCard) {
  on_a_host([](PciBus& bus, PciFunction&, Simulation&) {
    bus.write32(regs::FCTTV, 0x1234);
    bus.io_write32(kIoAddr, regs::CTRL);
    bus.io_write32(kIoDataPort, field::CTRL_RST.mask());
    EXPECT_EQ(bus.read32(regs::FCTTV), 0U);
    EXPECT_EQ(bus.read32(regs::RCTL), 0U);
  });
}

TEST(PciBus, AClosedWindowReadsOnesAndSwallowsWrites) {
  on_a_host([](PciBus& bus, PciFunction& pci, Simulation&) {
    bus.io_write32(kIoAddr, regs::FCTTV);
    pci.write32(PciFunction::kCommand, kOpen & ~PciFunction::kCommandIo);
    EXPECT_FALSE(bus.has_io());
    bus.io_write32(kIoDataPort, 0x1111);
    EXPECT_EQ(bus.io_read32(kIoDataPort), kAbort);
    EXPECT_NE(bus.read32(regs::FCTTV), 0x1111U);
    pci.write32(PciFunction::kCommand, kOpen & ~PciFunction::kCommandMemory);
    bus.write32(regs::FCTTV, 0x2222);
    EXPECT_EQ(bus.read32(regs::FCTTV), kAbort);
    EXPECT_NE(bus.io_read32(kIoDataPort), 0x2222U) << "I/O is open again";
    pci.write32(PciFunction::kCommand, kOpen);
    bus.write32(regs::FCTTV, 0x3333);
    EXPECT_EQ(bus.read32(regs::FCTTV), 0x3333U);
  });
}

TEST(PciBus, UnalignedAccessesFailAndReservedOffsetsReadZero) {
  on_a_host([](PciBus& bus, PciFunction&, Simulation&) {
    bus.write32(regs::FCTTV, 0x4321);
    bus.write32(regs::FCTTV + 2, 0xffff'ffff);
    EXPECT_EQ(bus.read32(regs::FCTTV + 1), kAbort);
    EXPECT_EQ(bus.read32(regs::FCTTV), 0x4321U);
    bus.write32(0x1'fff0, 0xffff'ffff);
    EXPECT_EQ(bus.read32(0x1'fff0), 0U);
  });
}

}  // namespace
}  // namespace nicosim
