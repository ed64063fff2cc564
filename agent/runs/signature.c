#include "agent/runs/signature.h"

#include <string.h>

#include "agent/json.h"

static gboolean is_word(char c)
{
        return g_ascii_isalnum(c) || c == '_' || c == '-';
}

/* A path or an address begins here: a slash after white space, a quote or a scheme. */
static gsize path_length(const char *at)
{
        gsize n = strcspn(at, " \t\r\n\"'()<>,;");
        const char *slash = memchr(at, '/', n);

        return slash && (slash == at || strstr(at, "://") == slash - 1 || at[0] == '~') ? n : 0;
}

/* A word of digits, or of eight and more hexadecimal digits with one among them that is a digit. */
static gboolean is_id(const char *word, gsize n)
{
        gsize digits = 0, hex = 0;

        for (gsize i = 0; i < n; i++) {
                digits += g_ascii_isdigit(word[i]);
                hex += g_ascii_isxdigit(word[i]) || word[i] == '-';
        }
        return n >= 8 && hex == n && digits > 0;
}

char *signature_fold(const char *text)
{
        GString *out = g_string_new(NULL);
        gboolean space = FALSE, fresh = TRUE;

        while (*text) {
                gsize n = 1;

                if (g_ascii_isspace(*text)) {
                        space = out->len > 0;
                        fresh = TRUE;
                        text++;
                        continue;
                }
                if (space)
                        g_string_append_c(out, ' ');
                space = FALSE;
                if (fresh && (n = path_length(text)) > 0) {
                        g_string_append_c(out, '/');
                } else if (n = 1, g_ascii_isdigit(*text)) {
                        while (g_ascii_isdigit(text[n]) || ((text[n] == '.' || text[n] == ',') && g_ascii_isdigit(text[n + 1])))
                                n++;
                        g_string_append_c(out, '0');
                } else if (is_word(*text)) {
                        while (is_word(text[n]))
                                n++;
                        if (is_id(text, n)) {
                                g_string_append_c(out, '0');
                        } else {
                                n = 1;
                                g_string_append_c(out, g_ascii_tolower(*text));
                        }
                } else if (!strchr("\"'`", *text)) {
                        g_string_append_c(out, *text);
                }
                fresh = !is_word(text[n - 1]) && text[n - 1] != '/';
                text += n;
        }
        return g_string_free(out, FALSE);
}

static int compare_lines(gconstpointer a, gconstpointer b)
{
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

char *failure_signature(json_object *results, json_object *findings)
{
        g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);

        for (gsize i = 0; i < json_length(results); i++) {
                json_object *result = json_object_array_get_idx(results, i);
                g_autofree char *saw = signature_fold(json_text(result, "saw") ? json_text(result, "saw") : "");

                if (g_strcmp0(json_text(result, "verdict"), "failed") != 0)
                        continue;
                g_ptr_array_add(lines, g_strdup_printf("%" G_GINT64_FORMAT ".%" G_GINT64_FORMAT " %s", json_int(result, "requirement", -1),
                                                       json_int(result, "step", -1), saw));
        }
        for (gsize i = 0; i < json_length(findings); i++) {
                json_object *finding = json_object_array_get_idx(findings, i);
                g_autofree char *text = signature_fold(json_text(finding, "text") ? json_text(finding, "text") : "");
                const char *control = json_text(finding, "control");

                g_ptr_array_add(lines, g_strdup_printf("%s %s %s", json_text(finding, "kind"), control ? control : "", text));
        }
        g_ptr_array_sort(lines, compare_lines);
        g_ptr_array_add(lines, NULL);
        return g_strjoinv("|", (char **)lines->pdata);
}
