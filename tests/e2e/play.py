#!/usr/bin/python3
"""Plays Impromptu's main job with real key events and leaves a picture of each stage and a timeline of what took how long.

play.py --build DIR --out DIR [--sentence TEXT] [--rate TOKENS]
In Xephyr where there is a display (and stays open until its window is closed), under Xvfb otherwise."""
import argparse
import json
import os
import subprocess
import sys
import unicodedata
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from desktop import Desktop, Failed, WAIT  # noqa: E402

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../data/providers.json"), encoding="utf-8") as rows:
    PROVIDERS = json.load(rows).values()
KEYS = [key for provider in PROVIDERS for key in provider.get("keys", [])]
LOCAL_SERVERS = [provider["base"] for provider in PROVIDERS if provider.get("local")]
SENTENCE_MAX = 2000  # characters that are typed; `impromptu ask` takes more
FIGURES_LEFT, FIGURES_TOP = 190, 170  # what lies right of and below this in the disk app no sheet covers
COLOURED = 60  # how far red and blue of a pixel lie apart that is no shade of paper
MODEL_WAIT = 600  # seconds for one run of a slow local model
RUN_WAIT = 20  # seconds for a sentence to begin a run
QUESTION_WAIT = 15  # seconds for an app that uses tools to ask, once it is there; it may also wait for a press
NOT_ASKED = 2  # the exit status where the sentence cannot be asked, and nothing was started
QUESTIONS_MAX = 8  # that are answered for one app


def say(text):
    print("try: " + text, flush=True)


def one_line(text):
    """The sentence as the prompt bar takes it, which is one line; Failed where it cannot be typed."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise Failed("the sentence is not UTF-8, so it was not asked; nothing was started") from error
    line = " ".join(text.split())
    if not line:
        raise Failed("an empty sentence asks for nothing")
    if any(unicodedata.category(c) == "Cc" for c in line):
        raise Failed("the sentence has control characters, which no key types; leave them out and ask again")
    if len(line) > SENTENCE_MAX:
        raise Failed(f"a sentence that is typed here has at most {SENTENCE_MAX:,} characters, and this one has {len(line):,}; "
                     "shorten it, or ask it in a terminal of the desktop with: impromptu ask")
    if "\n" in text.strip():
        say("the prompt bar takes one line: your line breaks became blanks")
    return line


class Play:
    """`watched`: somebody sits before the desktop and answers its questions."""
    def __init__(self, desktop, watched):
        self.d, self.watched, self.runs, self.shots, self.answered = desktop, watched, [], 0, set()

    def how_recorded(self, run):
        """How this run's answers were made, where they are recordings."""
        return sorted({data["recording"] for kind, data, _ in self.d.events.list if kind == "usage" and data["run"] == run and data.get("recording")})

    def shot(self, name, what, over=None):
        """A picture and its caption. over: the event (name, mark, fields) that ends what it shows; had it come by then, the caption says so."""
        screen = self.d.screen()
        if over and self.has_come(*over):
            what += " (this machine was slow: when the picture was taken, it had gone on)"
        self.shots += 1
        say(f"  {self.shots:2d}  {what}")
        self.d.picture(f"{self.shots:02d}-{name}", screen)

    def has_come(self, name, since, fields):
        return any(kind == name and all(data.get(k) == v for k, v in fields.items()) for kind, data, _ in self.d.events.list[since:])

    def ask(self, sentence, shot=None):
        """Types a sentence into the prompt bar; returns the run and where its events begin."""
        since = self.d.events.mark()
        self.d.bar()
        self.d.type(sentence)
        if shot:
            self.shot(*shot)
        self.d.keys("Return")
        try:
            run = self.d.events.wait("run", "the run to start", since, RUN_WAIT, kind="ask")
        except Failed as error:
            self.shot("not-asked", "what the desktop did instead")
            raise Failed(f"“{sentence[:80]}” began no run within {RUN_WAIT} s: the prompt bar may have opened something of that name "
                         "(see the last picture)") from error
        if " ".join(run["text"].split()) != sentence:
            say(f"      what arrived of it is: {run['text']}")
        return run["run"], since

    def finish(self, run, since):
        """Follows a run to its end. Where nobody is there to be asked, its questions are answered with what grants least."""
        while True:
            name, event, since = self.d.events.wait_any(("done", "question"), "the run to end", since, MODEL_WAIT, run=lambda r: r in (None, run))
            if name == "done":
                self.runs.append((self.sentence(run), event, self.how_recorded(run)))
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
        self.answered.add(question["question"])

    def answer_app(self, app, since):
        """Answers what a delivered app asks when its tools are let go; returns whether it asked anything."""
        for number in range(QUESTIONS_MAX):
            waiting = [q for q in self.d.request("GET", "/api/v1/questions")["questions"] if q.get("app") == app]
            try:
                question = waiting[0] if waiting else self.d.events.wait("question", "a question", since, QUESTION_WAIT if number == 0 else 0, app=app,
                                                                         question=lambda q: q not in self.answered)
            except Failed:
                break
            self.agree(question, "question", f"it asks: {question['sentence']} (answered for this time)", "1")
        return any(kind == "question" and data.get("app") == app and data["question"] in self.answered for kind, data, _ in self.d.events.list[since:])


