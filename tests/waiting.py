"""Waiting for a file or a socket without asking again and again: the kernel says when a folder gets an entry (inotify) and when a process has ended (pidfd)."""
import ctypes
import os
import select
import socket
import time

IN_CREATE, IN_MOVED_TO = 0x100, 0x80
LISTENS = 0.01  # seconds; a socket has its name a moment before it listens, and nothing tells when it does
libc = ctypes.CDLL(None, use_errno=True)


def appears(path, seconds, process=None):
    """Whether path is there, at the latest after so many seconds; at once FALSE where the process that would make it has ended."""
    watch = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    ends = [os.pidfd_open(process.pid)] if process and process.poll() is None else []
    try:
        folder = os.path.dirname(os.fspath(path))
        if watch < 0 or libc.inotify_add_watch(watch, os.fsencode(folder), IN_CREATE | IN_MOVED_TO) < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), folder)
        end = time.monotonic() + seconds
        while True:
            if os.path.lexists(path):
                return True
            ready, _, _ = select.select([watch, *ends], [], [], max(0, end - time.monotonic()))
            if watch in ready:
                os.read(watch, 65536)
            else:
                return os.path.lexists(path)
    finally:
        for descriptor in (watch, *ends):
            os.close(descriptor)


def connects(path):
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(os.fspath(path))
        return True
    except OSError:
        return False


def answers(path, seconds, process):
    """Whether this process takes connections at path, at the latest after so many seconds; at once FALSE where it has ended."""
    end = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < end:
        if connects(path):
            return True
        if not os.path.lexists(path):
            appears(path, end - time.monotonic(), process)
            continue
        ended = os.pidfd_open(process.pid)
        select.select([ended], [], [], LISTENS)
        os.close(ended)
    return False
