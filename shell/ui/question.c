#include "shell/ui/question.h"

#include <string.h>

#include "shell/ui/style.h"
#include "shell/wm/core.h"

#define WIDTH 430
#define DETAIL_CHARACTERS 56

#define CHOOSE "choose" /* what buttons do that answer nothing */
#define SPLIT "split"

struct QuestionSheet {
        QuestionHandler handler;
        gpointer user_data;
        GtkWidget *window, *box, *more;
        GPtrArray *shown;     /* char *: IDs of the questions that show; none: it is hidden */
        GPtrArray *acts;      /* const char *: an answer, CHOOSE or SPLIT, for each button */
        GPtrArray *buttons;   /* GtkWidget */
        GHashTable *single;   /* IDs that are taken one by one */
        gint64 begun_at;      /* µs: the first of them showed */
        gint64 changed_at;    /* µs: what shows has changed last */
        guint wake;           /* lets the buttons look awake */
        int x, bottom;
        int height; /* as it was placed; 0: not yet */
};

static gint64
now(QuestionSheet *sheet)
{
        return sheet->handler.now ? sheet->handler.now(sheet->user_data) : g_get_monotonic_time();
}

static gboolean
is_deaf(QuestionSheet *sheet)
{
        return now(sheet) - sheet->changed_at < QUESTION_DEAF_MS * 1000;
}

const char *
question_answer_label(const char *capability, const char *answer)
{
        static const struct {
                const char *capability, *answer, *label; /* capability NULL: any other */
        } labels[] = {
                {"save", "once", "Save"}, {"save", "no", "Don't save"}, {"package", "once", "Install"}, {"package", "no", "Don't install"},
                {NULL, "open", "While open"}, {NULL, "once", "This time"}, {NULL, "always", "Always"}, {NULL, "no", "No"},
        };

        for (guint i = 0; i < G_N_ELEMENTS(labels); i++)
                if (strcmp(labels[i].answer, answer) == 0 && (!labels[i].capability || strcmp(labels[i].capability, capability) == 0))
                        return labels[i].label;
        return answer;
}

static void
act(QuestionSheet *sheet, guint n)
{
        g_autoptr(GPtrArray) questions = NULL;
        g_autofree char *what = NULL;

        if (n >= sheet->acts->len || is_deaf(sheet))
                return;
        what = g_strdup(sheet->acts->pdata[n]);
        questions = g_ptr_array_new_with_free_func(g_free);
        for (guint i = 0; i < sheet->shown->len; i++)
                g_ptr_array_add(questions, g_strdup(sheet->shown->pdata[i]));
        if (strcmp(what, SPLIT) == 0) {
                while (questions->len > 0)
                        g_hash_table_add(sheet->single, g_ptr_array_steal_index_fast(questions, 0));
                sheet->handler.split(sheet->user_data);
                return;
        }
        for (guint i = 0; i < questions->len; i++) {
                if (strcmp(what, CHOOSE) == 0)
                        sheet->handler.choose(questions->pdata[i], sheet->user_data);
                else
                        sheet->handler.answered(questions->pdata[i], what, sheet->user_data);
        }
}

static void
clicked_cb(GtkButton *button, gpointer user_data)
{
        QuestionSheet *sheet = user_data;
        guint n;

        if (g_ptr_array_find(sheet->buttons, button, &n))
                act(sheet, n);
}

static gboolean
wake_cb(gpointer user_data)
{
        QuestionSheet *sheet = user_data;

        sheet->wake = 0;
        for (guint i = 0; i < sheet->buttons->len; i++)
                gtk_style_context_remove_class(gtk_widget_get_style_context(sheet->buttons->pdata[i]), "deaf");
        return G_SOURCE_REMOVE;
}

