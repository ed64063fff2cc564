"""A display, the window manager on it, and tiny clients. Nothing sleeps: sync() returns when the core has handled everything before it."""
import atexit
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import traceback

from Xlib import X, Xutil, display as xdisplay, protocol
from Xlib.ext import xtest

import rows

DEADLINE = 30
# No person's own keys reach a test.
CONFIG = tempfile.mkdtemp(prefix="impromptu-wm-")
atexit.register(shutil.rmtree, CONFIG, ignore_errors=True)
os.environ["XDG_CONFIG_HOME"] = CONFIG
DISPLAYS = range(120, 130)


def in_use(number):
    """Whether a server answers there. Starting a second one on its number would take the first one's socket away."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(f"/tmp/.X11-unix/X{number}") == 0


class Server:
    """An Xvfb of our own on the first number that is free."""

    def __init__(self):
        for number in DISPLAYS:
            if in_use(number):
                continue
            read, write = os.pipe()
            self.process = subprocess.Popen(
                ["Xvfb", f":{number}", "-screen", "0", "1280x800x24", "-nolisten", "tcp", "-noreset", "-displayfd", str(write)],
                pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            os.close(write)
            # To the end of the line: the server fails if the pipe closes while it writes.
            with os.fdopen(read) as pipe:
                answer = pipe.readline()
            if answer.endswith("\n"):
                self.name = f":{number}"
                self.before = os.environ.get("DISPLAY", "")
                os.environ["DISPLAY"] = self.name
                atexit.register(self.stop)
                return
            self.process.wait()
        raise SystemExit("Bail out! Xvfb starts on none of the displays :120 to :129.")

    def stop(self):
        os.environ["DISPLAY"] = self.before
        self.process.terminate()
        self.process.wait()


class Core:
    """wm-alone: its events come as lines, its commands go as lines."""

    alive = []

    def __init__(self, *arguments, ready="ready"):
        self.process = subprocess.Popen([os.environ["WM_ALONE"], *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        Core.alive.append(self)
        self.buffer = b""
        self.last_windows = ""
        if ready:
            self.wait(ready)

    def line(self):
        while b"\n" not in self.buffer:
            if not select.select([self.process.stdout], [], [], DEADLINE)[0]:
                raise AssertionError("the core says nothing")
            more = os.read(self.process.stdout.fileno(), 65536)
            if not more:
                raise AssertionError(f"the core has ended: {self.process.wait()}")
            self.buffer += more
        line, self.buffer = self.buffer.split(b"\n", 1)
        text = line.decode()
        if text.startswith("windows "):
            self.last_windows = text
        return text

    def wait(self, kind):
        while True:
            line = self.line()
            if line.split(" ", 1)[0] == kind:
                return line

    def heard(self, kind):
        """The next event of this kind among those that are there already, or None."""
        while b"\n" in self.buffer or select.select([self.process.stdout], [], [], 0)[0]:
            line = self.line()
            if line.split(" ", 1)[0] == kind:
                return line
        return None

    def beside(self, *command):
        """Runs a program to its end, and reads meanwhile what the core has to say: nobody else does, and it would wait."""
        program = subprocess.Popen(command)
        end = os.pidfd_open(program.pid)
        while end not in (ready := select.select([end, self.process.stdout], [], [])[0]):
            if ready and not os.read(self.process.stdout.fileno(), 65536):
                break
        os.close(end)
        assert program.wait(DEADLINE) == 0, f"{command} ended with {program.returncode}"

    def hush(self):
        """Reads what the core has said so far: it would wait once nobody did."""
        while select.select([self.process.stdout], [], [], 0)[0] and os.read(self.process.stdout.fileno(), 65536):
            pass

    def say(self, command):
        self.process.stdin.write((command + "\n").encode())

    def stop(self):
        if self.process.poll() is None:
            self.say("quit")
        code = self.process.wait(DEADLINE)
        self.process.stdin.close()
        self.process.stdout.close()
        return code

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class Client:
    """One X connection with windows."""

    def __init__(self):
        self.display = xdisplay.Display()
        self.display.set_error_handler(lambda *ignored: None)
        self.screen = self.display.screen()
        self.root = self.screen.root
        self.serial = 0
        self.mailbox = self.root.create_window(-20, -20, 1, 1, 0, X.CopyFromParent, override_redirect=True)
        self.kept = []

    def atom(self, name):
        return self.display.intern_atom(name)

    def window(self, title="tiny", x=0, y=0, w=200, h=100, **attributes):
        mask = X.StructureNotifyMask | X.FocusChangeMask | X.KeyPressMask | X.ButtonPressMask | X.PropertyChangeMask
        window = self.root.create_window(x, y, w, h, attributes.pop("border", 0), X.CopyFromParent, background_pixel=0xffffff,
                                         event_mask=mask, **attributes)
        window.set_wm_name(title)
        window.set_wm_class("tiny", "Tiny")
        if x or y:
            window.set_wm_normal_hints(flags=Xutil.USPosition)
        return window

    def map(self, *windows):
        for window in windows:
            window.map()
        self.sync()
        return windows[0]

    def shown(self, title="tiny", **arguments):
        return self.map(self.window(title, **arguments))

    def send(self, window, name, data, to=None):
        message = protocol.event.ClientMessage(window=window, client_type=self.atom(name), data=(32, (list(data) + [0] * 5)[:5]))
        (to or self.root).send_event(message, event_mask=X.SubstructureRedirectMask | X.SubstructureNotifyMask)

    def state(self, window, action, *names):
        """action: 0 removes, 1 adds, 2 toggles."""
        self.send(window, "_NET_WM_STATE", [action, *(self.atom("_NET_WM_STATE_" + name) for name in names)])

    def put(self, window, name, kind, values):
        """A property of 32-bit values, or of bytes."""
        width = 8 if isinstance(values, bytes) else 32
        window.change_property(self.atom(name), self.atom(kind), width, values)

    def typed(self, kind, title="tiny", **arguments):
        """A window of a type, not yet mapped."""
        window = self.window(title, **arguments)
        self.put(window, "_NET_WM_WINDOW_TYPE", "ATOM", [self.atom("_NET_WM_WINDOW_TYPE_" + kind)])
        return window

    def desktop_of(self, window):
        return (self.longs(window, "_NET_WM_DESKTOP") or [None])[0]

    def activate(self, window, source=2, when=0):
        self.send(window, "_NET_ACTIVE_WINDOW", [source, when])
        self.sync()

    def event(self, wanted):
        """The next event for which wanted() is true; others are kept for later."""
        for index, event in enumerate(self.kept):
            if wanted(event):
                return self.kept.pop(index)
        end = time.monotonic() + DEADLINE
        while True:
            while self.display.pending_events():
                event = self.display.next_event()
                if wanted(event):
                    return event
                self.kept.append(event)
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.display.fileno()], [], [], left)[0]:
                raise AssertionError("an event does not come")

    def sync(self, scope=1):
        self.serial += 1
        serial, kind = self.serial, self.atom("_IMPROMPTU_SYNC")
        self.display.sync()
        self.send(self.mailbox, "_IMPROMPTU_SYNC", [self.mailbox.id, serial, scope])
        self.display.flush()
        self.event(lambda e: e.type == X.ClientMessage and e.client_type == kind and e.data[1][0] == serial)

    def events(self, wanted):
        self.display.sync()
        while self.display.pending_events():
            self.kept.append(self.display.next_event())
        found = [event for event in self.kept if wanted(event)]
        self.kept = [event for event in self.kept if not wanted(event)]
        return found

    def longs(self, window, name):
        value = window.get_full_property(self.atom(name), X.AnyPropertyType)
        return list(value.value) if value else []

    def states(self, window):
        return {self.display.get_atom_name(atom).removeprefix("_NET_WM_STATE_") for atom in self.longs(window, "_NET_WM_STATE")}

    def wm_state(self, window):
        return (self.longs(window, "WM_STATE") or [None])[0]

    def active(self):
        return (self.longs(self.root, "_NET_ACTIVE_WINDOW") or [0])[0]

    def focus(self):
        focus = self.display.get_input_focus().focus
        return focus if isinstance(focus, int) else focus.id

    def pixel(self, x, y):
        """The colour of a place on the screen, 0xRRGGBB."""
        blue, green, red, _ = self.root.get_image(x, y, 1, 1, X.ZPixmap, 0xffffffff).data[:4]
        return red << 16 | green << 8 | blue

    def wait_pixel(self, x, y, colour):
        """Until that place has that colour: for what is drawn when nothing more urgent is to do."""
        end = time.monotonic() + DEADLINE
        while self.pixel(x, y) != colour:
            if time.monotonic() > end:
                raise AssertionError(f"{x},{y} is {self.pixel(x, y):06x}, not {colour:06x}")
            self.sync()

    def place(self, window):
        """x, y of the inside on the screen, and its size."""
        geometry = window.get_geometry()
        origin = self.root.translate_coords(window, 0, 0)
        return origin.x, origin.y, geometry.width, geometry.height

    def frame(self, window):
        return window.query_tree().parent

    def frame_place(self, window):
        geometry = self.frame(window).get_geometry()
        return geometry.x, geometry.y, geometry.width, geometry.height

    def override(self, window):
        return bool(window.get_attributes().override_redirect)

    def viewable(self, window):
        return window.get_attributes().map_state == X.IsViewable

    def stacking(self):
        return self.longs(self.root, "_NET_CLIENT_LIST_STACKING")

    def close(self):
        self.display.close()


def run(*command):
    """A program that must end by itself."""
    return subprocess.run(["timeout", str(DEADLINE), *command], check=True, capture_output=True, text=True).stdout


def start_afresh():
    """What a test before may have left: desktops on the root window, a button held down, a lock."""
    display = xdisplay.Display()
    root = display.screen().root
    for name in ("_NET_CURRENT_DESKTOP", "_NET_NUMBER_OF_DESKTOPS", "_NET_DESKTOP_NAMES", "_NET_DESKTOP_LAYOUT"):
        root.delete_property(display.intern_atom(name))
    for button in range(1, 6):
        xtest.fake_input(display, X.ButtonRelease, button)
    display.sync()
    display.close()


def main(tests):
    """Each test gets a fresh window manager on one server; TAP."""
    if len(sys.argv) > 1:
        tests = {name: test for name, test in tests.items() if name in sys.argv[1:]}
    server, failed, verdicts = Server(), 0, {}
    print(f"1..{len(tests)}")
    for number, (name, test) in enumerate(sorted(tests.items()), 1):
        start_afresh()
        core, client = Core(), Client()
        try:
            test(core, client)
            if core.process.poll() is None:
                client.sync()
            verdicts[name] = True, getattr(test, "rows", ())
            print(f"ok {number} {name}", flush=True)
        except Exception:
            failed += 1
            verdicts[name] = False, getattr(test, "rows", ())
            print("# " + traceback.format_exc().replace("\n", "\n# "))
            print(f"not ok {number} {name}", flush=True)
        finally:
            client.close()
            for other in Core.alive:
                if other is not core and other.process.poll() is None:
                    other.kill()
            Core.alive.clear()
            if core.process.poll() is None:
                code = core.stop()
                if code:
                    failed += 1
                    print(f"# the core ended with {code}")
    rows.write(verdicts)
    sys.exit(1 if failed else 0)
