#include "stack/socket/ss.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <string_view>
#include <vector>

namespace nicosim {
namespace {

struct Column {
  std::string_view before;  // what parts it from the one to its left
  bool right;               // flush right
};
constexpr std::size_t kColumns = 9;
using Fields = std::array<std::string, kColumns>;
// An address and its port are two columns that touch, and nothing parts the last two.
constexpr std::array<Column, kColumns> kLayout{Column{"", false}, {" ", false}, {" ", false}, {" ", false}, {" ", true},
                                               {"", false},       {" ", true},  {"", false},  {"", false}};

}  // namespace

std::string ss_text(std::span<const SsRow> rows, bool netid) {
  std::vector<Fields> lines{
      {"Netid", "State", "Recv-Q", "Send-Q", "Local Address:", "Port", "Peer Address:", "Port", "Process"}};
  for (const SsRow& row : rows)
    lines.push_back({row.netid, row.state, std::to_string(row.recv_q), std::to_string(row.send_q), row.local + ":",
                     row.local_port, row.peer + ":", row.peer_port, row.process});
  const std::size_t first = netid ? 0 : 1;
  std::array<std::size_t, kColumns> widths{};
  for (const Fields& line : lines)
    for (std::size_t i = 0; i < kColumns; ++i) widths[i] = std::max(widths[i], line[i].size());
  std::string text;
  for (const Fields& line : lines) {
    for (std::size_t i = first; i < kColumns; ++i) {
      if (i != first) text += kLayout[i].before;
      text += kLayout[i].right ? fmt::format("{:>{}}", line[i], widths[i]) : fmt::format("{:<{}}", line[i], widths[i]);
    }
    text += '\n';
  }
  return text;
}

}  // namespace nicosim
