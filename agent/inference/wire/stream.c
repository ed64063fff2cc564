/* Reads chat completions. Events come from protocols/sse.h, each is one JSON chunk, and an answer is what the chunks add up to. What
 * differs between servers is read here in one way: thoughts in delta.reasoning, delta.reasoning_content, typed parts or <think> tags;
 * usage in the finish chunk, in a chunk of its own or under x_groq; errors as an event, beside choices, or as llama.cpp's old `error:`
 * line. Tool calls are not asked for and are skipped. */
#include "stream.h"

#include <json.h>
#include <string.h>

#include "protocols/sse.h"

#define HEAD_MAX 4096 /* the first bytes are kept, to explain a body that is no event stream */
#define THINK_OPEN "<think>"
#define THINK_CLOSE "</think>"

typedef enum {
        THINK_UNDECIDED, /* only white space or the beginning of <think> so far */
        THINK_INSIDE,
        THINK_OUTSIDE,
} ThinkState;

struct ChatStream {
        SseReader *reader;      /* NULL for a plain body */
        GString *plain;
        GString *head;
        json_tokener *tokener;
        ThinkState think;
        GString *held;          /* text that may yet turn out to be a tag */
        char high_surrogate[8]; /* the first half of an escaped pair whose second comes with the next chunk; "" if none */
        gboolean ending;        /* the body is over */
        ChatAnswer answer;
};

static void stream_fail(ChatStream *stream, gboolean garbage, const char *message)
{
        if (stream->answer.failed)
                return;
        stream->answer.failed = TRUE;
        stream->answer.garbage = garbage;
        stream->answer.error_message = g_strdup(message);
}

static const char *text_of(json_object *object, const char *name)
{
        json_object *value = NULL;

        if (!json_object_object_get_ex(object, name, &value) || !json_object_is_type(value, json_type_string))
                return NULL;
        return json_object_get_string(value);
}

static void replace_text(char **place, const char *text)
{
        if (!text || !*text)
                return;
        g_free(*place);
        *place = g_strdup(text);
}

/* The longest end of text that could be the beginning of tag. */
static gsize partial_tag(const char *text, gsize length, const char *tag)
{
        for (gsize n = MIN(length, strlen(tag) - 1); n > 0; n--) {
                if (strncmp(text + length - n, tag, n) == 0)
                        return n;
        }
        return 0;
}

static void leave_thoughts(ChatStream *stream)
{
        const char *close = strstr(stream->held->str, THINK_CLOSE);

        if (!close) {
                gsize keep = partial_tag(stream->held->str, stream->held->len, THINK_CLOSE);
                g_string_append_len(stream->answer.reasoning, stream->held->str, stream->held->len - keep);
                g_string_erase(stream->held, 0, stream->held->len - keep);
                return;
        }
        g_string_append_len(stream->answer.reasoning, stream->held->str, close - stream->held->str);
        stream->think = THINK_OUTSIDE;
        close += strlen(THINK_CLOSE);
        while (g_ascii_isspace(*close))
                close++;
        g_string_append(stream->answer.content, close);
        g_string_truncate(stream->held, 0);
}

/* An answer that opens with <think> is thinking aloud until the tag closes; anywhere else the tag is text. */
static void add_content(ChatStream *stream, const char *text, gsize length)
{
        const char *start;

        if (stream->answer.content->len + length > CHAT_TEXT_MAX) {
                stream_fail(stream, TRUE, "more than 8 MiB of text");
                return;
        }
        if (stream->think == THINK_OUTSIDE) {
                g_string_append_len(stream->answer.content, text, length);
                return;
        }
        g_string_append_len(stream->held, text, length);
        if (stream->think == THINK_UNDECIDED) {
                for (start = stream->held->str; g_ascii_isspace(*start); start++)
                        ;
                if (g_str_has_prefix(start, THINK_OPEN)) {
                        stream->think = THINK_INSIDE;
                        g_string_erase(stream->held, 0, start + strlen(THINK_OPEN) - stream->held->str);
                } else if (!g_str_has_prefix(THINK_OPEN, start)) {
                        stream->think = THINK_OUTSIDE;
                        g_string_append_len(stream->answer.content, stream->held->str, stream->held->len);
                        g_string_truncate(stream->held, 0);
                }
        }
        if (stream->think == THINK_INSIDE)
                leave_thoughts(stream);
}

