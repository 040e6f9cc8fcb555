// The link between card and host, to the picosecond: 400 ns each way, 32 Gb/s (250 ps a byte), 24 bytes of header.
#include "sc_model/host_link.hpp"

#include "tb/system/run_in_child.hpp"

#include <gtest/gtest.h>

namespace nicosim {
namespace {

SimTime ns(std::int64_t n) { return SimTime::ns(n); }
sc_core::sc_time kernel(SimTime t) { return sc_core::sc_time::from_value(static_cast<sc_dt::uint64>(t.in_ps())); }

// Both ends of a link: what the card sees and what the CPU is told.
struct Ends : sc_core::sc_module, InterruptSink {
  tlm_utils::simple_initiator_socket<Ends> dma{"dma"};
  tlm_utils::simple_target_socket<Ends> registers{"registers"};
  tlm_utils::simple_initiator_socket<Ends> host{"host"};

  Agenda agenda{"agenda"};
  Memory memory{"memory", 4U << 20U};
  HostLink link{"link", agenda, memory, *this, 3, LinkConfig{}};
  PayloadPool pool;
  unsigned source = agenda.new_source();

  struct Seen {
    SimTime time;
    unsigned value;
  };
  std::vector<Seen> answers, lines, accesses;

  explicit Ends(sc_core::sc_module_name name) : sc_module(name) {
    dma.register_nb_transport_bw(this, &Ends::dma_answer);
    registers.register_nb_transport_fw(this, &Ends::register_access);
    dma.bind(link.dma);
    link.registers.bind(registers);
    host.bind(link.host);
    link.memory.bind(memory.bus);
  }

  void line(unsigned port, bool high, SimTime) override {
    EXPECT_EQ(port, 3U);
    lines.push_back({agenda.now(), high ? 1U : 0U});
  }
  tlm::tlm_sync_enum dma_answer(tlm::tlm_generic_payload& trans, tlm::tlm_phase&, sc_core::sc_time& delay) {
    answers.push_back({agenda.now() + SimTime::ps(static_cast<std::int64_t>(delay.value())), *trans.get_data_ptr()});
    EXPECT_TRUE(trans.is_response_ok() || trans.get_address() >= (4U << 20U));
    return tlm::TLM_COMPLETED;
  }
  tlm::tlm_sync_enum register_access(tlm::tlm_generic_payload& trans, tlm::tlm_phase&, sc_core::sc_time& delay) {
    const SimTime arrival = agenda.now() + SimTime::ps(static_cast<std::int64_t>(delay.value()));
    accesses.push_back({arrival, static_cast<unsigned>(trans.get_address())});
    if (!trans.is_read()) return tlm::TLM_ACCEPTED;
    // The card answers 20 ns after the request has come.
    *trans.get_data_ptr() = 0x5a;
    trans.set_response_status(tlm::TLM_OK_RESPONSE);
    tlm::tlm_phase phase = tlm::BEGIN_RESP;
    sc_core::sc_time back = kernel(arrival + ns(20) - agenda.now());
    registers->nb_transport_bw(trans, phase, back);
    return tlm::TLM_ACCEPTED;
  }

