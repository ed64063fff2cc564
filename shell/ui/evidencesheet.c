#include <string.h>

#include "shell/ui/evidence.h"
#include "shell/ui/permits.h"
#include "shell/ui/sheets.h"
#include "shell/ui/style.h"

#define HEIGHT_MAX 480
#define HEIGHT_MIN 60
#define AROUND 84 /* px of the sheet that are not scrolled: its head, and the space around */
#define CHARACTERS 76
#define SHOWN_MS 5 /* a part of a stage that took less is not worth a word */

struct EvidenceSheet {
        EvidenceHandler handler;
        gpointer user_data;
        GtkWidget *revealer, *scrolled, *box, *quote, *away;
        char *told; /* what the box says now, to leave it alone while that is so */
};

const char *
verdict_mark(const char *verdict)
{
        if (strcmp(verdict, "passed") == 0)
                return "✓";
        if (strcmp(verdict, "failed") == 0)
                return "×";
        return strcmp(verdict, "eye") == 0 ? "?" : "·";
}

const char *
verdict_class(const char *verdict)
{
        if (strcmp(verdict, "passed") == 0)
                return "good";
        return strcmp(verdict, "failed") == 0 ? "bad" : "soft";
}

static const char *
verdict_note(const char *verdict)
{
        if (strcmp(verdict, "shown") == 0)
                return "only shown";
        if (strcmp(verdict, "unproven") == 0)
                return "not proven";
        return strcmp(verdict, "eye") == 0 ? "for your eye" : *verdict ? "" : "not checked yet";
}

static void
away_cb(GtkButton *button, gpointer user_data)
{
        EvidenceSheet *sheet = user_data;

        sheet->handler.closed(sheet->user_data);
}

static gboolean
key_cb(GtkWidget *widget, GdkEventKey *event, gpointer user_data)
{
        EvidenceSheet *sheet = user_data;

        if (event->keyval != GDK_KEY_Escape)
                return FALSE;
        sheet->handler.closed(sheet->user_data);
        return TRUE;
}

static GtkWidget *
marked_row(const char *verdict, const char *text, const char *below, const char *right)
{
        GtkWidget *row = ui_box(GTK_ORIENTATION_HORIZONTAL, 8, NULL);
        GtkWidget *words = ui_box(GTK_ORIENTATION_VERTICAL, 1, NULL);
        GtkWidget *mark = ui_label(verdict_mark(verdict), verdict_class(verdict));
        GtkWidget *label = ui_label(text, NULL);

        gtk_widget_set_size_request(mark, UI_TILE_SIZE, -1);
        gtk_widget_set_valign(mark, GTK_ALIGN_START);
        ui_label_wrap(label, CHARACTERS);
        gtk_container_add(GTK_CONTAINER(words), label);
        if (below && *below) {
                GtkWidget *seen = ui_label(below, "mono soft");

                ui_label_wrap(seen, CHARACTERS);
                gtk_container_add(GTK_CONTAINER(words), seen);
        }
        gtk_container_add(GTK_CONTAINER(row), mark);
        gtk_box_pack_start(GTK_BOX(row), words, TRUE, TRUE, 0);
        if (right && *right) {
                GtkWidget *note = ui_label(right, "mono soft");

                gtk_widget_set_valign(note, GTK_ALIGN_START);
                gtk_box_pack_end(GTK_BOX(row), note, FALSE, FALSE, 0);
        }
        return row;
}

static void
add_requirements(EvidenceSheet *sheet, const App *app)
{
        for (guint i = 0; i < app->requirements->len; i++) {
                const Requirement *requirement = app->requirements->pdata[i];

                gtk_container_add(GTK_CONTAINER(sheet->box), marked_row(requirement->verdict, requirement->text, requirement->seen,
                                                                        verdict_note(requirement->verdict)));
        }
        if (app->requirements->len == 0)
                gtk_container_add(GTK_CONTAINER(sheet->box), ui_label("No requirements are known for this window.", "soft"));
}

