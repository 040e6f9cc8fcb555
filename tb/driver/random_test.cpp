// Any order of arrivals, polls, interrupts and transmissions: nothing is lost, doubled or reordered.
#include "tb/driver/rig.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdlib>

namespace nicosim {
namespace {

// The same cases in every run, unless somebody asks for others: RC_PARAMS="seed=7 max_success=10000".
[[maybe_unused]] const int kSeeded = setenv("RC_PARAMS", "seed=1 max_success=500", 0);

struct Step {
  enum class Kind : std::uint8_t { arrive, arrive_bad, interrupt, poll, transmit, card_sends } kind;
  unsigned amount;  // bytes of a frame, budget of a poll, descriptors sent
};

void showValue(const Step& step, std::ostream& out) { out << static_cast<int>(step.kind) << ":" << step.amount; }

rc::Gen<Step> any_step() {
  return rc::gen::construct<Step>(
      rc::gen::element(Step::Kind::arrive, Step::Kind::arrive, Step::Kind::arrive_bad, Step::Kind::interrupt,
                       Step::Kind::poll, Step::Kind::poll, Step::Kind::transmit, Step::Kind::card_sends),
      rc::gen::inRange(1U, 1500U));
}

RC_GTEST_PROP(AnyOrder, DeliversAndSendsEveryGoodFrameInOrder, ()) {
  const auto steps = *rc::gen::container<std::vector<Step>>(any_step());
  const unsigned ring = *rc::gen::element(8U, 16U, 24U, 64U);
  const auto mode = *rc::gen::element(ReceiveMode::napi, ReceiveMode::dma_irq, ReceiveMode::pio);
  Rig rig{{.rx_ring = ring, .tx_ring = ring, .mode = mode}};
  rig.up();
  if (*rc::gen::arbitrary<bool>()) rig.nest_interrupts();
  rig.card.hold_tx = true;
  std::vector<ByteVector> arrived, sent;
  unsigned seed = 0;
  for (const Step& step : steps) {
    ++seed;
    const ByteVector frame = frame_of(14 + step.amount, seed);
    switch (step.kind) {
      case Step::Kind::arrive:  // while the ring has room, every frame must go through
        if (rig.card.room() == 0) break;
        RC_ASSERT(rig.card.receive(frame));
        arrived.push_back(frame);
        break;
      case Step::Kind::arrive_bad:  // three descriptors, or an error, or an absurd length
        if (rig.card.room() < 3) break;
        if (step.amount % 3 == 0) rig.card.receive(frame_of(5000, seed));
        if (step.amount % 3 == 1) rig.card.receive_raw(frame, 0, rxd::ERRORS_RXE);
        if (step.amount % 3 == 2) rig.card.receive_raw(frame, 0, 0, step.amount % 2 == 0 ? 5 : 60'000);
        break;
      case Step::Kind::interrupt:
        rig.interrupts();
        break;
      case Step::Kind::poll:
        rig.softirq(static_cast<int>(1 + step.amount % 64));
        break;
      case Step::Kind::transmit:
        if (rig.send(frame)) sent.push_back(frame);
        break;
      case Step::Kind::card_sends:
        rig.card.send(step.amount % 8);
        break;
    }
  }
  rig.card.send();
  rig.run();
  RC_ASSERT(rig.stack.received == arrived);
  RC_ASSERT(rig.card.sent == sent);
  RC_ASSERT(rig.card.room() == (mode == ReceiveMode::pio ? ScriptedCard::kWindowFrames : ring - 1));
  rig.down();
  RC_ASSERT(rig.ledger.unexplained() == 0U);
}

}  // namespace
}  // namespace nicosim
