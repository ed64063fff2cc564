#include "shell/ui/variants.h"

#include <string.h>

#include "protocols/text.h"
#include "shell/ui/fields.h"

#define COUNT_MAX 1000 /* of a check's requirements; a draft has far fewer */
#define SHOWN_CHARACTERS 400

static void
variant_free(gpointer data)
{
        Variant *variant = data;

        g_free(variant->draft);
        g_free(variant->path);
        g_free(variant->brief);
        g_free(variant->state);
        g_free(variant->error);
        g_free(variant);
}

GPtrArray *
variants_new(void)
{
        return g_ptr_array_new_with_free_func(variant_free);
}

static guint
count(json_object *data, const char *key)
{
        return (guint)CLAMP(field_int(data, key), 0, COUNT_MAX);
}

static Variant *
find(GPtrArray *variants, const char *draft)
{
        for (guint i = 0; i < variants->len; i++)
                if (strcmp(((Variant *)variants->pdata[i])->draft, draft) == 0)
                        return variants->pdata[i];
        return NULL;
}

static void
set(char **to, char *taken)
{
        g_free(*to);
        *to = taken;
}

static void
take(Variant *variant, const char *app, json_object *data)
{
        const char *state = field_text(data, "state");

        set(&variant->state, text_plain(*state ? state : "writing", 20));
        set(&variant->brief, text_plain(field_text(data, "brief"), SHOWN_CHARACTERS));
        set(&variant->error, text_plain(field_text(data, "error"), SHOWN_CHARACTERS));
        set(&variant->path, field_view_path(data, "path", app));
        variant->passed = count(data, "passed");
        variant->shown = count(data, "shown");
        variant->total = count(data, "total");
        variant->broken = count(data, "broken");
        variant->eye = count(data, "eye");
        variant->clean = field_bool(data, "clean");
}

/* Those that came to nothing (group 0), last; g_ptr_array_sort() keeps the order of equals. */
static int
compare_groups(gconstpointer a, gconstpointer b)
{
        guint one = (*(Variant *const *)a)->group - 1, two = (*(Variant *const *)b)->group - 1;

        return (one > two) - (one < two);
}

static void
take_groups(GPtrArray *variants, json_object *groups)
{
        for (guint i = 0; i < variants->len; i++)
                ((Variant *)variants->pdata[i])->group = 0;
        for (gsize i = 0; i < list_length(groups) && i < VARIANTS_KNOWN_MAX; i++) {
                json_object *group = json_object_array_get_idx(groups, i);

                for (gsize j = 0; json_object_is_type(group, json_type_array) && j < list_length(group); j++) {
                        const char *name = json_object_get_string(json_object_array_get_idx(group, j));
                        Variant *variant = name ? find(variants, name) : NULL;

                        if (variant && variant->group == 0)
                                variant->group = (guint)i + 1;
                }
        }
        g_ptr_array_sort(variants, compare_groups);
}

/* A new round begins with nothing known; later lists only say how things stand. */
void
variants_take_list(GPtrArray *variants, const char *app, json_object *data)
{
        json_object *drafts = field_list(data, "drafts");
        gboolean begins = strcmp(field_text(data, "state"), "writing") == 0;
        g_autoptr(GPtrArray) before = variants_new();

        while (variants->len > 0)
                g_ptr_array_add(before, g_ptr_array_steal_index(variants, 0));
        for (gsize i = 0; i < list_length(drafts) && variants->len < VARIANTS_KNOWN_MAX; i++) {
                json_object *draft = json_object_array_get_idx(drafts, i);
                const char *name = field_text(draft, "draft");
                Variant *known = begins ? NULL : find(before, name);
                guint at;

                if (!name_is_token(name) || find(variants, name))
                        continue;
                if (known && g_ptr_array_find(before, known, &at)) {
                        g_ptr_array_add(variants, g_ptr_array_steal_index(before, at));
                        continue;
                }
                known = g_new0(Variant, 1);
                known->draft = g_strdup(name);
                take(known, app, draft);
                g_ptr_array_add(variants, known);
        }
        take_groups(variants, field_list(data, "groups"));
}

gboolean
variants_take_one(GPtrArray *variants, const char *app, json_object *data)
{
        Variant *variant = find(variants, field_text(data, "draft"));

        if (!variant)
                return FALSE;
        take(variant, app, data);
        return TRUE;
}
