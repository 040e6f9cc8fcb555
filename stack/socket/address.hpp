// Socket addresses of the system calls, and the stack's own.
#pragma once

#include "common/bytes.hpp"

#include <arpa/inet.h>
#include <cstdint>
#include <netinet/in.h>

namespace nicosim {

inline Ipv4Address address_of(const sockaddr_in& a) { return {ntohl(a.sin_addr.s_addr)}; }

inline sockaddr_in sockaddr_of(Ipv4Address address, std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  out.sin_addr.s_addr = htonl(address.value);
  return out;
}

}  // namespace nicosim
