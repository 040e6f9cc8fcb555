#include "tb/oracle/sequence.hpp"

#include "common/rng.hpp"
#include "regmap/descriptors.hpp"
#include "regmap/regmap.hpp"
#include "tb/oracle/features.hpp"
#include "tb/oracle/offload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace nicosim {
namespace {

constexpr std::uint32_t kCauses = 0x0001'f6df;  // those that the family has
constexpr std::size_t kHeader = 14;
constexpr std::size_t kTcpHeaders = 54;
constexpr std::size_t kLongestPiece = 4000;  // what the player has room for
constexpr std::size_t kLongest = 1518;       // without FCS: the card's limit of 1522 bytes
constexpr std::size_t kLongestJumbo = 9014;  // the same with RCTL.LPE, as drivers use it
constexpr std::size_t kTagged = 18;          // Ethernet header with a tag
constexpr std::uint16_t kTag = 0x8100;       // VET
constexpr std::uint16_t kIds = 128;          // VLANs in use

// Registers that both keep, and that do nothing these sequences would notice.
constexpr std::array kPlainRegisters{regs::VET, regs::LEDCTL, regs::WUFC, regs::TXDCTL, regs::VFTA(0), regs::VFTA(127)};

// What the generator must know of the card's state to stay where both devices mean the same (waivers.def, Filter*).
class Generator {
 public:
  explicit Generator(std::uint64_t seed) : rng_(seed, "oracle") { sequence_.seed = seed; }

  Sequence make() {
    setup();
    const std::uint64_t operations = 10 + rng_.below(25);
    for (std::uint64_t i = 0; i < operations; ++i) sequence_.operations.push_back(operation());
    for (const auto kind : {Operation::Kind::look, Operation::Kind::statistics}) {
      Operation last;
      last.kind = kind;
      sequence_.operations.push_back(last);
    }
    return std::move(sequence_);
  }

 private:
  void setup() {
    sequence_.rx_ring = 8U << rng_.below(3);
    sequence_.tx_ring = 8U << rng_.below(2);
    sequence_.rx_posted = 1 + static_cast<unsigned>(rng_.below(sequence_.rx_ring - 1));
    if (rng_.chance(1, 2)) sequence_.rx_alignment = rng_.below(16);
    if (rng_.chance(1, 8)) sequence_.null_every = 2 + static_cast<unsigned>(rng_.below(6));
    std::uint32_t rctl = field::RCTL_EN.mask();
    rctl |= field::RCTL_RDMTS.put(static_cast<std::uint32_t>(rng_.below(3)));
    if (rng_.chance(1, 3)) rctl |= field::RCTL_BSIZE.put(static_cast<std::uint32_t>(rng_.below(4)));
    if (rng_.chance(1, 3)) rctl |= field::RCTL_SECRC.mask();
    jumbo_ = rng_.chance(1, 5);
    if (jumbo_) rctl |= field::RCTL_LPE.mask();
    if (rng_.chance(1, 3)) rctl |= vlans();
    if (rng_.chance(1, 4))
      sequence_.settings.push_back(
          {regs::RXCSUM, field::RXCSUM_PCSS.put(static_cast<std::uint32_t>(rng_.below(kHeader + 1)))});
    sequence_.rctl = rctl_ = filters(rctl);
    sequence_.tctl = field::TCTL_EN.mask() | field::TCTL_CT.put(15) | field::TCTL_COLD.put(64);
    if (!rng_.chance(1, 4)) sequence_.tctl |= field::TCTL_PSP.mask();
    sequence_.settings.push_back({regs::IMS, causes()});
    const std::uint64_t groups = rng_.below(4);
    for (std::uint64_t i = 0; i < groups; ++i) sequence_.settings.push_back(multicast_table());
    if (rng_.chance(1, 2)) {
      const auto [low, high] = receive_address();
      sequence_.settings.push_back(low);
      sequence_.settings.push_back(high);
    }
  }

