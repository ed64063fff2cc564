/* "Always" is written to grants.json at once; "while open" and "no" live in memory and end when the app's window does (or with the agent: it
 * then rather asks once more). That a grant was used is written down a moment later, many uses together, since a call must not wait for
 * the disk.
 *
 * A grant that nobody used for grants_days() is taken out wherever grants are looked at, so no clock has to ring. */
#include "agent/grants.h"

#include <string.h>

#include "agent/journal.h"
#include "agent/json.h"
#include "agent/places.h"

#define DAY ((gint64)24 * 60 * 60)

/* An entry of the log. */
typedef struct {
        gint64 time, since;
        const char *what; /* static */
        char *app, *title, *tool, *capability, *resource;
        gint64 count;
} Use;

struct Grants {
        char *file, *log_file;
        Journal *journal;
        GPtrArray *all; /* of Grant, oldest first */
        GPtrArray *log; /* of Use, oldest first */
        guint64 last;
        guint days;
        gboolean dirty, log_dirty;
        guint save_source;
        GrantsClock clock;
        gpointer clock_data;
};

static const struct {
        const char *name;
        Answer value;
} answers[] = {{"once", ANSWER_ONCE}, {"open", ANSWER_OPEN}, {"always", ANSWER_ALWAYS}, {"no", ANSWER_NO}};

enum { USED, ALLOWED, REFUSED, REVOKED, EXPIRED, REMOVED };

static const char *const whats[] = {"used", "allowed", "refused", "revoked", "expired", "removed", NULL};

const char *answer_name(Answer answer)
{
        for (gsize i = 0; i < G_N_ELEMENTS(answers); i++)
                if (answers[i].value == answer)
                        return answers[i].name;
        g_return_val_if_reached("no");
}

gboolean answer_parse(const char *name, Answer *answer)
{
        for (gsize i = 0; i < G_N_ELEMENTS(answers); i++)
                if (g_strcmp0(answers[i].name, name) == 0) {
                        *answer = answers[i].value;
                        return TRUE;
                }
        return FALSE;
}

static gint64 now(Grants *grants)
{
        return grants->clock ? grants->clock(grants->clock_data) : g_get_real_time() / G_USEC_PER_SEC;
}

void grants_set_clock(Grants *grants, GrantsClock clock, gpointer user_data)
{
        grants->clock = clock;
        grants->clock_data = user_data;
}

/* — as JSON — */

static void grant_free(gpointer data)
{
        Grant *grant = data;
        g_free(grant->id);
        g_free(grant->app);
        g_free(grant->title);
        g_free(grant->capability);
        g_free(grant->asked);
        g_free(grant->resource);
        g_free(grant->tool);
        g_free(grant);
}

json_object *grant_to_json(const Grant *grant)
{
        json_object *object = json_object_new_object();
        json_add_text(object, "id", grant->id);
        json_add_text(object, "app", grant->app);
        json_add_text(object, "title", grant->title);
        json_add_text(object, "capability", grant->capability);
        json_add_text(object, "asked", grant->asked);
        json_add_text(object, "resource", grant->resource);
        json_add_text(object, "answer", answer_name(grant->answer));
        if (grant->chosen)
                json_add_flag(object, "chosen", TRUE);
        json_add_int(object, "time", grant->time);
        if (grant->used)
                json_add_int(object, "used", grant->used);
        json_add_int(object, "uses", grant->uses);
        json_add_text(object, "tool", grant->tool);
        if (grant->removed)
                json_add_int(object, "removed", grant->removed);
        return object;
}

