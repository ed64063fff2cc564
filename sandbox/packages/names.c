/* The tables are data/python/popular and data/python/modules, read once. */
#include "packages/names.h"

#include "protocols/share.h"

#include <string.h>

#define NEAR_LENGTH 4  /* from here on one difference is near */
#define FAR_LENGTH 8   /* from here on two are */
#define LENGTH_MAX 64  /* of names that are compared */

static GHashTable *popular, *modules;

/* ---- the one spelling */

static void append_normal(GString *out, const char *name, gsize length)
{
        for (gsize i = 0; i < length; i++) {
                gboolean separator = strchr("-_.", name[i]) != NULL;

                if (separator && out->len && out->str[out->len - 1] == '-')
                        continue;
                g_string_append_c(out, separator ? '-' : g_ascii_tolower(name[i]));
        }
}

char *package_canonical(const char *text, const char **why)
{
        static GRegex *form;
        g_autoptr(GMatchInfo) match = NULL;
        g_autofree char *name = NULL, *extras = NULL, *versions = NULL;
        GString *out;

        if (!form)
                form = g_regex_new("^\\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\\s*(\\[[A-Za-z0-9._, -]+\\])?\\s*"
                                   "((?:(?:==|>=|<=|~=|!=|<|>)\\s*[0-9][0-9A-Za-z.*+!-]*\\s*(?:,\\s*(?=[=<>~!]))?)*)\\s*\\z",
                                   G_REGEX_OPTIMIZE, 0, NULL);
        if (strlen(text) > PACKAGE_TEXT_MAX) {
                *why = "it is too long";
                return NULL;
        }
        if (!g_regex_match(form, text, 0, &match)) {
                *why = "a package is written by its name in the package index, perhaps with a version, such as numpy or numpy>=1.26";
                return NULL;
        }
        name = g_match_info_fetch(match, 1);
        extras = g_match_info_fetch(match, 2);
        versions = g_match_info_fetch(match, 3);
        out = g_string_new(NULL);
        append_normal(out, name, strlen(name));
        for (const char *part = extras; *part; part++)
                if (*part != ' ')
                        g_string_append_c(out, g_ascii_tolower(*part));
        for (const char *part = versions; *part; part++)
                if (!g_ascii_isspace(*part))
                        g_string_append_c(out, *part);
        return g_string_free(out, FALSE);
}

char *package_name(const char *requirement)
{
        return g_strndup(requirement, strcspn(requirement, "[=<>~! "));
}

/* ---- the tables */

/* Lines of NAME or NAME VALUE. */
static GHashTable *read_table(const char *part, GError **error)
{
        g_autofree char *folder = share_folder(part), *path = g_build_filename(folder, part, NULL), *text = NULL;
        GHashTable *table;

        if (!g_file_get_contents(path, &text, NULL, error))
                return NULL;
        table = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        for (char **line = lines; *line; line++) {
                g_auto(GStrv) words = g_strsplit(*line, " ", 2);

                if (words[0] && *words[0] && *words[0] != '#')
                        g_hash_table_insert(table, g_strdup(words[0]), g_strdup(words[1] ? words[1] : ""));
        }
        return table;
}

static gboolean read_tables(GError **error)
{
        if (!popular)
                popular = read_table("python/popular", error);
        if (popular && !modules)
                modules = read_table("python/modules", error);
        return popular && modules;
}

const char *package_of_module(const char *module)
{
        g_autofree char *name = NULL;
        gpointer key = NULL;
        const char *package;
        GString *normal;

        if (!read_tables(NULL))
                return NULL;
        package = g_hash_table_lookup(modules, module);
        if (package)
                return package;
        normal = g_string_new(NULL);
        append_normal(normal, module, strlen(module));
        name = g_string_free(normal, FALSE);
        return g_hash_table_lookup_extended(popular, name, &key, NULL) ? key : NULL;
}

/* ---- likeness */

/* How many letters are missing, added, other, or swapped with their neighbour; enough where it is that many or more. */
static guint differences(const char *a, const char *b, guint enough)
{
        guint rows[3][LENGTH_MAX + 1], *before = rows[0], *last = rows[1], *now = rows[2];
        gsize n = strlen(a), m = strlen(b);

        if (n > LENGTH_MAX || m > LENGTH_MAX || MAX(n, m) - MIN(n, m) >= enough)
                return enough;
        for (gsize j = 0; j <= m; j++)
                last[j] = (guint)j;
        for (gsize i = 1; i <= n; i++) {
                guint *spare = before;

                now[0] = (guint)i;
                for (gsize j = 1; j <= m; j++) {
                        now[j] = MIN(MIN(last[j] + 1, now[j - 1] + 1), last[j - 1] + (a[i - 1] != b[j - 1]));
                        if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                                now[j] = MIN(now[j], before[j - 2] + 1);
                }
                before = last;
                last = now;
                now = spare;
        }
        return MIN(last[m], enough);
}

/* The name without what is put before or behind one to make another: "python-requests", "requests2", "py-requests". */
static char *without_affixes(const char *name)
{
        static const char *const before[] = {"python-", "python3-", "python", "py-", "py"};
        static const char *const behind[] = {"-python", "-python3", "-py", "-lib", "-dev", "2", "3"};

        for (guint i = 0; i < G_N_ELEMENTS(before); i++)
                if (g_str_has_prefix(name, before[i]) && strlen(name) > strlen(before[i]) + 2)
                        return g_strdup(name + strlen(before[i]));
        for (guint i = 0; i < G_N_ELEMENTS(behind); i++)
                if (g_str_has_suffix(name, behind[i]) && strlen(name) > strlen(behind[i]) + 2)
                        return g_strndup(name, strlen(name) - strlen(behind[i]));
        return g_strdup(name);
}

static char *without_separators(const char *name)
{
        g_auto(GStrv) parts = g_strsplit(name, "-", -1);

        return g_strjoinv("", parts);
}

static gboolean is_near(const char *name, const char *bare, const char *joined, const char *other)
{
        gsize length = MIN(strlen(name), strlen(other));
        guint enough = length >= FAR_LENGTH ? 3 : length >= NEAR_LENGTH ? 2 : 1;
        g_autofree char *other_joined = without_separators(other);

        return g_str_equal(joined, other_joined) || g_str_equal(bare, other) || differences(name, other, enough) < enough;
}

gboolean package_resembles(const char *requirement, const char **known, GError **error)
{
        g_autofree char *name = package_name(requirement), *bare = without_affixes(name), *joined = without_separators(name);
        GHashTableIter iter;
        gpointer other;

        *known = NULL;
        if (!read_tables(error))
                return FALSE;
        if (g_hash_table_contains(popular, name))
                return TRUE;
        g_hash_table_iter_init(&iter, popular);
        while (g_hash_table_iter_next(&iter, &other, NULL))
                if (is_near(name, bare, joined, other) && (!*known || strcmp(other, *known) < 0))
                        *known = other;
        return TRUE;
}
