/* Twins; see twin.h. The window is off screen, but as real as any to WebKit: what is unmapped does not run. */
#include "shell/apps/twin.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "shell/apps/samples.h"

struct Twin {
        Page *page;
        GtkWidget *window;
        GBytes *bytes;
        json_object *tools;
        Findings *findings;
        Round round;
        guint calls;
        GPtrArray *files;
        gboolean dead;
        json_object *names; /* of a page that nothing was asked yet: the first operation begins with settling it */
        /* The one operation that is under way. */
        TwinFunc func;
        gpointer user_data;
        guint timer;
        gboolean loading;
        gint64 since; /* of the operation that is under way, for IMPROMPTU_DEBUG=check */
        const char *what;
        GCancellable *cancellable;
};

/* IMPROMPTU_DEBUG=check prints a line for each load and each operation, and how long it took. */
static void trace(Twin *twin)
{
        if (page_debugs("check") && twin->what)
                g_printerr("check: %7.1f ms %s %s\n", (g_get_monotonic_time() - twin->since) / 1000.0, twin->page->scripts ? "with" : "without", twin->what);
}

static void finish(Twin *twin, json_object *answer)
{
        TwinFunc func = twin->func;

        g_clear_handle_id(&twin->timer, g_source_remove);
        twin->func = NULL;
        trace(twin);
        if (func)
                func(twin, answer, twin->user_data);
}

static gboolean hangs_cb(gpointer user_data)
{
        Twin *twin = user_data;

        twin->timer = 0;
        twin->dead = TRUE;
        twin->loading = FALSE;
        g_cancellable_cancel(twin->cancellable);
        if (twin->findings)
                findings_add_text(twin->findings, "frozen", "The page stopped answering: a script of it runs without end.", NULL);
        webkit_web_view_terminate_web_process(twin->page->web);
        finish(twin, NULL);
        return G_SOURCE_REMOVE;
}

/* what is a literal. */
static void begin(Twin *twin, const char *what, TwinFunc func, gpointer user_data)
{
        g_assert(!twin->func);
        twin->what = what;
        twin->since = g_get_monotonic_time();
        twin->func = func;
        twin->user_data = user_data;
        twin->timer = g_timeout_add(TWIN_STEP_MS, hangs_cb, twin);
}

/* ---- what its page says ---- */

/* Only what goes wrong while the page runs as it would is a finding of the page. */
static gboolean listens(Twin *twin)
{
        return twin->findings && twin->round == ROUND_FIRST;
}

static void answer_call(Twin *twin, json_object *message, PageReply *reply)
{
        json_object *name = NULL, *arguments = NULL, *result, *answer;
        const char *tool;
        gboolean asks;
        g_autofree char *text = NULL;

        json_object_object_get_ex(message, "name", &name);
        json_object_object_get_ex(message, "args", &arguments);
        tool = name ? json_object_get_string(name) : "";
        asks = strcmp(tool, PAGE_ASKS) == 0;
        twin->calls++;
        if (!asks && !samples_known(twin->tools, tool)) {
                text = g_strdup_printf("The page calls the tool %.80s, which there is not.", tool);
                if (listens(twin))
                        findings_add_text(twin->findings, "tool", text, NULL);
                page_reply_error(reply, "refused", text);
                return;
        }
        if (twin->round == ROUND_DENIED) {
                page_reply_error(reply, "denied", "The person did not allow this.");
                return;
        }
        result = asks ? samples_asked(arguments, twin->round == ROUND_SECOND)
                      : samples_answer(twin->tools, tool, arguments, twin->round == ROUND_SECOND);
        answer = json_object_new_object();
        json_object_object_add(answer, "result", result);
        page_reply(reply, answer);
}

static void message_cb(Page *page, const char *kind, json_object *message, PageReply *reply, gpointer owner)
{
        Twin *twin = owner;
        json_object *finding = NULL;

        if (strcmp(kind, "call") == 0) {
                answer_call(twin, message, reply);
                return;
        }
        if (strcmp(kind, "path") == 0 || strcmp(kind, "dropped") == 0) {
                page_reply_error(reply, "denied", "Nobody chooses a file in a check.");
                return;
        }
        if (strcmp(kind, "found") == 0 && listens(twin) && json_object_object_get_ex(message, "finding", &finding))
                findings_add(twin->findings, finding, TRUE);
        page_reply(reply, json_object_new_object());
}

