#!/usr/bin/python3
"""Verifies EWMH and the atoms that toolkits and panels rely on, row by row of rows.py."""
import random

from Xlib import X, Xatom, Xutil, XK
from Xlib.ext import xtest

import harness
from harness import run
from rows import row

TOP, SIDE = 33, 1
ALL = 0xffffffff


@row("supported")
def test_announcements(core, c):
    check = c.longs(c.root, "_NET_SUPPORTING_WM_CHECK")[0]
    child = c.display.create_resource_object("window", check)
    assert c.longs(child, "_NET_SUPPORTING_WM_CHECK") == [check]
    assert bytes(c.longs(child, "_NET_WM_NAME")) == b"Impromptu"
    names = {c.display.get_atom_name(atom) for atom in c.longs(c.root, "_NET_SUPPORTED")}
    for gate in ("_NET_WM_STATE_FOCUSED", "_NET_WM_STATE_HIDDEN", "_GTK_FRAME_EXTENTS", "_GTK_SHOW_WINDOW_MENU", "_NET_WM_MOVERESIZE",
                 "_NET_WM_FULLSCREEN_MONITORS", "_NET_FRAME_EXTENTS", "_NET_WM_USER_TIME_WINDOW", "_NET_WORKAREA",
                 "_NET_CLIENT_LIST_STACKING"):
        assert gate in names, gate


@row("virtual-roots", "opacity", "frame-drawn", "kde")
def test_what_does_not_work_is_not_announced(core, c):
    names = {c.display.get_atom_name(atom) for atom in c.longs(c.root, "_NET_SUPPORTED")}
    assert not names & {"_NET_VIRTUAL_ROOTS", "_NET_WM_WINDOW_OPACITY", "_NET_WM_FRAME_DRAWN", "_NET_WM_OPAQUE_REGION",
                        "_NET_WM_HANDLED_ICONS", "_KDE_NET_WM_FRAME_STRUT"}


@row("client-list")
def test_lists(core, c):
    windows = [c.shown(str(i)) for i in range(4)]
    c.activate(windows[0])
    ids = [w.id for w in windows]
    assert c.longs(c.root, "_NET_CLIENT_LIST") == ids, "in the order of mapping"
    assert c.stacking() == ids[1:] + ids[:1]


@row("desktops", "desktop-of")
def test_desktops(core, c):
    assert c.longs(c.root, "_NET_NUMBER_OF_DESKTOPS") == [4] and c.longs(c.root, "_NET_CURRENT_DESKTOP") == [0]
    assert len(c.longs(c.root, "_NET_WORKAREA")) == 16 and len(c.longs(c.root, "_NET_DESKTOP_VIEWPORT")) == 8
    assert c.longs(c.root, "_NET_DESKTOP_GEOMETRY") == [1280, 800]
    a, b = c.shown("a"), c.shown("b")
    run("wmctrl", "-r", "b", "-t", "2")
    c.sync()
    assert c.desktop_of(b) == 2 and not c.viewable(b) and c.active() == a.id
    assert c.wm_state(b) == 1 and "HIDDEN" not in c.states(b), "on another desktop is not minimised"
    run("wmctrl", "-s", "2")
    c.sync()
    assert c.longs(c.root, "_NET_CURRENT_DESKTOP") == [2] and c.viewable(b) and not c.viewable(a)
    assert c.active() == b.id == c.focus()
    while core.wait("desktops") != "desktops xid=0x0 n=2 size=0x0 text=1|2|3|4":
        pass
    while "a elsewhere]" not in core.last_windows or "b active]" not in core.last_windows:
        core.wait("windows")
    core.say("desktop 7")  # there is none
    core.say("desktop 0")
    while core.wait("desktops").split()[2] != "n=0":
        pass
    c.sync()
    assert c.longs(c.root, "_NET_CURRENT_DESKTOP") == [0] and c.viewable(a)
    c.put(c.root, "_NET_DESKTOP_NAMES", "UTF8_STRING", b"work\0mail\0")
    c.display.flush()
    assert core.wait("desktops").endswith("text=work|mail|3|4"), "and names that a pager gives"
    assert c.active() == a.id == c.focus() and run("xdotool", "get_desktop").strip() == "0"
    run("xdotool", "windowactivate", "--sync", str(b.id))
    c.sync()
    assert c.longs(c.root, "_NET_CURRENT_DESKTOP") == [2] and c.active() == b.id, "one goes where the window is"
    c.send(b, "_NET_WM_DESKTOP", [ALL])
    c.send(c.root, "_NET_CURRENT_DESKTOP", [3, 0])
    c.sync()
    assert c.desktop_of(b) == ALL and c.viewable(b) and "STICKY" in c.states(b) and c.active() == b.id
    c.state(b, 0, "STICKY")
    c.sync()
    assert c.desktop_of(b) == 3
    c.send(b, "_NET_WM_DESKTOP", [99])
    c.send(c.root, "_NET_CURRENT_DESKTOP", [99, 0])
    c.sync()
    assert c.desktop_of(b) == 3 and c.longs(c.root, "_NET_CURRENT_DESKTOP") == [3], "no such desktop"


