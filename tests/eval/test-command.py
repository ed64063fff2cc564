#!/usr/bin/python3
"""Verifies `impromptu eval` on the rehearsal server: where sentences go, each arm of apps, edits, what is kept, going on after a kill, and sets that are none.
Speaks TAP. Usage: test-command.py BUILD DATA (as an ordinary user: pages are tried)"""
import hashlib, json, os, select, signal, subprocess, sys, tempfile, time, traceback

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
DOWN = GOOD.replace('<button id="up">', '<button id="down">Down</button><button id="up">').replace("<script>", """<script>
document.getElementById("down").addEventListener("click", () => { n--; document.getElementById("score").textContent = "Score: " + n; });""")
GUESTS, MISSING = DOWN.replace("Teams", "Guests").replace("n++", "n = 1"), "a scoreboard that nobody wrote"
CHAINED, ADD_DOWN, RENAME, ADD_RESET = "a scoreboard for the door", "add a button Down", "call it Guests instead", "add a button Reset"
CHAINS = {"title": "Two chains", "prompts": [
    {"name": "door", "say": CHAINED, "checks": [
        {"text": "counts two", "steps": [{"press": "Up"}, {"press": "Up"}, {"see": "Score: 2"}]}, {"text": "is called Teams", "steps": [{"see": "Teams"}]}],
     "edits": [
         {"say": ADD_DOWN, "checks": [{"text": "counts down", "steps": [{"press": "Up"}, {"press": "Down"}, {"see": "Score: 0"}]}]},
         {"say": RENAME, "checks": [{"text": "is called Guests", "steps": [{"see": "Guests"}, {"see_not": "Teams"}]}], "replaces": ["is called Teams"]},
         {"say": ADD_RESET, "checks": [{"text": "resets", "steps": [{"press": "Up"}, {"press": "Reset"}, {"see": "Score: 0"}]}, {"text": "stays", "steps": [{"see": "Guests"}]}]}]},
    {"name": "missing", "say": MISSING, "checks": [{"text": "is there", "steps": [{"see": "Teams"}]}], "edits": [{"say": ADD_DOWN, "checks": [{"text": "down", "steps": [{"press": "Down"}]}]}]},
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
    prepare_chains()
    record("sunsets", "ROUTE", 1, "sunsets of yesteryear", "content")
    record("tide", "ROUTE", 1, "the tide at noon", "tool")


def prepare_chains():
    """The first change does what it should; the second does too, and counts no further than one, of which the agent's own checks see nothing; the third does not apply.
    Of the other app there is a plan, and no page."""
    for folder, sentence in (("door", CHAINED), ("missing", MISSING)):
        record(folder, "PLAN", 1, sentence, plan("Score", [{"press": "Up"}, {"see": "Score: 1"}]))
        record(folder, "WRITE", 1, sentence, GOOD, "alone")
    record("door", "WRITE", 1, CHAINED, GOOD)
    for folder, sentence, steps in (("down", ADD_DOWN, [{"press": "Down"}, {"see": "Score: -1"}]), ("guests", RENAME, [{"see": "Guests"}]), ("reset", ADD_RESET, [{"press": "Reset"}, {"see": "Score: 0"}])):
        record(folder, "PLAN", 1, sentence, plan("Score", steps))
    record("down", "EDIT", 1, ADD_DOWN, DOWN)
    record("guests", "EDIT", 1, RENAME, GUESTS)
    for attempt in (1, 2):
        record("reset", "EDIT", attempt, ADD_RESET, "<<<<<<< SEARCH\n<p>Nowhere</p>\n=======\n<p>Here</p>\n>>>>>>> REPLACE")


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
    assert status == 0 and results() == before and "loops    1 of 2" in out and "dits" not in out + err, (out, err)
    for prompt in PROMPTS["prompts"]:  # what was measured before there were edits still counts
        whole = prompt["say"] + "\n" + json.dumps(prompt["checks"], separators=(",", ":"))
        assert {line["digest"] for line in before if line["name"] == prompt["name"]} == {hashlib.sha256(whole.encode()).hexdigest()}, before
    changed = json.loads(json.dumps(PROMPTS))
    changed["prompts"][0]["checks"][0]["steps"][2]["see"] = "Score: 3"
    status, out, err = run("eval", "apps", "--arm", "alone", "--out", OUT, write("changed.json", changed))
    assert status == 0 and len(results()) == len(before) + 1, (out, err)


def test_edits():
    folder, path = FOLDER + "/chains", write("chains.json", CHAINS)
    status, out, err = run("eval", "apps", "--arm", "loops", "--out", folder, path)
    assert status == 0, err
    door, missing = results(folder)
    assert door["passed"] and door["checks_passed"] == 2 and not missing["passed"] and missing["edits"] == [], (door, missing)
    counts = [tuple(edit[name] for name in ("delivered", "passed", "checks", "earlier", "broken")) for edit in door["edits"]]
    assert counts == [(True, 1, 1, 2, 0), (True, 1, 1, 2, 1), (False, 1, 2, 2, 0)], door
    assert door["edits"][1]["plays"] == 3 and door["edits"][1]["lost"] == ["counts two"] and "could not be applied" in door["edits"][2]["fault"], door
    assert all(edit["tokens_in"] > 0 and edit["tokens_out"] > 0 and edit["seconds"] > 0 for edit in door["edits"]), door
    assert "Edits that did what they ask: 2 of 3, 66.7 %" in out and "delivered 2;" in out, out
    assert "Not asked, since there was no app to change: 1." in out, out
    assert "Checks that passed before an edit and failed after it: 1 of 6.\n  door, seed 1, edit 2: “counts two”\n" in out, out
    assert "door, seed 1: 2 of 2 checks" in err and "edits: 2 of 3 as asked, 1 checks broken" in err, err
    pages = []
    for name in ("index.html", "index-1.html", "index-2.html", "index-3.html"):
        with open(f"{folder}/door/loops-1/{name}", encoding="utf-8") as page:
            pages.append(page.read())
    assert "Down" not in pages[0] and "Down" in pages[1] and "Guests" not in pages[1] and "Guests" in pages[2] and pages[3] == pages[2], pages
    with open(f"{folder}/door/loops-1/verdict-2.json", encoding="utf-8") as file:
        assert [(check["text"], check["passed"]) for check in json.load(file)["checks"]] == [("counts two", False), ("counts down", True), ("is called Guests", True)]


def test_edits_kept():
    """A chain that is done is not done again, even for the table; another edit makes it another prompt. Drafts alone have no edits."""
    folder, path, before = FOLDER + "/chains", FOLDER + "/chains.json", results(FOLDER + "/chains")
    status, out, err = run("--json", "eval", "apps", "--arm", "loops", "--out", folder, path)
    assert status == 0 and results(folder) == before and [json.loads(line) for line in out.splitlines()] == before, (out, err)
    changed = json.loads(json.dumps(CHAINS))
    changed["prompts"][0]["edits"] = changed["prompts"][0]["edits"][:1]
    status, out, err = run("eval", "apps", "--arm", "loops", "--out", folder, write("shorter.json", changed))
    assert status == 0 and len(results(folder)) == len(before) + 1, (out, err)
    assert "Edits that did what they ask: 1 of 1" in out and "failed after it: 0 of 2.\n\n" in out, out
    status, out, err = run("eval", "apps", "--arm", "alone", "--out", folder, path)
    alone = [line for line in results(folder) if line["arm"] == "alone"]
    assert status == 0 and len(alone) == 2 and not any("edits" in line for line in alone) and "Edits" not in out, (out, err, alone)


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
    down = CHAINS["prompts"][0]["edits"][0]
    for edits, words in (([], "“edits” must be an array of 1 to 8 edits"), ([down] * 9, "“edits” must be an array of 1 to 8 edits"), ([1], "entry 1 of “edits”: it is no object"),
                         ([down, down], "entry 2 of “edits”: the check “counts down” is there twice"), ([{**down, "say": ""}], "entry 1 of “edits”: “say” must be"),
                         ([{**down, "checks": []}], "entry 1 of “edits”: “checks” must be an array"), ([{**down, "more": 1}], "no field “more”; it may have say, checks, replaces"),
                         ([{**down, "checks": [{"text": "x", "steps": [{"jump": "Up"}]}]}], "entry 1 of “edits”: check 1:"),
                         ([down, {**down, "replaces": ["counts up"]}], "entry 2 of “edits”: “replaces” names “counts up”, which is no check"),
                         ([{**down, "replaces": ["counts down"]}], "which is no check that holds before it"), ([{**down, "replaces": []}], "“replaces” must be an array of texts"),
                         ([{**down, "checks": [{**down["checks"][0], "text": str(n)} for n in range(24)]}], "more than 24 checks would have to hold")):
        status, out, err = run("eval", "apps", write("broken.json", prompts(edits=edits)))
        assert status == 2 and words in err and "entry 2 of “prompts”: " in err and not out, (edits, err)
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
    tests = (test_route, test_route_unanswered, test_arms, test_kept, test_edits, test_edits_kept, test_killed, test_state_folder, test_broken_sets, test_words)
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
