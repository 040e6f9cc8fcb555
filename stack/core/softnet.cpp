#include "stack/core/softnet.hpp"

#include "common/spin_lock.hpp"
#include "stack/core/flow_hash.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>

namespace nicosim {

Softnet::Softnet(Net& net, const InputQueue::Receive& receive) : net_(net) {
  for (unsigned cpu = 0; cpu < net.runtime.cpus(); ++cpu) cpus_.push_back(std::make_unique<Cpu>(net, receive));
}

void Softnet::enqueue(Napi& napi) {
  net_.runtime.charge(Cost::napi_schedule);
  schedule(napi);
}

void Softnet::schedule(Napi& napi) {
  if (Task* const thread = napi.thread(); thread != nullptr) {
    napi.give_to_thread();
    return net_.runtime.wake(*thread, false);
  }
  const unsigned cpu = net_.runtime.cpu();
  {
    const IrqGuard guard{net_.runtime};
    cpus_[cpu]->poll_list.push_back(&napi);
  }
  net_.runtime.raise_softirq(Softirq::net_rx, cpu);
}

bool Softnet::enqueue(FramePtr& frame, unsigned cpu) {
  Cpu& target = *cpus_[cpu];
  switch (target.backlog.enqueue(frame)) {
    case InputQueue::Verdict::queued:
      return true;
    case InputQueue::Verdict::refused:
      ++target.stat.dropped;
      return false;
    case InputQueue::Verdict::first:
      break;
  }
  const unsigned here = net_.runtime.cpu();
  if (cpu == here) {
    schedule(target.backlog);
  } else {  // napi_schedule_rps: told together, at the end of this net_rx_action
    cpus_[here]->rps_ipi_list.push_back(cpu);
    net_.runtime.raise_softirq(Softirq::net_rx, here);
  }
  return true;
}

unsigned Softnet::rps_cpu(const Frame& frame, const std::vector<unsigned>& among) const {
  const std::size_t count = among.empty() ? cpus_.size() : among.size();
  if (count == 1) return among.empty() ? 0 : among.front();
  const std::uint32_t hash = frame.rx_hash != 0 ? frame.rx_hash : flow_hash(frame.bytes());
  const auto chosen = static_cast<unsigned>((std::uint64_t{hash} * count) >> 32U);  // reciprocal_scale
  return among.empty() ? chosen : among[chosen];
}

void Softnet::net_rx_action() {
  Cpu& cpu = *cpus_[net_.runtime.cpu()];
  const SimTime limit = net_.now() + SimTime::us(net_.sysctl.netdev_budget_usecs);
  std::int64_t budget = net_.sysctl.netdev_budget;
  std::deque<Napi*> list, repoll;
  {
    const IrqGuard guard{net_.runtime};
    list.swap(cpu.poll_list);
  }
  while (!list.empty()) {
    Napi& napi = *list.front();
    list.pop_front();
    bool again = false;
    budget -= poll(napi, cpu, again);
    if (again) repoll.push_back(&napi);
    // Looked at after every poll, so the last one may overshoot; counted even when nothing remained.
    if (budget <= 0 || net_.now() >= limit) {
      ++cpu.stat.time_squeeze;
      break;
    }
  }
  bool more = false;
  {
    const IrqGuard guard{net_.runtime};
    // Unserved ones first, then what was scheduled meanwhile, then those that used up their weight.
    list.insert(list.end(), cpu.poll_list.begin(), cpu.poll_list.end());
    list.insert(list.end(), repoll.begin(), repoll.end());
    cpu.poll_list.swap(list);
    more = !cpu.poll_list.empty();
  }
  if (more) net_.runtime.raise_softirq(Softirq::net_rx, net_.runtime.cpu());
  send_rps_ipis(cpu);
}

int Softnet::poll(Napi& napi, Cpu& cpu, bool& repoll) {
  if (!napi.scheduled()) return 0;
  net_.runtime.charge(Cost::napi_poll);
  if (&napi == &cpu.backlog) send_rps_ipis(cpu);
  const int weight = &napi == &cpu.backlog ? static_cast<int>(net_.sysctl.dev_weight) : Napi::kWeight;
  const int work = napi.poll(weight);
  if (work < weight) return work;  // it has completed itself, and may already be on a list again
  if (napi.disabled()) {
    napi.clear_scheduled();               // napi_disable() waits for this
  } else if (napi.prefers_busy_poll()) {  // more to do, but the process that waits for it wants to do it itself
    if (napi.complete_done(*this, work)) napi.schedule(*this);  // no timer would bring it back
  } else {
    repoll = true;
  }
  return work;
}

void Softnet::poll_in_thread(Napi& napi) {
  Runtime& runtime = net_.runtime;
  napi.set_thread(runtime.current());
  for (;;) {
    runtime.prepare_to_sleep();
    if (!napi.take_by_thread()) {
      runtime.sleep(SimTime::never(), false);
      continue;
    }
    for (bool again = true; again;) {
      again = false;
      {
        const BottomHalfGuard guard{runtime};
        poll(napi, *cpus_[runtime.cpu()], again);
      }
      runtime.cond_resched();
    }
  }
}

void Softnet::start_watchdog(Napi& napi, SimTime after) {
  auto place = std::ranges::find(watchdogs_, &napi, &decltype(watchdogs_)::value_type::first);
  if (place == watchdogs_.end()) {
    watchdogs_.emplace_back(&napi, std::make_unique<Timer>(net_.timers, [this, &napi] { napi.watchdog(*this); }));
    place = std::prev(watchdogs_.end());
  }
  place->second->arm(net_.now() + after);
}

Gro* Softnet::gro_of(const Napi& napi) const {
  const auto place = std::ranges::find(gros_, &napi, &decltype(gros_)::value_type::first);
  return place == gros_.end() ? nullptr : place->second;
}

bool Softnet::gro_holds(const Napi& napi) const {
  const Gro* const gro = gro_of(napi);
  return gro != nullptr && gro->holds();
}

void Softnet::gro_flush(Napi& napi, bool flush_old) {
  if (Gro* const gro = gro_of(napi)) gro->flush(flush_old);
  net_.runtime.catch_up();  // the caller changes NAPI's state
}

void Softnet::send_rps_ipis(Cpu& cpu) {
  std::vector<unsigned> targets;
  {
    const IrqGuard guard{net_.runtime};
    targets.swap(cpu.rps_ipi_list);
  }
  for (const unsigned target : targets) net_.runtime.call(target, [this] { rps_trigger_softirq(); });
}

void Softnet::rps_trigger_softirq() {
  Cpu& cpu = *cpus_[net_.runtime.cpu()];
  ++cpu.stat.received_rps;
  schedule(cpu.backlog);
}

Softnet::Stat Softnet::stat(unsigned cpu) const {
  Stat stat = cpus_.at(cpu)->stat;
  stat.backlog_len = cpus_.at(cpu)->backlog.length();
  return stat;
}

std::string Softnet::softnet_stat() const {
  std::string text;
  for (unsigned cpu = 0; cpu < cpus_.size(); ++cpu) {
    const Stat s = stat(cpu);
    const auto column = [](std::uint64_t v) { return static_cast<std::uint32_t>(v); };
    text += fmt::format("{:08x} {:08x} {:08x} {:08x} {:08x} {:08x} {:08x} {:08x} {:08x} {:08x} {:08x} {:08x} {:08x}\n",
                        column(s.processed), column(s.dropped), column(s.time_squeeze), 0, 0, 0, 0, 0, 0,
                        column(s.received_rps), 0, column(s.backlog_len), cpu);
  }
  return text;
}

void Softnet::close_queued(SimTime now) {
  for (auto& cpu : cpus_) cpu->backlog.close_queued(now);
}

}  // namespace nicosim
