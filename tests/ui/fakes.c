#include "tests/ui/fakes.h"

#include <string.h>

GPtrArray *fake_log;

typedef struct {
        char *prefix, *json, *message;
        int code;
} Answer;

struct AppView {
        char *app;
        GtkWidget *widget;
        const AppViewHandler *handler;
        gpointer user_data;
};
struct Views { int unused; };
struct Checker { int unused; };
struct AgentClient { int refs; };
struct AgentStream {
        AgentEventFunc event;
        AgentStreamFunc state;
        gpointer user_data;
        guint64 after;
        gboolean journal;
};

static GPtrArray *answers, *views, *streams;
static GHashTable *evidences;
static WmEventFunc core_func;
static gpointer core_data;

static void G_GNUC_PRINTF(1, 2)
note(const char *format, ...)
{
        va_list args;

        va_start(args, format);
        g_ptr_array_add(fake_log, g_strdup_vprintf(format, args));
        va_end(args);
}

static void
answer_free(gpointer data)
{
        Answer *answer = data;

        g_free(answer->prefix);
        g_free(answer->json);
        g_free(answer->message);
        g_free(answer);
}

void
fakes_reset(void)
{
        if (!fake_log) {
                fake_log = g_ptr_array_new_with_free_func(g_free);
                answers = g_ptr_array_new_with_free_func(answer_free);
                views = g_ptr_array_new();
                streams = g_ptr_array_new();
                evidences = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
        }
        g_ptr_array_set_size(fake_log, 0);
        g_ptr_array_set_size(answers, 0);
        g_hash_table_remove_all(evidences);
}

guint
fake_count(const char *text)
{
        guint n = 0;

        for (guint i = 0; i < fake_log->len; i++)
                n += strstr(fake_log->pdata[i], text) != NULL;
        return n;
}

gboolean
fake_logged(const char *text)
{
        return fake_count(text) > 0;
}

/* The core */

WmCore *
wm_core_start(const WmConfig *config, WmEventFunc func, gpointer user_data, GError **error)
{
        core_func = func;
        core_data = user_data;
        return (WmCore *)&core_func;
}

void
wm_core_stop(WmCore *core)
{
        core_func = NULL;
}

void
fake_core_emit(const WmEvent *event)
{
        core_func(event, core_data);
}

void
wm_core_mark(WmCore *core, guint64 xid, WmRole role)
{
        note("mark %d", role);
}

void
wm_core_evidence(WmCore *core, guint64 xid, const WmEvidence *evidence)
{
        g_hash_table_insert(evidences, g_memdup2(&xid, sizeof xid), g_memdup2(evidence, sizeof *evidence));
        note("evidence %s | %s | %s", evidence->title, evidence->evidence, evidence->button_label);
}

const WmEvidence *
fake_evidence(guint64 xid)
{
        return g_hash_table_lookup(evidences, &xid);
}

void
wm_core_activate(WmCore *core, guint64 xid)
{
        note("activate");
}

void
wm_core_close(WmCore *core, guint64 xid)
{
        note("close");
}

void
wm_core_minimise(WmCore *core, guint64 xid)
{
        note("minimise");
}

void
wm_core_go_to_desktop(WmCore *core, int n)
{
        note("go to desktop %d", n);
}

void
wm_core_show_bar(WmCore *core)
{
        note("show bar");
}

void
wm_core_hide_bar(WmCore *core, guint64 focus)
{
        note("hide bar");
}

void
wm_core_bar_size(WmCore *core, int width, int height)
{
        note("bar size %dx%d", width, height);
}

void
wm_core_answer_keys(WmCore *core, int n)
{
        note("answer keys %d", n);
}

void
wm_core_leave_panel(WmCore *core)
{
        note("leave panel");
}

void
wm_core_dark(WmCore *core, gboolean dark)
{
        note("dark %d", dark);
}

void
wm_core_sync_done(WmCore *core, int n)
{
        note("sync done %d", n);
}

guint32
wm_glyph_colour(const char *title)
{
        static const guint32 colours[] = {0x2c7a4b, 0x2e5c8e, 0xc8401f, 0x7a5c99, 0x8c6d3f};

        return colours[g_str_hash(title) % G_N_ELEMENTS(colours)];
}

/* The views */

Views *
views_new(AgentClient *agent, const char *share_folder)
{
        return g_new0(Views, 1);
}

void
views_warm(Views *all)
{
}

