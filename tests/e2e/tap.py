"""Runs functions as TAP tests: each gets the thing under test, a failure is told with its sentence and the next test goes on."""
import sys
import traceback


def run(tests, *args):
    print(f"1..{len(tests)}", flush=True)
    failed = 0
    for number, test in enumerate(tests, 1):
        name = test.__name__.replace("_", " ")
        try:
            test(*args)
            print(f"ok {number} - {name}", flush=True)
        except Exception as error:  # whatever went wrong is this test's failure
            failed += 1
            print(f"not ok {number} - {name}", flush=True)
            for line in traceback.format_exc().splitlines():
                print("# " + line, flush=True)
            print("# " + str(error).replace("\n", "\n# "), flush=True)
    return 1 if failed else 0


def check(condition, what):
    if not condition:
        raise AssertionError(what)


def equal(got, wanted, what):
    if got != wanted:
        raise AssertionError(f"{what}: wanted {wanted!r}, got {got!r}")


if __name__ == "__main__":
    sys.exit("this is a library")
