#include "cli/report/report.hpp"

#include "cli/report/journey.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sstream>

namespace nicosim {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

RunReport example() {
  RunReport r;
  r.title = "examples/first_frame.toml";
  r.frames_on_wire = 1000;
  r.ledger = {{"read", 900}, {"answered", 40}, {"drop.filter.MAC_FILTER", 60}};
  r.ledger_tx = {{"sent", 40}};
  r.stations = {{"wire", 1000, SimTime::zero(), SimTime::zero(), SimTime::zero()},
                {"dma", 940, SimTime::ps(612'345), SimTime::ns(700), SimTime::us(1)},
                {"handler", 940, SimTime::us(2), SimTime::us(3), SimTime::us(4)},
                {"read", 900, SimTime::us(5), SimTime::us(7), SimTime::us(9)},
                {"write", 40, SimTime::zero(), SimTime::zero(), SimTime::zero()},
                {"tx_wire", 40, SimTime::us(2), SimTime::us(3), SimTime::us(4)}};
  r.counters = {{"nstat", {{"IpInReceives", 940}, {"UdpInDatagrams", 900}}}};
  r.interrupts = {{"eth0", 333}};
  r.cpu = {{0, "hardirq", SimTime::us(125)}, {0, "softirq", SimTime::us(250)}, {0, "idle", SimTime::us(625)}};
  r.cpu_functions = {{0, "hardirq", "irq_entry", SimTime::us(100)},
                     {0, "softirq", "copy_per_byte", SimTime::us(90)},
                     {0, "softirq", "bus_stall", SimTime::us(10)},
                     {1, "softirq", "copy_per_byte", SimTime::us(200)}};
  r.processes = {{3, "sink", SimTime::us(20), SimTime::us(1), SimTime::us(979), 901, 2, 900},
                 {4, "twin", SimTime::us(5), SimTime::zero(), SimTime::us(995), 1, 0, 1},
                 {5, "twin", SimTime::zero(), SimTime::zero(), SimTime::ms(1), 0, 0, 0}};
  r.apps = {{"sink", "udp_sink", {{"datagrams", 900}, {"bytes", 16200}}}};
  r.time = SimTime::ms(1);
  r.measured = SimTime::ms(1);
  r.cycles = 156'250;
  r.captures = {{"a.pcap", "pcap", {{"packets", 1000}, {"gaps_shortened", 2}}}};
  r.warnings = {"2 packets were cut off in the capture and are sent filled up with zeros"};
  r.host.wall_s = 0.5;
  r.host.cycles_evaluated = 20'000;
  r.host.versions = {{"verilator", "5.006"}};
  return r;
}

TEST(ReportJson, HasItsKeysInAFixedOrderAndTimesAsDecimals) {
  const std::string text = json_text(to_json(example()));
  EXPECT_EQ(text.substr(0, text.find("\"stations\"")),
            "{\n  \"schema\": 1,\n  \"title\": \"examples/first_frame.toml\",\n  \"status\": \"complete\",\n"
            "  \"frames_on_wire\": 1000,\n  \"ledger\": {\n    \"read\": 900,\n    \"answered\": 40,\n"
            "    \"drop.filter.MAC_FILTER\": 60\n  },\n  \"ledger_tx\": {\n    \"sent\": 40\n  },\n  \"unexplained\": "
            "0,\n  ");
  EXPECT_THAT(text, HasSubstr("\"p50_ns\": 612.345,"));
  EXPECT_THAT(text, HasSubstr("\"per_frame\": 0.333,"));
  EXPECT_THAT(text, HasSubstr("\"time_ns\": 1000000,"));
  const Json json = to_json(example());
  EXPECT_EQ(json["cpu"]["0"]["hardirq"], 0.125);
  EXPECT_EQ(json["cpu"]["functions"]["1"]["softirq"]["copy_per_byte"], 200'000);
  EXPECT_FALSE(json["cpu"]["functions"]["1"].contains("hardirq")) << "what took no time is left out";
  EXPECT_EQ(json["processes"]["sink"]["involuntary_switches"], 2);
  EXPECT_EQ(json["processes"]["sink"]["blocked_ns"], 979'000);
  EXPECT_EQ(json["processes"]["twin:5"]["pid"], 5) << "two have that name";
  EXPECT_EQ(json["apps"]["sink"]["kind"], "udp_sink");
  EXPECT_EQ(json["apps"]["sink"]["bytes"], 16200);
  EXPECT_EQ(json["captures"][0]["gaps_shortened"], 2);
  EXPECT_EQ(json["interrupts"]["nic"]["eth0"], 333);
  EXPECT_EQ(json["host"]["versions"]["verilator"], "5.006");
  EXPECT_EQ(Json::parse(text), json);
}

TEST(ReportJson, PicosecondsAreExactDecimals) {
  RunReport r = example();
  for (const auto& [ps, text] : {std::pair{std::int64_t{1}, "0.001"},
                                 {6400, "6.4"},
                                 {999'999, "999.999"},
                                 {999'999'999'999'999, "999999999999.999"},
                                 {123'456'789'012'000, "123456789012"}}) {
    r.stations[1].p50 = SimTime::ps(ps);
    EXPECT_THAT(json_text(to_json(r)), HasSubstr(std::string{"\"p50_ns\": "} + text + ","));
  }
}

TEST(ReportJson, WhatDiffersBetweenEqualRunsSitsUnderHost) {
  RunReport other = example();
  other.host.wall_s = 99.0;
  other.host.cycles_evaluated = 1;
  other.host.versions = {{"verilator", "6"}};
  Json a = to_json(example());
  Json b = to_json(other);
  EXPECT_NE(a, b);
  a.erase("host");
  b.erase("host");
  EXPECT_EQ(json_text(a), json_text(b));
}

TEST(ReportJson, SurvivesBytesThatAreNoText) {
  RunReport r = example();
  r.captures[0].file = "\xff\xfe";
  EXPECT_FALSE(json_text(to_json(r)).empty());
}

TEST(Summary, SaysWhatHappenedAndWhatWasSlowest) {
  const std::string text = summary(example(), false);
  // wrapped at 80 columns
  std::string flat = text.substr(0, text.find("\n\n"));
  std::ranges::replace(flat, '\n', ' ');
  EXPECT_THAT(flat,
              HasSubstr("1 000 frames arrived in 1 ms: 900 read, 40 answered, 60 dropped. The host sent 40 frames. "
                        "The slowest step was handler to read: 3 us in the median."));
  EXPECT_THAT(text, HasSubstr("dropped at filter: MAC_FILTER"));
  EXPECT_THAT(text, HasSubstr("  cpu 0: hardirq 12.5 %, softirq 25.0 %, idle 62.5 %\n"));
  EXPECT_THAT(text, HasSubstr("156 250 clock cycles"));
  EXPECT_THAT(text, HasSubstr("500 times slower than real time"));
}

TEST(Summary, FitsEightyColumnsWithoutEscapes) {
  RunReport r = example();
  r.stations[3] = {"tx_transport", 1'234'567'890, SimTime::us(1234), SimTime::ps(123'456'789), SimTime::s(99'999)};
  r.ledger.emplace_back("drop.transport.TCP_RFC7323_PAWS_AND_MORE", 123'456'789'012);
  std::istringstream lines{summary(r, false)};
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), 80U) << line;
    EXPECT_THAT(line, Not(HasSubstr("\033")));
  }
  EXPECT_THAT(summary(r, true), HasSubstr("\033[1m"));
}

TEST(Summary, FunctionsOfAllCoresAreAddedUpAndTheMostExpensiveComesFirst) {
  const std::string text = summary(example(), false);
  const std::size_t copy = text.find("  copy_per_byte          softirq      290 us   72.5 %\n");
  const std::size_t entry = text.find("  irq_entry              hardirq      100 us   25.0 %\n");
  ASSERT_NE(copy, std::string::npos) << text;
  ASSERT_NE(entry, std::string::npos) << text;
  EXPECT_LT(copy, entry);
  EXPECT_THAT(text, HasSubstr("  sink               3     20 us      1 us    979 us      901        2      900\n"));
  EXPECT_EQ(text.find("twin"), text.rfind("twin")) << "who did nothing has no row";
}

TEST(Summary, TheWayInAndTheWayOutAreTwoTables) {
  const std::string text = summary(example(), false);
  const std::size_t out = text.find("Latency of the host's frames");
  ASSERT_NE(out, std::string::npos);
  EXPECT_LT(text.find("  handler "), out);
  EXPECT_GT(text.find("  tx_wire "), out);
}

TEST(Summary, LongTextIsBrokenBetweenWordsAndIndented) {
  RunReport r;
  r.warnings = {"a long warning: " + std::string(60, 'x') + " " + std::string(60, 'y')};
  EXPECT_THAT(summary(r, false),
              HasSubstr("\n  a long warning: " + std::string(60, 'x') + "\n    " + std::string(60, 'y') + "\n"));
}

TEST(Summary, AnEmptyRunIsReportedToo) {
  EXPECT_THAT(summary(RunReport{}, false), HasSubstr("Nothing was on the wire"));
  EXPECT_EQ(to_json(RunReport{})["interrupts"]["per_frame"], 0.0);
}

TEST(Summary, FramesWithoutAFateAreNotHidden) {
  RunReport r = example();
  r.unexplained = 1;
  r.interrupted = true;
  EXPECT_THAT(summary(r, false), HasSubstr("1 frame has no fate"));
  EXPECT_THAT(summary(r, false), HasSubstr("Interrupted"));
  EXPECT_EQ(to_json(r)["status"], "interrupted");
}

TEST(SlowestStep, LooksBetweenNeighboursAndNotAcrossTheWayOut) {
  const auto step = slowest_step(example());
  ASSERT_TRUE(step);
  EXPECT_EQ(step->from, "handler");
  EXPECT_EQ(step->took, SimTime::us(3));
  RunReport out = example();
  out.stations = {{"read", 1, SimTime::us(5), {}, {}}, {"write", 1, SimTime::us(90), {}, {}}};
  EXPECT_FALSE(slowest_step(out));
}

TEST(Journey, ShowsEachStationWithItsStep) {
  Journey j;
  j.id = FrameId::make(0, false, 17);
  j.steps = {{SimTime::us(100), "wire", ""},
             {SimTime::us(101), "mac", "length=64"},
             {SimTime::us(104), "wake", "process=sink"},
             {SimTime::us(105), "read", "at=read"}};
  j.children = {FrameId::make(0, true, 3)};
  const std::string text = journey_text(j, false);
  EXPECT_THAT(text, HasSubstr("Frame r0:17, arrived at port 0"));
  EXPECT_THAT(text, HasSubstr("        0 ps       +0 ps  wire          first bit on the wire"));
  EXPECT_THAT(text, HasSubstr("        4 us       +3 us  wake          process=sink"));
  EXPECT_THAT(text, HasSubstr("woke sink"));
  EXPECT_THAT(text, HasSubstr("led to t0:3"));
  EXPECT_THAT(journey_text(j, true), HasSubstr("\033[1m"));
}

}  // namespace
}  // namespace nicosim
