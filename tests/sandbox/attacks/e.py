"""The network, and others' sockets and memory."""

ATTACKS = [
    ("E01", "a service on this machine", "socket.create_connection(('127.0.0.1', PORT), 2); return True", {"control": True}),
    ("E02", "the outside", "socket.create_connection(('1.1.1.1', 443), 2); return True"),
    ("E03", "UDP out", "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', PORT)); return True", {"control": True}),
    ("E04", "names", "socket.getaddrinfo('example.com', 80); return True"),
    ("E05", "an abstract socket", "s = socket.socket(socket.AF_UNIX); s.connect('\\0' + TOKEN); return True", {"control": True}),
    ("E06", "a socket in the file system", "s = socket.socket(socket.AF_UNIX); s.connect(HOME + '/agent.sock'); return True", {"control": True}),
    ("E06b", "a socket inside a granted folder", "s = socket.socket(socket.AF_UNIX); s.connect(DOCS + '/agent.sock'); return True", {"control": True}),
    ("E07", "X11", "s = socket.socket(socket.AF_UNIX); s.connect('/tmp/.X11-unix/X0'); return True"),
    ("E08", "D-Bus", "s = socket.socket(socket.AF_UNIX); s.connect('/run/dbus/system_bus_socket'); return True"),
    ("E09", "exotic families", """
for f in range(1, 46):
    try: socket.socket(f, socket.SOCK_STREAM); return True
    except OSError: pass
    try: socket.socket(f, socket.SOCK_DGRAM); return True
    except OSError: pass
return False""", {"control": True}),
    ("E10", "raw sockets", "socket.socket(socket.AF_INET, socket.SOCK_RAW, 1); return True"),
    ("E11", "io_uring", "return allowed(425, 8, ctypes.create_string_buffer(256))"),
    ("E12", "listen", "s = socket.socket(); s.bind(('0.0.0.0', 0)); s.listen(); return True", {"control": True}),
    ("E13", "listen on an abstract socket", "s = socket.socket(socket.AF_UNIX); s.bind('\\0channel'); return True", {"control": True}),
    ("E14", "leave something for the next call", """
old = [p for p in ('/tmp/left', '/scratch/left') if os.path.exists(p)]
for p in ('/tmp/left', '/scratch/left'): open(p, 'w').write('x')
return bool(old)""", {"twice": True}),
    ("E15", "the host's shared memory", "return os.path.exists('/dev/shm/' + TOKEN)", {"control": True, "before": lambda s: s.in_shm()}),
]
