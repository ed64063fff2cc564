/* A source: one provider in use, with its address, its key and the models that it has. Makes the requests that go there. */
#pragma once

#include <json.h>

#include "agent/inference/admission.h"
#include "agent/inference/lanes.h"
#include "agent/inference/provider.h"
#include "agent/inference/transport.h"

#define SOURCE_KEY_MAX 512             /* bytes of a key */
#define SOURCE_LANES 3
#define SOURCE_LACK_SECONDS 600        /* a model that was not there is tried again afterwards */
#define SOURCE_SENTENCE_HEADER_MAX 512 /* characters of a sentence that go to the rehearsal */
#define SOURCE_MODELS_MAX 4096         /* of a server's list that are remembered */

extern const char *const source_lanes[SOURCE_LANES]; /* fast, deep, router */
/* The place of a lane by its name; an unknown one is `fast`. */
guint source_lane(const char *name);

/* One model, as a lane asks it. */
typedef struct {
        gint refs;
        char *id;              /* as the server knows it */
        char *label;           /* as a person is told: a file's path becomes its name */
        json_object *options;  /* further fields of the request, or NULL */
        WireDialect dialect;
} LaneModel;

/* options may be NULL; a request that diffuses is read as such. */
LaneModel *lane_model_new(const char *id, json_object *options, WireDialect dialect);
LaneModel *lane_model_ref(LaneModel *model);
/* Accepts NULL. */
void lane_model_unref(LaneModel *model);

typedef struct {
        gint refs;
        Provider *provider;
        char *base;            /* without a slash at its end */
        gboolean here;         /* on this machine: a first token may take long, no proxy stands between */
        char *key;             /* NULL: none; cleared from memory when it goes */
        char *title;           /* for people: "Groq", "llama.cpp on 127.0.0.1:8080" */
        char *problem;         /* why it would not answer now, as a sentence; NULL: nothing is known against it */
        gboolean looked;       /* its models have been asked for */
        GPtrArray *served;     /* the names of its models; NULL: not known */
        GHashTable *lacking;   /* names of models that it turned out not to have, to when that was (gint64) */
        GHashTable *refused;   /* "MODEL FIELD": fields of a request that are not taken */
        GHashTable *caps;      /* model to the name of its cap's field, where the provider's own was refused */
        GHashTable *admissions; /* model to Admission: most providers count by model */
        gint64 resting;        /* monotonic µs until which others are asked first: it did not answer */
        guint failures;        /* in a row, of the kind that makes it rest */
        gboolean http1;        /* its HTTP/2 has proved faulty */
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

/* TRUE if an answer costs money: neither on this machine nor a recording. */
gboolean source_costs(const Source *source);

/* TRUE if key can be one: printable, without blanks, at most SOURCE_KEY_MAX bytes; else an error that does not repeat it. */
gboolean source_key_check(const char *key, GError **error);

/* Takes the answer of the list of models; NULL: the server has no such list. FALSE if body is no list of models. */
gboolean source_take_models(Source *source, json_object *body);
/* The server's own name of a model ("models/x" is asked for as "x"); NULL if it is known not to have it. */
const char *source_serves(const Source *source, const char *id);

/* Who may ask this model now; lives as long as the source. */
Admission *source_admission(Source *source, const LaneModel *model);

/* It said that it does not have this model after all: for SOURCE_LACK_SECONDS, or until its models are asked for again. */
void source_lacks(Source *source, const char *id);

/* It answered, or did not: one that fails rests for a while, longer with each time in a row. */
void source_answered(Source *source);
void source_failed(Source *source);

/* Where a request goes, in this dialect; free it. */
char *source_url(const Source *source, WireDialect dialect);
/* Where its list of models is; free it. */
char *source_models_url(const Source *source);
/* What keeps a connection open; free it. */
char *source_warm_url(const Source *source);
/* The headers of a request in this dialect; request NULL: one without a call (the list of models). */
GStrv source_headers(const Source *source, const LaneRequest *request, WireDialect dialect);
/* The server named a field of body that it does not take: leave it out from now on. unnamed: it did not say which. FALSE if there was
 * nothing left to leave out. */
gboolean source_refuse(Source *source, const LaneModel *model, json_object *body, const char *message, gboolean unnamed);
/* TRUE if a field may be sent. */
gboolean source_takes(const Source *source, const LaneModel *model, const char *field);
/* What the bound on an answer's tokens is called; NULL if none is taken. */
const char *source_cap_field(const Source *source, const LaneModel *model);

/* A server's words made fit to be shown: one line, bounded, and without the key if it repeats it. Free it. */
char *source_quote(const Source *source, const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Source, source_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LaneModel, lane_model_unref)
