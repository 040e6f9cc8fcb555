"""tools/check_tree on small trees that each break one rule, so that a silent check means a kept rule."""

import os
import subprocess
import tempfile
import unittest

CHECK = os.path.realpath(os.path.join(os.path.dirname(__file__), "../../tools/check_tree"))


class CheckTree(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.root = scratch.name

    def write(self, path, text):
        full = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)

    def breaches(self):
        result = subprocess.run([CHECK, self.root], capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, 1 if result.stdout else 0, result.stderr)
        return result.stdout.splitlines()

    def assert_refused(self, path, text, words, line=1):
        self.write(path, text)
        breaches = self.breaches()
        self.assertEqual(len(breaches), 1, breaches)
        self.assertTrue(breaches[0].startswith(f"{path}:{line}: "), breaches[0])
        self.assertIn(words, breaches[0])

    def test_a_tree_that_keeps_the_rules_is_silent(self):
        self.write("driver/ring.cpp", '#include "driver/ring.hpp"\n#include "regmap/regs.hpp"\n#include <array>\n')
        self.write("stack/core/tap.cpp", '#include "common/frame.hpp"\n#include "stack/core/tap.hpp"\n')
        self.write("sc_model/agenda.cpp", '#include <systemc>\n#include "driver/ring.hpp"\n')
        self.write("sc_model/rtl_model.cpp", '#include "Vnic_top.h"\n#include "verilated.h"\n')
        self.write("tb/driver/a_test.cpp", '#include "driver/ring.hpp"\n#include "tb/common/test_runtime.hpp"\n')
        self.write("tb/system/a_test.cpp", '#include <tlm>\n#include "cli/main.hpp"\n#include "stack/syscalls.hpp"\n')
        self.assertEqual(self.breaches(), [])

    def test_driver_must_not_know_the_stack(self):
        self.assert_refused("driver/napi.cpp", '\n#include "stack/syscalls.hpp"\n', "must not know stack", line=2)

    def test_stack_must_not_know_the_driver(self):
        self.assert_refused("stack/core/a.hpp", '#include "driver/device_bus.hpp"\n', "must not know driver")

    def test_common_must_not_know_who_uses_it(self):
        self.assert_refused("common/a.hpp", '#include "sc_model/agenda.hpp"\n', "must not know sc_model")

    def test_programs_see_posix_and_not_the_stack(self):
        self.assert_refused("programs/echo.cpp", '#include "stack/syscalls.hpp"\n', "must not know stack")

    def test_driver_tests_run_without_the_stack(self):
        self.assert_refused("tb/driver/a_test.cpp", '#include "stack/syscalls.hpp"\n', "must not know stack")

    def test_only_tests_include_tests(self):
        self.assert_refused("common/a.cpp", '#include "tb/common/test_runtime.hpp"\n', "only tests")

    def test_a_header_is_named_by_its_path_from_the_root(self):
        self.write("common/b.hpp", "\n")
        self.assert_refused("common/a.cpp", '#include "b.hpp"\n', "by its path from the root")

    def test_a_path_must_not_climb(self):
        self.assert_refused("driver/a.cpp", '#include "../stack/b.hpp"\n', "by its path from the root")

    def test_systemc_stays_in_its_folders(self):
        self.assert_refused("cli/main.cpp", "#include <systemc>\n", "SystemC belongs")

    def test_tlm_counts_as_systemc(self):
        self.assert_refused("tb/driver/a_test.cpp", "#include <tlm_utils/simple_target_socket.h>\n", "SystemC belongs")

    def test_verilators_headers_stay_behind_one_class(self):
        self.assert_refused("sc_model/clock_engine.cpp", '#include "verilated.h"\n', "Verilator's headers")

    def test_a_verilated_model_stays_behind_one_class(self):
        self.assert_refused("sc_model/clock_engine.cpp", '#include "Vnic_top.h"\n', "Verilator's headers")

    def test_chrono_clocks_are_refused_below_cli(self):
        self.assert_refused("sc_model/a.cpp", "auto t = std::chrono::steady_clock::now();\n", "host's clock")

    def test_time_of_the_c_library_is_refused_below_cli(self):
        self.assert_refused("stack/a.cpp", "\n\nauto t = time(nullptr);\n", "host's clock", line=3)

    def test_gettimeofday_is_refused_below_cli(self):
        self.assert_refused("driver/a.cpp", "gettimeofday(&tv, nullptr);\n", "host's clock")

    def test_cli_may_ask_the_clock(self):
        self.write("cli/a.cpp", "auto t = std::chrono::steady_clock::now();\n")
        self.assertEqual(self.breaches(), [])

    def test_rand_is_refused_in_tests_too(self):
        self.assert_refused("tb/common/a_test.cpp", "int x = rand();\n", "common/rng.hpp")

    def test_library_distributions_are_refused(self):
        self.assert_refused("stack/a.cpp", "std::uniform_int_distribution<int> d;\n", "common/rng.hpp")

    def test_comments_strings_and_members_are_no_calls(self):
        self.write(
            "stack/a.cpp",
            "// not rand() or steady_clock\n/* gettimeofday\n */\n"
            'const char* s = "time(nullptr)";\nauto r = R"(say "rand()")";\n'
            "SimTime t = event.time(); SimTime time() const; auto c = posix.clock();\n",
        )
        self.assertEqual(self.breaches(), [])

    def test_code_behind_a_digit_separator_is_still_read(self):
        self.assert_refused("common/a.cpp", "auto a = 1'000 + rand() + 1'000;\n", "common/rng.hpp")

    def test_a_file_over_two_megabytes_is_refused(self):
        self.assert_refused("docs/big.bin", "x" * (2 * 1024 * 1024 + 1), "holds no file over")

    def test_a_file_over_800_lines_is_refused(self):
        self.assert_refused("rtl/csr.sv", "// x\n" * 801, "a file is one idea", line=801)

    def test_a_generated_file_may_be_long(self):
        self.write("rtl/a_pkg.sv", "// Generated from regmap/\n" + "// x\n" * 801)
        self.write("rtl/b_pkg.sv", "// Registers.\n//\n// Written by nicosim_regmap_gen.\n" + "// x\n" * 801)
        self.assertEqual(self.breaches(), [])

    def test_a_folder_outside_the_graph_is_refused(self):
        self.assert_refused("utils/a.hpp", "#pragma once\n", "not in the folder graph")

    def test_in_a_clone_ignored_files_do_not_count(self):
        subprocess.run(["git", "init", "-q", self.root], check=True)
        self.write(".gitignore", "/build/\n")
        self.write("build/big.bin", "x" * (3 * 1024 * 1024))
        self.assertEqual(self.breaches(), [])
        self.assert_refused("common/new.cpp", "int x = rand();\n", "common/rng.hpp")


if __name__ == "__main__":
    unittest.main()
