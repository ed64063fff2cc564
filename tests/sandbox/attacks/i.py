"""The data folder: another's, too much of it, and traps for whoever looks at it from outside. All are calls of the app `mine`."""

DATA = "os.environ['IMPROMPTU_DATA']"
OTHERS = "home/.local/share/impromptu/tool-data/other/tool"
MINE = "home/.local/share/impromptu/tool-data/mine/tool"


def plant(stage):
    """Another app's data, and the same tool's of that app."""
    (stage.base / OTHERS).mkdir(parents=True, exist_ok=True)
    stage.write(OTHERS + "/kept", "canary-71c4")
    stage.own()


def is_huge(stage):
    """Whether more than the bound, and what could be written between two looks, is there."""
    return sum(path.lstat().st_blocks for path in (stage.base / MINE).rglob("*")) * 512 > 1 << 30


ATTACKS = [
    ("I01", "another app's data by its path", "return has(HOME + '/.local/share/impromptu/tool-data/other/tool/kept', CANARY)", {"control": True, "app": "mine", "before": plant}),
    ("I02", "another app's data from one's own folder", f"""
for path in ('/../../other/tool/kept', '/../other/tool/kept', '/../kept'):
    try:
        if has({DATA} + path, CANARY): return True
    except OSError: pass
return False""", {"app": "mine", "before": plant}),
    ("I03", "another app's data with the home granted", "return has(HOME + '/.local/share/impromptu/tool-data/other/tool/kept', CANARY)",
     {"control": True, "app": "mine", "before": plant, "path": "HOME"}),
    ("I04", "another app's data by a link that is planted", f"""
if not os.path.islink({DATA} + '/l'): os.symlink(HOME + '/.local/share/impromptu/tool-data/other/tool', {DATA} + '/l')
return has({DATA} + '/l/kept', CANARY)""", {"app": "mine", "before": plant, "twice": True}),
    ("I05", "start what was kept", f"""
shutil.copy('/usr/bin/sort', {DATA} + '/s'); subprocess.run([{DATA} + '/s', '--version'], check=True); return True""", {"app": "mine", "run": ["sort"]}),
    ("I06", "a large file", f"""
with open({DATA} + '/big', 'wb') as file:
    for n in range(2048): file.write(b'x' * (1 << 20))
return True""", {"app": "mine", "after": is_huge, "ends": ("data", None)}),
    ("I07", "a full folder that is filled further", f"""
open({DATA} + '/more', 'wb').write(b'x'); return True""", {"app": "mine", "after": is_huge}),
    ("I08", "a full folder that cannot be cleared any more", f"""
import glob
for name in glob.glob({DATA} + '/*'): os.unlink(name)
return len(os.listdir({DATA})) > 0""", {"app": "mine"}),
    ("I09", "many files", f"""
for n in range(200000): open({DATA} + '/%d' % n, 'w').close()
return True""", {"app": "mine", "ends": ("data",)}),
    ("I10", "links that lead the count outside", f"""
import glob
for name in glob.glob({DATA} + '/*'): os.unlink(name)
os.symlink('/', {DATA} + '/root'); os.symlink({DATA}, {DATA} + '/self'); os.mkfifo({DATA} + '/pipe')
return False""", {"app": "mine", "twice": True}),
    ("I11", "folders without end", f"""
os.chdir({DATA})
for n in range(2000): os.mkdir('d'); os.chdir('d')
time.sleep(2); return True""", {"app": "mine", "ends": ("data",)}),
]
