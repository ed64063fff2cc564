#!/usr/bin/python3
"""Verifies the keys: the prompt bar loses none, the switcher, and what the user interface is told.

Keys are sent in one burst, faster than any hand."""
import os
import signal

from Xlib import X, XK, Xutil
from Xlib.ext import xtest

import harness
from harness import run
from rows import row

ON_TOP = 200  # y of the bar: a quarter of 800


def press(c, *names):
    for name in names:
        xtest.fake_input(c.display, X.KeyPress, c.display.keysym_to_keycode(XK.string_to_keysym(name)))


def release(c, *names):
    for name in names:
        xtest.fake_input(c.display, X.KeyRelease, c.display.keysym_to_keycode(XK.string_to_keysym(name)))


def strike(c, *names):
    for name in names:
        press(c, name)
        release(c, name)


def chord(c, *names):
    press(c, *names)
    release(c, *reversed(names))


def bar(core, c):
    window = c.window("bar", x=-4000, w=720, h=220, override_redirect=True)
    c.map(window)
    core.say(f"mark {window.id} 2")
    core.say("bar-size 720 220")
    settle(core, c)
    return window


def test_how_the_bar_is_opened_is_said_until_it_was(core, c):
    def colours():
        data = c.root.get_image(400, 240, 480, 24, X.ZPixmap, 0xffffffff).data
        return {bytes(data[i:i + 3]) for i in range(0, len(data), 4)}
    bar(core, c)
    assert len(colours()) > 1, "it is said"
    core.say("show-bar")
    core.wait("bar")
    core.say("hide-bar 0")
    settle(core, c)
    assert len(colours()) == 1, "it is known"


def settle(core, c):
    """After commands: those that were said are done once a window that they name is reported, so one is made to be."""
    w = c.shown("settle")
    core.say(f"evidence {w.id} 0 0 -1 settled|now")
    while "settled" not in core.last_windows:
        core.line()
    w.destroy()
    c.sync()
    while "settled" in core.last_windows:
        core.line()


def typed(c, window, count):
    """The letters that arrive at window, from presses."""
    letters = []
    while len(letters) < count:
        event = c.event(lambda e: e.type == X.KeyPress and e.window == window)
        name = XK.keysym_to_string(c.display.keycode_to_keysym(event.detail, 0))
        if name:
            letters.append(name)
    return "".join(letters)


def test_super_opens_the_bar_and_no_key_is_lost(core, c):
    b, w = bar(core, c), c.shown("typing")
    strike(c, "Super_L", *"whatiseatingmydisk")
    c.display.flush()
    assert typed(c, b, 18) == "whatiseatingmydisk"
    told = core.wait("bar")
    assert hex(w.id) in told
    c.sync()
    place = b.get_geometry()
    assert (place.x, place.y) == (280, ON_TOP) and c.focus() == b.id
    assert not c.events(lambda e: e.type == X.KeyPress and e.window == w), "none went to the window before"
    assert c.active() == w.id, "the window in front stays the active one"
    core.say("hide-bar 0")
    settle(core, c)
    assert b.get_geometry().x == -4000 and c.focus() == w.id


def test_super_space_opens_the_bar(core, c):
    b = bar(core, c)
    c.shown()
    chord(c, "Super_L", "space")
    strike(c, *"abc")
    c.display.flush()
    assert typed(c, b, 3).endswith("abc") or typed(c, b, 1) == "c"


def test_super_again_puts_the_bar_away(core, c):
    b, w = bar(core, c), c.shown()
    strike(c, "Super_L", "a", "Super_L", "z")
    c.display.flush()
    assert typed(c, b, 1) == "a" and typed(c, w, 1) == "z"
    core.wait("bar-hidden")