  // Tags are inserted and taken out, or told and filtered, or all of it. Returns what belongs into RCTL.
  std::uint32_t vlans() {
    tags_ = true;
    const bool vme = rng_.chance(2, 3);
    sequence_.settings.push_back({regs::VET, kTag});
    sequence_.settings.push_back(
        {regs::CTRL, field::CTRL_SLU.mask() | field::CTRL_FD.mask() | (vme ? field::CTRL_VME.mask() : 0)});
    for (unsigned word = 0; word < kIds / 32; ++word)
      sequence_.settings.push_back({regs::VFTA(word), static_cast<std::uint32_t>(rng_.next())});
    return rng_.chance(1, 2) ? field::RCTL_VFE.mask() : 0;
  }
  std::uint16_t tci() { return static_cast<std::uint16_t>((rng_.below(16) << 12U) | rng_.below(kIds)); }

  Operation operation() {
    Operation op;
    const std::uint64_t kind = rng_.below(100);
    if (kind < 30) {
      op.kind = Operation::Kind::receive;
      op.frame = incoming();
    } else if (kind < 48) {
      op.kind = Operation::Kind::send;
      const std::uint64_t frames = 1 + rng_.below(3);
      for (std::uint64_t i = 0; i < frames; ++i) op.frames.push_back(outgoing());
      if (features::kTransmitOffload && rng_.chance(1, 2)) {
        // One at a time: QEMU's socket takes few frames at once.
        const bool segments = rng_.chance(1, 2);
        const bool tcp = segments || rng_.chance(1, 2);
        op.frames = {offloaded(rng_, segments, tcp)};
        tag(op.frames.front());
        cut(op.frames.front());
      }
    } else if (kind < 60) {
      op.kind = Operation::Kind::post;
      op.count = 1 + static_cast<unsigned>(rng_.below(sequence_.rx_ring));
    } else if (kind < 72) {
      op.kind = Operation::Kind::look;
    } else if (kind < 75) {
      op.kind = Operation::Kind::statistics;
    } else if (kind < 78 && sequence_.null_every == 0) {  // QEMU runs over the tail behind a null descriptor
      op.kind = Operation::Kind::starve;
      op.count = 1 + static_cast<unsigned>(rng_.below(3));
      op.frame = frame_to(kStation, 60 + rng_.below(100));
    } else {
      op.kind = Operation::Kind::write;
      op.reg = register_write();
    }
    return op;
  }

  std::uint32_t causes() {
    std::uint32_t mask = kCauses;
    if (rng_.chance(2, 3)) mask &= static_cast<std::uint32_t>(rng_.next());
    return mask;
  }

  std::uint32_t filters(std::uint32_t rctl) {
    rctl &= ~(field::RCTL_UPE.mask() | field::RCTL_MPE.mask() | field::RCTL_BAM.mask() | field::RCTL_MO.mask());
    if (rng_.chance(1, 4)) rctl |= field::RCTL_UPE.mask();
    if (rng_.chance(1, 4)) rctl |= field::RCTL_MPE.mask();
    if (rng_.chance(3, 4)) rctl |= field::RCTL_BAM.mask();
    return rctl | field::RCTL_MO.put(static_cast<std::uint32_t>(rng_.below(4)));
  }

  RegisterWrite multicast_table() {
    const auto word = static_cast<unsigned>(rng_.below(regs::MTA_COUNT));
    const auto first = static_cast<unsigned>(rng_.below(32));
    const auto second = static_cast<unsigned>(rng_.below(32));
    hashes_[word] = (1U << first) | (1U << second);
    return {regs::MTA(word), hashes_[word]};
  }

