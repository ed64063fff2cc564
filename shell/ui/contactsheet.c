/* The tiles are kept by their drafts: when the order changes, or another page of them is shown, widgets change places, and a page that one
 * has begun to try goes on. Only the tiles of the page that shows have views. */
#include "shell/ui/contactsheet.h"

#include <gdk/gdkkeysyms.h>
#include <string.h>

#include "shell/ui/style.h"
#include "shell/ui/variants.h"

#define COLUMNS_MAX 3
#define SPACING 14
#define TILE_WIDTH_MIN 120
#define TILE_HEIGHT_MIN 56

typedef struct {
        ContactSheet *sheet;
        char *draft, *path;
        gboolean checked, failed;
        guint group;
        char *counts, *brief, *error;
        GtkWidget *box, *area, *words, *digit, *counts_label, *brief_label; /* box: a reference */
        AppView *view;
        gulong sized;
        gboolean crashed;
} Tile;

struct ContactSheet {
        ContactHandler handler;
        gpointer user_data;
        Views *views;
        char *app;
        GtkWidget *ground, *focus, *title, *info, *keys, *grid; /* ground: a reference */
        GPtrArray *tiles;   /* Tile, in the order that shows */
        GPtrArray *headings; /* labels over the groups, in the grid now */
        char *run, *order;  /* what the tiles stand for, and in which order */
        guint page, selected;
        gboolean closer;    /* the selected one alone, as large as the sheet */
        gboolean choosing;
        gint64 deaf_until;
        Tile *starting;     /* whose page is being loaded: one at a time, since others are still being checked */
        guint start_timer;
};

static void show_tiles(ContactSheet *sheet);
static void start_next(ContactSheet *sheet);

/* — a tile's picture — */

static void
started(ContactSheet *sheet)
{
        sheet->starting = NULL;
        g_clear_handle_id(&sheet->start_timer, g_source_remove);
}

static gboolean
late_cb(gpointer user_data)
{
        ContactSheet *sheet = user_data;

        sheet->start_timer = 0;
        started(sheet);
        start_next(sheet);
        return G_SOURCE_REMOVE;
}

static void
view_loaded_cb(AppView *view, gint64 at, gpointer user_data)
{
        Tile *tile = user_data;

        if (tile->sheet->starting != tile)
                return;
        started(tile->sheet);
        start_next(tile->sheet);
}

static void
view_crashed_cb(AppView *view, const char *text, gpointer user_data)
{
        Tile *tile = user_data;

        view_loaded_cb(view, 0, tile);
        tile->crashed = TRUE;
        ui_label_set(tile->words, text);
        gtk_widget_hide(app_view_widget(view));
}

/* What goes wrong in a draft that is tried here is no news: its check has been. */
static const AppViewHandler view_handler = {.loaded = view_loaded_cb, .crashed = view_crashed_cb};

static void
size_cb(GtkWidget *widget, GdkRectangle *allocation, gpointer user_data)
{
        Tile *tile = user_data;

        app_view_zoom(tile->view, CLAMP(allocation->width / (double)CONTACT_PAGE_WIDTH, CONTACT_ZOOM_MIN, 1));
}

static void
drop_view(Tile *tile)
{
        if (!tile->view)
                return;
        if (tile->sheet->starting == tile)
                started(tile->sheet);
        g_signal_handler_disconnect(app_view_widget(tile->view), tile->sized);
        gtk_container_remove(GTK_CONTAINER(tile->area), app_view_widget(tile->view));
        app_view_free(g_steal_pointer(&tile->view));
}

static void
give_view(Tile *tile)
{
        GtkWidget *widget;

        tile->sheet->starting = tile;
        tile->sheet->start_timer = g_timeout_add(CONTACT_START_MS, late_cb, tile->sheet);
        tile->view = app_view_new(tile->sheet->views, tile->sheet->app, &view_handler, tile);
        widget = app_view_widget(tile->view);
        tile->crashed = FALSE;
        tile->sized = g_signal_connect(widget, "size-allocate", G_CALLBACK(size_cb), tile);
        gtk_overlay_add_overlay(GTK_OVERLAY(tile->area), widget);
        gtk_widget_show(widget);
        app_view_load(tile->view, tile->path, FALSE);
}

