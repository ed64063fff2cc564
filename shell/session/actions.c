/* What keys and the panel ask for beyond windows. Sound, brightness and pictures of the screen are impromptu-aside's, which shows what it
 * did; locking and sleeping are Debian's own programs, started where they are installed. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "protocols/client.h"
#include "protocols/text.h"
#include "shell/session/session.h"

/* Before the machine sleeps, xss-lock waits for the locker if that can say when it covers the screen (-l); i3lock cannot. */
static const char *const lockers[][8] = {
        {"xsecurelock", "xss-lock", "-l", "--", "xsecurelock", NULL},
        {"i3lock", "xss-lock", "--", "i3lock", "-n", "-c", "17161a", NULL},
};

/* Asks for a password where a program needs the rights of another user. */
static const char *const polkit_agents[] = {
        "/usr/lib/policykit-1-gnome/polkit-gnome-authentication-agent-1",
        "/usr/libexec/polkit-mate-authentication-agent-1",
        "/usr/lib/x86_64-linux-gnu/polkit-mate/polkit-mate-authentication-agent-1",
        "/usr/bin/lxqt-policykit-agent",
        "/usr/lib/xfce-polkit/xfce-polkit",
};

/* Of impromptu-aside. */
static const char *const asides[] = {
        "volume-up", "volume-down", "volume-mute", "microphone-mute", "brightness-up", "brightness-down",
        "screenshot", "screenshot-window", "screenshot-region", "quiet",
};

static gboolean is_installed(const char *program)
{
        g_autofree char *path = g_find_program_in_path(program);

        return path != NULL;
}

static const char *const *locker(void)
{
        for (guint i = 0; i < G_N_ELEMENTS(lockers); i++) {
                if (is_installed(lockers[i][0]))
                        return lockers[i] + 1;
        }
        return NULL;
}

/* Whether logind knows this session and can be asked. Without that xss-lock aborts in the moment it should lock, and an agent for polkit
 * ends at once. */
static gboolean has_login(const Session *session)
{
        static const char *const buses[] = {"/run/dbus/system_bus_socket", "/var/run/dbus/system_bus_socket"};
        const char *login = g_environ_getenv(session->environment, "XDG_SESSION_ID");
        gboolean bus = g_environ_getenv(session->environment, "DBUS_SYSTEM_BUS_ADDRESS") != NULL;

        for (guint i = 0; i < G_N_ELEMENTS(buses); i++)
                bus |= g_file_test(buses[i], G_FILE_TEST_EXISTS);
        return bus && login && *login;
}

void actions_companions(Session *session)
{
        const char *const *lock = locker();

        if (session->is_inside)
                return;
        if (!has_login(session)) {
                g_printerr("impromptu-session: logind does not know this session (there is no bus of the system, or no $XDG_SESSION_ID), "
                           "so the screen is locked by its key and after a while, but not whenever the machine sleeps, and nothing asks "
                           "for the password that a program needs for another user's rights.\n");
                return;
        }
        if (lock && is_installed(lock[0])) {
                session->locker = part_new(session, "xss-lock", PART_OTHERS, g_strdupv((char **)lock));
                g_ptr_array_add(session->parts, session->locker);
        }
        for (guint i = 0; i < G_N_ELEMENTS(polkit_agents); i++) {
                const char *argv[] = {polkit_agents[i], NULL};
                if (!is_installed(polkit_agents[i]))
                        continue;
                g_ptr_array_add(session->parts, part_new(session, "polkit-agent", PART_OTHERS, g_strdupv((char **)argv)));
                break;
        }
}

static gboolean xss_lock_runs(const Session *session)
{
        return session->locker && part_pid(session->locker);
}

