/* The client: one impromptu-sandbox as a child, calls over a socket pair, and a line of those that wait. When the child dies, what it was
 * doing fails and the next call starts another. */
#include "client.h"

#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixsocketaddress.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define SERVER_FD 3
#define LINE_MAX_CALLS 512 /* calls that wait */

struct SandboxClient {
        char *program, *socket; /* one of them */
        GPid pid;
        Wire *wire;
        guint64 last_id;
        GQueue line;          /* GTask that wait */
        GHashTable *running;  /* id → GTask */
        SandboxToldFunc told; /* or NULL */
};

typedef struct {
        SandboxClient *client;
        guint64 id;           /* 0: still in line */
        json_object *head;
        GByteArray *body;
        SandboxResult *result;
        char *log;
        json_object *net;
        gulong cancelled;
        gboolean done;
        SandboxProgressFunc progress;
        gpointer user_data;
} Pending;

G_DEFINE_QUARK(sandbox-error, sandbox_error)

void sandbox_result_free(SandboxResult *result)
{
        if (!result)
                return;
        json_object_put(result->result);
        g_clear_pointer(&result->files, g_array_unref);
        json_object_put(result->net);
        g_free(result->traceback);
        g_free(result->log);
        g_free(result);
}

static void pending_free(gpointer data)
{
        Pending *pending = data;

        json_object_put(pending->head);
        if (pending->body)
                g_byte_array_unref(pending->body);
        sandbox_result_free(pending->result);
        g_free(pending->log);
        json_object_put(pending->net);
        g_free(pending);
}

/* ---- answers */

/* A result is data from a program nobody has read: JSON has no NaN, and what is no JSON is no result. */
static gboolean is_finite(json_object *value)
{
        if (json_object_is_type(value, json_type_double))
                return isfinite(json_object_get_double(value));
        if (json_object_is_type(value, json_type_array)) {
                for (gsize i = 0; i < json_object_array_length(value); i++)
                        if (!is_finite(json_object_array_get_idx(value, i)))
                                return FALSE;
        } else if (json_object_is_type(value, json_type_object)) {
                struct json_object_iterator at = json_object_iter_begin(value), end = json_object_iter_end(value);

                for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at))
                        if (!is_finite(json_object_iter_peek_value(&at)))
                                return FALSE;
        }
        return TRUE;
}

static json_object *parse_result(const char *text, gsize size)
{
        json_tokener *tokener = json_tokener_new_ex(WIRE_DEPTH_MAX);
        json_object *result;

        json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
        result = size <= SANDBOX_OUTPUT_MOST ? json_tokener_parse_ex(tokener, text, (int)size) : NULL;
        json_tokener_free(tokener);
        if (result && (!json_object_is_type(result, json_type_object) || !is_finite(result)))
                g_clear_pointer(&result, json_object_put);
        return result;
}

static const char *get_text(json_object *object, const char *name)
{
        json_object *value;

        if (!json_object_object_get_ex(object, name, &value) || !json_object_is_type(value, json_type_string))
                return NULL;
        return json_object_get_string(value);
}

/* ---- files */

static void clear_file(gpointer data)
{
        SandboxFile *file = data;

        close(file->fd);
        g_free(file->name);
}

/* What a page may get. Nothing that is a page itself, or a script. */
static const char *known_type(const char *type)
{
        static const char *const types[] = {
                "image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp", "image/svg+xml", "audio/mpeg",
                "audio/ogg", "audio/wav", "audio/flac", "audio/mp4", "video/mp4", "video/webm", "video/ogg", "text/plain", "text/csv",
                "text/markdown", "application/json",
                "application/pdf", "application/zip", "application/gzip", "application/vnd.sqlite3", "font/ttf", "font/otf", "font/woff2",
        };

        for (guint i = 0; type && i < G_N_ELEMENTS(types); i++)
                if (g_str_equal(types[i], type))
                        return types[i];
        return "application/octet-stream";
}

static char *plain_name(const char *name)
{
        g_autofree char *valid = name ? g_utf8_make_valid(name, -1) : NULL;
        GString *plain = g_string_new(NULL);

        for (const char *c = valid; c && *c && g_utf8_strlen(plain->str, -1) < SANDBOX_FILE_NAME_MAX; c = g_utf8_next_char(c)) {
                gunichar character = g_utf8_get_char(c);

                if (g_unichar_isprint(character) && g_unichar_type(character) != G_UNICODE_FORMAT && character != '/' && character != '\\')
                        g_string_append_unichar(plain, character);
        }
        return g_string_free(plain, plain->len == 0);
}

