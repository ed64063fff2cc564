#!/usr/bin/python3
"""Verifies that LightDM logs a real user in to Impromptu, with name and password typed into its greeter, that the desktop comes up as that user, that logout leads
back to the greeter, and that a second login's death of the X server does too. The display manager is the real one, run by root with a configuration of its own;
its X server is Xvfb behind a wrapper, since Xvfb knows no vt and no seat. It needs root and the package lightdm: without them it fails."""
import os
import pwd
import secrets
import select
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from desktop import PROGRAMS, png  # noqa: E402
from Xlib import X, XK, display as xdisplay  # noqa: E402
from Xlib.ext import xtest  # noqa: E402
import tap  # noqa: E402

WAIT = 90
DISPLAY_FIRST = 300  # of the range that LightDM may take
SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

REMEMBERED = "/var/lib/lightdm/.cache/lightdm-gtk-greeter/state"  # the greeter's: who logged in last, and to what

BUS = """<busconfig><type>system</type><listen>unix:path={folder}/bus</listen><auth>EXTERNAL</auth><policy context="default"><allow user="*"/><allow own="*"/>
<allow send_type="method_call"/><allow send_type="signal"/><allow send_requested_reply="true" send_type="method_return"/>
<allow send_requested_reply="true" send_type="error"/><allow receive_type="method_call"/><allow receive_type="method_return"/><allow receive_type="error"/>
<allow receive_type="signal"/></policy></busconfig>"""

SERVER = """#!/bin/sh
display=:0 auth=
while [ $# -gt 0 ]; do
    case $1 in :*) display=$1 ;; -auth) auth=$2; shift ;; esac
    shift
done
exec Xvfb "$display" -screen 0 1280x800x24 -nolisten tcp ${auth:+-auth "$auth"}
"""

CONFIG = """[LightDM]
start-default-seat=true
minimum-display-number={number}
run-directory={folder}/run
cache-directory={folder}/cache
log-directory={folder}/log
lock-memory=false
[Seat:*]
type=local
xserver-command={folder}/bin/xserver
greeter-session=lightdm-gtk-greeter
session-wrapper=/etc/X11/Xsession
user-session={entry}
greeter-hide-users=true
allow-guest=false
"""

SANITIZERS = ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS")
WRAPPER = """#!/bin/sh
export IMPROMPTU_BIN_FOLDER={folder}/bin IMPROMPTU_DATA={data} IMPROMPTU_LANE=recording LIBGL_ALWAYS_SOFTWARE=1 XDG_CONFIG_DIRS={folder}/system
{sanitizers}
PATH={folder}/bin:$PATH exec {folder}/bin/impromptu-session
"""


def write(path, text, mode=0o644):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, mode)


