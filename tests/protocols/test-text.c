/* Verifies that untrusted text is taken, shown and turned into names safely. */
#include <gio/gio.h>
#include <string.h>

#include "protocols/api.h"
#include "protocols/pointed.h"
#include "protocols/text.h"

static void assert_sentence(const char *bytes, gssize length, const char *wanted)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *sentence = text_sentence(bytes, length, &error);

        g_assert_no_error(error);
        g_assert_cmpstr(sentence, ==, wanted);
}

static void assert_refused(const char *bytes, gssize length, TextError code)
{
        g_autoptr(GError) error = NULL;

        g_assert_null(text_sentence(bytes, length, &error));
        g_assert_error(error, TEXT_ERROR, (int)code);
        g_assert_true(g_str_has_suffix(error->message, "."));
}

static void test_sentence(void)
{
        assert_sentence("  a pomodoro timer\n", -1, "a pomodoro timer");
        assert_sentence("two\nlines", -1, "two\nlines");
        assert_sentence("\xC2\xA0\xE3\x80\x80wide\xE2\x80\xA9", -1, "wide");
        assert_sentence("abcdef", 3, "abc");
        assert_sentence("évier à 20 €", -1, "évier à 20 €");
        assert_sentence("a\u202Eb\u202C\u2066c\u2069d\u202A", -1, "abcd");
        assert_sentence("\u200Fשעון\u200F", -1, "\u200Fשעון\u200F");
        assert_sentence("👩\u200D💻 desk", -1, "👩\u200D💻 desk");
}

static void test_refused(void)
{
        assert_refused("", -1, TEXT_ERROR_EMPTY);
        assert_refused(" \t\n\u3000", -1, TEXT_ERROR_EMPTY);
        assert_refused("\u202E\u202C", -1, TEXT_ERROR_EMPTY);
        assert_refused("\u200B\uFEFF\u200F", -1, TEXT_ERROR_EMPTY);
        assert_refused("a\0b", 3, TEXT_ERROR_NUL);
        assert_refused("\0", 1, TEXT_ERROR_NUL);
        assert_refused("a\xFF", -1, TEXT_ERROR_ENCODING);
        assert_refused("cut \xE2\x82", -1, TEXT_ERROR_ENCODING);
        assert_refused("\xED\xA0\x80", -1, TEXT_ERROR_ENCODING);
        assert_refused("\xC0\xAF", -1, TEXT_ERROR_ENCODING);
}

static void test_length(void)
{
        g_autofree char *text = g_strnfill(64 * 1024, 'x');

        assert_refused(text, 64 * 1024, TEXT_ERROR_TOO_LONG);
        assert_refused(text, -1, TEXT_ERROR_TOO_LONG);
        g_autofree char *longest = text_sentence(text, API_SENTENCE_MAX, NULL);
        g_assert_cmpuint(strlen(longest), ==, API_SENTENCE_MAX);
}

static void assert_plain(const char *bytes, gsize max, const char *wanted)
{
        g_autofree char *plain = text_plain(bytes, max);

        g_assert_cmpstr(plain, ==, wanted);
        g_assert_true(g_utf8_validate(plain, -1, NULL));
        g_assert_cmpint(g_utf8_strlen(plain, -1), <=, max);
}

static void test_plain(void)
{
        assert_plain(NULL, 10, "");
        assert_plain("", 10, "");
        assert_plain("one", 0, "");
        assert_plain("one", 3, "one");
        assert_plain("four", 3, "fo…");
        assert_plain("ab cd", 3, "ab…");
        assert_plain("ab cd", 4, "ab…");
}

static void test_plain_strips(void)
{
        assert_plain("  a \t\r\n b\xC2\xA0 ", 20, "a b");
        assert_plain("\x1B[31mred\x07\x7F", 20, "[31mred");
        assert_plain("\xC2\x9B" "31m", 20, "31m");
        assert_plain("a\u202Eb\u2069c\u200E\u061C", 20, "abc");
        assert_plain("a\xFF" "b\xE2\x82", 20, "a\uFFFDb\uFFFD\uFFFD");
        assert_plain("\xF0\x9F\x98\x80\xF0\x9F\x98\x80", 2, "😀😀");
        assert_plain("\xF0\x9F\x98\x80\xF0\x9F\x98\x80", 1, "…");
}

