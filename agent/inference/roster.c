/* A choice is what a person picked: recordings, a server here, or whatever their keys open. It makes the list of sources; each is looked at
 * (GET its models), which warms its connection too. Calls wait until the first source in order that has anything to ask is known.
 *
 * Sources that were used before are kept in `known`, with what was learnt of them: the fields they refuse, their limits. */
#include "roster.h"

#include <string.h>

#include "agent/inference/entries.h"
#include "agent/inference/failure.h"
#include "agent/inference/keyring.h"
#include "agent/inference/recording.h"
#include "protocols/text.h"

#define LANE_MODEL_SHOWN 80 /* characters of a model's name in a sentence */
#define KNOWN_MAX 64 /* sources that are remembered after others were chosen */

typedef struct {
        Roster *roster;
        Source *source;
        TransportRequest *request;
        GString *body;
} Look;

struct Roster {
        Transport *transport;
        RosterSpec spec;          /* owns its strings */
        Wishes *wishes;
        char *wishes_problem;     /* why a person's file is not used; NULL */
        gboolean unreadable;      /* it could not be read since the start: nobody knows whom they want to be asked */
        GFileMonitor *monitor;    /* of a person's file */
        Keyring *keyring;
        char *environment_base, *environment_model;
        WireDialect environment_dialect;
        gboolean environment_dialect_set;
        GPtrArray *sources;       /* in use, in order; owned references */
        GHashTable *known;        /* "NAME BASE" to Source */
        char *choice;             /* "recording", "local", "environment", "key"; NULL: nothing yet */
        char *first;              /* the provider whose key was pasted last; NULL */
        char *problem;            /* why there is no source, where one was chosen */
        gboolean searches;        /* kept keys are of interest: IMPROMPTU_LANE did not say otherwise */
        gboolean searching;       /* kept keys or local servers are being looked for and nothing is chosen */
        Recording *recording;
        gboolean starting;        /* the rehearsal is */
        GPtrArray *looks;         /* of Look, owned */
        Source *local_found;      /* a server on this machine that would answer */
};

static void roster_changed(Roster *roster)
{
        roster->spec.changed(roster->spec.user_data);
}

/* ---- looking at a source ---- */

