/* Untrusted text made fit for use. Nothing here depends on the locale. */
#include "protocols/text.h"

#include <gio/gio.h>
#include <string.h>

#include "protocols/api.h"

#define REPLACEMENT 0xFFFD
#define ELLIPSIS 0x2026

G_DEFINE_QUARK(impromptu-text-error, text_error)

/* Embeddings, overrides and isolates: they change the order in which neighbouring text is shown, so that it can say something else than it
 * is. */
static gboolean reorders(gunichar c)
{
        return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

/* Those, and the marks that only steer direction. */
static gboolean steers(gunichar c)
{
        return reorders(c) || c == 0x200E || c == 0x200F || c == 0x061C;
}

static gboolean visible(gunichar c)
{
        return g_unichar_isgraph(c) && !g_unichar_iszerowidth(c) && !steers(c);
}

static char *without_overrides(const char *bytes, gsize length, gboolean *anything)
{
        GString *out = g_string_sized_new(length);

        *anything = FALSE;
        for (const char *p = bytes; p < bytes + length; p = g_utf8_next_char(p)) {
                gunichar c = g_utf8_get_char(p);
                if (reorders(c))
                        continue;
                *anything = *anything || visible(c);
                g_string_append_unichar(out, c);
        }
        return g_string_free(out, FALSE);
}

/* Like g_strstrip(), for all white space that Unicode knows. */
static char *trimmed(const char *text)
{
        const char *start = text;
        const char *end = text + strlen(text);

        while (*start && g_unichar_isspace(g_utf8_get_char(start)))
                start = g_utf8_next_char(start);
        while (end > start) {
                const char *before = g_utf8_prev_char(end);
                if (!g_unichar_isspace(g_utf8_get_char(before)))
                        break;
                end = before;
        }
        return g_strndup(start, end - start);
}

char *text_sentence(const char *bytes, gssize length, GError **error)
{
        gsize size = length < 0 ? strlen(bytes) : (gsize)length;
        gboolean anything;

        if (size > API_SENTENCE_MAX) {
                g_set_error(error, TEXT_ERROR, TEXT_ERROR_TOO_LONG,
                            "This is %" G_GSIZE_FORMAT " bytes long and %d are the most: "
                            "shorten it, or put the long part into a file and name the file.",
                            size, API_SENTENCE_MAX);
                return NULL;
        }
        if (memchr(bytes, '\0', size)) {
                g_set_error(error, TEXT_ERROR, TEXT_ERROR_NUL, "The text holds a NUL byte, which no keyboard types: send it without.");
                return NULL;
        }
        if (!g_utf8_validate_len(bytes, size, NULL)) {
                g_set_error(error, TEXT_ERROR, TEXT_ERROR_ENCODING, "The text is not UTF-8: convert it and send it again.");
                return NULL;
        }
        g_autofree char *clean = without_overrides(bytes, size, &anything);
        if (!anything) {
                g_set_error(error, TEXT_ERROR, TEXT_ERROR_EMPTY, "There is nothing in it yet: write what you need.");
                return NULL;
        }
        return trimmed(clean);
}

/* The next character of bytes that need not be UTF-8; never reads past the closing NUL. */
static gunichar next_character(const char **bytes)
{
        gunichar c = g_utf8_get_char_validated(*bytes, -1);

        if (c == (gunichar)-1 || c == (gunichar)-2) {
                (*bytes)++;
                return REPLACEMENT;
        }
        *bytes = g_utf8_next_char(*bytes);
        return c;
}

char *text_plain(const char *bytes, gsize max_characters)
{
        GString *out = g_string_new(NULL);
        gsize count = 0;
        gsize last = 0; /* where the last character, with a space before it, begins: there the ellipsis goes */
        gboolean space = FALSE;

        while (bytes && *bytes && max_characters) {
                gunichar c = next_character(&bytes);
                if (g_unichar_isspace(c)) {
                        space = out->len > 0;
                        continue;
                }
                if (g_unichar_iscntrl(c) || steers(c))
                        continue;
                if (count + (space ? 2 : 1) > max_characters) {
                        if (count == max_characters)
                                g_string_truncate(out, last);
                        g_string_append_unichar(out, ELLIPSIS);
                        break;
                }
                last = out->len;
                if (space)
                        g_string_append_c(out, ' ');
                count += space ? 2 : 1;
                space = FALSE;
                g_string_append_unichar(out, c);
        }
        return g_string_free(out, FALSE);
}

/* Cuts at the last whole word where that keeps most of it. */
static void cut_slug(GString *slug, gsize max)
{
        if (slug->len > max) {
                gboolean inside = slug->str[max] != '-';
                g_string_truncate(slug, max);
                const char *dash = inside ? strrchr(slug->str, '-') : NULL;
                if (dash && (gsize)(dash - slug->str) > max / 2)
                        g_string_truncate(slug, dash - slug->str);
        }
        while (slug->len && slug->str[slug->len - 1] == '-')
                g_string_truncate(slug, slug->len - 1);
}

char *text_of_bytes(GBytes *bytes, gsize max)
{
        gsize length = 0;
        const char *data = bytes ? g_bytes_get_data(bytes, &length) : NULL;

        if (!bytes)
                return NULL;
        return length ? g_utf8_make_valid(data, MIN(length, max)) : g_strdup("");
}

char *text_slug(const char *text, gsize max)
{
        g_autofree char *valid = g_utf8_make_valid(text, -1);
        g_autofree char *plain = g_utf8_normalize(valid, -1, G_NORMALIZE_ALL);
        g_autoptr(GString) slug = g_string_new(NULL);

        for (const char *p = plain; *p; p = g_utf8_next_char(p)) {
                gunichar c = g_utf8_get_char(p);
                if (c < 128 && g_ascii_isalnum(c))
                        g_string_append_c(slug, g_ascii_tolower(c));
                else if (c != '\'' && c != 0x2019 && !g_unichar_ismark(c) && slug->len && slug->str[slug->len - 1] != '-')
                        g_string_append_c(slug, '-');
        }
        cut_slug(slug, max);
        return g_strdup(slug->len ? slug->str : "app");
}

/* The value and where it ends; a number that goes up to the end of bytes is only complete once the tokener is told that nothing follows. */
static json_object *parse_json(struct json_tokener *tokener, const char *bytes, gsize length, gsize *end)
{
        json_object *value = json_tokener_parse_ex(tokener, bytes, length);

        *end = json_tokener_get_parse_end(tokener);
        if (value || json_tokener_get_error(tokener) != json_tokener_continue)
                return value;
        *end = length;
        return json_tokener_parse_ex(tokener, "", 1);
}

json_object *text_json(const char *bytes, gsize length, GError **error)
{
        struct json_tokener *tokener = json_tokener_new_ex(TEXT_JSON_DEPTH_MAX);
        gsize end = 0;

        json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
        json_object *value = length < G_MAXINT ? parse_json(tokener, bytes, length, &end) : NULL;
        enum json_tokener_error state = json_tokener_get_error(tokener);
        json_tokener_free(tokener);
        while (value && end < length && bytes[end] && strchr(" \t\r\n", bytes[end]))
                end++;
        if (value && end == length)
                return value;

        const char *what = value ? "something follows it" :
                           end == length ? "it is cut off" :
                           state == json_tokener_success ? "null is no value here" : json_tokener_error_desc(state);
        json_object_put(value);
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "This is not JSON: byte %" G_GSIZE_FORMAT ", %s.", end, what);
        return NULL;
}
