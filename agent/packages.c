/* Nothing here installs anything: the sandbox does, when a tool has really failed for want of a module. */
#include "agent/packages.h"

#include <string.h>

#include "agent/json.h"
#include "protocols/text.h"
#include "sandbox/packages/names.h"

#define LIKE " like "
#define NAME_SHOWN_MAX 100
#define SOURCE_LINES_MAX 2000 /* that are looked at for imports */

/* — what a source names — */

static gboolean add(json_object *list, const char *text, GError **error)
{
        const char *why = NULL;
        g_autofree char *package = package_canonical(text, &why), *name = package ? package_name(package) : NULL;
        if (!package) {
                g_autofree char *shown = text_plain(text, NAME_SHOWN_MAX);
                g_set_error(error, AGENT_ERROR, API_ERROR_FAILED, "“%s” cannot be a dependency of the tool: %s", shown, why);
                return FALSE;
        }
        for (gsize i = 0; i < json_length(list); i++) {
                g_autofree char *known = package_name(json_value_text(json_object_array_get_idx(list, i)));
                if (g_str_equal(known, name))
                        return TRUE;
        }
        if (json_length(list) >= PACKAGES_MAX) {
                g_set_error(error, AGENT_ERROR, API_ERROR_FAILED, "A tool may name at most %d Python packages.", PACKAGES_MAX);
                return FALSE;
        }
        json_push_text(list, package);
        return TRUE;
}

/* The texts between the brackets of "dependencies = [...]", in the comment block that begins "# /// script". */
static gboolean add_block(json_object *list, const char *source, GError **error)
{
        g_autoptr(GRegex) block = g_regex_new("^# /// script[ \\t]*\\r?\\n((?:#(?: [^\\n]*)?\\r?\\n)*?)# ///[ \\t]*\\r?$", G_REGEX_MULTILINE, 0, NULL);
        g_autoptr(GRegex) field = g_regex_new("dependencies\\s*=\\s*\\[((?:[^\\]\"']|\"[^\"\n]*\"|'[^'\n]*')*)\\]", 0, 0, NULL);
        g_autoptr(GRegex) quoted = g_regex_new("\"([^\"\\n]*)\"|'([^'\\n]*)'", 0, 0, NULL);
        g_autoptr(GMatchInfo) found = NULL, listed = NULL, each = NULL;
        if (!g_regex_match(block, source, 0, &found))
                return TRUE;
        g_autofree char *inside = g_match_info_fetch(found, 1);
        if (!g_regex_match(field, inside, 0, &listed))
                return TRUE;
        g_autofree char *texts = g_match_info_fetch(listed, 1);
        g_regex_match(quoted, texts, 0, &each);
        for (; g_match_info_matches(each); g_match_info_next(each, NULL)) {
                g_autofree char *one = g_match_info_fetch(each, 1), *other = g_match_info_fetch(each, 2);
                if (!add(list, one && *one ? one : other ? other : "", error))
                        return FALSE;
        }
        return TRUE;
}

/* "import a.b as c, d" and "from a.b import c", as far as a table knows whose module it is. There may be more than a tool may name; then
 * the rest stays out, and the tool's own error tells. */
static void add_imports(json_object *list, const char *source)
{
        g_auto(GStrv) lines = g_strsplit(source, "\n", SOURCE_LINES_MAX);
        for (char **line = lines; *line; line++) {
                const char *text = *line + strspn(*line, " \t");
                gboolean from = g_str_has_prefix(text, "from ");
                if (!from && !g_str_has_prefix(text, "import "))
                        continue;
                g_auto(GStrv) parts = g_strsplit(text + (from ? strlen("from ") : strlen("import ")), from ? " import " : ",", PACKAGES_MAX);
                for (char **part = parts; *part && (!from || part == parts); part++) {
                        g_autofree char *module = g_strndup(g_strstrip(*part), strcspn(g_strstrip(*part), ". \t#;"));
                        const char *package = package_of_module(module);
                        if (package)
                                add(list, package, NULL);
                }
        }
}

gboolean packages_read(Tool *tool, GError **error)
{
        json_object *list = json_object_new_array();
        if (!tool->source || !add_block(list, tool->source, error)) {
                json_object_put(list);
                return !tool->source;
        }
        add_imports(list, tool->source);
        if (!tool->capabilities)
                tool->capabilities = json_object_new_object();
        json_object_object_del(tool->capabilities, PACKAGES_CAPABILITY);
        if (json_length(list))
                json_add(tool->capabilities, PACKAGES_CAPABILITY, list);
        else
                json_object_put(list);
        return TRUE;
}

/* — what a manifest names — */

gboolean packages_check(json_object *list, GError **error)
{
        if (!json_object_is_type(list, json_type_array) || json_length(list) > PACKAGES_MAX) {
                g_set_error(error, AGENT_ERROR, API_ERROR_BAD_REQUEST, "The tool's packages must be a list of at most %d.", PACKAGES_MAX);
                return FALSE;
        }
        for (gsize i = 0; i < json_length(list); i++) {
                const char *text = json_value_text(json_object_array_get_idx(list, i)), *why = NULL;
                g_autofree char *package = text ? package_canonical(text, &why) : NULL;
                if (!package) {
                        g_set_error(error, AGENT_ERROR, API_ERROR_BAD_REQUEST, "The tool names a package “%.40s”: %s.", text ? text : "",
                                    why ? why : "it is no text");
                        return FALSE;
                }
        }
        return TRUE;
}

GStrv packages_of(const Tool *tool)
{
        json_object *list = json_field_array(tool->capabilities, PACKAGES_CAPABILITY);
        gsize n = MIN(json_length(list), PACKAGES_MAX);
        if (!n || !packages_check(list, NULL))
                return NULL;
        GStrv packages = g_new0(char *, n + 1);
        for (gsize i = 0; i < n; i++) {
                const char *why;
                packages[i] = package_canonical(json_value_text(json_object_array_get_idx(list, i)), &why);
        }
        return packages;
}

/* — doubts — */

GStrv packages_doubts(const char *const *packages, GError **error)
{
        g_autoptr(GStrvBuilder) doubts = g_strv_builder_new();
        for (; packages && *packages; packages++) {
                const char *known = NULL;
                g_autoptr(GError) fault = NULL;
                if (!package_resembles(*packages, &known, &fault)) {
                        g_set_error(error, AGENT_ERROR, API_ERROR_FAILED, "The names of Python packages cannot be checked: %s.", fault->message);
                        return NULL;
                }
                if (!known)
                        continue;
                g_autofree char *name = package_name(*packages), *doubt = g_strconcat(name, LIKE, known, NULL);
                g_strv_builder_add(doubts, doubt);
        }
        return g_strv_builder_end(doubts);
}

void packages_words(const char *resource, char **sentence, char **detail)
{
        g_auto(GStrv) parts = g_strsplit(resource, LIKE, 2);
        g_autofree char *name = text_plain(parts[0] ? parts[0] : "", NAME_SHOWN_MAX);
        *sentence = g_strdup_printf("May it install the Python package “%s”?", name);
        *detail = parts[0] && parts[1] ? g_strdup_printf("It is nearly called like the well-known “%s”, and is another: such names are used to "
                                                         "deceive. It would see and do only what the tool may.", parts[1])
                                       : g_strdup("It would see and do only what the tool may.");
}
