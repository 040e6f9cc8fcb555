// What the blocks are told follows what software wrote.
#include <gtest/gtest.h>

#include "regmap/regmap.hpp"
#include "tb/rtl/csr/csr_bench.hpp"

namespace nicosim::tb {
namespace {

// rx_settings_t: enable store_bad any_unicast any_multicast long_frames broadcast strip_fcs offset[2] threshold[2]
// buffer_bytes[15], first member highest.
unsigned buffer_bytes(CsrBench& card) { return card.pins().rx_settings_o & 0x7fffU; }
bool rx_flag(CsrBench& card, unsigned place) { return (card.pins().rx_settings_o >> (25 - place) & 1U) != 0; }

TEST(Settings, EachRctlFlagReachesItsOwnWire) {
  const Field flags[] = {field::RCTL_EN,  field::RCTL_SBP, field::RCTL_UPE,  field::RCTL_MPE,
                         field::RCTL_LPE, field::RCTL_BAM, field::RCTL_SECRC};
  CsrBench card;
  for (unsigned set = 0; set < std::size(flags); ++set) {
    card.write(regs::RCTL, flags[set].mask());
    for (unsigned seen = 0; seen < std::size(flags); ++seen) EXPECT_EQ(rx_flag(card, seen), seen == set);
  }
}

TEST(Settings, RctlMultiBitFieldsReachTheReceiver) {
  CsrBench card;
  card.write(regs::RCTL, field::RCTL_MO.put(2) | field::RCTL_RDMTS.put(1));
  EXPECT_EQ(card.pins().rx_settings_o >> 17 & 3U, 2U);
  EXPECT_EQ(card.pins().rx_settings_o >> 15 & 3U, 1U);
}

TEST(Settings, BufferSizesAreTheManuals) {
  const unsigned expected[8] = {2048, 1024, 512, 256, 2048, 16384, 8192, 4096};  // BSEX, BSIZE; 4 is reserved
  CsrBench card;
  for (unsigned i = 0; i < 8; ++i) {
    card.write(regs::RCTL, field::RCTL_BSEX.put(i >> 2) | field::RCTL_BSIZE.put(i & 3U));
    EXPECT_EQ(buffer_bytes(card), expected[i]) << i;
  }
}

TEST(Settings, TransmitSettingsReachTheTransmitter) {
  CsrBench card;
  card.write(regs::TIPG, 0x00602008);
  card.write(regs::TCTL, field::TCTL_EN.mask());
  EXPECT_EQ(card.pins().tx_settings_o, 0x808U);
  card.write(regs::TCTL, field::TCTL_PSP.mask());
  EXPECT_EQ(card.pins().tx_settings_o, 0x408U);
}

TEST(Settings, RingsAreHandedOnWhole) {
  CsrBench card;
  card.write(regs::RDBAL, 0x89ab'cdef);
  card.write(regs::RDBAH, 0x0123'4567);
  card.write(regs::RDLEN, 0x1000);
  card.write(regs::RDT, 255);
  card.write(regs::TDBAL, 0x1000);
  card.write(regs::TDBAH, 1);
  card.write(regs::TDLEN, 0xf'ff80);
  card.write(regs::TDT, 7);
  // ring_t: base[64] bytes[20] tail[16]; the packed struct's word 0 is lowest
  const auto base = [](const VlWide<4>& ring) {
    return (std::uint64_t{ring[3]} << 60U) | (std::uint64_t{ring[2]} << 28U) | (ring[1] >> 4U);
  };
  const auto bytes = [](const VlWide<4>& ring) { return (ring[1] & 0xfU) << 16U | ring[0] >> 16U; };
  const auto tail = [](const VlWide<4>& ring) { return ring[0] & 0xffffU; };
  EXPECT_EQ(base(card.pins().rx_ring_o), 0x0123'4567'89ab'cde0ULL);
  EXPECT_EQ(bytes(card.pins().rx_ring_o), 0x1000U);
  EXPECT_EQ(tail(card.pins().rx_ring_o), 255U);
  EXPECT_EQ(base(card.pins().tx_ring_o), 0x1'0000'1000ULL);
  EXPECT_EQ(bytes(card.pins().tx_ring_o), 0xf'ff80U);
  EXPECT_EQ(tail(card.pins().tx_ring_o), 7U);
}

std::uint64_t receive_address(CsrBench& card, unsigned n) {
  std::uint64_t value = 0;
  for (unsigned bit = 0; bit < 48; ++bit) {
    const unsigned at = 48 * n + bit;
    value |= std::uint64_t{card.pins().ra_addr_o[at / 32] >> (at % 32) & 1U} << bit;
  }
  return value;
}

TEST(Settings, TheStationAddressIsReceiveAddressZero) {
  CsrBench card;
  EXPECT_EQ(receive_address(card, 0), kStation);
  EXPECT_EQ(card.pins().ra_valid_o, 1U);
}

TEST(Settings, ReceiveAddressesAreInWireOrderAndOnlyValidDestinationsCount) {
  CsrBench card;
  card.write(regs::RAL(15), 0x4433'2211);
  card.write(regs::RAH(15), field::RAH_AV.mask() | 0x6655);
  EXPECT_EQ(receive_address(card, 15), 0x1122'3344'5566ULL);
  EXPECT_EQ(card.pins().ra_valid_o, 0x8001U);
  card.write(regs::RAH(15), field::RAH_AV.mask() | field::RAH_AS.put(1) | 0x6655);  // source addresses
  EXPECT_EQ(card.pins().ra_valid_o, 1U);
  card.write(regs::RAH(15), 0x6655);
  EXPECT_EQ(card.pins().ra_valid_o, 1U);
}

TEST(Settings, EveryBitOfTheMulticastTableIsItsOwn) {
  CsrBench card;
  for (unsigned word = 0; word < regs::MTA_COUNT; ++word) card.write(regs::MTA(word), 1U << (word % 32));
  for (unsigned index = 0; index < 4096; ++index) {
    card.pins().mta_index_i = static_cast<std::uint16_t>(index);
    card.step();
    EXPECT_EQ(card.pins().mta_bit_o != 0, index % 32 == index / 32 % 32) << index;
  }
}

TEST(Settings, LinkComesUpWithSluAndTellsSo) {
  CsrBench card;
  EXPECT_FALSE(field::STATUS_LU.in(card.read(regs::STATUS)));
  card.write(regs::CTRL, field::CTRL_SLU.mask());
  EXPECT_TRUE(field::STATUS_LU.in(card.read(regs::STATUS)));
  EXPECT_EQ(card.read(regs::ICR), field::ICR_LSC.mask());
  card.write(regs::CTRL, field::CTRL_SLU.mask() | field::CTRL_PHY_RST.mask());
  EXPECT_FALSE(field::STATUS_LU.in(card.read(regs::STATUS)));
  EXPECT_EQ(card.read(regs::ICR), field::ICR_LSC.mask());
  card.write(regs::CTRL, field::CTRL_SLU.mask() | field::CTRL_PHY_RST.mask());
  EXPECT_EQ(card.read(regs::ICR), 0U);
}

TEST(Settings, AStandingDmaEngineIsReported) {
  CsrBench card;
  card.pins().rx_dma_error_i = 1;
  EXPECT_EQ(card.read(regs::DMA_STATUS), field::DMA_STATUS_RX_ERROR.mask());
  card.pins().rx_dma_error_i = 0;
  card.pins().tx_dma_error_i = 1;
  EXPECT_EQ(card.read(regs::DMA_STATUS), field::DMA_STATUS_TX_ERROR.mask());
}

TEST(Settings, PacketBufferShareForTransmitIsTheRest) {
  CsrBench card;
  card.write(regs::PBA, 40);
  EXPECT_EQ(card.read(regs::PBA), 24U << 16 | 40U);
}

}  // namespace
}  // namespace nicosim::tb
