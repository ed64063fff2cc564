/* What a person is asked, in the agent's own words. What stays of the answers is in grants.c.
 *
 * A question's ID is the place of its event in the journal, so no ID ever comes twice. Questions do not outlive the agent, because who
 * asked does not: at the start those that an earlier agent left open are withdrawn, so that no desktop shows a question that nobody can
 * answer. */
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
#define HAS_MAX 3          /* things it may do already, in one line */
#define QUESTIONS_MAX 100  /* that wait; a further one is answered with no */
#define WITHDRAWN "withdrawn"
#define ASKS "May it "

typedef struct {
        Questions *questions;
        QuestionFunc func;
        gpointer user_data;
        GCancellable *cancellable;
        gulong cancelled;
        Answer answer; /* once it is known */
        char *resource; /* that it is about */
        guint source;  /* that will tell */
} Waiter;

typedef struct {
        char *id;
        char *app, *title, *capability, *resource;
        json_object *data; /* of its event */
        GPtrArray *waiters;
} Question;

struct Questions {
        Grants *grants;
        Journal *journal;
        GPtrArray *waiting; /* of Question */
        GPtrArray *telling; /* of Waiter: an answer is on its way to them */
        GHashTable *reach;  /* app → Reach: what it wanted or was given since the agent's start */
};

/* What of an app, put together, is more than its parts: what it reads it can send. */
typedef enum { REACH_FILES = 1, REACH_NET = 2 } Reach;

static const Answer choices[] = {ANSWER_ONCE, ANSWER_OPEN, ANSWER_ALWAYS, ANSWER_NO};

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
        {"audio", "play", "May it play sound?", "It cannot listen, and it cannot hear what others play."},
        {"audio", "record", "May it listen with the microphone?",
         "It hears whatever the microphone hears while it runs. It cannot send that anywhere."},
        {"device", NULL, "May it use the device at the serial port %s?", "It can read from it and tell it what to do. It has no other device."},
        {"ask", NULL, "May it ask the model %s?", "It sends that model its question and what belongs to it. It reaches nobody else."},
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

static gboolean is_camera(const char *capability, const char *resource)
{
        return g_str_equal(capability, "device") && g_str_has_prefix(resource, "/dev/video");
}

static gboolean is_microphone(const char *capability, const char *resource)
{
        return g_str_equal(capability, "audio") && !g_str_equal(resource, "play");
}

/* What is private in it the sandbox hides, so reading all of it may be asked for. */
static gboolean holds_home(const char *resource)
{
        g_autofree char *home = places_home();

        return places_within(home, resource);
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
        if (is_camera(capability, resource)) {
                g_autofree char *name = text_plain(resource, RESOURCE_SHOWN_MAX);
                *sentence = g_strdup_printf("May it see through the camera %s?", name);
                *detail = g_strdup("It sees whatever the camera sees while it runs. It cannot send that anywhere.");
                return;
        }
        g_autofree char *place = path ? places_words(resource) : text_plain(resource, RESOURCE_SHOWN_MAX);
        g_auto(GStrv) parts = g_strsplit(found ? found->sentence : "May it use “%s”?", "%s", 2);
        *sentence = g_strjoinv(place, parts);
        *detail = g_strdup(found ? found->detail : "It cannot do anything else with it.");
        if (path && g_str_equal(capability, "read") && holds_home(resource)) {
                g_autofree char *rest = *detail;
                *detail = g_strconcat("Keys, passwords, what browsers keep and what you typed stay hidden from it. ", rest, NULL);
        }
}

char *questions_phrase(const char *capability, const char *resource)
{
        g_autofree char *sentence = NULL, *detail = NULL;
        questions_words(capability, resource, &sentence, &detail);
        const char *rest = g_str_has_prefix(sentence, ASKS) ? sentence + strlen(ASKS) : sentence;
        gsize length = strlen(rest);
        return g_strndup(rest, g_str_has_suffix(rest, "?") ? length - 1 : length);
}

/* — what an app reads it can send — */

