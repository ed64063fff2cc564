/* Lanes: the door of this room. Start reading here.
 *
 * One source answers at a time (source.c: a provider with its address and key); the lanes are lists of its models. Choosing a source
 * begins with a look at its models, which also warms the connection; calls made meanwhile wait for it. call.c makes one call out of
 * tries, failure.c judges what went wrong, stream.c reads the answer, transport.c moves the bytes, recording.c starts the rehearsal
 * server and keys.c remembers keys.
 *
 * At start the source is what $IMPROMPTU_LANE says, else the first key of the environment, else a key that was kept, else a model
 * server on this machine. */
#include "lanes.h"

#include <string.h>

#include "agent/inference/call.h"
#include "agent/inference/failure.h"
#include "agent/inference/keys.h"
#include "agent/inference/recording.h"
#include "agent/inference/sentence.h"
#include "protocols/environment.h"

#define LOOK_SECONDS 5              /* at most this long for a list of models */
#define LOOK_BODY_MAX (4 * 1024 * 1024)

struct Lanes {
        char *program, *folder;
        json_object *wanted;        /* lanes.json; NULL if there is none */
        Transport *transport;
        double stall_seconds;
        GHashTable *keys;           /* provider's name to key, from the environment */
        char *environment_base, *environment_model;
        Source *source;             /* NULL: nothing is chosen */
        char *choice;               /* how it came to be: "recording", "local", "environment", "key"; NULL */
        char *problem;              /* why there is no source, where one was chosen */
        gboolean settling;          /* the source is being looked for or looked at; calls wait */
        Source *looked;             /* whose models are asked for now */
        TransportRequest *look;
        GString *look_body;
        gsize local;                /* the place in the provider table where the search for a local server stands */
        gboolean local_search;
        Source *local_found;        /* a server on this machine that would answer */
        GCancellable *search;       /* of kept keys */
        Recording *recording;
        GPtrArray *calls;           /* all that live */
        GPtrArray *waiting;         /* those of them that wait until it is settled */
        void (*change)(gpointer);
        gpointer change_data;
};

G_DEFINE_QUARK(impromptu-lane-error, lane_error)

static void local_next(Lanes *lanes);

static void lanes_changed(Lanes *lanes)
{
        if (lanes->change)
                lanes->change(lanes->change_data);
}

static GError *no_model(Lanes *lanes)
{
        if (lanes->problem)
                return g_error_new_literal(LANE_ERROR, LANE_ERROR_NO_MODEL, lanes->problem);
        return g_error_new_literal(LANE_ERROR, LANE_ERROR_NO_MODEL, "No model is chosen. Paste a key, use a model here, or watch a "
                                   "recording.");
}

static void lanes_settle(Lanes *lanes)
{
        g_autoptr(GPtrArray) waiting = g_steal_pointer(&lanes->waiting);

        lanes->waiting = g_ptr_array_new();
        lanes->settling = FALSE;
        for (guint i = 0; i < waiting->len; i++) {
                if (lanes->source)
                        lane_call_start(g_ptr_array_index(waiting, i), lanes->source);
                else
                        lane_call_fail(g_ptr_array_index(waiting, i), no_model(lanes));
        }
        lanes_changed(lanes);
}

/* ---- looking at a source: GET /models ---- */

static void look_stop(Lanes *lanes)
{
        if (lanes->look)
                transport_cancel(g_steal_pointer(&lanes->look));
        g_clear_pointer(&lanes->looked, source_unref);
}

static void take_rehearsal(Source *source, TransportRequest *request, json_object *body)
{
        const char *pace = transport_request_header(request, "x-impromptu-pace");
        json_object *list = NULL;
        g_autoptr(GStrvBuilder) sentences = g_strv_builder_new();

        g_free(source->recording);
        source->recording = g_strdup(transport_request_header(request, "x-impromptu-recording"));
        source->pace = pace ? g_ascii_strtoll(pace, NULL, 10) : -1;
        if (json_object_object_get_ex(body, "sentences", &list) && json_object_is_type(list, json_type_array)) {
                for (gsize i = 0; i < json_object_array_length(list); i++)
                        g_strv_builder_add(sentences, json_object_get_string(json_object_array_get_idx(list, i)));
        }
        g_strfreev(source->sentences);
        source->sentences = g_strv_builder_end(sentences);
        json_object_put(source->changes);
        source->changes = json_object_object_get_ex(body, "changes", &list) ? json_object_get(list) : NULL;
}

