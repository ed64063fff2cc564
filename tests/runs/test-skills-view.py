"""A trial with a real view: `impromptu-shell --views` tries the drafts out as it does any other, so a recipe is kept or dropped by what really happens on the page.
Usage: test-skills-view.py BUILD DATA, on a display and as an ordinary user (in-x)"""
import json
import os
import subprocess
import sys

import live
from live import page, tap

BUILD, DATA = sys.argv[1:3]
SENTENCE, NAME = "a counter for sheep", "count-in-a-variable"
PLAN = json.dumps({"title": "Counter", "glyph": "C", "tools": [], "requirements": [{"text": "More counts up", "steps": [{"press": "More"}, {"see": "Count 1"}]}]})
BAD = page('<button id="more">More</button><p id="text">Count 0</p><script>more.onclick = () => { text.textContent = "Count 0 "; };</script>')
GOOD = page('<button id="more">More</button><p id="text">Count 0</p><script>let n = 0; more.onclick = () => { n++; text.textContent = "Count " + n; };</script>')
LEARNT = json.dumps({"name": NAME, "description": "counters", "body": "Keep the count in a variable."})


def impromptu(agent, *words):
    ended = subprocess.run([BUILD + "/agent/cli/impromptu", *words], env=agent.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           text=True, timeout=2 * live.DEADLINE)
    return ended.returncode, ended.stdout


def proposed(agent):
    for _ in range(2000):  # each asks the agent, whose loop turns in between
        if agent.ask("GET", "/api/v1/skills")["skills"]:
            return
    raise AssertionError("nothing is proposed")


def life(agent, trial, wanted, word):
    """One agent for one outcome: what the trial's writer answers decides it."""
    agent.record(SENTENCE, {"PLAN/1": PLAN, "WRITE/1": BAD, "REPAIR/1": GOOD, "REPAIR/2": GOOD, "WRITE/2": GOOD, "WRITE/3": GOOD, "LEARN/1": LEARNT,
                            f"WRITE/1/{NAME}": trial, f"REPAIR/1/{NAME}": GOOD, f"WRITE/2/{NAME}": GOOD, f"WRITE/3/{NAME}": GOOD})
    agent.environment["DISPLAY"] = os.environ["DISPLAY"]
    agent.start()
    views = subprocess.Popen([BUILD + "/shell/impromptu-shell", "--views"], env=dict(os.environ, XDG_RUNTIME_DIR=agent.root + "/run"), stdin=subprocess.DEVNULL,
                             stderr=open(agent.root + "/views.log", "w"))
    try:
        status, said = impromptu(agent, "ask", "--new", *SENTENCE.split())
        tap.equal(status, 0, said)
        proposed(agent)
        status, said = impromptu(agent, "skills", "try", NAME)
        tap.equal(status, 0 if wanted else 1, said)
        tap.check(word in said, said)
        skills = agent.ask("GET", "/api/v1/skills")["skills"]
        tap.equal([skill["state"] for skill in skills], wanted, "the skills")
        tap.equal(len(agent.ask("GET", "/api/v1/apps")["apps"]), 1, "the apps")
    finally:
        views.terminate()
        views.wait(live.DEADLINE)


def helps(agent):
    life(agent, GOOD, ["kept"], "helped and is kept")


def helps_not(agent):
    life(agent, BAD, [], "did not help and is dropped")


def alone(test):
    def run(_):
        agent = live.Live(BUILD, DATA, "view")
        try:
            test(agent)
        finally:
            agent.end()
    run.__name__ = test.__name__
    return run


sys.exit(tap.run([alone(helps), alone(helps_not)], None))