static gboolean serve_cb(Page *page, const char *path, WebKitURISchemeRequest *request, gpointer owner)
{
        Twin *twin = owner;
        g_autoptr(GInputStream) stream = NULL;

        if (!g_str_has_prefix(path, "index.html") && *path && *path != '?')
                return FALSE;
        stream = g_memory_input_stream_new_from_bytes(twin->bytes);
        page_answer(request, stream, g_bytes_get_size(twin->bytes), NULL);
        return TRUE;
}

static void loaded_cb(Page *page, gpointer owner)
{
        Twin *twin = owner;
        json_object *answer;

        if (!twin->loading)
                return;
        twin->loading = FALSE;
        answer = json_object_new_object();
        finish(twin, answer);
        json_object_put(answer);
}

static void load_failed_cb(Page *page, const char *text, gpointer owner)
{
        Twin *twin = owner;

        if (listens(twin))
                findings_add_text(twin->findings, "request", text, NULL);
        loaded_cb(page, owner);
}

static void terminated_cb(Page *page, const char *text, gpointer owner)
{
        Twin *twin = owner;

        if (twin->dead)
                return;
        twin->dead = TRUE;
        twin->loading = FALSE;
        if (twin->findings)
                findings_add_text(twin->findings, "crash", text, NULL);
        finish(twin, NULL);
}

static void found_cb(Page *page, const char *kind, const char *text, gpointer owner)
{
        Twin *twin = owner;

        if (listens(twin))
                findings_add_text(twin->findings, kind, text, NULL);
}

static void file_free(gpointer data)
{
        TwinFile *file = data;

        g_free(file->name);
        g_free(file->head);
        g_free(file);
}

static void offered_cb(Page *page, const char *name, const char *path, gpointer owner)
{
        Twin *twin = owner;
        TwinFile *file = g_new0(TwinFile, 1);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        GStatBuf info;

        file->name = g_strdup(name);
        file->head = g_malloc0(TWIN_FILE_HEAD + 1);
        if (fd >= 0 && read(fd, file->head, TWIN_FILE_HEAD) >= 0 && g_stat(path, &info) == 0)
                file->bytes = info.st_size;
        if (fd >= 0)
                close(fd);
        page_file_drop(path);
        if (twin->files->len < TWIN_FILES_MAX)
                g_ptr_array_add(twin->files, file);
        else
                file_free(file);
}

static const PageHandler handler = {
        .message = message_cb,
        .serve = serve_cb,
        .loaded = loaded_cb,
        .load_failed = load_failed_cb,
        .terminated = terminated_cb,
        .found = found_cb,
        .offered = offered_cb,
};

/* ---- its life ---- */

Twin *twin_new(Views *views)
{
        Twin *twin = g_new0(Twin, 1);

        twin->page = page_new(views, TRUE);
        twin->files = g_ptr_array_new_with_free_func(file_free);
        twin->cancellable = g_cancellable_new();
        twin->window = gtk_offscreen_window_new();
        gtk_window_set_default_size(GTK_WINDOW(twin->window), TWIN_WIDTH, TWIN_HEIGHT);
        gtk_widget_set_size_request(GTK_WIDGET(twin->page->web), TWIN_WIDTH, TWIN_HEIGHT);
        gtk_container_add(GTK_CONTAINER(twin->window), GTK_WIDGET(twin->page->web));
        gtk_widget_show_all(twin->window);
        /* WebKit paints it, but nobody looks, so GTK does not. */
        gdk_window_freeze_updates(gtk_widget_get_window(GTK_WIDGET(twin->page->web)));
        return twin;
}

