"""docs/what_it_shows.md: every row's commands are run as the page has them, and print what the row says.

A row is `| number | statement | commands | what to look at |`. Its commands are the pieces of code in the third column;
one that begins with -- is the ./nicosim command before it with more options. They run in a folder of their own in
which examples/ and nicosim are where the page has them.
"""

import contextlib
import os
import re
import subprocess
import tempfile
import unittest

from typing import NamedTuple

PROJECT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
PROGRAM = os.environ.get("NICOSIM_PROGRAM", os.path.join(PROJECT, "build/release/cli/nicosim"))
PAGE = os.path.join(PROJECT, "docs/what_it_shows.md")


class Shows(NamedTuple):
    """What one command prints: patterns in this order, white space as it comes; and how it exits."""
    patterns: list
    status: int = 0
    never: list = []


def ledger(what, count):
    """A line of the table of fates."""
    return rf"^  {re.escape(what)} +{count} "


# By row, by command. Every row of the page is here and every command of a row.
CHECKS = {
    "1": [Shows([ledger("read", 1), ledger("dropped at filter: MAC_FILTER", 1)]),
          Shows([ledger("dropped at link: OTHERHOST", 1)], status=1, never=["MAC_FILTER  "])],
    "2": [Shows([r" window ", r" interrupt ", r" handler ", r" poll +window=read"], never=[r"buffer written"]),
          Shows([r"^ +400ns +pio +0 +10k/s +10 000 +1 ", r"^ +400ns +pio +0 +14880k/s +2\d \d\d\d "])],
    "3": [Shows([r"^  +80 ns .* mac ", " fifo .*whole frame stored", " dma ", " interrupt ", " handler "])],
    "4": [Shows(["^  eth0 +[1-9]", "^  eth1 +[1-9]"])],
    "5": [Shows([ledger("read", 278)], status=1, never=["dropped at fifo"])],
    "6": [Shows(["4 000 frames arrived", "^  eth0 +2$", r"^  per frame on the wire +0\.001"])],
    "6a": [Shows(["rx_usecs", r"\b500\b"])],
    "6b": [Shows(["tso"])],
    "7": [Shows([r'"polls": 22\b', r'"budget_exhausted": 18\b'])],
    "8": [Shows([ledger("dropped at backlog: CPU_BACKLOG", 246)], status=1)],
    "9": [Shows([ledger("dropped at filter: MAC_FILTER", 1)]),
          Shows([r"^eth0:wire-in\t\d+\n(?:.*\n)*eth0:wire-in\t\d+$", r"^eth0:stack\t\d+$"],
                never=[r"eth0:stack\t.*\n(?:.*\n)*eth0:stack\t"])],
    "10": [Shows([r"\blink +address class", r"\bip +checks", r"\btransport +4-tuple"])],
    "11": [Shows([ledger("forwarded", 5)]),
           Shows([r"^Table bridge$", r"^ +1 +60 dnat .* MAC-DST 02:00:00:00:00:77 to:02:00:00:00:00:01$"]),
           Shows([ledger("dropped at filter: MAC_FILTER", 1)], status=1)],
    "12": [Shows([ledger("forwarded", 5)]), Shows([ledger("dropped at ip: IP_INADDRERRORS", 5)], status=1)],
    "13": [Shows([r"^ .* answered +at=transport$"], status=1)],
    "14": [Shows([ledger("read", 4)]), Shows([ledger("answered", 5)])],
    "15": [Shows([ledger("dropped at socket: SOCKET_RCVBUFF", 924), "^  socket +278 "])],
    "16": [Shows([r"^struct Socket \{$", "state", "type", "flags", "file", "sock", "ops", "wq"])],
    "17": [Shows([ledger("read", 1)]),
           Shows([r"^\d+\tsyscall\t-\t.*call=recvfrom", r"\twake\tr0:0\t", r"\tprocess\tr0:0\t",
                  r"\tsysret\t-\t.*call=recvfrom result=14"])],
    "18": [Shows(["^  wake +1 ", "^  process +1 ", "^  read +1 "])],
    "19": [Shows([ledger("read", 2), "^  write +[1-9]", "^  tx_transport +[1-9]", "^  tx_wire +[1-9]"]),
           Shows([r"\tsyscall\t.*call=read", r"\tdisk_submit\t", r"\tdisk_complete\t"])],
    "20": [Shows(["http_server"]), Shows([r"blocked until there was data [1-9].* us, while it was copied [1-9].* ns$"])],
    "21": [Shows(["http_server"]), Shows([r"recvfrom\(\) -+>", "blocked: waits for data", "copying: kernel to process", r"<-+ \d+ bytes"])],
    "22": [Shows(["work_units"]), Shows([r"asks \d+ times", "EWOULDBLOCK: .*recvfrom", "blocked until there was data 0 ps"])],
    "23": [Shows(["^Requests per second", r"^ +1 +[\d ]+"]), Shows(["http_server"]),
           Shows([r"epoll_wait\(\) -+>", "blocked: waits for data", r"recvfrom\(\) -+>"])],
    "24": [Shows(["work_units"]), Shows(["own work", r"recvfrom\(\) -+>", "blocked until there was data 0 ps"])],
    "25": [Shows(["work_units"]), Shows(["own work", "blocked until there was data 0 ps, while it was copied 0 ps"])],
    "26": [Shows(["^Ten connections", r"^ +epoll .* ns +0$", r"^ +aio .* 0\.0 % +0 ps +"])],
    "27": [Shows(["synchronous.*epoll", "asynchronous.*aio"])],
    "28": [Shows(["epoll|http_server"]), Shows([r"^\d\d\d+$"])],
    "29": [Shows([r"[1-9][\d\s]* work_units", r"blocked\s+0\.0 %"])],
    "30": [Shows([r"[1-9][\d\s]* work_units"])],
}


