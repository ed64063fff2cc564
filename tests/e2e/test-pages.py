#!/usr/bin/python3
"""Verifies what a page could reach that has taken over its web process, on the whole desktop: the network, descriptors, the environment, the display and the
files of each web process and each network process, in the session and where a person starts the shell alone; and that a page that hangs can be stopped."""
import os
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from as_user import become_ordinary  # noqa: E402
from desktop import Desktop, WAIT  # noqa: E402
from rehearsal import Rehearsal  # noqa: E402
import tap  # noqa: E402

SECRETS = {"PAGES_TEST_API_KEY": "sword-1", "PAGES_TEST_TOKEN": "sword-2", "PAGES_TEST_PASSWORD": "sword-3", "SSH_AUTH_SOCK": "/sword-4"}
LEAK = 77  # a descriptor without close-on-exec that whoever starts the session leaves open
WEB, NET = "WebKitWebProcess", "WebKitNetworkProcess"
BUTTONS, STRIP = (60, 130), 24  # Reload and Stop in the strip that a hang shows: from the right, and from above
THREADS = 5  # of a web process that has started


def read(pid, name):
    with open(f"/proc/{pid}/{name}", "rb") as file:
        return file.read()


def parents(pid):
    while pid > 1:
        yield pid
        pid = int(read(pid, "stat").rpartition(b")")[2].split()[1])


def below(top, name):
    """The processes with this program that descend from this one."""
    found = []
    for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
        try:
            if os.path.basename(os.readlink(f"/proc/{pid}/exe")) == name and top in parents(pid) and len(os.listdir(f"/proc/{pid}/task")) >= THREADS:
                found.append(pid)
        except OSError:
            pass
    return found


def namespace(pid, kind):
    return os.readlink(f"/proc/{pid}/ns/{kind}")


def descriptors(pid):
    found = {}
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            found[int(fd)] = os.readlink(f"/proc/{pid}/fd/{fd}")
        except FileNotFoundError:  # closed meanwhile
            pass
    return found


def environment(pid):
    return dict(pair.split("=", 1) for pair in read(pid, "environ").decode().split("\0") if "=" in pair)


def status(pid, name):
    return next(line.split()[1] for line in read(pid, "status").decode().splitlines() if line.startswith(name + ":"))


def interfaces(pid):
    return [line.split(":")[0].strip() for line in read(pid, "net/dev").decode().splitlines()[2:]]


def each(pids, check):
    """Checks each process. One that ends meanwhile is passed over, since a twin's does; that all have ended is no proof."""
    checked = 0
    for pid in pids:
        try:
            check(pid)
            checked += 1
        except (OSError, KeyError):
            if os.path.exists(f"/proc/{pid}/ns/net"):
                raise
    tap.check(checked > 0, "at least one process was looked at")


class World:
    def __init__(self, d):
        self.d = d
        self.shell = d.until(lambda: next(iter(below(os.getpid(), "impromptu-shell")), None), "the shell")

    def webs(self):
        return self.d.until(lambda: below(self.shell, WEB), "a web process")

    def nets(self):
        return self.d.until(lambda: below(self.shell, NET), "a network process")


def an_app_is_open(w):
    since = w.d.events.mark()
    w.d.bar()
    w.d.type("a tally of cups")
    w.d.keys("Return")
    w.d.events.wait("done", "the app", since, outcome="delivered")
    w.d.find("Cups")


def no_network(w, shell=None):
    shell = shell or w.shell
    tap.check(namespace(shell, "net") != namespace(os.getpid(), "net"), "the shell is in a network namespace of its own")

    def check(pid):
        tap.check(namespace(pid, "net") != namespace(os.getpid(), "net"), f"{pid} is not in ours")
        tap.equal(interfaces(pid), ["lo"], "nothing but a loopback device")
        tap.check(len(read(pid, "net/route").splitlines()) <= 1, "which leads nowhere")
        addresses = [line.split()[-1] for line in read(pid, "net/fib_trie").decode().splitlines() if "|--" in line]
        tap.equal([a for a in addresses if not a.startswith("127.")], [], "and has no other address")
    each([shell, *below(shell, WEB), *below(shell, NET)], check)


