/* How a provider speaks: how a request to it is read, and how its answers, its errors and its list of models are written. */
#pragma once

#include <glib.h>
#include <json.h>

#include "agent/inference/wire/stream.h"

typedef struct Dialect Dialect;

/* ---- what is asked ---- */

/* A request, whatever it was written in. */
typedef struct {
        json_object *messages; /* [{role, content: text}], the system's first */
        char *model;           /* NULL: none was named */
        gint64 cap;            /* tokens of the answer at most; -1: not said */
        double temperature;    /* negative: not said */
        gboolean stream;
        gboolean usage;        /* it is to be told what was used, where that has to be asked for */
        gboolean replace;      /* each delta is to be the whole text so far */
} Ask;

void ask_clear(Ask *ask);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Ask, ask_clear)
/* Appends a message; content is a string or a list of parts, of which the texts are taken. FALSE if it is neither. */
gboolean ask_add(Ask *ask, const char *role, json_object *content);
/* Appends those of a list of {role, content}; NULL or no list at all is FALSE. */
gboolean ask_add_all(Ask *ask, json_object *messages);
/* Those of ask whose role is (or is not) "system", as a list of {role, content}, or as one text; a new reference, free the text. */
json_object *ask_others(const Ask *ask);
char *ask_system(const Ask *ask);

/* ---- what goes wrong ---- */

/* id, status, type and code as chat completions have them, type as Anthropic has it */
#define TROUBLES(X)                                                                                      \
        X(KEY, 401, "invalid_request_error", "invalid_api_key", "authentication_error")                  \
        X(PAYMENT, 402, "insufficient_quota", "insufficient_quota", "billing_error")                     \
        X(FORBIDDEN, 403, "invalid_request_error", "permission_denied", "permission_error")              \
        X(PATH, 404, "invalid_request_error", "not-found", "not_found_error")                            \
        X(MODEL, 404, "invalid_request_error", "model_not_found", "not_found_error")                     \
        X(METHOD, 405, "invalid_request_error", "method", "invalid_request_error")                       \
        X(LARGE, 413, "invalid_request_error", "request_too_large", "request_too_large")                 \
        X(ENCODING, 415, "invalid_request_error", "encoding", "invalid_request_error")                   \
        X(LIMIT, 429, "rate_limit_error", "too_many_requests", "rate_limit_error")                       \
        X(FIELD, 400, "invalid_request_error", "unsupported_parameter", "invalid_request_error")         \
        X(REQUEST, 400, "invalid_request_error", "bad-request", "invalid_request_error")                 \
        X(SERVER, 500, "server_error", "server_error", "api_error")                                      \
        X(GATEWAY, 502, "server_error", "unreachable", "api_error")                                      \
        X(BUSY, 503, "server_error", "overloaded", "overloaded_error")                                   \
        /* the rehearsal's own: its code is told in every dialect */                                      \
        X(HEADERS, 400, "recording-headers", "recording-headers", "recording-headers")                   \
        X(UNKNOWN, 404, "unknown-recording", "unknown-recording", "unknown-recording")                   \
        X(MISMATCH, 409, "recording-mismatch", "recording-mismatch", "recording-mismatch")

typedef enum {
#define X(id, status, type, code, anthropic) TROUBLE_##id,
        TROUBLES(X)
#undef X
} TroubleKind;

typedef struct {
        TroubleKind kind;
        const char *message; /* a sentence */
        const char *param;   /* the field it is about; NULL: none */
} Trouble;

guint trouble_status(const Trouble *trouble);
const char *trouble_type(const Trouble *trouble);
const char *trouble_code(const Trouble *trouble);
const char *trouble_anthropic_type(const Trouble *trouble);
gboolean trouble_is_own(const Trouble *trouble);

/* ---- an answer that is being written ---- */

typedef struct {
        const Dialect *dialect;
        char *model, *id;
        gboolean usage, replace;       /* as asked */
        guint tokens_in, tokens_out;   /* the latter so far, thoughts included */
        guint tokens_thought;
        gint64 asked, begun;           /* monotonic µs; begun: when the first token came */
        GString *text, *thoughts;      /* so far */
        const char *tool, *arguments;  /* the call that was made; NULL: none */
        guint64 events;                /* for dialects that number them */
        int block;                     /* for dialects that number their blocks: the last one, -1 before the first */
        const char *open;              /* its kind while it is open; NULL: none is */
        char *before, *after;          /* of a text in its event: made once, there may be 17,000 events a second */
} Reply;