/* Text, or an array of typed parts ({type: thinking|text}) as Mistral sends it. */
static void read_content(ChatStream *stream, json_object *content)
{
        if (json_object_is_type(content, json_type_string)) {
                add_content(stream, json_object_get_string(content), json_object_get_string_len(content));
                return;
        }
        if (!json_object_is_type(content, json_type_array))
                return;
        for (gsize i = 0; i < json_object_array_length(content); i++) {
                json_object *part = json_object_array_get_idx(content, i), *thoughts = NULL;
                const char *text = text_of(part, "text");
                if (text)
                        add_content(stream, text, strlen(text));
                if (!json_object_object_get_ex(part, "thinking", &thoughts) || !json_object_is_type(thoughts, json_type_array))
                        continue;
                for (gsize j = 0; j < json_object_array_length(thoughts); j++) {
                        const char *thought = text_of(json_object_array_get_idx(thoughts, j), "text");
                        g_string_append(stream->answer.reasoning, thought ? thought : "");
                }
        }
}

/* `delta` of a chunk, `message` of an answer that was not streamed. */
static void read_delta(ChatStream *stream, json_object *delta)
{
        json_object *content = NULL;
        const char *thought = text_of(delta, "reasoning_content");

        if (!thought)
                thought = text_of(delta, "reasoning");
        if (thought)
                g_string_append(stream->answer.reasoning, thought);
        if (json_object_object_get_ex(delta, "content", &content))
                read_content(stream, content);
        if (text_of(delta, "refusal")) {
                g_autofree char *refusal = g_strconcat(stream->answer.refusal ? stream->answer.refusal : "", text_of(delta, "refusal"),
                                                       NULL);
                replace_text(&stream->answer.refusal, refusal);
        }
}

static void read_count(json_object *object, const char *name, gint64 *count)
{
        json_object *value = NULL;

        if (json_object_object_get_ex(object, name, &value) && json_object_is_type(value, json_type_int))
                *count = json_object_get_int64(value);
}

static double number_of(json_object *object, const char *name)
{
        json_object *value = NULL;

        return json_object_object_get_ex(object, name, &value) ? json_object_get_double(value) : 0;
}

/* Usage may come several times and grows: the last one stands. */
static void read_usage(ChatStream *stream, json_object *usage)
{
        json_object *details = NULL;

        if (!json_object_is_type(usage, json_type_object))
                return;
        read_count(usage, "prompt_tokens", &stream->answer.tokens_in);
        read_count(usage, "completion_tokens", &stream->answer.tokens_out);
        read_count(usage, "total_tokens", &stream->answer.tokens_total);
        if (json_object_object_get_ex(usage, "prompt_tokens_details", &details) && json_object_is_type(details, json_type_object))
                read_count(details, "cached_tokens", &stream->answer.tokens_cached);
        if (number_of(usage, "completion_time") > 0) /* Groq */
                stream->answer.rate = stream->answer.tokens_out / number_of(usage, "completion_time");
}

static void read_figures(ChatStream *stream, json_object *chunk)
{
        json_object *value = NULL, *usage = NULL;

        if (json_object_object_get_ex(chunk, "x_groq", &value) && json_object_object_get_ex(value, "usage", &usage))
                read_usage(stream, usage);
        if (json_object_object_get_ex(chunk, "usage", &usage))
                read_usage(stream, usage);
        if (json_object_object_get_ex(chunk, "time_info", &value) && number_of(value, "completion_time") > 0) /* Cerebras */
                stream->answer.rate = stream->answer.tokens_out / number_of(value, "completion_time");
        if (json_object_object_get_ex(chunk, "timings", &value) && number_of(value, "predicted_per_second") > 0) /* llama.cpp */
                stream->answer.rate = number_of(value, "predicted_per_second");
}

