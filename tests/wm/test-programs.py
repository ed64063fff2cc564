#!/usr/bin/python3
"""Verifies the window manager with programs as people run them: libwnck's pager commands, a game of SDL 2, windows of Java's, of Qt's and
of GTK's, a film, Chromium. tests/run installs them; where one is not there its test fails."""
import contextlib
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from Xlib import X, XK
from Xlib.error import BadWindow
from Xlib.ext import xtest

import harness
from harness import run
from rows import row

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "e2e"))
from as_user import ordinary  # noqa: E402

TOP, SIDE = 33, 1
START = 120  # seconds for a program's first word: Java's is compiled before
YELLOW = 0xFFFF00
SCREEN = (0, 0, 1280, 800)
FULL = {"MAXIMIZED_VERT", "MAXIMIZED_HORZ"}


def need(*programs):
    for program in programs:
        assert shutil.which(program), f"{program} is not installed; data/packages names what tests/run installs"


def need_module(name, package):
    """That the system's own Python has it, which runs the programs here."""
    done = subprocess.run(["/usr/bin/python3", "-c", "import " + name], capture_output=True, check=False)
    assert not done.returncode, f"{package} is not installed; data/packages names what tests/run installs"


class Program:
    """A program that answers each line of its input with one of its output."""

    def __init__(self, core, *command, **environment):
        self.core, self.patience = core, START
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **environment})

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    def hear(self):
        assert select.select([self.process.stdout], [], [], self.patience)[0], "the program says nothing"
        self.patience = harness.DEADLINE
        return self.process.stdout.readline().strip()

    def say(self, word):
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()
        return self.hear()


def window(c, title):
    """The window of this title, once it is managed and has it."""
    c.root.change_attributes(event_mask=X.PropertyChangeMask)
    while True:
        c.sync()
        for xid in c.longs(c.root, "_NET_CLIENT_LIST"):
            w = c.display.create_resource_object("window", xid)
            w.change_attributes(event_mask=X.PropertyChangeMask | X.StructureNotifyMask)
            name = bytes(c.longs(w, "_NET_WM_NAME")).decode() or w.get_wm_name() or ""
            if title in name:
                return w
        c.event(lambda e: e.type == X.PropertyNotify)


def until(c, what, condition):
    """A program has its own pace: asked again after each sync, also where a window went while it was asked about."""
    end = time.monotonic() + harness.DEADLINE
    while True:
        with contextlib.suppress(BadWindow):
            if condition():
                return
        assert time.monotonic() < end, what
        c.sync()


def press(c, *names):
    """Keys, held together."""
    codes = [c.display.keysym_to_keycode(XK.string_to_keysym(name)) for name in names]
    for kind, order in ((X.KeyPress, codes), (X.KeyRelease, codes[::-1])):
        for code in order:
            xtest.fake_input(c.display, kind, code)
    c.display.sync()


def point(c, x, y):
    xtest.fake_input(c.display, X.MotionNotify, x=x, y=y)
    c.display.sync()


def button(c, kind):
    xtest.fake_input(c.display, kind, 1)
    c.display.sync()


def click(c, x, y):
    point(c, x, y)
    button(c, X.ButtonPress)
    button(c, X.ButtonRelease)


def carry(c, w, x, y):
    """By a place of its own that the program makes a handle of: it asks for it once the pointer is pressed there, or has moved a little."""
    before, steps = c.place(w), 0

    def moved():
        nonlocal steps
        steps += 1
        point(c, x + steps % 40, y)
        return c.place(w) != before
    point(c, x, y)
    button(c, X.ButtonPress)
    until(c, "it is not carried", moved)
    # From here on the window goes with the pointer, to the pixel.
    point(c, x + 40, y)
    c.sync()
    left, top, *size = c.place(w)
    point(c, x + 100, y + 70)
    c.sync()
    assert c.place(w) == (left + 60, top + 70, *size), (c.place(w), left, top)
    button(c, X.ButtonRelease)
    c.sync()
    point(c, x, y)
    c.sync()
    assert c.place(w) == (left + 60, top + 70, *size), "it was let go"


