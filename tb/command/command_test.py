"""The program as a person or a script meets it: exit codes, messages, files, signals, full disks.

NICOSIM names the executable. Scenarios and captures are made here; the one from examples/ is the newcomer's.
"""

import errno
import json
import os
import pty
import select
import shutil
import signal
import struct
import subprocess
import tempfile
import time
import unittest

NICOSIM = os.path.abspath(os.environ.get("NICOSIM", "build/release/cli/nicosim"))
FIRST_FRAME = os.path.abspath("examples/first_frame.toml")

GOOD, CHECK_FAILED, USAGE, INPUT, OUTPUT, INTERRUPTED = 0, 1, 2, 3, 4, 130

CARD_AND_LOAD = """schema = 1
stop = {{ after = "{after}" }}
[nic.eth0]
address = ["10.77.0.2/24"]
[peer.client]
on = "eth0"
kind = "generator"
address = "10.77.0.9/24"
[[peer.client.send]]
kind = "udp"
at = "10us"
dst = "10.77.0.2"
dport = 7
rate = "20k/s"
payload = "over and over"
[[app]]
name = "echo"
kind = "udp_echo"
port = 7
"""


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def udp_frame(number):
    """A datagram for port 9 of 10.77.0.2."""
    payload = b"datagram %d" % number
    source, target = bytes([10, 77, 0, 9]), bytes([10, 77, 0, 2])
    length = 8 + len(payload)
    udp = struct.pack("!4H", 40000, 9, length, 0) + payload
    udp = udp[:6] + struct.pack("!H", checksum(source + target + struct.pack("!2H", 17, length) + udp)) + udp[8:]
    ip = struct.pack("!2B3H2BH", 0x45, 0, 20 + length, number, 0, 64, 17, 0) + source + target
    ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
    return bytes.fromhex("020000000001 020000000101 0800") + ip + udp


