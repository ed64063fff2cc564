#include "disk.h"

#include "memory.h"

#include <linux/magic.h>
#include <stdio.h>
#include <sys/vfs.h>

#define WRITTEN_LEAST (64 * 1024) /* of the tree, by the kernel's account: a process that has ended is not in it, so this is little */

typedef struct {
        char *path;
        guint64 bytes, files;
        gboolean memory; /* nobody accounts for what is written there */
} Free;

struct Disk {
        GArray *places; /* Free */
};

static void clear_free(gpointer data)
{
        g_free(((Free *)data)->path);
}

static gboolean look(const char *path, Free *now)
{
        struct statfs about;

        if (statfs(path, &about) < 0)
                return FALSE;
        now->bytes = (guint64)about.f_bfree * (guint64)about.f_bsize;
        now->files = about.f_files ? about.f_ffree : G_MAXUINT64; /* some file systems do not count them */
        now->memory = about.f_type == TMPFS_MAGIC;
        return TRUE;
}

Disk *disk_new(const char *const *paths)
{
        Disk *disk = g_new0(Disk, 1);

        disk->places = g_array_new(FALSE, FALSE, sizeof(Free));
        g_array_set_clear_func(disk->places, clear_free);
        for (; *paths; paths++) {
                Free now = {0};

                if (!look(*paths, &now))
                        continue;
                now.path = g_strdup(*paths);
                g_array_append_val(disk->places, now);
        }
        return disk;
}

void disk_free(Disk *disk)
{
        if (!disk)
                return;
        g_array_unref(disk->places);
        g_free(disk);
}

static guint64 written_by(int pid)
{
        char path[64], line[128];
        unsigned long long called = 0, dirtied = 0;
        FILE *file;

        g_snprintf(path, sizeof path, "/proc/%d/io", pid);
        file = fopen(path, "re");
        if (!file)
                return WRITTEN_LEAST; /* it keeps that from us */
        while (fgets(line, sizeof line, file))
                if (sscanf(line, "wchar: %llu", &called) != 1)
                        sscanf(line, "write_bytes: %llu", &dirtied);
        fclose(file);
        return MAX(called, dirtied);
}

static gboolean writes(int pid)
{
        int pids[MEMORY_PROCESSES_MAX];
        guint n = memory_pids(pid, pids);
        guint64 sum = 0;

        for (guint i = 0; i < n; i++)
                sum += written_by(pids[i]);
        return sum >= WRITTEN_LEAST;
}

gboolean disk_is_overrun(const Disk *disk, int pid)
{
        for (guint i = 0; i < disk->places->len; i++) {
                const Free *before = &g_array_index(disk->places, Free, i);
                Free now;

                if (!look(before->path, &now))
                        continue;
                if (now.bytes + DISK_BYTES_MAX >= before->bytes && (before->files <= now.files || before->files - now.files <= DISK_FILES_MAX))
                        continue;
                if (before->memory || writes(pid))
                        return TRUE;
        }
        return FALSE;
}
