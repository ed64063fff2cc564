#!/usr/bin/python3
"""Verifies the rehearsal server alone: its files, its options, its pace (as counts), its dialects, its faults, and record mode. What it
writes is read by hand (dialects.py). Usage: test-rehearsal.py PROGRAM"""
import gzip
import http.server
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import dialects  # noqa: E402

PROGRAM = sys.argv[1]
DEADLINE = 20  # seconds for anything that is waited for
CANARY = "sk-canary-51c0de"
HEAD = "state: WRITE\nattempt: 1\nsentence: a test\nhow: by hand\n"
ANSWER = "<p>grüße, 北京, 😀 and \"quotes\" \\ back</p>\n" * 6
ONE = {"a/x.txt": HEAD + "\n" + ANSWER + "\n"}
CALLED = ("--call", "WRITE/1", "--sentence", "a test")
RECORDED_DIALECTS = ("openai",)  # whose answers the project's own reader reads; record mode is tested in each


class Got:
    """An answer as bytes: it may break off anywhere."""

    def __init__(self, raw, goodbye):
        self.raw, self.goodbye = raw, goodbye  # goodbye: TLS was closed as it should be
        self.status, self.headers, self.body, self.whole = None, {}, b"", False
        head, found, rest = raw.partition(b"\r\n\r\n")
        if not found:
            return
        lines = head.decode().split("\r\n")
        self.status = int(lines[0].split()[1])
        self.headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}
        if self.headers.get("transfer-encoding") == "chunked":
            self.unchunk(rest)
        else:
            self.body, self.whole = rest, len(rest) == int(self.headers["content-length"])

    def unchunk(self, rest):
        while rest:
            size, _, rest = rest.partition(b"\r\n")
            length = int(size, 16)
            self.whole = length == 0
            self.body += rest[:length]
            rest = rest[length + 2:]

    def read(self, dialect):
        assert self.status == 200, (self.status, self.body)
        return dialects.read_stream(dialect, self.body)


def receive(connection):
    """All bytes until the end, and whether TLS said goodbye."""
    raw = b""
    try:
        while part := connection.recv(1 << 20):
            raw += part
    except ConnectionResetError:
        return raw, False
    except ssl.SSLError as error:
        if not isinstance(error, ssl.SSLEOFError) and error.reason != "UNEXPECTED_EOF_WHILE_READING":
            raise
        return raw, False
    return raw, True


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
        return self.ask("/v1/chat/completions", {"messages": [{"role": "user", "content": text}], "stream": stream,
                                                 "stream_options": {"include_usage": True}},
                        {"X-Impromptu-Call": call, "X-Impromptu-Sentence": sentence})

    def connect(self, tls=None):
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=DEADLINE)
        return tls.wrap_socket(connection, server_hostname="localhost", suppress_ragged_eofs=False) if tls else connection

    def send(self, connection, path, body, headers=None, close=True):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        lines = [f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(data)}", *(["Connection: close"] if close else []),
                 *(f"{name}: {value}" for name, value in (headers or {}).items())]
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + data)

    def get(self, path, body, headers=None, tls=None):
        with self.connect(tls) as connection:
            self.send(connection, path, body, headers)
            return Got(*receive(connection))

    def speak(self, dialect, key=None, tls=None, headers=None, **how):
        """Asks as this dialect's clients do."""
        headers = {**dialects.headers_for(dialect, key), **(headers or {})}
        return self.get(dialects.PATHS[dialect], dialects.body_for(dialect, **how), headers, tls)

    def fault(self, *faults):
        self.ask("/rehearsal/faults", {"faults": list(faults)}).read()

    def last(self, field, value):
        """Waits until the last request's field is this; it may be that the client knows of an end before the server does."""
        end = time.monotonic() + DEADLINE
        while (entry := self.log()[-1]).get(field) != value:
            assert time.monotonic() < end, entry
        return entry

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
            choices = [chunk["choices"][0] for chunk in chunks if chunk["choices"]]
            assert "".join(choice["delta"].get("content", "") for choice in choices) == answer
            assert [choice["finish_reason"] for choice in choices if choice["finish_reason"]] == ["stop"]
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
                assert events == tokens + 2, events  # the role and the finish
                assert reads < tokens if rate > 4000 else reads > 1
                assert server.log()[-1]["tokens"] == tokens
        with Rehearsal(folder, "--rate", "0", "--tokens-a-chunk", "1000") as server:
            assert paced(server)[1] == 9 + 2


