/* Installed Python packages, below XDG_DATA_HOME/impromptu/packages:
 *
 *   sets/KEY       JSON {requirements, environment}: which environment a set of requirements has; KEY is of the set
 *   envs/CONTENT   site/ (what a tool sees) and record.json {wheels: [{file, sha256, bytes}], bytes}; CONTENT is of the wheels, so sets that
 *                  come to the same wheels share it. The record's time is when it was last used
 *   known          lines "SHA256 FILE": a wheel of that name never is another
 *   new-XXXXXX     an installation under way, locked by who does it; without a lock it is somebody's who was killed, and goes */
#pragma once

#include <gio/gio.h>

#define STORE_ENVIRONMENTS_MAX 24
#define STORE_BYTES_MAX (4LL * 1024 * 1024 * 1024) /* of all environments together */
#define STORE_DAYS_MAX 30                          /* that one stays unused */
#define STORE_KNOWN_MAX (1024 * 1024)              /* bytes of known; beyond, it starts anew */

typedef struct {
        char *file, *sha256;
        guint64 bytes;
} Wheel;

/* The key of a set, whatever its order. requirements are in their one spelling. Free with g_free(). */
char *store_key(const char *const *requirements);

/* The site folder of a set that is installed, which counts as a use; NULL. Free with g_free(). */
char *store_find(const char *const *requirements);
/* The same of what wheels come to; the set is then noted. wheels are Wheel. */
char *store_find_wheels(const char *const *requirements, GPtrArray *wheels);

/* A place for an installation. work is the folder in it that is lent, a descriptor. */
typedef struct Stage Stage;
Stage *stage_new(GError **error);
int stage_work(const Stage *stage);
/* Takes what lies in work/site as the environment of these wheels and notes the set; its site folder, or NULL with an error. */
char *stage_commit(Stage *stage, const char *const *requirements, GPtrArray *wheels, GError **error);
/* Removes what is left of it. Accepts NULL. */
void stage_free(Stage *stage);

/* FALSE with an error where a wheel of that name was another before. */
gboolean store_check_known(GPtrArray *wheels, GError **error);
/* Removes environments that are too old or too many, and what installations left that were killed. */
void store_collect(void);

void wheel_free(gpointer wheel);
