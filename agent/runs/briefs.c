/* A list of directions, and where that is too short each direction once more with each accent. */
#include "agent/runs/briefs.h"

#include "agent/json.h"

#define BRIEFS_FILE "prompts/briefs.json"

static json_object *list_of(json_object *file, const char *name, GError **error)
{
        json_object *list = json_field_array(file, name);

        for (gsize i = 0; i < json_length(list); i++)
                if (!json_value_text(json_object_array_get_idx(list, i)))
                        list = NULL;
        if (json_length(list) > 0)
                return list;
        g_set_error(error, AGENT_ERROR, API_ERROR_FAILED, "The file " BRIEFS_FILE " cannot be used: “%s” is no list of texts.", name);
        return NULL;
}

static const char *text_at(json_object *list, gsize i)
{
        return json_value_text(json_object_array_get_idx(list, i % json_length(list)));
}

static char *brief(json_object *list, json_object *accents, gsize i)
{
        gsize n = json_length(list);

        if (i < n)
                return g_strdup(text_at(list, i));
        return g_strdup_printf("%s %s", text_at(list, i), text_at(accents, i / n - 1));
}

char **briefs_read(const Agent *agent, BriefsKind kind, guint n, GError **error)
{
        static const char *const names[] = {[BRIEFS_LOOKS] = "looks", [BRIEFS_NEAR] = "near", [BRIEFS_WAYS] = "ways"};
        g_autofree char *text = agent_share_text(agent, BRIEFS_FILE, error);
        g_autoptr(json_object) file = text ? json_parse_object(text, -1, error) : NULL;
        json_object *list = file ? list_of(file, names[kind], error) : NULL;
        json_object *accents = list ? list_of(file, "accents", error) : NULL;
        gsize plain = kind == BRIEFS_WAYS ? 1 : 0;
        char **briefs;

        if (!accents)
                return NULL;
        briefs = g_new0(char *, n + 1);
        for (guint i = 0; i < n; i++)
                briefs[i] = i < plain ? g_strdup("") : brief(list, accents, i - plain);
        return briefs;
}