def pop_up(c, kind):
    """The place of the pop-up of this type that is shown, or None."""
    wanted = c.atom("_NET_WM_WINDOW_TYPE_" + kind)
    for child in c.root.query_tree().children:
        if c.override(child) and c.viewable(child) and wanted in c.longs(child, "_NET_WM_WINDOW_TYPE"):
            return c.place(child)
    return None


def popped_up(c, kind):
    until(c, f"no pop-up of type {kind}", lambda: pop_up(c, kind))
    return pop_up(c, kind)


def close(c, w, process):
    """By the window manager, and the process ends of itself."""
    c.send(w, "_NET_CLOSE_WINDOW", [0, 2])
    c.sync()
    assert process.wait(harness.DEADLINE) == 0, process.returncode
    c.sync()
    assert w.id not in c.longs(c.root, "_NET_CLIENT_LIST")


def has_focus(c, w):
    """It, or a window within it: toolkits pass the keys on to one."""
    inner = c.focus()
    while inner > X.PointerRoot and inner not in (w.id, c.root.id):
        inner = c.display.create_resource_object("window", inner).query_tree().parent.id
    return c.active() == w.id and inner == w.id


def wnck(w, *words):
    return run("wnckprop", f"--window={w.id}", *words)


@row("wnck")
def test_wnck_acts(core, c):
    need("wnckprop")
    w, other = c.shown("one", x=100, y=100), c.shown("other", x=500, y=100)
    place = c.frame_place(w)
    for word, state, back in (("maximize", {"MAXIMIZED_VERT", "MAXIMIZED_HORZ"}, "unmaximize"), ("make-fullscreen", {"FULLSCREEN"}, "unmake-fullscreen"),
                              ("make-above", {"ABOVE"}, "unmake-above"), ("make-below", {"BELOW"}, "unmake-below"), ("shade", {"SHADED"}, "unshade"),
                              ("minimize", {"HIDDEN"}, "unminimize"), ("skip-pager", {"SKIP_PAGER"}, "unskip-pager"),
                              ("skip-tasklist", {"SKIP_TASKBAR"}, "unskip-tasklist")):
        for one, wanted in ((word, True), (back, False)):
            wnck(w, "--" + one)
            c.sync()
            assert (state <= c.states(w)) == wanted, (one, c.states(w))
    assert c.frame_place(w) == place
    wnck(w, "--pin")
    c.sync()
    assert c.desktop_of(w) == 0xffffffff
    wnck(w, "--unpin")
    wnck(w, "--set-workspace=2")
    c.sync()
    assert c.desktop_of(w) == 2 and c.active() == other.id
    wnck(w, "--activate")
    c.sync()
    assert c.active() == w.id and c.longs(c.root, "_NET_CURRENT_DESKTOP") == [2], "a pager that activates goes there"
    wnck(w, "--set-x=50", "--set-y=60", "--set-width=402", "--set-height=334")
    c.sync()
    # libwnck adds the frame's extents to a place itself, and then names the frame's corner: other window managers put it there as well.
    assert c.frame_place(w) == (50 + SIDE, 60 + TOP, 402, 334), c.frame_place(w)


