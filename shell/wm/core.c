/* The core's two sides. The user interface's thread calls the wm_core_ functions, which only put messages into a bounded queue; the
 * core's thread takes them between batches of X events. What the core has to say goes the other way through a second queue, and is
 * delivered on the main context that started it. Start reading at core_main(). */
#include "core.h"

#include <X11/extensions/Xcomposite.h>
#include <X11/extensions/Xdamage.h>
#include <X11/extensions/Xrandr.h>
#include <X11/extensions/Xrender.h>
#include <X11/extensions/shape.h>
#include <gio/gio.h>
#include <string.h>

#include "bar.h"
#include "client.h"
#include "desktops.h"
#include "events.h"
#include "ewmh.h"
#include "focus.h"
#include "frame.h"
#include "icon.h"
#include "keys.h"
#include "mark.h"
#include "menu.h"
#include "moveresize.h"
#include "paint.h"
#include "props.h"
#include "restore.h"
#include "root.h"
#include "screen.h"
#include "selection.h"
#include "stack.h"
#include "startup.h"
#include "state.h"
#include "switcher.h"
#include "sync.h"
#include "trap.h"
#include "wm.h"
#include "xsettings.h"

#define QUEUE_MAX 4096      /* messages either way; a side that does not read loses the oldest lists, never an act */
#define BATCH_MAX 256       /* events handled before their effect is pushed */

typedef struct Message Message;
struct Message {
        void (*run)(Wm *wm, const Message *message);
        guint64 xid;
        int a, b;
        WmEvidence *evidence;
};

typedef struct {
        WmEvent event;
        char *text;
        WmWindow *windows;
        guint32 *icon;
} Outgoing;

typedef struct {
        GSource source;
        WmCore *core;
} CoreSource;

struct WmCore {
        GThread *thread;
        GMainContext *context, *ui;
        GMainLoop *loop;
        GMutex lock;             /* over the two queues */
        GQueue incoming;         /* Message */
        GQueue outgoing;         /* Outgoing */
        GSource *incoming_source, *outgoing_source, *x_source;
        gpointer x_fd;
        WmEventFunc func;
        gpointer user_data;
        char *display_name;
        Wm wm;
};

/* The queues. */

static void message_free(Message *message)
{
        g_free(message->evidence);
        g_free(message);
}

static void outgoing_free(Outgoing *out)
{
        g_free(out->text);
        g_free(out->icon);
        g_free(out->windows);
        g_free(out);
}

static gboolean supersedes(const Message *later, const Message *earlier)
{
        return later->evidence && earlier->evidence && later->xid == earlier->xid;
}

static void post(WmCore *core, Message message)
{
        g_return_if_fail(core != NULL);
        Message *copy = g_memdup2(&message, sizeof message);

        g_mutex_lock(&core->lock);
        /* A run says how far it is many times a second: only the newest word on a window is worth keeping. */
        Message *last = g_queue_peek_tail(&core->incoming);
        if (last && supersedes(copy, last))
                message_free(g_queue_pop_tail(&core->incoming));
        if (core->incoming.length < QUEUE_MAX) {
                g_queue_push_tail(&core->incoming, copy);
        } else {
                g_warning("The window manager is not keeping up; a message to it was dropped.");
                message_free(copy);
        }
        g_source_set_ready_time(core->incoming_source, 0);
        g_mutex_unlock(&core->lock);
}

void core_take_messages(Wm *wm)
{
        WmCore *core = wm->core;

        for (;;) {
                g_mutex_lock(&core->lock);
                g_source_set_ready_time(core->incoming_source, -1);
                Message *message = g_queue_pop_head(&core->incoming);
                g_mutex_unlock(&core->lock);
                if (!message)
                        break;
                if (wm->running)
                        message->run(wm, message);
                message_free(message);
        }
}

static gboolean incoming_cb(GSource *source, GSourceFunc callback, gpointer data)
{
        core_take_messages(&((CoreSource *)source)->core->wm);
        return G_SOURCE_CONTINUE;
}

