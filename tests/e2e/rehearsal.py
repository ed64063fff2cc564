"""A rehearsal server of a test's own, so that it can be given faults while the desktop runs, and be taken away."""
import json
import os
import select
import shutil
import ssl
import subprocess
import urllib.request

from desktop import Failed, WAIT

HERE = os.path.dirname(os.path.abspath(__file__))
RECORDINGS = (os.path.join(os.path.dirname(os.path.dirname(HERE)), "data", "rehearsal"), os.path.join(HERE, "recordings"))


class Rehearsal:
    """Plays the repertoire and this folder's recordings; `words` replaces marks such as @PORT@ in them. By https with a certificate: its file and its key's."""

    def __init__(self, program, folder, rate=10000, words=None, certificate=None):
        self.program, self.rate, self.port, self.process, self.certificate = program, rate, 0, None, certificate
        self.folder = os.path.join(folder, "recordings")
        for source in RECORDINGS:
            shutil.copytree(source, self.folder, dirs_exist_ok=True)
        for mark, word in (words or {}).items():
            self._replace(mark, word)
        self.start()

    def _replace(self, mark, word):
        for where, _, names in os.walk(self.folder):
            for name in names:
                path = os.path.join(where, name)
                with open(path, encoding="utf-8") as file:
                    text = file.read()
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text.replace(mark, word))

    def start(self):
        """Starts it; the second time under the port that it had."""
        argv = [self.program, "--port", str(self.port), "--folder", self.folder, "--rate", str(self.rate)]
        argv += ["--tls", *self.certificate] if self.certificate else []
        self.process = subprocess.Popen(argv, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        ready, _, _ = select.select([self.process.stdout], [], [], WAIT)
        line = self.process.stdout.readline().decode() if ready else ""
        if "127.0.0.1:" not in line:
            raise Failed(f"the rehearsal server did not start: {line}")
        self.port = int(line.rsplit(":", 1)[1])

    @property
    def base(self):
        return f"{self._root()}/v1"

    def _root(self):
        return f"http{'s' if self.certificate else ''}://127.0.0.1:{self.port}"

    def _ask(self, path, body=None):
        data = json.dumps(body).encode() if body is not None else None
        trusts = ssl.create_default_context(cafile=self.certificate[0]) if self.certificate else None
        with urllib.request.urlopen(f"{self._root()}/rehearsal/{path}", data, WAIT, context=trusts) as answer:
            return json.load(answer)

    def faults(self, *faults):
        """What goes wrong from now on, instead of what did before."""
        self._ask("faults", {"faults": list(faults)})

    def calls(self):
        """The calls so far, as its log has them."""
        return self._ask("log")["requests"]

    def stop(self):
        self.process.terminate()
        self.process.wait(WAIT)
        self.process.stdout.close()
