// Host memory behind a 128-bit AXI4 port, for any verilated top with the card's m_axi_* pins.
//
// Call drive() before the rising edge with the clock low, evaluate, call observe(), then raise the clock: the card's
// outputs come from flops, so both sides of every handshake are stable in between. A burst touches memory whole: a
// write when its last beat is accepted, a read when its address is. Every access is recorded in that order, and every
// breach of the protocol is kept as a sentence in faults().
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/rng.hpp"

namespace nicosim::test {

class AxiMemory {
 public:
  struct Access {
    bool write = false;
    std::uint64_t address = 0;  // first byte
    unsigned bytes = 0;
    bool error = false;
    std::uint64_t cycle = 0;
  };

  // Delays in cycles. A chance is out of 100, drawn each cycle: how often the pin is high when it could be.
  struct Timing {
    unsigned read_latency = 0;   // address accepted to first beat, beyond one cycle
    unsigned write_latency = 0;  // last beat accepted to answer, beyond one cycle
    unsigned ar_chance = 100, r_chance = 100, aw_chance = 100, w_chance = 100;
  };

  // Memory from `base`; accesses that are not wholly inside are answered DECERR.
  AxiMemory(std::uint64_t base, std::size_t bytes, std::uint64_t seed = 1)
      : base_(base),
        size_(bytes),
        bytes_(static_cast<std::uint8_t*>(std::calloc(bytes, 1)), std::free),  // pages come as they are touched
        rng_(seed, "axi-memory") {}

  Timing timing;
  // Asked for every access with its number (reads and writes counted together, from 0): true answers SLVERR.
  std::function<bool(const Access&, std::size_t number)> fail;

  // The same bytes at other addresses, from now on.
  void rebase(std::uint64_t base) { base_ = base; }

  std::uint8_t* at(std::uint64_t address) { return bytes_.get() + (address - base_); }
  const std::vector<Access>& accesses() const { return accesses_; }
  const std::vector<std::string>& faults() const { return faults_; }
  bool idle() const { return reads_.empty() && aw_.empty() && answers_.empty() && beats_.empty(); }
  std::uint64_t cycle() const { return cycle_; }
  std::size_t most_reads_under_way() const { return most_reads_; }
  void forget() { accesses_.clear(); }

  template <class Top>
  void drive(Top& top) {
    top.m_axi_arready_i = draw(timing.ar_chance);
    top.m_axi_awready_i = draw(timing.aw_chance);
    top.m_axi_wready_i = draw(timing.w_chance);
    top.m_axi_rvalid_i = !reads_.empty() && reads_.front().due <= cycle_ && draw(timing.r_chance);
    if (top.m_axi_rvalid_i) {
      const Read& read = reads_.front();
      std::uint8_t lanes[16];
      for (unsigned lane = 0; lane < 16; ++lane) {
        const std::uint64_t address = (read.address & ~15ULL) + 16ULL * read.beat + lane;
        const bool wanted = address >= read.address && address < read.address + read.data.size();
        // Lanes that were not asked for carry noise, so nobody can lean on them
        lanes[lane] = wanted ? read.data[address - read.address] : static_cast<std::uint8_t>(rng_.next());
      }
      for (unsigned word = 0; word < 4; ++word) {
        std::uint32_t value = 0;
        std::memcpy(&value, lanes + 4 * word, 4);
        top.m_axi_rdata_i[word] = value;
      }
      top.m_axi_rlast_i = read.beat + 1 == read.beats;
      top.m_axi_rresp_i = read.response;
    }
    top.m_axi_bvalid_i = !answers_.empty() && answers_.front().due <= cycle_;
    if (top.m_axi_bvalid_i) top.m_axi_bresp_i = answers_.front().response;
  }

  template <class Top>
  void observe(Top& top) {
    if (top.m_axi_rvalid_i) {
      if (++reads_.front().beat == reads_.front().beats) reads_.pop_front();
    }
    if (top.m_axi_bvalid_i) answers_.pop_front();
    observe_read_address(top);
    observe_write_address(top);
    observe_write_data(top);
    ++cycle_;
  }

 private:
  struct Read {
    std::uint64_t address;
    unsigned beats;
    unsigned beat;
    std::uint8_t response;
    std::uint64_t due;
    std::vector<std::uint8_t> data;
  };
  struct Address {
    std::uint64_t address;
    unsigned beats;
  };
  struct Beat {
    std::uint8_t lanes[16];
    unsigned strobes;
  };
  struct Answer {
    std::uint64_t due;
    std::uint8_t response;
  };

  bool draw(unsigned chance) { return chance >= 100 || rng_.below(100) < chance; }
  void fault(const std::string& what) { faults_.push_back("cycle " + std::to_string(cycle_) + ": " + what); }
  bool inside(std::uint64_t address, unsigned bytes) const {
    return address >= base_ && bytes <= size_ && address - base_ <= size_ - bytes;
  }
  // 0 OKAY, 2 SLVERR, 3 DECERR
  std::uint8_t record(bool write, std::uint64_t address, unsigned bytes) {
    Access access{write, address, bytes, false, cycle_};
    std::uint8_t response = inside(address, bytes) ? 0 : 3;
    if (fail && fail(access, accesses_.size())) response = 2;
    access.error = response != 0;
    accesses_.push_back(access);
    return response;
  }
  void check_burst(const char* kind, std::uint64_t address, unsigned bytes) {
    if (bytes == 0 || bytes > 256) fault(std::string(kind) + " of " + std::to_string(bytes) + " bytes");
    if (bytes != 0 && (address >> 12U) != ((address + bytes - 1) >> 12U)) fault(std::string(kind) + " crosses 4 KiB");
  }

