/* The library, in memory. */
#include <string.h>

#include "agent/json.h"
#include "tests/runs/fakes.h"

typedef struct {
        App *app;
        GHashTable *files;
} Kept;

struct Library {
        GHashTable *apps;   /* id to Kept */
        GHashTable *tools;  /* name to Tool */
        GHashTable *pages;  /* address to bytes */
        GHashTable *skills; /* name to its file's text */
        GPtrArray *said;    /* of each change of a skill */
        char *error;        /* why it keeps nothing, or NULL */
        guint commits;
};

static void kept_free(gpointer data)
{
        Kept *kept = data;

        app_free(kept->app);
        g_hash_table_unref(kept->files);
        g_free(kept);
}

Library *fake_library_new(void)
{
        Library *library = g_new0(Library, 1);

        library->apps = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, kept_free);
        library->tools = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)tool_free);
        library->pages = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_bytes_unref);
        library->skills = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        library->said = g_ptr_array_new_with_free_func(g_free);
        return library;
}

void fake_library_free(Library *library)
{
        g_hash_table_unref(library->apps);
        g_hash_table_unref(library->tools);
        g_hash_table_unref(library->pages);
        g_hash_table_unref(library->skills);
        g_ptr_array_unref(library->said);
        g_free(library->error);
        g_free(library);
}

App *app_new(const char *id)
{
        App *app = g_new0(App, 1);

        app->id = g_strdup(id);
        return app;
}

void app_free(App *app)
{
        if (!app)
                return;
        g_free(app->id);
        g_free(app->title);
        g_free(app->glyph);
        g_free(app->sentence);
        g_free(app->file);
        json_object_put(app->requirements);
        json_object_put(app->tools);
        json_object_put(app->findings);
        g_free(app);
}

static App *app_copy(const App *app)
{
        App *copy = app_new(app->id);

        copy->title = g_strdup(app->title);
        copy->glyph = g_strdup(app->glyph);
        copy->sentence = g_strdup(app->sentence);
        copy->file = g_strdup(app->file);
        copy->version = app->version;
        copy->requirements = json_clone(app->requirements);
        copy->tools = json_clone(app->tools);
        return copy;
}

static gboolean fails(Library *library, GError **error)
{
        if (library->error)
                g_set_error_literal(error, AGENT_ERROR, API_ERROR_STORAGE, library->error);
        return library->error != NULL;
}

char *library_new_id(Library *library, const char *sentence)
{
        static guint n;

        return g_strdup_printf("app-%u", ++n);
}

void library_reserve_id(Library *library, const char *id)
{
}

gboolean library_accept_app(Library *library, App *app, GHashTable *files, const char *words, GError **error)
{
        Kept *kept, *before = g_hash_table_lookup(library->apps, app->id);
        GHashTableIter iter;
        gpointer path, bytes;

        if (fails(library, error))
                return FALSE;
        kept = g_new0(Kept, 1);
        app->version = before ? before->app->version + 1 : 1;
        kept->app = app_copy(app);
        kept->files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        g_hash_table_iter_init(&iter, files);
        while (g_hash_table_iter_next(&iter, &path, &bytes))
                g_hash_table_insert(kept->files, g_strdup(path), g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes)));
        g_hash_table_insert(library->apps, g_strdup(app->id), kept);
        library->commits++;
        return TRUE;
}

App *library_app(Library *library, const char *id, GError **error)
{
        Kept *kept = g_hash_table_lookup(library->apps, id);

        if (kept)
                return app_copy(kept->app);
        g_set_error_literal(error, AGENT_ERROR, API_ERROR_NOT_FOUND, "There is no such app.");
        return NULL;
}

GPtrArray *library_apps(Library *library)
{
        GPtrArray *apps = g_ptr_array_new_with_free_func((GDestroyNotify)app_free);
        GHashTableIter iter;
        gpointer kept;

        g_hash_table_iter_init(&iter, library->apps);
        while (g_hash_table_iter_next(&iter, NULL, &kept))
                g_ptr_array_add(apps, app_copy(((Kept *)kept)->app));
        return apps;
}

App *library_app_by_sentence(Library *library, const char *sentence)
{
        g_autoptr(GPtrArray) apps = library_apps(library);

        for (guint i = 0; i < apps->len; i++)
                if (g_ascii_strcasecmp(((App *)g_ptr_array_index(apps, i))->sentence, sentence) == 0)
                        return app_copy(g_ptr_array_index(apps, i));
        return NULL;
}

GBytes *library_app_file(Library *library, const char *id, const char *path, GError **error)
{
        Kept *kept = g_hash_table_lookup(library->apps, id);
        const char *text = kept ? g_hash_table_lookup(kept->files, path) : NULL;

        if (text)
                return g_bytes_new(text, strlen(text));
        g_set_error_literal(error, AGENT_ERROR, API_ERROR_NOT_FOUND, "There is no such file.");
        return NULL;
}

