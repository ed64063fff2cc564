/* Reading events without trusting them: a field that is missing or of another type is the empty value, and a name is checked before it
 * becomes a path. */
#pragma once

#include <glib.h>
#include <json.h>

/* Borrowed from object; "" where there is no such text. object may be NULL in all of these. */
const char *field_text(json_object *object, const char *key);
gint64 field_int(json_object *object, const char *key);
double field_number(json_object *object, const char *key);
gboolean field_bool(json_object *object, const char *key);
/* Borrowed; NULL where there is no such list or object. */
json_object *field_list(json_object *object, const char *key);
json_object *field_object(json_object *object, const char *key);
/* "/app/ID/index.html?draft=r7.1" or "app://ID/…" as app_view_load() wants it: without what comes before the file. Free with g_free(). */
char *field_view_path(json_object *object, const char *key, const char *app);
/* The number of elements, 0 for NULL. */
gsize list_length(json_object *list);

/* An app's ID, a run's ID, a question's or another short name that is safe in a path. */
gboolean name_is_app(const char *name);
gboolean name_is_run(const char *name);
gboolean name_is_token(const char *name);
