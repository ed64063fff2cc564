/* See play.h. The steps are sent to the page (probe.js) in a row: it looks, waits and aims as far as it can by itself, up to the first step that
 * fails or that real hands must go on with. Then the events are made here, and what is left is sent again. */
#include "shell/apps/play.h"

#include <fnmatch.h>
#include <string.h>

#include "protocols/text.h"

#define SAW_MAX 600
#define DID_MAX 1500
#define FILE_POLL_MS 5 /* the download is seen by another part of the twin */

typedef struct Play Play;

/* What an answer of the row means. TRUE: on to the next; FALSE: the play is over, or goes on by itself. */
typedef gboolean (*AnswerFunc)(Play *play, json_object *answer);

typedef struct {
        guint step;
        gboolean opens; /* the first of its step */
        AnswerFunc func;
} Link;

struct Play {
        Twin *twin;
        GPtrArray *steps;
        GHashTable *alive;
        PlayFunc func;
        gpointer user_data;
        guint at;
        GString *did;
        char *named; /* the control in hand */
        char *showed; /* at the last step that looked for a change, or waited */
        gboolean offers; /* something was done that a file may still come of */
        gint64 file_deadline;
        json_object *row; /* what is asked next, and what is to be done with each answer */
        GArray *links;    /* of Link */
};

static void send_row(Play *play);

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
        g_free(outcome->showed);
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
        g_array_unref(play->links);
        json_object_put(play->row);
        g_free(play->named);
        g_free(play->showed);
        g_free(play);
        func(twin, outcome, user_data);
}

static void fail(Play *play, const char *saw)
{
        g_autofree char *wanted = step_to_text(play->steps->pdata[play->at]);

        end(play, outcome_failed(play->at, play->did->str, saw, wanted));
}

static gboolean fail_with(Play *play, json_object *answer)
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
        return FALSE;
}

