#include "cli/live/usual_host.hpp"

#include <fmt/format.h>

namespace nicosim {
namespace {

constexpr const char* kPrograms = R"(
[[app]]
name = "echo"
kind = "tcp_echo"
model = "epoll"
port = 7

[[app]]
name = "echo-udp"
kind = "udp_echo"
port = 7

[[app]]
name = "discard"
kind = "discard"
port = 9

[[app]]
name = "discard-udp"
kind = "udp_sink"
port = 9

[[app]]
name = "chargen"
kind = "chargen"
port = 19

[[app]]
name = "web"
kind = "http_server"
model = "epoll"
port = 80

[[app]]
name = "iperf"
kind = "iperf"
port = 5001

[[app]]
name = "iperf-udp"
kind = "iperf_udp"
port = 5001
)";

}  // namespace

std::string usual_host(unsigned nics) {
  std::string toml = "schema = 1\n";
  if (nics > 1) toml += "\n[host.sysctl]\nnet.ipv4.ip_forward = 1\n";
  for (unsigned nic = 0; nic < nics; ++nic)
    toml += fmt::format("\n[nic.eth{}]\naddress = [\"10.{}.0.2/24\"]\n", nic, 77 + nic);
  return toml + kPrograms;
}

}  // namespace nicosim
