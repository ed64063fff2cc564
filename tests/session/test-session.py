#!/usr/bin/python3
"""Verifies impromptu-session with stand-ins for the agent, the shell and the programs it launches (fake-part). Each of them reports through a FIFO and
is watched through a pidfd, so that nothing here waits by the clock. Speaks TAP. Usage: test-session.py IMPROMPTU-SESSION IMPROMPTU"""
import http.client, json, os, pwd, select, shutil, signal, socket, subprocess, sys, tempfile, traceback

BINARY, IMPROMPTU = map(os.path.abspath, sys.argv[1:3])
HERE = os.path.dirname(os.path.abspath(__file__))
DEADLINE_S = 20
OTHER = 65534


class Connection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("session")
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(DEADLINE_S)
        self.sock.connect(self.path)


class Session:
    """A session in a folder of its own, with stand-ins beside the binary."""
    alive = []

    def __init__(self, uid=None, arguments=(), environment=(), crash=(), without=(), before=(), ends=(), files=()):
        self.uid, self.before = uid, before
        self.folder = tempfile.mkdtemp(prefix="impromptu-session-", dir="/tmp")
        self.bin = self.folder + "/bin"
        os.mkdir(self.bin)
        shutil.copy(BINARY, self.bin + "/impromptu-session")
        for name in {"impromptu-agent", "impromptu-shell", "impromptu-settings", "impromptu-aside", "xterm", "program", "impromptu-key-entry",
                     "xss-lock", "i3lock", "xset", "systemctl", "dbus-update-activation-environment"} - set(without):
            shutil.copy(HERE + "/fake-part", f"{self.bin}/{name}")
        for name, status in dict(ends).items():
            with open(f"{self.folder}/{name}.ends", "w") as file:
                file.write(str(status))
        for name in crash:
            open(f"{self.folder}/{name}.crashes", "w").close()
        os.mkfifo(self.folder + "/fifo")
        os.makedirs(self.folder + "/share/applications")
        self.runtime = self.folder + "/run"
        os.mkdir(self.runtime, 0o700)
        for name, text in dict(files).items():
            os.makedirs(os.path.dirname(f"{self.folder}/{name}"), exist_ok=True)
            with open(f"{self.folder}/{name}", "w") as file:
                file.write(text.replace("@BIN@", self.bin))
        os.chmod(self.folder, 0o755)
        if uid is not None:
            for path, folders, files in os.walk(self.folder):
                for name in [path] + [os.path.join(path, f) for f in folders + files]:
                    os.chown(name, uid, uid)
        self.fifo = os.open(self.folder + "/fifo", os.O_RDWR | os.O_NONBLOCK)
        self.reports = b""
        self.environment = {"PATH": os.environ["PATH"], "HOME": self.folder, "XDG_RUNTIME_DIR": self.runtime, "XDG_DATA_HOME": self.folder + "/share",
                            "LC_ALL": "C.UTF-8", "XDG_CONFIG_HOME": self.folder + "/config",
                            "XDG_CONFIG_DIRS": f"{self.folder}/one:{self.folder}/two",
                            "TEST_API_KEY": "sk-1", "TEST_TOKEN": "sk-2", "TEST_CLIENT_SECRET": "sk-3", "TEST_PLAIN": "plain", **dict(environment)}
        self.environment.update({k: v for k, v in os.environ.items() if k.startswith(("ASAN_", "UBSAN_", "LSAN_"))})
        if without:  # nor in an installation that this machine may have
            self.environment["IMPROMPTU_BIN_FOLDER"] = self.bin
        self.processes = []
        self.process = self.start(arguments)
        Session.alive.append(self)
        self.socket = self.runtime + "/impromptu/session.sock"

    def start(self, arguments=()):
        process = subprocess.Popen([*self.before, self.bin + "/impromptu-session", *arguments], env=self.environment, user=self.uid, group=self.uid,
                                   extra_groups=[] if self.uid is not None else None, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                   stdin=subprocess.DEVNULL)
        self.processes.append(process)
        return process

    def report(self, name=None):
        """The next report, of this name."""
        while True:
            while b"\n" not in self.reports:
                ready = select.select([self.fifo], [], [], DEADLINE_S)[0]
                assert ready, f"no report of {name} came"
                self.reports += os.read(self.fifo, 65536)
            line, _, self.reports = self.reports.partition(b"\n")
            report = json.loads(line)
            if name in (None, report["name"]):
                return report

    def both(self):
        reports = reports_of(self, ["impromptu-agent", "impromptu-shell"])
        return reports["impromptu-agent"], reports["impromptu-shell"]

    def said(self, text):
        """Reads stderr up to a line that holds text."""
        while True:
            assert select.select([self.process.stderr], [], [], DEADLINE_S)[0], f"it did not say “{text}”"
            line = self.process.stderr.readline().decode()
            assert line, f"it ended without saying “{text}”"
            if text in line:
                return line

    def request(self, method, path, body=None, raw=None):
        connection = Connection(self.socket)
        connection.request(method, path, raw if raw is not None else json.dumps(body) if body is not None else None)
        answer = connection.getresponse()
        status, value = answer.status, json.loads(answer.read())
        connection.close()
        return status, value

    def end(self, by_itself=False):
        """Ends it as a display manager does, unless it ends by itself. Its exit status."""
        if not by_itself:
            self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(DEADLINE_S)
        self.rest = self.process.stderr.read().decode()
        self.process.stderr.close()
        os.close(self.fifo)
        shutil.rmtree(self.folder)
        Session.alive.remove(self)
        return status


