#include "menu.h"

#include <X11/keysym.h>

#include "client.h"
#include "desktops.h"
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

static gboolean is_app(const Client *c)
{
        return c->evidence != NULL;
}

static gboolean can_grow(const Client *c)
{
        return client_can(c, FUNCTION_MAXIMISE) && !client_maximised(c);
}

static gboolean can_move(const Client *c)
{
        return client_can(c, FUNCTION_MOVE) && !client_maximised(c) && !c->fullscreen;
}

static gboolean can_resize(const Client *c)
{
        return client_can(c, FUNCTION_RESIZE) && !client_maximised(c) && !c->fullscreen;
}

static gboolean can_tile(const Client *c)
{
        return client_can(c, FUNCTION_RESIZE) && client_can(c, FUNCTION_MOVE) && !c->fullscreen;
}

static gboolean can_minimise(const Client *c)
{
        return client_can(c, FUNCTION_MINIMISE);
}

static gboolean can_close(const Client *c)
{
        return client_can(c, FUNCTION_CLOSE);
}

static gboolean is_app_window(const Client *c)
{
        return c->role == WM_ROLE_APP;
}

/* It is known not to answer, or cannot be asked whether it does. */
static gboolean may_be_silent(const Client *c)
{
        return c->role == 0 && (c->silent || !c->pings);
}

static gboolean is_not_above(const Client *c)
{
        return !c->above;
}

static gboolean is_above(const Client *c)
{
        return c->above;
}

static gboolean is_sticky(const Client *c)
{
        return c->sticky;
}

static gboolean is_not_sticky(const Client *c)
{
        return !c->sticky;
}

static gboolean is_maximised(const Client *c)
{
        return client_maximised(c);
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

static void act_left(Wm *wm, Client *c, guint32 time)
{
        state_tile(wm, c, TILE_LEFT);
}

static void act_right(Wm *wm, Client *c, guint32 time)
{
        state_tile(wm, c, TILE_RIGHT);
}

static void act_above(Wm *wm, Client *c, guint32 time)
{
        state_above(wm, c, !c->above);
}

static void act_sticky(Wm *wm, Client *c, guint32 time)
{
        desktops_send(wm, c, c->sticky ? wm->desktop : WM_ALL_DESKTOPS);
}

static void act_next_desktop(Wm *wm, Client *c, guint32 time)
{
        desktops_send(wm, c, desktops_beside(wm, 1, 0));
}

static void act_close(Wm *wm, Client *c, guint32 time)
{
        state_close(wm, c);
}

static void act_end(Wm *wm, Client *c, guint32 time)
{
        state_end(wm, c);
}

static const Item items[] = {
        { "Fix this", "Super+F", "Ctrl+Alt+F", XK_f, is_app, act_fix },
        { "What was checked", "W", "W", XK_w, is_app, act_evidence },
        { "Maximise", "Super+↑", "Ctrl+Alt+↑", XK_x, can_grow, act_maximise },
        { "As it was", "Super+↓", "Ctrl+Alt+↓", XK_x, is_maximised, act_maximise },
        { "Minimise", "N", "N", XK_n, can_minimise, act_minimise },
        { "Move", "M", "M", XK_m, can_move, act_move },
        { "Resize", "R", "R", XK_r, can_resize, act_resize },
        { "Left half", "Super+←", "Ctrl+Alt+←", XK_Left, can_tile, act_left },
        { "Right half", "Super+→", "Ctrl+Alt+→", XK_Right, can_tile, act_right },
        { "Keep on top", "T", "T", XK_t, is_not_above, act_above },
        { "Not on top", "T", "T", XK_t, is_above, act_above },
        { "On all desktops", "A", "A", XK_a, is_not_sticky, act_sticky },
        { "On this desktop", "A", "A", XK_a, is_sticky, act_sticky },
        { "To the next desktop", "D", "D", XK_d, is_not_sticky, act_next_desktop },
        { "Close", "Alt+F4", "Ctrl+Alt+F4", XK_c, can_close, act_close },
        { "End the page", "E", "E", XK_e, is_app_window, act_end },
        { "End the program", "E", "E", XK_e, may_be_silent, act_end },
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

/* As near to x, y as what is free allows. */
static Box place(Wm *wm, const Client *c, int x, int y)
{
        Box point = { x, y, 1, 1 }, work = wm->work_areas[box_monitor(point, wm->monitors, wm->n_monitors)];
        int w = WIDTH * wm->scale, h = (2 * BORDER + count(c) * ROW) * wm->scale;
        Box box = { x, y, w, h };

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
        Client *c = wm->focused;

        /* Under the title. */
        menu_start_at(wm, c, c ? c->box.x : 0, c ? c->box.y : 0, time);
}

void menu_start_at(Wm *wm, Client *c, int x, int y, guint32 time)
{
        Menu *menu = wm->menu;
        XSetWindowAttributes a = { .override_redirect = True };

        if (!c || menu->client || c->type == TYPE_DESKTOP || c->type == TYPE_DOCK || !client_visible(c) ||
            XGrabKeyboard(wm->display, wm->root, False, GrabModeAsync, GrabModeSync, time) != GrabSuccess) {
                XUngrabKeyboard(wm->display, time);
                return;
        }
        XGrabPointer(wm->display, wm->root, False, ButtonPressMask | PointerMotionMask, GrabModeAsync, GrabModeAsync, None, None, time);
        menu->client = c;
        menu->selected = 0;
        menu->box = place(wm, c, x, y);
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

static int row_at(Wm *wm, int y_root)
{
        return ((y_root - wm->menu->box.y) / wm->scale - BORDER) / ROW;
}

void menu_motion(Wm *wm, const XMotionEvent *e)
{
        Menu *menu = wm->menu;
        int row = row_at(wm, e->y_root);

        if (!box_contains(menu->box, e->x_root, e->y_root) || row == menu->selected || !item_at(menu->client, row))
                return;
        menu->selected = row;
        draw(wm);
}

gboolean menu_pressed(Wm *wm, const XButtonEvent *e)
{
        Menu *menu = wm->menu;

        if (!menu_on(wm))
                return FALSE;
        if (box_contains(menu->box, e->x_root, e->y_root))
                choose(wm, row_at(wm, e->y_root), (guint32)e->time);
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
