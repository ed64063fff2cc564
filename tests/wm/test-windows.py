#!/usr/bin/python3
"""Verifies how windows are managed: frames, focus, states, hints, messages of other programs, and clients that lie or die."""
import os
import random
import signal

from Xlib import X, Xatom, Xutil

import harness
from harness import run
from rows import row

TOP, SIDE = 33, 1
CROWD = 200  # windows whose requests do not fit into one batch of the core's, so that it asks about some of them ahead


@row("manage", "client-responses")
def test_managed_and_framed(core, c):
    w = c.shown("hello", w=300, h=200)
    assert c.frame(w) != c.root and c.viewable(w)
    assert c.wm_state(w) == Xutil.NormalState
    assert c.longs(w, "_NET_FRAME_EXTENTS") == [SIDE, SIDE, TOP, SIDE]
    x, y, width, height = c.place(w)
    assert (width, height) == (300, 200)
    assert c.frame_place(w) == (x - SIDE, y - TOP, 300 + 2 * SIDE, 200 + TOP + SIDE)
    assert w.id in c.longs(c.root, "_NET_CLIENT_LIST") and w.id in c.stacking()
    assert c.active() == w.id == c.focus()
    assert "FOCUSED" in c.states(w)


@row("manage")
def test_override_redirect_and_input_only_are_left_alone(core, c):
    menu = c.map(c.window(override_redirect=True))
    bare = c.root.create_window(0, 0, 9, 9, 0, 0, window_class=X.InputOnly)
    c.map(bare)
    for window in (menu, bare):
        assert c.frame(window) == c.root and c.wm_state(window) is None
    assert c.longs(c.root, "_NET_CLIENT_LIST") == []


@row("placement", "client-responses")
def test_a_place_asked_for_right_before_the_map_counts(core, c):
    """Toolkits move a window that they have kept and map it in the same breath."""
    windows = [c.window() for _ in range(CROWD)]
    for w in windows:
        c.put(w, "_NET_WM_WINDOW_TYPE", "ATOM", [c.atom("_NET_WM_WINDOW_TYPE_NOTIFICATION")])
    c.sync()
    os.kill(core.process.pid, signal.SIGSTOP)
    for at, w in enumerate(windows):
        w.configure(x=100 + at, y=200 + at, width=50 + at, height=40 + at)
        w.map()
    c.display.sync()
    os.kill(core.process.pid, signal.SIGCONT)
    c.sync()
    for at, w in enumerate(windows):
        assert c.place(w) == (100 + at, 200 + at, 50 + at, 40 + at), (at, c.place(w))


@row("pop-ups")
def test_menus_stay_over_new_windows(core, c):
    menu = c.map(c.window(override_redirect=True))
    w = c.shown()
    order = [window.id for window in c.root.query_tree().children]
    assert order.index(menu.id) > order.index(c.frame(w).id)


@row("manage", "client-responses")
def test_windows_from_before_and_after(core, c):
    w = c.shown("stays", x=333, y=222)
    before = c.place(w)
    mini = c.shown("mini")
    c.send(mini, "WM_CHANGE_STATE", [Xutil.IconicState])
    c.sync()
    core.kill()
    c.display.sync()
    assert c.viewable(w) and c.frame(w) == c.root, "the save-set gives windows back"
    again = harness.Core()
    c.sync()
    assert c.wm_state(w) == Xutil.NormalState and c.place(w) == before
    assert c.wm_state(mini) == Xutil.IconicState and not c.viewable(mini)
    again.stop()
    assert c.viewable(w) and c.frame(w) == c.root


@row("restart")
def test_stop_and_start_keep_places_order_and_focus(core, c):
    windows = [c.shown(str(i), x=100 + 60 * i, y=100 + 40 * i) for i in range(4)]
    c.send(windows[1], "_NET_ACTIVE_WINDOW", [2])
    c.sync()
    order, places = c.stacking(), [c.place(w) for w in windows]
    core.stop()
    again = harness.Core()
    c.sync()
    assert [c.place(w) for w in windows] == places
    assert c.stacking() == order
    again.stop()


