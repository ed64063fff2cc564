/* Several drafts side by side: their calls, which all begin at once and which admission lets through when it can, and their checks, of which
 * only a few are asked for at a time, since a view does one after the other and none shall seem late that only waits its turn. */
#include "agent/runs/variants-internal.h"

#include <string.h>

#include "agent/json.h"
#include "agent/runs/briefs.h"
#include "agent/runs/static.h"

static void pump(Run *run);

char *variant_name(Run *run, guint number)
{
        return g_strdup_printf("%s.%u", run->id, number);
}

static Variant *variant_new(Run *run, guint number, const char *brief)
{
        Variant *variant = g_new0(Variant, 1);

        variant->run = run;
        variant->number = number;
        variant->brief = g_strdup(brief);
        variant->strip = write_strip(run);
        variant->text = g_string_new(NULL);
        return variant;
}

void variant_free(Variant *variant)
{
        if (!variant)
                return;
        if (variant->timer && !variant->run->finished) /* its check is not waited for any more */
                timeline_waited(variant->run->timeline, WAIT_VIEW, g_get_monotonic_time());
        g_clear_handle_id(&variant->timer, g_source_remove);
        static_cancel(variant->look);
        if (variant->draft)
                draft_end(variant->draft);
        draft_unref(variant->draft);
        g_free(variant->brief);
        g_free(variant->error);
        page_strip_free(variant->strip);
        g_string_free(variant->text, TRUE);
        g_free(variant->page);
        json_object_put(variant->faults);
        json_object_put(variant->posted);
        evidence_free(variant->evidence);
        g_free(variant);
}

void variants_end(Run *run)
{
        Variants *variants = g_steal_pointer(&run->variants);

        if (!variants)
                return;
        g_clear_handle_id(&variants->choice_timer, g_source_remove);
        g_ptr_array_unref(variants->all);
        g_clear_error(&variants->fatal);
        g_free(variants);
}

/* — what is told — */

static const char *const state_names[] = {
        [VARIANT_WRITING] = "writing", [VARIANT_WRITTEN] = "written",  [VARIANT_CHECKING] = "checking",
        [VARIANT_CHECKED] = "checked", [VARIANT_FAILED] = "failed",
};

static void add_counts(json_object *data, const Evidence *evidence)
{
        json_add_int(data, "passed", evidence->passed);
        json_add_int(data, "shown", evidence->shown);
        json_add_int(data, "total", evidence->total);
        json_add_int(data, "broken", evidence->failed);
        json_add_int(data, "eye", evidence->eye);
        json_add_flag(data, "clean", evidence->clean);
}

static json_object *variant_json(Variant *variant, json_object *data)
{
        g_autofree char *name = variant_name(variant->run, variant->number);
        g_autofree char *path = g_strdup_printf("index.html?draft=%s", name);

        json_add_text(data, "draft", name);
        json_add_text(data, "path", path);
        json_add_text(data, "state", state_names[variant->state]);
        json_add_text(data, "brief", variant->brief);
        json_add_text(data, "error", variant->error);
        if (variant->evidence)
                add_counts(data, variant->evidence);
        return data;
}

static void tell_variant(Variant *variant)
{
        if (variant->run->variants->purpose == VARIANTS_OFFER)
                run_tell(variant->run, EVENT_VARIANT, variant_json(variant, run_event(variant->run)));
}

static json_object *groups_json(Run *run)
{
        g_autoptr(GPtrArray) ranked = variants_ranked(run);
        json_object *groups = json_object_new_array(), *group = NULL;

        for (guint i = 0; i < ranked->len; i++) {
                const Variant *variant = g_ptr_array_index(ranked, i), *before = i > 0 ? g_ptr_array_index(ranked, i - 1) : NULL;
                g_autofree char *name = variant_name(run, variant->number);

                if (!before || evidence_compare(before->evidence, variant->evidence) != 0) {
                        group = json_object_new_array();
                        json_object_array_add(groups, group);
                }
                json_push_text(group, name);
        }
        return groups;
}

static json_object *fill_json(Run *run, json_object *data, const char *state, json_object *drafts)
{
        json_add_text(data, "state", state);
        json_add(data, "drafts", drafts);
        json_add(data, "groups", run->variants->choosing ? groups_json(run) : json_object_new_array());
        return data;
}

