#include "shell/ui/bar.h"

#include <gdk/gdkx.h>
#include <string.h>

#include "shell/ui/style.h"

#define BAR_MARGIN 12 /* px to the sides of a small screen */

struct Bar {
        BarHandler handler;
        gpointer user_data;
        GtkWidget *window, *frame, *entry, *list, *keys;
        GPtrArray *candidates; /* Row */
        GPtrArray *rows;       /* Row: what stands */
        GPtrArray *prompts;    /* char *, oldest first */
        char *kept;            /* a sentence that could not be sent */
        char *front_app, *front_title;
        gboolean change;       /* Tab: the first row changes the app in front */
        guint chosen;
        guint recalled;        /* how many prompts back; 0: what is typed */
        gboolean recalling;    /* the entry's text is being set by a recall */
};

static guint32
token_rgb(const char *name)
{
        GdkRGBA colour = style_token(name);

        return ((guint32)(colour.red * 255 + 0.5) << 16) | ((guint32)(colour.green * 255 + 0.5) << 8) | (guint32)(colour.blue * 255 + 0.5);
}

static gboolean
row_pressed_cb(GtkWidget *widget, GdkEventButton *event, gpointer user_data)
{
        Bar *bar = user_data;
        guint n = GPOINTER_TO_UINT(g_object_get_data(G_OBJECT(widget), "row"));
        g_autoptr(Row) row = NULL;

        if (event->button != GDK_BUTTON_PRIMARY || n >= bar->rows->len)
                return FALSE;
        row = row_copy(bar->rows->pdata[n]);
        bar->handler.chosen(row, bar->user_data);
        return TRUE;
}

static const char *
row_key(Bar *bar, const Row *row, guint n)
{
        if (n == bar->chosen)
                return "Enter";
        if (row->kind == ROW_CHANGE && !bar->change)
                return "Tab";
        return n == bar->chosen + 1 ? "↓" : NULL;
}

/* A program's own icon; a letter on its colour for all that has none, and for our own apps, whose mark that is. */
static GtkWidget *
row_mark(Bar *bar, const Row *row)
{
        int scale = gtk_widget_get_scale_factor(bar->window);
        cairo_surface_t *icon = bar->handler.icon ? bar->handler.icon(row, scale, bar->user_data) : NULL;
        GtkWidget *mark = icon ? gtk_image_new_from_surface(icon) : ui_tile(row->glyph ? row->glyph : "", row->colour, UI_TILE_SIZE);

        gtk_widget_set_size_request(mark, UI_TILE_SIZE, UI_TILE_SIZE);
        return mark;
}

static GtkWidget *
row_widget(Bar *bar, const Row *row, guint n)
{
        GtkWidget *pad = gtk_event_box_new();
        GtkWidget *box = ui_box(GTK_ORIENTATION_HORIZONTAL, 12, NULL);
        gboolean sentence = row->kind == ROW_MAKE || row->kind == ROW_CHANGE;
        const char *key = row_key(bar, row, n);
        g_autofree char *spoken = row_sentence(row);
        GtkWidget *title = ui_label(row->title, sentence ? "strong" : NULL);

        gtk_container_add(GTK_CONTAINER(box), row_mark(bar, row));
        if (row->verb)
                gtk_container_add(GTK_CONTAINER(box), ui_label(row->verb, NULL));
        gtk_container_add(GTK_CONTAINER(box), title);
        if (row->detail && *row->detail)
                gtk_container_add(GTK_CONTAINER(box), ui_label(row->detail, "mono soft"));
        if (key) {
                GtkWidget *cap = ui_label(key, "key");

                gtk_widget_set_valign(cap, GTK_ALIGN_CENTER);
                gtk_box_pack_end(GTK_BOX(box), cap, FALSE, FALSE, 0);
        }
        ui_add_classes(box, n == bar->chosen ? "row chosen" : "row");
        gtk_container_add(GTK_CONTAINER(pad), box);
        atk_object_set_name(gtk_widget_get_accessible(pad), spoken);
        g_object_set_data(G_OBJECT(pad), "row", GUINT_TO_POINTER(n));
        g_signal_connect(pad, "button-press-event", G_CALLBACK(row_pressed_cb), bar);
        return pad;
}

