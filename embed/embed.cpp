// The interface but for its socket calls: making instances, packets, time, knobs.
#include "embed/embed_host.hpp"
#include "embed/embed_stack.hpp"
#include "embed/registry.hpp"

#include <algorithm>
#include <cstring>
#include <exception>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace nicosim {
namespace {

struct Registry {
  std::map<std::uintptr_t, std::shared_ptr<Instance>> instances;
  std::uintptr_t next = 1;
  bool host_was_made = false;
};

// Outlives everybody, as the lock does.
Registry& registry() {
  static Registry& all = *new Registry;
  return all;
}

std::uintptr_t key_of(const nicosim_handle* handle) { return reinterpret_cast<std::uintptr_t>(handle); }

void tell(const std::string& text, char* error, std::size_t size) {
  if (error == nullptr || size == 0) return;
  const std::size_t length = std::min(text.size(), size - 1);
  std::memcpy(error, text.data(), length);
  error[length] = '\0';
}

using Made = Result<std::shared_ptr<Instance>, std::string>;

Made make(const char* toml, nicosim_time mode, Made (*build)(BigLock&, const Scenario&, TimeMode)) {
  if (toml == nullptr) return std::string{"no scenario was given"};
  if (mode != NICOSIM_TIME_BY_OTHER && mode != NICOSIM_TIME_BY_CALLER)
    return std::string{"no such time mode; expected NICOSIM_TIME_BY_OTHER or NICOSIM_TIME_BY_CALLER"};
  const auto scenario = parse_scenario(toml, "scenario", {}, sysctl_rules());
  if (!scenario) return scenario.error().text();
  if (scenario->study) return std::string{"scenario: a [study] is many runs; expected one"};
  BigLock lock{big_lock()};
  return build(lock, *scenario, mode == NICOSIM_TIME_BY_CALLER ? TimeMode::by_caller : TimeMode::by_other);
}

Made build_stack(BigLock&, const Scenario& scenario, TimeMode mode) {
  if (!scenario.apps.empty() || !scenario.peers.empty() || !scenario.wires.empty())
    return std::string{"scenario: a stack alone has no [[app]], [peer] or [wire]; nicosim_host() has"};
  return std::shared_ptr<Instance>{std::make_shared<EmbedStack>(scenario, mode)};
}

Made build_host(BigLock& lock, const Scenario& scenario, TimeMode mode) {
  if (std::exchange(registry().host_was_made, true))
    return std::string{"this process has had its host: SystemC elaborates once"};
  auto* const host = new EmbedHost{mode};  // lives until the process ends
  host->boot(lock, scenario);
  return std::shared_ptr<Instance>{host, [](Instance*) {}};
}

nicosim_handle* made(const char* toml, nicosim_time mode, char* error, std::size_t size,
                     Made (*build)(BigLock&, const Scenario&, TimeMode)) {
  try {
    const Made instance = make(toml, mode, build);
    if (instance) {
      BigLock lock{big_lock()};
      tell("", error, size);
      return add_instance(*instance);
    }
    tell(instance.error(), error, size);
  } catch (const std::exception& e) {
    tell(e.what(), error, size);
  }
  return nullptr;
}

// The port's work, or -ENODEV.
template <class Work>
int with_port(const nicosim_handle* handle, unsigned port, Work work) {
  return with_instance(handle, [&](Instance& instance, BigLock& lock) -> int {
    return port < instance.ports() ? work(instance, lock) : -ENODEV;
  });
}

}  // namespace

nicosim_handle* add_instance(std::shared_ptr<Instance> instance) {
  const std::uintptr_t key = registry().next++;
  registry().instances.emplace(key, std::move(instance));
  return reinterpret_cast<nicosim_handle*>(key);
}

std::shared_ptr<Instance> find_instance(const nicosim_handle* handle) {
  const auto found = registry().instances.find(key_of(handle));
  return found == registry().instances.end() ? nullptr : found->second;
}

std::shared_ptr<Instance> take_instance(const nicosim_handle* handle) {
  auto node = registry().instances.extract(key_of(handle));
  return node.empty() ? nullptr : std::move(node.mapped());
}

}  // namespace nicosim

using namespace nicosim;

// ---- making and ending one

nicosim_handle* nicosim_stack(const char* toml, enum nicosim_time mode, char* error, size_t error_size) {
  return made(toml, mode, error, error_size, build_stack);
}