static void
start_next(ContactSheet *sheet)
{
        guint from = sheet->page * CONTACT_PAGE_TILES, to = MIN(from + CONTACT_PAGE_TILES, sheet->tiles->len);

        for (guint i = from; i < to && !sheet->starting && sheet->views; i++) {
                Tile *tile = sheet->tiles->pdata[i];

                if (tile->checked && !tile->view)
                        give_view(tile);
        }
}

/* — a tile — */

static void
digit_cb(GtkButton *button, gpointer user_data)
{
        Tile *tile = user_data;

        if (tile->checked && g_get_monotonic_time() >= tile->sheet->deaf_until)
                tile->sheet->handler.keep(tile->draft, FALSE, tile->sheet->user_data);
}

static gboolean
press_cb(GtkWidget *widget, GdkEvent *event, gpointer user_data)
{
        Tile *tile = user_data;
        guint n;

        if (g_ptr_array_find(tile->sheet->tiles, tile, &n)) {
                tile->sheet->selected = n;
                show_tiles(tile->sheet);
        }
        gtk_widget_grab_focus(tile->sheet->focus);
        return TRUE;
}

static GtkWidget *
caption_new(Tile *tile)
{
        GtkWidget *pad = gtk_event_box_new();
        GtkWidget *caption = ui_box(GTK_ORIENTATION_HORIZONTAL, 10, "caption"), *lines = ui_box(GTK_ORIENTATION_VERTICAL, 1, NULL);

        tile->digit = ui_button("", "key", G_CALLBACK(digit_cb), tile);
        gtk_widget_set_focus_on_click(tile->digit, FALSE);
        tile->counts_label = ui_label("", "mono");
        tile->brief_label = ui_label("", "soft");
        gtk_widget_set_valign(tile->digit, GTK_ALIGN_START);
        gtk_container_add(GTK_CONTAINER(lines), tile->counts_label);
        gtk_container_add(GTK_CONTAINER(lines), tile->brief_label);
        gtk_box_pack_start(GTK_BOX(caption), tile->digit, FALSE, FALSE, 0);
        gtk_box_pack_start(GTK_BOX(caption), lines, TRUE, TRUE, 0);
        gtk_container_add(GTK_CONTAINER(pad), caption);
        g_signal_connect(pad, "button-press-event", G_CALLBACK(press_cb), tile);
        return pad;
}

static Tile *
tile_new(ContactSheet *sheet, const char *draft)
{
        Tile *tile = g_new0(Tile, 1);

        tile->sheet = sheet;
        tile->draft = g_strdup(draft);
        tile->path = g_strdup("");
        tile->counts = g_strdup("");
        tile->brief = g_strdup("");
        tile->error = g_strdup("");
        tile->box = g_object_ref_sink(ui_box(GTK_ORIENTATION_VERTICAL, 0, "tile"));
        tile->area = gtk_overlay_new(); /* what lies over it asks for no room: all tiles are as large as each other */
        gtk_container_add(GTK_CONTAINER(tile->area), gtk_drawing_area_new());
        gtk_widget_set_size_request(tile->area, TILE_WIDTH_MIN, TILE_HEIGHT_MIN);
        tile->words = ui_label("", "soft");
        ui_label_wrap(tile->words, 40);
        gtk_label_set_xalign(GTK_LABEL(tile->words), 0.5);
        gtk_label_set_justify(GTK_LABEL(tile->words), GTK_JUSTIFY_CENTER);
        gtk_overlay_add_overlay(GTK_OVERLAY(tile->area), tile->words);
        gtk_box_pack_start(GTK_BOX(tile->box), tile->area, TRUE, TRUE, 0);
        gtk_box_pack_start(GTK_BOX(tile->box), caption_new(tile), FALSE, FALSE, 0);
        gtk_widget_set_hexpand(tile->box, TRUE);
        gtk_widget_show_all(tile->box);
        return tile;
}

