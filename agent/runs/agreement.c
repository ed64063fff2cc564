#include "agent/runs/agreement.h"

#include <string.h>

#include "agent/json.h"
#include "agent/runs/names.h"

/* The end of the figure that begins here: digits, with any points and commas between, "1,234.50". */
static const char *grouped_end(const char *at)
{
        while (g_ascii_isdigit(*at) || ((*at == '.' || *at == ',') && g_ascii_isdigit(at[1])))
                at++;
        return at;
}

char *agreement_answer(const char *showed, const GPtrArray *quotes)
{
        g_autofree char *folded = g_utf8_casefold(showed, -1);
        GString *answer = g_string_new(NULL);
        guint n = 0;

        for (const char *at = showed; *at && n < AGREEMENT_TOKENS_MAX;) {
                const char *end = grouped_end(at);

                if (end > at) {
                        g_string_append_printf(answer, "%.*s ", (int)(end - at), at);
                        n++;
                }
                at = end > at ? end : at + 1;
        }
        for (guint i = 0; i < quotes->len; i++) {
                g_autofree char *quote = g_utf8_casefold(quotes->pdata[i], -1);

                if (strstr(folded, quote))
                        g_string_append_printf(answer, "“%s”", quote);
        }
        return g_string_free(answer, answer->len == 0);
}

static char *answer_at(json_object *posted, gsize i, const GPtrArray *quotes)
{
        json_object *result = json_object_array_get_idx(json_field_array(posted, "results"), i);
        const char *showed = json_text(result, "showed");

        return showed ? agreement_answer(showed, quotes) : NULL;
}

guint *agreement_count(const GPtrArray *posted, const GPtrArray *quotes)
{
        guint *counts = g_new0(guint, posted->len);
        gsize results = posted->len ? json_length(json_field_array(posted->pdata[0], "results")) : 0;

        for (gsize i = 0; i < results; i++) {
                g_autoptr(GPtrArray) answers = g_ptr_array_new_with_free_func(g_free);

                for (guint k = 0; k < posted->len; k++)
                        g_ptr_array_add(answers, answer_at(posted->pdata[k], i, quotes));
                for (guint k = 0; k < posted->len; k++)
                        for (guint other = 0; other < posted->len; other++)
                                counts[k] += other != k && answers->pdata[k] && g_strcmp0(answers->pdata[k], answers->pdata[other]) == 0;
        }
        return counts;
}

guint agreement_says(json_object *posted, const GPtrArray *quotes)
{
        json_object *results = json_field_array(posted, "results");
        guint n = 0;

        for (guint i = 0; i < quotes->len; i++) {
                g_autofree char *quote = g_utf8_casefold(quotes->pdata[i], -1);
                gboolean with = FALSE, without = FALSE;

                if (quote[strcspn(quote, FIGURES)])
                        continue;
                for (gsize k = 0; k < json_length(results); k++) {
                        const char *showed = json_text(json_object_array_get_idx(results, k), "showed");
                        g_autofree char *folded = showed ? g_utf8_casefold(showed, -1) : NULL;

                        with |= folded && strstr(folded, quote);
                        without |= folded && !strstr(folded, quote);
                }
                n += with && without;
        }
        return n;
}

guint agreement_with_before(json_object *posted, const GPtrArray *requirements, const GPtrArray *quotes)
{
        json_object *results = json_field_array(posted, "results");
        guint n = 0;

        for (gsize i = 0; i < json_length(results); i++) {
                gint64 place = json_int(json_object_array_get_idx(results, i), "requirement", -1);
                const Requirement *requirement = place >= 0 && place < requirements->len ? requirements->pdata[place] : NULL;
                g_autofree char *was = requirement && requirement->showed ? agreement_answer(requirement->showed, quotes) : NULL;
                g_autofree char *is = was ? answer_at(posted, i, quotes) : NULL;

                n += was && g_strcmp0(was, is) == 0;
        }
        return n;
}
