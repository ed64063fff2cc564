#!/usr/bin/python3
"""Verifies the checks of data/eval/apps.json and chains.json with the player that the desktop uses: each prompt's own app passes them; they fail, one by one, on a
blank page and on the app with its scripts off; and the app changed in three ways fails as well. After each edit its own app passes all that must hold then, while
the app before it fails a check of the edit's own, and the app after it all those that the edit replaces, so that each edit asks for something and excuses nothing;
the last one with something broken passes what the last edit asks, and fails an earlier check. Speaks TAP.
Usage: test-references.py JUDGE DATA [NAME…] (in an X display)"""
import json, os, subprocess, sys, threading, queue

JUDGE, DATA, NAMES = os.path.abspath(sys.argv[1]), sys.argv[2], sys.argv[3:]
JUDGES = 2        # side by side
DEADLINE_S = 500  # for all of it; then what is missing has failed
MUTATIONS = 3
CHAIN_MUTATIONS = 1
BLANK = "<!doctype html><title>Blank</title>"


def read(name):
    with open(os.path.join(DATA, "eval", name), encoding="utf-8") as file:
        return file.read()


def mutated(name, page, mutations):
    for number, mutation in enumerate(mutations, 1):
        changed = page.replace(mutation["find"], mutation["replace"])
        assert page.count(mutation["find"]) == 1 and changed != page, f"{name}: mutation {number} does not apply once"
        yield f"mutation {number}", changed


def variants(prompt, mutations):
    """(what, page, checks, scripts, stop): whatever has to be played for a prompt."""
    page, holds, edits = read(f"reference/{prompt['name']}.html"), prompt["checks"], prompt.get("edits", [])
    yield "reference", page, holds, True, False
    yield "blank", BLANK, holds + [check for edit in edits for check in edit["checks"]], True, False
    yield "scripts off", page, holds, False, False
    for number, edit in enumerate(edits, 1):
        before, page = page, read(f"reference/{prompt['name']}-{number}.html")
        replaced = [check for check in holds if check["text"] in edit.get("replaces", [])]
        holds = [check for check in holds if check not in replaced] + edit["checks"]
        yield f"reference {number}", page, holds, True, False
        yield f"scripts off {number}", page, holds, False, False
        yield f"not asked yet {number}", before, edit["checks"], True, False
        if replaced:
            yield f"replaced {number}", page, replaced, True, False
    for what, changed in mutated(prompt["name"], page, mutations):
        yield (what, changed, holds, True, True) if not edits else ("broken " + what, changed, edits[-1]["checks"] + holds[:-len(edits[-1]["checks"])], True, False)


def fault(what, verdict, own):
    """What is wrong with a verdict, or None. own: how many checks the last edit has."""
    if verdict is None:
        return f"{what}: not judged"
    failed = [check for check in verdict["checks"] if not check["passed"]]
    if what.startswith("reference"):
        if failed or verdict["findings"]:
            return f"{what}: {failed[:2]} {verdict['findings'][:3]}"
    elif what.startswith(("blank", "scripts off", "replaced")):
        passed = [check["text"] for check in verdict["checks"] if check["passed"]]
        if passed:
            return f"{what}: passes {passed}"
    elif what.startswith("broken") and not all(check["passed"] for check in verdict["checks"][:own]):
        return f"{what}: what the last edit asks is broken too: {failed}"
    elif not failed or verdict["passed"]:
        return f"{what}: passes"
    return None


def work(jobs, verdicts):
    process = subprocess.Popen([JUDGE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    timer = threading.Timer(DEADLINE_S, process.kill)
    timer.start()
    try:
        while True:
            key, job = jobs.get_nowait()
            process.stdin.write(json.dumps(job) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
            if not line:
                return
            verdicts[key] = json.loads(line)
    except (queue.Empty, BrokenPipeError):
        pass
    finally:
        process.stdin.close()
        process.wait()
        timer.cancel()


def main():
    prompts = [prompt for name in ("apps.json", "chains.json") for prompt in json.loads(read(name))["prompts"] if not NAMES or prompt["name"] in NAMES]
    mutations = json.loads(read("mutations.json"))
    jobs, verdicts = queue.Queue(), {}
    for prompt in prompts:
        assert len(mutations[prompt["name"]]) == (CHAIN_MUTATIONS if "edits" in prompt else MUTATIONS)
        for what, page, checks, scripts, stop in variants(prompt, mutations[prompt["name"]]):
            jobs.put(((prompt["name"], what), {"app": "reference", "page": page, "checks": checks, "scripts": scripts, "stop": stop}))
    keys = [key for key, _ in list(jobs.queue)]
    workers = [threading.Thread(target=work, args=(jobs, verdicts)) for _ in range(JUDGES)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print(f"1..{len(prompts)}")
    for number, prompt in enumerate(prompts, 1):
        own = len(prompt["edits"][-1]["checks"]) if "edits" in prompt else 0
        faults = [fault(what, verdicts.get((name, what)), own) for name, what in keys if name == prompt["name"]]
        faults = [one for one in faults if one]
        for one in faults:
            print("# " + one[:1500])
        print(f"{'not ok' if faults else 'ok'} {number} {prompt['name']}")
    print(f"# {sum(v['ms'] for v in verdicts.values()) / 1000:.1f} s of play for {len(verdicts)} pages")


main()
