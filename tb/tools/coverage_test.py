"""tools/coverage puts the points of several processes together, and hides nothing that holes.txt does not name."""

import contextlib
import importlib.machinery
import importlib.util
import io
import os
import tempfile
import unittest

PROJECT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
LOADER = importlib.machinery.SourceFileLoader("coverage_tool", f"{PROJECT}/tools/coverage")
SPEC = importlib.util.spec_from_loader("coverage_tool", LOADER)
coverage = importlib.util.module_from_spec(SPEC)
LOADER.exec_module(coverage)

FILTER = f"{PROJECT}/rtl/rx_filter.sv"


class CoverageTool(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = scratch.name
        self.rules = f"{self.folder}/rules"
        os.mkdir(f"{self.folder}/points")

    def write(self, name, text):
        with open(f"{self.folder}/{name}", "w", encoding="utf-8") as file:
            file.write(text)

    def points(self, process, *rows):
        self.write(f"points/{process}.points", "".join("\t".join(map(str, row)) + "\n" for row in rows))

    def report(self, rules=""):
        """(good, what was printed)"""
        self.write("rules", rules)
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            reached = coverage.read_points(f"{self.folder}/points")
            good = coverage.report(reached, coverage.read_rules(self.rules))
        return good, output.getvalue()

    def test_a_point_that_any_process_reached_is_reached(self):
        self.points(1, (0, FILTER, 10, 3, "v_line", "block"), (1, FILTER, 11, 3, "v_branch", "if"))
        self.points(2, (1, FILTER, 10, 3, "v_line", "block"), (0, FILTER, 11, 3, "v_branch", "if"))
        good, text = self.report()
        self.assertTrue(good, text)
        self.assertIn("| rx_filter.sv | 2/2 | 100.0 |", text)

    def test_only_the_cards_own_files_count(self):
        self.points(1, (0, f"{PROJECT}/tb/rtl/csr/csr_tb.sv", 10, 3, "v_line", "block"),
                    (1, FILTER, 10, 3, "v_line", "block"))
        good, text = self.report()
        self.assertTrue(good, text)
        self.assertNotIn("csr_tb", text)

    def test_a_line_that_nobody_reached_and_nobody_explains_fails(self):
        self.points(1, *((1, FILTER, line, 3, "v_line", "block") for line in range(1, 80)),
                    (0, FILTER, 5, 3, "v_branch", "else"))
        good, text = self.report()
        self.assertFalse(good)
        self.assertIn("- rtl/rx_filter.sv:5: line: ", text)
        self.assertIn("not explained", text)
        self.assertIn("- line: 98.75 %, goal at least 98 %: met", text)

    def test_an_explained_hole_still_counts_as_a_hole(self):
        self.points(1, (1, FILTER, 4, 3, "v_line", "block"), (0, FILTER, 5, 3, "v_branch", "else"))
        good, text = self.report("explain\tline\trx_filter.sv\t.\ta reason\n")
        self.assertFalse(good)
        self.assertIn(": a reason", text)
        self.assertIn("- line: 50.00 %, goal at least 98 %: missed", text)

    def test_an_excluded_signal_does_not_count_and_its_neighbours_do(self):
        self.points(1, (0, FILTER, 7, 3, "v_toggle", "now_i[63]"), (1, FILTER, 8, 3, "v_toggle", "now"))
        good, text = self.report("exclude\ttoggle\t*\t^now_i\\[\ttime base\n")
        self.assertTrue(good, text)
        self.assertIn("| 1/1 | 100.0 | 1 |", text)

    def test_reserved_bits_of_a_register_do_not_count_and_the_others_do(self):
        # WUC has bits 0, 1 and 3
        path = f"{PROJECT}/rtl/csr_registers.sv"
        self.points(1, *((int(bit == 3), path, 7, 3, "v_toggle", f"wuc_q[{bit}]") for bit in range(32)),
                    (1, path, 7, 3, "v_toggle", "unheard_of_q[31]"))
        text = self.report("reserved\ttoggle\tcsr_registers.sv\t^(\\w+)_q\\[(\\d+)\\]\tnot in the table\n")[1]
        self.assertIn("| 2/4 | 50.0 | 29 |", text)

    def test_bits_of_a_signal_become_ranges(self):
        self.points(1, *((0, FILTER, 7, 3, "v_toggle", f"addr[{bit}]") for bit in (3, 4, 5, 9)))
        self.assertIn("`addr[9, 5:3]`", self.report()[1])

    def test_a_rule_that_matches_nothing_is_named(self):
        self.points(1, (1, FILTER, 4, 3, "v_line", "block"))
        self.assertIn("holes.txt:1: matches no point", self.report("explain\tline\tgone.sv\t.\ta reason\n")[1])

    def test_a_rule_that_cannot_be_read_stops(self):
        with self.assertRaises(SystemExit):
            self.report("ignore\tline\t*\t.\ta reason\n")

    def test_the_committed_rules_can_be_read(self):
        self.assertTrue(coverage.read_rules(f"{PROJECT}/tb/coverage/holes.txt"))
        self.assertTrue(coverage.named_tests())


if __name__ == "__main__":
    unittest.main()
