"""What the tests of the sandbox's programs stand on: a folder with the programs and a home, what they start there, and the runner. A test is
a function that is marked with @test and gets the ground; all run as an ordinary user and, where this is root, as root. TAP."""
import os, pathlib, select, shutil, subprocess, sys, tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from waiting import answers  # noqa: E402

ORDINARY = 54321
WAIT = 60  # seconds for what must come
TOLD_MAX = 500  # characters of what went wrong
TESTS = []


class Unavailable(Exception):
    """What the test is about cannot be had on this machine; the message says why."""


def test(function):
    TESTS.append(function)
    return function


def same(got, wanted):
    if got != wanted:
        raise AssertionError(f"{got!r} is not {wanted!r}")


def lendable():
    """A folder whose file system can be id-mapped, which root's tools need: a container's overlay cannot."""
    kind = subprocess.run(["stat", "-f", "-c", "%T", "/var/tmp"], capture_output=True, text=True, check=True).stdout
    return "/dev/shm" if "overlay" in kind else "/var/tmp"


def users():
    return (0, ORDINARY) if os.geteuid() == 0 else (os.geteuid(),)


class Ground:
    def __init__(self, user, kind, programs, folder=None):
        """With copies of the programs, which that user can read; in `folder`, else where root's tools can be lent files."""
        self.user, self.servers = user, []
        self.base = pathlib.Path(tempfile.mkdtemp(prefix=f"sandbox-{kind}-", dir=folder or lendable()))
        os.chmod(self.base, 0o755)
        for program in programs:
            shutil.copy(program, self.base)
        self.sandbox = str(self.base / "impromptu-sandbox")
        (self.base / "home").mkdir()

    def begin(self):
        """Before each test."""

    def own(self, name="."):
        """Gives the user what lies there."""
        if os.geteuid() == 0:
            subprocess.run(["chown", "-R", f"{self.user}:{self.user}", str(self.base / name)], check=True)

    def write(self, name, text):
        (self.base / name).write_text(text)
        return str(self.base / name)

    def who(self):
        return {"user": self.user, "group": self.user, "extra_groups": []} if os.geteuid() == 0 and self.user else {}

    def environment(self, **more):
        """None takes a name away."""
        known = {"HOME": str(self.base / "home"), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **more}
        return {name: value for name, value in known.items() if value is not None}

    def start(self, arguments, prefix=(), **options):
        """Runs the sandbox to its end."""
        return subprocess.run([*prefix, self.sandbox, *arguments], env=self.environment(), capture_output=True, text=True, timeout=2 * WAIT,
                              **self.who(), **options)

    def popen(self, arguments, **options):
        return subprocess.Popen([self.sandbox, *arguments], env=self.environment(), **self.who(), **options)

    def serve(self, name):
        """A sandbox that serves under this name, and its socket's path. Ended at the latest with the ground."""
        path = str(self.base / name)
        server = self.popen(["serve", path])
        self.servers.append(server)
        same(answers(path, WAIT, server), True)
        return server, path

    def processes(self):
        """(pid, program) of all that run from this folder."""
        found = []
        for process in os.listdir("/proc"):
            try:
                program = os.readlink(f"/proc/{process}/exe") if process.isdigit() else ""
            except OSError:
                continue
            found += [(int(process), program)] if program.startswith(str(self.base)) else []
        return found

    def all_end(self):
        """What was killed may take a moment to be gone; the kernel says when it is."""
        for pid, program in self.processes():
            try:
                ending = os.pidfd_open(pid)
            except ProcessLookupError:
                continue
            same((program, select.select([ending], [], [], WAIT)[0]), (program, [ending]))
            os.close(ending)

    def close(self):
        for server in self.servers:
            server.kill()
            server.wait()
        shutil.rmtree(self.base)


def main(make):
    """make: a Ground, of the user's number and the words of the command line."""
    number = 0
    for user in users():
        ground, name = make(user, *sys.argv[1:]), "root" if user == 0 else "a user"
        try:
            for each in TESTS:
                problem = ""
                try:
                    ground.begin()
                    each(ground)
                except Unavailable as why:
                    print(f"# unavailable: {each.__name__}, as {name}: {why}", flush=True)
                    continue
                except Exception as error:
                    problem = f"\n# {type(error).__name__}: {' '.join(str(error).split())[:TOLD_MAX]}"
                number += 1
                print(f"{'not ok' if problem else 'ok'} {number} - {each.__name__}, as {name}{problem}", flush=True)
        finally:
            ground.close()
    print(f"1..{number}")
