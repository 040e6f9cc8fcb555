// Our stack: direct receive path, a ledger that keeps nothing, no costs charged, one CPU.
#include "bench/stack/side.hpp"
#include "common/ledger.hpp"
#include "common/rng.hpp"
#include "stack/stack.hpp"

#include <arpa/inet.h>
#include <array>
#include <bit>
#include <cstdlib>
#include <utility>

namespace nicosim::bench {
namespace {

// What the card would do for the stack, as far as this stack asks.
template <typename F>
void offer_segmentation(F& features) {
  features.tso = features.tx_checksum = true;
  if constexpr (requires { features.gso; }) features.gso = true;
}

class BenchTask final : public Task {
 public:
  unsigned pid() const override { return 1; }
  std::string_view task_name() const override { return "bench"; }
};

class BenchRuntime final : public Runtime {
 public:
  SimTime now() const override { return time; }
  unsigned cpu() const override { return 0; }
  unsigned cpus() const override { return 1; }
  Context context() const override { return where; }
  void charge(Cost, std::uint64_t) override {}
  void catch_up() override {}
  void raise_softirq(Softirq which, unsigned) override { pending |= 1U << static_cast<unsigned>(which); }
  void irq_disable() override {}
  void irq_enable() override {}
  void preempt_disable() override {}
  void preempt_enable() override {}
  void arm(SimTime when) override { deadline = when; }
  Task* current() override { return where == Context::process ? &task : nullptr; }
  void prepare_to_sleep() override {}
  Woken sleep(SimTime, bool) override { std::abort(); }  // every call is non-blocking
  void wake(Task&, bool) override {}
  std::uint64_t random() override { return rng_.next(); }

  SimTime time, deadline = SimTime::never();
  Context where = Context::softirq;
  unsigned pending = 0;  // a bit per Softirq
  BenchTask task;

 private:
  Rng rng_{1, "bench"};
};

class NicosimSide final : public Side, private NetDevice {
 public:
  explicit NicosimSide(bool tso) : tso_(tso) {
    StackConfig config;
    config.rx_path = RxPath::direct;
    stack_ = std::make_unique<Stack>(runtime_, ledger_, pool_, config);
    stack_->attach(*this);
    stack_->add_address(*this, kStackIp, 24);
    stack_->set_neighbour(*this, kPeerIp, kPeerMac);
    to_.sin_family = AF_INET;
    to_.sin_port = htons(kPort);
    to_.sin_addr.s_addr = htonl(kPeerIp.value);
  }

  void open_udp() override {
    open(SOCK_DGRAM);
    socket_ = std::exchange(listening_, -1);
  }
  void listen() override {
    open(SOCK_STREAM);
    stack_->calls().listen(task(), listening_, 5);
  }

 private:
  Task& task() {
    runtime_.where = Context::process;
    return runtime_.task;
  }
  void open(int type) {
    Syscalls& os = stack_->calls();
    listening_ = os.socket(task(), AF_INET, type | SOCK_NONBLOCK, 0);
    sockaddr_in here = to_;
    here.sin_addr.s_addr = 0;
    if (os.bind(task(), listening_, here) != 0) std::abort();
  }
  void run_softirqs() {
    runtime_.where = Context::softirq;
    while (runtime_.pending != 0) {
      const auto which = static_cast<unsigned>(std::countr_zero(runtime_.pending));
      runtime_.pending &= runtime_.pending - 1;
      stack_->softirq(static_cast<Softirq>(which));
    }
  }

  void do_deliver(Bytes bytes) override {
    runtime_.where = Context::softirq;
    FramePtr frame = pool_.make(bytes.size());
    copy_bytes(bytes, frame->put(bytes.size()));
    frame->ids.push_back(ledger_.open_on_wire(0, arrived_++, runtime_.time));
    stack_->receive(*this, std::move(frame));
    if (runtime_.pending != 0) run_softirqs();
  }
  void do_settle() override {
    runtime_.time += SimTime::us(1);
    if (runtime_.deadline <= runtime_.time) runtime_.pending |= 1U << static_cast<unsigned>(Softirq::timer);
    run_softirqs();
    Syscalls& os = stack_->calls();
    if (socket_ < 0 && listening_ >= 0) socket_ = os.accept4(task(), listening_, nullptr, SOCK_NONBLOCK);
    if (socket_ < 0) return;
    for (;;) {
      const long n = os.recvfrom(task(), socket_, buffer_, 0, nullptr);
      if (n < 0) break;
      ++datagrams_read;
      bytes_read += static_cast<std::uint64_t>(n);
    }
    run_softirqs();
  }
  void do_send_datagram(Bytes data) override {
    if (stack_->calls().sendto(task(), socket_, data, 0, &to_) != static_cast<long>(data.size())) std::abort();
    if (runtime_.pending != 0) run_softirqs();
  }
  std::size_t do_send_stream(Bytes data) override {
    const long n = stack_->calls().sendto(task(), socket_, data, MSG_NOSIGNAL, nullptr);
    if (runtime_.pending != 0) run_softirqs();
    return n < 0 ? 0 : static_cast<std::size_t>(n);
  }

  // NetDevice
  std::string_view name() const override { return "eth0"; }
  unsigned port() const override { return 0; }
  MacAddress address() const override { return kStackMac; }
  unsigned mtu() const override { return 1500; }
  Features features() const override {
    Features features;
    if (tso_) offer_segmentation(features);
    return features;
  }
  bool carrier() const override { return true; }
  bool transmit(FramePtr& frame) override {
    out(std::as_const(*frame).bytes());
    frame->ids.clear();
    frame.reset();
    return true;
  }
  void set_rx_mode(bool, bool, std::span<const MacAddress>) override {}

  bool tso_;
  BenchRuntime runtime_;
  NullLedger ledger_;
  FramePool pool_;
  std::unique_ptr<Stack> stack_;
  sockaddr_in to_{};
  int listening_ = -1, socket_ = -1;
  std::uint64_t arrived_ = 0;
  std::array<std::byte, 16384> buffer_;
};

}  // namespace

std::unique_ptr<Side> make_nicosim_side(bool tso) { return std::make_unique<NicosimSide>(tso); }

}  // namespace nicosim::bench
