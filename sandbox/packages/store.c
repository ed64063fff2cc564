/* Everything a wheel or an installation made is a stranger's, so it is opened and removed by descriptors and without links. */
#include "packages/store.h"

#include "client.h"
#include "places.h"
#include "worker/job.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <json.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PYTHON "cpython-311"
#define OPEN_FOLDER (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define DEPTH_MAX 64         /* of a tree that is removed */
#define TOUCH_SECONDS 3600   /* a use is noted once an hour */
#define STAGE "new-"
#define OLD "old-"
#define RECORD_MAX (1024 * 1024)

struct Stage {
        char *name;
        int folder, work; /* the first holds the lock */
};

typedef struct {
        char *name;
        gint64 used;
        guint64 bytes;
} Environment;

void wheel_free(gpointer data)
{
        Wheel *wheel = data;

        g_free(wheel->file);
        g_free(wheel->sha256);
        g_free(wheel);
}

static char *base_path(void)
{
        const char *set = g_getenv("XDG_DATA_HOME");

        return set && set[0] == '/' ? g_build_filename(set, "impromptu/packages", NULL)
                                    : g_build_filename(places_home(), ".local/share/impromptu/packages", NULL);
}

static int open_base(gboolean make)
{
        g_autofree char *path = base_path();

        if (make)
                g_mkdir_with_parents(path, 0700);
        return open(path, OPEN_FOLDER);
}

/* A folder of ours below another, made if it is not there. */
static int open_below(int above, const char *name)
{
        return mkdirat(above, name, 0700) == 0 || errno == EEXIST ? openat(above, name, OPEN_FOLDER) : -1;
}

static gboolean fail(GError **error, const char *what)
{
        g_set_error(error, SANDBOX_ERROR, SANDBOX_ERROR_PACKAGES, "Python packages cannot be kept here (%s: %s).", what, g_strerror(errno));
        return FALSE;
}

/* ---- removing */

static void remove_tree(int above, const char *name, guint depth)
{
        int fd = openat(above, name, OPEN_FOLDER);
        DIR *entries;
        struct dirent *entry;

        if (fd < 0 && errno == EACCES && fchmodat(above, name, 0700, 0) == 0)
                fd = openat(above, name, OPEN_FOLDER);
        if (fd < 0) {
                unlinkat(above, name, 0);
                return;
        }
        fchmod(fd, 0700);
        entries = fdopendir(fd);
        while (entries && (entry = readdir(entries)))
                if (!g_str_equal(entry->d_name, ".") && !g_str_equal(entry->d_name, "..") && unlinkat(fd, entry->d_name, 0) < 0 &&
                    depth < DEPTH_MAX)
                        remove_tree(fd, entry->d_name, depth + 1);
        if (entries)
                closedir(entries);
        unlinkat(above, name, AT_REMOVEDIR);
}

/* ---- keys */

static int compare_texts(gconstpointer a, gconstpointer b)
{
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The hash of lines, whatever their order. Takes the lines, which are freed with the array. */
static char *hash_of(GPtrArray *lines)
{
        GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
        char *key;

        g_ptr_array_sort(lines, compare_texts);
        g_checksum_update(sum, (const guchar *)PYTHON "\n", -1);
        for (guint i = 0; i < lines->len; i++) {
                /* the same twice is the same once */
                if (i && g_str_equal(lines->pdata[i], lines->pdata[i - 1]))
                        continue;
                g_checksum_update(sum, lines->pdata[i], -1);
                g_checksum_update(sum, (const guchar *)"\n", 1);
        }
        key = g_strndup(g_checksum_get_string(sum), 40);
        g_checksum_free(sum);
        g_ptr_array_unref(lines);
        return key;
}

char *store_key(const char *const *requirements)
{
        GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);

        for (; *requirements; requirements++)
                g_ptr_array_add(lines, g_strdup(*requirements));
        return hash_of(lines);
}

static char *content_key(GPtrArray *wheels)
{
        GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);

        for (guint i = 0; i < wheels->len; i++) {
                const Wheel *wheel = wheels->pdata[i];

                g_ptr_array_add(lines, g_strdup_printf("%s %s", wheel->sha256, wheel->file));
        }
        return hash_of(lines);
}

/* ---- files of ours */

