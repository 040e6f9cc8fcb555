#include "cli/capture/reader.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace nicosim {
namespace {

struct Magic {
  std::string_view bytes;
  std::string_view advice;
};
// Formats that people hand over by mistake, with what to do about it.
constexpr std::array kForeign{
    Magic{"\x1f\x8b", "compressed with gzip; unpack it first: gunzip -c FILE | ... -"},
    Magic{"\x28\xb5\x2f\xfd", "compressed with zstd; unpack it first: zstd -dc FILE | ... -"},
    Magic{"\xfd\x37zX", "compressed with xz; unpack it first: xz -dc FILE | ... -"},
    Magic{"snoo", "a snoop capture; convert it first: editcap FILE capture.pcapng"},
};

struct LinkType {
  std::uint32_t number;
  std::string_view name;
};
// https://www.tcpdump.org/linktypes.html
constexpr std::array kLinkTypes{
    LinkType{0, "NULL, BSD loopback"},
    LinkType{1, "Ethernet"},
    LinkType{6, "Token Ring"},
    LinkType{8, "SLIP"},
    LinkType{9, "PPP"},
    LinkType{10, "FDDI"},
    LinkType{50, "PPP in HDLC framing"},
    LinkType{51, "PPPoE"},
    LinkType{101, "raw IP"},
    LinkType{104, "Cisco HDLC"},
    LinkType{105, "IEEE 802.11"},
    LinkType{107, "Frame Relay"},
    LinkType{108, "OpenBSD loopback"},
    LinkType{113, "Linux cooked, SLL"},
    LinkType{119, "802.11 with Prism"},
    LinkType{127, "802.11 with radiotap"},
    LinkType{147, "USER0"},
    LinkType{189, "USB, Linux"},
    LinkType{192, "PPI"},
    LinkType{195, "IEEE 802.15.4"},
    LinkType{201, "Bluetooth HCI H4"},
    LinkType{220, "USB, Linux, padded"},
    LinkType{228, "raw IPv4"},
    LinkType{229, "raw IPv6"},
    LinkType{239, "NFLOG"},
    LinkType{276, "Linux cooked v2, SLL2"},
};

std::unique_ptr<CaptureFormat> detect(CaptureInput& input) {
  std::vector<std::byte> magic;
  if (input.take(4, magic) == 0) input.fail(0, "the file is empty; expected a pcap or pcapng capture");
  const std::string_view text{reinterpret_cast<const char*>(magic.data()), magic.size()};
  for (const Magic& foreign : kForeign)
    if (text.starts_with(foreign.bytes)) input.fail(0, std::string{foreign.advice});
  if (magic.size() < 4)
    input.fail(0, fmt::format("{} bytes are all there is; expected a pcap or pcapng capture", magic.size()));

  const std::uint32_t number = load_be32(magic, 0);
  input.put_back(std::move(magic));
  switch (number) {
    case 0xa1b2c3d4:
    case 0xd4c3b2a1:
    case 0xa1b23c4d:
    case 0x4d3cb2a1:
      return open_pcap(input);
    case 0x0a0d0d0a:
      return open_pcapng(input);
    case 0xa1b2cd34:
    case 0x34cdb2a1:
      input.fail(0,
                 "a \"modified\" pcap (magic a1b2cd34), whose packet headers have no agreed size; "
                 "convert it first: editcap FILE capture.pcapng");
    default:
      input.fail(0,
                 fmt::format("magic number {:08x}; expected a pcap (a1b2c3d4, a1b23c4d) or pcapng (0a0d0d0a) capture",
                             number));
  }
}

}  // namespace

CaptureReader::CaptureReader(CaptureInput input) : input_(std::move(input)), format_(detect(input_)) {}

CaptureReader CaptureReader::open(const std::string& path, bool lenient) {
  return CaptureReader{CaptureInput{open_file_source(path), path == "-" ? "standard input" : path, lenient}};
}

CaptureReader CaptureReader::from_memory(Bytes bytes, std::string name, bool lenient) {
  return CaptureReader{CaptureInput{memory_source(bytes), std::move(name), lenient}};
}

std::optional<CapturedPacket> CaptureReader::next() {
  auto packet = format_->next(input_);
  if (packet) packet->index = packets_++;
  return packet;
}

std::string link_type_name(std::uint32_t link_type) {
  const auto known = std::ranges::find(kLinkTypes, link_type, &LinkType::number);
  if (known == kLinkTypes.end()) return fmt::format("{}", link_type);
  return fmt::format("{} ({})", link_type, known->name);
}

void strip_fcs(CapturedPacket& packet, std::uint32_t fcs_bytes) {
  const std::uint32_t payload = packet.original_length > fcs_bytes ? packet.original_length - fcs_bytes : 0;
  if (packet.bytes.size() > payload) packet.bytes.resize(payload);
  packet.original_length = payload;
}

}  // namespace nicosim