@row("selection", "restart")
def test_replace(core, c):
    w = c.shown(x=200, y=150)
    place = c.place(w)
    refused = harness.Core(ready="failed")
    assert refused.process.wait(harness.DEADLINE) == 1
    new = harness.Core("--replace")
    assert "taken over" in core.wait("gone")
    core.process.wait(harness.DEADLINE)
    c.sync()
    assert c.place(w) == place and c.viewable(w) and c.wm_state(w) == 1
    new.stop()


@row("selection")
def test_selection_conversions(core, c):
    selection, version = c.atom("WM_S0"), c.atom("VERSION")
    assert c.display.get_selection_owner(selection) != X.NONE
    c.mailbox.convert_selection(selection, version, version, X.CurrentTime)
    c.event(lambda e: e.type == X.SelectionNotify and e.property == version)
    assert c.longs(c.mailbox, "VERSION") == [2, 0]


@row("active", "close-move-restack", "states")
def test_wmctrl(core, c):
    a, b = c.shown("first one"), c.shown("second one")
    assert "Name: Impromptu" in run("wmctrl", "-m")
    listed = run("wmctrl", "-l")
    assert "first one" in listed and "second one" in listed
    run("wmctrl", "-a", "first one")
    c.sync()
    assert c.active() == a.id == c.focus() and c.stacking()[-1] == a.id
    run("wmctrl", "-r", "first one", "-e", "0,50,60,400,300")
    c.sync()
    assert c.frame_place(a)[:2] == (50, 60) and c.place(a)[2:] == (400, 300)
    run("wmctrl", "-r", "first one", "-b", "add,maximized_vert,maximized_horz")
    c.sync()
    assert {"MAXIMIZED_VERT", "MAXIMIZED_HORZ"} <= c.states(a) and c.frame_place(a) == (0, 0, 1280, 800)
    run("wmctrl", "-r", "first one", "-b", "remove,maximized_vert,maximized_horz")
    c.sync()
    assert c.frame_place(a)[:2] == (50, 60) and c.place(a)[2:] == (400, 300)
    run("wmctrl", "-r", "first one", "-b", "toggle,fullscreen")
    c.sync()
    assert c.place(a) == (0, 0, 1280, 800) and c.longs(a, "_NET_FRAME_EXTENTS") == [0, 0, 0, 0]
    run("wmctrl", "-r", "first one", "-b", "toggle,fullscreen")
    run("wmctrl", "-r", "first one", "-t", "0")
    assert "1280x800" in run("wmctrl", "-d")
    b.set_wm_protocols([c.atom("WM_DELETE_WINDOW")])
    c.sync()
    run("wmctrl", "-c", "second one")
    asked = c.event(lambda e: e.type == X.ClientMessage and e.window == b and e.data[1][0] == c.atom("WM_DELETE_WINDOW"))
    assert asked.data[1][1] != 0, "never CurrentTime"


@row("active")
def test_xdotool(core, c):
    a, b = c.shown("alpha"), c.shown("beta")
    assert str(a.id) in run("xdotool", "search", "--name", "alpha").split()
    run("xdotool", "windowactivate", "--sync", str(a.id))
    assert run("xdotool", "getactivewindow").strip() == str(a.id)
    run("xdotool", "windowsize", "--sync", str(a.id), "444", "333")
    assert c.place(a)[2:] == (444, 333)
    run("xdotool", "windowmove", "--sync", str(a.id), "77", "88")
    c.sync()
    assert c.frame_place(a)[:2] == (77, 88)
    run("xdotool", "windowminimize", "--sync", str(a.id))
    assert c.wm_state(a) == Xutil.IconicState
    run("xdotool", "windowactivate", "--sync", str(a.id))
    assert c.viewable(a)
    run("xdotool", "windowfocus", "--sync", str(b.id))
    c.sync()
    assert c.active() == b.id


@row("focus-policy")
def test_focus_goes_back_when_a_window_goes(core, c):
    a, b = c.shown("a"), c.shown("b")
    dialog = c.window("dialog")
    dialog.set_wm_transient_for(a)
    c.map(dialog)
    assert c.focus() == dialog.id
    dialog.destroy()
    c.sync()
    assert c.focus() == a.id, "to its parent first"
    a.destroy()
    c.sync()
    assert c.focus() == b.id == c.active()
    b.destroy()
    c.sync()
    assert c.active() == 0 and c.focus() not in (X.NONE, X.PointerRoot)


