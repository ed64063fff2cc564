#!/usr/bin/python3
"""Verifies `impromptu eval` on the rehearsal server: where sentences go, each arm of apps, what is kept, going on after a kill, and sets that are none.
Speaks TAP. Usage: test-command.py BUILD DATA (as an ordinary user: pages are tried)"""
import json, os, select, signal, subprocess, sys, tempfile, time, traceback

BUILD, DATA = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
IMPROMPTU = os.path.join(BUILD, "agent/cli/impromptu")
WAIT = 240     # seconds for a command that must end
SAMPLES = 32   # as many drafts as an app can have
FOLDER = tempfile.mkdtemp(prefix="eval-")
SHARE, OUT = FOLDER + "/share", FOLDER + "/out"

PAGE = """<!doctype html>
<html><head><meta charset="utf-8"><title>Score</title></head><body><h1>Teams</h1><p id="score">Nobody yet</p><button id="up">Up</button>
<script>let n = 0; document.getElementById("up").onclick = () => { n++; document.getElementById("score").textContent = "Score: " + %s; };</script></body></html>"""
GOOD, DEAD = PAGE % "n", PAGE % "0"
BROKEN = DEAD.replace("let n", "missing(); let n")
TALLY, TEAMS = "a scoreboard with one button Up", "a scoreboard of two teams"
PROMPTS = {"title": "Two boards", "prompts": [
    {"name": "tally", "say": TALLY, "checks": [{"text": "counts", "steps": [{"press": "Up"}, {"press": "Up"}, {"see": "Score: 2"}]}]},
    {"name": "teams", "say": TEAMS, "checks": [{"text": "counts", "steps": [{"press": "Up"}, {"see": "Score: 1"}]}, {"text": "down", "steps": [{"press": "Down"}, {"see": "0"}]}]},
]}
ROUTES = {"title": "Four", "cases": [
    {"say": "log out", "want": "system", "lang": "en"}, {"say": "a scoreboard", "want": "app", "lang": "en"}, {"say": "Timer", "want": "open", "apps": ["Timer"]},
    {"say": "sunsets of yesteryear", "want": "content", "lang": "en"}, {"say": "the tide at noon", "want": "tool"},
]}
ENVIRONMENT = {**os.environ, "IMPROMPTU_DATA": SHARE, "IMPROMPTU_LANE": "recording", "IMPROMPTU_REHEARSAL_ARGS": "--rate 20000", "XDG_STATE_HOME": FOLDER + "/state"}
ENVIRONMENT.pop("IMPROMPTU_BASE_URL", None)


def plan(title, steps):
    return json.dumps({"title": title, "glyph": "S", "requirements": [{"text": "Up counts", "steps": steps}], "tools": []})


def record(folder, state, attempt, sentence, answer, part=None):
    name = f"{state.lower()}-{attempt}{'-' + part if part else ''}.txt"
    os.makedirs(f"{SHARE}/rehearsal/{folder}", exist_ok=True)
    with open(f"{SHARE}/rehearsal/{folder}/{name}", "w", encoding="utf-8") as file:
        file.write(f"state: {state}\nattempt: {attempt}\n" + (f"part: {part}\n" if part else "") + f"sentence: {sentence}\nhow: by hand\n\n{answer}\n")


def prepare():
    """A share folder with recordings of its own: alone and first it is broken, repaired and as a later sample it works; the teams never have a Down."""
    os.makedirs(SHARE + "/rehearsal")
    for name in os.listdir(DATA):
        if name != "rehearsal":
            os.symlink(os.path.join(DATA, name), os.path.join(SHARE, name))
    for folder, sentence, first in (("tally", TALLY, DEAD), ("teams", TEAMS, GOOD)):
        record(folder, "PLAN", 1, sentence, plan("Score", [{"press": "Up"}, {"see": "Score: 1"}]))
        record(folder, "WRITE", 1, sentence, first)
        for attempt in (1, 2):
            record(folder, "REPAIR", attempt, sentence, GOOD)
            record(folder, "WRITE", attempt + 1, sentence, GOOD)
        for attempt in range(1, SAMPLES + 1):
            record(folder, "WRITE", attempt, sentence, BROKEN if attempt == 1 else GOOD, "alone")
    record("sunsets", "ROUTE", 1, "sunsets of yesteryear", "content")
    record("tide", "ROUTE", 1, "the tide at noon", "tool")


def write(name, value):
    path = f"{FOLDER}/{name}"
    with open(path, "w", encoding="utf-8") as file:
        file.write(value if isinstance(value, str) else json.dumps(value))
    return path


