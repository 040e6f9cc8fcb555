#include "embed/embed_host.hpp"

#include "sc_model/host/user_process.hpp"

#include <algorithm>
#include <cerrno>
#include <exception>
#include <new>
#include <thread>

namespace nicosim {

EmbedHost::EmbedHost(TimeMode mode) : mode_(mode) {
  std::thread{[this] { serve(); }}.detach();  // waits for the lock
}

void EmbedHost::boot(BigLock& lock, const Scenario& scenario) {
  std::exception_ptr failed;
  on_engine(lock, [&] {
    try {
      build(scenario);
    } catch (...) {
      failed = std::current_exception();
    }
  });
  if (failed) std::rethrow_exception(failed);
}

void EmbedHost::build(const Scenario& scenario) {
  setup_ = std::make_unique<HostSetup>(scenario);
  SimulationSetup simulation = std::move(setup_->simulation);
  simulation.stop_after.reset();  // the user says how far time goes
  sim_ = std::make_unique<Simulation>(std::move(simulation));
  setup_->attach(*sim_);
  for (unsigned port = 0; port < sim_->ports(); ++port) {
    LinkForm& link = links_.emplace_back();
    auto& ends = sim_->wire(port);
    ends.receiver = [this, &link, port, peers = std::move(ends.receiver)](Bytes frame) {
      std::vector<WireFrame> answers;
      if (peers) answers = peers(frame);
      constexpr std::size_t kFcs = 4;
      if (frame.size() < LinkForm::kEthernetHeader + kFcs || link.full()) return answers;
      if (auto answer = link.sent(frame.first(frame.size() - kFcs), sim_->now())) {
        finish_for_wire(*answer);
        answers.emplace_back().bytes = std::move(*answer);
      }
      return answers;
    };
  }
  slice(SimTime::never(), [this] { return sim_->ready(); });
}

// ---- the engine

void EmbedHost::serve() {
  BigLock lock{big_lock()};
  for (;;) {
    changed_.wait(lock, [this] { return job_ != nullptr; });
    (*job_)();
    job_ = nullptr;
    changed_.notify_all();
  }
}

void EmbedHost::on_engine(BigLock& lock, const std::function<void()>& job) {
  changed_.wait(lock, [this] { return job_ == nullptr; });
  job_ = &job;
  changed_.notify_all();
  changed_.wait(lock, [&] { return job_ != &job; });
}

void EmbedHost::slice(SimTime until, const std::function<bool()>& enough) { sim_->run_slice(until, enough); }

// ---- calls

EmbedHost::Worker& EmbedHost::free_worker() {
  for (Worker& worker : workers_)
    if (worker.request == nullptr) return worker;
  Worker& worker = workers_.emplace_back();
  worker.process = &sim_->cpu().spawn(
      "embed", [this, &worker] { work(worker); }, std::nullopt, process_);
  if (process_ == 0) process_ = worker.process->pid();
  return worker;
}

void EmbedHost::work(Worker& worker) {
  HostCpu& cpu = sim_->cpu();
  UserProcess os{cpu, sim_->stack().calls(), sim_->ledger(), *worker.process};
  for (;;) {
    cpu.prepare_to_sleep();
    if (worker.request == nullptr) {
      cpu.sleep(SimTime::never(), true);
      continue;
    }
    Request& request = *worker.request;
    request.started = true;
    try {
      request.result = request.body(os);
    } catch (const std::bad_alloc&) {
      request.result = -ENOMEM;
    }
    cpu.catch_up();  // the call has cost what it costs
    request.done = true;
    worker.request = nullptr;
  }
}

void EmbedHost::give_up(Worker& worker, int error) {
  worker.request->gave_up = error;
  sim_->at_once([this, process = worker.process] { sim_->cpu().kick(*process, true); });
}

long EmbedHost::call(BigLock& lock, const Body& body) {
  if (closing_ != 0) return closing_;
  ++calls_;
  Request request{body};
  Worker* worker = nullptr;
  const auto asleep = [&] { return request.started && worker->process->state() == Process::State::sleeping; };
  on_engine(lock, [&] {
    worker = &free_worker();
    worker->request = &request;
    sim_->at_once([this, process = worker->process] { sim_->cpu().kick(*process); });
    slice(SimTime::never(), [&] { return request.done || asleep(); });
  });
  while (!request.done && closing_ == 0 && mode_ == TimeMode::by_caller) {
    on_engine(lock, [&] {
      if (request.done) return;
      if (sim_->next_event().is_never()) give_up(*worker, -EDEADLK);
      slice(SimTime::never(), [&] { return request.done || big_lock().wanted(); });
    });
    if (!big_lock().wanted()) continue;
    lock.unlock();  // somebody else's call may be what this one waits for
    lock.lock();
  }
  changed_.wait(lock, [&] { return request.done; });
  --calls_;
  changed_.notify_all();
  return request.result == -EINTR && request.gave_up != 0 ? request.gave_up : request.result;
}

// ---- time and packets

void EmbedHost::advance(BigLock& lock, SimTime until) {
  ++calls_;
  on_engine(lock, [&] {
    if (until >= sim_->now()) slice(until);
  });
  --calls_;
  changed_.notify_all();
}

void EmbedHost::input(BigLock& lock, unsigned port, std::vector<std::byte> frame) {
  finish_for_wire(frame);
  on_engine(lock, [&] { sim_->arrive(port, std::move(frame)); });
}

void EmbedHost::close(BigLock& lock) {
  closing_ = -EBADF;
  on_engine(lock, [this] {
    for (Worker& worker : workers_)
      if (worker.request != nullptr) give_up(worker, closing_);
    slice(SimTime::never(), [this] {
      return std::ranges::all_of(workers_, [](const Worker& worker) { return worker.request == nullptr; });
    });
  });
  changed_.wait(lock, [this] { return calls_ == 0; });
}

}  // namespace nicosim
