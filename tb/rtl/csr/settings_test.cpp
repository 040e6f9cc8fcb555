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

// thresholds_t: prefetch[6] host[6] write_back[6] descriptors low[7]
TEST(Settings, TheDescriptorThresholdsReachTheirOwnRing) {
  CsrBench card;
  EXPECT_EQ(card.pins().rx_thresholds_o, 1U << 8 | 1U << 7) << "one descriptor at a time, as RXDCTL resets";
  EXPECT_EQ(card.pins().tx_thresholds_o, 0U);
  card.write(regs::RXDCTL, field::RXDCTL_PTHRESH.put(0x2a) | field::RXDCTL_HTHRESH.put(0x15) |
                               field::RXDCTL_WTHRESH.put(0x33) | field::RXDCTL_GRAN.put(0));
  card.write(regs::TXDCTL, field::TXDCTL_PTHRESH.put(0x15) | field::TXDCTL_HTHRESH.put(0x2a) |
                               field::TXDCTL_WTHRESH.put(0x0c) | field::TXDCTL_GRAN.put(1) |
                               field::TXDCTL_LWTHRESH.put(0x55));
  EXPECT_EQ(card.pins().rx_thresholds_o, 0x2aU << 20 | 0x15U << 14 | 0x33U << 8);
  EXPECT_EQ(card.pins().tx_thresholds_o, 0x15U << 20 | 0x2aU << 14 | 0x0cU << 8 | 1U << 7 | 0x55U);
}

// vlan_settings_t: strip filter check_cfi cfi ethertype[16]
TEST(Settings, EachVlanSettingReachesItsOwnWire) {
  CsrBench card;
  card.write(regs::VET, 0x88a8);
  EXPECT_EQ(card.pins().vlan_o, 0x88a8U);
  card.write(regs::CTRL, field::CTRL_VME.mask());
  EXPECT_EQ(card.pins().vlan_o, 0x8'88a8U);
  card.write(regs::CTRL, 0);
  const Field flags[] = {field::RCTL_VFE, field::RCTL_CFIEN, field::RCTL_CFI};
  for (unsigned set = 0; set < 3; ++set) {
    card.write(regs::RCTL, flags[set].mask());
    EXPECT_EQ(card.pins().vlan_o, 4U >> set << 16 | 0x88a8U);
  }
}

// rx_checksum_settings_t: start[8] ip tcp_udp
TEST(Settings, ChecksumSettingsReachTheReceiver) {
  CsrBench card;
  card.write(regs::RXCSUM, field::RXCSUM_PCSS.put(0xa5) | field::RXCSUM_IPOFL.mask());
  EXPECT_EQ(card.pins().rx_checksum_o, 0xa5U << 2 | 2U);
  card.write(regs::RXCSUM, field::RXCSUM_PCSS.put(0x5a) | field::RXCSUM_TUOFL.mask());
  EXPECT_EQ(card.pins().rx_checksum_o, 0x5aU << 2 | 1U);
}

// flow_settings_t: receive transmit discard pass address[48] ethertype[16] timer[16] xon_enable low[16] high[16]
TEST(Settings, FlowControlSettingsReachBothMacs) {
  CsrBench card;
  const auto bits = [&card](unsigned lsb, unsigned width) {
    std::uint64_t value = 0;
    for (unsigned i = 0; i < width; ++i)
      value |= std::uint64_t{card.pins().flow_o[(lsb + i) / 32] >> ((lsb + i) % 32) & 1U} << i;
    return value;
  };
  card.write(regs::FCAL, 0x4433'2211);
  card.write(regs::FCAH, 0x6655);
  card.write(regs::FCT, 0x8808);
  card.write(regs::FCTTV, 0xc35a);
  card.write(regs::FCRTL, field::FCRTL_XONE.mask() | 0x5ab8);
  card.write(regs::FCRTH, 0xa540);
  EXPECT_EQ(bits(65, 48), 0x1122'3344'5566ULL) << "in wire order";
  EXPECT_EQ(bits(49, 16), 0x8808U);
  EXPECT_EQ(bits(33, 16), 0xc35aU);
  EXPECT_EQ(bits(32, 1), 1U);
  EXPECT_EQ(bits(16, 16), 0x5ab8U);
  EXPECT_EQ(bits(0, 16), 0xa540U);
  card.write(regs::FCRTL, 0x5ab8);
  EXPECT_EQ(bits(32, 1), 0U);
  card.write(regs::CTRL, field::CTRL_RFCE.mask());
  EXPECT_EQ(bits(113, 4), 8U);
  card.write(regs::CTRL, field::CTRL_TFCE.mask());
  EXPECT_EQ(bits(113, 4), 4U);
  card.write(regs::CTRL, 0);
  card.write(regs::RCTL, field::RCTL_DPF.mask());
  EXPECT_EQ(bits(113, 4), 2U);
  card.write(regs::RCTL, field::RCTL_PMCF.mask());
  EXPECT_EQ(bits(113, 4), 1U);
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
