/* The view lies at the bottom of an overlay from the beginning (a view that is not mapped does not paint); the calm page covers it until
 * its first paint. Sheets and the strip lie above both, so nothing ever resizes the page. */
#include "shell/ui/appwindow.h"

#include <gdk/gdkx.h>
#include <string.h>

#include "shell/ui/contactsheet.h"
#include "shell/ui/picker.h"
#include "shell/ui/sheets.h"
#include "shell/ui/style.h"

#define COVER_FRAMES 3

struct AppWindow {
        AppWindowHandler handler;
        gpointer user_data;
        char *app, *no_view;
        GtkWidget *window, *overlay, *calm, *strip, *strip_text, *stop, *reload;
        FixSheet *fix;
        Picker *picker;    /* NULL without a view */
        EvidenceSheet *evidence;
        ContactSheet *contact;
        AppView *view;
        char *shown;       /* draft in the view; "" the version; NULL nothing yet */
        int cover_frames;  /* that the calm page still stays */
        gboolean coming;   /* another page was asked for, and what shows is still the one before */
        gboolean coming_loaded, coming_painted; /* it has, in its own process */
        int coming_frames; /* that it takes from there to the screen */
        guint coming_tick, coming_late; /* 0: none */
        guint uncover;     /* the tick callback that counts them; 0: none */
        PageLife life;
        guint offer;       /* the wait before Stop and Reload are offered */
        gboolean works;
        gboolean placed;   /* where it is on the screen is known */
        gboolean widens;   /* it wants more room as soon as that is so */
};

static void
fit_sheet(AppWindow *window, int height)
{
        evidence_sheet_fit(window->evidence, height - gtk_widget_get_margin_top(evidence_sheet_widget(window->evidence)));
}


/* While the strip is there the sheets come from under it, so that its buttons can be pressed. */
static void
make_room(AppWindow *window, gboolean strip)
{
        int height = 0, whole;

        if (strip)
                gtk_widget_get_preferred_height(gtk_bin_get_child(GTK_BIN(window->strip)), NULL, &height);
        gtk_widget_set_margin_top(fix_sheet_widget(window->fix), height);
        gtk_widget_set_margin_top(evidence_sheet_widget(window->evidence), height);
        gtk_window_get_size(GTK_WINDOW(window->window), NULL, &whole);
        fit_sheet(window, whole);
}

static void
strip_show(AppWindow *window, const char *text, gboolean offer)
{
        ui_label_set(window->strip_text, text);
        gtk_widget_set_visible(window->stop, offer && window->life == LIFE_STUCK);
        gtk_widget_set_visible(window->reload, offer);
        gtk_revealer_set_reveal_child(GTK_REVEALER(window->strip), TRUE);
        make_room(window, TRUE);
}

static void
set_life(AppWindow *window, PageLife life)
{
        g_clear_handle_id(&window->offer, g_source_remove);
        if (life == LIFE_WELL) {
                gtk_revealer_set_reveal_child(GTK_REVEALER(window->strip), FALSE);
                make_room(window, FALSE);
        }
        if (window->life == life)
                return;
        window->life = life;
        window->handler.changed(window, window->user_data);
}

static gboolean
offer_cb(gpointer user_data)
{
        AppWindow *window = user_data;

        window->offer = 0;
        strip_show(window, "This page does not respond. What it saved is kept.", TRUE);
        return G_SOURCE_REMOVE;
}

static void
view_responsive_cb(AppView *view, gboolean responsive, gpointer user_data)
{
        AppWindow *window = user_data;

        if (responsive) {
                set_life(window, LIFE_WELL);
        } else if (window->life == LIFE_WELL) {
                set_life(window, LIFE_STUCK);
                strip_show(window, "This page does not respond…", FALSE);
                window->offer = g_timeout_add(VIEWS_PING_DEAD_MS - VIEWS_PING_STUCK_MS, offer_cb, window);
        }
}

/* The new page shows, or is given up. */
static void
page_came(AppWindow *window)
{
        if (window->coming_tick)
                gtk_widget_remove_tick_callback(window->window, window->coming_tick);
        window->coming_tick = 0;
        g_clear_handle_id(&window->coming_late, g_source_remove);
        if (!window->coming)
                return;
        window->coming = FALSE;
        window->handler.changed(window, window->user_data);
}

static gboolean
coming_late_cb(gpointer user_data)
{
        AppWindow *window = user_data;

        window->coming_late = 0;
        page_came(window);
        return G_SOURCE_REMOVE;
}

