#include "holders.h"

#include <X11/Xlib-xcb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xcb/res.h>

#define CLIENTS_MAX 256  /* looked at */
#define NAMES_MAX 4      /* named */
#define GRAB_TYPE "PASSIVE GRAB" /* what the X server calls that kind of resource */

static gboolean has_grabs(xcb_connection_t *xcb, uint32_t base, Atom type)
{
        xcb_res_query_client_resources_reply_t *reply =
                xcb_res_query_client_resources_reply(xcb, xcb_res_query_client_resources(xcb, base), NULL);
        gboolean found = FALSE;

        if (!reply)
                return FALSE;
        const xcb_res_type_t *types = xcb_res_query_client_resources_types(reply);
        for (int i = 0; i < xcb_res_query_client_resources_types_length(reply); i++)
                found |= types[i].resource_type == type && types[i].count > 0;
        free(reply);
        return found;
}

static char *name_of(xcb_connection_t *xcb, uint32_t base)
{
        const xcb_res_client_id_spec_t spec = { base, XCB_RES_CLIENT_ID_MASK_LOCAL_CLIENT_PID };
        xcb_res_query_client_ids_reply_t *reply = xcb_res_query_client_ids_reply(xcb, xcb_res_query_client_ids(xcb, 1, &spec), NULL);
        char *name = NULL;

        if (!reply)
                return NULL;
        xcb_res_client_id_value_iterator_t it = xcb_res_query_client_ids_ids_iterator(reply);
        if (it.rem > 0 && xcb_res_client_id_value_value_length(it.data) > 0) {
                uint32_t pid = *xcb_res_client_id_value_value(it.data);
                g_autofree char *path = g_strdup_printf("/proc/%u/comm", pid), *text = NULL;
                if (pid != (uint32_t)getpid() && g_file_get_contents(path, &text, NULL, NULL))
                        name = g_utf8_make_valid(g_strchomp(text), -1);
        }
        free(reply);
        return name;
}

char *holders_of_keys(Wm *wm)
{
        xcb_connection_t *xcb = XGetXCBConnection(wm->display);
        Atom type = XInternAtom(wm->display, GRAB_TYPE, False);
        g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

        if (!xcb_get_extension_data(xcb, &xcb_res_id)->present)
                return g_strdup("it");
        xcb_res_query_clients_reply_t *reply = xcb_res_query_clients_reply(xcb, xcb_res_query_clients(xcb), NULL);
        if (!reply)
                return g_strdup("it");
        const xcb_res_client_t *clients = xcb_res_query_clients_clients(reply);
        int n = MIN(xcb_res_query_clients_clients_length(reply), CLIENTS_MAX);
        for (int i = 0; i < n && names->len < NAMES_MAX; i++) {
                char *name = has_grabs(xcb, clients[i].resource_base, type) ? name_of(xcb, clients[i].resource_base) : NULL;
                if (name && g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL))
                        g_clear_pointer(&name, g_free);
                if (name)
                        g_ptr_array_add(names, name);
        }
        free(reply);
        if (names->len == 0)
                return g_strdup("it");
        g_ptr_array_add(names, NULL);
        g_autofree char *list = g_strjoinv(" or ", (char **)names->pdata);
        return g_strdup_printf("it (%s)", list);
}
