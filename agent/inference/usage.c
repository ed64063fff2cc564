/* Usage: a line a call, appended to usage.jsonl, and sums by day and model in memory.
 *
 * At start the file is read once, line by line, into the sums; a line that was torn by a crash, or that makes no sense, is passed over.
 * A file that has grown beyond half its bound is then shortened: the lines of its older half become one line for each day and model,
 * which reads like a call that counts for many; days beyond USAGE_DAYS_KEPT go. The same happens to a file that reaches its bound while
 * it is being written.
 *
 * What a call cost is written with it, so the past keeps its price. A day is one of the person's own clock at the time of the call. */
#include "usage.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/inference/lanes.h"

#define LINE_MAX_BYTES 4096        /* a longer one is none of ours */
#define NAME_MAX_BYTES 200         /* of a provider, a model, an outcome, … in a line */
#define MODELS_MAX 256             /* that are told apart in one day; the rest is summed as “others” */
#define COUNT_MAX 1e15             /* a number beyond is damage */
#define DAY_LENGTH 10              /* of "2026-11-27" */

typedef struct {
        char *provider, *model;
        double calls, tokens_in, tokens_out, tokens_cached;
        double dollars, priced;    /* priced: calls whose price was known */
        double first_ms, first_n;  /* sum and number of calls that had a first token */
        double rate, rate_n;
} Sum;

typedef struct {
        char *day;
        GHashTable *models;        /* "provider model" to Sum */
} Day;

struct Usage {
        char *folder, *file, *budget_file;
        json_object *prices;
        gint64 (*clock)(void);
        GHashTable *days;          /* "2026-11-27" to Day */
        double budget;             /* dollars; 0: none */
        int fd;                    /* usage.jsonl, to append; -1: not open */
        goffset size;
        gboolean torn;             /* it does not end with a line's end */
        gboolean told;             /* that it cannot be written */
};

/* ---- sums ---- */

static void sum_free(Sum *sum)
{
        g_free(sum->provider);
        g_free(sum->model);
        g_free(sum);
}

static void day_free(Day *day)
{
        g_free(day->day);
        g_hash_table_unref(day->models);
        g_free(day);
}

static GHashTable *days_new(void)
{
        return g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)day_free);
}

static Day *days_get(GHashTable *days, const char *name)
{
        Day *day = g_hash_table_lookup(days, name);

        if (!day) {
                day = g_new0(Day, 1);
                day->day = g_strndup(name, DAY_LENGTH);
                day->models = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)sum_free);
                g_hash_table_insert(days, day->day, day);
        }
        return day;
}

static Sum *day_sum(Day *day, const char *provider, const char *model)
{
        g_autofree char *key = g_strdup_printf("%s %s", provider, model);
        Sum *sum = g_hash_table_lookup(day->models, key);

        if (sum)
                return sum;
        if (g_hash_table_size(day->models) >= MODELS_MAX && strcmp(provider, "others") != 0)
                return day_sum(day, "others", "");
        sum = g_new0(Sum, 1);
        sum->provider = g_strdup(provider);
        sum->model = g_strdup(model);
        g_hash_table_insert(day->models, g_steal_pointer(&key), sum);
        return sum;
}

static void sum_add(Sum *to, const Sum *from)
{
        to->calls += from->calls;
        to->tokens_in += from->tokens_in;
        to->tokens_out += from->tokens_out;
        to->tokens_cached += from->tokens_cached;
        to->dollars += from->dollars;
        to->priced += from->priced;
        to->first_ms += from->first_ms;
        to->first_n += from->first_n;
        to->rate += from->rate;
        to->rate_n += from->rate_n;
}

gboolean usage_speed(Usage *usage, const char *provider, const char *model, double *first_ms, double *rate)
{
        g_autofree char *key = g_strdup_printf("%s %s", provider, model);
        Sum all = { 0 };
        GHashTableIter iter;
        gpointer day;

        g_hash_table_iter_init(&iter, usage->days);
        while (g_hash_table_iter_next(&iter, NULL, &day)) {
                const Sum *sum = g_hash_table_lookup(((Day *)day)->models, key);
                if (sum)
                        sum_add(&all, sum);
        }
        if (all.first_n <= 0 || all.rate_n <= 0 || all.rate <= 0)
                return FALSE;
        *first_ms = all.first_ms / all.first_n;
        *rate = all.rate / all.rate_n;
        return TRUE;
}

