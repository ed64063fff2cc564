#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *fuzz_tell(WireDialect dialect, gboolean scans, const char *bytes, gsize length, guint seed)
{
        g_autoptr(ChatStream) stream = chat_stream_new(dialect, FALSE);
        json_object *answer;
        char *text;

        wire_stream_scans(stream, scans);
        for (gsize at = 0; at < length;) {
                gsize piece = seed ? 1 + (seed >> 16) % (seed & 1 ? 7 : 301) : length;
                g_autofree char *copy = g_memdup2(bytes + at, MIN(piece, length - at));
                chat_stream_feed(stream, copy, MIN(piece, length - at));
                at += MIN(piece, length - at);
                seed = seed ? seed * 1103515245u + 12345u : 0;
        }
        answer = chat_stream_describe(stream, chat_stream_finish(stream));
        text = g_strdup(json_object_to_json_string_ext(answer, JSON_C_TO_STRING_PLAIN));
        json_object_put(answer);
        return text;
}

void fuzz_same(const char *one, const char *other)
{
        if (strcmp(one, other) == 0)
                return;
        fprintf(stderr, "One says\n%s\nand the other\n%s\n", one, other);
        abort();
}
