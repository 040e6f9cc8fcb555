#include "stack/io/aio.hpp"

#include "stack/fs/file_system.hpp"
#include "stack/io/poll_mask.hpp"
#include "stack/io/wake_up.hpp"
#include "stack/process/process_table.hpp"
#include "stack/socket/socket.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <string_view>

namespace nicosim {

struct Aio::Group {
  std::size_t pending = 0;
  bool failed = false;
  sigevent event{};
  AioCallback on_thread;
};

struct Aio::Request final : Waiter {
  enum class State : std::uint8_t { behind, waiting, ready, running, done };

  bool woken(PollMask why, bool) override {
    if (state != State::waiting || (why & interest) == 0) return false;
    const RequestPtr keep = self.lock();
    leave();
    aio->runtime_.charge(Cost::sock_wake, 1);
    aio->make_ready(keep);
    return true;
  }
  void leave() {
    if (queue != nullptr) std::exchange(queue, nullptr)->remove(*this);
  }
  bool writes() const { return opcode == LIO_WRITE; }
  bool changes() const { return opcode != LIO_READ; }  // writes or syncs: one after the other
  Lane lane() const { return {file.get(), changes() ? LIO_WRITE : LIO_READ}; }
  ~Request() override { leave(); }

  Aio* aio = nullptr;
  std::weak_ptr<Request> self;
  std::shared_ptr<Process> process;
  aiocb* control = nullptr;
  int opcode = LIO_READ, fd = -1;
  std::shared_ptr<File> file;
  std::uint64_t offset = 0;
  std::vector<std::byte> bytes;  // read so far, or to be written
  std::size_t transferred = 0;
  PagePtr page;  // that it waits for, or has waited for
  State state = State::behind;
  PollMask interest = 0;
  WaitQueue* queue = nullptr;  // that it stands on
  bool orphan = false;         // its process is gone
  sigevent event{};
  AioCallback on_thread;
  std::shared_ptr<Group> group;
  long result = 0;
};

struct Aio::Process {
  unsigned pid = 0;
  std::string name;
  std::vector<RequestPtr> requests;                  // in order of submission, until aio_return()
  WaitQueue wait;                                    // aio_suspend, LIO_WAIT
  std::deque<std::pair<AioCallback, sigval>> calls;  // for the helper thread
  bool helper_runs = false;
  Task* helper = nullptr;  // while it calls
};

namespace {

std::string_view op_name(int opcode) { return opcode == LIO_WRITE ? "write" : opcode == kAioFsync ? "fsync" : "read"; }

}  // namespace

// A worker may still hold a request when a run ends, and a wait queue must not outlive those who stand on it.
Aio::~Aio() {
  for (auto& [pid, process] : by_process_) {
    for (const RequestPtr& request : process->requests) request->leave();
    process->requests.clear();  // they refer to it
  }
}

Aio::Process& Aio::process_of(const Task& task) {
  auto& process = by_process_[task.tgid()];
  if (!process) {
    process = std::make_shared<Process>();
    process->pid = task.tgid();
    process->name = task.task_name();
  }
  return *process;
}

Aio::RequestPtr Aio::find(const Process& process, const aiocb* control) {
  const auto found = std::ranges::find_if(process.requests, [&](const RequestPtr& r) { return r->control == control; });
  return found == process.requests.end() ? nullptr : *found;
}

// ---- submission

int Aio::submit(Task& task, std::shared_ptr<File> file, aiocb& control, int opcode, AioCallback on_thread) {
  RegularFile* const regular = file->ops ? file->ops->regular() : nullptr;
  if (!file->is_socket() && regular == nullptr) return -EINVAL;
  const bool syncs = opcode == kAioFsync;
  if (syncs && regular == nullptr) return -EINVAL;
  if (opcode == LIO_READ ? !file->readable() : !file->writable()) return -EBADF;
  if (!syncs) {
    if (regular != nullptr && control.aio_offset < 0) return -EINVAL;
    if (control.aio_nbytes > SSIZE_MAX) return -EINVAL;
    if (control.aio_nbytes != 0 && control.aio_buf == nullptr) return -EFAULT;
  }
  const int how = control.aio_sigevent.sigev_notify;
  const bool known = how == SIGEV_NONE || how == SIGEV_THREAD ||
                     (how == SIGEV_SIGNAL && valid_signal(control.aio_sigevent.sigev_signo));
  if (!known || (how == SIGEV_THREAD && !on_thread)) return -EINVAL;
  if (in_flight_ >= kMostRequests) return -EAGAIN;

  Process& process = process_of(task);
  if (const RequestPtr old = find(process, &control)) {
    if (old->state != Request::State::done) return -EINVAL;  // POSIX leaves it open
    std::erase(process.requests, old);
  }
  runtime_.charge(Cost::aio_submit, 1);
  if (workers_.empty() && !start_worker()) return -ENOSYS;
  auto request = std::make_shared<Request>();
  request->aio = this;
  request->self = request;
  request->process = by_process_.at(task.tgid());
  request->control = &control;
  request->opcode = opcode;
  request->fd = control.aio_fildes;
  request->offset = static_cast<std::uint64_t>(control.aio_offset);
  if (!syncs) request->bytes.resize(control.aio_nbytes);
  if (opcode == LIO_WRITE && control.aio_nbytes != 0)
    std::memcpy(request->bytes.data(), const_cast<const void*>(control.aio_buf), control.aio_nbytes);
  request->event = control.aio_sigevent;
  request->on_thread = std::move(on_thread);
  request->file = std::move(file);
  process.requests.push_back(request);
  ++in_flight_;
  ledger_.note(runtime_.now(), "aio_submit", {},
               fmt::format("pid={} task={} op={} fd={} bytes={}", task.pid(), task.task_name(), op_name(opcode),
                           request->fd, request->bytes.size()));
  begin(request);
  return 0;
}

void Aio::begin(const RequestPtr& request) {
  if (!request->file->is_socket() && !request->changes()) return make_ready(request);  // a worker asks the disk
  auto& lane = lanes_[request->lane()];
  lane.push_back(request);
  if (lane.size() == 1) arm(request);
}

// Nothing wakes it before it stands on the queue, and what came before that the second look finds.
void Aio::arm(const RequestPtr& request) {
  request->state = Request::State::waiting;
  if (request->page) {
    if (!request->page->locked) return make_ready(request);
    request->interest = ~PollMask{0};
    request->queue = &request->page->wait;
    request->queue->add(*request);
    return;  // no time has passed since it was locked
  }
  if (!request->file->is_socket()) return make_ready(request);
  request->interest = (request->writes() ? kPollOut : kPollIn | kPollRdHup) | kPollErr | kPollHup;
  request->queue = &request->file->wait_queue();
  request->queue->add(*request);
  runtime_.charge(Cost::poll_file, 1);
  if ((request->file->poll() & request->interest) == 0) return;
  request->leave();
  make_ready(request);
}

// ---- workers

void Aio::make_ready(const RequestPtr& request) {
  request->state = Request::State::ready;
  ready_.push_back(request);
  const auto idle = std::ranges::find(workers_, true, &Worker::idle);
  if (idle == workers_.end()) return;  // the next one that is done looks
  idle->idle = false;
  runtime_.wake(*idle->task, false);
}

bool Aio::start_worker() {
  const auto number = static_cast<unsigned>(workers_.size());
  workers_.emplace_back();
  const auto body = [this, number](Task& self) { work(self, number); };
  if (runtime_.start_thread(fmt::format("kaio/{}", number), body, 0)) return true;
  workers_.pop_back();
  return false;
}

void Aio::work(Task& self, unsigned number) {
  workers_[number].task = &self;
  for (;;) {
    runtime_.prepare_to_sleep();
    if (ready_.empty()) {
      workers_[number].idle = true;
      runtime_.sleep(SimTime::never(), false);
      workers_[number].idle = false;
      continue;
    }
    const RequestPtr request = std::move(ready_.front());
    ready_.pop_front();
    const bool more = !ready_.empty() && std::ranges::none_of(workers_, &Worker::idle);
    if (more && workers_.size() < kMostWorkers) start_worker();
    step(self, request);
  }
}

void Aio::step(Task& worker, const RequestPtr& request) {
  request->state = Request::State::running;
  if (request->orphan) return complete(request, -ECANCELED);
  const std::span<std::byte> rest = std::span{request->bytes}.subspan(request->transferred);
  File& file = *request->file;
  long n = 0;
  bool more = false;  // to do, when something else has happened
  if (RegularFile* const regular = file.ops ? file.ops->regular() : nullptr) {
    if (request->opcode == kAioFsync) {
      regular->fs.sync(worker, *regular);
    } else if (request->writes()) {
      n = regular->fs.write(worker, *regular, regular->append ? RegularFile::kAppend : request->offset, rest);
    } else {
      n = regular->fs.start(worker, *regular, request->offset + request->transferred, rest, request->page);
      more = request->page != nullptr;
    }
  } else if (request->writes()) {
    n = file.socket.ops->sendmsg(worker, file.socket, rest, MSG_DONTWAIT | MSG_NOSIGNAL, nullptr);
    more = n == -EAGAIN || (n > 0 && static_cast<std::size_t>(n) < rest.size());
  } else {
    n = file.socket.ops->recvmsg(worker, file.socket, rest, MSG_DONTWAIT, nullptr);
    more = n == -EAGAIN;  // somebody else was faster
  }
  if (n > 0) request->transferred += static_cast<std::size_t>(n);
  if (more && !request->orphan && !(file.is_socket() && file.nonblocking)) return arm(request);
  complete(request, request->transferred > 0 || n == 0 ? static_cast<long>(request->transferred) : n);
}

// ---- completion

void Aio::complete(const RequestPtr& request, long result) {
  runtime_.charge(Cost::aio_complete, 1);
  runtime_.catch_up();
  if (!request->changes() && result > 0 && !request->orphan)
    std::memcpy(const_cast<void*>(request->control->aio_buf), request->bytes.data(), static_cast<std::size_t>(result));
  request->bytes = {};
  request->page.reset();
  request->result = result;
  request->state = Request::State::done;
  --in_flight_;
  ledger_.note(runtime_.now(), "aio_complete", {},
               fmt::format("pid={} task={} op={} fd={} result={}", request->process->pid, request->process->name,
                           op_name(request->opcode), request->fd, result));
  // Its successor, before the file may go.
  if (const auto lane = lanes_.find(request->lane()); lane != lanes_.end()) {
    const bool first = lane->second.front() == request;
    std::erase(lane->second, request);
    if (lane->second.empty())
      lanes_.erase(lane);
    else if (first)
      arm(lane->second.front());
  }
  std::shared_ptr<File> file = std::move(request->file);
  if (file.use_count() == 1) file->release();
  file.reset();

  if (request->orphan) return;
  const std::shared_ptr<Process> process = request->process;
  if (process->wait.has_sleepers()) process->wait.wake_up(~PollMask{0}, 0);
  notify(process, request->event, request->on_thread);
  if (const auto group = std::move(request->group)) {
    group->failed = group->failed || result < 0;
    if (--group->pending == 0) {
      if (process->wait.has_sleepers()) process->wait.wake_up(~PollMask{0}, 0);
      notify(process, group->event, group->on_thread);
    }
  }
}

void Aio::notify(const std::shared_ptr<Process>& process, const sigevent& event, const AioCallback& on_thread) {
  if (event.sigev_notify == SIGEV_SIGNAL) {
    SigInfo info;
    info.signo = event.sigev_signo;
    info.code = SI_ASYNCIO;
    info.pid = process->pid;
    info.value = reinterpret_cast<std::intptr_t>(event.sigev_value.sival_ptr);
    processes_.send(process->pid, info);
    return;
  }
  if (!wants_thread(event) || !on_thread) return;
  process->calls.emplace_back(on_thread, event.sigev_value);
  if (std::exchange(process->helper_runs, true)) return;
  runtime_.start_thread(
      process->name + "/aio",
      [process](Task& self) {
        process->helper = &self;
        while (!process->calls.empty()) {
          const auto [call, value] = std::move(process->calls.front());
          process->calls.pop_front();
          call(self, value);
        }
        process->helper = nullptr;
        process->helper_runs = false;
      },
      process->pid);
}

// ---- results

int Aio::error(const Task& task, const aiocb* control) const {
  const auto process = by_process_.find(task.tgid());
  const RequestPtr request = process == by_process_.end() ? nullptr : find(*process->second, control);
  if (!request) return -EINVAL;
  if (request->state != Request::State::done) return EINPROGRESS;
  return request->result < 0 ? static_cast<int>(-request->result) : 0;
}

long Aio::take(const Task& task, const aiocb* control) {
  const auto process = by_process_.find(task.tgid());
  const RequestPtr request = process == by_process_.end() ? nullptr : find(*process->second, control);
  if (!request || request->state != Request::State::done) return -EINVAL;
  std::erase(process->second->requests, request);
  return request->result;
}

int Aio::suspend(Task& task, std::span<const aiocb* const> list, SimTime until) {
  Process& process = process_of(task);
  const auto keep = by_process_.at(task.tgid());
  const auto done = [&] {
    return std::ranges::any_of(list, [&](const aiocb* one) {
      if (one == nullptr) return false;
      const RequestPtr request = find(process, one);
      return !request || request->state == Request::State::done;
    });
  };
  for (Woken woken = Woken::event;;) {
    if (done()) return 0;
    if (woken == Woken::timeout || runtime_.now() >= until) return -EAGAIN;
    if (woken == Woken::signal) return -EINTR;
    TaskWaiter waiter{runtime_, process.wait, task, ~PollMask{0}};
    process.wait.add(waiter);
    runtime_.prepare_to_sleep();
    if (!done()) woken = runtime_.sleep(until, true);
  }
}

int Aio::listio(Task& task, int mode, std::span<const Entry> entries, const sigevent* event, AioCallback on_thread) {
  if (mode != LIO_WAIT && mode != LIO_NOWAIT) return -EINVAL;
  const auto group = std::make_shared<Group>();
  group->pending = 1;  // the list itself, until all of it is submitted
  group->event.sigev_notify = SIGEV_NONE;
  if (mode == LIO_NOWAIT && event != nullptr) group->event = *event;
  group->on_thread = std::move(on_thread);
  Process& process = process_of(task);
  const auto keep = by_process_.at(task.tgid());
  for (const Entry& entry : entries) {
    if (entry.control == nullptr || entry.control->aio_lio_opcode == LIO_NOP) continue;
    ++group->pending;
    const int result =
        entry.file ? submit(task, entry.file, *entry.control, entry.control->aio_lio_opcode, group->on_thread) : -EBADF;
    if (result != 0) {
      --group->pending;
      group->failed = true;
    } else if (const RequestPtr request = find(process, entry.control); request->state == Request::State::done) {
      --group->pending;  // a worker on another core was that fast
      group->failed = group->failed || request->result < 0;
    } else {
      request->group = group;
    }
  }
  const bool refused = group->failed;
  if (--group->pending == 0) notify(keep, group->event, group->on_thread);
  if (mode == LIO_NOWAIT) return refused ? -EIO : 0;
  for (Woken woken = Woken::event; group->pending > 0;) {
    if (woken == Woken::signal) return -EINTR;
    TaskWaiter waiter{runtime_, process.wait, task, ~PollMask{0}};
    process.wait.add(waiter);
    runtime_.prepare_to_sleep();
    if (group->pending > 0) woken = runtime_.sleep(SimTime::never(), true);
  }
  return group->failed ? -EIO : 0;
}

// ---- cancellation

bool Aio::withdraw(const RequestPtr& request) {
  if (request->state == Request::State::running) return false;
  if (request->transferred > 0 && !request->orphan) return false;
  request->leave();
  std::erase(ready_, request);
  return true;
}

int Aio::cancel(Task& task, int fd, const aiocb* control) {
  if (control != nullptr && control->aio_fildes != fd) return -EINVAL;
  const auto found = by_process_.find(task.tgid());
  if (found == by_process_.end()) return AIO_ALLDONE;
  int result = AIO_ALLDONE;
  const std::vector<RequestPtr> all = found->second->requests;  // completing takes time, and they may become more
  for (const RequestPtr& request : all) {
    if (request->fd != fd || (control != nullptr && request->control != control)) continue;
    if (request->state == Request::State::done) continue;
    if (!withdraw(request)) {
      result = AIO_NOTCANCELED;
      continue;
    }
    request->state = Request::State::running;  // ours now
    if (result == AIO_ALLDONE) result = AIO_CANCELED;
    complete(request, -ECANCELED);
  }
  return result;
}

void Aio::closing(Task& task, int fd) {
  if (by_process_.contains(task.tgid())) cancel(task, fd, nullptr);
}

void Aio::exit(const Task& task) {
  const auto found = by_process_.find(task.tgid());
  if (found == by_process_.end()) return;
  const std::shared_ptr<Process> process = std::move(found->second);
  by_process_.erase(found);
  process->calls.clear();
  // zap_other_threads: what it sleeps in ends, and it does not return to the program
  if (process->helper != nullptr) runtime_.set_signal_pending(*process->helper, true);
  for (const RequestPtr& request : process->requests) request->orphan = true;
  for (const RequestPtr& request : process->requests) {
    if (request->state == Request::State::done || !withdraw(request)) continue;
    request->state = Request::State::running;
    complete(request, -ECANCELED);
  }
  process->requests.clear();  // they refer to it
}

}  // namespace nicosim