static Reach reach_of_capability(const char *capability)
{
        static const char *const files[] = {"list", "read", "write", "system", "device", "audio", NULL};
        if (g_str_equal(capability, "net") || g_str_equal(capability, "ask"))
                return REACH_NET;
        return g_strv_contains(files, capability) ? REACH_FILES : 0;
}

typedef struct {
        const char *app;
        Reach reach;
        GPtrArray *has; /* NULL, or of phrases: what it may do */
} Look;

static void look_cb(const Grant *grant, gpointer data)
{
        Look *look = data;
        if (grant->answer == ANSWER_NO || !g_str_equal(grant->app, look->app))
                return;
        look->reach |= reach_of_capability(grant->capability);
        if (look->has && !grant->chosen)
                g_ptr_array_add(look->has, questions_phrase(grant->capability, grant->resource));
}

/* What it may do by a grant counts, and what it was told just once or only asks for: it may have kept what it read. */
static Reach reach_of_app(Questions *questions, const char *app)
{
        Look look = {app, GPOINTER_TO_UINT(g_hash_table_lookup(questions->reach, app)), NULL};
        grants_each(questions->grants, look_cb, &look);
        return look.reach;
}

/* "So far it may read your folder “Pictures”." where it wants more than it has; NULL where it has nothing. The newest first. */
static char *has_of_app(Questions *questions, const char *app)
{
        g_autoptr(GPtrArray) has = g_ptr_array_new_with_free_func(g_free);
        Look look = {app, 0, has};
        grants_each(questions->grants, look_cb, &look);
        if (has->len == 0)
                return NULL;
        GString *text = g_string_new("So far it may ");
        guint shown = MIN(has->len, HAS_MAX);
        for (guint i = 0; i < shown; i++)
                g_string_append_printf(text, "%s%s", i ? "; " : "", (char *)g_ptr_array_index(has, has->len - 1 - i));
        if (has->len > shown)
                g_string_append_printf(text, "; and %u more", has->len - shown);
        g_string_append_c(text, '.');
        return g_string_free(text, FALSE);
}

gboolean questions_reads(Questions *questions, const char *app)
{
        return (reach_of_app(questions, app) & REACH_FILES) != 0;
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
        } else if ((g_str_equal(capability, "device") || is_microphone(capability, resource)) && (reach & REACH_NET)) {
                g_free(*detail);
                *detail = g_strdup("It may also talk to servers, and can then send out what it gets from there.");
        } else if (own == REACH_FILES && !g_str_equal(capability, "audio") && (reach & REACH_NET)) {
                g_free(*detail);
                *detail = g_strconcat(g_str_equal(capability, "write") ? "It cannot touch anything elsewhere." : "It cannot change anything.",
                                      " It may also talk to servers, and can then send out what it reads here.", NULL);
        }
}

/* Saving a file is one act, and so is installing a package. "Always" is not offered for what may do lasting harm: writing, other than into
 * a folder that the person chose, the camera and the microphone, and reading or writing all of the home folder or of the computer. */
static gboolean offers(const char *capability, const char *resource, Answer answer, gboolean chosen)
{
        g_autofree char *home = places_home();
        gboolean write = g_str_equal(capability, "write");
        if (g_str_equal(capability, "save") || g_str_equal(capability, "package"))
                return answer == ANSWER_ONCE || answer == ANSWER_NO;
        if (answer != ANSWER_ALWAYS)
                return TRUE;
        if ((write && !chosen) || is_camera(capability, resource) || is_microphone(capability, resource))
                return FALSE;
        return !(write || g_str_equal(capability, "read")) || !(g_str_equal(resource, home) || g_str_equal(resource, "/"));
}

static json_object *list_answers(const char *capability, const char *resource)
{
        json_object *array = json_object_new_array();
        for (gsize i = 0; i < G_N_ELEMENTS(choices); i++)
                if (offers(capability, resource, choices[i], FALSE))
                        json_push_text(array, answer_name(choices[i]));
        return array;
}

static gboolean is_folder_wish(const char *capability, const char *resource)
{
        gboolean place = g_str_equal(capability, "list") || g_str_equal(capability, "read") || g_str_equal(capability, "write");
        return place && g_file_test(resource, G_FILE_TEST_IS_DIR);
}

