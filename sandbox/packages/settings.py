"""What the person's own pip is told about indexes, as JSON: run by the system's Python with the person's PIP_* variables, outside any sandbox, and before
anything that is not the system's or the person's has a say. pip itself says what its files, its variables and its default come to.
"""
import ast, ctypes, json, os, re, signal, subprocess, sys

PIP = [sys.executable, "-I", "-m", "pip", "--disable-pip-version-check", "--no-input"]
ORDER = (":env:", "download", "install", "global")
CERTIFICATES_MAX = 3 * 1024 * 1024
PR_SET_PDEATHSIG = 1


def ask(*arguments):
    return subprocess.run([*PIP, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=True).stdout


def settings():
    known = {}
    for line in ask("config", "list").splitlines():
        name, _, value = line.partition("=")
        section, _, key = name.rpartition(".")
        if section in ORDER:
            known.setdefault(key, {})[section] = str(ast.literal_eval(value))
    return {key: values[min(values, key=ORDER.index)] for key, values in known.items()}


def default_index():
    found = re.search(r"--index-url\s.*?\(default\s+(https?://[^\s)]+)\)", ask("download", "--help"), re.S)
    return found[1] if found else None


def certificates(path):
    with open(path, encoding="ascii", errors="ignore") as file:
        return file.read(CERTIFICATES_MAX)


def main():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    known = settings()
    offline = known.get("no-index", "").lower() in ("1", "true", "yes", "on", "y", "t")
    indexes = [] if offline else [known.get("index-url") or known.get("pypi-url") or default_index(), *known.get("extra-index-url", "").split()]
    find = [os.path.expanduser(place.removeprefix("file://")) for place in known.get("find-links", "").split()]
    out = {
        "indexes": [url.rstrip("/") + "/" for url in indexes if url],
        "pages": [place for place in find if "://" in place],
        "folders": [os.path.realpath(place) for place in find if "://" not in place and os.path.isdir(place)],
        "trusted": known.get("trusted-host", "").split(),
        "stall": int(float(known.get("timeout", known.get("default-timeout", "15")))),
    }
    if known.get("cert") and os.path.isfile(known["cert"]):
        out["ca"] = certificates(known["cert"])
    json.dump(out, sys.stdout)


main()
