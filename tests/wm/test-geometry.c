/* Verifies the pure geometry, where it can be done by walking through every case. */
#include <glib.h>

#include "geometry.h"
#include "place.h"

static const Extents no_frame = { 0 }, frame = { 1, 1, 33, 1 };

static SizeHints hints_of(SizeHints hints)
{
        size_hints_sane(&hints);
        return hints;
}

/* Any numbers a client may give, the extremes among them: the result is usable and applying it settles. */
static void test_hints_any(void)
{
        static const int values[] = { G_MININT, -1, 0, 1, 2, 7, 100, 32767, 65535, G_MAXINT };
        const gsize n = G_N_ELEMENTS(values);

        for (gsize min = 0; min < n; min++)
                for (gsize max = 0; max < n; max++)
                        for (gsize base = 0; base < n; base++)
                                for (gsize inc = 0; inc < n; inc++) {
                                        SizeHints h = hints_of((SizeHints){ .min_w = values[min], .min_h = values[min],
                                                                            .max_w = values[max], .max_h = values[max],
                                                                            .base_w = values[base], .base_h = values[base],
                                                                            .inc_w = values[inc], .inc_h = values[inc] });
                                        for (gsize size = 0; size < n; size++) {
                                                int w = values[size], h2 = values[size];
                                                size_hints_apply(&h, &w, &h2);
                                                g_assert_cmpint(w, >=, h.min_w);
                                                g_assert_cmpint(w, <=, h.max_w);
                                                g_assert_cmpint(w, >=, 1);
                                                g_assert_cmpint(w, ==, h2);
                                                int again = w, again_h = h2;
                                                size_hints_apply(&h, &again, &again_h);
                                                g_assert_cmpint(again, ==, w);
                                        }
                                }
}

static void test_hints_increments(void)
{
        SizeHints h = hints_of((SizeHints){ .min_w = 10, .min_h = 10, .base_w = 4, .base_h = 4, .inc_w = 6, .inc_h = 13 });

        for (int size = 10; size < 500; size++) {
                int w = size, height = size;
                size_hints_apply(&h, &w, &height);
                g_assert_cmpint((w - 4) % 6, ==, 0);
                g_assert_cmpint((height - 4) % 13, ==, 0);
                g_assert_cmpint(w, <=, MAX(size, 10));
                g_assert_cmpint(size - w, <, 6);
        }
}

static void test_hints_aspect(void)
{
        SizeHints h = hints_of((SizeHints){ .min_aspect = 4.0 / 3, .max_aspect = 16.0 / 9 });

        for (int w0 = 40; w0 < 1200; w0 += 37)
                for (int h0 = 40; h0 < 1200; h0 += 41) {
                        int w = w0, height = h0;
                        size_hints_apply(&h, &w, &height);
                        g_assert_cmpfloat((double)w / height, <, 16.0 / 9 + 0.05);
                        g_assert_cmpfloat((double)w / height, >, 4.0 / 3 - 0.05);
                        g_assert_cmpint(w, <=, w0);
                        g_assert_cmpint(height, <=, h0);
                }
        h = hints_of((SizeHints){ .min_aspect = 2, .max_aspect = 1 });
        g_assert_cmpfloat(h.min_aspect, ==, 0);
        h = hints_of((SizeHints){ .min_aspect = -0.0 / 1, .max_aspect = 1e300 });
        g_assert_cmpfloat(h.max_aspect, ==, 0);
}

/* The reference point of each gravity is where it was, and taking the frame off again leads back. */
static void test_gravity(void)
{
        for (Gravity g = GRAVITY_NORTH_WEST; g <= GRAVITY_STATIC; g++)
                for (int border = 0; border <= 5; border++)
                        for (int x = -50; x <= 50; x += 25) {
                                Box want = { x, 70, 301, 203 };
                                Box client = gravity_into_frame(g, want, border, frame), outer = box_outset(client, frame);
                                int column = (g - 1) % 3, row = (g - 1) / 3;
                                if (g == GRAVITY_STATIC) {
                                        g_assert_cmpint(client.x, ==, want.x + border);
                                        g_assert_cmpint(client.y, ==, want.y + border);
                                } else {
                                        int before_x = 2 * want.x + (want.w + 2 * border) * column,
                                                after_x = 2 * outer.x + outer.w * column;
                                        int before_y = 2 * want.y + (want.h + 2 * border) * row, after_y = 2 * outer.y + outer.h * row;
                                        g_assert_cmpint(ABS(before_x - after_x), <=, 1);
                                        g_assert_cmpint(ABS(before_y - after_y), <=, 1);
                                }
                                Box back = gravity_out_of_frame(g, client, border, frame);
                                g_assert_true(box_equal(back, want));
                                g_assert_true(box_equal(gravity_into_frame(g, back, border, frame), client));
                        }
}

