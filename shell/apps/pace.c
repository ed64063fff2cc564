/* The pace of a page that is still being written: what comes in small pieces goes to WebKit at most once a frame, since each piece costs a layout, and
 * less often while a check runs, whose twins need the processor more than a page that grows either way. The first piece and the last are never held
 * back, nor is a page that comes as fast as it can be read. */
#include "shell/apps/page.h"

#include <string.h>

#define PACE_MS 16        /* a frame */
#define PACE_CHECK_MS 100 /* while a check runs */
#define PACE_HELD_MAX (64 * 1024) /* bytes; then they go on at once */
#define PACE_READ 8192

#define PACED_TYPE (paced_get_type())
G_DECLARE_FINAL_TYPE(Paced, paced, PACED, STREAM, GInputStream)

struct _Paced {
        GInputStream parent;
        GInputStream *base;
        GCancellable *cancellable; /* of reading the base */
        char coming[PACE_READ];
        GByteArray *held; /* up to PACE_HELD_MAX */
        gsize due;     /* of the bytes held, how many go on at once */
        gint64 last;   /* when the last of those that were due went */
        gboolean reading, ended;
        GError *error;
        GTask *asked;  /* the read that waits */
        void *into;
        gsize wanted;
        guint timer;
        GSource *cancelled;
};

G_DEFINE_FINAL_TYPE(Paced, paced, G_TYPE_INPUT_STREAM)

static guint checks; /* that run */

static void fill(Paced *self);

void pace_check_begins(void)
{
        checks++;
}

void pace_check_ends(void)
{
        checks--;
}

static GTask *take_asked(Paced *self)
{
        g_clear_handle_id(&self->timer, g_source_remove);
        if (self->cancelled)
                g_source_destroy(self->cancelled);
        g_clear_pointer(&self->cancelled, g_source_unref);
        return g_steal_pointer(&self->asked);
}

static void give(Paced *self)
{
        gsize n = MIN(self->due, self->wanted);
        g_autoptr(GTask) task = take_asked(self);

        memcpy(self->into, self->held->data, n);
        g_byte_array_remove_range(self->held, 0, (guint)n);
        self->due -= n;
        if (!self->due)
                self->last = g_get_monotonic_time();
        fill(self);
        g_task_return_int(task, (gssize)n);
}

static gboolean due_cb(gpointer user_data)
{
        Paced *self = user_data;

        self->timer = 0;
        self->due = self->held->len;
        give(self);
        return G_SOURCE_REMOVE;
}

/* Answers the read that waits, now or when it is time. */
static void serve(Paced *self)
{
        gint64 left = self->last + (checks ? PACE_CHECK_MS : PACE_MS) * 1000 - g_get_monotonic_time();

        if (!self->asked)
                return;
        if (!self->held->len && (self->ended || self->error)) {
                g_autoptr(GTask) task = take_asked(self);

                if (self->error)
                        g_task_return_error(task, g_error_copy(self->error));
                else
                        g_task_return_int(task, 0);
                return;
        }
        if (self->ended || self->error || left <= 0 || self->held->len == PACE_HELD_MAX)
                self->due = self->held->len;
        if (self->due)
                give(self);
        else if (self->held->len && !self->timer)
                self->timer = g_timeout_add((guint)(left + 999) / 1000, due_cb, self);
}

static void filled_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
        g_autoptr(Paced) self = user_data;
        g_autoptr(GError) error = NULL;
        gssize n = g_input_stream_read_finish(G_INPUT_STREAM(source), result, &error);

        self->reading = FALSE;
        if (n > 0)
                g_byte_array_append(self->held, (const guint8 *)self->coming, (guint)n);
        else if (n == 0)
                self->ended = TRUE;
        else if (!self->error)
                self->error = g_steal_pointer(&error);
        fill(self);
        serve(self);
}

static void fill(Paced *self)
{
        if (self->reading || self->ended || self->error || self->held->len == PACE_HELD_MAX)
                return;
        self->reading = TRUE;
        g_input_stream_read_async(self->base, self->coming, MIN(PACE_READ, PACE_HELD_MAX - self->held->len), G_PRIORITY_DEFAULT, self->cancellable,
                                  filled_cb, g_object_ref(self));
}

static gboolean cancelled_cb(GCancellable *cancellable, gpointer user_data)
{
        Paced *self = user_data;
        g_autoptr(GTask) task = NULL;

        g_cancellable_cancel(self->cancellable);
        task = take_asked(self);
        g_task_return_error_if_cancelled(task);
        return G_SOURCE_REMOVE;
}

static void paced_read_async(GInputStream *stream, void *buffer, gsize count, int priority, GCancellable *cancellable, GAsyncReadyCallback callback,
                             gpointer user_data)
{
        Paced *self = PACED_STREAM(stream);

        self->asked = g_task_new(self, cancellable, callback, user_data);
        g_task_set_priority(self->asked, priority);
        self->into = buffer;
        self->wanted = count;
        if (cancellable) {
                self->cancelled = g_cancellable_source_new(cancellable);
                g_source_set_callback(self->cancelled, G_SOURCE_FUNC(cancelled_cb), self, NULL);
                g_source_attach(self->cancelled, NULL);
        }
        fill(self);
        serve(self);
}

static gssize paced_read_finish(GInputStream *stream, GAsyncResult *result, GError **error)
{
        return g_task_propagate_int(G_TASK(result), error);
}

static void paced_dispose(GObject *object)
{
        Paced *self = PACED_STREAM(object);

        g_cancellable_cancel(self->cancellable);
        g_clear_handle_id(&self->timer, g_source_remove);
        G_OBJECT_CLASS(paced_parent_class)->dispose(object);
}

static void paced_finalize(GObject *object)
{
        Paced *self = PACED_STREAM(object);

        g_object_unref(self->base);
        g_object_unref(self->cancellable);
        g_clear_error(&self->error);
        g_byte_array_unref(self->held);
        G_OBJECT_CLASS(paced_parent_class)->finalize(object);
}

static void paced_class_init(PacedClass *class)
{
        G_OBJECT_CLASS(class)->dispose = paced_dispose;
        G_OBJECT_CLASS(class)->finalize = paced_finalize;
        G_INPUT_STREAM_CLASS(class)->read_async = paced_read_async;
        G_INPUT_STREAM_CLASS(class)->read_finish = paced_read_finish;
}

static void paced_init(Paced *self)
{
        self->cancellable = g_cancellable_new();
        self->held = g_byte_array_new();
}

GInputStream *pace_stream(GInputStream *base)
{
        Paced *self = g_object_new(PACED_TYPE, NULL);

        self->base = g_object_ref(base);
        return G_INPUT_STREAM(self);
}
