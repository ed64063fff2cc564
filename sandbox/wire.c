#include "wire.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_AT_ONCE (64 * 1024)

typedef struct {
        guint32 head, body;
} FrameLengths;

struct Wire {
        int fd;
        GSource *watch;
        GByteArray *inbox;
        Outbox outbox;
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
                                          [SANDBOX_SYSTEM] = "system", [SANDBOX_NET] = "net", [SANDBOX_RUN] = "run"};

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
        *outbox = (Outbox){.fd = fd, .bytes = g_byte_array_new()};
}

void outbox_finish(Outbox *outbox)
{
        watch_clear(&outbox->watch);
        g_clear_pointer(&outbox->bytes, g_byte_array_unref);
}

/* Writes what fits; FALSE when the descriptor is broken. */
static gboolean outbox_push(Outbox *outbox)
{
        while (outbox->done < outbox->bytes->len) {
                ssize_t n = send(outbox->fd, outbox->bytes->data + outbox->done, outbox->bytes->len - outbox->done,
                                 MSG_NOSIGNAL | MSG_DONTWAIT);

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
        n = recv(fd, wire->inbox->data + length, READ_AT_ONCE, MSG_DONTWAIT);
        g_byte_array_set_size(wire->inbox, length + (n > 0 ? (guint)n : 0));
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return G_SOURCE_CONTINUE;
        wire->busy++;
        while (n > 0 && next_frame(wire, &broken))
                ;
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
        const char *text = json_object_to_json_string_ext(head, JSON_C_TO_STRING_PLAIN);
        FrameLengths lengths = {(guint32)strlen(text), (guint32)size};

        /* a reader that has fallen too far behind reads an end of file, and its calls end with it */
        if (!outbox_add(&wire->outbox, &lengths, sizeof lengths) || !outbox_add(&wire->outbox, text, lengths.head) ||
            !outbox_add(&wire->outbox, body, size))
                shutdown(wire->fd, SHUT_RDWR);
        json_object_put(head);
}
