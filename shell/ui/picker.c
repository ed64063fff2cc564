#include "shell/ui/picker.h"

#include "protocols/pointed.h"
#include "shell/ui/style.h"

#define OUTLINE 2 /* pixels */

struct Picker {
        AppView *view;
        PickerHandler handler;
        gpointer user_data;
        GtkWidget *over, *says;
        gboolean on;
        double x, y;        /* of the pointer, on the page */
        gboolean moved;     /* it is elsewhere since it was asked what is there */
        gboolean asking;    /* one question at a time */
        gboolean take;      /* it was clicked: what the last question brings is taken */
        int nth;            /* of the keys; -1 before the first */
        int steps;          /* of them that came meanwhile */
        GCancellable *cancellable;
        json_object *found; /* what is outlined; NULL */
        GdkRectangle where;
};

static void ask(Picker *picker);
static void ask_nth(Picker *picker, int steps);

static void
say(Picker *picker)
{
        g_autofree char *label = picker->found ? pointed_label(picker->found) : NULL;
        g_autofree char *text = label ? g_strdup_printf("%s · click takes it · Escape leaves", label)
                                      : g_strdup("Click what you mean · Tab goes through the controls · Escape leaves");

        ui_label_set(picker->says, text);
}

static void
found(Picker *picker, json_object *pointed, const GdkRectangle *where)
{
        json_object_put(picker->found);
        picker->found = pointed;
        picker->where = *where;
        say(picker);
        gtk_widget_queue_draw(picker->over);
}

static void
taken(Picker *picker)
{
        json_object *pointed = json_object_get(picker->found);

        picker_stop(picker);
        picker->handler.picked(pointed, picker->user_data);
        json_object_put(pointed);
}

static void
asked_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
        GdkRectangle where = {0};
        g_autoptr(GError) error = NULL;
        Picker *picker = user_data;
        json_object *pointed;

        if (g_cancellable_is_cancelled(g_task_get_cancellable(G_TASK(result))))
                return;
        pointed = app_view_pick_finish(picker->view, result, &where, &error);
        picker->asking = FALSE;
        found(picker, pointed, &where);
        if (picker->moved)
                ask(picker);
        else if (picker->steps)
                ask_nth(picker, 0);
        else if (picker->take && picker->found)
                taken(picker);
        else
                picker->take = FALSE;
}

static void
ask(Picker *picker)
{
        picker->moved = picker->asking;
        if (picker->asking)
                return;
        picker->asking = TRUE;
        app_view_pick_async(picker->view, picker->x, picker->y, picker->cancellable, asked_cb, picker);
}

static void
ask_nth(Picker *picker, int steps)
{
        picker->moved = FALSE;
        picker->steps += steps;
        if (picker->asking)
                return;
        picker->asking = TRUE;
        /* Backwards from before the first is the last. */
        picker->nth += picker->nth < 0 && picker->steps < 0 ? picker->steps + 1 : picker->steps;
        picker->steps = 0;
        app_view_pick_nth_async(picker->view, picker->nth, picker->cancellable, asked_cb, picker);
}

static gboolean
motion_cb(GtkWidget *widget, GdkEventMotion *event, gpointer user_data)
{
        Picker *picker = user_data;

        if (picker->take)
                return TRUE;
        picker->x = event->x;
        picker->y = event->y;
        ask(picker);
        return TRUE;
}

/* The release would else come to the page, which is bare again by then. */
static gboolean
button_cb(GtkWidget *widget, GdkEventButton *event, gpointer user_data)
{
        Picker *picker = user_data;

        if (event->type != GDK_BUTTON_RELEASE || event->button != GDK_BUTTON_PRIMARY)
                return TRUE;
        picker->x = event->x;
        picker->y = event->y;
        picker->take = TRUE;
        ask(picker);
        return TRUE;
}

static gboolean
scroll_cb(GtkWidget *widget, GdkEvent *event, gpointer user_data)
{
        Picker *picker = user_data;

        gtk_widget_event(app_view_widget(picker->view), event);
        ask(picker);
        return TRUE;
}

static gboolean
key_cb(GtkWidget *widget, GdkEventKey *event, gpointer user_data)
{
        Picker *picker = user_data;

        switch (event->keyval) {
        case GDK_KEY_Escape:
                picker_stop(picker);
                picker->handler.left(picker->user_data);
                break;
        case GDK_KEY_Tab:
        case GDK_KEY_Down:
        case GDK_KEY_Right:
                ask_nth(picker, 1);
                break;
        case GDK_KEY_ISO_Left_Tab:
        case GDK_KEY_Up:
        case GDK_KEY_Left:
                ask_nth(picker, -1);
                break;
        case GDK_KEY_Return:
        case GDK_KEY_KP_Enter:
                picker->take = picker->asking;
                if (picker->found && !picker->asking)
                        taken(picker);
                break;
        default:
                break;
        }
        return TRUE;
}