def gone(pidfd):
    return bool(select.select([pidfd], [], [], DEADLINE_S)[0])


def open_pids(*reports):
    return [os.pidfd_open(r["pid"]) for r in reports]


def check_confined(session, uid):
    agent, shell = session.both()
    own = os.readlink("/proc/self/ns/net")
    assert agent["keys"] == ["TEST_API_KEY", "TEST_CLIENT_SECRET", "TEST_PLAIN", "TEST_TOKEN"], agent
    assert shell["keys"] == ["TEST_PLAIN"], shell
    assert agent["network"] == own and shell["network"] != own, (agent, shell, own)
    assert shell["interfaces"] == ["lo"], shell
    assert shell["uid"] == agent["uid"] == uid, (shell, agent)
    assert shell["arguments"] == ["--nested-keys", "--x"] and agent["arguments"] == [], (shell, agent)
    assert shell["desktop"] == ["Impromptu", "x11", "impromptu"], shell
    assert shell["group"] == shell["pid"] and agent["group"] == agent["pid"], (shell, agent)
    first = open(f"/proc/{session.process.pid}/environ", "rb").read()
    assert b"sk-" not in first and b"TEST_PLAIN=plain" in first, first
    mode = os.stat(session.socket).st_mode & 0o777
    assert mode == 0o600, oct(mode)


def test_start():
    session = Session(arguments=["--shell-args", "--nested-keys", "--x"])
    check_confined(session, os.getuid())
    assert session.end() == 0, session.rest
    assert session.rest == "", session.rest


def test_start_as_ordinary_user():
    uid = OTHER if os.getuid() == 0 else os.getuid()
    session = Session(uid=uid if uid != os.getuid() else None, arguments=["--shell-args", "--nested-keys", "--x"])
    check_confined(session, uid)
    assert session.end() == 0, session.rest


def shell_network(session):
    return session.request("GET", "/status")[1]["parts"][1]["network"]


def test_network_is_told():
    session = Session()
    session.both()
    assert shell_network(session) == "none"
    assert session.end() == 0
    # Where no network namespace may be made, neither as root nor in a user namespace of one's own.
    refused = ["unshare", "--user", "--map-root-user", "/bin/sh", "-c", 'echo 0 > /proc/sys/user/max_net_namespaces && exec "$@"', "sh"]
    session = Session(before=refused)
    _, shell = session.both()
    assert shell["network"] == os.readlink("/proc/self/ns/net"), shell
    assert "no empty network namespace" in shell_network(session) and "sysctl" in shell_network(session), shell_network(session)
    assert session.end() == 0, session.rest
    session = Session(environment={"DISPLAY": "localhost:10.0"})
    _, shell = session.both()
    assert shell["network"] == os.readlink("/proc/self/ns/net"), "a display over the network needs it"
    assert "localhost:10.0" in shell_network(session), shell_network(session)
    assert session.end() == 0, session.rest


