/* What a person is asked, in the agent's own words, and what stays of their answers.
 *
 * "Always" is written to grants.json; "while it is open" and "no" live in memory and end when the app's window does (or with the agent:
 * it then rather asks once more). A question's ID is the place of its event in the journal, so no ID ever comes twice. Questions do not
 * outlive the agent, because who asked does not: at the start those that an earlier agent left open are withdrawn, so that no desktop
 * shows a question that nobody can answer. */
#include "agent/questions.h"

#include <string.h>

#include "agent/journal.h"
#include "agent/json.h"
#include "agent/packages.h"
#include "agent/places.h"
#include "protocols/text.h"

#define QUOTE_MAX 300      /* characters of the person's sentence */
#define REASON_MAX 200     /* characters of the tool's own word */
#define RESOURCE_SHOWN_MAX 120
#define GRANTS_MAX 2000    /* kept ones; the oldest goes */
#define QUESTIONS_MAX 100  /* that wait; a further one is answered with no */
#define WITHDRAWN "withdrawn"

typedef struct {
        char *id;
        char *app, *title, *capability, *resource;
        Answer answer; /* OPEN, ALWAYS, or NO where the person refused */
        gint64 time;   /* seconds since 1970 */
} Grant;

typedef struct {
        Questions *questions;
        QuestionFunc func;
        gpointer user_data;
        GCancellable *cancellable;
        gulong cancelled;
        Answer answer; /* once it is known */
        guint source;  /* that will tell */
} Waiter;

typedef struct {
        char *id;
        char *app, *title, *capability, *resource;
        json_object *data; /* of its event */
        GPtrArray *waiters;
} Question;

struct Questions {
        char *file;
        Journal *journal;
        GPtrArray *grants;  /* of Grant, oldest first */
        GPtrArray *waiting; /* of Question */
        GPtrArray *telling; /* of Waiter: an answer is on its way to them */
        GHashTable *reach;  /* app → Reach: what it wanted or was given since the agent's start */
        guint64 last_grant;
};

/* What of an app, put together, is more than its parts: what it reads it can send. */
typedef enum { REACH_FILES = 1, REACH_NET = 2 } Reach;

static const struct {
        const char *name;
        Answer value;
} choices[] = {{"once", ANSWER_ONCE}, {"open", ANSWER_OPEN}, {"always", ANSWER_ALWAYS}, {"no", ANSWER_NO}};

typedef struct {
        const char *capability;
        const char *resource; /* NULL: any; then %s is the place */
        const char *sentence, *detail;
} Words;

static const Words words[] = {
        {"list", NULL, "May it look at the names and sizes of the files in %s?", "It cannot read, change or send them."},
        {"read", NULL, "May it read %s?", "It cannot change what is there, and it cannot send it anywhere."},
        {"write", NULL, "May it write, change and delete in %s?", "It cannot touch anything elsewhere, and it cannot send anything."},
        {"system", "sensors", "May it read this computer's temperatures and fans?", "It cannot change anything or send it."},
        {"system", "mounts", "May it see which disks there are and how full they are?",
         "It cannot see the files on them, change them or send anything."},
        {"system", "processes", "May it see which programs are running?", "It cannot look into them, end them or send anything."},
        {"system", "battery", "May it see how full the battery is?", "It cannot change anything or send it."},
        {"net", NULL, "May it talk to %s?", "It can ask that one server and tell it what the app knows. It reaches no other."},
        {"run", NULL, "May it run %s?", "That program sees and changes only what the app may, and it cannot send anything."},
        {"save", NULL, "May it save the file “%s”?", "It goes to your Downloads folder and replaces nothing there. The app cannot read what is in that folder."},
};

/* — words — */

static const Words *find_words(const char *capability, const char *resource)
{
        for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
                if (g_str_equal(words[i].capability, capability) && (!words[i].resource || g_str_equal(words[i].resource, resource)))
                        return &words[i];
        return NULL;
}

void questions_words(const char *capability, const char *resource, char **sentence, char **detail)
{
        if (g_str_equal(capability, "package")) {
                packages_words(resource, sentence, detail);
                return;
        }
        const Words *found = find_words(capability, resource);
        gboolean path = found && !found->resource && *resource == '/';
        if (g_str_equal(capability, "net") && g_str_has_prefix(resource, "any ")) {
                g_autofree char *host = text_plain(resource + strlen("any "), RESOURCE_SHOWN_MAX);
                *sentence = g_strdup_printf("May it talk to %s, and change things there?", host);
                *detail = g_strdup(found->detail);
                return;
        }
        g_autofree char *place = path ? places_words(resource) : text_plain(resource, RESOURCE_SHOWN_MAX);
        g_auto(GStrv) parts = g_strsplit(found ? found->sentence : "May it use “%s”?", "%s", 2);
        *sentence = g_strjoinv(place, parts);
        *detail = g_strdup(found ? found->detail : "It cannot do anything else with it.");
}

