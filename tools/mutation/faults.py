"""The faults that are put into the RTL: which there could be, which are chosen, and how they are written.

All chosen faults stand in one copy of rtl/ and cost one build. Each is guarded by its number: an expression E becomes
(nic_mutant::selected == 17 ? (faulty E) : (E)), a dropped assignment `if (nic_mutant::selected != 17)`. The number comes
from the environment variable NICOSIM_MUTANT, read once when a model starts; 0 or nothing is the card as it is.
"""

import os
import random
import re
from collections import namedtuple

from mutation.statements import sites_of

# what: the change in words; begin..end and text: the replacement inside the site; drop: the assignment goes instead
Fault = namedtuple("Fault", "file line source what site begin end text drop")

PACKAGE = """// Which fault is switched on; 0 none. Written by tools/mutate.
package nic_mutant;
  int selected = $c32("(std::getenv(\\"NICOSIM_MUTANT\\") ? std::atoi(std::getenv(\\"NICOSIM_MUTANT\\")) : 0)");
endpackage
"""

# Longer ones first, so that << is not taken for <.
SWAPS = {
    "<<": ">>", ">>": "<<", "==": "!=", "!=": "==", "<=": "<", ">=": ">", "&&": "||", "||": "&&",
    "<": "<=", ">": ">=", "+": "-", "-": "+", "&": "|", "|": "&", "^": "|", "!": "", "~": "",
}
TOKEN = re.compile(r"(?P<literal>\d+'[bdh][0-9a-fA-F_]+)|(?P<operator><<<|>>>|===|!==|<<|>>|==|!=|<=|>=|&&|\|\||[<>+\-&|^!~])")


def other_literal(literal):
    """A sized literal with its lowest bit turned over."""
    size, rest = literal.split("'")
    base = {"b": 2, "d": 10, "h": 16}[rest[0]]
    value = int(rest[1:].replace("_", ""), base) ^ 1
    digits = {2: f"{value:b}", 10: f"{value}", 16: f"{value:x}"}[base]
    return f"{size}'{rest[0]}{digits}"


def inside_brackets(text, begin, place):
    """Does the place lie in an index or a range? Those are often constant expressions."""
    return text.count("[", begin, place) > text.count("]", begin, place)


def faults_in(path):
    """All faults that this file could get, in the order of its text."""
    with open(path, encoding="utf-8") as file:
        original = file.read()
    sites, text = sites_of(original)
    lines = original.splitlines()
    out = []

    def add(site, what, place, begin=0, end=0, replacement="", drop=False):
        number = text.count("\n", 0, place) + 1
        out.append(Fault(os.path.basename(path), number, lines[number - 1].strip(), what, site, begin, end, replacement, drop))

    for site in sites:
        for found in TOKEN.finditer(text, site.begin, site.end):
            begin, end, token = found.start(), found.end(), found[0]
            if inside_brackets(text, site.begin, begin):
                continue
            if found["literal"]:
                new = other_literal(token)
            elif token in SWAPS:
                new = SWAPS[token]
            else:
                continue
            add(site, f"{token} to {new or 'nothing'}", begin, begin, end, new)
        if site.kind == "condition":
            add(site, "condition turned over", site.begin, site.begin, site.end, f"!({text[site.begin:site.end]})")
            add(site, "condition always true", site.begin, site.begin, site.end, "1'b1")
        elif site.statement is not None:
            add(site, "assignment dropped", site.statement, drop=True)
    return out


def choose(by_file, count, seed):
    """`count` faults, from each file its share of the candidates, at least one; in the order of files and lines."""
    total = sum(len(faults) for faults in by_file.values())
    generator = random.Random(seed)
    chosen = []
    for name in sorted(by_file):
        faults = by_file[name]
        share = max(1, round(count * len(faults) / total))
        picked = generator.sample(range(len(faults)), min(share, len(faults)))
        chosen += [faults[i] for i in sorted(picked)]
    return chosen


def mutated(path, numbered):
    """The file's text with all its faults in it; `numbered` is [(number, fault)]."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    by_site = {}
    for number, fault in numbered:
        by_site.setdefault(fault.site, []).append((number, fault))
    edits = []  # (begin, end, new text), never overlapping: an if's condition and its body are different places
    for site, faults in by_site.items():
        expression = text[site.begin:site.end]
        changed = "".join(
            f"nic_mutant::selected == {number} ? ("
            f"{text[site.begin:fault.begin]}{fault.text}{text[fault.end:site.end]}) : "
            for number, fault in faults if not fault.drop)
        drops = [number for number, fault in faults if fault.drop]
        if changed:
            edits.append((site.begin, site.end, f"({without_comments(changed)}({without_comments(expression)}))"))
        if drops:
            guard = " && ".join(f"nic_mutant::selected != {number}" for number in drops)
            edits.append((site.statement, site.statement, f"begin if ({guard}) "))
            edits.append((site.stop, site.stop, " end"))
    for begin, end, new in sorted(edits, reverse=True):
        text = text[:begin] + new + text[end:]
    return text


def without_comments(expression):
    """A line comment would swallow what is put behind it."""
    return re.sub(r"//[^\n]*", "", expression)
