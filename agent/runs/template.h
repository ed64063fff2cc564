/* Pages of our own around what a model writes: data/runtime/viewer.html, form.html. Pure. */
#pragma once

#include <glib.h>

typedef struct {
        const char *name, *value; /* the value is HTML already */
} TemplateValue;

/* Fills each {{name}} of template, in one pass, so that nothing in a value is taken for a place; head and tail become what stands before and
 * behind {{place}}. values ends with one without a name. AGENT_ERROR (FAILED) names what (a file) if it has no such place. Free both with
 * g_free(). */
gboolean template_around(const char *what, const char *template, const TemplateValue *values, const char *place, char **head, char **tail,
                         GError **error);
