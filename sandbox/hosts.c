/* Names of servers. A name is taken apart as little as possible: GLib's IDNA makes it ASCII, and what then is not letters, digits, hyphens
 * and dots is no name. Whatever a resolver might read as an address (a last label of digits, or 0x…) is refused, because a person who read
 * "api.example.org" agreed to a name and because addresses have too many spellings to compare. */
#include "hosts.h"

#include <string.h>

#define LABEL_MAX 63

static const char *const refused[] = {"localhost", "local", "localdomain", "internal", "intranet", "lan", "home", "corp", "arpa", "onion",
                                      NULL};

static gboolean is_label(const char *label)
{
        gsize length = strlen(label);

        if (length < 1 || length > LABEL_MAX || label[0] == '-' || label[length - 1] == '-')
                return FALSE;
        return strspn(label, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

/* As URLs are read everywhere: a name whose last label is a number is an address. */
static gboolean is_number(const char *label)
{
        return strspn(label, "0123456789") == strlen(label) || (label[0] == '0' && label[1] == 'x');
}

gboolean hosts_normalise(const char *name, char out[HOSTS_NAME_MAX + 1])
{
        g_autofree char *ascii = NULL, *lower = NULL;
        g_auto(GStrv) labels = NULL;
        gsize length = strlen(name);
        guint n;

        if (!length || length > HOSTS_NAME_MAX || !g_utf8_validate(name, -1, NULL) || !(ascii = g_hostname_to_ascii(name)))
                return FALSE;
        lower = g_ascii_strdown(ascii, -1);
        length = strlen(lower);
        if (length && lower[length - 1] == '.')
                lower[--length] = '\0';
        if (!length || length > HOSTS_NAME_MAX)
                return FALSE;
        labels = g_strsplit(lower, ".", -1);
        n = g_strv_length(labels);
        if (n < 2 || is_number(labels[n - 1]) || g_strv_contains(refused, labels[n - 1]))
                return FALSE;
        for (guint i = 0; i < n; i++)
                if (!is_label(labels[i]))
                        return FALSE;
        memcpy(out, lower, length + 1);
        return TRUE;
}

/* Digits only, without a zero in front; 0 for what is no port. */
static guint16 read_port(const char *text)
{
        guint64 port = 0;

        if (!text[0] || text[0] == '0' || strlen(text) > 5 || strspn(text, "0123456789") != strlen(text))
                return 0;
        port = g_ascii_strtoull(text, NULL, 10);
        return port <= G_MAXUINT16 ? (guint16)port : 0;
}

gboolean hosts_parse(const char *resource, Host *host, const char **why)
{
        const char *rest = resource, *colon;
        g_autofree char *name = NULL;

        *host = (Host){.port = HOSTS_PORT};
        if (g_str_has_prefix(rest, "any ")) {
                host->any = TRUE;
                rest += strlen("any ");
        }
        colon = strchr(rest, ':');
        name = colon ? g_strndup(rest, (gsize)(colon - rest)) : g_strdup(rest);
        if (colon && !(host->port = read_port(colon + 1))) {
                *why = "its port is none";
                return FALSE;
        }
        if (!hosts_normalise(name, host->name)) {
                *why = "it is not the full name of a server on the internet, like api.example.org (no address, no path, no https://)";
                return FALSE;
        }
        return TRUE;
}

char *hosts_print(const Host *host)
{
        const char *any = host->any ? "any " : "";

        return host->port == HOSTS_PORT ? g_strconcat(any, host->name, NULL) : g_strdup_printf("%s%s:%u", any, host->name, host->port);
}

char *hosts_canonical(const char *resource, const char **why)
{
        Host host;

        return hosts_parse(resource, &host, why) ? hosts_print(&host) : NULL;
}

gboolean hosts_same(const Host *a, const Host *b)
{
        return a->port == b->port && strcmp(a->name, b->name) == 0;
}
