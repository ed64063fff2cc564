#!/usr/bin/python3
"""Verifies protocols/lanes.schema.json: it takes the example and whatever the program takes, and refuses what the program refuses. lanes-files.json is
what test-wishes reads too. Speaks TAP. Usage: test-lanes-schema.py IMPROMPTU"""
import json, os, re, subprocess, sys, tempfile

import jsonschema

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
IMPROMPTU = os.path.abspath(sys.argv[1])
DEADLINE_S = 20


def uncommented(text):
    """The text without its comments; a string keeps its slashes."""
    return re.sub(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/', lambda found: found[1] or " ", text, flags=re.DOTALL)


def checked(text):
    """What “impromptu lanes check” says of such a file: its status and its words."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "lanes.json")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        environment = {"PATH": os.environ["PATH"], "HOME": folder, "XDG_CONFIG_HOME": folder, "XDG_RUNTIME_DIR": folder, "LC_ALL": "C.UTF-8",
                       "IMPROMPTU_DATA": os.path.join(ROOT, "data")}
        run = subprocess.run([IMPROMPTU, "lanes", "check", path], env=environment, capture_output=True, text=True, timeout=DEADLINE_S)
        return run.returncode, run.stdout + run.stderr


def main():
    with open(os.path.join(ROOT, "protocols/lanes.schema.json"), encoding="utf-8") as file:
        schema = json.load(file)
    with open(os.path.join(ROOT, "data/lanes.example.json"), encoding="utf-8") as file:
        example = file.read()
    with open(os.path.join(HERE, "lanes-files.json"), encoding="utf-8") as file:
        cases = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    results = []

    def note(what, good, why=""):
        results.append(good)
        print(f"{'ok' if good else 'not ok'} {len(results)} - {what}")
        if not good:
            print(f"# {why}")

    mistakes = list(validator.iter_errors(json.loads(uncommented(example))))
    note("the example is valid", not mistakes, mistakes)
    status, said = checked(example)
    note("the program takes the example", status == 0, said)
    house = re.sub(r"^(\s*)// (?=\"house\"|  \"|\})", r"\1", example, flags=re.MULTILINE)
    mistakes = list(validator.iter_errors(json.loads(uncommented(house))))
    note("so is what it shows in comments", house != example and not mistakes, mistakes)
    status, said = checked(house)
    note("the program takes that too", status == 0, said)
    for case in cases:
        if "file" not in case or "beyond_schema" in case:
            continue
        valid = validator.is_valid(case["file"])
        text = json.dumps(case["file"], ensure_ascii=False)
        note(f"{'refuses' if 'says' in case else 'takes'} {text[:80]}", valid == ("says" not in case), case)
    shown = next(case for case in cases if "says" in case and "file" in case)
    status, said = checked(json.dumps(shown["file"]))
    note("the program says the same sentence", status != 0 and shown["says"] in said, said)
    print(f"1..{len(results)}")
    return 0 if all(results) else 1


sys.exit(main())
