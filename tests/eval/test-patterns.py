#!/usr/bin/python3
"""Verifies the patterns of data/patterns: the checks of each pass on a page of ours with its English names, and all of them fail on a blank page.
Speaks TAP. Usage: test-patterns.py JUDGE DATA PAGES (in an X display, as an ordinary user)"""
import json, os, subprocess, sys

JUDGE, DATA, PAGES = os.path.abspath(sys.argv[1]), sys.argv[2], sys.argv[3]
BLANK = "<!doctype html><title>Blank</title><p>Nothing"
DEADLINE_S = 200


def filled_in(value, names):
    if isinstance(value, str):
        for name, own in names.items():
            value = value.replace("{{" + name + "}}", own)
        return value
    if isinstance(value, list):
        return [filled_in(one, names) for one in value]
    return {field: filled_in(one, names) for field, one in value.items()} if isinstance(value, dict) else value


def main():
    files = sorted(name for name in os.listdir(os.path.join(DATA, "patterns")) if name.endswith(".json"))
    jobs = []
    for name in files:
        with open(os.path.join(DATA, "patterns", name), encoding="utf-8") as file:
            pattern = json.load(file)
        with open(os.path.join(PAGES, name.replace(".json", ".html")), encoding="utf-8") as file:
            page = file.read()
        checks = filled_in(pattern["requirements"], pattern["names"]["en"])
        jobs += [{"app": "pattern", "page": one, "checks": checks} for one in (page, BLANK)]
    done = subprocess.run([JUDGE], input="".join(json.dumps(job) + "\n" for job in jobs), capture_output=True, text=True, timeout=DEADLINE_S, check=False)
    verdicts = [json.loads(line) for line in done.stdout.splitlines()]
    print(f"1..{len(files)}")
    for number, name in enumerate(files):
        page, blank = (verdicts + [None] * len(jobs))[2 * number:2 * number + 2]
        good = page and blank and page["passed"] and not page["findings"] and not any(check["passed"] for check in blank["checks"])
        if not good:
            print(f"# {json.dumps(page)[:1500]}\n# {json.dumps(blank)[:500]}\n# {done.stderr[:500]}")
        print(f"{'ok' if good else 'not ok'} {number + 1} {name}")


main()
