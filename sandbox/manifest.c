#include "manifest.h"

#include "hosts.h"
#include "packages/names.h"
#include "places.h"
#include "programs.h"
#include "wire.h"

#include <math.h>
#include <string.h>

#define RESOURCES_MAX 8 /* of one capability; capabilities.schema.json */
#define RESOURCE_MAX 1024
#define AGREED_PACKAGE "package="
#define DEPTH_MAX 128

static gboolean refuse(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
static gboolean refuse(GError **error, const char *format, ...)
{
        va_list arguments;

        va_start(arguments, format);
        if (error)
                *error = g_error_new_valist(SANDBOX_ERROR, SANDBOX_ERROR_GRANT, format, arguments);
        va_end(arguments);
        return FALSE;
}

static void clear_grant(gpointer data)
{
        g_free((char *)((SandboxGrant *)data)->resource);
}

static GArray *grants_new(void)
{
        GArray *grants = g_array_new(FALSE, FALSE, sizeof(SandboxGrant));

        g_array_set_clear_func(grants, clear_grant);
        return grants;
}

/* A program's place is not the manifest's to choose; where it says the usual one, that is as good as the name. */
static char *canonical_program(const char *resource, GError **error)
{
        static const char *const usual[] = {"/usr/bin/", "/bin/"};
        const char *name = resource;

        for (guint i = 0; i < G_N_ELEMENTS(usual) && name == resource; i++)
                if (g_str_has_prefix(resource, usual[i]))
                        name += strlen(usual[i]);
        if (programs_is_name(name))
                return g_strdup(name);
        refuse(error, "\"%s\" is no program's name; write it without a path, such as ffmpeg.", resource);
        return NULL;
}

/* The plain form of what a model or a person wrote; NULL with an error. */
static char *canonical(SandboxGrantKind kind, const char *resource, GError **error)
{
        g_autofree char *path = NULL;

        if (kind == SANDBOX_SYSTEM)
                return g_strdup(resource);
        if (kind == SANDBOX_NET) {
                const char *why = NULL;
                char *host = hosts_canonical(resource, &why);

                if (!host)
                        refuse(error, "\"%s\" cannot be granted: %s.", resource, why);
                return host;
        }
        if (kind == SANDBOX_RUN)
                return canonical_program(resource, error);
        if (kind == SANDBOX_AUDIO) {
                if (g_str_equal(resource, "play") || g_str_equal(resource, "record"))
                        return g_strdup(resource);
                refuse(error, "\"%s\" is nothing that can be done with sound; there are play and record.", resource);
                return NULL;
        }
        if (resource[0] == '~' && (resource[1] == '/' || !resource[1]))
                path = g_strconcat(places_home(), resource + 1, NULL);
        else
                path = g_strdup(resource);
        if (path[0] != '/') {
                refuse(error, "\"%s\" is not a full path; write it from / or from ~/ on.", resource);
                return NULL;
        }
        /* two slashes at the beginning, and no more, would be kept: they mean something elsewhere */
        return g_canonicalize_filename(path + strspn(path, "/") - 1, "/");
}

static gboolean add(GArray *grants, SandboxGrantKind kind, const char *resource, GError **error)
{
        SandboxGrant grant = {kind, NULL};

        grant.resource = canonical(kind, resource, error);
        if (grant.resource)
                g_array_append_val(grants, grant);
        return grant.resource != NULL;
}

/* ---- reading */

static gboolean read_resources(GArray *wanted, SandboxGrantKind kind, json_object *list, GError **error)
{
        if (!json_object_is_type(list, json_type_array) || json_object_array_length(list) > RESOURCES_MAX)
                return refuse(error, "The manifest's \"%s\" must be a list of at most %d texts.", wire_grant_name(kind), RESOURCES_MAX);
        for (gsize i = 0; i < json_object_array_length(list); i++) {
                json_object *item = json_object_array_get_idx(list, i);
                gsize length = json_object_is_type(item, json_type_string) ? (gsize)json_object_get_string_len(item) : 0;

                if (!length || length > RESOURCE_MAX || strlen(json_object_get_string(item)) != length)
                        return refuse(error, "The manifest's \"%s\" must be a list of at most %d texts.", wire_grant_name(kind),
                                      RESOURCES_MAX);
                if (!add(wanted, kind, json_object_get_string(item), error))
                        return FALSE;
        }
        return TRUE;
}

static gboolean read_limits(Manifest *manifest, json_object *limits, GError **error)
{
        static const struct {
                const char *name;
                double least, most;
                gboolean whole;
        } known[] = {{"seconds", 0.001, 600, FALSE},
                     {"memory_mb", 16, 4096, TRUE},
                     {"processes", 1, 64, TRUE},
                     {"output_kb", 1, SANDBOX_OUTPUT_MOST / 1024, TRUE}};
        double values[G_N_ELEMENTS(known)] = {0};

        if (!json_object_is_type(limits, json_type_object))
                return refuse(error, "The manifest's \"limits\" must be an object.");
        json_object_object_foreach(limits, name, value) {
                gboolean numeric;
                guint i = 0;

                while (i < G_N_ELEMENTS(known) && !g_str_equal(known[i].name, name))
                        i++;
                if (i == G_N_ELEMENTS(known))
                        return refuse(error, "The manifest names a limit \"%s\", which there is not.", name);
                numeric = json_object_is_type(value, json_type_int) ||
                          (!known[i].whole && json_object_is_type(value, json_type_double));
                values[i] = numeric ? json_object_get_double(value) : -1;
                if (!(values[i] >= known[i].least && values[i] <= known[i].most))
                        return refuse(error, "The manifest's limit \"%s\" must be a %snumber from %g to %g.", name,
                                      known[i].whole ? "whole " : "", known[i].least, known[i].most);
        }
        manifest->seconds = values[0];
        manifest->memory_mb = (guint)values[1];
        manifest->processes = (guint)values[2];
        manifest->output_max = (gsize)values[3] * 1024;
        return TRUE;
}

static gboolean is_agreed_package(const char *requirement, const char *const *agreed)
{
        g_autofree char *name = package_name(requirement);

        for (; agreed && *agreed; agreed++) {
                const char *why, *given = g_str_has_prefix(*agreed, AGREED_PACKAGE) ? *agreed + strlen(AGREED_PACKAGE) : NULL;
                g_autofree char *canonical_one = given ? package_canonical(given, &why) : NULL;
                g_autofree char *other = canonical_one ? package_name(canonical_one) : NULL;

                if (g_strcmp0(other, name) == 0)
                        return TRUE;
        }
        return FALSE;
}

static gboolean read_package(const char *text, GStrvBuilder *out, const char *const *agreed, GError **error)
{
        const char *why = NULL, *known = NULL;
        g_autofree char *requirement = package_canonical(text, &why);
        g_autofree char *name = requirement ? package_name(requirement) : NULL;
        g_autoptr(GError) unreadable = NULL;

        if (!requirement)
                return refuse(error, "\"%s\" is no Python package: %s.", text, why);
        if (!is_agreed_package(requirement, agreed)) {
                if (!package_resembles(requirement, &known, &unreadable))
                        return refuse(error, "Python packages cannot be checked: %s.", unreadable->message);
                if (known)
                        return refuse(error, "The package %s is nearly called like the well-known %s, and is another. If it is meant, "
                                             "allow it with --grant " AGREED_PACKAGE "%s", name, known, name);
        }
        g_strv_builder_add(out, requirement);
        return TRUE;
}

static gboolean read_packages(Manifest *manifest, json_object *list, const char *const *agreed, GError **error)
{
        GStrvBuilder *out;
        gboolean done = TRUE;

        if (!json_object_is_type(list, json_type_array) || json_object_array_length(list) > PACKAGES_MAX)
                return refuse(error, "The manifest's \"packages\" must be a list of at most %d texts.", PACKAGES_MAX);
        out = g_strv_builder_new();
        for (gsize i = 0; done && i < json_object_array_length(list); i++) {
                json_object *item = json_object_array_get_idx(list, i);

                done = json_object_is_type(item, json_type_string) ? read_package(json_object_get_string(item), out, agreed, error)
                                                                   : refuse(error, "The manifest's \"packages\" must be texts.");
        }
        g_strfreev(manifest->packages);
        manifest->packages = g_strv_builder_end(out);
        g_strv_builder_unref(out);
        return done;
}

static gboolean read_all(Manifest *manifest, json_object *all, GArray *wanted, const char *const *agreed, GError **error)
{
        json_object *inner;

        /* beside the capabilities of a tool.json as well as among them */
        if (json_object_object_get_ex(all, "capabilities", NULL) && json_object_object_get_ex(all, "packages", &inner) &&
            !read_packages(manifest, inner, agreed, error))
                return FALSE;
        if (json_object_object_get_ex(all, "capabilities", &inner))
                all = inner;
        if (!json_object_is_type(all, json_type_object))
                return refuse(error, "The manifest is not a JSON object.");
        json_object_object_foreach(all, name, value) {
                int kind = wire_grant_from_name(name);

                if (kind >= 0 ? !read_resources(wanted, (SandboxGrantKind)kind, value, error)
                    : g_str_equal(name, "packages")
                            ? !read_packages(manifest, value, agreed, error)
                    : g_str_equal(name, "limits")
                            ? !read_limits(manifest, value, error)
                            : !refuse(error,
                                      "The manifest asks for \"%s\", which tools cannot have. They can have list, read, write, system, "
                                      "net, run, device, audio, packages and limits.", name))
                        return FALSE;
        }
        return TRUE;
}

/* ---- agreeing */

static gboolean read_agreed(GArray *grants, const char *const *agreed, GError **error)
{
        for (; agreed && *agreed; agreed++) {
                const char *equals = strchr(*agreed, '=');
                g_autofree char *name = equals ? g_strndup(*agreed, (gsize)(equals - *agreed)) : NULL;
                int kind = wire_grant_from_name(name);

                if (g_str_has_prefix(*agreed, AGREED_PACKAGE))
                        continue; /* is_agreed_package() */
                if (kind < 0)
                        return refuse(error,
                                      "\"%s\" is no grant; write list=PATH, read=PATH, write=PATH, system=FACT, net=HOST, run=PROGRAM, "
                                      "device=PATH, audio=play or package=NAME.",
                                      *agreed);
                if (!add(grants, (SandboxGrantKind)kind, equals + 1, error))
                        return FALSE;
        }
        return TRUE;
}

/* Of the same server, the one that may do less. */
static const char *overlap_of_hosts(const char *wanted, const char *agreed)
{
        const char *why;
        Host want, agree;

        if (!hosts_parse(wanted, &want, &why) || !hosts_parse(agreed, &agree, &why) || !hosts_same(&want, &agree))
                return NULL;
        return want.any ? agreed : wanted;
}

/* Each of them is more than the one before: who may change a file may read it, and who may read it may see its name. */
static gboolean is_of_files(SandboxGrantKind kind)
{
        return kind == SANDBOX_LIST || kind == SANDBOX_READ || kind == SANDBOX_WRITE;
}

G_STATIC_ASSERT(SANDBOX_LIST < SANDBOX_READ && SANDBOX_READ < SANDBOX_WRITE);

/* The smaller of the two where one lies in the other: a person may agree to less than what is wanted, and to more has no effect. */
static const char *overlap(const SandboxGrant *wanted, const SandboxGrant *agreed)
{
        if (wanted->kind != agreed->kind && !(is_of_files(agreed->kind) && is_of_files(wanted->kind) && agreed->kind > wanted->kind))
                return NULL;
        if (wanted->kind == SANDBOX_SYSTEM || wanted->kind == SANDBOX_RUN || wanted->kind == SANDBOX_DEVICE ||
            wanted->kind == SANDBOX_AUDIO)
                return g_str_equal(wanted->resource, agreed->resource) ? wanted->resource : NULL;
        if (wanted->kind == SANDBOX_NET)
                return overlap_of_hosts(wanted->resource, agreed->resource);
        if (places_is_inside(wanted->resource, agreed->resource))
                return wanted->resource;
        return places_is_inside(agreed->resource, wanted->resource) ? agreed->resource : NULL;
}

/* Everything wanted must be agreed to at least in part; what is given keeps the order in which it was agreed to, because the first folder
 * of it is where the tool starts. */
static gboolean agree(Manifest *manifest, const GArray *wanted, const GArray *agreed, GError **error)
{
        g_autofree gboolean *found = g_new0(gboolean, wanted->len + 1);

        for (guint i = 0; i < agreed->len; i++)
                for (guint j = 0; j < wanted->len; j++) {
                        const SandboxGrant *want = &g_array_index(wanted, SandboxGrant, j);
                        const char *both = overlap(want, &g_array_index(agreed, SandboxGrant, i));
                        SandboxGrant grant = {want->kind, g_strdup(both)};

                        if (both)
                                g_array_append_val(manifest->grants, grant);
                        found[j] |= both != NULL;
                }
        for (guint j = 0; j < wanted->len; j++) {
                const SandboxGrant *want = &g_array_index(wanted, SandboxGrant, j);
                const char *kind = wire_grant_name(want->kind);

                if (!found[j])
                        return refuse(error, "The tool wants %s=%s, and nobody has agreed to that. Allow it with --grant %s=%s", kind,
                                      want->resource, kind, want->resource);
        }
        return TRUE;
}

/* ---- JSON that is read in one way only */

static guint count_names(json_object *value)
{
        guint n = 0;

        if (json_object_is_type(value, json_type_object)) {
                struct json_object_iterator at = json_object_iter_begin(value), end = json_object_iter_end(value);

                for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at))
                        n += 1 + count_names(json_object_iter_peek_value(&at));
        } else if (json_object_is_type(value, json_type_array)) {
                for (gsize i = 0; i < json_object_array_length(value); i++)
                        n += count_names(json_object_array_get_idx(value, i));
        }
        return n;
}

