#include "tb/oracle/offload.hpp"

namespace nicosim {
namespace {

constexpr std::size_t kIp = 14, kTransport = 34;  // first byte of each header
constexpr std::uint8_t kPoptsIxsm = 1, kPoptsTxsm = 2;
constexpr std::uint8_t kTucmdTcp = 1, kTucmdIp = 2, kTse = 4, kDext = 0x20;

void put(DescriptorBytes& bytes, std::size_t at, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) bytes[at + i] = static_cast<std::byte>(value >> (8 * i));
}

}  // namespace

TxFrame offloaded(Rng& rng, bool segments, bool tcp) {
  const std::size_t headers = kTransport + (tcp ? 20 : 8);
  const std::size_t mss = 200 + rng.below(1261);
  // The last segment is long enough to need no padding, and not full: behind a full one QEMU sends headers alone.
  const std::size_t full = segments ? mss * rng.below(6) : 0;
  const std::size_t payload = full + 20 + (segments ? rng.below(mss - 20) : rng.below(1441));

  TxFrame frame;
  frame.extended = true;
  if (segments) frame.segments = static_cast<unsigned>((payload + mss - 1) / mss);
  frame.alignment = rng.below(16);
  frame.bytes.resize(headers + payload);
  for (std::byte& b : frame.bytes) b = static_cast<std::byte>(rng.next());
  store8(frame.bytes, 0, load8(frame.bytes, 0) & 0xfeU);
  store_be16(frame.bytes, 12, 0x0800);
  store8(frame.bytes, kIp, 0x45);
  store_be16(frame.bytes, kIp + 2, static_cast<std::uint16_t>(segments ? 0 : frame.bytes.size() - kIp));
  store8(frame.bytes, kIp + 9, tcp ? 6 : 17);
  store_be16(frame.bytes, kIp + 10, 0);
  if (tcp)
    store8(frame.bytes, kTransport + 12, 0x50);  // five words
  else
    store_be16(frame.bytes, kTransport + 4, static_cast<std::uint16_t>(8 + payload));

  frame.popts = segments ? kPoptsIxsm | kPoptsTxsm : static_cast<std::uint8_t>(rng.below(4));
  frame.cmd = txd::CMD_IFCS | kDext | (segments ? kTse : 0);
  if (!rng.chance(1, 4)) frame.cmd |= txd::CMD_RS;

  const std::uint8_t tucmd = kTucmdIp | kDext | (tcp ? kTucmdTcp : 0) | (segments ? kTse : 0);
  put(frame.context, 0, kIp, 1);                          // IPCSS
  put(frame.context, 1, kIp + 10, 1);                     // IPCSO
  put(frame.context, 2, kTransport - 1, 2);               // IPCSE
  put(frame.context, 4, kTransport, 1);                   // TUCSS
  put(frame.context, 5, kTransport + (tcp ? 16 : 6), 1);  // TUCSO; TUCSE 0: to the end
  put(frame.context, 8, segments ? payload : 0, 3);       // PAYLEN; DTYP 0
  put(frame.context, 11, tucmd, 1);
  put(frame.context, 13, segments ? headers : 0, 1);
  put(frame.context, 14, segments ? mss : 0, 2);
  return frame;
}

}  // namespace nicosim
