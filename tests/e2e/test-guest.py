#!/usr/bin/python3
"""Verifies Impromptu as a guest of other window managers: the prompt bar by its key, an app made from a sentence, in a window that the other manager frames, with
its evidence, its button and its sheets; a question answered; and that nothing of the other desktop is taken. Once under openbox and once under xfwm4."""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from as_user import become_ordinary  # noqa: E402
from desktop import Desktop, Events, Failed, WAIT  # noqa: E402
from Xlib import X  # noqa: E402
import tap  # noqa: E402

PACE = "--rate 10000"
TRIES, TRY = 4, 5  # presses, and seconds for each
BESIDE = ("mousemove", "5", "790", "click", "1")
KEY, PRESSED = "<Control><Alt>p", "ctrl+alt+p"


class Guest(Desktop):
    """A desktop of another window manager's, and Impromptu in it."""

    def begin(self, manager):
        self.manager = self._start([manager])
        self.until(lambda: self.root_property("_NET_SUPPORTING_WM_CHECK"), manager)
        self.check = self.root_property("_NET_SUPPORTING_WM_CHECK")[0]
        self.session = self._start(["dbus-run-session", "--", self.program("impromptu-session"), "--shell-args", "--guest", "--key", KEY])
        self.events = Events(self.socket)
        self.until(lambda: os.path.exists(self.socket) and self.request("GET", "/api/v1/lanes", quiet=True), "the agent")
        self.until(lambda: self.bar_at() is not None, "the bar's window")

    def root_property(self, name):
        got = self.x.screen().root.get_full_property(self.x.intern_atom(name), X.AnyPropertyType)
        return list(got.value) if got else None

    def sync(self, scope=1, timeout=WAIT):
        """Another window manager answers no _IMPROMPTU_SYNC: what is waited for here is what can be seen."""
        self.x.sync()

    def shows(self, title):
        return self.top(title) is not None or any(title in t for _, t, _ in self.windows())

    def top(self, title):
        """A window that shows and lies below the root itself, by its name: override-redirect ones, which no window manager lists."""
        for window in self.x.screen().root.query_tree().children:
            try:
                name = window.get_wm_name()
                shown = window.get_attributes().map_state == X.IsViewable
                if shown and name and title in (name if isinstance(name, str) else name.decode()):
                    return window
            except Exception:  # it has gone meanwhile
                continue
        return None

    def bar_at(self):
        bar = self.top("Impromptu prompt")
        return bar.get_geometry().x if bar else None

    def bar(self):
        """Again where nothing came of it: a window manager that only just starts holds the keyboard now and then."""
        for _ in range(TRIES):
            self.keys(PRESSED)
            try:
                self.until(lambda: self.bar_at() >= 0, "the bar", TRY)
                return
            except Failed:
                pass
        raise Failed(f"{TRIES} presses of its key did not bring the bar; the log: {self.tail()}")

    def held(self):
        """Whether pointer and keyboard are another program's: the bar's, while it shows. It may have to wait for them."""
        root = self.x.screen().root
        pointer = root.grab_pointer(False, 0, X.GrabModeAsync, X.GrabModeAsync, X.NONE, X.NONE, X.CurrentTime)
        keyboard = root.grab_keyboard(False, X.GrabModeAsync, X.GrabModeAsync, X.CurrentTime)
        self.x.ungrab_keyboard(X.CurrentTime)
        self.x.ungrab_pointer(X.CurrentTime)
        self.x.sync()
        return pointer == X.AlreadyGrabbed and keyboard == X.AlreadyGrabbed

    def press_elsewhere(self):
        self.until(self.held, "the bar to hold pointer and keyboard")
        self.tool("xdotool", *BESIDE)
        self.until(lambda: self.bar_at() < 0, "a press elsewhere to put it away")

    def inside(self, window):
        """The window that the other manager put around it is another one."""
        window = self.x.create_resource_object("window", window)
        return window.query_tree().parent.id != self.x.screen().root.id


def the_bar_comes_and_goes(d):
    focus = d.x.get_input_focus().focus
    d.bar()
    d.keys("Escape")
    d.until(lambda: d.bar_at() < 0, "Escape to put it away")
    d.until(lambda: d.x.get_input_focus().focus == focus, "the focus to go back")
    d.bar()
    d.keys(PRESSED)
    d.until(lambda: d.bar_at() < 0, "its key to put it away")
    d.bar()
    d.press_elsewhere()


def the_bar_comes_while_another_program_holds_the_pointer(d):
    """A window manager does so at every press, and a menu as long as it is open: a bar that then heard of no press beside it would stay."""
    root = d.x.screen().root
    tap.equal(root.grab_pointer(False, X.ButtonPressMask, X.GrabModeAsync, X.GrabModeAsync, X.NONE, X.NONE, X.CurrentTime), X.GrabSuccess, "the test's grab")
    d.bar()
    d.tool("xdotool", *BESIDE)  # the test's own: the bar cannot know of it
    tap.check(d.bar_at() >= 0, "it stays")
    d.x.ungrab_pointer(X.CurrentTime)
    d.press_elsewhere()


def an_app_is_made(d):
    since = d.events.mark()
    d.bar()
    d.type("what is eating my disk?")
    d.picture("guest-bar")
    d.keys("Return")
    d.events.wait("deliver", "the app", since)
    window = d.find("Disk Lens")
    tap.check(d.inside(window), "the other window manager frames it")
    question = d.events.wait("question", "the question", since)
    d.until(lambda: d.shows("Impromptu asks"), "the question's window")
    d.picture("guest-question")

    def settled():
        d.keys("ctrl+alt+2")
        return question["question"] not in [q["question"] for q in d.request("GET", "/api/v1/questions")["questions"]]
    d.until(settled, "the question to take its key")
    d.until(lambda: d.request("GET", "/api/v1/grants")["grants"], "the grant")
    d.until(lambda: not d.shows("Impromptu asks"), "the question to go")


