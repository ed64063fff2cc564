/* The window manager's core without a user interface: prints its events, one a line, and takes commands of one line from standard
 * input: mark XID ROLE, evidence XID TONE BUTTON PROGRESS TITLE|EVIDENCE, activate XID, close XID, minimise XID, desktop N, show-bar, hide-bar
 * XID, bar-size W H, answer-keys N, quit. */
#include <X11/Xlib.h>
#include <gio/gio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core.h"

static GMainLoop *loop;
static WmCore *core;
static int status;

static const char *const names[] = {
        [WM_EVENT_READY] = "ready",
        [WM_EVENT_FAILED] = "failed",
        [WM_EVENT_WINDOWS] = "windows",
        [WM_EVENT_DESKTOPS] = "desktops",
        [WM_EVENT_ICON] = "icon",
        [WM_EVENT_BAR] = "bar",
        [WM_EVENT_BAR_HIDDEN] = "bar-hidden",
        [WM_EVENT_BUTTON] = "button",
        [WM_EVENT_EVIDENCE] = "evidence",
        [WM_EVENT_END] = "end",
        [WM_EVENT_FIX_KEY] = "fix-key",
        [WM_EVENT_ANSWER_KEY] = "answer-key",
        [WM_EVENT_TERMINAL_KEY] = "terminal-key",
        [WM_EVENT_RUN_KEY] = "run-key",
        [WM_EVENT_PANEL_KEY] = "panel-key",
        [WM_EVENT_SESSION_KEY] = "session-key",
        [WM_EVENT_MONITOR] = "monitor",
        [WM_EVENT_TROUBLE] = "trouble",
        [WM_EVENT_SYNC] = "sync",
        [WM_EVENT_GONE] = "gone",
};

static void event_cb(const WmEvent *event, gpointer user_data)
{
        if (event->type == WM_EVENT_SYNC) {
                wm_core_sync_done(core, event->n);
                return;
        }
        g_autofree char *text = g_strdelimit(g_strdup(event->text ? event->text : ""), "\n", '|');
        printf("%s xid=0x%lx n=%d size=%dx%d text=%s", names[event->type], (unsigned long)event->xid, event->n, event->width, event->height,
               text);
        if (event->icon)
                printf("%08x", event->icon[event->width * event->height / 2 + event->width / 2]);
        for (gsize i = 0; i < event->n_windows; i++)
                printf(" [0x%lx %s%s%s%s%s]", (unsigned long)event->windows[i].xid, event->windows[i].title,
                       event->windows[i].active ? " active" : "",
                       event->windows[i].minimised ? " minimised" : "", event->windows[i].fullscreen ? " full" : "",
                       event->windows[i].here ? "" : " elsewhere");
        printf("\n");
        fflush(stdout);
        if (event->type == WM_EVENT_FAILED)
                status = 1;
        if (event->type == WM_EVENT_FAILED || event->type == WM_EVENT_GONE)
                g_main_loop_quit(loop);
}

static void set_evidence(char **words)
{
        WmEvidence evidence = { .tone = (WmTone)atoi(words[2]), .button = (WmButton)atoi(words[3]), .progress = (float)atof(words[4]) };
        g_auto(GStrv) texts = g_strsplit(words[5], "|", 2);

        g_strlcpy(evidence.title, texts[0], sizeof evidence.title);
        g_strlcpy(evidence.evidence, texts[0] && texts[1] ? texts[1] : "", sizeof evidence.evidence);
        evidence.glyph[0] = g_ascii_toupper(*texts[0]);
        evidence.colour = wm_glyph_colour(evidence.title);
        wm_core_evidence(core, strtoull(words[1], NULL, 0), &evidence);
}

static void command(char *line)
{
        g_auto(GStrv) words = g_strsplit(g_strchomp(line), " ", 6);
        guint n = g_strv_length(words);
        guint64 xid = n > 1 ? strtoull(words[1], NULL, 0) : 0;

        if (n == 0)
                return;
        if (!strcmp(words[0], "mark") && n == 3)
                wm_core_mark(core, xid, (WmRole)atoi(words[2]));
        else if (!strcmp(words[0], "evidence") && n == 6)
                set_evidence(words);
        else if (!strcmp(words[0], "activate"))
                wm_core_activate(core, xid);
        else if (!strcmp(words[0], "close"))
                wm_core_close(core, xid);
        else if (!strcmp(words[0], "minimise"))
                wm_core_minimise(core, xid);
        else if (!strcmp(words[0], "desktop") && n == 2)
                wm_core_go_to_desktop(core, atoi(words[1]));
        else if (!strcmp(words[0], "show-bar"))
                wm_core_show_bar(core);
        else if (!strcmp(words[0], "hide-bar"))
                wm_core_hide_bar(core, xid);
        else if (!strcmp(words[0], "bar-size") && n == 3)
                wm_core_bar_size(core, atoi(words[1]), atoi(words[2]));
        else if (!strcmp(words[0], "answer-keys") && n == 2)
                wm_core_answer_keys(core, atoi(words[1]));
        else if (!strcmp(words[0], "leave-panel"))
                wm_core_leave_panel(core);
        else if (!strcmp(words[0], "dark") && n == 2)
                wm_core_dark(core, atoi(words[1]));
        else if (!strcmp(words[0], "quit"))
                g_main_loop_quit(loop);
}

static gboolean input_cb(GIOChannel *channel, GIOCondition condition, gpointer data)
{
        g_autofree char *line = NULL;

        if (g_io_channel_read_line(channel, &line, NULL, NULL, NULL) != G_IO_STATUS_NORMAL) {
                g_main_loop_quit(loop);
                return G_SOURCE_REMOVE;
        }
        command(line);
        return G_SOURCE_CONTINUE;
}

int main(int argc, char **argv)
{
        WmConfig config = { 0 };
        g_autoptr(GError) error = NULL;
        g_autoptr(GIOChannel) input = g_io_channel_unix_new(STDIN_FILENO);

        XInitThreads();
        for (int i = 1; i < argc; i++) {
                config.replace |= !strcmp(argv[i], "--replace");
                config.nested_keys |= !strcmp(argv[i], "--nested");
        }
        loop = g_main_loop_new(NULL, FALSE);
        core = wm_core_start(&config, event_cb, NULL, &error);
        if (!core) {
                fprintf(stderr, "%s\n", error->message);
                return 1;
        }
        g_io_channel_set_flags(input, G_IO_FLAG_NONBLOCK, NULL);
        g_io_add_watch(input, G_IO_IN | G_IO_HUP, input_cb, NULL);
        g_main_loop_run(loop);
        wm_core_stop(core);
        g_main_loop_unref(loop);
        return status;
}