/* ---- time ---- */

static GDateTime *now_local(Usage *usage)
{
        GDateTime *now = usage->clock ? g_date_time_new_from_unix_local(usage->clock()) : g_date_time_new_now_local();

        /* A clock that is set to no year at all. */
        return now ? now : g_date_time_new_utc(1970, 1, 1, 0, 0, 0);
}

static char *day_before(Usage *usage, int days)
{
        g_autoptr(GDateTime) now = now_local(usage), then = g_date_time_add_days(now, -days);

        return g_date_time_format(then ? then : now, "%Y-%m-%d");
}

/* ---- lines ---- */

static const char *text_in(json_object *object, const char *name)
{
        json_object *value = NULL;

        return json_object_object_get_ex(object, name, &value) && json_object_is_type(value, json_type_string)
                ? json_object_get_string(value) : "";
}

static double number_in(json_object *object, const char *name, double otherwise)
{
        json_object *value = NULL;
        double number;

        if (!json_object_object_get_ex(object, name, &value) ||
            !(json_object_is_type(value, json_type_int) || json_object_is_type(value, json_type_double)))
                return otherwise;
        number = json_object_get_double(value);
        return number >= 0 && number <= COUNT_MAX ? number : otherwise;
}

static gboolean is_day(const char *time)
{
        for (guint i = 0; i < DAY_LENGTH; i++) {
                if (i == 4 || i == 7 ? time[i] != '-' : !g_ascii_isdigit(time[i]))
                        return FALSE;
        }
        return TRUE;
}

/* Adds a line to the sums; one of a day before `oldest`, or that is none, is passed over. */
static void days_read(GHashTable *days, const char *line, const char *oldest)
{
        json_object *object = json_tokener_parse(line);
        const char *time = text_in(object, "time");
        g_autofree char *day = g_strndup(time, DAY_LENGTH);
        double calls = number_in(object, "calls", 1), dollars = number_in(object, "dollars", -1);
        double first = number_in(object, "first_token_ms", -1), rate = number_in(object, "rate", 0);
        Sum sum = { .calls = calls, .tokens_in = number_in(object, "tokens_in", 0), .tokens_out = number_in(object, "tokens_out", 0),
                    .tokens_cached = number_in(object, "tokens_cached", 0) };

        if (is_day(time) && strcmp(day, oldest) >= 0) {
                sum.priced = number_in(object, "priced", dollars >= 0 ? calls : 0);
                sum.dollars = MAX(0, dollars);
                sum.first_n = number_in(object, "firsts", first >= 0 ? calls : 0);
                sum.first_ms = MAX(0, first) * sum.first_n;
                sum.rate_n = number_in(object, "rates", rate > 0 ? calls : 0);
                sum.rate = rate * sum.rate_n;
                sum_add(day_sum(days_get(days, day), text_in(object, "provider"), text_in(object, "model")), &sum);
        }
        json_object_put(object);
}

static void add_text(json_object *object, const char *name, const char *text)
{
        g_autofree char *bounded = text ? g_strndup(text, NAME_MAX_BYTES) : NULL;
        g_autofree char *valid = bounded ? g_utf8_make_valid(bounded, -1) : NULL;

        if (valid)
                json_object_object_add(object, name, json_object_new_string(valid));
}

static void add_number(json_object *object, const char *name, double number)
{
        if (!isfinite(number))
                return;
        if (number == floor(number) && fabs(number) < COUNT_MAX)
                json_object_object_add(object, name, json_object_new_int64((gint64)number));
        else
                json_object_object_add(object, name, json_object_new_double(number));
}

static char *line_of(json_object *object)
{
        char *line = g_strdup(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));

        json_object_put(object);
        return line;
}

