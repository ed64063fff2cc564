/* What becomes of several drafts: their order, what the person chose, and how the run goes on with it. */
#include "agent/runs/variants-internal.h"

#include "agent/json.h"
#include "agent/runs/agreement.h"
#include "agent/runs/sentence.h"

static int compare(gconstpointer a, gconstpointer b)
{
        const Variant *one = *(Variant *const *)a, *two = *(Variant *const *)b;
        int order = evidence_compare(two->evidence, one->evidence);

        if (!order)
                order = (one->kept < two->kept) - (one->kept > two->kept);
        if (!order)
                order = (one->says < two->says) - (one->says > two->says);
        if (!order)
                order = (one->agreement < two->agreement) - (one->agreement > two->agreement);
        return order ? order : (one->number > two->number) - (one->number < two->number);
}

/* Among drafts for a person to choose from the evidence alone counts: a tie stays one. */
static void count_agreement(Run *run, GPtrArray *checked)
{
        g_autoptr(GPtrArray) quotes = NULL, posted = g_ptr_array_new();
        g_autofree guint *counts = NULL;

        if (run->variants->purpose == VARIANTS_OFFER)
                return;
        quotes = check_quotes(run);
        for (guint i = 0; i < checked->len; i++)
                g_ptr_array_add(posted, ((Variant *)g_ptr_array_index(checked, i))->posted);
        counts = agreement_count(posted, quotes);
        for (guint i = 0; i < checked->len; i++) {
                Variant *variant = g_ptr_array_index(checked, i);

                variant->agreement = counts[i];
                variant->says = agreement_says(variant->posted, quotes);
        }
}

/* A change that nobody called a repair leaves alone what it does not speak of. */
static void count_kept(Run *run, GPtrArray *checked)
{
        g_autoptr(GPtrArray) quotes = NULL;

        if (!run->said || run->route != ROUTE_EDIT)
                return;
        quotes = sentence_quotes(runs_route_rules(run->runs), run->said);
        for (guint i = 0; i < checked->len; i++) {
                Variant *variant = g_ptr_array_index(checked, i);

                variant->kept = agreement_with_before(variant->posted, run->plan->requirements, quotes);
        }
}

GPtrArray *variants_ranked(Run *run)
{
        GPtrArray *ranked = g_ptr_array_new();

        for (guint i = 0; i < run->variants->all->len; i++) {
                Variant *variant = g_ptr_array_index(run->variants->all, i);

                if (variant->state == VARIANT_CHECKED)
                        g_ptr_array_add(ranked, variant);
        }
        count_agreement(run, ranked);
        count_kept(run, ranked);
        g_ptr_array_sort(ranked, compare);
        return ranked;
}

/* The first of those that none is better than; NULL if nothing was checked. */
static Variant *best_of(Run *run)
{
        g_autoptr(GPtrArray) ranked = variants_ranked(run);

        return ranked->len > 0 ? g_ptr_array_index(ranked, 0) : NULL;
}

/* Those that were checked, showed something and are no copies of one that counts already. */
static GPtrArray *witnesses(Run *run, Variant *chosen)
{
        g_autoptr(GPtrArray) ranked = variants_ranked(run);
        g_autoptr(GHashTable) pages = g_hash_table_new(g_str_hash, g_str_equal);
        GPtrArray *found = g_ptr_array_new();

        g_hash_table_add(pages, chosen->page);
        for (guint i = 0; i < ranked->len; i++) {
                Variant *variant = g_ptr_array_index(ranked, i);

                if (variant != chosen && variant->evidence->painted && g_hash_table_add(pages, variant->page))
                        g_ptr_array_add(found, variant);
        }
        return found;
}

/* Drafts that were written apart and still fail a check at the same step say something of the check: for each requirement as many others as
 * agree with the chosen one, all of them or none. */
static json_object *agreed(Run *run, Variant *chosen)
{
        g_autoptr(GPtrArray) others = witnesses(run, chosen);
        json_object *counts = json_object_new_array();

        for (guint i = 0; i < run->plan->requirements->len; i++) {
                int step = evidence_failed_step(chosen->evidence, i);
                guint n = 0;

                for (guint k = 0; k < others->len && step >= 0; k++)
                        n += evidence_failed_step(((Variant *)g_ptr_array_index(others, k))->evidence, i) == step;
                json_object_array_add(counts, json_object_new_int(n == others->len ? (int)n : 0));
        }
        return counts;
}

static char *choice_key(Run *run)
{
        return g_strdup_printf("%u", run->variants->first);
}

