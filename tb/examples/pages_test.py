"""README.md and docs/*.md: what they link to and the files that they name are there."""

import glob
import os
import re
import unittest

PROJECT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
# `driver/napi.cpp`, examples/echo.toml, tb/rtl/mac: something below a folder of the project. A trailing '/' or
# nothing, no wildcard, no output folder.
FOLDERS = "cli|cmake|common|docs|driver|embed|examples|programs|regmap|rtl|sc_model|stack|tb|tools"
NAMED = re.compile(rf"(?<![\w./-])((?:{FOLDERS})/[\w./-]*\w)")


def pages():
    found = ["README.md", *sorted(glob.glob("docs/*.md", root_dir=PROJECT))]
    assert len(found) > 10, "the pages are gone"
    return found


def lines_of(page):
    with open(os.path.join(PROJECT, page), encoding="utf-8") as file:
        yield from enumerate(file, start=1)


def missing(page, path):
    """Whether a relative path, as written in a page, leads nowhere."""
    return not os.path.exists(os.path.join(PROJECT, os.path.dirname(page), path))


class Pages(unittest.TestCase):
    def test_every_relative_link_leads_somewhere(self):
        for page in pages():
            for number, line in lines_of(page):
                for target in LINK.findall(line):
                    if "://" not in target:
                        self.assertFalse(missing(page, target), f"{page}:{number}: {target}")

    def test_every_file_named_exists(self):
        count = 0
        for page in pages():
            for number, line in lines_of(page):
                for path in NAMED.findall(LINK.sub("", line)):
                    count += 1
                    self.assertFalse(missing("README.md", path), f"{page}:{number}: {path}")
        self.assertGreater(count, 50)

    def test_every_page_can_be_reached_from_the_readme(self):
        linked = {target for _, line in lines_of("README.md") for target in LINK.findall(line)}
        self.assertEqual([page for page in pages()[1:] if page not in linked], [])

    def test_the_checks_see_a_link_and_a_file_that_are_not_there(self):
        self.assertTrue(missing("docs/time.md", LINK.findall("see [it](nowhere.md#x)")[0]))
        self.assertTrue(missing("README.md", NAMED.findall("in `driver/no_such.cpp`, line 3")[0]))
        self.assertFalse(missing("docs/time.md", "life_of_a_frame.md"))


if __name__ == "__main__":
    unittest.main()
