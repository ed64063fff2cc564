/* The agent's events: one list that names, documents and checks them. Prose in README.md, machine-readable in events.schema.json. */
#pragma once

#include <glib.h>
#include <json.h>

/* id, name, journalled, fields that must be there (space-separated) */
#define EVENT_TYPES(X)                                                                                      \
        X(RUN, "run", TRUE, "run text kind")                                                                \
        X(STATE, "state", TRUE, "run state attempt")                                                        \
        X(ROUTE, "route", TRUE, "run route")                                                                \
        X(WINDOW, "window", TRUE, "run app title glyph")                                                    \
        X(PLAN, "plan", TRUE, "run title requirements tools")                                               \
        X(TOOL, "tool", TRUE, "run name state attempt")                                                     \
        X(DRAFT, "draft", TRUE, "run app draft path streaming expected")                                    \
        X(WRITTEN, "written", TRUE, "run app draft bytes")                                                  \
        X(PROGRESS, "progress", FALSE, "run state tokens expected rate")                                    \
        X(CHECK, "check", TRUE, "run app draft path requirements tools")                                    \
        X(EVIDENCE, "evidence", TRUE, "run app draft passed shown total results findings")                  \
        X(VARIANTS, "variants", TRUE, "run app state drafts groups")                                        \
        X(VARIANT, "variant", TRUE, "run app draft state")                                                  \
        X(PREPARED, "prepared", TRUE, "run app state")                                                      \
        X(QUESTION, "question", TRUE, "question title capability resource sentence detail quote answers")   \
        X(ANSWERED, "answered", TRUE, "question answer")                                                    \
        X(GRANTS, "grants", FALSE, "app")                                                                   \
        X(DELIVER, "deliver", TRUE, "run app title version passed shown total broken eye draft")            \
        X(ANSWER, "answer", TRUE, "run text")                                                               \
        X(OPEN, "open", TRUE, "title glyph")                                                                \
        X(APP, "app", TRUE, "app")                                                                          \
        X(LANE, "lane", TRUE, "lane model provider")                                                        \
        X(USAGE, "usage", TRUE, "run state attempt model tokens_in tokens_out first_token_ms ms rate")      \
        X(NOTICE, "notice", TRUE, "level text")                                                             \
        X(DONE, "done", TRUE, "run outcome message timeline")                                               \
        X(SNAPSHOT, "snapshot", FALSE, "runs apps questions lanes")

typedef enum {
#define X(id, name, journalled, fields) EVENT_##id,
        EVENT_TYPES(X)
#undef X
        EVENT_TYPE_COUNT
} EventType;

/* The event's name on the wire; a static string. */
const char *event_type_name(EventType type);

/* TRUE if events of this type get a place in the journal (an id). */
gboolean event_type_journalled(EventType type);

/* The type with this name; FALSE if there is none (a newer agent's event: the reader skips it). */
gboolean event_type_parse(const char *name, EventType *type);

/* TRUE if data has every field that the type must have (null counts as there); else G_IO_ERROR_INVALID_DATA that names the missing one. */
gboolean event_check(EventType type, json_object *data, GError **error);