void core_emit(Wm *wm, const WmEvent *event)
{
        WmCore *core = wm->core;
        Outgoing *out = g_new0(Outgoing, 1);

        out->event = *event;
        out->text = g_strdup(event->text);
        out->windows = event->n_windows ? g_memdup2(event->windows, event->n_windows * sizeof *event->windows) : NULL;
        out->icon = event->icon ? g_memdup2(event->icon, (gsize)event->width * (gsize)event->height * sizeof *event->icon) : NULL;
        out->event.text = out->text;
        out->event.icon = out->icon;
        out->event.windows = out->windows;
        g_mutex_lock(&core->lock);
        Outgoing *last = g_queue_peek_tail(&core->outgoing);
        if (last && event->type == WM_EVENT_WINDOWS && last->event.type == WM_EVENT_WINDOWS)
                outgoing_free(g_queue_pop_tail(&core->outgoing));
        if (core->outgoing.length >= QUEUE_MAX)
                outgoing_free(g_queue_pop_head(&core->outgoing));
        g_queue_push_tail(&core->outgoing, out);
        g_source_set_ready_time(core->outgoing_source, 0);
        g_mutex_unlock(&core->lock);
}

static gboolean outgoing_cb(GSource *source, GSourceFunc callback, gpointer data)
{
        WmCore *core = ((CoreSource *)source)->core;

        /* One at a time: func may stop the core, and with it this source. */
        g_mutex_lock(&core->lock);
        Outgoing *out = g_queue_pop_head(&core->outgoing);
        g_source_set_ready_time(source, core->outgoing.length ? 0 : -1);
        g_mutex_unlock(&core->lock);
        if (out) {
                core->func(&out->event, core->user_data);
                outgoing_free(out);
        }
        return G_SOURCE_CONTINUE;
}

static GSourceFuncs incoming_funcs = { .dispatch = incoming_cb };
static GSourceFuncs outgoing_funcs = { .dispatch = outgoing_cb };

static GSource *add_source(WmCore *core, GSourceFuncs *funcs, GMainContext *context)
{
        GSource *source = g_source_new(funcs, sizeof(CoreSource));

        ((CoreSource *)source)->core = core;
        g_source_attach(source, context);
        return source;
}

GSource *core_later(Wm *wm, guint ms, GSourceFunc func, gpointer data)
{
        GSource *source = g_timeout_source_new(ms);

        g_source_set_callback(source, func, data, g_free);
        g_source_attach(source, wm->core->context);
        g_source_unref(source);
        return source;
}

/* Pushing. */

static void fill_window(Wm *wm, Client *c, WmWindow *w)
{
        w->xid = c->window;
        g_strlcpy(w->title, client_title(c), sizeof w->title);
        const char *end;
        if (!g_utf8_validate(w->title, -1, &end))
                w->title[end - w->title] = 0;
        g_strlcpy(w->class_name, c->class_name ? c->class_name : "", sizeof w->class_name);
        if (!g_utf8_validate(w->class_name, -1, &end))
                w->class_name[end - w->class_name] = 0;
        client_glyph(c, w->glyph, &w->colour);
        w->app = c->role == WM_ROLE_APP;
        /* Told by itself once it has been read. */
        icon_of(wm, c);
        w->active = c == wm->focused;
        w->minimised = c->minimised;
        w->urgent = c->attention;
        w->fullscreen = c->fullscreen;
        w->here = c->sticky || c->desktop == wm->desktop;
        w->x = c->box.x;
        w->y = c->box.y;
        w->width = c->box.w;
        w->height = c->box.h;
}

static void emit_windows(Wm *wm)
{
        g_autofree WmWindow *windows = g_new0(WmWindow, MIN(wm->clients->len, WM_WINDOWS_MAX) + 1);
        WmEvent event = { .type = WM_EVENT_WINDOWS, .windows = windows };

        wm->dirty_windows = FALSE;
        for (GList *l = wm->recent; l && event.n_windows < WM_WINDOWS_MAX; l = l->next)
                if (client_listed(l->data))
                        fill_window(wm, l->data, &windows[event.n_windows++]);
        /* Zeroed and filled alike, so that equal windows are equal bytes: what has not changed is not told again. */
        if (wm->told_windows && wm->n_told_windows == event.n_windows &&
            memcmp(wm->told_windows, windows, event.n_windows * sizeof *windows) == 0)
                return;
        core_emit(wm, &event);
        g_free(wm->told_windows);
        wm->told_windows = g_steal_pointer(&windows);
        wm->n_told_windows = event.n_windows;
}

