#!/usr/bin/python3
"""Writes one table of all attacks that the tests make, with what came of each: attacks on the sandbox as sandbox/attacks-* left them, those on pages (W) and on the agent and the supervisor (P)
by the tests that stand for them.

attack_table.py BUILD: from BUILD/meson-logs to BUILD/meson-logs/attacks.md; prints where it is and how many held.

"without the defence" says whether the attack was first run without it and worked: "yes"; "not tried" where that would harm the machine or there is nothing to show. What could not be had on
this machine is "unavailable", and counts as neither held nor failed.
"""
import json
import pathlib
import subprocess
import sys
import xml.etree.ElementTree as xml

# id, what, where it is tested: program:part of a subtest's name; without the defence.
OTHERS = [
    ("W01-W08", "a page's ways to the network", ["apps/attacks:network"], "yes"),
    ("W01-W08", "the same, a page that has got past everything but the namespace", ["apps/attacks-offline:network-bare"], "yes"),
    ("W09", "WebRTC", ["apps/attacks:webrtc"], "no: WebKit has it turned off"),
    ("W10", "files of the machine", ["apps/attacks:files"], "no: WebKit refuses a scheme that is not local"),
    ("W11", "another app's data", ["apps/attacks:other-app", "apps/views:other-app"], "yes"),
    ("W12", "the bridge from frames", ["apps/attacks:frames", "apps/views:frames-get-nothing"], "yes"),
    ("W13", "the bridge after leaving", ["apps/attacks:bridge-from-afar"], "yes"),
    ("W14", "a flood of messages", ["apps/attacks:flood-ends", "apps/attacks:bytes-flood", "apps/views:flood"], "yes"),
    ("W15", "huge messages", ["apps/attacks:messages"], "yes"),
    ("W16", "messages that never settle", ["apps/views:call-always-settles"], "yes"),
    ("W17", "bytes in messages", ["apps/attacks:messages"], "yes"),
    ("W18", "a loop without end", ["apps/views:endless-loop", "e2e/pages:hang"], "yes"),
    ("W19", "memory without end", ["apps/attacks:memory"], "not tried"),
    ("W20", "dialogs without end", ["apps/attacks:dialogs", "apps/views:dialogs"], "yes"),
    ("W21", "print", ["apps/attacks:dialogs"], "yes"),
    ("W22", "downloads that nobody asked for", ["apps/attacks:downloads", "apps/views:save"], "yes"),
    ("W23", "choosers, full screen, pointer lock", ["apps/attacks:choosers"], "yes"),
    ("W24", "camera, microphone, place, clipboard", ["apps/attacks:permissions"], "yes"),
    ("W25", "the shell's descriptors", ["e2e/pages:descriptor"], "yes"),
    ("W26", "the desktop's display", ["e2e/pages:display"], "yes"),
    ("W27", "the network process", ["e2e/pages:network", "e2e/pages:rights"], "yes"),
    ("W28", "data that crosses apps", ["apps/attacks:storage", "apps/views:storage"], "yes"),
    ("W29", "look-alikes of a question", ["ui/desktop:question"], "not tried"),
    ("W30", "a page that changes what the shim stands on", ["apps/views:hostile-prototypes"], "yes"),
    ("static", "a page that ends whatever reads it before it is opened", ["runs/static:monsters", "runs/static:crash", "runs/static:hang", "runs/static:garbage", "runs/static:confined"], "not tried"),
    ("device", "a device that nobody agreed to, and what no device may be asked", ["sandbox/devices:a_device", "sandbox/devices:devices_that"], "not tried"),
    ("sound", "listening with a grant to play, noise to the broker", ["sandbox/devices:sound", "sandbox/devices:no_sound"], "not tried"),
    ("cgroups", "more memory than a group may have", ["sandbox/devices:cgroups"], "not tried"),
    ("P01", "a page that names another app's tool", ["apps/attacks:messages"], "yes"),
    ("P02", "a tool that was not declared", ["agent/server:bad_input"], "not tried"),
    ("P03", "a repaired tool that wants more", ["agent/toolbox:"], "not tried"),
    ("P04", "words of a tool inside a question", ["agent/questions:words"], "not tried"),
    ("P05", "markup and control characters in names", ["agent/questions:words"], "not tried"),
    ("P06", "tricks with paths in a grant", ["agent/questions:places", "agent/questions:resolve", "sandbox/command:bad_manifests"], "not tried"),
    ("P07", "a grant exchanged between check and mount", ["sandbox/attacks-b:B06"], "not tried"),
    ("P08", "tricks with host names", ["sandbox/hosts:", "sandbox/net:names_that_lead_home"], "not tried"),
    ("P09", "redirects and rebinding", ["sandbox/net:redirects", "sandbox/net:rebinding"], "not tried"),
    ("P10", "an empty list of servers", ["sandbox/net:a_tool_without_the_grant"], "not tried"),
    ("P11", "a forged answer on standard output", ["sandbox/attacks-j:J13"], "not tried"),
    ("P12", "results that are no JSON", ["sandbox/command:output_is_capped", "sandbox/attacks-j:J16", "sandbox/attacks-j:J17"], "not tried"),
    ("P14", "reading first, sending later", ["agent/questions:net"], "not tried"),
    ("P15", "another app's capability", ["agent/questions:grants"], "not tried"),
    ("P16", "500 calls at once", ["apps/attacks:calls-in-flight", "sandbox/client:"], "not tried"),
    ("P17", "a call that outlives its window", ["agent/toolbox:", "sandbox/client:"], "not tried"),
    ("P18", "another user at the agent's socket", ["agent/server:another_user_is_refused"], "not tried"),
    ("P19", "the worker killed in a call", ["sandbox/client:", "sandbox/command:serving_after_a_kill"], "not tried"),
    ("P20", "secrets in the worker", ["sandbox/attacks-g:G05", "e2e/canary:nowhere"], "not tried"),
    ("P21", "no confinement to be had", ["sandbox/command:no_landlock", "sandbox/command:no_seccomp", "sandbox/command:no_clone3", "sandbox/command:no_namespaces"], "yes"),
    ("P22", "run as root", ["sandbox/command:root_without_another_user"], "not tried"),
    ("P23", "a grant taken back during a call", ["agent/toolbox:"], "not tried"),
    ("P24", "files planted for the next login", ["sandbox/attacks-b:B16", "sandbox/attacks-b:B17"], "yes"),
    ("fuzz", "noise as a manifest, as frames and as URLs", ["fuzz/sandbox:"], "not tried"),
]


