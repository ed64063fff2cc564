#!/usr/bin/python3
"""Verifies that the desktop's main job is the same whichever dialect its model speaks: in a whole desktop of its own a disk app with a tool that has to
be written twice, and a timer that has to be repaired from evidence. The dialect is the argument; "tls" is chat completions over https, at a server of a
person's own lanes with a certificate of a person's own."""
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from as_user import become_ordinary  # noqa: E402
from desktop import Desktop, WAIT  # noqa: E402
from rehearsal import Rehearsal  # noqa: E402
import tap  # noqa: E402

DISK, TIMER = "what is eating my disk?", "a pomodoro timer"
CALLS = {DISK: ["ROUTE 1", "PLAN 1", "TOOL 1", "TOOL 2", "WRITE 1"], TIMER: ["PLAN 1", "WRITE 1", "REPAIR 1"]}
RATE = 20000  # tokens a second


class Job:
    """The desktop, its rehearsal server, and the dialect that the server should have been asked in."""

    def __init__(self, d, rehearsal, dialect):
        self.d, self.rehearsal, self.dialect = d, rehearsal, dialect

    def ask(self, sentence):
        since = self.d.events.mark()
        self.d.bar()
        self.d.type(sentence)
        self.d.keys("Return")
        return self.d.events.wait("run", "the run", since, text=sentence)["run"], since

    def answer(self, question, key):
        def settled():
            self.d.keys(key)
            return question["question"] not in [q["question"] for q in self.d.request("GET", "/api/v1/questions")["questions"]]
        self.d.until(settled, "the question to take its key")

    def check_calls(self, sentence):
        """Every call that the app needed was made, once, in this dialect, and was answered. What is learnt afterwards may come too late to be seen."""
        calls = [c for c in self.rehearsal.calls() if c.get("sentence") == sentence and c["state"] != "LEARN"]
        tap.equal(sorted(f"{c['state']} {c['attempt']}" for c in calls), sorted(CALLS[sentence]), "the calls")
        tap.equal({c["dialect"] for c in calls}, {self.dialect}, "the dialect that was spoken")
        tap.equal({(c["stream"], c["ended"]) for c in calls}, {(True, "whole")}, "each was streamed to its end")

    def check_usage(self, run, since, calls):
        """What was used is known of each call: the numbers that the dialect's own words told."""
        usages = [e for name, e, _ in self.d.events.list[since:] if name == "usage" and e["run"] == run]
        tap.equal(len(usages), calls, "a usage for each call")
        tap.check(all(u["tokens_out"] > 0 and u["tokens_in"] > 0 for u in usages), f"with the server's count of tokens: {usages}")


def a_tool_is_written_twice_and_its_app_reads_this_machine(job):
    run, since = job.ask(DISK)
    job.d.events.wait("tool", "the repaired tool", since, run=run, state="ready", attempt=2)
    delivered = job.d.events.wait("deliver", "the app", since, run=run)
    tap.equal(delivered["broken"], 0, "nothing is broken")
    question = job.d.events.wait("question", "the question", since)
    tap.equal(question["quote"], DISK, "the person's own sentence, whole")
    job.answer(question, "super+2")
    job.d.until(lambda: job.d.request("GET", "/api/v1/grants")["grants"], "the grant")
    result = job.d.request("POST", "/api/v1/tools/folder_sizes", {"arguments": {"path": "~"}, "app": delivered["app"]})["result"]
    tap.check(any(e["name"] == "a-film.bin" and e["bytes"] == 3000000 for e in result["entries"]), f"the real home folder is read: {result}")
    job.check_calls(DISK)
    job.check_usage(run, since, len(CALLS[DISK]))
    job.d.find("Disk Lens")


def a_timer_is_repaired_from_what_was_seen(job):
    run, since = job.ask(TIMER)
    first = job.d.events.wait("evidence", "the first check", since, run=run, draft=f"{run}.1")
    failed = next(r for r in first["results"] if "24:00" in json.dumps(r))
    tap.equal(failed["verdict"], "failed", "the dead Pause is found")
    done = job.d.events.wait("done", "the end", since, run=run)
    tap.equal(done["outcome"], "delivered", "it is delivered")
    last = job.d.events.wait("deliver", "the delivery", since, run=run)
    tap.equal((last["passed"], last["broken"]), (last["total"], 0), "everything passes after the repair")
    job.check_calls(TIMER)
    job.check_usage(run, since, len(CALLS[TIMER]))


def make_certificate(folder):
    """For 127.0.0.1, signed by itself, so that only who is given it trusts it; returns its file and its key's."""
    files = os.path.join(folder, "certificate.pem"), os.path.join(folder, "key.pem")
    argv = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
            "-addext", "subjectAltName=IP:127.0.0.1", "-out", files[0], "-keyout", files[1]]
    subprocess.run(argv, check=True, capture_output=True, timeout=WAIT)
    return files


def write_lanes(desktop, rehearsal, certificate):
    """A person's own file: a server of theirs by https, and nothing else."""
    path = os.path.join(desktop.env["XDG_CONFIG_HOME"], "impromptu", "lanes.json")
    entry = [{"provider": "house", "model": "rehearsal"}]
    house = {"title": "The house", "base": rehearsal.base, "dialect": "openai", "takes": ["usage", "json_schema"], "ca_file": certificate, "rehearsal": True}
    os.makedirs(os.path.dirname(path))
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"lanes": {"fast": entry, "deep": entry, "router": entry}, "providers": {"house": house}}, file)


def play(build, dialect):
    with tempfile.TemporaryDirectory(prefix="impromptu-home-") as home, tempfile.TemporaryDirectory(prefix="impromptu-out-") as out:
        with open(os.path.join(home, "a-film.bin"), "wb") as film:
            film.truncate(3000000)
        certificate = make_certificate(out) if dialect == "tls" else None
        rehearsal = Rehearsal(os.path.join(build, "agent/rehearsal/impromptu-rehearsal"), out, rate=RATE, certificate=certificate)
        env = {"IMPROMPTU_LANE": "environment"} if certificate else {"IMPROMPTU_LANE": "recording", "IMPROMPTU_DIALECT": dialect,
                                                                     "IMPROMPTU_REHEARSAL_URL": rehearsal.base}
        try:
            with Desktop(build, out, home=home, env=env) as d:
                if certificate:
                    write_lanes(d, rehearsal, certificate[0])
                d.start()
                job = Job(d, rehearsal, "openai" if certificate else dialect)
                return tap.run([a_tool_is_written_twice_and_its_app_reads_this_machine, a_timer_is_repaired_from_what_was_seen], job)
        finally:
            rehearsal.stop()


def main():
    become_ordinary()
    return play(sys.argv[1], sys.argv[2])


if __name__ == "__main__":
    sys.exit(main())
