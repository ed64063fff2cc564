/* Verifies that prose, schemas and C say the same: every event with its fields, every step, error kind and request stands in all three. */
#include <gio/gio.h>
#include <string.h>

#include "protocols/api.h"
#include "protocols/events.h"
#include "protocols/steps.h"
#include "protocols/text.h"

static char *prose;

static char *read_file(const char *name)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *path = g_build_filename(g_getenv("IMPROMPTU_PROTOCOLS"), name, NULL);
        char *text = NULL;

        g_file_get_contents(path, &text, NULL, &error);
        g_assert_no_error(error);
        return text;
}

static json_object *read_schema(const char *name)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *text = read_file(name);
        json_object *schema = text_json(text, strlen(text), &error);

        g_assert_no_error(error);
        return schema;
}

static json_object *member(json_object *object, const char *name)
{
        json_object *value = NULL;

        if (!json_object_object_get_ex(object, name, &value))
                g_error("The schema lacks “%s”.", name);
        return value;
}

/* The part of the prose from "## TITLE" to the next title. */
static char *section(const char *title)
{
        g_autofree char *mark = g_strconcat("\n## ", title, "\n", NULL);
        const char *start = strstr(prose, mark);

        g_assert_nonnull(start);
        const char *end = strstr(start + strlen(mark), "\n## ");
        return end ? g_strndup(start, end - start) : g_strdup(start);
}

/* Every match of the pattern's first group. */
static GHashTable *matches(const char *text, const char *pattern)
{
        GHashTable *found = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_autoptr(GRegex) regex = g_regex_new(pattern, G_REGEX_MULTILINE, 0, NULL);
        g_autoptr(GMatchInfo) match = NULL;

        for (g_regex_match(regex, text, 0, &match); g_match_info_matches(match); g_match_info_next(match, NULL))
                g_hash_table_add(found, g_match_info_fetch(match, 1));
        return found;
}

static void assert_word(const char *text, const char *word, const char *where)
{
        g_autofree char *pattern = g_strdup_printf("(\\b%s\\b)", word);
        g_autoptr(GHashTable) found = matches(text, pattern);

        if (!g_hash_table_size(found))
                g_error("“%s” does not stand in %s.", word, where);
}

static char *row_of(const char *text, const char *name)
{
        g_autofree char *mark = g_strdup_printf("\n| `%s` |", name);
        const char *start = strstr(text, mark);

        if (!start)
                g_error("README.md has no row for “%s”.", name);
        return g_strndup(start + 1, strcspn(start + 1, "\n"));
}

static void test_events(void)
{
        g_autofree char *text = section("Events");
        g_autoptr(GHashTable) named = matches(text, "^\\| `([a-z-]+)` \\|");
        json_object *schema = read_schema("events.schema.json");
        json_object *types = member(schema, "$defs");
        static const char *fields[] = {
#define X(id, name, journalled, fields) fields,
                EVENT_TYPES(X)
#undef X
        };

        for (guint i = 0; i < EVENT_TYPE_COUNT; i++) {
                const char *name = event_type_name(i);
                g_autofree char *row = row_of(text, name);
                json_object *type = member(types, name);
                json_object *required = member(type, "required");
                g_auto(GStrv) wanted = g_strsplit(fields[i], " ", -1);
                g_assert_cmpuint(json_object_array_length(required), ==, g_strv_length(wanted));
                for (guint j = 0; wanted[j]; j++) {
                        g_assert_cmpstr(json_object_get_string(json_object_array_get_idx(required, j)), ==, wanted[j]);
                        member(member(type, "properties"), wanted[j]);
                        assert_word(row, wanted[j], name);
                }
                g_assert_true(event_type_journalled(i) == !(strstr(row, "*live*") || i == EVENT_SNAPSHOT));
        }
        g_assert_cmpuint(g_hash_table_size(named), ==, EVENT_TYPE_COUNT);
        g_assert_cmpint(json_object_object_length(types), ==, EVENT_TYPE_COUNT);
        json_object_put(schema);
}

/* What the prose's row names, the schema names too: fields after the comma-separated list in the second column. */
static void test_event_fields_in_prose(void)
{
        g_autofree char *text = section("Events");
        json_object *schema = read_schema("events.schema.json");

        json_object_object_foreach(member(schema, "$defs"), name, type) {
                g_autofree char *row = row_of(text, name);
                json_object_object_foreach(member(type, "properties"), field, value) {
                        g_assert_nonnull(value);
                        assert_word(row, field, name);
                }
        }
        json_object_put(schema);
}

