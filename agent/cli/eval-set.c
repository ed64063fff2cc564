/* Reads sets of prompts. What is wrong in one is said with its file and its place, before anything is asked of anybody. */
#include <string.h>

#include "agent/cli/eval.h"
#include "protocols/api.h"
#include "protocols/share.h"
#include "protocols/steps.h"
#include "protocols/text.h"

typedef struct {
        const char *path;
        const char *list; /* "cases", "prompts" */
        guint at;         /* from 1; 0: the set as a whole */
} Place;

static gboolean fault(GError **error, const Place *place, const char *format, ...) G_GNUC_PRINTF(3, 4);
static gboolean fault(GError **error, const Place *place, const char *format, ...)
{
        g_autofree char *what = NULL, *where = place->at ? g_strdup_printf("entry %u of “%s”: ", place->at, place->list) : g_strdup("");
        va_list arguments;

        va_start(arguments, format);
        what = g_strdup_vprintf(format, arguments);
        va_end(arguments);
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: %s%s", place->path, where, what);
        return FALSE;
}

static json_object *field(json_object *object, const char *name)
{
        json_object *value = NULL;

        return json_object_object_get_ex(object, name, &value) ? value : NULL;
}

/* A field that must be a text of at most max characters; NULL and an error. Absent is NULL without one, unless it is needed. */
static const char *text_field(json_object *object, const char *name, gsize max, gboolean needed, const Place *place, GError **error)
{
        json_object *value = field(object, name);
        const char *text = json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;

        if (!value && !needed)
                return NULL;
        if (text && *text && g_utf8_strlen(text, -1) <= (glong)max)
                return text;
        fault(error, place, value ? "“%s” must be a text of 1 to %zu characters." : "“%s” is missing (a text of 1 to %zu characters).",
              name, max);
        return NULL;
}

static gboolean only_fields(json_object *object, const char *const *known, const Place *place, GError **error)
{
        json_object_object_foreach(object, name, value) {
                g_autofree char *names = g_strjoinv(", ", (char **)known), *shown = text_plain(name, 40);

                (void)value;
                if (!g_strv_contains(known, name))
                        return fault(error, place, "there is no field “%s”; it may have %s.", shown, names);
        }
        return TRUE;
}

static json_object *read_object(const char *path, GError **error)
{
        Place place = {path};
        g_autofree char *text = NULL;
        g_autoptr(GError) cause = NULL;
        gsize length;
        json_object *object;

        if (!g_file_get_contents(path, &text, &length, error))
                return NULL;
        if (length > EVAL_SET_MAX) {
                fault(error, &place, "it is larger than %d MB.", EVAL_SET_MAX / 1024 / 1024);
                return NULL;
        }
        object = text_json(text, length, &cause);
        if (object && json_object_is_type(object, json_type_object))
                return object;
        fault(error, &place, "it is no JSON object%s%s", cause ? ": " : ".", cause ? cause->message : "");
        json_object_put(object);
        return NULL;
}

typedef gboolean (*ReadFunc)(EvalSet *set, json_object *object, const Place *place, GError **error);

static EvalSet *read_set(const char *path, const char *own, const char *list, GDestroyNotify free_case, ReadFunc read, GError **error)
{
        const char *known[] = {"title", list, NULL};
        g_autofree char *share = path ? NULL : share_folder("eval"), *own_path = path ? NULL : g_build_filename(share, "eval", own, NULL);
        Place place = {path ? path : own_path, list};
        json_object *object = read_object(place.path, error), *array;
        g_autoptr(EvalSet) set = g_new0(EvalSet, 1);
        const char *title;
        gsize count;
        gboolean read_well = object != NULL;

        set->cases = g_ptr_array_new_with_free_func(free_case);
        title = object ? text_field(object, "title", API_TITLE_MAX, TRUE, &place, error) : NULL;
        read_well = title && only_fields(object, known, &place, error);
        set->title = g_strdup(title);
        array = object ? field(object, list) : NULL;
        count = json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
        if (read_well && (count < 1 || count > EVAL_CASES_MAX))
                read_well = fault(error, &place, "“%s” must be an array of 1 to %d entries.", list, EVAL_CASES_MAX);
        for (place.at = 1; read_well && place.at <= count; place.at++) {
                json_object *entry = json_object_array_get_idx(array, place.at - 1);

                read_well = json_object_is_type(entry, json_type_object) ? read(set, entry, &place, error)
                        : fault(error, &place, "it is no object.");
        }
        json_object_put(object);
        return read_well ? g_steal_pointer(&set) : NULL;
}

void eval_set_free(EvalSet *set)
{
        if (!set)
                return;
        g_free(set->title);
        g_ptr_array_unref(set->cases);
        g_free(set);
}

