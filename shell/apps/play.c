/* See play.h. A step is a short chain of operations in the page (probe.js) with real events between them; each link is a callback that starts
 * the next. */
#include "shell/apps/play.h"

#include <fnmatch.h>
#include <string.h>

#include "protocols/text.h"

#define SAW_MAX 600
#define DID_MAX 1500

typedef struct {
        Twin *twin;
        GPtrArray *steps;
        GHashTable *alive;
        PlayFunc func;
        gpointer user_data;
        guint at;
        GString *did;
        char *named; /* the control in hand */
        gint64 file_deadline;
} Play;

static void next(Play *play);

gboolean answer_ok(json_object *answer, const char *field)
{
        json_object *value = NULL;

        return json_object_object_get_ex(answer, field, &value) && json_object_get_boolean(value);
}

const char *answer_text(json_object *answer, const char *field)
{
        json_object *value = NULL;

        if (!json_object_object_get_ex(answer, field, &value) || !json_object_is_type(value, json_type_string))
                return NULL;
        return json_object_get_string(value);
}

static double number(json_object *answer, const char *field)
{
        json_object *value = NULL;

        return json_object_object_get_ex(answer, field, &value) ? json_object_get_double(value) : 0;
}

void outcome_free(Outcome *outcome)
{
        if (!outcome)
                return;
        g_free(outcome->did);
        g_free(outcome->saw);
        g_free(outcome->wanted);
        g_free(outcome);
}

Outcome *outcome_failed(int step, const char *did, const char *saw, const char *wanted)
{
        Outcome *outcome = g_new0(Outcome, 1);

        outcome->step = step;
        outcome->did = text_plain(did ? did : "", DID_MAX);
        outcome->saw = text_plain(saw ? saw : "", SAW_MAX);
        outcome->wanted = text_plain(wanted ? wanted : "", SAW_MAX);
        return outcome;
}

json_object *play_names(GPtrArray *steps)
{
        json_object *names = json_object_new_array();

        for (guint i = 0; i < steps->len; i++) {
                const Step *step = steps->pdata[i];

                if (step->verb == STEP_CHANGED)
                        json_object_array_add(names, json_object_new_string(step->what));
        }
        return names;
}

gboolean play_stirs(GPtrArray *steps)
{
        for (guint i = 0; i < steps->len; i++) {
                const Step *step = steps->pdata[i];

                if (step_verb_acts(step->verb) && step->verb != STEP_PRESS)
                        return TRUE;
        }
        return FALSE;
}

gboolean play_file_fits(GPtrArray *files, const Step *step)
{
        for (guint i = 0; i < files->len; i++) {
                const TwinFile *file = files->pdata[i];

                if (fnmatch(step->what, file->name, FNM_CASEFOLD) == 0 && (!step->value || g_str_has_prefix(file->head, step->value)) &&
                    (step->n < 0 || file->bytes >= (guint64)step->n))
                        return TRUE;
        }
        return FALSE;
}

/* ---- endings ---- */

static void end(Play *play, Outcome *outcome)
{
        PlayFunc func = play->func;
        gpointer user_data = play->user_data;
        Twin *twin = play->twin;

        g_string_free(play->did, TRUE);
        g_free(play->named);
        g_free(play);
        func(twin, outcome, user_data);
}

static void fail(Play *play, const char *saw)
{
        g_autofree char *wanted = step_to_text(play->steps->pdata[play->at]);

        end(play, outcome_failed(play->at, play->did->str, saw, wanted));
}

static void fail_with(Play *play, json_object *answer)
{
        const char *why = answer_text(answer, "why"), *saw = answer_text(answer, "saw"), *missing = answer_text(answer, "missing");
        g_autofree char *text = NULL;

        if (!answer)
                text = g_strdup("the page did not answer any more");
        else if (missing)
                text = g_strdup_printf("nothing is called %s", missing);
        else
                text = why && saw ? g_strdup_printf("%s; visible: %s", why, saw) : g_strdup(why ? why : saw ? saw : "it did not work");
        fail(play, text);
}

static void step_done(Play *play)
{
        play->at++;
        next(play);
}

static const Step *current(Play *play)
{
        return play->steps->pdata[play->at];
}

static json_object *with_text(json_object *object, const char *field, const char *text)
{
        json_object_object_add(object, field, text ? json_object_new_string(text) : NULL);
        return object;
}

