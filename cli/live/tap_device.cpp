#include "cli/live/tap_device.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_tun.h>
#include <linux/netlink.h>
#include <linux/route.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <sstream>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace nicosim {
namespace {

constexpr std::size_t kLongestFrame = 65'536;
constexpr int kQueueLength = 4096;  // frames that the kernel keeps for us

[[noreturn]] void fail(const std::string& what) { throw std::system_error(errno, std::generic_category(), what); }

ifreq request_for(const std::string& name) {
  ifreq request{};
  if (name.size() >= sizeof request.ifr_name) {
    errno = ENAMETOOLONG;
    fail(name);
  }
  std::memcpy(request.ifr_name, name.c_str(), name.size());
  return request;
}

// A socket to hang ioctl() on.
class Control {
 public:
  Control() : descriptor_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    if (descriptor_ < 0) fail("socket");
  }
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;
  ~Control() { ::close(descriptor_); }
  template <class Request>
  void call(unsigned long number, Request& request, const std::string& what) const {
    if (::ioctl(descriptor_, number, &request) != 0) fail(what);
  }

 private:
  int descriptor_;
};

sockaddr address_of(Ipv4Address address) {
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_addr.s_addr = htonl(address.value);
  sockaddr plain{};
  std::memcpy(&plain, &in, sizeof plain);
  return plain;
}

Ipv4Address mask_of(unsigned prefix_length) {
  return {prefix_length == 0 ? 0U : ~std::uint32_t{0} << (32 - prefix_length)};
}

[[noreturn]] void fail_to_open_tun() {
  const int error = errno;
  std::string what = "/dev/net/tun, which makes TAPs, cannot be opened";
  if (error == EACCES) what += " (everybody may where it has its usual mode: chmod 0666 /dev/net/tun, as root)";
  if (error == ENOENT || error == ENODEV || error == ENXIO) what += " (the kernel has no TAPs: modprobe tun, as root)";
  errno = error;
  fail(what);
}

void bring_up(const Control& control, const std::string& name) {
  ifreq request = request_for(name);
  control.call(SIOCGIFFLAGS, request, name + ": reading its flags");
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP | IFF_RUNNING);
  control.call(SIOCSIFFLAGS, request, name + ": bringing it up");
}

// By rtnetlink(7), which the root of a user namespace may use; SIOCSIFTXQLEN is for the system's own root alone.
void set_queue_length(const Control& control, const std::string& name) {
  struct {
    nlmsghdr header;
    ifinfomsg interface;
    rtattr attribute;
    std::uint32_t length;
  } ask{};
  ifreq request = request_for(name);
  control.call(SIOCGIFINDEX, request, name);
  ask.header.nlmsg_len = sizeof ask;
  ask.header.nlmsg_type = RTM_SETLINK;
  ask.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  ask.interface.ifi_family = AF_UNSPEC;
  ask.interface.ifi_index = request.ifr_ifindex;
  ask.attribute.rta_type = IFLA_TXQLEN;
  ask.attribute.rta_len = RTA_LENGTH(sizeof ask.length);
  ask.length = kQueueLength;
  struct {
    nlmsghdr header;
    nlmsgerr error;
  } answer{};
  const int netlink = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  const bool told = netlink >= 0 && ::send(netlink, &ask, sizeof ask, 0) == static_cast<ssize_t>(sizeof ask) &&
                    ::recv(netlink, &answer, sizeof answer, 0) >= static_cast<ssize_t>(sizeof answer);
  if (told) errno = -answer.error.error;
  const int error = errno;
  if (netlink >= 0) ::close(netlink);
  errno = error;
  if (!told || error != 0) fail(name + ": setting its queue length");
}

}  // namespace

TapDevice::TapDevice(const std::string& name, bool existing) : name_(name), buffer_(kLongestFrame) {
  ifreq request = request_for(name);
  if (existing) Control{}.call(SIOCGIFINDEX, request, name);
  descriptor_ = ::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (descriptor_ < 0) fail_to_open_tun();
  request = request_for(name);
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  if (::ioctl(descriptor_, TUNSETIFF, &request) != 0) {
    const int error = errno;
    ::close(descriptor_);
    errno = error;
    fail(name + ": opening it as a TAP");
  }
}

TapDevice::TapDevice(TapDevice&& other) noexcept
    : name_(std::move(other.name_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      buffer_(std::move(other.buffer_)),
      counts_(other.counts_) {}

TapDevice::~TapDevice() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::optional<std::vector<std::byte>> TapDevice::read() {
  for (;;) {
    const ssize_t n = ::read(descriptor_, buffer_.data(), buffer_.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return std::nullopt;
    ++counts_.from_client;
    return std::vector<std::byte>{buffer_.begin(), buffer_.begin() + n};
  }
}

void TapDevice::write(Bytes frame) {
  ssize_t n = 0;
  do n = ::write(descriptor_, frame.data(), frame.size());
  while (n < 0 && errno == EINTR);
  ++(n == static_cast<ssize_t>(frame.size()) ? counts_.to_client : counts_.refused);
}

// The last columns but one of /proc/net/dev: of what was transmitted, from the client's point of view.
std::uint64_t TapDevice::overruns() const {
  std::ifstream table{"/proc/self/net/dev"};
  for (std::string line; std::getline(table, line);) {
    std::istringstream words{line};
    std::string name;
    words >> name;
    if (name != name_ + ":") continue;
    std::uint64_t value = 0;
    constexpr int kTransmitDrop = 12;  // 8 columns received, then bytes, packets, errs, drop
    for (int i = 0; i < kTransmitDrop; ++i) words >> value;
    return words ? value : 0;
  }
  return 0;
}

void configure(const ClientInterface& interface) {
  const Control control;
  const std::string& name = interface.name;
  ifreq request = request_for(name);
  request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
  std::memcpy(request.ifr_hwaddr.sa_data, interface.mac.octets.data(), interface.mac.octets.size());
  control.call(SIOCSIFHWADDR, request, name + ": setting its MAC address");
  request = request_for(name);
  request.ifr_mtu = static_cast<int>(interface.mtu);
  control.call(SIOCSIFMTU, request, name + ": setting its MTU");
  set_queue_length(control, name);
  if (interface.address) {
    request = request_for(name);
    request.ifr_addr = address_of(*interface.address);
    control.call(SIOCSIFADDR, request, name + ": setting its address");
    request.ifr_netmask = address_of(mask_of(interface.prefix_length));
    control.call(SIOCSIFNETMASK, request, name + ": setting its netmask");
  }
  bring_up(control, name);
  if (!interface.gateway) return;
  rtentry route{};
  route.rt_dst = address_of(Ipv4Address::any());
  route.rt_genmask = address_of(Ipv4Address::any());
  route.rt_gateway = address_of(*interface.gateway);
  route.rt_flags = RTF_UP | RTF_GATEWAY;
  control.call(SIOCADDRT, route, name + ": setting the default route");
}

void bring_loopback_up() { bring_up(Control{}, "lo"); }

void switch_ipv6_off() {
  for (const char* const which : {"default", "all"}) {
    std::ofstream knob{std::string{"/proc/sys/net/ipv6/conf/"} + which + "/disable_ipv6"};
    knob << 1;
  }
}

}  // namespace nicosim
