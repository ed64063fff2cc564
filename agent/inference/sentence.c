/* The one folding that the lanes and the rehearsal share. */
#include "sentence.h"

#include <string.h>

#include "protocols/text.h"

#define SENTENCE_FOLD_MAX 512 /* characters; no recording's sentence is longer */

char *sentence_fold(const char *sentence)
{
        g_autofree char *plain = text_plain(sentence, SENTENCE_FOLD_MAX);
        char *folded = g_utf8_casefold(plain, -1);
        gsize length = strlen(folded);

        while (length > 0 && strchr(".?! ", folded[length - 1]))
                folded[--length] = '\0';
        return folded;
}
