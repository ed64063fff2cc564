#!/usr/bin/python3
"""Verifies that each part of the desktop can be killed at any moment: the others go on, the dead one comes back, nothing accepted is lost, and a run goes on from
its last finished state."""
import datetime
import json
import os
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from as_user import become_ordinary  # noqa: E402
from desktop import WAIT, Desktop, UnixConnection  # noqa: E402
import tap  # noqa: E402

ROUNDS = (240, 370, 200, 34)  # x, y, width and height of the pomodoro's line with the rounds, in a window of 680 by 560
PLACE = "0,560,60,680,560"  # in words of wmctrl; neither a question nor a notice lies over its middle
LOOKS = 10  # that are alike, until something stands still
THREADS = 5  # of a web process that has started
RELOAD = (620, 24)  # in the strip that a crash shows
DAY = "%a %b %d %Y"  # as toDateString() has it
STATES = (("ROUTE", "PLAN", "PREPARE", "WRITE"), ("CHECK", "REPAIR", "DELIVER"))


def pids(d, name):
    """The processes of this desktop (by its runtime folder in their environment) whose program has this name."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as environ:
                ours = d.env["XDG_RUNTIME_DIR"].encode() in environ.read()
            if ours and os.path.basename(os.readlink(f"/proc/{pid}/exe")) == name:
                found.append(int(pid))
        except OSError:
            pass
    return found


def started(d):
    """The web processes, once none of them is still starting: WebKit ends the shell if one dies before it has said which it is."""
    found = pids(d, "WebKitWebProcess")
    return found if all(len(os.listdir(f"/proc/{pid}/task")) >= THREADS for pid in found) else None


def child(d, name):
    """The session's own child of this name, by what everybody may read: the agent is closed to others, since it holds keys."""
    session = session_pid(d)
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat") as stat:
                comm, rest = stat.read().split("(", 1)[1].rsplit(")", 1)
        except OSError:
            continue
        if comm == name[:15] and int(rest.split()[1]) == session:
            return int(pid)
    return None


def session_pid(d):
    """The oldest: a child is called the same until it has become its own program."""
    return min(pids(d, "impromptu-session"))


def ask(d, text, make=True):
    """A run that is asked for over the socket, so that it does not hang on the desktop's own connection."""
    connection = UnixConnection(d.socket)
    connection.request("POST", "/api/v1/ask", json.dumps({"text": text, "make": make}), {"Content-Type": "application/json"})
    since = d.events.mark()
    answer = connection.getresponse()
    tap.equal(answer.status, 200, "the run is taken")
    return connection, since


def kill(d, name):
    pid = d.until(lambda: child(d, name), name)
    os.kill(pid, signal.SIGKILL)
    d.until(lambda: child(d, name) not in (None, pid), f"{name} to come back")


def agent_is_killed_in_each_state_and_the_run_goes_on(d):
    for states in STATES:
        for state in states:
            killed_in(d, state)
        before = d.until(lambda: child(d, "impromptu-agent"), "the agent")
        # Asked for, a restart forgets the crashes: the session gives up on a part that crashes too often.
        connection = UnixConnection(os.path.join(os.path.dirname(d.socket), "session.sock"))
        connection.request("POST", "/restart", json.dumps({"part": "agent"}), {"Content-Type": "application/json"})
        tap.equal(connection.getresponse().status, 200, "the session restarts the agent")
        d.until(lambda: child(d, "impromptu-agent") not in (None, before) and d.request("GET", "/api/v1/lanes", quiet=True), "the agent to answer again")


def killed_in(d, state):
    since = d.events.mark()
    sentence = "what is eating my disk?" if state == "PREPARE" else "a pomodoro timer"
    connection, _ = ask(d, sentence)
    run = d.events.wait("run", f"the run for {state}", since, text=sentence)["run"]
    d.events.wait("state", state, since, run=run, state=state)
    kill(d, "impromptu-agent")
    connection.close()
    done = d.events.wait("done", f"the run's end after a kill in {state}", since, run=run)
    tap.equal(done["outcome"], "delivered", f"killed in {state}: {done['message']}")


def accepted_apps_are_all_there(d):
    titles = [a["title"] for a in d.request("GET", "/api/v1/apps")["apps"]]
    tap.check("Pomodoro" in titles and "Disk Lens" in titles, f"apps: {titles}")


def place(d, window):
    at = d.x.screen().root.translate_coords(window, 0, 0)
    size = d.x.create_resource_object("window", window).get_geometry()
    return at.x, at.y, size.width, size.height


def rounds(d, window):
    """How the pomodoro's line with the rounds that were done looks; None where nothing is drawn there."""
    pixels = d.pixels(window, *ROUNDS)
    return pixels if len({pixels[i:i + 4] for i in range(0, len(pixels), 4)}) > 1 else None


def steady_rounds(d, window):
    """The same once it stays so: what is drawn first may still be on its way to its place."""
    looks = []

    def steady():
        looks.append(rounds(d, window))
        d.sync(1)
        return len(looks) >= LOOKS and looks[-1] and all(look == looks[-1] for look in looks[-LOOKS:])
    d.until(steady, "the pomodoro's rounds to stand still")
    return looks[-1]


def saved_windows(d):
    with open(os.path.join(d.env["XDG_STATE_HOME"], "impromptu", "shell.json"), encoding="utf-8") as state:
        return state.read()


