/* Verifies that the bar's rows say first what Enter will do, that what is named is opened, what is said is made, and that late rows move
 * nothing. */
#include "shell/ui/rows.h"

#include <string.h>

static GPtrArray *candidates;

static void
add(RowKind kind, const char *title, const char *words, const char *id, gint64 recency)
{
        Row *row = row_new(kind, title, "detail");

        row->words = g_strdup(words);
        row->id = g_strdup(id);
        row->recency = recency;
        if (kind == ROW_SAY)
                row->text = g_strdup(title);
        if (kind == ROW_WINDOW)
                row->xid = (guint64)recency;
        g_ptr_array_add(candidates, row);
}

static void
set_up(void)
{
        candidates = rows_new();
        add(ROW_OPEN, "Disk Lens", "what is eating my disk?", "disk-lens", 10);
        add(ROW_OPEN, "Pomodoro", "a pomodoro timer", "pomodoro", 20);
        add(ROW_PROGRAM, "Disk Usage Analyser", "baobab storage space", "baobab.desktop", 0);
        add(ROW_PROGRAM, "Firefox", "web browser internet", "firefox.desktop", 0);
        add(ROW_WINDOW, "xterm", "XTerm", NULL, 7);
        add(ROW_SAY, "a voxel wolf I can turn", NULL, NULL, 0);
        add(ROW_SAY, "how hot is my processor?", NULL, NULL, 0);
        add(ROW_SAY, "a CSV of the planets and their moons", NULL, NULL, 0);
        add(ROW_SAY, "a fourth suggestion", NULL, NULL, 0);
}

static const Row *
row_at(const GPtrArray *rows, guint n)
{
        g_assert_cmpuint(n, <, rows->len);
        return rows->pdata[n];
}

static void
test_made(void)
{
        RowContext context = {0};
        g_autoptr(GPtrArray) rows = rows_rank("  a garden planner ", candidates, &context);

        g_assert_cmpint(row_at(rows, 0)->kind, ==, ROW_MAKE);
        g_assert_cmpstr(row_at(rows, 0)->text, ==, "a garden planner");
        g_assert_cmpstr(row_at(rows, 0)->verb, ==, "Make");
        g_assert_false(row_at(rows, 0)->make_new);
}

static void
test_opened_by_name(void)
{
        static const char *const typed[] = {"disk lens", "DISK LENS", "disk l", "Disk\tLens ", "di"};
        RowContext context = {0};

        for (guint i = 0; i < G_N_ELEMENTS(typed); i++) {
                g_autoptr(GPtrArray) rows = rows_rank(typed[i], candidates, &context);

                g_assert_cmpint(row_at(rows, 0)->kind, ==, ROW_OPEN);
                g_assert_cmpstr(row_at(rows, 0)->id, ==, "disk-lens");
                g_assert_cmpstr(row_at(rows, 0)->verb, ==, "Open");
        }
}

static void
test_opened_by_sentence(void)
{
        RowContext context = {0};
        g_autoptr(GPtrArray) rows = rows_rank("What is eating  my disk", candidates, &context);

        g_assert_cmpstr(row_at(rows, 0)->id, ==, "disk-lens");
        g_assert_cmpint(row_at(rows, 1)->kind, ==, ROW_MAKE);
        g_assert_true(row_at(rows, 1)->make_new);
        g_assert_cmpstr(row_at(rows, 1)->verb, ==, "Make new");
}

static void
test_fits_follow(void)
{
        RowContext context = {0};
        g_autoptr(GPtrArray) rows = rows_rank("who uses the disk all day", candidates, &context);
        g_autoptr(GPtrArray) words = rows_rank("browser", candidates, &context);

        g_assert_cmpint(row_at(rows, 0)->kind, ==, ROW_MAKE);
        g_assert_cmpstr(row_at(rows, 1)->id, ==, "disk-lens");
        g_assert_cmpstr(row_at(rows, 2)->id, ==, "baobab.desktop");
        g_assert_cmpint(row_at(words, 0)->kind, ==, ROW_MAKE);
        g_assert_cmpstr(row_at(words, 1)->id, ==, "firefox.desktop");
        g_clear_pointer(&rows, g_ptr_array_unref);
        rows = rows_rank("How hot is my processor", candidates, &context);
        g_assert_cmpuint(rows->len, ==, 1);
}

