/* Notifications as cards in the upper right corner. Their window is never focused and is no window of the window manager's; it looks at
 * what fills the screen only through the properties that every window manager keeps. */
#include <X11/Xatom.h>
#include <gdk/gdkx.h>
#include <string.h>

#include "protocols/text.h"
#include "shell/aside/aside.h"
#include "shell/ui/xprops.h"
#include "shell/ui/style.h"

#define WIDTH 360
#define CHARACTERS 44
#define SUMMARY_MAX 120
#define SUMMARY_LINES 2
#define BODY_LINES 8
#define LABEL_MAX 32
#define KEY_MAX 256
#define LOW_MS 4000
#define NORMAL_MS 7000
#define EXPIRE_MAX_MS 3600000

typedef struct {
        Cards *cards;
        guint32 id;
        Urgency urgency;
        gboolean resident;
        int expire;
        GtkWidget *widget;   /* in the list when it is shown */
        guint timer;
} Card;

struct Cards {
        CardHandler handler;
        gpointer user_data;
        GtkWidget *window, *list;
        GPtrArray *cards; /* Card, oldest first */
        gboolean quiet;
        Window watched;   /* the window in front, whose states are followed while there are cards; None */
        guint place;
        guint32 own;      /* the id of our own sentences counts down from the top */
};

static void card_free(gpointer data)
{
        Card *card = data;

        g_clear_handle_id(&card->timer, g_source_remove);
        gtk_widget_destroy(card->widget);
        g_object_unref(card->widget);
        g_free(card);
}

static Card *find(Cards *cards, guint32 id, guint *at)
{
        for (guint i = 0; i < cards->cards->len; i++) {
                Card *card = cards->cards->pdata[i];
                if (card->id != id)
                        continue;
                if (at)
                        *at = i;
                return card;
        }
        return NULL;
}

/* The window in front fills the screen. From now on it is heard when it begins or ceases to. */
static gboolean screen_is_full(Cards *cards)
{
        GdkDisplay *gdk = gdk_display_get_default();
        Display *display = GDK_DISPLAY_XDISPLAY(gdk);
        gboolean full;

        gdk_x11_display_error_trap_push(gdk);
        Window active = xprops_active(display);
        if (active != cards->watched && active && !gdk_x11_window_lookup_for_display(gdk, active))
                XSelectInput(display, active, PropertyChangeMask);
        cards->watched = active;
        g_autoptr(GArray) states = xprops_read(display, active ? active : gdk_x11_get_default_root_xwindow(), "_NET_WM_STATE", XA_ATOM);
        full = xprops_holds(states, (long)gdk_x11_get_xatom_by_name("_NET_WM_STATE_FULLSCREEN"));
        gdk_x11_display_error_trap_pop_ignored(gdk);
        return full;
}

static gboolean expire_cb(gpointer user_data)
{
        Card *card = user_data;

        card->timer = 0;
        cards_close(card->cards, card->id, CLOSED_EXPIRED);
        return G_SOURCE_REMOVE;
}

static int expire_after(const Card *card)
{
        if (card->expire == 0 || (card->expire < 0 && card->urgency == URGENCY_CRITICAL))
                return 0;
        if (card->expire > 0)
                return MIN(card->expire, EXPIRE_MAX_MS);
        return card->urgency == URGENCY_LOW ? LOW_MS : NORMAL_MS;
}

static int list_height(Cards *cards)
{
        int height = 0;

        gtk_widget_get_preferred_height_for_width(cards->list, WIDTH, NULL, &height);
        return height;
}

/* FALSE where it would not fit into room: then it waits until another goes. room 0: it takes the place of another. */
static gboolean appear(Card *card, int room)
{
        int after = expire_after(card);

        gtk_container_add(GTK_CONTAINER(card->cards->list), card->widget);
        gtk_widget_show_all(card->widget);
        if (room > 0 && list_height(card->cards) > room) {
                gtk_container_remove(GTK_CONTAINER(card->cards->list), card->widget);
                return FALSE;
        }
        if (after > 0 && !card->timer)
                card->timer = g_timeout_add((guint)after, expire_cb, card);
        return TRUE;
}