def the_same_user_without_rights(w, shell=None):

    def check(pid):
        tap.equal(status(pid, "Uid"), str(os.getuid()), "the user is who he was")
        tap.equal(int(status(pid, "CapEff"), 16), 0, f"{pid} has no rights in its namespaces")
    each([shell or w.shell, *below(shell or w.shell, WEB), *below(shell or w.shell, NET)], check)

    def check_more(pid):
        tap.equal((status(pid, "Seccomp"), status(pid, "NoNewPrivs")), ("2", "1"), "WebKit's sandbox is on")
    each(below(shell or w.shell, WEB), check_more)


def programs_have_the_network(w):
    connection = w.d.request_session("POST", "/launch", {"argv": ["sleep", "1000"]})
    pid = connection["pid"]
    w.d.until(lambda: b"sleep" in read(pid, "cmdline"), "the program")
    tap.equal(namespace(pid, "net"), namespace(os.getpid(), "net"), "a program that a person starts has the network")
    tap.equal(namespace(pid, "user"), namespace(os.getpid(), "user"), "and is nowhere else")
    os.kill(pid, signal.SIGKILL)
    tap.equal(w.d.request_session("GET", "/status")["parts"][1]["network"], "none", "the session says so")


def no_descriptor_of_ours(w, shell=None):
    tap.check("leaked" in descriptors(os.getpid())[LEAK], "it would be inherited")

    def check(pid):
        for fd, what in descriptors(pid).items():
            fine = what.startswith(("socket:", "pipe:", "anon_inode:", "/memfd:", "/dev/null", "/dev/urandom", "/dev/shm", "/usr/", "/proc/", "/var/cache/fontconfig",
                                    "/dev/dri"))
            tap.check(fine or (fd <= 2 and what.endswith(".log")) or "/.cache/" in what or w.d.env["XDG_CACHE_HOME"] in what, f"{pid} has {fd}: {what}")
            tap.check("leaked" not in what, f"{pid} has {what}")
    each(below(shell or w.shell, WEB), check)


def no_secret_in_the_environment(w, shell=None):

    def check(pid):
        if pid != (shell or w.shell):
            tap.check("SSH_AUTH_SOCK" not in environment(pid), f"{pid} has no agent for keys")
            tap.check(b"sword-" not in read(pid, "environ"), f"no secret in {pid}")
        tap.check(b"sword-1" not in read(pid, "environ") and b"sword-2" not in read(pid, "environ"), f"no key in {pid}")
    each([shell or w.shell, *below(shell or w.shell, WEB), *below(shell or w.shell, NET)], check)


def no_display_and_no_socket_of_ours(w, shell=None):

    def check(pid):
        display = environment(pid)["DISPLAY"]
        tap.check(display != w.d.env["DISPLAY"], "a display of its own")
        root = f"/proc/{pid}/root"
        tap.equal(os.listdir(root + "/tmp/.X11-unix"), ["X" + display[1:]], "no other display's socket")
        tap.check(not os.path.exists(root + w.d.socket), "no socket of the agent")
        tap.check(not os.path.exists(root + os.path.dirname(w.d.socket) + "/session.sock"), "nor of the session")
        tap.equal(os.path.exists(root + w.d.env["HOME"] + "/secret"), False, "no file of the person's")
    each(below(shell or w.shell, WEB), check)


def the_throw_away_display_comes_back(w):
    before = set(w.webs())
    server = w.d.until(lambda: next(iter(p for p in below_any(w.shell, "Xvfb")), None), "its server")
    os.kill(server, signal.SIGKILL)
    w.d.until(lambda: set(below_any(w.shell, "Xvfb")) - {server}, "another one")
    w.d.until(lambda: not before & set(below(w.shell, WEB)), "what was on it to end")
    tap.check(os.path.exists(f"/proc/{w.shell}"), "the shell goes on")
    w.d.close("Cups")
    w.d.until(lambda: not [t for _, t, _ in w.d.windows() if "Cups" in t], "the window to close")
    since = w.d.events.mark()
    w.d.bar()
    w.d.type("a tally of cups")
    w.d.keys("Return")
    w.d.events.wait("open", "the app", since)
    w.d.find("Cups")
    w.d.until(lambda: set(below(w.shell, WEB)) - before, "a web process on the new display")