class Seat:
    def __init__(self, build):
        self.folder = tempfile.mkdtemp(prefix="impromptu-seat-")
        os.chmod(self.folder, 0o755)
        self.user, self.password = f"imp-seat-{os.getpid() % 100000}", secrets.token_hex(8)
        self.entry = f"/usr/share/xsessions/{self.user}.desktop"  # where greeters look
        self.processes = []
        for name in ("run", "cache", "log", "bin", "system"):
            os.mkdir(f"{self.folder}/{name}", 0o755)
        for room, name in PROGRAMS:
            path = os.path.join(os.path.abspath(build), room, name)
            assert os.path.isfile(path), f"{name} has not been built"
            os.symlink(path, f"{self.folder}/bin/{name}")
        number = next(n for n in range(DISPLAY_FIRST, DISPLAY_FIRST + 100) if not os.path.lexists(f"/tmp/.X11-unix/X{n}"))
        words = {"folder": self.folder, "number": number, "entry": self.user, "data": os.path.join(SOURCE, "data"),
                 # A login does not hand the environment on, and they are told there what they shall do.
                 "sanitizers": "".join(f"export {name}={shlex.quote(os.environ[name])};" for name in SANITIZERS if name in os.environ)}
        write(f"{self.folder}/bus.conf", BUS.format(**words))
        write(f"{self.folder}/lightdm.conf", CONFIG.format(**words))
        write(f"{self.folder}/bin/xserver", SERVER, 0o755)
        write(f"{self.folder}/bin/login", WRAPPER.format(**words), 0o755)
        with open(os.path.join(SOURCE, "data/session/impromptu.desktop"), encoding="utf-8") as entry:
            self.text_of_entry = entry.read().replace("=impromptu-session", f"={self.folder}/bin/login")
        self.name = f":{number}"
        self.x = None

    def start(self):
        subprocess.run(["useradd", "--create-home", "--shell", "/bin/bash", self.user], check=True)
        subprocess.run(["chpasswd"], input=f"{self.user}:{self.password}\n", text=True, check=True)
        os.makedirs(os.path.dirname(self.entry), exist_ok=True)
        write(self.entry, self.text_of_entry)
        self.remembered = open(REMEMBERED, "rb").read() if os.path.exists(REMEMBERED) else None
        if self.remembered is not None:
            os.unlink(REMEMBERED)
        self.uid = pwd.getpwnam(self.user).pw_uid
        self.log = open(f"{self.folder}/out", "wb")
        self.processes.append(subprocess.Popen(["dbus-daemon", f"--config-file={self.folder}/bus.conf", "--nofork"], stderr=self.log))
        self.until(lambda: os.path.exists(f"{self.folder}/bus"), "the bus")
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={self.folder}/bus"}
        self.manager = subprocess.Popen(["lightdm", "-c", f"{self.folder}/lightdm.conf", "--debug"], env=environment, stdout=self.log, stderr=self.log)
        self.processes.append(self.manager)

    def text(self):
        try:
            with open(f"{self.folder}/log/lightdm.log", encoding="utf-8", errors="replace") as log:
                return log.read()
        except FileNotFoundError:
            return ""

    def until(self, condition, what, timeout=WAIT):
        end = time.monotonic() + timeout
        while True:
            got = condition()
            if got:
                return got
            assert not self.processes or self.processes[-1].poll() is None, f"waited for {what}, but LightDM ended:\n{self.text()[-3000:]}"
            assert time.monotonic() < end, f"waited {timeout} s for {what}; LightDM says:\n{self.text()[-3000:]}\n{self.words()}"
            select.select([], [], [], 0.05)

    def words(self):
        """What the person's session wrote."""
        try:
            with open(f"/home/{self.user}/.xsession-errors", encoding="utf-8", errors="replace") as log:
                return log.read()[-3000:]
        except FileNotFoundError:
            return ""

    def connect(self):
        """To the display, as root may."""
        def try_it():
            os.environ["XAUTHORITY"] = f"{self.folder}/run/root/{self.name}"
            try:
                return xdisplay.Display(self.name)
            except Exception:  # it is being started
                return None
        self.x = self.until(try_it, "the display")

    def type(self, text):
        for character in text:
            symbol = {"-": "minus", "\r": "Return"}.get(character, character)
            code = self.x.keysym_to_keycode(XK.string_to_keysym(symbol))
            assert code, character
            xtest.fake_input(self.x, X.KeyPress, code)
            xtest.fake_input(self.x, X.KeyRelease, code)
        self.x.sync()

    def greeted(self):
        """How often the greeter has asked for a name or a password."""
        return self.text().count("Prompt greeter with")

    def login(self, greeted):
        self.until(lambda: self.greeted() > greeted, "the greeter to ask for a name")
        self.connect()
        self.until(lambda: self.x.get_input_focus().focus not in (X.NONE, X.PointerRoot) and self.drawn(), "the greeter's window")
        asked = self.greeted()
        self.picture("greeter")
        self.type(self.user + "\r")
        self.until(lambda: self.greeted() > asked, "the greeter to ask for the password")
        self.type(self.password + "\r")
        self.session = self.until(self.find_session, "the session")

    def drawn(self):
        root = self.x.screen().root
        pixels = root.get_image(400, 200, 480, 400, X.ZPixmap, 0xFFFFFF).data
        return len({pixels[i:i + 4] for i in range(0, len(pixels), 4)}) > 2

    def find_session(self):
        return next((pid for pid, name in self.own() if name == "impromptu-session"), None)

    def own(self):
        """This user's processes, with their programs' names."""
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                if os.stat(f"/proc/{pid}").st_uid == self.uid or f"Uid:\t{self.uid}\t" in open(f"/proc/{pid}/status", encoding="ascii", errors="replace").read():
                    yield int(pid), os.path.basename(os.readlink(f"/proc/{pid}/exe"))
            except OSError:
                pass

    def environment(self):
        with open(f"/proc/{self.session}/environ", "rb") as file:
            return dict(pair.split("=", 1) for pair in file.read().decode().split("\0") if "=" in pair)

    def runtime(self):
        return self.environment().get("XDG_RUNTIME_DIR") or f"/tmp/impromptu-{self.uid}"

    def as_user(self, *argv):
        return subprocess.run(["setpriv", f"--reuid={self.uid}", f"--regid={self.uid}", "--clear-groups", *argv], capture_output=True, text=True, timeout=WAIT,
                              env={"PATH": f"{self.folder}/bin:/usr/bin:/bin", "XDG_RUNTIME_DIR": self.runtime(), "HOME": f"/home/{self.user}", "LANG": "C.UTF-8",
                                   **{name: os.environ[name] for name in SANITIZERS if name in os.environ}})

    def property(self, name):
        got = self.x.screen().root.get_full_property(self.x.intern_atom(name), X.AnyPropertyType)
        return got.value if got else None

    def picture(self, name):
        folder = os.environ.get("IMPROMPTU_TEST_PICTURES")
        if folder:
            root = self.x.screen().root
            with open(f"{folder}/lightdm-{name}.png", "wb") as file:
                file.write(png(1280, 800, root.get_image(0, 0, 1280, 800, X.ZPixmap, 0xFFFFFFFF).data))

    def stop(self):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        self.processes = []
        if os.path.exists(self.entry):
            os.unlink(self.entry)
        if os.path.exists(REMEMBERED):  # as it was
            os.unlink(REMEMBERED)
        if getattr(self, "remembered", None) is not None:
            with open(REMEMBERED, "wb") as file:
                file.write(self.remembered)
            shutil.chown(REMEMBERED, "lightdm", "lightdm")
        if hasattr(self, "uid"):
            for pid, _ in list(self.own()):
                try:
                    os.kill(pid, signal.SIGKILL)
                except OSError:
                    pass
            subprocess.run(["userdel", "--remove", "--force", self.user], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            shutil.rmtree(f"/tmp/impromptu-{self.uid}", ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)


def the_entry_is_valid(seat):
    text = open(os.path.join(SOURCE, "data/session/impromptu.desktop"), encoding="utf-8").read()
    for line in ("Type=Application", "Name=Impromptu", "Exec=impromptu-session", "TryExec=impromptu-session", "DesktopNames=Impromptu"):
        tap.check(line in text.split("\n"), line)


def a_wrong_password_is_no_login(seat):
    seat.start()
    seat.until(lambda: seat.greeted() > 0, "the greeter")
    seat.connect()
    seat.until(lambda: seat.x.get_input_focus().focus not in (X.NONE, X.PointerRoot) and seat.drawn(), "the greeter's window")
    asked = seat.greeted()
    seat.type(seat.user + "\r")
    seat.until(lambda: seat.greeted() > asked, "the greeter to ask for the password")
    asked = seat.greeted()
    seat.type("wrong\r")
    seat.until(lambda: "Authentication failure" in seat.text(), "the refusal")
    tap.equal(seat.find_session(), None, "a session")
    seat.x.close()
    # The greeter stays at the password of this name.
    seat.asked = asked


def the_desktop_comes_up_as_that_user(seat):
    seat.connect()
    seat.until(lambda: seat.greeted() > seat.asked, "the greeter to ask again")
    seat.type(seat.password + "\r")
    seat.session = seat.until(seat.find_session, "the session")
    seat.connect()
    seat.until(lambda: seat.property("_NET_SUPPORTING_WM_CHECK"), "the window manager")
    check = seat.x.create_resource_object("window", seat.property("_NET_SUPPORTING_WM_CHECK")[0])
    name = check.get_full_property(seat.x.intern_atom("_NET_WM_NAME"), X.AnyPropertyType).value
    tap.equal(bytes(name).decode() if not isinstance(name, str) else name, "Impromptu", "who manages")
    wanted = {"impromptu-agent", "impromptu-shell", "impromptu-settings", "impromptu-aside"}
    seat.until(lambda: wanted <= {n for _, n in seat.own()}, "all parts")
    for selection in ("_XSETTINGS_S0", "_NET_SYSTEM_TRAY_S0"):
        seat.until(lambda s=selection: seat.x.get_selection_owner(seat.x.intern_atom(s)), selection)
    status = seat.as_user("curl", "-s", "--unix-socket", seat.runtime() + "/impromptu/session.sock", "http://session/status").stdout
    tap.check('"part":"aside","running":true' in status and '"part":"shell","running":true' in status, status)
    for pid, name in seat.own():
        if name == "impromptu-aside":
            with open(f"/proc/{pid}/environ", "rb") as file:
                environment = file.read().decode().split("\0")
            tap.check("XDG_CURRENT_DESKTOP=Impromptu" in environment and "XDG_SESSION_TYPE=x11" in environment, environment)
            tap.check(any(line.startswith("DBUS_SESSION_BUS_ADDRESS=") for line in environment), "a bus")
    seat.until(seat.drawn, "the desktop to be drawn")
    seat.picture("desktop")


def root_may_not_command_it(seat):
    done = subprocess.run(["curl", "-s", "--unix-socket", seat.runtime() + "/impromptu/session.sock", "-d", "{}", "http://session/logout"], capture_output=True,
                          text=True, timeout=WAIT)
    tap.check("another user" in done.stdout, done)


def logout_returns_to_the_greeter(seat):
    greeted = seat.greeted()
    done = seat.as_user("impromptu", "session", "logout")
    tap.equal(done.returncode, 0, done.stderr)
    seat.x.close()
    seat.until(lambda: not any(n.startswith(("impromptu", "WebKit")) for _, n in seat.own()), "every process of ours to end")
    seat.until(lambda: seat.greeted() > greeted, "the greeter")
    seat.connect()
    seat.until(seat.drawn, "the greeter to be drawn")
    seat.x.close()


def a_second_login_whose_x_server_dies_returns_too(seat):
    seat.login(seat.greeted() - 1)
    seat.x.close()
    seat.connect()
    seat.until(lambda: seat.property("_NET_SUPPORTING_WM_CHECK"), "the window manager")
    greeted = seat.greeted()
    pids = subprocess.run(["pgrep", "-P", str(seat.manager.pid), "Xvfb"], capture_output=True, text=True).stdout.split()
    tap.equal(len(pids), 1, "X servers")
    os.kill(int(pids[0]), signal.SIGKILL)
    seat.until(lambda: not any(n.startswith(("impromptu", "WebKit")) for _, n in seat.own()), "every process of ours to end")
    seat.until(lambda: seat.greeted() > greeted, "the greeter")


def main():
    if os.getuid() != 0:
        if subprocess.run(["sudo", "-n", "true"], stderr=subprocess.DEVNULL, check=False).returncode == 0:
            os.execvp("sudo", ["sudo", "-n", "/usr/bin/python3", *sys.argv])
        print("1..1\nnot ok 1 - a display manager can only be started by root: run this test as root, or allow sudo without a password", flush=True)
        return 1
    seat = Seat(sys.argv[1])
    try:
        return tap.run([the_entry_is_valid, a_wrong_password_is_no_login, the_desktop_comes_up_as_that_user, root_may_not_command_it, logout_returns_to_the_greeter,
                        a_second_login_whose_x_server_dies_returns_too], seat)
    finally:
        seat.stop()


if __name__ == "__main__":
    sys.exit(main())