static void
tile_free(gpointer data)
{
        Tile *tile = data;
        GtkWidget *parent = gtk_widget_get_parent(tile->box);

        drop_view(tile);
        if (parent)
                gtk_container_remove(GTK_CONTAINER(parent), tile->box);
        gtk_widget_destroy(tile->box);
        g_object_unref(tile->box);
        g_free(tile->draft);
        g_free(tile->path);
        g_free(tile->counts);
        g_free(tile->brief);
        g_free(tile->error);
        g_free(tile);
}

/* "does 5 of 5 · 1 shown · 1 broken" */
static char *
counts_text(const Variant *variant)
{
        GString *text = g_string_new(NULL);

        if (variant->total > 0)
                g_string_append_printf(text, "does %u of %u", variant->passed, variant->total);
        if (variant->shown > 0)
                g_string_append_printf(text, "%s%u shown", text->len ? " · " : "", variant->shown);
        if (variant->broken > 0 || !variant->clean)
                g_string_append_printf(text, "%s%s", text->len ? " · " : "", variant->broken > 0 ? "broken" : "errors");
        if (text->len == 0)
                g_string_append(text, "nothing proven");
        return g_string_free(text, FALSE);
}

static void
tile_take(Tile *tile, const Variant *variant)
{
        gboolean checked = strcmp(variant->state, "checked") == 0;

        /* Written anew under the same name: the picture is of the one before. */
        if (tile->checked && !checked)
                drop_view(tile);
        tile->checked = checked;
        tile->failed = strcmp(variant->state, "failed") == 0;
        tile->group = variant->group;
        g_free(tile->path);
        g_free(tile->counts);
        g_free(tile->brief);
        g_free(tile->error);
        tile->path = g_strdup(variant->path);
        tile->brief = g_strdup(variant->brief);
        tile->error = g_strdup(variant->error);
        tile->counts = tile->checked ? counts_text(variant) : g_strdup(tile->failed ? "nothing came" : "writing");
}

static void
tile_show(Tile *tile, guint digit, gboolean selected)
{
        GtkStyleContext *style = gtk_widget_get_style_context(tile->box);
        g_autofree char *number = g_strdup_printf("%u", digit);
        g_autofree char *spoken = g_strdup_printf("Keep draft %u: %s. %s", digit, tile->counts, tile->brief);

        gtk_widget_set_vexpand(tile->box, !tile->failed || !tile->sheet->choosing);
        gtk_button_set_label(GTK_BUTTON(tile->digit), number);
        gtk_widget_set_sensitive(tile->digit, tile->checked);
        atk_object_set_name(gtk_widget_get_accessible(tile->digit), spoken);
        ui_label_set(tile->counts_label, tile->counts);
        ui_label_set(tile->brief_label, tile->brief);
        gtk_widget_set_tooltip_text(tile->brief_label, tile->brief);
        if (!tile->crashed)
                ui_label_set(tile->words, tile->failed ? tile->error : tile->brief);
        if (selected)
                gtk_style_context_add_class(style, "chosen");
        else
                gtk_style_context_remove_class(style, "chosen");
}

/* — the sheet — */

static guint
pages(ContactSheet *sheet)
{
        return (sheet->tiles->len + CONTACT_PAGE_TILES - 1) / CONTACT_PAGE_TILES;
}

static Tile *
selected_tile(ContactSheet *sheet)
{
        return sheet->selected < sheet->tiles->len ? sheet->tiles->pdata[sheet->selected] : NULL;
}

static guint
columns_for(guint tiles)
{
        return tiles <= 1 ? 1 : tiles <= 4 ? 2 : COLUMNS_MAX;
}

static void
clear_grid(ContactSheet *sheet)
{
        for (guint i = 0; i < sheet->headings->len; i++)
                gtk_container_remove(GTK_CONTAINER(sheet->grid), sheet->headings->pdata[i]);
        g_ptr_array_set_size(sheet->headings, 0);
        for (guint i = 0; i < sheet->tiles->len; i++) {
                Tile *tile = sheet->tiles->pdata[i];

                if (gtk_widget_get_parent(tile->box) == sheet->grid)
                        gtk_container_remove(GTK_CONTAINER(sheet->grid), tile->box);
        }
}

