"""Writing what was not granted, and planting things."""

ATTACKS = [
    ("B01", "a line in .bashrc", "open(HOME + '/.bashrc', 'a').write('planted'); return True", {"after": lambda s: "planted" in s.text("home/.bashrc")}),
    ("B02", "system files", """
for p in ('/usr/lib/python3.11/os.py', '/etc/passwd', '/usr/lib/x', '/var/x', '/x'):
    try: open(p, 'a').write('x'); return True
    except OSError: pass
return False"""),
    ("B03", "through a link that leaves the folder", "os.symlink(HOME + '/out.txt', DOCS + '/o'); open(DOCS + '/o', 'w').write('x'); return os.path.exists(HOME + '/out.txt')",
     {"control": True, "grant": "write", "after": lambda s: s.exists("home/out.txt")}),
    ("B04", "set-uid and set-gid bits", """
got = False
for make in (lambda p: os.chmod(p, 0o4755), lambda p: os.close(os.open(p + '2', os.O_CREAT | os.O_WRONLY, 0o6755)), lambda p: os.fchmod(os.open(p, os.O_RDONLY), 0o2755)):
    open(DOCS + '/s', 'w').close()
    try: make(DOCS + '/s')
    except OSError: pass
    got = got or any(os.path.exists(p) and os.stat(p).st_mode & 0o6000 for p in (DOCS + '/s', DOCS + '/s2'))
return got""", {"control": True, "grant": "write", "after": lambda s: any(s.exists("home/Docs/" + n) and s.mode("home/Docs/" + n) & 0o6000 for n in ("s", "s2"))}),
    ("B05", "a device node", "os.mknod(DOCS + '/n', 0o600 | stat.S_IFBLK, os.makedev(8, 0)); return True", {"grant": "write"}),
    ("B06", "a granted folder that has become a link", "return has(DOCS + '/swap/secret.txt', CANARY)",
     {"path": "DOCS/swap", "before": lambda s: s.link("home/Docs/swap", "home"), "ends": ("grant",)}),
    ("B07", "a pipe in the place of a file", "os.mkfifo(DOCS + '/p'); return False", {"grant": "write"}),
    ("B08", "fill the scratch folder", """
with open('/scratch/fill', 'wb') as f:
    for i in range(2048): f.write(b'x' * (1 << 20))
return True"""),
    ("B09", "a file of a terabyte", "f = open(DOCS + '/big', 'wb'); f.truncate(1 << 40); return True", {"grant": "write"}),
    ("B10", "a flood of files", "[open('/scratch/%d' % i, 'w').close() for i in range(200000)]; return True"),
    ("B11", "the host's /tmp", "return os.path.exists('/tmp/' + TOKEN)", {"control": True, "before": lambda s: s.in_tmp()}),
    ("B12", "mount and umount", "return allowed(165, b'x', b'/tmp', b'tmpfs', 0, 0) or allowed(166, b'/proc', 2)"),
    ("B13", "the new mount calls", "return any(allowed(n, -100, b'/', 0, 0, 0) for n in (428, 429, 430, 431, 432, 433, 442))"),
    ("B14", "chroot", "os.chroot('/tmp'); return True"),
    ("B15", "overwrite the interpreter", """
for p in ('/proc/self/exe', '/usr/lib/x86_64-linux-gnu/libpython3.11.so.1.0'):
    try: open(p, 'r+b').write(b'x'); return True
    except OSError: pass
return False"""),
    ("B16", "a git hook", """
try: open(DOCS + '/.git/hooks/pre-commit', 'w').write('x'); return True
except OSError: pass
try:
    os.rename(DOCS + '/.git', DOCS + '/.git2'); return True
except OSError: return False""", {"control": True, "grant": "write", "after": lambda s: s.exists("home/Docs/.git/hooks/pre-commit")}),
    ("B17", "a starter among the documents", "open(DOCS + '/x.desktop', 'w').write('x'); return False", {"grant": "write", "after": lambda s: s.exists("home/Docs/x.desktop")}),
    ("B18", "write with a read grant", "open(DOCS + '/w', 'w').write('x'); return True", {"control": True}),
]
