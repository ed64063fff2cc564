#include "switcher.h"

#include <X11/extensions/Xdamage.h>
#include <X11/keysym.h>
#include <string.h>

#include "client.h"
#include "focus.h"
#include "icon.h"
#include "keys.h"
#include "paint.h"
#include "stack.h"
#include "state.h"
#include "thumb.h"

/* In the look's pixels. */
#define MARGIN 24
#define TILE_W 226
#define TILE_W_MAX 640    /* in the overview */
#define TILE_GAP 16
#define PICTURE_INSET 10
#define PICTURE_H 130
#define LABEL_H 49        /* of a tile: its picture's height and this */
#define LABEL_GAP 10      /* from the picture to the glyph */
#define HINT_H 55
#define WIDTH_MIN 480
#define SCREEN_MARGIN 40
#define TYPED_MAX 64      /* bytes of what was typed to narrow */
#define FRAME_MS 33       /* pictures are drawn at most that often */

struct Switcher {
        Window window;
        Pixmap buffer;
        gboolean on;
        GPtrArray *all, *shown; /* Client; shown are those that match what was typed */
        guint selected;
        GString *typed;
        Box box;                /* on the screen */
        SwitcherKind kind;
        int columns, rows, first_row;
        int tile_w, picture_h;  /* in the look's pixels */
        guint32 time;
        GSource *redraw;        /* waits after damage */
};

void switcher_init(Wm *wm)
{
        wm->switcher = g_new0(Switcher, 1);
        wm->switcher->all = g_ptr_array_new();
        wm->switcher->shown = g_ptr_array_new();
        wm->switcher->typed = g_string_new(NULL);
}

gboolean switcher_on(const Wm *wm)
{
        return wm->switcher->on;
}

static int tile_h(const Switcher *s)
{
        return s->picture_h + LABEL_H;
}

static int fitting(int room, int size)
{
        return MAX(1, (room + TILE_GAP) / (size + TILE_GAP));
}

/* The tiles as large as all of them fit into the room at the shape of the monitor. */
static void size_overview(Switcher *s, int n, int w, int h)
{
        s->columns = 1;
        s->tile_w = 0;
        for (int columns = 1; columns <= n; columns++) {
                int rows = (n + columns - 1) / columns;
                int by_width = (w + TILE_GAP) / columns - TILE_GAP, picture = (h + TILE_GAP) / rows - TILE_GAP - LABEL_H;
                int size = MIN(MIN(by_width, picture * w / MAX(1, h)), TILE_W_MAX);
                if (size > s->tile_w) {
                        s->tile_w = size;
                        s->columns = columns;
                }
        }
        s->picture_h = s->tile_w * h / MAX(1, w);
        /* More windows than can be seen at once: they scroll, as in the switcher. */
        if (s->tile_w >= TILE_W)
                return;
        s->tile_w = TILE_W;
        s->picture_h = PICTURE_H;
        s->columns = MIN(n, fitting(w, TILE_W));
}

static void lay_out(Wm *wm)
{
        Switcher *s = wm->switcher;
        gsize m = wm->focused ? client_monitor(wm, wm->focused) : 0;
        Box area = wm->work_areas[m];
        /* As large as all windows need: it must not jump about while one types. */
        int n = MAX(1, (int)s->all->len), room_w = area.w / wm->scale - 2 * SCREEN_MARGIN - 2 * MARGIN;
        int room_h = area.h / wm->scale - 2 * SCREEN_MARGIN - MARGIN - HINT_H;

        s->tile_w = TILE_W;
        s->picture_h = PICTURE_H;
        s->columns = MIN(n, fitting(room_w, TILE_W));
        if (s->kind == SWITCHER_OVERVIEW)
                size_overview(s, n, room_w, room_h);
        int lines = MAX(1, (n + s->columns - 1) / s->columns), at = (int)s->selected / s->columns;
        s->rows = MIN(lines, fitting(room_h, tile_h(s)));
        s->first_row = CLAMP(s->first_row, MAX(0, at - s->rows + 1), at);
        int w = MAX(WIDTH_MIN, 2 * MARGIN + s->columns * (s->tile_w + TILE_GAP) - TILE_GAP);
        int h = MARGIN + s->rows * (tile_h(s) + TILE_GAP) - TILE_GAP + HINT_H;
        s->box = box_centred(area, w * wm->scale, h * wm->scale);
}

static Box tile_place(const Switcher *s, guint index)
{
        int row = (int)index / s->columns - s->first_row, column = (int)index % s->columns;

        return (Box){ MARGIN + column * (s->tile_w + TILE_GAP), MARGIN + row * (tile_h(s) + TILE_GAP), s->tile_w, tile_h(s) };
}

