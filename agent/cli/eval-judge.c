/* The judge: a child that plays checks on pages; a line each way. */
#include "agent/cli/eval.h"

struct EvalJudge {
        GSubprocess *process;
        GDataInputStream *answers;
};

EvalJudge *eval_judge_new(EvalWorld *world, const EvalDisplay *display, GError **error)
{
        g_autofree char *program = eval_program("impromptu-judge", "shell"), *run = g_build_filename(eval_world_folder(world), "run", NULL);
        const char *argv[] = {program, NULL};
        const char *environment[] =
                {"XDG_RUNTIME_DIR", run, "DISPLAY", eval_display_name(display), "GTK_A11Y", "none", "NO_AT_BRIDGE", "1", NULL};
        GSubprocess *process = eval_start(argv, environment, G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, error);
        EvalJudge *judge;

        if (!process)
                return NULL;
        judge = g_new0(EvalJudge, 1);
        judge->process = process;
        judge->answers = g_data_input_stream_new(g_subprocess_get_stdout_pipe(process));
        return judge;
}

json_object *eval_judge_page(EvalJudge *judge, const char *app, const char *page, json_object *checks, GError **error)
{
        json_object *job = json_object_new_object(), *verdict;
        GOutputStream *input = g_subprocess_get_stdin_pipe(judge->process);
        g_autofree char *text = NULL, *line = NULL;

        json_object_object_add(job, "app", json_object_new_string(app));
        json_object_object_add(job, "page", json_object_new_string(page));
        json_object_object_add(job, "checks", checks ? json_object_get(checks) : json_object_new_array());
        text = g_strconcat(json_object_to_json_string_ext(job, JSON_C_TO_STRING_PLAIN), "\n", NULL);
        json_object_put(job);
        if (g_output_stream_printf(input, NULL, NULL, error, "%s", text))
                line = g_data_input_stream_read_line(judge->answers, NULL, NULL, error);
        verdict = line ? json_tokener_parse(line) : NULL;
        if (!verdict) {
                g_clear_error(error);
                g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_FAILED,
                                    "The pages cannot be tried: impromptu-judge ended (it says why above).");
        }
        return verdict;
}

void eval_judge_free(EvalJudge *judge)
{
        if (!judge)
                return;
        g_object_unref(judge->answers);
        eval_end(judge->process);
        g_free(judge);
}
