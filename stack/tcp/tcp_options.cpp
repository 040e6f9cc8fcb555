#include "stack/tcp/tcp_options.hpp"

#include <algorithm>

namespace nicosim {
namespace {

enum Kind : std::uint8_t {
  kEnd = 0,
  kNop = 1,
  kMss = 2,
  kWindowScale = 3,
  kSackPermitted = 4,
  kSack = 5,
  kTimestamp = 8
};

void read_option(TcpOptions& out, std::uint8_t kind, Bytes option, bool on_syn) {
  const std::size_t size = option.size();
  switch (kind) {
    case kMss:
      if (on_syn && size == 4 && load_be16(option, 2) != 0) out.mss = load_be16(option, 2);
      return;
    case kWindowScale:
      if (on_syn && size == 3) out.window_scale = std::min(load8(option, 2), TcpOptions::kMostScale);
      return;
    case kSackPermitted:
      if (on_syn && size == 2) out.sack_permitted = true;
      return;
    case kTimestamp:
      if (size != 10) return;
      out.saw_tstamp = true;
      out.tsval = load_be32(option, 2);
      out.tsecr = load_be32(option, 6);
      return;
    case kSack:
      if (size < 10 || (size - 2) % 8 != 0) return;
      out.num_sacks = std::min<std::size_t>((size - 2) / 8, out.sacks.size());
      for (std::size_t i = 0; i < out.num_sacks; ++i)
        out.sacks[i] = {load_be32(option, 2 + 8 * i), load_be32(option, 6 + 8 * i)};
      return;
    default:
      return;  // unknown ones are skipped (RFC 9293, MUST-6)
  }
}

}  // namespace

std::size_t TcpOptions::bytes() const {
  std::size_t n = 0;
  if (mss) n += 4;
  if (saw_tstamp) n += kTimestampBytes;
  if (sack_permitted && !saw_tstamp) n += 4;
  if (window_scale) n += 4;
  if (num_sacks > 0) n += kSackBaseBytes + kSackPerBlockBytes * num_sacks;
  return n;
}

TcpOptions parse_tcp_options(Bytes options, bool on_syn) {
  TcpOptions out;
  for (std::size_t at = 0; at < options.size();) {
    const std::uint8_t kind = load8(options, at);
    if (kind == kEnd) break;
    if (kind == kNop) {
      ++at;
      continue;
    }
    if (at + 1 >= options.size()) break;
    const std::size_t size = load8(options, at + 1);
    if (size < 2 || at + size > options.size()) break;
    read_option(out, kind, options.subspan(at, size), on_syn);
    at += size;
  }
  return out;
}

void write_tcp_options(std::span<std::byte> to, const TcpOptions& options) {
  std::size_t at = 0;
  const auto word = [&](unsigned a, unsigned b, unsigned c, unsigned d) {
    store_be32(to, at, a << 24U | b << 16U | c << 8U | d);
    at += 4;
  };
  const auto number = [&](std::uint32_t value) {
    store_be32(to, at, value);
    at += 4;
  };
  if (options.mss) word(kMss, 4, *options.mss >> 8U, *options.mss & 0xffU);
  if (options.saw_tstamp) {
    if (options.sack_permitted)
      word(kSackPermitted, 2, kTimestamp, 10);
    else
      word(kNop, kNop, kTimestamp, 10);
    number(options.tsval);
    number(options.tsecr);
  } else if (options.sack_permitted) {
    word(kNop, kNop, kSackPermitted, 2);
  }
  if (options.window_scale) word(kNop, kWindowScale, 3, *options.window_scale);
  if (options.num_sacks == 0) return;
  word(kNop, kNop, kSack, static_cast<unsigned>(2 + 8 * options.num_sacks));
  for (const SackBlock& block : options.sack_blocks()) {
    number(block.start);
    number(block.end);
  }
}

}  // namespace nicosim