def commands_of(cell):
    """The commands in a cell of the table, complete."""
    commands, last = [], ""
    for piece in re.findall(r"`([^`]+)`", cell):
        piece = piece.replace(r"\|", "|")
        if piece.startswith("./nicosim"):
            last = piece
        commands.append(f"{last} {piece}" if piece.startswith("--") else piece)
    return commands


def rows():
    """Number and commands of each row of the page."""
    with open(PAGE, encoding="utf-8") as file:
        for line in file:
            cells = re.split(r"(?<!\\)\|", line.strip())
            if len(cells) == 6 and re.fullmatch(r"\d+[a-z]?", cells[1].strip()) and cells[3].strip():
                yield cells[1].strip(), commands_of(cells[3])


class WhatItShows(unittest.TestCase):
    def test_every_row_has_a_command_and_every_command_a_check(self):
        self.assertEqual({row: len(commands) for row, commands in rows()},
                         {row: len(checks) for row, checks in CHECKS.items()})

    def test_what_does_not_print_what_the_row_says_is_noticed(self):
        self.assertEqual(self.misses(Shows(["one", "two"], never=["three"]), 0, "two one three"),
                         ["nothing like 'two' where it should be", "something like 'three'"])
        self.assertEqual(self.misses(Shows(["one"]), 1, "one"), ["exit status 1, not 0"])

    @staticmethod
    def misses(shows, status, text):
        """What is not as the check wants it."""
        missed, place = [], 0
        if status != shows.status:
            missed.append(f"exit status {status}, not {shows.status}")
        for pattern in shows.patterns:
            match = re.compile(pattern, re.MULTILINE).search(text, place)
            if match is None:
                missed.append(f"nothing like {pattern!r} where it should be")
            else:
                place = match.end()
        missed.extend(f"something like {pattern!r}" for pattern in shows.never
                      if re.search(pattern, text, re.MULTILINE))
        return missed

    def test_every_command_prints_what_its_row_says(self):
        folders, done = {}, {}  # rows that begin with the same command share its folder; what they share is run once
        with contextlib.ExitStack() as stack:
            for number, commands in rows():
                if commands and commands[0] not in folders:
                    folders[commands[0]] = self.furnish(stack.enter_context(tempfile.TemporaryDirectory()))
                for i, (command, shows) in enumerate(zip(commands, CHECKS.get(number, ()))):
                    so_far = tuple(commands[:i + 1])
                    if so_far not in done:
                        done[so_far] = subprocess.run(["bash", "-c", command], cwd=folders[commands[0]], timeout=400,
                                                      text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                                      check=False)
                    with self.subTest(row=number, command=command):
                        missed = self.misses(shows, done[so_far].returncode, done[so_far].stdout)
                        self.assertEqual(missed, [], "\n" + done[so_far].stdout[:6000])

    @staticmethod
    def furnish(folder):
        """A folder in which the project's files and its program are where the page has them."""
        for name in os.listdir(PROJECT):
            if name not in ("nicosim", "build", "out") and not name.startswith("."):
                os.symlink(os.path.join(PROJECT, name), os.path.join(folder, name))
        os.symlink(PROGRAM, os.path.join(folder, "nicosim"))
        return folder


if __name__ == "__main__":
    unittest.main()
