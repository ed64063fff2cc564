#include "resize.h"

#include "client.h"
#include "focus.h"
#include "hints.h"
#include "moveresize.h"
#include "props.h"

#define PATIENCE_MS 1000
#define HALF 0xffffffffLL

typedef struct {
        Wm *wm;
        Window window;
} Patience;

static void forget_patience(Client *c)
{
        if (c->sync.patience)
                g_source_destroy(c->sync.patience);
        c->sync.patience = NULL;
}

static void drop_alarm(Wm *wm, Client *c)
{
        forget_patience(c);
        if (c->sync.alarm)
                XSyncDestroyAlarm(wm->display, c->sync.alarm);
        c->sync.alarm = None;
        c->sync.waiting = c->sync.has_next = FALSE;
}

void resize_read_counter(Wm *wm, Client *c)
{
        XSyncCounter before = c->sync.counter;

        hints_read_counter(wm, c);
        if (c->sync.counter != before)
                drop_alarm(wm, c);
}

static XSyncValue value_of(gint64 number)
{
        XSyncValue value;

        XSyncIntsToValue(&value, (unsigned)(number & HALF), (int)(number >> 32));
        return value;
}

/* Once a drag, since it waits for the server. */
static gboolean make_alarm(Wm *wm, Client *c)
{
        XSyncValue now;

        if (!XSyncQueryCounter(wm->display, c->sync.counter, &now)) {
                c->sync.counter = None;
                return FALSE;
        }
        c->sync.value = (gint64)((guint64)(guint32)XSyncValueHigh32(now) << 32 | XSyncValueLow32(now));
        /* At the far end of its range it could not be counted up. */
        if (c->sync.value < 0 || c->sync.value > G_MAXINT64 / 2) {
                c->sync.counter = None;
                return FALSE;
        }
        return TRUE;
}

static void watch_for(Wm *wm, Client *c)
{
        XSyncAlarmAttributes a = { .trigger = { .counter = c->sync.counter, .value_type = XSyncAbsolute,
                                                .wait_value = value_of(c->sync.value), .test_type = XSyncPositiveComparison },
                                   .delta = value_of(0), .events = True };
        unsigned long mask = XSyncCACounter | XSyncCAValueType | XSyncCAValue | XSyncCATestType | XSyncCADelta | XSyncCAEvents;

        if (c->sync.alarm)
                XSyncChangeAlarm(wm->display, c->sync.alarm, mask, &a);
        else
                c->sync.alarm = XSyncCreateAlarm(wm->display, mask, &a);
}

static void send_next(Wm *wm, Client *c)
{
        Box next = c->sync.next;

        c->sync.waiting = FALSE;
        if (!c->sync.has_next)
                return;
        c->sync.has_next = FALSE;
        client_place(wm, c, next);
}

static gboolean patience_over_cb(gpointer data)
{
        Patience *patience = data;
        Client *c = client_find(patience->wm, patience->window);

        if (c && c->sync.waiting) {
                c->sync.patience = NULL;
                c->sync.counter = None;
                send_next(patience->wm, c);
                drop_alarm(patience->wm, c);
                core_flush(patience->wm);
        }
        return G_SOURCE_REMOVE;
}

void resize_announce(Wm *wm, Client *c)
{
        if (!c->sync.counter || !drag_is_on(wm, c) || (!c->sync.alarm && !make_alarm(wm, c)))
                return;
        c->sync.value++;
        watch_for(wm, c);
        long data[5] = { (long)wm->atoms[ATOM__NET_WM_SYNC_REQUEST], (long)wm->time, (long)(c->sync.value & HALF),
                         (long)(c->sync.value >> 32), 0 };
        props_send(wm, c->window, NoEventMask, c->window, wm->atoms[ATOM_WM_PROTOCOLS], data);
        Patience *patience = g_new(Patience, 1);
        *patience = (Patience){ wm, c->window };
        forget_patience(c);
        c->sync.patience = core_later(wm, PATIENCE_MS, patience_over_cb, patience);
        c->sync.waiting = TRUE;
}

void resize_to(Wm *wm, Client *c, Box box)
{
        if (c->sync.waiting) {
                c->sync.next = box;
                c->sync.has_next = TRUE;
        } else {
                client_place(wm, c, box);
        }
}

void resize_finish(Wm *wm, Client *c)
{
        forget_patience(c);
        send_next(wm, c);
        forget_patience(c);
        c->sync.waiting = FALSE;
}

void resize_counted(Wm *wm, const XSyncAlarmNotifyEvent *e)
{
        for (guint i = 0; i < wm->clients->len; i++) {
                Client *c = g_ptr_array_index(wm->clients, i);
                if (c->sync.alarm != e->alarm || !c->sync.alarm)
                        continue;
                XSyncValue wanted = value_of(c->sync.value);
                if (c->sync.waiting && XSyncValueGreaterOrEqual(e->counter_value, wanted)) {
                        forget_patience(c);
                        send_next(wm, c);
                }
                return;
        }
}

void resize_client_gone(Wm *wm, Client *c)
{
        drop_alarm(wm, c);
}
