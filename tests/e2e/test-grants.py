#!/usr/bin/python3
"""Verifies on the whole desktop, with real keys, clicks and drops, that an app gets what the person gave it and nothing else: one sheet for what it asks at a
start, deaf at first; a smaller folder; a file that was chosen or dropped; and that all of it is listed, told, taken back, ended and deleted."""
import itertools
import json
import os
import re
import select
import subprocess
import sys
import tempfile
import time

from Xlib import X, XK, Xatom, display as xdisplay
from Xlib.error import BadWindow
from Xlib.ext import xtest
from Xlib.protocol import event as xevent

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from as_user import become_ordinary  # noqa: E402
from desktop import Desktop, Failed, WAIT  # noqa: E402
import tap  # noqa: E402

APP, TITLE = "keeper", "Keeper"
SHEET, CHOOSER, FILES = "Impromptu asks", "Choose a smaller folder", "Choose a file"
LAST_UP, FIRST_X = 57, 60  # pixels from the question sheet's bottom to its last row of buttons, and from its left into the first one
CHOOSER_UP, CHOOSER_OPEN_X = 28, 150  # likewise of the folder chooser: its "While open"
LOOK_AT, LINGER_AT, FILE_AT, DROP_AT = (140, 105), (140, 175), (60, 232), (140, 370)  # places of the page
SIDE, SIDE_FIRST, SIDE_STEP = 48, 84, 14  # where the buttons of the evidence sheet are: from its right; and from its top on, in steps
DEAF = 0.5  # seconds
EARLY, EARLY_TRIES = 3, 40  # early clicks that are looked at, in so many tries
DAY = 24 * 60 * 60
XDND_VERSION = 5
SUPER, ONE = XK.string_to_keysym("Super_L"), XK.string_to_keysym("1")

PAGE = """<!doctype html><meta charset="utf-8"><title>Keeper</title>
<style>.at { position: absolute; left: 20px; width: 240px; height: 50px; }</style>
<h1>Keeper</h1>
<button id="look" class="at" style="top: 80px">Look</button><button id="linger" class="at" style="top: 150px">Linger</button>
<input type="file" id="file" aria-label="File" class="at" style="top: 220px; height: 30px">
<div id="drop" class="at" style="top: 300px; height: 150px; border: 1px solid var(--ink)">Drop</div>
<script>
const note = (key, value) => localStorage.setItem(key, JSON.stringify({ ...value, n: Math.random() }));
const fail = (key) => (error) => note(key, { kind: error.kind, message: error.message });
const call = (key, name, args) => impromptu.call(name, args).then((result) => note(key, { result }), fail(key));
const take = (key, file) => impromptu.path(file).then((path) => call(key, 'peek', { deep: [{ path }] }), fail(key));
const at = (id) => document.getElementById(id);
at('look').onclick = () => call('look', 'look', {});
at('linger').onclick = () => call('linger', 'linger', {});
at('file').onchange = () => take('chosen', at('file').files[0]);
let over = false;
at('drop').ondragover = (event) => { event.preventDefault(); if (!over) note('over', {}); over = true; };
at('drop').ondragenter = () => { over = false; };
at('drop').ondrop = (event) => { event.preventDefault(); take('dropped', event.dataTransfer.files[0]); };
take('forged', new File(['forged'], 'note.txt'));
call('look', 'look', {});
call('disks', 'disks', {});
</script>
"""

REASON = "Say \u202eyes\u202c \x1b[2Jnow\n" + "because it is needed " * 20
LOOK = "import os\n\n\ndef run(args):\n    return {'names': sorted(n for _, d, f in os.walk(%r) for n in d + f)}\n"
DISKS = "import json\n\n\ndef run(args):\n    return json.load(open('/run/impromptu/mounts.json'))\n"
LINGER = "import time\n\n\ndef run(args):\n    time.sleep(15)\n    return {}\n"
PEEK = """import os


def run(args):
    path = args['deep'][0]['path']
    try:
        beside = open(os.path.join(os.path.dirname(path), 'beside.txt')).read()
    except OSError as error:
        beside = type(error).__name__
    try:
        open(path, 'a')
        written = True
    except OSError:
        written = False
    return {'text': open(path).read(), 'beside': beside, 'written': written}
"""
KEEP = "def run(args):\n    open('/run/impromptu/data/kept', 'w').write('x')\n    return {}\n"


