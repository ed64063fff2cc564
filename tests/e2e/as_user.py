"""Web pages and tools never run as root, so a test that is root goes on as an ordinary user: the one in IMPROMPTU_TEST_USER, which tests/run makes."""
import os
import pwd
import sys


def ordinary():
    """The password file's entry of who this test may go on as: oneself, or for root that user."""
    if os.getuid() != 0:
        return pwd.getpwuid(os.getuid())
    name = os.environ.get("IMPROMPTU_TEST_USER", "impromptu-test")
    try:
        return pwd.getpwnam(name)
    except KeyError:
        sys.exit(f"this test is root and there is no ordinary user \"{name}\"; run it through tests/run, which makes one")


def become_ordinary():
    if os.getuid() != 0:
        return
    user = ordinary()
    os.initgroups(user.pw_name, user.pw_gid)
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    os.environ.update(HOME=user.pw_dir, USER=user.pw_name, LOGNAME=user.pw_name)
    os.chdir("/")
