#!/usr/bin/python3
"""packages.py SANDBOX WORKER BROKER DATA: verifies that a tool's Python packages are installed confined, from the index that the person's pip is told of and from nowhere else,
against an index of the test's own with wheels made by hand, and with everything a hostile index or wheel could try. As an ordinary user and, where this is root, as root. TAP.
"""
import base64, fcntl, json, os, pathlib, shutil, socket, struct, subprocess, time, zipfile

from ground import WAIT, Ground, main, same, test  # first: it says where the next one is
from wheels import Handler, Index, sha256, wheel

DAYS_UNUSED = 40
TOOL = "import {module}\ndef run(args):\n    return {{'word': {module}.WORD, 'file': {module}.__file__}}\n"


def within(text, *words):
    for word in words:
        if word not in text:
            raise AssertionError(f"{text!r} does not say {word!r}")


class Packages(Ground):
    def __init__(self, user, sandbox, worker, broker, data):
        super().__init__(user, "packages", (sandbox, worker, broker))
        shutil.copytree(os.path.join(data, "python"), self.base / "data/python")
        self.wheels = self.base / "wheels"
        self.wheels.mkdir()
        self.index, self.other = Index(self.wheels), Index(self.wheels)

    def begin(self):
        """No package installed, an empty index."""
        shutil.rmtree(self.base / "home", ignore_errors=True)
        (self.base / "home").mkdir()
        self.index.forget(), self.other.forget()
        for file in self.wheels.iterdir():
            file.unlink()
        self.own("home")

    def environment(self, **more):
        return super().environment(**{"IMPROMPTU_DATA": str(self.base / "data"), "PIP_CONFIG_FILE": "/dev/null", "PIP_INDEX_URL": self.index.url + "/simple", **more})

    def command(self, source, packages, *arguments):
        (self.base / "tool.py").write_text(source)
        (self.base / "manifest.json").write_text(json.dumps({"packages": packages}))
        return [self.sandbox, "run", "--manifest", str(self.base / "manifest.json"), *arguments, str(self.base / "tool.py")]

    def run(self, source, packages, *arguments, **environment):
        done = subprocess.run(self.command(source, packages, *arguments), env=self.environment(**environment), capture_output=True, text=True, timeout=WAIT * 3, **self.who())
        return done.returncode, json.loads(done.stdout)

    def failure(self, packages, *words, source="import nothing_here\ndef run(args): return {}\n", **environment):
        status, answer = self.run(source, packages, **environment)
        same((status, answer.get("error", {}).get("kind")), (1, "packages"))
        within(answer["error"]["message"], *words)
        same(self.left(), [])
        return answer["error"]["message"]

    @property
    def store(self):
        return self.base / "home/.local/share/impromptu/packages"

    def environments(self):
        return sorted((self.store / "envs").iterdir()) if (self.store / "envs").exists() else []

    def left(self):
        """What an installation left that is none."""
        return [entry.name for entry in self.store.iterdir() if entry.name.startswith(("new-", "old-"))] if self.store.exists() else []

    def close(self):
        for index in (self.index, self.other):
            index.shutdown()
            index.server_close()
        super().close()


# ---- what has to work


@test
def a_package(ground):
    """Found missing by the real error, installed with what it needs, its hashes recorded; from then on there without the index."""
    ground.index.add(wheel(ground.wheels, "wordy", requires=["inner>=1"]))
    ground.index.add(wheel(ground.wheels, "inner"))
    source = "import wordy, inner\ndef run(args):\n    return {'word': wordy.WORD, 'inner': inner.WORD, 'file': wordy.__file__}\n"
    wanted = (0, {"word": "wordy 1.0", "inner": "inner 1.0", "file": "/run/impromptu/packages/wordy.py"})
    same(ground.run(source, ["wordy"]), wanted)
    asked = len(ground.index.seen)
    assert asked, "the index was not asked"
    same(ground.run(source, ["Wordy"]), wanted)
    same(len(ground.index.seen), asked)
    record = json.loads((ground.environments()[0] / "record.json").read_text())
    same({entry["file"]: entry["sha256"] for entry in record["wheels"]}, {path.name: sha256(path) for path in ground.wheels.iterdir()})
    same(ground.left(), [])