@row("protocols", "server-time")
def test_take_focus_has_a_time(core, c):
    w = c.window("polite")
    w.set_wm_protocols([c.atom("WM_TAKE_FOCUS")])
    c.map(w)
    told = c.event(lambda e: e.type == X.ClientMessage and e.data[1][0] == c.atom("WM_TAKE_FOCUS"))
    assert told.data[1][1] > 0


@row("user-time", "focus-policy")
def test_user_time_denies_the_focus(core, c):
    a = c.shown("typing here")
    x, y, *_ = c.place(a)
    run("xdotool", "mousemove", str(x + 50), str(y - 15), "click", "1")
    c.sync()
    stale, zero = c.window("stale"), c.window("zero")
    stale.change_property(c.atom("_NET_WM_USER_TIME"), Xatom.CARDINAL, 32, [1])
    zero.change_property(c.atom("_NET_WM_USER_TIME"), Xatom.CARDINAL, 32, [0])
    c.map(stale, zero)
    assert c.focus() == a.id == c.active()
    assert "DEMANDS_ATTENTION" in c.states(stale) and c.stacking()[-1] == a.id
    c.send(stale, "_NET_ACTIVE_WINDOW", [1, 1])
    c.sync()
    assert c.active() == a.id, "an application with an old time only asks"
    c.send(stale, "_NET_ACTIVE_WINDOW", [2, 0])
    c.sync()
    assert c.active() == stale.id and "DEMANDS_ATTENTION" not in c.states(stale)


@row("grabs", "focus-policy")
def test_click_focuses_and_reaches_the_client(core, c):
    a, b = c.shown("a", w=300, h=200), c.shown("b", w=300, h=200)
    x, y, *_ = c.place(a)
    run("xdotool", "mousemove", str(x + 10), str(y + 10), "click", "1")
    c.event(lambda e: e.type == X.ButtonPress and e.window == a)
    c.sync()
    assert c.active() == a.id and c.stacking()[-1] == a.id


@row("state-changes", "wm-state")
def test_iconify_and_withdraw(core, c):
    w = c.shown()
    c.send(w, "WM_CHANGE_STATE", [Xutil.IconicState])
    c.sync()
    assert c.wm_state(w) == Xutil.IconicState and "HIDDEN" in c.states(w)
    assert w.get_attributes().map_state == X.IsUnmapped and w.id in c.longs(c.root, "_NET_CLIENT_LIST")
    c.map(w)
    assert c.wm_state(w) == Xutil.NormalState and c.viewable(w)
    w.unmap()
    c.sync()
    assert c.wm_state(w) in (None, Xutil.WithdrawnState) and c.frame(w) == c.root
    assert c.longs(c.root, "_NET_CLIENT_LIST") == [] and c.states(w) == set()
    c.map(w)
    assert c.wm_state(w) == Xutil.NormalState


@row("state-changes")
def test_minimised_and_back_in_a_hurry(core, c):
    """Unmaps of ours that come back late are not taken for the client's."""
    w = c.shown()
    for _ in range(8):
        c.send(w, "WM_CHANGE_STATE", [Xutil.IconicState])
        c.send(w, "_NET_ACTIVE_WINDOW", [2])
    c.sync()
    assert c.wm_state(w) == Xutil.NormalState and c.viewable(w) and c.active() == w.id


@row("wm-hints")
def test_starts_iconic(core, c):
    w = c.window()
    w.set_wm_hints(flags=Xutil.StateHint, initial_state=Xutil.IconicState)
    c.map(w)
    assert c.wm_state(w) == Xutil.IconicState and not c.viewable(w)


