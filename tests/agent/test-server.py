"""Verifies the agent's HTTP interface over its Unix socket: every request, bad input, who may connect, streams that resume without gap or double, readers that
are too slow, a second agent, a socket left behind, and an agent that is killed and started again. The agent runs with a stub of the state machine."""
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import waiting  # noqa: E402

COMMITS_TRIED = 5
DEADLINE = 20  # seconds for a condition to come true; passing it is a failure
AGENT = sys.argv[1]
ROOT = tempfile.mkdtemp(prefix="impromptu-")
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin", "HOME": ROOT + "/home", "XDG_RUNTIME_DIR": ROOT + "/run", "XDG_DATA_HOME": ROOT + "/data", "XDG_STATE_HOME": ROOT + "/state",
    "XDG_CONFIG_HOME": ROOT + "/config", "IMPROMPTU_LIBEXEC": ROOT, "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent",
    # The agent closes itself to ptrace, which the leak checker needs.
    "ASAN_OPTIONS": "detect_leaks=0",
}
SOCKET = ROOT + "/run/impromptu/agent.sock"
tests = []


def test(func):
    tests.append(func)
    return func


class Connection(http.client.HTTPConnection):
    def __init__(self):
        super().__init__("agent", timeout=DEADLINE)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(DEADLINE)
        self.sock.connect(SOCKET)


changed = threading.Condition()  # a stream has had an event, or has ended


def wait_for(condition, what):
    """For what streams bring."""
    with changed:
        assert changed.wait_for(condition, DEADLINE), f"waited in vain for {what}"


def ask_until(condition, what):
    """For what no event tells: the agent is asked something else in between, so that its loop has turned."""
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, f"waited in vain for {what}"
        ask_json("GET", "/api/v1/runs")


def tell():
    with changed:
        changed.notify_all()


def answers():
    return waiting.connects(SOCKET)


def start(environment=ENVIRONMENT):
    log = open(ROOT + "/log", "a")
    process = subprocess.Popen([AGENT, "--foreground"], env=environment, stdout=log, stderr=log)
    os.makedirs(os.path.dirname(SOCKET), 0o700, exist_ok=True)
    assert waiting.answers(SOCKET, DEADLINE, process), open(ROOT + "/log").read()
    ask_json("GET", "/api/v1/runs")  # its socket is open before all else is
    return process


def stop(process):
    process.send_signal(signal.SIGTERM)
    assert process.wait(DEADLINE) == 0


def ask(method, path, body=None, headers={}):
    connection = Connection()
    data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
    connection.request(method, path, data, headers)
    response = connection.getresponse()
    text = response.read()
    connection.close()
    return response.status, text, response.headers


def ask_json(method, path, body=None, status=200):
    got, text, _ = ask(method, path, body)
    value = json.loads(text)
    assert got == status, (method, path, got, value)
    return value


def refused(method, path, body, status, kind):
    error = ask_json(method, path, body, status)["error"]
    assert set(error) == {"kind", "message"} and error["kind"] == kind and error["message"].endswith((".", "…", "”")), error
    return error["message"]


class Stream:
    """An event stream, read on a thread of its own."""

    def __init__(self, method="GET", path="/api/v1/events", body=None, after=None, headers={}):
        self.connection = Connection()
        self.connection.connect()
        self.sock = self.connection.sock
        headers = dict(headers, **({"Last-Event-ID": str(after)} if after is not None else {}))
        self.connection.request(method, path, body if body is None else json.dumps(body), headers)
        self.response = self.connection.getresponse()
        assert self.response.status == 200, self.response.read()
        assert self.response.headers["Content-Type"] == "text/event-stream"
        self.events = []
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        event = {}
        try:
            for line in self.response:
                name, _, value = line.decode().rstrip("\n").partition(": ")
                if name:
                    event[name] = value
                elif event:
                    self.events.append((event.get("event"), int(event.get("id", 0)), json.loads(event["data"])))
                    event = {}
                    tell()
        except (OSError, http.client.HTTPException, ValueError, AttributeError):  # the last where it is closed meanwhile
            pass
        self.over.set()
        tell()

    def wait(self, condition, what):
        wait_for(lambda: condition(self.events), what)

    def close(self):
        self.sock.shutdown(socket.SHUT_RDWR)
        self.thread.join(DEADLINE)
        self.response.close()


def hold():
    """A run that goes on; returns its ID and its stream."""
    stream = Stream("POST", "/api/v1/ask", {"text": "hold"})
    stream.wait(lambda events: len(events) >= 2, "a run's first events")
    return stream.events[0][2]["run"], stream


def ids(events):
    return [id for _, id, _ in events if id]


def keep_app(name="disk", tools=("probe",), page="<p>hello"):
    """Puts an app into the library as a person would, with git."""
    folder = f"{ROOT}/data/impromptu/library/apps/{name}"
    os.makedirs(folder, exist_ok=True)
    app = {"title": "Disk", "glyph": "D", "sentence": "what is eating my disk?", "file": "index.html", "requirements": [], "tools": list(tools), "passed": 1, "total": 1}
    for path, text in (("app.json", json.dumps(app)), ("index.html", page)):
        with open(f"{folder}/{path}", "w") as file:
            file.write(text)
    commit()


def keep_tool(name, source, capabilities={}, samples=({"args": {}, "result": {}},)):
    folder = f"{ROOT}/data/impromptu/library/tools/{name}"
    os.makedirs(folder, exist_ok=True)
    manifest = {"name": name, "line": "Probes", "arguments": {}, "result": "{}", "capabilities": capabilities}
    for path, text in (("tool.json", json.dumps(manifest)), ("tool.py", source), ("samples.json", json.dumps(list(samples)))):
        with open(f"{folder}/{path}", "w") as file:
            file.write(text)
    commit()