static SandboxFile *file_at(GArray *files, json_object *value)
{
        json_object *place;
        gint64 n;

        if (!files || !json_object_object_get_ex(value, "$file", &place) || !json_object_is_type(place, json_type_int))
                return NULL;
        n = json_object_get_int64(place);
        return n >= 0 && n < files->len ? &g_array_index(files, SandboxFile, n) : NULL;
}

const SandboxFile *sandbox_result_file(const SandboxResult *result, json_object *value)
{
        return file_at(result->files, value);
}

/* Where a file stands, what the tool says of it: its type and name. */
static void describe_files(json_object *value, GArray *files)
{
        SandboxFile *file = file_at(files, value);

        if (json_object_is_type(value, json_type_array)) {
                for (gsize i = 0; i < json_object_array_length(value); i++)
                        describe_files(json_object_array_get_idx(value, i), files);
        } else if (file) {
                file->type = known_type(get_text(value, "type"));
                g_free(file->name);
                file->name = plain_name(get_text(value, "name"));
                json_object_object_del(value, "type");
                json_object_object_del(value, "name");
        } else if (json_object_is_type(value, json_type_object)) {
                struct json_object_iterator at = json_object_iter_begin(value), end = json_object_iter_end(value);

                for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at))
                        describe_files(json_object_iter_peek_value(&at), files);
        }
}

/* Only sealed memory can be mapped without fear, whoever serves at the other end. */
static GArray *take_files(Wire *wire, json_object *head)
{
        const int seals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK;
        json_object *count;
        gint64 n = json_object_object_get_ex(head, "files", &count) ? json_object_get_int64(count) : 0;
        GArray *files = n > 0 ? g_array_new(FALSE, FALSE, sizeof(SandboxFile)) : NULL;
        gboolean good = TRUE;

        if (!files)
                return NULL;
        g_array_set_clear_func(files, clear_file);
        for (gint64 i = 0; i < MIN(n, SANDBOX_FILES_MAX) && good; i++) {
                SandboxFile file = {.fd = wire_take_file(wire), .type = known_type(NULL)};
                struct stat about;

                good = file.fd >= 0 && fstat(file.fd, &about) == 0 && (fcntl(file.fd, F_GET_SEALS) & seals) == seals;
                file.size = good ? about.st_size : 0;
                if (file.fd >= 0)
                        g_array_append_val(files, file);
        }
        if (good && n <= SANDBOX_FILES_MAX)
                return files;
        g_array_unref(files);
        return NULL;
}

/* ---- the end of a call */

static void finish(GTask *task, GError *error)
{
        Pending *pending = g_task_get_task_data(task);

        if (pending->done)
                return;
        pending->done = TRUE;
        if (pending->cancelled) {
                g_signal_handler_disconnect(g_task_get_cancellable(task), pending->cancelled);
                pending->cancelled = 0;
        }
        if (error)
                g_task_return_error(task, error);
        else
                g_task_return_boolean(task, TRUE);
}

/* Takes files. */
static void take_answer(GTask *task, json_object *head, GArray *files, const char *body, gsize size)
{
        Pending *pending = g_task_get_task_data(task);
        SandboxResult *result = pending->result = g_new0(SandboxResult, 1);
        json_object *value, *error = NULL;
        int kind;

        result->files = files;
        result->log = g_strdup(get_text(head, "log"));
        pending->log = g_strdup(result->log);
        if (json_object_object_get_ex(head, "net", &value) && json_object_is_type(value, json_type_array)) {
                result->net = json_object_get(value);
                pending->net = json_object_get(value);
        }
        result->traceback = g_strdup(get_text(head, "traceback"));
        result->elapsed_us = json_object_object_get_ex(head, "elapsed_us", &value) ? json_object_get_int64(value) : 0;
        if (json_object_object_get_ex(head, "error", &error)) {
                kind = wire_error_from_name(get_text(error, "kind"));
                finish(task, g_error_new(SANDBOX_ERROR, kind < 0 ? SANDBOX_ERROR_CRASHED : kind, "%s", get_text(error, "message")
                                         ? get_text(error, "message") : ""));
        } else if (json_object_object_get_ex(head, "files", NULL) && !files) {
                finish(task, g_error_new_literal(SANDBOX_ERROR, SANDBOX_ERROR_OUTPUT, "The files of the result were lost on their way."));
        } else if ((result->result = parse_result(body, size))) {
                if (files)
                        describe_files(result->result, files);
                finish(task, NULL);
        } else {
                finish(task, g_error_new_literal(SANDBOX_ERROR, SANDBOX_ERROR_OUTPUT, "The tool's result is not a JSON object."));
        }
}

