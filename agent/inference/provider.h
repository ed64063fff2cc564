/* Providers: who can answer, as a table, and which models to ask for (data/lanes.json). */
#pragma once

#include <glib.h>
#include <json.h>

typedef struct {
        const char *name;             /* as in POST /keys and lanes.json */
        const char *title;            /* for people */
        const char *base;             /* NULL: known only when it is chosen */
        const char *chat_path;        /* below base */
        const char *models_path;
        const char *key_variable;     /* the environment's name of the key; NULL: none is needed */
        const char *auth;             /* what stands before the key in the request's header; NULL: no key is sent */
        const char *max_tokens_field;
        gboolean schema;              /* takes response_format json_schema */
        gboolean local;               /* is looked for on this machine */
        gboolean rehearsal;           /* gets the X-Impromptu headers */
} Provider;

/* By name; NULL if there is none. */
const Provider *provider_find(const char *name);

/* The whole table, in the order in which the environment's keys and the local ports are looked at. */
const Provider *provider_table(gsize *n_providers);

/* One model of a lane; options are further fields of the request, or NULL. */
typedef struct {
        char *id;             /* as the server knows it */
        char *label;          /* as a person is told: a file's path becomes its name */
        json_object *options;
} LaneModel;

LaneModel *lane_model_new(const char *id, json_object *options);
void lane_model_free(LaneModel *model);

/* Which models of `served` (an array of LaneModel ids; NULL: not known) a lane asks, best first: those that lanes.json lists for this
 * provider and lane and the server has, else the server's first. wanted is lanes.json (NULL: no wishes). The array frees its
 * LaneModels and may be empty. */
GPtrArray *provider_models(const Provider *provider, const char *lane, json_object *wanted, GPtrArray *served);