def test_without_network():
    session = Session()
    session.both()
    for uid in {None, OTHER if os.getuid() == 0 else None}:
        code = "import os; print(os.readlink('/proc/self/ns/net'), os.getuid(), open('/proc/self/status').read().split('CapEff:')[1].split()[0])"
        done = subprocess.run([BINARY, "--without-network", "/usr/bin/python3", "-c", code], user=uid, group=uid, capture_output=True, text=True)
        network, user, rights = done.stdout.split()
        assert network != os.readlink("/proc/self/ns/net") and int(user) == (uid if uid is not None else os.getuid()), done
        assert uid is None or int(rights, 16) == 0, done
    assert session.end() == 0


def test_restart_after_kill():
    session = Session()
    agent, shell = session.both()
    os.kill(agent["pid"], signal.SIGKILL)
    again = session.report("impromptu-agent")
    assert again["pid"] != agent["pid"]
    os.kill(shell["pid"], signal.SIGTERM)
    assert session.report("impromptu-shell")["interfaces"] == ["lo"]
    status, answer = session.request("GET", "/status")
    assert status == 200 and [p["starts"] for p in answer["parts"]] == [2, 2], answer
    assert answer["parts"][0]["pid"] == again["pid"], answer
    assert session.request("POST", "/restart", {"part": "agent"})[0] == 200
    session.report("impromptu-agent")
    status, answer = session.request("POST", "/restart", {"part": "kitchen"})
    assert status == 400 and answer["error"]["kind"] == "bad-request", answer
    assert session.end() == 0


def test_the_command_line():
    """What runs, for how long, and how often it was started again; and the shell anew, also where it is not named."""
    session = Session()
    agent, _ = session.both()

    def run(*words):
        return subprocess.run([IMPROMPTU, *words], env={"XDG_RUNTIME_DIR": session.runtime, "LANG": "C.UTF-8"}, capture_output=True, text=True,
                              timeout=DEADLINE_S)
    got = run("session", "status")
    lines = got.stdout.splitlines()
    assert got.returncode == 0 and len(lines) == 2 and lines[0].split()[0] == "agent" and lines[1].split()[0] == "shell", got
    assert all("runs for " in line and "never started again" in line for line in lines), got
    got = run("session", "restart")
    assert got.returncode == 0 and "The shell is started anew." in got.stdout, got
    assert session.report("impromptu-shell") and session.request("POST", "/launch", {"argv": ["program"]})[0] == 200
    session.report("program")
    lines = run("session", "status").stdout.splitlines()
    assert "never started again" in lines[0] and "started again once" in lines[1] and lines[2].startswith("1 program "), lines
    got = run("--json", "session", "status")
    assert json.loads(got.stdout)["parts"][0]["pid"] == agent["pid"] and json.loads(got.stdout)["parts"][1]["seconds"] < DEADLINE_S, got
    got = run("session", "restart", "kitchen")
    assert got.returncode != 0 and all(part in got.stderr for part in ("agent", "shell")), got
    assert session.end() == 0


def test_another_window_manager_takes_over():
    """The desktop goes on beside it, and comes back when it is told to."""
    session = Session(ends={"impromptu-shell": 0})
    reports_of(session, ["impromptu-agent", "impromptu-shell"])
    assert session.report("impromptu-shell")["arguments"] == ["--guest"]
    assert "goes on beside it" in session.said("took over")
    assert session.request("POST", "/restart", {"part": "shell"})[0] == 200
    assert session.report("impromptu-shell")["arguments"] == ["--replace"]
    assert session.end() == 0


def test_programs_of_a_guest_outlive_it():
    session = Session(arguments=["--shell-args", "--guest"], environment={"DISPLAY": ":0"})
    parts = reports_of(session, ["impromptu-agent", "impromptu-shell"])
    session.request("POST", "/launch", {"argv": ["program"]})
    program = session.report("program")["pid"]
    shell = open_pids(parts["impromptu-shell"])
    session.process.terminate()
    assert session.process.wait(DEADLINE_S) == 0 and all(gone(pid) for pid in shell)
    os.kill(program, signal.SIGKILL)  # it is there, and has our end of the standard error
    session.end()


