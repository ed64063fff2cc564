/* Files that the person chose in a page's chooser, or dropped on it. Both are grants of just that file: the agent is told before the page
 * gets anything, and impromptu.path() then names the file for a call of a tool. What a page says of itself grants nothing: a name that
 * nobody chose has no path.
 *
 * A drop is seen by an emission hook, because WebKit's own handler ends the signal. A drag that began in one of our own windows is no
 * person's choice of a file, whatever its page calls it. WebKit keeps dropped files from a page in its sandbox, so page.js holds the empty
 * drop back, asks for the files (`dropped`), reads each once at its address, and drops them again. */
#include "shell/apps/view.h"

#include <glib/gstdio.h>
#include <string.h>

#include "protocols/api.h"
#include "protocols/text.h"

#define CHOSEN_KEPT_MAX 256 /* a view; the oldest goes */
#define CHOOSER_WIDTH 720
#define CHOOSER_HEIGHT 480
#define GIVEN "given/"      /* addresses of dropped files: app://APP/given/TOKEN */
#define GIVEN_MAX (64 * 1024 * 1024) /* bytes of a dropped file; a chosen one may be larger */

typedef struct {
        char *file, *name; /* the real path; the name that the page sees */
        gint64 size, modified; /* ms */
} Chosen;

/* Files on their way to the agent. */
typedef struct {
        AppView *view;
        WebKitFileChooserRequest *request; /* NULL: they were dropped */
} Giving;

/* A dropped file that the page may read, once. */
typedef struct {
        char *token, *file, *name, *type;
        gint64 size, modified;
        gboolean told;
} Given;

/* A page that wants to know a path, or (without a name) what was dropped, while files are on their way. */
typedef struct {
        PageReply *reply;
        char *name;
        gint64 size;
} Asking;

static void chosen_free(gpointer data)
{
        Chosen *chosen = data;

        g_free(chosen->file);
        g_free(chosen->name);
        g_free(chosen);
}

static void given_free(gpointer data)
{
        Given *given = data;

        g_free(given->token);
        g_free(given->file);
        g_free(given->name);
        g_free(given->type);
        g_free(given);
}

static void refuse(AppView *view, const char *text)
{
        if (view->handler->refused)
                view->handler->refused(view, text, view->user_data);
}

/* The page may read what was dropped. */
static void hand_over(AppView *view, const Chosen *chosen)
{
        g_autofree char *type = g_content_type_guess(chosen->name, NULL, 0, NULL);
        Given *given;

        if (chosen->size > GIVEN_MAX) {
                g_autofree char *name = text_plain(chosen->name, 80);
                g_autofree char *words = g_strdup_printf("“%s” is too large to be dropped here: 64 MiB can be. A field for a file takes larger ones.", name);

                refuse(view, words);
                return;
        }
        if (view->given->len >= CHOSEN_KEPT_MAX)
                g_ptr_array_remove_index(view->given, 0);
        given = g_new0(Given, 1);
        *given = (Given){g_uuid_string_random(), g_strdup(chosen->file), g_strdup(chosen->name), g_content_type_get_mime_type(type), chosen->size,
                         chosen->modified, FALSE};
        g_ptr_array_add(view->given, given);
}

static void remember(AppView *view, const char *path, const char *file, gboolean dropped)
{
        Chosen *chosen;
        GStatBuf info;

        if (g_stat(file, &info) < 0)
                return;
        if (view->chosen->len >= CHOSEN_KEPT_MAX)
                g_ptr_array_remove_index(view->chosen, 0);
        chosen = g_new(Chosen, 1);
        *chosen = (Chosen){g_strdup(file), g_path_get_basename(path), info.st_size,
                           (gint64)info.st_mtim.tv_sec * 1000 + info.st_mtim.tv_nsec / 1000000};
        g_ptr_array_add(view->chosen, chosen);
        if (dropped)
                hand_over(view, chosen);
}

/* A page's time of a file is not the file's: its process cannot look. The newest of this name and size it is; all of them were given. */
static const Chosen *find(AppView *view, const Asking *asking)
{
        for (guint i = view->chosen->len; i > 0; i--) {
                const Chosen *chosen = view->chosen->pdata[i - 1];

                if (strcmp(chosen->name, asking->name) == 0 && chosen->size == asking->size)
                        return chosen;
        }
        return NULL;
}

static json_object *list_given(AppView *view)
{
        json_object *list = json_object_new_array();

        for (guint i = 0; i < view->given->len; i++) {
                Given *given = view->given->pdata[i];
                g_autofree char *url = g_strconcat("/" GIVEN, given->token, NULL);
                json_object *entry = json_object_new_object();

                if (given->told) {
                        json_object_put(entry);
                        continue;
                }
                given->told = TRUE;
                json_object_object_add(entry, "url", json_object_new_string(url));
                json_object_object_add(entry, "name", json_object_new_string(given->name));
                json_object_object_add(entry, "type", json_object_new_string(given->type ? given->type : ""));
                json_object_object_add(entry, "modified", json_object_new_int64(given->modified));
                json_object_array_add(list, entry);
        }
        return list;
}