@row("wnck")
def test_wnck_reads(core, c):
    need("wnckprop")
    w = c.shown("Letter - Editor", x=100, y=100, w=300, h=200)
    said = wnck(w)
    for line in ("Name: Letter - Editor", "Geometry (x, y, width, height): 100, 100, 302, 234", "Window Type: normal window"):
        assert line in said, said
    actions = re.search("Possible Actions: (.*)", said).group(1)
    assert {"move", "resize", "maximize", "minimize", "close"} <= set(actions.split(", ")), actions
    run("wnckprop", "--screen=0", "--set-n-workspaces=3")
    run("wnckprop", "--screen=0", "--show-desktop")
    c.sync()
    assert c.longs(c.root, "_NET_NUMBER_OF_DESKTOPS") == [3] and c.longs(c.root, "_NET_SHOWING_DESKTOP") == [1]
    run("wnckprop", "--screen=0", "--unshow-desktop")
    w.set_wm_protocols([c.atom("WM_DELETE_WINDOW")])
    c.sync()
    wnck(w, "--close")
    asked = c.event(lambda e: e.type == X.ClientMessage and e.client_type == c.atom("WM_PROTOCOLS"))
    assert asked.window == w and asked.data[1][0] == c.atom("WM_DELETE_WINDOW")


@row("sdl")
def test_a_game_of_sdl_fills_the_screen_and_gives_it_back(core, c):
    need_module("pygame", "python3-pygame")
    dock = c.typed("DOCK", x=0, y=760, w=1280, h=40)
    c.put(dock, "_NET_WM_STRUT_PARTIAL", "CARDINAL", [0, 0, 0, 40] + [0] * 6 + [0, 1279])
    c.map(dock)
    with Program(core, "/usr/bin/python3", HERE + "/programs/sdl.py", SDL_VIDEODRIVER="x11", SDL_AUDIODRIVER="dummy", PYGAME_HIDE_SUPPORT_PROMPT="1") as game:
        assert game.hear() == "320 240"
        w = window(c, "SDL")
        place = c.frame_place(w)
        for _ in range(2):
            assert game.say("full") == "1280 800"
            w = window(c, "SDL")
            until(c, "full-screen", lambda: "FULLSCREEN" in c.states(w) and c.place(w) == (0, 0, 1280, 800))
            assert c.stacking()[-1] == w.id and c.active() == w.id and c.focus() == w.id
            assert not c.override(w), "not by override-redirect: it found a window manager"
            assert game.say("window") == "320 240"
            w = window(c, "SDL")
            until(c, "back", lambda: "FULLSCREEN" not in c.states(w) and c.place(w)[2:] == (320, 240))
            assert c.frame_place(w) == place, (c.frame_place(w), place)


@row("java")
def test_a_window_of_java_knows_where_it_is(core, c):
    need("java", "javac")
    # The answers are Java's own belief, which follows the events of X: asked again until it has seen them.
    with Program(core, "java", "-Xshare:auto", HERE + "/programs/Window.java") as java:
        def believes(*wanted):
            until(c, wanted, lambda: java.say("where") == " ".join(wanted))
        java.say("show")
        insets = f"{TOP},{SIDE},{SIDE},{SIDE}"
        believes(insets, "100,80,400,300", f"{100 + SIDE},{80 + TOP}")
        w = window(c, "Swing")
        assert c.frame_place(w) == (100, 80, 400, 300)
        java.say("move")
        believes(insets, "300,200,400,300", f"{300 + SIDE},{200 + TOP}")
        java.say("maximise")
        believes(insets, "0,0,1280,800", f"{SIDE},{TOP}")
        java.say("restore")
        believes(insets, "300,200,400,300", f"{300 + SIDE},{200 + TOP}")
        java.say("dialog")
        dialog = window(c, "Swing dialog")
        assert c.longs(dialog, "WM_TRANSIENT_FOR") == [w.id] and c.stacking().index(dialog.id) > c.stacking().index(w.id)


def qt_program(core):
    need_module("PyQt5.QtWidgets", "python3-pyqt5")
    return Program(core, "/usr/bin/python3", HERE + "/programs/qt.py", QT_QPA_PLATFORM="xcb", QT_QPA_PLATFORMTHEME="", QT_STYLE_OVERRIDE="fusion")


