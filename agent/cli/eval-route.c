/* eval route: where sentences go, against where they should. */
#include <stdio.h>
#include <string.h>

#include "agent/cli/eval.h"
#include "protocols/api.h"
#include "protocols/text.h"

#define WRONG_SHOWN_MAX 200
#define SAY_SHOWN 60 /* characters */

static const char *const routes[] = {"open", "app", "edit", "fix", "tool", "content", "system"};
#define ROUTES G_N_ELEMENTS(routes)

typedef enum { BY_RULE, BY_MODEL, BY_COUNT } By;

typedef struct {
        guint right, all;
} Count;

typedef struct {
        Count total, by[BY_COUNT];
        GArray *ms[BY_COUNT];         /* of double */
        guint table[ROUTES][ROUTES];  /* wanted, went */
        GHashTable *languages;        /* name to Count */
        GString *wrong;
        guint wrong_count;
        gint64 tokens_in, tokens_out;
        char *model;
} Score;

static guint route_place(const char *name)
{
        for (guint i = 0; i < ROUTES; i++)
                if (g_strcmp0(routes[i], name) == 0)
                        return i;
        return ROUTES;
}

static void count(Count *one, gboolean right)
{
        one->all++;
        one->right += right;
}

static void count_language(Score *score, const char *name, gboolean right)
{
        Count *one = g_hash_table_lookup(score->languages, name);

        if (!one) {
                one = g_new0(Count, 1);
                g_hash_table_insert(score->languages, g_strdup(name), one);
        }
        count(one, right);
}

static void add(Score *score, const RouteCase *asked, json_object *answer)
{
        g_autofree char *went = cli_text(answer, "route"), *by_name = cli_text(answer, "by"), *model = cli_text(answer, "model");
        g_autofree char *say = text_plain(asked->say, SAY_SHOWN);
        By by = strcmp(by_name, "rule") == 0 ? BY_RULE : BY_MODEL;
        gboolean right = strcmp(went, asked->want) == 0;
        double ms = cli_real(answer, "ms");
        guint column = route_place(went);

        count(&score->total, right);
        count(&score->by[by], right);
        if (*asked->lang)
                count_language(score, asked->lang, right);
        g_array_append_val(score->ms[by], ms);
        if (column < ROUTES)
                score->table[route_place(asked->want)][column]++;
        score->tokens_in += cli_int(answer, "tokens_in");
        score->tokens_out += cli_int(answer, "tokens_out");
        if (by == BY_MODEL && *model && !score->model)
                score->model = g_steal_pointer(&model);
        if (!right && score->wrong_count++ < WRONG_SHOWN_MAX)
                g_string_append_printf(score->wrong, "  %-7s → %-7s by %s  “%s”\n", asked->want, went, by == BY_RULE ? "rule " : "model",
                                       say);
}

static json_object *body_of(const RouteCase *asked, const char *lane)
{
        json_object *body = json_object_new_object();

        json_object_object_add(body, "text", json_object_new_string(asked->say));
        json_object_object_add(body, "lane", json_object_new_string(lane));
        json_object_object_add(body, "apps", asked->apps ? json_object_get(asked->apps) : json_object_new_array());
        if (asked->front)
                json_object_object_add(body, "front", json_object_new_string(asked->front));
        return body;
}

static void print_case(const RouteCase *asked, json_object *answer)
{
        json_object *line = json_object_new_object();

        json_object_object_add(line, "say", json_object_new_string(asked->say));
        json_object_object_add(line, "want", json_object_new_string(asked->want));
        json_object_object_foreach(answer, name, value)
                json_object_object_add(line, name, json_object_get(value));
        cli_print_json(line);
        json_object_put(line);
}

/* ---- the table ---- */

static void print_table(const Score *score)
{
        printf("\n%-9s", "wanted");
        for (guint i = 0; i < ROUTES; i++)
                printf("%8s", routes[i]);
        printf("   right\n");
        for (guint i = 0; i < ROUTES; i++) {
                guint all = 0;

                for (guint j = 0; j < ROUTES; j++)
                        all += score->table[i][j];
                if (!all)
                        continue;
                printf("%-9s", routes[i]);
                for (guint j = 0; j < ROUTES; j++) {
                        if (score->table[i][j])
                                printf("%8u", score->table[i][j]);
                        else
                                printf("%8s", "·");
                }
                printf("   %u of %u\n", score->table[i][i], all);
        }
}

