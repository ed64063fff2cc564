/* Two files of ours and one of a person's. Theirs may hold comments, as lanes.example.json does, and is checked field by field, because what
 * is silently not understood there would send a person's words to another model than they think. */
#include "wishes.h"

#include <string.h>

#define RANK_LAST 1000
#define BYTE_ORDER_MARK "\xEF\xBB\xBF" /* some editors write one */
#define STALL_MIN 1.0
#define STALL_MAX 600.0

struct Wishes {
        Providers *providers;
        json_object *data;     /* data/lanes.json */
        json_object *own;      /* the person's; NULL: none */
        GHashTable *lanes;     /* lane to GPtrArray of Wish, as the person wrote them */
        GHashTable *models;    /* "PROVIDER LANE" to GPtrArray of Wish, from the data */
        gboolean hedge;
        double stall;
        RepairOrder repairs;   /* the person's, where own has them */
        guint drafts;          /* likewise */
        guint beforehand;      /* likewise */
        gboolean from_sentence; /* likewise: plan */
};

static const char *const lane_names[] = { WISHES_LANES, NULL };

static json_object *get(json_object *object, const char *name)
{
        json_object *value = NULL;

        json_object_object_get_ex(object, name, &value);
        return value;
}

/* TRUE also for null, which is no value of anything. */
static gboolean has(json_object *object, const char *name)
{
        return json_object_object_get_ex(object, name, NULL);
}

char *wishes_file(void)
{
        return g_build_filename(g_get_user_config_dir(), "impromptu", "lanes.json", NULL);
}

/* ---- reading a file ---- */

static guint line_of(const char *text, gsize offset)
{
        guint line = 1;

        for (gsize i = 0; i < offset && text[i]; i++)
                line += text[i] == '\n';
        return line;
}

/* The first byte that is neither blank nor of a comment. */
static gsize skip_blank(const char *text, gsize at)
{
        while (text[at]) {
                const char *end = NULL;
                if (g_ascii_isspace(text[at])) {
                        at++;
                        continue;
                }
                if (text[at] == '/' && text[at + 1] == '/')
                        end = strchr(text + at, '\n');
                else if (text[at] == '/' && text[at + 1] == '*')
                        end = strstr(text + at + 2, "*/");
                else
                        break;
                if (!end)
                        return text[at + 1] == '/' ? at + strlen(text + at) : at;
                at = (gsize)(end - text) + (*end == '*' ? 2 : 1);
        }
        return at;
}

/* JSON with comments. */
static json_object *parse(const char *text, gsize length, const char *what, GError **error)
{
        json_tokener *tokener = json_tokener_new();
        g_autofree char *lines = g_strconcat(text, "\n", NULL); /* a comment may be the last line and have no end of its own */
        json_object *object = json_tokener_parse_ex(tokener, lines, (int)strlen(lines));
        enum json_tokener_error problem = json_tokener_get_error(tokener);
        gsize end = json_tokener_get_parse_end(tokener);

        if (problem != json_tokener_success) {
                g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s:%u: this is not JSON (%s).", what, line_of(text, end),
                            problem == json_tokener_continue ? "it ends too early" : json_tokener_error_desc(problem));
        } else if (!json_object_is_type(object, json_type_object)) {
                g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: the file must hold one object, {…}.", what);
                g_clear_pointer(&object, json_object_put);
        } else if (lines[skip_blank(lines, end)] || strlen(text) < length) {
                g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s:%u: something stands behind the end of the object.", what,
                            line_of(lines, skip_blank(lines, end)));
                g_clear_pointer(&object, json_object_put);
        }
        json_tokener_free(tokener);
        return object;
}

static json_object *read_file(const char *path, GError **error)
{
        g_autofree char *text = NULL;
        gsize length;

        if (!g_file_get_contents(path, &text, &length, error))
                return NULL;
        if (length > WISHES_FILE_MAX) {
                g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s is longer than %d KiB.", path, WISHES_FILE_MAX / 1024);
                return NULL;
        }
        if (g_str_has_prefix(text, BYTE_ORDER_MARK))
                return parse(text + strlen(BYTE_ORDER_MARK), length - strlen(BYTE_ORDER_MARK), path, error);
        return parse(text, length, path, error);
}

/* ---- lanes ---- */

typedef struct {
        const Providers *providers;
        const char *what;   /* the file */
        const char *lane;
        gsize place;
        GError **error;
} Where;

