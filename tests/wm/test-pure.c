/* Verifies the pure parts beside geometry: the keymap file, tiles and edges, and the fewest moves of a stack. */
#include <X11/keysym.h>
#include <glib.h>
#include <string.h>

#include "keymap.h"
#include "restack.h"
#include "tile.h"

static const KeyBinding *find(const Keymap *map, unsigned modifiers, KeySym key)
{
        for (guint i = 0; i < map->len; i++) {
                const KeyBinding *binding = &g_array_index(map, KeyBinding, i);
                if (binding->modifiers == modifiers && binding->key == key)
                        return binding;
        }
        return NULL;
}

static void test_shipped_file(void)
{
        g_autoptr(GArray) built_in = keymap_default();
        g_autofree char *text = NULL, *problem = NULL;

        g_assert_true(g_file_get_contents(g_getenv("IMPROMPTU_KEYS"), &text, NULL, NULL));
        g_autoptr(GArray) file = keymap_parse(text, NULL, &problem);
        g_assert_cmpstr(problem, ==, NULL);
        g_assert_cmpuint(file->len, ==, built_in->len);
        for (guint i = 0; i < file->len; i++) {
                const KeyBinding *a = &g_array_index(file, KeyBinding, i), *b = &g_array_index(built_in, KeyBinding, i);
                g_assert_true(a->act == b->act && a->modifiers == b->modifiers && a->key == b->key && a->n == b->n);
                g_assert_cmpstr(a->text, ==, b->text);
        }
}

static void test_laid_over(void)
{
        g_autoptr(GArray) base = keymap_default();
        g_autofree char *problem = NULL;
        g_autoptr(GArray) map = keymap_parse("# mine\n\n  Super+Left\tdesktop-left  \nAlt+F4 nothing\n"
                                             "super+SHIFT+q run sh -c 'exit 0'\nSuper+5 desktop 5\n",
                                             base, &problem);

        g_assert_cmpstr(problem, ==, NULL);
        g_assert_cmpint(find(map, KEY_SUPER, XK_Left)->act, ==, ACT_DESKTOP_LEFT);
        g_assert_cmpint(find(map, KEY_ALT, XK_F4)->act, ==, ACT_NOTHING);
        g_assert_cmpstr(find(map, KEY_SUPER | KEY_SHIFT, XK_q)->text, ==, "sh -c 'exit 0'");
        g_assert_cmpint(find(map, KEY_SUPER, XK_5)->n, ==, 4);
        g_assert_cmpint(find(map, KEY_ALT, XK_Tab)->act, ==, ACT_SWITCH);
        g_autofree char *name = keymap_name(find(map, KEY_SUPER | KEY_SHIFT, XK_q));
        g_assert_cmpstr(name, ==, "Super+Shift+q");
}

static void test_mistakes_name_their_line(void)
{
        static const struct {
                const char *text, *words;
        } mistakes[] = {
                { "Super+x close\n# two\nSuper+x minimise\n", "line 3: Super+x does something already, by line 1" },
                { "Super+x\n", "line 1: “Super+x” does not say what to do" },
                { "\nSuper+x explode\n", "line 2: there is nothing called “explode” to do" },
                { "Super+nokey close\n", "line 1: there is no key called “nokey”" },
                { "Hyper+x close\n", "line 1: “Hyper” is no modifier" },
                { "Super+Super+x close\n", "line 1: “Super” stands there twice" },
                { "Super+x desktop\n", "line 1: “desktop” needs the number of a desktop after it" },
                { "Super+x desktop zero\n", "line 1: “desktop” needs the number of a desktop, not “zero”" },
                { "Super+x desktop 0\n", "line 1: “desktop” needs the number of a desktop" },
                { "Super+x run\n", "line 1: “run” needs a command after it" },
                { "Super+x close now\n", "line 1: “close” takes nothing after it" },
                { "Alt close\n", "line 1: “Alt” has no key" },
                { "+++ close\n", "line 1: " },
        };

        for (gsize i = 0; i < G_N_ELEMENTS(mistakes); i++) {
                g_autofree char *problem = NULL;
                g_assert_null(keymap_parse(mistakes[i].text, NULL, &problem));
                if (!g_str_has_prefix(problem, mistakes[i].words))
                        g_error("“%s” is not “%s”", problem, mistakes[i].words);
        }
}

static void test_garbage(void)
{
        g_autoptr(GRand) rand = g_rand_new_with_seed(11);
        static const char letters[] = "Super+Alt Ctrl\t\n#xF4 run close%\\\"'";

        for (int round = 0; round < 3000; round++) {
                char text[80] = { 0 };
                g_autofree char *problem = NULL;
                for (gsize i = 0; i + 1 < sizeof text; i++)
                        text[i] = letters[g_rand_int_range(rand, 0, (int)sizeof letters - 1)];
                Keymap *map = keymap_parse(text, NULL, &problem);
                g_assert_true((map == NULL) == (problem != NULL));
                if (map)
                        g_array_unref(map);
        }
        GString *many = g_string_new(NULL);
        for (int i = 0; i < 400; i++)
                g_string_append_printf(many, "Super+%s%s%s%c close\n", i & 1 ? "Alt+" : "", i & 2 ? "Ctrl+" : "", i & 4 ? "Shift+" : "",
                                       'a' + i % 26);
        g_autofree char *problem = NULL;
        g_assert_null(keymap_parse(many->str, NULL, &problem));
        g_string_free(many, TRUE);
}