def window_pixels(play, window, left=0, top=0):
    size = play.d.x.create_resource_object("window", window).get_geometry()
    return play.d.pixels(window, left, top, size.width - left, size.height - top)


def coloured(pixels):
    return any(abs(pixels[i] - pixels[i + 2]) > COLOURED for i in range(0, len(pixels), 4 * 7))  # an odd step meets every column


def wait_for_figures(play, before=None):
    """Until the disk app shows other figures than `before`; returns what it shows. All of it is grey until its tool has answered, and no event
    says when."""
    window = play.d.find("Disk Lens")

    def shown():
        now = window_pixels(play, window, FIGURES_LEFT, FIGURES_TOP)
        return now if coloured(now) and now != before else None
    play.d.until(shown, "the figures to be drawn")
    wait_for_page(play, window)
    return window_pixels(play, window, FIGURES_LEFT, FIGURES_TOP)


def wait_for_page(play, window, before=None):
    """Until a window shows more than its ground and, given what it showed before, something else; then until it stays as it is. False: not within
    the bound."""
    def shown():
        now = window_pixels(play, window)
        return len({now[i:i + 4] for i in range(0, len(now), 4 * 7)}) > 1 and (before is None or now != before or coloured(now))

    last = [None]

    def stays():
        play.d.sync()
        now = window_pixels(play, window)
        same, last[0] = now == last[0], now
        return same
    try:
        play.d.until(shown, "the page")
        play.d.until(stays, "the page to stand still", QUESTION_WAIT)
    except Failed:
        return False
    return True


def main_job(play):
    d = play.d
    play.shot("desktop", "the desktop, empty")
    disk(play)
    figures = wait_for_figures(play)
    play.shot("disk", "the app, with this machine's own figures")
    pomodoro(play)
    change(play, figures)
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


def disk(play):
    """A tool that fails on its own sample and is repaired, a page that paints while it is written, a question."""
    d = play.d
    run, since = play.ask("what is eating my disk?", ("prompt-bar", "the prompt bar: one sentence"))
    d.events.wait("tool", "the tool to be written", since, run=run, state="drafting")
    d.sync()
    play.shot("planned", "the window is there with what it will do; its tool is being written", ("tool", since, {"run": run, "state": "failed"}))
    failed = d.events.wait("tool", "the tool to fail on its sample", since, run=run, state="failed")
    d.events.wait("tool", "the repair to begin", since, run=run, state="repairing")
    d.sync()
    error = failed["error"].strip().splitlines()[-1]
    play.shot("tool-failed", f"the tool was tried on a sample and failed ({error}); it is being repaired",
              ("tool", since, {"run": run, "state": "ready"}))
    d.events.wait("tool", "the repaired tool", since, run=run, state="ready")
    d.events.wait("draft", "the draft", since, run=run)
    d.events.wait("progress", "half of the page", since, run=run, state="WRITE", tokens=lambda n: n and n > 900)
    d.sync()
    play.shot("writing", "the tool works; the page paints while it is being written, and its figures wait for the checks",
              ("deliver", since, {"run": run}))
    delivered = d.events.wait("deliver", "the app", since, run=run)
    say(f"      checked: {delivered['passed']} of {delivered['total']}")
    play.agree(d.events.wait("question", "the question", since), "question", "it asks before it looks at the home folder", "2")
    play.finish(run, since)


def pomodoro(play):
    """A dead Pause that a check finds. What was checked is open while it happens: the repair is over in a fifth of a second."""
    d = play.d
    run, since = play.ask("a pomodoro timer")
    d.events.wait("draft", "the draft", since, run=run)
    d.sync()
    d.press_evidence("Pomodoro")
    found = d.events.wait("evidence", "the check of the first draft", since, run=run, draft=f"{run}.1")
    d.sync()
    play.shot("found", f"the check found that Pause does nothing: {found['passed']} of {found['total']}; it is being repaired",
              ("draft", since, {"run": run, "draft": f"{run}.2"}))
    done = play.finish(run, since)
    for name, what in ("pomodoro", done["message"]), ("checked", "what was checked of it, after the repair"):
        d.press_evidence("Pomodoro")
        wait_for_page(play, d.find("Pomodoro"))
        play.shot(name, what)
    d.press_evidence("Pomodoro")


