#!/usr/bin/python3
"""net.py SANDBOX WORKER TEST-BROKER BROKER CALL-TOOL: verifies the way from a tool to the network, against an https server with an authority of its own and with everything a hostile
tool, name server or server could try. The broker is run by itself, as its caller runs it, and then as a part of impromptu-sandbox; as an ordinary user and, where this is
root, as root. TAP.

The broker under test is the tests' (sandbox/broker/hook.h): the real one trusts no other authority and connects to no machine like this, which a test here holds as well.
"""
import fcntl, http.server, json, os, random, shutil, socket, ssl, struct, subprocess, tempfile, threading

from ground import WAIT, Ground, main, same, test

HOST, OTHER, THIRD = "api.example.test", "other.example.test", "third.example.test"
TOOL = """
import impromptu
def run(args):
    out = []
    for ask in args["asks"]:
        try:
            got = impromptu.fetch(**ask)
            out.append([got["status"], got["text"][:2000], len(got["body"])])
        except impromptu.FetchError as error:
            out.append([error.kind, str(error)])
    return {"out": out}
"""


# ---- the server


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def answer(self):
        self.server.seen.append((self.command, self.headers.get("Host", ""), self.path))
        name, _, rest = self.path[1:].partition("?")
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        if name == "echo":
            self.reply(200, json.dumps({"method": self.command, "headers": {n.lower(): v for n, v in self.headers.items()}, "body": body.decode("latin-1")}).encode())
        elif name.startswith("to-"):
            self.reply(int(name[3:]), b"", [("Location", rest)])
        elif name == "loop":
            self.reply(302, b"", [("Location", "/loop")])
        elif name == "cookie":
            self.reply(200, b"c", [("Set-Cookie", "a=b"), ("X-Kept", "yes"), ("Connection", "keep-alive")])
        elif name == "missing":
            self.reply(404, b"none")
        else:
            getattr(self, "do_" + name.replace("-", "_"), lambda: self.reply(200, b"hello"))()

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = answer

    def flood(self, start, piece, bound=64 << 20):
        """Sends until the other side has had enough."""
        self.close_connection = True
        try:
            self.wfile.write(start)
            for _ in range(bound // len(piece)):
                self.wfile.write(piece)
            self.server.drained.append(self.path)
        except OSError:
            pass

    def do_bomb(self):
        self.flood(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", b"x" * 65536)

    def do_chunked_bomb(self):
        self.flood(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b"x" * 65536 + b"\r\n")

    def do_announced(self):
        self.flood(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", b"x" * 65536)

    def do_header_bomb(self):
        self.flood(b"HTTP/1.1 200 OK\r\n", b"X-A: " + b"y" * 1000 + b"\r\n")

    def do_many_headers(self):
        self.flood(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n")

    def do_one_header(self):
        self.flood(b"HTTP/1.1 200 OK\r\nX-A: ", b"y" * 65536)

    def do_continues(self):
        self.flood(b"", b"HTTP/1.1 100 Continue\r\nX-A: yyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n\r\n")

    def do_old(self):
        self.flood(b"just text, no head\n", b"z", 10)

    def do_drip(self):
        """A byte, and then nothing until the other side has gone."""
        self.close_connection = True
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx")
        self.wfile.flush()
        self.server.dripping.set()
        try:
            self.connection.recv(1)
        except OSError:
            pass

    def do_big(self):
        self.reply(200, b"b" * (7 << 20))


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, folder, certificate):
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen, self.drained, self.connections, self.dripping = [], [], 0, threading.Event()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / (certificate + ".pem"), folder / (certificate + ".key"))
        self.context = context
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def get_request(self):
        connection, address = self.socket.accept()
        self.connections += 1
        connection.settimeout(WAIT)
        return self.context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), address

    def handle_error(self, request, client_address):
        pass


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


def make_certificates(folder):
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=Test authority", "-keyout", str(folder / "ca.key"),
            "-out", str(folder / "ca.pem"))
    for name, hosts in (("good", f"DNS:{HOST},DNS:{OTHER}"), ("wrong", "DNS:somebody.else.test")):
        (folder / "names").write_text("subjectAltName=" + hosts)
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=" + name, "-keyout", str(folder / (name + ".key")), "-out", str(folder / "csr"))
        openssl("x509", "-req", "-in", str(folder / "csr"), "-CA", str(folder / "ca.pem"), "-CAkey", str(folder / "ca.key"), "-CAcreateserial", "-days", "2", "-extfile",
                str(folder / "names"), "-out", str(folder / (name + ".pem")))


# ---- the broker by itself