@test
def nothing_is_installed_for_nothing(ground):
    """A tool that names a package and does not miss it, and one that misses a module and names no package."""
    ground.index.add(wheel(ground.wheels, "wordy"))
    same(ground.run("import json\ndef run(args):\n    return {}\n", ["wordy"]), (0, {}))
    status, answer = ground.run(TOOL.format(module="wordy"), [])
    same((status, answer["error"]["kind"]), (1, "tool"))
    within(answer["error"]["message"], "ModuleNotFoundError")
    same((ground.index.seen, ground.environments()), ([], []))


@test
def a_library_of_machine_code(ground):
    """What is compiled can be mapped executable, beside a granted program as well; the environment cannot be written."""
    library = next(pathlib.Path("/usr/lib/python3.11/lib-dynload").glob("_json*.so"))
    files = {"native/__init__.py": "from . import _json\nWORD = _json.encode_basestring_ascii('x')\n"}
    path = wheel(ground.wheels, "native", files=files)
    with zipfile.ZipFile(path, "a") as archive:
        archive.write(library, f"native/{library.name}")
    ground.index.add(path)
    source = ("import errno, native, os\ndef run(args):\n    try:\n        open(native.__file__, 'a')\n    except OSError as error:\n"
              "        return {'word': native.WORD, 'error': errno.errorcode[error.errno]}\n    return {}\n")
    status, answer = ground.run(source, ["native"])
    same((status, answer.get("word"), answer.get("error") in ("EROFS", "EACCES")), (0, '"x"', True))


@test
def equal_sets_share(ground):
    """Whatever their order and spelling; and sets that come to the same wheels share one environment."""
    for name in ("one", "two_words"):
        ground.index.add(wheel(ground.wheels, name))
    source = "import one, two_words\ndef run(args):\n    return {'words': [one.WORD, two_words.WORD]}\n"
    wanted = (0, {"words": ["one 1.0", "two_words 1.0"]})
    same(ground.run(source, ["one", "two-words"]), wanted)
    asked = len(ground.index.seen)
    same(ground.run(source, ["Two.Words", "ONE"]), wanted)
    same((len(ground.index.seen), len(ground.environments())), (asked, 1))
    same(ground.run(source, ["one>=1", "two_words==1.0"]), wanted)
    assert len(ground.index.seen) > asked, "another set was not looked for"
    same((len(ground.environments()), len(list((ground.store / "sets").iterdir()))), (1, 2))


@test
def a_folder_of_wheels(ground):
    """PIP_FIND_LINKS and PIP_NO_INDEX: nobody is asked."""
    ground.index.add(wheel(ground.wheels, "wordy"))
    same(ground.run(TOOL.format(module="wordy"), ["wordy"], PIP_FIND_LINKS=str(ground.wheels), PIP_NO_INDEX="1")[1].get("word"), "wordy 1.0")
    same(ground.index.seen, [])
    ground.failure(["absent-here"], "no package absent-here", PIP_FIND_LINKS=str(ground.wheels), PIP_NO_INDEX="1")
    ground.failure(["absent-here"], "neither of a package index nor of a folder", PIP_NO_INDEX="1")


@test
def the_persons_own_index(ground):
    """From a configuration file, with a name and password that the broker has and pip inside has not."""
    ground.index.add(wheel(ground.wheels, "wordy"))
    ground.index.password = "Basic " + base64.b64encode(b"me:pass word").decode()
    (ground.base / "home/.config/pip").mkdir(parents=True)
    (ground.base / "home/.config/pip/pip.conf").write_text("[global]\nindex-url = " + ground.index.url.replace("//", "//me:pass%20word@") + "/simple\n")
    ground.own("home")
    same(ground.run(TOOL.format(module="wordy"), ["wordy"], PIP_INDEX_URL=None, PIP_CONFIG_FILE=None)[1].get("word"), "wordy 1.0")
    assert all(word == ground.index.password for _, word in ground.index.seen), ground.index.seen
    ground.index.password = "Basic another"
    ground.failure(["other-one"], "other-one", PIP_INDEX_URL=None, PIP_CONFIG_FILE=None)


