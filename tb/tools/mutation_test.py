"""The faults of tools/mutate: found where they can be, chosen the same each time, and written so that the rest stays."""

import contextlib
import importlib.machinery
import importlib.util
import io
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

PROJECT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
sys.path.insert(0, f"{PROJECT}/tools")
from mutation import faults  # noqa: E402

LOADER = importlib.machinery.SourceFileLoader("mutate_tool", f"{PROJECT}/tools/mutate")
mutate = importlib.util.module_from_spec(importlib.util.spec_from_loader("mutate_tool", LOADER))
LOADER.exec_module(mutate)

MODULE = """
module m (input logic clk_i, output logic [7:0] out_o);
  localparam logic [3:0] LIMIT = 4'd9;  // no fault here
  logic [7:0] count_q;
  logic unused;
  assign out_o = count_q[7:4] == 4'd3 ? 8'd1 : count_q;
  assign unused = &{1'b0, count_q};
  always_ff @(posedge clk_i) begin
    if (count_q < 8'd5) count_q <= count_q + 8'd1;  // a < b in a comment
    else case (count_q)
      pkg::FIRST: count_q <= 8'd0;
      default: begin end
    endcase
  end
endmodule
"""


class Mutation(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = scratch.name
        self.path = f"{self.folder}/m.sv"
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(MODULE)

    def all(self):
        return faults.faults_in(self.path)

    def named(self, what, line):
        return next(fault for fault in self.all() if fault.what == what and fault.line == line)

    def test_expressions_conditions_and_assignments_are_found(self):
        found = {(fault.line, fault.what) for fault in self.all()}
        self.assertLessEqual({
            (6, "== to !="), (6, "4'd3 to 4'd2"), (6, "8'd1 to 8'd0"),
            (9, "< to <="), (9, "condition turned over"), (9, "+ to -"), (9, "assignment dropped"),
            (11, "8'd0 to 8'd1"), (11, "assignment dropped"),
        }, found)

    def test_declarations_comments_ranges_and_unused_signals_are_left_alone(self):
        self.assertEqual({fault.line for fault in self.all()}, {6, 9, 11})

    def test_an_expression_is_guarded_by_its_number(self):
        text = faults.mutated(self.path, [(7, self.named("+ to -", 9))])
        self.assertIn("count_q <= (nic_mutant::selected == 7 ? (count_q - 8'd1) : (count_q + 8'd1));", text)

    def test_two_faults_of_one_expression_stand_side_by_side(self):
        text = faults.mutated(self.path, [(1, self.named("< to <=", 9)), (2, self.named("condition turned over", 9))])
        self.assertIn("selected == 1 ? (count_q <= 8'd5) : nic_mutant::selected == 2 ? (!(count_q < 8'd5)) : (", text)

    def test_a_dropped_assignment_leaves_its_else_where_it_was(self):
        text = faults.mutated(self.path, [(3, self.named("assignment dropped", 9))])
        self.assertIn("begin if (nic_mutant::selected != 3) count_q <= count_q + 8'd1; end", text)
        self.assertIn("end  // a < b in a comment\n    else case", text)

    def test_without_faults_the_copy_is_the_original(self):
        self.assertEqual(faults.mutated(self.path, []), MODULE)

    def test_the_choice_repeats_and_takes_from_every_file(self):
        by_file = {name: self.all() for name in ("a.sv", "b.sv")}
        chosen = faults.choose(by_file, 6, seed=1)
        self.assertEqual(len(chosen), 6)
        self.assertEqual(chosen, faults.choose(by_file, 6, seed=1))
        self.assertNotEqual(chosen, faults.choose(by_file, 6, seed=2))

    def judge(self, outcomes, survivors):
        """(good, what was printed) for faults 1, 2, ... of which each was found by outcomes[i] or by nobody."""
        os.makedirs(f"{self.folder}/tb/mutation")
        with open(f"{self.folder}/tb/mutation/survivors.txt", "w", encoding="utf-8") as file:
            file.write(survivors)
        listing = [{"number": n, "file": "m.sv", "line": n, "source": f"a{n} <= b;", "what": "assignment dropped"}
                   for n in range(1, len(outcomes) + 1)]
        output = io.StringIO()
        before, mutate.ROOT = mutate.ROOT, self.folder
        try:
            with contextlib.redirect_stdout(output):
                good = mutate.report(listing, {str(n): by for n, by in enumerate(outcomes, 1)})
        finally:
            mutate.ROOT = before
        return good, output.getvalue()

    def test_a_fault_that_changes_nothing_does_not_count(self):
        good, text = self.judge(["t: A.B", ""], "same\tm.sv\t*\t^a2\tnobody looks at it\n")
        self.assertTrue(good, text)
        self.assertIn("survived, same: nobody looks at it", text)
        self.assertIn("| m.sv | 2 | 1 | 1 | 100 |", text)

    def test_a_hole_counts_whether_it_is_explained_or_not(self):
        good, text = self.judge(["t: A.B", "", ""], "hole\tm.sv\t*\t^a2\ta test is missing\n")
        self.assertFalse(good)
        self.assertIn("survived, hole: a test is missing", text)
        self.assertIn("survived, hole: not explained", text)
        self.assertIn("- found: 33.3 %, goal at least 95 %: missed", text)

    def program(self, body):
        path = f"{self.folder}/program"
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\n{body}\n")
        os.chmod(path, 0o755)
        return mutate.Program("program", path, ["*"])

    def test_the_test_that_fails_is_named_and_the_fault_handed_over(self):
        program = self.program('[ "$NICOSIM_MUTANT" = 4 ] || exit 0\necho "[  FAILED  ] Ring.Wraps (3 ms)"; exit 1')
        self.assertEqual(mutate.execute(program, 4, 5, 60).by, "program: Ring.Wraps")
        self.assertFalse(mutate.execute(program, 0, 5, 60).failed)

    def test_a_program_that_dies_or_hangs_has_found_the_fault(self):
        dies = self.program('echo "[ RUN      ] Ring.Wraps"; kill -ABRT $$')
        self.assertEqual(mutate.execute(dies, 1, 5, 60).by, "program: Ring.Wraps (dies)")
        hangs = self.program('echo "[ RUN      ] Ring.Wraps"; while :; do :; done')
        self.assertEqual(mutate.execute(hangs, 1, 1, 60).by, "program: Ring.Wraps (hangs)")
        sleeps = self.program('echo "[ RUN      ] Ring.Wraps"; exec sleep 60')
        self.assertEqual(mutate.execute(sleeps, 1, 5, 0.5).by, "program: Ring.Wraps (hangs)")

    def test_the_faulty_card_is_still_system_verilog(self):
        verilator = shutil.which("verilator")
        if verilator is None:
            self.skipTest("no verilator")
        subprocess.run([f"{PROJECT}/tools/mutate", "generate", self.folder, "--count", "400"], check=True,
                       stdout=subprocess.DEVNULL)
        rtl = f"{self.folder}/rtl"
        packages = [f"{rtl}/{name}.sv" for name in ("nic_mutant", "nic_regs_pkg", "nic_pkg", "crc32_pkg")]
        others = [f"{rtl}/{name}" for name in sorted(os.listdir(rtl)) if name.endswith(".sv")]
        others = [path for path in others if path not in packages]
        result = subprocess.run([verilator, "--lint-only", "--assert", "-Wno-fatal", f"-I{rtl}", "--top", "nic_top",
                                 *packages, *others], capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, 0, result.stderr[-2000:])


if __name__ == "__main__":
    unittest.main()
