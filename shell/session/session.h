/* What the session's files share. session.c owns it all; children.c starts and reaps, part.c supervises, programs.c launches, autostart.c
 * finds what starts with every desktop, leave.c tells systemd and ends, actions.c does what keys ask for, server.c listens. */
#pragma once

#include <gio/gdesktopappinfo.h>
#include <gio/gio.h>
#include <json.h>
#include <sys/types.h>

#include "protocols/api.h"

#define SESSION_BODY_MAX (256 * 1024)   /* bytes of a request's body */
#define SESSION_PROGRAMS_MAX 512        /* launched programs at once */
#define SESSION_ARGUMENTS_MAX 256       /* of one program */
#define SESSION_CRASHES_MAX 5           /* in SESSION_CRASHES_S, then a part is left alone */
#define SESSION_CRASHES_S 60
#define SESSION_RESTART_MS 100          /* from a part's death to its next start */
#define SESSION_RESTART_OTHERS_MS 2000  /* the same for programs of others, which may lack what they need */
#define SESSION_BUS_MS 2000             /* for the bus to take what it is told, before the parts start */
#define SESSION_STOP_MS 3000            /* from TERM to KILL */
#define SESSION_READY_MS 5000           /* for the shell to manage windows, before the person's own programs start */
#define SESSION_AUTOSTART_MAX 128       /* entries */
#define SESSION_AUTOSTART_DELAY_MAX 300 /* seconds that an entry may ask for */
#define SESSION_PARTS_MAX 8

#define SESSION_ERROR session_error_quark()
GQuark session_error_quark(void); /* the code is an ApiErrorKind */

/* The shell's exit status where there is no X display (EX_IOERR): nothing that is started again could help. */
#define SESSION_NO_DISPLAY 74

/* The agent's exit status where another agent is at work already (EX_TEMPFAIL): it may end, so ours is tried again like any other. */
#define SESSION_OTHER_AGENT 75

typedef struct Children Children;
typedef struct Part Part;
typedef struct Server Server;

typedef struct Session {
        GMainLoop *loop;
        char **own_arguments;  /* what the shell is started with, after its name */
        char **environment;    /* of everything but the agent: without keys */
        char **keys;           /* NAME=VALUE: for the agent alone */
        char *bin_folder;      /* $IMPROMPTU_BIN_FOLDER or NULL */
        char *programs_at;     /* --programs: nothing but the start of programs is offered, on this socket; NULL: all, on session.sock */
        Children *children;
        Part *agent;
        Part *shell;
        GPtrArray *parts;      /* Part: these two, and what else is supervised; in the order in which they start */
        Part *locker;          /* xss-lock; NULL: not installed */
        GHashTable *programs;  /* pid to name */
        pid_t lock_pid;        /* the locker that we started, where no xss-lock runs */
        pid_t key_entry;       /* 0 when it does not run */
        Server *server;
        guint beginning;       /* the parts start at the latest then; 0 once they have */
        guint waiting;         /* the person's own programs start at the latest then */
        GArray *delayed;       /* guint: sources of entries that start later */
        gboolean autostarted;
        gboolean replaced;     /* another window manager took over: the shell goes on beside it */
        gboolean is_guest;     /* under another window manager (--guest): only the agent and the shell */
        gboolean is_inside;    /* that, or in a window of another desktop (--nested-keys): that one locks, autostarts */
        gboolean has_systemd;  /* a systemd of the user's own was told about this session */
        const char *then;      /* what the computer shall do after the question: "poweroff", "reboot"; NULL: nothing */
        pid_t asking;          /* the program that asks all others whether they can end; 0: none */
        gboolean stopping;
} Session;

/* session.c */