@test
def a_warm_server(ground):
    """Several calls that miss the same set at once install it once; one that is given up meanwhile leaves the others theirs."""
    ground.index.add(wheel(ground.wheels, "wordy"))
    server, path = ground.serve("home/socket")
    try:
        command = ground.command(TOOL.format(module="wordy"), ["wordy"], "--connect", path)
        runs = [subprocess.Popen(command, env=ground.environment(), stdout=subprocess.PIPE, text=True, **ground.who()) for _ in range(4)]
        runs[0].kill()
        same([json.loads(run.communicate(timeout=WAIT)[0])["word"] for run in runs[1:]], ["wordy 1.0"] * 3)
        runs[0].communicate()
        same(len([path for path in ground.index.paths() if path.startswith("/files/")]), 1)
    finally:
        server.terminate()
        server.wait()
    ground.all_end()


# ---- what cannot be had


@test
def a_package_that_there_is_not(ground):
    within(ground.failure(["invented-thing"], "There is no package invented-thing"), "Do not guess")
    same(ground.index.paths(), ["/simple/invented-thing/"])
    ground.index.add(wheel(ground.wheels, "outer", requires=["never-made"]))
    ground.failure(["outer"], "There is no package never-made")


@test
def only_source(ground):
    (ground.wheels / "sourced-1.0.tar.gz").write_bytes(b"not looked at")
    ground.index.add(ground.wheels / "sourced-1.0.tar.gz")
    ground.failure(["sourced"], "sourced exists", "only as source")
    same([path for path in ground.index.paths() if path.startswith("/files/")], [])


@test
def another_version(ground):
    ground.index.add(wheel(ground.wheels, "wordy"))
    ground.failure(["wordy>=2"], "wordy exists", "wordy>=2")


@test
def a_hash_that_is_another(ground):
    ground.index.add(wheel(ground.wheels, "wordy"), hash_of="0" * 64)
    ground.failure(["wordy"], "hash is another")


@test
def a_file_that_changed(ground):
    """Under the same name as one that was installed before."""
    ground.index.add(wheel(ground.wheels, "wordy"))
    same(ground.run(TOOL.format(module="wordy"), ["wordy"])[0], 0)
    shutil.rmtree(ground.store / "envs")
    ground.index.links.clear()
    ground.index.add(wheel(ground.wheels, "wordy", files={"wordy.py": "WORD = 'changed'\n"}))
    ground.failure(["wordy"], "another file under the name wordy-1.0-py3-none-any.whl")


@test
def too_large(ground):
    for name, kind in (("announced", Handler.announce), ("unannounced", Handler.endless)):
        ground.index.links[name] = [(f"{name}-1.0-py3-none-any.whl", f"../../files/{name}-1.0-py3-none-any.whl")]
        ground.index.special[f"/files/{name}-1.0-py3-none-any.whl"] = kind
        ground.index.gone.clear()
        ground.failure([name], "more than an installation may take")
        same(ground.index.gone.wait(WAIT), True)


@test
def an_index_that_hangs(ground):
    ground.index.special["/simple/slow/"] = Handler.hang
    ground.failure(["slow"], "did not answer in time", PIP_TIMEOUT="1")
    same(ground.index.gone.wait(WAIT), True)


@test
def an_index_that_is_not_there(ground):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        ground.failure(["wordy"], "could not be reached", PIP_INDEX_URL=f"http://127.0.0.1:{free.getsockname()[1]}/simple")


