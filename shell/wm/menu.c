#include "menu.h"

#include <X11/keysym.h>

#include "client.h"
#include "focus.h"
#include "moveresize.h"
#include "paint.h"
#include "state.h"

/* In the look's pixels. */
#define WIDTH 280
#define ROW 32
#define BORDER 2
#define PAD 14
#define KEY_WIDTH 96

typedef struct {
        const char *label, *key, *nested_key;
        KeySym letter;
        gboolean (*fits)(const Client *c);
        void (*act)(Wm *wm, Client *c, guint32 time);
} Item;

struct Menu {
        Window window;
        Client *client; /* NULL: it is off */
        int selected;
        Box box;        /* on the screen */
};

static void tell(Wm *wm, WmEventType type, const Client *c)
{
        WmEvent event = { .type = type, .xid = c->window };

        core_emit(wm, &event);
}

static gboolean any(const Client *c)
{
        return TRUE;
}

static gboolean is_app(const Client *c)
{
        return c->evidence != NULL;
}

static gboolean can_grow(const Client *c)
{
        return client_resizable(c) && !(c->maximised_h && c->maximised_v);
}

static gboolean is_maximised(const Client *c)
{
        return c->maximised_h && c->maximised_v;
}

static void act_fix(Wm *wm, Client *c, guint32 time)
{
        tell(wm, WM_EVENT_FIX_KEY, c);
}

static void act_evidence(Wm *wm, Client *c, guint32 time)
{
        tell(wm, WM_EVENT_EVIDENCE, c);
}

static void act_maximise(Wm *wm, Client *c, guint32 time)
{
        state_toggle_maximised(wm, c);
}

static void act_minimise(Wm *wm, Client *c, guint32 time)
{
        state_minimise(wm, c);
}

static void act_move(Wm *wm, Client *c, guint32 time)
{
        drag_by_keys(wm, c, EDGE_NONE, time);
}

static void act_resize(Wm *wm, Client *c, guint32 time)
{
        drag_by_keys(wm, c, EDGE_RIGHT | EDGE_BOTTOM, time);
}

static void act_close(Wm *wm, Client *c, guint32 time)
{
        state_close(wm, c);
}

static const Item items[] = {
        { "Fix this", "Super+F", "Ctrl+Alt+F", XK_f, is_app, act_fix },
        { "What was checked", "W", "W", XK_w, is_app, act_evidence },
        { "Maximise", "Super+↑", "Ctrl+Alt+↑", XK_x, can_grow, act_maximise },
        { "As it was", "Super+↓", "Ctrl+Alt+↓", XK_x, is_maximised, act_maximise },
        { "Minimise", "N", "N", XK_n, any, act_minimise },
        { "Move", "M", "M", XK_m, can_grow, act_move },
        { "Resize", "R", "R", XK_r, can_grow, act_resize },
        { "Close", "Alt+F4", "Ctrl+Alt+F4", XK_c, any, act_close },
};

void menu_init(Wm *wm)
{
        wm->menu = g_new0(Menu, 1);
}

gboolean menu_on(const Wm *wm)
{
        return wm->menu->client != NULL;
}

/* The nth item that fits the window, or NULL. */
static const Item *item_at(const Client *c, int n)
{
        for (gsize i = 0; i < G_N_ELEMENTS(items); i++)
                if (items[i].fits(c) && n-- == 0)
                        return &items[i];
        return NULL;
}

static int count(const Client *c)
{
        int n = 0;

        while (item_at(c, n))
                n++;
        return n;
}

static void draw(Wm *wm)
{
        Menu *menu = wm->menu;
        int width = menu->box.w / wm->scale, height = menu->box.h / wm->scale;
        cairo_t *cr = paint_begin(wm, menu->window, menu->box.w, menu->box.h);

        cairo_push_group(cr);
        paint_fill(cr, (Box){ 0, 0, width, height }, paint_tokens->sheet);
        paint_outline(cr, (Box){ 0, 0, width, height }, paint_tokens->ink, BORDER);
        for (int i = 0; item_at(menu->client, i); i++) {
                const Item *item = item_at(menu->client, i);
                Box row = { BORDER, BORDER + i * ROW, width - 2 * BORDER, ROW };
                Box label = { row.x + PAD, row.y, row.w - 2 * PAD - KEY_WIDTH, ROW };
                Box key = { row.x + row.w - PAD - KEY_WIDTH, row.y, KEY_WIDTH, ROW };
                gboolean chosen = i == menu->selected;
                if (chosen)
                        paint_fill(cr, row, paint_tokens->ink);
                paint_text(wm->painter, cr, FONT_TITLE, item->label, label, chosen ? paint_tokens->paper : paint_tokens->ink);
                paint_text(wm->painter, cr, FONT_MONO, wm->config.nested_keys ? item->nested_key : item->key, key,
                           chosen ? paint_tokens->soft_on_ink : paint_tokens->soft);
        }
        cairo_pop_group_to_source(cr);
        cairo_paint(cr);
        paint_end(cr);
        XFlush(wm->display);
}