/* ---- acting ---- */

static void acted_cb(Twin *twin, json_object *answer, gpointer user_data)
{
        Play *play = user_data;

        if (!answer_ok(answer, "ok")) {
                fail(play, answer ? "the page did not react to the input" : "the page did not answer any more");
                return;
        }
        if (play->alive && play->named && answer_ok(answer, "alive"))
                g_hash_table_add(play->alive, g_strdup(play->named));
        step_done(play);
}

static void ask_done(Play *play, gboolean real, TwinFunc func)
{
        json_object *argument = json_object_new_object();

        json_object_object_add(argument, "real", json_object_new_boolean(real));
        twin_ask(play->twin, "done", argument, func, play);
}

/* A click where the last answer says; FALSE if that failed and the play is over. */
static gboolean click_at(Play *play, json_object *answer, TwinFunc func)
{
        if (!answer_ok(answer, "ok")) {
                fail_with(play, answer);
                return FALSE;
        }
        g_free(play->named);
        play->named = g_strdup(answer_text(answer, "named"));
        if (!answer_ok(answer, "quiet"))
                twin_click(play->twin, number(answer, "x"), number(answer, "y"));
        ask_done(play, !answer_ok(answer, "quiet"), func);
        return TRUE;
}

static void press_aimed_cb(Twin *twin, json_object *answer, gpointer user_data)
{
        click_at(user_data, answer, acted_cb);
}

static void drag_aimed_cb(Twin *twin, json_object *answer, gpointer user_data)
{
        Play *play = user_data;

        if (!answer_ok(answer, "ok")) {
                fail_with(play, answer);
                return;
        }
        twin_drag(twin, number(answer, "x"), number(answer, "y"), current(play)->dx, current(play)->dy);
        ask_done(play, TRUE, acted_cb);
}

static void key_aimed_cb(Twin *twin, json_object *answer, gpointer user_data)
{
        Play *play = user_data;

        if (!answer_ok(answer, "ok"))
                fail_with(play, answer);
        else if (!twin_key(twin, current(play)->what))
                fail(play, "there is no such key");
        else
                ask_done(play, TRUE, acted_cb);
}

static void committed_cb(Twin *twin, json_object *answer, gpointer user_data)
{
        if (answer)
                step_done(user_data);
        else
                fail_with(user_data, NULL);
}

static void typed_cb(Twin *twin, json_object *answer, gpointer user_data)
{
        if (answer_ok(answer, "ok"))
                twin_ask(twin, "commit", NULL, committed_cb, user_data);
        else
                fail_with(user_data, answer);
}

static void keys_ready_cb(Twin *twin, json_object *answer, gpointer user_data)
{
        Play *play = user_data;

        if (!answer) {
                fail_with(play, NULL);
                return;
        }
        twin_type(twin, current(play)->value);
        twin_ask(twin, "typed", NULL, typed_cb, play);
}

static void field_ready_cb(Twin *twin, json_object *answer, gpointer user_data)
{
        Play *play = user_data;
        const char *text = current(play)->value;
        glong length = g_utf8_strlen(text, -1);
        json_object *argument = json_object_new_object();

        if (!answer_ok(answer, "ok")) {
                json_object_put(argument);
                fail_with(play, answer);
        } else if (answer_ok(answer, "typed")) {
                twin_ask(twin, "commit", argument, committed_cb, play);
        } else if (length == 0 || length > PLAY_TYPED_MAX) {
                twin_ask(twin, "insert", with_text(argument, "value", text), typed_cb, play);
        } else {
                json_object_object_add(argument, "times", json_object_new_int(length));
                twin_ask(twin, "expectKeys", argument, keys_ready_cb, play);
        }
}

static void field_clicked_cb(Twin *twin, json_object *answer, gpointer user_data)
{
        Play *play = user_data;
        json_object *argument = json_object_new_object();

        if (!answer) {
                json_object_put(argument);
                fail_with(play, NULL);
                return;
        }
        with_text(with_text(argument, "name", current(play)->what), "value", current(play)->value);
        twin_ask(twin, "ready", argument, field_ready_cb, play);
}

static void field_aimed_cb(Twin *twin, json_object *answer, gpointer user_data)
{
        click_at(user_data, answer, field_clicked_cb);
}

