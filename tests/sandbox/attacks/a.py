"""Reading what was not granted."""

ATTACKS = [
    ("A01", "read a secret by its path", "return has(SECRET, CANARY)", {"control": True}),
    ("A02", "list the home folder", "return any(n not in ('Docs',) for n in os.listdir(HOME))", {"control": True}),
    ("A03", "stat a file of the host", "os.stat(SECRET); return True", {"control": True}),
    ("A04", "read /etc/shadow", "return bool(open('/etc/shadow').read())"),
    ("A05", "dot-dot out of the granted folder", "return has(DOCS + '/../secret.txt', CANARY)", {"control": True}),
    ("A06", "a new link to a secret", "os.symlink(SECRET, DOCS + '/l'); return has(DOCS + '/l', CANARY)", {"control": True, "grant": "write"}),
    ("A07", "a link that was planted in the folder", "return has(DOCS + '/planted', CANARY)", {"control": True}),
    ("A08", "a hard link to a secret", "os.link(SECRET, DOCS + '/h'); return has(DOCS + '/h', CANARY)", {"control": True, "grant": "write"}),
    ("A09", "through /proc/*/root and cwd", """
for p in ('self', '1', str(os.getppid())):
    for w in ('root', 'cwd'):
        try:
            if has('/proc/%s/%s%s' % (p, w, SECRET), CANARY): return True
        except OSError: pass
return False""", {"control": True}),
    ("A10", "inherited descriptors", "return any(not (os.readlink('/proc/self/fd/%d' % n).startswith(('pipe:', 'socket:', '/dev/null'))) for n in range(3, 64) if os.path.lexists('/proc/self/fd/%d' % n))"),
    ("A11", "an inherited folder and ..", """
for n in range(0, 64):
    try:
        fd = os.open('..', os.O_RDONLY, dir_fd=n)
        if os.listdir(fd): return True
    except OSError: pass
return False"""),
    ("A12", "more descriptors than the result channel", "return len([n for n in range(0, 64) if os.path.lexists('/proc/self/fd/%d' % n)]) > 4"),
    ("A13", "open_by_handle_at", "return allowed(304, -100, ctypes.create_string_buffer(64), 0)"),
    ("A14", "memory and disks", "return any(os.path.exists(p) for p in ('/dev/mem', '/dev/kmem', '/proc/kcore', '/dev/vda', '/dev/sda', '/dev/kmsg'))"),
    ("A15", "kernel addresses and its log", """
if allowed(103, 3, ctypes.create_string_buffer(64), 64): return True
return os.path.exists('/proc/kallsyms')"""),
    ("A16", "environments of other processes", """
for p in os.listdir('/proc'):
    if p.isdigit():
        try:
            if b'VICTIM_TOKEN' in open('/proc/%s/environ' % p, 'rb').read(): return True
        except OSError: pass
return False""", {"control": True}),
    ("A17", "Impromptu's own data", "return bool(os.listdir(HOME + '/.local/share/impromptu'))", {"control": True}),
    ("A18", "keys inside a granted home", "return bool(os.listdir(HOME + '/.ssh')) or has(HOME + '/.bash_history', CANARY)", {"control": True, "path": "HOME"}),
    ("A19", "file contents with a list grant", "os.stat(DOCS + '/note.txt').st_size == 5 or 1/0; return has(DOCS + '/note.txt', 'hello')", {"control": True, "grant": "list"}),
    ("A20", "keys that a shell start-up file exports, inside a granted home", "return has(HOME + '/.bashrc', CANARY)", {"control": True, "path": "HOME"}),
]
