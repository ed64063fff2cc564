#include "server.h"

#include "call.h"
#include "cgroup.h"
#include "data.h"
#include "packages/install.h"
#include "packages/names.h"
#include "packages/store.h"
#include "sets.h"
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <json.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

typedef struct {
        GMainLoop *loop;
        Pool *pool;
        Sets *sets;
        GSource *refill;    /* the next spare is ordered then */
        Installer *installer;
        GQueue line;        /* Request that wait */
        GPtrArray *readers; /* Reader */
        int listener;       /* -1 without one */
        GSource *accepting; /* NULL while there are as many readers as may be: others wait in the kernel's line */
        guint running;
        gboolean one;       /* the first connection's end is the server's */
} Server;

typedef struct {
        Server *server;
        Wire *wire; /* NULL once the other side has gone */
        GPtrArray *requests;
} Reader;

typedef struct {
        Reader *reader; /* NULL once it has gone */
        Server *server;
        gint64 id;
        char *body, *world, *app, *tool;
        PlanRequest plan;
        Call *call;
        GStrv packages;     /* in their one spelling, or NULL */
        char *site;         /* their folder, once there is one */
        gboolean install;   /* they may be installed */
        enum { PACKAGES_NONE, PACKAGES_WANTED, PACKAGES_INSTALLING } wanting; /* the call failed for want of a module */
} Request;

static void start_waiting(Server *server);
static void refill(Server *server);
static void install(Request *request);
static void accept_more(Server *server);

/* ---- requests */

static void clear_grant(gpointer data)
{
        g_free((char *)((SandboxGrant *)data)->resource);
}

static void request_free(Request *request)
{
        if (request->reader)
                g_ptr_array_remove_fast(request->reader->requests, request);
        g_array_unref(request->plan.grants);
        g_free(request->body);
        g_free(request->world);
        g_free(request->app);
        g_free(request->tool);
        g_strfreev(request->packages);
        g_free(request->site);
        g_free(request);
}

static void send_answer(Request *request, const CallAnswer *answer)
{
        json_object *head = json_object_new_object(), *error, *raised = NULL, *part;
        const char *message = answer->message;

        json_object_object_add(head, "id", json_object_new_int64(request->id));
        json_object_object_add(head, "elapsed_us", json_object_new_int64(answer->elapsed_us));
        json_object_object_add(head, "log", json_object_new_string(answer->log ? answer->log : ""));
        if (answer->net)
                json_object_object_add(head, "net", json_object_get(answer->net));
        if (answer->error >= 0) {
                if (answer->raised) {
                        json_tokener *tokener = json_tokener_new_ex(4);

                        json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
                        raised = json_tokener_parse_ex(tokener, answer->raised, (int)answer->raised_size);
                        json_tokener_free(tokener);
                }
                if (raised && json_object_object_get_ex(raised, "message", &part))
                        message = json_object_get_string(part);
                error = json_object_new_object();
                json_object_object_add(error, "kind", json_object_new_string(wire_error_name(answer->error)));
                json_object_object_add(error, "message", json_object_new_string(message ? message : ""));
                json_object_object_add(head, "error", error);
                if (answer->refused)
                        json_object_object_add(head, "refused", json_object_new_boolean(1));
                if (raised && json_object_object_get_ex(raised, "traceback", &part))
                        json_object_object_add(head, "traceback", json_object_get(part));
                json_object_put(raised);
        }
        if (request->reader && request->reader->wire)
                wire_send_files(request->reader->wire, head, answer->result, answer->result_size, answer->files);
        else
                json_object_put(head);
}

static void send_refusal(Request *request, gint error, const char *message)
{
        send_answer(request, &(CallAnswer){.error = error, .message = message, .refused = TRUE});
}

/* Whether it failed because of a module that is not there: what Python says, not what the tool's text looks like. */
static gboolean lacks_module(const CallAnswer *answer)
{
        static const char *const says[] = {"{\"message\": \"ModuleNotFoundError: ", "{\"message\": \"ImportError: "};

        for (guint i = 0; answer->raised && i < G_N_ELEMENTS(says); i++)
                if (answer->raised_size > strlen(says[i]) && memcmp(answer->raised, says[i], strlen(says[i])) == 0)
                        return TRUE;
        return FALSE;
}

