#!/usr/bin/python3
"""Verifies the ICCCM, row by row of rows.py, with clients that do what it allows and what it does not."""
import os
import random
import signal
import subprocess

from Xlib import X, Xatom, Xutil
from Xlib.ext import shape

import harness
from harness import run
from rows import row

TOP, SIDE = 33, 1


def title(core, c, w):
    """What the user interface is told that the window is called."""
    c.sync()
    text = core.last_windows
    return text.split(f"[{hex(w.id)} ", 1)[1].split("]")[0].removesuffix(" active") if hex(w.id) in text else None


def told(core, c, w, wanted):
    end = 200
    while title(core, c, w) != wanted and end:
        core.line()
        end -= 1
    return True


@row("selection")
def test_manager_message(core, c):
    core.stop()
    c.root.change_attributes(event_mask=X.StructureNotifyMask)
    c.display.sync()
    again = harness.Core()
    kind, selection = c.atom("MANAGER"), c.atom("WM_S0")
    message = c.event(lambda e: e.type == X.ClientMessage and e.client_type == kind and e.data[1][1] == selection)
    assert message.data[1][0] > 0 and message.data[1][2] == c.display.get_selection_owner(selection).id
    again.stop()


@row("names")
def test_names_in_every_encoding(core, c):
    w = c.shown("plain")
    told(core, c, w, "plain")
    w.change_property(Xatom.WM_NAME, Xatom.STRING, 8, "Käse".encode("latin-1"))
    told(core, c, w, "Käse")
    w.change_property(Xatom.WM_NAME, c.atom("COMPOUND_TEXT"), 8, b"\x1b%G\xd0\x96\xd1\x83\xd0\xba\x1b%@")
    told(core, c, w, "Жук")
    c.put(w, "_NET_WM_NAME", "UTF8_STRING", "猫".encode())
    told(core, c, w, "猫")
    w.delete_property(c.atom("_NET_WM_NAME"))
    told(core, c, w, "Жук")
    rng = random.Random(3)
    for kind in ("STRING", "COMPOUND_TEXT", "UTF8_STRING"):
        for _ in range(40):
            w.change_property(Xatom.WM_NAME, c.atom(kind), 8, bytes(rng.getrandbits(8) for _ in range(rng.randrange(80))))
            c.put(w, "_NET_WM_NAME", kind, bytes(rng.getrandbits(8) for _ in range(rng.randrange(80))))
    c.sync()
    assert c.wm_state(w) == 1


@row("size-hints")
def test_aspect_is_without_the_base(core, c):
    w = c.window(w=220, h=120)
    w.set_wm_normal_hints(flags=Xutil.PAspect | Xutil.PBaseSize, min_aspect={"num": 2, "denum": 1}, max_aspect={"num": 2, "denum": 1},
                          base_width=20, base_height=20)
    c.map(w)
    w.configure(width=420, height=500)
    c.sync()
    width, height = c.place(w)[2:]
    assert abs((width - 20) - 2 * (height - 20)) <= 2
    bare = c.window(w=200, h=100)
    bare.set_wm_normal_hints(flags=Xutil.PAspect | Xutil.PMinSize, min_aspect={"num": 2, "denum": 1}, max_aspect={"num": 2, "denum": 1},
                             min_width=50, min_height=50)
    c.map(bare)
    bare.configure(width=400, height=200)
    c.sync()
    assert c.place(bare)[2:] == (400, 200), "the minimum is not taken away from it"


@row("size-hints")
def test_absurd_size_hints(core, c):
    for words in ([0x3ff] + [0] * 17, [0x3ff] + [0xffffffff] * 17, [0x3ff, 0, 0, 0, 0, 500, 500, 20, 20] + [0] * 9, [0x7fffffff] * 18,
                  [0x3ff, 0, 0, 0, 0, 0x80000000, 0x80000000, 0x80000000, 0x80000000, 0, 0, 0x7fffffff, 1, 1, 0x7fffffff, 0, 0, 77]):
        w = c.window(w=200, h=100)
        c.put(w, "WM_NORMAL_HINTS", "WM_SIZE_HINTS", words)
        c.map(w)
        w.configure(width=300, height=250)
        c.sync()
        assert c.wm_state(w) == 1 and c.place(w)[2] >= 1
        w.destroy()


