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
        if (!view->offers->len)
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

/* An answer may arrive before the request that asked has told us the question's ID, so it is kept while offers wait. */
static void take_answer(AppView *view, const char *question, const char *answer)
{
        if (!view->offers->len)
                return;
        if (g_hash_table_size(view->answered) >= ANSWERS_KEPT_MAX)
                g_hash_table_remove_all(view->answered);
        g_hash_table_insert(view->answered, g_strdup(question), g_strdup(answer));
        for (guint i = view->offers->len; i > 0; i--)
                settle(view, view->offers->pdata[i - 1]);
}

static void event_cb(EventType type, guint64 id, json_object *data, gpointer user_data)
{
        Views *views = user_data;
        json_object *question = NULL, *answer = NULL;

        if (type != EVENT_ANSWERED)
                return;
        json_object_object_get_ex(data, "question", &question);
        json_object_object_get_ex(data, "answer", &answer);
        for (guint i = 0; i < views->open->len; i++)
                take_answer(views->open->pdata[i], json_object_get_string(question), json_object_get_string(answer));
}

/* The stream resumes by itself. A page that was on its way when the agent went looks finished to WebKit, however short it is: it is loaded again. */
static void state_cb(const GError *error, gpointer user_data)
{
        Views *views = user_data;

        for (guint i = 0; i < views->open->len; i++) {
                AppView *view = views->open->pdata[i];

                if (error)
                        view->cut = view->cut || view->loading;
                else if (view->cut)
                        view_load_now(view);
        }
}

void offers_follow(Views *views)
{
        if (!views->answers)
                views->answers = agent_client_follow(views->agent, "GET", API_PREFIX "/events", NULL, 0, TRUE, event_cb, state_cb, views);
}

static void asked_cb(json_object *body, const GError *error, gpointer user_data)
{
        Offer *offer = user_data;
        json_object *id = NULL;

        if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
                return;
        if (!json_object_object_get_ex(body, "id", &id)) {
                view_found_text(offer->view, "tool", error ? error->message : "The agent did not ask whether the file may be saved, so it was not.");
                forget(offer->view, offer);
                return;
        }
        offer->question = g_strdup(json_object_get_string(id));
        settle(offer->view, offer);
}

void offers_add(AppView *view, const char *name, const char *path)
{
        g_autofree char *target = g_strdup_printf(API_PREFIX "/apps/%s/save", view->app);
        json_object *body;
        Offer *offer;
        GStatBuf info;

        if (view->offers->len >= PAGE_FILES_AT_ONCE) {
                page_file_drop(path);
                view_found_text(view, "console", "The page offered another file while others wait for an answer; it was not taken.");
                return;
        }
        offer = g_new0(Offer, 1);
        offer->view = view;
        offer->name = g_strdup(name);
        offer->path = g_strdup(path);
        g_ptr_array_add(view->offers, offer);
        body = json_object_new_object();
        json_object_object_add(body, "name", json_object_new_string(name));
        json_object_object_add(body, "bytes", json_object_new_int64(g_stat(path, &info) == 0 ? info.st_size : 0));
        agent_client_request(view->views->agent, "POST", target, body, view->cancellable, asked_cb, offer);
        json_object_put(body);
}

void offers_free(AppView *view)
{
        g_ptr_array_unref(view->offers);
        g_hash_table_unref(view->answered);
}
