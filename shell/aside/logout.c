/* The end of the session, asked for: every window that can be closed is asked to close, as its own button would. Whoever does not, for
 * example because it asks whether to save, is named, and the person decides.
 *
 * X has no way to ask whether a program would close: WM_DELETE_WINDOW is the question and the deed. So programs are asked one after the
 * other, those first whose titles say that something is not saved, and none more once one stays: if the person then stays as well, the
 * programs that were not asked yet are still there. Those that closed before it are gone, which only a protocol of session management
 * could spare them. Once the person has said to end anyway, all others are asked at once. */
#include <X11/Xatom.h>
#include <X11/Xutil.h>
#include <gdk/gdkx.h>
#include <string.h>

#include "protocols/text.h"
#include "shell/aside/aside.h"
#include "shell/ui/xprops.h"
#include "shell/ui/style.h"

#define ASK_MS 1500        /* for a program to end by itself, before the question */
#define NAMED_MAX 6
#define NAME_MAX_CHARACTERS 60

enum { END = 0, STAY = 1 };

typedef struct {
        long owner;        /* the process, or the window where that is not said */
        GArray *windows;   /* Window, as long */
        gboolean unsaved;
} Program;

typedef struct {
        Display *display;
        GPtrArray *waiting; /* Program: not asked yet, in the order in which they will be */
        GArray *left;       /* Window: asked, and still there */
        gboolean at_once;   /* the person has decided: nothing is spared by going slowly */
        GMainLoop *loop;
        int status;
        guint timer;
        GtkWidget *window, *names;
} Logout;

/* Docks and the desktop are no programs that hold work. */
static gboolean is_asked(Display *display, Window window, int shell)
{
        g_autoptr(GArray) process = xprops_read(display, window, "_NET_WM_PID", XA_CARDINAL);
        g_autoptr(GArray) types = xprops_read(display, window, "_NET_WM_WINDOW_TYPE", XA_ATOM);
        g_autoptr(GArray) protocols = xprops_read(display, window, "WM_PROTOCOLS", XA_ATOM);

        if (shell > 0 && process->len > 0 && g_array_index(process, long, 0) == shell)
                return FALSE;
        if (xprops_holds(types, (long)XInternAtom(display, "_NET_WM_WINDOW_TYPE_DOCK", False)) ||
            xprops_holds(types, (long)XInternAtom(display, "_NET_WM_WINDOW_TYPE_DESKTOP", False)))
                return FALSE;
        return xprops_holds(protocols, (long)XInternAtom(display, "WM_DELETE_WINDOW", False));
}

static void ask(Display *display, Window window)
{
        XClientMessageEvent message = {.type = ClientMessage, .window = window, .format = 32};

        message.message_type = XInternAtom(display, "WM_PROTOCOLS", False);
        message.data.l[0] = (long)XInternAtom(display, "WM_DELETE_WINDOW", False);
        message.data.l[1] = (long)gdk_x11_get_server_time(gdk_get_default_root_window());
        XSendEvent(display, window, False, NoEventMask, (XEvent *)&message);
}

static void end(Logout *logout, int status)
{
        logout->status = status;
        g_main_loop_quit(logout->loop);
}

static char *title_of(Display *display, Window window)
{
        unsigned char *data = NULL;
        unsigned long n = 0, more;
        char *fetched = NULL, *title;
        Atom type;
        int format;

        if (XGetWindowProperty(display, window, XInternAtom(display, "_NET_WM_NAME", False), 0, 256, False,
                               XInternAtom(display, "UTF8_STRING", False), &type, &format, &n, &more, &data) == Success && data && n > 0)
                title = text_plain((char *)data, NAME_MAX_CHARACTERS);
        else
                title = text_plain(XFetchName(display, window, &fetched) && fetched ? fetched : "a window without a name",
                                   NAME_MAX_CHARACTERS);
        if (data)
                XFree(data);
        if (fetched)
                XFree(fetched);
        return title;
}

static void show_names(Logout *logout)
{
        g_autoptr(GString) names = g_string_new(NULL);

        for (guint i = 0; i < logout->left->len && i < NAMED_MAX; i++) {
                g_autofree char *title = title_of(logout->display, (Window)g_array_index(logout->left, long, i));
                g_string_append_printf(names, "%s“%s”", i == 0 ? "" : ", ", title);
        }
        if (logout->left->len > NAMED_MAX)
                g_string_append_printf(names, " and %u more", logout->left->len - NAMED_MAX);
        g_string_append(names, logout->left->len == 1 ? " has not ended. It may be asking you whether to save." :
                                                        " have not ended. They may be asking you whether to save.");
        ui_label_set(logout->names, names->str);
}