/* Those that show make room for a film, and come back after it. */
static void step_aside(Cards *cards)
{
        for (guint i = 0; i < cards->cards->len; i++) {
                Card *card = cards->cards->pdata[i];
                if (card->urgency == URGENCY_CRITICAL || !gtk_widget_get_parent(card->widget))
                        continue;
                g_clear_handle_id(&card->timer, g_source_remove);
                gtk_container_remove(GTK_CONTAINER(cards->list), card->widget);
        }
}

/* The newest that there is room for; what waits appears once it may. */
static gboolean place_cb(gpointer user_data)
{
        Cards *cards = user_data;
        gboolean full = screen_is_full(cards), wait = cards->quiet || full;
        GdkRectangle area;
        guint shown = 0;

        cards->place = 0;
        if (full)
                step_aside(cards);
        GdkMonitor *monitor = gdk_display_get_primary_monitor(gdk_display_get_default());
        gdk_monitor_get_workarea(monitor ? monitor : gdk_display_get_monitor(gdk_display_get_default(), 0), &area);
        for (guint i = 0; i < cards->cards->len; i++)
                shown += gtk_widget_get_parent(((Card *)cards->cards->pdata[i])->widget) != NULL;
        for (guint i = 0; i < cards->cards->len; i++) {
                Card *card = cards->cards->pdata[i];
                if (gtk_widget_get_parent(card->widget) || (wait && card->urgency != URGENCY_CRITICAL) || shown >= CARDS_SHOWN_MAX)
                        continue;
                if (!appear(card, area.height - 2 * ASIDE_EDGE))
                        break;
                shown++;
        }
        if (shown == 0) {
                gtk_widget_hide(cards->window);
                return G_SOURCE_REMOVE;
        }
        gtk_window_resize(GTK_WINDOW(cards->window), WIDTH, MAX(1, list_height(cards)));
        gtk_window_move(GTK_WINDOW(cards->window), area.x + area.width - WIDTH - ASIDE_EDGE, area.y + ASIDE_EDGE);
        gtk_widget_show(cards->window);
        gdk_window_raise(gtk_widget_get_window(cards->window));
        return G_SOURCE_REMOVE;
}

/* A storm of them is placed once. */
static void place(Cards *cards)
{
        if (!cards->place)
                cards->place = g_idle_add(place_cb, cards);
}

gboolean cards_has(Cards *cards, guint32 id)
{
        return find(cards, id, NULL) != NULL;
}

gboolean cards_close(Cards *cards, guint32 id, CloseReason reason)
{
        guint at;

        if (!find(cards, id, &at))
                return FALSE;
        g_ptr_array_remove_index(cards->cards, at);
        place(cards);
        cards->handler.closed(id, reason, cards->user_data);
        return TRUE;
}

static void away_cb(GtkButton *button, gpointer user_data)
{
        Card *card = user_data;

        cards_close(card->cards, card->id, CLOSED_BY_PERSON);
}

static void choose(Card *card, const char *action)
{
        Cards *cards = card->cards;
        guint32 id = card->id;
        gboolean resident = card->resident;
        g_autofree char *key = g_strdup(action);

        cards->handler.chosen(id, key, gtk_get_current_event_time(), cards->user_data);
        if (!resident)
                cards_close(cards, id, CLOSED_BY_PERSON);
}

static void action_cb(GtkButton *button, gpointer user_data)
{
        choose(user_data, g_object_get_data(G_OBJECT(button), "key"));
}

static gboolean pressed_cb(GtkWidget *widget, GdkEventButton *event, gpointer user_data)
{
        Card *card = user_data;

        if (event->button == GDK_BUTTON_PRIMARY && g_object_get_data(G_OBJECT(widget), "default"))
                choose(card, "default");
        else if (event->button == GDK_BUTTON_MIDDLE)
                cards_close(card->cards, card->id, CLOSED_BY_PERSON);
        else
                return FALSE;
        return TRUE;
}

