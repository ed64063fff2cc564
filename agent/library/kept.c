/* Tools and pages in the library. */
#include "agent/library/internal.h"

#include <string.h>

#include "agent/json.h"
#include "protocols/text.h"

#define PAGE_SLUG_MAX 60
#define PAGE_HASH 12 /* characters */

static GHashTable *changes_new(void)
{
        return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_bytes_unref);
}

static GBytes *pretty(json_object *value)
{
        const char *text = json_object_to_json_string_ext(value, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE | JSON_C_TO_STRING_SPACED);
        char *line = g_strconcat(text, "\n", NULL);
        return g_bytes_new_take(line, strlen(line));
}

gboolean library_accept_tool(Library *library, const Tool *tool, const char *words, GError **error)
{
        if (!tool_name_valid(tool->name) || !tool->source || !tool->samples) {
                g_set_error_literal(error, AGENT_ERROR, API_ERROR_REFUSED, "A tool is kept only with a name, its source and its samples.");
                return FALSE;
        }
        g_autoptr(GHashTable) changes = changes_new();
        g_autoptr(json_object) manifest = tool_manifest(tool);
        g_autofree char *plain = text_plain(words, API_SENTENCE_MAX), *message = g_strdup_printf("%s\n\nTool: %s\n", plain, tool->name);
        g_hash_table_insert(changes, g_strdup_printf("tools/%s/tool.json", tool->name), pretty(manifest));
        g_hash_table_insert(changes, g_strdup_printf("tools/%s/tool.py", tool->name), g_bytes_new(tool->source, strlen(tool->source)));
        g_hash_table_insert(changes, g_strdup_printf("tools/%s/samples.json", tool->name), pretty(tool->samples));
        return repository_commit(library->repository, changes, message, error);
}

static GBytes *read_part(Library *library, const char *name, const char *file, GError **error)
{
        g_autofree char *path = g_strdup_printf("tools/%s/%s", name, file);
        return repository_read(library->repository, path, error);
}

static json_object *parse_bytes(GBytes *bytes, GError **error)
{
        gsize length;
        const char *data = g_bytes_get_data(bytes, &length);
        return json_parse(data ? data : "", (gssize)length, error);
}

static Tool *damaged(const char *name, const GError *fault, GError **error)
{
        g_set_error(error, AGENT_ERROR, API_ERROR_STORAGE, "The tool %s in the library is damaged: %s Mend tools/%s with git.", name,
                    fault->message, name);
        return NULL;
}

Tool *library_tool(Library *library, const char *name, GError **error)
{
        g_autoptr(GError) fault = NULL;
        g_autoptr(GBytes) manifest = tool_name_valid(name) ? read_part(library, name, "tool.json", NULL) : NULL;
        if (!manifest) {
                g_autofree char *shown = text_plain(name, 40);
                g_set_error(error, AGENT_ERROR, API_ERROR_NOT_FOUND, "There is no tool %s in the library.", shown);
                return NULL;
        }
        g_autoptr(GBytes) source = read_part(library, name, "tool.py", &fault);
        g_autoptr(GBytes) samples = source ? read_part(library, name, "samples.json", &fault) : NULL;
        g_autoptr(json_object) parsed = samples ? parse_bytes(manifest, &fault) : NULL;
        g_autoptr(json_object) tried = parsed ? parse_bytes(samples, &fault) : NULL;
        if (!tried)
                return damaged(name, fault, error);
        gsize length;
        const char *data = g_bytes_get_data(source, &length);
        g_autofree char *text = g_strndup(data ? data : "", length);
        Tool *tool = tool_from_manifest(parsed, text, tried, &fault);
        if (tool && g_str_equal(tool->name, name))
                return tool;
        if (!fault)
                g_set_error(&fault, AGENT_ERROR, API_ERROR_BAD_REQUEST, "it calls itself %s.", tool->name);
        tool_free(tool);
        return damaged(name, fault, error);
}

GPtrArray *library_tools(Library *library)
{
        GPtrArray *tools = g_ptr_array_new_with_free_func((GDestroyNotify)tool_free);
        g_autoptr(GPtrArray) names = repository_list(library->repository, "tools");
        for (guint i = 0; i < names->len; i++) {
                g_autoptr(GError) error = NULL;
                Tool *tool = library_tool(library, g_ptr_array_index(names, i), &error);
                if (tool)
                        g_ptr_array_add(tools, tool);
                else
                        g_warning("%s", error->message);
        }
        return tools;
}

/* pages/SLUG-HASH/: readable for people, and one place for each address. */
static char *page_folder(const char *address)
{
        g_autofree char *slug = text_slug(address, PAGE_SLUG_MAX);
        g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, address, -1);
        return g_strdup_printf("pages/%s-%.*s", slug, PAGE_HASH, hash);
}

gboolean library_accept_page(Library *library, const char *address, const char *type, GBytes *body, GError **error)
{
        g_autoptr(GHashTable) changes = changes_new();
        g_autofree char *folder = page_folder(address), *shown = text_plain(address, 200), *message = g_strdup_printf("Page %s", shown);
        g_autoptr(json_object) about = json_object_new_object();
        json_add_text(about, "address", address);
        json_add_text(about, "type", type);
        g_hash_table_insert(changes, g_strdup_printf("%s/page.json", folder), pretty(about));
        g_hash_table_insert(changes, g_strdup_printf("%s/body", folder), g_bytes_ref(body));
        return repository_commit(library->repository, changes, message, error);
}

GBytes *library_page(Library *library, const char *address, char **type)
{
        g_autofree char *folder = page_folder(address), *about_path = g_strconcat(folder, "/page.json", NULL),
                *body_path = g_strconcat(folder, "/body", NULL);
        g_autoptr(GBytes) about = repository_read(library->repository, about_path, NULL);
        g_autoptr(json_object) parsed = about ? parse_bytes(about, NULL) : NULL;
        if (g_strcmp0(json_text(parsed, "address"), address) != 0 || !json_text(parsed, "type"))
                return NULL;
        GBytes *body = repository_read(library->repository, body_path, NULL);
        if (body && type)
                *type = g_strdup(json_text(parsed, "type"));
        return body;
}