@test
def to_another_server(ground):
    """By a redirect of the page or the file, or by a link, to a server that the person did not name: it is not asked. The same server's own redirect is followed."""
    path = wheel(ground.wheels, "wordy")
    ground.other.add(path)
    ground.index.special["/simple/wordy/"] = lambda handler: handler.reply(302, b"", [("Location", ground.other.url + "/simple/wordy/")])
    ground.failure(["wordy"], "is not the package index")
    ground.index.special.clear()
    ground.index.links["wordy"] = [(path.name, f"{ground.other.url}/files/{path.name}#sha256={sha256(path)}")]
    ground.failure(["wordy"], "is not the package index")
    ground.index.links["wordy"] = [(path.name, f"/files/{path.name}")]
    ground.index.special[f"/files/{path.name}"] = lambda handler: handler.reply(302, b"", [("Location", f"{ground.other.url}/files/{path.name}")])
    ground.failure(["wordy"], "is not the package index")
    same(ground.other.seen, [])
    ground.index.special[f"/files/{path.name}"] = lambda handler: handler.reply(302, b"", [("Location", f"/files/again/{path.name}")])
    same(ground.run(TOOL.format(module="wordy"), ["wordy"]), (0, {"word": "wordy 1.0", "file": "/run/impromptu/packages/wordy.py"}))


@test
def names(ground):
    """What is no name of a package, and what is nearly a well-known one's."""
    for name in ("http://127.0.0.1/x.whl", "../x", "-r/etc/passwd", "--index-url=http://x", "wordy @ http://x/y.whl", "wordy; os_name=='x'", "", "x" * 101):
        status, answer = ground.run("def run(args): return {}\n", [name])
        same((name, status, answer["error"]["kind"]), (name, 2, "grant"))
    for name, known in (("reqeusts", "requests"), ("numpyy", "numpy"), ("python-requests", "requests"), ("beautifulsoop4", "beautifulsoup4"), ("pyyaml3", "pyyaml")):
        status, answer = ground.run("def run(args): return {}\n", [name])
        same((name, status), (name, 2))
        within(answer["error"]["message"], known, f"--grant package={name}")
    ground.index.add(wheel(ground.wheels, "reqeusts"))
    same(ground.run(TOOL.format(module="reqeusts"), ["reqeusts"], "--grant", "package=reqeusts")[1].get("word"), "reqeusts 1.0")
    same(ground.index.paths()[0], "/simple/reqeusts/")


# ---- hostile wheels


@test
def paths_out_of_the_wheel(ground):
    """An absolute path, one with dots, and one to the environment's neighbours."""
    for name, path in (("dotty", "../../escaped.py"), ("absolute", "/run/impromptu/data/escaped.py"), ("deep", "a/../../../../envs/escaped.py")):
        ground.index.add(wheel(ground.wheels, name, raw=[(path, "ESCAPED = 1\n")]))
        status, answer = ground.run(TOOL.format(module=name), [name])
        same([str(found) for found in ground.base.rglob("escaped.py") if name not in str(found) and "site" not in found.parts], [])
        same(ground.left(), [])
        assert status == 0 or answer["error"]["kind"] == "packages", answer


HOSTILE = """
import os
def mark():
    for place in ('/run/impromptu/data/site/RAN', '/run/impromptu/data/RAN', os.environ.get('MARK', '/nonexistent/RAN')):
        try:
            open(place, 'w').close()
        except OSError:
            pass
mark()
WORD = 'hostile'
"""


