#!/usr/bin/python3
"""Verifies the window manager with programs as people run them: libwnck's pager commands, a game of SDL 2, a window of Java's. tests/run installs them; one that
is not there is skipped, and what was skipped has failed."""
import os
import re
import select
import shutil
import subprocess
import sys
import time

from Xlib import X

import harness
from harness import run
from rows import row

TOP, SIDE = 33, 1
HERE = os.path.dirname(os.path.abspath(__file__))


def need(*programs):
    missing = [program for program in programs if not shutil.which(program)]
    if missing:
        raise harness.Skipped(f"{' and '.join(missing)} not installed")


class Program:
    """A program that answers each line of its input with one of its output."""

    def __init__(self, core, *command, **environment):
        self.core = core
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
        assert select.select([self.process.stdout], [], [], harness.DEADLINE)[0], "the program says nothing"
        return self.process.stdout.readline().strip()

    def say(self, word):
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()
        return self.hear()


def window(c, title):
    """The window of this title, once it is managed."""
    c.root.change_attributes(event_mask=X.PropertyChangeMask)
    while True:
        c.sync()
        for xid in c.longs(c.root, "_NET_CLIENT_LIST"):
            w = c.display.create_resource_object("window", xid)
            name = bytes(c.longs(w, "_NET_WM_NAME")).decode() or w.get_wm_name() or ""
            if title in name:
                return w
        c.event(lambda e: e.type == X.PropertyNotify)


def until(c, what, condition):
    """A program has its own pace: asked again after each sync."""
    end = time.monotonic() + harness.DEADLINE
    while not condition():
        assert time.monotonic() < end, what
        c.sync()


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
    if subprocess.run(["/usr/bin/python3", "-c", "import pygame"], capture_output=True, check=False).returncode:
        raise harness.Skipped("python3-pygame not installed")
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


if __name__ == "__main__":
    harness.main({name: test for name, test in globals().items() if name.startswith("test_")})
