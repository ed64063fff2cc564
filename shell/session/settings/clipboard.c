/* The CLIPBOARD_MANAGER of the ICCCM's and freedesktop.org's conventions: a program that is about to end asks it to SAVE_TARGETS, it reads
 * them all from the program, becomes the owner of CLIPBOARD and answers in the program's place. PRIMARY is left alone. What is read and
 * what is given may come piece by piece (INCR). */
#include <X11/Xatom.h>
#include <string.h>

#include "shell/session/settings/settings.h"

#define SAVE_MS 5000            /* for all of a program's targets */
#define PIECE_MAX (256 * 1024)  /* bytes of one property */
#define PAIRS_MAX 64            /* of a MULTIPLE request */

typedef struct {
        Atom target, type;
        int format;
        GByteArray *bytes; /* as Xlib has them: a long for each item of format 32 */
} Content;

/* Given piece by piece. */
typedef struct {
        Window to;
        Atom property, type;
        int format;
        GBytes *bytes;
        gsize at;
} Transfer;

struct Clipboard {
        Display *display;
        Window window;
        Atom manager, clipboard, save_targets, targets, multiple, timestamp, incr, atom_pair, property;
        GPtrArray *contents;  /* Content: what is kept */
        Time since;           /* of our ownership */
        gboolean owner;
        GPtrArray *transfers; /* Transfer */

        /* While a program's targets are read: */
        gboolean saving, piecewise;
        XSelectionRequestEvent asked; /* answered at the end */
        GArray *wanted;       /* Atom, those still to be read */
        GPtrArray *coming;    /* Content */
        gsize size;
        guint timer;
};

static void content_free(gpointer data)
{
        Content *content = data;

        g_byte_array_unref(content->bytes);
        g_free(content);
}

static void transfer_free(gpointer data)
{
        Transfer *transfer = data;

        g_bytes_unref(transfer->bytes);
        g_free(transfer);
}

static gsize item_size(int format)
{
        return format == 32 ? sizeof(long) : (gsize)format / 8;
}

static void answer(Clipboard *clipboard, const XSelectionRequestEvent *asked, Atom property)
{
        XSelectionEvent event = {.type = SelectionNotify, .requestor = asked->requestor, .selection = asked->selection,
                                 .target = asked->target, .property = property, .time = asked->time};

        XSendEvent(clipboard->display, asked->requestor, False, NoEventMask, (XEvent *)&event);
}

/* Saving. */

static gboolean is_data(const Clipboard *clipboard, Atom target)
{
        static const char *const commands[] = {"DELETE", "INSERT_SELECTION", "INSERT_PROPERTY"};

        for (guint i = 0; i < G_N_ELEMENTS(commands); i++) {
                if (target == XInternAtom(clipboard->display, commands[i], False))
                        return FALSE;
        }
        return target && target != clipboard->targets && target != clipboard->multiple && target != clipboard->timestamp &&
               target != clipboard->save_targets;
}

static void want(Clipboard *clipboard, const long *atoms, unsigned long n)
{
        for (unsigned long i = 0; i < n && clipboard->wanted->len < CLIPBOARD_TARGETS_MAX; i++) {
                Atom target = (Atom)atoms[i];
                if (is_data(clipboard, target))
                        g_array_append_val(clipboard->wanted, target);
        }
}

static void save_end(Clipboard *clipboard)
{
        gboolean any = clipboard->coming->len > 0;

        g_clear_handle_id(&clipboard->timer, g_source_remove);
        clipboard->saving = clipboard->piecewise = FALSE;
        if (any) {
                g_ptr_array_unref(clipboard->contents);
                clipboard->contents = g_steal_pointer(&clipboard->coming);
                clipboard->since = clipboard->asked.time;
                XSetSelectionOwner(clipboard->display, clipboard->clipboard, clipboard->window, clipboard->since);
                clipboard->owner = XGetSelectionOwner(clipboard->display, clipboard->clipboard) == clipboard->window;
        }
        g_clear_pointer(&clipboard->coming, g_ptr_array_unref);
        answer(clipboard, &clipboard->asked, any && clipboard->owner ? clipboard->asked.property : None);
        XFlush(clipboard->display);
}

