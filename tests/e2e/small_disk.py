"""A disk of a test's own that can be filled to the last byte: a small tmpfs in a mount namespace that only this process and its children
see. No rights are needed beyond the user namespace that the sandbox needs too."""
import ctypes
import os
import threading

CLONE_NEWNS, CLONE_NEWUSER = 0x00020000, 0x10000000
MS_NOSUID, MS_NODEV, MNT_DETACH, PR_SET_DUMPABLE = 2, 4, 2, 4
KEEP_FULL_S = 0.002  # how soon what somebody deleted is taken
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
        self.freed, self.keeper = threading.Event(), None
        os.makedirs(path)
        options = f"size={megabytes}m,mode=700".encode()
        _check(LIBC.mount(b"small", path.encode(), b"tmpfs", MS_NOSUID | MS_NODEV, options), "a small disk")

    def fill(self):
        """Not one byte more fits, also once somebody has deleted something, until free()."""
        file = os.open(self.filler, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._fill_up(file)
        self.freed.clear()
        self.keeper = threading.Thread(target=self._keep_full, args=(file,), daemon=True)
        self.keeper.start()

    @staticmethod
    def _fill_up(file):
        for size in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    os.write(file, b"\0" * size)
            except OSError:
                pass

    def _keep_full(self, file):
        while not self.freed.wait(KEEP_FULL_S):
            if os.fstatvfs(file).f_bavail:
                self._fill_up(file)
        os.close(file)

    def free(self):
        self.freed.set()
        self.keeper.join()
        os.unlink(self.filler)

    def remove(self):
        _check(LIBC.umount2(self.path.encode(), MNT_DETACH), "the small disk's end")