/* "As good as each other by what was checked: 3", where more than one group is there to be told apart. */
static void
add_heading(ContactSheet *sheet, const Tile *tile, guint row, guint columns)
{
        guint n = 0;
        g_autofree char *text = NULL;
        GtkWidget *label;

        for (guint i = 0; i < sheet->tiles->len; i++)
                n += ((Tile *)sheet->tiles->pdata[i])->group == tile->group;
        if (tile->group == 0)
                text = g_strdup("Nothing to show");
        else if (n > 1)
                text = g_strdup_printf("%s · %u as good as each other", tile->group == 1 ? "Best by what was checked" : tile->counts, n);
        else
                text = g_strdup(tile->group == 1 ? "Best by what was checked" : tile->counts);
        label = ui_label(text, "mono soft");
        gtk_grid_attach(GTK_GRID(sheet->grid), label, 0, (int)row, (int)columns, 1);
        g_ptr_array_add(sheet->headings, label);
        gtk_widget_show(label);
}

static void
fill_grid(ContactSheet *sheet)
{
        guint from = sheet->page * CONTACT_PAGE_TILES, to = MIN(from + CONTACT_PAGE_TILES, sheet->tiles->len);
        guint columns = columns_for(to - from), row = 0, column = 0;

        clear_grid(sheet);
        if (sheet->closer) {
                gtk_grid_attach(GTK_GRID(sheet->grid), selected_tile(sheet)->box, 0, 0, 1, 1);
                return;
        }
        for (guint i = from; i < to; i++) {
                Tile *tile = sheet->tiles->pdata[i];
                const Tile *before = i > from ? sheet->tiles->pdata[i - 1] : NULL;

                if (sheet->choosing && (!before || before->group != tile->group)) {
                        row += column > 0;
                        column = 0;
                        add_heading(sheet, tile, row++, columns);
                }
                gtk_grid_attach(GTK_GRID(sheet->grid), tile->box, (int)column, (int)row, 1, 1);
                column++;
                if (column == columns) {
                        column = 0;
                        row++;
                }
        }
}

static void
show_words(ContactSheet *sheet)
{
        guint checked = 0, failed = 0, n = sheet->tiles->len;
        g_autoptr(GString) info = g_string_new(NULL), keys = g_string_new(NULL);

        for (guint i = 0; i < n; i++) {
                checked += ((Tile *)sheet->tiles->pdata[i])->checked;
                failed += ((Tile *)sheet->tiles->pdata[i])->failed;
        }
        g_string_printf(info, "%u drafts · %u checked", n, checked);
        if (failed > 0)
                g_string_append_printf(info, " · %u came to nothing", failed);
        if (pages(sheet) > 1)
                g_string_append_printf(info, " · page %u of %u", sheet->page + 1, pages(sheet));
        ui_label_set(sheet->info, info->str);
        if (sheet->closer) {
                g_string_assign(keys, "Enter keep  ·  M more like it  ·  Space back");
        } else {
                g_string_printf(keys, "1–%u keep  ·  Space look closer  ·  M more like it",
                                MIN(n - sheet->page * CONTACT_PAGE_TILES, CONTACT_PAGE_TILES));
                if (pages(sheet) > 1)
                        g_string_append(keys, "  ·  Page Down");
                g_string_append(keys, "  ·  Esc keep the best");
        }
        ui_label_set(sheet->keys, keys->str);
}

/* Says again what is known of each tile, and gives those that show their pictures. */
static void
show_tiles(ContactSheet *sheet)
{
        guint from = sheet->page * CONTACT_PAGE_TILES, to = MIN(from + CONTACT_PAGE_TILES, sheet->tiles->len);

        for (guint i = 0; i < sheet->tiles->len; i++) {
                Tile *tile = sheet->tiles->pdata[i];

                if (i < from || i >= to)
                        drop_view(tile);
                tile_show(tile, i % CONTACT_PAGE_TILES + 1, i == sheet->selected);
        }
        start_next(sheet);
        show_words(sheet);
}

