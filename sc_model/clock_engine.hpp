// Owns the verilated card and its local time; everything that enters or leaves the card passes here.
//
// Runs many cycles per activation, never past the horizon: the time at which something from outside, not yet known,
// could reach the card. Arrivals that are known wait in inboxes. So the batch size cannot change a result; neither can
// skipping idle cycles, which the card itself allows (quiescent_o, next_deadline_o).
//
// Rule of arrival: what arrives at time a is seen at the first clock edge after a (edges at multiples of 6.4 ns).
#pragma once

#include "common/ledger.hpp"
#include "sc_model/agenda.hpp"
#include "sc_model/host_link.hpp"
#include "sc_model/payload_pool.hpp"
#include "sc_model/rtl_model.hpp"
#include "sc_model/wire.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <vector>

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

namespace nicosim {

// The bus-master bit of the PCI command register travels like a register write, to this address behind BAR0.
inline constexpr std::uint32_t kBusMasterAccess = 0x2'0000;
// So do accesses to the I/O window: IOADDR chooses the register that IODATA reads or writes.
inline constexpr std::uint32_t kIoAddress = 0x2'0004, kIoData = 0x2'0008;

struct EngineConfig {
  unsigned port = 0;
  std::uint64_t batch = 1'000'000;  // most cycles per activation
  bool skip = true;                 // jump over idle cycles
  bool check_skip = false;          // evaluate them anyway and compare all state: slow
  RtlModel::Options model;
  std::uint64_t station_address = 0;  // first octet in bits 47:40
  SimTime autoneg = SimTime::zero();  // how long the PHY negotiates; below 27 s
  SimTime waves_from = SimTime::zero(), waves_to = SimTime::never();
};

class ClockEngine : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<ClockEngine> registers{"registers"};  // host reads and writes BAR0
  tlm_utils::simple_initiator_socket<ClockEngine> dma{"dma"};           // card reads and writes host memory

  // `outgoing` gets every frame that leaves the card, with its id (invalid: the card's own doing) and, in the card's
  // time, before the time has come; it may post to the agenda, nothing else.
  using Outgoing = std::function<void(WireOut::Frame&&, FrameId)>;
  // A frame starts on the wire towards the card; in the card's time.
  using Incoming = std::function<void(const WireFrame&, FrameId, SimTime first_bit)>;

  ClockEngine(sc_core::sc_module_name name, Agenda&, HostLink&, Ledger&, const EngineConfig&);

  void on_outgoing(Outgoing f) { outgoing_ = std::move(f); }
  void on_incoming(Incoming f) { incoming_ = std::move(f); }
  void set_source(WireSource* source);
  // The cable comes or goes at this time. Before the time has come, in order of time.
  void set_cable(SimTime time, bool in);
  // From a peer that reacts, now: announced by expect_push(time) when it became known that something will reach the
  // peer at `time` (it bounds how far this card may run ahead), and concluded by push_came(), in order of the times.
  void expect_push(SimTime time) { expected_pushes_.insert(std::ranges::upper_bound(expected_pushes_, time), time); }
  void push_came() { expected_pushes_.pop_front(); }
  void push_frame(WireFrame frame);
  // A peer with timers may push at this time and not before, unless something reaches it; never(): none.
  void set_peer_deadline(SimTime time) { peer_deadline_ = time; }

  // Another card whose doings can reach this one after `distance` (both links, or a wire between them).
  void add_neighbour(ClockEngine& other, SimTime distance) { neighbours_.push_back({&other, distance}); }
  // Nothing visible can come from this card before this time, as far as it knows.
  SimTime next_action();
  void set_end(SimTime end) { end_ = end; }  // no edge after this is evaluated

  // Nothing to do until something arrives: for the end of a run.
  bool at_rest();
  SimTime rests_since() const { return edge(rests_since_); }
  // Ids of frames that are in the card, or half in.
  void for_each_frame(const std::function<void(FrameId)>&) const;
  // After the end: the register's value, by clocking the card with nothing else going on. Takes no simulated time.
  std::uint32_t read_after_end(std::uint32_t offset);

  std::uint64_t cycles_evaluated() const { return cycles_evaluated_; }
  std::uint64_t activations() const { return activations_; }
  WireIn& wire_in() { return wire_in_; }
  RtlModel& model() { return model_; }