/* — what an app reads it can send — */

static Reach reach_of_capability(const char *capability)
{
        static const char *const files[] = {"list", "read", "write", "system", NULL};
        if (g_str_equal(capability, "net"))
                return REACH_NET;
        return g_strv_contains(files, capability) ? REACH_FILES : 0;
}

/* What it may do by a grant counts, and what it was told just once or only asks for: it may have kept what it read. */
static Reach reach_of_app(Questions *questions, const char *app)
{
        Reach reach = GPOINTER_TO_UINT(g_hash_table_lookup(questions->reach, app));
        for (guint i = 0; i < questions->grants->len; i++) {
                Grant *grant = g_ptr_array_index(questions->grants, i);
                if (grant->answer != ANSWER_NO && g_str_equal(grant->app, app))
                        reach |= reach_of_capability(grant->capability);
        }
        return reach;
}

void questions_intend(Questions *questions, const char *app, const char *capability)
{
        Reach reach = GPOINTER_TO_UINT(g_hash_table_lookup(questions->reach, app)) | reach_of_capability(capability);
        g_hash_table_insert(questions->reach, g_strdup(app), GUINT_TO_POINTER(reach));
}

/* questions_words() for this app: no detail promises that something cannot be sent when it can. */
static void words_for_app(Questions *questions, const char *app, const char *capability, const char *resource, char **sentence,
                          char **detail)
{
        Reach reach = reach_of_app(questions, app), own = reach_of_capability(capability);
        questions_words(capability, resource, sentence, detail);
        if (own == REACH_NET && (reach & REACH_FILES)) {
                g_autofree char *short_one = *sentence;
                *sentence = g_strconcat(short_one, " It can then send out what it reads.", NULL);
                g_free(*detail);
                *detail = g_strdup("It may look at things on this computer, and could tell that one server what it finds. "
                                   "It reaches no other.");
        } else if (g_str_equal(capability, "run") && (reach & REACH_NET)) {
                g_free(*detail);
                *detail = g_strdup("That program sees and changes only what the app may. The app may also talk to servers, and can then "
                                   "send out what the program finds.");
        } else if (own == REACH_FILES && (reach & REACH_NET)) {
                g_free(*detail);
                *detail = g_strconcat(g_str_equal(capability, "write") ? "It cannot touch anything elsewhere." : "It cannot change anything.",
                                      " It may also talk to servers, and can then send out what it reads here.", NULL);
        }
}

/* Saving a file is one act, and so is installing a package. "Always" is not offered for what may do lasting harm: writing, and reading all
 * of the home folder or of the computer. */
static gboolean offers(const char *capability, const char *resource, Answer answer)
{
        g_autofree char *home = places_home();
        if (g_str_equal(capability, "save") || g_str_equal(capability, "package"))
                return answer == ANSWER_ONCE || answer == ANSWER_NO;
        if (answer != ANSWER_ALWAYS)
                return TRUE;
        return !g_str_equal(capability, "write") && !(g_str_equal(capability, "read")
                                                      && (g_str_equal(resource, home) || g_str_equal(resource, "/")));
}

static json_object *list_answers(const char *capability, const char *resource)
{
        json_object *array = json_object_new_array();
        for (gsize i = 0; i < G_N_ELEMENTS(choices); i++)
                if (offers(capability, resource, choices[i].value))
                        json_push_text(array, choices[i].name);
        return array;
}

static const char *answer_name(Answer answer)
{
        for (gsize i = 0; i < G_N_ELEMENTS(choices); i++)
                if (choices[i].value == answer)
                        return choices[i].name;
        g_return_val_if_reached("no");
}

/* FALSE if the question does not offer this answer. */
static gboolean parse_answer(const Question *question, const char *name, Answer *answer)
{
        json_object *offered = json_field_array(question->data, "answers");
        for (gsize i = 0; i < json_length(offered); i++)
                if (g_strcmp0(json_value_text(json_object_array_get_idx(offered, i)), name) == 0)
                        for (gsize n = 0; n < G_N_ELEMENTS(choices); n++)
                                if (g_str_equal(choices[n].name, name)) {
                                        *answer = choices[n].value;
                                        return TRUE;
                                }
        return FALSE;
}

