#!/usr/bin/python3
"""Verifies that a key is nowhere but in the agent after a full run: not in a file, a git object, the log, an event, an answer, a process's environment or arguments,
a window's property, or the memory of the shell and its web processes; and that the agent and the session are closed to other programs. The search itself is first
shown a planted key in each kind of place."""
import base64
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import zlib

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from as_user import become_ordinary  # noqa: E402
from desktop import Desktop, WAIT  # noqa: E402
import tap  # noqa: E402
from Xlib import X  # noqa: E402

CANARY, PASTED, PLANTED = "sk-canary/5f1d+93ab7c", "sk-pasted/77aa+01bc9e", "sk-planted/aa31+7c0d55"
STARTED_BEFORE = ("dbus-run-sessio", "dbus-daemon")  # they were given the environment that the session was given
READ_MAX = 1 << 20
MAPPED_MAX = 64 << 20  # of one mapping; heaps are far smaller


def forms(key):
    """The key as it could have been written down."""
    raw = key.encode()
    encoded = [base64.b64encode(b"x" * shift + raw)[4 if shift else 0:-4] for shift in range(3)]
    url = "".join(f"%{c:02X}" if not chr(c).isalnum() and chr(c) not in "-._~" else chr(c) for c in raw).encode()
    return [raw, raw[::-1], raw.hex().encode(), raw.hex().upper().encode(), url, raw.replace(b"/", b"\\/"), raw.decode().encode("utf-32-le"),
            raw.decode().encode("utf-16-le"), *encoded]


def holds(data, keys):
    return any(form in data for key in keys for form in forms(key))


class Refuser:
    """A model server that refuses the key and repeats it."""

    def __init__(self):
        self.socket, self.heard = socket.create_server(("127.0.0.1", 0)), []
        self.base = f"http://127.0.0.1:{self.socket.getsockname()[1]}/v1"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        body = json.dumps({"error": {"message": f"Incorrect API key provided: {CANARY}.", "code": "invalid_api_key"}}).encode()
        while True:
            connection, _ = self.socket.accept()
            self.heard.append(connection.recv(65536))
            connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            connection.close()


def in_files(folders, keys):
    found = []
    for folder in folders:
        for where, _, names in os.walk(folder):
            for path in (os.path.join(where, name) for name in names):
                if not os.path.isfile(path) or os.path.islink(path):
                    continue
                with open(path, "rb") as file:
                    data = file.read()
                if "/objects/" in path and data[:1] == b"\x78":
                    data = zlib.decompressobj().decompress(data)
                if holds(data, keys) or holds(path.encode(), keys):
                    found.append(path)
    return found


def processes():
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if int(pid) != os.getpid():
                with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as comm:
                    yield int(pid), comm.read().strip()
        except OSError:
            pass


def in_proc(keys):
    found = []
    for pid, name in processes():
        for what in ("environ", "cmdline"):
            try:
                with open(f"/proc/{pid}/{what}", "rb") as file:
                    if name not in STARTED_BEFORE and holds(file.read(), keys):
                        found.append(f"{what} of {name}")
            except OSError:
                pass  # another user's, or closed to us
    return found


def mappings(pid):
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps:
        for line in maps:
            span, rights, *_ = line.split()
            start, end = (int(part, 16) for part in span.split("-"))
            if rights.startswith("rw") and end - start <= MAPPED_MAX:
                yield start, end


def in_memory(pid, keys):
    """Whether a writable mapping of the process holds one, and how much was read."""
    wanted, size, longest = [form for key in keys for form in forms(key)], 0, 400
    with open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for start, end in mappings(pid):
            rest = b""
            for at in range(start, end, READ_MAX):
                try:
                    memory.seek(at)
                    data = memory.read(min(READ_MAX, end - at))
                except OSError:
                    break
                size += len(data)
                data = rest + data
                if data.strip(b"\0") and any(form in data for form in wanted):
                    return True, size
                rest = data[-longest:]
    return False, size


