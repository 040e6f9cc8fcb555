"""However a run of ./nicosim tap ends: nobody and nothing is left, and the files are good up to there."""

import contextlib
import os
import pty
import select
import shutil
import signal
import struct
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tap_case import FAILED, HOST, NICOSIM, TapCase  # noqa: E402


def processes(mark):
    """Those that have this word on their command line."""
    found = []
    for entry in os.listdir("/proc"):
        with contextlib.suppress(OSError, ValueError):
            pid = int(entry)
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                if mark.encode() in file.read().split(b"\0") and pid != os.getpid():
                    found.append(pid)
    return found


def holders(namespace):
    """Who keeps it: processes in it, open descriptors, mounts."""
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        with contextlib.suppress(OSError):
            links = [f"/proc/{entry}/ns/{kind}" for kind in ("net", "pid", "mnt")]
            links += [f"/proc/{entry}/fd/{fd}" for fd in os.listdir(f"/proc/{entry}/fd")]
            for link in links:
                with contextlib.suppress(OSError):
                    if os.readlink(link) == namespace:
                        found.append(link)
    with open("/proc/self/mountinfo", encoding="utf-8") as mounts:
        found += [line for line in mounts if namespace in line]
    return found


def whole_blocks(capture):
    """How many blocks a pcapng file has; each of them whole."""
    at = count = 0
    while at < len(capture):
        (length,) = struct.unpack_from("<I", capture, at + 4)
        assert at + length <= len(capture), f"block {count} is cut"
        assert struct.unpack_from("<I", capture, at + length - 4)[0] == length, f"block {count} ends wrong"
        at += length
        count += 1
    return count


