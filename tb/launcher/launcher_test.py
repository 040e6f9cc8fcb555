"""The launcher on a scratch copy of itself with fake tools: nothing is installed and nothing is built.

Each fake appends its name and arguments to a file, so a test can say what was called and what was not. The fake ninja
"builds" by writing a shell script where the program would be.
"""

import fcntl
import os
import pty
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

PROJECT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))

# Every fake that could change the machine is here; a test that forgets one would run the real tool.
FAKES = {
    # $FAKES/installed holds the names of installed packages.
    "dpkg-query": """
for package in "$@"; do
  if grep -qx -- "$package" "$FAKES/installed"; then echo "installed $package 1.0"; fi
done
exit 1
""",
    # Installing works, unless $FAKES/apt-fails holds a count of failures to come.
    "apt-get": """
[ "$1" = install ] || exit 0
if [ -s "$FAKES/apt-fails" ]; then
  left=$(cat "$FAKES/apt-fails")
  if [ "$left" -gt 0 ]; then echo $((left - 1)) >"$FAKES/apt-fails"; echo "E: 404 Not Found"; exit 100; fi
fi
shift
for word in "$@"; do case $word in -*) ;; *) echo "$word" >>"$FAKES/installed" ;; esac; done
""",
    "id": "cat \"$FAKES/uid\"\n",
    "sudo": "while [ \"${1#-}\" != \"$1\" ]; do shift; done\nexec \"$@\"\n",
    "cmake": """
if [ -e "$FAKES/cmake-fails" ]; then echo "CMake Error: this is the cause"; exit 1; fi
tests=$(sed -n 's/^NICOSIM_TESTS:BOOL=//p' "$PWD/build/release/CMakeCache.txt" 2>/dev/null)
preset=release
while [ $# -gt 0 ]; do
  case $1 in
    --preset) preset=$2; shift ;;
    -DNICOSIM_TESTS=*) tests=${1#*=} ;;
  esac
  shift
done
mkdir -p "build/$preset"
printf 'CMAKE_HOME_DIRECTORY:INTERNAL=%s\\nNICOSIM_TESTS:BOOL=%s\\n' "$PWD" "$tests" >"build/$preset/CMakeCache.txt"
touch "build/$preset/build.ninja"
""",
    "ninja": """
folder=$2
echo "[1/2] compiling"
if [ -e "$FAKES/ninja-fails" ]; then echo "FAILED: nic_top.o"; echo "error: this is the cause"; exit 1; fi
if [ -e "$FAKES/ninja-slow" ]; then sleep "$(cat "$FAKES/ninja-slow")"; fi
touch "$folder/.ninja_log"
for target in "$@"; do
  case $target in
    nicosim_exe) mkdir -p "$folder/cli" && cp "$FAKES/program" "$folder/cli/nicosim" ;;
    nicosim_bench) mkdir -p "$folder/bench" && cp "$FAKES/program" "$folder/bench/nicosim_bench" ;;
  esac
done
""",
    # Prints and exits as the file $FAKES/ctest-PRESET says, if there is one.
    "ctest": """
answer=$FAKES/ctest-$(basename "$2")
if [ -e "$answer" ]; then cat "$answer"; exit 8; fi
echo "100% tests passed, 0 tests failed out of 3 in $(basename "$2")"
""",
}

PROGRAM = """#!/bin/sh
echo "program: $*"
echo "folder: $(pwd)"
[ "$2" != exits ] || exit "$3"
[ "$2" != dies ] || kill -TERM $$
"""


class LauncherTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="nicosim launcher ")
        self.addCleanup(scratch.cleanup)
        self.scratch = os.path.realpath(scratch.name)
        self.fakes = os.path.join(self.scratch, "fakes")
        self.project = os.path.join(self.scratch, "the project")
        self.elsewhere = os.path.join(self.scratch, "else where")
        for folder in (self.fakes, self.elsewhere, *(f"{self.project}/{name}" for name in ("common", "tb", "cmake"))):
            os.makedirs(folder)

        shutil.copy(f"{PROJECT}/nicosim", self.project)
        shutil.copytree(f"{PROJECT}/tools/launcher", f"{self.project}/tools/launcher")
        shutil.copytree(f"{PROJECT}/tools/packages", f"{self.project}/tools/packages")
        folders = "add_subdirectory(common)\nif(NICOSIM_TESTS)\n  add_subdirectory(tb)\nendif()\n"
        self.write(f"{self.project}/CMakeLists.txt", folders)
        self.write(f"{self.project}/CMakePresets.json", "{}\n")
        self.write(f"{self.project}/common/a.cpp", "int a;\n")

        for name, body in FAKES.items():
            self.write(f"{self.fakes}/{name}", f'#!/bin/sh\necho "{name} $*" >>"$FAKES/calls"\n{body}', mode=0o755)
        self.write(f"{self.fakes}/program", PROGRAM, mode=0o755)
        self.write(f"{self.fakes}/uid", "0\n")
        self.write(f"{self.fakes}/os-release", 'ID=debian\nVERSION_ID="12"\n')
        self.write(f"{self.fakes}/lists/deb_Packages", "")
        self.write(f"{self.fakes}/installed", "\n".join(self.packages("run", "waves", "test", "bench", "verify")) + "\n")

    def write(self, path, text, mode=0o644):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)

    def packages(self, *groups):
        """The package lists as they are in the project."""
        names = []
        for group in groups:
            with open(f"{PROJECT}/tools/packages/{group}.txt", encoding="utf-8") as file:
                names += [line.split("#")[0].strip() for line in file if line.split("#")[0].strip()]
        return names

    def uninstall(self, *names):
        kept = [name for name in self.packages("run", "waves", "test", "bench", "verify") if name not in names]
        self.write(f"{self.fakes}/installed", "\n".join(kept) + "\n")

    def environment(self, **more):
        variables = {
            "PATH": f"{self.fakes}:/usr/bin:/bin",
            "FAKES": self.fakes,
            "NICOSIM_OS_RELEASE": f"{self.fakes}/os-release",
            "NICOSIM_APT_LISTS": f"{self.fakes}/lists",
            "LC_ALL": "C.UTF-8",
        }
        return variables | more

    def nicosim(self, *arguments, cwd=None, path=None, **more):
        return subprocess.run(
            [path or f"{self.project}/nicosim", *arguments],
            cwd=cwd or self.elsewhere,
            env=self.environment(**more),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def calls(self, tool):
        """What `tool` was called with, oldest first."""
        try:
            with open(f"{self.fakes}/calls", encoding="utf-8") as file:
                return [line.split(" ", 1)[1].strip() for line in file if line.split(" ", 1)[0] == tool]
        except FileNotFoundError:
            return []


class LauncherPackages(LauncherTest):
    def test_nothing_missing_means_no_apt_call(self):
        self.assertEqual(self.nicosim("run", "a.toml").returncode, 0)
        self.assertEqual(self.calls("apt-get"), [])

    def test_no_install_names_what_is_missing_and_exits_2(self):
        self.uninstall("verilator", "libfmt-dev")
        result = self.nicosim("run", "a.toml", "--no-install")
        self.assertEqual(result.returncode, 2)
        self.assertIn("missing packages: verilator libfmt-dev\n", result.stderr)
        self.assertEqual(self.calls("apt-get") + self.calls("cmake"), [])

    def test_no_install_goes_on_when_nothing_is_missing(self):
        result = self.nicosim("--no-install", "run", "a.toml")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("program: run a.toml\n", result.stdout)

    def test_test_installs_what_the_proofs_need(self):
        self.uninstall(*self.packages("verify"))
        self.assertEqual(self.nicosim("test", "-L", "formal").returncode, 0)
        self.assertIn(" ".join(self.packages("verify")), self.calls("apt-get")[-1])

    def test_run_does_not_ask_for_what_only_tests_need(self):
        self.uninstall("libgtest-dev", "tshark", "valgrind")
        self.assertEqual(self.nicosim("run", "a.toml", "--no-install").returncode, 0)
        result = self.nicosim("test", "--no-install")
        self.assertEqual(result.returncode, 2)
        self.assertIn("missing packages: libgtest-dev tshark valgrind\n", result.stderr)

    def test_waves_need_zlib_and_other_runs_do_not(self):
        self.uninstall("zlib1g-dev")
        self.assertEqual(self.nicosim("run", "a.toml", "--no-install").returncode, 0)
        result = self.nicosim("run", "a.toml", "--waves", "--no-install")
        self.assertEqual(result.returncode, 2)
        self.assertIn("missing packages: zlib1g-dev\n", result.stderr)

    def test_bench_needs_valgrind(self):
        self.uninstall("valgrind", "tshark")
        result = self.nicosim("bench", "--no-install")
        self.assertEqual(result.returncode, 2)
        self.assertIn("missing packages: valgrind\n", result.stderr)

    def test_without_a_terminal_it_installs_just_what_is_missing_and_goes_on(self):
        self.uninstall("verilator")
        result = self.nicosim("run", "a.toml")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.calls("apt-get"), ["install -y --no-install-recommends verilator"])
        self.assertEqual(self.calls("sudo"), [])
        self.assertEqual(result.stdout.splitlines()[0], "program: run a.toml")

    def test_who_is_not_root_goes_through_sudo(self):
        self.write(f"{self.fakes}/uid", "1000\n")
        self.uninstall("verilator")
        self.assertEqual(self.nicosim("run", "a.toml").returncode, 0)
        self.assertEqual(
            self.calls("sudo"),
            ["-n env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends verilator"],
        )

    def test_empty_package_lists_are_fetched_first(self):
        os.remove(f"{self.fakes}/lists/deb_Packages")
        self.uninstall("verilator")
        self.assertEqual(self.nicosim("run", "a.toml").returncode, 0)
        self.assertEqual([call.split()[0] for call in self.calls("apt-get")], ["update", "install"])

    def test_an_install_that_fails_is_tried_again_with_new_lists(self):
        self.write(f"{self.fakes}/apt-fails", "1\n")
        self.uninstall("verilator")
        self.assertEqual(self.nicosim("run", "a.toml").returncode, 0)
        self.assertEqual([call.split()[0] for call in self.calls("apt-get")], ["install", "update", "install"])

    def test_an_install_that_fails_twice_exits_5_with_apts_words(self):
        self.write(f"{self.fakes}/apt-fails", "2\n")
        self.uninstall("verilator")
        result = self.nicosim("run", "a.toml")
        self.assertEqual(result.returncode, 5)
        self.assertIn("404 Not Found", result.stderr)
        self.assertIn("build/log/install.log", result.stderr)
        self.assertEqual(self.calls("ninja"), [])

    def test_not_debian_names_the_packages_and_exits_2(self):
        self.write(f"{self.fakes}/os-release", "ID=fedora\nID_LIKE=rhel\n")
        result = self.nicosim("run", "a.toml", "--yes")
        self.assertEqual(result.returncode, 2)
        for package in self.packages("run"):
            self.assertIn(f" {package}", result.stderr)
        self.assertEqual(self.calls("apt-get") + self.calls("cmake"), [])

    def test_not_debian_goes_on_for_who_has_the_equivalents(self):
        self.write(f"{self.fakes}/os-release", "ID=fedora\n")
        self.assertEqual(self.nicosim("run", "a.toml", NICOSIM_SKIP_PACKAGES="1").returncode, 0)

    def test_what_is_like_debian_is_tried(self):
        self.write(f"{self.fakes}/os-release", 'ID=mint\nID_LIKE="ubuntu debian"\n')
        self.uninstall("verilator")
        self.assertEqual(self.nicosim("run", "a.toml").returncode, 0)
        self.assertEqual(len(self.calls("apt-get")), 1)

    def on_terminal(self, answer, *arguments, **more):
        """Exit code and output of a call on a terminal where somebody types `answer`."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.elsewhere)
            os.execve(f"{self.project}/nicosim", ["nicosim", *arguments], self.environment(**more))
        os.write(terminal, answer.encode())
        output = b""
        while True:
            try:
                part = os.read(terminal, 4096)
            except OSError:  # Linux says EIO when the other side has closed
                break
            if not part:
                break
            output += part
        os.close(terminal)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), output.decode()

    def test_on_a_terminal_no_installs_nothing_and_exits_2(self):
        self.uninstall("verilator")
        code, output = self.on_terminal("n\n", "run", "a.toml")
        self.assertEqual(code, 2, output)
        self.assertIn("install them with apt-get?", output)
        self.assertEqual(self.calls("apt-get"), [])

    def test_on_a_terminal_return_agrees(self):
        self.uninstall("verilator")
        code, output = self.on_terminal("\n", "run", "a.toml")
        self.assertEqual(code, 0, output)
        self.assertEqual(len(self.calls("apt-get")), 1)
        self.assertIn("building 1/2", output)

    def test_yes_does_not_ask(self):
        self.uninstall("verilator")
        code, output = self.on_terminal("", "run", "a.toml", "--yes")
        self.assertEqual(code, 0, output)
        self.assertNotIn("install them with apt-get?", output)

    def test_ci_is_not_asked_even_on_a_terminal(self):
        self.uninstall("verilator")
        code, output = self.on_terminal("", "run", "a.toml", CI="true")
        self.assertEqual(code, 0, output)


class LauncherBuild(LauncherTest):
    def test_run_builds_only_the_program_and_without_tests(self):
        self.assertEqual(self.nicosim("run", "a.toml").returncode, 0)
        self.assertEqual(self.calls("cmake"), ["--preset release -DNICOSIM_TESTS=OFF"])
        self.assertEqual(len(self.calls("ninja")), 1)
        self.assertTrue(self.calls("ninja")[0].endswith(" nicosim_exe"))

    def test_a_second_call_builds_nothing_and_says_nothing(self):
        self.nicosim("run", "a.toml")
        result = self.nicosim("run", "a.toml")
        self.assertEqual(result.stderr, "")
        self.assertEqual((len(self.calls("cmake")), len(self.calls("ninja"))), (1, 1))

    def test_a_second_call_starts_in_well_under_a_second(self):
        self.nicosim("run", "a.toml")
        took = []
        for _ in range(3):
            began = time.monotonic()
            self.nicosim("run", "a.toml")
            took.append(time.monotonic() - began)
        self.assertLess(min(took), 1.0)

    def assert_rebuilds_after(self, change):
        self.nicosim("run", "a.toml")
        time.sleep(0.05)  # longer than the tick of file times
        change()
        self.assertEqual(self.nicosim("run", "a.toml").returncode, 0)
        self.assertEqual(len(self.calls("ninja")), 2)

    def test_an_edited_source_is_built(self):
        self.assert_rebuilds_after(lambda: self.write(f"{self.project}/common/a.cpp", "int b;\n"))

    def test_a_source_that_an_archive_dates_back_is_built(self):
        def unpack():
            self.write(f"{self.project}/common/a.cpp", "int b;\n")
            os.utime(f"{self.project}/common/a.cpp", (0, 0))

        self.assert_rebuilds_after(unpack)

    def test_a_removed_source_is_noticed(self):
        self.assert_rebuilds_after(lambda: os.remove(f"{self.project}/common/a.cpp"))

    def test_an_upgraded_compiler_is_noticed(self):
        fake = FAKES["dpkg-query"].replace("1.0", "2.0")
        self.assert_rebuilds_after(lambda: self.write(f"{self.fakes}/dpkg-query", f"#!/bin/sh\n{fake}", mode=0o755))

    def test_a_program_that_was_deleted_is_built_again(self):
        self.assert_rebuilds_after(lambda: os.remove(f"{self.project}/build/release/cli/nicosim"))

    def test_an_edited_test_does_not_rebuild_the_program(self):
        self.nicosim("run", "a.toml")
        time.sleep(0.05)
        self.write(f"{self.project}/tb/a_test.cpp", "int t;\n")
        self.nicosim("run", "a.toml")
        self.assertEqual(len(self.calls("ninja")), 1)

    def test_an_edit_during_the_build_is_built_by_the_next_call(self):
        record = 'echo "ninja $*" >>"$FAKES/calls"'
        edit = f'sleep 0.05; echo "int late;" >"{self.project}/common/a.cpp"'
        self.write(f"{self.fakes}/ninja", f"#!/bin/sh\n{record}\n{edit}\n{FAKES['ninja']}", mode=0o755)
        self.nicosim("run", "a.toml")
        self.nicosim("run", "a.toml")
        self.assertEqual(len(self.calls("ninja")), 2)

    def test_changed_presets_are_configured_again(self):
        self.assert_rebuilds_after(lambda: self.write(f"{self.project}/CMakePresets.json", "{ }\n"))
        self.assertEqual(self.calls("cmake")[1:], ["--preset release"])

    def test_a_moved_project_is_built_anew(self):
        self.nicosim("run", "a.toml")
        moved = f"{self.scratch}/moved here"
        os.rename(self.project, moved)
        self.project = moved
        result = self.nicosim("run", "a.toml")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.calls("cmake")[1:], ["--preset release --fresh -DNICOSIM_TESTS=OFF"])

    def test_a_build_failure_exits_5_and_shows_the_end_of_the_log_and_its_path(self):
        self.write(f"{self.fakes}/ninja-fails", "")
        result = self.nicosim("run", "a.toml")
        self.assertEqual(result.returncode, 5)
        self.assertIn("error: this is the cause\n", result.stderr)
        self.assertIn(f"{self.project}/build/log/release-build.log", result.stderr)
        self.assertEqual(result.stdout, "")

    def test_a_build_folder_that_cannot_be_written_exits_4(self):
        self.write(f"{self.project}/build", "a file\n")
        result = self.nicosim("run", "a.toml")
        self.assertEqual(result.returncode, 4)
        self.assertIn(f"cannot write to {self.project}/build\n", result.stderr)

    def test_after_a_build_failure_the_next_call_builds_again(self):
        self.write(f"{self.fakes}/ninja-fails", "")
        self.nicosim("run", "a.toml")
        os.remove(f"{self.fakes}/ninja-fails")
        self.assertEqual(self.nicosim("run", "a.toml").returncode, 0)

    def test_a_configure_failure_exits_5_and_shows_the_cause(self):
        self.write(f"{self.fakes}/cmake-fails", "")
        result = self.nicosim("run", "a.toml")
        self.assertEqual(result.returncode, 5)
        self.assertIn("CMake Error: this is the cause\n", result.stderr)

    def test_without_a_terminal_each_step_is_one_line(self):
        result = self.nicosim("run", "a.toml")
        self.assertEqual([line.split(":")[0] for line in result.stderr.splitlines()], ["nicosim"] * 2)
        self.assertIn("first time: about", result.stderr)

    def test_two_calls_at_once_build_once(self):
        self.write(f"{self.fakes}/ninja-slow", "1\n")
        command = [f"{self.project}/nicosim", "run", "a.toml"]
        both = [
            subprocess.Popen(command, env=self.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for _ in range(2)
        ]
        results = [process.communicate() for process in both]
        self.assertEqual([process.returncode for process in both], [0, 0], results)
        self.assertEqual(len(self.calls("ninja")), 1)
        self.assertEqual(sum("waiting for another build" in errors for _, errors in results), 1)

    def test_an_interrupt_while_building_exits_130_and_the_next_call_builds(self):
        self.write(f"{self.fakes}/ninja-slow", "30\n")
        with subprocess.Popen(
            [f"{self.project}/nicosim", "run"],
            env=self.environment(),
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        ) as process:
            while not self.calls("ninja"):
                time.sleep(0.01)
            os.killpg(process.pid, signal.SIGINT)
            self.assertNotIn(b"the build failed", process.stderr.read())
        self.assertEqual(process.returncode, 130)
        os.remove(f"{self.fakes}/ninja-slow")
        self.assertEqual(self.nicosim("run", "a.toml").returncode, 0)

    def test_the_program_does_not_keep_the_build_lock(self):
        self.write(f"{self.fakes}/program", '#!/bin/sh\necho up\nread -r line\n', mode=0o755)
        with subprocess.Popen(
            [f"{self.project}/nicosim", "run"],
            env=self.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as process:
            process.stdout.readline()
            with open(f"{self.project}/build/lock", "w", encoding="utf-8") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # raises when somebody holds it
            process.stdin.close()

    def test_waves_are_written_by_a_build_of_their_own(self):
        for word in ("--waves", "--waves=1ms..2ms"):
            result = self.nicosim("run", "a.toml", word)
            self.assertIn(f"program: run a.toml {word}\n", result.stdout)
        calls = self.calls("ninja")
        self.assertEqual(len(calls), 1)
        self.assertIn("/build/trace ", calls[0])
        self.nicosim("run", "a.toml", "--", "--waves")
        self.assertIn("/build/release ", self.calls("ninja")[1])

    def test_bench_builds_and_runs_the_benchmarks(self):
        result = self.nicosim("bench", "cosim")
        self.assertIn("program: cosim\n", result.stdout)
        self.assertTrue(self.calls("ninja")[0].endswith(" nicosim_exe nicosim_bench"))

    def test_coverage_builds_its_tests_in_a_folder_of_their_own_and_passes_the_verdict_on(self):
        self.write(f"{self.project}/tools/coverage", "import sys\nprint(*sys.argv[1:])\nsys.exit(1)\n")
        result = self.nicosim("coverage", "-j", "1")
        self.assertEqual(result.returncode, 1)
        self.assertTrue(result.stdout.endswith("build/coverage -j 1\n"), result.stdout)
        self.assertEqual(self.calls("cmake"), ["--preset coverage -DNICOSIM_TESTS=ON"])
        self.assertTrue(self.calls("ninja")[0].endswith(" nicosim_coverage_tests"))

    def test_mutate_makes_the_faults_builds_them_and_runs_the_tests(self):
        self.write(f"{self.project}/tools/mutate", "import sys\nprint(*sys.argv[1:])\n")
        result = self.nicosim("mutate", "--count", "12", "-j", "1")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("build/mutate --count 12\n", result.stderr)
        self.assertTrue(result.stdout.startswith("run ") and result.stdout.endswith("build/mutate -j 1\n"), result.stdout)
        self.assertEqual(self.calls("cmake"), ["--preset mutate -DNICOSIM_TESTS=ON"])
        self.assertEqual(self.nicosim("mutate", "--count").returncode, 2)


class LauncherCall(LauncherTest):
    def test_the_programs_exit_code_is_passed_through(self):
        for code in (0, 1, 3, 125):
            self.assertEqual(self.nicosim("run", "exits", str(code)).returncode, code)

    def test_the_launcher_becomes_the_program_so_signals_reach_it(self):
        self.assertEqual(self.nicosim("run", "dies").returncode, -15)

    def test_works_through_a_symlink_from_another_folder_with_spaces(self):
        link = f"{self.elsewhere}/my link"
        os.symlink("../the project/nicosim", link)
        result = self.nicosim("run", "sub dir/a.toml", path="./my link")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(result.stdout, f"program: run sub dir/a.toml\nfolder: {self.elsewhere}\n")

    def test_arguments_after_two_dashes_belong_to_the_command(self):
        result = self.nicosim("run", "--", "a.toml", "--yes", "a b", "")
        self.assertIn("program: run -- a.toml --yes a b \n", result.stdout)

    def test_its_own_options_do_not_reach_the_program(self):
        self.assertIn("program: run a.toml\n", self.nicosim("--yes", "run", "--no-install", "a.toml").stdout)

    def test_an_unknown_command_exits_2_with_the_nearest_name(self):
        for typed, meant in (("rnu", "run"), ("repaly", "replay"), ("dcotor", "doctor"), ("regsiters", "registers")):
            result = self.nicosim(typed)
            self.assertEqual(result.returncode, 2)
            self.assertIn(f"no command '{typed}'; the nearest is '{meant}'", result.stderr)
        self.assertEqual(self.calls("cmake"), [])

    def test_no_command_exits_2_with_the_usage_on_stderr(self):
        result = self.nicosim()
        self.assertEqual((result.returncode, result.stdout), (2, ""))
        self.assertIn("usage: ./nicosim", result.stderr)

    def test_help_is_answered_at_once(self):
        result = self.nicosim("--help")
        self.assertEqual(result.returncode, 0)
        self.assertIn("usage: ./nicosim", result.stdout)
        self.assertEqual(self.calls("cmake"), [])

    def test_doctor_names_what_is_missing_and_the_line_that_installs_it(self):
        self.uninstall("verilator", "tshark", *self.packages("verify"))
        result = self.nicosim("doctor")
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stdout, r"(?m)^  verilator +missing$")
        self.assertRegex(result.stdout, r"(?m)^  cmake +1\.0$")
        self.assertIn(f"  apt-get install verilator tshark {' '.join(self.packages('verify'))}\n", result.stdout)
        self.assertEqual(self.calls("apt-get") + self.calls("cmake"), [])

    def test_doctor_is_content_when_run_has_all_it_needs(self):
        self.uninstall("tshark")
        self.assertEqual(self.nicosim("doctor").returncode, 0)


class LauncherTests(LauncherTest):
    """./nicosim test."""

    FAILURE = (
        "    Start 1: Tcp.Retransmits/0\n"
        "1/3 Test #1: Tcp.Retransmits/0 ...............***Failed    0.01 sec\nexpected 1, got 2\n"
        "2/3 Test #2: Tap.NeedsPermission .............***Skipped   0.01 sec\n"
        "3/3 Test #3: Sweep/Ring.Wraps/(1, 2) ...Subprocess aborted***Exception:   0.01 sec\n"
        "33% tests passed, 2 tests failed out of 3\n"
    )

    def test_everything_is_built_with_tests_and_sanitized_first(self):
        result = self.nicosim("test")
        self.assertEqual(result.returncode, 0, result.stderr)
        builds = [call.split() for call in self.calls("ninja")]
        self.assertEqual([(os.path.basename(self.preset(call)), call[-1]) for call in builds],
                         [("sanitize", "nicosim_sanitized_tests"), ("fuzz", "nicosim_fuzz_tests"), ("release", "all")])
        self.assertEqual(self.calls("cmake"),
                         [f"--preset {preset} -DNICOSIM_TESTS=ON" for preset in ("sanitize", "fuzz", "release")])
        self.assertEqual(result.stdout.splitlines()[-1], "100% tests passed, 0 tests failed out of 3 in release")

    def preset(self, words):
        """The build folder in the words of a ninja call, whose path has spaces in it."""
        return " ".join(words[1 : words.index("-j")])

    def test_by_default_all_but_the_long_ones_run(self):
        self.nicosim("test")
        sanitized, fuzz, release = self.calls("ctest")
        self.assertIn("-L replay|fuzz-smoke --no-tests=ignore", sanitized)
        self.assertTrue(fuzz.endswith("build/fuzz --output-on-failure -j 2 -L ^fuzz$ --no-tests=ignore"), fuzz)
        self.assertTrue(release.endswith("build/release --output-on-failure -j 2 -LE ^long$"), release)

    def test_a_filter_runs_in_the_release_build_alone(self):
        self.nicosim("test", "-L", "unit", "-R", "^Tcp", "-j", "5")
        self.assertEqual(len(self.calls("ctest")), 1)
        options = "--output-on-failure -j 5 -L unit -R ^Tcp --no-tests=error"
        self.assertTrue(self.calls("ctest")[0].endswith(f"build/release {options}"), self.calls("ctest"))

    def test_a_label_of_the_sanitized_tests_runs_there_too(self):
        self.nicosim("test", "-L", "fuzz-smoke")
        self.assertEqual(len(self.calls("ctest")), 2)
        self.assertIn("-L replay|fuzz-smoke -L fuzz-smoke --no-tests=ignore", self.calls("ctest")[0])

    def test_the_fuzzers_run_by_their_label(self):
        self.nicosim("test", "-L", "fuzz")
        sanitized, fuzz, release = self.calls("ctest")
        self.assertIn("-L ^fuzz$ -L fuzz --no-tests=ignore", fuzz)
        self.assertIn("build/release --output-on-failure -j 2 -L fuzz --no-tests=ignore", release)

    def test_a_finding_fails_with_the_command_that_repeats_the_fuzzer(self):
        words = "host.hpp:131: broken: nobody may be lost"
        self.write(f"{self.fakes}/ctest-fuzz", f"1/1 Test #1: Fuzz.tcp .....***Failed   0.01 sec\n{words}\n")
        result = self.nicosim("test", "-L", "fuzz")
        self.assertEqual(result.returncode, 1)
        self.assertIn(f"    Fuzz.tcp failed; ./nicosim test -L fuzz -R '^Fuzz[.]tcp$'\n    {words}\n", result.stderr)
        self.assertIn("repeat it with: ./nicosim test -L fuzz -R '^Fuzz[.]tcp$'\n", result.stdout)
        self.assertIn("a fuzzer found something", result.stderr)

    def test_a_failure_names_the_command_that_repeats_it_and_exits_1(self):
        self.write(f"{self.fakes}/ctest-release", self.FAILURE)
        result = self.nicosim("test", "-L", "unit")
        self.assertEqual(result.returncode, 1)
        self.assertIn("repeat it with: ./nicosim test -R '^Tcp[.]Retransmits/0$'\n", result.stdout)
        self.assertIn("-R '^Sweep/Ring[.]Wraps/[(]1, 2[)]$'\n", result.stdout)
        self.assertEqual(result.stdout.count("repeat it with"), 2)
        self.assertEqual(result.stdout.splitlines()[-1], "33% tests passed, 2 tests failed out of 3")
        self.assertIn("    Tcp.Retransmits/0 failed; ./nicosim test -R '^Tcp[.]Retransmits/0$'\n", result.stderr)
        self.assertEqual(result.stderr.count(" failed; "), 2)

    def test_a_sanitized_failure_counts_although_release_passes(self):
        self.write(f"{self.fakes}/ctest-sanitize", self.FAILURE)
        result = self.nicosim("test")
        self.assertEqual(result.returncode, 1)
        self.assertIn("./nicosim test -L 'replay|fuzz-smoke' -R ", result.stdout)
        self.assertEqual(len(self.calls("ctest")), 3)
        self.assertIn("sanitized build failed", result.stderr)

    def test_run_after_test_does_not_switch_the_tests_off(self):
        self.nicosim("test", "-L", "unit")
        self.nicosim("run", "a.toml")
        self.assertEqual(self.calls("cmake"), ["--preset release -DNICOSIM_TESTS=ON"])

    def test_test_after_run_switches_the_tests_on(self):
        self.nicosim("run", "a.toml")
        self.nicosim("test", "-L", "unit")
        switches = [call.removeprefix("--preset release ") for call in self.calls("cmake")]
        self.assertEqual(switches, ["-DNICOSIM_TESTS=OFF", "-DNICOSIM_TESTS=ON"])

    def test_an_option_it_does_not_know_exits_2(self):
        for arguments in (["--frobnicate"], ["-L"], ["-j", "none"], ["-j0"]):
            result = self.nicosim("test", *arguments)
            self.assertEqual(result.returncode, 2, arguments)
        self.assertEqual(self.calls("ctest"), [])


if __name__ == "__main__":
    unittest.main()