static gboolean question_cb(gpointer user_data);

static void keep_managed(GArray *windows, const GArray *managed)
{
        for (guint i = windows->len; i > 0; i--) {
                if (!xprops_holds(managed, g_array_index(windows, long, i - 1)))
                        g_array_remove_index(windows, i - 1);
        }
}

static void ask_program(Logout *logout, const Program *program)
{
        for (guint i = 0; i < program->windows->len; i++)
                ask(logout->display, (Window)g_array_index(program->windows, long, i));
        g_array_append_vals(logout->left, program->windows->data, program->windows->len);
}

/* Nobody is being waited for. */
static void ask_next(Logout *logout, const GArray *managed)
{
        g_clear_handle_id(&logout->timer, g_source_remove);
        g_clear_pointer(&logout->window, gtk_widget_destroy);
        while (logout->waiting->len > 0 && (logout->at_once || logout->left->len == 0)) {
                Program *program = logout->waiting->pdata[0];

                keep_managed(program->windows, managed);
                ask_program(logout, program);
                g_ptr_array_remove_index(logout->waiting, 0);
        }
        if (logout->left->len > 0)
                logout->timer = g_timeout_add(ASK_MS, question_cb, logout);
        else
                end(logout, END);
}

/* Those that are still managed. */
static void look_again(Logout *logout)
{
        g_autoptr(GArray) now = xprops_read(logout->display, gdk_x11_get_default_root_xwindow(), "_NET_CLIENT_LIST", XA_WINDOW);

        keep_managed(logout->left, now);
        if (logout->left->len == 0)
                ask_next(logout, now);
        else if (logout->window)
                show_names(logout);
}

static GdkFilterReturn root_filter(GdkXEvent *gdk_event, GdkEvent *event, gpointer user_data)
{
        const XEvent *x = gdk_event;

        if (x->type == PropertyNotify && x->xproperty.atom == gdk_x11_get_xatom_by_name("_NET_CLIENT_LIST"))
                look_again(user_data);
        return GDK_FILTER_CONTINUE;
}

static void end_cb(GtkButton *button, gpointer user_data)
{
        Logout *logout = user_data;

        logout->at_once = TRUE;
        g_array_set_size(logout->left, 0);
        look_again(logout);
}

static void stay_cb(gpointer user_data)
{
        end(user_data, STAY);
}

static gboolean delete_cb(GtkWidget *widget, GdkEvent *event, gpointer user_data)
{
        stay_cb(user_data);
        return TRUE;
}

static gboolean key_cb(GtkWidget *widget, GdkEventKey *event, gpointer user_data)
{
        if (event->keyval != GDK_KEY_Escape)
                return FALSE;
        stay_cb(user_data);
        return TRUE;
}

static gboolean question_cb(gpointer user_data)
{
        Logout *logout = user_data;
        GtkWidget *box = ui_box(GTK_ORIENTATION_VERTICAL, 14, "page"), *row = ui_box(GTK_ORIENTATION_HORIZONTAL, 8, NULL);
        GtkWidget *stay;

        logout->timer = 0;
        logout->window = gtk_window_new(GTK_WINDOW_TOPLEVEL);
        gtk_window_set_title(GTK_WINDOW(logout->window), "End the session");
        gtk_window_set_type_hint(GTK_WINDOW(logout->window), GDK_WINDOW_TYPE_HINT_DIALOG);
        gtk_window_set_position(GTK_WINDOW(logout->window), GTK_WIN_POS_CENTER);
        gtk_window_set_resizable(GTK_WINDOW(logout->window), FALSE);
        gtk_window_set_keep_above(GTK_WINDOW(logout->window), TRUE);
        logout->names = ui_label("", NULL);
        ui_label_wrap(logout->names, 56);
        stay = ui_button("Stay logged in", "first", NULL, NULL);
        g_signal_connect_swapped(stay, "clicked", G_CALLBACK(stay_cb), logout);
        gtk_container_add(GTK_CONTAINER(row), stay);
        gtk_container_add(GTK_CONTAINER(row), ui_button("End anyway", NULL, G_CALLBACK(end_cb), logout));
        gtk_container_add(GTK_CONTAINER(box), ui_label("End the session?", "heading"));
        gtk_container_add(GTK_CONTAINER(box), logout->names);
        gtk_container_add(GTK_CONTAINER(box), ui_label("What they have not saved would be lost. Apps made here are kept.", "soft"));
        gtk_container_add(GTK_CONTAINER(box), row);
        gtk_container_add(GTK_CONTAINER(logout->window), box);
        g_signal_connect(logout->window, "delete-event", G_CALLBACK(delete_cb), logout);
        g_signal_connect(logout->window, "key-press-event", G_CALLBACK(key_cb), logout);
        show_names(logout);
        ui_ground(logout->window);
        gtk_widget_show_all(logout->window);
        gtk_widget_grab_focus(stay);
        return G_SOURCE_REMOVE;
}

