#!/usr/bin/python3
"""Verifies the command line against a small agent in this process. Speaks TAP. Usage: test-cli.py IMPROMPTU"""
import http.server, json, os, pty, re, select, shutil, socketserver, subprocess, sys, tempfile, threading, traceback

IMPROMPTU = os.path.abspath(sys.argv[1])
DEADLINE_S = 20

RUN = [
    ("run", {"run": "r7", "text": "a timer", "kind": "ask"}),
    ("state", {"run": "r7", "state": "PLAN", "attempt": 0, "detail": "planning"}),
    ("plan", {"run": "r7", "app": "timer", "title": "Timer", "requirements": [{"text": "a", "steps": [{}, {}]}, {"text": "b", "steps": [{}]}], "tools": []}),
    ("state", {"run": "r7", "state": "PREPARE", "attempt": 0}),
    ("tool", {"run": "r7", "name": "now", "state": "failed", "attempt": 0, "error": "NameError:\x1b[2J\n\u202ename"}),
    ("tool", {"run": "r7", "name": "now", "state": "ready", "attempt": 1}),
    ("state", {"run": "r7", "app": "timer", "state": "WRITE", "attempt": 0}),
    ("progress", {"run": "r7", "state": "WRITE", "tokens": 1180, "expected": 2400, "rate": 2870.5}),
    ("usage", {"run": "r7", "state": "WRITE", "attempt": 0, "model": "m", "recording": "by hand", "tokens_in": 1, "tokens_out": 1912, "first_token_ms": 1, "ms": 2, "rate": 2870.5}),
    ("state", {"run": "r7", "app": "timer", "state": "CHECK", "attempt": 0}),
    ("evidence", {"run": "r7", "app": "timer", "draft": "r7.1", "passed": 3, "shown": 1, "total": 4, "findings": [],
                  "results": [{"requirement": 0, "verdict": "passed", "saw": "x"}, {"requirement": 1, "verdict": "failed", "did": "press Pause", "saw": "nothing"}]}),
]
END = [
    ("deliver", {"run": "r7", "app": "timer", "title": "Timer", "version": "1", "passed": 4, "shown": 1, "total": 4, "broken": 0, "eye": 0, "draft": "r7.1"}),
    ("done", {"run": "r7", "app": "timer", "outcome": "delivered", "message": "", "timeline": {}}),
]
QUESTION = {"question": "q3", "app": "timer", "title": "Timer", "capability": "list", "resource": "/home", "sentence": "Timer wants to see\x1b[31m names.",
            "detail": "It reads nothing.", "quote": "a timer", "answers": ["no", "once", "always"]}


def event(name, data, number=None):
    return f"event: {name}\n" + (f"id: {number}\n" if number else "") + f"data: {json.dumps(data)}\n\n"


def events(rows, first=1):
    return "".join(event(name, data, None if name == "progress" else number) for number, (name, data) in enumerate(rows, first))


class Agent(socketserver.ThreadingUnixStreamServer):
    """Answers what `answers` says: (method, path) to a status and a body (a text is a stream, a function writes one), and keeps what was asked."""
    daemon_threads = True

    def __init__(self, folder):
        os.mkdir(folder + "/impromptu")
        self.answers, self.asked, self.answered = {}, [], threading.Event()
        super().__init__(folder + "/impromptu/agent.sock", Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    def address_string(self):
        return "client"

    def log_message(self, *arguments):
        pass

    def serve(self):
        length = int(self.headers.get("Content-Length", 0))
        body = json.loads(self.rfile.read(length)) if length else None
        self.server.asked.append((self.command, self.path, body, self.headers.get("Last-Event-ID")))
        status, answer = self.server.answers.get((self.command, self.path), (404, {"error": {"kind": "not-found", "message": "There is no such thing."}}))
        stream = isinstance(answer, str) or callable(answer)
        self.send_response(status)
        self.send_header("Content-Type", "text/event-stream" if stream else "application/json")
        self.end_headers()
        if callable(answer):
            answer(self)
        else:
            self.wfile.write((answer if stream else json.dumps(answer)).encode())
        if self.path.startswith("/api/v1/answers/"):
            self.server.answered.set()

    do_GET = do_POST = do_DELETE = serve


class World:
    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="impromptu-cli-")
        self.agent = Agent(self.folder)
        self.answers = self.agent.answers
        self.desktop(lambda handler: self.agent.answered.wait(DEADLINE_S))
        return self

    def desktop(self, write):
        self.answers["GET", "/api/v1/events"] = (200, write)

    def __exit__(self, *arguments):
        self.agent.shutdown()
        self.agent.server_close()
        shutil.rmtree(self.folder)

    def environment(self):
        return {**os.environ, "XDG_RUNTIME_DIR": self.folder, "LC_ALL": "C.UTF-8"}

    def run(self, *words):
        return subprocess.run([IMPROMPTU, *words], env=self.environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=DEADLINE_S)