static gboolean
coming_tick_cb(GtkWidget *widget, GdkFrameClock *clock, gpointer user_data)
{
        AppWindow *window = user_data;

        if (--window->coming_frames > 0)
                return G_SOURCE_CONTINUE;
        window->coming_tick = 0;
        page_came(window);
        return G_SOURCE_REMOVE;
}

/* One of the two that make a page of what was asked for. */
static void
page_got(AppWindow *window, gboolean *what)
{
        *what = TRUE;
        if (!window->coming || window->coming_tick || !window->coming_loaded || !window->coming_painted)
                return;
        window->coming_frames = COVER_FRAMES;
        window->coming_tick = gtk_widget_add_tick_callback(window->window, coming_tick_cb, window, NULL);
}

static void
page_comes(AppWindow *window)
{
        page_came(window);
        window->coming = TRUE;
        window->coming_loaded = window->coming_painted = FALSE;
        window->coming_late = g_timeout_add(APP_WINDOW_COMING_MS, coming_late_cb, window);
}

static void
view_crashed_cb(AppView *view, const char *text, gpointer user_data)
{
        AppWindow *window = user_data;

        page_came(window);
        set_life(window, LIFE_CRASHED);
        strip_show(window, text, TRUE);
}

static void
view_finding_cb(AppView *view, json_object *finding, gpointer user_data)
{
        AppWindow *window = user_data;

        window->handler.finding(window, finding, window->user_data);
}

/* The page's process has painted; what it painted is on this side two frames later. Until then the calm page stays, so that nothing blank
 * shows. */
static gboolean
uncover_cb(GtkWidget *widget, GdkFrameClock *clock, gpointer user_data)
{
        AppWindow *window = user_data;

        if (--window->cover_frames > 0)
                return G_SOURCE_CONTINUE;
        window->uncover = 0;
        gtk_widget_hide(window->calm);
        return G_SOURCE_REMOVE;
}

static void
uncover(AppWindow *window)
{
        /* A draft that was taken away still ends to load. */
        if (window->uncover || !window->shown || !gtk_widget_get_visible(window->calm))
                return;
        window->cover_frames = COVER_FRAMES;
        window->uncover = gtk_widget_add_tick_callback(window->calm, uncover_cb, window, NULL);
}

static void
view_painted_cb(AppView *view, gint64 at, gpointer user_data)
{
        AppWindow *window = user_data;

        uncover(window);
        page_got(window, &window->coming_painted);
        window->handler.mark(window, "first-paint", at, window->user_data);
}

static void
view_loaded_cb(AppView *view, gint64 at, gpointer user_data)
{
        AppWindow *window = user_data;

        /* A page without any text (a canvas) is never "painted" in that sense. */
        uncover(window);
        page_got(window, &window->coming_loaded);
        window->handler.mark(window, "usable", at, window->user_data);
}

static void
view_saved_cb(AppView *view, const char *path, gpointer user_data)
{
        AppWindow *window = user_data;

        window->handler.saved(window, path, window->user_data);
}

static void
view_generated_cb(AppView *view, gpointer user_data)
{
        AppWindow *window = user_data;

        if (window->handler.generated)
                window->handler.generated(window, window->user_data);
}

static void
view_refused_cb(AppView *view, const char *text, gpointer user_data)
{
        AppWindow *window = user_data;

        window->handler.said(window, text, window->user_data);
}

static const AppViewHandler view_handler = {
        .generated = view_generated_cb,
        .finding = view_finding_cb,
        .painted = view_painted_cb,
        .loaded = view_loaded_cb,
        .responsive = view_responsive_cb,
        .crashed = view_crashed_cb,
        .saved = view_saved_cb,
        .refused = view_refused_cb,
};

static void
stop_cb(GtkButton *button, gpointer user_data)
{
        app_window_end_page(user_data);
}

static void
reload_cb(GtkButton *button, gpointer user_data)
{
        AppWindow *window = user_data;

        if (!window->view)
                return;
        app_view_reload(window->view);
        set_life(window, LIFE_WELL);
}

static void
fix_cb(const char *text, json_object *pointed, gboolean deep, gpointer user_data)
{
        AppWindow *window = user_data;

        app_window_fix_sheet(window, FALSE);
        window->handler.fix(window, text, pointed, deep, window->user_data);
}

/* The sheet makes room for the page meanwhile, and keeps what was typed. */
static void
point_cb(gpointer user_data)
{
        AppWindow *window = user_data;

        if (!window->picker)
                return;
        fix_sheet_close(window->fix);
        picker_start(window->picker);
}

