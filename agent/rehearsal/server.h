/* The rehearsal's HTTP server, on the loopback only. */
#pragma once

#include <glib.h>

#include "agent/rehearsal/dialects/dialect.h"
#include "agent/rehearsal/faults.h"

#define SERVER_LOG_MAX 256          /* requests that are remembered */

typedef struct {
        guint port;                 /* 0: a free one */
        const char *folder;
        double rate;                /* tokens a second; 0: as fast as it can */
        guint first_token_ms;
        guint tokens_a_chunk;       /* 0: what is usual in the dialect */
        const Dialect *dialect;     /* of chat completions whose path names none */
        const char *key;            /* that requests must have; NULL: any, or none */
        char **models;              /* that there are; NULL: "rehearsal", and any is taken for it */
        char **refused;             /* fields of a request, dots between those of objects; NULL: none */
        const char *call, *sentence; /* of requests that do not say it; NULL: they must */
        const char *limits;         /* limits.h; NULL: none */
        const char *certificate, *certificate_key; /* PEM files; NULL: no TLS */
        const char *record_base;    /* ask this server instead of playing, and write down what it answers; NULL: play */
        const char *record_model;
        const Dialect *record_dialect;
} ServerOptions;

typedef struct Server Server;

/* Takes faults over; the options' strings must outlive the server. NULL and an error if the recordings are malformed (one line each), the
 * port is taken, or the certificate cannot be read. */
Server *server_new(const ServerOptions *options, Faults *faults, GError **error);
guint server_port(const Server *server);
void server_free(Server *server);