/* The path of one of our own programs. NULL and an error that names it where there is none. Free with g_free(). */
char *session_program(const Session *session, const char *name, GError **error);
/* The folder that this very program is in. Free with g_free(). */
char *session_own_folder(void);
GError *session_error(ApiErrorKind kind, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* children.c: the one place that forks and reaps. Its callbacks come from the main loop. */

typedef void (*ChildFunc)(pid_t pid, int status, gpointer user_data);

typedef enum {
        CHILD_PLAIN,
        CHILD_OUTLIVES,   /* it is not ended with the others, nor does it die with us */
        CHILD_NO_NETWORK, /* in an empty network namespace, where the kernel lets us */
} ChildKind;

/* Takes over SIGCHLD; call it before any thread is started. Orphans of our children become ours. */
Children *children_new(void);
void children_free(Children *children);

/* Starts a program in a process group of its own, which dies with us. func is called once it has ended. 0 and an error if it cannot be
 * started. */
pid_t children_start(Children *children, char **argv, char **environment, ChildKind kind,
                     ChildFunc func, gpointer user_data, GError **error);

/* TRUE if the kernel gave the last child of the kind CHILD_NO_NETWORK no namespace, so that it has the network in reach. */
gboolean children_network_refused(const Children *children);

/* Ends every child: all but last first, TERM and after SESSION_STOP_MS KILL, then last in the same way. func is called at the end. */
void children_stop(Children *children, pid_t last, GFunc func, gpointer user_data);

/* part.c: what is restarted when it dies. */

typedef enum {
        PART_AGENT,  /* gets the keys */
        PART_SHELL,  /* gets own_arguments, and no network */
        PART_OWN,    /* another program of ours */
        PART_OTHERS, /* of others: ending with status 0 is no crash, and doing without it needs no safe mode */
} PartKind;

/* name: "agent" is impromptu-agent. argv, which is taken over, is only for PART_OTHERS. */
Part *part_new(Session *session, const char *name, PartKind kind, char **argv);
void part_start(Part *part);
/* Ends it and starts it again; a part that was left alone is tried again. */
void part_restart(Part *part);
pid_t part_pid(const Part *part); /* 0 while it does not run */
const char *part_name(const Part *part);
json_object *part_status(const Part *part);
void part_free(gpointer part);

/* programs.c */

/* Launches {"argv"} or {"desktop"}; the answer is {"pid"}. NULL and an error otherwise. */
json_object *programs_launch(Session *session, json_object *body, GError **error);
pid_t programs_start(Session *session, char **argv, GError **error);
/* What an entry's Exec line runs, in a terminal if it asks for one; nothing is opened, so the codes for files stand for nothing. NULL if
 * it cannot be read. Free with g_strfreev(). */
char **programs_desktop_argv(GDesktopAppInfo *info);
/* An xterm that shows the sentence, where there is a display. */
void programs_safe_mode(Session *session, const char *sentence);
gboolean programs_key_entry(Session *session, GError **error);
json_object *programs_status(const Session *session);

/* autostart.c: XDG autostart. */

/* GDesktopAppInfo of all that is to start in this desktop. Free with g_ptr_array_unref(). */
GPtrArray *autostart_entries(void);
/* Starts them, once. */
void autostart_begin(Session *session);

/* leave.c: the beginning and the end, as others have to know of them. */

/* Tells the bus, and a systemd of the user's own; func is called once it knows. FALSE if there is nobody to tell. */
gboolean leave_announce(Session *session, void (*func)(Session *session));
/* Asks every program first whether it can end (impromptu-aside --logout); the session ends if they could, or the person says so. */
void leave_ask(Session *session);
/* The same, and then the computer is told to: "poweroff" or "reboot". The session ends once it takes that. */
void leave_computer(Session *session, const char *then);
/* Stops everything and leaves the main loop once no child is left. */
void session_stop(Session *session);

/* actions.c: what keys and the panel ask for. */

/* Makes the parts that are not ours, where they are installed: a locker and an agent for polkit. */
void actions_companions(Session *session);
/* Does "lock", "suspend", "volume-up", …; FALSE and an error otherwise. */
gboolean actions_do(Session *session, const char *action, GError **error);

/* server.c */

/* Listens at session.sock, or at programs_at. NULL and a sentence if another session does already, or the socket cannot be made. */
Server *server_new(Session *session, GError **error);
void server_free(Server *server);
