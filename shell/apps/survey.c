/* The survey: what no requirement asks for but every page owes. It shows something; each of its buttons does something; the figures it shows
 * follow what its tools answer.
 *
 * A button that does nothing on a fresh page may just have nothing to do yet (Pause before Start), so it is pressed again after each of the
 * others, with the fields filled in, before it is called dead. */
#include "shell/apps/checker.h"

#include <string.h>

static void press_next(Checker *checker);
static void suspect_next(Checker *checker);
static void round_next(Checker *checker);

static void survey_end(Checker *checker)
{
        checker->check->done(checker);
}

void controls_clear(Check *check)
{
        g_clear_pointer(&check->controls, g_ptr_array_unref);
        g_clear_pointer(&check->suspects, g_ptr_array_unref);
}

static json_object *named(const char *name)
{
        json_object *argument = json_object_new_object();

        json_object_object_add(argument, "name", json_object_new_string(name));
        return argument;
}

/* One press of a control by its name: aim, click, see what came of it. */

static void pressed_cb(Twin *twin, json_object *answer, gpointer user_data);

static void aimed_cb(Twin *twin, json_object *answer, gpointer user_data)
{
        json_object *argument, *x = NULL, *y = NULL;

        if (!answer_ok(answer, "ok") || answer_ok(answer, "quiet")) {
                pressed_cb(twin, answer, user_data);
                return;
        }
        json_object_object_get_ex(answer, "x", &x);
        json_object_object_get_ex(answer, "y", &y);
        twin_click(twin, json_object_get_double(x), json_object_get_double(y));
        argument = json_object_new_object();
        json_object_object_add(argument, "real", json_object_new_boolean(TRUE));
        twin_ask(twin, "done", argument, pressed_cb, user_data);
}

static void press(Checker *checker, const char *name)
{
        twin_ask(checker->twins[WITH], "aimNamed", named(name), aimed_cb, checker);
}

/* ---- first pass: every control once on a fresh page; second: each suspect after each of the others ---- */

static void first_pass(Checker *checker, json_object *answer)
{
        Check *check = checker->check;
        const char *name = check->controls->pdata[check->control];

        if (answer_ok(answer, "alive"))
                g_hash_table_add(check->alive, g_strdup(name));
        else if (answer_ok(answer, "ok"))
                g_ptr_array_add(check->suspects, g_strdup(name));
        check->control++;
        press_next(checker);
}

static void second_pass(Checker *checker, json_object *answer)
{
        Check *check = checker->check;
        const char *suspect = check->suspects->pdata[check->suspect];
        gboolean is_suspects_turn = check->control % 2 == 1;

        if (is_suspects_turn && answer_ok(answer, "alive")) {
                g_hash_table_add(check->alive, g_strdup(suspect));
                check->suspect++;
                check->control = 0;
        } else {
                check->control++;
        }
        suspect_next(checker);
}

static void pressed_cb(Twin *twin, json_object *answer, gpointer user_data)
{
        Checker *checker = user_data;

        if (!answer)
                survey_end(checker);
        else if (checker->check->suspect == G_MAXUINT)
                first_pass(checker, answer);
        else
                second_pass(checker, answer);
}

static void add_dead(Check *check, const char *name)
{
        g_autofree char *text = g_strdup_printf("Pressing “%s” does nothing.", name);

        findings_add_text(check->findings, "dead-control", text, name);
}

/* Even turns press one of the others, odd turns the suspect. */
static void suspect_next(Checker *checker)
{
        Check *check = checker->check;
        const char *suspect, *other;

        if (check->suspect >= check->suspects->len || too_long(check)) {
                round_next(checker);
                return;
        }
        suspect = check->suspects->pdata[check->suspect];
        if (check->control / 2 >= check->controls->len) {
                add_dead(check, suspect);
                check->suspect++;
                check->control = 0;
                suspect_next(checker);
                return;
        }
        other = check->controls->pdata[check->control / 2];
        press(checker, check->control % 2 == 1 ? suspect : other);
}

static void filled_cb(Twin *twin, json_object *answer, gpointer user_data)
{
        if (answer)
                suspect_next(user_data);
        else
                survey_end(user_data);
}

