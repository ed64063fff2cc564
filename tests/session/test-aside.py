#!/usr/bin/python3
"""Verifies impromptu-aside on an X display and a bus of its own: notifications as programs send them (also wrong ones), both kinds of tray icons, volume and
brightness with stand-ins for the machine's programs, pictures of the screen, and the question at logout. Speaks TAP. Usage: test-aside.py IMPROMPTU-ASIDE"""
import os
import random
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
import tap
from rig import DEADLINE_S, Rig
from Xlib import X, Xatom, Xutil, display as xdisplay
from Xlib.error import BadWindow
from Xlib.ext import xtest
from Xlib.protocol import event

rig = Rig()
import gi  # after the rig, which makes the bus
from gi.repository import Gio, GLib

BINARY = os.path.abspath(sys.argv[1])
PATH, NAME = "/org/freedesktop/Notifications", "org.freedesktop.Notifications"
SAVER = "org.freedesktop.ScreenSaver"
SNI, WATCHER = "org.kde.StatusNotifierItem", "org.kde.StatusNotifierWatcher"
bus = Gio.bus_get_sync(Gio.BusType.SESSION)
signals = []
bus.signal_subscribe(NAME, NAME, None, PATH, None, 0, lambda b, s, p, i, name, a: signals.append((name, *a.unpack())))
bus.signal_subscribe(WATCHER, WATCHER, None, None, None, 0, lambda b, s, p, i, name, a: signals.append((name, *a.unpack())))


def spin(what, condition):
    """Like rig.until, with the signals of the bus."""
    def look():
        while GLib.MainContext.default().iteration(False):
            pass
        return condition()
    return rig.until(what, look)


def call(method, arguments, reply="(u)"):
    return bus.call_sync(NAME, PATH, NAME, method, arguments, GLib.VariantType(reply) if reply else None, 0, DEADLINE_S * 1000, None).unpack()


def notify(summary="Hello", body="", app="Test", replaces=0, icon="", actions=(), hints={}, expire=0):
    return call("Notify", GLib.Variant("(susssasa{sv}i)", (app, replaces, icon, summary, body, list(actions), dict(hints), expire)))[0]


def close(number):
    call("CloseNotification", GLib.Variant("(u)", (number,)), None)


def window():
    return rig.shown("Notifications")


def height():
    return spin("notifications show", window).get_geometry().height


def press(x, y):
    """A click of the person's."""
    xtest.fake_input(rig.x, X.MotionNotify, x=x, y=y)
    xtest.fake_input(rig.x, X.ButtonPress, 1)
    xtest.fake_input(rig.x, X.ButtonRelease, 1)
    rig.x.sync()


def start():
    rig.process = rig.start(BINARY)
    rig.until("it takes actions", lambda: os.path.exists(rig.runtime + "/impromptu/aside.sock"))
    spin("the bus has it", lambda: owned(NAME) and owned(WATCHER))
    rig.until("it has the tray", lambda: rig.x.get_selection_owner(rig.atom("_NET_SYSTEM_TRAY_S0")))


def owned(name):
    return bus.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameHasOwner", GLib.Variant("(s)", (name,)), None, 0, -1,
                         None).unpack()[0]


def act(action):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to:
        to.sendto(action.encode(), rig.runtime + "/impromptu/aside.sock")


def test_what_it_is():
    start()
    assert call("GetServerInformation", None, "(ssss)")[0::3] == ("Impromptu", "1.2")
    assert set(call("GetCapabilities", None, "(as)")[0]) == {"actions", "body", "body-markup", "icon-static"}
    assert window() is None


def test_one_comes_and_goes():
    number = notify(body="A <b>bold</b> word")
    one = spin("it shows", window)
    attributes = one.get_attributes()
    assert attributes.override_redirect, "it is no window of the window manager's"
    assert rig.x.get_input_focus().focus in (X.PointerRoot, X.NONE, rig.root), "it takes no focus"
    close(number)
    spin("it goes", lambda: window() is None)
    assert ("NotificationClosed", number, 3) in signals, signals