/* What it says and does; what is static. */
static void
add_button(QuestionSheet *sheet, GtkWidget *row, const char *text, const char *what)
{
        GtkWidget *button = gtk_button_new();
        GtkWidget *box = ui_box(GTK_ORIENTATION_HORIZONTAL, 8, NULL);
        g_autofree char *key = g_strdup_printf("%u", sheet->buttons->len + 1);
        GtkWidget *cap = ui_label(key, "key");
        GtkWidget *label = ui_label(text, NULL);

        gtk_widget_set_valign(cap, GTK_ALIGN_CENTER);
        gtk_label_set_ellipsize(GTK_LABEL(label), PANGO_ELLIPSIZE_NONE);
        gtk_container_add(GTK_CONTAINER(box), label);
        gtk_container_add(GTK_CONTAINER(box), cap);
        gtk_container_add(GTK_CONTAINER(button), box);
        ui_add_classes(button, "answer deaf");
        gtk_widget_set_can_focus(button, FALSE);
        g_ptr_array_add(sheet->acts, g_strdup(what));
        g_ptr_array_add(sheet->buttons, button);
        g_signal_connect(button, "clicked", G_CALLBACK(clicked_cb), sheet);
        gtk_container_add(GTK_CONTAINER(row), button);
}

static GtkWidget *
add_row(QuestionSheet *sheet)
{
        GtkWidget *row = ui_box(GTK_ORIENTATION_HORIZONTAL, 8, NULL);

        gtk_container_add(GTK_CONTAINER(sheet->box), row);
        return row;
}

/* An answer that every question on the sheet offers. */
static gboolean
all_offer(const GPtrArray *batch, const char *answer)
{
        for (guint i = 0; i < batch->len; i++)
                if (!g_strv_contains((const char *const *)((Question *)batch->pdata[i])->answers, answer))
                        return FALSE;
        return TRUE;
}

static void
add_buttons(QuestionSheet *sheet, const GPtrArray *batch)
{
        const Question *first = batch->pdata[0];
        GtkWidget *row = add_row(sheet);

        g_ptr_array_set_size(sheet->acts, 0);
        g_ptr_array_set_size(sheet->buttons, 0);
        gtk_widget_set_margin_top(row, 8);
        for (guint i = 0; first->answers[i]; i++)
                if (all_offer(batch, first->answers[i]))
                        add_button(sheet, row, question_answer_label(first->capability ? first->capability : "", first->answers[i]),
                                   first->answers[i]);
        if (batch->len > 1)
                add_button(sheet, add_row(sheet), "One by one…", SPLIT);
        else if (first->choose && *first->choose)
                add_button(sheet, add_row(sheet), "Choose folder…", CHOOSE);
}

static void
add_line(QuestionSheet *sheet, const char *text, const char *classes, int characters)
{
        GtkWidget *label;

        if (!text || !*text)
                return;
        label = ui_label(text, classes);
        ui_label_wrap(label, characters);
        gtk_container_add(GTK_CONTAINER(sheet->box), label);
}

/* Each word once, however many questions bring it. */
static void
add_quoted(QuestionSheet *sheet, const GPtrArray *batch, const char *who, gsize field)
{
        g_autoptr(GHashTable) said = g_hash_table_new(g_str_hash, g_str_equal);

        for (guint i = 0; i < batch->len; i++) {
                const char *words = G_STRUCT_MEMBER(char *, batch->pdata[i], field);
                g_autofree char *quote = words && *words ? ui_quote(words, 120) : NULL;
                g_autofree char *line = quote ? g_strdup_printf("%s: %s", who, quote) : NULL;

                if (line && g_hash_table_add(said, (gpointer)words))
                        add_line(sheet, line, "soft", DETAIL_CHARACTERS);
        }
}

