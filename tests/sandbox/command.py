#!/usr/bin/python3
"""command.py SANDBOX WORKER: verifies impromptu-sandbox run, serve and status from outside (exit statuses, output, grants against the manifest), and that where the kernel
lacks something a tool is refused with a sentence, never run. As an ordinary user and, where this is root, as root. TAP.

The kernel's lacks are real ones: a user namespace with user.max_user_namespaces at 0, and seccomp filters that make a system call absent before the sandbox starts.
"""
import ctypes, json, os, pathlib, pwd, random, re, resource, select, shutil, signal, socket, struct, subprocess, tempfile

from ground import WAIT, Ground, main, same, test

READERS = 64  # SERVER_READERS_MAX
ALLOW, ENOSYS, EPERM = 0x7FFF0000, 0x00050000 | 38, 0x00050000 | 1
OK = "def run(args):\n    print('printed')\n    return {'sum': args.get('a', 0) + 1}\n"


class Command(Ground):
    def __init__(self, user, sandbox, worker):
        super().__init__(user, "command", (sandbox, worker))
        (self.base / "home/docs/small").mkdir(parents=True)
        self.write("home/docs/note.txt", "hello")
        self.docs = str(self.base / "home/docs")

    def begin(self):
        self.own()

    def run(self, source, manifest, *arguments, **options):
        tool, file = self.write("tool.py", source), self.write("manifest.json", manifest if isinstance(manifest, str) else json.dumps(manifest))
        done = self.start(["run", "--manifest", file, *arguments, tool], **options)
        return done.returncode, json.loads(done.stdout), done.stderr


def filtered(number, action):
    """In the child, before exec: system call number is answered by action."""
    def apply():
        seccomp = ctypes.CDLL("libseccomp.so.2")
        seccomp.seccomp_init.restype = ctypes.c_void_p
        context = ctypes.c_void_p(seccomp.seccomp_init(ctypes.c_uint32(ALLOW)))
        if seccomp.seccomp_rule_add_exact(context, ctypes.c_uint32(action), number, 0) or seccomp.seccomp_load(context):
            os._exit(99)
    return apply


def refused(outcome, *words):
    status, answer, _ = outcome
    same(status, 2)
    for word in words:
        if word not in answer["error"]["message"]:
            raise AssertionError(f"{answer} does not say {word!r}")


@test
def a_result(ground):
    same(ground.run(OK, {}, "--args", '{"a": 41}'), (0, {"sum": 42}, "printed\n"))
    same(ground.run(OK, {}, "--args", "@" + ground.write("args.json", '{"a": 1}'), "--app", "sums")[1], {"sum": 2})


@test
def a_failure(ground):
    status, answer, log = ground.run("def run(args):\n    print('so far')\n    return 1 / 0\n", {})
    same((status, answer["error"]["kind"], answer["error"]["message"], log), (1, "tool", "ZeroDivisionError: division by zero", "so far\n"))
    assert "line 3, in run" in answer["error"]["traceback"], answer
    status, answer, log = ground.run("def run(args):\n    print('x', flush=True)\n    while True: pass\n", {"limits": {"seconds": 0.5}})
    same((status, answer["error"]["kind"], log), (1, "time", "x\n"))


@test
def grants_and_manifest(ground):
    read = "import os\ndef run(args):\n    return {'text': open('note.txt').read(), 'cwd': os.getcwd()}\n"
    same(ground.run(read, {"read": ["~/docs"]}, "--grant", "read=" + ground.docs)[1], {"text": "hello", "cwd": ground.docs})
    same(ground.run(read, {"capabilities": {"read": ["~/docs"]}}, "--grant", "read=~")[1], {"text": "hello", "cwd": ground.docs})
    same(ground.run("import os\ndef run(args):\n    return {'cwd': os.getcwd(), 'above': os.listdir('..')}\n", {"list": ["~"]}, "--grant", f"list={ground.docs}/small")[1],
         {"cwd": ground.docs + "/small", "above": ["small"]})
    refused(ground.run(read, {"read": ["~/docs"]}), "nobody has agreed", "--grant read=" + ground.docs)
    refused(ground.run(read, {"read": ["~/docs"]}, "--grant", "list=" + ground.docs), "nobody has agreed")
    same(ground.run(read, {"read": ["~/docs"]}, "--grant", "write=" + ground.docs)[1], {"text": "hello", "cwd": ground.docs})
    change = "def run(args):\n    try:\n        open('new', 'w')\n    except OSError as error:\n        return {'errno': error.errno}\n"
    same(ground.run(change, {"read": ["~/docs"]}, "--grant", "write=" + ground.docs)[1], {"errno": 30})
    same(ground.run(read, {"list": ["~/docs"]}, "--grant", "read=" + ground.docs)[1]["error"]["kind"], "tool")
    same(ground.run("import os\ndef run(args):\n    return {'there': os.path.exists(os.path.expanduser('~/docs'))}\n", {}, "--grant", "read=" + ground.docs)[1], {"there": False})


