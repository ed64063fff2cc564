#!/usr/bin/python3
"""Verifies what must hold whatever clients ask for: random requests of several clients, clients and the window manager killed at
random, and after every sync no window out of reach, no lost focus, and lists that agree. Deterministic by seed; by hand with
WM_STORM_SECONDS=600 and WM_STORM_SEED=N it goes on for so long."""
import os
import random
import time

from Xlib import X, Xutil

import harness
from rows import row

ALL = 0xffffffff
STEPS = 60        # rounds of a short run
REQUESTS = 25     # a round
CLIENTS = 4
GIVEN_AWAY = 300  # times
WINDOWS_MAX = 24  # of all clients
GRIP = 30         # pixels of a title bar that are in reach
STATES = ("MODAL", "STICKY", "MAXIMIZED_VERT", "MAXIMIZED_HORZ", "SHADED", "SKIP_TASKBAR", "SKIP_PAGER", "HIDDEN", "FULLSCREEN",
          "ABOVE", "BELOW", "DEMANDS_ATTENTION", "FOCUSED")
TYPES = ("NORMAL", "DIALOG", "UTILITY", "TOOLBAR", "SPLASH", "DOCK", "NOTIFICATION", "DESKTOP", "TOOLTIP")
FRAMED = ("NORMAL", "DIALOG", "UTILITY", "TOOLBAR")


class Storm:
    def __init__(self, observer, seed):
        self.rng = random.Random(seed)
        self.c = observer
        self.clients = []
        self.windows = []  # (client, window, type, override)

    def number(self):
        rng = self.rng
        return rng.choice((0, 1, -1, 5, 100, 700, 5000, 32767, -32768, rng.randrange(-2000, 3000)))

    def size(self):
        return self.rng.choice((1, 2, 50, 300, 1280, 5000, 32767, self.rng.randrange(1, 1500)))

    def create(self):
        rng = self.rng
        if len(self.clients) < CLIENTS:
            self.clients.append(harness.Client())
        client = rng.choice(self.clients)
        kind, override = rng.choice(TYPES[:4] * 3 + TYPES), rng.random() < 0.1
        w = client.root.create_window(self.number(), self.number(), self.size(), self.size(), rng.choice((0, 0, 3)), X.CopyFromParent,
                                      override_redirect=override, event_mask=X.PropertyChangeMask)
        client.put(w, "_NET_WM_WINDOW_TYPE", "ATOM", [client.atom("_NET_WM_WINDOW_TYPE_" + kind)])
        if rng.random() < 0.5:
            w.set_wm_protocols([client.atom(name) for name in ("WM_DELETE_WINDOW", "WM_TAKE_FOCUS", "_NET_WM_PING") if rng.random() < 0.7])
        if rng.random() < 0.2:
            motif = [rng.randrange(8), rng.randrange(64), rng.randrange(128), rng.randrange(4), 0]
            client.put(w, "_MOTIF_WM_HINTS", "_MOTIF_WM_HINTS", motif)
        self.windows.append((client, w, kind, override))

    def hints(self, client, w):
        rng = self.rng
        sizes = [rng.randrange(1024)] + [self.number() & ALL for _ in range(16)] + [rng.randrange(12)]
        client.put(w, "WM_NORMAL_HINTS", "WM_SIZE_HINTS", sizes)

    def parent(self, client, w):
        other = self.rng.choice(self.windows)[1].id if self.rng.random() < 0.8 else self.rng.choice((0, client.root.id, 0x7654321))
        client.put(w, "WM_TRANSIENT_FOR", "WINDOW", [other])

    def group(self, client, w):
        w.set_wm_hints(flags=Xutil.WindowGroupHint | Xutil.InputHint | Xutil.StateHint, window_group=self.rng.choice(self.windows)[1],
                       input=self.rng.randrange(2), initial_state=self.rng.choice((1, 1, 3)))

    def strut(self, client, w):
        client.put(w, "_NET_WM_STRUT_PARTIAL", "CARDINAL", [self.number() & ALL for _ in range(12)])

    def message(self, client, w):
        rng = self.rng
        name, data = rng.choice((
            ("_NET_WM_STATE", [rng.randrange(3), *(client.atom("_NET_WM_STATE_" + rng.choice(STATES)) for _ in range(2))]),
            ("_NET_ACTIVE_WINDOW", [rng.randrange(3), rng.choice((0, 1, 0x7fffffff)), 0]),
            ("_NET_WM_DESKTOP", [rng.choice((0, 1, 2, 3, 9, ALL))]),
            ("_NET_MOVERESIZE_WINDOW", [rng.randrange(1 << 14)] + [self.number() & ALL for _ in range(4)]),
            ("_NET_RESTACK_WINDOW", [2, rng.choice(self.windows)[1].id, rng.randrange(6)]),
            ("WM_CHANGE_STATE", [rng.choice((1, 3, 3, 7))]),
            ("_NET_WM_MOVERESIZE", [self.number() & ALL, self.number() & ALL, rng.randrange(13), 1, 1]),
            ("_NET_WM_MOVERESIZE", [0, 0, 11, 0, 1]),
            ("_NET_REQUEST_FRAME_EXTENTS", []),
            ("_NET_WM_FULLSCREEN_MONITORS", [rng.randrange(3) for _ in range(4)]),
            ("_NET_CURRENT_DESKTOP", [rng.randrange(5), 0]),
            ("_NET_SHOWING_DESKTOP", [rng.randrange(2)]),
            ("_NET_NUMBER_OF_DESKTOPS", [rng.choice((1, 2, 4, 4, 40))])))
        client.send(w, name, data)

    def request(self):
        rng = self.rng
        if len(self.windows) < 3 or (len(self.windows) < WINDOWS_MAX and rng.random() < 0.2):
            self.create()
        at = rng.randrange(len(self.windows))
        client, w, kind, _ = self.windows[at]
        act = rng.random()
        if act < 0.25:
            w.map()
        elif act < 0.33:
            w.unmap()
        elif act < 0.37:
            w.destroy()
            self.windows.pop(at)
        elif act < 0.52:
            w.configure(**{name: self.size() if name in ("width", "height") else self.number() for name in ("x", "y", "width", "height")
                           if rng.random() < 0.6} or {"stack_mode": rng.randrange(5)})
        elif act < 0.58:
            self.hints(client, w)
        elif act < 0.64:
            self.parent(client, w)
        elif act < 0.68:
            self.group(client, w)
        elif act < 0.70:
            self.strut(client, w)
        elif act < 0.71:
            client.display.set_input_focus(rng.choice((X.NONE, X.PointerRoot, w)), X.RevertToParent, X.CurrentTime)
        elif act < 0.715 and len(self.clients) > 1:
            self.windows = [entry for entry in self.windows if entry[0] is not client]
            self.clients.remove(client)
            client.display.flush()
            client.close()
        else:
            self.message(client, w)

    def round(self):
        for _ in range(REQUESTS):
            self.request()
        for client in self.clients:
            client.display.sync()

    def stop(self):
        for client in self.clients:
            client.close()