static GtkWidget *action_buttons(Card *card, const char *const *actions)
{
        GtkWidget *box = ui_box(GTK_ORIENTATION_HORIZONTAL, 8, NULL);
        guint made = 0;

        for (guint i = 0; actions && actions[i] && actions[i + 1] && made < CARD_ACTIONS_MAX; i += 2) {
                g_autofree char *label = text_plain(actions[i + 1], LABEL_MAX);
                if (strcmp(actions[i], "default") == 0 || strlen(actions[i]) > KEY_MAX)
                        continue;
                GtkWidget *button = ui_button(*label ? label : "…", NULL, G_CALLBACK(action_cb), card);
                g_object_set_data_full(G_OBJECT(button), "key", g_strdup(actions[i]), g_free);
                gtk_container_add(GTK_CONTAINER(box), button);
                made++;
        }
        if (made > 0)
                return box;
        g_object_ref_sink(box);
        g_object_unref(box);
        return NULL;
}

/* Breaks into lines, and ends in an ellipsis where there are more. */
static void wrap(GtkWidget *label, int lines)
{
        ui_label_wrap(label, CHARACTERS);
        gtk_label_set_lines(GTK_LABEL(label), lines);
        gtk_label_set_ellipsize(GTK_LABEL(label), PANGO_ELLIPSIZE_END);
}

static GtkWidget *text_of(const CardContent *content)
{
        GtkWidget *box = ui_box(GTK_ORIENTATION_VERTICAL, 2, NULL);
        g_autofree char *summary = text_plain(content->summary, SUMMARY_MAX), *app = text_plain(content->app, LABEL_MAX);
        PangoAttrList *attributes;
        g_autofree char *body = markup_read(content->body ? content->body : "", &attributes);
        GtkWidget *title = ui_label(summary, "strong");

        if (*app && strcmp(app, summary) != 0)
                gtk_container_add(GTK_CONTAINER(box), ui_label(app, "soft"));
        wrap(title, SUMMARY_LINES);
        gtk_container_add(GTK_CONTAINER(box), title);
        if (*body) {
                GtkWidget *text = gtk_label_new(body);
                gtk_label_set_xalign(GTK_LABEL(text), 0);
                wrap(text, BODY_LINES);
                gtk_label_set_attributes(GTK_LABEL(text), attributes);
                gtk_container_add(GTK_CONTAINER(box), text);
        }
        pango_attr_list_unref(attributes);
        return box;
}

static gboolean has_default(const char *const *actions)
{
        for (guint i = 0; actions && actions[i] && actions[i + 1]; i += 2) {
                if (strcmp(actions[i], "default") == 0)
                        return TRUE;
        }
        return FALSE;
}

static GtkWidget *make_widget(Card *card, const CardContent *content)
{
        GtkWidget *all = gtk_event_box_new();
        GtkWidget *box = ui_box(GTK_ORIENTATION_VERTICAL, 10, content->urgency == URGENCY_CRITICAL ? "notice problem" : "notice");
        GtkWidget *row = ui_box(GTK_ORIENTATION_HORIZONTAL, 12, NULL);
        GtkWidget *away = ui_button("×", "plain", G_CALLBACK(away_cb), card);
        GtkWidget *buttons = action_buttons(card, content->actions);
        g_autofree char *name = text_plain(content->summary, SUMMARY_MAX);

        if (content->image) {
                GtkWidget *image = gtk_image_new_from_surface(content->image);
                gtk_widget_set_valign(image, GTK_ALIGN_START);
                gtk_container_add(GTK_CONTAINER(row), image);
        }
        gtk_box_pack_start(GTK_BOX(row), text_of(content), TRUE, TRUE, 0);
        gtk_widget_set_valign(away, GTK_ALIGN_START);
        atk_object_set_name(gtk_widget_get_accessible(away), "Put away");
        gtk_container_add(GTK_CONTAINER(row), away);
        gtk_container_add(GTK_CONTAINER(box), row);
        if (buttons)
                gtk_container_add(GTK_CONTAINER(box), buttons);
        gtk_container_add(GTK_CONTAINER(all), box);
        atk_object_set_role(gtk_widget_get_accessible(all), ATK_ROLE_NOTIFICATION);
        atk_object_set_name(gtk_widget_get_accessible(all), name);
        g_object_set_data(G_OBJECT(all), "default", has_default(content->actions) ? all : NULL);
        g_signal_connect(all, "button-press-event", G_CALLBACK(pressed_cb), card);
        return g_object_ref_sink(all);
}