/* — grants — */

static void grant_free(gpointer data)
{
        Grant *grant = data;
        g_free(grant->id);
        g_free(grant->app);
        g_free(grant->title);
        g_free(grant->capability);
        g_free(grant->resource);
        g_free(grant);
}

static json_object *grant_to_json(const Grant *grant)
{
        json_object *object = json_object_new_object();
        json_add_text(object, "id", grant->id);
        json_add_text(object, "app", grant->app);
        json_add_text(object, "title", grant->title);
        json_add_text(object, "capability", grant->capability);
        json_add_text(object, "resource", grant->resource);
        json_add_text(object, "answer", answer_name(grant->answer));
        json_add_int(object, "time", grant->time);
        return object;
}

static Grant *grant_from_json(json_object *object)
{
        const char *id = json_text(object, "id"), *app = json_text(object, "app"), *title = json_text(object, "title");
        const char *capability = json_text(object, "capability"), *resource = json_text(object, "resource");
        if (!id || !app || !capability || !resource || g_strcmp0(json_text(object, "answer"), "always") != 0)
                return NULL;
        Grant *grant = g_new(Grant, 1);
        *grant = (Grant){g_strdup(id), g_strdup(app), g_strdup(title ? title : app), g_strdup(capability), g_strdup(resource),
                         ANSWER_ALWAYS, json_int(object, "time", 0)};
        return grant;
}

static Grant *find_grant(Questions *questions, const char *app, const char *capability, const char *resource)
{
        for (guint i = 0; i < questions->grants->len; i++) {
                Grant *grant = g_ptr_array_index(questions->grants, i);
                if (g_str_equal(grant->app, app) && g_str_equal(grant->capability, capability) && g_str_equal(grant->resource, resource))
                        return grant;
        }
        return NULL;
}

static gboolean save_grants(Questions *questions, GError **error)
{
        g_autoptr(json_object) file = json_object_new_object();
        json_object *array = json_object_new_array();
        for (guint i = 0; i < questions->grants->len; i++) {
                Grant *grant = g_ptr_array_index(questions->grants, i);
                if (grant->answer == ANSWER_ALWAYS)
                        json_object_array_add(array, grant_to_json(grant));
        }
        json_add_int(file, "last", (gint64)questions->last_grant);
        json_add(file, "grants", array);
        g_autofree char *text = json_line(file);
        g_autoptr(GError) fault = NULL;
        if (g_file_set_contents_full(questions->file, text, -1, G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600, &fault))
                return TRUE;
        g_set_error(error, AGENT_ERROR, API_ERROR_STORAGE, "What you allowed could not be written down: %s.", fault->message);
        return FALSE;
}