static Tile *
take_tile(GPtrArray *from, const char *draft)
{
        for (guint i = 0; i < from->len; i++)
                if (strcmp(((Tile *)from->pdata[i])->draft, draft) == 0)
                        return g_ptr_array_steal_index(from, i);
        return NULL;
}

/* The same drafts in the same order stay as they are. */
static gboolean
take_order(ContactSheet *sheet, const Run *run)
{
        GString *order = g_string_new(run->variants_state);
        g_autoptr(GPtrArray) before = NULL;
        const Tile *selected = selected_tile(sheet);
        g_autofree char *kept = selected ? g_strdup(selected->draft) : NULL;

        for (guint i = 0; i < run->variants->len; i++) {
                const Variant *variant = run->variants->pdata[i];

                g_string_append_printf(order, " %s/%u", variant->draft, variant->group);
        }
        if (g_strcmp0(order->str, sheet->order) == 0) {
                g_string_free(order, TRUE);
                return FALSE;
        }
        g_free(sheet->order);
        sheet->order = g_string_free(order, FALSE);
        clear_grid(sheet);
        before = g_steal_pointer(&sheet->tiles);
        sheet->tiles = g_ptr_array_new_with_free_func(tile_free);
        sheet->selected = 0;
        for (guint i = 0; i < run->variants->len; i++) {
                const Variant *variant = run->variants->pdata[i];
                Tile *tile = take_tile(before, variant->draft);

                g_ptr_array_add(sheet->tiles, tile ? tile : tile_new(sheet, variant->draft));
                if (!sheet->choosing && g_strcmp0(kept, variant->draft) == 0)
                        sheet->selected = i;
        }
        sheet->page = sheet->selected / CONTACT_PAGE_TILES;
        sheet->closer = FALSE;
        return TRUE;
}

static void
close_sheet(ContactSheet *sheet)
{
        clear_grid(sheet);
        g_ptr_array_set_size(sheet->tiles, 0);
        g_clear_pointer(&sheet->order, g_free);
        g_clear_pointer(&sheet->run, g_free);
        sheet->page = sheet->selected = 0;
        sheet->closer = FALSE;
        gtk_widget_hide(sheet->ground);
}

gboolean
contact_sheet_is_open(ContactSheet *sheet)
{
        return sheet->run != NULL;
}

gboolean
contact_sheet_update(ContactSheet *sheet, const App *app, const Run *run)
{
        gboolean wanted = run && !run_is_done(run) && run->variants->len > 0 && strcmp(run->variants_state, "over") != 0;
        gboolean opened = wanted && g_strcmp0(sheet->run, run->id) != 0;
        g_autofree char *quote = NULL;

        if (!wanted) {
                if (sheet->run)
                        close_sheet(sheet);
                return FALSE;
        }
        if (opened) {
                close_sheet(sheet);
                sheet->run = g_strdup(run->id);
                gtk_widget_show(sheet->ground);
                gtk_widget_grab_focus(sheet->focus);
        }
        quote = ui_quote(app->sentence, 60);
        ui_label_set(sheet->title, quote);
        sheet->choosing = strcmp(run->variants_state, "choose") == 0;
        if (take_order(sheet, run)) {
                for (guint i = 0; i < run->variants->len; i++)
                        tile_take(sheet->tiles->pdata[i], run->variants->pdata[i]);
                fill_grid(sheet);
                sheet->deaf_until = opened ? 0 : g_get_monotonic_time() + CONTACT_DEAF_MS * 1000;
        } else {
                for (guint i = 0; i < run->variants->len; i++)
                        tile_take(sheet->tiles->pdata[i], run->variants->pdata[i]);
        }
        show_tiles(sheet);
        return opened;
}

/* — keys — */

