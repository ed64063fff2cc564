/* Reads a model's answer from its bytes to its end. protocols/sse.h cuts the bytes into events or lines; each is one JSON object, read by
 * the dialect's file or, where it is the chunk that comes a thousand times, by scan.c; answer.c adds it up. Here is what all dialects
 * share: what is no JSON, an answer that was not streamed, errors, bounds, and how it ended.
 *
 * A stream that stops in the middle of an object was cut, and is truncated; an object that is broken though its end came makes the whole
 * answer garbage. Something that is no answer at all (a web page, an error in plain words) is found by its lines, which are no fields. */
#include <string.h>

#include "agent/inference/wire/internal.h"

#define JSON_DEPTH_MAX 64
#define ERROR_TEXT_MAX 1000 /* bytes of an error that is no JSON */

#define END "[DONE]"

#define NO_ANSWER "something other than a model's answer"
#define WEB_PAGE "a web page instead of an answer"
#define UNREADABLE "something that cannot be read"

static const struct {
        const char *name;
        gboolean lines;
} kinds[] = {
#define X(id, text, by_line) [WIRE_##id] = { text, by_line },
        WIRE_DIALECTS(X)
#undef X
};

static const Dialect *const dialects[] = {
        [WIRE_OPENAI] = &dialect_openai,       [WIRE_GROQ] = &dialect_openai,           [WIRE_DIFFUSING] = &dialect_diffusing,
        [WIRE_ANTHROPIC] = &dialect_anthropic, [WIRE_RESPONSES] = &dialect_responses,   [WIRE_OLLAMA] = &dialect_ollama,
};

G_STATIC_ASSERT(G_N_ELEMENTS(dialects) == WIRE_DIALECT_COUNT);

const char *wire_dialect_name(WireDialect dialect)
{
        return kinds[dialect].name;
}

gboolean wire_dialect_find(const char *name, WireDialect *dialect)
{
        for (guint i = 0; i < WIRE_DIALECT_COUNT; i++) {
                if (strcmp(kinds[i].name, name) == 0) {
                        *dialect = i;
                        return TRUE;
                }
        }
        return FALSE;
}

static void read_object(ChatStream *stream, json_object *object, const char *event)
{
        stream->answer.chunks++;
        if (stream->dialect->read(stream, object, event))
                stream->known++;
        else if (strcmp(event, "ping") != 0 && g_strcmp0(wire_text(object, "type"), "ping") != 0)
                stream->strange++;
        wire_read_error(stream, object, event);
}

typedef enum {
        JSON_WHOLE,
        JSON_CUT, /* the beginning of a value */
        JSON_BROKEN,
} JsonState;

/* The value is the caller's; NULL stands for null as well. */
static JsonState parse(ChatStream *stream, const char *text, gsize length, json_object **value)
{
        g_autofree char *loosened = wire_loosen_surrogates(text, length, &length);
        enum json_tokener_error state;
        gsize end;

        if (loosened)
                text = loosened;
        json_tokener_reset(stream->tokener);
        *value = json_tokener_parse_ex(stream->tokener, text, length);
        state = json_tokener_get_error(stream->tokener);
        end = json_tokener_get_parse_end(stream->tokener);
        if (state == json_tokener_continue) { /* a number or a word only ends with what follows it */
                *value = json_tokener_parse_ex(stream->tokener, "\n", 1);
                state = json_tokener_get_error(stream->tokener);
        }
        while (end < length && g_ascii_isspace(text[end]))
                end++;
        if (state == json_tokener_success && end == length)
                return JSON_WHOLE;
        json_object_put(g_steal_pointer(value));
        return state == json_tokener_continue ? JSON_CUT : JSON_BROKEN;
}

/* Google puts an error into a list. */
static json_object *object_of(json_object *value)
{
        if (json_object_is_type(value, json_type_array) && json_object_array_length(value) > 0)
                value = json_object_array_get_idx(value, 0);
        return json_object_is_type(value, json_type_object) ? value : NULL;
}

