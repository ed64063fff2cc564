/* The table of the dialects, and what they share. Each is a file beside this one that fills in a Dialect; chat.c is the ground of those
 * that are chat completions with habits of their own. */
#include "agent/rehearsal/dialects/dialect.h"

#include <string.h>

#include "agent/json.h"

#define DIALECTS(X) X(openai) X(cerebras) X(groq) X(diffusing) X(openrouter) X(mistral) X(llamacpp) X(anthropic) X(responses) X(ollama)

#define X(name) extern const Dialect spoken_##name; /* the reader has its own dialect_… */
DIALECTS(X)
#undef X

static const Dialect *const dialects[] = {
#define X(name) &spoken_##name,
        DIALECTS(X)
#undef X
};

const Dialect *dialect_find(const char *name)
{
        for (gsize i = 0; i < G_N_ELEMENTS(dialects); i++) {
                if (strcmp(dialects[i]->name, name) == 0)
                        return dialects[i];
        }
        return NULL;
}

const Dialect *dialect_at(const char *path)
{
        for (gsize i = 0; i < G_N_ELEMENTS(dialects); i++) {
                gsize base = strlen(dialects[i]->base);
                if (strncmp(path, dialects[i]->base, base) == 0 && strcmp(path + base, dialects[i]->path) == 0)
                        return dialects[i];
        }
        return NULL;
}

char *dialects_list(void)
{
        GString *list = g_string_new(NULL);

        for (gsize i = 0; i < G_N_ELEMENTS(dialects); i++)
                g_string_append_printf(list, "%s%s", i ? ", " : "", dialects[i]->name);
        return g_string_free(list, FALSE);
}

/* ---- troubles ---- */

static const struct {
        guint status;
        const char *type, *code, *anthropic;
} troubles[] = {
#define X(id, status, type, code, anthropic) [TROUBLE_##id] = { status, type, code, anthropic },
        TROUBLES(X)
#undef X
};

guint trouble_status(const Trouble *trouble)
{
        return troubles[trouble->kind].status;
}

const char *trouble_type(const Trouble *trouble)
{
        return troubles[trouble->kind].type;
}

const char *trouble_code(const Trouble *trouble)
{
        return troubles[trouble->kind].code;
}

const char *trouble_anthropic_type(const Trouble *trouble)
{
        return troubles[trouble->kind].anthropic;
}

gboolean trouble_is_own(const Trouble *trouble)
{
        return trouble->kind >= TROUBLE_HEADERS;
}

/* Mistral's server answers a field it does not know with 422, all others with 400. */
guint dialect_status(const Dialect *dialect, const Trouble *trouble)
{
        return trouble->kind == TROUBLE_FIELD && strcmp(dialect->name, "mistral") == 0 ? 422 : trouble_status(trouble);
}

/* ---- what is asked ---- */

void ask_clear(Ask *ask)
{
        json_object_put(ask->messages);
        g_free(ask->model);
        memset(ask, 0, sizeof *ask);
}

/* The text of a message's content: the string, or its parts' texts, a line break between. NULL if it is neither. */
static char *text_of(json_object *content)
{
        g_autoptr(GString) text = NULL;

        if (json_object_is_type(content, json_type_null))
                return g_strdup("");
        if (json_object_is_type(content, json_type_string))
                return g_strdup(json_object_get_string(content));
        if (!json_object_is_type(content, json_type_array))
                return NULL;
        text = g_string_new(NULL);
        for (gsize i = 0; i < json_length(content); i++) {
                json_object *part = json_object_array_get_idx(content, i);
                const char *words = json_text(part, "text");
                json_object *inner = words ? NULL : json_field_array(part, "content");
                g_autofree char *nested = inner ? text_of(inner) : NULL;
                if (words || nested)
                        g_string_append_printf(text, "%s%s", text->len ? "\n" : "", words ? words : nested);
        }
        return g_string_free(g_steal_pointer(&text), FALSE);
}

gboolean ask_add(Ask *ask, const char *role, json_object *content)
{
        g_autofree char *text = text_of(content);
        json_object *message;

        if (!text)
                return FALSE;
        message = json_object_new_object();
        if (!ask->messages)
                ask->messages = json_object_new_array();
        json_add_text(message, "role", strcmp(role, "developer") == 0 ? "system" : role);
        json_add_text(message, "content", text);
        json_object_array_add(ask->messages, message);
        return TRUE;
}

gboolean ask_add_all(Ask *ask, json_object *messages)
{
        if (!json_object_is_type(messages, json_type_array))
                return FALSE;
        if (!ask->messages)
                ask->messages = json_object_new_array();
        for (gsize i = 0; i < json_length(messages); i++) {
                json_object *message = json_object_array_get_idx(messages, i);
                const char *role = json_text(message, "role");
                if (!ask_add(ask, role ? role : "user", json_field(message, "content")))
                        return FALSE;
        }
        return TRUE;
}

