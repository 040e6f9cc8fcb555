// A disk that answers when a test says so.
#pragma once

#include "stack/fs/block_device.hpp"

#include <deque>
#include <utility>
#include <vector>

namespace nicosim {

class FakeDisk final : public BlockDevice {
 public:
  struct Request {
    std::uint64_t sector, bytes;
    bool operator==(const Request&) const = default;
  };

  void submit(Bio bio) override {
    asked.push_back({bio.sector, bio.bytes});
    waiting.push_back(std::move(bio));
  }
  bool answer() {  // the oldest; false: there is none
    if (waiting.empty()) return false;
    const Bio bio = std::move(waiting.front());
    waiting.pop_front();
    bio.end_io();
    return true;
  }
  void answer_all() {
    while (answer()) {
    }
  }

  std::vector<Request> asked;
  std::deque<Bio> waiting;
};

}  // namespace nicosim