static Wish *wrong(const Where *where, const char *must)
{
        g_set_error(where->error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: lanes.%s[%zu] %s.", where->what, where->lane, where->place, must);
        return NULL;
}

/* What every request says anyway; a person's word for it would send another call than the lane's. */
static gboolean options_read(const Where *where, json_object *options)
{
        static const char *const ours[] = { "model", "messages", "input", "stream", NULL };

        if (!json_object_is_type(options, json_type_object)) {
                wrong(where, "has “options” that are no object");
                return FALSE;
        }
        for (const char *const *name = ours; *name; name++) {
                if (json_object_object_get_ex(options, *name, NULL)) {
                        g_autofree char *must = g_strdup_printf("has “options” that set “%s”, which each call sets itself", *name);
                        wrong(where, must);
                        return FALSE;
                }
        }
        return TRUE;
}

static Wish *wish_read(const Where *where, const Provider *provider, json_object *entry)
{
        g_autofree Wish *wish = g_new0(Wish, 1);

        if (!json_object_is_type(entry, json_type_object))
                return wrong(where, "must be an object such as {\"provider\": \"groq\", \"model\": \"…\"}");
        if (provider) {
                wish->provider = provider->name;
                wish->dialect = provider->dialect;
        }
        json_object_object_foreach(entry, name, value) {
                const char *text = json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
                if (strcmp(name, "provider") == 0) {
                        continue;
                } else if (strcmp(name, "model") == 0) {
                        if (!text || !*text)
                                return wrong(where, "names no model: “model” must be a text");
                        wish->model = text;
                } else if (strcmp(name, "dialect") == 0) {
                        if (!text || !wire_dialect_find(text, &wish->dialect))
                                return wrong(where, "has a “dialect” that is none of openai, groq, diffusing, anthropic, responses, ollama");
                } else if (strcmp(name, "options") == 0) {
                        if (!options_read(where, value))
                                return NULL;
                        wish->options = value;
                } else {
                        g_autofree char *must = g_strdup_printf("has a field “%.40s” that means nothing here", name);
                        return wrong(where, must);
                }
        }
        return g_steal_pointer(&wish);
}

/* "cerebras, groq, house": those that a lane can name. */
static char *names_of(const Providers *providers)
{
        g_autoptr(GPtrArray) names = g_ptr_array_new();
        const Provider *provider;

        for (guint i = 0; (provider = providers_at(providers, i)); i++) {
                if (provider->base && !provider->rehearsal)
                        g_ptr_array_add(names, provider->name);
        }
        g_ptr_array_add(names, NULL);
        return g_strjoinv(", ", (char **)names->pdata);
}

static Wish *wish_read_named(const Where *where, json_object *entry)
{
        json_object *name = get(entry, "provider");
        const Provider *provider = json_object_is_type(name, json_type_string) ? providers_find(where->providers, json_object_get_string(name))
                                                                               : NULL;
        if (!json_object_is_type(entry, json_type_object))
                return wish_read(where, NULL, entry);
        if (!name)
                return wrong(where, "names no “provider”");
        if (!provider) {
                g_autofree char *known = names_of(where->providers);
                g_autofree char *must = g_strdup_printf("names a provider that is not known: “%.40s”; there are %s",
                                                        json_object_get_string(name), known);
                return wrong(where, must);
        }
        if (!provider->base) {
                g_autofree char *must = g_strdup_printf("names “%s”, which has no address of its own: write one as its “base” under "
                                                        "“providers”", provider->name);
                return wrong(where, must);
        }
        return wish_read(where, provider, entry);
}

/* A person's lane. */
static GPtrArray *lane_read(Where *where, json_object *list)
{
        g_autoptr(GPtrArray) wishes = g_ptr_array_new_with_free_func(g_free);

        if (!json_object_is_type(list, json_type_array) || json_object_array_length(list) == 0 ||
            json_object_array_length(list) > WISHES_ENTRIES_MAX) {
                g_set_error(where->error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: lanes.%s must be a list of 1 to %d models.", where->what,
                            where->lane, WISHES_ENTRIES_MAX);
                return NULL;
        }
        for (where->place = 0; where->place < json_object_array_length(list); where->place++) {
                Wish *wish = wish_read_named(where, json_object_array_get_idx(list, where->place));
                if (!wish)
                        return NULL;
                g_ptr_array_add(wishes, wish);
        }
        return g_steal_pointer(&wishes);
}

static gboolean lanes_read(const Wishes *wishes, json_object *object, const char *what, GHashTable *lanes, GError **error)
{
        if (!object)
                return TRUE;
        if (!json_object_is_type(object, json_type_object)) {
                g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: “lanes” must be an object.", what);
                return FALSE;
        }
        json_object_object_foreach(object, lane, list) {
                Where where = { wishes->providers, what, lane, 0, error };
                GPtrArray *read;
                if (!g_strv_contains(lane_names, lane)) {
                        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: there is no lane “%.40s”; they are fast, deep and router.",
                                    what, lane);
                        return FALSE;
                }
                read = lane_read(&where, list);
                if (!read)
                        return FALSE;
                g_hash_table_insert(lanes, g_strdup(lane), read);
        }
        return TRUE;
}