@row("configure")
def test_configure_is_always_answered(core, c):
    w = c.shown(w=200, h=100)
    x, y, *_ = c.place(w)
    c.events(lambda e: e.type == X.ConfigureNotify)
    w.configure(x=300, y=310)
    c.sync()
    told = [e for e in c.events(lambda e: e.type == X.ConfigureNotify) if e.window == w]
    assert (told[-1].x, told[-1].y) == c.place(w)[:2] == (300 + SIDE, 310 + TOP)
    w.configure(width=200, height=100)
    c.sync()
    assert c.events(lambda e: e.type == X.ConfigureNotify), "also when nothing changes"


@row("size-hints")
def test_size_hints(core, c):
    w = c.window(w=203, h=107)
    w.set_wm_normal_hints(flags=Xutil.PMinSize | Xutil.PResizeInc | Xutil.PBaseSize | Xutil.PMaxSize, min_width=50, min_height=50,
                          max_width=400,
                          max_height=400, width_inc=10, height_inc=20, base_width=3, base_height=7)
    c.map(w)
    w.configure(width=228, height=239)
    c.sync()
    assert c.place(w)[2:] == (223, 227)
    w.configure(width=1, height=3000)
    c.sync()
    assert c.place(w)[2:] == (53, 387)


@row("size-hints", "configure")
def test_gravity_on_mapping(core, c):
    for gravity in range(1, 11):
        w = c.window(x=400, y=300, w=200, h=100)
        w.set_wm_normal_hints(flags=Xutil.USPosition | Xutil.PWinGravity, win_gravity=gravity)
        c.map(w)
        x, y, width, height = c.frame_place(w)
        if gravity == 10:
            assert c.place(w)[:2] == (400, 300)
        else:
            column, row = (gravity - 1) % 3, (gravity - 1) // 3
            assert abs(2 * x + width * column - (800 + 200 * column)) <= 1
            assert abs(2 * y + height * row - (600 + 100 * row)) <= 1
        place = c.place(w)
        w.unmap()
        c.sync()
        c.map(w)
        assert c.place(w) == place, "withdrawn and mapped again it is where it was"
        w.destroy()


@row("transient", "placement", "stacking")
def test_transients(core, c):
    a = c.shown("parent", w=600, h=400)
    dialog = c.window("dialog", w=200, h=100)
    dialog.set_wm_transient_for(a)
    c.map(dialog)
    ax, ay, aw, ah = c.frame_place(a)
    x, y, w, h = c.frame_place(dialog)
    assert abs(2 * x + w - 2 * ax - aw) <= 2 and abs(2 * y + h - 2 * ay - ah) <= 2
    c.send(a, "_NET_ACTIVE_WINDOW", [2])
    c.sync()
    order = c.stacking()
    assert order.index(dialog.id) > order.index(a.id), "a dialog stays over its window"
    c.send(a, "WM_CHANGE_STATE", [Xutil.IconicState])
    c.sync()
    assert c.wm_state(dialog) == Xutil.IconicState


@row("transient", "bad-input")
def test_transient_loops(core, c):
    windows = [c.window(str(i)) for i in range(3)]
    for i, w in enumerate(windows):
        w.set_wm_transient_for(windows[(i + 1) % 3])
    alone = c.window("self")
    alone.set_wm_transient_for(alone)
    c.map(*windows, alone)
    for w in windows + [alone]:
        c.send(w, "_NET_ACTIVE_WINDOW", [2])
        c.send(w, "WM_CHANGE_STATE", [Xutil.IconicState])
        c.send(w, "_NET_ACTIVE_WINDOW", [2])
    c.sync()
    assert len(c.stacking()) == 4


@row("states", "focus-policy")
def test_modal_gets_the_focus(core, c):
    a, dialog = c.shown("a"), c.window("modal")
    dialog.set_wm_transient_for(a)
    dialog.change_property(c.atom("_NET_WM_STATE"), Xatom.ATOM, 32, [c.atom("_NET_WM_STATE_MODAL")])
    c.map(dialog)
    c.send(a, "_NET_ACTIVE_WINDOW", [2])
    c.sync()
    assert c.active() == dialog.id


@row("states")
def test_states_before_mapping(core, c):
    w = c.window()
    w.change_property(c.atom("_NET_WM_STATE"), Xatom.ATOM, 32, [c.atom("_NET_WM_STATE_FULLSCREEN"), c.atom("_NET_WM_STATE_ABOVE")])
    c.map(w)
    assert c.place(w) == (0, 0, 1280, 800) and {"FULLSCREEN", "ABOVE"} <= c.states(w)