static void look_free(gpointer data)
{
        Look *look = data;

        if (look->request)
                transport_cancel(look->request);
        source_unref(look->source);
        g_string_free(look->body, TRUE);
        g_free(look);
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

static EntriesSpec entries_spec(Roster *roster)
{
        return (EntriesSpec) { roster->wishes, roster->sources, roster->first, roster->environment_model,
                               roster->environment_dialect_set ? &roster->environment_dialect : NULL };
}

/* Reads the answer into the source. NULL if it is of use, else why not. */
static char *look_read(Look *look, const TransportOutcome *outcome)
{
        Source *source = look->source;
        json_object *body = outcome->status == 200 ? json_tokener_parse(look->body->str) : NULL;
        EntriesSpec spec = entries_spec(look->roster);
        g_autoptr(GPtrArray) entries = NULL;
        char *problem = NULL;

        if (outcome->end != TRANSPORT_WHOLE || (outcome->status != 200 && outcome->status != 404)) {
                g_autoptr(Failure) failure = failure_of_http(source, look->request, outcome, look->body, LANE_RETRIES_MAX + 1);
                problem = g_strdup(failure->error->message);
                source_take_models(source, NULL);
        } else if (outcome->status == 404) {
                source_take_models(source, NULL); /* it has no such list; the wishes stand as they are */
        } else if (!source_take_models(source, body)) {
                problem = g_strdup_printf("%s answers, but not like a model server.", source->title);
        } else if (source->provider->rehearsal) {
                take_rehearsal(source, look->request, body);
        }
        entries = entries_of_source(&spec, source, source_lanes[0]);
        if (!problem && entries->len == 0)
                problem = g_strdup_printf("%s has no model.", source->title);
        json_object_put(body);
        return problem;
}

static void look_data_cb(TransportRequest *request, const char *bytes, gsize length, gpointer user_data)
{
        Look *look = user_data;

        g_string_append_len(look->body, bytes, MIN(length, ROSTER_LOOK_BODY_MAX - look->body->len));
}

/* A server here was asked for, or, since nothing is chosen, whatever there is. */
static gboolean wants_local(const Roster *roster)
{
        return !roster->choice || g_strcmp0(roster->choice, "local") == 0;
}

/* Of the servers of this machine that were looked for, only those that answer stay; where nothing was chosen yet they are. */
static void locals_sift(Roster *roster)
{
        for (guint i = 0; i < roster->sources->len; i++) {
                if (!((Source *)g_ptr_array_index(roster->sources, i))->looked)
                        return;
        }
        for (guint i = roster->sources->len; wants_local(roster) && i > 0; i--) {
                Source *source = g_ptr_array_index(roster->sources, i - 1);
                if (source->problem && source->provider->local)
                        g_ptr_array_remove_index(roster->sources, i - 1);
        }
        if (!roster->choice && roster->sources->len > 0)
                roster->choice = g_strdup("local");
}

static void look_done_cb(TransportRequest *request, const TransportOutcome *outcome, gpointer user_data)
{
        Look *look = user_data;
        Roster *roster = look->roster;
        g_autoptr(Source) source = source_ref(look->source);
        char *problem = look_read(look, outcome);

        look->request = NULL;
        g_free(source->problem);
        source->problem = problem;
        source->looked = TRUE;
        g_ptr_array_remove_fast(roster->looks, look);
        if (source->provider->local && !problem && !roster->local_found)
                roster->local_found = source_ref(source);
        locals_sift(roster);
        roster_changed(roster);
}

static void look_at(Roster *roster, Source *source)
{
        g_autofree char *url = source_models_url(source);
        EntriesSpec entries = entries_spec(roster);
        g_auto(GStrv) headers = source_headers(source, NULL, entries_dialect(&entries, source));
        Look *look = g_new0(Look, 1);
        TransportSpec spec = { .url = url, .headers = (const char *const *)headers, .first_byte_seconds = ROSTER_LOOK_SECONDS,
                               .stall_seconds = ROSTER_LOOK_SECONDS, .total_seconds = ROSTER_LOOK_SECONDS, .direct = source->here,
                               .ca_file = source->provider->ca_file };

        source->looked = FALSE;
        look->roster = roster;
        look->source = source_ref(source);
        look->body = g_string_new(NULL);
        g_ptr_array_add(roster->looks, look);
        look->request = transport_start(roster->transport, &spec, look_data_cb, look_done_cb, look);
}

/* ---- the list of sources ---- */

/* The source of a provider at this address, as it is known if its key is the same. */
static Source *source_get(Roster *roster, const Provider *provider, const char *base)
{
        const char *key = keyring_get(roster->keyring, provider);
        g_autofree char *name = g_strconcat(provider->name, " ", base ? base : provider->base, NULL);
        Source *source = g_hash_table_lookup(roster->known, name);

        if (source && provider_equal(source->provider, provider) && g_strcmp0(source->key, key) == 0)
                return source;
        if (g_hash_table_size(roster->known) >= KNOWN_MAX)
                g_hash_table_remove_all(roster->known);
        source = source_new(provider, base, key);
        g_hash_table_replace(roster->known, g_steal_pointer(&name), source);
        return source;
}

static void use(Roster *roster, Source *source)
{
        g_ptr_array_add(roster->sources, source_ref(source));
        look_at(roster, source);
}

/* Forgets what was chosen, so that something else can be. */
static void leave(Roster *roster, const char *choice)
{
        char *chosen = g_strdup(choice);

        g_ptr_array_set_size(roster->looks, 0);
        g_ptr_array_set_size(roster->sources, 0);
        g_clear_pointer(&roster->recording, recording_stop);
        g_clear_pointer(&roster->problem, g_free);
        g_free(roster->choice);
        roster->choice = chosen;
        roster->searching = roster->starting = FALSE;
}

static const Provider *custom(Roster *roster)
{
        return providers_find(wishes_providers(roster->wishes), "custom");
}

/* A key opens it, or a person names it and it needs none. */
static gboolean is_open(Roster *roster, const Provider *provider)
{
        gboolean keyed = keyring_get(roster->keyring, provider) != NULL;

        if (!provider->base)
                return FALSE;
        if (wishes_name(roster->wishes, provider->name))
                return keyed || !provider->keys[0];
        return keyed && !provider->rehearsal && !providers_second_way(wishes_providers(roster->wishes), provider);
}

static gboolean any_open(Roster *roster)
{
        const Provider *provider;

        for (guint i = 0; (provider = providers_at(wishes_providers(roster->wishes), i)); i++) {
                if (is_open(roster, provider))
                        return TRUE;
        }
        return roster->environment_base && custom(roster);
}

/* All that keys open, and what a person names besides. FALSE if that is nothing. */
static gboolean use_keyed(Roster *roster)
{
        const Provider *provider;

        if (roster->environment_base && custom(roster))
                use(roster, source_get(roster, custom(roster), roster->environment_base));
        for (guint i = 0; (provider = providers_at(wishes_providers(roster->wishes), i)); i++) {
                if (is_open(roster, provider))
                        use(roster, source_get(roster, provider, NULL));
        }
        return roster->sources->len > 0;
}

/* The same list again after something about keys or wishes changed; where nothing was chosen yet, what they open now is. */
static void refresh(Roster *roster)
{
        g_autofree char *choice = g_strdup(roster->choice ? roster->choice : "environment");

        if ((g_strcmp0(choice, "environment") != 0 && g_strcmp0(choice, "key") != 0) || (!roster->choice && !any_open(roster)))
                return;
        leave(roster, choice);
        if (!use_keyed(roster))
                g_clear_pointer(&roster->choice, g_free);
        roster_changed(roster);
}

/* ---- choosing ---- */

static void use_locals(Roster *roster)
{
        const Provider *provider;

        for (guint i = 0; (provider = providers_at(wishes_providers(roster->wishes), i)); i++) {
                if (provider->local && provider->base)
                        use(roster, source_get(roster, provider, NULL));
        }
}

static gboolean base_check(const char *base, GError **error)
{
        if (provider_base_is_good(base))
                return TRUE;
        g_set_error(error, LANE_ERROR, LANE_ERROR_NO_MODEL, "This is not the address of a model server; it looks like "
                    "http://127.0.0.1:8080/v1.");
        return FALSE;
}

static gboolean choose_local(Roster *roster, const char *base, GError **error)
{
        gboolean given = base && *base;

        if (given && !base_check(base, error))
                return FALSE;
        leave(roster, "local");
        if (given)
                use(roster, source_get(roster, custom(roster), base));
        else
                use_locals(roster);
        roster_changed(roster);
        return TRUE;
}

static gboolean choose_keyed(Roster *roster, const char *choice, GError **error)
{
        g_autofree char *titles = keyring_titles(roster->keyring, wishes_providers(roster->wishes)), *known = NULL;

        if (roster->unreadable) {
                g_set_error(error, LANE_ERROR, LANE_ERROR_NO_MODEL, "Nobody is asked, since your file of lanes cannot be read: %s Mend it, or take it "
                            "away.", roster->wishes_problem);
                return FALSE;
        }
        if (!roster->environment_base && !titles && !wishes_lane(roster->wishes, "fast") &&
            !wishes_lane(roster->wishes, "deep")) {
                known = keyring_variables(wishes_providers(roster->wishes));
                g_set_error(error, LANE_ERROR, LANE_ERROR_NO_MODEL, "The environment holds no key. Set %s or IMPROMPTU_BASE_URL.", known);
                return FALSE;
        }
        leave(roster, choice);
        if (!use_keyed(roster))
                roster->problem = g_strdup("None of the providers in your lanes has a key. “impromptu lanes check” tells which are needed.");
        roster_changed(roster);
        return TRUE;
}

/* A rehearsal plays each dialect at an address of its own. */
static Source *rehearsal_source(Roster *roster, const char *base)
{
        const Provider *provider = providers_find(wishes_providers(roster->wishes), "rehearsal");
        g_autofree char *address = NULL;
        Source *source;

        if (roster->environment_dialect_set && (roster->environment_dialect == WIRE_GROQ || roster->environment_dialect == WIRE_DIFFUSING)) {
                gsize length = strlen(base) - (g_str_has_suffix(base, "/v1") ? strlen("/v1") : 0);
                address = g_strdup_printf("%.*s/%s/v1", (int)length, base, wire_dialect_name(roster->environment_dialect));
        }
        source = source_new(provider, address ? address : base, NULL);
        return source;
}

static void recording_ready_cb(const char *base, gpointer user_data)
{
        Roster *roster = user_data;
        g_autoptr(Source) source = rehearsal_source(roster, base);

        roster->starting = FALSE;
        g_ptr_array_set_size(roster->looks, 0);
        g_ptr_array_set_size(roster->sources, 0);
        use(roster, source);
}

static void recording_gone_cb(const char *message, gpointer user_data)
{
        Roster *roster = user_data;

        g_ptr_array_set_size(roster->looks, 0);
        roster->starting = TRUE;
        if (!message)
                return;
        roster->starting = FALSE;
        g_clear_pointer(&roster->recording, recording_stop);
        g_ptr_array_set_size(roster->sources, 0);
        g_free(roster->problem);
        roster->problem = g_strdup(message);
        roster_changed(roster);
}

/* $IMPROMPTU_REHEARSAL_URL names a rehearsal server that runs already; it must be on this machine. */
static gboolean choose_recording(Roster *roster, GError **error)
{
        const char *running = g_getenv("IMPROMPTU_REHEARSAL_URL");
        g_autoptr(GError) failed = NULL;

        leave(roster, "recording");
        if (running && g_str_has_prefix(running, "http://127.0.0.1:")) {
                g_autoptr(Source) source = rehearsal_source(roster, running);
                use(roster, source);
                roster_changed(roster);
                return TRUE;
        }
        roster->recording = recording_start(roster->spec.program, roster->spec.folder, recording_ready_cb, recording_gone_cb, roster, &failed);
        roster->starting = roster->recording != NULL;
        if (failed)
                roster->problem = g_strdup(failed->message);
        roster_changed(roster);
        if (failed)
                g_propagate_error(error, g_steal_pointer(&failed));
        return roster->recording != NULL;
}

gboolean roster_choose(Roster *roster, const char *choice, const char *base, GError **error)
{
        if (g_strcmp0(choice, "recording") == 0)
                return choose_recording(roster, error);
        if (g_strcmp0(choice, "local") == 0)
                return choose_local(roster, base, error);
        if (g_strcmp0(choice, "environment") == 0)
                return choose_keyed(roster, "environment", error);
        g_set_error(error, LANE_ERROR, LANE_ERROR_NO_MODEL, "Choose one of: recording, local, environment.");
        return FALSE;
}

/* ---- keys ---- */

gboolean roster_set_key(Roster *roster, const char *name, const char *key, GError **error)
{
        const Provider *provider = providers_find(wishes_providers(roster->wishes), name);

        if (!provider || !provider->keys[0] || (!provider->base && !roster->environment_base)) {
                g_autofree char *names = keyring_names(wishes_providers(roster->wishes));
                g_set_error(error, LANE_ERROR, LANE_ERROR_KEY, "A key can be for one of: %s.", names);
                return FALSE;
        }
        if (!keyring_set(roster->keyring, provider, key, error))
                return FALSE;
        g_free(roster->first);
        roster->first = g_strdup(provider->name);
        return choose_keyed(roster, "key", error);
}

gboolean roster_remove_key(Roster *roster, const char *name, GError **error)
{
        const Provider *provider = providers_find(wishes_providers(roster->wishes), name);

        if (!provider || !provider->keys[0]) {
                g_set_error(error, LANE_ERROR, LANE_ERROR_KEY, "There is no such provider of models; “impromptu key list” names those with a "
                            "key.");
                return FALSE;
        }
        if (!keyring_remove(roster->keyring, provider, error))
                return FALSE;
        refresh(roster);
        return TRUE;
}

json_object *roster_keys(Roster *roster)
{
        return keyring_describe(roster->keyring, wishes_providers(roster->wishes));
}

/* All keys that are kept have been read. */
static void kept_cb(gboolean found, gpointer user_data)
{
        Roster *roster = user_data;

        if (roster->searching) {
                leave(roster, found ? "key" : NULL);
                if (found)
                        use_keyed(roster);
                else
                        use_locals(roster);
                roster_changed(roster);
        } else if (found) {
                refresh(roster);
        }
}

/* ---- start and end ---- */

static void take_environment(Roster *roster)
{
        const char *base = g_getenv("IMPROMPTU_BASE_URL"), *model = g_getenv("IMPROMPTU_MODEL"), *dialect = g_getenv("IMPROMPTU_DIALECT");
        g_autoptr(GError) error = NULL;

        keyring_take_environment(roster->keyring, wishes_providers(roster->wishes));
        roster->environment_model = model && *model ? g_strdup(model) : NULL;
        roster->environment_dialect_set = dialect && *dialect && wire_dialect_find(dialect, &roster->environment_dialect);
        if (dialect && *dialect && !roster->environment_dialect_set)
                g_warning("IMPROMPTU_DIALECT is not used: there is no dialect “%s”.", dialect);
        if (base && *base && base_check(base, &error))
                roster->environment_base = g_strdup(base);
        else if (base && *base)
                g_warning("IMPROMPTU_BASE_URL is not used: %s", error->message);
}

/* The data and a person's file. One of theirs that cannot be used is told, and what was read before stays: what they had excluded must not be
 * asked because of a slip. */
static void read_wishes(Roster *roster)
{
        g_autofree char *file = wishes_file();
        g_autoptr(GError) error = NULL, bad = NULL;
        Wishes *wishes = wishes_new(roster->spec.providers, roster->spec.lanes, &bad);

        if (!wishes)
                g_error("Impromptu is not installed whole: %s", bad->message);
        if (!wishes_read(wishes, file, &error)) {
                g_free(roster->wishes_problem);
                roster->wishes_problem = g_strdup(error->message);
                g_warning("Your lanes are not used: %s", error->message);
                wishes_free(wishes);
                if (roster->wishes)
                        return;
                roster->unreadable = TRUE;
                wishes = wishes_new(roster->spec.providers, roster->spec.lanes, NULL);
        } else {
                g_clear_pointer(&roster->wishes_problem, g_free);
                roster->unreadable = FALSE;
        }
        keyring_search_stop(roster->keyring);
        wishes_free(roster->wishes);
        roster->wishes = wishes;
}

static void file_changed_cb(GFileMonitor *monitor, GFile *file, GFile *other, GFileMonitorEvent event, gpointer user_data)
{
        Roster *roster = user_data;

        if (event != G_FILE_MONITOR_EVENT_CHANGES_DONE_HINT && event != G_FILE_MONITOR_EVENT_DELETED && event != G_FILE_MONITOR_EVENT_RENAMED &&
            event != G_FILE_MONITOR_EVENT_MOVED_IN)
                return;
        read_wishes(roster);
        if (!roster->unreadable && !roster->choice)
                g_clear_pointer(&roster->problem, g_free);
        keyring_take_environment(roster->keyring, wishes_providers(roster->wishes));
        refresh(roster);
        if (roster->searches) /* what was found so far is known; what is new in the file may have a key too */
                keyring_search(roster->keyring, wishes_providers(roster->wishes), kept_cb, roster);
        roster_changed(roster);
}

static void watch_file(Roster *roster)
{
        g_autofree char *path = wishes_file();
        g_autoptr(GFile) file = g_file_new_for_path(path);

        roster->monitor = g_file_monitor_file(file, G_FILE_MONITOR_WATCH_MOVES, NULL, NULL);
        if (roster->monitor)
                g_signal_connect(roster->monitor, "changed", G_CALLBACK(file_changed_cb), roster);
}

Roster *roster_new(Transport *transport, const RosterSpec *spec)
{
        Roster *roster = g_new0(Roster, 1);

        roster->transport = transport;
        roster->spec = (RosterSpec) { g_strdup(spec->program), g_strdup(spec->folder), g_strdup(spec->providers), g_strdup(spec->lanes),
                                      spec->changed, spec->user_data };
        roster->sources = g_ptr_array_new_with_free_func((GDestroyNotify)source_unref);
        roster->known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)source_unref);
        roster->looks = g_ptr_array_new_with_free_func(look_free);
        roster->keyring = keyring_new();
        read_wishes(roster);
        take_environment(roster);
        return roster;
}

