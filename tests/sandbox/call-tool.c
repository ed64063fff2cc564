/* call-tool SANDBOX FOLDER TOOL.json TOOL.py ARGUMENTS ANSWER: a call through the agent's own parts (manifest, questions, toolbox) and a
 * real sandbox, for net.py. Every question is answered with ANSWER; with "sample" the tool's first sample, TOOL.json's "samples", is run
 * instead. Prints {result} or {error, kind} and what was asked. */
#include <stdio.h>

#include "agent/json.h"
#include "agent/questions.h"
#include "agent/toolbox.h"
#include "sandbox/client.h"
#include "tests/agent/folders.h"

typedef struct {
        GMainLoop *loop;
        Agent *agent;
        const char *answer;
        json_object *out;
} Run;

static void told_cb(json_object *result, const char *traceback, const GError *error, gpointer user_data)
{
        Run *run = user_data;

        if (error) {
                json_add_text(run->out, "error", error->message);
                json_add_int(run->out, "kind", error->code);
        } else {
                json_add(run->out, "result", json_object_get(result));
        }
        g_main_loop_quit(run->loop);
}

static gboolean answer_cb(gpointer user_data)
{
        Run *run = user_data;
        g_autoptr(json_object) waiting = questions_waiting(run->agent->questions);

        for (gsize i = 0; i < json_length(waiting); i++) {
                json_object *question = json_object_array_get_idx(waiting, i);

                json_push_text(json_field_array(run->out, "asked"), json_text(question, "sentence"));
                questions_answer(run->agent->questions, json_text(question, "question"), run->answer, NULL);
        }
        return G_SOURCE_REMOVE;
}

static json_object *read_json(const char *path)
{
        g_autofree char *text = NULL;
        g_autoptr(GError) error = NULL;
        json_object *value = NULL;

        if (g_file_get_contents(path, &text, NULL, &error))
                value = json_parse(text, -1, &error);
        g_assert_no_error(error);
        return value;
}

int main(int argc, char **argv)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *source = NULL;
        g_autoptr(json_object) manifest = argc == 7 ? read_json(argv[3]) : NULL, arguments = argc == 7 ? json_parse(argv[5], -1, NULL) : NULL;
        Run run = {.loop = g_main_loop_new(NULL, FALSE), .out = json_object_new_object()};
        Tool *tool;

        if (!manifest || !arguments || !g_file_get_contents(argv[4], &source, NULL, NULL))
                return 2;
        json_add(run.out, "asked", json_object_new_array());
        run.agent = test_agent(argv[2]);
        sandbox_client_free(run.agent->sandbox);
        run.agent->sandbox = sandbox_client_new(argv[1]);
        run.answer = argv[6];
        tool = tool_from_manifest(manifest, source, json_field(manifest, "samples"), &error);
        g_assert_no_error(error);
        if (g_str_equal(run.answer, "sample")) {
                toolbox_try_sample(run.agent->toolbox, tool, 0, NULL, told_cb, &run);
        } else {
                toolbox_call_tool(run.agent->toolbox, "weather", tool, arguments, "how warm is it?", NULL, told_cb, &run);
                g_idle_add(answer_cb, &run);
        }
        g_main_loop_run(run.loop);
        puts(json_object_to_json_string_ext(run.out, JSON_C_TO_STRING_PLAIN));
        tool_free(tool);
        test_agent_free(run.agent);
        json_object_put(run.out);
        g_main_loop_unref(run.loop);
        return 0;
}