nicosim_handle* nicosim_host(const char* toml, enum nicosim_time mode, char* error, size_t error_size) {
  return made(toml, mode, error, error_size, build_host);
}

void nicosim_destroy(nicosim_handle* handle) {
  BigLock lock{big_lock()};
  if (const std::shared_ptr<Instance> instance = take_instance(handle)) instance->close(lock);
}

int nicosim_cable(nicosim_handle* handle, unsigned port, nicosim_handle* other, unsigned other_port, int64_t delay_ps) {
  return with_port(handle, port, [&](Instance& instance, BigLock&) -> int {
    const std::shared_ptr<Instance> far = find_instance(other);
    auto* const here = dynamic_cast<EmbedStack*>(&instance);
    auto* const there = dynamic_cast<EmbedStack*>(far.get());
    if (here == nullptr || there == nullptr || delay_ps < 0) return -EINVAL;
    if (other_port >= there->ports()) return -ENODEV;
    return here->cable(port, *there, other_port, SimTime::ps(delay_ps));
  });
}

// ---- packets

int nicosim_input(nicosim_handle* handle, unsigned port, const void* packet, size_t size, bool ethernet) {
  if (packet == nullptr) return -EFAULT;
  return with_port(handle, port, [&](Instance& instance, BigLock& lock) -> int {
    const std::size_t header = ethernet ? LinkForm::kEthernetHeader : 0;
    constexpr std::size_t kVlanTag = 4;
    if (size < header + 1 || size > header + instance.mtu(port) + (ethernet ? kVlanTag : 0)) return -EMSGSIZE;
    const Bytes bytes{static_cast<const std::byte*>(packet), size};
    instance.input(
        lock, port,
        ethernet ? std::vector<std::byte>(bytes.begin(), bytes.end()) : LinkForm::frame_of(bytes, instance.mac(port)));
    return 0;
  });
}

int nicosim_output(nicosim_handle* handle, unsigned port, void* packet, size_t size, int64_t* sent_ps) {
  return with_port(handle, port, [&](Instance& instance, BigLock&) -> int {
    const LinkForm::Sent* const oldest = instance.link(port).oldest();
    if (oldest == nullptr) return 0;
    if (oldest->bytes.size() > size) return -EMSGSIZE;
    if (packet == nullptr) return -EFAULT;
    const auto length = static_cast<int>(oldest->bytes.size());
    std::memcpy(packet, oldest->bytes.data(), oldest->bytes.size());
    if (sent_ps != nullptr) *sent_ps = oldest->time.in_ps();
    instance.link(port).pop();
    instance.taken(port);
    return length;
  });
}

int nicosim_set_ethernet(nicosim_handle* handle, unsigned port, bool on) {
  return with_port(handle, port, [&](Instance& instance, BigLock&) -> int {
    instance.link(port).set_ethernet(on);
    return 0;
  });
}

// ---- time

int64_t nicosim_now(nicosim_handle* handle) {
  return with_instance(handle, [](Instance& instance, BigLock&) -> std::int64_t { return instance.now().in_ps(); });
}

int nicosim_advance(nicosim_handle* handle, int64_t until_ps) {
  if (until_ps < 0 || until_ps == NICOSIM_NEVER) return -EINVAL;
  return with_instance(handle, [&](Instance& instance, BigLock& lock) -> int {
    instance.advance(lock, SimTime::ps(until_ps));
    return 0;
  });
}

int64_t nicosim_next_deadline(nicosim_handle* handle) {
  return with_instance(handle,
                       [](Instance& instance, BigLock&) -> std::int64_t { return instance.next_deadline().in_ps(); });
}

// ---- knobs and counters

int nicosim_sysctl(nicosim_handle* handle, const char* name, const char* value) {
  if (name == nullptr || value == nullptr) return -EFAULT;
  return with_instance(handle,
                       [&](Instance& instance, BigLock&) -> int { return instance.stack().write_sysctl(name, value); });
}

int64_t nicosim_nstat(nicosim_handle* handle, const char* name) {
  if (name == nullptr) return -EFAULT;
  return with_instance(handle, [&](Instance& instance, BigLock&) -> std::int64_t {
    for (const CounterGroup::Entry& entry : instance.stack().nstat().entries())
      if (entry.name == name) return static_cast<std::int64_t>(entry.value);
    return -ENOENT;
  });
}
