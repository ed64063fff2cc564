/* Entries: which models stand in a lane, given the sources in use and the wishes. */
#pragma once

#include "agent/inference/call.h"
#include "agent/inference/wishes.h"

typedef struct {
        Wishes *wishes;
        GPtrArray *sources;     /* of Source, in order */
        const char *first;      /* the provider that goes before all others where a lane is left to us; NULL: none does */
        const char *only;       /* the one model of the custom server, as the environment says; NULL: those that it serves */
        const WireDialect *dialect; /* of the custom server and the rehearsal, as the environment says; NULL: their own */
} EntriesSpec;

/* How a source is asked: as the environment says where it may, else as its row does. */
WireDialect entries_dialect(const EntriesSpec *spec, const Source *source);
/* The entries of a lane, best first: those of the lanes that it falls back to stand behind its own. Of LaneEntry, at most
 * WISHES_ENTRIES_MAX; may be empty. */
GPtrArray *entries_of(const EntriesSpec *spec, const char *lane);
/* TRUE once it is known who is asked first: whoever would stand before has been looked at. */
gboolean entries_settled(const EntriesSpec *spec, const char *lane);
/* What a single source adds to a lane. */
GPtrArray *entries_of_source(const EntriesSpec *spec, Source *source, const char *lane);
