#!/usr/bin/python3
"""Counts what `meson test` left in a build folder: each subtest of a TAP program is one test. What was skipped, did not run or cannot be read has failed.

count.py --failed BUILD PROGRAM…      the programs among these that did not pass, a line each
count.py BUILD TALLY PROGRAM…         says what failed among these, and adds "PASSED FAILED" as a line to the file TALLY, and what it said to
                                      TALLY.said, since the end of a long log is what is read
A program that was run again alone (logs "again" beside the first ones) counts as it came out then, and is named as unsteady."""
import json
import os
import sys
import xml.etree.ElementTree as xml

GOOD = ("OK", "EXPECTEDFAIL")
TOLD_MAX = 24  # lines of what a program that failed said itself


def short(name):
    """Meson puts project and suites before a program's name."""
    return name.rpartition(" / ")[2]


def programs(build, log):
    """What each program came to and printed; a program that never ran is not there."""
    try:
        with open(os.path.join(build, "meson-logs", log + ".json"), encoding="utf-8", errors="replace") as lines:
            return {short(test["name"]): (test["result"], test.get("stdout") or "") for test in map(json.loads, lines)}
    except OSError:
        return {}


def subtests(build, log):
    """The subtests of each program as (name, what is wrong with it or None)."""
    found = {}
    try:
        suites = xml.parse(os.path.join(build, "meson-logs", log + ".junit.xml")).getroot()
    except (OSError, xml.ParseError):
        return found
    for case in suites.iter("testcase"):
        wrong = [kind for kind in ("failure", "error", "skipped") if case.find(kind) is not None]
        program = short(case.get("classname", ""))
        found.setdefault(program, []).append((case.get("name"), wrong[0] if wrong else None))
    return found


class Log:
    """What one `meson test` left."""

    def __init__(self, build, name):
        self.results, self.parts = programs(build, name), subtests(build, name)

    def count(self, program):
        """(tests that passed, what failed)"""
        cases = self.parts.get(program, [])
        bad = [f"{program}: {name} ({wrong})" for name, wrong in cases if wrong]
        result = self.results.get(program, ("did not run", ""))[0]
        if result not in GOOD and not bad:
            bad = [f"{program} ({result})"]
        passed = sum(1 for _, wrong in cases if not wrong) if cases else int(not bad)
        return passed, bad

    def told(self, program):
        lines = [line for line in self.results.get(program, ("", ""))[1].splitlines() if line.startswith(("#", "not ok"))]
        return "".join(f"tests:   {line}\n" for line in lines[-TOLD_MAX:])


def count(build, tally, wanted):
    first, again = Log(build, "testlog"), Log(build, "again")
    name, passed, failed = os.path.basename(build), 0, 0
    with open(tally + ".said", "a", encoding="utf-8") as said:
        for program in wanted:
            good, bad = first.count(program)
            if bad and program in again.results:
                at_first, told = bad, first.told(program)
                good, bad = again.count(program)
                if not bad:
                    said.write(f"tests: unsteady in {name}: {', '.join(at_first)}; it passed when it was run again alone\n{told}")
            passed, failed = passed + good, failed + len(bad)
            said.write("".join(f"tests: failed in {name}: {failure}\n" for failure in bad))
            if bad:
                said.write((again if program in again.results else first).told(program))
    with open(tally, "a", encoding="utf-8") as file:
        file.write(f"{passed} {failed}\n")


if __name__ == "__main__":
    if sys.argv[1] == "--failed":
        log = Log(sys.argv[2], "testlog")
        print("".join(f"{program}\n" for program in sys.argv[3:] if log.count(program)[1]), end="")
    else:
        count(sys.argv[1], sys.argv[2], sys.argv[3:])
