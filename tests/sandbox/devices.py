#!/usr/bin/python3
"""devices.py SANDBOX WORKER AUDIO: verifies that a granted device is there and no other, that sound is played and recorded as it was granted with a real sound server, and that cgroups hold what
status says they hold. As an ordinary user and, where this is root, as root. TAP.

A device needs a node, which only root can make, and cgroups need a part of the hierarchy to divide: where a test cannot have these it says "unavailable", is not counted, and the table of
attacks says so as well.
"""
import json, os, pathlib, shutil, subprocess

from ground import Ground, Unavailable, main, same, test  # first: it says where the next one is
from waiting import appears

SERVES = 30  # seconds for a sound server to serve
NODE = "/dev/ttyUSB211"  # a number that no machine gives; nothing is behind it

DEVICE = """
import errno, fcntl, os, stat
def run(args):
    path, out = args['path'], {'there': sorted(os.listdir('/dev'))}
    about = os.stat(path)
    out['character'], out['number'] = stat.S_ISCHR(about.st_mode), [os.major(about.st_rdev), os.minor(about.st_rdev)]
    try:
        os.open(path, os.O_RDWR | os.O_NOCTTY)
        out['opened'] = True
    except OSError as error:
        out['opened'] = errno.errorcode[error.errno]
    for name, number in (('TIOCSTI', 0x5412), ('TIOCSETD', 0x5423), ('TIOCLINUX', 0x541c), ('TIOCCONS', 0x541d)):
        try:
            fcntl.ioctl(0, number, b'x')
            out[name] = True
        except OSError as error:
            out[name] = errno.errorcode[error.errno]
    return out
"""

SOUND = """
import impromptu, os
def run(args):
    out = {}
    for what in args['what']:
        try:
            if what == 'play':
                impromptu.play(b'\\0\\x20\\0\\xe0' * 2205, 44100, 1)
                out[what] = True
            else:
                out[what] = len(impromptu.record(0.25, 8000, 2))
        except impromptu.AudioError as error:
            out[what] = str(error)
    try:
        impromptu.play(b'abc')
    except (ValueError, impromptu.AudioError) as error:
        out['odd'] = type(error).__name__
    return out
"""

NOISE = """
import os
def run(args):
    try:
        os.write(5, bytes(range(64)))
        return {'ended': os.read(5, 1) == b''}
    except ConnectionResetError:
        return {'ended': True}
"""


class Devices(Ground):
    def __init__(self, user, *programs):
        super().__init__(user, "devices", programs, "/var/tmp")
        self.own("home")
        self.sound = None

    def environment(self, **more):
        home = str(self.base / "home")
        return super().environment(XDG_RUNTIME_DIR=home, PULSE_SERVER=f"unix:{home}/sound", **more)

    def run(self, source, manifest, *grants, **arguments):
        for name, text in (("tool.py", source), ("manifest.json", json.dumps(manifest))):
            (self.base / name).write_text(text)
        done = self.start(["run", "--manifest", str(self.base / "manifest.json"), *[part for grant in grants for part in ("--grant", grant)], "--args", json.dumps(arguments),
                           str(self.base / "tool.py")])
        return done.returncode, json.loads(done.stdout), done.stderr

    def serve_sound(self):
        if self.sound:
            return
        if not shutil.which("pulseaudio"):
            raise AssertionError("pulseaudio is not installed (data/packages)")
        socket = self.base / "home/sound"
        self.sound = subprocess.Popen(["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "-L", f"module-native-protocol-unix socket={socket} auth-anonymous=1", "-L",
                                       "module-null-sink sink_name=out"], env={**self.environment(), "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nonexistent"}, stdout=subprocess.DEVNULL,
                                      stderr=subprocess.DEVNULL, **self.who())
        if not appears(socket, SERVES):
            raise AssertionError("the sound server does not serve")

    def close(self):
        if self.sound:
            self.sound.kill()
            self.sound.wait()
        super().close()


@test
def a_device(ground):
    """What is behind the node has no driver here, so that the kernel's ENXIO says that it was asked: the sandbox let it through."""
    if os.geteuid() != 0:
        raise Unavailable("only root can make a device's node")
    os.mknod(NODE, 0o600 | 0o020000, os.makedev(188, 211))
    os.chown(NODE, ground.user, ground.user)
    try:
        status, answer, _ = ground.run(DEVICE, {"device": [NODE]}, f"device={NODE}", path=NODE)
        same((status, answer), (0, {"there": ["fd", "full", "null", "random", "shm", os.path.basename(NODE), "urandom", "zero"], "character": True, "number": [188, 211], "opened": "ENXIO",
                                    "TIOCSTI": "EPERM", "TIOCSETD": "EPERM", "TIOCLINUX": "EPERM", "TIOCCONS": "EPERM"}))
        status, answer, _ = ground.run(DEVICE, {"device": [NODE]}, path=NODE)
        same((status, answer["error"]["kind"]), (2, "grant"))
        same(ground.run(DEVICE, {}, f"device={NODE}", path=NODE)[0], 1)
        link = ground.base / "home/link"
        os.symlink(NODE, link)
        same(ground.run(DEVICE, {"device": [str(link)]}, f"device={link}", path=str(link))[0], 2)
    finally:
        os.unlink(NODE)