static void
picked_cb(json_object *pointed, gpointer user_data)
{
        AppWindow *window = user_data;

        fix_sheet_point(window->fix, pointed);
        window->handler.changed(window, window->user_data);
}

static void
unpicked_cb(gpointer user_data)
{
        picked_cb(NULL, user_data);
}

static void
undo_cb(gpointer user_data)
{
        AppWindow *window = user_data;

        app_window_fix_sheet(window, FALSE);
        window->handler.undo(window, window->user_data);
}

static void
prepared_cb(const char *run, gboolean use, gpointer user_data)
{
        AppWindow *window = user_data;

        if (use)
                app_window_fix_sheet(window, FALSE);
        window->handler.prepared(window, run, use, window->user_data);
}

static void
fix_closed_cb(gpointer user_data)
{
        app_window_fix_sheet(user_data, FALSE);
}

static void
evidence_closed_cb(gpointer user_data)
{
        app_window_evidence_sheet(user_data, FALSE);
}

static void
keep_cb(const char *draft, gboolean more, gpointer user_data)
{
        AppWindow *window = user_data;

        window->handler.keep(window, draft, more, window->user_data);
}

static gboolean
key_cb(GtkWidget *widget, GdkEventKey *event, gpointer user_data)
{
        AppWindow *window = user_data;

        return contact_sheet_key(window->contact, event);
}

/* Several drafts want more room than one, as far as the screen has it. Before the window has been placed nobody knows how much that is. */
static void
widen(AppWindow *window)
{
        GdkWindow *own = gtk_widget_get_window(window->window);
        GdkRectangle room, frame;
        int width, height, x, y;

        window->widens = !window->placed;
        if (window->widens)
                return;
        gdk_monitor_get_workarea(gdk_display_get_monitor_at_window(gdk_window_get_display(own), own), &room);
        gdk_window_get_frame_extents(own, &frame);
        gtk_window_get_size(GTK_WINDOW(window->window), &width, &height);
        if (width >= CONTACT_WIDTH && height >= CONTACT_HEIGHT)
                return;
        gtk_window_set_gravity(GTK_WINDOW(window->window), GDK_GRAVITY_NORTH_WEST);
        x = MAX(frame.width - width, 0);
        y = MAX(frame.height - height, 0);
        width = MIN(MAX(width, CONTACT_WIDTH), room.width - x);
        height = MIN(MAX(height, CONTACT_HEIGHT), room.height - y);
        gtk_window_move(GTK_WINDOW(window->window), CLAMP(frame.x, room.x, room.x + room.width - width - x),
                        CLAMP(frame.y, room.y, room.y + room.height - height - y));
        gtk_window_resize(GTK_WINDOW(window->window), width, height);
}

static gboolean
configure_cb(GtkWidget *widget, GdkEvent *event, gpointer user_data)
{
        AppWindow *window = user_data;

        fit_sheet(window, event->configure.height);
        window->placed = gtk_widget_get_mapped(widget);
        if (window->widens)
                widen(window);
        return FALSE;
}

static void
revoke_cb(const char *permit, gpointer user_data)
{
        AppWindow *window = user_data;

        window->handler.revoke(window, permit, window->user_data);
}

/* A web view that is asked to draw only a part of itself leaves that part empty; the progress line, when it goes, uncovers such a part.
 * Real exposures are rare, since frames are redirected, so the whole page is drawn. */
static GdkFilterReturn
expose_cb(GdkXEvent *event, GdkEvent *unused, gpointer user_data)
{
        AppWindow *window = user_data;

        if (((XEvent *)event)->type == Expose && ((XEvent *)event)->xexpose.count == 0)
                gtk_widget_queue_draw(window->overlay);
        return GDK_FILTER_CONTINUE;
}

static gboolean
delete_cb(GtkWidget *widget, GdkEvent *event, gpointer user_data)
{
        AppWindow *window = user_data;

        window->handler.closed(window, window->user_data);
        return TRUE;
}

static GtkWidget *
strip_new(AppWindow *window)
{
        GtkWidget *revealer = gtk_revealer_new();
        GtkWidget *row = ui_box(GTK_ORIENTATION_HORIZONTAL, 8, "strip");

        window->strip_text = ui_label("", NULL);
        window->stop = ui_button("Stop", NULL, G_CALLBACK(stop_cb), window);
        window->reload = ui_button("Reload", "first", G_CALLBACK(reload_cb), window);
        gtk_box_pack_start(GTK_BOX(row), window->strip_text, TRUE, TRUE, 0);
        gtk_container_add(GTK_CONTAINER(row), window->stop);
        gtk_container_add(GTK_CONTAINER(row), window->reload);
        gtk_container_add(GTK_CONTAINER(revealer), row);
        gtk_revealer_set_transition_duration(GTK_REVEALER(revealer), SHEET_SLIDE_MS);
        gtk_widget_set_valign(revealer, GTK_ALIGN_START);
        return revealer;
}

