#!/usr/bin/python3
"""Plays Impromptu's main job with real key events and leaves a picture of each stage and a timeline of what took how long.

play.py --build DIR --out DIR [--sentence TEXT] [--rate TOKENS] [--stay]
In Xephyr where there is a display (and stays open until its window is closed), under Xvfb otherwise."""
import argparse
import json
import os
import sys
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from desktop import Desktop, Failed  # noqa: E402

KEYS = ("CEREBRAS_API_KEY", "GROQ_API_KEY", "OPENAI_API_KEY", "OPENROUTER_API_KEY")
LOCAL_SERVERS = ("http://127.0.0.1:8080", "http://127.0.0.1:11434")
FIGURES_LEFT, FIGURES_TOP = 190, 170  # what lies right of and below this in the disk app no sheet covers
COLOURED = 60  # how far red and blue of a pixel lie apart that is no shade of paper
MODEL_WAIT = 600  # seconds for one run of a slow local model


def say(text):
    print("try: " + text, flush=True)


class Play:
    """`watched`: somebody sits before the desktop and answers its questions."""
    def __init__(self, desktop, watched):
        self.d, self.watched, self.runs, self.shots = desktop, watched, [], 0

    def shot(self, name, what):
        self.shots += 1
        say(f"  {self.shots:2d}  {what}")
        self.d.picture(f"{self.shots:02d}-{name}")

    def ask(self, sentence, shot=None):
        """Types a sentence into the prompt bar; returns the run and where its events begin."""
        since = self.d.events.mark()
        self.d.bar()
        self.d.type(sentence)
        if shot:
            self.shot(*shot)
        self.d.keys("Return")
        return self.d.events.wait("run", "the run to start", since, text=sentence)["run"], since

    def finish(self, run, since):
        """Follows a run to its end. Where nobody is there to be asked, its questions are answered with what grants least."""
        while True:
            name, event, since = self.d.events.wait_any(("done", "question"), "the run to end", since, MODEL_WAIT, run=lambda r: r in (None, run))
            if name == "done":
                self.runs.append((self.sentence(run), event))
                return event
            if self.waits(event) and not self.watched:
                self.agree(event, "question", f"it asks: {event['sentence']} (answered for this time)", "1")

    def sentence(self, run):
        return self.d.request("GET", f"/api/v1/runs/{run}").get("text", run)

    def waits(self, question):
        return any(q["question"] == question["question"] for q in self.d.request("GET", "/api/v1/questions")["questions"])

    def agree(self, question, name, what, number):
        """Shows a question and answers it with its key once the sheet listens."""
        self.d.sync()
        self.shot(name, what)

        def answered():
            self.d.keys(("ctrl+alt+" if self.d.nested else "super+") + number)  # deaf at first, so that no key meant for something else answers
            return not self.waits(question)
        self.d.until(answered, "the question to take its answer")


def wait_for_figures(play, before=None):
    """Until the disk app shows other figures than `before`; returns what it shows. All of it is grey until its tool has answered, and no event says when."""
    window = play.d.find("Disk Lens")
    size = play.d.x.create_resource_object("window", window).get_geometry()

    def shown():
        now = play.d.pixels(window, FIGURES_LEFT, FIGURES_TOP, size.width - FIGURES_LEFT, size.height - FIGURES_TOP)
        coloured = any(abs(now[i] - now[i + 2]) > COLOURED for i in range(0, len(now), 4 * 7))  # an odd step meets every column
        return now if coloured and now != before else None
    now = play.d.until(shown, "the figures to be drawn")
    play.d.sync()
    return now


def main_job(play):
    d = play.d
    play.shot("desktop", "the desktop, empty")

    run, since = play.ask("what is eating my disk?", ("prompt-bar", "the prompt bar: one sentence"))
    d.events.wait("plan", "the plan", since, run=run)
    d.sync()
    play.shot("planned", "the window is there; the tool is being written")
    d.events.wait("tool", "the tool to fail on its sample", since, run=run, state="failed")
    d.events.wait("tool", "the repaired tool", since, run=run, state="ready")
    d.events.wait("draft", "the draft", since, run=run)
    d.events.wait("progress", "half of the page", since, run=run, state="WRITE", tokens=lambda n: n and n > 900)
    d.sync()
    play.shot("writing", "the page paints while it is being written; its figures wait for the checks")
    delivered = d.events.wait("deliver", "the app", since, run=run)
    say(f"      checked: {delivered['passed']} of {delivered['total']}")
    play.agree(d.events.wait("question", "the question", since), "question", "it asks before it looks at the home folder", "2")
    play.finish(run, since)
    figures = wait_for_figures(play)
    play.shot("disk", "the app, with this machine's own figures")

    run, since = play.ask("a pomodoro timer")
    found = d.events.wait("evidence", "the check of the first draft", since, run=run, draft=f"{run}.1")
    d.sync()
    play.shot("found", f"a check found the dead Pause: {found['passed']} of {found['total']}; it is being repaired")
    done = play.finish(run, since)
    d.sync()
    play.shot("pomodoro", "repaired and checked again: " + done["message"])

    d.activate("Disk Lens")
    since = d.events.mark()
    d.keys("ctrl+alt+f" if d.nested else "super+f")
    d.type("show each folder's share in percent")
    play.shot("fix", "Fix this: a sentence, and what is already known")
    d.keys("Return")
    run = d.events.wait("run", "the change", since, kind="fix")["run"]
    done = play.finish(run, since)
    wait_for_figures(play, figures)
    play.shot("fixed", "changed, with its old checks kept: " + done["message"])

    before = len(d.windows())
    d.keys("ctrl+alt+Return" if d.nested else "super+Return")
    d.until(lambda: len(d.windows()) > before, "the terminal")
    d.sync()
    hold, tap = (("ctrl", "alt"), "Tab") if d.nested else (("alt",), "Tab")
    d.hold(*hold)
    d.keys(tap)
    play.shot("switcher", "Alt+Tab, with live pictures, an xterm among them")
    d.release(*hold)
    play.shot("end", "Alt+Tab went to the app")


