#!/usr/bin/python3
"""Counts what `meson test` left in a build folder: each subtest of a TAP program is one test. What was skipped, did not run or cannot be read has failed.

count.py BUILD TALLY PROGRAM…: says what failed among these, and adds "PASSED FAILED" as a line to the file TALLY."""
import json
import os
import sys
import xml.etree.ElementTree as xml

GOOD = ("OK", "EXPECTEDFAIL")
TOLD_MAX = 24  # lines of what a program that failed said itself


def short(name):
    """Meson puts project and suites before a program's name."""
    return name.rpartition(" / ")[2]


def programs(build):
    """What each program came to and printed; a program that never ran is not there."""
    try:
        with open(os.path.join(build, "meson-logs", "testlog.json"), encoding="utf-8", errors="replace") as log:
            return {short(test["name"]): (test["result"], test.get("stdout") or "") for test in map(json.loads, log)}
    except OSError:
        return {}


def subtests(build):
    """The subtests of each program as (name, what is wrong with it or None)."""
    found = {}
    try:
        suites = xml.parse(os.path.join(build, "meson-logs", "testlog.junit.xml")).getroot()
    except (OSError, xml.ParseError):
        return found
    for case in suites.iter("testcase"):
        wrong = [kind for kind in ("failure", "error", "skipped") if case.find(kind) is not None]
        program = short(case.get("classname", ""))
        found.setdefault(program, []).append((case.get("name"), wrong[0] if wrong else None))
    return found


def main():
    build, tally, *wanted = sys.argv[1:]
    results, parts = programs(build), subtests(build)
    passed, failures = 0, []
    for program in wanted:
        cases = parts.get(program, [])
        bad = [f"{program}: {name} ({wrong})" for name, wrong in cases if wrong]
        result, printed = results.get(program, ("did not run", ""))
        if result not in GOOD and not bad:
            bad = [f"{program} ({result})"]
        elif not cases:
            passed += 1
        passed += sum(1 for _, wrong in cases if not wrong)
        for failure in bad:
            print(f"tests: failed in {os.path.basename(build)}: {failure}")
        if bad:
            told = [line for line in printed.splitlines() if line.startswith(("#", "not ok"))]
            print("".join(f"tests:   {line}\n" for line in told[-TOLD_MAX:]), end="")
        failures += bad
    with open(tally, "a", encoding="utf-8") as file:
        file.write(f"{passed} {len(failures)}\n")


if __name__ == "__main__":
    main()