void twin_free(Twin *twin)
{
        if (!twin)
                return;
        g_cancellable_cancel(twin->cancellable);
        g_clear_handle_id(&twin->timer, g_source_remove);
        gtk_container_remove(GTK_CONTAINER(twin->window), GTK_WIDGET(twin->page->web));
        page_free(twin->page);
        gtk_widget_destroy(twin->window);
        g_clear_pointer(&twin->bytes, g_bytes_unref);
        json_object_put(twin->tools);
        json_object_put(twin->names);
        g_ptr_array_unref(twin->files);
        g_object_unref(twin->cancellable);
        g_free(twin);
}

const char *twin_app(Twin *twin)
{
        return twin->page->app;
}

void twin_give(Twin *twin, const char *app, GBytes *bytes, json_object *tools, Findings *findings)
{
        page_own(twin->page, app, &handler, twin);
        g_clear_pointer(&twin->bytes, g_bytes_unref);
        twin->bytes = g_bytes_ref(bytes);
        json_object_put(twin->tools);
        twin->tools = json_object_get(tools);
        twin->findings = findings;
}

/* What a page with text and a control needs the first time (our scripts, fonts, a layout) is done before there is a draft. */
static const char starting_page[] =
        "<!doctype html><h1>Ready</h1><form><label>Name <input id=name></label><button type=button id=ready>Ready</button></form>"
        "<output id=greeting aria-label=Greeting></output><output id=ticks aria-label=Ticks>0</output><script>"
        "ready.onclick = () => { greeting.textContent = document.getElementById('name').value };"
        "setInterval(() => { ticks.textContent = +ticks.textContent + 1 }, 500)</script>";

void twin_start(Twin *twin, const char *app, TwinFunc func, gpointer user_data)
{
        g_autoptr(GBytes) bytes = g_bytes_new_static(starting_page, strlen(starting_page));

        twin_give(twin, app, bytes, NULL, NULL);
        twin_load(twin, ROUND_FIRST, NULL, func, user_data);
        g_source_remove(twin->timer);
        twin->timer = g_timeout_add(TWIN_START_MS, hangs_cb, twin);
}

void twin_forget(Twin *twin)
{
        twin->findings = NULL;
}

/* Keys only reach a page that has the focus; an off-screen window is never given it by anyone. */
static void focus(Twin *twin)
{
        GdkEvent *event = gdk_event_new(GDK_FOCUS_CHANGE);

        event->focus_change.window = g_object_ref(gtk_widget_get_window(GTK_WIDGET(twin->page->web)));
        event->focus_change.send_event = TRUE;
        event->focus_change.in = TRUE;
        gtk_widget_send_focus_change(GTK_WIDGET(twin->page->web), event);
        gdk_event_free(event);
}

/* names is consumed. */
static void settle_first(Twin *twin, json_object *names)
{
        json_object_put(twin->names);
        twin->names = names ? names : json_object_new_array();
}

void twin_load(Twin *twin, Round round, json_object *names, TwinFunc func, gpointer user_data)
{
        begin(twin, "load", func, user_data);
        twin->dead = FALSE;
        twin->round = round;
        twin->calls = 0;
        twin->loading = TRUE;
        g_ptr_array_set_size(twin->files, 0);
        settle_first(twin, names);
        g_clear_object(&twin->cancellable);
        twin->cancellable = g_cancellable_new();
        focus(twin);
        page_run_scripts(twin->page, round != ROUND_OFF);
        page_load(twin->page, "index.html", NULL, g_get_real_time() / G_USEC_PER_SEC * 1000);
}

static void asked_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(JSCValue) value = webkit_web_view_call_async_javascript_function_finish(WEBKIT_WEB_VIEW(source), result, &error);
        g_autofree char *text = value ? jsc_value_to_string(value) : NULL;
        Twin *twin = user_data;
        json_object *answer;

        if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
                return;
        answer = text ? json_tokener_parse(text) : NULL;
        if (!answer && !twin->dead) {
                answer = json_object_new_object();
                json_object_object_add(answer, "ok", json_object_new_boolean(FALSE));
                json_object_object_add(answer, "why", json_object_new_string(error ? error->message : "the page left"));
        }
        if (twin->func)
                finish(twin, answer);
        json_object_put(answer);
}

