/* A sandbox for the tests of the agent's core. It confines nothing and runs no Python: what a call answers is said by the source, one line:
 *
 *   echo         {"arguments": …, "grants": ["list /x", …], "world": true|false, "files": N (regular files in the world)}
 *   raise TEXT   the tool raised TEXT                    hang      answers only once it is cancelled
 *   json TEXT    TEXT as the result                      none      SANDBOX_ERROR_UNAVAILABLE
 *   file TEXT    {"f": a file with TEXT}                 steps     a report and a piece, then waits like hang
 */
#include <ftw.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent/json.h"
#include "sandbox/client.h"

struct SandboxClient {
        int unused;
};

G_DEFINE_QUARK(sandbox-error-quark, sandbox_error)

static guint files;

void sandbox_result_free(SandboxResult *result)
{
        if (!result)
                return;
        json_object_put(result->result);
        if (result->files)
                close(g_array_index(result->files, SandboxFile, 0).fd);
        g_clear_pointer(&result->files, g_array_unref);
        g_free(result->traceback);
        g_free(result->log);
        g_free(result);
}

const SandboxFile *sandbox_result_file(const SandboxResult *result, json_object *value)
{
        return result->files && json_field(value, "$file") ? &g_array_index(result->files, SandboxFile, 0) : NULL;
}

static void add_file(SandboxResult *result, const char *text)
{
        SandboxFile file = {.fd = memfd_create("file", MFD_CLOEXEC), .size = (goffset)strlen(text), .type = "text/plain"};
        g_assert_cmpint(write(file.fd, text, strlen(text)), ==, (int)strlen(text));
        result->files = g_array_new(FALSE, FALSE, sizeof file);
        g_array_append_val(result->files, file);
        result->result = json_parse("{\"f\":{\"$file\":0}}", -1, NULL);
}

static gboolean steps_cb(gpointer data)
{
        const SandboxCall *call = data;
        g_autoptr(json_object) progress = json_parse("{\"progress\":0.5,\"text\":\"half\"}", -1, NULL), part = json_parse("{\"part\":[1]}", -1, NULL);
        if (call->progress) {
                call->progress(progress, (gpointer)call->app);
                call->progress(part, (gpointer)call->app);
        }
        return G_SOURCE_REMOVE;
}

SandboxClient *sandbox_client_new(const char *program)
{
        return g_new0(SandboxClient, 1);
}

void sandbox_client_tell(SandboxClient *client, SandboxToldFunc func)
{
}

void sandbox_client_warm(SandboxClient *client)
{
}

void sandbox_client_free(SandboxClient *client)
{
        g_free(client);
}

static int count_cb(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
        files += kind == FTW_F;
        return 0;
}

static json_object *echo(const SandboxCall *call)
{
        static const char *const kinds[] = {"list", "read", "write", "system", "net", "run"};
        json_object *result = json_object_new_object(), *grants = json_object_new_array();
        files = 0;
        if (call->world)
                nftw(call->world, count_cb, 8, FTW_PHYS);
        for (gsize i = 0; i < call->n_grants; i++) {
                g_autofree char *line = g_strdup_printf("%s %s", kinds[call->grants[i].kind], call->grants[i].resource);
                json_push_text(grants, line);
        }
        json_add(result, "arguments", json_clone(call->arguments));
        json_add(result, "grants", grants);
        json_add_flag(result, "world", call->world != NULL);
        json_add_int(result, "files", files);
        return result;
}

static gboolean cancelled_cb(GCancellable *cancellable, gpointer task)
{
        g_task_return_new_error(task, SANDBOX_ERROR, SANDBOX_ERROR_CANCELLED, "cancelled");
        return G_SOURCE_REMOVE;
}

void sandbox_call_async(SandboxClient *client, const SandboxCall *call, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
        g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, user_data);
        if (g_str_equal(call->source, "steps") && call->progress) {
                SandboxCall *told = g_memdup2(call, sizeof *call);
                told->app = user_data; /* what progress is called with */
                g_idle_add_full(G_PRIORITY_DEFAULT, steps_cb, told, g_free);
        }
        if (g_str_equal(call->source, "hang") || g_str_equal(call->source, "steps")) {
                GSource *source = g_cancellable_source_new(cancellable);
                g_source_set_callback(source, G_SOURCE_FUNC(cancelled_cb), g_object_ref(task), g_object_unref);
                g_source_attach(source, NULL);
                g_source_unref(source);
                return;
        }
        SandboxResult *result = g_new0(SandboxResult, 1);
        if (g_str_equal(call->source, "none")) {
                sandbox_result_free(result);
                g_task_return_new_error(task, SANDBOX_ERROR, SANDBOX_ERROR_UNAVAILABLE, "User namespaces are off here.");
                return;
        }
        if (g_str_has_prefix(call->source, "raise "))
                result->traceback = g_strdup_printf("Traceback (most recent call last):\n  line 1\n%s", call->source + 6);
        else if (g_str_has_prefix(call->source, "file "))
                add_file(result, call->source + 5);
        else if (g_str_has_prefix(call->source, "json "))
                result->result = json_parse(call->source + 5, -1, NULL);
        else
                result->result = echo(call);
        g_task_return_pointer(task, result, (GDestroyNotify)sandbox_result_free);
}

gboolean sandbox_call_finish(SandboxClient *client, GAsyncResult *async, SandboxResult **result, GError **error)
{
        *result = g_task_propagate_pointer(G_TASK(async), error);
        if (*result && (*result)->traceback) {
                g_set_error_literal(error, SANDBOX_ERROR, SANDBOX_ERROR_TOOL, "The tool raised.");
                return FALSE;
        }
        return *result != NULL;
}

json_object *sandbox_call_net(GAsyncResult *async)
{
        return NULL;
}