/* A grants file that cannot be read grants nothing; it is put aside, never overwritten. */
static gboolean load_grants(Questions *questions, GError **error)
{
        g_autofree char *text = NULL;
        gsize length;
        g_autoptr(GError) fault = NULL;
        if (!g_file_get_contents(questions->file, &text, &length, &fault)) {
                if (g_error_matches(fault, G_FILE_ERROR, G_FILE_ERROR_NOENT))
                        return TRUE;
                g_set_error(error, AGENT_ERROR, API_ERROR_STORAGE, "What you allowed cannot be read: %s.", fault->message);
                return FALSE;
        }
        g_autoptr(json_object) file = json_parse_object(text, (gssize)length, &fault);
        if (!file) {
                g_autofree char *aside = g_strconcat(questions->file, ".damaged", NULL);
                g_warning("%s is damaged (%s). It lies in %s now, and nothing is allowed any more.", questions->file, fault->message,
                          aside);
                return g_file_set_contents_full(aside, text, (gssize)length, G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
        }
        questions->last_grant = (guint64)MAX(json_int(file, "last", 0), 0);
        json_object *array = json_field_array(file, "grants");
        for (gsize i = 0; i < json_length(array); i++) {
                Grant *grant = grant_from_json(json_object_array_get_idx(array, i));
                if (grant)
                        g_ptr_array_add(questions->grants, grant);
        }
        return TRUE;
}

static void tell_notice(Questions *questions, const char *text)
{
        json_object *notice = json_object_new_object();
        json_add_text(notice, "level", "warning");
        json_add_text(notice, "text", text);
        journal_event(questions->journal, EVENT_NOTICE, notice);
}

static void keep_answer(Questions *questions, const Question *question, Answer answer)
{
        if (answer == ANSWER_ONCE || g_str_equal(question->capability, "save"))
                return;
        Grant *old = find_grant(questions, question->app, question->capability, question->resource);
        if (old)
                g_ptr_array_remove(questions->grants, old);
        if (questions->grants->len >= GRANTS_MAX)
                g_ptr_array_remove_index(questions->grants, 0);
        Grant *grant = g_new(Grant, 1);
        *grant = (Grant){g_strdup_printf("g%" G_GUINT64_FORMAT, ++questions->last_grant), g_strdup(question->app), g_strdup(question->title),
                         g_strdup(question->capability), g_strdup(question->resource), answer, g_get_real_time() / G_USEC_PER_SEC};
        g_ptr_array_add(questions->grants, grant);
        g_autoptr(GError) error = NULL;
        if (answer == ANSWER_ALWAYS && !save_grants(questions, &error)) {
                grant->answer = ANSWER_OPEN;
                g_autofree char *text = g_strdup_printf("%s It holds while the app is open.", error->message);
                tell_notice(questions, text);
        }
}

gboolean questions_granted(Questions *questions, const char *app, const char *capability, const char *resource)
{
        Grant *grant = find_grant(questions, app, capability, resource);
        return grant && grant->answer != ANSWER_NO;
}

gboolean questions_refused(Questions *questions, const char *app, const char *capability, const char *resource)
{
        Grant *grant = find_grant(questions, app, capability, resource);
        return grant && grant->answer == ANSWER_NO;
}

gboolean questions_revoke(Questions *questions, const char *id, GError **error)
{
        for (guint i = 0; i < questions->grants->len; i++) {
                Grant *grant = g_ptr_array_index(questions->grants, i);
                if (!g_str_equal(grant->id, id))
                        continue;
                gboolean kept = grant->answer == ANSWER_ALWAYS;
                g_ptr_array_remove_index(questions->grants, i);
                return !kept || save_grants(questions, error);
        }
        g_set_error_literal(error, AGENT_ERROR, API_ERROR_NOT_FOUND, "There is no such permission (any more).");
        return FALSE;
}

/* — waiters — */

static void waiter_free(gpointer data)
{
        Waiter *waiter = data;
        if (waiter->source)
                g_source_remove(waiter->source);
        if (waiter->cancelled)
                g_signal_handler_disconnect(waiter->cancellable, waiter->cancelled);
        g_clear_object(&waiter->cancellable);
        g_free(waiter);
}

static void question_free(gpointer data)
{
        Question *question = data;
        g_free(question->id);
        g_free(question->app);
        g_free(question->title);
        g_free(question->capability);
        g_free(question->resource);
        json_object_put(question->data);
        g_ptr_array_unref(question->waiters);
        g_free(question);
}

static gboolean tell_waiter_cb(gpointer data)
{
        Waiter *waiter = data;
        Questions *questions = waiter->questions;
        QuestionFunc func = waiter->func;
        gpointer user_data = waiter->user_data;
        Answer answer = waiter->answer;
        waiter->source = 0;
        g_ptr_array_remove_fast(questions->telling, waiter);
        if (func)
                func(answer, user_data);
        return G_SOURCE_REMOVE;
}

static void tell_waiter(Questions *questions, Waiter *waiter, Answer answer)
{
        waiter->answer = answer;
        waiter->source = g_idle_add_full(G_PRIORITY_DEFAULT, tell_waiter_cb, waiter, NULL);
        g_ptr_array_add(questions->telling, waiter);
}

/* The answer is on its way to all who wait, and everybody who shows the question hears that it is settled. */
static void settle(Questions *questions, Question *question, Answer answer, const char *name)
{
        while (question->waiters->len > 0)
                tell_waiter(questions, g_ptr_array_steal_index(question->waiters, 0), answer);
        json_object *data = json_object_new_object();
        json_add_text(data, "question", question->id);
        json_add_text(data, "answer", name);
        g_ptr_array_remove(questions->waiting, question);
        journal_event(questions->journal, EVENT_ANSWERED, data);
}

static gboolean cancelled_cb(gpointer data)
{
        Waiter *waiter = data;
        Questions *questions = waiter->questions;
        waiter->source = 0;
        for (guint i = 0; i < questions->waiting->len; i++) {
                Question *question = g_ptr_array_index(questions->waiting, i);
                if (!g_ptr_array_remove(question->waiters, waiter))
                        continue;
                if (question->waiters->len == 0)
                        settle(questions, question, ANSWER_NO, WITHDRAWN);
                return G_SOURCE_REMOVE;
        }
        g_ptr_array_remove_fast(questions->telling, waiter);
        return G_SOURCE_REMOVE;
}

/* From g_cancellable_cancel(), inside of which a handler must not be disconnected: the rest waits for the main loop, but func is no
 * longer called. */
static void on_cancelled(GCancellable *cancellable, gpointer data)
{
        Waiter *waiter = data;
        waiter->func = NULL;
        if (waiter->source)
                g_source_remove(waiter->source);
        waiter->source = g_idle_add_full(G_PRIORITY_DEFAULT, cancelled_cb, waiter, NULL);
}

static Waiter *waiter_new(Questions *questions, GCancellable *cancellable, QuestionFunc func, gpointer user_data)
{
        Waiter *waiter = g_new0(Waiter, 1);
        waiter->questions = questions;
        waiter->func = func;
        waiter->user_data = user_data;
        if (cancellable) {
                waiter->cancellable = g_object_ref(cancellable);
                waiter->cancelled = g_signal_connect(cancellable, "cancelled", G_CALLBACK(on_cancelled), waiter);
        }
        return waiter;
}

/* — questions — */

static void find_open_cb(EventType type, guint64 id, json_object *data, gpointer user_data)
{
        GHashTable *open = user_data;
        const char *question = json_text(data, "question");
        if (type == EVENT_QUESTION && question)
                g_hash_table_add(open, g_strdup(question));
        else if (type == EVENT_ANSWERED && question)
                g_hash_table_remove(open, question);
}

static void withdraw_left(Questions *questions)
{
        g_autoptr(GHashTable) open = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        journal_replay(questions->journal, journal_first(questions->journal) - 1, NULL, find_open_cb, open);
        GHashTableIter iter;
        gpointer id;
        g_hash_table_iter_init(&iter, open);
        while (g_hash_table_iter_next(&iter, &id, NULL)) {
                json_object *data = json_object_new_object();
                json_add_text(data, "question", id);
                json_add_text(data, "answer", WITHDRAWN);
                journal_event(questions->journal, EVENT_ANSWERED, data);
        }
}

Questions *questions_new(const char *folder, Journal *journal, GError **error)
{
        g_autoptr(Questions) questions = g_new0(Questions, 1);
        questions->file = g_build_filename(folder, "grants.json", NULL);
        questions->journal = journal;
        questions->grants = g_ptr_array_new_with_free_func(grant_free);
        questions->waiting = g_ptr_array_new_with_free_func(question_free);
        questions->telling = g_ptr_array_new_with_free_func(waiter_free);
        questions->reach = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        if (!load_grants(questions, error))
                return NULL;
        withdraw_left(questions);
        return g_steal_pointer(&questions);
}

void questions_free(Questions *questions)
{
        if (!questions)
                return;
        g_ptr_array_unref(questions->waiting);
        g_ptr_array_unref(questions->telling);
        g_ptr_array_unref(questions->grants);
        g_hash_table_unref(questions->reach);
        g_free(questions->file);
        g_free(questions);
}

static Question *find_waiting(Questions *questions, const char *app, const char *capability, const char *resource)
{
        for (guint i = 0; i < questions->waiting->len; i++) {
                Question *question = g_ptr_array_index(questions->waiting, i);
                if (g_str_equal(question->app, app) && g_str_equal(question->capability, capability)
                    && g_str_equal(question->resource, resource))
                        return question;
        }
        return NULL;
}

static json_object *question_data(Questions *questions, const Question *question, const char *quote, const char *reason)
{
        json_object *data = json_object_new_object();
        g_autofree char *sentence = NULL, *detail = NULL;
        g_autofree char *said = text_plain(quote ? quote : "", QUOTE_MAX), *why = text_plain(reason ? reason : "", REASON_MAX);
        words_for_app(questions, question->app, question->capability, question->resource, &sentence, &detail);
        if (g_str_equal(question->capability, "save") && *why) {
                g_autofree char *rest = g_steal_pointer(&detail);
                detail = g_strdup_printf("%s. %s", why, rest);
                *why = '\0';
        }
        json_add_text(data, "question", question->id);
        json_add_text(data, "app", question->app);
        json_add_text(data, "title", question->title);
        json_add_text(data, "capability", question->capability);
        json_add_text(data, "resource", question->resource);
        json_add_text(data, "sentence", sentence);
        json_add_text(data, "detail", detail);
        json_add_text(data, "quote", said);
        json_add_text(data, "reason", *why ? why : NULL);
        json_add(data, "answers", list_answers(question->capability, question->resource));
        return data;
}

static Question *ask(Questions *questions, const char *app, const char *title, const char *capability, const char *resource)
{
        Question *question = g_new0(Question, 1);
        question->id = g_strdup_printf("q%" G_GUINT64_FORMAT, journal_last(questions->journal) + 1);
        question->app = g_strdup(app);
        question->title = text_plain(title && *title ? title : app, API_TITLE_MAX);
        question->capability = g_strdup(capability);
        question->resource = g_strdup(resource);
        question->waiters = g_ptr_array_new_with_free_func(waiter_free);
        g_ptr_array_add(questions->waiting, question);
        return question;
}

const char *questions_ask(Questions *questions, const char *app, const char *title, const char *capability, const char *resource,
                          const char *quote, const char *reason, GCancellable *cancellable, QuestionFunc func, gpointer user_data)
{
        Waiter *waiter = waiter_new(questions, cancellable, func, user_data);
        questions_intend(questions, app, capability);
        Grant *grant = find_grant(questions, app, capability, resource);
        Question *question = grant ? NULL : find_waiting(questions, app, capability, resource);
        if (grant || (!question && questions->waiting->len >= QUESTIONS_MAX)) {
                tell_waiter(questions, waiter, grant ? grant->answer : ANSWER_NO);
                return NULL;
        }
        gboolean first = !question;
        if (first)
                question = ask(questions, app, title, capability, resource);
        g_ptr_array_add(question->waiters, waiter);
        const char *id = question->id;
        if (first) {
                question->data = question_data(questions, question, quote, reason);
                journal_event(questions->journal, EVENT_QUESTION, json_object_get(question->data));
        }
        return id;
}

gboolean questions_answer(Questions *questions, const char *id, const char *name, GError **error)
{
        for (guint i = 0; i < questions->waiting->len; i++) {
                Question *question = g_ptr_array_index(questions->waiting, i);
                Answer answer;
                if (!g_str_equal(question->id, id))
                        continue;
                if (!parse_answer(question, name, &answer)) {
                        g_set_error_literal(error, AGENT_ERROR, API_ERROR_BAD_REQUEST,
                                            "This is none of the answers that the question offers.");
                        return FALSE;
                }
                keep_answer(questions, question, answer);
                settle(questions, question, answer, answer_name(answer));
                return TRUE;
        }
        g_set_error_literal(error, AGENT_ERROR, API_ERROR_NOT_FOUND, "This question no longer waits: it was answered, or whoever asked has gone.");
        return FALSE;
}

void questions_app_closed(Questions *questions, const char *app)
{
        for (guint i = questions->grants->len; i-- > 0;) {
                Grant *grant = g_ptr_array_index(questions->grants, i);
                if (grant->answer != ANSWER_ALWAYS && g_str_equal(grant->app, app))
                        g_ptr_array_remove_index(questions->grants, i);
        }
        g_autoptr(GPtrArray) gone = g_ptr_array_new();
        for (guint i = 0; i < questions->waiting->len; i++)
                if (g_str_equal(((Question *)g_ptr_array_index(questions->waiting, i))->app, app))
                        g_ptr_array_add(gone, g_ptr_array_index(questions->waiting, i));
        for (guint i = 0; i < gone->len; i++)
                settle(questions, g_ptr_array_index(gone, i), ANSWER_NO, WITHDRAWN);
}

json_object *questions_waiting(Questions *questions)
{
        json_object *array = json_object_new_array();
        for (guint i = 0; i < questions->waiting->len; i++)
                json_object_array_add(array, json_object_get(((Question *)g_ptr_array_index(questions->waiting, i))->data));
        return array;
}

json_object *questions_grants(Questions *questions)
{
        json_object *array = json_object_new_array();
        for (guint i = 0; i < questions->grants->len; i++) {
                Grant *grant = g_ptr_array_index(questions->grants, i);
                json_object *object = grant_to_json(grant);
                g_autofree char *sentence = NULL, *detail = NULL;
                questions_words(grant->capability, grant->resource, &sentence, &detail);
                json_add_text(object, "sentence", sentence);
                json_object_array_add(array, object);
        }
        return array;
}
