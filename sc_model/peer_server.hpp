// A TCP server on a peer: any number of clients at once, each with a conversation of its own
// (programs/conversation.hpp).
#pragma once

#include "programs/conversation.hpp"
#include "programs/tcp_server.hpp"
#include "sc_model/peer_program.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

namespace nicosim {

struct PeerServerConfig {
  std::uint16_t port = 0;
  int backlog = 128;
  TcpServerStats* stats = nullptr;  // counted into; must outlive the run
  NewConversation converse;
};

class PeerServer final : public PeerProgram {
 public:
  PeerServer(PeerServerConfig config, Syscalls& calls, unsigned pid);

  void start(SimTime wire_start) override;

 private:
  void ready(int fd) override;
  void go_on(int fd, Conversation& conversation);
  bool say(int fd, Conversation& conversation);  // false: it has to wait, or has ended
  void end(int fd);

  PeerServerConfig config_;
  int listening_ = -1;
  std::map<int, std::unique_ptr<Conversation>> clients_;  // by descriptor
  std::vector<std::byte> buffer_;
};

}  // namespace nicosim
