#include "sc_model/clock_engine.hpp"

#include "regmap/regmap.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fmt/format.h>
#include <span>
#include <utility>

namespace nicosim {
namespace {

constexpr unsigned kBeat = 16;
constexpr std::uint8_t kOkay = 0, kDecodeError = 3;

std::uint8_t response_of(const tlm::tlm_generic_payload& p) { return p.is_response_ok() ? kOkay : kDecodeError; }

// nic_pkg.sv, *_EV_*
DropReason mac_reason(unsigned kind) {
  switch (kind) {
    case 1:
      return DropReason::CRC_ERROR;
    case 2:
      return DropReason::SYMBOL_ERROR;
    case 3:
      return DropReason::RUNT;
    case 4:
      return DropReason::FRAGMENT;
    case 5:
      return DropReason::OVERSIZE;
    case 6:
      return DropReason::JABBER;
    case 7:
      return DropReason::NO_SFD;
    case 8:
      return DropReason::NOT_RECEIVING;
    case 10:
      return DropReason::LINK_DOWN;
    default:
      return DropReason::none;  // goes on
  }
}

std::string_view filter_detail(unsigned kind) {
  switch (kind) {
    case 0:
      return "match=unicast";
    case 1:
      return "match=multicast";
    case 2:
      return "match=broadcast";
    case 3:
      return "match=promiscuous";
    default:
      return "match=none";
  }
}

sc_core::sc_time kernel_time(SimTime t) { return sc_core::sc_time::from_value(static_cast<sc_dt::uint64>(t.in_ps())); }

constexpr unsigned kVlanReject = 9, kControl = 10;               // of the filter
constexpr unsigned kWindow = 1;                                  // of the DMA engine's place
constexpr unsigned kTxSegment = 1, kTxPause = 3, kTxLooped = 4;  // TX_EV_*
constexpr unsigned kEnds = 8;  // event kinds from here on end the frame (filter, fifo, dma, transmit)

}  // namespace

ClockEngine::ClockEngine(sc_core::sc_module_name name, Agenda& agenda, HostLink& link, Ledger& ledger,
                         const EngineConfig& config)
    : sc_module(name),
      agenda_(agenda),
      link_(link),
      ledger_(ledger),
      config_(config),
      model_(config.model),
      pins_(model_.pins()),
      activation_(agenda.new_source(), *this),
      wire_in_([this](std::uint64_t number, SimTime first_bit, const WireFrame& frame) {
        const FrameId id = ledger_.open_on_wire(config_.port, number, first_bit);
        rx_in_card_.push_back(static_cast<std::uint32_t>(number));
        next_rx_ = number + 1;
        if (incoming_) incoming_(frame, id, first_bit);
      }),
      wire_out_([this](WireOut::Frame&& frame) { frame_left(std::move(frame)); }) {
  registers.register_nb_transport_fw(this, &ClockEngine::register_access);
  dma.register_nb_transport_bw(this, &ClockEngine::dma_answer);
  pins_.station_addr = config.station_address;
  pins_.autoneg_cycles = static_cast<std::uint32_t>(config.autoneg.in_ps() / kCyclePs);
  model_.reset();  // once more: RA[0] takes the address over in reset
  agenda_.post(activation_, edge(cycle_));
}

void ClockEngine::set_source(WireSource* source) {
  wire_in_.set_source(source);
  reschedule();
}

void ClockEngine::set_cable(SimTime time, bool in) {
  assert(first_edge_after(time) >= cycle_ && "the cable moved in the card's past");
  assert((cable_.empty() || cable_.back().first <= time) && "the cable moves in order of time");
  cable_.emplace_back(time, in);
  reschedule();
}

void ClockEngine::push_frame(WireFrame frame) {
  wire_in_.push(std::move(frame), cycle_);
  reschedule();
}

// ---- time

sc_core::sc_time ClockEngine::delay_to(SimTime card_time) const { return kernel_time(card_time - agenda_.now()); }

SimTime ClockEngine::others() const {
  const SimTime host = std::min(agenda_.next_except_engines() + link_.latency(), peer_deadline_);
  return expected_pushes_.empty() ? host : std::min(host, expected_pushes_.front());
}

SimTime ClockEngine::horizon() {
  SimTime limit = std::min(others(), end_);
  for (const Neighbour& n : neighbours_) limit = std::min(limit, n.engine->next_action() + n.distance);
  return limit;
}

bool ClockEngine::may_skip() const {
  return settled_ && pins_.quiescent != 0 && !wire_was_busy_ && !registers_busy_ && !r_driven_ && !b_driven_ &&
         write_answers_.empty() && !tx_was_busy_ && link_.upstream_idle(edge(cycle_));
}

std::uint64_t ClockEngine::next_busy_cycle() {
  std::uint64_t next = wire_in_.busy_from(cycle_);
  if (!accesses_.empty()) next = std::min(next, first_edge_after(accesses_.front().arrival));
  if (!answers_.empty()) next = std::min(next, first_edge_after(answers_.front().arrival));
  if (!cable_.empty()) next = std::min(next, first_edge_after(cable_.front().first));
  next = std::min(next, pins_.next_deadline);
  return std::max(next, cycle_);
}

SimTime ClockEngine::next_action() {
  if (!may_skip()) return edge(cycle_);
  const std::uint64_t next = next_busy_cycle();
  return next == kNoCycle ? SimTime::never() : edge(next);
}

bool ClockEngine::at_rest() {
  return may_skip() && cable_.empty() && accesses_.empty() && answers_.empty() && pins_.next_deadline == kNoCycle &&
         wire_in_.busy_from(cycle_) == kNoCycle;
}

void ClockEngine::reschedule() {
  if (advancing_) return;
  std::uint64_t next = cycle_;
  if (config_.skip && may_skip()) next = next_busy_cycle();
  if (next == kNoCycle || edge(next) > end_) {
    agenda_.cancel(activation_);
    return;
  }
  const SimTime when = std::max(edge(next), agenda_.now());
  if (!activation_.scheduled() || activation_.time() != when) agenda_.move(activation_, when);
}

void ClockEngine::advance() {
  advancing_ = true;
  ++activations_;
  // Others' items bound how far this may go. Its own posts can only bring the bound nearer, and only by being earlier
  // than what is there, so it is asked for again after each cycle that posted.
  std::uint64_t steps = 0;
  SimTime limit = horizon();
  while (steps < config_.batch) {
    if (config_.skip && may_skip()) {
      const std::uint64_t next = next_busy_cycle();
      if (next == kNoCycle) break;
      if (edge(next) > limit && (steps > 0 || edge(next) > agenda_.now())) break;
      if (next > cycle_) {
        if (config_.check_skip) check_skipped(next);
        cycle_ = next;
      }
    }
    const SimTime now = edge(cycle_);
    if ((now > limit && steps > 0) || now > end_) break;
    step();
    ++steps;
    limit = std::min(limit, others());
  }
  advancing_ = false;
  reschedule();
}

void ClockEngine::check_skipped(std::uint64_t until) {
  // Evaluates what would be jumped over (a stretch of it: nothing can change later that did not change early) and
  // allows only the time base to move.
  const std::uint64_t stop = std::min(until, cycle_ + 64);
  std::vector<std::uint64_t> before = model_.snapshot();
  for (std::uint64_t c = cycle_; c < stop; ++c) {
    pins_.now = c;
    model_.cycle();
    const std::vector<std::uint64_t> after = model_.snapshot();
    for (std::size_t i = 0; i < after.size(); ++i) {
      const bool time_base = after[i] == c || after[i] + 1 == c;
      if (after[i] != before[i] && !time_base) {
        fmt::print(stderr, "nicosim: port {}: state word {} moved from {:#x} to {:#x} in skipped cycle {}\n",
                   config_.port, i, before[i], after[i], c);
        std::exit(5);
      }
    }
    before = after;
  }
}

void ClockEngine::step() {
  const SimTime now = edge(cycle_);
  settled_ = pins_.quiescent != 0;
  // What the card is shown at this edge
  wire_in_.set_unheard(pins_.loopback != 0);
  const Column column = wire_in_.column(cycle_);
  wire_was_busy_ = !column.idle();
  pins_.xgmii_rxd = column.data;
  pins_.xgmii_rxc = column.control;
  pins_.now = cycle_;
  for (; !cable_.empty() && cable_.front().first < now; cable_.pop_front()) pins_.cable = cable_.front().second ? 1 : 0;
  const bool ready = link_.upstream_ready(now);
  pins_.arready = pins_.awready = pins_.wready = ready ? 1 : 0;
  const bool registers_busy = registers_busy_ || !accesses_.empty();
  if (registers_busy) drive_registers(now);
  if (!answers_.empty() || r_driven_) drive_read_data(now);
  if (!write_answers_.empty() || b_driven_) {
    b_driven_ = !write_answers_.empty();
    pins_.bvalid = b_driven_ ? 1 : 0;
    if (b_driven_) {
      pins_.bresp = write_answers_.front();
      write_answers_.pop_front();
    }
  }
  // What the card offers at this edge (its outputs since the last one)
  if (ready && (pins_.awvalid | pins_.wvalid) != 0) sample_writes(now);
  if (ready && pins_.arvalid != 0) issue_read(now);

  if (RtlModel::can_dump_waves() && now >= config_.waves_from && now <= config_.waves_to)
    model_.cycle_with_waves(now.in_ps());
  else
    model_.cycle();
  ++cycles_evaluated_;

  if (registers_busy) end_register_handshakes();
  if ((pins_.intr != 0) != intr_) {
    intr_ = !intr_;
    link_.interrupt(intr_, now);
  }
  if (pins_.ev_any != 0) events(now);
  const Column out{pins_.xgmii_txd, pins_.xgmii_txc};
  const bool tx_busy = !out.idle();
  if (tx_busy || tx_was_busy_) wire_out_.column(cycle_, out);
  tx_was_busy_ = tx_busy;

  ++cycle_;
  if (!may_skip()) rests_since_ = cycle_;
}

// ---- registers

tlm::tlm_sync_enum ClockEngine::register_access(tlm::tlm_generic_payload& trans, tlm::tlm_phase&,
                                                sc_core::sc_time& delay) {
  const SimTime arrival = agenda_.now() + SimTime::ps(static_cast<std::int64_t>(delay.value()));
  assert(first_edge_after(arrival) >= cycle_ && "a register access reached the card in its past");
  Access access{arrival, nullptr, static_cast<std::uint32_t>(trans.get_address()), 0};
  if (trans.is_read())
    access.read = &trans;
  else
    std::memcpy(&access.value, trans.get_data_ptr(), sizeof access.value);
  accesses_.push_back(access);
  reschedule();
  return tlm::TLM_ACCEPTED;
}

// What the port is shown at this edge. One access at a time; a read waits until the writes before it were answered.
void ClockEngine::drive_registers(SimTime now) {
  if (pins_.axil_bvalid != 0) --write_answers_due_;
  if (pins_.axil_rvalid != 0 && read_ != nullptr) {
    tlm::tlm_generic_payload& read = *std::exchange(read_, nullptr);
    answer_register_read(read, pins_.axil_rdata,
                         pins_.axil_rresp == kOkay ? tlm::TLM_OK_RESPONSE : tlm::TLM_ADDRESS_ERROR_RESPONSE, now);
  }
  const bool busy = (pins_.axil_awvalid | pins_.axil_wvalid | pins_.axil_arvalid) != 0 || read_ != nullptr;
  if (!busy && !accesses_.empty() && accesses_.front().arrival < now) {
    Access access = accesses_.front();
    if (access.offset == kIoData && io_address_ < regs::kBytes && io_address_ % sizeof(std::uint32_t) == 0)
      access.offset = io_address_;
    if (access.offset == kBusMasterAccess) {
      pins_.bus_master = access.value != 0 ? 1 : 0;
      accesses_.pop_front();
    } else if (access.offset >= regs::kBytes) {
      // IOADDR itself, or through IODATA what is no register: reads 0, writes are swallowed
      if (access.read == nullptr) {
        if (access.offset == kIoAddress) io_address_ = access.value;
        accesses_.pop_front();
      } else if (write_answers_due_ == 0) {
        accesses_.pop_front();
        answer_register_read(*access.read, access.offset == kIoAddress ? io_address_ : 0, tlm::TLM_OK_RESPONSE, now);
      }
    } else if (access.read == nullptr) {
      pins_.axil_awvalid = pins_.axil_wvalid = 1;
      pins_.axil_awaddr = access.offset;
      pins_.axil_wdata = access.value;
      ++write_answers_due_;
      accesses_.pop_front();
    } else if (write_answers_due_ == 0) {
      pins_.axil_arvalid = 1;
      pins_.axil_araddr = access.offset;
      read_ = access.read;
      accesses_.pop_front();
    }
  }
  // Which handshakes this edge completes; the pins fall behind it.
  address_taken_ = pins_.axil_awvalid != 0 && pins_.axil_awready != 0;
  data_taken_ = pins_.axil_wvalid != 0 && pins_.axil_wready != 0;
  read_taken_ = pins_.axil_arvalid != 0 && pins_.axil_arready != 0;
}

void ClockEngine::answer_register_read(tlm::tlm_generic_payload& read, std::uint32_t value,
                                       tlm::tlm_response_status status, SimTime now) {
  std::memcpy(read.get_data_ptr(), &value, sizeof value);
  read.set_response_status(status);
  tlm::tlm_phase phase = tlm::BEGIN_RESP;
  sc_core::sc_time delay = delay_to(now);
  registers->nb_transport_bw(read, phase, delay);
}

void ClockEngine::end_register_handshakes() {
  if (address_taken_) pins_.axil_awvalid = 0;
  if (data_taken_) pins_.axil_wvalid = 0;
  if (read_taken_) pins_.axil_arvalid = 0;
  registers_busy_ =
      (pins_.axil_awvalid | pins_.axil_wvalid | pins_.axil_arvalid) != 0 || read_ != nullptr || write_answers_due_ != 0;
}

// ---- DMA

void ClockEngine::sample_writes(SimTime now) {
  if (pins_.awvalid != 0) write_addresses_.push_back(pins_.awaddr);
  if (pins_.wvalid == 0) return;
  if (filling_.payload == nullptr) filling_.payload = &pool_.make();
  filling_.take(pins_.wdata, pins_.wstrb);
  if (pins_.wlast == 0) return;
  writes_.push_back(filling_);
  filling_ = {};
  issue_writes(now);
}

// One beat. Our card writes without holes, so the bytes of a burst lie side by side.
void ClockEngine::WriteBurst::take(const std::uint32_t* lanes, unsigned enables) {
  if (enables != 0) {
    const auto lane = static_cast<unsigned>(std::countr_zero(enables));
    const auto count = static_cast<unsigned>(std::countr_one(enables >> lane));  // up to the first hole
    const std::size_t offset = beats * kBeat + lane;
    if (length == 0) first = offset;
    good = good && enables >> lane == (1U << count) - 1 && offset == first + length && length + count <= kMaxBurst;
    if (good) std::memcpy(payload->data.data() + length, reinterpret_cast<const unsigned char*>(lanes) + lane, count);
    length += count;
  }
  ++beats;
}

// Bursts whose address and last beat have both been accepted go up the link.
void ClockEngine::issue_writes(SimTime now) {
  while (!write_addresses_.empty() && !writes_.empty()) {
    const WriteBurst burst = writes_.front();
    bool good = burst.good && burst.length > 0;
    if (good) {
      burst.payload->set_up(tlm::TLM_WRITE_COMMAND, write_addresses_.front() + burst.first, burst.length);
      tlm::tlm_phase phase = tlm::BEGIN_REQ;
      sc_core::sc_time delay = delay_to(now);
      dma->nb_transport_fw(*burst.payload, phase, delay);
      good = burst.payload->is_response_ok();
    }
    burst.payload->release();
    write_answers_.push_back(good ? kOkay : kDecodeError);
    write_addresses_.pop_front();
    writes_.pop_front();
  }
}

void ClockEngine::issue_read(SimTime now) {
  BurstPayload& read = pool_.make();
  const std::size_t bytes = std::clamp<std::size_t>(pins_.aruser, 1, kMaxBurst);
  read.set_up(tlm::TLM_READ_COMMAND, pins_.araddr, bytes);
  tlm::tlm_phase phase = tlm::BEGIN_REQ;
  sc_core::sc_time delay = delay_to(now);
  dma->nb_transport_fw(read, phase, delay);
}

tlm::tlm_sync_enum ClockEngine::dma_answer(tlm::tlm_generic_payload& trans, tlm::tlm_phase&, sc_core::sc_time& delay) {
  const SimTime arrival = agenda_.now() + SimTime::ps(static_cast<std::int64_t>(delay.value()));
  assert(first_edge_after(arrival) >= cycle_ && "a read answer reached the card in its past");
  answers_.push_back({arrival, &trans});
  reschedule();
  return tlm::TLM_COMPLETED;
}

// One beat an edge; rready is always high.
void ClockEngine::drive_read_data(SimTime now) {
  r_driven_ = !answers_.empty() && answers_.front().arrival < now;
  pins_.rvalid = r_driven_ ? 1 : 0;
  if (!r_driven_) return;
  tlm::tlm_generic_payload& answer = *answers_.front().payload;
  const std::size_t lead = answer.get_address() % kBeat;  // lanes in front of the first byte
  const std::size_t length = answer.get_data_length();
  const std::size_t from = answer_beat_ * kBeat;
  std::array<unsigned char, kBeat> beat{};
  const std::size_t begin = std::max(from, lead);
  const std::size_t end = std::min(from + kBeat, lead + length);
  if (answer.is_response_ok())
    std::memcpy(beat.data() + (begin - from), answer.get_data_ptr() + (begin - lead), end - begin);
  std::memcpy(pins_.rdata, beat.data(), kBeat);
  pins_.rresp = response_of(answer);
  const bool last = from + kBeat >= lead + length;
  pins_.rlast = last ? 1 : 0;
  ++answer_beat_;
  if (last) {
    answer_beat_ = 0;
    answers_.pop_front();
    answer.release();
  }
}

// ---- frames

void ClockEngine::forget(std::deque<std::uint32_t>& tags, std::uint32_t tag) {
  const auto place = std::ranges::find(tags, tag);
  if (place != tags.end()) tags.erase(place);
}

// A tag is the low half of the frame's number on its wire.
FrameId ClockEngine::rx_id(std::uint32_t tag) const {
  const std::uint64_t number = (next_rx_ & ~std::uint64_t{0xffff'ffff}) | tag;
  return FrameId::make(config_.port, false, number < next_rx_ ? number : number - (std::uint64_t{1} << 32));
}

void ClockEngine::events(SimTime now) {
  const auto drop = [&](std::uint32_t tag, Station station, DropReason reason) {
    ledger_.at(rx_id(tag), station, now);
    ledger_.close(rx_id(tag), Fate::dropped, station, now, reason);
    forget(rx_in_card_, tag);
  };
  if (pins_.ev_mac.valid != 0) {
    const DropReason reason = mac_reason(pins_.ev_mac.kind);
    if (reason == DropReason::none)
      ledger_.at(rx_id(pins_.ev_mac.tag), Station::mac, now);
    else
      drop(pins_.ev_mac.tag, Station::mac, reason);
  }
  if (pins_.ev_filter.valid != 0) {
    const unsigned kind = pins_.ev_filter.kind;
    if (kind == kControl) {
      ledger_.at(rx_id(pins_.ev_filter.tag), Station::filter, now, "match=control");
      ledger_.close(rx_id(pins_.ev_filter.tag), Fate::consumed, Station::filter, now);
      forget(rx_in_card_, pins_.ev_filter.tag);
    } else if (kind >= kEnds) {
      drop(pins_.ev_filter.tag, Station::filter,
           kind == kVlanReject ? DropReason::VLAN_FILTER : DropReason::MAC_FILTER);
    } else {
      ledger_.at(rx_id(pins_.ev_filter.tag), Station::filter, now, filter_detail(kind));
    }
  }
  if (pins_.ev_fifo.valid != 0) {
    if (pins_.ev_fifo.kind >= kEnds)
      drop(pins_.ev_fifo.tag, Station::fifo, DropReason::FIFO_FULL);
    else
      ledger_.at(rx_id(pins_.ev_fifo.tag), Station::fifo, now);
  }
  if (pins_.ev_dma.valid != 0) {
    const std::uint32_t tag = pins_.ev_dma.tag;
    if (pins_.ev_dma.kind >= kEnds) {
      drop(tag, Station::dma, DropReason::DMA_ERROR);
    } else if (pins_.ev_dma.kind == kWindow) {
      ledger_.in_window(config_.port, rx_id(tag), now);
      ++written_back_;
      forget(rx_in_card_, tag);
    } else {
      ledger_.at(rx_id(tag), Station::dma, now);
      ledger_.written_back(config_.port, pins_.ev_dma_desc, rx_id(tag));
      ++written_back_;
      forget(rx_in_card_, tag);
    }
  }
  if (pins_.ev_interrupt.valid != 0) {
    // The line names the newest frame that it tells of; other causes, and its fall, belong to none.
    const bool raised = pins_.ev_interrupt.kind == 0;
    const bool tells = raised && next_rx_ != 0 && written_back_ != 0 && told_ != written_back_;
    ledger_.note(now, name_of(Station::interrupt), tells ? rx_id(pins_.ev_interrupt.tag) : FrameId{},
                 fmt::format("port={} line={}", config_.port, raised ? "high" : "low"));
    if (raised) told_ = written_back_;
  }
  if (pins_.ev_tx_dma.valid != 0) fetched(now);
  if (pins_.ev_tx_fifo.valid != 0) ledger_.at(tx_ids_[pins_.ev_tx_fifo.tag], Station::tx_fifo, now);
  if (pins_.ev_tx_mac.valid != 0) begun(now);
  if (pins_.ev_reset != 0) lost_in_reset(now);
}

// Software posts a chain that the card cuts into segments once, at its first data descriptor. Every segment but the
// last opens an id whose parent is the chain's; the last carries the chain's own, so what is sent is counted once.
void ClockEngine::fetched(SimTime now) {
  const std::uint32_t tag = pins_.ev_tx_dma.tag;
  const std::uint32_t kind = pins_.ev_tx_dma.kind;
  if (!in_chain_) chain_ = ledger_.fetched(config_.port, pins_.ev_tx_dma_desc);
  FrameId id = chain_;
  if (!in_chain_ && kind == kTxSegment) ledger_.at(chain_, Station::tx_dma, now);
  in_chain_ = kind == kTxSegment;
  if (kind == kTxSegment) {
    id = chain_.valid() ? ledger_.open_segment(config_.port, chain_, now) : FrameId{};
  }
  ledger_.at(id, Station::tx_dma, now);
  if (kind >= kEnds) {
    ledger_.close(id, Fate::dropped, Station::tx_dma, now, DropReason::DMA_ERROR);
  } else {
    tx_ids_[tag] = id;
    tx_in_card_.push_back(tag);
  }
}

void ClockEngine::begun(SimTime now) {
  const std::uint32_t tag = pins_.ev_tx_mac.tag;
  const std::uint32_t kind = pins_.ev_tx_mac.kind;
  if (kind == kTxPause)
    ledger_.note(now, name_of(Station::tx_mac), {}, fmt::format("port={} pause", config_.port));
  else
    ledger_.at(tx_ids_[tag], Station::tx_mac, now);
  const bool looped = kind == kTxLooped || (kind == kTxPause && pins_.loopback != 0);
  if (!looped) {
    tx_on_wire_.push_back({tag, kind == kTxPause});
    return;
  }
  // Its way ends where the receiver's begins, which numbers it like a frame from the wire
  if (kind == kTxLooped) {
    ledger_.close(tx_ids_[tag], Fate::sent, Station::tx_mac, now);
    tx_ids_.erase(tag);
    forget(tx_in_card_, tag);
  }
  const std::uint64_t number = wire_in_.next_number();
  ledger_.open_on_wire(config_.port, number, now);
  rx_in_card_.push_back(static_cast<std::uint32_t>(number));
  next_rx_ = number + 1;
}

void ClockEngine::lost_in_reset(SimTime now) {
  // In the window, and the driver has not come for it
  for (FrameId id = ledger_.claim_window(config_.port); id.valid(); id = ledger_.claim_window(config_.port))
    ledger_.close(id, Fate::dropped, Station::fifo, now, DropReason::RESET);
  const std::uint32_t next_rx = pins_.ev_reset_tag;
  while (!rx_in_card_.empty() && static_cast<std::int32_t>(rx_in_card_.front() - next_rx) < 0) {
    ledger_.close(rx_id(rx_in_card_.front()), Fate::dropped, Station::fifo, now, DropReason::RESET);
    rx_in_card_.pop_front();
  }
  // What is on the wire already ends there, with errors; the rest is gone.
  const std::deque<std::uint32_t> lost = tx_in_card_;
  for (const std::uint32_t tag : lost) {
    if (std::ranges::find(tx_on_wire_, TxStart{tag, false}) != tx_on_wire_.end()) continue;
    ledger_.close(tx_ids_[tag], Fate::dropped, Station::tx_fifo, now, DropReason::RESET);
    tx_ids_.erase(tag);
    forget(tx_in_card_, tag);
  }
  if (in_chain_) ledger_.close(chain_, Fate::dropped, Station::tx_dma, now, DropReason::RESET);
  in_chain_ = false;
}

void ClockEngine::frame_left(WireOut::Frame&& frame) {
  FrameId id;
  if (!tx_on_wire_.empty()) {
    const auto [tag, own] = tx_on_wire_.front();
    tx_on_wire_.pop_front();
    if (own) {  // a PAUSE frame is the card's doing and in nobody's book
      if (outgoing_) outgoing_(std::move(frame), id);
      return;
    }
    forget(tx_in_card_, tag);
    id = tx_ids_[tag];
    tx_ids_.erase(tag);
    ledger_.at(id, Station::tx_wire, frame.last_bit);
    if (frame.aborted)
      ledger_.close(id, Fate::dropped, Station::tx_wire, frame.last_bit, DropReason::RESET);
    else
      ledger_.close(id, Fate::sent, Station::tx_wire, frame.last_bit);
  }
  if (outgoing_) outgoing_(std::move(frame), id);
}

void ClockEngine::for_each_frame(const std::function<void(FrameId)>& visit) const {
  for (const std::uint32_t tag : rx_in_card_) visit(rx_id(tag));
  for (const std::uint32_t tag : tx_in_card_) visit(tx_ids_.at(tag));
  if (in_chain_) visit(chain_);
}

std::uint32_t ClockEngine::read_after_end(std::uint32_t offset) {
  constexpr int kPatience = 1000;
  pins_.xgmii_rxd = Column{}.data;
  pins_.xgmii_rxc = Column{}.control;
  pins_.axil_awvalid = pins_.axil_wvalid = pins_.rvalid = pins_.bvalid = 0;
  pins_.arready = pins_.awready = pins_.wready = 0;  // memory is closed
  pins_.axil_arvalid = 1;
  pins_.axil_araddr = offset;
  bool taken = false;
  for (int i = 0; i < kPatience; ++i) {
    if (taken && pins_.axil_rvalid != 0) {
      const std::uint32_t value = pins_.axil_rdata;
      model_.cycle();
      return value;
    }
    taken = taken || (pins_.axil_arvalid != 0 && pins_.axil_arready != 0);
    model_.cycle();
    if (taken) pins_.axil_arvalid = 0;
  }
  return ~std::uint32_t{0};  // the card does not answer
}

}  // namespace nicosim