def every_dialect(*arguments):
    """A server with one recording, and each dialect's name."""
    with folder_with(ONE) as folder, Rehearsal(folder, "--rate", "0", *CALLED, *arguments) as server:
        for dialect in dialects.ALL:
            yield server, dialect


FINISH = {"anthropic": {"stop": "end_turn", "length": "max_tokens", "content_filter": "refusal", "tool_calls": "tool_use"},
          "responses": {"length": "max_output_tokens", "tool_calls": "stop"},
          "ollama": {"content_filter": "stop", "tool_calls": "stop"}}


def finish_of(dialect, reason):
    return FINISH.get(dialect, {}).get(reason, reason)


def test_dialects_streamed():
    tokens = set()
    for server, dialect in every_dialect():
        for parts in (False, True):
            got = server.speak(dialect, parts=parts)
            read = got.read(dialect)
            assert got.whole and read.text == ANSWER and not read.thoughts and not read.error, (dialect, read.text)
            assert read.ended and read.finish == finish_of(dialect, "stop"), (dialect, read.finish)
            assert read.usage[0] > 0, (dialect, read.usage)
            assert got.headers["content-type"].split(";")[0] == ("application/x-ndjson" if dialect == "ollama" else "text/event-stream")
            assert got.headers["x-impromptu-recording"] == "by hand" and got.headers["x-impromptu-pace"] == "0"
        tokens.add(read.usage[1])
    assert len(tokens) == 1 and tokens.pop() > 50, tokens  # the same answer counts the same everywhere


def test_dialects_plain():
    for server, dialect in every_dialect():
        got = server.speak(dialect, stream=False)
        read = dialects.read_plain(dialect, got.body)
        assert got.whole and got.headers["content-type"] == "application/json"
        assert read.text == ANSWER and read.finish == finish_of(dialect, "stop") and read.usage[1] > 50, (dialect, read.text)
        assert read.usage == server.speak(dialect).read(dialect).usage, dialect


def test_dialects_think_and_call():
    for server, dialect in every_dialect("--tokens-a-chunk", "3"):
        server.fault("thoughts=10:2", "call:2")
        for stream in (True, False):
            got = server.speak(dialect, stream=stream)
            read = got.read(dialect) if stream else dialects.read_plain(dialect, got.body)
            assert read.text == ANSWER and read.thoughts == ("Hmm, let me see. " * 3)[:40], (dialect, read.thoughts)
        for stream in (True, False):
            got = server.speak(dialect, stream=stream)
            read = got.read(dialect) if stream else dialects.read_plain(dialect, got.body)
            assert read.text == ANSWER and read.tool == "weather", (dialect, read.tool)
            assert read.finish == finish_of(dialect, "tool_calls"), (dialect, read.finish)
            assert json.loads(read.arguments)["when"] == "tomorrow morning", read.arguments


def test_dialects_find_what_is_required():
    """Phrases are found wherever the dialect carries them, and nowhere else."""
    files = {"a/x.txt": HEAD + "requires: the \"failing\" check\nrequires: be terse\n\nanswer\n"}
    with folder_with(files) as folder, Rehearsal(folder, "--rate", "0", *CALLED) as server:
        for dialect in dialects.ALL:
            for parts in (False, True):
                got = server.speak(dialect, text="see\nthe \"failing\"  check", system="be terse", parts=parts)
                assert got.read(dialect).text == "answer", dialect
            got = server.speak(dialect, text="see nothing", system="be terse")
            message, code = dialects.error_of(dialect, got.body)
            assert got.status == 409 and "failing" in message and "terse" not in message, (dialect, message)
            assert code == "recording-mismatch", (dialect, code)
            got = server.speak(dialect, headers={"X-Impromptu-Sentence": "unheard%20of"})
            assert got.status == 404 and dialects.error_of(dialect, got.body)[1] == "unknown-recording", (dialect, got.body)


