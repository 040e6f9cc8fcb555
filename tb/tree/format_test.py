"""tools/format on a small tree: it says what is not formatted, and repairs it."""

import os
import shutil
import subprocess
import tempfile
import unittest

PROJECT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))


@unittest.skipUnless(shutil.which("clang-format"), "clang-format is not installed")
class Format(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="with space ")
        self.addCleanup(scratch.cleanup)
        self.root = scratch.name
        os.makedirs(os.path.join(self.root, "tools"))
        shutil.copy(os.path.join(PROJECT, "tools/format"), os.path.join(self.root, "tools/format"))
        shutil.copy(os.path.join(PROJECT, ".clang-format"), self.root)
        self.source = os.path.join(self.root, "a b.cpp")
        with open(self.source, "w", encoding="utf-8") as file:
            file.write("int  *p ;\n")

    def format(self, *arguments):
        command = [os.path.join(self.root, "tools/format"), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def test_check_names_the_file_and_changes_nothing(self):
        result = self.format("--check")
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("a b.cpp:1", result.stderr)
        with open(self.source, encoding="utf-8") as file:
            self.assertEqual(file.read(), "int  *p ;\n")

    def test_formatting_makes_the_check_clean(self):
        self.assertEqual(self.format().returncode, 0)
        with open(self.source, encoding="utf-8") as file:
            self.assertEqual(file.read(), "int* p;\n")
        self.assertEqual(self.format("--check").returncode, 0)


if __name__ == "__main__":
    unittest.main()