@test
def nothing_is_run_at_install(ground):
    """A .pth file, a site hook, a setup script, entry points and the package itself would all leave a mark where they could write at install. The .pth works where Python looks for it."""
    pth = "import os; exec(open(os.path.join(os.path.dirname(__file__) if '__file__' in dir() else sitedir, 'hostile.py')).read())\n"
    files = {"hostile.py": HOSTILE, "hostile.pth": pth, "sitecustomize.py": HOSTILE, "usercustomize.py": HOSTILE, "setup.py": HOSTILE, "conftest.py": HOSTILE,
             "hostile-1.0.dist-info/entry_points.txt": "[console_scripts]\nhostile = hostile:mark\n[distutils.commands]\ninstall = hostile:mark\n"}
    ground.index.add(wheel(ground.wheels, "hostile", files=files))
    source = "import sys\ndef run(args):\n    import innocent\n    return {'seen': [name for name in ('hostile', 'sitecustomize', 'usercustomize') if name in sys.modules]}\n"
    ground.index.add(wheel(ground.wheels, "innocent"))
    same(ground.run(source, ["hostile", "innocent"]), (0, {"seen": []}))
    place = ground.environments()[0] / "site"
    same((place / "hostile.pth").exists(), True)
    same([str(found) for found in ground.base.rglob("RAN")], [])
    mark = ground.base / "MARK"
    subprocess.run(["/usr/bin/python3", "-I", "-c", f"import site; site.addsitedir({str(place)!r})"], env={"MARK": str(mark)}, check=True)
    same(mark.exists(), True)
    mark.unlink()


@test
def bombs(ground):
    """Few bytes that become many, and more files than there may be."""
    path = wheel(ground.wheels, "bomb")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("bomb.bin", "w") as entry:
            for _ in range(300):
                entry.write(bytes(1 << 20))
    ground.index.add(path)
    ground.failure(["bomb"], "")
    same(ground.environments(), [])


# ---- the broker by itself


class Broker:
    """As sandbox/net.c starts it for an installation."""

    def __init__(self, program, settings):
        self.socket, theirs = socket.socketpair()
        self.socket.settimeout(WAIT)
        lifted = fcntl.fcntl(theirs.fileno(), fcntl.F_DUPFD, 20)
        self.process = subprocess.Popen([program, "--index"], close_fds=False, env={}, stdin=subprocess.PIPE, preexec_fn=lambda: os.dup2(lifted, 3))
        os.close(lifted)
        theirs.close()
        self.process.stdin.write(json.dumps(settings).encode())
        self.process.stdin.close()

    def read(self, size):
        data = b""
        while len(data) < size:
            part = self.socket.recv(size - len(data))
            if not part:
                raise EOFError
            data += part
        return data

    def frame(self):
        head, size = struct.unpack("=II", self.read(8))
        return json.loads(self.read(head)) if head else None, self.read(size)

    def ask(self, url):
        """(status, bytes) or (kind, message)."""
        text = json.dumps({"url": url}).encode()
        self.socket.sendall(struct.pack("=II", len(text), 0) + text)
        head, data = self.frame()
        if "error" in head:
            return head["error"]["kind"], head["error"]["message"]
        while True:
            more, part = self.frame()
            if more:
                return more["error"]["kind"], more["error"]["message"]
            if not part:
                return head["status"], data
            data += part

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.process.kill()
        self.process.wait()


