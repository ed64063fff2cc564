/* One call of a model: its tries, its retries and its end. lanes.c says which source answers. */
#pragma once

#include "agent/inference/source.h"

#define CALL_REFUSALS_MAX 8 /* fields that may be left out, one try each */

typedef struct {
        LaneTextFunc text;
        LaneDoneFunc done;
        gpointer user_data;
        /* The call is over and about to be freed; before done is called. source NULL: it was never sent; error NULL: it was answered. */
        void (*ended)(LaneCall *call, Source *source, const GError *error, gpointer owner);
        gpointer owner;
        double stall_seconds; /* 0: the usual */
} LaneCallback;

/* Copies request. Nothing is sent yet. */
LaneCall *lane_call_new(Transport *transport, const LaneRequest *request, const LaneCallback *callback);
/* Sends it to source. A call that was cancelled meanwhile is left to its end. */
void lane_call_start(LaneCall *call, Source *source);
/* Ends it with this error, from the main loop; error is consumed. */
void lane_call_fail(LaneCall *call, GError *error);
/* Ends it now, before this returns. */
void lane_call_abandon(LaneCall *call);