def test_ask():
    with World() as world:
        world.answers["POST", "/api/v1/ask"] = (200, events(RUN + END))
        got = world.run("ask", "a", "timer")
        lines = [re.sub(r" +\d+\.\d\d s$", "", line) for line in got.stdout.splitlines()]
        assert got.returncode == 0 and got.stderr == "", got
        assert lines == ["plan     2 requirements, 3 steps", "tool     now failed: NameError:[2J name", "prepare  now: ready",
                         "note     a recording plays, no model is asked (by hand)",
                         "write    1,912 tokens at 2,870/s", "check    3 of 4, 1 shown: b", "ready    Timer"], lines
        assert ("POST", "/api/v1/ask", {"text": "a timer"}, None) in world.agent.asked
        got = world.run("--json", "ask", "a timer")
        rows = [json.loads(line) for line in got.stdout.splitlines()]
        assert [row["event"] for row in rows] == [name for name, data in RUN + END], rows
        assert rows[0]["id"] == 1 and "id" not in rows[7] and rows[1]["data"] == RUN[1][1], rows


def test_waits():
    """Without a terminal each new word about a state is a line of its own: a run that waits for a view says so."""
    with World() as world:
        waits = ("state", {"run": "r7", "app": "timer", "state": "CHECK", "attempt": 0, "detail": "It waits for a view that can check it."})
        world.answers["POST", "/api/v1/ask"] = (200, events(RUN[:-1] + [waits] + END))
        got = world.run("ask", "a", "timer")
        assert "check    It waits for a view that can check it.\n" in got.stdout, got
        assert not [line for line in got.stdout.splitlines() if re.fullmatch(r"check +0\.\d\d s", line)], got


def test_options():
    with World() as world:
        world.answers["POST", "/api/v1/ask"] = (200, events(RUN[:1] + END))
        world.answers["POST", "/api/v1/apps/a%2Fb/fix"] = world.answers["POST", "/api/v1/ask"]
        assert world.run("ask", "--new", "--app", "timer", "say", "--json").returncode == 0
        assert world.run("fix", "a/b").returncode == 0
        assert world.run("fix", "a/b", "it", "hangs").returncode == 0
        assert world.run("fix", "--deep", "a/b").returncode == 0
        assert world.run("fix", "--at", "Start", "a/b").returncode == 0
        sent = [(path, body) for method, path, body, last in world.agent.asked if method == "POST"]
        assert sent == [("/api/v1/ask", {"text": "say --json", "app": "timer", "make": True}), ("/api/v1/apps/a%2Fb/fix", {}),
                        ("/api/v1/apps/a%2Fb/fix", {"text": "it hangs"}), ("/api/v1/apps/a%2Fb/fix", {"deep": True}),
                        ("/api/v1/apps/a%2Fb/fix", {"at": {"name": "Start"}})], sent


def test_verb_of_the_desktop():
    with World() as world:
        done = ("done", {"run": "r7", "outcome": "answered", "message": "The screen is locked.", "timeline": {}})
        world.answers["POST", "/api/v1/ask"] = (200, events([RUN[0], ("route", {"run": "r7", "route": "system", "action": "lock"}), done]))
        got = world.run("ask", "lock", "the", "screen")
        assert got.returncode == 0 and "The screen is locked.\n" in got.stdout, got


def test_deeper():
    with World() as world:
        done = ("done", {"run": "r7", "app": "timer", "outcome": "delivered", "message": "Still wrong.", "timeline": {},
                         "deeper": {"provider": "OpenAI", "model": "gpt-5", "seconds": 20.4, "dollars": 0.03}})
        world.answers["POST", "/api/v1/ask"] = (200, events(RUN[:1] + [done]))
        got = world.run("ask", "x")
        assert "gpt-5 (OpenAI) could try: impromptu fix --deep timer · about 20 s · about $0.03\n" in got.stdout, got


