// Captures of any bytes: pcap and pcapng, strict and lenient, and the guess whose station it was.
#include "cli/capture/reader.hpp"
#include "cli/capture/station_guess.hpp"
#include "tb/fuzz/fuzz.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace nicosim {
namespace {

using fuzz::require;

struct Outcome {
  std::vector<CapturedPacket> packets;
  std::optional<CaptureError> error;
  bool opened = false;
  std::size_t warnings = 0;
};

Outcome read_all(Bytes file, bool lenient) {
  Outcome out;
  try {
    CaptureReader reader = CaptureReader::from_memory(file, "input", lenient);
    out.opened = true;
    while (auto packet = reader.next()) out.packets.push_back(std::move(*packet));
    require(reader.packets() == out.packets.size(), "the reader counts the packets it delivers");
    require(!reader.next(), "after the end there is nothing more");
    out.warnings = reader.warnings().size();
    for (const CaptureWarning& warning : reader.warnings())
      require(warning.count > 0 && warning.first_offset <= file.size(), "a warning names a place in the file");
  } catch (const CaptureError& error) {
    out.error = error;
    require(error.offset <= file.size(), "an error names a byte of the file");
    require(!error.message.empty(), "an error says what is wrong");
  }
  std::uint64_t kept = 0, before = 0;
  for (std::size_t i = 0; i < out.packets.size(); ++i) {
    const CapturedPacket& p = out.packets[i];
    require(p.index == i, "packets are numbered in file order");
    require(p.offset < file.size() && (i == 0 || p.offset > before), "records follow each other in the file");
    require(p.bytes.size() <= kLongestCapturedPacket, "no packet is longer than any may be");
    require(p.bytes.size() <= p.original_length, "nothing was kept that was not on the wire");
    kept += p.bytes.size();
    before = p.offset;
  }
  require(kept <= file.size(), "what was kept was in the file");
  return out;
}

bool same(const CapturedPacket& a, const CapturedPacket& b) {
  return a.timestamp_ns == b.timestamp_ns && a.original_length == b.original_length && a.bytes == b.bytes &&
         a.offset == b.offset;
}

void guess(const std::vector<CapturedPacket>& packets) {
  StationGuess guess;
  for (const CapturedPacket& p : packets) guess.see(p.bytes);
  const auto station = guess.choose("auto");
  if (!station) return;
  require(!station->mac.is_multicast(), "a station has an address of its own");
  require(std::ranges::is_sorted(station->udp_ports), "ports are in order");
}

}  // namespace
}  // namespace nicosim

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace nicosim;
  const Bytes file = std::as_bytes(std::span{data, size});
  using fuzz::require;
  const Outcome strict = read_all(file, false);
  const Outcome lenient = read_all(file, true);
  require(!lenient.error || !lenient.opened, "once it is open, a lenient reader refuses nothing");
  require(lenient.packets.size() >= strict.packets.size(), "a lenient reader finds what a strict one does");
  for (std::size_t i = 0; i < strict.packets.size(); ++i)
    require(same(strict.packets[i], lenient.packets[i]), "and finds it first, and the same");
  if (!strict.error) {
    require(lenient.packets.size() == strict.packets.size() && lenient.warnings == 0,
            "what a strict reader accepts is not worth a warning");
  }
  guess(lenient.packets);
  return 0;
}
