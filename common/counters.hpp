// Counters under the names Linux gives them: "IpInReceives", "UdpNoPorts", "rx_packets".
//
// A group keeps its counters in the order of declaration, so reports never depend on hashing. Readers walk entries();
// writers keep the reference that add() returned.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace nicosim {

class CounterGroup {
 public:
  struct Entry {
    std::string name;
    std::uint64_t value = 0;
  };

  explicit CounterGroup(std::string name) : name_(std::move(name)) {}  // "ethtool", "softnet_stat", "nstat", "sockets"
  CounterGroup(const CounterGroup&) = delete;
  CounterGroup& operator=(const CounterGroup&) = delete;

  // Declares a counter; the reference stays good as long as the group.
  std::uint64_t& add(std::string_view name) { return entries_.emplace_back(Entry{std::string{name}, 0}).value; }
  std::uint64_t value(std::string_view name) const {  // 0 when there is none
    for (const Entry& e : entries_)
      if (e.name == name) return e.value;
    return 0;
  }
  const std::string& name() const { return name_; }
  const std::deque<Entry>& entries() const { return entries_; }

 private:
  std::string name_;
  std::deque<Entry> entries_;
};

}  // namespace nicosim
