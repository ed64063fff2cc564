#!/usr/bin/python3
"""Verifies the window that takes a key, with real key events under Xvfb: the key reaches the agent's socket and nothing else; and, with the real
agent, that a key is called working only once its provider has taken it. Speaks TAP.
Usage: test-key-entry.py IMPROMPTU-KEY-ENTRY IMPROMPTU-AGENT IMPROMPTU DATA-FOLDER"""
import http.client, http.server, json, os, queue, shutil, socket, socketserver, subprocess, sys, tempfile, threading, time, traceback

from Xlib import X, display as xdisplay

BINARY, AGENT, COMMAND, DATA = map(os.path.abspath, sys.argv[1:5])
DEADLINE_S = 30
GREEN, RED, SOFT = (0x2c, 0x7a, 0x4b), (0xc8, 0x40, 0x1f), (0x6a, 0x67, 0x5f)
ANSWER_TOP = 0.62  # of the window's height: below the row with the entry, whose caret is red


class Handler(http.server.BaseHTTPRequestHandler):
    def address_string(self):
        return "client"

    def log_message(self, *arguments):
        pass

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.put((self.path, body))
        status, answer = self.server.answer
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())


def xvfb():
    """A display of its own: the first free number. Xvfb names it in two writes, and a pipe closed between them would kill it."""
    first = int(os.environ.get("IMPROMPTU_TEST_DISPLAY", "110"))
    for number in range(first, first + 10):
        if os.path.exists(f"/tmp/.X11-unix/X{number}"):
            continue
        read, write = os.pipe()
        process = subprocess.Popen(["Xvfb", f":{number}", "-screen", "0", "800x400x24", "-nolisten", "tcp", "-noreset", "-displayfd", str(write)],
                                   pass_fds=[write], stderr=subprocess.DEVNULL)
        os.close(write)
        with os.fdopen(read) as pipe:
            ready = pipe.readline()
        if ready:
            return process, f":{number}"
        process.kill()
        process.wait()
    raise AssertionError("no X display could be started")


def find_window(environment):
    """The window's number once it is shown; xdotool's own waiting trips over windows that come and go while GTK starts."""
    end = time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        got = subprocess.run(["xdotool", "search", "--onlyvisible", "--name", "A key for Impromptu"], env=environment, capture_output=True, text=True)
        if got.stdout:
            return got.stdout.split()[-1]
    raise AssertionError("no window was shown")