def change(play, figures):
    d = play.d
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


def one_sentence(play, sentence):
    """Returns why there is nothing to show for it, or None."""
    run, since = play.ask(sentence, ("prompt-bar", "the prompt bar"))
    done = play.finish(run, since)
    play.d.sync()
    if done["outcome"] == "failed" and not play.watched:
        play.shot("failed", "what the desktop says to it")
        return done["message"]
    what = done["message"]
    if done["outcome"] in ("delivered", "opened") and not play.watched:
        what = show_app(play, run, done, since)
    play.shot("app", what)
    return None


def show_app(play, run, done, since):
    """Until the app that came can be used: it asks for what its tools need after it was delivered, and shows its figures after that. Returns
    the caption."""
    d = play.d
    events = [(kind, data) for kind, data, _ in d.events.list[since:]]
    told = next(data for kind, data in reversed(events) if kind in ("deliver", "open", "window") and data.get("app") == done.get("app", data.get("app")))
    tools = next((data["tools"] for kind, data in events if kind == "plan" and data.get("run") == run), [])
    window, before = d.find(told["title"]), None
    if tools and play.answer_app(told["app"], since):
        d.sync()
        before = window_pixels(play, window)
    if wait_for_page(play, window, before):
        return done["message"]
    return f"{done['message']} After {WAIT} s its page still waits for its tool."


def fast_lane(desktop):
    return next((x for x in desktop.request("GET", "/api/v1/lanes")["lanes"] if x["lane"] == "fast"), {})


def timeline(runs, lane):
    lines = [f"model: {lane.get('model', 'none')}" + (" · recording" if lane.get("recording") else "") +
             (f" · {lane['pace']} tokens a second" if lane.get("pace") else "")]
    for sentence, done, how in runs:
        t = done["timeline"]
        lines.append(f"\n“{sentence}”: {done['outcome']}, {t['total_ms']:.0f} ms" + (f"; recorded {', '.join(how)}" if how else ""))
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
    given = [k for k in KEYS + ["IMPROMPTU_LANE", "IMPROMPTU_BASE_URL"] if os.environ.get(k)]
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
        with urllib.request.urlopen(base + "/models", timeout=1) as answer:
            return "data" in json.load(answer)
    except (OSError, ValueError):
        return False


def arguments():
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("--build", required=True)
    args.add_argument("--out", required=True)
    args.add_argument("--sentence")
    args.add_argument("--rate", type=int, default=1000)
    return args.parse_args()


def play_in(desktop, args, sentence):
    """Returns why the one sentence came to nothing, or None."""
    fault = None
    say("starting the session")
    desktop.start()
    if not desktop.nested:
        desktop.point_away()
    play = Play(desktop, watched=desktop.nested)
    try:
        if sentence is None and "recording" in fast_lane(desktop):
            main_job(play)
        else:  # what a live model will do, and in how many tries, nobody knows before
            fault = one_sentence(play, sentence or "what is eating my disk?")
    finally:
        if play.runs:
            text = timeline(play.runs, fast_lane(desktop))
            with open(os.path.join(args.out, "timeline.txt"), "w", encoding="utf-8") as file:
                file.write(text)
            print(text)
    if desktop.nested:
        say("the desktop is yours; close its window to end it")
        desktop.wait_for_the_end()
    return fault


def main():
    args = arguments()
    host = os.environ.get("DISPLAY")
    log = os.path.join(args.out, "session.log")
    try:
        sentence = one_line(args.sentence) if args.sentence is not None else None
    except Failed as error:
        print(f"try: {error}", file=sys.stderr)
        return NOT_ASKED
    try:
        if host:
            say("opening a window; inside it Ctrl+Alt+Space is the prompt bar, Ctrl+Alt+Tab the switcher, Ctrl+Alt+F Fix this, Ctrl+Alt+Return a terminal")
        with Desktop(args.build, args.out, display=host, nested=bool(host), env=environment(args.rate), still=not host, keep_log=log) as desktop:
            fault = play_in(desktop, args, sentence)
        if fault:
            print(f"try: {fault}", file=sys.stderr)
            return 1
    except KeyboardInterrupt:
        say("ended from the keyboard")
    except (Failed, OSError, KeyError, ValueError, subprocess.SubprocessError) as error:
        print(f"try: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