/* Reads the answer into the source. NULL if it is of use, else why not. */
static char *look_read(Lanes *lanes, Source *source, TransportRequest *request, const TransportOutcome *outcome)
{
        json_object *body = outcome->status == 200 ? json_tokener_parse(lanes->look_body->str) : NULL;
        const char *only = g_strcmp0(lanes->choice, "environment") == 0 ? lanes->environment_model : NULL;
        char *problem = NULL;

        if (outcome->end == TRANSPORT_WHOLE && outcome->status == 404) {
                /* It has no such list; the wishes stand as they are. */
                source_take_models(source, NULL, lanes->wanted, only);
        } else if (outcome->end != TRANSPORT_WHOLE || outcome->status != 200) {
                g_autoptr(Failure) failure = failure_of_http(source, request, outcome, lanes->look_body, LANE_RETRIES_MAX + 1);
                problem = g_strdup(failure->error->message);
                source_take_models(source, NULL, lanes->wanted, only);
        } else if (!source_take_models(source, body, lanes->wanted, only)) {
                problem = g_strdup_printf("%s answers, but not like a model server.", source->title);
        } else if (source->provider->rehearsal) {
                take_rehearsal(source, request, body);
        }
        if (!problem && source_models(source, "fast")->len == 0)
                problem = g_strdup_printf("%s has no model.", source->title);
        json_object_put(body);
        return problem;
}

static void look_data_cb(TransportRequest *request, const char *bytes, gsize length, gpointer user_data)
{
        Lanes *lanes = user_data;

        g_string_append_len(lanes->look_body, bytes, MIN(length, LOOK_BODY_MAX - lanes->look_body->len));
}

static void look_done_cb(TransportRequest *request, const TransportOutcome *outcome, gpointer user_data)
{
        Lanes *lanes = user_data;
        g_autoptr(Source) source = g_steal_pointer(&lanes->looked);
        char *problem = look_read(lanes, source, request, outcome);

        lanes->look = NULL;
        g_free(source->problem);
        source->problem = problem;
        if (!lanes->local_search) {
                lanes_settle(lanes);
                return;
        }
        if (problem) {
                lanes->local++;
                local_next(lanes);
                return;
        }
        lanes->local_search = FALSE;
        g_clear_pointer(&lanes->local_found, source_unref);
        lanes->local_found = source_ref(source);
        if (!lanes->source && lanes->settling) {
                g_free(lanes->choice);
                lanes->choice = g_strdup("local");
                lanes->source = source_ref(source);
        }
        lanes_settle(lanes);
}

static void look_at(Lanes *lanes, Source *source)
{
        g_autofree char *url = source_url(source, source->provider->models_path);
        g_auto(GStrv) headers = source_headers(source, NULL);
        TransportSpec spec = { .url = url, .headers = (const char *const *)headers, .first_byte_seconds = LOOK_SECONDS,
                               .stall_seconds = LOOK_SECONDS,
                               .total_seconds = LOOK_SECONDS, .direct = source->here };

        look_stop(lanes);
        g_string_truncate(lanes->look_body, 0);
        lanes->looked = source_ref(source);
        lanes->look = transport_start(lanes->transport, &spec, look_data_cb, look_done_cb, lanes);
}

/* ---- choosing ---- */

/* Forgets what was chosen, so that something else can be. */
static void lanes_leave(Lanes *lanes, const char *choice)
{
        look_stop(lanes);
        lanes->local_search = FALSE;
        if (lanes->search)
                g_cancellable_cancel(lanes->search);
        g_clear_object(&lanes->search);
        g_clear_pointer(&lanes->recording, recording_stop);
        g_clear_pointer(&lanes->source, source_unref);
        g_clear_pointer(&lanes->problem, g_free);
        g_free(lanes->choice);
        lanes->choice = g_strdup(choice);
        lanes->settling = TRUE;
}

static void lanes_use(Lanes *lanes, const char *choice, Source *source)
{
        lanes_leave(lanes, choice);
        lanes->source = source_ref(source);
        look_at(lanes, source);
        lanes_changed(lanes);
}

