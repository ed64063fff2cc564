#!/usr/bin/python3
"""A Qt 5 window with a menu, and a second one that has no frame and is carried by itself, which do what their input says and tell what Qt
believes of the first."""
import sys

from PyQt5.QtCore import QSocketNotifier, Qt
from PyQt5.QtWidgets import QApplication, QDialog, QLabel, QMainWindow


class Bare(QLabel):
    """Carried by a press anywhere in it."""

    def __init__(self):
        super().__init__("Carry me")
        self.setWindowTitle("Qt bare")
        self.setWindowFlag(Qt.FramelessWindowHint)
        self.setGeometry(200, 200, 300, 150)

    def mousePressEvent(self, event):
        self.windowHandle().startSystemMove()


class Main(QMainWindow):
    def __init__(self):
        super().__init__()
        self.setWindowTitle("Qt main")
        self.setGeometry(100, 80, 400, 300)
        menu = self.menuBar().addMenu("Things")
        menu.addAction("One").triggered.connect(lambda: self.setWindowTitle("Qt one"))
        self.bare, self.dialog = Bare(), QDialog(self)
        self.dialog.setWindowTitle("Qt dialog")
        self.dialog.setModal(True)
        self.acts = {"show": self.show, "maximise": self.showMaximized, "full": self.showFullScreen, "restore": self.showNormal,
                     "minimise": self.showMinimized, "dialog": self.dialog.open, "bare": self.bare.show}
        self.input = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Read)
        self.input.activated.connect(self.hear)

    def hear(self):
        word = sys.stdin.readline().strip()
        self.acts.get(word, lambda: None)()
        inside, outside = self.geometry(), self.frameGeometry()
        kind = "full" if self.isFullScreen() else "maximised" if self.isMaximized() else "minimised" if self.isMinimized() else "plain"
        print(kind, "active" if self.isActiveWindow() else "idle",
              ",".join(map(str, inside.getRect())), ",".join(map(str, outside.getRect())), flush=True)


application = QApplication(sys.argv[:1])
main = Main()
application.setQuitOnLastWindowClosed(True)
sys.exit(application.exec_())