def test_variants():
    """Several drafts: each is a line, and without a terminal the best is kept as soon as all are checked."""
    drafts = [{"draft": "r7.1", "brief": "One large thing."}, {"draft": "r7.2", "brief": "A table."}]
    found = {"run": "r7", "app": "timer", "passed": 3, "shown": 1, "total": 4, "broken": 1, "eye": 0}
    told = [("variants", {"run": "r7", "app": "timer", "state": "writing", "drafts": drafts, "groups": []}),
            ("variant", {**found, "draft": "r7.1", "state": "checked", "brief": "One large thing."}),
            ("variant", {"run": "r7", "app": "timer", "draft": "r7.2", "state": "failed", "brief": "A table.", "error": "half a page"}),
            ("variants", {"run": "r7", "app": "timer", "state": "choose", "drafts": drafts, "groups": [["r7.1"]]})]
    with World() as world:
        world.answers["POST", "/api/v1/ask"] = (200, events(RUN[:1] + told + END))
        world.answers["POST", "/api/v1/runs/r7/keep"] = (200, {})
        got = world.run("ask", "--variants", "2", "a timer")
        assert got.returncode == 0 and got.stderr == "", got
        assert "draft    1: does 3 of 4 · 1 shown · 1 broken · One large thing.\n" in got.stdout, got
        assert "draft    2: half a page · A table.\n" in got.stdout, got
        assert "choose   best first: 1. The best is kept\n" in got.stdout, got
        for words in (["r7"], ["r7", "2"], ["r7", "r7.2", "more"], ["r7", "more"]):
            assert world.run("keep", *words).returncode == 0, words
        sent = [(path, body) for method, path, body, last in world.agent.asked if method == "POST"]
        keep = "/api/v1/runs/r7/keep"
        assert sent[0] == ("/api/v1/ask", {"text": "a timer", "variants": 2}), sent
        assert sent[-4:] == [(keep, {}), (keep, {"draft": "r7.2"}), (keep, {"draft": "r7.2", "more": True}), (keep, {"more": True})], sent
        for words in (["ask", "--variants", "1", "x"], ["ask", "--variants", "76", "x"], ["ask", "--variants", "many", "x"], ["keep", "r7", "1", "2"]):
            assert world.run(*words).returncode == 2, words


def test_outcomes():
    with World() as world:
        for outcome, status in (("delivered", 0), ("answered", 0), ("opened", 0), ("failed", 1), ("stopped", 1)):
            rows = RUN[:1] + [("answer", {"run": "r7", "text": "51 °C\nwarm\x07"})] * (outcome == "answered")
            done = ("done", {"run": "r7", "outcome": outcome, "message": "The model was\x1b silent.", "timeline": {}})
            world.answers["POST", "/api/v1/ask"] = (200, events(rows + [done]))
            for json_option in ([], ["--json"]):
                got = world.run(*json_option, "ask", "x")
                assert got.returncode == status, (outcome, got)
                assert "\x1b" not in got.stdout and (json_option or ("was silent." in got.stdout) == (status == 1)), got
            if outcome == "answered":
                assert world.run("ask", "x").stdout == "51 °C\nwarm\n"


def test_refused():
    with World() as world:
        world.answers["POST", "/api/v1/ask"] = (503, {"error": {"kind": "no-model", "message": "No model answers."}})
        got = world.run("ask", "x")
        assert got.returncode == 1 and got.stderr == "impromptu: No model answers.\n" and got.stdout == "", got
        got = world.run("open", "nothing")
        assert got.returncode == 1 and got.stderr == "impromptu: There is no such thing.\n", got


def test_lost_agent():
    with World() as world:
        world.answers["POST", "/api/v1/ask"] = (200, events(RUN[:3]) + "event: state\nid: 4\nda")
        world.answers["GET", "/api/v1/runs/r7/events"] = (200, events(RUN[3:] + END, 4))
        got = world.run("ask", "a timer")
        assert got.returncode == 0 and "goes on as soon as it is back" in got.stderr, got
        assert [line.split()[0] for line in got.stdout.splitlines()] == ["plan", "tool", "prepare", "note", "write", "check", "ready"], got
        assert ("GET", "/api/v1/runs/r7/events", None, "3") in world.agent.asked, world.agent.asked


def read_until(terminal, wanted):
    text = ""
    while wanted not in text:
        assert select.select([terminal], [], [], DEADLINE_S)[0], f"no “{wanted}” in {text!r}"
        text += os.read(terminal, 4096).decode()
    return text