@row("desktops")
def test_number_and_names_of_desktops(core, c):
    w = c.shown("far")
    c.send(w, "_NET_WM_DESKTOP", [3])
    c.send(c.root, "_NET_NUMBER_OF_DESKTOPS", [2])
    c.sync()
    assert c.longs(c.root, "_NET_NUMBER_OF_DESKTOPS") == [2] and c.desktop_of(w) == 1
    assert len(c.longs(c.root, "_NET_WORKAREA")) == 8
    for absurd in (0, 0x7fffffff, ALL):
        c.send(c.root, "_NET_NUMBER_OF_DESKTOPS", [absurd])
        c.sync()
        assert 1 <= c.longs(c.root, "_NET_NUMBER_OF_DESKTOPS")[0] <= 32
    c.send(c.root, "_NET_NUMBER_OF_DESKTOPS", [4])
    c.put(c.root, "_NET_DESKTOP_NAMES", "UTF8_STRING", "Mail\0Büro\0".encode())
    c.send(c.root, "_NET_CURRENT_DESKTOP", [1, 0])
    c.sync()
    names = bytes(c.longs(c.root, "_NET_DESKTOP_NAMES")).split(b"\0")
    assert names[:2] == ["Mail".encode(), "Büro".encode()], names
    assert "Büro" in run("wmctrl", "-d")


@row("desktop-of", "transient")
def test_dialogs_go_along(core, c):
    a = c.shown("a")
    dialog = c.window("dialog")
    dialog.set_wm_transient_for(a)
    c.map(dialog)
    c.send(a, "_NET_WM_DESKTOP", [1])
    c.sync()
    assert c.desktop_of(dialog) == 1 and not c.viewable(dialog)
    later = c.window("later")
    later.set_wm_transient_for(a)
    c.map(later)
    assert c.desktop_of(later) == 1


@row("desktop-of")
def test_desktop_said_before_mapping(core, c):
    here = c.shown("here")
    w = c.window("there")
    c.put(w, "_NET_WM_DESKTOP", "CARDINAL", [2])
    c.map(w)
    assert c.desktop_of(w) == 2 and not c.viewable(w) and c.active() == here.id
    sticky = c.window("everywhere")
    c.put(sticky, "_NET_WM_DESKTOP", "CARDINAL", [ALL])
    c.map(sticky)
    assert c.desktop_of(sticky) == ALL and c.viewable(sticky)


@row("layout")
def test_showing_the_desktop(core, c):
    a, b = c.shown("a"), c.shown("b")
    dock = c.map(c.typed("DOCK", x=0, y=760, w=1280, h=40))
    run("wmctrl", "-k", "on")
    c.sync()
    assert c.longs(c.root, "_NET_SHOWING_DESKTOP") == [1] and not c.viewable(a) and c.viewable(dock)
    assert c.active() == 0 and c.focus() not in (X.NONE, X.PointerRoot)
    run("wmctrl", "-k", "off")
    c.sync()
    assert c.viewable(a) and c.active() == b.id == c.focus()
    run("wmctrl", "-k", "on")
    c.activate(a)
    assert c.longs(c.root, "_NET_SHOWING_DESKTOP") == [0] and c.viewable(b) and c.active() == a.id
    run("wmctrl", "-k", "on")
    late = c.shown("late")  # what is started on the bare desktop is wanted
    assert c.longs(c.root, "_NET_SHOWING_DESKTOP") == [0] and c.viewable(a) and c.active() == late.id


@row("active")
def test_activation_restores_and_raises(core, c):
    a, b = c.shown("a"), c.shown("b")
    c.send(a, "WM_CHANGE_STATE", [Xutil.IconicState])
    c.sync()
    c.activate(a)
    assert c.viewable(a) and c.stacking()[-1] == a.id and c.active() == a.id
    for bad in (c.root.id, 0, 0x12345678):
        other = c.display.create_resource_object("window", bad)
        c.send(other, "_NET_ACTIVE_WINDOW", [2])
    c.sync()
    assert c.active() == a.id


@row("close-move-restack")
def test_move_with_gravity(core, c):
    w = c.shown(w=300, h=200, x=100, y=100)
    for gravity, expected in ((1, (400, 300)), (9, (400 - 2 * SIDE, 300 - TOP - SIDE)), (10, (399, 267)), (0, (400, 300))):
        width, height = 100, 50
        c.send(w, "_NET_MOVERESIZE_WINDOW", [gravity | 0xf << 8 | 2 << 12, 400, 300, width, height])
        c.sync()
        assert c.place(w)[2:] == (width, height)
        assert c.frame_place(w)[:2] == expected, gravity
    place = c.frame_place(w)
    c.send(w, "_NET_MOVERESIZE_WINDOW", [1 << 8 | 2 << 12, 77, 9999, 1, 1])
    c.sync()
    assert c.frame_place(w) == (77, *place[1:]), "only what the flags name"


