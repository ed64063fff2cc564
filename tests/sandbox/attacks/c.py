"""Other processes, and staying alive."""

ATTACKS = [
    ("C01", "see other processes", "return len([p for p in os.listdir('/proc') if p.isdigit()]) > 1", {"control": True}),
    ("C02", "signal a process of the host", "os.kill(VICTIM, 0); return True", {"control": True}),
    ("C03", "kill everything", "os.kill(-1, signal.SIGKILL); return False", {"after": lambda s: not s.victim_lives()}),
    ("C04", "ptrace", "return any(allowed(101, 16, p, 0, 0) for p in (VICTIM, 1))"),
    ("C05", "process_vm_readv", "return allowed(310, VICTIM, 0, 0, 0, 0, 0)", {"control": True}),
    ("C06", "pidfd_getfd", "return allowed(434, VICTIM, 0) or allowed(438, 3, 0, 0)", {"control": True}),
    ("C07", "renice and pin the victim", "os.setpriority(os.PRIO_PROCESS, VICTIM, 19); return True", {"control": True}),
    ("C08", "outlive the call", """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for n in range(64):
            try: os.close(n)
            except OSError: pass
        time.sleep(3); open(DOCS + '/alive', 'w').write('x'); os._exit(0)
    os._exit(0)
return False""", {"grant": "write", "after": lambda s: s.later("home/Docs/alive", 4)}),
    ("C09", "ignore SIGTERM and hang", "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: time.sleep(1)", {"ends": ("time",), "limits": {"seconds": 1}}),
    ("C10", "a busy loop, children holding stdout", "os.fork(); os.fork()\nwhile True: pass", {"ends": ("time",), "limits": {"seconds": 1}}),
    ("C11", "a fork bomb", """
n = 0
try:
    while n < 200:
        if os.fork() == 0: time.sleep(30)
        n += 1
except OSError: pass
return n >= 64"""),
    ("C12", "a thread bomb", """
n = 0
try:
    for n in range(200): threading.Thread(target=time.sleep, args=(30,), daemon=True).start()
except RuntimeError: pass
return n >= 64"""),
    ("C13", "a segmentation fault", "ctypes.string_at(0); return True", {"ends": ("crashed",)}),
    ("C14", "the C stack", "sys.setrecursionlimit(10**9)\ndef f(): return f()\nclass D:\n    def __repr__(s): return repr(s)\nrepr(D()); return True", {"ends": ("crashed", "memory", "tool")}),
    ("C15", "ending itself", "os._exit(0)", {"ends": ("crashed",)}),
    ("C15b", "abort", "os.abort()", {"ends": ("crashed",)}),
    ("C16", "set-uid helpers and programs", """
for p in ('/bin/su', '/usr/bin/sudo', '/usr/bin/id', '/bin/sh'):
    try: subprocess.run([p, '-c', 'id'], check=False); return True
    except OSError: pass
return False"""),
]
