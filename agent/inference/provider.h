/* Providers: who can answer, as data (data/providers.json and a person's own in lanes.json). Nothing else in this room knows their
 * names. */
#pragma once

#include <gio/gio.h>
#include <json.h>

#include "agent/inference/wire/stream.h"

#define PROVIDERS_MAX 64
#define PROVIDER_NAME_MAX 40   /* characters */
#define PROVIDER_TEXT_MAX 500  /* bytes of any text of a provider */
/* The headers that a server of Anthropic's dialect wants. */
#define PROVIDER_ANTHROPIC_KEY "x-api-key: "
#define PROVIDER_ANTHROPIC_VERSION "anthropic-version: 2023-06-01"

/* What a provider is known to take beside the plain request: id, name in the file. A field that is refused all the same is left out from
 * then on. */
#define PROVIDER_TAKES(X)                                                              \
        X(USAGE, "usage")               /* stream_options.include_usage */              \
        X(SCHEMA, "json_schema")        /* a JSON schema for the answer, each dialect in its own field */ \
        X(PREDICTION, "prediction")     /* text that the answer will largely repeat */  \
        X(CACHE_KEY, "cache_key")       /* calls of one key share a prompt's beginning */ \
        X(GZIP, "gzip")                 /* compressed requests */                       \
        X(GRAMMAR, "grammar")           /* llama.cpp's GBNF */                          \
        X(GUIDED_CHOICE, "guided_choice") /* vLLM's list of words */                    \
        X(NO_OBFUSCATION, "no_obfuscation") /* events without padding, if asked for */

typedef enum {
#define X(id, name) PROVIDER_TAKES_BIT_##id,
        PROVIDER_TAKES(X)
#undef X
        PROVIDER_TAKES_COUNT
} ProviderTakesBit;
#define PROVIDER_CAN(id) (1u << PROVIDER_TAKES_BIT_##id)

typedef struct {
        gint refs;
        char *name;          /* as in lanes.json, POST /keys and prices.json */
        char *title;         /* for people */
        char *base;          /* NULL: known only when it is chosen */
        WireDialect dialect;
        GStrv keys;          /* environment variables that may hold its key; empty: none is needed */
        char *key_header;    /* what stands before the key in the request's header */
        GStrv headers;       /* further headers of each request */
        char *path;          /* of a request, below base; NULL: the dialect's own */
        char *warm_path;     /* a light request that keeps a connection open; NULL: the list of models */
        char *cap_field;     /* chat completions: the name of the bound on an answer's tokens */
        char *ca_file;       /* certificates that its server is checked against; NULL: the system's */
        guint takes;         /* bits of PROVIDER_CAN() */
        gboolean local;      /* is looked for on this machine */
        gboolean rehearsal;  /* gets the X-Impromptu headers */
} Provider;

Provider *provider_ref(const Provider *provider);
/* TRUE if they are the same in everything. */
gboolean provider_equal(const Provider *one, const Provider *other);
/* Accepts NULL. */
void provider_unref(Provider *provider);

/* TRUE if the address is one of this machine. Accepts NULL. */
gboolean provider_uri_is_here(GUri *uri);

typedef struct Providers Providers;

Providers *providers_new(void);
/* Accepts NULL. */
void providers_free(Providers *providers);
/* Adds {name: provider}; a name that is there already is replaced, but what `object` does not say of it stays. A new one that speaks
 * Anthropic's dialect has its headers, unless it says others. Adds nothing and returns FALSE
 * with a sentence that names the place if one of them is wrong; `what` is the file's name in it. The sentence repeats nothing that stands
 * where the name of a key's variable should: it may be the key. */
gboolean providers_add(Providers *providers, json_object *object, const char *what, GError **error);
/* By name; NULL if there is none. Lives as long as providers. */
const Provider *providers_find(const Providers *providers, const char *name);
/* TRUE if one before it has the same key: a second way to the same server, used only where a person names it. */
gboolean providers_second_way(const Providers *providers, const Provider *provider);
/* In the order of the files; NULL behind the last. */
const Provider *providers_at(const Providers *providers, guint place);

/* TRUE if base can be a server's address: http or https and a host, with neither a user, a query nor a fragment. */
gboolean provider_base_is_good(const char *base);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Providers, providers_free)
