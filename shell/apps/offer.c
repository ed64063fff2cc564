/* A file that a page offers is saved only after the person said so: the agent asks (POST save), and the answer arrives as an `answered` event. */
#include "shell/apps/view.h"

#include <glib/gstdio.h>

#include "protocols/api.h"

#define ANSWERS_KEPT_MAX 256

typedef struct {
        AppView *view;
        char *name, *path, *question;
} Offer;

void offer_free(gpointer data)
{
        Offer *offer = data;

        if (offer->path)
                page_file_drop(offer->path);
        g_free(offer->path);
        g_free(offer->name);
        g_free(offer->question);
        g_free(offer);
}

static void forget(AppView *view, Offer *offer)
{
        g_ptr_array_remove(view->offers, offer);
        if (view->offers->len)
                return;
        g_clear_pointer(&view->answers, agent_stream_free);
        g_hash_table_remove_all(view->answered);
}

static char *downloads(void)
{
        const char *folder = g_get_user_special_dir(G_USER_DIRECTORY_DOWNLOAD);

        return folder ? g_strdup(folder) : g_build_filename(g_get_home_dir(), "Downloads", NULL);
}

static void save(AppView *view, Offer *offer)
{
        g_autofree char *folder = downloads(), *path = NULL;
        g_autoptr(GError) error = NULL;

        path = save_move(offer->path, folder, offer->name, &error);
        if (!path)
                view_found_text(view, "tool", error->message);
        else if (view->handler->saved)
                view->handler->saved(view, path, view->user_data);
}

static void settle(AppView *view, Offer *offer)
{
        const char *answer = offer->question ? g_hash_table_lookup(view->answered, offer->question) : NULL;

        if (!answer)
                return;
        if (g_strcmp0(answer, "no") != 0)
                save(view, offer);
        forget(view, offer);
}

static gboolean forget_cb(gpointer user_data)
{
        Offer *offer = user_data;

        settle(offer->view, offer);
        return G_SOURCE_REMOVE;
}

static void event_cb(EventType type, guint64 id, json_object *data, gpointer user_data)
{
        AppView *view = user_data;
        json_object *question = NULL, *answer = NULL;

        if (type != EVENT_ANSWERED)
                return;
        json_object_object_get_ex(data, "question", &question);
        json_object_object_get_ex(data, "answer", &answer);
        if (!question || !answer)
                return;
        if (g_hash_table_size(view->answered) >= ANSWERS_KEPT_MAX)
                g_hash_table_remove_all(view->answered);
        g_hash_table_insert(view->answered, g_strdup(json_object_get_string(question)), g_strdup(json_object_get_string(answer)));
        for (guint i = 0; i < view->offers->len; i++) {
                Offer *offer = view->offers->pdata[i];

                /* From an idle source: settling the last one ends the stream that is calling us. */
                if (g_strcmp0(offer->question, json_object_get_string(question)) == 0)
                        g_idle_add(forget_cb, offer);
        }
}

static void asked_cb(json_object *body, const GError *error, gpointer user_data)
{
        Offer *offer = user_data;
        json_object *id = NULL;

        if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
                return;
        if (!json_object_object_get_ex(body, "id", &id)) {
                view_found_text(offer->view, "tool", error ? error->message : "The agent did not ask whether the file may be saved; it was not saved.");
                forget(offer->view, offer);
                return;
        }
        offer->question = g_strdup(json_object_get_string(id));
        settle(offer->view, offer);
}

void offers_add(AppView *view, const char *name, const char *path)
{
        g_autofree char *target = g_strdup_printf(API_PREFIX "/apps/%s/save", view->app);
        json_object *body = json_object_new_object();
        Offer *offer = g_new0(Offer, 1);
        GStatBuf info;

        offer->view = view;
        offer->name = g_strdup(name);
        offer->path = g_strdup(path);
        g_ptr_array_add(view->offers, offer);
        /* Following starts before asking, so that no answer can be missed. */
        if (!view->answers)
                view->answers = agent_client_follow(view->views->agent, "GET", API_PREFIX "/events", NULL, 0, TRUE, event_cb, NULL, view);
        json_object_object_add(body, "name", json_object_new_string(name));
        json_object_object_add(body, "bytes", json_object_new_int64(g_stat(path, &info) == 0 ? info.st_size : 0));
        agent_client_request(view->views->agent, "POST", target, body, view->cancellable, asked_cb, offer);
        json_object_put(body);
}

void offers_free(AppView *view)
{
        for (guint i = 0; i < view->offers->len; i++)
                g_idle_remove_by_data(view->offers->pdata[i]);
        g_clear_pointer(&view->answers, agent_stream_free);
        g_ptr_array_unref(view->offers);
        g_hash_table_unref(view->answered);
}