static void print_by(Score *score, By by, const char *name)
{
        GArray *ms = score->ms[by];

        if (ms->len)
                printf("%-9s %u of %u right; ms: median %.1f, 95th percentile %.1f, longest %.1f\n", name, score->by[by].right,
                       score->by[by].all,
                       score_percentile(ms, 0.5), score_percentile(ms, 0.95), score_percentile(ms, 1));
}

static void print_languages(Score *score)
{
        g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(score->languages), (GCompareFunc)strcmp);
        const char *between = "";

        for (GList *at = names; at; at = at->next, between = " · ") {
                const Count *one = g_hash_table_lookup(score->languages, at->data);
                g_autofree char *name = text_plain(at->data, 20);
                printf("%s%s %u of %u", between, name, one->right, one->all);
        }
        if (names)
                printf("\n");
}

static void print_score(Score *score)
{
        Interval share = score_share(score->total.right, score->total.all);

        print_table(score);
        printf("\nright     %u of %u, %.1f %% (95 %% interval %.1f to %.1f, Wilson)\n", score->total.right, score->total.all,
               100.0 * score->total.right / score->total.all, share.low, share.high);
        print_by(score, BY_RULE, "by rules");
        print_by(score, BY_MODEL, "by model");
        if (score->by[BY_MODEL].all)
                printf("tokens    %" G_GINT64_FORMAT " in, %" G_GINT64_FORMAT " out\n", score->tokens_in, score->tokens_out);
        print_languages(score);
        if (score->wrong_count)
                printf("\n%u went elsewhere:\n%s", score->wrong_count, score->wrong->str);
}

static void print_summary(Score *score)
{
        json_object *line = json_object_new_object();

        json_object_object_add(line, "right", json_object_new_int64(score->total.right));
        json_object_object_add(line, "all", json_object_new_int64(score->total.all));
        json_object_object_add(line, "by_rules", json_object_new_int64(score->by[BY_RULE].all));
        json_object_object_add(line, "by_model", json_object_new_int64(score->by[BY_MODEL].all));
        json_object_object_add(line, "median_ms", json_object_new_double(score_percentile(score->ms[BY_MODEL], 0.5)));
        json_object_object_add(line, "p95_ms", json_object_new_double(score_percentile(score->ms[BY_MODEL], 0.95)));
        cli_print_json(line);
        json_object_put(line);
}

/* ---- asking ---- */

static gboolean ask_all(Cli *cli, EvalWorld *world, const EvalSet *set, const char *lane, Score *score)
{
        for (guint i = 0; i < set->cases->len; i++) {
                const RouteCase *asked = set->cases->pdata[i];
                json_object *answer = cli_request(cli, eval_world_client(world), "POST", API_PREFIX "/route", body_of(asked, lane));

                if (!answer) {
                        g_autofree char *say = text_plain(asked->say, SAY_SHOWN);
                        fprintf(stderr, "impromptu: that was sentence %u of %u, “%s”; nothing is told of the others.\n", i + 1,
                                set->cases->len, say);
                        return FALSE;
                }
                add(score, asked, answer);
                if (cli->json)
                        print_case(asked, answer);
                json_object_put(answer);
        }
        return TRUE;
}

void eval_route(Cli *cli, EvalSet *set, const char *lane)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(EvalWorld) world = eval_world_new(cli, WORLD_AGENT, NULL, NULL, &error);
        Score score = {.wrong = g_string_new(NULL), .languages = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free)};
        g_autofree char *title = text_plain(set->title, API_TITLE_MAX);

        for (guint i = 0; i < BY_COUNT; i++)
                score.ms[i] = g_array_new(FALSE, FALSE, sizeof(double));
        if (!world)
                cli_fail(cli, error);
        else if (ask_all(cli, world, set, lane, &score) && cli->json)
                print_summary(&score);
        else if (cli->status == 0) {
                printf("%s · lane %s · %s\n", title, lane, score.model ? score.model : "no model was needed");
                print_score(&score);
        }
        for (guint i = 0; i < BY_COUNT; i++)
                g_array_unref(score.ms[i]);
        g_string_free(score.wrong, TRUE);
        g_hash_table_unref(score.languages);
        g_free(score.model);
}