/* ---- routes ---- */

static void route_case_free(gpointer data)
{
        RouteCase *one = data;

        g_free(one->say);
        g_free(one->want);
        g_free(one->lang);
        g_free(one->front);
        json_object_put(one->apps);
        g_free(one);
}

static gboolean titles_are_texts(json_object *apps)
{
        for (gsize i = 0; i < json_object_array_length(apps); i++) {
                json_object *title = json_object_array_get_idx(apps, i);
                if (!json_object_is_type(title, json_type_string) || !json_object_get_string_len(title))
                        return FALSE;
        }
        return TRUE;
}

static gboolean read_route(EvalSet *set, json_object *object, const Place *place, GError **error)
{
        static const char *const known[] = {"say", "want", "lang", "apps", "front", NULL};
        static const char *const routes[] = {"open", "app", "edit", "fix", "tool", "content", "system", NULL};
        g_autoptr(GError) cause = NULL;
        RouteCase *one = g_new0(RouteCase, 1);
        const char *say = text_field(object, "say", API_SENTENCE_MAX, TRUE, place, &cause);
        const char *want = cause ? NULL : text_field(object, "want", 20, TRUE, place, &cause);
        const char *lang = cause ? NULL : text_field(object, "lang", 20, FALSE, place, &cause);
        const char *front = cause ? NULL : text_field(object, "front", API_TITLE_MAX, FALSE, place, &cause);
        json_object *apps = field(object, "apps");

        g_ptr_array_add(set->cases, one);
        if (cause) {
                g_propagate_error(error, g_steal_pointer(&cause));
                return FALSE;
        }
        if (!only_fields(object, known, place, error))
                return FALSE;
        if (!g_strv_contains(routes, want))
                return fault(error, place, "“want” must be one of open, app, edit, fix, tool, content and system.");
        if (apps && (!json_object_is_type(apps, json_type_array) || !titles_are_texts(apps)))
                return fault(error, place, "“apps” must be an array of titles.");
        one->say = g_strdup(say);
        one->want = g_strdup(want);
        one->lang = g_strdup(lang ? lang : "");
        one->front = g_strdup(front);
        one->apps = json_object_get(apps);
        return TRUE;
}

EvalSet *eval_set_routes(const char *path, GError **error)
{
        return read_set(path, "route.json", "cases", route_case_free, read_route, error);
}

/* ---- apps ---- */

static void app_edit_free(gpointer data)
{
        AppEdit *edit = data;

        g_free(edit->say);
        json_object_put(edit->checks);
        json_object_put(edit->holds);
        g_free(edit);
}

static void app_case_free(gpointer data)
{
        AppCase *one = data;

        g_clear_pointer(&one->edits, g_ptr_array_unref);
        g_free(one->name);
        g_free(one->say);
        g_free(one->digest);
        json_object_put(one->checks);
        g_free(one);
}

/* A name becomes a folder's. */
static gboolean is_name(const char *name)
{
        return g_ascii_isalnum(*name) && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(name) &&
                strlen(name) <= EVAL_NAME_MAX;
}

static gboolean check_is_usable(json_object *check, guint number, const Place *place, GError **error)
{
        static const char *const known[] = {"text", "steps", NULL};
        g_autoptr(GError) cause = NULL;
        g_autoptr(GPtrArray) steps = NULL;

        if (!json_object_is_type(check, json_type_object) || !json_object_is_type(field(check, "text"), json_type_string))
                return fault(error, place, "check %u must be an object with “text” and “steps”.", number);
        if (!only_fields(check, known, place, error))
                return FALSE;
        steps = steps_parse(field(check, "steps"), &cause);
        if (!steps || !steps->len)
                return fault(error, place, "check %u: %s", number, cause ? cause->message : "it has no steps.");
        for (guint i = 0; i < steps->len; i++)
                if (!step_computed(steps->pdata[i]))
                        return fault(error, place, "check %u, step %u: an “expr” is not computed here; write the value.", number, i + 1);
        return TRUE;
}

/* NULL, and an error, where it is no array of as many checks as an app can have. */
static json_object *checks_field(json_object *object, const Place *place, GError **error)
{
        json_object *checks = field(object, "checks");
        gsize count = json_object_is_type(checks, json_type_array) ? json_object_array_length(checks) : 0;

        if (count < 1 || count > API_REQUIREMENTS_MAX) {
                fault(error, place, "“checks” must be an array of 1 to %d checks.", API_REQUIREMENTS_MAX);
                return NULL;
        }
        for (gsize i = 0; i < count; i++)
                if (!check_is_usable(json_object_array_get_idx(checks, i), i + 1, place, error))
                        return NULL;
        return checks;
}