/* Whether there is such a program is not for the rows to say. */
static void
test_commands(void)
{
        static const char *const plain[] = {"xclock", "xterm -e top", "feh 'my picture.png'"};
        static const char *const others[] = {"", "ls | sort", "rm *", "echo $HOME", "what is this?", "a 'quote", "a; b"};
        static const char *const called[] = {"disk", "browser", "xterm"}; /* other things here are called so, or have to do with it */
        RowContext context = {.command = TRUE, .front_app = "disk-lens"};
        g_autoptr(GPtrArray) rows = rows_rank("xclock", candidates, &context);

        for (guint i = 0; i < G_N_ELEMENTS(plain); i++) {
                g_auto(GStrv) words = rows_command(plain[i]);

                g_assert_nonnull(words);
        }
        for (guint i = 0; i < G_N_ELEMENTS(others); i++)
                g_assert_null(rows_command(others[i]));
        g_assert_cmpint(row_at(rows, 0)->kind, ==, ROW_RUN);
        g_assert_cmpstr(row_at(rows, 0)->verb, ==, "Run");
        g_assert_cmpstr(row_at(rows, 0)->text, ==, "xclock");
        g_assert_null(row_at(rows, 0)->id);
        g_assert_cmpint(row_at(rows, 1)->kind, ==, ROW_MAKE);
        g_assert_cmpstr(row_at(rows, rows->len - 1)->id, ==, "terminal");
        for (guint i = 0; i < G_N_ELEMENTS(called); i++) {
                g_autoptr(GPtrArray) more = rows_rank(called[i], candidates, &context);

                g_assert_cmpint(row_at(more, 0)->kind, !=, ROW_RUN);
                g_assert_cmpint(row_at(more, more->len - 2)->kind, ==, ROW_RUN);
                g_assert_cmpuint(more->len, <=, ROWS_MAX - ROWS_LATE);
        }
        g_clear_pointer(&rows, g_ptr_array_unref);
        rows = rows_rank("make a timer", candidates, &context); /* a sentence that begins like a command */
        g_assert_cmpint(row_at(rows, 0)->kind, ==, ROW_MAKE);
        g_assert_cmpint(row_at(rows, rows->len - 1)->kind, ==, ROW_RUN);
        g_clear_pointer(&rows, g_ptr_array_unref);
        context.change = TRUE;
        rows = rows_rank("xclock", candidates, &context);
        g_assert_cmpint(row_at(rows, 0)->kind, ==, ROW_CHANGE);
}

static void
test_change(void)
{
        RowContext context = {.front_app = "disk-lens", .front_title = "Disk Lens", .change = TRUE};
        g_autoptr(GPtrArray) changes = rows_rank("sort by size", candidates, &context);
        g_autoptr(GPtrArray) rows = NULL;

        g_assert_cmpint(row_at(changes, 0)->kind, ==, ROW_CHANGE);
        g_assert_cmpstr(row_at(changes, 0)->verb, ==, "Change Disk Lens:");
        g_assert_cmpstr(row_at(changes, 0)->id, ==, "disk-lens");
        context.change = FALSE;
        rows = rows_rank("sort by size", candidates, &context);
        g_assert_cmpint(row_at(rows, 0)->kind, ==, ROW_MAKE);
        g_assert_cmpint(row_at(rows, 1)->kind, ==, ROW_CHANGE);
        context.front_app = NULL;
        context.change = TRUE;
        g_clear_pointer(&rows, g_ptr_array_unref);
        rows = rows_rank("sort by size", candidates, &context);
        g_assert_cmpint(row_at(rows, 0)->kind, ==, ROW_MAKE);
}

static void
test_empty(void)
{
        RowContext context = {0};
        g_autoptr(GPtrArray) rows = rows_rank(" \n ", candidates, &context);
        g_autoptr(GPtrArray) nothing = rows_new();
        g_autoptr(GPtrArray) none = rows_rank("", nothing, &context);

        g_assert_cmpuint(rows->len, ==, 4);
        g_assert_cmpstr(row_at(rows, 0)->id, ==, "pomodoro");
        for (guint i = 1; i < 4; i++)
                g_assert_cmpint(row_at(rows, i)->kind, ==, ROW_SAY);
        g_assert_cmpuint(none->len, ==, 0);
}

/* What else the words may mean is a row of its own, for which there is room. */
static void
test_next_likely(void)
{
        RowContext context = {0};
        g_autoptr(GPtrArray) many = rows_new(), late = rows_new(), rows = NULL;
        Row *next = row_new(ROW_MAKE, "“disk”", "as a text");

        for (guint i = 0; i < 2 * ROWS_MAX; i++) {
                g_autofree char *title = g_strdup_printf("the disk %u", i);
                Row *row = row_new(ROW_PROGRAM, title, NULL);

                row->id = g_strdup(title);
                g_ptr_array_add(many, row);
        }
        rows = rows_rank("my disk", many, &context);
        g_assert_cmpuint(rows->len, ==, ROWS_MAX - ROWS_LATE);
        next->text = g_strdup("my disk");
        next->route = g_strdup("content");
        next->verb = g_strdup("Write");
        g_ptr_array_add(late, next);
        rows_add_late(rows, late);
        rows_add_late(rows, late);
        g_assert_cmpuint(rows->len, ==, ROWS_MAX);
        g_assert_cmpstr(row_at(rows, 0)->verb, ==, "Make");
        g_assert_cmpstr(row_at(rows, ROWS_MAX - 1)->route, ==, "content");
}

