/* Check steps, read from JSON that a model wrote: strict about what a step says, lenient only where the meaning is plain (5 for "5"). */
#include "protocols/steps.h"

#include <gio/gio.h>
#include <math.h>
#include <string.h>

#include "protocols/api.h"
#include "protocols/text.h"

#define SHOWN_MAX 60 /* characters of a text in step_to_text() */

static const struct {
        const char *name;
        const char *second;
        gboolean acts;
} verbs[STEP_VERB_COUNT] = {
#define X(id, name, second, acts) [STEP_##id] = {name, second, acts},
        STEP_VERBS(X)
#undef X
};

/* Every other field, the verb it belongs to, and whether it must be there. The second field of STEP_VERBS stands here again with that. */
static const struct {
        StepVerb verb;
        const char *name;
        gboolean needed;
} fields[] = {
        {STEP_FILL, "with", TRUE},
        {STEP_CHOOSE, "value", TRUE},
        {STEP_KEY, "in", FALSE},
        {STEP_DRAG, "dx", TRUE},
        {STEP_DRAG, "dy", TRUE},
        {STEP_SEE, "in", FALSE},
        {STEP_SEE_NOT, "in", FALSE},
        {STEP_COUNT, "is", TRUE},
        {STEP_FILE, "starts", FALSE},
        {STEP_FILE, "min_bytes", FALSE},
};

const char *step_verb_name(StepVerb verb)
{
        g_return_val_if_fail(verb < STEP_VERB_COUNT, NULL);
        return verbs[verb].name;
}

gboolean step_verb_acts(StepVerb verb)
{
        g_return_val_if_fail(verb < STEP_VERB_COUNT, FALSE);
        return verbs[verb].acts;
}

void step_free(Step *step)
{
        if (!step)
                return;
        g_free(step->what);
        g_free(step->value);
        g_free(step);
}

gboolean step_computed(const Step *step)
{
        return !step->what_expr && !step->value_expr;
}

static gboolean fault(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
static gboolean fault(GError **error, const char *format, ...)
{
        va_list arguments;

        va_start(arguments, format);
        g_autofree char *message = g_strdup_vprintf(format, arguments);
        va_end(arguments);
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, message);
        return FALSE;
}

static gboolean find_verb(json_object *object, StepVerb *verb, GError **error)
{
        guint found = 0;

        for (guint i = 0; i < STEP_VERB_COUNT; i++) {
                if (!json_object_object_get_ex(object, verbs[i].name, NULL))
                        continue;
                *verb = i;
                found++;
        }
        if (found == 1)
                return TRUE;
        return found ? fault(error, "It has %u verbs and must have exactly one.", found) : fault(error, "It has no verb that is known.");
}

static gboolean check_fields(json_object *object, StepVerb verb, GError **error)
{
        json_object_object_foreach(object, name, value) {
                gboolean known = strcmp(name, verbs[verb].name) == 0;
                for (guint i = 0; i < G_N_ELEMENTS(fields); i++)
                        known = known || (fields[i].verb == verb && strcmp(fields[i].name, name) == 0);
                if (!known) {
                        g_autofree char *shown = text_plain(name, SHOWN_MAX);
                        return fault(error, "“%s” takes no field “%s”.", verbs[verb].name, shown);
                }
        }
        for (guint i = 0; i < G_N_ELEMENTS(fields); i++) {
                if (fields[i].verb == verb && fields[i].needed && !json_object_object_get_ex(object, fields[i].name, NULL))
                        return fault(error, "“%s” needs the field “%s”.", verbs[verb].name, fields[i].name);
        }
        return TRUE;
}

/* An {"expr": TEXT}; NULL if value is none. */
static json_object *expression(json_object *value)
{
        json_object *text;

        if (!json_object_is_type(value, json_type_object) || json_object_object_length(value) != 1)
                return NULL;
        if (!json_object_object_get_ex(value, "expr", &text) || !json_object_is_type(text, json_type_string))
                return NULL;
        return text;
}

