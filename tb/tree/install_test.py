"""cmake/NicosimInstall.cmake in a project of a few lines: what an install puts where."""

import os
import shutil
import subprocess
import tempfile
import unittest

PROJECT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))


class Install(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.root = scratch.name
        os.makedirs(os.path.join(self.root, "cmake"))
        shutil.copy(os.path.join(PROJECT, "cmake/NicosimInstall.cmake"), os.path.join(self.root, "cmake"))

    def write(self, path, text=""):
        full = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)

    def installed(self, target=""):
        """The files below the prefix, after configure, build and install."""
        self.write(
            "CMakeLists.txt",
            f"cmake_minimum_required(VERSION 3.25)\nproject(scratch LANGUAGES C)\n{target}\n"
            "include(cmake/NicosimInstall.cmake)\n",
        )
        prefix = os.path.join(self.root, "prefix")
        for command in (
            ["cmake", "-G", "Ninja", "-B", "build", "."],
            ["cmake", "--build", "build"],
            ["cmake", "--install", "build", "--prefix", prefix],
        ):
            result = subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=False)
            self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        return sorted(
            os.path.relpath(os.path.join(folder, name), prefix)
            for folder, _, names in os.walk(prefix)
            for name in names
        )

    def test_puts_program_library_header_examples_and_pages_in_their_places(self):
        self.write("main.c", "int main(void) { return 0; }\n")
        self.write("include/nicosim/embed.h")
        self.write("examples/first_frame.toml")
        self.write("README.md")
        self.write("LICENSE")
        target = (
            "add_executable(nicosim_exe main.c)\nset_target_properties(nicosim_exe PROPERTIES OUTPUT_NAME nicosim)\n"
            "add_library(nicosim_embed SHARED main.c)\nset_target_properties(nicosim_embed PROPERTIES OUTPUT_NAME nicosim)"
        )
        self.assertEqual(
            self.installed(target),
            [
                "bin/nicosim",
                "include/nicosim/embed.h",
                "lib/libnicosim.so",
                "share/doc/nicosim/LICENSE",
                "share/doc/nicosim/README.md",
                "share/nicosim/examples/first_frame.toml",
            ],
        )

    def test_leaves_out_what_is_not_there(self):
        self.write("LICENSE")
        self.assertEqual(self.installed(), ["share/doc/nicosim/LICENSE"])


if __name__ == "__main__":
    unittest.main()