def run(*words):
    done = subprocess.run([IMPROMPTU, *words], env=ENVIRONMENT, capture_output=True, text=True, timeout=WAIT)
    return done.returncode, done.stdout, done.stderr


def results(folder=OUT):
    with open(folder + "/results.jsonl", encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.endswith("\n")]


def passed(arm):
    return {line["name"]: line["passed"] for line in results() if line["arm"] == arm}


def test_route():
    status, out, err = run("eval", "route", write("routes.json", ROUTES))
    assert status == 0, err
    assert "right     4 of 5, 80.0 %" in out, out
    assert "by rules  3 of 3 right" in out and "by model  1 of 2 right" in out, out
    assert "tool    → app     by model  “the tide at noon”" in out, out  # no question
    assert "en 3 of 3" in out, out
    status, out, err = run("--json", "eval", "route", write("routes.json", ROUTES))
    lines = [json.loads(line) for line in out.splitlines()]
    assert status == 0 and len(lines) == 6 and lines[0]["action"] == "logout" and lines[4]["said"] == "tool", out
    assert lines[5]["right"] == 4 and lines[5]["by_rules"] == 3, out


def test_route_unanswered():
    """A sentence that no model answers ends it, and is named."""
    cases = {"title": "None", "cases": [{"say": "nobody recorded this", "want": "app"}]}
    status, out, err = run("eval", "route", write("none.json", cases))
    assert status == 1 and "sentence 1 of 1, “nobody recorded this”" in err and "%" not in out, (status, out, err)


def test_arms():
    status, out, err = run("eval", "apps", "--out", OUT, write("prompts.json", PROMPTS))
    assert status == 0, err
    assert passed("alone") == {"tally": False, "teams": False}, out
    assert passed("samples") == {"tally": True, "teams": False}, out
    assert passed("loops") == {"tally": True, "teams": False}, out
    lines = {(line["name"], line["arm"]): line for line in results()}
    assert lines["tally", "loops"]["repaired"] and not lines["teams", "loops"]["repaired"], lines
    assert lines["teams", "loops"]["checks_passed"] == 1, lines
    assert 2 <= lines["tally", "samples"]["drafts"] <= SAMPLES, lines
    cost = {arm: lines["tally", arm]["tokens_out"] + lines["tally", arm]["tokens_in"] / 4 for arm in ("loops", "samples")}
    assert cost["samples"] <= cost["loops"] < cost["samples"] * (1 + 1 / lines["tally", "samples"]["drafts"]) + 1, cost
    for arm in ("alone", "samples", "loops"):
        with open(f"{OUT}/tally/{arm}-1/index.html", encoding="utf-8") as page, open(f"{OUT}/tally/{arm}-1/verdict.json", encoding="utf-8") as verdict:
            assert "Teams" in page.read() and json.load(verdict)["passed"] == lines["tally", arm]["passed"]
    assert "loops    1 of 2       50.0 %" in out and "loops over alone: +50.0 points" in out and "loops over samples: +0.0 points (+0.0 to +0.0)" in out, out
    assert "alone left failing: tally teams" in out and "loops left failing: teams" in out, out


def test_kept():
    """What is done is not done again; other words are another prompt."""
    before = results()
    status, out, err = run("eval", "apps", "--arm", "loops", "--out", OUT, write("prompts.json", PROMPTS))
    assert status == 0 and results() == before and "loops    1 of 2" in out, (out, err)
    changed = json.loads(json.dumps(PROMPTS))
    changed["prompts"][0]["checks"][0]["steps"][2]["see"] = "Score: 3"
    status, out, err = run("eval", "apps", "--arm", "alone", "--out", OUT, write("changed.json", changed))
    assert status == 0 and len(results()) == len(before) + 1, (out, err)


def test_killed():
    """A kill in the middle costs the app that was at work, and no more; a line that was torn is left out."""
    folder = FOLDER + "/killed"
    path = write("prompts.json", PROMPTS)
    process = subprocess.Popen([IMPROMPTU, "eval", "apps", "--out", folder, path], env=ENVIRONMENT, stderr=subprocess.PIPE)
    ready, _, _ = select.select([process.stderr], [], [], WAIT)
    assert ready and b"1 of 6" in process.stderr.readline()
    process.send_signal(signal.SIGKILL)
    process.wait(WAIT)
    process.stderr.close()
    kept = results(folder)
    assert 1 <= len(kept) < 6, kept
    with open(folder + "/results.jsonl", "a", encoding="utf-8") as file:
        file.write('{"name": "tally", "arm": "samp')
    status, out, err = run("eval", "apps", "--out", folder, path)
    assert status == 0, err
    with open(folder + "/results.jsonl", encoding="utf-8") as file:
        lines = [json.loads(line) for line in file if not line.startswith('{"name": "tally", "arm": "samp\n')]
    assert lines[:len(kept)] == kept and len({(line["name"], line["arm"]) for line in lines}) == len(lines) == 6, lines


