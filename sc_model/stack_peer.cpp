#include "sc_model/stack_peer.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cassert>
#include <cerrno>
#include <set>
#include <utility>

namespace nicosim {
namespace {

constexpr std::size_t kFcs = 4;
constexpr int kDescriptors = 1 << 20;

class PeerTask final : public Task {
 public:
  unsigned pid() const override { return 1; }
  std::string_view task_name() const override { return "client"; }
};

}  // namespace

// Time is what the simulation says, work is free, and nobody ever sleeps: all calls are non-blocking.
class StackPeer::OwnRuntime final : public Runtime {
 public:
  explicit OwnRuntime(std::uint64_t seed) : rng_(seed, "tcp client") {}
  SimTime now() const override { return time; }
  unsigned cpu() const override { return 0; }
  unsigned cpus() const override { return 1; }
  Context context() const override { return Context::softirq; }
  void charge(Cost, std::uint64_t) override {}
  void catch_up() override {}
  void raise_softirq(Softirq which, unsigned) override { pending.insert(which); }
  void irq_disable() override {}
  void irq_enable() override {}
  void preempt_disable() override {}
  void preempt_enable() override {}
  void arm(SimTime) override {}
  Task* current() override { return nullptr; }
  void prepare_to_sleep() override {}
  Woken sleep(SimTime, bool) override {
    assert(false && "a peer on the wire does not sleep");
    return Woken::timeout;
  }
  void wake(Task&, bool) override {}
  std::uint64_t random() override { return rng_.next(); }

  SimTime time;
  std::set<Softirq> pending;

 private:
  Rng rng_;
};

class StackPeer::Port final : public NetDevice {
 public:
  explicit Port(MacAddress mac) : mac_(mac) {}
  std::string_view name() const override { return "peer"; }
  unsigned port() const override { return 0; }
  MacAddress address() const override { return mac_; }
  unsigned mtu() const override { return 1500; }
  Features features() const override { return {}; }
  bool carrier() const override { return true; }
  bool transmit(FramePtr& frame) override {
    const auto bytes = std::as_const(*frame).bytes();
    WireFrame& out = sent.emplace_back();
    out.bytes.assign(bytes.begin(), bytes.end());
    finish_for_wire(out.bytes);
    frame->ids.clear();
    frame.reset();
    return true;
  }
  void set_rx_mode(bool, bool, std::span<const MacAddress>) override {}

  std::vector<WireFrame> sent;