def test_a_click_outside_puts_the_bar_away(core, c):
    b, w = bar(core, c), c.shown(x=20, y=500, w=300, h=200)
    strike(c, "Super_L")
    c.sync()
    run("xdotool", "mousemove", "300", str(ON_TOP + 10), "click", "1")
    c.event(lambda e: e.type == X.ButtonPress and e.window == b)
    c.sync()
    assert b.get_geometry().x == 280, "a click inside does not"
    x, y, *_ = c.place(w)
    run("xdotool", "mousemove", str(x + 250), str(y + 150), "click", "1")
    c.event(lambda e: e.type == X.ButtonPress and e.window == w)
    core.wait("bar-hidden")
    c.sync()
    assert b.get_geometry().x == -4000 and c.focus() == w.id


def test_new_windows_do_not_take_the_bars_keys(core, c):
    b = bar(core, c)
    strike(c, "Super_L", "a")
    c.display.flush()
    assert typed(c, b, 1) == "a"
    w = c.shown("comes")
    strike(c, "b")
    c.display.flush()
    assert typed(c, b, 1) == "b"
    core.say("hide-bar 0")
    settle(core, c)
    assert c.active() == w.id == c.focus()


def test_bar_goes_with_its_program(core, c):
    b, w = bar(core, c), c.shown()
    strike(c, "Super_L")
    c.sync()
    b.destroy()
    c.sync()
    assert c.focus() == w.id
    strike(c, "Super_L", "q")
    c.display.flush()
    assert typed(c, w, 1) == "q"


def test_super_with_other_keys_is_replayed(core, c):
    b, w = bar(core, c), c.shown()
    chord(c, "Super_L", "k")
    c.display.flush()
    got = c.event(lambda e: e.type == X.KeyPress and e.window == w and e.detail == c.display.keysym_to_keycode(XK.XK_k))
    assert got.state & X.Mod4Mask
    c.sync()
    assert b.get_geometry().x == -4000


def server_time(c):
    """The server's clock, in ms."""
    w = c.window("clock")
    w.change_property(c.atom("CLOCK"), c.atom("STRING"), 8, b"x")
    at = c.event(lambda e: e.type == X.PropertyNotify and e.window == w and e.atom == c.atom("CLOCK")).time
    w.destroy()
    return at


def test_a_key_right_after_a_click_does_not_freeze_the_pointer(core, c):
    """Both are grabbed before the core has looked at either."""
    a, b = c.shown("clicked", x=20, y=500, w=200, h=200), c.shown("focused", x=500, y=500, w=200, h=200)
    x, y, *_ = c.place(a)
    os.kill(core.process.pid, signal.SIGSTOP)
    for kind, detail in ((X.ButtonPress, 1), (X.ButtonRelease, 1)):
        xtest.fake_input(c.display, X.MotionNotify, x=x + 50, y=y + 50)
        xtest.fake_input(c.display, kind, detail)
    clicked = server_time(c)
    while server_time(c) < clicked + 2:
        pass
    chord(c, "Super_L", "k")
    c.display.sync()
    os.kill(core.process.pid, signal.SIGCONT)
    c.event(lambda e: e.type == X.ButtonPress and e.window == a)
    c.sync()
    x, y, *_ = c.place(b)
    run("xdotool", "mousemove", str(x + 50), str(y + 50), "click", "1")
    c.event(lambda e: e.type == X.ButtonPress and e.window == b)
    chord(c, "Super_L", "j")
    c.event(lambda e: e.type == X.KeyPress and e.detail == c.display.keysym_to_keycode(XK.XK_j))


@row("grabs")
def test_locks_do_not_matter(core, c):
    b = bar(core, c)
    for lock in ("Num_Lock", "Caps_Lock"):
        strike(c, lock)
        strike(c, "Super_L", "x")
        c.display.flush()
        c.event(lambda e: e.type == X.KeyPress and e.window == b)
        strike(c, lock)
        core.say("hide-bar 0")
        settle(core, c)


@row("switcher")
def test_alt_tab(core, c):
    a, b = c.shown("a"), c.shown("b")
    press(c, "Alt_L")
    strike(c, "Tab")
    release(c, "Alt_L")
    strike(c, "h", "i")
    c.display.flush()
    assert typed(c, a, 2) == "hi", "keys after it are for the window that was chosen"
    c.sync()
    assert c.active() == a.id and c.stacking()[-1] == a.id
    run("xdotool", "keydown", "alt", "key", "Tab", "keyup", "alt")
    c.sync()
    assert c.active() == b.id