static gboolean is_system(json_object *message)
{
        return g_strcmp0(json_text(message, "role"), "system") == 0;
}

json_object *ask_others(const Ask *ask)
{
        json_object *others = json_object_new_array();

        for (gsize i = 0; i < json_length(ask->messages); i++) {
                json_object *message = json_object_array_get_idx(ask->messages, i);
                if (!is_system(message))
                        json_object_array_add(others, json_object_get(message));
        }
        return others;
}

char *ask_system(const Ask *ask)
{
        g_autoptr(GString) text = g_string_new(NULL);

        for (gsize i = 0; i < json_length(ask->messages); i++) {
                json_object *message = json_object_array_get_idx(ask->messages, i);
                if (is_system(message))
                        g_string_append_printf(text, "%s%s", text->len ? "\n\n" : "", json_text(message, "content"));
        }
        return text->len ? g_string_free(g_steal_pointer(&text), FALSE) : NULL;
}

/* ---- an answer that is being written ---- */

Reply *reply_new(const Dialect *dialect, const Ask *ask, const char *model, guint tokens_in)
{
        Reply *reply = g_new0(Reply, 1);

        reply->dialect = dialect;
        reply->model = g_strdup(model);
        reply->id = g_strdup("chatcmpl-rehearsal");
        reply->usage = ask->usage;
        reply->replace = ask->replace;
        reply->tokens_in = tokens_in;
        reply->asked = g_get_monotonic_time();
        reply->text = g_string_new(NULL);
        reply->thoughts = g_string_new(NULL);
        reply->block = -1;
        return reply;
}

void reply_free(Reply *reply)
{
        if (!reply)
                return;
        g_string_free(reply->text, TRUE);
        g_string_free(reply->thoughts, TRUE);
        g_free(reply->model);
        g_free(reply->id);
        g_free(reply->before);
        g_free(reply->after);
        g_free(reply);
}

void reply_begin(Reply *reply, GString *out)
{
        reply->begun = g_get_monotonic_time();
        if (out)
                reply->dialect->begin(reply, out);
}

void reply_text(Reply *reply, GString *out, const char *text, gsize length)
{
        g_string_append_len(reply->text, text, length);
        if (out)
                reply->dialect->text(reply, out, text, length);
}

void reply_thought(Reply *reply, GString *out, const char *text, gsize length)
{
        g_string_append_len(reply->thoughts, text, length);
        if (out)
                reply->dialect->thought(reply, out, text, length);
}

void reply_call(Reply *reply, GString *out, const char *name, const char *arguments)
{
        reply->tool = name;
        reply->arguments = arguments;
        if (out)
                reply->dialect->call(reply, out);
}

void reply_finish(Reply *reply, GString *out, const char *reason)
{
        reply->dialect->finish(reply, out, reason);
}

void reply_fail(Reply *reply, GString *out, const Trouble *trouble)
{
        reply->dialect->fail(reply, out, trouble);
}

json_object *reply_plain(Reply *reply, const char *reason)
{
        return reply->dialect->plain(reply, reason);
}

/* ---- for the dialects themselves ---- */

#define COMPACT (JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)

void reply_event(GString *out, const char *name, json_object *json)
{
        if (name)
                g_string_append_printf(out, "event: %s\n", name);
        g_string_append_printf(out, "data: %s\n\n", json_object_to_json_string_ext(json, COMPACT));
        json_object_put(json);
}

void reply_template_of(Reply *reply, const char *event)
{
        const char *place = strstr(event, "\"" REPLY_PLACE "\"");

        g_assert(place);
        g_free(reply->before);
        g_free(reply->after);
        reply->before = g_strndup(event, place - event);
        reply->after = g_strdup(place + strlen("\"" REPLY_PLACE "\""));
}

void reply_template(Reply *reply, const char *name, json_object *json)
{
        g_autoptr(GString) event = g_string_new(NULL);

        reply_event(event, name, json);
        reply_template_of(reply, event->str);
}

void reply_quoted(GString *out, const char *text, gsize length)
{
        json_object *string = json_object_new_string_len(text, length);

        g_string_append(out, json_object_to_json_string_ext(string, COMPACT));
        json_object_put(string);
}

void reply_templated(Reply *reply, GString *out, const char *text, gsize length)
{
        g_string_append(out, reply->before);
        reply_quoted(out, text, length);
        g_string_append(out, reply->after);
}

gsize reply_piece(const char **at)
{
        gsize length = MIN(strlen(*at), REPLY_PIECE);

        while (((unsigned char)(*at)[length] & 0xC0) == 0x80)
                length++;
        *at += length;
        return length;
}

double reply_seconds(gint64 since)
{
        gint64 now = g_get_monotonic_time();

        return now > since && since > 0 ? (now - since) / (double)G_USEC_PER_SEC : 0;
}

json_object *json_text_or_null(const char *text)
{
        return text ? json_object_new_string(text) : NULL;
}
