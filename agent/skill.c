/* SKILL.md: a small part of YAML that people and other programs write by hand, "key: value" a line, quotes or not; whatever else stands in
 * the front matter is left alone and not taken over. */
#include "agent/skill.h"

#include <string.h>

#include "agent/agent.h"
#include "agent/json.h"
#include "protocols/text.h"

#define MARK "---"
#define VALUE_MAX 1000 /* characters of the person's sentence in it */

static const char *const state_names[] = {"kept", "proposed", "taste"};

const char *skill_state_name(SkillState state)
{
        return state_names[state];
}

gboolean skill_name_valid(const char *name)
{
        gsize n = name ? strlen(name) : 0;

        return n > 0 && n <= SKILL_NAME_MAX && *name != '-' && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

void skill_free(Skill *skill)
{
        if (!skill)
                return;
        g_free(skill->name);
        g_free(skill->description);
        g_free(skill->body);
        g_free(skill->run);
        g_free(skill->sentence);
        g_free(skill);
}

Skill *skill_copy(const Skill *skill)
{
        Skill *copy = g_memdup2(skill, sizeof *skill);

        copy->name = g_strdup(skill->name);
        copy->description = g_strdup(skill->description);
        copy->body = g_strdup(skill->body);
        copy->run = g_strdup(skill->run);
        copy->sentence = g_strdup(skill->sentence);
        return copy;
}

/* Line breaks and tabs stay, other control characters go. */
static char *clean_body(const char *body)
{
        g_autofree char *valid = g_utf8_make_valid(body, -1);
        GString *out = g_string_new(NULL);

        for (const char *p = valid; *p; p = g_utf8_next_char(p)) {
                gunichar c = g_utf8_get_char(p);

                if (c == '\n' || c == '\t' || !(g_unichar_iscntrl(c) || g_unichar_type(c) == G_UNICODE_FORMAT))
                        g_string_append_unichar(out, c);
        }
        return g_strstrip(g_string_free(out, FALSE));
}

Skill *skill_new(const char *name, const char *description, const char *body, GError **error)
{
        g_autoptr(Skill) skill = g_new0(Skill, 1);
        const char *fault = NULL;

        skill->name = g_strdup(name);
        skill->description = text_plain(description ? description : "", SKILL_DESCRIPTION_MAX);
        skill->body = clean_body(body ? body : "");
        if (!skill_name_valid(name))
                fault = "A skill's name has small letters, digits and hyphens, at most 40.";
        else if (!*g_strstrip(skill->description))
                fault = "A skill needs a description: one line that says what it is good for.";
        else if (!*skill->body)
                fault = "A skill needs a text behind its front matter.";
        else if (strlen(skill->body) > SKILL_BODY_MAX)
                fault = "A skill's text has at most 2,000 bytes; shorten it.";
        if (!fault)
                return g_steal_pointer(&skill);
        g_set_error_literal(error, AGENT_ERROR, API_ERROR_BAD_REQUEST, fault);
        return NULL;
}

/* — reading — */

static char *unquoted(const char *value)
{
        char *plain = g_strstrip(g_strdup(value));
        gsize n = strlen(plain);

        if (n >= 2 && (*plain == '"' || *plain == '\'') && plain[n - 1] == *plain) {
                plain[n - 1] = '\0';
                memmove(plain, plain + 1, n - 1);
        }
        return plain;
}

/* The front matter's lines, by their names; NULL where there is none. rest gets what stands behind it. */
static GHashTable *read_front(const char *text, const char **rest)
{
        GHashTable *front = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        const char *at = g_str_has_prefix(text, MARK "\n") ? text + strlen(MARK "\n") : NULL;

        while (at && *at) {
                gsize length = strcspn(at, "\n");
                g_autofree char *line = g_strndup(at, length);
                char *colon = strchr(line, ':');

                at += length + (at[length] == '\n');
                if (g_str_equal(g_strchomp(line), MARK)) {
                        *rest = at;
                        return front;
                }
                if (!colon)
                        continue;
                *colon = '\0';
                g_hash_table_insert(front, g_strdup(g_strstrip(line)), unquoted(colon + 1));
        }
        g_hash_table_unref(front);
        return NULL;
}

static guint number(GHashTable *front, const char *name)
{
        const char *text = g_hash_table_lookup(front, name);

        return text ? (guint)CLAMP(g_ascii_strtoll(text, NULL, 10), 0, 10000) : 0;
}

static void read_metadata(Skill *skill, GHashTable *front)
{
        const char *state = g_hash_table_lookup(front, "state"), *sentence = g_hash_table_lookup(front, "sentence");

        for (guint i = 0; i < G_N_ELEMENTS(state_names); i++)
                if (g_strcmp0(state, state_names[i]) == 0)
                        skill->state = i;
        skill->run = g_strdup(g_hash_table_lookup(front, "run"));
        skill->sentence = sentence ? text_plain(sentence, VALUE_MAX) : NULL;
        skill->repairs = number(front, "repairs");
        skill->passed = number(front, "passed");
        skill->total = number(front, "total");
        skill->tries = number(front, "tries");
}

Skill *skill_from_file(const char *name, const char *text, gsize length, GError **error)
{
        g_autofree char *valid = g_utf8_make_valid(text, MIN(length, SKILL_FILE_MAX));
        g_autoptr(GString) lines = g_string_new(valid);
        const char *body = NULL;
        g_autoptr(GHashTable) front = NULL;
        Skill *skill;

        g_string_replace(lines, "\r\n", "\n", 0);
        front = read_front(lines->str, &body);
        if (!front) {
                g_set_error_literal(error, AGENT_ERROR, API_ERROR_BAD_REQUEST,
                                    "A SKILL.md begins with a line “---”, a name and a description, and another “---”.");
                return NULL;
        }
        skill = skill_new(name, g_hash_table_lookup(front, "description"), body, error);
        if (skill)
                read_metadata(skill, front);
        return skill;
}

/* — writing — */

/* In quotes wherever YAML might take it for something else. */
static void add_text(GString *out, const char *indent, const char *name, const char *value, gsize max)
{
        g_autofree char *plain = value ? text_plain(value, max) : NULL;
        gboolean bare = plain && *plain && !strpbrk(plain, ":#\"'[]{}&*!|>%@`") && *plain != '-' && *plain != '?';

        if (!plain)
                return;
        g_strdelimit(plain, "\"", '\'');
        g_strdelimit(plain, "\\", '/');
        g_string_append_printf(out, bare ? "%s%s: %s\n" : "%s%s: \"%s\"\n", indent, name, plain);
}

char *skill_to_file(const Skill *skill)
{
        GString *out = g_string_new(MARK "\n");

        add_text(out, "", "name", skill->name, SKILL_NAME_MAX);
        add_text(out, "", "description", skill->description, SKILL_DESCRIPTION_MAX);
        g_string_append(out, "metadata:\n");
        add_text(out, "  ", "state", state_names[skill->state], VALUE_MAX);
        add_text(out, "  ", "run", skill->run, VALUE_MAX);
        add_text(out, "  ", "sentence", skill->sentence, VALUE_MAX);
        if (skill->run)
                g_string_append_printf(out, "  repairs: %u\n  passed: %u\n  total: %u\n  tries: %u\n", skill->repairs, skill->passed,
                                       skill->total, skill->tries);
        g_string_append_printf(out, MARK "\n%s\n", skill->body);
        return g_string_free(out, FALSE);
}

json_object *skill_to_json(const Skill *skill)
{
        json_object *object = json_object_new_object();

        json_add_text(object, "name", skill->name);
        json_add_text(object, "description", skill->description);
        json_add_text(object, "state", state_names[skill->state]);
        json_add_text(object, "run", skill->run);
        json_add_text(object, "sentence", skill->sentence);
        if (skill->run) {
                json_add_int(object, "repairs", skill->repairs);
                json_add_int(object, "passed", skill->passed);
                json_add_int(object, "total", skill->total);
                json_add_int(object, "tries", skill->tries);
        }
        return object;
}
