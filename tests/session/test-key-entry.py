#!/usr/bin/python3
"""Verifies the window that takes a key, with real key events under Xvfb: the key reaches the agent's socket and nothing else. Speaks TAP.
Usage: test-key-entry.py IMPROMPTU-KEY-ENTRY"""
import http.server, json, os, queue, shutil, socketserver, subprocess, sys, tempfile, threading, time, traceback

BINARY = os.path.abspath(sys.argv[1])
DEADLINE_S = 30


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


def main():
    folder = tempfile.mkdtemp(prefix="impromptu-key-")
    os.mkdir(folder + "/impromptu")
    agent = socketserver.ThreadingUnixStreamServer(folder + "/impromptu/agent.sock", Handler)
    agent.daemon_threads = True
    agent.asked = queue.Queue()
    threading.Thread(target=agent.serve_forever, daemon=True).start()
    server, display = xvfb()
    environment = {**os.environ, "DISPLAY": display, "XDG_RUNTIME_DIR": folder, "GDK_BACKEND": "x11", "NO_AT_BRIDGE": "1", "LC_ALL": "C.UTF-8"}
    environment.pop("WAYLAND_DISPLAY", None)
    window = subprocess.Popen([BINARY], env=environment)

    def xdo(*words):
        return subprocess.run(["xdotool", *words], env=environment, check=True, capture_output=True, text=True, timeout=DEADLINE_S).stdout.split()

    failed = 0
    try:
        number = find_window(environment)
        xdo("windowfocus", "--sync", number)
        agent.answer = (400, {"error": {"kind": "bad-request", "message": "The provider refuses this key."}})
        xdo("type", " sk-wrong ")
        xdo("key", "Return")
        assert agent.asked.get(timeout=DEADLINE_S) == ("/api/v1/keys", {"provider": "cerebras", "key": "sk-wrong"})
        print("ok 1 a typed key goes to the agent, trimmed")
        agent.answer = (200, {"lanes": [{"lane": "fast", "model": "m", "provider": "groq"}], "choices": [], "kept": True})
        xdo("key", "ctrl+a")
        xdo("type", "sk-right")
        xdo("key", "Return")
        assert agent.asked.get(timeout=DEADLINE_S)[1]["key"] == "sk-right"
        print("ok 2 a refused key can be corrected")
        xdo("key", "Escape")
        assert window.wait(DEADLINE_S) == 0
        print("ok 3 Escape closes the window")
        alone = subprocess.run([BINARY], env={**environment, "DISPLAY": ""}, capture_output=True, text=True, timeout=DEADLINE_S)
        assert alone.returncode == 1 and "DISPLAY" in alone.stderr, alone
        print("ok 4 without a display it says so")
    except Exception:
        failed = 1
        print("not ok " + "".join("\n# " + line for line in traceback.format_exc().splitlines()))
    print("1..4")
    if window.poll() is None:
        window.kill()
    server.terminate()
    server.wait()
    agent.shutdown()
    shutil.rmtree(folder)
    sys.exit(failed)


main()
