/* Usage: what each call cost in time, tokens and money. Kept as lines in a file of the state folder, summed by day; a person can set what a
 * day may cost. */
#pragma once

#include <gio/gio.h>
#include <json.h>

typedef struct Usage Usage;

#define USAGE_DAYS_KEPT 90
#define USAGE_FILE_MAX (16 * 1024 * 1024) /* older lines go first */

typedef struct {
        const char *run;          /* NULL: none */
        const char *provider, *model, *lane, *state; /* provider and model by name, as in data/prices.json */
        gint64 queue_us;          /* in our queue, before it was sent */
        gint64 connect_us;        /* until the connection stood; 0: it was kept from before */
        gint64 first_token_us;    /* from being sent to the first token, -1: none came */
        gint64 total_us;          /* from the call to its end */
        guint tokens_in, tokens_out;
        guint tokens_cached;      /* of tokens_in */
        double rate;              /* tokens a second while decoding; 0: not known */
        guint retries;            /* tries before the one that counted, hedges among them */
        const char *outcome;      /* "complete", or the kind of error */
        gboolean recording;       /* nothing was really asked: it costs nothing */
} UsageEntry;

/* folder: the state folder (usage.jsonl, budget.json); prices: {provider: {model: {in, out, cached?}}} in dollars for a million tokens, as
 * in data/prices.json, or NULL. A file that cannot be read or written is told once, and counting goes on in memory. */
Usage *usage_new(const char *folder, json_object *prices);
/* Accepts NULL. */
void usage_free(Usage *usage);
/* Dollars; negative where no price is known. Cached tokens are a part of those that went in. */
double usage_cost(Usage *usage, const char *provider, const char *model, guint tokens_in, guint tokens_out, guint tokens_cached);
/* How fast a model was in the days that are kept, on average: ms to its first token, tokens a second after it. FALSE: not known. */
gboolean usage_speed(Usage *usage, const char *provider, const char *model, double *first_ms, double *rate);
/* Books a call; returns what it cost, as usage_cost(). */
double usage_add(Usage *usage, const UsageEntry *entry);
/* {budget?: {dollars, spent, left}, days: [{day, calls, tokens_in, tokens_out, tokens_cached, dollars, unpriced, models: [{provider, model,
 * calls, tokens_in, tokens_out, dollars?, first_token_ms, rate}]}]}, newest first; days by the person's own clock. A new reference. */
json_object *usage_describe(Usage *usage, guint days);
/* What a day may cost; 0 or less takes the bound away. FALSE and a sentence if it cannot be kept. */
gboolean usage_set_budget(Usage *usage, double dollars, GError **error);
/* FALSE once today has cost what a day may: the error is a sentence that says the sum, when it begins anew and how to change it. Local
 * models and recordings are never refused: ask only before a call that costs. */
gboolean usage_allows(Usage *usage, GError **error);
/* TRUE if money may be spent on what nobody has asked for: a day has a budget, and half of today's is left. */
gboolean usage_spares(Usage *usage);
/* For tests: seconds since 1970, instead of the machine's clock. */
void usage_use_clock(Usage *usage, gint64 (*clock)(void));
