"""./nicosim tap itself: exit status, what idling costs, recordings, captures while it runs."""

import os
import pty
import re
import resource
import select
import shutil
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tap_case import FAILED, HOST, NICOSIM, TapCase  # noqa: E402


class ExitStatus(TapCase):
    def test_IsThatOfTheCommand(self):
        self.tap("exit 7", expect=7)

    def test_IsThatOfAShellWhereTheCommandCannotRun(self):
        self.tap("/nowhere/at/all", "", expect=127)
        self.tap("/etc/passwd", "", expect=126)

    def test_TellsTheSignalThatKilledTheCommand(self):
        self.tap("kill -9 $$", expect=128 + signal.SIGKILL)

    def test_Is125ForAMistakeOfOurs(self):
        for options, words in ((["--set", "nic.rx_rings=64"], "did you mean 'rx_ring'"),
                               (["--scenario", "nowhere.toml"], "nowhere.toml"),
                               (["--scales", "2"], "did you mean '--scale'"),
                               (["--attach", "nosuchtap"], "nosuchtap"),
                               (["--record", "/proc/nowhere/dir"], "/proc/nowhere/dir")):
            done = self.run_nicosim("tap", "--quiet", *options, "--", "true", expect=FAILED)
            self.assertIn(words, done.stderr)

    def test_Is125WhenAnOutputCannotBeWritten(self):
        done = self.run_nicosim("tap", "--quiet", "--events", "/dev/full", "--", "ping", "-c", "1", HOST, expect=FAILED)
        self.assertIn("/dev/full: No space left on device", done.stderr)

    def test_ACardWhoseWireIsTakenIsNoLinkForTheCommand(self):
        with open(self.path("s.toml"), "w", encoding="utf-8") as file:
            file.write('schema = 1\n[nic.eth0]\naddress = ["10.0.0.1/24"]\n'
                       '[peer.p]\non = "eth0"\nkind = "generator"\naddress = "10.0.0.2/24"\n')
        done = self.run_nicosim("tap", "--scenario", "s.toml", "--", "true", expect=FAILED)
        self.assertIn("every card has a [peer] already", done.stderr)


class ScenarioWithATap(TapCase):
    TOML = """schema = 1
[nic.eth0]
address = ["10.9.0.2/16"]
[peer.client]
on = "eth0"
kind = "tap"
mac = "02:00:00:00:07:07"
address = "10.9.3.4/16"
gateway = "10.9.0.2"
[[app]]
name = "web"
kind = "http_server"
port = 80
"""

    # SIOCGIFHWADDR
    ADDRESS = ("import fcntl, socket; "
               "print(fcntl.ioctl(socket.socket(), 0x8927, b'tap0'.ljust(32, bytes(1)))[18:24].hex())")

    def setUp(self):
        super().setUp()
        with open(self.path("s.toml"), "w", encoding="utf-8") as file:
            file.write(self.TOML)

    @unittest.skipIf(shutil.which("curl") is None, "curl is not installed")
    def test_IsTheClientsInterface(self):
        said = self.tap(f"curl -sS http://10.9.0.2/; {sys.executable} -c \"{self.ADDRESS}\"; cat /proc/net/fib_trie; "
                        "cat /proc/net/route", options=("--scenario", "s.toml", "--record", "rec"))
        self.assertIn("It works.", said)
        self.assertIn("020000000707\n", said)
        self.assertIn("10.9.3.4", said)
        self.assertIn("tap0\t00000000\t0200090A", said)  # the default route
        self.run_nicosim("replay", "rec", "--quiet", "--json", "again.json")
        self.assertEqual(self.json("again.json")["apps"]["web"]["requests"], 1)

    def test_IsRefusedByRunWhichNamesTheCommandThatTakesIt(self):
        done = self.run_nicosim("run", "s.toml", expect=2)
        self.assertIn("peer.client is of kind tap", done.stderr)
        self.assertIn("./nicosim tap --scenario s.toml -- COMMAND", done.stderr)
        self.run_nicosim("check", "s.toml")


