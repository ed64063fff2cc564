#!/usr/bin/env python3
"""The other end of test-transport: servers that misbehave on demand, over TLS made for the run.

  transport-peer.py FOLDER    makes certificates in FOLDER, prints one JSON object of ports, and serves until its input ends

Listeners: plain and tls serve the paths below; wrong_host, expired and stranger have certificates nobody should take; slammed closes in
the middle of the handshake; proxy is one for HTTP; nghttpx speaks HTTP/2 in front of plain; h2_* speak HTTP/2 themselves and fail in one
way each; closed is a port where nobody listens. Paths are /WHAT/KEY[/ARGUMENT…]; what happens is noted as words such as "gone KEY", which
/await/WORDS waits for and /count/WORDS counts (by their beginning)."""
import collections
import gzip
import hashlib
import json
import os
import select
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import threading
import urllib.parse

DEADLINE = 60  # seconds that anything is waited for
STEP = 0.02    # seconds from one drop of a drip to the next
MEBI = 1 << 20
notes = collections.Counter()
noted = threading.Condition()
connections = 0


def note(words):
    with noted:
        notes[words] += 1
        noted.notify_all()


def wait_for(words):
    with noted:
        return noted.wait_for(lambda: notes[words] > 0, DEADLINE)


def openssl(folder, *arguments):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def certify(folder, name, subject, days, issuer):
    """A certificate of this name for `subject`, signed by `issuer` (by itself if that is None)."""
    openssl(folder, "req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
    with open(os.path.join(folder, f"{name}.ext"), "w") as out:
        out.write(f"subjectAltName={subject}\n" if issuer else "basicConstraints=critical,CA:TRUE\n")
    signed = ["-CA", f"{issuer}.pem", "-CAkey", f"{issuer}.key", "-CAcreateserial"] if issuer else ["-signkey", f"{name}.key"]
    openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-out", f"{name}.pem", "-days", str(days), "-extfile", f"{name}.ext", *signed)


class Gone(Exception):
    """The other side has closed, or is to be left."""


class Connection:
    """One connection of HTTP/1.1."""

    def __init__(self, sock, name):
        global connections
        with noted:
            connections += 1
            self.number = connections
        self.sock, self.name, self.read, self.asked, self.doomed = sock, name, b"", 0, False

    def more(self):
        data = self.sock.recv(65536)
        if not data:
            raise Gone
        note(f"bytes {self.name}")
        self.read += data

    def request(self):
        while b"\r\n\r\n" not in self.read:
            self.more()
        head, self.read = self.read.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        self.headers = {k.strip().lower(): v.strip() for k, v in (line.split(":", 1) for line in lines[1:])}
        length = int(self.headers.get("content-length", 0))
        while len(self.read) < length:
            self.more()
        self.body, self.read = self.read[:length], self.read[length:]
        self.asked += 1
        return lines[0].split(" ")[1]

    def send(self, data):
        self.sock.sendall(data)

    def begin(self, framing="Transfer-Encoding: chunked"):
        self.send(f"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n{framing}\r\n\r\n".encode())

    def chunk(self, data):
        self.send(b"%x\r\n%s\r\n" % (len(data), data))

    def end(self):
        self.send(b"0\r\n\r\n")

    def plain(self, value):
        body = json.dumps(value).encode()
        self.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    def until_gone(self, key, each=None):
        """Waits until the other side closes; `each` is sent at every step."""
        try:
            while True:
                if isinstance(self.sock, ssl.SSLSocket) and self.sock.pending() or select.select([self.sock], [], [], STEP)[0]:
                    if not self.sock.recv(65536):
                        break
                elif each:
                    self.chunk(each)
        except OSError:
            pass
        note(f"gone {key}")
        raise Gone

    # What each path does.

    def do_echo(self, key, *rest):
        packed = self.headers.get("content-encoding", "")
        body = gzip.decompress(self.body) if packed == "gzip" else self.body
        self.plain({"connection": self.number, "asked": self.asked, "encoding": packed, "raw": len(self.body), "length": len(body),
                    "sha256": hashlib.sha256(body).hexdigest(), "accept": self.headers.get("accept-encoding", "")})

    def do_await(self, *words):
        self.plain({"seen": wait_for(" ".join(words))})

    def do_count(self, *words):
        start = " ".join(words)
        with noted:
            self.plain({"count": sum(n for w, n in notes.items() if w.startswith(start))})

    def do_open(self, key):
        note(f"open {key}")
        self.plain({"opened": True})

    def do_gate(self, key):
        self.begin()
        self.chunk(b"data: before\n\n")
        wait_for(f"open {key}")
        self.chunk(b"data: after\n\n")
        self.end()

    def do_drip(self, key):
        self.begin()
        self.until_gone(key, b"data: drop\n\n")

    def do_silence(self, key):
        self.until_gone(key)

    def do_stall(self, key):
        self.begin()
        self.chunk(b"data: one\n\n")
        self.until_gone(key)

    def do_comments(self, key, count, milliseconds):
        self.begin()
        for _ in range(int(count)):
            select.select([], [], [], int(milliseconds) / 1000)
            self.chunk(b": still here\n\n")
        self.chunk(b"data: end\n\n")
        self.end()

    def do_cut_headers(self, key):
        self.begin()
        raise Gone

    def do_cut_middle(self, key):
        self.begin()
        self.send(b"100\r\ndata: half of \xc3")
        raise Gone

    def do_cut_tls(self, key):
        self.begin("Connection: close")
        self.send(b"data: all that comes\n\n")
        raise Gone

    def do_close_tls(self, key):
        self.begin("Connection: close")
        self.send(b"data: all there is\n\n")
        self.sock = self.sock.unwrap()
        raise Gone

    def do_doomed(self, key):
        """An answer as it should be; what is asked next on this connection finds it closed."""
        self.plain({"connection": self.number})
        self.doomed = True

    def do_bytes(self, key, count):
        count = int(count)
        self.begin(f"Content-Length: {count}")
        line = b"data: " + b"x" * (count - 8) + b"\n\n"
        for at in range(count):
            self.send(line[at:at + 1])

    def do_large(self, key, count):
        self.begin(f"Content-Length: {count}")
        self.send(b"y" * int(count))

    def serve(self):
        while True:
            path = urllib.parse.unquote(self.request())
            if "://" in path:
                path = "/" + path.split("/", 3)[3]
            what, *rest = path.strip("/").split("/")
            if self.doomed:
                note(f"dead {rest[0]}")
                raise Gone
            note(f"{self.name} {what} {rest[0]}")
            getattr(self, "do_" + what.replace("-", "_"))(*rest)


class Proxy(Connection):
    """Passes on what is asked for, or a tunnel to it, and notes it."""

    def serve(self):
        while b"\r\n\r\n" not in self.read:
            self.more()
        method, where, _ = self.read.split(b"\r\n", 1)[0].decode().split(" ")
        address = where if method == "CONNECT" else where.split("/")[2]
        note(f"proxied {method}")
        host, port = address.rsplit(":", 1)
        if host == "refused.invalid":
            self.send(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            raise Gone
        with socket.create_connection((host, int(port))) as far:
            if method == "CONNECT":
                self.send(b"HTTP/1.1 200 OK\r\n\r\n")
            else:
                far.sendall(self.read)
            while True:
                for ready in select.select([self.sock, far], [], [])[0]:
                    data = ready.recv(65536)
                    if not data:
                        raise Gone
                    (far if ready is self.sock else self.sock).sendall(data)


class Http2(Connection):
    """As much of HTTP/2 as it takes to answer the first request of a connection and to fail the second (or, garbled, the first)."""

    def frame(self, kind, flags, stream, payload=b""):
        self.send(struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload)

    def exactly(self, count):
        while len(self.read) < count:
            self.more()
        data, self.read = self.read[:count], self.read[count:]
        return data

    def serve(self):
        self.exactly(24)
        self.frame(4, 0, 0)
        while True:
            head = self.exactly(9)
            self.exactly(int.from_bytes(head[:3], "big"))
            kind, flags, stream = head[3], head[4], int.from_bytes(head[5:], "big")
            if kind == 4 and not flags & 1:
                self.frame(4, 1, 0)
            elif kind == 1:
                self.asked += 1
                note(f"asked {self.name}")
                self.headers_came(stream)

    def headers_came(self, stream):
        if self.name == "h2_garbled":
            self.frame(0, 0, 0, b"data of no stream")
        elif self.asked == 1:
            self.frame(1, 5, stream, b"\x88")  # ":status: 200", the end of the headers and of the stream
        elif self.name == "h2_goaway":
            self.frame(7, 0, 0, struct.pack(">II", 1, 0))
            raise Gone
        elif self.name == "h2_refusing":
            self.frame(3, 0, stream, struct.pack(">I", 7))
        else:
            raise Gone


def handle(sock, kind, name, context):
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if name == "slammed":
            sock.recv(1)
            raise Gone
        if context:
            sock = context.wrap_socket(sock, server_side=True)
        kind(sock, name).serve()
    except (Gone, OSError):
        note(f"left {name}")
    sock.close()


def listen(ports, kind, name, context=None):
    server = socket.create_server(("127.0.0.1", 0), backlog=256)
    ports[name] = server.getsockname()[1]

    def accept():
        while True:
            sock, _ = server.accept()
            note(f"accepted {name}")
            threading.Thread(target=handle, args=(sock, kind, name, context), daemon=True).start()
    threading.Thread(target=accept, daemon=True).start()


def context_of(folder, name, protocol="http/1.1"):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(folder, f"{name}.pem"), os.path.join(folder, f"{name}.key"))
    context.set_alpn_protocols([protocol])
    return context


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def start_nghttpx(folder, backend):
    """In front of the backend, on a port that is free; NGHTTPX if it is elsewhere."""
    program = os.environ.get("NGHTTPX") or shutil.which("nghttpx") or shutil.which("nghttpx", path="/usr/sbin")
    if not program:
        return None, 0
    for _ in range(10):
        port = free_port()
        child = subprocess.Popen([program, f"-f127.0.0.1,{port}", f"-b127.0.0.1,{backend}", "-n1", "--no-ocsp", "--conf=/dev/null",
                                  "--backend-connections-per-frontend=0", "--frontend-http2-max-concurrent-streams=200",
                                  f"--accesslog-file={folder}/nghttpx.log", "--accesslog-format=$remote_port $request",
                                  f"--errorlog-file={folder}/nghttpx.errors", "--single-process",
                                  os.path.join(folder, "good.key"), os.path.join(folder, "good.pem")], stdin=subprocess.DEVNULL)
        while child.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                return child, port
            except OSError:
                select.select([], [], [], STEP)
    sys.exit("transport-peer: nghttpx does not start; is it Debian's nghttp2-proxy?")


def main():
    folder = sys.argv[1]
    ports = {}
    here = "DNS:localhost,IP:127.0.0.1"
    certify(folder, "authority", "", 30, None)
    certify(folder, "other", "", 30, None)
    certify(folder, "good", here, 30, "authority")
    certify(folder, "wrong_host", "DNS:elsewhere.invalid", 30, "authority")
    certify(folder, "expired", here, -1, "authority")
    certify(folder, "stranger", here, 30, "other")
    listen(ports, Connection, "plain")
    listen(ports, Connection, "tls", context_of(folder, "good"))
    for name in ("wrong_host", "expired", "stranger"):
        listen(ports, Connection, name, context_of(folder, name))
    listen(ports, Connection, "slammed")
    listen(ports, Proxy, "proxy")
    for name in ("h2_goaway", "h2_refusing", "h2_cut", "h2_garbled"):
        listen(ports, Http2, name, context_of(folder, "good", "h2"))
    nobody = socket.socket()  # has the port, so that nobody else gets it, and does not listen
    nobody.bind(("127.0.0.1", 0))
    ports["closed"] = nobody.getsockname()[1]
    child, ports["nghttpx"] = start_nghttpx(folder, ports["plain"])
    print(json.dumps(ports), flush=True)
    sys.stdin.read()
    if child:
        child.kill()
        child.wait()
    os._exit(0)  # without waiting for those who are still in the middle of something


if __name__ == "__main__":
    main()
