"""examples/io_models.toml: the five I/O models, and what the page says of their tables."""

import json
import os
import re
import subprocess
import tempfile
import unittest

PROJECT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
PROGRAM = os.environ.get("NICOSIM_PROGRAM", os.path.join(PROJECT, "build/release/cli/nicosim"))
EXAMPLE = "examples/io_models.toml"
MODELS = ["blocking", "nonblocking", "select", "poll", "epoll", "sigio", "aio"]
SLEEPING = ["blocking", "select", "poll", "epoll"]


def run(*arguments):
    return subprocess.run([PROGRAM, "run", EXAMPLE, *arguments], cwd=PROJECT, capture_output=True, text=True,
                          timeout=580, check=False)


class IoModels(unittest.TestCase):
    """The study is run once, and every claim is a check on its points."""

    def test_the_tables_say_what_the_page_says(self):
        result = run("--json", "-")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.printed = result.stderr
        self.points = {}
        for point in json.loads(result.stdout)["points"]:
            key = (point["set"]["app.web.model"], int(point["set"]["app.load.connections"]))
            self.points[key] = point["report"]
        for claim in [name for name in dir(self) if name.startswith("check_")]:
            with self.subTest(claim=claim):
                getattr(self, claim)()

    def use(self, model, connections=10):
        return self.points[model, connections]["apps"]["web"]["use"]

    def per_request(self, model, what, connections=10):
        use = self.use(model, connections)
        return use[what] / use["requests"]

    def rate(self, model, connections):
        return self.use(model, connections)["requests_per_second"]

    def read_p50(self, model, connections):
        return self.points[model, connections]["stations"]["read"]["p50_ns"]

    def check_every_model_answers_at_every_number_of_connections(self):
        for (model, connections), report in self.points.items():
            with self.subTest(model=model, connections=connections):
                self.assertGreater(report["apps"]["load"]["answers"], 0)
                self.assertEqual(report["unexplained"], 0)

    def check_who_does_not_sleep_is_never_blocked_and_works_meanwhile(self):
        for model in MODELS:
            with self.subTest(model=model):
                self.assertEqual(self.use(model)["blocked_ns"] > 0, model in SLEEPING)
                self.assertEqual(self.use(model)["work_units"] > 0, model not in SLEEPING)

    def check_only_asynchronous_io_is_spared_the_copy(self):
        for model in MODELS:
            with self.subTest(model=model):
                self.assertEqual(self.use(model)["copying_ns"] == 0, model == "aio")

    def check_the_two_by_two_table_of_the_page_is_the_measured_one(self):
        measured = {}
        for model in MODELS:
            row = "synchronous" if self.use(model)["copying_ns"] > 0 else "asynchronous"
            measured.setdefault((row, self.use(model)["blocked_ns"] > 0), []).append(model)
        with open(os.path.join(PROJECT, "docs/io_models.md"), encoding="utf-8") as file:
            rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in file if line.startswith("| **")]
        placed = {}
        for head, blocking, going_on in rows:
            for cell, sleeps in [(blocking, True), (going_on, False)]:
                if cell:
                    placed[re.search(r"\w+", head).group(), sleeps] = cell.split(": ")[1].split(", ")
        self.assertEqual(placed, measured)

    def check_nonblocking_asks_more_than_once_for_a_request(self):
        self.assertGreater(self.per_request("nonblocking", "would_block"), 1)
        self.assertGreater(self.per_request("nonblocking", "syscalls"), self.per_request("blocking", "syscalls"))

    def check_blocking_needs_the_fewest_calls_and_the_most_context_switches(self):
        for model in ["select", "poll", "epoll"]:
            with self.subTest(model=model):
                self.assertLess(self.per_request("blocking", "syscalls"), self.per_request(model, "syscalls"))
        self.assertGreater(self.per_request("blocking", "switches"), self.per_request("epoll", "switches"))

    def check_with_one_connection_blocking_reads_sooner_than_multiplexing(self):
        for model in ["select", "poll", "epoll"]:
            with self.subTest(model=model):
                self.assertLessEqual(self.read_p50("blocking", 1), self.read_p50(model, 1))

    def check_epoll_does_not_care_how_many_are_silent(self):
        self.assertGreater(self.rate("epoll", 10_000), 0.9 * self.rate("epoll", 10))

    def check_poll_falls_behind_epoll_with_the_number_of_connections(self):
        self.assertGreater(self.rate("poll", 10), 0.8 * self.rate("epoll", 10))
        self.assertLess(self.rate("poll", 1000), self.rate("epoll", 1000))
        self.assertLess(self.rate("poll", 10_000), 0.2 * self.rate("epoll", 10_000))
        self.assertLess(self.rate("select", 1000), self.rate("epoll", 1000))

    def check_select_refuses_what_does_not_fit_into_its_sets(self):
        for connections in [1, 10, 100, 1000]:
            self.assertEqual(self.points["select", connections]["apps"]["web"]["refused"], 0)
        refused = self.points["select", 10_000]["apps"]["web"]["refused"]
        self.assertGreater(refused, 10_000 - 1024)
        self.assertIn("does not fit into an fd_set (FD_SETSIZE is 1024)", self.printed)

    def test_a_request_is_drawn_with_both_phases(self):
        with tempfile.TemporaryDirectory() as scratch:
            for model, words in [("blocking", ["recvfrom() --", "blocked: waits for data", "copying: kernel to process"]),
                                 ("nonblocking", ["asks", "EWOULDBLOCK"]),
                                 ("epoll", ["epoll_wait() --", "blocked: waits for data"])]:
                folder = os.path.join(scratch, model)
                run("--set", f"app.web.model={model}", "--set", "app.load.connections=1", "--out", folder, "--quiet")
                with open(os.path.join(folder, "phases.txt"), encoding="utf-8") as file:
                    drawn = file.read()
                for word in words:
                    with self.subTest(model=model, word=word):
                        self.assertIn(word, drawn)


if __name__ == "__main__":
    unittest.main()
