/* A chat completion as it streams in: the chunks of OpenAI's interface with the habits of its many servers. Knows no transport. */
#pragma once

#include <glib.h>

typedef struct ChatStream ChatStream;

typedef enum {
        CHAT_COMPLETE,
        CHAT_TRUNCATED, /* it ended with neither a finish reason nor [DONE] */
        CHAT_ERROR,
} ChatStatus;

typedef struct {
        GString *content;
        gsize reasoning_bytes;  /* thoughts are counted, never kept */
        char *finish_reason;    /* NULL if none was given */
        char *model;            /* NULL if none was named */
        char *refusal;          /* the model's own words for declining, NULL if it did not */
        gboolean done;          /* [DONE] was seen */
        guint chunks;
        gint64 tokens_in, tokens_out, tokens_cached, tokens_total; /* -1: not said */
        double rate;            /* tokens a second while decoding, as the server measured it; 0: not said */
        gboolean failed;        /* an error came inside the stream, or it could not be read */
        gboolean garbage;       /* the latter */
        char *error_message, *error_code;
        int error_status;       /* like one of HTTP; 0: not said */
} ChatAnswer;

/* plain TRUE: the body is one JSON object (an answer that was not streamed, or an error), not an event stream. */
ChatStream *chat_stream_new(gboolean plain);
/* Reads the next bytes, in any split. FALSE once the stream has failed: it then takes no more. */
gboolean chat_stream_feed(ChatStream *stream, const char *bytes, gsize length);
/* The body is over. Error before complete before truncated. */
ChatStatus chat_stream_finish(ChatStream *stream);
/* What there is so far; lives as long as the stream. */
const ChatAnswer *chat_stream_answer(const ChatStream *stream);
/* Accepts NULL. */
void chat_stream_free(ChatStream *stream);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ChatStream, chat_stream_free)
