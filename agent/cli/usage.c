/* impromptu usage: what calls used and cost, a table a day, and what a day may cost. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "agent/cli/cli.h"
#include "protocols/api.h"
#include "protocols/text.h"

#define COLUMNS 8
#define NAME_SHOWN 48    /* characters of a model's name */
#define BUDGET_MIN 0.01  /* dollars; 0 would take the bound away, which nobody who writes it means */

/* One row: the first cell stands to the left, the others to the right. */
typedef struct {
        char *cells[COLUMNS];
} Row;

static void row_free(Row *row)
{
        for (guint i = 0; i < COLUMNS; i++)
                g_free(row->cells[i]);
        g_free(row);
}

/* 1234567 as 1,234,567. */
static char *grouped(double number)
{
        g_autofree char *digits = g_strdup_printf("%.0f", number);
        GString *text = g_string_new(NULL);
        gsize length = strlen(digits);

        for (gsize i = 0; i < length; i++) {
                if (i && (length - i) % 3 == 0)
                        g_string_append_c(text, ',');
                g_string_append_c(text, digits[i]);
        }
        return g_string_free(text, FALSE);
}

static char *dollars_text(double dollars)
{
        return g_strdup_printf(dollars > 0 && dollars < 1 ? "$%.4f" : "$%.2f", dollars);
}

/* What it cost, as far as prices are known. */
static char *cost_text(json_object *object, gboolean priced)
{
        return priced ? dollars_text(cli_real(object, "dollars")) : g_strdup("no price known");
}

static char *or_dash(double number, const char *format)
{
        g_autofree char *text = number > 0 ? grouped(number) : NULL;

        return text ? g_strdup_printf(format, text) : g_strdup("-");
}

static void add_row(GPtrArray *rows, char *name, json_object *object, char *cost)
{
        Row *row = g_new0(Row, 1);

        row->cells[0] = name;
        row->cells[1] = grouped(cli_real(object, "calls"));
        row->cells[2] = grouped(cli_real(object, "tokens_in"));
        row->cells[3] = grouped(cli_real(object, "tokens_out"));
        row->cells[4] = grouped(cli_real(object, "tokens_cached"));
        row->cells[5] = cost;
        row->cells[6] = or_dash(cli_real(object, "first_token_ms"), "%s ms");
        row->cells[7] = or_dash(cli_real(object, "rate"), "%s/s");
        g_ptr_array_add(rows, row);
}

static void add_head(GPtrArray *rows)
{
        static const char *const names[COLUMNS] = { "", "calls", "in", "out", "cached", "cost", "first token", "rate" };
        Row *row = g_new0(Row, 1);

        for (guint i = 0; i < COLUMNS; i++)
                row->cells[i] = g_strdup(names[i]);
        g_ptr_array_add(rows, row);
}

static void add_day(GPtrArray *rows, json_object *day)
{
        json_object *models = cli_array(day, "models");
        double unpriced = cli_real(day, "unpriced"), calls = cli_real(day, "calls");
        g_autofree char *known = cost_text(day, unpriced < calls);

        add_row(rows, cli_text(day, "day"), day, unpriced > 0 && unpriced < calls ? g_strdup_printf("over %s", known) : g_strdup(known));
        for (gsize i = 0; models && i < json_object_array_length(models); i++) {
                json_object *model = json_object_array_get_idx(models, i);
                g_autofree char *name = cli_text(model, "model"), *provider = cli_text(model, "provider");
                g_autofree char *shown = text_plain(name, NAME_SHOWN);
                add_row(rows, g_strdup_printf("  %s%s%s", shown, *name ? " at " : "", provider), model,
                        cost_text(model, json_object_object_get_ex(model, "dollars", NULL)));
        }
}

static void print_rows(GPtrArray *rows)
{
        int widths[COLUMNS] = { 0 };

        for (guint i = 0; i < rows->len; i++) {
                for (guint c = 0; c < COLUMNS; c++)
                        widths[c] = MAX(widths[c], (int)g_utf8_strlen(((Row *)g_ptr_array_index(rows, i))->cells[c], -1));
        }
        for (guint i = 0; i < rows->len; i++) {
                const Row *row = g_ptr_array_index(rows, i);
                for (guint c = 0; c < COLUMNS; c++) {
                        int pad = widths[c] - (int)g_utf8_strlen(row->cells[c], -1);
                        printf("%s%*s%s%*s", c ? "  " : "", c ? pad : 0, "", row->cells[c], c ? 0 : pad, "");
                }
                putchar('\n');
        }
}

