/* Edits: sentences that change an app which the loops have made, one after the other in its world. After each all that must hold is played
 * again: its own checks, which tell whether it does what it asks, and the earlier ones, of which none that passed may fail now. */
#include "agent/cli/eval.h"

GPtrArray *eval_edits_ask(Cli *cli, EvalWorld *world, const AppCase *prompt, const char *app, GError **error)
{
        g_autoptr(GPtrArray) runs = g_ptr_array_new_with_free_func((GDestroyNotify)eval_run_free);
        EvalRun *run = NULL;

        for (guint i = 0; i < prompt->edits->len && (!run || run->page); i++) {
                run = g_new0(EvalRun, 1);
                eval_run(cli, world, ((const AppEdit *)prompt->edits->pdata[i])->say, app, run);
                g_ptr_array_add(runs, run);
                if (run->delivered || run->tokens_out)
                        continue;
                g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "No model answered edit %u of “%s”: %s", i + 1, prompt->name,
                            run->message && *run->message ? run->message : "the run ended at once.");
                return NULL;
        }
        return g_steal_pointer(&runs);
}

gboolean eval_verdict_passed(json_object *verdict, gsize at)
{
        json_object *checks = verdict ? cli_array(verdict, "checks") : NULL, *passed = NULL;

        return checks && at < json_object_array_length(checks) &&
               json_object_object_get_ex(json_object_array_get_idx(checks, at), "passed", &passed) && json_object_get_boolean(passed);
}

/* The place of a check among these, which hold the very same ones; their length if it is none of them. */
static gsize place_of(json_object *checks, json_object *check)
{
        gsize n = json_object_array_length(checks);

        for (gsize i = 0; i < n; i++)
                if (json_object_array_get_idx(checks, i) == check)
                        return i;
        return n;
}

static void count_earlier(const AppCase *prompt, guint edit, json_object *before, json_object *after, json_object *line)
{
        const AppEdit *now = prompt->edits->pdata[edit];
        json_object *held = edit ? ((const AppEdit *)prompt->edits->pdata[edit - 1])->holds : prompt->checks, *lost = NULL;
        gsize earlier = json_object_array_length(now->holds) - json_object_array_length(now->checks), passed = 0, broken = 0;

        for (gsize i = 0; i < earlier; i++) {
                json_object *check = json_object_array_get_idx(now->holds, i);

                if (!eval_verdict_passed(before, place_of(held, check)))
                        continue;
                passed++;
                if (eval_verdict_passed(after, i))
                        continue;
                broken++;
                lost = lost ? lost : json_object_new_array();
                json_object_array_add(lost, json_object_get(json_object_object_get(check, "text")));
        }
        json_object_object_add(line, "earlier", json_object_new_int64(passed));
        json_object_object_add(line, "broken", json_object_new_int64(broken));
        if (lost)
                json_object_object_add(line, "lost", lost);
}

json_object *eval_edit_result(const AppCase *prompt, guint edit, const EvalRun *run, json_object *before, json_object *after)
{
        const AppEdit *now = prompt->edits->pdata[edit];
        gsize all = json_object_array_length(now->holds), own = json_object_array_length(now->checks), passed = 0;
        json_object *line = json_object_new_object();

        for (gsize i = all - own; i < all; i++)
                passed += eval_verdict_passed(after, i);
        json_object_object_add(line, "delivered", json_object_new_boolean(run->delivered));
        json_object_object_add(line, "passed", json_object_new_int64(passed));
        json_object_object_add(line, "checks", json_object_new_int64(own));
        count_earlier(prompt, edit, before, after, line);
        json_object_object_add(line, "repaired", json_object_new_boolean(run->repaired));
        json_object_object_add(line, "tokens_in", json_object_new_int64(run->tokens_in));
        json_object_object_add(line, "tokens_out", json_object_new_int64(run->tokens_out));
        json_object_object_add(line, "seconds", json_object_new_double(run->seconds));
        if (!run->delivered)
                json_object_object_add(line, "fault", json_object_new_string(run->message ? run->message : ""));
        return line;
}

void eval_edits_add(EditSum *sum, const AppCase *prompt, json_object *result)
{
        json_object *lines = cli_array(result, "edits"), *delivered = NULL;
        guint n = lines ? (guint)json_object_array_length(lines) : 0;

        if (!lines)
                return;
        for (guint i = 0; i < n; i++) {
                json_object *line = json_object_array_get_idx(lines, i);

                sum->delivered += json_object_object_get_ex(line, "delivered", &delivered) && json_object_get_boolean(delivered);
                sum->right += cli_int(line, "passed") == cli_int(line, "checks");
                sum->earlier += cli_int(line, "earlier");
                sum->broken += cli_int(line, "broken");
                sum->tokens_in += cli_int(line, "tokens_in");
                sum->tokens_out += cli_int(line, "tokens_out");
                sum->seconds += cli_real(line, "seconds");
        }
        sum->asked += n;
        sum->unasked += prompt->edits->len - MIN(n, prompt->edits->len);
}
