/* The survey: what no requirement asks for but every page owes. It shows something; each of its buttons does something; the figures it shows
 * follow what its tools answer.
 *
 * A button that does nothing on a fresh page may just have nothing to do yet (Pause before Start), so it is pressed again after each of the
 * others, with the fields filled in, before it is called dead. */
#include "shell/apps/checker.h"

#include <string.h>

static void press_next(Hand *hand);
static void suspect_next(Hand *hand);

static Check *check_of(Hand *hand)
{
        return hand->checker->check;
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

static void pressed_cb(Twin *twin, json_object *answer, gpointer user_data);

static void aimed_cb(Twin *twin, json_object *answer, gpointer user_data)
{
        Hand *hand = user_data;
        json_object *argument, *x = NULL, *y = NULL;

        if (!answer_ok(answer, "ok") || !answer_ok(answer, "hands")) {
                hand->pressed(twin, answer, hand);
                return;
        }
        json_object_object_get_ex(answer, "x", &x);
        json_object_object_get_ex(answer, "y", &y);
        twin_click(twin, json_object_get_double(x), json_object_get_double(y));
        argument = json_object_new_object();
        json_object_object_add(argument, "real", json_object_new_boolean(TRUE));
        twin_ask(twin, "done", argument, hand->pressed, hand);
}

void hand_press(Hand *hand, const char *name, TwinFunc func)
{
        hand->pressed = func;
        twin_ask(hand->twin, "aimNamed", named(name), aimed_cb, hand);
}

/* ---- first pass: every control once on a fresh page; second: each suspect after each of the others ---- */

static void first_pass(Hand *hand, json_object *answer)
{
        Check *check = check_of(hand);
        const char *name = check->controls->pdata[check->control];

        if (answer_ok(answer, "alive"))
                g_hash_table_add(check->alive, g_strdup(name));
        else if (answer_ok(answer, "ok"))
                g_ptr_array_add(check->suspects, g_strdup(name));
        check->control++;
        press_next(hand);
}

static void second_pass(Hand *hand, json_object *answer)
{
        Check *check = check_of(hand);
        const char *suspect = check->suspects->pdata[check->suspect];
        gboolean is_suspects_turn = check->control % 2 == 1;

        if (is_suspects_turn && answer_ok(answer, "alive")) {
                g_hash_table_add(check->alive, g_strdup(suspect));
                check->suspect++;
                check->control = 0;
        } else {
                check->control++;
        }
        suspect_next(hand);
}

static void pressed_cb(Twin *twin, json_object *answer, gpointer user_data)
{
        Hand *hand = user_data;

        if (!answer)
                hand->done(hand);
        else if (check_of(hand)->suspect == G_MAXUINT)
                first_pass(hand, answer);
        else
                second_pass(hand, answer);
}

static void add_dead(Check *check, const char *name)
{
        g_autofree char *text = g_strdup_printf("Pressing “%s” does nothing.", name);

        findings_add_text(check->findings, "dead-control", text, name);
}

/* Even turns press one of the others, odd turns the suspect. */
static void suspect_next(Hand *hand)
{
        Check *check = check_of(hand);
        const char *suspect, *other;

        if (check->suspect >= check->suspects->len || too_long(check)) {
                hand->done(hand);
                return;
        }
        suspect = check->suspects->pdata[check->suspect];
        if (check->control / 2 >= check->controls->len) {
                add_dead(check, suspect);
                check->suspect++;
                check->control = 0;
                suspect_next(hand);
                return;
        }
        other = check->controls->pdata[check->control / 2];
        hand_press(hand, check->control % 2 == 1 ? suspect : other, pressed_cb);
}

static void filled_cb(Twin *twin, json_object *answer, gpointer user_data)
{
        Hand *hand = user_data;

        if (answer)
                suspect_next(hand);
        else
                hand->done(hand);
}

static void suspects_loaded_cb(Twin *twin, json_object *answer, gpointer user_data)
{
        Hand *hand = user_data;

        if (answer)
                twin_ask(twin, "fillAll", NULL, filled_cb, hand);
        else
                hand->done(hand);
}

static void skip_alive(Check *check)
{
        while (check->control < check->controls->len && g_hash_table_contains(check->alive, check->controls->pdata[check->control]))
                check->control++;
}

static void press_next(Hand *hand)
{
        Check *check = check_of(hand);

        skip_alive(check);
        if (check->control < check->controls->len && !too_long(check)) {
                hand_press(hand, check->controls->pdata[check->control], pressed_cb);
                return;
        }
        check->suspect = 0;
        check->control = 0;
        if (check->suspects->len)
                hand_load(hand, WITH, NULL, suspects_loaded_cb);
        else
                hand->done(hand);
}

static void press_loaded_cb(Twin *twin, json_object *answer, gpointer user_data)
{
        Hand *hand = user_data;

        if (answer)
                press_next(hand);
        else
                hand->done(hand);
}

void survey_press(Hand *hand, SurveyFunc done)
{
        Check *check = check_of(hand);

        hand->done = done;
        check->suspect = G_MAXUINT;
        check->control = 0;
        skip_alive(check);
        if (check->control < check->controls->len)
                hand_load(hand, WITH, NULL, press_loaded_cb);
        else
                hand->done(hand);
}

/* ---- figures ---- */

json_object *survey_figures(json_object *answer)
{
        json_object *figures = NULL;

        json_object_object_get_ex(answer, "figures", &figures);
        return json_object_get(figures);
}

/* With no call while the page loads, the rounds are those of the first requirement whose steps made it call. */
gboolean survey_has_rounds(Check *check)
{
        for (guint i = 0; i < check->requirements->len && !check->calls_at_load && !check->calling; i++) {
                Requirement *requirement = check->requirements->pdata[i];

                if (requirement->figures) {
                        check->calling = requirement;
                        check->figures[ROUND_FIRST] = json_object_get(requirement->figures);
                }
        }
        return check->calls_at_load || check->calling;
}

void survey_judge(Check *check)
{
        g_autofree char *text = NULL;

        if (check->figures[ROUND_FIRST] && check->figures[ROUND_SECOND] && check->figures[ROUND_DENIED])
                text = verdict_invented(check->figures[ROUND_FIRST], check->figures[ROUND_SECOND], check->figures[ROUND_DENIED]);
        if (text)
                findings_add_text(check->findings, "invented", text, NULL);
}

static void figures_cb(Twin *twin, json_object *answer, gpointer user_data)
{
        Hand *hand = user_data;

        check_of(hand)->figures[hand->round] = survey_figures(answer);
        hand->done(hand);
}

static void acted_cb(Twin *twin, Outcome *outcome, gpointer user_data)
{
        Hand *hand = user_data;

        outcome_free(outcome);
        if (twin_dead(twin))
                hand->done(hand);
        else
                twin_ask(twin, "state", NULL, figures_cb, hand);
}

static void round_loaded_cb(Twin *twin, json_object *answer, gpointer user_data)
{
        Hand *hand = user_data;
        Check *check = check_of(hand);

        if (!answer)
                hand->done(hand);
        else if (check->calls_at_load)
                twin_ask(twin, "state", NULL, figures_cb, hand);
        else
                play(twin, check->calling->steps, NULL, acted_cb, hand);
}

void survey_round(Hand *hand, Round round, SurveyFunc done)
{
        hand->done = done;
        hand->round = round;
        hand->fresh[WITH] = hand->fresh[WITHOUT] = FALSE;
        twin_load(hand->twin, round, NULL, round_loaded_cb, hand);
}

/* ---- the first look ---- */

static void state_cb(Twin *twin, json_object *answer, gpointer user_data)
{
        Hand *hand = user_data;
        Check *check = check_of(hand);
        json_object *list = NULL;

        if (!answer) {
                check->hung++;
                hand->done(hand);
                return;
        }
        if (answer_ok(answer, "blank"))
                findings_add_text(check->findings, "blank", "The page shows nothing.", NULL);
        check->calls_at_load = twin_calls(twin) > 0;
        check->has_fields = answer_ok(answer, "fields");
        if (check->calls_at_load)
                check->figures[ROUND_FIRST] = survey_figures(answer);
        check->controls = g_ptr_array_new_with_free_func(g_free);
        check->suspects = g_ptr_array_new_with_free_func(g_free);
        json_object_object_get_ex(answer, "controls", &list);
        for (size_t i = 0; list && i < MIN(json_object_array_length(list), CHECK_CONTROLS_MAX); i++)
                g_ptr_array_add(check->controls, g_strdup(json_object_get_string(json_object_array_get_idx(list, i))));
        check->looked = TRUE;
        hand->fresh[WITH] = TRUE;
        hand->done(hand);
}

static void loaded_cb(Twin *twin, json_object *answer, gpointer user_data)
{
        if (answer)
                twin_ask(twin, "state", NULL, state_cb, user_data);
        else
                state_cb(twin, NULL, user_data);
}

void survey_look(Hand *hand, SurveyFunc done)
{
        hand->done = done;
        hand_load(hand, WITH, NULL, loaded_cb);
}