@row("states", "stacking")
def test_above_and_below(core, c):
    low, mid, high = c.shown("low"), c.shown("mid"), c.shown("high")
    c.send(low, "_NET_WM_STATE", [1, c.atom("_NET_WM_STATE_ABOVE")])
    c.send(high, "_NET_WM_STATE", [1, c.atom("_NET_WM_STATE_BELOW")])
    c.sync()
    assert c.stacking() == [high.id, mid.id, low.id]


@row("struts", "types")
def test_docks_and_struts(core, c):
    dock = c.window("panel", x=0, y=764, w=1280, h=36)
    dock.change_property(c.atom("_NET_WM_WINDOW_TYPE"), Xatom.ATOM, 32, [c.atom("_NET_WM_WINDOW_TYPE_DOCK")])
    dock.change_property(c.atom("_NET_WM_STRUT_PARTIAL"), Xatom.CARDINAL, 32, [0, 0, 0, 36, 0, 0, 0, 0, 0, 0, 0, 1279])
    c.map(dock)
    assert c.place(dock) == (0, 764, 1280, 36) and c.active() != dock.id
    assert c.longs(c.root, "_NET_WORKAREA") == [0, 0, 1280, 764] * 4, "one a desktop"
    w = c.shown()
    c.send(w, "_NET_WM_STATE", [1, c.atom("_NET_WM_STATE_MAXIMIZED_VERT"), c.atom("_NET_WM_STATE_MAXIMIZED_HORZ")])
    c.sync()
    assert c.frame_place(w) == (0, 0, 1280, 764) and c.stacking()[-1] == dock.id
    dock.change_property(c.atom("_NET_WM_STRUT_PARTIAL"), Xatom.CARDINAL, 32, [0, 0, 0, 60, 0, 0, 0, 0, 0, 0, 0, 1279])
    c.sync()
    assert c.frame_place(w) == (0, 0, 1280, 740)
    c.send(w, "_NET_WM_STATE", [1, c.atom("_NET_WM_STATE_FULLSCREEN")])
    c.sync()
    assert c.stacking()[-1] == w.id, "full-screen lies over the panel"
    dock.change_property(c.atom("_NET_WM_STRUT_PARTIAL"), Xatom.CARDINAL, 32, [0xffffffff] * 12)
    c.sync()
    assert c.longs(c.root, "_NET_WORKAREA") == [0, 0, 1280, 800] * 4


@row("motif")
def test_motif_decorations(core, c):
    w = c.window()
    w.change_property(c.atom("_MOTIF_WM_HINTS"), c.atom("_MOTIF_WM_HINTS"), 32, [2, 0, 0, 0, 0])
    c.map(w)
    assert c.longs(w, "_NET_FRAME_EXTENTS") == [0, 0, 0, 0]
    w.change_property(c.atom("_MOTIF_WM_HINTS"), c.atom("_MOTIF_WM_HINTS"), 32, [2, 0, 1, 0, 0])
    c.sync()
    assert c.longs(w, "_NET_FRAME_EXTENTS") == [SIDE, SIDE, TOP, SIDE]


@row("extents")
def test_request_frame_extents(core, c):
    w = c.window()
    c.send(w, "_NET_REQUEST_FRAME_EXTENTS", [])
    c.sync()
    assert c.longs(w, "_NET_FRAME_EXTENTS") == [SIDE, SIDE, TOP, SIDE]


