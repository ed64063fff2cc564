#include "call.h"

#include "cgroup.h"
#include "data.h"
#include "disk.h"
#include "files.h"
#include "memory.h"
#include "protect.h"
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MEMORY_EVERY_MS 25
#define GROUP_MEMORY_OWN (32u << 20) /* of the interpreter, the job and the kernel on their behalf */
#define DATA_EVERY_MS 200 /* and disks */
#define READ_AT_ONCE (64 * 1024)
#define LOG_READS_AT_ONCE 16              /* so that a flood does not keep the loop from other calls */
#define RAISED_MAX (128 * 1024)

struct Call {
        Plan *plan;
        Spare spare;
        CallFuncs funcs;
        PlanRequest request; /* numbers only; its pointers are the caller's and gone */
        gint64 started;
        Outbox job;
        GByteArray *frame;
        GString *log;
        gboolean confined, answered, log_cut;
        /* given once its files are sealed and, of a call that may write, its processes are gone and its folders have been looked at */
        CallAnswer held;
        GBytes *held_bytes;
        GArray *files;   /* descriptors that the tool handed over (int) */
        gboolean sealing, gone;
        gsize parts;     /* bytes of the result's pieces so far */
        GSource *channel, *output, *ended, *clock, *memory, *data, *pause;
        Disk *disk; /* of a call that may write */
        GBytes *progress; /* that waits for the pause after the one before to end */
};

/* ---- the answer */

