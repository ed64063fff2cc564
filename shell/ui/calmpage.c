#include <string.h>

#include "shell/ui/evidence.h"
#include "shell/ui/sheets.h"
#include "shell/ui/style.h"

#define CHARACTERS 70

GtkWidget *
calm_page_new(void)
{
        GtkWidget *page = gtk_event_box_new();
        GtkWidget *box = ui_box(GTK_ORIENTATION_VERTICAL, 10, "page");

        gtk_container_add(GTK_CONTAINER(page), box);
        g_object_set_data(G_OBJECT(page), "box", box);
        gtk_widget_show_all(page);
        return page;
}

static GtkWidget *
requirement_row(const Requirement *requirement, guint number)
{
        GtkWidget *row = ui_box(GTK_ORIENTATION_HORIZONTAL, 12, NULL);
        g_autofree char *digits = g_strdup_printf("%u", number);
        gboolean known = *requirement->verdict != '\0';
        GtkWidget *mark = ui_label(known ? verdict_mark(requirement->verdict) : digits,
                                   known ? verdict_class(requirement->verdict) : "mono number");
        GtkWidget *text = ui_label(requirement->text, NULL);

        gtk_widget_set_size_request(mark, UI_TILE_SIZE, -1);
        gtk_widget_set_valign(mark, GTK_ALIGN_START);
        ui_label_wrap(text, CHARACTERS);
        gtk_container_add(GTK_CONTAINER(row), mark);
        gtk_container_add(GTK_CONTAINER(row), text);
        return row;
}

static void
add_text(GtkWidget *box, const char *text, const char *classes)
{
        GtkWidget *label = ui_label(text, classes);

        ui_label_wrap(label, CHARACTERS);
        gtk_container_add(GTK_CONTAINER(box), label);
}

/* What the page would say: while it stays the same, the page is left alone. */
static char *
tell(const App *app, const char *doing, const char *message)
{
        GString *told = g_string_new(NULL);

        g_string_append_printf(told, "%s\n%s\n%s\n%s\n", app->title, app->sentence, doing, message);
        for (guint i = 0; i < app->requirements->len; i++) {
                const Requirement *requirement = app->requirements->pdata[i];

                g_string_append_printf(told, "%s %s\n", requirement->verdict, requirement->text);
        }
        return g_string_free(told, FALSE);
}

void
calm_page_update(GtkWidget *page, const App *app, const Run *run, const char *message)
{
        GtkWidget *box = g_object_get_data(G_OBJECT(page), "box");
        gboolean works = run && !run_is_done(run);
        const char *doing = !works ? "" : *run->detail ? run->detail : evidence_state_word(run->state);
        g_autofree char *told = tell(app, doing, message ? message : "");

        if (g_strcmp0(told, g_object_get_data(G_OBJECT(page), "told")) == 0)
                return;
        g_object_set_data_full(G_OBJECT(page), "told", g_steal_pointer(&told), g_free);
        ui_clear(box);
        add_text(box, app->title, "heading");
        if (*app->sentence) {
                g_autofree char *quote = ui_quote(app->sentence, 300);

                add_text(box, quote, "soft");
        }
        gtk_container_add(GTK_CONTAINER(box), gtk_separator_new(GTK_ORIENTATION_HORIZONTAL));
        for (guint i = 0; i < app->requirements->len; i++)
                gtk_container_add(GTK_CONTAINER(box), requirement_row(app->requirements->pdata[i], i + 1));
        if (*doing)
                add_text(box, doing, "mono soft");
        if (message && *message)
                add_text(box, message, "soft");
        gtk_widget_show_all(box);
}
