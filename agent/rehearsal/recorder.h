/* Record mode: asks a real OpenAI-compatible server, hands its stream on as it comes, and writes the answer down, unedited. */
#pragma once

#include <json.h>
#include <libsoup/soup.h>

typedef struct Recorder Recorder;

#define RECORDER_TOTAL_SECONDS 3600
#define RECORDER_SILENCE_SECONDS 600 /* a small machine may read a long prompt for minutes */

/* The call that is recorded. */
typedef struct {
        const char *state, *part, *sentence; /* part may be NULL */
        guint attempt;
} RecorderCall;

/* IMPROMPTU_API_KEY, if set, is the server's key; it goes into requests and nowhere else. */
Recorder *recorder_new(const char *base, const char *model, const char *folder);
void recorder_free(Recorder *recorder);
/* Takes over the message. body is the request as it came; its model is replaced. */
void recorder_forward(Recorder *recorder, SoupServerMessage *message, json_object *body, const RecorderCall *call);