static void save_next(Clipboard *clipboard)
{
        if (clipboard->wanted->len == 0 || clipboard->size > CLIPBOARD_BYTES_MAX) {
                save_end(clipboard);
                return;
        }
        Atom target = g_array_index(clipboard->wanted, Atom, 0);
        XConvertSelection(clipboard->display, clipboard->clipboard, target, clipboard->property, clipboard->window, clipboard->asked.time);
}

static gboolean late_cb(gpointer user_data)
{
        Clipboard *clipboard = user_data;

        clipboard->timer = 0;
        save_end(clipboard);
        return G_SOURCE_REMOVE;
}

/* Reads and deletes a property, whole. FALSE if it is not there. */
static gboolean take_property(Clipboard *clipboard, Window window, Atom property, Content *content)
{
        unsigned char *data = NULL;
        unsigned long n = 0, left;

        if (XGetWindowProperty(clipboard->display, window, property, 0, CLIPBOARD_BYTES_MAX / 4, window == clipboard->window,
                               AnyPropertyType, &content->type, &content->format, &n, &left, &data) != Success ||
            content->type == None) {
                if (data)
                        XFree(data);
                return FALSE;
        }
        g_byte_array_append(content->bytes, data, (guint)(n * item_size(content->format)));
        XFree(data);
        return TRUE;
}

static void save_begin(Clipboard *clipboard, const XSelectionRequestEvent *asked)
{
        Content list = {.bytes = g_byte_array_new()};

        if (clipboard->saving || clipboard->owner || asked->property == None) {
                answer(clipboard, asked, clipboard->owner ? asked->property : None);
                g_byte_array_unref(list.bytes);
                return;
        }
        clipboard->saving = TRUE;
        clipboard->asked = *asked;
        clipboard->size = 0;
        clipboard->coming = g_ptr_array_new_with_free_func(content_free);
        clipboard->timer = g_timeout_add(SAVE_MS, late_cb, clipboard);
        g_array_set_size(clipboard->wanted, 0);
        if (take_property(clipboard, asked->requestor, asked->property, &list) && list.type == XA_ATOM && list.format == 32)
                want(clipboard, (const long *)(const void *)list.bytes->data, list.bytes->len / sizeof(long));
        if (clipboard->wanted->len > 0)
                save_next(clipboard);
        else /* it leaves to us what to keep */
                XConvertSelection(clipboard->display, clipboard->clipboard, clipboard->targets, clipboard->property, clipboard->window,
                                  asked->time);
        g_byte_array_unref(list.bytes);
}

/* One target is here, or will not come. */
static void save_target_done(Clipboard *clipboard)
{
        clipboard->piecewise = FALSE;
        g_array_remove_index(clipboard->wanted, 0);
        save_next(clipboard);
}

static void save_came(Clipboard *clipboard, const XSelectionEvent *event)
{
        Content *content;

        if (!clipboard->saving || clipboard->piecewise || event->selection != clipboard->clipboard)
                return;
        content = g_new0(Content, 1);
        content->bytes = g_byte_array_new();
        content->target = event->target;
        gboolean there = event->property != None && take_property(clipboard, clipboard->window, clipboard->property, content);
        if (clipboard->wanted->len == 0) {
                if (there && event->target == clipboard->targets && content->format == 32)
                        want(clipboard, (const long *)(const void *)content->bytes->data, content->bytes->len / sizeof(long));
                content_free(content);
                save_next(clipboard);
                return;
        }
        if (!there) {
                content_free(content);
                save_target_done(clipboard);
                return;
        }
        clipboard->piecewise = content->type == clipboard->incr;
        if (clipboard->piecewise)
                g_byte_array_set_size(content->bytes, 0);
        clipboard->size += content->bytes->len;
        g_ptr_array_add(clipboard->coming, content);
        if (!clipboard->piecewise)
                save_target_done(clipboard);
}

static void save_piece(Clipboard *clipboard)
{
        Content *content = g_ptr_array_index(clipboard->coming, clipboard->coming->len - 1);
        guint before = content->bytes->len;

        if (!take_property(clipboard, clipboard->window, clipboard->property, content))
                return;
        clipboard->size += content->bytes->len - before;
        if (content->bytes->len == before || clipboard->size > CLIPBOARD_BYTES_MAX)
                save_target_done(clipboard);
}

/* Giving. */

