/* Server-sent events (WHATWG HTML, section 9.2) and lines of JSON: one incremental reader, used for the models' streams and for the agent's
 * events, and the writer. */
#pragma once

#include <glib.h>

/* A longer line or event is an error, never a larger buffer. */
#define SSE_LINE_MAX (16u * 1024 * 1024)
#define SSE_EVENT_MAX (16u * 1024 * 1024)

typedef struct {
        const char *event; /* "message" where the stream named none */
        const char *id;    /* the last id seen, "" if none yet */
        const char *data;  /* data_length bytes, NULs among them or not; no NUL behind them: they may lie in the caller's own buffer */
        gsize data_length;
} SseEvent;

/* Called for each whole event; the strings live only until it returns. */
typedef void (*SseEventFunc)(const SseEvent *event, gpointer user_data);

typedef struct SseReader SseReader;

/* func must not free the reader. */
SseReader *sse_reader_new(SseEventFunc func, gpointer user_data);

/* The same reader for NDJSON: each line that is not empty is an event without a name; there are no fields and no comments. */
SseReader *sse_reader_new_lines(SseEventFunc func, gpointer user_data);

/* Called at once for each field that the standard does not name and an ordinary reader skips, such as llama.cpp's `error:`. */
typedef void (*SseFieldFunc)(const char *name, const char *value, gpointer user_data);
void sse_reader_on_field(SseReader *reader, SseFieldFunc func);

/* Reads the next bytes, in any split; linear in their number. FALSE and G_IO_ERROR_MESSAGE_TOO_LARGE once a bound is passed: the reader
 * then takes no more. */
gboolean sse_reader_feed(SseReader *reader, const char *bytes, gsize length, GError **error);

/* The stream has ended. With lenient TRUE an event whose closing blank line is missing is still delivered (llama.cpp's last one). */
void sse_reader_finish(SseReader *reader, gboolean lenient);

/* The reconnection time that the stream asked for, in milliseconds; -1 if it asked for none. */
int sse_reader_retry(const SseReader *reader);

/* How many comment lines were seen: a keep-alive, which proves that the sender lives. */
guint sse_reader_comments(const SseReader *reader);

/* How many bytes have been copied so far: what tests and benches hold against the bytes fed. */
guint64 sse_reader_copied(const SseReader *reader);

/* Accepts NULL. */
void sse_reader_free(SseReader *reader);

/* Appends one event to out. event and id may be NULL; data may hold line breaks. */
void sse_write(GString *out, const char *event, const char *id, const char *data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(SseReader, sse_reader_free)