static void test_event_check(void)
{
        g_autoptr(GError) error = NULL;
        json_object *data = json_object_new_object();
        EventType type;

        g_assert_true(event_type_parse("written", &type));
        g_assert_cmpint(type, ==, EVENT_WRITTEN);
        g_assert_false(event_type_parse("writte", &type));
        g_assert_false(event_type_parse(NULL, &type));
        json_object_object_add(data, "run", json_object_new_string("r1"));
        g_assert_false(event_check(EVENT_WRITTEN, data, &error));
        g_assert_nonnull(strstr(error->message, "“app”"));
        g_clear_error(&error);
        json_object_object_add(data, "text", json_object_new_string("hello"));
        g_assert_true(event_check(EVENT_ANSWER, data, &error));
        g_assert_false(event_check(EVENT_ANSWER, NULL, &error));
        g_assert_nonnull(error);
        json_object_put(data);
}

static void test_steps(void)
{
        g_autofree char *text = section("Check steps");
        g_autoptr(GHashTable) named = matches(text, "^\\| `\\{\"([a-z_]+)\":");
        json_object *schema = read_schema("step.schema.json");
        json_object *kinds = member(schema, "oneOf");

        g_assert_cmpuint(g_hash_table_size(named), ==, STEP_VERB_COUNT);
        g_assert_cmpuint(json_object_array_length(kinds), ==, STEP_VERB_COUNT);
        for (guint i = 0; i < STEP_VERB_COUNT; i++) {
                g_assert_true(g_hash_table_contains(named, step_verb_name(i)));
                json_object *kind = json_object_array_get_idx(kinds, i);
                json_object *first = json_object_array_get_idx(member(kind, "required"), 0);
                g_assert_cmpstr(json_object_get_string(first), ==, step_verb_name(i));
                json_object_object_foreach(member(kind, "properties"), field, value) {
                        g_assert_nonnull(value);
                        assert_word(text, field, "the table of check steps");
                }
        }
        json_object_put(schema);
}

static void test_errors(void)
{
        g_autofree char *text = section("Transport");
        json_object *schema = read_schema("requests.schema.json");
        json_object *error = member(member(member(schema, "$defs"), "error"), "properties");
        json_object *kinds = member(member(member(member(error, "error"), "properties"), "kind"), "enum");
        static const char *names[] = {
#define X(id, name, status) "`" name "`",
                API_ERRORS(X)
#undef X
        };

        g_assert_cmpuint(json_object_array_length(kinds), ==, API_ERROR_COUNT);
        for (guint i = 0; i < API_ERROR_COUNT; i++) {
                g_autofree char *quoted = g_strdup_printf("`%s`", json_object_get_string(json_object_array_get_idx(kinds, i)));
                g_assert_cmpstr(quoted, ==, names[i]);
                if (!strstr(text, names[i]))
                        g_error("README.md does not name the error kind %s.", names[i]);
        }
        json_object_put(schema);
}

typedef struct {
        const char *request;
        gboolean body;
} Request;

/* All requests of the list stand in the prose and those with a body in the schema; counts the latter. */
static guint check_requests(const Request *requests, guint count, GHashTable *named, json_object *bodies)
{
        guint with_body = 0;

        for (guint i = 0; i < count; i++) {
                if (!g_hash_table_contains(named, requests[i].request))
                        g_error("README.md does not name the request %s.", requests[i].request);
                g_assert_true(json_object_object_get_ex(bodies, requests[i].request, NULL) == requests[i].body);
                with_body += requests[i].body;
        }
        return with_body;
}