static gboolean
draw_cb(GtkWidget *widget, cairo_t *cairo, gpointer user_data)
{
        Picker *picker = user_data;
        GdkRGBA ink = style_token("ink"), sheet = style_token("sheet");
        double x = picker->where.x - OUTLINE / 2.0, y = picker->where.y - OUTLINE / 2.0;

        if (!picker->found)
                return FALSE;
        /* Ink within a line of the sheet's colour, so that it is seen on either. */
        gdk_cairo_set_source_rgba(cairo, &sheet);
        cairo_set_line_width(cairo, 3 * OUTLINE);
        cairo_rectangle(cairo, x, y, picker->where.width + OUTLINE, picker->where.height + OUTLINE);
        cairo_stroke(cairo);
        gdk_cairo_set_source_rgba(cairo, &ink);
        cairo_set_line_width(cairo, OUTLINE);
        cairo_rectangle(cairo, x, y, picker->where.width + OUTLINE, picker->where.height + OUTLINE);
        cairo_stroke(cairo);
        return FALSE;
}

Picker *
picker_new(AppView *view, const PickerHandler *handler, gpointer user_data)
{
        Picker *picker = g_new0(Picker, 1);
        GtkWidget *line = ui_box(GTK_ORIENTATION_HORIZONTAL, 8, "pointing");

        picker->view = view;
        picker->handler = *handler;
        picker->user_data = user_data;
        picker->over = g_object_ref_sink(gtk_event_box_new());
        picker->says = ui_label("", NULL);
        gtk_container_add(GTK_CONTAINER(line), picker->says);
        gtk_widget_set_valign(line, GTK_ALIGN_END);
        gtk_container_add(GTK_CONTAINER(picker->over), line);
        gtk_event_box_set_visible_window(GTK_EVENT_BOX(picker->over), FALSE);
        gtk_event_box_set_above_child(GTK_EVENT_BOX(picker->over), TRUE);
        gtk_widget_set_can_focus(picker->over, TRUE);
        gtk_widget_add_events(picker->over, GDK_POINTER_MOTION_MASK | GDK_BUTTON_PRESS_MASK | GDK_BUTTON_RELEASE_MASK | GDK_SCROLL_MASK |
                                                    GDK_SMOOTH_SCROLL_MASK | GDK_KEY_PRESS_MASK);
        g_signal_connect(picker->over, "motion-notify-event", G_CALLBACK(motion_cb), picker);
        g_signal_connect(picker->over, "button-press-event", G_CALLBACK(button_cb), picker);
        g_signal_connect(picker->over, "button-release-event", G_CALLBACK(button_cb), picker);
        g_signal_connect(picker->over, "scroll-event", G_CALLBACK(scroll_cb), picker);
        g_signal_connect(picker->over, "key-press-event", G_CALLBACK(key_cb), picker);
        g_signal_connect_after(picker->over, "draw", G_CALLBACK(draw_cb), picker);
        gtk_widget_show_all(line);
        gtk_widget_set_no_show_all(picker->over, TRUE);
        return picker;
}

void
picker_free(Picker *picker)
{
        if (!picker)
                return;
        picker_stop(picker);
        g_signal_handlers_disconnect_by_data(picker->over, picker);
        g_object_unref(picker->over);
        g_free(picker);
}

GtkWidget *
picker_widget(Picker *picker)
{
        return picker->over;
}

void
picker_start(Picker *picker)
{
        GdkWindow *window;
        g_autoptr(GdkCursor) cross = NULL;

        if (picker->on)
                return;
        picker->on = TRUE;
        picker->nth = -1;
        picker->steps = 0;
        picker->cancellable = g_cancellable_new();
        say(picker);
        gtk_widget_show(picker->over);
        gtk_widget_grab_focus(picker->over);
        window = gtk_widget_get_window(picker->over);
        cross = gdk_cursor_new_from_name(gtk_widget_get_display(picker->over), "crosshair");
        if (window && cross)
                gdk_window_set_cursor(window, cross);
}

void
picker_stop(Picker *picker)
{
        if (!picker->on)
                return;
        picker->on = picker->asking = picker->moved = picker->take = FALSE;
        g_cancellable_cancel(picker->cancellable);
        g_clear_object(&picker->cancellable);
        g_clear_pointer(&picker->found, json_object_put);
        gtk_widget_hide(picker->over);
}

gboolean
picker_is_on(Picker *picker)
{
        return picker->on;
}