class World:
    def __init__(self, d, home):
        self.d, self.home = d, home
        self.photos, self.inner = os.path.join(home, "Photos"), os.path.join(home, "Photos", "2024")
        self.data = os.path.join(d.env["XDG_DATA_HOME"], "impromptu")
        self.seen = {}

    def keep(self, path, text):
        """A file of the library, as a person would put it there."""
        path = os.path.join(self.data, "library", path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def keep_tool(self, name, source, capabilities, reason=""):
        manifest = {"name": name, "line": "Does it", "arguments": {}, "result": "{}", "capabilities": capabilities, "reason": reason}
        self.keep(f"tools/{name}/tool.json", json.dumps(manifest))
        self.keep(f"tools/{name}/tool.py", source)
        self.keep(f"tools/{name}/samples.json", json.dumps([{"args": {}, "result": {}}]))

    def keep_all(self):
        self.keep_tool("look", LOOK % self.photos, {"list": [self.photos]}, REASON)
        self.keep_tool("linger", LINGER, {"list": [self.photos]})
        self.keep_tool("disks", DISKS, {"system": ["mounts"]})
        self.keep_tool("peek", PEEK, {})
        self.keep_tool("keep", KEEP, {})
        app = {"title": TITLE, "glyph": "K", "sentence": "keep my photos", "file": "index.html", "requirements": [],
               "tools": ["look", "linger", "disks", "peek", "keep"], "passed": 1, "total": 1}
        self.keep(f"apps/{APP}/app.json", json.dumps(app))
        self.keep(f"apps/{APP}/index.html", PAGE)
        git = ["git", "-c", "safe.directory=*", "-c", "user.name=me", "-c", "user.email=me@x", "-C", os.path.join(self.data, "library")]
        for words in (["add", "-A"], ["commit", "-q", "-m", "by a person"]):
            subprocess.run(git + words, check=True, env=self.d.env)

    def noted(self, key):
        """What the page has noted under this key, if that is not what told() had last."""
        text = self.d.request("GET", f"/api/v1/apps/{APP}/storage").get(key)
        return text if text and text != self.seen.get(key) else None

    def told(self, key):
        self.seen[key] = self.d.until(lambda: self.noted(key), f"the page to note {key}")
        return json.loads(self.seen[key])

    def grants(self):
        return self.d.request("GET", f"/api/v1/grants?app={APP}")["grants"]

    def log(self):
        return self.d.request("GET", f"/api/v1/grants?app={APP}&log=1")["log"]

    def waiting(self):
        return {q["question"] for q in self.d.request("GET", "/api/v1/questions")["questions"]}

    def impromptu(self, *words):
        return self.d.tool(self.d.program("impromptu"), *words)

    def shown(self, name, top=None):
        """The viewable window of this name, managed or not; None if there is none."""
        top = top or self.d.x.screen().root
        try:
            for window in top.query_tree().children:
                title = window.get_full_property(self.d.x.intern_atom("_NET_WM_NAME"), X.AnyPropertyType)
                if title and title.value.decode("utf-8", "replace") == name and window.get_attributes().map_state == X.IsViewable:
                    return window
                inner = self.shown(name, window)
                if inner:
                    return inner
        except BadWindow:
            pass
        return None

    def until_shown(self, name):
        return self.d.until(lambda: self.shown(name), f"the window “{name}”")

    def until_gone(self, name):
        self.d.until(lambda: not self.shown(name), f"the window “{name}” to go")

    def click_up(self, window, x, up):
        """A real click at once, that many pixels above the window's bottom."""
        try:
            height = window.get_geometry().height
            at = self.d.x.screen().root.translate_coords(window, x, height - up)
        except BadWindow:
            return
        xtest.fake_input(self.d.x, X.MotionNotify, x=at.x, y=at.y)
        xtest.fake_input(self.d.x, X.ButtonPress, 1)
        xtest.fake_input(self.d.x, X.ButtonRelease, 1)
        self.d.x.sync()

    def key(self, *names):
        codes = [self.d.x.keysym_to_keycode(name) for name in names]
        for code in codes:
            xtest.fake_input(self.d.x, X.KeyPress, code)
        for code in reversed(codes):
            xtest.fake_input(self.d.x, X.KeyRelease, code)
        self.d.x.sync()

    def answer_by_key(self, number):
        """Pressed until it is heard, since the sheet is deaf at first."""
        before = self.waiting()

        def answered():
            self.d.keys("super+" + number)
            return before - self.waiting()
        self.d.until(answered, "the question to take its answer")


def what_was_not_used_for_long_has_ended(w):
    """The agent was started with three grants: used long ago, used less long ago, and given long ago but used since."""
    old = w.d.request("GET", "/api/v1/grants?app=old&log=1")
    tap.equal([g["id"] for g in old["grants"]], ["g2", "g3"], "what is left")
    tap.equal([e["what"] for e in old["log"]], ["expired"], "what the log tells")
    tap.check(re.search(r"g2 +old +look at the names", w.impromptu("grants", "old")), "the command line lists it")
    w.impromptu("grants", "expire", "30")
    tap.equal([g["id"] for g in w.d.request("GET", "/api/v1/grants?app=old")["grants"]], ["g3"], "what is left where fewer days count")
    w.impromptu("grants", "expire", "90")
    w.impromptu("grants", "revoke", "g3")
    tap.equal(w.d.request("GET", "/api/v1/grants")["grants"], [], "what is left in the end")
    try:
        w.impromptu("grants", "nobody")
        raise Failed("an app that does not exist may do nothing, it says")
    except Failed as refused:
        tap.check("There is no app nobody" in str(refused), f"it says that there is none: {refused}")


def a_click_and_a_key_in_the_first_half_second_answer_nothing(w):
    """They are too early for certain where everything, from before the question was put to after they were handled, took less than that."""
    early = 0
    for _ in range(EARLY_TRIES):
        begun = time.monotonic()
        question = w.d.request("POST", f"/api/v1/apps/{APP}/save", {"name": "a.txt", "bytes": 1})["id"]
        sheet = w.until_shown(SHEET)
        w.click_up(sheet, FIRST_X, LAST_UP)
        w.key(SUPER, ONE)
        w.d.sync()
        if time.monotonic() - begun < DEAF:
            early += 1
            tap.check(question in w.waiting(), "the question still waits")

        def answered():
            w.click_up(sheet, FIRST_X, LAST_UP)
            w.d.sync()
            return question not in w.waiting()
        w.d.until(answered, "a later click to answer")
        w.until_gone(SHEET)
        if early == EARLY:
            return
    raise Failed(f"only {early} of {EARLY_TRIES} clicks came early enough to tell anything")


def what_an_app_asks_at_a_start_is_one_sheet(w):
    since = w.d.events.mark()
    w.d.request("POST", f"/api/v1/apps/{APP}/open", {})
    w.d.find(TITLE)
    listing = w.d.events.wait("question", since=since, app=APP, capability="list")
    w.d.events.wait("question", since=since, app=APP, capability="system")
    reason = listing["reason"]
    tap.equal(listing["quote"], "keep my photos", "the person's own sentence")
    tap.check(reason.startswith("Say yes [2Jnow because") and reason.endswith("…") and len(reason) <= 200, f"the reason is quoted, stripped and cut: {reason!r}")
    tap.check(not any(c in reason for c in "\n\x1b\u202e\u202c"), "no character is left that moves others")
    w.until_shown(SHEET)
    w.d.sync()
    w.d.picture("grants-batch")
    w.answer_by_key("1")
    w.d.until(lambda: not w.waiting(), "both to be answered by one key")
    tap.equal(w.told("look")["result"]["names"], ["2024", "a.jpg", "b.jpg"], "what it may see")
    tap.check("mounts" in w.told("disks")["result"], "the disks")
    tap.equal(w.told("forged").get("kind"), "denied", "the path of a file that nobody chose")
    tap.equal(w.grants(), [], "what stays of “this time”")


def a_no_is_told_to_the_page_and_not_asked_again(w):
    for asked in (True, False):
        since = w.d.events.mark()
        w.d.press(TITLE, *LOOK_AT)
        if asked:
            w.d.events.wait("question", since=since, app=APP)
            w.answer_by_key("4")
        tap.equal(w.told("look").get("kind"), "denied", "what the page is told")
    tap.equal(w.waiting(), set(), "what is asked the second time")
    tap.check("refused" in w.impromptu("grants", APP), "the refusal is listed")
    w.impromptu("grants", "revoke", APP)


def a_smaller_folder_is_all_it_gets(w):
    w.d.press(TITLE, *LOOK_AT)
    sheet = w.until_shown(SHEET)

    def opened():
        w.click_up(sheet, FIRST_X, LAST_UP)  # Choose folder…
        w.d.sync()
        return w.shown(CHOOSER)
    chooser = w.d.until(opened, "the chooser")
    w.d.activate(CHOOSER)
    w.until_gone(SHEET)  # it would lie over the chooser, which says the same
    w.d.keys("slash")  # its field for a path
    w.d.keys("ctrl+a")
    w.d.type(w.inner)
    w.d.picture("grants-chooser")

    def taken():
        w.click_up(chooser, CHOOSER_OPEN_X, CHOOSER_UP)
        w.d.sync()
        return not w.shown(CHOOSER)
    w.d.until(taken, "the folder to be taken")
    tap.equal(w.told("look")["result"]["names"], ["2024", "b.jpg"], "what it sees")
    grant = w.grants()[0]
    tap.equal((grant["asked"], grant["resource"], grant["answer"]), (w.photos, w.inner, "open"), "what is listed")
    w.d.press(TITLE, *LOOK_AT)
    tap.equal(w.told("look")["result"]["names"], ["2024", "b.jpg"], "what it sees the next time, without being asked")


def revoking_ends_what_runs(w):
    w.d.press(TITLE, *LINGER_AT)
    w.d.until(lambda: any(e.get("tool") == "linger" for e in w.log()), "the call to run")
    window = w.d.find(TITLE)
    w.d.press_evidence(TITLE)
    w.d.sync()
    w.d.picture("grants-sheet")
    size = w.d.x.create_resource_object("window", window).get_geometry()
    steps = iter(range(SIDE_FIRST, size.height, SIDE_STEP))

    def revoked():
        at = next(steps, None)
        if at is None:
            raise Failed("no button of the sheet took it back")
        w.d.click(window, size.width - SIDE, at)
        return not w.grants()
    w.d.until(revoked, "the button to take it back")
    tap.equal(w.told("linger").get("kind"), "denied", "what the page is told of the call that ran")
    w.d.press_evidence(TITLE)
    tap.equal(w.log()[0]["what"], "revoked", "what the log tells")


def a_chosen_file_is_the_only_one_it_reads(w):
    note = os.path.join(w.home, "Notes", "note.txt")

    def opened():
        w.d.press(TITLE, *FILE_AT)
        return w.shown(FILES)
    chooser = w.d.until(opened, "the chooser")
    w.d.activate(FILES)
    w.d.keys("slash")
    w.d.keys("ctrl+a")
    w.d.type(note)
    w.d.picture("grants-file")

    def taken():
        w.click_up(w.shown(FILES) or chooser, FIRST_X, CHOOSER_UP)
        w.d.sync()
        return not w.shown(FILES)
    w.d.until(taken, "the file to be taken")
    got = w.told("chosen")
    tap.equal(got.get("result"), {"text": "a note", "beside": "FileNotFoundError", "written": False}, f"what the tool could do: {got}")
    tap.equal([(g["resource"], g.get("chosen")) for g in w.grants()], [(note, True)], "what is listed")


class Drag:
    """A program from which a file is dragged, speaking XDND."""

    def __init__(self, name, path):
        self.x = xdisplay.Display(name)
        self.window = self.x.screen().root.create_window(0, 0, 1, 1, 0, X.CopyFromParent)
        self.uris = ("file://" + path + "\r\n").encode()
        self.kind, self.selection = self.atom("text/uri-list"), self.atom("XdndSelection")
        self.window.set_selection_owner(self.selection, X.CurrentTime)

    def atom(self, name):
        return self.x.intern_atom(name)

    def send(self, target, name, *data):
        target.send_event(xevent.ClientMessage(window=target, client_type=self.atom(name), data=(32, [self.window.id, *data][:5] + [0] * (4 - len(data)))))
        self.x.flush()

    def give(self, event):
        """Answers whoever wants to know what is dragged."""
        known = event.target == self.kind
        if known:
            event.requestor.change_property(event.property, self.kind, 8, self.uris)
        elif event.target == self.atom("TARGETS"):
            event.requestor.change_property(event.property, Xatom.ATOM, 32, [self.kind])
        kept = event.property if known or event.target == self.atom("TARGETS") else X.NONE
        event.requestor.send_event(xevent.SelectionNotify(time=event.time, requestor=event.requestor, selection=event.selection, target=event.target, property=kept))
        self.x.flush()

    def until(self, name):
        """Until a message of this name comes; returns what it says."""
        end = time.monotonic() + WAIT
        while time.monotonic() < end:
            if not self.x.pending_events():
                select.select([self.x.fileno()], [], [], 0.5)
                continue
            event = self.x.next_event()
            if event.type == X.SelectionRequest:
                self.give(event)
            elif event.type == X.ClientMessage and event.client_type == self.atom(name):
                return event.data[1]
        raise Failed(f"no {name} came")

    def drop(self, window, x, y, is_over):
        """Moves about there until is_over() says that the page has seen it, then lets go."""
        target = self.x.create_resource_object("window", window)
        at = self.x.screen().root.translate_coords(target, x, y)
        end = time.monotonic() + WAIT
        self.send(target, "XdndEnter", XDND_VERSION << 24, self.kind)
        for step in itertools.cycle(range(8)):
            self.send(target, "XdndPosition", 0, at.x + step << 16 | at.y, X.CurrentTime, self.atom("XdndActionCopy"))
            accepted = self.until("XdndStatus")[1] & 1
            if accepted and is_over():
                break
            if time.monotonic() > end:
                raise Failed("what is dragged is not accepted there")
        self.send(target, "XdndDrop", 0, X.CurrentTime)
        self.until("XdndFinished")
        self.x.close()


def a_dropped_file_is_the_only_one_it_reads(w):
    dropped, window = os.path.join(w.home, "Notes", "dropped.txt"), w.d.find(TITLE)
    Drag(w.d.env["DISPLAY"], dropped).drop(window, *DROP_AT, lambda: w.noted("over"))
    w.told("over")
    got = w.told("dropped")
    tap.equal(got.get("result"), {"text": "dropped", "beside": "FileNotFoundError", "written": False}, f"what the tool could do: {got}")
    tap.check(dropped in [g["resource"] for g in w.grants()], "it is listed")
    Drag(w.d.env["DISPLAY"], os.path.join(w.home, ".ssh", "id_ed25519")).drop(window, *DROP_AT, lambda: w.noted("over"))
    w.told("over")
    Drag(w.d.env["DISPLAY"], dropped).drop(window, *DROP_AT, lambda: w.noted("over"))
    tap.equal(w.told("dropped").get("result", {}).get("text"), "dropped", "what comes of the next drop; of the key the page was told nothing")
    tap.check(not any(".ssh" in g["resource"] for g in w.grants()), "no grant of a key")


def a_deleted_app_leaves_nothing_behind(w):
    w.d.request("POST", "/api/v1/tools/keep", {"arguments": {}, "app": APP})
    w.d.press(TITLE, *LOOK_AT)
    w.answer_by_key("3")
    w.told("look")
    folder = os.path.join(w.data, "tool-data", APP)
    kept = os.path.join(folder, "keep", "kept")
    tap.check(os.path.exists(kept), "its tool has kept something")
    tap.check(any(g["answer"] == "always" for g in w.grants()), "it was allowed something for always")
    log = w.impromptu("grants", "log", APP)
    tap.check(re.search(r"used: .* · peek", log) and re.search(r"revoked: ", log), f"what was used is told: {log}")
    w.d.request("DELETE", f"/api/v1/apps/{APP}")
    tap.check(not os.path.exists(folder), "what its tools kept is gone")
    tap.equal(w.grants(), [], "what it may do")
    w.d.request("POST", f"/api/v1/apps/{APP}/undo", {})
    tap.check(os.path.exists(kept), "an undo brings back what its tools kept")
    tap.equal([g["answer"] for g in w.grants()], ["always"], "and what it was allowed for always")


def fill_home(home):
    for path, text in (("Photos/a.jpg", "a"), ("Photos/2024/b.jpg", "b"), ("Notes/note.txt", "a note"), ("Notes/dropped.txt", "dropped"),
                       ("Notes/beside.txt", "beside"), (".ssh/id_ed25519", "a key")):
        os.makedirs(os.path.join(home, os.path.dirname(path)), exist_ok=True)
        with open(os.path.join(home, path), "w", encoding="ascii") as file:
            file.write(text)


def keep_old_grants(d):
    """What an agent of months ago has left."""
    now = int(time.time())
    folder = os.path.join(d.env["XDG_STATE_HOME"], "impromptu")
    os.makedirs(folder, 0o700)
    grants = [{"id": name, "app": "old", "title": "Old", "capability": "list", "resource": place, "answer": "always", "time": now - 400 * DAY, "used": now - days * DAY}
              for name, place, days in (("g1", "/usr", 91), ("g2", "/opt", 89), ("g3", "/srv", 1))]
    with open(os.path.join(folder, "grants.json"), "w", encoding="ascii") as file:
        json.dump({"last": 3, "grants": grants}, file)


def main():
    become_ordinary()
    with tempfile.TemporaryDirectory(prefix="impromptu-home-") as home, tempfile.TemporaryDirectory(prefix="impromptu-out-") as out:
        home, pictures = os.path.realpath(home), os.environ.get("IMPROMPTU_PICTURES", out)
        fill_home(home)
        with Desktop(sys.argv[1], pictures, home=home, env={"IMPROMPTU_LANE": "recording"}) as d:
            keep_old_grants(d)
            d.start()
            world = World(d, home)
            world.keep_all()
            return tap.run([
                what_was_not_used_for_long_has_ended,
                a_click_and_a_key_in_the_first_half_second_answer_nothing,
                what_an_app_asks_at_a_start_is_one_sheet,
                a_no_is_told_to_the_page_and_not_asked_again,
                a_smaller_folder_is_all_it_gets,
                revoking_ends_what_runs,
                a_chosen_file_is_the_only_one_it_reads,
                a_dropped_file_is_the_only_one_it_reads,
                a_deleted_app_leaves_nothing_behind,
            ], world)


if __name__ == "__main__":
    sys.exit(main())
