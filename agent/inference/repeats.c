/* The end of the text is folded and turned round; there a Z function tells for every period at once how far it holds. */
#include "repeats.h"

#define STEPS 12 /* repetitions of which the numbers are looked at */

/* The last bytes, turned round, each number as one digit; at most REPEATS_BYTES_PLAIN of them. Returns their number. */
static guint fold(const char *text, gsize length, char *out)
{
        guint n = 0;

        for (gsize i = length; i > 0 && n < REPEATS_BYTES_PLAIN; i--) {
                gboolean digit = g_ascii_isdigit(text[i - 1]);

                if (digit && n > 0 && out[n - 1] == '0')
                        continue;
                out[n++] = digit ? '0' : text[i - 1];
        }
        return n;
}

/* z[i]: how many bytes from i on are as those at the beginning. Only as far as a period may be long. */
static void find_periods(const char *text, guint n, guint periods, guint *z)
{
        guint left = 0, right = 0;

        for (guint i = 1; i < periods; i++) {
                guint k = i < right ? MIN(right - i, z[i - left]) : 0;

                while (i + k < n && text[k] == text[i + k])
                        k++;
                z[i] = k;
                if (i + k > right) {
                        left = i;
                        right = i + k;
                }
        }
}

static gboolean has_letter(const char *text, guint n)
{
        for (guint i = 0; i < n; i++)
                if (g_ascii_isalpha(text[i]) || (guchar)text[i] >= 0x80)
                        return TRUE;
        return FALSE;
}

typedef enum { NUMBERS_SAME, NUMBERS_COUNT, NUMBERS_VARY } Numbers;

/* The last numbers of the text, from behind; one that it ends with may go on, and is none. Returns how many there are, at most `most`. */
static guint last_numbers(const char *text, gsize length, gint64 *numbers, guint most)
{
        const char *at = text + length;
        guint n = 0;

        while (at > text && g_ascii_isdigit(at[-1]))
                at--;
        while (at > text && n < most) {
                const char *end = at;

                while (at > text && g_ascii_isdigit(at[-1]))
                        at--;
                if (at < end)
                        numbers[n++] = (gint64)g_ascii_strtoull(at, NULL, 10);
                else
                        at--;
        }
        return n;
}

/* How the numbers of a piece, which holds `a_piece` of them, go on from one repetition to the next. */
static Numbers numbers_of(const char *text, gsize length, guint a_piece)
{
        g_autofree gint64 *numbers = g_new(gint64, a_piece * STEPS + 1);
        guint n = last_numbers(text, length, numbers, a_piece * STEPS);
        gboolean same = TRUE;

        for (guint i = 0; i + 2 * a_piece < n; i++) {
                gint64 step = numbers[i] - numbers[i + a_piece];

                if (step != numbers[i + a_piece] - numbers[i + 2 * a_piece])
                        return NUMBERS_VARY;
                same &= step == 0;
        }
        return same ? NUMBERS_SAME : NUMBERS_COUNT;
}

static guint count_numbers(const char *folded, guint period)
{
        guint n = 0;

        for (guint i = 0; i < period; i++)
                n += folded[i] == '0';
        return n;
}

static gboolean is_babble(const char *text, gsize length, const char *folded, guint period, guint held)
{
        guint times = held / period, a_piece;

        if (held < REPEATS_BYTES || times < REPEATS_TIMES || (held < REPEATS_BYTES_PLAIN && !has_letter(folded, period)))
                return FALSE;
        a_piece = count_numbers(folded, period);
        switch (a_piece ? numbers_of(text, length, a_piece) : NUMBERS_SAME) {
        case NUMBERS_SAME: return TRUE;
        case NUMBERS_COUNT: return held >= REPEATS_COUNTING_BYTES && times >= REPEATS_COUNTING_TIMES;
        case NUMBERS_VARY: break;
        }
        return FALSE;
}

gboolean repeats_itself(const char *text, gsize length)
{
        g_autofree char *folded = NULL;
        guint z[REPEATS_PERIOD_MAX + 1] = {0}, n;

        if (length < REPEATS_BYTES)
                return FALSE;
        folded = g_malloc(REPEATS_BYTES_PLAIN);
        n = fold(text, length, folded);
        find_periods(folded, n, MIN(n, G_N_ELEMENTS(z)), z);
        for (guint period = 1; period < MIN(n, G_N_ELEMENTS(z)); period++)
                if (is_babble(text, length, folded, period, z[period] + period))
                        return TRUE;
        return FALSE;
}