def test_replacing_keeps_the_number():
    number = notify(body="short")
    low = height()
    assert notify(body="line\nline\nline\nline", replaces=number) == number
    spin("it is higher", lambda: height() > low)
    close(number)
    assert notify(replaces=number) != number, "what is gone is not replaced"
    try:
        close(99999)
        assert False, "no error"
    except GLib.Error as error:
        assert "no notification 99999" in error.message, error.message
    start_again()


def start_again():
    rig.process.terminate()
    assert rig.ends(rig.process) == 0, rig.process.stdout.read()
    start()
    signals.clear()


def test_expiry_and_urgency():
    numbers = [notify(expire=1), notify(expire=1, hints={"urgency": GLib.Variant("y", 0)}), notify(expire=1, hints={"urgency": GLib.Variant("y", 2)})]
    spin("all expire", lambda: all(("NotificationClosed", n, 1) in signals for n in numbers))
    critical = notify(expire=-1, hints={"urgency": GLib.Variant("y", 2)})
    short = notify(expire=1)
    spin("the other expires", lambda: ("NotificationClosed", short, 1) in signals)
    assert window(), "a critical one stays until it is put away"
    close(critical)


def test_an_action_is_told():
    number = notify(actions=["yes", "Yes", "default", "Open"])
    spin("it shows", window)

    def told():
        """The button is in the lower left corner; a press before it is drawn there does nothing."""
        if ("ActionInvoked", number, "yes") not in signals and window():
            geometry = window().get_geometry()
            press(geometry.x + 40, geometry.y + geometry.height - 28)
        return ("ActionInvoked", number, "yes") in signals
    spin("the action is told", told)
    token = next(s for s in signals if s[0] == "ActivationToken")
    assert token[1] == number and "_TIME" in token[2] and signals.index(token) < signals.index(("ActionInvoked", number, "yes")), signals
    spin("it is closed", lambda: ("NotificationClosed", number, 2) in signals)
    number = notify(actions=["default", "Open"], hints={"resident": GLib.Variant("b", True)})
    geometry = spin("it shows", window).get_geometry()
    spin("a click on the card is its default action", lambda: press(geometry.x + 100, geometry.y + 30) or ("ActionInvoked", number, "default") in signals)
    assert ("NotificationClosed", number, 2) not in signals, "a resident one stays"
    spin("× puts it away", lambda: press(geometry.x + geometry.width - 30, geometry.y + 28) or ("NotificationClosed", number, 2) in signals)


def test_images():
    def data(width, height, row, alpha, bits, channels, size):
        return {"image-data": GLib.Variant("(iiibiiay)", (width, height, row, alpha, bits, channels, bytes(size)))}
    plain = notify()
    low = height()
    close(plain)
    good = notify(hints=data(8, 8, 32, True, 8, 4, 256))
    spin("a picture makes it higher", lambda: height() > low)
    close(good)
    wrong = [data(8, 8, 32, True, 8, 4, 255), data(-1, 8, 32, True, 8, 4, 256), data(8, 8, 8, True, 8, 4, 256), data(8, 8, 2**30, True, 8, 4, 256),
             data(2**15, 2**15, 2**17, True, 8, 4, 256), data(8, 8, 32, False, 8, 4, 256), data(8, 8, 32, True, 16, 4, 256), data(8, 8, 32, True, 8, 4, 0),
             {"image-data": GLib.Variant("s", "no such icon")}, {"image-path": GLib.Variant("s", "/dev/zero")}, {"image-path": GLib.Variant("s", "file:///etc/passwd")},
             {"image-path": GLib.Variant("s", "../../etc/passwd")}]
    os.mkfifo(rig.folder + "/fifo")
    wrong.append({"image-path": GLib.Variant("s", rig.folder + "/fifo")})
    for hints in wrong:
        number = notify(hints=hints)
        spin("as high as without", lambda: height() == low)
        close(number)


def test_bodies_that_lie():
    numbers = [notify(summary=text, body=text, app=text, actions=[text, text] * 20) for text in (
        "x" * 1000000, "\n" * 5000, "<b>" * 4000, "</b></i></u>" * 100, "<b", "&#" * 500, "&#8238;evil&#xFFFFFFFFFF;", "<img src='file:///etc/passwd' alt=\"", "a\u202eb",
        "<a href=\"javascript:x\">y</a>", "\x01\x02", "&amp;&lt;b&gt;", "")]
    assert len(set(numbers)) == len(numbers)
    assert height() <= 800, "it stays on the screen"
    geometry = window().get_geometry()
    assert geometry.x + geometry.width <= 1280 and geometry.y >= 0, geometry
    for number in numbers:
        close(number)


