#!/usr/bin/python3
"""Verifies the rehearsal server alone: its files, its options, its pace (as counts), and record mode. Usage: test-rehearsal.py PROGRAM"""
import http.server
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

PROGRAM = sys.argv[1]
DEADLINE = 20  # seconds for anything that is waited for
CANARY = "sk-canary-51c0de"
HEAD = "state: WRITE\nattempt: 1\nsentence: a test\nhow: by hand\n"


class Rehearsal:
    def __init__(self, folder, *arguments, environment=None):
        self.child = subprocess.Popen([PROGRAM, "--folder", folder, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                      env={**os.environ, **(environment or {})})
        line = self.child.stdout.readline()
        assert line.startswith("listening on 127.0.0.1:"), (line, self.child.stderr.read())
        self.port = int(line.rsplit(":", 1)[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.terminate()
        _, errors = self.child.communicate(timeout=DEADLINE)
        assert self.child.returncode == 0, (self.child.returncode, errors)

    def ask(self, path, body=None, headers=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", json.dumps(body).encode() if body is not None else None,
                                         headers or {})
        return urllib.request.urlopen(request, timeout=DEADLINE)

    def call(self, text="x", call="WRITE/1", sentence="a%20test", stream=True):
        return self.ask("/v1/chat/completions", {"messages": [{"role": "user", "content": text}], "stream": stream},
                        {"X-Impromptu-Call": call, "X-Impromptu-Sentence": sentence})

    def log(self):
        return json.load(self.ask("/rehearsal/log"))["requests"]


def folder_with(files):
    folder = tempfile.TemporaryDirectory(prefix="rehearsal-")
    for name, content in files.items():
        path = os.path.join(folder.name, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
    return folder


def refuses(files, *says):
    with folder_with(files) as folder:
        done = subprocess.run([PROGRAM, "--folder", folder], capture_output=True, text=True, timeout=DEADLINE)
        assert done.returncode == 1, done
        assert done.stdout == "", done.stdout
        for text in says:
            assert text in done.stderr, (text, done.stderr)


def status_of(func):
    try:
        func()
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)["error"]
    return 200, None


def events_of(answer):
    return [line[6:] for line in answer.read().decode().split("\n") if line.startswith("data: ")]


def test_malformed_files():
    refuses({"a/x.txt": "state: WRITE\nnonsense\n\nanswer\n"}, "a/x.txt:2: this is no header")
    refuses({"a/x.txt": HEAD + "color: red\n\nanswer\n"}, "a/x.txt:5:", '"color"')
    refuses({"a/x.txt": HEAD.replace("WRITE", "PAINT") + "\nanswer\n"}, "a/x.txt:5: state must be one of")
    refuses({"a/x.txt": HEAD.replace("1", "0") + "\nanswer\n"}, "a/x.txt:2: attempt must be a number")
    refuses({"a/x.txt": HEAD.replace("1", "one") + "\nanswer\n"}, "a/x.txt:2:")
    refuses({"a/x.txt": HEAD.replace("by hand", "somehow") + "\nanswer\n"}, "how must begin with")
    refuses({"a/x.txt": HEAD + "how: by hand\n\nanswer\n"}, "a/x.txt:5: there is a second how")
    refuses({"a/x.txt": HEAD + "requires:\n\nanswer\n"}, "requires has no value")
    refuses({"a/x.txt": HEAD}, "no blank line")
    refuses({"a/x.txt": HEAD + "\n"}, "the answer is empty")
    refuses({"a/x.txt": HEAD + "\n\n"}, "the answer is empty")
    refuses({"a/x.txt": ""}, "a/x.txt:1:")
    refuses({"a/x.txt": HEAD.encode() + b"\n\xff\xfe\n"}, "not UTF-8")
    refuses({"a/x.txt": HEAD.encode() + b"\na\0b\n"}, "not UTF-8")
    refuses({"a/x.txt": HEAD + "\n" + "x" * (2 << 20)}, "too much")
    refuses({"a/x.txt": HEAD + "\none\n", "b/y.txt": HEAD.replace("a test", "A  TEST!") + "\ntwo\n"},
            "b/y.txt:1: this is the same call as a/x.txt")
    # every fault is told at once
    refuses({"a/x.txt": "nonsense\n\nx\n", "a/y.txt": "attempt: 1\n\nx\n"}, "a/x.txt:1:", "a/y.txt:2: the header state is missing")


def test_options():
    with folder_with({"a/x.txt": HEAD + "\nanswer\n"}) as folder:
        for bad in (["--port", "70000"], ["--rate", "-1"], ["--tokens-a-chunk", "-1"], ["--record-base", "http://127.0.0.1:1/v1"],
                    ["--fault", "flood"],
                    ["--fault", "cut@WRITE:0"], ["--fault", "cut=x"], ["--nonsense"]):
            done = subprocess.run([PROGRAM, "--folder", folder, *bad], capture_output=True, text=True, timeout=DEADLINE)
            assert done.returncode == 2 and done.stderr, (bad, done)
        with Rehearsal(folder) as first:
            taken = subprocess.run([PROGRAM, "--folder", folder, "--port", str(first.port)], capture_output=True, text=True,
                                   timeout=DEADLINE)
            assert taken.returncode == 1 and taken.stderr, taken
    missing = subprocess.run([PROGRAM, "--folder", "/nonexistent"], capture_output=True, text=True, timeout=DEADLINE)
    assert missing.returncode == 1 and "/nonexistent:1:" in missing.stderr, missing


def test_answers_verbatim():
    """What stands after the blank line is the answer, but for the file's last line break."""
    answers = ["one line", "two\n\nlines\n", "  indented\ttabs\r\nand CRLF", "grüße 北京 😀", "```html\n<p>\\u0041 \"quoted\"</p>\n```",
               "a" * 5000]
    for answer in answers:
        with folder_with({"a/x.txt": HEAD + "\n" + answer + "\n", "a/notes.md": "no recording"}) as folder, Rehearsal(folder, "--rate",
                        "0") as server:
            events = events_of(server.call())
            assert events[-1] == "[DONE]"
            chunks = [json.loads(event) for event in events[:-1]]
            assert "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks) == answer
            assert [chunk["choices"][0]["finish_reason"] for chunk in chunks if chunk["choices"][0]["finish_reason"]] == ["stop"]
            plain = json.load(server.call(stream=False))
            assert plain["choices"][0]["message"]["content"] == answer
            assert plain["usage"] == chunks[-1]["usage"]


def test_changes():
    """Sentences that only make sense on an app are named with the sentence of that app."""
    def recording(state, sentence, answer):
        return f"state: {state}\nattempt: 1\nsentence: {sentence}\nhow: by hand\n\n{answer}\n"
    with folder_with({"a/r.txt": recording("ROUTE", "a timer", "app"), "a/e.txt": recording("ROUTE", "make it red", "edit"),
                      "a/f.txt": recording("EDIT", "it does nothing", "x"), "b/e.txt": recording("ROUTE", "make it blue", "fix")}) as folder, \
            Rehearsal(folder) as server:
        models = json.load(server.ask("/v1/models"))
        assert models["changes"] == {"make it red": "a timer", "it does nothing": "", "make it blue": ""}, models
        assert len(models["sentences"]) == 4, models


def test_never_another_answer():
    files = {"a/x.txt": HEAD + "requires: the  failing check\n\nfirst\n",
             "a/y.txt": HEAD.replace("attempt: 1", "attempt: 2") + "\nsecond\n",
             "b/z.txt": HEAD.replace("a test", "another") + "\nother\n"}
    with folder_with(files) as folder, Rehearsal(folder, "--rate", "0") as server:
        status, error = status_of(lambda: server.call(sentence="nothing%20like%20it"))
        assert status == 404 and error["code"] == "unknown-recording" and '"a test"' in error["message"] and '"another"' in error["message"], error
        status, error = status_of(server.call)
        assert status == 409 and error["code"] == "recording-mismatch" and "the failing check" in error["message"], error
        assert status_of(lambda: server.call("… the\n failing \t check …"))[0] == 200
        assert status_of(lambda: server.call(call="WRITE/3"))[1]["code"] == "recording-mismatch"
        assert status_of(lambda: server.call(call="EDIT/1"))[0] == 409
        assert status_of(lambda: server.call(call="WRITE/1/part"))[0] == 409
        for bad in ("", "WRITE", "WRITE/x", "/1/"):
            assert status_of(lambda: server.call(call=bad))[0] in (400, 409), bad
        assert status_of(lambda: server.ask("/v1/chat/completions", {"messages": []}))[0] == 400
        assert status_of(lambda: server.ask("/v1/chat/completions", {"messages": 7},
                                            {"X-Impromptu-Call": "WRITE/1", "X-Impromptu-Sentence": "a"}))[0] == 400
        assert status_of(lambda: server.ask("/api"))[0] == 404
        models = server.ask("/v1/models")
        assert models.headers["X-Impromptu-Recording"] == "by hand" and models.headers["X-Impromptu-Pace"] == "0"
        assert json.load(models)["sentences"] == ["a test", "another"]


def test_log_is_bounded():
    with folder_with({"a/x.txt": HEAD + "\nanswer\n"}) as folder, Rehearsal(folder, "--rate", "0") as server:
        request = urllib.request.Request(f"http://127.0.0.1:{server.port}/v1/chat/completions", b'{"messages":[],"stream":true}',
                                         {"X-Impromptu-Call": "WRITE/1", "X-Impromptu-Sentence": "a%20test",
                                          "Authorization": f"Bearer {CANARY}"})
        for _ in range(300):
            urllib.request.urlopen(request, timeout=DEADLINE).read()
        log, end = server.log(), time.monotonic() + DEADLINE
        while not all("ended" in entry for entry in log):  # the client may know of an answer's end before the server does
            assert time.monotonic() < end, log
            log = server.log()
        assert len(log) == 256, len(log)
        assert all(entry["authorized"] and entry["ended"] == "whole" for entry in log), log[0]
        assert CANARY not in json.dumps(log)


def paced(server):
    """One answer as its client sees it: reads of the socket, events, and how long it took."""
    reads, data = 0, b""
    started = time.monotonic()
    with socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE) as connection:
        body = b'{"messages":[],"stream":true}'
        connection.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nX-Impromptu-Call: WRITE/1\r\nX-Impromptu-Sentence: a%20test\r\n"
                           b"Content-Length: " + str(len(body)).encode() + b"\r\nConnection: close\r\n\r\n" + body)
        while part := connection.recv(1 << 20):
            reads += 1
            data += part
    return reads, data.count(b"data: {"), time.monotonic() - started


def test_pace():
    """Tokens come in about as many ticks as there are milliseconds, not one a wake-up; figures are printed, only counts are asserted."""
    tokens = 8500
    with folder_with({"a/x.txt": HEAD + "\n" + "abcd" * tokens + "\n"}) as folder:
        for rate in (17000, 10000, 4000):
            with Rehearsal(folder, "--rate", str(rate)) as server:
                reads, events, seconds = paced(server)
                print(f"# {rate} tokens a second asked for: {events} events in {reads} reads, {tokens / seconds:.0f} a second")
                assert events == tokens + 3, events  # the role, the finish and the usage
                assert reads < tokens if rate > 4000 else reads > 1
                assert server.log()[-1]["tokens"] == tokens
        with Rehearsal(folder, "--rate", "0", "--tokens-a-chunk", "1000") as server:
            assert paced(server)[1] == 9 + 3


class Real(http.server.BaseHTTPRequestHandler):
    """A model server to be recorded; `cut` leaves the stream without an end."""
    cut = False
    seen = []

    def do_POST(self):
        Real.seen.append((self.headers.get("Authorization"), self.headers.get("X-Impromptu-Sentence"),
                          json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for text in ("<p>grü", "ße</p>\n\n", "  end"):
            chunk = {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]}
            self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        if not Real.cut:
            self.wfile.write(b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n')

    def log_message(self, *_):
        pass


def test_record():
    real = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Real)
    threading.Thread(target=real.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{real.server_port}/v1"
    with tempfile.TemporaryDirectory() as folder:
        with Rehearsal(folder, "--record-base", base, "--record-model", "tiny-1b", environment={"IMPROMPTU_API_KEY": CANARY}) as server:
            assert json.load(server.ask("/v1/models"))["data"][0]["id"] == "tiny-1b"
            assert events_of(server.call(call="TOOL/2/folder_sizes", sentence="What%20is%20%20eating%20my%20disk%3F"))[-1] == "[DONE]"
            Real.cut = True
            server.call(call="WRITE/1").read()
        authorization, sentence, body = Real.seen[0]
        assert authorization == f"Bearer {CANARY}" and sentence is None and body["model"] == "tiny-1b", Real.seen[0]
        files = [os.path.join(path, name) for path, _, names in os.walk(folder) for name in names]
        assert len(files) == 1, files  # what was cut is not written down
        with open(files[0], encoding="utf-8") as file:
            text = file.read()
        head, answer = text.split("\n\n", 1)
        assert answer == "<p>grüße</p>\n\n  end\n", answer
        assert head.startswith("state: TOOL\npart: folder_sizes\nattempt: 2\nsentence: What is eating my disk?\nhow: recorded from tiny-1b on "), head
        assert head.endswith(", unedited") and CANARY not in text
        with Rehearsal(folder, "--rate", "0") as server:  # and it plays
            played = server.call(call="TOOL/2/folder_sizes", sentence="what%20is%20eating%20my%20disk")
            assert played.headers["X-Impromptu-Recording"].startswith("recorded from tiny-1b on ")
            assert json.loads(events_of(played)[1])["choices"][0]["delta"]["content"] == "<p>g"
    real.shutdown()
    with tempfile.TemporaryDirectory() as folder, Rehearsal(folder, "--record-base", "http://127.0.0.1:1/v1", "--record-model", "x") as server:
        assert status_of(server.call)[0] == 502


def main():
    tests = [(name[5:], func) for name, func in globals().items() if name.startswith("test_")]
    print(f"1..{len(tests)}")
    failed = 0
    for number, (name, func) in enumerate(tests, 1):
        try:
            func()
            print(f"ok {number} {name}", flush=True)
        except Exception as error:  # each failure is told, and the others still run
            failed += 1
            line = error.__traceback__.tb_next.tb_lineno if error.__traceback__.tb_next else 0
            print(f"# line {line}: {type(error).__name__}: {error}\nnot ok {number} {name}", flush=True)
    return failed != 0


sys.exit(main())