 private:
  MacAddress mac_;
};

StackPeer::StackPeer(TcpClientConfig config)
    : config_(std::move(config)),
      runtime_(std::make_unique<OwnRuntime>(config_.seed)),
      port_(std::make_unique<Port>(config_.mac)),
      task_(std::make_unique<PeerTask>()) {
  StackConfig stack;
  stack.rx_path = RxPath::direct;
  stack.rlimit_nofile = kDescriptors;
  stack_ = std::make_unique<Stack>(*runtime_, ledger_, pool_, stack);
  stack_->attach(*port_);
  stack_->add_address(*port_, config_.address, config_.prefix_length);
  if (!config_.gateway.is_any()) stack_->add_route(Ipv4Address::any(), 0, config_.gateway, *port_);
}

StackPeer::~StackPeer() = default;

void StackPeer::start(SimTime wire_start) {
  runtime_->time = wire_start;
  next_open_ = config_.connections > 0 ? wire_start + config_.at : SimTime::never();
  config_.ask_from += wire_start;
  config_.measure_from += wire_start;
  epoll_ = stack_->calls().epoll_create1(*task_, 0);
}

SimTime StackPeer::next_deadline() const {
  const SimTime next = std::min(next_open_, stack_->next_deadline());
  return thinking_.empty() ? next : std::min(next, thinking_.begin()->first);
}

std::vector<WireFrame> StackPeer::receive(SimTime now, Bytes frame) {
  runtime_->time = now;
  if (frame.size() > kFcs) {
    const Bytes bytes = frame.first(frame.size() - kFcs);
    FramePtr received = pool_.make(bytes.size());
    copy_bytes(bytes, received->put(bytes.size()));
    received->ids.push_back(ledger_.open_on_wire(0, arrived_++, now));
    stack_->receive(*port_, std::move(received));
  }
  return settle();
}

std::vector<WireFrame> StackPeer::on_time(SimTime now) {
  runtime_->time = now;
  stack_->run_timers();
  return settle();
}

std::vector<WireFrame> StackPeer::settle() {
  const auto soft = [&] {
    while (!runtime_->pending.empty()) {
      const Softirq next = *runtime_->pending.begin();
      runtime_->pending.erase(runtime_->pending.begin());
      stack_->softirq(next);
    }
  };
  soft();
  open_due();
  ask_due();
  std::array<epoll_event, 64> events{};
  while (const int ready = stack_->calls().epoll_wait(*task_, epoll_, events, 0)) {
    for (const epoll_event& event : std::span{events}.first(static_cast<std::size_t>(ready)))
      if (const auto found = connections_.find(event.data.fd); found != connections_.end()) step(found->second);
    soft();
  }
  return std::exchange(port_->sent, {});
}

void StackPeer::open_due() {
  while (next_open_ <= runtime_->time) {
    Syscalls& os = stack_->calls();
    Connection connection;
    connection.number = opened_;
    if (config_.active) {
      const std::uint64_t active = std::min(*config_.active, config_.connections);
      connection.asks = (opened_ + 1) * active / config_.connections > opened_ * active / config_.connections;
    }
    connection.fd = os.socket(*task_, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(config_.port);
    to.sin_addr.s_addr = htonl(config_.server.value);
    if (connection.fd < 0 || os.connect(*task_, connection.fd, to) != -EINPROGRESS) {
      ++stats_.failed;
      if (connection.fd >= 0) os.close(*task_, connection.fd);
    } else {
      epoll_event event{};
      event.events = EPOLLIN | EPOLLOUT | EPOLLET;
      event.data.fd = connection.fd;
      os.epoll_ctl(*task_, epoll_, EPOLL_CTL_ADD, connection.fd, &event);
      connections_.emplace(connection.fd, std::move(connection));
    }
    next_open_ = ++opened_ < config_.connections ? next_open_ + config_.every : SimTime::never();
  }
}

void StackPeer::ask_due() {
  while (!thinking_.empty() && thinking_.begin()->first <= runtime_->time) {
    Connection& connection = connections_.at(thinking_.begin()->second);
    thinking_.erase(thinking_.begin());
    connection.may_ask = true;
    say(connection);
  }
}

void StackPeer::finish(Connection& c, std::uint64_t& counter) {
  ++counter;
  std::erase_if(thinking_, [&](const auto& entry) { return entry.second == c.fd; });
  stack_->calls().close(*task_, c.fd);
  connections_.erase(c.fd);
}

// As much of the next request as there is room for.
bool StackPeer::say(Connection& c) {
  Syscalls& os = stack_->calls();
  if (!c.may_ask) return true;
  const std::string& request = is_last(c) ? config_.request : config_.earlier_request;
  if (c.sent == 0) c.asked_at = runtime_->time;
  while (c.sent < request.size()) {
    const auto rest = std::as_bytes(std::span{request}).subspan(c.sent);
    const long n = os.sendto(*task_, c.fd, rest, MSG_NOSIGNAL, nullptr);
    if (n == -EAGAIN) return true;
    if (n < 0) {
      finish(c, stats_.failed);
      return false;
    }
    c.sent += static_cast<std::size_t>(n);
    stats_.bytes_sent += static_cast<std::uint64_t>(n);
  }
  if (is_last(c) && config_.half_close) os.shutdown(*task_, c.fd, SHUT_WR);
  c.may_ask = false;
  c.sent = 0;
  ++c.asked;
  return true;
}

// Clients that all took the same time would ask in step for ever.
void StackPeer::think(const Connection& c, SimTime from) {
  const auto mean = static_cast<std::uint64_t>(config_.think.in_ps());
  const std::uint64_t more = think_rng_.below(mean + 1);
  thinking_.emplace(from + SimTime::ps(static_cast<std::int64_t>(mean / 2 + more)), c.fd);
}

// It thinks about the answer, then asks again; after the last one it waits for the end.
void StackPeer::answered(Connection& c) {
  ++stats_.answers;
  if (c.asked_at >= config_.measure_from) stats_.response_times.push_back(runtime_->time - c.asked_at);
  if (c.asked == config_.requests) return;
  think(c, runtime_->time);
}

void StackPeer::step(Connection& c) {
  if (!c.counted) {  // this is about the handshake
    int error = 0;
    stack_->calls().getsockopt(*task_, c.fd, SOL_SOCKET, SO_ERROR, std::as_writable_bytes(std::span{&error, 1}));
    if (error != 0) return finish(c, stats_.failed);
    c.counted = true;
    ++stats_.connected;
    if (c.asks && config_.ask_from > runtime_->time)
      think(c, config_.ask_from);
    else
      c.may_ask = c.asks;
  }
  if (!say(c)) return;
  std::array<std::byte, 4096> buffer;
  for (;;) {
    const long n = stack_->calls().recvfrom(*task_, c.fd, buffer, 0, nullptr);
    if (n == -EAGAIN) break;
    if (n < 0) return finish(c, stats_.failed);
    if (n == 0) return finish(c, stats_.finished);
    stats_.bytes_received += static_cast<std::uint64_t>(n);
    const Bytes data = Bytes{buffer}.first(static_cast<std::size_t>(n));
    if (config_.received) config_.received(c.number, data);
    if (config_.requests == 1) continue;
    for (std::uint64_t whole = c.answers.hear(data); whole > 0; --whole) answered(c);
  }
  ask_due();  // who does not think asks at once
}

}  // namespace nicosim
