#!/usr/bin/python3
"""Verifies Fix this on the whole desktop: pointing at a part of a page, by the pointer and by keys, of which the page hears nothing, and the fix that it asks for;
a fix that is ready before anybody asks, because the app went wrong in use; and a plan that is there when Enter is pressed. With --pictures DIR a picture of each stage is left there."""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import stage  # noqa: E402
import tap  # noqa: E402

SENTENCE = "a tally for the choir"
ADD, CLEAR, WIDER_EDGE = (120, 104), (320, 104), (560, 104)


class Test(stage.Test):
    name = "fix"

    def prepare(self):
        with open(os.path.join(self.d.env["XDG_CONFIG_HOME"], "impromptu", "lanes.json"), "w", encoding="utf-8") as file:
            json.dump({"beforehand": ["fixes", "plans"]}, file)

    def planned(self):
        return sum(call["state"] == "PLAN" for call in self.rehearsal.calls())

    def outlined(self, x, y):
        """Whether something dark is drawn just there: the outline's upper edge."""
        window = self.d.find("Tally")
        pixels = self.d.pixels(window, x, y - 3, 1, 4)
        return any(pixels[i] < 60 for i in range(0, len(pixels), 4))


def the_app_is_planned_at_a_pause_and_made(t):
    since = t.d.events.mark()
    t.d.bar()
    t.d.type(SENTENCE)
    t.d.until(t.planned, "the plan, before anybody asks")
    tap.equal([name for name, data, _ in t.d.events.list[since:] if "run" in data], [], "what was told meanwhile")
    tap.equal(t.d.request("GET", "/api/v1/runs")["runs"], [], "runs")
    t.d.keys("Return")
    delivered = t.d.events.wait("deliver", "the app", since)
    tap.equal(delivered["passed"], 2, "checks that passed")
    tap.equal(t.planned(), 1, "plans that were asked for")
    t.app = delivered["app"]
    t.d.press("Tally", *ADD)


def pointing_asks_for_a_change_of_that_part(t):
    since = t.d.events.mark()
    window = t.d.find("Tally")
    t.d.keys("super+f")
    t.d.type("make this wider")
    t.picture("sheet")
    t.d.keys("ctrl+p")
    t.d.tool("xdotool", "mousemove", "--window", str(window), "318", "106")
    t.d.until(lambda: t.outlined(260, 80), "the outline")
    t.picture("pointing")
    t.d.click(window, *CLEAR)
    t.d.until(lambda: not t.outlined(260, 80), "the sheet to come back")
    t.d.sync(1)
    t.picture("pointed")
    t.d.keys("Return")
    t.d.sync(1)
    run = t.d.events.wait("run", "the fix", since, kind="fix")
    tap.equal(run["at"], {"role": "button", "name": "Clear", "text": "Clear", "place": "button#clear"}, "what is pointed at")
    tap.equal(t.d.events.wait("done", "its end", since, run=run["run"])["outcome"], "delivered", "outcome")
    # The click was not the page's: it still counts the one singer of before.
    t.d.until(lambda: t.d.drawn(window, *WIDER_EDGE), "the wider button")
    t.picture("wider")


def escape_leaves_the_sheet_as_it_was(t):
    since = t.d.events.mark()
    t.d.keys("super+f")
    t.d.type("make this")
    t.d.keys("ctrl+p")
    t.d.keys("Escape")
    t.d.type(" wider")
    t.d.keys("ctrl+p")
    t.d.keys("Tab", "Tab")
    t.d.until(lambda: t.outlined(260, 80), "the second control's outline")
    t.d.keys("Return")
    t.d.sync(1)
    t.d.keys("Return")
    run = t.d.events.wait("run", "the fix", since, kind="fix")
    tap.equal((run["text"], run["at"]["name"]), ("make this wider", "Clear"), "what was asked")
    t.d.events.wait("done", "its end", since, run=run["run"])


def a_fault_in_use_has_a_fix_ready(t):
    since = t.d.events.mark()
    window = t.d.find("Tally")
    for _ in range(3):
        t.d.click(window, *ADD)
    t.d.click(window, *CLEAR)
    ready = t.d.events.wait("prepared", "a fix", since, app=t.app, state="ready")
    tap.check("archive" in ready["text"], ready["text"])
    tap.equal((ready["lines"], ready["passed"], ready["total"]), (1, 2, 2), "what it changes, and what was checked")
    told = {name for name, data, _ in t.d.events.list[since:] if data.get("run") == ready["run"]}
    tap.equal(told, {"check", "prepared"}, "what was told of it")
    version = t.d.request("GET", "/api/v1/apps/" + t.app)["version"]
    t.d.keys("super+f")
    t.d.sync(1)
    t.picture("ready")
    t.version = version
    t.ready = ready


def using_it_delivers_it_at_once(t):
    since = t.d.events.mark()
    t.d.request("POST", f"/api/v1/runs/{t.ready['run']}/keep", {})
    delivered = t.d.events.wait("deliver", "the fix", since, run=t.ready["run"])
    tap.equal(delivered["version"], t.version + 1, "version")
    t.d.events.wait("done", "its end", since, run=t.ready["run"])
    t.d.keys("Escape")
    tap.equal(t.d.request("POST", f"/api/v1/apps/{t.app}/undo", {})["version"], t.version + 2, "undone")


TESTS = (the_app_is_planned_at_a_pause_and_made, pointing_asks_for_a_change_of_that_part, escape_leaves_the_sheet_as_it_was, a_fault_in_use_has_a_fix_ready,
         using_it_delivers_it_at_once)


if __name__ == "__main__":
    sys.exit(stage.main(TESTS, Test))