 private:
  struct Access {  // a register access that has arrived, or will
    SimTime arrival;
    tlm::tlm_generic_payload* read;  // nullptr: a write
    std::uint32_t offset, value;
  };
  struct Burst {  // a read's answer
    SimTime arrival;
    tlm::tlm_generic_payload* payload;
  };
  struct WriteBurst {                 // put together from beats
    BurstPayload* payload = nullptr;  // ours until it is issued
    std::size_t first = 0;            // of the bytes, counted from the burst's aligned address
    std::size_t length = 0, beats = 0;
    bool good = true;  // without holes, not too long
    void take(const std::uint32_t* lanes, unsigned enables);
  };
  struct Neighbour {
    ClockEngine* engine;
    SimTime distance;
  };
  class Activation final : public AgendaItem {
   public:
    Activation(unsigned source, ClockEngine& engine) : AgendaItem(Rank::engine, source), engine_(engine) {}
    void due() override { engine_.advance(); }

   private:
    ClockEngine& engine_;
  };

  static SimTime edge(std::uint64_t cycle) { return SimTime::ps(static_cast<std::int64_t>(cycle) * kCyclePs); }
  static std::uint64_t first_edge_after(SimTime t) { return static_cast<std::uint64_t>(t.in_ps() / kCyclePs) + 1; }

  sc_core::sc_time delay_to(SimTime card_time) const;
  void advance();
  SimTime others() const;  // what may change while this card is evaluated
  SimTime horizon();
  void step();
  bool may_skip() const;
  std::uint64_t next_busy_cycle();
  void check_skipped(std::uint64_t until);
  void reschedule();

  void drive_registers(SimTime now);
  void end_register_handshakes();
  void answer_register_read(tlm::tlm_generic_payload& read, std::uint32_t value, tlm::tlm_response_status, SimTime now);
  void sample_writes(SimTime now);
  void issue_writes(SimTime now);
  void issue_read(SimTime now);
  void drive_read_data(SimTime now);
  FrameId rx_id(std::uint32_t tag) const;
  void events(SimTime now);
  void fetched(SimTime now);
  void begun(SimTime now);
  void lost_in_reset(SimTime now);
  void forget(std::deque<std::uint32_t>& tags, std::uint32_t tag);
  void frame_left(WireOut::Frame&&);

  tlm::tlm_sync_enum register_access(tlm::tlm_generic_payload&, tlm::tlm_phase&, sc_core::sc_time&);
  tlm::tlm_sync_enum dma_answer(tlm::tlm_generic_payload&, tlm::tlm_phase&, sc_core::sc_time&);

  Agenda& agenda_;
  HostLink& link_;
  Ledger& ledger_;
  EngineConfig config_;
  RtlModel model_;
  RtlModel::Pins& pins_;
  Activation activation_;
  WireIn wire_in_;
  WireOut wire_out_;
  Outgoing outgoing_;
  Incoming incoming_;
  PayloadPool pool_;
  std::vector<Neighbour> neighbours_;

  std::deque<SimTime> expected_pushes_;
  SimTime peer_deadline_ = SimTime::never();
  std::uint64_t cycle_ = 1;        // next edge to evaluate
  std::uint64_t rests_since_ = 0;  // last edge after which the card was not at rest, plus one
  SimTime end_ = SimTime::never();
  bool advancing_ = false;
  bool settled_ = false;  // quiescent for a whole cycle: Verilator's scratch variables have come to rest as well
  bool wire_was_busy_ = false, tx_was_busy_ = false;

  std::deque<std::pair<SimTime, bool>> cable_;

  // Registers
  std::deque<Access> accesses_;
  tlm::tlm_generic_payload* read_ = nullptr;  // at the port, or its answer not seen yet
  unsigned write_answers_due_ = 0;
  std::uint32_t io_address_ = 0;
  bool registers_busy_ = false, address_taken_ = false, data_taken_ = false, read_taken_ = false;
  bool intr_ = false;

  // DMA
  std::deque<std::uint64_t> write_addresses_;
  WriteBurst filling_;                      // its last beat is still to come
  std::deque<WriteBurst> writes_;           // whole, their address still to come
  std::deque<std::uint8_t> write_answers_;  // bresp to give
  std::deque<Burst> answers_;
  std::size_t answer_beat_ = 0;
  bool r_driven_ = false, b_driven_ = false;

  // Frames
  std::uint64_t next_rx_ = 0;
  std::uint64_t written_back_ = 0,
                told_ = 0;  // frames given to the host; of them, those that a rise of the line told of
  std::deque<std::uint32_t> rx_in_card_, tx_in_card_;  // tags, oldest first
  std::map<std::uint32_t, FrameId> tx_ids_;
  struct TxStart {
    std::uint32_t tag;
    bool own;  // a PAUSE frame, without a tag
    bool operator==(const TxStart&) const = default;
  };
  std::deque<TxStart> tx_on_wire_;  // started, last bit not out
  bool in_chain_ = false;           // segments of a chain have come and more will
  FrameId chain_;

  std::uint64_t cycles_evaluated_ = 0, activations_ = 0;
};

}  // namespace nicosim
