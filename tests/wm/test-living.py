#!/usr/bin/python3
"""Verifies what one meets in a day's work: programs that hang, settings that change, restarts, dragging, and that nothing leaks."""
import collections
import os
import signal
import struct
import subprocess
import sys

from Xlib import X, Xatom, Xutil
from Xlib.ext import res

import harness
from harness import run
from rows import row

TOP, SIDE = 33, 1
QUESTION = "Not answering"
SOAK, SOAK_GROWN_MAX = 2000, 256 * 1024  # windows; bytes, where a structure kept of each window would be more
MADE_LATE_MAX = 4  # X resources that are made once, but late


def other_program():
    """A window of another process, which never answers a ping until it is told to go on."""
    c = harness.Client()
    w = c.window("stuck")
    w.set_wm_protocols([c.atom("WM_DELETE_WINDOW"), c.atom("_NET_WM_PING")])
    c.put(w, "_NET_WM_PID", "CARDINAL", [os.getpid()])
    w.map()
    c.display.sync()
    print(w.id, flush=True)
    sys.stdin.readline()
    ping = c.event(lambda e: e.type == X.ClientMessage and e.data[1][0] == c.atom("_NET_WM_PING"))
    c.send(c.root, "WM_PROTOCOLS", ping.data[1])
    c.display.sync()
    sys.stdin.readline()


