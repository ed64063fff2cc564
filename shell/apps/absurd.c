/* Absurd input: every field is filled with what nobody should enter and each button is pressed. That the page then refuses, or shows something
 * silly, is its own affair; that a script of it breaks or never ends is told as fragile, which fails no check but sets one draft behind
 * another that holds. */
#include "shell/apps/checker.h"

#include <string.h>

static void press_next(Hand *hand);

static Check *check_of(Hand *hand)
{
        return hand->checker->check;
}

static void over(Hand *hand)
{
        static const char *const kinds[] = {"exception", "rejection", "frozen", "crash", NULL};
        Check *check = check_of(hand);
        json_object *list = findings_list(check->absurd);

        for (size_t i = 0; i < json_object_array_length(list); i++) {
                json_object *finding = json_object_array_get_idx(list, i);
                const char *text = answer_text(finding, "text");
                g_autofree char *line = g_strdup_printf("With absurd input: %s", text);

                if (g_strv_contains(kinds, answer_text(finding, "kind")) && !findings_hold(check->findings, text))
                        findings_add_text(check->findings, "fragile", line, NULL);
        }
        json_object_put(list);
        hand->given = FALSE; /* what it finds next belongs to the check again */
        hand->done(hand);
}

static void pressed_cb(Twin *twin, json_object *answer, gpointer user_data)
{
        Hand *hand = user_data;

        if (answer)
                press_next(hand);
        else
                over(hand);
}

static void press_next(Hand *hand)
{
        Check *check = check_of(hand);

        if (check->absurd_at < MIN(check->controls->len, CHECK_ABSURD_MAX) && !too_long(check))
                hand_press(hand, check->controls->pdata[check->absurd_at++], pressed_cb);
        else
                over(hand);
}

static void loaded_cb(Twin *twin, json_object *answer, gpointer user_data)
{
        if (answer)
                twin_ask(twin, "fillAbsurd", NULL, pressed_cb, user_data);
        else
                over(user_data);
}

void survey_absurd(Hand *hand, SurveyFunc done)
{
        Check *check = check_of(hand);

        hand->done = done;
        hand->fresh[WITH] = hand->fresh[WITHOUT] = FALSE;
        check->absurd = findings_new();
        twin_give(hand->twin, check->app, check->bytes, check->tools, check->absurd);
        twin_load(hand->twin, ROUND_FIRST, NULL, loaded_cb, hand);
}
