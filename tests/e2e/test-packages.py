#!/usr/bin/python3
"""Verifies that a tool which a model wrote gets its Python packages: the agent, a rehearsal server that plays the model, the real sandbox, and a package index of the
test's own; no desktop. A package that there is not is the repair's evidence; one nearly called like a well-known one is asked about."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from as_user import become_ordinary  # noqa: E402
from desktop import PROGRAMS, WAIT, Events, UnixConnection  # noqa: E402
from waiting import answers  # noqa: E402
from wheels import Index, wheel  # noqa: E402
import tap  # noqa: E402

DATA = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "data")
PLAN = {"title": "Words", "glyph": "W", "requirements": [],
        "tools": [{"name": "", "line": "Says a word", "arguments": {}, "result": "{answer: a sentence}", "capabilities": {}, "reason": "to say it"}], "call": {"tool": "", "arguments": {}}}
TOOL = """```python
{block}import {module}


def run(args: dict) -> dict:
    return {{"answer": "The word is " + {module}.WORD + "."}}
```

```json
[{{"args": {{}}, "world": {{}}, "result": {{"answer": "The word is {word}."}}}}]
```
"""


def block(*packages):
    return f"# /// script\n# dependencies = {json.dumps(packages)}\n# ///\n" if packages else ""


class Agent:
    """An agent of its own folders, whose lane plays recordings that are added to."""

    def __init__(self, build, folder):
        self.folder, self.data = folder, os.path.join(folder, "data")
        shutil.copytree(DATA, self.data)
        self.bin = os.path.join(folder, "bin")
        os.mkdir(self.bin)
        for room, name in PROGRAMS:
            os.symlink(os.path.join(os.path.abspath(build), room, name), os.path.join(self.bin, name))
        wheels = os.path.join(folder, "wheels")
        os.mkdir(wheels)
        self.index = Index(pathlib.Path(wheels))
        self.env = {"HOME": os.path.join(folder, "home"), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "IMPROMPTU_DATA": self.data, "IMPROMPTU_LANE": "recording",
                    "IMPROMPTU_REHEARSAL_ARGS": "--rate 10000", "IMPROMPTU_BIN_FOLDER": self.bin, "PIP_CONFIG_FILE": "/dev/null", "PIP_INDEX_URL": self.index.url + "/simple"}
        for name, variable in (("home", "HOME"), ("run", "XDG_RUNTIME_DIR"), ("share", "XDG_DATA_HOME"), ("state", "XDG_STATE_HOME"), ("config", "XDG_CONFIG_HOME")):
            self.env[variable] = os.path.join(folder, name)
            os.mkdir(self.env[variable], 0o700)
        self.socket = os.path.join(self.env["XDG_RUNTIME_DIR"], "impromptu", "agent.sock")

    def record(self, sentence, name, *drafts):
        folder = os.path.join(self.data, "rehearsal", name)
        os.mkdir(folder)
        plan = json.loads(json.dumps(PLAN))
        plan["tools"][0]["name"] = plan["call"]["tool"] = name
        parts = [("route", "ROUTE", "", 1, "tool"), ("plan", "PLAN", "", 1, json.dumps(plan))]
        parts += [(f"tool-{n}", "TOOL", f"part: {name}\n", n, draft) for n, draft in enumerate(drafts, 1)]
        for file, state, part, attempt, text in parts:
            with open(os.path.join(folder, file + ".txt"), "w", encoding="utf-8") as out:
                out.write(f"state: {state}\n{part}attempt: {attempt}\nsentence: {sentence}\nhow: by hand\n\n{text}\n")

    def start(self):
        os.mkdir(os.path.dirname(self.socket), 0o700)
        self.process = subprocess.Popen([os.path.join(self.bin, "impromptu-agent")], env=self.env, cwd=self.env["HOME"])
        tap.check(answers(self.socket, WAIT, self.process), "the agent answers")
        self.events = Events(self.socket)
        self.events.wait("snapshot", "its stream")  # what comes later is an event of its own

    def request(self, method, path, body=None):
        connection = UnixConnection(self.socket)
        connection.request(method, path, json.dumps(body) if body is not None else None, {"Content-Type": "application/json"} if body is not None else {})
        answer = connection.getresponse()
        text = answer.read()
        tap.check(answer.status < 400, f"{method} {path}: {answer.status} {text}")
        return json.loads(text)

    def ask(self, sentence):
        """Asks, and leaves the connection open: its events are read from the desktop's stream."""
        since = self.events.mark()
        self.asking = UnixConnection(self.socket)
        self.asking.request("POST", "/api/v1/ask", json.dumps({"text": sentence}), {"Content-Type": "application/json"})
        return self.events.wait("run", "the run", since, text=sentence)["run"], since

    def close(self):
        self.process.terminate()
        self.process.wait(WAIT)
        self.events.closed = True
        self.index.shutdown()
        self.index.server_close()