static void
fill(QuestionSheet *sheet, const GPtrArray *batch, const char *glyph)
{
        const Question *first = batch->pdata[0];
        GtkWidget *head = ui_box(GTK_ORIENTATION_HORIZONTAL, 10, NULL);
        const char *asks = batch->len > 1 ? "asks %u things" : "asks";
        g_autofree char *count = g_strdup_printf(asks, batch->len);
        g_autofree char *who = g_strdup_printf("%s %s", *first->title ? first->title : "Impromptu", count);
        g_autofree char *keys = g_strdup_printf(batch->len > 1 ? "%s+number answers all" : "%s+number answers", sheet->handler.modifier);

        ui_clear(sheet->box);
        gtk_container_add(GTK_CONTAINER(head), ui_tile(glyph, wm_glyph_colour(first->title), UI_TILE_SIZE));
        gtk_container_add(GTK_CONTAINER(head), ui_label(who, "strong"));
        sheet->more = ui_label("", "mono soft");
        gtk_box_pack_end(GTK_BOX(head), sheet->more, FALSE, FALSE, 0);
        gtk_container_add(GTK_CONTAINER(sheet->box), head);
        for (guint i = 0; i < batch->len; i++) {
                const Question *question = batch->pdata[i];

                add_line(sheet, question->sentence, batch->len > 1 ? "strong" : "sentence", DETAIL_CHARACTERS - 10);
                add_line(sheet, question->detail, "soft", DETAIL_CHARACTERS);
        }
        add_line(sheet, first->has, "soft", DETAIL_CHARACTERS);
        add_quoted(sheet, batch, "You asked", G_STRUCT_OFFSET(Question, quote));
        add_quoted(sheet, batch, "The tool says", G_STRUCT_OFFSET(Question, reason));
        add_buttons(sheet, batch);
        gtk_container_add(GTK_CONTAINER(sheet->box), ui_label(keys, "mono soft"));
}

/* Also where its lines come to be of another height, since the desktop's fonts have changed. */
static void
place(QuestionSheet *sheet)
{
        int height;

        if (sheet->bottom <= 0 || sheet->shown->len == 0)
                return;
        gtk_widget_get_preferred_height_for_width(sheet->window, WIDTH, NULL, &height);
        if (height == sheet->height)
                return;
        sheet->height = height;
        gtk_window_resize(GTK_WINDOW(sheet->window), WIDTH, MAX(1, height));
        gtk_window_move(GTK_WINDOW(sheet->window), sheet->x, sheet->bottom - height);
}

static void
hide(QuestionSheet *sheet)
{
        if (sheet->shown->len == 0)
                return;
        g_ptr_array_set_size(sheet->shown, 0);
        g_ptr_array_set_size(sheet->acts, 0);
        g_ptr_array_set_size(sheet->buttons, 0);
        g_hash_table_remove_all(sheet->single);
        g_clear_handle_id(&sheet->wake, g_source_remove);
        gtk_widget_hide(sheet->window);
        sheet->handler.keys(0, sheet->user_data);
}

/* One answer for several makes sense for what an app wants to reach; saving a file, or what else there may be, is asked alone. */
static gboolean
joins(QuestionSheet *sheet, const Question *question)
{
        static const char *const reaches[] = {"list", "read", "write", "system", "net", "run", "device", "audio", NULL};

        return *question->app && question->capability && g_strv_contains(reaches, question->capability) &&
               !g_hash_table_contains(sheet->single, question->id);
}

static gboolean
is_shown(QuestionSheet *sheet, const char *id)
{
        return g_ptr_array_find_with_equal_func(sheet->shown, id, g_str_equal, NULL);
}

/* What the sheet is about now: what showed and still waits, else the first that waits; and what comes with it. */
static GPtrArray *
choose_batch(QuestionSheet *sheet, const GPtrArray *questions)
{
        GPtrArray *batch = g_ptr_array_new();
        gboolean young = now(sheet) - sheet->begun_at < QUESTION_DEAF_MS * 1000;

        for (guint i = 0; i < questions->len; i++)
                if (is_shown(sheet, ((Question *)questions->pdata[i])->id))
                        g_ptr_array_add(batch, questions->pdata[i]);
        /* "One by one" was pressed on them */
        if (batch->len > 1 && !joins(sheet, batch->pdata[0]))
                g_ptr_array_set_size(batch, 1);
        if (batch->len == 0) {
                g_ptr_array_add(batch, questions->pdata[0]);
                sheet->begun_at = now(sheet);
                young = TRUE;
        }
        for (guint i = 0; young && joins(sheet, batch->pdata[0]) && i < questions->len && batch->len < QUESTION_BATCH_MAX; i++) {
                Question *question = questions->pdata[i];

                if (joins(sheet, question) && strcmp(question->app, ((Question *)batch->pdata[0])->app) == 0 &&
                    !g_ptr_array_find(batch, question, NULL))
                        g_ptr_array_add(batch, question);
        }
        return batch;
}