static void
add_findings(EvidenceSheet *sheet, const GPtrArray *findings, const char *where)
{
        for (guint i = 0; i < findings->len; i++) {
                const Finding *finding = findings->pdata[i];
                g_autofree char *line = finding->line > 0 ? g_strdup_printf("line %d · %s", finding->line, where) : g_strdup(where);
                g_autofree char *count = finding->count > 1 ? g_strdup_printf("%d times", finding->count) : NULL;

                gtk_container_add(GTK_CONTAINER(sheet->box), marked_row("failed", finding->text, line, count));
        }
}

/* "1,912 tokens at 2,870/s", "1 token": the rate of a few says nothing. */
static char *
tokens_text(double tokens, double rate)
{
        g_autofree char *number = ui_number(tokens);
        g_autofree char *speed = ui_number(rate);
        const char *noun = tokens == 1 ? "token" : "tokens";

        if (tokens < MODEL_RATE_TOKENS_MIN || rate <= 0)
                return g_strdup_printf("%s %s", number, noun);
        return g_strdup_printf("%s %s at %s/s", number, noun, speed);
}

static void
add_usage(EvidenceSheet *sheet, const Run *run)
{
        GtkWidget *grid = gtk_grid_new();

        gtk_grid_set_column_spacing(GTK_GRID(grid), 18);
        gtk_grid_set_row_spacing(GTK_GRID(grid), 2);
        for (guint i = 0; i < run->usage->len; i++) {
                const Usage *usage = run->usage->pdata[i];
                g_autofree char *state = g_ascii_strdown(usage->state, -1);
                g_autofree char *speed = tokens_text(usage->tokens, usage->rate);
                g_autofree char *time = g_strdup_printf("%.2f s", usage->ms / 1000);

                gtk_grid_attach(GTK_GRID(grid), ui_label(state, "mono"), 0, (int)i, 1, 1);
                gtk_grid_attach(GTK_GRID(grid), ui_label(speed, "mono soft"), 1, (int)i, 1, 1);
                gtk_grid_attach(GTK_GRID(grid), ui_label(time, "mono soft"), 2, (int)i, 1, 1);
                gtk_grid_attach(GTK_GRID(grid), ui_label(usage->model, "mono soft"), 3, (int)i, 1, 1);
        }
        gtk_container_add(GTK_CONTAINER(sheet->box), gtk_separator_new(GTK_ORIENTATION_HORIZONTAL));
        gtk_container_add(GTK_CONTAINER(sheet->box), grid);
}

static void
add_part(GString *parts, const char *name, double ms)
{
        if (ms >= SHOWN_MS)
                g_string_append_printf(parts, "%s%s %.2f s", parts->len > 0 ? " · " : "", name, ms / 1000);
}

/* What its time went into, what is left being our own. */
static char *
parts_text(const Stage *stage)
{
        GString *parts = g_string_new(NULL);

        add_part(parts, "model", stage->model_ms);
        add_part(parts, "tools", stage->tool_ms);
        add_part(parts, "check", stage->check_ms);
        add_part(parts, "you", stage->person_ms);
        return g_string_free(parts, FALSE);
}

static void
attach(GtkWidget *grid, const char *text, const char *classes, int column, int row)
{
        gtk_grid_attach(GTK_GRID(grid), ui_label(text, classes), column, row, 1, 1);
}

static const char *
model_of(const Run *run, const Stage *stage)
{
        for (guint i = 0; stage->tokens > 0 && i < run->usage->len; i++)
                if (strcmp(((Usage *)run->usage->pdata[i])->state, stage->state) == 0)
                        return ((Usage *)run->usage->pdata[i])->model;
        return "";
}

