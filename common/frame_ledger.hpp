// The ledger that keeps everything: stations and times per frame, one fate each, and the proof that the sum is right.
//
// A frame closed as `forwarded` waits for the frames that were opened in its place on the way out, and shares their
// fate: forwarded when all of them were sent, else what became of the first one that was not.
//
// A frame's record lives until its fate is known, then goes into per-station latency samples (since the wire; host
// frames since their first station). Calls for one frame come in the order of its life; different frames in any order.
#pragma once

#include "common/event_log.hpp"
#include "common/ledger.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

namespace nicosim {

class FrameLedger final : public Ledger {
 public:
  explicit FrameLedger(EventLog& log) : log_(log) {}

  FrameId open_from_host(unsigned port, std::span<const FrameId> parents, SimTime now) override;
  FrameId open_segment(unsigned port, FrameId parent, SimTime now) override;
  FrameId open_on_wire(unsigned port, std::uint64_t number, SimTime first_bit) override;
  void at(FrameId, Station, SimTime, std::string_view detail = {}) override;
  void written(FrameId, SimTime when, SimTime now) override;
  void close(FrameId, Fate, Station, SimTime, DropReason reason = DropReason::none) override;
  void written_back(unsigned port, std::uint64_t descriptor, FrameId) override;
  FrameId claim(unsigned port, std::uint64_t descriptor) override;
  void in_window(unsigned port, FrameId, SimTime now) override;
  FrameId claim_window(unsigned port) override;
  void posted(unsigned port, std::uint64_t descriptor, FrameId) override;
  FrameId fetched(unsigned port, std::uint64_t descriptor) override;
  FrameId unposted(unsigned port, std::uint64_t descriptor) override;
  void interrupt_delivered(unsigned port, SimTime raised) override;
  void handler_ran(unsigned port, SimTime now) override;
  void note(SimTime, std::string_view station, FrameId, std::string_view detail) override;

  // A frame that has no fate yet, in order of its id.
  struct Open {
    FrameId id;
    Station last;
    SimTime since;
  };
  std::vector<Open> open_frames() const;
  // Latencies count only for frames opened at or after this.
  void measure_from(SimTime time) { measure_from_ = time; }
  // Frames read from then on, whenever they arrived: what the processes really got.
  std::uint64_t delivered() const { return delivered_; }

  // Frames that the card has written into memory and the driver has not taken out of the ring.
  std::size_t in_rx_ring(unsigned port) const { return port < unclaimed_.size() ? unclaimed_[port].size() : 0; }

  // The end of a run: whoever still holds a frame has said so (Fate::queued) before this; the rest is unexplained.
  std::uint64_t unexplained() const { return records_.size(); }

  std::uint64_t opened_on_wire() const { return opened_[0]; }
  std::uint64_t opened_from_host() const { return opened_[1]; }

  // "read" -> n, "drop.filter.MAC_FILTER" -> n; sorted by fate, then station, then reason.
  using Totals = std::vector<std::pair<std::string, std::uint64_t>>;
  Totals totals() const { return totals_of(false); }
  Totals totals_of_host_frames() const { return totals_of(true); }
  std::uint64_t count(bool from_host, Fate) const;
  std::uint64_t dropped(bool from_host, Station, DropReason) const;

  struct Latency {
    std::uint64_t count = 0;
    SimTime p50, p99, max;  // nearest rank
  };
  // Time since the first bit on the wire (arrivals), since the frame was opened or, if that was earlier, since its
  // bytes were written (host frames).
  Latency latency(Station) const;

  // The end of a run: whoever holds the frame says so, and it is `queued` at its last station. Harmless when closed.
  void close_as_queued(FrameId, SimTime now);
  // The same for those between card and driver: written back or in the window and not claimed, posted and not fetched.
  void close_rings_as_queued(SimTime now);

 private:
  struct Record {
    std::array<std::int64_t, kStations> at_ps;  // -1: never there
    Station last = Station::wire;
    std::int64_t opened_ps = 0;
  };
  using Slot = std::pair<unsigned, std::uint64_t>;  // (port, descriptor address)

  // The end of a frame: where, why, and whose numbering orders the line among those of equal time.
  struct End {
    Fate fate;
    Station station;
    DropReason reason;
    unsigned source;
  };
  // A forwarded frame whose copies are not all gone.
  struct Forwarding {
    std::size_t copies = 0;   // still under way
    std::optional<End> lost;  // what became of the first one that was not sent
  };

  Record& open(FrameId, Station first, SimTime now);
  void open_child(FrameId id, std::span<const FrameId> parents, unsigned source, SimTime now);
  void end(FrameId, const End&, SimTime);
  void copy_ended(FrameId copy, const End&, SimTime);
  void log(FrameId, Station, SimTime, std::string_view detail);
  Totals totals_of(bool from_host) const;
  void await_claim(unsigned port, FrameId, SimTime since);
  void claimed(unsigned port, FrameId);
  void stamp_unclaimed(unsigned port, Station station, SimTime time, SimTime written_until);

  EventLog& log_;
  std::unordered_map<std::uint64_t, Record> records_;  // looked up, walked only through a sorted copy
  std::unordered_map<std::uint64_t, std::vector<FrameId>> parents_, children_;  // of open frames; looked up only
  std::unordered_map<std::uint64_t, Forwarding> forwarding_;                    // looked up only
  std::map<Slot, FrameId> written_back_, posted_;
  std::map<unsigned, std::deque<FrameId>> in_window_;  // per port
  struct Unclaimed {
    FrameId id;
    SimTime since;
  };
  std::vector<std::vector<Unclaimed>> unclaimed_;  // per port, in the order in which the card gave them
  std::map<unsigned, std::uint64_t> next_from_host_, next_segment_;
  std::map<std::tuple<bool, Fate, Station, DropReason>, std::uint64_t> fates_;
  std::array<std::vector<std::int64_t>, kStations> samples_ps_;
  std::array<std::uint64_t, 2> opened_{};
  SimTime measure_from_ = SimTime::zero();
  std::uint64_t delivered_ = 0;
};

}  // namespace nicosim