@test
def a_start_in_the_first_granted_folder(ground):
    """In the order of --grant; a file is no folder; without one it is the scratch folder, which can be written."""
    where = "import os\ndef run(args):\n    open('x', 'w').close() if args.get('write') else None\n    return {'cwd': os.getcwd()}\n"
    manifest = {"read": ["~/docs"], "list": ["~/docs/small"]}
    same(ground.run(where, manifest, "--grant", f"list={ground.docs}/small", "--grant", f"read={ground.docs}")[1], {"cwd": ground.docs + "/small"})
    same(ground.run(where, manifest, "--grant", f"read={ground.docs}", "--grant", f"list={ground.docs}/small")[1], {"cwd": ground.docs})
    same(ground.run(where, {"read": ["~/docs/note.txt"]}, "--grant", f"read={ground.docs}/note.txt", "--args", '{"write": 1}')[1], {"cwd": "/tmp"})
    same(ground.run(where, {}, "--args", '{"write": 1}')[1], {"cwd": "/tmp"})
    same(ground.run(where, {"read": ["/"]}, "--grant", "read=/")[1], {"cwd": "/"})


@test
def temporary_files(ground):
    """They work in whatever folder was granted, one in /tmp or all of it as well, and are never there."""
    make = "import os, tempfile\ndef run(args):\n    name = tempfile.mkstemp()[1]\n    return {'cwd': os.getcwd(), 'in': os.path.dirname(name)}\n"
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        os.chmod(folder, 0o755)
        for granted in (folder, "/tmp"):
            same(ground.run(make, {"read": [granted]}, "--grant", "read=" + granted)[:2], (0, {"cwd": granted, "in": "/scratch"}))
    same(ground.run(make, {"read": ["~/docs"]}, "--grant", "read=" + ground.docs)[1]["in"], "/tmp")


@test
def many_processes(ground):
    """Python's pools of processes, with the locks that they share by name."""
    call = "import multiprocessing\ndef square(x):\n    return x * x\ndef run(args):\n    with multiprocessing.Pool(2) as pool:\n        return {'squares': pool.map(square, range(5))}\n"
    same(ground.run(call, {})[1], {"squares": [0, 1, 4, 9, 16]})


@test
def sources_and_results_of_other_makes(ground):
    """A source as Python itself takes it (a mark before it, another encoding that it names), and numpy's own numbers and arrays in a result."""
    for source in ("\ufeffdef run(args):\n    return {'x': 'é'}\n".encode(), "# -*- coding: latin-1 -*-\r\ndef run(args):\r\n    return {'x': 'é'}\r\n".encode("latin-1")):
        (ground.base / "made.py").write_bytes(source)
        done = ground.start(["run", "--manifest", ground.write("manifest.json", "{}"), str(ground.base / "made.py")])
        same((done.returncode, done.stdout), (0, '{"x":"é"}\n'))
    numbers = "import numpy as np\ndef run(args):\n    return {'n': np.arange(4).sum(), 'f': np.float32(0.5), 'b': np.bool_(True), 'a': np.eye(2)}\n"
    same(ground.run(numbers, {})[1], {"n": 6, "f": 0.5, "b": True, "a": [[1, 0], [0, 1]]})
    same(ground.run("import numpy as np\ndef run(args):\n    return {'a': np.array([np.nan])}\n", {})[1]["error"]["kind"], "output")


@test
def programs(ground):
    """By name, found through PATH or in /usr/bin, with the tool's own grants; refused with a sentence where running it is more than running it."""
    call = "import subprocess\ndef run(args):\n    return {'out': subprocess.run(args['command'], input=args.get('in'), capture_output=True, text=True, check=True).stdout}\n"

    def outcome(wanted, agreed, command, *more, **arguments):
        return ground.run(call, wanted, *[part for grant in agreed for part in ("--grant", grant)], "--args", json.dumps({"command": command, **arguments}), *more)
    same(outcome({"run": ["sort"]}, ["run=sort"], ["sort"], **{"in": "b\na\n"})[:2], (0, {"out": "a\nb\n"}))
    many = "".join(f"{n:05}\n" for n in range(9000))
    same(outcome({"run": ["sort"]}, ["run=sort"], ["sort", "-r"], **{"in": many})[1], {"out": "".join(sorted(many.splitlines(True), reverse=True))})
    same(outcome({"run": ["/usr/bin/sort"]}, ["run=/bin/sort"], ["/bin/sort"], **{"in": "b\na\n"})[1], {"out": "a\nb\n"})
    same(outcome({"run": ["cat", "sort"], "read": ["~/docs"]}, ["run=sort", "run=cat", f"read={ground.docs}"], ["cat", "note.txt"])[1], {"out": "hello"})
    same(outcome({"run": ["cat"], "read": ["/usr"]}, ["run=cat", "read=/usr"], ["cat"], **{"in": "x"})[1], {"out": "x"})
    status, answer, _ = outcome({}, ["run=sort"], ["sort"])
    same((status, answer["error"]["kind"]), (1, "tool"))
    assert "PermissionError" in answer["error"]["message"], answer
    refused(outcome({"run": ["sort"]}, [], ["sort"]), "The tool wants run=sort", "--grant run=sort")
    for name, word in (("sh", "a shell"), ("passwd", "more rights"), ("ldd", "a script"), ("no-such-program", "no such program"), ("../bin/sort", "program's name"),
                       ("/opt/x", "program's name"), (".sort", "program's name")):
        refused(outcome({"run": [name]}, [f"run={name}"], ["sort"]), word)


