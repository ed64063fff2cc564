#!/usr/bin/python3
"""Verifies that bad sentences, bad models and bad pages end in a sentence that says what happened and what can be done; that the last
working version stays, that nothing accepted is lost, and that the desktop goes on after each of them."""
import json
import os
import socket
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from as_user import become_ordinary  # noqa: E402
from desktop import Failed, UnixConnection, WAIT  # noqa: E402
from stage import stage  # noqa: E402
import tap  # noqa: E402

CUPS = "a tally of cups"
BACK = "let me take a cup back"
STALL_SECONDS = "2"
CONTROLS = [chr(c) for c in (*range(32), 0x7F, 0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))]


class Listener:
    """A server that nobody may reach; it remembers who did."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port, self.heard = self.socket.getsockname()[1], []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        while True:
            connection, _ = self.socket.accept()
            self.heard.append(connection.recv(200))
            connection.close()


class Refuser:
    """A model server that knows no key."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.base = f"http://127.0.0.1:{self.socket.getsockname()[1]}/v1"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        body = b'{"error": {"message": "Incorrect API key provided: sk-\\u001b[31mno", "code": "invalid_api_key"}}'
        while True:
            connection, _ = self.socket.accept()
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\nConnection: close\r\n"
                               b"Content-Length: %d\r\n\r\n" % len(body) + body)
            connection.close()


