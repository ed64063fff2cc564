/* Whole answers, written at once: what is paced is player.c's. */
#include "agent/rehearsal/answer.h"

#include <string.h>

#include "agent/json.h"

void answer_json(SoupServerMessage *message, guint status, json_object *body)
{
        g_autofree char *text = json_line(body);

        soup_server_message_set_status(message, status, NULL);
        soup_server_message_set_response(message, "application/json", SOUP_MEMORY_COPY, text, strlen(text));
        json_object_put(body);
}

void answer_trouble(SoupServerMessage *message, const Dialect *dialect, const Trouble *trouble)
{
        answer_json(message, dialect_status(dialect, trouble), dialect->error(trouble));
}

gboolean answer_method_is(SoupServerMessage *message, const Dialect *dialect, const char *method)
{
        static const Trouble trouble = { TROUBLE_METHOD, "This address takes another method.", NULL };

        if (strcmp(soup_server_message_get_method(message), method) == 0)
                return TRUE;
        answer_trouble(message, dialect, &trouble);
        return FALSE;
}