@row("close-move-restack", "stacking")
def test_restack(core, c):
    a, b, d = c.shown("a"), c.shown("b"), c.shown("d")
    c.send(d, "_NET_RESTACK_WINDOW", [2, a.id, X.Below])
    c.sync()
    assert c.stacking() == [d.id, a.id, b.id]
    c.send(d, "_NET_RESTACK_WINDOW", [2, a.id, X.Above])
    c.sync()
    assert c.stacking() == [a.id, d.id, b.id]
    c.send(a, "_NET_RESTACK_WINDOW", [2, 0, X.Above])
    c.sync()
    assert c.stacking()[-1] == a.id


@row("moveresize", "pointer-free")
def test_moveresize_directions_and_cancel(core, c):
    w = c.shown(w=300, h=200, x=300, y=300)
    x, y, width, height = c.frame_place(w)
    moved = {0: (-20, -10, 20, 10), 1: (0, -10, 0, 10), 2: (0, -10, -20, 10), 3: (0, 0, -20, 0), 4: (0, 0, -20, -10), 5: (0, 0, 0, -10),
             6: (-20, 0, 20, -10), 7: (-20, 0, 20, 0), 8: (-20, -10, 0, 0)}
    for direction, (dx, dy, dw, dh) in moved.items():
        run("xdotool", "mousemove", "400", "400", "mousedown", "1")
        c.display.ungrab_pointer(X.CurrentTime)
        c.send(w, "_NET_WM_MOVERESIZE", [400, 400, direction, 1, 1])
        c.sync()
        run("xdotool", "mousemove", "380", "390")
        c.sync()
        assert c.frame_place(w) == (x + dx, y + dy, width + dw, height + dh), direction
        c.send(w, "_NET_WM_MOVERESIZE", [0, 0, 11, 0, 1])
        c.sync()
        assert c.frame_place(w) == (x, y, width, height), "cancelled"
        run("xdotool", "mousemove", "500", "500", "mouseup", "1")
        c.sync()
        assert c.frame_place(w) == (x, y, width, height), "and over"


@row("moveresize", "drag")
def test_moveresize_by_keys(core, c):
    w = c.shown(w=300, h=200, x=300, y=300)
    x, y, width, height = c.frame_place(w)
    c.send(w, "_NET_WM_MOVERESIZE", [0, 0, 10, 0, 1])
    c.sync()
    run("xdotool", "key", "Right", "Right", "Down", "Return")
    c.sync()
    assert c.frame_place(w) == (x + 32, y + 16, width, height)
    c.send(w, "_NET_WM_MOVERESIZE", [0, 0, 9, 0, 1])
    c.sync()
    run("xdotool", "key", "Right", "Down", "Escape")
    c.sync()
    assert c.frame_place(w) == (x + 32, y + 16, width, height)
    c.send(w, "_NET_WM_MOVERESIZE", [0, 0, 9, 0, 1])
    c.sync()
    run("xdotool", "key", "Right", "Down", "Return")
    c.sync()
    assert c.frame_place(w) == (x + 32, y + 16, width + 16, height + 16)


@row("extents")
def test_extents_follow_hints_and_states(core, c):
    bare = c.window()
    c.put(bare, "_MOTIF_WM_HINTS", "_MOTIF_WM_HINTS", [2, 0, 0, 0, 0])
    c.send(bare, "_NET_REQUEST_FRAME_EXTENTS", [])
    dock = c.typed("DOCK")
    c.send(dock, "_NET_REQUEST_FRAME_EXTENTS", [])
    c.sync()
    assert c.longs(bare, "_NET_FRAME_EXTENTS") == c.longs(dock, "_NET_FRAME_EXTENTS") == [0, 0, 0, 0]
    w = c.shown()
    c.state(w, 1, "FULLSCREEN")
    c.sync()
    assert c.longs(w, "_NET_FRAME_EXTENTS") == [0, 0, 0, 0]
    while " full]" not in core.last_windows:  # the user interface is told, and lets its news wait
        core.line()
    c.state(w, 0, "FULLSCREEN")
    c.sync()
    while " full]" in core.last_windows:
        core.line()
    assert c.longs(w, "_NET_FRAME_EXTENTS") == [SIDE, SIDE, TOP, SIDE]