void
views_free(Views *all)
{
        g_free(all);
}

AppView *
app_view_new(Views *all, const char *app, const AppViewHandler *handler, gpointer user_data)
{
        AppView *view = g_new0(AppView, 1);

        view->app = g_strdup(app);
        view->widget = gtk_label_new("a page");
        view->handler = handler;
        view->user_data = user_data;
        g_ptr_array_add(views, view);
        return view;
}

GtkWidget *
app_view_widget(AppView *view)
{
        return view->widget;
}

void
app_view_load(AppView *view, const char *path, gboolean gate_open)
{
        note("load %s %s %s", view->app, path, gate_open ? "open" : "closed");
}

void
app_view_zoom(AppView *view, double level)
{
}

void
app_view_open_gate(AppView *view)
{
        note("gate %s", view->app);
}

void
app_view_stop_script(AppView *view)
{
        note("stop %s", view->app);
}

void
app_view_reload(AppView *view)
{
        note("reload %s", view->app);
}

static json_object *pointed;

void
fake_view_points(const char *json)
{
        json_object_put(pointed);
        pointed = json ? json_tokener_parse(json) : NULL;
}

static void
put(gpointer object)
{
        json_object_put(object);
}

static void
pick(GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
        g_autoptr(GTask) task = g_task_new(NULL, cancellable, callback, user_data);

        if (pointed)
                g_task_return_pointer(task, json_object_get(pointed), put);
        else
                g_task_return_new_error(task, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "Nothing is there.");
}

void
app_view_pick_async(AppView *view, double x, double y, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
        note("pick %.0f %.0f", x, y);
        pick(cancellable, callback, user_data);
}

void
app_view_pick_nth_async(AppView *view, int nth, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
        note("pick nth %d", nth);
        pick(cancellable, callback, user_data);
}

json_object *
app_view_pick_finish(AppView *view, GAsyncResult *result, GdkRectangle *where, GError **error)
{
        *where = (GdkRectangle){20, 30, 80, 24};
        return g_task_propagate_pointer(G_TASK(result), error);
}

void
app_view_free(AppView *view)
{
        g_ptr_array_remove(views, view);
        g_free(view->app);
        g_free(view);
}

AppView *
fake_view(const char *app)
{
        for (guint i = 0; i < views->len; i++)
                if (strcmp(((AppView *)views->pdata[i])->app, app) == 0)
                        return views->pdata[i];
        return NULL;
}

void
fake_view_painted(AppView *view)
{
        view->handler->painted(view, 1, view->user_data);
}

void
fake_view_loaded(AppView *view)
{
        view->handler->loaded(view, 2, view->user_data);
}

void
fake_views_loaded(void)
{
        for (guint i = 0; i < views->len; i++)
                fake_view_loaded(views->pdata[i]);
}

void
fake_view_responsive(AppView *view, gboolean responsive)
{
        view->handler->responsive(view, responsive, view->user_data);
}

void
fake_view_crashed(AppView *view, const char *text)
{
        view->handler->crashed(view, text, view->user_data);
}

void
fake_view_finding(AppView *view, const char *kind, const char *text)
{
        json_object *finding = json_object_new_object();

        json_object_object_add(finding, "kind", json_object_new_string(kind));
        json_object_object_add(finding, "text", json_object_new_string(text));
        view->handler->finding(view, finding, view->user_data);
        json_object_put(finding);
}

Checker *
checker_new(Views *all, AgentClient *agent)
{
        return g_new0(Checker, 1);
}

void
checker_expect(Checker *checker, const char *app)
{
}

void
checker_check(Checker *checker, json_object *event)
{
        note("check %s", json_object_to_json_string_ext(event, JSON_C_TO_STRING_PLAIN));
}

void
checker_forget(Checker *checker, const char *run)
{
        note("forget %s", run);
}

void
checker_free(Checker *checker)
{
        g_free(checker);
}

/* The agent's client */

GQuark
client_error_quark(void)
{
        return g_quark_from_static_string("client-error");
}

char *
client_socket_path(const char *name, GError **error)
{
        return g_strdup(name);
}

AgentClient *
agent_client_new(const char *path, GError **error)
{
        AgentClient *client = g_new0(AgentClient, 1);

        client->refs = 1;
        return client;
}

AgentClient *
agent_client_ref(AgentClient *client)
{
        client->refs++;
        return client;
}

void
agent_client_unref(AgentClient *client)
{
        if (--client->refs == 0)
                g_free(client);
}

