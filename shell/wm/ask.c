#include "ask.h"

#include <X11/Xlib-xcb.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>
#include <xcb/res.h>

#include "client.h"
#include "frame.h"

#define PROGRAM "impromptu-ask-end"
#define END_IT 0 /* its exit status when the person says so */

typedef struct {
        Wm *wm;
        Window window;
} Question;

/* The process at the other end of the client's connection, or 0: it is on another machine, or the server cannot say. What the client
 * says about itself is not trusted with a kill. */
static pid_t process_of(Wm *wm, Client *c)
{
        xcb_connection_t *xcb = XGetXCBConnection(wm->display);
        const xcb_res_client_id_spec_t spec = { (uint32_t)c->window, XCB_RES_CLIENT_ID_MASK_LOCAL_CLIENT_PID };
        pid_t pid = 0;

        if (!xcb_get_extension_data(xcb, &xcb_res_id)->present)
                return 0;
        xcb_res_query_client_ids_reply_t *reply = xcb_res_query_client_ids_reply(xcb, xcb_res_query_client_ids(xcb, 1, &spec), NULL);
        if (!reply)
                return 0;
        xcb_res_client_id_value_iterator_t it = xcb_res_query_client_ids_ids_iterator(reply);
        if (it.rem > 0 && xcb_res_client_id_value_value_length(it.data) > 0)
                pid = (pid_t)*xcb_res_client_id_value_value(it.data);
        free(reply);
        return pid;
}

void ask_end(Wm *wm, Client *c)
{
        if (c->role != 0)
                return;
        pid_t pid = process_of(wm, c);
        if (pid > 1 && pid != getpid() && kill(pid, SIGKILL) < 0)
                g_debug("process %d of window 0x%lx could not be ended", (int)pid, c->window);
        XKillClient(wm->display, c->window);
}

static void answered_cb(GPid pid, int status, gpointer data)
{
        Question *question = data;
        Client *c = client_find(question->wm, question->window);

        g_spawn_close_pid(pid);
        if (c && c->asking == pid) {
                c->asking = 0;
                if (WIFEXITED(status) && WEXITSTATUS(status) == END_IT)
                        ask_end(question->wm, c);
                core_flush(question->wm);
        }
}

static char *program(void)
{
        const char *given = g_getenv("IMPROMPTU_ASK_END");
        g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
        g_autofree char *folder = self ? g_path_get_dirname(self) : NULL;
        char *beside = given ? g_strdup(given) : folder ? g_build_filename(folder, PROGRAM, NULL) : NULL;

        if (beside && access(beside, X_OK) == 0)
                return beside;
        g_free(beside);
        return g_find_program_in_path(PROGRAM);
}

void ask_whether_to_end(Wm *wm, Client *c)
{
        g_autofree char *path = program(), *window = g_strdup_printf("0x%lx", c->window);
        const char *argv[] = { path, window, client_title(c), c->silent ? "hangs" : "ends", NULL };
        g_auto(GStrv) environment = g_environ_setenv(wm->config.environment ? g_strdupv(wm->config.environment) : g_get_environ(), "DISPLAY", DisplayString(wm->display), TRUE);
        g_autoptr(GError) error = NULL;
        GPid pid;

        /* Without it, the title bar says the same, and closing again is the answer. */
        if (c->asking || c->role != 0 || !path)
                return;
        if (!g_spawn_async(NULL, (char **)argv, environment, G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, &pid,
                           &error)) {
                g_warning("The question whether to end a program cannot be asked: %s", error->message);
                return;
        }
        Question *question = g_new(Question, 1);
        *question = (Question){ wm, c->window };
        c->asking = pid;
        GSource *source = g_child_watch_source_new(pid);
        g_source_set_callback(source, G_SOURCE_FUNC(answered_cb), question, g_free);
        g_source_attach(source, g_main_context_get_thread_default());
        g_source_unref(source);
}

void ask_client_gone(Wm *wm, Client *c)
{
        if (c->asking)
                kill(c->asking, SIGTERM);
        c->asking = 0;
}
