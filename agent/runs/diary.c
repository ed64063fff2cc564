/* What happened in a run, in lines that a person can read: progress.md, and what a skill is learnt from. Made again from the record after a
 * restart, like everything else of a run. */
#include "agent/runs/run.h"

#include <string.h>

#include "protocols/text.h"

#define DIARY_LINES_MAX 60
#define DIARY_LINE_MAX 300           /* characters */
#define PROGRESS_MAX (16 * 1024)     /* bytes of progress.md; the oldest runs go first */
#define PROGRESS_TITLE "# How it came about\n"
#define PROGRESS_RUN "\n## "

void run_diary(Run *run, const char *format, ...)
{
        va_list arguments;

        if (run->diary->len >= DIARY_LINES_MAX)
                return;
        va_start(arguments, format);
        g_autofree char *text = g_strdup_vprintf(format, arguments);
        va_end(arguments);
        g_ptr_array_add(run->diary, text_plain(text, DIARY_LINE_MAX));
}

char *run_diary_text(Run *run)
{
        GString *out = g_string_new(NULL);

        for (guint i = 0; i < run->diary->len; i++)
                g_string_append_printf(out, "- %s\n", (char *)g_ptr_array_index(run->diary, i));
        if (run->diary->len >= DIARY_LINES_MAX)
                g_string_append(out, "- … and so on.\n");
        return g_string_free(out, FALSE);
}

/* What earlier runs wrote; not what this very run wrote before a restart. Free with g_free(). */
static char *earlier(Run *run)
{
        g_autoptr(GBytes) bytes = run->before ? library_app_file(run->agent->library, run->app, "progress.md", NULL) : NULL;
        g_autofree char *text = text_of_bytes(bytes, G_MAXSSIZE);
        g_autofree char *own = g_strdup_printf(PROGRESS_RUN "%s:", run->id);
        const char *from = text ? strstr(text, PROGRESS_RUN) : NULL, *to;

        if (!from)
                return g_strdup("");
        to = strstr(from, own);
        while (from && (to ? (gsize)(to - from) : strlen(from)) > PROGRESS_MAX && (!to || from < to))
                from = strstr(from + 1, PROGRESS_RUN);
        return !from ? g_strdup("") : to ? g_strndup(from, MAX(to - from, 0)) : g_strdup(from);
}

char *run_progress_file(Run *run)
{
        g_autofree char *before = earlier(run), *diary = run_diary_text(run), *asked = text_plain(run->sentence, DIARY_LINE_MAX);

        return g_strdup_printf(PROGRESS_TITLE "%s" PROGRESS_RUN "%s: %s\n\n%s\nDrafts %u, repairs %u, starts afresh %u.\n", before, run->id,
                               asked, diary, run->drafts, run->repairs, run->fresh);
}
