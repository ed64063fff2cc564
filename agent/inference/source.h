/* A source: one provider in use, with its address, its key and the models that it has. Makes the requests that go there. */
#pragma once

#include <json.h>

#include "agent/inference/lanes.h"
#include "agent/inference/provider.h"
#include "agent/inference/transport.h"

#define SOURCE_KEY_MAX 512              /* bytes of a key */
#define SOURCE_LANES 3
#define SOURCE_SENTENCE_HEADER_MAX 512 /* characters of a sentence that go to the rehearsal */

extern const char *const source_lanes[SOURCE_LANES]; /* fast, deep, router */

typedef struct {
        gint refs;
        const Provider *provider;
        char *base;            /* without a slash at its end */
        gboolean here;         /* on this machine: a first token may take long, no proxy stands between */
        char *key;             /* NULL: none; cleared from memory when it goes */
        char *title;           /* for people: "Groq", "llama.cpp on 127.0.0.1:8080" */
        char *problem;         /* why it would not answer now, as a sentence; NULL: nothing is known against it */
        GPtrArray *models[SOURCE_LANES]; /* of LaneModel, best first */
        GHashTable *refused;   /* fields of a request that this server does not take */
        char *max_tokens_field;
        /* Only of the rehearsal: */
        char *recording;       /* how its recordings were made */
        gint64 pace;           /* tokens a second; 0: as fast as it can; -1: not said */
        GStrv sentences;       /* that it knows; NULL: not known yet */
        json_object *changes;  /* {sentence: sentence of the app that it changes}; NULL: not known */
} Source;

/* base and key may be NULL; both are copied. */
Source *source_new(const Provider *provider, const char *base, const char *key);
Source *source_ref(Source *source);
/* Accepts NULL. */
void source_unref(Source *source);

/* TRUE if key can be one: printable, without blanks, at most SOURCE_KEY_MAX bytes; else an error that does not repeat it. */
gboolean source_key_check(const char *key, GError **error);

/* Takes the answer of GET /models (NULL: the server has no such list) and the wishes of lanes.json. FALSE if body is no list of models. */
gboolean source_take_models(Source *source, json_object *body, json_object *wanted, const char *only);
/* A lane by its name; an unknown one is `fast`. */
GPtrArray *source_models(Source *source, const char *lane);

/* base + path; free it. */
char *source_url(const Source *source, const char *path);
/* The headers of a request; request NULL: one without a call (the list of models). */
GStrv source_headers(const Source *source, const LaneRequest *request);
/* The body of a chat completion. */
char *source_body(const Source *source, const LaneRequest *request, const LaneModel *model);
/* The server named a field (or a format) that it does not take: leave it out from now on. FALSE if there was nothing left to leave out. */
gboolean source_refuse(Source *source, const LaneModel *model, const char *message, gboolean unnamed);

/* A server's words made fit to be shown: one line, bounded, and without the key if it repeats it. Free it. */
char *source_quote(const Source *source, const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Source, source_unref)