/* Reads the field `name` as a text; leaves text alone if it is not there. */
static gboolean read_text(json_object *object, const char *name, char **text, gboolean *expr, GError **error)
{
        json_object *value;

        if (!json_object_object_get_ex(object, name, &value))
                return TRUE;
        json_object *inner = expression(value);
        *expr = inner != NULL;
        value = inner ? inner : value;
        gboolean number = json_object_is_type(value, json_type_int) || json_object_is_type(value, json_type_double);
        if (!number && !json_object_is_type(value, json_type_string))
                return fault(error, "“%s” must be a text.", name);
        const char *bytes = json_object_get_string(value);
        gsize length = number ? strlen(bytes) : (gsize)json_object_get_string_len(value);
        if (length > STEP_TEXT_MAX)
                return fault(error, "“%s” is longer than %d bytes.", name, STEP_TEXT_MAX);
        if (memchr(bytes, '\0', length))
                return fault(error, "“%s” holds a NUL character.", name);
        *text = g_strndup(bytes, length);
        return TRUE;
}

/* Reads the field `name` as a number within bounds; an {"expr"} goes to text. */
static gboolean read_number(json_object *object, const char *name, double min, double max, double *number, GError **error)
{
        json_object *value;
        double read = NAN;

        if (!json_object_object_get_ex(object, name, &value))
                return TRUE;
        if (json_object_is_type(value, json_type_int) || json_object_is_type(value, json_type_double)) {
                read = json_object_get_double(value);
        } else if (json_object_is_type(value, json_type_string)) {
                const char *text = json_object_get_string(value);
                char *end = NULL;
                read = g_ascii_strtod(text, &end);
                if (end == text || *end)
                        read = NAN;
        }
        if (!(read >= min && read <= max))
                return fault(error, "“%s” must be a number from %.15g to %.15g.", name, min, max);
        *number = read;
        return TRUE;
}

static gboolean read_whole(json_object *object, const char *name, int max, int *number, GError **error)
{
        double read = -1;

        if (!read_number(object, name, 0, max, &read, error))
                return FALSE;
        if (read != floor(read))
                return fault(error, "“%s” must be a whole number.", name);
        *number = read;
        return TRUE;
}

static gboolean is_expression(json_object *object, const char *name)
{
        json_object *value;

        return json_object_object_get_ex(object, name, &value) && expression(value);
}

static gboolean read_second(Step *step, json_object *object, GError **error)
{
        switch (step->verb) {
        case STEP_DRAG:
                return read_number(object, "dx", -STEP_DRAG_MAX, STEP_DRAG_MAX, &step->dx, error) &&
                       read_number(object, "dy", -STEP_DRAG_MAX, STEP_DRAG_MAX, &step->dy, error);
        case STEP_COUNT:
                if (is_expression(object, "is"))
                        return read_text(object, "is", &step->value, &step->value_expr, error);
                return read_whole(object, "is", STEP_COUNT_MAX, &step->n, error);
        case STEP_FILE:
                return read_text(object, "starts", &step->value, &step->value_expr, error) &&
                       read_whole(object, "min_bytes", STEP_BYTES_MAX, &step->n, error);
        default:
                return !verbs[step->verb].second || read_text(object, verbs[step->verb].second, &step->value, &step->value_expr, error);
        }
}

static gboolean read_step(Step *step, json_object *object, GError **error)
{
        const char *name = verbs[step->verb].name;

        if (step->verb == STEP_WAIT && !is_expression(object, name))
                return read_number(object, name, 0, STEP_WAIT_MAX, &step->seconds, error);
        if (!read_text(object, name, &step->what, &step->what_expr, error) || !read_second(step, object, error))
                return FALSE;
        if (!*step->what)
                return fault(error, "“%s” is empty.", name);
        return TRUE;
}

