/* A question goes through three steps: the budget is reserved, the person is asked where that is due, the lane answers. What was reserved
 * and not used is given back at the end, however it ends. */
#include "agent/runs/asking.h"

#include <string.h>

#include "agent/inference/lanes.h"
#include "agent/inference/request.h"
#include "agent/json.h"
#include "agent/library/library.h"
#include "agent/questions.h"
#include "agent/runs/prompt.h"
#include "agent/toolbox.h"
#include "protocols/text.h"

#define MINUTE 60
#define FILE_NAME "asking.json"
#define MODEL_WORDS 60 /* characters of a model's name in a question */

typedef struct {
        gint64 minute_began;
        gint64 minute, day; /* tokens, what is reserved among them */
        guint at_once;
} Spent;

struct Asking {
        const Agent *agent;
        GHashTable *spent; /* app to Spent */
        char *date;        /* the day that they count */
        GPtrArray *asks;   /* Ask: under way */
        gint64 (*clock)(void);
};

typedef struct {
        Asking *asking; /* NULL once it is gone */
        char *app, *schema;
        Prompt *prompt;
        LaneRequest request;
        gint64 reserved;
        gint64 used;
        LaneCall *call;
        GCancellable *cancellable; /* of the person's question */
        GCancellable *caller;
        gulong caller_id;
        guint idle;
        GError *error;
        GString *held; /* the bytes of a character that has not come whole */
        AskingTextFunc text;
        AskingFunc func;
        gpointer user_data;
} Ask;

static gint64 wall_clock(void)
{
        return g_get_real_time() / G_USEC_PER_SEC;
}

/* — the budget — */

static char *today(Asking *asking)
{
        g_autoptr(GDateTime) now = g_date_time_new_from_unix_local(asking->clock());

        return g_date_time_format(now, "%F");
}

static char *file_of(Asking *asking)
{
        return g_build_filename(asking->agent->state_folder, FILE_NAME, NULL);
}

/* What cannot be written is counted in memory: an app has no more for it before the agent starts anew. */
static void save(Asking *asking)
{
        g_autoptr(json_object) file = json_object_new_object();
        json_object *apps = json_object_new_object();
        g_autofree char *path = file_of(asking), *text = NULL;
        g_autoptr(GError) error = NULL;
        GHashTableIter iter;
        gpointer app, spent;

        g_hash_table_iter_init(&iter, asking->spent);
        while (g_hash_table_iter_next(&iter, &app, &spent))
                json_add_int(apps, app, ((Spent *)spent)->day);
        json_add_text(file, "day", asking->date);
        json_add(file, "apps", apps);
        text = json_line(file);
        if (!g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, &error))
                g_warning("What apps have asked today could not be noted: %s", error->message);
}

static Spent *spent_of(Asking *asking, const char *app)
{
        g_autofree char *date = today(asking);
        Spent *spent;

        if (g_strcmp0(date, asking->date) != 0) {
                GHashTableIter iter;
                gpointer value;

                g_hash_table_iter_init(&iter, asking->spent);
                while (g_hash_table_iter_next(&iter, NULL, &value))
                        ((Spent *)value)->day = 0;
                g_free(asking->date);
                asking->date = g_steal_pointer(&date);
        }
        spent = g_hash_table_lookup(asking->spent, app);
        if (!spent && g_hash_table_size(asking->spent) < ASKING_APPS_MAX) {
                spent = g_new0(Spent, 1);
                g_hash_table_insert(asking->spent, g_strdup(app), spent);
        }
        if (spent && asking->clock() - spent->minute_began >= MINUTE) {
                spent->minute_began = asking->clock();
                spent->minute = 0;
        }
        return spent;
}