def test_a_storm_is_bounded():
    numbers = [notify(summary=f"number {n}", hints={"urgency": GLib.Variant("y", 2)}) for n in range(500)]
    spin("the oldest went", lambda: sum(("NotificationClosed", n, 4) in signals for n in numbers) == 500 - 64)
    assert ("NotificationClosed", numbers[0], 4) in signals and ("NotificationClosed", numbers[-1], 4) not in signals
    assert height() <= 800
    start_again()


def test_random_hints():
    rng = random.Random(7)
    kinds = [lambda: GLib.Variant("i", rng.randint(-2**31, 2**31 - 1)), lambda: GLib.Variant("s", "x" * rng.randint(0, 99)), lambda: GLib.Variant("b", True),
             lambda: GLib.Variant("ay", bytes(rng.randint(0, 99))), lambda: GLib.Variant("d", rng.random()), lambda: GLib.Variant("as", ["a"] * rng.randint(0, 5)),
             lambda: GLib.Variant("(iiibiiay)", (*[rng.choice([-1, 0, 1, 3, 4, 64, 2**31 - 1]) for _ in range(3)], rng.random() < 0.5, rng.choice([8, 16]),
                                                 rng.choice([3, 4, 0]), bytes(rng.randint(0, 64))))]
    names = ["urgency", "image-data", "image_data", "image-path", "icon_data", "resident", "transient", "desktop-entry", "sound-file", "x", "y", "category"]
    for _ in range(300):
        hints = {rng.choice(names): rng.choice(kinds)() for _ in range(rng.randint(0, 5))}
        close(notify(hints=hints, expire=rng.choice([-5, -1, 0, 10**6, 2**31 - 1])))
    assert rig.process.poll() is None


def client(title="Work", protocols=True, type_name=None, pid=None):
    x = xdisplay.Display(rig.name)
    w = x.screen().root.create_window(10, 10, 100, 100, 0, X.CopyFromParent, event_mask=X.StructureNotifyMask)
    w.set_wm_name(title)
    if protocols:
        w.set_wm_protocols([x.intern_atom("WM_DELETE_WINDOW")])
    if type_name:
        w.change_property(x.intern_atom("_NET_WM_WINDOW_TYPE"), Xatom.ATOM, 32, [x.intern_atom(type_name)])
    if pid:
        w.change_property(x.intern_atom("_NET_WM_PID"), Xatom.CARDINAL, 32, [pid])
    w.map()
    x.sync()
    return x, w


def managed(*windows):
    rig.root.change_property(rig.atom("_NET_CLIENT_LIST"), Xatom.WINDOW, 32, [w.id for w in windows])
    rig.x.sync()


def in_front(window, *states):
    if window:
        window.change_property(rig.atom("_NET_WM_STATE"), Xatom.ATOM, 32, [rig.atom(s) for s in states])
        window.display.flush()
    rig.root.change_property(rig.atom("_NET_ACTIVE_WINDOW"), Xatom.WINDOW, 32, [window.id if window else 0])
    rig.x.sync()


def test_full_screen_and_quiet():
    x, film = client("Film")
    in_front(film, "_NET_WM_STATE_FULLSCREEN")
    x.sync()
    waits, critical = notify("waits"), notify("critical", hints={"urgency": GLib.Variant("y", 2)})
    low = height()
    close(critical)
    spin("over a film only what is critical", lambda: window() is None)
    in_front(None)
    spin("then the other", window)
    in_front(film)
    film.change_property(rig.atom("_NET_WM_STATE"), Xatom.ATOM, 32, [rig.atom("_NET_WM_STATE_FULLSCREEN")])
    x.sync()
    spin("it makes room for a film that begins", lambda: window() is None)
    film.change_property(rig.atom("_NET_WM_STATE"), Xatom.ATOM, 32, [])
    x.sync()
    spin("and comes back after it", window)
    in_front(None)
    close(waits)
    x.close()
    act("quiet")
    spin("it is said", lambda: rig.shown("Level"))
    number = notify()
    act("quiet")
    spin("what waited comes", window)
    close(number)
    assert low


