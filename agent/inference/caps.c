/* Caps: per kind of call the newest uses in a ring, and a cap of twice the largest of them. A kind whose call reached its cap forgets
 * all: what it needs is more than was ever seen. Between sessions they lie in one small JSON file, least recently used kind first. */
#include "caps.h"

#include <glib/gstdio.h>
#include <json.h>
#include <string.h>
#include <sys/stat.h>

#define USED_MAX (16u * 1024 * 1024)    /* tokens; more is no use but a mistake */
#define FILE_MAX (4 * 1024 * 1024)      /* bytes */
#define NAME_MAX_BYTES 256              /* of a model's or a state's name that are told apart */
#define HEADROOM 2                      /* times the largest use */

typedef struct {
        char *model, *state;
        guint used[CAPS_SAMPLES_MAX];   /* a ring */
        guint n, next;
        GList link;                     /* in order of use */
} Kind;

struct Caps {
        char *file;
        GHashTable *kinds;              /* by "STATE MODEL" */
        GQueue order;                   /* least recently used first */
        gboolean changed;
};

static void kind_free(Kind *kind)
{
        g_free(kind->model);
        g_free(kind->state);
        g_free(kind);
}

static char *key_of(const char *model, const char *state)
{
        return g_strdup_printf("%.*s %.*s", NAME_MAX_BYTES, state, NAME_MAX_BYTES, model);
}

static void forget_oldest(Caps *caps)
{
        Kind *kind = g_queue_peek_head(&caps->order);
        g_autofree char *key = key_of(kind->model, kind->state);

        g_queue_unlink(&caps->order, &kind->link);
        g_hash_table_remove(caps->kinds, key);
}

/* The kind, which is now the one used last. make: one that is not known is begun. */
static Kind *find(Caps *caps, const char *model, const char *state, gboolean make)
{
        g_autofree char *key = key_of(model, state);
        Kind *kind = g_hash_table_lookup(caps->kinds, key);

        if (kind) {
                g_queue_unlink(&caps->order, &kind->link);
                g_queue_push_tail_link(&caps->order, &kind->link);
                return kind;
        }
        if (!make)
                return NULL;
        if (g_hash_table_size(caps->kinds) >= CAPS_KINDS_MAX)
                forget_oldest(caps);
        kind = g_new0(Kind, 1);
        kind->model = g_strndup(model, NAME_MAX_BYTES);
        kind->state = g_strndup(state, NAME_MAX_BYTES);
        kind->link.data = kind;
        g_queue_push_tail_link(&caps->order, &kind->link);
        g_hash_table_insert(caps->kinds, g_steal_pointer(&key), kind);
        return kind;
}

static void kind_add(Kind *kind, guint used)
{
        kind->used[kind->next] = used;
        kind->next = (kind->next + 1) % CAPS_SAMPLES_MAX;
        kind->n = MIN(kind->n + 1, CAPS_SAMPLES_MAX);
}

static guint kind_most(const Kind *kind)
{
        guint most = 0;

        for (guint i = 0; i < kind->n; i++)
                most = MAX(most, kind->used[i]);
        return most;
}

guint caps_get(Caps *caps, const char *model, const char *state, guint asked)
{
        const Kind *kind = find(caps, model, state, FALSE);

        if (!kind || kind->n < CAPS_SAMPLES_MIN)
                return asked;
        return MIN(asked, MAX(CAPS_FLOOR, HEADROOM * kind_most(kind)));
}

void caps_add(Caps *caps, const char *model, const char *state, guint used, gboolean capped)
{
        Kind *kind = find(caps, model, state, TRUE);

        caps->changed = TRUE;
        if (capped)
                kind->n = kind->next = 0;
        else if (used <= USED_MAX)
                kind_add(kind, used);
}

/* ---- the file ---- */

static const char *text_in(json_object *object, const char *name)
{
        json_object *value = NULL;

        return json_object_object_get_ex(object, name, &value) && json_object_is_type(value, json_type_string)
                ? json_object_get_string(value) : NULL;
}

static void read_kind(Caps *caps, json_object *object)
{
        const char *model = text_in(object, "model"), *state = text_in(object, "state");
        json_object *used = NULL;
        Kind *kind;

        if (!model || !state || !json_object_object_get_ex(object, "used", &used) || !json_object_is_type(used, json_type_array))
                return;
        kind = find(caps, model, state, TRUE);
        for (gsize i = 0; i < json_object_array_length(used); i++) {
                json_object *value = json_object_array_get_idx(used, i);
                gint64 number = json_object_is_type(value, json_type_int) ? json_object_get_int64(value) : -1;
                if (number >= 0 && number <= USED_MAX)
                        kind_add(kind, (guint)number);
        }
}

static void read_file(Caps *caps)
{
        g_autofree char *text = NULL;
        json_object *object, *kinds = NULL;
        GStatBuf about;

        if (g_stat(caps->file, &about) < 0 || !S_ISREG(about.st_mode) || about.st_size > FILE_MAX ||
            !g_file_get_contents(caps->file, &text, NULL, NULL))
                return;
        object = json_tokener_parse(text);
        if (json_object_object_get_ex(object, "kinds", &kinds) && json_object_is_type(kinds, json_type_array)) {
                for (gsize i = 0; i < json_object_array_length(kinds); i++)
                        read_kind(caps, json_object_array_get_idx(kinds, i));
        }
        json_object_put(object);
}

static json_object *describe_kind(const Kind *kind)
{
        json_object *object = json_object_new_object(), *used = json_object_new_array();
        guint first = (kind->next + CAPS_SAMPLES_MAX - kind->n) % CAPS_SAMPLES_MAX;

        json_object_object_add(object, "model", json_object_new_string(kind->model));
        json_object_object_add(object, "state", json_object_new_string(kind->state));
        for (guint i = 0; i < kind->n; i++)
                json_object_array_add(used, json_object_new_int64(kind->used[(first + i) % CAPS_SAMPLES_MAX]));
        json_object_object_add(object, "used", used);
        return object;
}

static void write_file(Caps *caps)
{
        json_object *object = json_object_new_object(), *kinds = json_object_new_array();
        g_autofree char *folder = g_path_get_dirname(caps->file);
        g_autoptr(GError) error = NULL;
        const char *text;

        for (GList *link = caps->order.head; link; link = link->next)
                json_object_array_add(kinds, describe_kind(link->data));
        json_object_object_add(object, "kinds", kinds);
        text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN);
        if (g_mkdir_with_parents(folder, 0700) < 0 ||
            !g_file_set_contents_full(caps->file, text, (gssize)strlen(text), G_FILE_SET_CONTENTS_CONSISTENT, 0600, &error))
                g_warning("How many tokens calls use could not be kept: %s", error ? error->message : "its folder cannot be made.");
        json_object_put(object);
}

Caps *caps_new(const char *file)
{
        Caps *caps = g_new0(Caps, 1);

        caps->file = g_strdup(file);
        caps->kinds = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)kind_free);
        g_queue_init(&caps->order);
        if (file)
                read_file(caps);
        return caps;
}

void caps_free(Caps *caps)
{
        if (!caps)
                return;
        if (caps->file && caps->changed)
                write_file(caps);
        g_hash_table_unref(caps->kinds);
        g_free(caps->file);
        g_free(caps);
}