@row("drag", "pointer-free")
def test_moving_and_resizing_by_pointer(core, c):
    w = c.shown(w=300, h=200)
    x, y, width, height = c.frame_place(w)
    run("xdotool", "mousemove", str(x + 120), str(y + 15), "mousedown", "1", "mousemove", str(x + 170), str(y + 55), "mouseup", "1")
    c.sync()
    assert c.frame_place(w) == (x + 50, y + 40, width, height)
    x, y = x + 50, y + 40
    for reach in (1, 8):
        edge = x + width - 1 + reach
        run("xdotool", "mousemove", str(edge), str(y + height // 2), "mousedown", "1", "mousemove", str(edge + 20), str(y + height // 2),
            "mouseup", "1")
        c.sync()
        width += 20
        assert c.frame_place(w) == (x, y, width, height), f"gripped {reach} pixels outside"
    run("xdotool", "mousemove", str(x + 120), str(y + 15), "mousedown", "1", "mousemove", str(x + 300), str(y + 155))
    c.sync()
    assert c.frame_place(w)[0] == x + 180
    run("xdotool", "key", "Escape", "mouseup", "1")
    c.sync()
    assert c.frame_place(w) == (x, y, width, height), "Escape takes it back"


@row("drag")
def test_double_click_maximises(core, c):
    w = c.shown(w=300, h=200)
    x, y, *_ = c.frame_place(w)
    run("xdotool", "mousemove", str(x + 120), str(y + 15), "click", "--repeat", "2", "--delay", "20", "1")
    c.sync()
    assert {"MAXIMIZED_VERT", "MAXIMIZED_HORZ"} <= c.states(w)


@row("drag")
def test_title_buttons(core, c):
    w = c.shown(w=300, h=200)
    core.say(f"mark {w.id} 1")
    core.say(f"evidence {w.id} 1 2 -1 Disk Lens|does 6 of 6")
    w.set_wm_protocols([c.atom("WM_DELETE_WINDOW")])
    core.wait("windows")
    c.sync()

    def press(from_right, y=16):
        fx, fy, fw, _ = c.frame_place(w)
        run("xdotool", "mousemove", str(fx + fw - from_right), str(fy + y), "click", "1")
        c.sync()
    press(110)
    assert core.wait("button").split()[1] == hex(w.id).join(["xid=", ""])
    press(18)
    c.event(lambda e: e.type == X.ClientMessage and e.data[1][0] == c.atom("WM_DELETE_WINDOW"))
    press(48)
    assert "MAXIMIZED_VERT" in c.states(w)
    press(48)
    press(78)
    assert c.wm_state(w) == Xutil.IconicState


@row("moveresize")
def test_moveresize_by_client(core, c):
    w = c.shown(w=300, h=200)
    x, y, width, height = c.frame_place(w)
    run("xdotool", "mousemove", str(x + 50), str(y + 100))
    c.send(w, "_NET_WM_MOVERESIZE", [x + 50, y + 100, 8, 1, 1])
    c.sync()
    run("xdotool", "mousemove", str(x + 80), str(y + 110), "mousedown", "1", "mouseup", "1")
    c.sync()
    assert c.frame_place(w)[:2] == (x + 30, y + 10)


@row("bad-input")
def test_garbage_properties(core, c):
    w = c.shown()
    rng = random.Random(7)
    names = ["WM_NAME", "_NET_WM_NAME", "WM_CLASS", "WM_NORMAL_HINTS", "WM_HINTS", "WM_TRANSIENT_FOR", "WM_PROTOCOLS",
             "_NET_WM_WINDOW_TYPE", "_MOTIF_WM_HINTS",
             "_NET_WM_STRUT", "_NET_WM_STRUT_PARTIAL", "_NET_WM_USER_TIME", "_NET_WM_USER_TIME_WINDOW", "_NET_WM_STATE",
             "_NET_WM_ICON", "WM_STATE"]
    for _ in range(1500):
        kind = rng.choice([Xatom.STRING, Xatom.CARDINAL, Xatom.ATOM, Xatom.WINDOW, c.atom("UTF8_STRING"), c.atom("COMPOUND_TEXT"),
                           Xatom.WM_SIZE_HINTS])
        width = rng.choice([8, 16, 32])
        extremes = [0, 1, 127, (1 << width) - 1, 1 << (width - 1)]
        data = [rng.choice(extremes + [rng.getrandbits(width)]) for _ in range(rng.choice([0, 1, 3, 15, 18, 64]))]
        w.change_property(c.atom(rng.choice(names)), kind, width, bytes(data) if width == 8 else data)
    c.sync()
    w.change_property(c.atom("_NET_WM_NAME"), c.atom("UTF8_STRING"), 8, b"\xff\xfe broken \xe2\x80\xae title")
    c.sync()
    again = c.shown("fine")
    assert c.active() in (w.id, again.id)


@row("bad-input", "names")
def test_title_of_a_megabyte(core, c):
    w = c.shown()
    for _ in range(16):
        w.change_property(c.atom("_NET_WM_NAME"), c.atom("UTF8_STRING"), 8, "Ж".encode() * 32768, mode=X.PropModeAppend)
    c.sync()
    assert c.wm_state(w) == 1


@row("bad-input", "placement")
def test_absurd_sizes(core, c):
    w = c.shown()
    for values in ({"width": 65535, "height": 65535}, {"x": -32768, "y": -32768}, {"x": 32767, "y": 32767}, {"width": 1, "height": 1}):
        w.configure(**values)
        c.sync()
        x, y, width, height = c.frame_place(w)
        assert y >= 0 and x < 1280 - 30 and x + width > 30 and y < 800 - 30, "its title bar can be gripped"
    c.send(w, "_NET_MOVERESIZE_WINDOW", [0xffffffff, 0x7fffffff, 0x80000000, 0, 0xffffffff])
    c.send(w, "_NET_WM_MOVERESIZE", [0x7fffffff, 0x7fffffff, 0x7fffffff, 0x7fffffff, 0x7fffffff])
    c.send(w, "_NET_WM_STATE", [0xffff, 0xffffffff, 0xffffffff])
    c.send(w, "_NET_RESTACK_WINDOW", [2, 0xffffffff, 0x7fffffff])
    c.sync()


@row("bad-input", "x-errors")
def test_error_storm(core, c):
    """Windows that are destroyed while they are being mapped, and clients that are gone at once."""
    for round_ in range(20):
        other = harness.Client()
        windows = [other.window(str(i)) for i in range(15)]
        for i, w in enumerate(windows):
            w.map()
            w.configure(width=50 + i)
            if i % 3 == 0:
                w.unmap()
            if i % 2 == 0:
                w.destroy()
        other.display.flush()
        other.close()
    c.sync()
    w = c.shown("after the storm")
    assert c.longs(c.root, "_NET_CLIENT_LIST") == [w.id] == c.stacking()


@row("bad-input")
def test_many_windows(core, c):
    windows = [c.window(str(i)) for i in range(300)]
    c.map(*windows)
    assert len(c.longs(c.root, "_NET_CLIENT_LIST")) == 300 and c.active() == windows[-1].id
    for w in windows:
        w.destroy()
    c.sync()
    assert c.longs(c.root, "_NET_CLIENT_LIST") == []


@row("manage")
def test_reparented_away(core, c):
    w, elsewhere = c.shown(), c.map(c.window(override_redirect=True))
    w.reparent(elsewhere, 0, 0)
    c.sync()
    assert c.longs(c.root, "_NET_CLIENT_LIST") == [] and c.frame(w) == elsewhere


@row("randr")
def test_monitors_by_randr(core, c):
    w = c.shown(x=900, y=500)
    run("xrandr", "--setmonitor", "left", "640/100x800/100+0+0", "screen")
    run("xrandr", "--setmonitor", "right", "640/100x800/100+640+0", "none")
    core.wait("monitor")
    c.sync()
    c.send(w, "_NET_WM_STATE", [1, c.atom("_NET_WM_STATE_MAXIMIZED_VERT"), c.atom("_NET_WM_STATE_MAXIMIZED_HORZ")])
    c.sync()
    try:
        assert c.frame_place(w) == (640, 0, 640, 800)
    finally:
        run("xrandr", "--delmonitor", "left")
        run("xrandr", "--delmonitor", "right")
    c.sync()


@row("x-errors")
def test_server_gone(core, c):
    """A lost connection is an event, not an exit."""
    second = harness.Server()
    lost = harness.Core()
    second.stop()
    assert "lost" in lost.wait("gone")
    assert lost.process.wait(harness.DEADLINE) == 0


if __name__ == "__main__":
    harness.main({name: test for name, test in globals().items() if name.startswith("test_")})
