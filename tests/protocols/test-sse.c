/* Verifies that the reader of event streams gives the same events for the pieces as they came, for the whole, byte by byte and for every
 * split in two. */
#include <gio/gio.h>
#include <string.h>

#include "protocols/sse.h"
#include "protocols/text.h"

static json_object *vectors;

static void collect_cb(const SseEvent *event, gpointer user_data)
{
        json_object *object = json_object_new_object();

        json_object_object_add(object, "event", json_object_new_string(event->event));
        json_object_object_add(object, "id", json_object_new_string(event->id));
        json_object_object_add(object, "data", json_object_new_string_len(event->data, event->data_length));
        json_object_array_add(user_data, object);
}

static json_object *get(json_object *object, const char *name)
{
        json_object *value = NULL;

        g_assert_true(json_object_object_get_ex(object, name, &value));
        return value;
}

/* Feeds the pieces and compares with what the vector wants. */
static void run(json_object *vector, GBytes **pieces, guint count)
{
        json_object *events = json_object_new_array();
        g_autoptr(SseReader) reader = sse_reader_new(collect_cb, events);
        g_autoptr(GError) error = NULL;

        for (guint i = 0; i < count; i++) {
                gsize length;
                const char *bytes = g_bytes_get_data(pieces[i], &length);
                g_assert_true(sse_reader_feed(reader, bytes, length, &error));
        }
        sse_reader_finish(reader, json_object_get_boolean(get(vector, "lenient")));
        g_assert_cmpstr(json_object_to_json_string(events), ==, json_object_to_json_string(get(vector, "events")));
        g_assert_cmpint(sse_reader_retry(reader), ==, json_object_get_int(get(vector, "retry")));
        g_assert_cmpint(sse_reader_comments(reader), ==, json_object_get_int(get(vector, "comments")));
        json_object_put(events);
}

static GBytes *from_hex(const char *hex)
{
        gsize length = strlen(hex) / 2;
        guint8 *bytes = g_malloc(length + 1);

        for (gsize i = 0; i < length; i++)
                bytes[i] = g_ascii_xdigit_value(hex[2 * i]) << 4 | g_ascii_xdigit_value(hex[2 * i + 1]);
        return g_bytes_new_take(bytes, length);
}

static void test_vector(gconstpointer data)
{
        json_object *vector = (json_object *)data;
        json_object *chunks = get(vector, "chunks_hex");
        g_autoptr(GPtrArray) pieces = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
        g_autoptr(GPtrArray) single = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
        g_autoptr(GByteArray) all = g_byte_array_new();

        for (gsize i = 0; i < json_object_array_length(chunks); i++) {
                GBytes *piece = from_hex(json_object_get_string(json_object_array_get_idx(chunks, i)));
                g_byte_array_append(all, g_bytes_get_data(piece, NULL), g_bytes_get_size(piece));
                g_ptr_array_add(pieces, piece);
        }
        run(vector, (GBytes **)pieces->pdata, pieces->len);

        g_autoptr(GBytes) whole = g_bytes_new(all->data, all->len);
        run(vector, &whole, 1);
        for (guint i = 0; i < all->len; i++)
                g_ptr_array_add(single, g_bytes_new_from_bytes(whole, i, 1));
        run(vector, (GBytes **)single->pdata, single->len);
        for (guint i = 0; i <= all->len; i++) {
                g_autoptr(GBytes) head = g_bytes_new_from_bytes(whole, 0, i);
                g_autoptr(GBytes) tail = g_bytes_new_from_bytes(whole, i, all->len - i);
                run(vector, (GBytes *[]){head, tail}, 2);
        }
}

static void ignore_cb(const SseEvent *event, gpointer user_data)
{
        (*(guint *)user_data)++;
}

