#include "sets.h"

#include "wire.h"

typedef struct {
        char *site;
        Pool *pool;
        gint64 used;
} Set;

struct Sets {
        char *program;
        Pool *base;
        PoolReadyFunc ready;
        gpointer data;
        GPtrArray *sets; /* Set */
        GSource *clock;
};

static void set_free(gpointer data)
{
        Set *set = data;

        pool_free(set->pool);
        g_free(set->site);
        g_free(set);
}

/* Ends the workers that nobody needs. */
static gboolean clock_cb(gpointer data)
{
        Sets *sets = data;
        gint64 oldest = g_get_monotonic_time() - (gint64)SETS_SECONDS_MAX * G_USEC_PER_SEC;

        for (guint i = sets->sets->len; i-- > 0;)
                if (((Set *)sets->sets->pdata[i])->used < oldest)
                        g_ptr_array_remove_index(sets->sets, i);
        if (!sets->sets->len)
                watch_clear(&sets->clock);
        return G_SOURCE_CONTINUE;
}

/* The one that was used longest ago; calls that came from it go on. */
static void drop_oldest(Sets *sets)
{
        guint oldest = 0;

        for (guint i = 1; i < sets->sets->len; i++)
                if (((Set *)sets->sets->pdata[i])->used < ((Set *)sets->sets->pdata[oldest])->used)
                        oldest = i;
        g_ptr_array_remove_index(sets->sets, oldest);
}

Sets *sets_new(const char *worker_program, Pool *base, PoolReadyFunc ready, gpointer data)
{
        Sets *sets = g_new0(Sets, 1);

        *sets = (Sets){.program = g_strdup(worker_program), .base = base, .ready = ready, .data = data};
        sets->sets = g_ptr_array_new_with_free_func(set_free);
        return sets;
}

void sets_free(Sets *sets)
{
        if (!sets)
                return;
        watch_clear(&sets->clock);
        g_ptr_array_unref(sets->sets);
        g_free(sets->program);
        g_free(sets);
}

Pool *sets_pool(Sets *sets, const char *site)
{
        Set *set = NULL;

        if (!site)
                return sets->base;
        for (guint i = 0; i < sets->sets->len && !set; i++)
                if (g_str_equal(((Set *)sets->sets->pdata[i])->site, site))
                        set = sets->sets->pdata[i];
        if (!set) {
                if (sets->sets->len >= SETS_WORKERS_MAX)
                        drop_oldest(sets);
                set = g_new0(Set, 1);
                set->site = g_strdup(site);
                set->pool = pool_new(sets->program, sets->ready, sets->data);
                g_ptr_array_add(sets->sets, set);
                if (!sets->clock)
                        sets->clock = watch_after(SETS_SECONDS_MAX * 1000, clock_cb, sets);
        }
        set->used = g_get_monotonic_time();
        return set->pool;
}
