/* Files that a page offers (a link with `download`, a blob). WebKit would save them silently; here each goes to a private folder first and is handed
 * to the page's owner, who asks the person (views.c) or looks inside (the checker). */
#include "shell/apps/page.h"

#include <glib/gstdio.h>
#include <string.h>

#include "protocols/text.h"

#define SAVE_NUMBER_MAX 9999

typedef struct {
        Page *page; /* NULL once the page is gone */
        char *name, *path;
        gboolean failed;
} Offer;

char *save_name(const char *offered)
{
        g_autofree char *plain = text_plain(offered ? offered : "", PAGE_NAME_MAX);
        char *slash = strrchr(plain, '/'), *name;

        name = g_strstrip(g_strdup(slash ? slash + 1 : plain));
        g_strdelimit(name, "\\:*?\"<>|", '_');
        while (*name == '.' || *name == ' ' || *name == '-')
                memmove(name, name + 1, strlen(name));
        if (!*name) {
                g_free(name);
                return g_strdup("file");
        }
        return name;
}

/* name, then "name (2).ext", "name (3).ext". */
static char *numbered(const char *name, guint number)
{
        const char *dot = strrchr(name, '.');

        if (number < 2)
                return g_strdup(name);
        if (!dot || dot == name)
                return g_strdup_printf("%s (%u)", name, number);
        return g_strdup_printf("%.*s (%u)%s", (int)(dot - name), name, number, dot);
}

char *save_move(const char *path, const char *folder, const char *name, GError **error)
{
        g_autoptr(GFile) from = g_file_new_for_path(path);

        if (g_mkdir_with_parents(folder, 0755) != 0) {
                g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "The folder %s could not be made: %s.", folder, g_strerror(errno));
                return NULL;
        }
        for (guint number = 1; number <= SAVE_NUMBER_MAX; number++) {
                g_autofree char *base = numbered(name, number), *target = g_build_filename(folder, base, NULL);
                g_autoptr(GFile) to = g_file_new_for_path(target);
                g_autoptr(GError) why = NULL;

                if (g_file_move(from, to, G_FILE_COPY_NOFOLLOW_SYMLINKS, NULL, NULL, NULL, &why))
                        return g_steal_pointer(&target);
                if (!g_error_matches(why, G_IO_ERROR, G_IO_ERROR_EXISTS)) {
                        g_propagate_error(error, g_steal_pointer(&why));
                        return NULL;
                }
        }
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_EXISTS, "There are too many files called %s in %s.", name, folder);
        return NULL;
}

void page_file_drop(const char *path)
{
        g_autofree char *folder = g_path_get_dirname(path);

        g_unlink(path);
        g_rmdir(folder);
}

static char *private_folder(void)
{
        g_autofree char *parent = g_build_filename(g_get_user_cache_dir(), "impromptu", "saving", NULL);
        char *folder;

        if (g_mkdir_with_parents(parent, 0700) != 0)
                return NULL;
        folder = g_build_filename(parent, "XXXXXX", NULL);
        if (g_mkdtemp(folder))
                return folder;
        g_free(folder);
        return NULL;
}

static void offer_free(gpointer data)
{
        Offer *offer = data;

        if (offer->page)
                offer->page->files--;
        g_free(offer->name);
        g_free(offer->path);
        g_free(offer);
}

static gboolean destination_cb(WebKitDownload *download, const char *suggested, gpointer user_data)
{
        Offer *offer = user_data;
        g_autofree char *folder = private_folder();

        offer->name = save_name(suggested);
        if (!folder) {
                webkit_download_cancel(download);
                return TRUE;
        }
        offer->path = g_build_filename(folder, "file", NULL);
        webkit_download_set_destination(download, offer->path);
        return TRUE;
}

static void received_cb(WebKitDownload *download, guint64 length, gpointer user_data)
{
        Offer *offer = user_data;

        if (webkit_download_get_received_data_length(download) <= PAGE_FILE_MAX || offer->failed)
                return;
        offer->failed = TRUE;
        if (offer->page && offer->page->handler)
                offer->page->handler->found(offer->page, "request", "The page offered a file of more than 256 MB, which was not taken.",
                                            offer->page->owner);
        webkit_download_cancel(download);
}

static void failed_cb(WebKitDownload *download, GError *error, gpointer user_data)
{
        Offer *offer = user_data;

        offer->failed = TRUE;
        if (offer->path)
                page_file_drop(offer->path);
}

static void finished_cb(WebKitDownload *download, gpointer user_data)
{
        Offer *offer = user_data;

        if (offer->failed || !offer->path)
                return;
        if (offer->page && offer->page->handler)
                offer->page->handler->offered(offer->page, offer->name, offer->path, offer->page->owner);
        else
                page_file_drop(offer->path);
}

static void page_gone_cb(gpointer user_data, GObject *context)
{
        ((Offer *)user_data)->page = NULL;
}

static void download_gone_cb(gpointer user_data, GObject *download)
{
        Offer *offer = user_data;

        if (offer->page)
                g_object_weak_unref(G_OBJECT(offer->page->cancellable), page_gone_cb, offer);
        offer_free(offer);
}

static void started_cb(WebKitWebContext *context, WebKitDownload *download, gpointer user_data)
{
        Page *page = user_data;
        Offer *offer;

        if (!page->app || page->files >= PAGE_FILES_AT_ONCE) {
                webkit_download_cancel(download);
                return;
        }
        page->files++;
        offer = g_new0(Offer, 1);
        offer->page = page;
        g_signal_connect(download, "decide-destination", G_CALLBACK(destination_cb), offer);
        g_signal_connect(download, "received-data", G_CALLBACK(received_cb), offer);
        g_signal_connect(download, "failed", G_CALLBACK(failed_cb), offer);
        g_signal_connect(download, "finished", G_CALLBACK(finished_cb), offer);
        g_object_weak_ref(G_OBJECT(page->cancellable), page_gone_cb, offer);
        g_object_weak_ref(G_OBJECT(download), download_gone_cb, offer);
}

void save_install(Page *page)
{
        g_signal_connect(page->context, "download-started", G_CALLBACK(started_cb), page);
}