@row("size-hints")
def test_hints_from_before_x11r4(core, c):
    w = c.window(w=200, h=100)
    c.put(w, "WM_NORMAL_HINTS", "WM_SIZE_HINTS", [Xutil.PMinSize | Xutil.PBaseSize | Xutil.PWinGravity, 0, 0, 0, 0, 150, 80] + [0] * 8)
    c.map(w)
    w.configure(width=10, height=10)
    c.sync()
    assert c.place(w)[2:] == (150, 80)


@row("placement", "size-hints")
def test_what_a_program_places_fits_the_work_area(core, c):
    """Browsers choose their place without our frame, as high as the screen; what a person chose stays as it is."""
    dock = c.typed("DOCK", x=0, y=760, w=1280, h=40)
    c.put(dock, "_NET_WM_STRUT", "CARDINAL", [0, 0, 0, 40])
    browser, person = c.window("browser", x=10, y=10, w=1050, h=780), c.window("person", x=10, y=10, w=1050, h=780)
    browser.set_wm_normal_hints(flags=Xutil.PPosition | Xutil.PWinGravity, win_gravity=X.StaticGravity)
    c.map(dock)
    c.map(browser, person)
    assert c.frame_place(browser) == (9, 0, 1052, 760), c.frame_place(browser)
    assert c.place(person)[2:] == (1050, 780)


@row("size-hints", "placement")
def test_user_and_program_positions(core, c):
    user = c.window(w=200, h=100, x=0, y=0)
    user.set_wm_normal_hints(flags=Xutil.USPosition)
    c.map(user)
    assert c.frame_place(user)[:2] == (0, 0)
    program = c.window(w=200, h=100)
    program.configure(x=321, y=234)
    program.set_wm_normal_hints(flags=Xutil.PPosition)
    c.map(program)
    assert c.frame_place(program)[:2] == (321, 234)
    nobody = c.window(w=200, h=100)
    nobody.set_wm_normal_hints(flags=Xutil.PPosition)
    c.map(nobody)
    assert c.frame_place(nobody)[:2] != (0, 0), "0,0 is no wish"


@row("size-hints")
def test_xterm_keeps_its_cells(core, c):
    process = subprocess.Popen(["xterm", "-fn", "fixed", "-geometry", "80x24", "-T", "cells", "-e", "cat"])
    try:
        c.root.change_attributes(event_mask=X.PropertyChangeMask)
        while not (found := [w for w in c.longs(c.root, "_NET_CLIENT_LIST")]):
            c.event(lambda e: e.type == X.PropertyNotify and e.atom == c.atom("_NET_CLIENT_LIST"))
        w = c.display.create_resource_object("window", found[0])
        c.sync()
        before = c.place(w)
        hints = w.get_wm_normal_hints()
        w.configure(width=before[2] + hints.width_inc + 1, height=before[3])
        c.sync()
        assert c.place(w)[2] == before[2] + hints.width_inc
    finally:
        process.kill()
        process.wait()


@row("wm-hints", "urgency")
def test_urgency(core, c):
    a, b = c.shown("a"), c.shown("b")
    a.set_wm_hints(flags=Xutil.UrgencyHint)
    c.sync()
    assert "DEMANDS_ATTENTION" in c.states(a)
    c.activate(a)
    assert "DEMANDS_ATTENTION" not in c.states(a)
    c.state(b, 1, "DEMANDS_ATTENTION")
    c.sync()
    assert "DEMANDS_ATTENTION" in c.states(b)
    c.activate(b)
    assert "DEMANDS_ATTENTION" not in c.states(b)


@row("class")
def test_class_changes(core, c):
    w = c.window("")
    w.delete_property(Xatom.WM_NAME)
    c.map(w)
    told(core, c, w, "Tiny")
    w.set_wm_class("other", "Other")
    told(core, c, w, "Other")
    w.change_property(Xatom.WM_CLASS, Xatom.STRING, 8, b"only one string")
    told(core, c, w, "Untitled")


@row("transient", "groups", "stacking")
def test_transient_for_the_whole_group(core, c):
    leader = c.window("leader")
    mains = [c.window(f"main {i}", w=300, h=200) for i in range(2)]
    for w in mains:
        w.set_wm_hints(flags=Xutil.WindowGroupHint, window_group=leader)
    c.map(*mains)
    for parent in (c.root, leader):
        dialog = c.window("of the group")
        dialog.set_wm_hints(flags=Xutil.WindowGroupHint, window_group=leader)
        dialog.set_wm_transient_for(parent)
        c.map(dialog)
        for w in mains:
            c.activate(w)
            assert c.stacking().index(dialog.id) > max(c.stacking().index(m.id) for m in mains)
        other = c.shown("other")
        assert c.stacking()[-1] == other.id, "not over strangers"
        other.destroy()
        dialog.destroy()
    c.sync()


