#include "wire.h"

#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_AT_ONCE (64 * 1024)
#define WIRE_FILES_MAX (4 * SANDBOX_FILES_MAX) /* that nobody has taken yet */

typedef struct {
        guint32 head, body;
} FrameLengths;

struct Wire {
        int fd;
        GSource *watch;
        GByteArray *inbox;
        Outbox outbox;
        GArray *files; /* descriptors that have come; NULL: none are taken */
        WireFrameFunc frame;
        WireClosedFunc closed;
        gpointer data;
        guint busy;   /* inside a callback */
        gboolean gone; /* freed meanwhile */
};

GSource *watch_fd(int fd, GIOCondition condition, GSourceFunc callback, gpointer data)
{
        GSource *source = g_unix_fd_source_new(fd, condition);

        g_source_set_callback(source, callback, data, NULL);
        g_source_attach(source, g_main_context_get_thread_default());
        return source;
}

GSource *watch_after(guint milliseconds, GSourceFunc callback, gpointer data)
{
        GSource *source = g_timeout_source_new(milliseconds);

        g_source_set_callback(source, callback, data, NULL);
        g_source_attach(source, g_main_context_get_thread_default());
        return source;
}

void watch_clear(GSource **source)
{
        if (*source) {
                g_source_destroy(*source);
                g_source_unref(*source);
                *source = NULL;
        }
}

/* ---- words */

static const char *const error_names[] = {
        [SANDBOX_ERROR_UNAVAILABLE] = "unavailable", [SANDBOX_ERROR_GRANT] = "grant",   [SANDBOX_ERROR_TOOL] = "tool",
                [SANDBOX_ERROR_TIME] = "time",
        [SANDBOX_ERROR_MEMORY] = "memory",           [SANDBOX_ERROR_OUTPUT] = "output", [SANDBOX_ERROR_CRASHED] = "crashed",
                [SANDBOX_ERROR_CANCELLED] = "cancelled",     [SANDBOX_ERROR_DATA] = "data",
                [SANDBOX_ERROR_PACKAGES] = "packages",
};
static const char *const grant_names[] = {[SANDBOX_LIST] = "list", [SANDBOX_READ] = "read", [SANDBOX_WRITE] = "write",
                                          [SANDBOX_SYSTEM] = "system", [SANDBOX_NET] = "net", [SANDBOX_RUN] = "run",
                                          [SANDBOX_DEVICE] = "device", [SANDBOX_AUDIO] = "audio"};

static int find_name(const char *const *names, int n, const char *name)
{
        for (int i = 0; name && i < n; i++)
                if (g_str_equal(names[i], name))
                        return i;
        return -1;
}

const char *wire_error_name(int error)
{
        return error_names[error];
}

int wire_error_from_name(const char *name)
{
        return find_name(error_names, G_N_ELEMENTS(error_names), name);
}

const char *wire_grant_name(int kind)
{
        return grant_names[kind];
}

int wire_grant_from_name(const char *name)
{
        return find_name(grant_names, G_N_ELEMENTS(grant_names), name);
}

/* ---- writing */

void outbox_init(Outbox *outbox, int fd)
{
        *outbox = (Outbox){.fd = fd, .bytes = g_byte_array_new(), .files = G_QUEUE_INIT};
}

typedef struct {
        gsize at;
        GArray *fds;
} Along;

static void along_free(gpointer data)
{
        Along *along = data;

        g_array_unref(along->fds);
        g_free(along);
}

void outbox_finish(Outbox *outbox)
{
        watch_clear(&outbox->watch);
        g_queue_clear_full(&outbox->files, along_free);
        g_clear_pointer(&outbox->bytes, g_byte_array_unref);
}

