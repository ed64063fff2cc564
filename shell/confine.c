/* What a web process must not inherit; see confine.h. A page that has taken over its web process still sits in WebKit's sandbox: files of
 * its own, no capabilities, a seccomp filter. What WebKit lets in is the environment as it is, the X server's socket, and, in the network
 * process, which has no sandbox at all, the shell's network. None of these may be worth anything. */
#include "shell/confine.h"

#include <X11/Xauth.h>
#include <X11/Xlib.h>
#include <errno.h>
#include <glib-unix.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config.h"
#include "protocols/client.h"
#include "protocols/environment.h"
#include "shell/session/network.h"

#define AUTHORITY "pages-authority" /* beside the agent's socket */
#define COOKIE "MIT-MAGIC-COOKIE-1"
#define TRIED "IMPROMPTU_NETWORK_TRIED" /* so that it is tried once */
#define PROGRAMS "IMPROMPTU_PROGRAMS" /* the socket of what was started before that */
#define COOKIE_BYTES 16
#define NUMBER_FIRST 4000 /* of the throw-away display: far from those that people and display managers use */
#define NUMBERS 20000
#define TRIES 4
#define READY_MS 5000
#define RESTARTS_MAX 8

/* The environment. */

static const char *const kept_names[] = {
        "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR", "DISPLAY", "XAUTHORITY", "XMODIFIERS",
        "DBUS_SESSION_BUS_ADDRESS", "NO_AT_BRIDGE", "LD_LIBRARY_PATH", "IMPROMPTU_DATA", "IMPROMPTU_DEBUG",
};

/* Of the toolkits, the graphics drivers and the sanitizers. */
static const char *const kept_prefixes[] = {
        "LC_", "XDG_", "GTK_", "GDK_", "G_", "GST_", "GIO_", "GSETTINGS_", "PANGO_", "FC_", "FONTCONFIG_", "XCURSOR_", "AT_SPI_", "IBUS_",
        "LIBGL_", "LIBVA_", "EGL_", "MESA_", "__GL", "__EGL", "DRI_", "GALLIUM_", "VK_", "WEBKIT_", "ASAN_", "UBSAN_", "LSAN_",
};

static gboolean is_kept(const char *name)
{
        for (guint i = 0; i < G_N_ELEMENTS(kept_names); i++) {
                if (strcmp(name, kept_names[i]) == 0)
                        return TRUE;
        }
        for (guint i = 0; i < G_N_ELEMENTS(kept_prefixes); i++) {
                if (g_str_has_prefix(name, kept_prefixes[i]))
                        return !environment_is_key(name);
        }
        return FALSE;
}

void confine_inheritance(void)
{
        environment_clear(environment_take_keys());
        close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
}

void confine_environment(void)
{
        g_auto(GStrv) names = g_listenv();

        for (char **name = names; *name; name++) {
                if (!is_kept(*name))
                        g_unsetenv(*name);
        }
}

/* The network. */

/* WebKit starts web processes with bubblewrap, and ends the program that uses it where that does not work. */
static gboolean sandbox_works(void)
{
        char *argv[] = {"bwrap", "--unshare-all", "--ro-bind", "/", "/", "--proc", "/proc", "true", NULL};
        const GSpawnFlags flags = G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL;
        int status = 0;

        return g_spawn_sync(NULL, argv, NULL, flags, NULL, NULL, NULL, NULL, &status, NULL) && g_spawn_check_wait_status(status, NULL);
}

/* Only a process of one thread gets a user namespace, and WebKit's library starts a thread before main(). The session's program stands
 * beside ours. */
static char *find_session(const char *self)
{
        g_autofree char *real = g_file_read_link("/proc/self/exe", NULL), *found = g_find_program_in_path(self);
        g_autofree char *real_folder = real ? g_path_get_dirname(real) : NULL, *folder = found ? g_path_get_dirname(found) : NULL;
        const char *folders[] = {g_getenv("IMPROMPTU_BIN_FOLDER"), folder, real_folder, IMPROMPTU_BIN};

        for (guint i = 0; i < G_N_ELEMENTS(folders); i++) {
                g_autofree char *path = folders[i] ? g_build_filename(folders[i], "impromptu-session", NULL) : NULL;

                if (path && g_file_test(path, G_FILE_TEST_IS_EXECUTABLE))
                        return g_steal_pointer(&path);
        }
        return NULL;
}

static void child_cb(gpointer user_data)
{
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() != GPOINTER_TO_INT(user_data))
                _exit(1);
}

