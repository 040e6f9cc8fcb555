// The register table is consistent with itself, and a few numbers are as the manual has them.
#include "regmap/regmap.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace nicosim {
namespace {

TEST(RegisterTable, EveryOffsetIsAlignedInsideTheBarAndUsedOnce) {
  std::map<std::uint32_t, std::string> taken;
  for (const RegisterInfo& r : all_registers()) {
    for (unsigned i = 0; i < r.count; ++i) {
      const std::uint32_t offset = r.offset_of(i);
      EXPECT_EQ(offset % 4, 0U) << r.name;
      EXPECT_LT(offset, regs::kBytes) << r.name;
      EXPECT_TRUE(taken.emplace(offset, r.name).second) << r.name << " lies on " << taken[offset];
    }
  }
}

TEST(RegisterTable, FieldsOfARegisterDoNotOverlap) {
  for (const RegisterInfo& r : all_registers()) {
    std::uint32_t used = 0;
    for (const FieldInfo& f : r.fields) {
      ASSERT_GE(f.bits.width, 1U) << r.name << '.' << f.name;
      ASSERT_LE(f.bits.lsb + f.bits.width, 32U) << r.name << '.' << f.name;
      EXPECT_EQ(used & f.bits.mask(), 0U) << r.name << '.' << f.name;
      used |= f.bits.mask();
    }
  }
}

TEST(RegisterTable, ResetValuesSetOnlyBitsThatExist) {
  for (const RegisterInfo& r : all_registers()) {
    if (r.fields.empty() || !r.alias_of.empty()) continue;
    std::uint32_t exist = 0;
    for (const FieldInfo& f : r.fields) exist |= f.bits.mask();
    EXPECT_EQ(r.reset & ~exist, 0U) << r.name;
  }
}

TEST(RegisterTable, EveryFieldBelongsToARegisterOfTheTable) {
  std::size_t reached = 0;
  for (const RegisterInfo& r : all_registers()) reached += r.fields.size();
  std::size_t declared = 0;
#define FIELD(reg, name, lsb, width, access, text) ++declared;
#include "regmap/table.def"
  EXPECT_EQ(reached, declared);
}

TEST(RegisterTable, WhatIsReadOnlyOrLiveIsNotWritable) {
  for (const RegisterInfo& r : all_registers()) {
    if (r.access == Access::Ro) {
      EXPECT_EQ(r.writable, 0U) << r.name;
    }
    for (const FieldInfo& f : r.fields) {
      if (f.access == Access::Ro || f.access == Access::Live || f.access == Access::SelfClearing) {
        EXPECT_EQ(r.writable & f.bits.mask(), 0U) << r.name << '.' << f.name;
      }
    }
  }
}

TEST(RegisterTable, AnAliasReadsAndWritesLikeItsTarget) {
  const RegisterInfo* ctrl = find_register("CTRL");
  const RegisterInfo* dup = find_register("CTRL_DUP");
  ASSERT_TRUE(ctrl != nullptr && dup != nullptr);
  EXPECT_EQ(dup->offset, 4U);
  EXPECT_EQ(dup->reset, ctrl->reset);
  EXPECT_EQ(dup->writable, ctrl->writable);
}

// The values that the unmodified Linux driver writes must survive: it reads several of them back.
TEST(RegisterTable, WhatLinuxWritesIsKept) {
  const std::map<std::string_view, std::uint32_t> writes{
      {"CTRL", 0x48000241}, {"RCTL", 0x0000801a}, {"TCTL", 0x0103f0fa}, {"TIPG", 0x00602008},
      {"RDLEN", 0x1000},    {"TDLEN", 0x1000},    {"PBA", 0x30},        {"VET", 0x8100},
      {"TIDV", 8},          {"TADV", 0x20},       {"RADV", 8},          {"ITR", 0xc3},
      {"FCTTV", 0xffff},    {"RXCSUM", 0x200},    {"IMS", 0x9d},        {"TXDCTL", 0x01010000}};
  for (const auto& [name, value] : writes) {
    const RegisterInfo* r = find_register(name);
    ASSERT_NE(r, nullptr) << name;
    EXPECT_EQ(value & ~r->writable, 0U) << name;
  }
}

TEST(Field, PutGetAndReplaceTouchOnlyTheirBits) {
  EXPECT_EQ(field::RCTL_BSIZE.mask(), 0x00030000U);
  EXPECT_EQ(field::RCTL_BSIZE.put(2), 0x00020000U);
  EXPECT_EQ(field::RCTL_BSIZE.put(0xff), 0x00030000U);
  EXPECT_EQ(field::RCTL_BSIZE.get(0xfffeffffU), 2U);
  EXPECT_EQ(field::RCTL_BSIZE.replace(0xffffffffU, 1), 0xfffdffffU);
  EXPECT_EQ((Field{0, 32}.mask()), 0xffffffffU);
}

TEST(Offsets, AreTheManuals) {
  EXPECT_EQ(regs::RAL(1), 0x5408U);
  EXPECT_EQ(regs::RAH(15), 0x547cU);
  EXPECT_EQ(regs::MTA(127), 0x53fcU);
  EXPECT_EQ(regs::VFTA(127), 0x57fcU);
  EXPECT_EQ(regs::GORCL, 0x4088U);
  EXPECT_EQ(regs::TOTH, 0x40ccU);
  EXPECT_EQ(regs::TDT, 0x3818U);
}

}  // namespace
}  // namespace nicosim
