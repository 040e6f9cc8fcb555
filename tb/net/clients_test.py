"""Unmodified clients against the simulated host: they must not be able to tell."""

import hashlib
import os
import re
import shutil
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tap_case import HERE, HOST, TapCase, body  # noqa: E402


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class Ping(TapCase):
    needs = ("ping",)

    def test_AFloodOf5000LosesNothing(self):
        said = self.tap("ping", "-q", "-f", "-c", "5000", HOST)
        self.assertIn("5000 packets transmitted, 5000 received, 0% packet loss", said)
        self.assertEqual(self.drops(), {})

    def test_EverySizeIsAnsweredWithItsBytes(self):
        said = self.tap(sys.executable, "-B", os.path.join(HERE, "ping_sizes.py"), HOST)
        self.assertIn("all 1473 sizes and 12 fragmented ones came back", said)


class Web(TapCase):
    needs = ("curl",)

    def download(self, count, **others):
        self.assertEqual(self.tap(f"curl -sS http://{HOST}/bytes/{count} | sha256sum", **others).split()[0],
                         sha256(body(count)))

    def test_AKilobyteArrivesAsItIs(self):
        self.download(1000)

    def test_SixteenMegabytesArriveAsTheyAre(self):
        self.download(16_000_000)

    @unittest.skipIf(shutil.which("nstat") is None, "nstat is not installed")
    def test_TheClientsKernelFindsNothingWrongInADownload(self):
        said = self.tap(f"curl -sS -o /dev/null http://{HOST}/bytes/16000000; nstat -asz")
        counters = {line.split()[0]: int(line.split()[1]) for line in said.splitlines() if not line.startswith("#")}
        self.assertGreater(counters["TcpInSegs"], 10_000)
        wrong = ("TcpRetransSegs", "TcpInErrs", "IpInHdrErrors", "IpExtInCsumErrors", "TcpInCsumErrors", "TcpOutRsts",
                 "TcpExtTCPOFOQueue", "TcpExtTCPDSACKOldSent", "TcpExtTCPDSACKOfoSent", "TcpExtTCPChallengeACK",
                 "TcpExtBeyondWindow", "TcpExtOutOfWindowIcmps", "TcpExtTCPAbortOnData")
        self.assertEqual({name: counters[name] for name in wrong if counters.get(name)}, {})
        ours = self.json("report.json")["counters"]["nstat"]
        self.assertEqual((ours["TcpRetransSegs"], ours["TcpInErrs"], ours["TcpExtTCPTimeouts"]), (0, 0, 0))

    def test_TwentyDownloadsAtOnceAllArrive(self):
        said = self.tap("for i in $(seq 20); do curl -sS http://%s/bytes/200000 | sha256sum & done; wait" % HOST)
        self.assertEqual([line.split()[0] for line in said.splitlines()], [sha256(body(200_000))] * 20)

    @unittest.skipIf(shutil.which("nc") is None, "nc is not installed")
    def test_AClientThatSaysNothingKeepsNobodyWaiting(self):
        said = self.tap("mkfifo hold; nc %s 80 < hold & exec 3> hold; sleep 0.3; curl -sS -m 20 http://%s/; exec 3>&-"
                        % (HOST, HOST))
        self.assertIn("It works.", said)

    def test_AnUploadOf64MegabytesArrivesWhole(self):
        said = self.tap("head -c 64000000 /dev/zero | "
                        f"curl -sS -o /dev/null -w '%{{http_code}} %{{size_upload}}' --data-binary @- http://{HOST}/")
        self.assertEqual(said, "200 64000000")
        self.assertGreater(self.json("report.json")["apps"]["web"]["bytes_in"], 64_000_000)

    def test_ADownloadOverALossyLongWireArrivesAsItIs(self):
        self.download(2_000_000, options=("--set", "wire.eth0.loss=0.01", "--set", "wire.eth0.delay=20ms",
                                          "--set", "wire.eth0.direction=both"))
        report = self.json("report.json")["counters"]
        self.assertGreater(report["wire_out"]["lost"], 0)
        self.assertGreater(report["nstat"]["TcpRetransSegs"], 0)