static void assert_slug(const char *text, gsize max, const char *wanted)
{
        g_autofree char *slug = text_slug(text, max);

        g_assert_cmpstr(slug, ==, wanted);
}

static void test_slug(void)
{
        assert_slug("What is eating my disk?", 48, "what-is-eating-my-disk");
        assert_slug("What is eating my disk?", 12, "what-is");
        assert_slug("What is eating my disk?", 14, "what-is-eating");
        assert_slug("Incomprehensibilities", 8, "incompre");
        assert_slug("  --Été à l'île!  ", 48, "ete-a-lile");
        assert_slug("../../etc/passwd", 48, "etc-passwd");
        assert_slug("時計", 48, "app");
        assert_slug("", 48, "app");
        assert_slug("\xFF\xFE", 48, "app");
        assert_slug("a\u202E<b>", 48, "a-b");
}

static void assert_not_json(const char *text, gsize length)
{
        g_autoptr(GError) error = NULL;

        if (text_json(text, length, &error))
                g_error("Taken for JSON: %.40s", text);
        g_assert_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
}

static void test_json(void)
{
        static const char *good[] = {"{}", " [1, 2] \n", "\"a\"", "12", "1.5e3", "true", "{\"a\":{\"b\":[null]}}"};
        static const char *bad[] = {"", " ", "{", "[1,", "{\"a\":1}{", "{} x", "nul", "null", "\"\xFF\"", "{\"a\" 1}", "// c\n{}"};

        for (guint i = 0; i < G_N_ELEMENTS(good); i++) {
                g_autoptr(GError) error = NULL;
                json_object *value = text_json(good[i], strlen(good[i]), &error);
                g_assert_no_error(error);
                json_object_put(value);
        }
        for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
                assert_not_json(bad[i], strlen(bad[i]));
        assert_not_json("{}\0", 3);

        g_autofree char *deep = g_strnfill(100000, '[');
        assert_not_json(deep, 100000);
        json_object *part = text_json("[1]garbage", 3, NULL);
        g_assert_nonnull(part);
        json_object_put(part);
}

/* What a page says of itself: known fields, on one line, cut. */
static void test_pointed(void)
{
        g_autofree char *longer = g_strnfill(2 * POINTED_NAME_MAX, 'n');
        g_autofree char *json = g_strdup_printf("{\"role\": \"but\\u202eton\", \"name\": \" Sta\\nrt %s\", \"text\": 7, \"else\": \"x\"}", longer);
        json_object *from = json_tokener_parse(json), *name = NULL, *pointed = pointed_clean(from), *none;

        g_assert_true(json_object_object_get_ex(pointed, "name", &name));
        g_assert_cmpint(g_utf8_strlen(json_object_get_string(name), -1), ==, POINTED_NAME_MAX);
        g_assert_true(g_str_has_prefix(json_object_get_string(name), "Sta rt nnn"));
        g_assert_cmpint(json_object_object_length(pointed), ==, 2);
        json_object_object_add(pointed, "name", json_object_new_string("Start"));
        g_autofree char *label = pointed_label(pointed);
        g_assert_cmpstr(label, ==, "button “Start”");
        json_object_object_del(pointed, "name");
        g_autofree char *bare = pointed_label(pointed);
        g_assert_cmpstr(bare, ==, "button");
        none = json_tokener_parse("{\"name\": \" \", \"text\": \"x\"}");
        g_assert_null(pointed_clean(none));
        g_assert_null(pointed_clean(NULL));
        json_object_put(none);
        json_object_put(pointed);
        json_object_put(from);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/text/sentence", test_sentence);
        g_test_add_func("/text/refused", test_refused);
        g_test_add_func("/text/length", test_length);
        g_test_add_func("/text/plain", test_plain);
        g_test_add_func("/text/plain-strips", test_plain_strips);
        g_test_add_func("/text/slug", test_slug);
        g_test_add_func("/text/json", test_json);
        g_test_add_func("/text/pointed", test_pointed);
        return g_test_run();
}