def with_question(world):
    """The desktop's stream brings the question once the run knows its app; the run ends when it was answered."""
    planned = threading.Event()

    def desktop(handler):
        planned.wait(DEADLINE_S)
        handler.wfile.write(event("question", {**QUESTION, "question": "q2", "app": "other", "quote": "else"}, 50).encode())
        handler.wfile.write(event("question", QUESTION, 51).encode())
        world.agent.answered.wait(DEADLINE_S)

    def run(handler):
        handler.wfile.write(events(RUN).encode())
        planned.set()
        world.agent.answered.wait(DEADLINE_S)
        handler.wfile.write(events(END, 60).encode())

    world.desktop(desktop)
    world.answers["POST", "/api/v1/ask"] = (200, run)
    world.answers["POST", "/api/v1/answers/q3"] = (200, {})


def test_question_on_terminal():
    with World() as world:
        with_question(world)
        here, there = pty.openpty()
        process = subprocess.Popen([IMPROMPTU, "ask", "a timer"], env=world.environment(), stdin=there, stdout=there, stderr=there)
        os.close(there)
        shown = read_until(here, "> ")
        assert "asks     Timer wants to see[31m names." in shown and "It reads nothing." in shown and "y (once)  no  once  always" in shown, shown
        os.write(here, b"perhaps\n")
        assert "none of the answers" in read_until(here, "> ")
        os.write(here, b"y\n")
        read_until(here, "ready    Timer")
        assert process.wait(DEADLINE_S) == 0
        os.close(here)
        sent = [(path, body) for method, path, body, last in world.agent.asked if "answers" in path]
        assert sent == [("/api/v1/answers/q3", {"answer": "once"})], sent


