#!/usr/bin/python3
"""Verifies impromptu-settings on an X display of its own: what programs read of it, that it follows its file, and what it keeps of programs that have ended.
Speaks TAP. Usage: test-settings.py IMPROMPTU-SETTINGS"""
import json
import os
import socket
import struct
import subprocess
import sys
import time
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
import tap
from rig import DEADLINE_S, Rig
from Xlib import X, Xatom
from Xlib.protocol import event

BINARY = os.path.abspath(sys.argv[1])
DATA = os.path.abspath(sys.argv[2])
rig = Rig(bus=False)


def path():
    return rig.home + "/.config/impromptu/settings"


def write(text):
    with open(path() + ".new", "w") as file:
        file.write(text)
    os.rename(path() + ".new", path())


def start():
    return rig.start(BINARY, IMPROMPTU_DATA=DATA)


def xsettings():
    """As a toolkit reads them."""
    owner = rig.x.get_selection_owner(rig.atom("_XSETTINGS_S0"))
    if not owner:
        return {}
    data = rig.property(owner, "_XSETTINGS_SETTINGS")
    if data is None:
        return {}
    data = bytes(data)
    order = "<" if data[0] == 0 else ">"
    serial, count = struct.unpack_from(order + "II", data, 4)
    at, found = 12, {"serial": serial}
    for _ in range(count):
        kind, _, length = struct.unpack_from(order + "BBH", data, at)
        name = data[at + 4:at + 4 + length].decode()
        at += 4 + (length + 3) // 4 * 4 + 4
        if kind == 0:
            found[name] = struct.unpack_from(order + "i", data, at)[0]
            at += 4
        else:
            size = struct.unpack_from(order + "I", data, at)[0]
            found[name] = data[at + 4:at + 4 + size].decode()
            at += 4 + (size + 3) // 4 * 4
    assert at == len(data), (at, len(data))
    return found


def until_setting(name, value):
    return rig.until(f"{name} = {value!r}", lambda: (lambda s: s if s.get(name) == value else None)(xsettings()))


def resources():
    value = rig.property(rig.root, "RESOURCE_MANAGER")
    return (value if isinstance(value, str) else bytes(value or b"").decode())


def png(colour, width=4, height=4):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = (b"\0" + bytes(colour) * width) * height
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def test_a_commented_file_is_made():
    assert not os.path.exists(path())
    rig.process = start()
    until_setting("Net/ThemeName", "Adwaita")
    text = open(path()).read()
    assert "#theme = light" in text and "#dpi = 96" in text, text
    # Each line that is commented out is a setting, and as usual: with all of them in force nothing changes.
    before = xsettings()
    write("\n".join(line[1:] if line[:1] == "#" and line[1:2].isalpha() else line for line in text.split("\n")) + "\nfont = Inter 10\n")
    after = rig.until("the file was read again", lambda: (lambda s: s if s["serial"] > before["serial"] else None)(xsettings()))
    assert {**before, "serial": 0} == {**after, "serial": 0}, (before, after)


def test_the_usual_settings():
    settings = xsettings()
    wanted = {"Net/IconThemeName": "Adwaita", "Gtk/FontName": "Inter 10", "Gtk/CursorThemeSize": 24, "Xft/DPI": 96 * 1024, "Xft/Antialias": 1,
              "Xft/HintStyle": "hintslight", "Xft/RGBA": "none", "Gdk/WindowScalingFactor": 1, "Gdk/UnscaledDPI": 96 * 1024, "Net/DoubleClickTime": 400}
    assert wanted.items() <= settings.items(), settings
    assert "Xft.dpi:\t96" in resources(), resources()
    announced = rig.x.get_selection_owner(rig.atom("CLIPBOARD_MANAGER"))
    assert announced, "no clipboard manager"


