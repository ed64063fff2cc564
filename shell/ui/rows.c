/* The order: what Enter does comes first. Something whose name is typed, or begins with what is typed, is opened; a sentence is made into
 * an app. With Tab the sentence changes the app in front. Everything else that fits follows, best first. */
#include "shell/ui/rows.h"

#include <string.h>

#include "protocols/text.h"

#define SUGGESTIONS 3
#define SHELL_SIGNS "|&;<>$`*?!#\n"
#define COMMAND_GLYPH ">_"
#define QUOTE_CHARACTERS 200
#define PARTIAL_WORD 4 /* characters a word must have to match alone */

enum {
        SCORE_EXACT = 1000,
        SCORE_SENTENCE = 950,
        SCORE_PREFIX = ROWS_SCORE_OPEN,
        SCORE_WORDS = 600,
        SCORE_INSIDE = 400,
        SCORE_KEYWORDS = 300,
        SCORE_PARTIAL = 100,
};

Row *
row_new(RowKind kind, const char *title, const char *detail)
{
        Row *row = g_new0(Row, 1);

        row->kind = kind;
        row->title = g_strdup(title);
        row->detail = g_strdup(detail);
        return row;
}

Row *
row_copy(const Row *row)
{
        Row *copy = g_memdup2(row, sizeof *row);

        copy->route = g_strdup(row->route);
        copy->icon = g_strdup(row->icon);
        copy->verb = g_strdup(row->verb);
        copy->title = g_strdup(row->title);
        copy->detail = g_strdup(row->detail);
        copy->words = g_strdup(row->words);
        copy->id = g_strdup(row->id);
        copy->text = g_strdup(row->text);
        copy->glyph = g_strdup(row->glyph);
        return copy;
}

void
row_free(Row *row)
{
        if (!row)
                return;
        g_free(row->route);
        g_free(row->icon);
        g_free(row->verb);
        g_free(row->title);
        g_free(row->detail);
        g_free(row->words);
        g_free(row->id);
        g_free(row->text);
        g_free(row->glyph);
        g_free(row);
}

GPtrArray *
rows_new(void)
{
        return g_ptr_array_new_with_free_func((GDestroyNotify)row_free);
}

char **
rows_command(const char *typed)
{
        char **words = NULL;

        if (strpbrk(typed, SHELL_SIGNS) || !g_shell_parse_argv(typed, NULL, &words, NULL))
                return NULL;
        return words;
}

char *
rows_fold(const char *text)
{
        g_autofree char *plain = text_plain(text ? text : "", ROWS_FOLD_CHARACTERS);
        g_autofree char *normal = g_utf8_normalize(plain, -1, G_NORMALIZE_ALL);
        char *folded = g_strstrip(g_utf8_casefold(normal ? normal : "", -1));
        gsize length = strlen(folded);

        while (length > 0 && strchr("?!. ", folded[length - 1]))
                folded[--length] = '\0';
        return folded;
}

/* TRUE if a word of text begins with the bytes of word. */
static gboolean
has_word(const char *text, const char *word, gboolean whole)
{
        gsize length = strlen(word);

        for (const char *at = text; (at = strstr(at, word)); at++) {
                gboolean starts = at == text || !g_unichar_isalnum(g_utf8_get_char(g_utf8_prev_char(at)));
                gboolean ends = !at[length] || !g_unichar_isalnum(g_utf8_get_char(at + length));

                if (starts && (ends || !whole))
                        return TRUE;
        }
        return FALSE;
}

static gboolean
has_all_words(const char *text, char **words)
{
        guint n = 0;

        for (guint i = 0; words[i]; i++) {
                if (!*words[i])
                        continue;
                if (!has_word(text, words[i], FALSE))
                        return FALSE;
                n++;
        }
        return n > 0;
}

static int
shared_words(const char *text, char **words)
{
        int n = 0;

        for (guint i = 0; words[i]; i++)
                if (g_utf8_strlen(words[i], -1) >= PARTIAL_WORD && has_word(text, words[i], TRUE))
                        n++;
        return n;
}

int
rows_score(const Row *candidate, const char *folded)
{
        g_autofree char *title = rows_fold(candidate->title);
        g_autofree char *more = rows_fold(candidate->words);
        g_auto(GStrv) words = g_strsplit_set(folded, " ,;:?!.", 64);
        int shared;

        /* The sentence that is typed is row one already. */
        if (!*folded || (candidate->kind == ROW_SAY && strcmp(title, folded) == 0))
                return 0;
        if (strcmp(title, folded) == 0)
                return SCORE_EXACT;
        if (candidate->kind == ROW_OPEN && strcmp(more, folded) == 0)
                return SCORE_SENTENCE;
        /* Half a word never locks the screen or ends the session. */
        if (candidate->kind != ROW_SESSION && g_utf8_strlen(folded, 2 * 6) >= 2 && g_str_has_prefix(title, folded))
                return SCORE_PREFIX;
        if (has_all_words(title, words))
                return SCORE_WORDS;
        if (g_utf8_strlen(folded, 2 * 6) >= 2 && strstr(title, folded))
                return SCORE_INSIDE;
        if (has_all_words(more, words))
                return SCORE_KEYWORDS;
        shared = 2 * shared_words(title, words) + shared_words(more, words);
        return shared > 0 ? SCORE_PARTIAL + MIN(shared, 20) : 0;
}

