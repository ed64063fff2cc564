#include "plan.h"

#include "data.h"
#include "devices.h"
#include "facts.h"
#include "idmap.h"
#include "places.h"
#include "programs.h"
#include "protect.h"

#include "hosts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef struct {
        ItemKind kind;
        gboolean folder;
        int fd; /* index, -1 */
        char *source; /* a path, or the content */
        gsize source_size;
        char *target;
        guint64 device, inode;
} Item;

typedef struct {
        const PlanRequest *request;
        Plan *plan;
        GPtrArray *items;
        int root;    /* what granted paths are taken from: / or the world */
        char *world; /* its real path, NULL without */
        const char *cwd;
        gboolean runs; /* some program */
} Builder;

static void item_free(gpointer data)
{
        Item *item = data;

        g_free(item->source);
        g_free(item->target);
        g_free(item);
}

static gboolean refuse(GError **error, const char *path, const char *why)
{
        g_set_error(error, SANDBOX_ERROR, SANDBOX_ERROR_GRANT, "%s cannot be granted: %s.", path, why);
        return FALSE;
}

static Item *add_item(Builder *builder, ItemKind kind, const char *target)
{
        Item *item = g_new0(Item, 1);

        item->kind = kind;
        item->fd = -1;
        item->source = g_strdup("");
        item->target = g_strdup(target);
        g_ptr_array_add(builder->items, item);
        return item;
}

/* ---- mounts */

static int open_source(const Builder *builder, const char *path)
{
        struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};

        return (int)syscall(SYS_openat2, builder->root, path[1] ? path + 1 : ".", &how, sizeof how);
}

/* Opens what is granted, and notes what it is: the spare takes it by the path again and refuses if it is another by then, or it is handed a
 * mount of this very descriptor. shared: it belongs to the system, and everybody may read it. */
static gboolean add_mount(Builder *builder, ItemKind kind, const char *path, gboolean shared, GError **error)
{
        struct stat about;
        int fd = open_source(builder, path), mount = -1;
        Item *item;

        if (fd < 0) {
                if (errno == ENOENT && builder->world)
                        return TRUE; /* absent in that world */
                return refuse(error, path, errno == ELOOP    ? "it is a link or is reached through one; grant the place it leads to"
                                           : errno == ENOENT ? "it is not there"
                                                             : g_strerror(errno));
        }
        if (fstat(fd, &about) < 0 || (!S_ISDIR(about.st_mode) && !S_ISREG(about.st_mode))) {
                close(fd);
                return refuse(error, path, "it is neither a folder nor an ordinary file");
        }
        if (geteuid() == 0 && !shared) {
                mount = builder->plan->n_fds < JOB_FDS_MAX ? idmap_mount(fd) : -1;
                if (mount < 0) {
                        g_autofree char *why = g_strdup_printf("its file system cannot lend it to a tool's unprivileged user (%s)",
                                                               g_strerror(errno));

                        close(fd);
                        return refuse(error, path, why);
                }
        }
        close(fd);
        item = add_item(builder, kind, path);
        item->folder = S_ISDIR(about.st_mode);
        item->device = about.st_dev;
        item->inode = about.st_ino;
        g_free(item->source);
        item->source = g_strconcat(builder->world ? builder->world : "", path, NULL);
        item->source_size = strlen(item->source);
        if (mount >= 0) {
                item->fd = (int)builder->plan->n_fds;
                builder->plan->fds[builder->plan->n_fds++] = mount;
        }
        return TRUE;
}

