/* What an app saves for itself lives with the agent, not in WebKit. The page gets it at its start and tells every change; changes are kept here until
 * the agent has them, one request at a time, so that a crash of the page loses nothing and a burst of writes is one request. What a draft
 * saves waits here until its gate opens, and goes with the draft. */
#include "shell/apps/view.h"

#include <string.h>

#include "protocols/api.h"

static void save_next(AppView *view);

static char *storage_path(AppView *view)
{
        return g_strdup_printf(API_PREFIX "/apps/%s/storage", view->app);
}

/* An empty key stands for "everything": it clears. A value that is no string removes its key. */
static void apply(json_object *target, json_object *set, gboolean keep_nulls)
{
        json_object *ignored = NULL;

        if (json_object_object_get_ex(set, "", &ignored)) {
                g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);

                json_object_object_foreach(target, old, unused) {
                        (void)unused;
                        g_ptr_array_add(keys, g_strdup(old));
                }
                for (guint i = 0; i < keys->len; i++)
                        json_object_object_del(target, keys->pdata[i]);
                if (keep_nulls)
                        json_object_object_add(target, "", NULL);
        }
        json_object_object_foreach(set, key, value) {
                if (!*key)
                        continue;
                if (json_object_is_type(value, json_type_string))
                        json_object_object_add(target, key, json_object_get(value));
                else if (keep_nulls)
                        json_object_object_add(target, key, NULL);
                else
                        json_object_object_del(target, key);
        }
}

static void fetched_cb(json_object *body, const GError *error, gpointer user_data)
{
        AppView *view = user_data;

        if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
                return;
        /* A new app has none yet. Should the agent be away, loading the page will fail too and be tried again. */
        if (json_object_is_type(body, json_type_object)) {
                json_object_put(view->storage);
                view->storage = json_object_get(body);
        }
        view->storage_known = body || g_error_matches(error, CLIENT_ERROR, CLIENT_ERROR_REFUSED);
        if (view->load_wanted)
                view_load_now(view);
}

void storage_fetch(AppView *view)
{
        g_autofree char *path = storage_path(view);

        agent_client_request(view->views->agent, "GET", path, NULL, view->cancellable, fetched_cb, view);
}

static gboolean retry_cb(gpointer user_data)
{
        AppView *view = user_data;

        view->store_source = 0;
        save_next(view);
        return G_SOURCE_REMOVE;
}

static void saved_cb(json_object *body, const GError *error, gpointer user_data)
{
        AppView *view = user_data;

        if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
                return;
        if (g_error_matches(error, CLIENT_ERROR, CLIENT_ERROR_UNREACHABLE)) {
                /* Newer changes win over those that did not arrive. */
                json_object *newer = view->unsaved;

                view->unsaved = g_steal_pointer(&view->saving);
                if (newer)
                        apply(view->unsaved, newer, TRUE);
                json_object_put(newer);
                view->store_source = g_timeout_add(VIEW_STORE_RETRY_MS, retry_cb, view);
                return;
        }
        if (error)
                view_found_text(view, "tool", error->message);
        g_clear_pointer(&view->saving, json_object_put);
        save_next(view);
}

static void save_next(AppView *view)
{
        g_autofree char *path = storage_path(view);

        if (view->saving || view->store_source || !view->unsaved)
                return;
        view->saving = g_steal_pointer(&view->unsaved);
        agent_client_request(view->views->agent, "POST", path, view->saving, view->cancellable, saved_cb, view);
}

static gsize size_of(json_object *set)
{
        gsize size = 0;

        json_object_object_foreach(set, key, value) {
                size += strlen(key) + (json_object_is_type(value, json_type_string) ? json_object_get_string_len(value) : 0);
        }
        return size;
}

/* What an unchecked draft saves must not become the app's own. */
static void hold(AppView *view, json_object *set)
{
        if (!view->held)
                view->held = json_object_new_object();
        if (size_of(view->held) + size_of(set) > API_STORAGE_MAX)
                view_found_text(view, "console", "The draft saves more than an app may keep; the last of it was dropped.");
        else
                apply(view->held, set, TRUE);
}

void storage_release(AppView *view)
{
        json_object *held = g_steal_pointer(&view->held);

        if (held)
                storage_merge(view, held);
        json_object_put(held);
}

void storage_drop_held(AppView *view)
{
        g_clear_pointer(&view->held, json_object_put);
}

void storage_merge(AppView *view, json_object *set)
{
        if (!view->gate_open) {
                hold(view, set);
                return;
        }
        apply(view->storage, set, FALSE);
        if (!view->unsaved)
                view->unsaved = json_object_new_object();
        apply(view->unsaved, set, TRUE);
        save_next(view);
}

/* The request that is under way may be lost with the view, so its changes go again, with what came after them. */
void storage_free(AppView *view)
{
        g_autofree char *path = storage_path(view);
        json_object *last = json_object_new_object();

        g_clear_handle_id(&view->store_source, g_source_remove);
        if (view->saving)
                apply(last, view->saving, TRUE);
        if (view->unsaved)
                apply(last, view->unsaved, TRUE);
        if (json_object_object_length(last) > 0)
                agent_client_request(view->views->agent, "POST", path, last, NULL, NULL, NULL);
        json_object_put(last);
        storage_drop_held(view);
        g_clear_pointer(&view->saving, json_object_put);
        g_clear_pointer(&view->unsaved, json_object_put);
        g_clear_pointer(&view->storage, json_object_put);
}