static void load(Asking *asking)
{
        g_autofree char *path = file_of(asking), *text = NULL;
        g_autoptr(json_object) file = NULL;
        json_object *apps;
        gsize length;

        asking->date = today(asking);
        if (!g_file_get_contents(path, &text, &length, NULL) || !(file = json_parse_object(text, (gssize)length, NULL)) ||
            g_strcmp0(json_text(file, "day"), asking->date) != 0 || !(apps = json_field_object(file, "apps")))
                return;
        json_object_object_foreach(apps, app, tokens) {
                Spent *spent = spent_of(asking, app);

                if (spent)
                        spent->day = MAX(json_object_get_int64(tokens), 0);
        }
}

static gboolean reserve(Ask *ask, GError **error)
{
        Spent *spent = spent_of(ask->asking, ask->app);
        gint64 need = (gint64)request_tokens(&ask->request) + ask->request.max_tokens;

        if (!spent || spent->day + need > ASKING_TOKENS_DAY) {
                g_set_error_literal(error, AGENT_ERROR, API_ERROR_REFUSED, "This app has asked the model as much as an app may in a day. It "
                                    "can ask again tomorrow.");
                return FALSE;
        }
        if (spent->at_once >= ASKING_AT_ONCE_MAX) {
                g_set_error(error, AGENT_ERROR, API_ERROR_BUSY, "An app may ask %d questions at once; wait for an answer.", ASKING_AT_ONCE_MAX);
                return FALSE;
        }
        if (spent->minute + need > ASKING_TOKENS_MINUTE) {
                g_set_error(error, AGENT_ERROR, API_ERROR_BUSY, "This app has asked the model as much as an app may in a minute. It can ask "
                            "again in %d s.", (int)MAX(1, MINUTE - (ask->asking->clock() - spent->minute_began)));
                return FALSE;
        }
        ask->reserved = need;
        spent->minute += need;
        spent->day += need;
        spent->at_once++;
        return TRUE;
}

static void give_back(Ask *ask)
{
        Spent *spent = spent_of(ask->asking, ask->app);

        if (ask->reserved == 0 || !spent)
                return;
        spent->at_once -= spent->at_once > 0;
        spent->minute = MAX(0, spent->minute - ask->reserved + ask->used);
        spent->day = MAX(0, spent->day - ask->reserved + ask->used);
        ask->reserved = 0;
        save(ask->asking);
}

json_object *asking_describe(Asking *asking)
{
        json_object *array = json_object_new_array();
        GHashTableIter iter;
        gpointer app;

        g_hash_table_iter_init(&iter, asking->spent);
        while (g_hash_table_iter_next(&iter, &app, NULL)) {
                json_object *entry = json_object_new_object();
                const Spent *spent = spent_of(asking, app);

                json_add_text(entry, "app", app);
                json_add_int(entry, "minute", spent->minute);
                json_add_int(entry, "minute_most", ASKING_TOKENS_MINUTE);
                json_add_int(entry, "day", spent->day);
                json_add_int(entry, "day_most", ASKING_TOKENS_DAY);
                json_object_array_add(array, entry);
        }
        return array;
}

/* — its end — */

static void ask_free(Ask *ask)
{
        g_clear_handle_id(&ask->idle, g_source_remove);
        if (ask->caller_id)
                g_signal_handler_disconnect(ask->caller, ask->caller_id);
        g_cancellable_cancel(ask->cancellable);
        g_clear_object(&ask->caller);
        g_object_unref(ask->cancellable);
        prompt_free(ask->prompt);
        g_clear_error(&ask->error);
        g_string_free(ask->held, TRUE);
        g_free(ask->schema);
        g_free(ask->app);
        g_free(ask);
}

static void ask_end(Ask *ask, json_object *result, const GError *error)
{
        give_back(ask);
        g_ptr_array_remove_fast(ask->asking->asks, ask);
        ask->func(result, error, ask->user_data);
        ask_free(ask);
}

static gboolean end_cb(gpointer user_data)
{
        Ask *ask = user_data;

        ask->idle = 0;
        ask_end(ask, NULL, ask->error);
        return G_SOURCE_REMOVE;
}

/* Ends one that asks no model, from the main loop; the first error stands. Takes error. */
static void ask_fail(Ask *ask, GError *error)
{
        if (ask->idle) {
                g_error_free(error);
                return;
        }
        ask->error = error;
        ask->idle = g_idle_add_full(G_PRIORITY_DEFAULT, end_cb, ask, NULL);
}