/* The drafts as they begin, without what is known of them later: that is told of each by itself. */
void variants_tell(Run *run, const char *state, const char *kept)
{
        json_object *data = run_event(run), *drafts = json_object_new_array();

        for (guint i = 0; i < run->variants->all->len; i++) {
                const Variant *variant = g_ptr_array_index(run->variants->all, i);
                g_autofree char *name = variant_name(run, variant->number);
                json_object *one = json_object_new_object();

                json_add_text(one, "draft", name);
                json_add_text(one, "brief", variant->brief);
                json_object_array_add(drafts, one);
        }
        json_add_text(data, "kept", kept);
        run_tell(run, EVENT_VARIANTS, fill_json(run, data, state, drafts));
}

json_object *variants_json(Run *run)
{
        json_object *drafts;

        if (run->variants->purpose != VARIANTS_OFFER)
                return NULL;
        drafts = json_object_new_array();
        for (guint i = 0; i < run->variants->all->len; i++)
                json_object_array_add(drafts, variant_json(g_ptr_array_index(run->variants->all, i), json_object_new_object()));
        return fill_json(run, json_object_new_object(), run->variants->choosing ? "choose" : "writing", drafts);
}

/* — checking — */

static void wait_for(Variant *variant, guint ms, GSourceFunc func)
{
        g_clear_handle_id(&variant->timer, g_source_remove);
        variant->timer = g_timeout_add(ms, func, variant);
}

static void fail(Variant *variant, const char *why)
{
        g_clear_handle_id(&variant->timer, g_source_remove);
        if (variant->draft)
                draft_end(variant->draft);
        variant->state = VARIANT_FAILED;
        g_free(variant->error);
        variant->error = g_strdup(why);
        tell_variant(variant);
}

static gboolean no_view_cb(gpointer user_data)
{
        Variant *variant = user_data;
        Run *run = variant->run;

        variant->timer = 0;
        timeline_waited(run->timeline, WAIT_VIEW, g_get_monotonic_time());
        fail(variant, "no view checked it");
        /* With nobody there the others would wait as long, one after the other. */
        for (guint i = 0; i < run->variants->all->len; i++) {
                Variant *other = g_ptr_array_index(run->variants->all, i);

                if (other->state == VARIANT_WRITTEN)
                        fail(other, "no view checked it");
        }
        pump(run);
        return G_SOURCE_REMOVE;
}

static gboolean nobody_came_cb(gpointer user_data)
{
        Variant *variant = user_data;

        variant->timer = 0;
        run_detail(variant->run, "Waiting for a view: no desktop is there to try the drafts out.");
        wait_for(variant, check_waits.no_view, no_view_cb);
        return G_SOURCE_REMOVE;
}

static void ask_view(Variant *variant);

static gboolean no_evidence_cb(gpointer user_data)
{
        Variant *variant = user_data;

        variant->timer = 0;
        if (variant->asked < RUN_CHECKS_ASKED_MAX) {
                ask_view(variant);
                return G_SOURCE_REMOVE;
        }
        timeline_waited(variant->run->timeline, WAIT_VIEW, g_get_monotonic_time());
        fail(variant, "its check did not come to an end");
        pump(variant->run);
        return G_SOURCE_REMOVE;
}

static void ask_view(Variant *variant)
{
        variant->asked++;
        variant->fetched = FALSE;
        /* The timer first: a view in this very process might fetch the draft while it is told. */
        wait_for(variant, check_waits.view, nobody_came_cb);
        check_tell(variant->run, variant->draft);
}

Variant *variant_find(Run *run, const char *draft)
{
        for (guint i = 0; i < run->variants->all->len; i++) {
                Variant *variant = g_ptr_array_index(run->variants->all, i);
                g_autofree char *name = variant_name(run, variant->number);

                if (g_strcmp0(name, draft) == 0)
                        return variant;
        }
        return NULL;
}

void variants_fetched(Run *run, const char *draft)
{
        Variant *variant = variant_find(run, draft);

        if (!variant || variant->state != VARIANT_CHECKING || !variant->timer || variant->fetched)
                return;
        variant->fetched = TRUE;
        wait_for(variant, check_waits.check, no_evidence_cb);
}

void variants_view_came(Run *run)
{
        for (guint i = 0; i < run->variants->all->len; i++) {
                Variant *variant = g_ptr_array_index(run->variants->all, i);

                if (variant->state != VARIANT_CHECKING || !variant->timer || variant->fetched)
                        continue;
                wait_for(variant, check_waits.view, nobody_came_cb);
                check_tell(run, variant->draft);
        }
}

