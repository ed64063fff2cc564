/* Drafts: a page as it grows, and those who read it while it does. */
#include "agent/runs/run.h"

#include <string.h>

typedef struct {
        DraftFunc func;
        gpointer user_data;
        gsize sent;
        gboolean gone;
} Follower;

struct Draft {
        int references;
        char *name, *type;
        GString *bytes;
        gboolean ended;
        GPtrArray *followers;
        guint sending; /* depth of calls to followers: the list is left alone meanwhile */
};

Draft *draft_new(const char *name, const char *type)
{
        Draft *draft = g_new0(Draft, 1);

        draft->references = 1;
        draft->name = g_strdup(name);
        draft->type = g_strdup(type);
        draft->bytes = g_string_new(NULL);
        draft->followers = g_ptr_array_new_with_free_func(g_free);
        return draft;
}

Draft *draft_ref(Draft *draft)
{
        draft->references++;
        return draft;
}

void draft_unref(Draft *draft)
{
        if (!draft || --draft->references > 0)
                return;
        g_free(draft->name);
        g_free(draft->type);
        g_string_free(draft->bytes, TRUE);
        g_ptr_array_unref(draft->followers);
        g_free(draft);
}

const char *draft_name(const Draft *draft)
{
        return draft->name;
}

const char *draft_type(const Draft *draft)
{
        return draft->type;
}

gboolean draft_ended(const Draft *draft)
{
        return draft->ended;
}

gboolean draft_is_shared(const Draft *draft)
{
        return draft->references > 1;
}

gsize draft_length(const Draft *draft)
{
        return draft->bytes->len;
}

/* Sends what is new to one follower. It may unfollow, itself or others, while it is called: then that one is only marked, and sweep()
 * takes it out. */
static void send_new(Draft *draft, Follower *follower)
{
        gsize from = follower->sent;

        follower->sent = draft->bytes->len;
        if (!follower->gone && from < draft->bytes->len) {
                /* A copy: the buffer may grow while the follower looks at it. */
                g_autofree char *piece = g_memdup2(draft->bytes->str + from, draft->bytes->len - from);
                follower->func(piece, draft->bytes->len - from, follower->user_data);
        }
        if (!follower->gone && draft->ended) {
                follower->gone = TRUE;
                follower->func(NULL, 0, follower->user_data);
        }
}

static void sweep(Draft *draft)
{
        if (draft->sending > 0)
                return;
        for (guint i = draft->followers->len; i > 0; i--)
                if (((Follower *)g_ptr_array_index(draft->followers, i - 1))->gone)
                        g_ptr_array_remove_index(draft->followers, i - 1);
}

static void send_all(Draft *draft)
{
        draft_ref(draft);
        draft->sending++;
        for (guint i = 0; i < draft->followers->len; i++)
                send_new(draft, g_ptr_array_index(draft->followers, i));
        draft->sending--;
        sweep(draft);
        draft_unref(draft);
}

void draft_append(Draft *draft, const char *bytes, gsize length)
{
        g_return_if_fail(!draft->ended);
        g_string_append_len(draft->bytes, bytes, length);
        send_all(draft);
}

void draft_end(Draft *draft)
{
        if (draft->ended)
                return;
        draft->ended = TRUE;
        send_all(draft);
}

void draft_follow(Draft *draft, DraftFunc func, gpointer user_data)
{
        Follower *follower = g_new0(Follower, 1);

        follower->func = func;
        follower->user_data = user_data;
        g_ptr_array_add(draft->followers, follower);
        draft_ref(draft);
        draft->sending++;
        send_new(draft, follower);
        draft->sending--;
        sweep(draft);
        draft_unref(draft);
}

void draft_unfollow(Draft *draft, DraftFunc func, gpointer user_data)
{
        for (guint i = 0; i < draft->followers->len; i++) {
                Follower *follower = g_ptr_array_index(draft->followers, i);

                if (follower->func == func && follower->user_data == user_data)
                        follower->gone = TRUE;
        }
        sweep(draft);
}