static void on_caller_cancelled(GCancellable *caller, gpointer user_data)
{
        Ask *ask = user_data;

        g_cancellable_cancel(ask->cancellable);
        if (ask->call)
                lane_call_cancel(ask->call); /* which then ends it */
        else
                ask_fail(ask, g_error_new_literal(AGENT_ERROR, API_ERROR_FAILED, "The page gave the question up."));
}

/* — the answer — */

/* As much of it as is whole characters; the rest waits for what comes. */
static void text_cb(const char *bytes, gsize length, gpointer user_data)
{
        Ask *ask = user_data;
        const char *end;
        gsize whole;

        if (!ask->text || ask->schema)
                return;
        g_string_append_len(ask->held, bytes, length);
        if (!g_utf8_validate_len(ask->held->str, ask->held->len, &end) &&
            g_utf8_get_char_validated(end, ask->held->str + ask->held->len - end) != (gunichar)-2) {
                g_autofree char *valid = g_utf8_make_valid(ask->held->str, ask->held->len);

                ask->text(valid, strlen(valid), ask->user_data);
                g_string_truncate(ask->held, 0);
                return;
        }
        whole = end - ask->held->str;
        if (whole > 0)
                ask->text(ask->held->str, whole, ask->user_data);
        g_string_erase(ask->held, 0, (gssize)whole);
}

static gboolean is_named(json_object *names, const char *name)
{
        for (gsize i = 0; i < json_length(names); i++)
                if (g_strcmp0(json_value_text(json_object_array_get_idx(names, i)), name) == 0)
                        return TRUE;
        return FALSE;
}

static gboolean has_type(json_object *value, const char *type)
{
        static const struct {
                const char *name;
                json_type type;
        } types[] = {{"object", json_type_object}, {"array", json_type_array}, {"string", json_type_string}, {"number", json_type_double},
                     {"integer", json_type_int}, {"boolean", json_type_boolean}};

        for (gsize i = 0; i < G_N_ELEMENTS(types); i++)
                if (g_strcmp0(type, types[i].name) == 0)
                        return json_object_is_type(value, types[i].type) ||
                               (types[i].type == json_type_double && json_object_is_type(value, json_type_int));
        return TRUE;
}

/* The page gets nothing that would break it at the first look: types, required fields and choices hold, at every depth. Finer bounds are the
 * server's to keep, where it can. */
static gboolean fits(json_object *value, json_object *schema)
{
        json_object *required = json_field_array(schema, "required"), *properties = json_field_object(schema, "properties");
        json_object *items = json_field_object(schema, "items"), *choices = json_field_array(schema, "enum");

        if (!has_type(value, json_text(schema, "type")))
                return FALSE;
        if (choices && !is_named(choices, json_value_text(value)) && json_object_is_type(value, json_type_string))
                return FALSE;
        for (gsize i = 0; json_object_is_type(value, json_type_object) && i < json_length(required); i++)
                if (!json_object_object_get_ex(value, json_value_text(json_object_array_get_idx(required, i)), NULL))
                        return FALSE;
        for (gsize i = 0; items && i < json_length(value); i++)
                if (!fits(json_object_array_get_idx(value, i), items))
                        return FALSE;
        if (!json_object_is_type(value, json_type_object) || !properties)
                return TRUE;
        json_object_object_foreach(value, name, field) {
                json_object *wanted = json_field_object(properties, name);

                if (wanted && !fits(field, wanted))
                        return FALSE;
        }
        return TRUE;
}