KEEP = """import os
data = os.environ['IMPROMPTU_DATA']
def run(args):
    if args.get('fill'):
        for n in range(args['fill']):
            with open(f'{data}/fill{n}', 'wb') as file:
                file.write(b'x' * (args.get('mb', 1) << 20))
                file.flush()
                if args.get('remove'):
                    os.unlink(f'{data}/fill{n}')
                    held.append(os.dup(file.fileno()))
        if args.get('wait'):
            import time; time.sleep(30)
    for name in args.get('clear', []):
        os.unlink(f'{data}/{name}')
    if 'text' in args:
        open(data + '/kept', 'w').write(args['text'])
    kept = open(data + '/kept').read() if os.path.exists(data + '/kept') else None
    return {'kept': kept, 'there': len(os.listdir(data)), 'above': sorted(os.listdir(data + '/..'))}
held = []
"""


@test
def data_folders(ground):
    """A tool finds what it kept for the same app again, and nothing of another app's or tool's; without an app nothing is kept."""
    def keep(app, name="tool.py", **arguments):
        tool = ground.write(name, KEEP)
        done = ground.start(["run", "--manifest", ground.write("manifest.json", "{}"), "--args", json.dumps(arguments)] + (["--app", app] if app else []) + [tool])
        return done.returncode, json.loads(done.stdout), done.stderr
    same(keep("a", text="of a"), (0, {"kept": "of a", "there": 1, "above": ["data"]}, ""))
    same(keep("a")[1]["kept"], "of a")
    same(keep("b")[1], {"kept": None, "there": 0, "above": ["data"]})
    same(keep("a", "other.py")[1]["kept"], None)
    same(keep(None, text="of none")[1]["kept"], "of none")
    same(keep(None)[1]["kept"], None)
    place = ground.base / "home/.local/share/impromptu/tool-data"
    same((place / "a/tool/kept").read_text(), "of a")
    refused(keep("../a"), "An app's name")
    refused(keep(".."), "An app's name")
    status, answer, _ = keep("a", fill=70)
    same((status, answer["error"]["kind"]), (1, "data"))
    assert len(list((place / "a/tool").iterdir())) > 60
    status, answer, _ = keep("a", text="more")
    same((status, answer["error"]["kind"]), (1, "tool"))
    assert "PermissionError" in answer["error"]["message"], answer
    same(keep("a", clear=[path.name for path in (place / "a/tool").glob("fill*")])[1]["kept"], "of a")
    same(keep("a", text="again")[1]["kept"], "again")
    same(keep("a", fill=40, mb=2, remove=True, wait=True)[1].get("error", {}).get("kind"), "data")
    same(keep("a", fill=2, remove=True, text="with removed files")[1]["kept"], "with removed files")
    shutil.rmtree(place / "b/tool")
    os.symlink(ground.docs, place / "b/tool")
    ground.own()
    status, answer, log = keep("b", text="through a link")
    same((status, os.path.exists(ground.docs + "/kept")), (0, False))
    assert "cannot be kept" in log and "gone afterwards" in log, log


def children(pid):
    return {int(child) for child in (pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split())}


def lines_of(progress):
    return [json.loads(line)["progress"] for line in progress.splitlines()]


@test
def progress(ground):
    """By a callback, and by what a generator yields; what comes too fast is left out, the first never is; the report of one call cannot be its answer."""
    call = "import impromptu\ndef run(args):\n    impromptu.progress(0.25, 'ü')\n    return {'data': impromptu.data}\n"
    status, answer, log = ground.run(call, {}, "--progress")
    same((status, answer, json.loads(log)), (0, {"data": "/run/impromptu/data"}, {"progress": 0.25, "text": "ü"}))
    same(ground.run(call, {})[2], "")
    status, answer, log = ground.run("import time\ndef run(args):\n    for n in range(4):\n        yield {'progress': n}\n        time.sleep(0.1)\n    return {'n': 4}\n", {}, "--progress")
    same((status, answer, lines_of(log)[0]), (0, {"n": 4}, 0))
    assert 1 < len(lines_of(log)) <= 4, log
    status, answer, log = ground.run("def run(args):\n    for n in range(50000):\n        yield {'progress': n}\n    return {'n': n}\n", {}, "--progress")
    same((status, answer, lines_of(log)[0]), (0, {"n": 49999}, 0))
    assert len(lines_of(log)) < 5000, len(log)
    for body, word in (("yield {'progress': 'x' * 5000}", "4096 are allowed"), ("yield 1", "must yield"), ("yield {'result': 1}", "must yield"),
                       ("yield {'progress': 1}; 1 / 0", "ZeroDivisionError"), ("yield {'progress': float('nan')}", "ValueError"), ("yield {'progress': 1}", "must return a dict")):
        status, answer, _ = ground.run(f"def run(args):\n    {body}\n", {})
        same((status, answer["error"]["kind"]), (1, "tool"))
        assert word in answer["error"]["message"], answer
    trace = ground.run("def inner():\n    return 1 / 0\ndef run(args):\n    yield {'progress': inner()}\n", {})[1]["error"]["traceback"]
    assert "line 2, in inner" in trace and "line 4, in run" in trace and "runner" not in trace, trace
    forge = "import os, struct\ndef run(args):\n    for data in (b'', b'[1]', b'{', b'\\xff' * 9, b'{\"progress\": NaN}'):\n        os.write(3, struct.pack('=II', ord('P'), len(data)) + data)\n    return {'n': 1}\n"
    same(ground.run(forge, {}, "--progress"), (0, {"n": 1}, ""))
    same(ground.run("import os, struct\ndef run(args):\n    os.write(3, struct.pack('=II', ord('P'), 5000) + b'1' * 5000)\n", {})[1]["error"]["kind"], "output")