/* It is this process that a session starts without the network, or that starts itself again so. */
char *confine_programs(char **argv)
{
        g_autofree char *session = find_session(argv[0]), *path = g_strdup(g_getenv(PROGRAMS));
        g_autofree char *name = g_strdup_printf("programs-%d.sock", (int)getpid());
        g_autoptr(GError) error = NULL;
        GPid pid;

        if (path || network_is_empty() || !session)
                return g_steal_pointer(&path);
        path = client_socket_path(name, NULL);
        if (!path)
                return NULL;
        char *words[] = {session, "--programs", path, NULL};
        if (!g_spawn_async(NULL, words, NULL, G_SPAWN_DO_NOT_REAP_CHILD, child_cb, GINT_TO_POINTER(getpid()), &pid, &error)) {
                g_printerr("impromptu-shell: programs cannot be started from here: %s\n", error->message);
                return NULL;
        }
        g_setenv(PROGRAMS, path, TRUE);
        return g_steal_pointer(&path);
}

/* Returns only if that failed. */
static void start_again(char **argv)
{
        g_autofree char *session = find_session(argv[0]), *self = g_file_read_link("/proc/self/exe", NULL);
        g_autoptr(GStrvBuilder) words = g_strv_builder_new();
        g_auto(GStrv) all = NULL;

        if (!session || !self)
                return;
        g_strv_builder_add_many(words, session, "--without-network", self, NULL);
        g_strv_builder_addv(words, (const char **)argv + 1);
        all = g_strv_builder_end(words);
        g_setenv(TRIED, "1", TRUE);
        execv(session, all);
}

gboolean confine_network(char **argv, char **why)
{
        *why = NULL;
        if (network_is_empty())
                return TRUE;
        *why = network_needed();
        if (*why)
                return TRUE;
        if (geteuid() != 0 && !g_getenv(TRIED)) /* as root no page is opened anyway */
                start_again(argv);
        if (sandbox_works()) {
                *why = g_strdup(NETWORK_REFUSED);
                return TRUE;
        }
        *why = g_strdup("No page is opened: user namespaces are switched off here, and without them WebKit cannot confine a page. The "
                        "settings "
                        "user.max_user_namespaces and kernel.apparmor_restrict_unprivileged_userns of sysctl decide that.");
        return FALSE;
}

/* The display. */

struct ConfineDisplay {
        GPid pid;
        int ready;       /* it writes its number there; -1 once it was read */
        guint watch;
        guint restarts;
        char *authority;
};

static void put(GByteArray *bytes, gconstpointer data, guint16 length)
{
        guint16 big = GUINT16_TO_BE(length);

        g_byte_array_append(bytes, (const guint8 *)&big, sizeof big);
        g_byte_array_append(bytes, data, length);
}

/* An authority file with one cookie, which is for every display. A file that an earlier shell left, or another one uses, is as good. */
static gboolean make_authority(ConfineDisplay *display)
{
        g_autoptr(GByteArray) bytes = g_byte_array_new();
        const guint16 wild = GUINT16_TO_BE(FamilyWild);
        guint8 cookie[COOKIE_BYTES];
        g_autofree char *path = client_socket_path(AUTHORITY, NULL), *folder = path ? g_path_get_dirname(path) : NULL, *old = NULL;
        gsize length = 0;

        if (!path || g_mkdir_with_parents(folder, 0700) != 0 || getrandom(cookie, sizeof cookie, 0) != sizeof cookie)
                return FALSE;
        g_byte_array_append(bytes, (const guint8 *)&wild, sizeof wild);
        put(bytes, "", 0);
        put(bytes, "", 0);
        put(bytes, COOKIE, strlen(COOKIE));
        put(bytes, cookie, sizeof cookie);
        display->authority = g_steal_pointer(&path);
        if (g_file_get_contents(display->authority, &old, &length, NULL) && length == bytes->len)
                return TRUE;
        return g_file_set_contents_full(display->authority, (const char *)bytes->data, bytes->len, G_FILE_SET_CONTENTS_CONSISTENT, 0600,
                                        NULL);
}

static gboolean spawn(ConfineDisplay *display, guint number)
{
        g_autofree char *name = g_strdup_printf(":%u", number);
        char *argv[] = {"Xvfb", name, "-displayfd", "3", "-auth", display->authority, "-screen", "0", "16x16x24", "-nolisten", "tcp",
                        "-noreset", "-extension", "GLX", NULL};
        const GSpawnFlags flags = G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL;
        int ends[2], to[] = {3};
        g_autofree char *socket = g_strdup_printf("/tmp/.X11-unix/X%u", number);
        gboolean started;

        /* In a network namespace of its own a server does not notice another one of its number, but takes its socket away. */
        if (g_file_test(socket, G_FILE_TEST_EXISTS) || !g_unix_open_pipe(ends, FD_CLOEXEC, NULL))
                return FALSE;
        started = g_spawn_async_with_pipes_and_fds(NULL, (const char *const *)argv, NULL, flags, child_cb,
                                                   GINT_TO_POINTER(getpid()), -1, -1, -1, &ends[1], to, 1, &display->pid,
                                                   NULL, NULL, NULL, NULL);
        close(ends[1]);
        if (started)
                display->ready = ends[0];
        else
                close(ends[0]);
        return started;
}

