#!/usr/bin/python3
"""Prints where the time goes in a whole desktop, from Enter to a usable window, at several rates of the model: stage by stage, first paint, the check, and opening
an app that exists. Medians over rounds, each in a desktop of its own; asserts nothing. The model is the rehearsal server with no time to its first token.

bench-desktop.py --build DIR [--rates 1000,10000,17000] [--rounds 5]"""
import argparse
import os
import re
import select
import statistics
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "e2e"))
from as_user import become_ordinary  # noqa: E402
from desktop import Desktop, Failed  # noqa: E402

SENTENCES = ("what is eating my disk?", "a pomodoro timer")
OPENINGS = 3
IDLE = 2.0  # seconds in which the spare view warms up: nothing tells when it has


def idle():
    select.select([], [], [], IDLE)


def seen(d, what, app, since):
    """Milliseconds after `since` (s, monotonic) at which the shell said so, the first time; None if it has not."""
    for line in d.tail(None).splitlines():
        got = re.match(rf"view: (\d+) {what} {re.escape(app)}$", line)
        if got and int(got[1]) / 1e6 >= since:
            return int(got[1]) / 1e3 - since * 1e3
    return None


def at(d, name, since, **fields):
    """When the first such event came, in seconds of the monotonic clock."""
    with d.events.changed:
        return next((t for kind, data, t in d.events.list[since:] if kind == name and all(data.get(k) == v for k, v in fields.items())), None)


def answer_questions(d, run, since):
    """Agrees to whatever is asked while the run goes on, and waits for its end."""
    answered = set()

    def over():
        for q in d.request("GET", "/api/v1/questions")["questions"]:
            if q["question"] not in answered:
                answered.add(q["question"])
                d.request("POST", f"/api/v1/answers/{q['question']}", {"answer": q["answers"][0]})
        return at(d, "done", since, run=run)
    d.until(over, "the run to end")
    return d.events.wait("done", "the end", since, run=run)


def ask(d, sentence, notes):
    """One run from real keys in the prompt bar; notes gets its figures by name."""
    since = d.events.mark()
    d.bar()
    d.type(sentence)
    entered = time.monotonic()
    d.tool("xdotool", "key", "Return")
    run = d.events.wait("run", "the run to start", since, text=sentence)["run"]
    done = answer_questions(d, run, since)
    if done["outcome"] != "delivered":
        raise Failed(f"“{sentence}” ended as {done['outcome']}: {done['message']}")
    t = done["timeline"]
    model = sum(s["model_ms"] for s in t["stages"])
    notes("Enter to run", (at(d, "run", since, run=run) - entered) * 1000)
    notes("all", t["total_ms"])
    notes("model", model)
    notes("own", t["own_ms"])
    notes("own, % of model", 100 * t["own_ms"] / model)
    for s in t["stages"]:
        name = s["state"] + (f" {s['attempt']}" if s["attempt"] > 1 else "")
        notes(f"  {name}: own", s["own_ms"])
        if s["tool_ms"]:
            notes(f"  {name}: tool", s["tool_ms"])
        if s["state"] == "CHECK":
            notes(f"  {name}: check", s["check_ms"])
    first_paint(d, run, done["app"], since, notes)
    return done["app"]


def first_paint(d, run, app, since, notes):
    begun, written = at(d, "draft", since, run=run), at(d, "written", since, run=run)
    painted = seen(d, "painted", app, begun - 0.005)
    if painted is None:
        return
    notes("first byte to last", (written - begun) * 1000)
    notes("first byte to paint", painted)
    notes("first paint, % of tokens", 100 * painted / 1000 / (written - begun))
    if painted / 1000 > written - begun:
        notes("last byte to paint", painted - (written - begun) * 1000)


def has_window(d, title):
    try:
        return title in d.tool("wmctrl", "-l")
    except Failed:  # a window went while it was being listed
        return True


def open_again(d, app, notes):
    title = d.request("GET", f"/api/v1/apps/{app}")["title"]
    for _ in range(OPENINGS):
        d.tool("wmctrl", "-c", title)
        d.until(lambda: not has_window(d, title), "the window to close")
        idle()
        asked = time.monotonic()
        d.request("POST", f"/api/v1/apps/{app}/open", {})
        d.until(lambda: seen(d, "painted", app, asked), "the page to be painted")  # noqa: B023
        notes("opening to loading", seen(d, "loading", app, asked))
        notes("opening to painted", seen(d, "painted", app, asked))


def one_round(build, rate, notes):
    env = {"IMPROMPTU_REHEARSAL_ARGS": f"--rate {rate} --first-token-ms 0", "IMPROMPTU_LANE": "recording", "IMPROMPTU_DEBUG": "view"}
    with tempfile.TemporaryDirectory() as out, Desktop(build, out, env=env) as d:
        d.start()
        idle()
        for sentence in SENTENCES:
            app = ask(d, sentence, lambda name, ms, sentence=sentence: notes(sentence, name, ms))
            open_again(d, app, lambda name, ms, sentence=sentence: notes(sentence, name, ms))


def main():
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("--build", required=True)
    args.add_argument("--rates", default="1000,10000,17000")
    args.add_argument("--rounds", type=int, default=5)
    args = args.parse_args()
    become_ordinary()
    for rate in (int(r) for r in args.rates.split(",")):
        figures = {}
        for _ in range(args.rounds):
            one_round(args.build, rate, lambda sentence, name, ms: figures.setdefault(sentence, {}).setdefault(name, []).append(ms))
        for sentence, found in figures.items():
            print(f"\n“{sentence}” at {rate} tokens a second, median (least to most) of {args.rounds} rounds, ms")
            for name, values in found.items():
                print(f"  {name:<28}{statistics.median(values):>9.1f}  ({min(values):.1f} to {max(values):.1f})", flush=True)


if __name__ == "__main__":
    main()
