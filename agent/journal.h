/* The journal: every event has a place in one numbering that survives a restart, so that a stream can resume anywhere. */
#pragma once

#include "agent/agent.h"

/* Called for each event as it happens; id is 0 for a live one. data is borrowed. */
typedef void (*JournalFunc)(EventType type, guint64 id, json_object *data, gpointer user_data);

/* Opens (or makes) the journal in folder, and locks it: a second agent on the same folder gets an error. A torn last line, after a power
 * cut or a kill, is cut off and said in the log. */
Journal *journal_open(const char *folder, GError **error);
/* Accepts NULL. */
void journal_free(Journal *journal);

/* Appends an event and tells the listeners, in this order, before returning. Takes data. data is checked with event_check(): a fault is a
 * programmer's error. A disk that is full does not stop the event from being told; it is told once as a `notice`. Returns its id, 0 for a
 * live event. */
guint64 journal_event(Journal *journal, EventType type, json_object *data);

/* Calls func for every kept event after `after` that belongs to run (NULL: all). FALSE if events after `after` are no longer kept: send a
 * snapshot. */
gboolean journal_replay(Journal *journal, guint64 after, const char *run, JournalFunc func, gpointer user_data);

/* The newest event's place, and the oldest kept one's (journal_last() + 1 where nothing is kept). */
guint64 journal_last(const Journal *journal);
guint64 journal_first(const Journal *journal);

/* TRUE if every event after `after` is still there: nothing was forgotten, and `after` is no place that has not been given yet. */
gboolean journal_keeps(const Journal *journal, guint64 after);

/* journal_replay() in slices, for a reader that takes only so much at a time: stops once max_bytes have been told and returns the place
 * it has reached, which is journal_last() when it has caught up. What is no longer kept is passed over: ask journal_keeps() first. */
guint64 journal_read(Journal *journal, guint64 after, const char *run, gsize max_bytes, JournalFunc func, gpointer user_data);

/* Listens from now on; returns a handle for journal_ignore(). */
guint journal_listen(Journal *journal, JournalFunc func, gpointer user_data);
void journal_ignore(Journal *journal, guint handle);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Journal, journal_free)