def test_programs_alone():
    """What a shell without a session has started beside it: programs start, and outlive it; all else takes a session."""
    session = Session(arguments=["--programs", "/tmp/impromptu-programs-%d.sock" % os.getpid()], environment={"DISPLAY": ":0"})
    session.socket = session.process.args[-1]
    while not os.path.exists(session.socket):
        assert session.process.poll() is None
        select.select([session.process.stderr], [], [], 0.02)
    assert session.request("POST", "/launch", {"argv": ["program"]})[0] == 200
    program = session.report("program")
    assert program["keys"] == ["TEST_PLAIN"] and program["network"] == os.readlink("/proc/self/ns/net"), program
    for path in ("/ready", "/logout", "/do", "/restart"):
        status, answer = session.request("POST", path, {})
        assert status == 422 and "takes a session" in answer["error"]["message"], (path, answer)
    session.process.terminate()
    assert session.process.wait(DEADLINE_S) == 0 and not os.path.exists(session.socket)
    os.kill(program["pid"], signal.SIGKILL)  # it is there, and has our end of the standard error
    session.end()


def test_crash_loop():
    session = Session(crash=["impromptu-shell"], environment={"DISPLAY": ":0"})
    sentence = session.said("not started again")
    xterm = session.report("xterm")
    assert "impromptu session restart shell" in sentence and xterm["arguments"][-1] in sentence, (sentence, xterm)
    assert xterm["keys"] == ["TEST_PLAIN"], xterm
    shell = session.request("GET", "/status")[1]["parts"][1]
    assert not shell["running"] and shell["starts"] == 6 and "status 3" in shell["problem"], shell
    os.unlink(session.folder + "/impromptu-shell.crashes")
    assert session.request("POST", "/restart", {"part": "shell"})[0] == 200
    session.report("impromptu-shell")
    assert "problem" not in session.request("GET", "/status")[1]["parts"][1]
    assert session.end() == 0


def test_display_is_gone():
    session = Session()
    _, shell = session.both()
    open(session.folder + "/impromptu-shell.displayless", "w").close()
    os.kill(shell["pid"], signal.SIGKILL)
    assert "the X display is gone" in session.said("display"), session
    assert session.end(by_itself=True) == 0


def test_missing_part():
    session = Session(without=["impromptu-agent"])
    assert "there is no impromptu-agent in " in session.said("not started again")
    session.report("impromptu-shell")
    assert session.end() == 0


def test_launch():
    session = Session()
    session.both()
    program = session.bin + "/program"
    status, answer = session.request("POST", "/launch", {"argv": [program, "a b", ""]})
    report = session.report("program")
    assert status == 200 and answer["pid"] == report["pid"] == report["group"], (answer, report)
    assert report["arguments"] == ["a b", ""] and report["keys"] == ["TEST_PLAIN"], report
    assert report["network"] == os.readlink("/proc/self/ns/net"), report
    assert session.request("GET", "/status")[1]["programs"] == [{"pid": report["pid"], "name": program}]
    assert session.request("POST", "/launch", {"argv": ["program"]})[0] == 200, "found in PATH"
    session.report("program")
    for terminal, name in ((False, "program"), (True, "xterm")):
        with open(session.folder + "/share/applications/one.desktop", "w") as entry:
            entry.write(f"[Desktop Entry]\nType=Application\nName=One\nExec={program} --x %U %% --name=%c\nTerminal={str(terminal).lower()}\n")
        status, answer = session.request("POST", "/launch", {"desktop": "one.desktop"})
        arguments = session.report(name)["arguments"]
        assert status == 200 and arguments == (["-e", program] if terminal else []) + ["--x", "%", "--name=One"], arguments
    assert session.end() == 0


def test_bad_requests():
    session = Session()
    session.both()
    wanted = [
        ({"argv": ["/no/such/program"]}, 404, "not-found"), ({"argv": []}, 400, "bad-request"), ({"argv": "program"}, 400, "bad-request"),
        ({"argv": [""]}, 400, "bad-request"), ({"argv": ["program", 5]}, 400, "bad-request"), ({"argv": ["program", "a\0b"]}, 400, "bad-request"),
        ({"argv": ["x"] * 257}, 400, "bad-request"), ({"argv": ["x" * 5000]}, 400, "bad-request"), ({}, 400, "bad-request"),
        ({"argv": ["program"], "desktop": "a.desktop"}, 400, "bad-request"), ({"desktop": "none.desktop"}, 404, "not-found"),
        ({"desktop": "../a.desktop"}, 400, "bad-request"), ([], 400, "bad-request"),
    ]
    for body, status, kind in wanted:
        got, answer = session.request("POST", "/launch", body)
        assert (got, answer["error"]["kind"]) == (status, kind) and answer["error"]["message"].endswith("."), (body, got, answer)
    for raw in ("{", "\xff", "nul"):
        assert session.request("POST", "/launch", raw=raw.encode("latin-1"))[0] == 400, raw
    assert session.request("POST", "/launch", raw=b"x" * (256 * 1024 + 1))[0] == 413
    assert session.request("GET", "/launch")[0] == 404
    assert session.request("POST", "/elsewhere", {})[0] == 404
    assert session.request("GET", "/status")[1]["programs"] == []
    assert session.end() == 0


