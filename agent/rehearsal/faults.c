/* The list of faults that wait for their requests; the first that fits is taken. */
#include "faults.h"

#include <gio/gio.h>
#include <string.h>

static const struct {
        const char *name;
        double value;
        const char *meaning;
} kinds[] = {
#define X(id, name, value, meaning) [FAULT_##id] = { name, value, meaning },
        FAULT_KINDS(X)
#undef X
};

typedef struct {
        Fault fault;
        char *state;     /* NULL: any */
        guint attempt;   /* 0: any */
        gint64 left;     /* requests that still get it; negative: all */
} Waiting;

struct Faults {
        GPtrArray *waiting;
};

static void waiting_free(gpointer data)
{
        Waiting *waiting = data;

        g_free(waiting->state);
        g_free(waiting);
}

Faults *faults_new(void)
{
        Faults *faults = g_new0(Faults, 1);

        faults->waiting = g_ptr_array_new_with_free_func(waiting_free);
        return faults;
}

void faults_free(Faults *faults)
{
        g_ptr_array_unref(faults->waiting);
        g_free(faults);
}

static gboolean read_kind(const char *name, const char *value, Fault *fault)
{
        char *end = NULL;

        for (int i = 0; i < FAULT_COUNT; i++) {
                if (strcmp(kinds[i].name, name) != 0)
                        continue;
                fault->kind = i;
                fault->value = value ? g_ascii_strtod(value, &end) : kinds[i].value;
                return !value || (end != value && *end == '\0' && fault->value >= 0);
        }
        return FALSE;
}

/* Takes what follows the last `mark` off text; NULL if there is none. */
static char *split_off(char *text, char mark)
{
        char *at = strrchr(text, mark);

        if (!at)
                return NULL;
        *at = '\0';
        return at + 1;
}

gboolean faults_add(Faults *faults, const char *text, GError **error)
{
        g_autofree char *copy = g_strdup(text);
        char *count = split_off(copy, ':'), *where = split_off(copy, '@'), *attempt = where ? split_off(where, '/') : NULL;
        char *value = split_off(copy, '=');
        Waiting *waiting = g_new0(Waiting, 1);
        guint64 number = 0;
        gboolean good = read_kind(copy, value, &waiting->fault) && faults->waiting->len < FAULTS_MAX;

        waiting->left = -1;
        waiting->state = g_strdup(where);
        if (count) {
                good = good && g_ascii_string_to_unsigned(count, 10, 1, G_MAXINT, &number, NULL);
                waiting->left = number;
        }
        if (attempt) {
                good = good && g_ascii_string_to_unsigned(attempt, 10, 1, G_MAXINT, &number, NULL);
                waiting->attempt = number;
        }
        if (good) {
                g_ptr_array_add(faults->waiting, waiting);
                return TRUE;
        }
        waiting_free(waiting);
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                    "\"%s\" is no fault; they are written NAME[=VALUE][@STATE[/ATTEMPT]][:COUNT], as in cut@WRITE:1 (at most "
                            "%d).", text, FAULTS_MAX);
        return FALSE;
}

void faults_clear(Faults *faults)
{
        g_ptr_array_set_size(faults->waiting, 0);
}

Fault faults_take(Faults *faults, const char *state, guint attempt)
{
        Fault fault = { FAULT_NONE, 0 };

        for (guint i = 0; i < faults->waiting->len; i++) {
                Waiting *waiting = g_ptr_array_index(faults->waiting, i);
                if ((waiting->state && strcmp(waiting->state, state) != 0) || (waiting->attempt && waiting->attempt != attempt))
                        continue;
                fault = waiting->fault;
                if (waiting->left > 0 && --waiting->left == 0)
                        g_ptr_array_remove_index(faults->waiting, i);
                break;
        }
        return fault;
}

const char *fault_name(FaultKind kind)
{
        return kind == FAULT_NONE ? NULL : kinds[kind].name;
}

char *faults_help(void)
{
        GString *help = g_string_new("Faults, written NAME[=VALUE][@STATE[/ATTEMPT]][:COUNT]:\n");

        for (int i = 0; i < FAULT_COUNT; i++)
                g_string_append_printf(help, "  %-12s %s\n", kinds[i].name, kinds[i].meaning);
        return g_string_free(help, FALSE);
}
