/* Readers of URLs disagree about what is odd, and each disagreement is a way around a check. So nothing odd is read: a URL is cut at its
 * first '/', '?' or '#' after "https://", what stands before is a name and perhaps a port and nothing else, and what libcurl gets is put
 * together anew from these parts. */
#include "broker/url.h"

#include <string.h>

#define SCHEME "https://"

/* RFC 3986's characters; a backslash, quotes, braces, spaces, controls and what is not ASCII are none of them. */
static gboolean is_plain(const char *text, gsize size)
{
        for (gsize i = 0; i < size; i++)
                if (!g_ascii_isalnum(text[i]) && (!text[i] || !strchr("-._~:/?#[]@!$&'()*+,;=%", text[i])))
                        return FALSE;
        return TRUE;
}

static gboolean refuse(const char **why, const char *sentence)
{
        *why = sentence;
        return FALSE;
}

/* "HOST" or "HOST:PORT"; a port that is written must be one, so "host:" is refused. */
static gboolean parse_server(const char *server, Host *host, const char **why)
{
        if (strpbrk(server, "@%[]!$&'()*+,;="))
                return refuse(why, "the URL names more than a server before its path (no user names, no addresses)");
        return hosts_parse(server, host, why);
}

gboolean url_parse(const char *text, gsize size, Url *url, const char **why)
{
        g_autofree char *copy = NULL, *server = NULL, *rest = NULL;
        gsize length;

        *url = (Url){0};
        if (size > URL_BYTES_MAX)
                return refuse(why, "the URL is too long");
        if (size < strlen(SCHEME) || g_ascii_strncasecmp(text, SCHEME, strlen(SCHEME)) != 0)
                return refuse(why, "only https:// is spoken");
        copy = g_strndup(text + strlen(SCHEME), size - strlen(SCHEME));
        length = strcspn(copy, "/?#");
        server = g_strndup(copy, length);
        if (!is_plain(copy, size - strlen(SCHEME)))
                return refuse(why, "the URL holds characters that must be written as %XX (a name outside ASCII as punycode)");
        rest = g_strndup(copy + length, strcspn(copy + length, "#"));
        if (!parse_server(server, &url->host, why))
                return FALSE;
        server = (g_free(server), hosts_print(&url->host));
        url->text = g_strconcat(SCHEME, server, rest[0] == '/' ? "" : "/", rest, NULL);
        return TRUE;
}

void url_clear(Url *url)
{
        g_clear_pointer(&url->text, g_free);
}
