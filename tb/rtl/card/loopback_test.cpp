// The whole card on plain pins: what it sends with RCTL.LBM comes back to itself, and the wire is left alone.
#include <gmock/gmock.h>

#include <cstring>
#include <memory>
#include <vector>

#include "Vnic_top.h"
#include "common/rng.hpp"
#include "regmap/regmap.hpp"
#include "tb/rtl/axi_memory.hpp"
#include "tb/rtl/axil_bus.hpp"
#include "tb/rtl/card/power_on.hpp"
#include "tb/rtl/xgmii.hpp"

namespace nicosim::tb {
namespace {

constexpr std::uint64_t kMemory = 0x10'0000;
constexpr std::uint64_t kRxRing = kMemory, kTxRing = kMemory + 0x1000, kRxBuffers = kMemory + 0x10000,
                        kTxBuffers = kMemory + 0x20000;
constexpr unsigned kPhyLoopback = 3U << 6U;

class Card : public testing::Test {
 protected:
  Card() : card_(power_on(context_)) {
    listen({});
    bus_ = std::make_unique<AxilBus<Vnic_top>>(*card_, [this] { step(); });
  }
  ~Card() override {
    EXPECT_THAT(memory_.faults(), testing::IsEmpty());
    Verilated::threadContextp(&context_);
    card_->final();
  }

  void listen(const xgmii::Column& column) {
    card_->xgmii_rxd_i = column.data;
    card_->xgmii_rxc_i = column.control;
  }
  void step() {
    card_->now_i = now_++;
    lower_clocks(*card_);
    memory_.drive(*card_);
    card_->eval();
    memory_.observe(*card_);
    wire_.column({.data = card_->xgmii_txd_o, .control = card_->xgmii_txc_o});
    raise_clocks(*card_);
    card_->eval();
  }
  void run(unsigned cycles) {
    for (unsigned i = 0; i < cycles; ++i) step();
  }

  void start(unsigned loopback) {
    for (unsigned i = 0; i < 8; ++i) {
      const std::uint64_t buffer = kRxBuffers + 2048UL * i;
      std::memcpy(memory_.at(kRxRing + 16UL * i), &buffer, 8);
    }
    bus_->write(regs::CTRL, field::CTRL_SLU.mask());
    bus_->write(regs::RDBAL, kRxRing);
    bus_->write(regs::RDLEN, 128);
    bus_->write(regs::RDT, 7);
    bus_->write(regs::TDBAL, kTxRing);
    bus_->write(regs::TDLEN, 128);
    bus_->write(regs::RCTL, 0x8002U | 0x18U | loopback);  // EN, BAM, UPE, MPE
    bus_->write(regs::TCTL, 0xaU);                        // EN, PSP
  }
  void send(const std::vector<std::uint8_t>& frame) {
    const std::uint64_t address = kTxBuffers + 2048UL * sent_;
    std::copy(frame.begin(), frame.end(), memory_.at(address));
    const std::uint64_t command = frame.size() | 0x0bULL << 24U;  // EOP, IFCS, RS
    std::memcpy(memory_.at(kTxRing + 16UL * sent_), &address, 8);
    std::memcpy(memory_.at(kTxRing + 16UL * sent_ + 8), &command, 8);
    bus_->write(regs::TDT, ++sent_);
  }
  bool received(unsigned index) { return (*memory_.at(kRxRing + 16UL * index + 12) & 1U) != 0; }

  VerilatedContext context_;
  std::unique_ptr<Vnic_top> card_;
  std::unique_ptr<AxilBus<Vnic_top>> bus_;
  test::AxiMemory memory_{kMemory, 1 << 20};
  xgmii::Decoder wire_;
  std::uint64_t now_ = 0;
  unsigned sent_ = 0;
};

std::vector<std::uint8_t> frame_of(std::size_t length) {
  Rng rng(length, "payload");
  std::vector<std::uint8_t> frame(length);
  for (auto& byte : frame) byte = static_cast<std::uint8_t>(rng.next());
  return frame;
}

TEST_F(Card, WithLoopbackWhatItSendsIsWhatItReceives) {
  start(kPhyLoopback);
  EXPECT_TRUE(card_->loopback_o);
  for (const std::size_t length : {60U, 61U, 700U, 1514U}) send(frame_of(length));
  run(1500);
  EXPECT_TRUE(wire_.frames().empty());
  EXPECT_EQ(wire_.strays(), 0U);
  unsigned index = 0;
  for (const std::size_t length : {60U, 61U, 700U, 1514U}) {
    ASSERT_TRUE(received(index)) << length;
    const std::vector<std::uint8_t> expected = frame_of(length);
    EXPECT_EQ(0, std::memcmp(memory_.at(kRxBuffers + 2048UL * index), expected.data(), length)) << length;
    ++index;
  }
  EXPECT_TRUE(card_->quiescent_o);
}

TEST_F(Card, WithLoopbackTheWireIsNotHeard) {
  start(kPhyLoopback);
  Rng rng(1, "wire");
  xgmii::Encoder encoder;
  encoder.frame(xgmii::random_frame(rng, 100, MacAddress::broadcast()));
  for (const xgmii::Column& column : encoder.columns()) {
    listen(column);
    step();
  }
  listen({});
  run(300);
  EXPECT_FALSE(received(0));
}

TEST_F(Card, WithoutLoopbackTheFrameIsOnTheWireOnly) {
  start(0);
  EXPECT_FALSE(card_->loopback_o);
  send(frame_of(200));
  run(500);
  ASSERT_EQ(wire_.frames().size(), 1U);
  EXPECT_EQ(wire_.frames()[0].bytes.size(), 204U);
  EXPECT_FALSE(received(0));
}

TEST_F(Card, SwxoffSendsAPauseFrameFromTheStationAddress) {
  start(0);
  bus_->write(regs::FCTTV, 0x55);
  bus_->write(regs::FCAL, 0x00c2'8001);
  bus_->write(regs::FCAH, 0x0100);
  bus_->write(regs::FCT, 0x8808);
  bus_->write(regs::TCTL, 0xaU | 1U << 22U);
  run(50);
  ASSERT_EQ(wire_.frames().size(), 1U);
  const xgmii::FrameBytes& frame = wire_.frames()[0].bytes;
  const std::uint8_t expected[] = {0x01, 0x80, 0xc2, 0x00, 0x00, 0x01, 0x02, 0x00, 0x00,
                                   0x00, 0x0a, 0x01, 0x88, 0x08, 0x00, 0x01, 0x00, 0x55};
  EXPECT_EQ(0, std::memcmp(frame.data(), expected, sizeof expected));
  EXPECT_TRUE(wire_.frames()[0].fcs_ok());
  EXPECT_EQ(bus_->read(regs::XOFFTXC), 1U);
}

}  // namespace
}  // namespace nicosim::tb
