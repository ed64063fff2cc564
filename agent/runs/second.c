#include "agent/runs/second.h"

#include <string.h>

#include "agent/json.h"

static gboolean is_number(const char *text)
{
        gsize length = strspn(text, "0123456789"), decimals = 0;

        if (length > 0 && text[length] == '.')
                decimals = strspn(text + length + 1, "0123456789") + 1;
        return length > 0 && decimals != 1 && length + decimals <= SECOND_DIGITS_MAX && text[length + decimals] == '\0';
}

static gboolean joins(char c)
{
        return g_ascii_isalnum(c) || c == '_' || c == '.';
}

/* Where the number stands in text by itself; NULL. */
static const char *find_number(const char *text, const char *number)
{
        gsize length = strlen(number);

        for (const char *at = strstr(text, number); at; at = strstr(at + 1, number))
                if ((at == text || !joins(at[-1])) && !joins(at[length]))
                        return at;
        return NULL;
}

static guint count_number(const char *text, const char *number)
{
        guint n = 0;

        for (const char *at = find_number(text, number); at; at = find_number(at + strlen(number), number))
                n++;
        return n;
}

/* "80" to "81", "9.50" to "10.50". */
static char *next_number(const char *number)
{
        const char *point = strchr(number, '.');

        return g_strdup_printf("%" G_GINT64_FORMAT "%s", g_ascii_strtoll(number, NULL, 10) + 1, point ? point : "");
}

static const char *expression_in(json_object *field)
{
        return json_object_is_type(field, json_type_object) ? json_text(field, "expr") : NULL;
}

/* How often the number stands in expressions, if once at most in each, and as text only where it is filled in, once; 0 otherwise. */
static guint uses(json_object *steps, const char *number)
{
        guint in_expressions = 0, in_texts = 0;

        for (gsize i = 0; i < json_length(steps); i++) {
                json_object_object_foreach(json_object_array_get_idx(steps, i), name, field) {
                        const char *expression = expression_in(field);
                        guint n = count_number(expression ? expression : json_object_get_string(field), number);

                        (void)name;
                        if (expression && n > 1)
                                return 0;
                        *(expression ? &in_expressions : &in_texts) += n;
                }
        }
        return in_texts == 1 ? in_expressions : 0;
}

static json_object *replaced(const char *text, const char *number, const char *next)
{
        const char *at = find_number(text, number);
        g_autofree char *whole = g_strdup_printf("%.*s%s%s", (int)(at - text), text, next, at + strlen(number));

        return json_object_new_string(whole);
}

static json_object *replace_number(json_object *steps, const char *number)
{
        json_object *out = json_object_new_array();
        g_autofree char *next = next_number(number);

        for (gsize i = 0; i < json_length(steps); i++) {
                json_object *step = json_object_new_object();

                json_object_object_foreach(json_object_array_get_idx(steps, i), name, field) {
                        const char *expression = expression_in(field), *text = expression ? expression : json_object_get_string(field);
                        json_object *fresh = text && find_number(text, number) ? replaced(text, number, next) : NULL;

                        if (fresh && expression) {
                                json_object *wrapped = json_object_new_object();

                                json_add(wrapped, "expr", fresh);
                                fresh = wrapped;
                        }
                        json_add(step, name, fresh ? fresh : json_object_get(field));
                }
                json_object_array_add(out, step);
        }
        return out;
}

json_object *second_instance(json_object *steps)
{
        json_object *second = NULL;

        for (gsize i = 0; i < json_length(steps); i++) {
                json_object *step = json_object_array_get_idx(steps, i), *with = NULL, *changed;

                if (!json_text(step, "fill") || !json_object_object_get_ex(step, "with", &with) || expression_in(with))
                        continue;
                g_autofree char *number = g_strdup(json_object_get_string(with));
                if (!number || !is_number(number) || uses(second ? second : steps, number) == 0)
                        continue;
                changed = replace_number(second ? second : steps, number);
                json_object_put(second);
                second = changed;
        }
        return second;
}

/* 0 no number, 1 a whole one, 2 with decimals */
static int kind(const char *text)
{
        char *end;

        if (!*text)
                return 0;
        g_ascii_strtod(text, &end);
        return *end ? 0 : strchr(text, '.') ? 2 : 1;
}

gboolean second_is_like(json_object *steps, json_object *second)
{
        for (gsize i = 0; i < json_length(steps); i++) {
                json_object *other = json_object_array_get_idx(second, i);

                json_object_object_foreach(json_object_array_get_idx(steps, i), name, field) {
                        json_object *same = NULL;

                        if (!json_object_object_get_ex(other, name, &same) ||
                            kind(json_object_get_string(field)) != kind(json_object_get_string(same)))
                                return FALSE;
                }
        }
        return TRUE;
}
