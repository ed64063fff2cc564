"""Prints what a run costs of our own time: from Enter to the open gate, without models, tools, the person and views. The real agent plays the
recordings at a rate; evidence comes from here at once, since CHECK is on a line of its own. Usage: own-time.py BUILD DATA [RATE [ROUNDS]]

A figure is a median over rounds, in milliseconds, for each state that a sentence went through."""
import http.client
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import waiting  # noqa: E402

DEADLINE = 60
BUILD, DATA = sys.argv[1], sys.argv[2]
RATE = sys.argv[3] if len(sys.argv) > 3 else "17000"
ROUNDS = int(sys.argv[4]) if len(sys.argv) > 4 else 7
SENTENCES = ["what is eating my disk?", "a pomodoro timer"]
# What a view would find in the recordings' first drafts: the words of a step that fails.
FAILS = {"a pomodoro timer": "Pause"}
ROOT = tempfile.mkdtemp(prefix="impromptu-own-")
SOCKET = ROOT + "/run/impromptu/agent.sock"


class Connection(http.client.HTTPConnection):
    def __init__(self):
        super().__init__("agent", timeout=DEADLINE)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(DEADLINE)
        self.sock.connect(SOCKET)


def ask(method, path, body=None):
    connection = Connection()
    connection.request(method, path, None if body is None else json.dumps(body).encode())
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    assert answer.status == 200, text
    return json.loads(text)


def start():
    environment = dict(os.environ, XDG_RUNTIME_DIR=ROOT + "/run", XDG_DATA_HOME=ROOT + "/data", XDG_STATE_HOME=ROOT + "/state", HOME=ROOT,
                       IMPROMPTU_DATA=DATA, IMPROMPTU_LANE="recording", IMPROMPTU_REHEARSAL_ARGS=f"--rate {RATE} --first-token-ms 0",
                       DBUS_SESSION_BUS_ADDRESS="unix:path=/nonexistent")
    os.makedirs(os.path.dirname(SOCKET), mode=0o700)
    process = subprocess.Popen([BUILD + "/agent/impromptu-agent"], env=environment, stderr=open(ROOT + "/log", "w"))
    assert waiting.answers(SOCKET, DEADLINE, process), open(ROOT + "/log").read()
    return process


def evidence(check, sentence):
    first = check["draft"].endswith(".1")
    results = []
    for number, requirement in enumerate(check["requirements"]):
        steps = requirement.get("steps") or []
        wrong = [n for n, step in enumerate(steps) if first and FAILS.get(sentence) == step.get("press")]
        if requirement.get("eye"):
            results.append({"requirement": number, "verdict": "eye"})
        elif wrong and not any(r["verdict"] == "failed" for r in results):
            results.append({"requirement": number, "verdict": "failed", "step": len(steps) - 1, "saw": "25:00"})
        else:
            results.append({"requirement": number, "verdict": "passed"})
    return {"draft": check["draft"], "results": results, "findings": [], "ms": 1, "view": "none"}


def run(sentence):
    connection = Connection()
    connection.request("POST", "/api/v1/ask", json.dumps({"text": sentence, "make": True}).encode())
    stream = connection.getresponse()
    kind, identity = None, None
    while True:
        line = stream.readline().decode().rstrip("\n")
        if line.startswith("event:"):
            kind = line[6:].strip()
        elif line.startswith("data:"):
            data = json.loads(line[5:])
            identity = data.get("run", identity)
            if kind == "check":
                ask("POST", f"/api/v1/runs/{identity}/evidence", evidence(data, sentence))
            elif kind == "done":
                assert data["outcome"] == "delivered", data["message"]
                connection.close()
                return data["timeline"]


def median(values):
    return statistics.median(values) if values else 0.0


def report(sentence, timelines):
    states = []
    for timeline in timelines:
        sums = {}
        for stage in timeline["stages"]:
            if stage["state"] != "CHECK":
                sums[stage["state"]] = sums.get(stage["state"], 0) + stage["own_ms"]
        states.append(sums)
    names = list(states[-1])
    parts = "  ".join(f"{name} {median([s.get(name, 0) for s in states]):.1f}" for name in names)
    model = median([sum(stage["model_ms"] for stage in t["stages"]) for t in timelines])
    own = [t["own_ms"] for t in timelines]
    print(f"{sentence}: own {median(own):.1f} ms (first {own[0]:.1f}, worst {max(own):.1f}), model {model:.1f} ms; {parts}", flush=True)


process = start()
try:
    for wanted in SENTENCES:
        report(wanted, [run(wanted) for _ in range(ROUNDS)])
finally:
    process.send_signal(signal.SIGTERM)
    process.wait(DEADLINE)
    shutil.rmtree(ROOT, ignore_errors=True)
