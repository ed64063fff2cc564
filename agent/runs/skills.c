#include "agent/runs/skills.h"

#include <string.h>

#include "agent/json.h"
#include "agent/runs/meaning.h"

#define RULES "skills.json"
#define BUDGET_TOKENS_MAX 8000 /* that the data may give recipes in a prompt */
#define USED_MAX 16            /* recipes in a prompt */
#define TRIES_MAX 100          /* of one recipe */
#define IDLE_SECONDS_MAX 86400 /* of rest before a trial begins by itself */

static char **read_words(json_object *object, const char *name)
{
        json_object *array = json_field_array(object, name);
        g_autoptr(GStrvBuilder) words = g_strv_builder_new();

        for (gsize i = 0; i < json_length(array); i++) {
                const char *word = json_value_text(json_object_array_get_idx(array, i));

                if (word)
                        g_strv_builder_add(words, word);
        }
        return g_strv_builder_end(words);
}

static guint bound(json_object *object, const char *name, guint most)
{
        return (guint)CLAMP(json_int(object, name, 0), 0, most);
}

SkillRules *skill_rules_load(const Agent *agent, GError **error)
{
        g_autofree char *text = agent_share_text(agent, RULES, error);
        g_autoptr(json_object) object = text ? json_parse_object(text, -1, error) : NULL;
        SkillRules *rules;

        if (!object) {
                g_prefix_error(error, RULES ": ");
                return NULL;
        }
        rules = g_new0(SkillRules, 1);
        rules->budget_tokens = bound(object, "budget_tokens", BUDGET_TOKENS_MAX);
        rules->at_most = bound(object, "at_most", USED_MAX);
        rules->least_likeness = json_real(object, "least_likeness", 1);
        rules->proposed_at_most = bound(object, "proposed_at_most", LIBRARY_SKILLS_MAX);
        rules->tries_at_most = bound(object, "tries_at_most", TRIES_MAX);
        rules->idle_seconds = bound(object, "idle_seconds", IDLE_SECONDS_MAX);
        rules->idle_paid = json_flag(object, "idle_paid", FALSE);
        rules->taste_words = read_words(object, "taste_words");
        rules->small_words = read_words(object, "small_words");
        return rules;
}

void skill_rules_free(SkillRules *rules)
{
        if (!rules)
                return;
        g_strfreev(rules->taste_words);
        g_strfreev(rules->small_words);
        g_free(rules);
}

/* — which — */

typedef struct {
        double likeness;
        Skill *skill;
} Candidate;

static int compare_likeness(gconstpointer a, gconstpointer b)
{
        const Candidate *x = a, *y = b;

        return x->likeness < y->likeness ? 1 : x->likeness > y->likeness ? -1 : strcmp(x->skill->name, y->skill->name);
}

/* Kept skills that are like the sentence, the likest first. What they were learnt from counts as much as what they say of themselves. */
static GArray *candidates(const SkillRules *rules, const char *sentence, GPtrArray *skills)
{
        GArray *found = g_array_new(FALSE, FALSE, sizeof(Candidate));
        const char *const *small = (const char *const *)rules->small_words;
        g_autoptr(Meaning) wanted = meaning_new(sentence, small);

        for (guint i = 0; i < skills->len; i++) {
                Skill *skill = g_ptr_array_index(skills, i);
                g_autoptr(Meaning) says = meaning_new(skill->description, small);
                g_autoptr(Meaning) came = skill->sentence ? meaning_new(skill->sentence, small) : NULL;
                Candidate candidate = {MAX(meaning_compare(wanted, says), came ? meaning_compare(wanted, came) : 0), skill};

                if (skill->state == SKILL_KEPT && candidate.likeness >= rules->least_likeness)
                        g_array_append_val(found, candidate);
        }
        g_array_sort(found, compare_likeness);
        return found;
}

static void add_used(json_object *used, const Skill *skill)
{
        json_object *one = json_object_new_object();

        json_add_text(one, "name", skill->name);
        json_add_text(one, "description", skill->description);
        json_add_text(one, "body", skill->body);
        json_object_array_add(used, one);
}

static gboolean has_room(json_object *used, const SkillRules *rules, const Skill *skill)
{
        gsize bytes = strlen(skill->body) + strlen(skill->description) + strlen(skill->name);

        for (gsize i = 0; i < json_length(used); i++) {
                json_object *one = json_object_array_get_idx(used, i);

                bytes += strlen(json_text(one, "body")) + strlen(json_text(one, "description")) + strlen(json_text(one, "name"));
        }
        return json_length(used) < rules->at_most && bytes / RUN_BYTES_A_TOKEN <= rules->budget_tokens;
}

/* What a trial is given: what the first run was given, and the skill that is tried, whatever it is like. */
static void add_tried(Run *run, json_object *used)
{
        json_object *before = json_field_array(record_find(run->record, "skills", "before"), "used");
        g_autoptr(GError) error = NULL;
        g_autoptr(Skill) skill = library_skill(run->agent->library, run->trial, &error);

        for (gsize i = 0; i < json_length(before); i++)
                json_object_array_add(used, json_object_get(json_object_array_get_idx(before, i)));
        if (skill)
                add_used(used, skill);
        else
                run_notice(run, "warning", error->message, NULL);
}

static void add_likely(Run *run, json_object *used)
{
        const SkillRules *rules = runs_skill_rules(run->runs);
        g_autoptr(GPtrArray) skills = rules ? library_skills(run->agent->library) : NULL;
        g_autoptr(GArray) found = skills ? candidates(rules, run->sentence, skills) : NULL;

        for (guint i = 0; found && i < found->len; i++) {
                const Skill *skill = g_array_index(found, Candidate, i).skill;

                if (has_room(used, rules, skill))
                        add_used(used, skill);
        }
}

/* Only a new app has writers that a recipe is for; a change has the app itself. */
static json_object *settle(Run *run)
{
        json_object *line = record_find(run->record, "skills", "used"), *used;

        if (line)
                return json_field_array(line, "used");
        used = json_object_new_array();
        if (run->trial)
                add_tried(run, used);
        else if (!run->before)
                add_likely(run, used);
        line = json_object_new_object();
        json_add_text(line, "key", "used");
        json_add(line, "used", used);
        record_add(run->record, "skills", line); /* which keeps it */
        for (gsize i = 0; i < json_length(used); i++)
                run_diary(run, "The writer was given the recipe “%s”.", json_text(json_object_array_get_idx(used, i), "name"));
        return used;
}

char *skills_text(Run *run)
{
        json_object *used = settle(run);
        GString *out = g_string_new(NULL);

        for (gsize i = 0; i < json_length(used); i++) {
                json_object *one = json_object_array_get_idx(used, i);
                const char *description = json_text(one, "description"), *body = json_text(one, "body");

                if (description && body)
                        g_string_append_printf(out, "%s%s:\n%s\n", out->len ? "\n" : "", description, body);
        }
        return g_string_free(out, FALSE);
}