void roster_begin(Roster *roster)
{
        const char *wish = g_getenv("IMPROMPTU_LANE");
        g_autoptr(GError) error = NULL;

        watch_file(roster);
        if (wish && *wish) {
                if (!roster_choose(roster, wish, NULL, &error) && !roster->problem)
                        roster->problem = g_strdup(error->message);
                if (g_strcmp0(wish, "environment") != 0)
                        return;
        } else if (!choose_keyed(roster, "environment", &error)) {
                roster->searching = !roster->unreadable;
                if (roster->unreadable)
                        roster->problem = g_strdup(error->message);
        }
        roster->searches = TRUE;
        keyring_search(roster->keyring, wishes_providers(roster->wishes), kept_cb, roster);
}

void roster_free(Roster *roster)
{
        if (!roster)
                return;
        leave(roster, NULL);
        g_clear_object(&roster->monitor);
        g_ptr_array_unref(roster->looks);
        g_ptr_array_unref(roster->sources);
        g_hash_table_unref(roster->known);
        source_unref(roster->local_found);
        keyring_free(roster->keyring);
        wishes_free(roster->wishes);
        g_free(roster->wishes_problem);
        g_free(roster->environment_base);
        g_free(roster->environment_model);
        g_free(roster->first);
        g_free(roster->problem);
        g_free((char *)roster->spec.program);
        g_free((char *)roster->spec.folder);
        g_free((char *)roster->spec.providers);
        g_free((char *)roster->spec.lanes);
        g_free(roster);
}

