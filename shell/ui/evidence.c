#include "shell/ui/evidence.h"

#include <string.h>

#include "shell/ui/style.h"

const char *
evidence_state_word(const char *state)
{
        static const struct {
                const char *state, *word;
        } words[] = {
                {"PREPARE", "making its tools"}, {"WRITE", "writing"}, {"CHECK", "checking"}, {"REPAIR", "repairing"}, {"DELIVER", "checking"},
        };

        for (guint i = 0; i < G_N_ELEMENTS(words); i++)
                if (strcmp(words[i].state, state) == 0)
                        return words[i].word;
        return "planning";
}

static float
fraction(const Run *run)
{
        if (strcmp(run->state, "CHECK") == 0 || strcmp(run->state, "DELIVER") == 0)
                return 1;
        if (run->expected <= 0)
                return 0;
        return (float)CLAMP(run->tokens / run->expected, 0, 1);
}

static void
copy(char *to, gsize size, const char *text)
{
        /* Cut between characters, never inside one. */
        const char *end = NULL;

        g_strlcpy(to, text, size);
        if (!g_utf8_validate(to, -1, &end))
                to[end - to] = '\0';
}

/* "does 5 of 5 · 1 shown": what was proven, and beside it what is there but would be there with the page's scripts off as well. */
char *
evidence_counts(const App *app)
{
        g_autoptr(GString) words = g_string_new(NULL);

        if (app->total > 0)
                g_string_append_printf(words, "does %u of %u", app->passed, app->total);
        if (app->shown > 0)
                g_string_append_printf(words, "%s%u shown", words->len > 0 ? " · " : "", app->shown);
        return g_string_free(g_steal_pointer(&words), FALSE);
}

/* Nothing was accepted: what a draft did or did not do is gone with it. */
static void
unmade(GString *words, WmEvidence *evidence, const char *last_outcome)
{
        gboolean failed = strcmp(last_outcome, "failed") == 0;

        evidence->tone = failed ? WM_TONE_BAD : WM_TONE_QUIET;
        g_string_append(words, failed ? "failed" : "stopped");
        copy(evidence->button_label, sizeof evidence->button_label, "Ask again");
}

/* What a finished app does, by its checks and by what was seen since. */
static void
finished(GString *words, WmEvidence *evidence, const App *app)
{
        guint broken = app_broken(app);
        g_autofree char *counts = evidence_counts(app);

        evidence->tone = broken > 0 ? WM_TONE_BAD : app->passed > 0 ? WM_TONE_OK : WM_TONE_QUIET;
        g_string_append(words, *counts ? counts : "nothing checked");
        if (app->generated)
                g_string_append(words, " · generated");
        if (broken > 0) {
                g_string_append_printf(words, " · %u broken", broken);
                g_snprintf(evidence->button_label, sizeof evidence->button_label, "Fix %u found", broken);
        } else {
                copy(evidence->button_label, sizeof evidence->button_label, "Fix this");
        }
        if (app->prepared)
                copy(evidence->button_label, sizeof evidence->button_label, "Fix ready");
}

/* A run says what it does; once a check has found something, that as well: "4 of 5 · repairing". */
static void
working(GString *words, const App *app, const Run *run)
{
        if (strcmp(run->state, "REPAIR") == 0 && app->total > 0)
                g_string_append_printf(words, "%u of %u · ", app->passed, app->total);
        g_string_append(words, strcmp(run->variants_state, "choose") == 0 ? "choose one" : evidence_state_word(run->state));
}

/* How what is played was made, and at what pace. */
static void
recorded(GString *words, const char *made, double pace)
{
        g_autofree char *number = ui_number(pace);

        if (*made)
                g_string_append_printf(words, " · %s", made);
        if (pace > 0)
                g_string_append_printf(words, " · %s tok/s", number);
}

char *
evidence_recording_text(const Lane *lane, const char *made)
{
        g_autoptr(GString) text = g_string_new("recording");

        if (!*made && (!lane || !*lane->recording))
                return g_strdup("");
        recorded(text, made, lane && *lane->recording ? lane->pace : 0);
        return g_string_free(g_steal_pointer(&text), FALSE);
}

void
evidence_fill(WmEvidence *evidence, const App *app, const Run *run, const char *last_outcome, const Lane *lane, PageLife life)
{
        g_autoptr(GString) words = g_string_new(NULL);
        gboolean works = run && !run_is_done(run);

        memset(evidence, 0, sizeof *evidence);
        copy(evidence->title, sizeof evidence->title, app->title);
        copy(evidence->glyph, sizeof evidence->glyph, app->glyph);
        evidence->colour = wm_glyph_colour(app->title);
        evidence->progress = -1;
        if (lane && *lane->recording)
                g_string_append(words, "recording · ");
        if (life != LIFE_WELL)
                g_string_append(words, life == LIFE_STUCK ? "not responding · " : "stopped working · ");
        if (works) {
                working(words, app, run);
                evidence->progress = fraction(run);
                evidence->button = WM_BUTTON_STOP;
                copy(evidence->button_label, sizeof evidence->button_label, "Stop");
        } else {
                evidence->button = WM_BUTTON_FIX;
                if (app->version > 0)
                        finished(words, evidence, app);
                else
                        unmade(words, evidence, last_outcome);
        }
        if (life != LIFE_WELL)
                evidence->tone = WM_TONE_BAD;
        copy(evidence->evidence, sizeof evidence->evidence, words->str);
}

char *
evidence_lane_text(const Lane *lane, double rate)
{
        g_autoptr(GString) text = g_string_new(NULL);

        if (!lane || (!*lane->model && !*lane->recording))
                return g_strdup("no model");
        if (*lane->problem)
                return g_strdup_printf("%s: does not answer", *lane->model ? lane->model : lane->lane);
        if (*lane->recording)
                g_string_append(text, "recording");
        else
                g_string_append_printf(text, "%s: %s", lane->lane, lane->model);
        if (*lane->recording && lane->pace > 0)
                rate = lane->pace;
        if (rate > 0) {
                g_autofree char *number = ui_number(rate);

                g_string_append_printf(text, " · %s tok/s", number);
        }
        return g_string_free(g_steal_pointer(&text), FALSE);
}
