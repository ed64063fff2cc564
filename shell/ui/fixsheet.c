#include <string.h>

#include "protocols/api.h"
#include "protocols/pointed.h"
#include "shell/ui/sheets.h"
#include "shell/ui/style.h"

#define READY_CHARACTERS 90

struct FixSheet {
        FixHandler handler;
        gpointer user_data;
        GtkWidget *revealer, *entry, *rows, *found, *deeper, *undo, *version;
        GtkWidget *point, *pointing, *pointed_text;
        GtkWidget *ready, *ready_text, *ready_detail;
        char *prepared;       /* the run of a fix that waits; NULL */
        json_object *pointed; /* what the person points at; NULL */
        gboolean broken;      /* something was found */
        gboolean opened; /* just now: a sentence to ask again may be put into the entry */
};

static void
show_pointed(FixSheet *sheet)
{
        g_autofree char *label = sheet->pointed ? pointed_label(sheet->pointed) : NULL;

        gtk_widget_set_visible(sheet->pointing, label != NULL);
        ui_label_set(sheet->pointed_text, label ? label : "");
        ui_label_set(gtk_bin_get_child(GTK_BIN(sheet->found)), label ? "Fix this part" : "Fix what was found");
        gtk_widget_set_visible(sheet->found, label || sheet->broken);
}

static void
set_pointed(FixSheet *sheet, json_object *pointed)
{
        json_object_put(sheet->pointed);
        sheet->pointed = json_object_get(pointed);
        show_pointed(sheet);
}

static void
unpoint_cb(GtkButton *button, gpointer user_data)
{
        FixSheet *sheet = user_data;

        set_pointed(sheet, NULL);
        gtk_widget_grab_focus(sheet->entry);
}

static void
point_cb(GtkButton *button, gpointer user_data)
{
        FixSheet *sheet = user_data;

        sheet->handler.point(sheet->user_data);
}

static void
fix_found_cb(GtkButton *button, gpointer user_data)
{
        FixSheet *sheet = user_data;

        sheet->handler.fix(NULL, sheet->pointed, FALSE, sheet->user_data);
}

static void
deeper_cb(GtkButton *button, gpointer user_data)
{
        FixSheet *sheet = user_data;
        g_autofree char *text = g_strstrip(g_strdup(gtk_entry_get_text(GTK_ENTRY(sheet->entry))));

        sheet->handler.fix(*text ? text : NULL, sheet->pointed, TRUE, sheet->user_data);
}

static void
use_cb(GtkButton *button, gpointer user_data)
{
        FixSheet *sheet = user_data;

        if (sheet->prepared)
                sheet->handler.prepared(sheet->prepared, TRUE, sheet->user_data);
}

static void
throw_cb(GtkButton *button, gpointer user_data)
{
        FixSheet *sheet = user_data;

        if (sheet->prepared)
                sheet->handler.prepared(sheet->prepared, FALSE, sheet->user_data);
}

static void
undo_cb(GtkButton *button, gpointer user_data)
{
        FixSheet *sheet = user_data;

        sheet->handler.undo(sheet->user_data);
}

static void
activate_cb(GtkEntry *entry, gpointer user_data)
{
        FixSheet *sheet = user_data;
        g_autofree char *text = g_strstrip(g_strdup(gtk_entry_get_text(entry)));

        if (*text)
                sheet->handler.fix(text, sheet->pointed, FALSE, sheet->user_data);
        else if (gtk_widget_get_visible(sheet->found))
                sheet->handler.fix(NULL, sheet->pointed, FALSE, sheet->user_data);
}

static gboolean
key_cb(GtkWidget *widget, GdkEventKey *event, gpointer user_data)
{
        FixSheet *sheet = user_data;

        if (event->keyval == GDK_KEY_p && event->state & GDK_CONTROL_MASK && gtk_widget_is_sensitive(sheet->point) &&
            gtk_widget_get_visible(sheet->point)) {
                sheet->handler.point(sheet->user_data);
                return TRUE;
        }
        if (event->keyval != GDK_KEY_Escape)
                return FALSE;
        sheet->handler.closed(sheet->user_data);
        return TRUE;
}

static GtkWidget *
entry_line(FixSheet *sheet)
{
        GtkWidget *line = ui_box(GTK_ORIENTATION_HORIZONTAL, 8, "entry-line");
        GtkWidget *key = ui_label("Enter", "key");
        GtkWidget *prompt = ui_entry("What is wrong, or what should change?", API_SENTENCE_MAX, &sheet->entry);

        g_signal_connect(sheet->entry, "activate", G_CALLBACK(activate_cb), sheet);
        gtk_widget_set_valign(key, GTK_ALIGN_CENTER);
        gtk_box_pack_start(GTK_BOX(line), prompt, TRUE, TRUE, 0);
        gtk_container_add(GTK_CONTAINER(line), key);
        return line;
}

