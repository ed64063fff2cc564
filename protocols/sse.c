/* Server-sent events, or lines of JSON, read incrementally. Whole lines are taken straight from the caller's bytes; only a line that is cut
 * off at the end of a piece is copied and continued with the next one. The ordinary event, one data line and its blank line, is handed on
 * where it lies. So every byte is looked at once and copied at most twice, in whatever pieces it arrives, and mostly not at all. */
#include "protocols/sse.h"

#include <gio/gio.h>
#include <string.h>

#define SSE_RETRY_MAX 86400000 /* milliseconds; a larger wish is a mistake */

struct SseReader {
        SseEventFunc func;
        SseFieldFunc field;
        gpointer user_data;
        gboolean lines; /* each line is an event */
        GString *line;  /* the beginning of a line whose end has not come yet */
        GString *event; /* the fields of the event being read */
        GString *data;
        GString *id;
        guint mark;     /* how many bytes of a byte order mark have been seen; MARK_PAST after the beginning */
        gboolean skip_lf; /* the last byte was a CR: an LF now belongs to it */
        gboolean failed;
        int retry;
        guint comments;
        guint64 copied;
};

static const char byte_order_mark[] = "\xEF\xBB\xBF";
#define MARK_PAST 4

SseReader *sse_reader_new(SseEventFunc func, gpointer user_data)
{
        SseReader *reader = g_new0(SseReader, 1);

        reader->func = func;
        reader->user_data = user_data;
        reader->line = g_string_new(NULL);
        reader->event = g_string_new(NULL);
        reader->data = g_string_new(NULL);
        reader->id = g_string_new(NULL);
        reader->retry = -1;
        return reader;
}

SseReader *sse_reader_new_lines(SseEventFunc func, gpointer user_data)
{
        SseReader *reader = sse_reader_new(func, user_data);

        reader->lines = TRUE;
        return reader;
}

void sse_reader_on_field(SseReader *reader, SseFieldFunc func)
{
        reader->field = func;
}

void sse_reader_free(SseReader *reader)
{
        if (!reader)
                return;
        g_string_free(reader->line, TRUE);
        g_string_free(reader->event, TRUE);
        g_string_free(reader->data, TRUE);
        g_string_free(reader->id, TRUE);
        g_free(reader);
}

int sse_reader_retry(const SseReader *reader)
{
        return reader->retry;
}

guint sse_reader_comments(const SseReader *reader)
{
        return reader->comments;
}

guint64 sse_reader_copied(const SseReader *reader)
{
        return reader->copied;
}

static void append(SseReader *reader, GString *to, const char *bytes, gsize length)
{
        reader->copied += length;
        g_string_append_len(to, bytes, length);
}

static void deliver(SseReader *reader, const char *data, gsize length)
{
        SseEvent event = {
                .event = reader->event->len ? reader->event->str : "message",
                .id = reader->id->str,
                .data = data,
                .data_length = length,
        };
        reader->func(&event, reader->user_data);
        g_string_truncate(reader->event, 0);
        g_string_truncate(reader->data, 0);
}

/* An event without a data field is none, as the standard has it. */
static void dispatch(SseReader *reader)
{
        if (reader->data->len)
                deliver(reader, reader->data->str, reader->data->len - 1); /* without the line feed after the last line */
        g_string_truncate(reader->event, 0);
}

static void read_retry(SseReader *reader, const char *value, gsize length)
{
        gint64 retry = 0;

        for (gsize i = 0; i < length; i++) {
                if (!g_ascii_isdigit(value[i]))
                        return;
                retry = MIN(retry * 10 + (value[i] - '0'), SSE_RETRY_MAX);
        }
        if (length)
                reader->retry = retry;
}

static gboolean is_name(const char *name, gsize length, const char *wanted)
{
        return length == strlen(wanted) && memcmp(name, wanted, length) == 0;
}

static void read_unknown(SseReader *reader, const char *name, gsize name_length, const char *value, gsize length)
{
        if (!reader->field)
                return;
        g_autofree char *name_text = g_strndup(name, name_length);
        g_autofree char *value_text = g_strndup(value, length);
        reader->field(name_text, value_text, reader->user_data);
}

/* closed: the line behind is known to be blank, so that a single data line is the whole event. TRUE in *took: it was delivered. */
static gboolean read_data(SseReader *reader, const char *value, gsize length, gboolean closed, gboolean *took, GError **error)
{
        if (reader->data->len + length >= SSE_EVENT_MAX) {
                g_set_error(error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE,
                            "The stream's sender sent an event of more than %u MiB.", SSE_EVENT_MAX / (1024 * 1024));
                return FALSE;
        }
        if (closed && !reader->data->len) {
                deliver(reader, value, length);
                *took = TRUE;
                return TRUE;
        }
        append(reader, reader->data, value, length);
        g_string_append_c(reader->data, '\n');
        return TRUE;
}

static gboolean read_field(SseReader *reader, const char *line, gsize length, gboolean closed, gboolean *took, GError **error)
{
        const char *colon = memchr(line, ':', length);
        gsize name_length = colon ? (gsize)(colon - line) : length;
        const char *value = colon ? colon + 1 : line + length;
        gsize value_length = length - (value - line);

        if (value_length && value[0] == ' ') {
                value++;
                value_length--;
        }
        if (is_name(line, name_length, "data"))
                return read_data(reader, value, value_length, closed, took, error);
        if (is_name(line, name_length, "event")) {
                g_string_truncate(reader->event, 0);
                append(reader, reader->event, value, value_length);
        } else if (is_name(line, name_length, "id")) {
                if (!memchr(value, '\0', value_length)) {
                        g_string_truncate(reader->id, 0);
                        append(reader, reader->id, value, value_length);
                }
        } else if (is_name(line, name_length, "retry")) {
                read_retry(reader, value, value_length);
        } else {
                read_unknown(reader, line, name_length, value, value_length);
        }
        return TRUE;
}