static char *entry_line(Usage *usage, const UsageEntry *entry, double dollars)
{
        json_object *object = json_object_new_object();
        g_autoptr(GDateTime) now = now_local(usage);
        g_autofree char *time = g_date_time_format_iso8601(now);

        add_text(object, "time", time);
        add_text(object, "run", entry->run);
        add_text(object, "provider", entry->provider);
        add_text(object, "model", entry->model);
        add_text(object, "lane", entry->lane);
        add_text(object, "state", entry->state);
        add_text(object, "outcome", entry->outcome);
        add_number(object, "queue_ms", (double)entry->queue_us / 1000);
        add_number(object, "connect_ms", (double)entry->connect_us / 1000);
        if (entry->first_token_us >= 0)
                add_number(object, "first_token_ms", (double)entry->first_token_us / 1000);
        add_number(object, "total_ms", (double)entry->total_us / 1000);
        add_number(object, "tokens_in", entry->tokens_in);
        add_number(object, "tokens_out", entry->tokens_out);
        add_number(object, "tokens_cached", entry->tokens_cached);
        if (entry->rate > 0)
                add_number(object, "rate", entry->rate);
        if (entry->retries)
                add_number(object, "retries", entry->retries);
        if (dollars >= 0)
                add_number(object, "dollars", dollars);
        if (entry->recording)
                json_object_object_add(object, "recording", json_object_new_boolean(TRUE));
        return line_of(object);
}

/* A line that counts for all calls of a day to one model. */
static char *sum_line(const Day *day, const Sum *sum)
{
        json_object *object = json_object_new_object();

        add_text(object, "time", day->day);
        add_text(object, "provider", sum->provider);
        add_text(object, "model", sum->model);
        add_number(object, "calls", sum->calls);
        add_number(object, "tokens_in", sum->tokens_in);
        add_number(object, "tokens_out", sum->tokens_out);
        add_number(object, "tokens_cached", sum->tokens_cached);
        add_number(object, "dollars", sum->dollars);
        add_number(object, "priced", sum->priced);
        add_number(object, "first_token_ms", sum->first_n > 0 ? sum->first_ms / sum->first_n : 0);
        add_number(object, "firsts", sum->first_n);
        add_number(object, "rate", sum->rate_n > 0 ? sum->rate / sum->rate_n : 0);
        add_number(object, "rates", sum->rate_n);
        return line_of(object);
}

/* ---- the file ---- */

static void tell(Usage *usage, const char *path, const char *why)
{
        if (!usage->told)
                g_warning("%s: %s. What calls cost is counted until this session ends, and not kept.", path, why);
        usage->told = TRUE;
}

