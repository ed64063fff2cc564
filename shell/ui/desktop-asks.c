/* What apps ask, how it is answered, and what they may do by it. */
#include <string.h>

#include "protocols/api.h"
#include "shell/ui/desktop-parts.h"
#include "shell/ui/fields.h"

void
desktop_push_question(Desktop *desktop)
{
        const GPtrArray *questions = desktop->model->questions;
        g_autoptr(GPtrArray) none = g_ptr_array_new();
        const char *first = question_sheet_first(desktop->question);
        const Question *question = model_question(desktop->model, first);
        App *app;

        if (desktop->chooser && !model_question(desktop->model, folder_chooser_question(desktop->chooser)))
                g_clear_pointer(&desktop->chooser, folder_chooser_free);
        /* The chooser says again what is asked, and the sheet would lie over it. */
        if (desktop->chooser)
                questions = none;
        if (!question && questions->len > 0)
                question = questions->pdata[0];
        app = question ? model_app(desktop->model, question->app) : NULL;
        question_sheet_show(desktop->question, questions, app && *app->glyph ? app->glyph : "?");
}

/* The agent's own `answered` comes as well; the sheet need not wait for it. */
static void
answered(Desktop *desktop, const char *question)
{
        model_drop_question(desktop->model, question);
        desktop_touch(desktop);
}

static void
answered_cb(const char *question, const char *answer, gpointer user_data)
{
        Desktop *desktop = user_data;
        g_autofree char *path = g_strdup_printf(API_PREFIX "/answers/%s", question);
        json_object *body = json_object_new_object();

        json_object_object_add(body, "answer", json_object_new_string(answer));
        desktop_request(desktop, "POST", path, body, NULL, NULL);
        answered(desktop, question);
}

/* A smaller folder */

static void
chosen_reply(Desktop *desktop, json_object *body, const GError *error, const char *text)
{
        gboolean shows = desktop->chooser && strcmp(folder_chooser_question(desktop->chooser), text) == 0;

        if (error && shows) {
                folder_chooser_say(desktop->chooser, error->message);
                return;
        }
        if (shows)
                g_clear_pointer(&desktop->chooser, folder_chooser_free);
        if (!error)
                answered(desktop, text);
}

static void
chosen_cb(const char *question, const char *answer, const char *folder, gpointer user_data)
{
        Desktop *desktop = user_data;
        g_autofree char *path = g_strdup_printf(API_PREFIX "/answers/%s", question);
        json_object *body = json_object_new_object();

        json_object_object_add(body, "answer", json_object_new_string(answer));
        json_object_object_add(body, "folder", json_object_new_string(folder));
        desktop_request(desktop, "POST", path, body, chosen_reply, question);
}

static gboolean
close_cb(gpointer user_data)
{
        Desktop *desktop = user_data;

        desktop->close_chooser = 0;
        g_clear_pointer(&desktop->chooser, folder_chooser_free);
        desktop_touch(desktop);
        return G_SOURCE_REMOVE;
}

/* From within one of its own signals. */
static void
closed_cb(gpointer user_data)
{
        Desktop *desktop = user_data;

        if (!desktop->close_chooser)
                desktop->close_chooser = g_idle_add(close_cb, desktop);
}

static void
choose_cb(const char *id, gpointer user_data)
{
        static const FolderChooserHandler handler = {chosen_cb, closed_cb};
        Desktop *desktop = user_data;
        const Question *question = model_question(desktop->model, id);

        if (!question)
                return;
        if (desktop->chooser && strcmp(folder_chooser_question(desktop->chooser), id) == 0) {
                gtk_window_present(GTK_WINDOW(folder_chooser_window(desktop->chooser)));
                return;
        }
        folder_chooser_free(desktop->chooser);
        desktop->chooser = folder_chooser_new(question, &handler, desktop);
        desktop_touch(desktop);
}

static void
split_cb(gpointer user_data)
{
        desktop_touch(user_data);
}

static void
keys_cb(int n, gpointer user_data)
{
        host_answer_keys(user_data, n);
}

void
desktop_questions_start(Desktop *desktop)
{
        const QuestionHandler handler = {
                answered_cb, choose_cb, split_cb, keys_cb, host_modifiers(desktop), NULL,
        };

        desktop->question = question_sheet_new(&handler, desktop);
}

/* What apps may do */

static void
permits_reply(Desktop *desktop, json_object *body, const GError *error, const char *text)
{
        App *app = model_app(desktop->model, text);

        if (error && g_error_matches(error, CLIENT_ERROR, CLIENT_ERROR_REFUSED))
                desktop_say(desktop, NULL, error->message, FALSE);
        else if (!error && app)
                model_take_permits(app, body);
        desktop_touch(desktop);
}

void
desktop_refresh_permits(Desktop *desktop, const char *app)
{
        g_autofree char *path = g_strdup_printf(API_PREFIX "/grants?app=%s", app);

        if (name_is_app(app))
                desktop_request(desktop, "GET", path, NULL, permits_reply, app);
}

static void
revoked_reply(Desktop *desktop, json_object *body, const GError *error, const char *text)
{
        if (error)
                desktop_say(desktop, NULL, error->message, FALSE);
        desktop_refresh_permits(desktop, text);
}

void
desktop_revoke_cb(AppWindow *window, const char *permit, gpointer user_data)
{
        g_autofree char *path = g_strdup_printf(API_PREFIX "/grants/%s", permit);

        desktop_request(user_data, "DELETE", path, NULL, revoked_reply, app_window_app(window));
}
