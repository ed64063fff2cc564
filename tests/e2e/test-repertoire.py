#!/usr/bin/python3
"""Verifies that each sentence of the repertoire goes from the prompt bar to its end in a whole desktop: apps that are repaired from evidence, a change, a file that
is saved after a question, an answer without an app, a written file, and a sentence that no recording knows."""
import csv
import glob
import json
import os
import struct
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from as_user import become_ordinary  # noqa: E402
from desktop import Desktop, UnixConnection  # noqa: E402
import tap  # noqa: E402

PACE = "--rate 10000"
SAVE = (632, 36)  # a table's Save in a new window
CHOICE = "Impromptu"  # the first screen's title


def ask(d, sentence):
    since = d.events.mark()
    d.bar()
    d.type(sentence)
    d.keys("Return")
    return d.events.wait("run", "the run", since, text=sentence)["run"], since


def answer(d, question, key):
    def settled():
        d.keys(key)
        return question["question"] not in [q["question"] for q in d.request("GET", "/api/v1/questions")["questions"]]
    d.until(settled, "the question to take its key")


def requirement(evidence, words):
    return next(r for r in evidence["results"] if words in json.dumps(r))


def disk_is_repaired_from_its_own_sample_and_reads_this_machine(d):
    run, since = ask(d, "what is eating my disk?")
    failed = d.events.wait("tool", "the failing sample", since, run=run, state="failed")
    tap.check("FileNotFoundError" in failed["error"], "the tool's real traceback is told")
    d.events.wait("tool", "the repaired tool", since, run=run, state="ready", attempt=2)
    delivered = d.events.wait("deliver", "the app", since, run=run)
    tap.equal(delivered["broken"], 0, "nothing is broken")
    question = d.events.wait("question", "the question", since)
    tap.equal(question["capability"], "list", "names and sizes only")
    tap.equal(question["quote"], "what is eating my disk?", "the person's own sentence")
    answer(d, question, "super+2")
    d.until(lambda: d.request("GET", "/api/v1/grants")["grants"], "the grant")
    result = d.request("POST", "/api/v1/tools/folder_sizes", {"arguments": {"path": "~"}, "app": delivered["app"]})["result"]
    tap.check(any(e["name"] == "a-film.bin" and e["bytes"] == 3000000 for e in result["entries"]), f"the real home folder is read: {result}")


def the_window_is_managed_and_named(d):
    d.find("Disk Lens")


def pomodoro_has_a_dead_pause_that_a_check_finds(d):
    run, since = ask(d, "a pomodoro timer")
    first = d.events.wait("evidence", "the first check", since, run=run, draft=f"{run}.1")
    tap.equal(requirement(first, "24:00")["verdict"], "failed", "Pause is found")
    done = d.events.wait("done", "the end", since, run=run)
    tap.equal(done["outcome"], "delivered", "it is delivered")
    last = d.events.wait("deliver", "the delivery", since, run=run)
    tap.equal((last["passed"], last["broken"]), (last["total"], 0), "everything passes after the repair")


def an_app_that_exists_opens_without_a_model(d):
    since = d.events.mark()
    d.bar()
    d.type("a pomodoro timer")
    d.keys("Return")
    d.events.wait("open", "the app to open", since)
    usages = [e for e in d.events.list[since:] if e[0] == "usage"]
    tap.equal(usages, [], "no model was asked")


def the_wolf_gets_an_export_and_its_file_is_saved_after_a_question(d):
    run, since = ask(d, "a voxel wolf I can turn")
    tap.equal(d.events.wait("done", "the wolf", since, run=run)["outcome"], "delivered", "the wolf")
    d.activate("Voxel Wolf")
    since = d.events.mark()
    d.keys("super+f")
    d.type("add an export for 3D printing")
    d.keys("Return")
    run = d.events.wait("run", "the change", since)["run"]
    delivered = d.events.wait("deliver", "the changed wolf", since, run=run)
    tap.equal(delivered["broken"], 0, "the old checks and the new one pass")
    d.events.wait("done", "the end of the change", since, run=run)
    d.press("Voxel Wolf", 150, -24)
    question = d.events.wait("question", "the question", since, capability="save")
    tap.equal(question["resource"], "voxel-wolf.stl", "the file's name is shown")
    answer(d, question, "super+1")
    path = os.path.join(d.env["HOME"], "Downloads", "voxel-wolf.stl")
    d.until(lambda: os.path.exists(path) and os.path.getsize(path) > 84, "the file in Downloads")
    with open(path, "rb") as file:
        data = file.read()
    triangles = struct.unpack_from("<I", data, 80)[0]
    tap.equal(len(data), 84 + 50 * triangles, "a whole binary STL file")
    tap.check(triangles > 500, f"{triangles} triangles")


def the_processor_is_answered_without_an_app(d):
    run, since = ask(d, "how hot is my processor?")
    question = d.events.wait("question", "the question", since, capability="system")
    answer(d, question, "super+1")
    said = d.events.wait("answer", "the answer", since, run=run)["text"]
    sensors = bool(glob.glob("/sys/class/thermal/thermal_zone*/temp") + glob.glob("/sys/class/hwmon/hwmon*/temp*_input"))
    tap.check(("°C" in said) == sensors, f"honest about its sensors: {said}")
    tap.equal(d.events.wait("done", "the end", since, run=run)["outcome"], "answered", "no app")


def what_a_small_model_really_made_is_played_as_it_was(d):
    run, since = ask(d, "a counter with plus and minus")
    done = d.events.wait("done", "the end", since, run=run)
    tap.equal(done["outcome"], "delivered", "delivered")
    last = d.events.wait("deliver", "the delivery", since, run=run)
    tap.equal((last["passed"], last["broken"]), (last["total"], 0), "its checks pass, as they did when it was recorded")