def family(c, *dialogs):
    """A window with a chain of dialogs, each a transient of the one before, and a stranger that had the keys first."""
    windows = [c.shown("stranger"), c.shown("parent", w=400, h=300)]
    for i, states in enumerate(dialogs):
        dialog = c.window(f"dialog {i}")
        dialog.set_wm_transient_for(windows[-1])
        c.put(dialog, "_NET_WM_STATE", "ATOM", [c.atom("_NET_WM_STATE_" + state) for state in states])
        windows.append(c.map(dialog))
    return windows


@row("transient", "state-changes")
def test_families_are_minimised_together(core, c):
    stranger, *windows = family(c, ["MODAL"], [])
    for asked in windows:
        c.send(asked, "WM_CHANGE_STATE", [Xutil.IconicState])
        c.sync()
        assert [c.wm_state(w) for w in windows] == [Xutil.IconicState] * 3, "whichever is asked, all go"
        assert c.wm_state(stranger) == Xutil.NormalState and c.active() == stranger.id
        c.activate(asked)
        assert [c.wm_state(w) for w in windows] == [Xutil.NormalState] * 3 and c.active() in [w.id for w in windows]
        order = [c.stacking().index(w.id) for w in windows]
        assert order == sorted(order) and order[0] > c.stacking().index(stranger.id), "dialogs come back over what they belong to"
    c.send(windows[1], "WM_CHANGE_STATE", [Xutil.IconicState])
    c.sync()
    windows[2].map()  # ICCCM 4.1.4: so a client asks for it
    c.sync()
    assert [c.wm_state(w) for w in windows] == [Xutil.NormalState] * 3


@row("transient", "groups", "state-changes")
def test_transients_of_a_group_go_with_its_last_window(core, c):
    leader = c.window("leader")
    mains = [c.window(f"main {i}", w=300, h=200) for i in range(2)]
    tools, modal = c.typed("UTILITY", "tools"), c.window("modal")
    for w in (*mains, tools, modal):
        w.set_wm_hints(flags=Xutil.WindowGroupHint, window_group=leader)
    for w in (tools, modal):
        w.set_wm_transient_for(c.root)
    c.map(*mains, tools)

    def iconic(*windows):
        return [c.wm_state(w) == Xutil.IconicState for w in windows]
    for w, gone in ((mains[0], [True, False, False]), (mains[1], [True, True, True])):
        c.send(w, "WM_CHANGE_STATE", [Xutil.IconicState])
        c.sync()
        assert iconic(*mains, tools) == gone, iconic(*mains, tools)
    c.activate(mains[1])
    assert iconic(*mains, tools) == [True, False, False], "and comes back with the first"
    c.send(tools, "WM_CHANGE_STATE", [Xutil.IconicState])
    c.sync()
    assert iconic(*mains, tools) == [True, False, True], "tools may go alone"
    c.activate(mains[0])
    c.put(modal, "_NET_WM_STATE", "ATOM", [c.atom("_NET_WM_STATE_MODAL")])
    c.map(modal)
    c.send(modal, "WM_CHANGE_STATE", [Xutil.IconicState])
    c.sync()
    assert iconic(*mains, tools, modal) == [True] * 4, "no window stays that takes no keys"
    c.activate(modal)
    assert iconic(*mains, tools, modal) == [False] * 4


@row("transient")
def test_parents_that_go(core, c):
    parent = c.shown("parent")
    dialog = c.window("dialog")
    dialog.set_wm_transient_for(parent)
    c.map(dialog)
    parent.destroy()
    c.sync()
    assert c.wm_state(dialog) == 1 and c.active() == dialog.id and c.viewable(dialog)
    c.activate(dialog)
    dialog.set_wm_transient_for(dialog)
    c.sync()
    assert c.viewable(dialog)


@row("protocols", "kill")
def test_without_delete_the_connection_is_cut(core, c):
    other = harness.Client()
    w = other.shown("rude")
    c.send(w, "_NET_CLOSE_WINDOW", [0, 2])
    c.sync()
    try:
        for _ in range(200):
            other.display.sync()
        raise AssertionError("its connection still stands")
    except AssertionError:
        raise
    except Exception:
        pass
    assert c.longs(c.root, "_NET_CLIENT_LIST") == []


