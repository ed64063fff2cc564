/* A lane of a person's own is taken as it stands, less what has no key or is gone. One that is left to us holds the models that the data
 * wish of each source, the sources in the data's order. Behind both stand the lanes that it falls back to, so that a call fails only where
 * nobody answers: fast may be answered by deep (it escalates), deep by fast rather than not at all, and router by fast. */
#include "entries.h"

#include <string.h>

static gboolean holds(GPtrArray *entries, const Source *source, const char *model)
{
        for (guint i = 0; i < entries->len; i++) {
                LaneEntry *entry = g_ptr_array_index(entries, i);
                if (entry->source == source && strcmp(entry->model->id, model) == 0)
                        return TRUE;
        }
        return FALSE;
}

/* Adds a model, if the server has it and it is not there yet. */
static void add(GPtrArray *entries, Source *source, const char *model, json_object *options, WireDialect dialect)
{
        g_autoptr(LaneModel) made = NULL;

        if (entries->len >= WISHES_ENTRIES_MAX || !source_serves(source, model) || holds(entries, source, model))
                return;
        made = lane_model_new(model, options, dialect);
        g_ptr_array_add(entries, lane_entry_new(source, made));
}

WireDialect entries_dialect(const EntriesSpec *spec, const Source *source)
{
        const Provider *provider = source->provider;

        return spec->dialect && (provider->rehearsal || strcmp(provider->name, "custom") == 0) ? *spec->dialect : provider->dialect;
}

static void add_source(const EntriesSpec *spec, GPtrArray *entries, Source *source, const char *lane)
{
        GPtrArray *wished = wishes_models(spec->wishes, source->provider->name, lane);
        WireDialect dialect = entries_dialect(spec, source);
        guint before = entries->len;
        gboolean found = FALSE;

        if (spec->only && strcmp(source->provider->name, "custom") == 0) {
                add(entries, source, spec->only, NULL, dialect);
                if (entries->len == before && !holds(entries, source, spec->only)) {
                        /* Its list may lack what it serves all the same: a person named it. */
                        g_autoptr(LaneModel) named = lane_model_new(spec->only, NULL, dialect);
                        g_ptr_array_add(entries, lane_entry_new(source, named));
                }
                return;
        }
        for (guint i = 0; i < wished->len; i++) {
                Wish *wish = g_ptr_array_index(wished, i);
                add(entries, source, wish->model, wish->options, wish->dialect == source->provider->dialect ? dialect : wish->dialect);
                found |= source_serves(source, wish->model) != NULL;
        }
        /* Nothing that is wished is there (also not further up in the lane): whatever it has, which on a machine of one's own is the
         * one. */
        for (guint i = 0; !found && source->served && i < source->served->len; i++) {
                const char *served = g_ptr_array_index(source->served, i);
                add(entries, source, served, NULL, dialect);
                found = source_serves(source, served) != NULL;
        }
}

GPtrArray *entries_of_source(const EntriesSpec *spec, Source *source, const char *lane)
{
        GPtrArray *entries = g_ptr_array_new_with_free_func((GDestroyNotify)lane_entry_free);

        add_source(spec, entries, source, lane);
        return entries;
}

static Source *source_named(const EntriesSpec *spec, const char *provider)
{
        for (guint i = 0; i < spec->sources->len; i++) {
                Source *source = g_ptr_array_index(spec->sources, i);
                if (strcmp(source->provider->name, provider) == 0)
                        return source;
        }
        return NULL;
}

static void add_own(const EntriesSpec *spec, GPtrArray *entries, GPtrArray *own, const char *lane)
{
        for (guint i = 0; i < own->len; i++) {
                Wish *wish = g_ptr_array_index(own, i);
                Source *source = source_named(spec, wish->provider);
                if (!source)
                        continue;
                if (wish->model)
                        add(entries, source, wish->model, wish->options, wish->dialect);
                else
                        add_source(spec, entries, source, lane);
        }
}

typedef struct {
        Source *source;
        guint rank;
} Ranked;

static int compare(const void *a, const void *b)
{
        const Ranked *left = a, *right = b;

        return (left->rank > right->rank) - (left->rank < right->rank);
}