@row("types", "stacking", "focus-policy")
def test_types(core, c):
    framed = {"NORMAL", "DIALOG", "UTILITY", "TOOLBAR", "MENU"}
    unfocused = {"DOCK", "DESKTOP", "SPLASH", "DROPDOWN_MENU", "POPUP_MENU", "TOOLTIP", "NOTIFICATION", "COMBO", "DND"}
    for kind in sorted(framed | unfocused):
        before = c.active()
        w = c.map(c.typed(kind, kind, x=100, y=100))
        assert (c.longs(w, "_NET_FRAME_EXTENTS") != [0, 0, 0, 0]) == (kind in framed), kind
        assert (c.active() == w.id) == (kind not in unfocused), kind
        if kind in unfocused:
            assert c.active() == before
        w.destroy()
        c.sync()


@row("types")
def test_first_known_type_counts(core, c):
    w = c.window()
    c.put(w, "_NET_WM_WINDOW_TYPE", "ATOM", [c.atom("_KDE_NET_WM_WINDOW_TYPE_OVERRIDE"), c.atom("_NET_WM_WINDOW_TYPE_DOCK"),
                                             c.atom("_NET_WM_WINDOW_TYPE_NORMAL")])
    c.map(w)
    assert c.longs(w, "_NET_FRAME_EXTENTS") == [0, 0, 0, 0] and c.desktop_of(w) == ALL


@row("stacking")
def test_layers(core, c):
    top = {name: c.shown(name, w=300, h=200) for name in ("normal", "above", "below", "full")}
    desktop, dock = c.map(c.typed("DESKTOP")), c.map(c.typed("DOCK"))
    c.state(top["above"], 1, "ABOVE")
    c.state(top["below"], 1, "BELOW")
    c.state(top["full"], 1, "FULLSCREEN")
    c.activate(top["full"])
    ids = [desktop.id, top["below"].id, top["normal"].id, dock.id, top["above"].id, top["full"].id]
    assert c.stacking() == ids
    c.activate(top["normal"])
    assert c.stacking()[-2:] == [dock.id, top["above"].id], "a full-screen window that is not in front lies among the others"


@row("states")
def test_every_state_by_message(core, c):
    w = c.shown(w=300, h=200, x=200, y=200)
    c.shown("another")
    for name in ("MODAL", "STICKY", "MAXIMIZED_VERT", "MAXIMIZED_HORZ", "SHADED", "SKIP_TASKBAR", "SKIP_PAGER", "FULLSCREEN", "ABOVE",
                 "BELOW", "DEMANDS_ATTENTION"):
        place = c.frame_place(w)
        for action, on in ((1, True), (1, True), (0, False), (2, True), (2, False)):
            c.state(w, action, name)
            c.sync()
            assert (name in c.states(w)) == on, (name, action)
        assert c.frame_place(w) == place, name
    c.state(w, 1, "ABOVE", "SKIP_PAGER")
    c.sync()
    assert {"ABOVE", "SKIP_PAGER"} <= c.states(w)
    c.state(w, 1, "HIDDEN")
    c.sync()
    assert c.wm_state(w) == Xutil.IconicState
    w.unmap()
    c.sync()
    c.send(w, "_NET_WM_STATE", [1, c.atom("_NET_WM_STATE_ABOVE")])
    c.sync()
    assert c.states(w) == set() or "HIDDEN" in c.states(w)


@row("states")
def test_axes_have_their_own_way_back(core, c):
    w = c.shown(w=300, h=200, x=200, y=200)
    place = c.frame_place(w)
    c.state(w, 1, "MAXIMIZED_HORZ")
    c.sync()
    assert c.frame_place(w) == (0, place[1], 1280, place[3])
    c.state(w, 1, "MAXIMIZED_VERT")
    c.state(w, 0, "MAXIMIZED_HORZ")
    c.sync()
    assert c.frame_place(w) == (place[0], 0, place[2], 800)
    c.state(w, 1, "FULLSCREEN")
    c.state(w, 0, "MAXIMIZED_VERT")
    c.state(w, 0, "FULLSCREEN")
    c.sync()
    assert c.frame_place(w) == place


@row("states")
def test_shaded(core, c):
    w = c.shown(w=300, h=200, x=200, y=200)
    c.state(w, 1, "SHADED")
    c.sync()
    assert c.frame_place(w)[3] == TOP + SIDE and not c.viewable(w) and c.wm_state(w) == 1
    c.activate(w)
    assert c.viewable(w) and c.frame_place(w)[3] == 200 + TOP + SIDE


@row("states")
def test_states_go_with_the_window(core, c):
    w = c.window()
    states = ("MAXIMIZED_VERT", "MAXIMIZED_HORZ", "SKIP_TASKBAR", "STICKY")
    c.put(w, "_NET_WM_STATE", "ATOM", [c.atom("_NET_WM_STATE_" + n) for n in states])
    c.map(w)
    assert {*states, "FOCUSED"} == c.states(w) and c.frame_place(w) == (0, 0, 1280, 800)
    w.unmap()
    c.sync()
    assert c.states(w) == set() and c.longs(w, "_NET_FRAME_EXTENTS") == []
    c.map(w)
    assert c.states(w) == {"FOCUSED"}


