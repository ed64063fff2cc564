/* The roster: which sources are in use, and so which models stand in each lane. It finds keys, local servers and the rehearsal, looks at
 * what models each has, and knows what was chosen. */
#pragma once

#include "agent/inference/call.h"
#include "agent/inference/wishes.h"

typedef struct Roster Roster;

#define ROSTER_LOOK_SECONDS 5                 /* at most this long for a list of models */
#define ROSTER_LOOK_BODY_MAX (4 * 1024 * 1024)

typedef struct {
        const char *program, *folder;  /* the rehearsal server and its recordings */
        const char *providers, *lanes; /* data/providers.json, data/lanes.json */
        /* Something about it is new; never called before roster_new() has returned. */
        void (*changed)(gpointer user_data);
        gpointer user_data;
} RosterSpec;

/* Takes the environment's keys out of it, so that no child inherits them. Nothing is looked for before roster_begin(). */
Roster *roster_new(Transport *transport, const RosterSpec *spec);
/* Uses what the environment says, else keys that were kept, else a server of this machine. */
void roster_begin(Roster *roster);
/* Accepts NULL. */
void roster_free(Roster *roster);

/* "recording", "local" (base may be NULL) or "environment". */
gboolean roster_choose(Roster *roster, const char *choice, const char *base, GError **error);
/* As lanes_set_key(), lanes_remove_key() and lanes_keys(). */
gboolean roster_set_key(Roster *roster, const char *provider, const char *key, GError **error);
gboolean roster_remove_key(Roster *roster, const char *provider, GError **error);
json_object *roster_keys(Roster *roster);

/* FALSE while calls had better wait: who would answer is being found out. */
gboolean roster_settled(Roster *roster, const char *lane);
/* The entries of a lane, best first (of LaneEntry; may be empty): those of the lanes that it falls back to stand behind its own. */
GPtrArray *roster_entries(Roster *roster, const char *lane);
/* It had no model when it was looked at: perhaps it has been started since. FALSE if there is nothing to look at. */
gboolean roster_look_again(Roster *roster);
/* Opens connections to those who would be asked first. */
void roster_warm(Roster *roster);
/* Why nobody can answer, as a sentence; never NULL. */
const char *roster_problem(Roster *roster);
/* TRUE if there is anybody to ask, also while they are being looked at or have just failed. */
gboolean roster_ready(Roster *roster);
/* TRUE once it is known whom to ask, whether or not they answer. */
gboolean roster_has_source(Roster *roster);
/* The rehearsal, if recordings play; else NULL. */
Source *roster_rehearsal(Roster *roster);
/* As lanes_describe(). */
json_object *roster_describe(Roster *roster);
/* What a person's file and the data wish. */
const Wishes *roster_wishes(Roster *roster);
