"""A whole Impromptu desktop for tests and for data/try: an X server, the session, real key events, the agent's events, pictures. Nothing sleeps: every wait is
for an event, an answer of the window manager (_IMPROMPTU_SYNC) or an end of a process, and has a bound."""
import http.client
import json
import os
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zlib

from Xlib import X, Xatom, display as xdisplay
from Xlib.error import BadDrawable, BadWindow
from Xlib.protocol import event as xevent

WAIT = 60  # seconds until a thing that should happen has failed
LOGOUT_WAIT = 20  # seconds for the session to end all it started
SIZE = "1280x800"
DISPLAY_FIRST, DISPLAYS_MAX = 20, 60
DRAWN_REACH = 8  # pixels around a place
FROM_A_PAGER = 2  # EWMH's source indication
TITLE_HEIGHT, EVIDENCE_X = 33, 150  # pixels: a frame's title bar, and where in it the evidence stands, from the window's left
LENT_MAX = 8  # different characters without a key that are typed in one go
TOLD_MAX = 200  # characters of a command in a failure

PROGRAMS = (("agent", "impromptu-agent"), ("agent/cli", "impromptu"), ("agent/rehearsal", "impromptu-rehearsal"), ("sandbox", "impromptu-sandbox"),
            ("shell", "impromptu-shell"), ("shell/session", "impromptu-session"), ("shell/session", "impromptu-key-entry"),
            ("shell/session/settings", "impromptu-settings"), ("shell/aside", "impromptu-aside"))


class Failed(Exception):
    """Something did not happen; the message is a sentence."""


def symbol_of(character):
    """X's name for a character, as a number."""
    return ord(character) if 0xA0 <= ord(character) <= 0xFF else 0x1000000 | ord(character)


