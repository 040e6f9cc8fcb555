// Descriptor bytes are where the manual has them.
#include "regmap/descriptors.hpp"
#include "regmap/tx_context.hpp"

#include <gtest/gtest.h>

namespace nicosim {
namespace {

DescriptorBytes bytes(std::array<unsigned, 16> values) {
  DescriptorBytes b{};
  for (std::size_t i = 0; i < 16; ++i) b[i] = static_cast<std::byte>(values[i]);
  return b;
}

TEST(RxDescriptor, BytesAreLittleEndianInTheManualsOrder) {
  const RxDescriptor d{.address = 0x1122334455667788ULL,
                       .length = 0x0540,
                       .checksum = 0xbeef,
                       .status = rxd::STATUS_DD | rxd::STATUS_EOP,
                       .errors = rxd::ERRORS_RXE,
                       .special = 0x2064};
  const DescriptorBytes expected =
      bytes({0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, 0x40, 0x05, 0xef, 0xbe, 0x03, 0x80, 0x64, 0x20});
  EXPECT_EQ(d.encode(), expected);
  EXPECT_EQ(RxDescriptor::decode(expected), d);
  EXPECT_TRUE(d.done());
}

TEST(TxDescriptor, BytesAreLittleEndianInTheManualsOrder) {
  const TxDescriptor d{.address = 0x0102030405060708ULL,
                       .length = 60,
                       .cso = 0x32,
                       .cmd = txd::CMD_EOP | txd::CMD_IFCS | txd::CMD_RS | txd::CMD_IDE,
                       .sta = txd::STA_DD,
                       .css = 0x22,
                       .special = 0x1fff};
  const DescriptorBytes expected = bytes({8, 7, 6, 5, 4, 3, 2, 1, 60, 0, 0x32, 0x8b, 0x01, 0x22, 0xff, 0x1f});
  EXPECT_EQ(d.encode(), expected);
  EXPECT_EQ(TxDescriptor::decode(expected), d);
}

TEST(TxDescriptor, ReservedBitsBesideTheStatusAreNeitherReadNorWritten) {
  DescriptorBytes b{};
  b[12] = std::byte{0xf1};
  EXPECT_EQ(TxDescriptor::decode(b).sta, txd::STA_DD);
  TxDescriptor d;
  d.sta = 0xff;
  EXPECT_EQ(d.encode()[12], std::byte{0x0f});
}

TEST(TxContext, BytesAreLittleEndianInTheManualsOrder) {
  const TxContext c{.ipcss = 0x0e,
                    .ipcso = 0x18,
                    .ipcse = 0x0121,
                    .tucss = 0x22,
                    .tucso = 0x32,
                    .tucse = 0x0403,
                    .paylen = 0xabcde,
                    .tucmd = TxContext::kDext | TxContext::kTse | TxContext::kIp | TxContext::kTcp,
                    .hdrlen = 0x36,
                    .mss = 0x05b4};
  const DescriptorBytes expected =
      bytes({0x0e, 0x18, 0x21, 0x01, 0x22, 0x32, 0x03, 0x04, 0xde, 0xbc, 0x0a, 0x27, 0x00, 0x36, 0xb4, 0x05});
  EXPECT_EQ(c.encode(), expected);
  EXPECT_EQ(TxContext::decode(expected), c);
  EXPECT_EQ(tx_form(expected), TxForm::context);
}

TEST(TxData, BytesAreLittleEndianInTheManualsOrder) {
  const TxData d{.address = 0x0102030405060708ULL,
                 .length = 0x12345,
                 .cmd = txd::CMD_EOP | txd::CMD_DEXT | TxData::kTse,
                 .popts = txd::POPTS_IXSM | txd::POPTS_TXSM};
  const DescriptorBytes expected = bytes({8, 7, 6, 5, 4, 3, 2, 1, 0x45, 0x23, 0x11, 0x25, 0, 3, 0, 0});
  EXPECT_EQ(d.encode(), expected);
  EXPECT_EQ(TxData::decode(expected), d);
  EXPECT_EQ(tx_form(expected), TxForm::data);
  EXPECT_EQ(tx_form(TxDescriptor{.cmd = txd::CMD_EOP}.encode()), TxForm::legacy);
}

TEST(DescriptorPart, AgreesWithTheStructs) {
  const RxDescriptor d{
      .address = 0xfedcba9876543210ULL, .length = 64, .checksum = 1, .status = 2, .errors = 3, .special = 4};
  const DescriptorBytes b = d.encode();
  EXPECT_EQ(part::RXD_ADDRESS.get(b), d.address);
  EXPECT_EQ(part::RXD_LENGTH.get(b), 64U);
  EXPECT_EQ(part::RXD_CHECKSUM.get(b), 1U);
  EXPECT_EQ(part::RXD_STATUS.get(b), 2U);
  EXPECT_EQ(part::RXD_ERRORS.get(b), 3U);
  EXPECT_EQ(part::RXD_SPECIAL.get(b), 4U);
}

TEST(DescriptorPart, PutChangesNothingElse) {
  DescriptorBytes b{};
  b.fill(std::byte{0xff});
  part::TXD_DTALEN.put(b, 0x12345);
  EXPECT_EQ(part::TXD_DTALEN.get(b), 0x12345U);
  EXPECT_EQ(part::TXD_DTYP.get(b), 0xfU);
  EXPECT_EQ(part::TXD_ADDRESS.get(b), ~0ULL);
}

}  // namespace
}  // namespace nicosim
