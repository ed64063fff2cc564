/* What can be told of a page without opening it. It is not told here: a page is a stranger's text, and this process holds the keys. A
 * program that has given up everything else (sandbox/page/) reads it, one page after the other; this is its other side. */
#pragma once

#include <glib.h>
#include <json.h>

#define STATIC_MS_MAX 2000   /* for one page, the program's start included; then it is ended */
#define STATIC_WAITING_MAX 64 /* pages */

typedef struct StaticChecker StaticChecker;

/* program is impromptu-page-check; it is started at the first page, or by static_checker_warm(). */
StaticChecker *static_checker_new(const char *program);
/* NULL is allowed. Checks that wait are forgotten. */
void static_checker_free(StaticChecker *checker);
void static_checker_warm(StaticChecker *checker);

/* findings is an array, perhaps empty: what loads something from elsewhere, calls of tools that are not in names, scripts that are none; or
 * that the page could not be read, where the program ended over it. problem is a sentence where pages cannot be looked at here at all, else
 * NULL. Both are valid during the call. */
typedef void (*StaticFunc)(json_object *findings, const char *problem, gpointer user_data);

/* func is called once, from the main loop, unless it is cancelled. names is NULL-terminated. Returns an ID, never 0. checker may be NULL:
 * then there is nobody to look, and func hears so. */
guint static_check(StaticChecker *checker, const char *page, const char *const *names, StaticFunc func, gpointer user_data);
/* An ID that has been called, and 0, are allowed. */
void static_cancel(guint id);