class Provider(http.server.BaseHTTPRequestHandler):
    """Has a list of models, and shows it to one key, or to everybody."""
    def log_message(self, *arguments):
        pass

    def do_GET(self):
        given = self.headers.get("Authorization")
        good = self.server.open or given == "Bearer sk-good"
        body = json.dumps({"object": "list", "data": [{"id": "gpt-oss-120b", "object": "model"}]} if good else {"error": {"message": "Wrong API Key"}}).encode()
        self.send_response(200 if good else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def xdo(environment, *words):
    return subprocess.run(["xdotool", *words], env=environment, check=True, capture_output=True, text=True, timeout=DEADLINE_S).stdout.split()


def typed(environment, number, key):
    xdo(environment, "windowfocus", "--sync", number)
    xdo(environment, "key", "ctrl+a")
    xdo(environment, "type", key)
    xdo(environment, "key", "Return")


def only_passed_on(environment, folder):
    """Against an agent that is none: what the window sends."""
    agent = socketserver.ThreadingUnixStreamServer(folder + "/impromptu/agent.sock", Handler)
    agent.daemon_threads = True
    agent.asked = queue.Queue()
    threading.Thread(target=agent.serve_forever, daemon=True).start()
    window = subprocess.Popen([BINARY], env=environment)
    try:
        number = find_window(environment)
        agent.answer = (400, {"error": {"kind": "bad-request", "message": "The provider refuses this key."}})
        typed(environment, number, " sk-wrong ")
        assert agent.asked.get(timeout=DEADLINE_S) == ("/api/v1/keys", {"provider": "cerebras", "key": "sk-wrong"})
        print("ok 1 a typed key goes to the agent, trimmed")
        agent.answer = (200, {"lanes": [{"lane": "fast", "model": "m", "provider": "groq"}], "choices": [], "kept": True, "works": True})
        typed(environment, number, "sk-right")
        assert agent.asked.get(timeout=DEADLINE_S)[1]["key"] == "sk-right"
        print("ok 2 a refused key can be corrected")
        xdo(environment, "key", "Escape")
        assert window.wait(DEADLINE_S) == 0
        print("ok 3 Escape closes the window")
        alone = subprocess.run([BINARY], env={**environment, "DISPLAY": ""}, capture_output=True, text=True, timeout=DEADLINE_S)
        assert alone.returncode == 1 and "DISPLAY" in alone.stderr, alone
        print("ok 4 without a display it says so")
    finally:
        end(window)
        agent.shutdown()
        agent.server_close()
        os.unlink(folder + "/impromptu/agent.sock")


def end(process):
    if process.poll() is None:
        process.terminate()
        process.wait(DEADLINE_S)


def ask(folder, path):
    connection = http.client.HTTPConnection("agent", timeout=DEADLINE_S)
    connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.sock.connect(folder + "/impromptu/agent.sock")
    connection.request("GET", path)
    return json.load(connection.getresponse())


def until(condition, what):
    last = time.monotonic() + DEADLINE_S
    while time.monotonic() < last:
        got = condition()
        if got:
            return got
    raise AssertionError(what)


def says_in(screen, number):
    """The colours of the sentence in the window."""
    window = screen.create_resource_object("window", int(number))
    size = window.get_geometry()
    top = int(size.height * ANSWER_TOP)
    data = window.get_image(0, top, size.width, size.height - top, X.ZPixmap, 0xffffffff).data
    pixels = {(data[i + 2], data[i + 1], data[i]) for i in range(0, len(data), 4)}
    return {colour for colour in (GREEN, RED, SOFT) if colour in pixels}


def keys_of(folder):
    return [key["provider"] for key in ask(folder, "/api/v1/keys")["keys"]]


def tried_at_the_provider(environment, folder):
    """Against the real agent, with a provider of our own in place of the first one of the list."""
    provider = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    provider.open = False
    threading.Thread(target=provider.serve_forever, daemon=True).start()
    os.makedirs(folder + "/config/impromptu")
    with open(folder + "/config/impromptu/lanes.json", "w") as file:
        json.dump({"providers": {"cerebras": {"base": f"http://127.0.0.1:{provider.server_port}/v1"}}}, file)
    agent = subprocess.Popen([AGENT], env=environment, stderr=subprocess.DEVNULL)
    window = None
    try:
        until(lambda: os.path.exists(folder + "/impromptu/agent.sock"), "the agent did not start")
        window = subprocess.Popen([BINARY], env=environment)
        number = find_window(environment)
        screen = xdisplay.Display(environment["DISPLAY"])
        typed(environment, number, "sk-nonsense-1")
        until(lambda: says_in(screen, number) == {RED}, "the window did not say that the key is refused")
        assert keys_of(folder) == [], "a refused key was kept"
        assert not any(lane["provider"] == "Cerebras" for lane in ask(folder, "/api/v1/lanes")["lanes"]), "a refused key is used"
        print("ok 5 a key that its provider refuses is called so, and not kept")
        piped = subprocess.run([COMMAND, "key", "set", "cerebras"], input="sk-nonsense-2\n", env=environment, capture_output=True, text=True, timeout=DEADLINE_S)
        assert piped.returncode and "refused the key" in piped.stderr and "nonsense" not in piped.stderr + piped.stdout, piped
        print("ok 6 the command line says the same")
        provider.open = True
        typed(environment, number, "sk-any")
        until(lambda: keys_of(folder) == ["cerebras"], "the key was not taken")
        until(lambda: says_in(screen, number) == {SOFT}, "a list that everybody sees proved a key")
        print("ok 7 a list of models that everybody sees proves nothing")
        provider.open = False
        typed(environment, number, "sk-good")
        until(lambda: says_in(screen, number) == {GREEN}, "the window did not say that the key is taken")
        lanes = ask(folder, "/api/v1/lanes")["lanes"]
        assert lanes[0]["model"] == "gpt-oss-120b" and "problem" not in lanes[0], lanes
        print("ok 8 a key that its provider takes works")
        screen.close()
    finally:
        end(agent)
        if window:
            end(window)
        provider.shutdown()


def main():
    folder = tempfile.mkdtemp(prefix="impromptu-key-")
    os.mkdir(folder + "/impromptu")
    server, display = xvfb()
    environment = {**os.environ, "DISPLAY": display, "XDG_RUNTIME_DIR": folder, "GDK_BACKEND": "x11", "NO_AT_BRIDGE": "1", "LC_ALL": "C.UTF-8",
                   "IMPROMPTU_DATA": DATA, "DBUS_SESSION_BUS_ADDRESS": f"unix:path={folder}/no-bus", "GSETTINGS_BACKEND": "memory", "GTK_THEME": "Adwaita"}
    for name in ("config", "data", "state", "cache"):
        environment[f"XDG_{name.upper()}_HOME"] = f"{folder}/{name}"
    for name in [n for n in environment if n.endswith("_API_KEY") or n.lower().endswith("_proxy") or n in ("WAYLAND_DISPLAY", "IMPROMPTU_LANE", "IMPROMPTU_BASE_URL")]:
        del environment[name]
    failed = 0
    try:
        only_passed_on(environment, folder)
        tried_at_the_provider(environment, folder)
    except Exception:
        failed = 1
        print("not ok " + "".join("\n# " + line for line in traceback.format_exc().splitlines()))
    print("1..8")
    server.terminate()
    server.wait()
    shutil.rmtree(folder)
    sys.exit(failed)


main()
