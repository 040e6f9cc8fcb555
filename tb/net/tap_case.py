"""What the tests of ./nicosim tap share: the program, a folder of their own, and the reason why they cannot run.

NICOSIM names the executable.
"""

import json
import os
import shutil
import subprocess
import tempfile
import unittest

NICOSIM = os.path.abspath(os.environ.get("NICOSIM", "build/release/cli/nicosim"))
HERE = os.path.dirname(os.path.abspath(__file__))
HOST = "10.77.0.2"
FAILED = 125


class TapCase(unittest.TestCase):
    needs = ()  # programs

    @classmethod
    def setUpClass(cls):
        for program in cls.needs:
            if shutil.which(program) is None:
                raise unittest.SkipTest(f"{program} is not installed")
        try_out = subprocess.run([NICOSIM, "tap", "--quiet", "--", "true"], stdin=subprocess.DEVNULL,
                                 capture_output=True, text=True, timeout=50)
        if try_out.returncode == FAILED and ("namespace" in try_out.stderr or "/dev/net/tun" in try_out.stderr):
            raise unittest.SkipTest(try_out.stderr.strip())

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="nicosim-net-")
        self.addCleanup(shutil.rmtree, self.folder, True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def json(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return json.load(file)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def run_nicosim(self, *arguments, expect=0, timeout=170, **others):
        done = subprocess.run([NICOSIM, *arguments], cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=timeout, **others)
        self.assertEqual(done.returncode, expect, f"{arguments}\n{done.stdout}\n{done.stderr}")
        return done

    def tap(self, *command, options=(), expect=0, **others):
        """What the command wrote; its report is in report.json."""
        words = command if len(command) > 1 else ("sh", "-ec", command[0])
        done = self.run_nicosim("tap", "--quiet", "--json", "report.json", *options, "--", *words, expect=expect, **others)
        return done.stdout

    def drops(self):
        ledger = self.json("report.json")["ledger"]
        return {name.removeprefix("drop."): count for name, count in ledger.items() if name.startswith("drop.")}


def body(count):
    """What the web server sends for /bytes/COUNT."""
    return (bytes(range(256)) * (count // 256 + 1))[:count]