@test
def a_long_job_that_nobody_waits_for(ground):
    """A call of ten minutes reports, and ends with whoever called: with and without a sandbox that serves on."""
    job = "import time\ndef run(args):\n    for n in range(600):\n        yield {'progress': n / 600}\n        time.sleep(1)\n    return {}\n"
    tool, manifest = ground.write("tool.py", job), ground.write("manifest.json", '{"limits": {"seconds": 600}}')
    server, path = ground.serve("long.sock")
    for more in (["--connect", path], []):
        client = subprocess.Popen([ground.sandbox, "run", "--progress", "--manifest", manifest, *more, tool], env=ground.environment(),
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **ground.who())
        same(json.loads(client.stderr.readline()), {"progress": 0.0})
        serving = server.pid if more else next(iter(children(client.pid)))
        ends = {os.pidfd_open(pid): pid for pid in children(serving)}
        client.kill()
        client.communicate()
        ended = select.select(list(ends), [], [], WAIT)[0]
        assert ended, "the call goes on"
        for descriptor in ends:
            os.close(descriptor)
    same(ground.run(OK, {}, "--args", '{"a": 1}', "--connect", path)[1], {"sum": 2})


@test
def a_cancelled_job(ground):
    """A signal to the command, or to its whole group as Ctrl+C and timeout(1) send it, cancels the call, and the command still says so in its way."""
    job = "def run(args):\n    print('so far', flush=True)\n    yield {'progress': 0}\n    while True: pass\n"
    tool, manifest = ground.write("tool.py", job), ground.write("manifest.json", '{"limits": {"seconds": 600}}')
    for number, send in ((signal.SIGINT, os.kill), (signal.SIGTERM, os.kill), (signal.SIGHUP, os.kill), (signal.SIGINT, os.killpg), (signal.SIGTERM, os.killpg)):
        client = subprocess.Popen([ground.sandbox, "run", "--progress", "--manifest", manifest, tool], env=ground.environment(),
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True, **ground.who())
        same(json.loads(client.stderr.readline()), {"progress": 0})
        send(client.pid, number)
        out, log = client.communicate(timeout=WAIT)
        same((client.returncode, json.loads(out)["error"]["kind"], log), (1, "cancelled", "so far\n"))


@test
def pieces(ground):
    """Of a result's pieces each one comes, in its order; together they are bounded like a result."""
    call = "import impromptu\ndef run(args):\n    for n in range(args['n']):\n        yield {'part': [n, 'ü' * args['each']]}\n    impromptu.part({'last': 1})\n    return {'n': args['n']}\n"
    status, answer, log = ground.run(call, {}, "--progress", "--args", '{"n": 500, "each": 100}')
    parts = [json.loads(line)["part"] for line in log.splitlines()]
    same((status, answer, [part[0] for part in parts[:-1]], parts[-1]), (0, {"n": 500}, list(range(500)), {"last": 1}))
    same(ground.run(call, {}, "--args", '{"n": 60, "each": 20000}')[1]["error"]["kind"], "output")
    assert "262144 are allowed" in ground.run(call, {}, "--args", '{"n": 1, "each": 200000}')[1]["error"]["message"]


FILES = "import impromptu, os\ndef run(args):\n"


def files_of(ground, body, manifest=None, *arguments):
    """The result, and the files that were written beside it."""
    folder = pathlib.Path(tempfile.mkdtemp(dir=ground.base))
    ground.own()
    status, answer, _ = ground.run(FILES + body, manifest or {}, "--files", str(folder), *arguments)
    return status, answer, {file.name: file.read_bytes() for file in folder.iterdir()}