/* In strict JSON a colon outside of a text stands after a name, and nowhere else. A text in single quotes is not strict, whatever json-c
 * says. */
static guint count_colons(const char *text)
{
        gboolean quoted = FALSE;
        guint n = 0;

        for (; *text; text++) {
                if (*text == '"')
                        quoted = !quoted;
                else if (quoted && *text == '\\' && text[1])
                        text++;
                else if (!quoted && *text == '\'')
                        return G_MAXUINT;
                else if (!quoted && *text == ':')
                        n++;
        }
        return n;
}

/* json-c puts the nearest number that it has in the place of an integer beyond 64 bits, and infinity in that of a large one. */
static gboolean has_changed_number(json_object *value)
{
        if (json_object_is_type(value, json_type_object)) {
                struct json_object_iterator at = json_object_iter_begin(value), end = json_object_iter_end(value);

                for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at))
                        if (has_changed_number(json_object_iter_peek_value(&at)))
                                return TRUE;
        } else if (json_object_is_type(value, json_type_array)) {
                for (gsize i = 0; i < json_object_array_length(value); i++)
                        if (has_changed_number(json_object_array_get_idx(value, i)))
                                return TRUE;
        } else if (json_object_is_type(value, json_type_int)) {
                return json_object_get_uint64(value) == G_MAXUINT64 || json_object_get_int64(value) == G_MININT64;
        }
        return json_object_is_type(value, json_type_double) && !isfinite(json_object_get_double(value));
}