def commit():
    git = ["git", "-c", "safe.directory=*", "-c", "user.name=me", "-c", "user.email=me@x", "-C", ROOT + "/data/impromptu/library"]
    for _ in range(COMMITS_TRIED):  # the agent may be committing the same at this very moment
        subprocess.run(git + ["add", "-A"], check=True, env=ENVIRONMENT)
        if subprocess.run(git + ["commit", "-q", "--allow-empty", "-m", "by a person"], env=ENVIRONMENT, stderr=subprocess.DEVNULL).returncode == 0:
            return
    raise AssertionError("nothing can be committed")


@test
def socket_is_private():
    assert os.stat(SOCKET).st_mode & 0o777 == 0o600
    assert os.stat(os.path.dirname(SOCKET)).st_mode & 0o777 == 0o700
    assert os.stat(f"/proc/{agent.pid}/environ").st_uid == 0, "what dumps a core belongs to its own user in /proc"


@test
def every_request_answers():
    keep_app()
    keep_tool("probe", "echo")
    run, stream = hold()
    table = [
        ("GET", "/api/v1/apps", None), ("GET", "/api/v1/apps/disk", None), ("POST", "/api/v1/apps/disk/open", {}), ("POST", "/api/v1/apps/disk/closed", {}),
        ("POST", "/api/v1/apps/disk/seen", {"findings": [{"kind": "exception", "text": "x is not defined"}]}),
        ("POST", "/api/v1/apps/disk/ask", {"text": "how are you", "schema": {"type": "string"}}),
        ("GET", "/api/v1/apps/disk/storage", None), ("POST", "/api/v1/apps/disk/storage", {"a": "1"}), ("POST", "/api/v1/apps/disk/save", {"name": "a.stl", "bytes": 5}),
        ("GET", "/api/v1/runs", None), ("GET", f"/api/v1/runs/{run}", None), ("POST", f"/api/v1/runs/{run}/amend", {"text": "bigger"}),
        ("POST", f"/api/v1/runs/{run}/keep", {}), ("POST", f"/api/v1/runs/{run}/keep", {"draft": f"{run}.2", "more": True}),
        ("POST", f"/api/v1/runs/{run}/evidence", {"draft": "r1.1"}), ("POST", f"/api/v1/runs/{run}/marks", {"mark": "window", "at": 5}),
        ("GET", "/api/v1/tools", None), ("GET", "/api/v1/tools/probe", None), ("POST", "/api/v1/tools/probe", {"arguments": {}, "app": "disk"}), ("POST", "/api/v1/tools/probe/test", {}),
        ("GET", "/api/v1/questions", None), ("GET", "/api/v1/grants", None), ("GET", "/api/v1/lanes", None), ("GET", "/api/v1/suggestions?prefix=di", None),
        ("GET", "/api/v1/usage", None), ("GET", "/api/v1/usage?days=90", None), ("POST", "/api/v1/budget", {"dollars": 0}),
        ("POST", "/api/v1/route", {"text": "a timer"}), ("POST", "/api/v1/paused", {"text": "a timer"}), ("DELETE", "/api/v1/paused", None), ("POST", "/api/v1/alone", {"text": "a timer"}),
        ("DELETE", f"/api/v1/runs/{run}", None),
    ]
    for method, path, body in table:
        assert isinstance(ask_json(method, path, body), dict), path
    stream.over.wait(DEADLINE)
    assert stream.events[-1][0] == "done"
    assert ask_json("GET", "/api/v1/apps/disk/storage") == {"a": "1"}
    app = ask_json("GET", "/api/v1/apps/disk")
    assert app["history"][0]["text"] == "by a person" and app["findings"] == [] and app["version"] == 1
    keep_app(page="<p>second")
    assert ask_json("POST", "/api/v1/apps/disk/undo", {})["version"] == 3
    assert ask("GET", "/app/disk/index.html")[1] == b"<p>hello"
    refused("POST", "/api/v1/apps/disk/undo", {}, 409, "conflict")
    assert ask_json("DELETE", "/api/v1/apps/disk") == {}
    refused("GET", "/api/v1/apps/disk", None, 404, "not-found")
    assert ask_json("POST", "/api/v1/apps/disk/undo", {})["id"] == "disk"


@test
def the_schema_is_what_it_knows():
    """Every field of a request's schema is taken, and no other."""
    with open(os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "protocols", "requests.schema.json"), encoding="utf-8") as file:
        schemas = json.load(file)["$defs"]
    compared = 0
    for name, schema in schemas.items():
        method, _, path = name.partition(" ")
        if not path.startswith("/api/") or schema.get("additionalProperties") is not False or "properties" not in schema:
            continue
        of_type = {"string": "x", "integer": 1, "number": 1, "object": {}, "array": []}
        properties = schema["properties"]
        body = {field: of_type[properties[field].get("type", "string" if "enum" in properties[field] else "array")] for field in schema.get("required", [])}
        status, answer = ask(method, path.replace("ID", "x1").replace("NAME", "x1"), {**body, "zzz": 1})[:2]
        message = json.loads(answer)["error"]["message"]
        assert status == 400 and "it knows: " in message, (name, message)
        known = set(message.rpartition("it knows: ")[2].rstrip(".").split(", ")) - {"none"}
        assert known == set(schema["properties"]), (name, known)
        compared += 1
    assert compared > 10, compared
    refused("POST", "/api/v1/apps/disk/fix", {"at": {"text": "no name"}}, 400, "bad-request")