@test
def files(ground):
    """Bytes and files by their path, with a type and a name from a stranger; the same one twice is one; sixteen, and 128 MB together."""
    status, answer, got = files_of(ground, "    open('y.csv', 'w').write('a,b')\n    a = impromptu.file(b'\\x89PNG', 'image/png', '../ü\\u202e/x.png')\n"
                                           "    return {'a': a, 'again': [a], 'b': impromptu.file('y.csv'), 'c': impromptu.file(b'', 'text/html'), 'd': {'$file': 7}, 'e': {'$file': 'x'}}\n")
    place = answer["a"].pop("file")
    same((status, answer["a"], answer["again"][0]["file"], answer["d"], answer["e"]), (0, {"type": "image/png", "size": 4, "name": "..üx.png"}, place, {"$file": 7}, {"$file": "x"}))
    same((answer["b"]["type"], answer["b"]["name"], answer["c"]["type"], answer["c"]["size"]), ("text/csv", "y.csv", "application/octet-stream", 0))
    same(got, {"0-..üx.png": b"\x89PNG", "1-y.csv": b"a,b", "2": b""})
    sixteen = "    return {'f': [impromptu.file(b'%d' % n) for n in range(args['n'])]}\n"
    same(len(files_of(ground, sixteen, {}, "--args", '{"n": 16}')[2]), 16)
    assert "16 are allowed" in files_of(ground, sixteen, {}, "--args", '{"n": 17}')[1]["error"]["message"]
    same([len(content) for content in files_of(ground, "    return {'f': [impromptu.file(bytes(50_000_000)) for n in range(2)]}\n")[2].values()], [50_000_000] * 2)
    big = "    open('big', 'w').truncate(args['n']); f = impromptu.file('big'); os.remove('big'); return {'f': f}\n"
    write = ({"write": ["~/docs"]}, "--grant", f"write={ground.docs}", "--args")
    same(len(files_of(ground, big, *write, str({"n": 128 << 20}).replace("'", '"'))[2]["0-big"]), 128 << 20)
    assert "128 MB" in files_of(ground, big, *write, str({"n": (128 << 20) + 1}).replace("'", '"'))[1]["error"]["message"]


@test
def what_is_no_file(ground):
    """Whatever descriptor a tool hands over: only what it could itself read, as an ordinary file, is read for it; and nothing that changes afterwards."""
    (ground.base / "home/secret.txt").write_text("secret")
    ground.own()
    hand = "    import array, struct, impromptu_runner as r\n    data = b'{\"f\": {\"$file\": 0}}'\n    fds = [%s]\n"\
           "    r.hand_over(3, struct.pack('=II', ord('R'), len(data)) + data, array.array('i', fds).tobytes())\n    import time; time.sleep(60)\n"
    for fd in ("os.open('/dev/null', os.O_RDONLY)", "os.open('/dev/zero', os.O_RDONLY)", "os.pipe()[0]", "os.open('/tmp', os.O_RDONLY)", "3", "1",
               "os.open('/usr/lib/python3.11/os.py', os.O_PATH)", "os.open('/tmp/w', os.O_WRONLY | os.O_CREAT)", "os.open('/dev/full', os.O_RDWR)"):
        status, answer, got = files_of(ground, hand % fd)
        same((status, answer["error"]["kind"], got), (1, "output", {}))
        assert "not an ordinary file" in answer["error"]["message"], (fd, answer)
    same(files_of(ground, hand % "os.open('/usr/lib/python3.11/os.py', os.O_RDONLY)")[0], 0)
    many = "    import array, struct, impromptu_runner as r\n    one = os.open('/usr/lib/python3.11/os.py', os.O_RDONLY)\n    for n in range(9): r.hand_over(3, struct.pack('=II', ord('P'), 2) + b'{}', array.array('i', [one] * %d).tobytes())\n    return {}\n"
    for n in (2, 60):
        answer = files_of(ground, many % n)[1]
        assert "more than 16 files" in answer["error"]["message"], answer
    os.mkfifo(ground.docs + "/pipe")
    ground.own()
    reads = ({"read": ["~/docs"]}, "--grant", f"read={ground.docs}")
    assert "not an ordinary file" in files_of(ground, hand % "os.open('pipe', os.O_RDONLY | os.O_NONBLOCK)", *reads)[1]["error"]["message"]
    for name in ("pipe", "small"):
        same(files_of(ground, f"    return {{'f': impromptu.file('{name}')}}\n", *reads)[1]["error"]["message"], f"ValueError: {name} is not an ordinary file")
    os.remove(ground.docs + "/pipe")
    listed = ({"list": ["~/docs"]}, "--grant", f"list={ground.docs}")
    same(files_of(ground, "    return {'f': impromptu.file('note.txt')}\n", *listed)[1]["error"]["message"].split(":")[0], "PermissionError")
    assert "not an ordinary file" in files_of(ground, hand % "os.open('note.txt', os.O_PATH)", *listed)[1]["error"]["message"]
    for link in (f"{ground.base}/home/secret.txt", "/etc/shadow", "/proc/1/environ"):
        same(files_of(ground, f"    os.symlink('{link}', '/tmp/link')\n    return {{'f': impromptu.file('/tmp/link')}}\n")[0::2], (1, {}))
    grows = "    f = open('grows', 'wb', 0); f.write(b'x' * 1000)\n    if os.fork() == 0:\n        while True: f.write(b'y' * 100)\n    return {'f': impromptu.file('grows')}\n"
    status, answer, got = files_of(ground, grows, {"write": ["~/docs"]}, "--grant", f"write={ground.docs}")
    same((status, len(got["0-grows"]), got["0-grows"][:1000]), (0, answer["f"]["size"], b"x" * 1000))