  tlm::tlm_response_status send(tlm::tlm_command command, SimTime card_time, std::uint64_t address, std::size_t bytes,
                                unsigned char fill = 0) {
    BurstPayload& payload = pool.make();
    payload.set_up(command, address, bytes);
    payload.data.fill(fill);
    tlm::tlm_phase phase = tlm::BEGIN_REQ;
    sc_core::sc_time delay = kernel(card_time - agenda.now());
    dma->nb_transport_fw(payload, phase, delay);
    const tlm::tlm_response_status status = payload.get_response_status();
    payload.release();
    return status;
  }
  void access(tlm::tlm_command command, std::uint32_t offset, unsigned char (&data)[4]) {
    tlm::tlm_generic_payload payload;
    payload.set_command(command);
    payload.set_address(offset);
    payload.set_data_ptr(data);
    payload.set_data_length(4);
    sc_core::sc_time none = sc_core::SC_ZERO_TIME;
    host->b_transport(payload, none);
  }
  void look(SimTime when, std::function<void()> f) {
    agenda.post(*new AgendaCall{Rank::cpu, source, std::move(f)}, when);
  }
};

constexpr std::uint64_t kPlace = 0x10'0000;

TEST(HostLink, AWriteIsInMemoryWhenItsLastByteHasArrivedAndNotBefore) {
  in_child([] {
    Ends& ends = *new Ends{"ends"};
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    EXPECT_EQ(ends.send(tlm::TLM_WRITE_COMMAND, ns(0), kPlace, 256, 7), tlm::TLM_OK_RESPONSE) << "posted";
    const SimTime arrival = ns(470);  // (256 + 24) * 250 ps, then the way
    const auto first = [&ends] { return std::to_integer<int>(ends.memory.at(kPlace, 1)[0]); };
    ends.look(arrival - SimTime::ps(1), [&] { EXPECT_EQ(first(), 0); });
    ends.look(arrival, [&] { EXPECT_EQ(first(), 7); });
    sc_core::sc_start();
    EXPECT_EQ(ends.agenda.items_run(), 3U);
    EXPECT_EQ(ends.link.upstream_bytes(), 280U);
  });
}

TEST(HostLink, AnInterruptNeverOvertakesAWriteSentBeforeIt) {
  in_child([] {
    Ends& ends = *new Ends{"ends"};
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    ends.send(tlm::TLM_WRITE_COMMAND, ns(0), kPlace, 256, 7);
    ends.send(tlm::TLM_WRITE_COMMAND, ns(0), kPlace + 256, 256, 8);
    ends.link.interrupt(true, ns(0));
    ends.link.interrupt(false, ns(1000));  // the link is free again
    sc_core::sc_start();
    ASSERT_EQ(ends.lines.size(), 2U);
    EXPECT_EQ(ends.lines[0].time, ns(70 + 70 + 6 + 400));
    EXPECT_EQ(ends.lines[0].value, 1U);
    EXPECT_EQ(ends.lines[1].time, ns(1000 + 6 + 400));
    EXPECT_EQ(ends.lines[1].value, 0U);
  });
}

TEST(HostLink, AReadIsSampledWhenItsRequestArrivesAndAnsweredAfterTheWayBack) {
  in_child([] {
    Ends& ends = *new Ends{"ends"};
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    ends.look(ns(405), [&] { ends.memory.at(kPlace, 1)[0] = std::byte{1}; });
    ends.look(ns(407), [&] { ends.memory.at(kPlace, 1)[0] = std::byte{2}; });
    EXPECT_EQ(ends.send(tlm::TLM_READ_COMMAND, ns(0), kPlace, 256), tlm::TLM_INCOMPLETE_RESPONSE);
    sc_core::sc_start();
    ASSERT_EQ(ends.answers.size(), 1U);
    EXPECT_EQ(ends.answers[0].value, 1U) << "as it was at 406 ns";
    EXPECT_EQ(ends.answers[0].time, ns(406 + 70 + 400));
  });
}

TEST(HostLink, AnAddressOutsideIsAnErrorAtOnceForAWriteAndWithTheAnswerForARead) {
  in_child([] {
    Ends& ends = *new Ends{"ends"};
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    EXPECT_EQ(ends.send(tlm::TLM_WRITE_COMMAND, ns(0), 4U << 20U, 16), tlm::TLM_ADDRESS_ERROR_RESPONSE);
    EXPECT_EQ(ends.link.upstream_bytes(), 0U) << "it does not take the link's time";
    ends.send(tlm::TLM_READ_COMMAND, ns(0), 4U << 20U, 16);
    sc_core::sc_start();
    ASSERT_EQ(ends.answers.size(), 1U);
    EXPECT_EQ(ends.answers[0].time, ns(406 + 6 + 400)) << "a header without data";
  });
}

// BAR0 is not memory: an access of the card to itself is refused at the door, like any other address outside.
TEST(HostLink, DmaToTheCardsOwnBarIsRefused) {
  in_child([] {
    constexpr std::uint64_t kOwnBar0 = 0xf000'0000;
    Ends& ends = *new Ends{"ends"};
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    EXPECT_EQ(ends.send(tlm::TLM_WRITE_COMMAND, ns(0), kOwnBar0 + 0x100, 16), tlm::TLM_ADDRESS_ERROR_RESPONSE);
    ends.send(tlm::TLM_READ_COMMAND, ns(0), kOwnBar0, 16);
    sc_core::sc_start();
    EXPECT_EQ(ends.answers.size(), 1U);
    EXPECT_TRUE(ends.accesses.empty()) << "nothing came back as a register access";
  });
}

TEST(HostLink, TheCpuStallsWhenSixtyFourRegisterWritesAreOnTheirWay) {
  in_child([] {
    Ends& ends = *new Ends{"ends"};
    std::vector<SimTime>& left = *new std::vector<SimTime>;
    sc_core::sc_spawn([&] {
      unsigned char data[4] = {};
      for (std::uint32_t i = 0; i < 66; ++i) {
        ends.access(tlm::TLM_WRITE_COMMAND, 4 * i, data);
        left.push_back(ends.agenda.now());
      }
    });
    sc_core::sc_start();
    ASSERT_EQ(left.size(), 66U);
    EXPECT_EQ(left[63], ns(0));
    EXPECT_EQ(left[64], ns(407)) << "the first of them, 28 bytes long, has arrived";
    EXPECT_EQ(left[65], ns(414));
    for (std::uint32_t i = 0; i < 64; ++i) {
      EXPECT_EQ(ends.accesses[i].time, ns(7 * (i + 1) + 400));
      EXPECT_EQ(ends.accesses[i].value, 4 * i);
    }
  });
}

TEST(HostLink, ARegisterReadStallsForTheRoundTripAndPushesWritesAheadOfIt) {
  in_child([] {
    Ends& ends = *new Ends{"ends"};
    SimTime& done = *new SimTime;
    sc_core::sc_spawn([&] {
      unsigned char data[4] = {};
      ends.access(tlm::TLM_WRITE_COMMAND, 0x10, data);
      ends.access(tlm::TLM_READ_COMMAND, 0x20, data);
      EXPECT_EQ(data[0], 0x5a);
      done = ends.agenda.now();
    });
    sc_core::sc_start();
    ASSERT_EQ(ends.accesses.size(), 2U);
    EXPECT_EQ(ends.accesses[0].time, ns(407));
    EXPECT_EQ(ends.accesses[1].time, ns(413)) << "behind the write, 24 bytes long";
    EXPECT_EQ(done, ns(413 + 20 + 7 + 400));
  });
}

}  // namespace
}  // namespace nicosim
