/* The tests' side of sandbox/broker/hook.h: with this in place of nohook.c the broker trusts a certificate authority of the test's, knows
 * names that no name server does, may connect to 127.0.0.1, and gives up early. It is told so by broker-hook.json beside the program: {ca?,
 * names?: [[NAME:PORT:ADDRESS, …], …], loopback?, milliseconds?}; the n-th list of names is for the n-th connection, the last for all after
 * it. */
#include "broker/hook.h"

#include <glib.h>
#include <json.h>
#include <netinet/in.h>
#include <stdlib.h>

static json_object *settings;
static char *ca;
static gsize ca_size, turn;
static struct curl_slist *names;

void hook_start(void)
{
        g_autofree char *self = g_file_read_link("/proc/self/exe", NULL), *folder = g_path_get_dirname(self);
        g_autofree char *file = g_build_filename(folder, "broker-hook.json", NULL), *text = NULL;
        json_object *path;

        if (!g_file_get_contents(file, &text, NULL, NULL) || !(settings = json_tokener_parse(text)))
                abort();
        if (json_object_object_get_ex(settings, "ca", &path) && !g_file_get_contents(json_object_get_string(path), &ca, &ca_size, NULL))
                abort();
}

static json_object *names_of_this_turn(void)
{
        json_object *lists;
        gsize n = json_object_object_get_ex(settings, "names", &lists) ? json_object_array_length(lists) : 0;

        gsize at = n && turn >= n ? n - 1 : turn++;

        return n ? json_object_array_get_idx(lists, at) : NULL;
}

void hook_prepare(CURL *curl)
{
        struct curl_blob blob = {ca, ca_size, CURL_BLOB_COPY};
        json_object *list = names_of_this_turn(), *value;

        g_clear_pointer(&names, curl_slist_free_all);
        for (gsize i = 0; list && i < json_object_array_length(list); i++)
                names = curl_slist_append(names, json_object_get_string(json_object_array_get_idx(list, i)));
        curl_easy_setopt(curl, CURLOPT_RESOLVE, names);
        if (ca)
                curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, &blob);
        if (json_object_object_get_ex(settings, "milliseconds", &value))
                curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)json_object_get_int(value));
}

bool hook_may_connect(const struct sockaddr *address)
{
        const struct sockaddr_in *in = (const void *)address;

        return json_object_object_get_ex(settings, "loopback", NULL) && address->sa_family == AF_INET &&
               in->sin_addr.s_addr == htonl(INADDR_LOOPBACK);
}
