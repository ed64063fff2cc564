/* What was requested, for tests: the last SERVER_LOG_MAX requests as JSON. Never a key, never a message's text. */
#pragma once

#include <glib.h>
#include <json.h>

typedef struct Log Log;

Log *log_new(guint max);
void log_free(Log *log);
/* A new entry with its fields; returns its number. */
guint64 log_add(Log *log, json_object *entry);
/* Sets a field of an entry, if it is still remembered. */
void log_set(Log *log, guint64 number, const char *name, json_object *value);
/* {requests: [...]}; a new reference. */
json_object *log_json(Log *log);