/* Of the newest day: what the budget does not see, since no price of it is known. */
static void print_unpriced(json_object *answer)
{
        json_object *days = cli_array(answer, "days"), *newest = days ? json_object_array_get_idx(days, 0) : NULL;
        gint64 calls = newest ? cli_int(newest, "unpriced") : 0;
        g_autofree char *number = calls > 0 ? grouped((double)calls) : NULL, *day = number ? cli_text(newest, "day") : NULL;

        if (number)
                printf(" %s call%s of %s %s no known price and %s not count.", number, calls == 1 ? "" : "s", day,
                       calls == 1 ? "has" : "have", calls == 1 ? "does" : "do");
}

static void print_budget(json_object *answer)
{
        json_object *budget = NULL;

        if (!json_object_object_get_ex(answer, "budget", &budget)) {
                puts("A day may cost anything.");
                return;
        }
        g_autofree char *dollars = dollars_text(cli_real(budget, "dollars")), *spent = dollars_text(cli_real(budget, "spent"));
        g_autofree char *left = dollars_text(cli_real(budget, "left"));
        printf("A day may cost %s: today %s are spent, %s are left.", dollars, spent, left);
        print_unpriced(answer);
        putchar('\n');
}

static void print_usage(json_object *answer)
{
        json_object *days = cli_array(answer, "days");
        gsize n = days ? json_object_array_length(days) : 0;
        g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func((GDestroyNotify)row_free);

        if (n == 0) {
                fputs("No model was asked in these days.\n", stderr);
        } else {
                add_head(rows);
                for (gsize i = 0; i < n; i++)
                        add_day(rows, json_object_array_get_idx(days, i));
                print_rows(rows);
                putchar('\n');
        }
        print_budget(answer);
}

static void bad_words(Cli *cli)
{
        fputs("impromptu: Write “impromptu usage”, “impromptu usage 30” for more days (at most 90), or “impromptu usage budget 1.50” or "
              "“none”.\n", stderr);
        cli->status = CLI_USAGE;
}

/* What the word says; negative if it is no sum. */
static double budget_of(const char *word)
{
        char *end = NULL;
        double dollars;

        if (strcmp(word, "none") == 0)
                return 0;
        word += *word == '$';
        if (!g_ascii_isdigit(*word) && *word != '.')
                return -1;
        dollars = g_ascii_strtod(word, &end);
        return *end == '\0' && isfinite(dollars) ? dollars : -1;
}

static void set_budget(Cli *cli, const char *word)
{
        double dollars = budget_of(word);
        json_object *body, *answer;

        if (dollars < 0) {
                bad_words(cli);
                return;
        }
        if (dollars < BUDGET_MIN && strcmp(word, "none") != 0) {
                cli_bad_words(cli, "The smallest budget is 0.01; “impromptu usage budget none” takes the bound away.");
                return;
        }
        body = json_object_new_object();
        json_object_object_add(body, "dollars", json_object_new_double(dollars));
        answer = cli_request(cli, cli->agent, "POST", API_PREFIX "/budget", body);
        if (answer && cli->json)
                cli_print_json(answer);
        else if (answer)
                print_budget(answer);
        json_object_put(answer);
}

void cli_usage(Cli *cli, char **words)
{
        guint64 days = 7;
        g_autofree char *path = NULL;
        json_object *answer;

        if (words[0] && strcmp(words[0], "budget") == 0 && words[1]) {
                set_budget(cli, words[1]);
                return;
        }
        if (words[0] && (words[1] || !g_ascii_string_to_unsigned(words[0], 10, 1, G_MAXUINT16, &days, NULL))) {
                bad_words(cli);
                return;
        }
        path = g_strdup_printf(API_PREFIX "/usage?days=%" G_GUINT64_FORMAT, days);
        answer = cli_request(cli, cli->agent, "GET", path, NULL);
        if (answer && cli->json)
                cli_print_json(answer);
        else if (answer)
                print_usage(answer);
        json_object_put(answer);
}
