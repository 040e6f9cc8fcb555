#include "tb/oracle/waivers.hpp"

#include "common/crc32.hpp"
#include "regmap/descriptors.hpp"
#include "regmap/regmap.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <type_traits>

namespace nicosim {
namespace {

using Kind = Observation::Kind;

constexpr std::size_t kMinimum = 60, kFcs = 4, kAddresses = 12, kTagBytes = 4;
constexpr std::uint16_t kVet = 0x8100;  // in every sequence with tags

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::reg:
      return "register";
    case Kind::causes:
      return "causes in ICR";
    case Kind::line:
      return "line agrees with ICR and IMS";
    case Kind::rx_descriptor:
      return "receive descriptor";
    case Kind::rx_frame:
      return "received frame";
    case Kind::guard:
      return "memory behind a received frame";
    case Kind::tx_descriptor:
      return "transmit descriptor";
    case Kind::sent_frame:
      return "sent frame";
  }
  return "";
}

std::string describe(const Observation& o) {
  std::string text{name_of(o.kind)};
  if (o.kind == Kind::reg) text += " " + register_name(o.offset);
  if (o.bytes.empty()) return fmt::format("{} = {:08x}", text, o.value);
  text += fmt::format(" ({} bytes)", o.bytes.size());
  for (std::size_t i = 0; i < std::min<std::size_t>(o.bytes.size(), 32); ++i)
    text += fmt::format(" {:02x}", std::to_integer<unsigned>(o.bytes[i]));
  return text;
}

std::string versus(const Observation& card, const Observation& qemu) {
  std::string text = fmt::format("  card: {}\n  QEMU: {}", describe(card), describe(qemu));
  if (card.kind == qemu.kind && card.bytes.size() == qemu.bytes.size()) {
    const auto [a, b] = std::ranges::mismatch(card.bytes, qemu.bytes);
    if (a != card.bytes.end())
      text += fmt::format("\n  first at byte {}: card {:02x}, QEMU {:02x}", a - card.bytes.begin(),
                          std::to_integer<unsigned>(*a), std::to_integer<unsigned>(*b));
  }
  return text;
}

// ---- one function per kind of observation: true when waivers explain all of the difference
bool same_causes(const Observation& card, const Observation& qemu, WaiverUse& uses) {
  const std::uint32_t only_qemu = qemu.value & ~card.value;
  std::uint32_t waived = 0;
  if (qemu.received && !qemu.ran_low) waived |= field::ICR_RXDMT0.mask();
  if (!qemu.sent) waived |= field::ICR_TXQE.mask();
  if ((card.value & ~qemu.value) != 0 || (only_qemu & ~waived) != 0) return false;
  if (field::ICR_RXDMT0.in(only_qemu)) uses.count(Waiver::Rxdmt0IsALevel);
  if (field::ICR_TXQE.in(only_qemu)) uses.count(Waiver::TxqeWithoutWork);
  return true;
}

// The card's packet checksum must be that of the frame; QEMU has 0.
bool same_rx_descriptor(Bytes card, Bytes qemu, std::optional<std::uint16_t> packet_sum, WaiverUse& uses) {
  DescriptorBytes raw{};
  std::ranges::copy(card, raw.begin());
  RxDescriptor ours = RxDescriptor::decode(raw);
  std::ranges::copy(qemu, raw.begin());
  RxDescriptor theirs = RxDescriptor::decode(raw);
  std::vector<Waiver> needed;
  const auto allow = [&needed](auto& field, auto value, Waiver waiver) {
    if (field == value) return;
    field = static_cast<std::remove_reference_t<decltype(field)>>(value);
    needed.push_back(waiver);
  };
  if ((ours.status & rxd::STATUS_EOP) == 0 && (theirs.status & rxd::STATUS_VP) != 0) {
    theirs.special = 0;
    allow(theirs.status, theirs.status & ~rxd::STATUS_VP, Waiver::TagInEveryDescriptor);
  }
  if ((ours.status & rxd::STATUS_EOP) == 0)
    allow(ours.status, ours.status & rxd::STATUS_DD, Waiver::IxsmOnlyWithEop);
  else
    allow(ours.status, ours.status & ~rxd::STATUS_PIF, Waiver::NoPif);
  if (packet_sum && ours.checksum == *packet_sum) allow(ours.checksum, 0, Waiver::NoPacketChecksum);
  if (ours != theirs) return false;
  for (const Waiver waiver : needed) uses.count(waiver);
  return true;
}