/* error is an object {message, code, …}, the same at the top level of a body, or plain text. A code may be a number. */
static void read_error(ChatStream *stream, json_object *error, json_object *around)
{
        json_object *code = NULL;
        const char *message = json_object_is_type(error, json_type_string) ? json_object_get_string(error) : text_of(error, "message");
        gboolean coded = json_object_object_get_ex(error, "code", &code) && code;

        stream_fail(stream, FALSE, message ? message : "an error without a message");
        if (coded)
                replace_text(&stream->answer.error_code, json_object_get_string(code));
        else
                replace_text(&stream->answer.error_code, text_of(error, "type"));
        if (coded && json_object_is_type(code, json_type_int))
                stream->answer.error_status = json_object_get_int(code);
        if (number_of(error, "status_code") > 0)
                stream->answer.error_status = number_of(error, "status_code");
        if (number_of(around, "status_code") > 0)
                stream->answer.error_status = number_of(around, "status_code");
}

static void read_choice(ChatStream *stream, json_object *choice)
{
        json_object *delta = NULL;

        if (json_object_object_get_ex(choice, "delta", &delta) || json_object_object_get_ex(choice, "message", &delta))
                read_delta(stream, delta);
        replace_text(&stream->answer.finish_reason, text_of(choice, "finish_reason"));
}

static void read_chunk(ChatStream *stream, json_object *chunk, gboolean error_event)
{
        json_object *error = NULL, *choices = NULL;

        stream->answer.chunks++;
        replace_text(&stream->answer.model, text_of(chunk, "model"));
        if (json_object_object_get_ex(chunk, "choices", &choices) && json_object_is_type(choices, json_type_array)) {
                if (json_object_array_length(choices) > 0)
                        read_choice(stream, json_object_array_get_idx(choices, 0));
        }
        read_figures(stream, chunk);
        if (json_object_object_get_ex(chunk, "error", &error) && error)
                read_error(stream, error, chunk);
        else if (error_event || (!choices && text_of(chunk, "message")))
                read_error(stream, chunk, chunk);
}

/* Where the text of `"content":"…` begins in a raw chunk; NULL if it has none. */
static const char *raw_content(const char *chunk)
{
        const char *at = strstr(chunk, "\"content\"");

        if (!at)
                return NULL;
        at += strlen("\"content\"");
        at += strspn(at, " \t:");
        return *at == '"' ? at + 1 : NULL;
}

/* An escaped high surrogate that ends a string; NULL if there is none. */
static const char *raw_half(const char *chunk)
{
        gsize escapes = 0;

        for (const char *at = chunk; *at; at++) {
                escapes = *at == '\\' ? escapes + 1 : 0;
                if (escapes % 2 == 1 && at[1] == 'u' && (at[2] == 'd' || at[2] == 'D') && at[3] && strchr("89abAB", at[3]) &&
                    strnlen(at, 7) == 7 && at[6] == '"')
                        return at;
        }
        return NULL;
}

/* Half of an escaped surrogate pair (an emoji cut in two by its server) cannot be read alone: it is taken out of its chunk and put
 * before the next one's text. */
static char *join_surrogates(ChatStream *stream, const char *data)
{
        GString *text = g_string_new(data);
        const char *at = stream->high_surrogate[0] ? raw_content(text->str) : NULL;

        if (at) {
                g_string_insert(text, at - text->str, stream->high_surrogate);
                stream->high_surrogate[0] = '\0';
        }
        at = raw_half(text->str);
        if (at) {
                g_strlcpy(stream->high_surrogate, at, 7);
                g_string_erase(text, at - text->str, 6);
        }
        return g_string_free(text, FALSE);
}

static void read_json(ChatStream *stream, const char *data, gsize length, gboolean error_event)
{
        g_autofree char *joined = NULL;
        json_object *chunk;
        gsize end;

        if (stream->high_surrogate[0] || memmem(data, length, "\\ud", 3) || memmem(data, length, "\\uD", 3)) {
                joined = join_surrogates(stream, data);
                data = joined;
                length = strlen(joined);
        }
        json_tokener_reset(stream->tokener);
        chunk = json_tokener_parse_ex(stream->tokener, data, length);
        end = json_tokener_get_parse_end(stream->tokener);
        while (end < length && g_ascii_isspace(data[end]))
                end++;
        if (json_object_is_type(chunk, json_type_object) && end == length)
                read_chunk(stream, chunk, error_event);
        else if (!stream->ending) /* the last event may be half a chunk: then the stream was cut, and says so by having no end */
                stream_fail(stream, TRUE, "something that cannot be read");
        json_object_put(chunk);
}