static void
test_late(void)
{
        RowContext context = {0};
        g_autoptr(GPtrArray) rows = rows_rank("disk l", candidates, &context);
        g_autoptr(GPtrArray) late = rows_new();
        guint stood = rows->len;

        for (guint i = 0; i < 2 * ROWS_MAX; i++) {
                g_autofree char *text = g_strdup_printf("late %u", i);
                Row *row = row_new(ROW_SAY, text, NULL);

                row->text = g_strdup(text);
                g_ptr_array_add(late, row);
        }
        g_ptr_array_add(late, row_copy(rows->pdata[0]));
        rows_add_late(rows, late);
        g_assert_cmpuint(rows->len, ==, ROWS_MAX);
        g_assert_cmpstr(row_at(rows, 0)->id, ==, "disk-lens");
        g_assert_cmpstr(row_at(rows, stood)->text, ==, "late 0");
        rows_add_late(rows, late);
        g_assert_cmpuint(rows->len, ==, ROWS_MAX);
}

/* A recording of the very sentence is said on the row that makes it, whether it was known before or comes late. */
static void
test_recorded(void)
{
        RowContext context = {0};
        g_autoptr(GPtrArray) known = rows_rank("How hot is my processor", candidates, &context);
        g_autoptr(GPtrArray) rows = rows_rank("count my teeth", candidates, &context);
        g_autoptr(GPtrArray) late = rows_new();
        guint stood = rows->len;

        g_assert_cmpint(row_at(known, 0)->kind, ==, ROW_MAKE);
        g_assert_cmpstr(row_at(known, 0)->detail, ==, "detail");
        for (guint i = 1; i < known->len; i++)
                g_assert_cmpint(row_at(known, i)->kind, !=, ROW_SAY);
        g_ptr_array_add(late, row_new(ROW_SAY, "Count my teeth!", "a recording"));
        ((Row *)late->pdata[0])->text = g_strdup("Count my teeth!");
        rows_add_late(rows, late);
        g_assert_cmpuint(rows->len, ==, stood);
        g_assert_cmpstr(row_at(rows, 0)->detail, ==, "a recording");
}

/* What Enter will do with the very sentence, where the agent's rules know that it is no app. */
static void
test_routed(void)
{
        RowContext context = {0};
        g_autoptr(GPtrArray) rows = rows_rank("how much memory is free", candidates, &context);
        g_autoptr(GPtrArray) late = rows_new();

        g_assert_cmpstr(row_at(rows, 0)->verb, ==, "Make");
        g_ptr_array_add(late, row_new(ROW_SAY, "how much memory is free", NULL));
        ((Row *)late->pdata[0])->text = g_strdup("how much memory is free");
        ((Row *)late->pdata[0])->verb = g_strdup("Answer");
        rows_add_late(rows, late);
        g_assert_cmpstr(row_at(rows, 0)->verb, ==, "Answer");
        g_assert_cmpstr(row_at(rows, 0)->text, ==, "how much memory is free");
}

static void
test_hostile(void)
{
        g_autofree char *huge = g_strnfill(65535, 'x');
        static const char *const typed[] = {"<b>bold</b>", "\xe2\x80\xae" "evil", "\x01\x02", "a\nb", "%s%n", "ß", "\xff\xfe"};
        RowContext context = {.front_app = "disk-lens", .front_title = "<i>\xe2\x80\xae"};

        for (guint i = 0; i < G_N_ELEMENTS(typed); i++) {
                g_autoptr(GPtrArray) rows = rows_rank(typed[i], candidates, &context);

                g_assert_cmpuint(rows->len, >, 0);
                for (guint n = 0; n < rows->len; n++) {
                        g_autofree char *sentence = row_sentence(rows->pdata[n]);

                        g_assert_true(g_utf8_validate(sentence, -1, NULL));
                        g_assert_null(strstr(sentence, "\xe2\x80\xae"));
                        g_assert_null(strchr(sentence, '\n'));
                }
        }
        g_autoptr(GPtrArray) rows = rows_rank(huge, candidates, &context);
        g_assert_cmpuint(strlen(row_at(rows, 0)->text), ==, 65535);
        g_assert_cmpuint(strlen(row_at(rows, 0)->title), <, 1000);
}

int
main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        set_up();
        g_test_add_func("/rows/made", test_made);
        g_test_add_func("/rows/opened-by-name", test_opened_by_name);
        g_test_add_func("/rows/opened-by-sentence", test_opened_by_sentence);
        g_test_add_func("/rows/fits-follow", test_fits_follow);
        g_test_add_func("/rows/commands", test_commands);
        g_test_add_func("/rows/change", test_change);
        g_test_add_func("/rows/empty", test_empty);
        g_test_add_func("/rows/next-likely", test_next_likely);
        g_test_add_func("/rows/late", test_late);
        g_test_add_func("/rows/recorded", test_recorded);
        g_test_add_func("/rows/routed", test_routed);
        g_test_add_func("/rows/hostile", test_hostile);
        return g_test_run();
}