@row("qt")
def test_a_window_of_qt_knows_where_it_is(core, c):
    with qt_program(core) as qt:
        def believes(*wanted):
            until(c, wanted, lambda: qt.say("where") == " ".join(wanted))
        plain = ("plain", "active", "100,80,400,300", f"{100 - SIDE},{80 - TOP},{400 + 2 * SIDE},{300 + TOP + SIDE}")
        qt.say("show")
        believes(*plain)
        w = window(c, "Qt main")
        assert c.longs(w, "_NET_WM_PID") == [qt.process.pid] and c.longs(w, "_NET_WM_WINDOW_TYPE") == [c.atom("_NET_WM_WINDOW_TYPE_NORMAL")]
        assert c.place(w) == (100, 80, 400, 300)
        for _ in range(2):
            qt.say("maximise")
            believes("maximised", "active", f"{SIDE},{TOP},{1280 - 2 * SIDE},{800 - TOP - SIDE}", "0,0,1280,800")
            assert FULL <= c.states(w)
            qt.say("full")
            believes("full", "active", "0,0,1280,800", "0,0,1280,800")
            assert c.place(w) == SCREEN and c.stacking()[-1] == w.id
            qt.say("restore")
            believes(*plain)
            assert c.place(w) == (100, 80, 400, 300) and not (FULL | {"FULLSCREEN"}) & c.states(w)
        qt.say("minimise")
        believes("minimised", "idle", *plain[2:])
        assert "HIDDEN" in c.states(w)
        c.activate(w)
        believes(*plain)
        close(c, w, qt.process)


@row("qt")
def test_qt_has_menus_dialogs_and_windows_that_are_carried(core, c):
    with qt_program(core) as qt:
        qt.say("show")
        w = window(c, "Qt main")
        until(c, "it has the focus", lambda: has_focus(c, w) and c.place(w) == (100, 80, 400, 300))
        click(c, 100 + 20, 80 + 10)
        x, y, *_ = popped_up(c, "DROPDOWN_MENU")
        assert c.active() == w.id, "a menu takes nothing away"
        click(c, x + 20, y + 10)
        window(c, "Qt one")
        until(c, "the menu goes", lambda: not pop_up(c, "DROPDOWN_MENU"))
        qt.say("dialog")
        dialog = window(c, "Qt dialog")
        assert c.longs(dialog, "WM_TRANSIENT_FOR") == [w.id] and c.stacking().index(dialog.id) > c.stacking().index(w.id)
        assert c.longs(dialog, "_NET_WM_WINDOW_TYPE")[0] == c.atom("_NET_WM_WINDOW_TYPE_DIALOG") and "MODAL" in c.states(dialog)
        until(c, "the dialog has the focus", lambda: has_focus(c, dialog))
        press(c, "Escape")
        until(c, "its window has it again", lambda: has_focus(c, w))
        qt.say("bare")
        bare = window(c, "Qt bare")
        assert c.frame_place(bare) == c.place(bare) == (200, 200, 300, 150), "without a frame"
        carry(c, bare, 300, 270)
        c.send(bare, "_NET_CLOSE_WINDOW", [0, 2])
        until(c, "it is closed", lambda: bare.id not in c.longs(c.root, "_NET_CLIENT_LIST"))
        close(c, w, qt.process)