void twin_ask(Twin *twin, const char *operation, json_object *argument, TwinFunc func, gpointer user_data)
{
        const char *text = argument ? json_object_to_json_string_ext(argument, JSON_C_TO_STRING_PLAIN) : "{}";
        json_object *names = g_steal_pointer(&twin->names);
        GVariantDict arguments;

        begin(twin, operation, func, user_data);
        g_variant_dict_init(&arguments, NULL);
        g_variant_dict_insert(&arguments, "operation", "s", operation);
        g_variant_dict_insert(&arguments, "argument", "s", text);
        g_variant_dict_insert(&arguments, "names", "s", json_object_to_json_string_ext(names, JSON_C_TO_STRING_PLAIN));
        webkit_web_view_call_async_javascript_function(twin->page->web, "return await impromptuProbe(operation, argument, names)", -1,
                                                       g_variant_dict_end(&arguments), PAGE_WORLD, NULL, twin->cancellable, asked_cb, twin);
        json_object_put(argument);
        json_object_put(names);
}

void twin_again(Twin *twin, json_object *names, TwinFunc func, gpointer user_data)
{
        json_object *answer = json_object_new_object();

        settle_first(twin, names);
        func(twin, answer, user_data);
        json_object_put(answer);
}

guint twin_calls(Twin *twin)
{
        return twin->calls;
}

GPtrArray *twin_files(Twin *twin)
{
        return twin->files;
}

gboolean twin_scripts(Twin *twin)
{
        return twin->round != ROUND_OFF;
}

gboolean twin_dead(Twin *twin)
{
        return twin->dead;
}

/* ---- its hands: real events, as the windowing system would send them ---- */

static GdkDevice *device(GdkInputSource source)
{
        GdkSeat *seat = gdk_display_get_default_seat(gdk_display_get_default());

        return source == GDK_SOURCE_KEYBOARD ? gdk_seat_get_keyboard(seat) : gdk_seat_get_pointer(seat);
}

static void button(Twin *twin, GdkEventType type, double x, double y)
{
        GtkWidget *widget = GTK_WIDGET(twin->page->web);
        GdkEvent *event = gdk_event_new(type);

        event->button.window = g_object_ref(gtk_widget_get_window(widget));
        event->button.send_event = TRUE;
        event->button.time = g_get_monotonic_time() / 1000;
        event->button.x = event->button.x_root = x;
        event->button.y = event->button.y_root = y;
        event->button.button = GDK_BUTTON_PRIMARY;
        event->button.state = type == GDK_BUTTON_RELEASE ? GDK_BUTTON1_MASK : 0;
        gdk_event_set_device(event, device(GDK_SOURCE_MOUSE));
        gtk_widget_event(widget, event);
        gdk_event_free(event);
}

static void motion(Twin *twin, double x, double y, GdkModifierType state)
{
        GtkWidget *widget = GTK_WIDGET(twin->page->web);
        GdkEvent *event = gdk_event_new(GDK_MOTION_NOTIFY);

        event->motion.window = g_object_ref(gtk_widget_get_window(widget));
        event->motion.send_event = TRUE;
        event->motion.time = g_get_monotonic_time() / 1000;
        event->motion.x = event->motion.x_root = x;
        event->motion.y = event->motion.y_root = y;
        event->motion.state = state;
        gdk_event_set_device(event, device(GDK_SOURCE_MOUSE));
        gtk_widget_event(widget, event);
        gdk_event_free(event);
}

void twin_click(Twin *twin, double x, double y)
{
        motion(twin, x, y, 0);
        button(twin, GDK_BUTTON_PRESS, x, y);
        button(twin, GDK_BUTTON_RELEASE, x, y);
}

#define DRAG_MOVES 4

void twin_drag(Twin *twin, double x, double y, double dx, double dy)
{
        motion(twin, x, y, 0);
        button(twin, GDK_BUTTON_PRESS, x, y);
        for (int i = 1; i <= DRAG_MOVES; i++)
                motion(twin, x + dx * i / DRAG_MOVES, y + dy * i / DRAG_MOVES, GDK_BUTTON1_MASK);
        button(twin, GDK_BUTTON_RELEASE, x + dx, y + dy);
}

