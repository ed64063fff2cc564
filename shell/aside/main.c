/* impromptu-aside: what stands beside the windows of the desktop: notifications, the tray in the panel, how loud and how bright it is,
 * pictures of the screen, a screen that stays on during a film, and the question at logout. A process of its own, so that whatever other
 * programs send here cannot take the shell with it. impromptu-session starts it, and starts it again if it dies; without a bus of the
 * session it does what needs none.
 *
 * Exit status 74: no X display. Start reading at main(). */
#include <errno.h>
#include <gdk/gdkx.h>
#include <glib-unix.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include "protocols/api.h"
#include "protocols/client.h"
#include "shell/aside/aside.h"
#include "shell/ui/style.h"

#define ACTION_MAX 64 /* bytes */

typedef struct {
        Notify *notify;
        Levels *levels;
        Inhibit *inhibit;
        Tray *tray;
        char *socket;
        int fd;
} Aside;

static gboolean action_cb(int fd, GIOCondition condition, gpointer user_data)
{
        Aside *aside = user_data;
        char action[ACTION_MAX + 1];
        gssize length = recv(fd, action, ACTION_MAX, MSG_DONTWAIT);

        if (length < 0)
                return G_SOURCE_CONTINUE;
        action[length] = '\0';
        if (strcmp(action, "quiet") == 0)
                levels_show(aside->levels,
                            cards_toggle_quiet(notify_cards(aside->notify)) ? "Notifications wait" : "Notifications are shown", -1);
        else if (!levels_do(aside->levels, action) && !screenshot_do(action, notify_cards(aside->notify)))
                g_printerr("impromptu-aside: “%.*s” is no action.\n", (int)strcspn(action, "\n"), action);
        return G_SOURCE_CONTINUE;
}

/* Where the session sends what keys ask for. FALSE and a sentence said if there can be none. */
static gboolean listen_for_actions(Aside *aside)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        g_autoptr(GError) error = NULL;

        aside->socket = client_socket_path(API_ASIDE_SOCKET, &error);
        g_autofree char *folder = aside->socket ? g_path_get_dirname(aside->socket) : NULL;
        if (!aside->socket) {
                g_printerr("impromptu-aside: %s\n", error->message);
                return FALSE;
        }
        g_mkdir_with_parents(folder, 0700);
        g_strlcpy(address.sun_path, aside->socket, sizeof address.sun_path);
        unlink(aside->socket);
        aside->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        mode_t before = umask(0177);
        gboolean bound = aside->fd >= 0 && bind(aside->fd, (struct sockaddr *)&address, sizeof address) == 0;
        umask(before);
        if (bound)
                g_unix_fd_add(aside->fd, G_IO_IN, action_cb, aside);
        else
                g_printerr("impromptu-aside: the socket %s cannot be made: %s.\n", aside->socket, g_strerror(errno));
        return bound;
}

static gboolean signal_cb(gpointer user_data)
{
        gtk_main_quit();
        return G_SOURCE_CONTINUE;
}

static int run(void)
{
        Aside aside = {.fd = -1};

        style_start();
        /* Windows of other programs are embedded here, and may go at any moment: no X error is fatal. */
        gdk_x11_display_error_trap_push(gdk_display_get_default());
        if (!listen_for_actions(&aside))
                return EX_OSERR;
        aside.notify = notify_new();
        aside.levels = levels_new();
        aside.inhibit = inhibit_new();
        aside.tray = tray_new();
        g_unix_signal_add(SIGTERM, signal_cb, NULL);
        g_unix_signal_add(SIGINT, signal_cb, NULL);
        gtk_main();
        tray_free(aside.tray);
        inhibit_free(aside.inhibit);
        levels_free(aside.levels);
        notify_free(aside.notify);
        unlink(aside.socket);
        close(aside.fd);
        gdk_x11_display_error_trap_pop_ignored(gdk_display_get_default());
        g_free(aside.socket);
        return EX_OK;
}

int main(int argc, char **argv)
{
        gboolean logout = argc == 3 && strcmp(argv[1], "--logout") == 0;

        if (argc > 1 && !logout) {
                g_printerr("Usage: impromptu-aside\n       impromptu-aside --logout PID\n\n"
                           "The second asks all programs but that one to end; "
                           "status 0: they have, or are to be ended.\n");
                return EX_USAGE;
        }
        gdk_set_allowed_backends("x11");
        g_set_prgname("impromptu-aside");
        if (!gtk_init_check(&argc, &argv)) {
                g_printerr("impromptu-aside: there is no X display: set DISPLAY.\n");
                return EX_IOERR;
        }
        return logout ? logout_run(atoi(argv[2])) : run();
}