/* Returns the line, borrowed. */
static json_object *record_choice(Run *run, Variant *chosen, gboolean more)
{
        json_object *line = json_object_new_object();
        g_autofree char *key = choice_key(run);

        json_add_text(line, "key", key);
        json_add_int(line, "number", chosen->number);
        json_add_flag(line, "more", more);
        json_add_int(line, "repair", run->variants->repair);
        if (run->variants->purpose != VARIANTS_OFFER)
                json_add(line, "agreed", agreed(run, chosen));
        record_add(run->record, "choice", line);
        return record_find(run->record, "choice", key);
}

/* The run's draft, page and evidence are the variant's from now on; the others are dropped. Takes variant, which is none of them any more. */
static void adopt(Run *run, Variant *variant)
{
        gboolean offered = run->variants->purpose == VARIANTS_OFFER;
        g_autofree char *name = variant_name(run, variant->number);
        g_autoptr(json_object) posted = json_object_get(variant->posted);

        run_cancel_models(run);
        if (run->variants->choice_timer || run->variants->choosing)
                timeline_waited(run->timeline, WAIT_PERSON, g_get_monotonic_time());
        if (offered)
                variants_tell(run, "over", name);
        write_adopt(run, variant->draft, variant->page);
        g_clear_pointer(&run->faults, json_object_put);
        run->faults = json_object_get(variant->faults);
        run->check_round = 0;
        if (!variant->repairs)
                g_clear_pointer(&run->last_signature, g_free); /* it fails on its own account: no repair of it has been tried */
        variant_free(variant);
        variants_end(run);
        if (run->state != STATE_CHECK)
                run_enter(run, STATE_CHECK, NULL);
        if (offered)
                g_clear_pointer(&run->best, version_free); /* what the person chose is the best */
        check_take(run, posted);
        if (offered || evidence_passed(run->evidence))
                deliver_start(run);
        else
                repair_start(run);
}

static Variant *steal(Run *run, Variant *variant)
{
        guint i;

        if (!g_ptr_array_find(run->variants->all, variant, &i))
                return NULL;
        return g_ptr_array_steal_index(run->variants->all, i);
}

static Variant *named(Run *run, guint number)
{
        for (guint i = 0; i < run->variants->all->len; i++) {
                Variant *variant = g_ptr_array_index(run->variants->all, i);

                if (variant->number == number)
                        return variant;
        }
        return NULL;
}

static void more_like(Run *run, Variant *liked)
{
        guint count = run->variants->count;

        run_cancel_models(run);
        if (run->variants->choosing)
                timeline_waited(run->timeline, WAIT_PERSON, g_get_monotonic_time());
        if (variants_round(run, count, VARIANTS_OFFER, liked->number, FALSE)) {
                variant_free(liked);
                return;
        }
        /* No room for others now: what was liked is kept. */
        run->variants = g_new0(Variants, 1);
        run->variants->all = g_ptr_array_new_with_free_func((GDestroyNotify)variant_free);
        adopt(run, liked);
}

/* line is a choice of a draft that has been checked, in this life of the agent or in one before. */
static void go_on(Run *run, json_object *line)
{
        guint number = (guint)json_int(line, "number", 0);
        gboolean more = json_flag(line, "more", FALSE);
        Variant *listed = named(run, number);
        Variant *chosen = listed && listed->state == VARIANT_CHECKED ? steal(run, listed) : variant_recall(run, number, "");

        judge_count_others(run, json_field_array(line, "agreed"));
        if (more)
                more_like(run, chosen);
        else
                adopt(run, chosen);
}

static void resume(Run *run)
{
        g_autofree char *key = run->variants ? choice_key(run) : NULL;
        json_object *line = key ? record_find(run->record, "choice", key) : NULL;

        if (line)
                go_on(run, line);
}

gboolean variants_resume(Run *run)
{
        g_autofree char *key = choice_key(run);
        json_object *line = record_find(run->record, "choice", key);
        Variant *kept;

        run->variants->repair = (guint)json_int(line, "repair", 0);
        kept = line ? variant_recall(run, (guint)json_int(line, "number", 0), "") : NULL;
        if (!kept)
                return FALSE;
        variant_free(kept);
        /* As if they had been asked again: the next repair is another call. */
        if (run->variants->repair > 0)
                g_hash_table_insert(run->calls, g_strdup("REPAIR"), GUINT_TO_POINTER(run->variants->repair));
        run_later(run, resume);
        return TRUE;
}

static void choose(Run *run, Variant *variant, gboolean more)
{
        go_on(run, record_choice(run, variant, more));
}

/* A draft whose every check was proven is enough where nobody is to choose; what is only shown another may prove. */
gboolean variants_enough(Run *run, Variant *variant)
{
        const Evidence *evidence = variant->evidence;

        if (run->variants->purpose == VARIANTS_OFFER || !evidence_passed(evidence) || evidence->passed == 0 ||
            evidence->passed != evidence->total || evidence->shown > 0)
                return FALSE;
        choose(run, variant, FALSE);
        return TRUE;
}