static Grant *grant_from_json(json_object *object)
{
        const char *id = json_text(object, "id"), *app = json_text(object, "app"), *title = json_text(object, "title");
        const char *capability = json_text(object, "capability"), *resource = json_text(object, "resource");
        const char *asked = json_text(object, "asked");
        if (!id || !app || !capability || !resource || g_strcmp0(json_text(object, "answer"), "always") != 0)
                return NULL;
        Grant *grant = g_new(Grant, 1);
        *grant = (Grant){.id = g_strdup(id), .app = g_strdup(app), .title = g_strdup(title ? title : app),
                         .capability = g_strdup(capability), .asked = g_strdup(asked ? asked : resource), .resource = g_strdup(resource),
                         .answer = ANSWER_ALWAYS, .time = json_int(object, "time", 0), .used = json_int(object, "used", 0),
                         .uses = json_int(object, "uses", 0), .tool = g_strdup(json_text(object, "tool")),
                         .removed = json_int(object, "removed", 0)};
        return grant;
}

static void use_free(gpointer data)
{
        Use *use = data;
        g_free(use->app);
        g_free(use->title);
        g_free(use->tool);
        g_free(use->capability);
        g_free(use->resource);
        g_free(use);
}

static json_object *use_to_json(const Use *use)
{
        json_object *object = json_object_new_object();
        json_add_int(object, "time", use->time);
        json_add_int(object, "since", use->since);
        json_add_text(object, "what", use->what);
        json_add_text(object, "app", use->app);
        json_add_text(object, "title", use->title);
        json_add_text(object, "tool", use->tool);
        json_add_text(object, "capability", use->capability);
        json_add_text(object, "resource", use->resource);
        json_add_int(object, "count", use->count);
        return object;
}

static Use *use_from_json(json_object *object)
{
        const char *app = json_text(object, "app"), *title = json_text(object, "title"), *what = json_text(object, "what");
        const char *capability = json_text(object, "capability"), *resource = json_text(object, "resource");
        for (gsize i = 0; app && title && capability && resource && whats[i]; i++) {
                if (g_strcmp0(whats[i], what) != 0)
                        continue;
                Use *use = g_new(Use, 1);
                *use = (Use){json_int(object, "time", 0), json_int(object, "since", 0), whats[i], g_strdup(app), g_strdup(title),
                             g_strdup(json_text(object, "tool")), g_strdup(capability), g_strdup(resource), json_int(object, "count", 1)};
                return use;
        }
        return NULL;
}

/* — files — */

static gboolean write_file(const char *path, json_object *object, GFileSetContentsFlags flags, GError **error)
{
        g_autofree char *text = json_line(object);
        g_autoptr(GError) fault = NULL;
        if (g_file_set_contents_full(path, text, -1, flags, 0600, &fault))
                return TRUE;
        g_set_error(error, AGENT_ERROR, API_ERROR_STORAGE, "What you allowed could not be written down: %s.", fault->message);
        return FALSE;
}

static gboolean save_grants(Grants *grants, GError **error)
{
        g_autoptr(json_object) file = json_object_new_object();
        json_object *array = json_object_new_array();
        for (guint i = 0; i < grants->all->len; i++) {
                Grant *grant = g_ptr_array_index(grants->all, i);
                if (grant->answer == ANSWER_ALWAYS)
                        json_object_array_add(array, grant_to_json(grant));
        }
        json_add_int(file, "last", (gint64)grants->last);
        json_add_int(file, "days", grants->days);
        json_add(file, "grants", array);
        grants->dirty = FALSE;
        return write_file(grants->file, file, G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, error);
}

static void save_log(Grants *grants)
{
        g_autoptr(json_object) file = json_object_new_object();
        g_autoptr(GError) error = NULL;
        json_object *array = json_object_new_array();
        for (guint i = 0; i < grants->log->len; i++)
                json_object_array_add(array, use_to_json(g_ptr_array_index(grants->log, i)));
        json_add(file, "log", array);
        grants->log_dirty = FALSE;
        if (!write_file(grants->log_file, file, G_FILE_SET_CONTENTS_CONSISTENT, &error))
                g_warning("%s", error->message);
}

static void save_rest(Grants *grants)
{
        g_autoptr(GError) error = NULL;
        if (grants->dirty && !save_grants(grants, &error))
                g_warning("%s", error->message);
        if (grants->log_dirty)
                save_log(grants);
}