def check(c, kinds):
    """What holds after every sync."""
    listed, stacked = c.longs(c.root, "_NET_CLIENT_LIST"), c.stacking()
    assert sorted(listed) == sorted(stacked) and len(set(listed)) == len(listed), "the lists agree"
    n, current = c.longs(c.root, "_NET_NUMBER_OF_DESKTOPS")[0], c.longs(c.root, "_NET_CURRENT_DESKTOP")[0]
    bare = c.longs(c.root, "_NET_SHOWING_DESKTOP")[0]
    assert 1 <= n <= 32 and current < n
    active, focus = c.active(), c.focus()
    assert active == 0 or active in listed, "the active window is managed"
    assert focus not in (X.NONE, X.PointerRoot), "the focus is somewhere"
    parents = {}
    for xid in listed:
        w = c.display.create_resource_object("window", xid)
        states, desktop, state = c.states(w), c.desktop_of(w), c.wm_state(w)
        assert state == (3 if "HIDDEN" in states else 1), (hex(xid), state, states)
        assert desktop == ALL or desktop < n
        here = desktop in (ALL, current) and state == 1
        kind = kinds.get(xid)
        if not bare:
            frame = c.frame(w)
            shown = frame.get_attributes().map_state == X.IsViewable
            assert shown == here, (hex(xid), kind, states, desktop, current)
        if active == xid:
            assert state == 1 and (here or bare), "the active window can be seen"
            assert "FOCUSED" in states
        else:
            assert "FOCUSED" not in states
        if kind in FRAMED and "FULLSCREEN" not in states:
            x, y, width, _ = c.frame_place(w)
            seen = min(x + width, 1280) - max(x, 0)
            assert seen >= min(GRIP, width) and 0 <= y <= 800 - GRIP, (hex(xid), kind, c.frame_place(w))
        parents[xid] = (c.longs(w, "WM_TRANSIENT_FOR") or [0])[0]
    for xid, parent in parents.items():
        chain, at = [xid], parent
        while at in parents and at not in chain:
            chain.append(at)
            at = parents[at]
        if parent in parents and at not in chain:
            assert stacked.index(xid) > stacked.index(parent), "a dialog lies over its window"


def storm(core, c, seed, more):
    weather = Storm(c, seed)
    step = 0
    try:
        while more(step):
            step += 1
            weather.round()
            if weather.rng.random() < 0.03:
                core.kill()
                core = harness.Core()
            core.hush()
            # Keys that nobody released, and drags, end here.
            c.sync()
            try:
                check(c, {w.id: kind for _, w, kind, _ in weather.windows})
            except AssertionError as problem:
                raise AssertionError(f"seed {seed}, round {step}: {problem}") from problem
    finally:
        weather.stop()
    c.sync()
    assert c.longs(c.root, "_NET_CLIENT_LIST") == [] and c.active() == 0
    if core.process.poll() is None:
        assert core.stop() == 0


@row("bad-input", "placement", "stacking", "focus-policy", "input-models", "pointer-free")
def test_random_requests(core, c):
    seconds, seed = float(os.environ.get("WM_STORM_SECONDS", 0)), int(os.environ.get("WM_STORM_SEED", 1))
    if not seconds:
        storm(core, c, seed, lambda step: step < STEPS)
        return
    end = time.monotonic() + seconds
    storm(core, c, seed, lambda step: time.monotonic() < end)


@row("input-models", "focus-policy")
def test_focus_that_is_given_away_again_and_again(core, c):
    """While the window manager gives it to one: the server takes no request that is older than the focus's last change."""
    other = harness.Client()
    windows = [c.shown(str(i), x=100 + 400 * i, y=200) for i in range(2)]
    for i in range(GIVEN_AWAY):
        c.send(c.root, "_NET_CURRENT_DESKTOP", [0, 0])
        c.send(windows[i % 2], "_NET_ACTIVE_WINDOW", [2, 0])
        c.display.flush()
        for _ in range(3):
            other.display.set_input_focus((X.NONE, X.PointerRoot)[i % 2], X.RevertToParent, X.CurrentTime)
            other.display.flush()
        other.display.sync()
        c.sync()
        assert c.focus() == windows[i % 2].id, (i, c.focus())
        core.hush()
    other.close()


if __name__ == "__main__":
    harness.main({name: test for name, test in globals().items() if name.startswith("test_")})
