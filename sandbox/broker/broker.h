/* What the broker, its caller and the tool agree on.
 *
 * The tool's side (worker/fetch.py), over a stream socket, one request at a time: two lengths, a JSON head, then bytes. Request head: {url,
 * method?, headers?: [[name, value]]}; bytes: what is sent along. Answer head: {status, url, headers: [[name, value]]} or {error: {kind,
 * message}}; bytes: what came. What is no such frame ends the broker.
 *
 * The caller's side (sandbox/net.c): descriptors 3 (the tool's socket) and 4 (a pipe for BrokerReport), and the granted hosts as arguments,
 * in their one spelling. */
#pragma once

#include <stdint.h>

#define BROKER_TOOL_FD 3
#define BROKER_REPORT_FD 4

/* The argument that makes it the broker of an installation. What the person's pip is told about indexes is then the standard input, as
 * JSON: {"sources": [URL, with the name and password that belong to it], "trusted": [host, or host:port, whose certificate is not asked
 * for], "stall": seconds without a byte, "ca"?: certificates}. A request is {url}. Its answer is a head {status, type, length} (-1: not
 * known) and then frames without a head, the last without bytes; or a head {error: {kind, message}}, at any point, which ends it. */
#define BROKER_INDEX "--index"

#define BROKER_HEAD_MAX (64 * 1024)            /* of a request, as JSON */
#define BROKER_UP_MAX (1024 * 1024)            /* bytes sent along with a request */
#define BROKER_DOWN_MAX (8 * 1024 * 1024)      /* bytes of one answer */
#define BROKER_DOWN_ALL_MAX (32 * 1024 * 1024) /* of all answers of a call */
#define BROKER_REQUESTS_MAX 64                 /* of a call */
#define BROKER_HOPS_MAX 5                      /* redirects of a request */
#define BROKER_SECONDS_MAX 30                  /* of a request with its redirects */
#define BROKER_CONNECT_SECONDS 10
#define BROKER_HEADERS_MAX 64                  /* fields of a request, and of an answer */
#define BROKER_HEADER_BYTES_MAX (64 * 1024)    /* of an answer's fields, those before a 100 and the like included */

typedef struct {
        uint32_t head, body;
} BrokerLengths;

/* One before a server is talked to, with nothing but the host; one after, with what went each way. */
typedef struct {
        uint32_t host;  /* which argument */
        uint32_t begun; /* 1: before */
        uint64_t sent, received;
} BrokerReport;