static void aim(Play *play, const char *name, gboolean fields, TwinFunc func)
{
        json_object *argument = with_text(json_object_new_object(), "name", name);

        json_object_object_add(argument, "fields", json_object_new_boolean(fields));
        twin_ask(play->twin, "aim", argument, func, play);
}

static void chosen_cb(Twin *twin, json_object *answer, gpointer user_data)
{
        Play *play = user_data;

        if (!answer_ok(answer, "ok"))
                fail_with(play, answer);
        else if (answer_ok(answer, "typed"))
                ask_done(play, FALSE, acted_cb);
        else
                aim(play, answer_text(answer, "press"), FALSE, press_aimed_cb);
}

/* ---- looking ---- */

static void glanced_cb(Twin *twin, json_object *answer, gpointer user_data)
{
        if (answer_ok(answer, "ok"))
                step_done(user_data);
        else
                fail_with(user_data, answer);
}

static void glance(Play *play)
{
        const Step *step = current(play);
        json_object *argument = json_object_new_object();

        with_text(with_text(with_text(argument, "what", step_verb_name(step->verb)), "name", step->what), "where", step->value);
        json_object_object_add(argument, "n", json_object_new_int(step->n));
        twin_ask(play->twin, "glance", argument, glanced_cb, play);
}

static gboolean file_cb(gpointer user_data)
{
        Play *play = user_data;
        GPtrArray *files = twin_files(play->twin);
        const TwinFile *last = files->len ? files->pdata[files->len - 1] : NULL;
        g_autofree char *saw = NULL;

        if (play_file_fits(files, current(play))) {
                step_done(play);
                return G_SOURCE_REMOVE;
        }
        if (g_get_monotonic_time() < play->file_deadline)
                return G_SOURCE_CONTINUE;
        saw = last ? g_strdup_printf("%s was offered, with %" G_GUINT64_FORMAT " bytes, beginning with %.60s", last->name, last->bytes, last->head)
                   : g_strdup("no file was offered");
        fail(play, saw);
        return G_SOURCE_REMOVE;
}

/* ---- the row of steps ---- */

static void start_step(Play *play)
{
        const Step *step = current(play);
        json_object *argument = json_object_new_object();

        switch (step->verb) {
        case STEP_PRESS:
                json_object_put(argument);
                aim(play, step->what, FALSE, press_aimed_cb);
                return;
        case STEP_DRAG:
                json_object_put(argument);
                aim(play, step->what, FALSE, drag_aimed_cb);
                return;
        case STEP_FILL:
                json_object_put(argument);
                aim(play, step->what, TRUE, field_aimed_cb);
                return;
        case STEP_KEY:
                twin_ask(play->twin, "aimKey", with_text(argument, "name", step->value), key_aimed_cb, play);
                return;
        case STEP_CHOOSE:
                twin_ask(play->twin, "choose", with_text(with_text(argument, "name", step->what), "value", step->value), chosen_cb, play);
                return;
        case STEP_WAIT:
                json_object_object_add(argument, "seconds", json_object_new_double(step->seconds));
                twin_ask(play->twin, "wait", argument, glanced_cb, play);
                return;
        case STEP_FILE:
                json_object_put(argument);
                play->file_deadline = g_get_monotonic_time() + PLAY_FILE_MS * 1000;
                if (file_cb(play) == G_SOURCE_CONTINUE)
                        g_timeout_add(5, file_cb, play);
                return;
        default:
                json_object_put(argument);
                glance(play);
        }
}

static void next(Play *play)
{
        g_autofree char *text = NULL;

        if (play->at >= play->steps->len) {
                Outcome *outcome = outcome_failed((int)play->steps->len - 1, play->did->str, NULL, NULL);

                outcome->passed = TRUE;
                end(play, outcome);
                return;
        }
        text = step_to_text(play->steps->pdata[play->at]);
        g_string_append_printf(play->did, "%s%s", play->did->len ? "; " : "", text);
        start_step(play);
}

void play(Twin *twin, GPtrArray *steps, GHashTable *alive, PlayFunc func, gpointer user_data)
{
        Play *self = g_new0(Play, 1);

        self->twin = twin;
        self->steps = steps;
        self->alive = alive;
        self->func = func;
        self->user_data = user_data;
        self->did = g_string_new(NULL);
        next(self);
}