static void
show_keys(Bar *bar)
{
        GString *text = g_string_new("Enter ");
        const Row *row = bar->chosen < bar->rows->len ? bar->rows->pdata[bar->chosen] : NULL;

        if (row && row->kind == ROW_CHANGE)
                g_string_append(text, "change");
        else if (row && row->kind == ROW_RUN)
                g_string_append(text, "run");
        else
                g_string_append(text, !row || row->kind == ROW_MAKE || row->kind == ROW_SAY ? "make" : "open");
        if (row && !bar->change && (row->kind == ROW_MAKE || row->kind == ROW_SAY))
                g_string_append_printf(text, "  ·  Ctrl+Enter %d drafts", BAR_VARIANTS);
        if (bar->front_app)
                g_string_append(text, bar->change ? "  ·  Tab make instead" : "  ·  Tab change the window in front");
        if (bar->rows->len > 1)
                g_string_append(text, "  ·  ↓ choose");
        if (bar->prompts->len > 0)
                g_string_append(text, "  ·  ↑ earlier");
        g_string_append(text, "  ·  Esc close");
        if (strlen(gtk_entry_get_text(GTK_ENTRY(bar->entry))) + 4 > BAR_TEXT_MAX)
                g_string_assign(text, "The bar is full: what did not fit was left out  ·  Esc close");
        ui_label_set(bar->keys, text->str);
        g_string_free(text, TRUE);
}

static void
render(Bar *bar)
{
        ui_clear(bar->list);
        for (guint i = 0; i < bar->rows->len; i++)
                gtk_container_add(GTK_CONTAINER(bar->list), row_widget(bar, bar->rows->pdata[i], i));
        show_keys(bar);
        gtk_widget_show_all(bar->list);
}

static gboolean
is_command(const char *typed)
{
        g_auto(GStrv) words = rows_command(typed);
        g_autofree char *program = words ? g_find_program_in_path(words[0]) : NULL;

        return program != NULL;
}

static void
rank(Bar *bar)
{
        const char *typed = gtk_entry_get_text(GTK_ENTRY(bar->entry));
        RowContext context = {bar->front_app, bar->front_title, bar->change, is_command(typed), token_rgb("accent"), 0x1c1b1f};

        g_ptr_array_unref(bar->rows);
        bar->rows = rows_rank(typed, bar->candidates, &context);
        bar->chosen = 0;
        render(bar);
}

static void
changed_cb(GtkEditable *editable, gpointer user_data)
{
        Bar *bar = user_data;

        if (!bar->recalling)
                bar->recalled = 0;
        rank(bar);
        if (bar->handler.typed)
                bar->handler.typed(gtk_entry_get_text(GTK_ENTRY(bar->entry)), bar->user_data);
}

static void
set_text(Bar *bar, const char *text)
{
        gtk_entry_set_text(GTK_ENTRY(bar->entry), text);
        gtk_editable_set_position(GTK_EDITABLE(bar->entry), -1);
}

static void
recall(Bar *bar, int by)
{
        guint wanted = (guint)CLAMP((int)bar->recalled + by, 0, (int)bar->prompts->len);

        if (wanted == bar->recalled)
                return;
        bar->recalled = wanted;
        bar->recalling = TRUE;
        set_text(bar, wanted == 0 ? "" : bar->prompts->pdata[bar->prompts->len - wanted]);
        bar->recalling = FALSE;
}

static void
choose(Bar *bar)
{
        const char *typed = gtk_entry_get_text(GTK_ENTRY(bar->entry));
        g_autoptr(Row) row = NULL;

        if (bar->chosen >= bar->rows->len)
                return;
        row = row_copy(bar->rows->pdata[bar->chosen]);
        if (row->text && *typed)
                bar_remember(bar, row->text);
        bar->handler.chosen(row, bar->user_data);
}

/* Ctrl+Enter: several drafts of what is typed (or of the suggestion that is chosen), also where Enter would open what there is. */
static void
choose_several(Bar *bar)
{
        const char *typed = gtk_entry_get_text(GTK_ENTRY(bar->entry));
        const Row *chosen = bar->chosen < bar->rows->len ? bar->rows->pdata[bar->chosen] : NULL;
        const char *text = chosen && chosen->kind == ROW_SAY ? chosen->text : typed;
        g_autofree char *title = g_strdup_printf("“%s”", text);
        g_autoptr(Row) row = NULL;

        if (!*text || bar->change)
                return;
        row = row_new(ROW_MAKE, title, NULL);
        row->text = g_strdup(text);
        row->variants = BAR_VARIANTS;
        bar_remember(bar, text);
        bar->handler.chosen(row, bar->user_data);
}