  template <class Top>
  void observe_read_address(Top& top) {
    const std::vector<std::uint64_t> now{top.m_axi_araddr_o, top.m_axi_arlen_o, top.m_axi_aruser_o};
    check_stable("AR", ar_waits_, ar_, top.m_axi_arvalid_o, now);
    ar_waits_ = top.m_axi_arvalid_o && !top.m_axi_arready_i;
    ar_ = now;
    if (!top.m_axi_arvalid_o || !top.m_axi_arready_i) return;
    const std::uint64_t address = top.m_axi_araddr_o;
    const unsigned bytes = top.m_axi_aruser_o;
    const unsigned beats = top.m_axi_arlen_o + 1U;
    check_burst("read", address, bytes);
    if (beats != ((address & 15U) + bytes + 15) / 16) fault("ARLEN does not match the bytes wanted");
    const std::uint8_t response = record(false, address, bytes);
    Read read{address, beats, 0, response, cycle_ + 1 + timing.read_latency, std::vector<std::uint8_t>(bytes)};
    if (inside(address, bytes)) std::memcpy(read.data.data(), at(address), bytes);
    reads_.push_back(std::move(read));
    if (reads_.size() > most_reads_) most_reads_ = reads_.size();
  }

  template <class Top>
  void observe_write_address(Top& top) {
    const std::vector<std::uint64_t> now{top.m_axi_awaddr_o, top.m_axi_awlen_o};
    check_stable("AW", aw_waits_, aw_now_, top.m_axi_awvalid_o, now);
    if (top.m_axi_awvalid_o && !aw_waits_) ++announced_;
    aw_waits_ = top.m_axi_awvalid_o && !top.m_axi_awready_i;
    aw_now_ = now;
    if (!top.m_axi_awvalid_o || !top.m_axi_awready_i) return;
    if ((top.m_axi_awaddr_o & 15U) != 0) fault("AWADDR is not aligned to 16");
    aw_.push_back({top.m_axi_awaddr_o, top.m_axi_awlen_o + 1U});
    finish_write();
  }

  template <class Top>
  void observe_write_data(Top& top) {
    const std::vector<std::uint64_t> now{
        top.m_axi_wdata_o[0] | (static_cast<std::uint64_t>(top.m_axi_wdata_o[1]) << 32U),
        top.m_axi_wdata_o[2] | (static_cast<std::uint64_t>(top.m_axi_wdata_o[3]) << 32U), top.m_axi_wstrb_o,
        top.m_axi_wlast_o};
    check_stable("W", w_waits_, w_, top.m_axi_wvalid_o, now);
    w_waits_ = top.m_axi_wvalid_o && !top.m_axi_wready_i;
    w_ = now;
    if (top.m_axi_wvalid_o && announced_ == begun_) fault("W before its AW");
    if (!top.m_axi_wvalid_o || !top.m_axi_wready_i) return;
    Beat beat{};
    std::memcpy(beat.lanes, now.data(), 16);
    beat.strobes = top.m_axi_wstrb_o;
    beats_.push_back(beat);
    if (top.m_axi_wlast_o) {
      bursts_.push_back(beats_.size() - counted_);
      counted_ = beats_.size();
      ++begun_;
    }
    finish_write();
  }

  // A write happens when both its address and its last beat are here.
  void finish_write() {
    while (!aw_.empty() && !bursts_.empty()) {
      const Address burst = aw_.front();
      aw_.pop_front();
      if (burst.beats != bursts_.front()) fault("WLAST does not match AWLEN");
      const std::size_t count = bursts_.front();
      bursts_.pop_front();
      std::vector<std::uint8_t> data;
      std::uint64_t first = 0;
      bool ended = false;
      for (std::size_t i = 0; i < count; ++i) {
        const Beat beat = beats_.front();
        beats_.pop_front();
        for (unsigned lane = 0; lane < 16; ++lane) {
          if ((beat.strobes >> lane & 1U) == 0) {
            ended = ended || !data.empty();
            continue;
          }
          if (ended) fault("strobes with a hole");
          if (data.empty()) first = burst.address + 16 * i + lane;
          data.push_back(beat.lanes[lane]);
        }
        if (beat.strobes == 0) fault("a beat without strobes");
      }
      counted_ -= count;
      const unsigned bytes = static_cast<unsigned>(data.size());
      check_burst("write", first, bytes);
      const std::uint8_t response = record(true, first, bytes);
      if (response == 0) std::memcpy(at(first), data.data(), bytes);
      answers_.push_back({cycle_ + 1 + timing.write_latency, response});
    }
  }

  void check_stable(const char* channel, bool waited, const std::vector<std::uint64_t>& before, bool valid,
                    const std::vector<std::uint64_t>& now) {
    if (!waited) return;
    if (!valid) fault(std::string(channel) + "VALID fell before READY");
    if (valid && before != now) fault(std::string(channel) + " changed while it waited");
  }

  std::uint64_t base_;
  std::size_t size_;
  std::unique_ptr<std::uint8_t, decltype(&std::free)> bytes_;
  Rng rng_;
  std::uint64_t cycle_ = 0;
  std::vector<Access> accesses_;
  std::vector<std::string> faults_;

  std::deque<Read> reads_;
  std::deque<Address> aw_;
  std::deque<Beat> beats_;
  std::deque<std::size_t> bursts_;  // beats in each burst whose last beat is here
  std::deque<Answer> answers_;
  std::size_t counted_ = 0;    // beats that belong to whole bursts
  std::size_t announced_ = 0;  // addresses shown
  std::size_t begun_ = 0;      // bursts of data ended
  std::size_t most_reads_ = 0;

  bool ar_waits_ = false, aw_waits_ = false, w_waits_ = false;
  std::vector<std::uint64_t> ar_, aw_now_, w_;
};

}  // namespace nicosim::test
