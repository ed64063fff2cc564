/* Prompts. A template is read once from front to back; values are copied and never read as a template, so that what a person, a page or a
 * tool wrote cannot become a placeholder; and each stands in a place that it cannot end, see prompt.h. */
#include "agent/runs/prompt.h"

#include <stdarg.h>
#include <string.h>

#include "protocols/text.h"

#define MESSAGE_MARK "%% "
#define SECTION_DEPTH_MAX 4
#define FENCE "fence "
#define LINE "line "
#define EACH "each "
#define EACH_PLACE '%' /* of the item */
#define FENCE_TICKS_MIN 3

void prompt_free(Prompt *prompt)
{
        if (!prompt)
                return;
        g_ptr_array_unref(prompt->texts);
        g_free(prompt->messages);
        g_free(prompt);
}

typedef struct {
        const char *name;
        GHashTable *values;
        GString *out;
        char *open[SECTION_DEPTH_MAX]; /* names of the sections we are in */
        gboolean shown[SECTION_DEPTH_MAX];
        guint depth;
} Filler;

static gboolean fault(GError **error, const Filler *filler, const char *what, const char *tag)
{
        g_set_error(error, AGENT_ERROR, API_ERROR_FAILED, "The prompt %s.md cannot be used: %s “%s”.", filler->name, what, tag);
        return FALSE;
}

static gboolean filler_shows(const Filler *filler)
{
        for (guint i = 0; i < filler->depth; i++)
                if (!filler->shown[i])
                        return FALSE;
        return TRUE;
}

/* What begins or ends a turn for one family of models or another: servers turn it into just that wherever it stands in a message. */
static const char *const turn_marks[] = {"<|", "<start_of_turn>", "<end_of_turn>", "[INST]", "[/INST]", "<<SYS>>", "<</SYS>>"};

/* The mark of a turn that begins here; NULL. */
static const char *turn_mark(const char *at)
{
        for (guint i = 0; (*at == '<' || *at == '[') && i < G_N_ELEMENTS(turn_marks); i++)
                if (g_ascii_strncasecmp(at, turn_marks[i], strlen(turn_marks[i])) == 0)
                        return turn_marks[i];
        return NULL;
}

/* A value as it is, but for marks of turns: a blank behind their first character breaks them. */
static void append_value(GString *out, const char *value)
{
        for (; *value; value++) {
                g_string_append_c(out, *value);
                if (turn_mark(value))
                        g_string_append_c(out, ' ');
        }
}

/* Data of several lines, between two lines of backticks that are more than any in it, so that nothing in it ends it. */
static void append_fence(GString *out, const char *value, const char *info)
{
        gsize most = FENCE_TICKS_MIN - 1, run = 0;

        for (const char *p = value; *p; p++) {
                run = *p == '`' ? run + 1 : 0;
                most = MAX(most, run);
        }
        g_autofree char *ticks = g_strnfill(most + 1, '`');
        g_string_append_printf(out, "%s%s\n", ticks, info);
        append_value(out, value);
        g_string_append_printf(out, "%s%s", *value && !g_str_has_suffix(value, "\n") ? "\n" : "", ticks);
}

char *prompt_line(const char *value)
{
        static const char *const quotes[] = {"“", "”", "„", "\""};
        g_autofree char *flat = text_plain(value, PROMPT_LINE_MAX);
        GString *plain = g_string_new(flat);

        for (guint i = 0; i < G_N_ELEMENTS(quotes); i++)
                g_string_replace(plain, quotes[i], "'", 0);
        return g_string_free(plain, FALSE);
}

static void append_line(GString *out, const char *value)
{
        g_autofree char *line = prompt_line(value);

        append_value(out, line);
}

static const char *value_of(const Filler *filler, const char *key, gsize length)
{
        g_autofree char *name = g_strndup(key, length);

        return g_hash_table_lookup(filler->values, name);
}

/* Each line of the value in this place of the form, a line each. */
static void append_each(GString *out, const char *value, const char *form, const char *place)
{
        g_auto(GStrv) items = g_strsplit(value, "\n", -1);

        for (guint i = 0; items[i]; i++) {
                g_string_append_printf(out, "%s%.*s", i ? "\n" : "", (int)(place - form), form);
                append_value(out, items[i]);
                g_string_append(out, place + 1);
        }
}

/* A tag that stands for a value: NAME, "line NAME", "fence NAME [INFO]", INFO being what stands behind the first backticks, or "each NAME FORM". */
static gboolean fill_value(Filler *filler, const char *tag, GError **error)
{
        gboolean fence = g_str_has_prefix(tag, FENCE), line = g_str_has_prefix(tag, LINE), each = g_str_has_prefix(tag, EACH);
        const char *key = tag + (fence ? strlen(FENCE) : line ? strlen(LINE) : each ? strlen(EACH) : 0);
        const char *info = fence || each ? strchr(key, ' ') : NULL;
        const char *value = value_of(filler, key, info ? (gsize)(info - key) : strlen(key));
        const char *place = each && info ? strchr(info, EACH_PLACE) : NULL;

        if (!value)
                return fault(error, filler, "there is no value for", key);
        if (each && !place)
                return fault(error, filler, "there is no place for each of", key);
        if (!filler_shows(filler))
                return TRUE;
        if (fence)
                append_fence(filler->out, value, info ? info + 1 : key);
        else if (each)
                append_each(filler->out, value, info + 1, place);
        else if (line)
                append_line(filler->out, value);
        else
                append_value(filler->out, value);
        return TRUE;
}