static void
move_choice(Bar *bar, int by)
{
        if (by < 0 && bar->chosen == 0) {
                recall(bar, 1);
                return;
        }
        if (by > 0 && bar->recalled > 0 && bar->chosen == 0) {
                recall(bar, -1);
                return;
        }
        if (bar->rows->len == 0)
                return;
        bar->chosen = (guint)CLAMP((int)bar->chosen + by, 0, (int)bar->rows->len - 1);
        render(bar);
}

static gboolean
key_cb(GtkWidget *widget, GdkEventKey *event, gpointer user_data)
{
        Bar *bar = user_data;

        if (gtk_entry_im_context_filter_keypress(GTK_ENTRY(bar->entry), event))
                return TRUE;
        switch (event->keyval) {
        case GDK_KEY_Escape:
                bar->handler.closed(bar->user_data);
                return TRUE;
        case GDK_KEY_Return:
        case GDK_KEY_KP_Enter:
        case GDK_KEY_ISO_Enter:
                if (event->state & GDK_CONTROL_MASK)
                        choose_several(bar);
                else
                        choose(bar);
                return TRUE;
        case GDK_KEY_Up:
        case GDK_KEY_KP_Up:
                move_choice(bar, -1);
                return TRUE;
        case GDK_KEY_Down:
        case GDK_KEY_KP_Down:
                move_choice(bar, 1);
                return TRUE;
        case GDK_KEY_Tab:
        case GDK_KEY_ISO_Left_Tab:
                if (bar->front_app) {
                        bar->change = !bar->change;
                        rank(bar);
                }
                return TRUE;
        default:
                return FALSE;
        }
}

static void
size_cb(GtkWidget *widget, GdkRectangle *allocation, gpointer user_data)
{
        Bar *bar = user_data;

        if (bar->handler.resized)
                bar->handler.resized(allocation->width, allocation->height, bar->user_data);
}

/* A focus that arrives selects nothing: what was typed before goes on. */
static void
focus_entry(Bar *bar)
{
        gtk_window_set_focus(GTK_WINDOW(bar->window), NULL);
        gtk_entry_grab_focus_without_selecting(GTK_ENTRY(bar->entry));
        gtk_editable_set_position(GTK_EDITABLE(bar->entry), -1);
}

static gboolean
focus_in_cb(GtkWidget *widget, GdkEventFocus *event, gpointer user_data)
{
        gtk_entry_grab_focus_without_selecting(GTK_ENTRY(((Bar *)user_data)->entry));
        return FALSE;
}

static void
build(Bar *bar)
{
        GtkWidget *box = ui_box(GTK_ORIENTATION_VERTICAL, 0, "framed bar");
        GtkWidget *frame = gtk_scrolled_window_new(NULL, NULL);
        GtkWidget *last = ui_box(GTK_ORIENTATION_HORIZONTAL, 0, "row");
        GtkWidget *prompt = ui_entry("What do you need?", BAR_TEXT_MAX, &bar->entry);

        bar->list = ui_box(GTK_ORIENTATION_VERTICAL, 0, NULL);
        bar->keys = ui_label("", "mono soft");
        gtk_container_add(GTK_CONTAINER(last), bar->keys);
        gtk_container_add(GTK_CONTAINER(box), prompt);
        gtk_container_add(GTK_CONTAINER(box), bar->list);
        gtk_container_add(GTK_CONTAINER(box), last);
        /* Long rows ask for more room than there is: the frame keeps its width, and they are shortened. */
        gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(frame), GTK_POLICY_EXTERNAL, GTK_POLICY_NEVER);
        gtk_scrolled_window_set_propagate_natural_height(GTK_SCROLLED_WINDOW(frame), TRUE);
        gtk_container_add(GTK_CONTAINER(frame), box);
        gtk_container_add(GTK_CONTAINER(bar->window), frame);
        gtk_widget_set_size_request(frame, BAR_WIDTH, -1);
        bar->frame = frame;
}