/* The file to read; NULL if there is none, or it is no plain file. */
static FILE *file_open(Usage *usage)
{
        int fd = open(usage->file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        struct stat about;

        if (fd < 0) {
                if (errno != ENOENT)
                        tell(usage, usage->file, g_strerror(errno));
                return NULL;
        }
        if (fstat(fd, &about) < 0 || !S_ISREG(about.st_mode)) {
                tell(usage, usage->file, "it is no plain file");
                close(fd);
                return NULL;
        }
        usage->size = about.st_size;
        return fdopen(fd, "r");
}

/* One line without its end. FALSE at the end of the file; *whole is FALSE if the line is too long, or the file ended in it. */
static gboolean next_line(FILE *file, char line[LINE_MAX_BYTES], gboolean *whole)
{
        size_t length;

        if (!fgets(line, LINE_MAX_BYTES, file))
                return FALSE;
        length = strlen(line);
        *whole = length > 0 && line[length - 1] == '\n';
        if (*whole) {
                line[length - 1] = '\0';
                return TRUE;
        }
        for (int c = 0; c != '\n' && (c = getc(file)) != EOF;)
                ;
        return TRUE;
}

/* Sums the lines that begin before `end`; the place of the first that does not. */
static goffset days_stream(GHashTable *days, FILE *file, goffset end, const char *oldest)
{
        char line[LINE_MAX_BYTES];
        gboolean whole;

        while (ftello(file) < end && next_line(file, line, &whole)) {
                if (whole)
                        days_read(days, line, oldest);
        }
        return ftello(file);
}

static gboolean write_all(FILE *from, FILE *to)
{
        char bytes[64 * 1024];
        size_t n;

        while ((n = fread(bytes, 1, sizeof bytes, from)) > 0) {
                if (fwrite(bytes, 1, n, to) != n)
                        return FALSE;
        }
        return !ferror(from);
}

static gboolean write_sums(GHashTable *days, FILE *to)
{
        GHashTableIter each, models;
        Day *day;
        Sum *sum;

        g_hash_table_iter_init(&each, days);
        while (g_hash_table_iter_next(&each, NULL, (gpointer *)&day)) {
                g_hash_table_iter_init(&models, day->models);
                while (g_hash_table_iter_next(&models, NULL, (gpointer *)&sum)) {
                        g_autofree char *line = sum_line(day, sum);
                        if (fprintf(to, "%s\n", line) < 0)
                                return FALSE;
                }
        }
        return TRUE;
}

/* The older half becomes sums. */
static gboolean file_shorten(Usage *usage, const char *path)
{
        g_autoptr(GHashTable) days = days_new();
        g_autofree char *oldest = day_before(usage, USAGE_DAYS_KEPT);
        FILE *from = file_open(usage), *to;
        int fd = from ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;
        gboolean done = FALSE;

        to = fd >= 0 ? fdopen(fd, "w") : NULL;
        if (to) {
                days_stream(days, from, usage->size / 2, oldest);
                done = write_sums(days, to) && write_all(from, to) && fflush(to) == 0 && fsync(fd) == 0;
                usage->size = ftello(to);
                done = fclose(to) == 0 && done && g_rename(path, usage->file) == 0;
        }
        if (from)
                fclose(from);
        return done;
}

static void file_close(Usage *usage)
{
        if (usage->fd >= 0)
                close(usage->fd);
        usage->fd = -1;
}

static void shorten(Usage *usage)
{
        g_autofree char *path = g_strconcat(usage->file, ".new", NULL);

        file_close(usage);
        if (!file_shorten(usage, path)) {
                tell(usage, usage->file, "it has grown too large and could not be shortened");
                g_unlink(path);
        }
}

static void file_load(Usage *usage)
{
        g_autofree char *oldest = day_before(usage, USAGE_DAYS_KEPT);
        FILE *file = file_open(usage);

        if (!file)
                return;
        days_stream(usage->days, file, G_MAXINT64, oldest);
        usage->torn = usage->size > 0 && (fseeko(file, -1, SEEK_END) < 0 || getc(file) != '\n');
        fclose(file);
        if (usage->size > USAGE_FILE_MAX / 2)
                shorten(usage);
}

static gboolean file_ready(Usage *usage)
{
        struct stat about;

        if (usage->fd < 0 && g_mkdir_with_parents(usage->folder, 0700) == 0)
                usage->fd = open(usage->file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
        if (usage->fd < 0)
                return FALSE;
        if (fstat(usage->fd, &about) == 0 && S_ISREG(about.st_mode))
                return TRUE;
        errno = EINVAL;
        file_close(usage);
        return FALSE;
}

static void file_append(Usage *usage, const char *line)
{
        g_autofree char *text = g_strconcat(usage->torn ? "\n" : "", line, "\n", NULL);
        gsize length = strlen(text);
        gssize written;

        if (usage->size + (goffset)length > USAGE_FILE_MAX)
                shorten(usage);
        if (usage->size + (goffset)length > USAGE_FILE_MAX)
                return; /* it was told that it cannot be shortened */
        written = file_ready(usage) ? write(usage->fd, text, length) : -1;
        if (written < 0) {
                tell(usage, usage->file, g_strerror(errno));
                return;
        }
        usage->size += written;
        usage->torn = (gsize)written < length;
        if (usage->torn)
                tell(usage, usage->file, "the disk is full");
}

/* ---- prices ---- */

/* TRUE if what follows a model's name says only which version of it: "-2025-04-14", "-20250929", "-latest". */
static gboolean is_version(const char *rest)
{
        gsize digits = strspn(rest, "-0123456789");

        return *rest == '-' && (strcmp(rest, "-latest") == 0 || (digits >= 9 && rest[digits] == '\0'));
}

static json_object *price_of(Usage *usage, const char *provider, const char *model)
{
        json_object *models = NULL, *price = NULL;

        if (!usage->prices || !json_object_object_get_ex(usage->prices, provider, &models) ||
            !json_object_is_type(models, json_type_object))
                return NULL;
        if (json_object_object_get_ex(models, model, &price))
                return price;
        json_object_object_foreach(models, name, known) {
                if (g_str_has_prefix(model, name) && is_version(model + strlen(name)))
                        return known;
        }
        return json_object_object_get_ex(models, "*", &price) ? price : NULL;
}

double usage_cost(Usage *usage, const char *provider, const char *model, guint tokens_in, guint tokens_out, guint tokens_cached)
{
        json_object *price = provider && model ? price_of(usage, provider, model) : NULL;
        double in = number_in(price, "in", -1), out = number_in(price, "out", -1), cached = number_in(price, "cached", in);
        guint known = MIN(tokens_cached, tokens_in);

        if (in < 0 || out < 0)
                return -1;
        return ((double)(tokens_in - known) * in + (double)known * cached + (double)tokens_out * out) / 1e6;
}

/* ---- the interface ---- */

static void budget_load(Usage *usage)
{
        g_autofree char *text = NULL;
        json_object *object;
        GStatBuf about;

        if (g_stat(usage->budget_file, &about) < 0 || !S_ISREG(about.st_mode) || about.st_size > LINE_MAX_BYTES)
                return;
        if (!g_file_get_contents(usage->budget_file, &text, NULL, NULL))
                return;
        object = json_tokener_parse(text);
        usage->budget = number_in(object, "dollars", -1);
        json_object_put(object);
        if (usage->budget < 0) {
                g_warning("%s is damaged: no budget holds. Set it again with “impromptu usage budget DOLLARS”.", usage->budget_file);
                usage->budget = 0;
        }
}

Usage *usage_new(const char *folder, json_object *prices)
{
        Usage *usage = g_new0(Usage, 1);

        usage->folder = g_strdup(folder);
        usage->file = g_build_filename(folder, "usage.jsonl", NULL);
        usage->budget_file = g_build_filename(folder, "budget.json", NULL);
        usage->prices = json_object_get(prices);
        usage->days = days_new();
        usage->fd = -1;
        file_load(usage);
        budget_load(usage);
        return usage;
}

void usage_free(Usage *usage)
{
        if (!usage)
                return;
        file_close(usage);
        g_hash_table_unref(usage->days);
        json_object_put(usage->prices);
        g_free(usage->folder);
        g_free(usage->file);
        g_free(usage->budget_file);
        g_free(usage);
}

void usage_use_clock(Usage *usage, gint64 (*clock)(void))
{
        usage->clock = clock;
}

/* Days that nobody asks for any more. */
static void forget_days(Usage *usage)
{
        g_autofree char *oldest = day_before(usage, USAGE_DAYS_KEPT);
        GHashTableIter each;
        const char *name;

        if (g_hash_table_size(usage->days) <= USAGE_DAYS_KEPT)
                return;
        g_hash_table_iter_init(&each, usage->days);
        while (g_hash_table_iter_next(&each, (gpointer *)&name, NULL)) {
                if (strcmp(name, oldest) < 0)
                        g_hash_table_iter_remove(&each);
        }
}

double usage_add(Usage *usage, const UsageEntry *entry)
{
        double dollars = entry->recording ? 0 : usage_cost(usage, entry->provider, entry->model, entry->tokens_in, entry->tokens_out,
                                                           entry->tokens_cached);
        g_autofree char *line = entry_line(usage, entry, dollars), *oldest = day_before(usage, USAGE_DAYS_KEPT);

        days_read(usage->days, line, oldest);
        forget_days(usage);
        file_append(usage, line);
        return dollars;
}

static double spent_today(Usage *usage)
{
        g_autofree char *today = day_before(usage, 0);
        Day *day = g_hash_table_lookup(usage->days, today);
        GHashTableIter each;
        double dollars = 0;
        Sum *sum;

        if (!day)
                return 0;
        g_hash_table_iter_init(&each, day->models);
        while (g_hash_table_iter_next(&each, NULL, (gpointer *)&sum))
                dollars += sum->dollars;
        return dollars;
}

static void describe_sum(json_object *object, const Sum *sum)
{
        add_number(object, "calls", sum->calls);
        add_number(object, "tokens_in", sum->tokens_in);
        add_number(object, "tokens_out", sum->tokens_out);
        add_number(object, "tokens_cached", sum->tokens_cached);
}

static json_object *describe_model(const Sum *sum)
{
        json_object *object = json_object_new_object();

        add_text(object, "provider", sum->provider);
        add_text(object, "model", sum->model);
        describe_sum(object, sum);
        if (sum->priced > 0)
                add_number(object, "dollars", sum->dollars);
        add_number(object, "first_token_ms", sum->first_n > 0 ? round(sum->first_ms / sum->first_n) : 0);
        add_number(object, "rate", sum->rate_n > 0 ? round(sum->rate / sum->rate_n) : 0);
        return object;
}

static int compare_sums(gconstpointer a, gconstpointer b)
{
        const Sum *one = *(const Sum *const *)a, *other = *(const Sum *const *)b;

        if (one->calls != other->calls)
                return one->calls < other->calls ? 1 : -1;
        return strcmp(one->model, other->model);
}

static json_object *describe_day(const Day *day)
{
        json_object *object = json_object_new_object(), *models = json_object_new_array();
        g_autoptr(GPtrArray) sums = g_ptr_array_new();
        GHashTableIter each;
        Sum all = { 0 }, *sum;

        g_hash_table_iter_init(&each, day->models);
        while (g_hash_table_iter_next(&each, NULL, (gpointer *)&sum)) {
                g_ptr_array_add(sums, sum);
                sum_add(&all, sum);
        }
        g_ptr_array_sort(sums, compare_sums);
        for (guint i = 0; i < sums->len; i++)
                json_object_array_add(models, describe_model(g_ptr_array_index(sums, i)));
        add_text(object, "day", day->day);
        describe_sum(object, &all);
        add_number(object, "dollars", all.dollars);
        add_number(object, "unpriced", all.calls - all.priced);
        json_object_object_add(object, "models", models);
        return object;
}

json_object *usage_describe(Usage *usage, guint days)
{
        json_object *object = json_object_new_object(), *list = json_object_new_array();

        if (usage->budget > 0) {
                json_object *budget = json_object_new_object();
                double spent = spent_today(usage);
                add_number(budget, "dollars", usage->budget);
                add_number(budget, "spent", spent);
                add_number(budget, "left", MAX(0, usage->budget - spent));
                json_object_object_add(object, "budget", budget);
        }
        for (guint i = 0; i < MIN(days, USAGE_DAYS_KEPT); i++) {
                g_autofree char *name = day_before(usage, (int)i);
                Day *day = g_hash_table_lookup(usage->days, name);
                if (day)
                        json_object_array_add(list, describe_day(day));
        }
        json_object_object_add(object, "days", list);
        return object;
}

static gboolean budget_remove(Usage *usage, GError **error)
{
        if (g_unlink(usage->budget_file) == 0 || errno == ENOENT)
                return TRUE;
        g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), "The budget could not be taken away: %s: %s.", usage->budget_file,
                    g_strerror(errno));
        return FALSE;
}

