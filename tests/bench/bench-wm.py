#!/usr/bin/python3
"""Prints what window managers take on one Xvfb, one after the other, on the same machine in the same minute: this one's core alone, the whole
shell, and those that are installed of openbox, xfwm4, icewm and metacity. Medians over rounds; asserts nothing.

bench-wm.py --build DIR [--rounds 5] [--only NAME,NAME] [--soak 10000]"""
import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "wm"))
os.environ.setdefault("WM_ALONE", "")
import harness  # noqa: E402

OTHERS = {"openbox": ["openbox", "--sm-disable"], "xfwm4": ["xfwm4", "--compositor=off"], "icewm": ["icewm"],
          "metacity": ["metacity", "--no-composite"]}
STEPS = (("map", 60), ("burst", 300), ("configure", 2000), ("activate", 500), ("close", 60))
BESIDE_BLOCKED = (("map", 60), ("focus", 100), ("drag", 100), ("close", 60))  # while the user interface stands still
# Others put further windows between, and drag only after some pixels.
ACTS = (("focus", 100), ("drag", 100), ("switcher", 200))
# Only these are soaked as well: others take a withdrawn window's WM_STATE away in ways of their own.
OUR_OWN = {"core": ACTS, "shell": (*ACTS, ("bar", 200))}
PATIENCE = 60
LOOK = 0.01  # seconds between two looks whether it is there
TRIAL = 1  # seconds for a window to be taken, before another is tried
STEP_MAX = 300  # seconds; the client itself gives up on each thing that does not happen


class Unmeasured(Exception):
    """A window manager or one of its steps; the message says why."""


def rss(process):
    if process.poll() is not None:
        raise Unmeasured(f"it ended with {process.returncode} meanwhile")
    with open(f"/proc/{process.pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1024 / 1024


def until(condition, seconds):
    end = time.monotonic() + seconds
    while not (got := condition()) and time.monotonic() < end:
        time.sleep(LOOK)
    return got


def wait_for_manager(display, process):
    """Until it is there, and has taken a window: openbox, for one, says that it is there while it still loses those that are mapped."""
    root, wm_state = display.screen().root, display.intern_atom("WM_STATE")

    def there():
        if process.poll() is not None:
            raise Unmeasured(f"it ended with {process.returncode}")
        owner = display.get_selection_owner(display.intern_atom("WM_S0"))
        return owner and root.get_full_property(display.intern_atom("_NET_SUPPORTING_WM_CHECK"), 0)

    def takes():
        window = root.create_window(0, 0, 100, 100, 0, harness.X.CopyFromParent)
        window.map()
        try:
            return there() and until(lambda: window.get_full_property(wm_state, 0), TRIAL)
        finally:
            window.destroy()
            display.sync()
    if not until(there, PATIENCE) or not until(takes, PATIENCE):
        raise Unmeasured("it does not start")


def resources(display, pid):
    from Xlib.ext import res
    total = 0
    for entry in display.res_query_clients().clients:
        ids = display.res_query_client_ids([{"client": entry.resource_base, "mask": res.LocalClientPIDMask}]).ids
        if any(i.value and i.value[0] == pid for i in ids):
            total += sum(t.count for t in display.res_query_client_resources(entry.resource_base).types)
    return total


def figures(command):
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, timeout=STEP_MAX)
    except subprocess.TimeoutExpired as error:
        raise Unmeasured(f"it took more than {STEP_MAX} s") from error
    if done.returncode:
        raise Unmeasured("see above")
    words = done.stdout.split()
    return {key: float(value) for key, value in zip(words[::2], words[1::2])}


def end(process):
    process.stdin.close()
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def measure(name, command, client, soak, home, failed):
    """failed: the steps that this window manager did not take in a round before, each of which would cost a minute again; gets this one's."""
    def take(step, n, *more, prefix=""):
        if prefix + step in failed:
            return
        try:
            got.update({prefix + key: value for key, value in figures([client, step, str(n), *more]).items()})
        except Unmeasured as why:
            failed.add(prefix + step)
            print(f"{name}: {step} is left out from now on: {why}", file=sys.stderr)

    server = harness.Server()
    # Without the bus of assistive technology, which GTK would start and wait for (half a minute on a busy machine), and which would run beside.
    environment = dict(os.environ, HOME=home, XDG_CONFIG_HOME=home, XDG_RUNTIME_DIR=home, NO_AT_BRIDGE="1", GTK_A11Y="none")
    environment.pop("DBUS_SESSION_BUS_ADDRESS", None)
    process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    display = harness.xdisplay.Display()
    got = {}
    try:
        wait_for_manager(display, process)
        for step, n in STEPS + OUR_OWN.get(name, ()):
            take(step, n)
        for step, n in BESIDE_BLOCKED if name == "shell" else ():
            take(step, n, str(process.pid), prefix="blocked_")
        got["rss_MB"] = rss(process)
        if soak:
            subprocess.run([client, "soak", str(soak // 10)], check=False)
            before, kept = rss(process), resources(display, process.pid)
            subprocess.run([client, "soak", str(soak)], check=False)
            got["soak_rss_grown_MB"] = rss(process) - before
            got["soak_resources_grown"] = resources(display, process.pid) - kept
    finally:
        display.close()
        end(process)
        server.stop()
    return got


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="")
    parser.add_argument("--soak", type=int, default=0)
    options = parser.parse_args()
    build = os.path.abspath(options.build)
    managers = {"core": [os.path.join(build, "tests/wm/wm-alone")], "shell": [os.path.join(build, "shell/impromptu-shell")]}
    managers.update({name: command for name, command in OTHERS.items() if shutil.which(name)})
    if options.only:
        managers = {name: managers[name] for name in options.only.split(",")}
    found, failed = {name: [] for name in managers}, {name: set() for name in managers}
    client = os.path.join(build, "tests/wm/bench-wm")
    for number in range(options.rounds):
        # Every other round the other way round: none is always measured when the machine has just been busy with the same one.
        for name in list(managers)[::-1 if number % 2 else 1]:
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:  # what its bus started may still write there
                try:
                    found[name].append(measure(name, managers[name], client, options.soak if name in OUR_OWN else 0, home, failed[name]))
                except Unmeasured as why:
                    del managers[name]
                    print(f"{name} is left out from now on: {why}", file=sys.stderr)
    keys = list(dict.fromkeys(key for rounds in found.values() for got in rounds for key in got))
    print(f"{'':24}" + "".join(f"{name:>12}" for name in found))
    for key in keys:
        cells = [[got[key] for got in rounds if key in got] for rounds in found.values()]
        print(f"{key:24}" + "".join(f"{format(statistics.median(cell), '.2f') if cell else '-':>12}" for cell in cells))


if __name__ == "__main__":
    main()
