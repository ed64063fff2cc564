#!/usr/bin/python3
"""Verifies several drafts side by side on the whole desktop: Ctrl+Enter, the contact sheet as it fills, more like one, a digit, the best, Stop, and an agent and a
shell that are killed in between. With --pictures DIR a picture of each stage is left there."""
import os
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from desktop import Failed  # noqa: E402
import stage  # noqa: E402
import tap  # noqa: E402

SENTENCE = "count the laps that I swim"
DRAFTS = 6
GONE = {4, 6}  # half a page, and words
GROUND, INK = (40, 40), b"\x1f\x1b\x1c"  # of the pages that are dark, in their own window: blue, green, red
TRIES, DEAF = 10, 4  # seconds; the sheet takes no digit for half a second after its tiles have changed places


class Test(stage.Test):
    name = "variants"

    def ask(self):
        since = self.d.events.mark()
        self.d.bar()
        self.d.type(SENTENCE)
        self.picture("bar")
        self.d.keys("ctrl+Return")
        return self.d.events.wait("run", "the run", since, text=SENTENCE)["run"], since

    def choice(self, run, since):
        told = self.d.events.wait("variants", "the choice", since, run=run, state="choose")
        self.d.sync(1)
        return told

    def insist(self, key, name, since, **fields):
        """A key, again where it came while the sheet was deaf."""
        for _ in range(TRIES):
            self.d.keys(key)
            try:
                return self.d.events.wait(name, since=since, timeout=DEAF, **fields)
            except Failed:
                pass
        raise Failed(f"{key} was not taken")

    def kill(self, part):
        parts = {p["part"]: p["pid"] for p in self.d.request_session("GET", "/status")["parts"]}
        os.kill(parts[part], signal.SIGKILL)
        self.d.until(lambda: next(p["pid"] for p in self.d.request_session("GET", "/status")["parts"] if p["part"] == part) not in (0, parts[part]),
                     f"the {part} to come back")

    def windows(self):
        return [window for window, title, _ in self.d.windows() if title == "Laps"]

    def kept(self, run, since, draft):
        over = self.d.events.wait("variants", "the end of the choice", since, run=run, state="over")
        tap.equal(over["kept"], draft, "what was kept")
        delivered = self.d.events.wait("deliver", "the app", since, run=run)
        tap.equal(delivered["draft"], draft, "what was delivered")
        return delivered


def numbers(run, groups):
    return [[int(name.removeprefix(run + ".")) for name in group] for group in groups]


def the_sheet_fills_and_groups(t):
    run, since = t.ask()
    began = t.d.events.wait("variants", "the sheet", since, run=run, state="writing")
    tap.equal(len(began["drafts"]), DRAFTS, "drafts")
    tap.equal(len({draft["brief"] for draft in began["drafts"]}), DRAFTS, "each has a brief of its own")
    t.d.find("Laps")
    told = t.choice(run, since)
    tap.equal(numbers(run, told["groups"]), [[1, 2, 5], [3]], "groups by evidence, ties together")
    states = {data["draft"]: data["state"] for name, data, _ in t.d.events.list[since:] if name == "variant" and data["run"] == run}
    tap.equal({int(name.rpartition(".")[2]) for name, state in states.items() if state == "failed"}, GONE, "drafts that came to nothing")
    t.picture("choose")
    t.run, t.since = run, since


def more_like_one_keeps_it_and_writes_others(t):
    since = t.d.events.mark()
    t.d.keys("Right", "Right")
    began = t.insist("m", "variants", since, run=t.run, state="writing")
    tap.equal(numbers(t.run, [[draft["draft"] for draft in began["drafts"]]]), [[5, 7, 8, 9, 10, 11]], "the liked one and five others")
    told = t.choice(t.run, since)
    tap.equal(numbers(t.run, told["groups"]), [[5, 7, 8, 9, 10, 11]], "all as good as each other")
    t.picture("more")


def a_digit_keeps_one(t):
    since = t.d.events.mark()
    t.insist("3", "variants", since, run=t.run, state="over")
    delivered = t.kept(t.run, since, t.run + ".8")
    tap.equal(delivered["broken"], 0, "nothing is broken")
    done = t.d.events.wait("done", "the end", since, run=t.run)
    tap.equal(done["outcome"], "delivered", done["message"])
    app = t.d.request("GET", "/api/v1/apps/" + delivered["app"])
    tap.equal(len(app["history"]), 1, "one commit for one of many drafts")
    t.d.until(lambda: t.d.pixels(t.d.find("Laps"), *GROUND, 1, 1)[:3] == INK, "the app's own page")
    t.picture("kept")


def escape_keeps_the_best(t):
    run, since = t.ask()
    t.choice(run, since)
    t.d.keys("Escape")
    t.kept(run, since, run + ".1")
    t.d.events.wait("done", "the end", since, run=run)


def an_agent_that_is_killed_goes_on(t):
    since = t.d.events.mark()
    run, since = t.ask()
    t.d.events.wait("variant", "the first draft", since, run=run)
    t.kill("agent")
    told = t.choice(run, since)
    tap.equal(numbers(run, told["groups"]), [[1, 2, 5], [3]], "groups after a kill")
    t.kill("agent")
    t.d.until(lambda: t.d.request("POST", f"/api/v1/runs/{run}/keep", {"draft": run + ".2"}, quiet=True) is not None, "the choice to be taken")
    t.kept(run, since, run + ".2")
    t.d.events.wait("done", "the end", since, run=run)


def a_shell_that_is_killed_shows_the_sheet_again(t):
    run, since = t.ask()
    t.choice(run, since)
    windows = len(t.windows())
    t.kill("shell")
    t.d.sync(1)
    t.d.until(lambda: len(t.windows()) == windows, "every window to be back")
    t.d.activate("Laps")
    t.picture("again")
    t.insist("2", "variants", since, run=run, state="over")
    t.kept(run, since, run + ".2")


def stop_keeps_the_best(t):
    run, since = t.ask()
    t.choice(run, since)
    t.d.request("DELETE", f"/api/v1/runs/{run}")
    t.kept(run, since, run + ".1")
    tap.equal(t.d.events.wait("done", "the end", since, run=run)["outcome"], "stopped", "outcome")


TESTS = (the_sheet_fills_and_groups, more_like_one_keeps_it_and_writes_others, a_digit_keeps_one, escape_keeps_the_best, an_agent_that_is_killed_goes_on,
         a_shell_that_is_killed_shows_the_sheet_again, stop_keeps_the_best)


if __name__ == "__main__":
    sys.exit(stage.main(TESTS, Test))