/* What can be answered with a smaller folder; NULL where none would do. What is then refused for the folder itself is said then. */
static json_object *list_choose(const char *capability, const char *resource)
{
        if (!is_folder_wish(capability, resource))
                return NULL;
        json_object *array = json_object_new_array();
        for (gsize i = 0; i < G_N_ELEMENTS(choices); i++)
                if (choices[i] != ANSWER_NO)
                        json_push_text(array, answer_name(choices[i]));
        return array;
}

/* FALSE if the question does not offer this answer. */
static gboolean parse_answer(const Question *question, const char *name, Answer *answer)
{
        return answer_parse(name, answer) && offers(question->capability, question->resource, *answer, FALSE);
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
        g_free(waiter->resource);
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
        g_autofree char *resource = g_steal_pointer(&waiter->resource);
        waiter->source = 0;
        g_ptr_array_remove_fast(questions->telling, waiter);
        if (func)
                func(answer, resource, user_data);
        return G_SOURCE_REMOVE;
}

static void tell_waiter(Questions *questions, Waiter *waiter, Answer answer, const char *resource)
{
        waiter->answer = answer;
        waiter->resource = g_strdup(resource);
        waiter->source = g_idle_add_full(G_PRIORITY_DEFAULT, tell_waiter_cb, waiter, NULL);
        g_ptr_array_add(questions->telling, waiter);
}