/* The sources in the order of this lane: a custom server first, then the key that was pasted last, then as the data say. Free it. */
static GArray *ranked_of(const EntriesSpec *spec, const char *lane)
{
        GArray *ranked = g_array_new(FALSE, FALSE, sizeof(Ranked));

        for (guint i = 0; i < spec->sources->len; i++) {
                Source *source = g_ptr_array_index(spec->sources, i);
                const char *name = source->provider->name;
                guint rank = 2 + wishes_rank(spec->wishes, name, lane);
                if (g_strcmp0(name, spec->first) == 0)
                        rank = 0;
                else if (strcmp(name, "custom") == 0)
                        rank = 1;
                rank = rank * (guint)(spec->sources->len + 1) + i; /* else as they stand */
                g_array_append_vals(ranked, &(Ranked) { source, rank }, 1);
        }
        g_array_sort(ranked, compare);
        return ranked;
}

static void add_ranked(const EntriesSpec *spec, GPtrArray *entries, const char *lane)
{
        g_autoptr(GArray) ranked = ranked_of(spec, lane);

        for (guint i = 0; i < ranked->len; i++) {
                Source *source = g_array_index(ranked, Ranked, i).source;
                const char *name = source->provider->name;
                /* A server of a person's own of which we wish nothing stands where they put it, with the model that they named. */
                if (wishes_models(spec->wishes, name, lane)->len > 0 || !wishes_name(spec->wishes, name))
                        add_source(spec, entries, source, lane);
        }
}

static void add_lane(const EntriesSpec *spec, GPtrArray *entries, const char *lane)
{
        GPtrArray *own = wishes_lane(spec->wishes, lane);

        if (own)
                add_own(spec, entries, own, lane);
        else
                add_ranked(spec, entries, lane);
}

/* A lane and those that it falls back to. */
static const char *const chains[SOURCE_LANES][SOURCE_LANES + 1] = {
        { "fast", "deep", NULL }, { "deep", "fast", NULL }, { "router", "fast", "deep", NULL },
};

/* Whoever says who is fast and not who routes means the same, and nobody else. */
static gboolean is_passed_over(const EntriesSpec *spec, const char *lane)
{
        return source_lane(lane) == source_lane("router") && !wishes_lane(spec->wishes, lane) && wishes_lane(spec->wishes, "fast");
}

GPtrArray *entries_of(const EntriesSpec *spec, const char *lane)
{
        GPtrArray *entries = g_ptr_array_new_with_free_func((GDestroyNotify)lane_entry_free);

        for (const char *const *at = chains[source_lane(lane)]; *at; at++) {
                if (!is_passed_over(spec, *at))
                        add_lane(spec, entries, *at);
        }
        return entries;
}

typedef enum {
        WORTH_NOTHING, /* it was looked at and has nothing for this lane */
        WORTH_UNKNOWN, /* it is being looked at */
        WORTH_ASKING,
} Worth;

static Worth worth_of(const EntriesSpec *spec, Source *source, const char *model, const char *lane)
{
        g_autoptr(GPtrArray) entries = NULL;

        if (!source->looked)
                return WORTH_UNKNOWN;
        if (source->problem)
                return WORTH_NOTHING;
        if (model)
                return source_serves(source, model) ? WORTH_ASKING : WORTH_NOTHING;
        entries = entries_of_source(spec, source, lane);
        return entries->len > 0 ? WORTH_ASKING : WORTH_NOTHING;
}

/* The first that is more than nothing, in the order in which this one lane would be asked. */
static Worth lane_worth(const EntriesSpec *spec, const char *lane)
{
        GPtrArray *own = wishes_lane(spec->wishes, lane);
        g_autoptr(GArray) ranked = own ? NULL : ranked_of(spec, lane);
        Worth worth = WORTH_NOTHING;

        for (guint i = 0; own && i < own->len && worth == WORTH_NOTHING; i++) {
                Wish *wish = g_ptr_array_index(own, i);
                Source *source = source_named(spec, wish->provider);
                worth = source ? worth_of(spec, source, wish->model, lane) : WORTH_NOTHING;
        }
        for (guint i = 0; ranked && i < ranked->len && worth == WORTH_NOTHING; i++)
                worth = worth_of(spec, g_array_index(ranked, Ranked, i).source, NULL, lane);
        return worth;
}

gboolean entries_settled(const EntriesSpec *spec, const char *lane)
{
        Worth worth = WORTH_NOTHING;

        for (const char *const *at = chains[source_lane(lane)]; *at && worth == WORTH_NOTHING; at++) {
                if (!is_passed_over(spec, *at))
                        worth = lane_worth(spec, *at);
        }
        return worth != WORTH_UNKNOWN;
}