static void emit_desktops(Wm *wm)
{
        g_autoptr(GString) names = g_string_new(NULL);
        WmEvent event = { .type = WM_EVENT_DESKTOPS, .n = (int)wm->desktop };

        for (guint i = 0; i < wm->n_desktops; i++)
                g_string_append_printf(names, "%s%s", i > 0 ? "\n" : "", wm->desktop_names[i]);
        wm->untold_desktops = FALSE;
        event.text = names->str;
        core_emit(wm, &event);
}

void core_flush(Wm *wm)
{
        if (!wm->running || wm->gone)
                return;
        events_settle_leaving(wm);
        keys_update(wm);
        if (wm->dirty_work_area)
                screen_struts_changed(wm);
        if (wm->dirty_desktops)
                desktops_push(wm);
        if (wm->untold_desktops)
                emit_desktops(wm);
        if (wm->dirty_stack)
                stack_apply(wm);
        if (wm->dirty_list)
                ewmh_push_list(wm);
        if (wm->dirty_focus)
                focus_apply(wm);
        ewmh_push_active(wm);
        for (guint i = 0; i < wm->clients->len; i++) {
                Client *c = g_ptr_array_index(wm->clients, i);
                if (c->dirty_state)
                        ewmh_push_client(wm, c);
                if (c->dirty_frame && client_visible(c))
                        frame_draw(wm, c);
        }
        if (wm->dirty_windows)
                emit_windows(wm);
        XFlush(wm->display);
}

void core_drain(Wm *wm)
{
        events_look_ahead(wm);
        for (int n = 0; n < BATCH_MAX && wm->running && !wm->gone && XEventsQueued(wm->display, QueuedAfterReading) > 0; n++) {
                XEvent event;
                XNextEvent(wm->display, &event);
                events_handle(wm, &event);
        }
}

static gboolean x_prepare(GSource *source, int *timeout)
{
        WmCore *core = ((CoreSource *)source)->core;
        Wm *wm = &core->wm;

        *timeout = -1;
        if (!wm->running || wm->gone)
                return FALSE;
        core_flush(wm);
        sync_answer(wm);
        return !wm->gone && XEventsQueued(wm->display, QueuedAlready) > 0;
}

static gboolean x_check(GSource *source)
{
        WmCore *core = ((CoreSource *)source)->core;

        return core->wm.running && !core->wm.gone && g_source_query_unix_fd(source, core->x_fd) != 0;
}

static gboolean x_dispatch(GSource *source, GSourceFunc callback, gpointer data)
{
        core_drain(&((CoreSource *)source)->core->wm);
        return G_SOURCE_CONTINUE;
}

static GSourceFuncs x_funcs = { .prepare = x_prepare, .check = x_check, .dispatch = x_dispatch };

/* Starting and ending. */

static void lost_cb(Display *display, void *data)
{
        Wm *wm = data;

        wm->gone = TRUE;
        g_free(wm->gone_reason);
        wm->gone_reason = g_strdup("The connection to the display is lost.");
        if (wm->core->loop)
                g_main_loop_quit(wm->core->loop);
}

void core_give_up(Wm *wm, const char *reason)
{
        g_free(wm->gone_reason);
        wm->gone_reason = g_strdup(reason);
        g_main_loop_quit(wm->core->loop);
}

#define ATOM_NAME(name) #name,
static const char *const atom_names[] = { WM_ATOMS(ATOM_NAME, ATOM_NAME) };
#undef ATOM_NAME

static void find_extensions(Wm *wm)
{
        int error, major = 0, minor = 0;

        wm->has_randr = XRRQueryExtension(wm->display, &wm->randr_event, &error) && XRRQueryVersion(wm->display, &major, &minor) &&
                        (major > 1 || (major == 1 && minor >= 5));
        wm->has_composite = XCompositeQueryExtension(wm->display, &major, &error) && XCompositeQueryVersion(wm->display, &major, &minor) &&
                            (major > 0 || minor >= 2);
        wm->has_damage = XDamageQueryExtension(wm->display, &wm->damage_event, &error) && XDamageQueryVersion(wm->display, &major, &minor);
        wm->has_render = XRenderQueryExtension(wm->display, &major, &error);
        wm->has_sync = XSyncQueryExtension(wm->display, &wm->sync_event, &error) && XSyncInitialize(wm->display, &major, &minor);
        wm->has_shape = XShapeQueryExtension(wm->display, &wm->shape_event, &error);
        if (wm->has_randr)
                XRRSelectInput(wm->display, wm->root, RRScreenChangeNotifyMask | RRCrtcChangeNotifyMask | RROutputChangeNotifyMask);
}

