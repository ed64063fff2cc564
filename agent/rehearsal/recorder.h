/* Record mode: asks a real server in its own dialect, hands its answer on as it comes in the dialect that was asked in, and writes it
 * down, unedited. */
#pragma once

#include <libsoup/soup.h>

#include "agent/rehearsal/call.h"

typedef struct Recorder Recorder;

#define RECORDER_TOTAL_SECONDS 3600
#define RECORDER_SILENCE_SECONDS 600 /* a small machine may read a long prompt for minutes */

/* base ends where the dialect's path begins: http://…/v1, for Ollama http://…/api. IMPROMPTU_API_KEY, if set, is the server's key; it
 * goes into requests and nowhere else. log must outlive the recorder. */
Recorder *recorder_new(const char *base, const char *model, const Dialect *dialect, const char *folder, Log *log);
/* Accepts NULL. */
void recorder_free(Recorder *recorder);
/* Takes over the message. The body of call is the request as it came; its model is replaced. */
void recorder_forward(Recorder *recorder, SoupServerMessage *message, const Call *call);
