// Busy polling: a process that waits for data polls the card itself for a while before it sleeps (net/core/dev.c:
// napi_busy_loop; include/net/busy_poll.h).
//
// It saves the interrupt, the soft interrupt and the switch back to the process, and pays with a core that does
// nothing else. Knobs: net.core.busy_read (and SO_BUSY_POLL) for reads, net.core.busy_poll for poll, select and
// epoll_wait, both in us; SO_PREFER_BUSY_POLL with napi_defer_hard_irqs and gro_flush_timeout of the card keeps the
// interrupt masked between two reads, too.
#pragma once

#include "common/napi.hpp"
#include "common/net_device.hpp"
#include "stack/core/net.hpp"

#include <functional>
#include <map>

namespace nicosim {

struct Sock;

class BusyPoll {
 public:
  static constexpr int kBudget = 8;  // BUSY_POLL_BUDGET

  BusyPoll(Net& net, NapiScheduler& scheduler) : net_(net), scheduler_(scheduler) {}

  void add(NetDevice& device);                      // its Napi, if it has one
  void mark(Sock& sock, const Frame& frame) const;  // sk_mark_napi_id: this frame came by that poll

  bool on() const { return net_.sysctl.busy_poll != 0; }  // net_busy_loop_on
  SimTime poll_time() const { return SimTime::us(net_.sysctl.busy_poll); }
  static bool can_loop(const Sock& sock);  // sk_can_busy_loop
  // Polls the card that this socket hears of until there is data or its time is up; `once`: a single poll. Process
  // context, no lock held.
  void sk_busy_loop(Sock& sock, bool once);
  // napi_busy_loop until end(); an empty one: a single poll. An id of nobody: returns at once.
  void loop(unsigned napi_id, int budget, bool prefer, const std::function<bool()>& end);

 private:
  void stop(Napi& napi, int budget, bool prefer);

  Net& net_;
  NapiScheduler& scheduler_;
  std::map<unsigned, Napi*> sources_;  // by id
};

}  // namespace nicosim
