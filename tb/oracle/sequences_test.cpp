// Random sequences on our card and on QEMU's e1000: all that software can see must agree, or be waived by name.
//
// NICOSIM_SEED: the first seed (1). NICOSIM_SEQUENCES: how many (2000).
#include "tb/oracle/card_device.hpp"
#include "tb/oracle/features.hpp"
#include "tb/oracle/need_qemu.hpp"
#include "tb/oracle/qemu_device.hpp"
#include "tb/oracle/waivers.hpp"
#include "tb/system/run_in_child.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

namespace nicosim {
namespace {

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* const text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::optional<Difference> compare(OracleDevice& card, OracleDevice& qemu, const Sequence& sequence, WaiverUse& uses) {
  const Log ours = play(card, sequence);
  const Log theirs = play(qemu, sequence);
  return first_difference(ours, theirs, uses);
}

// Leaves out what the difference does not need: everything after it, then one operation after the other.
Sequence shortened(OracleDevice& card, OracleDevice& qemu, Sequence sequence, const Difference& found) {
  WaiverUse ignored;
  if (found.operation == Observation::kSetup) {
    sequence.operations.clear();
    return sequence;
  }
  sequence.operations.resize(found.operation + 1);
  for (std::size_t i = sequence.operations.size(); i-- > 0;) {
    Sequence without = sequence;
    without.operations.erase(without.operations.begin() + static_cast<std::ptrdiff_t>(i));
    if (compare(card, qemu, without, ignored)) sequence = std::move(without);
  }
  return sequence;
}

std::string report(OracleDevice& card, OracleDevice& qemu, const Sequence& sequence, const Difference& found) {
  std::string text = fmt::format("seed {}: card and QEMU differ\n", sequence.seed);
  const Sequence shorter = shortened(card, qemu, sequence, found);
  text += fmt::format("  rings {} and {}, {} receive descriptors posted, alignment {}, RCTL {:08x}, TCTL {:08x}\n",
                      shorter.rx_ring, shorter.tx_ring, shorter.rx_posted, shorter.rx_alignment, shorter.rctl,
                      shorter.tctl);
  for (const RegisterWrite& w : shorter.settings)
    text += fmt::format("  setting {} = {:08x}\n", register_name(w.offset), w.value);
  for (std::size_t i = 0; i < shorter.operations.size(); ++i)
    text += fmt::format("  {}: {}\n", i, shorter.operations[i].text());
  WaiverUse ignored;
  const auto again = compare(card, qemu, shorter, ignored);
  const Difference& shown = again ? *again : found;
  text +=
      shown.operation == Observation::kSetup ? "in the setup:\n" : fmt::format("at operation {}:\n", shown.operation);
  return text + shown.text +
         fmt::format("\nrepeat it with: NICOSIM_SEED={} NICOSIM_SEQUENCES=1 ./nicosim test -R RandomSequences",
                     sequence.seed);
}

TEST(RandomSequences, LeaveTheSameOnCardAndQemuAndEveryWaiverIsNeeded) {
  NEED_QEMU();
  in_child([] {
    const std::uint64_t first = number_from("NICOSIM_SEED", 1), count = number_from("NICOSIM_SEQUENCES", 2000);
    std::cout << "seeds " << first << " to " << first + count - 1 << '\n';
    WaiverUse uses;
    std::size_t observations = 0;
    with_card([&](CardDevice& card) {
      QemuDevice qemu;
      for (std::uint64_t seed = first; seed < first + count; ++seed) {
        const Sequence sequence = make_sequence(seed);
        const Log ours = play(card, sequence);
        const Log theirs = play(qemu, sequence);
        observations += ours.size();
        if (const auto found = first_difference(ours, theirs, uses)) FAIL() << report(card, qemu, sequence, *found);
      }
    });
    std::cout << observations << " observations compared; waived:\n";
    for (const WaiverText& waiver : all_waivers())
      if (uses.of(waiver.id) > 0) std::cout << fmt::format("{:>8}  {}\n", uses.of(waiver.id), waiver.name);
    if (count < 500 || testing::Test::HasFailure()) return;
    expect_all_needed(uses, "sequences");
    if (features::kPacketChecksum) expect_all_needed(uses, "packet_checksum");
    if (features::kTransmitOffload) expect_all_needed(uses, "transmit_offload");
  });
}

}  // namespace
}  // namespace nicosim