static void take_evidence(Variant *variant, json_object *posted)
{
        variant->state = VARIANT_CHECKED;
        variant->posted = json_clone(posted);
        evidence_free(variant->evidence);
        variant->evidence = check_judge(variant->run, posted, variant->faults);
        tell_variant(variant);
        if (!variants_enough(variant->run, variant))
                pump(variant->run);
}

gboolean variants_evidence(Run *run, json_object *posted, GError **error)
{
        Variant *variant = variant_find(run, json_text(posted, "draft"));
        json_object *line;

        if (!variant || variant->state != VARIANT_CHECKING || !variant->timer) {
                g_set_error_literal(error, AGENT_ERROR, API_ERROR_CONFLICT,
                                    "This draft is not being checked any more; the evidence is ignored.");
                return FALSE;
        }
        g_clear_handle_id(&variant->timer, g_source_remove);
        timeline_waited(run->timeline, WAIT_VIEW, g_get_monotonic_time());
        line = json_object_new_object();
        json_add_text(line, "key", json_text(posted, "draft"));
        json_add(line, "evidence", json_clone(posted));
        json_add_copy(line, "faults", variant->faults);
        record_add(run->record, "evidence", line);
        take_evidence(variant, posted);
        return TRUE;
}

void variants_judge(Run *run)
{
        for (guint i = 0; run->variants && i < run->variants->all->len; i++) {
                Variant *variant = g_ptr_array_index(run->variants->all, i);

                if (variant->state != VARIANT_CHECKED)
                        continue;
                evidence_free(variant->evidence);
                variant->evidence = check_judge(run, variant->posted, variant->faults);
                tell_variant(variant);
        }
        if (run->variants && run->variants->choosing)
                variants_tell(run, "choose", NULL);
}

static guint count_in(Run *run, VariantState state)
{
        guint n = 0;

        for (guint i = 0; i < run->variants->all->len; i++)
                n += ((Variant *)g_ptr_array_index(run->variants->all, i))->state == state;
        return n;
}

/* What a view found before a restart, and what the page's own text had shown. */
static json_object *recorded_evidence(Variant *variant)
{
        g_autofree char *name = variant_name(variant->run, variant->number);
        json_object *line = record_find(variant->run->record, "evidence", name);

        json_object_put(variant->faults);
        variant->faults = json_object_get(json_field_array(line, "faults"));
        return json_field_object(line, "evidence");
}

static void looked_at(json_object *findings, const char *problem, gpointer user_data)
{
        Variant *variant = user_data;

        variant->look = 0;
        variant->faults = check_faults(variant->run, variant->page, findings);
        if (problem)
                run_detail(variant->run, problem);
        timeline_wait(variant->run->timeline, WAIT_VIEW, g_get_monotonic_time());
        ask_view(variant);
}

/* Asks for the next checks, as many as a view may have at once; at the end of it all says so. */
static void pump(Run *run)
{
        guint asked = count_in(run, VARIANT_CHECKING);

        for (guint i = 0; i < run->variants->all->len && asked < VARIANTS_CHECKS_AT_ONCE; i++) {
                Variant *variant = g_ptr_array_index(run->variants->all, i);

                if (variant->state != VARIANT_WRITTEN)
                        continue;
                variant->state = VARIANT_CHECKING;
                asked++;
                variant->look = check_look(run, variant->page, looked_at, variant);
        }
        if (count_in(run, VARIANT_WRITING) > 0)
                return;
        if (run->state != STATE_CHECK)
                run_enter(run, STATE_CHECK, "Trying the drafts out.");
        if (asked == 0 && !run->variants->choosing)
                variants_all_done(run);
}

/* — writing — */

/* What a view found before a restart is not asked for again. */
static void written(Variant *variant)
{
        json_object *found = recorded_evidence(variant);

        draft_end(variant->draft);
        variant->page = g_strndup(variant->text->str, variant->text->len);
        variant->state = VARIANT_WRITTEN;
        if (found)
                take_evidence(variant, found);
        else
                pump(variant->run);
}

static void text_came(Run *run, const char *bytes, gsize length, gpointer user_data)
{
        Variant *variant = user_data;
        gsize before = variant->text->len;

        write_progress(run, length);
        if (before > API_DRAFT_MAX)
                return;
        page_strip_feed(variant->strip, bytes, length, variant->text);
        if (variant->text->len == before)
                return;
        if (!variant->draft) {
                g_autofree char *name = variant_name(run, variant->number);

                variant->draft = draft_new(name, "text/html; charset=utf-8");
                runs_draft_began(run->runs, variant->draft);
        }
        draft_append(variant->draft, variant->text->str + before, variant->text->len - before);
}