static void draw_tile(Wm *wm, cairo_t *cr, guint index)
{
        Switcher *s = wm->switcher;
        Client *c = g_ptr_array_index(s->shown, index);
        Box tile = tile_place(s, index);
        gboolean selected = index == s->selected;
        Box picture = { tile.x + PICTURE_INSET, tile.y + PICTURE_INSET, tile.w - 2 * PICTURE_INSET, s->picture_h };

        if (selected)
                paint_fill(cr, tile, paint_tokens->ink);
        paint_fill(cr, picture, paint_tokens->shade);
        paint_outline(cr, picture, paint_tokens->rule, 1);
        int label_y = picture.y + picture.h + LABEL_GAP;
        icon_draw(wm, cr, picture.x, label_y, c);
        int text_x = picture.x + PAINT_TILE + 8;
        Box text = { text_x, label_y, picture.x + picture.w - text_x, PAINT_TILE };
        paint_text(wm->painter, cr, FONT_TITLE, client_title(c), text, selected ? paint_tokens->paper : paint_tokens->ink);
}

/* After Cairo has drawn the ground: the server scales the picture into its place, or the glyph stands there if there is none. */
static void draw_picture(Wm *wm, guint index)
{
        Switcher *s = wm->switcher;
        Client *c = g_ptr_array_index(s->shown, index);
        Box tile = tile_place(s, index);
        int k = wm->scale;
        Box inside = { (tile.x + PICTURE_INSET + 1) * k, (tile.y + PICTURE_INSET + 1) * k, (tile.w - 2 * PICTURE_INSET - 2) * k,
                       (s->picture_h - 2) * k };

        if (thumb_draw(wm, c, s->buffer, inside))
                return;
        cairo_t *cr = paint_begin(wm, s->buffer, s->box.w, s->box.h);
        cairo_translate(cr, tile.x + tile.w / 2 - PAINT_TILE, tile.y + PICTURE_INSET + s->picture_h / 2 - PAINT_TILE);
        cairo_scale(cr, 2, 2);
        icon_draw(wm, cr, 0, 0, c);
        paint_end(cr);
}

static void draw_hint(Wm *wm, cairo_t *cr, int width, int height)
{
        Switcher *s = wm->switcher;
        Box line = { MARGIN, height - HINT_H + 12, width - 2 * MARGIN, 20 };

        if (s->typed->len == 0) {
                const char *held = wm->config.nested_keys ? "Ctrl+Alt+Tab next · with Shift back · type to find · Esc stay"
                                                          : "Alt+Tab next · Alt+Shift+Tab back · type to find · Esc stay";
                const char *hint = s->kind == SWITCHER_OVERVIEW ? "type to find · Return or a click goes there · Esc stay" : held;
                paint_text(wm->painter, cr, FONT_MONO, hint, line, paint_tokens->soft);
                return;
        }
        g_autofree char *text = s->shown->len ? g_strdup(s->typed->str) : g_strdup_printf("%s  no window is called that", s->typed->str);
        int end = line.x + paint_text_width(wm->painter, FONT_MONO, s->typed->str);
        paint_text(wm->painter, cr, FONT_MONO, text, line, paint_tokens->ink);
        paint_fill(cr, (Box){ end + 2, line.y + 2, 2, 16 }, paint_tokens->accent);
}

static void show_buffer(Wm *wm)
{
        Switcher *s = wm->switcher;

        XSetWindowBackgroundPixmap(wm->display, s->window, s->buffer);
        XClearWindow(wm->display, s->window);
        XFlush(wm->display);
}

void switcher_draw(Wm *wm)
{
        Switcher *s = wm->switcher;
        Box old = s->box;

        if (!s->on)
                return;
        lay_out(wm);
        if (!s->buffer || old.w != s->box.w || old.h != s->box.h) {
                if (s->buffer)
                        XFreePixmap(wm->display, s->buffer);
                s->buffer = XCreatePixmap(wm->display, wm->root, (unsigned)s->box.w, (unsigned)s->box.h,
                                          (unsigned)DefaultDepth(wm->display, wm->screen));
        }
        XMoveResizeWindow(wm->display, s->window, s->box.x, s->box.y, (unsigned)s->box.w, (unsigned)s->box.h);
        int width = s->box.w / wm->scale, height = s->box.h / wm->scale;
        guint from = (guint)(s->first_row * s->columns), to = MIN(s->shown->len, from + (guint)(s->rows * s->columns));
        cairo_t *cr = paint_begin(wm, s->buffer, s->box.w, s->box.h);
        paint_fill(cr, (Box){ 0, 0, width, height }, paint_tokens->sheet);
        paint_outline(cr, (Box){ 0, 0, width, height }, paint_tokens->ink, 2);
        for (guint i = from; i < to; i++)
                draw_tile(wm, cr, i);
        draw_hint(wm, cr, width, height);
        paint_end(cr);
        for (guint i = from; i < to; i++)
                draw_picture(wm, i);
        show_buffer(wm);
}

