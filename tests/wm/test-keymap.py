#!/usr/bin/python3
"""Verifies the keymap file in a running core, the keys under other layouts, tiling and desktops by keys, and the other two switchers."""
import os
import subprocess

from Xlib import X, XK, Xutil
from Xlib.ext import xtest

import harness
from harness import run
from rows import row

FOLDER = os.path.join(harness.CONFIG, "impromptu")
FILE = os.path.join(FOLDER, "keys")


def press(c, *names):
    for name in names:
        xtest.fake_input(c.display, X.KeyPress, c.display.keysym_to_keycode(XK.string_to_keysym(name)))


def release(c, *names):
    for name in reversed(names):
        xtest.fake_input(c.display, X.KeyRelease, c.display.keysym_to_keycode(XK.string_to_keysym(name)))


def chord(c, *names):
    press(c, *names)
    release(c, *names)
    c.sync()


def write(text):
    os.makedirs(FOLDER, exist_ok=True)
    with open(FILE + ".new", "w", encoding="utf-8") as file:
        file.write(text)
    os.rename(FILE + ".new", FILE)


def forget():
    if os.path.exists(FILE):
        os.unlink(FILE)


def until(c, act, wanted):
    """Strikes until it works: a file that has changed is read a little later."""
    for _ in range(2000):
        act()
        if wanted():
            return
    raise AssertionError("the new keys do not come")


@row("keymap")
def test_file_is_followed_and_mistakes_told(core, c):
    w = c.shown()
    try:
        write("Super+q fullscreen\n")
        until(c, lambda: chord(c, "Super_L", "q"), lambda: "FULLSCREEN" in c.states(w))
        c.state(w, 0, "FULLSCREEN")
        write("# broken\nSuper+q close\nSuper+q minimise\n")
        told = core.wait("trouble")
        assert "line 3" in told and "line 2" in told and FILE in told, told
        chord(c, "Super_L", "q")
        assert "FULLSCREEN" in c.states(w), "the last good one stays"
        write("Super+q keep-on-top\n")
        assert core.wait("trouble").endswith("text="), "and is over"
        until(c, lambda: chord(c, "Super_L", "q"), lambda: "ABOVE" in c.states(w))
    finally:
        forget()


@row("keymap")
def test_broken_from_the_beginning(core, c):
    core.stop()
    write("nonsense\n")
    try:
        again = harness.Core(ready="trouble")
        w = c.shown()
        chord(c, "Super_L", "Up")
        assert "MAXIMIZED_VERT" in c.states(w), "what is built in works"
        again.stop()
    finally:
        forget()


@row("keymap")
def test_commands(core, c):
    try:
        write("Super+q run touch 'a file'\nSuper+e run touch 'a file\n")
        until(c, lambda: chord(c, "Super_L", "q"), lambda: "text=touch 'a file'" in (core.heard("run-key") or ""))
        chord(c, "Super_L", "e")
        told = core.wait("trouble")
        assert "Super+e" in told and "cannot be started" in told
    finally:
        forget()


@row("keymap", "grabs")
def test_keys_that_another_program_holds(core, c):
    core.stop()
    code = c.display.keysym_to_keycode(XK.XK_F4)
    c.root.grab_key(code, X.Mod1Mask, True, X.GrabModeAsync, X.GrabModeAsync)
    c.display.sync()
    again = harness.Core(ready="trouble")
    w = c.shown()
    chord(c, "Super_L", "Up")
    assert "MAXIMIZED_VERT" in c.states(w), "the others work"
    c.root.ungrab_key(code, X.Mod1Mask)
    again.stop()