// The card's FCS must be right, with the tag back in its place; what QEMU leaves there does not matter.
bool same_rx_frame(Bytes card, Bytes qemu, std::size_t fcs, std::optional<std::uint16_t> tci, WaiverUse& uses) {
  if (fcs != kFcs || card.size() != qemu.size() || card.size() < kFcs) return false;
  const Bytes frame = card.first(card.size() - kFcs);
  if (!std::ranges::equal(frame, qemu.first(frame.size()))) return false;
  ByteVector whole{frame.begin(), frame.end()};
  if (tci) {
    whole.insert(whole.begin() + kAddresses, kTagBytes, std::byte{0});
    store_be16(whole, kAddresses, kVet);
    store_be16(whole, kAddresses + 2, *tci);
  }
  const std::uint32_t sum = ethernet_fcs(whole);
  for (unsigned i = 0; i < kFcs; ++i)
    if (card[frame.size() + i] != static_cast<std::byte>(sum >> (8 * i))) return false;
  uses.count(Waiver::FcsNotStored);
  return true;
}

// QEMU's ffff for the card's 0 in the checksum of an IPv4 or TCP header, and nothing else. UDP's 0 would say "no sum".
bool same_but_zero_sum(Bytes card, Bytes qemu, WaiverUse& uses) {
  constexpr std::size_t kIpSum = 24, kProtocol = 23, kTcpSum = 50, kHeaders = 54;
  if (card.size() != qemu.size() || card.size() < kHeaders) return false;
  ByteVector fixed{card.begin(), card.end()};
  for (const std::size_t at : {kIpSum, kTcpSum}) {
    if (at == kTcpSum && load8(card, kProtocol) != 6) continue;
    if (load_be16(card, at) == 0 && load_be16(qemu, at) == 0xffff) store_be16(fixed, at, 0xffff);
  }
  if (!std::ranges::equal(fixed, qemu)) return false;
  uses.count(Waiver::ZeroSumAsOnes);
  return true;
}

bool same_but_padding(Bytes card, Bytes qemu, WaiverUse& uses) {
  if (card.size() != kMinimum || qemu.size() >= kMinimum) return false;
  if (!std::ranges::equal(card.first(qemu.size()), qemu)) return false;
  if (std::ranges::any_of(card.subspan(qemu.size()), [](std::byte b) { return b != std::byte{0}; })) return false;
  uses.count(Waiver::ShortFrameNotPadded);
  return true;
}

// PRC64 to PRC1522 for these frames, as the card counts them and as QEMU does: without what is not stored.
unsigned in_class(std::uint32_t offset, const Traffic& traffic, bool qemu) {
  static constexpr std::array<std::size_t, 6> kUpTo{64, 127, 255, 511, 1023, 1 << 16};  // RCTL.LPE: the last has no end
  const std::size_t index = (offset - regs::PRC64) / 4;
  const std::size_t from = index == 0 ? 64 : kUpTo[index - 1] + 1;
  const std::size_t fcs = qemu && traffic.stripped ? kFcs : 0;
  return static_cast<unsigned>(std::ranges::count_if(traffic.stored, [&](const Traffic::Stored& frame) {
    const std::size_t length = frame.length - fcs - (qemu ? frame.tag : 0);
    return length >= from && length <= kUpTo[index];
  }));
}

