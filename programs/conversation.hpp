// What a server says to one client: bytes in, bytes out. It does not know how its process waits for either, so the same
// service runs under every I/O model (programs/models/).
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace nicosim {

struct TcpServerStats;

class Conversation {
 public:
  virtual ~Conversation() = default;
  // The next bytes to be sent, valid until said(). Empty: it wants to hear more first, or it is over.
  virtual std::span<const std::byte> to_say() = 0;
  virtual void said(std::size_t bytes) = 0;  // so many of them have been sent
  // What the client sent. Called when to_say() is empty, so that who does not read what it asked for cannot fill us up.
  virtual void hear(std::span<const std::byte> data) = 0;
  virtual bool over() const = 0;             // once to_say() is empty: close
  virtual std::size_t reads_at() const = 0;  // bytes asked for in one call
};

using NewConversation = std::function<std::unique_ptr<Conversation>(TcpServerStats&)>;

// RFC 862. What comes back is one request.
class EchoConversation final : public Conversation {
 public:
  explicit EchoConversation(TcpServerStats& stats) : stats_(stats) {}
  std::span<const std::byte> to_say() override { return std::span{held_}.subspan(said_); }
  void said(std::size_t bytes) override { said_ += bytes; }
  void hear(std::span<const std::byte> data) override;
  bool over() const override { return false; }
  std::size_t reads_at() const override { return 16'384; }

 private:
  TcpServerStats& stats_;
  std::vector<std::byte> held_;
  std::size_t said_ = 0;
};

// RFC 863.
class DiscardConversation final : public Conversation {
 public:
  std::span<const std::byte> to_say() override { return {}; }
  void said(std::size_t) override {}
  void hear(std::span<const std::byte>) override {}
  bool over() const override { return false; }
  std::size_t reads_at() const override { return 16'384; }
};

}  // namespace nicosim
