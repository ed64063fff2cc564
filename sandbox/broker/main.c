/* impromptu-sandbox-broker HOST…: the only way from a tool to the network, and only to the hosts it is given.
 *
 * A process of its own for each call that was granted `net`, because it does what is most dangerous here: it reads what a hostile tool
 * writes and what a stranger's server answers, with libcurl and a TLS library, outside the tool's confinement. So it is neither the agent
 * (which holds the keys) nor the sandbox's server (which holds the mounts, sees every call, and may be root): it has a clean environment,
 * no key, no file but the system's libraries and certificates (shut.c), no proxy and so no proxy's password, two descriptors, and ends with
 * its call. The command line needs no agent for it. Being one call's, it may do one thing after the other: no threads of its own, no loop over events.
 *
 * The tool's bytes are read with bounds before anything is made of them, JSON strictly; a frame that is none, or that comes with
 * descriptors, ends the broker, which the tool sees as its end of file. fetch.c does the rest. */
#include "broker/fetch.h"
#include "broker/hook.h"
#include "broker/shut.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DEPTH_MAX 8 /* of a request's JSON */

enum { EXIT_END = 0, EXIT_UNABLE = 3, EXIT_PROTOCOL = 4 };

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

static void report(guint host, gboolean begun, guint64 sent, guint64 received)
{
        BrokerReport what = {host, (guint32)begun, sent, received};

        /* a pipe holds all reports of a call, so this does not wait; nobody there to read is no reason to go on uncounted */
        if (write(BROKER_REPORT_FD, &what, sizeof what) != (ssize_t)sizeof what)
                exit(EXIT_UNABLE);
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

static gboolean answer(Fetcher *fetcher, json_object *request, const char *bytes, gsize size)
{
        g_autoptr(GByteArray) body = g_byte_array_new();
        json_object *head = fetcher_run(fetcher, request, bytes, size, body);
        const char *text = json_object_to_json_string_ext(head, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
        BrokerLengths lengths = {(guint32)strlen(text), body->len};
        gboolean done = write_all(&lengths, sizeof lengths) && write_all(text, lengths.head) && write_all(body->data, body->len);

        json_object_put(head);
        return done;
}

/* One request; an exit status, -1 to go on. */
static int serve(Fetcher *fetcher)
{
        BrokerLengths lengths;
        int got = read_all(&lengths, sizeof lengths);
        g_autofree char *frame = NULL;
        json_object *request;
        gboolean done;

        if (got <= 0)
                return got == 0 ? EXIT_END : EXIT_PROTOCOL;
        if (!lengths.head || lengths.head > BROKER_HEAD_MAX || lengths.body > BROKER_UP_MAX)
                return EXIT_PROTOCOL;
        frame = g_malloc((gsize)lengths.head + lengths.body);
        if (read_all(frame, (gsize)lengths.head + lengths.body) <= 0 || !(request = parse_head(frame, lengths.head)))
                return EXIT_PROTOCOL;
        done = answer(fetcher, request, frame + lengths.head, lengths.body);
        json_object_put(request);
        return done ? -1 : EXIT_END;
}

int main(int argc, char **argv)
{
        Host hosts[HOSTS_MAX];
        Fetcher *fetcher;
        const char *why;
        int n = argc - 1, status = -1;

        signal(SIGPIPE, SIG_IGN);
        syscall(SYS_close_range, BROKER_REPORT_FD + 1, ~0u, 0);
        clearenv();
        if (n < 1 || n > HOSTS_MAX)
                return EXIT_UNABLE;
        for (int i = 0; i < n; i++)
                if (!hosts_parse(argv[i + 1], &hosts[i], &why))
                        return EXIT_UNABLE;
        hook_start();
        fetcher = shut_in() ? fetcher_new(hosts, (guint)n, report) : NULL;
        if (!fetcher)
                return EXIT_UNABLE;
        while (status < 0)
                status = serve(fetcher);
        fetcher_free(fetcher);
        return status;
}
