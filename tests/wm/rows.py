"""The checklist that the window manager is held to, one row an item: ICCCM, EWMH and the atoms that programs rely on, and behaviour. Tests
name the rows that they verify with @row(...); every run writes COMPLIANCE.md, with a verdict a row, beside the programs that were
tested."""
import fcntl
import json
import os

ROWS = {
    # ICCCM
    "selection": ("M", "ICCCM 2.8, 4.3: WM_Sn with a real time, MANAGER message, refusal, --replace both ways, conversions"),
    "manage": ("M", "ICCCM 4.1.1: only InputOutput top-levels without override-redirect; windows from before"),
    "names": ("M", "ICCCM 4.1.2.1-2: names in STRING, COMPOUND_TEXT and UTF8_STRING; broken bytes"),
    "size-hints": ("M", "ICCCM 4.1.2.3: positions, sizes, base, increments, aspect, gravity, old hints, absurd hints"),
    "wm-hints": ("M", "ICCCM 4.1.2.4: input, initial state, icon, group, urgency"),
    "class": ("M", "ICCCM 4.1.2.5: WM_CLASS, also changed later"),
    "transient": ("M", "ICCCM 4.1.2.6: window, root, self, cycles, parents that go"),
    "protocols": ("M", "ICCCM 4.1.2.7: WM_DELETE_WINDOW or XKillClient; WM_TAKE_FOCUS with a time; changed later"),
    "colormaps": ("N", "ICCCM 4.1.2.8: WM_COLORMAP_WINDOWS"),
    "machine": ("S", "ICCCM 4.1.2.9: WM_CLIENT_MACHINE in the title; needed for any kill"),
    "wm-state": ("M", "ICCCM 4.1.3.1: WM_STATE while managed, gone after withdrawal"),
    "icon-size": ("N", "ICCCM 4.1.3.2: WM_ICON_SIZE"),
    "state-changes": ("M", "ICCCM 4.1.4: map, iconify, withdraw; our own unmaps told apart"),
    "configure": ("M", "ICCCM 4.1.5: every request answered, border ignored, sibling modes, reference point"),
    "client-masks": ("M", "ICCCM 4.1.6: the clients' own event masks stay"),
    "input-models": ("M", "ICCCM 4.1.7: four input models; the focus is never lost"),
    "icons": ("S", "ICCCM 4.1.9: icons from WM_HINTS and _NET_WM_ICON"),
    "pop-ups": ("M", "ICCCM 4.1.10: override-redirect windows stay above and change nothing"),
    "groups": ("M", "ICCCM 4.1.11: window groups, leaders that are never mapped"),
    "client-responses": ("M", "ICCCM 4.2: reparenting, save-set after kill -9"),
    "session-ids": ("S", "ICCCM 5: session ids, leaders, roles; duplicates"),
    "grabs": ("M", "ICCCM 6.3: replayed clicks; all locks, groups and new mappings"),
    "server-time": ("M", "A real server time where none is given"),
    "shape": ("S", "SHAPE: the frame follows the client"),
    # EWMH and others
    "supported": ("M", "_NET_SUPPORTED, _NET_SUPPORTING_WM_CHECK on both windows, _NET_WM_NAME"),
    "client-list": ("M", "_NET_CLIENT_LIST, _NET_CLIENT_LIST_STACKING"),
    "desktops": ("M", "Number, current, names, geometry, viewport, work area of the desktops"),
    "layout": ("S", "_NET_DESKTOP_LAYOUT, _NET_SHOWING_DESKTOP"),
    "virtual-roots": ("N", "_NET_VIRTUAL_ROOTS is not announced"),
    "active": ("M", "_NET_ACTIVE_WINDOW: property and message"),
    "close-move-restack": ("M", "_NET_CLOSE_WINDOW, _NET_MOVERESIZE_WINDOW with its gravity, _NET_RESTACK_WINDOW"),
    "moveresize": ("M", "_NET_WM_MOVERESIZE with keyboard modes and CANCEL"),
    "extents": ("M", "_NET_REQUEST_FRAME_EXTENTS before mapping, _NET_FRAME_EXTENTS kept up"),
    "visible-name": ("M", "_NET_WM_NAME, _VISIBLE_NAME, _ICON_NAME"),
    "desktop-of": ("M", "_NET_WM_DESKTOP, sticky windows"),
    "types": ("M", "_NET_WM_WINDOW_TYPE: all types, the first known one of a list"),
    "states": ("M", "_NET_WM_STATE: every state, two in one message, before mapping, gone after withdrawal"),
    "actions": ("M", "_NET_WM_ALLOWED_ACTIONS"),
    "struts": ("M", "_NET_WM_STRUT(_PARTIAL): per monitor, absurd values, change, removal"),
    "net-icon": ("M", "_NET_WM_ICON"),
    "ping": ("M", "_NET_WM_PING, then the person is asked"),
    "user-time": ("M", "_NET_WM_USER_TIME(_WINDOW): no focus is stolen"),
    "sync": ("M", "_NET_WM_SYNC_REQUEST: resizing at the client's pace, with a time-out"),
    "frame-drawn": ("N", "Extended sync, _NET_WM_FRAME_DRAWN: only for compositors"),
    "fullscreen-monitors": ("S", "_NET_WM_FULLSCREEN_MONITORS"),
    "full-placement": ("S", "_NET_WM_FULL_PLACEMENT"),
    "opacity": ("N", "_NET_WM_WINDOW_OPACITY, _NET_WM_OPAQUE_REGION: only for compositors, not announced"),
    "startup": ("S", "Startup notification: desktop and time of a launch"),
    "gtk-extents": ("M", "_GTK_FRAME_EXTENTS: placing, tiling, maximising by what is seen"),
    "gtk-others": ("S", "_GTK_EDGE_CONSTRAINTS, _GTK_SHOW_WINDOW_MENU, _GTK_WORKAREAS_Dn"),
    "gtk-theme": ("N", "_GTK_HIDE_TITLEBAR_WHEN_MAXIMIZED, _GTK_THEME_VARIANT"),
    "motif": ("M", "_MOTIF_WM_HINTS: decorations, functions, input mode, changed later"),
    "kde": ("N", "_KDE_NET_WM_FRAME_STRUT and the like: not announced"),
    "old-fullscreen": ("S", "Full-screen by geometry without decorations"),
    "focus-after-grabs": ("S", "The active window is right after menus that grabbed the keys"),
    # Behaviour
    "placement": ("M", "Inside of the work area, on the current monitor, dialogs on their parents, user positions honoured"),
    "stacking": ("M", "Layers; transients over parents; raised together"),
    "focus-policy": ("M", "Who gets the focus, and when not"),
    "switcher": ("M", "Alt+Tab by use, minimised last, Escape, held modifiers"),
    "drag": ("M", "Alt-drag, keyboard, edge resistance, tiling, grips of 8 pixels"),
    "randr": ("M", "Monitors come and go; windows follow and return"),
    "urgency": ("M", "Urgency hint and attention; cleared by the focus"),
    "kill": ("M", "Close, ping, ask, end; never by itself"),
    "restart": ("M", "Order, focus, desktops, sizes and minimised windows over a restart"),
    "pointer-free": ("M", "The pointer is never trapped"),
    "leaks": ("M", "No leaked descriptors, flat memory and X resources"),
    "x-errors": ("M", "No X error is fatal; a lost display ends cleanly"),
    "hidpi": ("S", "Frames at the scale of XSETTINGS"),
    "keymap": ("M", "The keymap file: reloaded, conflicts by line, last good kept"),
    "bad-input": ("M", "Clients that lie"),
    # Programs
    "wnck": ("S", "libwnck (wnckprop): every act of a pager and of a task list, and what it reads"),
    "sdl": ("S", "SDL 2: full-screen and back, over a panel, at the same place"),
    "java": ("S", "Java: insets, places and dialogs as Swing believes them to be"),
    "qt": ("S", "Qt 5: places as Qt believes them to be, full-screen, menus, a dialog, a window that is carried by itself"),
    "gtk": ("S", "GTK 3 with a title bar of its own: shadow left out of places, full-screen, menus, a dialog, carried by the bar, closed"),
    "mpv": ("S", "mpv: full-screen by its own key and back, maximised in spite of its shape, closed"),
    "chromium": ("S", "Chromium: in our frame and in its own, full-screen, menus, a dialog, carried by its own title bar, closed"),
}


