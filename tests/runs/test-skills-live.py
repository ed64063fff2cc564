"""A skill's whole life with the real agent and the rehearsal server: a run that needed a repair teaches one, a trial keeps it, the next app of the kind is given
it, and the command line shows, edits and forgets it; another helps nobody and goes. What a request must hold is in the recordings: they are not played without.
Usage: test-skills-live.py BUILD DATA"""
import json
import subprocess
import sys

import live
from live import page, tap

BUILD, DATA = sys.argv[1:3]
PLAN = json.dumps({"title": "Counter", "glyph": "C", "tools": [], "requirements": [{"text": "More counts up", "steps": [{"press": "More"}, {"see": "1"}]}]})
BODY = "Read the count from the page's own state, never from its text."
LEARNT = json.dumps({"name": "count-from-state", "description": "counters and tallies", "body": BODY})
USELESS = json.dumps({"name": "paint-it", "description": "pictures that change", "body": "Use many colours."})
GOOD, BAD = page("<button>More</button> <p>0</p>"), page("<button>More</button> broken")


def first_fails(check, number):
    return [{"requirement": 0, "verdict": "failed", "step": 1, "wanted": "1", "saw": "nothing"}] if number == 1 else passes(check, number)[0], []


def passes(check, number):
    return [{"requirement": place, "verdict": "passed"} for place in range(len(check["requirements"]))], []


def impromptu(agent, *words, more=None):
    environment = dict(agent.environment, **(more or {}))
    return subprocess.run([BUILD + "/agent/cli/impromptu", *words], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=live.DEADLINE)


def make(agent, sentence, evidence):
    done = live.last(agent.run("/api/v1/ask", {"text": sentence, "kind": "app", "make": True}, evidence))
    tap.equal(done["outcome"], "delivered", done["message"])
    return done["app"]


def skill(agent, name):
    """Once it is there: it is proposed after its run, which no event tells."""
    for _ in range(2000):  # each asks the agent, whose loop turns in between
        found = [one for one in agent.ask("GET", "/api/v1/skills")["skills"] if one["name"] == name]
        if found:
            return found[0]
    raise AssertionError(f"{name} is not proposed")


def log(agent):
    return subprocess.run(["git", "-c", "safe.directory=*", "-C", agent.library, "log", "--format=%s"], stdout=subprocess.PIPE, text=True).stdout


def a_run_teaches(agent):
    app = make(agent, "a counter for sheep", first_fails)
    found = skill(agent, "count-from-state")
    tap.equal((found["state"], found["repairs"], found["passed"], found["total"]), ("proposed", 1, 1, 1), "what was learnt")
    progress = agent.ask("GET", f"/app/{app}/progress.md")
    tap.check("It is repaired." in progress or "side by side" in progress, progress)


def a_trial_keeps_it(agent):
    """Its WRITE is recorded as a trial's, and only with the recipe in the request."""
    apps = agent.ask("GET", "/api/v1/apps")
    events = agent.run("/api/v1/skills/count-from-state/try", {}, passes)
    tap.equal(live.last(events)["outcome"], "delivered", live.last(events)["message"])
    tap.check(not {kind for kind, _ in events} & {"window", "draft", "deliver", "app", "plan"}, f"{[kind for kind, _ in events]}")
    tap.equal(agent.ask("GET", "/api/v1/apps"), apps, "the apps")
    tap.equal(skill(agent, "count-from-state")["state"], "kept", "the skill")


def the_next_is_given_it(agent):
    app = make(agent, "a counter for goats", passes)
    tap.check("recipe “count-from-state”" in agent.ask("GET", f"/app/{app}/progress.md"), "progress.md does not say it")


def another_kind_is_not(agent):
    """Recorded without a condition, and told by nothing else than progress.md."""
    app = make(agent, "a picture of the sea", first_fails)
    tap.check("recipe" not in agent.ask("GET", f"/app/{app}/progress.md"), "a picture is no counter")


def what_does_not_help_goes(agent):
    skill(agent, "paint-it")
    events = agent.run("/api/v1/skills/paint-it/try", {}, first_fails)
    tap.equal(live.last(events)["outcome"], "failed", live.last(events)["message"])
    tap.check("Dropped: “pictures that change” needed 1 repair" in log(agent), log(agent))
    tap.equal([one["name"] for one in agent.ask("GET", "/api/v1/skills")["skills"]], ["count-from-state"], "the skills")


