"""A desktop beside a rehearsal server of its own, so that a test can ask it what it was asked for, and the main of test programs that look
at one."""
import argparse
import contextlib
import os
import tempfile

from as_user import become_ordinary
from desktop import Desktop
from rehearsal import Rehearsal
import tap


@contextlib.contextmanager
def stage(build, pictures=None, words=None, env=None, **options):
    """The desktop, not yet started, with a home that ends with it, and the rehearsal. pictures: where those go, or nowhere that lasts."""
    with tempfile.TemporaryDirectory(prefix="impromptu-home-") as home, tempfile.TemporaryDirectory(prefix="impromptu-out-") as out:
        rehearsal = Rehearsal(os.path.join(build, "agent/rehearsal/impromptu-rehearsal"), out, words=words)
        try:
            settled = {"IMPROMPTU_LANE": "recording", "IMPROMPTU_REHEARSAL_URL": rehearsal.base, **(env or {})}
            with Desktop(build, pictures or out, home=home, env=settled, **options) as desktop:
                yield desktop, rehearsal
        finally:
            rehearsal.stop()


class Test:
    """What each test of a program gets: the desktop, its rehearsal, and a picture of each stage where --pictures asks for them."""
    name = ""  # that pictures begin with

    def __init__(self, desktop, rehearsal, pictures):
        self.d, self.rehearsal, self.pictures, self.shots = desktop, rehearsal, pictures, 0

    def prepare(self):
        """Before the desktop starts."""

    def picture(self, name):
        if self.pictures:
            self.shots += 1
            self.d.picture(f"{self.name}-{self.shots}-{name}")


def main(tests, kind):
    """Runs a program's tests on a desktop where nothing slides. kind: its Test. Returns the exit status."""
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--pictures")
    options = parser.parse_args()
    become_ordinary()
    with stage(options.build, options.pictures, still=True) as (desktop, rehearsal):
        test = kind(desktop, rehearsal, options.pictures)
        test.prepare()
        desktop.start()
        return tap.run(tests, test)
