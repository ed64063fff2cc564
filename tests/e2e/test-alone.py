#!/usr/bin/python3
"""Verifies that impromptu-shell alone on a display is a working window manager which says that the agent is missing: no agent, no session, no bus, no runtime
folder, no home, as root where the test is root, and as an ordinary user; that it stays one when clients come, go and lie; and that on a
display which needs a cookie the question whether to end a program that hangs is asked, by a process that gets no more than the person's own
environment."""
import os
import pwd
import secrets
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from Xlib import X, XK, display as xdisplay, error as xerror  # noqa: E402
from Xlib.ext import xtest  # noqa: E402
from Xlib.protocol import event as xevent  # noqa: E402
from as_user import ordinary  # noqa: E402
import tap  # noqa: E402

WAIT = 60
PROGRAM = os.path.join(sys.argv[1], "shell", "impromptu-shell")
QUESTION = os.path.join(sys.argv[1], "shell", "impromptu-ask-end")
BINARIES = os.path.join(sys.argv[1], "shell", "session")
KEY = "GROQ_API_KEY"  # is for the agent alone
DATA = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "data")


class Cookie:
    """As a display manager has it: one file for the server, and one with the display's name for the person."""

    def __init__(self, user):
        self.user, self.word, self.folder = user, secrets.token_hex(16), tempfile.mkdtemp(prefix="impromptu-cookie-")
        os.chmod(self.folder, 0o755)
        self.servers, self.persons = self.folder + "/server", self.folder + "/person"
        self._add(self.servers, ":0")

    def _add(self, path, display):
        subprocess.run(["xauth", "-q", "-f", path, "add", display, "MIT-MAGIC-COOKIE-1", self.word], check=True, stderr=subprocess.DEVNULL)

    def give(self, display):
        self._add(self.persons, display)
        os.chown(self.persons, self.user.pw_uid, self.user.pw_gid)
        os.environ["XAUTHORITY"] = self.folder + "/none"
        try:
            xdisplay.Display(display)
        except xerror.DisplayConnectionError:
            os.environ["XAUTHORITY"] = self.persons
            return
        raise AssertionError("the display lets in who has no cookie")

    def forget(self):
        os.environ.pop("XAUTHORITY", None)
        shutil.rmtree(self.folder)


