/* The broker: frames that a tool could send it, and URLs. A URL that is read has a granted form: written anew it is read as the same, and
 * another reader (GLib's) finds the same server in it. What is no frame ends the broker. libcurl is not asked: the fetcher is ours here. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define main broker_main
#include "sandbox/broker/main.c"
#undef main
#include "broker/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static void check(gboolean holds, const char *what)
{
        if (holds)
                return;
        fprintf(stderr, "It does not hold that %s.\n", what);
        abort();
}

static void check_url(const char *text, gsize size)
{
        Url url, again;
        const char *why = NULL;
        g_autoptr(GUri) other = NULL;

        if (!url_parse(text, size, &url, &why)) {
                check(why && *why, "a refusal has a sentence");
                url_clear(&url);
                return;
        }
        check(url_parse(url.text, strlen(url.text), &again, &why), "what is written anew is read again");
        check(g_str_equal(url.text, again.text) && hosts_same(&url.host, &again.host), "it is then the same");
        other = g_uri_parse(url.text, G_URI_FLAGS_ENCODED, NULL);
        check(!other || g_ascii_strcasecmp(g_uri_get_host(other), url.host.name) == 0, "another reader finds the same server");
        check(!other || !g_uri_get_userinfo(other), "another reader finds no user in it");
        url_clear(&url);
        url_clear(&again);
}

json_object *fetcher_run(Fetcher *fetcher, json_object *request, const char *bytes, gsize size, GByteArray *body)
{
        json_object *url;

        check(json_object_is_type(request, json_type_object), "a request is an object");
        check(size <= BROKER_UP_MAX, "no more comes along than may");
        if (json_object_object_get_ex(request, "url", &url) && json_object_is_type(url, json_type_string))
                check_url(json_object_get_string(url), (gsize)json_object_get_string_len(url));
        return json_object_new_object();
}

Fetcher *fetcher_new(const Host *hosts, guint n_hosts, FetchReportFunc func)
{
        return NULL;
}

void fetcher_free(Fetcher *fetcher)
{
}

bool shut_in(void)
{
        return TRUE;
}

int index_run(void)
{
        return 0;
}

void hook_start(void)
{
}

/* The broker's number is kept free of the fuzzer's own files. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
        int nothing = open("/dev/null", O_RDWR);

        dup2(nothing, BROKER_TOOL_FD);
        return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        int pair[2], status = -1;

        check_url((const char *)data, size);
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
                return 0;
        dup2(pair[1], BROKER_TOOL_FD);
        close(pair[1]);
        if (send(pair[0], data, size, MSG_DONTWAIT) < 0)
                size = 0;
        shutdown(pair[0], SHUT_WR);
        while (status < 0)
                status = serve(NULL);
        check(status == EXIT_END || status == EXIT_PROTOCOL, "a broker ends in a known way");
        close(pair[0]);
        return 0;
}