static void test_line_bound(void)
{
        guint events = 0;
        g_autoptr(SseReader) reader = sse_reader_new(ignore_cb, &events);
        g_autoptr(GError) error = NULL;
        g_autofree char *piece = g_strnfill(SSE_LINE_MAX / 2, 'x');

        g_assert_true(sse_reader_feed(reader, piece, SSE_LINE_MAX / 2, &error));
        g_assert_true(sse_reader_feed(reader, piece, SSE_LINE_MAX / 2, &error));
        g_assert_false(sse_reader_feed(reader, piece, 1, &error));
        g_assert_error(error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE);
        g_clear_error(&error);
        g_assert_false(sse_reader_feed(reader, "\n\ndata: a\n\n", 11, &error));
        g_assert_error(error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE);
        g_assert_cmpuint(events, ==, 0);
}

static void test_event_bound(void)
{
        guint events = 0;
        g_autoptr(SseReader) reader = sse_reader_new(ignore_cb, &events);
        g_autoptr(GError) error = NULL;
        g_autofree char *fill = g_strnfill(1024 * 1024 - 7, 'x');
        g_autofree char *line = g_strdup_printf("data: %s\n", fill);

        for (guint i = 0; i < SSE_EVENT_MAX / (1024 * 1024) && !error; i++)
                sse_reader_feed(reader, line, strlen(line), &error);
        g_assert_no_error(error);
        g_assert_false(sse_reader_feed(reader, line, strlen(line), &error));
        g_assert_error(error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE);
        g_assert_cmpuint(events, ==, 0);
}

/* Lines that end in one kind only must not be searched for the other kind again and again: this would take minutes. */
static void test_linear(void)
{
        guint events = 0;
        g_autoptr(SseReader) reader = sse_reader_new(ignore_cb, &events);
        g_autoptr(GString) stream = g_string_new(NULL);

        for (guint i = 0; i < 1000000; i++)
                g_string_append(stream, "data:a\r\r");
        g_assert_true(sse_reader_feed(reader, stream->str, stream->len, NULL));
        g_assert_cmpuint(events, ==, 1000000);
}

/* Lines of JSON, by the same reader: no fields, no comments, nothing for an empty line, and the last one may lack its end. */
static void test_lines(void)
{
        const char *stream = "\xef\xbb\xbf{\"a\":1}\r\n\r\n: b\ndata: c\n\n{\"d\":2}";

        for (gsize split = 0; split <= strlen(stream); split++) {
                json_object *events = json_object_new_array();
                g_autoptr(SseReader) reader = sse_reader_new_lines(collect_cb, events);
                static const char *const wanted[] = {"{\"a\":1}", ": b", "data: c", "{\"d\":2}"};
                g_assert_true(sse_reader_feed(reader, stream, split, NULL));
                g_assert_true(sse_reader_feed(reader, stream + split, strlen(stream) - split, NULL));
                sse_reader_finish(reader, TRUE);
                g_assert_cmpuint(json_object_array_length(events), ==, G_N_ELEMENTS(wanted));
                for (gsize i = 0; i < G_N_ELEMENTS(wanted); i++)
                        g_assert_cmpstr(json_object_get_string(get(json_object_array_get_idx(events, i), "data")), ==, wanted[i]);
                g_assert_cmpuint(sse_reader_comments(reader), ==, 0);
                json_object_put(events);
        }
}

/* The ordinary event is handed on where it lies, whatever ends its lines; what is cut is copied once. */
static void check_copied(const char *stream, gsize most)
{
        guint events = 0;
        g_autoptr(SseReader) whole = sse_reader_new(ignore_cb, &events), single = sse_reader_new(ignore_cb, &events);

        g_assert_true(sse_reader_feed(whole, stream, strlen(stream), NULL));
        g_assert_cmpuint(events, ==, 2);
        g_assert_cmpuint(sse_reader_copied(whole), ==, most);
        for (const char *at = stream; *at; at++)
                g_assert_true(sse_reader_feed(single, at, 1, NULL));
        g_assert_cmpuint(events, ==, 4);
        g_assert_cmpuint(sse_reader_copied(single), <=, 2 * strlen(stream));
}

