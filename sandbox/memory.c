#include "memory.h"

#include <stdio.h>
#include <unistd.h>

static guint64 resident(int pid)
{
        char path[64];
        unsigned long pages = 0;
        FILE *file;

        g_snprintf(path, sizeof path, "/proc/%d/statm", pid);
        file = fopen(path, "re");
        if (file) {
                if (fscanf(file, "%*u %lu", &pages) != 1)
                        pages = 0;
                fclose(file);
        }
        return (guint64)pages * (guint64)sysconf(_SC_PAGESIZE);
}

/* The process's share of its pages. A process that keeps this from us counts in full. */
static guint64 proportional(int pid)
{
        char path[64], line[256];
        unsigned long kilobytes = 0;
        gboolean found = FALSE;
        FILE *file;

        g_snprintf(path, sizeof path, "/proc/%d/smaps_rollup", pid);
        file = fopen(path, "re");
        while (file && !found && fgets(line, sizeof line, file))
                found = sscanf(line, "Pss: %lu kB", &kilobytes) == 1;
        if (file)
                fclose(file);
        return found ? (guint64)kilobytes * 1024 : resident(pid);
}

/* Whoever loses its parent inside becomes a child of the first process, so all are below it. */
guint memory_pids(int pid, int *pids)
{
        guint next = 0, n = 1;

        pids[0] = pid;
        while (next < n) {
                char path[64];
                int child;
                FILE *file;

                g_snprintf(path, sizeof path, "/proc/%d/task/%d/children", pids[next], pids[next]);
                next++;
                file = fopen(path, "re");
                while (file && n < MEMORY_PROCESSES_MAX && fscanf(file, "%d", &child) == 1)
                        pids[n++] = child;
                if (file)
                        fclose(file);
        }
        return n;
}

guint64 memory_of_tree(int pid, guint64 enough)
{
        int pids[MEMORY_PROCESSES_MAX];
        guint n = memory_pids(pid, pids);
        guint64 sum = 0;

        for (guint i = 0; i < n; i++)
                sum += resident(pids[i]);
        if (sum <= enough)
                return sum;
        sum = 0;
        for (guint i = 0; i < n; i++)
                sum += proportional(pids[i]);
        return sum;
}