static void tell(AppView *view, Asking *asking)
{
        const Chosen *chosen = asking->name ? find(view, asking) : NULL;

        if (!asking->name) {
                json_object *answer = json_object_new_object();

                json_object_object_add(answer, "result", list_given(view));
                page_reply(asking->reply, answer);
        } else if (chosen) {
                json_object *answer = json_object_new_object();

                json_object_object_add(answer, "result", json_object_new_string(chosen->file));
                page_reply(asking->reply, answer);
        } else {
                page_reply_error(asking->reply, "denied", "This is no file that the person chose or dropped here, or one that no app may read.");
        }
        g_free(asking->name);
        g_free(asking);
}

static void ask(AppView *view, Asking *asking)
{
        if (view->asking.length >= VIEWS_CALLS_WAITING_MAX) {
                page_reply_error(asking->reply, "busy", "Too many files are being looked up.");
                g_free(asking->name);
                g_free(asking);
        } else if (view->giving > 0) {
                g_queue_push_tail(&view->asking, asking);
        } else {
                tell(view, asking);
        }
}

void chosen_path(AppView *view, json_object *message, PageReply *reply)
{
        json_object *name = NULL, *size = NULL;
        Asking *asking;

        json_object_object_get_ex(message, "name", &name);
        json_object_object_get_ex(message, "size", &size);
        if (!json_object_is_type(name, json_type_string)) {
                page_reply_error(reply, "bad-request", "A path is that of a file which the person chose or dropped.");
                return;
        }
        asking = g_new(Asking, 1);
        *asking = (Asking){reply, g_strdup(json_object_get_string(name)), json_object_get_int64(size)};
        ask(view, asking);
}

void chosen_dropped(AppView *view, PageReply *reply)
{
        Asking *asking = g_new0(Asking, 1);

        asking->reply = reply;
        ask(view, asking);
}

gboolean chosen_serve(AppView *view, const char *path, WebKitURISchemeRequest *request)
{
        if (!g_str_has_prefix(path, GIVEN))
                return FALSE;
        for (guint i = 0; i < view->given->len; i++) {
                Given *given = view->given->pdata[i];
                g_autoptr(GFile) file = NULL;
                g_autoptr(GFileInputStream) stream = NULL;

                if (strcmp(given->token, path + strlen(GIVEN)) != 0)
                        continue;
                file = g_file_new_for_path(given->file);
                stream = g_file_read(file, NULL, NULL);
                if (stream)
                        page_answer(request, G_INPUT_STREAM(stream), -1, "application/octet-stream");
                g_ptr_array_remove_index(view->given, i);
                return stream != NULL;
        }
        return FALSE;
}

/* Of the answer's files: those that may be read. */
static GPtrArray *take(AppView *view, json_object *body, gboolean dropped)
{
        GPtrArray *files = g_ptr_array_new_with_free_func(g_free);
        json_object *list = NULL;

        json_object_object_get_ex(body, "files", &list);
        for (gsize i = 0; json_object_is_type(list, json_type_array) && i < json_object_array_length(list); i++) {
                json_object *entry = json_object_array_get_idx(list, i), *path = NULL, *file = NULL, *error = NULL;

                json_object_object_get_ex(entry, "path", &path);
                if (json_object_object_get_ex(entry, "file", &file)) {
                        remember(view, json_object_get_string(path), json_object_get_string(file), dropped);
                        g_ptr_array_add(files, g_strdup(json_object_get_string(path)));
                } else if (json_object_object_get_ex(entry, "error", &error)) {
                        refuse(view, json_object_get_string(error));
                }
        }
        return files;
}

static void given_cb(json_object *body, const GError *error, gpointer user_data)
{
        Giving *giving = user_data;
        gboolean gone = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
        g_autoptr(GPtrArray) files = gone ? g_ptr_array_new() : take(giving->view, body, !giving->request);
        Asking *asking;

        if (error && !gone)
                refuse(giving->view, error->message);
        if (giving->request && files->len > 0) {
                g_ptr_array_add(files, NULL);
                webkit_file_chooser_request_select_files(giving->request, (const char *const *)files->pdata);
        } else if (giving->request) {
                webkit_file_chooser_request_cancel(giving->request);
        }
        if (!gone && --giving->view->giving == 0)
                while ((asking = g_queue_pop_head(&giving->view->asking)))
                        tell(giving->view, asking);
        g_clear_object(&giving->request);
        g_free(giving);
}

