// The same driver code on our card and on QEMU's e1000: what it sees and does must be the same.
#include "regmap/regmap.hpp"
#include "tb/oracle/card_device.hpp"
#include "tb/oracle/driver_host.hpp"
#include "tb/oracle/need_qemu.hpp"
#include "tb/oracle/qemu_device.hpp"
#include "tb/system/run_in_child.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace nicosim {
namespace {

constexpr unsigned kFrames = 50;
constexpr MacAddress kStranger{{0x02, 0x00, 0x00, 0x00, 0x00, 0x99}};

ByteVector frame_for(const MacAddress& to, std::size_t size, unsigned seed) {
  ByteVector frame = frame_of(size, seed);
  to.store(frame);
  store_be16(frame, 12, 0x88b5);  // for local experiments (IEEE 802)
  return frame;
}

std::uint16_t eeprom_word(OracleDevice& device, unsigned address) {
  device.write32(regs::EERD, field::EERD_ADDR.put(address) | field::EERD_START.mask());
  std::uint32_t value = 0;
  for (int i = 0; i < 100 && !field::EERD_DONE.in(value = device.read32(regs::EERD)); ++i)
    device.advance(SimTime::us(50));
  EXPECT_TRUE(field::EERD_DONE.in(value)) << device.name() << ": EEPROM word " << address;
  return static_cast<std::uint16_t>(field::EERD_DATA.get(value));
}

std::uint16_t phy_register(OracleDevice& device, unsigned reg) {
  device.write32(regs::MDIC, field::MDIC_OP.put(2) | field::MDIC_PHYADD.put(1) | field::MDIC_REGADD.put(reg));
  std::uint32_t value = 0;
  for (int i = 0; i < 100 && !field::MDIC_READY.in(value = device.read32(regs::MDIC)); ++i)
    device.advance(SimTime::us(50));
  EXPECT_EQ(value & (field::MDIC_READY.mask() | field::MDIC_ERROR.mask()), field::MDIC_READY.mask())
      << device.name() << ": PHY register " << reg;
  return static_cast<std::uint16_t>(field::MDIC_DATA.get(value));
}

std::string describe(const ByteVector& frame) {
  std::string text = fmt::format("{}:", frame.size());
  for (const std::byte b : frame) fmt::format_to(std::back_inserter(text), "{:02x}", std::to_integer<unsigned>(b));
  return text;
}

// What happened, line by line.
class Life {
 public:
  explicit Life(OracleDevice& device, DriverConfig config) : device_(device), host_(device, std::move(config)) {}

  std::vector<std::string> live() {
    identity();
    host_.up();
    note("address {}, carrier {}", host_.driver.address().text(), host_.driver.carrier());
    receive();
    send();
    promiscuous(true);
    promiscuous(false);
    host_.down();
    after_stop();
    const auto& work = host_.driver.work();
    note("{} frames to the stack, {} spurious", work.frames, work.spurious);
    return lines_;
  }

 private:
  template <class... Values>
  void note(fmt::format_string<Values...> format, Values&&... values) {
    lines_.push_back(fmt::format(format, std::forward<Values>(values)...));
  }

  void identity() {
    device_.power_on();
    unsigned sum = 0;
    for (unsigned address = 0; address < 64; ++address) {
      const std::uint16_t word = eeprom_word(device_, address);
      sum += word;
      if (address < 3) note("EEPROM word {} {:04x}", address, word);
    }
    note("EEPROM sum {:04x}", sum & 0xffffU);
    note("PHY {:04x} {:03x}", phy_register(device_, 2), phy_register(device_, 3) >> 4U);
  }

  void note_received() {
    for (const ByteVector& frame : host_.stack.received) note("received {}", describe(frame));
    host_.stack.received.clear();
  }

  void receive() {
    for (unsigned i = 0; i < kFrames; ++i) {
      const MacAddress to = i % 5 == 4 ? MacAddress::broadcast() : kStation;
      device_.inject(frame_for(to, 60 + i * 29, i));
      if (i % 7 == 0) host_.run();  // one by one, and several at once
    }
    host_.run();
    EXPECT_EQ(host_.stack.received.size(), kFrames) << device_.name();
    note_received();
  }

  void send() {
    std::size_t sent = 0;
    for (unsigned i = 0; i < kFrames; ++i) {
      EXPECT_TRUE(host_.send(frame_for(i % 3 == 0 ? MacAddress::broadcast() : kStranger, 60 + i * 29, 100 + i)));
      host_.run();
      for (const ByteVector& frame : device_.collect()) {
        note("sent {}", describe(frame));
        ++sent;
      }
    }
    EXPECT_EQ(sent, kFrames) << device_.name();
  }

  void promiscuous(bool on) {
    host_.driver.set_rx_mode(on, false, {});
    host_.run();
    for (unsigned i = 0; i < 10; ++i) {
      device_.inject(frame_for(kStranger, 60 + i * 100, 200 + i));
      device_.inject(frame_for(kStation, 61 + i * 100, 300 + i));
    }
    host_.run();
    EXPECT_EQ(host_.stack.received.size(), on ? 20U : 10U) << device_.name();
    note("promiscuous {}", on);
    note_received();
  }

  void after_stop() {
    device_.inject(frame_for(kStation, 100, 400));
    host_.run();
    EXPECT_TRUE(host_.stack.received.empty());
    note("line {}, receiver {}", device_.line(), device_.read32(regs::RCTL) & field::RCTL_EN.mask());
  }

  OracleDevice& device_;
  DriverHost host_;
  std::vector<std::string> lines_;
};

class OurDriver : public testing::TestWithParam<ReceiveMode> {};

TEST_P(OurDriver, LivesTheSameLifeOnCardAndQemu) {
  NEED_QEMU();
  in_child([] {
    DriverConfig config;
    config.mode = GetParam();
    config.rx_ring = 64;
    config.tx_ring = 32;
    with_card([&](CardDevice& card) {
      const std::vector<std::string> ours = Life{card, config}.live();
      QemuDevice qemu;
      const std::vector<std::string> theirs = Life{qemu, config}.live();
      ASSERT_GT(ours.size(), 2 * kFrames);
      for (std::size_t i = 0; i < std::min(ours.size(), theirs.size()); ++i)
        ASSERT_EQ(ours[i], theirs[i]) << "line " << i << " of the two lives";
      EXPECT_EQ(ours.size(), theirs.size());
    });
  });
}

INSTANTIATE_TEST_SUITE_P(EveryReceiveMode, OurDriver, testing::Values(ReceiveMode::napi, ReceiveMode::dma_irq),
                         [](const auto& mode) { return mode.param == ReceiveMode::napi ? "napi" : "dma_irq"; });

}  // namespace
}  // namespace nicosim
