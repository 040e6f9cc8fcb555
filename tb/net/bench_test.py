"""./nicosim bench tap, small: both servers deliver, and the table holds what was measured."""

import json
import os
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tap_case import FAILED, TapCase, body  # noqa: E402

BENCH = os.path.abspath(os.environ["NICOSIM_BENCH"])
LWIP = os.path.join(os.path.dirname(BENCH), "nicosim_lwip_server")


class TapBench(TapCase):
    def run_program(self, *words, expect=0):
        done = subprocess.run(words, cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=170)
        self.assertEqual(done.returncode, expect, done.stderr.decode())
        return done

    def test_ComparesTheSimulatedHostWithLwip(self):
        said = self.run_program(BENCH, "tap", "--size", "1", "--quick", "--json", "table.json").stdout.decode()
        self.assertIn("| 1 MB, median of 1 | nicosim | lwIP | ratio |", said)
        table = self.json("table.json")
        self.assertEqual((table["bytes"], table["downloads"]), (1_000_000, 1))
        wire_cycles = 1_000_000 // 8  # at the very least: 8 bytes a cycle
        self.assertGreater(table["cycles_evaluated"], wire_cycles)
        self.assertGreater(table["cycles"], table["cycles_evaluated"])
        for side in ("nicosim", "lwip"):
            self.assertGreater(table[side]["host"]["wall_s"]["median"], 0)
            self.assertGreater(table[side]["host"]["server_cpu_s"]["median"], 0)
        self.assertNotIn("met", table)  # the goal is about 256 MB

    def test_LwipsServerSendsTheBytesOfOurs(self):
        client = 'import sys, urllib.request as u; sys.stdout.buffer.write(u.urlopen("http://10.77.0.2/bytes/300001").read())'
        for server in ((LWIP,), (os.environ["NICOSIM"], "tap", "--quiet")):
            said = self.run_program(*server, "--", sys.executable, "-c", client).stdout
            self.assertTrue(said == body(300_001), server)

    def test_LwipsServerReturnsTheStatusOfItsCommand(self):
        self.run_program(LWIP, "--", "sh", "-c", "exit 7", expect=7)
        self.run_program(LWIP, expect=FAILED)

    @unittest.skipIf(shutil.which("ip") is None, "iproute2 is not installed")
    def test_TheClientNoticesAWrongByte(self):
        server = ("import socket; s = socket.create_server(('10.77.0.2', 80)); print('up', flush=True); c = s.accept()[0];"
                  "c.recv(999); c.sendall(b'HTTP/1.1 200 OK\\r\\n\\r\\n' + bytes([0, 1, 3]))")
        done = self.run_program(
            "unshare", "--user", "--map-root-user", "--net", "sh", "-c",
            f'ip link set lo up; ip addr add 10.77.0.2/32 dev lo; {sys.executable} -c "$0" | (read up; {BENCH} tap-client 3)',
            server, expect=5)
        self.assertIn(b"wrong bytes between 0 and 3", done.stderr)


if __name__ == "__main__":
    unittest.main()