@row("protocols")
def test_protocols_change_later(core, c):
    a, b = c.shown("a"), c.shown("b")
    a.set_wm_protocols([c.atom("WM_TAKE_FOCUS"), c.atom("WM_DELETE_WINDOW")])
    c.sync()
    c.activate(a)
    message = c.event(lambda e: e.type == X.ClientMessage and e.window == a and e.data[1][0] == c.atom("WM_TAKE_FOCUS"))
    assert message.data[1][1] > 0
    c.send(a, "_NET_CLOSE_WINDOW", [0, 2])
    c.event(lambda e: e.type == X.ClientMessage and e.window == a and e.data[1][0] == c.atom("WM_DELETE_WINDOW"))


@row("machine", "visible-name")
def test_another_machine_shows_in_the_title(core, c):
    w = c.window("far away")
    w.change_property(Xatom.WM_CLIENT_MACHINE, Xatom.STRING, 8, b"elsewhere.example")
    c.map(w)
    assert bytes(c.longs(w, "_NET_WM_VISIBLE_NAME")).decode() == "far away (on elsewhere.example)"
    w.change_property(Xatom.WM_CLIENT_MACHINE, Xatom.STRING, 8, os.uname().nodename.encode())
    c.sync()
    assert c.longs(w, "_NET_WM_VISIBLE_NAME") == []


@row("wm-state", "state-changes")
def test_withdrawn_while_iconic(core, c):
    w = c.shown()
    c.send(w, "WM_CHANGE_STATE", [Xutil.IconicState])
    c.sync()
    event = harness.protocol.event.UnmapNotify(event=c.root, window=w, from_configure=0)
    w.unmap()
    c.root.send_event(event, event_mask=X.SubstructureRedirectMask | X.SubstructureNotifyMask)
    c.sync()
    assert c.wm_state(w) in (None, 0) and c.longs(c.root, "_NET_CLIENT_LIST") == [] and c.frame(w) == c.root


@row("state-changes")
def test_withdrawn_and_mapped_at_once(core, c):
    w = c.shown(x=200, y=200)
    place = c.place(w)
    for _ in range(30):
        w.unmap()
        w.map()
    c.sync()
    assert c.viewable(w) and c.wm_state(w) == 1 and c.place(w) == place


@row("state-changes", "motif")
def test_iconified_whatever_motif_offers(core, c):
    w = c.window()
    c.put(w, "_MOTIF_WM_HINTS", "_MOTIF_WM_HINTS", [1, 2 | 4, 0, 0, 0])
    c.map(w)
    c.send(w, "WM_CHANGE_STATE", [Xutil.IconicState])
    c.sync()
    assert c.wm_state(w) == Xutil.IconicState


@row("configure")
def test_sibling_modes(core, c):
    low, high, apart = (c.shown(name, x=x, y=100, w=200, h=100) for name, x in (("low", 100), ("high", 150), ("apart", 800)))

    def order(w, mode, sibling=None):
        # As XReconfigureWMWindow() does it: in their frames the two are no siblings.
        mask = X.CWStackMode | (X.CWSibling if sibling else 0)
        event = harness.protocol.event.ConfigureRequest(stack_mode=mode, parent=c.root, window=w, sibling=sibling or X.NONE, x=0, y=0,
                                                        width=1, height=1, border_width=0, value_mask=mask)
        c.root.send_event(event, event_mask=X.SubstructureRedirectMask | X.SubstructureNotifyMask)
        c.sync()
        return [{low.id: "l", high.id: "h", apart.id: "a"}[i] for i in c.stacking()]
    assert order(low, X.Above) == list("hal")
    assert order(low, X.Below) == list("lha")
    assert order(low, X.Above, high) == list("hla")
    assert order(low, X.TopIf, high) == list("hla"), "nothing covers it"
    assert order(high, X.TopIf, low)[-1] == "h", "low covers it"
    assert order(high, X.BottomIf, low)[0] == "h", "it covers low"
    assert order(high, X.Opposite)[-1] == "h"
    assert order(high, X.Opposite)[0] == "h"
    assert order(apart, X.TopIf, low) == order(apart, X.BottomIf, low), "it overlaps nothing"


@row("configure")
def test_borders_are_ignored(core, c):
    w = c.window(border=5, x=300, y=200)
    c.map(w)
    assert w.get_geometry().border_width == 0
    w.configure(border_width=9)
    c.sync()
    assert w.get_geometry().border_width == 0
    w.unmap()
    c.sync()
    assert w.get_geometry().border_width == 9, "given back"


