/* The parts of a word are its runs of three characters with a blank before and behind it; two texts are as alike as the cosine of their
 * sets of parts. No model is asked: it costs nothing while one types, and what is found does not depend on who answers. */
#include "agent/runs/meaning.h"

#include <math.h>
#include <string.h>

#include "protocols/text.h"

#define PART 3 /* characters */

struct Meaning {
        GHashTable *parts; /* a set */
};

static void add_parts(GHashTable *parts, const char *word)
{
        g_autofree char *padded = g_strdup_printf(" %s ", word);
        const char *end = g_utf8_offset_to_pointer(padded, MIN(PART, g_utf8_strlen(padded, -1)));

        for (const char *at = padded;; at = g_utf8_next_char(at), end = g_utf8_next_char(end)) {
                g_hash_table_add(parts, g_strndup(at, end - at));
                if (!*end)
                        return;
        }
}

static void add_word(GHashTable *parts, GString *word, const char *const *small)
{
        if (word->len > 0 && !(small && g_strv_contains(small, word->str)))
                add_parts(parts, word->str);
        g_string_truncate(word, 0);
}

Meaning *meaning_new(const char *text, const char *const *small)
{
        Meaning *meaning = g_new0(Meaning, 1);
        g_autofree char *plain = text_plain(text, MEANING_TEXT_MAX), *normal = g_utf8_normalize(plain, -1, G_NORMALIZE_ALL_COMPOSE);
        g_autofree char *folded = g_utf8_casefold(normal ? normal : plain, -1);
        g_autoptr(GString) word = g_string_new(NULL);

        meaning->parts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        for (const char *p = folded; *p; p = g_utf8_next_char(p)) {
                gunichar c = g_utf8_get_char(p);

                if (g_unichar_isalnum(c))
                        g_string_append_unichar(word, c);
                else
                        add_word(meaning->parts, word, small);
        }
        add_word(meaning->parts, word, small);
        return meaning;
}

void meaning_free(Meaning *meaning)
{
        if (!meaning)
                return;
        g_hash_table_unref(meaning->parts);
        g_free(meaning);
}

double meaning_compare(const Meaning *a, const Meaning *b)
{
        guint shared = 0, most = g_hash_table_size(a->parts) * g_hash_table_size(b->parts);
        GHashTableIter iter;
        gpointer part;

        g_hash_table_iter_init(&iter, a->parts);
        while (g_hash_table_iter_next(&iter, &part, NULL))
                shared += g_hash_table_contains(b->parts, part);
        return most > 0 ? shared / sqrt(most) : 0;
}

double meaning_likeness(const char *a, const char *b, const char *const *small)
{
        g_autoptr(Meaning) x = meaning_new(a, small), y = meaning_new(b, small);

        return meaning_compare(x, y);
}
