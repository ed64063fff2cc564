/* Pure geometry: no X, no state. Boxes are in root coordinates and hold the inside of a border of width 0. */
#pragma once

#include <glib.h>

/* X carries positions and sizes in 16 bits; these leave room for frames and grips around the largest client. */
#define GEOMETRY_SIZE_MAX 32000
#define GEOMETRY_POS_MAX 16000

typedef struct {
        int x, y, w, h;
} Box;

typedef struct {
        int left, right, top, bottom;
} Extents;

/* Numbers as in X.h, so that a client's gravity needs no translation. */
typedef enum {
        GRAVITY_NORTH_WEST = 1,
        GRAVITY_NORTH,
        GRAVITY_NORTH_EAST,
        GRAVITY_WEST,
        GRAVITY_CENTRE,
        GRAVITY_EAST,
        GRAVITY_SOUTH_WEST,
        GRAVITY_SOUTH,
        GRAVITY_SOUTH_EAST,
        GRAVITY_STATIC,
} Gravity;

/* The part of a work area that a window fills. */
typedef enum {
        TILE_NONE,
        TILE_LEFT,
        TILE_RIGHT,
        TILE_TOP_LEFT,
        TILE_TOP_RIGHT,
        TILE_BOTTOM_LEFT,
        TILE_BOTTOM_RIGHT,
        N_TILES,
} Tile;

typedef struct {
        int min_w, min_h, max_w, max_h, base_w, base_h, inc_w, inc_h;
        double min_aspect, max_aspect; /* width / height; 0: free */
        Gravity gravity;
        gboolean has_base; /* said, not taken from the minimum: only then the aspect is without it */
        gboolean user_position, program_position;
} SizeHints;

/* What a panel keeps free: a depth on each side of the screen, and from where to where along that side. */
typedef struct {
        long left, right, top, bottom;
        long left_from, left_to, right_from, right_to, top_from, top_to, bottom_from, bottom_to;
} Strut;

typedef enum {
        EDGE_NONE = 0,
        EDGE_LEFT = 1,
        EDGE_RIGHT = 2,
        EDGE_TOP = 4,
        EDGE_BOTTOM = 8,
} Edge;

/* Whether all of box lies in area. */
gboolean box_within(Box area, Box box);
/* Moved by as little as puts it into area; one that is larger lies at its left and its top. */
Box box_keep_inside(Box area, Box box);
gboolean box_equal(Box a, Box b);
gboolean box_contains(Box box, int x, int y);
/* Pixels that both cover. */
gint64 box_overlap(Box a, Box b);
Box box_outset(Box box, Extents by);
Box box_inset(Box box, Extents by);
/* Into what X can carry; width and height at least 1. */
Box box_sane(Box box);
Box box_centred(Box around, int w, int h);

/* Makes any hints usable: no size below 1, no maximum below the minimum, no increment below 1, aspects only if they can be held. */
void size_hints_sane(SizeHints *hints);
/* The size nearest below *w, *h that the hints allow. */
void size_hints_apply(const SizeHints *hints, int *w, int *h);

/* Where the client goes when a frame is put around want, whose outer border is border wide, so that the gravity's reference point stays. */
Box gravity_into_frame(Gravity gravity, Box want, int border, Extents frame);
/* The reverse: the position of the outer corner of a client with that border, once its frame is gone. */
Box gravity_out_of_frame(Gravity gravity, Box client, int border, Extents frame);
/* The client at a new size, with the gravity's reference point of its frame kept. */
Box gravity_resize(Gravity gravity, Box client, int w, int h);

/* area without the struts that reach into it; a strut that would leave less than half of a side of area counts as a lie and is ignored. */
Box strut_work_area(Box area, Box screen, const Strut *struts, gsize n);

/* The nearest place of a frame at which its title bar, title high, can be gripped within the work area. */
Box box_reachable(Box frame, Box work, int title);
/* The monitor that shows most of box, else the nearest; n is at least 1. */
gsize box_monitor(Box box, const Box *monitors, gsize n);
/* The client after dragging edges by dx, dy from start. */
Box box_drag_edges(Box start, unsigned edges, int dx, int dy, const SizeHints *hints);
/* Which edges a press at x, y grips on or around a frame; corner is how far corners go along a side. */
unsigned box_edges_at(Box frame, int x, int y, int corner);