static void prepare(Wm *wm)
{
        Display *d = wm->display;
        XSetWindowAttributes a = { .override_redirect = True, .event_mask = PropertyChangeMask };
        g_autofree char *selection = NULL;

        wm->screen = DefaultScreen(d);
        wm->root = RootWindow(d, wm->screen);
        wm->visual = DefaultVisual(d, wm->screen);
        wm->colormap = DefaultColormap(d, wm->screen);
        XInternAtoms(d, (char **)atom_names, N_ATOMS, False, wm->atoms);
        selection = g_strdup_printf("WM_S%d", wm->screen);
        wm->selection = XInternAtom(d, selection, False);
        wm->check = XCreateWindow(d, wm->root, -10, -10, 1, 1, 0, CopyFromParent, InputOutput, CopyFromParent,
                                  CWOverrideRedirect | CWEventMask, &a);
        wm->by_window = g_hash_table_new(NULL, NULL);
        wm->clients = g_ptr_array_new();
        wm->stack = g_ptr_array_new();
        wm->marks = g_array_new(FALSE, FALSE, sizeof(Mark));
        wm->leaving = g_array_new(FALSE, FALSE, sizeof(Window));
        wm->syncs = g_array_new(FALSE, FALSE, sizeof(SyncRequest));
        props_init(wm);
        wm->scale = 1;
        wm->pushed_active = ~0UL;
}

/* The guard is a window that nobody sees: it holds the focus when no client can, and everything of ours is stacked under it. At first
 * it lies under all that is there. */
static void make_guard(Wm *wm)
{
        XSetWindowAttributes a = { .override_redirect = True };

        wm->guard = XCreateWindow(wm->display, wm->root, -10, -10, 1, 1, 0, 0, InputOnly, CopyFromParent, CWOverrideRedirect, &a);
        XLowerWindow(wm->display, wm->guard);
        XMapWindow(wm->display, wm->guard);
}

static void begin(Wm *wm)
{
        gsize n;
        WmEvent ready = { .type = WM_EVENT_READY }, monitor = { .type = WM_EVENT_MONITOR };
        Window active = None;
        g_autofree unsigned long *was_active = props_longs(wm, wm->root, wm->atoms[ATOM__NET_ACTIVE_WINDOW], 1, &n);

        if (n == 1)
                active = was_active[0];
        find_extensions(wm);
        xsettings_init(wm);
        startup_init(wm);
        desktops_init(wm);
        screen_read(wm);
        make_guard(wm);
        paint_use_dark(wm->config.dark);
        wm->bar_known = wm->config.bar_known;
        wm->painter = paint_new(wm);
        keys_init(wm);
        drag_init(wm);
        menu_init(wm);
        switcher_init(wm);
        wm->running = TRUE;
        screen_struts_changed(wm);
        ewmh_announce(wm);
        root_paint(wm);
        client_manage_existing(wm);
        Client *c = client_find(wm, active);
        focus_desktop_changed(wm, c && client_visible(c) ? c : NULL);
        core_flush(wm);
        monitor.width = wm->screen_box.w;
        monitor.height = wm->screen_box.h;
        monitor.scale = wm->scale;
        core_emit(wm, &ready);
        core_emit(wm, &monitor);
}

static void finish(Wm *wm)
{
        bar_park(wm, FALSE);
        restore_leave(wm);
        /* From the bottom up, so that the order stays for whoever manages them next. */
        while (wm->stack->len > 0)
                client_unmanage(wm, g_ptr_array_index(wm->stack, 0), LEAVE_SHUTDOWN);
        wm->running = FALSE;
        switcher_free(wm);
        menu_free(wm);
        drag_free(wm);
        g_free(wm->told_windows);
        keys_free(wm);
        paint_free(wm->painter);
        ewmh_withdraw_all(wm);
        startup_free(wm);
        xsettings_free(wm);
        desktops_free(wm);
        XSelectInput(wm->display, wm->root, NoEventMask);
        XSetInputFocus(wm->display, PointerRoot, RevertToPointerRoot, focus_server_time(wm));
        XSync(wm->display, False);
        /* Last: whoever replaces us waits for this window to go. */
        XDestroyWindow(wm->display, wm->check);
        XSync(wm->display, False);
}

