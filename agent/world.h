/* A sample's own small world: real files and folders below a folder of their own, which a tool sees in place of the machine's. */
#pragma once

#include <glib.h>
#include <json.h>

#define WORLD_BYTES_MAX (256 * 1024 * 1024) /* all files of one world */

/* Makes the world below folder/worlds: files (path to content, as in samples.schema.json), and each of needed (absolute paths,
 * NULL-terminated) as a folder unless it is there. Returns its folder: the path /home/x/a lies at FOLDER/home/x/a. NULL and an error
 * (AGENT_ERROR); nothing is left then. */
char *world_new(const char *folder, json_object *files, const char *const *needed, GError **error);

/* Removes it with all that is in it, and frees the path. Accepts NULL. */
void world_free(char *world);

/* Removes worlds that an agent which was killed left behind. */
void world_clean(const char *folder);