  std::pair<RegisterWrite, RegisterWrite> receive_address() {
    const auto entry = 1 + static_cast<unsigned>(rng_.below(regs::RAL_COUNT - 1));
    MacAddress address = random_address();
    if (address.is_broadcast()) address = kStation;
    const auto& o = address.octets;
    const std::uint32_t low = o[0] | (o[1] << 8U) | (o[2] << 16U) | (std::uint32_t{o[3]} << 24U);
    std::uint32_t high = o[4] | (o[5] << 8U);
    if (rng_.chance(3, 4)) {
      high |= field::RAH_AV.mask();
      entries_.push_back(address);
    }
    return {{regs::RAL(entry), low}, {regs::RAH(entry), high}};
  }

  RegisterWrite register_write() {
    const std::uint64_t which = rng_.below(10);
    if (which < 2) return {regs::ICS, causes()};
    if (which < 4) return {regs::IMS, causes()};
    if (which < 6) return {regs::IMC, causes()};
    if (which == 6) return {regs::ICR, causes()};
    if (which == 7) return multicast_table();
    if (which == 8) {
      rctl_ = filters(rctl_);
      return {regs::RCTL, rctl_};
    }
    const std::uint32_t offset = kPlainRegisters[rng_.below(kPlainRegisters.size())];
    const auto value = static_cast<std::uint32_t>(rng_.next());
    if (offset == regs::VET) return {offset, 0x8100};  // another would make tags of what is none
    if (offset == regs::TXDCTL) return {offset, field::TXDCTL_WTHRESH.put(1) | field::TXDCTL_GRAN.mask()};
    for (const RegisterInfo& reg : all_registers())
      if (reg.offset == offset) return {offset, value & reg.writable};
    return {offset, value};
  }

  // ---- frames
  MacAddress random_address() {
    MacAddress address;
    for (std::uint8_t& octet : address.octets) octet = static_cast<std::uint8_t>(rng_.next());
    return address;
  }

  bool hash_hit(const MacAddress& a) const {
    static constexpr std::array kShift{4U, 3U, 2U, 0U};
    const unsigned last_two = (unsigned{a.octets[5]} << 8U) | a.octets[4];
    const unsigned hash = (last_two >> kShift[field::RCTL_MO.get(rctl_)]) & 0xfffU;
    const auto word = hashes_.find(hash >> 5U);
    return word != hashes_.end() && (word->second >> (hash & 31U) & 1U) != 0;
  }

  // A group address whose bit in the table is set.
  MacAddress group_in_table() {
    MacAddress address = random_address();
    address.octets[0] |= 1U;
    if (hashes_.empty()) return address;
    for (int attempts = 0; attempts < 20'000 && !hash_hit(address); ++attempts) {
      const std::uint64_t value = rng_.next();
      address.octets[4] = static_cast<std::uint8_t>(value);
      address.octets[5] = static_cast<std::uint8_t>(value >> 8U);
    }
    return address;
  }

  MacAddress destination() {
    const std::uint64_t kind = rng_.below(10);
    if (kind < 4) return kStation;
    if (kind == 4 && !entries_.empty()) return entries_[rng_.below(entries_.size())];
    if (kind == 5) return group_in_table();
    const bool broadcast_is_clear = field::RCTL_BAM.in(rctl_) || !field::RCTL_MPE.in(rctl_);
    if (kind == 6 && broadcast_is_clear && !hash_hit(MacAddress::broadcast())) return MacAddress::broadcast();
    MacAddress address = random_address();
    if (kind == 7) {
      address.octets[0] |= 1U;
      return address;
    }
    address.octets[0] &= 0xfeU;
    return hash_hit(address) ? kStation : address;
  }

  std::size_t frame_size() {
    const std::uint64_t kind = rng_.below(10);
    if (kind < 2) return kHeader + rng_.below(61 - kHeader);  // short: padded
    if (kind == 2) return jumbo_ ? kLongest + 1 + rng_.below(kLongestJumbo - kLongest) : kLongest - rng_.below(8);
    if (kind == 3) return 252 + rng_.below(8);  // around the smallest buffer and the card's longest burst
    return kHeader + rng_.below(kLongest - kHeader + 1);
  }

