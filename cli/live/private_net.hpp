// A room of our own: PID, network and mount namespaces that vanish with whoever made them.
#pragma once

#include <functional>

namespace nicosim {

// Runs `body` in a new process, the first one of new namespaces, and returns what it returns. As root directly, else
// through a user namespace in which the caller is root.
//
// When that process ends, however it ends, the kernel kills everything that was started in it and takes the interfaces
// away; when the caller dies, that process is killed. SIGTERM and SIGHUP are passed on; SIGINT is the terminal's, which
// sends it to all. Returns `failure` after a message on stderr when the system does not allow it, or when the process
// was killed.
int in_private_net(const std::function<int()>& body, int failure);
// The same without namespaces, for an interface that exists.
int in_own_process(const std::function<int()>& body, int failure);

}  // namespace nicosim