ASK_AS_OTHER = """
import socket, sys
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])
s.sendall(b"POST /launch HTTP/1.1\\r\\nHost: session\\r\\nConnection: close\\r\\nContent-Length: 20\\r\\n\\r\\n{\\"argv\\": [\\"program\\"]}")
print(s.makefile("rb").read().decode())
"""


def as_other():
    """A command that runs what follows as another user than this one."""
    if os.getuid() == 0:
        return ["setpriv", "--reuid", str(OTHER), "--regid", str(OTHER), "--clear-groups"]
    if subprocess.run(["sudo", "-n", "-u", pwd.getpwuid(OTHER).pw_name, "true"], stderr=subprocess.DEVNULL).returncode == 0:
        return ["sudo", "-n", "-u", pwd.getpwuid(OTHER).pw_name]
    return ["unshare", "--user", "--map-auto", "--setuid", "1", "--setgid", "1"]


def test_other_user_is_refused():
    session = Session()
    session.both()
    closed = subprocess.run([*as_other(), "/usr/bin/python3", "-c", ASK_AS_OTHER, session.socket], capture_output=True, text=True)
    assert "PermissionError" in closed.stderr, closed
    for path, mode in ((session.runtime, 0o755), (session.runtime + "/impromptu", 0o755), (session.socket, 0o666)):
        os.chmod(path, mode)
    opened = subprocess.run([*as_other(), "/usr/bin/python3", "-c", ASK_AS_OTHER, session.socket], capture_output=True, text=True)
    assert " 403 " in opened.stdout and "another user" in opened.stdout, opened
    assert session.request("GET", "/status")[1]["programs"] == []
    assert session.end() == 0


def test_key_entry():
    session = Session()
    session.both()
    assert session.request("POST", "/key-entry")[0] == 200
    assert session.report("impromptu-key-entry")["keys"] == ["TEST_PLAIN"]
    assert session.request("POST", "/key-entry", {})[0] == 200
    assert len(session.request("GET", "/status")[1]["programs"]) == 1, "one window is enough"
    assert session.end() == 0


def reports_of(session, names):
    """One report of each of these, whatever their order."""
    left, got = set(names), {}
    while left:
        report = session.report()
        if report["name"] in left:
            left.remove(report["name"])
            got[report["name"]] = report
    return got


LOGIN = {"DISPLAY": ":0", "XDG_SESSION_ID": "c1", "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nowhere"}


def test_parts_with_a_display():
    session = Session(environment=LOGIN)
    got = reports_of(session, ["impromptu-agent", "impromptu-shell", "impromptu-settings", "impromptu-aside", "xss-lock"])
    assert all(r["keys"] == ["TEST_PLAIN"] for n, r in got.items() if n != "impromptu-agent"), got
    assert "i3lock" in got["xss-lock"]["arguments"] or "xsecurelock" in got["xss-lock"]["arguments"], got["xss-lock"]
    for name in ("impromptu-settings", "impromptu-aside"):
        os.kill(got[name]["pid"], signal.SIGSEGV)
        assert session.report(name)["pid"] != got[name]["pid"], name
    parts = {p["part"]: p for p in session.request("GET", "/status")[1]["parts"]}
    assert parts["settings"]["starts"] == parts["aside"]["starts"] == 2 and parts["shell"]["starts"] == 1, parts
    assert session.end() == 0


def entry(more="", run="@BIN@/program", arguments=""):
    return f"[Desktop Entry]\nType=Application\nName=One\nExec={run} {arguments}\n{more}"