def test_question_without_terminal():
    with World() as world:
        with_question(world)
        process = subprocess.Popen([IMPROMPTU, "ask", "a timer"], env=world.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        text = b""
        while b"impromptu answer q3" not in text:
            assert select.select([process.stdout], [], [], DEADLINE_S)[0], text
            text += os.read(process.stdout.fileno(), 4096)
        assert world.run("answer", "q3", "always").returncode == 0
        assert process.wait(DEADLINE_S) == 0
        process.stdout.close()
        assert ("POST", "/api/v1/answers/q3", {"answer": "always"}, None) in world.agent.asked


def test_lists():
    with World() as world:
        world.answers.update({
            ("GET", "/api/v1/apps"): (200, {"apps": [{"id": "timer", "title": "Tim\x1ber", "sentence": "a\ntimer"}]}),
            ("GET", "/api/v1/runs"): (200, {"runs": [{"run": "r9", "state": "DELIVER", "title": "Timer", "prepared": {"text": "x is\nnot defined"}},
                                                       {"run": "r8", "state": "WRITE", "text": "x"}, {"run": "r7", "outcome": "delivered", "text": "a timer"}]}),
            ("GET", "/api/v1/questions"): (200, {"questions": [QUESTION]}),
            ("GET", "/api/v1/lanes"): (200, {"lanes": [{"lane": "fast", "provider": "rehearsal", "model": "played", "recording": "by hand"}],
                                             "choices": [{"choice": "local", "title": "Use a model here", "detail": "on port 8080"}]}),
            ("POST", "/api/v1/lanes"): (200, {"lanes": [{"lane": "fast", "problem": "Nothing listens."}], "choices": []}),
            ("POST", "/api/v1/apps/timer/open"): (200, {"title": "Timer"}), ("POST", "/api/v1/apps/timer/undo"): (200, {"title": "Timer"}),
            ("DELETE", "/api/v1/runs/r8"): (200, {}),
            ("GET", "/api/v1/runs/r8"): (200, {"run": "r8", "outcome": "stopped", "message": "Stopped. Nothing had been made yet."}),
        })
        wanted = {
            ("apps",): "timer                     Timer                     a timer\n",
            ("runs",): "r9        ready       a fix of Timer waits: x is not defined\n                      impromptu keep r9, or impromptu stop r9\n"
                       "r8        WRITE       x\nr7        delivered   a timer\n",
            ("lanes",): "fast      rehearsal                         a recording: by hand\n\nWhat else could answer:\n"
                        "local         Use a model here              on port 8080\n",
            ("lanes", "choose", "local"): "fast      no model                          Nothing listens.\n",
            ("open", "timer"): "Timer opens on the desktop.\n", ("undo", "timer"): "Timer is as it was before its last change.\n",
            ("stop", "r8"): "Stopped. Nothing had been made yet.\n",
        }
        for words, text in wanted.items():
            got = world.run(*words)
            assert (got.returncode, got.stdout) == (0, text), got
        assert "impromptu answer q3 once" in world.run("questions").stdout
        assert json.loads(world.run("--json", "apps").stdout)["apps"][0]["id"] == "timer"
        assert ("POST", "/api/v1/lanes", {"choose": "local"}, None) in world.agent.asked
        world.answers["GET", "/api/v1/apps"] = (200, {"apps": []})
        got = world.run("apps")
        assert got.returncode == 0 and got.stdout == "" and "no app yet" in got.stderr, got


USAGE = {
    "budget": {"dollars": 2, "spent": 0.5, "left": 1.5},
    "days": [
        {"day": "2026-11-27", "calls": 1234, "tokens_in": 2000000, "tokens_out": 300, "tokens_cached": 0, "dollars": 0.5, "unpriced": 34, "models": [
            {"provider": "groq", "model": "fast\x1b[2J", "calls": 1200, "tokens_in": 1999000, "tokens_out": 200, "tokens_cached": 0, "dollars": 0.5,
             "first_token_ms": 210, "rate": 1500},
            {"provider": "custom", "model": "größe", "calls": 34, "tokens_in": 1000, "tokens_out": 100, "tokens_cached": 0, "first_token_ms": 0, "rate": 0}]},
        {"day": "2026-11-26", "calls": 1, "tokens_in": 1, "tokens_out": 1, "tokens_cached": 1, "dollars": 0, "unpriced": 1, "models": []}],
}


def test_grants():
    grant = {"app": "disk", "title": "Disk", "capability": "list", "resource": "/srv", "answer": "always", "uses": 2, "used": 86400 * 365, "tool": "sizes"}
    grants = [{**grant, "id": "g1", "phrase": "look at \x1b[2J/srv"}, {**grant, "id": "g2", "app": "mail", "phrase": "talk to a.b", "answer": "open", "used": 0, "tool": ""}]
    log = [{**grant, "time": 86400 * 365, "what": "used", "phrase": "look at /srv", "count": 3}]
    with World() as world:
        world.answers["GET", "/api/v1/grants"] = (200, {"grants": grants, "days": 90})
        world.answers["GET", "/api/v1/grants?app=a%2Fb"] = (200, {"grants": [], "days": 90})
        world.answers["GET", "/api/v1/apps/a%2Fb"] = (200, {"id": "a/b", "title": "A"})
        world.answers["GET", "/api/v1/grants?log=1&app=disk"] = (200, {"grants": grants[:1], "days": 90, "log": log})
        world.answers["GET", "/api/v1/grants?log=1"] = (200, {"grants": [], "days": 90, "log": []})
        world.answers["POST", "/api/v1/grants"] = (200, {"grants": [], "days": 7})
        for name in ("g1", "g2"):
            world.answers["DELETE", "/api/v1/grants/" + name] = (200, {"grants": []})
        got = world.run("grants").stdout
        assert "\x1b" not in got and "always; used last 1971-01-01" in got and "by sizes" in got and "while it is open; never used" in got, got
        assert got.endswith("What is not used for 90 days ends by itself.\n"), got
        assert world.run("grants", "a/b").stderr == "This app may do nothing but show its page.\n"
        assert "used: look at /srv · sizes, 3 times" in world.run("grants", "log", "disk").stdout
        assert world.run("grants", "log").stderr == "Nothing was used yet.\n"
        assert world.run("grants", "revoke", "mail", "g1").stdout.startswith("mail may no longer talk to a.b.\ndisk may no longer look at")
        assert [path for method, path, *_ in world.agent.asked if method == "DELETE"] == ["/api/v1/grants/g2", "/api/v1/grants/g1"]
        got = world.run("grants", "revoke", "nobody")
        assert got.returncode == 1 and "nobody" in got.stderr, got
        assert world.run("grants", "expire", "7").stdout == "What is not used for 7 days ends by itself.\n"
        assert ("POST", "/api/v1/grants", {"days": 7}, None) in world.agent.asked
        for words in (["expire", "-1"], ["expire", "x"], ["expire"], ["revoke"], ["a", "b"]):
            assert world.run("grants", *words).returncode == 2, words
        world.answers["POST", "/api/v1/answers/q3"] = (200, {})
        assert world.run("answer", "--folder", "/srv/../opt", "q3", "open").returncode == 0
        assert ("POST", "/api/v1/answers/q3", {"answer": "open", "folder": "/opt"}, None) in world.agent.asked


def test_tools():
    with World() as world:
        tools = [{"name": "count", "signature": "count(path: text) → {}: counts"}, {"name": "sum", "signature": "sum() → {}: a\x1b[2Jdds"}]
        world.answers["GET", "/api/v1/tools"] = (200, {"tools": tools})
        good = {"args": {"n": 1}, "passed": True, "expected": {"n": {"about": 2}}, "came": {"n": 2.01}, "ms": 3.4}
        bad = {"args": {}, "passed": False, "expected": {"n": 1}, "came": {"n": "\u202e2"}, "message": "Sample 2: expected 1 at n, got 2", "ms": 9.6}
        broken = {"args": {}, "passed": False, "expected": {"n": 1}, "message": "The tool sum failed: KeyError: 'x'\nTraceback", "ms": 1}
        world.answers["POST", "/api/v1/tools/count/test"] = (200, {"name": "count", "passed": 1, "samples": [good, bad]})
        world.answers["POST", "/api/v1/tools/sum/test"] = (200, {"name": "sum", "passed": 0, "samples": [broken]})
        got = world.run("tools")
        assert (got.returncode, got.stdout) == (0, "count(path: text) → {}: counts\nsum() → {}: a[2Jdds\n"), got
        got = world.run("tools", "test", "count")
        assert got.returncode == 1 and got.stdout.splitlines() == [
            "count: 1 of 2", '  1  passed  called with {"n":1}  (3 ms)', '     expected  {"n":{"about":2}}', '     came      {"n":2.01}',
            "  2  FAILED  called with {}  (10 ms)", '     expected  {"n":1}', '     came      {"n":"2"}', "     Sample 2: expected 1 at n, got 2"], got
        got = world.run("tools", "test")
        assert got.returncode == 1 and got.stdout.startswith("count: 1 of 2\n") and "sum: 0 of 1\n" in got.stdout and "came      nothing" in got.stdout, got
        world.answers["POST", "/api/v1/tools/count/test"] = (200, {"name": "count", "passed": 1, "samples": [good]})
        assert world.run("tools", "test", "count").returncode == 0
        assert json.loads(world.run("--json", "tools", "test", "count").stdout)["passed"] == 1
        got = world.run("tools", "test", "gone")
        assert (got.returncode, got.stderr) == (1, "impromptu: There is no such thing.\n"), got
        assert world.run("tools", "walk").returncode == 2


def test_cost():
    with World() as world:
        world.answers.update({
            ("GET", "/api/v1/usage?days=7"): (200, USAGE), ("GET", "/api/v1/usage?days=30"): (200, {"days": []}),
            ("POST", "/api/v1/budget"): (200, {"days": [], "budget": USAGE["budget"]}),
        })
        got = world.run("usage")
        lines = got.stdout.splitlines()
        assert got.returncode == 0 and "\x1b" not in got.stdout and len({len(line) for line in lines[:5]}) == 1, got.stdout
        assert [line.split() for line in lines] == [
            ["calls", "in", "out", "cached", "cost", "first", "token", "rate"],
            ["2026-11-27", "1,234", "2,000,000", "300", "0", "over", "$0.5000", "-", "-"],
            ["fast[2J", "at", "groq", "1,200", "1,999,000", "200", "0", "$0.5000", "210", "ms", "1,500/s"],
            ["größe", "at", "custom", "34", "1,000", "100", "0", "no", "price", "known", "-", "-"],
            ["2026-11-26", "1", "1", "1", "1", "no", "price", "known", "-", "-"], [],
            ["A", "day", "may", "cost", "$2.00:", "today", "$0.5000", "are", "spent,", "$1.50", "are", "left.",
             "34", "calls", "of", "2026-11-27", "have", "no", "known", "price", "and", "do", "not", "count."]], lines
        assert json.loads(world.run("--json", "usage").stdout) == USAGE
        got = world.run("usage", "30")
        assert got.returncode == 0 and got.stdout == "A day may cost anything.\n" and "No model was asked" in got.stderr, got
        assert world.run("usage", "budget", "$2.50").stdout.startswith("A day may cost $2.00")
        assert world.run("usage", "budget", "none").returncode == 0
        for word in ("0", "$0", "0.00", "0.009", ".001"):
            got = world.run("usage", "budget", word)
            assert got.returncode == 2 and got.stdout == "" and "“impromptu usage budget none”" in got.stderr and "0.01;" in got.stderr, got
        assert world.run("usage", "budget", "0.01").stdout == "A day may cost $2.00: today $0.5000 are spent, $1.50 are left.\n"
        sent = [body for method, path, body, last in world.agent.asked if path == "/api/v1/budget"]
        assert sent == [{"dollars": 2.5}, {"dollars": 0}, {"dollars": 0.01}], sent
        one = {**USAGE, "days": [{**USAGE["days"][1], "unpriced": 1}]}
        world.answers["GET", "/api/v1/usage?days=7"] = (200, one)
        assert world.run("usage").stdout.endswith("are left. 1 call of 2026-11-26 has no known price and does not count.\n")
        del one["budget"]
        world.answers["GET", "/api/v1/usage?days=7"] = (200, one)
        assert world.run("usage").stdout.endswith("\nA day may cost anything.\n")


def test_keys():
    with World() as world:
        world.answers["POST", "/api/v1/keys"] = (200, {"lanes": [], "choices": [], "kept": False, "reason": "It does not answer."})
        world.answers["GET", "/api/v1/keys"] = (200, {"keys": [{"provider": "groq", "title": "Gr\x1boq", "from": "secret-service"}]})
        world.answers["DELETE", "/api/v1/keys/groq"] = (200, {"keys": []})
        got = subprocess.run([IMPROMPTU, "key", "set", "groq"], env=world.environment(), input=" sk-piped \nmore", capture_output=True, text=True, timeout=DEADLINE_S)
        assert got.returncode == 0 and "Only this session" in got.stdout and "It does not answer." in got.stdout and "sk-" not in got.stdout + got.stderr, got
        here, there = pty.openpty()
        typed = subprocess.Popen([IMPROMPTU, "key", "set", "groq"], env=world.environment(), stdin=there, stdout=there, stderr=there)
        shown = read_until(here, "not shown): ")
        os.write(here, b"sk-typed\n")
        shown += read_until(here, "logout.")
        assert typed.wait(DEADLINE_S) == 0 and "sk-" not in shown, shown
        sent = [body["key"] for method, path, body, last in world.agent.asked if method == "POST"]
        assert sent == ["sk-piped", "sk-typed"], sent
        got = world.run("key", "list")
        assert got.returncode == 0 and "in the secret service" in got.stdout and "\x1b" not in got.stdout, got
        assert world.run("key", "remove", "groq").returncode == 0
        got = world.run("key", "remove", "nobody")
        assert got.returncode == 1 and got.stderr == "impromptu: There is no such thing.\n", got
        count = len(world.agent.asked)
        for words in (["set", "groq", "sk-argument"], ["set", "groq"], ["set"], ["list", "x"], ["show"]):
            got = world.run("key", *words)
            assert got.returncode == 2 and "sk-" not in got.stderr and len(got.stderr) > 20, (words, got)
        assert len(world.agent.asked) == count, world.agent.asked


def test_unreachable():
    with World() as world:
        environment = {**world.environment(), "XDG_RUNTIME_DIR": world.folder + "/none"}
        for words in (["apps"], ["ask", "x"], ["session", "logout"]):
            got = subprocess.run([IMPROMPTU, *words], env=environment, capture_output=True, text=True, timeout=DEADLINE_S, stdin=subprocess.DEVNULL)
            assert got.returncode == 2 and "impromptu-agent" in got.stderr, got
        del environment["XDG_RUNTIME_DIR"]
        got = subprocess.run([IMPROMPTU, "apps"], env=environment, capture_output=True, text=True, timeout=DEADLINE_S)
        assert got.returncode == 2 and "XDG_RUNTIME_DIR" in got.stderr, got


def test_lanes_file():
    """A newcomer's own lanes: written to begin with, checked with its mistakes, and with or without an agent that runs."""
    with World() as world:
        home = os.path.join(world.folder, "home")
        os.mkdir(home)
        keys = [name for name in os.environ if name.endswith("_API_KEY")]
        environment = {name: value for name, value in world.environment().items() if name not in keys} | {
            "HOME": home, "XDG_CONFIG_HOME": home, "IMPROMPTU_DATA": os.path.join(os.path.dirname(__file__), "../../data")}
        path = os.path.join(home, "impromptu/lanes.json")

        def run(*words, **more):
            return subprocess.run([IMPROMPTU, "lanes", *words], env={**environment, **more}, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                  timeout=DEADLINE_S)

        def alone(*words):
            return run(*words, XDG_RUNTIME_DIR=home)

        got = alone("check")
        assert got.returncode == 0 and got.stderr == "" and "impromptu lanes init" in got.stdout and got.stdout.count("left to Impromptu") == 3, got
        got = alone("init")
        assert got.returncode == 0 and got.stderr == "" and path in got.stdout and os.path.exists(path), got
        with open(path, encoding="utf-8") as file:
            written = file.read()
        got = alone("init")
        assert got.returncode == 1 and "left as it is" in got.stderr, got
        with open(path, encoding="utf-8") as file:
            assert file.read() == written
        got = alone("check")
        assert got.returncode == 0 and got.stderr == "" and "can be used" in got.stdout, got
        assert "needs a key: CEREBRAS_API_KEY, or “impromptu key set cerebras”" in got.stdout, got
        got = run("check", CEREBRAS_API_KEY="sk-test")
        assert got.returncode == 0 and re.search("Cerebras +has its key", got.stdout) and "sk-test" not in got.stdout, got
        entry = {"provider": "Groq", "model": "m", "problem": "Groq refused the key."}
        world.answers["GET", "/api/v1/keys"] = (200, {"keys": [{"provider": "groq", "title": "Groq", "from": "secret-service"}]})
        gone = {"provider": "Alpha", "model": "x", "problem": "Alpha does not list\x1b[2J the model “x”."}
        lanes = [{"lane": name, "provider": "Groq", "model": "m", "problem": "Groq refused the key.", "entries": [entry, gone]} for name in ("fast", "deep")]
        world.answers["GET", "/api/v1/lanes"] = (200, {"lanes": lanes, "choices": [], "problem": "Groq refused the key."})
        got = run("check")
        assert got.returncode == 0 and re.search("Groq +has its key", got.stdout) and got.stdout.count("Groq refused the key.") == 1, got
        assert got.stdout.count("\nAlpha does not list[2J the model “x”.\n") == 1, got
        got = run()
        assert got.returncode == 0 and got.stdout.count("Groq refused the key.") == 2, got  # in the row of each lane
        assert got.stdout.count("\nAlpha does not list[2J the model “x”.\n") == 1, got
        world.answers["GET", "/api/v1/lanes"] = (200, {"lanes": [], "choices": [], "problem": "None of the providers in your lanes has a key."})
        got = run()
        assert got.returncode == 0 and got.stdout == "None of the providers in your lanes has a key.\n", got
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"providers": {"house": {"title": "House", "base": "https://llm.example/v1", "ca_file": home + "/gone.pem"}}}, file)
        got = alone("check")
        assert got.returncode == 0 and f"House cannot be asked: its certificates, {home}/gone.pem, cannot be read.\n" in got.stdout, got
        with open(home + "/gone.pem", "w", encoding="utf-8") as file:
            file.write("certificates\n")
        got = alone("check")
        assert got.returncode == 0 and "certificates" not in got.stdout, got
        with open(path, "w", encoding="utf-8") as file:
            file.write('{\n  "lanes": {"fast": [{"provider": "grok"}]}\n}')
        got = alone("check")
        assert got.returncode == 1 and got.stdout == "" and "“grok”; there are cerebras, groq, " in got.stderr, got
        with open(path, "w", encoding="utf-8") as file:
            file.write('{\n  "hedge": yes\n}')
        got = alone("check", path)
        assert got.returncode == 1 and "lanes.json:2: this is not JSON" in got.stderr, got
        got = alone("check", home + "/other.json")
        assert got.returncode == 1 and "There is no file" in got.stderr, got
        world.answers["GET", "/api/v1/lanes"] = (200, {"lanes": [], "choices": [], "file_problem": path + ":2: this is not JSON (it ends too early)."})
        got = run()
        assert got.returncode == 0 and "Your lanes are not used: " in got.stdout, got


def test_usage():
    with World() as world:
        for words in ([], ["frobnicate"], ["ask"], ["ask", " "], ["ask", "a\udcff"], ["ask", "x" * 65536], ["--odd", "apps"], ["apps", "x"], ["stop"], ["lanes", "choose"],
                      ["lanes", "take", "local"], ["usage", "0"], ["usage", "x"], ["usage", "7", "8"], ["usage", "budget"], ["usage", "budget", "much"],
                      ["usage", "budget", "-1"], ["session", "nap"], ["session", "status", "x"], ["ask", "--app"]):
            got = world.run(*words)
            assert got.returncode == 2 and got.stdout == "" and len(got.stderr) > 20, (words, got)
        assert world.agent.asked == []
        got = world.run("--help")
        assert got.returncode == 0 and "Exit status" in got.stdout, got
        assert world.run("--version").stdout.startswith("impromptu ")


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
            print(f"not ok {number} {name}\n" + "".join("# " + line + "\n" for line in traceback.format_exc().splitlines()), flush=True)
    sys.exit(failed > 0)


main()