def subtests(build):
    """The subtests of each program as (name, is good); of one that was run again alone, as they came out then."""
    found = {}
    for log in ("testlog", "again"):
        path, these = build / f"meson-logs/{log}.junit.xml", {}
        for case in xml.parse(path).getroot().iter("testcase") if path.exists() else []:
            program = case.get("classname", "").rpartition(" / ")[2]
            bad = any(case.find(kind) is not None for kind in ("failure", "error", "skipped"))
            these.setdefault(program, []).append((case.get("name"), not bad))
        found.update(these)
    return found


def unavailable(build):
    """What tests said that they could not have, as "program:name, as user"."""
    said = set()
    for line in (build / "meson-logs/testlog.json").read_text(errors="replace").splitlines():
        entry = json.loads(line)
        for told in (entry.get("stdout") or "").splitlines():
            if told.startswith("# unavailable: "):
                said.add(entry["name"].rpartition(" / ")[2] + ":" + told.split(": ")[1])
    return said


def outcome(found, missing, wanted, user):
    """held, FAILED, unavailable or not run; of the subtests that are a user's where they come by user."""
    seen = []
    for each in wanted:
        program, _, part = each.partition(":")
        cases = [good for name, good in found.get(program, []) if part in name and (", as " not in name or name.endswith(user))]
        if not cases:
            return "unavailable" if f"{each}, {user}" in missing else "not run"
        seen += cases
    return "held" if all(seen) else "FAILED"


def limits(build):
    """What holds memory and processes here, as the sandbox says it."""
    done = subprocess.run([str(build / "sandbox/impromptu-sandbox"), "status"], capture_output=True, text=True, timeout=60)
    return next((line.partition(": ")[2] for line in done.stdout.splitlines() if line.startswith("memory: ")), "unknown")


def sandbox_rows(build):
    rows = {}
    for path in sorted((build / "meson-logs/attacks").glob("?.json")):
        for entry in json.loads(path.read_text()):
            row = rows.setdefault(entry["id"], {"attack": entry["attack"], "free": entry["free"], "root": "not run", "user": "not run"})
            row[entry["user"]] = entry["outcome"]
    return [(id, row["attack"], row["free"], row["root"], row["user"]) for id, row in rows.items()]


def main():
    build = pathlib.Path(sys.argv[1])
    found, gone, holds = subtests(build), unavailable(build), limits(build)
    grouped = holds.startswith("the kernel")
    rows = sandbox_rows(build)
    for id, what, wanted, free in OTHERS:
        rows.append((id, what, free, outcome(found, gone, wanted, "as root"), outcome(found, gone, wanted, "as a user")))
    cell = lambda text: str(text).replace("|", "\\|")
    lines = ["# Attacks, and what came of them", "", f"Memory and processes were held by {holds}.", "",
             "| id | attack | without the defence | as root | as a user | with cgroup v2 | with the watchdog |", "| --- | --- | --- | --- | --- | --- | --- |"]
    for id, what, free, root, user in rows:
        resource = id[0] in "CDH" and id not in ("CH",)
        both = "FAILED" if "FAILED" in (root, user) else "held" if "held" in (root, user) else "not run"
        with_groups, with_watch = ("", "") if not resource else (both, "unavailable: cgroup v2 holds here") if grouped else ("unavailable", both)
        lines.append("| " + " | ".join(map(cell, (id, what, free, root, user, with_groups, with_watch))) + " |")
    held = sum(cell == "held" for row in rows for cell in row[3:5])
    failed = sum(cell == "FAILED" for row in rows for cell in row[3:5])
    missing = sum(cell == "not run" for row in rows for cell in row[3:5])
    absent = sum(cell == "unavailable" for row in rows for cell in row[3:5])
    lines += ["", f"{held} held, {failed} failed, {absent} unavailable, {missing} not run."]
    table = build / "meson-logs/attacks.md"
    table.write_text("\n".join(lines) + "\n")
    print(f"tests: {held} attacks held, {failed} failed, {absent} unavailable, {missing} not run: {table}")


if __name__ == "__main__":
    main()
