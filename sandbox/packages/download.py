"""Downloads wheels with pip, inside: confined like a tool, in a network of its own that has a loopback and nothing else. The forwarder here is all that pip
reaches, and hands each request to the broker, which alone decides which servers there are. Nothing here is a boundary.

run({"indexes", "pages": URLs without passwords, "folders": wheels that lie on this machine, "requirements", "stall"}) answers {"wheels": [file names]}
or {"error": {"kind", "message"}}; kinds: missing, source, version, hash, too-large, time, unreachable, untrusted, denied, pip.
"""
import contextlib, http.server, io, json, os, re, socket, struct, threading, urllib.parse

BROKER = 4
PLACE = "/run/impromptu/data"
LINK = re.compile(rb'(href\s*=\s*["\']?|"url"\s*:\s*")(https?)://([^/"\'<>\s?#]+)', re.I)
ROOTED = re.compile(rb'(href\s*=\s*["\']?|"url"\s*:\s*")/(?!/)', re.I)
LINE_MAX = 400


class Broker:
    """One request at a time, because there is one socket."""

    def __init__(self):
        self.socket = socket.socket(fileno=os.dup(BROKER))
        self.lock = threading.Lock()

    def read(self, size):
        data = bytearray()
        while len(data) < size:
            part = self.socket.recv(min(size - len(data), 1 << 20))
            if not part:
                raise EOFError
            data += part
        return bytes(data)

    def frame(self):
        head, size = struct.unpack("=II", self.read(8))
        head = json.loads(self.read(head)) if head else None
        return head, self.read(size)

    def ask(self, url):
        """The head, then what comes; the end of it where there is no more."""
        with self.lock:
            head = json.dumps({"url": url}).encode()
            self.socket.sendall(struct.pack("=II", len(head), 0) + head)
            head, _ = self.frame()
            yield head
            if "error" in head:
                return
            while True:
                head, data = self.frame()
                if head:
                    yield head
                if head or not data:
                    return
                yield data


class Forwarder(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"

    def log_message(self, *_):
        pass

    def do_GET(self):
        _, mark, scheme, rest = (self.path.split("/", 3) + ["", "", ""])[:4]
        if mark != "-" or scheme not in ("http", "https"):
            return self.send_error(404)
        host, slash, path = rest.partition("/")
        # pip writes the colon before a port as %3A where it takes it for a part of a path
        url = f"{scheme}://{urllib.parse.unquote(host)}{slash}{path}"
        answer = self.server.broker.ask(url)
        head = next(answer)
        if "error" in head:
            self.server.problems.append(head["error"])
            return self.send_error(404 if head["error"]["kind"] == "denied" else 502)
        self.server.asked.add((self.name(url), head["status"]))
        page = "html" in head["type"] or "json" in head["type"]
        try:
            self.page(url, head, answer) if page else self.file(head, answer)
        finally:
            for _ in answer:
                pass

    def start(self, head, length):
        self.send_response(head["status"])
        self.send_header("Content-Type", head["type"])
        if length >= 0:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def page(self, url, head, answer):
        body = b""
        for part in answer:
            if isinstance(part, dict):
                self.server.problems.append(part["error"])
                return self.send_error(502)
            body += part
        scheme, _, rest = url.partition("://")
        self.server.pages[self.name(url)] = max(self.server.pages.get(self.name(url), (0, 0, 0)), (head["status"] == 200, body.count(b".whl"), len(body)))
        body = LINK.sub(lambda found: found[1] + self.server.base(found[2].decode(), found[3].decode("ascii", "replace")).encode(), body)
        body = ROOTED.sub(rb"\1" + self.server.base(scheme, rest.split("/")[0]).encode() + b"/", body)
        self.start(head, len(body))
        self.wfile.write(body)

    @staticmethod
    def name(url):
        return re.sub(r"[-_.]+", "-", url.rstrip("/").rpartition("/")[2]).lower()

    def file(self, head, answer):
        self.start(head, head["length"])
        for part in answer:
            if isinstance(part, dict):
                self.server.problems.append(part["error"])
                self.close_connection = True
                return
            self.wfile.write(part)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Forwarder)
        self.broker, self.problems, self.pages, self.asked = Broker(), [], {}, set()

    def server_bind(self):
        """Without the look for this machine's name."""
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def base(self, scheme, host):
        return f"http://127.0.0.1:{self.server_port}/-/{scheme.lower()}/{host}"

    def address(self, url):
        scheme, _, rest = url.partition("://")
        return self.base(scheme, rest)

    def handle_error(self, *_):
        pass


def pip(*arguments):
    """Its exit status and what it says."""
    from pip._internal.cli.main import main
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        status = main(["--isolated", "--no-input", "--no-color", "--disable-pip-version-check", "--no-cache-dir", *arguments])
    return status, said.getvalue()


def plain(text):
    return text.strip()[:LINE_MAX]


def explain(server, said):
    """Why it went wrong: what the broker or the index said counts before pip's guess."""
    wanted = re.search(r"No matching distribution found for (\S+)", said)
    name = re.split(r"[\[=<>!~;,]", wanted[1])[0] if wanted else ""
    plainly = re.sub(r"[-_.]+", "-", name).lower()
    known, wheels, _ = server.pages.get(plainly, (0, 0, 0)) if server else (0, 0, 0)
    if "DO NOT MATCH THE HASHES" in said:
        return "hash", "A file of the package index is not the one that the index names: its hash is another. Nothing was installed."
    if server and server.problems:
        return server.problems[-1]["kind"], server.problems[-1]["message"]
    if wanted and known and not wheels:
        return "source", f"The package {name} exists, but only as source, which would have to be run to be installed. Use another package."
    if wanted and known:
        return "version", f"The package {name} exists, but not as {wanted[1]} for Python 3.11 on this machine. Name another version, or none."
    if wanted and (not server or (plainly, 404) in server.asked):
        return "missing", f"There is no package {name} in the package index. Do not guess another name: use one that exists, or the standard library."
    errors = [line.removeprefix("ERROR:") for line in said.splitlines() if line.startswith("ERROR:")]
    return "pip", "pip could not get the packages: " + plain(errors[-1] if errors else said[-LINE_MAX:])


def run(args):
    wheels, scratch = os.path.join(PLACE, "wheels"), os.path.join(PLACE, "tmp")
    for folder in (wheels, scratch):
        os.makedirs(folder, exist_ok=True)
    os.environ["TMPDIR"] = os.environ["HOME"] = scratch
    online, server = args["indexes"] + args["pages"], None
    options = ["--only-binary", ":all:", "--dest", wheels, "--progress-bar", "off", "--retries", "0", "--timeout", str(args["stall"] + 30)]
    if online:
        server = Server()
        threading.Thread(target=server.serve_forever, daemon=True).start()
    for index, url in enumerate(args["indexes"]):
        options += ["--extra-index-url" if index else "--index-url", server.address(url)]
    for place in [server.address(url) for url in args["pages"]] + args["folders"]:
        options += ["--find-links", place]
    if not args["indexes"]:
        options.append("--no-index")
    status, said = pip("download", *options, *args["requirements"])
    print(said)
    if status:
        kind, message = explain(server, said)
        return {"error": {"kind": kind, "message": message}}
    return {"wheels": sorted(os.listdir(wheels))}
