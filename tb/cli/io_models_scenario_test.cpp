// The keys that say how a server waits and how its clients load it, and studies that show several tables.
#include "cli/scenario/scenario.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace nicosim {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kBegin = R"(stop = { after = "1ms" }
[nic.eth0]
address = ["10.77.0.2/24"]
[peer.c]
on = "eth0"
kind = "stack"
address = "10.77.0.9/24"
)";

std::string server(std::string_view lines) {
  return fmt::format("{}[[app]]\nname = \"web\"\nkind = \"http_server\"\nport = 80\n{}\n", kBegin, lines);
}
std::string client(std::string_view lines) {
  return fmt::format("{}[[app]]\nname = \"load\"\non = \"c\"\nkind = \"http_load\"\ntarget = \"10.77.0.2:80\"\n{}\n",
                     kBegin, lines);
}

Scenario good(const std::string& toml) {
  const auto scenario = parse_scenario(toml, "s.toml");
  if (!scenario) {
    ADD_FAILURE() << scenario.error().text();
    return {};
  }
  return *scenario;
}

std::string error(const std::string& toml) {
  const auto scenario = parse_scenario(toml, "s.toml");
  return scenario ? "none" : scenario.error().text();
}

TEST(IoModelScenario, AServerIsIterativeUnlessTold) {
  EXPECT_EQ(good(server("")).apps.front().model, Scenario::App::Model::iterative);
  EXPECT_EQ(good(server("model = \"epoll\"\nedge = true\nbacklog = 4096")).apps.front().model,
            Scenario::App::Model::epoll);
}

TEST(IoModelScenario, WhatIsWrittenReadsBackAsTheSame) {
  for (const std::string& toml :
       {server("model = \"poll\"\ntimeout = \"2ms\"\nwork_unit = \"5us\"\nbacklog = 7"),
        server("model = \"epoll\"\nedge = true"), server("model = \"sigio\""),
        client("connections = 100\nactive = 7\nrequests = 0\nthink = \"10us\"\nask_from = \"1ms\"")}) {
    const Scenario scenario = good(toml);
    EXPECT_EQ(good(write_scenario(scenario)), scenario) << toml;
  }
}

TEST(IoModelScenario, WhatDoesNotFitIsRefused) {
  EXPECT_THAT(error(server("model = \"epol\"")), HasSubstr("did you mean 'epoll'?"));
  EXPECT_THAT(error(server("model = \"blocking\"\ntimeout = \"1ms\"")),
              HasSubstr("expected model select, poll or epoll"));
  EXPECT_THAT(error(server("model = \"poll\"\nedge = true")), HasSubstr("expected model epoll"));
  EXPECT_THAT(error(fmt::format("{}[[app]]\nname = \"d\"\nkind = \"discard\"\nport = 9\nmodel = \"poll\"", kBegin)),
              HasSubstr("unknown key 'model'"));
}

TEST(IoModelScenario, AProgramThatNeverRestsNeedsARunThatEnds) {
  const auto endless = [](std::string toml) { return toml.erase(0, toml.find('\n') + 1); };
  EXPECT_THAT(error(endless(server("model = \"nonblocking\""))), HasSubstr("expected stop.after"));
  EXPECT_THAT(error(endless(server("model = \"select\"\ntimeout = \"0s\""))), HasSubstr("expected stop.after"));
  EXPECT_THAT(error(endless(client("requests = 0"))), HasSubstr("expected stop.after"));
  EXPECT_EQ(error(endless(server("model = \"epoll\""))), "none");
}

constexpr std::string_view kStudy = R"([study]
axes = [{ key = "nic.rx_ring", values = [64, 128] }]
[[study.tables]]
title = "one"
where = { "nic.rx_ring" = 64 }
columns = ["ledger.read", { name = "p99", metric = "stations.read.p99_ns" }]
[[study.tables]]
across = "nic.rx_ring"
columns = ["ledger.read"]
)";

TEST(StudyTables, TheStudyHasEveryMetricOfThemOnce) {
  const Scenario scenario = good(std::string{kBegin} + std::string{kStudy});
  ASSERT_TRUE(scenario.study);
  EXPECT_EQ(scenario.study->table.size(), 2U);
  ASSERT_EQ(scenario.study->views.size(), 2U);
  EXPECT_EQ(scenario.study->views[1].across, "nic.rx_ring");
  EXPECT_EQ(good(write_scenario(scenario)), scenario);
}

TEST(StudyTables, WhatTheyNameMustBeThere) {
  const auto with = [](std::string_view lines) {
    return fmt::format("{}[study]\naxes = [{{ key = \"nic.rx_ring\", values = [64, 128] }}]\n[[study.tables]]\n{}\n",
                       kBegin, lines);
  };
  EXPECT_THAT(error(with("columns = [\"a\"]\nacross = \"nic.tx_ring\"")), HasSubstr("which is no axis"));
  EXPECT_THAT(error(with("columns = [\"a\", \"b\"]\nacross = \"nic.rx_ring\"")), HasSubstr("is not one metric"));
  EXPECT_THAT(error(with("columns = [\"a\"]\nwhere = { \"nic.rx_ring\" = 65 }")), HasSubstr("which is no point"));
  EXPECT_THAT(error(with("title = \"a\"")), HasSubstr("lacks 'columns'"));
}

}  // namespace
}  // namespace nicosim
