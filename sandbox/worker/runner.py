"""The Python side of a call: loaded once into the worker, then run in a fresh confined process for each call.

serve() is given the tool's source, its arguments as JSON and the channel; it answers with exactly one frame and ends the process. Nothing here is a
boundary: the tool shares this interpreter and may break all of it. It then breaks only its own call.
"""

import base64, collections, csv, datetime, functools, glob, hashlib, io, itertools, json, linecache, math, os, pathlib, random, re, shutil, sqlite3
import stat, statistics, struct, subprocess, sys, tempfile, textwrap, time, traceback, types, zipfile
import gc, importlib.util, threading

import impromptu

FILE = "tool.py"
PROGRESS_MAX = 4096
PART_MAX = 256 * 1024
TOGETHER_MAX = 64 * 1024
FILES_MAX = 16
TRACEBACK_MAX = 16 * 1024
MESSAGE_MAX = 2000
DEPTH_MAX = 100
SETTLES = 20  # more often than the interpreter waits before it specialises code
USUAL = b"""import base64, collections, csv, datetime, functools, glob, hashlib, io, itertools, json, math, os, pathlib, random, re, shutil, sqlite3, sys
import statistics, struct, subprocess, tempfile, textwrap, time, zipfile, impromptu
"""
TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp", ".svg": "image/svg+xml",
         ".mp3": "audio/mpeg", ".ogg": "audio/ogg", ".wav": "audio/wav", ".flac": "audio/flac", ".m4a": "audio/mp4", ".mp4": "video/mp4",
         ".webm": "video/webm", ".pdf": "application/pdf", ".zip": "application/zip", ".json": "application/json", ".csv": "text/csv",
         ".txt": "text/plain", ".md": "text/markdown"}

os.environ["IMPROMPTU_DATA"] = "/run/impromptu/data"
SITE, SYSTEM = "/run/impromptu/packages", "/usr/lib/python3/dist-packages"
sys.path.append(SYSTEM)

sending = threading.Lock()


def send(channel, kind, data):
    """In one piece where it is small: children that the tool forked may write as well. A large one is not copied once more."""
    head = struct.pack("=II", ord(kind), len(data))
    with sending:
        for part in (head + data,) if len(data) < TOGETHER_MAX else (head, data):
            view = memoryview(part)
            while view:
                view = view[os.write(channel, view):]


def own_lines(error, seen=None):
    """The traceback with the frames of the tool only, causes included."""
    seen = seen or set()
    seen.add(id(error))
    text = ""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and id(cause) not in seen and len(seen) < 8:
        text = own_lines(cause, seen) + "\nThat led to:\n\n"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == FILE]
    if frames:
        text += "Traceback (most recent call last):\n" + "".join(traceback.format_list(frames))
    return text + "".join(traceback.format_exception_only(type(error), error))


