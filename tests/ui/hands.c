#include "tests/ui/hands.h"

void hands_key(GtkWidget *window, guint value, GdkModifierType state)
{
        GdkEvent *event = gdk_event_new(GDK_KEY_PRESS);

        /* A sheet is on its way. */
        while (!gtk_widget_get_mapped(gtk_window_get_focus(GTK_WINDOW(window))))
                g_main_context_iteration(NULL, TRUE);
        event->key.window = g_object_ref(gtk_widget_get_window(window));
        event->key.keyval = value;
        event->key.state = state;
        gdk_event_set_device(event, gdk_seat_get_keyboard(gdk_display_get_default_seat(gtk_widget_get_display(window))));
        gtk_window_propagate_key_event(GTK_WINDOW(window), &event->key);
        gdk_event_free(event);
        while (g_main_context_iteration(NULL, FALSE))
                ;
}

GtkWidget *hands_button(GtkWidget *widget, const char *text)
{
        g_autoptr(GList) children = NULL;

        if (GTK_IS_BUTTON(widget) && g_strcmp0(gtk_button_get_label(GTK_BUTTON(widget)), text) == 0)
                return widget;
        if (GTK_IS_LABEL(widget) && g_strcmp0(gtk_label_get_text(GTK_LABEL(widget)), text) == 0)
                return gtk_widget_get_ancestor(widget, GTK_TYPE_BUTTON);
        if (!GTK_IS_CONTAINER(widget))
                return NULL;
        children = gtk_container_get_children(GTK_CONTAINER(widget));
        for (GList *at = children; at; at = at->next) {
                GtkWidget *found = hands_button(at->data, text);

                if (found)
                        return found;
        }
        return NULL;
}
