// What a PCI Express link is to software: latency, bandwidth and a header per packet, each way.
//
// Each direction is one FIFO, so an interrupt or a register answer never overtakes an earlier DMA write. The upstream
// side (card to host) is driven in the card's time, which runs ahead; the downstream side in the order of the Agenda.
// Everything that crosses becomes one Agenda item at its arrival. TLM: DMA by nb_transport (a write completes at once,
// posted; a read answers with BEGIN_RESP), registers by b_transport, which waits for a read's round trip.
#pragma once

#include "common/sim_time.hpp"
#include "sc_model/agenda.hpp"
#include "sc_model/link_direction.hpp"
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

  SimTime latency() const { return latency_; }
  // The card may hand over a packet at card time t: what waits in front of the wire is below the buffer's limit.
  bool upstream_ready(SimTime t) const { return up_.free_at() <= t + buffer_time_; }
  bool upstream_idle(SimTime t) const { return up_.free_at() <= t; }
  // The card's line has moved, in card time.
  void interrupt(bool high, SimTime t);

  // Small extra delays each way, from streams of this seed (scenario: host.interleave).
  void interleave(std::uint64_t seed);

  void end_of_time();  // after Agenda::end(): wakes a CPU that stalls here

  std::uint64_t upstream_bytes() const { return up_.bytes(); }
  std::uint64_t downstream_bytes() const { return down_.bytes(); }

 private:
  class Arrival;
  class Interrupt;

  tlm::tlm_sync_enum dma_forward(tlm::tlm_generic_payload&, tlm::tlm_phase&, sc_core::sc_time&);
  tlm::tlm_sync_enum registers_backward(tlm::tlm_generic_payload&, tlm::tlm_phase&, sc_core::sc_time&);
  // Threads that wait here, one per core at most, oldest first; each is woken by itself.
  struct Waiting {
    const tlm::tlm_generic_payload* read;  // whose answer it waits for
    sc_core::sc_event go_on;
  };
  void wait_in(std::deque<Waiting*>& line, const tlm::tlm_generic_payload* read);
  void host_access(tlm::tlm_generic_payload&, sc_core::sc_time&);
  void arrived(Arrival&);

  Agenda& agenda_;
  Memory& target_;
  InterruptSink& sink_;
  unsigned port_, source_;
  SimTime latency_;
  LinkDirection up_, down_;
  SimTime buffer_time_;
  std::vector<std::unique_ptr<Arrival>> arrivals_;
  std::vector<Arrival*> free_arrivals_;
  std::vector<std::unique_ptr<Interrupt>> interrupts_;
  std::vector<Interrupt*> free_interrupts_;
  AgendaCall room_made_;
  std::deque<SimTime> posted_writes_;  // arrival times of register writes still on their way
  std::deque<Waiting*> readers_, writers_;
};

}  // namespace nicosim