/* Failures that are the draft's own; any other would be the next call's as well. */
static gboolean is_own(const GError *error)
{
        return error->code == LANE_ERROR_CUT || error->code == LANE_ERROR_LENGTH || error->code == LANE_ERROR_EMPTY ||
               error->code == LANE_ERROR_REFUSED || error->code == LANE_ERROR_STALLED;
}

static void answered(Run *run, const char *answer, gsize length, const GError *error, gpointer user_data)
{
        Variant *variant = user_data;
        gsize before = variant->text->len;
        g_autoptr(GError) fault = NULL;

        page_strip_end(variant->strip, variant->text);
        if (variant->draft && variant->text->len > before)
                draft_append(variant->draft, variant->text->str + before, variant->text->len - before);
        if ((!error || is_own(error)) && variant->draft && page_is_whole(variant->text->str, variant->text->len, &fault)) {
                runs_saw_page(run->runs, length / RUN_BYTES_A_TOKEN);
                if (write_changes_nothing(run, variant->text->str)) {
                        fail(variant, WRITE_CHANGED_NOTHING);
                        pump(run);
                } else {
                        written(variant);
                }
                return;
        }
        if (error && !is_own(error)) {
                g_clear_error(&run->variants->fatal);
                run->variants->fatal = g_error_copy(error);
        }
        fail(variant, error ? error->message : fault ? fault->message : "the answer holds no HTML document");
        pump(run);
}

/* The draft of one that comes whole. */
static void draft_whole(Variant *variant, const char *page)
{
        g_autofree char *name = variant_name(variant->run, variant->number);

        variant->draft = draft_new(name, "text/html; charset=utf-8");
        runs_draft_began(variant->run->runs, variant->draft);
        draft_append(variant->draft, page, strlen(page));
}

static void ask_repair(Variant *variant, const char *fault);

static void repair_came(Run *run, const char *bytes, gsize length, gpointer user_data)
{
        write_progress(run, length);
}

static void repaired(Run *run, const char *answer, gsize length, const GError *error, gpointer user_data)
{
        Variant *variant = user_data;
        g_autoptr(GError) fault = NULL;
        g_autofree char *page = !error || is_own(error) ? repair_apply(run, answer, length, &fault) : NULL;

        if (page) {
                g_string_assign(variant->text, page);
                draft_whole(variant, page);
                written(variant);
                return;
        }
        if (error && !is_own(error)) {
                g_clear_error(&run->variants->fatal);
                run->variants->fatal = g_error_copy(error);
        } else if (++variant->attempts < RUN_CHANGE_ATTEMPTS_MAX) {
                ask_repair(variant, error ? error->message : fault->message);
                return;
        }
        fail(variant, error ? error->message : fault->message);
        pump(run);
}

static void ask_repair(Variant *variant, const char *fault)
{
        Run *run = variant->run;
        g_autoptr(GError) error = NULL;
        ModelRequest request = {.call = "REPAIR", .max_tokens = RUN_TOKENS_PAGE};

        if (!repair_request(run, fault, &request, &error)) {
                run_fail(run, error);
                return;
        }
        run->variants->repair = request.attempt;
        run_ask_model(run, &request, repair_came, repaired, variant);
}

/* What the record's answer of this number makes a page of; NULL. */
static char *recorded_page(Variant *variant)
{
        Run *run = variant->run;
        gboolean repairs = run->variants && run->variants->purpose == VARIANTS_RACE && variant->number == run->variants->first;
        g_autofree char *key = repairs ? g_strdup_printf("REPAIR/%u", run->variants->repair) : g_strdup_printf("WRITE/%u", variant->number);
        const char *answer = json_text(record_find(run->record, "model", key), "answer");

        variant->repairs = repairs;
        if (answer && repairs)
                return repair_apply(run, answer, strlen(answer), NULL);
        if (answer) {
                page_strip_feed(variant->strip, answer, strlen(answer), variant->text);
                page_strip_end(variant->strip, variant->text);
        }
        return page_is_whole(variant->text->str, variant->text->len, NULL) ? g_strndup(variant->text->str, variant->text->len) : NULL;
}