@test
def libraries(ground):
    """What people ask tools to do: numpy, pictures, a database that is found again, a program that was granted."""
    picture = "    import io, numpy; from PIL import Image; out = io.BytesIO()\n    a = numpy.arange(64 * 64, dtype=numpy.uint8).reshape(64, 64)\n    Image.fromarray(a).resize((32, 16)).save(out, 'PNG')\n"\
              "    return {'trace': float((a.astype(float) @ numpy.linalg.inv(numpy.eye(64) * 2)).trace()), 'picture': impromptu.file(out.getvalue(), 'image/png')}\n"
    status, answer, got = files_of(ground, picture, {"limits": {"memory_mb": 1024}})
    same((status, answer.get("trace"), got["0"][:8], struct.unpack(">II", got["0"][16:24])), (0, 4080.0, b"\x89PNG\r\n\x1a\n", (32, 16)))
    rows = "    import sqlite3\n    with sqlite3.connect(impromptu.data + '/rows.db') as base:\n        base.execute('create table if not exists rows (name text)')\n"\
           "        base.execute('insert into rows values (?)', (args['name'],))\n        return {'rows': [row[0] for row in base.execute('select name from rows order by 1')]}\n"
    for names in (["Ärger 🐺"], ["Ärger 🐺", "ключ"]):
        same(ground.run(FILES + rows, {}, "--app", "keeper", "--args", json.dumps({"name": names[-1]}))[:2], (0, {"rows": names}))
    hashed = "    import subprocess\n    return {'out': subprocess.run(['sha256sum', 'note.txt'], capture_output=True, text=True, check=True).stdout.split()[0][:8]}\n"
    same(ground.run(FILES + hashed, {"run": ["sha256sum"], "read": ["~/docs"]}, "--grant", "run=sha256sum", "--grant", f"read={ground.docs}")[:2], (0, {"out": "2cf24dba"}))


@test
def a_large_result(ground):
    """100 MB, where the manifest asks for it; without, 4 MB."""
    large = "def run(args):\n    return {'data': 'x' * 100_000_000}\n"
    status, answer, _ = ground.run(large, {"limits": {"output_kb": 102400}})
    same((status, len(answer["data"])), (0, 100_000_000))
    same(ground.run(large, {})[1]["error"]["kind"], "output")
    refused(ground.run(large, {"limits": {"output_kb": 1 << 20}}), "output_kb")
    deep = "def run(args):\n    x = {}\n    for n in range(args['n']): x = {'[': x}\n    return x\n"
    same(ground.run(deep, {}, "--args", '{"n": 90}')[0], 0)
    same(ground.run(deep, {}, "--args", '{"n": 120}')[1]["error"]["kind"], "output")


@test
def help_and_usage(ground):
    for arguments, words in ((["--help"], ("serve SOCKET", "Exit status", "run --manifest FILE")), (["run", "--help"], ("--grant=CAP=RESOURCE", "--connect=SOCKET", "--app=NAME")),
                             (["serve", "--help"], ("serve SOCKET",))):
        done = ground.start(arguments)
        same((done.returncode, done.stderr), (0, ""))
        for word in words:
            assert word in done.stdout, done.stdout
    for arguments in ([], ["walk"], ["run"], ["run", "tool.py"], ["run", "--manifest", "x"], ["serve"], ["run", "--no-such-option"]):
        done = ground.start(arguments)
        same((done.returncode, json.loads(done.stdout)["error"]["kind"]), (2, "usage"))
    page = (pathlib.Path(__file__).parents[2] / "sandbox/impromptu-sandbox.1").read_text().replace("\\-", "-")
    for option in re.findall(r"--[a-z]+", ground.start(["run", "--help"]).stdout):
        assert option in page, f"the manual page says nothing of {option}"


@test
def output_is_capped(ground):
    """What a tool prints comes out on standard error, and no more than 64 KB of it; standard output is the result only."""
    status, answer, log = ground.run("import sys\ndef run(args):\n    for i in range(4000): print('y' * 999)\n    sys.stderr.write('end')\n    return {'n': 1}\n", {})
    same((status, answer), (0, {"n": 1}))
    assert 60 * 1024 < len(log) < 70 * 1024 and "left out" in log, len(log)


@test
def no_room_for_the_answer(ground):
    """A result that could not be written was not given; how the person's own limits are set does not matter."""
    with open("/dev/full", "w") as full:
        done = subprocess.run([ground.sandbox, "run", "--manifest", ground.write("manifest.json", "{}"), ground.write("tool.py", OK)], env=ground.environment(),
                              stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, **ground.who())
    same(done.returncode, 1)
    assert "No space left" in done.stderr, done.stderr
    same(ground.run(OK, {}, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40)))[:2], (0, {"sum": 1}))


@test
def bad_manifests(ground):
    for manifest, word in (("{", "not JSON"), ("[]", "not a JSON object"), ({"net": ["a"]}, "net"), ({"read": "x"}, "list of"), ({"read": ["docs"]}, "full path"),
                           ({"read": [1]}, "list of"), ({"limits": {"seconds": -1}}, "seconds"), ({"limits": {"memory_mb": 1 << 40}}, "memory_mb"),
                           ({"limits": {"sseconds": 1}}, "sseconds"), ('{"read": ["~/a\\u0000b"]}', "list of"), ({"read": ["/x"] * 9}, "at most 8")):
        refused(ground.run(OK, manifest), word)
    refused(ground.run(OK, {}, "--args", "[1]"), "arguments")
    refused(ground.run(OK, {}, "--grant", "everything=/"), "is no grant")
    refused(ground.run(OK, {"read": ["~/docs/../.ssh"]}, "--grant", "read=~/.ssh"), "keys or private data")


