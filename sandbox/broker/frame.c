/* The tool's bytes are read with bounds before anything is made of them, JSON strictly. */
#include "broker/frame.h"

#include "broker/broker.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define DEPTH_MAX 8 /* of a request's JSON */

/* 1: all of it; 0: the end before its first byte; -1: no frame. Descriptors that were sent along are closed by the kernel, there being no
 * place for them, and it says so. */
static int read_all(void *data, gsize size)
{
        char *at = data;

        while (size) {
                struct iovec io = {at, size};
                struct msghdr message = {.msg_iov = &io, .msg_iovlen = 1};
                ssize_t n = recvmsg(BROKER_TOOL_FD, &message, 0);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0 || (message.msg_flags & MSG_CTRUNC))
                        return n == 0 && at == data ? 0 : -1;
                at += n;
                size -= (gsize)n;
        }
        return 1;
}

static gboolean write_all(const void *data, gsize size)
{
        const char *at = data;

        while (size) {
                ssize_t n = send(BROKER_TOOL_FD, at, size, MSG_NOSIGNAL);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return FALSE;
                at += n;
                size -= (gsize)n;
        }
        return TRUE;
}

static json_object *parse_head(const char *text, gsize size)
{
        json_tokener *tokener = json_tokener_new_ex(DEPTH_MAX);
        json_object *head;

        json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
        head = json_tokener_parse_ex(tokener, text, (int)size);
        if (head && (json_tokener_get_parse_end(tokener) != size || !json_object_is_type(head, json_type_object)))
                g_clear_pointer(&head, json_object_put);
        json_tokener_free(tokener);
        return head;
}

int frame_read(char **frame, json_object **head, const char **bytes, gsize *size)
{
        BrokerLengths lengths;
        int got = read_all(&lengths, sizeof lengths);
        g_autofree char *all = NULL;

        if (got <= 0)
                return got;
        if (!lengths.head || lengths.head > BROKER_HEAD_MAX || lengths.body > BROKER_UP_MAX)
                return -1;
        all = g_malloc((gsize)lengths.head + lengths.body);
        if (read_all(all, (gsize)lengths.head + lengths.body) <= 0 || !(*head = parse_head(all, lengths.head)))
                return -1;
        *bytes = all + lengths.head;
        *size = lengths.body;
        *frame = g_steal_pointer(&all);
        return 1;
}

gboolean frame_write(json_object *head, const void *bytes, gsize size)
{
        const char *text = head ? json_object_to_json_string_ext(head, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE) : "";
        BrokerLengths lengths = {(guint32)strlen(text), (guint32)size};

        return write_all(&lengths, sizeof lengths) && write_all(text, lengths.head) && write_all(bytes, size);
}

json_object *frame_error(const char *kind, const char *format, va_list arguments)
{
        g_autofree char *message = g_strdup_vprintf(format, arguments);
        json_object *head = json_object_new_object(), *inner = json_object_new_object();

        json_object_object_add(inner, "kind", json_object_new_string(kind));
        json_object_object_add(inner, "message", json_object_new_string(message));
        json_object_object_add(head, "error", inner);
        return head;
}
