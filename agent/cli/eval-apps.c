#include "agent/cli/eval.h"
void eval_apps(Cli *cli, EvalSet *set, const EvalPlan *plan) { cli_bad_words(cli, "not yet"); }