static gboolean nobody_chose_cb(gpointer user_data)
{
        Run *run = user_data;

        run->variants->choice_timer = 0;
        run_notice(run, "info", "Nobody chose one of the drafts, so the best by its checks was kept.", NULL);
        choose(run, best_of(run), FALSE);
        return G_SOURCE_REMOVE;
}

static void none_can_be_used(Run *run)
{
        g_autoptr(GError) fatal = run->variants->fatal ? g_error_copy(run->variants->fatal) : NULL;
        const Variant *last = g_ptr_array_index(run->variants->all, run->variants->all->len - 1);
        g_autofree char *why = g_strdup(last->error ? last->error : "nothing was shown");
        guint n = run->variants->all->len;

        for (guint i = 0; i < n && !run->page; i++)
                run->page = g_strdup(((Variant *)g_ptr_array_index(run->variants->all, i))->page);
        gboolean repairing = run->variants->purpose != VARIANTS_OFFER && run->evidence;
        variants_end(run);
        if (repairing && !fatal)
                repair_go_on(run); /* nothing better came: as a check that failed once more in the same way */
        else if (run->best)
                deliver_best(run);
        else if (!run_model_failed(run, fatal))
                run_finish(run, OUTCOME_FAILED, "None of the %u drafts can be shown: %s. %s; ask again, or choose another model.", n, why,
                           run->before ? "The app stays as it was" : "Nothing was kept");
}

void variants_all_done(Run *run)
{
        Variant *best = best_of(run);

        if (!best || !best->evidence->painted) {
                if (best && evidence_compare(best->evidence, run->best ? run->best->evidence : NULL) > 0) {
                        /* It shows nothing, but it is what there is: it says what went wrong. */
                        version_free(run->best);
                        run->best = g_new0(Version, 1);
                        run->best->page = g_strdup(best->page);
                        run->best->draft = variant_name(run, best->number);
                        run->best->evidence = check_judge(run, best->posted, best->faults);
                        run->best->posted = json_clone(best->posted);
                        run->best->faults = json_object_get(best->faults);
                }
                none_can_be_used(run);
                return;
        }
        if (run->variants->purpose != VARIANTS_OFFER) {
                choose(run, best, FALSE);
                return;
        }
        run->variants->choosing = TRUE;
        timeline_wait(run->timeline, WAIT_PERSON, g_get_monotonic_time());
        run_detail(run, "Choose one of the drafts.");
        run->variants->choice_timer = g_timeout_add(VARIANTS_CHOICE_MS, nobody_chose_cb, run);
        variants_tell(run, "choose", NULL);
}

static gboolean refuse(GError **error, const char *text)
{
        g_set_error_literal(error, AGENT_ERROR, API_ERROR_CONFLICT, text);
        return FALSE;
}

gboolean variants_keep(Run *run, const char *draft, gboolean more, GError **error)
{
        Variant *variant;

        if (!run->variants || run->variants->purpose != VARIANTS_OFFER)
                return refuse(error, "This run has no drafts to choose from.");
        variant = draft ? variant_find(run, draft) : best_of(run);
        if (draft && !variant)
                return refuse(error, "There is no such draft to choose.");
        if (!variant || variant->state != VARIANT_CHECKED)
                return refuse(error, draft ? "This draft has not been checked yet." : "No draft has been checked yet.");
        if (!variant->evidence->painted)
                return refuse(error, "This draft shows nothing.");
        if (more && run->variants_rounds >= VARIANTS_ROUNDS_MAX)
                return refuse(error, "There have been enough drafts of this. Keep one, then ask for a change.");
        choose(run, variant, more);
        return TRUE;
}

void variants_stop(Run *run)
{
        Variant *best = run->variants ? best_of(run) : NULL;

        if (!run->variants)
                return;
        if (best && best->evidence->painted) {
                Variant *variant = steal(run, best);
                g_autofree char *name = variant_name(run, variant->number);
                g_autoptr(json_object) posted = json_object_get(variant->posted);

                if (run->variants->purpose == VARIANTS_OFFER)
                        variants_tell(run, "over", name);
                write_adopt(run, variant->draft, variant->page);
                g_clear_pointer(&run->faults, json_object_put);
                run->faults = json_object_get(variant->faults);
                variant_free(variant);
                check_take(run, posted);
        }
        for (guint i = 0; i < run->variants->all->len && !run->page; i++)
                run->page = g_strdup(((Variant *)g_ptr_array_index(run->variants->all, i))->page);
        variants_end(run);
}