def fake(name, script):
    with open(f"{rig.bin}/{name}", "w") as file:
        file.write("#!/bin/sh\n" + script)
    os.chmod(f"{rig.bin}/{name}", 0o755)


def log():
    return open(rig.folder + "/log").read().split("\n")[:-1] if os.path.exists(rig.folder + "/log") else []


def test_volume_and_brightness():
    fake("wpctl", f'echo "$@" >> {rig.folder}/log; case $1 in get-volume) echo "Volume: 0.45";; esac\n')
    fake("brightnessctl", f'echo "$@" >> {rig.folder}/log; echo "intel,backlight,10,50%,20"\n')
    for action, words in (("volume-up", "set-volume -l 1.0 @DEFAULT_AUDIO_SINK@ 5%+"), ("volume-mute", "set-mute @DEFAULT_AUDIO_SINK@ toggle"),
                          ("microphone-mute", "set-mute @DEFAULT_AUDIO_SOURCE@ toggle"), ("brightness-down", "-c backlight -n set 5%-")):
        act(action)
        spin(action, lambda: words in log() and len(log()) % 2 == 0)
        level = spin("it shows", lambda: rig.shown("Level"))
        assert level.get_attributes().override_redirect
    geometry = level.get_geometry()
    assert 0 < geometry.x and geometry.y + geometry.height < 800 and geometry.height < 120, geometry
    spin("and goes by itself", lambda: rig.shown("Level") is None)
    fake("wpctl", "echo broken >&2; exit 1\n")
    act("volume-up")
    spin("what is wrong is said", lambda: rig.shown("Level"))


def test_a_held_key_does_not_pile_up():
    os.unlink(rig.folder + "/log")
    os.mkfifo(rig.folder + "/gate")
    fake("wpctl", f'echo "$@" >> {rig.folder}/log; case $1 in set-volume) read line < {rig.folder}/gate;; get-volume) echo "Volume: 1.00 [MUTED]";; esac\n')
    for _ in range(60):
        act("volume-up")
    act("nonsense")
    rig.said(rig.process, "“nonsense” is no action")  # all before it were taken
    gate = os.open(rig.folder + "/gate", os.O_RDWR)
    os.write(gate, b"go\n" * 60)
    spin("they are done", lambda: rig.shown("Level") and log()[-1:] == ["get-volume @DEFAULT_AUDIO_SINK@"] and len(log()) >= 18)
    assert len(log()) <= 2 * 9, log()
    os.close(gate)


def pictures():
    folder = rig.home + "/Pictures/Screenshots"
    found = [os.path.join(f, n) for f in (folder, rig.home) if os.path.isdir(f) for n in os.listdir(f) if n.endswith(".png")]
    return sorted(p for p in found if os.path.getsize(p) > 0)


def taken(before):
    path = spin("a picture", lambda: next((p for p in pictures() if p not in before), None))
    spin("it is said", window)
    kind = subprocess.run(["xclip", "-o", "-selection", "clipboard", "-t", "image/png"], env=rig.environment, capture_output=True, timeout=20).stdout
    assert kind[:8] == b"\x89PNG\r\n\x1a\n", "on the clipboard"
    head = open(path, "rb").read(24)
    return int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")


def test_pictures_of_the_screen():
    before = pictures()
    act("screenshot")
    assert taken(before) == (1280, 800)
    x, w = client()
    in_front(w)
    before = pictures()
    act("screenshot-window")
    assert taken(before) == (100, 100)
    before = pictures()
    act("screenshot-region")
    spin("a part can be drawn", lambda: rig.shown("Draw the part"))
    xtest.fake_input(rig.x, X.MotionNotify, x=300, y=300)
    xtest.fake_input(rig.x, X.ButtonPress, 1)
    xtest.fake_input(rig.x, X.MotionNotify, x=420, y=380)
    xtest.fake_input(rig.x, X.ButtonRelease, 1)
    rig.x.sync()
    assert taken(before) == (120, 80)
    before = pictures()
    act("screenshot-region")
    spin("again", lambda: rig.shown("Draw the part"))
    escape = rig.x.keysym_to_keycode(0xff1b)
    xtest.fake_input(rig.x, X.KeyPress, escape)
    xtest.fake_input(rig.x, X.KeyRelease, escape)
    spin("Escape ends it", lambda: rig.shown("Draw the part") is None)
    in_front(None)
    assert pictures() == before
    x.close()
    act("screenshot-window")
    spin("no window is in front", window)
    assert pictures() == before