Variant *variant_recall(Run *run, guint number, const char *brief)
{
        Variant *variant = variant_new(run, number, brief);
        json_object *found = recorded_evidence(variant);

        variant->page = found ? recorded_page(variant) : NULL;
        if (!variant->page) {
                variant_free(variant);
                return NULL;
        }
        draft_whole(variant, variant->page);
        draft_end(variant->draft);
        variant->posted = json_clone(found);
        variant->evidence = check_judge(run, found, variant->faults);
        variant->state = VARIANT_CHECKED;
        return variant;
}

static Prompt *prompt_of(Variant *variant, GError **error)
{
        const Variants *variants = variant->run->variants;
        const Variant *liked = variants->like ? g_ptr_array_index(variants->all, 0) : NULL;

        return write_prompt(variant->run, variant->number, variant->brief, liked ? liked->page : NULL, error);
}

/* Whoever is asked first needs no more room than the person's other work; only the rest stands back. */
static gboolean ask(Variant *variant, gboolean first)
{
        Run *run = variant->run;
        g_autoptr(GError) error = NULL;
        ModelRequest request = write_request(run);

        request.attempt = variant->number;
        request.variant = !first;
        request.prompt = prompt_of(variant, &error);
        if (!request.prompt) {
                run_fail(run, error);
                return FALSE;
        }
        run_ask_model(run, &request, text_came, answered, variant);
        return TRUE;
}

/* — a round — */

/* How many such calls fit into the provider's limits. */
static guint room(Run *run, guint wanted)
{
        g_autoptr(Prompt) prompt = write_prompt(run, 1, NULL, NULL, NULL);
        LaneRequest request = {.lane = "fast", .state = "WRITE", .max_tokens = RUN_TOKENS_PAGE};

        if (!prompt)
                return wanted;
        request.messages = prompt->messages;
        request.n_messages = prompt->n_messages;
        return CLAMP(lanes_room(run->agent->lanes, &request, wanted), 1, wanted);
}

static guint amendments_of_text(Run *run)
{
        guint n = 0;

        for (gsize i = 0; i < json_length(run->amendments); i++)
                n += json_text(json_object_array_get_idx(run->amendments, i), "text") != NULL;
        return n;
}

/* The first number that neither a call nor a draft of this run has had. */
static guint free_number(Run *run)
{
        json_object *rounds = record_all(run->record, "variants");
        guint last = MAX(run->drafts, GPOINTER_TO_UINT(g_hash_table_lookup(run->calls, "WRITE")));

        for (gsize i = 0; i < json_length(rounds); i++) {
                json_object *line = json_object_array_get_idx(rounds, i);

                last = MAX(last, (guint)(json_int(line, "first", 1) + json_int(line, "count", 0) - 1));
        }
        return last + 1;
}

/* The round as the record has it; a new one where there is none, or where the person has said more since. */
static json_object *round_line(Run *run, guint count, VariantsPurpose purpose, guint like)
{
        g_autofree char *key = g_strdup_printf("%u", run->variants_rounds);
        json_object *line = record_find(run->record, "variants", key);

        if (line && json_int(line, "amended", 0) >= amendments_of_text(run))
                return line;
        line = json_object_new_object();
        json_add_text(line, "key", key);
        json_add_int(line, "first", free_number(run));
        json_add_int(line, "count", room(run, count));
        json_add_int(line, "wanted", count);
        json_add_int(line, "like", like);
        json_add_int(line, "amended", amendments_of_text(run));
        record_add(run->record, "variants", line);
        return record_find(run->record, "variants", key);
}

static void tell_room(Run *run, guint count, guint wanted)
{
        g_autofree char *text = g_strdup_printf("The limits of the model leave room for %u draft%s now; %u were asked for.", count,
                                                count == 1 ? "" : "s", wanted);

        if (count < wanted)
                run_notice(run, "info", text, NULL);
}

static gboolean fill(Run *run, guint count, GError **error)
{
        Variants *variants = run->variants;
        BriefsKind kind = variants->purpose != VARIANTS_OFFER ? BRIEFS_WAYS : variants->like ? BRIEFS_NEAR : BRIEFS_LOOKS;
        g_auto(GStrv) briefs = briefs_read(run->agent, kind, count, error);
        Variant *liked = variants->like ? variant_recall(run, variants->like, "As it was.") : NULL;

        if (!briefs) {
                variant_free(liked);
                return FALSE;
        }
        if (liked)
                g_ptr_array_add(variants->all, liked);
        else
                variants->like = 0;
        for (guint i = 0; variants->all->len < count; i++)
                g_ptr_array_add(variants->all, variant_new(run, variants->first + i, briefs[variants->purpose == VARIANTS_RACE ? 0 : i]));
        if (variants->purpose == VARIANTS_RACE)
                ((Variant *)g_ptr_array_index(variants->all, 0))->repairs = TRUE;
        return TRUE;
}

