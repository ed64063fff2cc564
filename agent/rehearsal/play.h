/* What is played to a request: its recording, or a fault. */
#pragma once

#include "agent/rehearsal/call.h"
#include "agent/rehearsal/faults.h"
#include "agent/rehearsal/limits.h"
#include "agent/rehearsal/log.h"
#include "agent/rehearsal/recordings.h"

typedef struct {
        const ServerOptions *options;
        const Recordings *recordings;
        Faults *faults;
        Limits *limits;
        Log *log;
} Stage;

/* Answers the request, now or in time; call may go when this returns, stage may not before the answer has ended. */
void play(const Stage *stage, SoupServerMessage *message, Call *call);
/* Tells in a header how fast it plays. */
void play_tell_pace(const ServerOptions *options, SoupServerMessage *message);