class Alone:
    """As that user of the password file; with a cookie where `guarded`."""

    def __init__(self, user, guarded=False):
        self.cookie = Cookie(user) if guarded else None
        read, write = os.pipe()
        self.server = subprocess.Popen(["Xvfb", "-screen", "0", "1280x800x24", "-nolisten", "tcp", "-noreset", "-displayfd", str(write),
                                        *(["-auth", self.cookie.servers] if guarded else [])],
                                       pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(write)
        with os.fdopen(read) as pipe:
            self.name = ":" + pipe.readline().strip()
        if guarded:
            self.cookie.give(self.name)
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
        environment.update({k: v for k, v in os.environ.items() if k.startswith(("ASAN_", "UBSAN_", "LSAN_", "XAUTHORITY"))})
        self.environment = environment
        self.who = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user.pw_uid != os.getuid() else {}
        self.process = subprocess.Popen([PROGRAM], env={**environment, KEY: "secret"}, cwd="/", stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **self.who)

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
        return self.process.wait(WAIT)

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()
        self.server.terminate()
        self.server.wait()
        shutil.rmtree(self.folder)
        if self.cookie:
            self.cookie.forget()

    def key(self, *names):
        """Pressed together."""
        codes = [self.x.keysym_to_keycode(XK.string_to_keysym(name)) for name in names]
        for code in codes:
            xtest.fake_input(self.x, X.KeyPress, code)
        for code in reversed(codes):
            xtest.fake_input(self.x, X.KeyRelease, code)
        self.x.sync()

    def titled(self, title):
        """The managed window of this title, or None."""
        for xid in self.property(self.root, "_NET_CLIENT_LIST"):
            window = self.x.create_resource_object("window", xid)
            try:
                if bytes(self.property(window, "_NET_WM_NAME")).decode() == title:
                    return window
            except (xerror.BadWindow, xerror.BadDrawable):
                continue
        return None

    def ask(self, window, what, *data):
        message = xevent.ClientMessage(window=window, client_type=self.x.intern_atom(what), data=(32, [*data, 0, 0, 0]))
        self.root.send_event(message, event_mask=X.SubstructureRedirectMask | X.SubstructureNotifyMask)

    def client(self):
        x = xdisplay.Display(self.name)
        window = x.screen().root.create_window(0, 0, 200, 100, 0, X.CopyFromParent)
        window.set_wm_name("A client")
        window.map()
        x.sync()
        return x, window


def this_user():
    return pwd.getpwuid(os.getuid())


def works_alone(user):
    with Alone(user) as alone:
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
        every = {w.id for _, w in clients}
        alone.until(lambda: left == set(alone.property(alone.root, "_NET_CLIENT_LIST")) & every, "the rest to be managed")
        for x, _ in clients[1::2]:
            x.close()
        assert alone.process.poll() is None
        beside = [os.pidfd_open(pid) for pid in processes(alone, "impromptu-session")]
        assert beside, "what starts programs is there"
        assert alone.end() == 0
        assert all(select.select([one], [], [], WAIT)[0] for one in beside), "and ends with the shell"


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


def hang():
    """A program of its own that says it answers, and does not."""
    x = xdisplay.Display()
    window = x.screen().root.create_window(0, 0, 200, 100, 0, X.CopyFromParent)
    window.set_wm_name("A client")
    window.set_wm_protocols([x.intern_atom("WM_DELETE_WINDOW"), x.intern_atom("_NET_WM_PING")])
    window.map()
    x.sync()
    print(window.id, flush=True)
    sys.stdin.read()


def processes_of(program):
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.path.samefile(f"/proc/{pid}/exe", program):
                yield pid
        except OSError:
            pass


def environment_of_the_question(alone):
    for pid in processes_of(QUESTION):
        with open(f"/proc/{pid}/environ", encoding="utf-8") as file:
            has = dict(entry.split("=", 1) for entry in file.read().split("\0") if entry)
        if has["DISPLAY"] == alone.name:
            return has
    raise AssertionError("the question has no process of its own on the person's display")


def hung_program_is_ended(alone, hung):
    window = alone.x.create_resource_object("window", int(hung.stdout.readline()))
    alone.until(lambda: window.id in alone.property(alone.root, "_NET_CLIENT_LIST"), "the program to be managed")
    alone.ask(window, "_NET_CLOSE_WINDOW", 0, 2)
    question = alone.until(lambda: alone.titled("Not answering"), "the question")
    assert hung.poll() is None, "nothing ends by itself"
    assert alone.property(question, "WM_TRANSIENT_FOR") == [window.id]
    has = environment_of_the_question(alone)
    tap.equal(has["XAUTHORITY"], alone.cookie.persons, "the question's cookie")
    has.pop("XDG_RUNTIME_DIR")  # where nobody set one, the shell has
    assert has.items() <= alone.environment.items(), f"more than the person's environment: {has.items() - alone.environment.items()}"
    alone.ask(question, "_NET_ACTIVE_WINDOW", 2, 0)
    alone.until(lambda: alone.property(alone.root, "_NET_ACTIVE_WINDOW") == [question.id], "the question to have the focus")
    subprocess.run(["xdotool", "key", "Tab", "Return"], env=alone.environment, timeout=WAIT, check=True)
    tap.equal(hung.wait(WAIT), -signal.SIGKILL, "how the program ended")
    alone.until(lambda: not {window.id, question.id} & set(alone.property(alone.root, "_NET_CLIENT_LIST")), "both to go")


def asks_whether_to_end(user):
    with Alone(user, guarded=True) as alone:
        with subprocess.Popen([sys.executable, "-B", os.path.abspath(__file__), sys.argv[1], "hang"], env=alone.environment,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, **alone.who) as hung:
            try:
                hung_program_is_ended(alone, hung)
            finally:
                hung.kill()
        tap.equal(alone.end(), 0, "how the shell ended")


def alone_as_this_user():
    works_alone(this_user())


def alone_as_an_ordinary_user():
    works_alone(ordinary())


def asks_on_a_display_with_a_cookie_as_this_user():
    asks_whether_to_end(this_user())


def asks_on_a_display_with_a_cookie_as_an_ordinary_user():
    asks_whether_to_end(ordinary())


if sys.argv[2:] == ["hang"]:
    sys.exit(hang())
sys.exit(tap.run([alone_as_this_user, alone_as_an_ordinary_user, asks_on_a_display_with_a_cookie_as_this_user,
                  asks_on_a_display_with_a_cookie_as_an_ordinary_user]))