static void take_progress(GTask *task, const char *body, gsize size)
{
        Pending *pending = g_task_get_task_data(task);
        json_object *progress;

        if (!pending->progress || pending->done || g_cancellable_is_cancelled(g_task_get_cancellable(task)))
                return;
        progress = parse_result(body, size);
        if (progress)
                pending->progress(progress, pending->user_data);
        json_object_put(progress);
}

static void start_waiting(SandboxClient *client);

static void frame_cb(json_object *head, const char *body, gsize size, gpointer data)
{
        SandboxClient *client = data;
        json_object *value;
        gint64 id = json_object_object_get_ex(head, "id", &value) ? json_object_get_int64(value) : 0;
        GTask *task = g_hash_table_lookup(client->running, &id);
        GArray *files = take_files(client->wire, head);

        if (client->told && get_text(head, "holds"))
                client->told(get_text(head, "holds"));
        if (!task) {
                g_clear_pointer(&files, g_array_unref);
                return;
        }
        g_object_ref(task);
        if (json_object_object_get_ex(head, "progress", NULL) || json_object_object_get_ex(head, "part", NULL)) {
                take_progress(task, body, size);
                g_clear_pointer(&files, g_array_unref);
                g_object_unref(task);
                return;
        }
        g_hash_table_remove(client->running, &id);
        take_answer(task, head, files, body, size);
        g_object_unref(task);
        start_waiting(client);
}

/* ---- the server */

static void collect_cb(GPid pid, gint status, gpointer data)
{
        g_spawn_close_pid(pid);
}

static void let_go(SandboxClient *client)
{
        g_clear_pointer(&client->wire, wire_free);
        if (client->pid) {
                GSource *watch = g_child_watch_source_new(client->pid);

                kill(client->pid, SIGTERM); /* it clears up and ends, as it does when we end */
                g_source_set_callback(watch, G_SOURCE_FUNC(collect_cb), NULL, NULL);
                g_source_attach(watch, g_main_context_get_thread_default());
                g_source_unref(watch);
                client->pid = 0;
        }
}

static void fail_all(SandboxClient *client, SandboxError code, const char *message)
{
        GHashTableIter iter;
        gpointer value;
        g_autoptr(GPtrArray) tasks = g_ptr_array_new_with_free_func(g_object_unref);

        g_hash_table_iter_init(&iter, client->running);
        while (g_hash_table_iter_next(&iter, NULL, &value))
                g_ptr_array_add(tasks, g_object_ref(value));
        g_hash_table_remove_all(client->running);
        for (guint i = 0; i < tasks->len; i++)
                finish(tasks->pdata[i], g_error_new_literal(SANDBOX_ERROR, code, message));
}

static void closed_cb(gpointer data)
{
        SandboxClient *client = data;

        let_go(client);
        fail_all(client, SANDBOX_ERROR_CRASHED, "The sandbox was ended while the tool ran. The next call starts it again.");
        start_waiting(client);
}

/* What the server may know: where things are that it has to hide, and what the person's pip is told about package indexes. No key, no
 * token of ours. */
static GStrv clean_environment(void)
{
        static const char *const names[] = {"HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME",
                                            "XDG_RUNTIME_DIR", "PULSE_SERVER", "PULSE_COOKIE", "XDG_CONFIG_DIRS", "PIP_CONFIG_FILE", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL",
                                            "PIP_NO_INDEX", "PIP_FIND_LINKS", "PIP_TRUSTED_HOST", "PIP_CERT", "PIP_TIMEOUT",
                                            "PIP_DEFAULT_TIMEOUT"};
        GStrv environment = g_new0(char *, 1);

        environment = g_environ_setenv(environment, "PATH", "/usr/bin:/bin", TRUE);
        environment = g_environ_setenv(environment, "LANG", "C.UTF-8", TRUE);
        for (guint i = 0; i < G_N_ELEMENTS(names); i++)
                if (g_getenv(names[i]))
                        environment = g_environ_setenv(environment, names[i], g_getenv(names[i]), TRUE);
        return environment;
}