def below_any(top, name):
    found = []
    for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
        try:
            if os.path.basename(os.readlink(f"/proc/{pid}/exe")) == name and top in parents(pid):
                found.append(pid)
        except OSError:
            pass
    return found


def a_shell_started_by_a_person(w):
    """In a terminal, with the network, keys and all."""
    log = os.path.join(w.d.folder, "views.log")
    with open(log, "wb") as out:
        shell = subprocess.Popen([w.d.program("impromptu-shell"), "--views"], env={**w.d.env, **SECRETS}, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                 pass_fds=[LEAK])
    try:
        w.d.until(lambda: below(shell.pid, WEB) and below(shell.pid, NET), "its spare view")
        for what in (no_network, the_same_user_without_rights, no_descriptor_of_ours, no_secret_in_the_environment, no_display_and_no_socket_of_ours):
            what(w, shell.pid)
    finally:
        shell.terminate()
        tap.equal(shell.wait(WAIT), 0, "it ends as asked")


def a_page_that_hangs_is_stopped(w):
    since = w.d.events.mark()
    w.d.bar()
    w.d.type("a counter that never stops")
    w.d.keys("Return")
    w.d.events.wait("done", "the app", since, 2 * WAIT)
    w.d.activate("Endless counter")
    window = w.d.find("Endless counter")
    w.d.press("Endless counter", 200, 250)
    before = set(w.webs())
    width = w.d.x.create_resource_object("window", window).get_geometry().width

    def stopped():
        for side in BUTTONS:  # once more where the strip is still on its way down, or not there yet
            w.d.click(window, width - side, STRIP)
        return before - set(below(w.shell, WEB))
    w.d.until(stopped, "Stop, or Reload, to end its process")
    tap.check(os.path.exists(f"/proc/{w.shell}"), "the shell goes on")


def a_page_that_hangs_is_ended_by_the_menu_and_comes_back(w):
    window = w.d.find("Endless counter")
    width = w.d.x.create_resource_object("window", window).get_geometry().width

    def back():
        if not w.d.drawn(window, 200, 250):
            w.d.click(window, width - BUTTONS[0], STRIP)
        return w.d.drawn(window, 200, 250)
    w.d.until(back, "Reload to bring the page back")
    w.d.press("Endless counter", 200, 250)
    before = set(w.webs())
    w.d.activate("Endless counter")
    w.d.keys("super+m")
    w.d.keys("e")
    w.d.until(lambda: before - set(below(w.shell, WEB)), "its process to end")
    w.d.until(lambda: not w.d.drawn(window, 200, 250), "the window to show that it has")
    tap.check(window in [xid for xid, _, _ in w.d.windows()], "the window stays")
    w.d.picture("page-ended")
    w.d.until(back, "Reload to bring it back once more")


def main():
    become_ordinary()
    with tempfile.TemporaryDirectory(prefix="impromptu-home-") as home, tempfile.TemporaryDirectory(prefix="impromptu-out-") as out:
        with open(os.path.join(home, "secret"), "w", encoding="ascii") as secret:
            secret.write("sword-5")
        leak = os.open(os.path.join(out, "leaked"), os.O_CREAT | os.O_RDWR)
        os.dup2(leak, LEAK, inheritable=True)
        rehearsal = Rehearsal(os.path.join(sys.argv[1], "agent/rehearsal/impromptu-rehearsal"), out)
        env = {"IMPROMPTU_LANE": "recording", "IMPROMPTU_REHEARSAL_URL": rehearsal.base, **SECRETS}
        try:
            with Desktop(sys.argv[1], os.environ.get("IMPROMPTU_TEST_PICTURES", out), home=home, env=env, leave_open=[LEAK]) as d:
                d.start()
                return tap.run([
                    an_app_is_open,
                    no_network,
                    the_same_user_without_rights,
                    programs_have_the_network,
                    no_descriptor_of_ours,
                    no_secret_in_the_environment,
                    no_display_and_no_socket_of_ours,
                    a_shell_started_by_a_person,
                    the_throw_away_display_comes_back,
                    a_page_that_hangs_is_stopped,
                    a_page_that_hangs_is_ended_by_the_menu_and_comes_back,
                ], World(d))
        finally:
            rehearsal.stop()


if __name__ == "__main__":
    sys.exit(main())