static void watch(Wm *wm, gboolean on)
{
        Switcher *s = wm->switcher;

        if (!wm->has_damage)
                return;
        for (guint i = 0; i < s->all->len; i++) {
                Client *c = g_ptr_array_index(s->all, i);
                if (on && client_visible(c) && !c->damage)
                        c->damage = XDamageCreate(wm->display, c->frame, XDamageReportNonEmpty);
                if (!on && c->damage) {
                        XDamageDestroy(wm->display, c->damage);
                        c->damage = None;
                }
        }
}

static gboolean redraw_cb(gpointer data)
{
        Wm *wm = *(Wm **)data;
        Switcher *s = wm->switcher;

        s->redraw = NULL;
        for (guint i = 0; s->on && i < s->all->len; i++) {
                Client *c = g_ptr_array_index(s->all, i);
                if (c->damage)
                        XDamageSubtract(wm->display, c->damage, None, None);
        }
        switcher_draw(wm);
        return G_SOURCE_REMOVE;
}

void switcher_damaged(Wm *wm)
{
        Wm **data;

        if (!wm->switcher->on || wm->switcher->redraw)
                return;
        data = g_new(Wm *, 1);
        *data = wm;
        wm->switcher->redraw = core_later(wm, FRAME_MS, redraw_cb, data);
}

static gboolean belongs(const Wm *wm, const Client *c)
{
        if (!client_listed(c) || (!c->sticky && c->desktop != wm->desktop))
                return FALSE;
        return wm->switcher->kind != SWITCHER_APP || !wm->focused || g_strcmp0(c->class_name, wm->focused->class_name) == 0;
}

static void collect(Wm *wm)
{
        Switcher *s = wm->switcher;

        g_ptr_array_set_size(s->all, 0);
        for (int minimised = 0; minimised <= 1; minimised++)
                for (GList *l = wm->recent; l; l = l->next) {
                        Client *c = l->data;
                        if (c->minimised == minimised && belongs(wm, c))
                                g_ptr_array_add(s->all, c);
                }
}

static void narrow(Wm *wm)
{
        Switcher *s = wm->switcher;
        g_autofree char *wanted = g_utf8_casefold(s->typed->str, -1);

        g_ptr_array_set_size(s->shown, 0);
        for (guint i = 0; i < s->all->len; i++) {
                Client *c = g_ptr_array_index(s->all, i);
                g_autofree char *title = g_utf8_casefold(client_title(c), -1);
                g_autofree char *class_name = g_utf8_casefold(c->class_name ? c->class_name : "", -1);
                if (strstr(title, wanted) || strstr(class_name, wanted))
                        g_ptr_array_add(s->shown, c);
        }
        s->selected = MIN(s->selected, s->shown->len ? s->shown->len - 1 : 0);
}

static void stop(Wm *wm)
{
        Switcher *s = wm->switcher;

        if (!s->on)
                return;
        s->on = FALSE;
        watch(wm, FALSE);
        for (guint i = 0; i < s->all->len; i++) {
                Client *c = g_ptr_array_index(s->all, i);
                if (client_visible(c))
                        client_drop_picture(wm, c);
        }
        XUnmapWindow(wm->display, s->window);
        if (s->buffer)
                XFreePixmap(wm->display, s->buffer);
        s->buffer = None;
}

/* Keys typed from now on are for the window that was chosen: it has the focus before the keyboard thaws. */
static void finish(Wm *wm, Client *chosen, guint32 time)
{
        stop(wm);
        if (chosen) {
                focus_user_acted(wm, chosen, time);
                state_activate(wm, chosen);
                stack_apply(wm);
                focus_apply(wm);
        }
        XUngrabKeyboard(wm->display, time);
}

static Client *selected(Switcher *s)
{
        return s->shown->len ? g_ptr_array_index(s->shown, s->selected) : NULL;
}

void switcher_start(Wm *wm, SwitcherKind kind, gboolean backwards, guint32 time)
{
        Switcher *s = wm->switcher;
        XSetWindowAttributes a = { .override_redirect = True, .event_mask = ButtonPressMask, .background_pixel = paint_tokens->sheet };

        s->kind = kind;
        collect(wm);
        if (s->all->len == 0 || XGrabKeyboard(wm->display, wm->root, False, GrabModeAsync, GrabModeSync, time) != GrabSuccess) {
                XUngrabKeyboard(wm->display, time);
                return;
        }
        if (!s->window)
                s->window = XCreateWindow(wm->display, wm->root, 0, 0, 1, 1, 0, CopyFromParent, InputOutput, CopyFromParent,
                                          CWOverrideRedirect | CWEventMask | CWBackPixel, &a);
        s->on = TRUE;
        s->time = time;
        s->first_row = 0;
        g_string_truncate(s->typed, 0);
        narrow(wm);
        Client *first = g_ptr_array_index(s->shown, 0);
        s->selected = backwards ? s->shown->len - 1 : kind != SWITCHER_OVERVIEW && first == wm->focused && s->shown->len > 1 ? 1 : 0;
        for (guint i = 0; i < s->all->len; i++)
                thumb_snapshot(wm, g_ptr_array_index(s->all, i));
        watch(wm, TRUE);
        switcher_draw(wm);
        XMapRaised(wm->display, s->window);
        XAllowEvents(wm->display, SyncKeyboard, CurrentTime);
}