def in_properties(d, keys):
    found, waiting = [], [d.x.screen().root]
    while waiting:
        window = waiting.pop()
        try:
            waiting += window.query_tree().children
            for atom in window.list_properties():
                value = window.get_full_property(atom, X.AnyPropertyType)
                data = value.value if value else b""
                if holds(data if isinstance(data, bytes) else str(data).encode(), keys):
                    found.append(d.x.get_atom_name(atom))
        except Exception as error:  # pylint: disable=broad-except; a window that went meanwhile
            if type(error).__name__ not in ("BadWindow", "BadDrawable"):
                raise
    return found


class World:
    def __init__(self, desktop, home, refuser):
        self.d, self.home, self.refuser, self.answers = desktop, home, refuser, []

    def folders(self):
        return [self.d.folder, self.d.out, self.home]

    def pid(self, name):
        return self.d.until(lambda: next((pid for pid, comm in processes() if comm == name[:15] and self._ours(pid)), None), name)

    def _ours(self, pid):
        """A child of our session, by what everybody may read."""
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
            parent = int(stat.read().rsplit(")", 1)[1].split()[1])
        return parent == Desktop._inner(self.d.session) or pid == Desktop._inner(self.d.session)

    def request(self, *words):
        answer = self.d.request(*words)
        self.answers.append(answer)
        return answer

    def ask(self, sentence):
        since = self.d.events.mark()
        self.d.bar()
        self.d.type(sentence)
        self.d.keys("Return")
        run = self.d.events.wait("run", "the run", since, text=sentence)["run"]
        return run, since


