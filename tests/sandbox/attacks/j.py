"""What stands on no list: the kernel's memory and disks, odd files left behind, and tricks with one's own processes."""

REFUSED = {"ends": ("grant",)}

ATTACKS = [
    ("J01", "fill the disk of a granted folder", """
import itertools
for n in itertools.count():
    with open(DOCS + '/fill%d' % n, 'wb') as f:
        for i in range(250): f.write(b'x' * (1 << 20))""", {"grant": "write", "ends": ("data",), "limits": {"seconds": 60}, "after": lambda s: s.large() > 6 << 30}),
    ("J02", "fill it without writing", """
f = open(DOCS + '/room', 'wb')
call(285, f.fileno(), 0, 0, 200 << 20); return True""", {"grant": "write", "control": True}),
    ("J03", "the kernel's memory in socket buffers", """
a, b = socket.socketpair(); a.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
return a.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) > 400000""", {"control": True}),
    ("J04", "the kernel's memory in timers", """
t, n = ctypes.c_int(), 0
while n < 1000 and libc.syscall(222, 1, None, ctypes.byref(t)) == 0: n += 1
return n == 1000""", {"control": True}),
    ("J05", "messages and semaphores of System V", "return allowed(68, 0, 0o1600) or allowed(64, 0, 1, 0o1600)", {"control": True}),
    ("J06", "a pipe, a socket and a device left in the folder", """
got = False
for kind in (stat.S_IFIFO, stat.S_IFSOCK, stat.S_IFCHR):
    try: os.mknod(DOCS + '/o', kind | 0o666, os.makedev(1, 3)); got = True
    except OSError: pass
return got""", {"control": True, "grant": "write", "after": lambda s: s.exists("home/Docs/o")}),
    ("J07", "attributes and access lists on a granted file", """
got = False
for name, value in (('user.x', b'y'), ('system.posix_acl_access', b'\\2\\0\\0\\0\\1\\0\\6\\0\\xff\\xff\\xff\\xff\\4\\0\\4\\0\\xff\\xff\\xff\\xff\\x20\\0\\4\\0\\xff\\xff\\xff\\xff')):
    try: os.setxattr(DOCS + '/note.txt', name, value); got = True
    except OSError: pass
return got""", {"control": True, "grant": "write"}),
    ("J08", "set-uid by the newest call", "return allowed(452, -100, (DOCS + '/note.txt').encode(), 0o4755, 0)", {"grant": "write"}),
    ("J09", "its own memory, environment and importance by /proc", """
got = []
for p, m in (('/proc/self/mem', 'r+b'), ('/proc/self/environ', 'rb'), ('/proc/self/oom_score_adj', 'r+b'), ('/proc/self/coredump_filter', 'r+b'), ('/proc/self/uid_map', 'rb'),
             ('/proc/self/attr/current', 'rb'), ('/proc/self/task/%d/mem' % os.getpid(), 'r+b'), ('/proc/thread-self/cgroup', 'rb')):
    try: open(p, m, buffering=0).close(); got.append(p)
    except OSError: pass
OUT['opened'] = got
return bool(got)""", {"control": True}),
    ("J10", "stop and continue from inside, so that the clock does not run", "os.fork() == 0 or os.kill(os.getpid(), signal.SIGSTOP)\nwhile True: os.kill(os.getppid() or 1, signal.SIGSTOP)",
     {"ends": ("time",), "limits": {"seconds": 1}}),
    ("J11", "processes that are only ever born", """
for i in range(4):
    if os.fork() == 0:
        while True:
            try:
                if os.fork(): os._exit(0)
            except OSError: pass
time.sleep(0.5); return False""", {"ends": (None, "tool", "time")}),
    ("J12", "pages that are moved between processes", "r, w = os.pipe(); return allowed(278, w, ctypes.create_string_buffer(16), 0, 0) or allowed(275, r, 0, w, 0, 16, 0) or allowed(276, r, w, 16, 0)"),
    ("J13", "an answer in the place of its own", "os.write(3, __import__('struct').pack('=II', ord('U'), 2) + b'hi'); time.sleep(5); return True", {"ends": ("output",)}),
    ("J14", "half an answer, then silence", "os.write(3, __import__('struct').pack('=II', ord('R'), 100) + b'{'); time.sleep(30); return True", {"ends": ("time",), "limits": {"seconds": 1}}),
    ("J15", "a number that JSON's readers change", "OUT['n'] = 2 ** 70; return False", {"ends": ("output",)}),
    ("J16", "lone surrogates", "OUT['n'] = chr(0xd800); return False", {"ends": ("output",)}),
    ("J17", "deep nesting", "d = {}\nfor i in range(100000): d = {'a': d}\nOUT['d'] = d; return False", {"ends": ("output", "memory")}),
    ("J18", "names with a line feed, bidirectional marks and bytes that are no text", """
for n in (b'a\\nb', 'x\\u202egnp.exe'.encode(), b'\\xff\\xfe'): open(DOCS.encode() + b'/o' + n, 'w').close()
OUT['names'] = sorted(os.listdir(DOCS)); return False""", {"grant": "write"}),
    ("J19", "a disk as a device", "return True", {"grant": "device", "path": "/dev/loop0", **REFUSED}),
    ("J20", "virtual machines as a device", "return True", {"grant": "device", "path": "/dev/kvm", **REFUSED}),
    ("J21", "a terminal as a device", "return True", {"grant": "device", "path": "/dev/tty", **REFUSED}),
    ("J22", "memory as a device", "return True", {"grant": "device", "path": "/dev/mem", **REFUSED}),
    ("J23", "a device by a way around", "return True", {"grant": "device", "path": "/dev/shm/../kmsg", **REFUSED}),
    ("J24", "a folder as a device", "return True", {"grant": "device", "path": "DOCS", **REFUSED}),
    ("J25", "the microphone with nothing granted", "import impromptu; impromptu.record(0.1); return True"),
    ("J26", "file locks without end", """
import fcntl
f = open(DOCS + '/note.txt', 'r+')
for n in range(0, 10 ** 7, 2): fcntl.lockf(f, fcntl.LOCK_EX, 1, n)
return True""", {"grant": "write", "ends": ("time",), "limits": {"seconds": 2}}),
]