/* The bytes up to the next one that descriptors go along with, and those that go along with the first. */
static gssize send_some(Outbox *outbox)
{
        union {
                char bytes[CMSG_SPACE(sizeof(int) * SANDBOX_FILES_MAX)];
                struct cmsghdr align;
        } control = {0};
        Along *along = g_queue_peek_head(&outbox->files), *next = along;
        struct iovec io = {.iov_base = outbox->bytes->data + outbox->done};
        struct msghdr message = {.msg_iov = &io, .msg_iovlen = 1};
        gssize n;

        if (along && along->at == outbox->done) {
                gsize size = sizeof(int) * along->fds->len;
                struct cmsghdr *part;

                message.msg_control = control.bytes;
                message.msg_controllen = CMSG_SPACE(size);
                part = CMSG_FIRSTHDR(&message);
                part->cmsg_level = SOL_SOCKET;
                part->cmsg_type = SCM_RIGHTS;
                part->cmsg_len = CMSG_LEN(size);
                memcpy(CMSG_DATA(part), along->fds->data, size);
                next = g_queue_peek_nth(&outbox->files, 1);
        }
        io.iov_len = (next ? next->at : outbox->bytes->len) - outbox->done;
        n = sendmsg(outbox->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0 && message.msg_control)
                along_free(g_queue_pop_head(&outbox->files));
        return n;
}

/* Writes what fits; FALSE when the descriptor is broken. */
static gboolean outbox_push(Outbox *outbox)
{
        while (outbox->done < outbox->bytes->len) {
                gssize n = send_some(outbox);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return errno == EAGAIN || errno == EWOULDBLOCK;
                outbox->done += (gsize)n;
        }
        g_byte_array_set_size(outbox->bytes, 0);
        outbox->done = 0;
        return TRUE;
}

static gboolean outbox_writable_cb(gint fd, GIOCondition condition, gpointer data)
{
        Outbox *outbox = data;

        /* a broken descriptor is noticed by whoever reads it */
        if (!outbox_push(outbox) || !outbox->bytes->len)
                watch_clear(&outbox->watch);
        return G_SOURCE_CONTINUE;
}

void outbox_add_files(Outbox *outbox, GArray *fds)
{
        Along *along = g_new(Along, 1);

        *along = (Along){outbox->bytes->len, fds};
        g_queue_push_tail(&outbox->files, along);
}

gboolean outbox_add(Outbox *outbox, const void *data, gsize size)
{
        if (outbox->bytes->len - outbox->done + size > WIRE_BACKLOG_MAX)
                return FALSE;
        g_byte_array_append(outbox->bytes, data, (guint)size);
        if (outbox->watch)
                return TRUE;
        if (!outbox_push(outbox))
                return FALSE;
        if (outbox->bytes->len)
                outbox->watch = watch_fd(outbox->fd, G_IO_OUT, G_SOURCE_FUNC(outbox_writable_cb), outbox);
        return TRUE;
}

/* ---- descriptors */

gssize receive_with_fds(int fd, void *bytes, gsize size, GArray *fds)
{
        union {
                /* one more, so that too many are seen; the kernel closes the rest */
                char bytes[CMSG_SPACE(sizeof(int) * (SANDBOX_FILES_MAX + 1))];
                struct cmsghdr align;
        } control;
        struct iovec io = {bytes, size};
        struct msghdr message = {.msg_iov = &io, .msg_iovlen = 1, .msg_control = fds ? control.bytes : NULL,
                                 .msg_controllen = fds ? sizeof control.bytes : 0};
        ssize_t n = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

        for (struct cmsghdr *part = n >= 0 && fds ? CMSG_FIRSTHDR(&message) : NULL; part; part = CMSG_NXTHDR(&message, part))
                if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_RIGHTS)
                        g_array_append_vals(fds, CMSG_DATA(part), (guint)((part->cmsg_len - CMSG_LEN(0)) / sizeof(int)));
        return n;
}

void wire_accept_files(Wire *wire)
{
        wire->files = files_array();
}

int wire_take_file(Wire *wire)
{
        int fd = -1;

        if (wire->files && wire->files->len) {
                fd = fcntl(g_array_index(wire->files, int, 0), F_DUPFD_CLOEXEC, 0);
                g_array_remove_index(wire->files, 0);
        }
        return fd;
}

/* ---- frames */

static json_object *parse_head(const char *text, gsize size)
{
        json_tokener *tokener = json_tokener_new_ex(WIRE_DEPTH_MAX);
        json_object *head = json_tokener_parse_ex(tokener, text, (int)size);

        json_tokener_free(tokener);
        if (head && !json_object_is_type(head, json_type_object))
                g_clear_pointer(&head, json_object_put);
        return head;
}

static void wire_destroy(Wire *wire)
{
        g_byte_array_unref(wire->inbox);
        g_clear_pointer(&wire->files, g_array_unref);
        g_free(wire);
}

