/* What the library's files share. */
#pragma once

#include "agent/library/library.h"
#include "agent/library/repository.h"

struct Library {
        char *folder;  /* the repository's */
        char *storage; /* the folder of what apps saved */
        Repository *repository;
        GHashTable *reserved; /* IDs that were given out */
        GPtrArray *apps;      /* of App, newest first, as at `apps_at`; NULL: not read yet */
        git_oid apps_at;
        GHashTable *trees;    /* ID to git_oid: the folder that an app was read from */
        GPtrArray *skills;    /* of Skill, by name, as in the folder `skills_at`; NULL: not read yet */
        git_oid skills_at;
};

/* app.json's bytes. */
GBytes *app_to_file(const App *app);
/* Fills app from app.json's bytes; where they are damaged, problem is set and the rest stays plain. */
void app_from_file(App *app, GBytes *bytes);
App *app_copy(const App *app);