def row_pixels(d, window):
    return d.pixels(window, 0, 0, 600, 30)


def the_row_over_the_page_works(d):
    window = d.find("Disk Lens")
    d.activate("Disk Lens")
    d.until(lambda: (d.root_property("_NET_ACTIVE_WINDOW") or [0])[0] == window, "it to be in front")
    d.until(lambda: d.drawn(window, 40, 16), "its row")
    size = d.x.create_resource_object("window", window).get_geometry()
    before = d.pixels(window, 40, 60, size.width - 80, 100)
    d.tool("xdotool", "mousemove", "--window", str(window), str(size.width - 50), "16", "click", "1")  # Fix this
    d.until(lambda: d.pixels(window, 40, 60, size.width - 80, 100) != before, "the Fix sheet")
    d.picture("guest-fix")
    d.keys("Escape")
    since = d.events.mark()
    d.keys("ctrl+alt+f")  # the same by its key
    d.until(lambda: d.pixels(window, 40, 60, size.width - 80, 100) != before, "the Fix sheet by its key")
    d.type("show each folder's share in percent")
    d.keys("Return")
    d.events.wait("deliver", "the change", since)


def its_menu_ends_the_page(d):
    window = d.find("Disk Lens")
    size = d.x.create_resource_object("window", window).get_geometry()
    d.activate("Disk Lens")

    def looks():
        return d.pixels(window, 40, 60, size.width - 80, size.height - 100)
    d.until(lambda: len({pixel for pixel in zip(*[iter(looks())] * 4)}) > 1, "its page")
    before = looks()

    def ended():
        d.tool("xdotool", "mousemove", "--window", str(window), "200", "16", "click", "3", "key", "Down", "Return")
        return looks() != before
    d.until(ended, "the page to end, which is said over it")
    d.picture("guest-ended")


def closing_is_the_other_managers(d):
    window = d.find("Disk Lens")
    d.close("Disk Lens")
    d.until(lambda: window not in [w for w, _, _ in d.windows()], "it to be closed")
    d.bar()
    d.type("Disk Lens")
    d.keys("Return")
    d.find("Disk Lens")


def nothing_of_the_desktop_is_taken(d):
    tap.equal(d.root_property("_NET_SUPPORTING_WM_CHECK")[0], d.check, "the window manager")
    for selection in ("_XSETTINGS_S0", "_NET_SYSTEM_TRAY_S0", "CLIPBOARD_MANAGER", "_IMPROMPTU_TRAY_S0"):
        tap.equal(d.x.get_selection_owner(d.x.intern_atom(selection)), X.NONE, selection)
    tap.check(not d.root_property("_XROOTPMAP_ID"), "the background")
    parts = [part["part"] for part in d.request_session("GET", "/status")["parts"]]
    tap.equal(parts, ["agent", "shell"], "what the session runs")


def a_key_that_is_taken_is_said(d):
    root = d.x.screen().root
    code = d.x.keysym_to_keycode(ord("k"))
    root.grab_key(code, X.ControlMask | X.Mod1Mask, 0, X.GrabModeAsync, X.GrabModeAsync)
    d.x.sync()
    for key, words in (("<Control><Alt>k", "another program has the key Ctrl+Alt+K"), ("nonsense", "is no key with a modifier")):
        with tempfile.TemporaryDirectory() as run:
            done = subprocess.Popen([d.program("impromptu-shell"), "--guest", "--key", key], env=dict(d.env, XDG_RUNTIME_DIR=run, XDG_STATE_HOME=run),
                                    stderr=subprocess.PIPE, text=True)
            for line in done.stderr:
                if words in line:
                    break
            else:
                raise Failed(f"it did not say “{words}”")
            done.terminate()
            done.wait(WAIT)
            done.stderr.close()
    root.ungrab_key(code, X.ControlMask | X.Mod1Mask)


def it_leaves_the_other_desktop_as_it_was(d):
    d.request_session("POST", "/logout", {})
    d.session.wait(WAIT)
    tap.equal(d.manager.poll(), None, "the other window manager goes on")
    tap.check(d.bar_at() is None, "no bar is left")


def main():
    manager = sys.argv[2]
    become_ordinary()
    with tempfile.TemporaryDirectory(prefix="impromptu-home-") as home, tempfile.TemporaryDirectory(prefix="impromptu-out-") as out:
        with open(os.path.join(home, "a-film.bin"), "wb") as film:
            film.truncate(3000000)
        pictures = os.environ.get("IMPROMPTU_TEST_PICTURES", out)
        with Guest(sys.argv[1], pictures, home=home, still=True, env={"IMPROMPTU_LANE": "recording", "IMPROMPTU_REHEARSAL_ARGS": PACE}) as d:
            d.begin(manager)
            return tap.run([the_bar_comes_and_goes, the_bar_comes_while_another_program_holds_the_pointer, an_app_is_made, the_row_over_the_page_works, its_menu_ends_the_page,
                            closing_is_the_other_managers, nothing_of_the_desktop_is_taken, a_key_that_is_taken_is_said,
                            it_leaves_the_other_desktop_as_it_was], d)


if __name__ == "__main__":
    sys.exit(main())
