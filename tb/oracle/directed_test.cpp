// Differences that random sequences keep away from, because the devices would go separate ways after them: each shown
// once, the card as the manual says and QEMU as it is.
#include "regmap/descriptors.hpp"
#include "regmap/regmap.hpp"
#include "tb/oracle/card_device.hpp"
#include "tb/oracle/need_qemu.hpp"
#include "tb/oracle/qemu_device.hpp"
#include "tb/oracle/waivers.hpp"
#include "tb/system/run_in_child.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <vector>

namespace nicosim {
namespace {

constexpr unsigned kRing = 8;
constexpr std::uint64_t kBuffers = kTestMemory + 0x1'0000;

// A ring of `posted` descriptors; `null` is the one without a buffer, if any.
void start_receiver(OracleDevice& device, unsigned posted, unsigned null = kRing) {
  device.power_on();
  device.write32(regs::CTRL, field::CTRL_SLU.mask() | field::CTRL_FD.mask());
  for (unsigned i = 0; i < kRing; ++i) {
    RxDescriptor fresh{};
    fresh.address = i == null ? 0 : kBuffers + i * 2048;
    device.store(kTestMemory + i * kDescriptorBytes, fresh.encode());
  }
  device.write32(regs::RDBAL, static_cast<std::uint32_t>(kTestMemory));
  device.write32(regs::RDLEN, kRing * kDescriptorBytes);
  device.write32(regs::RDT, posted);
  device.write32(regs::RCTL, field::RCTL_EN.mask());
  device.settle();
}

void receive(OracleDevice& device, std::size_t size) {
  ByteVector frame(size);
  kStation.store(frame);
  store_be16(frame, 12, 0x88b5);
  device.inject(frame);
  device.settle();
}

// What a device shows in each case; the card's answer is the manual's.
struct Case {
  Waiver waiver;
  std::function<std::uint32_t(OracleDevice&)> ask;
  std::uint32_t card, qemu;
};

std::vector<Case> cases() {
  return {
      {Waiver::GiantAccepted,
       [](OracleDevice& device) {
         start_receiver(device, 4);
         receive(device, 1519);  // 1523 bytes with FCS
         receive(device, 1522);
         receive(device, 1518);
         return device.read32(regs::RDH);
       },
       1, 3},
      {Waiver::NullOverrunsTail,
       [](OracleDevice& device) {
         start_receiver(device, 1, 0);
         receive(device, 60);
         return device.read32(regs::RDH);
       },
       1, 2},
      {Waiver::ResetKeepsAll,
       [](OracleDevice& device) {
         device.power_on();
         device.write32(regs::RDBAL, 0x1230);
         device.write32(regs::CTRL, field::CTRL_RST.mask());
         device.advance(SimTime::us(5));
         return device.read32(regs::RDBAL);
       },
       0, 0x1230},
      {Waiver::IcsReadsCauses,
       [](OracleDevice& device) {
         device.power_on();
         device.write32(regs::ICS, field::ICS_RXT0.mask());
         return device.read32(regs::ICS);
       },
       0, field::ICS_RXT0.mask()},
  };
}

TEST(KnownDifferences, ShowTheManualsBehaviourOnTheCardAndTheirOwnOnQemu) {
  NEED_QEMU();
  in_child([] {
    WaiverUse uses;
    with_card([&](CardDevice& card) {
      QemuDevice qemu;
      for (const Case& c : cases()) {
        const std::string_view name = all_waivers()[static_cast<std::size_t>(c.waiver)].name;
        EXPECT_EQ(c.ask(card), c.card) << name << ", on the card";
        EXPECT_EQ(c.ask(qemu), c.qemu) << name << ", on QEMU";
        if (c.card != c.qemu) uses.count(c.waiver);
      }
    });
    expect_all_needed(uses, "directed");
  });
}

}  // namespace
}  // namespace nicosim