/* What is pointed at, with the button that takes it away. */
static GtkWidget *
pointed_line(FixSheet *sheet)
{
        GtkWidget *line = ui_box(GTK_ORIENTATION_HORIZONTAL, 8, NULL);
        GtkWidget *away = ui_button("×", "plain", G_CALLBACK(unpoint_cb), sheet);

        sheet->pointing = line;
        sheet->pointed_text = ui_label("", "strong");
        gtk_widget_set_tooltip_text(away, "Point at nothing");
        atk_object_set_name(gtk_widget_get_accessible(away), "Point at nothing");
        gtk_container_add(GTK_CONTAINER(line), ui_label("You point at", "soft"));
        gtk_container_add(GTK_CONTAINER(line), sheet->pointed_text);
        gtk_container_add(GTK_CONTAINER(line), away);
        gtk_widget_show_all(line);
        gtk_widget_set_no_show_all(line, TRUE);
        gtk_widget_hide(line);
        return line;
}

/* A fix that was made beforehand: what it mends, what it changes and what was checked. */
static GtkWidget *
ready_part(FixSheet *sheet)
{
        GtkWidget *part = ui_box(GTK_ORIENTATION_VERTICAL, 6, "prepared");
        GtkWidget *line = ui_box(GTK_ORIENTATION_HORIZONTAL, 8, NULL);

        sheet->ready = part;
        sheet->ready_text = ui_label("", "strong");
        sheet->ready_detail = ui_label("", "soft");
        ui_label_wrap(sheet->ready_text, READY_CHARACTERS);
        ui_label_wrap(sheet->ready_detail, READY_CHARACTERS);
        gtk_container_add(GTK_CONTAINER(part), sheet->ready_text);
        gtk_container_add(GTK_CONTAINER(part), sheet->ready_detail);
        gtk_container_add(GTK_CONTAINER(line), ui_button("Use this fix", "first", G_CALLBACK(use_cb), sheet));
        gtk_container_add(GTK_CONTAINER(line), ui_button("Throw it away", NULL, G_CALLBACK(throw_cb), sheet));
        gtk_container_add(GTK_CONTAINER(part), line);
        gtk_widget_show_all(part);
        gtk_widget_set_no_show_all(part, TRUE);
        gtk_widget_hide(part);
        return part;
}

static void
show_ready(FixSheet *sheet, const App *app, gboolean works)
{
        const Prepared *prepared = works ? NULL : app->prepared;
        g_autofree char *quote = prepared ? ui_quote(prepared->text, 90) : NULL;
        g_autoptr(GString) detail = g_string_new(NULL);

        g_free(sheet->prepared);
        sheet->prepared = prepared ? g_strdup(prepared->run) : NULL;
        gtk_widget_set_visible(sheet->ready, prepared != NULL);
        if (!prepared)
                return;
        g_autofree char *text = g_strdup_printf("A fix is ready for %s", quote);
        ui_label_set(sheet->ready_text, text);
        g_string_append_printf(detail, "It changes %u %s of the page. ", prepared->lines, prepared->lines == 1 ? "line" : "lines");
        if (prepared->total > 0)
                g_string_append_printf(detail, "With it the app does %u of %u as before; ", prepared->passed, prepared->total);
        else
                g_string_append(detail, "It was opened and tried; ");
        g_string_append(detail, "whether the fault is gone, use shows. It can be undone.");
        ui_label_set(sheet->ready_detail, detail->str);
}

