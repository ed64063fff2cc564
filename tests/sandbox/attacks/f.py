"""The kernel."""

CALLS = {"F06": ("bpf", 321), "F07": ("perf_event_open", 298), "F08": ("userfaultfd", 323), "F09": ("kexec_load", 246), "F10": ("init_module", 175),
         "F11": ("finit_module", 313), "F12": ("swapon", 167), "F13": ("reboot", 169), "F14": ("settimeofday", 164), "F15": ("acct", 163), "F16": ("quotactl", 179),
         "F17": ("iopl", 172), "F18": ("modify_ldt", 154), "F19": ("pivot_root", 155), "F20": ("fanotify_init", 300), "F21": ("open_by_handle_at", 304),
         "F22": ("kcmp", 312), "F23": ("memfd_secret", 447), "F24": ("migrate_pages", 256), "F25": ("vhangup", 153), "F26": ("io_uring_setup", 425)}

ATTACKS = [
    ("F01", "a user namespace by unshare", "call(272, 0x10000000); return True", {"control": True}),
    ("F02", "a user namespace by clone", "pid = call(56, 0x10000000 | 17, 0, 0, 0, 0)\nif pid == 0: os._exit(0)\nos.waitpid(pid, 0); return True", {"control": True}),
    ("F03", "clone3, whose flags no filter sees", "return allowed(435, ctypes.create_string_buffer(88), 88)"),
    ("F04", "setns", "return allowed(308, 0, 0)"),
    ("F05", "the keyring", "return allowed(250, 0, -4, 0) or allowed(248, b'user', b'x', b'y', 1, -4)", {"control": True}),
] + [(id, name, "return allowed(%d, 0, 0, 0, 0, 0)" % number) for id, (name, number) in CALLS.items()] + [
    ("F27", "calls newer than the list", "return any(allowed(n, 0, 0, 0, 0, 0) for n in range(450, 480))"),
    ("F30", "TIOCSTI", "return allowed(16, 1, 0x5412, ctypes.create_string_buffer(b'x')) or allowed(16, 0, 0x5412, ctypes.create_string_buffer(b'x'))"),
    ("F31", "TIOCSTI with high bits, TIOCLINUX", "return allowed(16, 1, 0x5412 | (1 << 32), ctypes.create_string_buffer(b'x')) or allowed(16, 1, 0x541C, ctypes.create_string_buffer(b'x'))"),
    ("F32", "the terminal", "open('/dev/tty'); return True"),
    ("F33", "the x32 ABI", "return allowed(0x40000000 + 39) if os.fork() == 0 else (os.wait(), False)[1]", {"ends": ("crashed", None)}),
    ("F34", "32-bit calls", """
import mmap
m = mmap.mmap(-1, 4096, prot=7)
m.write(b'\\xb8\\x14\\x00\\x00\\x00\\xcd\\x80\\xc3')  # getpid by int 0x80
return ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(m)))() > 0""", {"ends": ("crashed",), "control": True}),
    ("F35", "capabilities left", """
s = dict(l.split(':', 1) for l in open('/proc/self/status').read().splitlines() if ':' in l)
return any(int(s[c], 16) for c in ('CapEff', 'CapPrm', 'CapBnd', 'CapInh', 'CapAmb')) or s['NoNewPrivs'].strip() != '1' or s['Seccomp'].strip() != '2'""", {"control": True}),
    ("F36", "become root", "return allowed(105, 0) or allowed(126, ctypes.create_string_buffer(8), ctypes.create_string_buffer(b'\\xff' * 24))"),
    ("F37", "the kernel's switches", """
for p in ('/proc/sys/kernel/core_pattern', '/proc/sysrq-trigger', '/sys/kernel/uevent_helper', '/proc/sys/fs/binfmt_misc/register', '/sys/fs/cgroup/release_agent'):
    try: open(p, 'w'); return True
    except OSError: pass
return False"""),
    ("F38", "personality", "return allowed(135, 0x0040000) or allowed(135, 8)", {"control": True}),
    ("F39", "the whole chain to a fake root", "subprocess.run(['unshare', '-Urm', 'mount', '-t', 'tmpfs', 'x', '/mnt'], check=True); return True"),
    ("F40", "give up the parent's death signal", "libc.prctl(1, 0, 0, 0, 0); v = ctypes.c_int(); libc.prctl(2, ctypes.byref(v), 0, 0, 0); return v.value == 0", {"control": True}),
]
