/* Files that tools have handed over, kept in sealed memory while the page that asked for them may fetch them. */
#pragma once

#include <gio/gio.h>

#include "sandbox/client.h"

#define RESULTS_FILES_MAX 32                       /* an app; then the oldest go */
#define RESULTS_BYTES_MAX (256 * 1024 * 1024)      /* an app */
#define RESULTS_ALL_BYTES_MAX (512 * 1024 * 1024)  /* all apps together */
#define RESULTS_INLINE_MAX (64 * 1024)             /* of a sample's file, which is shown without an agent behind it */
#define RESULTS_PATH "result/"                     /* below /app/ID/ */

typedef struct Results Results;

Results *results_new(void);
/* Accepts NULL. */
void results_free(Results *results);

/* Puts {"url", "type", "size", "name"?} in place of each file of the result. With app NULL (a sample) the file itself stands in the address
 * as far as it is small. */
void results_place(Results *results, const char *app, const SandboxResult *result);
/* The file of an app at an address that results_place() made, and its type (static); NULL if it is not there (any more). A new
 * reference. */
GBytes *results_find(Results *results, const char *app, const char *token, const char **type);
/* The app's window has closed. */
void results_drop(Results *results, const char *app);
