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
PATIENCE = 30


def rss(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1024 / 1024


def wait_for_manager(display):
    root, end = display.screen().root, time.monotonic() + PATIENCE
    while True:
        owner = display.get_selection_owner(display.intern_atom("WM_S0"))
        if owner and root.get_full_property(display.intern_atom("_NET_SUPPORTING_WM_CHECK"), 0):
            return
        if time.monotonic() > end:
            raise SystemExit("A window manager does not start.")


def resources(display, pid):
    from Xlib.ext import res
    total = 0
    for entry in display.res_query_clients().clients:
        ids = display.res_query_client_ids([{"client": entry.resource_base, "mask": res.LocalClientPIDMask}]).ids
        if any(i.value and i.value[0] == pid for i in ids):
            total += sum(t.count for t in display.res_query_client_resources(entry.resource_base).types)
    return total


def figures(command):
    words = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False).stdout.split()
    return {key: float(value) for key, value in zip(words[::2], words[1::2])}


def measure(name, command, client, soak, home):
    server = harness.Server()
    environment = dict(os.environ, HOME=home, XDG_CONFIG_HOME=home, XDG_RUNTIME_DIR=home)
    environment.pop("DBUS_SESSION_BUS_ADDRESS", None)
    process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    display = harness.xdisplay.Display()
    got = {}
    try:
        wait_for_manager(display)
        for step, n in STEPS + OUR_OWN.get(name, ()):
            got.update(figures([client, step, str(n)]))
        for step, n in BESIDE_BLOCKED if name == "shell" else ():
            got.update({"blocked_" + key: value for key, value in figures([client, step, str(n), str(process.pid)]).items()})
        got["rss_MB"] = rss(process.pid)
        if soak:
            subprocess.run([client, "soak", str(soak // 10)], check=False)
            before, kept = rss(process.pid), resources(display, process.pid)
            subprocess.run([client, "soak", str(soak)], check=False)
            got["soak_rss_grown_MB"] = rss(process.pid) - before
            got["soak_resources_grown"] = resources(display, process.pid) - kept
    finally:
        display.close()
        process.stdin.close()
        process.terminate()
        process.wait()
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
    found = {name: [] for name in managers}
    for _ in range(options.rounds):
        for name, command in managers.items():
            with tempfile.TemporaryDirectory() as home:
                found[name].append(measure(name, command, os.path.join(build, "tests/wm/bench-wm"), options.soak if name in OUR_OWN else 0, home))
    keys = list(dict.fromkeys(key for rounds in found.values() for got in rounds for key in got))
    print(f"{'':24}" + "".join(f"{name:>12}" for name in found))
    for key in keys:
        cells = [[got[key] for got in rounds if key in got] for rounds in found.values()]
        print(f"{key:24}" + "".join(f"{format(statistics.median(cell), '.2f') if cell else '-':>12}" for cell in cells))


if __name__ == "__main__":
    main()
