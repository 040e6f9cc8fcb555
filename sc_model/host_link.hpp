// What a PCI Express link is to software: latency, bandwidth and a header per packet, each way.
//
// Each direction is one FIFO, so an interrupt or a register answer never overtakes an earlier DMA write. The upstream
// side (card to host) is driven in the card's time, which runs ahead; the downstream side in the order of the Agenda.
// Everything that crosses becomes one Agenda item at its arrival. TLM: DMA by nb_transport (a write completes at once,
// posted; a read answers with BEGIN_RESP), registers by b_transport, which waits for a read's round trip.
#pragma once

#include "common/sim_time.hpp"
#include "sc_model/agenda.hpp"
#include "sc_model/memory.hpp"
#include "sc_model/payload_pool.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

namespace nicosim {

struct LinkConfig {
  SimTime latency = SimTime::ns(400);              // each way
  std::uint64_t bits_per_second = 32'000'000'000;  // each way; 0: infinite
  unsigned header_bytes = 24;                      // per packet
  unsigned payload_bytes = 256;                    // most data in one packet
};

// Who is told when a card's interrupt line moves, at the time at which the news has crossed the link.
class InterruptSink {
 public:
  virtual ~InterruptSink() = default;
  virtual void line(unsigned port, bool high, SimTime raised) = 0;
};

class HostLink : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<HostLink> dma{"dma"};                 // from the card: memory accesses
  tlm_utils::simple_initiator_socket<HostLink> registers{"registers"};  // to the card: BAR0
  tlm_utils::simple_target_socket<HostLink> host{"host"};               // from the CPU: BAR0
  tlm_utils::simple_initiator_socket<HostLink> memory{"memory"};        // to memory

  HostLink(sc_core::sc_module_name name, Agenda&, Memory&, InterruptSink&, unsigned port, const LinkConfig&);
  ~HostLink() override;

  SimTime latency() const { return config_.latency; }
  // The card may hand over a packet at card time t: what waits in front of the wire is below the buffer's limit.
  bool upstream_ready(SimTime t) const { return upstream_free_ <= t + buffer_time_; }
  bool upstream_idle(SimTime t) const { return upstream_free_ <= t; }
  // The card's line has moved, in card time.
  void interrupt(bool high, SimTime t);

  void end_of_time();  // after Agenda::end(): wakes a CPU that stalls here

  std::uint64_t upstream_bytes() const { return upstream_bytes_; }
  std::uint64_t downstream_bytes() const { return downstream_bytes_; }

 private:
  class Arrival;
  class Interrupt;

  SimTime wire_time(std::size_t payload, std::uint64_t& counter) const;
  SimTime send_up(SimTime t, std::size_t payload);    // returns when it has arrived
  SimTime send_down(SimTime t, std::size_t payload);  // returns when it has arrived

  tlm::tlm_sync_enum dma_forward(tlm::tlm_generic_payload&, tlm::tlm_phase&, sc_core::sc_time&);
  tlm::tlm_sync_enum registers_backward(tlm::tlm_generic_payload&, tlm::tlm_phase&, sc_core::sc_time&);
  void wait_for(sc_core::sc_event& event);
  void host_access(tlm::tlm_generic_payload&, sc_core::sc_time&);
  void arrived(Arrival&);

  Agenda& agenda_;
  Memory& target_;
  InterruptSink& sink_;
  LinkConfig config_;
  unsigned port_, source_;
  SimTime upstream_free_ = SimTime::zero(), downstream_free_ = SimTime::zero(), buffer_time_ = SimTime::zero();
  std::uint64_t upstream_bytes_ = 0, downstream_bytes_ = 0;
  std::vector<std::unique_ptr<Arrival>> arrivals_;
  std::vector<Arrival*> free_arrivals_;
  std::vector<std::unique_ptr<Interrupt>> interrupts_;
  std::vector<Interrupt*> free_interrupts_;
  AgendaCall room_made_;
  std::deque<SimTime> posted_writes_;  // arrival times of register writes still on their way
  sc_core::sc_event answer_, room_;
};

}  // namespace nicosim