def test_habits():
    """What each provider does that no other does."""
    got = {}
    for server, dialect in every_dialect():
        got[dialect] = server.speak(dialect).read(dialect)
        if dialect == "openai":  # only who asks is told what was used, in an event without choices
            assert json.loads(got[dialect].events[-2][1])["choices"] == []
            body = dialects.body_for(dialect)
            del body["stream_options"]
            assert server.get(dialects.PATHS[dialect], body).read(dialect).usage is None
    last = {dialect: json.loads(got[dialect].events[-2][1]) for dialect in dialects.CHAT}
    assert "time_info" in last["cerebras"] and last["cerebras"]["choices"][0]["finish_reason"] == "stop"
    assert len(got["cerebras"].events) < len(got["groq"].events) / 2  # several tokens a chunk
    assert last["groq"]["x_groq"]["usage"] == last["groq"]["usage"] and last["groq"]["usage"]["completion_time"] > 0
    assert "OPENROUTER PROCESSING" in got["openrouter"].comments
    assert last["openrouter"]["usage"] and last["openrouter"]["choices"][0]["delta"]["content"] == ""
    assert json.loads(got["llamacpp"].events[0][1])["choices"][0]["delta"]["content"] is None and "" in got["llamacpp"].comments
    assert last["llamacpp"]["timings"]["predicted_per_second"] > 0
    assert any("}      }" in data for _, data in got["anthropic"].events)
    assert ("ping", '{"type": "ping"}') in got["anthropic"].events and got["anthropic"].events[-1][0] == "message_stop"
    assert got["responses"].events[-1][0] == "response.completed"
    assert got["ollama"].events[-1][1]["done"] is True


def test_diffusing_settles():
    with folder_with(ONE) as folder, Rehearsal(folder, "--rate", "0", "--tokens-a-chunk", "5", *CALLED) as server:
        read = server.speak("diffusing").read("diffusing")
        deltas = [json.loads(data)["choices"][0]["delta"]["content"] for _, data in read.events[1:-1]]
        assert deltas[-1] == ANSWER and len(deltas) > 10
        assert any(not ANSWER.startswith(delta) for delta in deltas), "there is no noise"
        for delta in deltas:
            assert len(delta.encode()) <= len(ANSWER.encode()) and ANSWER.startswith(delta[:-24]), delta
        body = {**dialects.body_for("diffusing"), "diffusing": False}
        assert dialects.read_stream("openai", server.get(dialects.PATHS["diffusing"], body).body).text == ANSWER


def test_paths():
    """A path without a name has its own dialect; --dialect chooses that of chat completions."""
    with folder_with(ONE) as folder, Rehearsal(folder, "--rate", "0", "--dialect", "cerebras", *CALLED) as server:
        for path, dialect in (("/v1/chat/completions", "cerebras"), ("/v1/messages", "anthropic"), ("/v1/responses", "responses"),
                              ("/api/chat", "ollama"), ("/openai/v1/responses", "responses")):
            got = server.get(path, dialects.body_for(dialect), dialects.headers_for(dialect))
            assert got.read(dialect).text == ANSWER and server.log()[-1]["dialect"] == dialect, path
        assert server.get("/nobody/v1/chat/completions", {}).status == 404
        assert server.get("/groq/v1/chat", {}).status == 404
        assert json.load(server.ask("/v1/models"))["data"][0]["id"] == "rehearsal"
        listed = json.load(server.ask("/v1/models", headers={"anthropic-version": "2023-06-01"}))
        assert listed["data"][0]["type"] == "model" and listed["has_more"] is False and listed["first_id"] == "rehearsal", listed
        assert json.load(server.ask("/api/tags"))["models"][0]["name"] == "rehearsal"
        assert json.load(server.ask("/api/version"))["version"]


def test_keys_models_and_fields():
    """Each dialect refuses a wrong key, an unknown model and a field in words of its own; the key is never repeated."""
    for server, dialect in every_dialect("--key", CANARY, "--models", "one,two", "--refuse-field", "metadata", "--refuse-field",
                                         "options.seed"):
        for key in (None, CANARY + "x", CANARY[:-1]):
            got = server.speak(dialect, key=key, model="one")
            message, code = dialects.error_of(dialect, got.body)
            assert got.status == 401 and CANARY[:-1].encode() not in got.body, (dialect, got.body)
            assert code in (401, None, "invalid_api_key", "wrong_api_key", "authentication_error"), (dialect, code)
        assert server.speak(dialect, key=CANARY, model="two").read(dialect).text == ANSWER
        got = server.speak(dialect, key=CANARY, model="three")
        message, code = dialects.error_of(dialect, got.body)
        assert got.status == 404 and "model" in message and code in (404, None, "model_not_found", "not_found_error"), (dialect, code)
        for extra in ({"metadata": {}}, {"options": {"seed": 1}}):
            body = {**dialects.body_for(dialect, model="one"), **extra}
            got = server.get(dialects.PATHS[dialect], body, dialects.headers_for(dialect, CANARY))
            assert got.status == (422 if dialect == "mistral" else 400), (dialect, got.status)
            assert list(extra)[0].encode() in got.body, (dialect, got.body)
        assert [entry["status"] for entry in server.log()[-6:]] == [401, 401, 200, 404, got.status, got.status]
        assert CANARY[:-1] not in json.dumps(server.log())
    with folder_with(ONE) as folder, Rehearsal(folder, "--key", CANARY, "--models", "one,two") as server:
        assert status_of(lambda: server.ask("/v1/models"))[0] == 401
        models = json.load(server.ask("/groq/v1/models", headers={"Authorization": f"Bearer {CANARY}"}))
        assert [model["id"] for model in models["data"]] == ["one", "two"]


