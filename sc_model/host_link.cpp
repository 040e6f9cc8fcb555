#include "sc_model/host_link.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <fmt/format.h>

namespace nicosim {
namespace {

constexpr std::size_t kPostedWrites = 64;  // register writes on their way before the CPU stalls

sc_core::sc_time kernel_delay(SimTime ahead) {
  return sc_core::sc_time::from_value(static_cast<sc_dt::uint64>(ahead.in_ps()));
}

}  // namespace

// A burst on its way up: to memory, or (a register read's answer) to the CPU.
class HostLink::Arrival final : public AgendaItem {
 public:
  Arrival(HostLink& link, Rank rank) : AgendaItem(rank, link.source_), link_(link) {}
  void due() override { link_.arrived(*this); }
  void set(Rank rank, tlm::tlm_generic_payload& payload) {
    set_rank(rank);
    payload_ = &payload;
  }
  tlm::tlm_generic_payload& payload() { return *payload_; }

 private:
  HostLink& link_;
  tlm::tlm_generic_payload* payload_ = nullptr;
};

// The line's new level on its way up.
class HostLink::Interrupt final : public AgendaItem {
 public:
  explicit Interrupt(HostLink& link) : AgendaItem(Rank::interrupt, link.source_), link_(link) {}
  void due() override {
    link_.free_interrupts_.push_back(this);
    link_.sink_.line(link_.port_, high, raised);
  }
  bool high = false;
  SimTime raised;

