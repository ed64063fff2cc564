/* Evidence. A view is our own program, but it watched an untrusted page: a claim by the page itself never makes a requirement pass, and
 * what the view did not say has failed. */
#include "agent/runs/evidence.h"

#include <string.h>

#include "agent/agent.h"
#include "agent/json.h"
#include "agent/runs/answer-plan.h"
#include "agent/runs/signature.h"
#include "protocols/steps.h"
#include "protocols/text.h"

static const char *const verdicts[] = {"passed", "failed", "shown", "unproven", "eye", NULL};
static const char *const kinds[] = {"exception",    "rejection", "console", "request", "blank", "frozen",
                                    "dead-control", "invented",  "csp",     "crash",   "tool",  "fragile", "unsaid", NULL};
/* A finding of these kinds means that the page does not work. */
static const char *const broken_kinds[] = {"exception", "rejection", "blank", "frozen", "dead-control", "invented", "crash", NULL};

static gboolean bad(GError **error, const char *text)
{
        g_set_error(error, AGENT_ERROR, API_ERROR_BAD_REQUEST, "This evidence cannot be used: %s.", text);
        return FALSE;
}

static gboolean check_result(json_object *result, GError **error)
{
        const char *verdict = json_text(result, "verdict");
        gint64 requirement = json_int(result, "requirement", -1);

        if (requirement < 0 || requirement >= API_REQUIREMENTS_MAX)
                return bad(error, "a result names no requirement");
        if (!verdict || !g_strv_contains(verdicts, verdict))
                return bad(error, "a result has no verdict that is known");
        return TRUE;
}

gboolean evidence_check(json_object *posted, GError **error)
{
        json_object *results = json_field_array(posted, "results");
        json_object *findings = json_field_array(posted, "findings");

        if (!json_text(posted, "draft"))
                return bad(error, "it names no draft");
        if (!results || !findings)
                return bad(error, "it has no results or no findings");
        if (json_length(results) > API_REQUIREMENTS_MAX || json_length(findings) > API_FINDINGS_MAX)
                return bad(error, "it has too many results or findings");
        for (gsize i = 0; i < json_length(results); i++)
                if (!check_result(json_object_array_get_idx(results, i), error))
                        return FALSE;
        for (gsize i = 0; i < json_length(findings); i++) {
                json_object *finding = json_object_array_get_idx(findings, i);
                const char *kind = json_text(finding, "kind");

                if (!kind || !g_strv_contains(kinds, kind) || !json_text(finding, "text"))
                        return bad(error, "a finding has no kind that is known, or no text");
        }
        return TRUE;
}

/* The posted result of a requirement: a failure, if any of several is one; else the first. */
static json_object *find_result(json_object *results, guint requirement)
{
        json_object *found = NULL;

        for (gsize i = 0; i < json_length(results); i++) {
                json_object *result = json_object_array_get_idx(results, i);

                if (json_int(result, "requirement", -1) != requirement)
                        continue;
                if (!found || g_strcmp0(json_text(result, "verdict"), "failed") == 0)
                        found = result;
        }
        return found;
}

static void copy_saying(json_object *to, json_object *from, const char *field)
{
        const char *text = json_text(from, field);
        g_autofree char *plain = text ? text_plain(text, EVIDENCE_TEXT_MAX) : NULL;

        json_add_text(to, field, plain);
}

static json_object *judge_one(json_object *posted, const Requirement *requirement, guint number)
{
        json_object *result = json_object_new_object();
        json_object *said = find_result(json_field_array(posted, "results"), number);
        const char *verdict = said ? json_text(said, "verdict") : "failed";

        json_add_int(result, "requirement", number);
        if (requirement->eye)
                verdict = "eye";
        else if (requirement->unproven && (json_length(requirement->steps) == 0 || !g_str_equal(verdict, "failed")))
                verdict = "unproven"; /* what is left of its check may still fail, but proves nothing */
        else if (g_str_equal(verdict, "eye") || g_str_equal(verdict, "unproven"))
                verdict = "failed"; /* there was a check, and it was not run */
        json_add_text(result, "verdict", verdict);
        if (!said)
                return result;
        if (json_int(said, "step", -1) >= 0)
                json_add_int(result, "step", json_int(said, "step", 0));
        copy_saying(result, said, "did");
        copy_saying(result, said, "saw");
        copy_saying(result, said, "wanted");
        copy_saying(result, said, "showed");
        return result;
}