/* One tag without its braces. */
static gboolean fill_tag(Filler *filler, const char *tag, GError **error)
{
        gboolean opens = tag[0] == '#' || tag[0] == '^';
        gboolean closes = tag[0] == '/';
        const char *key = opens || closes ? tag + 1 : tag;
        const char *value;

        if (closes) {
                if (filler->depth == 0 || !g_str_equal(filler->open[filler->depth - 1], key))
                        return fault(error, filler, "no section of this name is open:", key);
                g_free(filler->open[--filler->depth]);
                return TRUE;
        }
        if (!opens)
                return fill_value(filler, tag, error);
        value = g_hash_table_lookup(filler->values, key);
        if (!value)
                return fault(error, filler, "there is no value for", key);
        if (filler->depth == SECTION_DEPTH_MAX)
                return fault(error, filler, "too many sections in one another at", key);
        filler->shown[filler->depth] = (tag[0] == '#') == (*value != '\0');
        filler->open[filler->depth++] = g_strdup(key);
        return TRUE;
}

static gboolean fill_text(Filler *filler, const char *at, const char *end, GError **error)
{
        while (at < end) {
                const char *brace = g_strstr_len(at, end - at, "{{");
                const char *close = brace ? g_strstr_len(brace, end - brace, "}}") : NULL;
                const char *stop = brace ? brace : end;

                if (brace && !close)
                        return fault(error, filler, "a placeholder does not end:", "{{");
                if (filler_shows(filler))
                        g_string_append_len(filler->out, at, stop - at);
                if (!brace)
                        break;
                g_autofree char *tag = g_strndup(brace + 2, close - brace - 2);
                if (!fill_tag(filler, tag, error))
                        return FALSE;
                at = close + 2;
                if (filler->out->len > PROMPT_MAX)
                        return fault(error, filler, "it became too large at", tag);
        }
        if (filler->depth > 0)
                return fault(error, filler, "a section does not end:", filler->open[filler->depth - 1]);
        return TRUE;
}

/* One message: its text from at to end. */
static gboolean add_message(Prompt *prompt, Filler *filler, const char *role, const char *at, const char *end, GError **error)
{
        static const char *const roles[] = {"system", "user", "assistant"};
        gsize n = prompt->n_messages;

        filler->out = g_string_new(NULL);
        if (!fill_text(filler, at, end, error)) {
                g_string_free(filler->out, TRUE);
                while (filler->depth > 0)
                        g_free(filler->open[--filler->depth]);
                return FALSE;
        }
        char *text = g_strchomp(g_string_free(filler->out, FALSE));
        g_ptr_array_add(prompt->texts, text);
        if (n == PROMPT_MESSAGES_MAX)
                return fault(error, filler, "too many messages at", role);
        prompt->messages[n].content = text;
        for (guint i = 0; i < G_N_ELEMENTS(roles); i++)
                if (g_str_equal(role, roles[i]))
                        prompt->messages[n].role = roles[i];
        if (!prompt->messages[n].role)
                return fault(error, filler, "there is no role", role);
        prompt->n_messages++;
        return TRUE;
}

static const char *next_mark(const char *at)
{
        while (at && *at) {
                if (g_str_has_prefix(at, MESSAGE_MARK))
                        return at;
                at = strchr(at, '\n');
                if (at)
                        at++;
        }
        return NULL;
}

Prompt *prompt_fill(const char *name, const char *template, GHashTable *values, GError **error)
{
        g_autoptr(Prompt) prompt = g_new0(Prompt, 1);
        Filler filler = {.name = name, .values = values};
        const char *mark = template;

        prompt->texts = g_ptr_array_new_with_free_func(g_free);
        prompt->messages = g_new0(LaneMessage, PROMPT_MESSAGES_MAX);
        if (!g_str_has_prefix(template, MESSAGE_MARK)) {
                fault(error, &filler, "it must start with", MESSAGE_MARK "system");
                return NULL;
        }
        while (mark) {
                const char *line = mark + strlen(MESSAGE_MARK);
                const char *text = strchr(line, '\n');
                g_autofree char *role = g_strchomp(text ? g_strndup(line, text - line) : g_strdup(line));

                text = text ? text + 1 : line + strlen(line);
                mark = next_mark(text);
                if (!add_message(prompt, &filler, role, text, mark ? mark : text + strlen(text), error))
                        return NULL;
        }
        return g_steal_pointer(&prompt);
}

Prompt *prompt_render(const Agent *agent, const char *name, GError **error, ...)
{
        g_autoptr(GHashTable) values = g_hash_table_new(g_str_hash, g_str_equal);
        g_autofree char *path = g_strdup_printf("prompts/%s.md", name);
        g_autofree char *template = agent_share_text(agent, path, error);
        const char *key;
        va_list pairs;

        if (!template)
                return NULL;
        va_start(pairs, error);
        while ((key = va_arg(pairs, const char *))) {
                const char *value = va_arg(pairs, const char *);
                g_hash_table_insert(values, (gpointer)key, (gpointer)(value ? value : ""));
        }
        va_end(pairs);
        return prompt_fill(name, template, values, error);
}