Reply *reply_new(const Dialect *dialect, const Ask *ask, const char *model, guint tokens_in);
/* Accepts NULL. */
void reply_free(Reply *reply);

/* These keep what they are told in the reply and write it to out; NULL if the answer is not streamed. The first writes what stands before
 * all text. tokens_out and tokens_thought are the caller's to keep. */
void reply_begin(Reply *reply, GString *out);
void reply_text(Reply *reply, GString *out, const char *text, gsize length);
void reply_thought(Reply *reply, GString *out, const char *text, gsize length);
/* A whole call of a tool. name and arguments must outlive the reply. */
void reply_call(Reply *reply, GString *out, const char *name, const char *arguments);
/* The end; reason is stop, length, content_filter or tool_calls. */
void reply_finish(Reply *reply, GString *out, const char *reason);
/* The end, by an error. */
void reply_fail(Reply *reply, GString *out, const Trouble *trouble);
/* The whole answer as one JSON object, for a request that was not to be streamed; a new reference. */
json_object *reply_plain(Reply *reply, const char *reason);

/* ---- a dialect ---- */

typedef enum { /* how it tells what may still be asked */
        LIMITS_SILENT,
        LIMITS_SUFFIXED,  /* x-ratelimit-remaining-tokens-minute, seconds */
        LIMITS_UNSUFFIXED, /* x-ratelimit-remaining-tokens, durations as in 2m59.56s */
        LIMITS_ANTHROPIC, /* anthropic-ratelimit-tokens-remaining, a date */
} LimitsStyle;

struct Dialect {
        const char *name;
        WireDialect wire;         /* how its answers are read */
        const char *base, *path;  /* "/v1" and "/chat/completions" */
        const char *type;         /* Content-Type of a stream */
        const char *keepalive;    /* what is sent so that nobody hangs up; NULL: nothing is */
        const char *key_header, *key_prefix;
        const char *extra_header; /* that requests must have, "name: value"; NULL: none */
        guint tokens_a_chunk;
        LimitsStyle limits;
        const void *habits;       /* chat.h, for those that are chat completions */

        /* FALSE and a trouble with static words, if the request is not as it must be. */
        gboolean (*read)(json_object *body, Ask *ask, Trouble *trouble);
        /* The body of a request; a new reference. */
        json_object *(*write)(const Ask *ask, const char *model);
        void (*begin)(Reply *reply, GString *out);
        void (*text)(Reply *reply, GString *out, const char *text, gsize length);
        void (*thought)(Reply *reply, GString *out, const char *text, gsize length);
        void (*call)(Reply *reply, GString *out);
        void (*finish)(Reply *reply, GString *out, const char *reason);
        void (*fail)(Reply *reply, GString *out, const Trouble *trouble);
        json_object *(*plain)(Reply *reply, const char *reason);
        json_object *(*error)(const Trouble *trouble);
};

/* NULL if there is none of this name. */
const Dialect *dialect_find(const char *name);
/* The first that answers at this path, base included; NULL if none does. */
const Dialect *dialect_at(const char *path);
/* The names, for people; free it. */
char *dialects_list(void);
/* The status it gives a trouble. */
guint dialect_status(const Dialect *dialect, const Trouble *trouble);

/* ---- for the dialects themselves ---- */

#define REPLY_PLACE "@text@" /* stands for the text in an event that becomes a template */
#define REPLY_PIECE 24       /* bytes of a call's arguments in one event */
#define REPLY_CALL_ID "call_rehearsal_1"

/* Writes one event: `event: NAME` unless NULL, and `data: JSON`. Takes json. */
void reply_event(GString *out, const char *name, json_object *json);
/* Makes the template of text events from such an event. Takes json. */
void reply_template(Reply *reply, const char *name, json_object *json);
/* The same of one that is written already. */
void reply_template_of(Reply *reply, const char *event);
/* Writes text as JSON, quotes included. */
void reply_quoted(GString *out, const char *text, gsize length);
/* Writes a text event from the template. */
void reply_templated(Reply *reply, GString *out, const char *text, gsize length);
/* The next piece of arguments from *at on, moved behind it; its length, 0 at the end. */
gsize reply_piece(const char **at);
/* Seconds from one time of the monotonic clock to now; 0 if that time has not come. */
double reply_seconds(gint64 since);
/* A string, or JSON's null for NULL. */
json_object *json_text_or_null(const char *text);
