// The agenda and the memory behind it, with nothing else on them.
#include "sc_model/agenda.hpp"

#include "sc_model/memory.hpp"
#include "tb/system/run_in_child.hpp"

#include <gtest/gtest.h>
#include <new>
#include <tlm_utils/simple_initiator_socket.h>

namespace nicosim {
namespace {

TEST(Agenda, RunsItemsByTimeRankSourceAndOrderOfPosting) {
  in_child([] {
    Agenda& agenda = *new Agenda{"agenda"};
    const unsigned first = agenda.new_source(), second = agenda.new_source();
    std::string order;
    const auto item = [&](char name, Rank rank, unsigned source) {
      return new AgendaCall{rank, source, [&order, name] { order += name; }};
    };
    agenda.post(*item('g', Rank::wire, first), SimTime::ns(2));
    agenda.post(*item('e', Rank::cpu, second), SimTime::ns(1));
    agenda.post(*item('f', Rank::cpu, second), SimTime::ns(1));
    agenda.post(*item('d', Rank::cpu, first), SimTime::ns(1));
    agenda.post(*item('b', Rank::dma_write, second), SimTime::ns(1));
    agenda.post(*item('c', Rank::interrupt, first), SimTime::ns(1));
    agenda.post(*item('a', Rank::engine, second), SimTime::ns(1));
    sc_core::sc_start();
    EXPECT_EQ(order, "abcdefg");
    EXPECT_EQ(agenda.now(), SimTime::ns(2));
    EXPECT_EQ(agenda.items_run(), 7U);
  });
}

TEST(Agenda, MovesAndCancelsItemsAlsoFromWithinOthers) {
  in_child([] {
    Agenda& agenda = *new Agenda{"agenda"};
    const unsigned source = agenda.new_source();
    std::vector<std::pair<char, std::int64_t>> ran;
    const auto item = [&](char name) {
      return new AgendaCall{Rank::cpu, source, [&, name] { ran.emplace_back(name, agenda.now().in_ns()); }};
    };
    AgendaCall &a = *item('a'), &b = *item('b'), &c = *item('c');
    AgendaCall& chief = *new AgendaCall{Rank::cpu, source, [&] {
                                          agenda.cancel(a);
                                          agenda.cancel(a);  // harmless
                                          agenda.move(b, SimTime::ns(9));
                                          agenda.move(c, agenda.now());
                                        }};
    agenda.post(a, SimTime::ns(6));
    agenda.post(b, SimTime::ns(6));
    agenda.post(c, SimTime::ns(7));
    agenda.post(chief, SimTime::ns(5));
    sc_core::sc_start();
    EXPECT_EQ(ran, (std::vector<std::pair<char, std::int64_t>>{{'c', 5}, {'b', 9}}));
    EXPECT_FALSE(a.scheduled());
  });
}

TEST(Agenda, LetsAWokenThreadRunBeforeTheNextItemAndMoveTime) {
  in_child([] {
    Agenda& agenda = *new Agenda{"agenda"};
    const unsigned source = agenda.new_source();
    sc_core::sc_event& event = *new sc_core::sc_event;
    std::string& order = *new std::string;
    sc_core::sc_spawn([&] {
      sc_core::wait(event);
      order += "thread ";
      EXPECT_FALSE(agenda.nothing_until(SimTime::ns(1))) << "one more item is due now";
      sc_core::wait(event);
      EXPECT_TRUE(agenda.nothing_until(SimTime::ns(40)));
      agenda.advance_to(SimTime::ns(40));
      order += "advanced ";
    });
    const auto wake = [&](const char* name) {
      return new AgendaCall{Rank::cpu, source, [&, name] {
                              order += name;
                              event.notify();
                              agenda.let_threads_run();
                            }};
    };
    agenda.post(*wake("one "), SimTime::ns(1));
    agenda.post(*wake("two "), SimTime::ns(1));
    agenda.post(*new AgendaCall{Rank::cpu, source, [&] { order += "three"; }}, SimTime::ns(50));
    sc_core::sc_start();
    EXPECT_EQ(order, "one thread two advanced three");
    EXPECT_EQ(agenda.now(), SimTime::ns(50));
  });
}

TEST(Agenda, KnowsWhetherAnythingButTimersIsLeft) {
  in_child([] {
    Agenda& agenda = *new Agenda{"agenda"};
    const unsigned source = agenda.new_source();
    AgendaCall timer{Rank::cpu, source, [] {}}, work{Rank::cpu, source, [] {}}, engine{Rank::engine, source, [] {}};
    agenda.post(timer, SimTime::s(1), true);
    agenda.post(engine, SimTime::ns(1));
    EXPECT_TRUE(agenda.only_timers_left());
    agenda.post(work, SimTime::ns(5));
    EXPECT_FALSE(agenda.only_timers_left());
    EXPECT_EQ(agenda.next(), SimTime::ns(1));
    EXPECT_EQ(agenda.next_except_engines(), SimTime::ns(5));
    agenda.cancel(work);
    EXPECT_TRUE(agenda.only_timers_left());
    agenda.cancel(timer);
    agenda.cancel(engine);
  });
}

struct Master : sc_core::sc_module {
  tlm_utils::simple_initiator_socket<Master> bus{"bus"};
  explicit Master(sc_core::sc_module_name name) : sc_module(name) {}