class Other:
    def __init__(self, c):
        self.process = subprocess.Popen([sys.executable, __file__, "--other"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.window = c.display.create_resource_object("window", int(self.process.stdout.readline()))

    def say(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


def question(c, title=QUESTION):
    """The window that asks, once it is there."""
    c.root.change_attributes(event_mask=X.PropertyChangeMask)
    while True:
        for xid in c.longs(c.root, "_NET_CLIENT_LIST"):
            w = c.display.create_resource_object("window", xid)
            if bytes(c.longs(w, "_NET_WM_NAME")).decode() == title:
                return w
        c.event(lambda e: e.type == X.PropertyNotify and e.atom == c.atom("_NET_CLIENT_LIST"))


def bar_colours(c, window):
    """The title bar's pixels, each (red, green, blue), as rows of its middle."""
    x, y, width, _ = c.frame_place(window)
    data = c.root.get_image(x, y + 8, width, 18, X.ZPixmap, 0xffffffff).data
    return [[tuple(data[4 * (row * width + column) + i] for i in (2, 1, 0)) for column in range(width)] for row in range(18)]


@row("ping")
def test_that_a_program_hangs_is_seen_beside_its_title(core, c):
    hung = harness.Client()
    w = hung.window("a title that is far longer than there is room for in this bar of it", w=420, y=300)
    w.set_wm_protocols([c.atom("WM_DELETE_WINDOW"), c.atom("_NET_WM_PING")])
    w.map()
    hung.display.sync()
    c.sync()
    c.send(w, "_NET_CLOSE_WINDOW", [0, 2])
    asks = question(c)
    c.send(asks, "_NET_MOVERESIZE_WINDOW", [0x300, 0, 500])
    c.sync()
    red = [any(r > g + 60 for r, g, b in column) for column in zip(*bar_colours(c, w))]
    assert any(red[210:330]) and not any(red[60:200]), "the words are there, and half of the bar is the title's"
    hung.close()


@row("ping", "kill")
def test_hung_program_is_asked_about_and_ended(core, c):
    other = Other(c)
    try:
        c.sync()
        c.send(other.window, "_NET_CLOSE_WINDOW", [0, 2])
        w = question(c)
        assert other.process.poll() is None, "never by itself"
        assert c.longs(w, "WM_TRANSIENT_FOR") == [other.window.id]
        c.sync()
        c.activate(w)
        run("xdotool", "key", "--clearmodifiers", "Tab", "Return")
        assert other.process.wait(harness.DEADLINE) == -signal.SIGKILL
        c.sync()
    finally:
        other.stop()


@row("kill")
def test_program_without_pings_is_ended_from_the_menu(core, c):
    other = Other(c)
    try:
        c.put(other.window, "WM_PROTOCOLS", "ATOM", [c.atom("WM_DELETE_WINDOW")])
        c.activate(other.window)
        c.sync()
        run("xdotool", "key", "--clearmodifiers", "super+m", "e")
        w = question(c, "End a program")
        assert other.process.poll() is None, "never by itself"
        c.sync()
        c.activate(w)
        run("xdotool", "key", "--clearmodifiers", "Tab", "Return")
        assert other.process.wait(harness.DEADLINE) == -signal.SIGKILL
        c.sync()
    finally:
        other.stop()


@row("ping", "kill")
def test_question_goes_when_the_program_answers(core, c):
    other = Other(c)
    try:
        c.sync()
        c.send(other.window, "_NET_CLOSE_WINDOW", [0, 2])
        w = question(c)
        other.say()
        c.root.change_attributes(event_mask=X.PropertyChangeMask)
        while w.id in c.longs(c.root, "_NET_CLIENT_LIST"):
            c.event(lambda e: e.type == X.PropertyNotify and e.atom == c.atom("_NET_CLIENT_LIST"))
        assert other.process.poll() is None
    finally:
        other.stop()


@row("kill", "machine")
def test_a_lie_about_the_process_ends_nobody_else(core, c):
    victim = subprocess.Popen(["sleep", "1000"])
    liar = harness.Client()
    w = liar.window("liar")
    liar.put(w, "_NET_WM_PID", "CARDINAL", [victim.pid])
    liar.map(w)
    try:
        c.send(w, "_NET_CLOSE_WINDOW", [0, 2])
        c.sync()
        assert w.id not in c.longs(c.root, "_NET_CLIENT_LIST") and victim.poll() is None
    finally:
        victim.kill()
        victim.wait()


def settings(c, owner, pairs):
    data = struct.pack("<BxxxII", 0, 1, len(pairs))
    for name, value in pairs.items():
        padded = name.encode().ljust((len(name) + 3) // 4 * 4, b"\0")
        data += struct.pack("<BxH", 0, len(name)) + padded + struct.pack("<Ii", 0, value)
    owner.change_property(c.atom("_XSETTINGS_SETTINGS"), c.atom("_XSETTINGS_SETTINGS"), 8, data)


@row("hidpi")
def test_scale_from_xsettings(core, c):
    w = c.shown(w=300, h=200, x=100, y=100)
    owner = c.root.create_window(-1, -1, 1, 1, 0, X.CopyFromParent)
    owner.set_selection_owner(c.atom("_XSETTINGS_S0"), X.CurrentTime)
    settings(c, owner, {"Xft/DPI": 192 * 1024, "Net/Other": 7})
    message = harness.protocol.event.ClientMessage(window=c.root, client_type=c.atom("MANAGER"),
                                                   data=(32, [0, c.atom("_XSETTINGS_S0"), owner.id, 0, 0]))
    c.root.send_event(message, event_mask=X.StructureNotifyMask)
    c.sync()
    assert c.longs(w, "_NET_FRAME_EXTENTS") == [2 * SIDE, 2 * SIDE, 2 * TOP, 2 * SIDE] and c.place(w)[2:] == (300, 200)
    settings(c, owner, {"Gdk/WindowScalingFactor": 3})
    c.sync()
    assert c.longs(w, "_NET_FRAME_EXTENTS")[2] == 3 * TOP
    broken = b"\0\0\0\0\1\0\0\0\xff\xff\xff\xff" + b"\xff" * 50
    owner.change_property(c.atom("_XSETTINGS_SETTINGS"), c.atom("_XSETTINGS_SETTINGS"), 8, broken)
    c.sync()
    owner.destroy()
    c.sync()
    assert c.longs(w, "_NET_FRAME_EXTENTS") == [SIDE, SIDE, TOP, SIDE]


@row("hidpi")
def test_scale_from_resources(core, c):
    w = c.shown(w=300, h=200, x=100, y=100)
    c.root.change_property(Xatom.RESOURCE_MANAGER, Xatom.STRING, 8, b"*foo:\tbar\nXft.dpi:\t190\n")
    c.sync()
    assert c.longs(w, "_NET_FRAME_EXTENTS")[2] == 2 * TOP
    c.root.delete_property(Xatom.RESOURCE_MANAGER)
    c.sync()
    assert c.longs(w, "_NET_FRAME_EXTENTS")[2] == TOP


def resource_types(c, pid):
    """How many windows, pixmaps, grabs and the like the server keeps for a process, by kind."""
    found = collections.Counter()
    for entry in c.display.res_query_clients().clients:
        ids = c.display.res_query_client_ids([{"client": entry.resource_base, "mask": res.LocalClientPIDMask}]).ids
        if ids and ids[0].value and ids[0].value[0] == pid:
            found.update({c.display.get_atom_name(t.resource_type): t.count for t in c.display.res_query_client_resources(entry.resource_base).types})
    return found


def resources(c, pid):
    return resource_types(c, pid).total()


def open_files(pid):
    """What a process holds open, each as it names itself."""
    folder, names = f"/proc/{pid}/fd", []
    for number in os.listdir(folder):
        try:
            names.append(os.readlink(f"{folder}/{number}"))
        except FileNotFoundError:
            pass
    return sorted(names)


@row("leaks")
def test_nothing_is_kept_of_windows_that_went(core, c):
    pid = core.process.pid

    def cycle():
        for _ in range(10):
            windows = [c.window(str(i)) for i in range(10)]
            c.put(windows[0], "_NET_WM_ICON", "CARDINAL", [16, 16] + [0xffff0000] * 256)
            c.map(*windows)
            c.send(windows[1], "WM_CHANGE_STATE", [Xutil.IconicState])
            c.send(windows[2], "_NET_WM_DESKTOP", [2])
            c.state(windows[3], 1, "FULLSCREEN")
            c.sync()
            for w in windows:
                w.destroy()
            c.sync()

    counts = []
    for _ in range(4):
        cycle()
        counts.append(resources(c, pid))
    # Something that is made once may be made late; what is kept of windows would grow with each round.
    assert counts[0] > 0 and counts[-1] in counts[1:-1], counts


def memory(pid):
    """Bytes that a process has in memory."""
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def is_checked(pid):
    """Whether a sanitizer runs in it: that keeps what was freed for a while, so that memory says nothing."""
    with open(f"/proc/{pid}/maps", encoding="ascii") as file:
        return "libasan" in file.read()


@row("leaks")
def test_memory_is_flat_over_many_windows(core, c):
    """By hand with WM_SOAK=10000 for as many; a fifth of them goes before, for what is made once."""
    pid, count = core.process.pid, int(os.environ.get("WM_SOAK", SOAK))
    core.beside(os.environ["BENCH_WM"], "soak", str(count // 5))
    c.sync()
    kept, used = resource_types(c, pid), memory(pid)
    core.beside(os.environ["BENCH_WM"], "soak", str(count))
    c.sync()
    grown = memory(pid) - used
    more = {kind: n - kept[kind] for kind, n in resource_types(c, pid).items() if n != kept[kind]}
    assert sum(more.values()) <= MADE_LATE_MAX, more
    assert is_checked(pid) or grown <= SOAK_GROWN_MAX, f"{grown} bytes more after {count} windows"


@row("leaks")
def test_no_file_stays_open(core, c):
    c.shown("first").destroy()
    c.sync()
    files = open_files(core.process.pid)
    for _ in range(10):
        c.shown("another").destroy()
    c.sync()
    assert open_files(core.process.pid) == files, (open_files(core.process.pid), files)


@row("leaks")
def test_children_inherit_no_descriptors(core, c):
    folder = f"/proc/{core.process.pid}"
    for fd in os.listdir(folder + "/fd"):
        if int(fd) <= 2:
            continue
        flags = next(line for line in open(f"{folder}/fdinfo/{fd}", encoding="ascii") if line.startswith("flags"))
        assert int(flags.split()[1], 8) & 0o2000000, f"descriptor {fd} is closed on exec"


@row("restart")
def test_restart_keeps_everything(core, c):
    windows = [c.shown(str(i), x=60 + 70 * i, y=60 + 30 * i, w=300, h=200) for i in range(6)]
    c.activate(windows[1])
    c.activate(windows[3])
    c.send(windows[0], "WM_CHANGE_STATE", [Xutil.IconicState])
    c.send(windows[2], "_NET_WM_DESKTOP", [1])
    c.send(windows[5], "_NET_WM_DESKTOP", [0xffffffff])
    c.state(windows[3], 1, "MAXIMIZED_VERT", "MAXIMIZED_HORZ")
    c.state(windows[4], 1, "FULLSCREEN")
    c.state(windows[1], 1, "ABOVE")
    c.send(c.root, "_NET_CURRENT_DESKTOP", [0, 0])
    c.sync()

    def facts():
        c.sync()
        return (c.longs(c.root, "_NET_CLIENT_LIST"), c.stacking(), c.active(), [c.place(w) for w in windows],
                [c.states(w) for w in windows], [c.desktop_of(w) for w in windows], [c.wm_state(w) for w in windows])
    before = facts()
    core.stop()
    again = harness.Core()
    for now, then in zip(facts(), before):
        assert now == then, (now, then)
    third = harness.Core("--replace")
    again.wait("gone")
    again.process.wait()
    assert facts() == before
    c.state(windows[3], 0, "MAXIMIZED_VERT", "MAXIMIZED_HORZ")
    c.state(windows[4], 0, "FULLSCREEN")
    c.sync()
    assert c.frame_place(windows[3]) == (270, 150, 302, 234) and c.frame_place(windows[4]) == (340, 180, 302, 234)
    third.stop()


@row("selection", "restart")
def test_handed_over_to_another_and_back(core, c):
    w, mini = c.shown("stays", x=200, y=150), c.shown("mini")
    c.send(mini, "WM_CHANGE_STATE", [Xutil.IconicState])
    c.sync()
    place = c.place(w)
    other = subprocess.Popen(["openbox", "--replace", "--sm-disable"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        assert "taken over" in core.wait("gone")
        assert core.process.wait(harness.DEADLINE) == 0
        c.root.change_attributes(event_mask=X.PropertyChangeMask)
        while w.id not in c.longs(c.root, "_NET_CLIENT_LIST"):
            c.event(lambda e: e.type == X.PropertyNotify and e.atom == c.atom("_NET_CLIENT_LIST"))
        back = harness.Core("--replace")
        c.sync()
        assert c.viewable(w) and c.wm_state(mini) == Xutil.IconicState
        x, y, width, height = c.place(w)
        assert (width, height) == place[2:] and abs(x - place[0]) < 10 and abs(y - place[1]) < 40
        back.stop()
    finally:
        other.wait(harness.DEADLINE)


def carry(c, w, *points):
    x, y, *_ = c.frame_place(w)
    run("xdotool", "mousemove", str(x + 120), str(y + 15), "mousedown", "1")
    c.sync()
    for px, py in points:
        run("xdotool", "mousemove", str(px), str(py))
        c.sync()
    run("xdotool", "mouseup", "1")
    c.sync()


@row("drag")
def test_tiled_by_dragging_to_an_edge(core, c):
    w = c.shown(w=300, h=200, x=400, y=300)
    place = c.frame_place(w)
    wanted = {(0, 400): (0, 0, 640, 800), (1279, 400): (640, 0, 640, 800), (0, 10): (0, 0, 640, 400), (1279, 790): (640, 400, 640, 400),
              (640, 0): (0, 0, 1280, 800)}
    for point, box in wanted.items():
        carry(c, w, (point[0], point[1]))
        assert c.frame_place(w) == box, point
        carry(c, w, (640, 300), (520, 315))
        assert c.frame_place(w)[2:] == place[2:], "carried away it has its own size again"
    c.state(w, 0, "MAXIMIZED_VERT", "MAXIMIZED_HORZ")
    c.sync()


@row("drag", "configure")
def test_a_tile_holds_against_a_program_that_sizes_itself(core, c):
    w = c.shown(w=300, h=200, x=400, y=300)
    carry(c, w, (0, 400))
    w.configure(width=500, height=350)
    c.sync()
    assert c.frame_place(w) == (0, 0, 640, 800)
    run("xdotool", "key", "--clearmodifiers", "super+Down")
    c.sync()
    assert c.place(w)[2:] == (500, 350), "which it has once it is let go"
    run("xdotool", "key", "--clearmodifiers", "super+Left")
    c.sync()
    assert c.frame_place(w) == (0, 0, 640, 800)
    w.configure(x=200, y=100, width=320, height=240)
    c.sync()
    assert c.frame_place(w) == (200, 100, 320 + 2 * SIDE, 240 + TOP + SIDE), "it moves where it says"


@row("drag")
def test_edges_resist(core, c):
    w = c.shown(w=300, h=200, x=400, y=300)
    wall = c.shown("wall", w=200, h=300, x=900, y=250)
    wx = c.frame_place(wall)[0]
    x, y, width, height = c.frame_place(w)

    def drag(dx, grip):
        run("xdotool", "mousemove", str(x + grip), str(y + 15), "mousedown", "1")
        c.sync()
        run("xdotool", "mousemove", str(x + grip + dx), str(y + 15))
        c.sync()
        got = c.frame_place(w)[0]
        run("xdotool", "key", "Escape", "mouseup", "1")
        c.sync()
        return got
    run("xdotool", "mousemove", str(x + 60), str(y + 15), "mousedown", "1", "mousemove", str(x + 50), str(y + 15))
    c.sync()
    run("xdotool", "mousemove", "0", "400")
    c.sync()
    assert c.pixel(1, 700) == 0x1c1b1f, "where it would go is shown in ink: red is for what is wrong"
    run("xdotool", "key", "Escape", "mouseup", "1")
    c.sync()
    gap = wx - (x + width)
    assert drag(gap - 5, 100) == x + gap - 5, "freely up to it"
    assert drag(gap + 10, 120) == x + gap, "held at the other window"
    assert drag(gap + 40, 140) == x + gap + 40, "but not for good"
    assert drag(-x - 10, 160) == 0, "and at the screen's edge"
    assert c.frame_place(w) == (x, y, width, height)


@row("drag")
def test_alt_and_a_button(core, c):
    w = c.shown(w=300, h=200, x=400, y=300)
    x, y, width, height = c.frame_place(w)
    run("xdotool", "mousemove", str(x + 100), str(y + 100), "keydown", "alt", "mousedown", "1")
    c.sync()
    run("xdotool", "mousemove", str(x + 130), str(y + 140), "mouseup", "1", "keyup", "alt")
    c.sync()
    assert c.frame_place(w) == (x + 30, y + 40, width, height)
    assert not c.events(lambda e: e.type == X.ButtonPress and e.window == w), "not the client's"
    x, y = x + 30, y + 40
    run("xdotool", "mousemove", str(x + width - 20), str(y + height - 20), "keydown", "alt", "mousedown", "3")
    c.sync()
    run("xdotool", "mousemove", str(x + width), str(y + height + 10), "mouseup", "3", "keyup", "alt")
    c.sync()
    assert c.frame_place(w) == (x, y, width + 20, height + 30)


@row("drag")
def test_tiles_keep_to_their_monitor_over_a_restart(core, c):
    w = c.shown(w=300, h=200, x=400, y=300)
    place = c.frame_place(w)
    carry(c, w, (1279, 400))
    core.stop()
    again = harness.Core()
    c.sync()
    assert c.frame_place(w) == (640, 0, 640, 800)
    carry(c, w, (900, 300))
    assert c.frame_place(w)[2:] == place[2:]
    again.stop()


if __name__ == "__main__":
    if sys.argv[1:] == ["--other"]:
        other_program()
    else:
        harness.main({name: test for name, test in globals().items() if name.startswith("test_")})