@test
def what_a_taken_over_pip_could_ask(ground):
    """Other servers, other ports, other schemes, and what a hostile page names."""
    port = ground.index.server_address[1]
    base = ground.index.url
    page = "".join(f'<a href="https://{host}/x.whl">x</a>' for host in (f"127.0.0.1:{ground.other.server_address[1]}", "169.254.169.254", "10.0.0.1", "user:word@127.0.0.1", "[::1]", "0x7f.1"))
    ground.index.special["/simple/evil/"] = lambda handler: handler.reply(200, page.encode(), [("Content-Type", "text/html")])
    ground.index.special["/simple/many/"] = lambda handler: handler.reply(200, "".join(f'<a href="https://h{n}.example.test/">x</a>' for n in range(500)).encode(), [("Content-Type", "text/html")])
    with Broker(str(ground.base / "impromptu-sandbox-broker"), {"sources": [base + "/simple/"], "stall": 5}) as broker:
        for url in (ground.other.url + "/", f"https://127.0.0.1:{port}/", f"http://localhost:{port}/", "http://127.0.0.1/", f"http://127.0.0.1:{port}@127.0.0.1:{ground.other.server_address[1]}/",
                    "file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "https://169.254.169.254/", "http://[::1]/", "", "x", "https://example.com/"):
            same((url, broker.ask(url)[0]), (url, "denied"))
        same(broker.ask(base + "/simple/evil/")[0], 200)
        for host in (f"127.0.0.1:{ground.other.server_address[1]}", "169.254.169.254", "10.0.0.1"):
            kind, message = broker.ask(f"https://{host}/x.whl")
            same((host, kind), (host, "denied"))
            within(message, "not on the internet")
        same(broker.ask(base + "/simple/many/")[0], 200)
        same(broker.ask("https://h400.example.test/")[0], "denied")
        same(broker.ask(base + "/nothing")[0], 404)
    same(ground.other.seen, [])
    with Broker(str(ground.base / "impromptu-sandbox-broker"), {"sources": [base + "/simple/"], "stall": 5}) as broker:
        broker.socket.sendall(b"garbage that is no frame at all")
        same(broker.process.wait(WAIT), 0)


# ---- what stays


@test
def collection(ground):
    """An environment that nobody used for long goes at the next start, unless it is in use; what a killed installation left goes as well."""
    ground.index.add(wheel(ground.wheels, "wordy"))
    ground.index.add(wheel(ground.wheels, "other"))
    for name in ("wordy", "other"):
        same(ground.run(TOOL.format(module=name), [name])[0], 0)
    same(len(ground.environments()), 2)
    old = time.time() - DAYS_UNUSED * 24 * 3600
    held = next(place for place in ground.environments() if (place / "site/other.py").exists())
    for place in ground.environments():
        os.utime(place / "record.json", (old, old))
    (ground.store / "new-0123456789abcdef/work/wheels").mkdir(parents=True)
    (ground.store / "new-fedcba9876543210").mkdir()
    ground.own("home")
    working, using = os.open(ground.store / "new-fedcba9876543210", os.O_RDONLY), os.open(held / "site", os.O_RDONLY)
    fcntl.flock(working, fcntl.LOCK_EX)
    fcntl.flock(using, fcntl.LOCK_SH)
    ground.index.add(wheel(ground.wheels, "third"))
    same(ground.run(TOOL.format(module="third"), ["third"])[0], 0)
    same((held in ground.environments(), len(ground.environments()), ground.left()), (True, 2, ["new-fedcba9876543210"]))
    os.close(working), os.close(using)
    same(ground.run(TOOL.format(module="third"), ["third", "other"])[0], 0)
    same((held in ground.environments(), ground.left()), (False, []))


@test
def killed_in_the_middle(ground):
    """No process stays; what lies there then is gone with the next installation, which works. Told to end, a server leaves nothing at all."""
    path = wheel(ground.wheels, "wordy")
    ground.index.add(path)
    ground.index.special[f"/files/{path.name}"] = Handler.hang
    run = subprocess.Popen(ground.command(TOOL.format(module="wordy"), ["wordy"]), env=ground.environment(), stdout=subprocess.DEVNULL, **ground.who())
    same(ground.index.hanging.wait(WAIT), True)
    run.kill()
    run.wait()
    same(ground.index.gone.wait(WAIT), True)
    ground.all_end()
    same(ground.environments(), [])
    ground.index.special.clear()
    same(ground.run(TOOL.format(module="wordy"), ["wordy"])[1].get("word"), "wordy 1.0")
    same((len(ground.environments()), ground.left()), (1, []))
    ground.begin()
    path = wheel(ground.wheels, "wordy")
    ground.index.add(path)
    ground.index.special[f"/files/{path.name}"] = Handler.hang
    server, place = ground.serve("home/socket")
    run = subprocess.Popen(ground.command(TOOL.format(module="wordy"), ["wordy"], "--connect", place), env=ground.environment(), stdout=subprocess.DEVNULL, **ground.who())
    same(ground.index.hanging.wait(WAIT), True)
    server.terminate()
    server.wait(WAIT)
    run.wait(WAIT)
    ground.all_end()
    same((ground.environments(), ground.left()), ([], []))


main(Packages)