@row("configure")
def test_refused_moves_are_answered(core, c):
    w = c.shown()
    c.state(w, 1, "FULLSCREEN")
    c.sync()
    c.events(lambda e: e.type == X.ConfigureNotify)
    w.configure(x=5, y=6, width=70, height=80)
    c.sync()
    told_ = [e for e in c.events(lambda e: e.type == X.ConfigureNotify) if e.window == w]
    assert told_ and (told_[-1].x, told_[-1].y, told_[-1].width, told_[-1].height) == (0, 0, 1280, 800)
    assert told_[-1].above_sibling in (X.NONE, 0)


@row("configure", "state-changes")
def test_configured_before_mapping(core, c):
    w = c.window(w=100, h=100)
    w.set_wm_normal_hints(flags=Xutil.USPosition)
    w.configure(x=40, y=60, width=321, height=222, border_width=3)
    c.map(w)
    assert c.frame_place(w)[:2] == (40, 60) and c.place(w)[2:] == (321, 222)


@row("client-masks")
def test_own_masks_stay(core, c):
    w = c.shown()
    mask = w.get_attributes().your_event_mask
    assert mask & X.PropertyChangeMask and mask & X.StructureNotifyMask
    other = harness.Client()
    seen = other.display.create_resource_object("window", w.id)
    seen.change_attributes(event_mask=X.SubstructureRedirectMask)
    other.display.sync()
    assert seen.get_attributes().your_event_mask & X.SubstructureRedirectMask, "nobody else redirects its children"
    other.close()


@row("input-models", "server-time")
def test_four_input_models(core, c):
    models = {"no input": (0, False), "passive": (1, False), "locally active": (1, True), "globally active": (0, True)}
    windows = {}
    for name, (flag, takes) in models.items():
        w = windows[name] = c.window(name)
        w.set_wm_hints(flags=Xutil.InputHint, input=flag)
        if takes:
            w.set_wm_protocols([c.atom("WM_TAKE_FOCUS")])
        c.map(w)
    for name, (flag, takes) in models.items():
        c.events(lambda e: e.type == X.ClientMessage)
        c.activate(windows[name])
        asked = [e for e in c.events(lambda e: e.type == X.ClientMessage) if e.data[1][0] == c.atom("WM_TAKE_FOCUS")]
        assert [e.window for e in asked] == ([windows[name]] if takes else []), name
        assert (c.focus() == windows[name].id) == bool(flag), name
        assert c.focus() not in (X.NONE, X.PointerRoot), name
        if name == "globally active":
            windows[name].set_input_focus(X.RevertToParent, asked[0].data[1][1])
            c.sync()
            assert c.focus() == windows[name].id == c.active()


@row("input-models")
def test_the_focus_never_falls_to_nothing(core, c):
    a, b = c.shown("a"), c.shown("b")
    c.display.set_input_focus(X.NONE, X.RevertToParent, X.CurrentTime)
    c.sync()
    assert c.focus() == b.id
    c.display.set_input_focus(X.PointerRoot, X.RevertToParent, X.CurrentTime)
    c.sync()
    assert c.focus() == b.id
    b.destroy()
    c.sync()
    assert c.focus() == a.id
    a.destroy()
    c.sync()
    assert c.focus() not in (X.NONE, X.PointerRoot, c.root.id)


@row("pop-ups", "focus-after-grabs")
def test_menus_change_nothing(core, c):
    w = c.shown("below")
    menu = c.window("menu", x=10, y=10, override_redirect=True)
    c.map(menu)
    menu.set_input_focus(X.RevertToParent, X.CurrentTime)
    c.sync()
    assert c.active() == w.id and "FOCUSED" in c.states(w)
    menu.grab_keyboard(False, X.GrabModeAsync, X.GrabModeAsync, X.CurrentTime)
    c.sync()
    c.display.ungrab_keyboard(X.CurrentTime)
    menu.destroy()
    c.sync()
    assert c.active() == w.id == c.focus()


@row("client-responses", "restart")
def test_killed_core_leaves_everything(core, c):
    windows = [c.shown(str(i), x=50 + 90 * i, y=60 + 40 * i) for i in range(5)]
    c.activate(windows[2])
    c.send(windows[4], "_NET_WM_DESKTOP", [2])
    c.send(windows[1], "WM_CHANGE_STATE", [Xutil.IconicState])
    c.state(windows[3], 1, "MAXIMIZED_VERT", "MAXIMIZED_HORZ")
    c.sync()
    old = c.longs(c.root, "_NET_CLIENT_LIST"), c.stacking(), [c.desktop_of(w) for w in windows], c.active()
    core.process.send_signal(signal.SIGKILL)
    core.process.wait()
    c.display.sync()
    again = harness.Core()
    c.sync()
    assert (c.longs(c.root, "_NET_CLIENT_LIST"), c.stacking(), [c.desktop_of(w) for w in windows], c.active()) == old
    assert c.wm_state(windows[1]) == Xutil.IconicState
    c.state(windows[3], 0, "MAXIMIZED_VERT", "MAXIMIZED_HORZ")
    c.sync()
    assert c.frame_place(windows[3])[:2] == (320, 180), "its old size and place"
    again.stop()