class Broker:
    """A broker as sandbox/net.c starts it; as its tool speaks to it."""

    def __init__(self, program, hosts, environment=None):
        self.socket, theirs = socket.socketpair()
        self.report, report = os.pipe()
        self.socket.settimeout(WAIT)
        lifted = [fcntl.fcntl(fd, fcntl.F_DUPFD, 20) for fd in (theirs.fileno(), report)]
        self.process = subprocess.Popen([program, *hosts], close_fds=False, env=environment or {}, stderr=subprocess.PIPE,
                                        preexec_fn=lambda: (os.dup2(lifted[0], 3), os.dup2(lifted[1], 4)))
        for fd in lifted + [report]:
            os.close(fd)
        theirs.close()

    def read(self, size):
        data = b""
        while len(data) < size:
            part = self.socket.recv(size - len(data))
            if not part:
                raise EOFError
            data += part
        return data

    def frame(self, head, body=b""):
        head = head if isinstance(head, bytes) else json.dumps(head).encode()
        self.socket.sendall(struct.pack("=II", len(head), len(body)) + head + body)

    def ask(self, url, body=b"", **more):
        self.frame({"url": url, **more}, body)
        head, size = struct.unpack("=II", self.read(8))
        answer = json.loads(self.read(head))
        return answer, self.read(size)

    def kind(self, url, body=b"", **more):
        answer, data = self.ask(url, body, **more)
        same(data if "error" in answer else b"", b"")
        return answer["error"]["kind"] if "error" in answer else answer["status"]

    def ended(self):
        """Its exit status, once it has ended by itself."""
        return self.process.wait(WAIT)

    def reports(self):
        self.socket.shutdown(socket.SHUT_WR)
        self.ended()
        data = os.read(self.report, 1 << 16)
        return [struct.unpack_from("=IIQQ", data, at) for at in range(0, len(data), 24)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()
        os.close(self.report)


class Net(Ground):
    def __init__(self, user, sandbox, worker, broker, real, caller):
        super().__init__(user, "net", (sandbox, worker, broker, caller))
        self.broker, self.real = str(self.base / "impromptu-sandbox-broker"), real
        make_certificates(self.base)
        self.server = Server(self.base, "good")
        self.port = self.server.port
        self.where = f"{HOST}:{self.port}"
        self.own()
        self.set()

    def set(self, names=None, loopback=True, ca=True, milliseconds=None):
        names = names or [[f"{name}:{self.port}:127.0.0.1" for name in (HOST, OTHER, THIRD)]]
        settings = {"names": names}
        if loopback:
            settings["loopback"] = True
        if ca:
            settings["ca"] = str(self.base / "ca.pem")
        if milliseconds:
            settings["milliseconds"] = milliseconds
        (self.base / "broker-hook.json").write_text(json.dumps(settings))

    def speak(self, *hosts, **more):
        return Broker(self.broker, hosts or (self.where,), **more)

    def url(self, path="/", host=HOST):
        return f"https://{host}:{self.port}{path}"

    def run(self, manifest, asks, *grants, source=TOOL, environment=None):
        for name, text in (("tool.py", source), ("manifest.json", json.dumps(manifest))):
            (self.base / name).write_text(text)
        granted = [part for grant in grants for part in ("--grant", grant)]
        done = subprocess.run([self.sandbox, "run", "--manifest", str(self.base / "manifest.json"), *granted, "--args", json.dumps({"asks": asks}),
                               str(self.base / "tool.py")], env=self.environment(**(environment or {})),
                              capture_output=True, text=True, timeout=2 * WAIT, **self.who())
        return done.returncode, json.loads(done.stdout), done.stderr

    def call(self, manifest, asks, answer):
        """Through the agent's toolbox, as an app's call."""
        folder = tempfile.mkdtemp(dir=self.base)
        (self.base / "tool.json").write_text(json.dumps({"name": "warmth", "line": "How warm", "arguments": {}, "result": "{}", **manifest}))
        (self.base / "tool.py").write_text(TOOL)
        self.own()
        done = subprocess.run([str(self.base / "sandbox-call-tool"), self.sandbox, folder, str(self.base / "tool.json"), str(self.base / "tool.py"),
                               json.dumps({"asks": asks}), answer], env=self.environment(G_MESSAGES_DEBUG="all"),
                              capture_output=True, text=True, timeout=2 * WAIT, **self.who())
        return json.loads(done.stdout.splitlines()[-1]), done.stdout + done.stderr

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        super().close()


@test
def an_answer(ground):
    ground.set()
    with ground.speak() as broker:
        answer, body = broker.ask(ground.url("/x"))
        same((answer["status"], answer["url"], body), (200, ground.url("/x"), b"hello"))
        same(broker.kind(ground.url("/missing")), 404)
        answer, body = broker.ask(ground.url("/echo"), method="HEAD")
        same((answer["status"], body), (200, b""))
        same(len(broker.ask(ground.url("/big"))[1]), 7 << 20)
        same(broker.kind(f"HTTPS://API.Example.TEST.:{ground.port}/#x"), 200)
        counted = broker.reports()
    same([entry[:2] for entry in counted], [(0, 1), (0, 0)] * 5)
    assert counted[7][3] > 7 << 20 and counted[7][2] > 20, counted


@test
def what_is_no_https_url_of_the_host(ground):
    ground.set()
    before = ground.server.connections
    port = ground.port
    with ground.speak() as broker:
        for url in (f"http://{HOST}:{port}/", f"ftp://{HOST}:{port}/", "file:///etc/passwd", f"gopher://{HOST}:{port}/_x", "dict://localhost:11211/stats", "data:text/plain,x", "",
                    f"//{HOST}:{port}/", f"https://user@{HOST}:{port}/", f"https://user:pw@{HOST}:{port}/", f"https://{HOST}:{port}@{OTHER}:{port}/",
                    f"https://{OTHER}:{port}\\@{HOST}:{port}/", f"https://{OTHER}:{port}#@{HOST}:{port}/", f"https://{OTHER}:{port}/@{HOST}:{port}/",
                    f"https://{OTHER}:{port}?@{HOST}:{port}/", f"https://{HOST}:{port}\\.{OTHER}/", f"https://{HOST}.{OTHER}:{port}/", f"https://x{HOST}:{port}/",
                    f"https://{HOST}/", f"https://{HOST}:{port + 1}/", f"https://{OTHER}:{port}/", f"https://127.0.0.1:{port}/", f"https://2130706433:{port}/",
                    f"https://0x7f000001:{port}/", f"https://0177.0.0.1:{port}/", f"https://127.1:{port}/", f"https://[::1]:{port}/", f"https://[::ffff:127.0.0.1]:{port}/",
                    f"https://[::ffff:7f00:1]:{port}/", f"https://localhost:{port}/", "https://169.254.169.254/latest/meta-data/", f"https://{HOST}%00.x:{port}/",
                    f"https://{HOST}:{port}/\r\nX: y", f"https://{HOST}:{port}/ HTTP/1.1", f"https://{HOST}:{port}/\u00fc", "https://" + "a" * 9000):
            if len(url) < 8000 or url.startswith("https://a"):
                got = broker.kind(url)
                if got != "denied":
                    raise AssertionError(f"{url!r}: {got}")
        for bad in ({"url": 5}, {"url": None}, {}, {"url": ground.url(), "method": 5}, {"url": ground.url(), "method": "CONNECT"}, {"url": ground.url(), "method": "TRACE"},
                    {"url": ground.url(), "headers": {}}, {"url": ground.url(), "headers": [["a"]]}, {"url": ground.url(), "headers": [["a b", "c"]]},
                    {"url": ground.url(), "headers": [["a:b", "c"]]}, {"url": ground.url(), "headers": [["a", "b\r\nHost: x"]]}, {"url": ground.url(), "headers": [["a\0", "b"]]},
                    {"url": ground.url(), "headers": [["a", "b\0c"]]}, {"url": ground.url(), "headers": [["", "b"]]}, {"url": ground.url(), "headers": [["a", "b"]] * 65},
                    {"url": ground.url(), "headers": [["a", "b" * 9000]]}):
            broker.frame(bad)
            head, size = struct.unpack("=II", broker.read(8))
            same((json.loads(broker.read(head))["error"]["kind"], size), ("bad-request", 0))
        same(broker.kind(ground.url(), b"x"), "bad-request")
    same(ground.server.connections, before)


@test
def methods(ground):
    ground.set()
    with ground.speak() as broker:
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            same(broker.kind(ground.url("/echo"), b"x", method=method), "denied")
    with ground.speak("any " + ground.where) as broker:
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            answer, body = broker.ask(ground.url("/echo"), b"" if method == "GET" else b"\0text", method=method)
            same((json.loads(body)["method"], json.loads(body)["body"]), (method, "" if method == "GET" else "\0text"))
        same(broker.kind(ground.url("/echo"), b"x" * (1 << 20), method="POST"), 200)


@test
def header_fields(ground):
    ground.set()
    fields = [["Authorization", "Bearer t"], ["X-Token", "t"], ["Accept", "a/b"], ["X-Empty", ""], ["Host", OTHER], ["Cookie", "a=b"], ["Connection", "upgrade"], ["Upgrade", "h2c"],
              ["Transfer-Encoding", "chunked"], ["Content-Length", "5"], ["Proxy-Authorization", "Basic x"], ["TE", "x"], ["Expect", "100-continue"], ["Accept-Encoding", "gzip"],
              ["X-Forwarded-For", "1.2.3.4"]]
    with ground.speak(ground.where, f"{OTHER}:{ground.port}") as broker:
        got = json.loads(broker.ask(ground.url("/echo"), headers=fields)[1])["headers"]
        same(got, {"host": ground.where, "authorization": "Bearer t", "x-token": "t", "accept": "a/b", "x-empty": "", "user-agent": "Impromptu"})
        answer, _ = broker.ask(ground.url("/cookie"))
        names = [name for name, _ in answer["headers"]]
        assert "X-Kept" in names and not {"Set-Cookie", "Connection", "Content-Length"} & set(names), names
        same(json.loads(broker.ask(ground.url("/echo"))[1])["headers"].get("cookie"), None)
        got = json.loads(broker.ask(ground.url("/to-302?/echo"), headers=fields[:3])[1])["headers"]
        same((got["authorization"], got["x-token"]), ("Bearer t", "t"))
        got = json.loads(broker.ask(ground.url("/to-302?" + ground.url("/echo", OTHER)), headers=fields[:3])[1])["headers"]
        same(got, {"host": f"{OTHER}:{ground.port}", "accept": "a/b", "user-agent": "Impromptu"})


@test
def redirects(ground):
    ground.set(names=[[f"{HOST}:{ground.port}:127.0.0.1", f"{OTHER}:{ground.port}:127.0.0.2", f"{THIRD}:{ground.port}:127.0.0.1"]])
    seen = ground.server.seen
    with ground.speak("any " + ground.where, f"{OTHER}:{ground.port}") as broker:
        same(broker.ask(ground.url("/to-301?/a"))[0]["url"], ground.url("/a"))
        same(broker.ask(ground.url("/to-302?a/../b?c"))[0]["url"], ground.url("/b?c"))
        for target in (f"http://{HOST}:{ground.port}/", f"http://{HOST}/", "file:///etc/passwd", "ftp://a.example/", f"https://{THIRD}:{ground.port}/", f"//{THIRD}:{ground.port}/",
                       "https://169.254.169.254/", f"https://127.0.0.1:{ground.port}/", f"https://[::1]:{ground.port}/", f"https://u:p@{HOST}:{ground.port}/",
                       f"https://{HOST}/", f"https://{THIRD}:{ground.port}\\@{HOST}:{ground.port}/", f"https://{OTHER}:{ground.port}/", "https://"):
            got = broker.kind(ground.url("/to-302?" + target))
            if got != "denied":
                raise AssertionError(f"{target}: {got}")
        del seen[:]
        same(broker.kind(ground.url("/loop")), "too-many")
        same(len(seen), 6)
        del seen[:]
        same(broker.kind(ground.url("/to-307?/echo"), b"x", method="POST"), 200)
        same(broker.kind(ground.url("/to-303?/echo"), b"x", method="POST"), 200)
        same(broker.kind(ground.url("/to-308?" + ground.url("/echo", OTHER)), b"x", method="POST"), "denied")
        same([entry[0] for entry in seen], ["POST", "POST", "POST", "GET", "POST"])


@test
def names_that_lead_home(ground):
    before = ground.server.connections
    for address in ("127.0.0.1", "127.0.0.2", "0.0.0.0", "10.0.0.1", "169.254.169.254", "192.168.1.1", "[::1]", "[::ffff:127.0.0.1]", "[::]", "[fd00:ec2::254]", "[fe80::1]"):
        ground.set(names=[[f"{HOST}:{ground.port}:{address}"]], loopback=False)
        with ground.speak() as broker:
            same((address, broker.kind(ground.url())), (address, "denied"))
            same(broker.reports(), [(0, 1, 0, 0), (0, 0, 0, 0)])
    own = subprocess.run(["hostname", "-I"], capture_output=True, text=True, check=True).stdout.split()
    for address in own:
        ground.set(names=[[f"{HOST}:{ground.port}:{'[' + address + ']' if ':' in address else address}"]], loopback=False)
        with ground.speak() as broker:
            same((address, broker.kind(ground.url())), (address, "denied"))
    same(ground.server.connections, before)
    ground.set(names=[[f"{HOST}:{ground.port}:10.0.0.1,127.0.0.1"]])
    with ground.speak() as broker:
        same(broker.kind(ground.url("/x")), 200)  # the address that may be connected to is, the other is not


@test
def rebinding(ground):
    """A name that is elsewhere at the second look: what is checked is the address of each connection."""
    here, there = [f"{HOST}:{ground.port}:127.0.0.1"], [f"{HOST}:{ground.port}:127.0.0.2"]
    ground.set(names=[here, there])
    with ground.speak() as broker:
        same(broker.kind(ground.url("/old")), "unreachable")  # and so the connection is closed
        same(broker.kind(ground.url("/")), "denied")
    ground.set(names=[here, there, here])
    with ground.speak() as broker:
        same(broker.kind(ground.url("/bomb")), "too-large")
        same([broker.kind(ground.url("/")) for _ in range(3)], ["denied", 200, 200])


@test
def who_the_server_is(ground):
    ground.set(ca=False)
    with ground.speak() as broker:
        same(broker.kind(ground.url()), "untrusted")
    ground.set()
    with ground.speak(f"{THIRD}:{ground.port}") as broker:
        same(broker.kind(ground.url(host=THIRD)), "untrusted")
    wrong = Server(ground.base, "wrong")
    ground.set(names=[[f"{HOST}:{wrong.port}:127.0.0.1"]])
    with ground.speak(f"{HOST}:{wrong.port}") as broker:
        same(broker.kind(f"https://{HOST}:{wrong.port}/"), "untrusted")
    same(wrong.seen, [])
    wrong.shutdown()
    wrong.server_close()
    ground.set(ca=False)
    with ground.speak(environment={"SSL_CERT_FILE": str(ground.base / "ca.pem"), "CURL_CA_BUNDLE": str(ground.base / "ca.pem"), "SSL_CERT_DIR": str(ground.base)}) as broker:
        same(broker.kind(ground.url()), "untrusted")


@test
def no_proxy(ground):
    """No proxy of the person's, with its password, is used or shown."""
    ground.set()
    listener = socket.create_server(("127.0.0.1", 0))
    proxy = f"http://person:secret@127.0.0.1:{listener.getsockname()[1]}"
    settings = {"https_proxy": proxy, "HTTPS_PROXY": proxy, "ALL_PROXY": proxy, "all_proxy": proxy}
    with ground.speak(environment=settings) as broker:
        same(broker.kind(ground.url()), 200)
    same(ground.run({"net": [ground.where]}, [{"url": ground.url()}], "net=" + ground.where, environment=settings)[1]["out"][0][0], 200)
    listener.setblocking(False)
    try:
        listener.accept()
        raise AssertionError("the proxy was connected to")
    except BlockingIOError:
        pass
    listener.close()


@test
def floods(ground):
    ground.set()
    del ground.server.drained[:]
    for path in ("bomb", "chunked_bomb", "announced", "header_bomb", "many_headers", "continues"):
        with ground.speak() as broker:
            same((path, broker.kind(ground.url("/" + path))), (path, "too-large"))
            same(broker.kind(ground.url("/x")), 200)
    with ground.speak() as broker:
        got = broker.kind(ground.url("/one_header"))
        assert got in ("too-large", "unreachable"), got
        same(broker.kind(ground.url("/old")), "unreachable")
    same([path for path in ground.server.drained if path != "/old"], [])
    with ground.speak() as broker:
        same([broker.kind(ground.url("/big")) for _ in range(5)], [200] * 4 + ["too-large"])


@test
def a_slow_answer(ground):
    ground.set(milliseconds=300)
    with ground.speak() as broker:
        same(broker.kind(ground.url("/drip")), "time")
    ground.set()
    ground.server.dripping.clear()
    code, answer, _ = ground.run({"net": [ground.where], "limits": {"seconds": 1}}, [{"url": ground.url("/drip")}], "net=" + ground.where)
    same((code, answer["error"]["kind"]), (1, "time"))


@test
def more_than_a_call_may(ground):
    ground.set()
    with ground.speak() as broker:
        same([broker.kind(ground.url("/x")) for _ in range(66)], [200] * 64 + ["too-many"] * 2)


@test
def nobody_there(ground):
    closed = socket.create_server(("127.0.0.1", 0))
    port = closed.getsockname()[1]
    closed.close()
    ground.set(names=[[f"{HOST}:{port}:127.0.0.1"]])
    with ground.speak(f"{HOST}:{port}", "nobody.example.invalid") as broker:
        same(broker.kind(f"https://{HOST}:{port}/"), "unreachable")
        got = broker.kind("https://nobody.example.invalid/")
        assert got in ("unreachable", "time"), got  # a name server may not answer at all here


# ---- its channel


@test
def frames_that_are_none(ground):
    ground.set()
    before = ground.server.connections
    whole = json.dumps({"url": ground.url()}).encode()
    bad = [struct.pack("=II", 0, 0), struct.pack("=II", 1 << 17, 0), struct.pack("=II", 0xffffffff, 0xffffffff), struct.pack("=II", 2, 1 << 21), struct.pack("=II", 2, 0) + b"[]",
           struct.pack("=II", 1, 0) + b"5", struct.pack("=II", 4, 0) + b"null", struct.pack("=II", len(whole) + 1, 0) + whole + b"x", struct.pack("=II", len(whole), 0) + whole[:-1] + b"\0",
           struct.pack("=II", 8, 0) + b'{"a":"\xff"}'[:8], struct.pack("=II", 200, 0) + b'{"url":' + b"[" * 193]
    for data in bad:
        with ground.speak() as broker:
            broker.socket.sendall(data)
            broker.socket.shutdown(socket.SHUT_WR)
            same((data[:40], broker.ended()), (data[:40], 4))
    for cut in (1, 7, 8, 9, 20, 8 + len(whole) - 1):
        with ground.speak() as broker:
            broker.socket.sendall((struct.pack("=II", len(whole), 0) + whole)[:cut])
            broker.socket.shutdown(socket.SHUT_WR)
            same((cut, broker.ended()), (cut, 4))
    with ground.speak() as broker:
        broker.socket.shutdown(socket.SHUT_WR)
        same(broker.ended(), 0)
    same(ground.server.connections, before)


@test
def noise(ground):
    """Random frames: the broker answers or ends, is never killed by a signal, and talks to nobody else."""
    ground.set()
    values = [None, -1, 1e300, "", "x", [], {}, True, ground.url(), "https://x/", [["a", "b"]], [[1, 2]], [[["a"], "b"]], "GET", "POST", "\0", "a" * 70000, "\ud7ff"]
    for seed in range(120):
        chance = random.Random(seed)
        with ground.speak("any " + ground.where) as broker:
            try:
                for _ in range(4):
                    if chance.random() < 0.4:
                        broker.socket.sendall(chance.randbytes(chance.randrange(1, 200)))
                    else:
                        broker.frame({name: chance.choice(values) for name in ("url", "method", "headers", "x") if chance.random() < 0.8}, chance.randbytes(chance.choice((0, 3))))
                broker.socket.shutdown(socket.SHUT_WR)
                while broker.socket.recv(65536):
                    pass
            except (BrokenPipeError, ConnectionResetError):
                pass
            code = broker.ended()
            assert code in (0, 4), (seed, code, broker.process.stderr.read())
    same({host for _, host, _ in ground.server.seen} - {ground.where, f"{OTHER}:{ground.port}", f"{THIRD}:{ground.port}"}, set())


@test
def descriptors_over_the_channel(ground):
    """Sent along with a request: refused by the kernel on our socket pair, and by the broker where the kernel cannot."""
    ground.set()
    with ground.speak() as broker:
        gone, mine = os.pipe()
        socket.send_fds(broker.socket, [struct.pack("=II", 2, 0) + b"{}"], [gone, mine])
        os.close(mine)
        same(broker.ended(), 4)
        same(os.read(gone, 1), b"")  # no copy of its other end is left anywhere
        os.close(gone)
    source = """
import os, socket, array
def run(args):
    channel = socket.socket(fileno=4)
    fd = os.open("/dev/null", os.O_RDONLY)
    sent = "sent"
    try:
        channel.sendmsg([b"\\x02\\0\\0\\0\\0\\0\\0\\0{}"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))])
    except OSError as error:
        return {"out": "refused", "left": len(os.listdir("/proc/self/fd")) if os.path.exists("/proc/self/fd") else 0}
    data, ancillary, flags, _ = channel.recvmsg(100, 1000)
    return {"out": "ended" if not data else data.decode("latin-1"), "ancillary": len(ancillary)}
"""
    code, answer, log = ground.run({"net": [ground.where]}, [], "net=" + ground.where, source=source)
    assert code == 0 and answer["out"] in ("refused", "ended") and not answer.get("ancillary"), (code, answer, log)


@test
def a_broker_closed_in(ground):
    """It has no file of the person's, no right, and ends with its caller."""
    ground.set()
    with ground.speak() as broker:
        same(broker.kind(ground.url()), 200)
        with open(f"/proc/{broker.process.pid}/status") as file:
            status = dict(line.split(":\t", 1) for line in file.read().splitlines() if ":\t" in line)
        same((status["NoNewPrivs"], status["Seccomp"]), ("1", "2"))
        same({int(part, 16) for part in (status["CapEff"], status["CapPrm"], status["CapAmb"])}, {0})
        if os.geteuid() == 0:
            same(status["Uid"].split(), ["100001"] * 4)
            same(status["Groups"].strip(), "")
            same(sorted(int(fd) for fd in os.listdir(f"/proc/{broker.process.pid}/fd"))[:5], [0, 1, 2, 3, 4])


@test
def the_real_one_has_no_hook(ground):
    with open(ground.real, "rb") as file:
        real = file.read()
    with open(ground.broker, "rb") as file:
        tests = file.read()
    for word in (b"broker-hook.json", b"loopback", b"milliseconds"):
        same((word, word in tests, word in real), (word, True, False))
    shutil.copy(ground.real, ground.base / "real")
    before = ground.server.connections
    with Broker(str(ground.base / "real"), [f"x.localtest.example:{ground.port}"], {"SSL_CERT_FILE": str(ground.base / "ca.pem")}) as broker:
        assert broker.kind(f"https://x.localtest.example:{ground.port}/") in ("unreachable", "denied", "untrusted", "time")
    same(ground.server.connections, before)
    for hosts in ([], ["127.0.0.1"], ["--ca"], ["localhost"], ["a.example/"], ["a.example"] * 9):
        with Broker(str(ground.base / "real"), hosts) as broker:
            same((hosts, broker.ended()), (hosts, 3))


# ---- all of it


@test
def a_tool(ground):
    ground.set()
    ask = [{"url": ground.url("/x")}, {"url": ground.url("/missing")}, {"url": ground.url("/echo"), "method": "POST", "body": {"a": 1}}, {"url": ground.url("/", OTHER)}]
    net = {"net": [ground.where]}
    code, answer, log = ground.run(net, ask, "net=" + ground.where.upper())
    same((code, answer.get("out", answer)[:2], log), (0, [[200, "hello", 5], [404, "none", 4]], ""))
    same([entry[0] for entry in answer["out"][2:]], ["denied", "denied"])
    code, answer, _ = ground.run({"net": ["any " + ground.where]}, ask, "net=any " + ground.where)
    same(json.loads(answer["out"][2][1])["body"], '{"a": 1}')
    same(json.loads(answer["out"][2][1])["headers"]["content-type"], "application/json")
    code, answer, _ = ground.run({"net": ["any " + ground.where]}, ask, "net=" + ground.where)
    same([entry[0] for entry in answer["out"]], [200, 404, "denied", "denied"])
    code, answer, _ = ground.run(net, ask, "net=any " + ground.where)
    same([entry[0] for entry in answer["out"]], [200, 404, "denied", "denied"])


@test
def a_tool_without_the_grant(ground):
    ground.set()
    before = ground.server.connections
    ask = [{"url": ground.url("/x")}]
    for manifest in ({}, {"net": []}):
        code, answer, _ = ground.run(manifest, ask, "net=" + ground.where)
        same((code, answer["out"][0][0]), (0, "denied"))
    for manifest, grants in (({"net": [ground.where]}, []), ({"net": [ground.where]}, [f"net={OTHER}:{ground.port}"]), ({"net": [ground.where]}, ["net=" + HOST]),
                             ({"net": ["127.0.0.1"]}, ["net=127.0.0.1"]), ({"net": ["*"]}, ["net=*"]), ({"net": [""]}, ["net="]), ({"net": ["https://" + HOST]}, []),
                             ({"net": "x.example"}, [])):
        code, answer, _ = ground.run(manifest, ask, *grants)
        same((code, answer["error"]["kind"]), (2, "grant"))
    source = """
import os, socket
def run(args):
    out = []
    for name, work in (("socket", lambda: socket.socket()), ("descriptor", lambda: os.fstat(4))):
        try:
            work()
            out.append(name)
        except OSError:
            pass
    return {"out": out}
"""
    same(ground.run({}, [], source=source)[:2], (0, {"out": []}))
    same(ground.run({"net": [ground.where]}, [], "net=" + ground.where, source=source)[:2], (0, {"out": ["descriptor"]}))
    same(ground.server.connections, before)


@test
def a_tool_through_the_agent(ground):
    ground.set()
    manifest = {"capabilities": {"net": [ground.where.upper()]}}
    ask = [{"url": ground.url("/x")}, {"url": ground.url("/", OTHER)}]
    got, log = ground.call(manifest, ask, "open")
    same((got["asked"], got["result"]["out"][0], got["result"]["out"][1][0]), ([f"May it talk to {ground.where}?"], [200, "hello", 5], "denied"))
    assert f"talked to {ground.where}: 1 requests" in log, log
    before = ground.server.connections
    got, _ = ground.call(manifest, ask, "no")
    assert "not allowed" in got["error"] and "result" not in got, got
    got, _ = ground.call({"capabilities": {"net": [ground.where], "list": ["~"]}}, ask, "no")
    same(got["asked"], ["May it look at the names and sizes of the files in your home folder?", f"May it talk to {ground.where}? It can then send out what it reads."])
    sample = {"args": {"asks": ask}, "world": {ground.url("/x"): '{"warm": 20}'}, "result": {"out": [[200, '{"warm": 20}', 12], ["unreachable", "This sample's world holds no answer of " + ask[1]["url"] + "."]]}}
    got, _ = ground.call({**manifest, "samples": [sample]}, [], "sample")
    assert "result" in got, got
    same(ground.server.connections, before)


@test
def tools_with_folders_threads_and_children(ground):
    """The socket beside mounts that are handed in, shared by threads and by a child."""
    ground.set()
    (ground.base / "home/docs").mkdir(exist_ok=True)
    (ground.base / "home/docs/a").write_text("file")
    ground.own()
    source = """
import impromptu, os, threading
def run(args):
    got = []
    threads = [threading.Thread(target=lambda: got.append(impromptu.fetch(args["asks"][0]["url"])["status"])) for _ in range(4)]
    [t.start() for t in threads], [t.join() for t in threads]
    if not (child := os.fork()):
        os._exit(0 if impromptu.fetch(args["asks"][0]["url"])["text"] == "hello" else 1)
    return {"out": got, "child": os.waitpid(child, 0)[1], "file": open("a").read()}
"""
    code, answer, log = ground.run({"net": [ground.where], "read": ["~/docs"]}, [{"url": ground.url("/x")}], "net=" + ground.where, "read=~/docs", source=source)
    same((code, answer), (0, {"out": [200] * 4, "child": 0, "file": "file"}))


@test
def a_program_beside_the_network(ground):
    """A program that such a tool starts has neither the broker's socket nor the channel, however it is started, unless the tool itself hands one on; and reaches nothing by itself."""
    ground.set()
    source = """
import impromptu, os, subprocess
def held(**options):
    listed = subprocess.run(["ls", "-l", "/proc/self/fd"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True, **options).stdout
    return sorted(line.split(" -> ")[0].split()[-1] + " " + line.split(" -> ")[1].split(":")[0] for line in listed.splitlines() if "socket:" in line)
def spawned(start):
    back, out = os.pipe()
    start(out)
    os.close(out)
    with open(back) as file:
        listed = file.read()
    os.wait()
    return [listed.count("socket:"), listed.count(" -> ") > 2]
def forked(out):
    if not os.fork():
        os.dup2(out, 1)
        os.execv("/usr/bin/ls", ["ls", "-l", "/proc/self/fd"])
def run(args):
    url = args["asks"][0]["url"]
    impromptu.progress(0.5, "half")
    first = impromptu.fetch(url)["status"]
    mine = sorted(fd for fd in range(3, 9) if os.path.exists(f"/proc/self/fd/{fd}") and os.readlink(f"/proc/self/fd/{fd}").startswith("socket:"))
    default, all, handed = held(), held(close_fds=False), held(pass_fds=(4,))
    spawn = spawned(lambda out: os.posix_spawn("/usr/bin/ls", ["ls", "-l", "/proc/self/fd"], {}, file_actions=[(os.POSIX_SPAWN_DUP2, out, 1)]))
    fork = spawned(forked)
    return {"mine": mine, "default": default, "all": all, "handed": handed, "spawn": spawn, "fork": fork, "fetched": [first, impromptu.fetch(url)["status"]],
            "data": impromptu.data, "kind": impromptu.FetchError("a", "b").kind}
"""
    code, answer, log = ground.run({"net": [ground.where], "run": ["ls"]}, [{"url": ground.url("/x")}], "net=" + ground.where, "run=ls", source=source)
    same((code, answer, log), (0, {"mine": [3, 4], "default": [], "all": [], "handed": ["4 socket"], "spawn": [0, True], "fork": [0, True], "fetched": [200, 200],
                                   "data": "/run/impromptu/data", "kind": "a"}, ""))


@test
def nothing_stays(ground):
    ground.set()
    for source in (TOOL, "import os\ndef run(args):\n    os.write(4, b'garbage that is no frame at all')\n    return {}\n", "import os\ndef run(args):\n    os.kill(os.getpid(), 9)\n",
                   "import os\ndef run(args):\n    os.close(4)\n    return {}\n"):
        ground.run({"net": [ground.where]}, [{"url": ground.url()}], "net=" + ground.where, source=source)
    ground.all_end()


@test
def nothing_stays_when_all_is_killed(ground):
    ground.set()
    ground.server.dripping.clear()
    for name, text in (("tool.py", TOOL), ("manifest.json", json.dumps({"net": [ground.where]}))):
        (ground.base / name).write_text(text)
    run = ground.popen(["run", "--manifest", str(ground.base / "manifest.json"), "--grant", "net=" + ground.where, "--args",
                        json.dumps({"asks": [{"url": ground.url("/drip")}]}), str(ground.base / "tool.py")], stdout=subprocess.DEVNULL)
    same(ground.server.dripping.wait(WAIT), True)
    brokers = [process for process in ground.processes() if process[1].endswith("-broker")]
    same(len(brokers), 1)
    run.kill()
    run.wait()
    ground.all_end()


@test
def no_broker(ground):
    os.rename(ground.broker, ground.base / "gone")
    try:
        code, answer, _ = ground.run({"net": [ground.where]}, [], "net=" + ground.where)
        same((code, answer["error"]["kind"]), (2, "unavailable"))
    finally:
        os.rename(ground.base / "gone", ground.broker)


main(Net)