static void suspects_loaded_cb(Twin *twin, json_object *answer, gpointer user_data)
{
        if (answer)
                twin_ask(twin, "fillAll", NULL, filled_cb, user_data);
        else
                survey_end(user_data);
}

static void press_next(Checker *checker)
{
        Check *check = checker->check;

        while (check->control < check->controls->len && g_hash_table_contains(check->alive, check->controls->pdata[check->control]))
                check->control++;
        if (check->control < check->controls->len && !too_long(check)) {
                press(checker, check->controls->pdata[check->control]);
                return;
        }
        check->suspect = 0;
        check->control = 0;
        if (check->suspects->len)
                twin_load(checker->twins[WITH], ROUND_FIRST, NULL, suspects_loaded_cb, checker);
        else
                round_next(checker);
}

/* ---- figures ---- */

static void keep_figures(Checker *checker, json_object *answer)
{
        json_object *figures = NULL;

        json_object_object_get_ex(answer, "figures", &figures);
        checker->check->figures[checker->check->round] = json_object_get(figures);
}

static void judge_figures(Checker *checker)
{
        Check *check = checker->check;
        g_autofree char *text = NULL;

        if (check->figures[ROUND_FIRST] && check->figures[ROUND_SECOND] && check->figures[ROUND_DENIED])
                text = verdict_invented(check->figures[ROUND_FIRST], check->figures[ROUND_SECOND], check->figures[ROUND_DENIED]);
        if (text)
                findings_add_text(check->findings, "invented", text, NULL);
        survey_end(checker);
}

static void figures_cb(Twin *twin, json_object *answer, gpointer user_data)
{
        Checker *checker = user_data;

        if (!answer) {
                survey_end(checker);
                return;
        }
        keep_figures(checker, answer);
        checker->check->round++;
        round_next(checker);
}

static void acted_cb(Twin *twin, Outcome *outcome, gpointer user_data)
{
        outcome_free(outcome);
        if (twin_dead(twin))
                survey_end(user_data);
        else
                twin_ask(twin, "state", NULL, figures_cb, user_data);
}

static void round_loaded_cb(Twin *twin, json_object *answer, gpointer user_data)
{
        Checker *checker = user_data;
        Check *check = checker->check;

        if (!answer)
                survey_end(checker);
        else if (check->calls_at_load)
                twin_ask(twin, "state", NULL, figures_cb, checker);
        else
                play(twin, check->calling->steps, NULL, acted_cb, checker);
}

static void round_next(Checker *checker)
{
        Check *check = checker->check;

        if ((!check->calls_at_load && !check->calling) || too_long(check)) {
                survey_end(checker);
                return;
        }
        if (check->round > ROUND_DENIED) {
                judge_figures(checker);
                return;
        }
        twin_load(checker->twins[WITH], check->round, NULL, round_loaded_cb, checker);
}

/* ---- the start ---- */

static void state_cb(Twin *twin, json_object *answer, gpointer user_data)
{
        Checker *checker = user_data;
        Check *check = checker->check;
        json_object *list = NULL;

        if (!answer) {
                survey_end(checker);
                return;
        }
        if (answer_ok(answer, "blank"))
                findings_add_text(check->findings, "blank", "The page shows nothing.", NULL);
        check->calls_at_load = twin_calls(twin) > 0;
        if (check->calls_at_load) {
                keep_figures(checker, answer);
                check->round = ROUND_SECOND;
        }
        check->controls = g_ptr_array_new_with_free_func(g_free);
        check->suspects = g_ptr_array_new_with_free_func(g_free);
        json_object_object_get_ex(answer, "controls", &list);
        for (size_t i = 0; list && i < MIN(json_object_array_length(list), CHECK_CONTROLS_MAX); i++)
                g_ptr_array_add(check->controls, g_strdup(json_object_get_string(json_object_array_get_idx(list, i))));
        check->control = 0;
        check->suspect = G_MAXUINT;
        press_next(checker);
}

static void loaded_cb(Twin *twin, json_object *answer, gpointer user_data)
{
        if (answer)
                twin_ask(twin, "state", NULL, state_cb, user_data);
        else
                survey_end(user_data);
}

void survey_start(Checker *checker, SurveyFunc done)
{
        checker->check->done = done;
        checker->check->round = ROUND_FIRST;
        twin_load(checker->twins[WITH], ROUND_FIRST, NULL, loaded_cb, checker);
}