def by_hand(agent):
    listed, shown = impromptu(agent, "skills"), impromptu(agent, "skills", "show", "count-from-state")
    tap.check("count-from-state" in listed.stdout and "kept" in listed.stdout and "counters and tallies" in listed.stdout, listed.stdout)
    tap.check(BODY in shown.stdout and shown.returncode == 0, shown.stdout)
    edited = impromptu(agent, "skills", "edit", "count-from-state", more={"EDITOR": "sed -i s/never/not/", "VISUAL": "sed -i s/never/not/"})
    tap.equal((edited.returncode, edited.stdout), (0, "Changed.\n"), "edit")
    tap.check("own state, not from its text" in agent.ask("GET", "/api/v1/skills/count-from-state")["text"], "it was not changed")
    broken = impromptu(agent, "skills", "edit", "count-from-state", more={"EDITOR": "sed -i 1d", "VISUAL": "sed -i 1d"})
    tap.check(broken.returncode == 1 and "begins with a line" in broken.stdout, broken.stdout)
    tap.check(impromptu(agent, "skills", "try", "count-from-state").returncode == 1, "what is kept is not tried")
    tap.check(impromptu(agent, "skills", "sing", "x").returncode == 2, "no such word")
    tap.equal(impromptu(agent, "skills", "forget", "count-from-state").returncode, 0, "forget")
    tap.check(impromptu(agent, "skills", "show", "count-from-state").returncode == 1, "it is still there")
    tap.check("Nothing was learnt yet" in impromptu(agent, "skills").stdout, "it is still listed")


def taste(agent):
    """The person's own words, asked of a change; they hold for every app once the person says so, and stand in the next prompt."""
    app = agent.ask("GET", "/api/v1/apps")["apps"][0]["id"]
    events = agent.run("/api/v1/ask", {"text": "always write large figures", "kind": "edit", "app": app}, passes)
    tap.equal(live.last(events)["outcome"], "delivered", live.last(events)["message"])
    notices = [data["text"] for kind, data in events if kind == "notice"]
    tap.check(any("hold for every app" in text for text in notices), f"{notices}")
    name = [one["name"] for one in agent.ask("GET", "/api/v1/skills")["skills"] if one["state"] == "taste"][0]
    kept = impromptu(agent, "skills", "keep", name)
    tap.check(kept.returncode == 0 and "agents.md" in kept.stdout, kept.stdout)
    with open(agent.library + "/agents.md") as file:
        tap.equal(file.read(), "- always write large figures\n", "agents.md")
    make(agent, "a counter for hens", passes)


def prepare(agent):
    repairs = {"REPAIR/1": GOOD, "REPAIR/2": GOOD, "WRITE/2": GOOD, "WRITE/3": GOOD}
    trial = "WRITE/1/count-from-state"
    agent.record("a counter for sheep", {"PLAN/1": PLAN, "WRITE/1": BAD, **repairs, "LEARN/1": LEARNT, trial: GOOD}, {trial: BODY, "LEARN/1": "It is repaired."})
    agent.record("a counter for goats", {"PLAN/1": PLAN, "WRITE/1": GOOD}, {"WRITE/1": BODY})
    again = {f"{call}/paint-it": answer for call, answer in {"WRITE/1": BAD, **repairs}.items()}
    agent.record("a picture of the sea", {"PLAN/1": PLAN, "WRITE/1": BAD, **repairs, **again, "LEARN/1": USELESS})
    agent.record("always write large figures", {"PLAN/1": PLAN, "EDIT/1": GOOD})
    agent.record("a counter for hens", {"PLAN/1": PLAN, "WRITE/1": GOOD}, {"PLAN/1": "always write large figures", "WRITE/1": "always write large figures"})


AGENT = live.Live(BUILD, DATA, "skills")
prepare(AGENT)
try:
    AGENT.start()
    status = tap.run([a_run_teaches, a_trial_keeps_it, the_next_is_given_it, another_kind_is_not, what_does_not_help_goes, by_hand, taste], AGENT)
finally:
    AGENT.end()
sys.exit(status)
