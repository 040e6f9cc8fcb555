// The classic format (draft-ietf-opsawg-pcap): a 24-byte file header, then 16 bytes of header before each packet.
#include "cli/capture/reader.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace nicosim {
namespace {

constexpr std::size_t kFileHeader = 24;
constexpr std::size_t kPacketHeader = 16;

class Pcap final : public CaptureFormat {
 public:
  explicit Pcap(CaptureInput& input) {
    std::vector<std::byte> header;
    if (input.take(kFileHeader, header) < kFileHeader)
      input.fail(header.size(), fmt::format("the file ends inside its header; expected {} bytes", kFileHeader));
    const std::uint32_t magic = load_be32(header, 0);
    order_.big = magic == 0xa1b2c3d4 || magic == 0xa1b23c4d;
    ns_per_tick_ = magic == 0xa1b23c4d || magic == 0x4d3cb2a1 ? 1 : 1000;

    const unsigned major = order_.u16(header, 4);
    const unsigned minor = order_.u16(header, 6);
    if (major != 2 || minor < 3) input.fail(4, fmt::format("pcap version {}.{}; expected 2.4", major, minor));
    snap_length_ = order_.u32(header, 16);
    const std::uint32_t link = order_.u32(header, 20);
    if ((link & 0xffffU) != kLinkTypeEthernet)
      input.fail(20, fmt::format("link type {}; expected {}", link_type_name(link & 0xffffU),
                                 link_type_name(kLinkTypeEthernet)));
    // The top four bits count the FCS in 16-bit words, but only with bit 26 (P) set.
    if ((link & 0x0400'0000U) != 0) fcs_bytes_ = (link >> 28U) * 2;
  }

  std::string_view name() const override { return "pcap"; }

  std::optional<CapturedPacket> next(CaptureInput& input) override {
    if (ended_) return std::nullopt;
    CapturedPacket packet;
    packet.offset = input.offset();
    std::vector<std::byte> header;
    const std::size_t got = input.take(kPacketHeader, header);
    if (got < kPacketHeader) {
      ended_ = true;
      if (got != 0)
        input.complain(packet.offset, "packet header cut off at the end of the file",
                       fmt::format("packet header cut off after {} bytes; expected {}", got, kPacketHeader));
      return std::nullopt;
    }
    packet.timestamp_ns =
        std::int64_t{order_.u32(header, 0)} * 1'000'000'000 + std::int64_t{order_.u32(header, 4)} * ns_per_tick_;
    const std::uint32_t kept = order_.u32(header, 8);
    packet.original_length = order_.u32(header, 12);
    if (kept > kLongestCapturedPacket) {
      // Whatever follows, its beginning is not known any more.
      ended_ = true;
      input.complain(packet.offset + 8, "packet of impossible length, and everything after it",
                     fmt::format("captured length {}; expected at most {}", kept, kLongestCapturedPacket));
      return std::nullopt;
    }
    if (const std::size_t there = input.take(kept, packet.bytes); there < kept) {
      ended_ = true;
      input.complain(packet.offset, "last packet cut off at the end of the file",
                     fmt::format("the file ends inside a packet: {} of its {} bytes are there", there, kept));
      return std::nullopt;
    }
    if (kept > packet.original_length) {
      input.complain(
          packet.offset + 8, "captured length above the length on the wire",
          fmt::format("captured length {} is above the length on the wire, {}", kept, packet.original_length));
      packet.original_length = kept;
    } else if (snap_length_ != 0 && kept > snap_length_) {
      input.complain(packet.offset + 8, "captured length above the snapshot length",
                     fmt::format("captured length {} is above the file's snapshot length, {}", kept, snap_length_));
    }
    strip_fcs(packet, fcs_bytes_);
    return packet;
  }

 private:
  ByteOrder order_;
  std::int64_t ns_per_tick_ = 1000;
  std::uint32_t snap_length_ = 0;
  std::uint32_t fcs_bytes_ = 0;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<CaptureFormat> open_pcap(CaptureInput& input) { return std::make_unique<Pcap>(input); }

}  // namespace nicosim
