/* impromptu-settings: what every program of a desktop expects of it and nobody sees: the XSETTINGS (file.c, xsettings.c), a wallpaper of
 * one's own (wallpaper.c), a clipboard that outlives its program (clipboard.c), keyboard layouts and when the screen goes dark, which is
 * when the session locks it. It follows the person's file of settings; a file that cannot be read leaves the last good ones.
 *
 * impromptu-session starts it, and starts it again if it dies. Exit status 74: no X display. Start reading at main(). */
#include <X11/Xatom.h>
#include <X11/extensions/Xrandr.h>
#include <X11/extensions/scrnsaver.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <locale.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "protocols/api.h"
#include "protocols/client.h"
#include "shell/session/settings/settings.h"

typedef struct {
        Display *display;
        Window window;
        GMainLoop *loop;
        char *path;
        Settings *settings; /* as shown; NULL at first */
        XSettings *xsettings;
        Clipboard *clipboard;
        AgentClient *session; /* NULL: no runtime folder */
        int randr_event, saver_event;
        guint load;
} Daemon;

/* Runs a small program of X to its end elsewhere: it is not waited for. */
static void run(const char *const *argv)
{
        g_autoptr(GError) error = NULL;

        if (!g_spawn_async(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, &error))
                g_printerr("impromptu-settings: %s cannot be started: %s\n", argv[0], error->message);
}

static void show_keyboard(const Settings *settings, const Settings *before)
{
        const char *argv[] = {"setxkbmap", "-layout", settings->keyboard_layout, "-variant", settings->keyboard_variant, "-option", "",
                              "-option", settings->keyboard_options, NULL};
        gboolean same = before && strcmp(settings->keyboard_layout, before->keyboard_layout) == 0 &&
                        strcmp(settings->keyboard_variant, before->keyboard_variant) == 0 &&
                        strcmp(settings->keyboard_options, before->keyboard_options) == 0;

        if (*settings->keyboard_layout && !same) /* without one it stays as the display manager left it */
                run(argv);
}

static void show_wallpaper(Daemon *daemon)
{
        g_autofree char *problem = wallpaper_show(daemon->display, daemon->settings->wallpaper);

        if (problem)
                g_printerr("impromptu-settings: %s\n", problem);
}

static void show(Daemon *daemon, Settings *settings)
{
        Settings *before = daemon->settings;

        daemon->settings = settings;
        if (daemon->xsettings)
                xsettings_show(daemon->xsettings, settings);
        xresources_show(daemon->display, settings);
        show_keyboard(settings, before);
        XSetScreenSaver(daemon->display, settings->lock_after * 60, 0, DefaultBlanking, DefaultExposures);
        if (!before || strcmp(before->wallpaper, settings->wallpaper) != 0)
                show_wallpaper(daemon);
        XFlush(daemon->display);
        settings_free(before);
}

static gboolean load_cb(gpointer user_data)
{
        Daemon *daemon = user_data;
        g_autofree char *text = NULL;
        g_autoptr(GError) error = NULL;
        Settings *settings = NULL;
        gsize length;

        daemon->load = 0;
        if (g_file_get_contents(daemon->path, &text, &length, &error))
                settings = settings_parse(text, length, &error);
        if (error)
                g_printerr("impromptu-settings: %s: %s The last good settings stay.\n", daemon->path, error->message);
        if (!settings && !daemon->settings)
                settings = settings_parse("", 0, NULL);
        if (settings)
                show(daemon, settings);
        return G_SOURCE_REMOVE;
}

static void changed_cb(GFileMonitor *monitor, GFile *file, GFile *other, GFileMonitorEvent event, gpointer user_data)
{
        Daemon *daemon = user_data;

        if (!daemon->load && event != G_FILE_MONITOR_EVENT_ATTRIBUTE_CHANGED)
                daemon->load = g_idle_add(load_cb, daemon);
}

/* The X events, as a source of the main loop: Xlib may have read some while it waited for an answer. */
typedef struct {
        GSource source;
        Daemon *daemon;
} EventSource;

static gboolean events_ready(GSource *source)
{
        return XPending(((EventSource *)source)->daemon->display) > 0;
}

static gboolean events_prepare(GSource *source, int *timeout)
{
        *timeout = -1;
        return events_ready(source);
}

/* The screen went dark because nobody did anything: the session locks it. Where none runs nobody can. */
static void went_dark(Daemon *daemon, const XScreenSaverNotifyEvent *event)
{
        json_object *body;

        if (event->state != ScreenSaverOn || !daemon->session)
                return;
        body = json_object_new_object();
        json_object_object_add(body, "action", json_object_new_string("idle"));
        agent_client_request(daemon->session, "POST", "/do", body, NULL, NULL, NULL);
        json_object_put(body);
}