static void release(Wm *wm)
{
        wm->running = FALSE;
        props_free(wm);
        trap_uninstall(wm->display);
        XCloseDisplay(wm->display);
        g_clear_pointer(&wm->by_window, g_hash_table_unref);
        g_clear_pointer(&wm->clients, g_ptr_array_unref);
        g_clear_pointer(&wm->stack, g_ptr_array_unref);
        g_clear_pointer(&wm->pushed_stack, g_array_unref);
        g_clear_pointer(&wm->marks, g_array_unref);
        g_clear_pointer(&wm->leaving, g_array_unref);
        g_clear_pointer(&wm->syncs, g_array_unref);
        g_clear_pointer(&wm->recent, g_list_free);
        g_clear_pointer(&wm->gone_reason, g_free);
}

static gpointer core_main(gpointer data)
{
        WmCore *core = data;
        Wm *wm = &core->wm;
        g_autofree char *problem = NULL;

        g_main_context_push_thread_default(core->context);
        prepare(wm);
        if (!selection_acquire(wm, &problem)) {
                WmEvent failed = { .type = WM_EVENT_FAILED, .text = wm->gone ? wm->gone_reason : problem };
                core_emit(wm, &failed);
        } else {
                begin(wm);
                core->x_source = add_source(core, &x_funcs, core->context);
                core->x_fd = g_source_add_unix_fd(core->x_source, ConnectionNumber(wm->display), G_IO_IN | G_IO_HUP | G_IO_ERR);
                if (!wm->gone)
                        g_main_loop_run(core->loop);
                g_source_destroy(core->x_source);
                g_source_unref(core->x_source);
                finish(wm);
                if (wm->gone_reason) {
                        WmEvent gone = { .type = WM_EVENT_GONE, .text = wm->gone_reason };
                        core_emit(wm, &gone);
                }
        }
        release(wm);
        g_main_context_pop_thread_default(core->context);
        return NULL;
}

static void core_free(WmCore *core)
{
        GSource *sources[] = { core->incoming_source, core->outgoing_source };

        for (gsize i = 0; i < G_N_ELEMENTS(sources); i++) {
                g_source_destroy(sources[i]);
                g_source_unref(sources[i]);
        }
        g_queue_clear_full(&core->incoming, (GDestroyNotify)message_free);
        g_queue_clear_full(&core->outgoing, (GDestroyNotify)outgoing_free);
        g_main_loop_unref(core->loop);
        g_main_context_unref(core->context);
        g_main_context_unref(core->ui);
        g_mutex_clear(&core->lock);
        g_free(core->display_name);
        g_free(core);
}

WmCore *wm_core_start(const WmConfig *config, WmEventFunc func, gpointer user_data, GError **error)
{
        g_return_val_if_fail(config != NULL && func != NULL, NULL);
        Display *display = XOpenDisplay(config->display);

        if (!display) {
                g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_CONNECTED,
                            "No display answers at \"%s\". Start an X server there, or set DISPLAY.",
                            XDisplayName(config->display));
                return NULL;
        }
        WmCore *core = g_new0(WmCore, 1);
        core->func = func;
        core->user_data = user_data;
        core->display_name = g_strdup(config->display);
        core->wm.core = core;
        core->wm.display = display;
        core->wm.config = *config;
        core->wm.config.display = core->display_name;
        g_mutex_init(&core->lock);
        g_queue_init(&core->incoming);
        g_queue_init(&core->outgoing);
        core->context = g_main_context_new();
        core->ui = g_main_context_ref_thread_default();
        core->loop = g_main_loop_new(core->context, FALSE);
        core->incoming_source = add_source(core, &incoming_funcs, core->context);
        core->outgoing_source = add_source(core, &outgoing_funcs, core->ui);
        trap_install(display, lost_cb, &core->wm);
        core->thread = g_thread_try_new("wm", core_main, core, error);
        if (!core->thread) {
                trap_uninstall(display);
                XCloseDisplay(display);
                g_clear_pointer(&core, core_free);
        }
        return core;
}

static void run_stop(Wm *wm, const Message *message)
{
        g_main_loop_quit(wm->core->loop);
}