@unittest.skipIf(shutil.which("nstat") is None, "nstat is not installed")
class BadWire(TapCase):
    """Loss and reordering both ways, as tc netem would make them: TCP repairs both, and its counters show it."""

    needs = ("curl",)
    WIRE = ("--scenario", os.path.join(HERE, "bad_wire.toml"))

    def counters(self, command):
        said = self.tap(f"{command} > body; nstat -asz", options=self.WIRE)
        return {line.split()[0]: int(line.split()[1]) for line in said.splitlines() if not line.startswith("#")}

    def test_ADownloadArrivesAsItIsAndTheClientsKernelHasSeenIt(self):
        seen = self.counters(f"curl -sS http://{HOST}/bytes/3000000")
        self.assertEqual(sha256(self.read("body")), sha256(body(3_000_000)))
        self.assertGreater(seen["TcpExtTCPOFOQueue"], 0)  # what overtook, and what came behind a loss
        report = self.json("report.json")["counters"]
        for way in ("wire", "wire_out"):
            self.assertGreater(report[way]["lost"], 0, way)
            self.assertGreater(report[way]["reordered"], 0, way)
        self.assertGreater(report["nstat"]["TcpRetransSegs"], 0)
        self.assertGreater(report["nstat"]["TcpExtTCPSACKReorder"] + report["nstat"]["TcpExtTCPTSReorder"], 0)

    def test_AnUploadArrivesWholeAndTheClientsKernelHasSentAgain(self):
        seen = self.counters("head -c 3000000 /dev/zero | "
                             f"curl -sS -w '%{{http_code}} %{{size_upload}}' --data-binary @- http://{HOST}/")
        self.assertEqual(self.read("body").decode()[-11:], "200 3000000")
        self.assertGreater(self.json("report.json")["apps"]["web"]["bytes_in"], 3_000_000)
        self.assertGreater(seen["TcpRetransSegs"], 0)
        self.assertGreater(seen["TcpExtTCPSackRecovery"], 0)
        self.assertGreater(seen["TcpExtTCPSACKReorder"] + seen["TcpExtTCPTSReorder"], 0)
        self.assertGreater(self.json("report.json")["counters"]["nstat"]["TcpExtTCPOFOQueue"], 0)


class WebLong(TapCase):
    needs = ("curl",)

    def test_QuarterOfAGigabyteArrivesAsItIs(self):
        count = 256_000_000
        said = self.tap(f"curl -sS -w '%{{stderr}}%{{time_total}}' http://{HOST}/bytes/{count} | sha256sum", timeout=590)
        self.assertEqual(said.split()[0], sha256(body(count)))


class ManyRequests(TapCase):
    needs = ("ab",)

    def test_2000RequestsOf16ClientsAllSucceed(self):
        said = self.tap("ab", "-q", "-n", "2000", "-c", "16", f"http://{HOST}/")
        self.assertRegex(said, r"Complete requests: +2000\n")
        self.assertRegex(said, r"Failed requests: +0\n")
        self.assertEqual(self.json("report.json")["apps"]["web"]["requests"], 2000)


class Echo(TapCase):
    needs = ("nc",)

    def test_TcpBytesComeBackAsTheyWere(self):
        with open(self.path("sent"), "wb") as file:
            file.write(os.urandom(1_000_000))
        self.tap(f"nc -N {HOST} 7 < sent > back")
        self.assertTrue(self.read("sent") == self.read("back"))

    def test_UdpDatagramsComeBackAsTheyWere(self):
        with open(self.path("sent"), "wb") as file:
            file.write(os.urandom(1400))
        self.tap(f"nc -u -w 1 {HOST} 7 < sent > back")
        self.assertEqual(self.read("sent"), self.read("back"))