@test
def devices_that_nobody_can_grant(ground):
    for path in ("/dev/null", "/dev/tty", "/dev/kmsg", "/dev/mem", "/dev/kvm", "/dev/loop0", "/dev/ptmx", "/dev/fuse", "/dev/pts/0", "/dev/input/event0", "/dev/uinput", "/dev", "/dev/../etc", "/etc/hostname",
                 "video0", "~/x", ""):
        status, answer, _ = ground.run(DEVICE, {"device": [path]}, f"device={path}", path=path)
        if (status, answer["error"]["kind"]) != (2, "grant"):
            raise AssertionError(f"{path}: {answer}")


@test
def sound(ground):
    ground.serve_sound()
    both = {"what": ["play", "record"]}
    same(ground.run(SOUND, {"audio": ["play", "record"]}, "audio=play", "audio=record", **both)[:2], (0, {"play": True, "record": 8000, "odd": "ValueError"}))
    status, answer, _ = ground.run(SOUND, {"audio": ["play"]}, "audio=play", **both)
    same((status, answer["play"]), (0, True))
    assert "may not listen" in answer["record"], answer
    status, answer, _ = ground.run(SOUND, {"audio": ["record"]}, "audio=record", **both)
    same((status, answer["record"]), (0, 8000))
    assert "may not play" in answer["play"], answer


@test
def no_sound(ground):
    status, answer, _ = ground.run(SOUND, {}, what=["play"])
    assert "nobody has agreed" in answer["play"], answer
    same(ground.run(SOUND, {"audio": ["play"]}, what=["play"])[0], 2)
    same(ground.run(SOUND, {"audio": ["mix"]}, "audio=mix", what=[])[0], 2)
    same(ground.run(NOISE, {"audio": ["play"]}, "audio=play")[:2], (0, {"ended": True}))
    if ground.sound:
        ground.sound.kill()
        ground.sound.wait()
        ground.sound = None
        os.unlink(ground.base / "home/sound")
    status, answer, _ = ground.run(SOUND, {"audio": ["play"]}, "audio=play", what=["play"])
    assert "no sound server" in answer["play"], answer


BOMB = """
import os, time
def run(args):
    for i in range(6):
        if os.fork() == 0:
            held = bytearray(os.urandom(1 << 20)) * 200
            time.sleep(30)
    time.sleep(20)
    return {}
"""


@test
def what_holds_is_what_is_said(ground):
    """With and without cgroups a call that takes too much is ended for its memory, and its group is gone."""
    line = next(line for line in ground.start(["status"]).stdout.splitlines() if line.startswith("memory: "))
    assert line.startswith(("memory: the kernel: cgroup v2 in ", "memory: a watchdog over ")), line
    status, answer, _ = ground.run(BOMB, {"limits": {"memory_mb": 300, "processes": 8}})
    same((status, answer["error"]["kind"]), (1, "memory"))


@test
def cgroups(ground):
    """In a group of the test's own that is divided for it, where this system has one to give."""
    top = pathlib.Path("/sys/fs/cgroup/unified") if os.path.exists("/sys/fs/cgroup/unified") else pathlib.Path("/sys/fs/cgroup")
    if os.geteuid() != 0 or not {"memory", "pids"} <= set((top / "cgroup.controllers").read_text().split() if (top / "cgroup.controllers").exists() else []):
        raise Unavailable("this system has no cgroup v2 with the controllers memory and pids that a test could divide")
    own = top / f"impromptu-test-{os.getpid()}"
    (top / "cgroup.subtree_control").write_text("+memory +pids")
    own.mkdir()
    try:
        for path in (own, own / "cgroup.procs", own / "cgroup.subtree_control"):
            os.chown(path, ground.user, ground.user)
        def inside(arguments):
            return subprocess.run(["/bin/sh", "-c", f'echo $$ > {own}/cgroup.procs; exec setpriv --reuid={ground.user} --regid={ground.user} --clear-groups "$@"', "sh",
                                   ground.sandbox, *arguments], env=ground.environment(), capture_output=True, text=True, timeout=90)
        line = next(line for line in inside(["status"]).stdout.splitlines() if line.startswith("memory: "))
        assert line.startswith(f"memory: the kernel: cgroup v2 in {own}"), line
        (ground.base / "tool.py").write_text(BOMB)
        (ground.base / "manifest.json").write_text('{"limits": {"memory_mb": 300}}')
        done = inside(["run", "--manifest", str(ground.base / "manifest.json"), str(ground.base / "tool.py")])
        same(json.loads(done.stdout)["error"]["kind"], "memory")
    finally:
        (own / "cgroup.kill").write_text("1")
        for folder in sorted(own.rglob("*/"), reverse=True):
            folder.rmdir()
        own.rmdir()


main(Devices)
