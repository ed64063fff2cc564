#!/usr/bin/python3
"""Verifies `impromptu wire read`: what it prints of streams in pieces, with nothing running. Usage: test-wire-read.py IMPROMPTU"""
import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
import tap  # noqa: E402

IMPROMPTU = os.path.abspath(sys.argv[1])
DEADLINE = 60  # seconds
NOWHERE = {**os.environ, "XDG_RUNTIME_DIR": "/nonexistent", "LC_ALL": "C.UTF-8"}
DIALECTS = ["openai", "groq", "diffusing", "anthropic", "responses", "ollama"]


def start(*words):
    return subprocess.Popen([IMPROMPTU, "wire", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=NOWHERE)


def read(dialect, *pieces):
    child = start("read", "--dialect", dialect)
    for piece in pieces:
        child.stdin.write(piece)
        child.stdin.flush()
    out, errors = child.communicate(timeout=DEADLINE)
    tap.equal((child.returncode, errors), (0, b""), "exit")
    tap.equal(out.count(b"\n"), 1, "lines printed")
    return json.loads(out)


def misused(*words):
    child = start(*words)
    out, errors = child.communicate(b"", timeout=DEADLINE)
    tap.equal((child.returncode, out), (2, b""), "exit")
    return errors.decode()


def recorded_streams_are_told_as_golden():
    for name, golden in json.loads((HERE / "streams" / "golden.json").read_text()).items():
        data = (HERE / "streams" / name).read_bytes()
        answer = read("openai", data[:1000], data[1000:])
        for field in ("content", "reasoning", "tool_calls", "finish_reason", "usage", "time_info", "error", "id", "model"):
            tap.equal(answer.get(field), golden[field], f"{name}: {field}")
        tap.equal(answer["status"], "complete", name)


def hand_made_streams_are_told():
    for dialect in DIALECTS:
        for case in json.loads((HERE / "wire" / f"{dialect}.json").read_text())[:6]:
            text = "".join(line + case.get("ending", "\n") for line in case.get("lines", [])) + case.get("tail", "")
            answer = read(dialect, bytes.fromhex(case.get("hex", "")) + text.encode())
            for field, wanted in case["expect"].items():
                tap.equal(answer.get(field), wanted, f"{dialect}/{case['name']}: {field}")


def every_field_is_there_even_of_nothing():
    for dialect in DIALECTS:
        tap.equal(read(dialect), {"content": "", "reasoning": "", "tool_calls": [], "finish_reason": None, "usage": None, "error": None,
                                  "status": "truncated"}, dialect)


def an_error_is_an_answer():
    answer = read("openai", b'data: {"error":{"message":"No","code":429}}\n\n', b"data: x\n\n" * 100000)
    tap.equal(answer["error"], {"message": "No", "code": "429", "status": 429}, "error")
    tap.equal(answer["status"], "error", "status")


def what_is_printed_is_utf8():
    answer = read("openai", b'data: {"id":"\xff","model":"\xed\xa0\x80","choices":[{"index":0,"delta":{"content":"\xe5\x8c"}}],'
                  b'"usage":{"\xff":"\xfe"}}\n\ndata: [DONE]\n\n')
    tap.equal((answer["content"], answer["id"], answer["usage"]), ("\ufffd", "\ufffd", {"\ufffd": "\ufffd"}), "mended")


def a_line_of_eight_mebibytes():
    text = b"x" * (8 * 1024 * 1024)
    answer = read("openai", b'data: {"choices":[{"index":0,"delta":{"content":"' + text + b'"}}]}\n\ndata: [DONE]\n\n')
    tap.equal((len(answer["content"]), answer["status"]), (len(text), "complete"), "read")


def bad_usage_is_told():
    for words in (("read",), ("read", "--dialect"), ("read", "--dialect", "morse"), ("read", "openai"), ("read", "--dialect=")):
        tap.check("anthropic" in misused(*words), f"{words}: the dialects are told")
    tap.check("read" in misused("write"), "what there is is told")
    tap.check(misused(), "nothing to do is told")
    child = start("read", "--dialect=ollama")
    out, _ = child.communicate(b'{"message":{"content":"a"},"done":true}', timeout=DEADLINE)
    tap.equal((child.returncode, json.loads(out)["content"]), (0, "a"), "with an equals sign")


def input_that_cannot_be_read():
    folder = os.open("/", os.O_RDONLY)
    child = subprocess.run([IMPROMPTU, "wire", "read", "--dialect", "openai"], stdin=folder, capture_output=True, env=NOWHERE,
                           timeout=DEADLINE, check=False)
    os.close(folder)
    tap.equal((child.returncode, child.stdout), (1, b""), "exit")
    tap.check(b"cannot be read" in child.stderr, "it is said why")


sys.exit(tap.run([recorded_streams_are_told_as_golden, hand_made_streams_are_told, every_field_is_there_even_of_nothing,
                  an_error_is_an_answer, what_is_printed_is_utf8, a_line_of_eight_mebibytes, bad_usage_is_told, input_that_cannot_be_read]))