@test
def homes_of_others(ground):
    """HOME is only trusted to add a home: the user's own, and for root everybody's, keep their secrets hidden and their start-up files unwritten."""
    for home in [entry.pw_dir for entry in pwd.getpwall() if entry.pw_uid == ground.user]:
        refused(ground.run(OK, {"read": [home + "/.ssh"]}, "--grant", f"read={home}/.ssh"), "keys or private data")
        refused(ground.run(OK, {"write": [home]}, "--grant", f"write={home}"), "start by themselves")
    refused(ground.run(OK, {"read": ["~/.bashrc"]}, "--grant", "read=~/.bashrc"), "keys or private data")


@test
def files_that_are_none(ground):
    """Without end, with a NUL, too large, a folder, not there: said, at once, and nothing is run."""
    tool, manifest = ground.write("tool.py", OK), ground.write("manifest.json", "{}")
    for path in ("/dev/zero", "/nonexistent", "/tmp", ground.write("nul.py", OK + "\0"), ground.write("large.py", OK + "#" * (2 << 20))):
        done = ground.start(["run", "--manifest", manifest, path])
        same((done.returncode, set(json.loads(done.stdout))), (2, {"error"}))
        same(ground.start(["run", "--manifest", path, tool]).returncode, 2)
        same(ground.start(["run", "--manifest", manifest, "--args", "@" + path, tool]).returncode, 2)
    for given in ('{"a": 1} x', "{'a': 1}x", "[1]", "", "NaN"):
        same(ground.start(["run", "--manifest", manifest, "--args", given, tool]).returncode, 2)


@test
def arguments_that_would_be_changed(ground):
    """What the tool would get in another form than it was given, or what two readers would read differently, is said instead."""
    same(ground.run("def run(args):\n    return args\n", {}, "--args", '{"a": 18446744073709551614, "b": -9223372036854775807, "c": [1.5, "a:\\"b"]}')[1],
         {"a": 18446744073709551614, "b": -9223372036854775807, "c": [1.5, 'a:"b']})
    for given in ('{"a": 12345678901234567890123}', '{"a": [-12345678901234567890123]}', '{"a": 1e400}', '{"a": NaN}', '{"a": -Infinity}', '{"a": 1, "a": 2}', "{'a': 1}", "["):
        outcome = ground.run(OK, {}, "--args", given)
        refused(outcome, "The arguments are not")
        same(outcome[1]["error"]["kind"], "usage")


@test
def names_in_any_letters(ground):
    """Files whose names are in other letters, have line feeds, or are no text at all."""
    source = ("import os\ndef run(args):\n    for name in ('ä日.txt', 'a\\nb', '\\u202egnp.exe'):\n        open(name, 'w').write('ü')\n"
              "    open(b'\\xff', 'w').close()\n    print('ünï')\n    return {'names': sorted(os.listdir('.')), 'text': open('ä日.txt').read(), 'given': args['x']}\n")
    folder = ground.base / "home/docs/letters"
    folder.mkdir()
    ground.own()
    answer = ground.run(source, {"write": [str(folder)]}, "--grant", f"write={folder}", "--args", '{"x": "日"}')
    same(answer, (0, {"names": sorted(["ä日.txt", "a\nb", "\u202egnp.exe", "\ufffd"]), "text": "ü", "given": "日"}, "ünï\n"))


@test
def manifests_that_two_could_read_differently(ground):
    for text in ('{"read": [], "read": ["~"]}', '{"limits": {"seconds": 1, "seconds": 2}}', "{} x", "{/* */}", "{'read': []}", '{"read": [],}', '{"limits": {"memory_mb": 16.5}}', '{"limits": {"seconds": NaN}}'):
        refused(ground.run(OK, text), "manifest")


@test
def serving(ground):
    server, path = ground.serve("s.sock")
    same(os.stat(path).st_mode & 0o777, 0o600)
    for n in range(3):
        same(ground.run(OK, {}, "--args", json.dumps({"a": n}), "--connect", path)[1], {"sum": n + 1})
    server.send_signal(signal.SIGTERM)
    same(server.wait(10), 0)
    same(os.path.exists(path), False)
    refused(ground.run(OK, {}, "--connect", path), "No sandbox answers")


@test
def serving_after_its_spares_were_killed(ground):
    """Whatever of the sandbox's processes is killed while nobody calls: the next call works, though it comes at once."""
    server, path = ground.serve("spares.sock")
    for n in range(4):
        same(ground.run(OK, {}, "--args", '{"a": 1}', "--connect", path)[1], {"sum": 2})
        ends = {os.pidfd_open(pid): pid for pid in children(server.pid)}
        for pid in ends.values():
            os.kill(pid, signal.SIGKILL)
        for descriptor in ends:
            assert select.select([descriptor], [], [], WAIT)[0], "it lives"
            os.close(descriptor)