def test_anthropic_insists():
    with folder_with(ONE) as folder, Rehearsal(folder, "--rate", "0", *CALLED) as server:
        good, headers = dialects.body_for("anthropic"), dialects.headers_for("anthropic")
        bad = [{**good, "messages": [{"role": "system", "content": "x"}]}, {**good, "messages": []}, {**good, "max_tokens": 0},
               {**good, "messages": [{"role": "user", "content": 7}]}]
        for field in ("max_tokens", "model", "messages"):
            bad.append({name: value for name, value in good.items() if name != field})
        for body in bad:
            got = server.get("/v1/messages", body, headers)
            assert got.status == 400 and dialects.error_of("anthropic", got.body)[1] == "invalid_request_error", (body, got.body)
        for headers in ({}, {"anthropic-version": "1999-01-01"}):
            got = server.get("/v1/messages", good, headers)
            assert got.status == 400 and b"anthropic-version" in got.body, got.body


def test_bad_bodies():
    for server, dialect in every_dialect():
        for body in (b"", b"{", b"[]", b"null", b'{"messages":7,"input":7,"model":"m","max_tokens":1}', b"\xff\xfe"):
            got = server.get(dialects.PATHS[dialect], body, dialects.headers_for(dialect))
            assert got.status == 400 and dialects.error_of(dialect, got.body)[0], (dialect, body, got.body)


def test_bodies_are_bounded():
    for server, dialect in every_dialect():
        got = server.get(dialects.PATHS[dialect], b" " * (17 << 20), dialects.headers_for(dialect))
        assert got.status == 413 and "16 MiB" in dialects.error_of(dialect, got.body)[0], (dialect, got.raw)
        with server.connect() as connection:  # its length is not said
            connection.sendall(f"POST {dialects.PATHS[dialect]} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n".encode())
            head = "".join(f"{name}: {value}\r\n" for name, value in dialects.headers_for(dialect).items())
            connection.sendall(head.encode() + b"Transfer-Encoding: chunked\r\n\r\n")
            for _ in range(40):
                connection.sendall(b"100000\r\n" + b" " * (1 << 20) + b"\r\n")
            connection.sendall(b"0\r\n\r\n")
            assert Got(*receive(connection)).status == 413, dialect


def test_fault_statuses():
    statuses = {"401": 401, "402": 402, "403": 403, "404model": 404, "413": 413, "500": 500, "503=2": 503, "429=2": 429, "429ms=150": 429,
                "429date=60": 429, "429again": 429, "429never": 429}
    for server, dialect in every_dialect():
        for fault, status in statuses.items():
            server.fault(fault)
            got = server.speak(dialect)
            assert got.status == status and "on purpose" in dialects.error_of(dialect, got.body)[0], (dialect, fault, got.body)
            assert got.headers.get("retry-after-ms") == ("150" if fault == "429ms=150" else None)
            assert got.headers.get("x-should-retry") == {"429again": "true", "429never": "false"}.get(fault)
            wait = got.headers.get("retry-after")
            if fault == "429date=60":
                assert wait.endswith(" GMT"), wait
            else:
                assert wait == ("2" if fault in ("503=2", "429=2") else None), (fault, wait)
        entry = server.log()[-1]
        assert entry["status"] == 429 and entry["fault"] == "429never" and "tokens" not in entry, entry


