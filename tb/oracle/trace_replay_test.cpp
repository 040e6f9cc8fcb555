// The recorded accesses of an unmodified Linux driver, made again on our card: it must get answers with which it would
// have taken the same branches. Time that passed between two accesses is jumped over, as the card itself is idle.
#include "regmap/regmap.hpp"
#include "tb/oracle/card_device.hpp"
#include "tb/oracle/trace.hpp"
#include "tb/system/run_in_child.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace nicosim {
namespace {

const std::string kFolder = "tb/oracle/data/";
constexpr unsigned kMostReports = 20;

std::string name_of_register(std::uint32_t offset) {
  if (offset >= 0x4000 && offset < 0x4100) return "STATISTICS";
  for (const RegisterInfo& reg : all_registers())
    if (reg.count == 1 && reg.offset == offset) return std::string{reg.name};
  return fmt::format("{:05x}", offset);
}

class Replay {
 public:
  Replay(CardDevice& card, MatchTable& table) : card_(card), table_(table) {}

  void play(const std::vector<TraceEvent>& events) {
    for (std::size_t i = 0; i < events.size(); ++i) {
      const TraceEvent& event = events[i];
      const SimTime when = start_ + event.time;
      if (when > card_.now()) card_.advance(when - card_.now());
      event_ = &event;
      switch (event.kind) {
        case TraceEvent::Kind::interrupt:
          interrupt();
          break;
        case TraceEvent::Kind::write:
          card_.write32(event.offset, event.value);
          if (event.offset == regs::EECD) {
            our_pins_.wrote(event.value);
            recorded_pins_.wrote(event.value);
          }
          if (event.offset == regs::MDIC) mdic_write(events, i);
          break;
        case TraceEvent::Kind::read:
          read();
          break;
      }
      if (card_.rises() != interrupts_)
        report(fmt::format("{} interrupts, {} were recorded", card_.rises(), interrupts_));
      if (reports_ >= kMostReports) FAIL() << "and so on";
    }
    std::uint32_t sum = 0;
    for (const auto& [address, word] : words_) sum += word;
    EXPECT_EQ(words_.size(), 64U) << "the driver reads the whole EEPROM";
    EXPECT_EQ(sum & 0xffffU, 0xbabaU) << "EEPROM checksum: the driver would refuse the card";
  }
  unsigned interrupts() const { return interrupts_; }

 private:
  void report(const std::string& what) {
    ++reports_;
    ADD_FAILURE() << kFolder << "linux-6.1-e1000-open-promisc-close.trace:" << event_->line << ": " << what;
  }

  // The recorder's bus had no length; the news of the line has to cross ours.
  void interrupt() {
    ++interrupts_;
    card_.settle();
    if (!card_.line()) report("the line is low where the recorded device interrupted");
  }

  // The link bit of PHY register 1 keeps a loss until it is read (IEEE 802.3, 22.2.4.2.13): the driver reads twice and
  // looks at the second answer.
  void mdic_write(const std::vector<TraceEvent>& events, std::size_t at) {
    mdic_write_ = events[at].value;
    const bool again = at + 2 < events.size() && events[at + 2].offset == regs::MDIC &&
                       events[at + 2].kind == TraceEvent::Kind::write && events[at + 2].value == mdic_write_;
    skip_phy_data_ = again && field::MDIC_REGADD.get(mdic_write_) == 1;
  }

  void read() {
    std::uint32_t ours = card_.read32(event_->offset);
    if (event_->offset == regs::MDIC) {
      // e1000_read_phy_reg and e1000_write_phy_reg ask again, every 50 us (64 times) or 5 us (641 times)
      const bool reading = field::MDIC_OP.get(mdic_write_) == 2;
      const int limit = reading ? 64 : 641;
      for (int i = 0; i < limit && !field::MDIC_READY.in(ours); ++i) {
        card_.advance(SimTime::us(reading ? 50 : 5));
        ours = card_.read32(event_->offset);
      }
    }
    compare(name_of_register(event_->offset), ours, event_->value);
    if (event_->offset == regs::MDIC && !skip_phy_data_) {
      const unsigned reg = field::MDIC_REGADD.get(event_->value);
      compare(fmt::format("PHY.{:x}", reg), field::MDIC_DATA.get(ours), field::MDIC_DATA.get(event_->value));
    }
    if (event_->offset == regs::EECD) {
      const auto word = our_pins_.read(ours);
      const auto recorded = recorded_pins_.read(event_->value);
      ASSERT_EQ(word.has_value(), recorded.has_value()) << "both see the same clocks";
      if (word) eeprom_word(*word, *recorded);
    }
  }

  void eeprom_word(const EecdWatcher::Word& ours, const EecdWatcher::Word& recorded) {
    words_[ours.address] = ours.value;
    const std::string name = fmt::format("EEPROM.{:x}", ours.address);
    compare(table_.mask(name, event_->time) ? name : "EEPROM.*", ours.value, recorded.value);
  }

  void compare(const std::string& name, std::uint32_t ours, std::uint32_t recorded) {
    const auto mask = table_.mask(name, event_->time);
    if (!mask) {
      report(name + " is read and has no row in the table of masks");
    } else if (((ours ^ recorded) & *mask) != 0) {
      report(fmt::format("{} reads {:08x}, the driver was told {:08x}; of it {:08x} must match", name, ours, recorded,
                         *mask));
    }
  }

  CardDevice& card_;
  MatchTable& table_;
  const SimTime start_ = card_.now();
  const TraceEvent* event_ = nullptr;
  EecdWatcher our_pins_, recorded_pins_;
  std::map<unsigned, std::uint16_t> words_;
  std::uint32_t mdic_write_ = 0;
  bool skip_phy_data_ = false;
  unsigned interrupts_ = 0, reports_ = 0;
};

TEST(RecordedLinuxDriver, GetsAnswersWithWhichItTakesTheSameBranches) {
  in_child([] {
    const auto events = read_trace(kFolder + "linux-6.1-e1000-open-promisc-close.trace");
    ASSERT_EQ(events.size(), 14'947U);
    MatchTable table{kFolder + "linux-6.1-e1000.masks"};
    with_card([&](CardDevice& card) {
      card.power_on();
      Replay replay{card, table};
      replay.play(events);
      EXPECT_EQ(replay.interrupts(), 5U);
      EXPECT_LT(card.cycles(), 3'000'000U) << "idle time is jumped over";
    });
    for (const std::string& row : table.unused()) ADD_FAILURE() << "no access of the trace needs the row " << row;
  });
}

TEST(RecordedLinuxDriver, WordsOfTheEepromComeOutOfTheRecordedPins) {
  EecdWatcher pins;
  std::map<unsigned, std::uint16_t> words;
  for (const TraceEvent& event : read_trace(kFolder + "linux-6.1-e1000-open-promisc-close.trace")) {
    if (event.offset != regs::EECD || event.kind == TraceEvent::Kind::interrupt) continue;
    if (event.kind == TraceEvent::Kind::write) {
      pins.wrote(event.value);
    } else if (const auto word = pins.read(event.value)) {
      words[word->address] = word->value;
    }
  }
  std::uint32_t sum = 0;
  for (const auto& [address, word] : words) sum += word;
  EXPECT_EQ(words.size(), 64U);
  EXPECT_EQ(sum & 0xffffU, 0xbabaU);
  EXPECT_EQ(words[0], 0x5452) << "52:54:00:12:34:56, first octet in the low byte";
  EXPECT_EQ(words[0xd], 0x1026);
}

}  // namespace
}  // namespace nicosim
