/* Skills in the library: skills/NAME/SKILL.md, each change a commit; and agents.md, the person's own. */
#include "agent/library/internal.h"

#include <string.h>

#include "agent/json.h"
#include "protocols/text.h"

#define INSTRUCTIONS "agents.md"

static GHashTable *changes_new(void)
{
        return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_bytes_unref);
}

static char *path_of(const char *name)
{
        return g_strdup_printf("skills/%s/SKILL.md", name);
}

static gboolean nothing_there(const char *name, GError **error)
{
        g_autofree char *shown = text_plain(name ? name : "", SKILL_NAME_MAX);

        g_set_error(error, AGENT_ERROR, API_ERROR_NOT_FOUND, "There is no skill “%s”; “impromptu skills” lists those that there are.", shown);
        return FALSE;
}

char *library_skill_text(Library *library, const char *name, GError **error)
{
        g_autofree char *path = path_of(name ? name : "");
        g_autoptr(GBytes) bytes = skill_name_valid(name) ? repository_read(library->repository, path, NULL) : NULL;

        if (bytes)
                return text_of_bytes(bytes, SKILL_FILE_MAX);
        nothing_there(name, error);
        return NULL;
}

Skill *library_skill(Library *library, const char *name, GError **error)
{
        g_autofree char *text = library_skill_text(library, name, error);

        return text ? skill_from_file(name, text, strlen(text), error) : NULL;
}

/* All of them as they are at HEAD, read again where their folder has changed. Borrowed. */
static GPtrArray *current_skills(Library *library)
{
        git_oid folder = repository_folder(library->repository, "skills");
        g_autoptr(GPtrArray) names = NULL;

        if (library->skills && git_oid_equal(&folder, &library->skills_at))
                return library->skills;
        names = repository_list(library->repository, "skills");
        g_clear_pointer(&library->skills, g_ptr_array_unref);
        library->skills = g_ptr_array_new_with_free_func((GDestroyNotify)skill_free);
        library->skills_at = folder;
        for (guint i = 0; i < names->len && library->skills->len < LIBRARY_SKILLS_MAX; i++) {
                g_autoptr(GError) error = NULL;
                const char *name = g_ptr_array_index(names, i);
                Skill *skill = library_skill(library, name, &error);

                if (skill)
                        g_ptr_array_add(library->skills, skill);
                else
                        g_warning("skills/%s is left out: %s", name, error->message);
        }
        return library->skills;
}

GPtrArray *library_skills(Library *library)
{
        GPtrArray *all = current_skills(library), *skills = g_ptr_array_new_with_free_func((GDestroyNotify)skill_free);

        for (guint i = 0; i < all->len; i++)
                g_ptr_array_add(skills, skill_copy(g_ptr_array_index(all, i)));
        return skills;
}

gboolean library_accept_skill(Library *library, const Skill *skill, const char *words, GError **error)
{
        g_autoptr(GHashTable) changes = changes_new();
        g_autoptr(GPtrArray) names = repository_list(library->repository, "skills");
        g_autofree char *plain = text_plain(words, API_SENTENCE_MAX), *path = path_of(skill->name), *text = skill_to_file(skill);
        g_autofree char *folder = g_strdup_printf("skills/%s", skill->name);
        git_oid there = repository_folder(library->repository, folder);

        if (names->len >= LIBRARY_SKILLS_MAX && git_oid_is_zero(&there)) {
                g_set_error(error, AGENT_ERROR, API_ERROR_REFUSED, "There are %d skills already; forget some first.", LIBRARY_SKILLS_MAX);
                return FALSE;
        }
        g_hash_table_insert(changes, g_strdup(path), g_bytes_new(text, strlen(text)));
        return repository_commit(library->repository, changes, plain, error);
}

gboolean library_forget_skill(Library *library, const char *name, const char *words, GError **error)
{
        g_autoptr(GHashTable) changes = changes_new();
        g_autofree char *folder = g_strdup_printf("skills/%s", name ? name : ""), *plain = text_plain(words, API_SENTENCE_MAX);
        git_oid there = {0}, none = {0};

        if (!repository_keep_hand_edits(library->repository, error))
                return FALSE;
        if (skill_name_valid(name))
                there = repository_folder(library->repository, folder);
        if (git_oid_is_zero(&there))
                return nothing_there(name, error);
        return repository_diff_to(library->repository, folder, &none, changes, error) &&
               repository_commit(library->repository, changes, plain, error);
}

gboolean library_add_instruction(Library *library, const char *line, GError **error)
{
        g_autoptr(GHashTable) changes = changes_new();
        g_autofree char *plain = text_plain(line, LIBRARY_INSTRUCTION_MAX), *message = g_strdup_printf("Always: %s", plain);
        g_autoptr(GBytes) before = NULL;
        g_autoptr(GString) text = g_string_new(NULL);

        if (!repository_keep_hand_edits(library->repository, error))
                return FALSE;
        before = repository_read(library->repository, INSTRUCTIONS, NULL);
        if (before)
                g_string_append_len(text, g_bytes_get_data(before, NULL), g_bytes_get_size(before));
        if (text->len && text->str[text->len - 1] != '\n')
                g_string_append_c(text, '\n');
        g_string_append_printf(text, "- %s\n", plain);
        if (text->len > LIBRARY_INSTRUCTIONS_MAX) {
                g_set_error_literal(error, AGENT_ERROR, API_ERROR_REFUSED, "agents.md is full; take something out of it first.");
                return FALSE;
        }
        g_hash_table_insert(changes, g_strdup(INSTRUCTIONS), g_bytes_new(text->str, text->len));
        /* It is read from the work tree, which a person edits as well. */
        return repository_commit(library->repository, changes, message, error) &&
               repository_keep_hand_edits(library->repository, error);
}
