/* The rehearsal's HTTP server, on the loopback only. */
#pragma once

#include <glib.h>

#include "agent/rehearsal/faults.h"

#define SERVER_BODY_MAX (16 * 1024 * 1024)
#define SERVER_LOG_MAX 256          /* requests that are remembered */

typedef struct {
        guint port;                 /* 0: a free one */
        const char *folder;
        double rate;                /* tokens a second; 0: as fast as it can */
        guint first_token_ms;
        guint tokens_a_chunk;
        const char *record_base;    /* ask this server instead of playing, and write down what it answers; NULL: play */
        const char *record_model;
} ServerOptions;

typedef struct Server Server;

/* Takes faults over. NULL and an error if the recordings are malformed (one line each) or the port is taken. */
Server *server_new(const ServerOptions *options, Faults *faults, GError **error);
guint server_port(const Server *server);
void server_free(Server *server);
