/* What a view found, judged: what is missing, said twice or unknown counts as failed, never as passed. Pure. */
#pragma once

#include <glib.h>
#include <json.h>

#define EVIDENCE_TEXT_MAX 2000 /* characters of one saying */

typedef struct {
        json_object *results;  /* one for each requirement that was not struck, in their order */
        json_object *findings;
        guint passed;          /* "passed" and "shown" */
        guint failed;
        guint eye;
        guint total;           /* all but what only a person can judge */
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

/* The first failure in one line, for people and for "avoid". Free with g_free(). */
char *evidence_first_failure(const Evidence *evidence, GPtrArray *requirements);

/* The verdict of a requirement; "failed" where there is none. */
const char *evidence_verdict(const Evidence *evidence, guint requirement);

/* Accepts NULL. */
void evidence_free(Evidence *evidence);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Evidence, evidence_free)