static gboolean is_number(json_object *value)
{
        return json_object_is_type(value, json_type_int) || json_object_is_type(value, json_type_double);
}

/* A server that nobody knows needs an address. */
static gboolean own_providers_read(Wishes *wishes, json_object *rows, const char *what, GError **error)
{
        if (!json_object_is_type(rows, json_type_object))
                return providers_add(wishes->providers, rows, what, error); /* which says so */
        json_object_object_foreach(rows, name, row) {
                if (json_object_is_type(row, json_type_object) && !get(row, "base") && !providers_find(wishes->providers, name)) {
                        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: providers.%.40s has no “base”, the address of its "
                                    "server.", what, name);
                        return FALSE;
                }
        }
        return providers_add(wishes->providers, rows, what, error);
}

static gboolean repairs_read(json_object *list, const char *what, RepairOrder *order, GError **error)
{
        static const char *const names[] = { "repair", "fresh", "deep", "race", "drafts" };

        order->length = 0;
        if (!json_object_is_type(list, json_type_array) || json_object_array_length(list) > WISHES_REPAIRS_MAX) {
                g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: “repairs” must be a list of at most %d steps.", what,
                            WISHES_REPAIRS_MAX);
                return FALSE;
        }
        for (gsize i = 0; i < json_object_array_length(list); i++) {
                const char *name = json_object_get_string(json_object_array_get_idx(list, i));
                guint step = 0;
                while (step < G_N_ELEMENTS(names) && g_strcmp0(name, names[step]) != 0)
                        step++;
                if (step == G_N_ELEMENTS(names)) {
                        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: repairs[%zu] is none of repair, fresh, deep, race "
                                    "and drafts.", what, i);
                        return FALSE;
                }
                order->steps[order->length++] = step;
        }
        return TRUE;
}

static gboolean drafts_read(json_object *value, const char *what, guint *drafts, GError **error)
{
        gint64 n = json_object_is_type(value, json_type_int) ? json_object_get_int64(value) : 0;

        if (n < 1 || n > WISHES_DRAFTS_MAX) {
                g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: “drafts” must be a whole number from 1 to %d.", what,
                            WISHES_DRAFTS_MAX);
                return FALSE;
        }
        *drafts = (guint)n;
        return TRUE;
}

static gboolean beforehand_read(json_object *list, const char *what, guint *beforehand, GError **error)
{
        static const char *const names[] = { "fixes", "plans" };
        gsize n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : G_N_ELEMENTS(names) + 1;
        guint found = 0;

        for (gsize i = 0; i < n && n <= G_N_ELEMENTS(names); i++) {
                const char *name = json_object_get_string(json_object_array_get_idx(list, i));

                for (guint j = 0; j < G_N_ELEMENTS(names); j++)
                        found |= g_strcmp0(name, names[j]) == 0 ? 1u << j : 0;
        }
        if (n > G_N_ELEMENTS(names) || (n > 0) != (found > 0) || (n == G_N_ELEMENTS(names) && found != (BEFOREHAND_FIXES | BEFOREHAND_PLANS))) {
                g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                            "%s: “beforehand” must be a list of none, one or both of fixes and plans.", what);
                return FALSE;
        }
        *beforehand = found;
        return TRUE;
}

static gboolean plan_read(json_object *value, const char *what, gboolean *from_sentence, GError **error)
{
        const char *word = json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";

        if (strcmp(word, "model") != 0 && strcmp(word, "sentence") != 0) {
                g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: “plan” must be \"model\" or \"sentence\".", what);
                return FALSE;
        }
        *from_sentence = *word == 's';
        return TRUE;
}