static void key_event(Twin *twin, GdkEventType type, guint keyval, GdkModifierType state)
{
        GtkWidget *widget = GTK_WIDGET(twin->page->web);
        GdkEvent *event = gdk_event_new(type);
        g_autofree GdkKeymapKey *keys = NULL;
        int n = 0;

        event->key.window = g_object_ref(gtk_widget_get_window(widget));
        event->key.send_event = TRUE;
        event->key.time = g_get_monotonic_time() / 1000;
        event->key.state = state;
        event->key.keyval = keyval;
        if (gdk_keymap_get_entries_for_keyval(gdk_keymap_get_for_display(gdk_display_get_default()), keyval, &keys, &n) && n > 0) {
                event->key.hardware_keycode = keys[0].keycode;
                event->key.group = keys[0].group;
        }
        gdk_event_set_device(event, device(GDK_SOURCE_KEYBOARD));
        gtk_widget_event(widget, event);
        gdk_event_free(event);
}

static void press_key(Twin *twin, guint keyval, GdkModifierType state)
{
        key_event(twin, GDK_KEY_PRESS, keyval, state);
        key_event(twin, GDK_KEY_RELEASE, keyval, state);
}

static const struct {
        const char *name;
        guint keyval;
} key_names[] = {
        {"enter", GDK_KEY_Return}, {"return", GDK_KEY_Return}, {"escape", GDK_KEY_Escape}, {"esc", GDK_KEY_Escape}, {"tab", GDK_KEY_Tab},
        {"space", GDK_KEY_space}, {" ", GDK_KEY_space}, {"backspace", GDK_KEY_BackSpace}, {"delete", GDK_KEY_Delete}, {"del", GDK_KEY_Delete},
        {"arrowleft", GDK_KEY_Left}, {"left", GDK_KEY_Left}, {"arrowright", GDK_KEY_Right}, {"right", GDK_KEY_Right}, {"arrowup", GDK_KEY_Up},
        {"up", GDK_KEY_Up}, {"arrowdown", GDK_KEY_Down}, {"down", GDK_KEY_Down}, {"home", GDK_KEY_Home}, {"end", GDK_KEY_End},
        {"pageup", GDK_KEY_Page_Up}, {"pagedown", GDK_KEY_Page_Down}, {"plus", GDK_KEY_plus},
};

static guint keyval_of(const char *name)
{
        g_autofree char *small = g_ascii_strdown(name, -1);

        for (guint i = 0; i < G_N_ELEMENTS(key_names); i++) {
                if (strcmp(small, key_names[i].name) == 0)
                        return key_names[i].keyval;
        }
        if (g_utf8_validate(name, -1, NULL) && g_utf8_strlen(name, -1) == 1)
                return gdk_unicode_to_keyval(g_utf8_get_char(name));
        return g_ascii_toupper(*name) == 'F' && g_ascii_isdigit(name[1]) ? gdk_keyval_from_name(name) : GDK_KEY_VoidSymbol;
}

gboolean twin_key(Twin *twin, const char *key)
{
        g_auto(GStrv) parts = g_strsplit(key, "+", 5);
        guint n = g_strv_length(parts), keyval;
        GdkModifierType state = 0;

        for (guint i = 0; i + 1 < n; i++) {
                if (g_ascii_strcasecmp(parts[i], "ctrl") == 0 || g_ascii_strcasecmp(parts[i], "control") == 0)
                        state |= GDK_CONTROL_MASK;
                else if (g_ascii_strcasecmp(parts[i], "shift") == 0)
                        state |= GDK_SHIFT_MASK;
                else if (g_ascii_strcasecmp(parts[i], "alt") == 0)
                        state |= GDK_MOD1_MASK;
        }
        keyval = n && *parts[n - 1] ? keyval_of(parts[n - 1]) : GDK_KEY_plus;
        if (keyval == GDK_KEY_VoidSymbol)
                return FALSE;
        press_key(twin, keyval, state);
        return TRUE;
}

void twin_type(Twin *twin, const char *text)
{
        for (const char *c = text; *c; c = g_utf8_next_char(c))
                press_key(twin, *c == '\n' ? GDK_KEY_Return : gdk_unicode_to_keyval(g_utf8_get_char(c)), 0);
}
