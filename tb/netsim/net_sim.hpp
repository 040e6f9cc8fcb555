// Two stacks and a wire between them.
//
// Time jumps from event to event. Work costs no time, so what is measured is the protocol.
#pragma once

#include "tb/netsim/link.hpp"
#include "tb/netsim/sim_host.hpp"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <functional>
#include <map>
#include <memory>
#include <utility>

namespace nicosim {

class NetSim {
 public:
  using Host = SimHost;

  NetSim(const LinkModel& link, const StackConfig& config, std::uint64_t seed) : link_(link, seed), poll_(link.poll) {
    for (unsigned i = 0; i < 2; ++i) {
      hosts_[i] = std::make_unique<Host>(
          i, config, [this, i](packets::Packet bytes) { send(i, std::move(bytes)); }, link.offers);
      hosts_[i]->stack->set_neighbour(hosts_[i]->device, Host::address(1 - i), Host::mac(1 - i));
    }
  }

  // Runs until `done` or `limit`; `apps` look at their sockets after every event. false: the time was not enough.
  bool run(SimTime limit, const std::function<void()>& apps, const std::function<bool()>& done) {
    settle(apps);
    while (!done()) {
      SimTime next = events_.empty() ? SimTime::never() : events_.begin()->first.first;
      for (const auto& host : hosts_) next = std::min(next, host->stack->next_deadline());
      if (next > limit) return false;
      now_ = std::max(now_, next);
      for (const auto& host : hosts_) host->runtime.set_now(now_);
      while (!events_.empty() && events_.begin()->first.first <= now_) {
        auto event = std::move(events_.begin()->second);
        events_.erase(events_.begin());
        event();
      }
      for (const auto& host : hosts_)
        if (host->stack->next_deadline() <= now_) host->stack->softirq(Softirq::timer);
      settle(apps);
    }
    return true;
  }

  // At `when`, something that happens between two steps of the hosts.
  void at(SimTime when, std::function<void()> what) {
    events_.emplace(std::pair{when, next_event_++}, std::move(what));
  }
  // A frame from nowhere arrives at host `to`, now: what an attacker puts on its wire.
  void inject(unsigned to, const packets::Packet& bytes) {
    hosts_.at(to)->deliver(bytes);
    if (!std::exchange(hosts_.at(to)->polling, true)) end_poll(to);
  }

  Host& host(unsigned i) { return *hosts_.at(i); }
  SimTime now() const { return now_; }
  const Link::Counts& counts() const { return link_.counts(); }

 private:
  void settle(const std::function<void()>& apps) {
    for (const auto& host : hosts_) host->run_softirqs();
    apps();
    for (const auto& host : hosts_) host->run_softirqs();
  }

  void send(unsigned from, packets::Packet frame) {
    link_.carry(from, now_, std::move(frame), [this, to = 1 - from](SimTime when, packets::Packet bytes) {
      at(when, [this, to, bytes = std::move(bytes)] { inject(to, bytes); });
    });
  }

  void end_poll(unsigned side) {
    at(now_ + poll_, [this, side] {
      Host& host = *hosts_[side];
      host.polling = false;
      host.stack->poll_done(host.device);
      host.run_softirqs();
    });
  }

  Link link_;
  SimTime poll_;
  SimTime now_;
  std::map<std::pair<SimTime, std::uint64_t>, std::function<void()>> events_;
  std::uint64_t next_event_ = 0;
  std::array<std::unique_ptr<Host>, 2> hosts_;
};

}  // namespace nicosim
