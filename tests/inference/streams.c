#include "streams.h"

#include <string.h>

json_object *field(json_object *object, const char *name)
{
        json_object *value = NULL;

        json_object_object_get_ex(object, name, &value);
        return value;
}

const char *field_text(json_object *object, const char *name)
{
        json_object *value = field(object, name);

        return value ? json_object_get_string(value) : NULL;
}

void append_hex(GString *out, const char *hex)
{
        for (; *hex; hex += 2)
                g_string_append_c(out, g_ascii_xdigit_value(hex[0]) << 4 | g_ascii_xdigit_value(hex[1]));
}

GString *data_bytes(const char *folder, const char *name)
{
        g_autofree char *path = g_build_filename(TEST_SOURCE, folder, name, NULL), *bytes = NULL;
        gsize length;

        g_assert_true(g_file_get_contents(path, &bytes, &length, NULL));
        return g_string_new_len(bytes, length);
}

json_object *data_json(const char *folder, const char *name)
{
        g_autofree char *path = g_build_filename(TEST_SOURCE, folder, name, NULL);
        json_object *value = json_object_from_file(path);

        g_assert_nonnull(value);
        return value;
}

static ChatStream *begin(WireDialect dialect, gboolean scans)
{
        ChatStream *stream = chat_stream_new(dialect, FALSE);

        wire_stream_scans(stream, scans);
        return stream;
}

/* Each piece has memory of its own, so that a sanitizer sees what reads past its end. */
static void feed(ChatStream *stream, const char *bytes, gsize length)
{
        g_autofree char *piece = g_memdup2(bytes, length);

        chat_stream_feed(stream, piece, length);
}

ChatStream *read_pieces(WireDialect dialect, gboolean scans, const GString *bytes, gsize piece, ChatStatus *status)
{
        ChatStream *stream = begin(dialect, scans);

        for (gsize at = 0; at < bytes->len; at += MIN(piece, bytes->len - at))
                feed(stream, bytes->str + at, MIN(piece, bytes->len - at));
        *status = chat_stream_finish(stream);
        return stream;
}

ChatStream *read_split(WireDialect dialect, gboolean scans, const GString *bytes, gsize split, ChatStatus *status)
{
        ChatStream *stream = begin(dialect, scans);

        feed(stream, bytes->str, split);
        feed(stream, bytes->str + split, bytes->len - split);
        *status = chat_stream_finish(stream);
        return stream;
}

char *told(ChatStream *stream, ChatStatus status)
{
        json_object *answer = chat_stream_describe(stream, status);
        char *text = g_utf8_make_valid(json_object_to_json_string_ext(answer, JSON_C_TO_STRING_PLAIN), -1);

        json_object_put(answer);
        chat_stream_free(stream);
        return text;
}

static void check_same(const char *what, const char *how, gsize size, const char *one, char *other)
{
        g_autofree char *text = other;

        if (strcmp(one, text) != 0)
                g_test_message("%s, %s %" G_GSIZE_FORMAT ":\n%.2000s\n%.2000s", what, how, size, one, text);
        g_assert_true(strcmp(one, text) == 0);
}

json_object *read_every_way(const char *what, WireDialect dialect, const GString *bytes, gsize splits_max)
{
        static const gsize pieces[] = { 1, 2, 7, 64, 1460 };
        ChatStatus status;
        ChatStream *stream = read_pieces(dialect, TRUE, bytes, MAX(bytes->len, 1), &status);
        g_autofree char *whole = told(stream, status);

        for (gsize scans = 0; scans < 2; scans++) {
                for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++) {
                        stream = read_pieces(dialect, scans, bytes, pieces[i], &status);
                        check_same(what, scans ? "scanned in pieces of" : "in pieces of", pieces[i], whole, told(stream, status));
                }
                for (gsize split = 0; bytes->len <= splits_max && split <= bytes->len; split++) {
                        stream = read_split(dialect, scans, bytes, split, &status);
                        check_same(what, scans ? "scanned, split at" : "split at", split, whole, told(stream, status));
                }
        }
        return json_tokener_parse(whole);
}