static void answered_cb(Call *call, const CallAnswer *answer, gpointer data)
{
        Request *request = data;

        if (request->packages && !request->site && request->reader && lacks_module(answer))
                request->wanting = PACKAGES_WANTED;
        else
                send_answer(request, answer);
        refill(request->server);
}

static void progress_cb(Call *call, gboolean part, const char *text, gsize size, gpointer data)
{
        Request *request = data;
        json_object *head;

        if (!request->reader || !request->reader->wire)
                return;
        head = json_object_new_object();
        json_object_object_add(head, "id", json_object_new_int64(request->id));
        json_object_object_add(head, part ? "part" : "progress", json_object_new_boolean(1));
        wire_send(request->reader->wire, head, text, size);
}

static void refill(Server *server)
{
        watch_clear(&server->refill);
        if (server->pool)
                pool_refill(server->pool);
}

static gboolean refill_cb(gpointer data)
{
        refill(data);
        return G_SOURCE_CONTINUE;
}

/* Most tools are done in a moment, and the next spare is ordered then; it does not wait for one that takes long. */
static void started_cb(Call *call, gpointer data)
{
        Request *request = data;

        if (request->site && request->server->sets)
                pool_refill(sets_pool(request->server->sets, request->site));
        else if (!request->server->refill)
                request->server->refill = watch_after(SERVER_REFILL_MS, refill_cb, request->server);
}

static void gone_cb(Call *call, gpointer data)
{
        Request *request = data;
        Server *server = request->server;

        request->call = NULL;
        server->running--;
        refill(server);
        if (request->wanting == PACKAGES_WANTED && request->reader)
                install(request);
        else
                request_free(request);
        start_waiting(server);
}

/* ---- Python packages */

static void installed_cb(const char *site, const char *message, gpointer data)
{
        Request *request = data;

        request->wanting = PACKAGES_NONE;
        if (site) {
                request->site = g_strdup(site);
                request->plan.site = request->site;
                g_queue_push_head(&request->server->line, request);
                start_waiting(request->server);
        } else {
                send_answer(request, &(CallAnswer){.error = SANDBOX_ERROR_PACKAGES, .message = message});
                request_free(request);
        }
}

static void install(Request *request)
{
        g_autofree char *names = g_strjoinv(", ", request->packages);

        request->wanting = PACKAGES_INSTALLING;
        if (request->install) {
                installer_add(request->server->installer, (const char *const *)request->packages, installed_cb, request);
        } else {
                g_autofree char *message = g_strdup_printf("The tool needs Python packages that are not installed: %s.", names);

                installed_cb(NULL, message, request);
        }
}

/* TRUE when the request has left the line: it runs, or was refused. */
static gboolean start_request(Server *server, Request *request)
{
        const CallFuncs funcs = {.started = started_cb, .progress = progress_cb, .answered = answered_cb, .gone = gone_cb, .data = request};
        g_autoptr(GError) error = NULL;
        const char *message;
        Pool *pool;
        Plan *plan;
        Spare spare;

        pool = sets_pool(server->sets, request->site);
        if (!pool_take(pool, &spare, &message)) {
                if (message) {
                        send_refusal(request, SANDBOX_ERROR_UNAVAILABLE, message);
                        request_free(request);
                }
                return message != NULL;
        }
        plan = plan_new(&request->plan, &error);
        if (plan) {
                request->call = call_start(plan, spare, &request->plan, &funcs);
                server->running++;
        } else {
                pool_kill(&spare);
                send_refusal(request, error->code, error->message);
                request_free(request);
        }
        /* Making the next spare would hold up a call that is alone: both want the kernel's locks on mounts, and the same pages. Where
         * several run it is the spare that is waited for. */
        if (server->running != 1)
                pool_refill(pool);
        return TRUE;
}

static void start_waiting(Server *server)
{
        while (server->running < SANDBOX_CALLS_AT_ONCE && !g_queue_is_empty(&server->line)) {
                Request *request = g_queue_peek_head(&server->line);

                if (!start_request(server, request))
                        break;
                g_queue_pop_head(&server->line);
        }
}

static void ready_cb(gpointer data)
{
        Server *server = data;

        if (!server->installer)
                return;
        installer_ready(server->installer);
        start_waiting(server);
}