@row("actions", "motif")
def test_allowed_actions(core, c):
    def actions(w):
        return {c.display.get_atom_name(a).removeprefix("_NET_WM_ACTION_") for a in c.longs(w, "_NET_WM_ALLOWED_ACTIONS")}
    every = {"MOVE", "RESIZE", "MINIMIZE", "SHADE", "STICK", "MAXIMIZE_HORZ", "MAXIMIZE_VERT", "FULLSCREEN", "CHANGE_DESKTOP", "CLOSE",
             "ABOVE", "BELOW"}
    w = c.shown()
    assert actions(w) == every
    w.set_wm_normal_hints(flags=Xutil.PMinSize | Xutil.PMaxSize, min_width=200, min_height=100, max_width=200, max_height=100)
    c.sync()
    assert actions(w) == every - {"RESIZE", "MAXIMIZE_HORZ", "MAXIMIZE_VERT"}
    w.set_wm_normal_hints(flags=0)
    c.put(w, "_MOTIF_WM_HINTS", "_MOTIF_WM_HINTS", [1, 4 | 32, 0, 0, 0])
    c.sync()
    assert actions(w) == every - {"RESIZE", "MAXIMIZE_HORZ", "MAXIMIZE_VERT", "MINIMIZE"}
    c.put(w, "_MOTIF_WM_HINTS", "_MOTIF_WM_HINTS", [1, 1 | 32, 0, 0, 0])
    c.sync()
    assert actions(w) == every - {"CLOSE"}, "all but those that are named"
    assert actions(c.map(c.typed("DOCK"))) == {"CLOSE"}


@row("motif", "states")
def test_motif_modality(core, c):
    a = c.shown("a")
    dialog = c.window("modal by Motif")
    dialog.set_wm_transient_for(a)
    c.put(dialog, "_MOTIF_WM_HINTS", "_MOTIF_WM_HINTS", [4, 0, 0, 1, 0])
    c.map(dialog)
    assert "MODAL" in c.states(dialog)
    c.activate(a)
    assert c.active() == dialog.id


@row("struts")
def test_absurd_and_plain_struts(core, c):
    dock = c.typed("DOCK", x=0, y=0, w=1280, h=30)
    c.put(dock, "_NET_WM_STRUT", "CARDINAL", [0, 0, 30, 0])
    c.map(dock)
    assert c.longs(c.root, "_NET_WORKAREA")[:4] == [0, 30, 1280, 770]
    for values in ([0, 0, 65535, 0], [0, 0, ALL, 0], [640, 640, 400, 400], [0x80000000] * 4, [1]):
        c.put(dock, "_NET_WM_STRUT", "CARDINAL", values)
        c.sync()
        area = c.longs(c.root, "_NET_WORKAREA")[:4]
        assert area[2] >= 640 and area[3] >= 400, values
    c.put(dock, "_NET_WM_STRUT", "CARDINAL", [0, 0, 30, 0])
    dock.delete_property(c.atom("_NET_WM_STRUT"))
    c.sync()
    assert c.longs(c.root, "_NET_WORKAREA")[:4] == [0, 0, 1280, 800]
    c.put(dock, "_NET_WM_STRUT", "CARDINAL", [0, 0, 30, 0])
    c.sync()
    dock.destroy()
    c.sync()
    assert c.longs(c.root, "_NET_WORKAREA")[:4] == [0, 0, 1280, 800], "gone with its window"


@row("struts")
def test_a_late_panel_covers_nothing(core, c):
    low, hangs, tall = (c.shown(name, w=300, h=h, x=x, y=y) for name, x, y, h in
                        (("low", 100, 560, 200), ("hangs", 500, 700, 200), ("tall", 900, 0, 766)))
    places = [c.frame_place(w) for w in (low, hangs, tall)]
    assert places[0][1] + places[0][3] > 764 and places[1][1] + places[1][3] > 800 and places[2][3] == 800
    dock = c.typed("DOCK", x=0, y=764, w=1280, h=36)
    c.put(dock, "_NET_WM_STRUT", "CARDINAL", [0, 0, 0, 36])
    c.map(dock)
    c.sync()
    x, y, width, height = places[0]
    assert c.frame_place(low) == (x, 764 - height, width, height), "moved by as little as will do"
    assert c.frame_place(hangs) == places[1], "left there on purpose, and within reach"
    assert c.frame_place(tall) == places[2], "too large: its title stays in reach"
    dock.destroy()
    c.sync()