@test
def bad_input():
    refused("POST", "/api/v1/ask", b"{", 400, "bad-request")
    refused("POST", "/api/v1/ask", b"[]", 400, "bad-request")
    refused("POST", "/api/v1/ask", b'{"text":"\xff"}', 400, "bad-request")
    refused("POST", "/api/v1/ask", b'{"text":"a\\u0000b"}', 400, "bad-request")
    refused("POST", "/api/v1/ask", {}, 400, "bad-request")
    refused("POST", "/api/v1/ask", {"text": 5}, 400, "bad-request")
    refused("POST", "/api/v1/ask", {"text": "  \n "}, 400, "bad-request")
    refused("POST", "/api/v1/ask", {"text": "x", "other": 1}, 400, "bad-request")
    refused("POST", "/api/v1/ask", {"text": "x", "app": "../x"}, 400, "bad-request")
    refused("POST", "/api/v1/ask", {"text": "x", "kind": "dance"}, 400, "bad-request")
    refused("POST", "/api/v1/apps/disk/ask", {"text": ""}, 400, "bad-request")
    refused("POST", "/api/v1/apps/disk/ask", {"text": "x", "schema": []}, 400, "bad-request")
    refused("POST", "/api/v1/apps/disk/ask", {"text": "no"}, 403, "denied")
    assert ask_json("POST", "/api/v1/apps/disk/ask", {"text": "how are you"}) == {"result": "how are you"}
    for variants in (0, 1, 76, -3, "6", 2.5, 1e18):
        refused("POST", "/api/v1/ask", {"text": "x", "variants": variants}, 400, "bad-request")
    refused("POST", "/api/v1/ask", {"text": "x", "variants": 3, "app": "disk"}, 400, "bad-request")
    refused("POST", "/api/v1/ask", {"text": "x", "variants": 3, "kind": "edit"}, 400, "bad-request")
    refused("POST", "/api/v1/runs/r1/keep", {"draft": 3}, 400, "bad-request")
    refused("POST", "/api/v1/runs/r1/keep", {"draft": "r1.1"}, 409, "conflict")
    refused("POST", "/api/v1/ask", {"text": "x" * 65536}, 413, "too-large")
    refused("POST", "/api/v1/ask", {"text": "refuse"}, 503, "no-model")
    refused("POST", "/api/v1/ask", b'{"text":' + b"[" * 100000, 400, "bad-request")
    refused("POST", "/api/v1/ask", b" " * (8 * 1024 * 1024 + 1), 413, "too-large")
    refused("POST", "/api/v1/tools/probe", b" " * (1024 * 1024 + 1), 413, "too-large")
    refused("POST", "/api/v1/tools/nothing", {"arguments": {}, "app": "disk"}, 404, "not-found")
    refused("POST", "/api/v1/tools/probe", {"arguments": [], "app": "disk"}, 400, "bad-request")
    refused("POST", "/api/v1/apps/disk/storage", {"a": 5}, 400, "bad-request")
    refused("POST", "/api/v1/apps/disk/storage", {"a": "x" * (5 * 1024 * 1024)}, 413, "too-large")
    refused("POST", "/api/v1/apps/disk/save", {"name": "../x", "bytes": 1}, 400, "bad-request")
    refused("POST", "/api/v1/apps/disk/save", {"name": "x", "bytes": -1}, 400, "bad-request")
    refused("POST", "/api/v1/runs/r1/amend", {}, 400, "bad-request")
    refused("POST", "/api/v1/runs/r1/evidence", {}, 409, "conflict")
    refused("POST", "/api/v1/runs/r1/marks", {"mark": "smell", "at": 1}, 400, "bad-request")
    refused("GET", "/api/v1/runs/x/events", None, 404, "not-found")
    refused("POST", "/api/v1/answers/q99999", {"answer": "no"}, 404, "not-found")
    refused("DELETE", "/api/v1/grants/g99999", None, 404, "not-found")
    refused("POST", "/api/v1/lanes", {"choose": "magic"}, 400, "bad-request")
    for days in ("0", "91", "-1", "7x", "", "99999999999999999999"):
        refused("GET", f"/api/v1/usage?days={days}", None, 400, "bad-request")
    for budget in ({}, {"dollars": "1"}, {"dollars": -1}, {"dollars": 1e9}, {"dollars": 1, "cents": 5}, b'{"dollars":NaN}', b'{"dollars":1e999}'):
        refused("POST", "/api/v1/budget", budget, 400, "bad-request")
    refused("POST", "/api/v1/keys", {"provider": "nobody"}, 400, "bad-request")
    refused("GET", "/api/v1/nothing", None, 404, "not-found")
    refused("GET", "/api", None, 404, "not-found")
    refused("GET", "/" + "x" * 9000, None, 400, "bad-request")
    refused("PATCH", "/api/v1/apps", None, 405, "bad-request")
    refused("POST", "/planets.csv", {}, 405, "bad-request")
    assert ask("GET", "/api/v1/events", headers={"Last-Event-ID": "x1"})[0] == 400


@test
def odd_http():
    for request in (b"GET /api/v1/apps HTTP/1.0\r\n\r\n", b"GET /api/v1/apps HTTP/1.1\r\nHost: \r\n\r\n", b"rubbish\r\n\r\n", b"\0\0\0\0\r\n\r\n",
                    b"GET /%00%ff HTTP/1.1\r\nHost: a\r\n\r\n", b"GET http://[ HTTP/1.1\r\nHost: a\r\n\r\n",
                    b"POST /api/v1/ask HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999999\r\n\r\n", b"POST /api/v1/ask HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\n{"):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(DEADLINE)
            s.connect(SOCKET)
            s.sendall(request)
    assert ask_json("GET", "/api/v1/apps")["apps"]