static double number(json_object *head, const char *name, double otherwise, double most)
{
        json_object *value;
        double given = json_object_object_get_ex(head, name, &value) ? json_object_get_double(value) : 0;

        return given > 0 ? MIN(given, most) : otherwise;
}

static gboolean read_grants(json_object *head, GArray *grants)
{
        json_object *list;

        if (!json_object_object_get_ex(head, "grants", &list))
                return TRUE;
        if (!json_object_is_type(list, json_type_array) || json_object_array_length(list) > JOB_FDS_MAX)
                return FALSE;
        for (gsize i = 0; i < json_object_array_length(list); i++) {
                json_object *pair = json_object_array_get_idx(list, i);
                SandboxGrant grant;
                int kind;

                if (!json_object_is_type(pair, json_type_array) || json_object_array_length(pair) != 2)
                        return FALSE;
                kind = wire_grant_from_name(json_object_get_string(json_object_array_get_idx(pair, 0)));
                if (kind < 0 || !json_object_is_type(json_object_array_get_idx(pair, 1), json_type_string))
                        return FALSE;
                grant = (SandboxGrant){(SandboxGrantKind)kind, g_strdup(json_object_get_string(json_object_array_get_idx(pair, 1)))};
                g_array_append_val(grants, grant);
        }
        return TRUE;
}

static gboolean read_packages(Request *request, json_object *head)
{
        json_object *list, *value;
        gsize n;

        if (!json_object_object_get_ex(head, "packages", &list))
                return TRUE;
        if (!json_object_is_type(list, json_type_array) || !(n = json_object_array_length(list)) || n > PACKAGES_MAX)
                return FALSE;
        request->packages = g_new0(char *, n + 1);
        for (gsize i = 0; i < n; i++) {
                const char *why;

                value = json_object_array_get_idx(list, i);
                if (!json_object_is_type(value, json_type_string) ||
                    !(request->packages[i] = package_canonical(json_object_get_string(value), &why)))
                        return FALSE;
        }
        request->install = json_object_object_get_ex(head, "install", &value) && json_object_get_boolean(value);
        request->site = store_find((const char *const *)request->packages);
        request->plan.site = request->site;
        return TRUE;
}

static gboolean read_request(Request *request, json_object *head, const char *body, gsize size)
{
        json_object *value;
        gint64 source = json_object_object_get_ex(head, "source", &value) ? json_object_get_int64(value) : -1;

        if (size > WIRE_REQUEST_MAX || source < 0 || source > SERVER_SOURCE_MAX || (gsize)source > size ||
            !read_grants(head, request->plan.grants) || !read_packages(request, head))
                return FALSE;
        request->body = g_memdup2(body, size);
        if (json_object_object_get_ex(head, "world", &value))
                request->world = g_strdup(json_object_get_string(value));
        if (json_object_object_get_ex(head, "app", &value))
                request->app = g_strdup(json_object_get_string(value));
        if (json_object_object_get_ex(head, "tool", &value))
                request->tool = g_strdup(json_object_get_string(value));
        if (!request->app != !request->tool || (request->app && (!data_is_name(request->app) || !data_is_name(request->tool))))
                return FALSE;
        request->plan.app = request->app;
        request->plan.tool = request->tool;
        request->plan.source = request->body;
        request->plan.source_size = (gsize)source;
        request->plan.arguments = request->body + source;
        request->plan.arguments_size = size - (gsize)source;
        request->plan.world = request->world;
        request->plan.seconds = number(head, "seconds", SANDBOX_SECONDS, SERVER_SECONDS_MAX);
        request->plan.memory_mb = (guint)number(head, "memory_mb", SANDBOX_MEMORY_MB, SERVER_MEMORY_MB_MAX);
        request->plan.processes = (guint)number(head, "processes", SANDBOX_PROCESSES, SERVER_PROCESSES_MAX);
        request->plan.output_max = (gsize)number(head, "output", SANDBOX_OUTPUT_MAX, SANDBOX_OUTPUT_MOST);
        return TRUE;
}

/* Takes a request that does not run out of what it waits in. */
static void leave_line(Request *request)
{
        if (request->wanting == PACKAGES_INSTALLING)
                installer_drop(request->server->installer, request);
        else
                g_queue_remove(&request->server->line, request);
}

