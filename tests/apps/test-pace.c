/* The pace of a page that grows: whatever the pieces and the reads, the same bytes in the same order, to the end. */
#include <gio/gunixinputstream.h>
#include <glib-unix.h>
#include <string.h>
#include <unistd.h>

#include "shell/apps/page.h"

#define READ 100    /* bytes at a time, less than is held */
#define PIECES 400
#define MUCH (300 * 1024) /* more than is held */

typedef struct {
        GInputStream *stream;
        GCancellable *cancellable;
        GString *got;
        char buffer[READ];
        gboolean ended, turned; /* turned: a read has come back */
        GError *error;
        int in; /* what the stream reads from */
} Reader;

static void reader_begin(Reader *reader)
{
        int ends[2];
        g_autoptr(GInputStream) base = NULL;

        g_assert_true(g_unix_open_pipe(ends, FD_CLOEXEC, NULL));
        base = g_unix_input_stream_new(ends[0], TRUE);
        *reader = (Reader){.stream = pace_stream(base), .cancellable = g_cancellable_new(), .got = g_string_new(NULL), .in = ends[1]};
}

static void reader_end(Reader *reader)
{
        g_object_unref(reader->stream);
        g_object_unref(reader->cancellable);
        g_string_free(reader->got, TRUE);
        g_clear_error(&reader->error);
        if (reader->in >= 0)
                close(reader->in);
}

static void put(Reader *reader, const char *text)
{
        g_assert_cmpint(write(reader->in, text, strlen(text)), ==, (gssize)strlen(text));
}

static void put_end(Reader *reader)
{
        close(reader->in);
        reader->in = -1;
}

static void ask(Reader *reader, gboolean on);

static void read_on_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
        Reader *reader = user_data;
        gssize n = g_input_stream_read_finish(reader->stream, result, &reader->error);

        reader->turned = TRUE;
        reader->ended = n <= 0;
        if (n > 0) {
                g_string_append_len(reader->got, reader->buffer, n);
                ask(reader, TRUE);
        }
}

static void read_once_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
        Reader *reader = user_data;
        gssize n = g_input_stream_read_finish(reader->stream, result, &reader->error);

        reader->turned = TRUE;
        if (n > 0)
                g_string_append_len(reader->got, reader->buffer, n);
}

static void ask(Reader *reader, gboolean on)
{
        g_input_stream_read_async(reader->stream, reader->buffer, sizeof reader->buffer, G_PRIORITY_DEFAULT, reader->cancellable,
                                  on ? read_on_cb : read_once_cb, reader);
}

static void until(gboolean *flag)
{
        while (!*flag)
                g_main_context_iteration(NULL, TRUE);
}

/* Each piece is only put once the one before has been waited for or is on its way, so that reads and pieces meet in every order. */
static void test_pieces(void)
{
        g_autoptr(GString) wanted = g_string_new(NULL);
        Reader reader;

        reader_begin(&reader);
        ask(&reader, TRUE);
        for (int i = 0; i < PIECES; i++) {
                g_autofree char *piece = g_strdup_printf("<li>piece %d of a page that grows%s", i, i % 7 ? "" : ", and a longer one");

                g_string_append(wanted, piece);
                put(&reader, piece);
                for (int turn = 0; turn < i % 5; turn++)
                        g_main_context_iteration(NULL, FALSE);
        }
        put_end(&reader);
        until(&reader.ended);
        g_assert_no_error(reader.error);
        g_assert_cmpstr(reader.got->str, ==, wanted->str);
        reader_end(&reader);
}

/* What is there goes on although nothing more comes, during a check as well. */
static void test_no_end(void)
{
        Reader reader;

        reader_begin(&reader);
        pace_check_begins();
        ask(&reader, FALSE);
        put(&reader, "first");
        until(&reader.turned);
        g_assert_cmpstr(reader.got->str, ==, "first");
        reader.turned = FALSE;
        ask(&reader, FALSE);
        put(&reader, ", second");
        until(&reader.turned);
        g_assert_cmpstr(reader.got->str, ==, "first, second");
        pace_check_ends();
        reader_end(&reader);
}

static gpointer write_much(gpointer data)
{
        g_autofree char *block = g_malloc(MUCH);
        int in = GPOINTER_TO_INT(data);

        for (int i = 0; i < MUCH; i++)
                block[i] = (char)('a' + i % 26);
        for (gssize at = 0, n; at < MUCH; at += n) {
                n = write(in, block + at, MUCH - (gsize)at);
                g_assert_cmpint(n, >, 0);
        }
        close(in);
        return NULL;
}

static void test_much(void)
{
        GThread *thread;
        Reader reader;

        reader_begin(&reader);
        thread = g_thread_new("writer", write_much, GINT_TO_POINTER(reader.in));
        reader.in = -1;
        ask(&reader, TRUE);
        until(&reader.ended);
        g_thread_join(thread);
        g_assert_no_error(reader.error);
        g_assert_cmpuint(reader.got->len, ==, MUCH);
        for (gsize i = 0; i < MUCH; i++)
                g_assert_cmpint(reader.got->str[i], ==, 'a' + (char)(i % 26));
        reader_end(&reader);
}

static void test_cancelled(void)
{
        Reader reader;

        reader_begin(&reader);
        ask(&reader, FALSE);
        g_cancellable_cancel(reader.cancellable);
        until(&reader.turned);
        g_assert_error(reader.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
        /* The stream does not outlive who read it. */
        g_object_add_weak_pointer(G_OBJECT(reader.stream), (gpointer *)&reader.stream);
        g_object_unref(reader.stream);
        while (reader.stream)
                g_main_context_iteration(NULL, TRUE);
        reader.stream = g_memory_input_stream_new();
        reader_end(&reader);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/pace/pieces", test_pieces);
        g_test_add_func("/pace/no-end", test_no_end);
        g_test_add_func("/pace/much", test_much);
        g_test_add_func("/pace/cancelled", test_cancelled);
        return g_test_run();
}