/* The key as it would be without the person's layout in the way: a digit also where digits need Shift, a letter also among other letters. */
static guint
plain_key(const GdkEventKey *event)
{
        GdkKeymap *keymap = gdk_keymap_get_for_display(gdk_display_get_default());
        guint key = event->keyval;

        if (key >= GDK_KEY_KP_0 && key <= GDK_KEY_KP_9)
                return GDK_KEY_0 + (key - GDK_KEY_KP_0);
        if (key < 0x80 && g_ascii_isalnum((char)key))
                return gdk_keyval_to_lower(key);
        if (gdk_keymap_translate_keyboard_state(keymap, event->hardware_keycode, GDK_SHIFT_MASK, event->group, &key, NULL, NULL, NULL) &&
            key >= GDK_KEY_0 && key <= GDK_KEY_9)
                return key;
        if (event->keyval < 0xff00 && gdk_keymap_translate_keyboard_state(keymap, event->hardware_keycode, 0, 0, &key, NULL, NULL, NULL))
                return gdk_keyval_to_lower(key);
        return event->keyval;
}

static void
select_tile(ContactSheet *sheet, int by)
{
        guint page;

        if (sheet->tiles->len == 0)
                return;
        sheet->selected = (guint)CLAMP((int)sheet->selected + by, 0, (int)sheet->tiles->len - 1);
        page = sheet->selected / CONTACT_PAGE_TILES;
        if (page != sheet->page || sheet->closer) {
                sheet->page = page;
                fill_grid(sheet);
        }
        show_tiles(sheet);
}

static void
set_closer(ContactSheet *sheet, gboolean closer)
{
        const Tile *tile = selected_tile(sheet);

        if (closer && !(tile && tile->checked))
                return;
        sheet->closer = closer;
        fill_grid(sheet);
        show_tiles(sheet);
        gtk_widget_grab_focus(sheet->focus);
}

static void
keep(ContactSheet *sheet, const Tile *tile, gboolean more)
{
        if (tile && tile->checked && g_get_monotonic_time() >= sheet->deaf_until)
                sheet->handler.keep(tile->draft, more, sheet->user_data);
}

static gboolean
press(ContactSheet *sheet, guint key)
{
        guint columns = columns_for(MIN(sheet->tiles->len, CONTACT_PAGE_TILES)), place = sheet->page * CONTACT_PAGE_TILES + (key - GDK_KEY_1);

        if (key >= GDK_KEY_1 && key <= GDK_KEY_9) {
                if (!sheet->closer && place < sheet->tiles->len)
                        keep(sheet, sheet->tiles->pdata[place], FALSE);
                return TRUE;
        }
        switch (key) {
        case GDK_KEY_m:
                keep(sheet, selected_tile(sheet), TRUE);
                return TRUE;
        case GDK_KEY_Return:
        case GDK_KEY_KP_Enter:
                keep(sheet, selected_tile(sheet), FALSE);
                return TRUE;
        case GDK_KEY_space:
                set_closer(sheet, !sheet->closer);
                return TRUE;
        case GDK_KEY_Left:
                select_tile(sheet, -1);
                return TRUE;
        case GDK_KEY_Right:
                select_tile(sheet, 1);
                return TRUE;
        case GDK_KEY_Up:
                select_tile(sheet, -(int)columns);
                return TRUE;
        case GDK_KEY_Down:
                select_tile(sheet, (int)columns);
                return TRUE;
        case GDK_KEY_Page_Up:
                select_tile(sheet, -CONTACT_PAGE_TILES);
                return TRUE;
        case GDK_KEY_Page_Down:
                select_tile(sheet, CONTACT_PAGE_TILES);
                return TRUE;
        default:
                return FALSE;
        }
}

/* The focus is in a draft that is being tried. */
static gboolean
in_page(ContactSheet *sheet)
{
        GtkWidget *top = gtk_widget_get_toplevel(sheet->ground);
        GtkWidget *focus = GTK_IS_WINDOW(top) ? gtk_window_get_focus(GTK_WINDOW(top)) : NULL;

        for (guint i = 0; focus && i < sheet->tiles->len; i++) {
                const Tile *tile = sheet->tiles->pdata[i];
                GtkWidget *widget = tile->view ? app_view_widget(tile->view) : NULL;

                if (widget && (focus == widget || gtk_widget_is_ancestor(focus, widget)))
                        return TRUE;
        }
        return FALSE;
}

