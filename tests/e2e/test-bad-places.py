#!/usr/bin/python3
"""Verifies that a full disk, a library that cannot be written and a socket that another agent holds end in sentences, that what was
accepted stays and that the desktop goes on, also once there is room again."""
import json
import os
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from as_user import become_ordinary  # noqa: E402
from desktop import Desktop, UnixConnection, WAIT  # noqa: E402
from rehearsal import Rehearsal  # noqa: E402
from small_disk import SmallDisk, enter_namespace  # noqa: E402
import tap  # noqa: E402

CUPS = "a tally of cups"
BACK = "let me take a cup back"
DISK_MB = 16


class World:
    def __init__(self, desktop, disk, rehearsal):
        self.d, self.disk, self.rehearsal = desktop, disk, rehearsal

    def ask(self, sentence, path="/api/v1/ask", **fields):
        """The status, and the run's events or the error's sentence."""
        connection = UnixConnection(self.d.socket)
        connection.request("POST", path, json.dumps({"text": sentence, **fields}), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        if answer.status == 200:
            connection.close()
            return 200, None
        return answer.status, json.loads(answer.read())["error"]["message"]

    def end(self, sentence, path="/api/v1/ask", during=None, **fields):
        """A run's end; `during` = (state, what to do when it is entered)."""
        since = self.d.events.mark()
        status, message = self.ask(sentence, path, **fields)
        tap.equal(status, 200, f"it is taken: {message}")
        run = self.d.events.wait("run", "the run", since, text=sentence)["run"]
        if during:
            self.d.events.wait("state", during[0], since, run=run, state=during[0])
            during[1]()
        return self.d.events.wait("done", "the end", since, 2 * WAIT, run=run)

    def cups(self):
        return next(a for a in self.d.request("GET", "/api/v1/apps")["apps"] if a["title"] == "Cups")["id"]

    def history(self):
        return len(self.d.request("GET", f"/api/v1/apps/{self.cups()}")["history"])

    def goes_on(self):
        since = self.d.events.mark()
        self.d.sync(1)
        self.d.bar()
        self.d.type(CUPS)
        self.d.keys("Return")
        self.d.events.wait("open", "an app that exists to open", since, app=self.cups())


def a_first_app_is_made(w):
    tap.equal(w.end(CUPS)["outcome"], "delivered", "the first app")
    w.goes_on()


def a_full_disk_takes_no_new_run_and_says_so(w):
    w.disk.fill()
    status, message = w.ask(CUPS, make=True)
    tap.equal(status, 507, message)
    tap.check("full" in message and "Nothing was started" in message and "ask again" in message, message)


def what_was_accepted_opens_on_a_full_disk(w):
    w.goes_on()
    tap.check("0 cups today" in page(w), "its page is whole")


def page(w):
    connection = UnixConnection(w.d.socket)
    connection.request("GET", f"/app/{w.cups()}/index.html")
    return connection.getresponse().read().decode()


def room_again_is_enough(w):
    w.disk.free()
    before = w.history()
    done = w.end(BACK, f"/api/v1/apps/{w.cups()}/fix")
    tap.equal(done["outcome"], "delivered", done["message"])
    tap.equal(w.history(), before + 1, "a new version")
    w.goes_on()


def a_disk_that_fills_while_a_change_is_made_keeps_the_version_before(w):
    before = w.history()
    w.rehearsal.faults("slow=300@EDIT")
    done = w.end(BACK, f"/api/v1/apps/{w.cups()}/fix", during=("WRITE", w.disk.fill))
    tap.equal(done["outcome"], "failed", done["message"])
    tap.check("stays" in done["message"] and "disk is full" in done["message"] and done["message"].endswith("."), done["message"])
    tap.equal(w.history(), before, "no new version")
    w.goes_on()
    w.disk.free()
    w.rehearsal.faults()
    done = w.end(BACK, f"/api/v1/apps/{w.cups()}/fix")
    tap.equal(done["outcome"], "delivered", f"with room again: {done['message']}")
    w.goes_on()


def an_agent_that_is_killed_on_a_full_disk_comes_back_with_everything(w):
    titles = sorted(a["title"] for a in w.d.request("GET", "/api/v1/apps")["apps"])
    w.disk.fill()
    pid = part(w.d, "agent")["pid"]
    os.kill(pid, signal.SIGKILL)
    w.d.until(lambda: part(w.d, "agent")["pid"] not in (0, pid), "another agent")
    w.d.until(lambda: w.d.request("GET", "/api/v1/lanes", quiet=True), "it to answer")
    tap.equal(sorted(a["title"] for a in w.d.request("GET", "/api/v1/apps")["apps"]), titles, "every app is there")
    working = [r for r in w.d.request("GET", "/api/v1/runs")["runs"] if not r["finished"]]
    tap.equal(working, [], "what was told to be over does not begin again")
    w.disk.free()
    w.goes_on()


def part(d, name):
    """What the session says of its agent or its shell."""
    connection = UnixConnection(os.path.join(d.env["XDG_RUNTIME_DIR"], "impromptu", "session.sock"))
    connection.request("GET", "/status")
    return next(p for p in json.loads(connection.getresponse().read())["parts"] if p["part"] == name)


def a_library_that_cannot_be_written_keeps_the_version_before(w):
    library, before = os.path.join(w.d.env["XDG_DATA_HOME"], "impromptu"), w.history()
    for where, folders, _ in os.walk(library, topdown=False):
        os.chmod(where, 0o500)
    try:
        done = w.end(BACK, f"/api/v1/apps/{w.cups()}/fix")
        tap.equal(done["outcome"], "failed", done["message"])
        tap.check("stays" in done["message"] and "kept as" in done["message"], done["message"])
        tap.equal(w.history(), before, "no new version")
        new = w.end(CUPS, make=True)
        tap.equal(new["outcome"], "failed", new["message"])
        tap.check("kept as" in new["message"], new["message"])
        w.goes_on()
    finally:
        for where, folders, _ in os.walk(library):
            os.chmod(where, 0o700)
    done = w.end(BACK, f"/api/v1/apps/{w.cups()}/fix")
    tap.equal(done["outcome"], "delivered", f"once it can be written: {done['message']}")
    w.goes_on()


def a_socket_that_another_agent_holds_leaves_a_working_desktop(w):
    """An agent that somebody started by hand is there before the session's own."""
    folders = {name: os.path.join(w.disk.path, "other-" + name.lower()) for name in ("XDG_DATA_HOME", "XDG_STATE_HOME")}
    for folder in folders.values():
        os.mkdir(folder, 0o700)
    env = {"IMPROMPTU_LANE": "recording", "IMPROMPTU_REHEARSAL_URL": w.rehearsal.base, **folders}
    with Desktop(sys.argv[1], w.d.out, home=w.d.env["HOME"], env=env) as d:
        agent = subprocess.Popen([d.program("impromptu-agent")], env=d.env, stdin=subprocess.DEVNULL, stdout=d.log, stderr=d.log)
        d.processes.insert(0, agent)
        d.until(lambda: d.request("GET", "/api/v1/lanes", quiet=True), "the other agent")
        d.start()
        problem = d.until(lambda: part(d, "agent").get("problem"), "the session to say so")
        tap.check("already at work" in problem and "session restart agent" in problem, problem)
        other = World(d, w.disk, w.rehearsal)
        tap.equal(other.end(CUPS)["outcome"], "delivered", "the desktop works with the agent that is there")
        other.goes_on()
        agent.terminate()
        agent.wait(WAIT)
        d.tool(d.program("impromptu"), "session", "restart", "agent")
        d.until(lambda: part(d, "agent")["running"], "the session's own agent")
        d.until(lambda: d.request("GET", "/api/v1/lanes", quiet=True), "it to answer")
        other.goes_on()


def main():
    become_ordinary()
    enter_namespace()
    with tempfile.TemporaryDirectory(prefix="impromptu-home-") as home, tempfile.TemporaryDirectory(prefix="impromptu-out-") as out:
        disk = SmallDisk(os.path.join(home, "small"), DISK_MB)
        rehearsal = Rehearsal(os.path.join(os.path.abspath(sys.argv[1]), "agent/rehearsal/impromptu-rehearsal"), out)
        folders = {"XDG_DATA_HOME": os.path.join(disk.path, "data"), "XDG_STATE_HOME": os.path.join(disk.path, "state")}
        for folder in folders.values():
            os.mkdir(folder, 0o700)
        env = {"IMPROMPTU_LANE": "recording", "IMPROMPTU_REHEARSAL_URL": rehearsal.base, **folders}
        try:
            with Desktop(sys.argv[1], out, home=home, env=env) as d:
                d.start()
                return tap.run([
                    a_first_app_is_made,
                    a_full_disk_takes_no_new_run_and_says_so,
                    what_was_accepted_opens_on_a_full_disk,
                    room_again_is_enough,
                    a_disk_that_fills_while_a_change_is_made_keeps_the_version_before,
                    an_agent_that_is_killed_on_a_full_disk_comes_back_with_everything,
                    a_library_that_cannot_be_written_keeps_the_version_before,
                    a_socket_that_another_agent_holds_leaves_a_working_desktop,
                ], World(d, disk, rehearsal))
        finally:
            rehearsal.stop()
            disk.remove()


if __name__ == "__main__":
    sys.exit(main())
