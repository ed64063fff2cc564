/* eval: reads the words. The sets lie in data/eval/, whose README says what is measured and how to repeat it. */
#include <stdlib.h>
#include <string.h>

#include "agent/cli/eval.h"

typedef struct {
        const char *lane, *out, *file;
        guint arms, seeds;
} Options;

static const char *const arm_names[ARM_COUNT] = {"alone", "samples", "loops"};

const char *eval_arm_name(EvalArm arm)
{
        return arm_names[arm];
}

static gboolean read_arm(const char *value, guint *arms)
{
        for (guint i = 0; i < ARM_COUNT; i++) {
                if (strcmp(arm_names[i], value) != 0)
                        continue;
                *arms |= 1u << i;
                return TRUE;
        }
        return FALSE;
}

static gboolean read_seeds(const char *value, guint *seeds)
{
        guint64 number;

        if (!g_ascii_string_to_unsigned(value, 10, 1, EVAL_SEEDS_MAX, &number, NULL))
                return FALSE;
        *seeds = (guint)number;
        return TRUE;
}

/* One option with its value. FALSE, and it was said: it cannot be. */
static gboolean take_option(Cli *cli, const char *name, const char *value, gboolean apps, Options *options)
{
        static const char *const lanes[] = {"fast", "deep", "router", NULL};
        g_autofree char *sentence = NULL;

        if (strcmp(name, "--lane") == 0 && g_strv_contains(lanes, value)) {
                options->lane = value;
                return TRUE;
        }
        if (apps && strcmp(name, "--out") == 0) {
                options->out = value;
                return TRUE;
        }
        if (apps && strcmp(name, "--arm") == 0 && read_arm(value, &options->arms))
                return TRUE;
        if (apps && strcmp(name, "--seeds") == 0 && read_seeds(value, &options->seeds))
                return TRUE;
        if (strcmp(name, "--lane") == 0)
                sentence = g_strdup("--lane is fast, deep or router.");
        else if (apps && strcmp(name, "--arm") == 0)
                sentence = g_strdup("--arm is alone, samples or loops; without it all three are run.");
        else if (apps && strcmp(name, "--seeds") == 0)
                sentence = g_strdup_printf("--seeds is a number from 1 to %d.", EVAL_SEEDS_MAX);
        else
                sentence = g_strdup_printf("“eval %s” has no option “%.40s”.", apps ? "apps" : "route", name);
        cli_bad_words(cli, sentence);
        return FALSE;
}

static gboolean take_words(Cli *cli, char **words, gboolean apps, Options *options)
{
        for (; *words; words++) {
                if (!g_str_has_prefix(*words, "--")) {
                        if (options->file) {
                                cli_bad_words(cli, "One FILE at a time.");
                                return FALSE;
                        }
                        options->file = *words;
                } else if (!words[1]) {
                        g_autofree char *sentence =
                                g_strdup_printf("The option “%.40s” needs a value, or there is none of this name.", *words);
                        cli_bad_words(cli, sentence);
                        return FALSE;
                } else if (!take_option(cli, words[0], words[1], apps, options)) {
                        return FALSE;
                } else {
                        words++;
                }
        }
        return TRUE;
}

void cli_eval(Cli *cli, char **words)
{
        gboolean apps = strcmp(words[0], "apps") == 0;
        Options options = {.seeds = 1};
        g_autoptr(EvalSet) set = NULL;
        g_autoptr(GError) error = NULL;

        if (!apps && strcmp(words[0], "route") != 0) {
                cli_bad_words(cli, "“eval” measures “route” or “apps”.");
                return;
        }
        if (!take_words(cli, words + 1, apps, &options))
                return;
        set = apps ? eval_set_apps(options.file, &error) : eval_set_routes(options.file, &error);
        if (!set) {
                cli_bad_words(cli, error->message);
                return;
        }
        if (apps)
                eval_apps(cli, set,
                          &(EvalPlan){options.arms ? options.arms : ARMS_ALL, options.lane ? options.lane : "fast", options.lane != NULL,
                                      options.seeds, options.out});
        else
                eval_route(cli, set, options.lane ? options.lane : "router");
}