/* The fields beside providers, lanes, repairs, drafts, plan and beforehand. */
static gboolean settings_read(Wishes *wishes, json_object *own, const char *what, GError **error)
{
        json_object_object_foreach(own, name, value) {
                if (strcmp(name, "providers") == 0 || strcmp(name, "lanes") == 0 || strcmp(name, "repairs") == 0 ||
                    strcmp(name, "drafts") == 0 || strcmp(name, "plan") == 0 || strcmp(name, "beforehand") == 0)
                        continue;
                if (strcmp(name, "hedge") == 0 && json_object_is_type(value, json_type_boolean)) {
                        wishes->hedge = json_object_get_boolean(value);
                } else if (strcmp(name, "stall_seconds") == 0 && is_number(value) && json_object_get_double(value) >= STALL_MIN &&
                           json_object_get_double(value) <= STALL_MAX) {
                        wishes->stall = json_object_get_double(value);
                } else if (strcmp(name, "hedge") == 0) {
                        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: “hedge” must be true or false.", what);
                        return FALSE;
                } else if (strcmp(name, "stall_seconds") == 0) {
                        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: “stall_seconds” must be a number from %g to %g.", what,
                                    STALL_MIN, STALL_MAX);
                        return FALSE;
                } else {
                        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: “%.40s” is not understood; there are providers, lanes, "
                                    "repairs, drafts, plan, beforehand, hedge (true or false) and stall_seconds (%g to %g).", what, name,
                                    STALL_MIN, STALL_MAX);
                        return FALSE;
                }
        }
        return TRUE;
}

gboolean wishes_read(Wishes *wishes, const char *file, GError **error)
{
        g_autoptr(GError) missing = NULL;
        g_autoptr(GHashTable) lanes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
        json_object *own = read_file(file, &missing);

        if (g_error_matches(missing, G_FILE_ERROR, G_FILE_ERROR_NOENT))
                return TRUE;
        if (!own) {
                g_propagate_error(error, g_steal_pointer(&missing));
                return FALSE;
        }
        if ((get(own, "providers") && !own_providers_read(wishes, get(own, "providers"), file, error)) ||
            !lanes_read(wishes, get(own, "lanes"), file, lanes, error) ||
            (has(own, "repairs") && !repairs_read(get(own, "repairs"), file, &wishes->repairs, error)) ||
            (has(own, "drafts") && !drafts_read(get(own, "drafts"), file, &wishes->drafts, error)) ||
            (has(own, "beforehand") && !beforehand_read(get(own, "beforehand"), file, &wishes->beforehand, error)) ||
            (has(own, "plan") && !plan_read(get(own, "plan"), file, &wishes->from_sentence, error)) ||
            !settings_read(wishes, own, file, error)) {
                json_object_put(own);
                return FALSE;
        }
        json_object_put(wishes->own);
        wishes->own = own;
        g_hash_table_unref(wishes->lanes);
        wishes->lanes = g_steal_pointer(&lanes);
        return TRUE;
}

Wishes *wishes_new(const char *providers, const char *lanes, GError **error)
{
        g_autoptr(Wishes) wishes = g_new0(Wishes, 1);
        json_object *rows = read_file(providers, error);
        gboolean good;

        wishes->providers = providers_new();
        wishes->hedge = TRUE;
        wishes->lanes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
        wishes->models = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
        good = rows && providers_add(wishes->providers, rows, providers, error);
        json_object_put(rows);
        wishes->data = good ? read_file(lanes, error) : NULL;
        return wishes->data ? g_steal_pointer(&wishes) : NULL;
}

void wishes_free(Wishes *wishes)
{
        if (!wishes)
                return;
        g_hash_table_unref(wishes->lanes);
        g_hash_table_unref(wishes->models);
        json_object_put(wishes->own);
        json_object_put(wishes->data);
        providers_free(wishes->providers);
        g_free(wishes);
}

/* ---- what is wished ---- */

const Providers *wishes_providers(const Wishes *wishes)
{
        return wishes->providers;
}

GPtrArray *wishes_lane(const Wishes *wishes, const char *lane)
{
        return g_hash_table_lookup(wishes->lanes, lane);
}

gboolean wishes_name(const Wishes *wishes, const char *provider)
{
        for (gsize i = 0; lane_names[i]; i++) {
                GPtrArray *lane = wishes_lane(wishes, lane_names[i]);
                for (guint j = 0; lane && j < lane->len; j++) {
                        if (strcmp(((Wish *)g_ptr_array_index(lane, j))->provider, provider) == 0)
                                return TRUE;
                }
        }
        return FALSE;
}