/* The next port on which a model server of this machine could be. */
static void local_next(Lanes *lanes)
{
        gsize n;
        const Provider *table = provider_table(&n);

        while (lanes->local < n && !(table[lanes->local].local && table[lanes->local].base))
                lanes->local++;
        lanes->local_search = lanes->local < n;
        if (lanes->local_search) {
                g_autoptr(Source) source = source_new(&table[lanes->local], NULL, NULL);
                look_at(lanes, source);
                return;
        }
        if (!lanes->source && g_strcmp0(lanes->choice, "local") == 0)
                lanes->problem = g_strdup("No model server answers on this machine. Start llama.cpp on port 8080 or Ollama on port 11434.");
        lanes_settle(lanes);
}

static void local_search(Lanes *lanes)
{
        lanes->local = 0;
        local_next(lanes);
}

static gboolean base_check(const char *base, GError **error)
{
        g_autoptr(GUri) uri = g_uri_parse(base, G_URI_FLAGS_NONE, NULL);
        const char *scheme = uri ? g_uri_get_scheme(uri) : NULL;

        if (uri && g_uri_get_host(uri) && *g_uri_get_host(uri) && !g_uri_get_userinfo(uri) && !g_uri_get_query(uri) &&
            (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0))
                return TRUE;
        g_set_error(error, LANE_ERROR, LANE_ERROR_NO_MODEL, "This is not the address of a model server; it looks like "
                    "http://127.0.0.1:8080/v1.");
        return FALSE;
}

static gboolean choose_local(Lanes *lanes, const char *base, GError **error)
{
        g_autoptr(Source) source = NULL;

        if (!base || !*base) {
                lanes_leave(lanes, "local");
                local_search(lanes);
                return TRUE;
        }
        if (!base_check(base, error))
                return FALSE;
        source = source_new(provider_find("custom"), base, NULL);
        lanes_use(lanes, "local", source);
        return TRUE;
}

/* The environment's source: a base that is named, else the first key. NULL if it names none. */
static Source *environment_source(Lanes *lanes)
{
        gsize n;
        const Provider *table = provider_table(&n);

        if (lanes->environment_base)
                return source_new(provider_find("custom"), lanes->environment_base, g_hash_table_lookup(lanes->keys, "custom"));
        for (gsize i = 0; i < n; i++) {
                const char *key = g_hash_table_lookup(lanes->keys, table[i].name);
                if (key && table[i].base)
                        return source_new(&table[i], NULL, key);
        }
        return NULL;
}

static gboolean choose_environment(Lanes *lanes, GError **error)
{
        g_autoptr(Source) source = environment_source(lanes);

        if (!source) {
                g_set_error(error, LANE_ERROR, LANE_ERROR_NO_MODEL,
                            "The environment holds no key. Set CEREBRAS_API_KEY, GROQ_API_KEY, OPENAI_API_KEY, OPENROUTER_API_KEY or "
                                    "IMPROMPTU_BASE_URL.");
                return FALSE;
        }
        lanes_use(lanes, "environment", source);
        return TRUE;
}

static void recording_ready_cb(const char *base, gpointer user_data)
{
        Lanes *lanes = user_data;
        Source *source = source_new(provider_find("rehearsal"), base, NULL);

        g_clear_pointer(&lanes->source, source_unref);
        lanes->source = source;
        lanes->settling = TRUE;
        look_at(lanes, source);
}

static void recording_gone_cb(const char *message, gpointer user_data)
{
        Lanes *lanes = user_data;

        look_stop(lanes);
        lanes->settling = TRUE;
        if (!message)
                return;
        g_clear_pointer(&lanes->recording, recording_stop);
        g_clear_pointer(&lanes->source, source_unref);
        g_free(lanes->problem);
        lanes->problem = g_strdup(message);
        lanes_settle(lanes);
}

/* $IMPROMPTU_REHEARSAL_URL names a rehearsal server that runs already; it must be on this machine. */
static gboolean choose_recording(Lanes *lanes, GError **error)
{
        const char *running = g_getenv("IMPROMPTU_REHEARSAL_URL");

        if (running && g_str_has_prefix(running, "http://127.0.0.1:")) {
                g_autoptr(Source) source = source_new(provider_find("rehearsal"), running, NULL);
                lanes_use(lanes, "recording", source);
                return TRUE;
        }
        lanes_leave(lanes, "recording");
        lanes->recording = recording_start(lanes->program, lanes->folder, recording_ready_cb, recording_gone_cb, lanes, error);
        if (lanes->recording) {
                lanes_changed(lanes);
                return TRUE;
        }
        lanes->problem = g_strdup(error && *error ? (*error)->message : "The recordings cannot be played.");
        lanes_settle(lanes);
        return FALSE;
}