/* ---- what is known ---- */

gboolean roster_settled(Roster *roster, const char *lane)
{
        EntriesSpec spec = entries_spec(roster);

        return !roster->searching && !roster->starting && entries_settled(&spec, lane);
}

GPtrArray *roster_entries(Roster *roster, const char *lane)
{
        EntriesSpec spec = entries_spec(roster);

        return entries_of(&spec, lane);
}

static void look_at_cb(gpointer source, gpointer roster)
{
        look_at(roster, source);
}

gboolean roster_look_again(Roster *roster)
{
        if (roster->looks->len > 0)
                return TRUE;
        if (wants_local(roster) && roster->sources->len == 0)
                use_locals(roster);
        else
                g_ptr_array_foreach(roster->sources, look_at_cb, roster);
        return roster->looks->len > 0;
}

void roster_warm(Roster *roster)
{
        for (guint i = 0; i < SOURCE_LANES; i++) {
                g_autoptr(GPtrArray) entries = roster_entries(roster, source_lanes[i]);
                LaneEntry *entry = entries->len > 0 ? g_ptr_array_index(entries, 0) : NULL;
                g_autofree char *url = entry && !entry->source->here ? source_warm_url(entry->source) : NULL;
                g_auto(GStrv) headers = url ? source_headers(entry->source, NULL, entry->model->dialect) : NULL;
                if (url)
                        transport_warm(roster->transport, url, (const char *const *)headers, entry->source->provider->ca_file,
                                       entry->source->here);
        }
}