static gboolean events_dispatch(GSource *source, GSourceFunc func, gpointer user_data)
{
        Daemon *daemon = ((EventSource *)source)->daemon;
        XEvent event;

        while (XPending(daemon->display)) {
                XNextEvent(daemon->display, &event);
                if (event.type == daemon->randr_event + RRScreenChangeNotify) {
                        XRRUpdateConfiguration(&event);
                        show_wallpaper(daemon);
                } else if (event.type == daemon->saver_event + ScreenSaverNotify) {
                        went_dark(daemon, (const XScreenSaverNotifyEvent *)&event);
                } else if (event.type == SelectionClear && event.xselectionclear.window == daemon->window) {
                        g_clear_pointer(&daemon->xsettings, xsettings_free); /* another manager took over */
                } else if (daemon->clipboard) {
                        clipboard_event(daemon->clipboard, &event);
                }
        }
        XFlush(daemon->display);
        return G_SOURCE_CONTINUE;
}

static GSourceFuncs event_funcs = {events_prepare, events_ready, events_dispatch, NULL, NULL, NULL};

static void watch_events(Daemon *daemon)
{
        GSource *source = g_source_new(&event_funcs, sizeof(EventSource));

        ((EventSource *)source)->daemon = daemon;
        g_source_add_unix_fd(source, ConnectionNumber(daemon->display), G_IO_IN | G_IO_HUP | G_IO_ERR);
        g_source_attach(source, NULL);
        g_source_unref(source);
}

/* Windows of others may go at any moment, and with them what we asked about them. */
static int error_cb(Display *display, XErrorEvent *event)
{
        return 0;
}

static int gone_cb(Display *display)
{
        _exit(EX_IOERR);
}

/* The X server's time now, as selections want it. */
static Time server_time(Display *display, Window window)
{
        Atom atom = XInternAtom(display, "_IMPROMPTU_TIME", False);
        XEvent event;

        XSelectInput(display, window, PropertyChangeMask);
        XChangeProperty(display, window, atom, XA_CARDINAL, 32, PropModeAppend, NULL, 0);
        XWindowEvent(display, window, PropertyChangeMask, &event);
        return event.xproperty.time;
}

static gboolean signal_cb(gpointer user_data)
{
        g_main_loop_quit(user_data);
        return G_SOURCE_CONTINUE;
}

static void start(Daemon *daemon)
{
        int error_base;

        daemon->window = XCreateSimpleWindow(daemon->display, DefaultRootWindow(daemon->display), -10, -10, 1, 1, 0, 0, 0);
        Time time = server_time(daemon->display, daemon->window);
        daemon->xsettings = xsettings_new(daemon->display, daemon->window, time);
        daemon->clipboard = clipboard_new(daemon->display, time);
        if (!daemon->xsettings)
                g_printerr("impromptu-settings: another program hands out XSETTINGS already, so ours are not shown.\n");
        if (!daemon->clipboard)
                g_printerr("impromptu-settings: another program keeps the clipboard already.\n");
        if (XRRQueryExtension(daemon->display, &daemon->randr_event, &error_base))
                XRRSelectInput(daemon->display, DefaultRootWindow(daemon->display), RRScreenChangeNotifyMask);
        else
                daemon->randr_event = -RRScreenChangeNotify; /* event 0: none has it */
        if (XScreenSaverQueryExtension(daemon->display, &daemon->saver_event, &error_base))
                XScreenSaverSelectInput(daemon->display, DefaultRootWindow(daemon->display), ScreenSaverNotifyMask);
        else
                daemon->saver_event = -1; /* as above: ScreenSaverNotify is 0 */
        g_autofree char *socket = client_socket_path(API_SESSION_SOCKET, NULL);
        daemon->session = socket ? agent_client_new(socket, NULL) : NULL;
        watch_events(daemon);
        daemon->load = 0;
        load_cb(daemon);
}

int main(int argc, char **argv)
{
        Daemon daemon = {0};
        g_autoptr(GFileMonitor) monitor = NULL;

        setlocale(LC_ALL, "");
        if (argc > 1) {
                g_printerr("Usage: impromptu-settings\n\n"
                           "Shows the settings in ~/.config/impromptu/settings to the programs of an X display.\n");
                return EX_USAGE;
        }
        daemon.display = XOpenDisplay(NULL);
        if (!daemon.display) {
                g_printerr("impromptu-settings: there is no X display: set DISPLAY.\n");
                return EX_IOERR;
        }
        XSetErrorHandler(error_cb);
        XSetIOErrorHandler(gone_cb);
        daemon.path = settings_path();
        g_autoptr(GFile) file = g_file_new_for_path(daemon.path);
        monitor = g_file_monitor_file(file, G_FILE_MONITOR_WATCH_MOVES, NULL, NULL);
        if (monitor)
                g_signal_connect(monitor, "changed", G_CALLBACK(changed_cb), &daemon);
        daemon.loop = g_main_loop_new(NULL, FALSE);
        g_unix_signal_add(SIGTERM, signal_cb, daemon.loop);
        g_unix_signal_add(SIGINT, signal_cb, daemon.loop);
        start(&daemon);
        g_main_loop_run(daemon.loop);
        g_clear_pointer(&daemon.session, agent_client_unref);
        clipboard_free(daemon.clipboard);
        xsettings_free(daemon.xsettings);
        XCloseDisplay(daemon.display);
        settings_free(daemon.settings);
        g_main_loop_unref(daemon.loop);
        g_free(daemon.path);
        return 0;
}
