"""The program built three ways, optimised, unoptimised and by another compiler, must write the same bytes.

Builds the presets debug and clang beside the release build that NICOSIM_PROGRAM names, then runs every example with
each. NICOSIM_BUILDS names the presets to compare instead.
"""

import json
import os
import shutil
import subprocess
import tempfile
import unittest

from examples_test import PROGRAM, PROJECT, single_runs

PRESETS = os.environ.get("NICOSIM_BUILDS", "debug clang").split()
# What is random in a run must be so everywhere alike.
WAYS = [[], ["--set", "host.interleave=true", "--seed", "7"], ["--set", "host.cores=4", "--seed", "3"]]


def build(preset):
    """The program of a preset, brought up to date."""
    commands = [["cmake", "--preset", preset], ["cmake", "--build", f"build/{preset}", "--target", "nicosim_exe"]]
    for command in commands:
        done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise AssertionError(f"{' '.join(command)}: {(done.stdout + done.stderr)[-2000:]}")
    return os.path.join(PROJECT, "build", preset, "cli/nicosim")


def outputs(program, scenario, way):
    """Event log and report of one run, without what may differ."""
    with tempfile.TemporaryDirectory() as scratch:
        log, report = os.path.join(scratch, "events"), os.path.join(scratch, "report.json")
        # An example may expect what holds at its own settings only; its results are compared all the same.
        done = subprocess.run([program, "run", scenario, "--quiet", "--events", log, "--json", report, *way], cwd=PROJECT,
                              capture_output=True, text=True, timeout=600, check=False)
        if done.returncode not in (0, 1):
            raise AssertionError(f"{program} {scenario}: {done.stderr}")
        with open(log, encoding="utf-8") as file:
            events = file.read()
        with open(report, encoding="utf-8") as file:
            told = json.load(file)
    del told["host"]
    return events, told


class Builds(unittest.TestCase):
    def test_every_build_writes_the_same_event_log_and_report(self):
        for preset in PRESETS:
            if preset == "clang" and not shutil.which("clang++-14"):
                self.skipTest("clang++-14 is not installed")
            program = build(preset)
            for scenario in single_runs():
                for way in WAYS:
                    with self.subTest(preset=preset, scenario=scenario, way=way):
                        expected, found = outputs(PROGRAM, scenario, way), outputs(program, scenario, way)
                        self.assertIn("\twire\tr0:0\t", expected[0])
                        self.assertTrue(expected[0] == found[0], first_difference(expected[0], found[0]))
                        self.assertEqual(expected[1], found[1])


def first_difference(a, b):
    for number, (left, right) in enumerate(zip(a.splitlines(), b.splitlines()), start=1):
        if left != right:
            return f"line {number}: {left} / {right}"
    return "one log is longer"


if __name__ == "__main__":
    unittest.main()