def test_the_file_is_followed():
    subprocess.run(["xrdb", "-merge", "-"], input=b"XTerm*x: 1\n", env=rig.environment, check=True)
    write("theme = dark\nscale = 2\ndpi = 120\nfont = Cantarell 11\nsubpixels = rgb\nanimations = no\nlock-after = 3\n")
    settings = until_setting("Net/ThemeName", "Adwaita-dark")
    wanted = {"Gtk/FontName": "Cantarell 11", "Gtk/CursorThemeSize": 48, "Xft/DPI": 240 * 1024, "Gdk/WindowScalingFactor": 2, "Gdk/UnscaledDPI": 120 * 1024,
              "Xft/RGBA": "rgb", "Gtk/EnableAnimations": 0}
    assert wanted.items() <= settings.items(), settings
    rig.until("the resources follow", lambda: "Xft.dpi:\t240" in resources())
    assert "XTerm*x" in resources() and "Xcursor.size:\t48" in resources() and resources().count("Xft.dpi") == 1, resources()
    assert rig.x.get_screen_saver().timeout == 180, "lock-after"


def test_a_broken_line_is_said_and_the_last_good_ones_stay():
    for text, words in (("theme = dark\n\nfont\n", "Line 3"), ("colour = red\n", "no setting “colour”"), ("dpi = 9999\n", "from 48 to 480"),
                        ("# x\ntheme = blue\n", "light dark"), ("font = " + "x" * 300, "256 bytes"), ("x" * 70000, "no text"), ("theme = \udcff", "no text")):
        with open(path() + ".new", "wb") as file:
            file.write(text.encode(errors="surrogateescape"))
        os.rename(path() + ".new", path())
        line = rig.said(rig.process, "The last good settings stay")
        assert words in line, (text[:20], line)
        assert xsettings()["Gtk/FontName"] == "Cantarell 11", "the last good ones"
    write("font = Inter 12\n")
    until_setting("Gtk/FontName", "Inter 12")


def test_wallpaper():
    picture = rig.folder + "/red.png"
    with open(picture, "wb") as file:
        file.write(png((200, 30, 40)))
    write(f"wallpaper = {picture}\n")
    pixmap = rig.until("_XROOTPMAP_ID", lambda: rig.property(rig.root, "_XROOTPMAP_ID"))
    assert list(rig.property(rig.root, "ESETROOT_PMAP_ID")) == list(pixmap)
    rig.until("the picture shows", lambda: rig.pixel(640, 400) == (200, 30, 40) and rig.pixel(1279, 799) == (200, 30, 40))
    assert rig.property(rig.root, "_IMPROMPTU_WALLPAPER"), "the window manager is told"
    geometry = rig.x.create_resource_object("pixmap", pixmap[0]).get_geometry()
    assert (geometry.width, geometry.height) == (1280, 800), geometry
    for wrong in ("/no/such.png", "/dev/zero", DATA + "/try"):
        write(f"wallpaper = {wrong}\n")
        assert "cannot be shown" in rig.said(rig.process, wrong)
    rig.until("the window manager's own background is wanted again", lambda: rig.property(rig.root, "_IMPROMPTU_WALLPAPER") is None)
    write("\n")


def save_to_manager(texts):
    """Copies as a program, has it saved, and ends. Returns what the manager said."""
    x = type(rig.x)(rig.name)
    window = x.screen().root.create_window(0, 0, 1, 1, 0, X.CopyFromParent, event_mask=X.PropertyChangeMask)
    clipboard, manager, save = x.intern_atom("CLIPBOARD"), x.intern_atom("CLIPBOARD_MANAGER"), x.intern_atom("SAVE_TARGETS")
    targets, prop, incr = x.intern_atom("TARGETS"), x.intern_atom("ASKED"), x.intern_atom("INCR")
    window.change_property(prop, Xatom.ATOM, 32, [])
    time = x.next_event().time
    window.set_selection_owner(clipboard, time)
    names = {x.intern_atom(name): data for name, data in texts.items()}
    window.change_property(prop, Xatom.ATOM, 32, list(names))
    window.convert_selection(manager, save, prop, time)
    pieces = {}
    while True:
        e = x.next_event()
        if e.type == X.SelectionRequest:
            answer = e.property
            if e.target == targets:
                e.requestor.change_property(e.property, Xatom.ATOM, 32, [targets, *names])
            elif e.target in names and len(names[e.target]) > 200000:
                e.requestor.change_attributes(event_mask=X.PropertyChangeMask)
                e.requestor.change_property(e.property, incr, 32, [len(names[e.target])])
                pieces[e.property] = (e.requestor, e.target, names[e.target])
            elif e.target in names:
                e.requestor.change_property(e.property, e.target, 8, names[e.target])
            else:
                answer = X.NONE
            e.requestor.send_event(event.SelectionNotify(time=e.time, requestor=e.requestor, selection=e.selection, target=e.target, property=answer))
        elif e.type == X.PropertyNotify and e.state == X.PropertyDelete and e.atom in pieces and pieces[e.atom]:
            to, kind, left = pieces[e.atom]
            to.change_property(e.atom, kind, 8, left[:100000])
            pieces[e.atom] = (to, kind, left[100000:]) if left else None
        elif e.type == X.SelectionNotify:
            x.close()
            return e.property == prop


