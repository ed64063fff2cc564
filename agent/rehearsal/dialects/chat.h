/* Chat completions, as OpenAI's servers write them; the ground of all dialects that are the same with other habits. */
#pragma once

#include "agent/rehearsal/dialects/dialect.h"

typedef struct {
        const char *thoughts;     /* the field of a delta that thoughts come in */
        const char *fingerprint;  /* system_fingerprint; NULL: none */
        const char *provider;     /* OpenRouter's; NULL: none */
} ChatHabits;

#define CHAT_STREAM "chat.completion.chunk"
#define CHAT_PLAIN "chat.completion"
#define CHAT_DONE "data: [DONE]\n\n"

/* The pieces, each a new reference. */
json_object *chat_chunk(const Reply *reply, const char *object);
json_object *chat_delta(const char *role, const char *field, const char *text);
/* Adds choices with this one choice to chunk, taking message, and returns chunk. */
json_object *chat_choice(json_object *chunk, const char *name, json_object *message, const char *reason);
json_object *chat_usage(const Reply *reply);
json_object *chat_call_delta(const char *id, const char *name, const char *arguments, gsize length);
/* {message, type, param, code} */
json_object *chat_trouble(const Trouble *trouble);
json_object *chat_error(const Trouble *trouble);
/* {error: {code, message, type}}, the code being the status; type may be NULL. */
json_object *chat_numbered_error(const Trouble *trouble, const char *type);
/* queue_time, prompt_time, completion_time and total_time, in seconds. */
void chat_add_times(const Reply *reply, json_object *object);
json_object *chat_message(const Reply *reply);

gboolean chat_read(json_object *body, Ask *ask, Trouble *trouble);
json_object *chat_write(const Ask *ask, const char *model);
void chat_begin(Reply *reply, GString *out);
/* Like chat_begin(), with another first delta, which is taken. */
void chat_begin_with(Reply *reply, GString *out, json_object *delta);
void chat_thought(Reply *reply, GString *out, const char *text, gsize length);
void chat_call(Reply *reply, GString *out);
void chat_call_whole(Reply *reply, GString *out);
void chat_finish(Reply *reply, GString *out, const char *reason);
void chat_fail(Reply *reply, GString *out, const Trouble *trouble);
json_object *chat_plain(Reply *reply, const char *reason);

/* What all of them have in their Dialect. */
#define CHAT_DIALECT                                                                                              \
        .base = "/v1", .path = "/chat/completions", .type = "text/event-stream", .key_header = "Authorization", \
        .key_prefix = "Bearer ", .read = chat_read
#define CHAT_KEEPALIVE ": keep-alive\n\n"