def a_missing_module_is_installed(agent):
    run, since = agent.ask("what is the first word?")
    said = agent.events.wait("answer", "the answer", since, run=run)["text"]
    tap.equal(said, "The word is firstword 1.0.", "the package's own word")
    states = [(data["state"], data["attempt"]) for kind, data, _ in agent.events.list[since:] if kind == "tool" and data["run"] == run]
    tap.equal(states, [("drafting", 1), ("trying", 1), ("ready", 1)], "the first draft did")
    tap.equal(agent.request("GET", "/api/v1/questions")["questions"], [], "nobody was asked")
    tap.check(any(path.startswith("/files/firstword-") for path in agent.index.paths()), "it came from the person's index")


def a_well_known_module_needs_no_name(agent):
    run, since = agent.ask("what is the humane word?")
    tap.equal(agent.events.wait("answer", "the answer", since, run=run)["text"], "The word is music21 1.0.", "the package of the module")


def a_package_that_there_is_not_is_the_repairs_evidence(agent):
    run, since = agent.ask("what is the second word?")
    failed = agent.events.wait("tool", "the failure", since, run=run, state="failed")
    tap.check("There is no package inventedword" in failed["error"], f"what the index said: {failed['error']}")
    tap.equal(agent.events.wait("answer", "the answer", since, run=run)["text"], "The word is secondword 1.0.", "the repaired tool")


def a_name_like_a_well_known_one_is_asked_about(agent):
    run, since = agent.ask("what is the third word?")
    question = agent.events.wait("question", "the question", since)
    tap.equal((question["capability"], question["answers"]), ("package", ["once", "no"]), "what is asked")
    tap.check("reqeusts" in question["sentence"] and "requests" in question["detail"], f"both names: {question}")
    tap.check(not any("reqeusts" in path for path in agent.index.paths()), "nothing was fetched before")
    agent.request("POST", f"/api/v1/answers/{question['question']}", {"answer": "once"})
    tap.equal(agent.events.wait("answer", "the answer", since, run=run)["text"], "The word is reqeusts 1.0.", "installed after the yes")
    asked = [data for kind, data, _ in agent.events.list[since:] if kind == "question"]
    tap.equal(len(asked), 1, "the call after the samples did not ask again")


def a_no_is_the_repairs_evidence(agent):
    run, since = agent.ask("what is the fourth word?")
    question = agent.events.wait("question", "the question", since)
    agent.request("POST", f"/api/v1/answers/{question['question']}", {"answer": "no"})
    failed = agent.events.wait("tool", "the failure", since, run=run, state="failed")
    tap.check("the person said no" in failed["error"], f"the refusal: {failed['error']}")
    tap.equal(agent.events.wait("answer", "the answer", since, run=run)["text"], "The word is firstword 1.0.", "the repaired tool")
    tap.check(not any("numpyy" in path for path in agent.index.paths()), "nothing was fetched")


def main():
    build = sys.argv[1]
    become_ordinary()
    with tempfile.TemporaryDirectory(prefix="impromptu-packages-") as folder:
        agent = Agent(build, folder)
        for name in ("firstword", "secondword", "reqeusts", "numpyy", "music21"):
            agent.index.add(wheel(agent.index.folder, name))

        def draft(module, *packages, word=None):
            return TOOL.format(block=block(*packages), module=module, word=word or f"{module} 1.0")
        agent.record("what is the first word?", "first_word", draft("firstword", "FirstWord"))
        agent.record("what is the humane word?", "humane_word", draft("music21"))
        agent.record("what is the second word?", "second_word", draft("inventedword", "inventedword"), draft("secondword", "secondword>=1"))
        agent.record("what is the third word?", "third_word", draft("reqeusts", "reqeusts"))
        agent.record("what is the fourth word?", "fourth_word", draft("numpyy", "numpyy"), draft("firstword", "firstword"))
        agent.start()
        try:
            return tap.run([a_missing_module_is_installed, a_well_known_module_needs_no_name, a_package_that_there_is_not_is_the_repairs_evidence,
                            a_name_like_a_well_known_one_is_asked_about, a_no_is_the_repairs_evidence], agent)
        finally:
            agent.close()


if __name__ == "__main__":
    sys.exit(main())
