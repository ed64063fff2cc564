/* What a tool may write into its result channel: the call is answered at most once, within its bounds, and nothing that it says is taken for
 * the sandbox's own word. The input's first byte says how the rest is cut. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "sandbox/call.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static guint answers;

static void check(gboolean holds, const char *what)
{
        if (holds)
                return;
        fprintf(stderr, "It does not hold that %s.\n", what);
        abort();
}

/* There is no process here. */
gboolean pool_reap(int pidfd, siginfo_t *how)
{
        return FALSE;
}

json_object *net_used(Net *net)
{
        return NULL;
}

void plan_free(Plan *plan)
{
}

static void fuzz_answered_cb(Call *call, const CallAnswer *what, gpointer data)
{
        answers++;
        check(what->error >= 0 || what->result, "an answer is a result or an error");
        check(!what->result || what->result_size <= MAX(call->request.output_max, RAISED_MAX), "a result is no larger than it may be");
        check(!what->refused || !call->confined, "a tool that was started cannot say that it was refused");
        check(what->error != SANDBOX_ERROR_GRANT || !call->confined, "a tool cannot say that a grant is missing");
}

static void fuzz_progress_cb(Call *call, gboolean part, const char *text, gsize size, gpointer data)
{
        check(call->confined && !call->answered, "only a call that runs has progress");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autoptr(GPtrArray) written = g_ptr_array_new();
        Plan plan = {.written = written, .data = -1};
        Call call = {.plan = &plan,
                     .spare = {.pid = 0, .pidfd = -1, .channel = -1, .log = -1},
                     .funcs = {.progress = fuzz_progress_cb, .answered = fuzz_answered_cb},
                     .request = {.seconds = 1, .memory_mb = 16, .processes = 1, .output_max = 4096}};
        guint piece = size && data[0] ? data[0] : 1u << 20;

        answers = 0;
        call.frame = g_byte_array_new();
        call.log = g_string_new(NULL);
        call.files = g_array_new(FALSE, FALSE, sizeof(int));
        for (size_t at = 1; at < size && !call.answered; at += piece) {
                g_byte_array_append(call.frame, data + at, (guint)MIN(piece, size - at));
                take_frames(&call);
        }
        check(answers <= 1, "a call is answered once");
        watch_clear(&call.pause);
        g_clear_pointer(&call.progress, g_bytes_unref);
        g_byte_array_unref(call.frame);
        g_string_free(call.log, TRUE);
        g_array_unref(call.files);
        return 0;
}