/* Takes the place in the list of the one that it replaces. */
static void replace_widget(Card *card, GtkWidget *old)
{
        GtkWidget *parent = gtk_widget_get_parent(old);
        int position = 0;

        if (!parent)
                return;
        gtk_container_child_get(GTK_CONTAINER(parent), old, "position", &position, NULL);
        g_clear_handle_id(&card->timer, g_source_remove);
        appear(card, 0);
        gtk_box_reorder_child(GTK_BOX(parent), card->widget, position);
}

void cards_show(Cards *cards, const CardContent *content)
{
        Card *card = find(cards, content->id, NULL);
        GtkWidget *old = card ? card->widget : NULL;

        if (!card) {
                if (cards->cards->len >= CARDS_MAX)
                        cards_close(cards, ((Card *)cards->cards->pdata[0])->id, CLOSED_OTHERWISE);
                card = g_new0(Card, 1);
                card->cards = cards;
                card->id = content->id;
                g_ptr_array_add(cards->cards, card);
        }
        card->urgency = content->urgency;
        card->resident = content->resident;
        card->expire = content->expire;
        card->widget = make_widget(card, content);
        if (old) {
                replace_widget(card, old);
                gtk_widget_destroy(old);
                g_object_unref(old);
        }
        place(cards);
}

void cards_say(Cards *cards, const char *summary, const char *body)
{
        CardContent content = {.app = "Impromptu", .summary = summary, .body = body, .urgency = URGENCY_NORMAL, .expire = -1};
        g_autofree char *escaped = g_markup_escape_text(body ? body : "", -1);

        content.id = cards->own = cards->own > G_MAXUINT32 / 2 ? cards->own - 1 : G_MAXUINT32;
        content.body = escaped;
        cards_show(cards, &content);
}

gboolean cards_toggle_quiet(Cards *cards)
{
        cards->quiet = !cards->quiet;
        place(cards);
        return cards->quiet;
}

/* What is in front changes: those that wait may now come. */
static GdkFilterReturn property_filter(GdkXEvent *gdk_event, GdkEvent *event, gpointer user_data)
{
        const XEvent *x = gdk_event;
        Cards *cards = user_data;

        if (x->type != PropertyNotify || cards->cards->len == 0)
                return GDK_FILTER_CONTINUE;
        if (x->xproperty.atom == gdk_x11_get_xatom_by_name("_NET_ACTIVE_WINDOW") ||
            (x->xproperty.window == cards->watched && x->xproperty.atom == gdk_x11_get_xatom_by_name("_NET_WM_STATE")))
                place(cards);
        return GDK_FILTER_CONTINUE;
}

Cards *cards_new(const CardHandler *handler, gpointer user_data)
{
        Cards *cards = g_new0(Cards, 1);
        GdkWindow *root = gdk_get_default_root_window();

        cards->handler = *handler;
        cards->user_data = user_data;
        cards->cards = g_ptr_array_new_with_free_func(card_free);
        cards->window = gtk_window_new(GTK_WINDOW_POPUP);
        gtk_window_set_title(GTK_WINDOW(cards->window), "Notifications");
        gtk_window_set_type_hint(GTK_WINDOW(cards->window), GDK_WINDOW_TYPE_HINT_NOTIFICATION);
        cards->list = ui_box(GTK_ORIENTATION_VERTICAL, 0, NULL);
        gtk_widget_set_size_request(cards->list, WIDTH, -1);
        gtk_container_add(GTK_CONTAINER(cards->window), cards->list);
        gtk_widget_show(cards->list);
        ui_ground(cards->window);
        gdk_window_set_events(root, gdk_window_get_events(root) | GDK_PROPERTY_CHANGE_MASK);
        gdk_window_add_filter(NULL, property_filter, cards); /* also of windows that are not ours */
        return cards;
}

void cards_free(Cards *cards)
{
        gdk_window_remove_filter(NULL, property_filter, cards);
        g_clear_handle_id(&cards->place, g_source_remove);
        g_ptr_array_unref(cards->cards);
        gtk_widget_destroy(cards->window);
        g_free(cards);
}
