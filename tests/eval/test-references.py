#!/usr/bin/python3
"""Verifies the checks of data/eval/apps.json with the player that the desktop uses: each prompt's own app passes them; they fail, one by one, on a blank page and
on the app with its scripts off; and the app changed in three ways fails as well. Speaks TAP. Usage: test-references.py JUDGE DATA [NAME…] (in an X display)"""
import json, os, subprocess, sys, threading, queue

JUDGE, DATA, NAMES = os.path.abspath(sys.argv[1]), sys.argv[2], sys.argv[3:]
JUDGES = 2        # side by side
DEADLINE_S = 500  # for all of it; then what is missing has failed
MUTATIONS = 3
BLANK = "<!doctype html><title>Blank</title>"


def read(name):
    with open(os.path.join(DATA, "eval", name), encoding="utf-8") as file:
        return file.read()


def variants(prompt, mutations):
    """(what, page, scripts, stop): whatever has to be played for a prompt."""
    page = read(f"reference/{prompt['name']}.html")
    yield "reference", page, True, False
    yield "blank", BLANK, True, False
    yield "scripts off", page, False, False
    for number, mutation in enumerate(mutations, 1):
        changed = page.replace(mutation["find"], mutation["replace"])
        assert page.count(mutation["find"]) == 1 and changed != page, f"{prompt['name']}: mutation {number} does not apply once"
        yield f"mutation {number}", changed, True, True


def fault(what, verdict):
    """What is wrong with a verdict, or None."""
    if verdict is None:
        return f"{what}: not judged"
    failed = [check for check in verdict["checks"] if not check["passed"]]
    if what == "reference":
        if failed or verdict["findings"]:
            return f"{what}: {failed[:2]} {verdict['findings'][:3]}"
    elif what in ("blank", "scripts off"):
        passed = [check["text"] for check in verdict["checks"] if check["passed"]]
        if passed:
            return f"{what}: passes {passed}"
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
    prompts = [prompt for prompt in json.loads(read("apps.json"))["prompts"] if not NAMES or prompt["name"] in NAMES]
    mutations = json.loads(read("mutations.json"))
    jobs, verdicts = queue.Queue(), {}
    for prompt in prompts:
        assert len(mutations[prompt["name"]]) == MUTATIONS
        for what, page, scripts, stop in variants(prompt, mutations[prompt["name"]]):
            jobs.put(((prompt["name"], what), {"app": "reference", "page": page, "checks": prompt["checks"], "scripts": scripts, "stop": stop}))
    keys = [key for key, _ in list(jobs.queue)]
    workers = [threading.Thread(target=work, args=(jobs, verdicts)) for _ in range(JUDGES)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print(f"1..{len(prompts)}")
    for number, prompt in enumerate(prompts, 1):
        faults = [fault(what, verdicts.get((name, what))) for name, what in keys if name == prompt["name"]]
        faults = [one for one in faults if one]
        for one in faults:
            print("# " + one[:1500])
        print(f"{'not ok' if faults else 'ok'} {number} {prompt['name']}")
    print(f"# {sum(v['ms'] for v in verdicts.values()) / 1000:.1f} s of play for {len(verdicts)} pages")


main()