def raised(channel, error):
    try:
        trace = own_lines(error)
        message = (traceback.format_exception_only(type(error), error)[-1].strip() or type(error).__name__)[:MESSAGE_MAX]
    except Exception as second:
        trace, message = "", f"{type(error).__name__}, and its message could not be made: {type(second).__name__}"
    if len(trace) > TRACEBACK_MAX:
        trace = trace[:TRACEBACK_MAX // 2] + "\n…\n" + trace[-TRACEBACK_MAX // 2:]
    send(channel, "T", json.dumps({"message": message, "traceback": trace}).encode("ascii"))


def depth(text):
    """How deeply JSON text is nested, as far as it can be too deep, without parsing it: strings are passed over."""
    if text.count("[") + text.count("{") <= DEPTH_MAX:
        return 0
    deepest = level = 0
    for mark in map(re.Match.group, re.finditer(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', text)):
        if mark[0] == '"':
            continue
        level += 1 if mark in "[{" else -1
        deepest = max(deepest, level)
    return deepest


def report(channel, step):
    """Says how far the tool is, or sends a piece of its result; step is a dict with "progress" or "part"."""
    kind, what, most = ("A", "piece of a result", PART_MAX) if "part" in step else ("P", "progress report", PROGRESS_MAX)
    data = json.dumps(step, allow_nan=False).encode("ascii")
    if len(data) > most:
        raise ValueError(f"a {what} has {len(data)} bytes; {most} are allowed")
    send(channel, kind, data)


class File:
    """A file on its way to the page: an open descriptor, a type and a name."""

    def __init__(self, fd, type, name):
        self.fd, self.type, self.name = fd, type, name


def file(source, type=None, name=None):
    """Hands a file over with the result: source is its path, or its bytes; type as in "image/png", else taken from the name."""
    if isinstance(source, (bytes, bytearray, memoryview)):
        fd = os.open("/scratch", os.O_TMPFILE | os.O_RDWR, 0o600)
        with open(fd, "wb", closefd=False) as out:
            out.write(source)
    else:
        fd = os.open(source, os.O_RDONLY | os.O_NONBLOCK)
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise ValueError(f"{os.fsdecode(source)} is not an ordinary file")
        name = name or os.path.basename(os.fsdecode(source))
    ending = os.path.splitext(name or "")[1].lower()
    return File(fd, type or TYPES.get(ending, "application/octet-stream"), name)


def offer(channel):
    """Adds to the module `impromptu`, which has fetch() already, what goes through the channel."""
    def progress(value, text=None):
        """Says how far the tool is: a number from 0 to 1, or whatever its page understands, and a text to show."""
        report(channel, {"progress": value} if text is None else {"progress": value, "text": text})
    def part(value):
        """Sends a piece of the result ahead, in order."""
        report(channel, {"part": value})
    impromptu.progress, impromptu.part, impromptu.file, impromptu.data = progress, part, file, os.environ["IMPROMPTU_DATA"]


def finish(channel, result):
    """The result; of a generator what it returns, after what it yields has been reported."""
    if not isinstance(result, types.GeneratorType):
        return result
    while True:
        try:
            step = next(result)
        except StopIteration as end:
            return end.value
        if not isinstance(step, dict) or not ("progress" in step or "part" in step):
            raise TypeError('a run(args) that yields must yield {"progress": …} or {"part": …} and return its result')
        report(channel, step)


def load(source):
    text = importlib.util.decode_source(source)
    linecache.cache[FILE] = (len(text), None, text.splitlines(True), FILE)
    module = types.ModuleType("tool")
    module.__file__ = FILE
    sys.modules["tool"] = module
    exec(compile(text, FILE, "exec", dont_inherit=True), module.__dict__)
    run = module.__dict__.get("run")
    if not callable(run):
        raise TypeError("the tool has no function run(args)")
    return run


def whole(text):
    number = int(text)
    if not -1 << 63 <= number < 1 << 64:
        raise ValueError(f"{text[:24]}… is beyond 64 bits; give large numbers as texts")
    return number


def pairs(members):
    if any("\0" in name for name, _ in members):
        raise ValueError("a name in it holds a NUL character")
    return dict(members)


def check(text):
    """What JSON can hold and its readers would change without a word."""
    if re.search("[0-9]{19}", text) or "\\u0000" in text:
        json.loads(text, parse_int=whole, object_pairs_hook=pairs)


def encode(text):
    """Names of files that are no text (os.fsdecode() gives them lone surrogates) have U+FFFD in the place of what is none."""
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        return re.sub("[\udc80-\udcff]", "\ufffd", text).encode("utf-8")


def answer(channel, result, output_max):
    """Sends the result, or says why it cannot be one."""
    if not isinstance(result, dict):
        return send(channel, "T", json.dumps({"message": f"TypeError: run(args) must return a dict, and returned {type(result).__name__}",
                                              "traceback": ""}).encode("ascii"))
    files = []

    def place(value):
        if type(value).__module__ == "numpy" and hasattr(value, "tolist"):
            return value.tolist()
        if not isinstance(value, File):
            raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")
        if value not in files:
            files.append(value)
        named = {"name": value.name} if value.name else {}
        return {"$file": files.index(value), "type": value.type, **named}

    try:
        text = json.dumps(result, allow_nan=False, ensure_ascii=False, default=place)
        too_deep = depth(text) > DEPTH_MAX
        if not too_deep:
            check(text)
        data = encode(text)
        del text
    except RecursionError:
        return send(channel, "O", b"The result is nested too deeply, or contains itself.")
    except ValueError as error:
        return send(channel, "O", f"The result is not JSON: {str(error)[:200]}.".encode("utf-8", "replace"))
    except TypeError as error:
        return send(channel, "O", f"The result is not JSON: {str(error)[:200]}.".encode("utf-8", "replace"))
    if len(data) > output_max:
        return send(channel, "O", f"The result has {len(data)} bytes; {output_max} are allowed.".encode())
    if too_deep:
        return send(channel, "O", f"The result is nested more than {DEPTH_MAX} levels deep.".encode())
    if len(files) > FILES_MAX:
        return send(channel, "O", f"The result has {len(files)} files; {FILES_MAX} are allowed.".encode())
    if files:
        with sending:
            hand_over(channel, struct.pack("=II", ord("R"), len(data)) + data, struct.pack(f"={len(files)}i", *(f.fd for f in files)))
    else:
        send(channel, "R", data)


def flush():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            pass


def serve(source, arguments, channel, output_max, net, audio):
    impromptu._open(net)
    impromptu._open_audio(audio)
    if not os.path.samefile("/tmp", "/scratch"):
        os.environ["TMPDIR"] = "/scratch"  # a grant lies in /tmp
    if os.path.isdir(SITE):
        # only here, where the process is confined: a package is a stranger's code like the tool
        sys.path.insert(sys.path.index(SYSTEM), SITE)
    try:
        offer(channel)
        result = finish(channel, load(source)(json.loads(arguments)))
        flush()
        answer(channel, result, output_max)
    except MemoryError:
        result = None
        flush()
        send(channel, "M", b"")
    except BaseException as error:
        flush()
        raised(channel, error)
    os._exit(0)


def warm():
    """Goes the way of a call: in a spare, which so pays for its copied pages before it is needed."""
    nothing = os.open("/dev/null", os.O_WRONLY | os.O_CLOEXEC)
    offer(nothing)
    result = finish(nothing, load(USUAL + b"def run(args):\n    return {'a': [x for x in args['a']], 'b': os.path.expanduser('~')}\n")(json.loads('{"a": [1, 2.5, "x"]}')))
    flush()
    answer(nothing, result, 4096)
    os.close(nothing)
    linecache.cache.clear()
    del sys.modules["tool"]


def settle():
    """In the worker, before any spare is forked: what Python makes at the first use (the types of its compiler, the caches in its code), and what it does in every
    child, has then happened, and is shared instead of made, and copied, again in each spare."""
    for _ in range(SETTLES):
        warm()
        threading._after_fork()
        random.seed()