Bar *
bar_new(const BarHandler *handler, gpointer user_data)
{
        Bar *bar = g_new0(Bar, 1);

        style_start();
        bar->handler = *handler;
        bar->user_data = user_data;
        bar->candidates = rows_new();
        bar->rows = rows_new();
        bar->prompts = g_ptr_array_new_with_free_func(g_free);
        bar->window = gtk_window_new(GTK_WINDOW_POPUP);
        gtk_window_set_title(GTK_WINDOW(bar->window), "Impromptu prompt");
        gtk_window_set_resizable(GTK_WINDOW(bar->window), FALSE);
        build(bar);
        g_signal_connect(bar->entry, "changed", G_CALLBACK(changed_cb), bar);
        g_signal_connect(bar->entry, "key-press-event", G_CALLBACK(key_cb), bar);
        g_signal_connect(bar->window, "size-allocate", G_CALLBACK(size_cb), bar);
        g_signal_connect(bar->window, "focus-in-event", G_CALLBACK(focus_in_cb), bar);
        rank(bar);
        gtk_widget_show_all(gtk_bin_get_child(GTK_BIN(bar->window)));
        return bar;
}

void
bar_fit(Bar *bar, int screen_width)
{
        gtk_widget_set_size_request(bar->frame, MIN(BAR_WIDTH, MAX(1, screen_width - 2 * BAR_MARGIN)), -1);
}

void
bar_map(Bar *bar)
{
        ui_ground(bar->window);
        gtk_window_move(GTK_WINDOW(bar->window), BAR_PARKED, BAR_PARKED);
        gtk_widget_show(bar->window);
        focus_entry(bar);
}

void
bar_free(Bar *bar)
{
        if (!bar)
                return;
        g_signal_handlers_disconnect_by_data(bar->entry, bar);
        g_signal_handlers_disconnect_by_data(bar->window, bar);
        gtk_widget_destroy(bar->window);
        g_ptr_array_unref(bar->candidates);
        g_ptr_array_unref(bar->rows);
        g_ptr_array_unref(bar->prompts);
        g_free(bar->kept);
        g_free(bar->front_app);
        g_free(bar->front_title);
        g_free(bar);
}

GtkWidget *
bar_window(Bar *bar)
{
        return bar->window;
}

guint64
bar_xid(Bar *bar)
{
        gtk_widget_realize(bar->window);
        return GDK_WINDOW_XID(gtk_widget_get_window(bar->window));
}

void
bar_shown(Bar *bar, const char *front_app, const char *front_title)
{
        g_autofree char *kept = g_steal_pointer(&bar->kept);
        const char *typed = gtk_entry_get_text(GTK_ENTRY(bar->entry));

        g_free(bar->front_app);
        g_free(bar->front_title);
        bar->front_app = g_strdup(front_app);
        bar->front_title = g_strdup(front_title);
        bar->change = FALSE;
        bar->recalled = 0;
        /* Keys may have arrived before the news that it shows: they stay. */
        if (kept && !*typed) {
                set_text(bar, kept);
                focus_entry(bar);
                /* Selected: Enter asks it again, and whoever types something else begins anew. */
                gtk_editable_select_region(GTK_EDITABLE(bar->entry), 0, -1);
        } else {
                focus_entry(bar);
        }
        rank(bar);
}

void
bar_clear(Bar *bar)
{
        set_text(bar, "");
}

void
bar_set_candidates(Bar *bar, GPtrArray *candidates)
{
        g_ptr_array_ref(candidates);
        g_ptr_array_unref(bar->candidates);
        bar->candidates = candidates;
}

void
bar_add_late(Bar *bar, const char *text, const GPtrArray *rows)
{
        if (strcmp(gtk_entry_get_text(GTK_ENTRY(bar->entry)), text) != 0)
                return;
        rows_add_late(bar->rows, rows);
        render(bar);
}

void
bar_keep(Bar *bar, const char *text)
{
        g_free(bar->kept);
        bar->kept = g_strdup(text);
}

void
bar_remember(Bar *bar, const char *text)
{
        if (bar->prompts->len > 0 && strcmp(bar->prompts->pdata[bar->prompts->len - 1], text) == 0)
                return;
        if (bar->prompts->len >= BAR_PROMPTS_MAX)
                g_ptr_array_remove_index(bar->prompts, 0);
        g_ptr_array_add(bar->prompts, g_strdup(text));
}

const GPtrArray *
bar_prompts(Bar *bar)
{
        return bar->prompts;
}

const GPtrArray *
bar_rows(Bar *bar)
{
        return bar->rows;
}

guint
bar_chosen_index(Bar *bar)
{
        return bar->chosen;
}

GtkWidget *
bar_entry(Bar *bar)
{
        return bar->entry;
}
