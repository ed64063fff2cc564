/* impromptu-judge: plays hand-written checks on pages, for “impromptu eval”. A line of JSON on stdin is a job (shell/apps/judge.h), a line
 * on stdout its verdict, in the same order; it ends with stdin. Pages are a model's, so it is confined as the shell is.
 *
 * Exit status, after sysexits.h: 0 stdin ended, 65 a job that is none, 71 no runtime folder, 74 no X display, 77 as root or without
 * WebKit's sandbox. */
#include <X11/Xlib.h>
#include <gio/gunixinputstream.h>
#include <gtk/gtk.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "protocols/api.h"
#include "protocols/share.h"
#include "protocols/text.h"
#include "shell/apps/judge.h"
#include "shell/confine.h"

#define JOB_MAX (2 * API_DRAFT_MAX + 1024 * 1024) /* bytes of one line: a page, as JSON, and its checks */

typedef struct {
        GMainLoop *loop;
        GDataInputStream *input;
        Judge *judge;
        int code;
} Program;

static void read_next(Program *program);

static void over(Program *program, int code, const char *sentence)
{
        if (sentence)
                fprintf(stderr, "impromptu-judge: %s\n", sentence);
        program->code = code;
        g_main_loop_quit(program->loop);
}

static void judged_cb(json_object *verdict, gpointer user_data)
{
        puts(json_object_to_json_string_ext(verdict, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
        fflush(stdout);
        json_object_put(verdict);
        read_next(user_data);
}

static gboolean is_job(json_object *job)
{
        json_object *app = NULL, *page = NULL, *checks = NULL;

        return json_object_object_get_ex(job, "app", &app) && json_object_object_get_ex(job, "page", &page) &&
               json_object_object_get_ex(job, "checks", &checks) && json_object_is_type(app, json_type_string) &&
               json_object_is_type(page, json_type_string) && json_object_is_type(checks, json_type_array);
}

static void line_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
        Program *program = user_data;
        g_autoptr(GError) error = NULL;
        gsize length;
        g_autofree char *line = g_data_input_stream_read_line_finish(program->input, result, &length, &error);
        json_object *job;

        if (!line) {
                over(program, error ? EX_DATAERR : EX_OK, error ? error->message : NULL);
                return;
        }
        job = length <= JOB_MAX ? text_json(line, length, &error) : NULL;
        if (job && is_job(job))
                judge_play(program->judge, job, judged_cb, program);
        else
                over(program, EX_DATAERR, error ? error->message : "A job has app, page and checks, and is not too large.");
        json_object_put(job);
}

static void read_next(Program *program)
{
        g_data_input_stream_read_line_async(program->input, G_PRIORITY_DEFAULT, NULL, line_cb, program);
}

static int run(void)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(AgentClient) agent = agent_client_new(NULL, &error);
        g_autoptr(GInputStream) raw = g_unix_input_stream_new(STDIN_FILENO, FALSE);
        g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
        g_autofree char *share = share_folder("runtime");
        Program program = {.loop = loop};
        Views *views;

        if (!agent) {
                fprintf(stderr, "impromptu-judge: %s\n", error->message);
                return EX_OSERR;
        }
        views = views_new(agent, share);
        program.judge = judge_new(views);
        program.input = g_data_input_stream_new(raw);
        read_next(&program);
        g_main_loop_run(loop);
        judge_free(program.judge);
        views_free(views);
        g_object_unref(program.input);
        return program.code;
}

int main(int argc, char **argv)
{
        g_auto(GStrv) whole = g_strdupv(argv);
        g_autofree char *network = NULL;
        ConfineDisplay *display;
        const char *problem;
        int code;

        if (geteuid() == 0) {
                fputs("impromptu-judge: A page that a model wrote is never opened as root. Run the evaluation as an ordinary user.\n",
                      stderr);
                return EX_NOPERM;
        }
        confine_inheritance();
        if (!confine_network(whole, &network)) {
                fprintf(stderr, "impromptu-judge: %s\n", network);
                return EX_NOPERM;
        }
        confine_environment();
        display = confine_display_start();
        XInitThreads();
        gdk_set_allowed_backends("x11");
        g_set_prgname("impromptu-judge");
        if (!gtk_init_check(&argc, &argv)) {
                confine_display_free(display);
                fputs("impromptu-judge: There is no X display to try pages on.\n", stderr);
                return EX_IOERR;
        }
        problem = confine_display_use(display);
        if (problem)
                fprintf(stderr, "impromptu-judge: %s\n", problem);
        code = run();
        confine_display_free(display);
        return code;
}