class Iperf(TapCase):
    needs = ("iperf",)

    def bytes_of(self, line):
        amount, unit = re.search(r"sec +([\d.]+) (\w)?Bytes", line).groups()
        return float(amount) * {None: 1, "K": 2**10, "M": 2**20, "G": 2**30}[unit]

    def test_TheClientSends(self):
        said = self.tap("iperf", "-c", HOST, "-t", "1")
        self.assertGreater(self.bytes_of(said.splitlines()[-1]), 50_000)

    def test_TheServerSendsOnTheSameConnection(self):
        said = self.tap("iperf", "-c", HOST, "-n", "1M", "-R")
        self.assertGreaterEqual(self.bytes_of(said.splitlines()[-1]), 2**20)

    def test_TheServerConnectsBackAndSends(self):
        said = self.tap("iperf", "-c", HOST, "-n", "1M", "-r")
        amounts = [self.bytes_of(line) for line in said.splitlines() if re.search(r"sec .*Bytes", line)]
        self.assertEqual(len(amounts), 2, said)
        self.assertGreaterEqual(min(amounts), 2**20)

    def amounts(self, *options):
        said = self.tap("iperf", "-c", HOST, *options, timeout=60)
        return [self.bytes_of(line) for line in said.splitlines() if re.search(r"sec .*Bytes", line)]

    def test_BothSendAtOnceOverTwoConnections(self):
        amounts = self.amounts("-n", "1M", "-d")
        self.assertEqual(len(amounts), 2)
        self.assertGreaterEqual(min(amounts), 2**20)

    def test_BothSendAtOnceOverOneConnection(self):
        amounts = self.amounts("-n", "1M", "--full-duplex")
        self.assertGreaterEqual(len(amounts), 2)
        self.assertGreaterEqual(min(amounts), 2**20)

    def test_TheServerSendsDatagrams(self):
        said = self.tap("iperf", "-c", HOST, "-u", "-R", "-b", "2M", "-t", "1", timeout=60)
        lost, total = re.search(r"(\d+)/(\d+) \(", said).groups()
        self.assertEqual(int(lost), 0)
        self.assertGreater(int(total), 100)

    def test_DatagramsGoBothWaysAtOnceAndOneAfterTheOther(self):
        for option in ("-d", "-r"):
            said = self.tap("iperf", "-c", HOST, "-u", option, "-b", "2M", "-t", "1", timeout=60)
            reports = re.findall(r"(\d+)/(\d+) \(", said)
            self.assertEqual(len(reports), 2, said)  # the server's, and the client's own
            self.assertLess(max(float(ms) for ms in re.findall(r"([\d.]+) ms ", said)), 500, said)  # jitter
            for lost, total in reports:
                self.assertEqual(int(lost), 0)
                self.assertGreater(int(total), 100)

    def test_TheServerReportsEveryDatagram(self):
        said = self.tap("iperf", "-c", HOST, "-u", "-b", "2M", "-t", "1")
        self.assertIn("Server Report", said)
        lost, total = re.search(r"(\d+)/(\d+) \(", said).groups()
        self.assertEqual(int(lost), 0)
        self.assertGreater(int(total), 100)


class Ports(TapCase):
    needs = ("nmap",)

    def test_AScanFindsTheOpenOnesAndNoOther(self):
        said = self.tap("nmap", "-sS", "-n", "-Pn", "-p1-1000", HOST)
        self.assertEqual(re.findall(r"^(\d+)/tcp +open ", said, re.MULTILINE), ["7", "9", "19", "80"])
        self.assertIn("996 closed tcp ports (reset)", said)


class Flood(TapCase):
    needs = ("hping3", "curl")

    def test_ADownloadGoesOnUnderASynFlood(self):
        said = self.tap(f"hping3 -q -S -p 80 -i u500 {HOST} > /dev/null 2>&1 & "
                        f"sleep 0.5; curl -sS http://{HOST}/bytes/4000000 | sha256sum; kill $!")
        self.assertEqual(said.split()[0], sha256(body(4_000_000)))
        self.assertGreater(self.json("report.json")["counters"]["nstat"]["TcpEstabResets"] +
                           self.json("report.json")["counters"]["nstat"]["TcpExtEmbryonicRsts"] +
                           self.json("report.json")["counters"]["nstat"]["TcpAttemptFails"], 0)


if __name__ == "__main__":
    unittest.main()