static gboolean save_cb(gpointer data)
{
        Grants *grants = data;
        grants->save_source = 0;
        save_rest(grants);
        return G_SOURCE_REMOVE;
}

static void save_soon(Grants *grants)
{
        if (!grants->save_source)
                grants->save_source = g_timeout_add(GRANTS_SAVE_MS, save_cb, grants);
}

/* The file's object; NULL without an error if there is none, or if it is damaged: then it is put aside, never overwritten. */
static json_object *read_file(const char *path, const char *lost, GError **error)
{
        g_autofree char *text = NULL;
        gsize length;
        g_autoptr(GError) fault = NULL;
        if (!g_file_get_contents(path, &text, &length, &fault)) {
                if (!g_error_matches(fault, G_FILE_ERROR, G_FILE_ERROR_NOENT))
                        g_set_error(error, AGENT_ERROR, API_ERROR_STORAGE, "What you allowed cannot be read: %s.", fault->message);
                return NULL;
        }
        json_object *file = json_parse_object(text, (gssize)length, &fault);
        if (file)
                return file;
        g_autofree char *aside = g_strconcat(path, ".damaged", NULL);
        g_warning("%s is damaged (%s). It lies in %s now, and %s.", path, fault->message, aside, lost);
        g_file_set_contents_full(aside, text, (gssize)length, G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
        return NULL;
}

static gboolean load(Grants *grants, GError **error)
{
        g_autoptr(GError) fault = NULL;
        g_autoptr(json_object) file = read_file(grants->file, "nothing is allowed any more", &fault);
        g_autoptr(json_object) log = fault ? NULL : read_file(grants->log_file, "what was used before is not known any more", &fault);
        json_object *kept = json_field_array(file, "grants"), *uses = json_field_array(log, "log");
        gint64 days = json_int(file, "days", GRANTS_DAYS);
        grants->last = (guint64)MAX(json_int(file, "last", 0), 0);
        grants->days = (guint)(days >= 1 && days <= GRANTS_DAYS_MAX ? days : GRANTS_DAYS);
        for (gsize i = 0; i < json_length(kept); i++) {
                Grant *grant = grant_from_json(json_object_array_get_idx(kept, i));
                if (grant)
                        g_ptr_array_add(grants->all, grant);
        }
        for (gsize i = 0; i < json_length(uses); i++) {
                Use *use = use_from_json(json_object_array_get_idx(uses, i));
                if (use)
                        g_ptr_array_add(grants->log, use);
        }
        if (fault)
                g_propagate_error(error, g_steal_pointer(&fault));
        return !error || !*error;
}

Grants *grants_new(const char *folder, Journal *journal, GError **error)
{
        g_autoptr(Grants) grants = g_new0(Grants, 1);
        g_autoptr(GError) fault = NULL;
        grants->file = g_build_filename(folder, "grants.json", NULL);
        grants->log_file = g_build_filename(folder, "grants-log.json", NULL);
        grants->journal = journal;
        grants->days = GRANTS_DAYS;
        grants->all = g_ptr_array_new_with_free_func(grant_free);
        grants->log = g_ptr_array_new_with_free_func(use_free);
        if (load(grants, &fault))
                return g_steal_pointer(&grants);
        g_propagate_error(error, g_steal_pointer(&fault));
        return NULL;
}

void grants_free(Grants *grants)
{
        if (!grants)
                return;
        if (grants->save_source)
                g_source_remove(grants->save_source);
        save_rest(grants);
        g_ptr_array_unref(grants->all);
        g_ptr_array_unref(grants->log);
        g_free(grants->file);
        g_free(grants->log_file);
        g_free(grants);
}

/* — what is told — */

static gboolean is_same(const Use *use, const Use *other)
{
        return use->what == other->what && g_str_equal(use->app, other->app) && g_strcmp0(use->tool, other->tool) == 0
               && g_str_equal(use->capability, other->capability) && g_str_equal(use->resource, other->resource);
}

/* A page may call its tools hundreds of times a second, in turn: so equal uses are looked for among the last few,
 * up to what a person said in between. */
#define JOIN_LOOK_BACK 16

static void note(Grants *grants, const char *what, const char *app, const char *title, const char *tool, const char *capability,
                 const char *resource)
{
        Use entry = {.what = what, .app = (char *)app, .title = (char *)title, .tool = (char *)tool, .capability = (char *)capability,
                     .resource = (char *)resource};
        gint64 time = now(grants);
        grants->log_dirty = TRUE;
        save_soon(grants);
        for (guint back = 1; what == whats[USED] && back <= MIN(grants->log->len, JOIN_LOOK_BACK); back++) {
                guint place = grants->log->len - back;
                Use *last = g_ptr_array_index(grants->log, place);
                if (last->what != what)
                        break;
                if (!is_same(last, &entry) || time - last->since >= GRANTS_LOG_JOIN_S)
                        continue;
                last->time = time;
                last->count++;
                g_ptr_array_add(grants->log, g_ptr_array_steal_index(grants->log, place));
                return;
        }
        if (grants->log->len >= GRANTS_LOG_MAX)
                g_ptr_array_remove_index(grants->log, 0);
        Use *use = g_new(Use, 1);
        *use = (Use){time, time, what, g_strdup(app), g_strdup(title), g_strdup(tool), g_strdup(capability), g_strdup(resource), 1};
        g_ptr_array_add(grants->log, use);
}

static void note_grant(Grants *grants, const char *what, const Grant *grant)
{
        note(grants, what, grant->app, grant->title, NULL, grant->capability, grant->resource);
}

static void tell_changed(Grants *grants, const char *app)
{
        json_object *data = json_object_new_object();
        json_add_text(data, "app", app);
        journal_event(grants->journal, EVENT_GRANTS, data);
}

static void tell_notice(Grants *grants, const char *text)
{
        json_object *notice = json_object_new_object();
        json_add_text(notice, "level", "warning");
        json_add_text(notice, "text", text);
        journal_event(grants->journal, EVENT_NOTICE, notice);
}

/* — what holds — */

static gboolean is_over(Grants *grants, const Grant *grant, gint64 time)
{
        if (grant->removed)
                return time - grant->removed > GRANTS_REMOVED_DAYS * DAY;
        return grant->answer == ANSWER_ALWAYS && time - MAX(grant->used, grant->time) > grants->days * DAY;
}

/* Takes out what was not used for too long. */
static void prune(Grants *grants)
{
        gint64 time = now(grants);
        for (guint i = grants->all->len; i-- > 0;) {
                Grant *grant = g_ptr_array_index(grants->all, i);
                if (!is_over(grants, grant, time))
                        continue;
                if (!grant->removed)
                        note_grant(grants, whats[EXPIRED], grant);
                g_autofree char *app = g_strdup(grant->app);
                grants->dirty = TRUE;
                save_soon(grants);
                g_ptr_array_remove_index(grants->all, i);
                tell_changed(grants, app);
        }
}

static gboolean is_place(const char *capability)
{
        return g_str_equal(capability, "list") || g_str_equal(capability, "read") || g_str_equal(capability, "write");
}

/* TRUE if who was granted the first may do the second. */
static gboolean covers(const Grant *grant, const char *capability, const char *resource)
{
        gboolean same = g_str_equal(grant->capability, capability);
        if (same && g_str_equal(grant->resource, resource))
                return TRUE;
        if (is_place(capability) && (same || (g_str_equal(grant->capability, "read") && g_str_equal(capability, "list"))))
                return places_within(resource, grant->resource);
        return same && g_str_equal(capability, "net") && g_str_has_prefix(grant->resource, "any ")
               && g_str_equal(grant->resource + strlen("any "), resource);
}

static gboolean is_key(const Grant *grant, const char *app, const char *capability, const char *resource)
{
        return !grant->removed && !grant->chosen && g_str_equal(grant->app, app) && g_str_equal(grant->capability, capability)
               && g_str_equal(grant->asked, resource);
}

static Grant *find_key(Grants *grants, const char *app, const char *capability, const char *resource)
{
        for (guint i = 0; i < grants->all->len; i++) {
                Grant *grant = g_ptr_array_index(grants->all, i);
                if (is_key(grant, app, capability, resource))
                        return grant;
        }
        return NULL;
}

const Grant *grants_find(Grants *grants, const char *app, const char *capability, const char *resource)
{
        prune(grants);
        for (guint i = 0; i < grants->all->len; i++) {
                Grant *grant = g_ptr_array_index(grants->all, i);
                if (!grant->removed && !grant->chosen && grant->answer != ANSWER_NO && g_str_equal(grant->app, app)
                    && covers(grant, capability, resource))
                        return grant;
        }
        Grant *answered = find_key(grants, app, capability, resource);
        return answered && answered->answer != ANSWER_NO ? answered : NULL;
}

const char *grants_part(const Grant *grant, const char *resource)
{
        return covers(grant, grant->capability, resource) || !g_str_equal(grant->asked, resource) ? resource : grant->resource;
}

const Grant *grants_chosen(Grants *grants, const char *app, const char *path)
{
        for (guint i = 0; i < grants->all->len; i++) {
                Grant *grant = g_ptr_array_index(grants->all, i);
                if (grant->chosen && g_str_equal(grant->app, app) && g_str_equal(grant->resource, path))
                        return grant;
        }
        return NULL;
}

gboolean grants_refused(Grants *grants, const char *app, const char *capability, const char *resource)
{
        Grant *grant = find_key(grants, app, capability, resource);
        return grant && grant->answer == ANSWER_NO;
}

/* — what a person says — */

static Grant *add(Grants *grants, const char *app, const char *title, const char *capability, const char *asked, const char *resource,
                  Answer answer)
{
        if (grants->all->len >= GRANTS_MAX)
                g_ptr_array_remove_index(grants->all, 0);
        Grant *grant = g_new0(Grant, 1);
        *grant = (Grant){.id = g_strdup_printf("g%" G_GUINT64_FORMAT, ++grants->last), .app = g_strdup(app), .title = g_strdup(title),
                         .capability = g_strdup(capability), .asked = g_strdup(asked), .resource = g_strdup(resource), .answer = answer,
                         .time = now(grants)};
        g_ptr_array_add(grants->all, grant);
        return grant;
}

void grants_keep(Grants *grants, const char *app, const char *title, const char *capability, const char *asked, const char *resource,
                 Answer answer)
{
        Grant *old = find_key(grants, app, capability, asked);
        if (old)
                g_ptr_array_remove(grants->all, old);
        Grant *grant = add(grants, app, title, capability, asked, resource, answer);
        note_grant(grants, answer == ANSWER_NO ? whats[REFUSED] : whats[ALLOWED], grant);
        g_autoptr(GError) error = NULL;
        if (answer == ANSWER_ALWAYS && !save_grants(grants, &error)) {
                grant->answer = ANSWER_OPEN;
                g_autofree char *text = g_strdup_printf("%s It holds while the app is open.", error->message);
                tell_notice(grants, text);
        }
        tell_changed(grants, app);
}

void grants_keep_chosen(Grants *grants, const char *app, const char *title, const char *path)
{
        if (grants_chosen(grants, app, path))
                return;
        Grant *grant = add(grants, app, title, "read", path, path, ANSWER_OPEN);
        grant->chosen = TRUE;
        note_grant(grants, whats[ALLOWED], grant);
        tell_changed(grants, app);
}

void grants_use(Grants *grants, const char *app, const char *title, const char *tool, const char *capability, const char *resource)
{
        gint64 time = now(grants);
        note(grants, whats[USED], app, title, tool, capability, resource);
        for (guint i = 0; i < grants->all->len; i++) {
                Grant *grant = g_ptr_array_index(grants->all, i);
                if (grant->removed || grant->answer == ANSWER_NO || !g_str_equal(grant->app, app) || !covers(grant, capability, resource))
                        continue;
                grant->used = time;
                grant->uses++;
                if (g_strcmp0(grant->tool, tool) != 0) {
                        g_free(grant->tool);
                        grant->tool = g_strdup(tool);
                }
                grants->dirty |= grant->answer == ANSWER_ALWAYS;
        }
}

gboolean grants_revoke(Grants *grants, const char *id, GError **error)
{
        for (guint i = 0; i < grants->all->len; i++) {
                Grant *grant = g_ptr_array_index(grants->all, i);
                if (grant->removed || !g_str_equal(grant->id, id))
                        continue;
                gboolean kept = grant->answer == ANSWER_ALWAYS;
                g_autofree char *app = g_strdup(grant->app);
                if (grant->answer != ANSWER_NO)
                        note_grant(grants, whats[REVOKED], grant);
                g_ptr_array_remove_index(grants->all, i);
                tell_changed(grants, app);
                return !kept || save_grants(grants, error);
        }
        g_set_error_literal(error, AGENT_ERROR, API_ERROR_NOT_FOUND, "There is no such permission (any more).");
        return FALSE;
}

/* — an app's life — */

void grants_app_closed(Grants *grants, const char *app)
{
        guint before = grants->all->len;
        for (guint i = grants->all->len; i-- > 0;) {
                Grant *grant = g_ptr_array_index(grants->all, i);
                if (grant->answer != ANSWER_ALWAYS && g_str_equal(grant->app, app))
                        g_ptr_array_remove_index(grants->all, i);
        }
        if (grants->all->len != before)
                tell_changed(grants, app);
}

static void set_removed(Grants *grants, const char *app, gint64 time)
{
        g_autoptr(GError) error = NULL;
        for (guint i = 0; i < grants->all->len; i++) {
                Grant *grant = g_ptr_array_index(grants->all, i);
                if (!g_str_equal(grant->app, app) || !grant->removed == !time)
                        continue;
                grant->removed = time;
                note_grant(grants, time ? whats[REMOVED] : whats[ALLOWED], grant);
                grants->dirty = TRUE;
        }
        if (grants->dirty && !save_grants(grants, &error))
                tell_notice(grants, error->message);
        tell_changed(grants, app);
}

void grants_app_removed(Grants *grants, const char *app)
{
        grants_app_closed(grants, app);
        set_removed(grants, app, now(grants));
}

void grants_app_restored(Grants *grants, const char *app)
{
        prune(grants);
        set_removed(grants, app, 0);
}

guint grants_days(Grants *grants)
{
        return grants->days;
}

gboolean grants_set_days(Grants *grants, gint64 days, GError **error)
{
        if (days < 1 || days > GRANTS_DAYS_MAX) {
                g_set_error(error, AGENT_ERROR, API_ERROR_BAD_REQUEST, "What is not used ends after 1 to %d days.", GRANTS_DAYS_MAX);
                return FALSE;
        }
        grants->days = (guint)days;
        prune(grants);
        return save_grants(grants, error);
}

/* — lists — */

void grants_each(Grants *grants, GrantFunc func, gpointer user_data)
{
        prune(grants);
        for (guint i = 0; i < grants->all->len; i++)
                if (!((Grant *)g_ptr_array_index(grants->all, i))->removed)
                        func(g_ptr_array_index(grants->all, i), user_data);
}

json_object *grants_log(Grants *grants, const char *app)
{
        json_object *array = json_object_new_array();
        prune(grants);
        for (guint i = grants->log->len; i-- > 0;) {
                const Use *use = g_ptr_array_index(grants->log, i);
                if (!app || g_str_equal(use->app, app))
                        json_object_array_add(array, use_to_json(use));
        }
        return array;
}