const char *roster_problem(Roster *roster)
{
        for (guint i = 0; i < roster->sources->len; i++) {
                Source *source = g_ptr_array_index(roster->sources, i);
                if (source->problem)
                        return source->problem;
        }
        if (roster->problem)
                return roster->problem;
        if (g_strcmp0(roster->choice, "local") == 0)
                return "No model server answers on this machine. Start llama.cpp on port 8080, vLLM on port 8000 or Ollama on port 11434.";
        if (roster->sources->len > 0)
                return "None of the models in this lane is there; choose another.";
        return "No model is chosen. Paste a key, use a model here, or watch a recording.";
}

gboolean roster_ready(Roster *roster)
{
        g_autoptr(GPtrArray) entries = roster_entries(roster, source_lanes[0]);

        return entries->len > 0 || roster->starting || roster->looks->len > 0;
}

gboolean roster_has_source(Roster *roster)
{
        return roster->sources->len > 0;
}

Source *roster_rehearsal(Roster *roster)
{
        Source *source = roster->sources->len > 0 ? g_ptr_array_index(roster->sources, 0) : NULL;

        return source && source->provider->rehearsal ? source : NULL;
}

const Wishes *roster_wishes(Roster *roster)
{
        return roster->wishes;
}

/* ---- what is told ---- */