def test_state_folder():
    """Without --out it is kept in the person's state, and a finished one begins anew."""
    write("whole.json", PROMPTS)
    path = write("one.json", {"title": "One board", "of": "whole.json", "names": ["tally"]})
    for _ in range(2):
        status, out, err = run("eval", "apps", "--arm", "alone", path)
        assert status == 0 and "1 of 1  alone tally" in err, err
    assert not os.path.exists(FOLDER + "/state/impromptu/eval/one-board/results.jsonl")


def test_broken_sets():
    prompt = PROMPTS["prompts"][0]

    def prompts(**fields):
        return {"title": "x", "prompts": [prompt, {**prompt, "name": "other", **fields}]}
    faults = (
        ("apps", "{", "no JSON object"), ("apps", [], "no JSON object"), ("apps", {"title": "x"}, "“prompts” must be an array"),
        ("apps", {"prompts": [prompt]}, "“title” is missing"), ("apps", {"title": "x", "prompts": [1]}, "entry 1 of “prompts”: it is no object"),
        ("apps", prompts(name="../up"), "entry 2 of “prompts”: “name” may have"), ("apps", prompts(name="tally"), "is there twice"),
        ("apps", prompts(say=""), "“say” must be a text"), ("apps", prompts(checks=[]), "“checks” must be an array"),
        ("apps", prompts(checks=[{"text": "x", "steps": [{"jump": "Up"}]}]), "entry 2 of “prompts”: check 1:"),
        ("apps", prompts(checks=[{"text": "x", "steps": [{"see": {"expr": "1 + 1"}}]}]), "an “expr” is not computed"),
        ("apps", prompts(extra=1), "no field “extra”"), ("route", {"title": "x", "cases": [{"say": "x", "want": "shout"}]}, "“want” must be one of"),
        ("route", {"title": "x", "cases": [{"say": "x", "want": "app", "apps": "Timer"}]}, "“apps” must be an array of titles"),
        ("route", {"title": "x", "cases": [{"want": "app"}]}, "“say” is missing"),
    )
    for what, text, words in faults:
        status, out, err = run("eval", what, write("broken.json", text))
        assert status == 2 and words in err and "broken.json" in err and not out, (what, text, status, out, err)
    write("whole.json", PROMPTS)
    for part, words in (({"of": "../whole.json", "names": ["tally"]}, "beside this one"), ({"of": "whole.json", "names": []}, "“names” must be"),
                        ({"of": "whole.json", "names": ["tally", "tally"]}, "entry 2 of “names”: “tally” is no prompt of that set, or is there twice"),
                        ({"of": "missing.json", "names": ["x"]}, "missing.json"), ({"of": "whole.json", "names": ["tally"], "more": 1}, "no field “more”")):
        status, out, err = run("eval", "apps", write("part.json", {"title": "x", **part}))
        assert status == 2 and words in err, (part, err)
    status, out, err = run("eval", "apps", FOLDER + "/missing.json")
    assert status == 2 and "missing.json" in err, err


def test_words():
    for words, sentence in ((("eval", "speed"), "“route” or “apps”"), (("eval", "apps", "--arm", "legs"), "alone, samples or loops"),
                            (("eval", "apps", "--seeds", "0"), "1 to 99"), (("eval", "route", "--out", "x"), "no option “--out”"),
                            (("eval", "route", "--lane"), "needs a value"), (("eval", "route", "--lane", "slow"), "fast, deep or router"), (("eval", "route", "a", "b"), "One FILE")):
        status, out, err = run(*words)
        assert status == 2 and sentence in err and not out, (words, status, err)


def main():
    prepare()
    tests = (test_route, test_route_unanswered, test_arms, test_kept, test_killed, test_state_folder, test_broken_sets, test_words)
    print(f"1..{len(tests)}")
    for number, test in enumerate(tests, 1):
        began = time.monotonic()
        try:
            test()
            print(f"ok {number} {test.__name__[5:]}", flush=True)
        except Exception:
            print("".join("# " + line + "\n" for line in traceback.format_exc().splitlines()) + f"not ok {number} {test.__name__[5:]}", flush=True)
        print(f"# {time.monotonic() - began:.1f} s", flush=True)


main()
