/* A small scanner over tags, not a parser: it looks for attributes that load something and for calls of tools, and leaves all else to
 * the live check. */
#include "page.h"

#include "sandbox/page/check.h"

#include <string.h>

#define CALL "impromptu.call"
#define NAME_MAX_SHOWN 60

static guint line_of(const char *page, const char *at)
{
        guint line = 1;

        for (const char *c = page; c < at; c++)
                line += *c == '\n';
        return line;
}

void page_add(json_object *findings, const char *kind, const char *text, guint line)
{
        json_object *finding;
        g_autofree char *valid = NULL, *cut = NULL;

        if (json_object_array_length(findings) >= PAGE_FINDINGS_MAX)
                return;
        cut = g_strndup(text, PAGE_TEXT_MAX);
        valid = g_utf8_make_valid(cut, -1);
        finding = json_object_new_object();
        json_object_object_add(finding, "kind", json_object_new_string(kind));
        json_object_object_add(finding, "text", json_object_new_string(valid));
        json_object_object_add(finding, "line", json_object_new_int64(line));
        json_object_array_add(findings, finding);
}

static gboolean is_elsewhere(const char *value)
{
        value += strspn(value, " \t\r\n\"'");
        return g_ascii_strncasecmp(value, "http:", 5) == 0 || g_ascii_strncasecmp(value, "https:", 6) == 0 || g_str_has_prefix(value, "//");
}

/* The value of an attribute in a tag (from at to end); NULL if the tag has none. */
static const char *attribute(const char *at, const char *end, const char *name)
{
        gsize length = strlen(name);

        for (const char *c = at; c + length < end; c++) {
                const char *value = c + length;

                if (!g_ascii_isspace(c[0]) || g_ascii_strncasecmp(c + 1, name, length) != 0)
                        continue;
                value = c + 1 + length;
                value += strspn(value, " \t\r\n");
                if (value < end && *value == '=')
                        return value + 1;
        }
        return NULL;
}

static void check_tag(json_object *findings, const char *page, const char *tag, const char *end)
{
        const char *source = attribute(tag, end, "src");

        if (!source && (g_ascii_strncasecmp(tag, "<link", 5) == 0))
                source = attribute(tag, end, "href");
        if (!source || !is_elsewhere(source))
                return;
        source += strspn(source, " \t\r\n\"'");
        g_autofree char *value = g_strndup(source, strcspn(source, " \t\r\n\"'>"));
        g_autofree char *text = g_strdup_printf("%.*s is loaded from elsewhere; there is no network", NAME_MAX_SHOWN, value);
        page_add(findings, "request", text, line_of(page, tag));
}

/* A tag's end: the > outside of quotes. */
static const char *tag_end(const char *tag)
{
        char quote = 0;

        for (const char *c = tag; *c; c++) {
                if (quote)
                        quote = *c == quote ? 0 : quote;
                else if (*c == '"' || *c == '\'')
                        quote = *c;
                else if (*c == '>')
                        return c;
        }
        return NULL;
}

/* Case-folded search for the end of a script, style or comment. */
static const char *skip_to(const char *at, const char *word)
{
        gsize n = strlen(word);

        for (; *at; at++)
                if (g_ascii_strncasecmp(at, word, n) == 0)
                        return at;
        return at;
}

/* What a script tag says its body is: 0 no JavaScript, or none of the page's own; 1 a script, 2 a module. */
static int script_kind(const char *tag, const char *end)
{
        static const char *const plain[] = {"text/javascript", "application/javascript", "text/ecmascript", "application/ecmascript"};
        const char *type = attribute(tag, end, "type");

        if (attribute(tag, end, "src"))
                return 0;
        if (!type)
                return 1;
        type += strspn(type, " \t\r\n\"'");
        g_autofree char *value = g_strndup(type, strcspn(type, " \t\r\n\"'>"));
        if (!*value || g_ascii_strcasecmp(value, "module") == 0)
                return *value ? 2 : 1;
        for (guint i = 0; i < G_N_ELEMENTS(plain); i++)
                if (g_ascii_strcasecmp(value, plain[i]) == 0)
                        return 1;
        return 0;
}

static void check_tags(json_object *findings, const char *page, PageScriptFunc func, gpointer data)
{
        const char *at = page;

        while ((at = strchr(at, '<'))) {
                const char *end;

                if (g_str_has_prefix(at, "<!--")) {
                        at = skip_to(at + 4, "-->");
                        continue;
                }
                if (!g_ascii_isalpha(at[1])) {
                        at++;
                        continue;
                }
                end = tag_end(at);
                if (!end)
                        return;
                check_tag(findings, page, at, end);
                if (g_ascii_strncasecmp(at, "<script", 7) == 0) {
                        const char *body = end + 1;
                        int kind = script_kind(at, end);

                        end = skip_to(end, "</script");
                        if (kind && *end)
                                func(body, (gsize)(end - body), kind == 2, line_of(page, body), data);
                }
                if (g_ascii_strncasecmp(at, "<style", 6) == 0)
                        end = skip_to(end, "</style");
                at = *end ? end + 1 : end;
        }
}

/* Calls whose tool is written as a plain string; one that is computed is left to the live check. */
static void check_calls(json_object *findings, const char *page, const char *const *names)
{
        for (const char *call = strstr(page, CALL); call; call = strstr(call + 1, CALL)) {
                const char *at = call + strlen(CALL);
                gsize n;

                at += strspn(at, " \t\r\n");
                if (*at != '(')
                        continue;
                at++;
                at += strspn(at, " \t\r\n");
                if (!strchr("\"'`", *at) || *at == '\0')
                        continue;
                at++;
                n = strcspn(at, "\"'`$\n");
                if (at[n] == '$' || at[n] == '\n' || at[n] == '\0')
                        continue;
                g_autofree char *name = g_strndup(at, n);
                if (g_strv_contains(names, name))
                        continue;
                g_autofree char *text = g_strdup_printf("impromptu.call(\"%.*s\"): there is no such tool", NAME_MAX_SHOWN, name);
                page_add(findings, "tool", text, line_of(page, call));
        }
}

void page_scan(json_object *findings, const char *page, const char *const *names, PageScriptFunc func, gpointer data)
{
        check_tags(findings, page, func, data);
        check_calls(findings, page, names);
}
