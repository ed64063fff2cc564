"""Programs: starting what was not granted, or giving a granted one more than the tool has. All have the program `sort`, unless they say otherwise."""

LOADER = "os.path.realpath('/lib64/ld-linux-x86-64.so.2' if os.uname().machine == 'x86_64' else '/lib/ld-linux-aarch64.so.1')"
WORKS = "out = subprocess.run(%s, capture_output=True, text=True); return out.returncode == 0 and bool(out.stdout)"

ATTACKS = [
    ("H01", "another program", WORKS % "['/usr/bin/id']", {"control": True, "run": ["sort"]}),
    ("H02", "another program of a granted folder", WORKS % "['/usr/bin/id']", {"control": True, "run": ["sort"], "path": "/usr"}),
    ("H03", "a script whose interpreter is granted", """
open(DOCS + '/s', 'w').write('#!/usr/bin/sort\\n'); os.chmod(DOCS + '/s', 0o755)
""" + WORKS % "[DOCS + '/s']", {"control": True, "run": ["sort"], "grant": "write"}),
    ("H04", "a copy of a program in a writable folder", """
shutil.copy('/usr/bin/sort', DOCS + '/s')
""" + WORKS % "[DOCS + '/s', '--version']", {"control": True, "run": ["sort"], "grant": "write"}),
    ("H05", "a copy in the scratch folder", """
name = tempfile.mkdtemp() + '/s'; shutil.copy('/usr/bin/sort', name)
""" + WORKS % "[name, '--version']", {"control": True, "run": ["sort"]}),
    ("H06", "a library of one's own by LD_PRELOAD", """
shutil.copy('/usr/lib/' + os.uname().machine + '-linux-gnu/libm.so.6', DOCS + '/s')
out = subprocess.run(['/usr/bin/sort'], env={'LD_PRELOAD': DOCS + '/s', 'LD_TRACE_LOADED_OBJECTS': '1'}, capture_output=True, text=True).stdout
return DOCS + '/s (0x' in out""", {"control": True, "run": ["sort"], "grant": "write"}),
    ("H07", "a library of one's own by LD_LIBRARY_PATH and LD_AUDIT", """
shutil.copy('/usr/lib/' + os.uname().machine + '-linux-gnu/libc.so.6', DOCS + '/libc.so.6')
out = subprocess.run(['/usr/bin/sort'], env={'LD_LIBRARY_PATH': DOCS, 'LD_TRACE_LOADED_OBJECTS': '1'}, capture_output=True, text=True).stdout
os.unlink(DOCS + '/libc.so.6')
return DOCS + '/libc.so.6 (0x' in out""", {"control": True, "run": ["sort"], "grant": "write"}),
    ("H08", "a program from memory", """
fd = call(319, b'x', 0); os.write(fd, open('/usr/bin/sort', 'rb').read())
""" + WORKS % "['/proc/self/fd/%d' % fd, '--version'], pass_fds=[fd]", {"control": True, "run": ["sort"]}),
    ("H09", "a program from an open file", """
fd = os.open(DOCS + '/s', os.O_CREAT | os.O_RDWR, 0o755); os.write(fd, open('/usr/bin/sort', 'rb').read()); os.close(fd)
fd = os.open(DOCS + '/s', os.O_RDONLY); pid = os.fork()
if pid == 0:
    os.dup2(os.open('/dev/null', os.O_WRONLY), 1)
    try: call(322, fd, b'', (ctypes.c_char_p * 3)(b's', b'--version', None), 0, 0x1000)
    except OSError: os._exit(1)
return os.waitpid(pid, 0)[1] == 0""", {"control": True, "run": ["sort"], "grant": "write"}),
    ("H10", "/proc/self/exe", WORKS % "['/proc/self/exe', '--version']", {"control": True, "run": ["sort"]}),
    ("H11", "the loader as a launcher", WORKS % f"[{LOADER}, '/usr/bin/sort', '--version']", {"control": True, "run": ["sort"]}),
    ("H12", "the loader, of a granted folder", WORKS % f"[{LOADER}, '/usr/bin/id']", {"control": True, "run": ["sort"], "path": "/usr"}),
    ("H13", "a copy of the loader", f"""
shutil.copy({LOADER}, DOCS + '/s'); os.chmod(DOCS + '/s', 0o755)
""" + WORKS % "[DOCS + '/s', '/usr/bin/sort', '--version']", {"control": True, "run": ["sort"], "grant": "write"}),
    ("H14", "the C library as a program", WORKS % "['/usr/lib/' + os.uname().machine + '-linux-gnu/libc.so.6']", {"control": True, "run": ["sort"]}),
    ("H15", "a granted program that starts another", WORKS % "['find', '/tmp', '-maxdepth', '0', '-exec', '/usr/bin/id', ';']", {"control": True, "run": ["find"]}),
    ("H16", "a granted program that reads what the tool may not", WORKS % "['cat', SECRET]", {"control": True, "run": ["cat"]}),
    ("H17", "a granted program with a network", WORKS % "['perl', '-e', 'socket(S, 2, 1, 0) and print 1']", {"control": True, "run": ["perl"]}),
    ("H18", "more programs than processes are allowed", """
n = 0
try:
    for n in range(200): subprocess.Popen(['sleep', '30'])
except OSError: pass
return n >= 64""", {"run": ["sleep"]}),
    ("H19", "a program with more memory than the tool", """
subprocess.run(['perl', '-e', '$x = "y" x (1 << 30); print length $x'], stdout=subprocess.PIPE, check=True); return True""",
     {"control": True, "run": ["perl"], "limits": {"memory_mb": 256}, "ends": ("memory", None)}),
    ("H20", "a set-uid program", WORKS % "['/usr/bin/passwd', '--help']", {"run": ["passwd"], "ends": ("grant",)}),
    ("H21", "a shell", WORKS % "['/bin/sh', '-c', 'id']", {"run": ["sh"], "ends": ("grant",)}),
]