/* The first JSON value in the answer, between a fence and talk. */
static json_object *read_json(Ask *ask, const char *answer, gsize length, GError **error)
{
        g_autoptr(json_object) schema = json_parse(ask->schema, -1, NULL);
        gboolean list = g_strcmp0(json_text(schema, "type"), "array") == 0;
        const char *start = memchr(answer, list ? '[' : '{', length), *end = memrchr(answer, list ? ']' : '}', length);
        json_object *value = start && end > start ? json_parse(start, end + 1 - start, NULL) : json_parse(answer, (gssize)length, NULL);

        if (value && fits(value, schema))
                return value;
        json_object_put(value);
        g_set_error_literal(error, AGENT_ERROR, API_ERROR_FAILED, "The model's answer was not of the form that the app asked for. Ask again.");
        return NULL;
}

static ApiErrorKind kind_of(const GError *error)
{
        switch ((LaneError)error->code) {
        case LANE_ERROR_NO_MODEL:
                return API_ERROR_NO_MODEL;
        case LANE_ERROR_LIMIT:
                return API_ERROR_BUSY;
        case LANE_ERROR_BUDGET:
        case LANE_ERROR_REFUSED:
        case LANE_ERROR_UNKNOWN_RECORDING:
                return API_ERROR_REFUSED;
        default:
                return API_ERROR_FAILED;
        }
}

static void done_cb(const LaneResult *result, const GError *fault, gpointer user_data)
{
        Ask *ask = user_data;
        g_autoptr(json_object) value = NULL;
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL;

        ask->call = NULL;
        if (!ask->asking) {
                ask_free(ask);
                return;
        }
        /* What was sent counts, also of an answer that never came; where nobody said how much, all that was reserved. */
        ask->used = result ? (gint64)result->tokens_in + result->tokens_out : fault && fault->code != LANE_ERROR_CUT ? 0 : ask->reserved;
        if (fault) {
                error = g_error_new_literal(AGENT_ERROR, (int)kind_of(fault), fault->message);
        } else if (ask->schema) {
                value = read_json(ask, result->content, result->content_length, &error);
        } else {
                text = g_utf8_make_valid(result->content, (gssize)result->content_length);
                value = json_object_new_string(text);
        }
        ask_end(ask, value, error);
}

static void send_question(Ask *ask)
{
        ask->call = lanes_call(ask->asking->agent->lanes, &ask->request, text_cb, done_cb, ask);
}

/* — may it? — */

/* An app that has a tool which looks at this computer, or was ever allowed to. */
static gboolean can_read(Asking *asking, const App *app)
{
        static const char *const reading[] = {"list", "read", "write", "system", "run", "device", "audio"};

        if (questions_reads(asking->agent->questions, app->id))
                return TRUE;
        for (gsize i = 0; i < json_length(app->tools); i++) {
                const char *name = json_value_text(json_object_array_get_idx(app->tools, i));
                g_autoptr(Tool) tool = name ? library_tool(asking->agent->library, name, NULL) : NULL;

                for (gsize k = 0; tool && k < G_N_ELEMENTS(reading); k++)
                        if (json_length(json_field_array(tool->capabilities, reading[k])) > 0)
                                return TRUE;
        }
        return FALSE;
}

/* "gpt-oss-120b of Groq": who would get it. */
static char *model_words(Asking *asking)
{
        g_autoptr(json_object) described = lanes_describe(asking->agent->lanes);
        json_object *lanes = json_field_array(described, "lanes");

        for (gsize i = 0; i < json_length(lanes); i++) {
                json_object *lane = json_object_array_get_idx(lanes, i);
                const char *model = json_text(lane, "model"), *provider = json_text(lane, "provider");

                if (g_strcmp0(json_text(lane, "lane"), "fast") == 0 && model && provider) {
                        g_autofree char *both = g_strdup_printf("%s of %s", model, provider);

                        return text_plain(both, MODEL_WORDS);
                }
        }
        return g_strdup("that answers here");
}

static void person_cb(Answer answer, const char *resource, gpointer user_data)
{
        Ask *ask = user_data;

        if (answer == ANSWER_NO)
                ask_fail(ask, g_error_new_literal(AGENT_ERROR, API_ERROR_DENIED, "The person did not allow the app to ask a model."));
        else if (!ask->idle)
                send_question(ask);
}

