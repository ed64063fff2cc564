/* plan.md and verify.md of an app: what was asked and done, and what is proved of it, for people to read. progress.md is diary.c's. What
 * others wrote stands on one line each. */
#include "agent/runs/run.h"

#include <string.h>

#include "agent/json.h"
#include "protocols/steps.h"
#include "protocols/text.h"

#define ASKED_MAX 50      /* sentences that made an app what it is, the newest of them */
#define ASKED_LINE_MAX 500
#define SAID_MAX 200      /* characters of what a page showed */
#define QUOTE "> "

/* The sentences that plan.md has of earlier runs; not this run's own from before a restart. */
static GPtrArray *asked_before(Run *run, const char *own)
{
        g_autoptr(GBytes) bytes = run->before ? library_app_file(run->agent->library, run->app, "plan.md", NULL) : NULL;
        g_autofree char *text = text_of_bytes(bytes, G_MAXSSIZE);
        g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
        GPtrArray *asked = g_ptr_array_new_with_free_func(g_free);

        for (char **line = lines; *line; line++)
                if (g_str_has_prefix(*line, QUOTE) && (*line)[strlen(QUOTE)]) /* what parts two sentences is none */
                        g_ptr_array_add(asked, g_strdup(*line + strlen(QUOTE)));
        if (asked->len > 0 && g_str_equal(g_ptr_array_index(asked, asked->len - 1), own))
                g_ptr_array_remove_index(asked, asked->len - 1);
        if (asked->len >= ASKED_MAX)
                g_ptr_array_remove_range(asked, 0, asked->len - ASKED_MAX + 1);
        return asked;
}

/* What the person asked for, in the order it was asked, and what was added while it was made. */
static void write_asked(Run *run, GString *out)
{
        g_autofree char *own = run->wordless ? g_strdup("(Fix this, without words)") : text_plain(run->sentence, ASKED_LINE_MAX);
        g_autofree char *wishes = run_wishes(run);
        g_autoptr(GPtrArray) asked = asked_before(run, own);

        for (guint i = 0; i < asked->len; i++)
                g_string_append_printf(out, QUOTE "%s\n" QUOTE "\n", (char *)g_ptr_array_index(asked, i));
        g_string_append_printf(out, QUOTE "%s\n", own);
        if (*wishes)
                g_string_append_printf(out, "\nAdded while it was made:\n%s", wishes);
}

char *run_plan_file(Run *run)
{
        g_autofree char *requirements = run_requirements_text(run, -1), *tools = run_tools_text(run);
        GString *out = g_string_new(NULL);

        g_string_append_printf(out, "# %s\n\n", run->title);
        write_asked(run, out);
        g_string_append_printf(out, "\nWhat it must do:\n\n%s", requirements);
        if (*tools)
                g_string_append_printf(out, "\nTools:\n\n%s", tools);
        return g_string_free(out, FALSE);
}

static const struct {
        const char *verdict, *means;
} meanings[] = {
        {"passed", "the check passes, and fails with the page's scripts off: proved"},
        {"shown", "it is there to see, also with the scripts off, which proves nothing"},
        {"unproven", "it has no check that can be run"},
        {"eye", "only a person can judge it"},
        {"failed", "the check failed"},
};

static void write_said(GString *out, json_object *object, const char *field)
{
        const char *text = json_text(object, field);
        g_autofree char *plain = text && *text ? text_plain(text, SAID_MAX) : NULL;

        if (plain)
                g_string_append_printf(out, "  %s: %s\n", field, plain);
}

/* One requirement with its verdict, its steps, and what became of them where that was told. */
static void write_verdict(GString *out, const Requirement *requirement, const Evidence *evidence, guint number)
{
        g_autoptr(GPtrArray) steps = steps_parse(requirement->steps, NULL);
        g_autoptr(json_object) told = json_object_new_object();

        g_string_append_printf(out, "- %s: %s\n", evidence_verdict(evidence, number), requirement->text);
        for (guint i = 0; steps && i < steps->len; i++) {
                g_autofree char *text = step_to_text(g_ptr_array_index(steps, i));

                g_string_append_printf(out, "%s%s%s", i ? "; " : "  check: ", text, i + 1 == steps->len ? "\n" : "");
        }
        evidence_add_verdict(evidence, number, told);
        write_said(out, told, "wanted");
        write_said(out, told, "saw");
}

char *run_verify_file(Run *run, const Version *version)
{
        const Evidence *evidence = version->evidence;
        g_autofree char *findings = findings_text(evidence->findings), *counts = evidence_counts(evidence);
        GString *out = g_string_new(NULL);

        g_string_append_printf(out, "# %s %s\n\nDraft %s was tried out in a view that nobody sees, with sample answers for its tools.\n\n",
                               run->title, counts, version->draft);
        for (guint i = 0; i < run->plan->requirements->len; i++) {
                const Requirement *requirement = g_ptr_array_index(run->plan->requirements, i);

                if (!requirement->struck)
                        write_verdict(out, requirement, evidence, i);
        }
        if (*findings)
                g_string_append_printf(out, "\nSeen:\n\n%s", findings);
        g_string_append(out, "\nWhat the words mean:\n\n");
        for (guint i = 0; i < G_N_ELEMENTS(meanings); i++)
                g_string_append_printf(out, "- %s: %s\n", meanings[i].verdict, meanings[i].means);
        return g_string_free(out, FALSE);
}