class World:
    """What the tests share: the desktop, its model, and who must not be reached."""

    def __init__(self, desktop, rehearsal, listener):
        self.d, self.rehearsal, self.listener = desktop, rehearsal, listener

    def post(self, path, raw, kind="application/json"):
        """The status and the body of a request whose body is these bytes."""
        connection = UnixConnection(self.d.socket)
        connection.request("POST", path, raw, {"Content-Type": kind})
        answer = connection.getresponse()
        return answer.status, answer.read()

    def start(self, sentence, path="/api/v1/ask", **fields):
        """Asks over the socket; the run goes on by itself."""
        since = self.d.events.mark()
        connection = UnixConnection(self.d.socket)
        connection.request("POST", path, json.dumps({"text": sentence, **fields}), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        tap.equal(answer.status, 200, "the sentence is taken")
        run = self.d.events.wait("run", "the run", since, text=sentence)["run"]
        connection.close()
        return run, since

    def end(self, sentence, path="/api/v1/ask", **fields):
        run, since = self.start(sentence, path, **fields)
        return self.d.events.wait("done", f"the end of “{sentence}”", since, 2 * WAIT, run=run), since

    def cups(self):
        return next(a for a in self.d.request("GET", "/api/v1/apps")["apps"] if a["title"] == "Cups")["id"]

    def history(self):
        return len(self.d.request("GET", f"/api/v1/apps/{self.cups()}")["history"])

    def goes_on(self):
        """The window manager and the user interface answer, the bar takes a sentence, and what was made before opens."""
        self.rehearsal.faults()
        since = self.d.events.mark()
        self.d.sync(1)
        self.d.bar()
        self.d.type(CUPS)
        self.d.keys("Return")
        # Several of this name may have been made within one second: which of them is the newest is nobody's business.
        named = [a["id"] for a in self.d.request("GET", "/api/v1/apps")["apps"] if a["title"] == "Cups"]
        self.d.events.wait("open", "an app that exists to open", since, app=lambda app: app in named)
        self.d.find("Cups")


def sentence_like(message, *words):
    """A sentence a person can act on: it begins like one, ends like one, and says what it should."""
    tap.check(message[:1].isupper() or not message[:1].isascii() or message[:1] in "“", f"it begins like a sentence: {message!r}")
    tap.check(message.rstrip()[-1:] in ".!?”", f"it ends like a sentence: {message!r}")
    tap.check(not [c for c in message if c in CONTROLS], f"no control characters: {message!r}")
    for word in words:
        tap.check(word in message, f"it says “{word}”: {message}")


def a_first_app_is_made(w):
    since = w.d.events.mark()
    w.d.bar()
    w.d.type(CUPS)
    w.d.keys("Return")
    done = w.d.events.wait("done", "the first app", since)
    tap.equal(done["outcome"], "delivered", done["message"])


def bad_sentences_are_refused_with_a_sentence(w):
    before = w.d.request("GET", "/api/v1/runs")["runs"]
    for name, raw, status in (
            ("nothing", b'{"text": ""}', 400), ("white space", json.dumps({"text": " \t\n\u2003"}).encode(), 400),
            ("only overrides", json.dumps({"text": "\u202e\u2066"}).encode(), 400),
            ("64 KiB", json.dumps({"text": "x" * 65536}).encode(), 413),
            ("64 KiB in two bytes each", json.dumps({"text": "ö" * 32768}, ensure_ascii=False).encode(), 413),
            ("NUL, escaped", b'{"text": "a\\u0000b"}', 400), ("NUL, raw", b'{"text": "a\0b"}', 400),
            ("invalid UTF-8", b'{"text": "a\xff\xfeb"}', 400), ("an overlong NUL", b'{"text": "a\xc0\x80b"}', 400),
            ("a surrogate in UTF-8", b'{"text": "a\xed\xa0\x80b"}', 400),
            ("no JSON", b"a tally of cups", 400), ("JSON cut off", b'{"text": "a ta', 400), ("a list", b'["a"]', 400),
            ("a number", b'{"text": 7}', 400),
            ("no text", b"{}", 400), ("deep JSON", b'{"text": ' + b"[" * 5000 + b"]" * 5000 + b"}", 400),
            ("9 MiB", b'{"text": "' + b"x" * (9 << 20) + b'"}', 413)):
        got, body = w.post("/api/v1/ask", raw)
        tap.equal(got, status, f"{name}: {body[:200]}")
        error = json.loads(body)["error"]
        sentence_like(error["message"])
    tap.equal(len(w.d.request("GET", "/api/v1/runs")["runs"]), len(before), "no run was begun")
    w.goes_on()


def raw_bytes_are_answered_or_cut(w):
    for raw in (b"\0\0\0\0\r\n\r\n", b"GET \xff\xfe HTTP/1.1\r\n\r\n", b"GET /" + b"a" * 70000 + b" HTTP/1.1\r\n\r\n",
                b"POST /api/v1/ask HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
                b"POST /api/v1/ask HTTP/1.1\r\nHost: agent\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 50):
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        client.settimeout(WAIT)
        client.connect(w.d.socket)
        try:
            client.sendall(raw)
            client.shutdown(socket.SHUT_WR)
            while client.recv(65536):
                pass
        except (BrokenPipeError, ConnectionResetError):
            pass
        client.close()
    w.goes_on()


def the_bar_asks_nothing_for_an_empty_sentence(w):
    since = w.d.events.mark()
    w.d.bar()
    w.d.keys("Return")
    w.d.type("   ")
    w.d.keys("Return", "Escape")
    w.d.sync(1)
    tap.equal([e for e in w.d.events.list[since:] if e[0] == "run"], [], "nothing was asked")
    w.goes_on()


def overrides_are_taken_out_of_a_sentence(w):
    since = w.d.events.mark()
    status, _ = w.post("/api/v1/apps/" + w.cups() + "/open", b"{}")
    tap.equal(status, 200, "the app opens")
    connection = UnixConnection(w.d.socket)
    raw = json.dumps({"text": "a \u202etally\u202c of \u2066cups\u2069"})
    connection.request("POST", "/api/v1/ask", raw, {"Content-Type": "application/json"})
    tap.equal(connection.getresponse().status, 200, "it is taken")
    run = w.d.events.wait("run", "the run", since)
    tap.equal(run["text"], CUPS, "the sentence has no overrides")
    tap.equal(w.d.events.wait("done", "the end", since, run=run["run"])["outcome"], "opened", "it is the sentence that it looks like")
    connection.close()


def a_dishonest_name_is_plain_in_every_title(w):
    done, since = w.end("a page with a dishonest name")
    tap.equal(done["outcome"], "delivered", done["message"])
    sentence_like(done["message"])
    for kind, data, _ in w.d.events.list[since:]:
        if kind in ("window", "plan", "deliver", "app", "open"):
            told = [data.get("title", ""), data.get("glyph", ""), *(r["text"] for r in data.get("requirements", []))]
            tap.check(not [c for t in told for c in t if c in CONTROLS], f"{kind}: {told!r}")
            tap.check(all(len(t) <= 80 for t in told[:1]), f"{kind}: a title has a bound")
    w.d.sync(1)
    w.d.find("Honest")
    titles = [title for _, title, _ in w.d.windows()]
    tap.check(not [c for title in titles for c in title if c in CONTROLS], f"no title has control characters: {titles!r}")
    w.goes_on()


def a_model_that_fails_for_good_ends_in_a_sentence(w):
    for fault, words in (
            *((name + "@ROUTE", ("again", "Nothing had been made")) for name in ("garbage", "html", "500", "drop", "429=0.05")),
            *((name + "@PLAN", ("no plan", "twice", "Nothing was made")) for name in ("empty", "refusal", "length", "cut", "stall")),
            *((name + "@WRITE", ("no page", "twice", "Nothing was kept")) for name in ("empty", "refusal", "filter")),
            *((name + "@WRITE", ("no page", "twice", "Nothing was kept")) for name in ("cut", "length", "stall")),
            *((name, ("again", "Nothing had been made")) for name in ("garbage@PLAN", "garbage@WRITE", "html@WRITE"))):
        w.rehearsal.faults(fault)
        apps = len(w.d.request("GET", "/api/v1/apps")["apps"])
        done, _ = w.end(CUPS, make=True)
        tap.equal(done["outcome"], "failed", f"{fault}: {done['message']}")
        try:
            sentence_like(done["message"], *words)
        except AssertionError as error:
            raise AssertionError(f"{fault}: {error}") from error
        tap.equal(len(w.d.request("GET", "/api/v1/apps")["apps"]), apps, f"{fault}: nothing half is in the library")
        w.goes_on()


def a_model_that_fails_once_is_asked_again(w):
    for fault in ("429=0.05@PLAN:1", "500@PLAN:1", "drop@WRITE:1", "length@PLAN:1", "cut@WRITE:1", "empty@WRITE:1", "refusal@PLAN:1"):
        w.rehearsal.faults(fault)
        done, _ = w.end(CUPS, make=True)
        tap.equal(done["outcome"], "delivered", f"{fault}: {done['message']}")
    w.goes_on()


def a_change_that_fails_leaves_the_working_version(w):
    before, path = w.history(), f"/api/v1/apps/{w.cups()}/fix"
    for fault in ("garbage@PLAN", "empty@PLAN", "length@PLAN", "cut@EDIT", "empty@EDIT", "refusal@EDIT", "garbage@EDIT", "length=0.2@EDIT"):
        w.rehearsal.faults(fault)
        done, _ = w.end(BACK, path)
        tap.equal(done["outcome"], "failed", f"{fault}: {done['message']}")
        sentence_like(done["message"], "stays")
        tap.equal(w.history(), before, f"{fault}: no new version")
        w.goes_on()
    done, _ = w.end(BACK, path)
    tap.equal(done["outcome"], "delivered", f"without a fault: {done['message']}")
    tap.equal(w.history(), before + 1, "a new version")


def a_page_that_loops_when_pressed_is_found_and_can_be_stopped(w):
    done, since = w.end("a counter that never stops")
    tap.equal(done["outcome"], "delivered", done["message"])
    sentence_like(done["message"], "Still wrong")
    evidence = w.d.events.wait("evidence", "the check", since, run=done["run"])
    tap.check("frozen" in [f["kind"] for f in evidence["findings"]], f"it is found: {evidence}")
    tap.check("failed" in [r["verdict"] for r in evidence["results"]], f"and has failed: {evidence}")
    w.d.activate("Endless counter")
    w.d.press("Endless counter", 200, 250)
    w.goes_on()
    w.d.close("Endless counter")
    w.d.until(lambda: not [title for _, title, _ in w.d.windows() if "Endless counter" in title], "the looping window to close")
    w.goes_on()


def a_page_that_is_busy_from_the_start_is_repaired(w):
    done, since = w.end("a page that is busy from the start")
    first = w.d.events.wait("evidence", "the first check", since, run=done["run"], draft=done["run"] + ".1")
    tap.equal(first["passed"], 0, "nothing of it passed")
    tap.equal(done["outcome"], "delivered", done["message"])
    w.goes_on()


def a_page_that_reaches_for_everything_gets_nothing(w):
    done, since = w.end("a page that reaches for everything")
    sentence_like(done["message"])
    app = done["app"]
    refused = lambda: "tool" in json.loads(w.d.request("GET", f"/api/v1/apps/{app}/storage").get("refused") or "{}")  # noqa: E731
    w.d.until(refused, "the page's calls to be refused")
    stored = w.d.request("GET", f"/api/v1/apps/{app}/storage")
    tap.check("got" not in stored, f"it got nothing: {stored.get('got')}")
    told = json.loads(stored["refused"])
    for what in ("tool", "path", "large", "fetch"):
        tap.check(told.get(what), f"{what} is refused with words: {told}")
    tap.check(sum(len(k) + len(v) for k, v in stored.items()) < 5 << 20, "what it stored has a bound")
    tap.equal(w.listener.heard, [], "nobody was reached")
    tap.equal(w.d.request("GET", "/api/v1/questions")["questions"], [], "nobody was asked")
    evidence = w.d.events.wait("evidence", "the check", since, run=done["run"])
    kinds = {f["kind"] for f in evidence["findings"]}
    tap.check(kinds & {"csp", "request"}, f"the check says so: {evidence['findings']}")
    w.d.find("Reaching page")
    w.goes_on()


def a_plan_with_two_hundred_requirements_is_refused(w):
    done, _ = w.end("a list of two hundred wishes")
    tap.equal(done["outcome"], "failed", done["message"])
    sentence_like(done["message"], "200", "24", "Nothing was made")
    w.goes_on()


def a_tool_that_asks_for_keys_never_gets_them(w):
    folder = os.path.join(w.d.env["HOME"], ".ssh")
    os.makedirs(folder, 0o700)
    with open(os.path.join(folder, "id_ed25519"), "w", encoding="utf-8") as key:
        key.write("VERY SECRET")
    done, since = w.end("which keys do I have?")
    tap.equal(done["outcome"], "failed", done["message"])
    sentence_like(done["message"], ".ssh", "keys and passwords")
    events = w.d.events.list[since:]
    tap.equal([e for e in events if e[0] == "question"], [], "nobody was asked for it")
    tap.check("VERY SECRET" not in json.dumps(events), "nothing of it was told")
    w.goes_on()


def a_tool_that_never_returns_is_ended(w):
    done, since = w.end("how long is for ever?")
    tap.equal(done["outcome"], "failed", done["message"])
    sentence_like(done["message"], "wait_for_ever", "Nothing was made")
    failed = w.d.events.wait("tool", "the trial", since, run=done["run"], state="failed")
    tap.check("1 s" in failed["error"] or "1 second" in failed["error"], f"it says after how long: {failed['error']}")
    w.goes_on()


def what_a_tool_says_is_only_text(w):
    done, since = w.end("what does the note say?")
    tap.equal(done["outcome"], "answered", done["message"])
    answer = w.d.events.wait("answer", "the answer", since, run=done["run"])["text"]
    tap.check("Ignore all previous instructions" in answer, "it is shown as it is")
    tap.check(not [c for c in answer if c in CONTROLS], f"as plain text: {answer!r}")
    calls = [c["state"] for c in w.rehearsal.calls() if c["sentence"] == "what does the note say?"]
    tap.equal(calls, ["ROUTE", "PLAN", "TOOL"], "no model reads it")
    tap.equal(w.d.request("GET", "/api/v1/grants")["grants"], [], "nothing was allowed")
    w.goes_on()


def a_wrong_key_is_told(w):
    w.d.request("POST", "/api/v1/lanes", {"choose": "local", "base": Refuser().base})
    done, since = w.end(CUPS, make=True)
    w.d.request("POST", "/api/v1/lanes", {"choose": "recording"})
    tap.equal(done["outcome"], "failed", done["message"])
    sentence_like(done["message"], "refused the key", "sentence is kept")
    w.d.events.wait("notice", "the choice", since, choices=lambda c: c and "key" in c)
    w.goes_on()


def a_model_that_cannot_be_reached_is_told_and_comes_back(w):
    w.rehearsal.stop()
    done, _ = w.end(CUPS, make=True)
    tap.equal(done["outcome"], "failed", done["message"])
    sentence_like(done["message"])
    tap.check(done["run"] in [r["run"] for r in w.d.request("GET", "/api/v1/runs")["runs"]], "the sentence is kept")
    w.rehearsal.start()
    w.goes_on()
    done, _ = w.end(CUPS, make=True)
    tap.equal(done["outcome"], "delivered", f"once it is back: {done['message']}")


def main():
    become_ordinary()
    listener = Listener()
    with stage(sys.argv[1], words={"@PORT@": str(listener.port)}, env={"IMPROMPTU_STALL_SECONDS": STALL_SECONDS}) as (d, rehearsal):
        d.start()
        return tap.run([
            a_first_app_is_made,
            bad_sentences_are_refused_with_a_sentence,
            raw_bytes_are_answered_or_cut,
            the_bar_asks_nothing_for_an_empty_sentence,
            overrides_are_taken_out_of_a_sentence,
            a_dishonest_name_is_plain_in_every_title,
            a_model_that_fails_for_good_ends_in_a_sentence,
            a_model_that_fails_once_is_asked_again,
            a_change_that_fails_leaves_the_working_version,
            a_page_that_loops_when_pressed_is_found_and_can_be_stopped,
            a_page_that_is_busy_from_the_start_is_repaired,
            a_page_that_reaches_for_everything_gets_nothing,
            a_plan_with_two_hundred_requirements_is_refused,
            a_tool_that_asks_for_keys_never_gets_them,
            a_tool_that_never_returns_is_ended,
            what_a_tool_says_is_only_text,
            a_wrong_key_is_told,
            a_model_that_cannot_be_reached_is_told_and_comes_back,
        ], World(d, rehearsal, listener))


if __name__ == "__main__":
    sys.exit(main())
