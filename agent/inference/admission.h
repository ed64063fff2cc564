/* Admission: who may ask one provider now. A provider counts requests and tokens, by the minute and by the day, and reserves what a
 * request may use (its input and its cap) before it begins; so do we, in one queue a key. Windows are learnt from the limits in answers'
 * headers and from refusals; until something is learnt only ADMISSION_FLIGHTS_MAX bounds. Times are monotonic: a clock that jumps
 * changes nothing. */
#pragma once

#include <glib.h>

typedef struct Admission Admission;
typedef struct AdmissionTicket AdmissionTicket;

#define ADMISSION_FLIGHTS_MAX 100       /* requests on their way at once */
#define ADMISSION_QUEUE_MAX 512         /* requests that wait; one more is refused */
#define ADMISSION_AGE_SECONDS 5         /* who has waited so long counts as one rank higher, so nobody starves */

/* The person in front first, their other work after, variants last. */
typedef enum {
        ADMISSION_FRONT,
        ADMISSION_WORK,
        ADMISSION_VARIANT,
} AdmissionRank;

/* The request may be sent. Never called before admission_ask() returned. */
typedef void (*AdmissionFunc)(AdmissionTicket *ticket, gpointer user_data);
/* A header of an answer by its name in lower case; NULL if it has none. */
typedef const char *(*AdmissionHeaderFunc)(gpointer answer, const char *name);

/* clock: monotonic µs; NULL: the machine's. */
Admission *admission_new(gint64 (*clock)(void));
/* Tickets must have left. Accepts NULL. */
void admission_free(Admission *admission);

/* Queues a request that reserves input + cap tokens. NULL if ADMISSION_QUEUE_MAX wait already. */
AdmissionTicket *admission_ask(Admission *admission, guint input, guint cap, AdmissionRank rank, AdmissionFunc admitted,
                               gpointer user_data);
/* How long such a request would wait now, in seconds, as far as anybody knows; 0: not at all. */
double admission_wait(Admission *admission, guint input, guint cap);
/* How many such requests the provider's limits would take within so many seconds, behind those that wait, as far as anybody knows; at
 * most `wanted`. 0: not even one. */
guint admission_room(Admission *admission, guint input, guint cap, double seconds, guint wanted);
/* An answer has begun, also one that refuses (then admission_refused() follows): its headers say what is left, as
 * x-ratelimit-{limit,remaining,reset}-{requests,tokens}[-minute|-day] with bare seconds or "2m59.56s", anthropic-ratelimit-…, and
 * whatever else inference services send. */
void admission_learn(AdmissionTicket *ticket, AdmissionHeaderFunc header, gpointer answer);
/* It was refused for its rate (429): nobody else is sent for so many seconds; 0: as long as is sensible, growing with each refusal in a
 * row and bounded. Its reservation is given back. */
void admission_refused(AdmissionTicket *ticket, double seconds);
/* The request is over, or not wanted any more (also before it was admitted: then nobody is called). used: tokens that really counted;
 * -1: not known, so the reservation stands. Frees the ticket. */
void admission_leave(AdmissionTicket *ticket, gint64 used);
/* What is known, for people and tests: {flights, waiting, paused_seconds, windows: [{what, limit, left, resets_in}]}. */
struct json_object *admission_describe(Admission *admission);
/* For tests: the clock that was given to admission_new() has moved. (The machine's needs no telling.) */
void admission_tick(Admission *admission);
