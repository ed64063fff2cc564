/* The part of the model that is about what apps want, what they may do, and fixes that wait for them. */
#include <string.h>

#include "protocols/text.h"
#include "shell/ui/fields.h"
#include "shell/ui/model.h"

#define ANSWERS_MAX 9

void
question_free(Question *question)
{
        g_free(question->id);
        g_free(question->app);
        g_free(question->title);
        g_free(question->capability);
        g_free(question->resource);
        g_free(question->sentence);
        g_free(question->detail);
        g_free(question->quote);
        g_free(question->reason);
        g_free(question->has);
        g_strfreev(question->answers);
        g_strfreev(question->choose);
        g_free(question);
}

Question *
model_question(Model *model, const char *id)
{
        for (guint i = 0; id && i < model->questions->len; i++)
                if (strcmp(((Question *)model->questions->pdata[i])->id, id) == 0)
                        return model->questions->pdata[i];
        return NULL;
}

static char *
shown(json_object *data, const char *key)
{
        return text_plain(field_text(data, key), MODEL_TEXT);
}

/* The list's names, as far as they are some. */
static GStrv
names(json_object *list)
{
        g_autoptr(GStrvBuilder) kept = g_strv_builder_new();
        guint n = 0;

        for (gsize i = 0; i < list_length(list) && n < ANSWERS_MAX; i++) {
                json_object *name = json_object_array_get_idx(list, i);

                if (json_object_is_type(name, json_type_string) && name_is_token(json_object_get_string(name))) {
                        g_strv_builder_add(kept, json_object_get_string(name));
                        n++;
                }
        }
        return g_strv_builder_end(kept);
}

gboolean
model_add_question(Model *model, json_object *data)
{
        const char *id = field_text(data, "question");
        g_auto(GStrv) answers = names(field_list(data, "answers"));
        Question *question;

        if (!name_is_token(id) || model_question(model, id) || model->questions->len >= MODEL_QUESTIONS_MAX || !*answers)
                return FALSE;
        question = g_new0(Question, 1);
        question->id = g_strdup(id);
        question->app = g_strdup(name_is_app(field_text(data, "app")) ? field_text(data, "app") : "");
        question->title = text_plain(field_text(data, "title"), 80);
        question->capability = text_plain(field_text(data, "capability"), 20);
        question->resource = g_strdup(field_text(data, "resource")); /* a place to begin at; never shown */
        question->sentence = shown(data, "sentence");
        question->detail = shown(data, "detail");
        question->quote = shown(data, "quote");
        question->reason = shown(data, "reason");
        question->has = shown(data, "has");
        question->answers = g_steal_pointer(&answers);
        question->choose = names(field_list(data, "choose"));
        g_ptr_array_add(model->questions, question);
        return TRUE;
}

gboolean
model_drop_question(Model *model, const char *id)
{
        Question *question = model_question(model, id);

        if (!question)
                return FALSE;
        g_ptr_array_remove(model->questions, question);
        return TRUE;
}

static void
permit_free(gpointer data)
{
        Permit *permit = data;

        g_free(permit->id);
        g_free(permit->phrase);
        g_free(permit->answer);
        g_free(permit->tool);
        g_free(permit);
}

void
model_take_permits(App *app, json_object *data)
{
        json_object *grants = field_list(data, "grants");

        g_clear_pointer(&app->permits, g_ptr_array_unref);
        app->permits = g_ptr_array_new_with_free_func(permit_free);
        for (gsize i = 0; i < list_length(grants) && app->permits->len < MODEL_PERMITS_MAX; i++) {
                json_object *grant = json_object_array_get_idx(grants, i);
                Permit *permit;

                if (!name_is_token(field_text(grant, "id")) || strcmp(field_text(grant, "app"), app->id) != 0)
                        continue;
                permit = g_new0(Permit, 1);
                permit->id = g_strdup(field_text(grant, "id"));
                permit->phrase = shown(grant, "phrase");
                permit->answer = shown(grant, "answer");
                permit->tool = shown(grant, "tool");
                permit->chosen = field_bool(grant, "chosen");
                permit->used = field_int(grant, "used");
                permit->uses = field_int(grant, "uses");
                g_ptr_array_add(app->permits, permit);
        }
}

void
model_take_prepared(App *app, json_object *data)
{
        Prepared *prepared = app->prepared;

        app->prepared = NULL;
        if (prepared) {
                g_free(prepared->run);
                g_free(prepared->text);
                g_free(prepared);
        }
        if (strcmp(field_text(data, "state"), "ready") != 0 || !name_is_run(field_text(data, "run")))
                return;
        app->prepared = g_new0(Prepared, 1);
        app->prepared->run = g_strdup(field_text(data, "run"));
        app->prepared->text = shown(data, "text");
        app->prepared->lines = (guint)CLAMP(field_int(data, "lines"), 0, 1000000);
        app->prepared->passed = (guint)CLAMP(field_int(data, "passed"), 0, 1000);
        app->prepared->shown = (guint)CLAMP(field_int(data, "shown"), 0, 1000);
        app->prepared->total = (guint)CLAMP(field_int(data, "total"), 0, 1000);
}