static void event_cb(const SseEvent *event, gpointer user_data)
{
        ChatStream *stream = user_data;
        const char *data = event->data;
        gsize length = event->data_length;

        if (stream->answer.done || (stream->answer.failed && stream->answer.garbage))
                return;
        for (; length > 0 && g_ascii_isspace(*data); length--)
                data++;
        if (length == 0 || strcmp(event->event, "ping") == 0)
                return;
        if (g_str_has_prefix(data, "[DONE]"))
                stream->answer.done = TRUE;
        else
                read_json(stream, data, length, strcmp(event->event, "error") == 0);
}

ChatStream *chat_stream_new(WireDialect dialect, gboolean plain)
{
        ChatStream *stream = g_new0(ChatStream, 1);

        if (plain)
                stream->plain = g_string_new(NULL);
        else
                stream->reader = sse_reader_new(event_cb, stream);
        stream->head = g_string_new(NULL);
        stream->held = g_string_new(NULL);
        stream->tokener = json_tokener_new();
        stream->answer.content = g_string_new(NULL);
        stream->answer.reasoning = g_string_new(NULL);
        stream->answer.tool_calls = g_ptr_array_new();
        stream->answer.tokens_in = stream->answer.tokens_out = -1;
        stream->answer.tokens_cached = stream->answer.tokens_total = -1;
        return stream;
}

gboolean chat_stream_feed(ChatStream *stream, const char *bytes, gsize length)
{
        g_autoptr(GError) error = NULL;

        if (stream->head->len < HEAD_MAX)
                g_string_append_len(stream->head, bytes, MIN(length, HEAD_MAX - stream->head->len));
        if (stream->plain) {
                if (stream->plain->len + length > 2 * CHAT_TEXT_MAX)
                        stream_fail(stream, TRUE, "more than 8 MiB of text");
                else
                        g_string_append_len(stream->plain, bytes, length);
        } else if (!sse_reader_feed(stream->reader, bytes, length, &error)) {
                stream_fail(stream, TRUE, error->message);
        }
        return !stream->answer.failed;
}

/* A body without one chunk: llama.cpp's old way to report an error, or something that is no event stream at all. */
static void explain_head(ChatStream *stream)
{
        const char *head = stream->head->str;

        if (g_str_has_prefix(head, "error:"))
                read_json(stream, head + strlen("error:"), strcspn(head, "\r\n") - strlen("error:"), TRUE);
        else if (!stream->answer.done && stream->head->len > 0 && sse_reader_comments(stream->reader) == 0)
                stream_fail(stream, TRUE, "something other than a model's answer");
}

ChatStatus chat_stream_finish(ChatStream *stream)
{
        ChatAnswer *answer = &stream->answer;

        if (stream->plain) {
                read_json(stream, stream->plain->str, stream->plain->len, FALSE);
                answer->done = TRUE;
        } else {
                stream->ending = TRUE;
                sse_reader_finish(stream->reader, TRUE);
                if (answer->chunks == 0 && !answer->failed)
                        explain_head(stream);
        }
        if (stream->think == THINK_UNDECIDED)
                g_string_append_len(answer->content, stream->held->str, stream->held->len);
        g_string_truncate(stream->held, 0);
        if (stream->high_surrogate[0])
                g_string_append(answer->content, "\xef\xbf\xbd");
        if (answer->failed)
                return CHAT_ERROR;
        return answer->done || answer->finish_reason ? CHAT_COMPLETE : CHAT_TRUNCATED;
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
        g_string_free(stream->head, TRUE);
        g_string_free(stream->held, TRUE);
        json_tokener_free(stream->tokener);
        g_string_free(stream->answer.content, TRUE);
        g_string_free(stream->answer.reasoning, TRUE);
        g_ptr_array_unref(stream->answer.tool_calls);
        g_free(stream->answer.finish_reason);
        g_free(stream->answer.model);
        g_free(stream->answer.refusal);
        g_free(stream->answer.error_message);
        g_free(stream->answer.error_code);
        g_free(stream);
}
