/* Plays one answer to one client, in the client's dialect, at a chosen pace. */
#pragma once

#include <libsoup/soup.h>

#include "agent/rehearsal/dialects/dialect.h"

#define PLAYER_TOKEN_BYTES 4 /* a token of a recording, give or take a character's rest */
#define PLAYER_KEEPALIVE_MS 100
#define PLAYER_LONG_LINE (1024 * 1024) /* bytes that a long line is longer */
#define PLAYER_DRIBBLE 4096            /* of them are written one by one */

typedef enum {
        PLAYER_WHOLE,    /* to its end */
        PLAYER_LENGTH,   /* finish_reason length after `share` */
        PLAYER_CUT,      /* the connection is closed after `share` */
        PLAYER_CUT_TLS,  /* the same, but TLS is not closed before */
        PLAYER_CUT_UTF8, /* the same as PLAYER_CUT, in the middle of a character */
        PLAYER_CUT_CALL, /* in the middle of a tool call's arguments */
        PLAYER_HEADERS,  /* after the headers */
        PLAYER_STALL,    /* nothing more after `share` */
        PLAYER_ERROR,    /* an error inside the stream after `share` */
} PlayerEnd;

typedef struct {
        Reply *reply;           /* taken over */
        const char *text;
        const char *finish_reason;
        gboolean stream;        /* FALSE: one JSON object, when its time has come */
        gboolean call;          /* it ends with the call of a tool */
        gboolean comments;      /* keep-alives until the first token */
        gboolean long_line;
        guint thoughts;         /* tokens that it thinks first */
        guint drip_ms;          /* for each byte; 0: all that is due is sent */
        double rate;            /* tokens a second; 0: as fast as it can */
        guint first_token_ms;
        guint tokens_a_chunk;   /* 0: what is usual in the dialect */
        PlayerEnd end;
        double share;           /* of the tokens, for the ends that are none */
} PlayerSpec;

/* ended says how it went: "whole", "length", "cut", "error" or "disconnected"; tokens is how many were sent. */
typedef void (*PlayerFunc)(const char *ended, guint tokens, gpointer user_data);

/* Takes over the message until its end. Copies spec. */
void player_play(SoupServerMessage *message, const PlayerSpec *spec, PlayerFunc func, gpointer user_data);
/* How many tokens a text counts as. */
guint player_tokens(const char *text);
