/* One call of a model: its tries along its lane, its hedge and its end. lanes.c says which models stand in the lane. */
#pragma once

#include "agent/inference/caps.h"
#include "agent/inference/pace.h"
#include "agent/inference/source.h"
#include "agent/inference/usage.h"

#define CALL_REFUSALS_MAX 8       /* fields that may be left out, one try each */
#define CALL_WAIT_SHORT_SECONDS 1 /* so long the same source is waited for, though another could answer */

/* A place of a lane. */
typedef struct {
        Source *source;
        LaneModel *model;
} LaneEntry;

/* Takes references. */
LaneEntry *lane_entry_new(Source *source, LaneModel *model);
void lane_entry_free(LaneEntry *entry);

typedef struct {
        LaneTextFunc text;
        LaneDoneFunc done;
        gpointer user_data;
        /* What a source did that was asked: error NULL: it answered; else why it is not asked again in this call. */
        void (*judged)(Source *source, const GError *error, gpointer owner);
        /* The call is over and about to be freed; before done is called. */
        void (*ended)(LaneCall *call, gpointer owner);
        gpointer owner;
        double stall_seconds; /* 0: the usual */
        gboolean hedge;
} LaneCallback;

/* What calls share; lives longer than they. */
typedef struct {
        Transport *transport;
        Caps *caps;
        Usage *usage;           /* NULL: nothing is booked */
        Pace pace[SOURCE_LANES];
} LaneShared;

/* Copies request. Nothing is sent yet. */
LaneCall *lane_call_new(LaneShared *shared, const LaneRequest *request, const LaneCallback *callback);
/* The lane that the call is for. */
const char *lane_call_lane(const LaneCall *call);
/* TRUE if nobody waits for it. */
gboolean lane_call_is_spare(const LaneCall *call);
/* TRUE if it asks, or will ask first, a server on this machine. */
gboolean lane_call_is_here(const LaneCall *call);
/* Asks the first of these entries, and the next where one fails. entries (of LaneEntry, not empty) is consumed. A call that was cancelled
 * meanwhile is left to its end. */
void lane_call_start(LaneCall *call, GPtrArray *entries);
/* Ends it with this error, from the main loop; error is consumed. */
void lane_call_fail(LaneCall *call, GError *error);
/* Ends it now, before this returns. */
void lane_call_abandon(LaneCall *call);
