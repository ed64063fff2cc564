#!/usr/bin/python3
"""attacks.py LETTER SANDBOX WORKER: runs the attacks of one letter, as an ordinary user and, where this is root, as root as well; TAP, and a table at the end.

An attack that is harmless is first run without the sandbox and must succeed there: a test whose attack never worked proves nothing.
"""
import importlib, json, os, pathlib, shutil, socket, subprocess, sys, tempfile

from ground import lendable, users  # first: it says where the next one is
from waiting import appears, answers

CANARY = "canary-71c4"
LAST_SECONDS = 60


class Stage:
    """A home with secrets, a granted folder, a victim and some services, all owned by the user that attacks."""

    def __init__(self, user, sandbox, worker):
        self.user = user
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="sandbox-attack-", dir=lendable()))
        self.token = self.base.name
        (self.base / "bin").mkdir()
        for program in (sandbox, worker):
            shutil.copy(program, self.base / "bin")
        self.home, self.docs = self.base / "home", self.base / "home/Docs"
        for folder in ("home/Docs/.git/hooks", "home/.ssh", "home/.local/share/impromptu", "work"):
            (self.base / folder).mkdir(parents=True)
        self.write("home/secret.txt", CANARY)
        self.write("home/.bashrc", "export API_KEY=" + CANARY)
        self.write("home/.bash_history", CANARY)
        self.write("home/.ssh/id_ed25519", CANARY)
        self.write("home/.local/share/impromptu/key", CANARY)
        self.write("home/Docs/note.txt", "hello")
        self.link("home/Docs/planted", "home/secret.txt")
        os.chmod(self.base, 0o755)
        self.environment = {"HOME": str(self.home), "PATH": "/usr/bin:/bin", "API_KEY": CANARY, "LANG": "C.UTF-8"}
        self.sockets = [socket.socket(), socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)]
        for listener, address in zip(self.sockets, (("127.0.0.1", 0), "\0" + self.token, str(self.home / "agent.sock"), str(self.docs / "agent.sock"))):
            listener.bind(address)
            listener.listen(64)
        self.port = self.sockets[0].getsockname()[1]
        self.own()
        self.victim = subprocess.Popen(["/usr/bin/sleep", "1000"], env={"VICTIM_TOKEN": "x"}, **self.who())
        self.extra = []
        self.connect = None

    def who(self):
        return {"user": self.user, "group": self.user, "extra_groups": []} if os.geteuid() == 0 and self.user else {}

    def own(self):
        if os.geteuid() == 0:
            subprocess.run(["chown", "-hR", f"{self.user}:{self.user}", str(self.home), str(self.base / "work")], check=True)

    def close(self):
        self.victim.kill()
        self.victim.wait()
        for path in self.extra:
            os.unlink(path)
        subprocess.run(["rm", "-rf", str(self.base)], check=True)  # what attacks leave may be deeper than Python recurses

    # what the attacks' options use
    def write(self, name, text):
        (self.base / name).write_text(text)

    def text(self, name):
        return (self.base / name).read_text()

    def exists(self, name):
        return os.path.lexists(self.base / name)

    def mode(self, name):
        return os.stat(self.base / name).st_mode

    def link(self, name, target):
        if not self.exists(name):
            os.symlink(self.base / target, self.base / name)

    def large(self):
        """Bytes on disk below the granted folder."""
        return sum(path.lstat().st_blocks for path in self.docs.rglob("*")) * 512

    def victim_lives(self):
        return self.victim.poll() is None

    def later(self, name, seconds):
        return appears(self.base / name, seconds)

    def place(self, folder):
        path = os.path.join(folder, self.token)
        os.makedirs(folder, exist_ok=True)
        if path not in self.extra:
            open(path, "w").close()
            self.extra.append(path)

    def in_tmp(self):
        self.place("/tmp")

    def in_shm(self):
        self.place("/dev/shm")

    def call_with_secret(self, secret):
        """Through a sandbox that goes on serving, so that the attack is forked from the same worker."""
        self.serve()
        status, answer, log = self.sandboxed(f"KEPT = {secret!r} * 3\ndef run(args):\n    return {{'n': len(args['secret'])}}\n", {}, [], arguments={"secret": secret})
        if answer != {"n": len(secret)}:
            raise RuntimeError(f"the call before failed: {answer}")

    def serve(self):
        self.connect = self.base / "work/serve.sock"
        self.server = subprocess.Popen([str(self.base / "bin/impromptu-sandbox"), "serve", str(self.connect)], env=self.environment, **self.who())
        if not answers(self.connect, LAST_SECONDS, self.server):
            raise RuntimeError("the sandbox does not serve")

    def stop_serving(self):
        if self.connect:
            self.server.terminate()
            self.server.wait()
            self.connect = None

    # running
    def tool(self, code):
        names = {"SECRET": self.home / "secret.txt", "CANARY": CANARY, "HOME": self.home, "DOCS": self.docs, "TOKEN": self.token}
        lines = [f"{name} = {str(value)!r}" for name, value in names.items()] + [f"VICTIM = {self.victim.pid}", f"PORT = {self.port}", "OUT = {}"]
        prelude = (pathlib.Path(__file__).parent / "attacks/prelude.py").read_text()
        body = "\n".join("    " + line for line in code.strip("\n").splitlines())
        return (prelude + "\n".join(lines) + "\ndef attack():\n" + body + "\n\ndef run(args):\n    try:\n        got, why = attack(), ''\n"
                "    except MemoryError:\n        raise\n    except Exception as error:\n        got, why = False, repr(error)\n    return {'got': bool(got), 'why': why, **OUT}\n")

    def unconfined(self, code):
        source = self.tool(code) + "\nprint(json.dumps(run({})))\n"
        done = subprocess.run(["/usr/bin/python3", "-c", source], env=self.environment, capture_output=True, text=True, cwd=self.base / "work", timeout=LAST_SECONDS,
                              **self.who())
        try:
            return json.loads(done.stdout.splitlines()[-1])
        except (IndexError, ValueError):
            return {"got": False, "why": done.stderr[-200:]}

    def sandboxed(self, source, manifest, grants, arguments=None, app=None):
        folder = self.base / "work"
        (folder / "tool.py").write_text(source)
        (folder / "manifest.json").write_text(json.dumps(manifest))
        command = [str(self.base / "bin/impromptu-sandbox"), "run", "--manifest", str(folder / "manifest.json"), "--args", json.dumps(arguments or {})]
        if app:
            command += ["--app", app]
        if self.connect:
            command += ["--connect", str(self.connect)]
        for grant in grants:
            command += ["--grant", grant]
        done = subprocess.run(command + [str(folder / "tool.py")], env=self.environment, capture_output=True, timeout=LAST_SECONDS, **self.who())
        try:
            answer = json.loads(done.stdout)
        except ValueError:
            answer = {"error": {"kind": "none", "message": done.stderr[-300:].decode("utf-8", "replace")}}
        return done.returncode, answer, done.stderr

    def attack(self, code, options):
        kind = options.get("grant", "read")
        path = options.get("path", "DOCS").replace("DOCS", str(self.docs)).replace("HOME", str(self.home))
        programs = options.get("run", [])
        manifest = {kind: [path], "run": programs, "limits": {"seconds": 15, **options.get("limits", {})}}
        return self.sandboxed(self.tool(code), manifest, [f"{kind}={path}"] + ["run=" + name for name in programs], app=options.get("app"))