@row("keymap", "grabs")
def test_the_holder_is_named(core, c):
    core.stop()
    holder = subprocess.Popen(["/usr/bin/python3", "-c", "from Xlib import X, XK, display; d = display.Display(); r = d.screen().root\n"
                               "r.grab_key(d.keysym_to_keycode(XK.XK_F4), X.Mod1Mask, True, 1, 1)\n"
                               "d.sync(); print('held', flush=True); input()"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    holder.stdout.readline()
    again = harness.Core(ready=None)
    told = again.wait("trouble")
    assert "Alt+F4" in told and "python3" in told, told
    holder.communicate("\n")
    again.stop()


@row("grabs")
def test_every_layout_and_lock(core, c):
    w = c.shown(w=300, h=200)
    try:
        run("setxkbmap", "-layout", "us,ru", "-option", "grp:alt_shift_toggle")
        for group in (0, 1):
            run("xdotool", "key", "ISO_Next_Group") if group else None
            for lock in ((), ("Num_Lock",), ("Caps_Lock",), ("Num_Lock", "Caps_Lock"), ("Scroll_Lock",)):
                c.sync()
                for name in lock:
                    press(c, name)
                    release(c, name)
                chord(c, "Super_L", "Up")
                assert "MAXIMIZED_VERT" in c.states(w), (group, lock)
                chord(c, "Super_L", "Down")
                assert "MAXIMIZED_VERT" not in c.states(w), (group, lock)
                for name in lock:
                    press(c, name)
                    release(c, name)
    finally:
        run("setxkbmap", "-layout", "us", "-option", "")
    c.sync()


@row("drag", "keymap")
def test_tiling_by_keys(core, c):
    w = c.shown(w=300, h=200, x=400, y=300)
    place = c.frame_place(w)
    for keys, box in ((("Left",), (0, 0, 640, 800)), (("Shift_L", "Up"), (0, 0, 640, 400)), (("Right",), (640, 0, 640, 400)),
                      (("Shift_L", "Down"), (640, 0, 640, 800)), (("Up",), (0, 0, 1280, 800)), (("Down",), place),
                      (("Right",), (640, 0, 640, 800)), (("Down",), place)):
        chord(c, "Super_L", *keys)
        assert c.frame_place(w) == box, keys
    chord(c, "Super_L", "Down")
    assert c.wm_state(w) == Xutil.IconicState


@row("drag")
def test_moving_by_keys(core, c):
    w = c.shown(w=300, h=200, x=400, y=300)
    x, y, width, height = c.frame_place(w)
    chord(c, "Alt_L", "F7")
    chord(c, "Left")
    chord(c, "Return")
    assert c.frame_place(w) == (x - 16, y, width, height)
    chord(c, "Alt_L", "F8")
    chord(c, "Down")
    chord(c, "Escape")
    assert c.frame_place(w) == (x - 16, y, width, height)
    chord(c, "a")
    c.event(lambda e: e.type == X.KeyPress and e.window == w)


@row("desktops", "keymap")
def test_desktops_by_keys(core, c):
    a, b = c.shown("a"), c.shown("b")
    chord(c, "Control_L", "Alt_L", "Right")
    assert c.longs(c.root, "_NET_CURRENT_DESKTOP") == [1] and not c.viewable(a)
    chord(c, "Control_L", "Alt_L", "Left")
    chord(c, "Control_L", "Alt_L", "Left")
    assert c.longs(c.root, "_NET_CURRENT_DESKTOP") == [3], "round the edge"
    chord(c, "Super_L", "F1")
    assert c.active() == b.id
    chord(c, "Control_L", "Alt_L", "Shift_L", "Right")
    assert c.longs(c.root, "_NET_CURRENT_DESKTOP") == [1] and c.active() == b.id and c.desktop_of(b) == 1
    chord(c, "Super_L", "Shift_L", "F3")
    assert c.desktop_of(b) == 2 and not c.viewable(b)
    chord(c, "Super_L", "d")
    assert c.longs(c.root, "_NET_SHOWING_DESKTOP") == [1]
    chord(c, "Super_L", "d")
    assert c.longs(c.root, "_NET_SHOWING_DESKTOP") == [0]


@row("layout")
def test_desktops_in_rows(core, c):
    c.put(c.root, "_NET_DESKTOP_LAYOUT", "CARDINAL", [0, 2, 2, 0])
    c.sync()
    for key, desktop in (("Down", 2), ("Right", 3), ("Up", 1), ("Left", 0)):
        chord(c, "Control_L", "Alt_L", key)
        assert c.longs(c.root, "_NET_CURRENT_DESKTOP") == [desktop], key


@row("switcher")
def test_switcher_within_a_program(core, c):
    one, other, two = c.window("one"), c.window("other"), c.window("two")
    other.set_wm_class("else", "Else")
    c.map(one, other, two)
    press(c, "Alt_L", "grave")
    release(c, "grave")
    release(c, "Alt_L")
    c.sync()
    assert c.active() == one.id, "not the other program's"


@row("switcher")
def test_switcher_keeps_to_the_desktop(core, c):
    a, b, far = c.shown("a"), c.shown("b"), c.shown("far")
    c.send(far, "_NET_WM_DESKTOP", [2])
    c.sync()
    for expected in (a, b):
        chord(c, "Alt_L", "Tab")
        assert c.active() == expected.id


@row("switcher")
def test_overview(core, c):
    windows = {name: c.shown(name, w=300, h=200) for name in ("alpha", "beta", "gamma")}
    chord(c, "Super_L", "w")
    for letter in "alp":
        press(c, letter)
        release(c, letter)
    chord(c, "Return")
    assert c.active() == windows["alpha"].id
    chord(c, "Super_L", "w")
    chord(c, "Escape")
    assert c.active() == windows["alpha"].id
    before = {w.id for w in c.root.query_tree().children}
    chord(c, "Super_L", "w")
    shown = [w for w in c.root.query_tree().children if w.get_attributes().map_state == X.IsViewable and w.get_geometry().width > 800]
    assert len(shown) == 1 and len(before) > 0
    geometry = shown[0].get_geometry()
    run("xdotool", "mousemove", str(geometry.x + geometry.width // 2), str(geometry.y + 60), "click", "1")
    c.sync()
    assert c.active() in {w.id for w in windows.values()}
    chord(c, "x")
    c.event(lambda e: e.type == X.KeyPress and e.window.id == c.active())


if __name__ == "__main__":
    harness.main({name: test for name, test in globals().items() if name.startswith("test_")})