FixSheet *
fix_sheet_new(const FixHandler *handler, gpointer user_data)
{
        FixSheet *sheet = g_new0(FixSheet, 1);
        GtkWidget *box = ui_box(GTK_ORIENTATION_VERTICAL, 12, "over");
        GtkWidget *pad = gtk_event_box_new();
        GtkWidget *last = ui_box(GTK_ORIENTATION_HORIZONTAL, 8, NULL);

        sheet->handler = *handler;
        sheet->user_data = user_data;
        sheet->revealer = g_object_ref_sink(gtk_revealer_new());
        sheet->rows = ui_box(GTK_ORIENTATION_VERTICAL, 8, NULL);
        sheet->found = ui_button("Fix what was found", "first", G_CALLBACK(fix_found_cb), sheet);
        sheet->deeper = ui_button("", NULL, G_CALLBACK(deeper_cb), sheet);
        sheet->point = ui_button("Point at it…", NULL, G_CALLBACK(point_cb), sheet);
        gtk_widget_set_tooltip_text(sheet->point, "Ctrl+P");
        sheet->undo = ui_button("Undo last change", NULL, G_CALLBACK(undo_cb), sheet);
        sheet->version = ui_label("", "mono soft");
        gtk_container_add(GTK_CONTAINER(last), sheet->found);
        gtk_container_add(GTK_CONTAINER(last), sheet->point);
        gtk_container_add(GTK_CONTAINER(last), sheet->undo);
        gtk_box_pack_end(GTK_BOX(last), sheet->version, FALSE, FALSE, 0);
        gtk_container_add(GTK_CONTAINER(box), entry_line(sheet));
        gtk_container_add(GTK_CONTAINER(box), pointed_line(sheet));
        gtk_container_add(GTK_CONTAINER(box), ready_part(sheet));
        gtk_container_add(GTK_CONTAINER(box), sheet->rows);
        gtk_container_add(GTK_CONTAINER(box), last);
        gtk_widget_set_halign(sheet->deeper, GTK_ALIGN_START);
        gtk_container_add(GTK_CONTAINER(box), sheet->deeper);
        gtk_container_add(GTK_CONTAINER(pad), box);
        gtk_container_add(GTK_CONTAINER(sheet->revealer), pad);
        gtk_revealer_set_transition_duration(GTK_REVEALER(sheet->revealer), SHEET_SLIDE_MS);
        gtk_widget_set_valign(sheet->revealer, GTK_ALIGN_START);
        g_signal_connect(sheet->revealer, "key-press-event", G_CALLBACK(key_cb), sheet);
        gtk_widget_show_all(sheet->revealer);
        gtk_widget_set_no_show_all(sheet->found, TRUE);
        gtk_widget_set_no_show_all(sheet->deeper, TRUE);
        gtk_widget_set_no_show_all(sheet->point, TRUE);
        gtk_widget_set_no_show_all(sheet->undo, TRUE);
        return sheet;
}

void
fix_sheet_free(FixSheet *sheet)
{
        if (!sheet)
                return;
        g_signal_handlers_disconnect_by_data(sheet->revealer, sheet);
        g_object_unref(sheet->revealer);
        json_object_put(sheet->pointed);
        g_free(sheet->prepared);
        g_free(sheet);
}

static void
add_row(FixSheet *sheet, const char *verdict, const char *text, const char *beside, const char *right)
{
        GtkWidget *row = ui_box(GTK_ORIENTATION_HORIZONTAL, 8, NULL);
        GtkWidget *mark = ui_label(verdict_mark(verdict), verdict_class(verdict));

        gtk_widget_set_size_request(mark, UI_TILE_SIZE, -1);
        gtk_container_add(GTK_CONTAINER(row), mark);
        gtk_container_add(GTK_CONTAINER(row), ui_label(text, NULL));
        if (beside && *beside)
                gtk_container_add(GTK_CONTAINER(row), ui_label(beside, "mono soft"));
        if (right && *right)
                gtk_box_pack_end(GTK_BOX(row), ui_label(right, "mono soft"), FALSE, FALSE, 0);
        gtk_container_add(GTK_CONTAINER(sheet->rows), row);
}

static void
add_findings(FixSheet *sheet, const GPtrArray *findings, guint *room, guint *left_out)
{
        for (guint i = 0; i < findings->len; i++) {
                const Finding *finding = findings->pdata[i];
                g_autofree char *line = finding->line > 0 ? g_strdup_printf("line %d", finding->line) : NULL;
                g_autofree char *count = finding->count > 1 ? g_strdup_printf("%d times", finding->count) : g_strdup("once");

                if (*room > 0) {
                        add_row(sheet, "failed", finding->text, line, count);
                        (*room)--;
                } else {
                        (*left_out)++;
                }
        }
}

/* A few of those that passed: what one must not fear for. */
static void
show_passed(FixSheet *sheet, const App *app, guint room)
{
        guint left = 0, only_shown = 0;

        for (guint i = 0; i < app->requirements->len; i++) {
                const Requirement *requirement = app->requirements->pdata[i];

                only_shown += strcmp(requirement->verdict, "shown") == 0;
                if (strcmp(requirement->verdict, "passed") != 0)
                        continue;
                if (room > 0) {
                        add_row(sheet, "passed", requirement->text, NULL, "check");
                        room--;
                } else {
                        left++;
                }
        }
        if (left > 0) {
                g_autofree char *more = g_strdup_printf("and %u more that %s", left, left == 1 ? "works" : "work");

                add_row(sheet, "", more, NULL, NULL);
        }
        if (only_shown > 0) {
                const char *verb = only_shown == 1 ? "is" : "are";
                g_autofree char *shown = g_strdup_printf("%u %s only shown: no check proves more", only_shown, verb);

                add_row(sheet, "", shown, NULL, NULL);
        }
}