class Network(TapCase):
    def test_HoldsTheCardAndNothingElse(self):
        said = self.tap("cat /proc/net/dev; cat /proc/1/comm; cat /proc/net/route")
        self.assertEqual(re.findall(r"^ *(\w+):", said, re.MULTILINE), ["lo", "tap0"])
        self.assertIn("nicosim", said)  # the first process of its PID namespace
        self.assertEqual(len([line for line in said.splitlines() if line.startswith("tap0\t")]), 1)

    @unittest.skipIf(shutil.which("ping") is None, "ping is not installed")
    def test_TwoCardsForwardBetweenTwoNetworks(self):
        said = self.tap("ping -q -c 3 -i 0.2 10.78.0.1; nsenter --net=$NICOSIM_FAR ping -q -c 3 -i 0.2 10.77.0.1",
                        options=("--nics", "2"))
        self.assertEqual(said.count("3 received, 0% packet loss"), 2, said)
        self.assertEqual(self.json("report.json")["ledger"]["forwarded"], 12)

    @unittest.skipIf(os.geteuid() != 0, "an interface of one's own needs root")
    @unittest.skipIf(shutil.which("ip") is None, "iproute2 is not installed")
    def test_ATapThatExistsIsUsedAndLeft(self):
        done = subprocess.run(
            ["unshare", "--net", "sh", "-ec",
             "ip tuntap add mine mode tap; ip addr add 10.77.0.1/24 dev mine; ip link set mine up; "
             f"{NICOSIM} tap --quiet --attach mine -- ping -q -c 2 -i 0.2 {HOST}; ip -br link show mine"],
            capture_output=True, text=True, timeout=60, check=False)
        self.assertIn("2 received, 0% packet loss", done.stdout, done.stderr)
        self.assertIn("mine", done.stdout.splitlines()[-1])


class Pace(TapCase):
    def cpu_seconds(self, command, *options):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.tap(command, options=options)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def test_IdlingCostsNothing(self):
        seconds = 4
        start = self.cpu_seconds("true")
        self.assertLess((self.cpu_seconds(f"sleep {seconds}") - start) / seconds, 0.02)

    def test_SimulatedTimeKeepsStepWithTheWallClock(self):
        self.tap("sleep 1")
        report = self.json("report.json")
        self.assertGreater(report["simulation"]["measured_ns"], 0.95e9)
        self.assertLess(report["simulation"]["measured_ns"], 3e9)
        self.assertLess(report["simulation"]["measured_ns"], report["host"]["wall_s"] * 1e9)

    @unittest.skipIf(shutil.which("ping") is None, "ping is not installed")
    def test_AScaleSlowsItDown(self):
        self.tap(f"ping -q -c 5 -i 0.2 {HOST}", options=("--scale", "10"))
        report = self.json("report.json")
        self.assertLess(report["simulation"]["measured_ns"], report["host"]["wall_s"] * 1e8)
        self.assertEqual(report["host"]["live"]["scale"], 10)