// A known difference has a known size.
std::optional<Waiver> statistic_waiver(const Observation& card, const Observation& qemu) {
  const Traffic& traffic = *card.traffic;
  const std::uint32_t more = card.value - qemu.value;
  switch (card.offset) {
    case regs::TPR:
      if (more == traffic.arrived - traffic.stored.size()) return Waiver::RejectedNotCounted;
      break;
    case regs::TORL:
      if (more != traffic.arrived_bytes - traffic.stored_bytes + traffic.tag_bytes) break;
      return traffic.tag_bytes != 0 ? Waiver::TagNotCounted : Waiver::RejectedNotCounted;
    case regs::GORCL:
      if (more == traffic.tag_bytes) return Waiver::TagNotCounted;
      break;
    case regs::PRC64:
    case regs::PRC127:
    case regs::PRC255:
    case regs::PRC511:
    case regs::PRC1023:
    case regs::PRC1522:
      if (card.value != in_class(card.offset, traffic, false) || qemu.value != in_class(card.offset, traffic, true))
        break;
      if (traffic.stripped) return Waiver::SizeClassWithoutFcs;
      if (traffic.tag_bytes != 0) return Waiver::TagNotCounted;
      break;
    case regs::MPRC:
      if (more != traffic.exact_groups - traffic.broadcasts_as_groups) break;
      return traffic.exact_groups != 0 ? Waiver::ExactGroupNotCounted : Waiver::BroadcastCountedAsGroup;
    case regs::BPRC:
      if (more == traffic.broadcasts_as_groups) return Waiver::BroadcastCountedAsGroup;
      break;
    case regs::RNBC:
      if (traffic.waited && qemu.value == 0) return Waiver::RnbcNeverCounts;
      break;
    case regs::PTC64:
      if (traffic.padded > 0 && more == traffic.padded) return Waiver::ShortFrameNotPadded;
      break;
    case regs::TSCTC:
      if (more == traffic.single_segments) return Waiver::SingleSegmentNotCounted;
      break;
    case regs::GPTC:
      if (0 - more == traffic.runts) return Waiver::RuntCountedAsGood;
      break;
    case regs::GOTCL:
      if (more != traffic.pad_bytes + traffic.inserted_bytes - traffic.runt_bytes) break;
      if (traffic.runts != 0) return Waiver::RuntCountedAsGood;
      return traffic.inserted_bytes != 0 ? Waiver::TagNotCounted : Waiver::ShortFrameNotPadded;
    case regs::TOTL:
      if (more != traffic.pad_bytes + traffic.inserted_bytes) break;
      return traffic.inserted_bytes != 0 ? Waiver::TagNotCounted : Waiver::ShortFrameNotPadded;
    default:
      break;
  }
  return {};
}

bool same_register(const Observation& card, const Observation& qemu, WaiverUse& uses) {
  std::optional<Waiver> waiver;
  if (card.traffic) waiver = statistic_waiver(card, qemu);
  if (waiver) uses.count(*waiver);
  return waiver.has_value();
}

}  // namespace

std::vector<WaiverText> all_waivers() {
  return {
#define WAIVER(id, test, who, does, manual, section) {Waiver::id, #id, #test, #who, does, manual, section},
#include "tb/oracle/waivers.def"
#undef WAIVER
  };
}

void expect_all_needed(const WaiverUse& uses, std::string_view test) {
  for (const WaiverText& waiver : all_waivers())
    EXPECT_TRUE(waiver.test != test || uses.of(waiver.id) > 0) << "nothing needs the waiver " << waiver.name;
}

std::optional<std::string> difference(const Observation& card, const Observation& qemu, WaiverUse& uses) {
  const bool comparable = card.kind == qemu.kind && card.operation == qemu.operation && card.offset == qemu.offset;
  if (comparable && card.value == qemu.value && card.bytes == qemu.bytes) return {};
  bool same = false;
  if (comparable) {
    switch (card.kind) {
      case Kind::reg:
        same = same_register(card, qemu, uses);
        break;
      case Kind::causes:
        same = same_causes(card, qemu, uses);
        break;
      case Kind::rx_descriptor:
        same = card.value == qemu.value && same_rx_descriptor(card.bytes, qemu.bytes, card.packet_sum, uses);
        break;
      case Kind::rx_frame:
        same = card.value == qemu.value && same_rx_frame(card.bytes, qemu.bytes, card.value, card.tci, uses);
        break;
      case Kind::sent_frame:
        same = (card.value == 1 && same_but_padding(card.bytes, qemu.bytes, uses)) ||
               same_but_zero_sum(card.bytes, qemu.bytes, uses);
        break;
      case Kind::line:
      case Kind::guard:
      case Kind::tx_descriptor:
        break;
    }
  }
  if (same) return {};
  return versus(card, qemu);
}

std::optional<Difference> first_difference(const Log& card, const Log& qemu, WaiverUse& uses) {
  const std::size_t both = std::min(card.size(), qemu.size());
  for (std::size_t i = 0; i < both; ++i)
    if (auto text = difference(card[i], qemu[i], uses)) return Difference{card[i].operation, std::move(*text)};
  if (card.size() == qemu.size()) return {};
  const bool more = card.size() > qemu.size();
  const Observation& extra = more ? card[both] : qemu[both];
  return Difference{extra.operation, fmt::format("  only {} has {}", more ? "card" : "QEMU", describe(extra))};
}

}  // namespace nicosim