@row("net-icon", "icons")
def test_icon(core, c):
    w = c.window("icon", x=300, y=300)
    small, large = [16, 16] + [0xff00ff00] * 256, [32, 32] + [0xff0000ff] * 1024
    c.put(w, "_NET_WM_ICON", "CARDINAL", small + large)
    c.map(w)
    x, y, *_ = c.frame_place(w)
    c.wait_pixel(x + 20, y + 16, 0x0000ff)
    c.put(w, "_NET_WM_ICON", "CARDINAL", small)
    c.wait_pixel(x + 20, y + 16, 0x00ff00)
    for lie in ([0xffff, 0xffff, 1, 2, 3], [ALL, ALL], [0, 0], [512], [16, 16] + [1] * 10, [512, 512] + [0x80ffffff] * 100):
        c.put(w, "_NET_WM_ICON", "CARDINAL", lie)
        c.sync()
    c.put(w, "_NET_WM_ICON", "CARDINAL", small)
    c.wait_pixel(x + 20, y + 16, 0x00ff00)


@row("bad-input", "net-icon")
def test_icon_of_many_megabytes(core, c):
    w = c.window("huge")
    c.put(w, "_NET_WM_ICON", "CARDINAL", [2000, 2000])
    for _ in range(60):
        w.change_property(c.atom("_NET_WM_ICON"), Xatom.CARDINAL, 32, [0xff123456] * 60000, mode=X.PropModeAppend)
    c.map(w)
    assert c.active() == w.id


@row("user-time", "focus-policy")
def test_user_time_window(core, c):
    a = c.shown("typing")
    x, y, *_ = c.place(a)
    run("xdotool", "mousemove", str(x + 50), str(y - 15), "click", "1")
    c.sync()
    w, keeper = c.window("old"), c.window("keeper")
    c.put(keeper, "_NET_WM_USER_TIME", "CARDINAL", [1])
    c.put(w, "_NET_WM_USER_TIME_WINDOW", "WINDOW", [keeper.id])
    c.map(w)
    assert c.active() == a.id and "DEMANDS_ATTENTION" in c.states(w)
    loop = c.window("itself")
    c.put(loop, "_NET_WM_USER_TIME_WINDOW", "WINDOW", [loop.id])
    c.put(loop, "_NET_WM_USER_TIME", "CARDINAL", [0])
    c.map(loop)
    assert c.active() == a.id, "0 wants no focus"


def counter_of(c, w, value=0):
    """An XSync counter, by hand: python-xlib has no such extension."""
    from xsync import Counter
    counter = Counter(c.display, value)
    c.put(w, "_NET_WM_SYNC_REQUEST_COUNTER", "CARDINAL", [counter.id])
    w.set_wm_protocols([c.atom("_NET_WM_SYNC_REQUEST")])
    return counter


def requests(c, w):
    found = c.events(lambda e: e.type == X.ClientMessage and e.window == w and e.data[1][0] == c.atom("_NET_WM_SYNC_REQUEST"))
    return [e.data[1][2] | e.data[1][3] << 32 for e in found]


@row("sync")
def test_resizing_waits_for_the_client(core, c):
    w = c.window(w=300, h=200, x=200, y=200)
    counter = counter_of(c, w, 7)
    c.map(w)
    x, y, width, height = c.frame_place(w)
    run("xdotool", "mousemove", str(x + width + 3), str(y + 100), "mousedown", "1")
    c.sync()
    run("xdotool", "mousemove_relative", "--", "10", "0")
    c.sync()
    asked = requests(c, w)
    assert asked == [8] and c.place(w)[2] == 310
    for _ in range(5):
        run("xdotool", "mousemove_relative", "--", "10", "0")
    c.sync()
    assert requests(c, w) == [] and c.place(w)[2] == 310, "not drawn yet: no other size"
    counter.set(8)
    c.sync()
    assert requests(c, w) == [9] and c.place(w)[2] == 360, "the last one, not those between"
    run("xdotool", "mousemove_relative", "--", "10", "0", "mouseup", "1")
    c.sync()
    assert c.place(w)[2] == 370, "letting go does not wait"


@row("sync")
def test_resizing_without_an_answer(core, c):
    w = c.window(w=300, h=200, x=200, y=200)
    counter_of(c, w)
    c.map(w)
    x, y, width, height = c.frame_place(w)
    run("xdotool", "mousemove", str(x + width + 3), str(y + 100), "mousedown", "1")
    c.sync()
    run("xdotool", "mousemove_relative", "--", "10", "0", "mousemove_relative", "--", "10", "0")
    c.event(lambda e: e.type == X.ConfigureNotify and e.window == w and e.width == 320)
    run("xdotool", "mousemove_relative", "--", "10", "0")
    c.event(lambda e: e.type == X.ConfigureNotify and e.window == w and e.width == 330)
    run("xdotool", "mouseup", "1")


