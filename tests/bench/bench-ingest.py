#!/usr/bin/env python3
"""Prints what reading a model's streams costs, beside the official openai client for node; asserts nothing.

  bench-ingest.py --build FOLDER [--events N] [WHAT…]    WHAT: flood memory streams calls; all if none is named

Client and server run on one core each. The server sends recorded streams (tests/inference/streams) over TLS on loopback, the same bytes to
both clients in the same run. openai is installed from npm under FOLDER once."""
import argparse
import json
import os
import select
import shutil
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
STREAMS = os.path.join(HERE, "..", "inference", "streams")
RECORDINGS = ("groq_src___fixtures___groq-text.sse", "cerebras_src_fixtures_cererebras-structured-output-tools.1.0.sse")
NAMES = ("Groq", "Cerebras")
CERTIFICATE = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "certificate.pem", "-days", "30",
               "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
GB = 10 ** 9
STREAM_COUNT, STREAM_RATE, STREAM_EVENTS = 75, 333, 3000  # 1,000 tokens a second, three an event, for nine seconds


def fail(sentence):
    sys.exit(f"bench-ingest: {sentence}")


def cores():
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) < 2:
        fail("client and server need a core each, and only one is there.")
    return allowed[0], allowed[1]


def pinned(core):
    return lambda: os.sched_setaffinity(0, {core})