@test
def endless_body_is_cut():
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(DEADLINE)
        s.connect(SOCKET)
        s.sendall(b"POST /api/v1/ask HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        piece = b"10000\r\n" + b" " * 65536 + b"\r\n"
        try:
            for _ in range(2000):
                s.sendall(piece)
            raise AssertionError("125 MiB were taken")
        except OSError:
            pass


@test
def connections_end_with_their_clients():
    def count():
        """The agent's ends of its socket; its descriptors are nobody's to read but root's, since it holds keys."""
        with open("/proc/net/unix", encoding="utf-8", errors="replace") as sockets:
            return sum(1 for line in sockets if line.rstrip().endswith(" " + SOCKET))
    ask_json("GET", "/api/v1/apps")
    before = count()
    for _ in range(50):
        ask_json("GET", "/api/v1/apps")
        answers()
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(SOCKET)
            s.sendall(b"GET /api/v1/apps HT")
        stream = Stream()
        stream.close()
    ask_until(lambda: count() <= before, "the connections' end")


@test
def a_request_is_heard_even_if_its_sender_leaves():
    for n in range(20):
        body = json.dumps({"left": str(n)}).encode()
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(SOCKET)
            s.sendall(b"POST /api/v1/apps/disk/storage HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        ask_until(lambda: ask_json("GET", "/api/v1/apps/disk/storage").get("left") == str(n), "what was saved")


@test
def head_and_options():
    status, text, headers = ask("HEAD", "/api/v1/apps")
    assert status == 200 and text == b"" and int(headers["Content-Length"]) > 2
    for path in ("/api/v1/events", "/planets.csv", "/app/disk/", "/app/disk/index.html?draft=r1.1"):
        status, text, headers = ask("HEAD", path)
        assert status == 200 and text == b"", path
    status, _, headers = ask("OPTIONS", "/api/v1/apps/disk")
    assert status == 204 and set(headers["Allow"].split(", ")) == {"GET", "HEAD", "DELETE", "OPTIONS"}, headers["Allow"]


@test
def files():
    status, text, headers = ask("GET", "/app/disk/index.html")
    assert (status, text, headers["Content-Type"]) == (200, b"<p>hello", "text/html; charset=utf-8")
    assert ask("GET", "/app/disk/")[1] == b"<p>hello" and ask("GET", "/app/disk")[1] == b"<p>hello"
    for path in ("/app/disk/nothing.js", "/app/none/index.html", "/app//index.html", "/app/",
                 "/app/disk/.git/config", "/app/disk/lib/nothing/x.js",
                 "/app/disk/lib/", "/app/disk/lib/three", "/app/disk/index.html?draft=r9.9"):
        refused("GET", path, None, 404, "not-found")
    for path in ("/app/disk/lib/../../../etc/passwd", "/app/disk/lib/%2e%2e/%2e%2e/%2e%2e/etc/passwd", "/app/disk/lib/..%2f..%2f..%2fetc/passwd", "/app/disk/%00"):
        assert b"root:" not in ask("GET", path)[1], path
    if os.path.exists("/usr/share/javascript/three/three.min.js"):
        status, text, headers = ask("GET", "/app/disk/lib/three/three.min.js")
        assert status == 200 and headers["Content-Type"].startswith("text/javascript") and len(text) > 100000


@test
def a_draft_streams():
    run, stream = hold()
    connection = Connection()
    connection.request("GET", "/app/disk/index.html?draft=r1.1")
    response = connection.getresponse()
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert response.read(6) == b"<p>one"
    ask_json("POST", f"/api/v1/runs/{run}/amend", {"text": "draft  two"})
    assert response.read(4) == b" two"
    gone = Connection()
    gone.request("GET", "/app/disk/index.html?draft=r1.1")
    with gone.getresponse() as half:
        half.read(10)
    ask_json("POST", f"/api/v1/runs/{run}/amend", {"text": "draft end"})
    assert response.read() == b""
    ask_json("DELETE", f"/api/v1/runs/{run}")


@test
def virtual_responses():
    status, text, headers = ask("GET", "/planets.csv")
    assert (status, text, headers["Content-Type"], headers["X-Impromptu"]) == (200, b"name,moons\nMars,2\n", "text/csv; charset=utf-8", "written")
    refused("GET", "/broken.csv", None, 503, "no-model")


@test
def a_smaller_folder_and_a_chosen_file():
    place, inner = ROOT + "/whole", ROOT + "/whole/part"
    os.makedirs(inner, exist_ok=True)
    note = inner + "/note.txt"
    with open(note, "w") as file:
        file.write("x")
    os.symlink(note, inner + "/link.txt")
    os.makedirs(ROOT + "/home/.ssh", exist_ok=True)
    keep_tool("probe", "echo", {"read": [place]})
    events = Stream()
    got = {}
    caller = threading.Thread(target=lambda: got.update(ask_json("POST", "/api/v1/tools/probe", {"arguments": {}, "app": "disk"})))
    caller.start()
    events.wait(lambda e: any(name == "question" for name, _, _ in e), "the question")
    question = [data for name, _, data in events.events if name == "question"][-1]
    assert question["choose"] == ["once", "open", "always"], question
    answer = "/api/v1/answers/" + question["question"]
    refused("POST", answer, {"answer": "open", "folder": "/usr"}, 403, "denied")
    refused("POST", answer, {"answer": "open", "folder": place + "/nothing"}, 404, "not-found")
    refused("POST", answer, {"answer": "no", "folder": inner}, 400, "bad-request")
    ask_json("POST", answer, {"answer": "open", "folder": inner})
    caller.join(DEADLINE)
    assert got["result"]["grants"] == [f"read {inner}"], got
    events.wait(lambda e: any(name == "answered" and data.get("resource") == inner for name, _, data in e), "what was chosen")
    events.close()
    keep_tool("probe", "echo")
    answers = ask_json("POST", "/api/v1/apps/disk/chosen", {"files": [inner + "/link.txt", place, "/etc/shadow", "note", ROOT + "/none"]})["files"]
    assert answers[0] == {"path": inner + "/link.txt", "file": note}, answers
    assert all("file" not in entry and entry["error"] for entry in answers[1:]), answers
    got = ask_json("POST", "/api/v1/tools/probe", {"arguments": {"deep": [{"file": note}], "other": "/etc/passwd"}, "app": "disk"})
    assert got["result"]["grants"] == [f"read {note}"], got
    for body in ({"files": []}, {"files": ["/x"] * 65}, {}):
        refused("POST", "/api/v1/apps/disk/chosen", body, 400, "bad-request")
    ask_json("POST", "/api/v1/apps/disk/closed", {})
    got = ask_json("POST", "/api/v1/tools/probe", {"arguments": {"file": note}, "app": "disk"})
    assert got["result"]["grants"] == [], got


@test
def a_removed_app_leaves_nothing_and_comes_back_whole():
    os.makedirs(ROOT + "/place", exist_ok=True)
    keep_tool("probe", "echo", {"list": [ROOT + "/place"]})
    events = Stream()
    caller = threading.Thread(target=lambda: ask_json("POST", "/api/v1/tools/probe", {"arguments": {}, "app": "disk"}))
    caller.start()
    events.wait(lambda e: any(name == "question" for name, _, _ in e), "the question")
    ask_json("POST", "/api/v1/answers/" + [data for name, _, data in events.events if name == "question"][-1]["question"], {"answer": "always"})
    caller.join(DEADLINE)
    events.close()
    data = f"{ROOT}/data/impromptu/tool-data/disk"
    os.makedirs(data + "/probe")
    open(data + "/probe/kept", "w").close()
    ask_json("DELETE", "/api/v1/apps/disk")
    assert not os.path.exists(data) and ask_json("GET", "/api/v1/grants?app=disk")["grants"] == []
    ask_json("POST", "/api/v1/apps/disk/undo", {})
    assert os.path.exists(data + "/probe/kept")
    grants = ask_json("GET", "/api/v1/grants?app=disk")["grants"]
    assert [grant["capability"] for grant in grants] == ["list"], grants
    ask_json("DELETE", "/api/v1/grants/" + grants[0]["id"])


@test
def ask_is_idempotent():
    first = Stream("POST", "/api/v1/ask", {"text": "finish"}, headers={"Idempotency-Key": "k1"})
    first.over.wait(DEADLINE)
    second = Stream("POST", "/api/v1/ask", {"text": "finish"}, headers={"Idempotency-Key": "k1"})
    second.over.wait(DEADLINE)
    assert first.events == second.events and [name for name, _, _ in first.events] == ["run", "state", "done"]


@test
def a_tool_asks_and_waits():
    os.makedirs(ROOT + "/place", exist_ok=True)
    keep_tool("probe", "echo", {"list": [ROOT + "/place"]})
    events = Stream()
    got = {}
    caller = threading.Thread(target=lambda: got.update(ask_json("POST", "/api/v1/tools/probe", {"arguments": {"n": 1}, "app": "disk"})))
    caller.start()
    events.wait(lambda e: any(name == "question" for name, _, _ in e), "the question")
    question = [data for name, _, data in events.events if name == "question"][-1]
    assert question["quote"] == "what is eating my disk?" and question["app"] == "disk", question
    assert ask_json("GET", "/api/v1/questions")["questions"][-1]["question"] == question["question"]
    refused("POST", "/api/v1/answers/" + question["question"], {"answer": "perhaps"}, 400, "bad-request")
    ask_json("POST", "/api/v1/answers/" + question["question"], {"answer": "always"})
    caller.join(DEADLINE)
    assert got["result"]["arguments"] == {"n": 1} and got["result"]["grants"] == [f"list {ROOT}/place"], got
    grant = ask_json("GET", "/api/v1/grants")["grants"][0]
    assert ask_json("DELETE", "/api/v1/grants/" + grant["id"])["grants"] == []
    # What is used is told, and what is not used for long ends.
    listed = ask_json("GET", "/api/v1/grants?app=disk&log=1")
    assert listed["days"] == 90 and [entry["what"] for entry in listed["log"]][:2] == ["revoked", "used"], listed
    assert "log" not in ask_json("GET", "/api/v1/grants") and ask_json("GET", "/api/v1/grants?app=other")["grants"] == []
    assert ask_json("POST", "/api/v1/grants", {"days": 30})["days"] == 30
    for days in ({"days": 0}, {"days": 3651}, {"days": "9"}, {}):
        refused("POST", "/api/v1/grants", days, 400, "bad-request")
    # A caller that hangs up takes its question with it.
    connection = Connection()
    connection.request("POST", "/api/v1/tools/probe", json.dumps({"arguments": {}, "app": "disk"}))
    events.wait(lambda e: sum(name == "question" for name, _, _ in e) == 2, "the second question")
    connection.close()
    events.wait(lambda e: any(name == "answered" and data["answer"] == "withdrawn" for name, _, data in e), "its end")
    events.close()
    keep_tool("probe", "hang")
    connection = Connection()
    connection.request("POST", "/api/v1/tools/probe", json.dumps({"arguments": {}, "app": "disk"}))
    ask_json("GET", "/api/v1/apps")
    ask_json("POST", "/api/v1/apps/disk/closed", {})
    assert connection.getresponse().status == 500
    keep_tool("probe", "none")
    refused("POST", "/api/v1/tools/probe", {"arguments": {}, "app": "disk"}, 503, "no-sandbox")


class Call:
    """A tool call whose answer is read as it comes."""

    def __init__(self, tool, accept="text/event-stream"):
        self.connection = Connection()
        self.connection.request("POST", "/api/v1/tools/" + tool, json.dumps({"arguments": {}, "app": "disk"}), {"Accept": accept})

    def event(self):
        name, data, blank = (self.response.readline().decode() for _ in range(3))
        assert blank == "\n", blank
        return name.removeprefix("event: ").strip(), json.loads(data.removeprefix("data: "))

    def answer(self):
        self.response = self.connection.getresponse()
        return self.response.status, self.response.headers["Content-Type"]


@test
def a_tool_says_how_far_it_is():
    keep_app()
    keep_tool("probe", "steps")
    call = Call("probe")
    assert call.answer() == (200, "text/event-stream")
    assert call.event() == ("progress", {"progress": 0.5, "text": "half"}) and call.event() == ("part", {"part": [1]})
    ask_json("POST", "/api/v1/apps/disk/closed", {})
    name, data = call.event()
    assert (name, data["error"]["kind"], call.response.read()) == ("error", "failed", b""), data
    # Who hangs up ends it: as many calls as an app may have, and one more.
    for n in range(65):
        call = Call("probe")
        assert call.answer() == (200, "text/event-stream") and call.event()[0] == "progress", n
        call.response.close()
        call.connection.close()
        ask_json("GET", "/api/v1/apps")
    # Who does not ask for a stream, or whose tool says nothing, gets one answer with its status.
    keep_tool("probe", "raise KeyError")
    call = Call("probe")
    assert call.answer() == (500, "application/json") and b"KeyError" in call.response.read()
    keep_tool("probe", "steps")
    call = Call("probe", "application/json")
    ask_json("GET", "/api/v1/apps")
    ask_json("POST", "/api/v1/apps/disk/closed", {})
    assert call.answer() == (500, "application/json")


@test
def a_file_is_handed_over():
    keep_app()
    keep_app("other")
    keep_tool("probe", "file <b>the file")
    one, two = (ask_json("POST", "/api/v1/tools/probe", {"arguments": {}, "app": "disk"})["result"]["f"] for _ in range(2))
    assert one["type"] == "text/plain" and one["size"] == 11 and one["url"].startswith("/result/") and one["url"] != two["url"], one
    status, text, headers = ask("GET", "/app/disk" + one["url"])
    assert (status, text, headers["Content-Type"], headers["X-Content-Type-Options"]) == (200, b"<b>the file", "text/plain", "nosniff")
    refused("GET", "/app/other" + one["url"], None, 404, "not-found")
    refused("GET", "/app/disk/result/", None, 404, "not-found")
    for n in range(31):  # the second and these are the newest 32
        ask_json("POST", "/api/v1/tools/probe", {"arguments": {}, "app": "disk"})
    refused("GET", "/app/disk" + one["url"], None, 404, "not-found")
    assert ask("GET", "/app/disk" + two["url"])[0] == 200
    ask_json("POST", "/api/v1/apps/disk/closed", {})
    refused("GET", "/app/disk" + two["url"], None, 404, "not-found")
    ask_json("DELETE", "/api/v1/apps/other")


@test
def samples_once_more():
    keep_tool("probe", 'json {"n": 2, "a": 3.14}', samples=[{"args": {}, "result": {"n": {"is": "whole"}, "a": {"about": 3.1, "within": 0.1}}}, {"args": {"x": 1}, "result": {"n": 3}}])
    told = ask_json("POST", "/api/v1/tools/probe/test", {})
    assert (told["name"], told["passed"]) == ("probe", 1) and [sample["passed"] for sample in told["samples"]] == [True, False], told
    assert told["samples"][1]["came"] == {"n": 2, "a": 3.14} and "expected 3 at n, got 2" in told["samples"][1]["message"], told
    refused("POST", "/api/v1/tools/nothing/test", {}, 404, "not-found")
    keep_tool("probe", "none")
    refused("POST", "/api/v1/tools/probe/test", {}, 503, "no-sandbox")


@test
def suggestions():
    rows = ask_json("GET", "/api/v1/suggestions?prefix=WHAT%20is")["rows"]
    assert [row["what"] for row in rows] == ["open", "make"] and rows[0]["app"] == "disk", rows
    rows = ask_json("GET", "/api/v1/suggestions?prefix=blue&app=disk")["rows"]
    assert [row["what"] for row in rows] == ["change", "make"], rows
    assert ask_json("GET", "/api/v1/suggestions")["rows"][0]["what"] == "open"
    assert "route" not in rows[1] and ask_json("GET", "/api/v1/suggestions?prefix=how%20hot")["rows"][-1]["route"] == "tool"
    assert ask_json("GET", "/api/v1/suggestions?prefix=how%20hot")["rows"][-1]["next"] == "app"


@test
def routes_and_drafts_alone():
    assert ask_json("POST", "/api/v1/route", {"text": "a timer"})["by"] == "nobody"
    answer = ask_json("POST", "/api/v1/route", {"text": "a timer", "lane": "router", "apps": ["Disk", "Notes"], "front": "Notes"})
    assert answer["by"] == "model" and answer["apps"] == 2, answer
    assert ask_json("POST", "/api/v1/alone", {"text": "a timer", "attempt": 3})["attempt"] == 3
    for path, body in (("route", {}), ("route", {"text": "x", "lane": "slow"}), ("route", {"text": "x", "apps": [1]}), ("route", {"text": "x", "apps": "Disk"}),
                       ("route", {"text": "x", "apps": ["y"] * 257}), ("alone", {"text": "x", "attempt": 0}), ("alone", {"text": "x", "attempt": 100}),
                       ("alone", {"text": "x", "lane": 1}), ("alone", {"text": " "})):
        refused("POST", "/api/v1/" + path, body, 400, "bad-request")


@test
def a_key_stays_out_of_sight():
    ask("POST", "/api/v1/keys", {"provider": "groq", "key": "gsk_not_to_be_seen_123"})
    ask("POST", "/api/v1/keys", {"provider": "no such provider", "key": "gsk_not_to_be_seen_123"})
    for folder in ("/state", "/data", "/run"):
        found = subprocess.run(["grep", "-rla", "gsk_not_to_be_seen_123", ROOT + folder], stdout=subprocess.PIPE).stdout
        assert not found, found
    assert b"gsk_not_to_be_seen_123" not in open(ROOT + "/log", "rb").read()


@test
def streams_resume_without_gap_or_double():
    run, stream = hold()
    done = threading.Event()

    def load():
        for _ in range(30):
            ask_json("POST", f"/api/v1/runs/{run}/amend", {"text": "emit 40 200"})
        done.set()
        tell()

    loader = threading.Thread(target=load)
    loader.start()
    seen, after = [], ids(stream.events)[-1]
    first = after
    while not done.is_set() or (seen and seen[-1] < ids(stream.events)[-1]):
        reader = Stream(after=after)
        wait_for(lambda: len(reader.events) > 60 or done.is_set() and reader.events and ids(reader.events)[-1] >= ids(stream.events)[-1], "events")
        reader.close()
        seen += ids(reader.events)
        after = seen[-1]
    loader.join()
    stream.wait(lambda e: len(e) >= 1202, "all events")
    assert seen == list(range(first + 1, first + 1 + len(seen))), "a gap or a double"
    assert ids(stream.events)[2:] == sorted(set(ids(stream.events)[2:]))
    last = ids(stream.events)[-1]
    resumed = Stream(path=f"/api/v1/runs/{run}/events", after=last - 10)
    resumed.wait(lambda e: len(e) == 10, "the last ten")
    ask_json("DELETE", f"/api/v1/runs/{run}")
    assert resumed.over.wait(DEADLINE) and resumed.events[-1][0] == "done"
    late = Stream(path=f"/api/v1/runs/{run}/events", after=resumed.events[-1][1])
    assert late.over.wait(DEADLINE) and late.events == []


@test
def a_slow_reader_is_dropped_and_resumes():
    run, stream = hold()
    slow = Connection()
    slow.request("GET", "/api/v1/events")
    response = slow.getresponse()
    for _ in range(12):
        ask_json("POST", f"/api/v1/runs/{run}/amend", {"text": "emit 8 100000"})
    got = b""
    try:
        while piece := response.read1(65536):
            got += piece
        raise AssertionError("the reader was not dropped")
    except http.client.IncompleteRead:
        pass
    assert len(got) < 9 * 1024 * 1024
    whole = [int(id) for id in re.findall(rb"^id: (\d+)$", got.rpartition(b"\n\n")[0], re.M)]
    assert whole == list(range(whole[0], whole[0] + len(whole)))
    now = Stream()
    now.wait(lambda e: e, "a snapshot")
    resumed = Stream(after=whole[-1])
    resumed.wait(lambda e: ids(e) and ids(e)[-1] == now.events[0][1], "the rest")
    now.close()
    assert ids(resumed.events) == list(range(whole[-1] + 1, whole[-1] + 1 + len(resumed.events)))
    resumed.close()
    ask_json("DELETE", f"/api/v1/runs/{run}")


@test
def too_old_is_a_snapshot():
    run, stream = hold()
    for _ in range(10):
        ask_json("POST", f"/api/v1/runs/{run}/amend", {"text": "emit 900 10"})
    for after in (1, 10 ** 9):
        reader = Stream(after=after)
        reader.wait(lambda e: e, "a snapshot")
        name, id, data = reader.events[0]
        assert name == "snapshot" and set(data) == {"runs", "apps", "questions", "lanes"} and id >= ids(stream.events)[0], reader.events[0]
        ask_json("POST", f"/api/v1/runs/{run}/amend", {"text": "emit 1 1"})
        reader.wait(lambda e: len(e) == 2, "what happens next")
        assert reader.events[1][1] == id + 1
        reader.close()
    fresh = Stream(path=f"/api/v1/runs/{run}/events")
    fresh.wait(lambda e: e, "a snapshot of the run")
    assert fresh.events[0][0] == "snapshot" and fresh.events[0][2]["runs"] == [{"run": run}]
    ask_json("DELETE", f"/api/v1/runs/{run}")
    assert fresh.over.wait(DEADLINE) and fresh.events[-1][0] == "done"


@test
def a_budget_is_remembered():
    global agent
    kept = {"budget": {"dollars": 1.5, "spent": 0, "left": 1.5}, "days": [], "asked": []}
    assert ask_json("POST", "/api/v1/budget", {"dollars": 1.5}) == kept
    agent.kill()
    agent.wait()
    agent = start()
    assert ask_json("GET", "/api/v1/usage?days=1") == kept
    assert ask_json("POST", "/api/v1/budget", {"dollars": 0}) == {"days": [], "asked": []}


@test
def a_chosen_model_is_remembered():
    global agent
    assert ask_json("POST", "/api/v1/lanes", {"choose": "local", "base": "http://127.0.0.1:9/v1"})["lanes"]
    agent.kill()
    agent.wait()
    agent = start()
    lane = ask_json("GET", "/api/v1/lanes")["lanes"][0]
    assert "127.0.0.1:9" in lane["provider"], lane
    with open(ROOT + "/state/impromptu/lane.json") as file:
        assert json.load(file) == {"choose": "local", "base": "http://127.0.0.1:9/v1"}
    # A pasted key stands for itself from then on.
    ask("POST", "/api/v1/keys", {"provider": "groq", "key": "gsk_not_to_be_seen_123"})
    assert not os.path.exists(ROOT + "/state/impromptu/lane.json")


@test
def skills_are_the_persons():
    """Read, edited, kept, tried and forgotten; a taste becomes a line of agents.md, and only by being kept."""
    folder = ROOT + "/data/impromptu/library"
    head = "---\nname: clock\ndescription: timers\nmetadata:\n  state: %s\n  run: r1\n  sentence: a timer\n---\n"
    made = ask_json("POST", "/api/v1/skills/clock", {"text": head % "proposed" + "Use Date.now().\n"})
    assert (made["state"], made["sentence"], made["tries"]) == ("proposed", "a timer", 0) and made["text"].endswith("---\nUse Date.now().\n"), made
    refused("POST", "/api/v1/skills/nobody/keep", {}, 404, "not-found")
    for name, text in (("clock", "no front matter"), ("clock", head % "kept"), ("Up", head % "kept" + "x"), ("-a", head % "kept" + "x")):
        refused("POST", "/api/v1/skills/" + name, {"text": text}, 400, "bad-request")
    trying = Stream("POST", "/api/v1/skills/clock/try", {})
    trying.wait(lambda events: events and events[0][0] == "run", "the trial's beginning")
    assert ask_json("POST", "/api/v1/skills/clock/keep", {}) == {"name": "clock", "kept": "skill"}
    os.makedirs(folder + "/skills/odd", exist_ok=True)
    with open(folder + "/skills/odd/SKILL.md", "w") as file:  # by hand, with a mistake: it can be seen, and nothing else suffers
        file.write("oops")
    assert [skill["name"] for skill in ask_json("GET", "/api/v1/skills")["skills"]] == ["clock"]
    assert ask_json("GET", "/api/v1/skills/odd")["problem"].startswith("A SKILL.md begins")
    ask_json("POST", "/api/v1/skills/always-dark", {"text": "---\nname: x\ndescription: always dark colours\nmetadata:\n  state: taste\n---\nalways dark colours\n"})
    assert not os.path.exists(folder + "/agents.md")
    assert ask_json("POST", "/api/v1/skills/always-dark/keep", {}) == {"name": "always-dark", "kept": "agents.md"}
    with open(folder + "/agents.md") as file:
        assert file.read() == "- always dark colours\n"
    for name in ("clock", "odd"):
        assert ask_json("DELETE", "/api/v1/skills/" + name) == {}
        refused("DELETE", "/api/v1/skills/" + name, None, 404, "not-found")
    assert ask_json("GET", "/api/v1/skills")["skills"] == []


@test
def saving_says_where_a_file_goes():
    ask_json("POST", "/api/v1/apps/disk/save", {"name": "wolf.stl", "bytes": 12345})
    question = ask_json("GET", "/api/v1/questions")["questions"][-1]
    assert question["detail"].startswith("12.3") and "Downloads" in question["detail"] and "reason" not in question, question
    assert question["answers"] == ["once", "no"], question
    ask_json("POST", "/api/v1/answers/" + question["question"], {"answer": "no"})


@test
def another_user_is_refused():
    if os.geteuid() != 0:
        # Nobody else can reach the socket at all: its mode and its folder's keep them out.
        assert os.stat(SOCKET).st_mode & 0o077 == 0
        return
    os.chmod(SOCKET, 0o666)
    for folder in (ROOT, ROOT + "/run", ROOT + "/run/impromptu"):
        os.chmod(folder, 0o755)
    program = f"import socket; s = socket.socket(socket.AF_UNIX); s.connect({SOCKET!r}); s.sendall(b'GET /api/v1/apps HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n'); " \
              "print(s.makefile('rb').read())"
    said = subprocess.run([sys.executable, "-c", program], user=65534, group=65534, extra_groups=[], stdout=subprocess.PIPE, cwd="/").stdout
    assert b"403 Forbidden" in said and b'"kind":"denied"' in said and b"apps" not in said, said
    os.chmod(SOCKET, 0o600)


@test
def a_second_agent_is_refused():
    second = subprocess.run([AGENT], env=ENVIRONMENT, stderr=subprocess.PIPE, timeout=DEADLINE)
    assert second.returncode == 75 and f"process {agent.pid}".encode() in second.stderr, second.stderr
    elsewhere = dict(ENVIRONMENT, XDG_RUNTIME_DIR=ROOT + "/run2")
    os.makedirs(ROOT + "/run2", exist_ok=True)
    third = subprocess.run([AGENT], env=elsewhere, stderr=subprocess.PIPE, timeout=DEADLINE)
    assert third.returncode == 75 and b"already uses the folder" in third.stderr, third.stderr
    assert ask_json("GET", "/api/v1/apps")["apps"]


@test
def killed_and_started_again():
    global agent
    run, stream = hold()
    ask_json("POST", f"/api/v1/runs/{run}/amend", {"text": "emit 5 10"})
    stream.wait(lambda e: len(e) == 7, "five events")
    agent.kill()
    agent.wait()
    assert stream.over.wait(DEADLINE) and os.path.exists(SOCKET)
    agent = start()
    resumed = Stream(path=f"/api/v1/runs/{run}/events", after=stream.events[3][1])
    resumed.wait(lambda e: len(e) >= 3, "what was missed")
    ask_json("POST", f"/api/v1/runs/{run}/amend", {"text": "emit 1 1"})
    resumed.wait(lambda e: len(e) >= 4, "what is new")
    missed, new = ids(resumed.events)[:3], ids(resumed.events)[3:]
    assert missed == ids(stream.events)[4:] and len(new) == 1 and new[0] > missed[-1], ids(resumed.events)  # the restart may have told others something
    assert ask_json("GET", "/api/v1/apps")["apps"]
    ask_json("DELETE", f"/api/v1/runs/{run}")


@test
def ends_cleanly():
    global agent
    run, stream = hold()
    stop(agent)
    assert not os.path.exists(SOCKET) and stream.over.wait(DEADLINE)
    missing = dict(ENVIRONMENT)
    del missing["XDG_RUNTIME_DIR"]
    ended = subprocess.run([AGENT], env=missing, stderr=subprocess.PIPE, timeout=DEADLINE)
    assert ended.returncode == 1 and b"XDG_RUNTIME_DIR" in ended.stderr, ended.stderr
    version = subprocess.run([AGENT, "--version"], env=ENVIRONMENT, stdout=subprocess.PIPE, timeout=DEADLINE)
    assert version.returncode == 0 and version.stdout.startswith(b"impromptu-agent "), version.stdout
    with open(SOCKET, "w") as file:
        file.write("something else")
    ended = subprocess.run([AGENT], env=ENVIRONMENT, stderr=subprocess.PIPE, timeout=DEADLINE)
    assert ended.returncode == 75 and b"in the way" in ended.stderr, ended.stderr
    os.unlink(SOCKET)
    agent = start()


for folder in ("home", "run", "data", "state", "config"):
    os.makedirs(f"{ROOT}/{folder}", mode=0o700)
agent = start()
failed = 0
print(f"1..{len(tests) + 1}")
for number, func in enumerate(tests, 1):
    try:
        func()
        print(f"ok {number} - {func.__name__}", flush=True)
    except Exception as fault:
        failed += 1
        print(f"not ok {number} - {func.__name__}", flush=True)
        print(f"# {type(fault).__name__}: {fault}".replace("\n", "\n# ")[:2000], flush=True)
        if agent.poll() is not None:
            print("# the agent has ended:", agent.returncode, open(ROOT + "/log").read()[-2000:].replace("\n", "\n# "), flush=True)
            agent = start()
agent.kill()
agent.wait()
# libsoup asks for the address of a connection without a Host, which a Unix socket does not have.
faults = [line for line in open(ROOT + "/log") if "CRITICAL" in line and "g_inet_" not in line and "Sanitizer" not in line]
failed += len(faults)
print("not ok" if faults else "ok", len(tests) + 1, "- nothing critical in the log")
print(*("# " + line for line in faults), sep="", end="")
shutil.rmtree(ROOT)
sys.exit(failed != 0)
