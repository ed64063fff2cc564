"""Web pages and tools never run as root, so a test that is root goes on as an ordinary user: the one in IMPROMPTU_TEST_USER, which tests/run makes."""
import os
import pwd
import sys


def become_ordinary():
    if os.getuid() != 0:
        return
    name = os.environ.get("IMPROMPTU_TEST_USER", "impromptu-test")
    try:
        user = pwd.getpwnam(name)
    except KeyError:
        sys.exit(f"this test is root and there is no ordinary user \"{name}\"; run it through tests/run, which makes one")
    os.initgroups(name, user.pw_gid)
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    os.environ.update(HOME=user.pw_dir, USER=name, LOGNAME=name)
    os.chdir("/")