def row(*names):
    """Marks a test with the rows that it verifies."""
    unknown = [name for name in names if name not in ROWS]
    if unknown:
        raise KeyError(f"no such rows: {unknown}")

    def mark(test):
        test.rows = names
        return test
    return mark


def write(verdicts):
    """verdicts: test name to (passed, rows). Merged with those of the other files' runs."""
    folder = os.path.dirname(os.environ["WM_ALONE"])
    with open(os.path.join(folder, "compliance.json"), "a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        text = file.read()
        known = json.loads(text) if text else {}
        known.update({test: [passed, list(rows)] for test, (passed, rows) in verdicts.items()})
        file.truncate(0)
        file.write(json.dumps(known, indent=0, sort_keys=True))
        with open(os.path.join(folder, "COMPLIANCE.md"), "w", encoding="utf-8") as table:
            table.write(render(known))


def render(known):
    lines = ["| level | row | verdict | tests |", "|---|---|---|---|"]
    for name, (level, text) in ROWS.items():
        tests = sorted(test for test, (_, rows) in known.items() if name in rows)
        passed = [known[test][0] for test in tests]
        verdict = "no test" if not tests else "passes" if all(passed) else "FAILS"
        lines.append(f"| {level} | {text} | {verdict} | {', '.join(tests)} |")
    return "\n".join(lines) + "\n"