static void ask_person(Ask *ask, const App *app)
{
        g_autofree char *model = model_words(ask->asking);

        /* The question says that what it reads can go out, also where its tools have not asked for anything yet. */
        questions_intend(ask->asking->agent->questions, app->id, "read");
        questions_ask(ask->asking->agent->questions, app->id, app->title, "ask", model, app->sentence, NULL, ask->cancellable, person_cb, ask);
}

/* — its beginning — */

static gboolean prepare(Ask *ask, const char *text, json_object *schema, GError **error)
{
        g_autofree char *line = schema ? json_line(schema) : NULL;

        if (strlen(text) > ASKING_TEXT_MAX || (line && strlen(line) > ASKING_SCHEMA_MAX)) {
                g_set_error(error, AGENT_ERROR, API_ERROR_TOO_LARGE, "A question has at most %d bytes, its schema %d.", ASKING_TEXT_MAX,
                            ASKING_SCHEMA_MAX);
                return FALSE;
        }
        ask->prompt = prompt_render(ask->asking->agent, "ask", error, "text", text, "schema", line, NULL);
        if (!ask->prompt)
                return FALSE;
        ask->schema = g_steal_pointer(&line);
        ask->request = (LaneRequest){.lane = "fast", .state = "ASK", .attempt = 1, .sentence = text, .messages = ask->prompt->messages,
                                     .n_messages = ask->prompt->n_messages, .max_tokens = ASKING_TOKENS_ANSWER, .schema = ask->schema,
                                     .cache_key = "impromptu-ASK", .run = ask->app, .rank = ADMISSION_WORK, .temperature = -1};
        return reserve(ask, error);
}

void asking_ask(Asking *asking, const char *app, const char *text, json_object *schema, GCancellable *cancellable, AskingTextFunc text_func,
                AskingFunc func, gpointer user_data)
{
        Ask *ask = g_new0(Ask, 1);
        g_autoptr(App) kept = library_app(asking->agent->library, app, NULL);
        g_autoptr(GError) error = NULL;

        ask->asking = asking;
        ask->app = g_strdup(app);
        ask->held = g_string_new(NULL);
        ask->cancellable = g_cancellable_new();
        ask->text = text_func;
        ask->func = func;
        ask->user_data = user_data;
        g_ptr_array_add(asking->asks, ask);
        if (cancellable) {
                ask->caller = g_object_ref(cancellable);
                ask->caller_id = g_signal_connect(cancellable, "cancelled", G_CALLBACK(on_caller_cancelled), ask);
        }
        if (!kept)
                ask_fail(ask, g_error_new_literal(AGENT_ERROR, API_ERROR_NOT_FOUND, LIBRARY_NO_APP));
        else if (!prepare(ask, text, schema, &error))
                ask_fail(ask, g_steal_pointer(&error));
        else if (cancellable && g_cancellable_is_cancelled(cancellable))
                on_caller_cancelled(cancellable, ask);
        else if (can_read(asking, kept))
                ask_person(ask, kept);
        else
                send_question(ask);
        /* Should it later want files: then that question says that it can send them out. */
        questions_intend(asking->agent->questions, app, "ask");
}

Asking *asking_new(const Agent *agent)
{
        Asking *asking = g_new0(Asking, 1);

        asking->agent = agent;
        asking->clock = wall_clock;
        asking->spent = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        asking->asks = g_ptr_array_new();
        load(asking);
        return asking;
}

void asking_use_clock(Asking *asking, gint64 (*clock)(void))
{
        asking->clock = clock;
}

/* Calls of a lane end when the lanes do; until then they need what they were given. */
void asking_free(Asking *asking)
{
        if (!asking)
                return;
        for (guint i = asking->asks->len; i > 0; i--) {
                Ask *ask = g_ptr_array_index(asking->asks, i - 1);

                ask->asking = NULL;
                ask->text = NULL;
                if (!ask->call)
                        ask_free(ask);
        }
        g_ptr_array_unref(asking->asks);
        g_hash_table_unref(asking->spent);
        g_free(asking->date);
        g_free(asking);
}
