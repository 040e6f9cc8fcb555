// A whole simulated host: CPU, driver, verilated card. One per OS process, and it lives until that ends.
//
// SystemC's kernel and threads stay on one host thread of their own, the engine. Other host threads hand it what is to
// be done and wait; a call runs on a simulated process (a worker), so that it costs time and really sleeps. All workers
// are threads of one simulated process. While the engine runs a slice it holds the big lock.
#pragma once

#include "cli/host_setup.hpp"
#include "cli/scenario/scenario.hpp"
#include "embed/instance.hpp"
#include "sc_model/simulation.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <vector>

namespace nicosim {

class EmbedHost final : public Instance {
 public:
  // Its engine never ends, so neither may this.
  explicit EmbedHost(TimeMode mode);
  // Once; returns when the host has booted and its wires live. Throws what is wrong with captures.
  void boot(BigLock& lock, const Scenario& scenario);
  EmbedHost(const EmbedHost&) = delete;
  EmbedHost& operator=(const EmbedHost&) = delete;

  long call(BigLock& lock, const Body& body) override;
  SimTime now() const override { return sim_->now(); }
  SimTime next_deadline() override { return sim_->next_event(); }
  void advance(BigLock& lock, SimTime until) override;
  void close(BigLock& lock) override;
  Stack& stack() override { return sim_->stack(); }
  std::size_t ports() const override { return links_.size(); }
  LinkForm& link(unsigned port) override { return links_[port]; }
  unsigned mtu(unsigned port) const override { return sim_->driver(port).mtu(); }
  MacAddress mac(unsigned port) const override { return sim_->driver(port).address(); }
  void input(BigLock& lock, unsigned port, std::vector<std::byte> frame) override;

 private:
  struct Request {
    const Body& body;
    long result = 0;
    int gave_up = 0;
    bool started = false, done = false;
  };
  struct Worker {
    Process* process = nullptr;
    Request* request = nullptr;
  };

  void build(const Scenario& scenario);
  void serve();  // the engine
  void on_engine(BigLock& lock, const std::function<void()>& job);
  void work(Worker& worker);  // a simulated process
  Worker& free_worker();
  void give_up(Worker& worker, int error);
  void slice(SimTime until, const std::function<bool()>& enough = {});

  TimeMode mode_;
  std::unique_ptr<HostSetup> setup_;
  std::unique_ptr<Simulation> sim_;
  std::deque<LinkForm> links_;
  std::deque<Worker> workers_;
  unsigned process_ = 0;  // tgid of all workers
  unsigned calls_ = 0;
  int closing_ = 0;

  const std::function<void()>* job_ = nullptr;  // for the engine
  Changed changed_;
};

}  // namespace nicosim
