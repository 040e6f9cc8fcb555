#include "bench/line/link_host.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <fmt/format.h>
#include <stdexcept>
#include <utility>

namespace nicosim::bench {
namespace {

constexpr std::size_t kBeat = 16;

}  // namespace

LinkHost::LinkHost(RtlModel::Pins& pins, const LinkConfig& link, std::size_t memory_bytes)
    : pins_(pins), up_(link), down_(link), buffer_time_(up_.wire_time(kUpstreamBuffer)), memory_(memory_bytes) {}

void LinkHost::write_register(SimTime t, std::uint32_t offset, std::uint32_t value) {
  register_writes_.push_back({down_.send(t, sizeof value), offset, value});
}

void LinkHost::check(std::uint64_t address, std::size_t bytes) const {
  if (bytes == 0 || bytes > kBurst || address > memory_.size() || bytes > memory_.size() - address)
    throw std::runtime_error(fmt::format("the card wants {} bytes at {:#x}", bytes, address));
}

void LinkHost::live_until(SimTime now) {
  for (;;) {
    Agent* next = nullptr;
    SimTime when = SimTime::never();
    for (Agent* const agent : agents_)
      if (agent->due() < when) {
        next = agent;
        when = agent->due();
      }
    if (!going_up_.empty() && going_up_.front().arrival <= std::min(when, now)) {
      arrive(going_up_.front());
      going_up_.pop_front();
    } else if (when <= now) {
      next->act(when);
    } else {
      return;
    }
  }
}

void LinkHost::arrive(Transfer& transfer) {
  std::byte* const place = at(transfer.address);
  if (transfer.read) {
    std::memcpy(transfer.data.data(), place, transfer.bytes);
    const SimTime sampled = transfer.arrival;
    transfer.arrival = down_.send(sampled, transfer.bytes);
    coming_down_.push_back(transfer);
    return;
  }
  std::memcpy(place, transfer.data.data(), transfer.bytes);
  for (Agent* const agent : agents_) agent->written(transfer.arrival, transfer.address);
}

void LinkHost::before_edge(SimTime now) {
  live_until(now);
  const bool ready = up_.free_at() <= now + buffer_time_;
  pins_.arready = pins_.awready = pins_.wready = ready ? 1 : 0;
  drive_registers(now);
  drive_read(now);
  pins_.bvalid = answers_due_ != 0 ? 1 : 0;
  if (answers_due_ != 0) --answers_due_;
  if (!ready) return;
  if (pins_.awvalid != 0) write_addresses_.push_back(pins_.awaddr);
  if (pins_.wvalid != 0) take_beat(now);
  if (pins_.arvalid != 0) {
    Transfer& read = going_up_.emplace_back();
    read.read = true;
    read.address = pins_.araddr;
    read.bytes = pins_.aruser;
    check(read.address, read.bytes);
    read.arrival = up_.send(now, 0);
  }
}

void LinkHost::take_beat(SimTime now) {
  const unsigned enables = pins_.wstrb;
  const auto lane = static_cast<std::size_t>(std::countr_zero(enables));
  const auto count = static_cast<std::size_t>(std::countr_one(enables >> lane));
  if (filling_.bytes == 0) filling_.address = filling_beat_ * kBeat + lane;
  const bool whole = enables >> lane == (1U << count) - 1 && filling_.bytes + count <= kBurst;
  if (!whole || filling_.address + filling_.bytes != filling_beat_ * kBeat + lane)
    throw std::runtime_error("the card writes a burst with holes");
  std::memcpy(filling_.data.data() + filling_.bytes, reinterpret_cast<const std::byte*>(pins_.wdata) + lane, count);
  filling_.bytes += count;
  ++filling_beat_;
  if (pins_.wlast == 0) return;
  if (write_addresses_.empty()) throw std::runtime_error("the card's data is ahead of its address");
  filling_.address += write_addresses_.front();
  write_addresses_.pop_front();
  check(filling_.address, filling_.bytes);
  filling_.arrival = up_.send(now, filling_.bytes);
  going_up_.push_back(filling_);
  filling_.bytes = 0;
  filling_beat_ = 0;
  ++answers_due_;
}

// One write at a time.
void LinkHost::drive_registers(SimTime now) {
  const bool busy = (pins_.axil_awvalid | pins_.axil_wvalid) != 0;
  if (!busy && !register_writes_.empty() && register_writes_.front().arrival < now) {
    pins_.axil_awvalid = pins_.axil_wvalid = 1;
    pins_.axil_awaddr = register_writes_.front().offset;
    pins_.axil_wdata = register_writes_.front().value;
    register_writes_.pop_front();
  }
  address_taken_ = (pins_.axil_awvalid & pins_.axil_awready) != 0;
  data_taken_ = (pins_.axil_wvalid & pins_.axil_wready) != 0;
  read_taken_ = (pins_.axil_arvalid & pins_.axil_arready) != 0;
}

// One beat an edge; rready is always high.
void LinkHost::drive_read(SimTime now) {
  pins_.rvalid = !coming_down_.empty() && coming_down_.front().arrival < now ? 1 : 0;
  if (pins_.rvalid == 0) return;
  const Transfer& answer = coming_down_.front();
  const std::size_t lead = answer.address % kBeat;  // lanes in front of the first byte
  const std::size_t from = answer_beat_ * kBeat;
  std::array<std::byte, kBeat> lanes{};
  const std::size_t begin = std::max(from, lead);
  const std::size_t end = std::min(from + kBeat, lead + answer.bytes);
  std::memcpy(lanes.data() + (begin - from), answer.data.data() + (begin - lead), end - begin);
  std::memcpy(pins_.rdata, lanes.data(), kBeat);
  const bool last = from + kBeat >= lead + answer.bytes;
  pins_.rlast = last ? 1 : 0;
  ++answer_beat_;
  if (!last) return;
  answer_beat_ = 0;
  coming_down_.pop_front();
}

void LinkHost::after_edge() {
  if (address_taken_) pins_.axil_awvalid = 0;
  if (data_taken_) pins_.axil_wvalid = 0;
  if (read_taken_) pins_.axil_arvalid = 0;
}

void LinkHost::ask_register(std::uint32_t offset) {
  pins_.axil_arvalid = 1;
  pins_.axil_araddr = offset;
}

bool LinkHost::answered(std::uint32_t& value) const {
  if (pins_.axil_rvalid == 0) return false;
  value = pins_.axil_rdata;
  return true;
}

bool LinkHost::at_rest() const {
  return going_up_.empty() && coming_down_.empty() && register_writes_.empty() && filling_.bytes == 0 &&
         std::ranges::all_of(agents_, [](const Agent* agent) { return agent->due().is_never(); });
}

}  // namespace nicosim::bench
