#include "protect.h"

#include "places.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef struct {
        char *path;
        guint depth;
} Folder;

typedef struct {
        GQueue folders; /* breadth first */
        guint entries, places;
        ProtectFunc found;
        gpointer data;
} Scan;

static int open_plain(const char *path, int flags)
{
        struct open_how how = {.flags = (guint64)(flags | O_CLOEXEC), .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};

        return (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how);
}

static void add_folder(Scan *scan, const char *path, guint depth)
{
        Folder *folder = g_new(Folder, 1);

        *folder = (Folder){g_strdup(path), depth};
        g_queue_push_tail(&scan->folders, folder);
}

static gboolean is_folder(int parent, const struct dirent *entry)
{
        struct stat about;

        if (entry->d_type != DT_UNKNOWN)
                return entry->d_type == DT_DIR;
        return fstatat(parent, entry->d_name, &about, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(about.st_mode);
}

static void scan_entry(Scan *scan, const Folder *folder, int fd, const struct dirent *entry)
{
        g_autofree char *path = g_build_filename(folder->path, entry->d_name, NULL);
        g_autofree char *parent = g_path_get_basename(folder->path);
        gboolean directory = is_folder(fd, entry), git = g_str_equal(entry->d_name, ".git");

        if (places_is_protected_name(entry->d_name, parent) || git) {
                scan->places++;
                scan->found(path, directory, git && directory, scan->data);
        }
        if (directory && folder->depth < PROTECT_DEPTH_MAX && (git || !g_str_equal(parent, ".git")))
                add_folder(scan, path, folder->depth + 1);
}

static void scan_folder(Scan *scan, const Folder *folder)
{
        int fd = open_plain(folder->path, O_RDONLY | O_DIRECTORY);
        DIR *entries = fd >= 0 ? fdopendir(fd) : NULL;
        struct dirent *entry;

        if (!entries) {
                if (fd >= 0)
                        close(fd);
                return;
        }
        while (scan->entries++ < PROTECT_ENTRIES_MAX && scan->places < PROTECT_PLACES_MAX && (entry = readdir(entries)))
                if (!g_str_equal(entry->d_name, ".") && !g_str_equal(entry->d_name, ".."))
                        scan_entry(scan, folder, fd, entry);
        closedir(entries);
}

void protect_scan(const char *folder, ProtectFunc found, gpointer data)
{
        Scan scan = {.folders = G_QUEUE_INIT, .found = found, .data = data};
        Folder *next;

        add_folder(&scan, folder, 0);
        while ((next = g_queue_pop_head(&scan.folders))) {
                scan_folder(&scan, next);
                g_free(next->path);
                g_free(next);
        }
}

/* ---- afterwards */

typedef struct {
        GHashTable *kept;
        GPtrArray *added;
} Sweep;

static void added_cb(const char *path, gboolean is_directory, gboolean pin, gpointer data)
{
        Sweep *sweep = data;

        if (!g_hash_table_contains(sweep->kept, path))
                g_ptr_array_add(sweep->added, g_strdup(path));
}

static void set_aside(const char *path, GString *text)
{
        g_autofree char *parent = g_path_get_dirname(path), *name = g_path_get_basename(path);
        int fd = open_plain(parent, O_PATH | O_DIRECTORY);

        /* the folder above may have been set aside before it, and this with it */
        for (guint i = 0; fd >= 0 && i < 100; i++) {
                g_autofree char *held = i ? g_strdup_printf("%s.held-%u", name, i) : g_strdup_printf("%s.held", name);

                if (syscall(SYS_renameat2, fd, name, fd, held, 1u /* RENAME_NOREPLACE */) == 0) {
                        g_string_append_printf(text, "%s was set aside as %s: tools may not add files that start programs.\n", path, held);
                        break;
                }
                if (errno != EEXIST)
                        break;
        }
        if (fd >= 0)
                close(fd);
}

char *protect_sweep(const char *folder, GHashTable *kept)
{
        g_autoptr(GPtrArray) added = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GString) text = g_string_new(NULL);
        Sweep sweep = {kept, added};

        protect_scan(folder, added_cb, &sweep);
        for (guint i = 0; i < added->len; i++)
                set_aside(added->pdata[i], text);
        return text->len ? g_string_free(g_steal_pointer(&text), FALSE) : NULL;
}
