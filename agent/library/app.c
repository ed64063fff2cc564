/* An app as data: what app.json holds, and what the API shows of it. */
#include "agent/library/internal.h"

#include <string.h>

#include "agent/json.h"
#include "protocols/text.h"

App *app_new(const char *id)
{
        App *app = g_new0(App, 1);
        app->id = g_strdup(id);
        app->title = g_strdup(id);
        app->glyph = g_strdup("");
        app->sentence = g_strdup("");
        app->file = g_strdup("index.html");
        app->requirements = json_object_new_array();
        app->tools = json_object_new_array();
        app->findings = json_object_new_array();
        return app;
}

void app_free(App *app)
{
        if (!app)
                return;
        g_free(app->id);
        g_free(app->title);
        g_free(app->glyph);
        g_free(app->sentence);
        g_free(app->file);
        g_free(app->problem);
        json_object_put(app->requirements);
        json_object_put(app->tools);
        json_object_put(app->findings);
        g_free(app);
}

App *app_copy(const App *app)
{
        App *copy = g_new(App, 1);
        *copy = *app;
        copy->id = g_strdup(app->id);
        copy->title = g_strdup(app->title);
        copy->glyph = g_strdup(app->glyph);
        copy->sentence = g_strdup(app->sentence);
        copy->file = g_strdup(app->file);
        copy->problem = g_strdup(app->problem);
        copy->requirements = json_clone(app->requirements);
        copy->tools = json_clone(app->tools);
        copy->findings = json_clone(app->findings);
        return copy;
}

/* What app.json and the API have in common. */
static json_object *describe(const App *app)
{
        json_object *object = json_object_new_object();
        json_add_text(object, "title", app->title);
        json_add_text(object, "glyph", app->glyph);
        json_add_text(object, "sentence", app->sentence);
        json_add_text(object, "file", app->file);
        json_add(object, "requirements", json_clone(app->requirements));
        json_add(object, "tools", json_clone(app->tools));
        json_add_int(object, "passed", app->passed);
        json_add_int(object, "shown", app->shown);
        json_add_int(object, "total", app->total);
        return object;
}

json_object *app_to_json(const App *app)
{
        json_object *object = describe(app);
        json_add_text(object, "id", app->id);
        json_add_int(object, "version", app->version);
        json_add_int(object, "time", app->time);
        json_add_text(object, "problem", app->problem);
        return object;
}

GBytes *app_to_file(const App *app)
{
        g_autoptr(json_object) object = describe(app);
        if (json_length(app->findings) > 0)
                json_add(object, "findings", json_clone(app->findings));
        const char *text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE | JSON_C_TO_STRING_SPACED);
        char *line = g_strconcat(text, "\n", NULL);
        return g_bytes_new_take(line, strlen(line));
}

static void take_text(char **field, json_object *object, const char *name, gsize max)
{
        const char *text = json_text(object, name);
        if (text) {
                g_free(*field);
                *field = text_plain(text, max);
        }
}

static void take_array(json_object **field, json_object *object, const char *name)
{
        json_object *array = json_field_array(object, name);
        if (array) {
                json_object_put(*field);
                *field = json_object_get(array);
        }
}

void app_from_file(App *app, GBytes *bytes)
{
        gsize length = 0;
        const char *data = bytes ? g_bytes_get_data(bytes, &length) : NULL;
        g_autoptr(GError) error = NULL;
        g_autoptr(json_object) object = data ? json_parse_own(data, (gssize)length) : NULL;
        const char *sentence = json_text(object, "sentence"), *file = json_text(object, "file");
        if (!object || !json_text(object, "title")) {
                if (data && !object)
                        json_object_put(json_parse_object(data, (gssize)length, &error));
                app->problem = g_strdup_printf("apps/%s/app.json %s%s%s. Undo the last change, or mend the file and commit it with git.",
                                               app->id,
                                               !data ? "is missing" : "is damaged", error ? ": " : "", error ? error->message : "");
                return;
        }
        take_text(&app->title, object, "title", API_TITLE_MAX);
        take_text(&app->glyph, object, "glyph", 8);
        take_array(&app->requirements, object, "requirements");
        take_array(&app->tools, object, "tools");
        take_array(&app->findings, object, "findings");
        app->passed = (guint)CLAMP(json_int(object, "passed", 0), 0, G_MAXINT);
        app->shown = (guint)CLAMP(json_int(object, "shown", 0), 0, G_MAXINT);
        app->total = (guint)CLAMP(json_int(object, "total", 0), 0, G_MAXINT);
        if (sentence) {
                g_free(app->sentence);
                app->sentence = g_strdup(sentence);
        }
        if (file && *file) {
                g_free(app->file);
                app->file = g_strdup(file);
        }
}
