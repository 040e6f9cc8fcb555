"""Finds what can be mutated in a SystemVerilog module: right-hand sides and conditions, with their places in the text.

Not a SystemVerilog parser: it reads `assign`, always_ff and always_comb in the way our modules are written (begin/end,
if/else, case, for, assignments). Functions, parameters, assertions and instances are left alone.
"""

import re
from collections import namedtuple

# kind: rhs or condition; begin..end: the expression; for a non-blocking assignment `statement` is where it begins,
# otherwise None; stop: just behind its semicolon
Site = namedtuple("Site", "kind begin end statement stop")

COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"", re.DOTALL)
FUNCTION = re.compile(r"\bfunction\b.*?\bendfunction\b", re.DOTALL)
SPACE = re.compile(r"\s*")
WORD = re.compile(r"[A-Za-z_`]\w*")
DECLARATION = {"logic", "int", "automatic", "localparam", "typedef"}


def blank(text, pattern):
    """The text with each match replaced by spaces: places stay what they are."""
    return pattern.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)


class Reader:
    def __init__(self, text):
        self.text = blank(blank(text, COMMENT), FUNCTION)
        self.at = 0
        self.sites = []

    def space(self):
        self.at = SPACE.match(self.text, self.at).end()

    def word(self):
        """The word here, not consumed; empty if there is none."""
        self.space()
        found = WORD.match(self.text, self.at)
        return found[0] if found else ""

    def take(self, token):
        self.space()
        assert self.text.startswith(token, self.at), f"{token!r} expected at {self.text[self.at:self.at + 60]!r}"
        self.at += len(token)

    def until(self, stops):
        """Moves to the first of `stops` (strings) outside all brackets; returns which."""
        depth = 0
        while True:
            if self.text.startswith("::", self.at):  # a package's name in front
                self.at += 2
            for stop in stops:
                if depth == 0 and self.text.startswith(stop, self.at):
                    return stop
            character = self.text[self.at]
            depth += (character in "([{") - (character in ")]}")
            self.at += 1

    def bracketed(self):
        """( ... ): consumes it, returns the places of what is inside."""
        self.take("(")
        begin = self.at
        self.until([")"])
        end = self.at
        self.at += 1
        return begin, end

    def assignment(self):
        self.space()
        start = self.at
        operator = self.until(["<=", "=", ";"])
        if operator == ";":  # a call
            self.at += 1
            return
        left = self.text[start:self.at].split()[-1]
        self.at += len(operator)
        self.space()
        begin = self.at
        self.until([";"])
        end = self.at
        self.at += 1
        if left != "unused":
            self.sites.append(Site("rhs", begin, end, start if operator == "<=" else None, self.at))

    def statement(self):
        word = self.word()
        if word == "begin":
            self.take("begin")
            self.space()
            if self.text[self.at] == ":":
                self.at += 1
                self.take(self.word())
            while self.word() != "end":
                self.statement()
            self.take("end")
        elif word == "if":
            self.take("if")
            begin, end = self.bracketed()
            self.sites.append(Site("condition", begin, end, None, None))
            self.statement()
            if self.word() == "else":
                self.take("else")
                self.statement()
        elif word in ("case", "casez", "unique"):
            while word == "unique":
                self.take(word)
                word = self.word()
            self.take(word)
            self.bracketed()
            while self.word() != "endcase":
                self.until([":"])
                self.at += 1
                self.statement()
            self.take("endcase")
        elif word == "for":
            self.take("for")
            self.bracketed()
            self.statement()
        elif word in DECLARATION:
            self.until([";"])
            self.at += 1
        elif self.text[self.at] == ";":
            self.at += 1
        else:
            self.assignment()

    def module(self):
        start = re.compile(r"\b(assign|always_ff|always_comb)\b")
        while found := start.search(self.text, self.at):
            self.at = found.end()
            if found[1] == "assign":
                self.assignment()
                continue
            self.space()
            if self.text[self.at] == "@":
                self.take("@")
                self.bracketed()
            self.statement()
        return self.sites


def sites_of(text):
    """The sites of a module in the order of the text, and the text without comments."""
    reader = Reader(text)
    return reader.module(), reader.text