static void give_piece(Clipboard *clipboard, Transfer *transfer)
{
        gsize size, unit = item_size(transfer->format);
        const guint8 *data = g_bytes_get_data(transfer->bytes, &size);
        gsize piece = MIN(size - transfer->at, PIECE_MAX);

        XChangeProperty(clipboard->display, transfer->to, transfer->property, transfer->type, transfer->format, PropModeReplace,
                        data + transfer->at, (int)(piece / unit));
        transfer->at += piece;
        if (piece == 0)
                g_ptr_array_remove_fast(clipboard->transfers, transfer);
}

static gboolean give_piecewise(Clipboard *clipboard, Window to, Atom property, const Content *content)
{
        Transfer *transfer;
        long size = content->bytes->len;

        if (clipboard->transfers->len >= CLIPBOARD_TRANSFERS_MAX)
                return FALSE;
        transfer = g_new0(Transfer, 1);
        transfer->to = to;
        transfer->property = property;
        transfer->type = content->type;
        transfer->format = content->format;
        transfer->bytes = g_bytes_new(content->bytes->data, content->bytes->len);
        g_ptr_array_add(clipboard->transfers, transfer);
        XSelectInput(clipboard->display, to, PropertyChangeMask | StructureNotifyMask);
        XChangeProperty(clipboard->display, to, property, clipboard->incr, 32, PropModeReplace, (unsigned char *)&size, 1);
        return TRUE;
}

static void give_targets(Clipboard *clipboard, Window to, Atom property)
{
        g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(long));
        const Atom always[] = {clipboard->targets, clipboard->timestamp, clipboard->multiple, clipboard->save_targets};

        for (guint i = 0; i < G_N_ELEMENTS(always); i++)
                g_array_append_vals(list, &(long){(long)always[i]}, 1);
        for (guint i = 0; i < clipboard->contents->len; i++)
                g_array_append_vals(list, &(long){(long)((Content *)clipboard->contents->pdata[i])->target}, 1);
        XChangeProperty(clipboard->display, to, property, XA_ATOM, 32, PropModeReplace, (unsigned char *)list->data, (int)list->len);
}

static gboolean give(Clipboard *clipboard, Window to, Atom target, Atom property)
{
        long since = (long)clipboard->since;

        if (target == clipboard->targets) {
                give_targets(clipboard, to, property);
                return TRUE;
        }
        if (target == clipboard->timestamp) {
                XChangeProperty(clipboard->display, to, property, XA_INTEGER, 32, PropModeReplace, (unsigned char *)&since, 1);
                return TRUE;
        }
        for (guint i = 0; i < clipboard->contents->len; i++) {
                const Content *content = clipboard->contents->pdata[i];
                if (content->target != target || content->format == 0)
                        continue;
                if (content->bytes->len > PIECE_MAX)
                        return give_piecewise(clipboard, to, property, content);
                XChangeProperty(clipboard->display, to, property, content->type, content->format, PropModeReplace, content->bytes->data,
                                (int)(content->bytes->len / item_size(content->format)));
                return TRUE;
        }
        return FALSE;
}

static gboolean give_multiple(Clipboard *clipboard, Window to, Atom property)
{
        Content pairs = {.bytes = g_byte_array_new()};
        gboolean good = property != None && take_property(clipboard, to, property, &pairs) && pairs.format == 32;
        long *atoms = (long *)(void *)pairs.bytes->data;
        gsize n = MIN(pairs.bytes->len / sizeof(long) / 2, PAIRS_MAX);

        for (gsize i = 0; good && i < n; i++) {
                if (!give(clipboard, to, (Atom)atoms[i * 2], (Atom)atoms[i * 2 + 1]))
                        atoms[i * 2 + 1] = None;
        }
        if (good)
                XChangeProperty(clipboard->display, to, property, clipboard->atom_pair, 32, PropModeReplace, pairs.bytes->data, (int)n * 2);
        g_byte_array_unref(pairs.bytes);
        return good;
}