def test_fault_bodies():
    for server, dialect in every_dialect():
        server.fault("errorbody200:1", "html502:1", "html:1", "garbage:1", "drop:1", "empty:1", "filter:1", "length:1", "refusal:1")
        got = server.speak(dialect)
        assert got.status == 200 and got.headers["content-type"] == "application/json" and dialects.error_of(dialect, got.body)[0]
        for status in (502, 200):
            got = server.speak(dialect)
            assert got.status == status and got.headers["content-type"].startswith("text/html") and got.body.startswith(b"<"), got.body
        assert b"no stream" in server.speak(dialect).body
        assert server.speak(dialect).raw == b""
        read = server.speak(dialect).read(dialect)
        assert read.text == "" and read.ended and read.finish == finish_of(dialect, "stop"), dialect
        assert server.speak(dialect).read(dialect).finish == finish_of(dialect, "content_filter"), dialect
        read = server.speak(dialect).read(dialect)
        assert read.finish == finish_of(dialect, "length") and ANSWER.startswith(read.text) and 0 < len(read.text) < len(ANSWER), dialect
        assert server.speak(dialect).read(dialect).text == "I can't help with that."


def test_fault_errors_inside():
    for server, dialect in every_dialect():
        server.fault("error200=0.5:2")
        got = server.speak(dialect)
        read = got.read(dialect)
        assert got.whole and read.error and "on purpose" in json.dumps(read.error), (dialect, got.body[-300:])
        assert ANSWER.startswith(read.text) or dialect == "diffusing" and 0 < len(read.text) < len(ANSWER)
        if dialect in ("groq", "anthropic", "responses", "ollama"):  # after an error there is nothing more
            assert not read.ended and b"[DONE]" not in got.body, dialect
        if dialect == "cerebras":
            assert json.loads(read.events[-2][1])["status_code"] == 500
        if dialect == "groq":
            assert read.events[-1][0] == "error" and read.error["status_code"] == 500
        if dialect == "openrouter":
            assert read.error["code"] == 500 and read.finish == "error" and read.usage
        if dialect == "llamacpp":
            assert read.fields[0][0] == "error" and read.error["code"] == 500
        server.last("ended", "error")
        assert dialects.error_of(dialect, server.speak(dialect, stream=False).body)[0]


def test_fault_cuts():
    """The answer breaks off where it is said to: in a character, in a call's arguments, after the headers."""
    for server, dialect in every_dialect("--tokens-a-chunk", "2"):
        for fault in ("cut", "cututf8", "cutcall", "cuttls"):
            for stream in (True, False):
                server.fault(f"{fault}=0.4:1")
                got = server.speak(dialect, stream=stream)
                assert got.status == 200 and not got.whole, (dialect, fault)
                broken = False
                try:
                    got.body.decode()
                except UnicodeDecodeError as error:
                    broken = error.reason == "unexpected end of data"
                assert broken == (fault == "cututf8"), (dialect, fault, got.body[-80:])
                if stream:
                    read = got.read(dialect)
                    assert not read.ended and not read.error and read.text, (dialect, fault)
                    assert dialect == "diffusing" or ANSWER.startswith(read.text), (dialect, fault, read.text)
                if fault == "cutcall":
                    assert b"Bergen" in got.body.replace(b"\\", b"") and not got.body.rstrip().endswith(b"}"), (dialect, got.body[-80:])
                entry = server.last("ended", "cut")
                assert entry["fault"] == fault and entry["cancelled"] is False and entry["tokens"] > 10, entry
        server.fault("headers:1")
        got = server.speak(dialect)
        assert got.status == 200 and got.body == b"" and not got.whole, (dialect, got.raw)


def test_fault_long_line():
    for server, dialect in every_dialect():
        server.fault("longline:1")
        got = server.speak(dialect)
        assert got.read(dialect).text == ANSWER and got.whole, dialect
        assert max(len(line) for line in got.body.split(b"\n")) > 1 << 20, dialect
        assert got.raw.count(b"\r\n1\r\n") >= 4000, dialect  # it begins one byte a write


def test_fault_comments():
    for server, dialect in every_dialect():
        server.fault("comments=0.35:1")
        read = server.speak(dialect).read(dialect)
        assert read.text == ANSWER, dialect
        if dialect == "anthropic":
            assert [name for name, _ in read.events].index("message_start") >= 2
        elif dialect != "ollama":  # which has nothing of the kind
            assert len(read.comments) >= 2, (dialect, read.comments)


def test_fault_drip():
    with folder_with({"a/x.txt": HEAD + "\nshort\n"}) as folder, Rehearsal(folder, "--rate", "0", *CALLED) as server:
        for dialect in ("anthropic", "ollama"):
            server.fault("slowloris=1:1")
            got = server.speak(dialect)
            assert got.read(dialect).text == "short" and got.whole
            assert got.raw.count(b"\r\n1\r\n") >= len(got.body) - 1


