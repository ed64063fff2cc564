/* The end of the text is folded and turned round; there a Z function tells for every period at once how far it holds. */
#include "repeats.h"

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

gboolean repeats_itself(const char *text, gsize length)
{
        g_autofree char *folded = NULL;
        guint z[REPEATS_PERIOD_MAX + 1] = {0}, n;

        if (length < REPEATS_BYTES)
                return FALSE;
        folded = g_malloc(REPEATS_BYTES_PLAIN);
        n = fold(text, length, folded);
        find_periods(folded, n, MIN(n, G_N_ELEMENTS(z)), z);
        for (guint period = 1; period < MIN(n, G_N_ELEMENTS(z)); period++) {
                guint held = z[period] + period;

                if (held >= REPEATS_BYTES && held / period >= REPEATS_TIMES && (held >= REPEATS_BYTES_PLAIN || has_letter(folded, period)))
                        return TRUE;
        }
        return FALSE;
}
