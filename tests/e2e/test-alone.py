#!/usr/bin/python3
"""Verifies that impromptu-shell alone on a display is a working window manager which says that the agent is missing: no agent, no session, no bus, no runtime
folder, no home, as root where the test is root, and as an ordinary user; and that it stays one when clients come, go and lie."""
import os
import pwd
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from Xlib import X, XK, display as xdisplay  # noqa: E402
from Xlib.ext import xtest  # noqa: E402
import tap  # noqa: E402

WAIT = 60
PROGRAM = os.path.join(sys.argv[1], "shell", "impromptu-shell")
BINARIES = os.path.join(sys.argv[1], "shell", "session")
DATA = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "data")


class Alone:
    def __init__(self, user):
        read, write = os.pipe()
        self.server = subprocess.Popen(["Xvfb", "-screen", "0", "1280x800x24", "-nolisten", "tcp", "-noreset", "-displayfd", str(write)], pass_fds=[write],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(write)
        with os.fdopen(read) as pipe:
            self.name = ":" + pipe.readline().strip()
        self.x = xdisplay.Display(self.name)
        self.root = self.x.screen().root
        self.root.change_attributes(event_mask=X.PropertyChangeMask)
        self.folder = tempfile.mkdtemp(prefix="impromptu-alone-", dir="/tmp")
        os.chmod(self.folder, 0o777)
        with open(self.folder + "/a-program-of-mine", "w") as file:
            file.write(f"#!/bin/sh\nreadlink /proc/self/ns/net > {self.folder}/new && mv {self.folder}/new {self.folder}/network\nexec sleep 1000\n")
        os.chmod(self.folder + "/a-program-of-mine", 0o755)
        environment = {"PATH": self.folder + ":/usr/bin:/bin", "DISPLAY": self.name, "IMPROMPTU_DATA": DATA, "LIBGL_ALWAYS_SOFTWARE": "1",
                       "IMPROMPTU_BIN_FOLDER": BINARIES}
        environment.update({k: v for k, v in os.environ.items() if k.startswith(("ASAN_", "UBSAN_", "LSAN_"))})
        self.process = subprocess.Popen([PROGRAM], env=environment, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                        **({"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}))

    def until(self, condition, what):
        end = time.monotonic() + WAIT
        while True:
            self.x.sync()
            while self.x.pending_events():
                self.x.next_event()
            got = condition()
            if got:
                return got
            assert self.process.poll() is None, f"waited for {what}, and it ended ({self.process.returncode}): {self.process.stderr.read().decode()}"
            assert time.monotonic() < end, f"never: {what}"
            select.select([self.x.fileno()], [], [], 0.1)

    def property(self, window, name):
        got = window.get_full_property(self.x.intern_atom(name), X.AnyPropertyType)
        return list(got.value) if got else []

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(WAIT)
        self.process.stderr.close()
        self.server.terminate()
        self.server.wait()
        shutil.rmtree(self.folder)
        return status

    def key(self, *names):
        """Pressed together."""
        codes = [self.x.keysym_to_keycode(XK.string_to_keysym(name)) for name in names]
        for code in codes:
            xtest.fake_input(self.x, X.KeyPress, code)
        for code in reversed(codes):
            xtest.fake_input(self.x, X.KeyRelease, code)
        self.x.sync()

    def client(self):
        x = xdisplay.Display(self.name)
        window = x.screen().root.create_window(0, 0, 200, 100, 0, X.CopyFromParent)
        window.set_wm_name("A client")
        window.map()
        x.sync()
        return x, window


def works_alone(user):
    alone = Alone(user)
    check = alone.until(lambda: alone.property(alone.root, "_NET_SUPPORTING_WM_CHECK"), "a window manager")
    assert check
    x, window = alone.client()
    mine = alone.x.create_resource_object("window", window.id)
    alone.until(lambda: window.id in alone.property(alone.root, "_NET_CLIENT_LIST"), "the client to be managed")
    alone.until(lambda: alone.property(alone.root, "_NET_ACTIVE_WINDOW") == [window.id], "it to have the focus")
    assert alone.property(mine, "WM_STATE")[0] == 1 and alone.property(mine, "_NET_FRAME_EXTENTS")[2] > 0
    alone.until(lambda: said(alone), "it to say that the agent is missing")
    starts_programs(alone)
    x.close()
    alone.until(lambda: window.id not in alone.property(alone.root, "_NET_CLIENT_LIST"), "the client to go")
    # Many at once, half of which go before they are looked at.
    clients = [alone.client() for _ in range(40)]
    for x, _ in clients[::2]:
        x.close()
    left = {w.id for _, w in clients[1::2]}
    alone.until(lambda: left == set(alone.property(alone.root, "_NET_CLIENT_LIST")) & {w.id for _, w in clients}, "the rest to be managed")
    for x, _ in clients[1::2]:
        x.close()
    assert alone.process.poll() is None
    helpers = [os.pidfd_open(pid) for pid in processes(alone, "impromptu-session")]
    assert helpers, "what starts programs is there"
    assert alone.end() == 0
    assert all(select.select([helper], [], [], WAIT)[0] for helper in helpers), "and ends with the shell"


def starts_programs(alone):
    """From the prompt bar, with the network that the shell itself has given up."""
    alone.key("Super_L", "space")
    alone.until(lambda: bar(alone), "the prompt bar")
    for letter in "a-program-of-mine":
        alone.key({"-": "minus"}.get(letter, letter))
    alone.key("Return")
    alone.until(lambda: os.path.exists(alone.folder + "/network"), "the program to start")
    with open(alone.folder + "/network") as file:
        assert file.read().strip() == os.readlink("/proc/self/ns/net")
    for pid in processes(alone, "sleep"):
        os.kill(pid, signal.SIGKILL)


def processes(alone, program):
    """Those that came of this shell."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                if alone.folder.encode() in file.read() and os.path.basename(os.readlink(f"/proc/{pid}/exe")) == program:
                    found.append(int(pid))
        except OSError:  # it has ended, or is another's
            continue
    return found


def bar(alone):
    """It is where it can be seen, and has the keys."""
    focus = alone.x.get_input_focus().focus
    return not isinstance(focus, int) and any("Impromptu prompt" == name(w) and w.get_geometry().x >= 0 for w in parents(focus))


def parents(window):
    found = []
    while window:
        found.append(window)
        window = window.query_tree().parent
    return found


def name(window):
    got = window.get_full_text_property(window.display.get_atom("_NET_WM_NAME"))
    return got.decode() if isinstance(got, bytes) else got


def said(alone):
    """Its notice is a window of its own, managed or not."""
    titles = []

    def look(window, depth):
        for child in window.query_tree().children:
            try:
                name = child.get_full_text_property(alone.x.intern_atom("_NET_WM_NAME")) or ""
                if child.get_attributes().map_state == X.IsViewable:
                    titles.append(name if isinstance(name, str) else name.decode())
            except Exception:  # it went meanwhile
                continue
            if depth:
                look(child, depth - 1)
    look(alone.root, 2)
    return any("Impromptu says" in t for t in titles)


def alone_as_this_user():
    works_alone(None)


def alone_as_an_ordinary_user():
    user = None
    if os.getuid() == 0:
        user = pwd.getpwnam(os.environ.get("IMPROMPTU_TEST_USER", "impromptu-test"))
    works_alone(user)


sys.exit(tap.run([alone_as_this_user, alone_as_an_ordinary_user]))