@row("session-ids")
def test_duplicate_session_ids(core, c):
    windows = [c.window(str(i)) for i in range(3)]
    for w in windows:
        c.put(w, "WM_CLIENT_LEADER", "WINDOW", [windows[0].id])
        c.put(w, "SM_CLIENT_ID", "STRING", b"the same")
        c.put(w, "WM_WINDOW_ROLE", "STRING", b"the same")
    c.map(*windows)
    assert len(c.stacking()) == 3


@row("grabs")
def test_clicks_are_replayed_once(core, c):
    a, b = c.shown("a", x=50, y=50, w=300, h=200), c.shown("b", x=500, y=300, w=300, h=200)
    x, y, *_ = c.place(a)
    for lock in ((), ("Num_Lock",), ("Caps_Lock",)):
        c.activate(b)
        c.events(lambda e: e.type in (X.ButtonPress, X.ButtonRelease))
        for key in lock:
            run("xdotool", "key", key)
        run("xdotool", "mousemove", str(x + 20), str(y + 20), "click", "1")
        c.event(lambda e: e.type == X.ButtonPress and e.window == a)
        c.sync()
        assert c.active() == a.id
        assert not c.events(lambda e: e.type == X.ButtonPress and e.window == a), "only once"
        for key in lock:
            run("xdotool", "key", key)


@row("shape")
def test_shaped_windows(core, c):
    w = c.window("hole", w=200, h=200)
    c.map(w)
    w.shape_rectangles(shape.SO.Set, shape.SK.Bounding, 0, 0, 0, [{"x": 50, "y": 50, "width": 100, "height": 100}])
    c.sync()
    rectangles = c.frame(w).shape_get_rectangles(shape.SK.Bounding).rectangles
    area = sum(r.width * r.height for r in rectangles)
    assert area == 100 * 100 + (200 + 2 * SIDE) * TOP, "the client's shape and the title bar"
    w.shape_mask(shape.SO.Set, shape.SK.Bounding, 0, 0, X.NONE)
    c.sync()
    rectangles = c.frame(w).shape_get_rectangles(shape.SK.Bounding).rectangles
    assert sum(r.width * r.height for r in rectangles) == (200 + 2 * SIDE) * (200 + TOP + SIDE)


@row("icon-size")
def test_icon_size(core, c):
    assert len(c.longs(c.root, "WM_ICON_SIZE")) == 6


@row("icons")
def test_icon_from_pixmaps(core, c):
    w = c.window("old icon", x=300, y=300)
    depth = c.screen.root_depth
    pixmap = w.create_pixmap(32, 32, depth)
    gc = pixmap.create_gc(foreground=0xff00ff)
    pixmap.fill_rectangle(gc, 0, 0, 32, 32)
    w.set_wm_hints(flags=Xutil.IconPixmapHint, icon_pixmap=pixmap)
    c.map(w)
    x, y, *_ = c.frame_place(w)
    c.wait_pixel(x + 20, y + 16, 0xff00ff)


@row("icons", "net-icon")
def test_icons_are_told_to_the_user_interface(core, c):
    plain = c.shown("undecorated", x=300, y=300)
    c.put(plain, "_MOTIF_WM_HINTS", "_MOTIF_WM_HINTS", [2, 0, 0, 0, 0])
    for colour in (0xffaa5500, 0xff0055aa):  # drawn by nobody, and told all the same; then changed
        c.put(plain, "_NET_WM_ICON", "CARDINAL", [32, 32] + [colour] * 1024)
        c.sync()
        assert core.wait("icon").split() == ["icon", f"xid={plain.id:#x}", "n=0", "size=18x18", f"text={colour:08x}"]
    plain.unmap()
    c.sync()
    assert core.wait("icon").split()[1:] == [f"xid={plain.id:#x}", "n=0", "size=0x0", "text="]


if __name__ == "__main__":
    harness.main({name: test for name, test in globals().items() if name.startswith("test_")})