static void ask_all(Run *run)
{
        gboolean first = TRUE;

        for (guint i = 0; !run->finished && run->variants && i < run->variants->all->len; i++) {
                Variant *variant = g_ptr_array_index(run->variants->all, i);

                if (variant->state != VARIANT_WRITING)
                        continue;
                if (variant->repairs)
                        ask_repair(variant, NULL);
                else if (!ask(variant, first))
                        return;
                first = FALSE;
        }
}

static void enter(Run *run, VariantsPurpose purpose, guint n)
{
        g_autofree char *detail = g_strdup_printf("Writing %u drafts side by side.", n);

        if (purpose == VARIANTS_RACE)
                run_enter(run, STATE_REPAIR, "Repairing it, and writing it afresh beside that.");
        else
                run_enter(run, STATE_WRITE, detail);
        run->written = 0;
        run->expected = n * runs_page_tokens(run->runs);
}

gboolean variants_round(Run *run, guint count, VariantsPurpose purpose, guint like, gboolean anew)
{
        g_autoptr(GError) error = NULL;
        json_object *line;
        guint n;

        variants_end(run);
        run->variants_rounds += !anew;
        line = round_line(run, count, purpose, like);
        n = (guint)json_int(line, "count", 1);
        if (purpose == VARIANTS_OFFER)
                tell_room(run, n, (guint)json_int(line, "wanted", n));
        if (n < API_VARIANTS_MIN)
                return FALSE;
        run->variants = g_new0(Variants, 1);
        run->variants->purpose = purpose;
        run->variants->count = count;
        run->variants->first = (guint)json_int(line, "first", 1);
        run->variants->like = (guint)json_int(line, "like", 0);
        run->variants->all = g_ptr_array_new_with_free_func((GDestroyNotify)variant_free);
        enter(run, purpose, n);
        if (!fill(run, n, &error)) {
                run_fail(run, error);
                return TRUE;
        }
        run->drafts = MAX(run->drafts, run->variants->first + n - 1);
        g_hash_table_insert(run->calls, g_strdup("WRITE"), GUINT_TO_POINTER(run->variants->first + n - 1));
        if (purpose == VARIANTS_OFFER)
                variants_tell(run, "writing", NULL);
        if (run->variants->like)
                tell_variant(g_ptr_array_index(run->variants->all, 0));
        if (!variants_resume(run))
                ask_all(run);
        return TRUE;
}

gboolean variants_start(Run *run, guint count, VariantsPurpose purpose)
{
        guint max = purpose == VARIANTS_OFFER ? API_VARIANTS_MAX : purpose == VARIANTS_BEST ? VARIANTS_BEST_MAX : API_VARIANTS_MIN;

        return variants_round(run, CLAMP(count, API_VARIANTS_MIN, max), purpose, 0, FALSE);
}

/* As the lane had it when the first was to be written, so that a run that was cut off goes on with as many. */
static guint settled_drafts(Run *run)
{
        json_object *line = record_find(run->record, "order", "drafts");

        if (!line) {
                line = json_object_new_object();
                json_add_text(line, "key", "drafts");
                json_add_int(line, "count", lanes_drafts(run->agent->lanes));
                record_add(run->record, "order", line);
                line = record_find(run->record, "order", "drafts");
        }
        return (guint)json_int(line, "count", 1);
}

/* What the person or the lane asks for counts only for the first draft: where that is one only, so are those that follow. */
gboolean variants_begin(Run *run)
{
        guint wanted = run->variants_wanted;

        if (run->variants) {
                const Variants *before = run->variants;

                return variants_round(run, before->count, before->purpose, before->like, TRUE);
        }
        run->variants_wanted = 0;
        if (wanted > 0)
                return variants_start(run, wanted, VARIANTS_OFFER);
        if (run->variants_rounds > 0 || run->fresh > 0)
                return FALSE;
        wanted = run->inputs ? RUN_FUNCTIONS : settled_drafts(run);
        return wanted >= API_VARIANTS_MIN && variants_start(run, wanted, VARIANTS_BEST);
}