@row("gtk")
def test_a_window_of_gtk_draws_its_own_title_bar(core, c):
    need_module("gi", "python3-gi")
    with Program(core, "/usr/bin/python3", HERE + "/programs/gtk.py", GDK_BACKEND="x11", NO_AT_BRIDGE="1", GTK_THEME="Adwaita") as gtk:
        def believes(*wanted):
            until(c, wanted, lambda: gtk.say("where") == " ".join(wanted))
        gtk.say("show")
        believes("focused")
        w = window(c, "GTK main")
        assert c.longs(w, "_NET_WM_PID") == [gtk.process.pid] and c.frame_place(w) == c.place(w), "no frame of ours"
        place = seen(c, w)
        for _ in range(2):
            gtk.say("maximise")
            believes("maximized", "focused")
            until(c, "maximised", lambda: FULL <= c.states(w) and seen(c, w) == SCREEN)
            gtk.say("full")
            until(c, "full-screen", lambda: "FULLSCREEN" in c.states(w) and seen(c, w) == SCREEN and c.stacking()[-1] == w.id)
            gtk.say("restore")
            believes("focused")
            until(c, "back", lambda: not (FULL | {"FULLSCREEN"}) & c.states(w) and seen(c, w) == place)
        x, y, *_ = place
        click(c, x + 40, y + 28)
        left, top, *_ = popped_up(c, "DROPDOWN_MENU")
        assert c.active() == w.id, "a menu takes nothing away"
        click(c, left + 20, top + 15)
        window(c, "GTK one")
        gtk.say("dialog")
        dialog = window(c, "GTK dialog")
        assert c.longs(dialog, "WM_TRANSIENT_FOR") == [w.id] and "MODAL" in c.states(dialog)
        assert c.stacking().index(dialog.id) > c.stacking().index(w.id)
        until(c, "the dialog has the focus", lambda: has_focus(c, dialog))
        press(c, "Escape")
        until(c, "its window has it again", lambda: has_focus(c, w))
        carry(c, w, x + 200, y + 28)
        close(c, w, gtk.process)


