"""A disk of a test's own that can be filled to the last byte: a small tmpfs in a mount namespace that only this process and its children
see. No rights are needed beyond the user namespace that the sandbox needs too."""
import ctypes
import os

CLONE_NEWNS, CLONE_NEWUSER = 0x00020000, 0x10000000
MS_NOSUID, MS_NODEV, MNT_DETACH, PR_SET_DUMPABLE = 2, 4, 2, 4
LIBC = ctypes.CDLL(None, use_errno=True)


def _check(result, what):
    if result != 0:
        raise OSError(ctypes.get_errno(), what)


def enter_namespace():
    """Must be called before there is a second thread."""
    uid, gid = os.getuid(), os.getgid()
    _check(LIBC.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), "an open process")  # one that was root is closed, and its maps with it
    _check(LIBC.unshare(CLONE_NEWUSER | CLONE_NEWNS), "a user and mount namespace")
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        with open("/proc/self/" + name, "w", encoding="ascii") as file:
            file.write(text)


class SmallDisk:
    def __init__(self, path, megabytes):
        self.path, self.filler = path, os.path.join(path, "filler")
        os.makedirs(path)
        options = f"size={megabytes}m,mode=700".encode()
        _check(LIBC.mount(b"small", path.encode(), b"tmpfs", MS_NOSUID | MS_NODEV, options), "a small disk")

    def fill(self):
        """Not one byte more fits."""
        file = os.open(self.filler, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for size in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    os.write(file, b"\0" * size)
            except OSError:
                pass
        os.close(file)

    def free(self):
        os.unlink(self.filler)

    def remove(self):
        _check(LIBC.umount2(self.path.encode(), MNT_DETACH), "the small disk's end")
