#!/usr/bin/python3
"""A GTK 3 window that draws its own title bar, with a menu in it and a modal dialog, which does what its input says and tells what GTK
believes of it."""
import sys

import gi
gi.require_version("Gtk", "3.0")
from gi.repository import GLib, Gtk  # noqa: E402


class Main(Gtk.Window):
    def __init__(self):
        super().__init__(title="GTK main")
        self.set_default_size(400, 300)
        bar = Gtk.HeaderBar(show_close_button=True, title="GTK main")
        self.button = Gtk.MenuButton(label="Things", use_popover=False)
        menu = Gtk.Menu()
        item = Gtk.MenuItem(label="One")
        item.connect("activate", lambda _: self.set_title("GTK one"))
        menu.append(item)
        menu.show_all()
        self.button.set_popup(menu)
        bar.pack_start(self.button)
        self.set_titlebar(bar)
        self.entry = Gtk.Entry()
        self.add(self.entry)
        self.connect("destroy", Gtk.main_quit)
        self.acts = {"show": self.show_all, "maximise": self.maximize, "full": self.fullscreen, "restore": self.restore, "dialog": self.ask}
        GLib.io_add_watch(sys.stdin.fileno(), GLib.IO_IN, self.hear)

    def restore(self):
        self.unfullscreen()
        self.unmaximize()

    def ask(self):
        dialog = Gtk.MessageDialog(transient_for=self, modal=True, text="Sure?", buttons=Gtk.ButtonsType.OK, title="GTK dialog")
        dialog.connect("response", lambda *_: dialog.destroy())
        dialog.show_all()

    def hear(self, *_):
        word = sys.stdin.readline().strip()
        self.acts.get(word, lambda: None)()
        state = self.get_window().get_state() if self.get_window() else 0
        names = [name for name in ("fullscreen", "maximized", "focused") if state and state & getattr(type(state), name.upper())]
        print(*names, flush=True)
        return True


Main()
Gtk.main()