static void fail_in_words(ChatStream *stream, const char *text, gsize length)
{
        g_autofree char *words = g_strndup(text, MIN(length, ERROR_TEXT_MAX));
        json_object *error = json_object_new_string(*words == '{' ? "an error that was cut off" : g_strstrip(words));

        wire_take_error(stream, error, NULL);
        json_object_put(error);
}

static gboolean is_end(const char *text, gsize length)
{
        return length >= strlen(END) && memcmp(text, END, strlen(END)) == 0;
}

/* A value that is no object says nothing, unless it is the mark of the end in quotes. */
static void read_value(ChatStream *stream, json_object *value, const char *event)
{
        json_object *object = object_of(value);

        if (object)
                read_object(stream, object, event);
        else if (json_object_is_type(value, json_type_string) && is_end(json_object_get_string(value), json_object_get_string_len(value)))
                stream->answer.done = TRUE;
        else if (value)
                stream->strange++;
}

/* Reads one line as an event; event NULL: only looks whether it could. At the end of the body the last line may be cut. */
static gboolean read_line(ChatStream *stream, const char *line, gsize length, gboolean last, const char *event)
{
        json_object *value = NULL;
        JsonState state;

        if (length == 0 || stream->answer.done || stream->answer.failed)
                return TRUE;
        if (is_end(line, length)) {
                stream->answer.done = stream->answer.done || event;
                return TRUE;
        }
        state = parse(stream, line, length, &value);
        if (event && state == JSON_WHOLE)
                read_value(stream, value, event);
        json_object_put(value);
        return state == JSON_WHOLE || (state == JSON_CUT && last && stream->ending);
}

static gboolean each_line(ChatStream *stream, const char *text, gsize length, const char *event)
{
        while (length > 0) {
                const char *end = memchr(text, '\n', length);
                gsize line = end ? (gsize)(end - text) : length, taken = line + (end != NULL);
                if (!read_line(stream, text, line, taken == length, event))
                        return FALSE;
                text += taken;
                length -= taken;
        }
        return TRUE;
}

/* Some servers end an event with its line and forget the blank one, so that what should be one value is several. FALSE: it is not that. */
static gboolean read_lines(ChatStream *stream, const char *text, gsize length, const char *event)
{
        return memchr(text, '\n', length) && each_line(stream, text, length, NULL) && each_line(stream, text, length, event);
}

/* Objects on one line, or simply one behind another. FALSE: something else is there; at the end of the body the last one may be cut. */
static gboolean read_row(ChatStream *stream, const char *text, gsize length, const char *event)
{
        g_autofree char *loosened = wire_loosen_surrogates(text, length, &length);
        const char *at = loosened ? loosened : text, *end = at + length;

        while (!stream->answer.done && !stream->answer.failed) {
                enum json_tokener_error state;
                json_object *object;
                while (at < end && g_ascii_isspace(*at))
                        at++;
                if (at == end)
                        return TRUE;
                if (*at != '{')
                        return FALSE;
                json_tokener_reset(stream->tokener);
                object = json_tokener_parse_ex(stream->tokener, at, end - at);
                state = json_tokener_get_error(stream->tokener);
                if (!object)
                        return state == json_tokener_continue && stream->ending;
                at += json_tokener_get_parse_end(stream->tokener);
                read_object(stream, object, event);
                json_object_put(object);
        }
        return TRUE;
}

/* What a body of lines may end with if it was cut, though it is no beginning of JSON. */
static gboolean is_cut_mark(const char *text, gsize length)
{
        static const char *const marks[] = { END, "data:" };

        for (gsize i = 0; i < G_N_ELEMENTS(marks); i++) {
                if (length < strlen(marks[i]) && memcmp(text, marks[i], length) == 0)
                        return TRUE;
        }
        return FALSE;
}

/* What is broken is several objects, or was cut, or nothing that can be read. */
static gboolean read_broken(ChatStream *stream, const char *text, gsize length, const char *event)
{
        gboolean lines = kinds[stream->kind].lines;

        if (read_lines(stream, text, length, event) || (lines && read_row(stream, text, length, event)))
                return TRUE;
        return stream->ending && (!lines || is_cut_mark(text, length));
}