def shell_is_killed_and_programs_and_apps_come_back(d):
    app = next(a for a in d.request("GET", "/api/v1/apps")["apps"] if a["title"] == "Pomodoro")["id"]
    for title in [title for _, title, _ in d.windows() if title == "Pomodoro"]:
        d.close(title)
    d.until(lambda: not any(title == "Pomodoro" for _, title, _ in d.windows()), "the windows to close")
    d.request("POST", f"/api/v1/apps/{app}/storage", {"day": datetime.date.today().strftime(DAY), "done": "37"})
    d.request("POST", f"/api/v1/apps/{app}/open", {})
    window = d.find("Pomodoro")
    d.tool("wmctrl", "-i", "-r", hex(window), "-e", PLACE)
    d.activate("Pomodoro")
    looked, where = steady_rounds(d, window), place(d, window)
    tap.equal(where[2:], (680, 560), "it has been moved")
    since = d.events.mark()
    d.keys("super+Return")
    d.find("xterm")
    d.until(lambda: f'"x":{where[0]}' in saved_windows(d).replace(" ", ""), "its place to be written down")
    kill(d, "impromptu-shell")
    d.sync(1)
    d.find("xterm")
    d.until(lambda: place(d, d.find("Pomodoro")) == where, f"its place, {where}; it is at {place(d, d.find('Pomodoro'))}")
    d.activate("Pomodoro")
    d.until(lambda: rounds(d, d.find("Pomodoro")) == looked, "the 37 rounds that it had saved")
    tap.equal([e for e in d.events.list[since:] if e[0] == "usage"], [], "no model was asked")


def web_process_is_killed_and_the_desktop_goes_on(d):
    window = d.find("Pomodoro")
    before, looked = [title for _, title, _ in d.windows()], rounds(d, window)
    tap.check(not d.drawn(window, *RELOAD), "nothing is said in the window")
    killed = d.until(lambda: started(d), "every web process to have started")
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    d.until(lambda: d.drawn(window, *RELOAD), "the strip that says so")

    def reloaded():
        if d.drawn(window, *RELOAD):
            d.click(window, *RELOAD)  # once more where the strip was still on its way down
        return not d.drawn(window, *RELOAD)
    d.until(reloaded, "the strip to go after Reload")
    d.until(lambda: rounds(d, window) == looked, "the page, with what it had saved")
    tap.check(set(pids(d, "WebKitWebProcess")) - set(killed), "by a process of its own")
    left = set(before) - {title for _, title, _ in d.windows()}
    tap.equal(left - {"Impromptu asks"}, set(), "every window stays but for what a page had asked that is gone")
    since = d.events.mark()
    d.bar()
    d.type("what is eating my disk?")
    d.keys("Return")
    d.events.wait("open", "an app to open after that", since)


def another_window_manager_takes_over_and_gives_back(d):
    """The apps stay, as windows of the other one; the desktop takes over again when it is told to."""
    def manager():
        check = d.x.screen().root.get_full_property(d.x.intern_atom("_NET_SUPPORTING_WM_CHECK"), 0)
        return check.value[0] if check else 0
    title = next(title for _, title, _ in d.windows() if title == "Pomodoro")
    shell, ours = child(d, "impromptu-shell"), manager()
    other = subprocess.Popen(["openbox", "--replace"], env=d.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        d.until(lambda: child(d, "impromptu-shell") not in (shell, None), "the shell to go on")
        d.until(lambda: manager() not in (0, ours) and any(t == title for _, t, _ in d.windows()), "the app to be the other one's window")
        theirs = manager()
        d.tool(d.program("impromptu"), "session", "restart", "shell")
        d.until(lambda: other.poll() is not None, "the other one to go")
        d.until(lambda: manager() not in (0, theirs) and any(t == title for _, t, _ in d.windows()), "the app to be ours again")
    finally:
        other.kill()
        other.wait()


def a_second_agent_is_refused_with_a_sentence(d):
    done = subprocess.run([d.program("impromptu-agent")], env=d.env, capture_output=True, text=True, timeout=30, check=False)
    tap.check(done.returncode != 0, "it does not start")
    tap.check("already" in done.stderr, f"it says why: {done.stderr}")


def logout_leaves_nothing(d):
    session = session_pid(d)
    os.kill(session, signal.SIGTERM)
    d.session.wait(WAIT)
    left = [name for name in ("impromptu-shell", "WebKitWebProcess", "WebKitNetworkProcess", "impromptu-rehearsal", "impromptu-sandbox") if pids(d, name)]
    tap.equal(left, [], "no process is left")


def main():
    become_ordinary()
    with tempfile.TemporaryDirectory(prefix="impromptu-home-") as home, tempfile.TemporaryDirectory(prefix="impromptu-out-") as out:
        with Desktop(sys.argv[1], out, home=home, env={"IMPROMPTU_LANE": "recording", "IMPROMPTU_REHEARSAL_ARGS": "--rate 3000"}) as d:
            d.start()
            return tap.run([
                agent_is_killed_in_each_state_and_the_run_goes_on,
                accepted_apps_are_all_there,
                shell_is_killed_and_programs_and_apps_come_back,
                web_process_is_killed_and_the_desktop_goes_on,
                another_window_manager_takes_over_and_gives_back,
                a_second_agent_is_refused_with_a_sentence,
                logout_leaves_nothing,
            ], d)


if __name__ == "__main__":
    sys.exit(main())