static gboolean
is_same(QuestionSheet *sheet, const GPtrArray *batch)
{
        if (batch->len != sheet->shown->len)
                return FALSE;
        for (guint i = 0; i < batch->len; i++)
                if (strcmp(((Question *)batch->pdata[i])->id, sheet->shown->pdata[i]) != 0)
                        return FALSE;
        return TRUE;
}

void
question_sheet_show(QuestionSheet *sheet, const GPtrArray *questions, const char *glyph)
{
        g_autoptr(GPtrArray) batch = NULL;
        g_autofree char *more = NULL;

        if (questions->len == 0) {
                hide(sheet);
                return;
        }
        batch = choose_batch(sheet, questions);
        more = questions->len > batch->len ? g_strdup_printf("%u more", questions->len - batch->len) : g_strdup("");
        if (is_same(sheet, batch)) {
                ui_label_set(sheet->more, more);
                return;
        }
        g_ptr_array_set_size(sheet->shown, 0);
        for (guint i = 0; i < batch->len; i++)
                g_ptr_array_add(sheet->shown, g_strdup(((Question *)batch->pdata[i])->id));
        fill(sheet, batch, glyph);
        ui_label_set(sheet->more, more);
        gtk_widget_show_all(sheet->box);
        sheet->height = 0;
        place(sheet);
        gtk_widget_show(sheet->window);
        sheet->changed_at = now(sheet);
        g_clear_handle_id(&sheet->wake, g_source_remove);
        sheet->wake = g_timeout_add(QUESTION_DEAF_MS, wake_cb, sheet);
        sheet->handler.keys((int)sheet->acts->len, sheet->user_data);
}

const char *
question_sheet_first(QuestionSheet *sheet)
{
        return sheet->shown->len > 0 ? sheet->shown->pdata[0] : NULL;
}

void
question_sheet_key(QuestionSheet *sheet, int n)
{
        if (n >= 1)
                act(sheet, (guint)n - 1);
}

void
question_sheet_place(QuestionSheet *sheet, int x, int bottom)
{
        sheet->x = x;
        sheet->bottom = bottom;
        sheet->height = 0;
        place(sheet);
}

QuestionSheet *
question_sheet_new(const QuestionHandler *handler, gpointer user_data)
{
        QuestionSheet *sheet = g_new0(QuestionSheet, 1);
        GtkWidget *frame = ui_box(GTK_ORIENTATION_VERTICAL, 0, "framed");

        style_start();
        sheet->handler = *handler;
        sheet->user_data = user_data;
        sheet->shown = g_ptr_array_new_with_free_func(g_free);
        sheet->acts = g_ptr_array_new_with_free_func(g_free);
        sheet->buttons = g_ptr_array_new();
        sheet->single = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        sheet->window = ui_window("Impromptu asks", GDK_WINDOW_TYPE_HINT_NOTIFICATION, NULL, NULL);
        sheet->box = ui_box(GTK_ORIENTATION_VERTICAL, 6, NULL);
        g_object_set(sheet->box, "margin", 18, NULL);
        gtk_container_add(GTK_CONTAINER(frame), sheet->box);
        gtk_container_add(GTK_CONTAINER(sheet->window), frame);
        gtk_widget_set_size_request(frame, WIDTH, -1);
        gtk_widget_show_all(frame);
        ui_ground(sheet->window);
        g_signal_connect_swapped(sheet->window, "check-resize", G_CALLBACK(place), sheet);
        return sheet;
}

void
question_sheet_free(QuestionSheet *sheet)
{
        if (!sheet)
                return;
        g_clear_handle_id(&sheet->wake, g_source_remove);
        gtk_widget_destroy(sheet->window);
        g_ptr_array_unref(sheet->shown);
        g_ptr_array_unref(sheet->acts);
        g_ptr_array_unref(sheet->buttons);
        g_hash_table_unref(sheet->single);
        g_free(sheet);
}

GtkWidget *
question_sheet_window(QuestionSheet *sheet)
{
        return sheet->window;
}