/* What the tool printed, as far as it is there: it printed before it answered. */
static gboolean read_log(Call *call)
{
        char bytes[READ_AT_ONCE];
        ssize_t n = 1;

        for (guint i = 0; i < LOG_READS_AT_ONCE && n > 0; i++) {
                gsize room = SANDBOX_LOG_MAX - MIN(call->log->len, (gsize)SANDBOX_LOG_MAX);

                n = read(call->spare.log, bytes, sizeof bytes);
                if (n > 0)
                        g_string_append_len(call->log, bytes, (gssize)MIN((gsize)n, room));
                if (n > 0 && (gsize)n > room)
                        call->log_cut = TRUE;
        }
        return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static void kill_all(Call *call)
{
        if (call->spare.grouped)
                cgroup_kill(call->spare.pid);
        syscall(SYS_pidfd_send_signal, call->spare.pidfd, SIGKILL, NULL, 0);
}

static void deliver(Call *call, CallAnswer *what)
{
        g_autofree char *log = NULL;

        if (call->log_cut)
                g_string_append(call->log, "\n… (the rest was left out)\n");
        log = g_utf8_make_valid(call->log->str, (gssize)call->log->len);
        what->log = log;
        what->net = call->plan->net ? net_used(call->plan->net) : NULL;
        call->funcs.answered(call, what, call->funcs.data);
        json_object_put(what->net);
}

static void hold(Call *call, const CallAnswer *what)
{
        gsize size = what->result ? what->result_size : what->raised_size;

        call->held = *what;
        call->held.message = g_strdup(what->message);
        call->held_bytes = g_bytes_new(what->result ? what->result : what->raised, size);
        call->held.result = what->result ? g_bytes_get_data(call->held_bytes, NULL) : NULL;
        call->held.raised = what->raised ? g_bytes_get_data(call->held_bytes, NULL) : NULL;
}

static void call_free(Call *call);

/* Gives what was held as soon as nothing is waited for any more, and ends the call once its processes are gone as well. */
static void settle(Call *call)
{
        if (call->held_bytes && !call->sealing && (call->gone || !call->plan->written->len)) {
                deliver(call, &call->held);
                g_clear_pointer(&call->held_bytes, g_bytes_unref);
        }
        if (call->gone && !call->held_bytes) {
                call->funcs.gone(call, call->funcs.data);
                call_free(call);
        }
}

static void sealed_cb(GObject *source, GAsyncResult *async, gpointer data)
{
        Call *call = data;
        g_autoptr(GError) error = NULL;

        call->sealing = FALSE;
        call->held.files = files_seal_finish(async, &error);
        if (error) {
                call->held = (CallAnswer){.error = error->code, .elapsed_us = call->held.elapsed_us, .message = g_strdup(error->message)};
        }
        settle(call);
}

/* The task closes the descriptors. */
static void seal_files(Call *call)
{
        call->sealing = TRUE;
        files_seal_async((const int *)(void *)call->files->data, call->files->len, sealed_cb, call);
        g_array_set_clear_func(call->files, NULL);
        g_array_set_size(call->files, 0);
}

static void answer(Call *call, CallAnswer *what)
{
        if (call->answered)
                return;
        call->answered = TRUE;
        read_log(call);
        what->elapsed_us = g_get_monotonic_time() - call->started;
        watch_clear(&call->channel);
        watch_clear(&call->output);
        watch_clear(&call->clock);
        watch_clear(&call->memory);
        watch_clear(&call->data);
        watch_clear(&call->pause);
        kill_all(call);
        if (!call->plan->written->len && !(what->result && call->files->len)) {
                deliver(call, what);
                return;
        }
        hold(call, what);
        if (what->result && call->files->len)
                seal_files(call);
}

static void fail(Call *call, SandboxError error, gboolean refused, const char *format, ...) G_GNUC_PRINTF(4, 5);
static void fail(Call *call, SandboxError error, gboolean refused, const char *format, ...)
{
        g_autofree char *message = NULL;
        va_list arguments;

        va_start(arguments, format);
        message = g_strdup_vprintf(format, arguments);
        va_end(arguments);
        answer(call, &(CallAnswer){.error = error, .message = message, .refused = refused});
}

static void fail_memory(Call *call)
{
        fail(call, SANDBOX_ERROR_MEMORY, FALSE, "The tool needed more than the %u MB of memory that it may use.", call->request.memory_mb);
}

/* Where there is more than there may be now, but was not at the start. */
static gboolean check_data(Call *call)
{
        if (call->disk && disk_is_overrun(call->disk, call->spare.pid)) {
                fail(call, SANDBOX_ERROR_DATA, FALSE,
                     "The tool filled the disk with more than the %llu MB or %d files that one call may add, and was stopped.",
                     DISK_BYTES_MAX >> 20, DISK_FILES_MAX);
                return FALSE;
        }
        if (call->plan->data < 0 || call->plan->data_full || !data_is_full(call->plan->data, &call->plan->room, call->spare.pid))
                return TRUE;
        if (call->plan->room.bytes != DATA_BYTES_MAX)
                fail(call, SANDBOX_ERROR_DATA, FALSE, "What is to be installed is more than the %d MB or %u files that there may be.",
                     (int)(call->plan->room.bytes >> 20), call->plan->room.entries);
        else
                fail(call, SANDBOX_ERROR_DATA, FALSE,
                     "The tool's data folder holds more than the %d MB or %d files that it may and must be cleared: until then the tool can "
                     "only read and delete there.", DATA_BYTES_MAX >> 20, DATA_ENTRIES_MAX);
        return FALSE;
}

/* ---- frames */

static gboolean pause_cb(gpointer data)
{
        Call *call = data;
        g_autoptr(GBytes) latest = g_steal_pointer(&call->progress);
        gsize size;

        if (latest) {
                const char *text = g_bytes_get_data(latest, &size);

                call->funcs.progress(call, FALSE, text, size, call->funcs.data);
        } else {
                watch_clear(&call->pause);
        }
        return G_SOURCE_CONTINUE;
}

/* The first report goes out at once; of those that follow too fast, the last one of each pause. */
static void take_progress(Call *call, const char *bytes, gsize size)
{
        if (call->pause) {
                g_clear_pointer(&call->progress, g_bytes_unref);
                call->progress = g_bytes_new(bytes, size);
        } else {
                call->pause = watch_after(PROGRESS_EVERY_MS, pause_cb, call);
                call->funcs.progress(call, FALSE, bytes, size, call->funcs.data);
        }
}

static void take_part(Call *call, const char *bytes, gsize size)
{
        call->parts += size;
        if (call->parts > call->request.output_max)
                fail(call, SANDBOX_ERROR_OUTPUT, FALSE,
                     "The pieces of the result are larger than the %" G_GSIZE_FORMAT " bytes that are allowed.",
                     call->request.output_max);
        else
                call->funcs.progress(call, TRUE, bytes, size, call->funcs.data);
}

static void take_frame(Call *call, FrameKind kind, const char *bytes, gsize size)
{
        g_autofree char *raw = g_strndup(bytes, MIN(size, WORKER_MESSAGE_MAX)), *text = g_utf8_make_valid(raw, -1);

        if (!call->confined && kind == FRAME_STARTED) {
                call->confined = TRUE;
                if (call->funcs.started)
                        call->funcs.started(call, call->funcs.data);
        } else if (!call->confined && kind == FRAME_GRANT)
                fail(call, SANDBOX_ERROR_GRANT, TRUE, "%s", text);
        else if (!call->confined && kind == FRAME_UNAVAILABLE)
                fail(call, SANDBOX_ERROR_UNAVAILABLE, TRUE, "%s", text);
        else if (call->confined && kind == FRAME_PROGRESS && size <= PROGRESS_MAX)
                take_progress(call, bytes, size);
        else if (call->confined && kind == FRAME_PART && size <= PART_MAX)
                take_part(call, bytes, size);
        else if (call->confined && kind == FRAME_RESULT && !check_data(call))
                return;
        else if (call->confined && kind == FRAME_RESULT)
                answer(call, &(CallAnswer){.error = -1, .result = bytes, .result_size = size});
        else if (call->confined && kind == FRAME_RAISED && size <= RAISED_MAX)
                answer(call, &(CallAnswer){.error = SANDBOX_ERROR_TOOL, .message = "The tool stopped with an error.", .raised = bytes,
                                           .raised_size = size});
        else if (call->confined && kind == FRAME_NO_MEMORY)
                fail_memory(call);
        else if (call->confined && kind == FRAME_BAD_OUTPUT)
                fail(call, SANDBOX_ERROR_OUTPUT, FALSE, "%s", text);
        else
                fail(call, SANDBOX_ERROR_OUTPUT, FALSE, "The tool wrote something that is no answer.");
}

static void take_frames(Call *call)
{
        FrameHead head;
        gsize done = 0;

        while (!call->answered && call->frame->len - done >= sizeof head) {
                memcpy(&head, call->frame->data + done, sizeof head);
                if (head.size > MAX(call->request.output_max, RAISED_MAX)) {
                        fail(call, SANDBOX_ERROR_OUTPUT, FALSE, "The result is larger than the %" G_GSIZE_FORMAT " bytes that are allowed.",
                             call->request.output_max);
                        return;
                }
                if (call->frame->len - done < sizeof head + head.size)
                        break;
                take_frame(call, head.kind, (const char *)call->frame->data + done + sizeof head, head.size);
                done += sizeof head + head.size;
        }
        g_byte_array_remove_range(call->frame, 0, (guint)done);
}

static gboolean channel_cb(gint fd, GIOCondition condition, gpointer data)
{
        Call *call = data;
        guint length = call->frame->len;
        ssize_t n;

        g_byte_array_set_size(call->frame, length + READ_AT_ONCE);
        n = receive_with_fds(fd, call->frame->data + length, READ_AT_ONCE, call->files);
        g_byte_array_set_size(call->frame, length + (n > 0 ? (guint)n : 0));
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return G_SOURCE_CONTINUE;
        if (call->files->len > SANDBOX_FILES_MAX)
                fail(call, SANDBOX_ERROR_OUTPUT, FALSE, "The tool handed over more than %d files.", SANDBOX_FILES_MAX);
        take_frames(call);
        if (n <= 0 && !call->answered) {
                /* it is ending; how, its pidfd will say */
                watch_clear(&call->channel);
                kill_all(call);
        }
        return G_SOURCE_CONTINUE;
}

static gboolean output_cb(gint fd, GIOCondition condition, gpointer data)
{
        Call *call = data;

        if (!read_log(call))
                watch_clear(&call->output);
        return G_SOURCE_CONTINUE;
}

/* ---- limits */

static gboolean clock_cb(gpointer data)
{
        Call *call = data;

        fail(call, SANDBOX_ERROR_TIME, FALSE, "The tool did not finish within %g seconds and was stopped.", call->request.seconds);
        return G_SOURCE_CONTINUE;
}

static gboolean memory_cb(gpointer data)
{
        Call *call = data;
        guint64 limit = (guint64)call->request.memory_mb << 20;

        if (memory_of_tree(call->spare.pid, limit) > limit)
                fail_memory(call);
        return G_SOURCE_CONTINUE;
}

static gboolean data_cb(gpointer data)
{
        check_data(data);
        return G_SOURCE_CONTINUE;
}

void call_cancel(Call *call)
{
        fail(call, SANDBOX_ERROR_CANCELLED, !call->confined, "The call was cancelled.");
}

/* ---- the end */

static void call_free(Call *call)
{
        watch_clear(&call->channel);
        watch_clear(&call->output);
        watch_clear(&call->clock);
        watch_clear(&call->memory);
        watch_clear(&call->data);
        watch_clear(&call->pause);
        watch_clear(&call->ended);
        g_clear_pointer(&call->progress, g_bytes_unref);
        outbox_finish(&call->job);
        close(call->spare.channel);
        close(call->spare.log);
        g_byte_array_unref(call->frame);
        g_string_free(call->log, TRUE);
        g_free((char *)call->held.message);
        g_clear_pointer(&call->held.files, g_array_unref);
        g_array_unref(call->files);
        g_clear_pointer(&call->held_bytes, g_bytes_unref);
        disk_free(call->disk);
        plan_free(call->plan);
        g_free(call);
}

static void died(Call *call, const siginfo_t *how)
{
        if (how->si_code == CLD_EXITED)
                fail(call, SANDBOX_ERROR_CRASHED, FALSE, "The tool ended without a result (exit status %d).", how->si_status);
        else if (how->si_status == SIGSYS)
                fail(call, SANDBOX_ERROR_CRASHED, FALSE, "The tool made a system call that is never allowed and was stopped.");
        else
                fail(call, SANDBOX_ERROR_CRASHED, FALSE, "The tool ended without a result (%s).", g_strsignal(how->si_status));
}

static gboolean ended_cb(gint fd, GIOCondition condition, gpointer data)
{
        Call *call = data;
        gboolean ran_out = call->spare.grouped && cgroup_ran_out(call->spare.pid); /* the group goes with the process */
        siginfo_t how;

        if (!pool_reap(call->spare.pidfd, &how))
                return G_SOURCE_CONTINUE;
        watch_clear(&call->ended);
        /* what it sent before it died is still there */
        while (!call->answered && call->channel && recv(call->spare.channel, (char[1]){0}, 1, MSG_DONTWAIT | MSG_PEEK) > 0)
                channel_cb(call->spare.channel, G_IO_IN, call);
        if (!call->answered && ran_out)
                fail_memory(call);
        else if (!call->answered)
                died(call, &how);
        for (guint i = 0; i < call->plan->written->len; i++) {
                g_autofree char *aside = protect_sweep(call->plan->written->pdata[i], call->plan->kept);

                if (aside)
                        g_string_append(call->log, aside);
        }
        call->gone = TRUE;
        settle(call);
        return G_SOURCE_CONTINUE;
}

/* ---- the beginning */

/* The head goes out at once with the descriptors of mounts; the rest as the spare reads it. */
static gboolean send_job(Call *call)
{
        union {
                char bytes[CMSG_SPACE(sizeof(int) * JOB_FDS_MAX)];
                struct cmsghdr align;
        } control = {0};
        GByteArray *job = call->plan->job;
        struct iovec io = {job->data, sizeof(JobHead)};
        struct msghdr message = {.msg_iov = &io, .msg_iovlen = 1};
        gsize fds = sizeof(int) * call->plan->n_fds;

        if (fds) {
                struct cmsghdr *part;

                message.msg_control = control.bytes;
                message.msg_controllen = CMSG_SPACE(fds);
                part = CMSG_FIRSTHDR(&message);
                part->cmsg_level = SOL_SOCKET;
                part->cmsg_type = SCM_RIGHTS;
                part->cmsg_len = CMSG_LEN(fds);
                memcpy(CMSG_DATA(part), call->plan->fds, fds);
        }
        return sendmsg(call->spare.channel, &message, MSG_NOSIGNAL) == (ssize_t)sizeof(JobHead) &&
               outbox_add(&call->job, job->data + sizeof(JobHead), job->len - sizeof(JobHead));
}

Call *call_start(Plan *plan, Spare spare, const PlanRequest *request, const CallFuncs *funcs)
{
        Call *call = g_new0(Call, 1);

        call->plan = plan;
        call->spare = spare;
        call->request = *request;
        call->funcs = *funcs;
        call->started = g_get_monotonic_time();
        call->frame = g_byte_array_new();
        call->files = files_array();
        call->log = g_string_new(NULL);
        g_unix_set_fd_nonblocking(spare.channel, TRUE, NULL);
        g_unix_set_fd_nonblocking(spare.log, TRUE, NULL);
        outbox_init(&call->job, spare.channel);
        call->channel = watch_fd(spare.channel, G_IO_IN | G_IO_HUP, G_SOURCE_FUNC(channel_cb), call);
        call->output = watch_fd(spare.log, G_IO_IN | G_IO_HUP, G_SOURCE_FUNC(output_cb), call);
        call->ended = watch_fd(spare.pidfd, G_IO_IN, G_SOURCE_FUNC(ended_cb), call);
        call->clock = watch_after((guint)(request->seconds * 1000), clock_cb, call);
        /* the kernel holds it to its memory, or we look */
        call->spare.grouped = spare.grouped && cgroup_limit(spare.pid, ((guint64)request->memory_mb << 20) + GROUP_MEMORY_OWN + plan->job->len,
                                                            request->processes);
        if (!call->spare.grouped)
                call->memory = watch_after(MEMORY_EVERY_MS, memory_cb, call);
        if (plan->disks->len) {
                g_ptr_array_add(plan->disks, NULL);
                call->disk = disk_new((const char *const *)plan->disks->pdata);
        }
        if (call->disk || (plan->data >= 0 && !plan->data_full))
                call->data = watch_after(DATA_EVERY_MS, data_cb, call);
        if (plan->note)
                g_string_append(call->log, plan->note);
        if (!send_job(call))
                kill_all(call); /* a spare that has failed says why in its channel, and its end is noticed */
        return call;
}