/* Hands on the first frame of the inbox. FALSE when there is none yet, or when what is there is no frame (then *broken). */
static gboolean next_frame(Wire *wire, gboolean *broken)
{
        FrameLengths lengths;
        gsize whole;
        json_object *head;

        if (wire->inbox->len < sizeof lengths)
                return FALSE;
        memcpy(&lengths, wire->inbox->data, sizeof lengths);
        *broken = lengths.head > WIRE_HEAD_MAX || lengths.body > WIRE_BODY_MAX;
        whole = sizeof lengths + (gsize)lengths.head + lengths.body;
        if (*broken || wire->inbox->len < whole)
                return FALSE;
        head = parse_head((const char *)wire->inbox->data + sizeof lengths, lengths.head);
        *broken = !head;
        if (!head)
                return FALSE;
        wire->frame(head, (const char *)wire->inbox->data + sizeof lengths + lengths.head, lengths.body, wire->data);
        json_object_put(head);
        if (!wire->gone)
                g_byte_array_remove_range(wire->inbox, 0, (guint)whole);
        return !wire->gone;
}

static gboolean readable_cb(gint fd, GIOCondition condition, gpointer data)
{
        Wire *wire = data;
        guint length = wire->inbox->len;
        gboolean broken = FALSE;
        ssize_t n;

        g_byte_array_set_size(wire->inbox, length + READ_AT_ONCE);
        n = receive_with_fds(fd, wire->inbox->data + length, READ_AT_ONCE, wire->files);
        g_byte_array_set_size(wire->inbox, length + (n > 0 ? (guint)n : 0));
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return G_SOURCE_CONTINUE;
        wire->busy++;
        while (n > 0 && next_frame(wire, &broken))
                ;
        if (!wire->gone && wire->files && wire->files->len > WIRE_FILES_MAX)
                broken = TRUE;
        if (!wire->gone && (n <= 0 || broken)) {
                watch_clear(&wire->watch);
                wire->closed(wire->data);
        }
        wire->busy--;
        if (wire->gone)
                wire_destroy(wire);
        return G_SOURCE_CONTINUE;
}

Wire *wire_new(int fd, WireFrameFunc frame, WireClosedFunc closed, gpointer data)
{
        Wire *wire = g_new0(Wire, 1);

        g_unix_set_fd_nonblocking(fd, TRUE, NULL);
        wire->fd = fd;
        wire->inbox = g_byte_array_new();
        wire->frame = frame;
        wire->closed = closed;
        wire->data = data;
        outbox_init(&wire->outbox, fd);
        wire->watch = watch_fd(fd, G_IO_IN, G_SOURCE_FUNC(readable_cb), wire);
        return wire;
}

void wire_free(Wire *wire)
{
        if (!wire)
                return;
        watch_clear(&wire->watch);
        outbox_finish(&wire->outbox);
        close(wire->fd);
        wire->gone = TRUE;
        if (!wire->busy)
                wire_destroy(wire);
}

void wire_send(Wire *wire, json_object *head, const void *body, gsize size)
{
        wire_send_files(wire, head, body, size, NULL);
}

void wire_send_files(Wire *wire, json_object *head, const void *body, gsize size, GArray *fds)
{
        const char *text;
        FrameLengths lengths;

        if (fds) {
                GArray *copies = files_array();

                json_object_object_add(head, "files", json_object_new_int64(fds->len));
                for (guint i = 0; i < fds->len; i++) {
                        int copy = fcntl(g_array_index(fds, int, i), F_DUPFD_CLOEXEC, 0);

                        g_array_append_val(copies, copy);
                }
                outbox_add_files(&wire->outbox, copies);
        }
        text = json_object_to_json_string_ext(head, JSON_C_TO_STRING_PLAIN);
        lengths = (FrameLengths){(guint32)strlen(text), (guint32)size};

        /* a reader that has fallen too far behind reads an end of file, and its calls end with it */
        if (!outbox_add(&wire->outbox, &lengths, sizeof lengths) || !outbox_add(&wire->outbox, text, lengths.head) ||
            !outbox_add(&wire->outbox, body, size))
                shutdown(wire->fd, SHUT_RDWR);
        json_object_put(head);
}