@row("sync", "bad-input")
def test_a_counter_that_is_none(core, c):
    w = c.window(w=300, h=200, x=200, y=200)
    c.put(w, "_NET_WM_SYNC_REQUEST_COUNTER", "CARDINAL", [0x7777777])
    w.set_wm_protocols([c.atom("_NET_WM_SYNC_REQUEST")])
    c.map(w)
    x, y, width, height = c.frame_place(w)
    run("xdotool", "mousemove", str(x + width + 3), str(y + 100), "mousedown", "1")
    c.sync()
    run("xdotool", "mousemove_relative", "--", "10", "0")
    c.event(lambda e: e.type == X.ConfigureNotify and e.window == w and e.width == 310)
    run("xdotool", "mouseup", "1")


@row("startup")
def test_launched_windows(core, c):
    def broadcast(text):
        data = text.encode() + b"\0"
        kind = "_NET_STARTUP_INFO_BEGIN"
        for i in range(0, len(data), 20):
            chunk = data[i:i + 20].ljust(20, b"\0")
            message = harness.protocol.event.ClientMessage(window=c.mailbox, client_type=c.atom(kind), data=(8, chunk))
            c.root.send_event(message, event_mask=X.PropertyChangeMask)
            kind = "_NET_STARTUP_INFO"
    broadcast('new: ID=launcher/7-here_TIME1234 NAME="A \\"quoted\\" name" DESKTOP=2 SCREEN=0')
    c.sync()
    w = c.window("launched")
    c.put(w, "_NET_STARTUP_ID", "UTF8_STRING", b"launcher/7-here_TIME1234")
    c.map(w)
    assert c.desktop_of(w) == 2
    broadcast("remove: ID=launcher/7-here_TIME1234")
    c.sync()
    again = c.window("again")
    c.put(again, "_NET_STARTUP_ID", "UTF8_STRING", b"launcher/7-here_TIME1234")
    c.map(again)
    assert c.desktop_of(again) == 0
    rng = random.Random(5)
    for _ in range(300):
        data = bytes(rng.choice(b'new: ID="\\_TIME=9\0') for _ in range(20))
        kind = c.atom(rng.choice(["_NET_STARTUP_INFO_BEGIN", "_NET_STARTUP_INFO"]))
        message = harness.protocol.event.ClientMessage(window=c.mailbox, client_type=kind, data=(8, data))
        c.root.send_event(message, event_mask=X.PropertyChangeMask)
    c.sync()


@row("gtk-extents", "placement")
def test_shadows_do_not_count(core, c):
    w = c.window(w=340, h=240, x=100, y=100)
    c.put(w, "_GTK_FRAME_EXTENTS", "CARDINAL", [20, 20, 15, 25])
    c.put(w, "_MOTIF_WM_HINTS", "_MOTIF_WM_HINTS", [2, 0, 0, 0, 0])
    c.map(w)
    assert c.longs(w, "_NET_FRAME_EXTENTS") == [0, 0, 0, 0]
    c.state(w, 1, "MAXIMIZED_VERT", "MAXIMIZED_HORZ")
    c.sync()
    assert c.place(w) == (-20, -15, 1320, 840), "what is seen fills the screen"
    c.put(w, "_GTK_FRAME_EXTENTS", "CARDINAL", [0, 0, 0, 0])
    c.sync()
    assert c.place(w) == (0, 0, 1280, 800)
    c.put(w, "_GTK_FRAME_EXTENTS", "CARDINAL", [5000, 5000, 5000, 5000])
    c.sync()
    assert c.place(w)[2] <= 1280 + 512


@row("gtk-others")
def test_gtk_menu_edges_and_areas(core, c):
    assert c.longs(c.root, "_GTK_WORKAREAS_D0") == [0, 0, 1280, 800]
    w = c.shown(w=300, h=200, x=100, y=100)
    before = c.longs(w, "_GTK_EDGE_CONSTRAINTS")
    c.state(w, 1, "MAXIMIZED_VERT", "MAXIMIZED_HORZ")
    c.sync()
    assert before == [0b10101010] and c.longs(w, "_GTK_EDGE_CONSTRAINTS") == [0b01010101]
    c.state(w, 0, "MAXIMIZED_VERT", "MAXIMIZED_HORZ")
    c.send(w, "_GTK_SHOW_WINDOW_MENU", [2, 500, 400])
    c.sync()
    run("xdotool", "key", "n")
    c.sync()
    assert c.wm_state(w) == Xutil.IconicState, "the menu was there"


@row("gtk-theme")
def test_title_hidden_when_maximised(core, c):
    w = c.window()
    c.put(w, "_GTK_HIDE_TITLEBAR_WHEN_MAXIMIZED", "CARDINAL", [1])
    c.map(w)
    c.state(w, 1, "MAXIMIZED_VERT", "MAXIMIZED_HORZ")
    c.sync()
    assert c.place(w) == (0, 0, 1280, 800) and c.longs(w, "_NET_FRAME_EXTENTS") == [0, 0, 0, 0]


