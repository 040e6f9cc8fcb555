"""Every scenario in examples/ through the program: its own expectations hold, and its results do not depend on how."""

import glob
import json
import os
import subprocess
import tempfile
import unittest

PROJECT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
PROGRAM = os.environ.get("NICOSIM_PROGRAM", os.path.join(PROJECT, "build/release/cli/nicosim"))


def scenarios():
    found = sorted(glob.glob("examples/*.toml", root_dir=PROJECT))
    assert found, "examples/ holds no scenario"
    return found


def single_runs():
    """Those without a study: they have one event log and one report."""
    def is_study(scenario):
        with open(os.path.join(PROJECT, scenario), encoding="utf-8") as file:
            return "\n[study]\n" in file.read()
    return [scenario for scenario in scenarios() if not is_study(scenario)]


def run(*arguments):
    """The finished program; paths are relative to the project, as the README has them."""
    return subprocess.run([PROGRAM, *arguments], cwd=PROJECT, capture_output=True, text=True, timeout=600, check=False)


def report(*arguments):
    return json.loads(run("run", *arguments, "--quiet", "--json", "-").stdout)


class Examples(unittest.TestCase):
    def test_every_scenario_meets_its_expectations(self):
        for scenario in scenarios():
            with self.subTest(scenario=scenario):
                result = run("run", scenario)
                self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_every_scenario_expects_something_and_says_at_its_top_what_it_is_for(self):
        for scenario in scenarios():
            with self.subTest(scenario=scenario), open(os.path.join(PROJECT, scenario), encoding="utf-8") as file:
                text = file.read()
                self.assertIn("[[expect]]", text)
                self.assertTrue(text.startswith("# "))

    def test_the_event_log_does_not_depend_on_how_the_card_is_evaluated(self):
        with tempfile.TemporaryDirectory() as scratch:
            for scenario in single_runs():
                logs = []
                for number, options in enumerate(([], ["--batch", "3"], ["--random-reset", "5"])):
                    log = os.path.join(scratch, str(number))
                    run("run", scenario, "--quiet", "--events", log, *options)
                    with open(log, encoding="utf-8") as file:
                        logs.append(file.read())
                with self.subTest(scenario=scenario):
                    self.assertIn("\twire\tr0:0\t", logs[0])
                    self.assertEqual(logs[0], logs[1])
                    self.assertEqual(logs[0], logs[2])

    def test_what_the_resolved_scenario_says_is_what_was_run(self):
        with tempfile.TemporaryDirectory() as scratch:
            for scenario in single_runs():
                folder = os.path.join(scratch, os.path.basename(scenario))
                run("run", scenario, "--quiet", "--out", folder)
                again = report(os.path.join(folder, "scenario.toml"))
                with open(os.path.join(folder, "report.json"), encoding="utf-8") as file:
                    first = json.load(file)
                for of_host in (first, again):
                    del of_host["host"], of_host["title"]
                with self.subTest(scenario=scenario):
                    self.assertEqual(first, again)

    def test_a_promiscuous_card_hands_the_foreign_frame_to_the_stack_which_refuses_it(self):
        ledger = report("examples/promiscuous.toml", "--set", "nic.promiscuous=true")["ledger"]
        self.assertEqual(ledger, {"read": 1, "drop.link.OTHERHOST": 1})

    def test_a_longer_ring_moves_the_loss_from_the_card_to_the_socket(self):
        ledger = report("examples/overload.toml", "--set", "nic.rx_ring=4096")["ledger"]
        self.assertEqual(set(ledger), {"read", "drop.socket.SOCKET_RCVBUFF"})
        self.assertEqual(sum(ledger.values()), 4000)

    def test_a_short_backlog_drops_what_softnet_stat_counts(self):
        told = report("examples/overload.toml", "--set", "host.sysctl.net.core.netdev_max_backlog=50")
        self.assertGreater(told["ledger"]["drop.backlog.CPU_BACKLOG"], 0)
        self.assertEqual(told["ledger"]["drop.backlog.CPU_BACKLOG"], told["counters"]["softnet_stat"]["dropped"])

    def test_the_moderation_study_trades_interrupts_for_latency_within_what_itr_allows(self):
        with tempfile.TemporaryDirectory() as scratch:
            folder = os.path.join(scratch, "study")
            self.assertEqual(run("run", "examples/itr_study.toml", "--quiet", "--out", folder).returncode, 0)
            with open(os.path.join(folder, "report.json"), encoding="utf-8") as file:
                points = json.load(file)["points"]
        usecs = [int(point["set"]["nic.rx_usecs"]) for point in points]
        reports = [point["report"] for point in points]
        self.assertEqual(usecs, [0, 5, 10, 20, 30, 50, 75, 100, 200, 300, 500])

        def never_rises(values):
            return all(a >= b for a, b in zip(values, values[1:]))
        per_second = [report["interrupts"]["per_second"] for report in reports]
        self.assertTrue(never_rises(per_second), per_second)
        self.assertGreater(per_second[0], 40 * per_second[-1])
        for interval, found in zip(usecs[1:], per_second[1:]):
            itr = round(interval * 1000 / 256) * 256e-9     # what the register holds
            self.assertLessEqual(found * 20e-3, 20e-3 / itr + 1)   # in 20 ms; the first one need not wait
        self.assertTrue(never_rises([report["cpu"]["0"]["hardirq"] for report in reports]))
        self.assertTrue(never_rises([-report["stations"]["read"]["p50_ns"] for report in reports]))
        polls = [report["counters"]["napi"]["frames"] / report["counters"]["napi"]["polls"] for report in reports]
        self.assertTrue(never_rises([-frames for frames in polls]), polls)

    def test_a_frame_is_forwarded_when_the_other_card_has_sent_it(self):
        with tempfile.TemporaryDirectory() as scratch:
            log = os.path.join(scratch, "log")
            run("run", "examples/two_cards.toml", "--quiet", "--events", log)
            with open(log, encoding="utf-8") as file:
                events = [line.rstrip("\n").split("\t") for line in file]
        gone = {time for time, station, frame, _ in events if station == "tx_wire" and frame.startswith("t1:")}
        ends = [(time, details) for time, station, _, details in events if station == "forwarded"]
        self.assertEqual(len(ends), 5)
        for time, details in ends:
            self.assertIn(time, gone)
            self.assertEqual(details, "at=tx_wire")

    def test_a_wire_that_loses_what_the_card_sends_leaves_arp_without_an_answer(self):
        told = report("examples/two_cards.toml", "--set", "wire.eth1.loss=1", "--set", "wire.eth1.direction=out",
                      "--set", "host.sysctl.net.ipv4.neigh.default.retrans_time_ms=10")
        self.assertEqual(told["counters"]["wire_out eth1"], {"lost": 3, "corrupted": 0, "duplicated": 0, "reordered": 0})
        # The five to be forwarded share the fate of their copies.
        self.assertEqual(told["ledger"], {"answered": 1, "drop.tx_queue.NEIGH_FAILED": 5})

    def test_without_moderation_every_frame_has_its_interrupt(self):
        told = report("examples/moderation.toml", "--set", "nic.rx_usecs=0")
        self.assertGreaterEqual(told["interrupts"]["total"], 200)
        self.assertLess(told["stations"]["interrupt"]["max_ns"], 1000)


if __name__ == "__main__":
    unittest.main()