typedef struct {
        const Row *row;
        int score;
} Scored;

static int
kind_rank(RowKind kind)
{
        static const int ranks[] = {[ROW_OPEN] = 3, [ROW_WINDOW] = 2, [ROW_PROGRAM] = 1};

        return kind < G_N_ELEMENTS(ranks) ? ranks[kind] : 0;
}

static int
compare_scored(gconstpointer a, gconstpointer b)
{
        const Scored *one = a, *two = b;

        if (one->score != two->score)
                return two->score - one->score;
        if (one->row->kind != two->row->kind)
                return kind_rank(two->row->kind) - kind_rank(one->row->kind);
        if (one->row->recency != two->row->recency)
                return one->row->recency < two->row->recency ? 1 : -1;
        return g_strcmp0(one->row->title, two->row->title);
}

static GArray *
score_all(const GPtrArray *candidates, const char *folded)
{
        GArray *scored = g_array_new(FALSE, FALSE, sizeof(Scored));

        for (guint i = 0; i < candidates->len && i < ROWS_CANDIDATES_MAX; i++) {
                Scored one = {candidates->pdata[i], rows_score(candidates->pdata[i], folded)};

                if (one.score > 0)
                        g_array_append_val(scored, one);
        }
        g_array_sort(scored, compare_scored);
        return scored;
}

static gboolean
same_row(const Row *a, const Row *b)
{
        return a->kind == b->kind && a->xid == b->xid && g_strcmp0(a->id, b->id) == 0 && g_strcmp0(a->text, b->text) == 0 &&
               g_strcmp0(a->route, b->route) == 0;
}

static gboolean
holds(const GPtrArray *rows, const Row *row)
{
        for (guint i = 0; i < rows->len; i++)
                if (same_row(rows->pdata[i], row))
                        return TRUE;
        return FALSE;
}

static void
add_candidate(GPtrArray *rows, const Row *candidate)
{
        Row *row;

        if (rows->len >= ROWS_MAX || holds(rows, candidate))
                return;
        row = row_copy(candidate);
        if (rows->len == 0 && !row->verb && row->kind != ROW_SAY && row->kind != ROW_LANES && row->kind != ROW_SESSION)
                row->verb = g_strdup(row->kind == ROW_WINDOW ? "Go to" : "Open");
        g_ptr_array_add(rows, row);
}

static void
add_sentence(GPtrArray *rows, RowKind kind, const char *typed, const RowContext *context, gboolean again)
{
        g_autofree char *plain = text_plain(typed, QUOTE_CHARACTERS);
        g_autofree char *title = g_strconcat("“", plain, "”", NULL);
        Row *row = row_new(kind, title, NULL);

        if (kind == ROW_CHANGE) {
                g_autofree char *name = text_plain(context->front_title ? context->front_title : context->front_app, 40);

                row->verb = g_strdup_printf("Change %s:", name);
                row->id = g_strdup(context->front_app);
        } else {
                row->verb = g_strdup(again ? "Make new" : "Make");
        }
        row->make_new = again;
        row->text = g_strdup(typed);
        row->glyph = g_strdup(kind == ROW_CHANGE ? "✦" : "+");
        row->colour = kind == ROW_CHANGE ? context->ink : context->accent;
        g_ptr_array_add(rows, row);
}

static void
add_command(GPtrArray *rows, const char *typed, const RowContext *context, gboolean terminal)
{
        g_autofree char *title = text_plain(typed, QUOTE_CHARACTERS);
        Row *row = row_new(ROW_RUN, title, terminal ? "in a terminal" : "command");

        row->verb = g_strdup("Run");
        row->id = g_strdup(terminal ? "terminal" : NULL);
        row->text = g_strdup(typed);
        row->glyph = g_strdup(COMMAND_GLYPH);
        row->colour = context->ink;
        g_ptr_array_add(rows, row);
}

/* A single word that nothing else here is called. */
static gboolean
asks_for_command(const char *typed, const GArray *scored)
{
        return !strpbrk(typed, " \t") && (scored->len == 0 || g_array_index(scored, Scored, 0).score < SCORE_KEYWORDS);
}