/* Every stage of a run that is over: how long it took, and what that time went into. */
static void
add_stages(EvidenceSheet *sheet, const Run *run)
{
        GtkWidget *grid = gtk_grid_new();

        gtk_grid_set_column_spacing(GTK_GRID(grid), 18);
        gtk_grid_set_row_spacing(GTK_GRID(grid), 2);
        for (guint i = 0; i < run->stages->len; i++) {
                const Stage *stage = run->stages->pdata[i];
                g_autofree char *lower = g_ascii_strdown(stage->state, -1);
                g_autofree char *name = stage->attempt > 1 ? g_strdup_printf("%s %u", lower, stage->attempt) : g_strdup(lower);
                g_autofree char *time = g_strdup_printf("%.2f s", stage->ms / 1000);
                g_autofree char *parts = parts_text(stage);
                g_autofree char *tokens = stage->tokens > 0 ? tokens_text(stage->tokens, stage->rate) : g_strdup("");

                attach(grid, name, "mono", 0, (int)i);
                attach(grid, time, "mono soft", 1, (int)i);
                attach(grid, parts, "mono soft", 2, (int)i);
                attach(grid, tokens, "mono soft", 3, (int)i);
                attach(grid, model_of(run, stage), "mono soft", 4, (int)i);
        }
        gtk_container_add(GTK_CONTAINER(sheet->box), gtk_separator_new(GTK_ORIENTATION_HORIZONTAL));
        gtk_container_add(GTK_CONTAINER(sheet->box), grid);
}

static void
add_history(EvidenceSheet *sheet, const App *app)
{
        gint64 now = g_get_real_time() / G_USEC_PER_SEC;

        gtk_container_add(GTK_CONTAINER(sheet->box), gtk_separator_new(GTK_ORIENTATION_HORIZONTAL));
        for (guint i = 0; i < app->history->len; i++) {
                const Change *change = app->history->pdata[i];
                g_autofree char *quote = ui_quote(change->text, CHARACTERS);
                g_autofree char *when = ui_when(change->time, now);
                g_autofree char *line = g_strdup_printf("v%u", app->version > i ? app->version - i : 1);
                GtkWidget *row = ui_box(GTK_ORIENTATION_HORIZONTAL, 8, NULL);

                gtk_container_add(GTK_CONTAINER(row), ui_label(line, "mono soft"));
                gtk_container_add(GTK_CONTAINER(row), ui_label(quote, NULL));
                gtk_box_pack_end(GTK_BOX(row), ui_label(when, "mono soft"), FALSE, FALSE, 0);
                gtk_container_add(GTK_CONTAINER(sheet->box), row);
        }
}

static GtkWidget *
head_new(EvidenceSheet *sheet)
{
        GtkWidget *head = ui_box(GTK_ORIENTATION_HORIZONTAL, 10, NULL);

        sheet->quote = ui_label("", "soft");
        sheet->away = ui_button("×", "plain", G_CALLBACK(away_cb), sheet);
        atk_object_set_name(gtk_widget_get_accessible(sheet->away), "Close");
        gtk_container_add(GTK_CONTAINER(head), ui_label("What was checked", "strong"));
        gtk_container_add(GTK_CONTAINER(head), sheet->quote);
        gtk_box_pack_end(GTK_BOX(head), sheet->away, FALSE, FALSE, 0);
        return head;
}

static void
tell_findings(GString *told, const GPtrArray *findings)
{
        for (guint i = 0; i < findings->len; i++) {
                const Finding *finding = findings->pdata[i];

                g_string_append_printf(told, "%s\n%d\n%d\n", finding->text, finding->line, finding->count);
        }
}

static char *
tell(const App *app, const Run *run, const char *lane)
{
        GString *told = g_string_new(lane);

        for (guint i = 0; i < app->requirements->len; i++) {
                const Requirement *requirement = app->requirements->pdata[i];

                g_string_append_printf(told, "%s\n%s\n%s\n", requirement->text, requirement->verdict, requirement->seen);
        }
        tell_findings(told, app->findings);
        g_string_append(told, "--");
        tell_findings(told, app->seen);
        if (run)
                g_string_append_printf(told, "%s %u %u %s", run->id, run->usage->len, run->stages->len, run->message);
        permits_tell(told, app);
        g_string_append(told, app->generated ? "generated" : "");
        for (guint i = 0; i < app->history->len; i++)
                g_string_append_printf(told, "\n%s", ((Change *)app->history->pdata[i])->text);
        return g_string_free(told, FALSE);
}