 private:
  HostLink& link_;
};

HostLink::HostLink(sc_core::sc_module_name name, Agenda& agenda, Memory& target, InterruptSink& sink, unsigned port,
                   const LinkConfig& config)
    : sc_module(name),
      agenda_(agenda),
      target_(target),
      sink_(sink),
      port_(port),
      source_(agenda.new_source()),
      latency_(config.latency),
      up_(config),
      down_(config),
      buffer_time_(up_.wire_time(kUpstreamBuffer)),
      room_made_(Rank::cpu, source_, [this] {
        writers_.front()->go_on.notify();
        agenda_.let_threads_run();
      }) {
  dma.register_nb_transport_fw(this, &HostLink::dma_forward);
  registers.register_nb_transport_bw(this, &HostLink::registers_backward);
  host.register_b_transport(this, &HostLink::host_access);
}

HostLink::~HostLink() = default;

void HostLink::interleave(std::uint64_t seed) {
  up_.vary(seed, fmt::format("interleave link{} up", port_));
  down_.vary(seed, fmt::format("interleave link{} down", port_));
}

void HostLink::interrupt(bool high, SimTime t) {
  if (free_interrupts_.empty()) {
    interrupts_.push_back(std::make_unique<Interrupt>(*this));
    free_interrupts_.push_back(interrupts_.back().get());
  }
  Interrupt& item = *free_interrupts_.back();
  free_interrupts_.pop_back();
  item.high = high;
  item.raised = t;
  agenda_.post(item, up_.send(t, 0));
}

tlm::tlm_sync_enum HostLink::dma_forward(tlm::tlm_generic_payload& trans, tlm::tlm_phase& phase,
                                         sc_core::sc_time& delay) {
  assert(phase == tlm::BEGIN_REQ && "DMA is BEGIN_REQ up and BEGIN_RESP down");
  (void)phase;
  const SimTime card_time = agenda_.now() + SimTime::ps(static_cast<std::int64_t>(delay.value()));
  const bool read = trans.is_read();
  const bool reachable = target_.contains(trans.get_address(), trans.get_data_length());
  if (!read && !reachable) {
    trans.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return tlm::TLM_COMPLETED;
  }
  if (free_arrivals_.empty()) {
    arrivals_.push_back(std::make_unique<Arrival>(*this, Rank::dma_write));
    free_arrivals_.push_back(arrivals_.back().get());
  }
  Arrival& item = *free_arrivals_.back();
  free_arrivals_.pop_back();
  item.set(read ? Rank::dma_read : Rank::dma_write, trans);
  trans.acquire();
  agenda_.post(item, up_.send(card_time, read ? 0 : trans.get_data_length()));
  if (read) return tlm::TLM_ACCEPTED;
  trans.set_response_status(tlm::TLM_OK_RESPONSE);  // posted: there is no later write error
  return tlm::TLM_COMPLETED;
}

void HostLink::arrived(Arrival& item) {
  tlm::tlm_generic_payload& trans = item.payload();
  free_arrivals_.push_back(&item);
  if (item.rank() == Rank::read_answer) {
    const auto reader = std::ranges::find(readers_, &trans, &Waiting::read);
    assert(reader != readers_.end() && "an answer that nobody waits for");
    (*reader)->go_on.notify();
    agenda_.let_threads_run();
    return;
  }
  sc_core::sc_time none = sc_core::SC_ZERO_TIME;
  const bool read = trans.is_read();
  memory->b_transport(trans, none);
  if (read) {
    const std::size_t back = trans.is_response_ok() ? trans.get_data_length() : 0;
    const SimTime arrival = down_.send(agenda_.now(), back);
    tlm::tlm_phase phase = tlm::BEGIN_RESP;
    sc_core::sc_time delay = kernel_delay(arrival - agenda_.now());
    dma->nb_transport_bw(trans, phase, delay);
  }
  trans.release();
}

void HostLink::wait_in(std::deque<Waiting*>& line, const tlm::tlm_generic_payload* read) {
  Waiting self{read, {}};
  line.push_back(&self);
  sc_core::wait(self.go_on);
  std::erase(line, &self);
  agenda_.leave_if_over();
}

void HostLink::end_of_time() {
  for (auto* const line : {&readers_, &writers_})
    for (Waiting* const waiting : *line) waiting->go_on.notify();
}

void HostLink::host_access(tlm::tlm_generic_payload& trans, sc_core::sc_time&) {
  const bool read = trans.is_read();
  while (!posted_writes_.empty() && posted_writes_.front() <= agenda_.now()) posted_writes_.pop_front();
  if (!read && (posted_writes_.size() >= kPostedWrites || !writers_.empty())) {
    // The CPU stalls until the oldest write has arrived, and behind other CPUs that do.
    if (writers_.empty()) agenda_.post(room_made_, posted_writes_.front());
    wait_in(writers_, nullptr);
    posted_writes_.pop_front();
    if (!writers_.empty()) agenda_.post(room_made_, std::max(posted_writes_.front(), agenda_.now()));
  }
  const SimTime arrival = down_.send(agenda_.now(), read ? 0 : trans.get_data_length());
  if (!read) posted_writes_.push_back(arrival);
  tlm::tlm_phase phase = tlm::BEGIN_REQ;
  sc_core::sc_time delay = kernel_delay(arrival - agenda_.now());
  registers->nb_transport_fw(trans, phase, delay);
  if (read) {
    wait_in(readers_, &trans);
  } else {
    trans.set_response_status(tlm::TLM_OK_RESPONSE);
  }
}

tlm::tlm_sync_enum HostLink::registers_backward(tlm::tlm_generic_payload& trans, tlm::tlm_phase&,
                                                sc_core::sc_time& delay) {
  const SimTime card_time = agenda_.now() + SimTime::ps(static_cast<std::int64_t>(delay.value()));
  if (free_arrivals_.empty()) {
    arrivals_.push_back(std::make_unique<Arrival>(*this, Rank::read_answer));
    free_arrivals_.push_back(arrivals_.back().get());
  }
  Arrival& item = *free_arrivals_.back();
  free_arrivals_.pop_back();
  item.set(Rank::read_answer, trans);
  agenda_.post(item, up_.send(card_time, trans.get_data_length()));
  return tlm::TLM_COMPLETED;
}

}  // namespace nicosim