def paste(target):
    done = subprocess.run(["xclip", "-o", "-selection", "clipboard", "-t", target], env=rig.environment, capture_output=True, timeout=20)
    return done.stdout


def test_what_was_copied_outlives_its_program():
    large = os.urandom(1000) * 900
    assert save_to_manager({"UTF8_STRING": "tea at four — ☕".encode(), "image/png": large})
    assert paste("UTF8_STRING").decode() == "tea at four — ☕"
    assert paste("image/png") == large, "given piece by piece"
    listed = paste("TARGETS").decode().split()
    assert {"TARGETS", "TIMESTAMP", "UTF8_STRING", "image/png"} <= set(listed), listed
    # Something newer takes its place; xclip does so after it has forked.
    kept, end = rig.x.get_selection_owner(rig.atom("CLIPBOARD")), time.monotonic() + 20
    subprocess.run(["xclip", "-i", "-selection", "clipboard"], input=b"newer", env=rig.environment, check=True, timeout=20)
    while rig.x.get_selection_owner(rig.atom("CLIPBOARD")) == kept:
        assert time.monotonic() < end, "xclip does not take the clipboard"
    assert paste("UTF8_STRING") == b"newer"
    assert save_to_manager({"UTF8_STRING": b"third"}) and paste("UTF8_STRING") == b"third"


def test_primary_is_left_alone():
    assert rig.x.get_selection_owner(rig.atom("PRIMARY")) == X.NONE


def test_a_second_one_leaves_both_alone():
    second = start()
    rig.said(second, "hands out XSETTINGS already")
    second.terminate()
    rig.ends(second)
    assert rig.x.get_selection_owner(rig.atom("_XSETTINGS_S0")), "the first still has it"


def test_it_survives_a_kill():
    rig.process.kill()
    rig.ends(rig.process)
    rig.process = start()
    rig.until("settings are handed out again", lambda: rig.x.get_selection_owner(rig.atom("_XSETTINGS_S0")) and xsettings())
    rig.process.terminate()
    assert rig.ends(rig.process) == 0


def test_a_dark_screen_is_told_the_session():
    os.mkdir(rig.runtime + "/impromptu")
    with socket.socket(socket.AF_UNIX) as session:
        session.bind(rig.runtime + "/impromptu/session.sock")
        session.listen()
        session.settimeout(DEADLINE_S)
        process = start()
        until_setting("Net/ThemeName", "Adwaita")
        rig.x.force_screen_saver(X.ScreenSaverActive)
        rig.x.sync()
        connection, _ = session.accept()
        with connection:
            connection.settimeout(DEADLINE_S)
            told = b""
            while not told.endswith(b"}"):
                told += connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        assert told.startswith(b"POST /do ") and json.loads(told.partition(b"\r\n\r\n")[2]) == {"action": "idle"}, told
        process.terminate()
        assert rig.ends(process) == 0
    rig.x.force_screen_saver(X.ScreenSaverReset)


def test_no_display():
    process = rig.start(BINARY, DISPLAY=":54321")
    rig.said(process, "no X display")
    assert rig.ends(process) == 74


def test_the_display_goes():
    process = start()
    until_setting("Net/ThemeName", "Adwaita")
    rig.server.terminate()
    assert rig.ends(process) == 74


sys.exit(tap.run([function for name, function in list(globals().items()) if name.startswith("test_")]))
