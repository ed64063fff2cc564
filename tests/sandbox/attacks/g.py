"""What can be learned."""

ATTACKS = [
    ("G01", "keys in the environment", "return any('KEY' in k or 'TOKEN' in k for k in os.environ)", {"control": True}),
    ("G02", "what this machine is", "return socket.gethostname() != 'sandbox' or any(os.path.exists(p) for p in ('/etc/machine-id', '/sys/class/dmi', '/proc/cmdline', '/sys/class/net', '/etc/hostname'))", {"control": True}),
    ("G03", "who has an account", "import pwd; return len(pwd.getpwall()) > 1 or pwd.getpwuid(os.getuid()).pw_name != 'user'", {"control": True}),
    ("G04", "the host's mounts", """
for p in ('/proc/self/mountinfo', '/proc/self/mounts', '/proc/mounts', '/proc/1/mountinfo', '/proc/thread-self/mountinfo'):
    try:
        if open(p).read(): return True
    except OSError: pass
return False""", {"control": True}),
    ("G05", "an earlier call's secret in memory", """
import re
for line in open('/proc/self/maps'):
    span, mode = line.split()[:2]
    a, b = (int(x, 16) for x in span.split('-'))
    if 'r' in mode and '[v' not in line and b - a < 1 << 26 and re.search(b'residue-of-[a-z]{12}', ctypes.string_at(a, b - a)): return True
return False""", {"before": lambda s: s.call_with_secret("residue-of-" + "abcdefghijkl")}),
    ("G06", "the machine's load and memory", "return any(os.path.exists(p) for p in ('/proc/meminfo', '/proc/loadavg', '/proc/stat', '/proc/uptime', '/proc/net/dev')) or allowed(99, ctypes.create_string_buffer(256))", {"control": True}),
]
