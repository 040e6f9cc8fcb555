"""examples/nat.toml as Wireshark sees it: addresses and ports at every tap, and no checksum wrong anywhere."""

import json
import os
import shutil
import subprocess
import tempfile
import unittest

PROJECT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
PROGRAM = os.environ.get("NICOSIM_PROGRAM", os.path.join(PROJECT, "build/release/cli/nicosim"))

CLIENT, INSIDE, OUTSIDE, SERVER = "10.77.0.9", "10.77.0.2", "10.78.0.2", "10.78.0.9"
CLIENT_MAC, ETH0, ETH1, SERVER_MAC = (f"02:00:00:00:{n}" for n in ("01:01", "00:01", "00:02", "01:02"))
STRANGER = "02:00:00:00:00:77"

FIELDS = ["frame.interface_name", "eth.src", "eth.dst", "ip.src", "ip.dst", "udp.srcport", "udp.dstport", "ip.ttl",
          "udp.payload"]


class Nat(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if shutil.which("tshark") is None:
            raise unittest.SkipTest("tshark is not installed")
        cls.scratch = tempfile.TemporaryDirectory()
        cls.out = os.path.join(cls.scratch.name, "nat")
        run = subprocess.run([PROGRAM, "run", "examples/nat.toml", "--quiet", "--out", cls.out], cwd=PROJECT,
                             capture_output=True, text=True, timeout=100, check=False)
        assert run.returncode == 0, run.stdout + run.stderr
        cls.packets = cls.tshark("udp && !icmp", FIELDS)

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    @classmethod
    def tshark(cls, what, fields):
        """The packets that a display filter lets through: a list of fields each. Every checksum is verified."""
        verify = [part for layer in ("ip.check_checksum", "udp.check_checksum", "tcp.check_checksum", "eth.check_fcs")
                  for part in ("-o", f"{layer}:TRUE")]
        read = subprocess.run(["tshark", "-r", os.path.join(cls.out, "taps.pcapng"), *verify, "-Y", what,
                               "-T", "fields", *(part for field in fields for part in ("-e", field))],
                              capture_output=True, text=True, timeout=60, check=True)
        return [line.split("\t") for line in read.stdout.splitlines()]

    def seen(self, payload):
        """What each tap saw of the datagram with this payload: (interface, eth, ip, ports, ttl)."""
        return [packet[:-1] for packet in self.packets if packet[-1] == payload.encode().hex()]

    def through(self, card_in, before, card_out, after):
        """A forwarded datagram at all taps: as it came up to the stack of one card, as it left by the other."""
        return [[f"{card_in}:wire-in", *before], [f"{card_in}:driver", *before], [f"{card_in}:stack", *before],
                [f"{card_out}:stack", *after], [f"{card_out}:wire-out", *after]]

    def test_a_masqueraded_datagram_leaves_with_the_address_of_the_card_and_its_own_port(self):
        self.assertEqual(sorted(self.seen("hidden")), sorted(self.through(
            "eth0", [CLIENT_MAC, ETH0, CLIENT, SERVER, "5000", "7", "64"],
            "eth1", [ETH1, SERVER_MAC, OUTSIDE, SERVER, "5000", "7", "63"])))

    def test_its_answer_finds_the_client(self):
        self.assertEqual(sorted(self.seen("answer")), sorted(self.through(
            "eth1", [SERVER_MAC, ETH1, SERVER, OUTSIDE, "7", "5000", "64"],
            "eth0", [ETH0, CLIENT_MAC, SERVER, CLIENT, "7", "5000", "63"])))

    def test_a_port_of_the_host_leads_to_the_server_and_back(self):
        self.assertEqual(sorted(self.seen("led on")), sorted(self.through(
            "eth0", [CLIENT_MAC, ETH0, CLIENT, INSIDE, "5001", "8053", "64"],
            "eth1", [ETH1, SERVER_MAC, OUTSIDE, SERVER, "5001", "53", "63"])))
        self.assertEqual(sorted(self.seen("found")), sorted(self.through(
            "eth1", [SERVER_MAC, ETH1, SERVER, OUTSIDE, "53", "5001", "64"],
            "eth0", [ETH0, CLIENT_MAC, INSIDE, CLIENT, "8053", "5001", "63"])))

    def test_a_frame_for_another_station_is_taken_in_behind_the_tap(self):
        self.assertEqual(sorted(self.seen("renamed")), sorted(self.through(
            "eth0", [CLIENT_MAC, STRANGER, CLIENT, SERVER, "5002", "7", "64"],
            "eth1", [ETH1, SERVER_MAC, OUTSIDE, SERVER, "5002", "7", "63"])))

    def test_what_nobody_asked_for_gets_no_further_than_the_first_card(self):
        self.assertEqual({packet[0].split(":")[0] for packet in self.seen("intruder")}, {"eth1"})

    def test_the_refusal_is_administratively_prohibited_and_quotes_the_question(self):
        told = self.tshark("icmp && frame.interface_name == \"eth0:wire-out\"",
                           ["icmp.type", "icmp.code", "ip.src", "udp.dstport"])
        self.assertEqual(told, [["3", "13", f"{INSIDE},{CLIENT}", "123"]])

    def test_every_checksum_is_good_at_every_tap(self):
        self.assertEqual(self.tshark("ip.checksum.status == 0 || udp.checksum.status == 0 || icmp.checksum.status == 0"
                                     " || eth.fcs.status == 0", ["frame.number"]), [])
        good = self.tshark("ip.checksum.status == 1 && udp.checksum.status == 1 && !icmp", ["frame.number"])
        self.assertEqual(len(good), 5 * 5 + 2 * 3)  # five that pass at five taps, two that do not at three

    def test_the_folder_holds_the_rules_with_their_counters_and_the_connections(self):
        with open(os.path.join(self.out, "netfilter.txt"), encoding="utf-8") as file:
            rules = file.read()
        self.assertRegex(rules, r"(?m)^Chain FORWARD \(policy DROP 1 packets, \d+ bytes\)$")
        self.assertRegex(rules, r"(?m)^ +1 +34 DNAT +udp +-- +eth0 +\* +0\.0\.0\.0/0 +10\.77\.0\.2 +udp dpt:8053"
                                r" to:10\.78\.0\.9:53$")
        with open(os.path.join(self.out, "conntrack.txt"), encoding="utf-8") as file:
            connections = file.read().splitlines()
        self.assertEqual(len(connections), 3)
        self.assertIn(f"src={CLIENT} dst={INSIDE} sport=5001 dport=8053 packets=1 bytes=34 "
                      f"src={SERVER} dst={OUTSIDE} sport=53 dport=5001", connections[1])
        with open(os.path.join(self.out, "report.json"), encoding="utf-8") as file:
            counters = json.load(file)["counters"]
        self.assertEqual(counters["netfilter"]["nat.POSTROUTING.1.packets"], 3)
        self.assertEqual(counters["nf_conntrack"]["insert"], 3)

    def test_web_clients_that_call_any_server_are_served_by_the_hosts_own(self):
        scenario = os.path.join(self.scratch.name, "redirect.toml")
        with open(scenario, "w", encoding="utf-8") as file:
            file.write("""
[[host.netfilter.rule]]
chain = "PREROUTING"
proto = "tcp"
dport = 80
target = "REDIRECT"
to_ports = 8080
[[host.netfilter.rule]]
chain = "INPUT"
ctstate = "INVALID"
target = "DROP"
[nic.eth0]
address = ["10.77.0.2/24"]
[peer.client]
on = "eth0"
kind = "stack"
address = "10.77.0.9/24"
gateway = "10.77.0.2"
[[app]]
name = "web"
kind = "http_server"
port = 8080
[[app]]
name = "load"
kind = "http_load"
on = "client"
target = "198.51.100.7:80"
connections = 20
path = "/bytes/30000"
""")
        ran = subprocess.run([PROGRAM, "run", scenario, "--quiet", "--json", "-"], cwd=PROJECT, capture_output=True,
                             text=True, timeout=100, check=False)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        told = json.loads(ran.stdout)
        self.assertEqual((told["apps"]["load"]["finished"], told["apps"]["load"]["failed"]), (20, 0))
        self.assertEqual(told["counters"]["netfilter"]["nat.PREROUTING.1.packets"], 20)
        self.assertEqual(told["counters"]["netfilter"]["filter.INPUT.1.packets"], 0)
        self.assertEqual(told["texts"]["conntrack -L"].count(
            " dst=198.51.100.7 sport="), 20)
        self.assertIn(" src=10.77.0.2 dst=10.77.0.9 sport=8080 ", told["texts"]["conntrack -L"])


if __name__ == "__main__":
    unittest.main()