def tray_icon():
    """A client of the older kind. Returns its connection and window."""
    x, w = client("Icon", protocols=False)
    w.unmap()
    w.change_property(x.intern_atom("_XEMBED_INFO"), x.intern_atom("_XEMBED_INFO"), 32, [0, 1])
    owner = x.get_selection_owner(x.intern_atom("_NET_SYSTEM_TRAY_S0"))
    owner.send_event(event.ClientMessage(window=owner, client_type=x.intern_atom("_NET_SYSTEM_TRAY_OPCODE"), data=(32, [0, 0, w.id, 0, 0])))
    x.sync()
    return x, w


def test_embedded_icons():
    owner = rig.x.get_selection_owner(rig.atom("_NET_SYSTEM_TRAY_S0"))
    assert list(rig.property(owner, "_NET_SYSTEM_TRAY_ORIENTATION")) == [0] and rig.property(owner, "_NET_SYSTEM_TRAY_VISUAL")
    x, w = tray_icon()
    mine = rig.x.create_resource_object("window", w.id)
    spin("it is embedded", lambda: mine.query_tree().parent != rig.root)
    owner.send_event(event.ClientMessage(window=owner, client_type=rig.atom("_NET_SYSTEM_TRAY_OPCODE"), data=(32, [0, 0, 12345, 0, 0])))
    owner.send_event(event.ClientMessage(window=owner, client_type=rig.atom("_NET_SYSTEM_TRAY_OPCODE"), data=(32, [0, 0, owner.id, 0, 0])))
    rig.x.sync()
    x.close()  # its program dies
    number = notify()
    spin("it still works", window)
    close(number)


def offered(x):
    """The plug that the panel is offered; the next one where it went with the last panel."""
    while True:
        spin("the plug is offered", lambda: x.pending_events() or rig.process.poll() is not None)
        assert rig.process.poll() is None, rig.process.stdout.read()
        e = x.next_event()
        if e.type != X.ClientMessage:
            continue
        plug = x.create_resource_object("window", e.data[1][0])
        try:
            plug.query_tree()
            return plug
        except BadWindow:
            continue


def test_the_panel_may_come_and_go():
    """A stand-in for the panel: owns the slot, and gets the plug."""
    slot = rig.atom("_IMPROMPTU_TRAY_S0")
    for _ in range(2):
        x = xdisplay.Display(rig.name)
        panel = x.screen().root.create_window(0, 0, 200, 40, 0, X.CopyFromParent, event_mask=X.PropertyChangeMask | X.SubstructureNotifyMask)
        panel.map()
        panel.change_property(slot, Xatom.CARDINAL, 32, [])
        while (e := x.next_event()).type != X.PropertyNotify:
            pass
        panel.set_selection_owner(slot, e.time)
        x.screen().root.send_event(event.ClientMessage(window=x.screen().root, client_type=x.intern_atom("MANAGER"), data=(32, [e.time, slot, panel.id, 0, 0])),
                                   event_mask=X.StructureNotifyMask)
        plug = offered(x)
        plug.reparent(panel, 0, 0)
        plug.map()
        x.sync()
        before = rig.x.get_selection_owner(rig.atom("_NET_SYSTEM_TRAY_S0"))
        assert plug.query_tree().parent == panel
        x.close()
        assert rig.process.poll() is None and before, rig.process.stdout.read()


ITEM = f"""<node><interface name='{SNI}'>
<method name='Activate'><arg type='i' direction='in'/><arg type='i' direction='in'/></method>
<property name='Id' type='s' access='read'/><property name='Title' type='s' access='read'/><property name='Status' type='s' access='read'/>
<property name='IconName' type='s' access='read'/><property name='IconPixmap' type='a(iiay)' access='read'/><property name='Menu' type='o' access='read'/>
<signal name='NewStatus'><arg type='s'/></signal></interface></node>"""


