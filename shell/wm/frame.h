/* Title bars, borders and progress lines. */
#pragma once

#include "wm.h"

unsigned long frame_ground_pixel(Wm *wm);
/* To be drawn with the next flush. */
void frame_dirty(Wm *wm, Client *c);
void frame_draw(Wm *wm, Client *c);
void frame_draw_progress(Wm *wm, Client *c);
/* The progress line is made, moved or taken away as its evidence says. */
void frame_place_progress(Wm *wm, Client *c);
/* What lies at a place of the frame, in its own coordinates. */
FramePart frame_part_at(Wm *wm, const Client *c, int x, int y);
/* The pointer is over that part, or has pressed it. */
void frame_hover(Wm *wm, Client *c, FramePart part);
void frame_press(Wm *wm, Client *c, FramePart part);
