#include "stack/core/busy_poll.hpp"

#include "common/spin_lock.hpp"
#include "stack/socket/sock.hpp"

namespace nicosim {

void BusyPoll::add(NetDevice& device) {
  if (Napi* const napi = device.napi(); napi != nullptr) sources_[kMinNapiId + device.port()] = napi;
}

void BusyPoll::mark(Sock& sock, const Frame& frame) const {
  const unsigned id = kMinNapiId + frame.port;
  if (sources_.contains(id)) sock.napi_id = id;
}

bool BusyPoll::can_loop(const Sock& sock) { return sock.ll_usec != 0 && sock.napi_id != 0; }

void BusyPoll::sk_busy_loop(Sock& sock, bool once) {
  if (net_.runtime.signal_pending()) return;
  const SimTime until = net_.now() + SimTime::us(sock.ll_usec);
  const auto keep = sock.shared_from_this();  // others may close it meanwhile
  const auto end = [&] { return sock.has_data() || sock.socket == nullptr || net_.now() > until; };
  const int budget = sock.busy_poll_budget != 0 ? static_cast<int>(sock.busy_poll_budget) : kBudget;
  loop(sock.napi_id, budget, sock.prefer_busy_poll, once ? std::function<bool()>{} : end);
}

// Soft interrupts that the poll raised (RPS, the timer) run at the end of each round, where they are enabled again:
// with rx_path rps the frame reaches its socket there.
void BusyPoll::loop(unsigned napi_id, int budget, bool prefer, const std::function<bool()>& end) {
  const auto source = sources_.find(napi_id);
  if (source == sources_.end()) return;
  Napi& napi = *source->second;
  Runtime& runtime = net_.runtime;
  bool own = false;
  for (;;) {
    {
      const BottomHalfGuard guard{runtime};
      runtime.charge(Cost::busy_loop);
      runtime.catch_up();
      if (!own) own = napi.begin_busy_poll(prefer);
      if (own) {
        runtime.charge(Cost::napi_poll);
        net_.mib.TcpExtBusyPollRxPackets += static_cast<std::uint64_t>(napi.poll(budget));
      }
    }
    if (!end || end()) break;
    if (!runtime.need_resched()) continue;
    if (own) stop(napi, budget, prefer);
    own = false;
    runtime.cond_resched();
    if (end()) return;
  }
  if (own) stop(napi, budget, prefer);
}

// busy_poll_stop: one poll more, which unmasks the interrupt when it finds nothing, or leaves the rest to the soft
// interrupt.
void BusyPoll::stop(Napi& napi, int budget, bool prefer) {
  const BottomHalfGuard guard{net_.runtime};
  const bool watched = napi.end_busy_poll(scheduler_, prefer);
  net_.runtime.charge(Cost::napi_poll);
  if (napi.poll(budget) < budget) return;
  if (watched && !napi.missed())
    napi.clear_scheduled();  // the watchdog polls what is left
  else
    scheduler_.enqueue(napi);
}

}  // namespace nicosim
