"""Frames that no kernel sends: answered or dropped as Linux does it."""

import json
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tap_case import HERE, HOST, TapCase  # noqa: E402


def python_with_scapy():
    """Debian's package is for Debian's interpreter, which need not be the one that runs this."""
    for python in (sys.executable, "/usr/bin/python3"):
        if os.access(python, os.X_OK) and subprocess.run([python, "-c", "import scapy"], capture_output=True).returncode == 0:
            return python
    return None


class OddFrames(TapCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.python = python_with_scapy()
        if cls.python is None:
            raise unittest.SkipTest("scapy is not installed")

    def test_AreAnsweredOrDroppedAsLinuxDoes(self):
        said = self.tap(self.python, "-B", os.path.join(HERE, "odd_frames.py"), HOST, "tap0")
        answers = dict(json.loads(line) for line in said.splitlines())
        self.assertEqual(answers, {
            "echo": "echo-reply 0 / Raw / Padding",
            "reversed fragments": "icmp frag:185 / Raw",  # put together, and the answer in parts: its first
            "overlapping fragments": None,  # RFC 5722
            "bad IP checksum": None,
            "bad ICMP checksum": None,
            "bad UDP checksum": None,
            "no UDP checksum": "/ Raw / Padding",
            "bad TCP checksum": None,
            "no flags to an open port": None,
            "no flags to a closed port": "TCP RA",
            "FIN to an open port": None,
            "FIN to a closed port": "TCP RA",
            "Xmas to an open port": None,
            "Xmas to a closed port": "TCP RA",
            "SYN and FIN to an open port": None,
            "SYN and FIN to a closed port": "TCP RA",
            "SYN and RST to an open port": None,
            "SYN and RST to a closed port": None,
            "ACK to an open port": "TCP R",
            "ACK to a closed port": "TCP R",
            "SYN to an open port": "TCP SA",
            "SYN to a closed port": "TCP RA",
            "UDP to a closed port": "dest-unreach port-unreachable / IPerror / UDPerror / Raw",
            "short IP header": None,
            "IP version 5": None,
        })
        drops = self.drops()
        self.assertEqual({name: drops[name] for name in (
            "ip.IP_CSUM", "ip.IP_INHDR", "ip.FRAG_OVERLAP", "transport.ICMP_CSUM", "transport.UDP_CSUM",
            "transport.TCP_CSUM", "transport.TCP_FLAGS")},
            {"ip.IP_CSUM": 1, "ip.IP_INHDR": 2, "ip.FRAG_OVERLAP": 2, "transport.ICMP_CSUM": 1, "transport.UDP_CSUM": 1,
             "transport.TCP_CSUM": 1, "transport.TCP_FLAGS": 4})


if __name__ == "__main__":
    unittest.main()