static void count(Evidence *evidence, const char *verdict)
{
        if (g_str_equal(verdict, "eye")) {
                evidence->eye++;
                return;
        }
        if (g_str_equal(verdict, "shown")) {
                evidence->shown++;
                return;
        }
        evidence->total++;
        if (g_str_equal(verdict, "passed"))
                evidence->passed++;
        else if (g_str_equal(verdict, "failed"))
                evidence->failed++;
}

/* What we found ourselves (ours) always means "does not work". broken gathers what does. */
static void add_findings(Evidence *evidence, json_object *findings, gboolean ours, json_object *broken)
{
        for (gsize i = 0; i < json_length(findings) && json_length(evidence->findings) < API_FINDINGS_MAX; i++) {
                json_object *finding = json_object_array_get_idx(findings, i);
                const char *kind = json_text(finding, "kind");

                json_object_array_add(evidence->findings, json_clone(finding));
                if (ours || g_strv_contains(broken_kinds, kind)) {
                        json_object_array_add(broken, json_object_get(finding));
                        evidence->clean = FALSE;
                }
                evidence->fragile += g_str_equal(kind, "fragile");
                if (g_str_equal(kind, "blank") || g_str_equal(kind, "crash"))
                        evidence->painted = FALSE;
        }
}

Evidence *evidence_judge(json_object *posted, GPtrArray *requirements, json_object *faults)
{
        Evidence *evidence = g_new0(Evidence, 1);
        g_autoptr(json_object) broken = json_object_new_array();

        evidence->results = json_object_new_array();
        evidence->findings = json_object_new_array();
        evidence->clean = TRUE;
        evidence->painted = TRUE;
        for (guint i = 0; i < requirements->len; i++) {
                const Requirement *requirement = g_ptr_array_index(requirements, i);
                json_object *result;

                if (requirement->struck)
                        continue;
                result = judge_one(posted, requirement, i);
                count(evidence, json_text(result, "verdict"));
                json_object_array_add(evidence->results, result);
        }
        add_findings(evidence, faults, TRUE, broken);
        add_findings(evidence, json_field_array(posted, "findings"), FALSE, broken);
        evidence->signature = failure_signature(evidence->results, broken);
        return evidence;
}

void evidence_free(Evidence *evidence)
{
        if (!evidence)
                return;
        json_object_put(evidence->results);
        json_object_put(evidence->findings);
        g_free(evidence->signature);
        g_free(evidence);
}

gboolean evidence_passed(const Evidence *evidence)
{
        return evidence && evidence->failed == 0 && evidence->clean;
}

int evidence_compare(const Evidence *a, const Evidence *b)
{
        if (!a || !b)
                return (a != NULL) - (b != NULL);
        if (a->painted != b->painted)
                return a->painted - b->painted;
        if (a->failed != b->failed)
                return a->failed < b->failed ? 1 : -1;
        if (a->clean != b->clean)
                return a->clean - b->clean;
        if (a->passed != b->passed)
                return a->passed > b->passed ? 1 : -1;
        if (a->shown != b->shown)
                return a->shown > b->shown ? 1 : -1;
        return (a->fragile < b->fragile) - (a->fragile > b->fragile);
}

const char *evidence_verdict(const Evidence *evidence, guint requirement)
{
        json_object *result = evidence ? find_result(evidence->results, requirement) : NULL;

        return result ? json_text(result, "verdict") : "failed";
}

int evidence_failed_step(const Evidence *evidence, guint requirement)
{
        json_object *result = evidence ? find_result(evidence->results, requirement) : NULL;

        return g_strcmp0(json_text(result, "verdict"), "failed") == 0 ? (int)json_int(result, "step", 0) : -1;
}

void evidence_add_verdict(const Evidence *evidence, guint requirement, json_object *kept)
{
        json_object *result = evidence ? find_result(evidence->results, requirement) : NULL;

        json_add_text(kept, "verdict", evidence_verdict(evidence, requirement));
        if (!result)
                return;
        json_add_text(kept, "did", json_text(result, "did"));
        json_add_text(kept, "saw", json_text(result, "saw"));
        json_add_text(kept, "wanted", json_text(result, "wanted"));
        json_add_text(kept, "showed", json_text(result, "showed"));
}