Step *step_parse(json_object *object, GError **error)
{
        g_autoptr(Step) step = g_new0(Step, 1);

        step->n = -1;
        if (!json_object_is_type(object, json_type_object)) {
                fault(error, "It is not an object.");
                return NULL;
        }
        if (!find_verb(object, &step->verb, error) || !check_fields(object, step->verb, error) || !read_step(step, object, error))
                return NULL;
        return g_steal_pointer(&step);
}

GPtrArray *steps_parse(json_object *array, GError **error)
{
        g_autoptr(GPtrArray) steps = g_ptr_array_new_with_free_func((GDestroyNotify)step_free);

        if (!json_object_is_type(array, json_type_array)) {
                fault(error, "A check must be an array of steps.");
                return NULL;
        }
        gsize count = json_object_array_length(array);
        if (count > API_STEPS_MAX) {
                fault(error, "A check has %" G_GSIZE_FORMAT " steps and %d are the most.", count, API_STEPS_MAX);
                return NULL;
        }
        for (gsize i = 0; i < count; i++) {
                Step *step = step_parse(json_object_array_get_idx(array, i), error);
                if (!step) {
                        g_prefix_error(error, "Step %" G_GSIZE_FORMAT ": ", i + 1);
                        return NULL;
                }
                g_ptr_array_add(steps, step);
        }
        return g_steal_pointer(&steps);
}

static json_object *text_value(const char *text, gboolean expr)
{
        json_object *value = json_object_new_string(text);

        if (!expr)
                return value;
        json_object *object = json_object_new_object();
        json_object_object_add(object, "expr", value);
        return object;
}

/* A whole number without ".0". */
static json_object *number_value(double number)
{
        return number == floor(number) ? json_object_new_int64(number) : json_object_new_double(number);
}

json_object *step_to_json(const Step *step)
{
        json_object *object = json_object_new_object();
        const char *name = verbs[step->verb].name;
        const char *second = step->verb == STEP_FILE ? "starts" : verbs[step->verb].second;

        json_object_object_add(object, name, step->what ? text_value(step->what, step->what_expr) : number_value(step->seconds));
        if (step->value)
                json_object_object_add(object, second, text_value(step->value, step->value_expr));
        if (step->n >= 0)
                json_object_object_add(object, step->verb == STEP_FILE ? "min_bytes" : second, json_object_new_int(step->n));
        if (step->verb == STEP_DRAG) {
                json_object_object_add(object, "dx", number_value(step->dx));
                json_object_object_add(object, "dy", number_value(step->dy));
        }
        return object;
}

/* "VERB what", and "in value" where there is one. */
static char *verb_text(const char *verb, const char *what, const char *value)
{
        return *value ? g_strdup_printf("%s %s in %s", verb, what, value) : g_strdup_printf("%s %s", verb, what);
}

char *step_to_text(const Step *step)
{
        g_autofree char *what = text_plain(step->what, SHOWN_MAX);
        g_autofree char *value = text_plain(step->value, SHOWN_MAX);

        switch (step->verb) {
        case STEP_FILL:
                return g_strdup_printf("fill %s with %s", what, *value ? value : "nothing");
        case STEP_CHOOSE:
                return verb_text("choose", value, what);
        case STEP_DRAG:
                return g_strdup_printf("drag %s by %g, %g", what, step->dx, step->dy);
        case STEP_WAIT:
                return step->what ? g_strdup_printf("wait %s s", what) : g_strdup_printf("wait %.15g s", step->seconds);
        case STEP_SEE_NOT:
                return verb_text("do not see", what, value);
        case STEP_COUNT:
                return step->n < 0 ? g_strdup_printf("count %s × %s", value, what) : g_strdup_printf("count %d × %s", step->n, what);
        case STEP_CHANGED:
                return g_strdup_printf("see that %s has changed", what);
        case STEP_FILE:
                return g_strdup_printf("get the file %s", what);
        default:
                return verb_text(verbs[step->verb].name, what, value);
        }
}