static void test_requests(void)
{
        static const Request agent[] = {
#define X(id, method, path, body) {method " " path, body},
                API_REQUESTS(X)
#undef X
        };
        static const Request session[] = {
#define X(id, method, path, body) {method " " path, body},
                SESSION_REQUESTS(X)
#undef X
        };
        g_autofree char *table = section("Requests");
        g_autofree char *transport = section("Transport");
        g_autoptr(GHashTable) named = matches(table, "\\b((?:GET|POST|DELETE) /api/[A-Za-z0-9/]+)");
        g_autoptr(GHashTable) session_named = matches(transport, "\\b((?:GET|POST|DELETE) /[a-z-]+)");
        json_object *schema = read_schema("requests.schema.json");
        json_object *bodies = member(schema, "$defs");
        guint with_body = check_requests(agent, G_N_ELEMENTS(agent), named, bodies) +
                          check_requests(session, G_N_ELEMENTS(session), session_named, bodies);

        g_assert_cmpuint(g_hash_table_size(named), ==, G_N_ELEMENTS(agent));
        g_assert_cmpuint(g_hash_table_size(session_named), ==, G_N_ELEMENTS(session));
        g_assert_cmpint(json_object_object_length(bodies), ==, with_body + 1); /* and `error` */
        json_object_put(schema);
}

static void assert_refs(json_object *value, const char *file)
{
        if (json_object_is_type(value, json_type_array)) {
                for (gsize i = 0; i < json_object_array_length(value); i++)
                        assert_refs(json_object_array_get_idx(value, i), file);
        }
        if (!json_object_is_type(value, json_type_object))
                return;
        json_object_object_foreach(value, name, inner) {
                if (strcmp(name, "$ref") != 0 || !json_object_is_type(inner, json_type_string)) {
                        assert_refs(inner, file);
                        continue;
                }
                g_auto(GStrv) parts = g_strsplit(json_object_get_string(inner), "#", 2);
                json_object *schema = read_schema(*parts[0] ? parts[0] : file);
                g_auto(GStrv) path = g_strsplit(parts[1] ? parts[1] : "", "/", -1);
                json_object *target = schema;
                for (guint i = 1; path[0] && path[i]; i++)
                        target = member(target, path[i]);
                json_object_put(schema);
        }
}

/* Every schema can be read, says which file it is, and points only at what exists. */
static void test_schemas(void)
{
        g_autoptr(GDir) folder = g_dir_open(g_getenv("IMPROMPTU_PROTOCOLS"), 0, NULL);
        const char *name;
        guint count = 0;

        while ((name = g_dir_read_name(folder))) {
                if (!g_str_has_suffix(name, ".schema.json"))
                        continue;
                json_object *schema = read_schema(name);
                g_assert_true(g_str_has_suffix(json_object_get_string(member(schema, "$id")), name));
                assert_refs(schema, name);
                json_object_put(schema);
                count++;
        }
        g_assert_cmpuint(count, ==, 10);
}

/* A verdict or a finding's kind that the schema allows is one that the prose explains. */
static void test_evidence(void)
{
        g_autofree char *steps = section("Check steps");
        g_autofree char *findings = section("Findings");
        json_object *schema = read_schema("evidence.schema.json");
        json_object *properties = member(schema, "properties");
        json_object *result = member(member(member(properties, "results"), "items"), "properties");
        json_object *finding = member(member(member(properties, "findings"), "items"), "properties");
        json_object *verdicts = member(member(result, "verdict"), "enum");
        json_object *kinds = member(member(finding, "kind"), "enum");

        for (gsize i = 0; i < json_object_array_length(verdicts); i++)
                assert_word(steps, json_object_get_string(json_object_array_get_idx(verdicts, i)), "the verdicts");
        for (gsize i = 0; i < json_object_array_length(kinds); i++)
                assert_word(findings, json_object_get_string(json_object_array_get_idx(kinds, i)), "the findings");
        g_assert_cmpint(json_object_get_int(member(member(properties, "findings"), "maxItems")), ==, API_FINDINGS_MAX);
        g_assert_cmpint(json_object_get_int(member(member(properties, "results"), "maxItems")), ==, API_REQUIREMENTS_MAX);
        json_object_put(schema);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        prose = read_file("README.md");
        g_test_add_func("/contract/events", test_events);
        g_test_add_func("/contract/event-fields", test_event_fields_in_prose);
        g_test_add_func("/contract/event-check", test_event_check);
        g_test_add_func("/contract/steps", test_steps);
        g_test_add_func("/contract/errors", test_errors);
        g_test_add_func("/contract/requests", test_requests);
        g_test_add_func("/contract/schemas", test_schemas);
        g_test_add_func("/contract/evidence", test_evidence);
        int result = g_test_run();
        g_free(prose);
        return result;
}