/* The whole disk: / itself is the sandbox's own, so it is everything in it that can be granted. */
static gboolean add_root(Builder *builder, ItemKind kind, GError **error)
{
        int fd = openat(builder->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR *entries = fd >= 0 ? fdopendir(fd) : NULL;
        struct dirent *entry;
        gboolean done = entries != NULL;

        while (done && (entry = readdir(entries))) {
                g_autofree char *path = g_strconcat("/", entry->d_name, NULL);

                if (entry->d_type == DT_DIR && places_is_canonical(path) && !g_str_equal(path, "/tmp") && !places_refuse(SANDBOX_READ,
                                                                                                                         path))
                        done = add_mount(builder, kind, path, FALSE, error);
        }
        if (entries)
                closedir(entries);
        return done || (error && *error) || refuse(error, "/", g_strerror(errno));
}

static gboolean add_path(Builder *builder, SandboxGrantKind grant, const char *path, GError **error)
{
        static const ItemKind kinds[] = {[SANDBOX_LIST] = ITEM_LIST, [SANDBOX_READ] = ITEM_READ, [SANDBOX_WRITE] = ITEM_WRITE};
        const char *why = places_refuse(grant, path);
        guint before = builder->items->len;

        if (why)
                return refuse(error, path, why);
        if (g_str_equal(path, "/")) {
                if (!builder->cwd)
                        builder->cwd = path;
                return add_root(builder, kinds[grant], error);
        }
        if (!add_mount(builder, kinds[grant], path, FALSE, error))
                return FALSE;
        if (builder->items->len > before && !builder->cwd && ((Item *)builder->items->pdata[before])->folder)
                builder->cwd = path;
        if (grant == SANDBOX_WRITE && builder->items->len > before)
                g_ptr_array_add(builder->plan->disks, g_strconcat(builder->world ? builder->world : "", path, NULL));
        if (grant == SANDBOX_WRITE && !builder->world && builder->items->len > before)
                g_ptr_array_add(builder->plan->written, g_strdup(path));
        return TRUE;
}

/* ---- facts */

static void add_text(Builder *builder, const char *target, char *text)
{
        Item *item = add_item(builder, ITEM_TEXT, target);

        g_free(item->source);
        item->source = text;
        item->source_size = strlen(text);
}

static char *world_text(const Builder *builder, const char *path, const char *otherwise)
{
        g_autofree char *place = g_strconcat(builder->world, path, NULL), *text = NULL;
        gsize size = 0;

        if (g_file_get_contents(place, &text, &size, NULL) && size <= FACTS_BYTES_MAX && strlen(text) == size)
                return g_steal_pointer(&text);
        return g_strdup(otherwise);
}

/* A class of devices: its folder holds links to the devices, so these are needed as well. */
static gboolean add_class(Builder *builder, const char *class, GError **error)
{
        g_autofree char *place = g_strconcat(builder->world ? builder->world : "", class, NULL);
        g_autoptr(GDir) entries = g_dir_open(place, 0, NULL);
        const char *name;

        if (!entries)
                return TRUE;
        if (!add_mount(builder, ITEM_READ, class, !builder->world, error))
                return FALSE;
        while (!builder->world && (name = g_dir_read_name(entries))) {
                g_autofree char *link = g_build_filename(class, name, NULL);
                char *device = realpath(link, NULL);
                gboolean done = !device || !g_str_has_prefix(device, "/sys/devices/") || add_mount(builder, ITEM_READ, device, TRUE, error);

                free(device);
                if (!done)
                        return FALSE;
        }
        return TRUE;
}

static gboolean add_system(Builder *builder, const char *fact, GError **error)
{
        static const char mounts[] = "/run/impromptu/mounts.json", processes[] = "/run/impromptu/processes.json";
        gboolean world = builder->world != NULL;

        if (g_str_equal(fact, "sensors"))
                return add_class(builder, "/sys/class/thermal", error) && add_class(builder, "/sys/class/hwmon", error);
        if (g_str_equal(fact, "battery"))
                return add_class(builder, "/sys/class/power_supply", error);
        if (g_str_equal(fact, "mounts"))
                add_text(builder, mounts, world ? world_text(builder, mounts, "{\"mounts\": []}") : facts_mounts());
        else if (g_str_equal(fact, "processes"))
                add_text(builder, processes, world ? world_text(builder, processes, "{\"processes\": []}") : facts_processes());
        else
                return refuse(error, fact, "the system facts are sensors, mounts, processes and battery");
        return TRUE;
}

/* ---- the network */

/* In a sample's world there is no network: what servers answer there stands in a file of it. */
static gboolean add_net(Builder *builder, GError **error)
{
        static const char answers[] = "/run/impromptu/net.json";
        g_autoptr(GPtrArray) hosts = g_ptr_array_new_with_free_func(g_free);
        const GArray *grants = builder->request->grants;
        Plan *plan = builder->plan;
        int fd;

        for (guint i = 0; i < grants->len; i++) {
                const SandboxGrant *grant = &g_array_index(grants, SandboxGrant, i);
                const char *why = NULL;
                char *host = grant->kind == SANDBOX_NET ? hosts_canonical(grant->resource, &why) : NULL;

                if (host)
                        g_ptr_array_add(hosts, host);
                else if (grant->kind == SANDBOX_NET)
                        return refuse(error, grant->resource, why);
        }
        if (!hosts->len)
                return TRUE;
        if (hosts->len > HOSTS_MAX)
                return refuse(error, hosts->pdata[HOSTS_MAX], "a tool may talk to at most 8 servers");
        if (builder->world) {
                add_text(builder, answers, world_text(builder, answers, "{}"));
                return TRUE;
        }
        if (plan->n_fds >= JOB_FDS_MAX)
                return refuse(error, hosts->pdata[0], "the tool has too many other grants");
        g_ptr_array_add(hosts, NULL);
        plan->net = net_new((const char *const *)hosts->pdata, &fd, error);
        if (!plan->net)
                return FALSE;
        plan->fds[plan->n_fds++] = fd;
        plan->net_fd = plan->n_fds;
        return TRUE;
}

/* ---- sound and devices: neither is in a sample's world */

static gboolean add_audio(Builder *builder, GError **error)
{
        gboolean plays = FALSE, records = FALSE;
        Plan *plan = builder->plan;
        int fd;

        for (guint i = 0; i < builder->request->grants->len; i++) {
                const SandboxGrant *grant = &g_array_index(builder->request->grants, SandboxGrant, i);

                if (grant->kind != SANDBOX_AUDIO)
                        continue;
                plays |= g_str_equal(grant->resource, "play");
                records |= g_str_equal(grant->resource, "record");
                if (!g_str_equal(grant->resource, "play") && !g_str_equal(grant->resource, "record"))
                        return refuse(error, grant->resource, "with sound there are play and record");
        }
        if ((!plays && !records) || builder->world)
                return TRUE;
        if (plan->n_fds >= JOB_FDS_MAX)
                return refuse(error, "Sound", "the tool has too many other grants");
        plan->audio = audio_new(plays, records, &fd, error);
        if (!plan->audio)
                return FALSE;
        plan->fds[plan->n_fds++] = fd;
        plan->audio_fd = plan->n_fds;
        return TRUE;
}

static gboolean add_device(Builder *builder, const char *path, GError **error)
{
        struct stat about;
        int fd = builder->world ? -1 : open_source(builder, path), mount = -1;
        const char *why = NULL;
        Item *item;

        if (builder->world)
                return TRUE;
        if (fd < 0 || fstat(fd, &about) < 0)
                why = errno == ENOENT ? "it is not there" : errno == ELOOP ? "it is a link; grant the device it leads to" : g_strerror(errno);
        else
                why = devices_refuse(path, &about);
        if (fd >= 0)
                close(fd);
        if (why)
                return refuse(error, path, why);
        if (geteuid() == 0 && (builder->plan->n_fds >= JOB_FDS_MAX || (mount = devices_mount_copy(&about)) < 0))
                return refuse(error, path, "it cannot be lent to a tool's unprivileged user");
        item = add_item(builder, ITEM_DEVICE, path);
        item->device = about.st_dev;
        item->inode = about.st_ino;
        g_free(item->source);
        item->source = g_strdup(path);
        item->source_size = strlen(path);
        if (mount >= 0) {
                item->fd = (int)builder->plan->n_fds;
                builder->plan->fds[builder->plan->n_fds++] = mount;
        }
        return TRUE;
}

/* ---- programs */

static void add_system_file(Builder *builder, ItemKind kind, const char *source, const char *target, const struct stat *about)
{
        Item *item = add_item(builder, kind, target);

        item->folder = S_ISDIR(about->st_mode);
        item->device = about->st_dev;
        item->inode = about->st_ino;
        g_free(item->source);
        item->source = g_strdup(source);
        item->source_size = strlen(source);
}

/* The machine's own program, in a sample's world as well. It stands in /usr/bin, whatever folder it is from. */
static gboolean add_program(Builder *builder, const char *name, GError **error)
{
        static const char alternatives[] = "/etc/alternatives"; /* some libraries are links into it */
        g_autofree char *target = g_build_filename("/usr/bin", name, NULL), *path = NULL;
        struct stat about;

        path = programs_find(name, &about, error);
        if (!path)
                return FALSE;
        add_system_file(builder, ITEM_RUN, path, target, &about);
        if (!builder->runs && lstat(alternatives, &about) == 0 && S_ISDIR(about.st_mode))
                add_system_file(builder, ITEM_READ, alternatives, alternatives, &about);
        builder->runs = TRUE;
        return TRUE;
}

static gboolean add_grant(Builder *builder, const SandboxGrant *grant, GError **error)
{
        if (grant->kind == SANDBOX_NET || grant->kind == SANDBOX_AUDIO)
                return TRUE; /* all of them at once, in add_net() and add_audio() */
        if (grant->kind == SANDBOX_DEVICE)
                return add_device(builder, grant->resource, error);
        if (grant->kind == SANDBOX_SYSTEM)
                return add_system(builder, grant->resource, error);
        return grant->kind == SANDBOX_RUN ? add_program(builder, grant->resource, error)
                                          : add_path(builder, grant->kind, grant->resource, error);
}

/* ---- the data folder */

/* A folder of ours, by its descriptor. */
static gboolean lend(Builder *builder, int fd, ItemKind kind, const char *target)
{
        g_autofree char *link = g_strdup_printf("/proc/self/fd/%d", fd), *path = g_file_read_link(link, NULL);
        Plan *plan = builder->plan;
        struct stat about;
        int mount = -1;

        if (!path || fstat(fd, &about) < 0)
                return FALSE;
        if (geteuid() == 0) {
                mount = plan->n_fds < JOB_FDS_MAX ? (int)syscall(SYS_open_tree, fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE |
                                                                                                      OPEN_TREE_CLOEXEC) : -1;
                if (mount < 0)
                        return FALSE;
        }
        add_system_file(builder, kind, path, target, &about);
        if (mount >= 0) {
                ((Item *)builder->items->pdata[builder->items->len - 1])->fd = (int)plan->n_fds;
                plan->fds[plan->n_fds++] = mount;
        }
        return TRUE;
}

/* Where it cannot be had, the tool has one that is not kept, and the log says so. */
static void add_data(Builder *builder)
{
        g_autoptr(GError) error = NULL;
        Plan *plan = builder->plan;

        plan->data = data_open(builder->request->app, builder->request->tool, &error);
        plan->room = data_room;
        plan->data_full = plan->data >= 0 && data_is_full(plan->data, &plan->room, 0);
        if (plan->data < 0 || !lend(builder, plan->data, plan->data_full ? ITEM_DATA_FULL : ITEM_DATA, DATA_FOLDER))
                plan->note = g_strdup_printf("%s What it writes there is gone afterwards.\n",
                                             error ? error->message : "The data folder of this tool cannot be lent to it.");
}

/* ---- Python packages */

static gboolean add_site(Builder *builder, GError **error)
{
        int fd = open(builder->request->site, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

        builder->plan->site = fd;
        /* who collects old ones takes none that is locked */
        return (fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) == 0 && lend(builder, fd, ITEM_SITE, SITE_FOLDER)) ||
               refuse(error, builder->request->site, "the tool's Python packages are not there any more; call it again");
}

static gboolean add_install(Builder *builder, const PlanInstall *install, GError **error)
{
        Plan *plan = builder->plan;

        plan->data = dup(install->place);
        plan->room = install->room;
        if (plan->data < 0 || !lend(builder, plan->data, ITEM_DATA, DATA_FOLDER))
                return refuse(error, DATA_FOLDER, "its file system cannot lend it");
        for (guint i = 0; install->wheels && install->wheels[i]; i++) {
                g_autofree char *target = g_strdup_printf(WHEELS_FOLDER "/%u", i);
                int fd = open(install->wheels[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
                gboolean done = fd >= 0 && lend(builder, fd, ITEM_READ, target);

                if (fd >= 0)
                        close(fd);
                if (!done)
                        return refuse(error, install->wheels[i], "pip is told to look there for packages, and it cannot be lent");
        }
        if (!install->index)
                return TRUE;
        plan->net = net_new_index(install->index, &plan->fds[plan->n_fds], error);
        plan->n_fds += plan->net != NULL;
        plan->net_fd = plan->n_fds;
        return plan->net != NULL;
}

/* ---- what is covered inside the mounts */

static gboolean is_granted(const Builder *builder, const char *path)
{
        for (guint i = 0; i < builder->items->len; i++) {
                const Item *item = builder->items->pdata[i];

                if (item->kind <= ITEM_WRITE && places_is_inside(path, item->target))
                        return TRUE;
        }
        return FALSE;
}

static void hide_private(Builder *builder)
{
        for (const char *const *place = places_private(); *place; place++) {
                struct stat about;

                if (is_granted(builder, *place) && lstat(*place, &about) == 0 && (S_ISDIR(about.st_mode) || S_ISREG(about.st_mode)))
                        add_item(builder, ITEM_HIDE, *place)->folder = S_ISDIR(about.st_mode);
        }
}

static void keep_cb(const char *path, gboolean is_folder, gboolean pin, gpointer data)
{
        Builder *builder = data;

        if (g_hash_table_add(builder->plan->kept, g_strdup(path)))
                add_item(builder, pin ? ITEM_PIN : ITEM_KEEP, path)->folder = is_folder;
}

/* Mounts before what lies in them, covers after all mounts, the outer before the inner. */
static gint order(gconstpointer a, gconstpointer b)
{
        const Item *left = *(Item *const *)a, *right = *(Item *const *)b;
        int left_cover = left->kind > ITEM_RUN, right_cover = right->kind > ITEM_RUN;

        if (left_cover != right_cover)
                return left_cover - right_cover;
        return (gint)strlen(left->target) - (gint)strlen(right->target);
}

/* ---- the block */

static void append_string(GByteArray *job, const char *text, gsize size)
{
        g_byte_array_append(job, (const guint8 *)text, (guint)size);
        g_byte_array_append(job, (const guint8 *)"", 1);
}

static void append_item(GByteArray *job, const Item *item)
{
        JobItem head = {.kind = item->kind,
                        .folder = (guint32)item->folder,
                        .fd = item->fd,
                        .source = (guint32)item->source_size,
                        .target = (guint32)strlen(item->target),
                        .device = item->device,
                        .inode = item->inode};

        while ((job->len - sizeof(JobHead)) % 8)
                g_byte_array_append(job, (const guint8 *)"", 1);
        g_byte_array_append(job, (const guint8 *)&head, sizeof head);
        append_string(job, item->source, item->source_size);
        append_string(job, item->target, head.target);
}

static void write_job(Builder *builder)
{
        const PlanRequest *request = builder->request;
        const char *cwd = builder->cwd ? builder->cwd : "/tmp";
        GByteArray *job = builder->plan->job;
        JobHead head = {.magic = JOB_MAGIC,
                        .n_items = builder->items->len,
                        .n_fds = builder->plan->n_fds,
                        .source = (guint32)request->source_size,
                        .arguments = (guint32)request->arguments_size,
                        .cwd = (guint32)strlen(cwd),
                        .processes = request->processes,
                        .seconds = (guint32)ceil(request->seconds) + 1,
                        .output_max = (guint32)request->output_max,
                        .install = request->install ? request->install->step : INSTALL_NONE,
                        .net = builder->plan->net_fd,
                        .audio = builder->plan->audio_fd,
                        .memory = (guint64)request->memory_mb << 20};

        g_byte_array_append(job, (const guint8 *)&head, sizeof head);
        for (guint i = 0; i < builder->items->len; i++)
                append_item(job, builder->items->pdata[i]);
        append_string(job, request->source, request->source_size);
        append_string(job, request->arguments, request->arguments_size);
        append_string(job, cwd, head.cwd);
        ((JobHead *)(void *)job->data)->size = job->len;
}

static gboolean build(Builder *builder, GError **error)
{
        const PlanRequest *request = builder->request;

        for (guint i = 0; i < request->grants->len; i++) {
                if (!add_grant(builder, &g_array_index(request->grants, SandboxGrant, i), error))
                        return FALSE;
        }
        if (!builder->world)
                hide_private(builder);
        if (!builder->world && request->app)
                add_data(builder);
        if (request->site && !add_site(builder, error))
                return FALSE;
        for (guint i = 0; i < builder->plan->written->len; i++)
                protect_scan(builder->plan->written->pdata[i], keep_cb, builder);
        if (builder->items->len > JOB_ITEMS_MAX) {
                g_set_error(error, SANDBOX_ERROR, SANDBOX_ERROR_GRANT,
                            "The granted folders hold too many protected places (more than %d). Grant smaller folders.",
                            JOB_ITEMS_MAX);
                return FALSE;
        }
        /* the last that can fail: a broker is not started for nothing */
        if (!add_net(builder, error) || !add_audio(builder, error) || (request->install && !add_install(builder, request->install, error)))
                return FALSE;
        g_ptr_array_sort(builder->items, order);
        write_job(builder);
        return TRUE;
}

Plan *plan_new(const PlanRequest *request, GError **error)
{
        g_autoptr(Plan) plan = g_new0(Plan, 1);
        g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func(item_free);
        Builder builder = {.request = request, .plan = plan, .items = items};
        gboolean done = FALSE;

        plan->job = g_byte_array_new();
        plan->data = plan->site = -1;
        plan->disks = g_ptr_array_new_with_free_func(g_free);
        plan->written = g_ptr_array_new_with_free_func(g_free);
        plan->kept = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        builder.world = request->world ? realpath(request->world, NULL) : NULL;
        builder.root = request->world && !builder.world ? -1 : open(builder.world ? builder.world : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (builder.root < 0)
                refuse(error, request->world, "the folder that stands for the machine is not there");
        else
                done = build(&builder, error);
        free(builder.world);
        if (builder.root >= 0)
                close(builder.root);
        return done ? g_steal_pointer(&plan) : NULL;
}

void plan_free(Plan *plan)
{
        if (!plan)
                return;
        for (guint i = 0; i < plan->n_fds; i++)
                close(plan->fds[i]);
        net_free(plan->net);
        audio_free(plan->audio);
        if (plan->data >= 0)
                close(plan->data);
        if (plan->site >= 0)
                close(plan->site);
        g_free(plan->note);
        g_byte_array_unref(plan->job);
        g_ptr_array_unref(plan->disks);
        g_ptr_array_unref(plan->written);
        g_hash_table_unref(plan->kept);
        g_free(plan);
}
