/* Errors inside an answer. They come as an event of that name, under `error` beside whatever else, bare at the top of a body, as text, or
 * under a framework's own names; codes are words or numbers. */
#include <stdlib.h>
#include <string.h>

#include "agent/inference/wire/internal.h"

#define UNSAID "an error without a message"

/* What well-known codes and types are in HTTP, where the server does not say. */
static const struct {
        const char *code;
        int status;
} statuses[] = {
        { "invalid_request_error", 400 }, { "context_length_exceeded", 400 }, { "wrong_api_format", 400 }, { "invalid_prompt", 400 },
        { "tool_use_failed", 400 },
        { "authentication_error", 401 }, { "invalid_api_key", 401 }, { "billing_error", 402 }, { "permission_error", 403 },
        { "not_found_error", 404 }, { "model_not_found", 404 }, { "request_too_large", 413 },
        { "rate_limit_error", 429 }, { "rate_limit_exceeded", 429 }, { "insufficient_quota", 429 }, { "queue_exceeded", 429 },
        { "too_many_requests", 429 },
        { "api_error", 500 }, { "server_error", 500 }, { "internal_server_error", 500 }, { "timeout_error", 504 },
        { "overloaded_error", 529 },
};

static int status_of(const char *word)
{
        if (!word)
                return 0;
        if (strspn(word, "0123456789") == 3 && strlen(word) == 3)
                return atoi(word);
        for (gsize i = 0; i < G_N_ELEMENTS(statuses); i++) {
                if (strcmp(statuses[i].code, word) == 0)
                        return statuses[i].status;
        }
        return 0;
}

static gboolean is_http(double status)
{
        return status >= 100 && status < 600;
}

static gboolean is_number(json_object *value)
{
        return json_object_is_type(value, json_type_int) || json_object_is_type(value, json_type_double);
}

static int said_status(json_object *object)
{
        static const char *const names[] = { "status_code", "status", "code", "StatusCode" /* Ollama */ };

        for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
                double status = wire_number(object, names[i]);
                if (is_http(status))
                        return (int)status;
        }
        return 0;
}

/* An error's words, wherever they stand; NULL if there are none. */
static const char *message_of(json_object *error)
{
        static const char *const names[] = { "message", "detail", "error", "msg", "title" };
        json_object *details;

        if (json_object_is_type(error, json_type_string))
                return json_object_get_string(error);
        for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
                const char *text = wire_text(error, names[i]);
                if (text && *text)
                        return text;
        }
        for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
                if (wire_object(error, names[i]))
                        return message_of(wire_object(error, names[i]));
        }
        details = wire_array(error, "detail");
        return details && json_object_array_length(details) > 0 ? wire_text(json_object_array_get_idx(details, 0), "msg") : NULL;
}

void wire_take_error(ChatStream *stream, json_object *error, json_object *around)
{
        ChatAnswer *answer = &stream->answer;
        json_object *code = is_number(error) ? error : wire_get(error, "code");
        const char *message = message_of(error);

        if (answer->failed)
                return;
        if (!message && around != error)
                message = message_of(around);
        wire_fail(stream, FALSE, message && *message ? message : UNSAID);
        if (g_strcmp0(wire_text(error, "type"), "error") != 0)
                wire_set(&answer->error_type, wire_text(error, "type"));
        if (!answer->error_type)
                wire_set(&answer->error_type, wire_text(error, "status")); /* Google */
        if (json_object_is_type(code, json_type_string) || is_number(code))
                wire_set(&answer->error_code, json_object_get_string(code));
        if (!answer->error_code)
                wire_set(&answer->error_code, answer->error_type);
        answer->error_status = said_status(error);
        if (!answer->error_status && around != error)
                answer->error_status = said_status(around);
        if (!answer->error_status)
                answer->error_status = status_of(answer->error_code);
        if (!answer->error_status)
                answer->error_status = status_of(answer->error_type);
}

/* `"error": null`, false, 0, "" and {} say that there is none. */
static gboolean says_something(json_object *error)
{
        switch (json_object_get_type(error)) {
        case json_type_object:
                return json_object_object_length(error) > 0;
        case json_type_string:
                return json_object_get_string_len(error) > 0;
        case json_type_array:
                return json_object_array_length(error) > 0;
        case json_type_int:
        case json_type_double:
                return json_object_get_double(error) != 0;
        default:
                return FALSE;
        }
}

/* In a stream a message alone may be news of any kind; as a whole body it is why there is no answer. */
static gboolean has_marks(const ChatStream *stream, json_object *object)
{
        static const char *const marks[] = { "code", "param", "status_code", "object" };
        gboolean any = stream->direct;

        for (gsize i = 0; i < G_N_ELEMENTS(marks); i++)
                any = any || json_object_object_get_ex(object, marks[i], NULL);
        return any;
}

gboolean wire_read_error(ChatStream *stream, json_object *object, const char *event)
{
        json_object *error = wire_get(object, "error");
        gboolean named = strcmp(event, "error") == 0 || g_strcmp0(wire_text(object, "type"), "error") == 0 ||
                         (json_object_is_type(error, json_type_boolean) && json_object_get_boolean(error));

        if (says_something(error)) {
                if (json_object_is_type(error, json_type_array))
                        error = json_object_array_get_idx(error, 0);
                wire_take_error(stream, error, object);
                return TRUE;
        }
        /* Cerebras, Mistral and vLLM put an error's fields at the top of a body, FastAPI calls them detail, gateways errors. */
        if (!named && !wire_get(object, "choices") && !wire_get(object, "output") && !wire_get(object, "content")) {
                json_object *list = wire_array(object, "errors");
                if (list && json_object_array_length(list) > 0) {
                        wire_take_error(stream, json_object_array_get_idx(list, 0), object);
                        return TRUE;
                }
                named = (wire_text(object, "message") && has_marks(stream, object)) || wire_get(object, "detail");
        }
        if (named)
                wire_take_error(stream, object, object);
        return named;
}
