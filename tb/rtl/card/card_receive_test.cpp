// The receive side of the whole card: registers in, columns in, descriptors and the window out.
#include <gtest/gtest.h>

#include <memory>

#include "Vnic_top.h"
#include "regmap/regmap.hpp"
#include "tb/rtl/axi_memory.hpp"
#include "tb/rtl/axil_bus.hpp"
#include "tb/rtl/card/power_on.hpp"
#include "tb/rtl/xgmii.hpp"

namespace nicosim::tb {
namespace {

constexpr std::uint64_t kRing = 0x10'0000;
constexpr std::uint64_t kBuffers = 0x20'0000;
const MacAddress kUs = *MacAddress::parse("02:00:00:00:0a:01");
const MacAddress kPauseGroup = *MacAddress::parse("01:80:c2:00:00:01");

class CardReceive : public testing::Test {
 protected:
  CardReceive() : card_(power_on(context_)), memory_(0x10'0000, 4 << 20) {
    bus_ = std::make_unique<AxilBus<Vnic_top>>(*card_, [this] { step({}); });
  }
  ~CardReceive() override {
    EXPECT_TRUE(memory_.faults().empty());
    card_->final();
  }

  void step(const xgmii::Column& column) {
    card_->xgmii_rxd_i = column.data;
    card_->xgmii_rxc_i = column.control;
    card_->now_i = now_++;
    lower_clocks(*card_);
    memory_.drive(*card_);
    card_->eval();
    memory_.observe(*card_);
    raise_clocks(*card_);
    card_->eval();
    if (card_->ev_filter_valid_o) filter_kind_ = card_->ev_filter_kind_o;
    if (card_->ev_dma_valid_o) dma_kinds_.push_back(card_->ev_dma_kind_o);
  }
  void send(const xgmii::FrameBytes& frame, unsigned idle = 60) {
    xgmii::Encoder wire;
    wire.frame(frame);
    wire.idle_columns(idle);
    for (const xgmii::Column& column : wire.columns()) step(column);
  }
  void ring() {
    for (unsigned i = 0; i < 7; ++i) {
      const std::uint64_t buffer = kBuffers + i * 2048;
      std::memcpy(memory_.at(kRing + i * 16), &buffer, 8);
    }
    bus_->write(regs::CTRL, field::CTRL_SLU.mask());
    bus_->write(regs::RDBAL, kRing);
    bus_->write(regs::RDLEN, 128);
    bus_->write(regs::RDT, 7);
    EXPECT_EQ(bus_->read(regs::ICR), field::ICR_LSC.mask()) << "the link has come up";
  }
  template <typename T>
  T at(std::uint64_t address) {
    T value;
    std::memcpy(&value, memory_.at(address), sizeof value);
    return value;
  }