static void add_text(json_object *object, const char *name, const char *text)
{
        if (text)
                json_object_object_add(object, name, json_object_new_string(text));
}

static json_object *describe_entries(GPtrArray *entries)
{
        json_object *list = json_object_new_array();

        for (guint i = 0; i < entries->len; i++) {
                LaneEntry *entry = g_ptr_array_index(entries, i);
                json_object *object = json_object_new_object();
                add_text(object, "provider", entry->source->title);
                add_text(object, "model", entry->model->label);
                add_text(object, "problem", entry->source->problem);
                json_object_array_add(list, object);
        }
        return list;
}

/* Why a wish of a person's own came to no entry; NULL: it did, or it is not known yet. Free it. */
static char *lacking(Roster *roster, GPtrArray *entries, const Wish *wish)
{
        const Provider *provider = providers_find(wishes_providers(roster->wishes), wish->provider);
        g_autofree char *model = wish->model ? text_plain(wish->model, LANE_MODEL_SHOWN) : NULL;
        Source *source = NULL;

        for (guint i = 0; i < roster->sources->len && !source; i++) {
                Source *one = g_ptr_array_index(roster->sources, i);
                source = strcmp(one->provider->name, wish->provider) == 0 ? one : NULL;
        }
        if (!source && (!provider->keys[0] || keyring_get(roster->keyring, provider)))
                return NULL; /* something else was chosen */
        if (!source)
                return g_strdup_printf("%s has no key.", provider->title);
        if (!source->looked || source->problem) /* which its own entries tell, as far as there are any */
                return source->looked && entries->len == 0 ? g_strdup(source->problem) : NULL;
        if (model && g_hash_table_contains(source->lacking, wish->model))
                return g_strdup_printf("%s no longer has the model “%s”.", source->title, model);
        if (model && source_serves(source, wish->model))
                return NULL;
        if (model)
                return g_strdup_printf("%s does not list the model “%s”.", source->title, model);
        for (guint i = 0; i < entries->len; i++) {
                if (((LaneEntry *)g_ptr_array_index(entries, i))->source == source)
                        return NULL;
        }
        return entries->len < WISHES_ENTRIES_MAX ? g_strdup_printf("%s lists no model; write which one.", source->title) : NULL;
}

