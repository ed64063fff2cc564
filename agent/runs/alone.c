/* A page as the model writes it alone, from the sentence and one fixed instruction: what the loops are compared with. */
#include <string.h>

#include "agent/json.h"
#include "agent/runs/run.h"

typedef struct {
        AloneFunc func;
        gpointer user_data;
        gint64 begun;
} Alone;

static void done_cb(const LaneResult *result, const GError *error, gpointer user_data)
{
        Alone *alone = user_data;
        gboolean came = result && result->content && result->content_length;
        g_autoptr(GError) fault = NULL;

        if (!came) {
                alone->func(NULL, error, alone->user_data);
        } else {
                g_autofree char *page = page_strip(PAGE_HTML, result->content, result->content_length);
                g_autofree char *valid = g_utf8_make_valid(page, -1);
                g_autoptr(json_object) answer = json_object_new_object();
                gboolean whole = page_is_whole(page, strlen(page), &fault);

                json_add_text(answer, "page", valid);
                json_add_flag(answer, "whole", whole && !error);
                json_add_text(answer, "fault", error ? error->message : fault ? fault->message : NULL);
                json_add_real(answer, "ms", (g_get_monotonic_time() - alone->begun) / 1000.0);
                json_add_text(answer, "provider", result->provider);
                json_add_text(answer, "model", result->model);
                json_add_text(answer, "recording", result->recording);
                json_add_int(answer, "tokens_in", result->tokens_in);
                json_add_int(answer, "tokens_out", result->tokens_out);
                alone->func(answer, NULL, alone->user_data);
        }
        g_free(alone);
}

void alone_start(Agent *agent, const char *sentence, const char *lane, guint attempt, AloneFunc func, gpointer user_data)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(Prompt) prompt = prompt_render(agent, "alone", &error, "sentence", sentence, NULL);
        LaneRequest request = {
                .lane = lane, .state = "WRITE", .attempt = attempt, .part = "alone", .sentence = sentence, .max_tokens = RUN_TOKENS_PAGE,
                .cache_key = "impromptu-alone", .rank = ADMISSION_WORK, .temperature = -1,
        };
        Alone *alone;

        if (!prompt) {
                func(NULL, error, user_data);
                return;
        }
        alone = g_new0(Alone, 1);
        alone->func = func;
        alone->user_data = user_data;
        alone->begun = g_get_monotonic_time();
        request.messages = prompt->messages;
        request.n_messages = prompt->n_messages;
        lanes_call(agent->lanes, &request, NULL, done_cb, alone);
}
