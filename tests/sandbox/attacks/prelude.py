# What every attack starts with: raw system calls, and names for what is on the stage.
import ctypes, errno, json, os, resource, shutil, signal, socket, stat, subprocess, sys, tempfile, threading, time
libc = ctypes.CDLL(None, use_errno=True)


def call(number, *arguments):
    """A raw system call: its value, or an OSError."""
    ctypes.set_errno(0)
    value = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
    if value < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return value


def allowed(number, *arguments):
    """Whether the kernel even looked at it: neither forbidden nor absent."""
    try:
        call(number, *arguments)
    except OSError as error:
        return error.errno not in (errno.EPERM, errno.ENOSYS, errno.EACCES)
    return True


def has(path, text):
    with open(path, "rb") as file:
        return text.encode() in file.read(1 << 20)
