#!/usr/bin/python3
"""Verifies what data/try does with one's own sentence: it ends in an app that shows its figures, in an answer, or in a sentence that says why not, never in a
program's own error; with a picture and, once a run was begun, a timeline."""
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from as_user import become_ordinary  # noqa: E402
import tap  # noqa: E402

PLAY_WAIT = 240  # seconds for one whole play on a loaded machine
NOT_FOR_PEOPLE = ("Traceback", "Usage:", "usage:", "xdotool", "subprocess")


class Tried:
    def __init__(self, status, said, pictures, timeline):
        self.status, self.said, self.pictures, self.timeline = status, said, pictures, timeline


def play(build, sentence):
    """Plays one sentence, in Xvfb and with the recordings, as data/try does; what it said and left."""
    with tempfile.TemporaryDirectory(prefix="impromptu-home-") as home, tempfile.TemporaryDirectory(prefix="impromptu-out-") as out:
        with open(os.path.join(home, "a-film.bin"), "wb") as film:
            film.truncate(3000000)
        env = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY") and not name.endswith("_API_KEY")}
        env.update(HOME=home, IMPROMPTU_LANE="recording", PYTHONUNBUFFERED="1")
        done = subprocess.run([sys.executable, os.path.join(HERE, "play.py"), "--build", build, "--out", out, "--rate", "10000", b"--sentence=" + sentence],
                              env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PLAY_WAIT, check=False)
        said = done.stdout.decode()
        for word in NOT_FOR_PEOPLE:
            tap.check(word not in said, f"nothing but sentences: {said[-2000:]}")
        timeline = os.path.join(out, "timeline.txt")
        text = open(timeline, encoding="utf-8").read() if os.path.exists(timeline) else None
        return Tried(done.returncode, said, sorted(name for name in os.listdir(out) if name.endswith(".png")), text)


def a_question_after_the_end_is_answered_and_the_app_is_shown(build):
    tried = play(build, b"what is eating my disk?")
    tap.equal(tried.status, 0, tried.said)
    names = [name[3:] for name in tried.pictures]
    tap.equal(names, ["prompt-bar.png", "question.png", "app.png"], "the pictures, in this order")
    tap.check("Disk Lens" in tried.said and "still waits" not in tried.said, f"its figures came: {tried.said}")
    tap.check(tried.timeline and "what is eating my disk?" in tried.timeline, "the timeline")


def blanks_around_a_sentence_do_not_count(build):
    tried = play(build, b"  a pomodoro   timer ")
    tap.equal(tried.status, 0, tried.said)
    tap.check("“Pomodoro” does" in tried.said and "app.png" in tried.pictures[-1], tried.said)


def a_line_break_is_a_blank(build):
    tried = play(build, b"how hot is\nmy processor?")
    tap.equal(tried.status, 0, tried.said)
    tap.check("your line breaks became blanks" in tried.said, f"it says so: {tried.said}")
    tap.check(tried.timeline and "how hot is my processor?" in tried.timeline, "it is asked as one line")


def refused_by_the_recordings(build, sentence):
    tried = play(build, sentence)
    tap.equal(tried.status, 1, tried.said)
    tap.check(sentence.decode() in tried.said and "no recording" in tried.said, f"it says what is not known: {tried.said}")
    tap.equal([name[3:] for name in tried.pictures], ["prompt-bar.png", "failed.png"], "there is a picture of it")
    tap.check(tried.timeline and sentence.decode() in tried.timeline, "the timeline is written all the same")


def a_sentence_may_begin_with_a_dash(build):
    refused_by_the_recordings(build, b"-x rays")
    refused_by_the_recordings(build, b"-x")


def an_unknown_sentence_ends_in_a_sentence(build):
    refused_by_the_recordings(build, "a chess board for two, ½ as wide as “größer” ☃ 中文 and ≠".encode())


def a_change_without_its_app_names_what_makes_it(build):
    tried = play(build, b"add an export for 3D printing")
    tap.equal(tried.status, 1, tried.said)
    tap.check("“a voxel wolf I can turn”" in tried.said, f"it names the sentence to ask for first: {tried.said}")


def not_begun(build, sentence, why):
    tried = play(build, sentence)
    tap.equal((tried.status, tried.pictures), (2, []), tried.said)
    tap.check(why in tried.said, f"it says why: {tried.said}")
    tap.check(len(tried.said) < 500, "and does not repeat it all")


def what_cannot_be_typed_is_refused_before_anything_starts(build):
    not_begun(build, b"a" * 70000, "70,000")
    not_begun(build, b" \n ", "asks for nothing")
    not_begun(build, b"a bell \x07", "control characters")
    not_begun(build, b"\xff\xfe", "not UTF-8")


def main():
    build = os.path.abspath(sys.argv[1])
    become_ordinary()
    return tap.run([
        a_question_after_the_end_is_answered_and_the_app_is_shown,
        blanks_around_a_sentence_do_not_count,
        a_line_break_is_a_blank,
        a_sentence_may_begin_with_a_dash,
        an_unknown_sentence_ends_in_a_sentence,
        a_change_without_its_app_names_what_makes_it,
        what_cannot_be_typed_is_refused_before_anything_starts,
    ], build)


if __name__ == "__main__":
    sys.exit(main())