def pcap(frames=20, order="<", link=1):
    out = struct.pack(order + "IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link)
    for number in range(frames):
        frame = udp_frame(number)
        out += struct.pack(order + "4I", 0, number * 100, len(frame), len(frame)) + frame
    return out


class CommandCase(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="nicosim-test-")
        self.addCleanup(shutil.rmtree, self.folder, True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, content):
        with open(self.path(name), "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        return self.path(name)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def json(self, name):
        return json.loads(self.read(name))

    def load(self, after="2ms"):
        return self.write("load.toml", CARD_AND_LOAD.format(after=after))

    def nicosim(self, *arguments, expect=GOOD, **environment):
        done = subprocess.run([NICOSIM, *arguments], cwd=self.folder, env={**os.environ, **environment},
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=50)
        done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
        self.assertEqual(done.returncode, expect, f"{arguments}\n{done.stdout}\n{done.stderr}")
        return done

    def refuse(self, *arguments, expect, says):
        """It ends with this exit code, says this in whole lines on stderr, and nothing on stdout."""
        done = self.nicosim(*arguments, expect=expect)
        self.assertEqual(done.stdout, "")
        self.assertTrue(done.stderr.endswith("\n"), repr(done.stderr))
        for words in [says] if isinstance(says, str) else says:
            self.assertIn(words, done.stderr)


class Input(CommandCase):
    def test_a_missing_scenario_is_named(self):
        self.refuse("run", "nowhere.toml", expect=USAGE, says="nowhere.toml: No such file or directory")

    def test_a_missing_capture_is_named(self):
        self.refuse("replay", "nowhere.pcap", expect=INPUT, says=["nowhere.pcap", "No such file or directory"])

    def test_a_capture_with_half_a_header_is_refused_with_the_offset(self):
        self.refuse("replay", self.write("a.pcap", pcap()[:15]), expect=INPUT, says=["a.pcap: byte 15", "expected 24 bytes"])

    def test_a_capture_cut_in_a_packet_is_refused_with_the_offset(self):
        whole = pcap()
        last = len(whole) - len(udp_frame(19)) - 16
        self.refuse("replay", self.write("a.pcap", whole[:-5]), expect=INPUT, says=f"a.pcap: byte {last}")

    def test_a_capture_cut_in_a_packet_is_replayed_up_to_there_when_lenient(self):
        self.write("a.pcap", pcap()[:-5])
        self.nicosim("replay", "a.pcap", "--lenient", "--quiet", "--json", "report.json")
        self.assertEqual(self.json("report.json")["frames_on_wire"], 19)

    def test_a_byte_swapped_capture_gives_the_same_report(self):
        reports = []
        for order in "<>":
            self.write("a.pcap", pcap(order=order))
            self.nicosim("replay", "a.pcap", "--quiet", "--json", "report.json")
            report = self.json("report.json")
            del report["host"]
            reports.append(report)
        self.assertEqual(reports[0]["ledger"], {"read": 20})
        self.assertEqual(reports[0]["ledger"], reports[1]["ledger"])
        self.assertEqual(reports[0]["stations"], reports[1]["stations"])

    def test_a_capture_of_another_link_type_is_refused(self):
        self.refuse("replay", self.write("a.pcap", pcap(link=113)), expect=INPUT, says=["a.pcap", "113", "Ethernet"])

    def test_an_unknown_key_is_refused_with_its_place_and_the_nearest_name(self):
        self.write("a.toml", "schema = 1\n[nic.eth0]\nrx_rinks = 64\n")
        self.refuse("run", "a.toml", expect=USAGE, says=["a.toml:3:1: unknown key 'rx_rinks'", "did you mean 'rx_ring'?"])

    def test_a_value_out_of_range_is_refused_with_what_was_expected(self):
        self.write("a.toml", "schema = 1\n[nic.eth0]\n  rx_ring = 63\n")
        self.refuse("run", "a.toml", expect=USAGE, says=["a.toml:3:", "63", "expected an integer from 8 to 4096"])

    def test_broken_toml_is_refused_with_its_place(self):
        self.write("a.toml", "schema = 1\n[nic.eth0\n")
        self.refuse("run", "a.toml", expect=USAGE, says="a.toml:2:")

    def test_set_is_checked_like_the_file(self):
        for wrong, says in {
            "nic.rx_rings=64": "did you mean 'rx_ring'?",
            "nic.rx_ring=63": "multiple of 8",
            "nic.rx_ring=1e12": "expected an integer",
            "nic.rx_ring=9223372036854775808": "rx_ring",
            "nic.rx_ring": "--set nic.rx_ring",
            "nowhere.rx_ring=64": "--set nowhere.rx_ring=64",
        }.items():
            self.refuse("run", FIRST_FRAME, "--set", wrong, expect=USAGE, says=says)

    def test_set_changes_what_runs(self):
        self.nicosim("run", FIRST_FRAME, "--set", "nic.rx_ring=64", "--out", "out")
        self.assertIn(b"rx_ring = 64", self.read("out/scenario.toml"))

    def test_a_missed_expectation_is_exit_code_one_and_says_metric_value_and_limit(self):
        with open(FIRST_FRAME, encoding="utf-8") as file:
            text = file.read().replace("equals = 1", "equals = 2")
        line = text.split("\n").index("[[expect]]") + 1
        self.write("a.toml", text)
        self.refuse("run", "a.toml", "--quiet", expect=CHECK_FAILED,
                    says=[f"a.toml:{line}", "ledger.read is 1", "2", "to repeat: ./nicosim run a.toml --quiet"])

    def test_usage_errors_are_exit_code_two(self):
        for wrong in ([], ["run"], ["bogus"], ["run", FIRST_FRAME, "--batch", "0"], ["run", FIRST_FRAME, "--bogus"],
                      ["replay", "x", "--pace", "fast"], ["replay", "x", "--mode", "psychic"]):
            self.nicosim(*wrong, expect=USAGE)


    def test_usage_errors_say_what_was_wrong_and_what_may_have_been_meant(self):
        for wrong, says in {
            ("--bacth", "3"): "nicosim: '--bacth' is not understood; did you mean '--batch'?",
            ("extra",): "nicosim: 'extra' is not understood",
            ("--out", ""): "--out: expected a name",
            ("--linger", "soon"): "--linger: 'soon' is no duration",
            ("--waves=5..1",): "--waves: '5..1' is no stretch of time",
            ("--until",): "--until",
        }.items():
            self.refuse("run", FIRST_FRAME, *wrong, expect=USAGE, says=[says, "./nicosim run --help"])

    def test_waves_do_not_take_the_scenario_for_their_value(self):
        self.refuse("run", "--waves", "nowhere.toml", expect=USAGE, says="nowhere.toml: No such file")

    def test_both_outputs_into_a_pipe_that_breaks_end_nothing_badly(self):
        run = subprocess.Popen([NICOSIM, "run", FIRST_FRAME], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        run.stdout.close()
        self.assertIn(run.wait(timeout=50), (GOOD, OUTPUT))


class Output(CommandCase):
    def test_a_folder_that_exists_needs_force(self):
        self.nicosim("run", FIRST_FRAME, "--quiet", "--out", "out")
        before = self.read("out/events.tsv")
        self.refuse("run", FIRST_FRAME, "--out", "out", expect=OUTPUT, says=["out: exists already", "--force"])
        self.assertEqual(self.read("out/events.tsv"), before)
        self.nicosim("run", FIRST_FRAME, "--quiet", "--out", "out", "--force")
        self.assertEqual(self.json("out/manifest.json")["status"], "complete")

    def test_a_file_is_no_folder(self):
        self.write("out", "mine")
        self.refuse("run", FIRST_FRAME, "--out", "out", "--force", expect=OUTPUT, says="out: is a file")
        self.assertEqual(self.read("out"), b"mine")

    def test_a_place_that_cannot_be_written_is_named(self):
        self.refuse("run", FIRST_FRAME, "--quiet", "--out", "/proc/nicosim", expect=OUTPUT, says="/proc/nicosim")
        self.refuse("run", FIRST_FRAME, "--quiet", "--events", "no/such/folder", expect=OUTPUT, says="no/such/folder")
        self.refuse("run", FIRST_FRAME, "--quiet", "--json", "no/such/folder", expect=OUTPUT, says="no/such/folder")

    def test_a_full_disk_is_said_with_the_command_that_repeats(self):
        for option in ("--events", "--json"):
            self.refuse("run", FIRST_FRAME, "--quiet", option, "/dev/full", expect=OUTPUT,
                        says=["/dev/full: No space left on device", f"to repeat: ./nicosim run {FIRST_FRAME}"])

    def test_a_disk_that_fills_up_leaves_whole_files_and_says_so(self):
        disk = self.path("disk")
        os.mkdir(disk)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], capture_output=True)
        if mounted.returncode != 0:
            self.skipTest("mounting a tmpfs is not permitted here")
        self.addCleanup(subprocess.run, ["umount", disk], check=True)
        done = self.nicosim("run", self.load("20ms"), "--out", "disk/out", expect=OUTPUT)
        self.assertIn("No space left on device", done.stderr)
        self.assertIn("frames", done.stdout)  # the summary comes all the same
        manifest = self.json("disk/out/manifest.json")
        self.assertNotEqual(manifest["status"], "complete")
        if shutil.which("tshark"):  # whole packets only
            subprocess.run(["tshark", "-r", self.path("disk/out/taps.pcapng")], check=True, capture_output=True)

    def test_two_runs_do_not_share_a_folder(self):
        first = subprocess.Popen([NICOSIM, "run", self.load("1000s"), "--quiet", "--out", "out"], cwd=self.folder)
        self.addCleanup(lambda: (first.poll() is None and first.kill(), first.wait()))
        wait_for(lambda: os.path.exists(self.path("out/events.tsv")))
        self.refuse("run", FIRST_FRAME, "--out", "out", "--force", expect=OUTPUT, says="another run is writing into it")

    def test_json_on_stdout_moves_the_summary_to_stderr(self):
        done = self.nicosim("run", FIRST_FRAME, "--json", "-")
        report = json.loads(done.stdout)
        self.assertEqual(report["schema"], 1)
        self.assertEqual(report["unexplained"], 0)
        self.assertEqual(sum(report["ledger"].values()), report["frames_on_wire"])
        self.assertIn("Simulation", done.stderr)

    def test_the_folder_has_what_linux_would_print(self):
        self.nicosim("run", FIRST_FRAME, "--quiet", "--out", "out", "--set", "nic.rx_usecs=20")
        texts = {}
        for name in ("softnet_stat", "nstat.txt", "ss.txt", "ss_tlnp.txt", "ethtool_S_eth0.txt", "ethtool_g_eth0.txt",
                     "ethtool_c_eth0.txt"):
            with open(os.path.join(self.folder, "out", name), encoding="utf-8") as file:
                texts[name] = file.read()
        cores = texts["softnet_stat"].splitlines()  # thirteen columns: processed, ..., received_rps, ..., the core
        self.assertEqual([core.split()[0] for core in cores], ["00000001", "00000000"])
        self.assertEqual([core.split()[12] for core in cores], ["00000000", "00000001"])
        self.assertIn("\nUdpInDatagrams                  1                  0.0\n", texts["nstat.txt"])
        self.assertTrue(texts["nstat.txt"].startswith("#kernel\nIpInReceives "))
        self.assertRegex(texts["ss.txt"], r"\nudp   UNCONN 0 +0 +0\.0\.0\.0:9 +0\.0\.0\.0:\* +users:\(\(\"sink\",pid=")
        self.assertEqual(texts["ss_tlnp.txt"], "State Recv-Q Send-Q Local Address:Port Peer Address:PortProcess\n")
        self.assertTrue(texts["ethtool_S_eth0.txt"].startswith("NIC statistics:\n     rx_packets: 1\n"))
        self.assertIn("Current hardware settings:\nRX:\t\t256\n", texts["ethtool_g_eth0.txt"])
        self.assertIn("\nrx-usecs:\t20\n", texts["ethtool_c_eth0.txt"])

    def test_tables_say_when_they_cannot_be_written(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([NICOSIM, "stations"], stdout=full, stderr=subprocess.PIPE, timeout=50)
        self.assertEqual((done.returncode, done.stderr), (OUTPUT, b"nicosim: standard output: No space left on device\n"))

    def test_a_closed_pipe_ends_nothing_badly(self):
        for arguments in (["run", FIRST_FRAME], ["run", FIRST_FRAME, "--quiet", "--events", "/dev/stdout"], ["registers"]):
            producer = subprocess.Popen([NICOSIM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                        cwd=self.folder)
            producer.stdout.close()
            self.assertIn(producer.wait(timeout=50), (GOOD, OUTPUT), arguments)


def wait_for(condition):
    deadline = time.monotonic() + 30
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("it does not happen")
        time.sleep(0.02)


def read_terminal(terminal, until=None):
    """What a program shows until these words are there; without words, until it ends."""
    shown = b""
    deadline = time.monotonic() + 30
    while until is None or until not in shown:
        if not select.select([terminal], [], [], max(0, deadline - time.monotonic()))[0]:
            raise AssertionError(f"it does not happen: {shown}")
        try:
            shown += os.read(terminal, 4096)
        except OSError as error:  # EIO: nobody has the other end open any more
            if error.errno != errno.EIO or until is not None:
                raise AssertionError(f"it has ended: {shown}") from error
            break
    return shown


class StoppedAtOddMoments(CommandCase):
    def test_every_frame_has_a_fate_wherever_the_run_ends(self):
        # About a frame's whole life in the host, in steps that share nothing with the costs.
        for mode in ["napi", "dma_irq"]:
            for nanoseconds in range(10_000, 25_000, 737):
                with self.subTest(mode=mode, nanoseconds=nanoseconds):
                    self.nicosim("run", self.load(), "--set", f"host.mode={mode}", "--until", f"{nanoseconds}ns", "--quiet",
                                 "--json", "report.json")
                    self.assertEqual(self.json("report.json")["unexplained"], 0)


class Offloads(CommandCase):
    def test_are_switched_by_the_scenario_and_shown_as_ethtool_does(self):
        for settings, shown in [
            ([], ["rx-checksumming: on", "tcp-segmentation-offload: on", "generic-receive-offload: off"]),
            (["nic.tx_checksum=false"], ["tx-checksumming: off", "tcp-segmentation-offload: off"]),
            (["nic.gro=true", "nic.gso=false"], ["generic-segmentation-offload: off", "generic-receive-offload: on"]),
        ]:
            options = [word for setting in settings for word in ("--set", setting)]
            self.nicosim("run", FIRST_FRAME, *options, "--quiet", "--json", "report.json")
            text = self.json("report.json")["texts"]["ethtool -k eth0"]
            self.assertTrue(text.startswith("Features for eth0:\n"), text)
            for line in shown:
                self.assertIn(line + "\n", text)


class Interrupted(CommandCase):
    def stop(self, number):
        run = subprocess.Popen([NICOSIM, "run", self.load("1000s"), "--out", "out", "--json", "report.json"],
                               cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(lambda: (run.poll() is None and run.kill(), run.wait()))
        events = self.path("out/events.tsv")
        wait_for(lambda: os.path.exists(events) and os.path.getsize(events) > 10_000)
        run.send_signal(number)
        out, err = run.communicate(timeout=30)
        return run.returncode, out.decode(), err.decode()

    def check(self, number):
        code, out, err = self.stop(number)
        self.assertEqual(code, INTERRUPTED, err)
        self.assertIn("Simulation", out)
        self.assertEqual(self.json("out/manifest.json")["status"], "interrupted")
        report = self.json("out/report.json")
        self.assertEqual(report, self.json("report.json"))
        self.assertEqual(report["unexplained"], 0)
        self.assertGreater(report["frames_on_wire"], 0)
        self.assertEqual(sum(report["ledger"].values()), report["frames_on_wire"])
        self.assertTrue(self.read("out/events.tsv").endswith(b"\n"))

    def test_by_ctrl_c_it_writes_what_it_has_and_marks_it(self):
        self.check(signal.SIGINT)

    def test_by_sigterm_it_writes_what_it_has_and_marks_it(self):
        self.check(signal.SIGTERM)


STUDY = CARD_AND_LOAD.format(after="2ms") + """
[study]
seeds = 2
axes = [{ key = "nic.rx_usecs", values = [0, 200] }]
table = ["interrupts.total", { name = "p50", metric = "stations.read.p50_ns" }]
"""


class Studies(CommandCase):
    def study(self, more="", after="2ms"):
        return self.write("study.toml", STUDY.replace("2ms", after) + more)

    def test_every_point_has_its_row_whatever_runs_at_the_same_time(self):
        self.study()
        tables = [self.nicosim("run", "study.toml", *jobs).stdout for jobs in ([], ["-j", "1"], ["-j", "3"])]
        self.assertEqual(tables[0], tables[1])
        self.assertEqual(tables[0], tables[2])
        rows = [line.split()[:2] for line in tables[0].splitlines()[-4:]]
        self.assertEqual(rows, [["0", "1"], ["0", "2"], ["200", "1"], ["200", "2"]])

    def test_a_point_gives_what_the_same_run_alone_gives(self):
        self.study()
        self.nicosim("run", "study.toml", "--quiet", "--out", "out")
        for point in self.json("out/report.json")["points"]:
            self.nicosim("run", "study.toml", "--quiet", "--json", "alone.json", "--set", "study.seeds=1",
                         "--set", f"nic.rx_usecs={point['set']['nic.rx_usecs']}", "--seed", str(point["seed"]))
            alone = self.json("alone.json")
            del alone["host"], point["report"]["host"]
            self.assertEqual(alone, point["report"])

    def test_its_folder_has_the_table_and_the_scenario_again(self):
        self.study()
        first = self.nicosim("run", "study.toml", "--out", "out")
        lines = self.read("out/table.csv").decode().split("\r\n")
        self.assertEqual(lines[0], "nic.rx_usecs,seed,interrupts.total,p50,exit_code")
        self.assertEqual(len(lines), 6)
        again = self.nicosim("run", "out/scenario.toml")
        self.assertEqual(first.stdout.splitlines()[1:], again.stdout.splitlines()[1:])
        self.assertEqual(self.json("out/manifest.json")["status"], "complete")

    def test_set_on_an_axis_leaves_the_points_that_have_that_value(self):
        self.study()
        done = self.nicosim("run", "study.toml", "--set", "nic.rx_usecs=50")
        self.assertIn("2 points", done.stdout)
        alone = self.nicosim("run", "study.toml", "--set", "nic.rx_usecs=50", "--set", "study.seeds=1")
        self.assertIn("Latency since the first bit on the wire", alone.stdout)  # one point is a run like any other

    def test_a_point_that_fails_is_named_with_the_command_that_repeats_it(self):
        self.study('[[expect]]\nmetric = "interrupts.total"\nwhere = { "nic.rx_usecs" = 200 }\nmin = 1000000\n')
        done = self.nicosim("run", "study.toml", expect=CHECK_FAILED)
        self.assertEqual(done.stderr.count("interrupts.total is "), 2)
        self.assertNotIn("nic.rx_usecs=0 ", done.stderr)
        command = done.stderr.splitlines()[-1].split("to repeat: ./nicosim ")[1].split()
        alone = self.nicosim(*command, expect=CHECK_FAILED)
        self.assertIn("interrupts.total is ", alone.stderr)
        self.assertEqual([line.split()[-1] for line in done.stdout.splitlines()[-4:]], ["0", "0", "1", "1"])

    def test_what_makes_no_study_is_refused(self):
        for wrong, says in {
            'axes = [{ key = "nic.rx_usecs", values = [] }]': "study.axes.values is empty",
            'axes = [{ key = "nic.rx_usec", values = [1] }]': "did you mean 'rx_usecs'?",
            'axes = [{ key = "nic.rx_ring", values = [64, 63] }]': "multiple of 8",
            'axes = [{ key = "seed", values = [1, 2] }]': "study.seeds",
            'axes = [{ key = "nic.rx_ring", values = [64, 64] }]': "64 twice",
            'seeds = 1': "nothing to vary",
            'seeds = 2\ntable = [7]': "study.table holds an integer",
            'seeds = 2\nzipp = true': "did you mean 'zip'?",
            'seeds = 2\n[[expect]]\nmetric = "unexplained"\nmax = 0\nwhere = { "a.b" = 1 }': "which is no axis",
            'zip = true\naxes = [{ key = "nic.rx_ring", values = [64, 128] }, { key = "seeds", values = [1] }]':
                "2 and 1 values",
        }.items():
            self.write("a.toml", CARD_AND_LOAD.format(after="2ms") + "[study]\n" + wrong)
            for command in ("check", "run"):
                self.refuse(command, "a.toml", expect=USAGE, says=["a.toml:", says])

    def test_a_metric_that_no_point_has_is_said(self):
        self.write("a.toml", STUDY.replace("interrupts.total", "interrupts.totl"))
        done = self.nicosim("run", "a.toml", expect=USAGE)
        self.assertIn("no point has the metric 'interrupts.totl'", done.stderr)

    def test_outputs_of_one_run_are_refused(self):
        self.study()
        self.refuse("run", "study.toml", "--events", "e", expect=USAGE, says=["--events is for one run", "study of 4 points"])

    def test_ctrl_c_ends_all_points_and_keeps_what_is_there(self):
        text = STUDY.replace('stop = { after = "2ms" }', "").replace('"nic.rx_usecs", values = [0, 200]',
                                                                    '"stop.after", values = ["1ms", "100000s"]')
        self.write("study.toml", text)
        for jobs in (1, 2):
            with self.subTest(jobs=jobs):
                self.interrupt_study_after_two_points(jobs, f"out{jobs}")

    def interrupt_study_after_two_points(self, jobs, folder):
        # A short point is over before anyone has seen its process; the progress on a terminal misses none
        terminal, far_end = pty.openpty()
        self.addCleanup(os.close, terminal)
        with subprocess.Popen([NICOSIM, "run", "study.toml", "-j", str(jobs), "--out", folder], cwd=self.folder,
                              stdout=subprocess.PIPE, stderr=far_end) as run:
            os.close(far_end)
            try:
                shown = read_terminal(terminal, until=b"2 of 4 points, %d running" % jobs)
                with open(f"/proc/{run.pid}/task/{run.pid}/children", encoding="utf-8") as file:
                    children = file.read().split()
                self.assertEqual(len(children), jobs)
                run.send_signal(signal.SIGINT)
                shown += read_terminal(terminal)
                out = run.communicate(timeout=30)[0]
            finally:
                run.kill()
        self.assertEqual(run.returncode, INTERRUPTED, shown)
        self.assertIn(b"interrupted: 2 of 4 points had ended", shown)
        self.assertIn(b"1ms", out)
        self.assertEqual(self.json(f"{folder}/manifest.json")["status"], "interrupted")
        self.assertEqual(self.json(f"{folder}/report.json")["status"], "interrupted")
        self.assertEqual(len(self.json(f"{folder}/report.json")["points"]), 2)
        for child in children:
            self.assertFalse(os.path.exists(f"/proc/{child}"))


class Repeats(CommandCase):
    def out(self, name, **environment):
        self.nicosim("run", self.load("5ms"), "--quiet", "--out", name, **environment)
        report = self.json(f"{name}/report.json")
        del report["host"]
        return report, self.read(f"{name}/events.tsv"), self.read(f"{name}/taps.pcapng")

    def test_the_same_command_gives_the_same_files(self):
        self.assertEqual(self.out("a"), self.out("b"))

    def test_the_locale_changes_no_number(self):
        first = self.out("a", LC_ALL="C")
        for locale in ("de_DE.UTF-8", "C.UTF-8", "tr_TR.UTF-8"):
            self.assertEqual(self.out(locale, LC_ALL=locale, LANG=locale), first)

    def test_wireshark_finds_nothing_to_complain_about(self):
        if not shutil.which("tshark"):
            self.skipTest("tshark is not installed")
        self.out("a")
        wrong = "ip.checksum.status == 0 || udp.checksum.status == 0 || eth.fcs.status == 0 || _ws.malformed"
        command = ["tshark", "-n", "-r", self.path("a/taps.pcapng"), "-o", "ip.check_checksum:TRUE",
                   "-o", "udp.check_checksum:TRUE", "-o", "eth.check_fcs:TRUE", "-T", "fields",
                   "-e", "frame.interface_name", "-e", "eth.fcs.status"]
        every = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
        self.assertGreater(sum(line == "eth0:wire-out\t1" for line in every), 50)  # 1: good
        self.assertGreater(sum(line == "eth0:wire-in\t1" for line in every), 50)
        bad = subprocess.run([*command, "-Y", f"({wrong}) && frame.interface_name contains \"wire\""],
                             capture_output=True, text=True, check=True)
        self.assertEqual(bad.stdout, "")


class Telling(CommandCase):
    def test_frame_tells_one_frames_life(self):
        self.nicosim("run", FIRST_FRAME, "--quiet", "--out", "out")
        story = self.nicosim("frame", "out", "r0:0").stdout
        places = [story.find(station) for station in ("wire", "fifo", "poll", "socket", "read")]
        self.assertEqual(places, sorted(places))
        self.assertGreaterEqual(places[0], 0)
        self.refuse("frame", "out", "r0:7", expect=INPUT, says="r0:7 is not in the event log")
        self.refuse("frame", "out", "seven", expect=INPUT, says="'seven' is no frame")
        self.refuse("frame", "nowhere", "r0:0", expect=INPUT, says="nowhere/events.tsv")

    def test_check_runs_nothing(self):
        self.assertEqual(self.nicosim("check", FIRST_FRAME).stdout, f"{FIRST_FRAME}: good\n")
        self.write("a.toml", "schema = 2\n")
        self.refuse("check", "a.toml", expect=USAGE, says="a.toml:1:")

    def test_tables_have_their_rows(self):
        for table, rows in {"costs": ("irq_entry", "copy_per_byte"), "registers": ("RCTL", "00100"),
                            "stations": ("backlog", "tx_wire", "answered")}.items():
            text = self.nicosim(table).stdout
            for row in rows:
                self.assertIn(row, text)

    def test_version_and_help(self):
        self.assertRegex(self.nicosim("--version").stdout, r"^nicosim \d+\.\d+\.\d+\n$")
        self.assertRegex(self.nicosim("version").stdout, r"^nicosim \d+\.\d+\.\d+\n")
        text = self.nicosim("--help").stdout
        for command in ("run", "replay", "check", "frame", "costs", "registers", "stations", "version"):
            self.assertIn(command, text)
        self.assertIn("--check-skip", self.nicosim("run", "--help").stdout)


if __name__ == "__main__":
    unittest.main()