/* request may be NULL. */
static void give(AppView *view, char **paths, WebKitFileChooserRequest *request)
{
        g_autofree char *target = g_strdup_printf(API_PREFIX "/apps/%s/chosen", view->app);
        json_object *body = json_object_new_object(), *files = json_object_new_array();
        Giving *giving = g_new0(Giving, 1);

        for (guint i = 0; paths[i] && i < API_CHOSEN_MAX; i++)
                if (g_utf8_validate(paths[i], -1, NULL))
                        json_object_array_add(files, json_object_new_string(paths[i]));
        json_object_object_add(body, "files", files);
        giving->view = view;
        giving->request = request ? g_object_ref(request) : NULL;
        view->giving++;
        agent_client_request(view->views->agent, "POST", target, body, view->cancellable, given_cb, giving);
        json_object_put(body);
}

/* The chooser: a window of our own, since GTK's dialog takes more room than a screen may have. */

typedef struct {
        AppView *view;
        WebKitFileChooserRequest *request;
        GtkWidget *window, *files;
} Chooser;

static void chooser_free(gpointer data, GClosure *closure)
{
        Chooser *chooser = data;

        g_object_unref(chooser->request);
        g_free(chooser);
}

/* It goes, and the page has its answer or will have it. */
static void close_chooser(Chooser *chooser, char **paths)
{
        GtkWidget *window = chooser->window;

        chooser->view->chooser = NULL;
        if (paths && *paths)
                give(chooser->view, paths, chooser->request);
        else
                webkit_file_chooser_request_cancel(chooser->request);
        gtk_widget_destroy(window);
}

static void take_cb(Chooser *chooser)
{
        g_autoptr(GSList) names = gtk_file_chooser_get_filenames(GTK_FILE_CHOOSER(chooser->files));
        g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);

        for (GSList *at = names; at; at = at->next)
                g_ptr_array_add(paths, at->data);
        g_ptr_array_add(paths, NULL);
        if (paths->len > 1)
                close_chooser(chooser, (char **)paths->pdata);
}

static void cancel_cb(Chooser *chooser)
{
        close_chooser(chooser, NULL);
}

static gboolean delete_cb(GtkWidget *window, GdkEvent *event, gpointer user_data)
{
        cancel_cb(user_data);
        return TRUE;
}

static gboolean key_cb(GtkWidget *window, GdkEventKey *event, gpointer user_data)
{
        if (event->keyval != GDK_KEY_Escape)
                return FALSE;
        cancel_cb(user_data);
        return TRUE;
}

static GtkWidget *files_new(WebKitFileChooserRequest *request)
{
        GtkWidget *files = gtk_file_chooser_widget_new(GTK_FILE_CHOOSER_ACTION_OPEN);
        GtkFileFilter *filter = webkit_file_chooser_request_get_mime_types_filter(request);

        gtk_file_chooser_set_local_only(GTK_FILE_CHOOSER(files), TRUE);
        gtk_file_chooser_set_select_multiple(GTK_FILE_CHOOSER(files), webkit_file_chooser_request_get_select_multiple(request));
        gtk_file_chooser_set_current_folder(GTK_FILE_CHOOSER(files), g_get_home_dir());
        if (filter) {
                gtk_file_chooser_add_filter(GTK_FILE_CHOOSER(files), filter);
                gtk_file_chooser_set_filter(GTK_FILE_CHOOSER(files), filter);
        }
        return files;
}

static GtkWidget *buttons_new(Chooser *chooser)
{
        GtkWidget *row = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 8);
        GtkWidget *take = gtk_button_new_with_label("Let it read"), *cancel = gtk_button_new_with_label("Cancel");

        g_signal_connect_swapped(take, "clicked", G_CALLBACK(take_cb), chooser);
        g_signal_connect_swapped(cancel, "clicked", G_CALLBACK(cancel_cb), chooser);
        gtk_container_add(GTK_CONTAINER(row), take);
        gtk_box_pack_end(GTK_BOX(row), cancel, FALSE, FALSE, 0);
        return row;
}

static GtkWidget *words_new(AppView *view, const char *title)
{
        g_autofree char *words = g_strdup_printf("%s gets to read what you choose while it is open, and nothing else.", title ? title : view->app);
        GtkWidget *label = gtk_label_new(words);

        gtk_label_set_xalign(GTK_LABEL(label), 0);
        gtk_label_set_line_wrap(GTK_LABEL(label), TRUE);
        return label;
}

