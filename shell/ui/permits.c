#include "shell/ui/permits.h"

#include <string.h>

#include "shell/ui/style.h"

#define CHARACTERS 64
#define ID "permit"
#define REVOKE "revoke"

char *
permit_detail(const Permit *permit, gint64 now)
{
        gboolean open = strcmp(permit->answer, "open") == 0;
        const char *holds = permit->chosen ? "you chose it · while it is open" : open ? "while it is open" : "always";
        g_autofree char *when = permit->used > 0 ? ui_when(permit->used, now) : NULL;
        g_autofree char *number = ui_number((double)permit->uses);

        if (strcmp(permit->answer, "no") == 0)
                return g_strdup("you said no · it is not asked again while it is open");
        if (!when)
                return g_strdup_printf("%s · never used", holds);
        return g_strdup_printf("%s · used %s%s%s by %s", holds, permit->uses > 1 ? number : "", permit->uses > 1 ? " times, last " : "",
                               when, permit->tool);
}

static void
clicked_cb(GtkButton *button, gpointer user_data)
{
        PermitRevoke revoke = (PermitRevoke)g_object_get_data(G_OBJECT(button), REVOKE);
        g_autofree char *id = g_strdup(g_object_get_data(G_OBJECT(button), ID));

        gtk_widget_set_sensitive(GTK_WIDGET(button), FALSE);
        revoke(id, user_data);
}

static GtkWidget *
row_new(const Permit *permit, gint64 now, PermitRevoke revoke, gpointer user_data)
{
        gboolean refused = strcmp(permit->answer, "no") == 0;
        GtkWidget *row = ui_box(GTK_ORIENTATION_HORIZONTAL, 8, NULL);
        GtkWidget *words = ui_box(GTK_ORIENTATION_VERTICAL, 1, NULL);
        GtkWidget *button = ui_button(refused ? "Ask again" : "Revoke", NULL, G_CALLBACK(clicked_cb), user_data);
        g_autofree char *text = g_strdup_printf(refused ? "It may not %s" : "It may %s", permit->phrase);
        g_autofree char *detail = permit_detail(permit, now);
        GtkWidget *label = ui_label(text, NULL);
        GtkWidget *below = ui_label(detail, "mono soft");

        ui_label_wrap(label, CHARACTERS);
        ui_label_wrap(below, CHARACTERS);
        gtk_container_add(GTK_CONTAINER(words), label);
        gtk_container_add(GTK_CONTAINER(words), below);
        gtk_box_pack_start(GTK_BOX(row), words, TRUE, TRUE, 0);
        g_object_set_data_full(G_OBJECT(button), ID, g_strdup(permit->id), g_free);
        g_object_set_data(G_OBJECT(button), REVOKE, (gpointer)revoke);
        gtk_widget_set_valign(button, GTK_ALIGN_CENTER);
        gtk_box_pack_end(GTK_BOX(row), button, FALSE, FALSE, 0);
        return row;
}

void
permits_add(GtkWidget *box, const App *app, gint64 now, PermitRevoke revoke, gpointer user_data)
{
        if (!app->permits)
                return;
        gtk_container_add(GTK_CONTAINER(box), gtk_separator_new(GTK_ORIENTATION_HORIZONTAL));
        gtk_container_add(GTK_CONTAINER(box), ui_label("What it may do", "strong"));
        for (guint i = 0; i < app->permits->len; i++)
                gtk_container_add(GTK_CONTAINER(box), row_new(app->permits->pdata[i], now, revoke, user_data));
        if (app->permits->len == 0)
                gtk_container_add(GTK_CONTAINER(box), ui_label("Nothing but show its page: it was allowed nothing on this computer.", "soft"));
}

void
permits_tell(GString *told, const App *app)
{
        g_string_append(told, app->permits ? "\npermits" : "");
        for (guint i = 0; app->permits && i < app->permits->len; i++) {
                const Permit *permit = app->permits->pdata[i];

                g_string_append_printf(told, "\n%s %s %s %" G_GINT64_FORMAT, permit->id, permit->answer, permit->tool, permit->uses);
        }
}
