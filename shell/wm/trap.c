/* XESetWireToError replaces the conversion of errors on one Display: returning False there drops the error before Xlib looks at the
 * process's handler. */
#include "trap.h"

#include <X11/Xlibint.h>
/* Xlibint's own macros would break GLib's. */
#undef min
#undef max

#define TRAP_DISPLAYS_MAX 4 /* the core's, and the short-lived one that draws the background */
#define ERROR_CODES 256
#define BUFFER_LEAST 2048 /* bytes: Xlib's buffer is never smaller */

typedef struct {
        Display *display;
        unsigned long from; /* 0: no range is open */
        int first_error;
} Trap;

static Trap traps[TRAP_DISPLAYS_MAX];
static GMutex traps_lock;
static XIOErrorHandler previous_io_handler;

static Trap *trap_of(Display *display)
{
        for (int i = 0; i < TRAP_DISPLAYS_MAX; i++)
                if (traps[i].display == display)
                        return &traps[i];
        return NULL;
}

static Bool wire_to_error_cb(Display *display, XErrorEvent *event, xError *wire)
{
        /* Only the thread that uses this Display comes here or changes its entry, so the entry itself needs no lock. */
        Trap *trap = trap_of(display);

        if (trap && trap->from && event->serial >= trap->from && !trap->first_error)
                trap->first_error = wire->errorCode;
        g_debug("X error %d of request %d.%d on 0x%lx, serial %lu", wire->errorCode, wire->majorCode, wire->minorCode,
                (unsigned long)wire->resourceID,
                event->serial);
        return False;
}

/* While XCB has the socket, Xlib's buffer has no room, and it gets none from a connection that has broken; requests would then be written
 * to nowhere. With room they end in the buffer and are dropped, as they are when Xlib had the socket. */
static void give_room(Display *display)
{
        if (display->bufmax != display->buffer)
                return;
        display->bufptr = display->buffer;
        display->bufmax = display->buffer + BUFFER_LEAST;
}

/* The handler is the whole process's: a break of our connection returns to Xlib, which then calls the exit handler of that Display;
 * others go on as before. */
static int io_error_cb(Display *display)
{
        g_mutex_lock(&traps_lock);
        gboolean ours = trap_of(display) != NULL;
        g_mutex_unlock(&traps_lock);

        if (ours)
                give_room(display);
        if (ours || !previous_io_handler)
                return 0;
        return previous_io_handler(display);
}

void trap_install(Display *display, void (*lost)(Display *display, void *data), void *data)
{
        g_mutex_lock(&traps_lock);
        Trap *trap = trap_of(NULL);
        g_assert(trap != NULL);
        *trap = (Trap){ .display = display };
        XIOErrorHandler current = XSetIOErrorHandler(io_error_cb);
        if (current != io_error_cb)
                previous_io_handler = current;
        g_mutex_unlock(&traps_lock);

        for (int code = 1; code < ERROR_CODES; code++)
                XESetWireToError(display, code, wire_to_error_cb);
        XSetIOErrorExitHandler(display, lost, data);
}

void trap_uninstall(Display *display)
{
        g_mutex_lock(&traps_lock);
        Trap *trap = trap_of(display);
        if (trap)
                *trap = (Trap){ 0 };
        g_mutex_unlock(&traps_lock);
}

unsigned long trap_next_serial(Display *display)
{
        /* Xlib counts what XCB has sent only when it next sends itself. */
        XNoOp(display);
        return NextRequest(display);
}

void trap_open(Display *display)
{
        Trap *trap = trap_of(display);

        g_return_if_fail(trap != NULL && trap->from == 0);
        trap->from = trap_next_serial(display);
        trap->first_error = 0;
}

int trap_close(Display *display)
{
        Trap *trap = trap_of(display);

        g_return_val_if_fail(trap != NULL && trap->from != 0, 0);
        XSync(display, False);
        trap->from = 0;
        return trap->first_error;
}