def the_search_finds_what_is_planted(w):
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(folder + "/objects")
        for number, form in enumerate(forms(PLANTED)):
            with open(f"{folder}/{number}", "wb") as file:
                file.write(b"before " + form + b" after")
        with open(folder + "/objects/packed", "wb") as file:
            file.write(zlib.compress(b"blob 7\0" + PLANTED.encode()))
        encoded = base64.b64encode(b"any" + PLANTED.encode() + b"thing else")
        with open(folder + "/encoded", "wb") as file:
            file.write(encoded)
        tap.equal(len(in_files([folder], [PLANTED])), len(forms(PLANTED)) + 2, "every form in a file, a git object included")
    script = "import sys; kept = bytearray(sys.argv[1].encode()); print(1, flush=True); sys.stdin.read()"
    child = subprocess.Popen([sys.executable, "-c", script, PLANTED], env={"PLANTED": PLANTED}, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        child.stdout.readline()
        tap.equal(len(in_proc([PLANTED])), 2, "an environment and arguments")
        tap.check(in_memory(child.pid, [PLANTED])[0], "memory")
    finally:
        child.communicate()
    w.d.window.change_property(w.d.x.intern_atom("PLANTED"), w.d.x.intern_atom("STRING"), 8, PLANTED.encode())
    tap.equal(in_properties(w.d, [PLANTED]), ["PLANTED"], "a property")
    w.d.window.delete_property(w.d.x.intern_atom("PLANTED"))


def an_app_and_a_file_and_a_tool_are_made(w):
    for sentence in ("a pomodoro timer", "how hot is my processor?", "a CSV of the planets and their moons"):
        run, since = w.ask(sentence)
        if "processor" in sentence:
            question = w.d.events.wait("question", "the tool's question", since, capability="system")
            w.request("POST", "/api/v1/answers/" + question["question"], {"answer": "once"})
        tap.check(w.d.events.wait("done", "the end", since, run=run)["outcome"] in ("delivered", "answered"), sentence)


def a_server_that_repeats_the_key_is_quoted_without_it(w):
    w.request("POST", "/api/v1/lanes", {"choose": "environment"})
    def problem():
        lanes = w.request("GET", "/api/v1/lanes")["lanes"]
        return lanes and lanes[0].get("problem")
    said = w.d.until(problem, "the refusal")
    tap.check(any(CANARY.encode() in heard for heard in w.refuser.heard), "the key was sent where it belongs")
    tap.check("[key]" in said, said)


def a_pasted_key_is_listed_and_removed(w):
    words = [w.d.program("impromptu"), "key"]

    def run(*more, given=""):
        return subprocess.run(words + list(more), env=w.d.env, input=given, capture_output=True, text=True, timeout=WAIT, check=False)
    got = run("set", "groq", given=PASTED + "\n")
    w.answers.append(got.stdout + got.stderr)
    tap.equal(got.returncode, 0, got.stderr)
    keys = {key["provider"]: key["from"] for key in w.request("GET", "/api/v1/keys")["keys"]}
    tap.equal(keys, {"groq": "session", "custom": "environment"}, "both are listed")
    got = run("list")
    w.answers.append(got.stdout + got.stderr)
    tap.check("Groq" in got.stdout, got.stdout)
    tap.equal(run("remove", "groq").returncode, 0, "it is removed")
    tap.equal(run("remove", "groq").returncode, 1, "and gone")
    got = run("remove", "custom")
    tap.check(got.returncode == 1 and "IMPROMPTU_API_KEY" in got.stderr, got.stderr)
    got = run("set", "groq", PLANTED)
    tap.check(got.returncode == 2 and PLANTED not in got.stderr, "an argument is refused")


def the_keys_are_nowhere_else(w):
    w.d.log.flush()
    keys = (CANARY, PASTED)
    tap.equal(in_files(w.folders(), keys), [], "files")
    tap.equal(in_proc(keys), [], "environments and arguments")
    tap.equal(in_properties(w.d, keys), [], "properties")
    tap.check(w.d.events.list and not holds(json.dumps(w.d.events.list).encode(), keys), "events")
    tap.check(not holds(json.dumps(w.answers).encode(), keys), "answers")
    read = 0
    for pid, name in processes():
        if name in ("impromptu-shell", "WebKitWebProces", "WebKitNetworkPr") and os.stat(f"/proc/{pid}").st_uid == os.getuid():
            found, size = in_memory(pid, keys)
            tap.check(not found, f"the memory of {name}")
            read += size
    tap.check(read > READ_MAX, "the shell's memory was read")


def whoever_holds_a_key_is_closed(w):
    for name in ("impromptu-agent", "impromptu-session"):
        pid = w.pid(name)
        for what in ("environ", "mem"):
            try:
                with open(f"/proc/{pid}/{what}", "rb") as file:
                    file.read(1)
                tap.check(os.getuid() == 0, f"{what} of {name} is open")
            except PermissionError:
                pass
        tap.equal(os.stat(f"/proc/{pid}/environ").st_uid, 0, f"{name} dumps no core: its files in /proc are root's")


def main():
    become_ordinary()
    refuser = Refuser()
    with tempfile.TemporaryDirectory(prefix="impromptu-home-") as home, tempfile.TemporaryDirectory(prefix="impromptu-out-") as out:
        with Desktop(sys.argv[1], out, home=home, env={"IMPROMPTU_LANE": "recording", "IMPROMPTU_REHEARSAL_ARGS": "--rate 10000",
                                                       "IMPROMPTU_BASE_URL": refuser.base, "https_proxy": "http://127.0.0.1:1"}) as d:
            secrets = {"IMPROMPTU_API_KEY": CANARY, "NOBODYS_API_KEY": CANARY}
            d.env.update(secrets)
            d.start()
            for name in secrets:
                del d.env[name]
            return tap.run([
                the_search_finds_what_is_planted,
                an_app_and_a_file_and_a_tool_are_made,
                a_server_that_repeats_the_key_is_quoted_without_it,
                a_pasted_key_is_listed_and_removed,
                whoever_holds_a_key_is_closed,
                the_keys_are_nowhere_else,
            ], World(d, home, refuser))


if __name__ == "__main__":
    sys.exit(main())
