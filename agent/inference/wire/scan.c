/* Reads the chunk that comes a thousand times an answer, without json-c: one choice whose delta is a piece of text or of thoughts. The scan
 * looks at every byte of the chunk and takes it only if it is JSON, every name in it is one whose meaning is known here, and nothing in it
 * has a meaning beyond that text; whatever else comes is left to json-c, so that there is nothing to guess. A name that is not known may
 * stand there with null, which means nothing anywhere.
 *
 * Chunks in a row mostly differ in their text alone. What stood around the text of the last chunk is kept as a frame: a chunk that has the
 * same bytes before and after one JSON string is known to mean the same, and only the string has to be looked at. */
#include <string.h>

#include "agent/inference/wire/internal.h"

typedef struct {
        const char *at, *end;
} Cursor;

typedef struct {
        const char *text; /* between the quotes; NULL: not given, or null */
        gsize length;
        gboolean escaped;
        gboolean seen;
} Span;

typedef struct {
        Span id, model, content, reasoning, reasoning_content;
        gboolean choices, delta;
} Found;

typedef gboolean (*FieldFunc)(Cursor *cursor, const char *name, gsize length, Found *found);

static void skip_space(Cursor *cursor)
{
        while (cursor->at < cursor->end && (*cursor->at == ' ' || *cursor->at == '\t' || *cursor->at == '\n' || *cursor->at == '\r'))
                cursor->at++;
}

static gboolean take(Cursor *cursor, char c)
{
        skip_space(cursor);
        if (cursor->at == cursor->end || *cursor->at != c)
                return FALSE;
        cursor->at++;
        return TRUE;
}

static gboolean take_word(Cursor *cursor, const char *word)
{
        gsize length = strlen(word);

        skip_space(cursor);
        if ((gsize)(cursor->end - cursor->at) < length || memcmp(cursor->at, word, length) != 0)
                return FALSE;
        cursor->at += length;
        return TRUE;
}

/* Past one escape; FALSE if it is none of JSON's. */
static gboolean skip_escape(Cursor *cursor)
{
        const char *at = cursor->at + 1;

        if (at == cursor->end)
                return FALSE;
        if (*at == 'u') {
                for (int i = 1; i <= 4; i++) {
                        if (at + i >= cursor->end || !g_ascii_isxdigit(at[i]))
                                return FALSE;
                }
                at += 4;
        } else if (*at == '\0' || !strchr("\"\\/bfnrt", *at)) {
                return FALSE;
        }
        cursor->at = at + 1;
        return TRUE;
}

/* Nothing in it that a string has to be read for: a loop without branches, which a compiler makes wide. */
static gboolean is_smooth(const char *text, gsize length)
{
        guint odd = 0;

        for (gsize i = 0; i < length; i++)
                odd |= ((guchar)text[i] < 0x20) | (text[i] == '\\');
        return !odd;
}

static gboolean take_rough_string(Cursor *cursor, Span *span)
{
        while (cursor->at < cursor->end) {
                guchar c = *cursor->at;
                if (c == '"') {
                        span->length = cursor->at - span->text;
                        cursor->at++;
                        return TRUE;
                }
                if (c < 0x20)
                        return FALSE;
                if (c != '\\') {
                        cursor->at++;
                        continue;
                }
                span->escaped = TRUE;
                if (!skip_escape(cursor))
                        return FALSE;
        }
        return FALSE;
}

/* The rest of a string, the cursor being past its opening quote; left past the closing one. */
static gboolean take_string_rest(Cursor *cursor, Span *span)
{
        const char *quote = memchr(cursor->at, '"', cursor->end - cursor->at);

        span->text = cursor->at;
        span->escaped = FALSE;
        if (!quote)
                return FALSE;
        span->length = quote - span->text;
        if (!is_smooth(span->text, span->length))
                return take_rough_string(cursor, span);
        cursor->at = quote + 1;
        return TRUE;
}

/* A string or null, once. */
static gboolean take_span(Cursor *cursor, Span *span)
{
        if (span->seen)
                return FALSE;
        span->seen = TRUE;
        if (take_word(cursor, "null"))
                return TRUE;
        return take(cursor, '"') && take_string_rest(cursor, span);
}

/* A string that is only kept if it needs no reading. */
static gboolean take_plain_span(Cursor *cursor, Span *span)
{
        return take_span(cursor, span) && !span->escaped;
}

/* A string or null that says nothing. */
static gboolean skip_string(Cursor *cursor)
{
        Span ignored = { 0 };

        return take_span(cursor, &ignored);
}