void wm_core_stop(WmCore *core)
{
        if (!core)
                return;
        post(core, (Message){ .run = run_stop });
        g_thread_join(core->thread);
        core_free(core);
}

/* The user interface's requests. */

static void run_mark(Wm *wm, const Message *m)
{
        mark_role(wm, (Window)m->xid, (WmRole)m->a);
}

static void run_evidence(Wm *wm, const Message *m)
{
        mark_evidence(wm, (Window)m->xid, m->evidence);
}

static void run_activate(Wm *wm, const Message *m)
{
        Client *c = client_find(wm, (Window)m->xid);

        if (!c)
                return;
        focus_user_acted(wm, c, focus_server_time(wm));
        state_activate(wm, c);
}

static void run_close(Wm *wm, const Message *m)
{
        Client *c = client_find(wm, (Window)m->xid);

        if (c)
                state_close(wm, c);
}

static void run_minimise(Wm *wm, const Message *m)
{
        Client *c = client_find(wm, (Window)m->xid);

        if (c)
                state_minimise(wm, c);
}

static void run_go_to_desktop(Wm *wm, const Message *m)
{
        if (m->a >= 0)
                desktops_go(wm, (guint)m->a);
}

static void run_show_bar(Wm *wm, const Message *m)
{
        bar_show(wm, focus_server_time(wm));
}

static void run_hide_bar(Wm *wm, const Message *m)
{
        bar_hide(wm, (Window)m->xid);
}

static void run_bar_size(Wm *wm, const Message *m)
{
        bar_size(wm, m->a, m->b);
}

static void run_answer_keys(Wm *wm, const Message *m)
{
        keys_answer(wm, m->a);
}

static void run_leave_panel(Wm *wm, const Message *message)
{
        wm->dirty_focus = TRUE;
}

static void run_dark(Wm *wm, const Message *message)
{
        if (wm->config.dark == message->a)
                return;
        wm->config.dark = message->a;
        paint_use_dark(wm->config.dark);
        root_paint(wm);
        for (guint i = 0; i < wm->clients->len; i++) {
                frame_dirty(wm, g_ptr_array_index(wm->clients, i));
                frame_draw_progress(wm, g_ptr_array_index(wm->clients, i));
        }
        switcher_draw(wm);
}

static void run_sync_done(Wm *wm, const Message *m)
{
        sync_ui_done(wm, m->a);
}

void wm_core_mark(WmCore *core, guint64 xid, WmRole role)
{
        post(core, (Message){ .run = run_mark, .xid = xid, .a = (int)role });
}

void wm_core_evidence(WmCore *core, guint64 xid, const WmEvidence *evidence)
{
        g_return_if_fail(evidence != NULL);
        post(core, (Message){ .run = run_evidence, .xid = xid, .evidence = g_memdup2(evidence, sizeof *evidence) });
}

void wm_core_activate(WmCore *core, guint64 xid)
{
        post(core, (Message){ .run = run_activate, .xid = xid });
}

void wm_core_close(WmCore *core, guint64 xid)
{
        post(core, (Message){ .run = run_close, .xid = xid });
}

void wm_core_minimise(WmCore *core, guint64 xid)
{
        post(core, (Message){ .run = run_minimise, .xid = xid });
}

void wm_core_go_to_desktop(WmCore *core, int n)
{
        post(core, (Message){ .run = run_go_to_desktop, .a = n });
}

void wm_core_show_bar(WmCore *core)
{
        post(core, (Message){ .run = run_show_bar });
}

void wm_core_hide_bar(WmCore *core, guint64 focus)
{
        post(core, (Message){ .run = run_hide_bar, .xid = focus });
}

void wm_core_bar_size(WmCore *core, int width, int height)
{
        post(core, (Message){ .run = run_bar_size, .a = width, .b = height });
}

void wm_core_answer_keys(WmCore *core, int n)
{
        post(core, (Message){ .run = run_answer_keys, .a = n });
}

void wm_core_leave_panel(WmCore *core)
{
        post(core, (Message){ .run = run_leave_panel });
}

void wm_core_dark(WmCore *core, gboolean dark)
{
        post(core, (Message){ .run = run_dark, .a = dark });
}

void wm_core_sync_done(WmCore *core, int n)
{
        post(core, (Message){ .run = run_sync_done, .a = n });
}