static void step(Wm *wm, int by)
{
        Switcher *s = wm->switcher;
        guint n = s->shown->len;

        if (n)
                s->selected = (guint)(((int)s->selected + by % (int)n + (int)n) % (int)n);
}

/* Latin-1 keysyms are their characters, Unicode ones carry it in 24 bits. */
static gunichar key_char(KeySym key)
{
        if ((key >= 0x20 && key <= 0x7e) || (key >= 0xa0 && key <= 0xff))
                return (gunichar)key;
        return (key & 0xff000000) == 0x01000000 ? (gunichar)(key & 0xffffff) : 0;
}

static void type(Wm *wm, const XKeyEvent *e, KeySym key)
{
        Switcher *s = wm->switcher;
        gunichar c;

        if (key == XK_BackSpace && s->typed->len) {
                const char *last = g_utf8_prev_char(s->typed->str + s->typed->len);
                g_string_truncate(s->typed, (gsize)(last - s->typed->str));
        } else if ((c = key_char(key)) != 0 && g_unichar_validate(c) && s->typed->len < TYPED_MAX) {
                g_string_append_unichar(s->typed, c);
        }
        narrow(wm);
}

void switcher_key(Wm *wm, const XKeyEvent *e)
{
        Switcher *s = wm->switcher;
        KeySym key = NoSymbol;
        char ignored[8];

        if (e->type == KeyRelease) {
                if (s->kind != SWITCHER_OVERVIEW && keys_modifier_of(wm, e->keycode) & keys_switch_modifiers(wm))
                        finish(wm, selected(s), (guint32)e->time);
                else
                        XAllowEvents(wm->display, SyncKeyboard, CurrentTime);
                return;
        }
        XLookupString((XKeyEvent *)e, ignored, sizeof ignored, &key, NULL);
        switch (key) {
        case XK_Escape:
                finish(wm, NULL, (guint32)e->time);
                return;
        case XK_Return:
                finish(wm, selected(s), (guint32)e->time);
                return;
        case XK_Tab:
        case XK_ISO_Left_Tab:
        case XK_grave:
        case XK_asciitilde:
                step(wm, e->state & ShiftMask ? -1 : 1);
                break;
        case XK_Right:
                step(wm, 1);
                break;
        case XK_Left:
                step(wm, -1);
                break;
        case XK_Down:
                step(wm, s->columns);
                break;
        case XK_Up:
                step(wm, -s->columns);
                break;
        default:
                type(wm, e, key);
        }
        switcher_draw(wm);
        XAllowEvents(wm->display, SyncKeyboard, CurrentTime);
}

gboolean switcher_pressed(Wm *wm, const XButtonEvent *e)
{
        Switcher *s = wm->switcher;

        if (!s->on || e->window != s->window)
                return FALSE;
        for (guint i = (guint)(s->first_row * s->columns); i < s->shown->len; i++)
                if (box_contains(tile_place(s, i), e->x / wm->scale, e->y / wm->scale)) {
                        finish(wm, g_ptr_array_index(s->shown, i), (guint32)e->time);
                        return TRUE;
                }
        if (s->kind == SWITCHER_OVERVIEW)
                finish(wm, NULL, (guint32)e->time);
        return TRUE;
}

void switcher_client_gone(Wm *wm, Client *c)
{
        Switcher *s = wm->switcher;

        if (!s->on || !g_ptr_array_remove(s->all, c))
                return;
        if (c->damage)
                XDamageDestroy(wm->display, c->damage);
        c->damage = None;
        narrow(wm);
        if (s->all->len == 0)
                finish(wm, NULL, s->time);
        else
                switcher_draw(wm);
}

void switcher_free(Wm *wm)
{
        Switcher *s = wm->switcher;

        stop(wm);
        if (s->window)
                XDestroyWindow(wm->display, s->window);
        g_ptr_array_unref(s->all);
        g_ptr_array_unref(s->shown);
        g_string_free(s->typed, TRUE);
        g_clear_pointer(&wm->switcher, g_free);
}
