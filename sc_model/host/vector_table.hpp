// The interrupt vector table: which handler belongs to which line.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace nicosim {

class VectorTable {
 public:
  using Handler = std::function<bool()>;  // true: it was ours (IRQ_HANDLED)

  struct Vector {
    std::string name;
    Handler handler;
    std::uint64_t count = 0, spurious = 0;
  };

  // request_irq: `line` is the number of the interrupt line, one vector each.
  void connect(unsigned line, std::string_view name, Handler handler) {
    vectors_.insert_or_assign(line, Vector{std::string{name}, std::move(handler), 0, 0});
  }
  void disconnect(unsigned line) { vectors_.erase(line); }

  // Runs the handler of the line. false: there is none, or it did not claim the interrupt; counted as spurious.
  bool dispatch(unsigned line) {
    const auto entry = vectors_.find(line);
    if (entry == vectors_.end()) {
      ++unclaimed_;
      return false;
    }
    ++entry->second.count;
    if (entry->second.handler()) return true;
    ++entry->second.spurious;
    return false;
  }

  const std::map<unsigned, Vector>& vectors() const { return vectors_; }
  std::uint64_t unclaimed() const { return unclaimed_; }  // interrupts on lines without a handler

 private:
  std::map<unsigned, Vector> vectors_;
  std::uint64_t unclaimed_ = 0;
};

}  // namespace nicosim
