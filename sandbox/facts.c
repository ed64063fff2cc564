#include "facts.h"

#include <dirent.h>
#include <json.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

static char *finish(const char *name, json_object *entries)
{
        json_object *all = json_object_new_object();
        char *text;

        json_object_object_add(all, name, entries);
        text = g_strdup(json_object_to_json_string_ext(all, JSON_C_TO_STRING_PLAIN));
        json_object_put(all);
        return text;
}

/* A server that has gone away blocks whoever asks its mount, so network file systems are left out as well. */
static gboolean is_disk(const struct mntent *mount)
{
        return mount->mnt_fsname[0] == '/' || g_str_equal(mount->mnt_type, "zfs") || g_str_equal(mount->mnt_type, "tmpfs");
}

char *facts_mounts(void)
{
        json_object *mounts = json_object_new_array();
        g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        FILE *table = setmntent("/proc/self/mounts", "r");
        struct mntent *mount;

        while (table && (mount = getmntent(table)) && json_object_array_length(mounts) < FACTS_ENTRIES_MAX) {
                struct statvfs about;
                json_object *entry;

                if (!is_disk(mount) || !g_hash_table_add(seen, g_strdup(mount->mnt_dir)) || statvfs(mount->mnt_dir, &about) < 0 ||
                    !about.f_blocks)
                        continue;
                entry = json_object_new_object();
                json_object_object_add(entry, "path", json_object_new_string(mount->mnt_dir));
                json_object_object_add(entry, "type", json_object_new_string(mount->mnt_type));
                json_object_object_add(entry, "total", json_object_new_int64((gint64)(about.f_blocks * about.f_frsize)));
                json_object_object_add(entry, "used", json_object_new_int64((gint64)((about.f_blocks - about.f_bfree) * about.f_frsize)));
                json_object_object_add(entry, "free", json_object_new_int64((gint64)(about.f_bavail * about.f_frsize)));
                json_object_array_add(mounts, entry);
        }
        if (table)
                endmntent(table);
        return finish("mounts", mounts);
}

/* /proc/PID/stat: the name stands in parentheses and may hold any character; what follows the last one is fields 3 and up. */
static json_object *process(const char *pid)
{
        g_autofree char *path = g_strdup_printf("/proc/%s/stat", pid), *text = NULL, *name = NULL;
        unsigned long user, system;
        long resident;
        char *open, *close_;
        json_object *entry;

        if (!g_file_get_contents(path, &text, NULL, NULL) || !(open = strchr(text, '(')) || !(close_ = strrchr(text, ')')) ||
            sscanf(close_ + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d %*d %*d %*u %*u %ld", &user, &system,
                   &resident) != 3)
                return NULL;
        *close_ = '\0';
        name = g_utf8_make_valid(open + 1, -1);
        entry = json_object_new_object();
        json_object_object_add(entry, "name", json_object_new_string(name));
        json_object_object_add(entry, "cpu_seconds", json_object_new_double((double)(user + system) / (double)sysconf(_SC_CLK_TCK)));
        json_object_object_add(entry, "memory", json_object_new_int64((gint64)resident * sysconf(_SC_PAGESIZE)));
        return entry;
}

char *facts_processes(void)
{
        json_object *processes = json_object_new_array();
        DIR *proc = opendir("/proc");
        struct dirent *entry;

        while (proc && (entry = readdir(proc)) && json_object_array_length(processes) < FACTS_ENTRIES_MAX) {
                json_object *about = g_ascii_isdigit(entry->d_name[0]) ? process(entry->d_name) : NULL;

                if (about)
                        json_object_array_add(processes, about);
        }
        if (proc)
                closedir(proc);
        return finish("processes", processes);
}
