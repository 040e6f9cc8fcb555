// A TAP of the kernel: an Ethernet interface whose far end is a file descriptor of ours. And how its interface, the
// client's end, is set up: by ioctl (netdevice(7)), so that no ip command has to be there.
#pragma once

#include "common/bytes.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace nicosim {

class TapDevice {
 public:
  // Opens an interface of this name, made anew (and gone with us) or, `existing`, one that is there already. Frames are
  // whole and without FCS; the kernel computes every checksum itself. Throws std::system_error.
  TapDevice(const std::string& name, bool existing);
  TapDevice(TapDevice&& other) noexcept;
  TapDevice& operator=(TapDevice&&) = delete;
  ~TapDevice();

  int descriptor() const { return descriptor_; }  // readable: a frame waits
  const std::string& name() const { return name_; }

  // The next frame that the client sent; nullopt: none waits.
  std::optional<std::vector<std::byte>> read();
  // To the client. A frame that the kernel does not take (the interface is down) is counted.
  void write(Bytes frame);

  struct Counts {
    std::uint64_t from_client = 0, to_client = 0, refused = 0;
  };
  const Counts& counts() const { return counts_; }
  // Frames of the client that were lost in the kernel, because we read too slowly.
  std::uint64_t overruns() const;

 private:
  std::string name_;
  int descriptor_ = -1;
  std::vector<std::byte> buffer_;
  Counts counts_;
};

// All of them work in the network namespace of the caller and throw std::system_error.
struct ClientInterface {
  std::string name;
  MacAddress mac;
  std::optional<Ipv4Address> address;
  unsigned prefix_length = 24;
  unsigned mtu = 1500;
  std::optional<Ipv4Address> gateway;  // of a default route
};
void configure(const ClientInterface& interface);
void bring_loopback_up();
// No router solicitations and the like: nicosim speaks IPv4 only. Where the kernel does not let us, they are dropped.
void switch_ipv6_off();

}  // namespace nicosim
