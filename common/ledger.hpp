// The book in which every frame has its stations and, in the end, exactly one fate.
//
// Whoever holds a frame writes: the wire and the card (through sc_model), the driver, the stack. A layer that runs
// alone gets a NullLedger. The one that keeps and checks everything is FrameLedger (common/frame_ledger.hpp).
//
// Between card and driver a frame is known by its descriptor: the card names a write-back by (tag, descriptor bus
// address), the driver claims the id when it sees DD; the other way round the driver posts an id at a descriptor and
// the card's fetch picks it up.
#pragma once

#include "common/drop_reason.hpp"
#include "common/frame_id.hpp"
#include "common/sim_time.hpp"
#include "common/station.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace nicosim {

class Ledger {
 public:
  virtual ~Ledger() = default;

  // A host frame is born: a reply, a forwarded copy, a fragment, a retransmission names its parents.
  virtual FrameId open_from_host(unsigned port, std::span<const FrameId> parents, SimTime now) = 0;
  // The card cuts a segment out of what the host handed to it; in the card's time.
  virtual FrameId open_segment(unsigned port, FrameId parent, SimTime now) = 0;
  // A frame starts on the wire towards `port`, as its `number`th XGMII start (counted from 0).
  virtual FrameId open_on_wire(unsigned port, std::uint64_t number, SimTime first_bit) = 0;

  // The frame has reached a station. `detail` is "key=value key=value" or empty. An invalid id is ignored.
  virtual void at(FrameId, Station, SimTime, std::string_view detail = {}) = 0;
  // Station `write` of a frame whose bytes a process handed over earlier, at `when`, into a queue from which the frame
  // was cut `now`: its times count from there. The log has it now, as "written_ps=WHEN".
  virtual void written(FrameId, SimTime when, SimTime now) = 0;
  // The frame's end; exactly once per id. DropReason::none unless the fate is `dropped`.
  virtual void close(FrameId, Fate, Station, SimTime, DropReason reason = DropReason::none) = 0;

  // Receive: written_back() by sc_model at the card's descriptor write, claim() by the driver at DD (invalid without
  // RTL).
  virtual void written_back(unsigned port, std::uint64_t descriptor, FrameId) = 0;
  virtual FrameId claim(unsigned port, std::uint64_t descriptor) = 0;
  // Receive without DMA: in_window() by sc_model when a frame comes into the card's receive window (a line in the event
  // log, no station), claim_window() by the driver, once for each frame that it finds there, before RXW_NEXT. In order;
  // invalid when there is none.
  virtual void in_window(unsigned port, FrameId, SimTime now) = 0;
  virtual FrameId claim_window(unsigned port) = 0;
  // Transmit: posted() by the driver when it fills the EOP descriptor, fetched() by sc_model when the card has read it.
  // A chain that the card cuts into segments is posted at its first data descriptor: segments leave before the EOP.
  virtual void posted(unsigned port, std::uint64_t descriptor, FrameId) = 0;
  virtual FrameId fetched(unsigned port, std::uint64_t descriptor) = 0;
  // The driver takes back what the card never fetched (stop, reset): the id that was posted there, invalid if none.
  virtual FrameId unposted(unsigned port, std::uint64_t descriptor) = 0;

  // The line of `port` was raised at `raised`, and its edge arrives at the CPU now: stands for all frames written back,
  // or in the window, until `raised` and not yet claimed.
  virtual void interrupt_delivered(unsigned port, SimTime raised) = 0;
  // The driver's handler has read ICR: the same frames have reached station `handler`.
  virtual void handler_ran(unsigned port, SimTime now) = 0;

  // A line in the event log that belongs to no frame's record (frame may be invalid).
  virtual void note(SimTime, std::string_view station, FrameId, std::string_view detail) = 0;
};

// Keeps nothing. Ids are still unique, so code that compares them works.
class NullLedger final : public Ledger {
 public:
  FrameId open_segment(unsigned port, FrameId, SimTime now) override { return open_from_host(port, {}, now); }
  FrameId open_from_host(unsigned port, std::span<const FrameId>, SimTime) override {
    return FrameId::make(port, true, next_++);
  }
  FrameId open_on_wire(unsigned port, std::uint64_t number, SimTime) override {
    return FrameId::make(port, false, number);
  }
  void at(FrameId, Station, SimTime, std::string_view) override {}
  void written(FrameId, SimTime, SimTime) override {}
  void close(FrameId, Fate, Station, SimTime, DropReason) override {}
  void written_back(unsigned, std::uint64_t, FrameId) override {}
  FrameId claim(unsigned, std::uint64_t) override { return {}; }
  void in_window(unsigned, FrameId, SimTime) override {}
  FrameId claim_window(unsigned) override { return {}; }
  void posted(unsigned, std::uint64_t, FrameId) override {}
  FrameId fetched(unsigned, std::uint64_t) override { return {}; }
  FrameId unposted(unsigned, std::uint64_t) override { return {}; }
  void interrupt_delivered(unsigned, SimTime) override {}
  void handler_ran(unsigned, SimTime) override {}
  void note(SimTime, std::string_view, FrameId, std::string_view) override {}

 private:
  std::uint64_t next_ = 0;
};

}  // namespace nicosim
