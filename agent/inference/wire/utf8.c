/* Makes UTF-8 of what servers send as text. A character may be cut by its server: its bytes, or the two halves of a surrogate pair, come in
 * two pieces of text. So what may be the beginning of a character is held back until the next piece; what nothing can be made of becomes
 * U+FFFD. Surrogates come here as three bytes each, as fields.c and scan.c write them. */
#include <string.h>

#include "agent/inference/wire/internal.h"

#define REPLACEMENT "\xef\xbf\xbd"

static gboolean is_continuation(char c)
{
        return ((guchar)c & 0xc0) == 0x80;
}

/* The kind of surrogate that begins here: 'h', 'l', or 0 for none. */
static char surrogate(const char *at, gsize left)
{
        if (left < 3 || at[0] != '\xed' || !is_continuation(at[2]))
                return 0;
        return ((guchar)at[1] & 0xf0) == 0xa0 ? 'h' : ((guchar)at[1] & 0xf0) == 0xb0 ? 'l' : 0;
}

/* TRUE if all that is left could be the beginning of a character. */
static gboolean may_go_on(const char *at, gsize left)
{
        guchar first = at[0];
        gsize wanted = first >= 0xc2 && first <= 0xdf ? 2 : first >= 0xe0 && first <= 0xef ? 3 : first >= 0xf0 && first <= 0xf4 ? 4 : 1;

        if (surrogate(at, left) == 'h')
                return left == 3 || (left == 4 && at[3] == '\xed') || (left == 5 && at[3] == '\xed' && ((guchar)at[4] & 0xf0) == 0xb0);
        if (left >= wanted)
                return FALSE;
        for (gsize i = 1; i < left; i++) {
                if (!is_continuation(at[i]))
                        return FALSE;
        }
        return TRUE;
}

static void append_pair(GString *out, const char *at)
{
        gunichar high = ((guchar)at[1] & 0x0f) << 6 | ((guchar)at[2] & 0x3f);
        gunichar low = ((guchar)at[4] & 0x0f) << 6 | ((guchar)at[5] & 0x3f);

        g_string_append_unichar(out, 0x10000 + (high << 10 | low));
}

/* Takes what is not plain UTF-8: returns how many bytes it was. */
static gsize take_odd(GString *out, const char *at, gsize left)
{
        if (*at == '\0') {
                g_string_append_c(out, '\0');
                return 1;
        }
        if (surrogate(at, left) == 'h' && surrogate(at + 3, left - 3) == 'l') {
                append_pair(out, at);
                return 6;
        }
        g_string_append(out, REPLACEMENT);
        return surrogate(at, left) ? 3 : 1;
}

static gboolean is_ascii(const char *bytes, gsize length)
{
        guchar all = 0;

        for (gsize i = 0; i < length; i++)
                all |= (guchar)bytes[i];
        return all < 0x80;
}

const char *utf8_mend(Utf8Tail *tail, const char *bytes, gsize length, GString *scratch, gsize *mended)
{
        g_autofree char *joined = NULL;
        const char *end;

        *mended = length;
        if (!tail->length && (is_ascii(bytes, length) || g_utf8_validate_len(bytes, length, NULL)))
                return bytes;
        if (length == 0)
                return bytes;
        if (tail->length) {
                joined = g_malloc(tail->length + length);
                memcpy(joined, tail->bytes, tail->length);
                memcpy(joined + tail->length, bytes, length);
                bytes = joined;
                length += tail->length;
                tail->length = 0;
        }
        g_string_truncate(scratch, 0);
        while (length > 0) {
                g_utf8_validate_len(bytes, length, &end);
                g_string_append_len(scratch, bytes, end - bytes);
                length -= end - bytes;
                bytes = end;
                if (length > 0 && may_go_on(bytes, length)) {
                        memcpy(tail->bytes, bytes, length);
                        tail->length = length;
                        break;
                }
                if (length > 0) {
                        gsize taken = take_odd(scratch, bytes, length);
                        bytes += taken;
                        length -= taken;
                }
        }
        *mended = scratch->len;
        return scratch->str;
}

const char *utf8_end(Utf8Tail *tail)
{
        const char *stands = tail->length ? REPLACEMENT : "";

        tail->length = 0;
        return stands;
}
