"""Using more than a share."""

SMALL = {"limits": {"memory_mb": 256, "seconds": 10}}

ATTACKS = [
    ("D01", "3 GiB in one process", "b = []\nfor i in range(3072): b.append(bytearray(1 << 20))\nreturn True", {"ends": ("memory",), **SMALL}),
    ("D02", "6 times 128 MiB", """
for i in range(6):
    if os.fork() == 0:
        b = bytearray(os.urandom(1 << 20)) * 128; time.sleep(30); os._exit(0)
time.sleep(5); return True""", {"ends": ("memory",), **SMALL}),
    ("D03", "memfd", "fd = call(319, b'x', 0); os.ftruncate(fd, 1 << 30); return True"),
    ("D04", "shared memory folders", "f = open('/dev/shm/x', 'wb'); f.write(b'x' * (1 << 28)); return True"),
    ("D05", "System V memory", "call(29, 0, 512 << 20, 0o1600); return True", {"control": True}),
    ("D06", "descriptors", "f = [open('/dev/null') for i in range(200)]; return True", {"control": True}),
    ("D07", "socket buffers", "s = [socket.socketpair() for i in range(100)]; return True", {"control": True}),
    ("D08", "300 MiB of stdout", "[sys.stdout.write('x' * (1 << 20)) for i in range(300)]; return False", {"log_max": 80000}),
    ("D09", "300 MiB of stderr", "[sys.stderr.write('x' * (1 << 20)) for i in range(300)]; return False", {"log_max": 80000}),
    ("D10", "a core dump", "return resource.getrlimit(resource.RLIMIT_CORE)[1] != 0"),
    ("D11", "lock 256 MiB", "import mmap; m = mmap.mmap(-1, 256 << 20); return libc.mlock(ctypes.c_void_p(ctypes.addressof(ctypes.c_char.from_buffer(m))), ctypes.c_size_t(256 << 20)) == 0"),
    ("D12", "a result of 50 MB", "OUT['x'] = 'x' * 50_000_000; return False", {"ends": ("output",)}),
    ("D13", "raise the limits again", "resource.setrlimit(resource.RLIMIT_NPROC, (1000, 1000)); return True"),
]