static void test_gravity_resize(void)
{
        Box box = { 100, 100, 200, 100 };

        g_assert_true(box_equal(gravity_resize(GRAVITY_NORTH_WEST, box, 300, 150), (Box){ 100, 100, 300, 150 }));
        g_assert_true(box_equal(gravity_resize(GRAVITY_SOUTH_EAST, box, 300, 150), (Box){ 0, 50, 300, 150 }));
        g_assert_true(box_equal(gravity_resize(GRAVITY_CENTRE, box, 300, 150), (Box){ 50, 75, 300, 150 }));
        g_assert_true(box_equal(gravity_resize(GRAVITY_STATIC, box, 300, 150), (Box){ 100, 100, 300, 150 }));
}

static void test_struts(void)
{
        Box screen = { 0, 0, 1280, 800 };
        Strut panel = { .bottom = 36, .bottom_from = 0, .bottom_to = 1279 };
        Strut lies[] = { { .left = G_MAXLONG, .right = G_MAXLONG }, { .top = 800 }, { .bottom = -5 }, { .left = 1280 } };

        g_assert_true(box_equal(strut_work_area(screen, screen, &panel, 1), (Box){ 0, 0, 1280, 764 }));
        g_assert_true(box_equal(strut_work_area(screen, screen, lies + 1, G_N_ELEMENTS(lies) - 1), screen));
        /* A strut of another monitor's part of the edge. */
        Box left = { 0, 0, 640, 800 }, right = { 640, 0, 640, 800 };
        Strut half = { .top = 30, .top_from = 640, .top_to = 1279 };
        g_assert_true(box_equal(strut_work_area(left, screen, &half, 1), left));
        g_assert_true(box_equal(strut_work_area(right, screen, &half, 1), (Box){ 640, 30, 640, 770 }));
        for (long depth = -100; depth < 3000; depth += 7) {
                Strut any = { depth, depth, depth, depth, 0, 0, 0, 0, 0, 0, 0, 0 };
                Box area = strut_work_area(screen, screen, &any, 1);
                g_assert_cmpint(area.w, >=, 1);
                g_assert_cmpint(area.h, >=, 1);
                g_assert_cmpint(area.x, >=, 0);
                g_assert_cmpint(area.x + area.w, <=, 1280);
        }
}

static gboolean can_grip(Box box, Box work, int title)
{
        Box bar = { box.x, box.y, box.w, title };

        return box.y >= work.y && box_overlap(bar, work) >= (gint64)MIN(MIN(64, box.w), work.w) * MIN(title, work.h);
}

static void test_reachable(void)
{
        Box work = { 10, 20, 1260, 744 };

        for (int x = -4000; x <= 4000; x += 131)
                for (int y = -4000; y <= 4000; y += 127)
                        for (int w = 1; w < 5000; w = w * 3 + 1) {
                                Box box = box_reachable((Box){ x, y, w, w }, work, 33);
                                g_assert_true(can_grip(box, work, 33));
                                g_assert_true(box_equal(box_reachable(box, work, 33), box));
                        }
}

static void test_monitors(void)
{
        Box monitors[] = { { 0, 0, 1280, 800 }, { 1280, 0, 1920, 1080 }, { 0, 800, 800, 600 } };

        g_assert_cmpuint(box_monitor((Box){ 1200, 10, 400, 100 }, monitors, 3), ==, 1);
        g_assert_cmpuint(box_monitor((Box){ 1000, 10, 400, 100 }, monitors, 3), ==, 0);
        g_assert_cmpuint(box_monitor((Box){ 10, 5000, 400, 100 }, monitors, 3), ==, 2);
        g_assert_cmpuint(box_monitor((Box){ -9000, -9000, 4, 4 }, monitors, 3), ==, 0);
        for (int x = -3000; x < 6000; x += 97)
                for (int y = -3000; y < 6000; y += 97)
                        g_assert_cmpuint(box_monitor((Box){ x, y, 50, 50 }, monitors, 3), <, 3);
}

/* Whatever edge is dragged however far, the opposite one stays. */
static void test_drag(void)
{
        Box start = { 100, 100, 400, 300 };
        SizeHints h = hints_of((SizeHints){ .min_w = 50, .min_h = 40, .inc_w = 7, .inc_h = 5 });

        for (unsigned edges = 0; edges < 16; edges++)
                for (int d = -2000; d <= 2000; d += 53) {
                        Box box = box_drag_edges(start, edges, d, -d, &h);
                        g_assert_cmpint(box.w, >=, 50);
                        g_assert_cmpint(box.h, >=, 40);
                        if (edges & EDGE_LEFT && !(edges & EDGE_RIGHT))
                                g_assert_cmpint(box.x + box.w, ==, 500);
                        else if (!(edges & EDGE_LEFT))
                                g_assert_cmpint(box.x, ==, 100);
                        if (edges & EDGE_TOP && !(edges & EDGE_BOTTOM))
                                g_assert_cmpint(box.y + box.h, ==, 400);
                        else if (!(edges & EDGE_TOP))
                                g_assert_cmpint(box.y, ==, 100);
                }
}

