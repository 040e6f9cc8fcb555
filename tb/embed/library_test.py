"""libnicosim.so as somebody else sees it: its symbols, its header, its place after an install."""

import os
import subprocess
import tempfile
import unittest

PROJECT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
LIBRARY = os.environ.get("NICOSIM_LIBRARY", "")
HEADER = os.path.join(PROJECT, "include/nicosim/embed.h")


def run(*command):
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


class Library(unittest.TestCase):
    def declared(self):
        """The functions of the header."""
        names = set()
        with open(HEADER, encoding="utf-8") as header:
            for line in header:
                if line.startswith("NICOSIM_API"):
                    names.add(line.split("(")[0].split()[-1].lstrip("*"))
        return names

    def test_shows_the_functions_of_its_header_and_nothing_else(self):
        shown = {line.split()[-1] for line in run("nm", "-D", "--defined-only", LIBRARY).splitlines()}
        shown.discard("sc_main")  # SystemC's library wants it
        self.assertEqual(shown, self.declared())
        self.assertGreater(len(shown), 30)

    def compiled(self, language, *options):
        with tempfile.TemporaryDirectory() as folder:
            source = os.path.join(folder, "one." + language)
            with open(source, "w", encoding="utf-8") as file:
                file.write("#include <nicosim/embed.h>\nint main(void) { nicosim_destroy(NULL); return 0; }\n")
            program = os.path.join(folder, "one")
            compiler = "cc" if language == "c" else "c++"
            run(compiler, *options, "-Wall", "-Wextra", "-pedantic", "-Werror", "-I" + os.path.join(PROJECT, "include"),
                source, LIBRARY, "-Wl,-rpath," + os.path.dirname(LIBRARY), "-o", program)  # fmt: skip
            return run(program)

    def test_links_to_a_program_in_c11_and_says_nothing_on_its_own(self):
        self.assertEqual(self.compiled("c", "-std=c11"), "")

    def test_links_to_a_program_in_cxx(self):
        self.assertEqual(self.compiled("cpp", "-std=c++17"), "")


if __name__ == "__main__":
    unittest.main()
