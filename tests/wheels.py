"""Wheels made by hand and a package index of a test's own, on this machine."""
import base64
import hashlib
import http.server
import re
import threading
import zipfile


def wheel(folder, name, version="1.0", files=None, requires=(), raw=()):
    """A wheel by hand: NAME.py with WORD unless files say otherwise; raw are entries whose names are taken as they are, in no RECORD."""
    stem = f"{name}-{version}"
    info = f"{stem}.dist-info"
    files = dict(files if files is not None else {f"{name}.py": f"WORD = '{name} {version}'\n"})
    files[f"{info}/METADATA"] = "\n".join(["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {other}" for other in requires), ""])
    files[f"{info}/WHEEL"] = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    lines = []
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        lines.append(f"{path},sha256={digest},{len(text.encode())}")
    files[f"{info}/RECORD"] = "\n".join([*lines, f"{info}/RECORD,,", ""])
    target = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(target, "w") as archive:
        for path, text in [*files.items(), *raw]:
            archive.writestr(path, text)
    return target


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


# ---- an index


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"

    def log_message(self, *_):
        pass

    def reply(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        index = self.server
        index.seen.append((self.path, self.headers.get("Authorization")))
        if index.password and self.headers.get("Authorization") != index.password:
            return self.reply(401, b"", [("WWW-Authenticate", 'Basic realm="x"')])
        parts = self.path.strip("/").split("/")
        special = index.special.get(self.path)
        if special:
            return special(self)
        if parts[0] == "simple" and len(parts) == 2:
            links = index.links.get(re.sub(r"[-_.]+", "-", parts[1]).lower())
            if links is None:
                return self.reply(404)
            page = "<!DOCTYPE html><html><body>" + "".join(f'<a href="{url}">{text}</a>\n' for text, url in links) + "</body></html>"
            return self.reply(200, page.encode(), [("Content-Type", "text/html")])
        file = index.folder / parts[-1]
        if parts[0] == "files" and file.is_file():
            return self.reply(200, file.read_bytes(), [("Content-Type", "application/octet-stream")])
        return self.reply(404)

    def announce(self):
        """Says that it is very large, and goes on until the other side has had enough."""
        self.send_response(200)
        self.send_header("Content-Length", str(300 << 20))
        self.end_headers()
        self.flood()

    def endless(self):
        self.send_response(200)
        self.end_headers()
        self.flood()

    def flood(self):
        try:
            while True:
                self.wfile.write(b"x" * (1 << 20))
        except OSError:
            self.server.gone.set()

    def hang(self):
        """Says nothing, until the other side has gone."""
        self.server.hanging.set()
        try:
            self.connection.recv(1)
        except OSError:
            pass
        self.server.gone.set()


class Index(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, folder):
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder, self.links, self.special, self.seen, self.password = folder, {}, {}, [], None
        self.hanging, self.gone = threading.Event(), threading.Event()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def add(self, path, hash_of=None):
        name = re.sub(r"[-_.]+", "-", path.name.split("-")[0]).lower()
        self.links.setdefault(name, []).append((path.name, f"../../files/{path.name}#sha256={hash_of or sha256(path)}"))

    def forget(self):
        self.links.clear(), self.special.clear(), self.seen.clear(), self.hanging.clear(), self.gone.clear()
        self.password = None

    def handle_error(self, *_):
        pass

    def paths(self):
        return [path for path, _ in self.seen]