@row("mpv")
def test_a_film_fills_the_screen_and_keeps_its_shape(core, c):
    need("mpv")
    film = subprocess.Popen(["mpv", "--no-config", "--no-terminal", "--vo=x11", "--ao=null", "--loop", "--title=A film",
                             "av://lavfi:testsrc=size=320x240:rate=25"], env={**os.environ, "HOME": "/nonexistent"},
                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        w = window(c, "A film")
        until(c, "it has the size of the film", lambda: c.place(w)[2:] == (320, 240))
        until(c, "it has the focus", lambda: has_focus(c, w))
        place = c.place(w)
        for _ in range(2):
            press(c, "f")
            until(c, "full-screen", lambda: "FULLSCREEN" in c.states(w) and c.place(w) == SCREEN)
            assert c.stacking()[-1] == w.id and c.active() == w.id
            press(c, "f")
            until(c, "back", lambda: "FULLSCREEN" not in c.states(w) and c.place(w) == place)
        c.state(w, 1, *FULL)
        until(c, "maximised", lambda: FULL <= c.states(w) and c.frame_place(w) == SCREEN)
        c.state(w, 0, *FULL)
        until(c, "back", lambda: not FULL & c.states(w) and c.place(w) == place)
        close(c, w, film)
    finally:
        film.kill()
        film.wait()


PAGE = ("data:text/html,<title>Local page</title>"
        "<style>select{position:fixed;left:0;bottom:0;width:100vw;height:40px}select:hover{background:yellow}</style>"
        "<select onchange='document.title=this.value'><option>First choice<option>Second choice<option>Last choice</select>")


@contextlib.contextmanager
def chromium(own_frame):
    """Chromium as an ordinary user runs it, sandbox and all, with a profile of its own."""
    need("chromium")
    user = ordinary()
    home = tempfile.mkdtemp(prefix="impromptu-chromium-")
    os.mkdir(home + "/Default")
    with open(home + "/Default/Preferences", "w", encoding="utf-8") as file:
        json.dump({"browser": {"custom_chrome_frame": own_frame}}, file)
    for path in (home, home + "/Default", home + "/Default/Preferences"):
        os.chown(path, user.pw_uid, user.pw_gid)
    who = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if os.getuid() == 0 else {}
    environment = {"HOME": home, "XDG_RUNTIME_DIR": home, "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "DISPLAY": os.environ["DISPLAY"]}
    process = subprocess.Popen(["chromium", "--no-first-run", "--password-store=basic", "--user-data-dir=" + home, PAGE], env=environment, cwd="/",
                               start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **who)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        shutil.rmtree(home, ignore_errors=True)


def fills_the_screen_and_gives_it_back(c, w):
    """F11, and a maximising from outside; w is at its place again each time."""
    place = c.place(w)
    press(c, "F11")
    until(c, "full-screen", lambda: "FULLSCREEN" in c.states(w) and c.place(w) == SCREEN)
    assert c.stacking()[-1] == w.id and c.active() == w.id and not c.longs(w, "_GTK_FRAME_EXTENTS")
    press(c, "F11")
    until(c, "back", lambda: "FULLSCREEN" not in c.states(w) and c.place(w) == place)
    c.state(w, 1, *FULL)
    until(c, "maximised", lambda: FULL <= c.states(w) and seen(c, w) == SCREEN)
    c.state(w, 0, *FULL)
    until(c, "back", lambda: not FULL & c.states(w) and c.place(w) == place)


def seen(c, w):
    """The place on the screen that its frame takes, or, without one, what it draws but its shadow."""
    x, y, width, height = c.frame_place(w)
    left, right, top, bottom = c.longs(w, "_GTK_FRAME_EXTENTS") or (0, 0, 0, 0)
    return x + left, y + top, width - left - right, height - top - bottom


@row("chromium")
def test_chromium_in_our_frame(core, c):
    with chromium(own_frame=False) as browser:
        w = window(c, "Local page")
        assert c.longs(w, "_NET_WM_PID") == [browser.pid] and c.longs(w, "_NET_WM_WINDOW_TYPE") == [c.atom("_NET_WM_WINDOW_TYPE_NORMAL")]
        assert c.longs(w, "_NET_FRAME_EXTENTS") == [SIDE, SIDE, TOP, SIDE] and c.longs(w, "_MOTIF_WM_HINTS")[:3] == [2, 0, 1]
        until(c, "it has the focus", lambda: has_focus(c, w))
        fills_the_screen_and_gives_it_back(c, w)
        press(c, "Control_L", "o")
        dialog = window(c, "Open File")
        assert c.longs(dialog, "WM_TRANSIENT_FOR") == [w.id] and "MODAL" in c.states(dialog)
        assert c.stacking().index(dialog.id) > c.stacking().index(w.id)
        until(c, "the dialog has the focus", lambda: has_focus(c, dialog))
        press(c, "Escape")
        until(c, "the browser has it again", lambda: has_focus(c, w))
        close(c, w, browser)


@row("chromium")
def test_chromium_in_a_frame_of_its_own(core, c):
    with chromium(own_frame=True) as browser:
        w = window(c, "Local page")
        until(c, "it has the focus", lambda: has_focus(c, w))
        assert c.longs(w, "_MOTIF_WM_HINTS")[:3] == [2, 0, 0] and c.longs(w, "_GTK_FRAME_EXTENTS")
        assert c.frame_place(w) == c.place(w), "no frame of ours"
        fills_the_screen_and_gives_it_back(c, w)
        c.send(w, "_NET_MOVERESIZE_WINDOW", [0xF << 8 | 2 << 12, 100, 50, 700, 500])
        until(c, "it is moved", lambda: c.place(w) == (100, 50, 700, 500))
        carry(c, w, 100 + 450, 50 + 14)
        x, y, _, height = c.place(w)
        # The page's list, of which the last line is chosen: once the page shows that it hears of the pointer.
        point(c, x + 300, y + height - 24)
        c.wait_pixel(x + 300, y + height - 24, YELLOW)
        click(c, x + 300, y + height - 24)
        left, top, _, height = popped_up(c, "MENU")
        assert c.active() == w.id, "a menu takes nothing away"
        click(c, left + 40, top + height - 14)
        window(c, "Last choice")
        press(c, "Alt_L", "f")
        popped_up(c, "MENU")
        press(c, "Escape")
        until(c, "the menu goes", lambda: not pop_up(c, "MENU"))
        assert has_focus(c, w)
        close(c, w, browser)


if __name__ == "__main__":
    harness.main({name: test for name, test in globals().items() if name.startswith("test_")})
