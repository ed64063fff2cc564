/* impromptu-sandbox-broker HOST…: the only way from a tool to the network, and only to the hosts it is given.
 *
 * A process of its own for each call that was granted `net`, because it does what is most dangerous here: it reads what a hostile tool
 * writes and what a stranger's server answers, with libcurl and a TLS library, outside the tool's confinement. So it is neither the agent
 * (which holds the keys) nor the sandbox's server (which holds the mounts, sees every call, and may be root): it has a clean environment,
 * no key, no file but the system's libraries and certificates (shut.c), no proxy and so no proxy's password, two descriptors, and ends with
 * its call. The command line needs no agent for it. Being one call's, it may do one thing after the other: no threads of its own, no loop over events.
 *
 * The tool's bytes are read with bounds before anything is made of them (frame.c); a frame that is none, or that comes with descriptors,
 * ends the broker, which the tool sees as its end of file. fetch.c does the rest. With --index it is the way of an installation of Python
 * packages to the person's package index instead (index.c). */
#include "broker/fetch.h"
#include "broker/frame.h"
#include "broker/hook.h"
#include "broker/index.h"
#include "broker/shut.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { EXIT_END = 0, EXIT_UNABLE = 3, EXIT_PROTOCOL = 4 };

static void report(guint host, gboolean begun, guint64 sent, guint64 received)
{
        BrokerReport what = {host, (guint32)begun, sent, received};

        /* a pipe holds all reports of a call, so this does not wait; nobody there to read is no reason to go on uncounted */
        if (write(BROKER_REPORT_FD, &what, sizeof what) != (ssize_t)sizeof what)
                exit(EXIT_UNABLE);
}

static gboolean answer(Fetcher *fetcher, json_object *request, const char *bytes, gsize size)
{
        g_autoptr(GByteArray) body = g_byte_array_new();
        json_object *head = fetcher_run(fetcher, request, bytes, size, body);
        gboolean done = frame_write(head, body->data, body->len);

        json_object_put(head);
        return done;
}

/* One request; an exit status, -1 to go on. */
static int serve(Fetcher *fetcher)
{
        g_autofree char *frame = NULL;
        json_object *request = NULL;
        const char *bytes = NULL;
        gsize size = 0;
        int got = frame_read(&frame, &request, &bytes, &size);
        gboolean done;

        if (got <= 0)
                return got == 0 ? EXIT_END : EXIT_PROTOCOL;
        done = answer(fetcher, request, bytes, size);
        json_object_put(request);
        return done ? -1 : EXIT_END;
}

int main(int argc, char **argv)
{
        Host hosts[HOSTS_MAX];
        Fetcher *fetcher;
        const char *why;
        int n = argc - 1, status = -1;

        if (argc == 2 && g_str_equal(argv[1], BROKER_INDEX))
                return index_run();
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