  ByteVector frame_to(const MacAddress& to, std::size_t size) {
    static constexpr std::array<std::uint16_t, 3> kTypes{0x88b5, 0x0800, 0x0806};
    ByteVector frame(size);
    for (std::byte& b : frame) b = static_cast<std::byte>(rng_.next());
    to.store(frame);
    store8(frame, 6, load8(frame, 6) & 0xfeU);
    store_be16(frame, 12, kTypes[rng_.below(kTypes.size())]);
    return frame;
  }

  ByteVector incoming() {
    const MacAddress to = destination();
    const std::size_t size = frame_size();
    ByteVector frame = frame_to(to, size);
    if (tags_ && size >= kTagged && rng_.chance(1, 2)) {
      store_be16(frame, 12, kTag);
      store_be16(frame, 14, tci());
    }
    return frame;
  }

  // Not where a frame is padded, too: with or without the tag, the manual does not say.
  void tag(TxFrame& frame) {
    if (!tags_ || frame.bytes.size() < 60 || !rng_.chance(1, 2)) return;
    frame.cmd |= txd::CMD_VLE;
    frame.tci = tci();
  }

  TxFrame outgoing() {
    TxFrame frame;
    const MacAddress to = rng_.chance(1, 4) ? MacAddress::broadcast() : random_address();
    const std::size_t size = frame_size();
    frame.bytes = frame_to(to, size);
    frame.alignment = rng_.below(16);
    frame.cmd = txd::CMD_IFCS;
    if (!rng_.chance(1, 4)) frame.cmd |= txd::CMD_RS;
    tag(frame);
    cut(frame);
    return frame;
  }

  // Into up to three descriptors; a header that is to be repeated stays in one piece.
  void cut(TxFrame& frame) {
    std::size_t left = frame.bytes.size();
    std::size_t least = frame.extended ? kTcpHeaders : 1;
    for (std::uint64_t more = rng_.below(3); more > 0 && left > least + 1; --more) {
      const std::size_t piece = std::min(least + rng_.below(left - least), kLongestPiece);
      frame.pieces.push_back(piece);
      left -= piece;
      least = 1;
    }
    for (; left > kLongestPiece; left -= kLongestPiece) frame.pieces.push_back(kLongestPiece);
    frame.pieces.push_back(left);
  }

  Rng rng_;
  Sequence sequence_;
  std::uint32_t rctl_ = 0;
  bool jumbo_ = false, tags_ = false;
  std::map<unsigned, std::uint32_t> hashes_;  // words of MTA
  std::vector<MacAddress> entries_;
};

std::string to_text(Bytes frame) { return fmt::format("{} bytes to {}", frame.size(), MacAddress::from(frame).text()); }

}  // namespace

Sequence make_sequence(std::uint64_t seed) { return Generator{seed}.make(); }

std::string register_name(std::uint32_t offset) {
  for (const RegisterInfo& reg : all_registers())
    for (unsigned i = 0; i < reg.count; ++i)
      if (reg.offset_of(i) == offset)
        return reg.count == 1 ? std::string{reg.name} : fmt::format("{}[{}]", reg.name, i);
  return fmt::format("{:05x}", offset);
}

std::string Operation::text() const {
  switch (kind) {
    case Kind::write:
      return fmt::format("write {} = {:08x}", register_name(reg.offset), reg.value);
    case Kind::look:
      return "look at line and ICR";
    case Kind::post:
      return fmt::format("post {} receive descriptors", count);
    case Kind::receive:
      return "receive " + to_text(frame);
    case Kind::starve:
      return fmt::format("receive {} frames too many, {}", count, to_text(frame));
    case Kind::send: {
      std::string text = "send";
      for (const TxFrame& f : frames)
        text += fmt::format(" [{} in {} {}descriptors, cmd {:02x}, popts {}]", to_text(f.bytes), f.pieces.size(),
                            f.extended ? "data " : "", f.cmd, f.popts);
      return text;
    }
    case Kind::statistics:
      return "read the statistics";
  }
  return "";
}

}  // namespace nicosim