static gboolean skip_digits(Cursor *cursor)
{
        const char *from = cursor->at;

        while (cursor->at < cursor->end && g_ascii_isdigit(*cursor->at))
                cursor->at++;
        return cursor->at > from;
}

/* A number without an exponent. */
static gboolean skip_number(Cursor *cursor)
{
        const char *from;

        if (take_word(cursor, "null"))
                return TRUE;
        from = cursor->at;
        if (!skip_digits(cursor) || (*from == '0' && cursor->at - from > 1) || cursor->at - from > 18)
                return FALSE;
        if (cursor->at < cursor->end && *cursor->at == '.') {
                cursor->at++;
                if (!skip_digits(cursor) || cursor->at - from > 36)
                        return FALSE;
        }
        return TRUE;
}

static gboolean walk_object(Cursor *cursor, FieldFunc field, Found *found)
{
        Span name = { 0 };

        if (!take(cursor, '{'))
                return FALSE;
        if (take(cursor, '}'))
                return TRUE;
        do {
                if (!take(cursor, '"') || !take_string_rest(cursor, &name) || name.escaped || !take(cursor, ':'))
                        return FALSE;
                skip_space(cursor);
                if (!field(cursor, name.text, name.length, found))
                        return FALSE;
        } while (take(cursor, ','));
        return take(cursor, '}');
}

static gboolean is(const char *name, gsize length, const char *wanted)
{
        return length == strlen(wanted) && memcmp(name, wanted, length) == 0;
}

static gboolean delta_field(Cursor *cursor, const char *name, gsize length, Found *found)
{
        if (is(name, length, "content"))
                return take_span(cursor, &found->content);
        if (is(name, length, "reasoning"))
                return take_span(cursor, &found->reasoning);
        if (is(name, length, "reasoning_content"))
                return take_span(cursor, &found->reasoning_content);
        if (is(name, length, "role") || is(name, length, "channel"))
                return skip_string(cursor);
        return take_word(cursor, "null");
}

/* The index ends here: what follows it, 1 as in 01 or 0.1, is for json-c. */
static gboolean take_first_index(Cursor *cursor)
{
        if (!take(cursor, '0'))
                return FALSE;
        return cursor->at < cursor->end && (*cursor->at == ',' || *cursor->at == '}' || *cursor->at == ' ');
}

static gboolean choice_field(Cursor *cursor, const char *name, gsize length, Found *found)
{
        if (is(name, length, "delta")) {
                if (found->delta)
                        return FALSE;
                found->delta = TRUE;
                return walk_object(cursor, delta_field, found);
        }
        if (is(name, length, "index"))
                return take_first_index(cursor);
        return take_word(cursor, "null");
}

static gboolean chunk_field(Cursor *cursor, const char *name, gsize length, Found *found)
{
        static const char *const idle[] = { "object", "system_fingerprint", "service_tier", "obfuscation", "provider" };

        if (is(name, length, "id"))
                return take_plain_span(cursor, &found->id);
        if (is(name, length, "model"))
                return take_plain_span(cursor, &found->model);
        if (is(name, length, "created"))
                return skip_number(cursor);
        if (is(name, length, "choices")) {
                if (found->choices)
                        return FALSE;
                found->choices = TRUE;
                return take(cursor, '[') && walk_object(cursor, choice_field, found) && take(cursor, ']');
        }
        for (gsize i = 0; i < G_N_ELEMENTS(idle); i++) {
                if (is(name, length, idle[i]))
                        return skip_string(cursor);
        }
        return take_word(cursor, "null");
}

static int hex4(const char *at)
{
        return g_ascii_xdigit_value(at[0]) << 12 | g_ascii_xdigit_value(at[1]) << 8 | g_ascii_xdigit_value(at[2]) << 4 |
               g_ascii_xdigit_value(at[3]);
}

static void append_three(GString *out, int unit)
{
        char bytes[] = { 0xe0 | unit >> 12, 0x80 | (unit >> 6 & 0x3f), 0x80 | (unit & 0x3f) };

        g_string_append_len(out, bytes, sizeof bytes);
}