gboolean
contact_sheet_key(ContactSheet *sheet, GdkEventKey *event)
{
        GtkWidget *top = gtk_widget_get_toplevel(sheet->ground);

        if (!sheet->run || (event->state & (GDK_CONTROL_MASK | GDK_MOD1_MASK | GDK_SUPER_MASK)))
                return FALSE;
        /* Over the sheet may lie another one, with an entry of its own. */
        if (GTK_IS_WINDOW(top) && gtk_window_get_focus(GTK_WINDOW(top)) &&
            !gtk_widget_is_ancestor(gtk_window_get_focus(GTK_WINDOW(top)), sheet->ground))
                return FALSE;
        if (event->keyval == GDK_KEY_Escape) {
                if (in_page(sheet))
                        gtk_widget_grab_focus(sheet->focus);
                else if (sheet->closer)
                        set_closer(sheet, FALSE);
                else
                        sheet->handler.keep(NULL, FALSE, sheet->user_data);
                return TRUE;
        }
        return !in_page(sheet) && press(sheet, plain_key(event));
}

ContactSheet *
contact_sheet_new(Views *views, const char *app, const ContactHandler *handler, gpointer user_data)
{
        ContactSheet *sheet = g_new0(ContactSheet, 1);
        GtkWidget *box = ui_box(GTK_ORIENTATION_VERTICAL, SPACING, "contact"), *head = ui_box(GTK_ORIENTATION_HORIZONTAL, SPACING, NULL);

        sheet->handler = *handler;
        sheet->user_data = user_data;
        sheet->views = views;
        sheet->app = g_strdup(app);
        sheet->tiles = g_ptr_array_new_with_free_func(tile_free);
        sheet->headings = g_ptr_array_new();
        sheet->ground = g_object_ref_sink(gtk_event_box_new());
        sheet->focus = gtk_drawing_area_new(); /* takes the keys; there is nothing to see of it */
        sheet->title = ui_label("", "heading");
        sheet->info = ui_label("", "mono soft");
        sheet->keys = ui_label("", "mono soft");
        sheet->grid = gtk_grid_new();
        gtk_widget_set_can_focus(sheet->focus, TRUE);
        gtk_grid_set_column_homogeneous(GTK_GRID(sheet->grid), TRUE);
        gtk_grid_set_column_spacing(GTK_GRID(sheet->grid), SPACING);
        gtk_grid_set_row_spacing(GTK_GRID(sheet->grid), SPACING / 2);
        gtk_label_set_ellipsize(GTK_LABEL(sheet->info), PANGO_ELLIPSIZE_NONE);
        gtk_box_pack_start(GTK_BOX(head), sheet->title, FALSE, TRUE, 0);
        gtk_box_pack_start(GTK_BOX(head), sheet->info, FALSE, FALSE, 0);
        gtk_box_pack_start(GTK_BOX(head), sheet->focus, FALSE, FALSE, 0);
        gtk_widget_set_valign(sheet->info, GTK_ALIGN_END);
        gtk_widget_set_margin_bottom(sheet->info, 3);
        gtk_box_pack_start(GTK_BOX(box), head, FALSE, FALSE, 0);
        gtk_box_pack_start(GTK_BOX(box), sheet->grid, TRUE, TRUE, 0);
        gtk_box_pack_start(GTK_BOX(box), sheet->keys, FALSE, FALSE, 0);
        gtk_container_add(GTK_CONTAINER(sheet->ground), box);
        gtk_widget_show_all(box);
        gtk_widget_set_no_show_all(sheet->ground, TRUE);
        return sheet;
}

void
contact_sheet_free(ContactSheet *sheet)
{
        if (!sheet)
                return;
        close_sheet(sheet);
        g_ptr_array_unref(sheet->tiles);
        g_ptr_array_unref(sheet->headings);
        g_object_unref(sheet->ground);
        g_free(sheet->app);
        g_free(sheet);
}

GtkWidget *
contact_sheet_widget(ContactSheet *sheet)
{
        return sheet->ground;
}
