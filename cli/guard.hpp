// The last line of defence: whatever a command throws becomes a message on stderr and an exit code.
#pragma once

#include <functional>

namespace nicosim {

int guarded(const std::function<int()>& command);

}  // namespace nicosim