static void
add_view(AppWindow *window, Views *views)
{
        static const PickerHandler picker_handler = {picked_cb, unpicked_cb};
        GtkWidget *widget;

        window->view = app_view_new(views, window->app, &view_handler, window);
        widget = app_view_widget(window->view);
        gtk_container_add(GTK_CONTAINER(window->overlay), widget);
        gtk_widget_show(widget);
        window->picker = picker_new(window->view, &picker_handler, window);
}

AppWindow *
app_window_new(Views *views, const char *app, const char *no_view, const AppWindowHandler *handler, gpointer user_data)
{
        static const FixHandler fix_handler = {fix_cb, point_cb, undo_cb, prepared_cb, fix_closed_cb};
        static const ContactHandler contact_handler = {keep_cb};
        static const EvidenceHandler evidence_handler = {evidence_closed_cb, revoke_cb};
        AppWindow *window = g_new0(AppWindow, 1);

        style_start();
        window->handler = *handler;
        window->user_data = user_data;
        window->app = g_strdup(app);
        window->no_view = g_strdup(no_view);
        window->window = gtk_window_new(GTK_WINDOW_TOPLEVEL);
        window->overlay = gtk_overlay_new();
        window->calm = calm_page_new();
        window->strip = strip_new(window);
        window->fix = fix_sheet_new(&fix_handler, window);
        window->evidence = evidence_sheet_new(&evidence_handler, window);
        window->contact = contact_sheet_new(views, app, &contact_handler, window);
        if (views)
                add_view(window, views);
        if (window->picker)
                gtk_overlay_add_overlay(GTK_OVERLAY(window->overlay), picker_widget(window->picker));
        gtk_overlay_add_overlay(GTK_OVERLAY(window->overlay), window->calm);
        gtk_overlay_add_overlay(GTK_OVERLAY(window->overlay), contact_sheet_widget(window->contact));
        gtk_overlay_add_overlay(GTK_OVERLAY(window->overlay), window->strip);
        gtk_overlay_add_overlay(GTK_OVERLAY(window->overlay), evidence_sheet_widget(window->evidence));
        gtk_overlay_add_overlay(GTK_OVERLAY(window->overlay), fix_sheet_widget(window->fix));
        ui_add_classes(window->overlay, "sheet");
        gtk_container_add(GTK_CONTAINER(window->window), window->overlay);
        gtk_window_set_default_size(GTK_WINDOW(window->window), APP_WINDOW_WIDTH, APP_WINDOW_HEIGHT);
        gtk_window_set_role(GTK_WINDOW(window->window), window->app);
        g_signal_connect(window->window, "delete-event", G_CALLBACK(delete_cb), window);
        g_signal_connect(window->window, "configure-event", G_CALLBACK(configure_cb), window);
        g_signal_connect(window->window, "key-press-event", G_CALLBACK(key_cb), window);
        gtk_widget_show_all(window->overlay);
        ui_ground(window->window);
        gdk_window_add_filter(gtk_widget_get_window(window->window), expose_cb, window);
        return window;
}

void
app_window_free(AppWindow *window)
{
        if (!window)
                return;
        g_clear_handle_id(&window->offer, g_source_remove);
        g_clear_handle_id(&window->coming_late, g_source_remove);
        g_signal_handlers_disconnect_by_data(window->window, window);
        gdk_window_remove_filter(gtk_widget_get_window(window->window), expose_cb, window);
        picker_free(window->picker);
        if (window->view) {
                gtk_container_remove(GTK_CONTAINER(window->overlay), app_view_widget(window->view));
                app_view_free(window->view);
        }
        contact_sheet_free(window->contact);
        fix_sheet_free(window->fix);
        evidence_sheet_free(window->evidence);
        gtk_widget_destroy(window->window);
        g_free(window->app);
        g_free(window->no_view);
        g_free(window->shown);
        g_free(window);
}

GtkWindow *
app_window_gtk(AppWindow *window)
{
        return GTK_WINDOW(window->window);
}