AUTOSTART = {
    # What starts, each with its own word.
    "config/autostart/plain.desktop": entry(arguments="plain"),
    "one/autostart/only.desktop": entry("OnlyShowIn=GNOME;Impromptu;\n", arguments="only"),
    "one/autostart/codes.desktop": entry("Icon=folder\n", arguments="codes %U %i --name=%c %k 100%%"),
    "two/autostart/second-folder.desktop": entry(arguments="second-folder"),
    "two/autostart/terminal.desktop": entry("Terminal=true\n", arguments="terminal"),
    "two/autostart/enabled.desktop": entry("X-GNOME-Autostart-enabled=true\n", arguments="enabled"),
    "two/autostart/try.desktop": entry("TryExec=sh\n", arguments="try"),
    "two/autostart/delayed.desktop": entry("X-GNOME-Autostart-Delay=1\n", arguments="delayed"),
    # What does not.
    "two/autostart/other.desktop": entry("OnlyShowIn=GNOME;\n", arguments="BAD other"),
    "two/autostart/not.desktop": entry("NotShowIn=Impromptu;\n", arguments="BAD not"),
    "two/autostart/hidden.desktop": entry("Hidden=true\n", arguments="BAD hidden"),
    "two/autostart/disabled.desktop": entry("X-GNOME-Autostart-enabled=false\n", arguments="BAD disabled"),
    "two/autostart/missing.desktop": entry("TryExec=/no/such/program\n", arguments="BAD missing"),
    "two/autostart/nothing.desktop": entry(run="/no/such/program", arguments="BAD nothing"),
    "two/autostart/link.desktop": "[Desktop Entry]\nType=Link\nName=One\nURL=http://a/\n",
    "two/autostart/broken.desktop": "no desktop entry\xff",
    "two/autostart/program": entry(arguments="BAD name"),
    # The person's own file hides the system's of its name, and the first folder the second.
    "config/autostart/both.desktop": entry("Hidden=true\n", arguments="BAD both"),
    "one/autostart/both.desktop": entry(arguments="BAD both 1"),
    "one/autostart/first.desktop": entry(arguments="first"),
    "two/autostart/first.desktop": entry(arguments="BAD first"),
}


def test_autostart():
    session = Session(environment={"DISPLAY": ":0"}, files=AUTOSTART)
    reports_of(session, ["impromptu-agent", "impromptu-shell", "impromptu-settings", "impromptu-aside"])
    assert not [p for p in session.request("GET", "/status")[1]["programs"] if p["name"].endswith(("program", "xterm"))], "before windows are managed"
    for _ in range(2):  # once, however often it is said
        assert session.request("POST", "/ready", {})[0] == 200
    got = {}
    while len(got) < 9:
        report = session.report()
        if report["name"] in ("program", "xterm"):
            words = report["arguments"]
            assert "BAD" not in words, words
            name = words[2] if report["name"] == "xterm" else words[0]
            assert name not in got, f"{name} was started twice"
            got[name] = words
    assert sorted(got) == ["codes", "delayed", "enabled", "first", "only", "plain", "second-folder", "terminal", "try"], got
    assert got["codes"] == ["codes", "--icon", "folder", "--name=One", f"{session.folder}/one/autostart/codes.desktop", "100%"], got
    assert got["terminal"][0] == "-e", got
    assert len(session.request("GET", "/status")[1]["programs"]) == 9
    assert session.end() == 0


def test_bus_and_systemd_are_told_first():
    session = Session(environment={"DISPLAY": ":0", "XAUTHORITY": "/x"}, files={"run/systemd/private": "", "run/bus": ""},
                      ends={"systemctl": 0, "dbus-update-activation-environment": 0})
    bus, target = session.report(), session.report()
    assert bus["name"] == "dbus-update-activation-environment" and target["name"] == "systemctl", (bus, target)
    assert set(bus["arguments"]) >= {"--systemd", "DISPLAY", "XAUTHORITY", "XDG_CURRENT_DESKTOP", "XDG_SESSION_TYPE"}, bus
    assert {"TEST_API_KEY=", "TEST_TOKEN="} <= set(bus["arguments"]) and "sk-" not in str(bus), bus
    assert bus["desktop"] == ["Impromptu", "x11", "impromptu"], bus
    assert target["arguments"] == ["--user", "--no-block", "start", "impromptu-session.target"], target
    reports_of(session, ["impromptu-agent", "impromptu-shell"])
    session.process.send_signal(signal.SIGTERM)
    stop, forget = session.report("systemctl"), session.report("systemctl")
    assert stop["arguments"] == ["--user", "stop", "impromptu-session.target"], stop
    assert forget["arguments"][:3] == ["--user", "unset-environment", "DISPLAY"], forget
    assert session.end(by_itself=True) == 0


