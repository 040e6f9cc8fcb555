// From handles to instances. A handle is a number that is never given twice, so a stale one is known as such.
#pragma once

#include "embed/instance.hpp"

#include <cerrno>
#include <memory>
#include <new>
#include <utility>

#define nicosim nicosim_handle  // in here that is a namespace
#include "include/nicosim/embed.h"
#undef nicosim

namespace nicosim {

nicosim_handle* add_instance(std::shared_ptr<Instance> instance);       // the big lock is held; so for the others
std::shared_ptr<Instance> find_instance(const nicosim_handle* handle);  // nullptr: none, or destroyed
std::shared_ptr<Instance> take_instance(const nicosim_handle* handle);  // and the handle is stale from now on

// One call of the interface: the lock, the instance, the work. -EINVAL for a handle that is none.
template <class Work>
auto with_instance(const nicosim_handle* handle, Work work)
    -> decltype(work(std::declval<Instance&>(), std::declval<BigLock&>())) {
  try {
    BigLock lock{big_lock()};
    const std::shared_ptr<Instance> instance = find_instance(handle);
    if (!instance) return -EINVAL;
    return work(*instance, lock);
  } catch (const std::bad_alloc&) {
    return -ENOMEM;
  }
}

}  // namespace nicosim
