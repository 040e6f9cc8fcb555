// A peer on the wire with a protocol stack of its own, on which TCP clients and servers run.
//
// It is a host at the far end of the wire whose work costs no time: what reaches it is answered at once, its timers run
// when they are due. All its programs share its address and its stack, as they would on one machine. Plain C++; the
// simulation hands it frames and times (Simulation::WireEnds).
#pragma once

#include "common/bytes.hpp"
#include "common/frame.hpp"
#include "common/ledger.hpp"
#include "sc_model/peer_server.hpp"
#include "sc_model/tcp_load.hpp"
#include "sc_model/tcp_send.hpp"
#include "sc_model/wire_peer.hpp"
#include "stack/stack.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace nicosim {

struct StackPeerConfig {
  MacAddress mac;
  Ipv4Address address;
  unsigned prefix_length = 24;
  Ipv4Address gateway{};  // of the default route; any: none
  std::uint64_t seed = 1;
};

class StackPeer final : public WirePeer {
 public:
  explicit StackPeer(const StackPeerConfig& config);
  ~StackPeer() override;
  StackPeer(const StackPeer&) = delete;
  StackPeer& operator=(const StackPeer&) = delete;

  // Another program on it; before the run. Lives as long as the peer.
  const TcpLoad& add(TcpLoadConfig config);
  const TcpSend& add(TcpSendConfig config);
  const PeerServer& add(PeerServerConfig config);

  void start(SimTime wire_start) override;
  std::vector<WireFrame> receive(SimTime now, Bytes frame) override;
  SimTime next_deadline() const override;
  bool has_plans() const override { return !plans().is_never(); }
  std::vector<WireFrame> on_time(SimTime now) override;

  const CounterGroup& nstat() const { return stack_->nstat(); }

 private:
  class Port;
  class OwnRuntime;

  template <class Program, class Config>
  const Program& install(Config config);
  SimTime plans() const;            // of the programs
  std::vector<WireFrame> settle();  // everything that can happen now has happened

  NullLedger ledger_;
  FramePool pool_;
  std::unique_ptr<OwnRuntime> runtime_;
  std::unique_ptr<Port> port_;
  std::unique_ptr<Stack> stack_;
  std::vector<std::unique_ptr<PeerProgram>> programs_;
  std::uint64_t arrived_ = 0;
};

}  // namespace nicosim