def test_systemd_that_hangs():
    session = Session(files={"run/systemd/private": "", "run/bus": ""})
    session.report("dbus-update-activation-environment")  # and does not end
    reports_of(session, ["impromptu-agent", "impromptu-shell"])
    session.process.send_signal(signal.SIGTERM)
    session.report("systemctl")
    assert session.end(by_itself=True) == 0


def test_logout_asks():
    session = Session(environment={"DISPLAY": ":0"}, ends={"impromptu-aside--logout": 1})
    shell = reports_of(session, ["impromptu-agent", "impromptu-shell", "impromptu-aside"])["impromptu-shell"]
    for _ in range(2):  # the second time nobody asks any more, and a new question comes
        assert session.request("POST", "/logout", {})[0] == 200
        asked = session.report("impromptu-aside")
        assert asked["arguments"] == ["--logout", str(shell["pid"])], asked
        assert gone(os.pidfd_open(asked["pid"])) if os.path.exists(f"/proc/{asked['pid']}") else True
        assert session.request("GET", "/status")[0] == 200
    with open(session.folder + "/impromptu-aside--logout.ends", "w") as file:
        file.write("3")
    session.request("POST", "/logout", {})
    assert "logout now" in session.said("the session goes on")
    with open(session.folder + "/impromptu-aside--logout.ends", "w") as file:
        file.write("0")
    session.request("POST", "/logout", {})
    assert session.end(by_itself=True) == 0


def test_logout_now_does_not_ask():
    session = Session(environment={"DISPLAY": ":0"}, ends={"impromptu-aside--logout": 1})
    reports_of(session, ["impromptu-agent", "impromptu-shell", "impromptu-aside"])
    session.request("POST", "/logout", {"now": True})
    assert session.end(by_itself=True) == 0


def test_without_a_login_nothing_is_started_that_needs_one():
    session = Session(environment={"DISPLAY": ":0"})
    session.said("logind does not know this session")
    reports_of(session, ["impromptu-agent", "impromptu-shell", "impromptu-settings", "impromptu-aside"])
    parts = [p["part"] for p in session.request("GET", "/status")[1]["parts"]]
    assert parts == ["agent", "shell", "settings", "aside"], parts
    assert session.request("POST", "/do", {"action": "lock"})[0] == 200
    assert "-n" in session.report("i3lock")["arguments"]
    for action in ("lock", "idle"):  # it is locked
        assert session.request("POST", "/do", {"action": action})[0] == 200
    assert session.request("POST", "/do", {"action": "suspend"})[0] == 200
    assert session.report()["name"] == "systemctl", "no second locker"
    assert session.end() == 0 and b"logind" not in session.rest.encode(), session.rest


def test_actions():
    session = Session(environment=LOGIN, ends={"xset": 0})
    reports_of(session, ["impromptu-agent", "impromptu-shell", "impromptu-aside", "xss-lock"])
    status, answer = session.request("POST", "/do", {"action": "volume-up"})
    assert status == 500 and "impromptu-aside" in answer["error"]["message"], (status, answer)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as aside:
        aside.bind(session.runtime + "/impromptu/aside.sock")
        aside.settimeout(DEADLINE_S)
        for action in ("volume-up", "screenshot-region", "quiet"):
            assert session.request("POST", "/do", {"action": action})[0] == 200
            assert aside.recv(100) == action.encode()
    assert session.request("POST", "/do", {"action": "lock"})[0] == 200
    assert session.report("xset")["arguments"] == ["s", "activate"]
    assert session.request("POST", "/do", {"action": "suspend"})[0] == 200
    assert session.report("systemctl")["arguments"] == ["suspend"]
    for action, told in (("shutdown", "poweroff"), ("reboot", "reboot")):  # every program is asked first; here one wants to stay
        with open(session.folder + "/impromptu-aside--logout.ends", "w") as file:
            file.write("1")
        while (status := session.request("POST", "/do", {"action": action})[0]) == 409:  # the one before is still being asked
            assert session.request("GET", "/status")[0] == 200
        assert status == 200, action
        assert session.report("impromptu-aside")["arguments"][0] == "--logout"
        assert session.request("GET", "/status")[0] == 200
    for body in ({"action": "dance"}, {}, {"action": 5}):
        status, answer = session.request("POST", "/do", body)
        assert status == 400 and "no action" in answer["error"]["message"], (body, answer)
    assert session.end() == 0


