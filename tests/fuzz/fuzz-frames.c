/* What a server would never send, to a client that waits for a call: the call ends, once, with a result that is an object or with an error.
 * The client is the agent's own, with a socket in the place of its server. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "sandbox/client.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(gboolean holds, const char *what)
{
        if (holds)
                return;
        fprintf(stderr, "It does not hold that %s.\n", what);
        abort();
}

static void fuzz_done_cb(GObject *source, GAsyncResult *async, gpointer data)
{
        guint *times = data;
        g_autoptr(SandboxResult) result = NULL;
        g_autoptr(GError) error = NULL;
        gboolean done = sandbox_call_finish(*(SandboxClient **)(void *)(times + 2), async, &result, &error);

        check(done == (error == NULL), "a call has a result or an error");
        check(!done || json_object_is_type(result->result, json_type_object), "a result is an object");
        ++*times;
}

static void fuzz_step_cb(json_object *progress, gpointer data)
{
        check(json_object_is_type(progress, json_type_object), "a step is an object");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct {
                guint times, unused;
                SandboxClient *client;
        } told = {0};
        SandboxCall call = {.source = "x", .progress = fuzz_step_cb};
        int pair[2];

        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
                return 0;
        told.client = sandbox_client_new_for_socket("/nonexistent");
        told.client->wire = wire_new(pair[0], frame_cb, closed_cb, told.client);
        sandbox_call_async(told.client, &call, NULL, fuzz_done_cb, &told);
        if (send(pair[1], data, size, MSG_DONTWAIT) < 0)
                size = 0;
        shutdown(pair[1], SHUT_WR);
        while (!told.times)
                g_main_context_iteration(NULL, TRUE);
        check(told.times == 1, "a call ends once");
        sandbox_client_free(told.client);
        while (g_main_context_iteration(NULL, FALSE))
                ;
        close(pair[1]);
        return 0;
}