void
fake_answer(const char *prefix, const char *json, int error_code, const char *message)
{
        Answer *answer = g_new0(Answer, 1);

        answer->prefix = g_strdup(prefix);
        answer->json = g_strdup(json);
        answer->code = error_code;
        answer->message = g_strdup(message);
        g_ptr_array_insert(answers, 0, answer);
}

static const Answer *
find_answer(const char *line)
{
        for (guint i = 0; i < answers->len; i++)
                if (g_str_has_prefix(line, ((Answer *)answers->pdata[i])->prefix))
                        return answers->pdata[i];
        return NULL;
}

typedef struct {
        char *line;
        AgentReplyFunc func;
        gpointer user_data;
} Pending;

static gboolean
reply_cb(gpointer user_data)
{
        Pending *pending = user_data;
        const Answer *answer = find_answer(pending->line);

        if (answer && !answer->json) {
                g_autoptr(GError) error = g_error_new_literal(CLIENT_ERROR, answer->code, answer->message);

                pending->func(NULL, error, pending->user_data);
        } else {
                json_object *body = json_tokener_parse(answer ? answer->json : "{}");

                pending->func(body, NULL, pending->user_data);
                json_object_put(body);
        }
        g_free(pending->line);
        g_free(pending);
        return G_SOURCE_REMOVE;
}

void
agent_client_request(AgentClient *client, const char *method, const char *path, json_object *body, GCancellable *cancellable,
                     AgentReplyFunc func, gpointer user_data)
{
        Pending *pending = g_new0(Pending, 1);

        note("%s %s %s", method, path, body ? json_object_to_json_string_ext(body, JSON_C_TO_STRING_PLAIN) : "");
        pending->line = g_strdup_printf("%s %s", method, path);
        pending->func = func;
        pending->user_data = user_data;
        g_idle_add(reply_cb, pending);
}

static gboolean
follow_answer_cb(gpointer user_data)
{
        Pending *pending = user_data;
        const Answer *answer = find_answer(pending->line);
        AgentStream *stream = pending->user_data;

        if (answer && !answer->json && g_ptr_array_find(streams, stream, NULL)) {
                g_autoptr(GError) error = g_error_new_literal(CLIENT_ERROR, answer->code, answer->message);

                stream->state(error, stream->user_data);
        }
        g_free(pending->line);
        g_free(pending);
        return G_SOURCE_REMOVE;
}

AgentStream *
agent_client_follow(AgentClient *client, const char *method, const char *path, json_object *body, guint64 after, gboolean reconnect,
                    AgentEventFunc event, AgentStreamFunc state, gpointer user_data)
{
        AgentStream *stream = g_new0(AgentStream, 1);
        Pending *pending = g_new0(Pending, 1);

        note("%s %s %s", method, path, body ? json_object_to_json_string_ext(body, JSON_C_TO_STRING_PLAIN) : "");
        stream->event = event;
        stream->state = state;
        stream->user_data = user_data;
        stream->after = after;
        stream->journal = strcmp(method, "GET") == 0;
        g_ptr_array_add(streams, stream);
        pending->line = g_strdup_printf("%s %s", method, path);
        pending->user_data = stream;
        g_idle_add(follow_answer_cb, pending);
        return stream;
}

void
agent_stream_free(AgentStream *stream)
{
        if (stream)
                g_ptr_array_remove(streams, stream);
        g_free(stream);
}

static AgentStream *
journal_stream(void)
{
        for (guint i = 0; streams && i < streams->len; i++)
                if (((AgentStream *)streams->pdata[i])->journal)
                        return streams->pdata[i];
        return NULL;
}

gboolean
fake_event(const char *name, guint64 id, const char *json)
{
        AgentStream *stream = journal_stream();
        EventType type;
        json_object *data = json_tokener_parse(json);

        g_assert_true(event_type_parse(name, &type));
        if (stream)
                stream->event(type, id, data, stream->user_data);
        json_object_put(data);
        return stream != NULL;
}

void
fake_agent_here(gboolean here)
{
        AgentStream *stream = journal_stream();
        g_autoptr(GError) error = here ? NULL : g_error_new_literal(CLIENT_ERROR, CLIENT_ERROR_UNREACHABLE, "nobody listens");

        stream->state(error, stream->user_data);
}

guint64
fake_followed_after(void)
{
        AgentStream *stream = journal_stream();

        return stream ? stream->after : 0;
}
