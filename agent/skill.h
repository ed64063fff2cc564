/* A skill: something that was learnt, as a SKILL.md that a person can read and write. Front matter with a name and a one-line description,
 * then what is to be known. It is text for a prompt, where it stands as data; it grants nothing and sets nothing.
 *
 *   ---
 *   name: count-from-date-now
 *   description: An app that counts time
 *   metadata:
 *     state: proposed
 *     sentence: a pomodoro timer
 *     ...
 *   ---
 *   Compute what is left from Date.now(); a counted interval runs late.
 */
#pragma once

#include <glib.h>
#include <json.h>

#define SKILL_NAME_MAX 40         /* bytes: [a-z0-9-] */
#define SKILL_DESCRIPTION_MAX 160 /* characters */
#define SKILL_BODY_MAX 2000       /* bytes */
#define SKILL_FILE_MAX (16 * 1024)

/* A hand-written file without a state is kept: a person put it there. */
typedef enum {
        SKILL_KEPT,     /* is given to writers */
        SKILL_PROPOSED, /* waits for its trial */
        SKILL_TASTE,    /* what the person seems to want everywhere: waits for the person */
} SkillState;

typedef struct {
        char *name, *description, *body;
        SkillState state;
        /* Where it comes from; NULL and 0 in a hand-written one. */
        char *run;         /* the run that it was learnt in */
        char *sentence;    /* that run's */
        guint repairs;     /* that run needed: repairs, starts afresh, tools written again */
        guint passed, total;
        guint tries;       /* trials that came to no end */
} Skill;

/* Reads a SKILL.md; name is its folder's. NULL and AGENT_ERROR (BAD_REQUEST), a sentence that says what is wrong with it. */
Skill *skill_from_file(const char *name, const char *text, gsize length, GError **error);
/* The other way. Free with g_free(). */
char *skill_to_file(const Skill *skill);
/* Cleans what a model or a person gave: one line of description, a body without control characters. NULL and an error (BAD_REQUEST) where
 * nothing is left of one, or the body is too long. */
Skill *skill_new(const char *name, const char *description, const char *body, GError **error);
Skill *skill_copy(const Skill *skill);
/* Accepts NULL. */
void skill_free(Skill *skill);
gboolean skill_name_valid(const char *name);
const char *skill_state_name(SkillState state);
/* For the API: all but the body. A new reference. */
json_object *skill_to_json(const Skill *skill);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Skill, skill_free)
