#include "shell/ui/rowicons.h"

#include "shell/ui/style.h"

static GHashTable *icons; /* "icon scale" to cairo_surface_t; NULL value: there is none */

static void
surface_free(gpointer surface)
{
        if (surface)
                cairo_surface_destroy(surface);
}

static cairo_surface_t *
look_up(const char *name, int scale)
{
        g_autoptr(GIcon) icon = g_icon_new_for_string(name, NULL);
        g_autoptr(GtkIconInfo) info = icon ? gtk_icon_theme_lookup_by_gicon_for_scale(gtk_icon_theme_get_default(), icon, UI_TILE_SIZE, scale,
                                                                                      GTK_ICON_LOOKUP_FORCE_SIZE)
                                           : NULL;

        return info ? gtk_icon_info_load_surface(info, NULL, NULL) : NULL;
}

cairo_surface_t *
row_icon(const char *icon, int scale)
{
        g_autofree char *key = g_strdup_printf("%s %d", icon ? icon : "", scale);
        gpointer surface = NULL;

        if (!icon)
                return NULL;
        if (!icons)
                icons = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, surface_free);
        if (g_hash_table_lookup_extended(icons, key, NULL, &surface))
                return surface;
        if (g_hash_table_size(icons) >= ROW_ICONS_MAX)
                row_icons_forget();
        surface = look_up(icon, scale);
        g_hash_table_insert(icons, g_steal_pointer(&key), surface);
        return surface;
}

void
row_icons_forget(void)
{
        if (icons)
                g_hash_table_remove_all(icons);
}
