// A recorded register trace, and the table of bits that must match when it is replayed. Formats: tb/oracle/data.
#pragma once

#include "common/sim_time.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace nicosim {

struct TraceEvent {
  enum class Kind : std::uint8_t { read, write, interrupt };
  unsigned line = 0;  // in its file, from 1
  SimTime time;
  Kind kind = Kind::read;
  std::uint32_t offset = 0, value = 0;
};

// Throws std::runtime_error with file and line when the text is not a trace.
std::vector<TraceEvent> read_trace(const std::string& file);

class MatchTable {
 public:
  explicit MatchTable(const std::string& file);  // throws std::runtime_error with file and line

  // The bits of `name` that must match at `time`; nothing: no row. Marks the row as used.
  std::optional<std::uint32_t> mask(const std::string& name, SimTime time);
  std::vector<std::string> unused() const;  // rows that no call of mask() has asked for

 private:
  struct Row {
    std::uint32_t mask = 0;
    SimTime from;
    unsigned line = 0;
    bool used = false;
  };
  std::map<std::string, std::vector<Row>> rows_;  // by name; each list in order of `from`
};

// Watches EECD and puts the words together that come out of the EEPROM's data pin (Microwire: a start bit, two bits of
// opcode, six of address, then data after each rising clock).
class EecdWatcher {
 public:
  void wrote(std::uint32_t eecd);
  // The data bit counts only while a word comes out: `bit` is bit 3 of EECD as read. A whole word: its value.
  struct Word {
    unsigned address = 0;
    std::uint16_t value = 0;
  };
  std::optional<Word> read(std::uint32_t eecd);

 private:
  static constexpr unsigned kCommandBits = 9;
  bool select_ = false, clock_ = false;
  unsigned taken_ = 0, command_ = 0, given_ = 0;
  std::uint16_t word_ = 0;
};

}  // namespace nicosim