def judge(stage, code, options):
    """(held, note)"""
    if "before" in options:
        options["before"](stage)
    if options.get("control"):
        stage.own()
        free = stage.unconfined(code)
        if not free["got"]:
            return False, "the attack does not work without the sandbox either, so it proves nothing: " + free["why"]
        clean(stage)
        if "before" in options:
            options["before"](stage)
    if options.get("twice"):
        stage.attack(code, options)
    status, answer, log = stage.attack(code, options)
    if len(log) > options.get("log_max", 1 << 20):
        return False, f"{len(log)} bytes of log"
    if options.get("after") and options["after"](stage):
        return False, "it left its mark on the host"
    error = answer.get("error")
    kinds = options.get("ends")
    if error:
        held = bool(kinds) and error["kind"] in kinds
        return held, f"{error['kind']}: {error['message']}"
    if kinds and None not in kinds:
        return False, f"expected to end as {kinds}, and answered {str(answer)[:200]}"
    return answer["got"] is False and status == 0, answer["why"] or "nothing was there"


def clean(stage):
    """Takes back what an attack did."""
    for path in list(stage.docs.glob("fill*")) + list(stage.docs.glob("o*")):
        os.unlink(path)
    for name in ("room", "l", "h", "o", "s", "s2", "w", "alive", "x.desktop", ".git/hooks/pre-commit"):
        if stage.exists("home/Docs/" + name):
            os.unlink(stage.base / "home/Docs" / name)
    if stage.exists("home/Docs/.git2"):
        os.rename(stage.base / "home/Docs/.git2", stage.base / "home/Docs/.git")
    if stage.exists("home/out.txt"):
        os.unlink(stage.base / "home/out.txt")


def main():
    letter, sandbox, worker = sys.argv[1:]
    attacks = importlib.import_module("attacks." + letter).ATTACKS
    print(f"1..{len(attacks) * len(users())}", flush=True)
    number, table = 0, []
    for user in users():
        stage = Stage(user, sandbox, worker)
        try:
            for id, what, code, *rest in attacks:
                number += 1
                options = rest[0] if rest else {}
                held, note = judge(stage, code, options)
                clean(stage)
                stage.stop_serving()
                if not stage.victim_lives():
                    held, note = False, "the victim is dead"
                note = " ".join(note.split())[:160]
                print(f"{'ok' if held else 'not ok'} {number} - {id} {what}, as {'root' if user == 0 else 'a user'}" + ("" if held else f"\n# {note}"), flush=True)
                free = "yes" if options.get("control") and "proves nothing" not in note else "no" if options.get("control") else "not tried"
                table.append((id, "root" if user == 0 else "user", "held" if held else "FAILED", what, free, note))
        finally:
            stage.close()
    for row in table:
        print("# %-5s %-5s %-7s %-46s %s" % (*row[:4], row[5]))
    logs = pathlib.Path("meson-logs")  # of the build folder, where tests are started
    if logs.is_dir():
        (logs / "attacks").mkdir(exist_ok=True)
        (logs / f"attacks/{letter}.json").write_text(json.dumps([dict(zip(("id", "user", "outcome", "attack", "free", "note"), row)) for row in table]))
    return 0


sys.exit(main())