def the_planets_become_a_file(d):
    sentence = "a CSV of the planets and their moons"
    run, since = ask(d, sentence)
    app = d.events.wait("deliver", "the table", since, run=run)
    tap.equal((app["passed"], app["broken"]), (app["total"], 0), "its rows are shown and Save offers them")
    tap.equal(d.events.wait("done", "the end", since, run=run)["outcome"], "delivered", "delivered")
    tap.equal(app["title"], "A CSV of the planets and their moons", "the title")
    d.press(app["title"], *SAVE)
    question = d.events.wait("question", "the question", since, capability="save")
    tap.check(question["resource"].endswith(".csv"), f"the file's name is shown: {question['resource']}")
    answer(d, question, "super+1")
    path = os.path.join(d.env["HOME"], "Downloads", question["resource"])
    d.until(lambda: os.path.exists(path), "the file in Downloads")
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    tap.equal(len(rows), 30, "every row")
    tap.equal([r["radius_km"] for r in rows if r["moon"] == "Ganymede"], ["2634"], "with its figures")
    tap.equal(sorted({r["planet"] for r in rows}), sorted("Mercury Venus Earth Mars Jupiter Saturn Uranus Neptune".split()), "the planets")


def a_recorded_change_of_no_app_says_what_to_ask_for(d):
    before = len(d.request("GET", "/api/v1/apps")["apps"])
    for sentence, makes in ("add an export for 3D printing", "a voxel wolf I can turn"), ("show each folder's share in percent", "what is eating my disk?"):
        connection = UnixConnection(d.socket)
        since = d.events.mark()
        connection.request("POST", "/api/v1/ask", json.dumps({"text": sentence}), {"Content-Type": "application/json"})
        tap.equal(connection.getresponse().status, 200, "the sentence is taken")
        done = d.events.wait_any(("done",), "the end", since)[1]
        connection.close()
        tap.equal(done["outcome"], "failed", "nothing is pretended")
        tap.check(makes in done["message"], f"it says what makes the app: {done['message']}")
        tap.equal([e for e in d.events.list[since:] if e[0] == "window"], [], "no empty window")
    tap.equal(len(d.request("GET", "/api/v1/apps")["apps"]), before, "no app")


def an_unknown_sentence_is_kept_and_leads_back_to_the_choice(d):
    sentence = "a chess board for two"
    titles = [title for _, title, _ in d.windows()]
    tap.check(CHOICE not in titles, "the choice is not there before")
    run, since = ask(d, sentence)
    notice = d.events.wait("notice", "the choice", since, choices=lambda c: c and "key" in c)
    tap.check("recording" in notice["choices"] and "local" in notice["choices"], "all three are offered")
    done = d.events.wait_any(("done",), "the end", since, run=run)[1]
    tap.equal(done["outcome"], "failed", "it did not pretend")
    choice = d.until(lambda: next((w for w, title, _ in d.windows() if title == CHOICE), None), "the choice on the screen")
    d.until(lambda: len(set(d.pixels(choice, 0, 0, 200, 100))) > 2, "something to read in it")
    tap.equal(d.request("GET", f"/api/v1/runs/{run}")["text"], sentence, "the run keeps the sentence")
    d.keys("Escape")
    d.until(lambda: CHOICE not in [title for _, title, _ in d.windows()], "the choice to be put away")
    since = d.events.mark()
    d.bar()
    d.keys("Return")
    tap.equal(d.events.wait("run", "the sentence, asked again from the bar", since)["text"], sentence, "the bar keeps it as well")
    d.events.wait_any(("done",), "its end", since)
    d.until(lambda: CHOICE in [title for _, title, _ in d.windows()], "the choice again")
    d.keys("Escape")


def undo_is_a_new_version(d):
    wolf = next(a for a in d.request("GET", "/api/v1/apps")["apps"] if a["title"] == "Voxel Wolf")
    app = wolf.get("app") or wolf["id"]
    before = len(d.request("GET", f"/api/v1/apps/{app}")["history"])
    d.request("POST", f"/api/v1/apps/{app}/undo", {})
    tap.equal(len(d.request("GET", f"/api/v1/apps/{app}")["history"]), before + 1, "history grows")


def main():
    build = sys.argv[1]
    become_ordinary()
    with tempfile.TemporaryDirectory(prefix="impromptu-home-") as home, tempfile.TemporaryDirectory(prefix="impromptu-out-") as out:
        with open(os.path.join(home, "a-film.bin"), "wb") as film:
            film.truncate(3000000)
        with Desktop(build, out, home=home, env={"IMPROMPTU_LANE": "recording", "IMPROMPTU_REHEARSAL_ARGS": PACE}) as d:
            d.start()
            return tap.run([
                disk_is_repaired_from_its_own_sample_and_reads_this_machine,
                the_window_is_managed_and_named,
                pomodoro_has_a_dead_pause_that_a_check_finds,
                an_app_that_exists_opens_without_a_model,
                the_wolf_gets_an_export_and_its_file_is_saved_after_a_question,
                the_processor_is_answered_without_an_app,
                what_a_small_model_really_made_is_played_as_it_was,
                the_planets_become_a_file,
                a_recorded_change_of_no_app_says_what_to_ask_for,
                an_unknown_sentence_is_kept_and_leads_back_to_the_choice,
                undo_is_a_new_version,
            ], d)


if __name__ == "__main__":
    sys.exit(main())