/* The answer is on its way to all who wait, and everybody who shows the question hears that it is settled. */
static void settle(Questions *questions, Question *question, Answer answer, const char *name, const char *resource)
{
        while (question->waiters->len > 0)
                tell_waiter(questions, g_ptr_array_steal_index(question->waiters, 0), answer, resource);
        json_object *data = json_object_new_object();
        json_add_text(data, "question", question->id);
        json_add_text(data, "answer", name);
        if (!g_str_equal(resource, question->resource))
                json_add_text(data, "resource", resource);
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
                        settle(questions, question, ANSWER_NO, WITHDRAWN, question->resource);
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

Questions *questions_new(Grants *grants, Journal *journal)
{
        Questions *questions = g_new0(Questions, 1);
        questions->grants = grants;
        questions->journal = journal;
        questions->waiting = g_ptr_array_new_with_free_func(question_free);
        questions->telling = g_ptr_array_new_with_free_func(waiter_free);
        questions->reach = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        withdraw_left(questions);
        return questions;
}

void questions_free(Questions *questions)
{
        if (!questions)
                return;
        g_ptr_array_unref(questions->waiting);
        g_ptr_array_unref(questions->telling);
        g_hash_table_unref(questions->reach);
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
        g_autofree char *sentence = NULL, *detail = NULL, *has = has_of_app(questions, question->app);
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
        json_add_text(data, "has", has);
        json_add(data, "answers", list_answers(question->capability, question->resource));
        json_add(data, "choose", list_choose(question->capability, question->resource));
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
        const Grant *grant = grants_find(questions->grants, app, capability, resource);
        gboolean refused = !grant && grants_refused(questions->grants, app, capability, resource);
        Question *question = grant || refused ? NULL : find_waiting(questions, app, capability, resource);
        if (grant || refused || (!question && questions->waiting->len >= QUESTIONS_MAX)) {
                tell_waiter(questions, waiter, grant ? grant->answer : ANSWER_NO, grant ? grants_part(grant, resource) : resource);
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

static Question *find_question(Questions *questions, const char *id, GError **error)
{
        for (guint i = 0; i < questions->waiting->len; i++)
                if (g_str_equal(((Question *)g_ptr_array_index(questions->waiting, i))->id, id))
                        return g_ptr_array_index(questions->waiting, i);
        g_set_error_literal(error, AGENT_ERROR, API_ERROR_NOT_FOUND,
                            "This question no longer waits: it was answered, or whoever asked has gone.");
        return NULL;
}

static void take_answer(Questions *questions, Question *question, Answer answer, const char *resource)
{
        if (answer != ANSWER_ONCE && !g_str_equal(question->capability, "save"))
                grants_keep(questions->grants, question->app, question->title, question->capability, question->resource, resource, answer);
        settle(questions, question, answer, answer_name(answer), resource);
}

static gboolean no_such_answer(GError **error)
{
        g_set_error_literal(error, AGENT_ERROR, API_ERROR_BAD_REQUEST, "This is none of the answers that the question offers.");
        return FALSE;
}

gboolean questions_answer(Questions *questions, const char *id, const char *name, GError **error)
{
        Question *question = find_question(questions, id, error);
        Answer answer;
        if (!question)
                return FALSE;
        if (!parse_answer(question, name, &answer))
                return no_such_answer(error);
        take_answer(questions, question, answer, question->resource);
        return TRUE;
}

/* The place that the person chose, as it may be granted; NULL with a sentence. */
static char *check_chosen(const Agent *agent, const Question *question, const char *place, GError **error)
{
        g_autofree char *found = places_resolve(place, error);
        if (!found)
                return NULL;
        if (!places_within(found, question->resource)) {
                g_autofree char *chosen = places_words(found), *asked = places_words(question->resource);
                g_set_error(error, AGENT_ERROR, API_ERROR_DENIED, "It did not ask for %s. Choose a place in %s.", chosen, asked);
                return NULL;
        }
        return places_allowed(agent, question->capability, found, error) ? g_steal_pointer(&found) : NULL;
}

gboolean questions_answer_within(Questions *questions, const Agent *agent, const char *id, const char *name, const char *place,
                                 GError **error)
{
        Question *question = find_question(questions, id, error);
        Answer answer;
        if (!question)
                return FALSE;
        if (!is_folder_wish(question->capability, question->resource) || !answer_parse(name, &answer) || answer == ANSWER_NO)
                return no_such_answer(error);
        g_autofree char *found = check_chosen(agent, question, place, error);
        if (!found)
                return FALSE;
        if (!offers(question->capability, found, answer, TRUE))
                return no_such_answer(error);
        take_answer(questions, question, answer, found);
        return TRUE;
}

void questions_app_closed(Questions *questions, const char *app)
{
        grants_app_closed(questions->grants, app);
        g_autoptr(GPtrArray) gone = g_ptr_array_new();
        for (guint i = 0; i < questions->waiting->len; i++)
                if (g_str_equal(((Question *)g_ptr_array_index(questions->waiting, i))->app, app))
                        g_ptr_array_add(gone, g_ptr_array_index(questions->waiting, i));
        for (guint i = 0; i < gone->len; i++) {
                Question *question = g_ptr_array_index(gone, i);
                settle(questions, question, ANSWER_NO, WITHDRAWN, question->resource);
        }
}

json_object *questions_waiting(Questions *questions)
{
        json_object *array = json_object_new_array();
        for (guint i = 0; i < questions->waiting->len; i++)
                json_object_array_add(array, json_object_get(((Question *)g_ptr_array_index(questions->waiting, i))->data));
        return array;
}

typedef struct {
        const char *app;
        json_object *array;
} List;

static void list_cb(const Grant *grant, gpointer data)
{
        List *list = data;
        g_autofree char *phrase = questions_phrase(grant->capability, grant->resource), *sentence = NULL, *detail = NULL;
        if (list->app && !g_str_equal(list->app, grant->app))
                return;
        json_object *object = grant_to_json(grant);
        questions_words(grant->capability, grant->resource, &sentence, &detail);
        json_add_text(object, "sentence", sentence);
        json_add_text(object, "phrase", phrase);
        json_object_array_add(list->array, object);
}

json_object *questions_grants(Questions *questions, const char *app)
{
        List list = {app, json_object_new_array()};
        grants_each(questions->grants, list_cb, &list);
        return list.array;
}

json_object *questions_log(Questions *questions, const char *app)
{
        json_object *log = grants_log(questions->grants, app);
        for (gsize i = 0; i < json_length(log); i++) {
                json_object *entry = json_object_array_get_idx(log, i);
                g_autofree char *phrase = questions_phrase(json_text(entry, "capability"), json_text(entry, "resource"));
                json_add_text(entry, "phrase", phrase);
        }
        return log;
}
