/* A notification's body is text of a program that nobody knows, so it is never handed to Pango's parser: the few tags of the specification
 * are looked for, and all other text stays text. */
#include <string.h>

#include "protocols/text.h"
#include "shell/aside/aside.h"

#define BODY_MAX (16 * 1024) /* bytes that are read */
#define NESTED_MAX 16

typedef enum { STYLE_BOLD, STYLE_ITALIC, STYLE_UNDERLINE, STYLES } Style;

typedef struct {
        GString *out;
        PangoAttrList *attributes;
        guint open[STYLES];  /* how often it is open */
        guint start[STYLES]; /* since where */
} Reader;

/* Control characters and what turns the direction of text go; line breaks stay. */
static char *clean(const char *body)
{
        g_autofree char *valid = g_utf8_make_valid(body, (gssize)strnlen(body, BODY_MAX));
        g_auto(GStrv) lines = g_strsplit(valid, "\n", MARKUP_LINES_MAX + 1);
        GString *out = g_string_new(NULL);

        for (guint i = 0; lines[i] && i < MARKUP_LINES_MAX; i++) {
                g_autofree char *line = text_plain(lines[i], MARKUP_LINE_MAX);
                g_string_append_printf(out, "%s%s", i == 0 ? "" : "\n", line);
        }
        return g_string_free(out, FALSE);
}

static PangoAttribute *attribute(Style style)
{
        if (style == STYLE_BOLD)
                return pango_attr_weight_new(PANGO_WEIGHT_SEMIBOLD);
        if (style == STYLE_ITALIC)
                return pango_attr_style_new(PANGO_STYLE_ITALIC);
        return pango_attr_underline_new(PANGO_UNDERLINE_SINGLE);
}

static void begin(Reader *reader, Style style)
{
        if (reader->open[style] < NESTED_MAX && reader->open[style]++ == 0)
                reader->start[style] = (guint)reader->out->len;
}

static void end(Reader *reader, Style style)
{
        PangoAttribute *made;

        if (reader->open[style] == 0 || --reader->open[style] > 0)
                return;
        made = attribute(style);
        made->start_index = reader->start[style];
        made->end_index = (guint)reader->out->len;
        pango_attr_list_insert(reader->attributes, made);
}

/* The text of alt="…" in a tag that ends at end. */
static void add_alt(Reader *reader, const char *tag, const char *tag_end)
{
        const char *alt = g_strstr_len(tag, tag_end - tag, "alt=\"");
        const char *quote = alt ? memchr(alt + 5, '"', (gsize)(tag_end - alt - 5)) : NULL;

        if (quote)
                g_string_append_len(reader->out, alt + 5, quote - alt - 5);
}

/* How many bytes a tag at p takes; 0: it is none that we know. */
static gsize read_tag(Reader *reader, const char *p)
{
        static const char *const names = "biu";
        const char *close = strchr(p, '>');
        const char *found;

        if (!close)
                return 0;
        if (p[1] && p[2] == '>' && (found = strchr(names, p[1])))
                begin(reader, (Style)(found - names));
        else if (p[1] == '/' && p[2] && p[3] == '>' && (found = strchr(names, p[2])))
                end(reader, (Style)(found - names));
        else if (g_str_has_prefix(p, "<img ") || g_str_has_prefix(p, "<img/"))
                add_alt(reader, p, close);
        else if (!g_str_has_prefix(p, "<a ") && !g_str_has_prefix(p, "<a>") && !g_str_has_prefix(p, "</a>") && !g_str_has_prefix(p, "<br/>") &&
                 !g_str_has_prefix(p, "<br>"))
                return 0;
        if (g_str_has_prefix(p, "<br"))
                g_string_append_c(reader->out, '\n');
        return (gsize)(close + 1 - p);
}

/* A character by its number, if it is one that can be seen and that does not steer text. */
static gsize read_number(Reader *reader, const char *p)
{
        gboolean hex = p[2] == 'x' || p[2] == 'X';
        char *stop;
        guint64 number = g_ascii_strtoull(p + (hex ? 3 : 2), &stop, hex ? 16 : 10);

        if (*stop != ';' || number > 0x10ffff || !g_unichar_validate((gunichar)number))
                return 0;
        if (g_unichar_isgraph((gunichar)number) && g_unichar_type((gunichar)number) != G_UNICODE_FORMAT)
                g_string_append_unichar(reader->out, (gunichar)number);
        else
                g_string_append_c(reader->out, ' ');
        return (gsize)(stop + 1 - p);
}

static gsize read_entity(Reader *reader, const char *p)
{
        static const struct {
                const char *name, *text;
        } entities[] = {{"&lt;", "<"}, {"&gt;", ">"}, {"&amp;", "&"}, {"&quot;", "\""}, {"&apos;", "'"}};

        if (p[1] == '#')
                return read_number(reader, p);
        for (guint i = 0; i < G_N_ELEMENTS(entities); i++) {
                if (g_str_has_prefix(p, entities[i].name)) {
                        g_string_append(reader->out, entities[i].text);
                        return strlen(entities[i].name);
                }
        }
        return 0;
}

char *markup_read(const char *body, PangoAttrList **attributes)
{
        g_autofree char *text = clean(body);
        Reader reader = {.out = g_string_new(NULL), .attributes = pango_attr_list_new()};
        gsize taken;

        for (const char *p = text; *p; p += taken) {
                taken = *p == '<' ? read_tag(&reader, p) : *p == '&' ? read_entity(&reader, p) : 0;
                if (!taken) {
                        g_string_append_c(reader.out, *p);
                        taken = 1;
                }
        }
        for (Style style = 0; style < STYLES; style++) {
                reader.open[style] = MIN(reader.open[style], 1);
                end(&reader, style);
        }
        *attributes = reader.attributes;
        return g_string_free(reader.out, FALSE);
}
