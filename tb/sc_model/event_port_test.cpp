// What the clock engine makes of the card's event port: ids, parents and fates of segments, looped frames and PAUSE.
#include "common/frame_ledger.hpp"
#include "regmap/descriptors.hpp"
#include "regmap/regmap.hpp"
#include "tb/oracle/card_device.hpp"
#include "tb/oracle/offload.hpp"
#include "tb/system/run_in_child.hpp"

#include <functional>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace nicosim {
namespace {

constexpr std::uint64_t kTxRing = kTestMemory, kRxRing = kTestMemory + 0x1000, kRxBuffers = kTestMemory + 0x1'0000,
                        kData = kTestMemory + 0x10'0000;
constexpr unsigned kDescriptors = 64, kBuffer = 2048;

// A card whose rings are up, with the part of a driver that talks to the ledger.
class Host {
 public:
  Host(CardDevice& card, FrameLedger& ledger, std::uint32_t rctl) : card_(card), ledger_(ledger) {
    card.power_on();
    card.write32(regs::CTRL, field::CTRL_SLU.mask() | field::CTRL_RFCE.mask());
    card.advance(SimTime::us(5));  // the link
    for (unsigned i = 0; i < kDescriptors; ++i)
      card.store(kRxRing + i * 16ULL, RxDescriptor{.address = kRxBuffers + i * std::uint64_t{kBuffer}}.encode());
    card.write32(regs::FCAL, 0x00c2'8001);
    card.write32(regs::FCAH, 0x0100);
    card.write32(regs::FCT, 0x8808);
    card.write32(regs::RDBAL, static_cast<std::uint32_t>(kRxRing));
    card.write32(regs::RDLEN, kDescriptors * 16);
    card.write32(regs::RDT, kDescriptors - 1);
    card.write32(regs::RCTL, rctl | field::RCTL_EN.mask());
    card.write32(regs::TDBAL, static_cast<std::uint32_t>(kTxRing));
    card.write32(regs::TDLEN, kDescriptors * 16);
    card.write32(regs::TCTL, field::TCTL_EN.mask() | field::TCTL_PSP.mask());
    card.settle();
  }

  FrameId send(Bytes frame) {
    const FrameId id = ledger_.open_from_host(0, {}, card_.now());
    card_.store(data_, frame);
    ledger_.posted(0, kTxRing + tail_ * 16ULL, id);
    push(TxDescriptor{.address = data_,
                      .length = static_cast<std::uint16_t>(frame.size()),
                      .cmd = txd::CMD_EOP | txd::CMD_IFCS | txd::CMD_RS}
             .encode());
    data_ += 0x4000;
    return id;
  }
  // Context and one data descriptor; the id is posted at the latter.
  FrameId send_chain(const TxFrame& frame) {
    push(frame.context);
    const FrameId id = ledger_.open_from_host(0, {}, card_.now());
    card_.store(data_, frame.bytes);
    DescriptorBytes data{};
    part::TXD_ADDRESS.put(data, data_);
    part::TXD_DTALEN.put(data, frame.bytes.size());
    part::TXD_DTYP.put(data, 1);
    part::TXD_CMD.put(data, frame.cmd | txd::CMD_EOP | txd::CMD_RS);
    part::TXD_POPTS.put(data, frame.popts);
    ledger_.posted(0, kTxRing + tail_ * 16ULL, id);
    push(data);
    data_ += 0x1'0000;
    return id;
  }
  void doorbell() { card_.write32(regs::TDT, tail_); }

  // Takes what the card has written back and reads it; how many frames.
  unsigned read_all() {
    unsigned frames = 0;
    for (;; ++frames) {
      DescriptorBytes bytes;
      card_.load(kRxRing + head_ * 16ULL, bytes);
      if (!RxDescriptor::decode(bytes).done()) return frames;
      const FrameId id = ledger_.claim(0, kRxRing + head_ * 16ULL);
      EXPECT_TRUE(id.valid());
      ledger_.close(id, Fate::read, Station::read, card_.now());
      ++head_;
    }
  }

 private:
  void push(const DescriptorBytes& bytes) { card_.store(kTxRing + tail_++ * 16ULL, bytes); }

  CardDevice& card_;
  FrameLedger& ledger_;
  std::uint32_t tail_ = 0, head_ = 0;
  std::uint64_t data_ = kData;
};

struct Scene {
  CardDevice& card;
  FrameLedger& ledger;
  Host& host;
  EventLog& events;
  const std::string& log;  // up to the last release
};

void on_a_card(std::uint32_t rctl, const std::function<void(Scene&)>& body) {
  in_child([&] {
    std::string& log = *new std::string;  // as long as the process
    EventLog& events = *new EventLog{[&log](std::string_view line) { log += line; }};
    FrameLedger& ledger = *new FrameLedger{events};
    with_card(
        [&](CardDevice& card) {
          Host host{card, ledger, rctl};
          Scene run{card, ledger, host, events, log};
          body(run);
          card.settle();
          // Every frame has one fate, and the fates add up to the frames
          EXPECT_EQ(ledger.unexplained(), 0U);
          std::uint64_t arrived = 0, sent = 0;
          for (const auto& [fate, count] : ledger.totals()) arrived += count;
          for (const auto& [fate, count] : ledger.totals_of_host_frames()) sent += count;
          EXPECT_EQ(arrived, ledger.opened_on_wire());
          EXPECT_EQ(sent, ledger.opened_from_host());
        },
        &ledger);
  });
}

std::size_t count_of(const std::string& text, std::string_view what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

TxFrame chain(std::uint64_t seed, unsigned at_least) {
  Rng rng{seed, "chains"};
  TxFrame frame = offloaded(rng, true, true);
  while (frame.segments < at_least) frame = offloaded(rng, true, true);
  return frame;
}
ByteVector frame_to(const MacAddress& to, std::size_t bytes, std::uint16_t type = 0x0800) {
  ByteVector frame(bytes);
  std::ranges::copy(std::as_bytes(std::span{to.octets}), frame.begin());
  store_be16(frame, 12, type);
  return frame;
}
ByteVector pause_frame(std::uint16_t quanta) {
  ByteVector frame = frame_to(MacAddress{{0x01, 0x80, 0xc2, 0, 0, 1}}, 60, 0x8808);
  store_be16(frame, 14, 1);
  store_be16(frame, 16, quanta);
  return frame;
}

TEST(EventPort, EverySegmentButTheLastIsAChildOfItsChainAndTheLastIsTheChain) {
  on_a_card(0, [](Scene& run) {
    const TxFrame first = chain(1, 3), second = chain(2, 2);
    const FrameId a = run.host.send_chain(first);
    const FrameId b = run.host.send(frame_to(kStation, 100));
    const FrameId c = run.host.send_chain(second);
    run.host.doorbell();
    run.card.settle();
    const std::uint64_t frames = first.segments + 1 + second.segments;
    EXPECT_EQ(run.card.collect().size(), frames);
    EXPECT_EQ(run.ledger.opened_from_host(), frames);
    EXPECT_EQ(run.ledger.count(true, Fate::sent), frames);
    run.events.release(run.card.now());
    EXPECT_EQ(count_of(run.log, "parents=" + a.name() + "\n"), first.segments - 1);
    EXPECT_EQ(count_of(run.log, "parents=" + b.name() + "\n"), 0U);
    EXPECT_EQ(count_of(run.log, "parents=" + c.name() + "\n"), second.segments - 1);
    EXPECT_EQ(count_of(run.log, "\ttx_wire\t"), frames);
  });
}

TEST(EventPort, AChainThatAResetCutsIsDroppedOnceAndItsSegmentsHaveTheirOwnFates) {
  for (const int after_ns : {1000, 2500, 4000, 5000}) {
    on_a_card(0, [&](Scene& run) {
      const TxFrame frame = chain(3, 5);
      run.host.send_chain(frame);
      run.host.doorbell();
      run.card.advance(SimTime::ns(after_ns));
      run.card.write32(regs::CTRL, field::CTRL_RST.mask());
      run.card.settle();
      run.ledger.close_rings_as_queued(run.card.now());  // the driver takes back what was not fetched
      const std::uint64_t sent = run.ledger.count(true, Fate::sent), dropped = run.ledger.count(true, Fate::dropped);
      EXPECT_EQ(sent + dropped + run.ledger.count(true, Fate::queued), run.ledger.opened_from_host());
      EXPECT_EQ(dropped > 0, after_ns > 2000) << after_ns;  // before, nothing was fetched
      EXPECT_EQ(sent > 0, after_ns > 3000) << after_ns;
      EXPECT_LT(sent, frame.segments) << after_ns;
      EXPECT_LE(run.ledger.opened_from_host(), frame.segments);
    });
  }
}

TEST(EventPort, ALoopedFrameIsSentAtTheMacAndArrivesAsANewOne) {
  on_a_card(field::RCTL_LBM.put(3), [](Scene& run) {
    for (const std::size_t bytes : {60U, 700U, 1514U}) run.host.send(frame_to(kStation, bytes));
    run.host.send(frame_to(MacAddress{{2, 0, 0, 0, 0, 9}}, 80));  // to nobody here
    run.host.doorbell();
    run.card.settle();
    EXPECT_TRUE(run.card.collect().empty()) << "nothing leaves";
    EXPECT_EQ(run.ledger.count(true, Fate::sent), 4U);
    EXPECT_EQ(run.ledger.opened_on_wire(), 4U);
    EXPECT_EQ(run.host.read_all(), 3U);
    EXPECT_EQ(run.ledger.count(false, Fate::read), 3U);
    EXPECT_EQ(run.ledger.dropped(false, Station::filter, DropReason::MAC_FILTER), 1U);
    run.events.release(run.card.now());
    EXPECT_EQ(count_of(run.log, "\ttx_wire\t"), 0U);
  });
}

TEST(EventPort, LoopedSegmentsArriveOneByOne) {
  on_a_card(field::RCTL_LBM.put(3) | field::RCTL_UPE.mask(), [](Scene& run) {
    const TxFrame frame = chain(4, 4);
    run.host.send_chain(frame);
    run.host.doorbell();
    run.card.settle();
    EXPECT_EQ(run.ledger.count(true, Fate::sent), frame.segments);
    EXPECT_EQ(run.ledger.opened_on_wire(), frame.segments);
    EXPECT_EQ(run.host.read_all(), frame.segments);
  });
}

TEST(EventPort, AReceivedPauseFrameIsConsumedAtTheFilter) {
  on_a_card(0, [](Scene& run) {
    run.card.inject(pause_frame(100));
    run.card.inject(frame_to(kStation, 60));
    run.card.settle();
    EXPECT_EQ(run.host.read_all(), 1U);
    EXPECT_EQ(run.ledger.count(false, Fate::consumed), 1U);
    EXPECT_EQ(run.card.read32(regs::XOFFRXC), 1U);
  });
}

TEST(EventPort, ThePauseFrameOfTheCardIsOnTheWireAndInNobodysBook) {
  on_a_card(0, [](Scene& run) {
    run.card.write32(regs::FCTTV, 50);
    run.card.write32(regs::TCTL, field::TCTL_EN.mask() | field::TCTL_PSP.mask() | field::TCTL_SWXOFF.mask());
    run.host.send(frame_to(kStation, 200));
    run.host.doorbell();
    run.card.settle();
    EXPECT_EQ(run.card.collect().size(), 2U);
    EXPECT_EQ(run.ledger.opened_from_host(), 1U);
    EXPECT_EQ(run.ledger.count(true, Fate::sent), 1U);
    run.events.release(run.card.now());
    EXPECT_EQ(count_of(run.log, "port=0 pause\n"), 1U);
    EXPECT_EQ(run.card.read32(regs::TPT), 2U);
    EXPECT_EQ(run.card.read32(regs::GPTC), 1U);
  });
}

TEST(EventPort, WithLoopbackThePauseFrameOfTheCardArrivesAndIsConsumed) {
  on_a_card(field::RCTL_LBM.put(3), [](Scene& run) {
    run.card.write32(regs::FCTTV, 50);
    run.card.write32(regs::TCTL, field::TCTL_EN.mask() | field::TCTL_PSP.mask() | field::TCTL_SWXOFF.mask());
    run.card.settle();
    EXPECT_TRUE(run.card.collect().empty());
    EXPECT_EQ(run.ledger.opened_from_host(), 0U);
    EXPECT_EQ(run.ledger.opened_on_wire(), 1U);
    EXPECT_EQ(run.ledger.count(false, Fate::consumed), 1U);
  });
}

}  // namespace
}  // namespace nicosim
