/* The library: an ordinary git repository (libgit2) of apps, tools and pages. What was accepted is a commit in the person's own words;
 * undo is a new commit.
 *
 * What library_accept_…() took survives a kill of the agent at any moment after it returned. It does not wait for the disk: a thread
 * syncs half a second later and for everything together, so a power cut may take back what was accepted in the last seconds, never more;
 * the library then stands at the version before, whole. The work tree follows when the main loop is idle. */
#pragma once

#include "agent/agent.h"
#include "agent/skill.h"
#include "agent/toolbox.h"

typedef struct {
        char *id;
        char *title;
        char *glyph;
        char *sentence;         /* the words that made it */
        char *file;             /* its main file, "index.html" */
        guint version;          /* commits that touched it */
        gint64 time;            /* of the last one, seconds since 1970 */
        json_object *requirements; /* array, with their verdicts */
        json_object *tools;     /* array of names */
        guint passed, shown, total; /* as an event `deliver` has them */
        json_object *findings;  /* array: what the last check found; NULL is none */
        char *problem;          /* NULL, or why its app.json cannot be read, as a sentence; an undo or an edit mends it */
} App;

App *app_new(const char *id);
/* Accepts NULL. */
void app_free(App *app);
/* For the API; without findings. A new reference. */
json_object *app_to_json(const App *app);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(App, app_free)

/* Opens or makes folder/library. An error that names the folder if it cannot be read or written. */
Library *library_open(const char *folder, GError **error);
/* The work tree follows now, and what a person edited in it by hand becomes a commit; otherwise that happens in idle time. FALSE and a
 * sentence (AGENT_ERROR, STORAGE) where it cannot. */
gboolean library_settle(Library *library, GError **error);
/* Waits until everything is on the disk. Accepts NULL. */
void library_free(Library *library);

/* A fresh app ID from a sentence: a slug, with a number where it is taken (by an app, or by one of the reserved names; also by an app that
 * was removed, whose saved data may still be there). It stays reserved until the agent ends. Free with g_free(). */
char *library_new_id(Library *library, const char *sentence);
/* Reserves an ID that library_new_id() gave before the agent was restarted. */
void library_reserve_id(Library *library, const char *id);
/* TRUE if this may be an app's ID. */
gboolean library_id_valid(const char *id);

/* Accepted: writes the files (path to GBytes, below apps/ID/) and app.json in one commit whose message is the person's words. version and
 * time of app are set. FALSE, and the old version still whole, on error (AGENT_ERROR, STORAGE). */
gboolean library_accept_app(Library *library, App *app, GHashTable *files, const char *words, GError **error);

#define LIBRARY_NO_APP "There is no app with this name; “impromptu apps” lists those that there are."

App *library_app(Library *library, const char *id, GError **error);
/* GPtrArray of App, newest first; frees them. */
GPtrArray *library_apps(Library *library);
/* The app that this sentence (folded for case and white space) made, newest first; NULL if none. */
App *library_app_by_sentence(Library *library, const char *sentence);
/* A file of the accepted version, straight from git's object store. path is checked. */
GBytes *library_app_file(Library *library, const char *id, const char *path, GError **error);
/* array of {commit, text, time}, newest first */
json_object *library_app_history(Library *library, const char *id);
/* A new commit with the state before the last change. Undo after undo goes one further back each time, it never toggles; after an undo
 * and a new change, undo takes back that change, then goes on where the first undo had come to. A removed app comes back. CONFLICT where
 * there is nothing before. */
gboolean library_undo_app(Library *library, const char *id, GError **error);
gboolean library_remove_app(Library *library, const char *id, GError **error);

gboolean library_accept_tool(Library *library, const Tool *tool, const char *words, GError **error);
Tool *library_tool(Library *library, const char *name, GError **error);
GPtrArray *library_tools(Library *library);

/* skills/NAME/SKILL.md; a file that cannot be read is left out, and said in the log. */
#define LIBRARY_INSTRUCTION_MAX 500 /* characters of one line that was added to agents.md */
#define LIBRARY_SKILLS_MAX 200
GPtrArray *library_skills(Library *library);
Skill *library_skill(Library *library, const char *name, GError **error);
/* The file as it is. Free with g_free(). */
char *library_skill_text(Library *library, const char *name, GError **error);
/* A new one or a changed one, in one commit whose message is words. */
gboolean library_accept_skill(Library *library, const Skill *skill, const char *words, GError **error);
gboolean library_forget_skill(Library *library, const char *name, const char *words, GError **error);

/* pages/: virtual responses, kept under the address that asked for them. */
gboolean library_accept_page(Library *library, const char *address, const char *type, GBytes *body, GError **error);
GBytes *library_page(Library *library, const char *address, char **type);

#define LIBRARY_INSTRUCTIONS_MAX (64 * 1024)
/* The person's standing instructions (agents.md), "" if there are none. Free with g_free(). */
char *library_instructions(Library *library);
/* One more line of them, because the person said so. */
gboolean library_add_instruction(Library *library, const char *line, GError **error);

/* What an app saved for itself; beside the repository, outside git; written at once and atomically. */
json_object *library_storage(Library *library, const char *id);
gboolean library_storage_merge(Library *library, const char *id, json_object *changes, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Library, library_free)
