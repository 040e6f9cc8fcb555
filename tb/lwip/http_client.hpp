// An HTTP/1.1 client on lwIP: persistent connections one after the other, every byte of every body checked.
#pragma once

#include "tb/lwip/lwip_peer.hpp"

#include <charconv>
#include <cstdint>
#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <vector>

namespace nicosim {

class HttpClient {
 public:
  // One connection for each list; of each number N the body of /bytes/N is fetched, behind the answer before it.
  HttpClient(Ipv4Address server, std::vector<std::vector<std::uint64_t>> connections)
      : server_(server), plan_(std::move(connections)) {}

  void begin(LwipPeer& peer) {
    peer_ = &peer;
    next_connection();
  }
  bool done() const { return done_; }
  std::uint64_t answers() const { return answers_; }
  std::uint64_t bytes() const { return bytes_; }  // of bodies

 private:
  void next_connection() {
    if (at_ == plan_.size()) {
      done_ = true;
      return;
    }
    request_ = 0;
    head_.clear();
    connection_ = &peer_->connect(server_, 80);
    connection_->on_connected = [this] { ask(); };
    connection_->on_received = [this](Bytes data) { take(data); };
    connection_->on_end = [this] { end(); };
    connection_->on_failed = [this](int error) {
      ADD_FAILURE() << "connection " << at_ << " failed after " << request_ << " requests: lwIP's error " << error;
      done_ = true;
    };
  }
  void ask() {
    const bool last = request_ + 1 == plan_[at_].size();
    const std::string request = "GET /bytes/" + std::to_string(plan_[at_][request_]) + " HTTP/1.1\r\nHost: card\r\n" +
                                (last ? "Connection: close\r\n\r\n" : "\r\n");
    EXPECT_EQ(connection_->send(std::as_bytes(std::span{request})), request.size());
  }
  void take(Bytes data) {
    while (!data.empty()) {
      if (!in_body_) {
        head_ += static_cast<char>(data.front());
        data = data.subspan(1);
        if (head_.ends_with("\r\n\r\n")) read_head();
      } else {
        const std::size_t n = std::min<std::uint64_t>(data.size(), length_ - got_);
        for (const std::byte b : data.first(n))
          if (b != static_cast<std::byte>(got_++ & 0xffU)) ++wrong_;
        data = data.subspan(n);
      }
      if (in_body_ && got_ == length_) finish_answer();
    }
  }
  void read_head() {
    EXPECT_TRUE(head_.starts_with("HTTP/1.1 200 OK\r\n")) << head_;
    constexpr std::string_view kField = "Content-Length: ";
    const std::size_t at = head_.find(kField);
    ASSERT_NE(at, std::string::npos) << head_;
    const char* const digits = head_.data() + at + kField.size();
    std::from_chars(digits, head_.data() + head_.size(), length_);
    EXPECT_EQ(length_, plan_[at_][request_]);
    head_.clear();
    got_ = 0;
    in_body_ = true;
  }
  void finish_answer() {
    EXPECT_EQ(std::exchange(wrong_, 0), 0U) << "wrong bytes in answer " << answers_;
    in_body_ = false;
    bytes_ += length_;
    ++answers_;
    if (++request_ < plan_[at_].size()) ask();
  }
  void end() {
    EXPECT_EQ(request_, plan_[at_].size()) << "the server closed early";
    connection_->close();
    ++at_;
    next_connection();
  }

  Ipv4Address server_;
  std::vector<std::vector<std::uint64_t>> plan_;
  LwipPeer* peer_ = nullptr;
  LwipConnection* connection_ = nullptr;
  std::size_t at_ = 0, request_ = 0;
  std::string head_;
  bool in_body_ = false, done_ = false;
  std::uint64_t length_ = 0, got_ = 0, wrong_ = 0, answers_ = 0, bytes_ = 0;
};

}  // namespace nicosim