static gboolean read_line(SseReader *reader, const char *line, gsize length, gboolean closed, gboolean *took, GError **error)
{
        if (reader->lines) {
                if (length)
                        deliver(reader, line, length);
        } else if (!length) {
                dispatch(reader);
        } else if (line[0] == ':') {
                reader->comments++;
        } else {
                return read_field(reader, line, length, closed, took, error);
        }
        return TRUE;
}

/* A byte order mark at the very beginning is no part of the first line, even if it comes in pieces. What began like one and was none is
 * put back. */
static void skip_mark(SseReader *reader, const char **bytes, const char *end)
{
        while (*bytes < end && reader->mark < 3) {
                if (**bytes != byte_order_mark[reader->mark]) {
                        g_string_append_len(reader->line, byte_order_mark, reader->mark);
                        break;
                }
                reader->mark++;
                (*bytes)++;
        }
        if (*bytes < end || reader->mark == 3)
                reader->mark = MARK_PAST;
}

/* Where the next LF and CR are, each looked for only once it lies behind: a stream that never uses one of them is not searched for it line
 * by line. */
typedef struct {
        const char *lf, *cr;
} Ends;

static const char *find(const char *bytes, const char *end, char c)
{
        const char *found = memchr(bytes, c, end - bytes);

        return found ? found : end;
}

static const char *line_end(Ends *ends, const char *bytes, const char *end)
{
        if (!ends->lf || ends->lf < bytes)
                ends->lf = find(bytes, end, '\n');
        if (!ends->cr || ends->cr < bytes)
                ends->cr = find(bytes, end, '\r');
        return MIN(ends->lf, ends->cr);
}

/* Adds to the cut-off line, and reads it once its end is there. */
static gboolean take(SseReader *reader, const char *bytes, gsize length, gboolean whole, gboolean closed, gboolean *took, GError **error)
{
        if (reader->line->len + length > SSE_LINE_MAX) {
                g_set_error(error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE,
                            "The stream's sender sent a line of more than %u MiB.", SSE_LINE_MAX / (1024 * 1024));
                return FALSE;
        }
        if (whole && !reader->line->len)
                return read_line(reader, bytes, length, closed, took, error);
        append(reader, reader->line, bytes, length);
        if (!whole)
                return TRUE;
        gboolean read = read_line(reader, reader->line->str, reader->line->len, closed, took, error);
        g_string_truncate(reader->line, 0);
        return read;
}

/* The last byte of the blank line behind the line that ends at stop; NULL if there is none, or not yet. */
static const char *blank_after(const char *stop, const char *end)
{
        const char *next = stop + 1;

        if (*stop == '\r' && next < end && *next == '\n')
                next++;
        return next < end && (*next == '\n' || *next == '\r') ? next : NULL;
}

static gboolean read_piece(SseReader *reader, const char *bytes, const char *end, GError **error)
{
        Ends ends = {NULL, NULL};

        while (bytes < end) {
                gboolean took = FALSE;
                if (reader->skip_lf && *bytes == '\n') {
                        reader->skip_lf = FALSE;
                        bytes++;
                        continue;
                }
                reader->skip_lf = FALSE;
                const char *stop = line_end(&ends, bytes, end);
                const char *blank = stop < end ? blank_after(stop, end) : NULL;
                if (!take(reader, bytes, stop - bytes, stop < end, blank != NULL, &took, error))
                        return FALSE;
                if (stop == end)
                        break;
                if (took)
                        stop = blank;
                reader->skip_lf = *stop == '\r';
                bytes = stop + 1;
        }
        return TRUE;
}

gboolean sse_reader_feed(SseReader *reader, const char *bytes, gsize length, GError **error)
{
        const char *end = bytes + length;

        if (reader->failed) {
                g_set_error(error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE, "The stream was given up: it had passed a bound.");
                return FALSE;
        }
        if (reader->mark != MARK_PAST)
                skip_mark(reader, &bytes, end);
        reader->failed = !read_piece(reader, bytes, end, error);
        return !reader->failed;
}

void sse_reader_finish(SseReader *reader, gboolean lenient)
{
        gboolean took = FALSE;

        if (lenient && !reader->failed) {
                if (reader->line->len)
                        take(reader, "", 0, TRUE, TRUE, &took, NULL);
                dispatch(reader);
        }
        g_string_truncate(reader->line, 0);
        g_string_truncate(reader->event, 0);
        g_string_truncate(reader->data, 0);
}

void sse_write(GString *out, const char *event, const char *id, const char *data)
{
        g_return_if_fail(!event || !strpbrk(event, "\r\n"));
        g_return_if_fail(!id || !strpbrk(id, "\r\n"));

        if (event)
                g_string_append_printf(out, "event: %s\n", event);
        if (id)
                g_string_append_printf(out, "id: %s\n", id);
        for (;;) {
                gsize length = strcspn(data, "\r\n");
                g_string_append(out, "data: ");
                g_string_append_len(out, data, length);
                g_string_append_c(out, '\n');
                data += length;
                if (!*data)
                        break;
                data += g_str_has_prefix(data, "\r\n") ? 2 : 1;
        }
        g_string_append_c(out, '\n');
}