def test_status_items():
    state = {"Status": "Active", "pixmaps": [(2, 2, bytes([255, 1, 2, 3] * 4))], "asked": 0}

    def get(c, s, p, i, name):
        state["asked"] += name == "Status"
        return {"IconPixmap": GLib.Variant("a(iiay)", state["pixmaps"]), "Menu": GLib.Variant("o", "/NO_DBUSMENU"), "Status": GLib.Variant("s", state["Status"])}.get(
            name, GLib.Variant("s", "item"))
    own = Gio.DBusConnection.new_for_address_sync(os.environ["DBUS_SESSION_BUS_ADDRESS"], Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT |
                                                  Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
    own.register_object("/StatusNotifierItem", Gio.DBusNodeInfo.new_for_xml(ITEM).interfaces[0], lambda *a: a[-1].return_value(None), get, None)

    def register(word):
        own.call_sync(WATCHER, "/StatusNotifierWatcher", WATCHER, "RegisterStatusNotifierItem", GLib.Variant("(s)", (word,)), None, 0, DEADLINE_S * 1000, None)

    def listed():
        return bus.call_sync(WATCHER, "/StatusNotifierWatcher", "org.freedesktop.DBus.Properties", "Get", GLib.Variant("(ss)", (WATCHER, "RegisteredStatusNotifierItems")),
                             None, 0, DEADLINE_S * 1000, None).unpack()[0]
    address = own.get_unique_name() + "/StatusNotifierItem"
    register(own.get_unique_name())
    register("/StatusNotifierItem")  # the same, as libappindicator says it
    assert listed() == [address], listed()
    spin("it is told", lambda: ("StatusNotifierItemRegistered", address) in signals)
    spin("it is read", lambda: state["asked"] == 1)
    for pixmaps in ([(2, 2, b"short")], [(-1, 5, b"")], [(2**31 - 1, 2**31 - 1, b"x")], [(0, 0, b"")], []):
        state["pixmaps"], asked = pixmaps, state["asked"]
        own.emit_signal(None, "/StatusNotifierItem", SNI, "NewStatus", GLib.Variant("(s)", ("Active",)))
        spin("it is read again", lambda: state["asked"] > asked)
    for wrong in ("no name!", ""):
        try:
            register(wrong)
            assert False, wrong
        except GLib.Error:
            pass
    register("/nothing/there")
    spin("what says nothing goes", lambda: ("StatusNotifierItemUnregistered", own.get_unique_name() + "/nothing/there") in signals)
    own.close_sync(None)
    spin("its program has ended", lambda: ("StatusNotifierItemUnregistered", address) in signals)
    assert listed() == []


def ask(shell=0):
    return rig.start(BINARY, "--logout", str(shell))


def closes(x):
    """Waits for WM_DELETE_WINDOW."""
    while True:
        e = x.next_event()
        if e.type == X.ClientMessage and e.data[1][0] == x.intern_atom("WM_DELETE_WINDOW"):
            return


def was_asked(x):
    x.sync()
    return any(x.next_event().type == X.ClientMessage for _ in range(x.pending_events()))


def test_logout_without_windows():
    managed()
    assert rig.ends(ask()) == 0


def test_logout_when_all_end():
    x, w = client("Work")
    managed(w)
    process = ask()
    closes(x)
    x.close()
    managed()
    assert rig.ends(process) == 0


def test_logout_asks_only_what_holds_work():
    clients = [client("Dock", type_name="_NET_WM_WINDOW_TYPE_DOCK"), client("Bare", protocols=False), client("Of the shell", pid=4711)]
    managed(*(w for _, w in clients))
    assert rig.ends(ask(shell=4711)) == 0
    for x, _ in clients:
        x.close()


def test_logout_names_who_does_not_end():
    x, w = client("notes.txt")
    for key, status in ((0xff1b, 1), (None, 0)):
        managed(w)
        process = ask()
        closes(x)
        question = spin("it is asked", lambda: rig.shown("End the session"))
        if key:
            question.set_input_focus(X.RevertToParent, X.CurrentTime)
            rig.x.sync()
            code = rig.x.keysym_to_keycode(key)
            xtest.fake_input(rig.x, X.KeyPress, code)
            xtest.fake_input(rig.x, X.KeyRelease, code)
            rig.x.sync()
        else:  # it ends after all
            managed()
        assert rig.ends(process) == status, (key, status)
    x.close()


def press_in_question(key):
    question = spin("it is asked", lambda: rig.shown("End the session"))
    question.set_input_focus(X.RevertToParent, X.CurrentTime)
    rig.x.sync()
    for name in key if isinstance(key, tuple) else (key,):
        code = rig.x.keysym_to_keycode(name)
        xtest.fake_input(rig.x, X.KeyPress, code)
        xtest.fake_input(rig.x, X.KeyRelease, code)
    rig.x.sync()
    spin("the question goes", lambda: rig.shown("End the session") is None)


def test_logout_asks_no_more_once_one_stays():
    (others, other), (more, another), (x, notes) = client("Other", pid=11), client("Another", pid=12), client("*notes.txt", pid=13)
    managed(other, another, notes)
    process = ask()
    closes(x)  # what says that it is not saved comes first
    press_in_question(0xff1b)
    assert rig.ends(process) == 1
    assert not was_asked(others) and not was_asked(more), "the others were left alone"
    process = ask()
    closes(x)
    press_in_question((0xff09, 0xff0d))  # end anyway
    closes(others)
    closes(more)  # from now on all at once
    managed(another, notes)
    press_in_question((0xff09, 0xff0d))
    assert rig.ends(process) == 0
    for connection in (others, more, x):
        connection.close()


def test_logout_asks_a_program_once():
    """Its windows together, and the next program when they are gone."""
    (one, first), (two, second), (three, third) = client("One", pid=11), client("Two", pid=11), client("Three", pid=12)
    managed(first, second, third)
    process = ask()
    closes(one)
    closes(two)
    managed(second, third)
    assert not was_asked(three)
    managed(third)
    closes(three)
    managed()
    assert rig.ends(process) == 0
    for connection in (one, two, three):
        connection.close()


def stands_still():
    """Whether some client lets the server's clock for blanking and locking stand."""
    types = [t for c in rig.x.res_query_clients().clients for t in rig.x.res_query_client_resources(c.resource_base).types]
    return sum(t.count for t in types if rig.x.get_atom_name(t.resource_type) == "SaverSuspend")


def saver(connection, method, *arguments, path="/org/freedesktop/ScreenSaver"):
    kinds = "(ss)" if method == "Inhibit" else "(u)"
    return connection.call_sync(SAVER, path, SAVER, method, GLib.Variant(kinds, arguments), None, 0, DEADLINE_S * 1000, None).unpack()


def test_a_film_keeps_the_screen_on():
    flags = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
    player = Gio.DBusConnection.new_for_address_sync(rig.environment["DBUS_SESSION_BUS_ADDRESS"], flags, None, None)
    one, = saver(bus, "Inhibit", "browser", "plays a film")
    spin("it stays on", lambda: stands_still() == 1)
    other, = saver(player, "Inhibit", "player", "plays another", path="/ScreenSaver")
    assert one and other and one != other
    try:
        saver(player, "UnInhibit", one)
        assert False, "what others asked for is theirs"
    except GLib.Error as error:
        assert "did not ask" in error.message, error
    saver(bus, "UnInhibit", one)
    assert stands_still() == 1, "one still asks"
    player.close_sync(None)
    spin("a program that has gone asks no longer", lambda: stands_still() == 0)


def test_without_a_bus():
    rig.process.terminate()
    rig.ends(rig.process)
    rig.process = rig.start(BINARY, DBUS_SESSION_BUS_ADDRESS="unix:path=/nowhere")
    rig.said(rig.process, "no bus of the session")
    rig.until("it takes actions", lambda: os.path.exists(rig.runtime + "/impromptu/aside.sock"))
    before = pictures()
    act("screenshot")
    spin("it works without", lambda: pictures() != before)


def test_no_display():
    process = rig.start(BINARY, DISPLAY=":54321")
    rig.said(process, "no X display")
    assert rig.ends(process) == 74


wanted = sys.argv[2:]
sys.exit(tap.run([f for name, f in list(globals().items()) if name.startswith("test_") and (not wanted or name == "test_what_it_is" or any(w in name for w in wanted))]))
