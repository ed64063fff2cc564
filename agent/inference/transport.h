/* HTTP requests to providers: libcurl's multi interface on GLib's default main context. Connections are kept and used again, and shared
 * by many requests at once where the server speaks HTTP/2; TLS is always verified. */
#pragma once

#include <glib.h>

typedef struct Transport Transport;
typedef struct TransportRequest TransportRequest;

#define TRANSPORT_CONNECT_SECONDS 15
#define TRANSPORT_BUFFER_BYTES (128 * 1024L)  /* read at once */
#define TRANSPORT_HEADERS_MAX 128             /* of one answer that are kept */
#define TRANSPORT_GZIP_MIN (16 * 1024)        /* a smaller body is not worth compressing */
#define TRANSPORT_IDLE_SECONDS 50             /* a connection unused for longer is not used again: many servers close theirs after 60 */
#define TRANSPORT_KEPT_MAX 128                /* connections that are kept while nobody uses them */
#define TRANSPORT_HOSTS_MAX 64                /* servers of which something is remembered */
#define TRANSPORT_WARM_SECONDS 10             /* at most this long for opening a connection ahead of need */
#define TRANSPORT_WARM_BYTES (256 * 1024)     /* at most this long an answer that nobody reads */
#define TRANSPORT_WARM_FRESH_SECONDS 15       /* a server heard from so lately needs no warming */
#define TRANSPORT_HOLD_US 2000                /* under load from one wake-up to the next at least, and at most in one of them */
#define TRANSPORT_WAKE_BYTES (256 * 1024)     /* a wake-up that has read so much reads no other socket before its consumers are called */

typedef struct {
        const char *url;
        const char *const *headers;  /* "Name: value", NULL-terminated */
        const char *body;            /* NULL: a GET; else a POST; copied */
        gsize body_length;
        double first_byte_seconds;   /* at most this long before anything comes */
        double stall_seconds;        /* at most this long without a byte afterwards */
        double total_seconds;        /* at most this long in all; 0: no bound */
        gboolean fresh;              /* on a connection of its own */
        gboolean direct;             /* never through a proxy */
        gboolean gzip;               /* the server takes compressed requests: a body of TRANSPORT_GZIP_MIN or more is sent so */
        gboolean http1;              /* this server's HTTP/2 has proved faulty */
        const char *ca_file;         /* trusted besides nothing else, instead of the system's store; NULL: the system's */
} TransportSpec;

typedef enum {
        TRANSPORT_WHOLE,       /* HTTP ended as it should; look at status */
        TRANSPORT_UNREACHABLE, /* no connection */
        TRANSPORT_UNTRUSTED,   /* the certificate could not be verified */
        TRANSPORT_BROKEN,      /* the connection was lost */
        TRANSPORT_STALLED,     /* silence for too long, or no end for too long */
} TransportEnd;

typedef struct {
        TransportEnd end;
        long status;          /* of HTTP; 0 if none came */
        gboolean stale;       /* a kept connection turned out to be dead before one byte came: ask again at once */
        const char *detail;   /* libcurl's words, for a sentence; never NULL */
        gint64 connect_us;    /* name, TCP and TLS together; 0: on a connection that was there */
        guint http_version;   /* 1 or 2; 0: no answer came */
        gboolean http2_failed; /* it was HTTP/2 that failed, not the server or the network: set http1 the next time */
} TransportOutcome;

/* New bytes of the body, at most once a wake-up. */
typedef void (*TransportDataFunc)(TransportRequest *request, const char *bytes, gsize length, gpointer user_data);
/* The end; the request is freed afterwards. */
typedef void (*TransportDoneFunc)(TransportRequest *request, const TransportOutcome *outcome, gpointer user_data);

Transport *transport_new(void);
/* Ends all requests without calling anybody. Accepts NULL. */
void transport_free(Transport *transport);

/* Never calls back before it has returned. */
TransportRequest *transport_start(Transport *transport, const TransportSpec *spec, TransportDataFunc data, TransportDoneFunc done,
                                  gpointer user_data);
/* Ends it at once and frees the request; nobody is called. Its connection is closed, but one of HTTP/2 that other requests use goes on
 * without it. */
void transport_cancel(TransportRequest *request);

/* Opens a connection to the server of url by a GET of it, ahead of need: at start, and when somebody begins to type. Nothing is told of
 * how that ends. Does nothing where the server was heard from TRANSPORT_WARM_FRESH_SECONDS ago or later, or is being warmed. */
void transport_warm(Transport *transport, const char *url, const char *const *headers, const char *ca_file, gboolean direct);

/* Of HTTP; 0 before an answer has come, and once the request has ended. */
long transport_request_status(TransportRequest *request);
/* A header of the answer by its name in lower case; NULL if it has none. */
const char *transport_request_header(TransportRequest *request, const char *name);
