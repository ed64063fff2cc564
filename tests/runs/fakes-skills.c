/* The library's skills, in memory. */
#include <string.h>

#include "tests/runs/fakes.h"

static GHashTable *skills_there; /* name to its file's text */
static GPtrArray *said;          /* of each change of one */

void fake_skills_begin(void)
{
        skills_there = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        said = g_ptr_array_new_with_free_func(g_free);
}

void fake_skills_end(void)
{
        g_clear_pointer(&skills_there, g_hash_table_unref);
        g_clear_pointer(&said, g_ptr_array_unref);
}

char *library_skill_text(Library *library, const char *name, GError **error)
{
        const char *text = name ? g_hash_table_lookup(skills_there, name) : NULL;

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
        g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(skills_there), (GCompareFunc)strcmp);

        for (GList *name = names; name; name = name->next)
                g_ptr_array_add(skills, library_skill(library, name->data, NULL));
        return skills;
}

gboolean library_accept_skill(Library *library, const Skill *skill, const char *words, GError **error)
{
        if (fake_library_fails(error))
                return FALSE;
        g_hash_table_insert(skills_there, g_strdup(skill->name), skill_to_file(skill));
        g_ptr_array_add(said, g_strdup(words));
        return TRUE;
}

gboolean library_forget_skill(Library *library, const char *name, const char *words, GError **error)
{
        g_ptr_array_add(said, g_strdup(words));
        return g_hash_table_remove(skills_there, name);
}

void world_keep_skill(World *world, const char *name, const char *text)
{
        g_hash_table_insert(skills_there, g_strdup(name), g_strdup(text));
}

const char *world_skill(World *world, const char *name)
{
        return g_hash_table_lookup(skills_there, name);
}

const char *world_skill_words(World *world)
{
        return said->len ? g_ptr_array_index(said, said->len - 1) : "";
}
