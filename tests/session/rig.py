"""An X display, a bus of the session and a home of their own for programs that stand beside the windows. Nothing sleeps: what is waited for is an event of X, a
line that a program says, or a file."""
import atexit
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time

from Xlib import X, display as xdisplay, error

DEADLINE_S = 20
SOCKET_MAX_TRIES = 10


class Rig:
    def __init__(self, bus=True, size="1280x800x24"):
        self.folder = tempfile.mkdtemp(prefix="impromptu-beside-", dir="/tmp")
        self.processes = []
        atexit.register(self.stop)
        self.home = self.folder + "/home"
        self.runtime = self.folder + "/run"
        self.bin = self.folder + "/bin"
        for path in (self.home, self.runtime, self.bin, self.home + "/.config/impromptu"):
            os.makedirs(path, 0o700)
        read, write = os.pipe()
        self.server = subprocess.Popen(["Xvfb", "-screen", "0", size, "-nolisten", "tcp", "-noreset", "-displayfd", str(write)], pass_fds=[write],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(write)
        with os.fdopen(read) as pipe:
            self.name = ":" + pipe.readline().strip()
        self.environment = {"PATH": f"{self.bin}:/usr/bin:/bin", "HOME": self.home, "XDG_RUNTIME_DIR": self.runtime, "DISPLAY": self.name, "LANG": "C.UTF-8",
                            "XDG_CONFIG_HOME": self.home + "/.config", "XDG_DATA_HOME": self.home + "/share", "XDG_CACHE_HOME": self.home + "/cache",
                            "NO_AT_BRIDGE": "1", "GTK_A11Y": "none", "GSETTINGS_BACKEND": "memory", "GIO_USE_VFS": "local"}
        self.environment.update({k: v for k, v in os.environ.items() if k.startswith(("ASAN_", "UBSAN_", "LSAN_", "IMPROMPTU_"))})
        if bus:
            self.bus = subprocess.Popen(["dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address=1"], stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, env=self.environment, text=True)
            self.processes.append(self.bus)
            self.environment["DBUS_SESSION_BUS_ADDRESS"] = os.environ["DBUS_SESSION_BUS_ADDRESS"] = self.bus.stdout.readline().strip()
        os.environ["DISPLAY"] = self.name
        self.x = xdisplay.Display(self.name)
        self.root = self.x.screen().root
        self.root.change_attributes(event_mask=X.PropertyChangeMask | X.SubstructureNotifyMask)

    def start(self, *argv, **environment):
        process = subprocess.Popen(argv, env={**self.environment, **environment}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        process.said = b""
        self.processes.append(process)
        return process

    def said(self, process, text):
        """Reads what it says up to a line that holds text."""
        end = time.monotonic() + DEADLINE_S
        while True:
            line, found, rest = process.said.partition(b"\n")
            if found:
                process.said = rest
                if text in line.decode(errors="replace"):
                    return line.decode(errors="replace")
                continue
            ready = select.select([process.stdout], [], [], max(0, end - time.monotonic()))[0]
            more = os.read(process.stdout.fileno(), 65536) if ready else b""
            assert more, f"it did not say “{text}”: {process.said!r}"
            process.said += more

    def until(self, what, condition):
        """Until condition() is true, asked again at each X event."""
        end = time.monotonic() + DEADLINE_S
        while True:
            self.x.sync()
            while self.x.pending_events():
                self.x.next_event()
            try:
                value = condition()
            except (error.BadWindow, error.BadDrawable, error.BadMatch, error.BadAtom):
                value = None
            if value:
                return value
            left = end - time.monotonic()
            assert left > 0, f"never: {what}"
            # Not everything that is waited for is an X event: look again after a tenth of a second at the latest.
            select.select([self.x.fileno()], [], [], min(left, 0.1))

    def atom(self, name):
        return self.x.intern_atom(name)

    def property(self, window, name):
        got = window.get_full_property(self.atom(name), X.AnyPropertyType)
        return got.value if got else None

    def tops(self):
        """The mapped children of the root, with the names of them or their only children."""
        found = []
        for window in self.root.query_tree().children:
            try:
                if window.get_attributes().map_state == X.IsViewable:
                    found.append((window, self.title(window)))
            except error.BadWindow:
                pass
        return found

    def title(self, window):
        name = window.get_full_text_property(self.atom("_NET_WM_NAME")) or window.get_wm_name()
        if isinstance(name, bytes):
            name = name.decode(errors="replace")
        return name

    def shown(self, title):
        return next((w for w, name in self.tops() if name and title in name), None)

    def pixel(self, x, y):
        image = self.root.get_image(x, y, 1, 1, X.ZPixmap, 0xffffffff)
        b, g, r = image.data[0], image.data[1], image.data[2]
        return r, g, b

    def ends(self, process):
        end = os.pidfd_open(process.pid)
        ready = select.select([end], [], [], DEADLINE_S)[0]
        os.close(end)
        assert ready, "it does not end"
        return process.wait()

    def stop(self):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(DEADLINE_S)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        self.processes = []
        if self.server.poll() is None:
            self.server.terminate()
            self.server.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