static void cancel(Reader *reader, gint64 id)
{
        for (guint i = 0; i < reader->requests->len; i++) {
                Request *request = reader->requests->pdata[i];

                if (request->id != id)
                        continue;
                if (request->wanting == PACKAGES_WANTED) {
                        /* it has answered, and nobody was told; it is forgotten when it has gone */
                        request->wanting = PACKAGES_NONE;
                        send_refusal(request, SANDBOX_ERROR_CANCELLED, "The call was cancelled.");
                } else if (request->call) {
                        call_cancel(request->call);
                } else {
                        leave_line(request);
                        send_refusal(request, SANDBOX_ERROR_CANCELLED, "The call was cancelled.");
                        request_free(request);
                }
                return;
        }
}

/* Unasked, so that whoever starts a server can tell what holds. */
static void send_holds(Reader *reader)
{
        g_autofree char *text = server_status_holds();
        json_object *head = json_object_new_object();

        json_object_object_add(head, "holds", json_object_new_string(text));
        wire_send(reader->wire, head, NULL, 0);
}

static void send_status(Reader *reader, gint64 id)
{
        g_autofree char *holds = server_status_holds(), *text = server_status_text(holds);
        json_object *head = json_object_new_object();

        json_object_object_add(head, "id", json_object_new_int64(id));
        json_object_object_add(head, "status", json_object_new_string(text));
        json_object_object_add(head, "worker", json_object_new_int(pool_worker_pid(reader->server->pool)));
        wire_send(reader->wire, head, NULL, 0);
}

static void frame_cb(json_object *head, const char *body, gsize size, gpointer data)
{
        Reader *reader = data;
        Server *server = reader->server;
        json_object *value;
        Request *request;
        gint64 id = json_object_object_get_ex(head, "id", &value) ? json_object_get_int64(value) : 0;

        if (json_object_object_get_ex(head, "cancel", NULL)) {
                cancel(reader, id);
                return;
        }
        if (json_object_object_get_ex(head, "status", NULL)) {
                send_status(reader, id);
                return;
        }
        request = g_new0(Request, 1);
        request->server = server;
        request->reader = reader;
        request->id = id;
        request->plan.grants = g_array_new(FALSE, FALSE, sizeof(SandboxGrant));
        g_array_set_clear_func(request->plan.grants, clear_grant);
        g_ptr_array_add(reader->requests, request);
        if (!read_request(request, head, body, size)) {
                send_refusal(request, SANDBOX_ERROR_GRANT, "The call is not one that the sandbox can read.");
                request_free(request);
        } else if (g_queue_get_length(&server->line) >= SERVER_LINE_MAX) {
                send_refusal(request, SANDBOX_ERROR_UNAVAILABLE, "Too many tool calls are waiting. Try again in a moment.");
                request_free(request);
        } else {
                g_queue_push_tail(&server->line, request);
                start_waiting(server);
        }
}

/* ---- connections */

static void closed_cb(gpointer data)
{
        Reader *reader = data;
        Server *server = reader->server;

        g_clear_pointer(&reader->wire, wire_free);
        while (reader->requests->len) {
                Request *request = g_ptr_array_steal_index_fast(reader->requests, reader->requests->len - 1);

                request->reader = NULL;
                if (request->call) {
                        call_cancel(request->call);
                } else {
                        leave_line(request);
                        request_free(request);
                }
        }
        g_ptr_array_unref(reader->requests);
        g_ptr_array_remove_fast(server->readers, reader);
        g_free(reader);
        if (server->one)
                g_main_loop_quit(server->loop);
        accept_more(server);
}

static void add_reader(Server *server, int fd)
{
        Reader *reader = g_new0(Reader, 1);

        reader->server = server;
        reader->requests = g_ptr_array_new();
        reader->wire = wire_new(fd, frame_cb, closed_cb, reader);
        g_ptr_array_add(server->readers, reader);
}

static gboolean connection_cb(gint listener, GIOCondition condition, gpointer data)
{
        Server *server = data;
        struct ucred peer;
        socklen_t size = sizeof peer;
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

        if (fd < 0)
                return G_SOURCE_CONTINUE;
        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 || peer.uid != getuid())
                close(fd);
        else
                add_reader(server, fd);
        if (server->readers->len >= SERVER_READERS_MAX)
                watch_clear(&server->accepting);
        return G_SOURCE_CONTINUE;
}

