"""Verifies what a check's expressions may compute, and that nothing else is carried out."""
import sys

sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
import compute

RIGHT = {
    "25 * 60": "1500", "660 / 60": "11", "1 / 3": "0.333333333333", "0.1 + 0.2": "0.3", "2 ** 10": "1024", "-7 // 2": "-4", "7 % 3": "1",
    'len("Hello world! a b".split())': "4", '"ab".upper() + "c" * 3': "ABccc", '"%02d:%02d" % (9, 5)': "09:05", 'f"{90 // 60:02d}:{90 % 60:02d}"': "01:30",
    "date(2024, 5, 1)": "2024-05-01", 'add_days("2024-02-28", 2)': "2024-03-01", 'days_between("2024-01-01", "2024-12-31")': "365",
    'weekday("2026-11-21")': "Saturday", "sum(x * 2 for x in range(5))": "20", "sorted([3, 1, 2], reverse=True)": "3, 2, 1", "1 == 1.0": "true",
    "max(3, 4) if 2 > 1 else 0": "4", '"a,b".split(",")[1]': "b", "round(3.14159, 2)": "3.14", '"abc"[::-1]': "cba", "1e3": "1000",
    "time(9, 30)": "09:30:00", "datetime(2024, 1, 1, 9, 30) + minutes(90)": "2024-01-01 11:00:00",
}
WRONG = [
    '__import__("os").system("true")', '"".__class__', "open('/etc/passwd')", "9 ** 999999", '"a" * 10 ** 9', "[0] * 10 ** 9", "lambda: 1", "x", "(1).__class__",
    'getattr(1, "real")', '"%9999999d" % 3', 'f"{5:>9999999}"', '"x".zfill(10 ** 9)', "1 / 0", "", "import os", "1; 2", "(x := 5)", "exec('1')", "1" + " + 1" * 400,
    "[y for x in range(9) for y in range(9)]", '"a".format()', "range(10 ** 12)", 'sorted([1], key=len)',
]

number = 0
failed = False


def report(good, name):
    global number, failed
    number += 1
    failed |= not good
    print(("ok" if good else "not ok"), number, "-", name.replace("#", ""))


print(f"1..{len(RIGHT) + len(WRONG)}")
for expression, expected in RIGHT.items():
    try:
        got = compute.run({"expression": expression})["value"]
    except Exception as fault:
        got = repr(fault)
    report(got == expected, f"{expression} is {expected}, got {got}")
for expression in WRONG:
    try:
        got = compute.run({"expression": expression})
        report(False, f"{expression[:60]} was computed: {got}")
    except Exception:
        report(True, f"{expression[:60]!r} is refused")
sys.exit(failed)
