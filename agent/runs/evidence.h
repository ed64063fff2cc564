/* What a view found, judged: what is missing, said twice or unknown counts as failed, never as passed. Pure. */
#pragma once

#include <glib.h>
#include <json.h>

#define EVIDENCE_TEXT_MAX 2000 /* characters of one saying */

typedef struct {
        json_object *results;  /* one for each requirement that was not struck, in their order */
        json_object *findings;
        guint passed;          /* proven: they fail with the page's scripts off */
        guint shown;           /* they pass with scripts off as well, which proves nothing */
        guint failed;
        guint eye;             /* only a person can judge them */
        guint total;           /* passed, failed and unproven: what was to be proven */
        guint fragile;         /* findings that only absurd input brings about: they break a tie, nothing else */
        gboolean clean;        /* no finding that means "does not work" */
        gboolean painted;      /* there was something to see */
        char *signature;       /* equal for equal failures; "" where nothing failed */
} Evidence;

/* TRUE if posted has the shape of evidence.schema.json; else AGENT_ERROR (BAD_REQUEST) that names the fault. */
gboolean evidence_check(json_object *posted, GError **error);

/* posted has passed evidence_check(). requirements: GPtrArray of Requirement. faults: our own static findings (array or NULL). */
Evidence *evidence_judge(json_object *posted, GPtrArray *requirements, json_object *faults);

/* TRUE if nothing failed. */
gboolean evidence_passed(const Evidence *evidence);

/* Negative, 0 or positive: a is worse than, as good as, better than b. NULL is worse than everything. */
int evidence_compare(const Evidence *a, const Evidence *b);

/* What failed, in lines for a repair prompt: the steps as text, the one that failed, what was seen, and the findings verbatim. Free with
 * g_free(). */
char *evidence_text(const Evidence *evidence, GPtrArray *requirements);

/* The findings alone, a line each (array or NULL). Free with g_free(). */
char *findings_text(json_object *findings);

/* "does 5 of 5; 1 more is only shown; 2 only you can judge": the counts as the end of a sentence about the app. Free with g_free(). */
char *evidence_counts(const Evidence *evidence);

/* The first failure in one line, for people and for "avoid". Free with g_free(). */
char *evidence_first_failure(const Evidence *evidence, GPtrArray *requirements);

/* The verdict of a requirement; "failed" where there is none. */
const char *evidence_verdict(const Evidence *evidence, guint requirement);

/* The step at which a requirement failed, 0 where none is named; -1 if it did not fail. */
int evidence_failed_step(const Evidence *evidence, guint requirement);

/* Adds the verdict, and what was done, seen, wanted and shown, to a requirement as it is kept. */
void evidence_add_verdict(const Evidence *evidence, guint requirement, json_object *kept);

/* Accepts NULL. */
void evidence_free(Evidence *evidence);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Evidence, evidence_free)