gboolean library_accept_tool(Library *library, const Tool *tool, const char *words, GError **error)
{
        if (fails(library, error))
                return FALSE;
        g_hash_table_insert(library->tools, g_strdup(tool->name), tool_copy(tool));
        return TRUE;
}

Tool *library_tool(Library *library, const char *name, GError **error)
{
        Tool *tool = g_hash_table_lookup(library->tools, name);

        if (tool)
                return tool_copy(tool);
        g_set_error_literal(error, AGENT_ERROR, API_ERROR_NOT_FOUND, "There is no such tool.");
        return NULL;
}

GPtrArray *library_tools(Library *library)
{
        GPtrArray *tools = g_ptr_array_new_with_free_func((GDestroyNotify)tool_free);
        GHashTableIter iter;
        gpointer tool;

        g_hash_table_iter_init(&iter, library->tools);
        while (g_hash_table_iter_next(&iter, NULL, &tool))
                g_ptr_array_add(tools, tool_copy(tool));
        return tools;
}

gboolean library_accept_page(Library *library, const char *address, const char *type, GBytes *body, GError **error)
{
        if (fails(library, error))
                return FALSE;
        g_hash_table_insert(library->pages, g_strdup(address), g_bytes_ref(body));
        return TRUE;
}

GBytes *library_page(Library *library, const char *address, char **type)
{
        GBytes *body = g_hash_table_lookup(library->pages, address);

        *type = NULL;
        return body ? g_bytes_ref(body) : NULL;
}

char *library_instructions(Library *library)
{
        return g_strdup("");
}

char *library_skill_text(Library *library, const char *name, GError **error)
{
        const char *text = name ? g_hash_table_lookup(library->skills, name) : NULL;

        if (!text)
                g_set_error_literal(error, AGENT_ERROR, API_ERROR_NOT_FOUND, "There is no such skill.");
        return g_strdup(text);
}

gboolean library_settle(Library *library, GError **error)
{
        return TRUE;
}

Skill *library_skill(Library *library, const char *name, GError **error)
{
        g_autofree char *text = library_skill_text(library, name, error);

        return text ? skill_from_file(name, text, strlen(text), error) : NULL;
}

GPtrArray *library_skills(Library *library)
{
        GPtrArray *skills = g_ptr_array_new_with_free_func((GDestroyNotify)skill_free);
        g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(library->skills), (GCompareFunc)strcmp);

        for (GList *name = names; name; name = name->next)
                g_ptr_array_add(skills, library_skill(library, name->data, NULL));
        return skills;
}

gboolean library_accept_skill(Library *library, const Skill *skill, const char *words, GError **error)
{
        if (fails(library, error))
                return FALSE;
        g_hash_table_insert(library->skills, g_strdup(skill->name), skill_to_file(skill));
        g_ptr_array_add(library->said, g_strdup(words));
        return TRUE;
}

gboolean library_forget_skill(Library *library, const char *name, const char *words, GError **error)
{
        g_ptr_array_add(library->said, g_strdup(words));
        return g_hash_table_remove(library->skills, name);
}

/* — what a test says of it, and asks — */

void world_library_fails(World *world, const char *sentence)
{
        g_free(world->agent.library->error);
        world->agent.library->error = g_strdup(sentence);
}

void world_keep_app(World *world, const char *id, const char *title, const char *sentence, const char *page, const char *requirements)
{
        g_autoptr(App) app = app_new(id);
        g_autoptr(GHashTable) files = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_bytes_unref);

        app->title = g_strdup(title);
        app->glyph = g_strdup("T");
        app->sentence = g_strdup(sentence);
        app->requirements = json_parse(requirements, -1, NULL);
        app->tools = json_object_new_array();
        g_hash_table_insert(files, "index.html", g_bytes_new(page, strlen(page)));
        g_assert_true(library_accept_app(world->agent.library, app, files, sentence, NULL));
        world->agent.library->commits = 0;
}

const char *world_file(World *world, const char *app, const char *path)
{
        Kept *kept = g_hash_table_lookup(world->agent.library->apps, app);

        return kept ? g_hash_table_lookup(kept->files, path) : NULL;
}

guint world_tools(World *world)
{
        return g_hash_table_size(world->agent.library->tools);
}

guint world_commits(World *world)
{
        return world->agent.library->commits;
}

void world_keep_skill(World *world, const char *name, const char *text)
{
        g_hash_table_insert(world->agent.library->skills, g_strdup(name), g_strdup(text));
}

const char *world_skill(World *world, const char *name)
{
        return g_hash_table_lookup(world->agent.library->skills, name);
}

const char *world_skill_words(World *world)
{
        GPtrArray *said = world->agent.library->said;

        return said->len ? g_ptr_array_index(said, said->len - 1) : "";
}
