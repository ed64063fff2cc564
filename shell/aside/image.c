/* Pictures that programs send: raw pixels over the bus, whose numbers may be lies, and names of files, which may be no files. */
#include <string.h>
#include <sys/stat.h>

#include "shell/aside/aside.h"

static cairo_surface_t *fitted(GdkPixbuf *picture, int side, int scale)
{
        int width = gdk_pixbuf_get_width(picture), height = gdk_pixbuf_get_height(picture);
        double factor = (double)side * scale / MAX(width, height);
        g_autoptr(GdkPixbuf) scaled = gdk_pixbuf_scale_simple(picture, MAX(1, (int)(width * factor)), MAX(1, (int)(height * factor)),
                                                              GDK_INTERP_BILINEAR);

        return scaled ? gdk_cairo_surface_create_from_pixbuf(scaled, scale, NULL) : NULL;
}

/* (iiibiiay): width, height, bytes a row, has alpha, bits a sample, channels, the pixels. */
static cairo_surface_t *from_data(GVariant *value, int scale)
{
        gint32 width, height, row, bits, channels;
        gboolean alpha;
        g_autoptr(GVariant) bytes = NULL;
        gsize size;

        if (!g_variant_is_of_type(value, G_VARIANT_TYPE("(iiibiiay)")))
                return NULL;
        g_variant_get(value, "(iiibii@ay)", &width, &height, &row, &alpha, &bits, &channels, &bytes);
        size = g_variant_get_size(bytes);
        if (width < 1 || height < 1 || width > IMAGE_SIDE_MAX || height > IMAGE_SIDE_MAX || bits != 8 || channels != (alpha ? 4 : 3) ||
            row < width * channels || row > IMAGE_SIDE_MAX * 8 || size > IMAGE_BYTES_MAX ||
            size < (gsize)row * (gsize)(height - 1) + (gsize)(width * channels))
                return NULL;
        g_autoptr(GBytes) pixels = g_variant_get_data_as_bytes(bytes);
        g_autoptr(GdkPixbuf) picture = gdk_pixbuf_new_from_bytes(pixels, GDK_COLORSPACE_RGB, alpha, 8, width, height, row);
        return fitted(picture, IMAGE_SIDE, scale);
}

static cairo_surface_t *from_file(const char *path, int side, int scale)
{
        struct stat info;
        int width = 0, height = 0;

        /* A pipe or a device would be waited for. */
        if (stat(path, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size > IMAGE_BYTES_MAX)
                return NULL;
        if (!gdk_pixbuf_get_file_info(path, &width, &height) || width > IMAGE_SIDE_MAX || height > IMAGE_SIDE_MAX)
                return NULL;
        g_autoptr(GdkPixbuf) picture = gdk_pixbuf_new_from_file_at_scale(path, side * scale, side * scale, TRUE, NULL);
        return picture ? gdk_cairo_surface_create_from_pixbuf(picture, scale, NULL) : NULL;
}

cairo_surface_t *image_named(const char *name, int side, int scale)
{
        if (!name || !*name)
                return NULL;
        if (*name == '/')
                return from_file(name, side, scale);
        if (g_str_has_prefix(name, "file:")) {
                g_autofree char *path = g_filename_from_uri(name, NULL, NULL);
                return path ? from_file(path, side, scale) : NULL;
        }
        if (strchr(name, '/'))
                return NULL;
        return gtk_icon_theme_load_surface(gtk_icon_theme_get_default(), name, side, scale, NULL, GTK_ICON_LOOKUP_FORCE_SIZE, NULL);
}

static cairo_surface_t *from_hint(GVariant *hints, const char *key, int scale)
{
        g_autoptr(GVariant) value = g_variant_lookup_value(hints, key, NULL);

        if (!value)
                return NULL;
        if (g_variant_is_of_type(value, G_VARIANT_TYPE_STRING))
                return image_named(g_variant_get_string(value, NULL), IMAGE_SIDE, scale);
        return from_data(value, scale);
}

cairo_surface_t *image_of(GVariant *hints, const char *app_icon, int scale)
{
        static const char *const before[] = {"image-data", "image_data", "image-path", "image_path"};
        cairo_surface_t *image = NULL;

        for (guint i = 0; !image && i < G_N_ELEMENTS(before); i++)
                image = from_hint(hints, before[i], scale);
        if (!image)
                image = image_named(app_icon, IMAGE_SIDE, scale);
        return image ? image : from_hint(hints, "icon_data", scale);
}
