// The receive soft interrupt: who is polled, for how long, and which CPU gets a frame (net/core/dev.c).
#pragma once

#include "common/napi.hpp"
#include "stack/core/gro.hpp"
#include "stack/core/input_queue.hpp"
#include "stack/core/net.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace nicosim {

class Softnet final : public NapiScheduler {
 public:
  struct Stat {  // columns of /proc/net/softnet_stat that we fill
    std::uint64_t processed = 0, dropped = 0, time_squeeze = 0, received_rps = 0, backlog_len = 0;
  };

  Softnet(Net& net, const InputQueue::Receive& receive);

  void schedule(Napi& napi);          // ____napi_schedule on this CPU; SCHED is set already
  void enqueue(Napi& napi) override;  // the same for a driver, charged
  void start_watchdog(Napi& napi, SimTime after) override;
  void join(const Napi& napi, Gro& gro) { gros_.emplace_back(&napi, &gro); }  // its packets go through this
  bool gro_holds(const Napi& napi) const override;
  void gro_flush(Napi& napi, bool flush_old) override;
  // napi_threaded_poll: what the kernel thread of a threaded source does, for ever. Process context.
  void poll_in_thread(Napi& napi);
  // enqueue_to_backlog: the frame stays with the caller when the queue is full (false), and is counted there.
  [[nodiscard]] bool enqueue(FramePtr& frame, unsigned cpu);
  // get_rps_cpu: the flow's CPU among these (queues/rx-0/rps_cpus); none named: among all.
  unsigned rps_cpu(const Frame& frame, const std::vector<unsigned>& among) const;
  void net_rx_action();
  void count_processed() { ++cpus_[net_.runtime.cpu()]->stat.processed; }

  Stat stat(unsigned cpu) const;
  std::string softnet_stat() const;  // /proc/net/softnet_stat: 13 hexadecimal columns, one line per CPU
  void close_queued(SimTime now);

 private:
  struct Cpu {
    Cpu(Net& net, const InputQueue::Receive& receive) : backlog(net, receive) {}
    std::deque<Napi*> poll_list;
    std::vector<unsigned> rps_ipi_list;  // CPUs whose backlog we have filled and must tell
    InputQueue backlog;
    Stat stat;
  };

  int poll(Napi& napi, Cpu& cpu, bool& repoll);  // __napi_poll
  void send_rps_ipis(Cpu& cpu);                  // net_rps_action_and_irq_enable
  void rps_trigger_softirq();                    // the interrupt there: only a CPU itself touches its poll_list

  Net& net_;
  std::vector<std::unique_ptr<Cpu>> cpus_;
  Gro* gro_of(const Napi& napi) const;  // nullptr: it has none

  std::vector<std::pair<const Napi*, Gro*>> gros_;
  std::vector<std::pair<Napi*, std::unique_ptr<Timer>>> watchdogs_;  // of sources that ever defer, in order of that
};

}  // namespace nicosim
