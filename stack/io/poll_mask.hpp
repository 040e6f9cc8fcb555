// What happened on a socket, in the bits of poll(2) and epoll(7) (include/uapi/linux/eventpoll.h).
#pragma once

#include "common/wait_queue.hpp"

namespace nicosim {

inline constexpr PollMask kPollIn = 0x001, kPollPri = 0x002, kPollOut = 0x004, kPollErr = 0x008, kPollHup = 0x010,
                          kPollRdNorm = 0x040, kPollRdBand = 0x080, kPollWrNorm = 0x100, kPollWrBand = 0x200,
                          kPollRdHup = 0x2000;

}  // namespace nicosim