static int spawn(SandboxClient *client, GError **error)
{
        const char *arguments[] = {client->program, "serve", "--fd", "3", NULL};
        const int target = SERVER_FD;
        g_auto(GStrv) environment = clean_environment();
        int pair[2];
        gboolean done;

        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
                g_set_error(error, SANDBOX_ERROR, SANDBOX_ERROR_UNAVAILABLE, "Tools cannot be run: no socket could be made (%s).",
                            g_strerror(errno));
                return -1;
        }
        /* every descriptor but these is closed in the child */
        done = g_spawn_async_with_pipes_and_fds(NULL, arguments, (const char *const *)environment, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL,
                                                -1, -1, -1, &pair[1],
                                                &target, 1, &client->pid, NULL, NULL, NULL, NULL);
        close(pair[1]);
        if (done)
                return pair[0];
        close(pair[0]);
        g_set_error(error, SANDBOX_ERROR, SANDBOX_ERROR_UNAVAILABLE,
                    "Tools cannot be run: %s cannot be started. Is Impromptu installed completely?", client->program);
        return -1;
}

static int reach(SandboxClient *client, GError **error)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        g_strlcpy(address.sun_path, client->socket, sizeof address.sun_path);
        if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
                return fd;
        g_set_error(error, SANDBOX_ERROR, SANDBOX_ERROR_UNAVAILABLE, "No sandbox answers at %s (%s).", client->socket, g_strerror(errno));
        if (fd >= 0)
                close(fd);
        return -1;
}

static gboolean ensure(SandboxClient *client, GError **error)
{
        int fd;

        if (client->wire)
                return TRUE;
        fd = client->program ? spawn(client, error) : reach(client, error);
        if (fd < 0)
                return FALSE;
        client->wire = wire_new(fd, frame_cb, closed_cb, client);
        wire_accept_files(client->wire);
        return TRUE;
}

/* ---- calls */

static void start_task(SandboxClient *client, GTask *task)
{
        Pending *pending = g_task_get_task_data(task);
        GError *error = NULL;
        gint64 *key;

        if (!ensure(client, &error)) {
                finish(task, error);
                return;
        }
        pending->id = ++client->last_id;
        json_object_object_add(pending->head, "id", json_object_new_int64((gint64)pending->id));
        key = g_new(gint64, 1);
        *key = (gint64)pending->id;
        g_hash_table_insert(client->running, key, g_object_ref(task));
        wire_send(client->wire, g_steal_pointer(&pending->head), pending->body->data, pending->body->len);
        g_clear_pointer(&pending->body, g_byte_array_unref);
}

static void start_waiting(SandboxClient *client)
{
        while (g_hash_table_size(client->running) < SANDBOX_CALLS_AT_ONCE && !g_queue_is_empty(&client->line)) {
                g_autoptr(GTask) task = g_queue_pop_head(&client->line);

                if (!((Pending *)g_task_get_task_data(task))->done)
                        start_task(client, task);
        }
}

/* The server kills the call and answers that it did; one that still waits in line here is only taken out of it. */
static void cancelled_cb(GCancellable *cancellable, gpointer data)
{
        GTask *task = data;
        Pending *pending = g_task_get_task_data(task);
        SandboxClient *client = pending->client;

        if (pending->done)
                return;
        if (pending->id && client->wire) {
                json_object *head = json_object_new_object();

                json_object_object_add(head, "id", json_object_new_int64((gint64)pending->id));
                json_object_object_add(head, "cancel", json_object_new_boolean(1));
                wire_send(client->wire, head, NULL, 0);
        } else if (g_queue_remove(&client->line, task)) {
                g_autoptr(GTask) held = task;

                finish(task, g_error_new_literal(SANDBOX_ERROR, SANDBOX_ERROR_CANCELLED, "The call was cancelled."));
        }
}

static json_object *make_head(const SandboxCall *call)
{
        json_object *head = json_object_new_object(), *grants = json_object_new_array();

        for (gsize i = 0; i < call->n_grants; i++) {
                json_object *pair = json_object_new_array();

                json_object_array_add(pair, json_object_new_string(wire_grant_name(call->grants[i].kind)));
                json_object_array_add(pair, json_object_new_string(call->grants[i].resource));
                json_object_array_add(grants, pair);
        }
        json_object_object_add(head, "grants", grants);
        json_object_object_add(head, "source", json_object_new_int64((gint64)strlen(call->source)));
        if (call->app && call->tool) {
                json_object_object_add(head, "app", json_object_new_string(call->app));
                json_object_object_add(head, "tool", json_object_new_string(call->tool));
        }
        if (call->packages && call->packages[0]) {
                json_object *list = json_object_new_array();

                for (const char *const *package = call->packages; *package; package++)
                        json_object_array_add(list, json_object_new_string(*package));
                json_object_object_add(head, "packages", list);
                json_object_object_add(head, "install", json_object_new_boolean(call->install));
        }
        if (call->world)
                json_object_object_add(head, "world", json_object_new_string(call->world));
        json_object_object_add(head, "seconds", json_object_new_double(call->seconds));
        json_object_object_add(head, "memory_mb", json_object_new_int64(call->memory_mb));
        json_object_object_add(head, "processes", json_object_new_int64(call->processes));
        json_object_object_add(head, "output", json_object_new_int64((gint64)call->output_max));
        return head;
}