  tlm::tlm_response_status access(tlm::tlm_command command, std::uint64_t address, std::string& data,
                                  std::string enables = {}) {
    tlm::tlm_generic_payload payload;
    payload.set_command(command);
    payload.set_address(address);
    payload.set_data_ptr(reinterpret_cast<unsigned char*>(data.data()));
    payload.set_data_length(static_cast<unsigned>(data.size()));
    payload.set_streaming_width(static_cast<unsigned>(data.size()));
    if (!enables.empty()) {
      payload.set_byte_enable_ptr(reinterpret_cast<unsigned char*>(enables.data()));
      payload.set_byte_enable_length(static_cast<unsigned>(enables.size()));
    }
    sc_core::sc_time none = sc_core::SC_ZERO_TIME;
    bus->b_transport(payload, none);
    return payload.get_response_status();
  }
};

TEST(Memory, KeepsWhatIsWrittenHonoursByteEnablesAndRefusesWhatLiesOutside) {
  in_child([] {
    Memory& memory = *new Memory{"memory", 4U << 20U};
    Master &one = *new Master{"one"}, &two = *new Master{"two"};  // one binding per card
    one.bus.bind(memory.bus);
    two.bus.bind(memory.bus);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    std::string data = "abcdef", seen(6, '?');
    EXPECT_EQ(one.access(tlm::TLM_WRITE_COMMAND, 0x10'0001, data), tlm::TLM_OK_RESPONSE);
    EXPECT_EQ(two.access(tlm::TLM_READ_COMMAND, 0x10'0001, seen), tlm::TLM_OK_RESPONSE);
    EXPECT_EQ(seen, "abcdef");
    std::string change = "123456";
    EXPECT_EQ(two.access(tlm::TLM_WRITE_COMMAND, 0x10'0001, change, {'\xff', '\0', '\xff', '\0', '\0', '\xff'}),
              tlm::TLM_OK_RESPONSE);
    one.access(tlm::TLM_READ_COMMAND, 0x10'0001, seen);
    EXPECT_EQ(seen, "1b3de6");
    for (const std::uint64_t address : {(4ULL << 20U) - 5, 4ULL << 20U, ~0ULL, ~0ULL - 5})
      EXPECT_EQ(one.access(tlm::TLM_READ_COMMAND, address, seen), tlm::TLM_ADDRESS_ERROR_RESPONSE) << address;
    EXPECT_EQ(one.access(tlm::TLM_READ_COMMAND, (4ULL << 20U) - 6, seen), tlm::TLM_OK_RESPONSE);
  });
}

TEST(Memory, GivesOutAlignedZeroedRegionsThatDoNotOverlapAndTakesThemBack) {
  in_child([] {
    Memory& memory = *new Memory{"memory", 4U << 20U};
    std::vector<DmaRegion> regions;
    for (const std::size_t bytes : {1UL, 4096UL, 100UL, 65'536UL}) {
      const DmaRegion region = memory.allocate(bytes, 256);
      EXPECT_EQ(region.bus % 256, 0U);
      EXPECT_GT(region.bus, 0U);
      for (const DmaRegion& other : regions)
        EXPECT_TRUE(region.bus >= other.bus + other.bytes || other.bus >= region.bus + region.bytes);
      memory.at(region.bus, region.bytes)[0] = std::byte{1};
      regions.push_back(region);
    }
    for (const std::size_t i : {1UL, 3UL, 0UL, 2UL}) memory.release(regions[i]);
    // All of it is one piece again, and zero.
    const DmaRegion all = memory.allocate(3U << 20U, 16);
    for (const std::byte b : memory.at(all.bus, all.bytes)) ASSERT_EQ(b, std::byte{0});
    EXPECT_THROW(memory.allocate(1, 1), std::bad_alloc);
  });
}

}  // namespace
}  // namespace nicosim
