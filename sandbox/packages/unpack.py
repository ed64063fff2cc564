"""Installs wheels that were downloaded into their place, inside: with pip, offline, confined like a tool and without any network. Wheels are unpacked and
compiled to bytecode; nothing of them is run: there is no setup script in a wheel, and .pth files only work in folders that the interpreter looks for them in,
which this one is never. run({"wheels": [file names]}) answers {} or {"error": {"kind": "pip", "message"}}.
"""
import contextlib, io, os

PLACE = "/run/impromptu/data"
LINE_MAX = 400


def run(args):
    from pip._internal.cli.main import main
    scratch, said = os.path.join(PLACE, "tmp"), io.StringIO()
    os.environ["TMPDIR"] = os.environ["HOME"] = scratch
    wheels = [os.path.join(PLACE, "wheels", os.path.basename(name)) for name in args["wheels"]]
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        status = main(["--isolated", "--no-input", "--no-color", "--disable-pip-version-check", "--no-cache-dir", "install", "--no-index", "--no-deps",
                       "--target", os.path.join(PLACE, "site"), "--no-warn-script-location", "--ignore-installed", *wheels])
    print(said.getvalue())
    if status == 0:
        return {}
    errors = [line.removeprefix("ERROR:").strip() for line in said.getvalue().splitlines() if line.startswith("ERROR:")]
    return {"error": {"kind": "pip", "message": "pip could not install the packages: " + (errors[-1] if errors else said.getvalue()[-LINE_MAX:])[:LINE_MAX]}}