static void accept_more(Server *server)
{
        if (server->listener >= 0 && !server->accepting)
                server->accepting = watch_fd(server->listener, G_IO_IN, G_SOURCE_FUNC(connection_cb), server);
}

/* Takes away what a server left that was killed: a socket of ours at which nobody listens. */
static gboolean clear_stale(const struct sockaddr_un *address)
{
        struct stat about;
        int fd, problem;

        if (lstat(address->sun_path, &about) < 0 || !S_ISSOCK(about.st_mode) || about.st_uid != geteuid())
                return FALSE;
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        problem = fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof *address) < 0 ? errno : 0;
        if (fd >= 0)
                close(fd);
        return problem == ECONNREFUSED && unlink(address->sun_path) == 0;
}

static int bind_socket(const char *path)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        mode_t before;
        gboolean done;

        if (fd < 0 || strlen(path) >= sizeof address.sun_path) {
                g_printerr("impromptu-sandbox: %s: %s\n", path, fd < 0 ? g_strerror(errno) : "the path is too long for a socket");
                return -1;
        }
        memcpy(address.sun_path, path, strlen(path) + 1);
        before = umask(0177);
        done = bind(fd, (struct sockaddr *)&address, sizeof address) == 0 ||
               (errno == EADDRINUSE && clear_stale(&address) && bind(fd, (struct sockaddr *)&address, sizeof address) == 0);
        done = done && listen(fd, SERVER_READERS_MAX) == 0;
        umask(before);
        if (!done) {
                g_printerr("impromptu-sandbox: %s: %s\n", path, g_strerror(errno));
                close(fd);
                return -1;
        }
        return fd;
}

static gboolean signal_cb(gpointer data)
{
        g_main_loop_quit(((Server *)data)->loop);
        return G_SOURCE_CONTINUE;
}

/* At the end every connection's calls are killed; should one survive that for a moment, it dies with us (PDEATHSIG). */
static int run(Server *server)
{
        g_autofree char *program = server_worker_program();

        g_unix_signal_add(SIGTERM, signal_cb, server);
        g_unix_signal_add(SIGINT, signal_cb, server);
        cgroup_available(NULL); /* before there are other processes */
        server->pool = pool_new(program, ready_cb, server);
        server->sets = sets_new(program, server->pool, ready_cb, server);
        server->installer = installer_new(server->pool);
        g_main_loop_run(server->loop);
        while (server->readers->len)
                closed_cb(server->readers->pdata[0]);
        g_clear_pointer(&server->installer, installer_free);
        g_clear_pointer(&server->sets, sets_free);
        watch_clear(&server->refill);
        g_clear_pointer(&server->pool, pool_free);
        cgroup_leave();
        g_ptr_array_unref(server->readers);
        g_main_loop_unref(server->loop);
        return 0;
}

static void init(Server *server)
{
        *server = (Server){.loop = g_main_loop_new(NULL, FALSE), .line = G_QUEUE_INIT, .readers = g_ptr_array_new(),
                            .listener = -1};
}

int server_run_fd(int fd)
{
        Server server;

        prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0); /* it clears up; what it started is killed with it */
        setsid(); /* Ctrl+C and timeout(1) reach a whole group: the client cancels, and its answer still comes */
        fcntl(fd, F_SETFD, FD_CLOEXEC);
        init(&server);
        server.one = TRUE;
        add_reader(&server, fd);
        send_holds(server.readers->pdata[0]);
        return run(&server);
}

int server_run_socket(const char *path)
{
        Server server;
        int listener = bind_socket(path);

        if (listener < 0)
                return 1;
        init(&server);
        server.listener = listener;
        accept_more(&server);
        run(&server);
        watch_clear(&server.accepting);
        close(listener);
        unlink(path);
        return 0;
}

char *server_worker_program(void)
{
        g_autofree char *self = g_file_read_link("/proc/self/exe", NULL), *folder = self ? g_path_get_dirname(self) : g_strdup(".");
        g_autofree char *beside = g_build_filename(folder, "impromptu-sandbox-worker", NULL);

        return g_file_test(beside, G_FILE_TEST_IS_EXECUTABLE) ? g_steal_pointer(&beside) : g_build_filename(SANDBOX_LIBEXEC,
                                                                                                            "impromptu-sandbox-worker",
                                                                                                            NULL);
}