static void test_tiles(void)
{
        const Box work = { 100, 30, 1001, 701 };
        gint64 area = 0;

        for (int tile = TILE_TOP_LEFT; tile < N_TILES; tile++) {
                Box box = tile_box((Tile)tile, work);
                g_assert_true(box_overlap(box, work) == (gint64)box.w * box.h);
                area += (gint64)box.w * box.h;
                for (int other = TILE_TOP_LEFT; other < tile; other++)
                        g_assert_cmpint(box_overlap(box, tile_box((Tile)other, work)), ==, 0);
        }
        g_assert_cmpint(area, ==, (gint64)work.w * work.h);
        g_assert_cmpint(box_overlap(tile_box(TILE_LEFT, work), tile_box(TILE_RIGHT, work)), ==, 0);
        for (int from = 0; from < N_TILES; from++)
                for (int edge = 1; edge <= 8; edge *= 2)
                        g_assert_cmpint(tile_next((Tile)from, (Edge)edge), <, N_TILES);
        g_assert_cmpint(tile_next(TILE_NONE, EDGE_LEFT), ==, TILE_LEFT);
        g_assert_cmpint(tile_next(TILE_LEFT, EDGE_TOP), ==, TILE_TOP_LEFT);
        g_assert_cmpint(tile_next(TILE_LEFT, EDGE_RIGHT), ==, TILE_NONE);
        g_assert_cmpint(tile_next(TILE_TOP_LEFT, EDGE_RIGHT), ==, TILE_TOP_RIGHT);
}

static void test_resistance(void)
{
        const Box work = { 0, 0, 1000, 800 }, wall = { 600, 100, 200, 200 };
        const Box from = { 300, 150, 200, 100 };

        for (int dx = -500; dx <= 500; dx++) {
                Box to = { from.x + dx, from.y, from.w, from.h };
                Box got = tile_resist(from, to, work, &wall, 1, 16);
                int right = to.x + to.w;
                if (right > 600 && right < 616)
                        g_assert_cmpint(got.x, ==, 400);
                else if (to.x < 0 && to.x > -16)
                        g_assert_cmpint(got.x, ==, 0);
                else if (right > 1000 && right < 1016)
                        g_assert_cmpint(got.x, ==, 800);
                else
                        g_assert_cmpint(got.x, ==, to.x);
                g_assert_cmpint(got.y, ==, from.y);
        }
        /* One that lies below it is not in the way. */
        Box low = { 300, 400, 200, 100 }, to = { 410, 400, 200, 100 };
        g_assert_cmpint(tile_resist(low, to, work, &wall, 1, 16).x, ==, 410);
}

static void move(gsize *order, gsize n, gsize id, gsize under)
{
        gsize at = 0, to = 0;

        while (order[at] != id)
                at++;
        memmove(order + at, order + at + 1, (n - at - 1) * sizeof *order);
        while (order[to] != under)
                to++;
        memmove(order + to + 2, order + to + 1, (n - to - 2) * sizeof *order);
        order[to + 1] = id;
}

static void test_restack(void)
{
        g_autoptr(GRand) rand = g_rand_new_with_seed(5);

        for (int round = 0; round < 4000; round++) {
                gsize n = (gsize)g_rand_int_range(rand, 1, 14), old[14], wanted[14];
                gboolean moves[14];
                guint sent = 0;
                for (gsize i = 0; i < n; i++)
                        old[i] = wanted[i] = i + 1;
                for (gsize i = n; i > 2; i--) {
                        gsize j = 1 + (gsize)g_rand_int_range(rand, 0, (int)i - 1), keep = wanted[i - 1];
                        if (g_rand_boolean(rand))
                                continue;
                        wanted[i - 1] = wanted[j];
                        wanted[j] = keep;
                }
                restack_moves(old, n, wanted, n, moves);
                for (gsize i = 1; i < n; i++)
                        if (moves[i]) {
                                move(old, n, wanted[i], wanted[i - 1]);
                                sent++;
                        }
                g_assert_cmpmem(old, n * sizeof *old, wanted, n * sizeof *wanted);
                g_assert_cmpuint(sent, <, n);
        }
        gsize before[] = { 1, 2, 3, 4, 5 }, raised[] = { 1, 5, 2, 3, 4 }, fresh[] = { 1, 9, 2, 3, 4, 5 };
        gboolean moves[6];
        restack_moves(before, 5, raised, 5, moves);
        g_assert_true(!moves[0] && moves[1] && !moves[2] && !moves[3] && !moves[4]);
        restack_moves(before, 5, fresh, 6, moves);
        g_assert_true(moves[1] && !moves[2] && !moves[3] && !moves[4] && !moves[5]);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/keymap/shipped", test_shipped_file);
        g_test_add_func("/keymap/over", test_laid_over);
        g_test_add_func("/keymap/mistakes", test_mistakes_name_their_line);
        g_test_add_func("/keymap/garbage", test_garbage);
        g_test_add_func("/tile/boxes", test_tiles);
        g_test_add_func("/tile/resistance", test_resistance);
        g_test_add_func("/restack/moves", test_restack);
        return g_test_run();
}