def png(width, height, data):
    """A PNG file of these pixels, four bytes each: blue, green, red and nothing."""
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    colours = bytearray(3 * width * height)
    for place in range(3):
        colours[place::3] = data[2 - place::4]
    rows = b"".join(b"\0" + colours[y * 3 * width:(y + 1) * 3 * width] for y in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 6)) + chunk(b"IEND", b"")


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout=WAIT):
        super().__init__("agent", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Events:
    """The agent's desktop events as they come; resumes where it was when the agent is restarted."""

    def __init__(self, path):
        self.path, self.list, self.last, self.closed = path, [], 0, False
        self.changed = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        while not self.closed:
            try:
                connection = UnixConnection(self.path, timeout=None)
                connection.request("GET", "/api/v1/events", headers={"Last-Event-ID": str(self.last)} if self.last else {})
                self._stream(connection.getresponse())
            except (OSError, http.client.HTTPException):
                select.select([], [], [], 0.05)  # the agent is being started: try again, bounded by the caller's wait

    def _stream(self, response):
        name, data = "message", []
        for raw in response:
            line = raw.decode().rstrip("\r\n")
            if line.startswith("event:"):
                name = line[6:].strip()
            elif line.startswith("id:"):
                self.last = int(line[3:])
            elif line.startswith("data:"):
                data.append(line[5:].lstrip())
            elif not line and data:
                with self.changed:
                    self.list.append((name, json.loads("\n".join(data)), time.monotonic()))
                    self.changed.notify_all()
                name, data = "message", []

    def mark(self):
        with self.changed:
            return len(self.list)

    def wait(self, name, what="", since=0, timeout=WAIT, **fields):
        """The first event of this name since a mark whose fields have these values (or satisfy these functions)."""
        return self.wait_any((name,), what, since, timeout, **fields)[1]

    def wait_any(self, names, what="", since=0, timeout=WAIT, **fields):
        """As wait(), for the first of several names; returns the name, the event, and the mark behind it."""
        end = time.monotonic() + timeout
        with self.changed:
            at = since
            while True:
                for at in range(at, len(self.list)):
                    kind, data, _ = self.list[at]
                    if kind in names and all(v(data.get(k)) if callable(v) else data.get(k) == v for k, v in fields.items()):
                        return kind, data, at + 1
                    if kind == "done" and "done" not in names and fields.get("run") in (None, data.get("run")) and data.get("outcome") == "failed":
                        raise Failed(f"waited for {what or names[0]}, but the run failed: {data.get('message')}")
                at = len(self.list)
                left = end - time.monotonic()
                if left <= 0:
                    seen = ", ".join(kind for kind, _, _ in self.list[since:]) or "nothing"
                    raise Failed(f"{what or names[0]} did not come within {timeout} s; seen: {seen}")
                self.changed.wait(left)


class Desktop:
    def __init__(self, build, out, display=None, nested=False, env=None, home=None, still=False, keep_log=None, leave_open=()):
        """still: nothing slides, so that a picture shows what is there. keep_log: where the session's log is left after a failure; else its end is told.
        leave_open: descriptors that the session inherits."""
        self.build, self.out, self.nested, self.keep_log, self.leave_open = os.path.abspath(build), out, nested, keep_log, leave_open
        self.folder = tempfile.mkdtemp(prefix="impromptu-")
        self.processes, self.lent = [], set()
        self.env = dict(os.environ)
        self.env.update({
            "XDG_RUNTIME_DIR": self._folder("run"), "XDG_DATA_HOME": self._folder("data"), "XDG_STATE_HOME": self._folder("state"),
            "XDG_CONFIG_HOME": self._folder("config"), "XDG_CACHE_HOME": self._folder("cache"),
            "XDG_CONFIG_DIRS": self._folder("system"),  # nothing of this machine starts with it
            "IMPROMPTU_DATA": os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "data"),
            "NO_AT_BRIDGE": "1", "LIBGL_ALWAYS_SOFTWARE": "1", "GSETTINGS_BACKEND": "memory", "LANG": os.environ.get("LANG", "C.UTF-8"),
        })
        if home:
            self.env["HOME"] = home
        self.env.update(env or {})
        if still:
            self._still()
        self._programs()
        self.socket = os.path.join(self.env["XDG_RUNTIME_DIR"], "impromptu", "agent.sock")
        self.log = open(os.path.join(self.folder, "session.log"), "wb")
        self._display(display)

    def _folder(self, name):
        path = os.path.join(self.folder, name)
        os.mkdir(path, 0o700)
        return path

    def _still(self):
        folder = os.path.join(self.env["XDG_CONFIG_HOME"], "gtk-3.0")
        os.mkdir(folder, 0o700)
        with open(os.path.join(folder, "settings.ini"), "w", encoding="ascii") as settings:
            settings.write("[Settings]\ngtk-enable-animations=0\n")
        os.mkdir(os.path.join(self.env["XDG_CONFIG_HOME"], "impromptu"), 0o700)
        with open(os.path.join(self.env["XDG_CONFIG_HOME"], "impromptu", "settings"), "w", encoding="ascii") as settings:
            settings.write("animations = no\n")

    def _programs(self):
        """One folder with every program, as an installation has it; on PATH, so that `impromptu` works in a terminal."""
        self.bin = self._folder("bin")
        for room, name in PROGRAMS:
            path = os.path.join(self.build, room, name)
            if not os.path.isfile(path):
                raise Failed(f"{name} has not been built in {self.build}")
            os.symlink(path, os.path.join(self.bin, name))
        self.env.update({"IMPROMPTU_BIN_FOLDER": self.bin, "PATH": self.bin + ":" + self.env.get("PATH", "/usr/bin:/bin")})

    def program(self, name):
        return os.path.join(self.bin, name)

    def _display(self, host):
        """Xephyr inside `host`, or Xvfb, under the first number that nobody has left a socket or lock of: what another user left cannot be replaced."""
        server = ["Xephyr", "-screen", SIZE, "-resizeable", "-title", "Impromptu"] if host else ["Xvfb", "-screen", "0", SIZE + "x24"]
        env = dict(self.env, DISPLAY=host) if host else self.env
        for at in range(DISPLAY_FIRST, DISPLAY_FIRST + DISPLAYS_MAX):
            if os.path.lexists(f"/tmp/.X11-unix/X{at}") or os.path.lexists(f"/tmp/.X{at}-lock"):
                continue
            out, into = os.pipe()
            process = self._start([server[0], f":{at}", "-displayfd", str(into), "-nolisten", "tcp", "-noreset", *server[1:]], env=env, pass_fds=[into])
            os.close(into)
            ready, _, _ = select.select([out], [], [], WAIT)
            with os.fdopen(out) as answer:  # to the end of its line: the server ends if the pipe closes while it writes
                number = answer.readline().strip() if ready else ""
            if number:
                break
            self.processes.remove(process)
            process.kill()
            process.wait()
        else:
            raise Failed(f"{server[0]} did not start on any display from :{DISPLAY_FIRST} on; its words: {self.tail()}")
        self.env["DISPLAY"] = ":" + number
        self.env.pop("WAYLAND_DISPLAY", None)
        self.x = xdisplay.Display(self.env["DISPLAY"])
        self.window = self.x.screen().root.create_window(-10, -10, 1, 1, 0, X.CopyFromParent, X.InputOnly, override_redirect=True)
        self.serial = 0

    def _start(self, argv, env=None, pass_fds=()):
        """In the home folder, as a login is: that is where its terminals open."""
        process = subprocess.Popen(argv, env=env or self.env, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
                                   cwd=self.env["HOME"], start_new_session=True, pass_fds=pass_fds)
        self.processes.append(process)
        return process

    def start(self):
        """Starts the session and waits until the agent and the window manager both answer."""
        argv = ["dbus-run-session", "--", self.program("impromptu-session")]
        if self.nested:
            argv += ["--shell-args", "--nested-keys"]
        self.session = self._start(argv, pass_fds=self.leave_open)
        self.events = Events(self.socket)
        self.until(lambda: os.path.exists(self.socket) and self.request("GET", "/api/v1/lanes", quiet=True), "the agent to answer")
        self.sync(0)
        self.sync(1)
        return self

    def until(self, condition, what, timeout=WAIT):
        """For conditions that no event announces: asks again and again, bounded."""
        end = time.monotonic() + timeout
        while True:
            got = condition()
            if got:
                return got
            if self.processes and self.processes[-1].poll() is not None:
                raise Failed(f"waited for {what}, but the session ended; its log: {self.tail()}")
            if time.monotonic() > end:
                raise Failed(f"waited {timeout} s for {what}; the log: {self.tail()}")
            select.select([], [], [], 0.02)

    def tail(self, most=3000):
        """The end of the session's log; with most None all of it."""
        self.log.flush()
        with open(self.log.name, "rb") as log:
            return log.read()[-most if most else 0:].decode(errors="replace")

    def request_session(self, method, path, body=None):
        return self.request(method, path, body, socket_path=os.path.join(os.path.dirname(self.socket), "session.sock"))

    def request(self, method, path, body=None, quiet=False, timeout=WAIT, socket_path=None):
        try:
            connection = UnixConnection(socket_path or self.socket, timeout)
            connection.request(method, path, json.dumps(body) if body is not None else None, {"Content-Type": "application/json"} if body is not None else {})
            answer = connection.getresponse()
            text = answer.read()
        except OSError as error:
            if quiet:
                return None
            raise Failed(f"the agent did not answer {method} {path}: {error}") from error
        if answer.status >= 400:
            if quiet:
                return None
            raise Failed(f"{method} {path}: {answer.status} {text.decode(errors='replace')}")
        return json.loads(text) if text else {}

    # The window manager -------------------------------------------------------------------------------------------------

    def sync(self, scope=1, timeout=WAIT):
        """Returns once the window manager (scope 1: and the user interface) has handled all that came before."""
        self.serial += 1
        atom = self.x.intern_atom("_IMPROMPTU_SYNC")
        root = self.x.screen().root
        message = xevent.ClientMessage(window=root, client_type=atom, data=(32, [self.window.id, self.serial, scope, 0, 0]))
        end = time.monotonic() + timeout
        again = 0.0
        while time.monotonic() < end:
            if time.monotonic() >= again:  # a window manager that only just starts has not seen the first one
                root.send_event(message, event_mask=X.SubstructureRedirectMask | X.SubstructureNotifyMask)
                self.x.flush()
                again = time.monotonic() + 2
            if not self.x.pending_events():
                select.select([self.x.fileno()], [], [], 0.5)
                continue
            got = self.x.next_event()
            if got.type == X.ClientMessage and got.client_type == atom and got.data[1][0] == self.serial:
                return
        raise Failed(f"the window manager did not answer within {timeout} s; the log: {self.tail()}")

    def keys(self, *keys):
        self.tool("xdotool", "key", "--delay", "0", *keys)
        self.sync()

    def hold(self, *keys):
        for key in keys:
            self.tool("xdotool", "keydown", key)
        self.sync()

    def release(self, *keys):
        for key in keys:
            self.tool("xdotool", "keyup", key)
        self.sync()

    def type(self, text):
        """Real keys. What no key of the layout has is lent a spare one first: xdotool would take it back before the reader has looked."""
        piece, lent = "", set()
        for c in text:
            if not c.isascii() and c not in lent and len(lent) == LENT_MAX:
                self._type(piece, lent)
                piece, lent = "", set()
            piece += c
            if not c.isascii():
                lent.add(c)
        self._type(piece, lent)

    def _type(self, text, foreign):
        first = self.x.display.info.min_keycode
        table = self.x.get_keyboard_mapping(first, self.x.display.info.max_keycode - first + 1)
        known = {symbol for row in table for symbol in row}
        symbols = [s for s in map(symbol_of, sorted(foreign)) if s not in known]
        spare = [first + place for place, row in enumerate(table) if not any(row) or row[0] in self.lent]
        if len(spare) < len(symbols):
            raise Failed("this keyboard has too few spare keys for the sentence's characters")
        for code, symbol in zip(spare, symbols):
            self.x.change_keyboard_mapping(code, [(symbol, symbol)])
            self.lent.add(symbol)
        self.x.sync()
        self.sync()
        self.tool("xdotool", "type", "--delay", "1", "--", text)
        self.sync()

    def bar(self):
        self.keys("ctrl+alt+space" if self.nested else "super")

    def tool(self, *argv):
        told = " ".join(argv)[:TOLD_MAX]
        try:
            done = subprocess.run(argv, env=self.env, capture_output=True, text=True, timeout=WAIT, check=False)
        except subprocess.TimeoutExpired as error:
            raise Failed(f"{told} did not end within {WAIT} s") from error
        if done.returncode:
            raise Failed(f"{told}: {done.stderr.strip() or done.returncode}")
        return done.stdout

    def windows(self):
        """The managed windows, oldest first, as (id, title, class). Not by wmctrl or xdotool: those end with an X error when a window goes while they list."""
        listed = self.x.screen().root.get_full_property(self.x.intern_atom("_NET_CLIENT_LIST"), X.AnyPropertyType)
        told = [(window, self._told(window)) for window in (listed.value if listed else [])]
        return [(window, *names) for window, names in told if names]

    def _told(self, window):
        window = self.x.create_resource_object("window", window)
        try:
            title = window.get_full_property(self.x.intern_atom("_NET_WM_NAME"), X.AnyPropertyType) or window.get_full_property(Xatom.WM_NAME, X.AnyPropertyType)
            return title.value.decode("utf-8", "replace") if title else "", " ".join(window.get_wm_class() or ())
        except (BadWindow, BadDrawable):
            return None

    def find(self, name):
        """The newest managed window whose title, or class, holds this; waits for it."""
        return self.until(lambda: next((w for w, title, kind in reversed(self.windows()) if name in title or name in kind), None), f"a window called {name}")

    def activate(self, title):
        """Brings a window to the front, as a pager does."""
        self._ask_of(self.find(title), "_NET_ACTIVE_WINDOW")

    def close(self, title):
        """Closes a window, as a pager does."""
        self._ask_of(self.find(title), "_NET_CLOSE_WINDOW")

    def _ask_of(self, window, what):
        root = self.x.screen().root
        data = (32, [FROM_A_PAGER, X.CurrentTime, 0, 0, 0] if what == "_NET_ACTIVE_WINDOW" else [X.CurrentTime, FROM_A_PAGER, 0, 0, 0])
        message = xevent.ClientMessage(window=window, client_type=self.x.intern_atom(what), data=data)
        root.send_event(message, event_mask=X.SubstructureRedirectMask | X.SubstructureNotifyMask)
        self.sync()

    def press(self, title, x, y):
        """Clicks into a window once something is drawn there; a negative y counts from its bottom."""
        window = self.find(title)
        y = y if y >= 0 else self.x.create_resource_object("window", window).get_geometry().height + y
        self.until(lambda: self.drawn(window, x, y), f"something to press in {title}")
        self.click(window, x, y)

    def click(self, window, x, y):
        self.tool("xdotool", "mousemove", "--window", str(window), str(x), str(y), "click", "1")
        self.sync()

    def press_evidence(self, title):
        """Clicks on the evidence in a window's title bar: its sheet opens, or closes. Then the pointer leaves the window again."""
        at = self.x.screen().root.translate_coords(self.find(title), EVIDENCE_X, -TITLE_HEIGHT // 2)
        self.tool("xdotool", "mousemove", str(at.x), str(at.y), "click", "1")
        self.point_away()

    def point_away(self):
        """The pointer leaves every window, so that nothing is lit because it happens to lie there."""
        self.tool("xdotool", "mousemove", "1", "1")
        self.sync()

    def pixels(self, window, x, y, width, height):
        """What is on the screen at this place of a window, four bytes a pixel: blue, green, red and nothing."""
        root = self.x.screen().root
        at = root.translate_coords(window, x, y)
        return root.get_image(at.x, at.y, width, height, X.ZPixmap, 0xFFFFFF).data

    def drawn(self, window, x, y):
        """Whether there is more than ground at this place of a window: a page comes to the screen some time after its last event."""
        pixels = self.pixels(window, x - DRAWN_REACH, y - DRAWN_REACH, 2 * DRAWN_REACH, 2 * DRAWN_REACH)
        return len({pixels[i:i + 4] for i in range(0, len(pixels), 4)}) > 1

    def screen(self):
        """All that is on the screen now: width, height, and four bytes a pixel as in pixels()."""
        root = self.x.screen().root
        size = root.get_geometry()
        return size.width, size.height, root.get_image(0, 0, size.width, size.height, X.ZPixmap, 0xFFFFFF).data

    def picture(self, name, screen=None):
        """Writes what is on the screen, or what was when screen() was asked."""
        path = os.path.join(self.out, name + ".png")
        with open(path, "wb") as file:
            file.write(png(*(screen or self.screen())))
        return path

    def wait_for_the_end(self):
        """Until a person closes the window of a nested desktop, or logs out of it."""
        ends = [os.pidfd_open(process.pid) for process in self.processes]
        select.select(ends, [], [])
        for end in ends:
            os.close(end)

    # The end --------------------------------------------------------------------------------------------------------------

    def stop(self):
        if hasattr(self, "events"):
            self.events.closed = True
        for process in reversed(self.processes):
            if process.poll() is None:
                os.kill(self._inner(process), signal.SIGTERM)
                try:
                    process.wait(15)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait(15)
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    @staticmethod
    def _inner(process):
        """dbus-run-session dies of a signal and leaves its session behind; it ends well once that has ended."""
        with open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="ascii") as children:
            for child in children.read().split():
                with open(f"/proc/{child}/comm", encoding="ascii") as comm:
                    if "impromptu-session".startswith(comm.read().strip()):
                        return int(child)
        return process.pid

    def __enter__(self):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by a signal"))  # and so through __exit__, which leaves nothing behind
        return self

    def __exit__(self, kind, error, trace):
        if isinstance(error, Exception):
            if self.keep_log:
                with open(self.keep_log, "w", encoding="utf-8") as log:
                    log.write(self.tail(None))
            else:
                sys.stderr.write(self.tail() + "\n")
            try:
                self.picture("at-the-failure")
            except (Failed, OSError, subprocess.SubprocessError):
                pass
        self.stop()