/* Under the title, inside of what is free. */
static Box place(Wm *wm, const Client *c)
{
        Box work = wm->work_areas[client_monitor(wm, c)];
        int w = WIDTH * wm->scale, h = (2 * BORDER + count(c) * ROW) * wm->scale;
        Box box = { c->box.x, c->box.y, w, h };

        box.x = MAX(work.x, MIN(box.x, work.x + work.w - w));
        box.y = MAX(work.y, MIN(box.y, work.y + work.h - h));
        return box;
}

static void hide(Wm *wm, guint32 time)
{
        wm->menu->client = NULL;
        XUnmapWindow(wm->display, wm->menu->window);
        XUngrabPointer(wm->display, time);
}

/* Keys that were typed meanwhile are for the window that has the focus by then. */
static void let_keys_go(Wm *wm, guint32 time)
{
        focus_apply(wm);
        XUngrabKeyboard(wm->display, time);
}

static void stop(Wm *wm, guint32 time)
{
        hide(wm, time);
        let_keys_go(wm, time);
}

void menu_start(Wm *wm, guint32 time)
{
        Menu *menu = wm->menu;
        Client *c = wm->focused;
        XSetWindowAttributes a = { .override_redirect = True };

        if (!c || !client_decorated(c) || c->fullscreen ||
            XGrabKeyboard(wm->display, wm->root, False, GrabModeAsync, GrabModeSync, time) != GrabSuccess) {
                XUngrabKeyboard(wm->display, time);
                return;
        }
        XGrabPointer(wm->display, wm->root, False, ButtonPressMask, GrabModeAsync, GrabModeAsync, None, None, time);
        menu->client = c;
        menu->selected = 0;
        menu->box = place(wm, c);
        if (!menu->window)
                menu->window = XCreateWindow(wm->display, wm->root, 0, 0, 1, 1, 0, CopyFromParent, InputOutput, CopyFromParent,
                                             CWOverrideRedirect, &a);
        XMoveResizeWindow(wm->display, menu->window, menu->box.x, menu->box.y, (unsigned)menu->box.w, (unsigned)menu->box.h);
        XSetWindowBackground(wm->display, menu->window, paint_tokens->sheet);
        XMapRaised(wm->display, menu->window);
        draw(wm);
        XAllowEvents(wm->display, SyncKeyboard, CurrentTime);
}

/* The menu goes first, since moving takes the pointer; the keyboard is kept until then, for the keys that move. */
static void choose(Wm *wm, int n, guint32 time)
{
        Client *c = wm->menu->client;
        const Item *item = item_at(c, n);

        hide(wm, time);
        focus_user_acted(wm, c, time);
        if (item)
                item->act(wm, c, time);
        if (!drag_on(wm))
                let_keys_go(wm, time);
}

static void letter(Wm *wm, KeySym key, guint32 time)
{
        for (int i = 0; item_at(wm->menu->client, i); i++)
                if (item_at(wm->menu->client, i)->letter == key) {
                        choose(wm, i, time);
                        return;
                }
        XAllowEvents(wm->display, SyncKeyboard, CurrentTime);
}

void menu_key(Wm *wm, const XKeyEvent *e)
{
        Menu *menu = wm->menu;
        KeySym key = NoSymbol;
        char ignored[8];
        int n = count(menu->client);

        if (e->type == KeyRelease) {
                XAllowEvents(wm->display, SyncKeyboard, CurrentTime);
                return;
        }
        XLookupString((XKeyEvent *)e, ignored, sizeof ignored, &key, NULL);
        switch (key) {
        case XK_Escape:
                stop(wm, (guint32)e->time);
                return;
        case XK_Return:
        case XK_KP_Enter:
        case XK_space:
                choose(wm, menu->selected, (guint32)e->time);
                return;
        case XK_Down:
        case XK_Tab:
                menu->selected = (menu->selected + 1) % n;
                break;
        case XK_Up:
        case XK_ISO_Left_Tab:
                menu->selected = (menu->selected + n - 1) % n;
                break;
        default:
                letter(wm, key, (guint32)e->time);
                return;
        }
        draw(wm);
        XAllowEvents(wm->display, SyncKeyboard, CurrentTime);
}

gboolean menu_pressed(Wm *wm, const XButtonEvent *e)
{
        Menu *menu = wm->menu;

        if (!menu_on(wm))
                return FALSE;
        if (box_contains(menu->box, e->x_root, e->y_root))
                choose(wm, ((e->y_root - menu->box.y) / wm->scale - BORDER) / ROW, (guint32)e->time);
        else
                stop(wm, (guint32)e->time);
        return TRUE;
}

void menu_client_gone(Wm *wm, Client *c)
{
        if (wm->menu->client == c)
                stop(wm, wm->time);
}

void menu_free(Wm *wm)
{
        if (menu_on(wm))
                stop(wm, wm->time);
        if (wm->menu->window)
                XDestroyWindow(wm->display, wm->menu->window);
        g_clear_pointer(&wm->menu, g_free);
}