  VerilatedContext context_;
  std::unique_ptr<Vnic_top> card_;
  test::AxiMemory memory_;
  std::unique_ptr<AxilBus<Vnic_top>> bus_;
  std::uint64_t now_ = 0;
  unsigned filter_kind_ = 99;
  std::vector<unsigned> dma_kinds_;
  Rng rng_{1, "card_receive"};
};

xgmii::FrameBytes typed(const MacAddress& to, std::initializer_list<unsigned> words, std::size_t length = 60) {
  xgmii::FrameBytes frame(length);
  to.store(frame);
  std::size_t at = 12;
  for (const unsigned word : words) {
    frame[at++] = static_cast<std::byte>(word >> 8U);
    frame[at++] = static_cast<std::byte>(word);
  }
  return xgmii::with_fcs(std::move(frame));
}

TEST_F(CardReceive, ATagIsFilteredStrippedAndToldInTheDescriptor) {
  ring();
  bus_->write(regs::CTRL, field::CTRL_SLU.mask() | field::CTRL_VME.mask());
  bus_->write(regs::VFTA(0x123 / 32), 1U << (0x123 % 32));
  bus_->write(regs::RCTL, field::RCTL_EN.mask() | field::RCTL_VFE.mask());
  send(typed(kUs, {0x8100, 0x2124, 0x0806}));
  EXPECT_EQ(filter_kind_, 9U);
  send(typed(kUs, {0x8100, 0x2123, 0x0806}));
  EXPECT_EQ(filter_kind_, 0U);
  EXPECT_EQ(at<std::uint16_t>(kRing + 8), 60U);
  EXPECT_EQ(at<std::uint8_t>(kRing + 12), 0x0fU);  // DD, EOP, IXSM, VP
  EXPECT_EQ(at<std::uint16_t>(kRing + 14), 0x2123U);
  EXPECT_EQ(at<std::uint16_t>(kBuffers + 12), 0x0608U);
  EXPECT_EQ(bus_->read(regs::GPRC), 1U);
}

TEST_F(CardReceive, AVerifiedHeaderClearsIxsm) {
  ring();
  bus_->write(regs::RXCSUM, field::RXCSUM_IPOFL.mask());
  bus_->write(regs::RCTL, field::RCTL_EN.mask());
  // 45 00 00 1c, no fragment, TTL 64, ICMP, sum, 10.0.0.1 to 10.0.0.2; the sum is 66e3 - 4 for 0x1c bytes and id 0
  for (const unsigned sum : {0x66dfU, 0x66deU})
    send(typed(kUs, {0x0800, 0x4500, 0x001c, 0x0000, 0x0000, 0x4001, sum, 0x0a00, 0x0001, 0x0a00, 0x0002}));
  EXPECT_EQ(at<std::uint8_t>(kRing + 12), 0x43U);  // DD, EOP, IPCS
  EXPECT_EQ(at<std::uint8_t>(kRing + 13), 0U);
  EXPECT_EQ(at<std::uint8_t>(kRing + 16 + 12), 0x43U);
  EXPECT_EQ(at<std::uint8_t>(kRing + 16 + 13), 0x40U);  // IPE
}

TEST_F(CardReceive, PauseIsCountedAndNotDelivered) {
  ring();
  bus_->write(regs::FCT, 0x8808);
  bus_->write(regs::CTRL, field::CTRL_SLU.mask() | field::CTRL_RFCE.mask());
  bus_->write(regs::RCTL, field::RCTL_EN.mask() | field::RCTL_MPE.mask());
  send(typed(kPauseGroup, {0x8808, 0x0001, 0x0010}));
  EXPECT_EQ(filter_kind_, 10U);
  send(typed(kPauseGroup, {0x8808, 0x0001, 0x0000}));
  send(typed(kPauseGroup, {0x8808, 0x0002, 0x0000}));
  EXPECT_EQ(bus_->read(regs::XOFFRXC), 1U);
  EXPECT_EQ(bus_->read(regs::XONRXC), 1U);
  EXPECT_EQ(bus_->read(regs::FCRUC), 1U);
  EXPECT_EQ(bus_->read(regs::GPRC), 0U);
  EXPECT_EQ(bus_->read(regs::TPR), 3U);
  EXPECT_TRUE(dma_kinds_.empty());
}

TEST_F(CardReceive, TheWindowIsReadAtTheSpeedOfTheBus) {
  ring();
  bus_->write(regs::RXW_CTRL, field::RXW_CTRL_EN.mask());
  bus_->write(regs::IMS, field::IMS_RXT0.mask());
  bus_->write(regs::RCTL, field::RCTL_EN.mask());
  std::vector<xgmii::FrameBytes> sent;
  for (const std::size_t length : {64U, 77U, 1518U}) {
    sent.push_back(xgmii::random_frame(rng_, length, kUs));
    send(sent.back());
  }
  for (const xgmii::FrameBytes& frame : sent) {
    for (int i = 0; i < 8; ++i) step({});
    EXPECT_TRUE(card_->intr_o);
    EXPECT_EQ(bus_->read(regs::ICR), field::ICR_RXT0.mask());
    ASSERT_EQ(bus_->read(regs::RXW_STATUS), field::RXW_STATUS_VALID.mask() | frame.size());
    const std::uint64_t start = now_;
    for (std::size_t byte = 0; byte < frame.size(); byte += 4) {
      const std::uint32_t word = bus_->read(regs::RXW_DATA);
      for (std::size_t i = 0; i < 4 && byte + i < frame.size(); ++i)
        ASSERT_EQ(static_cast<std::byte>(word >> (8 * i)), frame[byte + i]) << byte + i;
    }
    EXPECT_LE(now_ - start, (frame.size() + 3) / 4 * 4) << "four cycles a read";
    bus_->write(regs::RXW_NEXT, field::RXW_NEXT_DONE.mask());
  }
  for (int i = 0; i < 8; ++i) step({});
  EXPECT_EQ(bus_->read(regs::RXW_STATUS), 0U);
  EXPECT_EQ(dma_kinds_, (std::vector<unsigned>{1, 1, 1}));
  EXPECT_EQ(bus_->read(regs::RDH), 0U);
  // Back to DMA
  bus_->write(regs::RXW_CTRL, 0);
  send(sent.front());
  EXPECT_EQ(bus_->read(regs::RDH), 1U);
  EXPECT_EQ(dma_kinds_.back(), 0U);
}

}  // namespace
}  // namespace nicosim::tb