ConfineDisplay *confine_display_start(void)
{
        ConfineDisplay *display = g_new0(ConfineDisplay, 1);

        display->ready = -1;
        if (!make_authority(display))
                g_clear_pointer(&display->authority, g_free);
        else
                spawn(display, NUMBER_FIRST + (guint)getpid() % NUMBERS);
        return display;
}

/* Its number, or -1 if it ended or said nothing in time. */
static int read_number(ConfineDisplay *display)
{
        char line[16] = "";
        gsize length = 0;
        gint64 end = g_get_monotonic_time() + READY_MS * G_TIME_SPAN_MILLISECOND;

        while (display->ready >= 0 && length < sizeof line - 1 && !memchr(line, '\n', length)) {
                struct pollfd poll_one = {.fd = display->ready, .events = POLLIN};
                gint64 left = (end - g_get_monotonic_time()) / G_TIME_SPAN_MILLISECOND;
                gssize got = left > 0 && poll(&poll_one, 1, (int)left) == 1 ? read(display->ready, line + length,
                                                                                   sizeof line - 1 - length) : -1;

                if (got <= 0)
                        break;
                length += (gsize)got;
        }
        if (display->ready >= 0)
                close(display->ready);
        display->ready = -1;
        return memchr(line, '\n', length) ? atoi(line) : -1;
}

static void reap(ConfineDisplay *display)
{
        if (!display->pid)
                return;
        kill(display->pid, SIGKILL);
        while (waitpid(display->pid, NULL, 0) < 0 && errno == EINTR)
                ;
        display->pid = 0;
}

static int get_ready(ConfineDisplay *display)
{
        int number = read_number(display);

        for (guint i = 1; number < 0 && display->authority && i < TRIES; i++) {
                reap(display);
                if (spawn(display, NUMBER_FIRST + ((guint)getpid() + i * 997) % NUMBERS))
                        number = read_number(display);
        }
        return number;
}

/* The cookie of the person's display, so that Xlib finds it without the variable. */
static void keep_cookie(void)
{
        const char *name = g_getenv("DISPLAY"), *colon = name ? strrchr(name, ':') : NULL;
        g_autofree char *number = colon ? g_strndup(colon + 1, strcspn(colon + 1, ".")) : NULL;
        const char *host = g_get_host_name();
        char *kinds[] = {(char *)COOKIE};
        int lengths[] = {strlen(COOKIE)};
        Xauth *auth;

        auth = number ? XauGetBestAuthByAddr(FamilyLocal, strlen(host), host, strlen(number), number, 1, kinds, lengths) : NULL;
        if (!auth)
                return;
        XSetAuthorization(auth->name, auth->name_length, auth->data, auth->data_length);
        XauDisposeAuth(auth);
}

/* Web processes end with their display; the next ones need another. */
static void ended_cb(GPid pid, int status, gpointer user_data)
{
        ConfineDisplay *display = user_data;
        g_autofree char *name = NULL;
        int number = -1;

        display->watch = 0;
        display->pid = 0;
        if (display->restarts++ < RESTARTS_MAX)
                number = get_ready(display);
        if (number < 0) {
                g_printerr("impromptu-shell: the display of the pages ended (status %d) and does not start again, so the shell ends.\n",
                           status);
                kill(getpid(), SIGABRT);
                return;
        }
        name = g_strdup_printf(":%d", number);
        g_setenv("DISPLAY", name, TRUE);
        display->watch = g_child_watch_add(display->pid, ended_cb, display);
}

const char *confine_display_use(ConfineDisplay *display)
{
        int number = get_ready(display);
        g_autofree char *name = g_strdup_printf(":%d", number);

        if (number < 0) {
                reap(display);
                return "The throw-away X display for pages does not start (is Xvfb installed?), so a page that takes over its web "
                        "process could see and "
                       "type into other windows.";
        }
        keep_cookie();
        g_setenv("DISPLAY", name, TRUE);
        g_setenv("XAUTHORITY", display->authority, TRUE);
        display->watch = g_child_watch_add(display->pid, ended_cb, display);
        return NULL;
}

void confine_display_free(ConfineDisplay *display)
{
        if (!display)
                return;
        g_clear_handle_id(&display->watch, g_source_remove);
        if (display->pid) {
                kill(display->pid, SIGTERM);
                while (waitpid(display->pid, NULL, 0) < 0 && errno == EINTR)
                        ;
        }
        if (display->ready >= 0)
                close(display->ready);
        g_free(display->authority);
        g_free(display);
}