class EndsCase(TapCase):
    def setUp(self):
        super().setUp()
        self.mark = f"mark-{os.getpid()}-{time.monotonic_ns()}"

    def command(self, *options, script="sleep 600 & echo up; wait"):
        return [NICOSIM, "tap", "--quiet", *options, "--", "sh", "-c", script, self.mark]

    @staticmethod
    def child_of(pid):
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            (child,) = file.read().split()
        return int(child)

    def look_around(self, launcher):
        """Before the end: who simulates, and in which namespaces."""
        self.simulator = self.child_of(launcher)
        self.namespaces = [os.readlink(f"/proc/{self.simulator}/ns/{kind}") for kind in ("net", "pid", "mnt")]
        for namespace, kind in zip(self.namespaces, ("net", "pid", "mnt")):
            self.assertNotEqual(namespace, os.readlink(f"/proc/self/ns/{kind}"))
            self.assertTrue(holders(namespace))

    def nothing_is_left(self):
        for _ in range(100):
            left = processes(self.mark) + [holder for name in self.namespaces for holder in holders(name)]
            if not left:
                break
            time.sleep(0.05)
        self.assertEqual(left, [])
        self.assertNotIn("tap0", os.listdir("/sys/class/net"))

    def files_are_good(self, status):
        """Of `--record rec --out live`, up to where the run came."""
        self.assertIn(f'"{status}"', self.read("rec/manifest.json").decode())
        self.assertIn(f'"{status}"', self.read("live/manifest.json").decode())
        self.assertGreater(whole_blocks(self.read("rec/arrivals.eth0.pcapng")), 5)
        self.assertGreater(whole_blocks(self.read("live/taps.pcapng")), 20)
        events = self.read("live/events.tsv").decode()
        self.assertTrue(events.endswith("\n"))
        for line in events.splitlines():
            self.assertRegex(line, r"^\d+\t[^\t]+\t[^\t]+\t[^\t]*$")
        self.run_nicosim("replay", "rec", "--quiet", "--events", "again.tsv")
        self.assertTrue(self.read("again.tsv").decode().startswith(events[:events.rfind("\n", 0, len(events) // 2)]),
                        "the replay is another run")


@unittest.skipIf(shutil.which("ping") is None, "ping is not installed")
class Killed(EndsCase):
    """Whoever is killed, nobody is left."""

    FILES = ("--record", "rec", "--out", "live")

    def start(self, *options):
        script = f"ping -q -c 20 -i 0.01 {HOST} > /dev/null; sleep 0.6; sleep 600 & echo up; wait"
        running = subprocess.Popen(self.command(*options, script=script), cwd=self.folder, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(running.stdout.close)
        self.addCleanup(running.stderr.close)
        self.addCleanup(running.kill)
        self.assertEqual(running.stdout.readline(), "up\n")
        self.look_around(running.pid)
        return running

    def test_TheSimulatorTakesTheCommandWithIt(self):
        running = self.start(*self.FILES)
        os.kill(self.simulator, signal.SIGKILL)
        self.assertEqual(running.wait(20), FAILED)
        self.assertIn("killed by signal 9", running.stderr.read())
        self.nothing_is_left()
        self.files_are_good("interrupted")

    def test_TheLauncherTakesAllWithIt(self):
        running = self.start(*self.FILES)
        running.kill()
        running.wait(20)
        self.nothing_is_left()
        self.files_are_good("interrupted")

    def test_TheCommandEndsTheRun(self):
        running = self.start(*self.FILES)
        os.kill(self.child_of(self.simulator), signal.SIGKILL)
        self.assertEqual(running.wait(20), 128 + signal.SIGKILL)
        self.nothing_is_left()
        self.files_are_good("complete")

    def test_ATerminateIsPassedOnToTheCommand(self):
        running = self.start()
        running.terminate()
        self.assertEqual(running.wait(20), 128 + signal.SIGTERM)
        self.nothing_is_left()


class ControlC(EndsCase):
    """Typed at a terminal, it goes to the whole foreground process group."""

    def type_at(self, until, typed, *options, script):
        """What was on the terminal, and the exit status."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.folder)
            words = self.command(*options, script=script)
            os.execv(words[0], words)
        self.addCleanup(os.close, terminal)
        said = b""
        while select.select([terminal], [], [], 60)[0]:
            try:
                said += os.read(terminal, 4096)
            except OSError:
                break
            if typed and until in said:
                self.look_around(pid)
                os.write(terminal, typed)
                typed = b""
        return said.decode(), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    def test_EndsTheCommandAndWithItTheRun(self):
        _, status = self.type_at(b"up", b"\x03", "--json", "report.json", script="echo up; sleep 600")
        self.assertEqual(status, 128 + signal.SIGINT)
        self.nothing_is_left()
        self.assertIn("ledger", self.json("report.json"))

    def test_IsTheCommandsOwnAffairWhereItLooksAtIt(self):
        said, status = self.type_at(b"up", b"\x03", script="trap 'echo caught; exit 3' INT; echo up; sleep 600")
        self.assertIn("caught", said)
        self.assertEqual(status, 3)
        self.nothing_is_left()

    @unittest.skipIf(shutil.which("ping") is None, "ping is not installed")
    def test_PingStillSaysItsStatisticsAndTheFilesAreWhole(self):
        said, status = self.type_at(b"seq=3", b"\x03", "--record", "rec", "--out", "live",
                                    script=f"exec ping -i 0.2 {HOST}")
        self.assertRegex(said, r"(\d+) packets transmitted, \1 received, 0% packet loss")
        self.assertEqual(status, 0)
        self.nothing_is_left()
        self.files_are_good("complete")


@unittest.skipIf(shutil.which("curl") is None or shutil.which("unshare") is None, "curl or unshare is not installed")
class FullDisk(TapCase):
    def on_small_disk(self, script):
        """The script, in a mount namespace where `small` is a file system of 1 MB."""
        rights = () if os.geteuid() == 0 else ("--map-root-user",)
        os.mkdir(self.path("small"))
        done = subprocess.run(["unshare", *rights, "--mount", "sh", "-c",
                               "mount -t tmpfs -o size=1m none small || exit 77; " + script],
                              cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
                              check=False)
        if done.returncode == 77:
            self.skipTest(f"no file system of one's own here: {done.stderr.strip()}")
        return done

    def test_UnderARecordingIsToldAndTheRecordingIsGoodUpToThere(self):
        done = self.on_small_disk(
            f"head -c 4000000 /dev/zero | {NICOSIM} tap --quiet --record small/rec -- "
            f"curl -sS -o /dev/null -w '%{{size_upload}} sent\\n' --data-binary @- http://{HOST}/; echo $?; "
            "cp -r small/rec kept; df small | tail -n 1")
        said = done.stdout.splitlines()
        self.assertEqual(said[0], "4000000 sent")  # the run itself goes on
        self.assertEqual(said[1], str(FAILED), done.stderr)
        self.assertRegex(said[2], r"\b100%")
        self.assertRegex(done.stderr, r"nicosim: small/rec/arrivals\.eth0\.pcapng: No space left on device")
        capture = self.read("kept/arrivals.eth0.pcapng")
        self.assertGreater(len(capture), 500_000)
        self.assertGreater(whole_blocks(capture), 300)
        self.assertNotIn('"complete"', self.read("kept/manifest.json").decode())
        replayed = self.run_nicosim("replay", "kept", "--quiet", "--json", "report.json")
        self.assertGreater(self.json("report.json")["apps"]["web"]["bytes_in"], 400_000)
        self.assertEqual(self.json("report.json")["unexplained"], 0, replayed.stderr)

    def test_UnderAnEventLogIsToldWithTheFile(self):
        done = self.on_small_disk(
            f"{NICOSIM} tap --quiet --events small/log -- curl -sS -o /dev/null http://{HOST}/bytes/9000000; echo $?")
        self.assertEqual(done.stdout, f"{FAILED}\n", done.stderr)
        self.assertIn("small/log: No space left on device", done.stderr)


if __name__ == "__main__":
    unittest.main()