static gboolean lock(Session *session, GError **error)
{
        const char *activate[] = {"xset", "s", "activate", NULL};
        const char *const *alone = locker();

        if (xss_lock_runs(session))
                return programs_start(session, (char **)activate, error) != 0;
        if (!alone) {
                g_propagate_error(error, session_error(API_ERROR_NOT_FOUND, "There is no program here that locks the screen: install "
                                                       "xss-lock, and xsecurelock or i3lock."));
                return FALSE;
        }
        if (session->lock_pid && g_hash_table_contains(session->programs, GINT_TO_POINTER(session->lock_pid)))
                return TRUE; /* it is locked */
        while (strcmp(*alone++, "--") != 0)
                ;
        session->lock_pid = programs_start(session, (char **)alone, error);
        return session->lock_pid != 0;
}

/* The X server has blanked the screen. xss-lock hears of that itself, and in a window the other desktop locks. */
static gboolean idle(Session *session, GError **error)
{
        return session->is_inside || xss_lock_runs(session) || !locker() || lock(session, error);
}

/* xss-lock locks first. */
static gboolean suspend(Session *session, GError **error)
{
        const char *argv[] = {"systemctl", "suspend", NULL};

        if (!session->is_inside && !xss_lock_runs(session) && locker() && !lock(session, error))
                return FALSE;
        return programs_start(session, (char **)argv, error) != 0;
}

/* One datagram; impromptu-aside says itself what came of it. */
static gboolean tell_aside(Session *session, const char *action, GError **error)
{
        g_autofree char *path = client_socket_path(API_ASIDE_SOCKET, error);
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int fd;

        if (!path)
                return FALSE;
        if (g_strlcpy(address.sun_path, path, sizeof address.sun_path) >= sizeof address.sun_path)
                errno = ENAMETOOLONG;
        else if ((fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) >= 0) {
                gssize sent = sendto(fd, action, strlen(action), MSG_NOSIGNAL, (struct sockaddr *)&address, sizeof address);
                int problem = errno;
                close(fd);
                if (sent >= 0)
                        return TRUE;
                errno = problem;
        }
        g_propagate_error(error, session_error(API_ERROR_FAILED, "impromptu-aside, which does that, does not answer: %s.",
                                               g_strerror(errno)));
        return FALSE;
}

/* The computer is everybody's: a session inside another desktop leaves that to it. */
static gboolean computer(Session *session, const char *then, GError **error)
{
        if (session->is_inside) {
                g_propagate_error(error, session_error(API_ERROR_REFUSED, "this session runs inside another desktop, which does that."));
                return FALSE;
        }
        if (!is_installed("systemctl")) {
                g_propagate_error(error, session_error(API_ERROR_NOT_FOUND, "there is no systemctl here, which does that."));
                return FALSE;
        }
        if (session->asking || session->stopping) {
                g_propagate_error(error, session_error(API_ERROR_CONFLICT, "the programs are being asked already whether they can end."));
                return FALSE;
        }
        leave_computer(session, then);
        return TRUE;
}

gboolean actions_do(Session *session, const char *action, GError **error)
{
        const char *screen_off[] = {"xset", "dpms", "force", "off", NULL};

        for (guint i = 0; i < G_N_ELEMENTS(asides); i++) {
                if (strcmp(asides[i], action) == 0)
                        return tell_aside(session, action, error);
        }
        if (strcmp(action, "lock") == 0)
                return lock(session, error);
        if (strcmp(action, "idle") == 0)
                return idle(session, error);
        if (strcmp(action, "suspend") == 0)
                return suspend(session, error);
        if (strcmp(action, "screen-off") == 0)
                return programs_start(session, (char **)screen_off, error) != 0;
        if (strcmp(action, "shutdown") == 0)
                return computer(session, "poweroff", error);
        if (strcmp(action, "reboot") == 0)
                return computer(session, "reboot", error);
        if (strcmp(action, "logout") == 0) {
                leave_ask(session);
                return TRUE;
        }
        g_autofree char *shown = text_plain(action, 40);
        g_propagate_error(error, session_error(API_ERROR_BAD_REQUEST, "The session has no action “%s”.", shown));
        return FALSE;
}