/* A suggestion of the very sentence that is typed is no row of its own: what it says is said on the row that makes it. */
static gboolean
join_make(GPtrArray *rows, const Row *suggestion)
{
        g_autofree char *said = suggestion->kind == ROW_SAY ? rows_fold(suggestion->text) : NULL;

        for (guint i = 0; said && i < rows->len; i++) {
                Row *row = rows->pdata[i];
                g_autofree char *typed = row->kind == ROW_MAKE && !row->route ? rows_fold(row->text) : NULL;

                if (g_strcmp0(typed, said) != 0)
                        continue;
                g_free(row->detail);
                row->detail = g_strdup(suggestion->detail);
                if (suggestion->verb && !row->make_new) {
                        g_free(row->verb);
                        row->verb = g_strdup(suggestion->verb);
                }
                return TRUE;
        }
        return FALSE;
}

static int
compare_recency(gconstpointer a, gconstpointer b)
{
        const Row *one = *(Row *const *)a, *two = *(Row *const *)b;

        return one->recency < two->recency ? 1 : one->recency > two->recency ? -1 : 0;
}

static GPtrArray *
rank_empty(const GPtrArray *candidates)
{
        GPtrArray *rows = rows_new();
        g_autoptr(GPtrArray) apps = g_ptr_array_new();
        guint said = 0;

        for (guint i = 0; i < candidates->len; i++)
                if (((Row *)candidates->pdata[i])->kind == ROW_OPEN)
                        g_ptr_array_add(apps, candidates->pdata[i]);
        for (guint i = 0; i < candidates->len; i++)
                if (((Row *)candidates->pdata[i])->kind == ROW_LANES)
                        add_candidate(rows, candidates->pdata[i]);
        g_ptr_array_sort(apps, compare_recency);
        if (apps->len > 0)
                add_candidate(rows, apps->pdata[0]);
        for (guint i = 0; i < candidates->len && said < SUGGESTIONS; i++)
                if (((Row *)candidates->pdata[i])->kind == ROW_SAY) {
                        add_candidate(rows, candidates->pdata[i]);
                        said++;
                }
        return rows;
}

/* A sentence that made an app before; then making it again must be asked for as such. */
static gboolean
made_before(const GArray *scored)
{
        for (guint i = 0; i < scored->len; i++) {
                const Scored *one = &g_array_index(scored, Scored, i);

                if (one->row->kind == ROW_OPEN && (one->score == SCORE_SENTENCE))
                        return TRUE;
        }
        return FALSE;
}

GPtrArray *
rows_rank(const char *typed, const GPtrArray *candidates, const RowContext *context)
{
        g_autofree char *folded = rows_fold(typed);
        g_autofree char *trimmed = g_strstrip(g_strdup(typed));
        g_autoptr(GArray) scored = NULL;
        GPtrArray *rows;
        guint i = 0, room = ROWS_MAX - ROWS_LATE;
        gboolean first;

        if (!*trimmed)
                return rank_empty(candidates);
        rows = rows_new();
        scored = score_all(candidates, folded);
        first = context->command && !context->change && asks_for_command(trimmed, scored);
        if (context->change && context->front_app)
                add_sentence(rows, ROW_CHANGE, trimmed, context, FALSE);
        if (first)
                add_command(rows, trimmed, context, FALSE);
        while (i < scored->len && rows->len < 2 && g_array_index(scored, Scored, i).score >= ROWS_SCORE_OPEN &&
               g_array_index(scored, Scored, i).row->kind != ROW_SAY)
                add_candidate(rows, g_array_index(scored, Scored, i++).row);
        add_sentence(rows, ROW_MAKE, trimmed, context, made_before(scored));
        for (guint at = 0; at < candidates->len && at < ROWS_CANDIDATES_MAX; at++)
                join_make(rows, candidates->pdata[at]);
        if (!context->change && context->front_app)
                add_sentence(rows, ROW_CHANGE, trimmed, context, FALSE);
        if (context->command)
                room -= first ? 1 : 2;
        for (; i < scored->len && rows->len < room; i++)
                add_candidate(rows, g_array_index(scored, Scored, i).row);
        if (context->command && !first)
                add_command(rows, trimmed, context, FALSE);
        if (context->command)
                add_command(rows, trimmed, context, TRUE);
        return rows;
}

void
rows_add_late(GPtrArray *rows, const GPtrArray *late)
{
        for (guint i = 0; i < late->len; i++)
                if (!join_make(rows, late->pdata[i]))
                        add_candidate(rows, late->pdata[i]);
}

char *
row_sentence(const Row *row)
{
        g_autofree char *title = text_plain(row->title, QUOTE_CHARACTERS);

        return row->verb ? g_strdup_printf("%s %s", row->verb, title) : g_steal_pointer(&title);
}