void
evidence_sheet_update(EvidenceSheet *sheet, const App *app, const Run *run, const Lane *lane)
{
        g_autofree char *quote = ui_quote(app->sentence, 90);
        g_autofree char *answers = evidence_recording_text(lane, app->recording);
        char *told = tell(app, run, answers);

        ui_label_set(sheet->quote, *app->sentence ? quote : "");
        if (g_strcmp0(told, sheet->told) == 0) {
                g_free(told);
                return;
        }
        g_free(sheet->told);
        sheet->told = told;
        ui_clear(sheet->box);
        add_requirements(sheet, app);
        add_findings(sheet, app->findings, "seen in the check");
        add_findings(sheet, app->seen, "seen in this window");
        permits_add(sheet->box, app, g_get_real_time() / G_USEC_PER_SEC, sheet->handler.revoke, sheet->user_data);
        if (run && run->stages->len > 0)
                add_stages(sheet, run);
        else if (run && run->usage->len > 0)
                add_usage(sheet, run);
        if (app->generated)
                gtk_container_add(GTK_CONTAINER(sheet->box), ui_label("This page has asked a model. What it shows of the answers is generated; nobody has "
                                                                      "checked it.", "soft"));
        if (run && *run->message)
                gtk_container_add(GTK_CONTAINER(sheet->box), ui_label(run->message, "soft"));
        if (*answers)
                gtk_container_add(GTK_CONTAINER(sheet->box), ui_label(answers, "mono soft"));
        if (app->history->len > 0)
                add_history(sheet, app);
        gtk_widget_show_all(sheet->box);
}

EvidenceSheet *
evidence_sheet_new(const EvidenceHandler *handler, gpointer user_data)
{
        EvidenceSheet *sheet = g_new0(EvidenceSheet, 1);
        GtkWidget *scrolled = gtk_scrolled_window_new(NULL, NULL);
        GtkWidget *pad = ui_box(GTK_ORIENTATION_VERTICAL, 9, "over");

        sheet->handler = *handler;
        sheet->user_data = user_data;
        sheet->revealer = g_object_ref_sink(gtk_revealer_new());
        sheet->box = ui_box(GTK_ORIENTATION_VERTICAL, 9, NULL);
        gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(scrolled), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
        gtk_scrolled_window_set_propagate_natural_height(GTK_SCROLLED_WINDOW(scrolled), TRUE);
        gtk_scrolled_window_set_max_content_height(GTK_SCROLLED_WINDOW(scrolled), HEIGHT_MAX);
        sheet->scrolled = scrolled;
        gtk_container_add(GTK_CONTAINER(scrolled), sheet->box);
        gtk_container_add(GTK_CONTAINER(pad), head_new(sheet));
        gtk_container_add(GTK_CONTAINER(pad), scrolled);
        gtk_container_add(GTK_CONTAINER(sheet->revealer), pad);
        gtk_revealer_set_transition_duration(GTK_REVEALER(sheet->revealer), SHEET_SLIDE_MS);
        gtk_widget_set_valign(sheet->revealer, GTK_ALIGN_START);
        g_signal_connect(sheet->revealer, "key-press-event", G_CALLBACK(key_cb), sheet);
        gtk_widget_show_all(sheet->revealer);
        return sheet;
}

void
evidence_sheet_fit(EvidenceSheet *sheet, int room)
{
        gtk_scrolled_window_set_max_content_height(GTK_SCROLLED_WINDOW(sheet->scrolled), CLAMP(room - AROUND, HEIGHT_MIN, HEIGHT_MAX));
}

void
evidence_sheet_free(EvidenceSheet *sheet)
{
        if (!sheet)
                return;
        g_signal_handlers_disconnect_by_data(sheet->revealer, sheet);
        g_object_unref(sheet->revealer);
        g_free(sheet->told);
        g_free(sheet);
}

GtkWidget *
evidence_sheet_widget(EvidenceSheet *sheet)
{
        return sheet->revealer;
}

void
evidence_sheet_open(EvidenceSheet *sheet)
{
        gtk_revealer_set_reveal_child(GTK_REVEALER(sheet->revealer), TRUE);
        gtk_widget_grab_focus(sheet->away);
}

void
evidence_sheet_close(EvidenceSheet *sheet)
{
        gtk_revealer_set_reveal_child(GTK_REVEALER(sheet->revealer), FALSE);
}

gboolean
evidence_sheet_is_open(EvidenceSheet *sheet)
{
        return gtk_revealer_get_reveal_child(GTK_REVEALER(sheet->revealer));
}
