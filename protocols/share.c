/* One answer for every program to where the data lie. */
#include "protocols/share.h"

#include <glib.h>

#include "config.h"

char *share_folder(const char *part)
{
        const char *chosen = g_getenv("IMPROMPTU_DATA");
        g_autofree char *installed = g_build_filename(IMPROMPTU_SHARE, part, NULL);

        if (chosen && *chosen)
                return g_strdup(chosen);
        return g_strdup(g_file_test(installed, G_FILE_TEST_EXISTS) ? IMPROMPTU_SHARE : IMPROMPTU_SOURCE_DATA);
}
