// pcapng (draft-ietf-opsawg-pcapng): sections of blocks, each section with its own byte order and interfaces.
//
// Only what carries packets is looked into (interface descriptions, enhanced, simple and obsolete packet blocks);
// name resolution, statistics, secrets and whatever comes later are stepped over.
#include "cli/capture/reader.hpp"
#include "common/int128.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <limits>

namespace nicosim {
namespace {

constexpr std::uint32_t kSectionHeader = 0x0a0d0d0a;  // the same in both byte orders
constexpr std::uint32_t kInterface = 1;
constexpr std::uint32_t kObsoletePacket = 2;
constexpr std::uint32_t kSimplePacket = 3;
constexpr std::uint32_t kEnhancedPacket = 6;
constexpr std::uint32_t kLongestBlock = 16U << 20U;  // of those we look into, as in libpcap
constexpr std::uint32_t kMostInterfaces = 65'536;

struct Interface {
  std::uint32_t link_type = 0;
  std::uint32_t snap_length = 0;  // 0: no limit
  std::uint8_t resolution = 6;    // if_tsresol: 10^-n s, or 2^-n s with the top bit set
  std::int64_t offset_s = 0;      // if_tsoffset
  std::uint32_t fcs_bytes = 0;    // if_fcslen
};

constexpr auto saturate(Int128 v) {
  constexpr Int128 most = std::numeric_limits<std::int64_t>::max();
  constexpr Int128 least = std::numeric_limits<std::int64_t>::min();
  return static_cast<std::int64_t>(std::clamp(v, least, most));
}

std::int64_t to_ns(std::uint64_t ticks, const Interface& interface) {
  const unsigned exponent = interface.resolution & 0x7fU;
  UInt128 ns = ticks;
  if ((interface.resolution & 0x80U) != 0) {
    ns = (ns * 1'000'000'000U) >> exponent;  // below 2^94, and exponent is below 128
  } else {
    for (unsigned i = exponent; i < 9; ++i) ns *= 10;
    for (unsigned i = exponent; i > 9 && ns != 0; --i) ns /= 10;
  }
  return saturate(static_cast<Int128>(ns) + static_cast<Int128>(interface.offset_s) * 1'000'000'000);
}

class Pcapng final : public CaptureFormat {
 public:
  explicit Pcapng(CaptureInput& input) {
    std::vector<std::byte> type;
    input.take(4, type);
    section_header(input, 0);
  }

  std::string_view name() const override { return "pcapng"; }

  std::optional<CapturedPacket> next(CaptureInput& input) override {
    while (!ended_) {
      auto packet = block(input);
      if (packet) return packet;
    }
    return std::nullopt;
  }

 private:
  // The file ends, or its structure is lost: whatever is left cannot be read.
  void end(CaptureInput& input, std::uint64_t offset, const std::string& kind, const std::string& message) {
    ended_ = true;
    input.complain(offset, kind, message);
  }
  void cut_off(CaptureInput& input, std::uint64_t start) {
    end(input, start, "block cut off at the end of the file",
        fmt::format("the file ends at byte {}, inside the block that starts here", input.offset()));
  }

  // One block; a packet if it carried one that is wanted.
  std::optional<CapturedPacket> block(CaptureInput& input) {
    const std::uint64_t start = input.offset();
    std::vector<std::byte> head;
    const std::size_t got = input.take(4, head);
    if (got == 0) {
      ended_ = true;
      return std::nullopt;
    }
    if (got < 4) return cut_off(input, start), std::nullopt;
    const std::uint32_t type = order_.u32(head, 0);
    if (type == kSectionHeader) return section_header(input, start), std::nullopt;
    if (input.take(4, head) < 4) return cut_off(input, start), std::nullopt;
    const std::uint32_t total = order_.u32(head, 4);
    if (!length_is_good(input, start, total)) return std::nullopt;

    const bool wanted =
        type == kInterface || type == kObsoletePacket || type == kSimplePacket || type == kEnhancedPacket;
    std::vector<std::byte> body;
    if (wanted && total > kLongestBlock) {
      end(input, start + 4, "block of impossible length, and everything after it",
          fmt::format("block length {}; expected at most {}", total, kLongestBlock));
      return std::nullopt;
    }
    const std::uint32_t body_bytes = total - 12;
    const std::uint64_t there = wanted ? input.take(body_bytes, body) : input.skip(body_bytes);
    if (there < body_bytes || !trailer_is_good(input, start, total)) {
      if (there < body_bytes) cut_off(input, start);
      return std::nullopt;
    }
    switch (type) {
      case kInterface:
        return interface_description(input, start, body), std::nullopt;
      case kEnhancedPacket:
      case kObsoletePacket:
        return packet_block(input, start, body, type == kObsoletePacket);
      case kSimplePacket:
        return simple_packet(input, start, body);
      default:
        return std::nullopt;
    }
  }

  bool length_is_good(CaptureInput& input, std::uint64_t start, std::uint32_t total) {
    if (total >= 12 && total % 4 == 0) return true;
    end(input, start + 4, "block of impossible length, and everything after it",
        fmt::format("block length {}; expected a multiple of 4, at least 12", total));
    return false;
  }

  // Each block ends with its length once more.
  bool trailer_is_good(CaptureInput& input, std::uint64_t start, std::uint32_t total) {
    std::vector<std::byte> trailer;
    if (input.take(4, trailer) < 4) return cut_off(input, start), false;
    if (order_.u32(trailer, 0) == total) return true;
    end(input, input.offset() - 4, "block whose two lengths differ, and everything after it",
        fmt::format("the block ends with length {}; expected {} as at its start", order_.u32(trailer, 0), total));
    return false;
  }

  void section_header(CaptureInput& input, std::uint64_t start) {
    std::vector<std::byte> head;  // length, byte-order magic, version, section length
    if (input.take(20, head) < 20) return cut_off(input, start);
    const std::uint32_t magic = load_be32(head, 4);
    if (magic != 0x1a2b3c4d && magic != 0x4d3c2b1a)
      return end(input, start + 8, "section without a byte order, and everything after it",
                 fmt::format("byte-order magic {:08x}; expected 1a2b3c4d in either order", magic));
    order_.big = magic == 0x1a2b3c4d;
    const std::uint32_t total = order_.u32(head, 0);
    if (total < 28 || total % 4 != 0)
      return end(input, start + 4, "block of impossible length, and everything after it",
                 fmt::format("section header length {}; expected a multiple of 4, at least 28", total));
    if (const unsigned major = order_.u16(head, 8); major != 1)
      return end(input, start + 12, "section of an unknown version, and everything after it",
                 fmt::format("pcapng version {}.{}; expected 1.0", major, order_.u16(head, 10)));
    if (input.skip(total - 28) < total - 28) return cut_off(input, start);
    if (trailer_is_good(input, start, total)) interfaces_.clear();
  }

  void interface_description(CaptureInput& input, std::uint64_t start, Bytes body) {
    if (body.size() < 8)
      return end(input, start, "interface description too short, and everything after it",
                 fmt::format("interface description of {} bytes; expected at least 8", body.size()));
    if (interfaces_.size() >= kMostInterfaces)
      return end(input, start, "too many interfaces", fmt::format("more than {} interfaces", kMostInterfaces));
    Interface interface;
    interface.link_type = order_.u16(body, 0);
    interface.snap_length = order_.u32(body, 4);
    for_each_option(input, start + 16, body.subspan(8), [&](unsigned code, Bytes value) {
      if (code == 9 && value.size() == 1) interface.resolution = load8(value, 0);
      if (code == 13 && value.size() == 1) interface.fcs_bytes = load8(value, 0);
      if (code == 14 && value.size() == 8) interface.offset_s = static_cast<std::int64_t>(order_.u64(value, 0));
    });
    interfaces_.push_back(interface);
  }

  template <class Use>
  void for_each_option(CaptureInput& input, std::uint64_t start, Bytes options, Use use) {
    std::size_t at = 0;
    while (at + 4 <= options.size()) {
      const unsigned code = order_.u16(options, at);
      const std::size_t length = order_.u16(options, at + 2);
      if (code == 0) return;
      if (length > options.size() - at - 4)
        return input.complain(
            start + at, "option longer than its block",
            fmt::format("option {} of {} bytes; {} are left in its block", code, length, options.size() - at - 4));
      use(code, options.subspan(at + 4, length));
      at += 4 + (length + 3) / 4 * 4;
    }
  }

  // The interface a packet names; nullptr when the packet is to be skipped.
  const Interface* interface_of(CaptureInput& input, std::uint64_t start, std::uint32_t number) {
    if (number >= interfaces_.size()) {
      input.complain(start + 8, "packet of an unknown interface",
                     fmt::format("packet of interface {}; the section has described {}", number, interfaces_.size()));
      return nullptr;
    }
    const Interface& interface = interfaces_[number];
    if (interface.link_type != kLinkTypeEthernet) {
      const std::string is = link_type_name(interface.link_type);
      input.complain(
          start + 8, fmt::format("packet of link type {}", is),
          fmt::format("packet of an interface with link type {}; expected {}", is, link_type_name(kLinkTypeEthernet)));
      return nullptr;
    }
    return &interface;
  }

  // Enhanced and obsolete packet blocks differ only in how the first four bytes name the interface.
  std::optional<CapturedPacket> packet_block(CaptureInput& input, std::uint64_t start, Bytes body, bool obsolete) {
    constexpr std::size_t kFixed = 20;
    if (body.size() < kFixed) return too_short(input, start, body.size(), kFixed), std::nullopt;
    const std::uint32_t number = obsolete ? order_.u16(body, 0) : order_.u32(body, 0);
    const Interface* interface = interface_of(input, start, number);
    if (interface == nullptr) return std::nullopt;
    const std::uint64_t ticks = (std::uint64_t{order_.u32(body, 4)} << 32U) | order_.u32(body, 8);
    last_ns_ = to_ns(ticks, *interface);
    const std::uint32_t kept = order_.u32(body, 12);
    auto packet = make_packet(input, start, 20, body.subspan(kFixed), kept, order_.u32(body, 16), *interface);
    if (!packet) return std::nullopt;
    std::uint32_t fcs_bytes = interface->fcs_bytes;
    const std::size_t padded = (std::size_t{kept} + 3) / 4 * 4;
    if (kFixed + padded < body.size())
      for_each_option(input, start + 8 + kFixed + padded, body.subspan(kFixed + padded),
                      [&](unsigned code, Bytes value) {
                        if (code != 2 || value.size() != 4) return;  // epb_flags, pack_flags: FCS length in bits 5-8
                        const std::uint32_t flagged = (order_.u32(value, 0) >> 5U) & 0xfU;
                        if (flagged != 0) fcs_bytes = flagged;
                      });
    strip_fcs(*packet, fcs_bytes);
    return packet;
  }

  // No interface, no time stamp, no captured length: interface 0, and the time of the packet before.
  std::optional<CapturedPacket> simple_packet(CaptureInput& input, std::uint64_t start, Bytes body) {
    if (body.size() < 4) return too_short(input, start, body.size(), 4), std::nullopt;
    const Interface* interface = interface_of(input, start, 0);
    if (interface == nullptr) return std::nullopt;
    const std::uint32_t original = order_.u32(body, 0);
    const std::uint32_t kept = interface->snap_length == 0 ? original : std::min(original, interface->snap_length);
    auto packet = make_packet(input, start, 0, body.subspan(4), kept, original, *interface);
    if (packet) strip_fcs(*packet, interface->fcs_bytes);
    return packet;
  }

  std::optional<CapturedPacket> make_packet(CaptureInput& input, std::uint64_t start, std::uint64_t length_at,
                                            Bytes data, std::uint32_t kept, std::uint32_t original,
                                            const Interface& interface) {
    if (kept > data.size() || kept > kLongestCapturedPacket) {
      input.complain(start + length_at, "packet of impossible length",
                     fmt::format("captured length {}; its block has room for {}", kept, data.size()));
      return std::nullopt;
    }
    CapturedPacket packet;
    packet.offset = start;
    packet.timestamp_ns = last_ns_;
    packet.original_length = original;
    packet.bytes.assign(data.begin(), data.begin() + kept);
    if (kept > original) {
      input.complain(start + length_at, "captured length above the length on the wire",
                     fmt::format("captured length {} is above the length on the wire, {}", kept, original));
      packet.original_length = kept;
    } else if (interface.snap_length != 0 && kept > interface.snap_length) {
      input.complain(
          start + length_at, "captured length above the snapshot length",
          fmt::format("captured length {} is above the interface's snapshot length, {}", kept, interface.snap_length));
    }
    return packet;
  }

  void too_short(CaptureInput& input, std::uint64_t start, std::size_t is, std::size_t expected) {
    input.complain(start, "packet block too short",
                   fmt::format("packet block of {} bytes; expected at least {}", is, expected));
  }

  ByteOrder order_;
  std::vector<Interface> interfaces_;
  std::int64_t last_ns_ = 0;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<CaptureFormat> open_pcapng(CaptureInput& input) { return std::make_unique<Pcapng>(input); }

}  // namespace nicosim