/* An event named error is one even if its data is no JSON, or nothing. */
static void read_json(ChatStream *stream, const char *text, gsize length, const char *event)
{
        json_object *value;
        JsonState state = parse(stream, text, length, &value);

        if (strcmp(event, "error") == 0 && !object_of(value))
                fail_in_words(stream, text, length);
        else if (state == JSON_WHOLE)
                read_value(stream, value, event);
        else if (state == JSON_CUT && stream->dialect == &dialect_ollama && !stream->ending && stream->answer.chunks == 0)
                stream->plain = g_string_new_len(text, length); /* its first line is only the beginning of an object */
        else if (state == JSON_CUT ? !stream->ending : !read_broken(stream, text, length, event))
                wire_fail(stream, TRUE, text[0] == '<' ? WEB_PAGE : UNREADABLE);
        json_object_put(value);
}

static void add_plain(ChatStream *stream, const char *bytes, gsize length)
{
        if (stream->plain->len + length > CHAT_PLAIN_MAX)
                wire_fail(stream, TRUE, "more than 32 MiB");
        else
                g_string_append_len(stream->plain, bytes, length);
}

static void event_cb(const SseEvent *event, gpointer user_data)
{
        ChatStream *stream = user_data;
        const char *data = event->data;
        gsize length = event->data_length;

        if (stream->answer.done || stream->answer.failed)
                return;
        if (stream->plain) {
                add_plain(stream, data, length);
                add_plain(stream, "\n", 1);
                return;
        }
        if (stream->scanning && event->event[0] == 'm' && wire_scan(stream, data, length))
                return;
        if (kinds[stream->kind].lines && length >= 5 && memcmp(data, "data:", 5) == 0) { /* a proxy in between made events of it */
                data += 5;
                length -= 5;
        }
        for (; length > 0 && g_ascii_isspace(*data); length--)
                data++;
        if (length == 0 && strcmp(event->event, "error") != 0)
                return;
        if (is_end(data, length))
                stream->answer.done = TRUE;
        else if (strcmp(event->event, "ping") != 0)
                read_json(stream, data, length, event->event);
}

/* A line that is no field of an event stream: llama.cpp's old way to report an error, or part of something that is no stream at all. The
 * beginning of a field's name at the end of the body was cut. */
static void field_cb(const char *name, const char *value, gpointer user_data)
{
        static const char *const names[] = { "data", "event", "id", "retry", "error" };
        ChatStream *stream = user_data;

        if (stream->answer.done || stream->answer.failed)
                return;
        if (strcmp(name, "error") == 0 && *value) {
                if (strcmp(value, "null") != 0)
                        read_json(stream, value, strlen(value), "error");
                return;
        }
        for (gsize i = 0; stream->ending && !*value && i < G_N_ELEMENTS(names); i++) {
                if (g_str_has_prefix(names[i], name))
                        return;
        }
        stream->strange++;
        stream->page = stream->page || name[strspn(name, " \t")] == '<';
}

ChatStream *chat_stream_new(WireDialect kind, gboolean plain)
{
        ChatStream *stream = g_new0(ChatStream, 1);

        stream->kind = kind;
        stream->dialect = dialects[kind];
        stream->reader = kinds[kind].lines ? sse_reader_new_lines(event_cb, stream) : sse_reader_new(event_cb, stream);
        sse_reader_on_field(stream->reader, field_cb);
        if (plain && kinds[kind].lines) {
                stream->plain = g_string_new(NULL);
                stream->direct = TRUE;
        }
        stream->tokener = json_tokener_new_ex(JSON_DEPTH_MAX);
        stream->scanning = stream->dialect->scans;
        stream->frame.before = g_string_new(NULL);
        stream->frame.after = g_string_new(NULL);
        stream->unescaped = g_string_new(NULL);
        wire_answer_init(stream);
        return stream;
}

void wire_stream_scans(ChatStream *stream, gboolean scans)
{
        stream->scanning = scans && stream->dialect->scans;
}

guint64 wire_stream_copied(const ChatStream *stream)
{
        return sse_reader_copied(stream->reader);
}

