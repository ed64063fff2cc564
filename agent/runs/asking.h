/* Apps that ask: impromptu.ask() of a page. One call of the fast lane, without tools, in words of the app's own; what comes is generated and
 * nobody has checked it, so the shell says so. Each app has a budget, whatever the person's own is. An app that can also look at things on
 * this computer needs a grant first ("ask"), since it can send them out with its question. */
#pragma once

#include "agent/agent.h"

#define ASKING_TOKENS_MINUTE 20000 /* of one app, in and out */
#define ASKING_TOKENS_DAY 200000
#define ASKING_AT_ONCE_MAX 4       /* questions of one app under way */
#define ASKING_TOKENS_ANSWER 2000
#define ASKING_TEXT_MAX (24 * 1024) /* bytes */
#define ASKING_SCHEMA_MAX (16 * 1024)
#define ASKING_APPS_MAX 2048       /* whose day is counted */

/* What the day has used is kept in agent's state folder. agent must outlive it. */
Asking *asking_new(const Agent *agent);
/* Accepts NULL. Nobody who still waits is called. Before the lanes are freed. */
void asking_free(Asking *asking);

/* A piece of the answer as it comes. Not where a schema was given. */
typedef void (*AskingTextFunc)(const char *text, gsize length, gpointer user_data);
/* result: a string, or what the schema asks for; or AGENT_ERROR: BAD_REQUEST, TOO_LARGE, DENIED by the person, BUSY (at once, this minute),
 * REFUSED (today), NO_MODEL, FAILED. */
typedef void (*AskingFunc)(json_object *result, const GError *error, gpointer user_data);

/* func is called once, from the main loop, also where cancellable was cancelled (FAILED). schema and text_func may be NULL; text_func gets
 * whole characters. */
void asking_ask(Asking *asking, const char *app, const char *text, json_object *schema, GCancellable *cancellable, AskingTextFunc text_func,
                AskingFunc func, gpointer user_data);

/* [{app, minute, minute_most, day, day_most}] in tokens, of the apps that asked today. A new reference. */
json_object *asking_describe(Asking *asking);
/* For tests: seconds since 1970, instead of the machine's clock. */
void asking_use_clock(Asking *asking, gint64 (*clock)(void));

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Asking, asking_free)
