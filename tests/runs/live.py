"""The real agent with recordings of a test's own, played by the rehearsal server, and a view that finds what the test says."""
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.dirname(HERE), os.path.join(os.path.dirname(HERE), "e2e")]
import tap  # noqa: E402
import waiting  # noqa: E402

DEADLINE = 60


class Connection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("agent", timeout=DEADLINE)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(DEADLINE)
        self.sock.connect(self.path)


class Live:
    def __init__(self, build, data, name):
        self.build, self.process = build, None
        self.root = tempfile.mkdtemp(prefix=f"impromptu-{name}-")
        self.share, self.config, self.library = self.root + "/share", self.root + "/config", self.root + "/data/impromptu/library"
        self.socket = self.root + "/run/impromptu/agent.sock"
        shutil.copytree(data, self.share, ignore=shutil.ignore_patterns("rehearsal"))
        self.environment = dict(os.environ, XDG_RUNTIME_DIR=self.root + "/run", XDG_DATA_HOME=self.root + "/data", XDG_STATE_HOME=self.root + "/state",
                                XDG_CONFIG_HOME=self.config, HOME=self.root, IMPROMPTU_DATA=self.share, IMPROMPTU_LANE="recording", LANG="C.UTF-8",
                                IMPROMPTU_REHEARSAL_ARGS="--rate 17000 --first-token-ms 0", DBUS_SESSION_BUS_ADDRESS="unix:path=/nonexistent")

    def record(self, sentence, answers, requires={}):
        """answers: STATE/ATTEMPT[/PART] to text; requires: the same to a phrase that the request must hold."""
        folder = f"{self.share}/rehearsal/{len(os.listdir(self.share + '/rehearsal')) if os.path.isdir(self.share + '/rehearsal') else 0}"
        os.makedirs(folder)
        for call, answer in answers.items():
            state, attempt, *part = call.split("/")
            head = f"state: {state}\nattempt: {attempt}\nsentence: {sentence}\nhow: by hand\n" + "".join(f"part: {name}\n" for name in part)
            head += f"requires: {requires[call]}\n" if call in requires else ""
            with open(f"{folder}/{call.lower().replace('/', '-')}.txt", "w") as file:
                file.write(f"{head}\n{answer}\n")

    def start(self):
        os.makedirs(os.path.dirname(self.socket), mode=0o700)
        self.process = subprocess.Popen([self.build + "/agent/impromptu-agent"], env=self.environment, stderr=open(self.root + "/log", "w"))
        tap.check(waiting.answers(self.socket, DEADLINE, self.process), open(self.root + "/log").read())

    def end(self):
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(DEADLINE)
        shutil.rmtree(self.root, ignore_errors=True)

    def ask(self, method, path, body=None):
        connection = Connection(self.socket)
        connection.request(method, path, None if body is None else json.dumps(body).encode())
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        tap.check(answer.status == 200, f"{method} {path}: {answer.status} {text!r}")
        return json.loads(text) if text.startswith(b"{") else text.decode()

    def run(self, path, body, evidence):
        """A run's events, to its end. evidence(check, number of the check from 1) is what the view finds: results and findings."""
        connection = Connection(self.socket)
        connection.request("POST", path, json.dumps(body).encode())
        stream = connection.getresponse()
        tap.check(stream.status == 200, f"{path}: {stream.status}")
        kind, events, checks = None, [], 0
        while not events or events[-1][0] != "done":
            line = stream.readline().decode()
            tap.check(line, f"the events end: {events[-1:]}")
            if line.startswith("event:"):
                kind = line[6:].strip()
            elif line.startswith("data:"):
                events.append((kind, json.loads(line[5:])))
                if kind == "check":
                    checks += 1
                    self.check(events[-1][1], evidence(events[-1][1], checks))
        connection.close()
        return events

    def check(self, check, found):
        self.ask("GET", f"/app/{check['app']}/{check['path']}")
        self.ask("POST", f"/api/v1/runs/{check['run']}/evidence", {"draft": check["draft"], "results": found[0], "findings": found[1], "ms": 1, "view": "none"})

    def files(self, folder):
        """What lies there, byte for byte."""
        found = {}
        for where, _, names in os.walk(folder):
            for name in names:
                with open(os.path.join(where, name), "rb") as file:
                    found[os.path.join(where, name)] = file.read()
        return found


def page(body):
    return f"<!doctype html>\n<html><head><title>Counter</title></head><body>\n{body}\n</body></html>"


def last(events):
    return events[-1][1]
