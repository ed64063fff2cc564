/* The values that checks expect and nobody should guess: expressions of the plan, computed in the sandbox. */
#include "agent/runs/run.h"

#include "agent/expressions.h"
#include "agent/json.h"
#include "agent/runs/second.h"
#include "protocols/steps.h"

/* One expression of a check. */
typedef struct {
        Run *run; /* a reference */
        guint requirement;
        char *expression;
} Value;

static gboolean holds_expression(json_object *value, const char *expression)
{
        g_autoptr(GHashTable) found = g_hash_table_new(g_str_hash, g_str_equal);

        expressions_find(value, found);
        return g_hash_table_contains(found, expression);
}

static void value_free(Value *value)
{
        run_unref(value->run);
        g_free(value->expression);
        g_free(value);
}

/* What is left of a check that expects a value which nobody can compute: the steps up to that one, and that the last of them which acted
 * changed something. It proves nothing about the value, but a button that does nothing still fails. Takes steps. */
static json_object *without_value(json_object *steps, const char *expression)
{
        json_object *left = json_object_new_array();
        json_object *changed;
        gboolean acted = FALSE;

        for (gsize i = 0; i < json_length(steps); i++) {
                json_object *object = json_object_array_get_idx(steps, i);
                g_autoptr(Step) step = step_parse(object, NULL);

                if (!step || holds_expression(object, expression))
                        break;
                acted = step_verb_acts(step->verb) || (acted && step->verb == STEP_WAIT);
                json_object_array_add(left, json_object_get(object));
        }
        json_object_put(steps);
        if (acted) {
                changed = json_object_new_object();
                json_add_text(changed, "changed", "page");
                json_object_array_add(left, changed);
        }
        return left;
}

/* computed NULL, or of another kind than in the first instance: there is no second one. */
static void second_known(Requirement *requirement, const char *expression, const char *computed)
{
        g_autoptr(GHashTable) left = g_hash_table_new(g_str_hash, g_str_equal);
        json_object *steps;

        if (!requirement->second)
                return;
        if (computed && holds_expression(requirement->second, expression)) {
                steps = expressions_replace(requirement->second, expression, computed, json_object_new_string);
                json_object_put(requirement->second);
                requirement->second = steps;
        } else if (!computed) {
                g_clear_pointer(&requirement->second, json_object_put);
                return;
        }
        expressions_find(requirement->second, left);
        expressions_find(requirement->steps, left);
        if (g_hash_table_size(left) == 0 && !second_is_like(requirement->steps, requirement->second))
                g_clear_pointer(&requirement->second, json_object_put);
}

/* computed NULL: what the requirement says cannot be proven, and stays in the count as that. */
static void value_known(Value *value, const char *computed)
{
        Requirement *requirement = g_ptr_array_index(value->run->plan->requirements, value->requirement);

        if (!holds_expression(requirement->steps, value->expression)) {
                second_known(requirement, value->expression, computed);
                prepare_one_done(value->run);
                return;
        }
        if (computed) {
                json_object *steps = expressions_replace(requirement->steps, value->expression, computed, json_object_new_string);
                g_autoptr(GPtrArray) parsed = steps_parse(steps, NULL);

                if (parsed) {
                        json_object_put(requirement->steps);
                        requirement->steps = steps;
                        second_known(requirement, value->expression, computed);
                        prepare_one_done(value->run);
                        return;
                }
                json_object_put(steps);
        }
        requirement->unproven = TRUE;
        g_clear_pointer(&requirement->second, json_object_put);
        requirement->steps = without_value(requirement->steps, value->expression);
        prepare_one_done(value->run);
}

static void value_cb(json_object *result, const char *traceback, const GError *error, gpointer user_data)
{
        Value *value = user_data;
        Run *run = value->run;
        const char *computed = error ? NULL : json_value_text(result);
        json_object *line;

        timeline_waited(run->timeline, WAIT_TOOL, g_get_monotonic_time());
        if (run->finished) {
                value_free(value);
                return;
        }
        if (g_error_matches(error, AGENT_ERROR, API_ERROR_NO_SANDBOX)) {
                run_fail(run, error);
                value_free(value);
                return;
        }
        line = json_object_new_object();
        json_add_text(line, "key", value->expression);
        json_add_text(line, "value", computed);
        record_add(run->record, "value", line);
        value_known(value, computed);
        value_free(value);
}

static gboolean recorded_value_cb(gpointer user_data)
{
        Value *value = user_data;

        if (!value->run->finished)
                value_known(value, json_text(record_find(value->run->record, "value", value->expression), "value"));
        value_free(value);
        return G_SOURCE_REMOVE;
}

static void compute(Run *run, guint requirement, const char *expression)
{
        Value *value = g_new0(Value, 1);

        value->run = run_ref(run);
        value->requirement = requirement;
        value->expression = g_strdup(expression);
        run->waiting++;
        if (record_find(run->record, "value", expression)) {
                g_idle_add(recorded_value_cb, value);
                return;
        }
        timeline_wait(run->timeline, WAIT_TOOL, g_get_monotonic_time());
        toolbox_compute(run->agent->toolbox, expression, run->cancellable, value_cb, value);
}

void values_compute(Run *run)
{
        for (guint i = 0; i < run->plan->requirements->len; i++) {
                Requirement *requirement = g_ptr_array_index(run->plan->requirements, i);
                g_autoptr(GHashTable) found = g_hash_table_new(g_str_hash, g_str_equal);
                GHashTableIter iter;
                gpointer expression;

                if (!requirement->second)
                        requirement->second = second_instance(requirement->steps);
                expressions_find(requirement->steps, found);
                expressions_find(requirement->second, found);
                g_hash_table_iter_init(&iter, found);
                while (g_hash_table_iter_next(&iter, &expression, NULL))
                        compute(run, i, expression);
        }
}