/* Editors put a mark into the title. Where it means something else, only the order is another. */
static gboolean says_unsaved(Display *display, Window window)
{
        static const char *const marks[] = {"*", "●", "•", "(modified)", "[modified]", "(unsaved)"};
        g_autofree char *title = title_of(display, window);
        g_autofree char *lower = g_utf8_strdown(title, -1);

        for (guint i = 0; i < G_N_ELEMENTS(marks); i++) {
                if (strstr(lower, marks[i]))
                        return TRUE;
        }
        return FALSE;
}

static void program_free(gpointer data)
{
        Program *program = data;

        g_array_unref(program->windows);
        g_free(program);
}

static Program *program_of(GPtrArray *programs, long owner)
{
        for (guint i = 0; i < programs->len; i++) {
                if (((Program *)programs->pdata[i])->owner == owner)
                        return programs->pdata[i];
        }
        Program *program = g_new0(Program, 1);
        program->owner = owner;
        program->windows = g_array_new(FALSE, FALSE, sizeof(long));
        g_ptr_array_add(programs, program);
        return program;
}

static int compare_programs(gconstpointer a, gconstpointer b)
{
        const Program *one = *(Program *const *)a, *two = *(Program *const *)b;

        return two->unsaved - one->unsaved;
}

static GPtrArray *list_programs(Display *display, const GArray *managed, int shell)
{
        GPtrArray *programs = g_ptr_array_new_with_free_func(program_free);

        for (guint i = 0; i < managed->len; i++) {
                long window = g_array_index(managed, long, i);
                g_autoptr(GArray) process = xprops_read(display, (Window)window, "_NET_WM_PID", XA_CARDINAL);
                if (!is_asked(display, (Window)window, shell))
                        continue;
                Program *program = program_of(programs, process->len > 0 ? g_array_index(process, long, 0) : window);
                g_array_append_val(program->windows, window);
                program->unsaved |= says_unsaved(display, (Window)window);
        }
        g_ptr_array_sort(programs, compare_programs); /* which keeps the order of the others */
        return programs;
}

int logout_run(int shell)
{
        GdkWindow *root = gdk_get_default_root_window();
        Logout logout = {.display = GDK_DISPLAY_XDISPLAY(gdk_display_get_default()), .loop = g_main_loop_new(NULL, FALSE)};
        g_autoptr(GArray) managed = NULL;

        style_start();
        logout.left = g_array_new(FALSE, FALSE, sizeof(long));
        gdk_window_set_events(root, gdk_window_get_events(root) | GDK_PROPERTY_CHANGE_MASK);
        gdk_window_add_filter(root, root_filter, &logout);
        managed = xprops_read(logout.display, gdk_x11_get_default_root_xwindow(), "_NET_CLIENT_LIST", XA_WINDOW);
        gdk_x11_display_error_trap_push(gdk_display_get_default()); /* they end while we look at them */
        logout.waiting = list_programs(logout.display, managed, shell);
        if (logout.waiting->len > 0) {
                ask_next(&logout, managed);
                g_main_loop_run(logout.loop);
        }
        gdk_x11_display_error_trap_pop_ignored(gdk_display_get_default());
        gdk_window_remove_filter(root, root_filter, &logout);
        g_clear_handle_id(&logout.timer, g_source_remove);
        g_array_unref(logout.left);
        g_ptr_array_unref(logout.waiting);
        g_main_loop_unref(logout.loop);
        return logout.status;
}