/* What a person wrote and nobody can be asked for stands behind the entries, with the reason. */
static void describe_lacking(Roster *roster, const char *lane, GPtrArray *entries, json_object *list)
{
        GPtrArray *own = wishes_lane(roster->wishes, lane);

        for (guint i = 0; own && i < own->len; i++) {
                const Wish *wish = g_ptr_array_index(own, i);
                g_autofree char *problem = lacking(roster, entries, wish);
                json_object *object = problem ? json_object_new_object() : NULL;
                if (!problem)
                        continue;
                add_text(object, "provider", providers_find(wishes_providers(roster->wishes), wish->provider)->title);
                add_text(object, "model", wish->model ? wish->model : "");
                add_text(object, "problem", problem);
                json_object_array_add(list, object);
        }
}

/* The one that would be asked: the first that nothing is known against. */
static LaneEntry *likely(GPtrArray *entries)
{
        for (guint i = 0; i < entries->len; i++) {
                LaneEntry *entry = g_ptr_array_index(entries, i);
                if (!entry->source->problem)
                        return entry;
        }
        return entries->len > 0 ? g_ptr_array_index(entries, 0) : NULL;
}

static json_object *describe_lane(Roster *roster, const char *lane)
{
        g_autoptr(GPtrArray) entries = roster_entries(roster, lane);
        LaneEntry *entry = likely(entries);
        Source *source = entry ? entry->source : g_ptr_array_index(roster->sources, 0);
        json_object *object = json_object_new_object(), *list = describe_entries(entries);

        add_text(object, "lane", lane);
        add_text(object, "provider", source->title);
        add_text(object, "model", entry ? entry->model->label : "");
        add_text(object, "problem", source->problem);
        if (source->provider->rehearsal) {
                add_text(object, "recording", source->recording ? source->recording : source->looked ? NULL : "made before");
                if (source->pace >= 0)
                        json_object_object_add(object, "pace", json_object_new_int64(source->pace));
        }
        describe_lacking(roster, lane, entries, list);
        json_object_object_add(object, "entries", list);
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

static json_object *describe_choices(Roster *roster)
{
        json_object *choices = json_object_new_array();
        g_autofree char *keyed = keyring_titles(roster->keyring, wishes_providers(roster->wishes));
        g_autofree char *environment = NULL, *local = NULL;

        if (roster->environment_base)
                environment = g_strdup_printf("%s, as the environment says.", roster->environment_base);
        else if (keyed)
                environment = g_strdup_printf("%s, in this order as far as each answers.", keyed);
        if (environment)
                add_choice(choices, "environment", "Use the keys that are there", environment);
        add_choice(choices, "key", "Paste a key", "For Cerebras, Groq, OpenAI, Anthropic or another. Your secret service keeps it; without one, "
                   "only this session.");
        if (roster->local_found)
                local = g_strdup_printf("%s answers.", roster->local_found->title);
        add_choice(choices, "local", "Use a model here", local ? local : "llama.cpp on port 8080 or Ollama on port 11434, once it runs.");
        add_choice(choices, "recording", "Watch a recording", "No model is asked: answers that were made before are played.");
        return choices;
}

json_object *roster_describe(Roster *roster)
{
        json_object *object = json_object_new_object(), *list = json_object_new_array();
        g_autoptr(GPtrArray) entries = roster_entries(roster, source_lanes[0]);
        LaneEntry *entry = likely(entries);

        for (guint i = 0; roster->sources->len > 0 && i < SOURCE_LANES; i++)
                json_object_array_add(list, describe_lane(roster, source_lanes[i]));
        json_object_object_add(object, "lanes", list);
        json_object_object_add(object, "choices", describe_choices(roster));
        if (!entry || entry->source->problem)
                add_text(object, "problem", roster->choice || roster->problem ? roster_problem(roster) : NULL);
        add_text(object, "file_problem", roster->wishes_problem);
        return object;
}