@unittest.skipIf(shutil.which("curl") is None or shutil.which("ping") is None, "curl or ping is not installed")
class Recording(TapCase):
    def repeats(self, command, *options):
        self.tap(command, options=("--record", "rec", "--out", "live", *options))
        self.run_nicosim("replay", "rec", "--quiet", "--out", "once")
        self.run_nicosim("replay", "rec", "--quiet", "--out", "twice", "--batch", "100")
        self.assertGreater(len(self.read("live/events.tsv")), 10_000)
        for again in ("once", "twice"):
            for file in ("events.tsv", "taps.pcapng", "nstat.txt", "ss.txt", "softnet_stat", "ethtool_S_eth0.txt"):
                self.assertTrue(self.read(f"live/{file}") == self.read(f"{again}/{file}"), f"{again}/{file} differs")
            live, replayed = self.json("live/report.json"), self.json(f"{again}/report.json")
            for key in ("ledger", "ledger_tx", "stations", "counters", "apps", "simulation", "interrupts", "cpu"):
                self.assertEqual(live[key], replayed[key])

    def test_ADownloadRepeatsToTheByte(self):
        self.repeats(f"curl -sS -o /dev/null http://{HOST}/bytes/1000000; ping -q -c 20 -i 0.01 -s 3000 {HOST}")

    def test_ALossyWireRepeatsToTheByte(self):
        self.repeats(f"curl -sS -o /dev/null http://{HOST}/bytes/300000",
                     "--set", "wire.eth0.loss=0.02", "--set", "wire.eth0.delay=1ms", "--set", "wire.eth0.direction=both")

    def test_AWireThatReordersRepeatsToTheByte(self):
        self.repeats(f"curl -sS -o /dev/null http://{HOST}/bytes/300000; ping -q -c 200 -i 0.002 {HOST}",
                     *(word for setting in ("loss=0.02", "delay=3ms", "jitter=1ms", "reorder=0.1", "duplicate=0.01",
                                            "corrupt=0.01", "direction=both")
                       for word in ("--set", "wire.eth0." + setting)))
        for way in ("wire", "wire_out"):
            self.assertGreater(self.json("live/report.json")["counters"][way]["reordered"], 0)

    def test_TwoCardsRepeatToTheByte(self):
        self.repeats("ping -q -c 50 -i 0.01 10.78.0.1", "--nics", "2")


@unittest.skipIf(shutil.which("ping") is None, "ping is not installed")
class WhileItRuns(TapCase):
    def test_TheCaptureCanBeReadAlong(self):
        said = self.tap(f"ping -q -c 1 {HOST} > /dev/null; sleep 0.8; cp live/taps.pcapng seen; "
                        "wc -c < seen; ping -q -c 1 %s > /dev/null" % HOST, options=("--out", "live"))
        self.assertGreater(int(said), 700)
        whole, seen = self.read("live/taps.pcapng"), self.read("seen")
        self.assertGreater(len(whole), len(seen))
        self.assertTrue(whole.startswith(seen))

    def test_AFifoTakesTheCapture(self):
        os.mkfifo(self.path("fifo"))
        with open(self.path("read"), "wb") as out:
            reader = subprocess.Popen(["cat", self.path("fifo")], stdout=out)
        self.tap(f"ping -q -c 2 -i 0.2 {HOST}", options=("--taps", "fifo", "--out", "live"))
        self.assertEqual(reader.wait(20), 0)
        self.assertTrue(self.read("read") == self.read("live/taps.pcapng"))

    def on_terminal(self, *options):
        terminal, far_end = pty.openpty()
        self.addCleanup(os.close, terminal)
        subprocess.run(["stty", "rows", "24", "cols", "80"], stdin=far_end, check=True)
        running = subprocess.Popen([NICOSIM, "tap", *options, "--", "ping", "-q", "-c", "6", "-i", "0.2", HOST],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=far_end)
        os.close(far_end)
        said = b""
        while select.select([terminal], [], [], 30)[0]:
            try:
                said += os.read(terminal, 4096)
            except OSError:
                break
        self.assertEqual(running.wait(20), 0)
        return said.decode()

    def test_APageIsShownOnATerminal(self):
        said = self.on_terminal()
        self.assertGreaterEqual(said.count("input_pkt_queue"), 2)
        self.assertIn("\033[1;21r", said)  # all but the last three lines scroll ...
        self.assertIn("\033[r", said)      # ... until the end

    def test_QuietShowsNoPage(self):
        self.assertEqual(self.on_terminal("--quiet"), "")

    def test_NoPageIsShownElsewhere(self):
        done = self.run_nicosim("tap", "--", "sleep", "0.8")
        self.assertNotIn("\033", done.stderr)
        self.assertIn("Simulated time", done.stderr)


if __name__ == "__main__":
    unittest.main()
