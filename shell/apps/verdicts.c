#include "shell/apps/verdicts.h"

#include <string.h>

const char *verdict_of(gboolean could_run, guint steps, gboolean eye, gboolean passed, gboolean passed_without_scripts)
{
        if (!could_run)
                return "failed";
        if (steps == 0)
                return eye ? "eye" : "unproven";
        if (!passed)
                return "failed";
        if (eye)
                return "eye";
        return passed_without_scripts ? "shown" : "passed";
}

static gboolean holds(json_object *list, const char *figure)
{
        for (size_t i = 0; i < json_object_array_length(list); i++) {
                if (strcmp(json_object_get_string(json_object_array_get_idx(list, i)), figure) == 0)
                        return TRUE;
        }
        return FALSE;
}

static gboolean all_in(json_object *list, json_object *other)
{
        for (size_t i = 0; i < json_object_array_length(list); i++) {
                if (!holds(other, json_object_get_string(json_object_array_get_idx(list, i))))
                        return FALSE;
        }
        return TRUE;
}

/* Figures that a label carries ("top 10", a year) stand in every round, so only two things count: that nothing at all follows the answers, or that
 * a refusal brings up figures which no answer had. */
char *verdict_invented(json_object *first, json_object *second, json_object *denied)
{
        if (json_object_array_length(first) && all_in(first, second) && all_in(second, first))
                return g_strdup_printf("The figures shown (%s …) stay the same whatever the tool answers.",
                                       json_object_get_string(json_object_array_get_idx(first, 0)));
        for (size_t i = 0; i < json_object_array_length(denied); i++) {
                const char *figure = json_object_get_string(json_object_array_get_idx(denied, i));

                if (!holds(first, figure) || !holds(second, figure))
                        return g_strdup_printf("The page shows %s although the tool was denied.", figure);
        }
        return NULL;
}