/* Not a matter of grants: it is for whoever wrote it. */
static void malformed(GError **error, const char *what, const char *how)
{
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s %s.", what, how);
}

/* No comments, nothing after it, no NaN, no name twice (json-c would take the last, another reader the first), and no number that json-c
 * would change. */
json_object *manifest_strict(const char *what, const char *text, GError **error)
{
        json_tokener *tokener = json_tokener_new_ex(DEPTH_MAX);
        json_object *all;
        gsize end;

        json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8 | JSON_TOKENER_ALLOW_TRAILING_CHARS);
        all = json_tokener_parse_ex(tokener, text, -1);
        end = json_tokener_get_parse_end(tokener);
        json_tokener_free(tokener);
        if (!all || text[end + strspn(text + end, " \t\r\n")]) {
                malformed(error, what, "not JSON");
        } else if (!json_object_is_type(all, json_type_object)) {
                malformed(error, what, "not a JSON object");
        } else if (count_names(all) != count_colons(text)) {
                malformed(error, what, "not strict JSON, in which each name stands only once");
        } else if (has_changed_number(all)) {
                malformed(error, what,
                          "not JSON that is read alike everywhere: a number is beyond 64 bits, or NaN; give large numbers as texts");
        } else {
                return all;
        }
        json_object_put(all);
        return NULL;
}

Manifest *manifest_read(const char *text, const char *const *agreed, GError **error)
{
        g_autoptr(Manifest) manifest = g_new0(Manifest, 1);
        g_autoptr(GArray) wanted = grants_new(), given = grants_new();
        json_object *all = manifest_strict("The manifest is", text, error);
        gboolean done;

        manifest->grants = grants_new();
        done = all && read_all(manifest, all, wanted, agreed, error) && read_agreed(given, agreed, error) &&
               agree(manifest, wanted, given, error);
        json_object_put(all);
        return done ? g_steal_pointer(&manifest) : NULL;
}

void manifest_free(Manifest *manifest)
{
        if (!manifest)
                return;
        g_array_unref(manifest->grants);
        g_strfreev(manifest->packages);
        g_free(manifest);
}