gboolean lanes_choose(Lanes *lanes, const char *choice, const char *base, GError **error)
{
        if (g_strcmp0(choice, "recording") == 0)
                return choose_recording(lanes, error);
        if (g_strcmp0(choice, "local") == 0)
                return choose_local(lanes, base, error);
        if (g_strcmp0(choice, "environment") == 0)
                return choose_environment(lanes, error);
        g_set_error(error, LANE_ERROR, LANE_ERROR_NO_MODEL, "Choose one of: recording, local, environment.");
        return FALSE;
}

gboolean lanes_set_key(Lanes *lanes, const char *provider_name, const char *key, GError **error)
{
        const Provider *provider = provider_find(provider_name);
        g_autoptr(Source) source = NULL;

        if (!provider || !provider->key_variable || (!provider->base && !lanes->environment_base)) {
                g_set_error(error, LANE_ERROR, LANE_ERROR_KEY, "A key can be for one of: cerebras, groq, openai, openrouter.");
                return FALSE;
        }
        if (!source_key_check(key, error))
                return FALSE;
        source = source_new(provider, provider->base ? NULL : lanes->environment_base, key);
        lanes_use(lanes, "key", source);
        return TRUE;
}

static void add_text(json_object *object, const char *name, const char *text);

json_object *lanes_keys(Lanes *lanes)
{
        json_object *keys = json_object_new_array();
        const Provider *pasted = g_strcmp0(lanes->choice, "key") == 0 && lanes->source ? lanes->source->provider : NULL;
        gsize n;
        const Provider *table = provider_table(&n);

        for (gsize i = 0; i < n; i++) {
                gboolean environment = g_hash_table_contains(lanes->keys, table[i].name);
                if (!environment && &table[i] != pasted)
                        continue;
                json_object *key = json_object_new_object();
                add_text(key, "provider", table[i].name);
                add_text(key, "title", table[i].title);
                add_text(key, "from", environment ? "environment" : "session");
                json_object_array_add(keys, key);
        }
        return keys;
}

gboolean lanes_remove_key(Lanes *lanes, const char *provider_name, GError **error)
{
        const Provider *provider = provider_find(provider_name);

        if (!provider || !provider->key_variable) {
                g_set_error(error, LANE_ERROR, LANE_ERROR_KEY, "There is no such provider of models; “impromptu key list” names those with "
                            "a key.");
                return FALSE;
        }
        if (g_hash_table_contains(lanes->keys, provider->name)) {
                g_set_error(error, LANE_ERROR, LANE_ERROR_KEY, "The key of %s comes from the environment: take %s out of it and log in "
                            "again.", provider->title, provider->key_variable);
                return FALSE;
        }
        if (g_strcmp0(lanes->choice, "key") != 0 || !lanes->source || lanes->source->provider != provider)
                return TRUE;
        lanes_leave(lanes, NULL);
        local_search(lanes);
        return TRUE;
}

/* ---- start and end ---- */

/* Keys leave the environment here, so that no child process is ever given one. */
static void take_environment(Lanes *lanes)
{
        gsize n;
        const Provider *table = provider_table(&n);
        const char *stall = g_getenv("IMPROMPTU_STALL_SECONDS"), *base = g_getenv("IMPROMPTU_BASE_URL");
        const char *model = g_getenv("IMPROMPTU_MODEL");
        g_autoptr(GError) error = NULL;

        for (gsize i = 0; i < n; i++) {
                g_autofree char *key = table[i].key_variable ? environment_take(table[i].key_variable) : NULL;
                g_autoptr(GError) bad = NULL;
                if (!key)
                        continue;
                gsize length = strlen(key);
                g_strstrip(key);
                if (source_key_check(key, &bad))
                        g_hash_table_insert(lanes->keys, g_strdup(table[i].name), keys_copy(key));
                else if (*key)
                        g_warning("%s is not used: it does not look like a key.", table[i].key_variable);
                explicit_bzero(key, length);
        }
        lanes->stall_seconds = stall ? MAX(g_ascii_strtod(stall, NULL), 0) : 0;
        lanes->environment_model = model && *model ? g_strdup(model) : NULL;
        if (base && *base && base_check(base, &error))
                lanes->environment_base = g_strdup(base);
        else if (base && *base)
                g_warning("IMPROMPTU_BASE_URL is not used: %s", error->message);
}