static json_object *read_json(int folder, const char *name)
{
        int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
        g_autofree char *text = NULL;
        struct stat about;
        json_object *value = NULL;

        if (fd < 0)
                return NULL;
        if (fstat(fd, &about) == 0 && S_ISREG(about.st_mode) && about.st_size <= RECORD_MAX) {
                text = g_malloc0((gsize)about.st_size + 1);
                if (read(fd, text, (gsize)about.st_size) == about.st_size)
                        value = json_tokener_parse(text);
        }
        close(fd);
        return value;
}

/* Takes value. */
static gboolean write_json(int folder, const char *name, json_object *value)
{
        const char *text = json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
        g_autofree char *next = g_strconcat(name, ".next", NULL);
        int fd = openat(folder, next, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
        gboolean done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

        if (fd >= 0)
                close(fd);
        json_object_put(value);
        return done && renameat(folder, next, folder, name) == 0;
}

/* ---- finding */

static const char *get_text(json_object *object, const char *name)
{
        json_object *value;

        return json_object_object_get_ex(object, name, &value) ? json_object_get_string(value) : NULL;
}

static gboolean is_key(const char *name)
{
        return name && strlen(name) == 40 && strspn(name, "0123456789abcdef") == 40;
}

/* The site of an environment that is whole, NULL; its record's time is set. */
static char *use(int base, const char *environment)
{
        g_autofree char *record = g_build_filename("envs", environment, "record.json", NULL), *path = base_path();
        struct stat about;

        if (fstatat(base, record, &about, AT_SYMLINK_NOFOLLOW) < 0)
                return NULL;
        if (about.st_mtime + TOUCH_SECONDS < g_get_real_time() / G_USEC_PER_SEC)
                utimensat(base, record, NULL, AT_SYMLINK_NOFOLLOW);
        return g_build_filename(path, "envs", environment, "site", NULL);
}

char *store_find(const char *const *requirements)
{
        g_autofree char *key = store_key(requirements), *place = g_build_filename("sets", key, NULL);
        int base = open_base(FALSE);
        json_object *set = base >= 0 ? read_json(base, place) : NULL;
        const char *environment = set ? get_text(set, "environment") : NULL;
        char *site = is_key(environment) ? use(base, environment) : NULL;

        json_object_put(set);
        if (base >= 0)
                close(base);
        return site;
}

static gboolean note_set(int base, const char *const *requirements, const char *environment)
{
        g_autofree char *key = store_key(requirements);
        json_object *set = json_object_new_object(), *list = json_object_new_array();
        int sets = open_below(base, "sets");
        gboolean done;

        for (; *requirements; requirements++)
                json_object_array_add(list, json_object_new_string(*requirements));
        json_object_object_add(set, "requirements", list);
        json_object_object_add(set, "environment", json_object_new_string(environment));
        done = write_json(sets, key, set);
        if (sets >= 0)
                close(sets);
        return done;
}

char *store_find_wheels(const char *const *requirements, GPtrArray *wheels)
{
        g_autofree char *environment = content_key(wheels);
        int base = open_base(FALSE);
        char *site = base >= 0 ? use(base, environment) : NULL;

        if (site && !note_set(base, requirements, environment))
                g_clear_pointer(&site, g_free);
        if (base >= 0)
                close(base);
        return site;
}

/* ---- wheels that are known */

static char *read_known(int base)
{
        int fd = openat(base, "known", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
        char *text = g_malloc0(STORE_KNOWN_MAX + 1);
        ssize_t n = fd >= 0 ? read(fd, text, STORE_KNOWN_MAX) : 0;

        if (n < 0)
                text[0] = '\0';
        if (fd >= 0)
                close(fd);
        return text;
}

/* The hash of a file of that name, 64 characters, not terminated; NULL. */
static const char *find_known(const char *known, const char *file)
{
        g_autofree char *end = g_strdup_printf(" %s\n", file);
        const char *at = strstr(known, end);

        return at && at - known >= 64 ? at - 64 : NULL;
}

gboolean store_check_known(GPtrArray *wheels, GError **error)
{
        int base = open_base(FALSE);
        g_autofree char *known = base >= 0 ? read_known(base) : g_strdup(""), *path = base_path();

        if (base >= 0)
                close(base);
        for (guint i = 0; i < wheels->len; i++) {
                const Wheel *wheel = wheels->pdata[i];
                const char *before = find_known(known, wheel->file);

                if (!before || strncmp(before, wheel->sha256, 64) == 0)
                        continue;
                g_set_error(error, SANDBOX_ERROR, SANDBOX_ERROR_PACKAGES,
                            "The package index has another file under the name %s than it had before (its hash is another). Nothing was "
                            "installed. If that is right, take its line out of %s/known.", wheel->file, path);
                return FALSE;
        }
        return TRUE;
}

static void note_known(int base, GPtrArray *wheels)
{
        g_autofree char *known = read_known(base);
        gboolean full = strlen(known) + 512 * wheels->len > STORE_KNOWN_MAX;
        int fd = openat(base, "known", O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC | (full ? O_TRUNC : O_APPEND), 0600);

        for (guint i = 0; fd >= 0 && i < wheels->len; i++) {
                const Wheel *wheel = wheels->pdata[i];

                if (full || !find_known(known, wheel->file))
                        dprintf(fd, "%s %s\n", wheel->sha256, wheel->file);
        }
        if (fd >= 0)
                close(fd);
}

/* ---- an installation */

Stage *stage_new(GError **error)
{
        Stage *stage = g_new0(Stage, 1);
        int base = open_base(TRUE);
        gboolean done;

        stage->name = g_strdup_printf(STAGE "%08x%08x", g_random_int(), g_random_int());
        stage->folder = stage->work = -1;
        /* until it is locked itself, the base's lock keeps who collects from it */
        done = base >= 0 && flock(base, LOCK_EX) == 0 && mkdirat(base, stage->name, 0700) == 0 && (stage->folder = openat(base, stage->name, OPEN_FOLDER)) >= 0 &&
               flock(stage->folder, LOCK_EX | LOCK_NB) == 0 && (stage->work = open_below(stage->folder, "work")) >= 0 &&
               /* root's tools are another user, who has to own what it writes */
               (geteuid() != 0 || fchown(stage->work, HOST_ID_OF_ROOTS_TOOLS, HOST_ID_OF_ROOTS_TOOLS) == 0);
        if (!done)
                fail(error, "folder");
        if (base >= 0)
                close(base);
        if (!done)
                g_clear_pointer(&stage, stage_free);
        return stage;
}

int stage_work(const Stage *stage)
{
        return stage->work;
}

static json_object *make_record(GPtrArray *wheels)
{
        json_object *record = json_object_new_object(), *list = json_object_new_array();
        guint64 bytes = 0;

        for (guint i = 0; i < wheels->len; i++) {
                const Wheel *wheel = wheels->pdata[i];
                json_object *entry = json_object_new_object();

                json_object_object_add(entry, "file", json_object_new_string(wheel->file));
                json_object_object_add(entry, "sha256", json_object_new_string(wheel->sha256));
                json_object_object_add(entry, "bytes", json_object_new_uint64(wheel->bytes));
                json_object_array_add(list, entry);
                bytes += wheel->bytes;
        }
        json_object_object_add(record, "python", json_object_new_string(PYTHON));
        json_object_object_add(record, "wheels", list);
        json_object_object_add(record, "bytes", json_object_new_uint64(bytes));
        return record;
}

static gboolean commit(Stage *stage, int base, const char *environment, GPtrArray *wheels, GError **error)
{
        int envs = open_below(base, "envs"), site;
        gboolean done;

        if (renameat(stage->work, "site", stage->folder, "site") < 0 || (site = openat(stage->folder, "site", OPEN_FOLDER)) < 0) {
                if (envs >= 0)
                        close(envs);
                return fail(error, "site");
        }
        close(site);
        remove_tree(stage->folder, "work", 0);
        done = write_json(stage->folder, "record.json", make_record(wheels)) && syncfs(stage->folder) == 0 && envs >= 0;
        /* somebody else may have been faster with the same */
        done = done && (renameat(base, stage->name, envs, environment) == 0 || errno == ENOTEMPTY || errno == EEXIST);
        if (!done)
                fail(error, "environment");
        if (envs >= 0)
                close(envs);
        return done;
}

char *stage_commit(Stage *stage, const char *const *requirements, GPtrArray *wheels, GError **error)
{
        g_autofree char *environment = content_key(wheels);
        int base = open_base(TRUE);
        char *site = NULL;

        if (base < 0)
                return fail(error, "folder"), NULL;
        if (commit(stage, base, environment, wheels, error)) {
                note_known(base, wheels);
                if (!note_set(base, requirements, environment) || !(site = use(base, environment)))
                        fail(error, "set");
        }
        close(base);
        return site;
}

void stage_free(Stage *stage)
{
        int base = stage ? open_base(FALSE) : -1;

        if (!stage)
                return;
        if (base >= 0) {
                remove_tree(base, stage->name, 0);
                close(base);
        }
        if (stage->folder >= 0)
                close(stage->folder);
        if (stage->work >= 0)
                close(stage->work);
        g_free(stage->name);
        g_free(stage);
}

/* ---- collecting */

static void environment_free(gpointer data)
{
        Environment *environment = data;

        g_free(environment->name);
        g_free(environment);
}

static GPtrArray *list_names(int above, const char *name)
{
        GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
        int fd = openat(above, name, OPEN_FOLDER);
        DIR *entries = fd >= 0 ? fdopendir(fd) : NULL;
        struct dirent *entry;

        while (entries && (entry = readdir(entries)))
                if (entry->d_name[0] != '.')
                        g_ptr_array_add(names, g_strdup(entry->d_name));
        if (entries)
                closedir(entries);
        return names;
}

static int newest_first(gconstpointer a, gconstpointer b)
{
        const Environment *left = *(Environment *const *)a, *right = *(Environment *const *)b;

        return (left->used < right->used) - (left->used > right->used);
}

static GPtrArray *list_environments(int base)
{
        GPtrArray *environments = g_ptr_array_new_with_free_func(environment_free);
        g_autoptr(GPtrArray) names = list_names(base, "envs");

        for (guint i = 0; i < names->len; i++) {
                g_autofree char *place = g_build_filename("envs", names->pdata[i], "record.json", NULL);
                json_object *record = read_json(base, place), *bytes = NULL;
                Environment *environment = g_new0(Environment, 1);
                struct stat about;

                environment->name = g_strdup(names->pdata[i]);
                if (record && fstatat(base, place, &about, AT_SYMLINK_NOFOLLOW) == 0)
                        environment->used = about.st_mtime;
                if (record && json_object_object_get_ex(record, "bytes", &bytes))
                        environment->bytes = json_object_get_uint64(bytes);
                json_object_put(record);
                g_ptr_array_add(environments, environment);
        }
        g_ptr_array_sort(environments, newest_first);
        return environments;
}

/* Unless somebody uses it: out of the way first, so that nobody finds half of it. */
static void discard(int base, const char *name)
{
        g_autofree char *site = g_build_filename("envs", name, "site", NULL), *from = g_build_filename("envs", name, NULL);
        g_autofree char *to = g_strdup_printf(OLD "%08x", g_random_int());
        int fd = openat(base, site, OPEN_FOLDER);

        if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0)
                if (renameat(base, from, base, to) == 0)
                        remove_tree(base, to, 0);
        if (fd >= 0)
                close(fd);
}

static void collect_environments(int base)
{
        g_autoptr(GPtrArray) environments = list_environments(base);
        gint64 oldest = g_get_real_time() / G_USEC_PER_SEC - (gint64)STORE_DAYS_MAX * 24 * 3600;
        guint64 bytes = 0;

        for (guint i = 0; i < environments->len; i++) {
                const Environment *environment = environments->pdata[i];

                bytes += environment->bytes;
                if (i >= STORE_ENVIRONMENTS_MAX || environment->used < oldest || (i && bytes > (guint64)STORE_BYTES_MAX))
                        discard(base, environment->name);
        }
}

static void collect_sets(int base)
{
        g_autoptr(GPtrArray) names = list_names(base, "sets");

        for (guint i = 0; i < names->len; i++) {
                g_autofree char *place = g_build_filename("sets", names->pdata[i], NULL), *environment = NULL;
                json_object *set = read_json(base, place);
                const char *key = set ? get_text(set, "environment") : NULL;
                struct stat about;

                environment = is_key(key) ? g_build_filename("envs", key, NULL) : NULL;
                json_object_put(set);
                if (!environment || fstatat(base, environment, &about, AT_SYMLINK_NOFOLLOW) < 0)
                        unlinkat(base, place, 0);
        }
}

static void collect_left(int base)
{
        g_autoptr(GPtrArray) names = list_names(base, ".");

        for (guint i = 0; i < names->len; i++) {
                const char *name = names->pdata[i];
                int fd = g_str_has_prefix(name, STAGE) || g_str_has_prefix(name, OLD) ? openat(base, name, OPEN_FOLDER) : -1;

                if (fd < 0)
                        continue;
                if (flock(fd, LOCK_EX | LOCK_NB) == 0)
                        remove_tree(base, name, 0);
                close(fd);
        }
}

void store_collect(void)
{
        int base = open_base(FALSE);

        if (base < 0)
                return;
        if (flock(base, LOCK_EX | LOCK_NB) == 0) {
                collect_left(base);
                collect_environments(base);
                collect_sets(base);
        }
        close(base);
}