@row("switcher")
def test_alt_tab_further_back_and_stay(core, c):
    one, two, three = c.shown("one"), c.shown("two"), c.shown("three")
    press(c, "Alt_L")
    strike(c, "Tab", "Tab")
    release(c, "Alt_L")
    c.sync()
    assert c.active() == one.id
    press(c, "Alt_L", "Shift_L")
    strike(c, "Tab")
    release(c, "Shift_L", "Alt_L")
    c.sync()
    assert c.active() == two.id, "the last of one, three, two"
    press(c, "Alt_L")
    strike(c, "Tab", "Escape")
    release(c, "Alt_L")
    c.sync()
    assert c.active() == two.id and three.id in c.stacking()


@row("switcher")
def test_typing_narrows_the_switcher(core, c):
    wanted = c.shown("violin")
    c.shown("piano")
    c.shown("cello")
    press(c, "Alt_L")
    strike(c, "Tab", "v", "i", "o")
    release(c, "Alt_L")
    c.sync()
    assert c.active() == wanted.id


@row("switcher")
def test_the_switcher_restores_minimised_windows(core, c):
    a = c.shown("a")
    c.shown("b")
    c.send(a, "WM_CHANGE_STATE", [Xutil.IconicState])
    c.sync()
    press(c, "Alt_L")
    strike(c, "Tab")
    release(c, "Alt_L")
    c.sync()
    assert c.active() == a.id and c.wm_state(a) == Xutil.NormalState


@row("switcher")
def test_the_switcher_outlives_its_windows(core, c):
    windows = [c.shown(str(i)) for i in range(5)]
    press(c, "Alt_L")
    strike(c, "Tab")
    c.sync()
    for w in windows:
        w.destroy()
        c.sync()
    release(c, "Alt_L")
    w = c.shown()
    strike(c, "y")
    c.display.flush()
    assert typed(c, w, 1) == "y"


def test_close_minimise_and_maximise_keys(core, c):
    w = c.window()
    w.set_wm_protocols([c.atom("WM_DELETE_WINDOW")])
    c.map(w)
    chord(c, "Super_L", "Up")
    c.sync()
    assert "MAXIMIZED_VERT" in c.states(w)
    chord(c, "Super_L", "Down")
    c.sync()
    assert "MAXIMIZED_VERT" not in c.states(w)
    chord(c, "Alt_L", "F4")
    c.event(lambda e: e.type == X.ClientMessage and e.data[1][0] == c.atom("WM_DELETE_WINDOW"))
    chord(c, "Super_L", "Down")
    c.sync()
    assert c.wm_state(w) == Xutil.IconicState


def test_keys_of_the_interface(core, c):
    w = c.shown()
    chord(c, "Super_L", "f")
    c.display.flush()
    assert hex(w.id) in core.wait("fix-key")
    chord(c, "Super_L", "Return")
    c.display.flush()
    core.wait("terminal-key")
    core.say("answer-keys 3")
    settle(core, c)
    chord(c, "Super_L", "2")
    c.display.flush()
    assert "n=2" in core.wait("answer-key")


@row("grabs")
def test_a_new_keymap_is_followed(core, c):
    b = bar(core, c)
    code = c.display.keysym_to_keycode(XK.XK_F9)
    c.display.change_keyboard_mapping(code, [[XK.XK_Super_R] * 2])
    c.sync()
    xtest.fake_input(c.display, X.KeyPress, code)
    xtest.fake_input(c.display, X.KeyRelease, code)
    strike(c, "m")
    c.display.flush()
    assert typed(c, b, 1) == "m"
    c.display.change_keyboard_mapping(code, [[XK.XK_F9] * 2])
    c.sync()
    xtest.fake_input(c.display, X.KeyPress, code)
    xtest.fake_input(c.display, X.KeyRelease, code)
    c.display.flush()
    c.event(lambda e: e.type == X.KeyPress and e.window == b and e.detail == code)


