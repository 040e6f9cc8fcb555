// The comparison itself: a card that lies in one small thing must be found out, and waivers must not excuse it.
//
// Needs no QEMU: sequences are played on the card and on the same card behind a liar.
#include "regmap/descriptors.hpp"
#include "regmap/regmap.hpp"
#include "tb/oracle/card_device.hpp"
#include "tb/oracle/waivers.hpp"
#include "tb/system/run_in_child.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace nicosim {
namespace {

constexpr std::uint64_t kSequences = 40;

// Hands everything on; what is set here changes it.
class Liar final : public OracleDevice {
 public:
  explicit Liar(OracleDevice& truth) : truth_(truth) {}

  std::function<std::uint32_t(std::uint32_t offset, std::uint32_t value)> on_read;
  std::function<bool(std::uint32_t offset)> keep_write;
  std::function<void(std::span<std::byte>)> on_load;
  std::function<bool(unsigned number)> keep_frame;
  std::function<void(ByteVector&)> on_sent;
  std::function<bool(bool)> on_line;

  std::string_view name() const override { return "liar"; }
  void power_on() override { truth_.power_on(); }
  std::uint32_t read32(std::uint32_t offset) override {
    const std::uint32_t value = truth_.read32(offset);
    return on_read ? on_read(offset, value) : value;
  }
  void write32(std::uint32_t offset, std::uint32_t value) override {
    if (!keep_write || keep_write(offset)) truth_.write32(offset, value);
  }
  std::vector<std::uint32_t> read_all(std::span<const std::uint32_t> offsets) override {
    std::vector<std::uint32_t> values;
    for (const std::uint32_t offset : offsets) values.push_back(read32(offset));
    return values;
  }
  void load(std::uint64_t bus, std::span<std::byte> to) override {
    truth_.load(bus, to);
    if (on_load) on_load(to);
  }
  void store(std::uint64_t bus, std::span<const std::byte> from) override { truth_.store(bus, from); }
  void fill(std::uint64_t bus, std::size_t bytes, std::byte value) override { truth_.fill(bus, bytes, value); }
  void inject(Bytes frame) override {
    if (!keep_frame || keep_frame(frames_++)) truth_.inject(frame);
  }
  std::vector<ByteVector> collect() override {
    std::vector<ByteVector> sent = truth_.collect();
    if (on_sent)
      for (ByteVector& frame : sent) on_sent(frame);
    return sent;
  }
  bool line() override { return on_line ? on_line(truth_.line()) : truth_.line(); }
  void settle() override { truth_.settle(); }
  void advance(SimTime duration) override { truth_.advance(duration); }

 private:
  OracleDevice& truth_;
  unsigned frames_ = 0;
};

bool is_descriptor(std::span<std::byte> bytes) { return bytes.size() == kDescriptorBytes; }

std::uint32_t without(std::uint32_t offset, std::uint32_t value, std::uint32_t at, std::uint32_t bits) {
  return offset == at ? value & ~bits : value;
}

struct Lie {
  std::string what;
  std::function<void(Liar&)> tell;
};

std::vector<Lie> lies() {
  std::vector<Lie> all{
      {"the line never rises", [](Liar& l) { l.on_line = [](bool) { return false; }; }},
      {"the line is inverted", [](Liar& l) { l.on_line = [](bool high) { return !high; }; }},
      {"RDH is one too far",
       [](Liar& l) {
         l.on_read = [](std::uint32_t offset, std::uint32_t value) { return offset == regs::RDH ? value + 1 : value; };
       }},
      {"GPRC is one too many",
       [](Liar& l) {
         l.on_read = [](std::uint32_t offset, std::uint32_t value) { return offset == regs::GPRC ? value + 1 : value; };
       }},
      {"IMC does nothing", [](Liar& l) { l.keep_write = [](std::uint32_t offset) { return offset != regs::IMC; }; }},
      {"a write to ICR does nothing",
       [](Liar& l) { l.keep_write = [](std::uint32_t offset) { return offset != regs::ICR; }; }},
      {"each tenth frame is lost", [](Liar& l) { l.keep_frame = [](unsigned n) { return n % 10 != 9; }; }},
      {"a sent frame lacks its last byte", [](Liar& l) { l.on_sent = [](ByteVector& frame) { frame.pop_back(); }; }},
      {"a bit of a sent frame is wrong",
       [](Liar& l) { l.on_sent = [](ByteVector& frame) { frame[9] ^= std::byte{4}; }; }},
      {"a bit of a received frame is wrong",
       [](Liar& l) {
         l.on_load = [](std::span<std::byte> b) {
           if (!is_descriptor(b)) b[13] ^= std::byte{1};
         };
       }},
      {"a byte behind a received frame is overwritten",
       [](Liar& l) {
         l.on_load = [](std::span<std::byte> b) {
           if (!is_descriptor(b)) b.back() = std::byte{0};
         };
       }},
      {"descriptors lack EOP", [](Liar& l) {
         l.on_load = [](std::span<std::byte> b) {
           if (is_descriptor(b)) b[12] &= ~std::byte{rxd::STATUS_EOP};
         };
       }}};
  for (const Field cause : {field::ICR_TXDW, field::ICR_TXQE, field::ICR_RXT0, field::ICR_RXDMT0})
    all.push_back({fmt::format("ICR misses {:x}", cause.mask()), [cause](Liar& l) {
                     l.on_read = [cause](std::uint32_t offset, std::uint32_t value) {
                       return without(offset, value, regs::ICR, cause.mask());
                     };
                   }});
  return all;
}

// As the comparison sees card and QEMU. Nothing: they agree in all sequences.
std::optional<std::string> first_of_all(OracleDevice& card, OracleDevice& qemu) {
  WaiverUse uses;
  for (std::uint64_t seed = 1; seed <= kSequences; ++seed) {
    const Sequence sequence = make_sequence(seed);
    const Log ours = play(card, sequence);
    if (const auto found = first_difference(ours, play(qemu, sequence), uses)) return found->text;
  }
  return {};
}

TEST(Comparison, FindsNothingBetweenACardAndItself) {
  in_child([] {
    with_card([](CardDevice& card) {
      Liar honest{card};
      EXPECT_EQ(first_of_all(card, honest), std::nullopt);
    });
  });
}

TEST(Comparison, FindsOutEveryLiarInThePlaceOfTheCardAndInThatOfQemu) {
  in_child([] {
    with_card([](CardDevice& card) {
      for (const Lie& lie : lies()) {
        Liar first{card}, second{card};
        lie.tell(first);
        lie.tell(second);
        EXPECT_NE(first_of_all(first, card), std::nullopt) << "a lying card is believed: " << lie.what;
        EXPECT_NE(first_of_all(card, second), std::nullopt) << "a lying QEMU is believed: " << lie.what;
      }
    });
  });
}

}  // namespace
}  // namespace nicosim