/* ---- edits ---- */

/* Edits name checks by their texts, so none may stand for two. */
static json_object *check_called(json_object *checks, const char *text)
{
        for (gsize i = 0; i < json_object_array_length(checks); i++) {
                json_object *check = json_object_array_get_idx(checks, i);

                if (strcmp(json_object_get_string(field(check, "text")), text) == 0)
                        return check;
        }
        return NULL;
}

static gboolean take_checks(json_object *into, json_object *checks, const Place *place, GError **error)
{
        for (gsize i = 0; i < json_object_array_length(checks); i++) {
                json_object *check = json_object_array_get_idx(checks, i);
                const char *text = json_object_get_string(field(check, "text"));

                if (check_called(into, text))
                        return fault(error, place, "the check “%.60s” is there twice, so an edit could not say which it means.", text);
                json_object_array_add(into, json_object_get(check));
        }
        if (json_object_array_length(into) > API_REQUIREMENTS_MAX)
                return fault(error, place, "more than %d checks would have to hold.", API_REQUIREMENTS_MAX);
        return TRUE;
}

static gboolean replaces_are_checks(json_object *replaces, json_object *held, const Place *place, GError **error)
{
        gsize count = json_object_is_type(replaces, json_type_array) ? json_object_array_length(replaces) : 0;

        if (replaces && !count)
                return fault(error, place, "“replaces” must be an array of texts of earlier checks; without any, leave it out.");
        for (gsize i = 0; i < count; i++) {
                json_object *text = json_object_array_get_idx(replaces, i);

                const char *named = json_object_is_type(text, json_type_string) ? json_object_get_string(text) : "";

                if (!check_called(held, named))
                        return fault(error, place, "“replaces” names “%.60s”, which is no check that holds before it.", named);
        }
        return TRUE;
}

static gboolean is_among(json_object *texts, json_object *check)
{
        const char *text = json_object_get_string(field(check, "text"));

        for (gsize i = 0; texts && i < json_object_array_length(texts); i++)
                if (strcmp(json_object_get_string(json_object_array_get_idx(texts, i)), text) == 0)
                        return TRUE;
        return FALSE;
}

/* held: what holds before it. NULL, and an error: it is none. */
static AppEdit *read_edit(json_object *object, json_object *held, const Place *place, GError **error)
{
        static const char *const known[] = {"say", "checks", "replaces", NULL};
        const char *say = text_field(object, "say", API_SENTENCE_MAX, TRUE, place, error);
        json_object *checks = say ? checks_field(object, place, error) : NULL, *replaces = field(object, "replaces");
        AppEdit *edit;

        if (!checks || !only_fields(object, known, place, error) || !replaces_are_checks(replaces, held, place, error))
                return NULL;
        edit = g_new0(AppEdit, 1);
        edit->say = g_strdup(say);
        edit->checks = json_object_get(checks);
        edit->holds = json_object_new_array();
        for (gsize i = 0; i < json_object_array_length(held); i++)
                if (!is_among(replaces, json_object_array_get_idx(held, i)))
                        json_object_array_add(edit->holds, json_object_get(json_object_array_get_idx(held, i)));
        if (take_checks(edit->holds, checks, place, error))
                return edit;
        app_edit_free(edit);
        return NULL;
}

static gboolean read_edits(AppCase *one, json_object *edits, const Place *place, GError **error)
{
        gsize count = json_object_is_type(edits, json_type_array) ? json_object_array_length(edits) : 0;
        json_object *first = json_object_new_array(), *held = first;
        gboolean well = TRUE;

        if (count < 1 || count > EVAL_EDITS_MAX)
                well = fault(error, place, "“edits” must be an array of 1 to %d edits; without any, leave it out.", EVAL_EDITS_MAX);
        well = well && take_checks(first, one->checks, place, error);
        for (gsize i = 0; well && i < count; i++) {
                g_autofree char *path = g_strdup_printf("%s: entry %u of “%s”", place->path, place->at, place->list);
                Place here = {path, "edits", i + 1};
                json_object *object = json_object_array_get_idx(edits, i);
                AppEdit *edit = NULL;

                if (json_object_is_type(object, json_type_object))
                        edit = read_edit(object, held, &here, error);
                else
                        fault(error, &here, "it is no object.");
                well = edit != NULL;
                if (!edit)
                        break;
                g_ptr_array_add(one->edits, edit);
                held = edit->holds;
        }
        json_object_put(first);
        return well;
}

/* ---- prompts ---- */