static void kept_key_cb(const char *provider, const char *key, gpointer user_data)
{
        Lanes *lanes = user_data;
        g_autoptr(Source) source = key && source_key_check(key, NULL) ? source_new(provider_find(provider), NULL, key) : NULL;

        g_clear_object(&lanes->search);
        if (source)
                lanes_use(lanes, "key", source);
        else
                local_search(lanes);
}

static void lanes_begin(Lanes *lanes)
{
        static const char *const keyed[] = { "cerebras", "groq", "openai", "openrouter", NULL };
        const char *wish = g_getenv("IMPROMPTU_LANE");
        g_autoptr(GError) error = NULL;

        if (wish && *wish) {
                if (!lanes_choose(lanes, wish, NULL, &error)) {
                        g_free(lanes->problem);
                        lanes->problem = g_strdup(error->message);
                }
        } else if (!choose_environment(lanes, NULL)) {
                lanes->settling = TRUE;
                lanes->search = g_cancellable_new();
                keys_find(keyed, lanes->search, kept_key_cb, lanes);
        }
}

Lanes *lanes_new(const char *rehearsal_program, const char *rehearsal_folder)
{
        Lanes *lanes = g_new0(Lanes, 1);
        g_autofree char *data = g_path_get_dirname(rehearsal_folder), *wishes = g_build_filename(data, "lanes.json", NULL);

        lanes->program = g_strdup(rehearsal_program);
        lanes->folder = g_strdup(rehearsal_folder);
        lanes->wanted = json_object_from_file(wishes);
        if (!lanes->wanted)
                g_message("%s cannot be read; each server's first model is used.", wishes);
        lanes->transport = transport_new();
        lanes->keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)keys_free);
        lanes->look_body = g_string_new(NULL);
        lanes->calls = g_ptr_array_new();
        lanes->waiting = g_ptr_array_new();
        take_environment(lanes);
        lanes_begin(lanes);
        return lanes;
}

void lanes_free(Lanes *lanes)
{
        if (!lanes)
                return;
        lanes->change = NULL;
        while (lanes->calls->len > 0)
                lane_call_abandon(g_ptr_array_index(lanes->calls, 0));
        lanes_leave(lanes, NULL);
        g_clear_pointer(&lanes->local_found, source_unref);
        transport_free(lanes->transport);
        g_ptr_array_unref(lanes->calls);
        g_ptr_array_unref(lanes->waiting);
        g_string_free(lanes->look_body, TRUE);
        g_hash_table_unref(lanes->keys);
        json_object_put(lanes->wanted);
        g_free(lanes->environment_base);
        g_free(lanes->environment_model);
        g_free(lanes->choice);
        g_free(lanes->problem);
        g_free(lanes->program);
        g_free(lanes->folder);
        g_free(lanes);
}

/* ---- calls ---- */

/* What is known against a source changes with what it last did. */
static void call_ended_cb(LaneCall *call, Source *source, const GError *error, gpointer owner)
{
        Lanes *lanes = owner;
        gboolean bad = error && (error->code == LANE_ERROR_KEY || error->code == LANE_ERROR_UNREACHABLE || error->code == LANE_ERROR_LIMIT);

        g_ptr_array_remove_fast(lanes->calls, call);
        g_ptr_array_remove_fast(lanes->waiting, call);
        if (!source || source != lanes->source || (error && !bad) || g_strcmp0(source->problem, error ? error->message : NULL) == 0)
                return;
        g_free(source->problem);
        source->problem = error ? g_strdup(error->message) : NULL;
        lanes_changed(lanes);
}

LaneCall *lanes_call(Lanes *lanes, const LaneRequest *request, LaneTextFunc text, LaneDoneFunc done, gpointer user_data)
{
        LaneCallback callback = { .text = text, .done = done, .user_data = user_data, .ended = call_ended_cb, .owner = lanes,
                                  .stall_seconds = lanes->stall_seconds };
        LaneCall *call = lane_call_new(lanes->transport, request, &callback);

        g_ptr_array_add(lanes->calls, call);
        if (!lanes->settling && lanes->source && source_models(lanes->source, request->lane)->len == 0) {
                /* It had no models when it was looked at: perhaps it has been started since. */
                lanes->settling = TRUE;
                look_at(lanes, lanes->source);
        }
        if (lanes->settling)
                g_ptr_array_add(lanes->waiting, call);
        else if (lanes->source)
                lane_call_start(call, lanes->source);
        else
                lane_call_fail(call, no_model(lanes));
        return call;
}

