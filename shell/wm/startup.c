#include "startup.h"

#include <stdlib.h>
#include <string.h>

#include "props.h"

#define LAUNCHES_MAX 64
#define SENDERS_MAX 16
#define MESSAGE_MAX 4096 /* bytes; a longer one is dropped */
#define CHUNK 20
#define ID_MAX 256

typedef struct {
        char *id;
        long desktop;        /* -1: not said */
        guint32 time;
        gboolean has_time;
} Launch;

typedef struct {
        Window window;
        GString *text;
} Sender;

struct Startup {
        GPtrArray *launches; /* oldest first */
        GPtrArray *senders;
};

static void launch_free(gpointer data)
{
        Launch *launch = data;

        g_free(launch->id);
        g_free(launch);
}

static void sender_free(gpointer data)
{
        Sender *sender = data;

        g_string_free(sender->text, TRUE);
        g_free(sender);
}

void startup_init(Wm *wm)
{
        wm->startup = g_new0(Startup, 1);
        wm->startup->launches = g_ptr_array_new_with_free_func(launch_free);
        wm->startup->senders = g_ptr_array_new_with_free_func(sender_free);
}

void startup_free(Wm *wm)
{
        g_ptr_array_unref(wm->startup->launches);
        g_ptr_array_unref(wm->startup->senders);
        g_clear_pointer(&wm->startup, g_free);
}

/* The value of KEY= in a message, without quotes and escapes, or NULL. */
static char *value_of(const char *text, const char *key)
{
        const char *p = strchr(text, ':');
        gsize length = strlen(key);

        for (p = p ? p + 1 : text; *p;) {
                p += strspn(p, " ");
                gboolean wanted = strncmp(p, key, length) == 0 && p[length] == '=';
                GString *value = g_string_new(NULL);
                gboolean quoted = FALSE;
                p += strcspn(p, "= ");
                if (*p == '=')
                        p++;
                for (; *p && (quoted || *p != ' '); p++) {
                        if (*p == '"')
                                quoted = !quoted;
                        else if (*p == '\\' && p[1])
                                g_string_append_c(value, *++p);
                        else
                                g_string_append_c(value, *p);
                }
                if (wanted)
                        return g_string_free(value, FALSE);
                g_string_free(value, TRUE);
        }
        return NULL;
}

/* Ids carry the time of the launch behind this mark. */
static gboolean time_in_id(const char *id, guint32 *time)
{
        const char *mark = id ? g_strrstr(id, "_TIME") : NULL;
        char *end = NULL;

        if (!mark || !g_ascii_isdigit(mark[5]))
                return FALSE;
        *time = (guint32)g_ascii_strtoull(mark + 5, &end, 10);
        return *end == 0;
}

static Launch *find(const Startup *startup, const char *id, guint *at)
{
        for (guint i = 0; id && i < startup->launches->len; i++) {
                Launch *launch = g_ptr_array_index(startup->launches, i);
                if (strcmp(launch->id, id) == 0) {
                        if (at)
                                *at = i;
                        return launch;
                }
        }
        return NULL;
}

static void take(Startup *startup, const char *text)
{
        g_autofree char *id = value_of(text, "ID"), *desktop = value_of(text, "DESKTOP"), *stamp = value_of(text, "TIMESTAMP");
        guint at;
        Launch *launch = find(startup, id, &at);

        if (!id || strlen(id) > ID_MAX)
                return;
        if (g_str_has_prefix(text, "remove:")) {
                if (launch)
                        g_ptr_array_remove_index(startup->launches, at);
                return;
        }
        if (!launch) {
                if (!g_str_has_prefix(text, "new:"))
                        return;
                if (startup->launches->len >= LAUNCHES_MAX)
                        g_ptr_array_remove_index(startup->launches, 0);
                launch = g_new0(Launch, 1);
                launch->id = g_strdup(id);
                launch->desktop = -1;
                launch->has_time = time_in_id(id, &launch->time);
                g_ptr_array_add(startup->launches, launch);
        }
        if (desktop && g_ascii_isdigit(*desktop))
                launch->desktop = strtol(desktop, NULL, 10);
        if (stamp && g_ascii_isdigit(*stamp)) {
                launch->time = (guint32)g_ascii_strtoull(stamp, NULL, 10);
                launch->has_time = TRUE;
        }
}

static Sender *sender_of(Startup *startup, Window window, gboolean begins)
{
        for (guint i = 0; i < startup->senders->len; i++) {
                Sender *sender = g_ptr_array_index(startup->senders, i);
                if (sender->window != window)
                        continue;
                if (begins)
                        g_string_truncate(sender->text, 0);
                return sender;
        }
        if (!begins)
                return NULL;
        if (startup->senders->len >= SENDERS_MAX)
                g_ptr_array_remove_index(startup->senders, 0);
        Sender *sender = g_new0(Sender, 1);
        sender->window = window;
        sender->text = g_string_new(NULL);
        g_ptr_array_add(startup->senders, sender);
        return sender;
}

void startup_message(Wm *wm, const XClientMessageEvent *e)
{
        Startup *startup = wm->startup;
        Sender *sender = sender_of(startup, e->window, e->message_type == wm->atoms[ATOM__NET_STARTUP_INFO_BEGIN]);

        if (!sender)
                return;
        gsize n = strnlen(e->data.b, CHUNK);
        g_string_append_len(sender->text, e->data.b, (gssize)n);
        if (n == CHUNK && sender->text->len < MESSAGE_MAX)
                return;
        if (n < CHUNK && g_utf8_validate(sender->text->str, -1, NULL))
                take(startup, sender->text->str);
        g_ptr_array_remove(startup->senders, sender);
}

void startup_apply(Wm *wm, Client *c)
{
        guint32 time;
        gsize n;

        /* Toolkits put the id on the leader; it is only worth a question while something is being launched. */
        if (!c->startup_id && c->leader && wm->startup->launches->len)
                c->startup_id = props_bytes(wm, c->leader, wm->atoms[ATOM__NET_STARTUP_ID], ID_MAX, &n);
        Launch *launch = find(wm->startup, c->startup_id, NULL);
        if (launch && launch->desktop >= 0 && launch->desktop < (long)wm->n_desktops)
                c->desktop = (guint)launch->desktop;
        if (c->has_user_time)
                return;
        if (launch && launch->has_time) {
                c->user_time = launch->time;
                c->has_user_time = TRUE;
        } else if (time_in_id(c->startup_id, &time) && time != 0) {
                c->user_time = time;
                c->has_user_time = TRUE;
        }
}
