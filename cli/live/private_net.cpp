#include "cli/live/private_net.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace nicosim {
namespace {

constexpr int kRoom = CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWNS;

volatile std::sig_atomic_t below = 0;  // the process that signals go to

void pass_on(int signal) {
  if (below > 0) ::kill(below, signal);
}

void say(const std::string& text) { fmt::print(stderr, "nicosim: {}\n", text); }

bool write_text(const char* path, const std::string& text) {
  std::ofstream file{path};
  file << text;
  file.close();
  return !file.fail();
}

// The caller's user and group become 0 of the new user namespace (user_namespaces(7)).
bool map_root(uid_t user, gid_t group) {
  return write_text("/proc/self/setgroups", "deny") && write_text("/proc/self/uid_map", fmt::format("0 {} 1", user)) &&
         write_text("/proc/self/gid_map", fmt::format("0 {} 1", group));
}

// The limits of namespaces(7) that are 0, so that none can be made.
std::string limits_of_zero() {
  std::string found;
  for (const char* const kind : {"user", "net", "pid", "mnt"}) {
    const std::string name = fmt::format("max_{}_namespaces", kind);
    std::ifstream file{"/proc/sys/user/" + name};
    long limit = 0;
    if (file >> limit && limit == 0) found += (found.empty() ? "user." : ", user.") + name;
  }
  return found;
}

// Why unshare() failed, and what would help.
void explain(int error, bool root) {
  if (error == ENOSPC || error == EUSERS) {  // "No space left on device" would mislead
    const std::string zero = limits_of_zero();
    say(fmt::format(
        "a private network needs namespaces, and {}",
        zero.empty() ? "as many as user.max_*_namespaces allows exist already" : "none may be made: " + zero + " = 0"));
    say(fmt::format("raise {} with sysctl, as root{}", zero.empty() ? "that limit" : zero,
                    root ? "" : ", or run this as root"));
    return;
  }
  say(fmt::format("a private network needs namespaces, and this system refuses them: {}", std::strerror(error)));
  say(root ? "this process is root without CAP_SYS_ADMIN, as in a container; give it that capability"
           : "run it as root, or let users make them: sysctl kernel.unprivileged_userns_clone=1, "
             "user.max_user_namespaces above 0, no AppArmor restriction of user namespaces, and no chroot");
}

bool enter() {
  if (::geteuid() == 0 && ::unshare(kRoom) == 0) return true;
  const uid_t user = ::geteuid();
  const gid_t group = ::getegid();
  if (::unshare(CLONE_NEWUSER | kRoom) == 0) {
    if (map_root(user, group)) return true;
    say(fmt::format("a user namespace was made, but its users cannot be mapped: {}", std::strerror(errno)));
    return false;
  }
  explain(errno, user == 0);
  return false;
}

// Mounts stay here; and /proc shows the processes of this namespace. Not every container allows the latter, and then
// ps shows too much.
void mount_proc() {
  ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
  ::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr);
}

int supervise(const std::function<int()>& body, int failure, bool room) {
  // Held by us alone: its reader sees the end when we are dead.
  int alive[2];
  if (::pipe2(alive, O_CLOEXEC | O_NONBLOCK) != 0) {
    say(fmt::format("pipe: {}", std::strerror(errno)));
    return failure;
  }
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child < 0) {
    say(fmt::format("fork: {}", std::strerror(errno)));
    return failure;
  }
  if (child == 0) {
    ::close(alive[1]);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    char byte = 0;
    if (::read(alive[0], &byte, 1) == 0) ::_exit(failure);  // dead before it could be asked for
    if (room) mount_proc();
    const int code = body();
    std::fflush(nullptr);
    ::_exit(code);
  }
  ::close(alive[0]);
  below = child;
  std::signal(SIGINT, SIG_IGN);
  std::signal(SIGQUIT, SIG_IGN);
  std::signal(SIGTERM, pass_on);
  std::signal(SIGHUP, pass_on);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  say(fmt::format("the simulation was killed by signal {} ({})", WTERMSIG(status), ::strsignal(WTERMSIG(status))));
  return failure;
}

}  // namespace

int in_private_net(const std::function<int()>& body, int failure) {
  return enter() ? supervise(body, failure, true) : failure;
}

int in_own_process(const std::function<int()>& body, int failure) { return supervise(body, failure, false); }

}  // namespace nicosim
