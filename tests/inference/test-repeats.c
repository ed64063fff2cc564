#include "agent/inference/repeats.h"

#include <string.h>

static char *times(const char *before, const char *piece, guint n, const char *after)
{
        GString *text = g_string_new(before);

        for (guint i = 0; i < n; i++)
                g_string_append_printf(text, piece, i, i + 1);
        return g_string_free(g_string_append(text, after), FALSE);
}

static void expect(gboolean babble, char *text)
{
        g_test_message("%zu bytes, ending in “%s”", strlen(text), text + (strlen(text) > 40 ? strlen(text) - 40 : 0));
        g_assert_cmpint(repeats_itself(text, strlen(text)), ==, babble);
        g_free(text);
}

static void test_babble(void)
{
        expect(TRUE, times("<!doctype html>\n<script>\n", "      list[at - %u] = list[at - %u];\n", 200, ""));
        expect(TRUE, times("<!doctype html>\n<script>\n", "      list[at - %u] = list[at - %u];\n", 200, "      list[a")); /* cut anywhere */
        expect(TRUE, times("", "and so on, ", 400, ""));
        expect(TRUE, times("", "größer und ", 400, ""));
        expect(TRUE, times("", "\n", 14000, ""));
        expect(TRUE, times("[", "0, ", 5000, ""));
        expect(TRUE, times("", "<p>A piece of two lines, number %u</p>\n<p class=\"x\">and its other line, %u</p>\n", 150, ""));
}

static void test_pages_may_repeat(void)
{
        expect(FALSE, times("", "", 0, ""));
        expect(FALSE, times("<div>", "<button id=\"b%u\">%u</button>\n", 100, "")); /* a board of a hundred */
        expect(FALSE, times("[", "%u, ", 1000, "")); /* a table of figures */
        expect(FALSE, times("<select>", "<option value=\"day-%u\">Day %u</option>\n", 120, "")); /* it counts up to something */
        expect(FALSE, times("", "      list[at - %u] = list[at - %u];\n", 200, "document.title = 'over';\n")); /* it found its way out */
        expect(FALSE, times("", "", 0, "short short short short short short short short short short short short short short short"));
}

/* A table may be as long as it likes: its numbers do not go on by the same. */
static void test_tables(void)
{
        GString *text = g_string_new(NULL);

        for (guint i = 0; i < 600; i++)
                g_string_append_printf(text, "{\"day\": %u, \"kilometres\": %u},\n", i, i * i % 97);
        expect(FALSE, g_string_free(text, FALSE));
        text = g_string_new(NULL);
        for (guint i = 0; i < 400; i++)
                g_string_append_printf(text, "<i data-row=\"%u\" data-column=\"%u\"></i>\n", i / 10, i % 10);
        expect(FALSE, g_string_free(text, FALSE));
}

/* Words that differ are no repetition, however alike the lines are. */
static void test_lines_that_differ(void)
{
        GString *text = g_string_new(NULL);

        for (guint i = 0; i < 400; i++)
                g_string_append_printf(text, "<option value=\"%c%c\">%c%c land</option>\n", 'a' + i % 26, 'a' + i / 26, 'A' + i % 26, 'a' + i / 26);
        expect(FALSE, g_string_free(text, FALSE));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/repeats/babble", test_babble);
        g_test_add_func("/repeats/pages-may-repeat", test_pages_may_repeat);
        g_test_add_func("/repeats/tables", test_tables);
        g_test_add_func("/repeats/lines-that-differ", test_lines_that_differ);
        return g_test_run();
}
