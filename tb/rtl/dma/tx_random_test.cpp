// Any mixture of descriptors: the wire carries what the manual says, every descriptor is reported as asked.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdlib>

#include "tb/rtl/dma/tx_wire_bench.hpp"

namespace nicosim::test {
namespace {

// The same cases in every run, unless somebody asks for others: RC_PARAMS="seed=7 max_success=10000".
[[maybe_unused]] const int kSeeded = setenv("RC_PARAMS", "seed=1 max_success=300", 0);

using Octets = TxModel::Octets;

enum class Kind : std::uint8_t { legacy, legacy_sum, data, context, tcp, udp, ipv6, wild, broken, odd };

struct Step {
  Kind kind;
  unsigned size;
  std::uint64_t seed;
};
void showValue(const Step& step, std::ostream& out) {
  out << static_cast<int>(step.kind) << ":" << step.size << ":" << step.seed;
}

rc::Gen<Step> any_step() {
  return rc::gen::construct<Step>(
      rc::gen::element(Kind::legacy, Kind::legacy_sum, Kind::data, Kind::data, Kind::context, Kind::tcp, Kind::tcp,
                       Kind::udp, Kind::ipv6, Kind::wild, Kind::broken, Kind::odd),
      rc::gen::inRange(1U, 3000U), rc::gen::inRange<std::uint64_t>(0, 1U << 30U));
}

Octets noise(Rng& rng, std::size_t length) {
  Octets bytes(length);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(rng.next());
  return bytes;
}

unsigned pick(Rng& rng, unsigned limit) { return static_cast<unsigned>(rng.below(limit)); }

// Posts `bytes` in random pieces at random places. Bits that count only in one descriptor are noise in the others.
void post(TxWireBench& bench, Rng& rng, const Octets& bytes, bool extended, bool segment, unsigned popts) {
  const unsigned special = pick(rng, 0x10000);
  const unsigned fixed = (pick(rng, 8) != 0 ? kTxIfcs : 0) | (pick(rng, 2) != 0 ? kTxVle : 0);
  const bool sums = pick(rng, 2) != 0;
  const unsigned css = pick(rng, 80);
  const unsigned cso = pick(rng, 90);
  std::size_t at = 0;
  bool first = true;
  do {
    std::size_t length = bytes.size() - at;
    if (pick(rng, 2) != 0) length = std::min<std::size_t>(length, rng.below(pick(rng, 2) != 0 ? 40 : 1200));
    const bool last = at + length == bytes.size() && pick(rng, 8) != 0;
    const Octets part(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                      bytes.begin() + static_cast<std::ptrdiff_t>(at + length));
    const std::uint64_t address = bench.put(part, pick(rng, 40));
    unsigned command = (last ? kTxEop : 0) | (pick(rng, 2) != 0 ? kTxRs : 0) | (pick(rng, 4) == 0 ? kTxIde : 0);
    const bool counts = segment ? first : last;
    command |= counts ? fixed : pick(rng, 2) * kTxIfcs | pick(rng, 2) * kTxVle;
    const unsigned tag = counts ? special : pick(rng, 0x10000);
    if (extended) {
      command |= first ? (segment ? kTxTse : 0) : pick(rng, 2) * kTxTse;
      bench.data(address, static_cast<unsigned>(length), command, first ? popts : pick(rng, 4), tag);
    } else {
      command |= last ? (sums ? kTxIc : 0) : pick(rng, 2) * kTxIc;
      bench.legacy(address, static_cast<unsigned>(length), command, last ? cso : pick(rng, 256),
                   first ? css : pick(rng, 256), tag);
    }
    if (length != 0) first = false;
    at += length;
    if (last) return;
    if (pick(rng, 10) == 0) bench.context({.tucss = pick(rng, 60)}, pick(rng, 2) * kTxRs);  // only for the next frame
  } while (true);
}

void chain(TxWireBench& bench, Rng& rng, unsigned size, Kind kind) {
  const unsigned link = 14 + pick(rng, 2) * 4 + pick(rng, 3);  // odd ones too
  const bool v6 = kind == Kind::ipv6;
  const unsigned ip = v6 ? 40 : 20 + pick(rng, 3) * 4;
  const bool tcp = kind != Kind::udp;
  const unsigned transport = tcp ? 20 + pick(rng, 10) * 4 : 8;
  TxWireBench::Context c;
  c.ipcss = link;
  c.ipcso = link + 10;
  c.ipcse = link + ip - 1;
  c.tucss = link + ip;
  c.tucso = c.tucss + (tcp ? 16 : 6);
  c.header = c.tucss + transport;
  c.mss = 1 + pick(rng, pick(rng, 3) == 0 ? 60 : 1460);
  if (size / c.mss > 40) c.mss = size / 40 + 1;
  c.payload = size;
  if (kind == Kind::wild) {
    c.ipcss = pick(rng, 256);
    c.ipcso = pick(rng, 256);
    c.ipcse = pick(rng, 2) * pick(rng, 300);
    c.tucss = pick(rng, 256);
    c.tucso = pick(rng, 256);
    c.tucse = pick(rng, 2) * pick(rng, 1500);
    c.header = 1 + pick(rng, 255);
  }
  std::size_t bytes = c.header + c.payload;
  if (kind == Kind::broken) {
    if (pick(rng, 3) == 0) (pick(rng, 2) != 0 ? c.mss : c.header) = 0;  // cannot be used
    bytes = pick(rng, 2) != 0 ? bytes + pick(rng, 500) : 1 + rng.below(bytes);
  }
  bench.context(c, kTxTse | (tcp ? kTxTcp : 0) | (v6 ? 0 : kTxIpv4) | pick(rng, 2) * kTxRs);
  post(bench, rng, noise(rng, bytes), true, true, kind == Kind::tcp ? kTxTxsm | kTxIxsm : pick(rng, 4));
}

void perform(TxWireBench& bench, const Step& step) {
  Rng rng(step.seed, "step");
  switch (step.kind) {
    case Kind::legacy:
    case Kind::legacy_sum:
      post(bench, rng, noise(rng, step.size), false, false, 0);
      break;
    case Kind::data:
      post(bench, rng, noise(rng, step.size), true, false, pick(rng, 4));
      break;
    case Kind::context: {
      TxWireBench::Context c;
      c.ipcss = pick(rng, 60);
      c.ipcso = pick(rng, 70);
      c.ipcse = pick(rng, 2) * pick(rng, 100);
      c.tucss = pick(rng, 80);
      c.tucso = pick(rng, 256);
      c.tucse = pick(rng, 3) == 0 ? pick(rng, 2000) : 0;
      bench.context(c, pick(rng, 2) * kTxTcp);
      break;
    }
    case Kind::odd:
      switch (pick(rng, 4)) {
        case 0:
          bench.data(TxWireBench::kBuffers, 100, kTxRs | kTxEop, 3, 7, 2 + pick(rng, 14));
          break;
        case 1:
          bench.legacy(0, 100, kTxRs | kTxEop | kTxIfcs);
          break;
        case 2:
          bench.data(TxWireBench::kBuffers, 0, kTxRs | kTxEop | kTxIfcs);
          break;
        default:
          post(bench, rng, noise(rng, 16'000 + rng.below(300)), pick(rng, 2) != 0, false, 2);
          break;
      }
      break;
    default:
      chain(bench, rng, step.size, step.kind);
  }
}

RC_GTEST_PROP(TxAnyChain, PutsOnTheWireWhatTheManualSays, ()) {
  const auto steps = *rc::gen::container<std::vector<Step>>(any_step());
  TxModel::Settings settings;
  settings.vlan = *rc::gen::arbitrary<bool>();
  settings.pad = *rc::gen::arbitrary<bool>();
  settings.ethertype = *rc::gen::arbitrary<std::uint16_t>();
  TxWireBench bench(settings);
  auto& timing = bench.memory.timing;
  timing.read_latency = *rc::gen::element(0U, 3U, 90U, 300U);
  timing.r_chance = *rc::gen::element(100U, 100U, 60U);
  timing.ar_chance = *rc::gen::element(100U, 50U);
  for (const Step& step : steps) perform(bench, step);
  RC_ASSERT(bench.settle());
  RC_ASSERT(bench.difference() == "");
}

}  // namespace
}  // namespace nicosim::test
