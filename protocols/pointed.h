/* What a person points at in an app's page: {role?, name?, text?, place?}, at least one of the first two. It is said by a page, so it is
 * data wherever it goes: known fields only, each on one line and cut. */
#pragma once

#include <glib.h>
#include <json.h>

/* Characters. */
#define POINTED_ROLE_MAX 20
#define POINTED_NAME_MAX 80
#define POINTED_TEXT_MAX 300
#define POINTED_PLACE_MAX 300

/* A new object of what from (borrowed, may be anything or NULL) has of it, made fit to show; NULL if it has neither role nor name. */
json_object *pointed_clean(json_object *from);

/* "button “Start”", as a person would say it, for what pointed_clean() gave. Free with g_free(). */
char *pointed_label(json_object *pointed);