@row("old-fullscreen")
def test_fullscreen_by_geometry(core, c):
    w = c.window(w=1280, h=800)
    c.put(w, "_MOTIF_WM_HINTS", "_MOTIF_WM_HINTS", [2, 0, 0, 0, 0])
    dock = c.map(c.typed("DOCK", x=0, y=760, w=1280, h=40))
    c.map(w)
    assert "FULLSCREEN" in c.states(w) and c.stacking()[-1] == w.id and dock.id in c.stacking()


@row("full-placement", "placement")
def test_every_type_is_placed(core, c):
    parent = c.shown("parent", w=500, h=400, x=600, y=300)
    dialog = c.typed("DIALOG")
    dialog.set_wm_transient_for(parent)
    c.map(dialog)
    px, py, pw, ph = c.frame_place(parent)
    x, y, w, h = c.frame_place(dialog)
    assert abs(2 * x + w - 2 * px - pw) <= 2 and abs(2 * y + h - 2 * py - ph) <= 2
    for i in range(30):
        x, y, w, h = c.frame_place(c.shown(str(i), w=400, h=300))
        assert x >= 0 and y >= 0 and x + w <= 1280 and y + h <= 800
    x, y, w, h = c.frame_place(c.shown("large", w=3000, h=2000))
    assert (x, y) == (0, 0) and w <= 1280 and h <= 800


@row("randr", "struts", "fullscreen-monitors")
def test_two_monitors(core, c):
    w = c.shown(x=200, y=200, w=300, h=200)
    run("xrandr", "--setmonitor", "left", "640/100x800/100+0+0", "screen")
    run("xrandr", "--setmonitor", "right", "640/100x800/100+640+0", "none")
    try:
        c.sync()
        dock = c.typed("DOCK", x=640, y=760, w=640, h=40)
        c.put(dock, "_NET_WM_STRUT_PARTIAL", "CARDINAL", [0, 0, 0, 40, 0, 0, 0, 0, 0, 0, 640, 1279])
        c.map(dock)
        other = c.shown(x=800, y=200, w=300, h=200)
        for window in (w, other):
            c.state(window, 1, "MAXIMIZED_VERT", "MAXIMIZED_HORZ")
        c.sync()
        assert c.frame_place(w) == (0, 0, 640, 800) and c.frame_place(other) == (640, 0, 640, 760), "the strut is the right one's"
        c.state(w, 1, "FULLSCREEN")
        c.send(w, "_NET_WM_FULLSCREEN_MONITORS", [0, 0, 0, 1, 1])
        c.sync()
        assert c.place(w) == (0, 0, 1280, 800) and c.longs(w, "_NET_WM_FULLSCREEN_MONITORS") == [0, 0, 0, 1]
        c.send(w, "_NET_WM_FULLSCREEN_MONITORS", [0, 9, ALL, 1, 1])
        c.sync()
        assert c.place(w) == (0, 0, 1280, 800)
        run("xrandr", "--delmonitor", "right")
        c.sync()
        assert c.place(w) == (0, 0, 640, 800), "a monitor that it needs is gone"
        x, y, width, height = c.frame_place(other)
        assert x < 640 - 30, "back into reach"
        c.state(other, 0, "MAXIMIZED_VERT", "MAXIMIZED_HORZ")
        run("xrandr", "--setmonitor", "right", "640/100x800/100+640+0", "none")
        c.sync()
        assert c.frame_place(other)[0] >= 640, "it goes home"
    finally:
        run("xrandr", "--delmonitor", "left")
        run("xrandr", "--delmonitor", "right")
    c.sync()


@row("randr")
def test_smaller_screen(core, c):
    w = c.shown(x=900, y=600, w=300, h=150)
    full = c.shown()
    c.state(full, 1, "FULLSCREEN")
    c.sync()
    run("xrandr", "--newmode", "small", "38", "800", "832", "912", "1024", "600", "603", "607", "624")
    run("xrandr", "--addmode", "screen", "small")
    run("xrandr", "--output", "screen", "--mode", "small")
    try:
        c.sync()
        assert c.place(full) == (0, 0, 800, 600)
        x, y, *_ = c.frame_place(w)
        assert 0 <= x < 770 and 0 <= y < 580
        assert c.longs(c.root, "_NET_DESKTOP_GEOMETRY") == [800, 600]
    finally:
        run("xrandr", "--output", "screen", "--mode", "1280x800")
    c.sync()
    assert c.place(full) == (0, 0, 1280, 800)


if __name__ == "__main__":
    harness.main({name: test for name, test in globals().items() if name.startswith("test_")})
