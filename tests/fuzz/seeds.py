#!/usr/bin/python3
"""Writes the streams that the reader's tests know as a fuzzer's first inputs: two bytes that choose dialect and split, then the stream.

seeds.py FOLDER"""
import json
import pathlib
import sys

FOUND = pathlib.Path(__file__).resolve().parent / "found"  # what once failed, as a fuzzer wrote it
TESTS = FOUND.parent.parent / "inference"
DIALECTS = ["openai", "groq", "diffusing", "anthropic", "responses", "ollama"]  # in the order of WIRE_DIALECTS
HEAD, TAIL = 2500, 1500  # bytes of a recorded stream: its middle is more of the same


def streams():
    for vector in json.loads((TESTS / "streams" / "vectors.json").read_text()):
        mode = vector["expect"].get("mode")
        yield vector["id"], "diffusing" if mode == "replace" else "openai", bytes.fromhex("".join(vector["chunks_hex"]))
    for path in sorted((TESTS / "streams").glob("*.sse")):
        data = path.read_bytes()
        yield path.stem, "groq" if "groq" in path.name else "openai", data if len(data) < HEAD + TAIL else data[:HEAD] + data[-TAIL:]
    for dialect in DIALECTS:
        for case in json.loads((TESTS / "wire" / f"{dialect}.json").read_text()):
            ending = case.get("ending", "\n")
            text = "".join(line + ending for line in case.get("lines", [])) + case.get("tail", "")
            yield case["name"], dialect, bytes.fromhex(case.get("hex", "")) + text.encode()


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for number, (name, dialect, data) in enumerate(streams()):
        (folder / f"{number:03}-{dialect}-{name}").write_bytes(bytes([DIALECTS.index(dialect), number % 256]) + data)
    for path in FOUND.iterdir():
        (folder / f"found-{path.name}").write_bytes(path.read_bytes())


main()