guint64
app_window_xid(AppWindow *window)
{
        return GDK_WINDOW_XID(gtk_widget_get_window(window->window));
}

const char *
app_window_app(AppWindow *window)
{
        return window->app;
}

void
app_window_place(AppWindow *window, int x, int y, int width, int height)
{
        /* The place is the client's, not its frame's. */
        gtk_window_set_gravity(GTK_WINDOW(window->window), GDK_GRAVITY_STATIC);
        gtk_window_set_default_size(GTK_WINDOW(window->window), CLAMP(width, 120, 16384), CLAMP(height, 80, 16384));
        gtk_window_resize(GTK_WINDOW(window->window), CLAMP(width, 120, 16384), CLAMP(height, 80, 16384));
        gtk_window_move(GTK_WINDOW(window->window), CLAMP(x, -16384, 16384), CLAMP(y, -16384, 16384));
}

void
app_window_show(AppWindow *window)
{
        gtk_widget_show(window->window);
        window->handler.mark(window, "window", g_get_monotonic_time(), window->user_data);
}

void
app_window_update(AppWindow *window, const App *app, const Run *run, const Lane *lane)
{
        g_autofree char *title = ui_plain(app->title);
        gboolean failed = run && run_is_done(run) && app->version == 0;

        window->works = run && !run_is_done(run);
        /* GTK sets the property even if it says the same, the core tells of it, and we are back here. */
        if (g_strcmp0(gtk_window_get_title(GTK_WINDOW(window->window)), title) != 0)
                gtk_window_set_title(GTK_WINDOW(window->window), title);
        if (contact_sheet_update(window->contact, app, run))
                widen(window);
        if (gtk_widget_get_visible(window->calm))
                calm_page_update(window->calm, app, run, window->no_view ? window->no_view : failed ? run->message : NULL);
        if (fix_sheet_is_open(window->fix))
                fix_sheet_update(window->fix, app, window->works, g_get_real_time() / G_USEC_PER_SEC);
        if (evidence_sheet_is_open(window->evidence))
                evidence_sheet_update(window->evidence, app, run, lane);
}

void
app_window_load(AppWindow *window, const char *path)
{
        if (!window->view)
                return;
        /* Of a window that is only just made nothing else was said before. */
        if (window->shown)
                page_comes(window);
        g_free(window->shown);
        window->shown = g_strdup("");
        app_view_load(window->view, path, TRUE);
}

gboolean
app_window_page_is_coming(AppWindow *window)
{
        return window->coming;
}

void
app_window_end_page(AppWindow *window)
{
        if (window->view)
                app_view_stop_script(window->view);
}

void
app_window_act(AppWindow *window, PageAction action, const App *app)
{
        if (!window->view || action == PAGE_KEEP)
                return;
        if (action == PAGE_VERSION) {
                app_window_load(window, app->file);
                return;
        }
        g_clear_pointer(&window->shown, g_free);
        if (action == PAGE_CALM) {
                if (window->uncover)
                        gtk_widget_remove_tick_callback(window->calm, window->uncover);
                window->uncover = 0;
                gtk_widget_show(window->calm);
        } else if (action == PAGE_DRAFT) {
                window->shown = g_strdup(app->draft);
                app_view_load(window->view, app->path, FALSE);
        } else {
                window->shown = g_strdup("");
                app_view_open_gate(window->view);
        }
}

const char *
app_window_shown(AppWindow *window)
{
        return window->shown;
}

PageLife
app_window_life(AppWindow *window)
{
        return window->life;
}

static void
focus_page(AppWindow *window)
{
        if (window->view)
                gtk_widget_grab_focus(app_view_widget(window->view));
}

void
app_window_fix_sheet(AppWindow *window, gboolean open)
{
        if (window->picker)
                picker_stop(window->picker);
        if (open) {
                evidence_sheet_close(window->evidence);
                fix_sheet_open(window->fix);
        } else {
                fix_sheet_close(window->fix);
                focus_page(window);
        }
}

gboolean
app_window_fix_is_open(AppWindow *window)
{
        return fix_sheet_is_open(window->fix);
}

void
app_window_evidence_sheet(AppWindow *window, gboolean open)
{
        if (window->picker)
                picker_stop(window->picker);
        if (open) {
                fix_sheet_close(window->fix);
                evidence_sheet_open(window->evidence);
        } else {
                evidence_sheet_close(window->evidence);
                focus_page(window);
        }
}

gboolean
app_window_evidence_is_open(AppWindow *window)
{
        return evidence_sheet_is_open(window->evidence);
}
