/* What a person points at in a page. The page's private world is asked what stands at a place (data/runtime/pick.js); the pointer, the
 * click and the outline belong to whoever asks, outside of the page, so that the page neither gets the click nor learns of it. */
#include "shell/apps/view.h"

#include <string.h>

#include "protocols/pointed.h"

#define PICK_ANSWER_MAX (16 * 1024) /* bytes */

static void put(gpointer object)
{
        json_object_put(object);
}

/* Fills in where from [x, y, width, height] in CSS pixels; FALSE if it is no such list. */
static gboolean read_box(json_object *answer, double zoom, GdkRectangle *where)
{
        json_object *box = NULL;
        int sides[4];

        json_object_object_get_ex(answer, "box", &box);
        if (!json_object_is_type(box, json_type_array) || json_object_array_length(box) != G_N_ELEMENTS(sides))
                return FALSE;
        for (gsize i = 0; i < G_N_ELEMENTS(sides); i++) {
                double side = json_object_get_double(json_object_array_get_idx(box, i)) * zoom;

                sides[i] = (int)CLAMP(side, -VIEWS_PICK_SIDE_MAX, VIEWS_PICK_SIDE_MAX);
        }
        *where = (GdkRectangle){sides[0], sides[1], MAX(sides[2], 1), MAX(sides[3], 1)};
        return TRUE;
}

static void answered_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
        g_autoptr(GTask) task = user_data;
        GError *error = NULL;
        g_autoptr(JSCValue) value = webkit_web_view_call_async_javascript_function_finish(WEBKIT_WEB_VIEW(source), result, &error);
        g_autofree char *text = value ? jsc_value_to_string(value) : NULL;
        json_object *answer;

        if (error) {
                g_task_return_error(task, error);
                return;
        }
        answer = text && strlen(text) <= PICK_ANSWER_MAX ? json_tokener_parse(text) : NULL;
        if (answer)
                g_task_return_pointer(task, answer, put);
        else
                g_task_return_new_error(task, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "Nothing is there that could be pointed at.");
}

/* Takes asked. */
static void ask(AppView *view, json_object *asked, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
        GTask *task = g_task_new(NULL, cancellable, callback, user_data);
        double *zoom = g_new(double, 1);
        GVariantDict arguments;

        *zoom = webkit_web_view_get_zoom_level(view->page->web);
        g_task_set_task_data(task, zoom, g_free);
        g_variant_dict_init(&arguments, NULL);
        g_variant_dict_insert(&arguments, "asked", "s", json_object_to_json_string_ext(asked, JSON_C_TO_STRING_PLAIN));
        webkit_web_view_call_async_javascript_function(view->page->web, view->views->pick_js, -1, g_variant_dict_end(&arguments),
                                                       PAGE_WORLD, NULL, cancellable, answered_cb, task);
        json_object_put(asked);
}

void app_view_pick_async(AppView *view, double x, double y, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
        json_object *asked = json_object_new_object();
        double zoom = webkit_web_view_get_zoom_level(view->page->web);

        json_object_object_add(asked, "x", json_object_new_double(x / zoom));
        json_object_object_add(asked, "y", json_object_new_double(y / zoom));
        ask(view, asked, cancellable, callback, user_data);
}

void app_view_pick_nth_async(AppView *view, int nth, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
        json_object *asked = json_object_new_object();

        json_object_object_add(asked, "nth", json_object_new_int(nth));
        ask(view, asked, cancellable, callback, user_data);
}

json_object *app_view_pick_finish(AppView *view, GAsyncResult *result, GdkRectangle *where, GError **error)
{
        double *zoom = g_task_get_task_data(G_TASK(result));
        json_object *answer = g_task_propagate_pointer(G_TASK(result), error), *pointed;

        if (!answer)
                return NULL;
        pointed = read_box(answer, *zoom, where) ? pointed_clean(answer) : NULL;
        json_object_put(answer);
        if (!pointed)
                g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "Nothing is there that could be pointed at.");
        return pointed;
}
