/* Findings: what was seen to go wrong, one entry a kind, text and control, counted. The list is bounded and so is every text in it. */
#include "shell/apps/page.h"

#include "protocols/text.h"

#define FINDING_TEXT_MAX 400
#define FINDING_COUNT_MAX 1000000

static const char *const kinds[] = {
        "exception", "rejection", "console", "request", "blank", "frozen", "dead-control", "invented", "csp", "crash", "tool",
        "fragile",
};

struct Findings {
        json_object *list;
        GHashTable *known; /* "kind\ntext\ncontrol" to the finding, borrowed from the list */
};

Findings *findings_new(void)
{
        Findings *findings = g_new0(Findings, 1);

        findings->list = json_object_new_array();
        findings->known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        return findings;
}

void findings_free(Findings *findings)
{
        if (!findings)
                return;
        g_hash_table_unref(findings->known);
        json_object_put(findings->list);
        g_free(findings);
}

void findings_clear(Findings *findings)
{
        g_hash_table_remove_all(findings->known);
        json_object_put(findings->list);
        findings->list = json_object_new_array();
}

json_object *findings_list(Findings *findings)
{
        return json_object_get(findings->list);
}

static const char *known_kind(const char *name)
{
        for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
                if (g_strcmp0(kinds[i], name) == 0)
                        return kinds[i];
        }
        return NULL;
}

static char *text_of(json_object *finding, const char *field)
{
        json_object *value = NULL;

        if (!json_object_object_get_ex(finding, field, &value) || !json_object_is_type(value, json_type_string))
                return NULL;
        return text_plain(json_object_get_string(value), FINDING_TEXT_MAX);
}

static json_object *count_up(json_object *finding)
{
        json_object *count = NULL;
        int n = json_object_object_get_ex(finding, "count", &count) ? json_object_get_int(count) : 1;

        json_object_object_add(finding, "count", json_object_new_int(MIN(n + 1, FINDING_COUNT_MAX)));
        return finding;
}

static json_object *add(Findings *findings, const char *kind, const char *text, const char *control)
{
        g_autofree char *key = g_strdup_printf("%s\n%s\n%s", kind, text, control ? control : "");
        json_object *finding = g_hash_table_lookup(findings->known, key);

        if (finding)
                return count_up(finding);
        if (json_object_array_length(findings->list) >= VIEWS_FINDINGS_MAX)
                return NULL;
        finding = json_object_new_object();
        json_object_object_add(finding, "kind", json_object_new_string(kind));
        json_object_object_add(finding, "text", json_object_new_string(text));
        if (control)
                json_object_object_add(finding, "control", json_object_new_string(control));
        json_object_object_add(finding, "count", json_object_new_int(1));
        json_object_array_add(findings->list, finding);
        g_hash_table_insert(findings->known, g_steal_pointer(&key), finding);
        return finding;
}

json_object *findings_add(Findings *findings, json_object *finding, gboolean claim)
{
        g_autofree char *name = text_of(finding, "kind"), *text = text_of(finding, "text"), *control = text_of(finding, "control");
        const char *kind = known_kind(name);
        json_object *line = NULL, *stored;

        if (!kind || !text)
                return NULL;
        stored = add(findings, kind, text, control);
        if (!stored)
                return NULL;
        if (json_object_object_get_ex(finding, "line", &line) && json_object_is_type(line, json_type_int) && json_object_get_int(line) > 0)
                json_object_object_add(stored, "line", json_object_new_int(json_object_get_int(line)));
        if (claim)
                json_object_object_add(stored, "claim", json_object_new_boolean(TRUE));
        return stored;
}

json_object *findings_add_text(Findings *findings, const char *kind, const char *text, const char *control)
{
        g_autofree char *plain = text_plain(text, FINDING_TEXT_MAX), *plain_control = control ? text_plain(control, FINDING_TEXT_MAX) : NULL;

        return add(findings, known_kind(kind) ? kind : "exception", plain, plain_control);
}

gboolean findings_hold(Findings *findings, const char *text)
{
        for (size_t i = 0; i < json_object_array_length(findings->list); i++) {
                json_object *value = NULL;

                json_object_object_get_ex(json_object_array_get_idx(findings->list, i), "text", &value);
                if (g_strcmp0(json_object_get_string(value), text) == 0)
                        return TRUE;
        }
        return FALSE;
}