def test_nested_keys(core, c):
    core.stop()
    nested = harness.Core("--nested")
    b, w = bar(nested, c), c.shown("first")
    c.shown("second")
    chord(c, "Control_L", "Alt_L", "Tab")
    c.sync()
    assert c.active() == w.id
    chord(c, "Control_L", "Alt_L", "f")
    c.display.flush()
    nested.wait("fix-key")
    press(c, "Control_L", "Alt_L")
    strike(c, "space")
    release(c, "Alt_L", "Control_L")
    strike(c, "n")
    c.display.flush()
    c.event(lambda e: e.type == X.KeyPress and e.window == b and e.detail == c.display.keysym_to_keycode(XK.XK_n))
    strike(c, "Super_L")
    c.display.flush()
    assert b.get_geometry().x == 280
    nested.stop()


def test_the_window_menu(core, c):
    w = c.shown("one", w=300, h=200)
    x, y, width, height = c.place(w)
    chord(c, "Alt_L", "space")
    strike(c, "Escape", "n")  # after Escape the letter is the window's
    c.sync()
    c.event(lambda e: e.type == X.KeyPress and e.window == w and e.detail == c.display.keysym_to_keycode(XK.XK_n))
    chord(c, "Alt_L", "space")
    strike(c, "m", "Right", "Down", "Return")
    c.sync()
    moved = c.place(w)
    assert moved[0] > x and moved[1] > y and moved[2:] == (width, height), f"moved by keys: {moved}"
    chord(c, "Super_L", "m")
    strike(c, "Return")  # the first row: Maximise
    c.sync()
    assert {"MAXIMIZED_VERT", "MAXIMIZED_HORZ"} <= c.states(w)
    chord(c, "Super_L", "m")
    strike(c, "n")
    c.sync()
    assert c.wm_state(w) == Xutil.IconicState
    chord(c, "Super_L", "m")  # without a window there is no menu, and the keyboard is free
    strike(c, "Escape")
    c.sync()


@row("kill")
def test_ending_an_app_is_asked_of_the_user_interface(core, c):
    c.shown("other")
    w = c.window("app", w=300, h=200)
    core.say(f"mark {w.id} 1")
    settle(core, c)
    c.map(w)
    c.activate(w)
    chord(c, "Super_L", "m")
    strike(c, "e")
    c.sync()
    assert f"xid={w.id:#x} " in core.wait("end")
    assert c.viewable(w), "it stays, and so does the connection that made it"


def test_the_menu_goes_with_its_window(core, c):
    w, other = c.shown("one"), c.shown("two")
    chord(c, "Super_L", "m")
    c.sync()
    other.destroy()
    c.sync()
    strike(c, "n")
    c.sync()
    assert c.focus() == w.id and c.wm_state(w) == Xutil.NormalState
    c.event(lambda e: e.type == X.KeyPress and e.window == w)


def test_the_panel_by_keys(core, c):
    w, panel = c.shown("work"), c.window("panel", x=0, y=764, w=1280, h=36)
    core.say(f"mark {panel.id} 4")
    settle(core, c)
    c.map(panel)
    assert c.focus() == w.id
    chord(c, "Super_L", "Tab")
    c.sync()
    core.wait("panel-key")
    assert c.focus() == panel.id and c.active() == w.id
    core.say("leave-panel")
    settle(core, c)
    assert c.focus() == w.id


def test_dark(core, c):
    core.say("dark 1")
    settle(core, c)
    assert c.pixel(5, 5) == 0x17161a
    core.say("dark 0")
    settle(core, c)
    assert c.pixel(5, 5) == 0xe9e5da


def test_questions_do_not_take_the_focus(core, c):
    w, q = c.shown("work"), c.window("question", x=40, y=480, w=400, h=180)
    core.say(f"mark {q.id} 3")
    settle(core, c)
    c.map(q)
    assert c.active() == w.id == c.focus()
    assert c.place(q) == (40, 480, 400, 180) and c.longs(q, "_NET_FRAME_EXTENTS") == [0, 0, 0, 0]
    assert c.stacking()[-1] == q.id


if __name__ == "__main__":
    harness.main({name: test for name, test in globals().items() if name.startswith("test_")})
