"""--waves from the launcher to the file: makes the build with tracing when it is not there, so it takes minutes."""

import os
import struct
import subprocess
import tempfile
import unittest

PROJECT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))


def header(path):
    """Of an FST file: first and last time, number of signals, exponent of the time unit."""
    with open(path, "rb") as file:
        block = file.read(330)
    kind, length, first, last = struct.unpack(">BQQQ", block[:25])
    signals, = struct.unpack(">Q", block[49:57])
    exponent, = struct.unpack(">b", block[73:74])
    assert (kind, length) == (0, 329), "this is no FST file"
    return first, last, signals, exponent


class Waves(unittest.TestCase):
    def run_with(self, option, scenario, folder):
        done = subprocess.run([os.path.join(PROJECT, "nicosim"), "run", option, scenario, "--quiet", "--out", folder],
                              cwd=PROJECT, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_the_stretch_asked_for_is_in_the_file_in_picoseconds(self):
        with tempfile.TemporaryDirectory() as scratch:
            self.run_with("--waves=18ms..18.012ms", "examples/first_frame.toml", f"{scratch}/out")
            with open(f"{scratch}/out/events.tsv", encoding="utf-8") as file:
                arrives = next(int(line.split("\t")[0]) for line in file if "\twire\t" in line)
            first, last, signals, exponent = header(f"{scratch}/out/waves.fst")
            self.assertEqual(exponent, -12)
            self.assertTrue(18_000_000_000 <= first <= arrives + 6400 <= last <= 18_012_003_200, (first, arrives, last))
            self.assertEqual(first % 3200, 0)
            self.assertGreater(signals, 1000)

    def test_every_card_has_a_file_of_its_own(self):
        with tempfile.TemporaryDirectory() as scratch:
            self.run_with("--waves", "examples/two_cards.toml", f"{scratch}/out")
            for card in ("eth0", "eth1"):
                self.assertGreater(header(f"{scratch}/out/waves.{card}.fst")[2], 1000)

    def test_it_changes_nothing_else(self):
        with tempfile.TemporaryDirectory() as scratch:
            logs = []
            for name, option in (("with", "--waves"), ("without", "--no-skip")):
                self.run_with(option, "examples/first_frame.toml", f"{scratch}/{name}")
                with open(f"{scratch}/{name}/events.tsv", encoding="utf-8") as file:
                    logs.append(file.read())
            self.assertEqual(logs[0], logs[1])


if __name__ == "__main__":
    unittest.main()