void chosen_ask(AppView *view, WebKitFileChooserRequest *request)
{
        GtkWidget *top = gtk_widget_get_toplevel(GTK_WIDGET(view->page->web)), *box;
        Chooser *chooser;

        if (view->chooser || !GTK_IS_WINDOW(top)) {
                webkit_file_chooser_request_cancel(request);
                return;
        }
        chooser = g_new(Chooser, 1);
        *chooser = (Chooser){view, g_object_ref(request), gtk_window_new(GTK_WINDOW_TOPLEVEL), files_new(request)};
        box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 10);
        g_object_set(box, "margin", 14, NULL);
        gtk_container_add(GTK_CONTAINER(box), words_new(view, gtk_window_get_title(GTK_WINDOW(top))));
        gtk_box_pack_start(GTK_BOX(box), chooser->files, TRUE, TRUE, 0);
        gtk_container_add(GTK_CONTAINER(box), buttons_new(chooser));
        gtk_container_add(GTK_CONTAINER(chooser->window), box);
        gtk_window_set_title(GTK_WINDOW(chooser->window), webkit_file_chooser_request_get_select_multiple(request) ? "Choose files" : "Choose a file");
        gtk_window_set_type_hint(GTK_WINDOW(chooser->window), GDK_WINDOW_TYPE_HINT_DIALOG);
        gtk_window_set_transient_for(GTK_WINDOW(chooser->window), GTK_WINDOW(top));
        gtk_window_set_default_size(GTK_WINDOW(chooser->window), CHOOSER_WIDTH, CHOOSER_HEIGHT);
        g_signal_connect_swapped(chooser->files, "file-activated", G_CALLBACK(take_cb), chooser);
        g_signal_connect(chooser->window, "key-press-event", G_CALLBACK(key_cb), chooser);
        g_signal_connect_data(chooser->window, "delete-event", G_CALLBACK(delete_cb), chooser, chooser_free, 0);
        view->chooser = chooser->window;
        gtk_widget_show_all(chooser->window);
}

/* Dropping. */

static void carried_cb(GtkWidget *web, GdkDragContext *context, int x, int y, GtkSelectionData *data, guint info, guint time, gpointer user_data)
{
        AppView *view = user_data;
        g_auto(GStrv) uris = gtk_drag_get_source_widget(context) ? NULL : gtk_selection_data_get_uris(data);
        g_autoptr(GStrvBuilder) paths = g_strv_builder_new();

        if (!uris)
                return;
        for (guint i = 0; uris[i]; i++) {
                g_autofree char *host = NULL, *path = g_filename_from_uri(uris[i], &host, NULL);

                if (path && !host)
                        g_strv_builder_add(paths, path);
        }
        g_strfreev(view->carried);
        view->carried = g_strv_builder_end(paths);
        g_set_object(&view->carrier, context);
}

static gboolean drop_hook(GSignalInvocationHint *hint, guint n, const GValue *values, gpointer user_data)
{
        Views *views = user_data;
        GObject *web = n > 1 ? g_value_get_object(&values[0]) : NULL, *context = n > 1 ? g_value_get_object(&values[1]) : NULL;

        for (guint i = 0; i < views->open->len; i++) {
                AppView *view = views->open->pdata[i];

                if (G_OBJECT(view->page->web) != web)
                        continue;
                if (context && (GObject *)view->carrier == context && view->carried && *view->carried)
                        give(view, view->carried, NULL);
                g_clear_pointer(&view->carried, g_strfreev);
                g_clear_object(&view->carrier);
        }
        return TRUE;
}

void chosen_start(AppView *view)
{
        Views *views = view->views;

        view->chosen = g_ptr_array_new_with_free_func(chosen_free);
        view->given = g_ptr_array_new_with_free_func(given_free);
        g_queue_init(&view->asking);
        g_signal_connect(view->page->web, "drag-data-received", G_CALLBACK(carried_cb), view);
        if (!views->drop_hook)
                views->drop_hook = g_signal_add_emission_hook(g_signal_lookup("drag-drop", GTK_TYPE_WIDGET), 0, drop_hook, views, NULL);
}

void chosen_drop(AppView *view)
{
        Asking *asking;

        g_ptr_array_set_size(view->given, 0);
        while ((asking = g_queue_pop_head(&view->asking))) {
                page_reply_error(asking->reply, "failed", "The page was loaded again.");
                g_free(asking->name);
                g_free(asking);
        }
}

void chosen_free_all(AppView *view)
{
        if (view->chooser)
                gtk_widget_destroy(view->chooser);
        g_ptr_array_unref(view->chosen);
        g_ptr_array_unref(view->given);
        g_strfreev(view->carried);
        g_clear_object(&view->carrier);
}

void chosen_stop(Views *views)
{
        if (views->drop_hook)
                g_signal_remove_emission_hook(g_signal_lookup("drag-drop", GTK_TYPE_WIDGET), views->drop_hook);
}