static void test_edges(void)
{
        Box box = { 0, 0, 300, 200 };

        g_assert_cmpuint(box_edges_at(box, -5, 100, 24), ==, EDGE_LEFT);
        g_assert_cmpuint(box_edges_at(box, -5, 3, 24), ==, (EDGE_LEFT | EDGE_TOP));
        g_assert_cmpuint(box_edges_at(box, 305, 205, 24), ==, (EDGE_RIGHT | EDGE_BOTTOM));
        g_assert_cmpuint(box_edges_at(box, 150, 203, 24), ==, EDGE_BOTTOM);
        /* On a tiny frame every side can still be had. */
        Box tiny = { 0, 0, 9, 9 };
        g_assert_cmpuint(box_edges_at(tiny, 4, -3, 24), ==, EDGE_TOP);
        g_assert_cmpuint(box_edges_at(tiny, -3, 4, 24), ==, EDGE_LEFT);
}

static void test_sane(void)
{
        Box box = box_sane((Box){ G_MININT, G_MAXINT, -1, G_MAXINT });

        g_assert_true(box_equal(box, (Box){ -GEOMETRY_POS_MAX, GEOMETRY_POS_MAX, 1, GEOMETRY_SIZE_MAX }));
        g_assert_true(box_equal(box_outset((Box){ 5, 5, 5, 5 }, no_frame), (Box){ 5, 5, 5, 5 }));
}

/* One window after another: all can be gripped always, and none covers another while there is room. */
static void test_place(void)
{
        Box work = { 0, 0, 1280, 764 }, others[PLACE_OTHERS_MAX];
        gsize free_places = 0;

        for (int w = 100; w < 3000; w = w * 2 + 13)
                for (int h = 60; h < 2000; h = h * 2 + 11) {
                        PlaceRoom room = { .work = work, .others = others, .title = 33 };
                        for (int i = 0; i < 40; i++) {
                                Box box = place_frame(&room, w, h);
                                int covered = 0;
                                g_assert_true(can_grip(box, work, 33));
                                g_assert_cmpint(box.w, ==, w);
                                for (gsize o = 0; o < room.n_others; o++)
                                        covered += box_overlap(box, others[o]);
                                free_places += covered == 0;
                                if (room.n_others < PLACE_OTHERS_MAX)
                                        others[room.n_others++] = box;
                        }
                }
        g_assert_cmpuint(free_places, >, 50);
}

/* Where there is no free place, the titles stay in sight: the next windows step down and to the right of the first. */
static void test_place_titles(void)
{
        Box work = { 0, 0, 1280, 764 }, others[PLACE_OTHERS_MAX];
        PlaceRoom room = { .work = work, .others = others, .title = 33 };

        others[0] = place_frame(&room, 682, 594);
        room.n_others = 1;
        g_assert_true(box_equal(others[0], (Box){ 299, 56, 682, 594 }));
        for (int i = 1; i < 4; i++) {
                Box box = place_frame(&room, 682, 594);
                g_assert_true(box_equal(box, (Box){ 299 + 33 * i, 56 + 33 * i, 682, 594 }));
                others[room.n_others++] = box;
        }
        for (int i = 4; i < 12; i++) {
                Box box = place_frame(&room, 682, 594);
                g_assert_cmpint(box.x, >=, 0);
                g_assert_cmpint(box.y + box.h, <=, work.h);
                for (gsize o = 0; o < room.n_others; o++)
                        g_assert_false(box_equal(box, others[o]));
                others[room.n_others++] = box;
        }
}

static void test_place_on_parent(void)
{
        Box work = { 0, 0, 1280, 764 };

        g_assert_true(box_equal(place_on_parent(work, (Box){ 100, 100, 400, 300 }, 200, 100), (Box){ 200, 200, 200, 100 }));
        g_assert_true(box_equal(place_on_parent(work, (Box){ 1200, 700, 400, 300 }, 200, 100), (Box){ 1080, 664, 200, 100 }));
        g_assert_true(can_grip(place_on_parent(work, (Box){ -5000, -5000, 10, 10 }, 3000, 3000), work, 33));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/geometry/hints/any", test_hints_any);
        g_test_add_func("/geometry/hints/increments", test_hints_increments);
        g_test_add_func("/geometry/hints/aspect", test_hints_aspect);
        g_test_add_func("/geometry/gravity", test_gravity);
        g_test_add_func("/geometry/gravity-resize", test_gravity_resize);
        g_test_add_func("/geometry/struts", test_struts);
        g_test_add_func("/geometry/reachable", test_reachable);
        g_test_add_func("/geometry/monitors", test_monitors);
        g_test_add_func("/geometry/drag", test_drag);
        g_test_add_func("/geometry/edges", test_edges);
        g_test_add_func("/geometry/sane", test_sane);
        g_test_add_func("/geometry/place", test_place);
        g_test_add_func("/geometry/place-titles", test_place_titles);
        g_test_add_func("/geometry/place-on-parent", test_place_on_parent);
        return g_test_run();
}