/* ---- what can be said about it ---- */

gboolean lanes_ready(Lanes *lanes)
{
        if (!lanes->source)
                return lanes->recording != NULL;
        return !lanes->source->problem || source_models(lanes->source, "fast")->len > 0;
}

static void add_text(json_object *object, const char *name, const char *text)
{
        if (text)
                json_object_object_add(object, name, json_object_new_string(text));
}

static json_object *describe_lane(Lanes *lanes, guint lane)
{
        Source *source = lanes->source;
        json_object *object = json_object_new_object();
        const LaneModel *model = source->models[lane]->len > 0 ? g_ptr_array_index(source->models[lane], 0) : NULL;

        add_text(object, "lane", source_lanes[lane]);
        add_text(object, "provider", source->title);
        add_text(object, "model", model ? model->label : "");
        add_text(object, "problem", source->problem);
        if (source->provider->rehearsal) {
                add_text(object, "recording", source->recording ? source->recording : lanes->settling ? "made before" : NULL);
                if (source->pace >= 0)
                        json_object_object_add(object, "pace", json_object_new_int64(source->pace));
        }
        return object;
}

static void add_choice(json_object *choices, const char *choice, const char *title, const char *detail)
{
        json_object *object = json_object_new_object();

        add_text(object, "choice", choice);
        add_text(object, "title", title);
        add_text(object, "detail", detail);
        json_object_array_add(choices, object);
}

static json_object *describe_choices(Lanes *lanes)
{
        json_object *choices = json_object_new_array();
        g_autoptr(Source) environment = environment_source(lanes);
        g_autofree char *local = NULL;

        if (environment) {
                g_autofree char *detail = g_strdup_printf("%s, as the environment says.", environment->title);
                add_choice(choices, "environment", "Use the environment's key", detail);
        }
        add_choice(choices, "key", "Paste a key", "For Cerebras, Groq, OpenAI or OpenRouter. Your secret service keeps it; without one, "
                   "only this session.");
        if (lanes->local_found)
                local = g_strdup_printf("%s answers.", lanes->local_found->title);
        add_choice(choices, "local", "Use a model here", local ? local : "llama.cpp on port 8080 or Ollama on port 11434, once it runs.");
        add_choice(choices, "recording", "Watch a recording", "No model is asked: answers that were made before are played.");
        return choices;
}

json_object *lanes_describe(Lanes *lanes)
{
        json_object *object = json_object_new_object(), *list = json_object_new_array();

        for (guint i = 0; lanes->source && i < SOURCE_LANES; i++)
                json_object_array_add(list, describe_lane(lanes, i));
        json_object_object_add(object, "lanes", list);
        json_object_object_add(object, "choices", describe_choices(lanes));
        add_text(object, "problem", lanes->source ? lanes->source->problem : lanes->problem);
        return object;
}

void lanes_on_change(Lanes *lanes, void (*func)(gpointer), gpointer user_data)
{
        lanes->change = func;
        lanes->change_data = user_data;
}

gboolean lanes_knows_sentence(Lanes *lanes, const char *sentence)
{
        g_autofree char *folded = sentence_fold(sentence);

        if (!lanes->source)
                return FALSE;
        if (!lanes->source->provider->rehearsal)
                return TRUE;
        for (gsize i = 0; lanes->source->sentences && lanes->source->sentences[i]; i++) {
                g_autofree char *known = sentence_fold(lanes->source->sentences[i]);
                if (strcmp(known, folded) == 0)
                        return TRUE;
        }
        return FALSE;
}

const char *lanes_sentence_changes(Lanes *lanes, const char *sentence)
{
        json_object *app = NULL;

        if (!lanes->source || !json_object_object_get_ex(lanes->source->changes, sentence, &app))
                return NULL;
        return json_object_get_string(app);
}

const char *const *lanes_sentences(Lanes *lanes)
{
        static const char *const none[] = { NULL };

        return lanes->source && lanes->source->sentences ? (const char *const *)lanes->source->sentences : none;
}