def test_cancelled():
    """Who goes away is noticed, after how many tokens is told, and that with TLS as well as without."""
    with Certificate() as (arguments, context), folder_with(ONE) as folder:
        for more, tls in (((), None), (arguments, context)):
            with Rehearsal(folder, "--rate", "0", *CALLED, *more) as server:
                server.log = lambda own=server, own_tls=tls: log_of(own, own_tls)
                for dialect in dialects.ALL:
                    fault = b'{"faults":["stall=0.5:1"]}'
                    assert server.get("/rehearsal/faults", fault, tls=tls).status == 200
                    with server.connect(tls) as connection:
                        server.send(connection, dialects.PATHS[dialect], dialects.body_for(dialect), dialects.headers_for(dialect))
                        assert connection.recv(1)
                    entry = server.last("ended", "disconnected")
                    assert entry["cancelled"] is True and entry["tokens"] > 10 and entry["dialect"] == dialect, entry


def log_of(server, tls):
    with server.connect(tls) as connection:
        connection.sendall(b"GET /rehearsal/log HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        return json.loads(Got(*receive(connection)).body)["requests"]


class Certificate:
    """A certificate of its own authority, made anew: the arguments for the server, and a context that trusts nobody else."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="rehearsal-tls-")
        self.file, key = os.path.join(self.folder.name, "cert.pem"), os.path.join(self.folder.name, "key.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key,
                        "-out", self.file, "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
                       check=True, capture_output=True, timeout=DEADLINE)
        context = ssl.create_default_context(cafile=self.file)
        context.options &= ~getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", 0)  # a lost connection is to be told from a closed one
        return ("--tls", self.file, key), context

    def __exit__(self, *_):
        self.folder.cleanup()


def test_tls():
    with Certificate() as (arguments, context), folder_with(ONE) as folder, Rehearsal(folder, "--rate", "0", *CALLED, *arguments) as server:
        for dialect in dialects.ALL:
            got = server.speak(dialect, tls=context)
            assert got.read(dialect).text == ANSWER and got.whole and got.goodbye, dialect
            for fault, goodbye in (("cut", True), ("cuttls", False), ("cututf8", True), ("headers", True)):
                assert server.get("/rehearsal/faults", {"faults": [f"{fault}=0.5:1"]}, tls=context).status == 200
                got = server.speak(dialect, tls=context)
                assert got.status == 200 and not got.whole and got.goodbye == goodbye, (dialect, fault, got.goodbye)
        try:  # nobody else's trust is enough
            server.speak("openai", tls=ssl.create_default_context())
            raise AssertionError("an unknown certificate was trusted")
        except ssl.SSLCertVerificationError:
            pass
        assert server.get("/v1/chat/completions", {}, tls=context).status == 400
    with folder_with(ONE) as folder:
        done = subprocess.run([PROGRAM, "--folder", folder, "--tls", "/nonexistent", "/nonexistent"], capture_output=True, text=True,
                              timeout=DEADLINE)
        assert done.returncode == 1 and "/nonexistent" in done.stderr, done


def test_gzip():
    for server, dialect in every_dialect():
        body = json.dumps(dialects.body_for(dialect, text="word " * 20000)).encode()
        headers = {**dialects.headers_for(dialect), "Content-Encoding": "gzip"}
        got = server.get(dialects.PATHS[dialect], gzip.compress(body), headers)
        assert got.read(dialect).text == ANSWER, dialect
        entry = server.log()[-1]
        assert entry["encoding"] == "gzip" and entry["tokens_in"] > 20000, entry
        assert server.get(dialects.PATHS[dialect], body, headers).status == 400  # it is not packed
        assert server.get(dialects.PATHS[dialect], body, {**headers, "Content-Encoding": "br"}).status == 415
        bomb = gzip.compress(b" " * (17 << 20))
        assert server.get(dialects.PATHS[dialect], bomb, headers).status == 413


def test_limits():
    """Input and cap are counted before the answer, what was not used is given back after it, and headers tell it in the dialect's words."""
    limits = "requests-minute=100,tokens-minute=2000,requests-day=1000"
    with folder_with(ONE) as folder, Rehearsal(folder, "--rate", "0", "--limits", limits, *CALLED) as server:
        got = server.speak("cerebras", cap=1500)
        headers = got.headers
        assert headers["x-ratelimit-limit-tokens-minute"] == "2000" and headers["x-ratelimit-limit-requests-day"] == "1000", headers
        reserved = 2000 - int(headers["x-ratelimit-remaining-tokens-minute"])
        assert 1500 < reserved < 1600, reserved
        assert re.fullmatch(r"\d+\.\d{5}", headers["x-ratelimit-reset-tokens-minute"]), headers
        used = sum(got.read("cerebras").usage)
        server.last("ended", "whole")
        headers = server.speak("groq", cap=1).headers
        assert re.fullmatch(r"(\d+m)?\d+\.\d\ds", headers["x-ratelimit-reset-tokens"]), headers
        left = int(headers["x-ratelimit-remaining-tokens"])
        assert 2000 - used - 100 < left < 2000 - used, (left, used)  # the cap itself was given back
        server.last("ended", "whole")
        headers = server.speak("anthropic", cap=1).headers
        assert headers["anthropic-ratelimit-requests-limit"] == "100" and headers["anthropic-ratelimit-requests-remaining"] == "97"
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", headers["anthropic-ratelimit-tokens-reset"]), headers
        for dialect in dialects.ALL:
            got = server.speak(dialect, cap=5000)
            assert got.status == 429 and 1 <= int(got.headers["retry-after"]) <= 60, (dialect, got.headers)
            assert dialects.error_of(dialect, got.body)[0], dialect
            unsuffixed = dialect in ("openai", "groq", "diffusing", "openrouter", "responses")
            assert ("x-ratelimit-remaining-tokens" in got.headers) == unsuffixed, (dialect, got.headers)
        assert all(entry["status"] == 429 for entry in server.log()[-len(dialects.ALL):])
    with folder_with(ONE) as folder, Rehearsal(folder, "--rate", "0", "--limits", "requests-minute=2", *CALLED) as server:
        server.fault("500:1")
        assert [server.speak("openai").status for _ in range(4)] == [500, 200, 429, 429]
    with folder_with(ONE) as folder, Rehearsal(folder, "--rate", "0", "--limits", "tokens-minute=2000", *CALLED) as server:
        server.fault("stall=0.5:1")  # while one answer is held, its cap is
        with server.connect() as connection:
            server.send(connection, "/v1/chat/completions", dialects.body_for("openai", cap=1500))
            assert connection.recv(1)
            assert server.speak("openai", cap=1500).status == 429
        end = time.monotonic() + DEADLINE
        while server.log()[0].get("ended") != "disconnected":
            assert time.monotonic() < end
        assert server.speak("openai", cap=1500).status == 200
    with folder_with(ONE) as folder:
        for bad in ("tokens", "tokens-minute=0", "tokens-week=1", "tokens-minute=1,"):
            done = subprocess.run([PROGRAM, "--folder", folder, "--limits", bad], capture_output=True, text=True, timeout=DEADLINE)
            assert done.returncode == 1 and "no limit" in done.stderr, done


def test_log_tells_what_was_asked():
    with folder_with(ONE) as folder, Rehearsal(folder, "--rate", "0", *CALLED) as server:
        for dialect in dialects.ALL:
            server.speak(dialect, key=CANARY, text="a secret text", cap=77, model="some-model")
            entry = server.last("ended", "whole")
            wanted = {"dialect": dialect, "path": dialects.PATHS[dialect], "http": "1.1", "encoding": "identity", "model": "some-model",
                      "cap": 77, "stream": True, "status": 200, "authorized": True, "cancelled": False, "recording": "a/x.txt"}
            assert {name: entry.get(name) for name in wanted} == wanted, entry
        with server.connect() as connection:  # two requests on one connection have one client
            for _ in range(2):
                server.send(connection, "/v1/chat/completions", dialects.body_for("openai", stream=False), close=False)
                raw = b""
                while not raw.endswith(b"\r\n0\r\n\r\n"):
                    raw += connection.recv(1 << 16)
            port = connection.getsockname()[1]
        assert [entry["client"] for entry in server.log()[-2:]] == [port, port]
        assert CANARY not in json.dumps(server.log()) and "secret" not in json.dumps(server.log())


class Http2:
    """nghttpx in front of a server: HTTP/2 over TLS to the client. Gives the arguments of a curl that speaks to it."""

    def __init__(self, server, certificate_arguments):
        _, self.certificate, self.key = certificate_arguments
        self.backend = server.port

    def start(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        program = shutil.which("nghttpx") or "/usr/sbin/nghttpx"
        return subprocess.Popen([program, f"-f127.0.0.1,{self.port}", f"-b127.0.0.1,{self.backend}", "-n1", "--single-process", "--no-ocsp",
                                 "--conf=/dev/null", "--errorlog-file=/dev/null", self.key, self.certificate],
                                stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __enter__(self):
        self.child, end = self.start(), time.monotonic() + DEADLINE
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=DEADLINE).close()
                return ["curl", "-sS", "--http2", "--cacert", self.certificate, "--resolve", f"localhost:{self.port}:127.0.0.1"], self.port
            except ConnectionRefusedError:
                assert time.monotonic() < end, "nghttpx does not start"
                if self.child.poll() is not None:  # its port was taken meanwhile
                    self.child = self.start()

    def __exit__(self, *_):
        self.child.terminate()
        self.child.wait(DEADLINE)


def test_http2():
    """Behind nghttpx; the library of the server itself does not stream over HTTP/2."""
    with Certificate() as (arguments, _), folder_with(ONE) as folder, Rehearsal(folder, "--rate", "0", *CALLED) as server, \
            Http2(server, arguments) as (curl, port):
        for dialect in dialects.ALL:
            headers = [text for name, value in dialects.headers_for(dialect).items() for text in ("-H", f"{name}: {value}")]
            asked = [*curl, *headers, "-d", json.dumps(dialects.body_for(dialect)), f"https://localhost:{port}{dialects.PATHS[dialect]}"]
            done = subprocess.run(asked, capture_output=True, timeout=DEADLINE)
            assert done.returncode == 0, done.stderr
            assert dialects.read_stream(dialect, done.stdout).text == ANSWER, dialect
            assert server.last("ended", "whole")["via"].startswith("2"), server.log()[-1]
            server.fault("cut:1")
            done = subprocess.run(asked, capture_output=True, timeout=DEADLINE)
            assert done.returncode != 0 and ANSWER.encode() not in done.stdout, (dialect, done)
            server.fault("stall:1")
            with subprocess.Popen([*asked, "-N"], stdout=subprocess.PIPE) as child:
                assert child.stdout.read(1)
                child.terminate()
            assert server.last("ended", "disconnected")["cancelled"], dialect


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
    with tempfile.TemporaryDirectory() as folder, \
            Rehearsal(folder, "--record-base", "http://127.0.0.1:1/v1", "--record-model", "x") as server:
        assert status_of(server.call)[0] == 502


def test_record_in_each_dialect():
    """A second rehearsal is the real server: each side may speak another dialect, and what is written down is the answer."""
    for spoken in RECORDED_DIALECTS:
        with folder_with(ONE) as folder, tempfile.TemporaryDirectory() as taken, \
                Rehearsal(folder, "--rate", "0", "--key", CANARY, "--models", "tiny-1b", *CALLED) as real:
            base = f"http://127.0.0.1:{real.port}/{spoken}/{'api' if spoken == 'ollama' else 'v1'}"
            with Rehearsal(taken, "--record-base", base, "--record-model", "tiny-1b", "--record-dialect", spoken,
                           environment={"IMPROMPTU_API_KEY": CANARY}) as server:
                for asked in dialects.ALL:
                    for stream in (True, False):
                        sentence = f"{asked} {'streamed' if stream else 'plain'}"
                        got = server.speak(asked, stream=stream, headers={"X-Impromptu-Call": "WRITE/1",
                                                                          "X-Impromptu-Sentence": sentence.replace(" ", "%20")})
                        read = got.read(asked) if stream else dialects.read_plain(asked, got.body)
                        assert read.text == ANSWER and read.finish == finish_of(asked, "stop"), (spoken, asked, got.body[-300:])
                        entry = real.log()[-1]
                        assert entry["dialect"] == spoken and entry["model"] == "tiny-1b" and entry["cap"] == 100, entry
                        assert entry["authorized"] and entry["stream"] == stream, entry
                real.fault("500:1", "error200:1", "cut:1", "drop:1")
                for status in (500, 200, 200, 502):
                    got = server.speak("openai", headers={"X-Impromptu-Call": "WRITE/2", "X-Impromptu-Sentence": "bad"})
                    assert got.status == status and CANARY.encode() not in got.raw, got.raw
                    assert not (status == 200 and got.read("openai").finish), got.raw
            files = [os.path.join(path, name) for path, _, names in os.walk(taken) for name in names]
            assert len(files) == 2 * len(dialects.ALL), files
            for name in files:
                with open(name, encoding="utf-8") as file:
                    head, answer = file.read().split("\n\n", 1)
                assert answer == ANSWER + "\n" and "how: recorded from tiny-1b on " in head and CANARY not in head, head


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
