/* Plays one answer to one client at a chosen pace. */
#pragma once

#include <libsoup/soup.h>

#define PLAYER_TOKEN_BYTES 4 /* a token of a recording, give or take a character's rest */

typedef enum {
        PLAYER_WHOLE,   /* to its end */
        PLAYER_LENGTH,  /* finish_reason length after `share` */
        PLAYER_CUT,     /* the connection is closed after `share` */
        PLAYER_STALL,   /* nothing more after `share` */
} PlayerEnd;

typedef struct {
        const char *text;
        const char *model;
        const char *finish_reason;
        gboolean stream;        /* FALSE: one JSON object, when its time has come */
        double rate;            /* tokens a second; 0: as fast as it can */
        guint first_token_ms;
        guint tokens_a_chunk;
        guint tokens_in;
        PlayerEnd end;
        double share;           /* of the tokens, for the ends that are none */
} PlayerSpec;

/* ended says how it went: "whole", "length", "cut" or "disconnected"; tokens is how many were sent. */
typedef void (*PlayerFunc)(const char *ended, guint tokens, gpointer user_data);

/* Takes over the message until its end. Copies spec. */
void player_play(SoupServerMessage *message, const PlayerSpec *spec, PlayerFunc func, gpointer user_data);
/* How many tokens a text counts as. */
guint player_tokens(const char *text);
