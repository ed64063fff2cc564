/* impromptu-sandbox serve: takes calls from connections and runs them, a bounded number at once, in the order they came. */
#pragma once

#include <glib.h>

#define SERVER_REFILL_MS 5 /* after a call that is alone has begun */
#define SERVER_LINE_MAX 256     /* calls that wait, of all connections */
#define SERVER_READERS_MAX 64   /* connections */
#define SERVER_SECONDS_MAX 600  /* limits that a call may ask for; capabilities.schema.json */
#define SERVER_MEMORY_MB_MAX 4096
#define SERVER_PROCESSES_MAX 64
#define SERVER_SOURCE_MAX (1024 * 1024)

/* Serve one connected descriptor until it closes, or everyone of this user who connects to path until SIGTERM. They return the exit status.
 * */
int server_run_fd(int fd);
int server_run_socket(const char *path);

/* What holds a call to its memory and its number of processes here; newly allocated. Only the server asks: to find it out may move the
 * process to another cgroup. */
char *server_status_holds(void);
/* How tools are confined here, as lines of text; newly allocated. */
char *server_status_text(const char *holds);
/* The worker's program: beside this one, or where it is installed. */
char *server_worker_program(void);