/* Appends what \uXXXX at `at` means, and its second half; a surrogate that stands alone as three bytes, for utf8.c. Returns its end. */
static const char *unescape_unit(GString *out, const char *at, const char *end)
{
        int unit = hex4(at + 2), low = 0;

        at += 6;
        if (unit >= 0xd800 && unit < 0xdc00 && end - at >= 6 && at[0] == '\\' && at[1] == 'u')
                low = hex4(at + 2);
        if (low >= 0xdc00 && low < 0xe000) {
                g_string_append_unichar(out, 0x10000 + ((gunichar)(unit - 0xd800) << 10 | (low - 0xdc00)));
                return at + 6;
        }
        if (unit >= 0xd800 && unit < 0xe000)
                append_three(out, unit);
        else if (unit == 0)
                g_string_append_c(out, '\0');
        else
                g_string_append_unichar(out, unit);
        return at;
}

static void unescape(GString *out, const Span *span)
{
        static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
        const char *at = span->text, *end = span->text + span->length;

        g_string_truncate(out, 0);
        while (at < end) {
                const char *escape = memchr(at, '\\', end - at);
                g_string_append_len(out, at, (escape ? escape : end) - at);
                if (!escape)
                        return;
                if (escape[1] == 'u') {
                        at = unescape_unit(out, escape, end);
                } else {
                        g_string_append_c(out, meanings[strchr(letters, escape[1]) - letters]);
                        at = escape + 2;
                }
        }
}

static void commit_text(ChatStream *stream, const Span *span, gboolean reasoning)
{
        const char *text = span->text;
        gsize length = span->length;

        if (!text || length == 0)
                return;
        if (span->escaped) {
                unescape(stream->unescaped, span);
                text = stream->unescaped->str;
                length = stream->unescaped->len;
        }
        if (reasoning)
                wire_add_reasoning(stream, text, length);
        else
                wire_add_content(stream, text, length);
}

static void commit_name(char **place, const Span *span)
{
        if (!span->text || span->length == 0)
                return;
        if (*place && strncmp(*place, span->text, span->length) == 0 && (*place)[span->length] == '\0')
                return;
        g_autofree char *name = g_strndup(span->text, span->length);
        wire_set(place, name);
}

/* What stands around the one text of this chunk becomes the frame; with more than one there is none. */
static void keep_frame(ChatStream *stream, const char *chunk, gsize length, const Found *found)
{
        const Span *thought = found->reasoning.length ? &found->reasoning : &found->reasoning_content;
        const Span *text = thought->length ? thought : &found->content;

        g_string_truncate(stream->frame.before, 0);
        if (text->length == 0 || (thought->length && found->content.length))
                return;
        stream->frame.reasoning = text == thought;
        g_string_append_len(stream->frame.before, chunk, text->text - chunk);
        g_string_truncate(stream->frame.after, 0);
        g_string_append_len(stream->frame.after, text->text + text->length, chunk + length - (text->text + text->length));
}

static gboolean scan_framed(ChatStream *stream, const char *chunk, gsize length)
{
        const GString *before = stream->frame.before, *after = stream->frame.after;
        Cursor cursor = { chunk + before->len, chunk + length };
        Span text;

        if (before->len == 0 || length < before->len + after->len)
                return FALSE;
        if (memcmp(chunk, before->str, before->len) != 0 || memcmp(chunk + length - after->len, after->str, after->len) != 0)
                return FALSE;
        if (!take_string_rest(&cursor, &text) || text.text + text.length + after->len != chunk + length)
                return FALSE;
        commit_text(stream, &text, stream->frame.reasoning);
        return TRUE;
}

static gboolean scan_whole(ChatStream *stream, const char *chunk, gsize length)
{
        Cursor cursor = { chunk, chunk + length };
        Found found = { 0 };

        if (!walk_object(&cursor, chunk_field, &found) || !found.choices || !found.delta)
                return FALSE;
        skip_space(&cursor);
        if (cursor.at != cursor.end)
                return FALSE;
        if (found.reasoning.length && found.reasoning_content.length)
                return FALSE;
        commit_name(&stream->answer.id, &found.id);
        commit_name(&stream->answer.model, &found.model);
        commit_text(stream, &found.reasoning, TRUE);
        commit_text(stream, &found.reasoning_content, TRUE);
        commit_text(stream, &found.content, FALSE);
        keep_frame(stream, chunk, length, &found);
        return TRUE;
}

gboolean wire_scan(ChatStream *stream, const char *chunk, gsize length)
{
        if (!scan_framed(stream, chunk, length) && !scan_whole(stream, chunk, length)) {
                g_string_truncate(stream->frame.before, 0); /* json-c may change what the frame takes for granted */
                return FALSE;
        }
        stream->scanned++;
        stream->answer.chunks++;
        stream->known++;
        return TRUE;
}
