/* A model's answer as it streams in, in each of the dialects that are spoken. Knows no transport and no provider. */
#pragma once

#include <glib.h>
#include <json.h>

typedef struct ChatStream ChatStream;

/* How a server writes its answers: id, name for people and data, whether its lines are NDJSON rather than server-sent events. */
#define WIRE_DIALECTS(X)                                                                          \
        X(OPENAI, "openai", FALSE)         /* chat completions, with the habits of many servers */ \
        X(GROQ, "groq", FALSE)             /* the same; errors are events, usage under x_groq */   \
        X(DIFFUSING, "diffusing", FALSE)   /* the same; each delta replaces the whole text */      \
        X(ANTHROPIC, "anthropic", FALSE)   /* messages */                                          \
        X(RESPONSES, "responses", FALSE)   /* OpenAI's responses */                                \
        X(OLLAMA, "ollama", TRUE)          /* /api/chat */

typedef enum {
#define X(id, name, lines) WIRE_##id,
        WIRE_DIALECTS(X)
#undef X
        WIRE_DIALECT_COUNT
} WireDialect;

const char *wire_dialect_name(WireDialect dialect);
/* FALSE if there is none of this name. */
gboolean wire_dialect_find(const char *name, WireDialect *dialect);

/* Bounds. A line and an event have those of protocols/sse.h. */
#define CHAT_TEXT_MAX (16u * 1024 * 1024)     /* of text, of thoughts, and of all tool calls' arguments together */
#define CHAT_TOOL_CALLS_MAX 128
#define CHAT_REFUSAL_MAX (64u * 1024)         /* of a refusal; more words than that are dropped */
#define CHAT_PLAIN_MAX (2 * CHAT_TEXT_MAX)    /* of an answer that is one JSON object */
#define CHAT_BODY_MAX (4ull * 1024 * 1024 * 1024) /* of the bytes of one answer, whatever they are */

typedef enum {
        CHAT_COMPLETE,
        CHAT_TRUNCATED, /* it ended with neither a finish reason nor the dialect's own end */
        CHAT_ERROR,
} ChatStatus;

typedef struct {
        gint64 index;           /* as the server numbered it; -1: it did not */
        char *id, *name;        /* NULL if none was given */
        GString *arguments;     /* JSON, unless the model slipped; whole only at the end */
} ChatToolCall;

typedef struct {
        GString *content;
        gsize settled;          /* so many bytes of content stay as they are: all, but where deltas replace the text none until the end */
        GString *reasoning;
        GPtrArray *tool_calls;  /* of ChatToolCall, in the order in which they were begun; never NULL */
        char *finish_reason;    /* in the words of chat completions where they have one, else the server's own; NULL if none was given */
        char *id, *model;       /* NULL if none was named */
        char *refusal;          /* the model's own words for declining, NULL if it did not */
        gboolean done;          /* the dialect's own end was seen: [DONE], message_stop, response.completed, "done":true */
        guint chunks;
        gint64 tokens_in, tokens_out, tokens_cached, tokens_reasoning, tokens_total; /* -1: not said */
        double queue_seconds, prompt_seconds, completion_seconds; /* as the server measured them; negative: not said */
        double rate;            /* tokens a second while decoding, as the server measured it; 0: not said */
        json_object *usage;     /* what an OpenAI-shaped server last said of it, in its own words; NULL: nothing. The stream's */
        json_object *time_info; /* the same; Cerebras says it */
        gboolean failed;        /* an error came inside the stream, or it could not be read */
        gboolean garbage;       /* the latter; the message then says what came, to stand behind "It answered with" */
        char *error_message, *error_code, *error_type; /* code and type NULL if none was given */
        int error_status;       /* like one of HTTP; 0: not said */
} ChatAnswer;

/* plain TRUE: the body is one JSON object (an answer that was not streamed, or an error), not a stream. Where streams are server-sent
 * events, a body that begins as JSON does is taken for one anyway. */
ChatStream *chat_stream_new(WireDialect dialect, gboolean plain);
/* Reads the next bytes, in any split; linear in their number. FALSE once the stream has failed: it then takes no more. */
gboolean chat_stream_feed(ChatStream *stream, const char *bytes, gsize length);
/* The body is over. Error before complete before truncated. */
ChatStatus chat_stream_finish(ChatStream *stream);
/* What there is so far; lives as long as the stream. */
const ChatAnswer *chat_stream_answer(const ChatStream *stream);
/* What came, as one JSON object for people, tools and tests: {content, reasoning, tool_calls: [{index, id, name, arguments}],
 * finish_reason, usage, error: {message, code, type?, status?} or null, status: "complete"|"truncated"|"error", id?, model?, time_info?, refusal?}. usage
 * is what an OpenAI-shaped server said; other dialects' figures are told in the same words. status: what chat_stream_finish() gave. A new
 * reference. */
json_object *chat_stream_describe(const ChatStream *stream, ChatStatus status);
/* Accepts NULL. */
void chat_stream_free(ChatStream *stream);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ChatStream, chat_stream_free)