/* Where the first byte that says something is; a mark and white space before it say nothing. */
static gsize skip_blank(const char *bytes, gsize length)
{
        gsize at = 0;

        while (at < length && (g_ascii_isspace(bytes[at]) || memchr("\xef\xbb\xbf", bytes[at], 3)))
                at++;
        return at;
}

/* An event stream never begins with a bracket: such a body is one object, whatever its headers said. Returns how much stands before. */
static gsize begin(ChatStream *stream, const char *bytes, gsize length)
{
        gsize at = skip_blank(bytes, length);

        stream->begun = at < length;
        if (stream->begun && !kinds[stream->kind].lines && (bytes[at] == '{' || bytes[at] == '[')) {
                stream->plain = g_string_new(NULL);
                stream->direct = TRUE;
        }
        return at;
}

static void take_bytes(ChatStream *stream, const char *bytes, gsize length)
{
        g_autoptr(GError) error = NULL;

        if (stream->direct)
                add_plain(stream, bytes, length);
        else if (!sse_reader_feed(stream->reader, bytes, length, &error))
                wire_fail(stream, TRUE, "a line or an event of more than 16 MiB");
}

gboolean chat_stream_feed(ChatStream *stream, const char *bytes, gsize length)
{
        gsize before = 0;

        if (stream->answer.failed)
                return FALSE;
        stream->fed += length;
        if (stream->fed > CHAT_BODY_MAX)
                wire_fail(stream, TRUE, "more than 4 GiB");
        if (!stream->begun && !stream->direct) {
                before = begin(stream, bytes, length);
                if (!sse_reader_feed(stream->reader, bytes, before, NULL))
                        wire_fail(stream, TRUE, "more than 16 MiB of nothing");
        }
        take_bytes(stream, bytes + before, length - before);
        return !stream->answer.failed;
}

static void read_plain(ChatStream *stream)
{
        gsize at = skip_blank(stream->plain->str, stream->plain->len);
        json_object *value;
        JsonState state = parse(stream, stream->plain->str + at, stream->plain->len - at, &value);

        if (state == JSON_WHOLE)
                read_value(stream, value, "message");
        else if (state == JSON_BROKEN && !read_lines(stream, stream->plain->str + at, stream->plain->len - at, "message") &&
                 !(kinds[stream->kind].lines && read_row(stream, stream->plain->str + at, stream->plain->len - at, "message")))
                wire_fail(stream, TRUE, stream->plain->str[at] == '<' ? WEB_PAGE : UNREADABLE);
        if (state == JSON_WHOLE && stream->known > 0)
                stream->answer.done = TRUE;
        json_object_put(value);
}

ChatStatus chat_stream_finish(ChatStream *stream)
{
        ChatAnswer *answer = &stream->answer;

        if (stream->ending)
                return stream->status;
        stream->ending = TRUE;
        sse_reader_finish(stream->reader, !stream->direct);
        if (stream->plain && !answer->failed)
                read_plain(stream);
        if (g_strcmp0(answer->finish_reason, "error") == 0)
                wire_fail(stream, FALSE, "the server ended its answer with an error and did not say which");
        if (stream->known == 0 && stream->strange > 0 && !answer->done)
                wire_fail(stream, TRUE, stream->page ? WEB_PAGE : NO_ANSWER);
        wire_answer_end(stream);
        stream->status = answer->failed ? CHAT_ERROR : answer->done || answer->finish_reason ? CHAT_COMPLETE : CHAT_TRUNCATED;
        if (stream->status == CHAT_COMPLETE)
                answer->settled = answer->content->len;
        return stream->status;
}

const ChatAnswer *chat_stream_answer(const ChatStream *stream)
{
        return &stream->answer;
}

void chat_stream_free(ChatStream *stream)
{
        if (!stream)
                return;
        sse_reader_free(stream->reader);
        if (stream->plain)
                g_string_free(stream->plain, TRUE);
        json_tokener_free(stream->tokener);
        g_string_free(stream->frame.before, TRUE);
        g_string_free(stream->frame.after, TRUE);
        g_string_free(stream->unescaped, TRUE);
        wire_answer_clear(stream);
        g_free(stream);
}