@test
def more_callers_than_are_taken_at_once(ground):
    """They wait for their turn, behind connections that say nothing as well."""
    server, path = ground.serve("many.sock")
    silent = []
    if not ground.who():
        for n in range(READERS):
            silent.append(socket.socket(socket.AF_UNIX))
            silent[-1].connect(path)
    tool, manifest = ground.write("tool.py", OK), ground.write("manifest.json", "{}")
    calls = [subprocess.Popen([ground.sandbox, "run", "--manifest", manifest, "--args", json.dumps({"a": n}), "--connect", path, tool],
                              env=ground.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **ground.who()) for n in range(READERS + 16)]
    for one in silent:
        one.close()
    for n, call in enumerate(calls):
        out, log = call.communicate(timeout=WAIT)
        same((call.returncode, out, log), (0, '{"sum":%d}\n' % (n + 1), "printed\n"))


@test
def serving_after_a_kill(ground):
    """The socket of a server that was killed is no hindrance to the next; that of one that lives is, and so is a file."""
    for round in range(2):
        server, path = ground.serve("k.sock")
        same(ground.run(OK, {}, "--args", '{"a": 1}', "--connect", path)[1], {"sum": 2})
        if not round:
            server.kill()
            server.wait()
    second = ground.start(["serve", path])
    same((second.returncode, "in use" in second.stderr), (1, True))
    same(ground.run(OK, {}, "--args", '{"a": 2}', "--connect", path)[1], {"sum": 3})
    same(ground.start(["serve", ground.docs + "/note.txt"]).returncode, 1)
    same(open(ground.docs + "/note.txt").read(), "hello")


def garbage(n):
    """The n-th thing that no client would send: noise, a frame of noise, a head with wrong values, lengths that are never filled."""
    chance = random.Random(n)
    if n % 4 == 0:
        return chance.randbytes(chance.randrange(1, 300))
    if n % 4 == 1:
        return struct.pack("=II", 20, 0) + chance.randbytes(20)
    if n % 4 == 2:
        return struct.pack("=II", chance.randrange(1 << 32), chance.randrange(1 << 32)) + b"abc"
    values = [None, -1, 1e300, "x", [], [1], {}, [["read"]], [["read", 1]], [["read", "/"]], [["system", "x"]], 5, True]
    head = json.dumps({name: chance.choice(values) for name in ("id", "source", "grants", "world", "seconds", "memory_mb", "processes", "output")}).encode()
    return struct.pack("=II", len(head), 9) + head + b"x" * 9


@test
def garbage_to_the_server(ground):
    server, path = ground.serve("g.sock")
    os.seteuid(ground.user)
    try:
        for n in range(200):
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(path)
                try:
                    connection.sendall(garbage(n))
                except BrokenPipeError:
                    pass
    finally:
        os.seteuid(os.getuid())
    same(ground.run(OK, {}, "--args", '{"a": 1}', "--connect", path)[1], {"sum": 2})
    server.send_signal(signal.SIGTERM)
    same(server.wait(10), 0)


@test
def status(ground):
    done = ground.start(["status"])
    same(done.returncode, 0)
    for word in ("landlock: ABI", "memory: ", "100000" if ground.user == 0 else f"uid {ground.user}", '"confinement":"works"'):
        assert word in done.stdout, done.stdout


@test
def no_namespaces_left(ground):
    script = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"'
    refused(ground.run(OK, {}, prefix=("unshare", "-U", "--map-user=1234", "--map-group=1234", "--keep-caps", "sh", "-c", script, "sh")), "user namespaces", "sysctl user.max_user_namespaces")


@test
def a_masked_proc(ground):
    """As in a container: there the kernel allows no new /proc, and a tool has none."""
    enter = ("unshare", "-U", "--map-user=1234", "--map-group=1234", "--keep-caps", "-m", "sh", "-c", 'mount -t tmpfs x /proc/sys && exec "$@"', "sh")
    same(ground.run("import os\ndef run(args):\n    return {'proc': os.listdir('/proc')}\n", {}, prefix=enter)[:2], (0, {"proc": []}))


@test
def root_without_another_user(ground):
    """Root of a user namespace that maps nobody else: the tool would have to be this root."""
    refused(ground.run(OK, {}, prefix=("unshare", "-Ur")), "cannot" )


@test
def no_clone3(ground):
    refused(ground.run(OK, {}, preexec_fn=filtered(435, ENOSYS)), "refused new namespaces")


@test
def no_landlock(ground):
    refused(ground.run(OK, {}, preexec_fn=filtered(444, ENOSYS)), "no Landlock", "Linux 5.13")


@test
def no_seccomp(ground):
    refused(ground.run(OK, {}, preexec_fn=filtered(317, ENOSYS)), "seccomp filter")


@test
def no_mounts(ground):
    refused(ground.run(OK, {}, preexec_fn=filtered(165, EPERM)), "cannot be confined")


@test
def no_worker(ground):
    os.rename(ground.base / "impromptu-sandbox-worker", ground.base / "gone")
    try:
        refused(ground.run(OK, {}), "cannot be started")
    finally:
        os.rename(ground.base / "gone", ground.base / "impromptu-sandbox-worker")


main(Command)