class Bench:
    def __init__(self, build):
        self.build, self.folder = build, os.path.join(build, "bench-ingest-cache")
        os.makedirs(self.folder, exist_ok=True)
        self.client_core, self.server_core = cores()
        try:
            subprocess.run(CERTIFICATE, cwd=self.folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        except (OSError, subprocess.CalledProcessError):
            fail("openssl makes no certificate; is it installed?")
        self.certificate = os.path.join(self.folder, "certificate.pem")
        self.key = os.path.join(self.folder, "key.pem")
        self.server = subprocess.Popen([self.program("bench-ingest-server"), self.certificate, self.key,
                                        *(os.path.join(STREAMS, name) for name in RECORDINGS)],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=pinned(self.server_core))
        self.tls, self.plain = (int(port) for port in self.server.stdout.readline().split())

    def program(self, name):
        return os.path.join(self.build, "tests", "inference", name)

    def ours(self, mode, path, *numbers, port=None):
        out = subprocess.run([self.program("bench-ingest"), mode, f"https://localhost:{port or self.tls}{path}", self.certificate,
                              *map(str, numbers)], stdout=subprocess.PIPE, text=True, preexec_fn=pinned(self.client_core))
        if out.returncode != 0:
            fail("our client failed; what it said is above.")
        return json.loads(out.stdout)

    def install_openai(self):
        for program in ("node", "npm"):
            if not shutil.which(program):
                fail(f"{program} is not there; Debian has it as nodejs and npm.")
        package = os.path.join(self.folder, "node_modules", "openai", "package.json")
        if not os.path.exists(package):
            print("  (installing openai from npm)")
            done = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix", self.folder, "openai"])
            if done.returncode != 0 or not os.path.exists(package):
                fail("npm could not install openai; is there a way to its registry?")
        with open(package) as text:
            version = json.load(text)["version"]
        node = subprocess.run(["node", "--version"], stdout=subprocess.PIPE, text=True).stdout.strip()
        shutil.copy(os.path.join(HERE, "bench-ingest.mjs"), os.path.join(self.folder, "bench-ingest.mjs"))
        return f"openai {version} on node {node}"

    def theirs(self, path):
        environment = {**os.environ, "NODE_EXTRA_CA_CERTS": self.certificate}
        out = subprocess.run(["node", "bench-ingest.mjs", f"https://localhost:{self.tls}{path}"], cwd=self.folder, env=environment,
                             stdout=subprocess.PIPE, text=True, preexec_fn=pinned(self.client_core))
        if out.returncode != 0:
            fail("the node client failed; what it said is above.")
        return json.loads(out.stdout)

    def flood(self, events):
        print(f"Events a second on one core, {self.install_openai()} beside ours, {events:,} events of each recording:")
        for batch in (64, 1):
            for which, name in enumerate(NAMES):
                path = f"/flood/{events}/{batch}/{which}/v1"
                ours, theirs = self.ours("flood", path + "/chat/completions", 1), self.theirs(path)
                fast, slow = ours["events"] / ours["wall"], theirs["events"] / theirs["wall"]
                print(f"  {name:8} {batch:2} a write: ours {fast:11,.0f}/s (CPU {ours['cpu'] / ours['wall']:4.0%}, "
                      f"{ours['events'] / ours['cpu']:,.0f} a CPU second), node {slow:9,.0f}/s, ratio {fast / slow:.1f}")

    def memory(self):
        per_answer = 100000
        one = self.ours("flood", f"/flood/{per_answer // 3}/64/0/x", 1)
        count = GB * one["events"] // one["bytes"] // per_answer + 1
        # 1 GB as one connection has it: answers in a row, each within the bound that an answer's text has.
        many = self.ours("flood", f"/flood/{per_answer}/64/0/x", count)
        print(f"Peak memory after {one['bytes'] / 1e6:.0f} MB: {one['rss_kib'] / 1024:.1f} MiB; after {many['bytes'] / 1e6:.0f} MB in "
              f"{count} answers of one connection: {many['rss_kib'] / 1024:.1f} MiB (the first of them alone: "
              f"{many['rss_first_kib'] / 1024:.1f} MiB)")

    def tell_streams(self, name, result):
        print(f"  {name:34} CPU {result['cpu'] / result['wall']:5.1%} of a core, byte to event p50 {result['p50_us'] / 1e3:.2f} ms, "
              f"p99 {result['p99_us'] / 1e3:.2f} ms, worst {result['max_us'] / 1e3:.2f} ms ({result['delays']:,} events, "
              f"{result['connects']} connections)")

    def streams(self):
        path = f"/pace/{STREAM_EVENTS}/{STREAM_RATE}/0/x"
        print(f"{STREAM_COUNT} streams at once of {STREAM_RATE} events a second each, three tokens an event:")
        self.tell_streams("HTTP/1.1, a connection each", self.ours("streams", path, STREAM_COUNT))
        nghttpx = os.environ.get("NGHTTPX") or shutil.which("nghttpx") or shutil.which("nghttpx", path="/usr/sbin")
        if not nghttpx:
            print("  HTTP/2: nghttpx is not there (Debian's nghttp2-proxy)")
            return
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        proxy = subprocess.Popen([nghttpx, f"-f127.0.0.1,{port}", f"-b127.0.0.1,{self.plain}", "-n1", "--no-ocsp", "--conf=/dev/null",
                                  "--backend-connections-per-frontend=0", "--errorlog-file=/dev/null", "--single-process", self.key,
                                  self.certificate], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=pinned(self.server_core))
        while proxy.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                select.select([], [], [], 0.05)
        before, started = sum(os.times()[2:4]), time.monotonic()
        self.tell_streams("HTTP/2 through nghttpx", self.ours("streams", path, STREAM_COUNT, port=port))
        elapsed = time.monotonic() - started
        proxy.kill()
        proxy.wait()
        used = sum(os.times()[2:4]) - before
        print(f"  (the delay through nghttpx is its own too: it and our client together used {used / elapsed:.0%} of a core)")

    def calls(self):
        count, width = 5000, 100
        result = self.ours("calls", "/first/1/1/0/x", count, width)
        print(f"{count:,} calls of one event, {width} in flight, on kept connections: {result['cpu'] / count * 1e6:.0f} µs of CPU a call from "
              f"start to end; starting one p50 {result['start_p50_us']:.0f} µs, p99 {result['start_p99_us']:.0f} µs; start to first event, "
              f"server and queue included, p50 {result['p50_us'] / 1e3:.2f} ms, p99 {result['p99_us'] / 1e3:.2f} ms")

    def stop(self):
        self.server.stdin.close()
        self.server.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("--events", type=int, default=1024 * 600)
    parser.add_argument("what", nargs="*", choices=["flood", "memory", "streams", "calls", []], default=[])
    options = parser.parse_args()
    bench = Bench(os.path.abspath(options.build))
    try:
        for what in options.what or ["flood", "memory", "streams", "calls"]:
            getattr(bench, what)(*([options.events] if what == "flood" else []))
            sys.stdout.flush()
    finally:
        bench.stop()


if __name__ == "__main__":
    main()