/* What is measured: a prompt without edits has the digest that it had before there were any. */
static char *digest_of(const char *say, json_object *checks, json_object *edits)
{
        g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
        json_object *parts[] = {checks, edits};

        g_checksum_update(sum, (const guchar *)say, -1);
        for (gsize i = 0; i < G_N_ELEMENTS(parts) && parts[i]; i++) {
                g_checksum_update(sum, (const guchar *)"\n", 1);
                g_checksum_update(sum, (const guchar *)json_object_to_json_string_ext(parts[i], JSON_C_TO_STRING_PLAIN), -1);
        }
        return g_strdup(g_checksum_get_string(sum));
}

static gboolean name_is_taken(const EvalSet *set, const char *name)
{
        for (guint i = 0; i < set->cases->len; i++)
                if (g_strcmp0(((const AppCase *)set->cases->pdata[i])->name, name) == 0)
                        return TRUE;
        return FALSE;
}

static gboolean read_app(EvalSet *set, json_object *object, const Place *place, GError **error)
{
        static const char *const known[] = {"name", "say", "checks", "edits", NULL};
        g_autoptr(GError) cause = NULL;
        AppCase *one = g_new0(AppCase, 1);
        const char *name = text_field(object, "name", EVAL_NAME_MAX, TRUE, place, &cause);
        const char *say = cause ? NULL : text_field(object, "say", API_SENTENCE_MAX, TRUE, place, &cause);
        json_object *checks = NULL, *edits = field(object, "edits");

        if (!cause && !is_name(name))
                fault(&cause, place, "“name” may have small letters, digits and hyphens, and is a folder's name.");
        else if (!cause && name_is_taken(set, name))
                fault(&cause, place, "the name “%s” is there twice.", name);
        else if (!cause)
                checks = checks_field(object, place, &cause);
        g_ptr_array_add(set->cases, one);
        if (cause) {
                g_propagate_error(error, g_steal_pointer(&cause));
                return FALSE;
        }
        if (!only_fields(object, known, place, error))
                return FALSE;
        one->name = g_strdup(name);
        one->say = g_strdup(say);
        one->checks = json_object_get(checks);
        one->edits = g_ptr_array_new_with_free_func(app_edit_free);
        one->digest = digest_of(say, checks, edits);
        return !edits || read_edits(one, edits, place, error);
}

/* The prompt of this name is moved from one set into the other. */
static gboolean pick(EvalSet *from, EvalSet *into, json_object *name, const Place *place, GError **error)
{
        const char *wanted = json_object_is_type(name, json_type_string) ? json_object_get_string(name) : "";

        for (guint i = 0; i < from->cases->len; i++) {
                if (strcmp(((const AppCase *)from->cases->pdata[i])->name, wanted) != 0)
                        continue;
                g_ptr_array_add(into->cases, g_ptr_array_steal_index(from->cases, i));
                return TRUE;
        }
        return fault(error, place, "“%.60s” is no prompt of that set, or is there twice.", wanted);
}

/* A set that is a part of another: {title, of: a file beside this one, names}. */
static EvalSet *read_part(const char *path, json_object *object, GError **error)
{
        static const char *const known[] = {"title", "of", "names", NULL};
        Place place = {path, "names"};
        const char *title = text_field(object, "title", API_TITLE_MAX, TRUE, &place, error);
        const char *of = title ? text_field(object, "of", EVAL_CASES_MAX, TRUE, &place, error) : NULL;
        json_object *names = field(object, "names");
        gsize count = json_object_is_type(names, json_type_array) ? json_object_array_length(names) : 0;
        g_autofree char *folder = g_path_get_dirname(path), *whole_path = of ? g_build_filename(folder, of, NULL) : NULL;
        g_autoptr(EvalSet) whole = NULL, part = NULL;

        if (!of || !only_fields(object, known, &place, error))
                return NULL;
        if (!count || strchr(of, '/')) {
                fault(error, &place, strchr(of, '/') ? "“of” must be the name of a file beside this one."
                      : "“names” must be an array of prompts' names.");
                return NULL;
        }
        whole = read_set(whole_path, NULL, "prompts", app_case_free, read_app, error);
        part = whole ? g_new0(EvalSet, 1) : NULL;
        if (!part)
                return NULL;
        part->title = g_strdup(title);
        part->cases = g_ptr_array_new_with_free_func(app_case_free);
        for (place.at = 1; place.at <= count; place.at++)
                if (!pick(whole, part, json_object_array_get_idx(names, place.at - 1), &place, error))
                        return NULL;
        return g_steal_pointer(&part);
}

EvalSet *eval_set_apps(const char *path, GError **error)
{
        json_object *object = path ? read_object(path, error) : NULL;
        EvalSet *set;

        if (path && !object)
                return NULL;
        set = object && field(object, "of") ? read_part(path, object, error)
                : read_set(path, "apps.json", "prompts", app_case_free, read_app, error);
        json_object_put(object);
        return set;
}
