#!/usr/bin/python3
"""Writes what the sandbox's readers know as a fuzzer's first inputs, a folder for each target, and what once failed (found-sandbox/TARGET-…).

seeds-sandbox.py FOLDER"""
import json
import pathlib
import struct
import sys

FOUND = pathlib.Path(__file__).resolve().parent / "found-sandbox"

MANIFESTS = [
    ("{}", []), ('{"read": ["~/docs"], "limits": {"seconds": 5, "memory_mb": 64}}', ["read=~/docs"]), ('{"capabilities": {"write": ["/srv/x"]}, "line": "a"}', ["write=/srv"]),
    ('{"net": ["any api.example.org:8443"], "run": ["ffmpeg"]}', ["net=api.example.org:8443", "run=/usr/bin/ffmpeg"]), ('{"system": ["mounts"]}', ["system=mounts"]),
    ('{"device": ["/dev/video0"], "audio": ["play", "record"]}', ["device=/dev/video0", "audio=play", "audio=record"]), ('{"read": ["a"], "read": ["/b"]}', ["read=/b"]),
    ('{"list": ["/a/../b//c/."], "limits": {"output_kb": 1e9}}', ["list=/"]),
]
FRAMES = [[("S", b""), ("R", b'{"a": 1}')], [("S", b""), ("P", b'{"progress": 0.5}'), ("T", b'{"message": "x", "traceback": "y"}')], [("G", b"why")], [("U", b"why")],
          [("S", b""), ("M", b"")], [("S", b""), ("O", b"too large")], [("S", b""), ("R", b"[" * 200)], [("S", b""), ("G", b"no")]]
HEADS = [({"id": 1}, b'{"a": 1}'), ({"id": 1, "error": {"kind": "time", "message": "x"}, "log": "y"}, b""), ({"id": 1, "progress": True}, b'{"progress": 1}'),
         ({"id": 1, "elapsed_us": 5, "net": [{"host": "a"}]}, b'{"a": NaN}'), ({"holds": "x"}, b""), ({"id": 1, "traceback": "x", "error": {"kind": "tool", "message": "m"}}, b""),
         ({"id": 1, "part": True}, b"{}"), ({"id": 1, "files": 2}, b"{}")]
URLS = ["https://api.example.org/x?y=1#z", "https://API.example.org:8443", "https://a@b.example.org/", "https://xn--bcher-kva.example/", "https://1.2.3.4/", "https://h.example.org:0/%00", "http://x.org"]


def frame(head, body):
    return struct.pack("=II", len(head), len(body)) + head + body


def seeds():
    for number, (text, grants) in enumerate(MANIFESTS):
        yield "manifest", f"{number}", text.encode() + b"\0" + "\n".join(grants).encode()
    for number, frames in enumerate(FRAMES):
        yield "result", f"{number}", bytes([number * 7]) + b"".join(struct.pack("=II", ord(kind), len(body)) + body for kind, body in frames)
    for number, (head, body) in enumerate(HEADS):
        yield "frames", f"{number}", frame(json.dumps(head).encode(), body)
    for number, url in enumerate(URLS):
        yield "broker", f"url-{number}", url.encode()
        yield "broker", f"frame-{number}", frame(json.dumps({"url": url, "method": "GET", "headers": [["a", "b"]]}).encode(), b"body")
    for path in sorted(FOUND.glob("*")) if FOUND.is_dir() else []:
        target, _, name = path.name.partition("-")
        yield target, "found-" + name, path.read_bytes()


def main():
    for target, name, data in seeds():
        folder = pathlib.Path(sys.argv[1]) / f"seeds-{target}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


main()
