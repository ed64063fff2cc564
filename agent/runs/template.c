#include "agent/runs/template.h"

#include <string.h>

#include "agent/agent.h"

static const TemplateValue *value_of(const TemplateValue *values, const char *name, gsize length)
{
        for (; values->name; values++)
                if (strlen(values->name) == length && strncmp(values->name, name, length) == 0)
                        return values;
        return NULL;
}

gboolean template_around(const char *what, const char *template, const TemplateValue *values, const char *place, char **head, char **tail,
                         GError **error)
{
        g_autoptr(GString) page = g_string_new(NULL);
        gboolean found = FALSE;

        for (const char *at = template; *at;) {
                const char *end = g_str_has_prefix(at, "{{") ? strstr(at, "}}") : NULL;
                const TemplateValue *value = end ? value_of(values, at + 2, end - at - 2) : NULL;

                if (value) {
                        g_string_append(page, value->value);
                        at = end + 2;
                } else if (end && !found && strlen(place) == (gsize)(end - at - 2) && strncmp(place, at + 2, end - at - 2) == 0) {
                        *head = g_strdup(page->str);
                        g_string_truncate(page, 0);
                        found = TRUE;
                        at = end + 2;
                } else {
                        g_string_append_c(page, *at++);
                }
        }
        if (!found) {
                g_set_error(error, AGENT_ERROR, API_ERROR_FAILED, "The file %s has no place for the %s.", what, place);
                return FALSE;
        }
        *tail = g_strdup(page->str);
        return TRUE;
}