def one_sentence(play, sentence):
    run, since = play.ask(sentence, ("prompt-bar", "the prompt bar"))
    done = play.finish(run, since)
    play.d.sync()
    play.shot("app", f"the end: {done['outcome']}")
    if done["outcome"] == "failed" and not play.watched:
        raise Failed(done["message"])
    say("      " + done["message"])


def fast_lane(desktop):
    return next((x for x in desktop.request("GET", "/api/v1/lanes")["lanes"] if x["lane"] == "fast"), {})


def timeline(runs, lane):
    lines = [f"model: {lane.get('model', 'none')}" + (f" · recording, {lane['recording']}" if lane.get("recording") else "") +
             (f" · {lane['pace']} tokens a second" if lane.get("pace") else "")]
    for sentence, done in runs:
        t = done["timeline"]
        lines.append(f"\n“{sentence}”: {done['outcome']}, {t['total_ms']:.0f} ms")
        lines.append(f"  {'stage':<12}{'ms':>8}{'model':>8}{'tool':>8}{'person':>8}{'check':>8}{'own':>8}  tokens")
        for s in t["stages"]:
            name = s["state"] + (f" {s['attempt']}" if s.get("attempt", 1) > 1 else "")
            lines.append(f"  {name:<12}" + "".join(f"{s.get(k) or 0:>8.1f}" for k in ("ms", "model_ms", "tool_ms", "person_ms", "check_ms", "own_ms")) +
                         (f"  {s['tokens']} at {s['rate']:.0f}/s" if s.get("tokens") else ""))
        marks = t.get("marks", {})
        lines.append(f"  own time {t.get('own_ms', 0):.1f} ms in all, checks {t.get('own_check_ms', 0):.1f} ms" +
                     "".join(f", {name.replace('_', ' ')} at {ms:.0f} ms" for name, ms in marks.items() if ms is not None))
    return "\n".join(lines) + "\n"


def environment(rate):
    """Which model answers: a key of the environment or a local server is the agent's own choice; else recordings at a stated pace."""
    env = {"IMPROMPTU_REHEARSAL_ARGS": f"--rate {rate}"}
    given = [k for k in KEYS + ("IMPROMPTU_LANE", "IMPROMPTU_BASE_URL") if os.environ.get(k)]
    local = [base for base in LOCAL_SERVERS if serves_models(base)]
    if given:
        say(f"using {given[0]}")
    elif local:
        say(f"using the model at {local[0]}")
        env["IMPROMPTU_LANE"] = "local"
    else:
        say(f"no key is set and no local server answers: recordings are played, at {rate} tokens a second, and every window says so")
        env["IMPROMPTU_LANE"] = "recording"
    return env


def serves_models(base):
    try:
        with urllib.request.urlopen(base + "/v1/models", timeout=1) as answer:
            return "data" in json.load(answer)
    except (OSError, ValueError):
        return False


def main():
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("--build", required=True)
    args.add_argument("--out", required=True)
    args.add_argument("--sentence")
    args.add_argument("--rate", type=int, default=1000)
    args = args.parse_args()
    host = os.environ.get("DISPLAY")
    if host:
        say("opening a window; inside it Ctrl+Alt+Space is the prompt bar, Ctrl+Alt+Tab the switcher, Ctrl+Alt+F Fix this, Ctrl+Alt+Return a terminal")
    try:
        with Desktop(args.build, args.out, display=host, nested=bool(host), env=environment(args.rate)) as desktop:
            say("starting the session")
            desktop.start()
            play = Play(desktop, watched=bool(host))
            if args.sentence is None and "recording" in fast_lane(desktop):
                main_job(play)
            else:  # what a live model will do, and in how many tries, nobody knows before
                one_sentence(play, args.sentence or "what is eating my disk?")
            text = timeline(play.runs, fast_lane(desktop))
            with open(os.path.join(args.out, "timeline.txt"), "w") as file:
                file.write(text)
            print(text)
            if host:
                say("the desktop is yours; close its window to end it")
                desktop.wait_for_the_end()
    except KeyboardInterrupt:
        say("ended from the keyboard")
    except (Failed, OSError, KeyError, json.JSONDecodeError) as error:
        print(f"try: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