static void request(Clipboard *clipboard, const XSelectionRequestEvent *asked)
{
        Atom property = asked->property != None ? asked->property : asked->target; /* obsolete clients */
        gboolean good = FALSE;

        if (asked->selection == clipboard->manager && asked->target == clipboard->save_targets) {
                save_begin(clipboard, asked);
                return;
        }
        if (asked->selection == clipboard->manager && asked->target == clipboard->targets) {
                long list[] = {(long)clipboard->targets, (long)clipboard->save_targets};
                XChangeProperty(clipboard->display, asked->requestor, property, XA_ATOM, 32, PropModeReplace, (unsigned char *)list, 2);
                good = TRUE;
        } else if (asked->selection == clipboard->clipboard && clipboard->owner) {
                good = asked->target == clipboard->multiple ? give_multiple(clipboard, asked->requestor, asked->property)
                                                            : give(clipboard, asked->requestor, asked->target, property);
        }
        answer(clipboard, asked, good ? property : None);
}

static void property_event(Clipboard *clipboard, const XPropertyEvent *event)
{
        if (event->window == clipboard->window && event->atom == clipboard->property && event->state == PropertyNewValue &&
            clipboard->saving && clipboard->piecewise)
                save_piece(clipboard);
        for (guint i = clipboard->transfers->len; event->state == PropertyDelete && i > 0; i--) {
                Transfer *transfer = clipboard->transfers->pdata[i - 1];
                if (transfer->to == event->window && transfer->property == event->atom)
                        give_piece(clipboard, transfer);
        }
}

static void gone_event(Clipboard *clipboard, Window window)
{
        for (guint i = clipboard->transfers->len; i > 0; i--) {
                if (((Transfer *)clipboard->transfers->pdata[i - 1])->to == window)
                        g_ptr_array_remove_index_fast(clipboard->transfers, i - 1);
        }
}

void clipboard_event(Clipboard *clipboard, const XEvent *event)
{
        if (event->type == SelectionRequest && event->xselectionrequest.owner == clipboard->window) {
                request(clipboard, &event->xselectionrequest);
        } else if (event->type == SelectionNotify && event->xselection.requestor == clipboard->window) {
                save_came(clipboard, &event->xselection);
        } else if (event->type == PropertyNotify) {
                property_event(clipboard, &event->xproperty);
        } else if (event->type == DestroyNotify) {
                gone_event(clipboard, event->xdestroywindow.window);
        } else if (event->type == SelectionClear && event->xselectionclear.selection == clipboard->clipboard) {
                clipboard->owner = FALSE; /* something newer was copied */
                g_ptr_array_set_size(clipboard->contents, 0);
        }
}

Clipboard *clipboard_new(Display *display, Time time)
{
        Atom manager = XInternAtom(display, "CLIPBOARD_MANAGER", False);
        Clipboard *clipboard;

        if (XGetSelectionOwner(display, manager) != None)
                return NULL;
        clipboard = g_new0(Clipboard, 1);
        clipboard->display = display;
        clipboard->window = XCreateSimpleWindow(display, DefaultRootWindow(display), -10, -10, 1, 1, 0, 0, 0);
        XSelectInput(display, clipboard->window, PropertyChangeMask);
        clipboard->manager = manager;
        clipboard->clipboard = XInternAtom(display, "CLIPBOARD", False);
        clipboard->save_targets = XInternAtom(display, "SAVE_TARGETS", False);
        clipboard->targets = XInternAtom(display, "TARGETS", False);
        clipboard->multiple = XInternAtom(display, "MULTIPLE", False);
        clipboard->timestamp = XInternAtom(display, "TIMESTAMP", False);
        clipboard->incr = XInternAtom(display, "INCR", False);
        clipboard->atom_pair = XInternAtom(display, "ATOM_PAIR", False);
        clipboard->property = XInternAtom(display, "_IMPROMPTU_SAVED", False);
        clipboard->contents = g_ptr_array_new_with_free_func(content_free);
        clipboard->transfers = g_ptr_array_new_with_free_func(transfer_free);
        clipboard->wanted = g_array_new(FALSE, FALSE, sizeof(Atom));
        XSetSelectionOwner(display, manager, clipboard->window, time);
        return clipboard;
}

void clipboard_free(Clipboard *clipboard)
{
        if (!clipboard)
                return;
        g_clear_handle_id(&clipboard->timer, g_source_remove);
        XDestroyWindow(clipboard->display, clipboard->window);
        g_ptr_array_unref(clipboard->contents);
        g_ptr_array_unref(clipboard->transfers);
        g_clear_pointer(&clipboard->coming, g_ptr_array_unref);
        g_array_unref(clipboard->wanted);
        g_free(clipboard);
}