gboolean usage_set_budget(Usage *usage, double dollars, GError **error)
{
        g_autofree char *text = NULL;
        char number[G_ASCII_DTOSTR_BUF_SIZE];

        if (!isfinite(dollars) || dollars > COUNT_MAX) {
                g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "A budget is a sum in dollars, like 1.50.");
                return FALSE;
        }
        if (dollars <= 0) {
                if (!budget_remove(usage, error))
                        return FALSE;
                usage->budget = 0;
                return TRUE;
        }
        text = g_strdup_printf("{\"dollars\":%s}\n", g_ascii_dtostr(number, sizeof number, dollars));
        if (g_mkdir_with_parents(usage->folder, 0700) < 0) {
                g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), "The budget could not be kept: %s: %s.", usage->folder,
                            g_strerror(errno));
                return FALSE;
        }
        if (!g_file_set_contents_full(usage->budget_file, text, -1, G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600,
                                      error)) {
                g_prefix_error(error, "The budget could not be kept: ");
                return FALSE;
        }
        usage->budget = dollars;
        return TRUE;
}

gboolean usage_allows(Usage *usage, GError **error)
{
        double spent = usage->budget > 0 ? spent_today(usage) : 0;

        if (usage->budget <= 0 || spent < usage->budget)
                return TRUE;
        g_set_error(error, LANE_ERROR, LANE_ERROR_LIMIT, "Today's calls have cost $%.2f, and a day may cost $%.2f. It begins anew at "
                    "midnight; change it with “impromptu usage budget DOLLARS”, or take it away with “impromptu usage budget none”.",
                    spent, usage->budget);
        return FALSE;
}

gboolean usage_spares(Usage *usage)
{
        return usage->budget > 0 && spent_today(usage) <= usage->budget / 2;
}