static void pass(Play *play)
{
        Outcome *outcome = outcome_failed((int)play->steps->len - 1, play->did->str, NULL, NULL);

        outcome->passed = TRUE;
        outcome->showed = g_steal_pointer(&play->showed);
        end(play, outcome);
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

/* ---- the row ---- */

/* argument is consumed. */
static void add(Play *play, guint step, const char *operation, json_object *argument, AnswerFunc func)
{
        json_object *entry = with_text(json_object_new_object(), "operation", operation);
        guint last = play->links->len ? g_array_index(play->links, Link, play->links->len - 1).step : G_MAXUINT;
        Link link = {.step = step, .opens = step != play->at && step != last, .func = func};

        json_object_object_add(entry, "step", json_object_new_int(step));
        json_object_object_add(entry, "argument", argument ? argument : json_object_new_object());
        json_object_array_add(play->row, entry);
        g_array_append_val(play->links, link);
}

static void enter_step(Play *play, guint step)
{
        g_autofree char *text = step_to_text(play->steps->pdata[step]);

        play->at = step;
        g_string_append_printf(play->did, "%s%s", play->did->len ? "; " : "", text);
}

/* ---- acting ---- */

static gboolean acted(Play *play, json_object *answer)
{
        if (!answer_ok(answer, "ok")) {
                fail(play, answer ? "the page did not react to the input" : "the page did not answer any more");
                return FALSE;
        }
        if (play->alive && play->named && answer_ok(answer, "alive"))
                g_hash_table_add(play->alive, g_strdup(play->named));
        return TRUE;
}

static void add_done(Play *play)
{
        json_object *argument = json_object_new_object();

        json_object_object_add(argument, "real", json_object_new_boolean(TRUE));
        add(play, play->at, "done", argument, acted);
}

static void name_from(Play *play, json_object *answer)
{
        g_free(play->named);
        play->named = g_strdup(answer_text(answer, "named"));
}

static gboolean press_aimed(Play *play, json_object *answer)
{
        if (!answer_ok(answer, "ok"))
                return fail_with(play, answer);
        name_from(play, answer);
        if (!answer_ok(answer, "hands"))
                return acted(play, answer);
        play->offers = play->offers || answer_ok(answer, "offers");
        twin_click(play->twin, number(answer, "x"), number(answer, "y"));
        add_done(play);
        send_row(play);
        return FALSE;
}

static gboolean drag_aimed(Play *play, json_object *answer)
{
        if (!answer_ok(answer, "ok"))
                return fail_with(play, answer);
        name_from(play, answer);
        if (!answer_ok(answer, "hands"))
                return acted(play, answer);
        play->offers = play->offers || answer_ok(answer, "offers");
        twin_drag(play->twin, number(answer, "x"), number(answer, "y"), current(play)->dx, current(play)->dy);
        add_done(play);
        send_row(play);
        return FALSE;
}

static gboolean key_aimed(Play *play, json_object *answer)
{
        if (!answer_ok(answer, "ok"))
                return fail_with(play, answer);
        play->offers = play->offers || answer_ok(answer, "offers");
        if (!twin_key(play->twin, current(play)->what)) {
                fail(play, "there is no such key");
                return FALSE;
        }
        add_done(play);
        send_row(play);
        return FALSE;
}

static gboolean agreed(Play *play, json_object *answer)
{
        if (answer_text(answer, "showed")) {
                g_free(play->showed);
                play->showed = g_strdup(answer_text(answer, "showed"));
        }
        return answer_ok(answer, "ok") || fail_with(play, answer);
}

/* The field is ready: it was set, or its text is typed or, where that is long, inserted. */
static gboolean field_ready(Play *play, json_object *answer)
{
        const char *text = current(play)->value;
        glong length = g_utf8_strlen(text, -1);

        if (!answer_ok(answer, "ok"))
                return fail_with(play, answer);
        if (answer_ok(answer, "typed")) {
                add(play, play->at, "commit", NULL, agreed);
        } else if (length == 0 || length > PLAY_TYPED_MAX) {
                add(play, play->at, "insert", with_text(json_object_new_object(), "value", text), agreed);
                add(play, play->at, "commit", NULL, agreed);
        } else {
                twin_type(play->twin, text);
                add(play, play->at, "typed", NULL, agreed);
                add(play, play->at, "commit", NULL, agreed);
        }
        send_row(play);
        return FALSE;
}

static gboolean field_aimed(Play *play, json_object *answer)
{
        const char *text = current(play)->value;
        glong length = g_utf8_strlen(text, -1);
        json_object *argument;

        if (!answer_ok(answer, "ok"))
                return fail_with(play, answer);
        name_from(play, answer);
        if (answer_ok(answer, "hands"))
                twin_click(play->twin, number(answer, "x"), number(answer, "y"));
        argument = with_text(with_text(json_object_new_object(), "name", current(play)->what), "value", text);
        json_object_object_add(argument, "keys", json_object_new_int(length > PLAY_TYPED_MAX ? 0 : length));
        add(play, play->at, "ready", argument, field_ready);
        send_row(play);
        return FALSE;
}

static void add_aim(Play *play, guint step, const char *name, gboolean fields, AnswerFunc func)
{
        json_object *argument = with_text(json_object_new_object(), "name", name);

        json_object_object_add(argument, "fields", json_object_new_boolean(fields));
        add(play, step, "aim", argument, func);
}

static gboolean chosen(Play *play, json_object *answer)
{
        if (!answer_ok(answer, "ok"))
                return fail_with(play, answer);
        if (!answer_ok(answer, "hands"))
                return acted(play, answer);
        add_aim(play, play->at, answer_text(answer, "press"), FALSE, press_aimed);
        send_row(play);
        return FALSE;
}

/* ---- looking ---- */

static void add_glance(Play *play, guint at)
{
        const Step *step = play->steps->pdata[at];
        json_object *argument = json_object_new_object();

        with_text(with_text(with_text(argument, "what", step_verb_name(step->verb)), "name", step->what), "where", step->value);
        json_object_object_add(argument, "n", json_object_new_int(step->n));
        add(play, at, "glance", argument, agreed);
}

static gboolean file_cb(gpointer user_data)
{
        Play *play = user_data;
        GPtrArray *files = twin_files(play->twin);
        const TwinFile *last = files->len ? files->pdata[files->len - 1] : NULL;
        g_autofree char *saw = NULL;

        if (play_file_fits(files, current(play))) {
                send_row(play);
                return G_SOURCE_REMOVE;
        }
        if (g_get_monotonic_time() < play->file_deadline)
                return G_SOURCE_CONTINUE;
        saw = last ? g_strdup_printf("%s was offered, with %" G_GUINT64_FORMAT " bytes, beginning with %.60s", last->name, last->bytes, last->head)
                   : g_strdup("no file was offered");
        fail(play, saw);
        return G_SOURCE_REMOVE;
}

/* A file is waited for where one can come: a page whose scripts are off, and of which nothing but plain buttons were pressed, has none to offer. */
static void await_file(Play *play)
{
        gboolean may_come = twin_scripts(play->twin) || play->offers;

        play->file_deadline = g_get_monotonic_time() + (may_come ? PLAY_FILE_MS * 1000 : 0);
        if (file_cb(play) == G_SOURCE_CONTINUE)
                g_timeout_add(FILE_POLL_MS, file_cb, play);
}

/* ---- the steps ---- */

static void add_step(Play *play, guint at)
{
        const Step *step = play->steps->pdata[at];
        json_object *argument;

        switch (step->verb) {
        case STEP_PRESS:
                add_aim(play, at, step->what, FALSE, press_aimed);
                return;
        case STEP_DRAG:
                add_aim(play, at, step->what, FALSE, drag_aimed);
                return;
        case STEP_FILL:
                add_aim(play, at, step->what, TRUE, field_aimed);
                return;
        case STEP_KEY:
                add(play, at, "aimKey", with_text(json_object_new_object(), "name", step->value), key_aimed);
                return;
        case STEP_CHOOSE:
                argument = with_text(with_text(json_object_new_object(), "name", step->what), "value", step->value);
                add(play, at, "choose", argument, chosen);
                return;
        case STEP_WAIT:
                argument = json_object_new_object();
                json_object_object_add(argument, "seconds", json_object_new_double(step->seconds));
                add(play, at, "wait", argument, agreed);
                return;
        default:
                add_glance(play, at);
        }
}

/* The first step that is not begun yet. */
static guint next_step(Play *play)
{
        return play->at == G_MAXUINT ? 0 : play->at + 1;
}

static void answered_cb(Twin *twin, json_object *answer, gpointer user_data)
{
        Play *play = user_data;
        g_autoptr(GArray) links = g_steal_pointer(&play->links);
        json_object *list = NULL;
        gboolean held = json_object_object_get_ex(answer, "answers", &list);

        play->links = g_array_new(FALSE, FALSE, sizeof(Link));
        for (guint i = 0; i < links->len; i++) {
                Link *link = &g_array_index(links, Link, i);

                if (held && i >= json_object_array_length(list))
                        break;
                if (link->opens)
                        enter_step(play, link->step);
                if (!link->func(play, held ? json_object_array_get_idx(list, i) : answer))
                        return;
        }
        send_row(play);
}

/* What was added, and all steps that are left, up to one for a file: that happens here, not in the page. */
static void send_row(Play *play)
{
        json_object *argument;
        guint at = next_step(play);

        for (; at < play->steps->len && ((const Step *)play->steps->pdata[at])->verb != STEP_FILE; at++)
                add_step(play, at);
        if (!play->links->len) {
                if (at >= play->steps->len) {
                        pass(play);
                } else {
                        enter_step(play, at);
                        await_file(play);
                }
                return;
        }
        argument = json_object_new_object();
        json_object_object_add(argument, "row", g_steal_pointer(&play->row));
        play->row = json_object_new_array();
        twin_ask(play->twin, "row", argument, answered_cb, play);
}

void play(Twin *twin, GPtrArray *steps, GHashTable *alive, PlayFunc func, gpointer user_data)
{
        Play *self = g_new0(Play, 1);

        self->twin = twin;
        self->steps = steps;
        self->alive = alive;
        self->func = func;
        self->user_data = user_data;
        self->at = G_MAXUINT;
        self->did = g_string_new(NULL);
        self->row = json_object_new_array();
        self->links = g_array_new(FALSE, FALSE, sizeof(Link));
        /* A page that offers its file by itself has to be settled for it. */
        if (steps->len && ((const Step *)steps->pdata[0])->verb == STEP_FILE)
                add(self, self->at, "settled", NULL, agreed);
        send_row(self);
}
