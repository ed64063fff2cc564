/* Splits thoughts from text where a server leaves both in one: <think>…</think> at the very beginning. Bytes are looked at once; what may
 * be the beginning of a tag is only counted, for its bytes are known. */
#include <string.h>

#include "agent/inference/wire/internal.h"

static const char opening[] = "<think>", closing[] = "</think>";

/* Returns how much was taken. */
static gsize undecided(Think *think, const char *text, gsize length, GString *content)
{
        for (gsize i = 0; i < length; i++) {
                if (think->matched == 0 && g_ascii_isspace(text[i])) {
                        g_string_append_c(think->blank, text[i]);
                } else if (text[i] == opening[think->matched]) {
                        if (opening[++think->matched])
                                continue;
                        think->state = THINK_INSIDE;
                        think->matched = 0;
                        return i + 1;
                } else {
                        think->state = THINK_OUTSIDE;
                        g_string_append_len(content, think->blank->str, think->blank->len);
                        g_string_append_len(content, opening, think->matched);
                        return i;
                }
        }
        return length;
}

static gsize inside(Think *think, const char *text, gsize length, GString *reasoning)
{
        const char *end = text + length, *at = text;

        while (at < end) {
                if (think->matched == 0) {
                        const char *tag = memchr(at, '<', end - at);
                        g_string_append_len(reasoning, at, (tag ? tag : end) - at);
                        if (!tag)
                                return length;
                        at = tag + 1;
                        think->matched = 1;
                } else if (*at == closing[think->matched]) {
                        at++;
                        if (closing[++think->matched])
                                continue;
                        think->state = THINK_AFTER;
                        return at - text;
                } else {
                        g_string_append_len(reasoning, closing, think->matched);
                        think->matched = 0;
                }
        }
        return length;
}

void think_add(Think *think, const char *text, gsize length, GString *content, GString *reasoning)
{
        gsize at = 0;

        if (think->state == THINK_UNDECIDED)
                at += undecided(think, text, length, content);
        if (think->state == THINK_INSIDE)
                at += inside(think, text + at, length - at, reasoning);
        while (think->state == THINK_AFTER && at < length) {
                if (g_ascii_isspace(text[at]))
                        at++;
                else
                        think->state = THINK_OUTSIDE;
        }
        g_string_append_len(content, text + at, length - at);
}

void think_end(Think *think, GString *content, GString *reasoning)
{
        if (think->state == THINK_UNDECIDED) {
                g_string_append_len(content, think->blank->str, think->blank->len);
                g_string_append_len(content, opening, think->matched);
        } else if (think->state == THINK_INSIDE) {
                g_string_append_len(reasoning, closing, think->matched);
        }
        think->state = THINK_OUTSIDE;
        think->matched = 0;
}
