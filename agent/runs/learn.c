/* What is learnt of a run. A run whose first version was wrong and that was accepted in the end has something to teach: one short call
 * proposes it as a skill, which is only kept once a trial has shown that it helps (trial.c). The call comes after the run and holds nobody
 * up; if the agent ends meanwhile, nothing is proposed.
 *
 * A taste is no model's business: where the person's own words say "always", the person is asked whether they hold for every app. */
#include <string.h>

#include "agent/journal.h"
#include "agent/json.h"
#include "agent/runs/plan-schema.h"
#include "agent/runs/skills.h"
#include "protocols/text.h"

#define TOKENS_LEARN 700
#define TASTE_PREFIX "always-"
#define NAME_TRIES_MAX 50

typedef struct {
        Agent *agent;
        Skill *from; /* where it comes from; without name and text */
        guint proposed_at_most;
        char *run;
} Learning;

static void learning_free(Learning *learning)
{
        skill_free(learning->from);
        g_free(learning->run);
        g_free(learning);
}

/* A name that no skill has. NULL where there is none left. */
static char *free_name(const Agent *agent, const char *prefix, const char *wanted)
{
        g_autofree char *whole = g_strconcat(prefix, wanted, NULL), *slug = text_slug(whole, SKILL_NAME_MAX - 3);

        for (guint n = 1; n <= NAME_TRIES_MAX; n++) {
                g_autofree char *name = n == 1 ? g_strdup(slug) : g_strdup_printf("%s-%u", slug, n);
                g_autofree char *taken = library_skill_text(agent->library, name, NULL);

                if (!taken)
                        return g_steal_pointer(&name);
        }
        return NULL;
}

static guint count_proposed(const Agent *agent)
{
        g_autoptr(GPtrArray) skills = library_skills(agent->library);
        guint n = 0;

        for (guint i = 0; i < skills->len; i++)
                n += ((Skill *)g_ptr_array_index(skills, i))->state != SKILL_KEPT;
        return n;
}

static void propose(Learning *learning, const char *answer, gsize length)
{
        g_autoptr(json_object) object = answer_object(answer, length, NULL);
        const char *wanted = json_text(object, "name");
        /* A name that a person has just taken by hand is taken. */
        gboolean settled = library_settle(learning->agent->library, NULL);
        g_autofree char *name = wanted && settled ? free_name(learning->agent, "", wanted) : NULL, *words = NULL;
        g_autoptr(GError) error = NULL;
        g_autoptr(Skill) skill = NULL;

        if (!object || json_flag(object, "nothing", FALSE) || !name)
                return;
        skill = skill_new(name, json_text(object, "description"), json_text(object, "body"), &error);
        if (!skill) {
                g_message("What was learnt in %s is not proposed: %s", learning->run, error->message);
                return;
        }
        skill->state = SKILL_PROPOSED;
        skill->run = g_strdup(learning->from->run);
        skill->sentence = g_strdup(learning->from->sentence);
        skill->repairs = learning->from->repairs;
        skill->passed = learning->from->passed;
        skill->total = learning->from->total;
        words = g_strdup_printf("Proposed: %s", skill->description);
        if (!library_accept_skill(learning->agent->library, skill, words, &error))
                g_warning("%s", error->message);
        else
                runs_rest(learning->agent->runs);
}

static void done_cb(const LaneResult *result, const GError *error, gpointer user_data)
{
        Learning *learning = user_data;

        if (error || !result)
                g_debug("Nothing was learnt in %s: %s", learning->run, error ? error->message : "no answer");
        else if (learning->agent->runs && count_proposed(learning->agent) < learning->proposed_at_most)
                propose(learning, result->content, result->content_length);
        learning_free(learning);
}

static void ask(Run *run, const SkillRules *rules)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *requirements = run_requirements_text(run, -1), *diary = run_diary_text(run);
        g_autoptr(Prompt) prompt = prompt_render(run->agent, "learn", &error, "sentence", run->sentence, "requirements", requirements,
                                                 "diary", diary, "mend", run->mend, NULL);
        LaneRequest request = {.lane = "deep", .state = "LEARN", .attempt = 1, .sentence = run->sentence, .max_tokens = TOKENS_LEARN,
                               .schema = learn_schema(), .cache_key = "impromptu-LEARN", .run = run->id, .rank = ADMISSION_VARIANT,
                               .temperature = 0};
        Learning *learning;

        if (!prompt) {
                g_warning("%s", error->message);
                return;
        }
        learning = g_new0(Learning, 1);
        learning->agent = run->agent;
        learning->run = g_strdup(run->id);
        learning->proposed_at_most = rules->proposed_at_most;
        learning->from = g_new0(Skill, 1);
        learning->from->run = g_strdup(run->id);
        learning->from->sentence = g_strdup(run->sentence);
        learning->from->repairs = run_troubles(run);
        learning->from->passed = run->best->evidence->passed;
        learning->from->total = run->best->evidence->total;
        request.messages = prompt->messages;
        request.n_messages = prompt->n_messages;
        lanes_call(run->agent->lanes, &request, NULL, done_cb, learning);
}

/* Something went wrong at first and was right in the end. */
static gboolean is_worth_it(Run *run)
{
        return run->route == ROUTE_APP && !run->before && !run->is_content && !run->variants_wanted && !run->stopping &&
               run_troubles(run) > 0 && evidence_passed(run->best->evidence);
}

/* — taste — */

/* The words stand in the sentence, each as a whole word. */
static gboolean says_always(const char *sentence, char **words)
{
        g_autofree char *plain = text_plain(sentence, API_SENTENCE_MAX), *folded = g_utf8_casefold(plain, -1);
        g_autofree char *spaced = g_strdelimit(g_strdup_printf(" %s ", folded), ",.;:!?\"'()", ' ');

        for (char **word = words; *word; word++) {
                g_autofree char *whole = g_strdup_printf(" %s ", *word);

                if (strstr(spaced, whole))
                        return TRUE;
        }
        return FALSE;
}

static void propose_taste(Run *run)
{
        g_autofree char *name = free_name(run->agent, TASTE_PREFIX, run->sentence), *words = NULL, *notice = NULL;
        g_autoptr(GError) error = NULL;
        g_autoptr(Skill) skill = name ? skill_new(name, run->sentence, run->sentence, &error) : NULL;

        if (!skill)
                return; /* too long for a standing wish */
        skill->state = SKILL_TASTE;
        words = g_strdup_printf("Proposed, to hold for every app: %s", skill->description);
        if (!library_accept_skill(run->agent->library, skill, words, &error)) {
                g_warning("%s", error->message);
                return;
        }
        notice = g_strdup_printf("Shall “%s” hold for every app? Then say “impromptu skills keep %s”.", skill->description, name);
        run_notice(run, "info", notice, NULL);
}

static gboolean is_taste(Run *run, const SkillRules *rules)
{
        return run->before && !run->wordless && says_always(run->sentence, rules->taste_words) && record_once(run->record, "learnt", "taste");
}

void learn_after(Run *run)
{
        const SkillRules *rules = runs_skill_rules(run->runs);
        gboolean taste = rules && !run->trial && is_taste(run, rules), worth = rules && !run->trial && is_worth_it(run);

        if ((!taste && !worth) || count_proposed(run->agent) >= rules->proposed_at_most)
                return;
        if (taste)
                propose_taste(run);
        if (worth)
                ask(run, rules);
}