def test_shutdown():
    """Nobody wants to stay: the computer is told, and the session ends once it has taken that."""
    session = Session(environment={"DISPLAY": ":0"}, ends={"impromptu-aside--logout": 0, "systemctl": 1})
    reports_of(session, ["impromptu-agent", "impromptu-shell", "impromptu-aside"])
    assert session.request("POST", "/do", {"action": "shutdown"})[0] == 200
    assert session.report("systemctl")["arguments"] == ["poweroff"]
    assert "goes on" in session.said("did not take it")
    with open(session.folder + "/systemctl.ends", "w") as file:
        file.write("0")
    assert session.request("POST", "/do", {"action": "reboot"})[0] == 200
    assert session.report("systemctl")["arguments"] == ["reboot"]
    assert session.end(by_itself=True) == 0


def test_logout_leaves_nobody():
    session = Session()
    parts = session.both()
    session.request("POST", "/launch", {"argv": ["program"]})
    plain = session.report("program")
    session.request("POST", "/launch", {"argv": ["program", "--stubborn", "--orphan"]})
    two = [session.report("program"), session.report("program")]
    assert any(r.get("orphan") for r in two) and two[0]["group"] != two[1]["group"], two
    pids = open_pids(*parts, plain, *two)
    assert session.request("POST", "/logout")[0] == 200
    assert session.process.wait(DEADLINE_S) == 0
    assert all(gone(pid) for pid in pids)
    assert not os.path.exists(session.socket)
    session.end()
    assert session.rest == "", session.rest


def test_killed_session_leaves_nobody():
    for uid in {None, OTHER if os.getuid() == 0 else None}:
        session = Session(uid=uid)
        parts = session.both()
        pids = open_pids(*parts)
        if uid is None:
            session.request("POST", "/launch", {"argv": ["program", "--stubborn"]})
            pids += open_pids(session.report("program"))
        session.process.kill()
        assert all(gone(pid) for pid in pids), uid
        session.process.wait()
        again = session.start()
        session.both()
        session.process.stderr.close()
        session.process = again
        assert session.end() == 0, "the socket that was left over is no hindrance"


def test_second_session_is_refused():
    session = Session()
    session.both()
    second = session.start()
    text = second.communicate(timeout=DEADLINE_S)[1].decode()
    assert second.returncode == 1 and "runs already" in text, text
    assert session.request("GET", "/status")[0] == 200
    assert session.end() == 0


def test_without_a_runtime_folder():
    """As without logind: the session makes one, which nobody else can have prepared."""
    uid = 64321 if os.getuid() == 0 else os.getuid()
    made = f"/tmp/impromptu-{uid}"
    shutil.rmtree(made, ignore_errors=True)
    for wrong in (lambda: os.symlink("/tmp", made), lambda: (os.mkdir(made, 0o777), os.chmod(made, 0o777), os.chown(made, uid, -1))):
        wrong()
        session = Session(uid=uid, environment={"XDG_RUNTIME_DIR": ""})
        assert made in session.said("only you can enter")
        assert session.end(by_itself=True) == 1
        os.unlink(made) if os.path.islink(made) else os.rmdir(made)
    session = Session(uid=uid, environment={"XDG_RUNTIME_DIR": ""})
    session.both()
    session.socket = made + "/impromptu/session.sock"
    assert os.stat(made).st_mode & 0o777 == 0o700 and os.path.exists(session.socket)
    assert session.end() == 0
    shutil.rmtree(made)


def test_bad_starts():
    session = Session(arguments=["--frobnicate"])
    assert "--frobnicate" in session.said("no option")
    assert session.end(by_itself=True) == 2


def main():
    tests = [(name[5:], function) for name, function in globals().items() if name.startswith("test_")]
    failed = 0
    print(f"1..{len(tests)}", flush=True)
    for number, (name, function) in enumerate(tests, 1):
        try:
            function()
            print(f"ok {number} {name}", flush=True)
        except Exception:
            failed += 1
            for session in Session.alive:
                for process in session.processes:
                    process.kill()
            print(f"not ok {number} {name}\n" + "".join("# " + line + "\n" for line in traceback.format_exc().splitlines()), flush=True)
    sys.exit(failed > 0)


main()