void sandbox_call_async(SandboxClient *client, const SandboxCall *call, GCancellable *cancellable, GAsyncReadyCallback callback,
                        gpointer user_data)
{
        GTask *task = g_task_new(NULL, cancellable, callback, user_data);
        Pending *pending = g_new0(Pending, 1);
        const char *arguments = call->arguments ? json_object_to_json_string_ext(call->arguments, JSON_C_TO_STRING_PLAIN) : "{}";

        pending->client = client;
        pending->progress = call->progress;
        pending->user_data = user_data;
        pending->head = make_head(call);
        pending->body = g_byte_array_new();
        g_byte_array_append(pending->body, (const guint8 *)call->source, (guint)strlen(call->source));
        g_byte_array_append(pending->body, (const guint8 *)arguments, (guint)strlen(arguments));
        g_task_set_task_data(task, pending, pending_free);
        g_task_set_check_cancellable(task, FALSE);
        if (pending->body->len > WIRE_REQUEST_MAX) {
                finish(task, g_error_new_literal(SANDBOX_ERROR, SANDBOX_ERROR_OUTPUT, "The tool or its arguments are too large."));
        } else if (g_cancellable_is_cancelled(cancellable)) {
                finish(task, g_error_new_literal(SANDBOX_ERROR, SANDBOX_ERROR_CANCELLED, "The call was cancelled."));
        } else if (g_queue_get_length(&client->line) >= LINE_MAX_CALLS) {
                finish(task, g_error_new_literal(SANDBOX_ERROR, SANDBOX_ERROR_UNAVAILABLE,
                                                 "Too many tool calls are waiting. Try again in a moment."));
        } else {
                if (cancellable)
                        pending->cancelled = g_signal_connect(cancellable, "cancelled", G_CALLBACK(cancelled_cb), task);
                g_queue_push_tail(&client->line, g_object_ref(task));
                start_waiting(client);
        }
        g_object_unref(task);
}

gboolean sandbox_call_finish(SandboxClient *client, GAsyncResult *async, SandboxResult **result, GError **error)
{
        Pending *pending = g_task_get_task_data(G_TASK(async));
        g_autoptr(GError) problem = NULL;
        gboolean done = g_task_propagate_boolean(G_TASK(async), &problem);

        *result = done || g_error_matches(problem, SANDBOX_ERROR, SANDBOX_ERROR_TOOL) ? g_steal_pointer(&pending->result) : NULL;
        if (!done)
                g_propagate_error(error, g_steal_pointer(&problem));
        return done;
}

const char *sandbox_call_log(GAsyncResult *async)
{
        const Pending *pending = g_task_get_task_data(G_TASK(async));

        return pending->log ? pending->log : "";
}

json_object *sandbox_call_net(GAsyncResult *async)
{
        const Pending *pending = g_task_get_task_data(G_TASK(async));

        return pending->net;
}

/* ---- life */

static SandboxClient *make_client(void)
{
        SandboxClient *client = g_new0(SandboxClient, 1);

        g_queue_init(&client->line);
        client->running = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_object_unref);
        return client;
}

SandboxClient *sandbox_client_new(const char *program)
{
        SandboxClient *client = make_client();

        client->program = g_strdup(program);
        return client;
}

SandboxClient *sandbox_client_new_for_socket(const char *path)
{
        SandboxClient *client = make_client();

        client->socket = g_strdup(path);
        return client;
}

void sandbox_client_tell(SandboxClient *client, SandboxToldFunc func)
{
        client->told = func;
}

void sandbox_client_warm(SandboxClient *client)
{
        ensure(client, NULL);
}

void sandbox_client_free(SandboxClient *client)
{
        GTask *task;

        if (!client)
                return;
        let_go(client);
        fail_all(client, SANDBOX_ERROR_CANCELLED, "The call was cancelled.");
        while ((task = g_queue_pop_head(&client->line))) {
                finish(task, g_error_new_literal(SANDBOX_ERROR, SANDBOX_ERROR_CANCELLED, "The call was cancelled."));
                g_object_unref(task);
        }
        g_hash_table_unref(client->running);
        g_free(client->program);
        g_free(client->socket);
        g_free(client);
}