/* The steps of a check as a person would do them, with the one that failed marked. */
static void write_steps(GString *out, json_object *array, gint64 failed)
{
        g_autoptr(GPtrArray) steps = steps_parse(array, NULL);

        for (guint i = 0; steps && i < steps->len; i++) {
                g_autofree char *text = step_to_text(g_ptr_array_index(steps, i));

                g_string_append_printf(out, "  %s%s\n", text, (gint64)i == failed ? "   <- failed here" : "");
        }
}

static void write_saying(GString *out, json_object *result, const char *field)
{
        if (json_text(result, field))
                g_string_append_printf(out, "  %s: %s\n", field, json_text(result, field));
}

char *findings_text(json_object *findings)
{
        GString *out = g_string_new(NULL);

        for (gsize i = 0; i < json_length(findings); i++) {
                json_object *finding = json_object_array_get_idx(findings, i);
                g_autofree char *text = text_plain(json_text(finding, "text") ? json_text(finding, "text") : "", EVIDENCE_TEXT_MAX);
                g_autofree char *control = text_plain(json_text(finding, "control") ? json_text(finding, "control") : "", PLAN_TEXT_MAX);

                g_string_append_printf(out, "- %s", json_text(finding, "kind") ? json_text(finding, "kind") : "finding");
                if (*control)
                        g_string_append_printf(out, " “%s”", control);
                if (json_int(finding, "line", 0) > 0)
                        g_string_append_printf(out, " (line %" G_GINT64_FORMAT ")", json_int(finding, "line", 0));
                g_string_append_printf(out, ": %s\n", text);
        }
        return g_string_free(out, FALSE);
}

char *evidence_text(const Evidence *evidence, GPtrArray *requirements)
{
        GString *out = g_string_new(NULL);
        g_autofree char *findings = findings_text(evidence->findings);

        for (gsize i = 0; i < json_length(evidence->results); i++) {
                json_object *result = json_object_array_get_idx(evidence->results, i);
                gint64 number = json_int(result, "requirement", 0);
                const Requirement *requirement = g_ptr_array_index(requirements, number);

                if (!g_str_equal(json_text(result, "verdict"), "failed"))
                        continue;
                g_string_append_printf(out, "%" G_GINT64_FORMAT ". %s\n", number + 1, requirement->text);
                write_steps(out, requirement->steps, json_int(result, "step", -1));
                write_saying(out, result, "did");
                write_saying(out, result, "wanted");
                write_saying(out, result, "saw");
        }
        g_string_append(out, findings);
        return g_string_free(out, FALSE);
}

char *evidence_counts(const Evidence *evidence)
{
        GString *out = g_string_new(NULL);

        if (evidence->total > 0)
                g_string_append_printf(out, "does %u of %u", evidence->passed, evidence->total);
        else if (evidence->shown > 0)
                g_string_append_printf(out, "shows %u of %u, none of it proven", evidence->shown, evidence->shown);
        else
                g_string_append(out, "has nothing that a check could prove");
        if (evidence->total > 0 && evidence->shown > 0)
                g_string_append_printf(out, "; %u more %s only shown", evidence->shown, evidence->shown == 1 ? "is" : "are");
        if (evidence->eye > 0)
                g_string_append_printf(out, "; %u only you can judge", evidence->eye);
        return g_string_free(out, FALSE);
}

char *evidence_first_failure(const Evidence *evidence, GPtrArray *requirements)
{
        for (gsize i = 0; i < json_length(evidence->results); i++) {
                json_object *result = json_object_array_get_idx(evidence->results, i);
                const Requirement *requirement = g_ptr_array_index(requirements, json_int(result, "requirement", 0));
                const char *saw = json_text(result, "saw");

                if (!g_str_equal(json_text(result, "verdict"), "failed"))
                        continue;
                g_autofree char *line = saw ? g_strdup_printf("%s (saw: %s)", requirement->text, saw) : g_strdup(requirement->text);
                return text_plain(line, PLAN_TEXT_MAX);
        }
        g_autofree char *findings = findings_text(evidence->findings);
        char *end = strchr(findings, '\n');
        if (end)
                *end = '\0';
        return text_plain(g_str_has_prefix(findings, "- ") ? findings + 2 : findings, PLAN_TEXT_MAX);
}