static void
show_rows(FixSheet *sheet, const App *app)
{
        guint room = FIX_ROWS_MAX, left_out = 0;

        ui_clear(sheet->rows);
        for (guint i = 0; i < app->requirements->len; i++) {
                const Requirement *requirement = app->requirements->pdata[i];

                if (strcmp(requirement->verdict, "failed") != 0)
                        continue;
                if (room > 0) {
                        add_row(sheet, "failed", requirement->text, requirement->seen, "check");
                        room--;
                } else {
                        left_out++;
                }
        }
        add_findings(sheet, app->seen, &room, &left_out);
        add_findings(sheet, app->findings, &room, &left_out);
        sheet->broken = room < FIX_ROWS_MAX;
        if (!sheet->broken && app->total == 0 && app->shown == 0)
                add_row(sheet, "", "Nothing is known to be broken.", NULL, NULL);
        show_passed(sheet, app, MIN(room, FIX_PASSED_MAX));
        if (left_out > 0) {
                g_autofree char *more = g_strdup_printf("and %u more", left_out);

                add_row(sheet, "", more, NULL, NULL);
        }
        show_pointed(sheet);
        gtk_widget_show_all(sheet->rows);
}

/* Nothing was made that could be fixed: the same words can be asked again, or others. */
static void
show_again(FixSheet *sheet, const App *app)
{
        ui_clear(sheet->rows);
        add_row(sheet, "", "Nothing was made yet. Ask again, or say it in other words.", NULL, NULL);
        gtk_widget_show_all(sheet->rows);
        set_pointed(sheet, NULL);
        gtk_widget_set_visible(sheet->found, *app->sentence != '\0');
        ui_label_set(gtk_bin_get_child(GTK_BIN(sheet->found)), "Ask again");
        if (!sheet->opened)
                return;
        gtk_entry_set_text(GTK_ENTRY(sheet->entry), app->sentence);
        gtk_editable_select_region(GTK_EDITABLE(sheet->entry), 0, -1);
}

/* What a deeper model would take stands on the button: nobody is asked for it before. */
static void
show_deeper(FixSheet *sheet, const App *app, gboolean works)
{
        g_autofree char *label = app->deeper ? g_strdup_printf("Ask %s", app->deeper) : NULL;

        if (label)
                ui_label_set(gtk_bin_get_child(GTK_BIN(sheet->deeper)), label);
        gtk_widget_set_visible(sheet->deeper, label && !works);
}

void
fix_sheet_update(FixSheet *sheet, const App *app, gboolean works, gint64 now)
{
        g_autofree char *said = ui_quote(*app->said ? app->said : app->sentence, 36);
        g_autofree char *when = ui_when(app->time, now);
        g_autofree char *version = app->version == 0 ? g_strdup("not finished yet")
                : g_strdup_printf("v%u · %s%s%s", app->version, said, *when ? " · " : "", when);

        if (app->version > 0 || works)
                show_rows(sheet, app);
        else
                show_again(sheet, app);
        sheet->opened = FALSE;
        show_ready(sheet, app, works);
        show_deeper(sheet, app, works);
        ui_label_set(sheet->version, version);
        gtk_widget_set_visible(sheet->point, app->version > 0);
        gtk_widget_set_sensitive(sheet->point, !works);
        gtk_widget_set_visible(sheet->undo, app->version > 1);
        gtk_widget_set_sensitive(sheet->undo, !works);
}

void
fix_sheet_open(FixSheet *sheet)
{
        gtk_entry_set_text(GTK_ENTRY(sheet->entry), "");
        set_pointed(sheet, NULL);
        sheet->opened = TRUE;
        gtk_revealer_set_reveal_child(GTK_REVEALER(sheet->revealer), TRUE);
        gtk_widget_grab_focus(sheet->entry);
}

void
fix_sheet_point(FixSheet *sheet, json_object *pointed)
{
        if (pointed)
                set_pointed(sheet, pointed);
        gtk_revealer_set_reveal_child(GTK_REVEALER(sheet->revealer), TRUE);
        gtk_widget_grab_focus(sheet->entry);
        gtk_editable_set_position(GTK_EDITABLE(sheet->entry), -1);
}

void
fix_sheet_close(FixSheet *sheet)
{
        gtk_revealer_set_reveal_child(GTK_REVEALER(sheet->revealer), FALSE);
}

gboolean
fix_sheet_is_open(FixSheet *sheet)
{
        return gtk_revealer_get_reveal_child(GTK_REVEALER(sheet->revealer));
}

GtkWidget *
fix_sheet_widget(FixSheet *sheet)
{
        return sheet->revealer;
}

GtkWidget *
fix_sheet_entry(FixSheet *sheet)
{
        return sheet->entry;
}
