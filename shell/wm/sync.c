#include "sync.h"

#include "props.h"

#define SCOPE_UI 1
#define ROUNDS_MAX 8 /* a storm of events that goes on must not keep an answer back for ever */

void sync_request(Wm *wm, const XClientMessageEvent *e)
{
        SyncRequest request = { .window = (Window)e->data.l[0], .serial = e->data.l[1], .with_ui = e->data.l[2] == SCOPE_UI };

        if (wm->syncs->len >= WM_SYNC_MAX)
                return;
        g_array_append_val(wm->syncs, request);
}

/* What our own requests caused has come back and has been handled too. */
static void settle(Wm *wm)
{
        for (int i = 0; i < ROUNDS_MAX && !wm->gone; i++) {
                XSync(wm->display, False);
                if (XEventsQueued(wm->display, QueuedAlready) == 0)
                        return;
                core_drain(wm);
                core_flush(wm);
        }
}

static void reply(Wm *wm, const SyncRequest *request)
{
        long data[5] = { request->serial, 0, 0, 0, 0 };

        props_send(wm, request->window, NoEventMask, request->window, wm->atoms[ATOM__IMPROMPTU_SYNC], data);
        XFlush(wm->display);
}

void sync_answer(Wm *wm)
{
        if (wm->syncs->len == 0 || wm->answering)
                return;
        wm->answering = TRUE;
        settle(wm);
        for (guint i = 0; i < wm->syncs->len;) {
                SyncRequest *request = &g_array_index(wm->syncs, SyncRequest, i);
                if (request->ticket) {
                        i++;
                } else if (request->with_ui) {
                        request->ticket = ++wm->next_ticket;
                        WmEvent event = { .type = WM_EVENT_SYNC, .n = request->ticket };
                        core_emit(wm, &event);
                        i++;
                } else {
                        reply(wm, request);
                        g_array_remove_index(wm->syncs, i);
                }
        }
        wm->answering = FALSE;
}

void sync_ui_done(Wm *wm, int n)
{
        for (guint i = 0; i < wm->syncs->len; i++) {
                SyncRequest *request = &g_array_index(wm->syncs, SyncRequest, i);
                if (request->ticket != n)
                        continue;
                SyncRequest done = *request;
                g_array_remove_index(wm->syncs, i);
                core_flush(wm);
                settle(wm);
                reply(wm, &done);
                return;
        }
}
