#!/usr/bin/python3
"""An SDL 2 window that goes full-screen and back with each line of its input, and tells its size. By pygame's own window, not by a new mode, which it would place
by a frame that it no longer knows."""
import sys

import pygame
from pygame._sdl2.video import Window

pygame.display.init()
window = Window("SDL", size=(320, 240))
word = "window\n"
while word:
    if word == "full\n":
        window.set_fullscreen(True)
    else:
        window.set_windowed()
    pygame.event.pump()
    print(*window.size, flush=True)
    word = sys.stdin.readline()
