/* Recordings: answers that were made before, as text files a person can read and write. */
#pragma once

#include <glib.h>
#include <json.h>

/* A file FOLDER/NAME/ANY.txt: header lines, a blank line, then the answer verbatim; the file's last line break is not part of it.
 *
 *   state: WRITE
 *   part: largest_folders        (only where the call names one)
 *   attempt: 1
 *   sentence: a pomodoro timer
 *   how: by hand                 (or: recorded from MODEL on DATE, unedited)
 *   requires: a phrase that the request must contain     (any number of them)
 */
#define RECORDING_FILE_MAX (2 * 1024 * 1024)
#define RECORDINGS_MAX 4096
#define RECORDING_REQUIRES_MAX 32
#define RECORDING_ATTEMPT_MAX 99

typedef struct {
        char *file;       /* below the folder */
        char *state, *part, *sentence, *how;
        guint attempt;
        GPtrArray *requires;
        char *answer;
} Recorded;

typedef struct Recordings Recordings;

typedef enum {
        RECORDINGS_ERROR_UNKNOWN,  /* no recording has this sentence */
        RECORDINGS_ERROR_MISMATCH, /* the sentence is known, but not this call, or the request lacks a phrase */
} RecordingsError;
#define RECORDINGS_ERROR recordings_error_quark()
GQuark recordings_error_quark(void);

/* Reads a folder. Each fault becomes a line "FILE:LINE: what" in faults; NULL if there was one. */
Recordings *recordings_load(const char *folder, GPtrArray *faults);
/* Accepts NULL. */
void recordings_free(Recordings *recordings);

typedef struct {
        const char *state, *part, *sentence; /* part may be NULL */
        guint attempt;
        json_object *messages;
} RecordingsQuery;

/* The answer to exactly this call; NULL and an error that says what is missing. Never another answer. */
const Recorded *recordings_find(const Recordings *recordings, const RecordingsQuery *query, GError **error);

/* The sentences, each once, in the order of the files: a JSON array; a new reference. */
json_object *recordings_sentences(const Recordings *recordings);
/* {sentence: sentence of the app} for those that only make sense while an app is in front: their ROUTE says edit or fix. The app is the
 * one of the same folder, "" where that makes none, or where the sentence has no ROUTE at all (it was said to a Fix sheet). A new
 * reference. */
json_object *recordings_changes(const Recordings *recordings);
/* How they were made, all in one: "by hand", "recorded from …", or both. Free it. */
char *recordings_how(const Recordings *recordings);

/* Writes one below folder, in a folder named after its sentence; an older one of the same call is replaced. */
gboolean recordings_write(const char *folder, const Recorded *recorded, GError **error);