/* A mistake in our own data is told and passed over. */
static GPtrArray *models_read(Wishes *wishes, const char *name, const char *lane)
{
        GPtrArray *read = g_ptr_array_new_with_free_func(g_free);
        const Provider *provider = providers_find(wishes->providers, name);
        json_object *list = get(get(wishes->data, name), lane);
        g_autoptr(GError) error = NULL;
        Where where = { wishes->providers, "lanes.json", lane, 0, &error };

        for (; provider && list && where.place < json_object_array_length(list) && !error; where.place++) {
                Wish *wish = wish_read(&where, provider, json_object_array_get_idx(list, where.place));
                if (wish)
                        g_ptr_array_add(read, wish);
        }
        if (error)
                g_warning("%s", error->message);
        return read;
}

GPtrArray *wishes_models(Wishes *wishes, const char *provider, const char *lane)
{
        g_autofree char *key = g_strconcat(provider, " ", lane, NULL);
        GPtrArray *models = g_hash_table_lookup(wishes->models, key);

        if (!models) {
                models = models_read(wishes, provider, lane);
                g_hash_table_insert(wishes->models, g_steal_pointer(&key), models);
        }
        return models;
}

guint wishes_rank(const Wishes *wishes, const char *provider, const char *lane)
{
        json_object *order = get(get(wishes->data, "order"), lane);

        for (gsize i = 0; order && i < json_object_array_length(order); i++) {
                if (g_strcmp0(json_object_get_string(json_object_array_get_idx(order, i)), provider) == 0)
                        return (guint)i;
        }
        return RANK_LAST;
}

/* The largest of the sizes in a model's name, in billions; 0 where it tells none. "30b-a3b" has 30. */
static double billions_of(const char *model)
{
        double most = 0;

        for (const char *at = model; *at; at++) {
                char *end;
                double size;

                if (!g_ascii_isdigit(*at) || (at > model && (g_ascii_isalnum(at[-1]) || at[-1] == '.')))
                        continue;
                size = g_ascii_strtod(at, &end);
                if ((*end == 'b' || *end == 'B') && !g_ascii_isalnum(end[1]))
                        most = MAX(most, size);
        }
        return most;
}

const char *wishes_habits(const char *provider, const char *model)
{
        double billions = model ? billions_of(model) : 0;

        return billions > 0 && billions < WISHES_SMALL_BILLIONS ? WISHES_SMALL : provider;
}

/* What the data say of a provider (or other habits), else of all. */
static json_object *of_data(const Wishes *wishes, const char *provider, const char *name)
{
        json_object *own = provider ? get(get(wishes->data, provider), name) : NULL;

        return own ? own : get(wishes->data, name);
}

RepairOrder wishes_repairs(const Wishes *wishes, const char *provider)
{
        g_autoptr(GError) error = NULL;
        RepairOrder order = { 0 };

        if (get(wishes->own, "repairs"))
                return wishes->repairs;
        if (!repairs_read(of_data(wishes, provider, "repairs"), "lanes.json", &order, &error))
                g_warning("%s", error->message);
        return order;
}

guint wishes_drafts(const Wishes *wishes, const char *provider)
{
        g_autoptr(GError) error = NULL;
        guint drafts = 1;

        if (get(wishes->own, "drafts"))
                return wishes->drafts;
        if (!drafts_read(of_data(wishes, provider, "drafts"), "lanes.json", &drafts, &error))
                g_warning("%s", error->message);
        return drafts;
}

guint wishes_beforehand(const Wishes *wishes, const char *provider)
{
        json_object *list = of_data(wishes, provider, "beforehand");
        g_autoptr(GError) error = NULL;
        guint beforehand = 0;

        if (get(wishes->own, "beforehand"))
                return wishes->beforehand;
        if (list && !beforehand_read(list, "lanes.json", &beforehand, &error))
                g_warning("%s", error->message);
        return beforehand;
}

gboolean wishes_plan_from_sentence(const Wishes *wishes, const char *provider)
{
        g_autoptr(GError) error = NULL;
        gboolean from_sentence = FALSE;

        if (get(wishes->own, "plan"))
                return wishes->from_sentence;
        if (!plan_read(of_data(wishes, provider, "plan"), "lanes.json", &from_sentence, &error))
                g_warning("%s", error->message);
        return from_sentence;
}

gboolean wishes_hedge(const Wishes *wishes)
{
        return wishes->hedge;
}

double wishes_stall(const Wishes *wishes)
{
        return wishes->stall;
}