static void test_copied(void)
{
        check_copied("data: a\n\ndata:b\n\n", 0);
        check_copied("data: a\r\n\r\ndata:b\r\n\r\n", 0);
        check_copied("data: a\r\rdata:b\r\r", 0);
        check_copied("event: e\ndata: a\n\ndata:b\n\n", 1); /* the event's name */
        check_copied("data: a\ndata: c\n\ndata:b\n\n", 2); /* the two lines of one event */
}

static void field_cb(const char *name, const char *value, gpointer user_data)
{
        json_object_array_add(user_data, json_object_new_string(name));
        json_object_array_add(user_data, json_object_new_string(value));
}

static void test_unknown_field(void)
{
        json_object *seen = json_object_new_array();
        g_autoptr(SseReader) reader = sse_reader_new(collect_cb, seen);
        const char *stream = "error: {\"code\":400}\nodd\n\n";

        sse_reader_on_field(reader, field_cb);
        g_assert_true(sse_reader_feed(reader, stream, strlen(stream), NULL));
        g_assert_cmpstr(json_object_to_json_string_ext(seen, JSON_C_TO_STRING_PLAIN), ==,
                        "[\"error\",\"{\\\"code\\\":400}\",\"odd\",\"\"]");
        json_object_put(seen);
}

static void test_write(void)
{
        static const struct {
                const char *data, *read;
        } cases[] = {{"", ""}, {"a", "a"}, {"a\nb", "a\nb"}, {"a\r\nb\rc\n", "a\nb\nc\n"}, {" x", " x"}, {"\n", "\n"}};

        for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
                json_object *events = json_object_new_array();
                g_autoptr(SseReader) reader = sse_reader_new(collect_cb, events);
                g_autoptr(GString) out = g_string_new(NULL);
                sse_write(out, "state", "17", cases[i].data);
                sse_write(out, NULL, NULL, "next");
                g_assert_true(sse_reader_feed(reader, out->str, out->len, NULL));
                g_assert_cmpuint(json_object_array_length(events), ==, 2);
                json_object *first = json_object_array_get_idx(events, 0);
                json_object *second = json_object_array_get_idx(events, 1);
                g_assert_cmpstr(json_object_get_string(get(first, "event")), ==, "state");
                g_assert_cmpstr(json_object_get_string(get(first, "id")), ==, "17");
                g_assert_cmpstr(json_object_get_string(get(first, "data")), ==, cases[i].read);
                g_assert_cmpstr(json_object_get_string(get(second, "event")), ==, "message");
                json_object_put(events);
        }
}

int main(int argc, char **argv)
{
        g_autofree char *text = NULL;
        gsize length = 0;

        g_test_init(&argc, &argv, NULL);
        g_assert_true(g_file_get_contents(g_getenv("IMPROMPTU_VECTORS"), &text, &length, NULL));
        vectors = text_json(text, length, NULL);
        for (gsize i = 0; i < json_object_array_length(vectors); i++) {
                json_object *vector = json_object_array_get_idx(vectors, i);
                g_autofree char *slug = text_slug(json_object_get_string(get(vector, "note")), 60);
                g_autofree char *path = g_strdup_printf("/sse/vector/%02" G_GSIZE_FORMAT "-%s", i, slug);
                g_test_add_data_func(path, vector, test_vector);
        }
        g_test_add_func("/sse/line-bound", test_line_bound);
        g_test_add_func("/sse/event-bound", test_event_bound);
        g_test_add_func("/sse/linear", test_linear);
        g_test_add_func("/sse/lines", test_lines);
        g_test_add_func("/sse/copied", test_copied);
        g_test_add_func("/sse/unknown-field", test_unknown_field);
        g_test_add_func("/sse/write", test_write);
        int result = g_test_run();
        json_object_put(vectors);
        return result;
}
